#!/usr/bin/env python3
"""What can be done with a run of triage: recheck, scope, diff, explain, reports. TEST R-PRF-6 R-PRF-8 R-PRF-12 R-INC-3"""
import csv
import json
import os
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CAAPROOF = os.environ.get('CAAPROOF', os.path.join(TOP, 'build', 'caaproof'))
DATA = os.path.join(TOP, 'data', 'incidents')
SOA = '. 3600 IN SOA a. b. 1 3600 600 86400 3600\n'


def caaproof(*args, expect=0):
    done = subprocess.run([CAAPROOF, *args], capture_output=True, text=True, timeout=300, check=False)
    if expect is not None and done.returncode != expect:
        raise AssertionError('%s: exit code %d\n%s%s' % (' '.join(args), done.returncode, done.stdout[-500:], done.stderr))
    return done


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Runs(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='caaproof-runs.')
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)
        return self.path(name)

    def triage(self, name, *more, scenario='case-tags', aware='2018-05-18T12:45:00Z'):
        data = os.path.join(DATA, scenario)
        archives = [a for f in ('audit.csv', 'resolver.dnstap', 'results.ndjson', 'unbound.log')
                    if os.path.exists(os.path.join(data, f)) for a in ('--archive', os.path.join(data, f))]
        caaproof('triage', '--certificates', os.path.join(data, 'certificates.csv'), *archives,
                 '--issuer', 'ca.example.net', '--aware', aware, '--out', self.path(name), *more)
        return self.path(name)

    def summary(self, run):
        with open(os.path.join(run, 'run.json'), encoding='utf-8') as file:
            return json.load(file)

    def rows(self, run):
        return {row['serial']: row for row in lines(caaproof('report', run, '--ndjson').stdout)}


class Scope(Runs):

    def test_old_checker(self):
        """What the fix of the checker touched (incidents.md 29, I-10)."""
        run = self.triage('run')
        with open(os.path.join(DATA, 'case-tags', 'truth.json'), encoding='utf-8') as file:
            wanted = json.load(file)['changed_by_fix']['serials']
        out = lines(caaproof('scope', run, '--json', '--exec', os.path.join(DATA, 'case-tags', 'old-checker.py'),
                             expect=1).stdout)
        changed = [c['serial'] for c in out[:-1] if any((n['was'], n['is']) == ('DENY', 'PERMIT') for n in c['names'])]
        self.assertEqual(sorted(wanted), sorted(changed))
        self.assertEqual(len(out) - 1, out[-1]['changed'])

    def test_this_checker(self):
        """The same judge over the same evidence, by way of the contract: no difference."""
        run = self.triage('run')
        out = lines(caaproof('scope', run, '--json', '--exec', CAAPROOF + ' check --batch --json').stdout)
        self.assertEqual(0, out[-1]['changed'])
        self.assertGreater(out[-1]['judged'], 40)

    def test_a_checker_that_dies_is_no_agreement(self):
        run = self.triage('run')
        out = lines(caaproof('scope', run, '--json', '--exec', 'exit 3', expect=1).stdout)
        self.assertEqual(out[-1]['judged'], out[-1]['changed'])

    def test_other_names(self):
        run = self.triage('run')
        out = lines(caaproof('scope', run, '--json', '--issuer', 'other.example', expect=1).stdout)
        self.assertTrue(all(n['was'] != n['is'] for c in out[:-1] for n in c['names']))
        self.assertGreater(out[-1]['changed'], 0)
        self.assertEqual(0, lines(caaproof('scope', run, '--json', '--issuer', 'ca.example.net').stdout)[-1]['changed'])


class Coverage(Runs):

    def test_what_is_in_no_day_is_said(self):
        """Rows that could not be read, and a certificate without a moment, are counted, not lost."""
        run = self.triage('run')
        data = os.path.join(DATA, 'case-tags', 'certificates.csv')
        undated = self.write('undated.csv', 'serial,dns_names\n01,a.test\n')
        args = ['import', run + '.archive', '--coverage', '--certificates', data, '--certificates', undated]
        found = json.loads(caaproof(*args, '--json').stdout)
        self.assertEqual((64, 1, 1), (found['total']['certificates'], found['rejected'], found['undated']))
        self.assertEqual(found['total']['names'], sum(found['total'][g] for g in ('A', 'B', 'C', 'D', 'E', 'none')))
        self.assertIn('not in the table: 1 rows of the lists that could not be read, 1 certificates', caaproof(*args).stdout)


class Recheck(Runs):

    def recheck(self, run, zone):
        return caaproof('recheck', run, '--zone', self.write('now.zone', SOA + zone))

    def test_annotates_and_never_changes_a_class(self):
        run = self.triage('run')
        before = self.rows(run)
        self.recheck(run, 'example. 3600 IN CAA 0 issue "other.example"\n')
        after = self.rows(run)
        self.assertEqual({s: r['class'] for s, r in before.items()}, {s: r['class'] for s, r in after.items()})
        for serial, row in after.items():
            if row['status'] != 'valid':
                self.assertIsNone(row['now'])
                continue
            denied = any(name['name'].endswith('.example') for name in row['names'])
            self.assertEqual('DENIES-NOW' if denied else 'PERMITS-NOW', row['now']['state'])
            self.assertEqual(denied, row['remedies']['recheck'])
            self.assertEqual(before[serial]['duty'], row['duty'])
        with open(os.path.join(run, 'notices.csv'), encoding='utf-8', newline='') as file:
            said = {row['Serial #']: row['Notice'] for row in csv.DictReader(file)}
        self.assertTrue(said)
        for serial, notice in said.items():
            self.assertIn('permitted a new certificate' if after[serial]['now']['state'] == 'PERMITS-NOW'
                          else 'forbade this authority', notice)

    def test_goes_on(self):
        """Cut off in the middle of a line: asked again from there, and nothing twice."""
        run = self.triage('run')
        self.recheck(run, 'test. 3600 IN CAA 0 issue ";"\n')
        path = os.path.join(run, 'recheck.ndjson')
        with open(path, encoding='utf-8') as file:
            whole = file.read()
        with open(os.path.join(run, 'recheck.part'), 'w', encoding='utf-8') as file:
            file.write(whole[:len(whole) // 2])
        kept = whole[:len(whole) // 2].rsplit('\n', 1)[0]
        self.recheck(run, '')
        with open(path, encoding='utf-8') as file:
            again = file.read()
        self.assertTrue(again.startswith(kept + '\n'))
        ids = [line['id'] for line in lines(again)]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(sorted(line['id'] for line in lines(whole)), sorted(ids))

    def test_a_failure_now_is_neither(self):
        run = self.triage('run')
        self.recheck(run, '')
        caaproof('recheck', run, '--answers', self.write('none', ''))
        self.assertEqual({'FAILS-NOW'}, {row['now']['state'] for row in self.rows(run).values() if row['now']})


class Diff(Runs):

    def test_what_more_evidence_changed(self):
        """Each added, removed and changed certificate, with the reasons of both (incidents.md 30)."""
        data = os.path.join(DATA, 'case-tags')
        args = ['--certificates', os.path.join(data, 'certificates.csv'), '--issuer', 'ca.example.net',
                '--aware', '2018-05-18T12:45:00Z']
        caaproof('triage', *args, '--archive', os.path.join(data, 'audit.csv'), '--out', self.path('one'))
        two = self.triage('two')
        found = lines(caaproof('triage', 'diff', self.path('one'), two, '--json', expect=1).stdout)
        before, after = self.rows(self.path('one')), self.rows(two)
        changed = {s for s in after if before[s]['class'] != after[s]['class']}
        self.assertTrue(changed)
        self.assertTrue(changed <= {d['serial'] for d in found})
        for d in found:
            self.assertEqual(before[d['serial']]['class'], d['was']['class'])
            self.assertEqual(after[d['serial']]['class'], d['is']['class'])
            self.assertEqual(after[d['serial']]['reasons'], d['is']['reasons'])
            for member in ('process', 'status', 'duty'):
                self.assertEqual(after[d['serial']][member], d['is'][member])
            self.assertEqual({**after[d['serial']]['remedies'], 'recheck': False}, d['is']['remedies'])

    def test_added_and_removed(self):
        with open(os.path.join(DATA, 'stale-approval', 'certificates.csv'), encoding='utf-8') as file:
            rows = file.read().splitlines(True)
        runs = []
        for name, part in (('one', rows[:30]), ('two', rows[:1] + rows[10:40])):
            run = self.path(name)
            caaproof('triage', '--certificates', self.write(name + '.csv', ''.join(part)), '--issuer', 'ca.example.net',
                     '--aware', '2023-06-29T00:00:00Z', '--out', run)
            runs.append(run)
        found = lines(caaproof('triage', 'diff', *runs, '--json', expect=1).stdout)
        self.assertEqual((9, 10), (sum(d['is'] is None for d in found), sum(d['was'] is None for d in found)))
        self.assertIn('10 certificates added, 9 removed, 0 changed', caaproof('triage', 'diff', *runs, expect=1).stdout)


class Reports(Runs):

    def test_files(self):
        run = self.triage('run', '--cause', 'SEMANTICS', '--now', '2018-05-19T00:00:00Z')
        for name in ('report.html', 'report.md', 'preliminary.md', 'certificates.csv', 'links.txt', 'worklist.csv',
                     'notices.csv', 'rejects.csv'):
            self.assertGreater(os.path.getsize(os.path.join(run, name)), 20, name)
        with open(os.path.join(run, 'certificates.csv'), encoding='utf-8', newline='') as file:
            table = list(csv.reader(file))
        self.assertEqual(['Precertificate SHA-256 hash', 'Certificate SHA-256 hash', 'Subject', 'Issuer', 'Not before',
                          'Not after', 'Serial #', 'dNSNames', 'Is revoked?', 'Revocation date', 'Revocation reason'],
                         table[0][:11])
        self.assertEqual(self.summary(run)['counts']['certificates'], len(table) - 1)
        self.assertTrue(all(p['class'] == 'SEMANTICS' for p in self.summary(run)['precedents']))
        with open(os.path.join(run, 'rejects.csv'), encoding='utf-8', newline='') as file:
            self.assertEqual(self.summary(run)['counts']['rejected'], len(list(csv.reader(file))) - 1)

    def test_without_reports_none_of_another_run_stay(self):
        run = self.triage('run')
        self.triage('run', '--no-report')
        self.assertEqual([], [f for f in os.listdir(run) if f.endswith(('.html', '.md', '.txt')) or f == 'certificates.csv'])

    def test_same_octets(self):
        """R-PRF-12: same inputs, same run, to the octet."""
        texts = []
        for _ in range(2):
            run = self.triage('run', '--now', '2018-05-19T00:00:00Z')
            texts.append({})
            for name in ('run.json', 'report.html', 'report.md', 'certificates.csv', 'worklist.csv', 'notices.csv'):
                with open(os.path.join(run, name), 'rb') as file:
                    texts[-1][name] = file.read()
        self.assertEqual(texts[0], texts[1])

    def test_late(self):
        early = self.summary(self.triage('early', '--now', '2018-05-19T12:45:00Z'))
        late = self.summary(self.triage('late', '--now', '2018-05-19T12:45:01Z'))
        self.assertEqual(0, sum(d['late'] for d in early['duties']))
        self.assertEqual(sum(d['certificates'] for d in late['duties'] if d['duty'] != 'none'),
                         sum(d['late'] for d in late['duties']))

    def test_a_changed_archive_is_refused(self):
        run = self.triage('run')
        caaproof('import', run + '.archive', os.path.join(DATA, 'stale-approval', 'results.ndjson'))
        self.assertIn('has changed since the run was made', caaproof('report', run, expect=None).stderr)

    def test_a_file_that_is_gone_is_named(self):
        marks = self.write('marks', min(self.rows(self.triage('run'))) + '\n')
        run = self.triage('run', '--not-consulted', marks)
        os.unlink(marks)
        done = caaproof('explain', run, '00', expect=74)
        self.assertIn(marks + ': not there; a run is read with the files that it was made of', done.stderr)


if __name__ == '__main__':
    unittest.main()
