#!/usr/bin/python3
"""The log as the daemon shows it to everybody: fetched over HTTP as C2SP tlog-tiles says, and verified by code that is not ours
(tests/outside/tlogcheck.go). Inside lab/run."""

import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from running import no_fault

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CHECK = os.path.join(TOP, 'tests', 'outside', 'tlogcheck.go')
CAAPROOF = os.environ.get('CAAPROOF', 'caaproof')
CAAPROOFD = os.environ.get('CAAPROOFD', 'caaproofd')
PORT = 8790

CONFIG = """
store: {folder}/store
origin: log.lab.test/caa
log: {{format: text, level: warning}}
public_log: {public}
listen:
  - address: "127.0.0.1:{port}"
  - address: "unix:{folder}/sock"
resolver: {{processes: 1, lab: true, root_hints: {hints}, anchor: {anchor}}}
authorities:
  - name: lab
    key: "{key}"
    request: {{issuer: [ca.example.net], profile: private}}
callers:
  - {{name: test, unix_uid: {uid}, authorities: [all], may: [check, metrics]}}
"""


def run(*args, **more):
    return subprocess.run(args, text=True, capture_output=True, check=False, **more)


def levels_of(size):
    """Level and how many hashes it has; C2SP: those of full tiles below."""
    level = 0
    while size:
        yield level, size
        level, size = level + 1, size // 256


class PublicLog(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.daemon = None
        self.addCleanup(self.stop)

    def start(self, public='true'):
        path = os.path.join(self.folder, 'caaproofd.yaml')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(CONFIG.format(folder=self.folder, port=PORT, hints=os.environ['CAAPROOF_ROOT_HINTS'],
                                     anchor=os.environ['CAAPROOF_ANCHOR'], key='a0' * 32, uid=os.getuid(), public=public))
        with open(os.path.join(self.folder, 'stderr'), 'a', encoding='utf-8') as log:
            self.daemon = subprocess.Popen([CAAPROOFD, '-c', path], stderr=log)  # pylint: disable=consider-using-with
        deadline = time.monotonic() + 30
        while self.fetch('/readyz', missing=True)[0] != 200:
            self.assertIsNone(self.daemon.poll())
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def stop(self):
        if self.daemon is not None:
            self.daemon.send_signal(signal.SIGTERM)
            self.assertEqual(self.daemon.wait(timeout=30), 0)
            self.daemon = None
            with open(os.path.join(self.folder, 'stderr'), encoding='utf-8') as log:
                no_fault(log.read())

    def fetch(self, path, method='GET', missing=False):
        """Status, headers, octets."""
        request = urllib.request.Request(f'http://127.0.0.1:{PORT}{path}', method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()
        except urllib.error.URLError:
            self.assertTrue(missing)
            return 0, {}, b''

    def add(self, first, n):
        lines = ''.join(json.dumps({'id': f'r{i}', 'authority': 'lab', 'names': ['www.permit.test']}) + '\n'
                        for i in range(first, first + n))
        done = run('curl', '-sS', '--unix-socket', os.path.join(self.folder, 'sock'), '-H', 'content-type: application/x-ndjson',
                   '--data-binary', '@-', 'http://x/v1/checks', input=lines)
        self.assertEqual(done.returncode, 0, done.stderr)
        results = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([r.get('verdict') for r in results], ['PERMIT'] * n)
        return results

    def checkpoint(self, at_least=0, shard=1):
        """One of a tree that has come so far: it moves once a second."""
        deadline = time.monotonic() + 10
        while True:
            status, headers, note = self.fetch(f'/v1/log/{shard}/checkpoint')
            self.assertEqual((status, headers['content-type']), (200, 'text/plain; charset=utf-8'))
            size = int(note.split(b'\n')[1])
            if size >= at_least or time.monotonic() > deadline:
                self.assertGreaterEqual(size, at_least)
                return note, size
            time.sleep(0.1)

    def download(self, to, note, size):
        """All that a checkpoint implies, as a folder."""
        paths = []
        for level, n in levels_of(size):
            for kind in (['entries', '0'] if level == 0 else [str(level)]):
                paths += [f'tile/{kind}/{index:03d}' for index in range(n // 256)]
                paths += [f'tile/{kind}/{n // 256:03d}.p/{n % 256}'] if n % 256 else []
        for path in paths:
            status, headers, octets = self.fetch('/v1/log/1/' + path)
            self.assertEqual((status, headers['content-type']), (200, 'application/octet-stream'), path)
            self.assertIn('immutable', headers['cache-control'])
            os.makedirs(os.path.dirname(os.path.join(to, path)), exist_ok=True)
            with open(os.path.join(to, path), 'wb') as file:
                file.write(octets)
        with open(os.path.join(to, 'checkpoint'), 'wb') as file:
            file.write(note)
        return paths

    def test_who_reads_it_verifies_it(self):
        program = os.path.join(self.folder, 'tlogcheck')
        env = dict(os.environ, GO111MODULE='off', GOPATH='/usr/share/gocode', GOFLAGS='', GOCACHE=os.path.join(self.folder, 'go'))
        subprocess.run(['go', 'build', '-o', program, CHECK], env=env, check=True)
        self.start()
        results = self.add(0, 600)
        key = run(CAAPROOF, 'log', 'key', os.path.join(self.folder, 'store')).stdout.strip()
        last = max(result['record']['index'] for result in results)
        early, size = self.checkpoint(last + 1)
        whole = os.path.join(self.folder, 'whole')
        paths = self.download(whole, early, size)
        self.assertTrue({'tile/0/001', 'tile/entries/001'} <= set(paths))
        done = run(program, 'dir', key, whole)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(str(size), done.stdout)
        # The same again, from what is kept, and what an exported folder has.
        again = os.path.join(self.folder, 'again')
        self.download(again, early, size)
        self.assertEqual(run('diff', '-r', whole, again).returncode, 0)
        exported = os.path.join(self.folder, 'exported')
        self.assertEqual(run(CAAPROOF, 'log', 'export', os.path.join(self.folder, 'store'), exported).returncode, 0)
        self.assertEqual(run('diff', '-r', whole, os.path.join(exported, '1')).stdout, '')
        # It has grown, and what an earlier checkpoint implies is there still.
        self.add(600, 5)
        note, more = self.checkpoint(size + 5)
        later = os.path.join(self.folder, 'later')
        self.download(later, note, more)
        self.assertEqual(run(program, 'dir', key, later).returncode, 0)
        self.download(again, early, size)
        self.assertEqual(run('diff', '-r', whole, again).returncode, 0)
        # A changed octet is seen: the program can say no.
        with open(os.path.join(later, 'tile', '0', '000'), 'r+b') as file:
            file.seek(40)
            file.write(bytes([file.read(1)[0] ^ 1]))
        self.assertNotEqual(run(program, 'dir', key, later).returncode, 0)

    def test_what_is_not_there(self):
        self.start()
        self.add(0, 1)
        _, size = self.checkpoint(2)
        for path in ('/v1/log/2/checkpoint', '/v1/log/1/tile/0/000', f'/v1/log/1/tile/0/000.p/{size + 1}', '/v1/log/1/tile/1/000.p/1',
                     '/v1/log/1/tile/entries/001.p/1', '/v1/log/1/tile/9/000', '/v1/log/1/', '/v1/log/checkpoint', '/v1/log/01/checkpoint'):
            self.assertEqual(self.fetch(path)[0], 404, path)
        for path in ('/v1/log/1/checkpoint', f'/v1/log/1/tile/0/000.p/{size}'):
            self.assertEqual(self.fetch(path)[0], 200, path)
            self.assertEqual(self.fetch(path, 'POST')[0], 405, path)
        self.assertEqual(self.fetch('/v1/checks/r0')[0], 401)  # checks are not everybody's
        self.assertEqual(self.fetch('/v1/log/1/checkpoint')[1]['cache-control'], 'no-cache')

    def test_it_moves_with_the_log_also_after_a_crash(self):
        self.start()
        self.add(0, 3)
        size = self.checkpoint(4)[1]
        pids = run('pgrep', '-P', str(self.daemon.pid)).stdout.split()
        recorder = next(pid for pid in pids if re.search(r'recorder', self.command_of(pid)))
        os.kill(int(recorder), signal.SIGKILL)
        deadline = time.monotonic() + 20
        while self.fetch('/v1/log/1/checkpoint')[0] != 200:  # 503 as long as there is none
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.add(3, 3)
        self.assertGreater(self.checkpoint(size + 3)[1], size)
        with open(os.path.join(self.folder, 'stderr'), encoding='utf-8') as log:
            said = log.read()
        self.assertIn('ended by signal 9', said)
        self.assertIn(said.count('the recorder is gone'), (1, 2, 3))  # one at least; it is not given the dead one again and again

    def test_many_at_once_get_what_they_asked_for_or_hear_that_it_is_too_much(self):
        self.start()
        self.add(0, 255)
        self.checkpoint(256)
        whole = self.fetch('/v1/log/1/tile/0/000')[2]
        bundle = self.fetch('/v1/log/1/tile/entries/000')[2]
        asked = [(kind, width) for width in range(1, 256) for kind in ('0', 'entries')]
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            replies = list(pool.map(lambda one: self.fetch(f'/v1/log/1/tile/{one[0]}/000.p/{one[1]}'), asked))
        for (kind, width), (status, _, octets) in zip(asked, replies):
            self.assertIn(status, (200, 503))
            if status == 200:
                self.assertEqual(octets, whole[:32 * width] if kind == '0' else bundle[:44 * width])
        self.assertGreater([reply[0] for reply in replies].count(200), 64)
        self.assertEqual(self.fetch('/v1/log/1/tile/0/000.p/7')[0], 200)
        self.add(255, 1)

    @staticmethod
    def command_of(pid):
        with open(f'/proc/{pid}/cmdline', encoding='utf-8') as file:
            return file.read()

    def test_a_log_that_is_not_public(self):
        self.start(public='false')
        self.add(0, 1)
        for path in ('/v1/log/1/checkpoint', '/v1/log/1/tile/0/000.p/1'):
            self.assertEqual(self.fetch(path)[0], 404, path)


if __name__ == '__main__':
    if 'CAAPROOF_LAB' not in os.environ:
        sys.exit('this test is run by lab/run')
    unittest.main()
