"""N names that were older than eight hours were rechecked by asking for one of them N times (I-14)."""

from scenarios.archives import Audit
from scenarios.basics import DAY, HOUR, ISSUER, at, iso, table
from scenarios.scenario import PERMITS, Scenario, line_of

FIRST = at('2019-11-20')
LAST = at('2020-02-28')
COUNT = 3000
NAMES = (5, 2), 100  # mean 2.5, at most 100
REUSED = 29 * DAY  # how long an authorization counts


class Incident2020(Scenario):
    name = 'incident-2020'
    aware = at('2020-02-29T03:08:00')
    large = True
    golden = ('G191',)
    rows = {'one-of-many': ['G201', 'G203'], 'long-ttl': ['G138']}

    def make(self):
        self.audit = Audit({'va1': 0, 'va2': 0})
        moments = sorted(self.random.between(FIRST // 1000, LAST // 1000) * 1000 for _ in range(COUNT))
        for when in moments:
            self.plant(when)
        self.write()

    def kind_for(self, n):
        draw = self.random.below(100)
        if draw < 2:
            return 'log-lost'
        if draw < 27:
            return 'fresh'
        if draw < 30:
            return 'long-ttl'
        return 'one-of-one' if n == 1 else 'one-of-many'

    def plant(self, when):
        n = self.random.geometric(*NAMES)
        c = self.certificate(when, self.kind_for(n))
        c.clock = 'sct'
        c.not_before = when - HOUR * 1000
        c.not_after = c.not_before + 90 * DAY * 1000 - 1000
        c.account = self.random.between(100000, 999999)
        base = self.base()
        found = None if self.random.chance(30) else (base, self.ttl(c), self.random.choice(PERMITS))
        c.kind += '' if found or c.kind in ('log-lost', 'long-ttl') else '-without-records'
        names = [base] + ['n%d.%s' % (i, base) for i in range(1, n)]
        if c.kind == 'log-lost':
            for name in names:
                c.plant(name)
            return
        self.check(c, names, found or c.kind == 'long-ttl' and (base, 30 * DAY, PERMITS[0]) or None)

    def ttl(self, c):
        return 30 * DAY if c.kind == 'long-ttl' else self.random.choice((300, 3600, 14400))

    def log(self, c, ms, name, found):
        host = self.random.choice(('va1', 'va2'))
        self.audit.write(ms, host, line_of(ms, name, found, True, c.account))

    def check(self, c, names, found):
        """First checks; then, unless they are young enough, the last name as often as there are names."""
        fresh = c.kind.startswith('fresh')
        old = self.random.between(60, 7 * HOUR) if fresh else self.random.between(9 * HOUR, REUSED)
        grade, good = ('C', 'permissive') if found else ('D', 'conclusion-only')
        for i, name in enumerate(names):
            self.log(c, c.signed - old * 1000 + 50 * i, name, found)
            state = good
            if not fresh and c.kind != 'long-ttl' and name != names[-1]:
                state = 'outside-window'
            c.plant(name, state, grade, 'permissive' if state == good else None)
        if not fresh:
            for i in range(len(names)):
                self.log(c, c.signed - 2000 + i, names[-1], found)

    def write(self):
        rows = [['sha256', 'issuer_name', 'dns_names', 'entry_timestamp', 'not_before', 'not_after', 'serial_number']]
        for c in self.certificates:
            rows.append([c.digest, ISSUER, '\n'.join(c.names())] + [
                iso(t).rstrip('Z') for t in (c.signed, c.not_before, c.not_after)] + [c.serial])
        self.add('certificates.csv', 'certificates', 'csv', table(rows), len(self.certificates))
        self.add_archive('audit.csv', 'splunk-csv', self.audit.splunk_csv(), self.audit.counts)
