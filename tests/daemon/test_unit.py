#!/usr/bin/env python3
"""The units for systemd: whole by systemd's own judgement, hardened, explained, and no obstacle to the roles' sandboxes."""

import os
import re
import subprocess
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DIST = os.path.join(TOP, 'dist')
# Exposure by systemd-analyze security, in tenths: 0 is closed, 100 open.
EXPOSURE_MAX = 15


def analyze(*args):
    return subprocess.run(['systemd-analyze', *args], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                          check=False)


def lines(unit='caaproofd.service.in'):
    with open(os.path.join(DIST, unit), encoding='utf-8') as file:
        return file.read().splitlines()


def calls_of(group):
    """System calls of a group as systemd lists it, with those of groups in it."""
    found = set()
    for line in analyze('syscall-filter', group).stdout.splitlines()[1:]:
        name = line.strip()
        if name.startswith('@'):
            found |= calls_of(name)
        elif name and not name.startswith('#'):
            found.add(name)
    return found


class Units(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.units = []
        for name in sorted(os.listdir(DIST)):
            if name.endswith(('.service.in', '.timer')):
                self.units.append(os.path.join(folder.name, name.removesuffix('.in')))
                with open(self.units[-1], 'w', encoding='utf-8') as file:
                    file.write(re.sub(r'@S?BINDIR@/\w+', '/bin/true', '\n'.join(lines(name))) + '\n')
        self.services = [unit for unit in self.units if unit.endswith('.service')]
        self.assertEqual((len(self.units), len(self.services)), (3, 2))

    def test_verify(self):
        done = analyze('verify', '--man=no', *self.units)
        self.assertEqual((done.returncode, [line for line in done.stdout.splitlines() if 'caaproof' in line]), (0, []))

    def test_exposure(self):
        for unit in self.services:
            done = analyze('security', '--offline=true', '--threshold=%d' % EXPOSURE_MAX, '--no-pager', unit)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_system_calls(self):
        """Whatever a role may call, and what enters its sandbox, passes the unit's filter."""
        allowed = set()
        for line in lines():
            if line.startswith('SystemCallFilter='):
                words = line.partition('=')[2].split()
                takes = not words[0].startswith('~')
                for word in words:
                    name = word.lstrip('~')
                    named = calls_of(name) if name.startswith('@') else {name}
                    allowed = allowed | named if takes else allowed - named
        with open(os.path.join(TOP, 'src', 'bin', 'caaproofd', 'sandbox_calls.def'), encoding='utf-8') as file:
            rows = re.findall(r'^X\(\w+, "([^"]*)"', file.read(), re.M)
        needed = {name for row in rows for name in row.split()}
        needed |= {'landlock_create_ruleset', 'landlock_restrict_self', 'seccomp', 'prlimit64', 'capset', 'memfd_create', 'execve',
                   'clone', 'wait4', 'kill'}
        self.assertGreater(len(needed), 50)
        self.assertEqual(needed - allowed, set())

    def test_each_directive_is_explained(self):
        """By a comment above it, or above its like."""
        for unit in self.units:
            name = os.path.basename(unit)
            explained = False
            for line in lines(name + '.in' if unit in self.services else name):
                if line == '' or line.startswith('['):
                    explained = line in ('[Install]', '[Unit]')
                elif line.startswith('#'):
                    explained = True
                else:
                    self.assertTrue(explained, line)

    def test_what_the_daemon_relies_on(self):
        text = '\n'.join(lines())
        for line in ('Type=notify', 'KillMode=mixed', 'ExecReload=/bin/kill -HUP $MAINPID', 'NoNewPrivileges=yes'):
            self.assertIn('\n' + line + '\n', text)
        self.assertNotRegex(text, '(?m)^PrivateUsers')
        with open(os.path.join(TOP, 'src', 'bin', 'caaproofd', 'role_parent.c'), encoding='utf-8') as file:
            source = file.read()
        ms = [int(re.search(r'#define %s +(\d+)' % name, source).group(1)) for name in ('DRAIN_MS', 'END_MS')]
        self.assertGreater(int(re.search(r'TimeoutStopSec=(\d+)', text).group(1)) * 1000, sum(ms))


if __name__ == '__main__':
    unittest.main(verbosity=1)
