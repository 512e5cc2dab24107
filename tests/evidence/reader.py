#!/usr/bin/env python3
"""Reads records and objects of caaproof. Written from docs/formats/record.md and record.cddl, and from nothing else: a
second reader beside the one in C, with Python's standard library only.

    Record.decode(octets)     a check              Entry.decode(octets)   an entry of the log
    Begin.decode(octets)      a shard begins       Answer.decode(octets)  an answer
    Seal.decode(octets)       a shard ends         Context.decode(octets) what checks share
    Start.decode(octets)      a check has begun    Event.decode(octets)   something else happened
    own_hash(names)           OWN as records have it

Each gives a value, or raises Refused with the reason. Nothing is guessed: what is not understood, is not in its one form
or contradicts itself is refused. says() gives what was read as JSON, in the form of docs/formats/vectors.

As a program it reads one file of octets: reader.py KIND FILE, and prints that JSON."""
import dataclasses
import hashlib
import json
import re
import socket
import sys

VERSION = 1
SALT = 16
RECORD_MAX = 1 << 24
DEPTH = 16
NAMES_MAX = 10000
ANSWERS_MAX = 1000000
RULES_MAX = 256
HASH = 32
LINE_MAX = 1000

MOMENT_FIRST, MOMENT_LAST = -62167219200, 253402300799

# Numbered from 1, from bad to good: a conclusion is nowhere to the right of a finding.
VERDICTS = ("DENY", "FAIL", "ARGUABLE", "PERMIT-LF", "PERMIT", "EXEMPT", "NA")
POSITIVE = ("PERMIT", "PERMIT-LF", "EXEMPT", "NA")
PURPOSES = ("tls", "smime", "vmc")
PROFILES = ("tls-br", "smime-br", "vmc", "private", "proposal-2016")
NAME_KINDS = {1: "dns", 2: "wildcard", 3: "onion", 4: "onion-wildcard", 5: "ip", 6: "mailbox"}
REGIONS = ("AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE")
TYPES = {257: "CAA", 39: "DNAME"}
OUTCOMES = ("records", "nodata", "nxdomain", "timeout", "servfail", "refused", "truncated", "malformed", "loop", "bogus",
            "indeterminate", "deadline", "error")
ANSWERED = ("records", "nodata", "nxdomain")
DNSSEC = ("secure", "insecure", "bogus", "indeterminate")
MALFORMED = ("message", "rdata", "owner")
ORDERS = ("bottom-up", "top-down", "parallel")
MESSAGES = ("full", "proof", "digest")
SERIAL_MAX = 64
# Numbered from 1: what an event of the type needs, may not have, and of what it needs one.
EVENTS = {
    "claim": (("about",), ("certificate",), ()),
    "claim-refused": (("about", "why"), ("certificate",), ()),
    "late": (("about",), ("certificate",), ()),
    "issuance": (("certificate",), (), ("about", "request")),
    "stop": (("why",), (), ()),
    "acknowledged": (("by", "why"), ("certificate", "request"), ()),
    "override-refused": ((), ("certificate",), ("about", "request")),
    "interrupted": (("request",), ("about", "certificate"), ()),
}


class Refused(Exception):
    """Octets that are not what they are taken for."""


def need(condition, why):
    if not condition:
        raise Refused(why)


# ---- deterministic CBOR (RFC 8949 section 4.2.1)

class Map(list):
    """Pairs of key and value, in their order; as a list, since True and 1 would be one key of a dict."""


class Decoder:
    """One item after the other. Integers become int, strings bytes and str, arrays list, maps Map; false, true and null are
    False, True and None. All else is refused, and so is every form of these but the one."""

    NEST = 64  # more than any record has; so that Python's own stack is never the limit

    def __init__(self, octets):
        self.octets = octets
        self.at = 0

    def take(self, n):
        need(n <= len(self.octets) - self.at, "cut off")
        taken = self.octets[self.at:self.at + n]
        self.at += n
        return taken

    def head(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info
        need(info < 28, "a reserved or indefinite length")
        octets = 1 << (info - 24)
        value = int.from_bytes(self.take(octets), "big")
        least = 24 if octets == 1 else 1 << 4 * octets
        need(value >= least, "a number in a longer form than it needs")
        return major, value

    def text(self, n):
        try:
            return self.take(n).decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("text that is not UTF-8") from None

    def pairs(self, n, nest):
        items = Map()
        last = b""
        for _ in range(n):
            begin = self.at
            key = self.item(nest)
            encoded = self.octets[begin:self.at]
            need(not isinstance(key, list), "an array or a map as a key")
            need(encoded > last, "keys out of order, or twice")
            last = encoded
            items.append((key, self.item(nest)))
        return items

    def item(self, nest=NEST):
        begin = self.at
        major, value = self.head()
        if major == 0:
            return value
        if major == 1:
            return -1 - value
        if major == 2:
            return self.take(value)
        if major == 3:
            return self.text(value)
        if major in (4, 5):
            need(nest > 0, "arrays or maps too deep inside each other")
            need(value <= len(self.octets) - self.at, "cut off")
            if major == 4:
                return [self.item(nest - 1) for _ in range(value)]
            return self.pairs(value, nest - 1)
        need(major == 7 and self.at - begin == 1 and value in (20, 21, 22), "a tag, a real number or a value without meaning")
        return {20: False, 21: True, 22: None}[value]

    @classmethod
    def whole(cls, octets):
        need(len(octets) <= RECORD_MAX, "too long")
        decoder = cls(octets)
        item = decoder.item()
        need(decoder.at == len(octets), "octets behind the end")
        return item


def depth(item):
    """Arrays and maps inside each other."""
    if isinstance(item, Map):
        return 1 + max((depth(value) for _, value in item), default=0)
    if isinstance(item, list):
        return 1 + max((depth(value) for value in item), default=0)
    return 0


# ---- what items have to be

def is_int(item):
    return type(item) is int  # not bool


def number(item, most=(1 << 64) - 1):
    need(is_int(item) and 0 <= item <= most, "a number that is none, or too large")
    return item


def text(item, empty=True):
    need(isinstance(item, str) and (empty or item), "a text is needed")
    return item


def octets_of(item, least=0, most=RECORD_MAX):
    need(isinstance(item, bytes) and least <= len(item) <= most, "octets are needed")
    return item


def hash_of(item):
    return octets_of(item, HASH, HASH)


def word(item, words):
    need(isinstance(item, str) and item in words, "a word that is not known")
    return item


def numbered(item, words):
    """The word with that number, from 1."""
    need(is_int(item) and 1 <= item <= len(words), "a number that stands for nothing")
    return words[item - 1]


def moment(item):
    need(is_int(item) and MOMENT_FIRST <= item <= MOMENT_LAST, "a moment that is none")
    return item


def array(item, read, least=0, most=RECORD_MAX):
    need(isinstance(item, list) and not isinstance(item, Map) and least <= len(item) <= most, "an array is needed")
    return [read(one) for one in item]


def parts(item, *counts):
    """An array of one of these lengths."""
    need(isinstance(item, list) and not isinstance(item, Map) and len(item) in counts, "an array of another length")
    return item


def members(item, needed, optional=(), known=()):
    """A map of numbers as a dict. Keys from 0 on are critical; what stands under negative ones that are not known is passed
    over."""
    need(isinstance(item, Map), "a map is needed")
    found = {}
    for key, value in item:
        need(is_int(key) and -(1 << 63) <= key < 1 << 63, "a key that is no number")
        if key < 0 and key not in known:
            need(depth(value) <= DEPTH, "arrays or maps too deep inside each other")
            continue
        need(key < 0 or key in needed or key in optional, f"a critical key that is not known: {key}")
        found[key] = value
    need(all(key in found for key in needed), "a member is missing")
    return found


def contract(item):
    """A map of texts, as docs/json.md has it, kept as it is."""
    need(isinstance(item, Map) and item, "members are needed")
    need(all(isinstance(key, str) for key, _ in item), "a member without a name")
    need(depth(item) <= DEPTH, "arrays or maps too deep inside each other")
    return item


def kept_array(item):
    need(isinstance(item, list) and not isinstance(item, Map) and depth(item) <= DEPTH, "an array is needed")
    return item


def true(item):
    need(item is True, "true, or nothing")
    return True


def line(item):
    text(item, False)
    need(len(item.encode()) <= LINE_MAX and all(c >= " " and c != "\x7f" for c in item), "a text that is not one line")
    return item


def distinct(items):
    return len(set(items)) == len(items)


def salted(octets, needed, optional=(), known=()):
    """Salt and members of a record."""
    need(SALT < len(octets) <= RECORD_MAX, "too short, or too long")
    m = members(Decoder.whole(octets[SALT:]), needed, optional, known)
    need(number(m[0]) == VERSION, "a version that is not known")
    return octets[:SALT], m


# ---- names

LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?", re.ASCII)


def is_host(name):
    labels = name.split(".")
    return (all(LABEL.fullmatch(label) and len(label) <= 63 for label in labels)
            and sum(len(label) + 1 for label in labels) + 1 <= 255)


def is_onion(name):
    return name.split(".")[-1] == "onion"


def is_address(name):
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    try:
        return "\0" not in name and socket.inet_ntop(family, socket.inet_pton(family, name)) == name
    except (OSError, UnicodeError):
        return False


def wire_name(item):
    """A name as DNS has it: a tuple of labels."""
    octets = octets_of(item, 1, 255)
    labels = []
    at = 0
    while octets[at] != 0:
        n = octets[at]
        need(n <= 63 and at + 1 + n < len(octets), "no name of DNS in its plain form")
        labels.append(octets[at + 1:at + 1 + n])
        at += 1 + n
    need(at + 1 == len(octets), "octets behind a name")
    need(octets == bytes(c + 32 if 65 <= c <= 90 else c for c in octets), "a name in upper case")
    return tuple(labels)


def presentation(labels):
    """RFC 1035 section 5.1, without the final dot."""
    def escaped(c):
        if c in b".\\":
            return "\\" + chr(c)
        return chr(c) if 0x20 < c < 0x7f else f"\\{c:03d}"
    return ".".join("".join(escaped(c) for c in label) for label in labels) or "."


# ---- JSON of the vectors

def rfc3339(seconds):
    """Also of the year 0, which datetime does not have."""
    if seconds is None:
        return None
    days, rest = divmod(seconds, 86400)
    era, of_era = divmod(days + 719468, 146097)
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year += era * 400 + (1 if month <= 2 else 0)
    return f"{year:04d}-{month:02d}-{day:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"


def hexadecimal(octets):
    return None if octets is None else octets.hex()


def plain(item):
    """A map of texts as JSON has it."""
    if isinstance(item, Map):
        return {key: plain(value) for key, value in item}
    if isinstance(item, list):
        return [plain(value) for value in item]
    return item


# ---- records

@dataclasses.dataclass(frozen=True)
class Case:
    purpose: str
    profile: str
    epoch: str

    @classmethod
    def of(cls, item):
        purpose, profile, epoch = parts(item, 3)
        return cls(numbered(purpose, PURPOSES), numbered(profile, PROFILES), text(epoch))

    def says(self):
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Name:
    kind: str
    text: str
    validation: int  # place, or None

    @classmethod
    def of(cls, item):
        kind, name, *validation = parts(item, 2, 3)
        need(is_int(kind) and kind in NAME_KINDS, "a kind of name that is not known")
        self = cls(NAME_KINDS[kind], text(name), number(validation[0], NAMES_MAX - 1) if validation else None)
        need(self.is_of_its_kind(), "a name that is not of its kind, or not in its one form")
        return self

    def is_of_its_kind(self):
        if self.kind == "ip":
            return is_address(self.text)
        if self.kind == "mailbox":
            return is_host(self.text)
        return is_host(self.text) and is_onion(self.text) == self.kind.startswith("onion")

    def says(self):
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Validation:
    accounts: list
    methods: list

    @classmethod
    def of(cls, item):
        accounts, methods = parts(item, 2)
        return cls(array(accounts, text, 0, 64), array(methods, text, 0, 64))

    def says(self):
        return dataclasses.asdict(self)


def note_of(item):
    code, *detail = parts(item, 1, 2)
    return {"code": text(code), "detail": octets_of(detail[0], 1).hex() if detail else None}


def reading_of(item):
    verdict, reading = parts(item, 2)
    return {"verdict": numbered(verdict, VERDICTS), "reading": text(reading)}


@dataclasses.dataclass(frozen=True)
class Finding:
    verdict: str
    reason: str
    rules: list
    valid_until: int  # or None
    found: int        # place of an answer, or None
    notes: list
    readings: list
    seen: list        # places of answers, or None: all

    @classmethod
    def of(cls, item):
        m = members(item, (0, 1, 2), (3, 4, 5, 6, 7))
        return cls(numbered(m[0], VERDICTS), text(m[1]), array(m[2], text, 0, RULES_MAX),
                   moment(m[3]) if 3 in m else None, number(m[4]) if 4 in m else None,
                   array(m[5], note_of, 1, 24) if 5 in m else [], array(m[6], reading_of, 1, 4) if 6 in m else [],
                   array(m[7], number, 0, 384) if 7 in m else None)

    def refers_within(self, answers):
        return all(place < answers for place in [self.found or 0] * (self.found is not None) + (self.seen or []))

    def says(self):
        return {**dataclasses.asdict(self), "valid_until": rfc3339(self.valid_until)}


@dataclasses.dataclass(frozen=True)
class Conclusion:
    verdict: str
    reason: str
    rules: list
    valid_until: int  # or None
    hypothetical: bool
    expires: int      # or None: no permit

    @classmethod
    def of(cls, item, first):
        """first: the first finding, whose reason is not said again."""
        m = members(item, (0, 2), (1, 3, 4, 5))
        need(1 not in m or text(m[1]) != first.reason, "the first finding's reason again")
        self = cls(numbered(m[0], VERDICTS), m.get(1, first.reason), array(m[2], text, 0, RULES_MAX),
                   moment(m[3]) if 3 in m else None, 4 in m and true(m[4]), moment(m[5]) if 5 in m else None)
        if self.expires is not None:
            need(self.verdict in POSITIVE and not self.hypothetical, "a permit on a verdict that permits nothing")
            need(self.valid_until is None or self.expires <= self.valid_until + 1, "a permit that outlives the verdict")
        return self

    def says(self):
        return {**dataclasses.asdict(self), "valid_until": rfc3339(self.valid_until), "expires": rfc3339(self.expires)}


@dataclasses.dataclass(frozen=True)
class Corroboration:
    kind: str
    object: bytes
    used: int
    agreed: int
    regions: list

    @classmethod
    def of(cls, item):
        m = members(item, (0, 1, 2, 3, 4))
        self = cls(word(m[0], ("external", "own")), hash_of(m[1]), number(m[2]), number(m[3]),
                   array(m[4], lambda region: word(region, REGIONS), 0, 5))
        need(self.agreed <= self.used and len(self.regions) <= self.agreed, "more agree than were used")
        need(distinct(self.regions), "a region twice")
        return self

    def says(self):
        return {**dataclasses.asdict(self), "object": self.object.hex()}


@dataclasses.dataclass(frozen=True)
class Record:
    """A check: kind 1 of the log entry."""

    salt: bytes
    time_ms: int
    authority: bytes         # or None
    own: bytes
    context: bytes
    date: int
    cases: list
    names: list
    answers: list
    findings: list
    conclusion: Conclusion
    request: str             # or None
    deadline_ms: int         # or None
    validations: list
    facts: Map               # or None
    corroboration: Corroboration  # or None
    body: bytes              # or None
    caller: str              # or None
    own_verdict: str         # or None: what the caller's own system said
    shadow: bool             # nothing was permitted

    @classmethod
    def decode(cls, octets):
        salt, m = salted(octets, (0, 1, 3, 4, 5, 6, 7, 8, 9, 10), (2, 11, 12, 13, 14, 15), (-1, -2, -3, -4))
        findings = array(m[9], Finding.of, 1, NAMES_MAX)
        self = cls(
            salt, number(m[1]), hash_of(m[2]) if 2 in m else None, hash_of(m[3]), hash_of(m[4]), moment(m[5]),
            array(m[6], Case.of, 1, 2), array(m[7], Name.of, 1, NAMES_MAX), array(m[8], hash_of, 0, ANSWERS_MAX),
            findings, Conclusion.of(m[10], findings[0]), text(m[11], False) if 11 in m else None,
            number(m[12]) if 12 in m else None, array(m[13], Validation.of, 1, NAMES_MAX) if 13 in m else [],
            contract(m[14]) if 14 in m else None, Corroboration.of(m[15]) if 15 in m else None,
            hash_of(m[-1]) if -1 in m else None, line(m[-2]) if -2 in m else None,
            numbered(m[-3], VERDICTS) if -3 in m else None, -4 in m and true(m[-4]))
        self.check()
        return self

    def check(self):
        """What its members must be for each other."""
        need(len(self.cases) == 1 or self.cases[1].purpose == "smime", "a second case that is not that of mailboxes")
        need(len(self.findings) == len(self.names), "not one finding for each name")
        need(all(name.validation is None or name.validation < len(self.validations) for name in self.names),
             "a name refers to a validation that is not there")
        need(all(finding.refers_within(len(self.answers)) for finding in self.findings),
             "a finding refers to an answer that is not there")
        worst = min(VERDICTS.index(finding.verdict) for finding in self.findings)
        need(VERDICTS.index(self.conclusion.verdict) <= worst, "a conclusion better than a finding")
        need(not self.shadow or self.conclusion.expires is None, "a permit in shadow mode")

    def says(self):
        return {"salt": self.salt.hex(), "time_ms": self.time_ms, "authority": hexadecimal(self.authority),
                "own": self.own.hex(), "context": self.context.hex(), "date": rfc3339(self.date),
                "cases": [case.says() for case in self.cases], "names": [name.says() for name in self.names],
                "answers": [answer.hex() for answer in self.answers],
                "findings": [finding.says() for finding in self.findings], "conclusion": self.conclusion.says(),
                "request": self.request, "deadline_ms": self.deadline_ms,
                "validations": [validation.says() for validation in self.validations], "facts": plain(self.facts),
                "corroboration": self.corroboration.says() if self.corroboration else None, "body": hexadecimal(self.body),
                "caller": self.caller, "own_verdict": self.own_verdict, "shadow": self.shadow}


# ---- ends of shards

@dataclasses.dataclass(frozen=True)
class Before:
    """The shard before, as the first record of a shard names it."""

    origin: str
    vkey: str
    checkpoint: bytes
    later: bytes  # or None

    @classmethod
    def of(cls, item):
        m = members(item, (0, 1, 2), (3,))
        return cls(text(m[0]), text(m[1]), octets_of(m[2]), octets_of(m[3], 1) if 3 in m else None)

    def says(self):
        return {**dataclasses.asdict(self), "checkpoint": self.checkpoint.hex(), "later": hexadecimal(self.later)}


@dataclasses.dataclass(frozen=True)
class Begin:
    """The first record of a shard: kind 2 of the log entry."""

    salt: bytes
    time_ms: int
    origin: str
    vkey: str
    before: Before  # or None
    software: str   # or None

    @classmethod
    def decode(cls, octets):
        salt, m = salted(octets, (0, 1, 2, 3), (4, 5))
        return cls(salt, number(m[1]), text(m[2]), text(m[3]), Before.of(m[4]) if 4 in m else None,
                   text(m[5], False) if 5 in m else None)

    def says(self):
        return {**dataclasses.asdict(self), "salt": self.salt.hex(), "before": self.before and self.before.says()}


@dataclasses.dataclass(frozen=True)
class Seal:
    """The last record of a shard: kind 3 of the log entry."""

    salt: bytes
    time_ms: int
    origin: str  # of the next shard
    vkey: str

    @classmethod
    def decode(cls, octets):
        salt, m = salted(octets, (0, 1, 2, 3))
        return cls(salt, number(m[1]), text(m[2]), text(m[3]))

    def says(self):
        return {**dataclasses.asdict(self), "salt": self.salt.hex()}


# ---- starts and events

@dataclasses.dataclass(frozen=True)
class Start:
    """A request was accepted and its check has begun: kind 4 of the log entry."""

    salt: bytes
    time_ms: int
    authority: bytes  # or None
    request: str
    body: bytes
    deadline_ms: int
    caller: str       # or None
    previous: bytes   # or None

    @classmethod
    def decode(cls, octets):
        salt, m = salted(octets, (0, 1, 3, 4, 5), (2, 6, 7))
        return cls(salt, number(m[1]), hash_of(m[2]) if 2 in m else None, text(m[3], False), hash_of(m[4]), number(m[5]),
                   line(m[6]) if 6 in m else None, hash_of(m[7]) if 7 in m else None)

    def says(self):
        return {**dataclasses.asdict(self), "salt": self.salt.hex(), "authority": hexadecimal(self.authority),
                "body": self.body.hex(), "previous": hexadecimal(self.previous)}


@dataclasses.dataclass(frozen=True)
class Event:
    """Something else that evidence needs: kind 5 of the log entry."""

    salt: bytes
    time_ms: int
    type: str
    about: bytes        # or None, as all below
    by: str
    why: str
    authority: bytes
    certificate: bytes
    request: str

    @classmethod
    def decode(cls, octets):
        salt, m = salted(octets, (0, 1, 2), (3, 4, 5, 6, 7, 8), (-2, -3, -4))
        self = cls(salt, number(m[1]), numbered(m[2], tuple(EVENTS)), hash_of(m[3]) if 3 in m else None,
                   line(m[4]) if 4 in m else None, line(m[5]) if 5 in m else None, hash_of(m[6]) if 6 in m else None,
                   hash_of(m[7]) if 7 in m else None, text(m[8], False) if 8 in m else None)
        self.check()
        self.check_issued(m)
        return self

    def check_issued(self, m):
        """What an issuance is found by, under negative keys."""
        serial, precertificate = m.get(-2, b"\0"), m.get(-4, bytes(32))
        need(isinstance(serial, bytes) and 0 < len(serial) <= SERIAL_MAX, "a serial number of another length")
        need(m.get(-3, True) is True, "a precertificate that is none")
        hash_of(precertificate)
        need(self.type == "issuance" or not {-2, -3, -4} & set(m), "a serial number where none can be")
        need(not (-3 in m and -4 in m), "a precertificate that has a precertificate")

    def check(self):
        """What its type needs and may not have."""
        needs, never, either = EVENTS[self.type]
        need(all(getattr(self, member) is not None for member in needs), "a member that its type needs is missing")
        need(all(getattr(self, member) is None for member in never), "a member that its type does not have")
        need(not either or any(getattr(self, member) is not None for member in either), "an event about nothing")

    def says(self):
        return {**dataclasses.asdict(self), "salt": self.salt.hex(), "about": hexadecimal(self.about),
                "authority": hexadecimal(self.authority), "certificate": hexadecimal(self.certificate)}


# ---- log entries

RECORDS = {1: Record, 2: Begin, 3: Seal, 4: Start, 5: Event}


@dataclasses.dataclass(frozen=True)
class Entry:
    """What the log's leaf is made of: 42 octets."""

    kind: int  # 1 a check, 2 a shard begins, 3 it ends, 4 a check has begun, 5 an event
    time_ms: int
    digest: bytes

    @classmethod
    def decode(cls, octets):
        need(len(octets) == 42 and octets[0] == VERSION and octets[1] in RECORDS, "no entry")
        return cls(octets[1], int.from_bytes(octets[2:10], "big"), octets[10:])

    @classmethod
    def of_record(cls, octets, kind=1):
        """The entry that a record must have."""
        record = RECORDS[kind].decode(octets)
        return cls(kind, record.time_ms, hashlib.sha256(octets).digest())

    def encode(self):
        return bytes((VERSION, self.kind)) + self.time_ms.to_bytes(8, "big") + self.digest

    def says(self):
        return {**dataclasses.asdict(self), "digest": self.digest.hex()}


# ---- objects

def own_hash(names):
    """Of the issuer domain names in force."""
    need(all(name and "\n" not in name for name in names), "a name of OWN that no name can be")
    lower = {bytes(c + 32 if 65 <= c <= 90 else c for c in name.encode("utf-8")) for name in names}
    return hashlib.sha256(b"".join(name + b"\n" for name in sorted(lower))).digest()


@dataclasses.dataclass(frozen=True)
class Own:
    name: str
    since: int  # or None
    until: int  # or None
    issuemail_parameters: bool

    @classmethod
    def of(cls, item):
        name, since, until, parameters = parts(item, 4)
        need(isinstance(parameters, bool), "true or false is needed")
        return cls(text(name, False), None if since is None else moment(since),
                   None if until is None else moment(until), parameters)

    def is_in_force(self, date):
        return (self.since is None or self.since <= date) and (self.until is None or date < self.until)

    def says(self):
        return {"name": self.name, "from": rfc3339(self.since), "until": rfc3339(self.until),
                "issuemail_parameters": self.issuemail_parameters}


@dataclasses.dataclass(frozen=True)
class Context:
    software: str
    resolver: str
    anchors: list
    own: list
    policy: Map
    order: str
    messages: str
    perspectives: list  # or None; kept as it is, see Perspectives

    @classmethod
    def decode(cls, octets):
        m = members(Decoder.whole(octets), range(8), (8,))
        need(number(m[0]) == VERSION, "a version that is not known")
        return cls(text(m[1]), text(m[2]), array(m[3], text, 0, 64), array(m[4], Own.of, 0, 1000), contract(m[5]),
                   word(m[6], ORDERS), word(m[7], MESSAGES), kept_array(m[8]) if 8 in m else None)

    def says(self):
        return {**dataclasses.asdict(self), "own": [own.says() for own in self.own], "policy": plain(self.policy),
                "perspectives": plain(self.perspectives)}


def place_of(item):
    latitude, longitude, region = parts(item, 3)
    need(is_int(latitude) and abs(latitude) <= 90_000_000, "no latitude")
    need(is_int(longitude) and abs(longitude) <= 180_000_000, "no longitude")
    return {"latitude": latitude, "longitude": longitude, "region": word(region, REGIONS)}


def perspective_of(item):
    code, place, resolver, since, until, state = parts(item, 6)
    return {"code": text(code, False), "place": place_of(place), "resolver": place_of(resolver),
            "from": None if since is None else rfc3339(moment(since)),
            "until": None if until is None else rfc3339(moment(until)), "state": text(state)}


@dataclasses.dataclass(frozen=True)
class Perspectives:
    """What stands under 8 of a context, as octets of its own."""

    primary: dict
    remotes: list

    @classmethod
    def decode(cls, octets):
        primary, *remotes = array(Decoder.whole(octets), perspective_of, 2, 65)
        need(distinct([remote["code"] for remote in remotes]), "a code twice")
        return cls(primary, remotes)

    def says(self):
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Supplied:
    """The object of a corroboration."""

    form: str
    names: list  # (name, bodies)

    @staticmethod
    def name_of(item):
        name, bodies = parts(item, 2)
        return text(name), array(bodies, octets_of, 1, 16)

    @classmethod
    def decode(cls, octets):
        m = members(Decoder.whole(octets), range(3))
        need(number(m[0]) == VERSION, "a version that is not known")
        self = cls(word(m[1], ("open-mpic",)), array(m[2], cls.name_of, 1, 10000))
        names = [name.encode() for name, _ in self.names]
        need(all(a < b for a, b in zip(names, names[1:])), "names out of order")
        return self

    def says(self):
        return {"form": self.form,
                "names": [{"name": name, "bodies": [body.hex() for body in bodies]} for name, bodies in self.names]}


@dataclasses.dataclass(frozen=True)
class RestsOn:
    message: bytes  # or None
    dnssec: str
    time: int
    name: tuple
    type: int

    @classmethod
    def of(cls, item):
        message, dnssec, time, name, kind = parts(item, 5)
        need(message is None or any(hash_of(message)), "a hash of zeros")
        return cls(message, word(dnssec, DNSSEC), moment(time), wire_name(name), number(kind, 0xffff))

    def says(self):
        return {**dataclasses.asdict(self), "message": hexadecimal(self.message), "time": rfc3339(self.time),
                "name": presentation(self.name)}


def exchange_of(item):
    server, transport, after, *reply = parts(item, 3, 5)
    rcode, ms = (number(reply[0], 0xff), number(reply[1], 0xffffffff)) if reply else (None, None)
    return {"server": text(server), "transport": word(transport, ("udp", "tcp")), "after": number(after, 0xffffffff),
            "rcode": rcode, "ms": ms}


def caa_of(item):
    flags, tag, value = parts(item, 3)
    return number(flags, 0xff), octets_of(tag, 1, 0xff), octets_of(value, 0, 0xffff)


def cut_of(item):
    how, at = parts(item, 2)
    return {"how": text(how, False), "at": presentation(wire_name(at))}


@dataclasses.dataclass(frozen=True)
class Answer:
    name: tuple
    type: str
    outcome: str
    malformed: str   # or None
    dnssec: str
    attempts: int
    time: int        # or None: the record's date
    ttl: int         # or None
    aliases: list
    records_at: tuple  # or None: there are no records
    records: list    # (flags, tag, value)
    message: bytes   # or None
    proof: list
    control: list
    exchanges: list
    proved: bool
    cut: dict        # or None
    why: bytes       # or None

    @classmethod
    def decode(cls, octets):
        m = members(Decoder.whole(octets), range(6), range(6, 19))
        need(number(m[0]) == VERSION, "a version that is not known")
        need(is_int(m[2]) and m[2] in TYPES, "neither of CAA nor of DNAME")
        name = wire_name(m[1])
        records = array(m[10], caa_of, 1, 65535) if 10 in m else []
        need(9 not in m or (records and m[9] != m[1]), "an owner of records for nothing")
        self = cls(
            name, TYPES[m[2]], word(m[3], OUTCOMES), word(m[18], MALFORMED) if 18 in m else None, word(m[4], DNSSEC),
            number(m[5], 0xffffffff), moment(m[6]) if 6 in m else None, number(m[7], 0xffffffff) if 7 in m else None,
            array(m[8], wire_name, 1, 128) if 8 in m else [],
            (wire_name(m[9]) if 9 in m else name) if records else None, records, hash_of(m[11]) if 11 in m else None,
            array(m[12], RestsOn.of, 1, 64) if 12 in m else [], array(m[13], RestsOn.of, 1, 16) if 13 in m else [],
            array(m[14], exchange_of, 1, 32) if 14 in m else [], 15 in m and true(m[15]),
            cut_of(m[16]) if 16 in m else None, octets_of(m[17], 1) if 17 in m else None)
        self.check()
        return self

    def check(self):
        """What its members must be for each other."""
        positive = self.outcome == "records"
        need(self.malformed is None or self.outcome == "malformed", "a kind of fault without the outcome")
        need(distinct([control.name for control in self.control]), "a control name twice")
        if self.type == "DNAME":
            need(not self.records, "records about DNAME")
            need(self.outcome not in ANSWERED or len(self.aliases) == positive, "a DNAME without its target, or with more")
            return
        need(positive == bool(self.records), "records without their outcome, or the outcome without records")
        chain = [self.name, *self.aliases]
        need(self.records_at is None or self.records_at in chain, "records of a name that was not asked for")
        need(self.outcome == "loop" or distinct(chain), "aliases that return to a name")

    def says(self):
        return {**dataclasses.asdict(self), "name": presentation(self.name), "time": rfc3339(self.time),
                "aliases": [presentation(alias) for alias in self.aliases],
                "records_at": None if self.records_at is None else presentation(self.records_at),
                "records": [{"flags": flags, "tag": tag.hex(), "value": value.hex()} for flags, tag, value in self.records],
                "message": hexadecimal(self.message), "proof": [one.says() for one in self.proof],
                "control": [one.says() for one in self.control], "why": hexadecimal(self.why)}


KINDS = {"record": Record, "begin": Begin, "seal": Seal, "answer": Answer, "context": Context, "entry": Entry,
         "perspectives": Perspectives, "corroboration": Supplied, "start": Start, "event": Event}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in KINDS:
        print(f"usage: reader.py {'|'.join(KINDS)} FILE", file=sys.stderr)
        return 64
    with open(sys.argv[2], "rb") as file:
        octets = file.read()
    try:
        says = KINDS[sys.argv[1]].decode(octets).says()
    except Refused as refused:
        print(f"{sys.argv[2]}: {refused}", file=sys.stderr)
        return 65
    print(json.dumps(says, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
