#!/usr/bin/env python3
"""The text and the lists of a run: every number is one of run.json, every certificate is where it belongs."""

import collections
import csv
import io
import json
import os
import re
import shutil
import tempfile
import unittest

import reports
import runs

CUT = 'END OF THE FILING.'
REFUSED = ('not exploitable', 'no harm', 'low volume', 'few certificates', 'permits today', 'consent', 'are our own', 'auditor', 'sample', 'critical',
           'would have permitted')


def setUpModule():
    global folder
    folder = tempfile.mkdtemp(prefix='caaproof-lists-')
    unittest.addModuleCleanup(shutil.rmtree, folder)


class Reports(unittest.TestCase):
    maxDiff = 2000
    rows = runs.few()

    @classmethod
    def setUpClass(cls):
        cls.run_of, cls.paths = runs.save(folder, 'few', cls.rows)

    def again(self, **more):
        run, paths = runs.save(folder, 'again', self.rows, **more)
        return run, reports.make('full', paths).decode()


class Text(Reports):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.full = reports.make('full', cls.paths).decode()
        cls.filing, cls.rest = cls.full.split(CUT)

    def field(self, name, text=None):
        found = re.findall(r'^ *- \*\*%s:\*\* (.*)$' % re.escape(name), text or self.filing, re.M)
        self.assertEqual(len(found), 1, name)
        return found[0]

    def numbers(self, text):
        return [int(n.replace(',', '')) for n in re.findall(r'(?<![\w-])\d[\d,]*(?![\w-])', text)]

    def table(self, head, text=None):
        lines = (text or self.filing).split(head)[1].splitlines()[2:]
        rows = []
        for line in lines:
            if not line.startswith('|'):
                break
            rows.append([cell.strip() for cell in re.split(r'(?<!\\)\|', line)[1:-1]])
        return rows

    def test_totals(self):
        """TEST R-INC-2: affected is what is not PROVEN; both numbers are there."""
        counts = self.run_of['counts']
        proven = [c for c in self.run_of['matrix'] if c['class'] == 'PROVEN']
        spared, valid = sum(c['certificates'] for c in proven), sum(c['remaining_valid'] for c in proven)
        self.assertEqual(self.numbers(self.field('Total number of certificates')), [counts['certificates'] - spared, counts['certificates'], spared])
        self.assertEqual(self.numbers(self.field('Total number of "remaining valid" certificates')),
                         [counts['remaining_valid'] - valid, counts['remaining_valid'], valid])
        for name, member in (('Precertificates counted', 'pairs'), ('Expired', 'expired'), ('Revoked already', 'revoked'), ('Short-lived', 'short_lived'),
                             ('Rows that could not be read', 'rejected')):
            self.assertRegex(self.filing, r'  - %s[^:]*: %d\. \[proven\]' % (name, counts[member]))
        self.assertTrue(self.field('Analysis').startswith('1 certificate neither'))

    def test_evidence_is_not_yet_a_check(self):
        """TEST R-REV-3"""
        matrix = [dict(c, process='unknown') if c['class'] == 'PROVEN' else c for c in self.run_of['matrix']]
        _, text = self.again(matrix=matrix)
        self.assertIn('Whether issuance waited for the check of 7 certificates among those is not known. [unknown]', text.split(CUT)[0])
        self.assertNotIn('Whether issuance waited', self.filing)

    def test_tables(self):
        run = self.run_of
        self.assertEqual(self.table('| Class | Process | Certificates | Remaining valid |'),
                         [[c['class'], c['process'], str(c['certificates']), str(c['remaining_valid'])] for c in run['matrix']])
        self.assertEqual(self.table('| Grade | Certificates |'), [[g['grade'] or 'N/A', str(g['certificates'])] for g in run['grades']])
        self.assertEqual([row[3:7] for row in self.table('| Input | Kind |')],
                         [['{:,}'.format(i[m]) for m in ('records', 'observed', 'rejected', 'ignored')] for i in run['inputs']])
        self.assertEqual([row[1:5] for row in self.table('| Remedy | Would revoke |', self.rest)],
                         [[str(r[m]) for m in ('revoke', 'unused_permit', 'spare', 'unused_spared')] for r in run['remedies']])
        self.assertEqual([row[2:] for row in self.table('| Of | And |', self.rest)],
                         [[str(d[m]) for m in ('only_of', 'only_and', 'both')] for d in run['differences']])

    def test_matrix_sums_to_the_counts(self):
        self.assertEqual(sum(c['certificates'] for c in self.run_of['matrix']), self.run_of['counts']['certificates'])

    def test_deadlines(self):
        """TEST R-INC-1, R-REV-5"""
        self.assertIn('- 2026-11-21 08:30 UTC: preliminary findings', self.rest)
        self.assertIn('- 2026-11-23 08:30 UTC: first disclosure', self.rest)
        events = re.findall(r'^- (\d{4}-\d\d-\d\d \d\d:\d\d) UTC: ', self.filing, re.M)
        self.assertEqual(len(events), 6)
        self.assertEqual(events, sorted(events))

    def test_sentences_are_marked(self):
        for statement in self.run_of['statements']:
            self.assertIn('%s [%s]\n' % (statement['text'], statement['mark']), self.filing)
        self.assertEqual(set(re.findall(r'\[([a-z]+)\]', self.filing)), {'proven', 'likely', 'unknown'})

    def test_what_was_rejected_is_not_filed(self):
        preliminary = reports.make('preliminary', self.paths).decode().split(CUT)[0]
        for text in (self.filing, preliminary, reports.make('notices', self.paths).decode()):
            self.assertEqual([words for words in REFUSED if words in text.lower()], [])
        self.assertIn('Said before and rejected', self.rest)
        self.assertIn('Check again today', self.rest)
        self.assertNotIn('Check again today', self.filing)

    def test_another_remedy_says_that_it_departs(self):
        """TEST R-PRF-8"""
        _, text = self.again(default_remedy='recheck')
        filing = text.split(CUT)[0]
        self.assertIn('It departs from the text of the rules at the time of awareness: Since 2026-03-31', filing)
        self.assertNotIn('It departs from the text', self.filing)

    def test_places_for_a_person_are_counted(self):
        said = int(re.search(r'must fill in: (\d+)', self.rest).group(1))
        self.assertEqual(said, self.filing.count('TODO(person)'))
        self.assertNotIn('TODO(person)', self.rest)

    def test_policies(self):
        said = self.field('Relevant policies')
        self.assertTrue(said.startswith('Baseline Requirements for TLS, section 4.2.2.1'))
        self.assertEqual(said.count(runs.RULE), 1)
        for profile, begin in (('smime-br', 'Baseline Requirements for S/MIME'), ('private', 'Revocation: ')):
            _, text = self.again(options=dict(self.run_of['options'], profile=profile))
            self.assertTrue(self.field('Relevant policies', text.split(CUT)[0]).startswith(begin))

    def test_types(self):
        _, text = self.again(types=[{'type': 'DV', 'certificates': 1200, 'remaining_valid': 2}, {'type': None, 'certificates': 3, 'remaining_valid': 0}])
        self.assertEqual(self.field('Affected certificate types', text.split(CUT)[0]), 'DV (1,200), not known (3), of those examined. [proven]')

    def test_precedents(self):
        bugs = self.table('| Bug | Date | Description |')
        self.assertEqual([row[1] for row in bugs], [p['date'] for p in self.run_of['precedents']])
        self.assertIn('TODO(person): read it', bugs[2][2])
        self.assertNotIn('TODO(person)', bugs[0][2])

    def test_hostile_text_stays_text(self):
        title = '</x> <script>a</script> ![i](http://b.test) www.c.test \u202e `d` | e'
        _, text = self.again(title=title, statements=[{'mark': 'proven', 'text': title}], program=title,
                             inputs=[dict(self.run_of['inputs'][0], path=title)])
        self.assertNotIn('\u202e', text)
        for markup in (r'(?<!\\)<', r'(?<!\\)!\[i', r'(?<!\\)`d', r'http:/', r'www\.'):
            self.assertNotRegex(text.replace('https://bugzilla.mozilla.org', ''), markup)
        self.assertEqual(len(self.table('| Input | Kind |', text)[0]), 8)


class Lists(Reports):
    def cells(self, kind, *argument):
        text = reports.make(kind, self.paths, *argument).decode()
        self.assertTrue(text.endswith('\r\n'))
        return list(csv.reader(io.StringIO(text, newline=''), strict=True))

    def test_all_certificates_in_their_order(self):
        rows = self.cells('csv')
        self.assertEqual({len(row) for row in rows}, {20})
        self.assertEqual([row[6] for row in rows[1:]], [c['serial'] for c in self.rows])
        self.assertEqual([row[1] for row in rows[1:]], [c['certificate'] or 'N/A' for c in self.rows])
        self.assertEqual([row[17] for row in rows[1:]], [c['class'] for c in self.rows])
        self.assertFalse([cell for row in rows for cell in row if cell[:1] in ('=', '+', '-', '@', '') or re.search('[\x00-\x1f\u202e]', cell)])

    def test_remedies(self):
        for remedy in runs.REMEDIES:
            wanted = [c['serial'] for c in self.rows if c['remedies'][remedy]]
            self.assertEqual([row[6] for row in self.cells('csv', remedy)[1:]], wanted)
            self.assertEqual(len(reports.make('links', self.paths, remedy).splitlines()), len(wanted))
        self.assertIn('nonsense', reports.refusal('csv', self.paths, 'nonsense'))

    def test_revocation(self):
        said = collections.Counter(row[8] for row in self.cells('csv')[1:])
        valid = [c for c in self.rows if c['status'] == 'valid' and c['remedies']['rules']]
        self.assertEqual(said['Yes'], 1)
        self.assertEqual(said['Delayed'], sum(c['late'] for c in valid))
        self.assertEqual(said['Planned'], sum(not c['late'] for c in valid))
        self.assertEqual(set(said), {'Yes', 'Delayed', 'Planned', 'N/A'})

    def test_mailbox(self):
        self.assertNotIn(b'somebody', reports.make('csv', self.paths))
        self.assertIn(b'somebody@mail.test', reports.make('worklist', self.paths))

    def test_worklist_and_notices(self):
        duty = [c['serial'] for c in self.rows if c['duty'] != 'none' and c['status'] == 'valid']
        self.assertEqual([row[5] for row in self.cells('worklist')[1:]], duty)
        notices = self.cells('notices')[1:]
        self.assertEqual(sorted(row[4] for row in notices), sorted(duty))
        groups = [row[0] for row in notices]
        self.assertEqual(len([i for i in range(len(groups)) if i == 0 or groups[i] != groups[i - 1]]), len(set(groups)))

    def test_refusals(self):
        broken = os.path.join(folder, 'broken.json')
        with open(broken, 'w', encoding='utf-8') as f:
            json.dump({m: v for m, v in self.run_of.items() if m != 'counts'}, f)
        for kind in ('html', 'full', 'preliminary'):
            self.assertIn('"counts" is missing', reports.refusal(kind, (broken, self.paths[1])))


if __name__ == '__main__':
    unittest.main(verbosity=1)
