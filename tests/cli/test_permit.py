#!/usr/bin/python3
"""caaproof permit: verify and show. Every fault is a vector of docs/formats/permit-vectors (tests/api/test_vectors.py);
here is what people and scripts around the command meet."""

import json
import os
import subprocess

import cli

VECTORS = os.path.join(cli.TOP, 'docs', 'formats', 'permit-vectors')
AT = '2026-11-22T12:00:01Z'
NAMES = ('www.d.test', '*.d.test')
AUTHORITY = '28274ecb54954b7a493b29b6918cd90dc372300d6007f3a14770f3dc092a670c'


def vector(name):
    return os.path.join(VECTORS, name)


def read(name):
    with open(vector(name), encoding='utf-8') as f:
        return f.read()


def verify(*args, permit='good.tlog-proof', key=vector('log.vkey'), authority=vector('authority.pem'), at=AT, text=None):
    return cli.run('permit', 'verify', '--permit', permit if permit == '-' else vector(permit), '--key', key, '--authority',
                   authority, '--at', at, *args, text=text)


class Verify(cli.Folder):
    def test_permits(self):
        self.assertEqual(verify(*NAMES), (0, 'may be signed now, and until 2026-11-22T12:15:00Z\n', ''))

    def test_refuses_with_a_sentence(self):
        code, out, err = verify('www.d.test')
        self.assertEqual((code, out), (77, ''))
        self.assertEqual(err, 'caaproof: the check has a name that is not to be signed: *.d.test\n')

    def test_the_clock_is_the_machine_s(self):
        code, out, err = cli.run('permit', 'verify', '--permit', vector('good.tlog-proof'), '--key', vector('log.vkey'),
                                 '--authority', AUTHORITY, *NAMES)
        self.assertEqual((code, out), (77, ''))
        self.assertRegex(err, 'expired|from the future')

    def test_ways_to_say_whom_to_trust(self):
        vkey = read('log.vkey').strip()
        keys = self.file('keys', '# logs\n\n%s%s' % (read('next.vkey'), read('log.vkey')))
        for key in (vkey, keys):
            for authority in (AUTHORITY, AUTHORITY.upper(), vector('issuer.pem')):
                self.assertEqual(verify(*NAMES, key=key, authority=authority)[0], 0)
        self.assertEqual(verify(*NAMES, '--key', vkey, key=vector('next.vkey'))[0], 0)

    def test_permit_from_standard_input(self):
        self.assertEqual(verify(*NAMES, permit='-', text=read('good.tlog-proof'))[0], 0)
        self.assertEqual(verify(*NAMES, permit='-', text=read('good.base64') + '\n')[0], 0)
        self.assertEqual(verify(*NAMES, permit='-', text='')[0], 77)

    def test_certificates(self):
        for option, file in (('--cert', 'precertificate.pem'), ('--tbs', 'tbs.der'), ('--cert', 'tbs.der')):
            self.assertEqual(verify(option, vector(file))[0], 0)
        self.assertEqual(verify('--cert', vector('other.pem'))[0], 77)
        self.assertEqual(verify('--cert', vector('uri.pem'))[0], 77)
        self.assertEqual(verify('--cert', vector('uri.pem'), '--other-name', '6')[0], 0)
        code, _, err = verify('--cert', self.file('text', 'no certificate'))
        self.assertEqual(code, 77)
        self.assertIn('cannot be read', err)
        code, _, err = verify('--cert', self.file('cut', read('other.pem')[:200]))
        self.assertEqual(code, 65)
        self.assertIn('damaged', err)
        self.assertEqual(verify('--cert', self.file('empty', ''))[0], 65)

    def test_json(self):
        code, out, err = verify(*NAMES, '--json')
        self.assertEqual((code, err), (0, ''))
        self.assertEqual(json.loads(out), {'schema': 1, 'permits': True, 'error': 'ok', 'text': '',
                                           'checked': '2026-11-22T12:00:00Z', 'expires': '2026-11-22T12:15:00Z'})
        code, out, err = verify('d.test', '--json')
        said = json.loads(out)
        self.assertEqual((code, said['permits'], said['error'], said['expires']), (77, False, 'name-kind', None))
        self.assertEqual(err, 'caaproof: %s\n' % said['text'])

    def test_wrong_use(self):
        needed = ('--permit', vector('good.tlog-proof'), '--key', vector('log.vkey'), '--authority', AUTHORITY)
        for args in (needed, needed[2:] + NAMES, needed[:2] + needed[4:] + NAMES, needed[:4] + NAMES,
                     needed + NAMES + ('--cert', vector('other.pem')), needed + ('--cert', 'a', '--tbs', 'b'),
                     needed + NAMES + ('--purpose', 'TLS'), needed + NAMES + ('--purpose', 'tls', '--purpose', 'tls'),
                     needed + NAMES + ('--profile', 'none'), needed + NAMES + ('--accept', 'na'),
                     needed + NAMES + ('--accept', 'lf;exempt'), needed + NAMES + ('--life', '0'),
                     needed + NAMES + ('--life', '99999999999'), needed + NAMES + ('--at', 'now'),
                     needed + NAMES + ('--at', '1969-12-31'), needed + NAMES + ('--other-name', '9'),
                     needed + NAMES + ('--other-name', '10'), needed + NAMES + ('--request', ''),
                     needed + NAMES + ('--own', ''), needed + NAMES + ('--own', 'a\nb'), needed + NAMES + ('--nonsense',), needed + NAMES + ('--permit', 'twice')):
            code, out, err = cli.run('permit', 'verify', *args)
            self.assertEqual((code, out), (64, ''), args)
            self.assertNotEqual(err, '')

    def test_files_that_cannot_be_used(self):
        missing = os.path.join(self.folder, 'missing')
        self.assertEqual(verify(*NAMES, permit=missing)[0], 74)
        self.assertEqual(verify(*NAMES, key=missing)[0], 74)
        self.assertEqual(verify(*NAMES, authority=missing)[0], 74)
        self.assertEqual(verify('--cert', missing)[0], 74)
        for text in ('', '# nothing\n', 'log+00000000+AAAA\n', read('log.vkey').replace('+93', '+94')):
            self.assertEqual(verify(*NAMES, key=self.file('key', text))[0], 65, text)
        self.assertEqual(verify(*NAMES, authority=self.file('authority', 'x'))[0], 65)
        self.assertEqual(verify(*NAMES, authority=AUTHORITY[:-1])[0], 74)  # no such file

    def test_outside_text_is_escaped(self):
        for args in (('\x1b[31m.d.test',), ('a\n.d.test',)):
            code, _, err = verify(*args)
            self.assertEqual(code, 77)
            self.assertFalse(set(err[:-1]) & {'\x1b', '\n'}, err)

    def test_lost_output_is_no_permission(self):
        args = [cli.BINARY, 'permit', 'verify', '--permit', vector('good.tlog-proof'), '--key', vector('log.vkey'),
                '--authority', AUTHORITY, '--at', AT, *NAMES]
        for more in ([], ['--json']):
            with open('/dev/full', 'w', encoding='utf-8') as full:
                done = subprocess.run(args + more, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
            self.assertEqual(done.returncode, 74)


class Show(cli.Folder):
    def test_says_that_nothing_is_verified(self):
        for permit in ('good.tlog-proof', 'good.base64', 'wrong-size.tlog-proof', 'spliced.tlog-proof', 'denied.tlog-proof'):
            code, out, err = cli.run('permit', 'show', vector(permit))
            self.assertEqual((code, err), (0, ''), permit)
            self.assertTrue(out.startswith('not verified'), permit)
            self.assertIn('*.d.test', out)
        self.assertIn('it permits nothing', cli.run('permit', 'show', vector('no-authority.tlog-proof'))[1])
        self.assertIn('by nobody', cli.run('permit', 'show', vector('uncorroborated.tlog-proof'))[1])

    def test_json(self):
        code, out, _ = cli.run('permit', 'show', '--json', vector('good.tlog-proof'))
        said = json.loads(out)
        self.assertEqual((code, said['verified'], said['verdict']), (0, False, 'PERMIT'))
        self.assertEqual([one['name'] for one in said['names']], list(NAMES))
        self.assertEqual(said['authority'], AUTHORITY)
        self.assertEqual(said['log'], {'origin': 'log.ca.example.net/2026', 'size': 7, 'index': 3})
        self.assertEqual((said['corroboration']['used'], said['corroboration']['regions']), (4, ['ARIN', 'RIPE']))
        self.assertEqual((said['logged'], said['expires']), ('2026-11-22T12:00:00Z', '2026-11-22T12:15:00Z'))
        said = json.loads(cli.run('permit', 'show', vector('mailbox.tlog-proof'), '--json')[1])
        self.assertEqual(said['names'][0]['name'], '@d.test')
        said = json.loads(cli.run('permit', 'show', vector('late.tlog-proof'), '--json')[1])
        self.assertIsNotNone(said['deadline'])

    def test_what_is_no_permit(self):
        for text in ('', 'x', read('good.tlog-proof')[:-200], read('no-record.tlog-proof')):
            code, out, err = cli.run('permit', 'show', self.file('permit', text))
            self.assertEqual((code, out), (65, ''))
            self.assertIn('caaproof: ', err)
        self.assertEqual(cli.run('permit', 'show', os.path.join(self.folder, 'missing'))[0], 74)

    def test_wrong_use(self):
        for args in ((), ('show',), ('show', 'a', 'b'), ('show', '--nonsense', 'a'), ('nonsense',)):
            code, out, err = cli.run('permit', *args)
            self.assertEqual((code, out), (64, ''), args)
            self.assertIn('usage: caaproof permit verify', err)

    def test_help(self):
        for args in (('--help',), ('verify', '--help')):
            code, out, err = cli.run('permit', *args)
            self.assertEqual((code, err), (0, ''))
            self.assertIn('Sign only on 0', out)


if __name__ == '__main__':
    cli.main()
