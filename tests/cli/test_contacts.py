#!/usr/bin/python3
"""caaproof contacts: where the set is found, which contacts are usable, exit codes, JSON."""

import json
import os

import cli

import check_data

ZONE = cli.SOA + '''$ORIGIN d.test.
@ 3600 IN CAA 0 contactemail "hostmaster@d.test"
@ 3600 IN CAA 0 contactemail "mailto:hostmaster@d.test"
@ 3600 IN CAA 0 contactemail "hostmaster@d.test,other@d.test"
@ 3600 IN CAA 0 ContactEmail "\\195\\188@d.test"
@ 3600 IN CAA 128 contactphone "+1 (555) 555-0100"
@ 3600 IN CAA 0 contactphone "555 0100"
*.wild 60 IN CAA 0 contactemail "wild@d.test"
wild 60 IN CAA 0 contactemail "base@d.test"
own 60 IN CAA 0 issue ";"
bad 60 IN CAA 0 contactemail " a@d.test"
evil 60 IN CAA 0 contactemail "\\027[31m@d.test"
evil 60 IN CAA 0 contactemail "\\194\\155@d.test"
evil 60 IN CAA 0 contactphone "+1\\255"
broken 60 IN TYPE257 \\# 2 0000
alias 60 IN CNAME own.d.test.
host 60 IN A 192.0.2.1
other.test. 60 IN CNAME d.test.
'''
RECORDS = [{'flags': 0, 'tag': 'contactemail', 'value': 'a@d.test'}]


class Contacts(cli.Folder):
    def setUp(self):
        super().setUp()
        self.zone = self.file('zone', ZONE)

    def json(self, name, *args, source=None):
        code, out, err = cli.run('contacts', name, '--json', *(source or ('--zone', self.zone)), *args)
        self.assertEqual(err, '')
        got = json.loads(out)
        schema = cli.schema('contacts')
        self.assertEqual(check_data.errors(schema, schema, got, 'contacts'), [])
        self.assertEqual(got['usable'], sum(c['usable'] for c in got['contacts']))
        self.assertEqual(code, 11 if got['outcome'] == 'failed' else 0 if got['usable'] else 1)
        return code, got

    def from_answers(self, name, *answers):
        path = self.file('answers', '\n'.join(json.dumps(a) for a in answers))
        return self.json(name, source=('--answers', path))

    # TEST R-TAG-4, R-TAG-5, R-TAG-11
    def test_each_contact_with_its_problem(self):
        code, got = self.json('www.d.test', '--date', '2026-11-22')
        self.assertEqual((code, got['outcome'], got['found_at'], got['records_at']), (0, 'found', 'd.test', 'd.test'))
        members = ('property', 'value', 'usable', 'problem', 'octet')
        self.assertEqual([tuple(c[m] for m in members) for c in got['contacts']], [
            ('contactemail', 'hostmaster@d.test', True, None, None),
            ('contactemail', 'hostmaster@d.test,other@d.test', False, 'list', 18),
            ('contactemail', 'mailto:hostmaster@d.test', False, 'scheme', 1),
            ('contactemail', '\u00fc@d.test', True, None, None),
            ('contactphone', '+1 (555) 555-0100', True, None, None),
            ('contactphone', '555 0100', False, 'no-plus', 1)])
        self.assertEqual(bytes.fromhex(got['contacts'][3]['value_hex']).decode(), '\u00fc@d.test')
        self.assertEqual({c['rule'] for c in got['contacts']}, {None, 'R-TAG-11'})

    # TEST R-TAG-12
    def test_methods_by_date(self):
        for date, mail, phone, usable in (
                ('2019-01-31', 'not-yet', 'not-yet', 0), ('2019-02-01', 'may', 'not-yet', 2),
                ('2019-09-09', 'may', 'may', 3), ('2026-03-14T23:59:59Z', 'may', 'may', 3),
                ('2026-03-15', 'should-not', 'may', 3), ('2027-03-14T23:59:59Z', 'should-not', 'may', 3),
                ('2027-03-15', 'should-not', 'must-not', 2), ('2028-03-14T23:59:59Z', 'should-not', 'must-not', 2),
                ('2028-03-15', 'must-not', 'must-not', 0)):
            code, got = self.json('d.test', '--date', date)
            self.assertEqual([m['standing'] for m in got['methods']], [mail, phone], date)
            self.assertEqual((got['usable'], code), (usable, 0 if usable else 1), date)
        self.assertEqual({c['problem'] for c in got['contacts'] if c['rule'] == 'R-TAG-12'}, {'method-ended'})

    # TEST R-TAG-12: the search of RFC 8659, also where check would ask for a DNAME (R-T44-5).
    def test_the_search_is_one_on_every_date(self):
        for date in ('2019-03-01', '2026-11-22'):
            _, got = self.json('host.d.test', '--date', date)
            self.assertEqual([a['name'] for a in got['answers']], ['host.d.test', 'd.test'], date)

    # TEST R-TAG-12, R-TREE-4
    def test_the_nearest_set_counts(self):
        code, got = self.json('www.own.d.test')
        self.assertEqual((code, got['found_at'], got['contacts']), (1, 'own.d.test', []))
        code, got = self.json('alias.d.test')
        self.assertEqual((code, got['found_at'], got['records_at']), (1, 'alias.d.test', 'own.d.test'))
        self.assertEqual(self.json('other.test')[1]['records_at'], 'd.test')

    # TEST R-TREE-8
    def test_a_wildcard_name_begins_at_its_base(self):
        for name, value in (('*.wild.d.test', 'base@d.test'), ('x.wild.d.test', 'wild@d.test')):
            _, got = self.json(name)
            self.assertEqual([c['value'] for c in got['contacts']], [value])
            self.assertEqual(got['name'], name)

    def test_none(self):
        code, got = self.json('www.else.test')
        self.assertEqual((code, got['outcome'], got['found_at'], got['contacts']), (1, 'none', None, []))
        self.assertEqual([a['name'] for a in got['answers']], ['www.else.test', 'else.test', 'test'])
        self.assertEqual(self.json('bad.d.test')[1]['contacts'][0]['problem'], 'padding')

    # TEST R-TREE-9, R-SYN-6
    def test_a_failure_is_a_failure(self):
        above = {'name': 'd.test', 'outcome': 'records', 'dnssec': 'secure', 'records': RECORDS}
        for below in ({'outcome': 'timeout', 'dnssec': 'insecure', 'attempts': 3}, {'outcome': 'servfail'},
                      {'outcome': 'bogus', 'dnssec': 'bogus'}, {'outcome': 'nodata', 'dnssec': 'indeterminate'},
                      {'outcome': 'records', 'dnssec': 'bogus', 'records': RECORDS},
                      {'outcome': 'records', 'records': RECORDS}):
            code, got = self.from_answers('www.d.test', dict(below, name='www.d.test'), above)
            self.assertEqual((code, got['contacts']), (11, []), below)
            self.assertIn('www.d.test', got['failure'])
        self.assertEqual(self.from_answers('www.d.test', above)[0], 11)
        self.assertEqual(self.json('broken.d.test')[0], 11)
        empty = {'name': 'www.d.test', 'outcome': 'nodata', 'dnssec': 'secure'}
        code, got = self.from_answers('www.d.test', empty, above)
        self.assertEqual((code, got['found_at']), (0, 'd.test'))

    def test_for_people(self):
        code, out, err = cli.run('contacts', 'www.d.test', '--zone', self.zone, '--date', '2026-11-22')
        self.assertEqual((code, err), (0, ''))
        for words in ('found at d.test, insecure, ttl 3600 s', 'usable    contactemail  hostmaster@d.test\n',
                      'octet 1 of the value: this is a URI', '(R-TAG-11)', 'should not be used any more',
                      'must not from 2027-03-15 (R-TAG-12)', 'methods as of 2026-11-22'):
            self.assertIn(words, out)
        code, out, _ = cli.run('contacts', 'd.test', '--answers', self.file(
            'a', '{"name":"d.test","outcome":"timeout","detail":"\\u001b[31m"}'))
        self.assertEqual(code, 11)
        self.assertIn('the lookup of d.test failed (timeout', out)
        self.assertNotIn('\x1b', out)

    # TEST R-VAL-12
    def test_outside_text_is_escaped(self):
        code, out, _ = cli.run('contacts', 'evil.d.test', '--zone', self.zone)
        self.assertEqual(code, 1)
        self.assertNotIn('\x1b', out)
        self.assertIn('\\027[31m@d.test', out)
        self.assertTrue(out.isascii())
        _, got = self.json('evil.d.test')
        self.assertEqual([(c['value'], c['problem']) for c in got['contacts']],
                         [(None, 'invisible'), (None, 'invisible'), (None, 'not-utf8')])

    def test_wrong_use(self):
        for code, word, args in (
                (64, 'one name', ()), (64, 'one name', ('d.test', 'e.test')),
                (64, '--issuer', ('d.test', '--issuer', 'x')), (64, '--accept', ('d.test', '--accept', 'na')),
                (64, '--date takes', ('d.test', '--date', 'soon')),
                (64, '--account-uri', ('d.test', '--account-uri', 'x')), (64, '--batch', ('--batch',)),
                (64, 'see caaproof contacts --help', ('d.test', '--nonsense')), (65, 'R-TREE-10', ('a..b',)),
                (65, 'onion', ('192.0.2.1',)), (65, 'onion', ('x.onion',)), (65, 'R-ID-5', ('1.in-addr.arpa',)),
                (74, '/nonexistent', ('d.test', '--zone', '/nonexistent'))):
            got, out, err = cli.run('contacts', *(args if '--zone' in args else (*args, '--zone', self.zone)))
            self.assertEqual((got, out), (code, ''), args)
            self.assertIn(word, err, args)

    def test_an_output_that_fails_is_told(self):
        if not os.path.exists('/dev/full'):
            self.skipTest('no /dev/full')
        with open('/dev/full', 'w', encoding='utf-8') as full:
            done = cli.subprocess.run([cli.BINARY, 'contacts', 'd.test', '--zone', self.zone], stdout=full,
                                      env=cli.ENV, check=False, timeout=60)
        self.assertEqual(done.returncode, 74)

    def test_help(self):
        code, out, _ = cli.run('contacts', '--help')
        self.assertEqual(code, 0)
        self.assertIn('Exit status: 0 a contact is usable; 1 none is; 11', out)
        self.assertIn('contacts NAME', cli.run('--help')[1])


if __name__ == '__main__':
    cli.main()
