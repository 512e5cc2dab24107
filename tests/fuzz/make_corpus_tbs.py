#!/usr/bin/env python3
"""Writes the seeds of fuzz_tbs: certificates and to-be-signed certificates in DER by hand. Same output on every run."""
import make_corpus


def element(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    octets = b"" if n < 0x80 else n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, n if not octets else 0x80 | len(octets)]) + octets + content


def sequence(*parts):
    return element(0x30, *parts)


def oid(text):
    return element(6, bytes.fromhex(text))


def extension(ident, value, critical=False):
    return sequence(oid(ident), element(1, b"\xff") if critical else b"", element(4, value))


def alt_names(*names):
    return extension("551d11", sequence(*names))


def dns(text):
    return element(0x82, text.encode())


def common_name(text, tag=12):
    return element(0x31, sequence(oid("550403"), element(tag, text)))


ALGORITHM = sequence(oid("2a8648ce3d040302"))
KEY = sequence(sequence(oid("2a8648ce3d0201"), oid("2a8648ce3d030107")), element(3, b"\0\4" + b"\7" * 64))


def tbs(extensions=None, subject=(), version=b"\xa0\x03\x02\x01\x02", ids=b"", serial=b"\2\1\5"):
    listed = b"" if extensions is None else element(0xa3, sequence(*extensions))
    return sequence(version, serial, ALGORITHM, sequence(common_name(b"CA")),
                    sequence(element(23, b"261122120000Z"), element(24, b"20600101000000Z")), sequence(*subject), KEY, ids,
                    listed)


def certificate(*args, **how):
    return sequence(tbs(*args, **how), ALGORITHM, element(3, b"\0" + b"\6" * 70))


def seeds():
    usage = extension("551d25", sequence(oid("2b06010505070301"), oid("2b0601050507031f")))
    authority = extension("551d13", sequence(element(1, b"\xff"), element(2, b"\0")), True)
    poison = extension("2b06010401d679020403", b"\5\0", True)
    mailbox = element(0xa0, oid("2b06010505070809"), element(0xa0, element(12, "u@\u00fc.test".encode())))
    upn = element(0xa0, oid("2a03"), element(0xa0, element(12, b"u")))
    names = [dns("www.d.test"), dns("*.d.test"), element(0x87, b"\xc0\0\2\1"), element(0x87, b"\x20\1" + b"\0" * 14),
             element(0x81, b"u@d.test"), mailbox, upn, element(0xa4, sequence(common_name(b"x"))),
             element(0x86, b"https://d.test/"), element(0x88, b"\x2a\3")]
    return {
        "names": certificate([alt_names(*names), usage, authority]),
        "bare": tbs([usage, alt_names(*names)]),
        "precertificate": certificate([alt_names(dns("d.test")), poison], [common_name(b"d.test", 19)]),
        "common-names": certificate(None, [common_name(b"d.test"), common_name(b"\0d\0.\0t", 30),
                                           common_name(b"d\xfc.test", 20), common_name(b"\0\1\xf6\0", 28)],
                                    version=b""),
        "many": tbs([alt_names(*[dns("n%d.d.test" % i) for i in range(200)])]),
        "ids": tbs(None, version=b"\xa0\3\2\1\1", ids=b"\x81\2\0\5\x82\2\0\5"),
        "empty-names": tbs([alt_names()]),
        "twice": tbs([alt_names(dns("d.test")), alt_names(dns("e.test"))]),
        "indefinite": b"\x30\x80" + tbs([alt_names(dns("d.test"))])[4:] + b"\0\0",
        "x400": tbs([alt_names(element(0xa3, sequence()))]),
        "padded-serial": tbs(serial=b"\2\2\0\5"),
    }


if __name__ == "__main__":
    make_corpus.save("tbs", seeds())
