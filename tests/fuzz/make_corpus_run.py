#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets for marks and for the files of runs and archives. Same output on every run."""
import hashlib
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def save(target, seeds):
    folder = os.path.join(HERE, 'corpus', target)
    os.makedirs(folder, exist_ok=True)
    for name, octets in seeds.items():
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(octets)


def head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for size, more in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if n < 1 << 8 * size:
            return bytes([major << 5 | more]) + n.to_bytes(size, 'big')
    raise ValueError(n)


def cbor(value):
    """Deterministic CBOR of what is needed here."""
    if value is True or value is False:
        return b'\xf5' if value else b'\xf4'
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    return head(4, len(value)) + b''.join(map(cbor, value))


NONE = -(1 << 63)


def row(serial, names=(b'a.test', b'*.b.test'), signed=1640995200):
    final = hashlib.sha256(serial).digest()
    return cbor([final, b'', 0, 2, serial, b'CN=CA', b'', hashlib.sha256(b'CN=CA').digest(), signed, signed + 1000000, list(names),
                 signed * 1000, 2, signed, False, NONE, -1, NONE, b'DV', [b'1', b'dns-01'], b'', False, NONE, False])


def certificates(rows):
    out, begins = b'', []
    for octets in rows:
        begins.append(len(out))
        out += struct.pack('>I', len(octets)) + octets
    return out + b''.join(struct.pack('>Q', b) for b in begins) + struct.pack('>Q', len(rows)) + b'caaproof-certs-2'


def entry(key, time_ms, ttl=300):
    words = 1 | 2 << 4 | 1 << 9 | 1 << 12
    return bytes([key]) * 16 + struct.pack('>QIQQI', (time_ms + (1 << 63)) & (1 << 64) - 1, 0, 1, words << 48, ttl)


def entries(items):
    items = sorted(items)
    index = b''.join(item[:24] for item in items[::64])
    return b''.join(items) + index + struct.pack('>Q', len(items)) + b'caaproof-entry-1'


def content(records=(0, b'issue', b'ca.example.net')):
    return cbor([2, 1000, b'\x01d\x04test\x00', list(records), [b'\x01x\x00'], [b'', b'', b'eu', b'\xff']])


def main():
    save('marks', {
        'serials': b'\x00serial,why\n0a0b,x\n00:0C,y\n0x0d\n\n1\n',
        'mark-of-bytes': b'\x00\xef\xbb\xbf0a\n',
        'blanks': b'\x000a 0b\n',
        'digest': b'\x00' + b'00ff' * 16 + b'\n' + b'00ff' * 16 + b'00\n',
        'recheck': b'\x01{"id":"0a","verdict":"PERMIT"}\n{"id":"0A","verdict":"DENY"}\n\n{"id":"0b"}\n',
        'recheck-cut': b'\x01{"id":"0a","verdict":"PERMIT"}\n{"id":"0b","ver',
        'recheck-none': b'\x01[]',
    })
    files = {
        'certificates': certificates([row(b'\x01'), row(b'\x02', names=())]),
        'no-certificates': certificates([]),
        'certificates-lie': certificates([row(b'\x01')])[:-24] + struct.pack('>Q', 2) + b'caaproof-certs-2',
        'certificates-many': certificates([row(b'\x01')])[:-24] + b'\xff' * 8 + b'caaproof-certs-2',
    }
    seeds = {name: b'\x00' + octets for name, octets in files.items()}
    whole = entries([entry(i % 7 * 32, i * 10) for i in range(130)])
    seeds.update({
        'entries': b'\x01' + whole,
        'no-entries': b'\x01' + entries([]),
        'entries-cut': b'\x01' + whole[:-30] + whole[-24:],
        'entries-lie': b'\x01' + whole[:-24] + b'\xff' * 8 + b'caaproof-entry-1',
        'content': b'\x02' + content(),
        'content-four': b'\x02' + content((0, b'issue', b'x', [])),
        'content-behind': b'\x02' + content() + b'\x00',
        'row': b'\x03' + row(b'\x01'),
        'row-moment': b'\x03' + row(b'\x01', signed=253402300800),
        'row-cut': b'\x03' + row(b'\x01')[:-5],
    })
    save('run_files', seeds)
    save('run_folder', {
        'summary': b'\x00\x00{"schema":1,"options":{},"inputs":[]}',
        'summary-newer': b'\x00\x00{"schema":2}',
        'summary-none': b'\x00\x00[',
        'order': b'\x01\x02' + struct.pack('>QQ', 1, 0),
        'order-away': b'\x01\x02' + struct.pack('>QQ', 1, 2),
        'order-cut': b'\x01\x02' + struct.pack('>QQ', 1, 0)[:-1],
        'results': b'\x02\x01' + bytes([1, 2, 0, 0, 1, 2, 2, 15, 0, 0, 0, 1]) + bytes(4),
        'results-away': b'\x02\x01' + bytes([9, 2, 0, 0, 1, 2, 2, 15, 0, 0, 0, 1]) + bytes(4),
        'index': b'\x03\x0a' + b''.join(struct.pack('>QI', i << 60, i) for i in range(16)),
        'index-unsorted': b'\x03\x0a' + b''.join(struct.pack('>QI', (16 - i) << 59, i) for i in range(16)),
    })


if __name__ == '__main__':
    main()
