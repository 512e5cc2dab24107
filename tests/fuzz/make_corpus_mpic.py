#!/usr/bin/env python3
"""Writes the seeds of fuzz_open_mpic and fuzz_supplied. Same output on every run."""
import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
NS = 1795348799 * 10 ** 9


def save(target, seeds):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    for name, data in seeds.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data if isinstance(data, bytes) else json.dumps(data).encode())


# ---- responses

def result(**more):
    return dict({"check_completed": True, "check_passed": True, "errors": None, "timestamp_ns": NS, "check_type": "caa",
                 "details": {"caa_record_present": True, "found_at": "d.test",
                             "records_seen": ['0 issue "ca.example.net"']}}, **more)


def response(seen, **more):
    terms = {"perspective_count": len(seen), "quorum_count": max(len(seen) - 1, 1), "max_attempts": 2}
    return dict({"mpic_completed": True, "request_orchestration_parameters": terms,
                 "actual_orchestration_parameters": dict(terms, attempt_count=1), "check_type": "caa",
                 "domain_or_ip_target": "www.d.test", "is_valid": True, "trace_identifier": "t",
                 "perspectives": [{"perspective_code": code, "check_response": one} for code, one in seen.items()],
                 "caa_check_parameters": {"certificate_type": "tls-server", "caa_domains": ["ca.example.net"],
                                          "allow_lookup_failure": False}, "previous_attempt_results": None}, **more)


def all_of(one, codes="abcde"):
    return {code: one for code in codes}


def details(**more):
    return result(details=dict(result()["details"], **more))


def with_answers(*answers):
    return details(x_evidence={"answers": list(answers)})


def flat():
    one = response(all_of(result()))
    one["perspectives"] = [dict(p["check_response"], perspective=p["perspective_code"]) for p in one["perspectives"]]
    return one


ANSWERS = ({"name": "www.d.test", "outcome": "timeout", "attempts": 2, "dnssec": "insecure"},
           {"name": "d.test", "outcome": "nodata"}, {"name": "test", "outcome": "nodata", "dnssec": "secure"})
RESPONSES = {
    "good": response(all_of(result())),
    "flat": flat(),
    "denies": response(dict(all_of(result()), b=details(records_seen=["0 issue \"other.example\""]))),
    "text": response(all_of(details(records_seen="0 issue ca.example.net\n0 iodef \"mailto:a@d.test\""))),
    "generic": response(all_of(details(records_seen=["\\# 9 000569737375656361"]))),
    "broken": response(all_of(details(records_seen=["issue"]))),
    "empty": response(all_of(details(caa_record_present=False, found_at=None, records_seen=None))),
    "claims": response(all_of(details(found_at=None, records_seen=None))),
    "errors": response(all_of(result(check_completed=False, check_passed=False, details=None,
                                     errors=[{"error_type": "mpic_error:caa_checker:lookup", "error_message": "x"}]))),
    "null-times": response(all_of(result(timestamp_ns=None))),
    "late": response(all_of(result(timestamp_ns=NS - 28801 * 10 ** 9))),
    "elsewhere": response(all_of(details(found_at="other.test"))),
    "answers": response(all_of(with_answers(*ANSWERS))),
    "no-answers": response(all_of(with_answers())),
    "close": response(all_of(result(), "abch")),
    "twice": response({"a": result()}, perspectives=[{"perspective_code": "a", "check_response": result()}] * 5),
    "unknown": response(all_of(result(), "abcx")),
    "missing": response(all_of(result()), actual_orchestration_parameters={"perspective_count": 6, "quorum_count": 4}),
    "monitors": response(all_of(result()), actual_orchestration_parameters={"perspective_count": 5, "quorum_count": 0}),
    "incomplete": response(all_of(result()), mpic_completed=False),
    "previous": response(all_of(result()), previous_attempt_results=[[{"perspective_code": "a", "check_response": result()}],
                                                                    [], None]),
    "wildcard": response(all_of(result()), domain_or_ip_target="*.www.d.test"),
    "address": response(all_of(result()), domain_or_ip_target="192.0.2.1"),
    "dcv": response(all_of(result()), check_type="dcv"),
    "refused": {"error": "request-validation-failed", "validation_issues": [{"issue_type": "invalid-perspective-count"}]},
    "list": [],
    "cut": json.dumps(response(all_of(result()))).encode()[:700],
}


# ---- CBOR

def head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for code, form in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if n < 1 << 8 * struct.calcsize(form):
            return bytes([major << 5 | code]) + struct.pack(form, n)
    raise ValueError(n)


def cbor(value):
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


def supplied(*names, version=1, form="open-mpic", **more):
    return cbor({0: version, 1: form, 2: list(names), **{int(k[1:]): v for k, v in more.items()}})


HOME = ["home", [47376900, 8541700, "RIPE"], [47376900, 8541700, "RIPE"], None, None, ""]
AWAY = ["us-east", [39961200, -82998800, "ARIN"], [38994000, -77452400, "ARIN"], 1700000000, 1800000000, "US-OH"]
SUPPLIED = {
    "one": supplied(["d.test", [b"{}"]]),
    "two": supplied(["*.d.test", [b"{}"]], ["d.test", [b"", b"\xff"]]),
    "out-of-order": supplied(["d.test", [b"{}"]], ["*.d.test", [b"{}"]]),
    "twice": supplied(["d.test", [b"{}"]], ["d.test", [b"{}"]]),
    "no-names": supplied(),
    "no-bodies": supplied(["d.test", []]),
    "version": supplied(["d.test", [b"{}"]], version=2),
    "form": supplied(["d.test", [b"{}"]], form="own"),
    "critical": cbor({0: 1, 1: "open-mpic", 2: [["d.test", [b"{}"]]], 3: 0}),
    "negative": cbor({0: 1, 1: "open-mpic", 2: [["d.test", [b"{}"]]], -1: "x"}),
    "list": cbor([HOME, AWAY]),
    "list-twice": cbor([HOME, AWAY, AWAY]),
    "list-north": cbor([HOME, ["x", [90000001, 0, "RIPE"], [0, 0, "RIPE"], None, None, ""]]),
    "list-region": cbor([HOME, ["x", [0, 0, "MARS"], [0, 0, "RIPE"], None, None, ""]]),
    "list-alone": cbor([HOME]),
}

if __name__ == "__main__":
    save("open_mpic", RESPONSES)
    save("supplied", SUPPLIED)
