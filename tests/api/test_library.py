#!/usr/bin/env python3
"""libcaaproof as others meet it: installed, found by pkg-config, linked shared and static, from C and C++; and its header
alone."""

import os
import unittest

import api

NOW = 1795348801  # 2026-11-22T12:00:01Z
HEADERS = os.path.join(api.TOP, 'include', 'caaproof')


class Installed(api.Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = os.path.join(cls.folder, 'root')
        api.must('meson', 'install', '-C', api.BUILD, '--no-rebuild', '--destdir', cls.root)
        found = [where for where, _, files in os.walk(cls.root) if 'caaproof.pc' in files]
        assert len(found) == 1, found
        cls.env = dict(os.environ, PKG_CONFIG_PATH=found[0], PKG_CONFIG_SYSROOT_DIR=cls.root)
        cls.lib = os.path.dirname(found[0])
        dynamic = api.must('readelf', '-d', os.path.join(api.BUILD, 'src', 'libcaaproof.so.0'))
        cls.extra = ['-fsanitize=address,undefined'] if 'libasan' in dynamic else []

    def flags(self, *options):
        return api.must('pkg-config', *options, 'caaproof', env=self.env).split()

    def build(self, compiler, source, static):
        """A program that is linked with nothing but what pkg-config says."""
        program = self.path('example')
        flags = self.flags('--cflags', '--libs', *(['--static'] if static else []))
        if static:  # the archive by its name, since a linker prefers the shared object
            flags = [os.path.join(self.lib, 'libcaaproof.a') if flag == '-lcaaproof' else flag for flag in flags]
        api.must(compiler, '-Wall', '-Wextra', '-Werror', *self.extra, '-o', program,
                 os.path.join(api.TOP, 'examples', source), *flags)
        return program

    def ask(self, program, permit='good.tlog-proof', key='log.vkey', issuer='issuer.pem', certificate='precertificate.pem',
            now=NOW):
        vkey = api.octets(self.path(key)).decode().strip()
        der = self.save('certificate.der', api.der(self.path(certificate)))
        done = api.run(program, self.path(permit), vkey, self.save('issuer.der', api.der(self.path(issuer))), der, str(now),
                       env=dict(os.environ, LD_LIBRARY_PATH=self.lib))
        return done.returncode, done.stdout

    def hold(self, program):
        self.assertEqual(self.ask(program), (0, 'sign\n'))
        for word, what in (('expired', {'now': NOW + 900}), ('name-missing', {'certificate': 'other.pem'}),
                           ('log', {'key': 'next.vkey'}), ('signature', {'permit': 'wrong-size.tlog-proof'}),
                           ('verdict', {'permit': 'denied.tlog-proof'}), ('record', {'permit': 'one-denied.tlog-proof'}),
                           ('authority', {'issuer': 'other-authority.pem'}),
                           ('clock', {'now': 0})):
            code, out = self.ask(program, **what)
            self.assertEqual(code, 1, word)
            self.assertIn('do not sign: ', out)
            self.assertIn('(%s)' % word, out)

    def test_shared_from_c(self):
        program = self.build('cc', 'permit_verify.c', False)
        self.assertIn('libcaaproof.so.0', api.must('readelf', '-d', program))
        self.hold(program)

    def test_shared_from_cxx(self):
        self.hold(self.build('c++', 'permit_verify.cc', False))

    def test_static_from_c(self):
        program = self.build('cc', 'permit_verify.c', True)
        self.assertNotIn('libcaaproof', api.must('readelf', '-d', program))
        self.hold(program)

    def test_static_from_cxx(self):
        self.hold(self.build('c++', 'permit_verify.cc', True))

    def test_a_verdict_is_no_number(self):
        """The mistake of the wrong sense does not compile."""
        for line in ('if (caap_permit_verify(0, 0, 0, 0)) return 0;', 'if (!caap_permit_verify(0, 0, 0, 0)) return 0;',
                     'if (caap_permit_verify(0, 0, 0, 0) == 0) return 0;'):
            source = self.save('wrong.c', b'#include <caaproof/permit.h>\nint main(void) { %s return 1; }\n' % line.encode())
            for compiler in ('cc', 'c++'):
                self.assertNotEqual(api.run(compiler, '-x', 'c' if compiler == 'cc' else 'c++', '-fsyntax-only',
                                            *self.flags('--cflags'), source).returncode, 0, line)


class Headers(unittest.TestCase):
    def test_each_compiles_alone(self):
        warnings = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-Wconversion', '-Wshadow', '-fsyntax-only']
        for name in os.listdir(HEADERS):
            for compiler, language, standard in (('cc', 'c', 'c17'), ('cc', 'c', 'c99'), ('c++', 'c++', 'c++11'),
                                                 ('c++', 'c++', 'c++17')):
                api.must(compiler, '-x', language, '-std=' + standard, *warnings, '-I', os.path.dirname(HEADERS),
                         '-include', os.path.join(HEADERS, name), '/dev/null')

    def test_nothing_but_the_standard_is_included(self):
        for name in os.listdir(HEADERS):
            with open(os.path.join(HEADERS, name), encoding='utf-8') as f:
                included = [line.split()[1] for line in f if line.startswith('#include')]
            self.assertEqual(set(included) - {'<stddef.h>', '<stdint.h>'}, set())


if __name__ == '__main__':
    unittest.main()
