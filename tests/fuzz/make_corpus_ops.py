#!/usr/bin/env python3
"""Writes the seeds of fuzz_ops: what front and recorder say to each other. Same output on every run."""
import struct

from make_corpus import save


def head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for size, code in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if n < 1 << 8 * size:
            return bytes([major << 5 | code]) + n.to_bytes(size, "big")
    raise ValueError(n)


def value(v):
    if isinstance(v, int):
        return head(0, v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    text = v.encode("utf-8")
    return head(3, len(text)) + text


def frame(kind, *values, tail=b""):
    body = head(4, len(values)) + b"".join(value(v) for v in values) + tail
    return struct.pack(">IB", len(body), kind) + body


START, FINISH, ABANDON, GET, CLAIM, ISSUE, STOP, ACK, OVERRIDE, STARTED, REPLY, STATUS, END = range(64, 77)
DIGEST = bytes(range(32))
NOW = 1795694400000
BODY = b'{"id":"a","authority":"one","names":["www.example.com"]}'
LONG = "\u00e9" * 500


def start(seq=0, authority=0, id_="a", digest=DIGEST, received=NOW, deadline=NOW + 30000, caller="ra", previous=""):
    return frame(START, seq, authority, id_, digest, received, deadline, caller, previous)


def ask(kind, id_="a", text="", caller="ra", authorities=1, data=b""):
    return frame(kind, 20, caller, authorities, id_, text, data)


if __name__ == "__main__":
    save("ops", {
        "check": start() + frame(FINISH, 0, NOW // 1000, 1, BODY) + frame(STARTED, 0) + frame(REPLY, 0, 200, b"{}"),
        "start-previous": start(previous="b", authority=63, seq=2**32 - 1, deadline=2**63 - 1),
        "start-authority-64": start(authority=64),
        "start-no-id": start(id_=""),
        "start-long-id": start(id_="x" * 129),
        "start-no-caller": start(caller=""),
        "start-two-lines": start(caller="a\nb"),
        "start-short-digest": start(digest=DIGEST[:31]),
        "start-deadline-2-64": start(deadline=2**64 - 1),
        "finish-no-verdict": frame(FINISH, 0, 0, 0, b""),
        "finish-verdict-8": frame(FINISH, 0, 0, 8, b""),
        "finish-far": frame(FINISH, 0, 2**63, 1, b""),
        "abandon": frame(ABANDON, 7),
        "asks": b"".join(ask(kind) for kind in (GET, CLAIM, ISSUE, STOP, ACK, OVERRIDE)),
        "ask-certificate": ask(ISSUE, data=b"\x30\x00"),
        "ask-long": ask(STOP, text=LONG),
        "ask-too-long": ask(STOP, text=LONG + "x"),
        "ask-two-lines": ask(STOP, text="a\rb"),
        "ask-no-caller": ask(GET, caller=""),
        "ask-all": ask(GET, authorities=2**64 - 1),
        "ask-not-utf8": ask(STOP, text="xy").replace(b"xy", b"\xc3("),
        "reply-status-600": frame(REPLY, 0, 600, b""),
        "reply-status-99": frame(REPLY, 0, 99, b""),
        "status": frame(STATUS, b'{"open":0}'),
        "end": frame(END, 0),
        "kind-0": frame(0, 0),
        "more-values": frame(ABANDON, 7, 7),
        "fewer-values": frame(GET, 7),
        "octets-behind": frame(ABANDON, 7, tail=b"\0"),
        "longer-number": struct.pack(">IB", 3, ABANDON) + b"\x81\x18\x07",
        "no-array": struct.pack(">IB", 1, ABANDON) + b"\x07",
        "no-body": struct.pack(">IB", 0, ABANDON),
        "half": start()[:-1],
        "too-long": struct.pack(">IB", 2**32 - 1, START),
    })
