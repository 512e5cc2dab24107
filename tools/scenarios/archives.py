"""Writers of archive formats: audit lines and their Splunk export, Unbound's log, dnstap, results of `caaproof check`."""

import base64
import csv
import json
import struct
import zlib

from scenarios.basics import OWN, at, iso, moment, table

B2 = at('2018-05-18T16:00:00')
B3 = at('2018-06-04')
B4 = at('2018-06-08')
CAA = 257
A = 1
NAME_ERROR = 3


# -- audit lines -------------------------------------------------------------------------------------------------------

def checksum(text):
    """CRC-32 as a varint, zero-padded to five octets, base64url without padding."""
    n = zlib.crc32(text.encode())
    octets = b''
    while n >= 0x80:
        octets += bytes([n & 0x7f | 0x80])
        n >>= 7
    octets += bytes([n])
    return base64.urlsafe_b64encode(octets.ljust(5, b'\0')).decode().rstrip('=')


def logged_records(owner, ttl, records):
    """records: (flags, tag, value), or a TTL before them."""
    out = []
    for r in records:
        r = r if len(r) == 4 else (ttl,) + r
        header = {'Name': owner + '.', 'Rrtype': CAA, 'Class': 1, 'Ttl': r[0], 'Rdlength': 2 + len(r[2]) + len(r[3])}
        out.append({'Hdr': header, 'Flag': r[1], 'Tag': r[2], 'Value': r[3]})
    return json.dumps(out or None, separators=(',', ':'))


def check_text(ms, name, found, valid, account=None, method=None):
    """The line of that date. found: (owner, ttl, records), None if nothing was found."""
    inside = ['Present: ' + ('true' if found else 'false')]
    if ms >= B4:
        inside.append('Account ID: %s' % (account or 'unknown'))
    if ms >= B3:
        inside.append('Challenge: ' + (method or 'unknown'))
    inside.append('Valid for issuance: ' + ('true' if valid else 'false'))
    out = 'Checked CAA records for %s, [%s]' % (name, ', '.join(inside))
    return out + (' Records=' + (logged_records(*found) if found else 'null') if ms >= B2 else '')


class Audit:
    """Lines of the validation authority's hosts. Host va1 writes to standard output, va2 through syslog; clocks: by how much
    a host's clock is ahead."""

    def __init__(self, clocks):
        self.clocks = clocks
        self.lines = []  # (ms by the host's clock, order, host, line)
        self.counts = dict.fromkeys(('observed', 'rejected', 'ignored'), 0)

    def write(self, ms, host, text, fate='observed', damage=None):
        """damage: what becomes of the finished line."""
        ms += self.clocks[host]
        stamp = moment(ms).strftime('%Y-%m-%dT%H:%M:%S') + '.%03d' % (ms % 1000)
        rest = '[AUDIT] ' + text
        if host == 'va1':
            out = '%s000+00:00Z va1 dc1 boulder-va[4242]: 6 boulder-va %s %s' % (stamp, checksum(rest), rest)
        else:
            out = '%s000+00:00 va2 dc1 6 boulder-va[977]: %s %s' % (stamp, checksum(rest), rest)
        self.lines.append((ms, len(self.lines), host, damage(out) if damage else out))
        self.counts[fate] += 1

    def again(self, n):
        """The first n lines once more, as overlapping exports have them."""
        self.lines += [(ms, len(self.lines) + i, host, out) for i, (ms, _, host, out) in enumerate(self.lines[:n])]
        self.counts['observed'] += n

    def splunk_csv(self):
        """Newest first, every cell quoted."""
        rows = [['_time', 'host', '_raw']]
        for ms, _, host, out in sorted(self.lines, reverse=True):
            stamp = moment(ms).strftime('%Y-%m-%dT%H:%M:%S') + '.%03d+0000' % (ms % 1000)
            rows.append([stamp, host, out])
        return table(rows, csv.QUOTE_ALL)


# -- Unbound -----------------------------------------------------------------------------------------------------------

class Unbound:
    """Log of a resolver with log-queries, log-replies and log-tag-queryreply."""

    def __init__(self):
        self.lines = []
        self.counts = dict.fromkeys(('observed', 'rejected', 'ignored'), 0)

    def write(self, ms, text, fate):
        self.lines.append((ms // 1000, len(self.lines), '[%d] unbound[811:0] %s' % (ms // 1000, text)))
        self.counts[fate] += 1

    def query(self, ms, name, kind='CAA'):
        self.write(ms, 'query: 127.0.0.1 %s. %s IN' % (name, kind), 'observed' if kind == 'CAA' else 'ignored')

    def reply(self, ms, name, rcode, after_ms, kind='CAA'):
        self.write(ms + after_ms, 'reply: 127.0.0.1 %s. %s IN %s %d.%03d000 0 %d' % (
            name, kind, rcode, after_ms // 1000, after_ms % 1000, len(name) + 18),
            'observed' if kind == 'CAA' else 'ignored')

    def cut(self, ms):
        """A line that a full disk cut off, before it said what it is about."""
        self.lines.append((ms // 1000, len(self.lines), '[%d' % (ms // 1000)))
        self.counts['ignored'] += 1

    def text(self):
        return ''.join(out + '\n' for _, _, out in sorted(self.lines)).encode()


# -- dnstap ------------------------------------------------------------------------------------------------------------

def varint(n):
    out = b''
    while n >= 0x80:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def number(field, n):
    return varint(field << 3) + varint(n)


def octets(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def fixed(field, n):
    return varint(field << 3 | 5) + struct.pack('<I', n)


def wire_name(name):
    return b''.join(bytes([len(l)]) + l.encode() for l in name.split('.') if l) + b'\0'


def resource(owner, kind, ttl, data):
    return owner + struct.pack('>HHIH', kind, 1, ttl, len(data)) + data


def message(ident, name, rcode, records, kind=CAA):
    """A response of an authoritative server; records: (ttl, flags, tag, value). Empty ones have the SOA of the last label."""
    question = wire_name(name) + struct.pack('>HH', kind, 1)
    here = b'\xc0\x0c'
    answers = [resource(here, CAA, r[0], bytes([r[1], len(r[2])]) + r[2].encode() + r[3].encode()) for r in records]
    top = wire_name(name.rsplit('.', 1)[-1])
    soa = wire_name('a.' + name.rsplit('.', 1)[-1]) + b'\0' + struct.pack('>5I', 1, 3600, 600, 86400, 300)
    authority = [] if records else [resource(top, 6, 300, soa)]
    option = b'\0' + struct.pack('>HHIH', 41, 4096, 0, 0)
    return struct.pack('>6H', ident, 0x8400 | rcode, 1, len(answers), len(authority), 1) + question + b''.join(
        answers + authority) + option


class Dnstap:
    """Frames of a resolver: what authoritative servers answered."""
    CONTENT = b'protobuf:dnstap.Dnstap'

    def __init__(self):
        self.frames = []
        self.counts = dict.fromkeys(('observed', 'rejected', 'ignored'), 0)

    def response(self, ms, name, records=(), rcode=0, kind=CAA, seen=4):
        """seen: the type of message; 4 is RESOLVER_RESPONSE."""
        sent, came = ms, ms + 12
        dns = message(0x1000 + len(self.frames) & 0xffff, name, rcode, records, kind)
        body = number(1, seen) + number(2, 1) + number(3, 1) + octets(4, bytes(4)) + octets(5, bytes([192, 0, 2, 53]))
        body += number(7, 53) + number(8, sent // 1000) + fixed(9, sent % 1000 * 1000000)
        body += number(12, came // 1000) + fixed(13, came % 1000 * 1000000) + octets(14, dns)
        self.frames.append((ms, len(self.frames), octets(1, b'r1') + octets(14, body) + number(15, 1)))
        self.counts['observed' if kind == CAA else 'ignored'] += 1

    def file(self):
        field = struct.pack('>II', 1, len(self.CONTENT)) + self.CONTENT
        start = struct.pack('>I', 2) + field
        out = struct.pack('>II', 0, len(start)) + start
        for _, _, frame in sorted(self.frames):
            out += struct.pack('>I', len(frame)) + frame
        return out + struct.pack('>III', 0, 4, 3)


# -- results of `caaproof check --batch --json` (docs/json.md) -----------------------------------------------------------

RFC8659 = at('2020-10-19')
EPOCHS = ((at('2017-09-08'), 'E2'), (at('2017-10-27'), 'E3'), (at('2018-05-10'), 'E4'), (RFC8659, 'E5'),
          (at('2022-04-23'), 'E6'), (at('2023-09-15'), 'E7'), (at('2024-09-06'), 'E8'), (at('2025-07-21'), 'E9'),
          (at('2026-03-15'), 'E10'), (at('2026-06-16'), 'E11'))


def epoch_of(ms):
    return [word for since, word in EPOCHS if ms >= since][-1]


def climb(name):
    labels = name.removeprefix('*.').split('.')
    return ['.'.join(labels[i:]) for i in range(len(labels))]


def answers_of(ms, name, found, failure):
    """Up to the records (found: (owner, ttl, records)), to the failure at the name itself, or to the last label. Under RFC
    6844 a name without CAA is asked for DNAME as well (R-T44-5)."""
    out = []
    for label in climb(name):
        answer = {'name': label, 'outcome': 'nodata', 'dnssec': 'insecure', 'time': iso(ms)}
        if failure:
            return [dict(answer, outcome=failure, dnssec='indeterminate')]
        if found and found[0] == label:
            records = [{'flags': f, 'tag': t, 'value': v} for f, t, v in found[2]]
            return out + [dict(answer, outcome='records', ttl=found[1], records=records)]
        out.append(answer)
        if ms < RFC8659:
            out.append(dict(answer, type='DNAME'))
    return out


SEARCH = {'E2': 'R-T44-1', 'E3': 'R-T44-4', 'E4': 'R-T44-4'}
VERDICTS = {'PERMIT': 'matching-record', 'DENY': 'no-matching-record', 'FAIL': 'lookup-failure', 'ARGUABLE': 'two-readings'}


def result_name(ms, name, verdict, found=None, failure=None):
    """One name of a result. verdict is what the checker of that day said."""
    reason = 'no-records' if verdict == 'PERMIT' and not found else VERDICTS[verdict]
    out = {'name': name, 'verdict': verdict, 'reason': reason, 'rules': [SEARCH.get(epoch_of(ms), 'R-TREE-1')], 'notes': []}
    if verdict == 'ARGUABLE':
        out['readings'] = [{'verdict': 'DENY', 'reading': 'a set without issue forbids'},
                           {'verdict': 'PERMIT', 'reading': 'a set without issue does not restrict'}]
    records = [{'flags': f, 'tag': t, 'value': v} for f, t, v in found[2]] if found else []
    owner = found[0] if found else None
    out.update(found_at=owner, records_at=owner, records=records, answers=answers_of(ms, name, found, failure))
    return out


WORST = ('DENY', 'FAIL', 'ARGUABLE', 'PERMIT')


def result_line(ident, ms, names, until=None):
    worst = min(names, key=lambda n: WORST.index(n['verdict']))
    out = {'schema': 1, 'id': ident, 'verdict': worst['verdict'], 'reason': worst['reason'], 'rules': ['R-DEC-8'],
           'valid_until': iso(until) if until and worst['verdict'] == 'PERMIT' else None, 'epoch': epoch_of(ms),
           'source': 'dns', 'names': names}
    return json.dumps(out, separators=(',', ':')) + '\n'


PERMITTING = ((0, 'issue', OWN),)
