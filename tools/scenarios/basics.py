"""Random numbers, times, and what a planted certificate is. The same on every machine: nothing here depends on the version
of Python, its hash seed, the clock or the locale."""

import csv
import datetime
import hashlib
import io

HOUR = 3600
DAY = 86400
WINDOW = 28800  # R-TIME-1
OWN = 'ca.example.net'
OTHER = 'other.example'
ISSUER = 'CN=Example TLS CA 1'
WORDS = ('amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heron', 'iris', 'juniper', 'kelp', 'larch', 'maple',
         'north', 'olive', 'pine', 'quartz', 'river', 'stone', 'thyme', 'umber', 'vale', 'willow', 'yarrow')


class Random:
    """SplitMix64."""
    MASK = 2**64 - 1

    def __init__(self, seed):
        self.state = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], 'big')

    def word(self):
        self.state = (self.state + 0x9e3779b97f4a7c15) & self.MASK
        z = self.state
        z = ((z ^ z >> 30) * 0xbf58476d1ce4e5b9) & self.MASK
        z = ((z ^ z >> 27) * 0x94d049bb133111eb) & self.MASK
        return z ^ z >> 31

    def below(self, n):
        return self.word() % n

    def between(self, low, high):
        """Both ends included."""
        return low + self.below(high - low + 1)

    def choice(self, items):
        return items[self.below(len(items))]

    def chance(self, percent):
        return self.below(100) < percent

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]

    def geometric(self, mean, most):
        """From 1 on; mean is a fraction (numerator, denominator)."""
        n = 1
        while n < most and self.below(mean[0]) >= mean[1]:
            n += 1
        return n


# -- times: milliseconds since 1970, UTC -------------------------------------------------------------------------------

EPOCH = datetime.datetime(1970, 1, 1)


def at(text):
    """Of '2019-04-29' or '2019-04-29T23:12:00'."""
    form = '%Y-%m-%dT%H:%M:%S' if 'T' in text else '%Y-%m-%d'
    return (datetime.datetime.strptime(text, form) - EPOCH) // datetime.timedelta(milliseconds=1)


def moment(ms):
    return EPOCH + datetime.timedelta(milliseconds=ms)


def iso(ms):
    """Whole seconds if it is, else milliseconds."""
    return moment(ms).strftime('%Y-%m-%dT%H:%M:%S') + ('.%03d' % (ms % 1000) if ms % 1000 else '') + 'Z'


def day_of(ms):
    return moment(ms).strftime('%Y-%m-%d')


def midnight(ms):
    return ms - ms % (DAY * 1000)


# -- certificates ------------------------------------------------------------------------------------------------------

class Planted:
    """A name, and what the archive shows of it: the state and its grade, with --proof-grade C and, if that differs, D."""

    def __init__(self, name, state='none', grade=None, loose=None):
        self.name = name
        self.state = state
        self.grade = grade
        self.loose = loose or state

    def under(self, setting):
        return self.loose if setting == 'D' else self.state


class Certificate:
    """signed: true moment of signing, whole seconds. clock: which column of the list says so."""

    def __init__(self, scenario, number, signed, kind):
        self.digest = hashlib.sha256(('%s certificate %d' % (scenario, number)).encode()).hexdigest()
        self.predigest = hashlib.sha256(('%s precertificate %d' % (scenario, number)).encode()).hexdigest()
        self.serial = '1' + hashlib.sha256(('%s serial %d' % (scenario, number)).encode()).hexdigest()[1:32]
        self.signed = signed
        self.kind = kind
        self.clock = 'signing-log'
        self.not_before = midnight(signed)
        self.not_after = self.not_before + 365 * DAY * 1000 - 1000
        self.revoked_at = None
        self.consulted = True
        self.planted = []
        self.now = None  # PERMITS-NOW, DENIES-NOW, FAILS-NOW; None: not asked
        self.denied_now = None  # the name that denies or fails now
        self.aware = None  # None: that of the scenario
        self.account = None

    def names(self):
        return [p.name for p in self.planted]

    def plant(self, name, state='none', grade=None, loose=None):
        self.planted.append(Planted(name, state, grade, loose))


# -- files -------------------------------------------------------------------------------------------------------------

CCADB = ['Precertificate SHA-256 hash', 'Certificate SHA-256 hash', 'Subject', 'Issuer', 'Not before', 'Not after',
         'Serial #', 'dNSNames', 'Is revoked?', 'Revocation date', 'Revocation reason']


def table(rows, quote=csv.QUOTE_MINIMAL):
    out = io.StringIO()
    csv.writer(out, lineterminator='\n', quoting=quote).writerows(rows)
    return out.getvalue().encode()


def ccadb_row(c, own, separator=' '):
    """own: cells right of the eleven."""
    revoked = ['Yes', iso(c.revoked_at), 'superseded'] if c.revoked_at else ['No', 'N/A', 'N/A']
    return [c.predigest, c.digest, 'CN=' + c.names()[0], ISSUER, iso(c.not_before), iso(c.not_after), c.serial,
            separator.join(c.names())] + revoked + own


def clock_cells(c):
    """Columns signed and entry_timestamp (R-GEN-1): the better clock is there, or it is not the one that counts."""
    return [iso(c.signed) if c.clock == 'signing-log' else '', iso(c.signed) if c.clock == 'sct' else '']
