"""Permits and requests for test_verify.py: made anew under the key of docs/formats/permit-vectors, so that a record that was
changed stands in a log that was signed, and everything behind the signature is reached."""
import base64
import copy
import dataclasses
import json
import os

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

import reader
import verify

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECTORS = os.path.join(TOP, "docs", "formats", "permit-vectors")
NOW = verify.moment_of("2026-11-22T12:00:01Z")


def octets(name):
    with open(os.path.join(VECTORS, name), "rb") as file:
        return file.read()


def text(name):
    return octets(name).decode().strip()


def vectors():
    with open(os.path.join(VECTORS, "vectors.json"), encoding="utf-8") as file:
        return json.load(file)


# ---- requests

@dataclasses.dataclass(frozen=True)
class Case:
    """A permit, and what is asked about it."""

    about: str
    permit: bytes
    names: tuple = ("www.d.test", "*.d.test")
    purpose: str = "tls"
    now: int = NOW
    keys: tuple = (text("log.vkey"),)
    authority: bytes = verify.authority_of(os.path.join(VECTORS, "authority.pem"))
    certificate: bytes = None
    profile: str = ""
    request: str = ""
    own: bytes = b""
    accounts: tuple = ()
    methods: tuple = ()
    accept: tuple = ()
    life: int = 900
    other_names: tuple = ()

    @classmethod
    def of_vector(cls, vector):
        same = {member: vector[member] for member in ("purpose", "request", "profile", "life") if member in vector}
        lists = {member: tuple(vector[member]) for member in ("names", "accounts", "methods", "accept", "other_names")
                 if member in vector}
        if "certificate" in vector:
            lists.update(names=(), certificate=der_of(octets(vector["certificate"])))
        return cls(**{"about": vector["permit"], "permit": octets(vector["permit"]), "now": verify.moment_of(vector["at"]),
                      "keys": (text(vector["key"]),), "own": verify.own_of(vector.get("own")) or b"",
                      "authority": verify.authority_of(os.path.join(VECTORS, vector["authority"])),
                      "purpose": "", **same, **lists})

    def line(self):
        """As ask_permits reads it."""
        def hexadecimal(value):
            return value.encode().hex() if isinstance(value, str) else (value or b"").hex()

        def several(values):
            return "".join(hexadecimal(value) + "," for value in values)

        flags = 1 * ("lf" in self.accept) + 2 * ("exempt" in self.accept)
        mask = sum(1 << kind for kind in self.other_names)
        fields = [hexadecimal(self.permit), several(self.keys), hexadecimal(self.authority), hexadecimal(self.certificate),
                  several(self.names), self.now, hexadecimal(self.purpose), hexadecimal(self.profile),
                  hexadecimal(self.request), hexadecimal(self.own), several(self.accounts), several(self.methods), flags,
                  self.life, mask]
        return "".join(f"{field}\t" for field in fields) + "\n"

    def options(self, path):
        """As caaproof permit verify takes it, the permit in a file."""
        out = ["--permit", path, "--authority", self.authority.hex(), "--at", reader.rfc3339(self.now),
               "--life", str(self.life)]
        for option, values in (("--key", self.keys), ("--account-uri", self.accounts), ("--method", self.methods),
                               ("--purpose", [self.purpose]), ("--profile", [self.profile]), ("--request", [self.request])):
            out += [part for value in values if value for part in (option, value)]
        return out + (["--accept", ",".join(self.accept)] if self.accept else []) + list(self.names)

    def by_verify(self):
        """The word of verify.py; "key" for keys that no signer can trust."""
        try:
            keys = verify.log_keys(self.keys)
        except reader.Refused:
            return "key"
        try:
            purposes = set(self.purpose.split("+")) if self.purpose else set()
            if self.certificate is None:
                names, purposes = verify.text_names(self.names, purposes)
            else:
                names, purposes = verify.certificate_names(self.certificate, purposes, self.profile or None,
                                                           self.other_names)
            verify.permitted(self.permit, verify.Signing(
                keys, self.authority, names, purposes, self.now, frozenset(self.accounts), frozenset(self.methods),
                self.own or None, self.request or None, self.profile or None, frozenset(self.accept), self.life))
        except verify.Fault as fault:
            return fault.word
        return "ok"


def der_of(certificate):
    """The octets in a PEM file."""
    if not certificate.startswith(b"-----"):
        return certificate
    return base64.b64decode(b"".join(certificate.split(b"-----")[2].split()))


# ---- deterministic CBOR

def head(major, n):
    if n < 24:
        return bytes((major << 5 | n,))
    size = next(size for size in range(4) if n < 1 << (8 << size))
    return bytes((major << 5 | 24 + size,)) + n.to_bytes(1 << size, "big")


def encode(item):
    if item is None or isinstance(item, bool):
        return bytes(({False: 0xf4, True: 0xf5, None: 0xf6}[item],))
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    if isinstance(item, str):
        return head(3, len(item.encode())) + item.encode()
    if isinstance(item, dict):
        pairs = sorted((encode(key), encode(value)) for key, value in item.items())
        return head(5, len(pairs)) + b"".join(key + value for key, value in pairs)
    return head(4, len(item)) + b"".join(map(encode, item))


def as_dicts(item):
    """What the decoder of reader.py gives, to be changed."""
    if isinstance(item, reader.Map):
        return {key: as_dicts(value) for key, value in item}
    return [as_dicts(value) for value in item] if isinstance(item, list) else item


SALT = b"Z" * reader.SALT


def good_record():
    return as_dicts(reader.Decoder.whole(octets("good.record")[reader.SALT:]))


def number_of(word, words):
    """What is no such word stays as it is."""
    return words.index(word) + 1 if isinstance(word, str) and word in words else word


def with_number(item, at, words):
    if isinstance(item, (dict, list)) and item and (isinstance(item, list) or at in item):
        item[at] = number_of(item[at], words)


def items_of(record, key):
    return record[key] if isinstance(record, dict) and isinstance(record.get(key), list) else []


def with_numbers(record):
    """Cases in mutations.py say verdicts, purposes and profiles by their words."""
    record = copy.deepcopy(record)
    for case in items_of(record, 6):
        if isinstance(case, list):
            case[:2] = [number_of(word, words) for word, words in zip(case, (reader.PURPOSES, reader.PROFILES))]
    for finding in items_of(record, 9):
        with_number(finding, 0, reader.VERDICTS)
        for reading in items_of(finding, 6):
            with_number(reading, 0, reader.VERDICTS)
    with_number(record.get(10), 0, reader.VERDICTS)
    return record


def record_octets(record, salt=SALT):
    return salt + encode(with_numbers(record))


# ---- logs

class Signer:
    def __init__(self, name, seed, kind=verify.LOG_KEY):
        self.name, self.kind = name, kind
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes((seed,)) * 32)
        public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.id = verify.sha256(name.encode(), b"\n", bytes((kind,)), public)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(bytes((kind,)) + public).decode()}"

    def line(self, signed):
        return signature_line(self.name, self.id + self.key.sign(signed))


def signature_line(name, signature):
    return f"\u2014 {name} {base64.b64encode(signature).decode()}\n".encode()


ORIGIN = "log.ca.example.net/2026"
LOG = Signer(ORIGIN, 0x10)


def path_of(hashes, index):
    path = []
    while len(hashes) > 1:
        if index ^ 1 < len(hashes):
            path.append(hashes[index ^ 1])
        pairs = [verify.node(*hashes[i:i + 2]) for i in range(0, len(hashes) - 1, 2)]
        hashes, index = pairs + hashes[len(pairs) * 2:], index // 2
    return path


@dataclasses.dataclass
class Parts:
    """Of a proof file; as they are given, right or wrong."""

    record: bytes
    index: int
    path: list
    text: bytes
    lines: list

    def proof(self):
        first = b"c2sp.org/tlog-proof@v1\n"
        extra = b"" if self.record is None else b"extra " + base64.b64encode(self.record) + b"\n"
        path = b"".join(base64.b64encode(one) + b"\n" for one in self.path)
        return first + extra + b"index %d\n" % self.index + path + b"\n" + self.note()

    def note(self):
        return self.text + b"\n" + b"".join(self.lines)


def checkpoint_text(size, root, origin=ORIGIN):
    return b"%s\n%d\n%s\n" % (origin.encode(), size, base64.b64encode(root))


def logged(record, size=7, index=3, kind=verify.CHECK, time=None, signer=LOG):
    """The parts of the proof that the record (octets) is in a log of this size."""
    if time is None:
        entry = verify.entry_of(record, kind)
    else:
        entry = reader.Entry(kind, time, verify.sha256(record)).encode()
    hashes = [verify.leaf(b"entry %d" % i) for i in range(size)]
    hashes[index] = verify.leaf(entry)
    signed = checkpoint_text(size, verify.root_of(hashes), signer.name)
    return Parts(record, index, path_of(hashes, index), signed, [signer.line(signed)])


def permit_of(record, **more):
    """Of a record that may have been changed."""
    return logged(record_octets(record), **more).proof()
