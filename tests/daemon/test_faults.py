#!/usr/bin/python3
"""The daemon, in the lab, while its processes die, stand still and come back: no permit that should not be, nothing lost, a clear
state. Under lab/run."""

import contextlib
import http.client
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from running import OverUnix, no_fault

PROGRAM, TOOL = os.environ.get('CAAPROOFD', 'caaproofd'), os.environ.get('CAAPROOF', 'caaproof')
# So long is waited for what must come; nothing is concluded from how long it took.
PATIENCE = 60
# Server that needs 0.7 s for each answer; one that never answers; a record that forbids.
SLOW, DEAD, DENIED = 'www.slow.org', 'www.blackhole.unsigned', 'www.lower.org'

CONFIG = """
store: {folder}/store
origin: log.lab.test/caa
log: {{format: text}}
listen:
  - address: "unix:{socket}"
deadline: {{default: 20s, max: 1min}}
resolver: {{processes: 2, lab: true, root_hints: {hints}, anchor: {anchor}, question_time: 3s}}
authorities:
  - name: lab
    key_file: {folder}/ca.pem
    request: {{issuer: [ca.example.net], profile: private}}
callers:
  - {{name: tester, unix_uid: {uid}, authorities: [all], may: [check, claim, issue, ack, drain, metrics]}}
"""


def body_of(name, names, **more):
    return json.dumps({'id': name, 'authority': 'lab', 'names': names, **more})


class Daemon:
    """Processes of one configuration; started again on the same store as often as wanted."""

    def __init__(self, folder, name='one'):
        self.folder, self.socket = folder, os.path.join(folder, name + '.sock')
        self.config, self.log = os.path.join(folder, name + '.yaml'), os.path.join(folder, name + '.log')
        with open(self.config, 'w', encoding='ascii') as file:
            file.write(CONFIG.format(folder=folder, socket=self.socket, uid=os.getuid(),
                                     hints=os.environ['CAAPROOF_ROOT_HINTS'], anchor=os.environ['CAAPROOF_ANCHOR']))
        self.process = None

    def start(self, ready=True):
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen([PROGRAM, '-c', self.config], stderr=log)
        if ready:
            self.until(lambda: self.ask('GET', '/readyz')[0] == 200)

    def until(self, met):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if met():
                    return
            time.sleep(0.02)
        raise AssertionError(f'it never came to that: {self.told()}')

    def told(self):
        with open(self.log, encoding='utf-8') as file:
            return file.read()

    def ask(self, method, path, body=None, kind='application/json'):
        """(status, object of the answer, or its text)"""
        connection = OverUnix(self.socket)
        try:
            connection.request(method, path, body, {'Content-Type': kind})
            reply = connection.getresponse()
            octets = reply.read()
        finally:
            connection.close()
        try:
            return reply.status, json.loads(octets)
        except ValueError:
            return reply.status, octets.decode()

    def ask_on(self, method, path, body=None):
        """As callers are told to do while there is no recorder."""
        answers = []

        def answered():
            answers[:] = self.ask(method, path, body)
            return answers[0] != 503
        self.until(answered)
        return answers

    def pids(self, role):
        """of its processes of that role"""
        found = []
        for pid in subprocess.run(['ps', '-o', 'pid=', '--ppid', str(self.process.pid)], stdout=subprocess.PIPE,
                                  check=False, text=True).stdout.split():
            with contextlib.suppress(OSError), open(f'/proc/{pid}/cmdline', 'rb') as file:
                words = file.read().split(b'\0')
                if b'--role' in words and words[words.index(b'--role') + 1].decode() == role:
                    found.append(int(pid))
        return found

    def signal(self, role, number):
        for pid in [self.process.pid] if role == 'parent' else self.pids(role):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def end(self):
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.process = None
        no_fault(self.told())
        return code

    def die(self):
        children = [pid for role in ('front', 'recorder', 'resolver') for pid in self.pids(role)]
        self.process.kill()
        self.process.wait()
        self.until(lambda: not any(os.path.exists(f'/proc/{pid}') for pid in children))
        self.process = None


class Load:
    """Callers who ask on, whatever happens, and remember what they were told."""

    def __init__(self, daemon, callers=4):
        self.daemon, self.numbers = daemon, itertools.count()
        self.bodies, self.answers = {}, {}
        self.is_over = False
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(callers)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        for thread in self.threads:
            thread.join()

    def run(self, caller):
        while not self.is_over:
            number = next(self.numbers)
            name = f'load-{number}'
            names = [[f'a{number}.permit.test'], [SLOW], [DENIED], ['www.permit.test', f'b{number}.permit.test']][
                (number + caller) % 4]
            self.bodies[name] = body_of(name, names)
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, answer = self.daemon.ask('POST', '/v1/checks', self.bodies[name])
                if status == 200:
                    with self.lock:
                        self.answers[name] = answer
            time.sleep(0.05)  # what was asked is looked at one by one

    def answered(self, n):
        """Until so many more were."""
        wanted = len(self.answers) + n
        self.daemon.until(lambda: len(self.answers) >= wanted)


def has_permit(answer):
    return bool((answer.get('record') or {}).get('permit'))


class Faults(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-keyout', os.path.join(self.folder, 'ca.key'), '-out', os.path.join(self.folder, 'ca.pem'),
                        '-subj', '/CN=CA of the lab'], check=True, stderr=subprocess.DEVNULL)
        self.daemon = Daemon(self.folder)
        self.addCleanup(self.daemon.end)
        self.daemon.start()

    def tool(self, *words):
        done = subprocess.run([TOOL, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def check(self, name, names, **more):
        return self.daemon.ask('POST', '/v1/checks', body_of(name, names, **more))

    def get(self, name):
        return self.daemon.ask_on('GET', f'/v1/checks/{name}?wait=30')

    def same_end(self, name, told):
        """What was told once is so for ever."""
        status, now = self.get(name)
        self.assertEqual(status, 200, name)
        for member in ('state', 'verdict', 'reason'):
            self.assertEqual(now[member], told[member], name)
        self.assertEqual(has_permit(now), has_permit(told), name)
        for member in ('shard', 'index', 'digest') if told['state'] == 'finished' else ():
            self.assertEqual(now['record'][member], told['record'][member], name)

    def settle(self, load):
        """Everything has one end, what was answered the same one, and who asks again gets that."""
        for name, body in load.bodies.items():
            told = load.answers.get(name)
            if told is None or told['state'] == 'open':
                status, told = self.daemon.ask_on('POST', '/v1/checks', body)
                self.assertEqual(status, 200, told)
            self.assertIn(told['state'], ('finished', 'interrupted'), name)
            self.assertEqual(has_permit(told), told['verdict'] == 'PERMIT', name)
            load.answers[name] = told
        for name, told in load.answers.items():
            self.same_end(name, told)
        self.whole(load.answers)

    def whole(self, answers, more=0):
        """The daemon ends in order; its log has each check that was told, once, and no others but so many, without a gap."""
        self.assertEqual(self.daemon.end(), 0, self.daemon.told())
        store = os.path.join(self.folder, 'store')
        self.assertIn('nothing is wrong', self.tool('store', 'check', store))
        counts = json.loads(self.tool('replay', store, '--json').splitlines()[-1])
        finished = {name: told for name, told in answers.items() if told['state'] == 'finished'}
        self.assertEqual(counts['checks'], len(finished) + more, counts)
        for name in itertools.islice(finished, 20):
            lines = self.tool('show', store, name, '--json').splitlines()
            self.assertEqual(len(lines), 1, name)
            self.assertEqual(json.loads(lines[0])['record']['index'], finished[name]['record']['index'])

    # ---- processes that die

    def die_under_load(self, role, times=4):
        with Load(self.daemon) as load:
            for _ in range(times):
                load.answered(3)
                self.daemon.signal(role, signal.SIGKILL)
                self.daemon.until(lambda: self.daemon.ask('GET', '/readyz')[0] == 200)
        return load

    def test_the_recorder_dies(self):
        self.settle(self.die_under_load('recorder'))

    def test_the_front_dies(self):
        before = self.daemon.pids('recorder')
        load = self.die_under_load('front')
        self.assertEqual(self.daemon.pids('recorder'), before, 'the recorder must not die of it')
        self.settle(load)

    def test_the_front_dies_with_a_question_on_its_way(self):
        """The recorder reads it, and has nobody to answer."""
        before = self.daemon.pids('recorder')
        with Load(self.daemon) as load:
            load.answered(1)
            self.daemon.signal('recorder', signal.SIGSTOP)
            asked = len(load.bodies)
            self.daemon.until(lambda: len(load.bodies) >= asked + 2)
            self.daemon.signal('front', signal.SIGKILL)
            self.daemon.signal('recorder', signal.SIGCONT)
            self.daemon.until(lambda: self.daemon.ask('GET', '/readyz')[0] == 200)
        self.assertEqual(self.daemon.pids('recorder'), before, 'the recorder must not die of it')
        self.settle(load)

    def test_resolvers_die(self):
        self.settle(self.die_under_load('resolver'))

    def test_all_die(self):
        with Load(self.daemon) as load:
            for _ in range(3):
                load.answered(3)
                self.daemon.die()
                self.daemon.start()
        self.settle(load)

    def test_the_recorder_is_another_when_the_front_looks_up(self):
        """Its end, and the stream to the next one, come in one."""
        with Load(self.daemon) as load:
            for _ in range(3):
                load.answered(2)
                self.daemon.signal('front', signal.SIGSTOP)
                before = self.daemon.pids('recorder')
                self.daemon.signal('recorder', signal.SIGKILL)
                self.daemon.until(lambda: self.daemon.pids('recorder') not in ([], before))
                self.daemon.signal('front', signal.SIGCONT)
                self.daemon.until(lambda: self.daemon.ask('GET', '/readyz')[0] == 200)
        self.settle(load)

    def test_all_end_as_soon_as_they_are_there(self):
        """Resolvers may not have said hello yet."""
        for _ in range(5):
            self.assertEqual(self.daemon.end(), 0, self.daemon.told())
            self.daemon.start()

    # ---- processes that stand still

    def test_the_recorder_stands_still(self):
        """A verdict that is recorded behind the deadline is a failure, and stays one."""
        self.assertEqual(self.check('warm', ['www.permit.test'])[1]['verdict'], 'PERMIT')
        answers = []
        self.daemon.signal('recorder', signal.SIGSTOP)
        asking = threading.Thread(target=lambda: answers.append(self.check('late', ['www.permit.test'], timeout_s=1)))
        asking.start()
        self.daemon.until(lambda: self.daemon.ask('GET', '/v1/status')[1]['checks_open'] == 1)
        time.sleep(1.5)
        self.daemon.signal('recorder', signal.SIGCONT)
        asking.join()
        self.assertIn(answers[0][0], (200, 202))
        status, told = self.get('late')
        self.assertEqual((status, told['verdict'], told['reason']), (200, 'FAIL', 'late'))
        self.assertFalse(has_permit(told))
        self.assertEqual(self.daemon.ask('POST', '/v1/permits/late/claim')[0], 409)
        self.daemon.signal('recorder', signal.SIGKILL)
        self.daemon.until(lambda: self.daemon.ask('GET', '/readyz')[0] == 200)
        self.same_end('late', told)
        self.whole({'late': told, 'warm': self.get('warm')[1]})

    def test_resolvers_stand_still(self):
        self.daemon.signal('resolver', signal.SIGSTOP)
        status, told = self.check('still', ['c.permit.test'])
        self.assertEqual((status, told['verdict']), (200, 'FAIL'))
        self.daemon.signal('resolver', signal.SIGCONT)
        self.daemon.until(lambda: self.check(f'again-{time.monotonic()}', ['d.permit.test'])[1]['verdict'] == 'PERMIT')
        self.same_end('still', told)
        self.assertEqual(self.daemon.end(), 0)

    def test_dns_is_dead(self):
        status, told = self.check('dead', [DEAD, 'www.permit.test'])
        self.assertEqual((status, told['verdict']), (200, 'FAIL'))
        self.assertFalse(has_permit(told))
        status, hurried = self.check('hurried', [SLOW], timeout_s=1)
        self.assertIn(status, (200, 202))
        hurried = self.get('hurried')[1]
        self.assertEqual((hurried['verdict'], has_permit(hurried)), ('FAIL', False))
        self.same_end('dead', told)
        self.whole({'dead': told, 'hurried': hurried})

    def test_all_end_while_dns_is_asked(self):
        """For a check that has ended, as the recorder that it began at is gone: neither waited for nor lost track of."""
        asked = threading.Thread(target=lambda: self.check('slow', [DEAD]))
        asked.start()
        self.daemon.until(lambda: self.daemon.ask('GET', '/v1/status')[1]['recorder']['open'] == 1)
        self.daemon.signal('recorder', signal.SIGKILL)
        asked.join()
        self.assertEqual(self.daemon.end(), 0, self.daemon.told())

    # ---- callers

    def test_callers_go(self):
        """What was begun ends in the log, and is there for who asks again."""
        names = {'gone': SLOW, 'unread': 'e.permit.test'}
        for name, host in names.items():
            connection = OverUnix(self.daemon.socket)
            connection.request('POST', '/v1/checks', body_of(name, [host]), {'Content-Type': 'application/json'})
            if name == 'unread':
                self.daemon.until(lambda: self.get('unread')[1].get('state') == 'finished')
            else:
                self.daemon.until(lambda: self.daemon.ask('GET', '/v1/checks/gone')[0] != 404)
            connection.close()
        answers = {name: self.get(name)[1] for name in names}
        for name, told in answers.items():
            self.assertEqual((told['verdict'], has_permit(told)), ('PERMIT', True), name)
        self.whole(answers)

    def test_one_id(self):
        """Many callers with one request get one check; another request under its id gets nothing."""
        answers = []
        bodies = [body_of('one', [SLOW]), body_of('one', ['www.permit.test'])]
        threads = [threading.Thread(target=lambda i=i: answers.append(
            (i % 2, self.daemon.ask('POST', '/v1/checks', bodies[i % 2])))) for i in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(answers), len(threads))
        won = {which for which, (status, _) in answers if status == 200}
        self.assertEqual(len(won), 1)
        for which, (status, told) in answers:
            self.assertEqual(status, 200 if which in won else 409, told)
        self.assertEqual(len({json.dumps(told['record']) for _, (status, told) in answers if status == 200}), 1)
        self.whole({'one': self.get('one')[1]})

    def test_batches(self):
        """The same, line by line; a name that is there twice; ids that look like something else."""
        lines = [body_of('b1', ['www.permit.test', 'WWW.permit.test', 'www.permit.test']), body_of('b1', ['x.permit.test']),
                 body_of('www.permit.test', ['www.permit.test']), body_of('1/1', ['www.permit.test']),
                 body_of('\x01start:b1', ['www.permit.test']), body_of('..', ['www.permit.test']), '{"id":"b2"', '']
        status, text = self.daemon.ask('POST', '/v1/checks', '\n'.join(lines), 'application/x-ndjson')
        told = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(status, 200)
        self.assertEqual([line.get('verdict') or line['status'] for line in told],
                         ['PERMIT', 409, 'PERMIT', 400, 400, 400, 400])
        self.assertEqual(told[0]['names'][1]['verdict'], 'PERMIT')
        self.daemon.end()
        self.daemon.start()
        self.same_end('b1', told[0])
        self.whole({'b1': told[0]}, more=1)

    def test_claims_race(self):
        self.assertTrue(has_permit(self.check('raced', ['www.permit.test'])[1]))
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.daemon.ask('POST', '/v1/permits/raced/claim')[0]))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200] + [409] * 7)
        self.daemon.signal('recorder', signal.SIGKILL)
        self.assertEqual(self.daemon.ask_on('POST', '/v1/permits/raced/claim')[0], 409)
        self.whole({'raced': self.get('raced')[1]})

    def test_nobody_can_end_the_recorder(self):
        """A stop with a long reason, and a check whose permit is too large."""
        before = self.daemon.pids('recorder')
        self.assertEqual(self.daemon.ask('POST', '/v1/stops', json.dumps({'why': '\u00e9' * 500}))[0], 200)
        self.assertEqual(self.daemon.ask('POST', '/v1/stops', json.dumps({'why': 'two\nlines'}))[0], 400)
        self.assertEqual(self.daemon.ask('POST', '/v1/stops', json.dumps({'why': 'x' * 1001}))[0], 400)
        self.assertEqual(self.check('stopped', ['www.permit.test'])[0], 503)
        self.assertEqual(self.daemon.ask('POST', '/v1/acknowledgements', json.dumps({'why': 'a test'}))[0], 200)
        status, told = self.check('large', [f'{i}.{"x" * 60}.{"y" * 60}.{"z" * 50}.permit.test' for i in range(2500)],
                                  timeout_s=60)
        self.assertEqual((status, told['verdict'], has_permit(told)), (200, 'PERMIT', False))
        self.assertIn('fewer names', told['why'])
        self.assertEqual(self.daemon.pids('recorder'), before)
        self.same_end('large', told)
        self.whole({'large': told})

    # ---- two daemons

    def test_two_on_one_store(self):
        other = Daemon(self.folder, 'two')
        self.addCleanup(other.end)
        other.start(ready=False)
        other.until(lambda: 'the recorder cannot begin' in other.told())
        self.assertIn('in use', other.told())
        self.assertEqual(other.ask('GET', '/readyz')[0], 503)
        self.assertEqual(other.ask('POST', '/v1/checks', body_of('two', ['www.permit.test']))[0], 503)
        status, told = self.check('one', ['www.permit.test'])
        self.assertEqual((status, has_permit(told)), (200, True))
        other.end()
        self.whole({'one': told})


if __name__ == '__main__':
    unittest.main()
