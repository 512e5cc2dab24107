"""A minimal witness (C2SP tlog-witness) and a time-stamping authority for tests, on loopback and a free port.

The witness decides by itself, in Python, with the `cryptography` module for Ed25519; the authority is `openssl ts`.
"""

import base64
import contextlib
import hashlib
import http.server
import os
import subprocess
import threading
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def node(left, right):
    return hashlib.sha256(b'\1' + left + right).digest()


def consistent(old, old_root, new, new_root, proof):
    """RFC 9162 section 2.1.4.2"""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof
    path = list(proof)
    if old & (old - 1) == 0:
        path = [old_root] + path
    if not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == old_root and sr == new_root and sn == 0


class Witness:
    def __init__(self, name, vkey):
        self.name = name
        self.key = ed25519.Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = hashlib.sha256(name.encode() + b'\n\4' + public).digest()[:4]
        self.vkey = '%s+%s+%s' % (name, self.id.hex(), base64.b64encode(b'\4' + public).decode())
        origin, _, key = vkey.split('+', 2)
        self.origin = origin
        self.log_id = bytes.fromhex(vkey.split('+')[1])
        self.log_key = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
        self.size, self.root = 0, hashlib.sha256(b'').digest()

    def answer(self, body):
        """(status, body)"""
        try:
            head, checkpoint = body.split(b'\n\n', 1)
            lines = head.decode().split('\n')
            old = int(lines[0].removeprefix('old '))
            proof = [base64.b64decode(line) for line in lines[1:]]
            text, signatures = checkpoint.rsplit(b'\n\n', 1)
            text += b'\n'
            origin, size, root = text.decode().split('\n')[:3]
            size, root = int(size), base64.b64decode(root)
        except ValueError:
            return 400, b''
        if origin != self.origin:
            return 404, b''
        if not any(self.is_signed(text, line) for line in signatures.decode().splitlines()):
            return 403, b''
        if old > size:
            return 400, b''
        if old != self.size:
            return 409, b'%d\n' % self.size
        if not consistent(old, self.root, size, root, proof):
            return 422, b''
        self.size, self.root = size, root
        return 200, self.cosign(text)

    def is_signed(self, text, line):
        _, name, blob = line.split(' ', 2)
        blob = base64.b64decode(blob)
        if name != self.origin or blob[:4] != self.log_id:
            return False
        try:
            self.log_key.verify(blob[4:], text)
        except InvalidSignature:
            return False
        return True

    def cosign(self, text):
        now = int(time.time())
        signature = self.key.sign(b'cosignature/v1\ntime %d\n' % now + text)
        blob = base64.b64encode(self.id + now.to_bytes(8, 'big') + signature)
        return '\u2014 {} '.format(self.name).encode() + blob + b'\n'


class Authority:
    """openssl ts, with a root of its own in a folder."""

    def __init__(self, folder, usage='critical,timeStamping'):
        self.folder = folder
        self.config = os.path.join(folder, 'tsa.cnf')
        with open(self.config, 'w', encoding='ascii') as f:
            f.write('[tsa]\nserial=%s/serial\nsigner_cert=%s/tsa.pem\nsigner_key=%s/tsa.key\nsigner_digest=sha256\n'
                    'default_policy=1.2.3.4\ndigests=sha256\n' % (folder, folder, folder))
        with open(os.path.join(folder, 'serial'), 'w', encoding='ascii') as f:
            f.write('01\n')
        self.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'root.key',
                     '-out', 'root.pem', '-days', '2', '-subj', '/CN=root')
        self.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'tsa.key',
                     '-out', 'tsa.pem', '-days', '2', '-subj', '/CN=tsa', '-CA', 'root.pem', '-CAkey', 'root.key',
                     '-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'extendedKeyUsage=' + usage)
        self.roots = os.path.join(folder, 'root.pem')

    def openssl(self, *args):
        subprocess.run(['openssl', *args], cwd=self.folder, check=True, capture_output=True)

    def answer(self, body):
        query = os.path.join(self.folder, 'q')
        with open(query, 'wb') as f:
            f.write(body)
        self.openssl('ts', '-reply', '-queryfile', query, '-config', self.config, '-section', 'tsa', '-out', 'r')
        with open(os.path.join(self.folder, 'r'), 'rb') as f:
            return 200, f.read()


class Server:
    """One of them behind HTTP; use with `with`."""

    def __init__(self, peer, path, port=0):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                status, answer = peer.answer(body) if self.path == path else (405, b'')
                self.send_response(status)
                self.send_header('Content-Length', str(len(answer)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # who asked may have given up
                    self.wfile.write(answer)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
        self.url = 'http://127.0.0.1:%d' % self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()
