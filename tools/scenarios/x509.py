"""A precertificate and its certificate, with two SCTs, from a key that everybody can have. Signatures are deterministic
(RFC 6979), so the octets are the same everywhere."""

import base64
import hashlib
import hmac
import struct

from scenarios.basics import moment

# P-256.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k, point):
    out = None
    while k:
        out = add(out, point) if k & 1 else out
        point = add(point, point)
        k >>= 1
    return out


class Key:
    def __init__(self, seed):
        self.secret = int.from_bytes(hashlib.sha256(seed.encode()).digest(), 'big') % (N - 1) + 1
        x, y = times(self.secret, G)
        self.point = b'\4' + x.to_bytes(32, 'big') + y.to_bytes(32, 'big')
        self.info = seq(seq(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), bits(self.point))

    def nonces(self, digest):
        """RFC 6979 section 3.2."""
        secret = self.secret.to_bytes(32, 'big') + (int.from_bytes(digest, 'big') % N).to_bytes(32, 'big')
        k, v = bytes(32), b'\1' * 32
        for round_ in (b'\0', b'\1'):
            k = hmac.digest(k, v + round_ + secret, 'sha256')
            v = hmac.digest(k, v, 'sha256')
        while True:
            v = hmac.digest(k, v, 'sha256')
            yield int.from_bytes(v, 'big')
            k = hmac.digest(k, v + b'\0', 'sha256')
            v = hmac.digest(k, v, 'sha256')

    def sign(self, octets):
        digest = hashlib.sha256(octets).digest()
        for k in self.nonces(digest):
            if not 0 < k < N:
                continue
            r = times(k, G)[0] % N
            s = pow(k, -1, N) * (int.from_bytes(digest, 'big') + r * self.secret) % N
            if r and s:
                return seq(integer(r), integer(s))


# -- DER ---------------------------------------------------------------------------------------------------------------

def tlv(tag, content):
    n = len(content)
    size = n.to_bytes((n.bit_length() + 7) // 8 or 1, 'big')
    return bytes([tag]) + (size if n < 128 else bytes([0x80 | len(size)]) + size) + content


def seq(*parts):
    return tlv(0x30, b''.join(parts))


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, 'big'))


def bits(octets, unused=0):
    return tlv(3, bytes([unused]) + octets)


def oid(text):
    numbers = [int(t) for t in text.split('.')]
    out = b''
    for n in [numbers[0] * 40 + numbers[1]] + numbers[2:]:
        part = bytes([n & 0x7f])
        while n >= 0x80:
            n >>= 7
            part = bytes([n & 0x7f | 0x80]) + part
        out += part
    return tlv(6, out)


def name(common, organisation=None):
    parts = [('2.5.4.10', organisation)] if organisation else []
    return seq(*(tlv(0x31, seq(oid(i), tlv(0x0c, t.encode()))) for i, t in parts + [('2.5.4.3', common)]))


def time(ms):
    return tlv(0x17, moment(ms).strftime('%y%m%d%H%M%SZ').encode())


def extension(ident, content, critical=False):
    return seq(oid(ident), *([tlv(1, b'\xff')] if critical else []), tlv(4, content))


POISON = extension('1.3.6.1.4.1.11129.2.4.3', b'\5\0', True)
ECDSA = seq(oid('1.2.840.10045.4.3.2'))


def tbs(c, issuer, subject, key, extensions):
    return seq(tlv(0xa0, integer(2)), integer(int(c.serial, 16)), ECDSA, issuer, seq(time(c.not_before), time(c.not_after)),
               subject, key.info, tlv(0xa3, seq(*extensions)))


def signed(key, body):
    return seq(body, ECDSA, bits(key.sign(body)))


def usual(c, issuing):
    names = seq(*(tlv(0x82, n.encode()) for n in c.names()))
    return [extension('2.5.29.15', bits(b'\x80', 7), True), extension('2.5.29.37', seq(oid('1.3.6.1.5.5.7.3.1'))),
            extension('2.5.29.19', seq(), True), extension('2.5.29.17', names),
            extension('2.5.29.35', seq(tlv(0x80, hashlib.sha1(issuing.point).digest()))),
            extension('2.5.29.32', seq(seq(oid('2.23.140.1.2.1'))))]


def vector(octets):
    return struct.pack('>H', len(octets)) + octets


def sct(log, ms, issuing, body):
    """RFC 6962 section 3.2, over a precertificate."""
    entry = struct.pack('>BBQH', 0, 0, ms, 1) + hashlib.sha256(issuing.info).digest()
    signature = log.sign(entry + len(body).to_bytes(3, 'big') + body + vector(b''))
    return struct.pack('>B32sQ', 0, hashlib.sha256(log.info).digest(), ms) + vector(b'') + b'\4\3' + vector(signature)


def pair(c, issuing, logs):
    """DER of precertificate and certificate. logs: (key, ms when the log took it in)."""
    issuer, subject, key = name('Example TLS CA 1', 'Example CA'), name(c.names()[0]), Key('subject ' + c.serial)
    common = usual(c, issuing)
    body = tbs(c, issuer, subject, key, common)
    scts = b''.join(vector(sct(log, ms, issuing, body)) for log, ms in logs)
    listed = extension('1.3.6.1.4.1.11129.2.4.2', tlv(4, vector(scts)))
    return (signed(issuing, tbs(c, issuer, subject, key, common + [POISON])),
            signed(issuing, tbs(c, issuer, subject, key, common + [listed])))


def pem(der):
    text = base64.b64encode(der).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return '\n'.join(['-----BEGIN CERTIFICATE-----'] + lines + ['-----END CERTIFICATE-----', '']).encode()
