#!/usr/bin/env python3
"""The vectors of docs/formats/permit-vectors are what make_permit writes, and the command finds in each what it should; every
fault that a permit can have is among them."""

import json
import os
import re
import unittest

import api

VECTORS = os.path.join(api.TOP, 'docs', 'formats', 'permit-vectors')
CAAPROOF = os.environ.get('CAAPROOF', os.path.join(api.BUILD, 'src', 'bin', 'caaproof', 'caaproof'))


def load():
    with open(os.path.join(VECTORS, 'vectors.json'), encoding='utf-8') as f:
        return json.load(f)


def path(name):
    return os.path.join(VECTORS, name)


def command(vector):
    """The arguments of caaproof permit verify."""
    out = [CAAPROOF, 'permit', 'verify', '--json', '--permit', path(vector['permit']), '--key', path(vector['key']),
           '--authority', path(vector['authority']), '--at', vector['at']]
    for member, option in (('purpose', '--purpose'), ('request', '--request'), ('profile', '--profile'), ('life', '--life')):
        out += [option, str(vector[member])] if member in vector else []
    for member, option in (('accounts', '--account-uri'), ('methods', '--method'), ('own', '--own'),
                           ('other_names', '--other-name')):
        for value in vector.get(member, []):
            out += [option, str(value)]
    out += ['--accept', ','.join(vector['accept'])] if 'accept' in vector else []
    return out + (['--cert', path(vector['certificate'])] if 'certificate' in vector else vector['names'])


class Vectors(api.Folder):
    def test_folder_is_as_generated(self):
        """tests/api/make_permit.c and the folder change together: build/tests/api/make_permit docs/formats/permit-vectors"""
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(os.listdir(VECTORS)))
        for name in os.listdir(self.folder):
            self.assertEqual(api.octets(self.path(name)), api.octets(path(name)), name)

    def test_command(self):
        for vector in load():
            done = api.run(*command(vector))
            said = json.loads(done.stdout)
            self.assertEqual((said['error'], said['permits']), (vector['expect'], vector['expect'] == 'ok'), vector)
            self.assertEqual(done.returncode, 0 if vector['expect'] == 'ok' else 77, vector)
            self.assertEqual(done.stderr == '', vector['expect'] == 'ok')

    def test_every_fault_is_shown(self):
        with open(os.path.join(api.TOP, 'src', 'evidence', 'permit_faults.def'), encoding='utf-8') as f:
            words = re.findall(r'^X\(\w+, "([\w-]+)"', f.read(), re.M)
        elsewhere = {'clock', 'size'}  # the command has a clock; and that would be a large file
        self.assertEqual(set(words) - {vector['expect'] for vector in load()}, elsewhere)


if __name__ == '__main__':
    unittest.main()
