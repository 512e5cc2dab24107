#!/usr/bin/python3
"""What --version says of the resolver library, held against what the tools of the system say."""

import os
import re
import subprocess

import cli

OLD = os.environ.get('CAAPROOF_OLD_UNBOUND',
                     os.path.join(cli.TOP, 'build', 'tests', 'cli', 'libold_unbound.so'))
CRYPTO = {'libcrypto': 'OpenSSL', 'libnettle': 'nettle', 'libnss3': 'NSS'}
# A sanitizer wants to be the first library.
PRELOADED = {'LD_PRELOAD': OLD, 'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'}


def output(*command):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True, timeout=60,
                          env=dict(os.environ, LC_ALL='C')).stdout


def library():
    return re.search(r'libunbound\.so\S* => (\S+)', output('ldd', cli.BINARY)).group(1)


def version(env=None):
    code, out, err = cli.run('--version', env=env)
    return code, err, out.splitlines()


class Version(cli.Folder):
    def test_library_and_what_it_is_linked_with(self):
        needed = {name.split('.')[0] for name in re.findall(r'NEEDED.*\[(.*)\]', output('readelf', '-d', library()))}
        crypto = [word for name, word in CRYPTO.items() if name in needed]
        code, err, lines = version()
        self.assertEqual((code, err, len(crypto), len(lines)), (0, '', 1, 5))
        self.assertRegex(lines[0], r'^caaproof \d+\.\d+\.\d+$')
        self.assertRegex(lines[1], r'^libunbound \d+\.\d+\.\d+, linked with %s$' % crypto[0])
        self.assertRegex(lines[2], r'^P-256 verification: OpenSSL \d\S*, in place of nettle$' if crypto == ['nettle']
                         else r"^P-256 verification: libunbound's own$")
        self.assertRegex(lines[3], r'^wire tap: (on|unavailable)$')
        self.assertRegex(lines[4], r'^public suffixes: \S+')

    def test_another_library_may_bring_the_other_cryptography(self):
        other = 'libhogweed.so.6' if 'libcrypto' in output('readelf', '-d', library()) else 'libssl.so.3'
        expected = version()
        self.assertEqual(version({'LD_PRELOAD': other, 'ASAN_OPTIONS': PRELOADED['ASAN_OPTIONS']}), expected)

    def test_too_old(self):
        code, err, lines = version(PRELOADED)
        self.assertEqual((code, err), (0, ''))
        self.assertRegex(lines[1], r'^libunbound 1\.16\.2, linked with \S+, unsupported: older than \d+\.\d+\.\d+$')

    def test_a_check_with_a_library_that_is_too_old_warns_once(self):
        args = ('check', 'a.test', 'b.test', '--issuer', 'ca.example.net')
        live = args + ('--anchor', self.file('anchors', ''))  # which ends it before anything is asked
        warning = re.compile(r'^caaproof: warning: libunbound 1\.16\.2 is unsupported: older than [0-9.]+, the oldest that is tested; bring it up to date$', re.M)
        zone = self.file('zone', cli.SOA)
        self.assertEqual(len(warning.findall(cli.run(*live, env=PRELOADED)[2])), 1)
        self.assertEqual(len(warning.findall(cli.run(*live)[2])), 0)
        self.assertEqual(cli.run(*args, '--zone', zone, env=PRELOADED)[2], '')


if __name__ == '__main__':
    cli.main()
