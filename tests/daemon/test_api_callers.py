#!/usr/bin/env python3
"""Who a caller is to the daemon: by certificate (name, subject, digest), by token, by user; and who is nobody."""

import hashlib
import itertools
import json
import os
import re
import ssl
import subprocess
import time
import unittest

import api_daemon
from api_daemon import CAAPROOF, Daemon, Document, local_client, must, tls_client

# With client certificates at PORT, and without.
PLAIN_PORT = 8081
NOBODY = 65534
CONFIGURATION = """listen:
  - {{address: "unix:{folder}/sock"}}
  - {{address: "127.0.0.1:{port}", tls: {{certificate: {folder}/server.pem, key: {folder}/server.key, client_ca: {folder}/web.pem}}}}
  - {{address: "127.0.0.1:8081", tls: {{certificate: {folder}/server.pem, key: {folder}/server.key}}}}
callers:
  - {{name: by-name, certificate: {{san: signer.example.net}}, authorities: [tls], may: [check, claim]}}
  - {{name: by-uri, certificate: {{san: "spiffe://example.net/signer"}}, authorities: [tls], may: [check]}}
  - {{name: by-subject, certificate: {{subject: "CN=ra\\\\, one,O=Ö=E,C=NL"}}, authorities: [tls, other], may: [check]}}
  - {{name: by-digest, certificate: {{sha256: {digest}}}, may: [metrics]}}
  - {{name: by-token, token_file: {folder}/token, authorities: [tls], may: [check]}}
  - {{name: by-user, unix_uid: {uid}, authorities: [all], may: [check, claim, ack, metrics]}}
"""
CLIENTS = {
    'name': {'san': 'DNS:Signer.Example.NET', 'subject': '/CN=by name'},
    'uri': {'san': 'DNS:x.example.net,URI:spiffe://example.net/signer'},
    'subject': {'subject': '/C=NL/O=Ö=E/CN=ra, one'},
    'digest': {'subject': '/CN=by digest'},
    # Under the right authority, and nobody: another organisation of the same common name, one that is called as another's SAN, nothing
    'namesake': {'subject': '/C=NL/O=Other/CN=ra, one'},
    'reversed': {'subject': '/CN=ra, one/O=Ö=E/C=NL'},
    'common-name': {'subject': '/CN=signer.example.net'},
    'below': {'san': 'DNS:a.signer.example.net,DNS:*.example.net,URI:spiffe://example.net/signer/x'},
    'empty': {'san': 'email:signer.example.net@example.net'},
    'expired': {'san': 'DNS:signer.example.net', 'days': '-1'},
    'server-only': {'san': 'DNS:signer.example.net', 'usage': 'serverAuth'},
}


def prepare(folder):
    for name in ('web', 'stranger'):
        api_daemon.make_authority(folder, name)
    api_daemon.make_leaf(folder, 'server', 'web', san='IP:127.0.0.1')
    for name, how in CLIENTS.items():
        api_daemon.make_leaf(folder, name, 'web', **{'usage': 'clientAuth', **how})
    api_daemon.make_leaf(folder, 'wrong-ca', 'stranger', san='DNS:signer.example.net', usage='clientAuth')
    with open(os.path.join(folder, 'digest.der'), 'rb') as file:
        return {'digest': hashlib.sha256(file.read()).hexdigest()}


class Callers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(CONFIGURATION, prepare).__enter__()
        cls.addClassCleanup(cls.daemon.__exit__)
        cls.document = Document()
        cls.numbers = itertools.count(1)

    def client(self, certificate=None, **how):
        return tls_client(self.daemon.at('web.pem'), self.daemon.at(certificate) if certificate else None, self.document, **how)

    def check(self, client, caller=None, authority='tls'):
        """The reply; of a caller that may, with his name in the log."""
        name = f'{self.id().rsplit(".", 1)[1]}-{next(self.numbers)}'
        reply = client.check({'id': name, 'authority': authority, 'names': ['www.permit.test'], 'verdict': 'DENY'})
        if caller:
            self.assertEqual((reply.status, reply.json().get('verdict')), (200, 'PERMIT'), reply.body[:300])
            shown = json.loads(must(CAAPROOF, 'show', self.daemon.at('store'), name, '--json'))
            told = tuple(shown['record'][member] for member in ('caller', 'shadow', 'own_verdict'))
            self.assertEqual(told, (caller, False, 'DENY'))
        return reply

    def refused(self, reply, status, word):
        self.assertEqual((reply.status, reply.json()['type']), (status, '/problems/' + word), reply.body)
        self.assertEqual(reply.fields.get('www-authenticate'), 'Bearer' if status == 401 else None)

    def test_certificates(self):
        for certificate, caller in (('name', 'by-name'), ('uri', 'by-uri'), ('subject', 'by-subject')):
            self.check(self.client(certificate), caller)
        self.assertEqual(self.client('digest').metrics().status, 200)

    def test_what_they_may(self):
        """Known, but not for that."""
        self.refused(self.check(self.client('digest')), 403, 'forbidden')
        self.refused(self.client('name').metrics(), 403, 'forbidden')
        self.refused(self.client('name').stop({'why': 'x'}), 403, 'forbidden')
        self.refused(self.client('uri').claim(id='x'), 403, 'forbidden')
        self.refused(self.check(self.client('name'), authority='other'), 403, 'unknown-authority')
        self.check(self.client('subject'), 'by-subject', 'other')
        self.refused(self.check(self.client('subject'), authority='shadow'), 403, 'unknown-authority')

    def test_another_callers_check(self):
        """Whoever may use the authority may ask what became of it; nobody else may, nor spend its permit."""
        reply = self.check(self.client('subject'), 'by-subject', 'other')
        name = reply.json()['id']
        self.refused(self.client('name').getCheck(id=name), 403, 'forbidden')
        self.refused(self.client('name').claim(id=name), 403, 'forbidden')
        self.assertEqual(local_client(self.daemon).getCheck(id=name).json()['verdict'], 'PERMIT')
        self.assertEqual(local_client(self.daemon).claim(id=name).json()['state'], 'claimed')

    def test_nobody(self):
        """The right authority's certificate, of nobody in the configuration."""
        for certificate in ('namesake', 'reversed', 'common-name', 'below', 'empty', 'server'):
            self.refused(self.check(self.client(certificate)), 401, 'caller')
            self.refused(self.client(certificate).metrics(), 401, 'caller')
            self.assertEqual(self.client(certificate).healthz().status, 200)

    def test_no_connection(self):
        """None, of another authority, expired, for another use: there is no connection to be refused on."""
        before = self.failures()
        for certificate in (None, 'wrong-ca', 'expired', 'server-only'):
            with self.assertRaises((ssl.SSLError, OSError, api_daemon.http.client.HTTPException), msg=certificate):
                self.check(self.client(certificate))
            with self.assertRaises((ssl.SSLError, OSError, api_daemon.http.client.HTTPException), msg=certificate):
                self.check(self.client(certificate, token='dGhlLXRva2Vu'))
        end = time.monotonic() + api_daemon.PATIENCE
        while self.failures() < before + 8 and time.monotonic() < end:  # of TLS 1.3 the client hears before the server counts
            time.sleep(0.02)
        self.assertEqual(self.failures(), before + 8)

    def failures(self):
        metrics = local_client(self.daemon).metrics().body.decode()
        return int(re.search('^caaproof_tls_failures_total ([0-9]+)$', metrics, re.M).group(1))

    def test_the_server_is_verified_too(self):
        with self.assertRaises(ssl.SSLError):
            self.check(tls_client(self.daemon.at('stranger.pem'), self.daemon.at('name')))

    def test_tokens(self):
        self.check(self.client(port=PLAIN_PORT, token='dGhlLXRva2Vu'), 'by-token')
        # Nobody's certificate, and a token beside it.
        self.check(self.client('empty', token='dGhlLXRva2Vu'), 'by-token')
        # The first that fits.
        self.check(self.client('name', token='dGhlLXRva2Vu'), 'by-name')
        for token in (None, 'd3Jvbmc=', 'dGhlLXRva2V', 'dGhlLXRva2Vuu', 'DGHLLXRVA2VU'):
            self.refused(self.check(self.client(port=PLAIN_PORT, token=token)), 401, 'caller')
        # A certificate is not asked for here, so that one is none.
        self.refused(self.check(self.client('name', port=PLAIN_PORT)), 401, 'caller')

    def test_users(self):
        """By the kernel's word, whatever the request says."""
        self.check(local_client(self.daemon), 'by-user')
        if os.getuid() != 0:
            self.skipTest('only root can be somebody else')
        os.chmod(self.daemon.folder, 0o711)
        os.chmod(self.daemon.at('sock'), 0o666)
        for fields, status in ((['-H', 'X-Uid: 0'], '401'), (['-H', 'Authorization: Bearer dGhlLXRva2Vu'], '403')):
            done = subprocess.run(['curl', '-s', '-o', os.devnull, '-w', '%{http_code}', '--unix-socket', self.daemon.at('sock'), *fields,
                                   'http://localhost/metrics'], user=NOBODY, capture_output=True, text=True, timeout=60, check=True)
            self.assertEqual(done.stdout, status, fields)


if __name__ == '__main__':
    api_daemon.main()
