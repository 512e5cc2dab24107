#!/usr/bin/env python3
"""Clients that are not ours, or are examples: curl in shell, libcurl in C, Python from the OpenAPI document. Each signs for a good
permit, and for nothing else, also when replies are lost on the way."""

import base64
import os
import socket
import subprocess
import threading
import unittest

import api_daemon
from api_daemon import CAAPROOF, PORT, Daemon, local_client, must, token_client

TLS_PORT = 8443
LOSSY_PORT = 8090
METHOD = '3.2.2.4.4'  # it needs no remote perspectives (R-MPIC-16)
# Beside the authorities of all tests, one by the public rules, which are what a signer expects by itself.
CONFIGURATION = """  - {{name: br, key_file: {folder}/br.pem, request: {{issuer: [ca.example.net], profile: tls-br}}}}
listen:
  - {{address: "unix:{folder}/sock"}}
  - {{address: "127.0.0.1:{port}"}}
  - {{address: "127.0.0.1:8443", tls: {{certificate: {folder}/server.pem, key: {folder}/server.key, client_ca: {folder}/web.pem}}}}
callers:
  - {{name: root, unix_uid: {uid}, authorities: [all], may: [check, claim, metrics]}}
  - {{name: signer, certificate: {{san: signer.example.net}}, authorities: [br], may: [check]}}
  - {{name: token, token_file: {folder}/token, authorities: [br], may: [check]}}
"""


def prepare(folder):
    for name in ('br', 'web'):
        api_daemon.make_authority(folder, name)
    must('openssl', 'x509', '-in', os.path.join(folder, 'br.pem'), '-outform', 'DER', '-out', os.path.join(folder, 'br.der'))
    for name, authority, san in (('server', 'web', 'IP:127.0.0.1'), ('signer', 'web', 'DNS:signer.example.net'),
                                 ('good', 'br', 'critical,DNS:www.permit.test,DNS:permit.test'),
                                 ('wrong', 'br', 'critical,DNS:www.permit.test,DNS:permit.test,DNS:www.deny.test')):
        api_daemon.make_leaf(folder, name, authority, san=san)


class Lossy:
    """A way to the daemon on which the first replies are lost: what is sent arrives."""

    def __init__(self, losses):
        self.losses = losses
        self.listener = socket.create_server(('127.0.0.1', LOSSY_PORT))
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            with client, socket.create_connection(('127.0.0.1', PORT)) as server:
                client.settimeout(api_daemon.PATIENCE)
                server.settimeout(api_daemon.PATIENCE)
                if not self.carry(client, server):
                    return

    def carry(self, client, server):
        """One request and its reply; false at the end of it all."""
        request = client.recv(1 << 20)
        if request == b'end':
            return False
        while b'\r\n\r\n' not in request or len(request.split(b'\r\n\r\n', 1)[1]) < self.length(request):
            request += client.recv(1 << 20)
        server.sendall(request)
        reply = server.recv(1 << 20)
        if self.losses > 0:
            self.losses -= 1
            return True
        while b'\r\n\r\n' not in reply or len(reply.split(b'\r\n\r\n', 1)[1]) < self.length(reply):
            reply += server.recv(1 << 20)
        client.sendall(reply)
        return True

    def length(self, head):
        for line in head.split(b'\r\n'):
            if line.lower().startswith(b'content-length:'):
                return int(line.split(b':')[1])
        return 0

    def end(self):
        with socket.create_connection(('127.0.0.1', LOSSY_PORT)) as client:
            client.sendall(b'end')
        self.thread.join()
        self.listener.close()


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(CONFIGURATION, prepare).__enter__()
        cls.addClassCleanup(cls.daemon.__exit__)
        cls.key = cls.daemon.log_key()
        cls.program = cls.daemon.at('fetch_permit')
        flags = must('pkg-config', '--cflags', '--libs', 'libcurl', 'jansson').split()
        library = os.path.join(api_daemon.BUILD, 'src')
        dynamic = must('readelf', '-d', os.path.join(library, 'libcaaproof.so.0'))
        must('cc', '-Wall', '-Wextra', '-Werror', *(['-fsanitize=address,undefined'] if 'libasan' in dynamic else []), '-o', cls.program,
             os.path.join(api_daemon.TOP, 'examples', 'fetch_permit.c'), '-I', os.path.join(api_daemon.TOP, 'include'), '-L', library,
             '-lcaaproof', '-Wl,-rpath,' + library, *flags)

    def in_c(self, name, certificate, names, place='unix', authority='br', token='dGhlLXRva2Vu'):
        at = self.daemon.at
        how = {'unix': ['-s', at('sock'), 'http://localhost'],
               'tls': ['-c', at('web.pem'), '-E', at('signer.pem'), '-k', at('signer.key'), f'https://127.0.0.1:{TLS_PORT}'],
               'lossy': ['-t', token, f'http://127.0.0.1:{LOSSY_PORT}'], 'token': ['-t', token, f'http://127.0.0.1:{PORT}']}[place]
        return self.run_client([self.program, '-m', METHOD, *how, name, authority, self.key, at('br.der'), at(certificate + '.der'),
                                *names])

    def in_shell(self, name, certificate, names, place='unix', authority='br', token='dGhlLXRva2Vu'):
        at = self.daemon.at
        options, url = {'unix': (f'--unix-socket {at("sock")}', 'http://localhost'),
                        'tls': (f'--cacert {at("web.pem")} --cert {at("signer.pem")} --key {at("signer.key")}',
                                f'https://127.0.0.1:{TLS_PORT}'),
                        'lossy': (f'--oauth2-bearer {token}', f'http://127.0.0.1:{LOSSY_PORT}'),
                        'token': (f'--oauth2-bearer {token}', f'http://127.0.0.1:{PORT}')}[place]
        script = os.path.join(api_daemon.TOP, 'examples', 'fetch_permit.sh')
        return self.run_client(['bash', script, url, name, authority, self.key, at('br.pem'), at(certificate + '.pem'), *names],
                               CURL_OPTIONS=options, METHOD=METHOD)

    def in_python(self, name, certificate, names, place='unix', authority='br', token='dGhlLXRva2Vu'):
        """The client that is made of the document; what it fetched is verified by the command."""
        client = {'unix': lambda: local_client(self.daemon), 'token': lambda: token_client(token=token),
                  'tls': lambda: api_daemon.tls_client(self.daemon.at('web.pem'), self.daemon.at('signer'), port=TLS_PORT),
                  'lossy': lambda: token_client(token=token, port=LOSSY_PORT)}[place]()
        for _ in range(10):
            try:
                reply = client.check({'id': name, 'authority': authority, 'names': names, 'method': METHOD})
            except (OSError, api_daemon.http.client.HTTPException):
                continue
            if reply.status not in (202, 503):
                break
        permit = (reply.json().get('record') or {}).get('permit')
        if permit is None:
            return 1, f'do not sign: there is no permit ({reply.status}, {reply.json().get("verdict")})\n'
        self.assertTrue(base64.b64decode(permit).startswith(b'c2sp.org/tlog-proof@v1\n'))
        at = self.daemon.at
        code, out = self.run_client([CAAPROOF, 'permit', 'verify', '--permit', '-', '--key', self.key, '--authority', at('br.pem'),
                                     '--cert', at(certificate + '.pem'), '--request', name], text=permit + '\n')
        return code, 'sign\n' if code == 0 else f'do not sign: {out}'

    def run_client(self, args, text='', **environment):
        path = os.path.dirname(CAAPROOF) + os.pathsep + os.environ['PATH']
        done = subprocess.run(args, input=text, capture_output=True, text=True, timeout=120, check=False,
                              env=dict(os.environ, PATH=path, **environment))
        return done.returncode, done.stdout + (done.stderr if done.returncode else '')

    def each(self, test):
        """Each client, with ids of its own."""
        for client in (self.in_c, self.in_shell, self.in_python):
            with self.subTest(client=client.__name__):
                test(client, f'{client.__name__}-{self.id().rsplit(".", 1)[1]}')

    def test_good(self):
        def test(client, name):
            for place in ('unix', 'tls', 'token'):
                self.assertEqual(client(f'{name}-{place}', 'good', ['www.permit.test', 'permit.test'], place), (0, 'sign\n'), place)
        self.each(test)

    def test_denied(self):
        def test(client, name):
            code, out = client(name, 'wrong', ['www.permit.test', 'permit.test', 'www.deny.test'])
            self.assertNotEqual(code, 0)
            self.assertRegex(out, 'do not sign: there is no permit .*DENY')
        self.each(test)

    def test_permit_of_other_names(self):
        """The daemon says PERMIT, and the certificate has a name more."""
        def test(client, name):
            code, out = client(name, 'wrong', ['www.permit.test', 'permit.test'])
            self.assertNotEqual(code, 0)
            self.assertNotIn('\nsign', '\n' + out)
            self.assertRegex(out, 'name-missing|deny.test')
        self.each(test)

    def test_permit_of_another_authority(self):
        def test(client, name):
            code, out = client(name, 'good', ['www.permit.test', 'permit.test'], authority='tls')
            self.assertNotEqual(code, 0)
            self.assertNotIn('there is no permit', out)
            self.assertNotIn('\nsign', '\n' + out)
        self.each(test)

    def test_refused_caller(self):
        def test(client, name):
            code, out = client(name, 'good', ['www.permit.test', 'permit.test'], 'token', token='d3Jvbmc=')
            self.assertNotEqual(code, 0)
            self.assertIn('there is no permit', out)
            self.assertIn('401', out)
        self.each(test)

    def test_lost_replies(self):
        """As in 2019: the answer does not come. They ask again, get the one that there is, and sign by it."""
        def test(client, name):
            lossy = Lossy(2)
            try:
                self.assertEqual(client(name, 'good', ['www.permit.test', 'permit.test'], 'lossy'), (0, 'sign\n'))
                self.assertEqual(lossy.losses, 0)
            finally:
                lossy.end()
            shown = must(CAAPROOF, 'show', self.daemon.at('store'), name, '--json').splitlines()
            self.assertEqual(len(shown), 1, 'one check')
        self.each(test)


if __name__ == '__main__':
    api_daemon.main()
