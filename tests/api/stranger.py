#!/usr/bin/env python3
"""A verifier of permits that shares nothing with the program but docs/formats/permit.md (whose tables it reads) and
record.cddl: for tests, and to see how little is needed. Of certificates it reads what the cryptography package reads."""

import base64
import binascii
import datetime
import hashlib
import ipaddress
import os
import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, '..', '..', 'docs', 'formats', 'permit.md')
DNS, WILDCARD, ONION, ONION_WILDCARD, IP, MAILBOX = range(1, 7)
PROFILES = {'tls': 'tls-br', 'smime': 'smime-br', 'vmc': 'vmc'}
SAME = {'http-01': '19', 'tls-alpn-01': '20'}


class Refused(Exception):
    """With the word of the fault."""


def need(met, word):
    if not met:
        raise Refused(word)


# ---- the page

def day(text):
    return int(datetime.datetime.strptime(text + ' +0000', '%Y-%m-%d %z').timestamp())


def read_page():
    """{profile: [(from, epoch)]}, {profile: [(from, used, quorum, regions)]}"""
    with open(PAGE, encoding='utf-8') as f:
        text = f.read()
    epochs, phases = {}, {'tls-br': [], 'smime-br': []}
    for profile, row in re.findall(r'\| `([\w-]+)` \| ([A-Z].*?) \|', text):
        found = re.findall(r'(\w+)(?: (\d{4}-\d\d-\d\d))?(?:, |$)', row)
        epochs[profile] = [(day(since) if since else -1 << 62, epoch) for epoch, since in found]
    for row in re.findall(r'\| (\d{4}-\d\d-\d\d) \| (\S+) \| (\d)(, whatever they say)? \| (\d) \|', text):
        for profile, since in zip(phases, row):
            if since != '-':
                phases[profile].append((day(since), int(row[2]), row[2] != '0' and not row[3], int(row[4])))
    return epochs, phases


EPOCHS, PHASES = read_page()


# ---- base64, CBOR

def base64_of(text, word):
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(word) from None
    need(base64.b64encode(octets) == text, word)
    return octets


class Cbor:
    """The deterministic subset of record.cddl."""

    def __init__(self, octets):
        self.octets, self.at = octets, 0

    def take(self, n):
        need(n <= len(self.octets) - self.at, 'record')
        self.at += n
        return self.octets[self.at - n:self.at]

    def head(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info
        need(info <= 27, 'record')
        value = int.from_bytes(self.take(1 << (info - 24)), 'big')
        need(value >= (24 if info == 24 else 1 << (8 << (info - 25))), 'record')
        return major, value

    def item(self):
        major, value = self.head()
        if major == 0:
            return value
        if major == 1:
            return -1 - value
        if major == 2:
            return self.take(value)
        if major == 3:
            try:
                return self.take(value).decode('utf-8')
            except UnicodeDecodeError:
                raise Refused('record') from None
        if major == 4:
            return [self.item() for _ in range(value)]
        if major == 5:
            return self.map(value)
        need(major == 7 and value in (20, 21, 22), 'record')
        return {20: False, 21: True, 22: None}[value]

    def map(self, n):
        out, last = {}, b''
        for _ in range(n):
            begin = self.at
            key = self.item()
            encoded = self.octets[begin:self.at]
            need(not last or (len(last), last) < (len(encoded), encoded) if isinstance(key, str) else last < encoded,
                 'record')
            last = encoded
            out[key] = self.item()
        return out


def whole(octets):
    cbor = Cbor(octets)
    item = cbor.item()
    need(cbor.at == len(octets), 'record')
    return item


# ---- the proof

def parse(octets):
    """record, index, path, checkpoint"""
    if not octets.startswith(b'c2sp.org/tlog-proof'):
        need(len(octets) <= 1398104 + 1, 'size')
        octets = base64_of(octets[:-1] if octets.endswith(b'\n') else octets, 'base64')
    need(len(octets) <= 1 << 20, 'size')
    head, empty, checkpoint = octets.partition(b'\n\n')
    lines = head.split(b'\n')
    need(empty and lines.pop(0) == b'c2sp.org/tlog-proof@v1', 'syntax')
    record = base64_of(lines.pop(0)[6:], 'syntax') if lines and lines[0].startswith(b'extra ') else None
    need(lines and re.fullmatch(rb'index (0|[1-9]\d{0,18})', lines[0]), 'syntax')
    index = int(lines.pop(0)[6:])
    path = [base64_of(line, 'syntax') for line in lines]
    need(len(path) <= 63 and all(len(one) == 32 for one in path), 'syntax')
    need(record is not None, 'no-record')
    return record, index, path, checkpoint


def read_vkey(text):
    """name, id, type, key"""
    name, ident, rest = text.strip().split('+', 2)
    octets = base64.b64decode(rest)
    assert hashlib.sha256(name.encode() + b'\n' + octets).digest()[:4].hex() == ident
    return name, bytes.fromhex(ident), octets[0], octets[1:]


def verify_checkpoint(note, vkeys):
    """size, root"""
    text, empty, lines = note.rpartition(b'\n\n')
    text += b'\n'
    parts = text.split(b'\n')
    need(empty and len(parts) == 4 and re.fullmatch(rb'0|[1-9]\d{0,18}', parts[1]) and lines.endswith(b'\n'), 'syntax')
    root = base64_of(parts[2], 'syntax')
    need(len(root) == 32, 'syntax')
    known = {(name.encode(), ident): key for name, ident, kind, key in map(read_vkey, vkeys)
             if kind == 1 and name.encode() == parts[0]}
    need(known, 'log')
    signed = False
    for line in lines[:-1].split(b'\n'):
        found = re.fullmatch('\u2014 '.encode() + rb'([^ +]+) (\S+)', line)
        need(found, 'syntax')
        octets = base64_of(found.group(2), 'syntax')
        need(len(octets) > 4, 'syntax')
        key = known.get((found.group(1), octets[:4]))
        if key is None:
            continue
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(key).verify(octets[4:], text)
        except InvalidSignature:
            raise Refused('signature') from None
        signed = True
    need(signed, 'signature')
    return int(parts[1]), root


def leads_to(leaf, index, size, path, root):
    """RFC 9162 section 2.1.3.2"""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = hashlib.sha256(b'\1' + p + r).digest()
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = hashlib.sha256(b'\1' + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def check_inclusion(record, index, path, size, root):
    cbor = Cbor(record[16:])
    try:
        need(cbor.head()[0] == 5 and cbor.item() == 0, 'syntax')
        cbor.item()
        need(cbor.item() == 1, 'syntax')
        time_ms = cbor.item()
    except Refused:
        raise Refused('syntax') from None
    kinds = []
    for kind in (1, 2, 3):
        entry = bytes([1, kind]) + time_ms.to_bytes(8, 'big') + hashlib.sha256(record).digest()
        if leads_to(hashlib.sha256(b'\0' + entry).digest(), index, size, path, root):
            kinds.append(kind)
    need(kinds, 'inclusion')
    need(kinds == [1], 'kind')


# ---- names

def host(text):
    text = text.lower()
    label = r'[a-z0-9]([a-z0-9-]*[a-z0-9])?'
    need(re.fullmatch(r'(%s\.)*%s' % (label, label), text) and len(text) <= 253 and
         all(len(part) <= 63 for part in text.split('.')), 'name')
    return text


def name_of(text):
    try:
        return IP, str(ipaddress.ip_address(text))
    except ValueError:
        pass
    if '@' in text:
        local, _, domain = text.rpartition('@')
        need(local, 'name')
        domain = host(domain)
        return (ONION if domain.endswith('.onion') else MAILBOX), domain
    wildcard = text.startswith('*.')
    text = host(text[2:] if wildcard else text)
    if text.endswith('.onion'):
        return (ONION_WILDCARD if wildcard else ONION), text
    return (WILDCARD if wildcard else DNS), text


def names_of_certificate(pem, other_names):
    """names, purposes"""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise Refused('certificate') from None
    extensions = {extension.oid.dotted_string: extension.value for extension in certificate.extensions}
    need('2.5.29.19' not in extensions or not extensions['2.5.29.19'].ca, 'ca-certificate')
    given = list(extensions.get('2.5.29.17', []))
    kinds = {x509.DNSName: 2, x509.RFC822Name: 1, x509.IPAddress: 7, x509.UniformResourceIdentifier: 6}
    need(all(type(one) in kinds and (kinds[type(one)] in (1, 2, 7) or kinds[type(one)] in other_names) for one in given),
         'san-kind')
    names = {name_of(str(one.value)) for one in given if kinds[type(one)] in (1, 2, 7)}
    texts = {str(one.value).lower() for one in given}
    need(all(one.value.lower() in texts for one in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)),
         'common-name')
    need(names, 'no-names')
    usages = {'1.3.6.1.5.5.7.3.1': 'tls', '1.3.6.1.5.5.7.3.4': 'smime', '1.3.6.1.5.5.7.3.31': 'vmc'}
    return names, {usages[one.dotted_string] for one in extensions.get('2.5.29.37', []) if one.dotted_string in usages}


# ---- claims

def latest(rows, date):
    return [row for row in rows if row[0] <= date][-1:]


def method(text):
    for prefix in ('3.2.2.4.', 'ca-tbr-'):
        if text.startswith(prefix):
            return '#' + text[len(prefix):]
    return '#' + SAME[text] if text in SAME else text.lower()


def check_corroboration(record, validations):
    def needs(name):
        free = {'#4', '#12'}
        free |= {'#18', '#19', '#20'} if name[0] in (ONION, ONION_WILDCARD) else set()
        free |= {'3.2.2.2', 'email-reply-00'} if name[0] == MAILBOX else set()
        methods = {method(one) for one in validations(name)[1]}
        return name[0] != IP and (not methods or not methods <= free)

    if not any(map(needs, record[7])):
        return
    for _, profile, _ in record[6]:
        for _, used, quorum, regions in latest(PHASES.get(profile, []), record[5]):
            if used == 0:
                continue
            need(15 in record, 'corroboration')
            has = record[15]
            need(has[2] >= used, 'corroboration')
            need(not quorum or has[2] - has[3] <= (1 if has[2] <= 5 else 2), 'corroboration')
            need(len(set(has[4]) & {'AFRINIC', 'APNIC', 'ARIN', 'LACNIC', 'RIPE'}) >= regions, 'corroboration')


def check_times(record, now, life):
    logged, conclusion = record[1] // 1000, record[10]
    need(not conclusion.get(4), 'hypothetical')
    need(record[5] <= logged + 60, 'rules')
    for _, profile, epoch in record[6]:
        need(latest(EPOCHS[profile], record[5])[0][1] == epoch, 'rules')
    need(12 not in record or record[1] <= record[12], 'late')
    need(record[1] <= (now + 60) * 1000, 'future')
    need(5 in conclusion and all(3 in f for f in record[9] + [conclusion] if f[0] in ('PERMIT', 'PERMIT-LF')),
         'expiry')
    ends = [logged + life] + [said[3] + 1 for said in record[9] + [conclusion] if 3 in said]
    for _, profile, _ in record[6]:
        ends += [row[0] for row in EPOCHS[profile] + PHASES.get(profile, []) if row[0] > record[5]]
    need(now < min(ends + [conclusion[5]]), 'expired')
    need(conclusion[5] <= min(ends), 'expiry')


def check_verdicts(record, accept):
    beyond = [name[0] in (IP, ONION, ONION_WILDCARD) for name in record[7]]
    said = [(finding[0], na) for finding, na in zip(record[9], beyond)] + [(record[10][0], all(beyond))]
    need(all(verdict in ('PERMIT', 'PERMIT-LF', 'EXEMPT') or (verdict == 'NA' and na) for verdict, na in said), 'verdict')
    need('lf' in accept or all(verdict != 'PERMIT-LF' for verdict, _ in said), 'lookup-failure')
    need('exempt' in accept or all(verdict != 'EXEMPT' for verdict, _ in said), 'exempt')


def check_names(record, names):
    has = {(name[0], name[1]) for name in record[7]}
    for name in sorted(names, key=lambda one: (one[1], one[0])):
        need(name in has, 'name-kind' if any(text == name[1] for _, text in has) else 'name-missing')
    need(has == names, 'name-extra')


def own_of(names):
    return hashlib.sha256(b''.join(name + b'\n' for name in sorted({name.lower().encode() for name in names}))).digest()


def check_sense(record):
    """What a record cannot mean: record.cddl, conclusion."""
    ranks = ['NA', 'EXEMPT', 'PERMIT', 'PERMIT-LF', 'ARGUABLE', 'FAIL', 'DENY']
    conclusion = record[10]
    need(all(ranks.index(finding[0]) <= ranks.index(conclusion[0]) for finding in record[9]), 'record')
    if 5 in conclusion:
        need(ranks.index(conclusion[0]) < ranks.index('ARGUABLE') and not conclusion.get(4), 'record')
        need(3 not in conclusion or conclusion[5] <= conclusion[3] + 1, 'record')


def check_record(record, authority, wanted):
    need(record.get(0) == 1 and all(key < 16 for key in record), 'record')
    check_sense(record)
    need(2 in record, 'no-authority')
    need(record[2] == authority, 'authority')
    need('own' not in wanted or record[3] == own_of(wanted['own']), 'own')
    need('request' not in wanted or record.get(11) == wanted['request'], 'request')
    for purpose, profile, _ in record[6]:
        need(profile == wanted.get('profile', PROFILES[purpose]), 'profile')
    check_verdicts(record, wanted.get('accept', []))
    need({purpose for purpose, _, _ in record[6]} == wanted['purposes'], 'purpose')
    check_names(record, wanted['names'])

    def validations(name):
        return record[13][name[2]] if len(name) == 3 else [[], []]

    for name in record[7]:
        need('accounts' not in wanted or set(validations(name)[0]) == set(wanted['accounts']), 'account')
        need('methods' not in wanted or {method(one) for one in validations(name)[1]} ==
             {method(one) for one in wanted['methods']}, 'method')
    check_corroboration(record, validations)
    check_times(record, wanted['now'], wanted.get('life', 900))


def authority_of(pem):
    """SHA-256 of the SubjectPublicKeyInfo of a certificate or public key."""
    key = (x509.load_pem_x509_certificate(pem).public_key() if b'BEGIN CERTIFICATE' in pem
           else serialization.load_pem_public_key(pem))
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER,
                                           serialization.PublicFormat.SubjectPublicKeyInfo)).digest()


def verify(permit, vkeys, authority, wanted):
    """'ok' or the word of the fault. wanted: members of a vector, with names as a list or a certificate as PEM."""
    try:
        wanted = dict(wanted)
        purposes = set(wanted.get('purpose', '').split('+')) - {''}
        if 'certificate' in wanted:
            wanted['names'], says = names_of_certificate(wanted['certificate'], wanted.get('other_names', []))
            purposes |= says
        else:
            wanted['names'] = {name_of(name) for name in wanted['names']}
        wanted['purposes'] = purposes
        need(wanted['names'], 'no-names')
        record, index, path, checkpoint = parse(permit)
        size, root = verify_checkpoint(checkpoint, vkeys)
        check_inclusion(record, index, path, size, root)
        check_record(whole(record[16:]), authority, wanted)
    except Refused as e:
        return str(e)
    return 'ok'
