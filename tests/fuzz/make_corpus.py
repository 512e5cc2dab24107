#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets that read wire formats, values, contacts and texts of the log. Same output on every run."""
import base64
"""Writes the seeds of the fuzz targets that read wire formats, values, contacts and evidence. Same output on every run."""
import hashlib
import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def save(target, seeds):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    for name, data in seeds.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data.encode("latin-1") if isinstance(data, str) else data)


def name(text):
    out = b""
    for label in [x for x in text.split(".") if x]:
        out += bytes([len(label)]) + label.encode("latin-1")
    return out + b"\0"


def caa(flags, tag, value):
    tag, value = tag.encode("latin-1"), value.encode("latin-1")
    return bytes([flags, len(tag)]) + tag + value


CAA, CNAME, SOA, NS, DNAME, OPT = 257, 5, 6, 2, 39, 41
Q = "www.d.test"
MINE = caa(0, "issue", "ca.example.net")
SOA_DATA = name("a") + name("b") + struct.pack(">5I", 1, 2, 3, 4, 60)


def rr(owner, rtype, data, ttl=300, rclass=1):
    owner = owner if isinstance(owner, bytes) else name(owner)
    return owner + struct.pack(">HHIH", rtype, rclass, ttl, len(data)) + data


def message(answer=(), authority=(), additional=(), flags=0x8400, qname=Q, qtype=CAA, qd=1, tail=b""):
    head = struct.pack(">6H", 0x1234, flags, qd, len(answer), len(authority), len(additional))
    body = b"".join(list(answer) + list(authority) + list(additional))
    return head + name(qname) + struct.pack(">HH", qtype, 1) + body + tail


def messages():
    at_q = b"\xc0\x0c"
    soa, opt = rr("test", SOA, SOA_DATA), rr("", OPT, b"", 0, 4096)
    chain = [rr("a%d.example" % i if i else Q, CNAME, name("a%d.example" % (i + 1))) for i in range(40)]
    end = rr("example", SOA, SOA_DATA)
    return {
        "set": message([rr(Q, CAA, MINE)]),
        "set-compressed": message([rr(at_q, CAA, MINE), rr(at_q, CAA, caa(128, "issuewild", ";"))], [soa], [opt]),
        "set-twice": message([rr(at_q, CAA, MINE), rr(at_q, CAA, MINE, 7)]),
        "set-upper-case": message([rr("WWW.D.TEST", CAA, MINE)]),
        "set-class-ch": message([rr(Q, CAA, MINE, rclass=3)], [soa]),
        "set-ttl-top-bit": message([rr(Q, CAA, MINE, 0x80000001)]),
        "set-bad-rdata": message([rr(at_q, CAA, MINE), rr(at_q, CAA, b"\0\0")]),
        "set-bad-tag-length": message([rr(at_q, CAA, b"\0\x09issue")]),
        "set-of-other": message([rr("other.test", CAA, MINE)]),
        "set-long": message([rr(at_q, CAA, caa(0, "issue", "ca%d.example" % i)) for i in range(60)]),
        "nodata": message(authority=[soa], additional=[opt]),
        "nodata-bare": message(),
        "nxdomain": message(authority=[soa], flags=0x8403),
        "servfail": message(flags=0x8002),
        "refused-with-set": message([rr(Q, CAA, MINE)], flags=0x8005),
        "truncated": message([rr(Q, CAA, MINE)], flags=0x8600),
        "query": message(flags=0x0100),
        "opcode": message(flags=0xA800),
        "two-questions": message(qd=2, tail=name(Q) + struct.pack(">HH", CAA, 1)),
        "no-question": message(qd=0),
        "trailing-octet": message([rr(Q, CAA, MINE)], tail=b"\0"),
        "referral": message(authority=[rr("d.test", NS, name("ns.d.test"))]),
        "regress-referral-behind-alias": message([rr(Q, CNAME, name("x.sub.d.test"))],
                                                 [rr("sub.d.test", NS, name("ns.d.test"))]),
        "regress-alias-alone": message([rr(Q, CNAME, name("x.example"))]),
        "regress-alias-soa-of-other-zone": message([rr(Q, CNAME, name("x.example"))], [soa]),
        "alias-nodata": message([rr(Q, CNAME, name("x.example"))], [end]),
        "alias-nxdomain": message([rr(Q, CNAME, name("x.example"))], [end], flags=0x8403),
        "alias-set": message([rr(Q, CNAME, name("x.example")), rr("x.example", CAA, MINE)]),
        "alias-beside-set": message([rr(Q, CNAME, name("x.example")), rr("x.example", CAA, MINE),
                                     rr(Q, CAA, caa(0, "issue", ";"))]),
        "alias-to-itself": message([rr(Q, CNAME, at_q)]),
        "alias-circle": message([rr(Q, CNAME, name("x.example")), rr("x.example", CNAME, name(Q))]),
        "regress-two-aliases": message([rr(Q, CNAME, name("x.example")), rr(Q, CNAME, name("y.example"))], [end]),
        "alias-32": message(chain[:32], [end]),
        "alias-33": message(chain[:33], [end]),
        "dname-and-cname": message([rr("d.test", DNAME, name("e.example")), rr(Q, CNAME, name("www.e.example")),
                                    rr("www.e.example", CAA, MINE)]),
        "regress-dname-alone": message([rr("d.test", DNAME, name("e.example"))], [soa]),
        "dname-question": message([rr(Q, DNAME, name("e.example"))], qtype=DNAME),
        "extended-rcode": message(additional=[rr("", OPT, b"", 0x01000000, 4096)]),
        "regress-two-opt": message(additional=[rr("", OPT, b"", 0x01000000, 4096), opt]),
        "pointer-loop": message([rr(b"\xc0\x1c", CAA, MINE)]),
        "pointer-forward": message([rr(b"\xc0\xff", CAA, MINE)]),
        "cut": message([rr(Q, CAA, MINE)])[:-3],
        "header-only": message()[:12],
        "empty": b"",
    }


def rdatas():
    return {
        "issue": MINE, "no-value": caa(0, "issue", ""), "critical": caa(128, "issue", "ca"),
        "flags-255": caa(255, "x", "y"), "flags-1": caa(1, "issue", "ca"), "iodef": caa(0, "iodef", "mailto:a@b"),
        "tag-with-nul": caa(0, "issue\0x", "ca"), "tag-with-hyphen": caa(0, "is-sue", "ca"),
        "tag-of-255": caa(0, "a" * 255, "v"), "tag-binary": caa(0, "\xff\x01", "\xff"),
        "value-long": caa(0, "issue", "a" * 2000), "value-octets": caa(0, "issue", "".join(map(chr, range(256)))),
        "quote": caa(0, "issue", '"\\"'), "empty": b"", "flags-only": b"\0", "tag-empty": b"\0\0",
        "tag-empty-value": b"\0\0ca", "tag-cut": b"\0\x09issue", "tag-exact": b"\0\x05issue", "tag-one": b"\0\x01a",
        "script": caa(0, "issue", "<script>alert(1)</script>"), "newline": caa(0, "issue", "ca\n0 issue evil"),
    }


def values():
    texts = [
        "ca.example.net", "  ca.example.net\t", "ca.example.net;", "ca ; ", "ca;a=b", "ca; a=b ; c=d", "ca; a=b;",
        "ca;;", "ca; a=1 b=2", "ca; a=1; b=2", "ca; a = b", "ca; a-b=c", "ca; a=", "ca; a= ", "ca; a= ;b=", "ca; a",
        "", " ", ";", "; a=b", "%%%%%", "*", "*; skipsubdomaincheck=true", "*.ca", "ca.", ".ca", "ca..net", "-ca",
        "ca-", "ca_1", "ca\n", "ca\xa0", "ca\0", "https://ca.example", "acct:1@ca.example",
        "ca; accounturi=https://ca.example.net/acct/1; validationmethods=dns-01,http-01", "ca; a=\"x\"=y", "dns-01,ca-x",
    ]
    return {"value-%02d" % i: t for i, t in enumerate(texts)}


def contacts():
    texts = [
        "", "a@d.test", "a.b+c@sub.d.test", "\"a b, <c>@\\\"\"@d.test", "\"a\" <a@d.test>", "a@b@d.test",
        "mailto:a@d.test", "a@d.test, b@d.test", " a@d.test", "a@[192.0.2.1]", "\u00fc@b\u00fccher.test",
        "\U0001f600@d.test", "a@d.test\r\nBcc: b@d.test", "+15550100", "+1 (555) 010-0.9", "+(49)30123",
        "tel:+15550100", "+15550100;ext=5", "+0301234", "+123456789012345", "+ 1",
    ]
    return dict({"contact-%02d" % i: t.encode() for i, t in enumerate(texts)}, **{
        "overlong": b"a\xc0\xaf@d.test", "surrogate": b"a\xed\xa0\x80@d.test", "cut": b"a@d.test\xe2\x82"})


def names():
    texts = [
        ".", "a", "a.", "www.d.test", "WWW.D.Test.", "..", "a..b", ".a", "\\", "a\\", "\\255.x", "\\256", "\\0001",
        "a\\.b.c", "*.d.test", "_x.y", "a" * 63, "a" * 64, ".".join(["a" * 63] * 3 + ["a" * 61]),
        ".".join(["a" * 63] * 3 + ["a" * 62]), ".".join("a" * 127), ".".join("a" * 128), "\xc3\xa4.test", "a b.c",
    ]
    seeds = {"text-%02d" % i: t for i, t in enumerate(texts)}
    seeds.update({
        "wire": name("www.d.test"), "wire-pointer": name("d.test") + b"\x03www\xc0\x00",
        "wire-loop": b"\x01a\xc0\x00", "wire-self": b"\xc0\x00", "wire-forward": b"\xc0\x02\x00",
        "wire-cut": b"\x05ab", "wire-type": b"\x41a\x00", "wire-long": (b"\x3f" + b"a" * 63) * 4 + b"\0",
        "wire-upper": b"\x03WWW\x00", "wire-octets": b"\x04\x00.\\\xff\x00",
        "wire-chain": b"\0" + b"".join(b"\x01a\xc0" + bytes([max(0, 4 * i - 3)]) for i in range(12)),
    })
    return seeds


DS, RRSIG, NSEC, NSEC3, D = 43, 46, 47, 50, "d.test"
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "DNAME": 39, "DS": 43, "RRSIG": 46, "NSEC": 47}


def bitmap(types):
    bits = bytearray(7)
    for word in types.split():
        bits[TYPES[word] // 8] |= 0x80 >> TYPES[word] % 8
    return bytes([0, len(bits)]) + bytes(bits) if types else b""


def signed(owner, rtype, data, signer="test", labels=0):
    count = labels + len([x for x in owner.split(".") if x not in ("", "*")])
    sig = struct.pack(">HBBIIIH", rtype, 13, count, 300, 2, 1, 4711) + name(signer) + b"signature"
    return [rr(owner, rtype, data), rr(owner, RRSIG, sig)]


def nsec(owner, following, types, **how):
    return signed(owner, NSEC, name(following) + bitmap(types), **how)


def nsec3(of, begin, end, types, flags=0, iterations=1, **how):
    digest = hashlib.sha1(name(of) + b"s").digest()
    for _ in range(iterations):
        digest = hashlib.sha1(digest + b"s").digest()
    number = int.from_bytes(digest, "big")
    label = "".join("0123456789abcdefghijklmnopqrstuv"[(number + begin) >> shift & 31] for shift in range(155, -1, -5))
    head = struct.pack(">BBHB", 1, flags, iterations, 1) + b"s"
    return signed(label + ".test", NSEC3, head + b"\x14" + (number + end).to_bytes(20, "big") + bitmap(types), **how)


def ds(algorithm, digest):
    return struct.pack(">HBB", 1, algorithm, digest) + b"digest"


def delegations():
    soa = [rr("test", SOA, SOA_DATA)]
    apex = nsec3("test", 0, 5, "NS SOA")
    span = nsec3(D, -1, 1, "", flags=1)
    stars = nsec("test", "a.test", "NS SOA")

    def say(answer=(), authority=(), rcode=0, above=0, qname=D):
        return bytes([above]) + message(answer, soa + list(authority), flags=0x8180 | rcode, qname=qname, qtype=DS)

    return {
        "signed": say(signed(D, DS, ds(13, 2))), "unsupported": say(signed(D, DS, ds(200, 2))),
        "unsure": say(signed(D, DS, ds(16, 2))), "ds-short": say(signed(D, DS, b"\0\1\x0d\2")),
        "ds-of-child": say(signed(D, DS, ds(13, 2), signer=D)), "alias": say(signed(D, CNAME, name("x.example"))),
        "ds-two": say(signed(D, DS, ds(200, 2)) + [rr(D, DS, ds(8, 1))]),
        "nsec-insecure": say((), nsec(D, "e.test", "NS RRSIG NSEC")),
        "nsec-host": say((), nsec(D, "e.test", "A RRSIG NSEC")), "nsec-child": say((), nsec(D, "e.test", "NS SOA")),
        "nsec-signer": say((), nsec(D, "e.test", "NS", signer=D)),
        "nsec-expanded": say((), nsec(D, "e.test", "NS", labels=-1)), "nsec-ent": say((), nsec("c.test", "a.d.test", "")),
        "nsec-nxdomain": say((), nsec("c.test", "e.test", "A") + stars, 3),
        "nsec-end": say((), nsec("c.test", "test", "A") + stars, 3),
        "nsec-ancestor": say((), nsec(D, "e.test", "NS"), 3, 1, "x.d.test"),
        "nsec3-insecure": say((), nsec3(D, 0, 5, "NS")), "nsec3-host": say((), nsec3(D, 0, 5, "A")),
        "nsec3-ent": say((), nsec3(D, 0, 5, "")), "nsec3-child": say((), nsec3(D, 0, 5, "NS SOA")),
        "nsec3-iterations": say((), nsec3(D, 0, 5, "NS", iterations=151)),
        "opt-out": say((), apex + span), "opt-out-far": say((), apex + span, 0, 2, "x.y.d.test"),
        "opt-out-end": say((), apex + nsec3(D, -1, -2, "", flags=1)),
        "opt-out-nxdomain": say((), apex + span, 3), "opt-out-not": say((), apex + nsec3(D, -1, 1, "")),
        "nsec3-nxdomain": say((), apex + nsec3(D, -1, 1, "") + nsec3("*.test", -1, 1, ""), 3),
        "both-kinds": say((), nsec(D, "e.test", "NS") + nsec3(D, 0, 5, "NS")),
        "regress-soa-short": bytes([0]) + message(
            (), [rr("test", SOA, b"\x01\x99\0\0" + SOA_DATA[4:])] + nsec(D, "e.test", "NS RRSIG NSEC"), flags=0x8180,
            qname=D, qtype=DS),
        "root": say((), [], 0, 0, "test"),
    }


def frame(kind, body):
    return struct.pack(">IB", len(body), kind) + body


def text8(text):
    return bytes([len(text)]) + text.encode("latin-1")


def name8(text):
    return bytes([len(name(text))]) + name(text)


def frame_answer(outcome=1, dnssec=1, octets=b"", aliases=(), slots=(), control=(), malformed=0, why="", cut="", at=b"\0",
                 asked=None):
    """asked: octets of the question, for a frame that brings it."""
    exchange = struct.pack(">BBII", 2, 0, 9, 3) + text8("127.0.0.2")
    head = struct.pack(">BBBBBq", outcome, malformed, dnssec, 1, 1, 1764000000)
    body = struct.pack(">I", 7) + (asked or b"") + head + text8(why) + text8(cut) + at + struct.pack(">I", len(octets)) + octets + b"\1" + exchange
    body += bytes([len(aliases)]) + b"".join(name8(alias) for alias in aliases)
    return frame(4 if asked is None else 6, body + bytes([len(slots), len(control)]) + struct.pack(">%dI" % len(slots + control), *slots, *control))


def question(name_, type_=CAA):
    return struct.pack(">H", type_) + name8(name_)


def frames():
    """Streams of a resolver process: hello, question, material, answer, alarm; and an answer with its question."""
    hello = frame(1, struct.pack(">I", 0) + text8(""))
    ds = message([rr("test", 43, b"\1\2\x0d\2" + b"x" * 32)], qname="test", qtype=43)
    material = frame(3, struct.pack(">IH", 5, 43) + name8("test") + struct.pack(">Bq", 1, 1764000000) +
                     struct.pack(">I", len(ds)) + ds)
    own = message([rr(Q, CAA, MINE)])
    empty = message([], [rr("test", SOA, SOA_DATA)])
    many = b"".join(frame(3, struct.pack(">IH", slot, 43) + name8("test") + struct.pack(">BqI", 1, 1764000000, 0))
                    for slot in range(65))
    return {
        "hello": hello,
        "hello-refused": frame(1, struct.pack(">I", 1) + text8("no anchor")),
        "question": frame(2, struct.pack(">IH", 1, CAA) + name8(Q)),
        "question-upper": frame(2, struct.pack(">IH", 1, CAA) + name8("WWW.D.TEST")),
        "set": hello + material + frame_answer(octets=own, slots=(5,)),
        "empty": material + frame_answer(2, 2, empty, slots=(5,), cut="insecure", at=name8("d.test")),
        "failure": material + frame_answer(4, 2, aliases=("a.test", "b.test"), slots=(5,), control=(5, 5), why="no server replied"),
        "bogus-with-data": frame_answer(10, 3, own),
        "set-told-empty": frame_answer(2, 2, own),
        "empty-told-set": frame_answer(1, 2, empty),
        "set-indeterminate": frame_answer(1, 0, own),
        "slot-unknown": frame_answer(octets=own, slots=(6,)),
        "no-memory": frame(4, struct.pack(">I", 7)),
        "given": material + frame_answer(octets=own, slots=(5,), asked=question(Q)),
        "given-failure": material + frame_answer(4, 2, slots=(5,), control=(5,), why="x", asked=question("other.test", 39)),
        "given-other-message": frame_answer(octets=own, asked=question("other.test")),
        "given-other-type": frame_answer(4, asked=question(Q, 1)),
        "given-upper": frame_answer(4, asked=question("WWW.D.TEST")),
        "given-no-answer": frame(6, struct.pack(">I", 7) + question(Q)),
        "given-no-name": frame(6, struct.pack(">IH", 7, CAA) + b"\0"),
        "proof-too-long": many + frame_answer(4, slots=tuple(range(65))),
        "proof-longest": many + frame_answer(4, slots=tuple(range(64)), control=tuple(range(16))),
        "control-too-long": many + frame_answer(4, slots=(1,), control=tuple(range(17))),
        "alarm": hello + frame(5, text8("the root announces key 38696")) + frame(5, text8("x" * 255)),
        "alarm-empty": frame(5, text8("")),
        "alarm-with-nul": frame(5, text8("a\0b")),
        "alarm-short": frame(5, b"\5four"),
        "alarm-long": frame(5, text8("four") + b"5"),
        "too-long": struct.pack(">IB", 0xffffffff, 4),
        "unknown-kind": frame(9, b""),
    }


def log_vector(file):
    with open(os.path.join(HERE, "..", "unit", "data", "log", file), "rb") as f:
        return f.read()


def notes():
    note, dash = log_vector("checkpoint"), "\u2014 ".encode()
    line = dash + b"nobody.example AAAAAAA=\n"
    return {
        "vector": note,
        "log-alone": note[:note.rindex(dash)],
        "many": note + line * 62,
        "too-many": note + line * 63,
        "ml-dsa": note + dash + b"w " + base64.b64encode(b"\x06" * 2432) + b"\n",
        "text-with-empty-line": note.replace(b"\n7", b"\n\n7"),
        "two-empty-lines": note.replace(b"\n\n", b"\n\n\n"),
        "crlf": note.replace(b"\n", b"\r\n"),
        "wrong-signature": note.replace(b"/kePPTW", b"/kfPPTW"),
        "wrong-time": note.replace(b"AAAABrAjCA", b"AAAABrAjCB"),
        "no-padding": note.replace(b"VgQ=\n", b"VgQ\n"),
        "no-end": note[:-1],
        "no-signature": log_vector("note-text"),
        "name-with-plus": note.replace(dash + b"log", dash + b"l+g"),
        "name-with-space": note.replace(dash + b"log", dash + b"l\xc2\xa0g"),
        "no-utf8": note.replace(b"log", b"l\xffg"),
        "vkey": log_vector("log.vkey")[:-1],
        "vkey-witness": log_vector("witness.vkey")[:-1],
        "vkey-other-id": log_vector("log.vkey")[:-1].replace(b"+699d", b"+699c"),
        "empty": b"",
    }


def checkpoints():
    text = log_vector("note-text")
    return {
        "vector": text,
        "size-0": text.replace(b"\n7\n", b"\n0\n"),
        "size-largest": text.replace(b"\n7\n", b"\n9223372036854775807\n"),
        "size-too-large": text.replace(b"\n7\n", b"\n9223372036854775808\n"),
        "size-07": text.replace(b"\n7\n", b"\n07\n"),
        "origin-with-space": text.replace(b"log.ca", "l\u00f6g ca".encode()),
        "origin-empty": text[text.index(b"\n"):],
        "root-short": text.replace(b"e54=", b"e5=="),
        "extension": text + b"extension\n",
        "no-end": text[:-1],
    }


def proofs():
    proof = log_vector("entry-5.tlog-proof")
    line = b"vQBwrL3GeaJM9EYVhBSD+/zBiroArk2+KgxUrybL2fo=\n"
    return {
        "vector": proof,
        "extra": proof.replace(b"index", b"extra Zm9vYg==\nindex"),
        "extra-empty": proof.replace(b"index", b"extra \nindex"),
        "extra-bits": proof.replace(b"index", b"extra Zm9vYh==\nindex"),
        "index-05": proof.replace(b"index 5", b"index 05"),
        "index-largest": proof.replace(b"index 5", b"index 9223372036854775807"),
        "path-empty": b"c2sp.org/tlog-proof@v1\nindex 0\n\nx",
        "path-longest": proof.replace(line, line * 61),
        "path-too-long": proof.replace(line, line * 62),
        "no-empty-line": proof.replace(b"fo=\n\n", b"fo=\n"),
        "no-checkpoint": proof[:proof.index(b"\n\n") + 2],
        "version-2": proof.replace(b"@v1", b"@v2"),
    }


def tile_paths():
    paths = ["tile/0/000", "tile/entries/000.p/7", "tile/3/x001/x234/067", "tile/7/000.p/128", "tile/8/000",
             "tile/0/x036/x028/x797/x018/x963/967", "tile/0/x036/x028/x797/x018/x963/968", "tile/0/x000/000",
             "tile/0/000.p/256", "tile/0/000.p/07", "checkpoint"]
    seeds = {"path-%02d" % i: path for i, path in enumerate(paths)}
    seeds["numbers"] = struct.pack(">BBHQ", 0, 3, 7, 1234067)
    seeds["numbers-largest"] = b"\xff" * 12
    return seeds


def log_paths():
    paths = ["/v1/log/1/checkpoint", "/v1/log/999999999999999999/checkpoint", "/v1/log/1234567890123456789/checkpoint",
             "/v1/log/0/checkpoint", "/v1/log/01/checkpoint", "/v1/log/1/tile/0/000", "/v1/log/20/tile/4/x001/x234/067.p/255",
             "/v1/log/1/tile/entries/002.p/188", "/v1/log/1/tile/0/x036/x028/x797/x018/x963/967", "/v1/log/1/tile/8/000",
             "/v1/log/1/", "/v1/log/checkpoint"]
    seeds = {"path-%02d" % i: path for i, path in enumerate(paths)}
    bodies = {"checkpoint": "86 01 03 00 00 00 00", "hashes": "86 1affffffff 01 01 07 1a00010000 190100",
              "entries": "86 01 01 02 00 18bc 1818", "entries-with-level": "86 01 01 02 01 00 01", "no-width": "86 01 01 01 00 00 00",
              "long-form": "86 1801 01 00 00 00 00", "octets": "83 05 18c8 4361ff00", "behind": "86 01 03 00 00 00 00 00"}
    seeds.update({"body-" + name: bytes.fromhex(octets) for name, octets in bodies.items()})
    return seeds


def bundles():
    entries = b"".join(struct.pack(">H", 7) + b'{"n":%d}' % i for i in range(7))
    return {
        "vector": entries,
        "empty": b"",
        "empty-entries": b"\0\0" * 3,
        "long": b"\xff\xff" + b"x" * 65535,
        "cut": entries[:-1],
        "cut-length": entries + b"\0",
        "longer-than-it-is": b"\xff\xffx",
    }


def witness_bodies():
    body = log_vector("add-checkpoint")
    return {
        "vector": body,
        "cosigned": body[:body.index(b"\n\n") + 2] + log_vector("checkpoint"),
        "old-0": b"old 0\n\n" + log_vector("checkpoint"),
        "old-8": body.replace(b"old 3", b"old 8"),
        "old-03": body.replace(b"old 3", b"old 03"),
        "proof-short": body.replace(b"PR3ndt8IbBrp9wSdK7DAR1rRQYX5h+Bk6NENyy20oyI=\n", b""),
        "proof-wrong": body.replace(b"\nPR3", b"\nPS3"),
        "other-origin": body.replace(b"log.ca.example/caa-evidence\n", b"log.example\n"),
        "not-signed": body.replace(b"/kePPTW", b"/kfPPTW"),
        "no-empty-line": body.replace(b"Vw=\n\n", b"Vw=\n"),
        "conflict": b"7\n",
    }


def timestamps():
    response = log_vector("timestamp.tsr")
    at = response.index(b"\x30\x03\x02\x01\x00") + 4
    return {
        "vector": response,
        "with-modifications": response[:at] + b"\1" + response[at + 1:],
        "rejected": b"\x30\5\x30\3\2\1\2",
        "cut": response[:-1],
        "longer": response + b"\0",
        "other-nonce": response.replace(b"\x89\xab\xcd\xef", b"\x89\xab\xcd\xee"),
        "other-time": response.replace(b"20261125222237Z", b"20261125222238Z"),
        "empty": b"",
    }
def cbors():
    """Items of every form, good and bad."""
    rows = {
        "uint": "1bffffffffffffffff", "nint": "3bffffffffffffffff", "long-form": "1817", "longer-form": "1b00000000ffffffff",
        "bytes": "4401020304", "text": "65c3a4efbfbf", "surrogate": "63eda080", "overlong": "62c080", "text-cut": "62c3",
        "array": "8401808280f6f5", "map": "a3000120f5616182f4f6", "map-order": "a2616200616100", "map-twice": "a201000100",
        "map-nint": "a4000120022103390100f6", "map-key-array": "a18000", "map-key-null": "a1f600", "depth": "81" * 16 + "00",
        "too-deep": "81" * 17 + "00", "depth-maps": "a100" * 16 + "80", "tag": "c11a514b67b0", "half": "f93c00",
        "double": "fb3ff199999999999a", "undefined": "f7", "simple": "f8ff", "indefinite-array": "9f01ff",
        "indefinite-map": "bf0102ff", "chunks": "5f41014102ff", "break": "ff", "huge-array": "9bffffffffffffffff",
        "huge-map": "bb8000000000000000", "huge-text": "7bffffffffffffffff", "behind": "0000", "json":
        "a3647a6f6e658066696e73696465a2616101626161a0676e756d626572733a00010000",
    }
    return {row: bytes.fromhex(octets) for row, octets in rows.items()}


def couriers():
    """Frames between courier and recorder; bodies in hexadecimal."""
    def frame(kind, body):
        octets = bytes.fromhex(body)
        return struct.pack(">IB", len(octets), kind) + octets

    rows = {
        "ask": (128, "811903e8"), "ask-long": (128, "811a000003e8"), "ask-far": (128, "811bffffffffffffffff"),
        "cosigned": (129, "83010a456c696e6573"), "cosigned-place": (129, "83100a456c696e6573"),
        "stamped": (130, "8500011bffffffffffffffff41714172"), "stamped-short": (130, "840001024171"),
        "failed": (131, "8401 0f f5 63776879"), "failed-kind": (131, "840000f460"), "failed-text": (131, "840100f461ff"),
        "checkpoint": (132, "850a446e6f746582" + 2 * ("5820" + 32 * "07") + "83000a0a8100"),
        "checkpoint-hash": (132, "850a446e6f746581" + "581f" + 31 * "07" + "8080"),
        "checkpoint-behind": (132, "85000080808000"),
    }
    seeds = {row: frame(kind, body) for row, (kind, body) in rows.items()}
    seeds["several"] = seeds["ask"] + seeds["failed"] + seeds["cosigned"]
    seeds["cut"] = seeds["checkpoint"][:-1]
    return seeds


def evidence(kind):
    """The test vectors of a kind, good and bad."""
    folder = os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs", "formats", "vectors")
    seeds = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            vector = json.load(f)
        if name == "refused.json":
            bad = [bytes.fromhex(row["octets"]) for row in vector if row["kind"] == kind]
            seeds.update({"refused-%02d" % i: octets for i, octets in enumerate(bad)})
        elif vector["kind"] == kind:
            seeds[name.removesuffix(".json")] = bytes.fromhex(vector["octets"])
    return seeds


if __name__ == "__main__":
    save("message", messages())
    save("rdata", rdatas())
    save("value", values())
    save("contact", contacts())
    save("name", names())
    save("delegation", delegations())
    save("frame", frames())
    save("note", notes())
    save("checkpoint", checkpoints())
    save("proof", proofs())
    save("tile_path", tile_paths())
    save("log_path", log_paths())
    save("bundle", bundles())
    save("witness_body", witness_bodies())
    save("timestamp", timestamps())
    save("cbor", cbors())
    save("courier", couriers())
    save("record", evidence("record"))
    save("answer_object", evidence("answer"))
    save("context", evidence("context"))
