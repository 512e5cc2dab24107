#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets for archives and mappings: the examples of docs/archives.md, whole and damaged. Same output on every run."""
import base64
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENT = os.path.join(HERE, "..", "..", "docs", "archives.md")

# First octets; the same order as in src/incident/archive_reader.c, then the mappings of fuzz_archive.c.
FORMATS = ["dnstap", "splunk-csv", "splunk-json", "mpic", "caaproof", "boulder", "unbound", "bind", "mapped"]
WITH_OPTIONS = 0x80
CSV, NDJSON, TEXT = 9, 10, 11

MAPPED = {
    "mapped-csv": (CSV, 't,n,r,v,l\n2026-11-22T04:35:24Z,*.a.example,"0 issue ""x""|0 iodef y",ok,60\n'
                        '1795322124.5,a,[],no,\nx,a,,ok,\n1795322124,a,"0 issue\n'),
    "mapped-ndjson": (NDJSON, '{"t":1795322124.5,"n":"a","a":{"r":["0 issue \\"x\\"",""]},"o":"yes"}\n'
                              '{"t":"2026-11-22T04:35:24Z","n":"a","a.r":[{"flags":0,"tag":"issue","value":""}],"f":"a"}\n'
                              '[{"t":1,"n":2},[]]\n{"t":\n'),
    "mapped-text": (TEXT, '1795322124 a.example 0 issue "x"\n2026-11-22T04:35:24Z b\n\nnothing\n'),
    "whole": (2, '{\n"results":[\n{"_raw":"x","_time":"1"},\n7\n]}\n'),
    "whole-cut": (2, '{\n"results":[\n{"_raw":"x"\n'),
    "events": (2, '{"time":1.5,"event":"x"}{"time":"y","event":{}}]\n'),
    "b9": (5, 'time=2026-07-01T00:00:00.5Z level=INFO msg="Checked CAA records" acct=42 authz=7 idents="[{Type:dns '
              'Value:a.example}]" method=http-01 present=true foundAt=a.example valid=false response=";; ANSWER '
              'SECTION:\\na.example.\\t60\\tIN\\tCAA\\t0 issue \\"x\\"\\n"\n'),
    "syslog": (5 | WITH_OPTIONS, 'Nov 22 04:35:24 va1 boulder-va[1]: [AUDIT] Checked CAA records for a.example using GPDNS, '
                                 '[Present: false, Valid for issuance: true]\n'),
    "unbound-text": (6 | WITH_OPTIONS, 'Nov 22 04:35:24 h unbound[1]: [1:0] info: ::1 a.example. CAA IN NOERROR 0.1 0 1\n'
                                       '[1795322096] unbound[1:0] error: SERVFAIL <a. CAA IN>: x\n'),
    "bind-response": (7, '2026-11-22T04:35:24.976Z client @0x7f 127.0.0.1#2 (a): response: a IN CAA NOERROR 0 1 1 +\n'),
}


REFUSED = {
    "refused-group": '{"format":"text","regex":"(?<time>x)(?<what>y)"}\n\nxy\n',
    "refused-open": '{"format":"text","regex":"[[:alpha:](?<time"}\n\n',
    "refused-word": '{"format":"csv","fields":{"time":"t","name":"n","result":"r"},"results":{"permits":[]}}\n\nt,n,r\n',
}


def save(target, name, octets):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(octets)


def main():
    with open(DOCUMENT, encoding="utf-8") as file:
        blocks = re.findall(r"^```([^\n]*)\n(.*?)^```$", file.read(), re.M | re.S)
    for kind, text in blocks:
        if kind in FORMATS[:-1]:
            octets = base64.b64decode(text) if kind == "dnstap" else text.encode()
            save("archive", kind, bytes([FORMATS.index(kind)]) + octets)
            save("archive", kind + "-cut", bytes([FORMATS.index(kind) | WITH_OPTIONS]) + octets[:len(octets) * 2 // 3])
        elif kind == "mapping":
            mapping = text
        elif kind == "mapped":
            save("mapping", str(len(mapping)), (mapping + "\n" + text).encode())
    for name, (first, text) in MAPPED.items():
        save("archive", name, bytes([first]) + text.encode())
    for name, text in REFUSED.items():
        save("mapping", name, text.encode())


if __name__ == "__main__":
    main()
