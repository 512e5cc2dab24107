#!/usr/bin/python3
"""Name servers that misbehave, for the lab.

serve READY   answer on 127.0.2.x until the parent process ends; the file READY appears when all
              sockets are open
wait LIST     until every "address zone" line of the file LIST is answered NOERROR with its SOA

Only UDP is served; on 127.0.2.18 TCP connects and stays silent. Addresses that relay get their
answers from the lab server that has the zones (127.0.3.1).
"""
import heapq
import os
import select
import socket
import struct
import sys
import time

PORT = 53
BACKEND = ("127.0.3.1", PORT)
PARENT = ("127.0.0.3", PORT)
LIFETIME_S = 6 * 3600
WAIT_S = 15
CAA = 257
NS = 2
CNAME = 5
SOA = 6
SEEN_MAX = 10000

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = 0, 1, 2, 3, 4, 5
QR, AA, TC = 0x8000, 0x0400, 0x0200


class Question:
    """The first question of a message: where it ends, its type and its name in lower case."""

    def __init__(self, message):
        self.message = message
        position = 12
        labels = []
        while True:
            length = message[position]
            if length > 63:
                raise ValueError("compressed question")
            position += 1
            if length == 0:
                break
            labels.append(message[position:position + length].lower())
            position += length
        self.labels = labels
        self.type, self.klass = struct.unpack_from("!HH", message, position)
        self.name = message[12:position]  # in the case of the message
        self.end = position + 4

    def with_name(self, name):
        """The message about a name of the same length."""
        return with_name(self.message, name)

    def reply(self, flags, records=b"", counts=(0, 0, 0)):
        """A message with the question and the given records."""
        (asked,) = struct.unpack_from("!H", self.message, 2)
        flags |= QR | (asked & 0x7900)  # opcode and RD as asked
        head = self.message[:2] + struct.pack("!HHHHH", flags, 1, *counts)
        return head + self.message[12:self.end] + records


def with_name(message, name):
    """A message, its question about a name of the same length; what points into it still does."""
    return message[:12] + name + message[12 + len(name):]


def relay(message, server=BACKEND):
    """What the server with the zones says; None if nothing within a second."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as backend:
        backend.settimeout(1)
        backend.connect(server)
        try:
            backend.send(message)
            return backend.recv(65535)
        except OSError:
            return None


def wire_name(labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def caa_record(owner, rdata, length=None):
    """A record of type CAA, TTL 300; length, if given, is a false RDLENGTH."""
    rdlength = len(rdata) if length is None else length
    return owner + struct.pack("!HHIH", CAA, 1, 300, rdlength) + rdata


def blackhole(question):
    return None


def servfail(question):
    return question.reply(SERVFAIL)


def refused(question):
    return question.reply(REFUSED)


def notimp_caa(question):
    return question.reply(NOTIMP) if question.type == CAA else relay(question.message)


def formerr_caa(question):
    return question.reply(FORMERR) if question.type == CAA else relay(question.message)


def drop_caa(question):
    return None if question.type == CAA else relay(question.message)


def truncated(question):
    return question.reply(AA | TC)


def lame(question):
    """A referral to the root, without authority."""
    root_ns = b"\0" + struct.pack("!HHIH", NS, 1, 300, 5) + b"\3ns1\0"
    return question.reply(NOERROR, root_ns, (0, 1, 0))


MALFORMED = {
    b"no-rdata": b"",
    b"short-rdata": b"\0",
    b"long-tag": b"\0\x09issue",
    b"no-tag": b"\0\0",
    b"one-of-two": b"\0\x09issue",
}


def malformed_caa(question):
    if question.type != CAA:
        return relay(question.message)
    first = question.labels[0] if question.labels else b""
    owner = b"\xc0\x0c"
    good = caa_record(owner, b"\0\5issueca.example.net")
    if first == b"cut-message":
        return question.reply(AA, caa_record(owner, b"\0\5issue", 200), (1, 0, 0))
    if first == b"one-of-two":
        return question.reply(AA, good + caa_record(owner, MALFORMED[first]), (2, 0, 0))
    if first in MALFORMED:
        return question.reply(AA, caa_record(owner, MALFORMED[first]), (1, 0, 0))
    return relay(question.message)


def stranger_caa(question):
    if question.type != CAA:
        return relay(question.message)
    owner = wire_name([b"stranger"] + question.labels[-2:])
    return question.reply(AA, caa_record(owner, b"\0\5issueca.example.net"), (1, 0, 0))


class Flaky:
    """Loses the first packet of each question."""

    def __init__(self):
        self.seen = set()

    def __call__(self, question):
        key = (tuple(question.labels), question.type)
        if key not in self.seen and len(self.seen) < SEEN_MAX:
            self.seen.add(key)
            return None
        return relay(question.message)


def relayed(question):
    return relay(question.message)


def zone_of(question):
    """The second label from the right: most zones of this program are directly below a TLD."""
    return question.labels[-2] if len(question.labels) > 1 else b""


def relay_caa_set(question):
    """Every CAA record of the name, whatever the client can take, taken out of an answer by TCP."""
    with socket.create_connection(BACKEND, timeout=1) as backend:
        backend.sendall(struct.pack("!H", len(question.message)) + question.message)
        with backend.makefile("rb") as stream:
            (length,) = struct.unpack("!H", stream.read(2))
            return stream.read(length)


GARBAGE = bytes(range(0xc0, 0x100)) * 3


class Once:
    """SERVFAIL to the first packet of each question, then answers."""

    def __init__(self):
        self.seen = set()

    def __call__(self, question):
        key = (tuple(question.labels), question.type)
        if key not in self.seen and len(self.seen) < SEEN_MAX:
            self.seen.add(key)
            return servfail(question)
        return relay(question.message)


class Turncoat:
    """For www an alias of a name elsewhere, once; later questions are refused."""

    TARGET = wire_name([b"www", b"blackhole", b"test"])

    def __init__(self):
        self.seen = set()

    def __call__(self, question):
        key = (tuple(question.labels), question.type)
        if question.type != CAA or question.labels[0] != b"www":
            return relay(question.message)
        if key in self.seen or len(self.seen) >= SEEN_MAX:
            return refused(question)
        self.seen.add(key)
        head = b"\xc0\x0c" + struct.pack("!HHIH", CNAME, 1, 300, len(self.TARGET))
        return question.reply(AA, head + self.TARGET, (1, 0, 0))


def garbage(_):
    return GARBAGE


def garbage_id(question):
    return question.message[:2] + GARBAGE


def other_id(message):
    return bytes([message[0] ^ 0x55, message[1]]) + message[2:]


def permit(question):
    return question.reply(AA, caa_record(b"\xc0\x0c", b"\0\5issueca.example.net"), (1, 0, 0))


def wrong_id(question):
    return other_id(permit(question))


def wrong_question(question):
    """The permission of another name, which is as long."""
    name = bytes([question.name[0]]) + b"x" * question.name[0] + question.name[1 + question.name[0]:]
    return with_name(permit(question), name)


def no_question(question):
    owner = question.name
    head = question.message[:2] + struct.pack("!HHHHH", QR | AA, 0, 1, 0, 0)
    return head + caa_record(owner, b"\0\5issueca.example.net")


def sent_back(question):
    return question.message


def no_octets(_):
    return b""


def no_header(question):
    return question.message[:7]


def cut_off(question):
    return relay_caa_set(question)[:512]


def spoofed(question):
    """A forged permission first, by somebody who cannot see the ID."""
    return [other_id(permit(question)), relay(question.message)]


# What is done to type CAA, by zone_of.
BROKEN = {
    b"garbage": garbage,
    b"garbage-id": garbage_id,
    b"wrong-id": wrong_id,
    b"wrong-question": wrong_question,
    b"no-question": no_question,
    b"query": sent_back,
    b"void": no_octets,
    b"short": no_header,
    b"oversize": relay_caa_set,
    b"cut-off": cut_off,
    b"once": Once(),
    b"spoof": spoofed,
}


def broken_caa(question):
    behaviour = BROKEN.get(zone_of(question)) if question.type == CAA else None
    return behaviour(question) if behaviour is not None else relay(question.message)


def empty(question):
    """NXDOMAIN with the SOA that belongs to it, so that it would be believed."""
    owner = wire_name(question.labels[-2:])
    rdata = b"\0\0" + struct.pack("!IIIII", 1, 3600, 600, 86400, 60)
    soa = owner + struct.pack("!HHIH", SOA, 1, 300, len(rdata)) + rdata
    return question.reply(AA | NXDOMAIN, soa, (0, 1, 0))


def case_of_name(question):
    """What servers do to names that are not in lower case (R-DNS-5), by zone_of."""
    zone = zone_of(question)
    if zone == b"lower":
        return relay(question.with_name(question.name.lower()))
    if zone == b"upper":
        answer = relay(question.message)
        return answer and with_name(answer, question.name.upper())
    if question.name != question.name.lower():
        return empty(question)
    return relay(question.message)


def parent_denial(question):
    """Denies type CAA with the parent's NSEC of this zone: of a name right behind it, as long as the
    one that was asked for, with that put in its place."""
    if question.type != CAA or len(question.labels) < 2:
        return relay(question.message)
    at = len(question.name) - 2 - len(question.labels[-1])  # the last octet of the zone's label
    near = question.name[:at - 1] + bytes([question.name[at - 1] + 1]) + question.name[at:]
    answer = relay(question.with_name(near), PARENT)
    if answer is None:
        return None
    rcode = NXDOMAIN if len(question.labels) > 2 else NOERROR
    (flags,) = struct.unpack_from("!H", answer, 2)
    head = answer[:2] + struct.pack("!H", (flags & ~15) | AA | rcode)
    return with_name(head + answer[4:], question.name)


def hollow_ent(question):
    """NXDOMAIN where names exist below."""
    answer = relay(question.message)
    if answer is None or question.labels[:1] != [b"ent"]:
        return answer
    return answer[:3] + bytes([(answer[3] & 0xf0) | NXDOMAIN]) + answer[4:]


# address: (behaviour, seconds before the answer leaves)
SERVERS = {
    "127.0.2.1": (blackhole, 0),
    "127.0.2.2": (servfail, 0),
    "127.0.2.3": (refused, 0),
    "127.0.2.4": (notimp_caa, 0),
    "127.0.2.5": (drop_caa, 0),
    "127.0.2.6": (relayed, 0.7),
    "127.0.2.7": (truncated, 0),
    "127.0.2.8": (Flaky(), 0),
    "127.0.2.9": (lame, 0),
    "127.0.2.10": (malformed_caa, 0),
    "127.0.2.11": (formerr_caa, 0),
    "127.0.2.12": (stranger_caa, 0),
    "127.0.2.13": (broken_caa, 0),
    "127.0.2.14": (case_of_name, 0),
    "127.0.2.15": (parent_denial, 0),
    "127.0.2.16": (hollow_ent, 0),
    "127.0.2.17": (relayed, 6),
    "127.0.2.18": (truncated, 0),
    "127.0.2.19": (Turncoat(), 0),
}
SILENT_TCP = "127.0.2.18"  # connections are taken by the kernel, and nobody reads from them


def open_sockets():
    sockets = {}
    for address, (behaviour, delay) in SERVERS.items():
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((address, PORT))
        sockets[server.fileno()] = (server, behaviour, delay)
    return sockets


def open_silent_tcp():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind((SILENT_TCP, PORT))
    server.listen(64)
    return server


def answers_of(behaviour, message):
    """What leaves for a message: a list, mostly of one or none."""
    try:
        answer = behaviour(Question(message))
    except (IndexError, ValueError, struct.error, OSError):
        return []
    answers = answer if isinstance(answer, list) else [answer]
    return [octets for octets in answers if octets is not None]


def serve(ready):
    sockets = open_sockets()
    silent = open_silent_tcp()
    with open(ready, "w", encoding="ascii"):
        pass
    parent = os.getppid()
    end = time.monotonic() + LIFETIME_S
    waiting = []  # heap of (due, sequence, socket, client, answer)
    sequence = 0
    while os.getppid() == parent and time.monotonic() < end:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, server, client, answer = heapq.heappop(waiting)
            server.sendto(answer, client)
        timeout = min(1, waiting[0][0] - now) if waiting else 1
        readable, _, _ = select.select(list(sockets), [], [], timeout)
        for descriptor in readable:
            server, behaviour, delay = sockets[descriptor]
            message, client = server.recvfrom(65535)
            for answer in answers_of(behaviour, message):
                sequence += 1
                due = time.monotonic() + delay
                heapq.heappush(waiting, (due, sequence, server, client, answer))
    silent.close()


def answers_noerror(address, zone):
    query = struct.pack("!HHHHHH", 0x1234, 0, 1, 0, 0, 0)
    query += wire_name([label.encode("ascii") for label in zone.split(".") if label])
    query += struct.pack("!HH", SOA, 1)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(0.2)
        try:
            client.connect((address, PORT))
            client.send(query)
            answer = client.recv(65535)
        except OSError:
            return False
    return len(answer) > 12 and answer[3] & 15 == NOERROR and answer[6:8] != b"\0\0"


def wait(path):
    end = time.monotonic() + WAIT_S
    with open(path, encoding="ascii") as lines:
        pending = [line.split() for line in lines]
    while pending:
        pending = [entry for entry in pending if not answers_noerror(*entry)]
        if pending and time.monotonic() > end:
            print("lab: no answer from", ", ".join(" for ".join(entry) for entry in pending),
                  file=sys.stderr)
            return 1
        if pending:
            time.sleep(0.01)
    return 0


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "serve":
        serve(arguments[1])
        return 0
    if len(arguments) == 2 and arguments[0] == "wait":
        return wait(arguments[1])
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
