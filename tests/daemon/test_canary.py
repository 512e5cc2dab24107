#!/usr/bin/python3
"""Stops of the daemon in the lab: those that a person ends, and those that end by themselves. Run by lab/run."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

from running import OverUnix, no_fault

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DAEMON = os.environ['CAAPROOFD']
CAAPROOF = os.environ['CAAPROOF']
PATIENCE = 60  # seconds; what takes longer is taken for broken

CONFIG = '''
store: {store}
origin: log.lab.test/caa
log: {{format: text, level: debug}}
listen: [{{address: "unix:{folder}/sock"}}]
deadline: {{default: 4s}}
resolver: {{processes: 2, lab: true, question_time: 1s, root_hints: {hints}, anchor: {anchor}}}
authorities:
  - {{name: lab, key_file: {folder}/ca.pem, request: {{issuer: [ca.example.net], profile: private}}}}
callers:
  - {{name: person, unix_uid: {uid}, authorities: all, may: [check, claim, ack, metrics]}}
'''
CANARY = '''
canary:
  authority: lab
  interval: 1s
  names: %s
'''
# The first is one that lab/zones/canary.test.zone permits.
WRONG = CANARY % '[{name: deny.canary.test}, {name: open.canary.test}]'
RIGHT = CANARY % '[{name: deny.canary.test}, {name: deny.canary.unsigned}, {name: blackhole.test, expect: fail}]'
SIGNED = CANARY % '[{name: deny.canary.test}]'


def children(pid):
    with open('/proc/%d/task/%d/children' % (pid, pid), encoding='ascii') as f:
        return [int(word) for word in f.read().split()]


def arguments(pid):
    with open('/proc/%d/cmdline' % pid, 'rb') as f:
        return f.read().split(b'\0')


class Daemon(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.store = os.path.join(self.folder, 'store')
        self.process = None
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout',
                        self.folder + '/ca.key', '-out', self.folder + '/ca.pem', '-subj', '/CN=CA of the lab'],
                       check=True, capture_output=True)
        self.addCleanup(self.stop)

    def log(self):
        with open(self.folder + '/log', encoding='utf-8') as f:
            return f.read()

    def begin(self, canary=''):
        text = CONFIG.format(store=self.store, folder=self.folder, uid=os.getuid(), hints=os.environ['CAAPROOF_ROOT_HINTS'],
                             anchor=os.environ['CAAPROOF_ANCHOR'])
        with open(self.folder + '/c.yaml', 'w', encoding='utf-8') as f:
            f.write(text + canary)
        with open(self.folder + '/log', 'ab') as f:
            self.process = subprocess.Popen([DAEMON, '-c', self.folder + '/c.yaml'], stderr=f)
        self.until('it serves', lambda: self.ask('GET', '/readyz')[1] not in (None, '/problems/recorder'))

    def stop(self):
        if self.process is not None:
            process, self.process = self.process, None
            process.terminate()
            self.assertEqual(process.wait(timeout=PATIENCE), 0, self.log())
            no_fault(self.log())

    def until(self, what, true):
        end = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > end:
                self.fail('not in %d s: %s\n%s' % (PATIENCE, what, self.log()))
            time.sleep(0.05)

    def ask(self, method, path, body=None):
        """(status, type of the problem or parsed body); (None, None): nobody is there"""
        connection = OverUnix(self.folder + '/sock')
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {'Content-Type': 'application/json'})
            reply = connection.getresponse()
            text = reply.read()
        except OSError:
            return None, None
        finally:
            connection.close()
        if reply.status >= 400:
            return reply.status, json.loads(text)['type']
        return reply.status, json.loads(text) if reply.headers['Content-Type'] == 'application/json' else text.decode()

    def check(self, ident, name='www.permit.test'):
        return self.ask('POST', '/v1/checks', {'id': ident, 'authority': 'lab', 'names': [name]})

    def permit(self, ident):
        status, reply = self.check(ident)
        self.assertEqual((status, reply['verdict']), (200, 'PERMIT'))
        self.assertTrue(reply['record']['permit'])

    def is_ready(self):
        return self.ask('GET', '/readyz') == (200, 'ready\n')

    def metric(self, name):
        return int(re.search('^caaproof_%s ([0-9]+)$' % name, self.ask('GET', '/metrics')[1], re.M)[1])

    def role(self, word):
        return [pid for pid in children(self.process.pid) if word in arguments(pid)]


class Latched(Daemon):
    def test_a_permitted_canary_stops_until_a_person_acknowledges(self):
        self.begin()
        self.permit('p1')
        self.assertEqual(self.ask('POST', '/v1/acknowledgements', {'why': 'bored'})[1], '/problems/not-stopped')
        self.stop()
        self.begin(WRONG)
        self.until('it stops', lambda: self.ask('GET', '/readyz') == (503, '/problems/stopped'))
        self.still_stopped('p2')
        self.assertRegex(self.log(), r'(?m) err recorder: nothing is permitted until a person acknowledges: '
                                     r'a canary was permitted: [0-9a-f]{16}\.open\.canary\.test$')
        self.until('the round ends', lambda: self.metric('canary_failures_total') >= 3)  # 2 processes, and the cache
        self.assertEqual(self.metric('canary_last_clean'), 0)
        self.stop()
        self.begin(SIGNED)  # the stop is in the log, and outlives its cause
        self.still_stopped('p3')
        self.until('a clean round', lambda: self.metric('canary_last_clean') != 0)
        self.still_stopped('p4')
        self.assertEqual(self.ask('POST', '/v1/acknowledgements', {})[0], 400)
        self.assertEqual(self.ask('POST', '/v1/acknowledgements', {'why': 'the zone was wrong'}), (200, {'state': 'running'}))
        self.until('it is ready', self.is_ready)
        self.permit('p3')
        self.assertEqual(self.ask('POST', '/v1/permits/p1/claim')[0], 200)
        self.assertIn(' notice recorder: permits are given again; acknowledged by person: the zone was wrong\n', self.log())
        self.stop()
        self.begin(SIGNED)
        self.permit('p5')

    def still_stopped(self, ident):
        self.assertEqual(self.check(ident), (503, '/problems/stopped'))
        self.assertEqual(self.ask('POST', '/v1/permits/p1/claim'), (503, '/problems/stopped'))
        self.assertIsNone(self.ask('GET', '/v1/checks/p1')[1]['record']['permit'])
        self.assertEqual(self.metric('stopped'), 1)


class SelfClearing(Daemon):
    def test_no_role_is_ended_by_the_end_of_another(self):
        self.begin()
        for role in (b'front', b'recorder', b'resolver'):
            with open('/proc/%d/status' % self.role(role)[0], encoding='ascii') as f:
                ignored = int(re.search('^SigIgn:\t([0-9a-f]+)$', f.read(), re.M)[1], 16)
            self.assertTrue(ignored >> (signal.SIGPIPE - 1) & 1, role)
        front, recorder = self.role(b'front')[0], self.role(b'recorder')[0]
        os.kill(front, signal.SIGKILL)
        self.until('another front', lambda: self.role(b'front') not in ([], [front]))
        self.until('it is ready', self.is_ready)
        self.permit('p1')
        self.assertEqual(self.role(b'recorder'), [recorder])

    def test_names_that_are_as_they_must_be_make_a_clean_round(self):
        self.begin(RIGHT)
        self.until('two rounds', lambda: self.metric('canary_rounds_total') >= 2)
        self.assertEqual(self.metric('canary_failures_total'), 0)
        self.assertAlmostEqual(self.metric('canary_last_clean'), time.time(), delta=PATIENCE)
        # 2 rounds, 2 names or 1, 2 processes and the cache; the recorder tells its counts each second
        self.until('all are counted', lambda: self.metric('checks_denied_total') >= 12 and self.metric('checks_failed_total') >= 6)
        self.assertEqual(self.metric('permits_total'), 0)
        self.assertFalse(self.ask('GET', '/v1/status')[1]['canaries']['failing'])
        self.assertTrue(self.is_ready())
        self.assertIn(' debug front: canaries: all 9 are well\n', self.log())

    def test_resolvers_that_hang_make_it_unready_until_they_answer(self):
        self.begin(SIGNED)
        self.until('a clean round', lambda: self.metric('canary_last_clean') != 0)
        hung = self.role(b'resolver')[:1]  # one of two: for others nothing may be wrong
        self.assertEqual(len(hung), 1)
        os.kill(hung[0], signal.SIGSTOP)
        self.until('it is not ready', lambda: self.ask('GET', '/readyz') == (503, '/problems/canary'))
        self.assertTrue(self.ask('GET', '/v1/status')[1]['canaries']['failing'])
        self.assertIsNone(self.ask('GET', '/v1/status')[1]['recorder']['stopped'])
        try:
            os.kill(hung[0], signal.SIGCONT)
        except ProcessLookupError:
            pass  # another has its place
        self.until('it is ready', self.is_ready)
        self.permit('p1')
        self.assertIn(': not ready until a round is clean\n', self.log())
        self.assertIn(' notice front: canaries: all 3 are well again: ready\n', self.log())

    def test_a_recorder_that_stalls_is_not_ready(self):
        self.begin()
        self.permit('p1')
        recorder = self.role(b'recorder')[0]
        os.kill(recorder, signal.SIGSTOP)
        try:
            self.until('it is not ready', lambda: self.ask('GET', '/readyz') == (503, '/problems/recorder'))
            self.assertEqual(self.metric('recorder_up'), 0)
            self.assertEqual(self.ask('GET', '/healthz')[0], 200)
        finally:
            os.kill(recorder, signal.SIGCONT)
        self.until('it is ready', self.is_ready)
        self.permit('p1')

    def test_a_disk_that_is_full_loses_nothing(self):
        disk = os.path.join(self.folder, 'disk')
        os.mkdir(disk)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk], check=True)
        self.addCleanup(subprocess.run, ['umount', disk], check=True)
        self.addCleanup(self.stop)
        self.store = os.path.join(disk, 'store')
        self.begin()
        self.permit('before')
        fill = os.path.join(disk, 'fill')
        with open(fill, 'wb', buffering=0) as f:
            try:
                while f.write(bytes(4096)) == 4096:
                    pass
            except OSError:
                pass
        done = []
        for i in range(1000):  # what SQLite has reserved may still suffice for some
            ident = 'full-%d' % i
            status, reply = self.check(ident)
            if status != 200:
                break
            self.assertEqual(reply['verdict'], 'PERMIT')
            done.append(ident)
        self.assertEqual((status, reply), (503, '/problems/recorder'))
        self.assertEqual(self.ask('GET', '/healthz')[0], 200)
        self.until('the log says why', lambda: 'the log failed' in self.log())
        os.remove(fill)
        self.until('it is ready', self.is_ready)
        status, reply = self.check(ident)
        self.assertEqual(status, 200)
        # Nobody knows of a start that was begun in the log whether it ended; one that was not begun is made now.
        self.assertIn((reply['state'], reply['verdict']), [('finished', 'PERMIT'), ('interrupted', 'FAIL')])
        for known in ['before'] + done:
            self.assertTrue(self.ask('GET', '/v1/checks/' + known)[1]['record']['permit'], known)
        self.permit('after')
        self.stop()
        subprocess.run([CAAPROOF, 'store', 'check', self.store], check=True, capture_output=True)


class Zones(unittest.TestCase):
    """dist/canary*.zone, as an operator would load them."""

    def test_they_are_zones(self):
        for name, zone in (('canary', 'canary.example.net'), ('canary-unsigned', 'unsigned.canary.example.net')):
            done = subprocess.run(['nsd-checkzone', zone, '%s/dist/%s.zone' % (TOP, name)], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_they_deny_for_every_purpose(self):
        for name, zone in (('canary', 'deny.canary.example.net'), ('canary-unsigned', 'unsigned.canary.example.net')):
            for purpose in ('tls', 'smime', 'vmc'):
                done = subprocess.run([CAAPROOF, 'check', 'a1b2.' + zone, '--issuer', 'ca.example.net', '--purpose', purpose,
                                       '--zone', '%s/dist/%s.zone' % (TOP, name)], capture_output=True, check=False)
                self.assertEqual(done.returncode, 10, (zone, purpose, done.stdout))

    def test_the_dead_name_is_promised_a_signature(self):
        with open(TOP + '/dist/canary.zone', encoding='utf-8') as f:
            self.assertRegex(f.read(), r'(?m)^dead +DS ')


if __name__ == '__main__':
    unittest.main(verbosity=2)
