#!/usr/bin/env python3
"""Requests at the limits of the daemon: too many checks, too many names, bodies and replies that are too large."""

import json
import unittest

import api_daemon
from api_daemon import Daemon, Document, local_client

LIMITS = 'limits: {{in_flight: 2, body: 64MiB}}\n'
# What the recorder takes of one check, and what it tells of it.
CHECK = 16 << 20


class Limits(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(api_daemon.LOCAL + LIMITS).__enter__()
        self.addCleanup(self.daemon.__exit__)
        self.client = local_client(self.daemon)

    def tearDown(self):
        self.assertNotIn('is gone', self.daemon.log())

    def check(self, name, names, **how):
        return self.client.check({'id': name, 'authority': 'tls', 'names': names}, **how)

    def test_checks_under_way(self):
        """No room: 503, and when to ask again. Whoever joins needs none, and a batch waits for room."""
        for name in ('a', 'b'):
            self.assertEqual(self.check(name, ['www.slow.org'], Prefer='respond-async').status, 202)
        reply = self.check('c', ['www.permit.test'])
        self.assertEqual((reply.status, reply.json()['type'], reply.fields['retry-after']), (503, '/problems/busy', '1'))
        self.assertEqual(self.client.getCheck(id='c').status, 404)
        self.assertEqual(self.check('a', ['www.slow.org'], Prefer='respond-async').status, 202)
        told = self.client.check([{'id': f'line-{i}', 'authority': 'tls', 'names': ['www.permit.test']} for i in range(20)]).lines()
        self.assertEqual([(line['id'], line['verdict']) for line in told], [(f'line-{i}', 'PERMIT') for i in range(20)])
        for name in ('a', 'b'):
            self.assertEqual(self.client.getCheck(id=name, wait=60).json()['state'], 'finished')
        self.assertEqual(self.check('c', ['www.permit.test']).json()['verdict'], 'PERMIT')

    def test_names(self):
        names = [f'n{i}.permit.test' for i in range(10001)]
        reply = self.check('many', names)
        self.assertEqual((reply.status, reply.json()['type']), (400, '/problems/request'))
        self.assertIn('10000', reply.json()['detail'])
        self.assertEqual(self.client.getCheck(id='many').status, 404)

    def test_bodies(self):
        """Within limits.body, but more than one check may have: padded with blanks, it is a request like another."""
        body = json.dumps({'id': 'padded', 'authority': 'tls', 'names': ['www.permit.test']}).encode()
        reply = self.client.check(body + b' ' * (CHECK - len(body) + 1))
        self.assertEqual((reply.status, reply.json()['type']), (400, '/problems/request'))
        self.assertEqual(self.client.check(body + b' ' * (33 << 20)).status, 400)
        self.assertEqual(self.client.check(body + b' ' * (65 << 20)).status, 413)
        self.assertEqual(self.client.check(body + b' ' * (CHECK - len(body))).json()['verdict'], 'PERMIT')

    def test_replies(self):
        """A result with more records than a reply holds: one id, one end, and the recorder lives."""
        names = [f'n{i}.big.basic.caatestsuite.com' for i in range(400)]
        for reply in (self.check('large', names), self.check('large', names), self.client.getCheck(id='large', problem=1)):
            told = reply.json()
            self.assertEqual((reply.status, told.get('verdict'), told.get('brief')), (200, 'DENY', True), reply.body[:300])
            self.assertEqual(Document().faults({'$ref': '#/components/schemas/Result'}, told), [])
            self.assertEqual([name['name'] for name in told['names']], names)
        self.assertNotIn('subproblems', told['problem'])
        self.assertEqual(self.check('small', ['www.permit.test']).json()['verdict'], 'PERMIT')


if __name__ == '__main__':
    api_daemon.main()
