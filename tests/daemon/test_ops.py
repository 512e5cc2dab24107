#!/usr/bin/env python3
"""What operators do to a running daemon: reload, drain, stop and acknowledge, ask how it is; and what a service manager sees."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import unittest

import running
from running import Daemon, until


class Loop:
    """Checks one after the other, each over a connection of its own, until it is ended."""

    def __init__(self, daemon, name):
        self.daemon, self.name, self.replies, self.failures = daemon, name, [], []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        while not self.over.is_set():
            try:
                self.replies.append(self.daemon.check('%s-%d' % (self.name, len(self.replies))))
            except Exception as e:  # whatever a caller would see
                self.failures.append(repr(e))

    def end(self):
        self.over.set()
        self.thread.join()


class UnderWay:
    """One check whose name nobody answers for: three seconds, and FAIL."""

    def __init__(self, daemon, name='www.blackhole.test'):
        self.reply = None
        self.thread = threading.Thread(target=self.work, args=(daemon, name))
        self.thread.start()
        until(lambda: daemon.ask('GET', '/v1/status')[1]['checks_open'] == 1)

    def work(self, daemon, name):
        try:
            self.reply = daemon.check('under-way', names=[name])
        except Exception as e:
            self.reply = (0, repr(e))

    def end(self):
        self.thread.join()
        return self.reply


SECOND = """
  - name: second
    key_file: {folder}/second.pem
    request: {{issuer: [other.example.net], profile: private}}
callers:"""


class Reload(Daemon):
    def add_authority(self):
        running.make_certificate(self.folder, 'second', 'another CA')
        self.write('c.yaml', self.read('c.yaml').replace('\ncallers:', SECOND.format(folder=self.folder)))

    def test_no_request_is_lost(self):
        self.start()
        self.assertEqual(self.check('before', 'second')[0], 403)
        loops = [Loop(self, name) for name in 'abc']
        until(lambda: all(len(loop.replies) >= 5 for loop in loops))
        self.add_authority()
        for i in range(3):
            before = [len(loop.replies) for loop in loops]
            self.reload()
            self.until_said('ready', i + 2)
            until(lambda: all(len(loop.replies) >= n + 5 for loop, n in zip(loops, before)))
        for loop in loops:
            loop.end()
        self.assertEqual(sum((loop.failures for loop in loops), []), [])
        for loop in loops:
            self.assertEqual({(status, reply.get('verdict'), reply.get('title')) for status, reply in loop.replies},
                             {(200, 'PERMIT', None)}, self.read('log'))
            self.assertTrue(all(reply['record']['permit'] for _, reply in loop.replies))
        self.assertEqual(self.check('after', 'second')[1]['verdict'], 'DENY')
        self.assertEqual(self.said('changed: authorities'), 1)
        self.assertEqual(self.end(), 0)
        self.assertEqual(self.run_command('store', 'check', 'store')[0], 0)

    def test_what_is_under_way_is_answered(self):
        self.start()
        check = UnderWay(self)
        self.reload()
        self.until_said('reloading')
        self.reload()
        status, reply = check.end()
        self.assertEqual((status, reply['state'], reply['verdict']), (200, 'finished', 'FAIL'))
        self.until_said('ready', 3)
        self.assertEqual(self.check('under-way', names=['www.blackhole.test'])[1]['verdict'], 'FAIL')

    def test_a_batch_under_way_goes_on(self):
        """To its last line, though only some of them are begun at a time."""
        self.write('c.yaml', self.read('c.yaml') + 'limits: {in_flight: 8}\n')
        self.start()
        lines = [json.dumps({'id': 'b%d' % i, 'authority': 'lab-tls', 'names': ['www.permit.test']}) for i in range(400)]
        connection = running.OverUnix(self.at('sock'))
        self.addCleanup(connection.close)
        connection.request('POST', '/v1/checks', '\n'.join(lines), {'Content-Type': 'application/x-ndjson'})
        reply = connection.getresponse()
        replies = [json.loads(reply.readline())]
        self.reload()
        replies += [json.loads(line) for line in reply]
        self.assertEqual([r for r in replies if r.get('verdict') != 'PERMIT'], [])
        self.assertEqual({r['id'] for r in replies}, {'b%d' % i for i in range(400)})
        self.until_said('ready', 2)

    def test_a_fault_changes_nothing(self):
        self.start()
        good, children = self.read('c.yaml'), self.children()
        faults = (
            ('unknown key', lambda: self.write('c.yaml', good + 'deadlines: 1\n'), 'unknown key "deadlines"'),
            ('no YAML', lambda: self.write('c.yaml', good + '{'), 'c.yaml:'),
            ('no file', lambda: os.unlink(self.at('c.yaml')), 'c.yaml'),
            ('no token', lambda: os.rename(self.at('token'), self.at('token.old')), '/token'),
            ('no key', lambda: self.write('server.key', 'no key\n'), 'key'),
        )
        for i, (what, break_it, says) in enumerate(faults):
            with self.subTest(what):
                before = self.said(says)
                break_it()
                self.reload()
                self.until_said('not reloaded, all stays as it was', i + 1)
                self.assertGreater(self.said(says), before)
                self.assertEqual(self.children(), children)
                self.assertEqual(self.check('f%d' % i)[1]['verdict'], 'PERMIT')
                self.write('c.yaml', good)
                if os.path.exists(self.at('token.old')):
                    os.rename(self.at('token.old'), self.at('token'))

    def test_tried_before(self):
        """-t finds what a reload would refuse."""
        test = [running.BINARY, '-c', self.at('c.yaml'), '-t']
        self.assertEqual(subprocess.run(test, check=False, capture_output=True).returncode, 0)
        for name in ('server.key', 'server.pem', 'ca.pem'):
            good = self.read(name)
            self.write(name, 'nothing\n')
            self.assertEqual(subprocess.run(test, check=False, capture_output=True).returncode, 1, name)
            self.write(name, good)
        good = self.read('c.yaml')
        self.write('roots.pem', '')  # of nobody, so that nobody would need a certificate
        self.write('c.yaml', good.replace('server.key}', 'server.key, client_ca: %s}' % self.at('roots.pem')))
        done = subprocess.run(test, check=False, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn('roots.pem: the file is empty', done.stderr)
        self.write('c.yaml', good)
        os.unlink(self.at('token'))
        done = subprocess.run(test, check=False, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (1, ''))
        self.assertIn('/token', done.stderr)

    def test_what_needs_a_restart_stays(self):
        self.start()
        text = self.read('c.yaml').replace('/store\n', '/elsewhere\npermit_life: 5min\n')
        self.write('c.yaml', text.replace('log.lab.test/caa', 'other.lab.test/caa') + 'limits: {connections: 9, body: 2KiB}\n')
        self.reload()
        self.until_said('ready', 2)
        self.assertEqual(self.said('takes effect at the next start: store, keys, origin, limits.connections\n'), 1)
        self.assertEqual(self.said('changed: permit_life, limits.body\n'), 1)
        self.assertEqual(self.check('x')[1]['record']['log'], 'log.lab.test/caa/1')
        self.assertFalse(os.path.exists(self.at('elsewhere')))
        self.assertEqual(self.ask('POST', '/v1/checks', {'id': 'y' * 4096})[0], 413)
        self.end()
        self.start()
        self.assertEqual(self.check('x')[1]['record']['log'], 'other.lab.test/caa/1')

    def shown_certificate(self):
        with socket.create_connection(('127.0.0.1', running.TLS_PORT), running.PATIENCE) as plain:
            with ssl._create_unverified_context().wrap_socket(plain) as secure:
                return ssl.DER_cert_to_PEM_cert(secure.getpeercert(True)).strip()

    def test_new_secrets(self):
        self.start()
        self.assertEqual(self.shown_certificate(), self.read('server.pem').strip())
        self.assertEqual(self.ask('GET', '/v1/status', token='first-token')[0], 200)
        self.assertEqual(self.ask('GET', '/v1/status', token='second-token')[0], 401)
        old = self.read('server.pem').strip()
        running.make_certificate(self.folder, 'server', 'second')
        self.write('token', 'second-token\n')
        self.assertEqual(self.shown_certificate(), old)
        self.reload()
        self.until_said('ready', 2)
        self.assertEqual(self.shown_certificate(), self.read('server.pem').strip())
        self.assertNotEqual(self.shown_certificate(), old)
        self.assertEqual(self.ask('GET', '/v1/status', token='first-token')[0], 401)
        self.assertEqual(self.ask('GET', '/v1/status', token='second-token')[0], 200)

    def test_a_role_that_crashes_meanwhile(self):
        """The front is killed while it drains: the reload goes on, and the check ends as interrupted."""
        self.start()
        check = UnderWay(self)
        front = self.role('front')
        self.reload()
        self.until_said('reloading')
        os.kill(front, signal.SIGKILL)
        self.assertEqual(check.end()[0], 0)
        self.until_said('ready', 2)
        self.assertEqual(self.check('under-way', names=['www.blackhole.test'])[1]['state'], 'interrupted')
        self.assertEqual(self.check('next')[1]['verdict'], 'PERMIT')


class Drain(Daemon):
    def test_by_a_caller(self):
        self.start()
        check = UnderWay(self)
        self.assertEqual(self.operate('drain')[:2], (0, 'draining: what is under way is finished, then it ends\n'))
        self.until_said('draining, as operator said')
        with self.assertRaises(OSError):
            self.ask('GET', '/healthz')
        status, reply = check.end()
        self.assertEqual((status, reply['verdict']), (200, 'FAIL'))
        self.assertEqual(self.process.wait(running.PATIENCE), 0)
        self.assertFalse(os.path.exists(self.at('sock')))

    def test_not_by_every_caller(self):
        self.start()
        self.assertEqual(self.ask('POST', '/v1/drain', {}, token='first-token')[0], 403)
        self.assertEqual(self.ask('POST', '/v1/drain', {}, token='no-token')[0], 401)
        self.assertEqual(self.ask('GET', '/v1/drain')[0], 405)
        self.assertEqual(self.check('x')[1]['verdict'], 'PERMIT')

    def test_during_a_reload(self):
        self.start()
        check = UnderWay(self)
        self.reload()
        self.until_said('reloading')
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(check.end()[0], 200)
        self.assertEqual(self.process.wait(running.PATIENCE), 0)
        self.assertEqual(self.said('reloaded'), 0)

    def test_front_dies_of_it(self):
        """Nobody is left who could finish anything: the daemon ends, and does not begin again."""
        self.start()
        check = UnderWay(self)
        front = self.role('front')
        self.process.send_signal(signal.SIGTERM)
        self.until_said('draining')
        os.kill(front, signal.SIGKILL)
        check.end()
        self.process.wait(running.PATIENCE)
        self.assertEqual(self.said('info front: sandbox'), 1)


class Command(Daemon):
    def test_examples_of_the_manual(self):
        """Those of the one line: of our own socket."""
        with open(os.path.join(running.TOP, 'man', 'caaproof-daemon.1'), encoding='utf-8') as file:
            examples = re.findall(r'^\.Dl \$ caaproof (.*)$', file.read(), re.M)
        self.assertEqual([line.split()[0] for line in examples], ['status', 'ack'])
        self.start()
        self.assertEqual(self.operate('stop', '--why', 'a canary was permitted')[0], 0)
        until(lambda: self.operate('status')[0] == 1)
        for line, code in zip(examples, (1, 0)):
            done = self.operate(*shlex.split(line.replace(r'\(dq', '"')))
            self.assertEqual(done[0], code, done)

    def test_status(self):
        self.assertEqual(self.operate('status')[0], 69)
        self.start()
        self.check('a')
        self.check('b', names=['www.deny.test'])
        until(lambda: self.ask('GET', '/v1/status')[1]['recorder']['counts']['finished'] == 2)
        code, text, _ = self.operate('status')
        self.assertEqual((code, text.splitlines()[0]), (0, 'running'))
        self.assertIn('2 checks begun, 2 with a verdict: 1 denied, 0 failed;', text)
        self.assertRegex(text, r'permits +1 given')
        self.assertRegex(text, r'log +log\.lab\.test/caa/1, shard 1, [1-9][0-9]* entries')
        self.assertRegex(text, r'sandbox +(enforced|degraded: .*)\n')
        code, text, _ = self.operate('status', '--json')
        self.assertEqual((code, json.loads(text)['state']), (0, 'running'))

    def test_whom_a_token_is_told(self):
        """Not everybody on the way, and nobody whom only the system knows."""
        self.start()
        token = ('--token-file', self.at('token'))
        for url in ('http://caa.example', 'http://127.0.0.1.example', 'http://localhost.example:80'):
            code, _, err = self.run_command('status', '--url', url, *token)
            self.assertEqual(code, 64)
            self.assertIn('a token goes over https:// only', err)
        running.make_certificate(self.folder, 'other', 'second')
        os.mkdir(self.at('roots'))
        digest = subprocess.run(['openssl', 'x509', '-hash', '-noout', '-in', self.at('server.pem')], check=True,
                                capture_output=True, text=True).stdout.strip()
        shutil.copy(self.at('server.pem'), self.at('roots/%s.0' % digest))
        shell = 'mount --bind "$1" /etc/ssl/certs && shift && exec "$@"'
        for roots, code in (('server.pem', 0), ('other.pem', 69)):
            done = subprocess.run(['unshare', '-m', 'sh', '-c', shell, 'sh', self.at('roots'), running.COMMAND, 'status', '--url',
                                   'https://127.0.0.1:%d' % running.TLS_PORT, '--cacert', self.at(roots), *token],
                                  capture_output=True, text=True, timeout=running.PATIENCE, check=False)
            self.assertEqual(done.returncode, code, done)

    def test_stop_and_acknowledge(self):
        self.start()
        self.assertEqual(self.operate('stop')[0], 64)
        self.assertEqual(self.operate('ack', '--why', 'nothing was wrong')[0], 1)
        self.assertEqual(self.operate('stop', '--why', 'two\nlines')[0], 64)
        self.assertEqual(self.operate('stop', '--why', 'é' * 513)[0], 64)
        self.assertEqual(self.operate('stop', '--why', 'a näme was wrong')[0], 0)
        until(lambda: self.operate('status')[0] == 1)
        code, text, _ = self.operate('status')
        self.assertEqual(text.splitlines()[0], 'stopped')
        self.assertRegex(text, r'since +20\d\d-\d\d-\d\dT')
        self.assertIn('was wrong', text)
        self.assertEqual(self.operate('status', '--json')[0], 1)
        self.assertNotIn('permit', self.check('s')[1].get('record') or {})
        self.assertEqual(self.operate('ack', '--why', 'it was right')[0], 0)
        until(lambda: self.operate('status')[0] == 0)
        self.assertTrue(self.check('t')[1]['record']['permit'])

    def test_over_tls(self):
        self.start()
        where = ('--url', 'https://127.0.0.1:8443/', '--cacert', self.at('server.pem'))
        token = ('--token-file', self.at('token'))
        self.assertEqual(self.run_command('status', *where, *token)[0], 0)
        self.assertEqual(self.run_command('status', *where)[0], 77)
        code, _, error = self.run_command('drain', *where, *token)
        self.assertEqual(code, 77)
        self.assertIn('This caller may not do that', error)
        self.assertEqual(self.run_command('status', '--url', 'https://127.0.0.1:8443', *token)[0], 69)  # its root is unknown
        self.write('token', 'two words\n')
        self.assertEqual(self.run_command('status', *where, *token)[0], 64)
        self.write('token', '\n')
        self.assertEqual(self.run_command('status', *where, *token)[0], 64)
        self.assertEqual(self.run_command('status', *where, '--socket', self.at('sock'))[0], 64)
        self.assertEqual(self.run_command('status', 'more')[0], 64)

    def test_not_a_daemon(self):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(self.at('sock'))
            server.listen()
            for reply in (b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', b'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n', b'SSH'):
                command = subprocess.Popen([running.COMMAND, 'status', '--socket', self.at('sock')], stderr=subprocess.DEVNULL)
                client = server.accept()[0]
                client.recv(65536)
                client.sendall(reply)
                client.close()
                self.assertEqual(command.wait(running.PATIENCE), 69)


class Shards(Daemon):
    def test_a_record_is_in_the_log_of_its_shard(self):
        """Also when that is sealed, and another one grows."""
        self.start()
        before = self.check('a')[1]['record']
        self.end()
        self.assertEqual(self.run_command('store', 'seal', 'store')[0], 0)
        self.start()
        for record in (self.check('a')[1]['record'], self.ask('GET', '/v1/checks/a')[1]['record']):
            self.assertEqual((record['log'], record['index']), ('log.lab.test/caa/1', before['index']))
        self.assertEqual(self.check('b')[1]['record']['log'], 'log.lab.test/caa/2')


class Notify(Daemon):
    """sd_notify(3), with a socket in place of systemd's."""

    def follow(self, name):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.settimeout(running.PATIENCE)
            manager.bind(name.replace('@', '\0'))
            self.launch({'NOTIFY_SOCKET': name})
            self.assertEqual(manager.recv(4096), b'READY=1')
            self.assertEqual(self.check('x')[1]['verdict'], 'PERMIT')
            self.reload()
            self.assertRegex(manager.recv(4096), rb'^RELOADING=1\nMONOTONIC_USEC=\d+$')
            self.assertEqual(manager.recv(4096), b'READY=1')
            self.write('c.yaml', self.read('c.yaml') + 'bogus: 1\n')
            self.reload()
            self.assertRegex(manager.recv(4096), rb'^RELOADING=1\n')
            self.assertEqual(manager.recv(4096), b'READY=1')
            self.process.send_signal(signal.SIGTERM)
            self.assertEqual(manager.recv(4096), b'STOPPING=1')
            self.assertEqual(self.end(), 0)

    def test_path(self):
        self.follow(self.at('notify'))

    def test_abstract(self):
        self.follow('@caaproof-test-%d' % os.getpid())

    def test_nobody(self):
        self.start({'NOTIFY_SOCKET': self.at('nobody')})
        self.assertEqual(self.check('x')[1]['verdict'], 'PERMIT')


if __name__ == '__main__':
    running.main()
