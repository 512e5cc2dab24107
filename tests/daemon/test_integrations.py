#!/usr/bin/env python3
"""The examples for CA software (examples/ejbca, step-ca, go-caller) against a running daemon in the lab: each allows what is
permitted, and nothing else."""
import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from running import no_fault

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
EXAMPLES = os.path.join(TOP, "examples")
METHOD = "3.2.2.4.4"  # needs no remote perspectives (R-MPIC-16)
EX_NOPERM = 77

if os.environ.get("CAAPROOF_LAB") != "1":
    os.execv(os.path.join(TOP, "lab", "run"), ["run", sys.executable, os.path.abspath(__file__), *sys.argv[1:]])

# The examples take both from PATH.
os.environ["PATH"] = ":".join([*(os.path.dirname(os.environ[name]) for name in ("CAAPROOF", "CAAPROOFD") if name in os.environ),
                               os.environ["PATH"]])


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


class Integrations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="caaproof-integrations.")
        cls.processes = []
        cls.addClassCleanup(cls.end)
        cls.socket = cls.at("api.sock")
        cls.make_key("ca", "/CN=CA of the lab")
        cls.make_key("trial", "/CN=CA of the lab")
        with open(cls.at("caaproofd.yaml"), "w", encoding="utf-8") as file:
            json.dump({"store": cls.at("store"), "origin": "log.lab.test/caa",
                       "listen": [{"address": "unix:" + cls.socket}],
                       "resolver": {"lab": True, "root_hints": os.environ["CAAPROOF_ROOT_HINTS"],
                                    "anchor": os.environ["CAAPROOF_ANCHOR"], "processes": 1},
                       "authorities": [{"name": "lab", "key_file": cls.at("ca.pem"),
                                        "request": {"issuer": ["ca.example.net"], "profile": "tls-br"}}],
                       "callers": [{"name": "ca", "unix_uid": os.getuid(), "authorities": ["all"],
                                    "may": ["check"]}]}, file)
        with open(cls.at("daemon.log"), "w", encoding="utf-8") as log:
            cls.processes.append(subprocess.Popen(["caaproofd", "-c", cls.at("caaproofd.yaml")], stderr=log))
        cls.until(lambda: run("curl", "-s", "--unix-socket", cls.socket, "http://d/readyz").stdout == "ready\n")
        with open(cls.at("log.vkey"), "w", encoding="utf-8") as file:
            file.write(run("caaproof", "log", "key", cls.at("store")).stdout)

    @classmethod
    def end(cls):
        for process in reversed(cls.processes):
            process.terminate()
            process.wait(timeout=30)
            if process.stdout:
                process.stdout.close()
        log = ""
        if os.path.exists(cls.at("daemon.log")):
            with open(cls.at("daemon.log"), encoding="utf-8") as file:
                log = file.read()
        shutil.rmtree(cls.folder)
        no_fault(log)

    @classmethod
    def at(cls, name):
        return os.path.join(cls.folder, name)

    @staticmethod
    def until(condition):
        for _ in range(600):
            if condition():
                return
            time.sleep(0.1)
        raise AssertionError("it did not come about")

    @classmethod
    def make_key(cls, name, subject):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", cls.at(name + ".key"), "-out", cls.at(name + ".pem"), "-subj", subject],
                       capture_output=True, check=True)

    def certificate(self, names):
        """What is about to be signed, by a key of no value."""
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", self.at("site.key"), "-subj", "/", "-addext", "subjectAltName=critical," + names,
                        "-out", self.at("site.csr")], capture_output=True, check=True)
        subprocess.run(["openssl", "x509", "-req", "-in", self.at("site.csr"), "-CA", self.at("trial.pem"), "-CAkey",
                        self.at("trial.key"), "-copy_extensions", "copy", "-days", "90", "-out", self.at("site.pem")],
                       capture_output=True, check=True)
        return self.at("site.pem")


class Ejbca(Integrations):
    def validate(self, *arguments, **options):
        with open(self.at("ejbca.conf"), "w", encoding="utf-8") as file:
            file.write(f"CAAPROOF_SOCKET={self.socket}\nCAAPROOF_AUTHORITY=lab\nCAAPROOF_CA={self.at('ca.pem')}\n"
                       f"CAAPROOF_LOG_KEY={self.at('log.vkey')}\nCAAPROOF_METHOD={METHOD}\n")
        return run(os.path.join(EXAMPLES, "ejbca", "validate"), *arguments,
                   env=dict(os.environ, CAAPROOF_EJBCA=self.at("ejbca.conf")), **options)

    def test_permitted_by_file_and_by_standard_input(self):
        certificate = self.certificate("DNS:permit.test,DNS:www.permit.test")
        self.assertEqual(self.validate(certificate).returncode, 0)
        with open(certificate, encoding="ascii") as file:
            self.assertEqual(self.validate(input=file.read()).returncode, 0)

    def test_denied(self):
        done = self.validate(self.certificate("DNS:www.deny.test"))
        self.assertEqual(done.returncode, EX_NOPERM)
        self.assertIn("no permit: DENY", done.stderr)

    def test_a_name_that_is_not_looked_up_is_not_let_through(self):
        done = self.validate(self.certificate("DNS:www.permit.test,IP:192.0.2.1"))
        self.assertEqual(done.returncode, EX_NOPERM)

    def test_no_certificate(self):
        self.assertEqual(self.validate(input="nothing").returncode, EX_NOPERM)

    def test_no_daemon(self):
        certificate = self.certificate("DNS:www.permit.test")
        self.socket = self.at("nobody.sock")  # of this test alone
        done = self.validate(certificate)
        self.assertEqual(done.returncode, EX_NOPERM)


class StepCa(Integrations):
    SECRET = b"a secret of the webhook"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(cls.at("secret"), "wb") as file:
            file.write(base64.b64encode(cls.SECRET))
        webhook = subprocess.Popen(
            [sys.executable, os.path.join(EXAMPLES, "step-ca", "webhook"), "--listen", "127.0.0.1:0", "--secret-file",
             cls.at("secret"), "--socket", cls.socket, "--authority", "lab", "--ca", cls.at("ca.pem"), "--log-key",
             cls.at("log.vkey"), "--method", METHOD], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        cls.processes.append(webhook)
        cls.url = "http://" + webhook.stdout.readline().split()[-1]

    def ask(self, body, secret=SECRET):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url, text, {
            "Content-Type": "application/json", "X-Smallstep-Webhook-ID": "f3b5f6e2-0000-4000-8000-000000000000",
            "X-Smallstep-Signature": hmac.new(secret, text, hashlib.sha256).hexdigest()})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def certificate_of(self, **names):
        return {"timestamp": "2026-11-26T12:00:00Z", "provisionerName": "acme", "x509Certificate": names}

    def test_permitted(self):
        self.assertEqual(self.ask(self.certificate_of(dnsNames=["permit.test", "www.permit.test"])), {"allow": True})

    def test_not_allowed(self):
        for body in (self.certificate_of(dnsNames=["www.deny.test"]), self.certificate_of(dnsNames=[]),
                     self.certificate_of(dnsNames=["www.permit.test"], ipAddresses=["192.0.2.1"]),
                     self.certificate_of(dnsNames=["www.permit.test", "www.deny.test"]),
                     self.certificate_of(dnsNames=["--help"]), {"sshCertificate": {}}, b"{", b"[]", b"null"):
            with self.subTest(body=body):
                self.assertFalse(self.ask(body)["allow"])

    def test_only_step_ca(self):
        answer = self.ask(self.certificate_of(dnsNames=["www.permit.test"]), b"another secret")
        self.assertFalse(answer["allow"])
        self.assertIn("not step-ca", answer["error"]["message"])


class Go(Integrations):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run(["go", "build", "-o", cls.at("go-caller"), os.path.join(EXAMPLES, "go-caller", "main.go")], check=True,
                       env=dict(os.environ, GO111MODULE="off", GOFLAGS="", GOCACHE=cls.at("go"), GOPATH=cls.at("gopath")))

    def call(self, request_id, *names, each="5s"):
        return run(self.at("go-caller"), "-socket", self.socket, "-authority", "lab", "-ca", self.at("ca.pem"), "-log-key",
                   self.at("log.vkey"), "-method", METHOD, "-each", each, request_id, *names)

    def test_permitted(self):
        done = self.call("go-1", "permit.test", "www.permit.test")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_denied(self):
        done = self.call("go-2", "www.deny.test")
        self.assertEqual(done.returncode, EX_NOPERM)
        self.assertIn("no permit: DENY", done.stderr)

    def test_lost_answers_are_asked_for_again(self):
        done = self.call("go-3", "www.slow.org", each="300ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = run("caaproof", "show", self.at("store"), "go-3", "--json")
        self.assertEqual(len(shown.stdout.splitlines()), 1)

    def test_an_id_of_another_request(self):
        self.assertEqual(self.call("go-4", "permit.test").returncode, 0)
        done = self.call("go-4", "www.permit.test")
        self.assertEqual(done.returncode, EX_NOPERM)
        self.assertIn("This id is taken", done.stderr)


del Integrations  # it is no test itself

if __name__ == "__main__":
    unittest.main()
