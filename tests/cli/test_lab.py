#!/usr/bin/python3
"""The command against the live names of the lab; needs lab/run."""

import json
import os
import subprocess
import tempfile

import cli

RUN = os.path.join(cli.TOP, 'lab', 'run')
# lab/run takes its own tools from the build folder, and puts it in front of PATH.
BUILD = os.environ.get('CAAPROOF_BUILD', os.path.join(cli.TOP, 'build'))


def in_lab(*args):
    done = subprocess.run([RUN, cli.BINARY, *args], env=dict(cli.ENV, CAAPROOF_BUILD=BUILD), text=True,
                          capture_output=True, timeout=280, check=False)
    return done.returncode, done.stdout, done.stderr


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

    def test_check_of_a_name(self):
        self.assertEqual(in_lab('check', 'www.permit.test', '--issuer', 'ca.example.net')[0], 0)
        self.assertEqual(in_lab('check', 'www.expired.test', '--issuer', 'ca.example.net')[0], 11)


if __name__ == '__main__':
    cli.main()
