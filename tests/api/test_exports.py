#!/usr/bin/env python3
"""The shared library exports what tools/exports.txt lists and needs libcrypto alone; the static one has no global name that
could be another's."""

import os
import re
import unittest

import api

SHARED = os.path.join(api.BUILD, 'src', 'libcaaproof.so.0')
STATIC = os.path.join(api.BUILD, 'src', 'libcaaproof.a')
# What every program has, or a sanitizer brings.
RUNTIME = re.compile(r'(libc|libgcc_s|libm|libasan|libubsan)\.so\.\d+|ld-linux.*')


def names(*args):
    """Global symbols that are defined."""
    lines = [line.split() for line in api.must('nm', '--defined-only', *args).splitlines()]
    return sorted({line[2].split('@')[0] for line in lines if len(line) == 3 and line[1].isupper()})


class Exports(unittest.TestCase):
    def test_exports_are_those_of_the_list(self):
        with open(os.path.join(api.TOP, 'tools', 'exports.txt'), encoding='utf-8') as f:
            listed = f.read().split()
        self.assertEqual(listed, sorted(set(listed)))
        exported = [name for name in names('-D', SHARED) if not name.startswith('__')]
        self.assertEqual(exported, listed)

    def test_every_function_of_the_header_is_listed(self):
        with open(os.path.join(api.TOP, 'include', 'caaproof', 'permit.h'), encoding='utf-8') as f:
            text = re.sub(r'/\*.*?\*/', '', f.read(), flags=re.S)
        declared = re.findall(r'CAAP_API[^;(]*?\b(caap_\w+)\(', text)
        with open(os.path.join(api.TOP, 'tools', 'exports.txt'), encoding='utf-8') as f:
            self.assertEqual(sorted(declared), f.read().split())

    def test_needs_nothing_but_libcrypto(self):
        dynamic = api.must('readelf', '-dW', SHARED)
        needed = re.findall(r'\(NEEDED\)[^\[]*\[([^\]]+)\]', dynamic)
        self.assertEqual([lib for lib in needed if not RUNTIME.fullmatch(lib)], ['libcrypto.so.3'])
        self.assertEqual(re.findall(r'\(SONAME\)[^\[]*\[([^\]]+)\]', dynamic), ['libcaaproof.so.0'])

    def test_names_of_the_static_library_are_ours(self):
        strange = [name for name in names('-g', STATIC)
                   if not name.startswith(('caap_', 'cx_', '__asan', '__odr_asan', '_sub_'))]
        self.assertEqual(strange, [])


if __name__ == '__main__':
    unittest.main()
