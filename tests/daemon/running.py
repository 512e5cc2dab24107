"""A caaproofd that runs in the lab, and requests to it. Tests that use it call main(), which enters the lab."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN = os.path.join(TOP, 'lab', 'run')
BUILD = os.environ.get('CAAPROOF_BUILD', os.path.join(TOP, 'build'))
COMMAND = os.environ.get('CAAPROOF', os.path.join(BUILD, 'src', 'bin', 'caaproof', 'caaproof'))
BINARY = os.environ.get('CAAPROOFD', os.path.join(BUILD, 'src', 'bin', 'caaproofd', 'caaproofd'))
# Whatever is waited for comes sooner by far; a machine may be busy.
PATIENCE = 60
TLS_PORT = 8443

CONFIG = """\
store: {folder}/store
origin: log.lab.test/caa
log: {{format: text}}
listen:
  - address: "unix:{folder}/sock"
  - {{address: "127.0.0.1:8443", tls: {{certificate: {folder}/server.pem, key: {folder}/server.key}}, insecure: true}}
resolver: {{processes: 1, lab: true, question_time: 3s, root_hints: {hints}, anchor: {anchor}}}
authorities:
  - name: lab-tls
    key_file: {folder}/ca.pem
    request: {{issuer: [ca.example.net], profile: private}}
callers:
  - {{name: operator, unix_uid: {uid}, authorities: [all], may: [check, claim, issue, ack, drain, metrics]}}
  - {{name: reader, token_file: {folder}/token, authorities: [all], may: [metrics]}}
"""


class OverUnix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


def make_certificate(folder, name, common_name):
    """A self-signed one for 127.0.0.1, as NAME.pem and NAME.key."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30',
                    '-subj', '/CN=' + common_name, '-addext', 'subjectAltName=IP:127.0.0.1',
                    '-keyout', os.path.join(folder, name + '.key'), '-out', os.path.join(folder, name + '.pem')],
                   check=True, stderr=subprocess.DEVNULL)


def until(what, seconds=PATIENCE):
    """What it gives, as soon as that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError('waited in vain')


def no_fault(log):
    """A role that a sanitizer ended is begun again, and nothing else tells."""
    if 'Sanitizer' in log or 'runtime error: ' in log:
        raise AssertionError(log)


class Daemon(unittest.TestCase):
    """Tests with a daemon of their own, which is started by start()."""

    config = CONFIG

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.process = None
        make_certificate(self.folder, 'ca', 'CA of the lab')
        make_certificate(self.folder, 'server', 'first')
        self.write('token', 'first-token\n')
        self.write('c.yaml', self.config.format(folder=self.folder, hints=os.environ['CAAPROOF_ROOT_HINTS'],
                                                anchor=os.environ['CAAPROOF_ANCHOR'], uid=os.getuid()))
        self.addCleanup(self.end)

    def at(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.at(name), encoding='utf-8') as file:
            return file.read()

    def write(self, name, text):
        with open(self.at(name), 'w', encoding='utf-8') as file:
            file.write(text)

    # ---- its life

    def launch(self, env=None):
        with open(self.at('log'), 'ab') as log:
            self.process = subprocess.Popen([BINARY, '-c', self.at('c.yaml')], stderr=log, cwd=self.folder,
                                            env=dict(os.environ, **(env or {})))

    def start(self, env=None):
        seen = self.said('ready')
        self.launch(env)
        self.until_said('ready', seen + 1)

    def said(self, text):
        return self.read('log').count(text) if os.path.exists(self.at('log')) else 0

    def until_said(self, text, times=1):
        try:
            until(lambda: self.said(text) >= times or self.process.poll() is not None)
            self.assertGreaterEqual(self.said(text), times)
        except AssertionError:
            raise AssertionError('the log never said %r %d times:\n%s' % (text, times, self.read('log'))) from None

    def reload(self):
        """Without waiting for what becomes of it."""
        self.process.send_signal(signal.SIGHUP)

    def end(self):
        """Its exit status; ended with SIGTERM if it runs."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        no_fault(self.read('log'))
        return code

    def children(self):
        with open('/proc/%d/task/%d/children' % (self.process.pid, self.process.pid), encoding='ascii') as file:
            return sorted(int(pid) for pid in file.read().split())

    def role(self, name):
        """Process id of the front or the recorder."""
        for pid in self.children():
            with open('/proc/%d/cmdline' % pid, 'rb') as file:
                if name.encode() in file.read().split(b'\0'):
                    return pid
        return None

    # ---- requests, each over a connection of its own

    def ask(self, method, path, body=None, token=None):
        """(status, JSON or text); with a token over TLS."""
        if token is None:
            connection = OverUnix(self.at('sock'))
        else:
            connection = http.client.HTTPSConnection('127.0.0.1', TLS_PORT, timeout=PATIENCE,
                                                     context=ssl._create_unverified_context())
        headers = {'Content-Type': 'application/json'} if body is not None else {}
        headers.update({'Authorization': 'Bearer ' + token} if token else {})
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            text = reply.read().decode()
        finally:
            connection.close()
        return reply.status, json.loads(text) if 'json' in reply.getheader('Content-Type', '') else text

    def check(self, ident, authority='lab-tls', names=('www.permit.test',), **more):
        return self.ask('POST', '/v1/checks', dict({'id': ident, 'authority': authority, 'names': list(names)}, **more))

    def run_command(self, *args):
        """(exit code, standard output, standard error) of caaproof"""
        done = subprocess.run([COMMAND, *args], cwd=self.folder, text=True, capture_output=True, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr

    def operate(self, command, *args):
        return self.run_command(command, '--socket', self.at('sock'), *args)


def main():
    if os.environ.get('CAAPROOF_LAB') != '1':
        os.environ['CAAPROOF_BUILD'] = BUILD
        os.execv(RUN, [RUN, sys.executable, os.path.abspath(sys.argv[0]), *sys.argv[1:]])
    unittest.main(verbosity=1)
