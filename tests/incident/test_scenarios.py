#!/usr/bin/env python3
"""The scenarios of data/incidents: the files are what tools/make-scenarios writes, the truth agrees with itself, with the
archives, and shows what it is there to show."""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
MAKE = os.path.join(TOP, 'tools', 'make-scenarios')
sys.path[:0] = [HERE, os.path.join(TOP, 'tools')]

import reread  # noqa: E402
from scenarios import truth, x509  # noqa: E402
from scenarios.basics import Certificate, at  # noqa: E402

NAMES = ('incident-2019', 'incident-2020', 'case-tags', 'stale-approval', 'outside-accusation')
# Of the golden table what a list of certificates can show: windows, duties, classes.
GOLDEN = {'G%d' % n for n in (*range(136, 143), *range(191, 196), *range(197, 204))}
STATES = {'permissive', 'denied', 'unclear', 'outside-window', 'after-signing', 'other-form', 'incomplete', 'failed',
          'conclusion-only', 'asked-only', 'none'}
CAP = {'data': 3 << 20, 'incident-2019': 2 << 20}


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def counted(items):
    return {k: items.count(k) for k in set(items)}


# Members of results that came after the archives of these scenarios were written.
LATER = {'corroboration'}


class Written(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([sys.executable, MAKE, '--out', cls.folder.name], check=True)
        cls.truths = {n: json.loads(read(os.path.join(cls.folder.name, n, 'truth.json'))) for n in NAMES}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, *parts):
        return os.path.join(self.folder.name, *parts)

    def settings(self, row):
        """Class and remedies under both proof grades, with the states of the names."""
        states = [n[1] for n in row['names']]
        yield 'C', row['C'], states
        loose = row.get('D', row['C'])
        yield 'D', loose, loose.get('states', states)


class Files(Written):
    def test_repository_has_what_the_script_writes(self):
        run = subprocess.run([MAKE, '--check'], capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stdout), (0, ''))

    def test_check_sees_a_changed_a_missing_and_a_foreign_file(self):
        name = 'stale-approval'
        for change, says in (('append', 'is not what'), ('remove', 'is missing'), ('add', 'is not written by')):
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run([MAKE, '--out', folder, name], check=True)
                path = os.path.join(folder, name, 'results.ndjson' if change != 'add' else 'other.csv')
                if change == 'remove':
                    os.remove(path)
                else:
                    with open(path, 'ab') as f:
                        f.write(b'\n')
                run = subprocess.run([MAKE, '--check', '--out', folder, name], capture_output=True, text=True, check=False)
                self.assertEqual(run.returncode, 1)
                self.assertIn(says, run.stdout)

    def test_hash_seed_and_locale_change_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            env = dict(os.environ, PYTHONHASHSEED='7', LC_ALL='C', TZ='Asia/Tokyo')
            subprocess.run([MAKE, '--out', folder], check=True, env=env)
            run = subprocess.run(['diff', '-r', folder, self.folder.name], capture_output=True, text=True, check=False)
            self.assertEqual(run.stdout, '')

    def test_sizes_stay_small(self):
        kept = os.path.join(TOP, 'data', 'incidents')
        sizes = {name: sum(os.path.getsize(os.path.join(w, f)) for w, _, fs in os.walk(os.path.join(kept, name)) for f in fs)
                 for name in NAMES}
        self.assertLess(sum(sizes.values()), CAP['data'])
        self.assertLess(sizes['incident-2019'], CAP['incident-2019'])

    def test_every_scenario_has_a_readme_with_its_moment(self):
        overview = read(os.path.join(TOP, 'data', 'incidents', 'README.md')).decode()
        for name, found in self.truths.items():
            text = read(os.path.join(TOP, 'data', 'incidents', name, 'README.md')).decode()
            self.assertIn('--aware ' + found['aware'], text)
            self.assertRegex(overview, r'\| \[%s\].*\| %s' % (name, format(found['counts']['certificates'], ',')))
            for entry in found['inputs']:
                self.assertIn(entry['path'].split('/')[0], text)


class Truth(Written):
    def test_totals_are_the_sums_of_the_rows(self):
        for _, found in self.truths.items():
            rows = found['certificates']
            self.assertEqual(found['counts']['certificates'], len(rows))
            self.assertEqual(found['counts']['names'], sum(len(r['names']) for r in rows))
            self.assertEqual({k: v['certificates'] for k, v in found['kinds'].items()}, counted([r['kind'] for r in rows]))
            for setting in ('C', 'D'):
                judged = [dict(self.one(r, setting), row=r) for r in rows]
                self.check_totals(found['totals'][setting], judged, found['recheck'] is not None)

    def one(self, row, setting):
        return next(j for s, j, _ in self.settings(row) if s == setting)

    def check_totals(self, totals, judged, rechecked):
        self.assertEqual(totals['classes'], counted([j['class'] for j in judged]))
        self.assertEqual(totals['grades'], counted([j['grade'] or 'none' for j in judged]))
        self.assertEqual(totals['remaining_valid'], counted([j['class'] for j in judged if j['row']['status'] == 'valid']))
        for remedy, sums in totals['remedies'].items():
            if remedy == 'recheck' and not rechecked:
                self.assertIsNone(sums)
                continue
            self.assertEqual(sums['revoke'], sum(remedy in j.get('revoke', ()) for j in judged))
            self.assertEqual(sums['apart'], sum(remedy in j.get('apart', ()) for j in judged))
            self.assertEqual(sums['revoke'] + sums['apart'] + sums['spare'] + sums['none'], len(judged))
        days = {}
        for j in judged:
            day = days.setdefault(j['row']['signed'][:10], dict.fromkeys(totals['days_columns'][1:], 0))
            day[j['class']] += 1
        self.assertEqual(totals['days'], [[d] + list(days[d].values()) for d in sorted(days)])

    def test_classes_follow_from_states(self):
        """R-PRF-4, R-PRF-10, in other words than the script's."""
        for _, found in self.truths.items():
            for row in found['certificates']:
                for _, judged, states in self.settings(row):
                    self.assertLessEqual(set(states), STATES)
                    good = set(states) == {'permissive'}
                    unseen = all(n[2] is None for n in row['names'])
                    word = {(True, 'consulted'): 'PROVEN', (True, 'not-consulted'): 'UNUSED-PERMIT'}.get(
                        (good, row['process']), 'NO-EVIDENCE' if unseen else 'TAINTED')
                    self.assertEqual(judged['class'], 'PROVEN-DENY' if 'denied' in states else word)

    def test_remedies_follow_from_class_status_and_date(self):
        """R-PRF-6, R-PRF-7, R-REV-3, R-REV-6."""
        for _, found in self.truths.items():
            for row in found['certificates']:
                strict = row.get('aware', found['aware']) >= '2026-03-31'
                for _, judged, _ in self.settings(row):
                    revoke, apart = set(), set()
                    if row['status'] == 'valid' and not row.get('short_lived'):
                        revoke = {'process'} | ({'recheck'} if row.get('now') == 'DENIES-NOW' else set())
                        unused = judged['class'] == 'UNUSED-PERMIT'
                        apart = ({'archive'} | (set() if strict else {'rules'})) if unused else set()
                        revoke |= ({'archive', 'rules'} if judged['class'] != 'PROVEN' else set()) - apart
                    self.assertEqual((set(judged.get('revoke', ())), set(judged.get('apart', ()))), (revoke, apart))

    def test_golden_situations_occur(self):
        shown = set()
        for found in self.truths.values():
            shown |= set(found['golden']) | {g for k in found['kinds'].values() for g in k['golden']}
        self.assertEqual(shown, GOLDEN)

    def test_states_and_classes_all_occur(self):
        rows = [r for found in self.truths.values() for r in found['certificates']]
        self.assertEqual({n[1] for r in rows for n in r['names']}, STATES)
        self.assertEqual({r['C']['class'] for r in rows}, set(truth.CLASSES))
        self.assertEqual({r['clock'] for r in rows}, {'signing-log', 'sct', 'not-before'})

    def test_incident_2019_is_as_it_was_told(self):
        found = self.truths['incident-2019']
        rows = found['certificates']
        self.assertEqual(len(rows), 1053)
        self.assertEqual({r['process'] for r in rows}, {'not-consulted'})
        self.assertEqual(found['totals']['C']['remedies']['recheck']['revoke'], 16)
        denied = [r['C']['class'] for r in rows if r.get('now') == 'DENIES-NOW']
        self.assertEqual(set(denied), {'UNUSED-PERMIT', 'PROVEN-DENY', 'TAINTED', 'NO-EVIDENCE'})
        self.assertEqual((rows[0]['signed'][:7], rows[-1]['signed'][:7]), ('2017-09', '2019-04'))
        for day in found['days_without_archive']:
            self.assertEqual({r['C']['class'] for r in rows if r['signed'][:10] == day} - {'NO-EVIDENCE'}, set())

    def test_names_of_2020_are_geometric(self):
        counts = self.truths['incident-2020']['counts']
        self.assertTrue(2.4 < counts['names'] / counts['certificates'] < 2.6)

    def test_duty_follows_from_the_day_of_awareness(self):
        """G191, G192, G194, G195."""
        rows = {r['kind']: r for r in self.truths['stale-approval']['certificates'] if 'aware' in r}
        for day, duty, deadline in ((30, '5d', '2026-04-04T10:00:00Z'), (31, '24h', '2026-04-01T10:00:00Z')):
            row = rows['aware-%d-march' % day]
            self.assertEqual((row['duty'], row['deadline']), (duty, deadline))
        self.assertEqual(rows['ten-days']['duty'], '24h')
        self.assertNotIn('duty', rows['short-lived'])
        self.assertTrue(rows['short-lived']['short_lived'])


class Archives(Written):
    def seen(self, name, found):
        by_name = {}
        for entry in found['inputs']:
            if entry['kind'] == 'archive':
                seen, counts = reread.READERS[entry['format']](read(self.path(name, entry['path'])))
                self.assertEqual({k: entry[k] for k in counts}, counts)
                self.assertEqual(entry['records'], sum(counts.values()))
                for s in seen:
                    by_name.setdefault(s.name, []).append(s)
        return by_name

    def test_archives_show_what_was_planted(self):
        """TEST R-PRF-5, R-TIME-1, R-TIME-5: states read back from the files."""
        for name, found in self.truths.items():
            seen = self.seen(name, found)
            for row in found['certificates']:
                signed = reread.when(row['signed'])
                for setting, _, states in self.settings(row):
                    for (host, _, grade), state in zip(row['names'], states):
                        self.assertEqual(reread.state_of(seen, host, signed, setting == 'D'), (state, grade),
                                         (name, row['kind'], host, setting))

    def test_lists_have_the_certificates(self):
        for name, found in self.truths.items():
            lists = [e for e in found['inputs'] if e['format'] == 'csv']
            for entry in lists:
                octets = read(self.path(name, entry['path']))
                text = octets.decode('utf-8-sig')
                rows = list(csv.reader(io.StringIO(text, newline=''), delimiter=';' if text[:99].count(';') else ','))
                self.assertEqual(len(rows) - 1, entry['records'])
                if entry['path'] == 'certificates.csv':
                    for row, planted in zip(rows[1:], found['certificates']):
                        self.assert_row(row, planted)

    def assert_row(self, row, planted):
        cells = [c.replace(':', '').lower().removeprefix('0x') for c in row]
        self.assertIn(planted['serial'], cells)
        names = max((c for c in row if planted['names'][0][0] in c and 'CN=' not in c), key=len)
        self.assertEqual(names.replace(',', ' ').split(), [n[0] for n in planted['names']])

    def test_results_fit_their_schema(self):
        sys.path.insert(0, os.path.join(TOP, 'tests', 'golden'))
        import check_data
        schema = json.loads(read(os.path.join(TOP, 'data', 'schema', 'result.json')))
        judged = schema['$defs']['judged']
        for name, found in self.truths.items():
            for entry in found['inputs']:
                for text in read(self.path(name, entry['path'])).splitlines() if entry['format'] == 'caaproof' else ():
                    value = json.loads(text)
                    self.assertLessEqual(set(judged['required']) - LATER, set(value))
                    for one in value['names']:
                        self.assertEqual(check_data.errors(schema, schema['$defs']['name'], one), [])


class Signatures(unittest.TestCase):
    def test_known_answer(self):
        """RFC 6979 A.2.5: P-256, SHA-256, message "sample"."""
        key = x509.Key('any')
        key.secret = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
        r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
        s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
        self.assertEqual(key.sign(b'sample'), x509.seq(x509.integer(r), x509.integer(s)))

    def test_openssl_reads_both(self):
        folder = os.path.join(TOP, 'data', 'incidents', 'outside-accusation', 'certificates')
        for file, has in (('precertificate.pem', 'CT Precertificate Poison'), ('certificate.pem', 'CT Precertificate SCTs')):
            run = subprocess.run(['openssl', 'x509', '-noout', '-text', '-in', os.path.join(folder, file)],
                                 capture_output=True, text=True, check=True)
            self.assertIn(has, run.stdout)
            self.assertIn('DNS:www.pay.heronbank.example', run.stdout)


class ShortLived(unittest.TestCase):
    """R-REV-6: the limits by date, ends included."""

    def test_limits(self):
        day = 86400000
        for signed, days, want in (('2024-03-14', 10, False), ('2024-03-15', 10, True), ('2026-03-14', 11, False),
                                   ('2026-03-14', 10, True), ('2026-03-15', 10, False), ('2026-03-15', 7, True)):
            c = Certificate('x', 0, at(signed), 'x')
            c.not_after = c.not_before + days * day - 1000
            self.assertEqual(truth.short_lived(c), want, (signed, days))


if __name__ == '__main__':
    unittest.main()
