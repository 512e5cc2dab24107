#!/usr/bin/python3
"""caaproof reconcile: certificates against a store whose permits come from the lab's live names. One of each kind of
certificate without a good permit is planted among those that have one, and nothing else is found. Incidents on record: a check before
its time or after (18, 20), orders that reused old evidence (20), a key outside the usual way (17, 21), a process that died
between check and signature (26). TEST R-GEN-1 R-EXC-2 R-PRF-1 R-PRF-10"""

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone

import cli

sys.path.insert(0, os.path.join(cli.TOP, 'tests', 'evidence'))
import blocks  # pylint: disable=wrong-import-position

RUN = os.path.join(cli.TOP, 'lab', 'run')
ADD = os.environ.get('CAAPROOF_ADD_EVENTS', os.path.join(cli.TOP, 'build', 'tests', 'cli', 'add_events'))
BUILD = os.environ.get('CAAPROOF_BUILD', os.path.join(cli.TOP, 'build'))
ORIGIN = 'log.ca.example/caa'
KEY, OTHER_KEY = 'ab' * 32, 'cd' * 32
DV = '3.2.2.4.4'  # needs no remote perspectives
ISSUER = 'CN=Example CA'
REASONS = {'no-moment', 'name', 'partial', 'no-record', 'deleted', 'names', 'verdict', 'purpose', 'authority', 'no-expiry',
           'corroboration', 'before-check', 'after-expiry', 'refused', 'late', 'not-claimed'}


def when(text):
    return datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def moment(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def ask(ident, *names, **more):
    return dict({'id': ident, 'names': list(names), 'issuer': 'ca.example.net', 'method': DV}, **more)


BATCHES = [  # options of the command, requests
    (['--authority', KEY], [
        *(ask('many%d' % i, 'n%d.permit.test' % i, '*.n%d.permit.test' % i) for i in range(40)),
        ask('one', 'www.permit.test'), ask('two', 'a.permit.test', 'b.permit.test'), ask('denied', 'none.permit.test'),
        ask('mail', 'user@permit.test', purpose='smime'), ask('mailbox', 'other@permit.test', purpose='smime'),
        ask('corroboration', 'c.permit.test', method='dns-01'), ask('old rules', 'old.permit.test', date='2026-01-01'),
        ask('address', '192.0.2.7'), ask('twice1', 'twice.permit.test'), ask('twice2', 'twice.permit.test'),
        ask('single', 'single.permit.test')]),
    (['--authority', OTHER_KEY], [ask('elsewhere', 'elsewhere.permit.test')]),
    ([], [ask('nobody', 'nobody.permit.test')]),
]


def make_store(folder):
    """The store of all batches, and {request id: its record}"""
    store = os.path.join(folder, 'store')
    assert cli.run('store', 'init', store, '--origin', ORIGIN)[0] == 0
    script = os.path.join(folder, 'batches.sh')
    with open(script, 'w', encoding='utf-8') as f:
        for i, (options, requests) in enumerate(BATCHES):
            with open(os.path.join(folder, 'batch%d' % i), 'w', encoding='utf-8') as batch:
                batch.writelines(json.dumps(r) + '\n' for r in requests)
            f.write('%s check --batch --record %s %s <%s || exit 1\n' % (cli.BINARY, store, ' '.join(options), batch.name))
    done = subprocess.run([RUN, 'sh', script], env=dict(cli.ENV, CAAPROOF_BUILD=BUILD), text=True, stdout=subprocess.PIPE,
                          timeout=280, check=True)
    records = {r['id']: dict(r['record'], verdict=r['verdict']) for r in map(json.loads, done.stdout.splitlines())}
    shown = cli.run('show', store, *records, '--json')[1]
    for result in map(json.loads, shown.splitlines()):
        records[result['id']]['time'] = when(result['record']['time'])
        expires = result['record']['expires']
        records[result['id']]['expires'] = when(expires) if expires else None
    return store, records


class Reconcile(cli.Folder):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.mkdtemp(prefix='caaproof-reconcile.')
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        cls.store, cls.records = make_store(cls.scratch)

    def setUp(self):
        super().setUp()
        self.rows = []

    def plant(self, names, signed=None, **more):
        serial = '%x' % (0x1000 + len(self.rows))
        names = ' '.join(names) if isinstance(names, (list, tuple)) else names
        self.rows.append(dict({'serial': serial, 'issuer': ISSUER, 'names': names,
                               'signed': '' if signed is None else moment(signed)}, **more))
        return serial

    def good(self, ident, *names, after=5, **more):
        return self.plant(names, self.records[ident]['time'] + after, **more)

    def list(self, name='list.csv'):
        out = io.StringIO()
        columns = ['serial', 'issuer', 'names', 'signed', 'kind', 'sct', 'logs', 'not_before', 'certificate', 'precertificate']
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerows(self.rows)
        return self.file(name, out.getvalue())

    def reconcile(self, *args, store=None, expect=None):
        lists = [] if '--certificates' in args else ['--certificates', self.list()]
        code, out, err = cli.run('reconcile', store or self.store, *lists, '--json', *args)
        self.assertEqual(err, '')
        lines = [json.loads(line) for line in out.splitlines()]
        counts = lines.pop()
        self.assertEqual(counts['certificates'], counts['with'] + counts['without'])
        self.assertEqual(counts['rows'], counts['observed'] + counts['rejected'] + counts['ignored'])
        self.assertEqual(counts['observed'], counts['certificates'] + counts['pairs'] + counts['duplicates'])
        self.assertEqual(sum(counts['reasons'].values()), counts['without'])
        self.assertEqual(sum(l['result'] == 'without' for l in lines), counts['without'])
        self.assertEqual(code, 0 if expect is None and not lines and not counts['rejected'] else 1)
        return {line['serial']: line for line in lines}, counts

    def reasons(self, *args, **more):
        found, _ = self.reconcile(*args, **more)
        return {serial: line['reason'] for serial, line in found.items()}

    def plant_good(self):
        for i in range(40):
            self.good('many%d' % i, 'n%d.permit.test' % i, '*.N%d.permit.test' % i, after=i * 20)
        self.good('one', 'www.permit.test', after=0)
        self.good('two', 'b.permit.test', 'a.permit.test')
        self.good('mail', 'user@permit.test')
        self.good('mail', 'someone.else@PERMIT.test')  # a record knows domains of mailboxes only
        self.good('address', '192.0.2.7')
        last = self.records['single']
        self.plant(['single.permit.test'], last['expires'] - 1)

    def test_every_certificate_signed_by_a_permit_reconciles(self):
        """Scenario 26: whatever was signed by a permit of the log is found with it."""
        self.plant_good()
        for args in ((), ('--authority', KEY), ('--issuer-key', KEY.upper()), ('--skew', '60')):
            found, counts = self.reconcile(*args)
            self.assertEqual((found, counts['with']), ({}, 46), args)

    def test_a_planted_certificate_is_found(self):
        """One of each kind, among those that have a permit. Scenarios 17, 18, 20, 21."""
        self.plant_good()
        records = self.records
        soon = records['one']['time'] + 5
        want = {
            self.plant(['never.checked.example'], soon): ['no-record'],  # 17, 21: a path with no check at all
            self.plant(['a.permit.test'], soon): ['names'],
            self.plant(['a.permit.test', 'b.permit.test', 'w.permit.test'], soon): ['names'],
            self.plant(['n3.permit.test'], soon): ['names'],
            self.plant(['*.www.permit.test', 'www.permit.test'], soon): ['names'],
            self.good('denied', 'none.permit.test'): ['verdict', 'no-expiry'],
            self.good('mail', 'permit.test'): ['names'],
            self.good('elsewhere', 'elsewhere.permit.test'): ['authority'],
            self.good('nobody', 'nobody.permit.test'): ['authority', 'no-expiry'],
            self.good('corroboration', 'c.permit.test'): ['corroboration'],
            self.good('old rules', 'old.permit.test'): ['no-expiry'],
            self.good('one', 'www.permit.test', after=-1): ['before-check'],
            self.good('one', 'www.permit.test', after=-30): ['before-check'],
            self.plant(['www.permit.test'], records['one']['expires']): ['after-expiry'],  # 18
            self.plant(['www.permit.test'], soon + 3 * 86400): ['after-expiry'],  # 20: held for three days
            self.plant(['www.permit.test']): ['no-moment'],
            self.plant(['a_b.permit.test'], soon): ['name'],
        }
        found, counts = self.reconcile('--authority', KEY)
        self.assertEqual(set(found), set(want))
        for serial, reasons in want.items():
            self.assertIn(found[serial]['reason'], reasons, found[serial])
            self.assertTrue(set(found[serial]['reasons']) <= REASONS)
        self.assertEqual((counts['with'], counts['without']), (46, len(want)))

    def test_the_nearest_check(self):
        soon = self.records['two']['time'] + 5
        lacks = self.plant(['a.permit.test', 'b.permit.test', 'w.permit.test'], soon)
        extra = self.plant(['b.permit.test'], soon)
        form = self.plant(['*.a.permit.test', 'b.permit.test'], soon)
        late = self.plant(['www.permit.test'], self.records['one']['expires'] + 7)
        denied = self.good('denied', 'none.permit.test')
        uncorroborated = self.good('corroboration', 'c.permit.test')
        none = self.plant(['never.example'], soon)
        found, _ = self.reconcile()
        two, one = self.records['two'], self.records['one']
        for serial, missing, too_many in ((lacks, ['w.permit.test'], []), (extra, [], ['a.permit.test']),
                                          (form, ['*.a.permit.test'], ['a.permit.test'])):
            nearest = found[serial]['nearest']
            self.assertEqual((nearest['shard'], nearest['index']), (1, two['index']))
            self.assertEqual((nearest['missing'], nearest['extra'], nearest['fault']), (missing, too_many, None))
        nearest = found[late]['nearest']
        self.assertEqual((nearest['index'], nearest['verdict'], when(nearest['expires']), nearest['authority']),
                         (one['index'], 'PERMIT', one['expires'], KEY))
        self.assertEqual(found[denied]['nearest']['verdict'], 'DENY')
        self.assertEqual(found[uncorroborated]['nearest']['fault'], 'corroboration')
        self.assertIsNone(found[none]['nearest'])

    def test_moments(self):
        """R-GEN-1: the signing log, then the earliest SCT, then notBefore. R-EXC-2 for the certificate of a precertificate."""
        time_, expires = self.records['one']['time'], self.records['one']['expires']
        www, days = ['www.permit.test'], expires + 3 * 86400
        sct = self.plant(www, sct=moment(time_ + 9))
        early = self.plant(www, not_before=moment(time_ - 3600))
        exact = self.plant(www, not_before=moment(time_ + 1))
        two_logs = self.plant(www, days, sct=moment(time_ + 9), logs='2')
        one_log = self.plant(www, days, sct=moment(time_ + 9), logs='1')
        late_pre = self.plant(www, days + 60, sct=moment(expires), logs='2')
        found, counts = self.reconcile()
        self.assertEqual({s: (l['reason'], l['clock']) for s, l in found.items()},
                         {early: ('before-check', 'not-before'), one_log: ('after-expiry', 'signing-log'),
                          late_pre: ('after-expiry', 'sct')})
        self.assertEqual((counts['with'], counts['weak_clock']), (3, 1))
        self.assertEqual(self.reasons('--no-precertificate').get(two_logs), 'after-expiry')
        self.assertTrue({sct, exact}.isdisjoint(found))

    def store_with(self, *words):
        """A copy of the store, with these events."""
        store = os.path.join(self.folder, 'store')
        shutil.copytree(self.store, store)
        shutil.copytree(self.store + '.keys', store + '.keys')
        subprocess.run([ADD, store, *words], check=True, stdout=subprocess.PIPE)
        return store

    def test_a_permit_that_was_late_is_void(self):
        """Scenario 2: the check was durable after its deadline, which an event says, and was used all the same."""
        store = self.store_with('late', 'about=' + self.records['one']['digest'],
                                'late', 'about=' + self.records['twice1']['digest'])
        serial = self.good('one', 'www.permit.test')
        self.good('two', 'a.permit.test', 'b.permit.test')
        self.good('twice1', 'twice.permit.test', after=9)  # twice2 permits it
        self.assertEqual(self.reasons(), {})
        found, counts = self.reconcile(store=store)
        self.assertEqual({s: l['reasons'] for s, l in found.items()}, {serial: ['late']})
        self.assertEqual((found[serial]['nearest']['index'], counts['with']), (self.records['one']['index'], 2))
        self.assertEqual(self.reasons('--strict', store=store), {serial: 'late'})

    def test_claims_that_are_required(self):
        store = self.store_with('claim', 'about=' + self.records['one']['digest'],
                                'claim-refused', 'about=' + self.records['two']['digest'], 'why=expired')
        self.good('one', 'www.permit.test')
        serial = self.good('two', 'a.permit.test', 'b.permit.test')
        self.assertEqual(self.reasons(store=store), {})
        self.assertEqual(self.reasons('--claims-required', store=store), {serial: 'not-claimed'})
        self.assertEqual(len(self.reasons('--claims-required')), 2)

    def test_certificates_that_the_log_knows(self):
        store = self.store_with('issuance', 'request=r7', 'certificate=0\x7fDER', 'why=no check has this id',
                                'issuance', 'about=' + self.records['one']['digest'], 'certificate=0\x7fPRE')
        final, before = (hashlib.sha256(octets).hexdigest() for octets in (b'0\x7fDER', b'0\x7fPRE'))
        known = self.plant(['w.permit.test'], 1700000000, certificate=final)
        pre = self.plant(['w.permit.test'], 1700000000, precertificate=before, kind='precertificate')
        self.rows.append(dict(self.rows[-1], precertificate='', certificate='ab' * 32, kind='certificate'))
        other = self.plant(['w.permit.test'], 1700000000, certificate='cd' * 32)
        self.good('one', 'www.permit.test')
        found, counts = self.reconcile(store=store)
        issuance = found[known]['issuance']
        self.assertEqual((issuance['shard'], issuance['of'], issuance['id'], issuance['why']),
                         (1, 'certificate', 'r7', 'no check has this id'))
        self.assertEqual((found[pre]['issuance']['of'], found[pre]['issuance']['id'], found[pre]['issuance']['why']),
                         ('precertificate', None, None))
        self.assertEqual((found[other]['issuance'], counts['reported']), (None, 2))
        out = cli.run('reconcile', store, '--certificates', self.list())[1]
        for text in ('  known: its issuance was told at ', ', of request r7', '    no check has this id',
                     "  known: its precertificate's issuance was told at ", '2 of those without are known'):
            self.assertIn(text, out)

    def test_times_without_a_zone(self):
        """UTC unless it is stated, and said."""
        www = ['www.permit.test']
        local = self.plant(www, not_before=moment(self.records['one']['time'] + 1).rstrip('Z'))
        found, counts = self.reconcile()
        self.assertEqual((set(), 1), (set(found), counts['assumed_utc']))
        found, counts = self.reconcile('--zone', '+01:00')
        self.assertEqual(('before-check', 0), (found[local]['reason'], counts['assumed_utc']))

    def test_precertificate_and_certificate_count_once(self):
        serial = self.good('one', 'www.permit.test', kind='precertificate', certificate='')
        self.rows.append(dict(self.rows[0], kind='certificate'))
        self.rows.append(dict(self.rows[0]))
        _, counts = self.reconcile()
        self.assertEqual((counts['rows'], counts['certificates'], counts['with']), (3, 1, 1), serial)

    def test_forms_of_lists(self):
        """A folder of PEM, PKCS#7, a tile and get-entries: one certificate with its precertificate, many times."""
        folder = os.path.join(cli.TOP, 'tests', 'unit', 'data', 'issued')
        found, counts = self.reconcile('--certificates', folder)
        (line,) = found.values()
        self.assertEqual((line['reason'], line['clock'], counts['pairs']), ('no-record', 'sct', 1))
        self.assertTrue(line['certificate'] and line['precertificate'])
        self.assertGreater(counts['duplicates'], 0)

    def test_skew(self):
        serial = self.good('one', 'www.permit.test', after=-30)
        self.assertEqual(self.reasons('--skew', '29'), {serial: 'before-check'})
        self.assertEqual(self.reasons('--skew', '31'), {})

    def test_purposes(self):
        self.good('mail', 'user@permit.test')
        host = self.good('one', 'www.permit.test')
        self.assertEqual(self.reasons(), {})
        self.assertEqual(self.reasons('--purpose', 'smime'), {host: 'purpose'})
        self.assertEqual(len(self.reasons('--purpose', 'tls+smime')), 2)

    def test_rules_of_the_signer(self):
        serial = self.good('one', 'www.permit.test')
        self.assertEqual(self.reasons('--profile', 'private'), {serial: 'refused'})
        self.assertEqual(self.reasons('--life', '60'), {serial: 'refused'})  # lives longer than this signer allows
        self.assertEqual(self.reasons('--life', '86400', '--accept', 'lf,exempt'), {})

    def test_a_permit_serves_one_certificate(self):
        first = self.good('single', 'single.permit.test', after=5)
        second = self.good('single', 'single.permit.test', after=9)
        self.good('twice1', 'twice.permit.test', after=5)
        self.good('twice1', 'twice.permit.test', after=6)
        self.assertEqual(self.reasons(), {})
        found, counts = self.reconcile('--strict')
        self.assertEqual((list(found), counts['with'], counts['shared']), ([second], 4, 1))
        line = found[second]
        self.assertEqual((line['result'], line['permit']['index'], line['with']['serial']),
                         ('shared', self.records['single']['index'], first))
        third = self.good('twice2', 'twice.permit.test', after=7)
        self.assertEqual(set(self.reconcile('--strict')[0]), {second, third})

    def test_rows_that_cannot_be_read(self):
        self.good('one', 'www.permit.test')
        self.plant(['www..permit.test'], 0)
        rejects = os.path.join(self.folder, 'rejects.csv')
        found, counts = self.reconcile('--rejects', rejects)
        self.assertEqual((found, counts['rows'], counts['rejected']), ({}, 2, 1))
        with open(rejects, encoding='utf-8', newline='') as f:
            rows = list(csv.DictReader(f))
        self.assertEqual([row['line'] for row in rows], ['3'])
        self.assertNotEqual(rows[0]['reason'], '')

    def test_deleted_by_retention(self):
        store = os.path.join(self.folder, 'store')
        shutil.copytree(self.store, store)
        shutil.copytree(self.store + '.keys', store + '.keys')
        self.assertEqual(cli.run('store', 'seal', store)[0], 0)
        time.sleep(1.1)
        before = moment(time.time() + 1)
        self.assertEqual(cli.run('store', 'retain', store, '--records-before', before, '--force')[0], 0)
        serial = self.good('one', 'www.permit.test')
        later = self.plant(['www.permit.test'], time.time() + 10 * 86400)
        self.assertEqual(self.reasons(store=store), {serial: 'deleted', later: 'no-record'})

    def test_a_changed_record_is_no_evidence(self):
        """Scenario 28 of the same kind: what the log does not commit to ends the run."""
        store = os.path.join(self.folder, 'store')
        shutil.copytree(self.store, store)
        self.good('one', 'www.permit.test')
        with blocks.opened(store) as db:
            at = self.records['one']['index']
            (record,) = db.execute('SELECT record FROM entry WHERE number = ?', (at,)).fetchone()
            db.execute('UPDATE entry SET record = ? WHERE number = ?', (b'\x01' + record[1:], at))
        code, out, err = cli.run('reconcile', store, '--certificates', self.list())
        self.assertEqual((code, out), (73, ''), err)
        self.assertIn('1/%d' % at, err)

    def test_for_people(self):
        self.good('one', 'www.permit.test')
        self.plant(['a.permit.test', 'w.permit.test'], self.records['two']['time'] + 5)
        code, out, err = cli.run('reconcile', self.store, '--certificates', self.list())
        self.assertEqual((code, err), (1, ''))
        for text in ('WITHOUT  1001  a.permit.test, w.permit.test', 'list.csv:3', 'the check was made for other names',
                     'it lacks w.permit.test', 'it has too many: b.permit.test', '2 rows = 2 certificates',
                     '1 with a permit + 1 without'):
            self.assertIn(text, out)

    def alarm(self, end='exit 0'):
        """A program that keeps what it is told, and that file."""
        told = os.path.join(self.folder, 'told')
        path = self.file('alarm', '#!/bin/sh\necho "$#:$1" >>%s\necho printed\n%s\n' % (told, end))
        os.chmod(path, 0o755)
        return path, told

    def watched(self, *args, store=None):
        """Exit status, standard output and error, and the metrics that are there then."""
        path = os.path.join(self.folder, 'metrics.prom')
        code, out, err = cli.run('reconcile', store or self.store, '--certificates', self.list(), '--metrics', path, '--json', *args)
        metrics = {}
        if os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                metrics = dict(line.split() for line in file if not line.startswith('#'))
        return code, out, err, metrics

    def test_nobody_watches(self):
        alarm, told = self.alarm()
        self.good('one', 'www.permit.test')
        before = time.time()
        code, _, err, metrics = self.watched('--alarm', alarm)
        self.assertEqual((code, err), (0, ''))
        self.assertFalse(os.path.exists(told))
        at = int(metrics.pop('caaproof_reconcile_finished_seconds'))
        self.assertTrue(int(before) <= at <= time.time())
        self.assertEqual(metrics, {'caaproof_reconcile_certificates': '1', 'caaproof_reconcile_certificates_without_permit': '0',
                                   'caaproof_reconcile_certificates_shared_permit': '0', 'caaproof_reconcile_rejected_rows': '0',
                                   'caaproof_reconcile_checks': str(len(self.records))})
        self.plant(['a.permit.test'], self.records['two']['time'] + 5)
        code, out, err, metrics = self.watched('--alarm', alarm)
        self.assertEqual((code, err), (1, 'printed\n'))
        self.assertEqual([json.loads(line).get('serial') for line in out.splitlines()], ['1001', None])
        self.assertEqual(metrics['caaproof_reconcile_certificates_without_permit'], '1')
        with open(told, encoding='utf-8') as file:
            self.assertEqual(file.read(), '1:caaproof reconcile: of 2 certificates 1 are without a good permit, 0 share one; '
                             '0 rows could not be read\n')

    def test_nobody_watches_a_failure(self):
        alarm, told = self.alarm()
        nowhere = os.path.join(self.folder, 'nowhere')
        code, out, err, metrics = self.watched('--alarm', alarm, store=nowhere)
        self.assertEqual((code, out, metrics), (74, '', {}))
        with open(told, encoding='utf-8') as file:
            self.assertRegex(file.read(), '^1:caaproof reconcile failed: .*nowhere')
        # An alarm that fails is no success, and what was wrong is said here.
        self.plant(['never.example'], 1700000000)
        code, _, err, metrics = self.watched('--alarm', self.alarm('exit 3')[0])
        self.assertEqual((code, metrics['caaproof_reconcile_certificates_without_permit']), (74, '1'))
        self.assertIn('it failed, so perhaps nobody knows: caaproof reconcile: of 1 certificates 1 are', err)

    def test_text_from_lists_steers_nothing(self):
        self.plant(['never.example'], 1700000000, issuer='CN=\x1b[31m"\u202e')
        for args in ((), ('--json',)):
            _, out, _ = cli.run('reconcile', self.store, '--certificates', self.list(), *args)
            self.assertNotIn('\x1b', out)
            self.assertEqual('\u202e' in out, bool(args))  # programs get the text as it is

    def test_nothing_to_do(self):
        found, counts = self.reconcile()
        self.assertEqual((found, counts['certificates'], counts['checks']), ({}, 0, len(self.records)))

    def test_wrong_use(self):
        path = self.list()
        for args in ((), (self.store,), ('--certificates', path), (self.store, 'b', '--certificates', path),
                     (self.store, '--certificates', path, '--purpose', 'x'), (self.store, '--certificates', path, '--skew', '61'),
                     (self.store, '--certificates', path, '--accept', 'na'), (self.store, '--certificates', path, '--nonsense'),
                     (self.store, '--certificates', path, '--alarm', path), (self.store, '--certificates', path, '--alarm', 'true'),
                     (self.store, '--certificates', path, '--authority', 'no such file')):
            code, out, err = cli.run('reconcile', *args)
            self.assertEqual((code, out), (64, ''), args)
            self.assertNotEqual(err, '')
        self.assertEqual(cli.run('reconcile', os.path.join(self.folder, 'nowhere'), '--certificates', path)[0], 74)
        self.assertEqual(cli.run('reconcile', self.store, '--certificates', os.path.join(self.folder, 'nowhere'))[0], 74)


if __name__ == '__main__':
    cli.main()
