#!/usr/bin/python3
"""caaproof lint: names, zone files, exit codes, JSON."""

import json

import cli

GOOD = cli.SOA + '''good.test. 3600 IN CAA 0 issue "ca.example.net; validationmethods=dns-01"
good.test. 3600 IN CAA 0 issuewild ";"
'''
BAD = GOOD + '''$ORIGIN bad.test.
@ 60 IN CAA 0 issue "ca.example.net."
child 60 IN CAA 0 iodef "mailto:a@b.example"
typo 60 IN CAA 128 isue "ca.example.net"
lost 60 IN CAA 0 issue "ca.example.net" ; accounturi=https://x.example/1
broken 60 IN TYPE257 \\# 2 0000
evil 60 IN CAA 0 issue "\\027[31m"
'''


class Lint(cli.Folder):
    def setUp(self):
        super().setUp()
        self.good = self.file('good.zone', GOOD)
        self.bad = self.file('bad.zone', BAD)

    def json(self, *args):
        code, out, err = cli.run('lint', '--json', *args)
        self.assertEqual(err, '')
        got = json.loads(out)
        found = [f for n in got['names'] + got['files'] for f in n['findings']]
        for member, severity in (('errors', 'error'), ('warnings', 'warning'), ('advice', 'advice')):
            self.assertEqual(got[member], sum(f['severity'] == severity for f in found))
        self.assertEqual(code, 2 if got['errors'] else 1 if got['warnings'] else 0)
        return code, {n['name']: n for n in got['names']}, got

    def test_options_of_check_are_refused_by_name(self):
        for option in ('--account-uri', '--date'):
            code, _, err = cli.run('lint', option, 'x', '--zone', self.good)
            self.assertEqual(code, 64)
            self.assertIn(f'no use for {option};', err)

    @staticmethod
    def codes(subject):
        return {f['code'] for f in subject['findings']}

    def test_a_good_zone(self):
        code, names, got = self.json('--zone', self.good)
        self.assertEqual((code, list(names), got['files']), (0, ['good.test'], []))
        self.assertEqual(names['good.test']['findings'], [])
        may = names['good.test']['may_issue']
        self.assertEqual(may['plain'], {'who': 'listed', 'property': 'issue', 'blocked_by': None, 'issuers': [
            {'issuer': 'ca.example.net', 'limits': 'only by dns-01', 'satisfiable': True}]})
        self.assertEqual(may['wildcard']['who'], 'nobody')
        self.assertEqual(may['mail']['who'], 'anyone')

    def test_every_owner_of_a_bad_zone(self):
        code, names, got = self.json('--zone', self.bad)
        self.assertEqual(code, 2)
        self.assertEqual(len(names), 7)
        self.assertEqual(self.codes(names['bad.test']), {'malformed-value'})
        self.assertEqual(names['bad.test']['findings'][0]['octet'], 15)
        self.assertEqual(self.codes(names['child.bad.test']), {'hides-parent'})
        self.assertEqual(self.codes(names['typo.bad.test']), {'misspelt-tag', 'critical-unknown-tag'})
        self.assertEqual(names['typo.bad.test']['may_issue']['mail']['who'], 'nobody')
        self.assertEqual(self.codes(names['lost.bad.test']), set())
        self.assertEqual(self.codes(names['broken.bad.test']), {'unreadable-record'})
        self.assertEqual(names['broken.bad.test']['may_issue']['plain']['who'], 'unknown')
        self.assertEqual(self.codes(got['files'][0]), {'parameters-lost'})
        self.assertIn('line 8', got['files'][0]['findings'][0]['detail'])

    def test_a_name_in_a_zone(self):
        _, names, _ = self.json('--zone', self.bad, 'a.b.child.bad.test', '*.good.test.')
        self.assertEqual(list(names), ['a.b.child.bad.test', 'good.test'])
        self.assertEqual(names['a.b.child.bad.test']['relevant']['found_at'], 'child.bad.test')

    def test_nothing_published(self):
        code, names, _ = self.json('--zone', self.good, 'www.other.test')
        self.assertEqual((code, self.codes(names['www.other.test'])), (0, {'no-records'}))
        self.assertEqual(names['www.other.test']['relevant'], None)

    def test_beyond_the_zone_file(self):
        zone = self.file('part.zone', 'part.test. 60 IN SOA a. b. 1 60 60 60 60\n')
        code, names, _ = self.json('--zone', zone, 'www.part.test')
        self.assertEqual((code, names['www.part.test']['may_issue']), (0, None))
        code, names, _ = self.json('--zone', zone, 'www.else.test')
        self.assertEqual((code, self.codes(names['www.else.test'])), (2, {'lookup-failed'}))

    def test_the_issuer_in_mind(self):
        code, names, _ = self.json('--zone', self.good, '--issuer', 'other.example')
        self.assertEqual(code, 1)
        self.assertEqual(len([f for f in names['good.test']['findings'] if f['code'] == 'issuer-not-permitted']), 2)
        code, names, _ = self.json('--zone', self.good, '--issuer', 'CA.example.net')
        self.assertEqual([f['detail'] for f in names['good.test']['findings']],
                         ['for wildcard names: "CA.example.net"'])

    def test_recorded_answers(self):
        answers = self.file('answers', '\n'.join(json.dumps(a) for a in (
            {'name': 'www.d.test', 'outcome': 'timeout', 'dnssec': 'insecure'},
            {'name': 'd.test', 'outcome': 'records', 'dnssec': 'insecure', 'ttl': 86400,
             'records': [{'flags': 0, 'tag': 'issue', 'value': 'ca.example.net'}]},
            {'name': 'test', 'outcome': 'nodata', 'dnssec': 'secure'})))
        code, names, _ = self.json('--answers', answers, 'www.d.test', 'd.test')
        self.assertEqual(code, 2)
        self.assertEqual(self.codes(names['www.d.test']), {'lookup-failed'})
        self.assertEqual(self.codes(names['d.test']), {'long-ttl', 'unsigned'})

    def test_for_people(self):
        code, out, err = cli.run('lint', '--zone', self.bad)
        self.assertEqual((code, err), (2, ''))
        self.assertIn('octet 15 of the value', out)
        self.assertIn('only ca.example.net (only by dns-01)', out)
        self.assertNotIn('\x1b', out)
        self.assertRegex(out.splitlines()[-1], r'^\d+ errors, 0 warnings, 0 pieces of advice$')

    def test_wrong_use(self):
        for args in ((), ('--batch',), ('d.test', '--purpose', 'tls'), ('d.test', '--nonsense'),
                     ('d.test', '--accept', 'na'), ('d.test', '--account-uri', 'x'), ('d.test', '--explain'),
                     ('d.test', '--zone', self.good, '--answers', self.good)):
            self.assertEqual(cli.run('lint', *args)[0], 64, args)
        self.assertEqual(cli.run('lint', '--zone', '/nonexistent')[0], 74)
        self.assertEqual(cli.run('lint', '--zone', self.good, 'a..b')[0], 65)


if __name__ == '__main__':
    cli.main()
