"""What the tests of the library share: where the build is, and the permits that make_permit writes."""

import base64
import os
import re
import subprocess
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('CAAPROOF_BUILD', os.path.join(TOP, 'build'))
MAKE_PERMIT = os.environ.get('CAAPROOF_MAKE_PERMIT', os.path.join(BUILD, 'tests', 'api', 'make_permit'))


def run(*args, **more):
    """The finished process; its output is text."""
    return subprocess.run(args, text=True, capture_output=True, timeout=300, check=False, **more)


def must(*args, **more):
    done = run(*args, **more)
    if done.returncode != 0:
        raise AssertionError('%s: %s%s' % (' '.join(args), done.stdout, done.stderr))
    return done.stdout


def octets(path):
    with open(path, 'rb') as f:
        return f.read()


def der(path):
    """The first block of a PEM file."""
    block = re.search(rb'-----BEGIN [^-]*-----(.*?)-----END', octets(path), re.S)
    return base64.b64decode(block.group(1))


class Folder(unittest.TestCase):
    """Tests with a folder of permits, made once."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = temporary.name
        must(MAKE_PERMIT, cls.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def save(self, name, data):
        with open(self.path(name), 'wb') as f:
            f.write(data)
        return self.path(name)
