#!/usr/bin/python3
"""caaproof check: exit codes, options, JSON, certificates, help."""

import json
import os
import shutil
import subprocess

import cli
import check_data

ZONE = cli.SOA + '''d.test. 60 IN CAA 0 issue "ca.example.net"
deny.test. 60 IN CAA 0 issue ";"
a.test. 60 IN A 192.0.2.1
'''


class Check(cli.Folder):
    def setUp(self):
        super().setUp()
        self.zone = self.file('zone', ZONE)

    def check(self, *args):
        return cli.run('check', '--issuer', 'ca.example.net', '--date', '2026-11-22', *args)

    def in_zone(self, *args):
        return self.check('--zone', self.zone, *args)

    def test_permit(self):
        code, out, err = self.in_zone('www.d.test')
        self.assertEqual((code, err), (0, ''))
        self.assertIn('PERMIT', out)

    # TEST R-FAIL-8: one control name, also if it is given twice, shows nothing.
    def test_options_that_mean_nothing_alone(self):
        for options, about in ((('--control', 'a.test'), 'twice or more'), (('--evidence',), '--evidence'),
                               (('--stats',), '--stats')):
            code, out, err = self.in_zone(*options, 'www.d.test')
            self.assertEqual((code, out), (64, ''), options)
            self.assertIn(about, err)

    def test_deny_says_what_would_permit(self):
        code, out, _ = self.in_zone('www.deny.test')
        self.assertEqual(code, 10)
        self.assertIn('deny.test. CAA 0 issue "ca.example.net"', out)

    def test_outside_text_is_escaped(self):
        name = 'a\x1b[31m\n\u009b@d.test'
        _, out, _ = self.in_zone(name, '--purpose', 'smime')
        self.assertIn(r'a\027[31m\010\194\155@d.test', out)
        _, out, _ = cli.run('check', 'deny.test', '--zone', self.zone, '--issuer', 'ca\x1b[31m')
        self.assertIn(r'deny.test. CAA 0 issue "ca\027[31m"', out)
        for steering in ('@d.test\x1b[31m', 'a\x9f@', 'a\x1b[31m@d.test'):
            code, _, err = self.in_zone(steering)
            self.assertEqual(code, 65)
            self.assertFalse(set(err[:-1]) & {'\x1b', '\x9f', '\n'}, err)

    def test_files_that_cannot_be_used(self):
        broken = self.file('broken', '{')
        for option in ('--policy', '--facts', '--answers', '--zone', '--cert'):
            self.assertEqual(self.check('d.test', option, broken)[0], 65)
            self.assertEqual(self.check('d.test', option, broken + '.missing')[0], 74)

    def test_worst_name_counts(self):
        code, out, _ = self.in_zone('www.d.test', 'www.deny.test')
        self.assertEqual(code, 10)
        self.assertIn('certificate', out)

    def test_explain(self):
        _, out, _ = self.in_zone('www.d.test', '--explain')
        self.assertIn('R-TREE-1', out)

    def answers(self, outcome, *args, name='www.d.test'):
        lines = [{'name': name, 'outcome': outcome, 'dnssec': 'insecure', 'attempts': 2}]
        lines += [{'name': n, 'outcome': 'nodata', 'dnssec': 'insecure'} for n in ('d.test', 'test')]
        path = self.file('answers', '\n'.join(json.dumps(line) for line in lines))
        return self.check('--answers', path, name, *args)

    def test_fail(self):
        self.assertEqual(self.answers('timeout')[0], 11)

    def test_lookup_failure_excused_and_accepted(self):
        more = ('--policy', self.file('policy', '{"lf_permit":true}'),
                '--facts', self.file('facts', '{"control_probe":true}'))
        self.assertEqual(self.answers('timeout', *more)[0], 12)
        self.assertEqual(self.answers('timeout', *more, '--accept', 'lf')[0], 0)
        self.assertEqual(self.answers('timeout', *more, '--accept', 'exempt,na')[0], 12)

    def test_not_applicable_and_accepted(self):
        self.assertEqual(self.in_zone('192.0.2.1')[0], 13)
        self.assertEqual(self.in_zone('192.0.2.1', '--accept', 'na')[0], 0)
        self.assertEqual(self.in_zone('192.0.2.1', '--accept', 'lf')[0], 13)

    def test_exempt_and_accepted(self):
        policy = self.file('policy', '{"exceptions":["dns-operator"]}')
        facts = self.file('facts', '{"dns_operator":true}')
        args = ('check', 'www.deny.test', '--issuer', 'ca.example.net', '--zone', self.zone, '--date', '2021-06-30',
                '--policy', policy, '--facts', facts)
        self.assertEqual(cli.run(*args)[0], 13)
        self.assertEqual(cli.run(*args, '--accept', 'exempt')[0], 0)

    def test_arguable(self):
        self.assertEqual(cli.run('check', 'www.i.test', '--issuer', 'ca.example.net', '--date', '2018-01-01', '--zone',
                                 self.file('i', cli.SOA + 'www.i.test. 60 IN CAA 0 iodef "mailto:a@b.test"\n'))[0], 11)

    def test_deny_is_never_accepted(self):
        self.assertEqual(self.in_zone('www.deny.test', '--accept', 'lf,exempt,na')[0], 10)

    def test_json_has_the_published_shape(self):
        result = cli.schema('result')
        for args in (('www.d.test',), ('www.deny.test', 'x.d.test', '192.0.2.1'), ('*.d.test',)):
            _, out, _ = self.in_zone('--json', *args)
            self.assertEqual(check_data.errors(result, result, json.loads(out), 'result'), [])

    def test_json_says_where_answers_came_from(self):
        self.assertEqual(json.loads(self.in_zone('--json', 'www.d.test')[1])['source'], 'zone')
        self.assertEqual(json.loads(self.answers('nodata', '--json')[1])['source'], 'recorded')

    def test_problem(self):
        """The document alone, or as a member of the result; nothing where CAA permits."""
        code, out, err = self.in_zone('--problem', 'www.deny.test', 'www.d.test')
        problem = json.loads(out)
        self.assertEqual((code, err, out.count('\n')), (10, '', 1))
        self.assertEqual((problem['type'], problem['status']), ('urn:ietf:params:acme:error:caa', 403))
        self.assertEqual([one['identifier'] for one in problem['subproblems']], [{'type': 'dns', 'value': 'www.deny.test'}])
        self.assertEqual(problem['detail'], problem['subproblems'][0]['detail'])
        _, out, _ = self.in_zone('--problem', '--json', 'www.deny.test', 'www.d.test')
        self.assertEqual(json.loads(out)['problem'], problem)
        self.assertEqual(self.in_zone('--problem', 'www.d.test'), (0, '', ''))
        self.assertIsNone(json.loads(self.in_zone('--problem', '--json', 'www.d.test')[1])['problem'])
        code, out, err = self.in_zone('--problem', 'a..b')
        self.assertEqual((code, json.loads(out)['type']), (65, 'urn:ietf:params:acme:error:rejectedIdentifier'))
        self.assertNotEqual(err, '')

    def test_the_line_to_publish_is_the_same_for_all_readers(self):
        _, human, _ = self.in_zone('*.deny.test')
        _, out, _ = self.in_zone('*.deny.test', '--problem')
        line = human.partition('publish:')[2].splitlines()[0].strip()
        self.assertTrue(line.startswith('deny.test. CAA 0 issuewild'), human)
        self.assertTrue(json.loads(out)['detail'].endswith('publish: ' + line))

    def test_json_of_a_refused_name(self):
        code, out, err = self.in_zone('--json', 'a..b')
        self.assertEqual(code, 65)
        self.assertEqual(json.loads(out)['error']['code'], 'name')
        self.assertIn('caaproof: ', err)

    def test_outside_text_is_escaped(self):
        zone = self.file('evil', cli.SOA + 'd.test. 60 IN CAA 0 issue "\\027[31m\\007<b>"\n')
        _, out, _ = self.check('--zone', zone, 'd.test', '--explain')
        self.assertNotIn('\x1b', out)
        self.assertIn('\\027[31m', out)

    def test_lost_output_is_no_permission(self):
        names = ['n%d.d.test' % i for i in range(500)]  # more than any buffer of standard output
        for args in ((), ('--json',), ('--explain',)):
            with open('/dev/full', 'w', encoding='utf-8') as full:
                done = subprocess.run([cli.BINARY, 'check', '--issuer', 'ca.example.net', '--date', '2026-11-22',
                                       '--zone', self.zone, *args, *names], stdout=full, stderr=subprocess.PIPE,
                                      timeout=60, check=False)
            self.assertEqual(done.returncode, 74, args)
            self.assertIn(b'caaproof: ', done.stderr)

    def test_a_recorded_chain_that_returns(self):
        for aliases in (['www.d.test'], ['a.test', 'A.test'], ['a.test', 'www.d.test']):
            answer = {'name': 'www.d.test', 'outcome': 'nodata', 'dnssec': 'insecure', 'aliases': aliases}
            code, out, err = self.check('--answers', self.file('answers', json.dumps(answer)), 'www.d.test')
            self.assertEqual((code, out), (65, ''), aliases)
            self.assertIn('loop', err)

    def test_outside_text_of_any_kind_is_escaped(self):
        evil = '\x1b[31m\x9b7m'
        policies = [self.file('p%d' % i, text) for i, text in enumerate(
            (json.dumps({evil: 1}), evil, json.dumps({'known_tags': [evil]})))]
        for args in ([evil + 'u@d.test', '--purpose', 'smime'], ['deny.test', '--issuer', evil], [evil + '.d.test'],
                     ['d.test', '--forward', evil], ['d.test', '--accept', evil],
                     ['d.test', '--zone', os.path.join(self.folder, evil)],
                     *(['d.test', '--policy', path] for path in policies)):
            more = [] if '--issuer' in args else ['--issuer', 'ca.example.net']
            more += [] if '--zone' in args or '--forward' in args else ['--zone', self.zone]
            _, out, err = cli.run('check', '--date', '2026-11-22', *args, *more)
            self.assertTrue((out + err).isascii(), args)
            self.assertNotIn('\x1b', out + err, args)

    def test_no_colour_into_a_pipe(self):
        self.assertNotIn('\x1b', self.in_zone('www.d.test')[1])


class Wrong(cli.Folder):
    """Wrong use is told on standard error with the exit codes of sysexits."""

    def expect(self, code, word, *args):
        got, out, err = cli.run(*args)
        self.assertEqual((got, out), (code, ''), args)
        self.assertIn(word, err, args)

    def test_commands(self):
        self.expect(64, 'usage', )
        self.expect(64, 'no command "chekc"', 'chekc')

    def test_options(self):
        self.expect(64, '--isuer', 'check', 'd.test', '--isuer', 'x')
        self.expect(64, 'see caaproof check --help', 'check', '--nonsense')
        self.expect(64, 'no name given', 'check', '--issuer', 'ca.example.net')
        self.expect(64, '--accept takes', 'check', 'd.test', '--issuer', 'x', '--accept', 'deny')
        self.expect(64, '--in-flight takes', 'check', '--batch', '--in-flight', '0')
        self.expect(64, 'standard input', 'check', '--batch', 'd.test')
        self.expect(64, 'exclude each other', 'check', 'd.test', '--zone', '/dev/null', '--answers', '/dev/null')

    def test_files(self):
        self.expect(74, '/nonexistent', 'check', 'd.test', '--issuer', 'x', '--zone', '/nonexistent')
        self.expect(65, '', 'check', 'd.test', '--issuer', 'x', '--zone', '/dev/null')

    def test_values(self):
        zone = self.file('zone', ZONE)
        self.expect(64, 'profile', 'check', 'd.test', '--issuer', 'x', '--zone', zone, '--profile', 'tls')
        self.expect(65, 'pollicy', 'check', 'd.test', '--issuer', 'x', '--zone', zone, '--policy',
                    self.file('policy', '{"pollicy":1}'))


class Help(cli.Folder):
    def test_help_and_version(self):
        for args in (('--help',), ('check', '--help'), ('lint', '--help'), ('conformance', '--help'), ('--version',)):
            code, out, err = cli.run(*args)
            self.assertEqual((code, err), (0, ''), args)
            self.assertTrue(out.startswith(('usage: caaproof', 'caaproof ')), args)
            self.assertTrue(all(len(line) <= 110 for line in out.splitlines()), args)

    def test_help_that_is_lost_is_told(self):
        for command in ('triage', 'import', 'replay', 'scope', 'report'):
            with open('/dev/full', 'w', encoding='utf-8') as full:
                done = subprocess.run([cli.BINARY, command, '--help'], stdout=full, stderr=subprocess.PIPE, timeout=60,
                                      check=False)
            self.assertEqual(done.returncode, 74, command)

    def test_help_names_every_option(self):
        for command in ('check', 'lint', 'conformance'):
            self.assertIn('Exit status', cli.run(command, '--help')[1])


@cli.unittest.skipUnless(shutil.which('openssl'), 'needs the openssl command')
class Certificate(cli.Folder):
    def certificate(self, names, *extensions):
        path = os.path.join(self.folder, 'cert.pem')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-keyout', os.path.join(self.folder, 'key.pem'), '-out', path, '-subj', '/O=Test',
                        '-addext', 'subjectAltName=' + names, *extensions], check=True, capture_output=True)
        return path

    def check(self, path, *args):
        return cli.run('check', '--cert', path, '--issuer', 'ca.example.net', '--date', '2026-11-22', '--json',
                       '--zone', self.file('zone', ZONE), *args)

    def test_names_of_a_certificate(self):
        code, out, _ = self.check(self.certificate('DNS:www.d.test,DNS:*.deny.test,IP:192.0.2.1'))
        self.assertEqual(code, 10)
        self.assertEqual([(n['name'], n['verdict']) for n in json.loads(out)['names']],
                         [('www.d.test', 'PERMIT'), ('*.deny.test', 'DENY'), ('192.0.2.1', 'NA')])

    def test_mail(self):
        code, out, _ = self.check(self.certificate('email:u@d.test'))
        self.assertEqual((code, json.loads(out)['epoch'][0]), (0, 'S'))

    def test_a_name_of_another_kind_than_it_says(self):
        for names in ('DNS:u@deny.test', 'email:deny.test', 'otherName:1.3.6.1.5.5.7.8.9;UTF8:d.test'):
            code, out, err = self.check(self.certificate(names))
            self.assertEqual((code, out), (65, ''), names)
            self.assertIn('@', err)

    def test_marks_and_servers_at_once(self):
        path = self.certificate('DNS:deny.test', '-addext', 'extendedKeyUsage=serverAuth,1.3.6.1.5.5.7.3.31')
        code, out, err = self.check(path)
        self.assertEqual((code, out), (65, ''))
        self.assertIn('--purpose', err)
        self.assertEqual(self.check(path, '--purpose', 'tls')[0], 10)

    def test_a_request_does_not_choose_to_be_for_a_mark(self):
        path = os.path.join(self.folder, 'mark.csr')
        subprocess.run(['openssl', 'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-keyout', os.devnull, '-subj', '/O=x', '-addext', 'subjectAltName=DNS:deny.test', '-addext',
                        'extendedKeyUsage=1.3.6.1.5.5.7.3.31', '-out', path], check=True, capture_output=True)
        code, out, err = self.check(path)
        self.assertEqual((code, out), (65, ''))
        self.assertIn('--purpose vmc', err)
        self.assertEqual(self.check(path, '--purpose', 'vmc')[0], 0)

    def test_der(self):
        path = self.certificate('DNS:www.d.test')
        der = os.path.join(self.folder, 'cert.der')
        subprocess.run(['openssl', 'x509', '-in', path, '-outform', 'DER', '-out', der], check=True)
        self.assertEqual(self.check(der)[0], 0)

    def test_what_is_none(self):
        code, _, err = self.check(self.file('x', 'nothing'))
        self.assertEqual(code, 65)
        self.assertIn('caaproof: ', err)


if __name__ == '__main__':
    cli.main()
