"""The checker compared tags with their case, so a set under "IsSuE" was none to it (I-10)."""

import csv
import io

from scenarios.archives import Audit, Dnstap, climb
from scenarios.basics import CCADB, DAY, HOUR, OTHER, OWN, at, ccadb_row, iso, midnight, moment
from scenarios.scenario import Scenario, line_of

FIRST = at('2018-02-20')
LAST = at('2018-05-17')
E4 = at('2018-05-10')
# Kind, count, state, records at the registrable name, whether the old checker saw them otherwise.
PLAN = (
    ('plain', 20, 'permissive', ((0, 'issue', OWN),), False),
    ('empty', 12, 'permissive', (), False),
    ('tag-denies', 8, 'denied', ((0, 'IsSuE', OTHER),), True),
    ('tag-denies-all', 2, 'denied', ((0, 'ISSUE', ';'), (0, 'iodef', 'mailto:caa@example.org')), True),
    ('tag-permits', 4, 'permissive', ((0, 'Issue', OWN),), False),
    ('tag-beside-ours', 3, 'permissive', ((0, 'issue', OWN), (0, 'ISSUE', OTHER)), False),
    ('tag-wildcard', 2, 'denied', ((0, 'issue', OWN), (0, 'IssueWild', ';')), True),
    ('tag-wildcard-plain', 2, 'permissive', ((0, 'issue', OWN), (0, 'IssueWild', ';')), False),
    ('iodef-alone', 2, 'unclear', ((0, 'iodef', 'mailto:caa@example.org'),), False),
    ('claim-alone', 6, 'conclusion-only', None, False),
    ('nothing', 2, 'none', None, False),
    ('reported', 1, 'denied', ((0, 'IsSuE', ';'),), True),
)


class CaseTags(Scenario):
    name = 'case-tags'
    aware = at('2018-05-18T12:45:00')
    golden = ('G193',)

    def make(self):
        self.audit = Audit({'va1': 0})
        self.dnstap = Dnstap()
        self.changed = []
        plan = sorted((self.moment_for(row[0]), i) for i, row in enumerate(PLAN) for _ in range(row[1]))
        for when, i in plan:
            self.plant(self.certificate(when, PLAN[i][0]), *PLAN[i][2:])
        self.write()

    def moment_for(self, kind):
        if kind == 'reported':
            return at('2018-05-18T10:20:00')
        last = E4 - DAY * 1000 if kind == 'iodef-alone' else LAST
        days = self.random.below((last - FIRST) // (DAY * 1000) + 1)
        return FIRST + days * DAY * 1000 + self.random.between(12 * HOUR, 22 * HOUR) * 1000

    def plant(self, c, state, records, changed):
        base = self.base()
        names = ['*.' + base] if c.kind == 'tag-wildcard' else self.some_names(base)
        asked = c.signed - self.random.between(30, 3000) * 1000
        if changed:
            self.changed.append(c)
        if c.kind == 'reported':
            c.revoked_at = at('2018-05-18T15:41:00')
        for i, name in enumerate(names):
            ms = asked + 1000 * i
            if records is not None:
                self.tap(ms, name, base, records)
            if c.kind != 'nothing':
                self.audit.write(ms + 300, 'va1', line_of(ms, name, ('', 0, ()) if records else None))
            loose = 'permissive' if state == 'conclusion-only' else None
            c.plant(name, state, {'conclusion-only': 'D', 'none': None}.get(state, 'B'), loose)

    def tap(self, ms, name, base, records):
        for i, label in enumerate(climb(name)):
            self.dnstap.response(ms + 20 * i, label, [(3600,) + r for r in records] if label == base else ())
            if records and label == base:
                return

    # -- a list as people keep them: every cell is right, none is like its neighbour --------------------------------------

    def untidy(self, i, c):
        row = ccadb_row(c, [iso(c.signed)], (' ', ', ', '\n', ',')[i % 4])
        if i % 4 == 1:
            row[6] = ':'.join(c.serial[k:k + 2] for k in range(0, 32, 2))
            row[1] = ':'.join(c.digest[k:k + 2] for k in range(0, 64, 2)).upper()
        if i % 4 == 2:
            row[6] = '0x' + c.serial.upper()
            row[4], row[5] = (moment(t).strftime('%Y-%m-%d %H:%M:%S +0000') for t in (c.not_before, c.not_after))
        if i % 4 == 3:
            row[4], row[5] = (moment(t).strftime('%b %d %H:%M:%S %Y GMT') for t in (c.not_before, c.not_after))
        return row

    def bad_row(self):
        """Third of April or fourth of March: nobody can say."""
        day = midnight(FIRST)
        return ['N/A', '5a' * 32, 'CN=unread.test', 'CN=Example TLS CA 1', '03/04/2018', '03/04/2019', '1' * 32,
                'unread.test', 'No', 'N/A', 'N/A', iso(day)]

    def write(self):
        out = io.StringIO()
        rows = [CCADB + ['Signed']] + [self.untidy(i, c) for i, c in enumerate(self.certificates)] + [self.bad_row()]
        csv.writer(out, delimiter=';', lineterminator='\r\n').writerows(rows)
        self.add('certificates.csv', 'certificates', 'csv', b'\xef\xbb\xbf' + out.getvalue().encode(),
                 len(self.certificates), 1)
        self.add_archive('audit.csv', 'splunk-csv', self.audit.splunk_csv(), self.audit.counts)
        self.add_archive('resolver.dnstap', 'dnstap', self.dnstap.file(), self.dnstap.counts)
        self.more['changed_by_fix'] = {'was': 'permits', 'is': 'denies', 'serials': [c.serial for c in self.changed]}
