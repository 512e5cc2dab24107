#!/usr/bin/python3
"""Checks that the lab serves what its zone files say. Needs dig; enters the lab by itself."""
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LAB = os.path.join(HERE, "..", "..", "lab")
RUN = os.path.join(LAB, "run")
RESPONDER = "127.0.2."
PRIVATE = "10."
BACKEND = "127.0.3.1"
SUITE_NAMES = 24
MEMBERS = {"case", "names", "issuer", "account_uri", "method", "purpose", "profile", "date",
           "order", "policy", "facts", "expect", "found_at", "about", "suite", "source", "slow"}
VERDICTS = {"PERMIT", "DENY", "FAIL", "PERMIT-LF", "EXEMPT", "NA", "ARGUABLE"}

passed = 0
failed = 0


def check(condition, what):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what)


def dig(address, name, kind, *options):
    """The whole text of dig's answer; one try."""
    command = ["dig", "@" + address, "-q", name, "-t", kind, "+tries=1", "+time=2", "+norec"]
    done = subprocess.run(command + list(options), stdout=subprocess.PIPE, text=True, timeout=20,
                          check=False)
    return done.stdout


def status(text):
    found = re.search(r"status: ([A-Z]+)", text)
    return found.group(1) if found else "none"


def flags(text):
    found = re.search(r"flags: ([a-z ]*);", text)
    return found.group(1).split() if found else []


def records(text, kind):
    """Owner and RDATA of the records of a type, comments left out."""
    lines = [line.split(None, 4) for line in text.splitlines() if line and line[0] != ";"]
    return [(line[0], line[4]) for line in lines if len(line) == 5 and line[3] == kind]


class Zone:
    """What the head of a zone file says."""

    def __init__(self, file):
        self.name = "." if file == "root.zone" else file[:-len("zone")]
        with open(os.path.join(LAB, "zones", file), encoding="ascii") as text:
            self.text = text.read()
        self.modes = re.search(r"^; lab: (.*)$", self.text, re.M).group(1).split()
        self.servers = re.search(r"^; served: (.*)$", self.text, re.M).group(1).split()
        self.forgeries = [line.split() for line in re.findall(r"^; forge: (.*)$", self.text, re.M)]

    def parent(self, zones):
        """The nearest zone above."""
        labels = self.name.split(".")
        for first in range(1, len(labels)):
            name = ".".join(labels[first:]) or "."
            if name in zones:
                return zones[name]
        return zones["."]


def read_zones():
    zones = [Zone(file) for file in sorted(os.listdir(os.path.join(LAB, "zones")))
             if file.endswith(".zone")]
    return {zone.name: zone for zone in zones}


def check_signatures(zone, text):
    signatures = [rdata.split() for _, rdata in records(text, "RRSIG")]
    now = time.strftime("%Y%m%d%H%M%S", time.gmtime())
    if zone.modes[0] in ("unsigned", "missing"):
        check(not signatures, f"{zone.name} has no signature")
        return
    check(bool(signatures), f"{zone.name} has signatures")
    for signature in signatures:
        expiration, inception = signature[4], signature[5]
        check((expiration < now) == (zone.modes[0] == "expired"), f"{zone.name}: expiration")
        check((inception > now) == (zone.modes[0] == "future"), f"{zone.name}: inception")


def check_zones(zones):
    for zone in zones.values():
        for server in zone.servers:
            address = BACKEND if server.startswith((RESPONDER, PRIVATE)) else server
            text = dig(address, zone.name, "SOA", "+dnssec", "+nocrypto")
            check(status(text) == "NOERROR" and "aa" in flags(text) and records(text, "SOA"),
                  f"{zone.name} at {address}")
            check_signatures(zone, text)
        if zone.name != ".":
            parent = zone.parent(zones).servers[0]
            text = dig(parent, zone.name, "DS")
            check(bool(records(text, "DS")) == (zone.modes[0] != "unsigned"), f"DS of {zone.name}")


def check_denial(zones):
    """The chain says what the zone file says, and opt-out leaves insecure children out."""
    for zone in zones.values():
        if zone.servers[0].startswith(RESPONDER) or zone.modes[0] in ("unsigned", "missing"):
            continue
        if ["@", "drop"] in zone.forgeries:
            continue
        text = dig(zone.servers[0], "no-such-name." + zone.name.strip("."), "CAA", "+dnssec")
        kind = "NSEC3" if "nsec3" in zone.modes else "NSEC"
        chain = records(text, kind)
        check(status(text) == "NXDOMAIN" and chain, f"{zone.name} denies by {kind}")
        optout = kind == "NSEC3" and all(rdata.split()[1] == "1" for _, rdata in chain)
        check(optout == ("optout" in zone.modes), f"{zone.name}: opt-out flag")
    for name, parent in (("plain.com", "com."), ("blackhole.com", "com."),
                         ("child.empty.com", "empty.com."), ("dead.empty.com", "empty.com.")):
        text = dig(zones[parent].servers[0], name, "DS", "+dnssec")
        bitmaps = [set(rdata.split()[5:]) for _, rdata in records(text, "NSEC3")]
        check(bitmaps and not any("NS" in types and not types & {"DS", "SOA"} for types in bitmaps),
              f"{name} is not in the chain of {parent}")


def check_forgeries(zones):
    """What is denied wrongly is in the answer, or is not, as the zone file says."""
    forged = [(zone, *forgery) for zone in zones.values() for forgery in zone.forgeries]
    check(len(forged) > 10, "denials are forged")
    for zone, name, *types in forged:
        owner = zone.name if name == "@" else f"{name}.{zone.name}"
        kind = "NSEC3" if "nsec3" in zone.modes else "NSEC"
        text = dig(zone.servers[0], owner.replace("*", "no-such-name"), "CAA", "+dnssec")
        chain = records(text, kind)
        if types == ["drop"]:
            check(records(text, "SOA") or records(text, "CAA"), f"{owner} is answered")
            check(kind == "NSEC3" or owner not in [of for of, _ in chain], f"{owner}: no NSEC")
            continue
        wanted = {word.lstrip("+") for word in types}
        check(any(wanted <= set(rdata.split()) and (kind == "NSEC3" or of == owner)
                  for of, rdata in chain), f"{owner}: {wanted}")
        signed = [of for of, rdata in records(text, "RRSIG") if rdata.split()[0] == kind]
        check(set(signed) == {of for of, _ in chain}, f"{owner}: signed")


def check_big():
    for address, name in (("127.0.1.2", "big.basic.caatestsuite.com"),
                          ("127.0.1.8", "many.big.test")):
        text = dig(address, name, "CAA", "+ignore", "+notcp", "+bufsize=1232")
        check("tc" in flags(text), f"{name} is truncated over UDP")
        check(len(records(dig(address, name, "CAA", "+tcp"), "CAA")) == 1001, f"{name} over TCP")


def skip_name(message, position):
    while 0 < message[position] < 64:
        position += message[position] + 1
    return position + (2 if message[position] else 1)


def caa_rdata(server, name):
    """RDATA of the CAA records that a server gives, as hexadecimal text. dig refuses odd tags."""
    labels = [label.encode("ascii") for label in name.split(".") if label]
    query = struct.pack("!HHHHHH", 1, 0, 1, 0, 0, 0)
    query += b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    query += struct.pack("!HH", 257, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(2)
        client.connect((server, 53))
        client.send(query)
        message = client.recv(65535)
    position = len(query)
    found = []
    for _ in range(struct.unpack_from("!H", message, 6)[0]):
        position = skip_name(message, position)
        kind, _, _, length = struct.unpack_from("!HHIH", message, position)
        position += 10
        if kind == 257:
            found.append(message[position:position + length].hex())
        position += length
    return found


def check_octets(zones):
    """Generic RDATA of the zone file against what is served."""
    zone = zones["weird.test."]
    wanted = {}
    for line in zone.text.splitlines():
        found = re.match(r"([a-z0-9-]+)\s+TYPE257 \\# (\d+) ([0-9a-f ]*)$", line)
        if found:
            octets = found.group(3).replace(" ", "")
            wanted.setdefault(found.group(1), []).append(octets)
            check(len(octets) == 2 * int(found.group(2)), f"length: {line}")
    check(len(wanted) > 10, f"{zone.name} has odd records")
    for owner, rdata in wanted.items():
        served = caa_rdata(zone.servers[0], f"{owner}.{zone.name}")
        check(set(rdata) <= set(served), f"octets of {owner}.{zone.name}")


def check_ipv6():
    text = dig("2001:db8:53::1", "ipv6only.caatestsuite.com", "CAA")
    check(len(records(text, "CAA")) == 1, "CAA over IPv6")
    text = dig("127.0.1.2", "ipv6only.caatestsuite.com", "CAA")
    check(not records(text, "CAA") and records(text, "AAAA") and not records(text, "A"),
          "only an IPv6 address leads there")


def check_responder():
    for number, name, wanted in ((1, "www.blackhole.com", "none"),
                                 (2, "www.servfail.com", "SERVFAIL"),
                                 (3, "www.refused.org", "REFUSED"),
                                 (4, "www.notimp.net", "NOTIMP"),
                                 (5, "www.drop.com", "none"),
                                 (6, "www.slow.org", "NOERROR"),
                                 (11, "www.formerr.com", "FORMERR")):
        text = dig(f"{RESPONDER}{number}", name, "CAA", *(["+time=1"] if wanted == "none" else []))
        check(status(text) == wanted, f"{name}: {wanted}")
    for number, name in ((4, "www.notimp.net"), (5, "www.drop.com"), (11, "www.formerr.com")):
        check(records(dig(f"{RESPONDER}{number}", name, "A"), "A"), f"{name} has an address")
    check("tc" in flags(dig(RESPONDER + "7", "truncated.net", "CAA", "+ignore")), "truncated")
    first = dig(RESPONDER + "8", "once.flaky.com", "CAA", "+time=1")
    second = dig(RESPONDER + "8", "once.flaky.com", "CAA")
    check((status(first), status(second)) == ("none", "NXDOMAIN"), "the first packet is lost")
    text = dig(RESPONDER + "9", "www.lame.org", "CAA")
    check("aa" not in flags(text) and records(text, "NS") == [(".", "ns1.")], "lame")
    text = dig(RESPONDER + "12", "www.stranger.org", "CAA")
    check([owner for owner, _ in records(text, "CAA")] == ["stranger.stranger.org."], "stranger")
    for label, rdata in (("no-rdata", [""]), ("short-rdata", ["00"]), ("no-tag", ["0000"]),
                         ("long-tag", ["00096973737565"]), ("www", [])):
        check(caa_rdata(RESPONDER + "10", label + ".malformed.net") == rdata, f"{label}: RDATA")
    check(len(caa_rdata(RESPONDER + "10", "one-of-two.malformed.net")) == 2, "one of two")


def raw(server, name, wait_s=1.0):
    """(what was asked, every datagram that comes back until nothing does)"""
    labels = [label.encode("ascii") for label in name.split(".")]
    query = struct.pack("!HHHHHH", 0x1357, 0, 1, 0, 0, 0)
    query += b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    query += struct.pack("!HH", 257, 1)
    got = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(wait_s)
        client.connect((server, 53))
        client.send(query)
        for _ in range(3):
            try:
                got.append(client.recv(65535))
            except TimeoutError:
                break
    return query, got


def check_broken():
    """Replies that are none, octet by octet."""
    broken = RESPONDER + "13"
    for name, wanted in (
            ("www.garbage.net", lambda q, m: m[:2] != q[:2]),
            ("www.garbage-id.net", lambda q, m: m[:2] == q[:2] and m[12:20] != q[12:20]),
            ("www.wrong-id.net", lambda q, m: m[:2] != q[:2] and b"issue" in m and q[12:] in m),
            ("www.wrong-question.net", lambda q, m: m[:2] == q[:2] and b"\3xxx" in m),
            ("www.no-question.net", lambda q, m: m[:2] == q[:2] and m[4:8] == b"\0\0\0\1"),
            ("www.query.net", lambda q, m: m == q),
            ("www.void.net", lambda q, m: m == b""),
            ("www.short.net", lambda q, m: 0 < len(m) < 12),
            ("www.cut-off.net", lambda q, m: len(m) == 512 and not m[2] & 2 and m[6:8] == b"\0e"),
            ("www.oversize.net", lambda q, m: len(m) > 1232 and not m[2] & 2)):
        asked, got = raw(broken, name, 0.3)
        check(len(got) == 1 and wanted(asked, got[0]), name)
    asked, got = raw(broken, "www.spoof.net", 0.3)
    check([m[:2] == asked[:2] for m in got] == [False, True] and b"issueca" in got[0], "www.spoof.net")
    check([raw(broken, "x.once.net", 0.3)[1][0][3] & 15 for _ in range(2)] == [2, 3], "x.once.net")


def check_names():
    """Servers that are particular about names, and one that denies with its parent's proof."""
    letters = RESPONDER + "14"
    for name, zone, rcode, echoed in (("wWw", "lower.org", 0, b"www"), ("wWw", "upper.org", 0, b"WWW"),
                                      ("wWw", "exact.org", 3, b"wWw"), ("www", "exact.org", 0, b"www")):
        _, got = raw(letters, f"{name}.{zone}", 0.3)
        check(got[0][3] & 15 == rcode and got[0][13:16] == echoed, f"{name}.{zone}")
    check(status(dig(RESPONDER + "16", "ent.hollow.org", "CAA")) == "NXDOMAIN", "ent.hollow.org")
    check(records(dig(RESPONDER + "16", "www.ent.hollow.org", "CAA"), "CAA"), "www.ent.hollow.org")
    for name, wanted in (("www.ancestor.test", "NXDOMAIN"), ("ancestor.test", "NOERROR")):
        text = dig(RESPONDER + "15", name, "CAA", "+dnssec")
        proof = [set(rdata.split()[1:]) for of, rdata in records(text, "NSEC") if of == "ancestor.test."]
        check(status(text) == wanted and len(proof) == 1 and "NS" in proof[0] and "SOA" not in proof[0],
              f"{name}: the parent's NSEC")
    with socket.create_connection((RESPONDER + "18", 53), timeout=2) as silent:
        silent.settimeout(0.3)
        silent.send(b"\0\1x")
        said = True
        try:
            silent.recv(1)
        except TimeoutError:
            said = False
        check(not said, "TCP connects and stays silent")


def check_cases(zones):
    with open(os.path.join(LAB, "cases.json"), encoding="ascii") as file:
        cases = json.load(file)
    check(len({case["case"] for case in cases}) == len(cases), "case names are unique")
    for case in cases:
        label = case["case"]
        check(not set(case) - MEMBERS, f"{label}: members")
        check(case["expect"] in VERDICTS and case["about"].endswith("."), f"{label}: verdict, text")
        for name in case["names"]:
            bare = name.split("@")[-1].lower() + "."
            check(any(bare == zone or bare.endswith("." + zone) for zone in zones if zone != "."),
                  f"{label}: {name} is in a zone")
        if "found_at" in case:
            check(any(("." + name.split("@")[-1].lower()).endswith("." + case["found_at"])
                      for name in case["names"]), f"{label}: found_at is above a name")
    names = {case["names"][0] for case in cases if case.get("suite") and len(case["names"]) == 1}
    deny = {name for name in names if "auto-" not in name and "loop" not in name}
    check(len(deny) == SUITE_NAMES, f"{SUITE_NAMES} deny names of the suite, not {len(deny)}")


def check_labgen():
    """A bad zone file is refused by file and line."""
    build = os.environ.get("CAAPROOF_BUILD", os.path.join(LAB, "..", "build"))
    head = "; lab: signed nsec\n; served: 127.0.1.1\n"
    for line in ("x CAA 0 issue", "x TYPE257 \\# 3 00", "$GENERATE 5-1 a TXT x", "; lab: nonsense",
                 "a.other. A 192.0.2.1", "@ NS a.b.", "; served: 1 2 3 4", "; forge: x",
                 "; forge: x +NOTYPE", "; forge: x CAA", "; forge: x drop +CAA"):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bad.test.zone")
            shutil.copy(os.path.join(LAB, "zones", "root.zone"), folder)
            with open(path, "w", encoding="ascii") as file:
                file.write(head + line + "\n")
            done = subprocess.run([os.path.join(build, "lab", "labgen"), folder, folder],
                                  stderr=subprocess.PIPE, text=True, timeout=20, check=False)
            check(done.returncode == 70 and done.stderr.startswith(f"labgen: {path}:3: "),
                  f"refused: {line}")


def run_lab(*arguments, **options):
    return subprocess.run([RUN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60, check=False, **options)


def check_run():
    done = run_lab("sh", "-c", "cat; exit 7", input="through\n")
    check((done.returncode, done.stdout, done.stderr) == (7, "through\n", ""),
          "input, output and exit code are the command's")
    check(run_lab("--help").stdout.startswith("usage: lab/run"), "--help")
    environment = dict(os.environ, CAAPROOF_BUILD="/nonexistent")
    done = run_lab("true", env=environment)
    check(done.returncode == 69 and "run \"make build\" first" in done.stderr, "no build")
    with subprocess.Popen([RUN, "sh", "-c", "echo $CAAPROOF_LAB_DIR; exec sleep 60"],
                          stdout=subprocess.PIPE, text=True) as process:
        folder = process.stdout.readline().strip()
        check(os.path.isdir(folder), "the lab has a folder")
        process.send_signal(signal.SIGTERM)
        check(process.wait(20) == 128 + signal.SIGTERM, "SIGTERM reaches the command")
        check(not os.path.exists(folder), "nothing is left behind")


def main():
    if os.environ.get("CAAPROOF_LAB") != "1":
        os.execv(RUN, [RUN, sys.executable, os.path.abspath(__file__)])
    zones = read_zones()
    check_zones(zones)
    check_denial(zones)
    check_forgeries(zones)
    check_big()
    check_octets(zones)
    check_ipv6()
    check_responder()
    check_broken()
    check_names()
    check_cases(zones)
    check_labgen()
    check_run()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
