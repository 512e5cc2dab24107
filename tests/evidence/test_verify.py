#!/usr/bin/env python3
"""verify.py, which was written from docs/formats alone: it finds in all vectors what it should, it agrees with the library
and the command on permits and requests that were changed, and it verifies records and logs that the command makes."""
import collections
import contextlib
import io
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import blocks
import mutations
import permits
import reader
import verify
from permits import Case, TOP

PROGRAMS = os.environ.get("CAAPROOF_EVIDENCE", os.path.join(TOP, "build", "tests", "evidence"))
CAAPROOF = os.environ.get("CAAPROOF", os.path.join(TOP, "build", "src", "bin", "caaproof", "caaproof"))
LOG_VECTORS = os.path.join(TOP, "tests", "unit", "data", "log")
PAGE = os.path.join(TOP, "docs", "formats", "permit.md")
SEED = int(os.environ.get("CX_PROPERTY_SEED", "1"))
BY_DICE = int(os.environ.get("CX_PROPERTY_CASES", "3000"))


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def command(*arguments, text=""):
    return subprocess.run([CAAPROOF, *arguments], input=text, env=dict(os.environ, CAAPROOF_DATA=os.path.join(TOP, "data")),
                          text=True, capture_output=True, check=False)


def run_verify(*arguments):
    """(exit code, first word of what it says); in this process, which is quicker."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        code = verify.main(arguments)
    return code, said.getvalue().partition(":")[0]


class Page(unittest.TestCase):
    """What verify.py has of permit.md is what stands there."""

    def rows(self, pattern):
        return re.findall(pattern, read(PAGE).decode(), re.M)

    def test_faults(self):
        self.assertEqual(list(verify.FAULTS.items()),
                         self.rows(r"^\| `([a-z0-9-]+)` \| ([a-z].*) \|$")[:len(verify.FAULTS)])

    def test_epochs(self):
        said = {}
        for profile, row in self.rows(r"^ +\| `([a-z0-9-]+)` \| ([A-Z][A-Z0-9]+[^|]*) \|$"):
            epochs = [part.split() for part in row.split(", ")]
            said[profile] = [(epoch, verify.day(*since) if since else None) for epoch, *since in epochs]
        self.assertEqual(said, verify.EPOCHS)

    def test_phases(self):
        said = {"tls-br": [], "smime-br": []}
        for tls, smime, used, whatever, regions in self.rows(
                r"^ +\| (\S+) \| (\S+) \| (\d)(, whatever they say)? \| (\d) \|$"):
            for profile, since in (("tls-br", tls), ("smime-br", smime)):
                if since != "-":
                    said[profile].append((verify.day(since), int(used), used != "0" and not whatever, int(regions)))
        self.assertEqual(said, verify.PHASES)


class PermitVectors(unittest.TestCase):
    def test_module(self):
        for vector in permits.vectors():
            self.assertEqual(Case.of_vector(vector).by_verify(), vector["expect"], vector)

    def test_program(self):
        for vector in permits.vectors():
            arguments = ["permit", self.path(vector["permit"]), "--key", self.path(vector["key"]), "--at", vector["at"],
                         "--authority", self.path(vector["authority"])]
            for member, option in (("purpose", "--purpose"), ("request", "--request"), ("profile", "--profile"),
                                   ("life", "--life"), ("certificate", "--cert")):
                value = vector.get(member)
                arguments += [] if value is None else [option, self.path(value) if member == "certificate" else str(value)]
            for member, option in (("names", "--name"), ("accounts", "--account"), ("methods", "--method"),
                                   ("own", "--own"),
                                   ("accept", "--accept"), ("other_names", "--other-name")):
                arguments += [part for value in vector.get(member, ()) for part in (option, str(value))]
            expected = 0 if vector["expect"] == "ok" else verify.EX_NO_PERMISSION
            self.assertEqual(run_verify(*arguments), (expected, vector["expect"]), vector)

    def path(self, name):
        return os.path.join(permits.VECTORS, name)

    def test_process(self):
        arguments = ["permit", self.path("good.tlog-proof"), "--key", self.path("log.vkey"), "--authority",
                     self.path("authority.pem"), "--name", "www.d.test", "--name", "*.d.test", "--at"]
        for at, code, text in (("2026-11-22T12:00:01Z", 0, "ok: may be signed, and until 2026-11-22T12:15:00Z\n"),
                               ("2026-11-22T12:15:00Z", verify.EX_NO_PERMISSION, "expired: the permit has expired\n")):
            done = subprocess.run([sys.executable, verify.__file__, *arguments, at], text=True, capture_output=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (code, text, ""))

    def test_wrong_use(self):
        good = ["permit", self.path("good.tlog-proof"), "--key", permits.text("log.vkey"), "--authority", "ab" * 32]
        at = ["--at", "2026-11-22T12:00:01Z"]
        for arguments, code in ((good + at, verify.EX_USAGE), (good + ["--name", "a"], verify.EX_USAGE),
                                ([], verify.EX_USAGE),
                                (good + at + ["--name", "a", "--at", "now"], verify.EX_USAGE),
                                (good + at + ["--name", "a", "--key", "log+00000000+AAAA"], verify.EX_DATA),
                                (good[:1] + ["/nowhere"] + good[2:] + at + ["--name", "a"], verify.EX_FILE)):
            self.assertEqual(run_verify(*arguments), (code, ""))


class LogVectors(unittest.TestCase):
    """Those of log.md, and inputs that readers of Certificate Transparency share."""

    KEYS = [read(LOG_VECTORS, name).decode().strip() for name in ("log.vkey", "witness.vkey")]

    def keys(self):
        return [verify.Key.of(text) for text in self.KEYS]

    def test_checkpoint(self):
        checkpoint = verify.Checkpoint.decode(read(LOG_VECTORS, "checkpoint"))
        entries = [b'{"n":%d}' % n for n in range(7)]
        self.assertEqual(checkpoint.note.text, read(LOG_VECTORS, "note-text"))
        self.assertEqual([(key.type, seconds) for key, seconds in checkpoint.verified(self.keys())],
                         [(verify.LOG_KEY, None), (verify.WITNESS_KEY, 1795305600)])
        self.assertEqual(checkpoint.root, verify.root_of([verify.leaf(entry) for entry in entries]))
        with self.assertRaises(reader.Refused):
            checkpoint.verified(self.keys()[1:])

    def test_every_octet_of_a_checkpoint_counts(self):
        signed = read(LOG_VECTORS, "checkpoint")
        for at in range(len(signed)):
            wrong = signed[:at] + bytes((signed[at] ^ 1,)) + signed[at + 1:]
            try:
                signers = verify.Checkpoint.decode(wrong).verified(self.keys())
            except reader.Refused:
                continue
            self.assertLess(len(signers), 2, at)  # the name or id of one of them is another one's now

    def test_proof(self):
        proof = verify.Proof.decode(read(LOG_VECTORS, "entry-5.tlog-proof"))
        checkpoint = verify.Checkpoint.decode(proof.note)
        self.assertTrue(proof.proves(b'{"n":5}', checkpoint))
        self.assertFalse(proof.proves(b'{"n":4}', checkpoint))
        path = os.path.join(LOG_VECTORS, "entry-5.tlog-proof")
        keys = [part for key in self.KEYS for part in ("--key", key)]
        self.assertEqual(run_verify("proof", path, *keys, "--entry", b'{"n":5}'.hex()), (0, "ok"))
        self.assertEqual(run_verify("proof", path, *keys, "--entry", b'{"n":6}'.hex()),
                         (verify.EX_NO_PERMISSION, "refused"))
        self.assertEqual(run_verify("proof", path, *keys), (verify.EX_NO_PERMISSION, "refused"))

    def test_roots(self):
        inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
        leaves = [verify.leaf(bytes.fromhex(one)) for one in inputs]
        self.assertEqual(verify.root_of(leaves).hex(), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
        self.assertEqual(verify.root_of([]).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")

    def test_names_of_tiles(self):
        self.assertEqual([verify.tile_path(0, n, 256) for n in (0, 999, 1000, 1234067)],
                         ["tile/0/000", "tile/0/999", "tile/0/x001/000", "tile/0/x001/x234/067"])
        self.assertEqual(verify.tile_path("entries", 273, 112), "tile/entries/273.p/112")

    def test_keys(self):
        good = self.KEYS[0]
        name, key_id, key = good.split("+", 2)
        for wrong in ("", name, f"{name}+{key_id}", f"x{good}", f"{name}+{key_id.upper()}+{key}",
                      f"{name}+{key_id[:-1]}+{key}",
                      f"{name}+{key_id}+{key}=", f"{name}+{key_id}+{key[:-4]}", f"{name}+00000000+{key}", good + "\n"):
            with self.assertRaises(reader.Refused):
                verify.Key.of(wrong)


def good_vectors():
    """One case for each permit that permits something."""
    found = {}
    for vector in permits.vectors():
        if vector["expect"] == "ok" and "certificate" not in vector:
            found.setdefault(vector["permit"], Case.of_vector(vector))
    return list(found.values())


class BothVerifiers(unittest.TestCase):
    """Permits and requests with changes: verify.py and the library say the same word about each."""

    def library(self, cases):
        done = subprocess.run([os.path.join(PROGRAMS, "ask_permits")], input="".join(case.line() for case in cases),
                              stdout=subprocess.PIPE, text=True, check=True)
        words = done.stdout.splitlines()
        self.assertEqual(len(words), len(cases))
        return words

    def compare(self, cases, least, words):
        """At least so many cases, which give at least so many different words, "ok" among them."""
        cases = list(cases)
        said = self.library(cases)
        for case, word in zip(cases, said):
            if word != case.by_verify():
                self.fail(f"{case.about}: {word} says the library, {case.by_verify()} says verify.py\n{case.line()}")
        self.assertGreaterEqual(len(cases), least)
        counted = collections.Counter(said)
        self.assertGreaterEqual(len(counted), words, counted)
        self.assertIn("ok", counted)

    def dice(self):
        return random.Random(SEED)

    def test_every_octet_of_a_permit(self):
        dice = self.dice()
        for case in good_vectors():
            values = 3 if case.about.startswith("good.") else 1
            self.compare(mutations.with_octets_changed(dice, case, values), 900 * values, 4)

    def test_every_octet_of_a_record(self):
        self.compare(mutations.with_record_octets_changed(self.dice(), mutations.GOOD), 1100, 10)

    def test_cut_files(self):
        for case in good_vectors():
            self.compare(mutations.cut(case), 400, 3)

    def test_lines(self):
        self.compare(mutations.with_lines_changed(mutations.GOOD), 400, 7)

    def test_several_changes(self):
        self.compare(mutations.with_several_changes(self.dice(), mutations.GOOD, 2000), 2000, 6)

    def test_base64(self):
        self.compare(mutations.with_base64_changed(mutations.GOOD), 30, 4)

    def test_numbers(self):
        self.compare(mutations.with_numbers_changed(mutations.GOOD), 30, 3)

    def test_trees_and_splices(self):
        self.compare(mutations.with_trees(mutations.GOOD), 1000, 3)

    def test_entries(self):
        self.compare(mutations.with_kinds(mutations.GOOD), 60, 5)

    def test_checkpoints(self):
        self.compare(mutations.with_checkpoints(mutations.GOOD), 250, 6)

    def test_members_of_records(self):
        self.compare(mutations.with_records(mutations.GOOD), 1600, 19)

    def test_requests(self):
        for case in good_vectors():
            self.compare(mutations.with_requests(case), 600, 10)

    def test_certificates(self):
        self.compare(mutations.with_certificates(mutations.GOOD), 1200, 12)

    def test_two_cases(self):
        self.compare(mutations.with_two_cases(), 300, 3)

    def test_by_dice(self):
        dice = self.dice()
        self.compare((mutations.by_dice(dice) for _ in range(BY_DICE)), BY_DICE, 18)

    def test_the_command_is_the_library(self):
        """A sample, since each case is a process."""
        dice = self.dice()
        groups = (mutations.with_lines_changed(mutations.GOOD), mutations.with_requests(mutations.GOOD),
                  mutations.with_records(mutations.GOOD), (mutations.by_dice(dice) for _ in range(300)))
        several = [case for case in itertools.chain(*groups) if self.is_for_the_command(case)]
        words = set()
        with tempfile.NamedTemporaryFile() as file:
            for case in dice.sample(several, 150):
                file.seek(0)
                file.truncate()
                file.write(case.permit)
                file.flush()
                done = command("permit", "verify", "--json", *case.options(file.name))
                word = json.loads(done.stdout)["error"]
                self.assertEqual((word, done.returncode), (case.by_verify(), 0 if word == "ok" else 77), case.about)
                words.add(word)
        self.assertGreaterEqual(len(words), 10)

    @staticmethod
    def is_for_the_command(case):
        """Its options can say it: no empty text, nothing like an option, no time before 1970."""
        texts = (*case.names, *case.accounts, *case.methods)
        return case.names and all(text and not text.startswith("-")
                                  for text in texts) and not case.own and case.now < 1 << 37


ORIGIN = "log.ca.example/caa"
SOA = ". 3600 IN SOA a. b. 1 3600 600 86400 3600\n"
AUTHORITY = "ab" * 32


class Store(unittest.TestCase):
    """Records and logs that the command makes."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="caaproof-verify-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.store = os.path.join(self.folder, "store")
        self.exported = os.path.join(self.folder, "exported")
        self.ok("store", "init", self.store, "--origin", ORIGIN)
        self.key = self.ok("log", "key", self.store).strip()
        self.made = 0

    def ok(self, *arguments, text=""):
        done = command(*arguments, text=text)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def fill(self, n):
        """Results of n checks with permitting and forbidding answers."""
        lines = []
        for i in range(self.made, self.made + n):
            record = ('0 issue "ca.example.net"', '0 issue ";"')[i % 2]
            lines.append(json.dumps({
                "id": f"r{i}", "names": ["www.d.test", "*.d.test", "192.0.2.1"][:1 + i % 3], "issuer": "ca.example.net",
                "method": "dns-01", "account_uri": f"https://ca.example.net/acct/{i}", "date": "2026-11-22",
                "zone": SOA + f"d.test. 60 IN CAA {record}\nwww.d.test. 60 IN A 192.0.2.1\n"}))
        self.made += n
        text = "".join(line + "\n" for line in lines)
        return [json.loads(line) for line in
                self.ok("check", "--batch", "--record", self.store, "--authority", AUTHORITY, text=text).splitlines()]

    def export(self):
        checkpoint = os.path.join(self.exported, "1", "checkpoint")
        if os.path.exists(checkpoint):
            os.utime(checkpoint, (0, 0))  # it is moved at most once a second
        self.ok("log", "export", self.store, self.exported)
        return os.path.dirname(checkpoint)

    def verified(self, folder):
        return verify.Folder(folder).verified([verify.Key.of(self.key)])

    def save(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_logs_that_grow(self):
        size = 1
        for more in (0, 1, 3, 251, 1, 300):  # partial tiles, a full one, one behind it
            if more:
                self.fill(more)
            size += more
            folder = self.export()
            checkpoint, entries, tiles = self.verified(folder)
            self.assertEqual((checkpoint.size, len(entries)), (size, size))
            self.assertEqual(tiles, (size + 255) // 256 + (size >= 256))
            self.assertEqual(run_verify("log", folder, "--key", self.key), (0, "ok"))
            self.assertEqual(run_verify("note", os.path.join(folder, "checkpoint"), "--key", self.key), (0, "ok"))

    def test_records(self):
        results = self.fill(20)
        _, entries, _ = self.verified(self.export())
        with blocks.opened(self.store) as database:
            rows = database.execute("SELECT entry, record FROM entry ORDER BY number").fetchall()
        self.assertEqual([entry for entry, _ in rows], entries)
        for (entry, octets), result in zip(rows[1:], results):
            self.assertEqual(verify.entry_of(octets, verify.CHECK), entry)
            record = reader.Record.decode(octets)
            self.assertEqual((record.conclusion.verdict, record.request), (result["verdict"], result["id"]))
            self.assertEqual([finding.verdict for finding in record.findings], [one["verdict"] for one in result["names"]])
            self.assertEqual(record.own, reader.own_hash(["ca.example.net"]))
            self.assertEqual(record.cases[0].epoch, verify.epoch_on("tls-br", record.date))

    def test_proofs(self):
        self.fill(300)
        self.ok("store", "seal", self.store)
        for place, kind in ((0, verify.BEGIN), (1, verify.CHECK), (255, verify.CHECK), (256, verify.CHECK),
                            (301, verify.END)):
            path = self.save("proof", self.ok("log", "prove", self.store, f"1/{place}"))
            proof = verify.Proof.decode(read(path))
            checkpoint = verify.Checkpoint.decode(proof.note)
            checkpoint.verified([verify.Key.of(self.key)])
            self.assertEqual((proof.index, proof.kinds(checkpoint)), (place, [kind]))
            self.assertEqual(run_verify("proof", path, "--key", self.key), (0, "ok"))
            case = Case("a proof", read(path), ("www.d.test",), keys=(self.key,), authority=bytes.fromhex(AUTHORITY))
            done = command("permit", "verify", "--json", *case.options(path))
            self.assertEqual(json.loads(done.stdout)["error"], case.by_verify())
            self.assertNotEqual(case.by_verify(), "ok")  # answers from elsewhere are no permits

    def test_two_shards(self):
        self.fill(5)
        self.ok("store", "seal", self.store)
        self.fill(5)
        self.export()
        keys = self.ok("log", "key", self.store).split()
        for shard, key, size in (("1", keys[0], 7), ("2", keys[1], 6)):
            folder = os.path.join(self.exported, shard)
            checkpoint, entries, _ = verify.Folder(folder).verified([verify.Key.of(key)])
            self.assertEqual((checkpoint.origin, checkpoint.size), (f"{ORIGIN}/{shard}", size))
            self.assertEqual(entries[-1][1], verify.END if shard == "1" else verify.CHECK)
            self.assertEqual(run_verify("log", folder, "--key", keys[2 - int(shard)])[0], verify.EX_NO_PERMISSION)

    def refused(self, folder, *arguments):
        self.assertEqual(run_verify("log", folder, "--key", self.key, *arguments), (verify.EX_NO_PERMISSION, "refused"))

    def test_forged_logs(self):
        self.fill(300)
        folder = self.export()
        dice = random.Random(SEED)
        for name in ("checkpoint", "tile/entries/000", "tile/entries/001.p/45", "tile/0/000", "tile/0/001.p/45",
                     "tile/1/000.p/1"):
            path = os.path.join(folder, name)
            good = read(path)
            at = dice.randrange(len(good))
            for wrong in (good[:at] + bytes((good[at] ^ 1,)) + good[at + 1:], good + b"\0", good[:-1], b""):
                self.write(path, wrong)
                with self.assertRaises(reader.Refused):
                    self.verified(folder)
            self.write(path, good)
            os.rename(path, path + "~")
            self.assertEqual(run_verify("log", folder, "--key", self.key)[0], verify.EX_FILE)
            os.rename(path + "~", path)
        self.verified(folder)
        self.write(os.path.join(folder, "tile/entries/000"), self.swapped(read(folder, "tile/entries/000")))
        self.refused(folder)

    @staticmethod
    def swapped(bundle):
        """Entries 1 and 2 have changed places."""
        return bundle[:44] + bundle[88:132] + bundle[44:88] + bundle[132:]

    @staticmethod
    def write(path, octets):
        with open(path, "wb") as file:
            file.write(octets)

    def test_signed_logs_that_make_no_sense(self):
        """Whoever has the key can sign anything; what a shard must be is looked at all the same."""
        signer = permits.Signer("log.x/1", 0x77)
        digest = bytes(32)

        def entries(*kinds, times=None):
            return [reader.Entry(kind, time, digest).encode() for kind, time in zip(kinds, times or range(1, 100))]

        good = entries(2, 1, 1, 3)
        self.check_signed(signer, good, True)
        self.check_signed(signer, entries(2, 4, 1, 5, 3), True)
        self.check_signed(signer, [], True)
        for wrong in (entries(1, 1), entries(2, 2), entries(2, 3, 1), entries(3), entries(2, 1, times=(2, 1)),
                      entries(2, 6), entries(4, 1), entries(2, 3, 5),
                      good[:1] + [b"x"] + good[2:], [b"\2" + good[0][1:]], [good[0] + b"\0"]):
            self.check_signed(signer, wrong, False)
        self.check_signed(signer, entries(2, 1, times=(2, 2)), True)

    def check_signed(self, signer, entries, makes_sense):
        folder = os.path.join(self.folder, "made")
        shutil.rmtree(folder, ignore_errors=True)
        hashes = [verify.leaf(entry) for entry in entries]
        text = permits.checkpoint_text(len(entries), verify.root_of(hashes), signer.name)
        files = {"checkpoint": text + b"\n" + signer.line(text)}
        if entries:
            files[f"tile/0/000.p/{len(entries)}"] = b"".join(hashes)
            files[f"tile/entries/000.p/{len(entries)}"] = b"".join(len(one).to_bytes(2, "big") + one for one in entries)
        for name, octets in files.items():
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            self.write(os.path.join(folder, name), octets)
        code = run_verify("log", folder, "--key", signer.vkey)[0]
        self.assertEqual(code, 0 if makes_sense else verify.EX_NO_PERMISSION, entries)


if __name__ == "__main__":
    unittest.main()
