"""Somebody outside sees that DNS denies today; the archived answer permitted at issuance (I-19)."""

import hashlib

from scenarios import x509
from scenarios.archives import Dnstap, climb, result_line, result_name
from scenarios.basics import DAY, OTHER, OWN, WINDOW, at
from scenarios.scenario import Scenario

SIGNED = at('2023-01-09T10:14:31')
RECHECKED = at('2023-01-12T09:40:00')


class OutsideAccusation(Scenario):
    name = 'outside-accusation'
    aware = at('2023-01-12T09:30:00')

    def make(self):
        self.dnstap = Dnstap()
        c = self.certificate(SIGNED, 'accused')
        c.clock = 'sct'
        c.not_after = c.not_before + 397 * DAY * 1000 - 1000
        c.now = 'DENIES-NOW'
        for name in ('pay.heronbank.example', 'www.pay.heronbank.example'):
            c.plant(name, 'permissive', 'B')
        self.check(c.names(), SIGNED - 41000)
        self.noise()
        self.sign(c)
        self.add_archive('resolver.dnstap', 'dnstap', self.dnstap.file(), self.dnstap.counts)
        denies = [result_name(RECHECKED, n, 'DENY', ('heronbank.example', 3600, ((0, 'issue', OTHER),))) for n in c.names()]
        self.add('recheck.ndjson', 'recheck', 'caaproof',
                 result_line(c.serial, RECHECKED, denies, RECHECKED + WINDOW * 1000).encode(), 1)

    def check(self, names, ms):
        asked = []
        for name in names:
            asked += [label for label in climb(name)[:-1] if label not in asked]
        for i, label in enumerate(asked):
            records = [(3600, 0, 'issue', OWN)] if label == 'heronbank.example' else ()
            self.dnstap.response(ms + 20 * i, label, records)

    def noise(self):
        """Other people's names that day."""
        for i in range(40):
            ms = SIGNED + self.random.between(-9 * 3600, 9 * 3600) * 1000
            name = 'www.' + self.base() if i % 2 else self.base()
            for k, label in enumerate(climb(name)):
                self.dnstap.response(ms + 20 * k, label)
            self.dnstap.response(ms + 90, name, kind=1)

    def sign(self, c):
        logs = [(x509.Key('log A'), SIGNED), (x509.Key('log B'), SIGNED + 387)]
        before, after = x509.pair(c, x509.Key('issuing CA'), logs)
        c.predigest, c.digest = (hashlib.sha256(d).hexdigest() for d in (before, after))
        for path, der in (('precertificate.pem', before), ('certificate.pem', after)):
            self.add('certificates/' + path, 'certificates', 'certificates', x509.pem(der), 1)
        self.more['pair'] = {'certificate': c.digest, 'precertificate': c.predigest}
