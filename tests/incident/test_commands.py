#!/usr/bin/env python3
"""import, triage, report and explain when something is wrong: each says what, where and what to do, and nothing is made that
passes for a run."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, 'tools'))
from scenarios import archives, basics  # noqa: E402
CAAPROOF = os.environ.get('CAAPROOF', os.path.join(TOP, 'build', 'caaproof'))

LIST = 'serial,issuer,names,not before,not after,signed\n'
ROW = '01,CN=CA,a.test,2022-01-01T00:00:00Z,2027-01-01T00:00:00Z,2022-01-01T12:00:00Z\n'
MAPPING = {'format': 'csv', 'observed': 'answer', 'fields': {'time': 't', 'name': 'n', 'records': 'r', 'outcome': 'o'},
           'outcomes': {'records': ['yes'], 'nodata': ['none']}, 'empty_records': 'nodata'}
UNBOUND = ('[1641031200] unbound[7:0] info: 127.0.0.1 a.test. CAA IN\n')


class Commands(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.mkdtemp(prefix='caaproof-commands.')
        self.addCleanup(shutil.rmtree, self.scratch)
        self.write('l.csv', LIST + ROW)
        self.write('log.csv', 't,n,o,r\n2022-01-01T11:00:00Z,a.test,yes,"0 issue ""ca.example.net"""\n')
        self.write('map.json', json.dumps(MAPPING))

    def write(self, name, text):
        with open(os.path.join(self.scratch, name), 'w', encoding='utf-8') as file:
            file.write(text)

    def read(self, *names):
        with open(os.path.join(self.scratch, *names), encoding='utf-8') as file:
            return file.read()

    def there(self, *names):
        return os.path.exists(os.path.join(self.scratch, *names))

    def run_(self, *args, expect=0, says=''):
        """expect None takes any exit code but that of a crash."""
        done = subprocess.run([CAAPROOF, *args], cwd=self.scratch, capture_output=True, text=True, timeout=60, check=False)
        self.assertIn(done.returncode, range(128) if expect is None else (expect,), done.stderr)
        self.assertIn(says, done.stderr)
        self.assertTrue(done.returncode < 2 or done.stderr)
        return done

    def imported(self, archive='arch'):
        return self.run_('import', archive, 'log.csv', '--format', 'mapped', '--mapping', 'map.json')

    def triage(self, *args, out='run', lists=('l.csv',), **more):
        given = [item for path in lists for item in ('--certificates', path)]
        return self.run_('triage', *given, '--issuer', 'ca.example.net', '--aware', '2026-05-01T00:00:00Z', '--out', out,
                         *args, **more)

    def rows(self, out='run'):
        return [json.loads(line) for line in self.run_('report', out, '--ndjson').stdout.splitlines()]

    # ---- lists

    def test_a_day_is_no_moment_of_signing(self):
        """An answer from before midnight, or of that morning, proves nothing of a certificate of that day."""
        self.write('early.csv', 't,n,o,r\n2021-12-31T23:00:00Z,a.test,yes,"0 issue ""ca.example.net"""\n')
        self.run_('import', 'arch', 'early.csv', '--format', 'mapped', '--mapping', 'map.json')
        for begins, want in (('2022-01-01T00:00:00Z', ('PROVEN', 'not-before', 'permissive', ['permitted', 'process-unknown', 'weak-clock'])),
                             ('2022-01-01', ('TAINTED', None, 'no-moment', ['no-moment']))):
            self.write('l.csv', 'serial,issuer,names,not before,not after\n01,CN=CA,a.test,%s,2027-01-01\n' % begins)
            done = self.triage('--archive', 'arch')
            row = self.rows()[0]
            self.assertEqual(want, (row['class'], row['clock'], row['names'][0]['state'], row['reasons']))
            self.assertEqual(want[1] is None, 'For 1 certificate nothing says when they were signed, or only a date does' in done.stdout)
            self.assertEqual('2022-01-01T00:00:00Z', row['not_before'])

    def test_times_without_a_zone(self):
        """UTC if nobody says more, which is told; a zone that is stated holds when the run is made again."""
        self.imported()
        self.write('l.csv', 'serial,issuer,names,not before,not after,signed\n'
                            '01,CN=CA,a.test,2022-01-01T00:00:00Z,2027-01-01T00:00:00Z,2022-01-01 12:30:00\n')
        self.write('now.zone', '. 3600 IN SOA a. b. 1 3600 600 86400 3600\n')
        said = 'In 1 rows of the lists times have no zone and nobody stated one: they are taken for UTC.'
        for args, zone, signed, word in (((), None, '2022-01-01T12:30:00Z', 'PROVEN'),
                                         (('--zone', 'Z'), '+00:00', '2022-01-01T12:30:00Z', 'PROVEN'),
                                         (('--zone', '+02:00'), '+02:00', '2022-01-01T10:30:00Z', 'TAINTED'),
                                         (('--zone', '-05:30'), '-05:30', '2022-01-01T18:00:00Z', 'PROVEN')):
            done = self.triage('--archive', 'arch', *args)
            self.assertEqual(zone is None, '1 rows of the lists have times without a zone, taken for UTC: --zone' in done.stdout)
            for again in (False, True):
                if again:
                    self.run_('recheck', 'run', '--zone', 'now.zone')
                run = json.loads(self.read('run', 'run.json'))
                self.assertEqual(zone, run['inputs'][0]['zone'])
                self.assertEqual(int(zone is None), run['counts']['assumed_utc'])
                self.assertEqual(zone is None, any(s['text'].startswith(said) and s['mark'] == 'unknown' for s in run['statements']))
                self.assertEqual([(signed, word)], [(r['signed'], r['class']) for r in self.rows()])
                self.assertEqual(zone is None, 'whether times without a zone are UTC' in self.read('run', 'report.md'))
        for bad in ('2', '+2', 'CET', ''):
            self.triage('--zone', bad, expect=64, says='--zone takes an offset such as +02:00, or Z')

    def test_coverage_takes_the_zone_of_lists(self):
        self.imported()
        self.write('l.csv', 'serial,issuer,names,signed\n01,CN=CA,a.test,2022-01-01 00:30:00\n')
        for args, day in (((), '2022-01-01'), (('--zone', '+02:00'), '2021-12-31')):
            done = self.run_('import', 'arch', '--coverage', '--certificates', 'l.csv', '--json', *args)
            self.assertEqual([day], [d['day'] for d in json.loads(done.stdout)['days'] if d['certificates']])

    # ---- options

    def test_options_of_triage(self):
        for option in ('certificates', 'archive', 'issuer', 'policy', 'aware', 'out', 'not-consulted', 'consulted', 'recheck',
                       'purpose', 'profile', 'proof-grade', 'rules-of', 'format', 'columns', 'cause', 'title'):
            with self.subTest(option=option):
                self.run_('triage', '--' + option, expect=64, says=option)
        for option, value in (('purpose', 'x'), ('profile', 'x'), ('proof-grade', 'E'), ('proof-grade', 'AA'), ('proof-grade', ''),
                              ('rules-of', 'x'), ('aware', '2026'), ('format', 'x'), ('columns', 'none.json'), ('cause', 'x'),
                              ('policy', 'l.csv')):
            with self.subTest(option=option, value=value):
                code = 65 if option == 'policy' else 64
                self.triage('--' + option, value, expect=code, says=value if option == 'policy' else '--' + option
                            if option not in ('profile', 'format', 'cause') else value)
                self.assertFalse(self.there('run'))
        self.run_('triage', '--nonsense', expect=64, says='nonsense')
        self.triage('operand', expect=64, says='operand')
        self.run_('triage', '--out', 'run', '--aware', '2026-05-01T00:00:00Z', expect=64, says='--certificates')
        self.run_('triage', '--certificates', 'l.csv', '--aware', '2026-05-01T00:00:00Z', expect=64, says='--out')
        self.run_('triage', '--certificates', 'l.csv', '--out', 'run', expect=64, says='--aware')
        self.run_('triage', '--certificates', 'l.csv', '--out', 'run', '--aware', '2026-05-01T00:00:00Z', expect=64, says='--issuer')
        self.assertFalse(self.there('run'))

    def test_options_of_import(self):
        for args, says in ((('--format', 'x'), '--formats'), (('--mapping', 'none'), 'none'), (('--mapping', 'l.csv'), 'not JSON'),
                           (('--zone', '3'), '--zone'), (('--zone', '+99:00'), '--zone'), (('--year', '12'), '--year'),
                           (('--coverage',), '--certificates'), (('--nonsense',), 'nonsense'), ((), 'FILE')):
            with self.subTest(args=args):
                self.run_('import', 'arch', *args, expect=64, says=says)
                self.assertFalse(self.there('arch'))
        self.run_('import', expect=64, says='ARCHIVE')
        self.run_('import', 'arch', 'log.csv', '--format', 'mapped', expect=64, says='mapping')

    def test_options_of_report_and_explain(self):
        self.triage()
        for args in (('--rows', 'x'), ('--rows', '-1'), ('--remedy', 'x'), ('--nonsense',), ('two',)):
            with self.subTest(args=args):
                self.run_('report', 'run', *args, expect=64)
        self.run_('report', expect=64)
        for args in ((), ('run',), ('run', '01', '--jsn'), ('run', '01', '02')):
            with self.subTest(args=args):
                self.run_('explain', *args, expect=64)
        for text in ('zz', '', ':', '01 02', '0' * 65):
            with self.subTest(text=text):
                self.run_('explain', 'run', text, expect=64, says='hexadecimal')
        for text in ('01', '1', '0001', '00:01', '0x01'):
            with self.subTest(text=text):
                self.assertIn('NO-EVIDENCE', self.run_('explain', 'run', text).stdout)
        self.run_('explain', 'run', '02', expect=1, says='no certificate')

    # ---- files

    def test_files_that_are_not_there(self):
        self.triage('--archive', 'none', expect=74, says='none')
        for option in ('--policy', '--not-consulted', '--consulted', '--recheck'):
            with self.subTest(option=option):
                self.triage(option, 'none', expect=74, says='none')
                self.run_('report', 'run', expect=73, says='run')
        self.triage(lists=('none',), expect=74, says='none')
        self.run_('import', 'arch', 'none', expect=74, says='none')
        self.run_('import', 'arch', '--store', 'none', expect=74, says='none')
        self.run_('import', 'arch', '-', expect=64, says='file')
        self.run_('import', 'l.csv', 'log.csv', expect=74, says='l.csv')
        self.run_('import', 'arch', 'l.csv', expect=64, says='--format')
        for folder in ('none', 'l.csv', '.'):
            with self.subTest(folder=folder):
                self.assertIn(folder, self.run_('report', folder, expect=74 if folder == 'l.csv' else 73).stderr)
                self.assertIn(folder, self.run_('explain', folder, '01', expect=74 if folder == 'l.csv' else 73).stderr)

    def test_a_folder_that_is_no_run_is_left_alone(self):
        os.mkdir(os.path.join(self.scratch, 'mine'))
        self.write('mine/letter', 'dear')
        self.triage(out='mine', expect=64, says='not a run')
        self.assertEqual(['letter'], os.listdir(os.path.join(self.scratch, 'mine')))
        self.triage('--archive', 'mine', expect=73, says='caaproof import')

    def test_a_folder_that_cannot_be_written(self):
        self.run_('import', '/proc/none', 'log.csv', '--format', 'mapped', '--mapping', 'map.json', expect=74, says='/proc/none')
        self.triage(out='/proc/none', expect=74, says='/proc/none')

    # ---- lists

    def test_empty_lists(self):
        self.write('empty.csv', '')
        self.triage(lists=('empty.csv',), expect=65, says='empty')
        self.write('head.csv', LIST)
        self.triage(lists=('head.csv',))
        self.assertEqual([], self.rows())
        self.run_('explain', 'run', '01', expect=1, says='no certificate')

    def test_all_rows_rejected(self):
        self.write('bad.csv', LIST + 'zz,CN=CA,a.test,x,y,z\n' * 3)
        self.assertIn('rejects.csv', self.triage(lists=('bad.csv',)).stdout)
        self.assertEqual([], self.rows())
        with open(os.path.join(self.scratch, 'run', 'rejects.csv'), encoding='utf-8') as file:
            self.assertEqual(4, len(file.read().splitlines()))

    def test_no_archive(self):
        """Nothing is known, and nothing is proven."""
        self.triage()
        row = self.rows()[0]
        self.assertEqual(('NO-EVIDENCE', 'none', '24h'), (row['class'], row['names'][0]['state'], row['duty']))

    def test_an_empty_archive(self):
        self.write('none.csv', 't,n,o,r\n')
        self.run_('import', 'arch', 'none.csv', '--format', 'mapped', '--mapping', 'map.json')
        self.triage('--archive', 'arch')
        self.assertEqual('NO-EVIDENCE', self.rows()[0]['class'])

    # ---- what is no evidence

    def class_from(self, name, text, *args, row=ROW, options=()):
        """Of the one certificate, with that file as archive."""
        with open(os.path.join(self.scratch, name), 'wb') as file:
            file.write(text)
        shutil.rmtree(os.path.join(self.scratch, 'arch'), ignore_errors=True)
        self.write('l.csv', LIST + row)
        self.assertIn(self.run_('import', 'arch', name, *args, expect=None).returncode, (0, 1))
        self.triage('--archive', 'arch', *options)
        return self.rows()[0]['class']

    def test_answers_of_a_request_are_none(self):
        """TEST R-PRF-5: what somebody said that DNS says, in a result of check that was kept."""
        answer = {'name': 'a.test', 'outcome': 'records', 'dnssec': 'secure', 'ttl': 60, 'time': '2022-01-01T11:00:00Z',
                  'records': [{'flags': 0, 'tag': 'issue', 'value': 'ca.example.net'}]}
        request = {'names': ['a.test'], 'issuer': 'ca.example.net', 'date': '2022-01-01T11:00:00Z'}
        self.write('answers', json.dumps(answer) + '\n')
        self.write('request', json.dumps(dict(request, answers=[answer])) + '\n')
        self.write('plain', json.dumps(request) + '\n')
        for source, asked, args in (('request', 'request', ()), ('recorded', 'plain', ('--answers', 'answers'))):
            with open(os.path.join(self.scratch, asked), encoding='utf-8') as lines:
                done = subprocess.run([CAAPROOF, 'check', '--batch', *args], cwd=self.scratch, stdin=lines, text=True,
                                      capture_output=True, timeout=60, check=True)
            result = json.loads(done.stdout)
            self.assertEqual(('PERMIT', source), (result['verdict'], result['source']))
            self.assertEqual('NO-EVIDENCE', self.class_from('r', done.stdout.encode()))
            del result['source']
            older = (json.dumps(result) + '\n').encode()
            self.assertEqual('TAINTED', self.class_from('r', older))
            self.assertEqual('PROVEN', self.class_from('r', older, options=('--proof-grade', 'D')))
            result['source'] = 'dns'
            self.assertEqual('PROVEN', self.class_from('r', (json.dumps(result) + '\n').encode()))

    def test_what_servers_said_was_validated_by_nobody(self):
        """TEST R-SEC-2: the CA's word on its resolver is about what that gave its clients."""
        row = '01,CN=CA,a.test,2026-04-01T00:00:00Z,2026-10-01T00:00:00Z,2026-04-01T12:00:00Z\n'
        for seen, found in ((4, 'TAINTED'), (6, 'PROVEN'), (8, 'TAINTED')):
            dnstap = archives.Dnstap()
            dnstap.response(basics.at('2026-04-01T11:00:00'), 'a.test', [(300, 0, 'issue', 'ca.example.net')], seen=seen)
            with self.subTest(seen=seen):
                self.assertEqual(found, self.class_from('d', dnstap.file(), '--resolver-validated', row=row))
                self.assertEqual('TAINTED', self.class_from('d', dnstap.file(), row=row))

    def test_a_last_row_that_was_cut(self):
        mapping = dict(MAPPING, fields={'time': 't', 'name': 'n', 'records': 'r'})
        del mapping['outcomes']
        self.write('map.json', json.dumps(mapping))
        mapped = ('--format', 'mapped', '--mapping', 'map.json')
        for text, found in (('', 'NO-EVIDENCE'), ('\n', 'PROVEN'), ('"0 issue ""other.example"""\n', 'PROVEN-DENY')):
            log = 't,n,r\n2022-01-01T11:00:00Z,test,\n2022-01-01T11:00:00Z,a.test,'
            with self.subTest(text=text):
                self.assertEqual(found, self.class_from('c', (log + text).encode(), *mapped))

    # ---- runs and what they were made of

    def test_a_changed_archive_is_refused(self):
        self.imported()
        self.triage('--archive', 'arch')
        self.assertEqual('PROVEN', self.rows()[0]['class'])
        self.write('more.csv', 't,n,o,r\n2022-01-01T11:00:00Z,b.test,none,\n')
        self.run_('import', 'arch', 'more.csv', '--format', 'mapped', '--mapping', 'map.json')
        for args in (('report', 'run'), ('explain', 'run', '01'), ('triage', 'diff', 'run', 'run')):
            self.run_(*args, expect=73, says='arch: has changed since the run was made; make the run again')

    def test_an_archive_that_is_gone_is_told(self):
        self.imported()
        self.triage('--archive', 'arch')
        os.rename(os.path.join(self.scratch, 'arch'), os.path.join(self.scratch, 'moved'))
        self.run_('report', 'run', expect=74, says='arch: not there; a run is read with the files that it was made of')

    def test_changed_marks_are_refused(self):
        self.write('marks', '01\n')
        self.triage('--not-consulted', 'marks')
        self.write('marks', '02\n')
        self.run_('report', 'run', expect=73, says='marks: has changed')
        os.remove(os.path.join(self.scratch, 'marks'))
        self.run_('report', 'run', expect=74, says='marks')

    def test_marks_that_name_no_certificate_are_refused(self):
        """Numbers of rows, for instance, that were taken for serials."""
        for option in ('--not-consulted', '--consulted'):
            self.write('rows', 'row\n2\n3\n')
            self.triage(option, 'rows', expect=65, says='rows: none of its 2 lines is a certificate of the lists; line 2 is "2", '
                                                        'expected are serials in hexadecimal, or SHA-256')
            self.assertFalse(self.there('run', 'run.json'))

    def test_marks_are_counted(self):
        """In the summary, its sentences and on standard error; a list that names only certificates is not warned of."""
        for text, matched, unmatched in (('01\n', 1, 0), ('01\n07\n0001\n08\n', 2, 2), ('', 0, 0)):
            self.write('marks', text)
            done = self.triage('--not-consulted', 'marks')
            said = 'marks: %d of %d lines name a certificate of the lists' % (matched, matched + unmatched)
            said += ', %d name none' % unmatched if unmatched else ''
            self.assertIn(said + '\n', done.stdout)
            self.assertEqual('' if unmatched == 0 and matched else said + '\n', done.stderr)
            run = json.loads(self.triage('--not-consulted', 'marks', '--json', says='' if matched == 1 else said).stdout)
            marks = [i for i in run['inputs'] if i['kind'] == 'not-consulted'][0]
            self.assertEqual((matched, unmatched), (marks['matched'], marks['unmatched']))
            self.assertEqual(unmatched != 0, any('2 lines name no certificate' in s['text'] for s in run['statements']))
            self.assertEqual(['not-consulted' if matched else 'consulted'], [r['process'] for r in self.rows()])

    def test_a_run_that_lost_a_file(self):
        for name in ('run.json', 'certificates', 'order', 'index', 'results'):
            with self.subTest(name=name):
                self.triage(out=name)
                self.triage(out='other')
                path = os.path.join(self.scratch, name, name)
                os.truncate(path, os.path.getsize(path) - 2)
                for gone in (False, True):
                    if gone:
                        os.remove(path)
                    done = [self.run_(*args, expect=None) for args in
                            (('report', name), ('explain', name, '01'), ('triage', 'diff', name, 'other'))]
                    self.assertTrue({73, 74} & {d.returncode for d in done})

    def test_log_files_of_an_earlier_run_are_not_taken_along(self):
        self.write('a.log', UNBOUND)
        self.write('b.log', UNBOUND.replace('a.test', 'b.test'))
        self.triage('--archive', 'a.log')
        self.triage('--archive', 'a.log')
        self.triage('--archive', 'a.log', '--archive', 'b.log')
        self.triage('--archive', 'b.log', expect=64, says='a.log from an earlier run')

    def test_what_a_run_is(self):
        """Same inputs and options, same value; another option, another."""
        self.imported()
        values = []
        for args in ((), (), ('--proof-grade', 'B'), ('--rules-of', '2021-01-01'), ('--profile', 'private')):
            self.triage('--archive', 'arch', *args)
            with open(os.path.join(self.scratch, 'run', 'run.json'), encoding='utf-8') as file:
                values.append(json.load(file)['run'])
        self.assertEqual(values[0], values[1])
        self.assertEqual(4, len(set(values)))


if __name__ == '__main__':
    unittest.main()
