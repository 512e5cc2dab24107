#!/usr/bin/env python3
"""The test vectors: the program that writes them gives what is in docs/formats/vectors, octet by octet; the reader in
Python reads in each what it says beside its octets, and refuses what is to be refused. --write writes them anew."""
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest

import reader

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
VECTORS = os.path.join(TOP, "docs", "formats", "vectors")
PROGRAMS = os.environ.get("CAAPROOF_EVIDENCE", os.path.join(TOP, "build", "tests", "evidence"))
PROGRAM = os.path.join(PROGRAMS, "make_vectors")


ENTRY_KINDS = {"record": 1, "begin": 2, "seal": 3, "start": 4, "event": 5}


def load(name):
    with open(os.path.join(VECTORS, name), encoding="utf-8") as file:
        return json.load(file)


def names():
    return sorted(name for name in os.listdir(VECTORS) if name not in ("README.md", "refused.json"))


def octets_of(vector):
    return bytes.fromhex(vector["octets"])


class Files(unittest.TestCase):
    def test_are_what_the_program_writes(self):
        with tempfile.TemporaryDirectory(prefix="caaproof-vectors-") as folder:
            subprocess.run([PROGRAM, folder], check=True)
            written = sorted(os.listdir(folder))
            self.assertEqual(written, sorted([*names(), "refused.json"]))
            for name in written:
                with open(os.path.join(folder, name), "rb") as new, open(os.path.join(VECTORS, name), "rb") as old:
                    self.assertEqual(new.read(), old.read(), name)

    def test_are_enough_and_of_every_kind(self):
        kinds = [load(name)["kind"] for name in names()]
        self.assertGreaterEqual(len(kinds), 20)
        self.assertEqual(set(kinds), {"record", "begin", "seal", "answer", "context", "message", "own", "perspectives",
                                      "corroboration", "start", "event"})
        self.assertGreaterEqual(len(load("refused.json")), 60)

    def test_every_word_of_the_format_is_in_one(self):
        said = json.dumps([load(name).get("says") for name in names()], ensure_ascii=False)
        for words in (reader.VERDICTS, reader.NAME_KINDS.values(), reader.TYPES.values(), ("own", "smime"),
                      reader.MESSAGES[1:], reader.EVENTS):
            for word in words:
                self.assertIn(f'"{word}"', said)


class Reading(unittest.TestCase):
    def test_says_what_stands_beside_the_octets(self):
        for name in names():
            vector = load(name)
            with self.subTest(name):
                octets = octets_of(vector)
                self.assertEqual(hashlib.sha256(octets).hexdigest(), vector["sha256"])
                self.assertEqual("entry" in vector, vector["kind"] in ENTRY_KINDS)
                if vector["kind"] == "message":
                    self.assertEqual(octets[:2], b"\0\0")  # its ID
                elif vector["kind"] == "own":
                    self.assertEqual(reader.own_hash(vector["says"]).hex(), vector["sha256"])
                else:
                    self.assertEqual(reader.KINDS[vector["kind"]].decode(octets).says(), vector["says"])

    def test_gives_the_log_entry(self):
        for name in names():
            vector = load(name)
            if vector["kind"] in ENTRY_KINDS:
                entry = reader.Entry.of_record(octets_of(vector), ENTRY_KINDS[vector["kind"]])
                self.assertEqual(entry.encode().hex(), vector["entry"], name)
                self.assertEqual(reader.Entry.decode(bytes.fromhex(vector["entry"])), entry, name)

    def test_refuses_what_is_to_be_refused(self):
        for vector in load("refused.json"):
            with self.subTest(vector["about"]), self.assertRaises(reader.Refused):
                reader.KINDS[vector["kind"]].decode(octets_of(vector))

    def test_refuses_every_cut(self):
        for name in names():
            vector = load(name)
            if vector["kind"] in reader.KINDS and len(vector["octets"]) < 3000:
                octets = octets_of(vector)
                for n in range(len(octets)):
                    with self.assertRaises(reader.Refused, msg=f"{name}: {n} octets"):
                        reader.KINDS[vector["kind"]].decode(octets[:n])

    def test_refuses_entries_of_other_lengths_versions_and_kinds(self):
        good = bytes.fromhex(load("record-typical.json")["entry"])
        for bad in (b"", good[:-1], good + b"\0", b"\2" + good[1:], b"\1\0" + good[2:], b"\1\6" + good[2:]):
            with self.assertRaises(reader.Refused):
                reader.Entry.decode(bad)

    def test_own_in_force_is_what_the_records_hash(self):
        record = reader.Record.decode(octets_of(load("record-permit.json")))
        context = reader.Context.decode(octets_of(load("context-default.json")))
        self.assertEqual(record.context, hashlib.sha256(octets_of(load("context-default.json"))).digest())
        in_force = [own.name for own in context.own if own.is_in_force(record.date)]
        self.assertEqual(reader.own_hash(in_force), record.own)
        for name in ("", "a\nb", "\n"):
            with self.assertRaises(reader.Refused):
                reader.own_hash([name])

    def test_objects_are_found_by_their_digests(self):
        by_digest = {load(name)["sha256"]: load(name)["kind"] for name in names()}
        record = reader.Record.decode(octets_of(load("record-permit.json")))
        self.assertEqual([by_digest[answer.hex()] for answer in record.answers], ["answer", "answer"])
        answer = reader.Answer.decode(octets_of(load("answer-records.json")))
        self.assertEqual(by_digest[answer.message.hex()], "message")


HEADS = bytes.fromhex("0001171819203738406061808182839fa0a1a2bfc0e0f4f5f6f7f8f9ff")


def mutated(dice, octets):
    """One to three changes: an octet, a bit, a head of CBOR, something taken out, put in or cut off."""
    octets = bytearray(octets)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(octets))
        change = dice.randrange(7)
        if change == 0:
            octets[at] = dice.randrange(256)
        elif change == 1:
            octets[at] = dice.choice(HEADS)
        elif change == 2 and len(octets) > 20:
            del octets[at:at + dice.randint(1, 4)]
        elif change == 3:
            octets[at:at] = octets[at:at + dice.randint(1, 8)]
        elif change == 4:
            octets[at:at] = bytes((0x20, dice.choice(HEADS)))
        else:
            octets[at] ^= 1 << dice.randrange(8)
    return bytes(octets)


def is_json(item):
    """What jansson has a place for."""
    if isinstance(item, reader.Map):
        return all(isinstance(key, str) and "\0" not in key and is_json(value) for key, value in item)
    if isinstance(item, list):
        return all(map(is_json, item))
    return not isinstance(item, bytes) and not (reader.is_int(item) and not -(1 << 63) <= item < 1 << 63)


def large_as_text(item):
    if isinstance(item, dict):
        return {key: large_as_text(value) for key, value in item.items()}
    if isinstance(item, list):
        return [large_as_text(value) for value in item]
    return str(item) if reader.is_int(item) and item >= 1 << 63 else item


def said_by_python(kind, octets):
    try:
        value = reader.KINDS[kind].decode(octets)
    except reader.Refused:
        return None
    says = value.says()
    for member in ("facts", "policy", "perspectives"):
        kept = getattr(value, member, None)
        if kept is not None and not is_json(kept):
            says[member] = "not JSON"
    return large_as_text(says)


class BothReaders(unittest.TestCase):
    """Octets with changes: the reader in C and the one in Python accept the same, and read the same in it."""

    def compare(self, cases):
        lines = "".join(f"{kind} {octets.hex()}\n" for kind, octets in cases)
        done = subprocess.run([os.path.join(PROGRAMS, "read_octets")], input=lines, stdout=subprocess.PIPE, text=True,
                              check=True)
        said = done.stdout.splitlines()
        self.assertEqual(len(said), len(cases))
        accepted = 0
        for (kind, octets), line in zip(cases, said):
            by_c = None if line == "refused" else json.loads(line)
            accepted += by_c is not None
            self.assertEqual(by_c, said_by_python(kind, octets), f"{kind} {octets.hex()}")
        return accepted

    def vectors(self):
        for name in names():
            vector = load(name)
            if vector["kind"] in reader.KINDS:
                yield vector["kind"], octets_of(vector)

    def test_read_the_same_in_every_vector(self):
        cases = list(self.vectors())
        self.assertEqual(self.compare(cases), len(cases))
        refused = [(vector["kind"], octets_of(vector)) for vector in load("refused.json")]
        self.assertEqual(self.compare(refused), 0)

    def test_agree_on_octets_that_were_changed(self):
        dice = random.Random(int(os.environ.get("CX_PROPERTY_SEED", "1")))
        each = int(os.environ.get("CX_PROPERTY_CASES", "9000")) // len(names())
        cases = [(kind, mutated(dice, octets)) for kind, octets in self.vectors() for _ in range(each)]
        self.assertIn(self.compare(cases), range(len(cases) // 10, len(cases) * 9 // 10))


class Program(unittest.TestCase):
    def run_reader(self, *arguments):
        return subprocess.run([sys.executable, os.path.join(HERE, "reader.py"), *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)

    def test_prints_what_a_file_says(self):
        vector = load("record-typical.json")
        with tempfile.NamedTemporaryFile() as file:
            file.write(octets_of(vector))
            file.flush()
            done = self.run_reader("record", file.name)
            self.assertEqual((done.returncode, json.loads(done.stdout)), (0, vector["says"]))
            done = self.run_reader("answer", file.name)
            self.assertEqual((done.returncode, done.stdout), (65, ""))
            self.assertTrue(re.fullmatch(r".*: .+\n", done.stderr))
        self.assertEqual(self.run_reader("record").returncode, 64)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        subprocess.run([PROGRAM, VECTORS], check=True)
    else:
        unittest.main()
