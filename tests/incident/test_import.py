#!/usr/bin/env python3
"""Imports that are killed, run out of disk, or are made twice: what was begun goes on, counts reconcile, and the archive tells the
same of every certificate as one that was made in one go. TEST R-LOG-6 R-PRF-12"""
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CAAPROOF = os.environ.get('CAAPROOF', os.path.join(TOP, 'build', 'caaproof'))

ROUNDS = 30
LINES = 200000   # of a block
BLOCKS = 6       # together more than two runs of an archive: CX_ARCHIVE_RUN_ENTRIES
MAPPING = {'format': 'csv', 'observed': 'answer', 'fields': {'time': 't', 'name': 'n', 'records': 'r', 'outcome': 'o'},
           'outcomes': {'records': ['yes'], 'nodata': ['none']}, 'empty_records': 'nodata'}
NAMES = 2000


def write_log(path, lines, blocks, seed=1):
    """Lines as some checker of a CA might write them; every hundredth cannot be read. Rejected lines are returned."""
    rng = random.Random(seed)
    block, rejected = [], []
    for i in range(lines):
        name = 'n%d.d%d.test' % (rng.randrange(NAMES), rng.randrange(3))
        moment = '2022-01-%02dT%02d:%02d:%02dZ' % (rng.randrange(1, 28), rng.randrange(24), rng.randrange(60), rng.randrange(60))
        if i % 100 == 7:
            rejected.append(i)
            block.append('yesterday,%s,none,' % name)
        elif i % 3 == 0:
            block.append('%s,%s,yes,"0 issue ""ca%d.example.net"""' % (moment, name, rng.randrange(3)))
        else:
            block.append('%s,%s,none,' % (moment, name))
    text = '\n'.join(block) + '\n'
    with open(path, 'w', encoding='utf-8') as file:
        file.write('t,n,o,r\n')
        for _ in range(blocks):
            file.write(text)
    return [2 + i + k * lines for k in range(blocks) for i in rejected]


def write_list(path):
    rng = random.Random(2)
    with open(path, 'w', encoding='utf-8') as file:
        file.write('serial,issuer,names,not before,not after,signed\n')
        for i in range(400):
            moment = '2022-01-%02dT%02d:00:00Z' % (rng.randrange(1, 29), rng.randrange(24))
            file.write('%04x,CN=CA,n%d.d%d.test,%s,2023-01-01T00:00:00Z,%s\n' %
                       (i + 1, rng.randrange(NAMES + 20), rng.randrange(3), moment, moment))


def sha256(path):
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest() if hasattr(hashlib, 'file_digest') \
            else hashlib.sha256(file.read()).hexdigest()


class Imports(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        tmp = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
        cls.scratch = tempfile.mkdtemp(prefix='caaproof-import.', dir=tmp)
        cls.log = cls.at('log.csv')
        cls.rejected = write_log(cls.log, LINES, BLOCKS)
        cls.small = cls.at('small.csv')
        cls.small_rejected = write_log(cls.small, 3000, 1, seed=3)
        write_list(cls.at('list.csv'))
        with open(cls.at('mapping.json'), 'w', encoding='utf-8') as file:
            json.dump(MAPPING, file)
        began = time.monotonic()
        cls.told = cls.imported('whole', cls.log)
        cls.took = time.monotonic() - began
        cls.whole = cls.triaged('whole')

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.scratch)

    @classmethod
    def at(cls, *names):
        return os.path.join(cls.scratch, *names)

    @classmethod
    def command(cls, archive, *files):
        return [CAAPROOF, 'import', cls.at(archive), *files, '--format', 'mapped', '--mapping', cls.at('mapping.json'), '--json']

    @classmethod
    def imported(cls, archive, *files, expect=1):
        done = subprocess.run(cls.command(archive, *files), capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != expect:
            raise AssertionError('exit code %d: %s' % (done.returncode, done.stderr))
        return [json.loads(line) for line in done.stdout.splitlines()]

    @classmethod
    def triage(cls, archive, run, **more):
        return subprocess.run([CAAPROOF, 'triage', '--certificates', cls.at('list.csv'), '--archive', cls.at(archive),
                               '--issuer', 'ca1.example.net', '--aware', '2026-05-01T00:00:00Z', '--out', cls.at(run)],
                              capture_output=True, text=True, timeout=300, check=False, **more)

    @classmethod
    def triaged(cls, archive):
        """What an archive tells of each certificate."""
        run = archive + '.run'
        done = cls.triage(archive, run)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        rows = subprocess.run([CAAPROOF, 'report', cls.at(run), '--ndjson'], capture_output=True, text=True, timeout=300,
                              check=True).stdout
        shutil.rmtree(cls.at(run))
        return rows

    def catalog(self, archive):
        with open(self.at(archive, 'catalog.json'), encoding='utf-8') as file:
            return json.load(file)

    def is_whole(self, archive):
        """As if nothing had happened."""
        mine, whole = self.catalog(archive), self.catalog('whole')
        self.assertEqual(whole['sources'], mine['sources'])
        self.assertEqual(whole['entries'], mine['entries'])
        self.assertEqual(mine['first_run'], mine['next_run'])
        self.assertEqual(sha256(self.at('whole', 'rejects.csv')), sha256(self.at(archive, 'rejects.csv')))
        self.assertEqual(self.whole, self.triaged(archive))

    def test_counts_reconcile(self):
        source = self.told[0]
        self.assertEqual(LINES * BLOCKS, source['records'])
        self.assertEqual(source['records'], source['observed'] + source['rejected'] + source['ignored'])
        self.assertEqual(len(self.rejected), source['rejected'])

    def test_something_is_found(self):
        classes = {json.loads(line)['class'] for line in self.whole.splitlines()}
        self.assertLessEqual({'PROVEN', 'PROVEN-DENY', 'TAINTED', 'NO-EVIDENCE'}, classes)

    def test_each_rejected_line_is_told_once(self):
        with open(self.at('whole', 'rejects.csv'), encoding='utf-8') as file:
            lines = file.read().splitlines()
        self.assertEqual(self.rejected, [int(line.split('",')[1].split(',')[0]) for line in lines[1:]])

    def test_killed_at_any_moment(self):
        rng = random.Random(int(os.environ.get('CX_IMPORT_SEED', '1')))
        archive, taken = 'killed', 0
        for _ in range(ROUNDS):
            process = subprocess.Popen(self.command(archive, self.log), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=rng.uniform(0, self.took * 1.2))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            if not os.path.exists(self.at(archive, 'catalog.json')):
                continue
            catalog = self.catalog(archive)
            for source in catalog['sources']:
                self.assertGreaterEqual(source['records'], taken)
                self.assertEqual(source['records'], source['observed'] + source['rejected'] + source['ignored'])
                taken = source['records']
            if catalog['first_run'] != catalog['next_run'] or not all(s['ended'] for s in catalog['sources']):
                done = self.triage(archive, 'refused')
                self.assertNotEqual(0, done.returncode)
                self.assertIn('import', done.stderr)
                self.assertFalse(os.path.exists(self.at('refused', 'run.json')))
            elif catalog['generation'] != 0:
                self.is_whole(archive)
                shutil.rmtree(self.at(archive))
                taken = 0
        self.imported(archive, self.log)
        self.is_whole(archive)
        shutil.rmtree(self.at(archive))

    def test_out_of_disk(self):
        for limit in (0, 100, 5000, 60000, 1 << 20, 30 << 20, 50 << 20):
            for ignored in (True, False):  # with and without the signal
                with self.subTest(limit=limit, ignored=ignored):
                    done = subprocess.run(self.command('full', self.log), capture_output=True, text=True, timeout=300, check=False,
                                          restore_signals=not ignored,
                                          preexec_fn=lambda n=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)))
                    self.assertNotIn(done.returncode, (0, 1))
                    if ignored:
                        self.assertIn(self.at('full'), done.stderr)
                        self.assertGreaterEqual(done.returncode, 64)
        self.imported('full', self.log)
        self.is_whole('full')

    def test_triage_out_of_disk(self):
        for limit in (0, 100, 3000, 30000, 100000, 300000):
            for ignored in (True, False):
                with self.subTest(limit=limit, ignored=ignored):
                    done = self.triage('whole', 'full.run', restore_signals=not ignored,
                                       preexec_fn=lambda n=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)))
                    self.assertNotEqual(0, done.returncode)
                    if ignored:
                        self.assertIn('full.run', done.stderr)
                    report = subprocess.run([CAAPROOF, 'report', self.at('full.run'), '--ndjson'], capture_output=True, text=True,
                                            timeout=300, check=False)
                    self.assertTrue(report.returncode != 0 or report.stdout == self.whole)
        self.assertEqual(0, self.triage('whole', 'full.run').returncode)

    def test_the_same_twice_adds_nothing(self):
        first = self.imported('twice', self.small)
        before = {name: sha256(self.at('twice', name)) for name in sorted(os.listdir(self.at('twice')))}
        second = self.imported('twice', self.small)
        shutil.copy(self.small, self.at('copy.csv'))  # under another name too
        third = self.imported('twice', self.at('copy.csv'), self.small)
        self.assertEqual((True, False, False), (first[0]['new'], second[0]['new'], third[0]['new']))
        self.assertEqual(before, {name: sha256(self.at('twice', name)) for name in sorted(os.listdir(self.at('twice')))})

    def test_a_changed_file_is_another_input(self):
        shutil.copy(self.small, self.at('changed.csv'))
        self.imported('changed', self.at('changed.csv'))
        with open(self.at('changed.csv'), 'a', encoding='utf-8') as file:
            file.write('2022-02-01T00:00:00Z,new.test,none,\n')
        again = self.imported('changed', self.at('changed.csv'))
        self.assertTrue(again[0]['new'])
        self.assertEqual([3000, 3001], [s['records'] for s in self.catalog('changed')['sources']])

    def test_a_changed_file_does_not_go_on(self):
        """What was imported of the one that was interrupted is told, not mixed."""
        shutil.copy(self.log, self.at('grown.csv'))
        process = subprocess.Popen(self.command('grown', self.at('grown.csv')), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        catalog = self.at('grown', 'catalog.json')
        while process.poll() is None and not os.path.exists(catalog):
            time.sleep(0.002)
        process.kill()
        process.wait()
        with open(self.at('grown.csv'), 'a', encoding='utf-8') as file:
            file.write('2022-02-01T00:00:00Z,new.test,none,\n')
        if self.catalog('grown')['sources'][0]['ended']:
            self.skipTest('the import was too fast to be interrupted')
        self.imported('grown', self.at('grown.csv'))
        done = self.triage('grown', 'refused')
        self.assertNotEqual(0, done.returncode)
        self.assertIn('grown.csv', done.stderr)
        self.imported('grown', self.log)  # the file as it was
        self.assertEqual(0, self.triage('grown', 'grown.run').returncode)

    def test_order_of_files_and_lines_does_not_matter(self):
        with open(self.small, encoding='utf-8') as file:
            head, *lines = file.read().splitlines()
        parts = [self.at('part%d.csv' % i) for i in range(3)]
        for shuffled in (False, True):
            if shuffled:
                random.Random(5).shuffle(lines)
            for i, part in enumerate(parts):
                with open(part, 'w', encoding='utf-8') as file:
                    file.write('\n'.join([head] + lines[i::3]) + '\n')
            order = parts[::-1] if shuffled else parts
            self.imported('order%d' % shuffled, *order)
        rows = []
        for shuffled in (0, 1):
            rows.append([])
            for line in self.triaged('order%d' % shuffled).splitlines():
                row = json.loads(line)
                rows[-1].append((row['serial'], row['class'], row['grade'], row['duty'], [n['state'] for n in row['names']]))
        self.assertEqual(sorted(rows[0]), sorted(rows[1]))

    def test_two_importers_at_once(self):
        first = subprocess.Popen(self.command('both', self.log), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while first.poll() is None and not os.path.exists(self.at('both', 'contents')):  # is made behind the lock
            time.sleep(0.001)
        first.send_signal(signal.SIGSTOP)
        second = subprocess.run(self.command('both', self.small), capture_output=True, text=True, timeout=300, check=False)
        first.send_signal(signal.SIGCONT)
        self.assertGreaterEqual(second.returncode, 64)
        self.assertIn(self.at('both'), second.stderr)
        self.assertEqual(1, first.wait())
        self.is_whole('both')

    def test_options_that_change_what_is_read_are_another_input(self):
        """A file read with another zone says something else: the archive must not call it the same."""
        with open(self.at('zoned.csv'), 'w', encoding='utf-8') as file:
            file.write('t,n,o,r\n2022-01-01 12:00:00,a.test,none,\n')
        runs = []
        for zone in ('Z', '+02:00'):
            name = 'zone' + zone[1:3]
            done = subprocess.run([*self.command(name, self.at('zoned.csv')), '--zone', zone], capture_output=True, text=True,
                                  timeout=300, check=False)
            self.assertEqual(0, done.returncode, done.stderr)
            done = self.triage(name, name + '.run')
            self.assertEqual(0, done.returncode, done.stderr)
            with open(self.at(name + '.run', 'run.json'), encoding='utf-8') as file:
                runs.append(json.load(file))
        self.assertNotEqual(runs[0]['archive']['digest'], runs[1]['archive']['digest'])
        self.assertNotEqual(runs[0]['run'], runs[1]['run'])
        done = subprocess.run([*self.command('zone', self.at('zoned.csv')), '--zone', '+02:00'], capture_output=True, text=True,
                              timeout=300, check=False)
        self.assertGreaterEqual(done.returncode, 64)
        self.assertIn('other options', done.stderr)


if __name__ == '__main__':
    unittest.main()
