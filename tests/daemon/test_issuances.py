#!/usr/bin/python3
"""Issuances over HTTP, with a daemon in the lab and certificates of an openssl CA: TEST R-EXC-2 R-PRF-1, scenarios 21 and 26 (a
certificate that no check permitted is an alarm when it is told of, and found by caaproof reconcile)."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from running import OverUnix, no_fault

BUILD = os.environ['CAAPROOF_BUILD']
DAEMON = os.path.join(BUILD, 'src', 'bin', 'caaproofd', 'caaproofd')
COMMAND = os.path.join(BUILD, 'src', 'bin', 'caaproof', 'caaproof')
PATIENCE = 60  # so long is waited for what must come
POISON = '1.3.6.1.4.1.11129.2.4.3=critical,DER:0500'

CONFIG = """
store: {folder}/store
origin: log.lab.test/caa
log: {{format: text, level: warning}}
listen:
  - address: "unix:{folder}/sock"
resolver: {{processes: 1, lab: true, root_hints: {hints}, anchor: {anchor}}}
authorities:
  - name: lab-tls
    key_file: {folder}/ca.pem
    request: {{issuer: [ca.example.net], profile: private, policy: {{exceptions: [precertificate]}}}}
callers:
  - {{name: signer, unix_uid: {uid}, authorities: [all], may: [{may}]}}
"""


class Daemon(unittest.TestCase):
    may = 'check, claim, issue, metrics'

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='caaproof-issuances.')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', cls.at('ca.key'),
                    '-out', cls.at('ca.pem'), '-days', '30', '-subj', '/CN=Lab CA')
        cls.openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', cls.at('key'),
                    '-out', cls.at('csr'), '-subj', '/O=Somebody')
        with open(cls.at('c.yaml'), 'w', encoding='utf-8') as f:
            f.write(CONFIG.format(folder=cls.folder, uid=os.getuid(), may=cls.may, hints=os.environ['CAAPROOF_ROOT_HINTS'],
                                  anchor=os.environ['CAAPROOF_ANCHOR']))
        with open(cls.at('log'), 'w', encoding='utf-8') as log:
            cls.process = subprocess.Popen([DAEMON, '-c', cls.at('c.yaml')], stderr=log)
        cls.addClassCleanup(cls.stop)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if cls.call('GET', '/readyz')[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError('the daemon is not ready')

    @classmethod
    def stop(cls):
        cls.process.terminate()
        code = cls.process.wait(PATIENCE)
        with open(cls.at('log'), encoding='utf-8') as log:
            said = log.read()
        no_fault(said)
        if code != 0:
            raise AssertionError(f'exit code {code}: {said}')

    @classmethod
    def at(cls, name):
        return os.path.join(cls.folder, name)

    @staticmethod
    def openssl(*args):
        subprocess.run(['openssl', *args], check=True, stderr=subprocess.DEVNULL)

    @classmethod
    def call(cls, method, path, body=None, content='application/json'):
        """Status and body, which is JSON."""
        connection = OverUnix(cls.at('sock'))
        try:
            if content == 'application/json' and body is not None and not isinstance(body, bytes):
                body = json.dumps(body)
            connection.request(method, path, body, {'Content-Type': content} if body is not None else {})
            reply = connection.getresponse()
            octets = reply.read()
        finally:
            connection.close()
        return reply.status, json.loads(octets) if octets.startswith(b'{') else octets.decode()

    def sign(self, serial, *names, extension=None):
        """The DER of a certificate."""
        lines = ['subjectAltName=' + ','.join('DNS:' + name for name in names)] + ([extension] if extension else [])
        with open(self.at('ext'), 'w', encoding='utf-8') as f:
            f.write('\n'.join(lines))
        self.openssl('x509', '-req', '-in', self.at('csr'), '-CA', self.at('ca.pem'), '-CAkey', self.at('ca.key'), '-set_serial',
                     '0x' + serial, '-days', '3', '-extfile', self.at('ext'), '-outform', 'DER', '-out', self.at('der'))
        with open(self.at('der'), 'rb') as f:
            return f.read()

    def check(self, ident, *names):
        status, result = self.call('POST', '/v1/checks', {'id': ident, 'authority': 'lab-tls', 'names': names})
        self.assertEqual((status, result['verdict']), (200, 'PERMIT'), result)
        return result

    def tell(self, ident, der, **more):
        return self.call('POST', '/v1/issuances', dict({'id': ident, 'certificate': base64.b64encode(der).decode()}, **more))

    def count(self, member):
        lines = self.call('GET', '/metrics')[1].splitlines()
        return [int(line.split()[1]) for line in lines if line.startswith('caaproof_%s ' % member)][0]


class Issuances(Daemon):
    def test_a_certificate_that_was_permitted(self):
        result = self.check('r1', 'www.permit.test')
        der = self.sign('0a01', 'www.permit.test', extension=POISON)
        with open(self.at('ca.pem'), encoding='ascii') as f:
            issuer = ''.join(f.read().splitlines()[1:-1])
        status, told = self.tell('r1', der, issuer=issuer)
        self.assertEqual((status, told['permitted'], told['why'], told['kind'], told['serial'], told['names']),
                         (200, True, None, 'precertificate', '0a01', ['www.permit.test']))
        self.assertEqual((told['record']['index'], told['record']['digest']),
                         (result['record']['index'], result['record']['digest']))
        self.assertEqual(self.call('POST', '/v1/issuances?id=r1', der, 'application/pkix-cert'), (200, told))
        digest = hashlib.sha256(der).hexdigest()
        status, known = self.call('GET', '/v1/issuances/' + digest)
        self.assertEqual(status, 200)
        permit = known.pop('permit')
        self.assertEqual((known, permit['verdict'], permit['claimed'], permit['late']), (told, 'PERMIT', False, False))
        for serial in ('a01', '0A01', '000a01'):
            status, listed = self.call('GET', '/v1/issuances/lab-tls/' + serial)
            self.assertEqual((status, [one['certificate'] for one in listed['issuances']]), (200, [digest]))

    def test_one_that_was_not_is_an_alarm(self):
        self.check('r2', 'www.permit.test')
        der = self.sign('0b01', 'www.permit.test', 'other.permit.test')
        status, told = self.tell('r2', der)
        self.assertEqual((status, told['type'], told['permitted']), (409, '/problems/issued-without-permit', False))
        self.assertIn('other.permit.test', told['why'])
        self.assertEqual(self.tell('r2', der), (status, told))
        self.assertEqual(self.tell('nobody', self.sign('0b02', 'www.permit.test'))[0], 409)
        with open(self.at('ca2.der'), 'wb') as f:
            f.write(der)
        found = subprocess.run([COMMAND, 'reconcile', self.at('store'), '--certificates', self.at('ca2.der'), '--profile', 'private',
                                '--authority', self.at('ca.pem'), '--json'], check=False, stdout=subprocess.PIPE, text=True)
        self.assertEqual(found.returncode, 1)
        line = json.loads(found.stdout.splitlines()[0])
        self.assertEqual((line['issuance']['id'], line['issuance']['why']), ('r2', told['why']))
        subprocess.run([COMMAND, 'store', 'check', self.at('store')], check=True, stdout=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while self.count('issuances_without_permit_total') < 2 and time.monotonic() < end:
            time.sleep(0.1)  # the recorder says how it is once a second
        self.assertEqual(self.count('issuances_without_permit_total'), 2)
        self.assertGreaterEqual(self.count('issuances_total'), 2)

    def test_what_is_refused(self):
        der = self.sign('0c01', 'www.permit.test')
        text = base64.b64encode(der).decode()
        for body in ({}, {'id': 'r'}, {'id': 'r', 'certificate': text + '!'}, {'id': 'a b', 'certificate': text},
                     {'id': 'r', 'certificate': 'MAMCAQU='}, {'id': 'r', 'certificate': 'AAAA'}, {'id': 'r', 'certificate': text, 'why': ''}, b'[', {'id': 7},
                     {'id': 'r', 'certificate': text, 'issuer': ''}, {'id': 'r', 'certificate': ''}):
            status, problem = self.call('POST', '/v1/issuances', body)
            self.assertEqual((status, problem['status']), (400, 400), (body, problem))
        for path in ('/v1/issuances', '/v1/issuances?id=', '/v1/issuances?id=a%20b'):
            self.assertEqual(self.call('POST', path, der, 'application/pkix-cert')[0], 400)
        for octets in (b'', der + b'x', der + der, der[:-1], b'x'):
            self.assertEqual(self.call('POST', '/v1/issuances?id=r', octets, 'application/pkix-cert')[0], 400)
        self.assertEqual(self.call('POST', '/v1/issuances', der, 'text/plain')[0], 415)
        for path, status in (('00', 400), ('0' * 64, 404), ('z' * 64, 400), ('lab-tls/', 404), ('lab-tls/xx', 400),
                             ('lab-tls/0c0c', 404), ('nobody/0a', 403), ('lab-tls/' + '0' * 200, 400)):
            self.assertEqual(self.call('GET', '/v1/issuances/' + path)[0], status, path)
        self.assertEqual(self.call('PUT', '/v1/issuances', {})[0], 405)


class NotAllowed(Daemon):
    may = 'check'

    def test_who_may_only_check(self):
        der = self.sign('0d01', 'www.permit.test')
        self.assertEqual(self.tell('r1', der)[0], 403)
        self.assertEqual(self.call('GET', '/v1/issuances/' + '0' * 64)[0], 403)


if __name__ == '__main__':
    unittest.main()
