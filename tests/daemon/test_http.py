#!/usr/bin/python3
"""The HTTP layer of the daemon as its clients meet it: well-behaved, slow, gone, hostile."""

import contextlib
import hashlib
import http.client
import json
import os
import queue
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get('HTTP_PEER', os.path.join(TOP, 'build', 'tests', 'daemon', 'http_peer'))
# So long is waited for what must come; nothing is concluded from how long it took.
PATIENCE = 60
# What is to run out in a test does so in this many milliseconds; what is not, never.
SHORT = 300
FOLDER = None
HEAD = b'POST /echo HTTP/1.1\r\nHost: a\r\n'
CHUNKED = HEAD + b'Transfer-Encoding: chunked\r\n\r\n'
GET = b'GET /echo HTTP/1.1\r\nHost: a\r\n\r\n'


def setUpModule():
    global FOLDER
    FOLDER = tempfile.mkdtemp()
    Certificates().make()


def tearDownModule():
    shutil.rmtree(FOLDER)


def at(name):
    return os.path.join(FOLDER, name)


class Certificates:
    """An authority, a server, clients good and bad, another authority."""

    EXTENSIONS = """
[server]
subjectAltName = IP:127.0.0.1, DNS:localhost
[client]
extendedKeyUsage = clientAuth
subjectAltName = DNS:signer.example.net, URI:spiffe://example.net/signer
[odd]
extendedKeyUsage = clientAuth
subjectAltName = DER:ODD
[many]
extendedKeyUsage = clientAuth
subjectAltName = DER:MANY
[serverauth]
extendedKeyUsage = serverAuth
"""

    def openssl(self, *args):
        subprocess.run(['openssl', *args], check=True, capture_output=True, timeout=PATIENCE)

    def key(self, name):
        self.openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', at(name + '.key'))

    def authority(self, name):
        self.key(name)
        self.openssl('req', '-x509', '-new', '-key', at(name + '.key'), '-subj', f'/CN={name}', '-days', '30', '-out',
                     at(name + '.pem'))

    def leaf(self, name, authority, section, subject=None, days='30'):
        self.key(name)
        self.openssl('req', '-new', '-key', at(name + '.key'), '-subj', subject or f'/CN={name}', '-utf8', '-out', at(name + '.csr'))
        self.openssl('x509', '-req', '-in', at(name + '.csr'), '-CA', at(authority + '.pem'), '-CAkey',
                     at(authority + '.key'), '-CAcreateserial', '-days', days, '-extfile', at('extensions'),
                     '-extensions', section, '-out', at(name + '.pem'))

    def names(self, *names):
        """SubjectAltName in hexadecimal DER, of names that the command would not write"""
        octets = b''.join(bytes([tag, len(name)]) + name for tag, name in names)
        return (b'\x30\x82' + len(octets).to_bytes(2, 'big') + octets).hex(':')

    def make(self):
        with open(at('extensions'), 'w', encoding='ascii') as file:
            odd = self.names((0x82, b'good.example.net'), (0x82, b'b\0ad.example.net'), (0x86, b'urn:a\nb'), (0x82, b'\xff'))
            many = self.names(*[(0x82, b'a%d' % i) for i in range(65)])
            file.write(self.EXTENSIONS.replace('ODD', odd).replace('MANY', many))
        self.authority('ca')
        self.authority('other')
        self.leaf('server', 'ca', 'server')
        self.leaf('renewed', 'ca', 'server')
        self.leaf('client', 'ca', 'client', '/O=Example/CN=signer one')
        self.leaf('stranger', 'other', 'client')
        # As long ago as it was valid for.
        self.leaf('expired', 'ca', 'client', days='-1')
        self.leaf('twice', 'ca', 'client', '/CN=a/CN=b')
        self.leaf('escaped', 'ca', 'client', '/O=E=F/CN=#a,b\\+c "d" Ö')
        self.leaf('odd', 'ca', 'odd', '/CN=a\tb')
        self.leaf('many', 'ca', 'many')
        self.leaf('purpose', 'ca', 'serverauth')


class Peer:
    """The server under test, what it said, and where it listens."""

    def __init__(self, *args, **limits):
        words = [*args] + [f'{name}={value}' for name, value in limits.items()]
        self.process = subprocess.Popen([BINARY, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        self.places = []
        while (line := self.line()) != 'ready':
            self.places.append(line)

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip('\n'))
        self.lines.put(None)

    def line(self):
        line = self.lines.get(timeout=PATIENCE)
        if line is None:
            raise AssertionError('the server ended by itself')
        return line

    def resident(self):
        """kB of its memory"""
        with open(f'/proc/{self.process.pid}/status', encoding='ascii') as file:
            return int(re.search(r'VmRSS:\s+(\d+) kB', file.read()).group(1))

    def until(self, word):
        """lines up to that one"""
        seen = []
        while (line := self.line()) != word:
            seen.append(line)
        return seen

    def tell(self, word):
        self.process.stdin.write(word + '\n')
        self.process.stdin.flush()

    def counters(self):
        self.tell('counters')
        while not (line := self.line()).startswith('{'):
            pass
        return json.loads(line)

    def wait_for(self, **wanted):
        """until the counters are so: each asking is a turn of the server's loop"""
        for _ in range(PATIENCE * 100):
            counters = self.counters()
            if all(counters[name] == value for name, value in wanted.items()):
                return counters
            threading.Event().wait(0.01)
        raise AssertionError(f'{counters} never became {wanted}')

    def end(self):
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        self.reader.join()
        self.process.stdout.close()
        return code

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))


def read_reply(stream, head_only=False):
    """(status, fields, body) of one reply, or None at the end of the stream"""
    line = stream.readline()
    if not line:
        return None
    status = int(re.fullmatch(rb'HTTP/1\.1 (\d{3}) [A-Za-z ]+\r\n', line).group(1))
    fields = {}
    while (line := stream.readline()) != b'\r\n':
        name, value = line.decode().rstrip('\r\n').split(': ', 1)
        assert name.lower() not in fields
        fields[name.lower()] = value
    if head_only or status in (100, 204):
        return status, fields, b''
    if 'content-length' in fields:
        return status, fields, stream.read(int(fields['content-length']))
    if fields.get('transfer-encoding') != 'chunked':
        return status, fields, stream.read()
    parts = []
    while (size := int(stream.readline(), 16)) != 0:
        parts.append(stream.read(size))
        assert stream.readline() == b'\r\n'
    assert stream.readline() == b'\r\n'
    return status, fields, b''.join(parts)


class Case(unittest.TestCase):
    def peer(self, *args, **limits):
        peer = Peer(*(args or ('plain',)), **limits)
        self.addCleanup(lambda: self.assertEqual(peer.end(), 0, 'exit code of the server'))
        return peer

    def connect(self, peer, which=0):
        """A plain socket. Cleaned up before the server."""
        place = peer.places[which]
        if place.startswith('/'):
            client = socket.socket(socket.AF_UNIX)
            client.connect(place)
        else:
            client = socket.create_connection(('127.0.0.1', int(place)))
        client.settimeout(PATIENCE)
        self.addCleanup(client.close)
        return client

    def exchange(self, client, octets, n=1, **how):
        """n replies to what is sent"""
        client.sendall(octets)
        with client.makefile('rb') as stream:
            return [read_reply(stream, **how) for _ in range(n)]

    def all_replies(self, client, octets):
        """Replies up to the end of the connection."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(octets)
        replies = []
        with client.makefile('rb') as stream:
            while (reply := read_reply(stream)) is not None:
                replies.append(reply)
        return replies

    def refused(self, peer, octets, *statuses):
        """One refusal, and then nothing more of what was sent is understood."""
        with contextlib.closing(self.connect(peer)) as client:
            replies = self.all_replies(client, octets + GET.replace(b'/echo', b'/smuggled'))
        self.assertEqual(len(replies), 1, octets)
        status, fields, body = replies[0]
        self.assertIn(status, statuses, octets)
        self.assertEqual(fields['connection'], 'close')
        self.assertEqual(fields['content-type'], 'application/problem+json')
        problem = json.loads(body)
        self.assertEqual(problem['status'], status)
        self.assertEqual(problem['type'], 'about:blank')
        return problem

    def is_closed(self, client):
        try:
            return client.recv(1) == b''
        except ConnectionResetError:
            return True


class Plain(Case):
    def test_what_a_handler_is_told(self):
        peer = self.peer()
        [(status, fields, body)] = self.exchange(
            self.connect(peer),
            b'POST /echo?a=1&b=x%20y%26+z&c HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nX-Test: \t v w \t\r\n'
            b'aUTHORIZATION: bearer  abc.DEF~1/+=\r\nContent-Length: 3\r\n\r\nxyz')
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body), {
            'method': 'POST', 'path': '/echo', 'type': 'text/plain', 'body': 'xyz', 'bearer': 'abc.DEF~1/+=',
            'address': '127.0.0.1', 'header': 'v w', 'query': {'a': '1', 'b': 'x y& z', 'c': None}, 'uid': -1})
        self.assertEqual(fields['content-type'], 'application/json')
        self.assertRegex(fields['date'], r'^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$')
        self.assertEqual(fields['cache-control'], 'no-store')
        self.assertNotIn('server', fields)
        self.assertNotIn('retry-after', fields)
        self.assertNotIn('connection', fields)

    def test_other_authorizations_are_no_bearer(self):
        peer = self.peer()
        client = self.connect(peer)
        for value in (b'Bearer abc', b'BEARER abc'):
            [(status, _, body)] = self.exchange(client, b'GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: ' + value + b'\r\n\r\n')
            self.assertEqual((status, json.loads(body)['bearer']), (200, 'abc'), value)
        for value in (b'Basic YTpi', b'Bearer', b'Bearer a b', b'Bearer a,b', b'Bearerx abc', b'Bearer "a"'):
            [(status, _, body)] = self.exchange(client, b'GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: ' + value + b'\r\n\r\n')
            self.assertEqual((status, json.loads(body)['bearer']), (200, None), value)

    def test_thousand_requests_on_one_connection(self):
        peer = self.peer()
        connection = http.client.HTTPConnection('127.0.0.1', int(peer.places[0]), timeout=PATIENCE)
        for i in range(1000):
            connection.request('POST', '/echo', body=str(i))
            reply = connection.getresponse()
            self.assertEqual((reply.status, json.loads(reply.read())['body']), (200, str(i)))
        counters = peer.counters()
        connection.close()
        self.assertEqual((counters['connections'], counters['requests'], counters['2xx']), (1, 1000, 1000))

    def test_pipelining(self):
        peer = self.peer()
        octets = b''.join(b'GET /echo?n=%d HTTP/1.1\r\nHost: a\r\n\r\n' % i + HEAD + b'Content-Length: 2\r\n\r\n%02d' % i
                          + CHUNKED + b'2\r\n%02d\r\n0\r\n\r\n' % i for i in range(50))
        replies = self.exchange(self.connect(peer), octets, 150)
        for i in range(50):
            told = [json.loads(reply[2]) for reply in replies[3 * i:3 * i + 3]]
            self.assertEqual((told[0]['query'], told[1]['body'], told[2]['body']), ({'n': str(i)}, f'{i:02}', f'{i:02}'))

    def test_pipelined_while_held(self):
        """What waits is answered afterwards, in order, also if it is more than is read ahead."""
        peer = self.peer(head=2000)
        client = self.connect(peer)
        client.sendall(b'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
        peer.until('held')
        octets = GET * 3000
        sender = threading.Thread(target=client.sendall, args=(octets,))
        sender.start()
        peer.counters()
        peer.tell('release')
        with client.makefile('rb') as stream:
            self.assertEqual(read_reply(stream)[2], b'released')
            for _ in range(3000):
                self.assertEqual(read_reply(stream)[0], 200)
        sender.join()

    def test_no_more_is_read_ahead(self):
        """The client waits, instead of filling the server's memory."""
        peer = self.peer(head=2000)
        client = self.connect(peer)
        client.sendall(b'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
        peer.until('held')
        client.settimeout(SHORT * 3 / 1000)
        with self.assertRaises(TimeoutError):
            client.sendall(GET * 2000000)
        self.assertLess(peer.resident(), 150000)

    def test_octet_by_octet(self):
        peer = self.peer()
        client = self.connect(peer)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octets in (CHUNKED + b'3;x=y\r\nabc\r\n1\r\nd\r\n0\r\n\r\n', HEAD + b'Content-Length: 4\r\n\r\nabcd'):
            for i in range(len(octets)):
                client.sendall(octets[i:i + 1])
            [(status, _, body)] = self.exchange(client, b'')
            self.assertEqual((status, json.loads(body)['body']), (200, 'abcd'))

    def test_large_bodies(self):
        peer = self.peer()
        client = self.connect(peer)
        body = b'q' * (1 << 20)
        for octets in (HEAD + b'Content-Length: 1048576\r\n\r\n' + body, CHUNKED + b'100000\r\n' + body + b'\r\n0\r\n\r\n'):
            [(status, _, reply)] = self.exchange(client, octets)
            self.assertEqual((status, json.loads(reply)['body'].encode() == body), (200, True))

    def test_close_and_http_1_0(self):
        peer = self.peer()
        for octets in (b'GET /echo HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n', b'GET /echo HTTP/1.0\r\n\r\n'):
            replies = self.all_replies(self.connect(peer), octets)
            self.assertEqual([reply[0] for reply in replies], [200])
            self.assertEqual(replies[0][1]['connection'], 'close')
        # Of the second one all is sent before the handler ends it: with the head, 16 pieces are the first that are too many.
        for octets in (100000, 16 * 4096):
            request = f'GET /stream?octets={octets} HTTP/1.0\r\n\r\n'.encode()
            [(status, fields, body)] = self.all_replies(self.connect(peer), request)
            self.assertEqual((status, len(body)), (200, octets))
            self.assertNotIn('transfer-encoding', fields)

    def test_head_and_no_content(self):
        peer = self.peer()
        client = self.connect(peer)
        head = b'HEAD /big?octets=1000 HTTP/1.1\r\nHost: a\r\n\r\n'
        self.assertEqual(self.exchange(client, head, head_only=True)[0][1]['content-length'], '1000')
        stream = b'HEAD /stream?octets=1000 HTTP/1.1\r\nHost: a\r\n\r\n'
        self.assertEqual(self.exchange(client, stream, head_only=True)[0][0], 200)
        [(status, fields, _)] = self.exchange(client, b'GET /none HTTP/1.1\r\nHost: a\r\n\r\n')
        self.assertEqual((status, 'content-length' in fields), (204, False))
        self.assertEqual(self.exchange(client, GET)[0][0], 200)

    def test_absolute_form(self):
        peer = self.peer()
        [(status, _, body)] = self.exchange(self.connect(peer), b'GET http://b.example/echo?x=1 HTTP/1.1\r\nHost: a\r\n\r\n')
        self.assertEqual((status, json.loads(body)['path'], json.loads(body)['query']), (200, '/echo', {'x': '1'}))

    def test_problem(self):
        peer = self.peer()
        [(status, fields, body)] = self.exchange(self.connect(peer), b'GET /n%C3%A9%22 HTTP/1.1\r\nHost: a\r\n\r\n')
        self.assertEqual((status, fields['content-type']), (403, 'application/problem+json'))
        self.assertEqual(json.loads(body), {'type': '/problems/unknown-authority', 'title': 'Unknown authority',
                                            'status': 403, 'detail': '/né"'})

    def test_fields_of_replies(self):
        """A handler cannot be made to write a second header, or a second reply."""
        peer = self.peer()
        client = self.connect(peer)
        for query, status in (('name=X-A&value=b', 200), ('name=X-A&value=%7C', 500), ('name=X%20A&value=b', 500),
                              ('name=X%3AA&value=b', 500), ('name=Content-Length&value=1', 500),
                              ('name=transfer-encoding&value=chunked', 500), ('name=X-A&value=b&type=crlf', 500)):
            [reply] = self.exchange(client, f'GET /field?{query} HTTP/1.1\r\nHost: a\r\n\r\n'.encode())
            self.assertEqual(reply[0], status, query)
            self.assertNotIn('set-cookie', reply[1])
            self.assertEqual(reply[1].get('x-a'), 'b' if status == 200 else None)

    def test_fields_that_are_set(self):
        client = self.connect(self.peer())
        for query, status, wanted in (('set=b', 200, 'b'), ('set=' + 'c' * 127, 200, 'c' * 127), ('set=' + 'c' * 128, 200, None),
                                      ('set=%7C', 500, None), ('busy=1', 503, None)):
            octets = f'GET /field?name=X-A&value=b&{query} HTTP/1.1\r\nHost: a\r\n\r\n'.encode()
            [(got, fields, _)] = self.exchange(client, octets)
            self.assertEqual((got, fields.get('x-set')), (status, wanted), query)
            self.assertEqual((fields.get('cache-control'), fields.get('retry-after')), ('no-store', '1' if status == 503 else None))
            self.assertFalse({'x-replaced', 'b'} & set(fields))
        for name in ('Cache-Control', 'Retry-After'):
            [(_, fields, _)] = self.exchange(
                client, f'GET /field?name={name}&value=7&busy=1 HTTP/1.1\r\nHost: a\r\n\r\n'.encode())
            self.assertEqual(fields[name.lower()], '7')

    def test_curl_expects_continue(self):
        peer = self.peer(body=100000)
        url = f'http://127.0.0.1:{peer.places[0]}/echo'
        body = at('body')
        for size, status in ((50000, '200'), (200000, '413')):
            with open(body, 'wb') as file:
                file.write(b'z' * size)
            done = subprocess.run(['curl', '-sv', '-H', 'Expect: 100-continue', '--expect100-timeout', str(PATIENCE), '--data-binary',
                                   '@' + body, '-o', os.devnull, '-w', '%{http_code}', url], capture_output=True, text=True,
                                  timeout=PATIENCE * 2, check=True)
            self.assertEqual(done.stdout, status)
            self.assertEqual('< HTTP/1.1 100 Continue' in done.stderr, status == '200')

    def test_unix(self):
        peer = self.peer('unix=' + at('socket'))
        [(status, _, body)] = self.exchange(self.connect(peer), GET)
        told = json.loads(body)
        self.assertEqual((status, told['uid'], told['address']), (200, os.getuid(), 'unix'))


class Strict(Case):
    """What two readers could understand in two ways is refused, and the connection closed behind it."""

    def test_framing(self):
        peer = self.peer()
        both = HEAD + b'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
        self.refused(peer, both, 400)
        self.refused(peer, HEAD + b'Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n', 400)
        for lengths in (b'Content-Length: 3\r\nContent-Length: 5\r\n', b'Content-Length: 3\r\nContent-Length: 3\r\n'):
            self.refused(peer, HEAD + lengths + b'\r\nabcde', 400)
        for length in (b'+3', b'-3', b'3, 3', b'3 3', b'0x3', b'', b'3a', b'3;', b'9' * 19, b'1e2', b'\xc2\xb3'):
            self.refused(peer, HEAD + b'Content-Length: ' + length + b'\r\n\r\nabc', 400)
        for coding in (b'gzip, chunked', b'identity', b'chunked, chunked', b'xchunked', b'chunked;q=1', b'', b'"chunked"'):
            self.refused(peer, HEAD + b'Transfer-Encoding: ' + coding + b'\r\n\r\n0\r\n\r\n', 501)
        for coding in (b'\x0bchunked', b'chunked\x00'):
            self.refused(peer, HEAD + b'Transfer-Encoding: ' + coding + b'\r\n\r\n0\r\n\r\n', 400)
        self.refused(peer, HEAD + b'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400)
        self.refused(peer, b'POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400)
        self.assertEqual(peer.counters()['requests'], 0)

    def test_chunks(self):
        peer = self.peer()
        for size in (b'0x3', b'+3', b'-3', b' 3', b'3 ', b'3 junk', b'', b'g', b'3\t;x', b'0' * 16 + b'3', b';x', b'3\x00'):
            self.refused(peer, CHUNKED + size + b'\r\nabc\r\n0\r\n\r\n', 400)
        for body in (b'3\nabc\r\n0\r\n\r\n', b'3\r\nabcXX0\r\n\r\n', b'3\r\nabc\n0\r\n\r\n', b'3\rabc\r\n0\r\n\r\n', b'3\r\nabcd\r\n0\r\n\r\n',
                     b'3\r\nabc\r\n0\r\nX: y\r\n\r\n', b'3\r\nabc\r\n0\r\n\n', b'3;\x01\r\nabc\r\n0\r\n\r\n', b'3;' + b'x' * 2000 + b'\r\nabc',
                     b'0\n\r\n'):
            self.refused(peer, CHUNKED + body, 400)
        for size in (b'FFFFFFFFFFFFFFFF', b'8000000000000000', b'7fffffff', b'100001'):
            self.refused(peer, CHUNKED + size + b'\r\nabc', 413)
        self.assertEqual(peer.counters()['requests'], 0)

    def test_lines_and_fields(self):
        peer = self.peer()
        for head in (b'GET /echo HTTP/1.1\r\nHost: a\r\nX-Test: b\r\n c\r\n\r\n', b'GET /echo HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n',
                     b'GET /echo HTTP/1.1\r\nHost: a\r\n\tX: b\r\n\r\n', b'GET /echo HTTP/1.1\nHost: a\n\n',
                     b'GET /echo HTTP/1.1\r\nHost: a\n\r\n', b'GET /echo HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n',
                     b'GET /echo HTTP/1.1\r\nHost: a\r\nX\t: b\r\n\r\n', b'GET /echo HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n',
                     b'GET /echo HTTP/1.1\r\nHost: a\r\nX\r\n\r\n', b'GET /echo HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n',
                     b'GET /echo HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n', b'GET /echo HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n',
                     b'GET /echo HTTP/1.1\r\nHost: a\r\nX\xc3\xa9: b\r\n\r\n', b'GET /echo HTTP/1.1\r\nHost: a\r\nX\x00: b\r\n\r\n',
                     b'GET /echo HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', b'GET /echo HTTP/1.1\r\n\r\n',
                     b'GET /echo HTTP/1.1\r\nHost: a b\r\n\r\n', b'GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n',
                     b'GET /echo HTTP/1.1\r\nHost: a@b\r\n\r\n',
                     b'GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n',
                     b'GET /echo HTTP/1.1\r\nHost: a\r\nContent-Type: a\r\ncontent-type: b\r\n\r\n'):
            self.refused(peer, head, 400)
        self.assertEqual(peer.counters()['requests'], 0)

    def test_request_line(self):
        peer = self.peer()
        for line in (b'GET  /echo HTTP/1.1', b'GET /echo  HTTP/1.1', b' GET /echo HTTP/1.1', b'GET /echo HTTP/1.1 ', b'GET /echo', b'GET',
                     b'G(T /echo HTTP/1.1', b'GET\t/echo\tHTTP/1.1', b'GET /e cho HTTP/1.1', b'GET /echo http/1.1', b'A' * 33 + b' / HTTP/1.1',
                     b'GET echo HTTP/1.1', b'OPTIONS * HTTP/1.1', b'CONNECT a:1 HTTP/1.1', b'GET http:///echo HTTP/1.1',
                     b'GET ftp://a/echo HTTP/1.1', b'GET /\xff HTTP/1.1', b'GET /a\x00b HTTP/1.1', b'GET /a#b HTTP/1.1',
                     b'GET /a\\b HTTP/1.1'):
            self.refused(peer, line + b'\r\nHost: a\r\n\r\n', 400)
        for line in (b'GET /echo HTTP/1.2', b'GET /echo HTTP/2.0', b'GET /echo HTTP/0.9'):
            self.refused(peer, line + b'\r\nHost: a\r\n\r\n', 505)
        self.refused(peer, b'PRI * HTTP/2.0\r\n\r\n', 505)
        self.refused(peer, b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n', 400)

    def test_targets(self):
        peer = self.peer()
        for target in ('/%', '/%4', '/%zz', '/%00', '/%0a', '/%7f', '/a/../b', '/..', '/a/..', '/%2e%2e/b', '/a/./b', '/a/.', '/a%2fb',
                       '/a%5cb', '/%ff', '/%c0%af', '/echo?a=1&a=2', '/echo?=1', '/echo?a=%00', '/echo?a=%f', '/echo?a=%ed%a0%80',
                       '/echo?' + '&'.join(f'a{i}=1' for i in range(33)), '/echo?a=1&&b=2'):
            self.refused(peer, f'GET {target} HTTP/1.1\r\nHost: a\r\n\r\n'.encode(), 400)
        for target, path in (('/%252e%252e/b', '/%2e%2e/b'), ('/...', '/...'), ('/a..b', '/a..b'), ('/%C3%A9', '/é'), ('//', '//')):
            [(status, _, body)] = self.exchange(self.connect(peer), f'GET {target} HTTP/1.1\r\nHost: a\r\n\r\n'.encode())
            self.assertEqual((status, json.loads(body)['detail']), (403, path))

    def test_expectations(self):
        peer = self.peer()
        self.refused(peer, HEAD + b'Expect: 200-ok\r\nContent-Length: 3\r\n\r\nabc', 417)

    def test_empty_line_in_front(self):
        peer = self.peer()
        self.assertEqual(self.exchange(self.connect(peer), b'\r\n' + GET)[0][0], 200)
        self.refused(peer, b'\r\n\r\n' + GET, 400)


class Limits(Case):
    def test_head(self):
        peer = self.peer(head=1000)
        client = self.connect(peer)
        room = 1000 - len(GET) - len('X: \r\n')
        fits = GET[:-2] + b'X: ' + b'x' * room + b'\r\n\r\n'
        self.assertEqual(len(fits), 1000)
        self.assertEqual(self.exchange(client, fits)[0][0], 200)
        self.refused(peer, GET[:-2] + b'X: ' + b'x' * (room + 1) + b'\r\n\r\n', 431)
        self.refused(peer, b'GET /' + b'x' * 100000, 431)
        self.assertEqual(peer.counters()['refused_large'], 2)

    def test_fields_and_target(self):
        peer = self.peer(head=100000)
        fields = b''.join(b'X%d: 1\r\n' % i for i in range(99))
        self.assertEqual(self.exchange(self.connect(peer), GET[:-2] + fields + b'\r\n')[0][0], 200)
        self.refused(peer, GET[:-2] + fields + b'X: 1\r\n\r\n', 431)
        self.refused(peer, b'GET /' + b'x' * 8192 + b' HTTP/1.1\r\nHost: a\r\n\r\n', 414)

    def test_body(self):
        """The client is told, though it sends all of it first, and no octet of it is taken for a request."""
        peer = self.peer(body=1000)
        client = self.connect(peer)
        for octets in (HEAD + b'Content-Length: 1000\r\n\r\n' + b'x' * 1000, CHUNKED + b'3e8\r\n' + b'x' * 1000 + b'\r\n0\r\n\r\n'):
            self.assertEqual(self.exchange(client, octets)[0][0], 200)
        self.refused(peer, HEAD + b'Content-Length: 1001\r\n\r\n' + b'x' * 1001, 413)
        self.refused(peer, HEAD + b'Content-Length: 3000000\r\n\r\n' + GET * 60000, 413)
        self.refused(peer, CHUNKED + b'3e8\r\n' + b'x' * 1000 + b'\r\n1\r\nx\r\n0\r\n\r\n', 413)
        self.assertEqual(peer.counters()['refused_large'], 3)

    def test_connections(self):
        peer = self.peer(connections=2)
        first, second = self.connect(peer), self.connect(peer)
        for client in (first, second):
            self.assertEqual(self.exchange(client, GET)[0][0], 200)
        third = self.connect(peer)
        [(status, fields, _)] = self.all_replies(third, b'')
        self.assertEqual((status, fields['connection']), (503, 'close'))
        self.assertEqual(peer.counters()['refused_connections'], 1)
        first.close()
        peer.wait_for(open=1)
        self.assertEqual(self.exchange(self.connect(peer), GET)[0][0], 200)

    def test_connections_of_one_address(self):
        peer = self.peer('plain', 'unix=' + at('capped'), address=1)
        first = self.connect(peer)
        self.assertEqual(self.exchange(first, GET)[0][0], 200)
        [(status, _, _)] = self.all_replies(self.connect(peer), b'')
        self.assertEqual(status, 503)
        other = socket.create_connection(('127.0.0.1', int(peer.places[0])), source_address=('127.0.0.2', 0))
        self.addCleanup(other.close)
        for client in (other, self.connect(peer, 1)):
            self.assertEqual(self.exchange(client, GET)[0][0], 200)
        self.assertEqual([reply[0] for reply in self.all_replies(self.connect(peer, 1), b'')], [503])
        self.assertEqual(peer.counters()['refused_address'], 2)

    def test_pause(self):
        peer = self.peer()
        peer.tell('pause')
        peer.until('pause')
        client = self.connect(peer)
        client.sendall(GET)
        self.assertEqual(peer.counters()['connections'], 0)
        peer.tell('resume')
        self.assertEqual(self.exchange(client, b'')[0][0], 200)


class Slow(Case):
    def drip(self, client, octets):
        """An octet now and then, until the other side has had enough."""
        for i in range(len(octets)):
            with contextlib.suppress(OSError):
                client.sendall(octets[i:i + 1])
            client.settimeout(SHORT / 5000)
            try:
                if client.recv(1, socket.MSG_PEEK):
                    break
            except TimeoutError:
                continue
        client.settimeout(PATIENCE)
        return self.all_replies(client, b'')

    def test_head(self):
        """Each octet comes in time; the head does not."""
        peer = self.peer(request=SHORT)
        [(status, fields, _)] = self.drip(self.connect(peer), b'GET /echo HTTP/1.1\r\nX: ' + b'x' * 8000)
        self.assertEqual((status, fields['connection']), (408, 'close'))
        self.assertEqual(peer.counters()['slow_requests'], 1)

    def test_body(self):
        peer = self.peer(request=SHORT)
        for octets in (b'Content-Length: 90000\r\n\r\n', b'Transfer-Encoding: chunked\r\n\r\nFFFFF\r\n'):
            client = self.connect(peer)
            client.sendall(HEAD + octets)
            [(status, _, _)] = self.drip(client, b'x' * 8000)
            self.assertEqual(status, 408)
        self.assertEqual(peer.counters()['slow_requests'], 2)

    def test_the_time_is_each_requests_own(self):
        """A connection may be older than the time of a request."""
        peer = self.peer(request=SHORT)
        client = self.connect(peer)
        for _ in range(3):
            self.assertEqual(self.exchange(client, GET)[0][0], 200)
            threading.Event().wait(SHORT / 1000)
        self.assertEqual(self.exchange(client, GET)[0][0], 200)
        self.assertEqual(peer.counters()['slow_requests'], 0)

    def test_idle(self):
        peer = self.peer(idle=SHORT)
        fresh, used = self.connect(peer), self.connect(peer)
        self.assertEqual(self.exchange(used, GET)[0][0], 200)
        for client in (fresh, used):
            self.assertTrue(self.is_closed(client))
        peer.wait_for(open=0, slow_requests=0)

    def test_held_for_longer_than_all_times(self):
        peer = self.peer(idle=SHORT, request=SHORT, reply=SHORT)
        client = self.connect(peer)
        client.sendall(b'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
        peer.until('held')
        threading.Event().wait(3 * SHORT / 1000)
        peer.tell('release')
        self.assertEqual(self.exchange(client, b'')[0][2], b'released')

    def small_window(self, peer):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect(('127.0.0.1', int(peer.places[0])))
        self.addCleanup(client.close)
        return client

    def test_reader_of_a_reply(self):
        peer = self.peer(reply=SHORT)
        client = self.small_window(peer)
        client.sendall(b'GET /big?octets=50000000 HTTP/1.1\r\nHost: a\r\n\r\n')
        counters = peer.wait_for(open=0, slow_replies=1)
        self.assertEqual(counters['gone'], 0)

    def test_reader_of_a_stream(self):
        """The handler is told that it may let go."""
        peer = self.peer(reply=SHORT)
        client = self.small_window(peer)
        client.sendall(b'GET /stream?octets=50000000 HTTP/1.1\r\nHost: a\r\n\r\n')
        peer.until('gone')
        peer.wait_for(open=0, slow_replies=1, gone=1)

    def test_memory_of_a_stream(self):
        """Who waits for drained puts no more than fits."""
        peer = self.peer()
        client = self.small_window(peer)
        client.sendall(b'GET /stream?octets=200000000 HTTP/1.1\r\nHost: a\r\n\r\n')
        peer.wait_for(requests=1)
        self.assertLess(peer.resident(), 150000)
        client.close()
        peer.until('gone')

    def test_each_part_of_a_stream_has_its_own_time(self):
        peer = self.peer(reply=SHORT * 10)
        client = self.connect(peer)
        client.sendall(b'GET /stream?octets=20000000 HTTP/1.1\r\nHost: a\r\n\r\n')
        with client.makefile('rb') as stream:
            stream.peek(1)
            threading.Event().wait(SHORT / 1000)
            status, _, body = read_reply(stream)
        self.assertEqual((status, len(body)), (200, 20000000))
        self.assertEqual(self.exchange(client, GET)[0][0], 200)


class Gone(Case):
    def test_before_the_answer(self):
        peer = self.peer()
        for _ in range(3):
            client = self.connect(peer)
            client.sendall(b'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
            peer.until('held')
            client.close()
            peer.until('gone')
        peer.tell('release')
        peer.until('released')
        peer.wait_for(open=0, gone=3)

    def test_reset(self):
        peer = self.peer()
        client = self.connect(peer)
        client.sendall(b'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
        peer.until('held')
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        client.close()
        peer.until('gone')

    def test_held_at_the_end_of_the_server(self):
        peer = self.peer()
        client = self.connect(peer)
        client.sendall(b'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
        peer.until('held')

    def test_half_closed_behind_requests(self):
        """What is answered at once is answered; what is not, is not waited for."""
        peer = self.peer()
        client = self.connect(peer)
        client.sendall(GET * 3)
        client.shutdown(socket.SHUT_WR)
        self.assertEqual([reply[0] for reply in self.all_replies(client, b'')], [200] * 3)
        client = self.connect(peer)
        client.sendall(GET + b'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
        client.shutdown(socket.SHUT_WR)
        self.assertEqual([reply[0] for reply in self.all_replies(client, b'')], [200])
        peer.until('gone')

    def test_half_closed_before_the_request_is_given(self):
        peer = self.peer()
        client = self.connect(peer)
        client.sendall(b'GET /big?octets=20000000 HTTP/1.1\r\nHost: a\r\n\r\nGET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
        client.shutdown(socket.SHUT_WR)
        peer.wait_for(requests=1)
        for _ in range(10):
            peer.counters()
        self.assertEqual([reply[0] for reply in self.all_replies(client, b'')], [200])
        peer.until('gone')

    def test_in_the_middle(self):
        peer = self.peer()
        for octets in (b'', b'GET /e', HEAD + b'Content-Length: 10\r\n\r\nabc', CHUNKED + b'5\r\nab', GET[:-1]):
            client = self.connect(peer)
            client.sendall(octets)
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(self.all_replies(client, b''), [])
        peer.wait_for(open=0, requests=0, gone=0)

    def test_in_a_stream(self):
        peer = self.peer()
        client = self.connect(peer)
        client.sendall(b'GET /stream?octets=50000000 HTTP/1.1\r\nHost: a\r\n\r\n')
        client.recv(1000)
        client.close()
        peer.until('gone')
        peer.wait_for(open=0)

    def test_in_a_long_reply(self):
        """Its end, and the failure to write more, come in one."""
        peer = self.peer('unix=' + at('socket-gone'))
        client = self.connect(peer)
        client.sendall(b'GET /big?octets=20000000 HTTP/1.1\r\nHost: a\r\n\r\n')
        client.recv(1000)
        peer.process.send_signal(signal.SIGSTOP)
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while client.recv(65536):
                pass  # what is unread would reset the connection
        client.close()
        peer.process.send_signal(signal.SIGCONT)
        peer.wait_for(open=0, requests=1)

    def test_dropped_by_the_handler(self):
        """A stream that is broken off never looks whole."""
        peer = self.peer()
        self.assertTrue(self.is_closed(self.exchange_nothing(peer, b'GET /drop HTTP/1.1\r\nHost: a\r\n\r\n')))
        client = self.exchange_nothing(peer, b'GET /half HTTP/1.1\r\nHost: a\r\n\r\n' + GET)
        octets = b''
        with contextlib.suppress(ConnectionResetError):
            while more := client.recv(65536):
                octets += more
        self.assertNotIn(b'0\r\n\r\n', octets)
        peer.wait_for(open=0, gone=0)

    def exchange_nothing(self, peer, octets):
        client = self.connect(peer)
        client.sendall(octets)
        return client


class Drain(Case):
    def test_drain(self):
        peer = self.peer()
        idle, held, sending = self.connect(peer), self.connect(peer), self.connect(peer)
        self.assertEqual(self.exchange(idle, GET)[0][0], 200)
        held.sendall(b'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
        peer.until('held')
        sending.sendall(HEAD + b'Content-Length: 3\r\n\r\na')
        threading.Event().wait(0.1)
        peer.tell('drain')
        self.assertEqual(peer.until('draining'), [])
        self.assertTrue(self.is_closed(idle))
        with self.assertRaises(ConnectionRefusedError):
            self.connect(peer)
        [(status, fields, _)] = self.all_replies(sending, b'bc')
        self.assertEqual((status, fields['connection']), (200, 'close'))
        sending.close()
        peer.wait_for(open=1)
        peer.tell('release')
        peer.until('released')
        [(status, fields, body)] = self.all_replies(held, b'')
        self.assertEqual((status, fields['connection'], body), (200, 'close', b'released'))
        held.close()
        peer.until('idle')

    def test_nothing_under_way(self):
        peer = self.peer()
        peer.tell('drain')
        peer.until('idle')

    def test_first_request_on_the_way(self):
        """Who has connected and not yet asked is answered; who never asks is not waited for."""
        peer = self.peer()
        fresh, mute = self.connect(peer), self.connect(peer)
        peer.wait_for(open=2)
        peer.tell('drain')
        peer.until('draining')
        [(status, fields, _)] = self.all_replies(fresh, GET)
        self.assertEqual((status, fields['connection']), (200, 'close'))
        fresh.close()
        peer.until('idle')
        self.assertTrue(self.is_closed(mute))


class Tls(Case):
    def start(self, mutual=False, **limits):
        server = f'{at("server.pem")},{at("server.key")}'
        return self.peer(f'mtls={server},{at("ca.pem")}' if mutual else f'tls={server}', **limits)

    def context(self, certificate=None, alpn=('http/1.1',)):
        context = ssl.create_default_context(cafile=at('ca.pem'))
        if alpn:
            context.set_alpn_protocols(list(alpn))
        if certificate:
            context.load_cert_chain(at(certificate + '.pem'), at(certificate + '.key'))
        return context

    def secure(self, peer, context=None):
        client = (context or self.context()).wrap_socket(self.connect(peer), server_hostname='127.0.0.1')
        self.addCleanup(client.close)
        return client

    def test_server(self):
        peer = self.start()
        client = self.secure(peer)
        self.assertEqual((client.version(), client.selected_alpn_protocol()), ('TLSv1.3', 'http/1.1'))
        for _ in range(3):
            [(status, _, body)] = self.exchange(client, GET)
            self.assertEqual((status, 'certificate' in json.loads(body)), (200, False))
        self.assertFalse(client.session.has_ticket)

    def test_versions(self):
        peer = self.start()
        context = self.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.secure(peer, context) as client:
            self.assertEqual(self.exchange(client, GET)[0][0], 200)
            self.assertFalse(client.session.has_ticket)
            session = client.session
        # Not by the server's memory either.
        with context.wrap_socket(self.connect(peer), server_hostname='127.0.0.1', session=session) as client:
            self.assertEqual((self.exchange(client, GET)[0][0], client.session_reused), (200, False))
        context = self.context()
        context.set_ciphers('ALL:@SECLEVEL=0')
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(ssl.SSLError):
            self.secure(peer, context)
        context = self.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers('AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA')
        with self.assertRaises(ssl.SSLError):
            self.secure(peer, context)
        peer.wait_for(tls_failures=2, open=0)

    def test_alpn(self):
        peer = self.start()
        self.assertEqual(self.exchange(self.secure(peer, self.context(alpn=())), GET)[0][0], 200)
        client = self.secure(peer, self.context(alpn=('h2', 'http/1.1')))
        self.assertEqual(client.selected_alpn_protocol(), 'http/1.1')
        with self.assertRaises(ssl.SSLError):
            self.secure(peer, self.context(alpn=('h2', 'smtp')))

    def test_mutual(self):
        peer = self.start(mutual=True)
        with open(at('client.pem'), encoding='ascii') as file:
            digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()
        client = self.secure(peer, self.context('client'))
        for _ in range(2):
            told = json.loads(self.exchange(client, GET)[0][2])
            self.assertEqual(told['certificate'], {'sha256': digest, 'subject': 'CN=signer one,O=Example', 'dns': ['signer.example.net'],
                                                   'uri': ['spiffe://example.net/signer']})
        told = json.loads(self.exchange(self.secure(peer, self.context('twice')), GET)[0][2])
        self.assertEqual(told['certificate']['subject'], 'CN=b,CN=a')
        told = json.loads(self.exchange(self.secure(peer, self.context('escaped')), GET)[0][2])
        self.assertEqual(told['certificate']['subject'], r'CN=\#a\,b\+c \"d\" Ö,O=E=F')

    def test_names_that_could_be_misread(self):
        """They are as good as not there; more names than are kept, and the client is refused."""
        peer = self.start(mutual=True)
        told = json.loads(self.exchange(self.secure(peer, self.context('odd')), GET)[0][2])
        self.assertEqual((told['certificate']['subject'], told['certificate']['dns'], told['certificate']['uri']),
                         (r'CN=a\09b', ['good.example.net'], []))
        self.assertTrue(self.is_closed(self.secure(peer, self.context('many'))))
        peer.wait_for(tls_failures=1, requests=1)

    def test_renewed_certificate(self):
        """Old connections go on with the old one, which may be freed."""
        peer = self.peer(f'tls={at("server.pem")},{at("server.key")}', f'spare={at("renewed.pem")},{at("renewed.key")}')
        old = self.secure(peer)
        peer.tell('renew')
        peer.until('renewed')
        new = self.secure(peer)
        for client, name in ((old, 'server'), (new, 'renewed')):
            self.assertEqual(self.exchange(client, GET)[0][0], 200)
            self.assertEqual(client.getpeercert()['subject'], ((('commonName', name),),))

    def test_clients_that_are_refused(self):
        peer = self.start(mutual=True)
        for certificate in ('stranger', 'expired', 'purpose', None):
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                context = self.context(certificate)
                context.minimum_version = context.maximum_version = version
                with self.assertRaises((ssl.SSLError, ConnectionResetError, BrokenPipeError), msg=certificate):
                    client = self.secure(peer, context)
                    client.sendall(GET)
                    if client.recv(1) == b'':
                        raise ConnectionResetError
        peer.wait_for(tls_failures=8, requests=0, open=0)
        self.assertEqual(self.exchange(self.secure(peer, self.context('client')), GET)[0][0], 200)

    def test_no_tls_at_all(self):
        peer = self.start()
        client = self.connect(peer)
        with contextlib.suppress(OSError):
            client.sendall(GET)
            while client.recv(1000):
                pass
        peer.wait_for(tls_failures=1, requests=0, open=0)

    def test_no_handshake(self):
        peer = self.start(request=SHORT)
        self.assertTrue(self.is_closed(self.connect(peer)))
        peer.wait_for(tls_failures=1, open=0)

    def test_renegotiation(self):
        """Asked for by a client that can, it is refused; the connection is not used up by it."""
        peer = self.start()
        done = subprocess.run(['openssl', 's_client', '-tls1_2', '-connect', f'127.0.0.1:{peer.places[0]}'], input='R\n', text=True,
                              capture_output=True, timeout=PATIENCE, check=False)
        self.assertIn('no renegotiation', done.stderr + done.stdout)

    def test_large(self):
        peer = self.start()
        client = self.secure(peer)
        self.assertEqual(len(self.exchange(client, b'GET /big?octets=5000000 HTTP/1.1\r\nHost: a\r\n\r\n')[0][2]), 5000000)
        self.assertEqual(len(self.exchange(client, b'GET /stream?octets=5000000 HTTP/1.1\r\nHost: a\r\n\r\n')[0][2]), 5000000)
        body = b'q' * (1 << 20)
        [(_, _, reply)] = self.exchange(client, HEAD + b'Content-Length: 1048576\r\n\r\n' + body)
        self.assertEqual(json.loads(reply)['body'].encode(), body)

    def test_refusals(self):
        peer = self.start(body=1000)
        [(status, _, _)] = self.all_replies(self.secure(peer), HEAD + b'Content-Length: 100000\r\n\r\n' + b'x' * 100000)
        self.assertEqual(status, 413)
        [(status, _, _)] = self.all_replies(self.secure(peer), GET.replace(b'\r', b''))
        self.assertEqual(status, 400)

    def test_pipelined_while_held(self):
        peer = self.start(head=2000)
        client = self.secure(peer)
        client.sendall(b'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n' + GET * 500)
        peer.until('held')
        peer.counters()
        peer.tell('release')
        with client.makefile('rb') as stream:
            self.assertEqual([read_reply(stream)[0] for _ in range(501)], [200] * 501)

    def test_gone(self):
        peer = self.start()
        for orderly in (True, False):
            client = self.secure(peer)
            client.sendall(b'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
            peer.until('held')
            if orderly:
                with contextlib.suppress(OSError, ssl.SSLError):
                    client.settimeout(0)
                    client.unwrap()
            client.close()
            peer.until('gone')
        peer.wait_for(open=0, gone=2)

    def test_orderly_end(self):
        """Who reads to the end sees that nothing was cut off."""
        peer = self.start()
        context = self.context()
        client = context.wrap_socket(self.connect(peer), server_hostname='127.0.0.1', suppress_ragged_eofs=False)
        self.addCleanup(client.close)
        [(status, _, _)] = self.all_replies(client, GET[:-2] + b'Connection: close\r\n\r\n')
        self.assertEqual(status, 200)

    def test_no_descriptor_is_lost(self):
        peer = self.start(mutual=True)
        before = peer.descriptors()
        for i in range(100):
            certificate = ('client', 'stranger', None)[i % 3]
            with contextlib.suppress(OSError):
                client = self.secure(peer, self.context(certificate))
                self.exchange(client, GET if i % 2 else GET[:9]) if certificate == 'client' and i % 2 else client.close()
                client.close()
        peer.wait_for(open=0)
        self.assertEqual(peer.descriptors(), before)


class Refusals(Case):
    """What the program refuses to start with."""

    def refused_start(self, *args):
        done = subprocess.run([BINARY, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 2)
        return done.stderr

    def test_files(self):
        self.assertIn('private key of the server', self.refused_start(f'tls={at("server.pem")},{at("client.key")}'))
        self.assertIn('certificate of the server', self.refused_start(f'tls={at("server.key")},{at("server.key")}'))
        self.assertIn('private key of the server', self.refused_start(f'tls={at("server.pem")},{at("server.pem")}'))
        self.assertIn('authorities of client', self.refused_start(
            f'mtls={at("server.pem")},{at("server.key")},{at("client.key")}'))

    def test_locked_key(self):
        """Nobody is asked for a passphrase."""
        subprocess.run(['openssl', 'pkey', '-in', at('server.key'), '-aes256', '-passout', 'pass:x', '-out', at('locked.key')], check=True,
                       capture_output=True, timeout=PATIENCE)
        self.assertIn('private key of the server', self.refused_start(f'tls={at("server.pem")},{at("locked.key")}'))

    def test_limits(self):
        self.assertIn('zero', self.refused_start('plain', 'body=0'))


if __name__ == '__main__':
    unittest.main()
