"""A daemon in the lab for tests of its interface, and a client of it that is made of docs/openapi.json."""

import copy
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from running import OverUnix, no_fault

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('CAAPROOF_BUILD', os.path.join(TOP, 'build'))
DAEMON = os.environ.get('CAAPROOFD', os.path.join(BUILD, 'src', 'bin', 'caaproofd', 'caaproofd'))
CAAPROOF = os.environ.get('CAAPROOF', os.path.join(BUILD, 'src', 'bin', 'caaproof', 'caaproof'))
# So long is waited for what must come; nothing is concluded from how long it took.
PATIENCE = 60
PORT = 8080

AUTHORITIES = """authorities:
  - {{name: tls, key_file: {folder}/ca.pem, request: {{issuer: [ca.example.net], profile: private}}}}
  - {{name: other, key_file: {folder}/other.pem, request: {{issuer: [ca.example.net], profile: private}}}}
  - {{name: shadow, key_file: {folder}/shadow.pem, mode: shadow, request: {{issuer: [ca.example.net], profile: private}}}}
"""
BASE = """store: {folder}/store
origin: log.lab.test/caa
log: {{format: text}}
resolver: {{processes: 1, lab: true, root_hints: {hints}, anchor: {anchor}}}
"""
LOCAL = """listen:
  - {{address: "127.0.0.1:{port}"}}
  - {{address: "unix:{folder}/sock"}}
callers:
  - {{name: root, unix_uid: {uid}, authorities: [all], may: [check, claim, issue, ack, metrics]}}
  - {{name: token, token_file: {folder}/token, authorities: [tls], may: [check]}}
"""


def main():
    """The tests of the file that is run, in the lab."""
    if os.environ.get('CAAPROOF_LAB') != '1':
        run = os.path.join(TOP, 'lab', 'run')
        os.environ['CAAPROOF_BUILD'] = BUILD
        os.execv(run, [run, sys.executable, *sys.argv])
    unittest.main()


def must(*args, **how):
    done = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False, **how)
    if done.returncode != 0:
        raise AssertionError(f'{args}: exit {done.returncode}: {done.stdout}{done.stderr}')
    return done.stdout


def make_key(path):
    must('openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', path)


def make_authority(folder, name):
    """NAME.pem and NAME.key of a CA"""
    make_key(os.path.join(folder, name + '.key'))
    must('openssl', 'req', '-x509', '-new', '-key', os.path.join(folder, name + '.key'), '-subj', f'/CN={name}', '-days', '30',
         '-out', os.path.join(folder, name + '.pem'))


def make_leaf(folder, name, authority, **how):
    """NAME.pem and NAME.key under AUTHORITY; subject, san, usage, days, or dates from and until as openssl ca writes them"""
    at, issuer = os.path.join(folder, name), os.path.join(folder, authority)
    make_key(at + '.key')
    extensions = (['-addext', 'subjectAltName=' + how['san']] if 'san' in how else []) + (
        ['-addext', 'extendedKeyUsage=' + how['usage']] if 'usage' in how else [])
    must('openssl', 'req', '-new', '-utf8', '-key', at + '.key', '-subj', how.get('subject', '/'), *extensions, '-out', at + '.csr')
    must('openssl', 'x509', '-req', '-in', at + '.csr', '-CA', issuer + '.pem', '-CAkey', issuer + '.key', '-copy_extensions', 'copy',
         '-days', how.get('days', '30'), '-out', at + '.pem')
    must('openssl', 'x509', '-in', at + '.pem', '-outform', 'DER', '-out', at + '.der')


class Daemon:
    """It runs within with: configuration is text in which {folder}, {uid}, {port} and what prepare returns are replaced."""

    def __init__(self, configuration=LOCAL, prepare=None):
        self.folder = tempfile.mkdtemp(prefix='caaproof-api-')
        for name in ('ca', 'other', 'shadow'):
            make_authority(self.folder, name)
        with open(self.at('token'), 'w', encoding='ascii') as file:
            file.write('dGhlLXRva2Vu\n')
        os.chmod(self.at('token'), 0o600)
        more = (prepare(self.folder) if prepare else None) or {}
        text = (BASE + AUTHORITIES + configuration).format(
            folder=self.folder, uid=os.getuid(), port=PORT, hints=os.environ['CAAPROOF_ROOT_HINTS'],
            anchor=os.environ['CAAPROOF_ANCHOR'], **more)
        with open(self.at('c.yaml'), 'w', encoding='utf-8') as file:
            file.write(text)
        self.process = None

    def at(self, name):
        return os.path.join(self.folder, name)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.process is not None:
                self.end()
        finally:
            shutil.rmtree(self.folder)

    def start(self):
        with open(self.at('log'), 'a', encoding='utf-8') as log:
            self.process = subprocess.Popen([DAEMON, '-c', self.at('c.yaml')], stdin=subprocess.DEVNULL, stderr=log)
        while not self.is_ready():
            if self.process.poll() is not None:
                raise AssertionError('the daemon ended: ' + self.log())
            time.sleep(0.02)

    def is_ready(self):
        try:
            return self.ask('GET', '/readyz').status == 200
        except (OSError, http.client.HTTPException):
            return False

    def end(self):
        """Drained, and the exit code is that of an orderly end."""
        self.process.terminate()
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.process = None
        no_fault(self.log())
        if code != 0:
            raise AssertionError(f'exit code {code}: {self.log()}')

    def log(self):
        with open(self.at('log'), encoding='utf-8') as file:
            return file.read()

    def ask(self, method, target, body=None, fields=None, connection=None):
        return exchange(connection or OverUnix(self.at('sock')), method, target, body, fields)

    def log_key(self):
        return must(CAAPROOF, 'log', 'key', self.at('store')).strip()


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.fields = {}
        for name, value in response.getheaders():
            if name.lower() in self.fields:
                raise AssertionError(f'{name} is there twice')
            self.fields[name.lower()] = value
        self.body = response.read()

    @property
    def type(self):
        return self.fields.get('content-type', '').split(';')[0]

    def json(self):
        return json.loads(self.body)

    def lines(self):
        return [json.loads(line) for line in self.body.decode().splitlines()]


def exchange(connection, method, target, body=None, fields=None):
    """One request, one reply, one connection."""
    try:
        try:
            connection.request(method, target, body=body, headers=fields or {})
        except (BrokenPipeError, ConnectionResetError):
            pass  # it is answered before it is sent whole
        return Reply(connection.getresponse())
    finally:
        connection.close()


class Document:
    """docs/openapi.json with the schemas that it refers to, as one."""

    def __init__(self):
        with open(os.path.join(TOP, 'docs', 'openapi.json'), encoding='utf-8') as file:
            self.all = self.bundle(json.load(file), '')
        for name in ('request', 'result'):
            with open(os.path.join(TOP, 'data', 'schema', name + '.json'), encoding='utf-8') as file:
                self.all['x-' + name] = self.bundle(json.load(file), '/x-' + name)
        self.operations = {operation['operationId']: (method.upper(), path, operation)
                           for path, item in self.all['paths'].items() for method, operation in item.items()}

    def bundle(self, node, here):
        """References to files become references into the document."""
        if isinstance(node, list):
            return [self.bundle(value, here) for value in node]
        if not isinstance(node, dict):
            return node
        node = {key: self.bundle(value, here) for key, value in node.items() if key != '$schema'}
        if '$ref' in node:
            node['$ref'] = re.sub(r'^\.\./data/schema/(\w+)\.json#', r'#/x-\1', re.sub('^#', '#' + here, node['$ref']))
        return node

    def resolve(self, node):
        while '$ref' in node:
            place = self.all
            for part in node['$ref'][2:].split('/'):
                place = place[part]
            node = place
        return node

    def faults(self, schema, value):
        """What of a value is not as its schema has it."""
        import jsonschema  # here, so that clients need no more than Python has
        return [error.message[:300] for error in
                jsonschema.Draft202012Validator({**self.all, 'allOf': [schema]}).iter_errors(value)]

    def parameters(self, operation, place):
        found = [self.resolve(parameter) for parameter in operation.get('parameters', [])]
        return {parameter['name']: parameter for parameter in found if parameter['in'] == place}


class Client:
    """Each operation of the document is a method: client.getCheck(id='a', wait=5), client.check({...}, problem=1)."""

    def __init__(self, connect, document=None, fields=None):
        self.connect = connect
        self.document = document or Document()
        self.fields = fields or {}

    def __getattr__(self, name):
        if name not in self.document.operations:
            raise AttributeError(name)
        return lambda body=None, **parameters: self.call(name, body, parameters)

    def call(self, name, body, parameters):
        """body: octets, or what becomes JSON, or a list of that, which becomes NDJSON"""
        method, target, operation = self.document.operations[name]
        fields = dict(self.fields)
        for part in self.document.parameters(operation, 'path'):
            target = target.replace('{%s}' % part, urllib.parse.quote(parameters.pop(part), safe=''))
        for part in self.document.parameters(operation, 'header'):
            if part in parameters:
                fields[part] = parameters.pop(part)
        if 'type' in parameters:
            fields['Content-Type'] = parameters.pop('type')
        elif isinstance(body, list):
            fields['Content-Type'] = 'application/x-ndjson'
        elif body is not None:
            fields['Content-Type'] = 'application/json'
        if isinstance(body, list):
            body = ''.join(json.dumps(line) + '\n' for line in body).encode()
        elif body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if parameters:
            target += '?' + urllib.parse.urlencode(parameters)
        return exchange(self.connect(), method, target, body, fields)


def local_client(daemon, document=None):
    return Client(lambda: OverUnix(daemon.at('sock')), document)


def token_client(document=None, token='dGhlLXRva2Vu', port=PORT):
    return Client(lambda: http.client.HTTPConnection('127.0.0.1', port, timeout=PATIENCE), document,
                  {'Authorization': 'Bearer ' + token} if token else None)


def tls_client(authority, certificate=None, document=None, token=None, port=PORT):
    """certificate: path without .pem and .key"""
    context = ssl.create_default_context(cafile=authority)
    if certificate:
        context.load_cert_chain(certificate + '.pem', certificate + '.key')
    return Client(lambda: http.client.HTTPSConnection('127.0.0.1', port, timeout=PATIENCE, context=context), document,
                  {'Authorization': 'Bearer ' + token} if token else None)


def changed(value, **members):
    """A copy with other members; a member that is ... is left out."""
    value = copy.deepcopy(value)
    for name, member in members.items():
        if member is ...:
            value.pop(name, None)
        else:
            value[name] = member
    return value
