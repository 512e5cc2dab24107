#!/usr/bin/env python3
"""The daemon is what docs/openapi.json says: the same paths, and for valid and systematically invalid requests a status that is
documented for it and a reply that fits its schema; never a 500, and it lives on."""

import itertools
import json
import os
import re
import unittest
import warnings

import api_daemon
from api_daemon import Daemon, Document, changed, exchange, local_client, token_client

SOURCES = os.path.join(api_daemon.TOP, 'src', 'bin', 'caaproofd')
NAMES = ['www.permit.test', 'permit.test']
# What no member of ours can be, or not all can: each schema says which.
VALUES = [None, True, False, 0, 1, -1, 1.5, 3600, 3601, 2**31, 2**63 - 1, -2**63, 1e308, '', ' ', 'x', 'a' * 128, 'a' * 129, 'x' * 50000,
          'PERMIT', 'permit', 'a\0b', 'a\nb', '\u00e9', '\U0001f600', '..', 'a/b', [], [[]], [None], ['x'] * 3, {}, {'': ''},
          {'name': 'x'}, [{'name': 'x', 'y': 1}], [{}], ['www.permit.test', 'www.permit.test'], ['*.*.permit.test'], ['-'],
          ['\0'], ['a' * 64 + '.test'], ['192.0.2.1'], ['*.permit.test.'], ['user@permit.test'],
          {'open_mpic': {}}, {'open_mpic': {'www.permit.test': ['x']}}, {'open_mpic': {'www.permit.test': [{}] * 17}}]
METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'CONNECT', 'OPTIONS', 'BREW', 'get']

# What stands in a path where nothing more is known.
PARTS = {'id': 'a', 'sha256': '0' * 64, 'authority': 'tls', 'serial': '0a'}


def source(name):
    with open(os.path.join(SOURCES, name), encoding='utf-8') as file:
        return file.read()


class Written(unittest.TestCase):
    """The document against the code, without a daemon."""

    @classmethod
    def setUpClass(cls):
        cls.document = Document()

    def test_routes(self):
        rows = re.findall(r'^    \{ "([A-Z]+)", "([^"]+)", (\w+), \w+ \},$', source('front_routes.c'), re.M)
        self.assertGreater(len(rows), 8)
        ours = {(method, path, may) for method, path, may in rows}
        said = {(method, re.sub(r'\{\w+\}', '{}', path), 'CONFIG_MAY_' + operation['x-may'].upper() if 'x-may' in operation else '0')
                for method, path, operation in self.document.operations.values()}
        self.assertEqual(ours, said)

    def test_problem_types(self):
        words = re.findall(r'^X\(\w+, "([^"]+)"', source('problems.def'), re.M)
        types = {'/problems/' + word for word in words}
        self.assertEqual(len(types), len(words))
        self.assertEqual(types | {'about:blank'}, set(self.document.all['components']['schemas']['ProblemType']['enum']))
        written = set()
        for name in os.listdir(SOURCES):
            if name.endswith('.c') and name != 'problems.c':
                written |= set(re.findall(r'"(/problems/\w[\w-]*)"', source(name)))
        self.assertEqual(written - types, set())

    def test_statuses_of_problems(self):
        """Each status of a problem is one that some operation documents."""
        statuses = set(re.findall(r'^X\(\w+, "[^"]+", (\d+)', source('problems.def'), re.M))
        documented = {status for _, _, operation in self.document.operations.values() for status in operation['responses']}
        self.assertEqual(statuses - documented, set())

    def test_all_paths_are_explained(self):
        with open(os.path.join(api_daemon.TOP, 'docs', 'api.md'), encoding='utf-8') as file:
            explained = set(re.findall(r'^\| `(/[^`]*)` \| ([A-Z]+) \| (?:`(\w+)`|anybody) \|', file.read(), re.M))
        self.assertEqual(explained, {(path, method, operation.get('x-may', ''))
                                     for method, path, operation in self.document.operations.values()})

    def test_references_and_schemas(self):
        import jsonschema

        def walk(node):
            for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
                walk(value)
            if isinstance(node, dict) and isinstance(node.get('$ref'), str):
                self.document.resolve(node)
        walk(self.document.all)
        for schema in self.document.all['components']['schemas'].values():
            jsonschema.Draft202012Validator.check_schema(schema)
        self.assertEqual(self.document.faults({'$ref': '#/components/schemas/Id'}, 'order-1'), [])
        for word in ('', '.', '..', 'a b', 'a/b', 'a\\b', 'a' * 129, '\u00e9', 1):
            self.assertNotEqual(self.document.faults({'$ref': '#/components/schemas/Id'}, word), [], word)


class Driven(unittest.TestCase):
    """The document against a daemon."""

    @classmethod
    def setUpClass(cls):
        cls.document = Document()
        cls.daemon = Daemon(api_daemon.LOCAL + 'limits: {{body: 64KiB, batch_names: 5}}\n').__enter__()
        cls.addClassCleanup(cls.daemon.__exit__)
        cls.client = local_client(cls.daemon, cls.document)
        cls.numbers = itertools.count(1)

    def tearDown(self):
        self.assertEqual(self.client.healthz().status, 200)
        reply = self.client.readyz()
        self.assertEqual((reply.status, reply.body), (200, b'ready\n'))
        self.assertNotRegex(self.daemon.log(), r'is gone|ended|killed')

    def request(self, **members):
        """A valid request of its own"""
        return changed({'id': f'{self.id().rsplit(".", 1)[1]}-{next(self.numbers)}', 'authority': 'tls', 'names': NAMES}, **members)

    def hold(self, name, reply, about=''):
        """A documented status, with its fields, and a body as its schema has it. The schema's words for what is wrong."""
        operation = self.document.operations[name][2]
        about = f'{name} {about!r:.300}: {reply.status} {reply.body[:300]}'
        self.assertIn(str(reply.status), operation['responses'], about)
        response = self.document.resolve(operation['responses'][str(reply.status)])
        self.assertIn(reply.type, response['content'], about)
        self.assertEqual(reply.fields['cache-control'], 'no-store', about)
        for field, header in response.get('headers', {}).items():
            self.assertTrue(field.lower() in reply.fields or not header['required'], f'{field}: {about}')
        content = response['content'][reply.type]
        if reply.type == 'application/x-ndjson':
            for line in reply.lines():
                self.assertEqual(self.document.faults(content['x-line'], line), [], about)
        else:
            value = reply.json() if 'json' in reply.type else reply.body.decode()
            self.assertEqual(self.document.faults(content['schema'], value), [], about)
            if reply.status >= 400:
                self.assertEqual(value['status'], reply.status, about)
        return reply

    def call(self, name, body=None, **parameters):
        return self.hold(name, getattr(self.client, name)(body, **parameters), (body, parameters))

    def test_checks(self):
        for authority, names, state in (('tls', NAMES, ('PERMIT', True)), ('tls', ['www.deny.test'], ('DENY', False)),
                                        ('shadow', NAMES, ('PERMIT', False)), ('tls', ['www.expired.test'], ('FAIL', False))):
            for problem in ('0', '1'):
                body = self.request(authority=authority, names=names, verdict='DENY', previous='an-earlier-one', timeout_s=60)
                reply = self.call('check', body, problem=problem)
                told = reply.json()
                self.assertEqual((told['state'], told['verdict'], told['record']['permit'] is not None), ('finished', *state))
                self.assertEqual('problem' in told, problem == '1')
                if problem == '1':
                    self.assertEqual(told['problem'] is None, told['verdict'] == 'PERMIT')
                self.assertEqual(told['mode'], 'shadow' if authority == 'shadow' else 'enforce')
                for again in (self.call('check', body, problem=problem), self.call('getCheck', id=body['id'], problem=problem)):
                    told['record'] = changed(told['record'], permit=None)
                    self.assertEqual(changed(again.json(), record=changed(again.json()['record'], permit=None)), told)
        self.assertEqual(told['problem']['type'], 'urn:ietf:params:acme:error:dns')

    def test_the_key_names_an_authority_too(self):
        key = self.key_of('ca')
        self.assertEqual(self.call('check', self.request(authority=key)).json()['authority'], 'tls')

    def key_of(self, name):
        der = self.daemon.at('key.der')
        api_daemon.must('openssl', 'pkey', '-in', self.daemon.at(name + '.key'), '-pubout', '-outform', 'DER', '-out', der)
        return api_daemon.must('sha256sum', der).split()[0]

    def test_open(self):
        """Who does not wait gets 202 and a place to ask; an id needs escapes there."""
        body = self.request(id='open?#%&"<é>'.encode('ascii', 'ignore').decode() + '~', names=['www.blackhole.net'], timeout_s=60)
        reply = self.call('check', body, Prefer='respond-async')
        self.assertEqual((reply.status, reply.json()), (202, {'state': 'open', 'id': body['id'], 'verdict': None}))
        place = reply.fields['location']
        self.assertEqual(self.daemon.ask('GET', place).status, 202)
        self.assertEqual(self.call('check', body, Prefer='foo, wait=0').status, 202)
        self.assertEqual(self.call('getCheck', id=body['id'], wait=0).status, 202)
        self.assertEqual(self.call('check', changed(body, names=NAMES)).json()['type'], '/problems/conflict')
        self.assertEqual(self.hold('check', self.daemon.ask(
            'POST', '/v1/checks', json.dumps(body), {'Content-Type': 'application/json; charset=utf-8',
                                                     'Prefer': 'respond-async, wait=60'})).status, 200)
        self.assertEqual(self.daemon.ask('GET', place + '?wait=60').json()['state'], 'finished')

    def test_joining_with_another_wish(self):
        """Who joins a check that was begun without a problem gets his all the same."""
        body = self.request(names=['www.slow.org'])
        self.assertEqual(self.call('check', body, Prefer='respond-async').status, 202)
        self.assertIn('problem', self.call('check', body, problem='1').json())

    def test_claims_and_overrides(self):
        body = self.request()
        self.assertIsNotNone(self.call('check', body).json()['record']['permit'])
        self.assertEqual(self.call('claim', id=body['id']).json()['state'], 'claimed')
        self.assertEqual(self.call('claim', id=body['id']).json()['type'], '/problems/spent')
        self.assertIsNone(self.call('getCheck', id=body['id']).json()['record']['permit'])
        denied = self.request(names=['www.deny.test'])
        self.assertEqual(self.call('check', denied).json()['verdict'], 'DENY')
        self.assertEqual(self.call('claim', id=denied['id']).json()['type'], '/problems/no-permit')
        self.assertEqual(self.call('override', id=denied['id']).json()['type'], '/problems/no-override')
        later = self.request(names=['www.permit.test', 'x.deny.test'])
        good = self.request(names=['www.permit.test'])
        self.call('check', good)
        self.call('check', later)
        self.assertEqual(self.call('claim', id=good['id']).json()['type'], '/problems/not-positive')
        for name in ('claim', 'getCheck'):
            self.assertEqual(self.call(name, id='never-seen').json()['type'], '/problems/unknown-id')

    def test_stops(self):
        self.assertEqual(self.call('acknowledge', {'why': 'nothing'}).json()['type'], '/problems/not-stopped')
        body = self.request()
        self.call('check', body)
        self.assertEqual(self.call('stop', {'why': 'a drill'}).json(), {'state': 'stopped'})
        try:
            self.assertEqual(self.call('check', self.request()).json()['type'], '/problems/stopped')
            self.assertEqual(self.call('claim', id=body['id']).json()['type'], '/problems/stopped')
            self.assertIsNone(self.call('getCheck', id=body['id']).json()['record']['permit'])
        finally:
            self.assertEqual(self.call('acknowledge', {'why': 'it was a drill'}).json(), {'state': 'running'})
        self.assertIsNotNone(self.call('getCheck', id=body['id']).json()['record']['permit'])

    def test_status_and_metrics(self):
        self.assertEqual(self.call('status').json()['state'], 'running')
        self.assertIn('caaproof_checks_open ', self.call('metrics').body.decode())
        for name in ('healthz', 'readyz'):
            self.call(name)

    def test_members(self):
        """What the schema refuses is refused; what it takes has an end, or a reason of its own."""
        schema = {'$ref': '#/components/schemas/CheckRequest'}
        members = self.document.all['components']['schemas']['CheckRequest']['properties']
        self.assertGreater(len(members), 8)
        refused, taken = 0, []
        for member, value in itertools.product(members, [..., *VALUES]):
            body = self.request(**{member: value})
            fits = self.document.faults(schema, body) == []
            reply = self.call('check', body)
            if not fits and reply.status != 400:
                taken.append((member, value))
            refused += reply.status == 400
        self.assertEqual(taken, [])
        self.assertGreater(refused, 200)

    def test_unknown_members(self):
        for member in ('issuer', 'policy', 'facts', 'date', 'answers', 'zone', 'profile', 'purpose', 'Names', 'x' * 1000, '', 'id\0'):
            reply = self.call('check', self.request(**{member: ['ca.example.net']}))
            self.assertEqual((reply.status, reply.json()['type']), (400, '/problems/request'), member)

    def test_octets(self):
        good = json.dumps(self.request()).encode()
        for octets in (b'', b' ', b'null', b'[]', b'"x"', b'1', b'{}', b'{', good[:-1], good + b'x', good + good, b'\xef\xbb\xbf' + good,
                       good.replace(b'tls', b'\xff'), good.replace(b'tls', b'\\ud800'), good.replace(b'tls', b'a\0'),
                       good[:-1] + b', "id": "twice"}', b'[' * 30000, b'{"a":' * 10000, b'\0' * 1000, good.decode().encode('utf-16')):
            self.assertEqual(self.call('check', octets).status, 400, octets[:60])
        for name in ('stop', 'acknowledge'):
            for octets in (b'', b'null', b'[]', b'{}', b'{"why":1}', b'{"why":""}', b'{"why":"' + b'x' * 1025 + b'"}', b'{"why":"\xff"}',
                           b'[' * 30000):
                self.assertEqual(self.call(name, octets).status, 400, octets[:60])

    def test_large(self):
        """A body over limits.body; more names than a request may have are too many in another daemon, where they fit."""
        self.assertEqual(self.call('check', b' ' * (64 * 1024 + 1)).status, 413)
        self.assertEqual(self.call('check', b' ' * (64 * 1024)).status, 400)
        for name in ('stop', 'acknowledge'):
            self.assertEqual(self.call(name, b' ' * (64 * 1024 + 1)).status, 413)
        for name in ('claim', 'override'):
            self.assertEqual(self.call(name, b' ' * (64 * 1024 + 1), id='a').status, 413)

    def test_content_types(self):
        good = json.dumps(self.request()).encode()
        for content_type in ('text/plain', 'application/json5', 'application/x-www-form-urlencoded', 'application/problem+json',
                             'application', 'application/jsonx', 'multipart/form-data; boundary=x', ',', 'application/xml;application/json'):
            self.assertEqual(self.call('check', good, type=content_type).json()['type'], '/problems/content-type', content_type)
        self.assertEqual(self.hold('check', exchange(self.client.connect(), 'POST', '/v1/checks', good)).status, 415)
        self.assertEqual(self.call('check', good, type='Application/JSON;charset=utf-8').status, 200)

    def test_parameters(self):
        body = self.request()
        self.call('check', body)
        for value in ('', '2', '-1', 'x', 'true', '1 ', '%00', '01'):
            self.assertEqual(self.call('check', self.request(), problem=value).status, 400, value)
            self.assertEqual(self.call('getCheck', id=body['id'], problem=value).status, 400, value)
        for value in ('', '-1', 'x', '1.5', '3601', '9' * 30, '0x1', ' 1', '1e1'):
            self.assertEqual(self.call('getCheck', id=body['id'], wait=value).status, 400, value)
        for value in ('0', '1', '3600'):
            self.assertEqual(self.call('getCheck', id=body['id'], wait=value).status, 200, value)
        for name in ('getCheck', 'override', 'claim'):
            for word in ('a b', '\u00e9', 'a' * 129, 'a' * 4000, ' ', '\x7f', '\0', 'a/b', '..', '.', 'a\\b'):
                self.assertEqual(self.call(name, id=word).status, 400, (name, word))
            self.assertIn(self.call(name, id='b' * 128).status, (403, 404))

    def test_methods(self):
        """HEAD is GET without a body; what a path does not have is 405, and Allow says what it has."""
        for path, item in self.document.all['paths'].items():
            allow = {method.upper() for method in item} | {'OPTIONS'} | ({'HEAD'} if 'get' in item else set())
            target = re.sub(r'\{(\w+)\}', lambda part: PARTS[part.group(1)], path)
            for method in METHODS:
                reply = self.daemon.ask(method, target)
                if method == 'OPTIONS':
                    self.assertEqual((reply.status, reply.body), (204, b''), path)
                elif method not in allow:
                    self.assertEqual(reply.status, 405, (method, path))
                    self.assertEqual(reply.body if method == 'HEAD' else reply.json()['type'], b'' if method == 'HEAD' else 'about:blank')
                else:
                    self.assertNotIn(reply.status, (405, 500), (method, path))
                if method not in allow or method == 'OPTIONS':
                    self.assertEqual(set(reply.fields['allow'].split(', ')), allow, (method, path))
                elif method == 'HEAD':
                    got = self.daemon.ask('GET', target)
                    self.assertEqual((reply.status, reply.type, reply.body), (got.status, got.type, b''), path)
        for path in ('/', '/v1', '/v1/checks/', '/v1/checks/a/', '/v1/checks/a/b', '/v1//checks', '/V1/checks', '/v1/permits/a',
                     '/healthz/', '/v1/permits//claim'):
            for method in ('GET', 'POST', 'OPTIONS'):
                reply = self.daemon.ask(method, path)
                self.assertEqual((reply.status, reply.json()['type']), (404, 'about:blank'), path)

    def test_batches(self):
        good = [self.request(names=['www.permit.test']) for _ in range(3)]
        lines = [good[0], {'id': 'x'}, good[1], [], changed(self.request(), names=['www.deny.test']), good[2], good[0]]
        told = self.call('check', lines, problem='1').lines()
        self.assertEqual([(line.get('id'), line.get('verdict'), line.get('type'), line.get('line')) for line in told], [
            (good[0]['id'], 'PERMIT', None, None), (None, None, '/problems/request', 2), (good[1]['id'], 'PERMIT', None, None),
            (None, None, '/problems/request', 4), (lines[4]['id'], 'DENY', None, None), (good[2]['id'], 'PERMIT', None, None),
            (good[0]['id'], 'PERMIT', None, None)])
        self.assertEqual(told[4]['problem']['type'], 'urn:ietf:params:acme:error:caa')
        told = self.call('check', [good[0], changed(good[1], names=['permit.test'])]).lines()
        self.assertEqual([(line.get('type'), line.get('line')) for line in told], [(None, None), ('/problems/conflict', 2)])
        self.assertEqual(self.call('check', b'', type='application/x-ndjson').body, b'')
        octets = b'\n\n' + json.dumps(good[0]).encode() + b'\n\r\n{\n\xff\n' + json.dumps(good[1]).encode()
        told = self.call('check', octets, type='application/x-ndjson').lines()
        self.assertEqual([line.get('line') for line in told if 'line' in line], [4, 5, 6])
        self.assertEqual(told[-1]['id'], good[1]['id'])

    def test_names_of_a_batch(self):
        """limits.batch_names is 5 here: the line that would go beyond is not begun, and smaller ones still are."""
        lines = [self.request(), self.request(names=['a.permit.test', 'b.permit.test', 'c.permit.test', 'd.permit.test']), self.request(),
                 self.request(names=['www.permit.test']), self.request(names=['www.permit.test'])]
        told = self.call('check', lines).lines()
        self.assertEqual([line.get('verdict', line.get('type')) for line in told],
                         ['PERMIT', '/problems/batch', 'PERMIT', 'PERMIT', '/problems/batch'])
        self.assertEqual(self.call('getCheck', id=lines[1]['id']).status, 404)
        self.assertEqual(self.call('check', lines[1]).json()['verdict'], 'PERMIT')

    def test_joined_names_of_a_batch(self):
        """Names of checks that were under way count too, and nothing is counted below zero."""
        slow = self.request(names=[f'{letter}.slow.org' for letter in 'abcdef'])
        self.assertEqual(self.call('check', slow, Prefer='respond-async').status, 202)
        told = self.call('check', [slow, self.request(names=['www.permit.test'])]).lines()
        self.assertEqual([line.get('state', line.get('type')) for line in told], ['finished', '/problems/batch'])

    def test_callers(self):
        """Nobody, a wrong token, one that may not do that, one that may not for that authority."""
        for client, status, kind in ((token_client(self.document, None), 401, '/problems/caller'),
                                     (token_client(self.document, 'd3Jvbmc='), 401, '/problems/caller'),
                                     (token_client(self.document), 403, '/problems/forbidden')):
            for name, (_, _, operation) in self.document.operations.items():
                parameters = {part: PARTS[part] for part in self.document.parameters(operation, 'path')}
                body = {'check': self.request(authority='other'), 'stop': {'why': 'x'}, 'acknowledge': {'why': 'x'}}.get(name)
                reply = self.hold(name, client.call(name, body, parameters), name)
                if operation.get('security') == []:
                    self.assertEqual(reply.status, 200, name)
                elif operation['x-may'] != 'check' or status == 401:
                    self.assertEqual((reply.status, reply.json()['type']), (status, kind), name)
        reply = self.hold('check', token_client(self.document).check(self.request(authority='other')))
        self.assertEqual((reply.status, reply.json()['type']), (403, '/problems/unknown-authority'))
        self.assertEqual(self.hold('check', token_client(self.document).check(self.request())).json()['verdict'], 'PERMIT')
        theirs = self.request(authority='other')
        self.call('check', theirs)
        self.assertEqual(self.hold('getCheck', token_client(self.document).getCheck(id=theirs['id'])).json()['type'], '/problems/forbidden')


if __name__ == '__main__':
    warnings.simplefilter('ignore', DeprecationWarning)
    api_daemon.main()
