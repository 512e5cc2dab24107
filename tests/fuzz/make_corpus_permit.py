#!/usr/bin/env python3
"""Writes the seeds of fuzz_permit from docs/formats/permit-vectors: permits as they are, and their records behind an octet
that is no "c". Same output on every run."""
import base64
import os
import re

import make_corpus

VECTORS = os.path.join(make_corpus.HERE, "..", "..", "docs", "formats", "permit-vectors")


def seeds():
    out = {}
    for name in sorted(os.listdir(VECTORS)):
        stem, _, kind = name.rpartition(".")
        if kind != "tlog-proof":
            continue
        with open(os.path.join(VECTORS, name), "rb") as f:
            permit = f.read()
        record = re.search(rb"\nextra (\S+)\n", permit)
        if record:
            out["record-" + stem] = b"\1" + base64.b64decode(record.group(1))
        if stem in ("good", "spliced", "wrong-size", "no-record", "unknown-member", "denied"):
            out["permit-" + stem] = permit
    return out


if __name__ == "__main__":
    make_corpus.save("permit", seeds())
