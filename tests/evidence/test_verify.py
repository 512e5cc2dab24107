#!/usr/bin/env python3
"""The verifier that was written from docs/formats alone judges every vector of docs/formats/permit-vectors as it says."""
import contextlib
import io
import json
import os
import unittest

import verify

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECTORS = os.path.join(TOP, "docs", "formats", "permit-vectors")
OPTIONS = {"names": "--name", "accounts": "--account-uri", "methods": "--method", "own": "--own", "request": "--request",
           "purpose": "--purpose", "profile": "--profile", "life": "--life", "accept": "--accept",
           "other_names": "--other-name", "at": "--at"}
FILES = {"key": "--key", "authority": "--authority", "certificate": "--cert"}


def vectors():
    with open(os.path.join(VECTORS, "vectors.json"), encoding="utf-8") as file:
        return json.load(file)


def path(name):
    return os.path.join(VECTORS, name)


def arguments(vector):
    words = ["permit", path(vector["permit"])]
    for member, option in FILES.items():
        words += [option, path(vector[member])] if member in vector else []
    for member, option in OPTIONS.items():
        values = vector.get(member, [])
        for value in values if isinstance(values, list) else [values]:
            words.append(f"{option}={value}")
    return words


def judged(vector):
    """(exit code, the word of docs/formats/permit.md)"""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = verify.main(arguments(vector))
    return code, out.getvalue().partition(":")[0]


class Permits(unittest.TestCase):
    def test_are_judged_as_the_vectors_say(self):
        for vector in vectors():
            with self.subTest(vector):
                self.assertEqual(judged(vector), (0 if vector["expect"] == "ok" else 77, vector["expect"]))

    def test_use_every_member_of_the_vectors(self):
        """One that is not handed on would make a vector say less than it should."""
        known = {"permit", "expect", *OPTIONS, *FILES}
        self.assertEqual(set().union(*vectors()) - known, set())


if __name__ == "__main__":
    unittest.main()
