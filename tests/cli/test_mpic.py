#!/usr/bin/python3
"""Corroboration: every case of data/corroboration.json; what a request may say; from supplied results to a permit's numbers,
recorded and judged again."""

import copy
import datetime
import json
import os
import sys
import unittest

import cli

sys.path.insert(0, os.path.join(cli.TOP, 'tests', 'golden'))
import check_data  # noqa: E402

NAME = 'www.d.test'
ACCOUNT = 'https://ca.example.net/acct/1'
RECORDS = {'yes': '0 issue "ca.example.net"', 'no': '0 issue "other.example"'}

with open(os.path.join(cli.TOP, 'data', 'corroboration.json'), encoding='utf-8') as f:
    TABLE = json.load(f)
SCHEMAS = {}
for which in ('request', 'result'):
    with open(os.path.join(cli.TOP, 'data', 'schema', which + '.json'), encoding='utf-8') as f:
        SCHEMAS[which] = json.load(f)


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def failure(said, at):
    """A remote's own answers: in an unsigned zone after two tries, with control names; or in a signed one."""
    first = {'name': NAME, 'outcome': said, 'attempts': 2, 'dnssec': 'insecure' if said == 'timeout' else 'secure',
             'time': moment(at), 'control': [{'name': name, 'time': moment(at)} for name in ('a.test', 'b.test')]}
    return [first] + [{'name': name, 'outcome': 'nodata', 'dnssec': 'insecure'} for name in ('d.test', 'test')]


def perspective(code, said, at):
    """As a coordinator of today emits it."""
    passed = said not in ('no', 'timeout', 'servfail', 'silent')
    details = {'caa_record_present': True, 'found_at': 'd.test', 'records_seen': [RECORDS.get(said, said)]}
    if said == 'claim':
        details = {'caa_record_present': True, 'found_at': None, 'records_seen': None}
    elif said in ('timeout', 'servfail', 'silent'):
        details = {'caa_record_present': None, 'found_at': None, 'records_seen': None}
    if said in ('timeout', 'servfail'):
        details['x_evidence'] = {'answers': failure(said, at)}
    failed = [{'error_type': 'mpic_error:caa_checker:lookup', 'error_message': 'There was an error'}]
    return {'perspective_code': code,
            'check_response': {'check_completed': passed or said == 'no', 'check_passed': passed,
                               'errors': None if passed or said == 'no' else failed, 'timestamp_ns': at * 10 ** 9,
                               'check_type': 'caa', 'details': details}}


def flat(one):
    """As coordinators of 2024 did."""
    response = one['check_response']
    return {'perspective': one['perspective_code'], 'check_type': 'caa', 'check_passed': response['check_passed'],
            'errors': response['errors'], 'timestamp_ns': response['timestamp_ns'],
            'details': dict(response['details'], records_seen='\n'.join(response['details']['records_seen'] or []))}


def response(case):
    date = datetime.datetime.fromisoformat(case['date']).replace(tzinfo=datetime.timezone.utc)
    at = int(date.timestamp()) - case.get('age', 5)
    seen = [perspective(code, said, at) for code, said in case['seen'].items()]
    count = case.get('count', len(seen))
    terms = {'perspective_count': count, 'quorum_count': case.get('quorum', max(count - 1, 1))}
    return {'mpic_completed': True, 'request_orchestration_parameters': terms,
            'actual_orchestration_parameters': dict(terms, attempt_count=1), 'check_type': 'caa',
            'domain_or_ip_target': case.get('target', NAME), 'is_valid': True, 'trace_identifier': 'x', 'perspectives': seen,
            'caa_check_parameters': {'certificate_type': 'tls-server', 'caa_domains': case.get('domains', ['ca.example.net']),
                                     'allow_lookup_failure': False},
            'previous_attempt_results': [[perspective(code, said, at) for code, said in case['previous'].items()]]
            if 'previous' in case else None}


def request(case, *bodies):
    primary = case.get('primary', 'yes')
    return {'id': case['case'], 'names': [NAME], 'issuer': 'ca.example.net', 'account_uri': ACCOUNT, 'date': case['date'],
            'method': case.get('method', 'dns-01'), 'policy': case.get('policy', {}), 'perspectives': TABLE['perspectives'],
            'zone': 'd.test. 3600 IN CAA %s\nwww.d.test. 60 IN A 192.0.2.1\n' % RECORDS.get(primary, primary),
            'corroboration': {'open_mpic': {NAME: list(bodies or [json.dumps(response(case))])}}}


def case_of(name):
    return next(case for case in TABLE['cases'] if case['case'] == name)


def batch(requests, *args):
    code, out, err = cli.run('check', '--batch', *args, text=''.join(json.dumps(r) + '\n' for r in requests))
    return code, [json.loads(line) for line in out.splitlines()], err


class Cases(unittest.TestCase):
    # TEST R-MPIC-1, R-MPIC-2, R-MPIC-4, R-MPIC-5, R-MPIC-6, R-MPIC-7, R-MPIC-8, R-MPIC-9, R-MPIC-12, R-MPIC-15, R-MPIC-16
    # TEST R-OMPIC-3, R-OMPIC-5, R-OMPIC-6, R-TIME-1
    def check(self, requests):
        _, results, _ = batch(requests)
        self.assertEqual(len(results), len(TABLE['cases']))
        for case, result in zip(TABLE['cases'], results):
            self.assertNotIn('error', result, case['case'])
            self.assertEqual(check_data.errors(SCHEMAS['result'], SCHEMAS['result'], result, case['case']), [])
            got = dict(result['corroboration'], verdict=result['verdict'])
            self.assertEqual({k: got[k] for k in case['expect']}, case['expect'], case['case'])
            one = result['names'][0]['corroboration']
            self.assertEqual({k: one[k] for k in result['corroboration']}, result['corroboration'], case['case'])

    def test_every_case(self):
        requests = [request(case) for case in TABLE['cases']]
        for one in requests:
            self.assertEqual(check_data.errors(SCHEMAS['request'], SCHEMAS['request'], one, one['id']), [])
        self.check(requests)

    def test_as_objects_and_in_any_order(self):
        requests = []
        for case in TABLE['cases']:
            turned = response(case)
            turned['perspectives'].reverse()
            requests.append(request(case, turned))
        self.check(requests)

    def test_old_servers_were_flat(self):
        requests = []
        for case in TABLE['cases']:
            old = response(case)
            del old['mpic_completed']
            old['perspectives'] = [flat(one) for one in old['perspectives']]
            requests.append(request(case, old))
        self.check(requests)

    # TEST R-MPIC-12
    def test_the_last_response_counts(self):
        good, bad = (response(case_of(name)) for name in ('G162', 'G163'))
        for bodies, quorum, attempts in (([bad, good], '3/4', 2), ([good, bad], '2/4', 2), ([good, 'cut {'], '0/0', 0)):
            _, [result], _ = batch([request(case_of('G162'), *bodies)])
            one = result['names'][0]['corroboration']
            self.assertEqual((one['quorum'], one['attempts'], one['sufficient']), (quorum, attempts, quorum == '3/4'))
        self.assertIn('no evidence', one['lacks'])
        self.assertTrue(one['fault'])

    def test_each_perspective_has_its_reason(self):
        _, [result], _ = batch([request(case_of('X5'))])
        reasons = {p['code']: p['reason'] for p in result['names'][0]['corroboration']['perspectives']}
        self.assertEqual((reasons['us-east'], reasons['moon'], reasons['next-year']), ('permits', 'unknown', 'not-in-force'))
        _, [result], _ = batch([request(case_of('G167'))])
        seen = {p['code']: (p['reason'], p['counts_as']) for p in result['names'][0]['corroboration']['perspectives']}
        self.assertEqual((seen['tokyo'], seen['osaka']), (('permits', 'tokyo'), ('prohibits', 'tokyo')))

    def test_the_least_of_all_names_counts(self):
        one = request(case_of('G162'))
        one['names'] = [NAME, 'd.test']
        _, [result], _ = batch([one])
        self.assertEqual((result['corroboration']['quorum'], result['corroboration']['sufficient']), ('0/0', False))
        self.assertNotIn('corroboration', result['names'][1])
        other = response(case_of('G163'))
        other['domain_or_ip_target'] = 'd.test'
        one['corroboration']['open_mpic']['D.test.'] = [other]
        _, [result], _ = batch([one])
        self.assertEqual((result['corroboration']['quorum'], result['corroboration']['sufficient']), ('2/4', False))
        other['perspectives'] = response(case_of('G162'))['perspectives']
        _, [result], _ = batch([one])
        self.assertEqual((result['corroboration']['quorum'], result['corroboration']['sufficient']), ('3/4', True))


class Requests(cli.Folder):
    def test_what_is_wrong_is_said(self):
        good = request(case_of('G162'))
        place = good['perspectives']['primary']
        for member, value, what in (
                ('corroboration', {}, 'open_mpic'), ('corroboration', {'open_mpic': {}}, 'open_mpic'),
                ('corroboration', {'mpic': {}}, 'mpic'), ('corroboration', {'open_mpic': {NAME: []}}, '1 to 16'),
                ('corroboration', {'open_mpic': {NAME: ['{}'] * 17}}, '1 to 16'),
                ('corroboration', {'open_mpic': {NAME: [7]}}, 'as a text'),
                ('corroboration', {'open_mpic': {NAME: [' ' * (1 << 20) + '{}'], 'D.test': ['{}']}}, 'd.test is not a name'),
                ('corroboration', {'open_mpic': {NAME: ['{}'], 'WWW.d.test.': ['{}']}}, 'twice'),
                ('corroboration', {'open_mpic': {NAME: ['x' * (1 << 20)] * 13}}, 'more than'),
                ('corroboration', {'open_mpic': {NAME: [{'x': 'y' * (1 << 20)}]}}, 'more than'),
                ('corroboration', {'open_mpic': {'*.' + NAME: ['{}']}}, 'not a name'),
                ('perspectives', {}, 'primary'), ('perspectives', {'primary': place}, 'remotes'),
                ('perspectives', {'primary': place, 'remotes': [place, place]}, 'twice'),
                ('perspectives', {'primary': place, 'remotes': [place] * 65}, '1 to 64'),
                ('perspectives', {'primary': place, 'remotes': [dict(place, latitude=90.1)]}, 'latitude'),
                ('perspectives', {'primary': place, 'remotes': [dict(place, longitude='8')]}, 'longitude'),
                ('perspectives', {'primary': place, 'remotes': [dict(place, region='EU')]}, 'region'),
                ('perspectives', {'primary': place, 'remotes': [dict(place, code='')]}, 'code'),
                ('perspectives', {'primary': place, 'remotes': [dict(place, resolver={})]}, 'resolver'),
                ('perspectives', {'primary': place, 'remotes': [dict(place, near=1)]}, 'near')):
            one = copy.deepcopy(good)
            one[member] = value
            _, [result], _ = batch([one])
            self.assertIn(what, result.get('error', {}).get('message', ''), (member, value))

    def test_a_mailbox_is_its_domain(self):
        case = case_of('G162')
        body = response(case)
        body['domain_or_ip_target'] = 'd.test'
        for one in body['perspectives']:
            one['check_response']['details']['records_seen'] = ['0 issuemail "ca.example.net"']
        one = dict(request(case), names=['secret.person@d.test'], purpose='smime', method='smime-reply',
                   zone='d.test. 3600 IN CAA 0 issuemail "ca.example.net"\n',
                   corroboration={'open_mpic': {'secret.person@d.test': [body]}})
        _, [result], _ = batch([one])
        self.assertEqual((result['verdict'], result['corroboration']['quorum'], result['corroboration']['sufficient']),
                         ('PERMIT', '4/4', True))

    def test_without_a_list(self):
        one = request(case_of('G162'))
        del one['perspectives']
        _, [result], _ = batch([one])
        self.assertEqual((result['corroboration']['sufficient'], result['corroboration']['lacks']),
                         (False, "there is no list of the CA's perspectives"))

    def test_files_and_words(self):
        one = request(case_of('G162'))
        files = ('--zone', self.file('zone', '$ORIGIN .\n' + one['zone']), '--perspectives',
                 self.file('perspectives', json.dumps(one['perspectives'])), '--date', one['date'], '--method', 'dns-01')
        seen = self.file('seen', json.dumps(one['corroboration']))
        code, out, _ = cli.run('check', NAME, '--issuer', 'ca.example.net', *files)
        self.assertEqual((code, 'primary-only' in out), (0, True))
        code, out, _ = cli.run('check', NAME, '--issuer', 'ca.example.net', *files, '--corroboration', seen)
        self.assertEqual((code, 'primary-only' in out), (0, False))
        self.assertIn('corroborated by 3 of 4 remote perspectives, in ARIN, RIPE\n', out)
        bad = self.file('bad', json.dumps({'open_mpic': {NAME: [response(case_of('G163'))]}}))
        code, out, _ = cli.run('check', NAME, '--issuer', 'ca.example.net', *files, '--corroboration', bad)
        self.assertEqual((code, 'not enough: corroborated by 2 of 4' in out), (0, True))
        self.assertIn('tokyo APNIC  what it saw does not permit\n', out)
        code, _, err = cli.run('check', '--batch', '--corroboration', seen)
        self.assertEqual((code, '--corroboration' in err), (64, True))


class Recorded(cli.Folder):
    def setUp(self):
        super().setUp()
        self.store = os.path.join(self.folder, 'store')
        self.assertEqual(cli.run('store', 'init', self.store, '--origin', 'log.ca.example/mpic')[0], 0)

    def test_recorded_shown_and_judged_again(self):
        requests = [request(case) for case in TABLE['cases']]
        mailbox = dict(request(case_of('G162')), id='mailbox', names=['secret.person@d.test'], purpose='smime',
                       corroboration={'open_mpic': {'secret.person@d.test': ['{}']}})
        _, results, _ = batch(requests + [mailbox], '--record', self.store)
        for result in results[:-1]:
            again = json.loads(cli.run('show', self.store, result['id'], '--json')[1])
            self.assertEqual(again['corroboration'], result['corroboration'], result['id'])
            self.assertEqual(again['names'][0]['corroboration'], result['names'][0]['corroboration'], result['id'])
        code, out, _ = cli.run('replay', self.store)
        self.assertEqual((code, out.splitlines()[0].partition(':')[2]),
                         (0, ' 0 with another verdict, 0 with another reason, window or corroboration only, 0 that cannot be judged'), out)
        self.assertEqual(cli.run('store', 'check', self.store)[0], 0)
        for where, _, files in os.walk(self.store):
            for name in files:
                with open(os.path.join(where, name), 'rb') as file:
                    self.assertNotIn(b'secret.person', file.read())

    def test_other_names_change_the_numbers(self):
        one = request(case_of('G162'))
        one['issuer'] = ['ca.example.net', 'other.example']
        batch([one], '--record', self.store)
        code, out, _ = cli.run('replay', self.store, '--issuer', 'ca.example.net', '--all', '--json')
        changed, counts = [json.loads(line) for line in out.splitlines()]
        self.assertEqual((code, changed['corroboration']), (0, {'was': '4/4', 'now': '3/4'}))
        self.assertEqual((counts['verdict_changed'], counts['otherwise_changed']), (0, 1))


if __name__ == '__main__':
    cli.main()
