"""What the tests of the command share: running it, and the cases it is held to."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get('CAAPROOF', os.path.join(TOP, 'build', 'src', 'bin', 'caaproof', 'caaproof'))
ENV = dict(os.environ, PATH=os.path.dirname(BINARY) + ':' + os.environ['PATH'],
           CAAPROOF_DATA=os.path.join(TOP, 'data'))
EXIT = {'PERMIT': 0, 'DENY': 10, 'FAIL': 11, 'ARGUABLE': 11, 'PERMIT-LF': 12, 'EXEMPT': 13, 'NA': 13}
SOA = '. 3600 IN SOA a. b. 1 3600 600 86400 3600\n'

sys.path.insert(0, os.path.join(TOP, 'tests', 'golden'))


def run(*args, text=None, env=None):
    """(exit code, standard output, standard error); env changes variables, None removes one"""
    variables = {k: v for k, v in dict(ENV, **(env or {})).items() if v is not None}
    done = subprocess.run([BINARY, *args], input=text or '', env=variables, text=True, capture_output=True, timeout=120,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def cases(*files):
    out = []
    for name in files or ('golden', 'scenarios'):
        with open(os.path.join(TOP, 'data', name + '.json'), encoding='utf-8') as f:
            out += json.load(f)['cases']
    return out


def schema(name):
    with open(os.path.join(TOP, 'data', 'schema', name + '.json'), encoding='utf-8') as f:
        return json.load(f)


def request(ident='r', record='0 issue "ca.example.net"', **more):
    out = {'id': ident, 'names': ['www.d.test'], 'issuer': 'ca.example.net', 'date': '2026-11-22',
           'zone': SOA + 'd.test. 60 IN CAA %s\nwww.d.test. 60 IN A 192.0.2.1\n' % record}
    out.update(more)
    return out


class Folder(unittest.TestCase):
    """Tests with a folder of their own."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        return path


def main():
    unittest.main(verbosity=1)
