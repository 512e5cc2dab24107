"""What the archives of a scenario show, read again from the files by code that knows nothing of how they were planted: a
second opinion on the truth. No more than these files need; the readers that meet real archives are in src/incident."""

import base64
import csv
import io
import json
import re
import struct
import zlib
from datetime import datetime, timezone

OWN = 'ca.example.net'
WINDOW = 28800000
CHECKED = re.compile(r'Checked CAA records for (\S+), \[Present: (true|false),.*Valid for issuance: (?:true|false)\]'
                     r'(?: Records=(.*))?$')
FRAME = re.compile(r'(\S+?)(?:\+00:00Z?) va[12] dc1 (?:boulder-va\[\d+\]: 6 boulder-va|6 boulder-va\[\d+\]:) (\S+) '
                   r'(\[AUDIT\] .*)$', re.S)
UNBOUND = re.compile(r'\[(\d+)\] unbound\[811:0\] (query|reply): \S+ (\S+)\. CAA IN(?: (\S+).*)?$')


class Seen:
    """One answer (form None) or check (form: whether wildcard). kind: records, empty, failed, asked; of a check without
    content, said-none (there is no record) or verdict (on records that it does not show)."""

    def __init__(self, ms, name, form, kind, grade, ttl=0, records=()):
        self.ms, self.name, self.form, self.kind, self.grade = ms, name, form, kind, grade
        self.ttl, self.records = ttl, records


def when(text):
    t = datetime.fromisoformat(text.rstrip('Z')).replace(tzinfo=timezone.utc)
    return (int(t.timestamp()) * 1000) + t.microsecond // 1000


def whole(mark, text):
    n = zlib.crc32(text.encode())
    octets = b''
    while n >= 0x80:
        octets += bytes([n & 0x7f | 0x80])
        n >>= 7
    return mark == base64.urlsafe_b64encode((octets + bytes([n])).ljust(5, b'\0')).decode().rstrip('=')


def read_audit(octets):
    out, counts = [], {'observed': 0, 'rejected': 0, 'ignored': 0}
    for row in csv.DictReader(io.StringIO(octets.decode(), newline='')):
        frame = FRAME.match(row['_raw'])
        if not frame or not whole(frame[2], frame[3]):
            counts['rejected'] += 1
            continue
        checked = CHECKED.search(frame[3])
        counts['observed' if checked else 'ignored'] += 1
        if not checked:
            continue
        records = json.loads(checked[3] or 'null') or ()
        name = checked[1].removeprefix('*.')
        kind = 'records' if records else 'verdict' if checked[2] == 'true' else 'said-none'
        out.append(Seen(when(frame[1]), name, checked[1] != name, kind, 'C' if records else 'D',
                        min((r['Hdr']['Ttl'] for r in records), default=0) * 1000,
                        [(r['Flag'], r['Tag'], r['Value']) for r in records]))
    return out, counts


def read_results(octets):
    out, n = [], 0
    for text in octets.decode().splitlines():
        n += 1
        for name in json.loads(text)['names']:
            for a in name['answers']:
                if a.get('type', 'CAA') == 'CAA':
                    kind, grade = {'records': ('records', 'C'), 'nodata': ('empty', 'C'), 'nxdomain': ('empty', 'C')}.get(
                        a['outcome'], ('failed', 'D'))
                    out.append(Seen(when(a['time']), a['name'], None, kind, grade, a.get('ttl', 0) * 1000,
                                    [(r['flags'], r['tag'], r['value']) for r in a.get('records', ())]))
    return out, {'observed': n, 'rejected': 0, 'ignored': 0}


def read_unbound(octets):
    out, counts = [], {'observed': 0, 'rejected': 0, 'ignored': 0}
    for text in octets.decode().splitlines():
        m = UNBOUND.match(text)
        if m:
            failed = m[4] not in (None, 'NOERROR', 'NXDOMAIN')
            out.append(Seen(int(m[1]) * 1000, m[3], None, 'failed' if failed else 'asked',
                            'E' if m[4] in (None, 'NOERROR') else 'D'))
        counts['observed' if m else 'ignored'] += 1
    return out, counts


def fields(octets):
    """Protocol buffers: number and value of each field."""
    at = 0

    def varint():
        nonlocal at
        n, shift = 0, 0
        while True:
            octet = octets[at]
            at += 1
            n |= (octet & 0x7f) << shift
            shift += 7
            if octet < 0x80:
                return n

    while at < len(octets):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        else:
            size = 4 if tag & 7 == 5 else varint()
            yield tag >> 3, octets[at:at + size]
            at += size


def labels(octets, at):
    out = []
    while octets[at]:
        if octets[at] >= 0xc0:
            return labels(octets, (octets[at] & 0x3f) << 8 | octets[at + 1])[0:1] + (at + 2,)
        out.append(octets[at + 1:at + 1 + octets[at]].decode())
        at += 1 + octets[at]
    return '.'.join(out), at + 1


def read_message(ms, dns):
    """None if it is not about CAA."""
    n_answers = struct.unpack_from('>H', dns, 6)[0]
    name, at = labels(dns, 12)
    if struct.unpack_from('>H', dns, at)[0] != 257:
        return None
    at += 4
    records, ttls = [], []
    for _ in range(n_answers):
        _, at = labels(dns, at)
        _, _, ttl, size = struct.unpack_from('>HHIH', dns, at)
        data = dns[at + 10:at + 10 + size]
        at += 10 + size
        ttls.append(ttl)
        records.append((data[0], data[2:2 + data[1]].decode(), data[2 + data[1]:].decode()))
    return Seen(ms, name, None, 'records' if records else 'empty', 'B', min(ttls, default=0) * 1000, records)


def read_dnstap(octets):
    out, counts, at = [], {'observed': 0, 'rejected': 0, 'ignored': 0}, 0
    while at < len(octets):
        size, = struct.unpack_from('>I', octets, at)
        at += 4
        if size == 0:  # a control frame
            at += 4 + struct.unpack_from('>I', octets, at)[0]
            continue
        message = dict(fields(dict(fields(octets[at:at + size]))[14]))
        at += size
        ms = message[8] * 1000 + struct.unpack('<I', message[9])[0] // 1000000
        seen = read_message(ms, message[14])
        counts['observed' if seen else 'ignored'] += 1
        out += [seen] if seen else []
    return out, counts


READERS = {'splunk-csv': read_audit, 'caaproof': read_results, 'unbound': read_unbound, 'dnstap': read_dnstap}


# -- what that means for a name ----------------------------------------------------------------------------------------

def decide(records, wildcard, signed):
    lower = [(flags, tag.lower(), value) for flags, tag, value in records]
    if any(flags & 128 and tag not in ('issue', 'issuewild', 'iodef') for flags, tag, _ in lower):
        return 'denied'
    chosen = 'issuewild' if wildcard and any(tag == 'issuewild' for _, tag, _ in lower) else 'issue'
    restricting = [value for _, tag, value in lower if tag == chosen]
    if not restricting:
        return 'unclear' if signed < when('2018-05-10') else 'permissive'
    return 'permissive' if any(v.split(';')[0].strip() == OWN for v in restricting) else 'denied'


def place(seen, signed):
    if seen.ms > signed:
        return 'after-signing'
    return 'in' if signed <= seen.ms + max(seen.ttl, WINDOW) else 'outside-window'


def by_climb(seen, bare, wildcard, signed):
    """State and grade from answers: each label's latest before signing that has content. The TTL of the set that ends the
    climb counts for the empty answers on the way (R-TIME-1)."""
    used, state, name = [], 'permissive', bare
    while name:
        here = [s for s in seen.get(name, ()) if s.form is None and s.kind in ('records', 'empty')]
        before = [s for s in here if s.ms <= signed]
        if not before:
            return ('after-signing', here[0].grade) if here and not used else ('incomplete', worst(used))
        used.append(max(before, key=lambda s: s.ms))
        if used[-1].kind == 'records':
            state = decide(used[-1].records, wildcard, signed)
            break
        name = name.partition('.')[2]
    late = signed > min(s.ms for s in used) + max(used[-1].ttl, WINDOW)
    return 'outside-window' if late else state, worst(used)


def worst(used):
    return max(s.grade for s in used)


def state_of(seen, name, signed, loose):
    """State and grade of a name; seen: by name."""
    bare = name.removeprefix('*.')
    wildcard = bare != name
    mine = seen.get(bare, [])
    checks = [s for s in mine if s.form is not None]
    fit = [s for s in checks if s.form == wildcard]
    inside = [s for s in fit if place(s, signed) == 'in']
    content = [s for s in inside if s.kind == 'records']
    if content:
        last = max(content, key=lambda s: s.ms)
        return decide(last.records, wildcard, signed), last.grade
    if any(s.form is None and s.kind in ('records', 'empty') for s in mine):
        return by_climb(seen, bare, wildcard, signed)
    if inside:
        last = max(inside, key=lambda s: s.ms)
        return 'permissive' if loose and last.kind == 'said-none' else 'conclusion-only', last.grade
    if fit:
        return place(fit[0], signed), fit[0].grade
    if checks:
        return 'other-form', checks[0].grade
    if any(s.kind == 'failed' for s in mine):
        return 'failed', [s.grade for s in mine if s.kind == 'failed'][0]
    return ('asked-only', mine[0].grade) if mine else ('none', None)
