"""The caller timed out and issued; often the checker had done its work, and nobody fetched the answer (I-13)."""

from scenarios.archives import Audit, Dnstap, Unbound, climb, result_line, result_name
from scenarios.basics import CCADB, DAY, HOUR, OTHER, OWN, WINDOW, at, ccadb_row, clock_cells, day_of, midnight, table
from scenarios.scenario import DENIES, PERMITS, TTLS, Scenario, line_of, one_result

FIRST = at('2017-09-08')
LAST = at('2019-04-29')
E3 = at('2017-10-27')
E4 = at('2018-05-10')
VERDICTS_UNTIL = at('2018-05-18')  # of lines without records; on the day itself nothing was signed
RECORDS_SINCE = at('2018-05-19')
# Days of which the archive has nothing, both ends included.
GAPS = (('2017-11-20', '2017-11-23'), ('2018-02-10', '2018-02-12'), ('2018-07-14', '2018-07-15'),
        ('2018-10-30', '2018-11-02'), ('2019-03-09', '2019-03-10'))
# What is left of the resolver's log.
KEPT = (('2018-01-08', '2018-02-09'), ('2018-11-05', '2019-01-25'))
DNSTAP_SINCE = at('2018-09-03')
OFFSET = {'va1': 0, 'va2': 3000}

# Kind, how many in the days of lines without records (until 2018-05-17), how many since.
PLAN = (
    ('records', 0, 380), ('records-long-ttl', 0, 12), ('claim-permits', 110, 120), ('claim-denies', 3, 0),
    ('claim-late', 18, 0), ('result-empty', 40, 40), ('result-records', 20, 16), ('result-unclear', 2, 0),
    ('result-failed', 0, 6), ('dnstap-empty', 0, 60), ('dnstap-records', 0, 14), ('dnstap-part', 0, 6),
    ('dnstap-mixed-ttl', 0, 2), ('late', 0, 30), ('late-10-minutes', 0, 3), ('stale', 0, 14), ('edge-in', 0, 2),
    ('edge-out', 0, 2), ('edge-of-one-name', 0, 2), ('wildcard-form', 0, 10), ('plain-form', 0, 3), ('sibling', 0, 8),
    ('sibling-of-one-name', 0, 6), ('denies', 0, 8), ('denies-later', 0, 3), ('permits-later', 0, 2),
    ('claim-after-records', 0, 2), ('claim-after-denial', 0, 2), ('failure-after-records', 0, 3), ('skew-late', 0, 3), ('skew-edge', 0, 2),
    ('damaged', 0, 4), ('hundred-names', 0, 1), ('resolver-failed', 10, 8), ('resolver-asked', 6, 4), ('nothing', 30, 8),
    ('gap', 24, 4),
)
ROWS = {'records-long-ttl': ['G138'], 'dnstap-mixed-ttl': ['G142'], 'late-10-minutes': ['G200'], 'stale': ['G201'],
          'edge-in': ['G136'], 'edge-out': ['G137'], 'edge-of-one-name': ['G140'], 'wildcard-form': ['G202'],
          'denies-later': ['G141'], 'hundred-names': ['G203'], 'records': ['G197'], 'nothing': ['G199']}
# Of which kinds the sixteen are that fail a recheck; then those whose lookup fails now.
DENIES_NOW = (('records', 6), ('denies', 3), ('claim-permits', 4), ('nothing', 3))
FAILS_NOW = (('dnstap-empty', 2), ('late', 3))


def registrable(name):
    return '.'.join(name.split('.')[-2:])


def days_of(ranges):
    return [d for first, last in ranges for d in range(at(first), at(last) + 1, DAY * 1000)]


class Incident2019(Scenario):
    name = 'incident-2019'
    aware = at('2019-04-29T23:12:00')
    golden = ('G191',)
    rows = ROWS

    def make(self):
        self.audit = Audit(OFFSET)
        self.unbound = Unbound()
        self.dnstap = Dnstap()
        self.results = []
        self.checked = {}  # when the certificate's last check was
        self.sets = {}
        self.gaps = set(days_of(GAPS))
        self.kept = days_of(KEPT)
        for when, kind in self.calendar():
            c = self.certificate(when, kind)
            c.consulted = False
            getattr(self, 'plant_' + kind.replace('-', '_'))(c)
        self.fill_up()
        self.choose_clocks()
        self.choose_validity()
        self.choose_now()
        self.write()

    # -- when ----------------------------------------------------------------------------------------------------------

    def day_for(self, kind, early):
        if kind == 'gap':
            return self.random.choice([d for d in sorted(self.gaps) if (d < VERDICTS_UNTIL) == early])
        if kind in ('resolver-failed', 'resolver-asked', 'failure-after-records'):
            return self.random.choice([d for d in self.kept if (d < VERDICTS_UNTIL) == early])
        first, last = (FIRST, VERDICTS_UNTIL - 1) if early else (RECORDS_SINCE, LAST)
        if kind == 'result-unclear':
            first, last = E3, E4 - 1
        if kind.startswith('dnstap'):
            first = DNSTAP_SINCE
        while True:
            day = midnight(first) + self.random.below((last - first) // (DAY * 1000) + 1) * DAY * 1000
            if day not in self.gaps:
                return day

    def calendar(self):
        """Moments of signing, in order. After noon, so that the checks before lie on the same day."""
        out = []
        for kind, early, late in PLAN:
            out += [(self.day_for(kind, i < early) + self.random.between(12 * HOUR, 22 * HOUR) * 1000, kind)
                    for i in range(early + late)]
        return sorted(out)

    def before(self, c):
        """Some minutes before signing, by any clock; one name after the other."""
        if c not in self.checked:
            self.checked[c] = c.signed - self.random.between(8000, 600000)
        self.checked[c] += 20
        return self.checked[c]

    # -- audit lines ---------------------------------------------------------------------------------------------------

    def host(self):
        return self.random.choice(('va1', 'va2'))

    def log(self, c, ms, name, found, valid=True, host=None):
        c.account = c.account or self.random.between(1000, 9999)
        method = self.random.choice(('http-01', 'dns-01'))
        self.audit.write(ms, host or self.host(), line_of(ms, name, found, valid, c.account, method))

    def permitting(self, name, ttl=None):
        """A set at the registrable name: the same for all that ask."""
        base = registrable(name)
        if base not in self.sets:
            self.sets[base] = base, ttl or self.random.choice(TTLS), self.random.choice(PERMITS)
        return self.sets[base]

    def permit(self, c, name, ms=None, ttl=None):
        """A line in the window whose records permit."""
        found = self.permitting(name, ttl)
        ms = ms or self.before(c)
        self.log(c, ms, name, found)
        self.also_resolver(ms, name, found[0])
        c.plant(name, 'permissive', 'C')

    def also_resolver(self, ms, name, last, missing=20):
        """What the resolver's log has of that check, if it is of those days: no answer, so no content."""
        if midnight(ms) not in self.kept:
            return
        for label in climb(name):
            self.unbound.query(ms - 900, label)
            gone = label != last and label.count('.') > 1 and self.random.chance(missing)
            self.unbound.reply(ms - 900, label, 'NXDOMAIN' if gone else 'NOERROR', self.random.between(2, 80))
            if label == last:
                return

    def plant_records(self, c):
        base = self.base()
        names = ['*.' + base, base] if self.random.chance(6) else self.some_names(base)
        for name in names:
            self.permit(c, name)

    def plant_records_long_ttl(self, c):
        for name in self.some_names(self.base()):
            self.permit(c, name, c.signed - 11 * HOUR * 1000, 43200)

    def claim(self, c, name, ms, present, valid, state, loose=None):
        """A line without content: that there is no record, or a verdict on records that it does not show."""
        found = ('', 0, ()) if present else None
        self.log(c, ms, name, found, valid)
        self.also_resolver(ms, name, climb(name)[-1], 0)
        c.plant(name, state, 'D', loose)

    def plant_claim_permits(self, c):
        present = c.signed < VERDICTS_UNTIL and self.random.chance(20)
        for name in self.some_names(self.base()):
            self.claim(c, name, self.before(c), present, True, 'conclusion-only', None if present else 'permissive')

    def plant_claim_denies(self, c):
        self.claim(c, self.base(), self.before(c), True, False, 'conclusion-only')

    def plant_claim_late(self, c):
        ms = c.signed + self.random.between(5, 900) * 1000
        self.claim(c, self.base(), ms, False, True, 'after-signing')

    def plant_late(self, c, seconds=None):
        names = self.some_names(self.base())
        for name in names[1:]:
            self.permit(c, name)
        self.log(c, c.signed + (seconds or self.random.between(4, 900)) * 1000, names[0], self.permitting(names[0]))
        c.plant(names[0], 'after-signing', 'C')

    def plant_late_10_minutes(self, c):
        self.plant_late(c, 600)

    def plant_stale(self, c):
        name = self.base()
        self.log(c, c.signed - 9 * HOUR * 1000, name, self.permitting(name, 600))
        c.plant(name, 'outside-window', 'C')

    def edge(self, c, seconds, state, host='va1'):
        name = self.base()
        self.log(c, c.signed - seconds * 1000, name, self.permitting(name, 300), host=host)
        c.plant(name, state, 'C')

    def plant_edge_in(self, c):
        self.edge(c, WINDOW, 'permissive')

    def plant_edge_out(self, c):
        self.edge(c, WINDOW + 1, 'outside-window')

    def plant_edge_of_one_name(self, c):
        for ttl, state in ((86400, 'permissive'), (60, 'outside-window')):
            name = 'n%d.%s' % (len(c.planted) + 1, self.base())
            self.log(c, c.signed - 40000 * 1000, name, (name, ttl, PERMITS[0]))
            c.plant(name, state, 'C')

    def plant_wildcard_form(self, c):
        name = self.base()
        self.log(c, self.before(c), '*.' + name, self.permitting(name))
        c.plant(name, 'other-form', 'C')

    def plant_plain_form(self, c):
        name = self.base()
        self.log(c, self.before(c), name, self.permitting(name))
        c.plant('*.' + name, 'other-form', 'C')

    def plant_sibling(self, c):
        base = self.base()
        self.log(c, self.before(c), 'mail.' + base, self.permitting(base))
        c.plant('www.' + base)

    def plant_sibling_of_one_name(self, c):
        base = self.base()
        self.permit(c, base)
        self.log(c, self.before(c), 'mail.' + base, self.permitting(base))
        c.plant('www.' + base)

    def plant_denies(self, c):
        names = self.some_names(self.base())
        self.log(c, self.before(c), names[0], (names[0], self.random.choice(TTLS), self.random.choice(DENIES)), False)
        c.plant(names[0], 'denied', 'C')
        for name in names[1:]:
            self.permit(c, name)

    def two(self, c, first, second, state):
        """Two lines in the window, an hour apart; found None: without content."""
        name = self.base()
        for hours, records in ((2, first), (1, second)):
            found = records and (name, 300, records)
            self.log(c, c.signed - hours * HOUR * 1000, name, found, records not in DENIES)
        c.plant(name, state, 'C')

    def plant_denies_later(self, c):
        self.two(c, PERMITS[0], DENIES[0], 'denied')

    def plant_permits_later(self, c):
        self.two(c, DENIES[0], PERMITS[0], 'permissive')

    def plant_claim_after_records(self, c):
        self.two(c, PERMITS[0], None, 'permissive')

    def plant_claim_after_denial(self, c):
        self.two(c, DENIES[0], None, 'denied')

    def plant_skew_late(self, c):
        """Asked two seconds before signing; the clock of va2 says one second after it."""
        self.edge(c, 2, 'after-signing', 'va2')

    def plant_skew_edge(self, c):
        """Too old by two seconds; by the clock of va2 just in time."""
        self.edge(c, WINDOW + 2, 'permissive', 'va2')

    def plant_damaged(self, c):
        """A line that no longer fits its checksum, or ends too early."""
        name = self.base()
        cut = len([d for d in self.certificates if d.kind == 'damaged']) % 2
        harm = (lambda out: out[:-20]) if cut else (lambda out: out.replace(OTHER, OWN))
        ms = self.before(c)
        self.audit.write(ms, self.host(), line_of(ms, name, (name, 300, DENIES[0]), False, 1000), 'rejected', harm)
        c.plant(name)

    def plant_hundred_names(self, c):
        base = self.base()
        for i in range(1, 100):
            self.permit(c, 'n%d.%s' % (i, base))
        c.plant('n100.' + base)

    # -- the resolver's log --------------------------------------------------------------------------------------------

    def plant_failure_after_records(self, c):
        name = self.base()
        self.permit(c, name, c.signed - HOUR * 1000)
        self.unbound.query(c.signed - 60000, name)
        self.unbound.reply(c.signed - 60000, name, 'SERVFAIL', 9800)

    def plant_resolver_failed(self, c):
        name = self.base()
        self.unbound.query(c.signed - 30000, name)
        self.unbound.reply(c.signed - 30000, name, 'SERVFAIL', 20000)
        c.plant(name, 'failed', 'D')

    def plant_resolver_asked(self, c):
        """The time-out that never finished: a question, and no reply."""
        name = self.base()
        self.unbound.query(c.signed - 30000, name)
        c.plant(name, 'asked-only', 'E')

    # -- results of the second checker, under .example: its empty answers of a top-level name are nobody else's --------

    def result(self, c, names, state, **more):
        self.results.append((self.before(c), names, more))
        for name in names:
            c.plant(name, state, 'D' if state == 'failed' else 'C')

    def plant_result_empty(self, c):
        self.result(c, self.some_names(self.base('example')), 'permissive')

    def plant_result_records(self, c):
        base = self.base('example')
        self.result(c, self.some_names(base), 'permissive', found=self.permitting(base))

    def plant_result_unclear(self, c):
        """R-EMPTY-1: a set without issue, before ballot 219."""
        base = self.base('example')
        self.result(c, [base], 'unclear', verdict='ARGUABLE', found=(base, 300, ((0, 'iodef', 'mailto:a@' + base),)))

    def plant_result_failed(self, c):
        self.result(c, [self.base('example')], 'failed', verdict='FAIL', failure='timeout')

    # -- dnstap, under .test -------------------------------------------------------------------------------------------

    def tap(self, c, names, ms, records=(), without=None):
        """The climbs of all names, each question once; records are those of the last two labels."""
        base = registrable(names[0])
        asked = []
        for name in names:
            for label in climb(name):
                if label not in asked and label != without and not (records and label.count('.') == 0):
                    asked.append(label)
        for i, label in enumerate(asked):
            self.dnstap.response(ms + 20 * i, label, records if label == base else ())
        self.dnstap.response(ms + 20 * len(asked), names[0], kind=1)

    def plant_dnstap_empty(self, c):
        names = self.some_names(self.base())
        self.tap(c, names, self.before(c))
        for name in names:
            c.plant(name, 'permissive', 'B')

    def plant_dnstap_records(self, c):
        names = self.some_names(self.base())
        ttl = self.random.choice(TTLS)
        self.tap(c, names, self.before(c), [(ttl,) + r for r in self.random.choice(PERMITS)])
        for name in names:
            c.plant(name, 'permissive', 'B')

    def plant_dnstap_part(self, c):
        base = self.base()
        self.tap(c, ['www.' + base], self.before(c), without=base)
        c.plant('www.' + base, 'incomplete', 'B')

    def plant_dnstap_mixed_ttl(self, c):
        name = self.base()
        self.tap(c, [name], c.signed - 40000 * 1000, [(60, 0, 'issue', OWN), (90000, 0, 'issue', OTHER)])
        c.plant(name, 'outside-window', 'B')

    # -- no trace ------------------------------------------------------------------------------------------------------

    def plant_nothing(self, c):
        for name in self.some_names(self.base()):
            c.plant(name)

    plant_gap = plant_nothing

    # -- everything else -----------------------------------------------------------------------------------------------

    def fill_up(self):
        """What is none of our business, damage, and lines that two exports have."""
        for i in range(60):
            ms = self.day_for('other', i < 20) + self.random.between(HOUR, 22 * HOUR) * 1000
            self.audit.write(ms, self.host(), 'Validation result JSON={"ID":%d,"Status":"valid"}' % (7000 + i), 'ignored')
        for i in range(40):
            ms = self.random.choice(self.kept) + self.random.between(HOUR, 22 * HOUR) * 1000
            name = 'www.' + self.random.choice(self.certificates).names()[0].removeprefix('*.')
            self.unbound.query(ms, name, 'A')
            self.unbound.reply(ms, name, 'NOERROR', 12, 'A')
        self.unbound.write(self.kept[0] + 1000, 'info: start of service (unbound 1.6.7).', 'ignored')
        self.unbound.cut(self.kept[-1] + 86399000)
        self.audit.again(5)

    def choose_clocks(self):
        for c in self.certificates:
            draw = self.random.below(10)
            c.clock = 'signing-log' if draw < 7 else 'sct' if draw < 9 else 'not-before'
            if c.clock == 'not-before':
                c.not_before = c.signed

    def choose_validity(self):
        for c in self.certificates:
            days = self.random.choice((365, 365, 730, 730, 820))
            c.not_after = c.not_before + days * DAY * 1000 - 1000
        valid = [c for c in self.certificates if c.not_after >= self.aware and c.kind in ('records', 'claim-permits', 'late')]
        self.random.shuffle(valid)
        for i, c in enumerate(valid[:28]):
            first = midnight(c.signed) + 2 * DAY * 1000
            days = max((midnight(self.aware) - first) // (DAY * 1000), 1)
            c.revoked_at = first + self.random.below(days) * DAY * 1000 + 36000000
            if i < 3:
                c.revoked_at = self.aware + (i + 1) * DAY * 1000

    def choose_now(self):
        for c in self.certificates:
            gone = c.not_after < self.aware or c.revoked_at
            c.now = None if gone else 'PERMITS-NOW'
        for word, plan in (('DENIES-NOW', DENIES_NOW), ('FAILS-NOW', FAILS_NOW)):
            for kind, n in plan:
                fit = [c for c in self.certificates if c.kind == kind and c.now == 'PERMITS-NOW'
                       and not c.names()[0].startswith('*.')]
                for c in fit[-n:]:
                    c.now = word
                    c.denied_now = c.names()[0]

    def recheck_line(self, i, c):
        """As the CA kept it: of names that permit only the first answer."""
        ms = at('2019-05-02T08:00:00') + i * 2000
        found = self.sets.get(registrable(c.names()[0]))
        out = []
        for name in c.names():
            if name == c.denied_now and c.now == 'DENIES-NOW':
                out.append(result_name(ms, name, 'DENY', (name, 3600, DENIES[i % 2])))
            elif name == c.denied_now:
                out.append(result_name(ms, name, 'FAIL', failure='timeout'))
            else:
                permits = result_name(ms, name, 'PERMIT', found)
                out.append(dict(permits, answers=permits['answers'][:1]))
        return result_line(c.serial, ms, out, ms + WINDOW * 1000)

    def write(self):
        own = ['signed', 'entry_timestamp']
        rows = [CCADB + own] + [ccadb_row(c, clock_cells(c)) for c in self.certificates]
        self.add('certificates.csv', 'certificates', 'csv', table(rows), len(self.certificates))
        self.add_archive('audit.csv', 'splunk-csv', self.audit.splunk_csv(), self.audit.counts)
        self.add_archive('unbound.log', 'unbound', self.unbound.text(), self.unbound.counts)
        self.add_archive('resolver.dnstap', 'dnstap', self.dnstap.file(), self.dnstap.counts)
        results = sorted(self.results, key=lambda r: r[0])
        lines = [one_result('check-%d' % i, ms, names, **more) for i, (ms, names, more) in enumerate(results)]
        self.add('results.ndjson', 'archive', 'caaproof', ''.join(lines).encode(), len(lines))
        lines = [self.recheck_line(i, c) for i, c in enumerate(self.certificates) if c.now]
        self.add('recheck.ndjson', 'recheck', 'caaproof', ''.join(lines).encode(), len(lines))
        rows = [['serial']] + [[c.serial] for c in self.certificates]
        self.add('not-consulted.csv', 'not-consulted', 'csv', table(rows), len(self.certificates))
        self.more['clocks'] = {'va2': {'ahead_ms': OFFSET['va2'], 'of_certificates': {
            'skew-late': 'permissive if the clock is put right', 'skew-edge': 'outside-window if it is'}}}
        self.more['days_without_archive'] = [day_of(d) for d in sorted(self.gaps)]
