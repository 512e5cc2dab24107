#!/usr/bin/env python3
"""docs/runbook.md, drilled: its commands are run in the lab as they stand there, against a daemon in the trouble that they are
for. systemctl and journalctl are small programs that treat one daemon as systemd would; folders are those of the test."""

import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import unittest

import running
from running import Daemon, until

DOCUMENT = os.path.join(running.TOP, 'docs', 'runbook.md')
CLOCK = os.environ.get('CAAPROOF_CLOCK', os.path.join(running.BUILD, 'tests', 'daemon', 'libclock_shift.so'))
PREFIX = ' ' * 7  # of a command within a numbered item

CONFIG = """\
store: {folder}/var/store
origin: log.lab.test/caa
log: {{format: text}}
listen:
  - address: "unix:{folder}/run/api.sock"
  - {{address: "127.0.0.1:8443", tls: {{certificate: {folder}/etc/server.pem, key: {folder}/etc/server.key}}, insecure: true}}
resolver: {{processes: 1, lab: true, question_time: 3s, root_hints: {hints}, anchor: {folder}/etc/root.key}}
authorities:
  - name: example-tls-1
    key_file: {folder}/etc/ca.pem
    request: {{issuer: [ca.example.net], profile: private}}
callers:
  - {{name: operator, unix_uid: {uid}, authorities: [all], may: [check, claim, issue, ack, drain, metrics]}}
  - {{name: reader, token_file: {folder}/etc/reader.token, authorities: [all], may: [metrics]}}
"""

# As systemd does it, for one daemon: start and reload end when it is ready again, stop when it has ended.
SYSTEMCTL = """\
#!/bin/bash
log={folder}/log pid=$(cat {folder}/pid 2>/dev/null)
wait_for() {{
    local i
    for ((i = 0; i < 600; i++)); do
        [[ $(grep -cE "$1" "$log") -gt $2 ]] && return 0
        sleep 0.05
    done
    return 1
}}
touch "$log"
case $1 in
start)
    seen=$(grep -c 'parent: ready' "$log")
    LD_PRELOAD=${{DAEMON_PRELOAD-}} {binary} -c {folder}/etc/caaproofd.yaml 2>>"$log" >/dev/null </dev/null &
    echo $! >{folder}/pid
    wait_for 'parent: ready' "$seen" ;;
reload)
    seen=$(grep -cE 'parent: (ready|not reloaded)' "$log")
    kill -HUP "$pid" && wait_for 'parent: (ready|not reloaded)' "$seen" ;;
stop | disable)
    kill -TERM "$pid" 2>/dev/null
    for ((i = 0; i < 1200; i++)); do
        [[ -d /proc/$pid && $(cut -d' ' -f3 "/proc/$pid/stat") != Z ]] || exit 0
        sleep 0.05
    done
    exit 1 ;;
*) exit 64 ;;
esac
"""
JOURNALCTL = """\
#!/bin/bash
case "$*" in
*'-p err'*) grep -E ' err ' {folder}/log ;;
*'-p warning'*) grep -E ' (err|warning) ' {folder}/log ;;
*) cat {folder}/log ;;
esac | tail -n 20
"""
# The command, at the folders of the test and in its DNS.
COMMAND = """\
#!/bin/bash
case $1 in
status | stop | ack | drain) [[ $* == *--url* ]] || set -- "$@" --socket {folder}/run/api.sock ;;
check) set -- "$@" --root-hints {hints} ;;
esac
exec {command} "$@"
"""


def sections():
    """Title -> [(text of a step, its commands or other block)]"""
    with open(DOCUMENT, encoding='utf-8') as file:
        parts = re.split(r'^## (.*)\n', file.read(), flags=re.M)
    found = {}
    for title, text in zip(parts[1::2], parts[2::2]):
        steps = []
        for step in re.split(r'^\d+\. ', text, flags=re.M)[1:]:
            block = [line[len(PREFIX):] for line in step.splitlines() if line.startswith(PREFIX)]
            steps.append((step.split('\n\n')[0], '\n'.join(block)))
        found[title] = steps
    return found


SECTIONS = sections()


class Runbook(Daemon):
    drilled = set()

    def setUp(self):
        super().setUp()
        for name in ('etc', 'var', 'run', 'backup', 'bin'):
            os.mkdir(self.at(name))
        for name in ('ca.pem', 'server.pem', 'server.key'):
            os.rename(self.at(name), self.at('etc/' + name))
        shutil.copy(os.environ['CAAPROOF_ANCHOR'], self.at('etc/root.key'))
        self.write('etc/reader.token', 'first-token\n')
        names = {'folder': self.folder, 'hints': os.environ['CAAPROOF_ROOT_HINTS'], 'uid': os.getuid(),
                 'binary': running.BINARY, 'command': running.COMMAND}
        self.write('etc/caaproofd.yaml', CONFIG.format(**names))
        for name, text in (('systemctl', SYSTEMCTL), ('journalctl', JOURNALCTL), ('caaproof', COMMAND)):
            self.write('bin/' + name, text.format(**names))
            os.chmod(self.at('bin/' + name), 0o755)
        os.symlink(running.BINARY, self.at('bin/caaproofd'))
        os.symlink('run/api.sock', self.at('sock'))
        self.env = dict(os.environ, PATH=self.at('bin') + ':' + os.environ['PATH'])
        self.output = ''

    # ---- running steps

    def end(self):
        if os.path.exists(self.at('pid')):
            self.shell('systemctl stop')
        if self.process is not None:
            self.process.wait(running.PATIENCE)
        if os.path.exists(self.at('log')):
            running.no_fault(self.read('log'))

    def shell(self, script, code=0):
        done = subprocess.run(['bash', '-e', '-o', 'pipefail', '-c', script], cwd=self.folder, env=self.env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=running.PATIENCE,
                              check=False)
        log = self.read('log') if os.path.exists(self.at('log')) else ''
        self.assertEqual(done.returncode, code, '%s\n%s%s' % (script, done.stdout, log))
        return done.stdout

    def here(self, text):
        for there, folder in (('/var/lib/caaproof', 'var'), ('/etc/caaproof', 'etc'), ('/run/caaproof', 'run'),
                              ('/backup', 'backup')):
            text = text.replace(there, self.at(folder))
        return text.replace('www.example.org', 'www.permit.test')

    def step(self, title, number):
        """Runs it; what it printed."""
        text, block = SECTIONS[title][number - 1]
        self.drilled.add((title, number))
        if text.endswith('add:'):
            below = re.search(r'`(\w+:)`', text).group(1)
            lines = self.here(block).splitlines()
            path = 'etc/caaproofd.yaml'
            self.write(path, self.read(path).replace('\n%s\n' % below, '\n%s\n%s\n' % (below, '\n'.join('  ' + x for x in lines))))
            return ''
        return self.shell(self.here(block))

    def steps(self, title, numbers):
        return ''.join(self.step(title, number) for number in numbers)

    def start(self, env=None):
        self.env.update(env or {})
        self.shell('systemctl start caaproofd')

    def permit(self, ident, authority='example-tls-1', names=('www.permit.test',)):
        """Its record; the check must be a permit."""
        status, reply = self.check(ident, authority, names)
        self.assertEqual((status, reply.get('verdict')), (200, 'PERMIT'), reply)
        self.assertTrue(reply['record']['permit'])
        return reply['record']

    def verify(self, record, key, code=0):
        self.write('permit', record['permit'])
        self.shell("caaproof permit verify --permit permit --key '%s' --authority etc/ca.pem --profile private --own ca.example.net "
                   'www.permit.test' % key, code)

    def keys(self):
        return self.shell('caaproof log key var/store').split()

    # ---- the drills

    def test_back_up_and_restore(self):
        self.start()
        first = self.permit('before')
        self.steps('Back up', (1, 2, 3))
        self.assertEqual(sorted(os.listdir(self.at('backup'))), ['etc', 'store'])
        self.assertEqual([name for _, _, names in os.walk(self.at('backup/store')) for name in names if 'key' in name], [])
        self.permit('after')
        said = self.steps('Restore', (1, 2, 3, 4))
        self.assertIn('the store is older than its anchor', said)
        keys = self.step('Restore', 5).split()
        self.assertEqual(len(keys), 2)
        self.assertEqual(self.ask('GET', '/v1/checks/before')[1]['record']['log'], first['log'])
        self.assertEqual(self.ask('GET', '/v1/checks/after')[0], 404)
        again = self.permit('after')
        self.assertEqual(again['log'], 'log.lab.test/caa/2')
        self.verify(again, keys[1])
        self.verify(again, keys[0], 77)
        self.verify(first, keys[0])
        self.assertIn('its origin was closed', self.step('Restore', 6))

    def test_rotate_the_key_of_the_log(self):
        self.start()
        first = self.permit('before')
        self.assertTrue(os.path.exists(self.at('var/store.keys/0001.key')))
        self.steps('Rotate the key of the log', (1, 2))
        keys = self.step('Rotate the key of the log', 3).split()
        self.step('Rotate the key of the log', 4)
        self.assertFalse(os.path.exists(self.at('var/store.keys/0001.key')))
        record = self.permit('after')
        self.assertEqual((first['log'], record['log']), ('log.lab.test/caa/1', 'log.lab.test/caa/2'))
        self.verify(record, keys[-1])
        self.verify(first, keys[-1], 77)
        self.verify(first, keys[0])
        # One id, one end: it is where it was.
        old = self.check('before', 'example-tls-1')[1]['record']
        self.assertEqual((old['log'], old['index']), (first['log'], first['index']))

    def test_replace_the_certificate(self):
        running.make_certificate(self.at('backup'), 'new', 'another')
        self.start()
        said = self.steps('Replace the certificate of HTTPS', (1, 2, 3, 4))
        self.assertIn('can be used', said)
        self.assertRegex(said, 'subject=CN *= *another')

    def test_replace_a_token(self):
        self.start()
        self.assertEqual(self.ask('GET', '/v1/status', token='first-token')[0], 200)
        self.assertIn('running', self.steps('Replace a token', (1, 2, 3)))
        self.assertEqual(self.ask('GET', '/v1/status', token='first-token')[0], 401)

    def test_replace_an_issuing_key(self):
        self.start()
        running.make_certificate(self.at('etc'), 'example-tls-2', 'the next CA')
        self.assertEqual(self.check('early', 'example-tls-2')[0], 403)
        self.steps('Replace an issuing key', (1, 2, 3))
        old, new = self.permit('old'), self.permit('new', 'example-tls-2')
        text = self.read('etc/caaproofd.yaml')
        self.write('etc/caaproofd.yaml', re.sub(r'  - name: example-tls-1\n(    .*\n)+', '', text))
        self.shell('systemctl reload caaproofd')
        self.assertEqual(self.check('late')[0], 403)
        self.assertEqual(self.permit('next', 'example-tls-2')['log'], new['log'])
        self.shell('caaproof show var/store old')
        self.assertEqual(old['log'], new['log'])

    def test_a_new_key_of_the_root(self):
        with open(os.environ['CAAPROOF_ANCHOR'], encoding='utf-8') as file:
            lab = file.read()
        other = re.sub(r'[A-Za-z0-9+/]{40,}(?==)', lambda key: key.group()[::-1], lab)
        self.assertNotEqual(lab, other)
        title = 'A new key of the DNS root'
        # Before the roll the new key is not in use; here the lab's is the new one.
        self.write('etc/root.key', other)
        self.write('backup/new-root.key', lab)
        self.start()
        self.assertEqual(self.check('unknown')[1]['verdict'], 'FAIL')
        self.assertIn('secure', self.steps(title, (1, 2, 3)))
        self.permit('both')
        self.write('backup/rolled-root.key', lab)
        self.step(title, 4)
        self.permit('rolled')

    def test_the_disk_is_full(self):
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=16m', 'none', self.at('var')], check=False, capture_output=True)
        if mounted.returncode != 0:
            self.skipTest('nothing can be mounted here')
        self.addCleanup(subprocess.run, ['umount', '-l', self.at('var')], check=True)
        self.shell('head -c 4M /dev/zero >var/ballast')
        self.start()
        done = [self.permit('before')]
        with open(self.at('var/filler'), 'wb', buffering=0) as file:
            try:
                while True:
                    file.write(b'x' * 4096)
            except OSError:
                pass
        refused = until(lambda: [status for status, _ in [self.check('full-%d' % len(done))] if done.append(0) or status != 200])
        self.assertEqual(refused, [503])
        title = 'The disk is full'
        self.assertIn('100%', self.step(title, 1))
        self.assertEqual(self.check('full')[0], 503)
        self.assertIn('running', self.steps(title, (2, 3)))
        self.permit('full')
        self.assertEqual(self.permit('before')['index'], done[0]['index'])
        self.assertIn('nothing is wrong', self.step(title, 4))

    def shift(self, seconds):
        with open(self.at('shift'), 'r+b' if os.path.exists(self.at('shift')) else 'wb') as file:
            file.write(struct.pack('q', seconds))

    def test_the_clock_is_wrong(self):
        if not os.path.exists(CLOCK):
            self.skipTest('%s is not built' % CLOCK)
        title = 'The clock is wrong'
        self.shift(0)
        # A sanitizer would be the first.
        sanitizer = os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'
        self.start({'DAEMON_PRELOAD': CLOCK, 'CAAPROOF_CLOCK_SHIFT': self.at('shift'), 'ASAN_OPTIONS': sanitizer})
        self.permit('right')
        self.shift(-7200)
        status, reply = self.check('behind')
        self.assertEqual((status, reply['type']), (503, '/problems/clock'))
        until(lambda: self.operate('status')[1].startswith('clock wrong\n  clock     '))
        self.assertEqual(self.operate('status')[0], 1)
        status, reply = self.ask('GET', '/readyz')
        self.assertEqual((status, reply['type']), (503, '/problems/clock'))
        self.assertIn('\ncaaproof_clock_wrong 1\n', self.ask('GET', '/metrics')[1])
        self.step(title, 1)
        self.shift(0)
        until(lambda: self.ask('GET', '/readyz')[0] == 200)
        self.assertIn('running', self.step(title, 2))
        self.permit('behind')
        self.shift(7200)
        ahead = self.permit('ahead')
        self.verify(ahead, self.keys()[-1], 77)
        self.shift(0)
        self.assertEqual(self.check('again')[0], 503)
        keys = self.step(title, 3).split()
        record = self.permit('again')
        self.assertEqual(record['log'], 'log.lab.test/caa/2')
        self.verify(record, keys[-1])
        self.shell('caaproof store check var/store')

    def test_stop_and_go_on(self):
        title = 'Stop, and go on'
        self.start()
        self.permit('before')
        self.step(title, 1)
        until(lambda: self.ask('GET', '/v1/status')[1]['recorder']['stopped'])
        self.assertIn('because   the CPS of example-tls-1', self.step(title, 2))
        self.assertFalse((self.check('meanwhile')[1].get('record') or {}).get('permit'))
        self.shell('systemctl stop && systemctl start')
        self.assertFalse((self.check('restarted')[1].get('record') or {}).get('permit'))
        self.assertIn('PERMIT', self.step(title, 3))
        self.shell(self.here(SECTIONS[title][3][1].splitlines()[0]))
        until(lambda: not self.ask('GET', '/v1/status')[1]['recorder']['stopped'])
        self.drilled.add((title, 4))
        self.shell(self.here(SECTIONS[title][3][1].splitlines()[1]))
        self.permit('after')

    def test_the_recorder_will_not_start(self):
        title = 'The recorder will not start'
        self.start()
        self.permit('before')
        self.shell('systemctl stop')
        writer = subprocess.Popen([self.at('bin/caaproof'), 'check', '--batch', '--issuer', 'ca.example.net', '--record',
                                   self.at('var/store'), '--anchor', self.at('etc/root.key')], env=self.env, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(writer.wait)
        self.addCleanup(writer.stdin.close)
        self.addCleanup(writer.stdout.close)
        writer.stdin.write(json.dumps({'id': 'w', 'names': ['www.permit.test']}).encode() + b'\n')
        writer.stdin.flush()
        self.assertIn(b'PERMIT', writer.stdout.readline())
        self.launch_unready()
        self.until_logged('cannot begin')
        self.assertIn('in use', self.step(title, 1))
        self.assertEqual(self.check('locked')[0], 503)
        writer.stdin.close()
        writer.wait(running.PATIENCE)
        self.assertIn('running', self.step(title, 5))
        self.permit('locked')
        # The keys' disk is lost.
        self.shell('systemctl stop')
        shutil.rmtree(self.at('var/store.keys'))
        os.rename(self.at('log'), self.at('log.old'))
        self.launch_unready()
        self.until_logged('cannot begin')
        self.assertIn('store.keys', self.step(title, 1))
        self.assertEqual(self.check('lost')[0], 503)
        self.steps(title, (3, 5))
        self.step(title, 4)
        self.permit('lost')

    def launch_unready(self):
        """systemctl start would wait."""
        if self.process is not None:
            self.process.wait(running.PATIENCE)
        self.launch()
        self.write('pid', str(self.process.pid))
        until(lambda: os.path.exists(self.at('run/api.sock')))

    def launch(self, env=None):
        if not os.path.islink(self.at('c.yaml')):
            os.unlink(self.at('c.yaml'))
            os.symlink('etc/caaproofd.yaml', self.at('c.yaml'))
        super().launch(self.env)

    def until_logged(self, text):
        until(lambda: os.path.exists(self.at('log')) and text in self.read('log'))

    def test_move(self):
        title = 'Move to another machine'
        self.start()
        first = self.permit('before')
        self.steps(title, (1, 2, 3))
        self.launch_unready()
        self.until_logged('cannot begin')  # nothing can be signed here
        self.assertEqual(self.check('nowhere')[0], 503)
        self.shell('systemctl stop')
        shutil.rmtree(self.at('var'))
        os.mkdir(self.at('var'))
        self.assertIn('nothing is wrong', self.steps(title, (4, 5)))
        self.assertEqual(self.check('before')[1]['record']['index'], first['index'])
        self.assertEqual(self.permit('after')['log'], first['log'])

    def check(self, ident, authority='example-tls-1', names=('www.permit.test',), **more):
        return super().check(ident, authority, names, **more)


class Whole(unittest.TestCase):
    def test_every_command_is_drilled(self):
        """Last by name, and after all others."""
        commands = {(title, i + 1) for title, steps in SECTIONS.items() for i, (_, block) in enumerate(steps) if block}
        self.assertGreater(len(commands), 30)
        if len(sys.argv) == 1:
            self.assertEqual(commands - Runbook.drilled, set())


if __name__ == '__main__':
    if os.environ.get('CAAPROOF_LAB') == '1' and os.environ.get('CAAPROOF_MOUNTS') != '1':
        os.environ['CAAPROOF_MOUNTS'] = '1'  # of its own, so that a small disk can be mounted
        if os.getuid() == 0:
            os.execvp('unshare', ['unshare', '-m', sys.executable, os.path.abspath(sys.argv[0]), *sys.argv[1:]])
    running.main()
