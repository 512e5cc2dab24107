#!/usr/bin/env python3
"""Every scenario through `caaproof triage`: classes, grades, states, remedies, duties and counts are those that were written
down when the scenario was made (data/incidents). TEST R-PRF-4 R-PRF-5 R-PRF-6 R-PRF-7 R-PRF-10 R-REV-1 R-REV-2 R-REV-3 R-REV-6"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CAAPROOF = os.environ.get('CAAPROOF', os.path.join(TOP, 'build', 'caaproof'))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(TOP, 'tests', 'golden'))
import check_data  # pylint: disable=wrong-import-position


def caaproof(*args, expect=0):
    done = subprocess.run([CAAPROOF, *args], capture_output=True, text=True, timeout=300, check=False)
    if expect is not None and done.returncode != expect:
        raise AssertionError('%s: exit code %d\n%s' % (' '.join(args), done.returncode, done.stderr))
    return done


class Scenario:
    """One of them, run with one worst grade that proves."""

    def __init__(self, folder, grade, scratch):
        with open(os.path.join(folder, 'truth.json'), encoding='utf-8') as file:
            self.truth = json.load(file)
        self.grade = grade
        self.run = os.path.join(scratch, os.path.basename(folder) + '-' + grade)
        policy = self.run + '.policy.json'
        with open(policy, 'w', encoding='utf-8') as file:
            json.dump(dict(self.truth['options'].get('policy', {}), own=self.truth['options']['own']), file)
        args = ['triage', '--policy', policy, '--profile', self.truth['options']['profile'],
                '--aware', self.truth['aware'], '--proof-grade', grade, '--out', self.run, '--json']
        for entry in self.truth['inputs']:
            args += ['--' + entry['kind'], os.path.join(folder, entry['path'])]
        self.args = args
        self.summary = json.loads(caaproof(*args).stdout)
        lines = caaproof('report', self.run, '--ndjson').stdout.splitlines()
        self.rows = {row['serial']: row for row in map(json.loads, lines)}

    def wanted(self, certificate):
        """What must be found of one certificate."""
        want = dict(certificate['C'])
        if self.grade == 'D':
            want.update(certificate.get('D', {}))
        want.setdefault('states', [name[1] for name in certificate['names']])
        return want


class Scenarios(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.mkdtemp(prefix='caaproof-triage.')
        subprocess.run([os.path.join(TOP, 'tools', 'make-scenarios'), '--out', cls.scratch + '/data'], check=True,
                       stdout=subprocess.DEVNULL)
        cls.scenarios = []
        for name in sorted(os.listdir(cls.scratch + '/data')):
            for grade in 'CD':
                cls.scenarios.append(Scenario(os.path.join(cls.scratch, 'data', name), grade, cls.scratch))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.scratch)

    def each(self):
        for scenario in self.scenarios:
            with self.subTest(scenario=scenario.truth['scenario'], grade=scenario.grade):
                yield scenario

    def test_every_certificate_is_there_once(self):
        for s in self.each():
            self.assertEqual(sorted(c['serial'] for c in s.truth['certificates']), sorted(s.rows))

    def test_classes_and_states(self):
        for s in self.each():
            for c in s.truth['certificates']:
                want, row = s.wanted(c), s.rows[c['serial']]
                with self.subTest(serial=c['serial'], kind=c['kind']):
                    self.assertEqual((want['class'], want['states'], want['grade']),
                                     (row['class'], [n['state'] for n in row['names']], row['grade']))

    def test_moments_and_process(self):
        for s in self.each():
            for c in s.truth['certificates']:
                row = s.rows[c['serial']]
                with self.subTest(serial=c['serial'], kind=c['kind']):
                    self.assertEqual((c['signed'], c['clock'], c['status']),
                                     (row['signed'], row['clock'], row['status']))
                    listed = any(i['kind'] in ('consulted', 'not-consulted') for i in s.truth['inputs'])
                    self.assertEqual(c['process'] if listed else 'unknown', row['process'])

    def test_remedies(self):
        for s in self.each():
            for c in s.truth['certificates']:
                want, row = s.wanted(c), s.rows[c['serial']]
                if 'revoke' in want:
                    with self.subTest(serial=c['serial'], kind=c['kind']):
                        self.assertEqual(sorted(want['revoke']), sorted(r for r, on in row['remedies'].items() if on))

    def test_totals_of_remedies(self):
        for s in self.each():
            totals = s.truth['totals'][s.grade]['remedies']
            for remedy in s.summary['remedies']:
                want = totals[remedy['remedy']]
                with self.subTest(remedy=remedy['remedy']):
                    self.assertEqual(want is not None, remedy['available'])
                    if want is not None:
                        self.assertEqual(want['revoke'], remedy['revoke'])
                        self.assertEqual(want['apart'] + want['spare'], remedy['spare'])
                        self.assertEqual(want['unused_permit'], remedy['unused_permit'])

    def test_totals_of_classes(self):
        for s in self.each():
            found = {}
            for cell in s.summary['matrix']:
                found[cell['class']] = found.get(cell['class'], 0) + cell['certificates']
            self.assertEqual({k: n for k, n in s.truth['totals'][s.grade]['classes'].items() if n}, found)

    def test_duties(self):
        for s in self.each():
            found = {d['duty']: 0 for d in s.summary['duties']}
            for d in s.summary['duties']:
                found[d['duty']] += d['certificates']
            found.pop('none', None)
            want = s.truth['totals'][s.grade]['duties']
            self.assertEqual({k: n for k, n in want.items() if n and k != 'none'}, found)

    def test_counts_reconcile(self):
        """To the unit, and as the writer counted them."""
        for s in self.each():
            for entry in s.truth['inputs']:
                found = [i for i in s.summary['inputs'] if i['path'].endswith(entry['path'])]
                with self.subTest(input=entry['path']):
                    self.assertEqual(1, len(found))
                    self.assertEqual(found[0]['records'],
                                     found[0]['observed'] + found[0]['rejected'] + found[0]['ignored'])
                    for count in ('records', 'observed', 'rejected', 'ignored'):
                        self.assertEqual(entry[count], found[0][count], count)

    def test_explain_tells_of_each(self):
        for s in self.each():
            serial = sorted(s.rows)[0]
            self.assertEqual(s.rows[serial], json.loads(caaproof('explain', s.run, serial, '--json').stdout))
            self.assertIn(s.rows[serial]['class'], caaproof('explain', s.run, serial).stdout)
            self.assertIn('no certificate', caaproof('explain', s.run, '00ff' * 8, expect=1).stderr)

    def test_schema(self):
        """run.json and every certificate are what data/schema/run.json says, and the schema refuses what is not."""
        schema = check_data.load('data/schema/run.json')
        row = schema['$defs']['certificate']
        for s in self.each():
            self.assertEqual([], check_data.errors(schema, schema, s.summary, 'run'))
            for word, good in (('DV', True), (None, False), ('', False)):
                types = [{'type': word, 'certificates': 1, 'remaining_valid': 1}]
                self.assertEqual(good, not check_data.errors(schema, schema, dict(s.summary, types=types), 'run'), word)
            for serial, certificate in s.rows.items():
                self.assertEqual([], check_data.errors(schema, row, certificate, serial))
            for bad in (dict(certificate, line=None), dict(certificate, more=1), dict(certificate, **{'class': 'FINE'}),
                        {k: v for k, v in certificate.items() if k != 'names'}):
                self.assertNotEqual([], check_data.errors(schema, row, bad, serial))
        with open(os.path.join(TOP, 'src', 'incident', 'reasons.def'), encoding='utf-8') as file:
            words = [line.split('"')[1] for line in file if line.startswith('X(')]
        self.assertEqual(words, schema['$defs']['reason']['enum'])

    def test_explain_says_the_duty_in_words(self):
        """Whatever rule is given has a sentence."""
        for s in self.each():
            rules = {row['rule']: serial for serial, row in s.rows.items() if row['rule']}
            for rule, serial in rules.items():
                self.assertIn('(%s: ' % rule, caaproof('explain', s.run, serial).stdout)

    def test_report_is_made_unless_it_is_not_wanted(self):
        s = self.scenarios[0]
        bare = s.run + '.bare'
        caaproof(*(bare if argument == s.run else argument for argument in s.args), '--no-report')
        made = {'report.html', 'preliminary.md', 'report.md', 'certificates.csv', 'links.txt', 'worklist.csv', 'notices.csv'}
        self.assertEqual(made, set(os.listdir(s.run)) - set(os.listdir(bare)))
        caaproof('report', bare)
        self.assertEqual(set(os.listdir(s.run)), set(os.listdir(bare)))
        for name in sorted(made - {'report.html', 'preliminary.md', 'report.md'}):  # these tell when they were made
            with open(os.path.join(s.run, name), 'rb') as a, open(os.path.join(bare, name), 'rb') as b:
                self.assertEqual(a.read(), b.read(), name)

    def test_same_again(self):
        """Same inputs, same run (R-PRF-12): the page and the lists too, but for the moment when it was made."""
        for s in self.each():
            self.assertEqual(0, caaproof('triage', 'diff', s.run, s.run).returncode)


if __name__ == '__main__':
    unittest.main()
