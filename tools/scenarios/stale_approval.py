"""A person approved between check and signing, and nobody looked at the clock (I-20)."""

from scenarios.basics import CCADB, DAY, HOUR, WINDOW, at, ccadb_row, clock_cells, iso, table
from scenarios.scenario import DENIES, PERMITS, Scenario, one_result

FIRST = at('2026-02-01')
LAST = at('2026-05-18')
PLAN = (('prompt', 30), ('stale', 40), ('ttl-12h', 10), ('ttl-12h-late', 4), ('7h59', 2), ('8h01', 2), ('edge-in', 1),
        ('edge-out', 1), ('no-record', 2), ('two-ttls', 2), ('checked-again', 10), ('denied-again', 2), ('unread', 5))
# Certificates of which the CA learnt on another day: kind, signed, days of validity, aware.
APART = (('short-lived', '2026-05-01T14:00:00', 7, '2026-05-04T10:00:00'),
         ('ten-days', '2026-04-01T14:00:00', 10, '2026-04-05T10:00:00'),
         ('aware-30-march', '2026-03-20T14:00:00', 199, '2026-03-30T10:00:00'),
         ('aware-31-march', '2026-03-20T15:00:00', 199, '2026-03-31T10:00:00'))


class StaleApproval(Scenario):
    name = 'stale-approval'
    aware = at('2026-05-20T09:00:00')
    policy = {}
    rows = {'edge-in': ['G136'], 'edge-out': ['G137'], 'ttl-12h': ['G138'], 'no-record': ['G139'], 'two-ttls': ['G140'],
            'denied-again': ['G141'], 'unread': ['G198'], 'stale': ['G201'], 'short-lived': ['G194'], 'ten-days': ['G195'],
            'aware-30-march': ['G191'], 'aware-31-march': ['G192']}

    def make(self):
        self.results = []
        plan = [(self.moment_for(), kind, 199, None) for kind, n in PLAN for _ in range(n)]
        plan += [(at(signed), kind, days, at(aware)) for kind, signed, days, aware in APART]
        for when, kind, days, aware in sorted(plan, key=lambda p: p[:2]):
            c = self.certificate(when, kind)
            c.aware = aware
            c.not_before = when if days <= 10 else c.not_before
            c.not_after = c.not_before + days * DAY * 1000 - 1000
            self.plant(c)
        self.write()

    def moment_for(self):
        """After noon: what is in the window was asked on the same day, so under the same rules (R-TIME-8)."""
        days = self.random.below((LAST - FIRST) // (DAY * 1000) + 1)
        return FIRST + days * DAY * 1000 + self.random.between(13 * HOUR, 18 * HOUR) * 1000

    def check(self, c, names, seconds, ttl=None, records=None, verdict='PERMIT'):
        """One result, that long before signing; ttl None: no records."""
        base = '.'.join(names[0].split('.')[-2:])
        found = ttl and (base, ttl, records or self.random.choice(PERMITS))
        self.results.append((c.signed - seconds * 1000, names, verdict, found))

    def plant(self, c):
        names = self.some_names(self.base('example'))
        state = getattr(self, 'plant_' + c.kind.replace('-', '_'), self.plant_stale)(c, names)
        for name in names if state else ():
            c.plant(name, state, 'C')

    def any_ttl(self):
        return self.random.choice((None, 300, 600, 3600))

    def stale(self, c, names):
        self.check(c, names, self.random.between(9 * HOUR, 72 * HOUR), self.any_ttl())

    def plant_prompt(self, c, names):
        self.check(c, names, self.random.between(30, HOUR), self.any_ttl())
        return 'permissive'

    def plant_stale(self, c, names):
        self.stale(c, names)
        return 'outside-window'

    def plant_ttl_12h(self, c, names):
        self.check(c, names, self.random.between(9 * HOUR, 11 * HOUR), 12 * HOUR)
        return 'permissive'

    def plant_ttl_12h_late(self, c, names):
        self.check(c, names, 13 * HOUR, 12 * HOUR)
        return 'outside-window'

    def plant_7h59(self, c, names):
        self.check(c, names, WINDOW - 60, 60)
        return 'permissive'

    def plant_8h01(self, c, names):
        self.check(c, names, WINDOW + 60, 60)
        return 'outside-window'

    def plant_edge_in(self, c, names):
        self.check(c, names, WINDOW, 300)
        return 'permissive'

    def plant_edge_out(self, c, names):
        self.check(c, names, WINDOW + 1, 300)
        return 'outside-window'

    def plant_no_record(self, c, names):
        self.check(c, names, 30000)
        return 'outside-window'

    def plant_two_ttls(self, c, _):
        for label, ttl, state in (('n1', 86400, 'permissive'), ('n2', 60, 'outside-window')):
            name = label + self.base('example')
            self.check(c, [name], 40000, ttl)
            c.plant(name, state, 'C')

    def plant_checked_again(self, c, names):
        self.stale(c, names)
        self.check(c, names, self.random.between(10, 600), self.any_ttl())
        return 'permissive'

    def plant_denied_again(self, c, names):
        self.check(c, names, 2 * HOUR, 300)
        self.check(c, names, HOUR, 300, DENIES[0], 'DENY')
        return 'denied'

    def plant_unread(self, c, names):
        """The order rests on the stale check; a nightly job, whose result nobody read, asked in time."""
        c.consulted = False
        return self.plant_checked_again(c, names)

    def write(self):
        rows = [CCADB + ['signed', 'entry_timestamp', 'aware']]
        for c in self.certificates:
            rows.append(ccadb_row(c, clock_cells(c) + [c.aware and iso(c.aware) or '']))
        self.add('certificates.csv', 'certificates', 'csv', table(rows), len(self.certificates))
        lines = [one_result('order-%d' % i, ms, names, verdict, found)
                 for i, (ms, names, verdict, found) in enumerate(sorted(self.results, key=lambda r: r[0]))]
        self.add('results.ndjson', 'archive', 'caaproof', ''.join(lines).encode(), len(lines))
        unread = [[c.digest] for c in self.certificates if not c.consulted]
        self.add('not-consulted.csv', 'not-consulted', 'csv', table([['sha256']] + unread), len(unread))
