#!/usr/bin/env python3
"""Verifies permits and logs of caaproof. Written from docs/formats and the specifications that it names, and from nothing
else; a stranger's program, to see that these are enough. Python's standard library, and the cryptography package for
Ed25519 and X.509. Records are read by reader.py beside it.

    verify.py permit FILE --key KEY --authority KEY (--name NAME | --cert FILE) --at TIME ...    may this be signed now?
    verify.py proof FILE --key KEY [--entry HEX]     is the entry (else: the record that the file carries) in the log?
    verify.py note FILE --key KEY                    who signed it, what does it say?
    verify.py log FOLDER --key KEY                   checkpoint, entry bundles, tiles, as "caaproof log export" writes them

Exit: 0 it verifies, 77 it does not, 64 wrong use, 65 a key that cannot be read, 74 a file that cannot be read. A permit is
refused with a word of docs/formats/permit.md and its sentence."""
import argparse
import base64
import dataclasses
import datetime
import hashlib
import os
import re
import socket
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

import reader
from reader import Refused, need

EX_USAGE, EX_DATA, EX_FILE, EX_NO_PERMISSION = 64, 65, 74, 77


# ---- texts with one form

def base64_of(text):
    """RFC 4648 section 4, with padding and zero bits at the end."""
    try:
        octets = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("not base64") from None
    need(base64.b64encode(octets) == text, "not the one form of base64")
    return octets


def number_of(text):
    need(re.fullmatch(rb"0|[1-9][0-9]{0,18}", text), "not a number in its one form")
    number = int(text)
    need(number < 1 << 63, "a number of more than 63 bits")
    return number


def hash_of(text):
    octets = base64_of(text)
    need(len(octets) == 32, "not a hash")
    return octets


# ---- the tree (RFC 6962 section 2.1)

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf(entry):
    return sha256(b"\0", entry)


def node(left, right):
    return sha256(b"\1", left, right)


def root_of(hashes):
    """Of hashes of complete trees of one height; one without a sibling is its own parent."""
    if not hashes:
        return sha256()
    while len(hashes) > 1:
        pairs = [node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2:]
    return hashes[0]


def is_included(entry, index, size, path, root):
    """RFC 9162 section 2.1.3.2."""
    if index >= size:
        return False
    place, last, subtree = index, size - 1, leaf(entry)
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            subtree = node(sibling, subtree)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            subtree = node(subtree, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and subtree == root


# ---- signed notes

LOG_KEY, WITNESS_KEY = 1, 4


def is_key_name(name):
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name)


@dataclasses.dataclass(frozen=True)
class Key:
    """A verifier key: name+id+base64(type || public key)."""

    name: str
    id: bytes
    type: int
    public: bytes

    NAME_MOST = 255  # octets

    @classmethod
    def of(cls, text):
        parts = text.split("+", 2)
        need(len(parts) == 3 and is_key_name(parts[0]) and len(parts[0].encode()) <= cls.NAME_MOST, "not name+id+key")
        name, key_id, key = parts
        need(re.fullmatch("[0-9a-f]{8}", key_id), "an id that is not eight hexadecimal digits")
        octets = base64_of(key.encode())
        need(len(octets) == 33 and octets[0] in (LOG_KEY, WITNESS_KEY), "not an Ed25519 key of a log or a witness")
        self = cls(name, bytes.fromhex(key_id), octets[0], octets[1:])
        need(sha256(name.encode(), b"\n", octets)[:4] == self.id, "an id that is not that of the key")
        return self

    def signed(self, message, signature):
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise Refused(f"a wrong signature by {self.name}") from None

    def verify(self, text, signature):
        """When a witness signed; None for a log, which does not say."""
        if self.type == LOG_KEY:
            self.signed(text, signature)
            return None
        need(len(signature) == 72, f"a wrong signature by {self.name}")
        seconds = int.from_bytes(signature[:8], "big")
        need(0 < seconds < 1 << 63, f"a cosignature by {self.name} at no time")
        self.signed(b"cosignature/v1\ntime %d\n" % seconds + text, signature[8:])
        return seconds


def log_keys(texts):
    """Keys by which logs are trusted; that of a witness is none."""
    keys = [Key.of(text) for text in texts]
    need(all(key.type == LOG_KEY for key in keys), "the key of a witness")
    return keys


@dataclasses.dataclass(frozen=True)
class Note:
    text: bytes
    lines: list  # (name, id, signature)

    MOST = 65536
    LINES = 64
    DASH = "\u2014 "

    @classmethod
    def decode(cls, octets):
        need(len(octets) <= cls.MOST, "a note that is too long")
        try:
            note = octets.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("a note that is not UTF-8") from None
        need(all(c >= " " or c == "\n" for c in note), "control characters in a note")
        text, empty_line, signatures = note.rpartition("\n\n")
        need(empty_line and signatures.endswith("\n"), "a note without signatures")
        lines = [cls.line(line) for line in signatures[:-1].split("\n")]
        need(len(lines) <= cls.LINES, "too many signatures")
        return cls((text + "\n").encode(), lines)

    @classmethod
    def line(cls, line):
        need(line.startswith(cls.DASH), "a line that is no signature")
        name, space, signature = line[len(cls.DASH):].partition(" ")
        need(space and is_key_name(name), "a signature without a name")
        octets = base64_of(signature.encode())
        need(len(octets) > 4, "a signature that is none")
        return name, octets[:4], octets[4:]

    def signers(self, keys):
        """(key, time) of each that signed. Lines of other keys are passed over, one wrong line by a known key is the end."""
        known = {(key.name, key.id): key for key in keys}
        found = [(known[name, key_id], signature) for name, key_id, signature in self.lines if (name, key_id) in known]
        signers = [(key, key.verify(self.text, signature)) for key, signature in found]
        need(signers, "nobody signed who is known")
        return signers


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    note: Note
    origin: str
    size: int
    root: bytes

    @classmethod
    def decode(cls, octets):
        note = Note.decode(octets)
        lines = note.text[:-1].split(b"\n")
        need(len(lines) == 3 and 0 < len(lines[0]) <= Key.NAME_MOST, "a checkpoint has three lines, the first an origin")
        return cls(note, lines[0].decode(), number_of(lines[1]), hash_of(lines[2]))

    def log_keys(self, keys):
        """Those that can speak for the log."""
        return [key for key in keys if key.type == LOG_KEY and key.name == self.origin]

    def verified(self, keys):
        """Who signed, log and witnesses."""
        logs = self.log_keys(keys)
        need(logs, f"no key of {self.origin} is known")
        self.note.signers(logs)
        return self.note.signers(keys)


# ---- entries and proof files

CHECK, BEGIN, END, START, EVENT = 1, 2, 3, 4, 5


@dataclasses.dataclass(frozen=True)
class Proof:
    extra: bytes  # or None
    index: int
    path: list
    note: bytes

    MOST = 1 << 20
    PATH_MOST = 63
    BASE64_MOST = (MOST + 2) // 3 * 4
    BEGIN = b"c2sp.org/tlog-proof"
    FORMAT = BEGIN + b"@v1"

    @classmethod
    def decode(cls, octets):
        need(len(octets) <= cls.MOST, "a proof file that is too long")
        head, empty_line, note = octets.partition(b"\n\n")
        lines = head.split(b"\n")
        need(empty_line and lines.pop(0) == cls.FORMAT, "not a proof file")
        extra = base64_of(lines.pop(0)[6:]) if lines and lines[0].startswith(b"extra ") else None
        need(extra != b"", "an extra line for nothing")
        need(lines and lines[0].startswith(b"index "), "a proof file without an index")
        need(len(lines) - 1 <= cls.PATH_MOST, "more hashes than a tree is high")
        return cls(extra, number_of(lines[0][6:]), [hash_of(line) for line in lines[1:]], note)

    def proves(self, entry, checkpoint):
        return is_included(entry, self.index, checkpoint.size, self.path, checkpoint.root)

    def kinds(self, checkpoint):
        """The kind of entry as which the record that it carries is in the log, in a list that may be empty."""
        return [kind for kind in (CHECK, BEGIN, END, START, EVENT) if self.proves(entry_of(self.extra, kind), checkpoint)]


def entry_of(record, kind):
    """The entry that a record must have. Its time is member 1, and stands behind the version alone; what follows does not
    matter here."""
    decoder = reader.Decoder(record[reader.SALT:])
    major, pairs = decoder.head()
    need(major == 5 and 2 * pairs <= len(decoder.octets) - decoder.at, "no map")
    need(decoder.head() == (0, 0) and decoder.head()[0] == 0, "no version")
    need(decoder.head() == (0, 1), "no time")
    major, milliseconds = decoder.head()
    need(major == 0, "no time")
    return reader.Entry(kind, milliseconds, sha256(record)).encode()


# ---- permits: words

FAULTS = {
    "certificate": "what is to be signed cannot be read: a certificate or TBSCertificate in strict DER is needed",
    "ca-certificate": "what is to be signed is the certificate of a CA",
    "san-kind": "subjectAltName has a kind of name that the authority does not list",
    "name": "a name that no permit can have",
    "common-name": "a commonName is not among the alternative names",
    "no-names": "there is no name to sign",
    "clock": "nobody said what time it is",
    "size": "the permit is larger than 1 MiB",
    "base64": "neither a proof file nor the base64 of one on one line",
    "syntax": "not a proof file in its one form",
    "no-record": "the proof file carries no record",
    "log": "the checkpoint is of a log that is not trusted",
    "signature": "no trusted key of the log signed the checkpoint",
    "inclusion": "the record is not in the log at that place",
    "kind": "what is in the log there is not a check",
    "record": "the record cannot be understood",
    "no-authority": "the check was made for no issuing key",
    "authority": "the check was made for another issuing key",
    "own": "the check used other issuer domain names",
    "request": "the check was made for another request",
    "profile": "the check used another rule book",
    "verdict": "the check does not permit",
    "lookup-failure": "the check permits only in spite of a failed lookup, which is not accepted",
    "exempt": "the check was left out by an exception, which is not accepted",
    "purpose": "the check was made for another purpose",
    "name-kind": "the check has the name in another form: with and without *. are two names",
    "name-missing": "the check does not have a name that is to be signed",
    "name-extra": "the check has a name that is not to be signed",
    "account": "a name was validated by another account",
    "method": "a name was validated by another method",
    "corroboration": "remote perspectives do not corroborate the check as its date demands",
    "hypothetical": "the check applied the rules of one time to the answers of another",
    "rules": "the check applied other rules than those of its time",
    "late": "the check was logged after the deadline of its request",
    "future": "the check is from the future",
    "expired": "the permit has expired",
    "expiry": "the check says no moment at which it expires, or one later than rules allow",
}


class Fault(Exception):
    """Why a permit permits nothing."""

    def __init__(self, word):
        super().__init__(FAULTS[word])
        self.word = word


def demand(condition, word):
    if not condition:
        raise Fault(word)


def or_fault(word, function, *arguments):
    """What the function gives; if it refuses, the fault."""
    try:
        return function(*arguments)
    except Refused:
        raise Fault(word) from None


# ---- permits: what is to be signed (step 1)

HOST_LABEL = re.compile("[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def lower(text):
    """ASCII letters alone."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def host_of(text):
    host = lower(text)
    demand(reader.is_host(host) and all(HOST_LABEL.fullmatch(label) for label in host.split(".")), "name")
    return host


def dns_name(text):
    wildcard = text.startswith("*.")
    host = host_of(text[2:] if wildcard else text)
    kind = "onion" if reader.is_onion(host) else "dns"
    if wildcard:
        kind = "wildcard" if kind == "dns" else "onion-wildcard"
    return kind, host


def mailbox(text):
    local, at, domain = text.rpartition("@")
    demand(at and local, "name")
    return "mailbox", host_of(domain)


def address(octets):
    return "ip", socket.inet_ntop(socket.AF_INET if len(octets) == 4 else socket.AF_INET6, octets)


def address_octets(text):
    """None: it is no address."""
    try:
        return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, UnicodeError, ValueError):
        return None


def name_of_text(text):
    octets = address_octets(text)
    if octets is not None:
        return address(octets)
    return mailbox(text) if "@" in text else dns_name(text)


def purposes_of_names(names):
    return {"smime" if kind == "mailbox" else "tls" for kind, _ in names}


@dataclasses.dataclass
class Signing:
    """What a signer brings beside the permit. What is None or empty is not asked for."""

    keys: list
    authority: bytes
    names: set
    purposes: set
    now: int
    accounts: frozenset = frozenset()
    methods: frozenset = frozenset()
    own: bytes = None
    request: str = None
    profile: str = None
    accept: frozenset = frozenset()  # of "lf", "exempt"
    life: int = 900


# Certificates, as far as the cryptography package reads them: of kinds of names that it does not know, no permit is given.

SMTP_UTF8_MAILBOX = "1.3.6.1.5.5.7.8.9"
PURPOSES = {"1.3.6.1.5.5.7.3.1": "tls", "1.3.6.1.5.5.7.3.4": "smime", "1.3.6.1.5.5.7.3.31": "vmc"}
OTHER_KINDS = {x509.OtherName: 0, x509.DirectoryName: 4, x509.UniformResourceIdentifier: 6, x509.RegisteredID: 8}


def der(tag, octets):
    length = len(octets)
    size = (length.bit_length() + 7) // 8
    return bytes((tag, *((length,) if length < 128 else (0x80 + size, *length.to_bytes(size, "big"))))) + octets


ED25519 = der(0x30, bytes.fromhex("06032b6570"))


def certificate_of(octets):
    """A TBSCertificate becomes a certificate with a signature that nobody looks at."""
    if octets.startswith(b"-----BEGIN CERTIFICATE-----"):
        return x509.load_pem_x509_certificate(octets)
    try:
        return x509.load_der_x509_certificate(octets)
    except ValueError:
        return x509.load_der_x509_certificate(der(0x30, octets + ED25519 + der(3, bytes(65))))


def extension(certificate, kind):
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def utf8_mailbox(octets):
    """The UTF8String in it."""
    content = octets[2:] if octets[:1] == b"\x0c" and len(octets) < 130 else octets[3:]
    need(octets == der(0x0c, content), "no SmtpUTF8Mailbox")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("no SmtpUTF8Mailbox") from None


def read_general_name(name):
    """(function, what it makes a name of); without function one that says nothing about the DNS: its number."""
    if isinstance(name, x509.DNSName):
        need(re.fullmatch("[!-?A-~]+", name.value), "no dNSName")
        return dns_name, name.value
    if isinstance(name, x509.IPAddress):
        need(hasattr(name.value, "packed"), "no iPAddress")
        return address, name.value.packed
    if isinstance(name, x509.RFC822Name):
        need(re.fullmatch("[ -~]*@[ -~]*", name.value), "no rfc822Name")
        return mailbox, name.value
    if isinstance(name, x509.OtherName) and name.type_id.dotted_string == SMTP_UTF8_MAILBOX:
        value = utf8_mailbox(name.value)
        need("@" in value and not re.search("[\0-\x1f\x7f]", value), "no SmtpUTF8Mailbox")
        return mailbox, value
    return None, OTHER_KINDS[type(name)]


DOTS = ".\u3002\uff0e\uff61"


def looks_like_name(text):
    """A reader could take it for a host, an address or a mailbox."""
    text = text.rpartition("@")[2].strip(" ")
    return address_octets(text) is not None or (" " not in text and any(dot in text for dot in DOTS))


def check_common_names(texts, found, any_text):
    repeated = {address(value)[1] if read is address else lower(value) for read, value in found if read}
    for text in texts:
        demand(lower(text) in repeated or (any_text and not looks_like_name(text)), "common-name")


@dataclasses.dataclass(frozen=True)
class Contents:
    """What of a certificate matters here."""

    is_ca: bool
    general: list   # of read_general_name
    common: list    # texts
    purposes: set   # of extKeyUsage; may be empty

    @classmethod
    def decode(cls, octets):
        try:
            certificate = certificate_of(octets)
            constraints = extension(certificate, x509.BasicConstraints)
            usage = extension(certificate, x509.ExtendedKeyUsage) or ()
            alternative = extension(certificate, x509.SubjectAlternativeName) or ()
        except (ValueError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
            raise Refused("no certificate that can be read") from None
        common = [attribute.value for attribute in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
        return cls(constraints is not None and constraints.ca, [read_general_name(name) for name in alternative], common,
                   {PURPOSES[oid.dotted_string] for oid in usage if oid.dotted_string in PURPOSES})


def certificate_names(octets, purposes=None, profile=None, other_names=()):
    """(names, purposes) of a certificate, precertificate or TBSCertificate."""
    contents = or_fault("certificate", Contents.decode, octets)
    demand(not contents.is_ca, "ca-certificate")
    names = set()
    for read, value in contents.general:
        demand(read or value in other_names, "san-kind")
        names |= {read(value)} if read else set()
    served = contents.purposes or purposes_of_names(names)
    check_common_names(contents.common, contents.general, "tls" not in served or profile == "private")
    demand(names, "no-names")
    return names, contents.purposes | (purposes or set()) or served


def text_names(texts, purposes):
    """(names, purposes) of names that are given as text."""
    names = {name_of_text(text) for text in texts}
    demand(names, "no-names")
    return names, purposes


# ---- permits: the file, the log, the entry (steps 2 to 4)

def opened(octets):
    """The proof file, whichever way it is carried."""
    if not octets.startswith(Proof.BEGIN):
        line = octets[:-1] if octets.endswith(b"\n") else octets
        demand(len(line) <= Proof.BASE64_MOST, "size")
        octets = or_fault("base64", base64_of, line)
    demand(len(octets) <= Proof.MOST, "size")
    proof = or_fault("syntax", Proof.decode, octets)
    demand(proof.extra is not None, "no-record")
    return proof


def trusted_checkpoint(proof, keys):
    checkpoint = or_fault("syntax", Checkpoint.decode, proof.note)
    logs = checkpoint.log_keys(keys)
    demand(logs, "log")
    or_fault("signature", checkpoint.note.signers, logs)
    return checkpoint


def check_entry(proof, checkpoint):
    kinds = or_fault("syntax", proof.kinds, checkpoint)
    demand(kinds, "inclusion")
    demand(kinds == [CHECK], "kind")


# ---- permits: what the record says (steps 6 to 9)

PUBLIC = {"tls": "tls-br", "smime": "smime-br", "vmc": "vmc"}


def check_for_whom(record, signing):
    demand(record.authority is not None, "no-authority")
    demand(record.authority == signing.authority and any(signing.authority), "authority")
    demand(signing.own is None or record.own == signing.own, "own")
    demand(signing.request is None or record.request == signing.request, "request")
    demand(all(case.profile == (signing.profile or PUBLIC[case.purpose]) for case in record.cases), "profile")


def check_verdicts(record, accept):
    needs_nothing = [name.kind in ("ip", "onion", "onion-wildcard") for name in record.names]
    verdicts = [(finding.verdict, may_be_na) for finding, may_be_na in zip(record.findings, needs_nothing)]
    verdicts.append((record.conclusion.verdict, all(needs_nothing)))
    for verdict, may_be_na in verdicts:
        demand(verdict in ("PERMIT", "PERMIT-LF", "EXEMPT") or verdict == "NA" and may_be_na, "verdict")
    said = {verdict for verdict, _ in verdicts}
    demand("PERMIT-LF" not in said or "lf" in accept, "lookup-failure")
    demand("EXEMPT" not in said or "exempt" in accept, "exempt")


METHODS = {"http-01": "3.2.2.4.19", "tls-alpn-01": "3.2.2.4.20"}


def method_of(text):
    """One word for what has several."""
    if text.startswith("ca-tbr-") and len(text) > len("ca-tbr-"):
        return "3.2.2.4." + text[len("ca-tbr-"):]
    return text if text.startswith("3.2.2.4.") else METHODS.get(lower(text), lower(text))


def methods_of(texts):
    return {method_of(text) for text in texts}


def validation_of(record, name):
    return reader.Validation([], []) if name.validation is None else record.validations[name.validation]


KIND_NUMBERS = {kind: number for number, kind in reader.NAME_KINDS.items()}


def by_octets(name):
    kind, text = name
    return text.encode(), KIND_NUMBERS[kind]


def check_names(record, names):
    checked = {(name.kind, name.text) for name in record.names}
    for name in sorted(names - checked, key=by_octets):
        demand(all(name[1] != text for _, text in checked), "name-kind")
        raise Fault("name-missing")
    demand(not checked - names, "name-extra")


def check_for_what(record, signing):
    demand({case.purpose for case in record.cases} == signing.purposes, "purpose")
    check_names(record, signing.names)
    for name in record.names:
        validation = validation_of(record, name)
        demand(not signing.accounts or set(validation.accounts) == set(signing.accounts), "account")
        demand(not signing.methods or methods_of(validation.methods) == methods_of(signing.methods), "method")


def day(text):
    return int(datetime.datetime.fromisoformat(text + "T00:00:00+00:00").timestamp())


# Each from its day on: how many perspectives, whether they have to agree, regions among those that do.
PHASES = {
    "tls-br": [(day("2024-09-15"), 0, False, 0), (day("2025-03-15"), 2, False, 0), (day("2025-09-15"), 2, True, 0),
               (day("2026-03-15"), 3, True, 2), (day("2026-06-15"), 4, True, 2), (day("2026-12-15"), 5, True, 2)],
    "smime-br": [(day("2025-05-15"), 2, False, 0), (day("2025-09-15"), 2, True, 0), (day("2026-03-15"), 3, True, 2),
                 (day("2026-06-15"), 4, True, 2), (day("2026-12-15"), 5, True, 2)],
}

UNCORROBORATED = {"3.2.2.4.4", "3.2.2.4.12"}
UNCORROBORATED_OF = {
    "onion": UNCORROBORATED | {"3.2.2.4.18", "3.2.2.4.19", "3.2.2.4.20"},
    "onion-wildcard": UNCORROBORATED | {"3.2.2.4.18", "3.2.2.4.19", "3.2.2.4.20"},
    "mailbox": UNCORROBORATED | {"3.2.2.2", "email-reply-00"},
}


def needs_perspectives(record, name):
    methods = methods_of(validation_of(record, name).methods)
    return name.kind != "ip" and not (methods and methods <= UNCORROBORATED_OF.get(name.kind, UNCORROBORATED))


def suffices(corroboration, used, agree, regions):
    if corroboration is None:
        return used == 0
    may_disagree = 1 if corroboration.used <= 5 else 2
    return (corroboration.used >= used and len(corroboration.regions) >= regions
            and (not agree or corroboration.used - corroboration.agreed <= may_disagree))


def check_corroboration(record):
    if not any(needs_perspectives(record, name) for name in record.names):
        return
    for case in record.cases:
        phases = [phase for phase in PHASES.get(case.profile, []) if phase[0] <= record.date]
        demand(not phases or suffices(record.corroboration, *phases[-1][1:]), "corroboration")


# ---- permits: when (step 10)

EPOCHS = {
    "tls-br": [("E0", None), ("E1", day("2015-04-15")), ("E2", day("2017-09-08")), ("E3", day("2017-10-27")),
               ("E4", day("2018-05-10")), ("E5", day("2020-10-19")), ("E6", day("2022-04-23")), ("E7", day("2023-09-15")),
               ("E8", day("2024-09-06")), ("E9", day("2025-07-21")), ("E10", day("2026-03-15")), ("E11", day("2026-06-16")),
               ("E12", day("2027-03-15"))],
    "smime-br": [("S0", None), ("S1", day("2024-09-15")), ("S2", day("2025-03-15")), ("S3", day("2025-10-13")),
                 ("S4", day("2026-03-15"))],
    "vmc": [("V0", None)],
    "private": [("RFC8659", None)],
    "proposal-2016": [("P16", None)],
}

CLOCKS_APART = 60


def epoch_on(profile, date):
    return [epoch for epoch, since in EPOCHS[profile] if since is None or since <= date][-1]


def next_day(profile, date):
    """The next on which something begins, as a list that may be empty."""
    days = [since for _, since in EPOCHS[profile] if since is not None] + [phase[0] for phase in PHASES.get(profile, [])]
    return sorted(since for since in days if since > date)[:1]


def end_of(record, logged, life):
    """None: there is none, and no permit."""
    held = [*record.findings, record.conclusion]
    if any(one.valid_until is None and one.verdict in ("PERMIT", "PERMIT-LF") for one in held):
        return None
    return min([one.valid_until + 1 for one in held if one.valid_until is not None] + [logged + life]
               + [begin for case in record.cases for begin in next_day(case.profile, record.date)])


def check_when(record, signing):
    logged = record.time_ms // 1000
    conclusion = record.conclusion
    demand(not conclusion.hypothetical, "hypothetical")
    demand(record.date <= logged + CLOCKS_APART, "rules")
    demand(all(case.epoch == epoch_on(case.profile, record.date) for case in record.cases), "rules")
    demand(record.deadline_ms is None or record.time_ms <= record.deadline_ms, "late")
    demand(record.time_ms <= (signing.now + CLOCKS_APART) * 1000, "future")
    end = end_of(record, logged, signing.life)
    demand(conclusion.expires is not None and end is not None, "expiry")
    demand(signing.now < min(conclusion.expires, end), "expired")
    demand(conclusion.expires <= end, "expiry")


def permitted(octets, signing):
    """The record that permits it; or a Fault."""
    demand(signing.names, "no-names")
    demand(signing.now is not None, "clock")
    proof = opened(octets)
    check_entry(proof, trusted_checkpoint(proof, signing.keys))
    record = or_fault("record", reader.Record.decode, proof.extra)
    check_for_whom(record, signing)
    check_verdicts(record, signing.accept)
    check_for_what(record, signing)
    check_corroboration(record)
    check_when(record, signing)
    return record


# ---- exported logs

def tile_path(level, index, width):
    """tile/<level>/<index>, the index in groups of three digits."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(["tile", str(level), *groups]) + (f".p/{width}" if width < 256 else "")


class Folder:
    """A log as files."""

    WIDTH = 256

    def __init__(self, path):
        self.path = path

    def read(self, name):
        with open(os.path.join(self.path, name), "rb") as file:
            return file.read()

    def tiles(self, level, n):
        """(name, first, width) of the tiles for n hashes."""
        for first in range(0, n, self.WIDTH):
            width = min(self.WIDTH, n - first)
            yield tile_path(level, first // self.WIDTH, width), first, width

    def entries(self, size):
        for name, _, width in self.tiles("entries", size):
            bundle = self.read(name)
            at = 0
            for _ in range(width):
                need(len(bundle) - at >= 2, f"{name} is cut off")
                length = int.from_bytes(bundle[at:at + 2], "big")
                need(len(bundle) - at - 2 >= length, f"{name} is cut off")
                yield bundle[at + 2:at + 2 + length]
                at += 2 + length
            need(at == len(bundle), f"{name} has something behind its end")

    def check_tiles(self, hashes):
        """Every tile from the leaf hashes. How many there are."""
        level = count = 0
        while hashes:
            for name, first, width in self.tiles(level, len(hashes)):
                need(self.read(name) == b"".join(hashes[first:first + width]), f"{name} is not what the entries give")
                count += 1
            whole = len(hashes) - len(hashes) % self.WIDTH
            hashes = [root_of(hashes[first:first + self.WIDTH]) for first in range(0, whole, self.WIDTH)]
            level += 1
        return count

    def verified(self, keys):
        """(checkpoint, entries, tiles)."""
        checkpoint = Checkpoint.decode(self.read("checkpoint"))
        checkpoint.verified(keys)
        entries = list(self.entries(checkpoint.size))
        check_sequence(entries)
        hashes = [leaf(entry) for entry in entries]
        need(root_of(hashes) == checkpoint.root, "the root is not what the entries give")
        return checkpoint, entries, self.check_tiles(hashes)


def check_sequence(octets):
    """A shard begins, has checks, and may end; times do not go back."""
    before = 0
    for place, entry in enumerate(map(reader.Entry.decode, octets)):
        need((entry.kind == BEGIN) == (place == 0), f"entry {place} begins the log, or the first does not")
        need(entry.kind != END or place == len(octets) - 1, f"entry {place} ends the log, and is not the last")
        need(entry.time_ms >= before, f"entry {place} is earlier than the one before")
        before = entry.time_ms


# ---- the program

class Unreadable(Exception):
    """What the caller gave, not what is verified: a key, a time."""


def contents(path):
    if path == "-":
        return sys.stdin.buffer.read()
    with open(path, "rb") as file:
        return file.read()


def keys_of(texts, read=lambda lines: [Key.of(line) for line in lines]):
    """Verifier keys as text, or files of them, one a line."""
    lines = []
    for text in texts:
        lines += [text] if "+" in text and not os.path.exists(text) else contents(text).decode("utf-8").split("\n")
    try:
        keys = read([line for line in lines if line and not line.startswith("#")])
    except Refused as refused:
        raise Unreadable(f"a key: {refused}") from None
    if not keys:
        raise Unreadable("no key")
    return keys


def is_digest(text):
    return re.fullmatch("[0-9a-fA-F]{64}", text) is not None


def authority_of(text):
    """Hexadecimal, or a file with a certificate or a public key."""
    if is_digest(text):
        return bytes.fromhex(text)
    octets = contents(text)
    for load in (x509.load_pem_x509_certificate, x509.load_der_x509_certificate):
        try:
            key = load(octets).public_key()
            break
        except ValueError:
            continue
    else:
        try:
            load = serialization.load_pem_public_key if octets.startswith(b"-") else serialization.load_der_public_key
            key = load(octets)
        except ValueError:
            raise Unreadable(f"{text}: neither a certificate nor a public key") from None
    return sha256(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


def own_of(texts):
    """Issuer domain names, or the one hash that they have."""
    if not texts:
        return None
    return bytes.fromhex(texts[0]) if len(texts) == 1 and is_digest(texts[0]) else reader.own_hash(texts)


def moment_of(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", text, re.ASCII):
        raise argparse.ArgumentTypeError("not a moment: " + text)
    try:
        return day(text[:10]) if len(text) == 10 else int(datetime.datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise argparse.ArgumentTypeError("not a moment: " + text) from None


def accept_of(text):
    words = text.split(",")
    if not set(words) <= {"lf", "exempt"}:
        raise argparse.ArgumentTypeError("lf, exempt or both")
    return words


def run_permit(options):
    purposes = set(options.purpose.split("+")) if options.purpose else set()
    if options.cert is not None:
        names, purposes = certificate_names(contents(options.cert), purposes, options.profile, options.other_name)
    else:
        names, purposes = text_names(options.name, purposes or {"tls"})
    record = permitted(contents(options.file), Signing(
        keys_of(options.key, log_keys), authority_of(options.authority), names, purposes, options.at,
        frozenset(options.account), frozenset(options.method), own_of(options.own), options.request, options.profile,
        frozenset(options.accept), options.life))
    return f"ok: may be signed, and until {reader.rfc3339(record.conclusion.expires)}"


def run_proof(options):
    proof = Proof.decode(contents(options.file))
    checkpoint = Checkpoint.decode(proof.note)
    signers = checkpoint.verified(keys_of(options.key))
    if options.entry is not None:
        need(proof.proves(options.entry, checkpoint), "the entry is not in the log at that place")
        return f"ok: the entry is number {proof.index} of {said(checkpoint, signers)}"
    need(proof.extra is not None, "the proof file carries no record")
    kinds = proof.kinds(checkpoint)
    need(kinds, "the record is not in the log at that place")
    return f"ok: the record is number {proof.index}, of kind {kinds[0]}, of {said(checkpoint, signers)}"


def said(checkpoint, signers):
    by = ", ".join(key.name + (f" at {reader.rfc3339(seconds)}" if seconds else "") for key, seconds in signers)
    return f"{checkpoint.origin}: {checkpoint.size} entries, root {checkpoint.root.hex()}, signed by {by}"


def run_note(options):
    checkpoint = Checkpoint.decode(contents(options.file))
    return "ok: " + said(checkpoint, checkpoint.verified(keys_of(options.key)))


def run_log(options):
    checkpoint, entries, tiles = Folder(options.folder).verified(keys_of(options.key))
    return f"ok: {checkpoint.origin}: {len(entries)} entries, {tiles} tiles, and the checkpoint agree"


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="verify.py", description="Verifies permits and logs of caaproof.")
    commands = parser.add_subparsers(required=True, dest="command")
    for name, run, what in (("permit", run_permit, "file"), ("proof", run_proof, "file"), ("note", run_note, "file"),
                            ("log", run_log, "folder")):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument(what)
        command.add_argument("--key", action="append", required=True, help="name+id+key, or a file of such")
    commands.choices["proof"].add_argument("--entry", type=bytes.fromhex, help="the entry, in hexadecimal")
    permit = commands.choices["permit"]
    permit.add_argument("--authority", required=True, help="SHA-256 of the issuing key, or a file with it")
    what = permit.add_mutually_exclusive_group(required=True)
    what.add_argument("--name", action="append")
    what.add_argument("--cert", help="a certificate or precertificate, PEM or DER, or a TBSCertificate")
    permit.add_argument("--other-name", action="append", type=int, default=[])
    permit.add_argument("--purpose", choices=("tls", "smime", "vmc", "tls+smime"))
    permit.add_argument("--account-uri", dest="account", action="append", default=[])
    permit.add_argument("--method", action="append", default=[])
    permit.add_argument("--own", action="append", help="an issuer domain name; or the hash of all")
    permit.add_argument("--request")
    permit.add_argument("--profile", choices=reader.PROFILES)
    permit.add_argument("--accept", type=accept_of, default=[])
    permit.add_argument("--life", type=int, default=900)
    permit.add_argument("--at", type=moment_of, required=True)
    return parser.parse_args(arguments)


def main(arguments):
    try:
        options = options_of(arguments)
    except SystemExit as done:
        return EX_USAGE if done.code else 0
    try:
        print(options.run(options))
    except Fault as fault:
        print(f"{fault.word}: {fault}")
        return EX_NO_PERMISSION
    except Refused as refused:
        print(f"refused: {refused}")
        return EX_NO_PERMISSION
    except Unreadable as unreadable:
        print(f"verify.py: {unreadable}", file=sys.stderr)
        return EX_DATA
    except (OSError, UnicodeDecodeError) as error:
        print(f"verify.py: {error}", file=sys.stderr)
        return EX_FILE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
