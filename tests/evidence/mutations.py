"""Cases for test_verify.py: permits and requests that were changed, octet by octet, part by part, or made by dice. Each is
a permits.Case; most are wrong, and wrong in one thing only."""
import base64
import copy
import dataclasses
import datetime
import ipaddress
import itertools

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

import permits
import reader
import verify
from permits import Case, NOW

GOOD = Case("good", permits.octets("good.tlog-proof"))


def changed(case, about, **more):
    return dataclasses.replace(case, about=f"{case.about}: {about}", **more)


# ---- octets

def octet_values(dice, octet):
    """Three others: a bit away, what ends lines, any."""
    values = [octet ^ 1 << dice.randrange(8)]
    while len(values) < 3:
        value = dice.choice((0x0a, dice.randrange(256)))
        values += [value] if value not in (octet, *values) else []
    return values


def with_octets_changed(dice, case, values=3):
    permit = case.permit
    for at, octet in enumerate(permit):
        for value in octet_values(dice, octet)[:values]:
            yield changed(case, f"octet {at} is {value:02x}", permit=permit[:at] + bytes((value,)) + permit[at + 1:])


def cut(case):
    permit = case.permit
    for at in range(0, len(permit), 7):
        yield changed(case, f"without its end from {at} on", permit=permit[:at])
        yield changed(case, f"without its first {at}", permit=permit[at:])
        yield changed(case, f"{at} twice", permit=permit[:at] + permit[at - 1:])


def with_record_octets_changed(dice, case):
    """Under a signature that holds."""
    record = permits.octets("good.record")
    for at in range(reader.SALT, len(record)):
        for value in octet_values(dice, record[at]):
            octets = record[:at] + bytes((value,)) + record[at + 1:]
            try:
                permit = permits.logged(octets).proof()
            except reader.Refused:
                permit = permits.logged(octets, time=NOW * 1000).proof()
            yield changed(case, f"octet {at} of the record is {value:02x}", permit=permit)


# ---- lines and parts of the file

def line_changes(lines):
    for i, line in enumerate(lines):
        yield f"line {i} left out", lines[:i] + lines[i + 1:]
        yield f"line {i} twice", lines[:i + 1] + lines[i:]
        yield f"line {i} empty", lines[:i] + [b""] + lines[i + 1:]
        yield f"an empty line before {i}", lines[:i] + [b""] + lines[i:]
        for what in (b" ", b"\r", b"\t", b"=", b"0", b"\0", b"\xff", b"\xc2\xa0", b"\xc2\x85", b"+"):
            yield f"line {i} with {what!r} behind", lines[:i] + [line + what] + lines[i + 1:]
            yield f"line {i} with {what!r} before", lines[:i] + [what + line] + lines[i + 1:]
        for j in range(i):
            swapped = list(lines)
            swapped[i], swapped[j] = lines[j], lines[i]
            yield f"lines {j} and {i} swapped", swapped


def with_lines_changed(case):
    lines = case.permit.split(b"\n")
    for about, several in line_changes(lines):
        yield changed(case, about, permit=b"\n".join(several))


def with_several_changes(dice, case, n):
    """Two or three at once: which word comes first."""
    for i in range(n):
        lines = case.permit.split(b"\n")
        for _ in range(dice.randint(2, 3)):
            at = dice.randrange(len(lines))
            octets = bytearray(lines[at])
            if octets and dice.random() < 0.6:
                octets[dice.randrange(len(octets))] ^= 1 << dice.randrange(8)
                lines[at] = bytes(octets)
            elif dice.random() < 0.5:
                del lines[at]
            else:
                lines.insert(at, dice.choice(lines))
            lines = lines or [b""]
        yield changed(case, f"several changes, {i}", permit=b"\n".join(lines))


def with_base64_changed(case):
    one = base64.b64encode(case.permit)
    for about, permit in (("", one), ("newline", one + b"\n"), ("two newlines", one + b"\n\n"), ("CR", one + b"\r\n"),
                          ("blank", one + b" "), ("blank before", b" " + one), ("newline before", b"\n" + one),
                          ("no padding", one.rstrip(b"=")), ("more padding", one + b"="), ("padding in front", b"=" + one),
                          ("two lines", one[:76] + b"\n" + one[76:]), ("of base64", base64.b64encode(one)),
                          ("for URLs", base64.urlsafe_b64encode(case.permit + b"??>>")), ("newline alone", b"\n"),
                          ("of nothing", b""), ("of a letter", base64.b64encode(b"x")), ("bits at the end", b"QR=="),
                          ("of what is too long", base64.b64encode(case.permit + bytes(1 << 20))),
                          ("of what is as long as may be", base64.b64encode(case.permit.ljust(1 << 20))),
                          ("of one octet more", base64.b64encode(case.permit.ljust((1 << 20) + 1)))):
        yield changed(case, f"base64, {about}", permit=permit)
    for size in (1 << 20, (1 << 20) + 1, 1398104, 1398105, 1398106, 1 << 21):
        yield changed(case, f"{size} octets", permit=case.permit.ljust(size))
        yield changed(case, f"{size} letters", permit=b"A" * size)


def with_numbers_changed(case):
    for number in ("0", "1", "2", "4", "6", "7", "8", "03", "+3", "-3", " 3", "3.0", "0x3", "", "9223372036854775807",
                   "9223372036854775808", "18446744073709551619", "\u0663"):
        index = case.permit.replace(b"\nindex 3\n", b"\nindex " + number.encode() + b"\n")
        yield changed(case, f"index {number}", permit=index)
    parts = permits.logged(permits.octets("good.record"))
    for number in ("0", "1", "3", "4", "6", "8", "07", "+7", "", " 7", "7 ", "9223372036854775807", "9223372036854775808"):
        text = parts.text.replace(b"\n7\n", b"\n" + number.encode() + b"\n")
        signed = dataclasses.replace(parts, text=text, lines=[permits.LOG.line(text)])
        yield changed(case, f"size {number}, signed", permit=signed.proof())


def with_trees(case):
    """Of other sizes, at every place; with hashes that are other ones, too many, too few."""
    record = permits.octets("good.record")
    for size in (1, 2, 3, 4, 5, 7, 8, 11):
        for index in range(size):
            parts = permits.logged(record, size, index)
            yield changed(case, f"{index} of {size}", permit=parts.proof())
            for about, path in path_changes(parts.path):
                wrong = dataclasses.replace(parts, path=path)
                yield changed(case, f"{index} of {size}, {about}", permit=wrong.proof())
            for other in (index + 1, index - 1, index ^ 1, index + size, 2 * size):
                if other >= 0:
                    wrong = dataclasses.replace(parts, index=other)
                    yield changed(case, f"{index} of {size}, said to be {other}", permit=wrong.proof())
            other = permits.logged(record, size + 1, index)
            spliced = dataclasses.replace(parts, text=other.text, lines=other.lines)
            yield changed(case, f"{index} of {size} with the checkpoint of {size + 1}", permit=spliced.proof())


def path_changes(path):
    yield "a hash more", path + [bytes(32)]
    yield "a hash in front", [bytes(32)] + path
    for n in (60, 63, 64, 65, 100):
        yield f"{n} hashes", path + [bytes(32)] * (n - len(path))
    for i, one in enumerate(path):
        yield f"without hash {i}", path[:i] + path[i + 1:]
        yield f"hash {i} twice", path[:i + 1] + path[i:]
        yield f"hash {i} changed", path[:i] + [verify.sha256(one)] + path[i + 1:]
        yield f"hash {i} shorter", path[:i] + [one[:31]] + path[i + 1:]
        for j in range(i):
            swapped = list(path)
            swapped[i], swapped[j] = path[j], path[i]
            yield f"hashes {j} and {i} swapped", swapped


def with_kinds(case):
    """Entries that are no checks; entries of other forms, times and versions; records that are none."""
    good = permits.good_record()
    for kind in (0, 1, 2, 3, 4, 5, 6, 255):
        yield changed(case, f"entry of kind {kind}", permit=permits.permit_of(good, kind=kind))
        for name, record in (("begins", {0: 1, 1: good[1], 2: "o", 3: "k"}), ("seals", {0: 1, 1: good[1], 2: "o", 3: "k"}),
                             ("starts", {0: 1, 1: good[1], 3: "r", 4: bytes(32), 5: good[1]}),
                             ("claims", {0: 1, 1: good[1], 2: 1, 3: bytes(32)})):
            yield changed(case, f"a record that {name} as kind {kind}", permit=permits.permit_of(record, kind=kind))
    for time in (0, good[1] - 1, good[1] + 1, 2**64 - 1):
        yield changed(case, f"entry of time {time}", permit=permits.permit_of(good, time=time))
    for about, octets in (("empty", b""), ("salt alone", b"Z" * 16), ("too short", b"Z"), ("an array", b"Z" * 16 + b"\x80"),
                          ("an empty map", b"Z" * 16 + b"\xa0"), ("version alone", b"Z" * 16 + b"\xa1\0\1"),
                          ("time alone", b"Z" * 16 + b"\xa1\1\1"), ("version and time", b"Z" * 16 + b"\xa2\0\1\1\1"),
                          ("time as text", b"Z" * 16 + b"\xa2\0\1\1\x611"),
                          ("negative time", b"Z" * 16 + b"\xa2\0\1\1\x20"),
                          ("version 2", b"Z" * 16 + b"\xa2\0\2\1\1"), ("version as text", b"Z" * 16 + b"\xa2\0\x611\1\1"),
                          ("long time", b"Z" * 16 + b"\xa2\0\1\1\x18\1"), ("long key", b"Z" * 16 + b"\xa2\0\1\x18\1\1"),
                          ("negative key", b"Z" * 16 + b"\xa2\x20\0\0\1"), ("tag", b"Z" * 16 + b"\xc0\xa2\0\1\1\1"),
                          ("version twice", b"Z" * 16 + b"\xa2\0\1\0\1"), ("cut", b"Z" * 16 + b"\xaf\0\1\1\1"),
                          ("endless", b"Z" * 16 + b"\xbf\0\1\1\1\xff"),
                          ("many pairs", b"Z" * 16 + b"\xbb" + b"\xff" * 8 + b"\0\1\1\1"),
                          ("no salt", permits.octets("good.record")[16:])):
        for time in (1, NOW * 1000):
            yield changed(case, f"a record that is {about}, at {time}", permit=permits.logged(octets, time=time).proof())


def with_checkpoints(case):
    parts = permits.logged(permits.octets("good.record"))
    log, text = permits.LOG, parts.text
    other = permits.Signer(permits.ORIGIN, 0x33)
    witness = permits.Signer("witness.example", 0x44, verify.WITNESS_KEY)
    as_witness = permits.Signer(permits.ORIGIN, 0x10, verify.WITNESS_KEY)
    good, wrong = log.line(text), log.line(text + b"\n")
    strange = [permits.signature_line("x", b"1234" + bytes(n)) for n in (0, 1, 63, 64, 65, 2420)]
    by_length = [permits.signature_line(log.name, log.id + bytes(n)) for n in (0, 1, 63, 64, 65, 72)]
    for about, lines in (("none", []), ("twice", [good] * 2), ("16", [good] * 16), ("64", [good] * 64), ("65", [good] * 65),
                         ("63 strange", strange[3:4] * 63 + [good]), ("64 strange", strange[3:4] * 64 + [good]),
                         ("wrong", [wrong]), ("right and wrong", [good, wrong]), ("wrong and right", [wrong, good]),
                         ("another key", [other.line(text)]), ("another key too", [other.line(text), good]),
                         ("a witness", [good, witness.line(text)]), ("a witness alone", [witness.line(text)]),
                         ("log as witness", [as_witness.line(text)]), ("log as witness too", [as_witness.line(text), good]),
                         *((f"strange {i}", [line, good]) for i, line in enumerate(strange)),
                         *((f"known of length {i}", [line, good]) for i, line in enumerate(by_length)),
                         ("name of another", [permits.signature_line("y", log.id + bytes(64)), good]),
                         ("name is longer", [permits.signature_line(log.name + "x", log.id + log.key.sign(text))]),
                         ("name in upper case", [permits.signature_line(log.name.upper(), log.id + log.key.sign(text)),
                                                 good]),
                         ("name with plus", [permits.signature_line("a+b", b"1234" + bytes(64)), good]),
                         ("name with blanks", [permits.signature_line("a b", b"1234" + bytes(64)), good]),
                         ("name with a wide blank", [permits.signature_line("a\u3000b", b"1234" + bytes(64)), good]),
                         ("name with no blank", [permits.signature_line("a\u200bb", b"1234" + bytes(64)), good]),
                         ("name with NEL", [permits.signature_line("a\u0085b", b"1234" + bytes(64)), good]),
                         ("name with DEL", [permits.signature_line("a\u007fb", b"1234" + bytes(64)), good]),
                         ("no name", [permits.signature_line("", b"1234" + bytes(64)), good]),
                         ("another dash", [good.replace("\u2014".encode(), "\u2013".encode()), good]),
                         ("no newline at the end", [good[:-1]]), ("text behind", [good, b"x\n"]),
                         ("empty line behind", [good, b"\n"]), ("CR", [good[:-1] + b"\r\n"])):
        for keys in ((log.vkey,), (log.vkey, other.vkey), (other.vkey,), (log.vkey, log.vkey), (log.vkey, as_witness.vkey)):
            permit = dataclasses.replace(parts, lines=lines).proof()
            yield changed(case, f"signed {about}, trusted {keys}", permit=permit, keys=keys)
    for about, said in text_changes(text):
        wrong = dataclasses.replace(parts, text=said, lines=[log.line(said)])
        yield changed(case, f"signed text {about}", permit=wrong.proof())
        yield changed(case, f"no record, signed text {about}", permit=dataclasses.replace(wrong, record=None).proof())
        yield changed(case, f"unsigned text {about}", permit=dataclasses.replace(wrong, lines=parts.lines).proof())
    no_record = dataclasses.replace(parts, record=b"no record")
    for keys in ((log.vkey,), (other.vkey,), (permits.text("next.vkey"),)):
        yield changed(case, f"extra is no record, trusted {keys}", permit=no_record.proof(), keys=keys)
    for name in ("x", "log.ca.example.net/2027", "a b", "a+b", "\u00e4", "a\u3000", "a\x7f", "a\tb", " a", "", "n" * 300,
                 "n" * 5000):
        signer = permits.Signer(name, 0x10)
        permit = permits.logged(permits.octets("good.record"), signer=signer).proof()
        yield changed(case, f"origin {name[:30]!r}", permit=permit)
        if verify.is_key_name(name) and min(name) > " ":
            yield changed(case, f"origin {name[:30]!r}, trusted", permit=permit, keys=(log.vkey, signer.vkey))


def text_changes(text):
    origin, size, root = text.splitlines(True)
    yield "with an extension", text + b"more\n"
    yield "with an empty line", text + b"\n"
    yield "with an empty line and more", text + b"\nmore\n"
    yield "of two lines", origin + size
    yield "of one line", origin
    yield "without origin", size + root
    yield "with an empty origin", b"\n" + size + root
    yield "with another order", origin + root + size
    yield "with a short root", origin + size + b"AAAA\n"
    yield "with a long root", origin + size + base64.b64encode(bytes(33)) + b"\n"
    yield "with another root", origin + size + base64.b64encode(bytes(32)) + b"\n"
    yield "with a root without padding", origin + size + root.replace(b"=", b"")
    yield "with bits at the end of the root", origin + size + root[:-3] + bytes((root[-3] + 1,)) + root[-2:]
    yield "that is not UTF-8", b"\xff" + text
    yield "with NUL", b"\0" + text
    yield "with another origin", b"x" + text


# ---- records: one member changed

def record_changes():
    good = permits.good_record()

    def but(*changes):
        record = copy.deepcopy(good)
        for change in changes:
            change(record)
        return record

    def put(value, *way):
        def change(record):
            for step in way[:-1]:
                record = record[step]
            record[way[-1]] = value
        return change

    def drop(*way):
        def change(record):
            for step in way[:-1]:
                record = record[step]
            del record[way[-1]]
        return change

    for key in good:
        yield f"without {key}", but(drop(key))
        for value in (None, True, False, 0, 1, -1, 2**63 - 1, 2**63, 2**64 - 1, -2**64, "", "x", b"", bytes(32), [], {},
                      [[]], {0: 0},
                      {"x": 1}, {"x": [0]}):
            yield f"{key} is {value!r}", but(put(value, key))
    for key in (-1, -2**63, -2**63 - 1, -2**64, 16, 17, 100, 2**64 - 1, "x", b"x", True, None):
        for value in (0, None, "x", [[[]]], nested(16), nested(17)):
            yield f"with {key!r}: {value!r}"[:80], but(put(value, key))
    for place in (0, 1):
        for key in (0, 1, 2, 3, 4):
            yield f"finding {place} without {key}", but(drop(9, place, key))
        for verdict in (*reader.VERDICTS, "permit", "", 0, -1, 8, 2**64 - 1, True):
            yield f"finding {place} is {verdict}", but(put(verdict, 9, place, 0))
            for conclusion in reader.VERDICTS:
                yield (f"finding {place} is {verdict}, conclusion {conclusion}",
                       but(put(verdict, 9, place, 0), put(conclusion, 10, 0)))
                yield (f"finding {place} is {verdict}, conclusion {conclusion} without expiry",
                       but(put(verdict, 9, place, 0), put(conclusion, 10, 0), drop(10, 5)))
        for key, value in ((4, 1), (4, -1), (5, []), (5, [["x"]]), (5, [["x", b""]]), (5, [["x", b"y"]]), (5, [["x"]] * 25),
                           (6, []),
                           (6, [["DENY", "x"]]), (6, [["x", "x"]]), (6, [["DENY", "x"]] * 5), (7, []), (7, [0]), (7, [1]),
                           (7, [0] * 384), (7, [0] * 385), (8, 0), (-1, 0), (2, ["x"] * 256), (2, ["x"] * 257), (3, -1),
                           (3, None)):
            yield f"finding {place} with {key}: {value!r}"[:80], but(put(value, 9, place, key))
    for key, value in ((3, NOW), (3, None), (4, True), (4, False), (4, 1), (5, NOW), (5, NOW + 1), (5, NOW + 899),
                       (5, NOW + 900),
                       (5, 0), (5, -1), (6, 0), (-1, 0), (2, ["x"] * 257), (1, ""), (1, 0), (1, "x"),
                       (1, good[9][0][1]), (0, 0), (0, 8), (0, True), (0, "permit")):
        yield f"conclusion with {key}: {value}"[:80], but(put(value, 10, key))
    for key in good[10]:
        yield f"conclusion without {key}", but(drop(10, key))
    yield "hypothetical without expiry", but(put(True, 10, 4), drop(10, 5))
    for second in (NOW - 2, NOW - 1, NOW, NOW + 1, NOW + 898, NOW + 899, NOW + 900):
        yield f"valid until {second}", but(put(second, 9, 0, 3))
        yield f"all valid until {second}", but(put(second, 9, 0, 3), put(second, 9, 1, 3), put(second, 10, 3))
        yield f"valid until and expires {second}", but(put(second, 9, 1, 3), put(second + 1, 10, 5))
        yield f"conclusion valid until {second}, expires after", but(put(second, 10, 3), put(second + 1, 10, 5))
    yield from name_changes(but, put)
    yield from case_changes(but, put)
    for value in ({}, {0: "own", 1: bytes(32), 2: 0, 3: 0, 4: []}, {0: "x", 1: bytes(32), 2: 4, 3: 4, 4: ["ARIN", "RIPE"]}):
        yield f"corroboration {value}", but(put(value, 15))
    for used in range(9):
        for agreed in range(used + 2):
            for regions in (["ARIN"], ["ARIN", "RIPE"], ["ARIN", "ARIN"], ["RIPE", "X"], list(reader.REGIONS)):
                value = {0: "own", 1: bytes(32), 2: used, 3: agreed, 4: regions}
                yield f"{agreed} of {used} in {regions}", but(put(value, 15))
    for value in ([], [[[], []]], [[["https://ca.example.net/acct/1"], []]], [[[], ["dns-01"]]], [[["x"] * 64, ["y"] * 64]],
                  [[["x"] * 65, []]], [[["x"], ["y"], []]], [["x", "y"]], [[["x", 0], []]], [[[], ["3.2.2.4.4"]]] * 2):
        yield f"validations {value!r}"[:80], but(put(value, 13))
    for time in (0, 1, good[1] - 1, good[1] + 1, good[1] + 60000, 2**63, 2**64 - 1):
        yield f"deadline {time}", but(put(time, 12))
        yield f"time {time}", but(put(time, 1))
    for date in (good[5] - 1, good[5] + 59, good[5] + 60, good[5] + 61, -62167219200, -62167219201, 253402300799,
                 253402300800):
        yield f"date {date}", but(put(date, 5))


def nested(depth):
    item = 0
    for _ in range(depth):
        item = [item]
    return item


def name_changes(but, put):
    for kind in range(8):
        for text in ("www.d.test", "d.test", "x.onion", "onion", "onion.test", "192.0.2.1", "2001:db8::1",
                     "::ffff:192.0.2.1", "::192.0.2.1",
                     "2001:DB8::1", "2001:db8:0::1", "::", "::1", "1.2.3", "www.d.test.", "*.d.test", "WWW.d.test",
                     "a_b.test", "-a.test",
                     "a-.test", "_.test", "", ".", "a..b", "u@d.test", "a" * 63 + ".test", "a" * 64 + ".test",
                     ("a" * 62 + ".") * 4 + "a",
                     ("a" * 62 + ".") * 4 + "aa", ("a" * 62 + ".") * 4 + "aaa", "\u00e4.test", "xn--4ca.test", "a b.test",
                     "256.1.1.1",
                     "1.1.1.01", "a.test\0", "0", "test", "::1.2.3.4", "::ffff:0:1", "0:0:0:0:0:0:0:0", "1:0:0:2:0:0:0:3",
                     "1::2:0:0:3:4",
                     "64:ff9b::192.0.2.1", "fe80::1%1"):
            yield f"name {text[:40]!r} of kind {kind}", but(put([[kind, text, 0], [2, "d.test", 0]], 7))
    for value in ([[1, "www.d.test"]], [[1, "www.d.test", 0]], [[1, "www.d.test", 0], [1, "www.d.test", 0]],
                  [[1, "www.d.test", 1]] * 2,
                  [[1, "www.d.test", 0, 0]] * 2, [[1, "www.d.test", -1]] * 2, [[1]] * 2, [["1", "www.d.test", 0]] * 2,
                  [[True, "www.d.test"]] * 2,
                  [[2, "d.test", 0], [1, "www.d.test", 0]], [[1, "www.d.test"], [2, "d.test"]]):
        yield f"names {value}", but(put(value, 7))


def case_changes(but, put):
    cases = [[purpose, profile, epoch] for purpose in (*reader.PURPOSES, "x", 0, 4) for profile in (*reader.PROFILES, "x", 0, 6)
             for epoch in ("E11", "S4", "V0", "RFC8659", "P16", "E10", "E12", "")]
    for case in cases:
        yield f"case {case}", but(put([case], 6))
    tls, smime, vmc = ["tls", "tls-br", "E11"], ["smime", "smime-br", "S4"], ["vmc", "vmc", "V0"]
    for several in ([], [tls, smime], [smime, tls], [smime, smime], [tls, tls], [vmc, smime], [tls, vmc], [tls, smime, vmc],
                    [tls[:2]], [tls + ["x"]], ["tls"], [tls, ["smime", "private", "RFC8659"]]):
        yield f"cases {several}", but(put(several, 6))


def with_records(case):
    for about, record in record_changes():
        octets = permits.record_octets(record)
        try:
            permit = permits.logged(octets).proof()
        except reader.Refused:
            permit = permits.logged(octets, time=NOW * 1000).proof()
        yield changed(case, f"record {about}", permit=permit)
    nobody = {**permits.good_record(), 2: bytes(32)}
    yield changed(case, "an authority of zeros", permit=permits.permit_of(nobody), authority=bytes(32))
    yield changed(case, "a salt of zeros", permit=permits.logged(permits.record_octets(permits.good_record(),
                                                                                       bytes(16))).proof())


# ---- requests

NAMES = ("www.d.test", "*.d.test", "WWW.D.TEST", "d.test", "*.www.d.test", "www.d.test.", ".d.test", "*", "*.",
         "*.*.d.test", "a.*.d.test",
         "w*.d.test", "x.onion", "*.x.onion", "onion", "*.onion", "192.0.2.1", "2001:db8::1", "2001:DB8::1",
         "2001:db8:0::1",
         "::ffff:192.0.2.1", "1.2.3", "192.0.2.1.", "*.192.0.2.1", "[2001:db8::1]", "u@d.test", "@d.test", "U@D.TEST",
         "a@b@d.test",
         "u@", "u@192.0.2.1", "u@x.onion", "u@*.d.test", "u@d.test.", "", " ", "a_b.test", "*.a_b.test", "-a.test", "a-.test",
         "\u00e4.test",
         "u@\u00e4.test", "\u00e4@d.test", "xn--4ca.test", "www.d.test ", "www.d\ntest", "a" * 64 + ".test",
         ("a" * 62 + ".") * 4 + "a",
         ("a" * 62 + ".") * 4 + "aa", ("a" * 62 + ".") * 4 + "aaa", "*." + ("a" * 62 + ".") * 4 + "a",
         "*." + ("a" * 62 + ".") * 4 + "aa",
         "*." + ("a" * 62 + ".") * 4, "*." + ("a" * 62 + ".") * 3 + "a" * 61, "u@" + ("a" * 62 + ".") * 4 + "a",
         "u" * 300 + "@d.test", "fe80::1%1",
         "0", "test", "*.test", "256.1.1.1", "01.1.1.1", "0x7f.1", "www.d.test\u3002", "ww\u0077.d.test", "\u212a.test")


def with_requests(case):
    for name in NAMES:
        for purpose in ("tls", "smime", "vmc", "tls+smime"):
            yield changed(case, f"{name[:40]!r} for {purpose}", names=(name,), purpose=purpose)
        yield changed(case, f"{name[:40]!r} in place of one", names=("www.d.test", name))
        yield changed(case, f"{name[:40]!r} more", names=("www.d.test", "*.d.test", name))
        yield changed(case, f"{name[:40]!r} more, in front", names=(name, "www.d.test", "*.d.test"))
    for names in ((), ("www.d.test",) * 2 + ("*.d.test",), ("*.d.test", "www.d.test"), ("mail.d.test", "d.test"),
                  ("d.test", "mail.d.test")):
        yield changed(case, f"names {names}", names=names)
    own = "https://ca.example.net/acct/1"
    for accounts in ((own,), (own, own), (own, "x"), ("x",), (own.upper(),), ("",)):
        for methods in ((), ("dns-01",), ("DNS-01",), ("dns-01", "x"), ("http-01",), ("3.2.2.4.7",), ("",)):
            yield changed(case, f"{accounts} {methods}", accounts=accounts, methods=methods)
    for more in ({"request": "request 7"}, {"request": "request 8"}, {"request": "Request 7"}, {"request": "request 7 "},
                 {"own": bytes(32)},
                 {"own": verify.own_of(["ca.example.net"])}, {"authority": bytes(32)}, {"authority": b"\xff" * 32},
                 *({"profile": profile} for profile in reader.PROFILES), {"accept": ("lf",)}, {"accept": ("lf", "exempt")}):
        yield changed(case, f"{more}", **more)
    for now in (1, NOW - 62, NOW - 61, NOW - 60, NOW - 1, NOW, NOW + 898, NOW + 899, NOW + 900, NOW + 10**6, 253402300799):
        for life in (1, 2, 600, 898, 899, 900, 901, 86400, 2**32 - 1):
            yield changed(case, f"at {now} with {life}", now=now, life=life)


# ---- certificates

KEY = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x55" * 32)
URI, EMAIL = x509.UniformResourceIdentifier("https://d.test/"), x509.RFC822Name("u@d.test")
WWW, STAR = x509.DNSName("www.d.test"), x509.DNSName("*.d.test")
OTHER = x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x01x")
USAGES = {"tls": "1.3.6.1.5.5.7.3.1", "client": "1.3.6.1.5.5.7.3.2", "smime": "1.3.6.1.5.5.7.3.4",
          "vmc": "1.3.6.1.5.5.7.3.31",
          "any": "2.5.29.37.0"}


def utf8_mailbox(text):
    octets = text.encode()
    return x509.OtherName(x509.ObjectIdentifier(verify.SMTP_UTF8_MAILBOX), bytes((0x0c, len(octets))) + octets)


def certificate(alternatives, common=(), usages=(), ca=None):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text) for text in common])
    day = datetime.datetime(2026, 11, 22)
    builder = x509.CertificateBuilder(x509.Name([]), subject, KEY.public_key(), 77, day, day + datetime.timedelta(days=90))
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(USAGES[usage]) for usage in usages]),
                                        False)
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), True)
    return builder.sign(KEY, None)


def with_certificates(case):
    def one(about, *arguments, as_tbs=False, **more):
        made = certificate(*arguments)
        octets = made.tbs_certificate_bytes if as_tbs else made.public_bytes(permits.serialization.Encoding.DER)
        return changed(case, f"certificate {about}", names=(), certificate=octets, **{"purpose": "", **more})

    both = [WWW, STAR]
    for name, alternatives in (("both", both), ("one", both[:1]), ("none", []), ("more", both + [x509.DNSName("d.test")]),
                               ("twice", both * 2),
                               ("upper", [x509.DNSName("WWW.D.TEST"), STAR]), ("dot", [x509.DNSName("www.d.test."), STAR]),
                               ("underscore", both + [x509.DNSName("a_b.test")]), ("uri", both + [URI]),
                               ("other", both + [OTHER]),
                               ("mail", [EMAIL]), ("both and mail", both + [EMAIL]),
                               ("address", both + [address("192.0.2.1")]),
                               ("v6", both + [address("2001:db8::1")]), ("utf8", [utf8_mailbox("\u00fc@d.test")]),
                               ("utf8 domain", [utf8_mailbox("u@\u00e4.test")]),
                               ("directory", both + [x509.DirectoryName(x509.Name([]))]),
                               ("registered", both + [x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))]),
                               ("empty name", both + [x509.DNSName("")]), ("blank", both + [x509.DNSName(" ")]),
                               ("address as host", both + [x509.DNSName("192.0.2.1")]),
                               ("no at", [x509.RFC822Name("d.test")]),
                               ("uri and bad name", [URI, x509.DNSName("a_b.test")]),
                               ("bad name and uri", [x509.DNSName("a_b.test"), URI])):
        for other_names in ((), (6,), (0, 4, 8), (0, 1, 2, 3, 4, 5, 6, 7, 8)):
            yield one(f"{name}, {other_names}", alternatives, other_names=other_names)
        for ca in (True, False):
            yield one(f"{name}, CA {ca}", alternatives, (), (), ca)
        yield one(f"{name}, to be signed", alternatives, as_tbs=True)
    for usages in ((), ("tls",), ("client",), ("smime",), ("vmc",), ("any",), ("tls", "client"), ("tls", "smime"),
                   ("tls", "vmc"), ("smime", "client")):
        for purpose in ("", "tls", "smime", "vmc", "tls+smime"):
            for alternatives in (both, [EMAIL], both + [EMAIL]):
                yield one(f"for {usages} and {purpose}", alternatives, (), usages, purpose=purpose)
    for common in COMMON_NAMES:
        for usages in ((), ("tls",), ("smime",), ("vmc",)):
            for alternatives in (both, both + [EMAIL, address("192.0.2.1"), address("2001:db8::1")], [EMAIL]):
                for profile in ("", "private"):
                    yield one(f"CN {common} for {usages}", alternatives, common, usages, profile=profile)


COMMON_NAMES = [("www.d.test",), ("WWW.D.test",), ("*.d.test",), ("d.test",), ("www.d.test.",), ("u@d.test",),
                ("U@D.TEST",), ("v@d.test",),
                ("192.0.2.1",), ("192.0.2.2",), ("2001:db8::1",), ("2001:DB8::1",), ("2001:db8:0::1",), ("Example",),
                ("Example Ltd",), ("Example Ltd.",),
                ("example.test Ltd",), ("u@d.test x",), (" www.d.test",), ("M\u00fcller",), ("M\u00fcller GmbH",),
                ("m\u00fcller.test",), ("x:y z",),
                ("www.d.test", "Example Ltd"), ("www.d.test", "*.d.test"), ("a b",), ("a_b",), ("*",), ("* x",), (" ",),
                ("1234",), ("12 34",), ("J. Doe",), ("J.Doe",),
                ("Doe, Jane",), ("a/b",), ("a\uff0eb",), ("a\u3002b c",), ("\uff20 x",)]


def address(text):
    return x509.IPAddress(ipaddress.ip_address(text))


# ---- two cases, one certificate

def with_two_cases():
    """Around every day on which rules begin, for either case."""
    for (first, usages), day, corroborated in itertools.product((("tls", ("tls", "smime")), ("vmc", ("vmc", "smime"))),
                                                                DAYS,
                                                                 (None, 2, 5)):
        date = day - 10
        cases = [[purpose, verify.PUBLIC[purpose], verify.epoch_on(verify.PUBLIC[purpose], date)]
                 for purpose in (first, "smime")]
        for expires in (day, day + 1, date + 900):
            finding = {0: "PERMIT", 1: "x", 2: [], 3: date + 28799}
            record = {0: 1, 1: date * 1000, 2: GOOD.authority, 3: bytes(32), 4: bytes(32), 5: date, 6: cases,
                      7: [[1, "www.d.test"], [6, "d.test"]], 8: [], 9: [finding, finding], 10: {0: "PERMIT", 2: [], 3: finding[3], 5: expires}}
            if corroborated:
                record[15] = {0: "own", 1: bytes(32), 2: corroborated, 3: corroborated, 4: ["ARIN", "RIPE"]}
            made = certificate([WWW, EMAIL], (), usages).public_bytes(permits.serialization.Encoding.DER)
            yield Case(f"{first} and smime before {day}, {corroborated} perspectives, until {expires}",
                       permits.permit_of(record),
                       (), "", date + 1, certificate=made)


# ---- by dice

DAYS = sorted({begin for table in (*verify.PHASES.values(),) for begin, *_ in table}
              | {begin for table in verify.EPOCHS.values() for _, begin in table if begin})
HOSTS = [(1, "www.d.test"), (1, "d.test"), (2, "d.test"), (2, "www.d.test")]
SECRET = [(3, "x.onion"), (4, "x.onion"), (3, "y.onion")]
NUMBERS = [(5, "192.0.2.1"), (5, "2001:db8::1")]
MAILBOXES = [(6, "d.test"), (6, "www.d.test"), (6, "x.onion")]
METHODS = ["dns-01", "http-01", "tls-alpn-01", "3.2.2.4.4", "3.2.2.4.12", "3.2.2.4.18", "3.2.2.4.19", "3.2.2.4.20",
           "3.2.2.4.7", "3.2.2.2",
           "email-reply-00", "ca-tbr-4", "ca-tbr-12", "ca-tbr-19", "ca-tbr-7", "ca-tbr-04", "CA-TBR-4", "3.2.2.4.04",
           "3.2.2.4", "3.2.2.4.4.1", "x", ""]
ACCOUNTS = ["https://ca.example.net/acct/1", "a"]


def mostly(dice, value, *others):
    return value if dice.random() < 0.85 else dice.choice(others)


def validations_by_dice(dice):
    return [[dice.sample(ACCOUNTS, dice.randrange(3)), dice.sample(METHODS, dice.choice((0, 1, 1, 1, 2)))]
            for _ in range(dice.randint(1, 3))]


def verdict_by_dice(dice, kind):
    likely = "NA" if kind in (3, 4, 5) and dice.random() < 0.8 else "PERMIT"
    return mostly(dice, likely, "PERMIT-LF", "EXEMPT", "PERMIT", "NA", "DENY", "ARGUABLE")


def corroboration_by_dice(dice):
    used = dice.choice((0, 1, 2, 3, 4, 5, 5, 6, 6, 7))
    agreed = max(0, used - dice.choice((0, 0, 1, 1, 2, 3)))
    regions = dice.sample(reader.REGIONS, min(agreed, dice.choice((0, 1, 2, 2, 2, 3))))
    return {0: dice.choice(("own", "external")), 1: bytes(32), 2: used, 3: agreed, 4: regions}


def cases_by_dice(dice):
    purposes = dice.choice((["tls"], ["tls"], ["smime"], ["vmc"], ["tls", "smime"], ["vmc", "smime"]))
    profile = mostly(dice, None, *reader.PROFILES)
    return [[purpose, profile or verify.PUBLIC[purpose]] for purpose in purposes], profile


def name_text(kind, text):
    return {2: "*." + text, 4: "*." + text, 6: "u@" + text}.get(kind, text)


def by_dice(dice):
    """A check of some day with everything that a permit rests on, and a request that mostly is for it."""
    date = dice.choice(DAYS) + dice.choice((-86400, -900, -1, 0, 1, 900, 86400 * 3))
    logged = date + mostly(dice, 0, -60, -61, 1, 3600)
    cases, profile = cases_by_dice(dice)
    cases = [[*case, mostly(dice, verify.epoch_on(case[1], date), "E11", "S3")] for case in cases]
    pool = dice.choice((HOSTS, HOSTS + MAILBOXES, MAILBOXES, SECRET, NUMBERS, HOSTS + NUMBERS,
                        HOSTS + SECRET + NUMBERS + MAILBOXES))
    validations = validations_by_dice(dice)
    names = [[*name] + dice.choice(([], [dice.randrange(len(validations))], [0]))
             for name in dice.sample(pool, min(len(pool), dice.randint(1, 4)))]
    findings = [{0: verdict_by_dice(dice, name[0]), 1: "x", 2: [], 3: logged + dice.choice((28800, 28799, 300, 899))}
                for name in names]
    for finding in findings:
        if dice.random() < (0.05 if finding[0] == "PERMIT" else 0.5):
            del finding[3]
    worst = min((finding[0] for finding in findings), key=reader.VERDICTS.index)
    conclusion = {0: mostly(dice, worst, *reader.VERDICTS[:reader.VERDICTS.index(worst) + 1]), 2: [],
                  3: logged + 28800}
    if dice.random() < 0.1:
        conclusion[1] = dice.choice(("", "x", "y"))
    if dice.random() < 0.1:
        del conclusion[3]
    record = {0: 1, 1: logged * 1000 + dice.choice((0, 1, 999)), 2: GOOD.authority, 3: bytes(32), 4: bytes(32), 5: date,
              6: cases, 7: names,
              8: [], 9: findings, 10: conclusion, 13: validations}
    if dice.random() < 0.8:
        record[15] = corroboration_by_dice(dice)
    if dice.random() < 0.2:
        record[12] = record[1] + dice.choice((-1, 0, 1))
    life = mostly(dice, 900, 1, 600, 901, 86400)
    set_expiry(dice, record, life)
    return request_by_dice(dice, record, logged, life, profile)


def set_expiry(dice, record, life):
    """Mostly the end."""
    if dice.random() < 0.05:
        return
    logged = record[1] // 1000
    days = [begin for case in record[6] for begin in verify.next_day(case[1], record[5])]
    ends = [one[3] + 1 for one in (*record[9], record[10]) if 3 in one] + [logged + life] + days
    record[10][5] = mostly(dice, min(ends), min(ends) + 1, min(ends) - 1, logged + 900, max(ends))
    if record[10][0] not in reader.POSITIVE:
        del record[10][5]


def request_by_dice(dice, record, logged, life, profile):
    texts = [name_text(kind, text) for kind, text, *_ in record[7]]
    names = mostly(dice, texts, texts[1:] or texts, texts + ["more.test"], [texts[0].removeprefix("*.")], texts[::-1])
    purposes = "+".join(case[0] for case in record[6])
    expires = record[10].get(5, logged + 900)
    validation = dice.choice(record[13])
    methods = [method.replace("3.2.2.4.", "ca-tbr-") if dice.random() < 0.3 else method for method in validation[1]
               if method]
    return Case(f"by dice {record}", permits.permit_of(record), tuple(names),
                mostly(dice, purposes if purposes != "vmc+smime" else "vmc", *reader.PURPOSES),
                max(1, mostly(dice, logged + 1, logged - 60, logged - 61, expires - 1, expires, logged + 899)),
                profile=mostly(dice, profile or "", "", "private", "tls-br"),
                accounts=tuple(validation[0]) if dice.random() < 0.2 else (),
                methods=tuple(methods) if dice.random() < 0.2 else (),
                accept=tuple(dice.sample(("lf", "exempt"), dice.randrange(3))), life=life)
