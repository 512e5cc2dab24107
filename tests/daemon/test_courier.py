#!/usr/bin/env python3
"""The daemon's courier in the lab: checkpoints are cosigned by a witness and time-stamped by `openssl ts`, whatever these do; and
nothing that they do keeps a permit from being given."""
import contextlib
import hashlib
import http.server
import json
import os
import shutil
import signal
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))

if os.environ.get("CAAPROOF_LAB") != "1":
    os.execv(os.path.join(TOP, "lab", "run"), ["run", sys.executable, os.path.abspath(__file__), *sys.argv[1:]])

sys.path.insert(0, os.path.join(TOP, "tests", "outside"))
import witness  # pylint: disable=wrong-import-position
from api_daemon import Document  # pylint: disable=wrong-import-position
from running import no_fault  # pylint: disable=wrong-import-position

BUILD = os.environ.get("CAAPROOF_BUILD", os.path.join(TOP, "build"))
DAEMON = os.path.join(BUILD, "src", "bin", "caaproofd", "caaproofd")
COMMAND = os.path.join(BUILD, "src", "bin", "caaproof", "caaproof")
FORK = b"\0" * 32


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def until(condition, seconds=60):
    """What comes about at last, which is true."""
    for _ in range(seconds * 10):
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError("it did not come about")


class Gate:
    """A witness that answers when it is let."""

    def __init__(self, peer):
        self.peer = peer
        self.asked, self.open = threading.Event(), threading.Event()

    def answer(self, body):
        self.asked.set()
        self.open.wait(60)
        return self.peer.answer(body)


class Says:
    """Something else than a witness."""

    def __init__(self, status, body):
        self.reply = status, body

    def answer(self, _):
        return self.reply


class NameServer:
    """Says that every name has the address 127.0.0.1; use with `with`."""

    def __init__(self, address):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                question, socket = self.request
                end = question.index(b"\0", 12) + 5
                is_a = question[end - 4:end - 2] == b"\0\1"
                head = question[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0"
                answer = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1" if is_a else b""
                socket.sendto(head + question[12:end] + answer, self.client_address)

        self.server = socketserver.ThreadingUDPServer((address, 53), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Courier(unittest.TestCase):
    made = None  # folder of a store for all

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="caaproof-courier.")
        self.stack = contextlib.ExitStack()
        self.process = None
        self.number = 0
        self.store = self.at("store")
        self.config = {
            "store": self.store, "origin": "log.lab.test/caa", "log": {"format": "text"},
            "listen": [{"address": "unix:" + self.at("api.sock")}],
            "resolver": {"lab": True, "root_hints": os.environ["CAAPROOF_ROOT_HINTS"], "processes": 1,
                         "anchor": os.environ["CAAPROOF_ANCHOR"]},
            "authorities": [{"name": "lab", "key": hashlib.sha256(b"lab").hexdigest(),
                             "request": {"issuer": ["ca.example.net"], "profile": "private"}}],
            "callers": [{"name": "ca", "unix_uid": os.getuid(), "authorities": ["all"], "may": ["check", "metrics"]}],
            "courier": {"interval": "1s", "timeout": "5s"}}
        self.take_store()
        self.key = run(COMMAND, "log", "key", self.store).stdout.strip()

    def take_store(self):
        """A store whose log has begun: witnesses need its key before the daemon is told of them."""
        if not Courier.made:
            self.start()
            self.stop()
            Courier.made = tempfile.mkdtemp(prefix="caaproof-courier.")
            self.addClassCleanup(shutil.rmtree, Courier.made)
            for name in ("store", "store.keys"):
                shutil.copytree(self.at(name), os.path.join(Courier.made, name))
        else:
            shutil.copytree(Courier.made, self.folder, dirs_exist_ok=True)

    def tearDown(self):
        self.stack.close()
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def at(self, *names):
        return os.path.join(self.folder, *names)

    # ---- the daemon

    def start(self, around=(), **more):
        self.config.update(more)
        with open(self.at("caaproofd.yaml"), "w", encoding="utf-8") as file:
            json.dump(self.config, file)
        with open(self.at("log"), "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([*around, DAEMON, "-c", self.at("caaproofd.yaml")], stderr=log)
        until(lambda: self.get("/readyz") == "ready\n")

    def stop(self):
        """Ends it in order."""
        self.process.terminate()
        code = self.process.wait(timeout=30)
        self.process = None
        self.assertEqual(code, 0, self.log())
        no_fault(self.log())

    def get(self, path):
        return run("curl", "-s", "--unix-socket", self.at("api.sock"), "http://d" + path).stdout

    def log(self):
        with open(self.at("log"), encoding="utf-8") as file:
            return file.read()

    def check(self):
        """A check that ends in a permit, which is an entry of the log or more."""
        self.number += 1
        body = {"id": f"r{self.number}", "authority": "lab", "names": ["www.permit.test"]}
        done = run("curl", "-s", "--unix-socket", self.at("api.sock"), "-H", "Content-Type: application/json", "-d",
                   json.dumps(body), "http://d/v1/checks")
        answer = json.loads(done.stdout)
        self.assertEqual(answer["verdict"], "PERMIT", answer)
        self.assertTrue(answer["record"]["permit"])

    def outsiders(self):
        recorder = json.loads(self.get("/v1/status"))["recorder"]
        return recorder["outsiders"] if recorder else []

    def outsider(self, i):
        said = self.outsiders()
        return said[i] if said else {"size": 0, "failures": 0, "forks": 0, "error": None, "behind": 1}

    def until_attested(self, i=0):
        """Asked of a log that stands still: all of it, and not by what was said of an earlier size."""
        entries = json.loads(run(COMMAND, "log", "status", self.store, "--json").stdout)["shards"][-1]["entries"]
        return until(lambda: [o for o in [self.outsider(i)] if o["size"] == entries and o["behind"] == 0])[0]

    def children(self):
        """Process ids of each role."""
        found = {}
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            for pid in file.read().split():
                with contextlib.suppress(OSError):
                    with open(f"/proc/{pid}/cmdline", "rb") as line:
                        words = line.read().decode().split("\0")
                    if "--role" in words:
                        found.setdefault(words[words.index("--role") + 1], []).append(int(pid))
        return found

    def courier(self):
        return self.children().get("courier", [None])[0]

    # ---- outsiders

    def serve(self, peer, path="/w/add-checkpoint", port=0):
        return self.stack.enter_context(witness.Server(peer, path, port))

    def witness(self, name="witness.example/w1"):
        return witness.Witness(name, self.key)

    def entry(self, peer, server):
        return {"url": server.url + "/w", "key": peer.vkey}

    def authority(self, name):
        os.mkdir(self.at(name))
        return witness.Authority(self.at(name))

    def kept(self, size, ending):
        return self.at("store", "0001", "witnessed", f"{size:020d}.{ending}")

    # ---- what is expected

    def test_without_outsiders_there_is_no_courier(self):
        self.start()
        self.assertEqual(set(self.children()), {"recorder", "front", "resolver"})
        self.assertEqual(self.outsiders(), [])
        self.assertNotIn("attest", self.get("/metrics"))
        self.stop()

    def test_cosigned_and_stamped_as_the_log_grows(self):
        peers = [self.witness("witness.example/w1"), self.witness("witness.example/w2")]
        tsas = [self.authority("tsa1"), self.authority("tsa2")]
        entries = [self.entry(peer, self.serve(peer)) for peer in peers]
        # A name, which is looked up in the sandbox.
        entries[1]["url"] = entries[1]["url"].replace("127.0.0.1", "localhost")
        self.start(witnesses=entries, timestamps=[
            {"url": self.serve(tsa, "/tsa").url + "/tsa", "ca": tsa.roots} for tsa in tsas])
        for _ in range(3):
            for i in range(4):
                self.until_attested(i)
            self.check()
        sizes = [self.until_attested(i)["size"] for i in range(4)]
        size = sizes[0]
        self.assertEqual(sizes, [size] * 4)
        self.assertGreater(size, 3)
        self.assertEqual([peer.size for peer in peers], [size, size])
        status = json.loads(run(COMMAND, "log", "status", self.store, "--json").stdout)["shards"][0]
        self.assertEqual((status["entries"], status["cosigned"], status["timestamped"]), (size, size, size))
        with open(self.kept(size, "checkpoint"), encoding="utf-8") as file:
            self.assertEqual(file.read().count("\n\u2014 "), 3)  # the log, and both
        for before in ("", "1."):
            done = run("openssl", "ts", "-verify", "-data", self.kept(size, before + "txt"), "-in", self.kept(size, before + "tsr"),
                       "-CAfile", self.kept(size, before + "tsa.pem"))
            self.assertIn("Verification: OK", done.stdout + done.stderr)
        metrics = self.get("/metrics")
        self.assertIn(f'caaproof_attested_entries{{kind="witness",name="witness.example/w2"}} {size}\n', metrics)
        self.assertIn('caaproof_attested_behind_entries{kind="tsa",name="http://127.0.0.1', metrics)
        self.assertRegex(metrics, r'caaproof_attested_seconds\{kind="witness",name="witness.example/w1"\} \d{10}\n')
        self.assertEqual(Document().faults({"$ref": "#/components/schemas/Status"}, json.loads(self.get("/v1/status"))), [])
        done = run(COMMAND, "status", "--socket", self.at("api.sock"))
        self.assertIn("  witness   witness.example/w1, 0 entries behind\n", done.stdout, done.stderr)
        # By hand it is the same witness, and the same file.
        done = run(COMMAND, "log", "cosign", self.store, "--witness", entries[0]["url"], "--witness-key", peers[0].vkey)
        self.assertIn(f"cosigned {size} entries before", done.stdout, done.stderr)
        self.stop()
        self.assertNotIn("warning", self.log())

    def test_nobody_is_asked_twice_for_the_same(self):
        tsa = self.authority("tsa")
        stamped = []  # digests
        answer = tsa.answer
        tsa.answer = lambda body: stamped.append(body[body.index(b"\x04\x20") + 2:][:32]) or answer(body)
        self.start(timestamps=[{"url": self.serve(tsa, "/tsa").url + "/tsa", "ca": tsa.roots}])
        for _ in range(3):
            self.until_attested()
            pid = self.courier()
            os.kill(pid, signal.SIGKILL)  # it remembers nothing, the recorder does
            until(lambda: self.courier() not in (None, pid))  # pylint: disable=cell-var-from-loop
            self.check()
        self.until_attested()
        self.assertGreaterEqual(len(stamped), 4)
        self.assertEqual(len(set(stamped)), len(stamped))
        self.stop()

    def test_a_witness_that_is_away_for_a_while(self):
        peer, other = self.witness(), self.witness("witness.example/w2")
        away = self.serve(peer)
        port = away.server.server_address[1]
        away.__exit__()
        self.start(witnesses=[self.entry(peer, away), self.entry(other, self.serve(other))])
        until(lambda: self.outsider(0)["failures"] >= 4)
        self.assertIn("Failed to connect", self.outsider(0)["error"])
        self.until_attested(1)  # the others go on
        self.check()
        self.assertEqual(self.log().count("witness.example/w1 failed 3 times"), 1)
        self.assertRegex(self.get("/metrics"), r'attestation_failures\{kind="witness",name="witness.example/w1"\} [1-9]')
        self.serve(peer, port=port)
        self.assertEqual(self.until_attested(0)["failures"], 0)
        until(lambda: "witness.example/w1 attests again" in self.log())
        self.assertIsNone(self.outsider(0)["error"])
        self.stop()

    def test_a_witness_that_lies(self):
        peer, other = self.witness(), self.witness()  # of the same name, by another key
        self.start(witnesses=[self.entry(peer, self.serve(other))])
        until(lambda: self.outsider(0)["failures"] >= 3)
        self.assertIn("not in its answer", self.outsider(0)["error"])
        self.check()
        self.assertEqual(self.outsider(0)["size"], 0)
        self.assertFalse(os.path.exists(self.at("store", "0001", "witnessed", "%020d.checkpoint" % 1)))
        self.stop()

    def test_answers_that_are_none(self):
        rows = ((200, b"x" * 1000000, "writing output"), (302, b"", "did not answer as agreed"), (409, b"many\n", "cannot be read"),
                (409, b"1\n", "another log"), (404, b"", "does not know"), (200, b"", "not in its answer"),
                (500, b"\0\xff", "did not answer as agreed"))
        peers = [self.witness(f"witness.example/w{i}") for i in range(len(rows) + 1)]
        servers = [self.serve(Says(status, body)) for status, body, _ in rows] + [self.serve(peers[-1])]
        self.start(witnesses=[self.entry(peer, server) for peer, server in zip(peers, servers)])
        self.until_attested(len(rows))  # the last one is good
        pid = self.courier()
        self.check()
        for i, (status, body, error) in enumerate(rows):
            with self.subTest(status=status, body=body[:10]):
                until(lambda: self.outsider(i)["failures"] >= 2)  # pylint: disable=cell-var-from-loop
                self.assertIn(error, self.outsider(i)["error"])
                self.assertEqual(self.outsider(i)["size"], 0)
        self.until_attested(len(rows))
        self.assertEqual(self.courier(), pid)
        self.stop()

    def test_a_fork_is_an_alarm_and_no_stop(self):
        peer = self.witness()
        peer.size, peer.root = 1, FORK
        self.start(witnesses=[self.entry(peer, self.serve(peer))])
        until(lambda: self.outsider(0)["forks"] >= 2)
        self.assertTrue(self.outsider(0)["forked"])
        self.check()
        self.assertEqual(self.get("/readyz"), "ready\n")
        self.assertEqual(self.log().count(" err recorder: witness witness.example/w1 knows another log"), 1)
        self.assertRegex(self.get("/metrics"), r"attestation_forks_total\{[^}]*\} [1-9]")
        peer.size = 1000000  # larger than ours
        until(lambda: "larger tree" in (self.outsider(0)["error"] or ""))
        self.stop()

    def test_an_authority_of_another_root(self):
        tsa, other = self.authority("tsa"), self.authority("other")
        self.start(timestamps=[{"url": self.serve(tsa, "/tsa").url + "/tsa", "ca": other.roots}])
        until(lambda: self.outsider(0)["failures"] >= 3)
        self.check()
        self.assertEqual(self.outsider(0)["size"], 0)
        self.assertTrue(self.outsider(0)["error"])
        self.assertFalse(os.path.exists(self.kept(1, "tsr")))
        self.stop()

    def test_permits_do_not_wait(self):
        peer = self.witness()
        gate = Gate(peer)
        self.start(witnesses=[self.entry(peer, self.serve(gate))], courier={"interval": "1s", "timeout": "2min"})
        self.assertTrue(gate.asked.wait(30))
        for _ in range(5):
            self.check()
        self.assertEqual(self.outsider(0)["attested"], 0)  # it still waits
        gate.open.set()
        self.assertGreater(self.until_attested()["size"], 5)
        gate.open.clear()
        gate.asked.clear()
        self.check()
        self.assertTrue(gate.asked.wait(30))
        self.stop()  # nor does the end
        gate.open.set()

    def test_a_slow_witness_is_given_up(self):
        peer = self.witness()
        gate = Gate(peer)
        self.start(witnesses=[self.entry(peer, self.serve(gate))], courier={"interval": "1s", "timeout": "300ms"})
        until(lambda: self.outsider(0)["failures"] >= 1)
        self.assertIn("timed out", self.outsider(0)["error"].lower())
        gate.open.set()
        self.until_attested()
        self.stop()

    def test_it_is_killed_and_comes_again(self):
        peer = self.witness()
        self.start(witnesses=[self.entry(peer, self.serve(peer))])
        self.until_attested()
        for _ in range(3):
            pid, others = self.courier(), {role: pids for role, pids in self.children().items() if role != "courier"}
            os.kill(pid, signal.SIGKILL)
            self.check()
            until(lambda: self.courier() not in (None, pid))
            self.until_attested()
            self.assertEqual({role: pids for role, pids in self.children().items() if role != "courier"}, others)
        self.stop()

    def test_the_recorder_is_killed_and_comes_again(self):
        peer = self.witness()
        self.start(witnesses=[self.entry(peer, self.serve(peer))])
        self.until_attested()
        pid = self.children()["recorder"][0]
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.get("/readyz") == "ready\n" and self.children().get("recorder", [pid])[0] != pid)
        self.check()
        self.until_attested()
        self.stop()

    def test_names_that_are_not_there(self):
        peer = self.witness()
        self.start(witnesses=[{"url": "http://witness.invalid/w", "key": peer.vkey}])
        until(lambda: self.outsider(0)["failures"] >= 1)
        self.assertIn("witness.invalid: ", self.outsider(0)["error"])
        pid = self.courier()
        until(lambda: self.outsider(0)["failures"] >= 2)
        self.assertEqual(self.courier(), pid)
        self.stop()

    def test_name_servers_come_and_go(self):
        for name, address in (("one", "127.0.0.53"), ("two", "127.0.0.54")):
            with open(self.at(name), "w", encoding="ascii") as file:
                file.write(f"nameserver {address}\noptions timeout:1 attempts:1\n")
        mount = ["mount", "--bind", self.at("one"), "/etc/resolv.conf"]
        if run("unshare", "-m", *mount).returncode != 0:
            self.skipTest("no file can be mounted here")
        peer = self.witness()
        entry = self.entry(peer, self.serve(peer))
        entry["url"] = entry["url"].replace("127.0.0.1", "witness.example")
        with NameServer("127.0.0.53"):
            self.start(around=["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', self.at("one")],
                       witnesses=[entry])
            self.until_attested()
        pid = self.courier()
        self.check()
        until(lambda: self.outsider(0)["failures"] >= 1)
        # Another file takes the place of the one that the sandbox knows.
        mount[2] = self.at("two")
        with NameServer("127.0.0.54"):
            self.assertEqual(run("nsenter", "-m", "-t", str(self.process.pid), *mount).returncode, 0)
            until(lambda: self.courier() not in (None, pid))
            self.until_attested()
        self.assertIn("/etc/resolv.conf is another file now", self.log())
        self.stop()

    def test_https_is_held_to_the_system_s_roots(self):
        peer = self.witness()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        self.at("tls.key"), "-out", self.at("tls.pem"), "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost"], capture_output=True, check=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.at("tls.pem"), self.at("tls.key"))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.start(witnesses=[{"url": f"https://localhost:{server.server_address[1]}/w", "key": peer.vkey}])
        until(lambda: self.outsider(0)["failures"] >= 1)
        self.assertIn("self-signed certificate", self.outsider(0)["error"])  # the roots were read
        self.stop()
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    unittest.main()
