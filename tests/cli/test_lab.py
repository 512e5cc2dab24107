#!/usr/bin/python3
"""The command against the live names of the lab; needs lab/run."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

import cli

RUN = os.path.join(cli.TOP, 'lab', 'run')
VERIFY = os.path.join(cli.TOP, 'tests', 'evidence', 'verify.py')
# lab/run takes its own tools from the build folder, and puts it in front of PATH.
BUILD = os.environ.get('CAAPROOF_BUILD', os.path.join(cli.TOP, 'build'))


def in_lab(*args):
    done = subprocess.run([RUN, cli.BINARY, *args], env=dict(cli.ENV, CAAPROOF_BUILD=BUILD), text=True,
                          capture_output=True, timeout=280, check=False)
    return done.returncode, done.stdout, done.stderr


def all_in_lab(folder, commands):
    """[(exit code, standard output and error)] of the command with each list of arguments, in one lab"""
    with open(os.path.join(folder, 'all.sh'), 'w', encoding='utf-8') as f:
        for i, args in enumerate(commands):
            f.write('%s >%s/%d 2>&1\necho $?\n' % (shlex.join([cli.BINARY, *args]), folder, i))
    done = subprocess.run([RUN, 'sh', f.name], env=dict(cli.ENV, CAAPROOF_BUILD=BUILD), text=True,
                          stdout=subprocess.PIPE, timeout=280, check=True)
    codes = [int(line) for line in done.stdout.split()]
    texts = []
    for i in range(len(commands)):
        with open(os.path.join(folder, str(i)), encoding='utf-8') as f:
            texts.append(f.read())
    return list(zip(codes, texts))


def source(path):
    with open(os.path.join(cli.TOP, 'src', path), encoding='utf-8') as f:
        return f.read()


# Every option, and what it is tried with; () where others are tried with it or where it leaves the live DNS.
OPTIONS = {
    'issuer': (), 'account-uri': ('https://ca.example.net/acct/1',), 'method': ('dns-01',),
    'purpose': ('tls', 'smime', 'vmc'), 'profile': ('tls-br', 'smime-br', 'vmc', 'private', 'proposal-2016'),
    'date': ('2026-11-22', '2018-03-01'), 'order': ('bottom-up', 'top-down', 'parallel'), 'policy': (), 'facts': (),
    'perspectives': (), 'corroboration': (),
    'zone': (), 'answers': (), 'root-hints': (), 'anchor': (), 'forward': (), 'no-tap': None, 'no-proof': None, 'no-retry': None,
    'control': (), 'cache-ttl': ('1',), 'processes': ('1', '3'), 'stats': None, 'evidence': (),
    'record': (), 'log-keys': (), 'authority': (), 'permit': (), 'permits': (), 'permit-life': (), 'keep': (),
    'no-openssl-p256': None, 'cert': (), 'accept': ('lf', 'exempt', 'na'), 'batch': (), 'in-flight': (), 'json': None,
    'explain': None, 'problem': None, 'help': (),
}
POLICY = {
    'own': ['ca.example.net'], 'known_tags': [], 'issuer_case': 'strict', 'param_case': 'strict', 'label_case': 'fold',
    'honour': {'accounturi': False, 'validationmethods': False}, 'ca_tbr_from': '2017-01-01', 'lf_permit': True,
    'lf_servfail': 'classified', 'alias_limit': 8, 'exceptions': ['precertificate', 'constrained', 'dns-operator'],
    'onion': 'rfc9799', 'negative_trust_anchors': [],
}
PLACE = {'code': 'a', 'latitude': 0, 'longitude': 0, 'region': 'RIPE'}
PERSPECTIVES = {'primary': PLACE, 'remotes': [PLACE]}
VARIABLES = {'CAAPROOF_ROOT_HINTS', 'CAAPROOF_ANCHOR', 'CAAPROOF_LAB', 'CAAPROOF_DATA', 'NO_COLOR'}
OF_SYSTEMD = {'JOURNAL_STREAM', 'NOTIFY_SOCKET'}  # what the daemon is told of where it runs; it resolves nothing by them


FIVE = ('us-east', 'eu-west', 'tokyo', 'sa-east', 'af-south')


def seen(codes, age):
    """A response of a coordinator, so many seconds old."""
    result = {'check_completed': True, 'check_passed': True, 'timestamp_ns': (int(time.time()) - age) * 10 ** 9,
              'details': {'caa_record_present': True, 'found_at': 'permit.test', 'records_seen': ['0 issue "ca.example.net"']}}
    return {'check_type': 'caa', 'domain_or_ip_target': 'www.permit.test',
            'perspectives': [{'perspective_code': code, 'check_response': result} for code in codes]}


class Anchors(cli.Folder):
    # TEST R-SEC-2, R-SEC-3, R-SEC-4: whatever is added must be tried here.
    def test_nothing_turns_validation_off(self):
        self.assertEqual(set(re.findall(r'{ "([a-z0-9-]+)", \w+_argument,', source('bin/caaproof/options.c'))),
                         set(OPTIONS))
        members = source('engine/policy.c').rpartition('members[] = {')[2].partition('NULL')[0]
        self.assertEqual(set(re.findall(r'"(\w+)"', members)), set(POLICY))
        read = set()
        for folder, _, files in os.walk(os.path.join(cli.TOP, 'src')):
            for name in files:
                read.update(re.findall(r'getenv\("(\w+)"\)', source(os.path.join(folder, name))))
        self.assertEqual(read, VARIABLES | OF_SYSTEMD)

        tried = [['--' + o, *([v] if v else [])] for o, values in OPTIONS.items()
                 for v in ([None] if values is None else values)]
        for member, value in POLICY.items():
            tried.append(['--policy', self.file(member + '.json', json.dumps({member: value}))])
        tried += [['--perspectives', self.file('perspectives', json.dumps(PERSPECTIVES))],
                  ['--corroboration', self.file('seen', json.dumps({'open_mpic': {'www.expired.test': ['{}']}}))]]
        commands = [['check', 'www.expired.test', '--issuer', 'ca.example.net', *args] for args in tried]
        for args, (code, text) in zip(commands, all_in_lab(self.folder, commands)):
            self.assertEqual(code, 64 if args[-1] in ('--stats', '--evidence') else 11, (args, text))  # not alone

    # TEST R-PRF-5: only such a result is evidence of what DNS said.
    def test_results_of_dns_say_so(self):
        given = json.dumps({'names': ['www.permit.test'], 'issuer': 'ca.example.net', 'zone': cli.SOA})
        asked = json.dumps({'names': ['www.permit.test'], 'issuer': 'ca.example.net'})
        for more in (), ('--processes', '2'):
            done = subprocess.run([RUN, cli.BINARY, 'check', '--batch', *more], env=dict(cli.ENV, CAAPROOF_BUILD=BUILD), text=True,
                                  input=given + '\n' + asked + '\n', capture_output=True, timeout=280, check=False)
            self.assertEqual([json.loads(line)['source'] for line in done.stdout.splitlines()], ['request', 'dns'])
            code, out, err = in_lab('check', '--issuer', 'ca.example.net', '--json', *more, 'www.permit.test')
            self.assertEqual((code, json.loads(out)['source'], err), (0, 'dns', ''))

    # TEST R-SEC-3
    def test_negative_trust_anchors_are_refused(self):
        policy = self.file('nta.json', '{"negative_trust_anchors": ["expired.test"]}')
        commands = [['check', 'www.expired.test', '--issuer', 'ca.example.net', '--policy', policy, '--profile', profile]
                    for profile in ('tls-br', 'smime-br')]
        for args, (code, text) in zip(commands, all_in_lab(self.folder, commands)):
            self.assertEqual((code, 'R-SEC-3' in text), (65, True), (args, text))

    # TEST R-SEC-2
    def test_files_without_an_anchor_are_refused(self):
        texts = {'empty': '', 'talk': '; no anchor\n', 'weak': '. IN DS 1 5 1 %s\n' % ('0' * 40),
                 'foreign': '. IN DS 1 253 2 %s\n' % ('0' * 64), 'other': 'test. IN DS 1 8 2 %s\n' % ('0' * 64),
                 'past': '; valid-until: 2019-01-11\n. IN DS 19036 8 2 %s\n' % ('0' * 64)}
        commands = [['check', 'www.permit.test', '--issuer', 'ca.example.net', '--anchor', self.file(name, text), *more]
                    for name, text in texts.items() for more in ((), ('--processes', '2'))]
        for args, (code, text) in zip(commands, all_in_lab(self.folder, commands)):
            self.assertEqual((code, 'anchor' in text or 'no usable' in text), (69, True), (args, text))

    # A file that is behind the root is said on standard error, once, by every command; the result is the same.
    def test_alarms_are_warnings(self):
        anchors = os.path.join(self.folder, 'first')
        head = ['head', '-n', '1']
        script = self.file('warn.sh', """%s "$CAAPROOF_ANCHOR" >%s || exit 99
export CAAPROOF_ANCHOR=%s
one() { "$@" >%s/out 2>%s/err; echo "$? $(grep -c . %s/err) $(cat %s/err)"; }
one caaproof check www.permit.test permit.test --issuer ca.example.net
one caaproof check www.permit.test open.plain.com shut.plain.net --issuer ca.example.net --processes 3
one caaproof lint www.permit.test
one caaproof contacts www.contact.test --date 2026-11-22
echo '{"id":"a","names":["www.permit.test"],"issuer":"ca.example.net"}' >%s/in
one caaproof check --batch <%s/in
""" % (shlex.join(head), anchors, anchors, *[self.folder] * 6))
        done = subprocess.run([RUN, 'sh', script], env=dict(cli.ENV, CAAPROOF_BUILD=BUILD), text=True,
                              stdout=subprocess.PIPE, timeout=120, check=True)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 5, done.stdout)
        for line in lines:
            self.assertRegex(line, r'^\d+ 1 caaproof: warning: the root announces key \d+, which ' + re.escape(anchors) +
                             ' does not have: bring the file up to date before that key takes over$')
        self.assertEqual([line.split()[0] for line in lines], ['0', '10', '0', '0', '0'])


class Lab(cli.unittest.TestCase):
    def test_every_name(self):
        code, out, err = in_lab('conformance', '--lab', '--json', '--exec', cli.BINARY + ' check --batch')
        got = json.loads(out)
        self.assertEqual([c for c in got['cases'] if not c['details_right']], [], err)
        self.assertEqual((code, got['failed']), (0, 0))
        with open(os.path.join(cli.TOP, 'lab', 'cases.json'), encoding='utf-8') as f:
            self.assertEqual(got['total'], len(cli.cases()) + len(json.load(f)))

    def test_lint_of_good_and_bad_names(self):
        code, out, _ = in_lab('lint', '--json', 'www.permit.test', 'malformed.permit.test', 'www.expired.test',
                              'one-of-two.malformed.net')
        names = {n['name']: n for n in json.loads(out)['names']}
        codes = {name: {f['code'] for f in n['findings']} for name, n in names.items()}
        self.assertEqual(code, 2)
        self.assertEqual(names['www.permit.test']['relevant']['dnssec'], 'secure')
        self.assertFalse(codes['www.permit.test'] & {'unsigned', 'lookup-failed', 'dnssec-bogus'})
        self.assertIn('malformed-value', codes['malformed.permit.test'])
        self.assertEqual(codes['www.expired.test'], {'dnssec-bogus'})
        self.assertEqual(codes['one-of-two.malformed.net'], {'unreadable-record'})

    # TEST R-TAG-11, R-TAG-12
    def test_contacts_of_live_names(self):
        code, out, err = in_lab('contacts', '--json', 'www.contact.test', '--date', '2026-11-22')
        got = json.loads(out)
        self.assertEqual((code, err, got['found_at'], got['answers'][-1]['dnssec']), (0, '', 'contact.test', 'secure'))
        self.assertEqual([(c['value'], c['problem']) for c in got['contacts']],
                         [('hostmaster@contact.test', None), ('mailto:hostmaster@contact.test', 'scheme'),
                          ('+1 (555) 555-0100', None)])
        for name, expected in (('alias.contact.test', 0), ('none.contact.test', 1), ('www.expired.test', 11),
                               ('no-tag.malformed.net', 11)):
            self.assertEqual(in_lab('contacts', name, '--date', '2026-11-22')[0], expected, name)

    def test_tap_tells_refusal_from_failure(self):
        for option, outcome in ((), 'refused'), (('--no-tap',), 'servfail'):
            code, out, _ = in_lab('check', '--json', '--issuer', 'ca.example.net', *option, 'www.refused.org')
            answer = json.loads(out)['names'][0]['answers'][0]
            self.assertEqual((code, answer['outcome'], answer['attempts']), (11, outcome, 2))
            seen = {(e['server'], e.get('rcode')) for e in answer.get('exchanges', [])}
            self.assertEqual(('127.0.2.3', 5) in seen, not option)

    # TEST R-FAIL-2, R-FAIL-3, R-FAIL-6, R-FAIL-7, R-FAIL-8, R-SEC-5: permission by failure needs all of its proof.
    def test_failure_permits_only_with_its_proof(self):
        control = ('--control', 'permit.test', '--control', 'open.plain.com')
        dead = ('--control', 'www.refused.org', '--control', 'open.plain.com')
        with tempfile.NamedTemporaryFile('w', suffix='.json') as policy:
            json.dump({'lf_permit': True}, policy)
            policy.flush()
            allowed = ('--policy', policy.name)
            for name, options, expected in (
                    ('www.refused.org', (*allowed, *control), 12),
                    ('www.refused.org', control, 11),
                    ('www.refused.org', allowed, 11),
                    ('www.refused.org', (*allowed, *dead), 11),
                    ('www.refused.org', (*allowed, *control, '--no-tap'), 11),
                    ('www.servfail.com', (*allowed, *control), 11),
                    ('refused.caatestsuite-dnssec.com', (*allowed, *control), 11),
                    ('one-of-two.malformed.net', (*allowed, *control), 11),
                    ('www.expired.test', (*allowed, *control), 11)):
                code, out, _ = in_lab('check', '--json', '--issuer', 'ca.example.net', *options, name)
                self.assertEqual(code, expected, (name, options, out))
        answer = json.loads(in_lab('check', '--json', '--issuer', 'ca.example.net', *control, 'www.refused.org')[1]
                            )['names'][0]['answers'][0]
        self.assertEqual((answer['dnssec'], answer['proved'], answer['attempts']), ('insecure', True, 2))
        self.assertEqual(answer['cut'], {'at': 'refused.org', 'how': 'insecure'})
        self.assertEqual([c['name'] for c in answer['control']], ['permit.test', 'open.plain.com'])

    def test_p256_by_openssl_and_by_libunbound(self):
        results = []
        for option in (), ('--no-openssl-p256',):
            code, out, err = in_lab('check', '--json', '--issuer', 'ca.example.net', *option, 'www.permit.test')
            name = json.loads(out)['names'][0]
            self.assertEqual((code, err, name['answers'][-1]['dnssec']), (0, '', 'secure'))
            results.append((name['verdict'], [(a['name'], a['outcome'], a['dnssec']) for a in name['answers']]))
            self.assertEqual(in_lab('check', 'www.expired.test', '--issuer', 'ca.example.net', *option)[0], 11)
        self.assertEqual(results[0], results[1])

    # TEST R-FAIL-7: one try is never excused.
    def test_one_try_only(self):
        policy = '{"names":["www.pair.net"],"issuer":["ca.example.net"],"policy":{"lf_permit":true}}'
        done = subprocess.run([RUN, cli.BINARY, 'check', '--batch', '--no-retry', '--control', 'permit.test', '--control',
                               'open.plain.com'], env=dict(cli.ENV, CAAPROOF_BUILD=BUILD), text=True, input=policy,
                              capture_output=True, timeout=280, check=False)
        name = json.loads(done.stdout)['names'][0]
        self.assertEqual([(a['outcome'], a.get('attempts', 1), a['dnssec']) for a in name['answers']],
                         [('timeout', 1, 'indeterminate')])
        self.assertEqual(name['verdict'], 'FAIL')

    def test_one_control_name_given_twice(self):
        twice = ('--control', 'permit.test', '--control', 'PERMIT.test.')
        for more in (), ('--processes', '1'):
            code, out, err = in_lab('check', '--issuer', 'ca.example.net', *twice, *more, 'www.permit.test')
            self.assertEqual((code, out), (64, ''))
            self.assertIn('given twice', err)

    def test_permit_that_would_be_too_large(self):
        """It is said of its line alone, and the batch goes on."""
        requests = [{'id': ident, 'names': ['www.permit.test'], 'issuer': 'ca.example.net', 'account_uri': account,
                     'method': '3.2.2.4.4'}
                    for ident, account in (('large', 'a' * (1 << 20)), ('small', 'a'))]
        with tempfile.TemporaryDirectory() as folder:
            store = os.path.join(folder, 'store')
            self.assertEqual(cli.run('store', 'init', store, '--origin', 'log.ca.example/caa')[0], 0)
            done = subprocess.run([RUN, cli.BINARY, 'check', '--batch', '--record', store, '--authority', 'ab' * 32,
                                   '--permits'], env=dict(cli.ENV, CAAPROOF_BUILD=BUILD), text=True,
                                  input=''.join(json.dumps(r) + '\n' for r in requests), capture_output=True,
                                  timeout=280, check=False)
            large, small = [json.loads(line) for line in done.stdout.splitlines()]
            self.assertEqual((done.returncode, done.stderr), (65, ''))
            self.assertEqual((large['id'], large['record']['index'], large['record']['permit']), ('large', 1, None))
            self.assertIn('check fewer names', large['error']['message'])
            self.assertNotIn('verdict', large)
            self.assertEqual((small['verdict'], small['record']['index']), ('PERMIT', 2))
            self.assertTrue(small['record']['permit'])

    def test_permits(self):
        """From live answers to a permit, which a verifier from elsewhere (tests/evidence/verify.py) takes, too."""
        authority = 'ab' * 32
        with tempfile.TemporaryDirectory() as folder:
            store, permit = os.path.join(folder, 'store'), os.path.join(folder, 'permit')
            self.assertEqual(cli.run('store', 'init', store, '--origin', 'log.ca.example/caa')[0], 0)
            key = cli.run('log', 'key', store)[1].strip()
            code, _, err = in_lab('check', 'www.permit.test', '--issuer', 'ca.example.net', '--record', store, '--authority',
                                  authority, '--method', '3.2.2.4.4', '--permit', permit)  # needs no remote perspectives
            self.assertEqual((code, err), (0, ''))
            for name, delay, word in (('www.permit.test', 0, 'ok'), ('permit.test', 0, 'name-missing'),
                                      ('www.permit.test', 901, 'expired')):
                now = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + delay))
                trust = ('--key', key, '--authority', authority, '--at', now)
                _, out, _ = cli.run('permit', 'verify', '--json', '--permit', permit, *trust, name)
                self.assertEqual(json.loads(out)['error'], word)
                done = subprocess.run([sys.executable, VERIFY, 'permit', permit, *trust, '--name', name], text=True,
                                      capture_output=True, check=False)
                self.assertEqual((done.returncode, done.stdout.partition(':')[0]), (0 if word == 'ok' else 77, word))

    # TEST R-PRF-12: a grade says what was kept, not what was once there.
    def test_stores_as_archives(self):
        with tempfile.TemporaryDirectory() as folder:
            commands = []
            for keep in ('full', 'proof', 'digest'):
                store, archive = os.path.join(folder, keep), os.path.join(folder, keep + '.archive')
                commands += [['store', 'init', store, '--origin', 'log.lab.test/' + keep]]
                commands += [['check', name, '--issuer', 'ca.example.net', '--record', store, '--keep', keep]
                             for name in ('www.permit.test', 'plain.unsigned')]
                commands += [['import', archive, '--store', store],
                             ['import', archive, '--coverage', '--certificates', os.path.join(folder, 'list'), '--json']]
            with open(os.path.join(folder, 'list'), 'w', encoding='utf-8') as f:
                f.write('serial,signed,dns_names\n')
                signed = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 600))
                f.write('01,%s,www.permit.test\n02,%s,plain.unsigned\n' % (signed, signed))
            done = all_in_lab(folder, commands)
            for i, grades in enumerate(({'A': 1, 'B': 1}, {'A': 1, 'C': 1}, {'C': 2})):
                self.assertEqual([code for code, _ in done[5 * i:5 * i + 5]], [0] * 5, done[5 * i:5 * i + 5])
                total = json.loads(done[5 * i + 4][1])['total']
                self.assertEqual({g: total[g] for g in 'ABCDE' if total[g]}, grades)

    # TEST R-MPIC-1, R-MPIC-4
    def test_permits_need_corroboration(self):
        """By a method that needs it there is a permit exactly if enough remote perspectives agree."""
        with open(os.path.join(cli.TOP, 'data', 'corroboration.json'), encoding='utf-8') as file:
            perspectives = json.load(file)['perspectives']
        with tempfile.TemporaryDirectory() as folder:
            store = os.path.join(folder, 'store')
            self.assertEqual(cli.run('store', 'init', store, '--origin', 'log.ca.example/caa')[0], 0)
            key = cli.run('log', 'key', store)[1].strip()
            requests = [dict({'id': ident, 'names': ['www.permit.test'], 'issuer': 'ca.example.net', 'method': '3.2.2.4.7',
                              'perspectives': perspectives}, **({'corroboration': {'open_mpic': {'www.permit.test': [
                                  seen(codes, age)]}}} if codes else {}))
                        for ident, codes, age in (('none', (), 0), ('five', FIVE, 0), ('two', FIVE[:2], 0),
                                                  ('old', FIVE, 28810), ('young', FIVE, -300), ('ends', FIVE, 28500))]
            done = subprocess.run([RUN, cli.BINARY, 'check', '--batch', '--record', store, '--authority', 'ab' * 32,
                                   '--permits'], env=dict(cli.ENV, CAAPROOF_BUILD=BUILD), text=True, capture_output=True,
                                  input=''.join(json.dumps(r) + '\n' for r in requests), timeout=280, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ''))
            results = {r['id']: r for r in map(json.loads, done.stdout.splitlines())}
            self.assertEqual({r['verdict'] for r in results.values()}, {'PERMIT'})
            self.assertEqual([ident for ident, r in results.items() if r['record']['permit']], ['five', 'ends'])
            for ident in ('five', 'ends'):
                permit = os.path.join(folder, ident)
                with open(permit, 'w', encoding='utf-8') as file:
                    file.write(results[ident]['record']['permit'])
                self.assertEqual(cli.run('permit', 'verify', '--permit', permit, '--key', key, '--authority', 'ab' * 32,
                                         'www.permit.test')[0], 0)
            self.assertLess(results['ends']['record']['expires'], results['five']['record']['expires'])

    def test_check_of_a_name(self):
        self.assertEqual(in_lab('check', 'www.permit.test', '--issuer', 'ca.example.net')[0], 0)
        self.assertEqual(in_lab('check', 'www.expired.test', '--issuer', 'ca.example.net')[0], 11)


if __name__ == '__main__':
    cli.main()
