#!/usr/bin/python3
"""caaproof conformance: ourselves, checkers that misbehave, cases repeated by hand, the adapter example."""

import http.server
import json
import os
import re
import subprocess
import threading
import time

import cli

OURSELVES = 'caaproof check --batch'
ADAPTER = os.path.join(cli.TOP, 'data', 'adapter-example.py')


def conformance(*args, **more):
    return cli.run('conformance', *args, **more)


def card(*args):
    code, out, err = conformance('--json', *args)
    return code, json.loads(out), err


class Ourselves(cli.unittest.TestCase):
    def test_full_marks(self):
        code, got, _ = card('--exec', OURSELVES)
        self.assertEqual([c for c in got['cases'] if not c['details_right']], [])
        self.assertEqual((code, got['failed'], got['passed']), (0, 0, len(cli.cases())))
        self.assertEqual(got['remark'], None)
        self.assertEqual(sum(a['total'] for a in got['areas']), got['total'])

    def test_the_last_line(self):
        code, out, err = conformance('--exec', OURSELVES)
        self.assertEqual((code, err), (0, ''))
        self.assertEqual(out.splitlines()[-1], '%d passed, 0 failed' % len(cli.cases()))

    def test_only(self):
        self.assertEqual(card('--exec', OURSELVES, '--only', 'I11')[1]['total'], 7)

    def test_list(self):
        _, out, _ = conformance('--list')
        self.assertEqual([line.split()[0] for line in out.splitlines()], [c['case'] for c in cli.cases()])


class Others(cli.Folder):
    def test_nothing_of_the_checker_stays(self):
        pid = os.path.join(self.folder, 'pid')
        conformance('--only', 'G001', '--timeout', '1', '--exec', 'sleep 60 2>/dev/null & echo $! > %s; exit 0' % pid)
        with open(pid, encoding='ascii') as f:
            path = '/proc/%d/stat' % int(f.read())
        for _ in range(100):  # whoever adopted it reaps it, or not
            try:
                with open(path, encoding='ascii') as f:
                    state = f.read().split()[2]
            except (FileNotFoundError, ProcessLookupError):
                return
            if state == 'Z':
                return
            time.sleep(0.05)
        self.fail('still there')

    def test_case_names_are_plain_words(self):
        for name in ('', '-x', 'a b', 'a;b', '\x1b[31m', 'x' * 61):
            case = {'case': name, 'request': {'id': name}, 'expect': {}}
            code, out, err = conformance('--list', '--data', self.file('cases', json.dumps({'cases': [case]})))
            self.assertEqual((code, out), (65, ''), name)
            self.assertIn('letters', err)

    def test_a_checker_that_only_knows_verdicts_can_pass(self):
        script = self.file('verdicts.py', '''import json, subprocess, sys
out = subprocess.run(['caaproof', 'check', '--batch'], input=sys.stdin.read(), text=True, capture_output=True).stdout
for line in out.splitlines():
    r = json.loads(line)
    print(json.dumps({k: r[k] for k in ('verdict', 'error') if k in r}))
''')
        code, got, _ = card('--exec', '/usr/bin/python3 ' + script)
        self.assertEqual((code, got['failed']), (0, 0))
        self.assertLess(got['details_right'], got['passed'])

    def test_a_wrong_detail_fails(self):
        command = OURSELVES + """ | sed 's/"found_at":"d.test"/"found_at":"x.test"/'"""
        code, got, _ = card('--exec', command, '--only', 'G002')
        self.assertEqual((code, got['verdict_right'], got['passed']), (1, 1, 0))
        self.assertIn('found_at', got['cases'][0]['problem'])

    def test_adapter_example(self):
        code, got, err = card('--exec', ADAPTER)
        self.assertEqual((code, err, got['remark']), (1, '', None))
        self.assertGreater(got['passed'], 80)
        with open(os.path.join(cli.TOP, 'docs', 'conformance.md'), encoding='utf-8') as f:
            self.assertIn('%d passed, %d failed' % (got['passed'], got['failed']), f.read())

    def test_it_dies(self):
        code, got, _ = card('--exec', 'head -n 5 | caaproof check --batch; exit 3')
        self.assertEqual((code, got['passed']), (1, 5))
        self.assertIn('exit status 3', got['remark'])
        self.assertIn('exit status 3', got['cases'][5]['problem'])

    def test_it_is_killed(self):
        _, got, _ = card('--exec', 'read line; kill -9 $$')
        self.assertIn('signal 9', got['remark'])

    def test_it_is_not_there(self):
        code, got, err = card('--exec', '/nonexistent-checker')
        self.assertEqual((code, got['passed']), (1, 0))
        self.assertIn('127', got['remark'])
        self.assertIn('nonexistent-checker', err)

    def test_it_is_silent(self):
        code, got, _ = card('--exec', 'sleep 60', '--timeout', '1')
        self.assertEqual((code, got['passed']), (1, 0))
        self.assertIn('no answer for 1 s', got['remark'])

    def test_it_takes_too_long(self):
        _, got, _ = card('--exec', 'while read line; do echo "{}"; sleep 0.3; done', '--timeout', '5', '--overall', '1')
        self.assertIn('more than 1 s', got['remark'])

    def test_it_talks_nonsense(self):
        command = OURSELVES + " | sed -u '2s/.*/\\x1b[31mhello/; 3s/.*/[]/'"
        code, got, _ = card('--exec', command, '--only', 'G00')
        self.assertEqual((code, got['total'], got['passed']), (1, 9 + 1, 8))
        self.assertIn('no JSON object', got['cases'][1]['problem'])
        self.assertNotIn('\x1b', got['cases'][1]['problem'])

    def test_it_answers_out_of_order(self):
        _, got, _ = card('--exec', OURSELVES + ' | tac')
        self.assertIn('in order', got['cases'][0]['problem'])

    def test_it_says_too_much(self):
        _, got, _ = card('--exec', OURSELVES + ' | sed p', '--only', 'G001')
        self.assertIn('1 more line than', got['remark'])

    def test_it_never_stops(self):
        code, got, _ = card('--exec', 'yes "{}"')
        self.assertEqual((code, got['passed']), (1, 0))

    def test_it_reads_everything_first(self):
        self.assertEqual(card('--exec', 'cat > all; caaproof check --batch < all; rm all')[0], 0)


class Wrong(cli.Folder):
    def test_use(self):
        self.assertEqual(conformance()[0], 64)
        self.assertEqual(conformance('--exec', 'x', '--url', 'y')[0], 64)
        self.assertEqual(conformance('--exec', 'x', 'y')[0], 64)
        self.assertEqual(conformance('--exec', 'x', '--timeout', '0')[0], 64)
        self.assertEqual(conformance('--show', 'G999')[0], 64)
        self.assertEqual(conformance('--exec', OURSELVES, '--lab', env={'CAAPROOF_LAB': None})[0], 64)
        self.assertEqual(conformance('--list', '--data', '/nonexistent')[0], 74)
        self.assertEqual(conformance('--list', '--data', self.file('x', '{"cases":[{}]}'))[0], 65)
        self.assertEqual(conformance('--list', '--data', self.file('y', '{}'))[0], 65)
        self.assertEqual(conformance('--url', 'file:///etc/passwd')[0], 64)

    def test_own_cases(self):
        case = dict(cli.cases('golden')[0])
        path = self.file('own', json.dumps({'cases': [case]}))
        self.assertEqual(card('--exec', OURSELVES, '--data', path)[1]['total'], 1)


class ByHand(cli.Folder):
    """What --show prints works when it is pasted into a shell."""

    def test_every_case(self):
        for case in cli.cases():
            code, out, _ = conformance('--show', case['case'])
            self.assertEqual(code, 0)
            script = re.search(r'^# by hand\n(.*)', out, re.S | re.M)[1]
            self.assertTrue(script.isprintable() or re.fullmatch(r'[\n\x20-\x7e]*', script), case['case'])
            done = subprocess.run(['/bin/sh', '-c', script], cwd=self.folder, env=cli.ENV, capture_output=True,
                                  text=True, check=False)
            expect = case['expect']
            if '--batch' in script:
                result = json.loads(done.stdout)
                got = result.get('verdict', result.get('error', {}).get('code'))
                self.assertEqual(got, expect.get('verdict', expect.get('error')), case['case'])
            elif 'error' in expect:
                self.assertIn(done.returncode, (64, 65), case['case'])
            else:
                self.assertEqual(done.returncode, cli.EXIT[expect['verdict']], case['case'] + done.stderr)


class Server(http.server.BaseHTTPRequestHandler):
    """Answers like ourselves, with the manner that the path names."""

    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        _, out, _ = cli.run('check', '--batch', text=body + '\n')
        status = 400 if '"error"' in out else 200
        if self.headers['Content-Type'] != 'application/json':
            status, out = 415, ''
        if self.path == '/broken':
            status, out = 500, 'oops'
        if self.path == '/moved':
            status = 302
        self.send_response(status)
        self.send_header('Content-Length', str(len(out)))
        if status == 302:
            self.send_header('Location', '/')
        self.end_headers()
        self.wfile.write(out.encode())

    def log_message(self, *_):
        pass


class Http(cli.unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Server)
        self.url = 'http://127.0.0.1:%d' % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def test_a_good_server(self):
        code, got, _ = card('--url', self.url + '/', '--only', 'G0')
        self.assertEqual((code, got['failed']), (0, 0))

    def test_bad_servers(self):
        for path in ('/broken', '/moved'):
            code, got, _ = card('--url', self.url + path, '--only', 'G00')
            self.assertEqual((code, got['passed']), (1, 0))
            self.assertIn('HTTP status', got['cases'][0]['problem'])

    def test_nobody_there(self):
        code, got, _ = card('--url', 'http://127.0.0.1:1/', '--only', 'G00')
        self.assertEqual((code, got['passed']), (1, 0))
        self.assertIn('onnect', got['cases'][0]['problem'])


if __name__ == '__main__':
    cli.main()
