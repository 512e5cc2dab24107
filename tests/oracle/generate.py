"""Random requests for the oracle and the judge, reproducible from (seed, index).

Each request carries a small random DNS of its own: nodes come into being when a question meets them, and every question
that any search could ask is then answered from them, so that the answers agree with each other as real ones do.
"""

import argparse
import collections
import json
import random
from datetime import datetime, timezone

import oracle

DAY = 86400
OWN, BRAND = "ca.example.net", "brand.example"
ACCOUNT_A, ACCOUNT_B = "https://ca.example.net/acct/1", "https://ca.example.net/acct/2"
PARENT = "acct:parent@ca.example.net"


def weighted(**weights):
    """A list to pick from; the names are the choices, `_` stands for `-`."""
    return [name.replace("_", "-") for name, weight in weights.items() for _ in range(weight)]


# --------------------------------------------------------------------------------------------------------------------
# Record values

ISSUERS = ([b"ca.example.net"] * 14 + [b"other.example"] * 4 + [
    b"", b"", b"*", b"*", BRAND.encode(), BRAND.encode(), b"CA.Example.NET", b"cA.example.net", b"sub.ca.example.net",
    b"example.net", b"ca_x.example.net", b"-ca.example.net", b"ca-.example.net", b"ca..example.net",
    b"ca.example.net.", b".ca.example.net", b"ca", b"c--a.example", b"%%%%%", b"@@@", b"b\xc3\xbccher.example",
    b"ca.example.net\x00", b"ca.example .net", b"*.ca.example.net", b"**", b"https://ca.example.net",
    b"ca.example.net:443", b"other.example<script>", b"ca.example.net\xa0", b"ca.example.net a=b"])
SEPARATORS = [b";"] * 6 + [b" ;", b" ; ", b"; ", b"; ", b"; ", b"\t;\t", b";;", b"; ;", b",", b" "]
JOINERS = [b"; "] * 6 + [b";", b" ; ", b"\t;", b" ", b"  ", b"\t", b";;", b", "]
TAILS = [b""] * 24 + [b" ", b"\t", b";", b" ;", b"; ", b"\r\n", b"\n", b"\x7f"]
BLANKS = [b""] * 20 + [b" ", b"  ", b"\t", b" \t", b"\r", b"\xa0"]
ACCOUNT_TAGS = [b"accounturi"] * 6 + [b"AccountURI", b"ACCOUNTURI", b"account-uri"]
METHOD_TAGS = [b"validationmethods"] * 6 + [b"validationMethods", b"VALIDATIONMETHODS", b"validation-methods"]
ACCOUNTS = ([ACCOUNT_A.encode()] * 6 + [ACCOUNT_B.encode()] * 2 + [PARENT.encode()] * 3 + [
    b"", b"not-a-uri", b"not a uri", b"https://ca.example.net/acct/1/", b"HTTPS://ca.example.net/acct/1",
    b"https://ca.example.net/acct/{1}", b"1https://ca.example.net/acct/1", b"urn:x:1"])
LABELS = [b"dns-01"] * 6 + [b"http-01"] * 5 + [
    b"tls-alpn-01", b"dns-account-01", b"dns-persist-01", b"email-reply-00", b"onion-csr-01", b"ca-tbr-4", b"ca-tbr-7",
    b"ca-tbr-7", b"ca-tbr-19", b"ca-tbr-19", b"ca-tbr-20", b"ca-tbr-21", b"ca-tbr-22", b"CA-TBR-4", b"DNS-01",
    b"DNS-01", b"Http-01",
    b"3.2.2.4.7", b"ca-other", b"-"]
OTHER_PARAMETERS = [
    b"a=b", b"a=", b"a-b=c", b"c=1", b"policy=ev", b"flag", b"=b", b"-a=b", b"a-=b", b"a=b c", b"a = b", b"a= b",
    b"a =b", b"a=\"q\"", b"a=b=c", b"a==", b"a\xc3\xa9=b", b"a=\xc3\xa9", b"a_b=c", b"a=1;b=2", b"a=\x1f"]
SKIPS = [b"skipsubdomaincheck=true"] * 6 + [
    b"skipsubdomaincheck=false", b"skipsubdomaincheck=TRUE", b"skipsubdomaincheck=1", b"skipsubdomaincheck=",
    b"SkipSubdomainCheck=true", b"skipsubdomaincheck = true",
    b"skipsubdomaincheck=true; skipsubdomaincheck=true", b"skipsubdomaincheck=true; SkipSubdomainCheck=true"]


def method_list(rng):
    labels = [rng.choice(LABELS) for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3)))]
    text = rng.choice((b",",) * 8 + (b", ", b",,")).join(labels)
    return text + (b"," if rng.random() < 0.04 else b"")


def parameter(rng):
    roll = rng.random()
    if roll < 0.68:
        return account_parameter(rng) if roll < 0.36 else method_parameter(rng)
    return rng.choice(SKIPS if roll < 0.84 else OTHER_PARAMETERS)


def plain_value(rng):
    return rng.choice((b"ca.example.net", b"ca.example.net", b"other.example", b";", BRAND.encode()))


def wild_value(rng):
    """A value from the grammar, with every kind of fault mixed in."""
    value = rng.choice(BLANKS) + rng.choice(ISSUERS)
    count = rng.choice((0, 0, 1, 1, 1, 2, 2, 3))
    if count or rng.random() < 0.15:
        value += rng.choice(SEPARATORS) + rng.choice(JOINERS).join(parameter(rng) for _ in range(count))
    return value + rng.choice(TAILS)


def good_value(rng):
    roll = rng.random()
    if roll < 0.7:
        return b"ca.example.net"
    if roll < 0.85:
        return b"ca.example.net; accounturi=" + ACCOUNT_A.encode()
    return b"ca.example.net; validationmethods=dns-01"


def account_parameter(rng):
    return rng.choice(ACCOUNT_TAGS) + b"=" + rng.choice(ACCOUNTS)


def method_parameter(rng):
    return rng.choice(METHOD_TAGS) + b"=" + method_list(rng)


def parameter_value(rng):
    """Ours, with RFC 8657 parameters that are mostly well formed."""
    chosen = rng.choice(((account_parameter,), (method_parameter,), (account_parameter, method_parameter),
                         (method_parameter, method_parameter)))
    issuer = b"ca.example.net" if rng.random() < 0.9 else b"other.example"
    return b"; ".join([issuer] + [make(rng) for make in chosen])


def skip_value(rng):
    return rng.choice((b"ca.example.net", b"*", b"other.example", b"")) + b"; " + rng.choice(SKIPS)


ISSUE_TAGS = weighted(issue=14, issuewild=6, ISSUE=1, IssueWild=1, issuemail=1, issuevmc=1)
TAGS_OF_PURPOSE = {
    "tls": ISSUE_TAGS, "tls+smime": weighted(issue=8, issuewild=4, issuemail=8, IssueMail=1),
    "smime": weighted(issuemail=14, IssueMail=1, issue=3, issuewild=2),
    "vmc": weighted(issuevmc=14, issue=3, IssueVmc=1)}
OTHER_TAGS = [
    (b"iodef", b"mailto:s@d.test"), (b"iodef", b"ftp://x"), (b"contactemail", b"a@d.test"),
    (b"contactphone", b"+1 555 0100"), (b"tbs", b"x"), (b"path", b"x"), (b"issuemail", b";"), (b"issuevmc", b";"),
    (b"issue\x00", b"other.example"), (b"issue-x", b";"), (b"a" * 60, b"x"), (b"issue ", b";"), (b"\xc3\xa9", b"x"),
    (b"security", b"")]
FLAGS = [0] * 16 + [128] * 4 + [1, 2, 127, 130, 255]


def text_members(name, octets):
    if all(0x20 <= octet < 0x7F for octet in octets):
        return {name: octets.decode()}
    return {name + "_hex": octets.hex()}


def record(flags, tag, value):
    return {"flags": flags, **text_members("tag", tag), **text_members("value", value)}


class Pools:
    """Records made beforehand; a request only picks from them."""

    KINDS = {"plain": plain_value, "wild": wild_value, "good": good_value, "skip": skip_value,
             "params": parameter_value}

    def __init__(self, seed):
        rng = random.Random("pools/%s" % seed)
        self.issue = {
            (purpose, kind): [self.issue_record(rng, tags, make) for _ in range(600)]
            for purpose, tags in TAGS_OF_PURPOSE.items() for kind, make in self.KINDS.items()}
        self.other = [record(rng.choice(FLAGS), *rng.choice(OTHER_TAGS)) for _ in range(200)]

    @staticmethod
    def issue_record(rng, tags, make):
        flags = rng.choice(FLAGS) if rng.random() < 0.2 else 0
        tag = tags[0] if make is parameter_value and rng.random() < 0.7 else rng.choice(tags)
        return record(flags, tag.encode(), make(rng))


# --------------------------------------------------------------------------------------------------------------------
# Dates

BOUNDARIES = sorted({first for rows in (
    oracle.TLS_EPOCHS, oracle.SMIME_EPOCHS, oracle.TLS_PHASES, oracle.SMIME_PHASES) for _, first in rows if first} | {
        oracle.DAY_NO_UNDERSCORE, oracle.DAY_OPERATOR_ENDS, oracle.DAY_OPERATOR_TEXT_ENDS,
        oracle.DAY_DELEGATION_BREACH})
AROUND = (-DAY, -1, 0, 0, 1, DAY - 1, DAY, DAY + 1, 43200, -43200)
RANGES = {  # first and last day of the dates that a theme prefers
    "any": ("2014-06-01", "2029-01-01"), "rfc6844": ("2017-09-08", "2020-10-18"),
    "early": ("2017-09-08", "2018-05-09"), "modern": ("2020-10-19", "2027-12-31"),
    "exempt": ("2017-09-01", "2025-12-31"), "mail": ("2024-08-01", "2026-12-31"),
    "future": ("2026-09-01", "2028-01-01")}
RANGES = {name: tuple(oracle.seconds(day) for day in days) for name, days in RANGES.items()}


_STAMPS = {}


def stamp(value):
    text = _STAMPS.get(value)
    if text is None:
        if len(_STAMPS) > 50000:
            _STAMPS.clear()
        text = _STAMPS[value] = datetime.fromtimestamp(value, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return text


def random_moment(rng, theme):
    first, last = RANGES.get(theme, RANGES["any"])
    if rng.random() < 0.4:
        near = rng.choice(BOUNDARIES) + rng.choice(AROUND)
        if first <= near <= last + DAY:
            return near
    return first + int(rng.random() * (last - first))


# --------------------------------------------------------------------------------------------------------------------
# The random DNS of one request

TLDS = ["test", "test", "test", "example", "net", "org"]
LABEL_POOL = ["www", "a", "b", "d", "d", "e", "s", "x", "h", "host", "things", "xd", "xn--bcher-kva", "a-b", "7"]
TARGETS = ["h.host.test", "host.test", "b.y.test", "a.x.test", "www.e.test", "e.test", "x.d.test", "d.test",
           "deep.er.h.net", "apex.host.example", "test", "www.d.test"]
BAD_OUTCOMES = ["timeout", "timeout", "servfail", "servfail", "refused", "truncated", "malformed", "malformed",
                "malformed", "loop", "bogus", "indeterminate", "deadline", "error"]
CONTROLS = ("a.example", "b.example", "c.example")
PROBED_AT = "2026-11-22T12:00:00Z"
SOFT_OUTCOMES = ["timeout", "timeout", "refused", "malformed", "servfail"]
STATES = ["insecure", "secure", "insecure", "bogus", "indeterminate", None]
TTLS = [0, 1, 60, 300, 3600, 28799, 28800, 28801, 86400, 604800, 2**31 - 1, 2**31, 2**31 + 300, 2**32 - 1]
NONE, NX, SETS, CNAME = range(4)


class World:
    """Nodes are drawn on first sight; `answer` resolves a question over them."""

    def __init__(self, rng, theme, purpose, pools, moment):
        self.rng, self.theme, self.purpose, self.pools, self.moment = rng, theme, purpose, pools, moment
        self.nodes, self.dnames, self.wildcards = {}, {}, {}
        self.old = theme in ("rfc6844", "dname")
        self.p_fail = {"fail": 0.25, "lf": 0.45}.get(theme, 0.012)
        self.p_set = {"lf": 0.15, "sparse": 0.06, "rfc6844": 0.2, "params": 0.7}.get(theme, 0.3)
        self.p_alias = 0.25 if self.old else 0.12
        self.p_dname = 0.15 if self.old else 0.03
        roll = rng.random()
        self.dnssec = "insecure" if roll < 0.66 or theme == "lf" else "secure" if roll < 0.92 else \
            None if roll < 0.95 else "mixed"
        self.timed = rng.random() < 0.3
        kinds = {"skip": ("skip", "skip", "wild"), "params": ("params",)}
        self.kind = rng.choice(kinds.get(theme, ("plain", "wild", "wild", "wild", "good")))

    def node(self, name):
        if name not in self.nodes:
            self.nodes[name] = self.draw(name)
        return self.nodes[name]

    def draw(self, name):
        rng = self.rng
        top = "." not in name
        if oracle.parent(name) in self.wildcards and rng.random() < 0.7:
            return self.wildcards[oracle.parent(name)]  # expanded from the wildcard there
        roll = rng.random()
        p_set = self.p_set * 0.2 if top else self.p_set
        if roll < p_set:
            return SETS, self.record_set()
        roll -= p_set
        if not top and roll < self.p_alias:
            return CNAME, self.target(name)
        if roll > 0.85:
            return NX, None
        if not top and rng.random() < self.p_dname:
            self.dnames[name] = rng.choice(TARGETS)
        elif rng.random() < 0.03:
            self.wildcards[name] = (SETS, self.record_set()) if rng.random() < 0.7 else (CNAME, rng.choice(TARGETS))
        return NONE, None

    def target(self, name):
        rng = self.rng
        if rng.random() < 0.06:
            return self.chain(rng.randint(6, 17))
        if rng.random() < 0.2 and self.nodes:
            return rng.choice(list(self.nodes))
        return rng.choice(TARGETS)

    def chain(self, length):
        """A chain of `length` names; its first is the target."""
        names = ["c%d.chain%d.test" % (n, n % 3) for n in range(length)]
        for name, following in zip(names, names[1:]):
            self.nodes[name] = CNAME, following
        self.nodes[names[-1]] = (SETS, self.record_set()) if self.rng.random() < 0.6 else (NONE, None)
        return names[0]

    def record_set(self):
        rng = self.rng
        kind = self.kind if self.kind == "params" or rng.random() < 0.8 else "plain"
        pool, other = self.pools.issue[self.purpose, kind], self.pools.other
        records = [rng.choice(pool) for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3)))]
        roll = rng.random()
        if kind == "params":
            return records[:1] if roll < 0.8 else records
        if roll < 0.15:
            records.append(rng.choice(other))
        elif roll < 0.25:
            records = [rng.choice(other)]
        return records

    def resolve(self, name):
        """(alias chain, last node or None for a loop)."""
        chain, current = [], name
        while len(chain) < 18:
            following = self.following(current)
            if following is None:
                return chain, self.node(current)
            if following == name or following in chain:
                return chain, None
            chain.append(following)
            current = following
        return chain, (NONE, None)

    def following(self, name):
        """The CNAME target of a name, real or made from a DNAME above it."""
        dot = name.find(".")
        while dot >= 0:
            above = name[dot + 1:]
            self.node(above)
            if above in self.dnames:
                made = name[:dot + 1] + self.dnames[above]
                return made if len(made) <= 253 else None
            dot = name.find(".", dot + 1)
        kind, target = self.node(name)
        return target if kind == CNAME else None

    def caa(self, name):
        answer = {"name": name}
        chain, last = self.resolve(name)
        if chain:
            answer["aliases"] = chain
        if self.rng.random() < self.p_fail:
            return self.failure(answer)
        if last is None:
            return self.failure(answer, "loop")
        kind, records = last
        if kind == SETS:
            answer["outcome"], answer["records"] = "records", records
            answer["ttl"] = self.rng.choice(TTLS)
            if chain and self.rng.random() < 0.03:
                answer["records_at"] = name if self.rng.random() < 0.5 else self.rng.choice(chain)
        else:
            answer["outcome"] = "nxdomain" if kind == NX else "nodata"
            if self.rng.random() < 0.1:
                answer["ttl"] = self.rng.choice(TTLS)
        return self.finish(answer)

    def dname(self, name):
        answer = {"name": name, "type": "DNAME"}
        if self.rng.random() < self.p_fail * 0.4:
            return self.failure(answer)
        if name in self.dnames:
            answer["outcome"], answer["aliases"] = "records", [self.dnames[name]]
        else:
            answer["outcome"] = "nodata"
        return self.finish(answer)

    def finish(self, answer):
        rng = self.rng
        dnssec = self.dnssec if self.dnssec != "mixed" else rng.choice(STATES)
        if dnssec:
            answer["dnssec"] = dnssec
        if self.timed:
            answer["time"] = stamp(self.moment - int(rng.random() * rng.choice((5, 600, 40000))))
        return answer

    def failure(self, answer, outcome=None):
        rng = self.rng
        lenient = self.theme == "lf" and rng.random() < 0.93
        outcome = outcome or rng.choice(SOFT_OUTCOMES if lenient else BAD_OUTCOMES)
        answer["outcome"] = outcome
        if outcome == "malformed":
            answer["detail"] = "message" if lenient else rng.choice(("message", "rdata", "owner"))
        self.finish(answer)
        if not lenient or rng.random() < 0.15:
            answer["dnssec"] = rng.choice(STATES) or "indeterminate"
        attempts = 2 if lenient else rng.choice((None, 1, 2, 3))
        if attempts is not None:
            answer["attempts"] = attempts
        if rng.random() < 0.3:
            names = rng.sample(CONTROLS, rng.choice((1, 2, 2, 2, 3)))
            answer["control"] = [{"name": name, "time": PROBED_AT} for name in names]
        return answer

    def answers(self, hosts, epoch):
        """Answers to every question that any search from the hosts could ask."""
        tree = epoch in oracle.GRAMMAR_6844
        waiting, seen, answers = [], set(), []
        for host in hosts:
            waiting.extend(oracle.ancestors(host))
        limit = 70
        if any(host.count(".") > 40 for host in hosts):  # a long climb, to meet the limit of names
            limit, self.p_set, self.p_fail, self.p_alias = 400, 0.002, 0.0005, 0.04
        while waiting and len(seen) < limit:
            name = waiting.pop(0)
            if name in seen:
                continue
            seen.add(name)
            answer = self.caa(name)
            answers.append(answer)
            if not tree:
                continue
            for alias in answer.get("aliases", ()):
                waiting.extend(oracle.ancestors(alias))
            if answer["outcome"] == "nodata" and "aliases" not in answer:
                dname = self.dname(name)
                answers.append(dname)
                for target in dname.get("aliases", ()):
                    waiting.extend(oracle.ancestors(target))
        if self.theme == "lf":
            return answers
        return self.disturb(answers)

    def disturb(self, answers):
        """Sometimes one is missing, one is of no use, or the order differs."""
        roll = self.rng.random()
        if not answers:
            return answers
        if roll < 0.02:
            answers.pop(self.rng.randrange(len(answers)))
        elif roll < 0.04:
            answers.append({"name": "unrelated.test", "outcome": "timeout"})
        elif roll < 0.06:
            answers.reverse()
        elif roll < 0.08:
            answer = self.rng.choice(answers)
            answer["name"] = answer["name"].upper()
        return answers


# --------------------------------------------------------------------------------------------------------------------
# The request

THEMES = weighted(plain=20, sparse=7, fail=5, lf=18, rfc6844=18, dname=8, skip=9, exempt=14, na=7, modern=10, params=12)
PURPOSES = weighted(tls=30, smime=7, vmc=3) + ["tls+smime"] * 3
METHODS = ["dns-01"] * 5 + ["http-01"] * 2 + [
    "tls-alpn-01", "dns-account-01", "dns-persist-01", "email-reply-00", "3.2.2.4.4", "3.2.2.4.7", "3.2.2.4.19",
    "3.2.2.4.20", "3.2.2.4.21", "ca-tbr-4", "ca-tbr-19"]
BR_METHODS = ["3.2.2.4.4", "3.2.2.4.7", "3.2.2.4.19", "3.2.2.4.20", "ca-tbr-7", "http-01", "dns-account-01"]
BAD_NAMES = [
    "", ".", "*", "*.", "*.*.d.test", "a.*.d.test", "*x.d.test", "a..d.test", ".d.test", "d.test..", "-a.d.test",
    "a-.d.test", "b\u00fccher.test", "a b.test", "a/b.test", "a_b.d.test", "_dmarc.d.test", "l" * 64 + ".test",
    ".".join(["l" * 50] * 5), "u@", "@d.test", "u@d..test", "4.3.2.192.in-addr.arpa", "1.0.ip6.arpa",
    "*.2.in-addr.arpa", "a:b", "d.test\x00", "d.test\n"]
ADDRESSES = ["192.0.2.1", "2001:db8::1", "::", "198.51.100.255"]
SIGN_AFTER = [0, 0, 1, 60, 60, 600, 600, 3600, 3600, 7200, 28799, 28800, 28800, 28801, 40000, 86400, 86401, 3 * DAY, -1,
              -30000]
VERDICTS = ["PERMIT"] * 6 + ["PERMIT-LF", "DENY", "FAIL", "ARGUABLE"]


class Maker:
    """Makes one request."""

    def __init__(self, rng, pools):
        self.rng, self.pools = rng, pools
        self.theme = rng.choice(THEMES)
        self.purpose = self.draw_purpose()
        self.profile = self.draw_profile()
        self.date = random_moment(rng, self.date_theme())
        self.fault = rng.choice(("name", "name", "policy", "nta")) if self.chance(0.05) else None
        self.signed = None

    def chance(self, p):
        return self.rng.random() < p

    def draw_purpose(self):
        if self.theme == "params":
            return "tls" if self.chance(0.7) else self.rng.choice(("smime", "tls+smime"))
        if self.theme in ("skip", "exempt", "dname"):
            return "tls" if self.theme != "exempt" or self.chance(0.8) else "smime"
        return self.rng.choice(PURPOSES)

    def draw_profile(self):
        if self.theme == "skip":
            return "proposal-2016"
        if self.chance(0.08):
            return "private"
        if self.chance(0.1) and self.purpose != "tls+smime":
            return oracle.PROFILE_OF_PURPOSE[self.purpose]
        return None

    def date_theme(self):
        if self.purpose == "smime" and self.chance(0.85):
            return "mail"
        if self.theme in ("rfc6844", "dname"):
            return "early" if self.chance(0.6) else "rfc6844"
        if self.theme == "lf" and self.chance(0.3):
            return self.rng.choice(("early", "rfc6844", "any"))
        if self.theme == "params" and self.chance(0.6):
            return "future"
        return {"lf": "modern", "modern": "modern", "exempt": "exempt"}.get(self.theme, "any")

    def request(self):
        names = self.names()
        request = {"names": names, "purpose": self.purpose}
        if self.purpose == "tls" and self.chance(0.5):
            del request["purpose"]
        if self.profile:
            request["profile"] = self.profile
        if self.chance(0.3):
            request["order"] = self.rng.choice(("bottom-up", "top-down", "parallel"))
        if self.chance(0.9):
            request["account_uri"] = ACCOUNT_A if self.chance(0.8) else [ACCOUNT_B, ACCOUNT_A]
        if self.chance(0.9):
            request["method"] = self.method() if self.chance(0.85) else [self.method(), self.method()]
        request["policy"] = self.policy()
        request["facts"] = self.facts(request)
        self.issuer(request)
        if self.signed is None or self.chance(0.8):
            request["date"] = stamp(self.date) if self.date % DAY or self.chance(0.5) else stamp(self.date)[:10]
        else:
            self.date = self.signed
        request["answers"] = self.answers(request)
        for member in ("policy", "facts"):
            if not request[member] and self.chance(0.8):
                del request[member]
        return request

    # names

    def names(self):
        count = self.rng.choice((1, 1, 1, 1, 1, 2, 2, 3))
        names = [self.name() for _ in range(count)]
        if self.fault == "name":
            names[self.rng.randrange(count)] = self.rng.choice(BAD_NAMES)
        return [self.override(name) if self.chance(0.05) else name for name in names]

    def override(self, name):
        entry = {"name": name}
        if self.chance(0.6):
            entry["account_uri"] = self.rng.choice((ACCOUNT_A, ACCOUNT_B))
        if self.chance(0.6):
            entry["method"] = self.method()
        return entry

    def method(self):
        return self.rng.choice(BR_METHODS if self.theme == "params" and self.chance(0.4) else METHODS)

    def name(self):
        mail = self.purpose == "smime" or (self.purpose == "tls+smime" and self.chance(0.5))
        if not mail and self.chance(0.8 if self.theme == "na" else 0.02):
            return self.onion() if self.chance(0.5) else self.rng.choice(ADDRESSES)
        host = self.host()
        if mail:
            return "u@" + host if self.purpose == "tls+smime" or self.chance(0.8) else host
        if self.purpose != "vmc" and self.chance(0.25):
            return "*." + host
        if self.chance(0.05):
            return host + "."
        return host.title() if self.chance(0.04) else host

    def host(self):
        rng = self.rng
        if self.chance(0.008 if self.date < RANGES["early"][0] + 49 * DAY else 0.0005):
            return ".".join(["a"] * rng.choice((70, 118, 124)) + ["test"])
        labels = [rng.choice(LABEL_POOL) for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 2, 3, 4, 5)))]
        if self.date < oracle.DAY_NO_UNDERSCORE and labels and self.chance(0.03):
            labels[0] = "_x"
        if self.chance(0.003):
            labels = ["l" * 63, "l" * 63, "l" * 63, "l" * 56]  # with ".test": 253 octets
            return ".".join(labels) + ".test"
        return ".".join(labels + [rng.choice(TLDS)])

    def onion(self):
        label = "".join(self.rng.choices("abcdefghijklmnopqrstuvwxyz234567", k=55)) + "d"
        return self.rng.choice(("", "", "www.", "*.")) + label + ".onion"

    # policy and facts

    def issuer(self, request):
        if self.chance(0.3 if self.theme == "params" and self.purpose != "tls" else 0.7):
            request["issuer"] = OWN if self.chance(0.7) else [OWN, BRAND]
            return
        own = [{"name": OWN, "issuemail_parameters": self.chance(0.5)}] if self.chance(0.6) else [OWN]
        if self.chance(0.5):
            brand = {"name": BRAND}
            if self.chance(0.7):
                brand[self.rng.choice(("from", "until"))] = stamp(self.date + self.rng.choice((-DAY, 0, 0, DAY)))
            own.append(brand)
        request["policy"]["own"] = own
        if self.chance(0.3):
            request["issuer"] = [OWN] if self.chance(0.7) else BRAND

    def policy(self):
        policy, pick = {}, self.rng.choice
        if self.chance(0.2 if self.theme == "params" else 0.55):
            policy["honour"] = self.honour()
        for member, odds, choices in POLICY_MEMBERS:
            if self.chance(odds):
                policy[member] = pick(choices)
        if self.theme == "params" and self.chance(0.25):
            policy["label_case"] = "fold"
        if self.theme == "lf" or self.chance(0.05):
            policy["lf_permit"] = not self.chance(0.05)
            if self.chance(0.5):
                policy["lf_servfail"] = pick(("strict", "classified", "classified"))
        if self.theme == "exempt" or self.chance(0.03):
            policy["exceptions"] = pick(EXCEPTIONS)
        if self.chance(0.2 if self.theme == "params" else 0.03):
            policy["ca_tbr_from"] = stamp(self.date + pick((-DAY, 0, 1, DAY)))
        if self.fault == "policy":
            policy.update(pick(BAD_POLICIES))
        if self.fault == "nta":
            policy["negative_trust_anchors"] = ["d.test"]
        return policy

    def honour(self):
        value = self.honour_value
        if self.chance(0.5):
            return {"accounturi": False, "validationmethods": False}
        return {name: value() for name in ("accounturi", "validationmethods") if self.chance(0.8)}

    def honour_value(self):
        return self.rng.choice((True, False, stamp(self.date + self.rng.choice((-DAY, 0, 1, DAY)))))

    def facts(self, request):
        facts, pick, date = {}, self.rng.choice, self.date
        if self.chance(0.3):
            self.signed = date + pick(SIGN_AFTER)
            facts["signing_time"] = stamp(self.signed)
        if self.theme == "lf" or self.chance(0.05):
            facts["control_probe"] = not self.chance(0.2)
            if self.chance(0.3 if date >= oracle.DAY_INSECURE_SMIME else 0.7):
                facts["no_chain"] = pick((["d.test"], ["test"], ["e.test", "d.test", "net"]))
        if self.chance(0.03):
            facts["deadline"], facts["completed"] = stamp(date + 30), stamp(date + pick((29, 30, 31)))
        if self.chance(0.03):
            times = self.rng.sample(range(1, 3000), pick((1, 2, 3)))
            facts["later"] = [{"time": stamp(date + t), "verdict": pick(VERDICTS)} for t in times]
        if self.chance(0.03):
            facts["delegated"] = not self.chance(0.1)
        if "account_uri" in request and self.chance(0.5 if self.theme == "params" else 0.05):
            facts["parent_account"] = {"uri": PARENT, **{name: not self.chance(0.1) for name in (
                "mapping_auditable", "authorization_verified", "logs_retained")}}
        if self.theme == "exempt" or self.chance(0.02):
            self.exception_facts(facts)
        if self.theme == "na" or self.chance(0.01):
            facts["onion"] = self.onion_facts()
        return facts

    def exception_facts(self, facts):
        pick, date = self.rng.choice, self.date
        if self.chance(0.6):
            signed = date - pick((0, 60, 3 * DAY))
            fact = {"logs": pick((1, 2, 2, 2, 2, 2, 3)), "signed": stamp(signed), "ttl": pick((0, 300, 86400))}
            if self.chance(0.9):
                fact["checked"] = stamp(signed - pick((-1, 0, 60, 600, 28800, 28801, 86400, 2 * DAY)))
            facts["precertificate"] = fact
        if self.chance(0.6):
            contract = {"no_caa": not self.chance(0.1)}
            if self.chance(0.5):
                contract[pick(("from", "until"))] = stamp(date + pick((-DAY, -1, 0, 1, DAY)))
            facts["constrained"] = {
                "section": pick(self.sections()), "permitted_names": not self.chance(0.1),
                "directory_name": not self.chance(0.1), "contract": contract}
        if self.chance(0.5):
            facts["dns_operator"] = not self.chance(0.1)

    def sections(self):
        old = self.purpose == "smime" or self.date < oracle.DAY_PROFILES
        likely = ("7.1.5",) * 3 if old else ("7.1.2.3", "7.1.2.5", "7.1.2.5")
        return likely * 2 + ("7.1.5", "7.1.2.3", "7.1.2.5")

    def onion_facts(self):
        facts = {}
        if self.chance(0.5):
            facts["caa_critical"] = self.chance(0.5)
        if self.chance(0.8):
            facts["second_layer"] = self.chance(0.8)
            if facts["second_layer"] and self.chance(0.7):
                pool = self.pools.issue[self.purpose, "wild"]
                facts["records"] = [self.rng.choice(pool) for _ in range(self.rng.choice((0, 1, 2)))]
        return facts

    # answers

    def answers(self, request):
        hosts = []
        for entry in request["names"]:
            name = entry if isinstance(entry, str) else entry["name"]
            host = name.rpartition("@")[2].removeprefix("*.").rstrip(".").lower()
            if host not in hosts and host not in ADDRESSES:
                hosts.append(host)
        if self.fault == "name":
            hosts = hosts[:1]
        world = World(self.rng, self.theme, self.purpose, self.pools, self.date)
        epoch = oracle.epoch_of(self.profile or oracle.PROFILE_OF_PURPOSE.get(self.purpose, "tls-br"), self.date)
        return world.answers(hosts, epoch)


POLICY_MEMBERS = (
    ("known_tags", 0.15, ([], ["issuemail"], ["contactemail", "issuevmc"],
                          ["contactphone", "contactemail", "issuemail"])),
    ("issuer_case", 0.15, ("strict", "strict", "fold")), ("param_case", 0.15, ("strict", "strict", "fold")),
    ("label_case", 0.1, ("fold", "fold", "exact")), ("alias_limit", 0.1, (8, 8, 12, 16)),
    ("onion", 0.06, ("rfc9799", "rfc9799", "br")), ("negative_trust_anchors", 0.01, ([],)))
ALL_EXCEPTIONS = ["precertificate", "constrained", "dns-operator"]
EXCEPTIONS = [["precertificate"], ["constrained"], ["dns-operator"], ["dns-operator", "precertificate"], []]
EXCEPTIONS += [ALL_EXCEPTIONS] * 10
BAD_POLICIES = [{"alias_limit": 7}, {"alias_limit": 17}, {"isuer_case": "fold"}, {"known_tags": ["tbs"]}]

POOL_SPAN = 5000  # requests that share one pool of records
_pools = {}


def pools_for(seed, index):
    key = (seed, index // POOL_SPAN)
    if key not in _pools:
        _pools.clear()
        _pools[key] = Pools("%d/%d" % key)
    return _pools[key]


def generate(seed, index):
    """The request number `index` of the seed."""
    rng = random.Random(seed * 1_000_003_000_017 + index)
    request = Maker(rng, pools_for(seed, index)).request()
    request["id"] = "%d/%d" % (seed, index)
    return request


def main():
    parser = argparse.ArgumentParser(description="Random requests, one JSON object a line.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=10)
    parser.add_argument("--stats", action="store_true", help="print a histogram of the oracle's verdicts instead")
    options = parser.parse_args()
    verdicts, errors, epochs = collections.Counter(), collections.Counter(), collections.Counter()
    for index in range(options.cases):
        request = generate(options.seed, index)
        if not options.stats:
            print(json.dumps(request, separators=(",", ":")))
            continue
        result = oracle.judge(request)
        if "error" in result:
            errors[result["error"]["code"]] += 1
        else:
            verdicts[result["verdict"]] += 1
            epochs[result["epoch"], result["verdict"]] += 1
    if options.stats:
        report(verdicts, errors, epochs)


def report(verdicts, errors, epochs):
    total = sum(verdicts.values()) + sum(errors.values())
    for title, counter in (("verdict", verdicts), ("error", errors)):
        for name, count in counter.most_common():
            print("%-8s %-10s %8d %5.1f %%" % (title, name, count, 100 * count / total))
    names = sorted({epoch for epoch, _ in epochs}, key=lambda name: (name[0], len(name), name))
    print("%-8s" % "epoch" + "".join("%10s" % verdict for verdict in oracle.SEVERITY))
    for name in names:
        print("%-8s" % name + "".join("%10d" % epochs[name, verdict] for verdict in oracle.SEVERITY))


if __name__ == "__main__":
    main()
