#!/usr/bin/python3
"""Checks that are recorded, shown, replayed; the store and the log as commands show them. No network."""

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import cli

sys.path.insert(0, os.path.join(cli.TOP, 'tests', 'outside'))
import witness  # pylint: disable=wrong-import-position

sys.path.insert(0, os.path.join(cli.TOP, 'tests', 'evidence'))
import blocks  # pylint: disable=wrong-import-position

ORIGIN = 'log.ca.example/caa'
TWO_YEARS = '2020-01-01'


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Store(cli.Folder):
    def setUp(self):
        super().setUp()
        self.store = os.path.join(self.folder, 'store')
        self.ok('store', 'init', self.store, '--origin', ORIGIN)

    def ok(self, *args, text=None):
        code, out, err = cli.run(*args, text=text)
        self.assertEqual((code, err), (0, ''), args)
        return out

    def batch(self, requests, *args):
        text = ''.join(json.dumps(r) + '\n' for r in requests)
        code, out, err = cli.run('check', '--batch', '--record', self.store, *args, text=text)
        return code, lines(out), err

    def fill(self, n, first=0):
        records = ['0 issue "ca.example.net"', '0 issue ";"']
        code, results, err = self.batch([cli.request('r%d' % i, records[i % 2]) for i in range(first, first + n)])
        self.assertEqual((code, err), (0, ''))
        return results

    def shown(self, *ids):
        return lines(self.ok('show', self.store, *ids, '--json'))

    def path(self, *names):
        return os.path.join(self.store, *names)


class Record(Store):
    def test_what_is_recorded_is_shown_again(self):
        results = self.fill(4)
        self.assertEqual([r['record']['index'] for r in results], [1, 2, 3, 4])  # 0 begins the shard
        for result in results:
            record = result.pop('record')
            self.assertEqual((record['log'], record['shard'], record['expires'], record['permit']),
                             (ORIGIN + '/1', 1, None, None))
            for ident in (result['id'], '1/%d' % record['index']):
                again = self.shown(ident)
                self.assertEqual(len(again), 1)
                self.assertEqual(again[0].pop('record')['digest'], record['digest'])
                self.assertEqual(again[0], result)

    def test_where_answers_came_from(self):
        zone = self.file('zone', cli.SOA)
        asks = {'names': ['www.d.test'], 'issuer': 'ca.example.net'}
        kinds = {'request': (), 'zone': ('--zone', zone), 'recorded': ('--answers', os.devnull)}
        for kind, args in kinds.items():
            request = cli.request(kind) if kind == 'request' else dict(asks, id=kind)
            self.assertEqual([r['source'] for r in self.batch([request], *args)[1]], [kind])
        self.assertEqual([r['source'] for r in self.shown(*kinds)], list(kinds))

    def test_by_name_the_newest_comes_first(self):
        self.fill(3)
        self.assertEqual([r['id'] for r in self.shown('www.d.test')], ['r2', 'r1', 'r0'])
        code, out, err = cli.run('show', self.store, 'www.d.test', '--json', '--limit', '1')
        self.assertEqual((code, [r['id'] for r in lines(out)], err), (0, ['r2'], ''))

    def test_nothing_there(self):
        self.fill(1)
        for ident in ('r9', 'd.test', '1/99', '2/0', '1/0'):
            code, out, err = cli.run('show', self.store, ident)
            self.assertEqual((code, out), (1, ''), ident)
            self.assertIn('no such check', err)

    def test_for_people(self):
        result = self.fill(1)[0]
        out = self.ok('show', self.store, 'r0', '--explain')
        self.assertIn('1/1', out)
        self.assertIn('PERMIT', out)
        self.assertIn('R-DEC-1', out)
        one = self.ok('check', 'www.d.test', '--issuer', 'ca.example.net', '--date', '2026-11-22', '--zone',
                      self.file('zone', cli.request()['zone'].replace('. 3600', '$ORIGIN .\n. 3600', 1)), '--record', self.store)
        self.assertIn('recorded as 1/2 of ' + ORIGIN + '/1', one)
        self.assertEqual(result['verdict'], 'PERMIT')

    def test_an_id_is_used_once(self):
        self.fill(2)
        code, results, _ = self.batch([cli.request('r1'), cli.request('new'), cli.request('new')])
        self.assertEqual(code, 65)
        self.assertEqual([r.get('error', {}).get('code') for r in results], ['request', None, 'request'])
        self.assertIn('1/2', results[0]['error']['message'])
        self.assertEqual(len(self.shown('r1')), 1)

    def test_errors_are_not_recorded(self):
        code, results, _ = self.batch([cli.request('a', names=['a..b']), cli.request('b')])
        self.assertEqual(code, 65)
        self.assertNotIn('record', results[0])
        self.assertEqual(results[1]['record']['index'], 1)

    def test_mailboxes_lose_their_local_part(self):
        secret = 'very.private.person'
        self.batch([cli.request('m', names=[secret + '@d.test'], purpose='smime')])
        self.assertEqual(self.shown('m')[0]['names'][0]['name'], 'd.test')
        for folder, _, files in os.walk(self.folder):
            for name in files:
                with open(os.path.join(folder, name), 'rb') as f:
                    self.assertNotIn(secret.encode(), f.read(), name)

    def test_a_thousand_names(self):
        names = ['n%d.d.test' % i for i in range(1000)]
        _, results, _ = self.batch([cli.request('big', names=names)])
        result = results[0]
        del result['record']
        again = self.shown('big')[0]
        del again['record']
        self.assertEqual(again, result)
        self.assertEqual(self.ok('replay', self.store, '--jobs', '1').splitlines()[-1].split()[0], '1')

    def test_golden_rows_replay_to_the_same(self):
        requests = []
        for case in cli.cases():
            request = dict(case['request'], id=case['case'])
            requests.append(request)
        _, results, _ = self.batch(requests)
        verdicts = [r for r in results if 'verdict' in r]
        self.assertGreater(len(verdicts), 200)
        self.assertTrue(all('record' in r for r in verdicts))
        out = lines(self.ok('replay', self.store, '--json'))
        self.assertEqual(out, [{'schema': 1, 'checks': len(verdicts), 'verdict_changed': 0, 'otherwise_changed': 0,
                                'failed': 0}])
        self.ok('store', 'check', self.store)

    def test_options_that_need_others(self):
        for args, what in ((['--permit', 'x'], '--permit'), (['--keep', 'full'], '--keep'), (['--authority', 'x'], '--authority'),
                           (['--record', self.store, '--permit', 'x'], 'authority'),
                           (['--record', self.store, '--keep', 'some'], '--keep')):
            code, _, err = cli.run('check', 'd.test', '--issuer', 'ca.example.net', *args)
            self.assertEqual(code, 64, args)
            self.assertIn(what, err)

    def test_answers_from_elsewhere_are_no_permits(self):
        _, results, _ = self.batch([cli.request('p')], '--authority', 'ab' * 32, '--permits')
        self.assertEqual(results[0]['verdict'], 'PERMIT')
        self.assertEqual((results[0]['record']['expires'], results[0]['record']['permit']), (None, None))

    def test_no_store(self):
        code, out, err = cli.run('check', '--batch', '--record', self.path('nowhere'), text=json.dumps(cli.request()))
        self.assertNotEqual(code, 0)
        self.assertEqual(out, '')
        self.assertIn('nowhere', err)


class Events(Store):
    """Starts and events, as the daemon puts them, in the commands that read a store."""

    ADD = os.environ.get('CAAPROOF_ADD_EVENTS', os.path.join(cli.TOP, 'build', 'tests', 'cli', 'add_events'))

    def add(self, *words):
        return subprocess.run([self.ADD, self.store, *words], check=True, stdout=subprocess.PIPE, text=True).stdout.split()

    def story(self):
        """Starts of r0 and r9; the check of r0; what became of its permit; r9 never ended. The digest of the check."""
        self.assertEqual(self.add('start', 'r0', 'start', 'r9'), ['1/1', '1/2'])
        digest = self.fill(2)[0]['record']['digest']
        self.add('claim', 'about=' + digest, 'by=signer-1', 'issuance', 'about=' + digest, 'certificate=0\x7fDER', 'request=r0',
                 'stop', 'why=canary: permitted', 'acknowledged', 'by=p.erson', 'why=ticket 7\u20ac', 'interrupted', 'request=r9',
                 'override-refused', 'request=r0', 'claim', 'about=' + 'ab' * 32)
        return digest

    def test_a_check_is_shown_with_its_start_and_events(self):
        digest = self.story()
        for ident in ('r0', '1/3'):
            result, = self.shown(ident)
            record = result['record']
            self.assertEqual((result['id'], record['digest'], record['index']), ('r0', digest, 3))
            start = record['start']
            self.assertEqual((start['shard'], start['index'], start['request'], start['caller'], start['body']),
                             (1, 1, 'r0', 'issuer-1', '00' * 32))
            self.assertEqual((start['authority'], start['previous']), (None, None))
            self.assertLessEqual(start['time'], record['time'])
            self.assertLess(start['time'], start['deadline'])
            self.assertEqual([(e['type'], e['index']) for e in record['events']],
                             [('claim', 5), ('issuance', 6), ('override-refused', 10)])
            claim, issuance, override = record['events']
            self.assertEqual((claim['about'], claim['by'], claim['why'], claim['certificate'], claim['request']),
                             (digest, 'signer-1', None, None, None))
            self.assertEqual((issuance['certificate'], issuance['request']),
                             (hashlib.sha256(b'0\x7fDER').hexdigest(), 'r0'))
            self.assertEqual((override['about'], override['request']), (None, 'r0'))
            self.assertEqual(len({e['digest'] for e in record['events']} | {start['digest'], digest}), 5)
        self.assertEqual([r['id'] for r in self.shown('www.d.test')], ['r1', 'r0'])
        other, = self.shown('r1')
        self.assertEqual((other['record']['start'], other['record']['events']), (None, []))

    def test_for_people(self):
        self.story()
        out = self.ok('show', self.store, 'r0')
        for words in ('  start: request r0 was accepted; deadline ', '; by issuer-1', '  claim: a permit was spent', '; by signer-1',
                      '  issuance: ', '; certificate ' + hashlib.sha256(b'0\x7fDER').hexdigest(), '  override-refused: '):
            self.assertEqual(out.count(words), 1, words)
        self.assertLess(out.index('PERMIT'), out.index('start: '))
        self.assertNotIn('stop', out)
        out = self.ok('show', self.store, '1/7', '1/8')
        self.assertIn('1/7  ', out)
        self.assertIn('stop: permits are given no more; why: canary: permitted\n', out)
        self.assertIn('; by p.erson; why: ticket 7\\226\\130\\172\n', out)  # nothing steers the terminal

    def test_what_has_no_check(self):
        self.story()
        only, = self.shown('r9')
        self.assertEqual(list(only), ['schema', 'start', 'events'])
        self.assertEqual((only['start']['request'], [e['type'] for e in only['events']]), ('r9', ['interrupted']))
        self.assertIn('interrupted: ', self.ok('show', self.store, 'r9'))
        place, = self.shown('1/2')
        self.assertEqual((place['start'], place['events']), (only['start'], []))
        place, = self.shown('1/9')
        self.assertEqual((place['start'], place['events']), (None, only['events']))
        for ident in ('r8', '1/0', '1/99', 'canary: permitted', 'start:r0'):
            self.assertEqual(cli.run('show', self.store, ident)[:2], (1, ''), ident)

    def test_events_are_limited_and_the_newest_stay(self):
        digest = self.fill(1)[0]['record']['digest']
        self.add(*['claim-refused', 'about=' + digest, 'why=spent already'] * 30)
        self.assertEqual([e['index'] for e in self.shown('r0')[0]['record']['events']], list(range(12, 32)))
        out = self.ok('show', self.store, 'r0', '--limit', '3')
        self.assertEqual(out.count('claim-refused'), 3)

    def test_in_other_shards(self):
        self.add('start', 'r0')
        self.ok('store', 'seal', self.store)
        digest = self.fill(1)[0]['record']['digest']
        self.ok('store', 'seal', self.store)
        self.add('start', 'r0', 'claim', 'about=' + digest)  # an id may come again in another shard
        record = self.shown('r0')[0]['record']
        self.assertEqual((record['shard'], record['start']['shard'], [e['shard'] for e in record['events']]), (2, 1, [3]))
        self.ok('store', 'check', self.store)

    def test_commands_that_want_checks_pass_them_over(self):
        self.story()
        self.assertIn('nothing is wrong', self.ok('store', 'check', self.store))
        self.assertEqual(lines(self.ok('replay', self.store, '--json')),
                         [{'schema': 1, 'checks': 2, 'verdict_changed': 0, 'otherwise_changed': 0, 'failed': 0}])
        archive = os.path.join(self.folder, 'archive')
        code, out, _ = cli.run('import', archive, '--store', self.store)
        self.assertEqual(code, 1)  # DNS was not asked
        self.assertIn('12 records = 0 observed + 2 rejected + 10 ignored', out)
        self.ok('store', 'backup', self.store, self.path('..', 'copy'))
        self.assertIn('nothing is wrong', self.ok('store', 'check', self.path('..', 'copy')))
        with sqlite3.connect(self.path('..', 'copy', '0001', 'records.sqlite')) as db:
            self.assertEqual(db.execute('DELETE FROM object WHERE kind = 5').rowcount, 1)
        code, out, _ = cli.run('store', 'check', self.path('..', 'copy'))
        self.assertEqual(code, 1)
        self.assertIn(hashlib.sha256(b'0\x7fDER').hexdigest(), out)

    def test_an_id_with_control_characters_is_refused(self):
        code, results, _ = self.batch([cli.request('\x01start:r0'), cli.request('a\nb'), cli.request('r0')])
        self.assertEqual(code, 65)
        self.assertEqual([r.get('error', {}).get('code') for r in results], ['request', 'request', None])
        self.assertIn('control characters', results[0]['error']['message'])


class Recorded(Store):
    """Checks as the daemon records them: who asked, and what his own system had said."""

    ADD = os.environ.get('CAAPROOF_ADD_CHECKS', os.path.join(cli.TOP, 'build', 'tests', 'cli', 'add_checks'))
    MINE, OTHER = '0 issue "ca.example.net"', '0 issue "other.example"'
    EARLY, LATE = '2020-01-01', '2100-01-01'

    def add(self, *checks):
        """(id, record, what was said or -, shadow or enforce, members of the request)"""
        text = ''.join(f'{verdict} {mode} {json.dumps(cli.request(ident, record, **more))}\n'
                       for ident, record, verdict, mode, more in checks)
        subprocess.run([self.ADD, self.store, 'issuer-1'], input=text, text=True, check=True)


class Shadow(Recorded):
    def story(self):
        self.add(('a', self.MINE, 'PERMIT', 'shadow', {}), ('b', self.OTHER, 'PERMIT', 'shadow', {}),
                 ('c', self.MINE, 'DENY', 'enforce', {'names': ['*.d.test', 'www.d.test', 'd.test', 'x.d.test']}),
                 ('d', self.OTHER, '-', 'enforce', {}), ('e', self.OTHER, 'PERMIT', 'shadow', {}))

    def compare(self, *args):
        code, out, err = cli.run('shadow', self.store, '--json', *args)
        self.assertEqual(err, '')
        *rows, counts = lines(out)
        return code, rows, counts

    def test_lists_what_differs_and_adds_up(self):
        self.story()
        code, rows, counts = self.compare()
        self.assertEqual(code, 1)
        self.assertEqual([(r['id'], r['verdict'], r['reason'], r['own_verdict'], r['shadow'], r['index']) for r in rows],
                         [('b', 'DENY', 'no-matching-record', 'PERMIT', True, 2), ('c', 'PERMIT', 'matching-record', 'DENY', False, 3),
                          ('e', 'DENY', 'no-matching-record', 'PERMIT', True, 5)])
        self.assertEqual(rows[1]['names'], ['*.d.test', 'www.d.test', 'd.test', 'x.d.test'])
        self.assertEqual({(r['caller'], r['body'], r['authority']) for r in rows},
                         {('issuer-1', 'b0d1' + '00' * 30, 'a071' + '00' * 30)})
        self.assertEqual(counts, {'schema': 1, 'checks': 5, 'compared': 4, 'differ': 3, 'deleted': 0, 'pairs': [
            {'verdict': 'PERMIT', 'own_verdict': 'DENY', 'checks': 1}, {'verdict': 'DENY', 'own_verdict': 'PERMIT', 'checks': 2}]})

    def test_since(self):
        self.story()
        self.assertEqual(self.compare('--since', self.EARLY), self.compare())
        code, rows, counts = self.compare('--since', self.LATE)
        self.assertEqual((code, rows, counts['checks'], counts['differ']), (0, [], 0, 0))
        self.add(('later', self.OTHER, 'PERMIT', 'shadow', {}))
        whole = self.compare()[1]
        from_then = self.compare('--since', whole[-1]['time'].split('.')[0] + 'Z')[1]
        self.assertEqual(from_then, whole[-len(from_then):])
        self.assertIn('later', [row['id'] for row in from_then])

    def test_nothing_differs(self):
        self.assertEqual(self.compare()[0], 0)
        self.add(('a', self.MINE, 'PERMIT', 'shadow', {}), ('b', self.OTHER, '-', 'shadow', {}))
        code, rows, counts = self.compare()
        self.assertEqual((code, rows, counts['checks'], counts['compared'], counts['differ']), (0, [], 2, 1, 0))

    def test_for_people(self):
        self.story()
        code, out, err = cli.run('shadow', self.store)
        self.assertEqual((code, err), (1, ''))
        self.assertIn('request b  ours DENY (no-matching-record), theirs PERMIT  www.d.test\n', out)
        self.assertIn('theirs DENY  *.d.test, www.d.test, d.test and 1 more\n', out)
        self.assertIn('\n5 checks: 4 with a verdict of the caller\'s own, of which 3 differ\n', out)
        self.assertTrue(out.endswith('  ours DENY, theirs PERMIT: 2\n'))
        self.assertEqual(len(out.splitlines()), 6)

    def test_is_shown(self):
        self.story()
        record = self.shown('b')[0]['record']
        self.assertEqual((record['caller'], record['body'], record['own_verdict'], record['shadow']),
                         ('issuer-1', 'b0d1' + '00' * 30, 'PERMIT', True))
        self.assertEqual((self.shown('d')[0]['record']['own_verdict'], self.shown('d')[0]['record']['shadow']), (None, False))
        for ident, shadow, own in (('a', True, False), ('b', True, True), ('c', False, True), ('d', False, False)):
            out = self.ok('show', self.store, ident)
            self.assertIn('asked for by issuer-1\n', out)
            self.assertEqual('shadow mode: nothing was permitted' in out, shadow, ident)
            self.assertEqual("the caller's own verdict was another: " in out, own, ident)
        self.assertIn("the caller's own verdict was another: PERMIT\n", self.ok('show', self.store, 'b'))

    def test_a_check_that_nobody_asked_for_says_so(self):
        self.fill(1)
        record = self.shown('r0')[0]['record']
        self.assertEqual((record['caller'], record['body'], record['own_verdict'], record['shadow']), (None, None, None, False))
        self.assertNotIn('asked for', self.ok('show', self.store, 'r0'))

    def test_is_judged_again_as_any_check(self):
        self.story()
        replayed = lines(self.ok('replay', self.store, '--json'))
        self.assertEqual(replayed[-1]['checks'], 5)
        self.assertEqual(self.compare()[2]['differ'], 3)

    def test_wrong_use(self):
        for args in ((), (self.store, 'x'), (self.store, '--since', 'yesterday'), (self.store, '--no')):
            code, out, err = cli.run('shadow', *args)
            self.assertEqual((code, out), (64, ''), args)
            self.assertNotEqual(err, '')
        self.assertNotEqual(cli.run('shadow', self.path('none'))[0], 0)


class Prevented(Recorded):
    # TEST R-IOD-1
    def story(self):
        owner = self.OTHER + '\nd.test. 60 IN CAA 0 iodef "mailto:security@d.test"'
        loop = cli.SOA + 'www.d.test. 60 IN CNAME www.d.test.\n'
        self.add(('a', self.MINE, '-', 'enforce', {}), ('b', owner, '-', 'enforce', {'names': ['*.d.test', 'www.d.test']}),
                 ('c', self.OTHER, 'PERMIT', 'shadow', {}), ('d', self.MINE, '-', 'enforce', {'zone': loop}),
                 ('e', self.OTHER, 'PERMIT', 'enforce', {}))

    def listed(self, *args):
        code, out, err = cli.run('prevented', self.store, '--json', *args)
        self.assertEqual((code, err), (0, ''))
        *rows, counts = lines(out)
        return rows, counts

    def test_lists_what_was_forbidden(self):
        self.story()
        rows, counts = self.listed()
        self.assertEqual([(r['id'], r['index'], [n['name'] for n in r['names']]) for r in rows],
                         [('b', 2, ['*.d.test', 'www.d.test']), ('e', 5, ['www.d.test'])])
        self.assertEqual(counts, {'schema': 1, 'checks': 5, 'prevented': 2, 'names': 3, 'shadow': 1, 'deleted': 0})
        name = rows[0]['names'][1]
        self.assertEqual((name['verdict'], name['reason'], name['found_at'], name['iodef']),
                         ('DENY', 'no-matching-record', 'd.test', ['mailto:security@d.test']))
        self.assertEqual([r['value'] for r in name['records']], ['other.example', 'mailto:security@d.test'])
        self.assertEqual(rows[1]['names'][0]['iodef'], [])
        record = self.shown('b')[0]['record']
        self.assertEqual({k: rows[0][k] for k in ('digest', 'time', 'authority', 'caller')},
                         {k: record[k] for k in ('digest', 'time', 'authority', 'caller')})

    def test_lookups_that_failed_are_not_caa(self):
        self.story()
        rows, counts = self.listed('--failures')
        self.assertEqual([(r['id'], {n['verdict'] for n in r['names']}) for r in rows],
                         [('b', {'DENY'}), ('d', {'FAIL'}), ('e', {'DENY'})])
        self.assertEqual((counts['prevented'], counts['names']), (3, 4))

    def test_since(self):
        self.story()
        self.assertEqual(self.listed('--since', self.EARLY), self.listed())
        self.assertEqual(self.listed('--since', self.LATE),
                         ([], {'schema': 1, 'checks': 0, 'prevented': 0, 'names': 0, 'shadow': 0, 'deleted': 0}))
        self.assertEqual(cli.run('prevented', self.store, '--since', 'monday')[0], 64)

    def test_for_people(self):
        self.story()
        code, out, err = cli.run('prevented', self.store)
        self.assertEqual((code, err), (0, ''))
        self.assertIn('  request b  asked for by issuer-1\n'
                      '  *.d.test  DENY (no-matching-record), by records at d.test\n'
                      '      0 issue "other.example"\n'
                      '      0 iodef "mailto:security@d.test"\n', out)
        self.assertTrue(out.endswith('\n5 checks: 2 issuances prevented, for 3 names; 1 more in shadow mode\n'))


class Replay(Store):
    def test_another_list_of_names(self):
        self.fill(10)
        code, out, err = cli.run('replay', self.store, '--issuer', 'other.example', '--json', '--jobs', '3')
        self.assertEqual((code, err), (1, ''))
        out = lines(out)
        self.assertEqual([o['id'] for o in out[:-1]], ['r%d' % i for i in range(0, 10, 2)])
        self.assertEqual(out[-1]['verdict_changed'], 5)
        self.assertEqual((out[0]['was']['verdict'], out[0]['now']['verdict']), ('PERMIT', 'DENY'))

    def test_other_rules(self):
        record = '0 iodef "mailto:a@d.test"'
        self.batch([cli.request('now', record), cli.request('then', record, date='2017-12-01')])
        code, out, _ = cli.run('replay', self.store, '--rules-of', '2017-12-01', '--json')
        self.assertEqual((code, [o.get('id') for o in lines(out)]), (1, ['now', None]))
        code, out, _ = cli.run('replay', self.store)
        self.assertEqual(code, 0)
        self.assertIn('2 checks replayed: 0 with another verdict', out)

    def test_another_policy(self):
        self.batch([cli.request('a', '0 issue "CA.example.NET"')])
        policy = self.file('policy', '{"issuer_case":"strict"}')
        code, out, _ = cli.run('replay', self.store, '--policy', policy)
        self.assertEqual(code, 1)
        self.assertIn('PERMIT -> DENY: 1', out)

    def test_an_object_that_is_gone_is_told(self):
        self.fill(2)
        with sqlite3.connect(self.path('0001', 'records.sqlite')) as db:
            db.execute('DELETE FROM object WHERE kind = 2')
        code, out, _ = cli.run('replay', self.store)
        self.assertEqual(code, 1)
        self.assertIn('cannot be judged', out)
        self.assertIn('2 that cannot be judged', out)


class Crash(Store):
    def test_killed_in_a_batch(self):
        """Whatever was answered is there, and the next run goes on."""
        text = ''.join(json.dumps(cli.request('k%d' % i)) + '\n' for i in range(20000))
        answered = set()
        for round_ in range(3):
            with open(os.path.join(self.folder, 'out'), 'w+b') as out:
                child = subprocess.Popen([cli.BINARY, 'check', '--batch', '--record', self.store], env=cli.ENV,
                                         stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE)
                child.stdin.write(text.replace('"k', '"k%d-' % round_).encode()[:400000])
                child.stdin.flush()
                deadline = time.monotonic() + 20
                while os.fstat(out.fileno()).st_size == 0 and time.monotonic() < deadline:
                    time.sleep(0.01)
                child.send_signal(signal.SIGKILL)
                child.communicate()
                out.seek(0)
                whole = [line for line in out.read().decode().splitlines(True) if line.endswith('\n')]
            answered |= {(r['id'], r['record']['index'], r['record']['digest']) for r in map(json.loads, whole)}
        self.assertGreater(len(answered), 0)
        self.fill(1)
        self.ok('store', 'check', self.store)
        for ident, index, digest in sorted(answered, key=lambda a: a[1])[::97]:
            record = self.shown('1/%d' % index)[0]
            self.assertEqual((record['id'], record['record']['digest']), (ident, digest))


class Tampered(Store):
    def check(self, statement, *values):
        """What store check says after the statement."""
        with blocks.opened(self.store) as db:
            self.assertGreater(db.execute(statement, values).rowcount, 0)
        code, out, err = cli.run('store', 'check', self.store)
        self.assertEqual((code, err), (1, ''))
        return out

    def test_a_record_is_edited(self):
        self.fill(5)
        with blocks.opened(self.store) as db:
            record = db.execute('SELECT record FROM entry WHERE number = 3').fetchone()[0]
        out = self.check('UPDATE entry SET record = ? WHERE number = 3', record.replace(b'PERMIT', b'DENY!!').replace(
            b'www.d.test', b'www.e.test'))
        self.assertIn('1/3', out)
        self.assertNotIn('1/2', out)

    def test_an_entry_is_deleted(self):
        self.fill(5)
        self.assertIn('1/3', self.check('DELETE FROM entry WHERE number = 3'))

    def test_clean(self):
        self.fill(5)
        self.assertIn('nothing is wrong', self.ok('store', 'check', self.store))


class Shards(Store):
    def test_seal_and_go_on(self):
        self.fill(3)
        self.ok('store', 'seal', self.store)
        results = self.fill(2, 3)
        self.assertEqual([(r['record']['shard'], r['record']['index']) for r in results], [(2, 1), (2, 2)])
        self.assertEqual([r['id'] for r in self.shown('www.d.test')], ['r4', 'r3', 'r2', 'r1', 'r0'])
        keys = self.ok('log', 'key', self.store).split()
        self.assertEqual([k.partition('+')[0] for k in keys], [ORIGIN + '/1', ORIGIN + '/2'])
        listed = self.ok('store', 'list', self.store)
        self.assertIn('sealed', listed)
        self.ok('store', 'check', self.store)
        self.assertFalse(os.path.exists(self.store + '.keys/0001.key'))

    def test_yesterdays_store_comes_back(self):
        self.fill(3)
        shutil.copytree(self.store, self.store + '.yesterday')
        self.fill(2, 3)
        shutil.rmtree(self.store)
        os.rename(self.store + '.yesterday', self.store)
        code, results, err = self.batch([cli.request('after')])
        self.assertEqual(code, 0)
        self.assertIn('older than its anchor', err)
        self.assertEqual(results[0]['record']['shard'], 2)
        self.ok('store', 'check', self.store)

    def test_backup(self):
        self.fill(3)
        self.ok('store', 'backup', self.store, self.path('..', 'copy'))
        self.ok('store', 'check', self.path('..', 'copy'))
        code, _, err = cli.run('store', 'backup', self.store, self.path('..', 'copy'))
        self.assertNotEqual(code, 0)
        self.assertIn('copy', err)
        code, _, err = cli.run('check', '--batch', '--record', self.path('..', 'copy'), text=json.dumps(cli.request('x')))
        self.assertNotEqual(code, 0)  # no keys: it cannot be signed for

    def test_hold_and_retain(self):
        self.fill(1)
        self.ok('store', 'seal', self.store)
        self.ok('store', 'hold', self.store, '1', '--reason', 'incident 42')
        self.assertIn('held', self.ok('store', 'list', self.store))
        with open(self.path('0001', 'hold'), encoding='utf-8') as f:
            self.assertIn('incident 42', f.read())
        tomorrow = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 2 * 86400))
        out = self.ok('store', 'retain', self.store, '--records-before', tomorrow, '--force')
        self.assertIn('held', out)
        self.assertEqual(len(self.shown('r0')), 1)
        self.ok('store', 'release', self.store, '1')
        code, _, err = cli.run('store', 'retain', self.store, '--records-before', tomorrow)
        self.assertNotEqual(code, 0)
        self.assertIn('two years', err)
        self.ok('store', 'retain', self.store, '--records-before', tomorrow, '--force')
        self.assertEqual(cli.run('show', self.store, 'r0')[0], 1)
        self.ok('store', 'check', self.store)

    def test_two_writers(self):
        child = subprocess.Popen([cli.BINARY, 'check', '--batch', '--record', self.store], env=cli.ENV, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child.stdin.write(json.dumps(cli.request('first')) + '\n')
        child.stdin.flush()
        self.assertIn('"first"', child.stdout.readline())
        code, out, err = cli.run('check', '--batch', '--record', self.store, text=json.dumps(cli.request('second')))
        self.assertNotEqual(code, 0)
        self.assertEqual(out, '')
        self.assertIn('in use', err)
        child.communicate()
        self.assertEqual(child.returncode, 0)

    def test_init_twice(self):
        code, _, err = cli.run('store', 'init', self.store, '--origin', ORIGIN)
        self.assertNotEqual(code, 0)
        self.assertIn(self.store, err)


class Log(Store):
    """Verified with code that is not ours: Go's module mirror reads the same formats."""

    def setUp(self):
        super().setUp()
        self.tlogcheck = os.path.join(self.folder, 'tlogcheck')
        env = dict(os.environ, GO111MODULE='off', GOPATH='/usr/share/gocode', GOCACHE=os.path.join(self.folder, 'cache'),
                   GOFLAGS='')
        subprocess.run(['go', 'build', '-o', self.tlogcheck, os.path.join(cli.TOP, 'tests', 'outside', 'tlogcheck.go')],
                       env=env, check=True)
        self.key = self.ok('log', 'key', self.store).strip()

    def export(self, folder):
        """The public checkpoint moves at most once a second."""
        deadline = time.monotonic() + 5
        while 'entries in' not in self.ok('log', 'export', self.store, folder) and time.monotonic() < deadline:
            time.sleep(0.2)

    def outside(self, *args):
        done = subprocess.run([self.tlogcheck, *args], text=True, capture_output=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_checkpoint_proofs_and_export(self):
        self.fill(300)
        first = self.file('first', self.ok('log', 'checkpoint', self.store))
        self.fill(400, 300)
        second = self.file('second', self.ok('log', 'checkpoint', self.store))
        self.assertEqual(self.outside('note', self.key, second)[0], 0)
        hashes = self.file('hashes', self.ok('log', 'consistency', self.store, '301', '701'))
        self.assertEqual(self.outside('consistency', self.key, first, second, hashes),
                         (0, 'the tree of 701 entries begins with that of 301\n'))
        with blocks.opened(self.store) as db:
            entries = dict(db.execute('SELECT number, entry FROM entry'))
        for index in (0, 1, 255, 256, 512, 700):
            proof = os.path.join(self.folder, 'proof')
            self.ok('log', 'prove', self.store, '1/%d' % index, '--out', proof)
            self.assertEqual(self.outside('proof', self.key, proof, entries[index].hex())[0], 0)
            self.assertNotEqual(self.outside('proof', self.key, proof, entries[2].hex())[0], 0)
        exported = os.path.join(self.folder, 'exported')
        for _ in range(2):
            self.export(exported)
            self.assertEqual(self.outside('dir', self.key, os.path.join(exported, '1')),
                             (0, '701 entries, every tile and the checkpoint agree\n'))
        self.fill(100, 700)
        later = time.time() + 1000  # the clock was set back since
        os.utime(os.path.join(exported, '1', 'checkpoint'), (later, later))
        self.assertIn('801 entries in', self.ok('log', 'export', self.store, exported))
        self.assertEqual(self.outside('dir', self.key, os.path.join(exported, '1'))[0], 0)
        for folder, _, files in os.walk(exported):  # no records, no names
            for name in files:
                with open(os.path.join(folder, name), 'rb') as f:
                    self.assertNotIn(b'd.test', f.read())

    def test_a_forged_log_is_seen_outside(self):
        self.fill(300)
        exported = os.path.join(self.folder, 'exported')
        self.ok('log', 'export', self.store, exported)
        tile = os.path.join(exported, '1', 'tile', 'entries', '000')
        with open(tile, 'r+b') as f:
            f.seek(100)
            octet = f.read(1)
            f.seek(100)
            f.write(bytes([octet[0] ^ 1]))
        code, out = self.outside('dir', self.key, os.path.join(exported, '1'))
        self.assertEqual(code, 1)
        self.assertIn('entry 2', out)

    def test_wrong_use(self):
        self.fill(1)
        for args, what in ((['prove', self.store, '1/5'], 'entries'), (['prove', self.store, 'x'], 'SHARD/INDEX'),
                           (['consistency', self.store, '2', '1'], 'OLD'), (['checkpoint', self.store, '--shard', '7'], 'shard 7'),
                           (['nonsense', self.store], 'no such command')):
            code, out, err = cli.run('log', *args)
            self.assertNotEqual(code, 0, args)
            self.assertEqual(out, '')
            self.assertIn(what, err)


class Outsiders(Store):
    def setUp(self):
        super().setUp()
        self.key = self.ok('log', 'key', self.store).strip()
        self.fill(5)

    def cosign(self, peer, key):
        with witness.Server(peer, '/w/add-checkpoint') as server:
            return cli.run('log', 'cosign', self.store, '--witness', server.url + '/w', '--witness-key', key)

    def test_a_witness_cosigns(self):
        peer = witness.Witness('witness.example/w1', self.key)
        other = witness.Witness('witness.example/w2', self.key)
        for size, more in ((6, 100), (106, 500), (606, 600)):
            code, out, err = self.cosign(peer, peer.vkey)
            self.assertEqual((code, err), (0, ''))
            self.assertIn('cosigned at %d entries' % size, out)
            self.assertEqual(peer.size, size)
            self.assertIn('before', self.cosign(peer, peer.vkey)[1])  # it is not asked again
            self.assertEqual(self.cosign(other, other.vkey)[0], 0)
            with open(self.path('0001', 'witnessed', '%020d.checkpoint' % size), encoding='utf-8') as f:
                text = f.read()
            self.assertEqual(text.count('\n\u2014 '), 3)  # the log, and two witnesses
            self.fill(more, size)
        status = json.loads(self.ok('log', 'status', self.store, '--json'))['shards'][0]
        self.assertEqual((status['entries'], status['cosigned'], status['timestamped']), (1206, 606, None))

    def test_a_witness_that_refuses(self):
        peer = witness.Witness('witness.example/w1', self.key)
        stranger = witness.Witness('witness.example/w1', self.key)
        code, out, err = self.cosign(peer, stranger.vkey)
        self.assertEqual((code, out), (69, ''))
        self.assertIn('not in its answer', err)
        for change, what in (({'size': 6, 'root': b'\0' * 32}, 'another log'), ({'size': 3, 'root': b'\0' * 32}, 'another log'),
                             ({'size': 99}, 'larger tree'), ({'origin': 'x'}, 'does not know'),
                             ({'log_id': b'\0' * 4}, 'does not trust')):
            peer = witness.Witness('witness.example/w1', self.key)
            vars(peer).update(change)
            code, out, err = self.cosign(peer, peer.vkey)
            self.assertEqual((code, out), (69, ''), change)
            self.assertIn(what, err)
        self.assertFalse(os.path.exists(self.path('0001', 'witnessed', '%020d.checkpoint' % 6)))

    def test_a_witness_that_is_not_there(self):
        peer = witness.Witness('witness.example/w1', self.key)
        code, _, err = cli.run('log', 'cosign', self.store, '--witness', 'http://127.0.0.1:1', '--witness-key', peer.vkey)
        self.assertEqual(code, 69)
        self.assertIn('witness.example/w1', err)
        self.assertEqual(cli.run('log', 'cosign', self.store, '--witness', 'ftp://x', '--witness-key', peer.vkey)[0], 64)
        self.assertEqual(cli.run('log', 'cosign', self.store, '--witness', 'http://x', '--witness-key', self.key)[0], 64)

    def test_a_time_stamp(self):
        tsa = witness.Authority(self.folder)
        with witness.Server(tsa, '/tsa') as server:
            out = self.ok('log', 'timestamp', self.store, '--tsa', server.url + '/tsa', '--tsa-ca', tsa.roots)
            self.assertIn('6 entries, time-stamped', out)
            code, _, err = cli.run('log', 'timestamp', self.store, '--tsa', server.url + '/tsa', '--tsa-ca',
                                   os.path.join(self.folder, 'tsa.pem'))
            self.assertNotEqual(code, 0)  # not that root's
            self.assertNotEqual(err, '')
        kept = self.path('0001', 'witnessed', '%020d' % 6)
        done = subprocess.run(['openssl', 'ts', '-verify', '-data', kept + '.txt', '-in', kept + '.tsr', '-CAfile', kept + '.tsa.pem'],
                              capture_output=True, text=True, check=False)
        self.assertIn('Verification: OK', done.stdout + done.stderr)
        self.assertEqual(json.loads(self.ok('log', 'status', self.store, '--json'))['shards'][0]['timestamped'], 6)


class Archive(Store):
    # TEST R-PRF-5: an archive shows what DNS said, not what a request said that it says.
    def test_answers_that_came_with_a_request_are_no_evidence(self):
        self.fill(2)
        answer = {'name': 'a.test', 'outcome': 'records', 'dnssec': 'secure', 'ttl': 60, 'time': '2026-11-22T00:00:00Z',
                  'records': [{'flags': 0, 'tag': 'issue', 'value': 'ca.example.net'}]}
        code, results, _ = self.batch([{'id': 'given', 'names': ['a.test'], 'issuer': 'ca.example.net', 'answers': [answer],
                                        'date': '2026-11-22'}])
        self.assertEqual((code, results[0]['verdict']), (0, 'PERMIT'))
        archive = os.path.join(self.folder, 'archive')
        code, out, err = cli.run('import', archive, '--store', self.store)
        self.assertEqual((code, err), (1, ''))
        self.assertIn('4 records = 0 observed + 3 rejected + 1 ignored; 0 observations', out)
        self.assertIn(archive + '/rejects.csv', out)
        with open(os.path.join(archive, 'rejects.csv'), encoding='utf-8') as f:
            self.assertEqual(f.read().count('DNS was not asked (none: answers given with the request)'), 3)

    def test_a_store_that_grows(self):
        archive = os.path.join(self.folder, 'archive')
        for n, added in ((2, 3), (1, 1), (0, 0)):
            self.fill(n, first=10 * n)
            out = cli.run('import', archive, '--store', self.store)[1]
            self.assertTrue(out.startswith('%d entries of the log are new\n' % added), out)


if __name__ == '__main__':
    cli.main()
