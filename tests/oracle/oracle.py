"""An independent oracle for the CAA judge.

`judge(request)` takes a request of docs/json.md with inline `answers` and gives the essential members of the result.
It is written from the rules and from docs/interpretations.md alone; no line of the judge was read for it.  Comments
name the rule (R-...) or the numbered interpretation (I-n) that a line carries out.  Clarity goes before speed.
"""

import functools
import ipaddress
import re
from datetime import datetime, timezone

HOURS_8 = 28800  # R-TIME-1
MAX_NAMES_6844 = 128  # I-7

# --------------------------------------------------------------------------------------------------------------------
# Time


@functools.lru_cache(maxsize=65536)
def seconds(text):
    """RFC 3339 in UTC, or a date meaning its first second (R-GEN-2), as Unix seconds."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return int(moment.timestamp())


def rfc3339(value):
    return datetime.fromtimestamp(value, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def table(*rows):
    """Rows of (name, first day), oldest first, with the day as seconds."""
    return tuple((name, seconds(day)) for name, day in rows)


# R-GEN-4: epochs of the TLS Baseline Requirements.
TLS_EPOCHS = table(
    ("E0", "1970-01-01"), ("E1", "2015-04-15"), ("E2", "2017-09-08"), ("E3", "2017-10-27"), ("E4", "2018-05-10"),
    ("E5", "2020-10-19"), ("E6", "2022-04-23"), ("E7", "2023-09-15"), ("E8", "2024-09-06"), ("E9", "2025-07-21"),
    ("E10", "2026-03-15"), ("E11", "2026-06-16"), ("E12", "2027-03-15"))
# I-2: epochs of the S/MIME Baseline Requirements.
SMIME_EPOCHS = table(
    ("S0", "1970-01-01"), ("S1", "2024-09-15"), ("S2", "2025-03-15"), ("S3", "2025-10-13"), ("S4", "2026-03-15"))
# R-MPIC-1 and R-MAIL-8: phases; a positive verdict does not outlive one (R-TIME-8, I-22).
TLS_PHASES = table(("M1", "2024-09-15"), ("M2", "2025-03-15"), ("M3", "2025-09-15"), ("M4", "2026-03-15"),
                   ("M5", "2026-06-15"), ("M6", "2026-12-15"))
SMIME_PHASES = table(("MAIL", "2025-05-15"), *(("M%d" % n, day) for n, day in (
    (3, "2025-09-15"), (4, "2026-03-15"), (5, "2026-06-15"), (6, "2026-12-15"))))

EPOCHS = {
    "tls-br": TLS_EPOCHS, "smime-br": SMIME_EPOCHS, "vmc": (("V0", 0),), "private": (("RFC8659", 0),),
    "proposal-2016": (("P16", 0),)}
PHASES = {"tls-br": TLS_PHASES, "smime-br": SMIME_PHASES}

NOT_BINDING = {"E0", "E1", "S0", "S1"}  # I-2
SEARCH_6844 = {"E0", "E1", "E2"}  # R-T44-1, I-7
SEARCH_5065 = {"E3", "E4"}  # R-T44-4, I-6
GRAMMAR_6844 = SEARCH_6844 | SEARCH_5065  # R-V44-1
EMPTY_IS_UNCLEAR = {"E0", "E1", "E2", "E3"}  # R-EMPTY-1, I-14

DAY_CAA_MANDATORY = seconds("2017-09-08")
DAY_NO_UNDERSCORE = seconds("2019-05-01")  # R-TREE-10, I-4
DAY_OPERATOR_ENDS = seconds("2021-07-01")  # R-EXC-5
DAY_OPERATOR_TEXT_ENDS = seconds("2021-07-12")
DAY_ONION_EXCLUDED = seconds("2022-04-23")  # R-ID-2
DAY_PROFILES = seconds("2023-09-15")  # R-EXC-2, R-EXC-3
DAY_INSECURE_TLS = seconds("2025-07-21")  # R-FAIL-2
DAY_INSECURE_SMIME = seconds("2025-10-13")  # R-MAIL-7
DAY_DNSSEC = seconds("2026-03-15")  # R-SEC-2
DAY_NO_REVERSE = seconds("2026-03-15")  # R-ID-5
DAY_DELEGATION_DOUBT = seconds("2026-03-15")  # R-EXC-8
DAY_DELEGATION_BREACH = seconds("2026-03-31")
DAY_8657 = seconds("2027-03-15")  # R-8657-11


def epoch_of(profile, moment):
    return [name for name, first in EPOCHS[profile] if first <= moment][-1] if moment >= 0 else EPOCHS[profile][0][0]


def next_boundary(profile, moment):
    """The first epoch or phase boundary after the moment, None when there is none (R-TIME-8)."""
    if profile not in PHASES:
        return None
    return min((first for _, first in EPOCHS[profile] + PHASES[profile] if first > moment), default=None)


# --------------------------------------------------------------------------------------------------------------------
# Verdicts

SEVERITY = {"DENY": 5, "FAIL": 4, "ARGUABLE": 3, "PERMIT-LF": 2, "PERMIT": 1, "EXEMPT": 0, "NA": -1}  # R-DEC-8
POSITIVE = {"PERMIT", "PERMIT-LF"}


def worst(verdicts):
    return max(verdicts, key=SEVERITY.__getitem__)


# --------------------------------------------------------------------------------------------------------------------
# Reading the request


class Refused(Exception):
    """The request cannot be judged; `code` is that of docs/json.md."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


MEMBERS = {
    "request": {"id", "names", "issuer", "account_uri", "method", "purpose", "profile", "date", "order", "policy",
                "facts", "answers", "zone"},
    "policy": {"own", "known_tags", "issuer_case", "param_case", "label_case", "honour", "ca_tbr_from", "lf_permit",
               "lf_servfail", "alias_limit", "exceptions", "onion", "negative_trust_anchors"},
    "facts": {"signing_time", "control_probe", "no_chain", "deadline", "completed", "later", "delegated",
              "precertificate", "constrained", "dns_operator", "parent_account", "onion"},
    "answers": {"name", "type", "outcome", "detail", "dnssec", "ttl", "aliases", "attempts", "time", "records_at",
                "records", "proved", "cut", "control"},
}
PROFILE_OF_PURPOSE = {"tls": "tls-br", "smime": "smime-br", "vmc": "vmc"}
ALLOWED_PROFILES = {
    "tls": {"tls-br", "private", "proposal-2016"}, "smime": {"smime-br", "private"}, "vmc": {"vmc", "private"},
    "tls+smime": {"private"}}
ALLOWED_TAGS = {"contactemail", "contactphone", "issuemail", "issuevmc"}


def as_list(value):
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def check_members(value, code):
    if not isinstance(value, dict) or not set(value) <= MEMBERS[code]:
        raise Refused(code)


class Case:
    """A request with its defaults filled in."""

    def __init__(self, request):
        check_members(request, "request")
        self.policy = request.get("policy", {})
        self.facts = request.get("facts", {})
        check_members(self.policy, "policy")
        check_members(self.facts, "facts")
        self.date = seconds(request.get("date") or self.facts["signing_time"])
        self.purpose = request.get("purpose", "tls")
        self.profile = request.get("profile")
        if self.profile is not None and self.profile not in ALLOWED_PROFILES[self.purpose]:
            raise Refused("request")
        self.order = request.get("order") or ("top-down" if self.profile == "proposal-2016" else "bottom-up")
        self.own = own_names(request, self.policy, self.date)
        self.laws = {}
        self.check_policy()
        self.answers = {}
        for answer in request.get("answers", []):
            check_members(answer, "answers")
            self.answers[answer["name"].lower(), answer.get("type", "CAA")] = answer
        if not request["names"]:
            raise Refused("request")
        self.subjects = [Subject(self, entry, request) for entry in request["names"]]

    def check_policy(self):
        if not set(self.policy.get("known_tags", [])) <= ALLOWED_TAGS:
            raise Refused("policy")
        if not 8 <= self.policy.get("alias_limit", 16) <= 16:  # R-TREE-13
            raise Refused("policy")
        if self.policy.get("negative_trust_anchors"):  # R-SEC-3, R-8657-9
            if any(self.law(profile).validation_required for profile in self.profiles()):
                raise Refused("policy")

    def profiles(self):
        if self.profile:
            return [self.profile]
        return ["tls-br", "smime-br"] if self.purpose == "tls+smime" else [PROFILE_OF_PURPOSE[self.purpose]]

    def law(self, profile):
        if profile not in self.laws:
            self.laws[profile] = Law(self, profile)
        return self.laws[profile]


def own_names(request, policy, date):
    """OWN on the date (R-DEC-6): name -> whether it honours RFC 8657 parameters on issuemail."""
    issuer = as_list(request.get("issuer"))
    if "own" not in policy:
        if not issuer:
            raise Refused("request")
        return dict.fromkeys(issuer, False)
    own = {}
    for entry in policy["own"]:
        entry = {"name": entry} if isinstance(entry, str) else entry
        if in_force(entry, date) and (not issuer or entry["name"] in issuer):
            own[entry["name"]] = entry.get("issuemail_parameters", False)
    return own


def in_force(entry, date):
    """From inclusive, until exclusive."""
    return ("from" not in entry or seconds(entry["from"]) <= date) and (
        "until" not in entry or date < seconds(entry["until"]))


class Law:
    """What the profile, the date and the policy together demand."""

    def __init__(self, case, profile):
        date, policy = case.date, case.policy
        self.profile, self.date = profile, date
        self.epoch = epoch_of(profile, date)
        self.honours = {name: honoured(policy, profile, date, name) for name in ("accounturi", "validationmethods")}
        dnssec_duty = profile in ("tls-br", "smime-br") and date >= DAY_DNSSEC
        self.validation_required = dnssec_duty or any(self.honours.values())  # I-11
        self.grammar_6844 = self.epoch in GRAMMAR_6844
        self.alias_limit = policy.get("alias_limit", 16)
        self.own = case.own if policy.get("issuer_case") == "strict" else {n.lower(): f for n, f in case.own.items()}
        self.excuse = excuse_rules(case, profile, self.epoch)
        self.ca_tbr = profile == "tls-br" and date >= DAY_8657 or (
            "ca_tbr_from" in policy and date >= seconds(policy["ca_tbr_from"]))  # R-8657-14, I-17


def honoured(policy, profile, date, parameter):
    """Whether an RFC 8657 parameter binds on the date (R-8657-11, I-3)."""
    if profile == "tls-br" and date >= DAY_8657:
        return True
    value = policy.get("honour", {}).get(parameter, True)
    return value if isinstance(value, bool) else date >= seconds(value)


def excuse_rules(case, profile, epoch):
    """The request's side of the failure exception (I-12): None when it is closed, else what an answer must show."""
    policy, facts = case.policy, case.facts
    if profile == "vmc" or epoch in ("E0", "E1"):
        return None
    if not policy.get("lf_permit"):  # R-FAIL-5
        return None
    last_day = {"tls-br": DAY_INSECURE_TLS, "smime-br": DAY_INSECURE_SMIME}.get(profile)
    zones = facts.get("no_chain", []) if last_day is not None and case.date < last_day else []  # R-FAIL-1
    strict_now = profile in ("private", "proposal-2016") or case.date >= DAY_DNSSEC
    servfail = not strict_now or policy.get("lf_servfail") == "classified"  # R-SEC-5
    return {"zones": [zone.lower() for zone in zones], "servfail": servfail,
            "outside": bool(facts.get("control_probe"))}


# --------------------------------------------------------------------------------------------------------------------
# Names

LDH = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")
LDH_UNDERSCORE = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\Z")


class Subject:
    """One name of the request: what kind it is and where its climb starts."""

    def __init__(self, case, entry, request):
        entry = {"name": entry} if isinstance(entry, str) else entry
        self.name = entry["name"]
        self.account_uris = as_list(entry.get("account_uri", request.get("account_uri")))
        self.methods = as_list(entry.get("method", request.get("method")))
        self.kind, self.wildcard, self.host = split_name(self.name, case.purpose)
        self.mail = case.purpose == "smime" or (case.purpose == "tls+smime" and self.kind == "mailbox")
        self.law = case.law(self.profile(case))
        self.property = "issuemail" if self.mail else "issuevmc" if case.purpose == "vmc" else "issue"
        if self.kind != "ip":
            self.check_host()
            self.climb = ancestors(self.host)
            self.onion = self.host.endswith(".onion")

    def profile(self, case):
        if case.profile:
            return case.profile
        if case.purpose == "tls+smime":
            return "smime-br" if self.mail else "tls-br"
        return PROFILE_OF_PURPOSE[case.purpose]

    def check_host(self):
        """R-TREE-10, R-TREE-11, R-ID-5, I-4."""
        pattern = LDH_UNDERSCORE if self.law.date < DAY_NO_UNDERSCORE else LDH
        labels = self.host.split(".")
        if len(self.host) > 253 or any(len(label) > 63 or not pattern.match(label) for label in labels):
            raise Refused("name")
        reverse = labels[-2:] in (["in-addr", "arpa"], ["ip6", "arpa"])
        if reverse and self.law.profile == "tls-br" and self.law.date >= DAY_NO_REVERSE:
            raise Refused("name")


def split_name(name, purpose):
    """(kind, wildcard, host in lower case without the trailing dot)."""
    if not name.isascii():  # R-TREE-11: a U-label is refused
        raise Refused("name")
    if "@" in name:
        local, _, host = name.rpartition("@")
        if not local or purpose not in ("smime", "tls+smime"):
            raise Refused("name")
        return "mailbox", False, host.lower()
    if is_address(name):
        return "ip", False, name
    wildcard = name.startswith("*.")
    if wildcard and purpose == "smime":
        raise Refused("name")
    host = name[2:] if wildcard else name
    return "dns", wildcard, (host[:-1] if host.endswith(".") else host).lower()


def is_address(name):
    if ":" not in name and name.strip("0123456789."):
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def parent(name):
    return name.partition(".")[2]


def ancestors(name):
    """The name, its parent, ... and the top-level label; never the root (R-TREE-1)."""
    names = []
    while name:
        names.append(name)
        name = parent(name)
    return names


# --------------------------------------------------------------------------------------------------------------------
# Answers

SET, EMPTY, FAILURE, EXCUSED = "set", "empty", "failure", "excused"
EXCUSABLE = {"timeout", "servfail", "refused"}  # I-12, and malformed with detail "message"


class Answer:
    """One answer as the law reads it: a set, an empty set, a failure or an excused failure."""

    __slots__ = ("name", "state", "aliases", "plain_nodata", "time", "ttl", "records", "owner")

    def __init__(self, name, recorded, law):
        self.name = name
        recorded = recorded or {"outcome": "error"}  # a question that the answers lack is a failure
        self.aliases = [alias.lower() for alias in recorded.get("aliases", [])]
        self.time = seconds(recorded["time"]) if "time" in recorded else law.date
        ttl = recorded.get("ttl", 0)
        self.ttl = ttl if ttl < 2**31 else 0  # R-SYN-7
        self.state = classify(name, recorded, len(self.aliases), law)
        self.plain_nodata = self.state == EMPTY and recorded["outcome"] == "nodata" and not self.aliases
        if self.state == SET:
            self.records = [Record(entry) for entry in recorded.get("records", [])]
            self.owner = recorded.get("records_at", self.aliases[-1] if self.aliases else name).lower()


def classify(name, recorded, aliases, law):
    """I-8, I-11."""
    outcome, dnssec = recorded["outcome"], recorded.get("dnssec", "indeterminate")
    if aliases > law.alias_limit:
        return FAILURE
    if outcome not in ("records", "nodata", "nxdomain"):  # R-DNS-1
        return EXCUSED if law.excuse and excused(name, recorded, dnssec, law.excuse) else FAILURE
    if dnssec == "bogus" or (law.validation_required and dnssec == "indeterminate"):
        return FAILURE
    return SET if outcome == "records" else EMPTY


def excused(name, recorded, dnssec, excuse):
    """The answer's side of the failure exception (I-12)."""
    outcome = recorded["outcome"]
    if outcome not in EXCUSABLE and not (outcome == "malformed" and recorded.get("detail") == "message"):
        return False
    if recorded.get("attempts", 1) < 2:  # R-FAIL-7
        return False
    if not excuse["outside"] and len(recorded.get("control", [])) < 2:  # R-FAIL-8
        return False
    if outcome == "servfail" and not excuse["servfail"]:  # R-SEC-5
        return False
    return dnssec == "insecure" or (dnssec == "indeterminate" and no_chain_above(name, recorded, excuse["zones"]))


def no_chain_above(name, recorded, zones):
    """R-FAIL-1, R-FAIL-6: the name and every alias lie in zones shown to have no chain; one signed zone defeats it."""
    names = [name] + [alias.lower() for alias in recorded.get("aliases", [])]
    return all(any(name == zone or name.endswith("." + zone) for zone in zones) for name in names)


class Record:
    __slots__ = ("critical", "tag", "value")

    def __init__(self, entry):
        self.critical = bool(entry["flags"] & 128)  # R-SYN-2
        self.tag = octets(entry, "tag").lower()  # R-SYN-4; bytes.lower() folds ASCII only
        self.value = octets(entry, "value")


def octets(entry, member):
    if member + "_hex" in entry:
        return bytes.fromhex(entry[member + "_hex"])
    return entry[member].encode()


class Questions:
    """The questions asked for one name, in order; each is asked once."""

    def __init__(self, case, law):
        self.case, self.law, self.asked = case, law, {}

    def ask(self, name, kind="CAA"):
        key = (name, kind)
        if key not in self.asked:
            self.asked[key] = Answer(name, self.case.answers.get(key), self.law)
        return self.asked[key]


# --------------------------------------------------------------------------------------------------------------------
# Search: each gives a Finding


class Finding:
    """Where a search ended: `answer` holds the Relevant RRset, or is None; `used` is what the finding rests on."""

    __slots__ = ("failed", "answer", "used", "excused")

    def __init__(self, used, answer=None, failed=False):
        self.used, self.answer, self.failed = used, answer, failed
        self.excused = any(answer.state == EXCUSED for answer in used)


def ends(answer, used):
    """The finding if the search ends at this answer, else None."""
    used.append(answer)
    if answer.state == SET:
        return Finding(used, answer)
    return Finding(used, failed=True) if answer.state == FAILURE else None


def search_8659(questions, climb):
    """R-TREE-1: the nearest set, unless a failure is nearer (R-TREE-9)."""
    used = []
    for name in climb:
        finding = ends(questions.ask(name), used)
        if finding:
            return finding
    return Finding(used)


def dname_of(questions, answer, used):
    """(failed, target or None) of the DNAME question at a name that answered NODATA without aliases (I-5)."""
    if not answer.plain_nodata:
        return False, None
    dname = questions.ask(answer.name, "DNAME")
    used.append(dname)
    return dname.state == FAILURE, dname.aliases[0] if dname.state == SET else None


def search_5065(questions, climb, literal):
    """R-T44-4; the literal reading follows a DNAME at a visited name to the end of its chain (R-T44-5, I-6)."""
    used = []
    for name in climb:
        seen = set()
        while name and name not in seen:
            seen.add(name)
            answer = questions.ask(name)
            finding = ends(answer, used)
            if finding:
                return finding
            failed, target = dname_of(questions, answer, used)
            if failed or (target and literal and len(seen) > questions.law.alias_limit):
                return Finding(used, failed=True)
            name = target if literal else None
    return Finding(used)


def search_6844(questions, start, literal):
    """R-T44-1, I-7: depth first over the trees of alias and DNAME targets, then the parent."""
    used, visited, waiting = [], set(), [start]
    while waiting:
        name = waiting.pop()
        if not name or name in visited:
            continue
        if len(visited) == MAX_NAMES_6844:
            return Finding(used, failed=True)
        visited.add(name)
        answer = questions.ask(name)
        finding = ends(answer, used)
        if finding:
            return finding
        failed, target = dname_of(questions, answer, used)
        if failed:
            return Finding(used, failed=True)
        waiting.append(parent(name))
        if target and literal:
            waiting.append(target)
        waiting.extend(parent(alias) for alias in answer.aliases)  # the last alias is popped first
    return Finding(used)


def search_skip(questions, subject):
    """R-P16-8, I-10: from the top down, the first set that says skipsubdomaincheck=true; None if there is none."""
    used = []
    for name in reversed(subject.climb):
        answer = questions.ask(name)
        if answer.state in (SET, EMPTY):  # a failure above the skip set does not matter
            used.append(answer)
        if answer.state == SET and not is_public_suffix(name) and says_skip(answer.records, subject):
            return Finding(used, answer)
    return None


def is_public_suffix(name):
    """R-P16-E8.  The oracle knows no list: every top-level label, and the one example of the rules."""
    return "." not in name or name in ("co.uk", "in-addr.arpa", "ip6.arpa")


def search(case, subject):
    """(questions, findings): one finding per reading of the search, the literal one first."""
    law = subject.law
    questions = Questions(case, law)
    prefetch(questions, case, subject)
    if law.profile == "proposal-2016" and case.order != "bottom-up":
        skip = search_skip(questions, subject)
        if skip:
            return questions, [skip]
    if law.epoch in SEARCH_6844:
        return questions, [search_6844(questions, subject.host, literal) for literal in (True, False)]
    if law.epoch in SEARCH_5065:
        return questions, [search_5065(questions, subject.climb, literal) for literal in (True, False)]
    return questions, [search_8659(questions, subject.climb)]


def prefetch(questions, case, subject):
    """I-9: what is asked before it is known to be needed."""
    if case.order == "parallel":
        for name in subject.climb:
            questions.ask(name)
    elif case.order == "top-down" and subject.law.profile != "proposal-2016":
        for name in reversed(subject.climb):
            questions.ask(name)


# --------------------------------------------------------------------------------------------------------------------
# Value grammars: (issuer, parameters) or None when malformed

ISSUER = re.compile(rb"[A-Za-z0-9](?:-*[A-Za-z0-9])*(?:\.[A-Za-z0-9](?:-*[A-Za-z0-9])*)*")
PARAMETER_8659 = re.compile(rb"([A-Za-z0-9](?:-*[A-Za-z0-9])*)[ \t]*=[ \t]*([\x21-\x3A\x3C-\x7E]*)")
PARAMETER_6844 = re.compile(rb"([A-Za-z0-9]+)=([\x21-\x7E]*)")
BLANK = b" \t"
MALFORMED = None


def split_value(value, star):
    """(issuer, text after the first semicolon), or None; an absent and an empty tail are alike."""
    issuer, _, tail = value.partition(b";")
    issuer = issuer.strip(BLANK)
    if issuer and not ISSUER.fullmatch(issuer) and not (star and issuer == b"*"):  # R-VAL-2, R-P16-7
        return None
    return issuer, tail.strip(BLANK)


def parameters_of(pattern, texts):
    matches = [pattern.fullmatch(text) for text in texts]
    return [match.groups() for match in matches] if all(matches) else None


@functools.lru_cache(maxsize=65536)
def parse_8659(value, star=False):
    """R-VAL-1 to R-VAL-4; `star` admits the issuer name `*` of proposal-2016."""
    head = split_value(value, star)
    if head is None:
        return MALFORMED
    issuer, tail = head
    texts = [text.strip(BLANK) for text in tail.split(b";")] if tail else []
    parameters = parameters_of(PARAMETER_8659, texts)
    return MALFORMED if parameters is None else (issuer, parameters)


@functools.lru_cache(maxsize=65536)
def parse_6844(value):
    """R-V44-1, I-15."""
    head = split_value(value, False)
    if head is None:
        return MALFORMED
    issuer, tail = head
    parameters = parameters_of(PARAMETER_6844, re.split(rb"[ \t]+", tail) if tail else [])
    return MALFORMED if parameters is None else (issuer, parameters)


def parse(value, law):
    return parse_6844(value) if law.grammar_6844 else parse_8659(value, law.profile == "proposal-2016")


# --------------------------------------------------------------------------------------------------------------------
# Decision on a set: a set of verdicts, one for each reading


def decide(records, subject, case):
    """R-DEC-1."""
    if blocked_by_critical(records, subject, case):
        return {"DENY"}
    readings = ("empty", "absent") if subject.law.grammar_6844 else ("empty",)  # I-14
    verdicts = set()
    for malformed in readings:
        verdicts |= decide_reading(records, subject, case, malformed)
    return verdicts


def blocked_by_critical(records, subject, case):
    """R-CRIT-1, R-CRIT-5, R-TAG-14."""
    known = {b"issue", b"issuewild", b"iodef", subject.property.encode()}
    known.update(tag.encode() for tag in case.policy.get("known_tags", ("contactemail", "contactphone")))
    return any(record.critical and record.tag not in known for record in records)


def restricting_tag(tags, subject):
    """R-DEC-2, R-DEC-3, R-MAIL-2, R-VMC-1."""
    if subject.wildcard and subject.property == "issue" and b"issuewild" in tags:
        return b"issuewild"
    return subject.property.encode()


def decide_reading(records, subject, case, malformed):
    law = subject.law
    if malformed == "absent":
        records = [r for r in records if r.tag not in (b"issue", b"issuewild") or parse(r.value, law) is not MALFORMED]
    tag = restricting_tag({record.tag for record in records}, subject)
    values = [parse(record.value, law) for record in records if record.tag == tag]
    if not values:  # R-EMPTY-1 to R-EMPTY-3
        return {"DENY", "PERMIT"} if law.epoch in EMPTY_IS_UNCLEAR else {"PERMIT"}
    if any(value is not MALFORMED and authorizes(value, subject, case) for value in values):
        return {"PERMIT"}
    return {"DENY"}


def authorizes(value, subject, case):
    """R-DEC-1 (4): the issuer is one of OWN, and every honoured parameter is satisfied (R-8657-6)."""
    issuer, parameters = value
    law = subject.law
    if issuer == b"*":
        own_mail_parameters = False
    else:
        name = issuer.decode()
        name = name if case.policy.get("issuer_case") == "strict" else name.lower()  # R-VAL-8
        if name not in law.own:
            return False
        own_mail_parameters = law.own[name]
    if subject.property == "issuevmc" or (subject.property == "issuemail" and not own_mail_parameters):  # I-3
        return True
    return satisfied(parameters, subject, case)


def satisfied(parameters, subject, case):
    checks = (("accounturi", account_matches), ("validationmethods", method_matches))
    for name, matches in checks:
        if subject.law.honours[name]:
            values = values_of(parameters, name, case)
            if len(values) > 1 or (values and not matches(values[0].decode(), subject, case)):  # R-VAL-11, I-16
                return False
    return True


def values_of(parameters, name, case):
    fold = case.policy.get("param_case", "fold") == "fold"  # R-VAL-10
    return [value for tag, value in parameters if (tag.lower() if fold else tag) == name.encode()]


URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")


def account_matches(value, subject, case):
    """R-8657-2, R-8657-3."""
    if not URI.fullmatch(value) or not subject.account_uris:
        return False
    return value in subject.account_uris or value == parent_account(subject.law, case)


def parent_account(law, case):
    """R-8657-13."""
    account = case.facts.get("parent_account", {})
    proofs = ("mapping_auditable", "authorization_verified", "logs_retained")
    if law.profile == "tls-br" and law.date >= DAY_8657 and all(account.get(proof) for proof in proofs):
        return account.get("uri")
    return None


METHOD_LIST = re.compile(r"[A-Za-z0-9-]+(?:,[A-Za-z0-9-]+)*")
# R-8657-15: what one performed mechanism stands for once ca-tbr labels count.
MORE_LABELS = {
    "dns-01": {"ca-tbr-7"}, "http-01": {"ca-tbr-19"}, "tls-alpn-01": {"ca-tbr-20"}, "dns-account-01": {"ca-tbr-21"},
    "dns-persist-01": {"ca-tbr-22"}, "ca-tbr-19": {"http-01"}, "ca-tbr-20": {"tls-alpn-01"}}


def labels_of(method, law):
    """The labels that a performed method satisfies (I-17)."""
    label = "ca-tbr-" + method[len("3.2.2.4."):] if method.startswith("3.2.2.4.") else method
    if law.ca_tbr:
        return {label} | MORE_LABELS.get(label, set())
    return set() if label.startswith("ca-tbr-") else {label}


def method_matches(value, subject, case):
    """R-8657-4, R-8657-5, R-8657-16."""
    if not METHOD_LIST.fullmatch(value):
        return False
    performed = set().union(*(labels_of(method, subject.law) for method in subject.methods))
    listed = value.split(",")
    if case.policy.get("label_case") == "fold":
        performed, listed = {label.lower() for label in performed}, [label.lower() for label in listed]
    return not performed.isdisjoint(listed)


def says_skip(records, subject):
    """R-P16-E1 to R-P16-E3: exactly one `skipsubdomaincheck`, lower-case `true`, in the deciding property."""
    tag = restricting_tag({record.tag for record in records}, subject)
    for record in records:
        value = parse(record.value, subject.law) if record.tag == tag else MALFORMED
        if value is not MALFORMED and [v for t, v in value[1] if t == b"skipsubdomaincheck"] == [b"true"]:
            return True
    return False


# --------------------------------------------------------------------------------------------------------------------
# One name


class NameResult:
    def __init__(self, subject, verdict):
        self.subject, self.verdict = subject, verdict
        self.readings, self.found_at, self.records_at = [], None, None
        self.asked, self.window, self.newest, self.excused = [], None, None, False

    def members(self):
        result = {"name": self.subject.name, "verdict": self.verdict, "found_at": self.found_at,
                  "records_at": self.records_at, "answers": self.asked}
        if self.verdict == "ARGUABLE":
            result["readings"] = sorted(self.readings, key=SEVERITY.__getitem__, reverse=True)
        return result


def judge_name(case, subject):
    if subject.kind == "ip":  # R-ID-1
        return NameResult(subject, "NA")
    rfc9799 = case.policy.get("onion") == "rfc9799"
    excluded = subject.law.profile == "tls-br" and case.date >= DAY_ONION_EXCLUDED and not rfc9799
    if subject.onion and excluded:  # R-ID-2
        return NameResult(subject, "NA")
    exception = exception_of(case, subject.law)
    if exception == "EXEMPT":
        return NameResult(subject, "EXEMPT")
    result = judge_onion(case, subject) if subject.onion and rfc9799 else judge_climb(case, subject)
    if subject.onion and not rfc9799 and subject.law.profile == "tls-br" and result.verdict == "DENY":  # I-19
        result.verdict, result.readings = "ARGUABLE", ["DENY", "PERMIT"]
    if subject.law.epoch in NOT_BINDING and result.verdict == "ARGUABLE" and "FAIL" in result.readings:  # I-2
        result.verdict = "FAIL"
    if subject.law.epoch in NOT_BINDING and result.verdict in ("DENY", "ARGUABLE"):  # I-2
        result.verdict = "PERMIT-LF" if result.excused else "PERMIT"  # I-13: what would be PERMIT is PERMIT-LF
    if exception == "ARGUABLE" and result.verdict not in POSITIVE:  # I-20
        result.readings = (result.readings if result.verdict == "ARGUABLE" else [result.verdict]) + ["EXEMPT"]
        result.verdict = "ARGUABLE"
    return result


def combine(result, readings):
    """One verdict from all readings (I-6, I-14); the result shows the finding of the worst, the literal one first."""
    verdicts = {verdict for verdict, _ in readings}
    _, shown = max(readings, key=lambda reading: SEVERITY[reading[0]])
    result.verdict = verdicts.pop() if len(verdicts) == 1 else "ARGUABLE"
    result.readings = sorted({verdict for verdict, _ in readings})
    if shown and shown.answer:
        result.found_at, result.records_at = shown.answer.name, shown.answer.owner


def judge_climb(case, subject):
    result = NameResult(subject, None)
    questions, findings = search(case, subject)
    combine(result, [(verdict, finding) for finding in findings for verdict in verdicts_of(finding, subject, case)])
    result.asked = list(questions.asked)
    result.excused = any(finding.excused for finding in findings)
    result.window = min(window_of(finding) for finding in findings)
    result.newest = max(answer.time for finding in findings for answer in finding.used)
    return result


def verdicts_of(finding, subject, case):
    if finding.failed:
        return ["FAIL"]
    verdicts = decide(finding.answer.records, subject, case) if finding.answer else {"PERMIT"}
    if finding.excused:  # I-13, R-FAIL-9
        verdicts = {"PERMIT-LF" if verdict == "PERMIT" else verdict for verdict in verdicts}
    return sorted(verdicts)


def window_of(finding):
    """R-TIME-1, R-TIME-2, R-TIME-3, I-22: from the oldest answer used."""
    lasts = HOURS_8
    if finding.answer and not finding.excused:
        lasts = max(finding.answer.ttl, HOURS_8)
    return min(answer.time for answer in finding.used) + lasts


def judge_onion(case, subject):
    """R-ID-3, I-19: the set of the service's second-layer descriptor."""
    result = NameResult(subject, None)
    facts = case.facts.get("onion", {})
    result.window, result.newest = case.date + HOURS_8, case.date
    if not facts.get("second_layer"):
        result.verdict = "DENY" if facts.get("caa_critical") else "FAIL"
        return result
    records = [Record(entry) for entry in facts.get("records", [])]
    verdicts = decide(records, subject, case) if records else {"PERMIT"}
    combine(result, [(verdict, None) for verdict in verdicts])
    if records:
        result.found_at = result.records_at = "?"  # no lookup: the contract leaves both open
    return result


# --------------------------------------------------------------------------------------------------------------------
# Exceptions: EXEMPT, ARGUABLE or None


def exception_of(case, law):
    """I-20: in order; one that holds beats one that is only arguable."""
    listed = case.policy.get("exceptions", [])
    if not listed:
        return None
    checks = ()
    if law.profile == "tls-br" and case.date >= DAY_CAA_MANDATORY:
        checks = (("precertificate", precertificate), ("constrained", constrained), ("dns-operator", dns_operator))
    elif law.profile == "smime-br":
        checks = (("constrained", constrained),)  # R-MAIL-6
    outcomes = [check(case, law) for name, check in checks if name in listed]
    return next((outcome for wanted in ("EXEMPT", "ARGUABLE") for outcome in outcomes if outcome == wanted), None)


def precertificate(case, law):
    """R-EXC-1, R-EXC-2."""
    fact = case.facts.get("precertificate")
    if not fact or fact.get("logs", 0) < 2 or "checked" not in fact:
        return None
    age = seconds(fact["signed"]) - seconds(fact["checked"])
    if 0 <= age <= max(fact.get("ttl", 0), HOURS_8):
        return "EXEMPT"
    return "ARGUABLE" if case.date < DAY_PROFILES else None


def constrained(case, law):
    """R-EXC-3, R-EXC-4."""
    fact = case.facts.get("constrained")
    if not fact:
        return None
    old_text = law.profile == "smime-br" or case.date < DAY_PROFILES
    section = fact.get("section")
    if section not in (("7.1.5",) if old_text else ("7.1.2.3", "7.1.2.5")):
        return None
    if section != "7.1.2.3" and not (fact.get("permitted_names") and fact.get("directory_name")):
        return None
    contract = fact.get("contract", {})
    shown = contract.get("no_caa") and "from" in contract  # a contract without beginning is not shown to be in force
    return "EXEMPT" if shown and in_force(contract, case.date) else None


def dns_operator(case, law):
    """R-EXC-5."""
    if not case.facts.get("dns_operator") or case.date >= DAY_OPERATOR_TEXT_ENDS:
        return None
    return "EXEMPT" if case.date < DAY_OPERATOR_ENDS else "ARGUABLE"


# --------------------------------------------------------------------------------------------------------------------
# The certificate


def judge(request):
    """The essential members of the result, or {"error":{"code"}}."""
    try:
        case = Case(request)
    except Refused as refusal:
        return {"error": {"code": refusal.code}}
    names = [judge_name(case, subject) for subject in case.subjects]
    verdict = worst(name.verdict for name in names)
    until = valid_until(case, names) if verdict in POSITIVE else None
    verdict = certificate_level(case, names, verdict, until)
    if any(name.newest is not None and name.newest > case.date + 3600 for name in names):  # I-22, hypothetical
        until = None
    return {"verdict": verdict, "epoch": epoch_of(case.profiles()[0], case.date),
            "valid_until": rfc3339(until) if verdict in POSITIVE and until is not None else None,
            "names": [name.members() for name in names]}


def valid_until(case, names):
    """R-TIME-4, R-TIME-8, I-22."""
    limits = []
    for name in names:
        if name.verdict in POSITIVE:
            boundary = next_boundary(name.subject.law.profile, case.date)
            limits += [name.window] if boundary is None else [name.window, boundary - 1]
    return min(limits)


def certificate_level(case, names, verdict, until):
    """I-23: each finding only worsens the verdict."""
    verdict = worst([verdict, stale(case, names, until)])
    verdict = worst([verdict, later(case)])
    verdict = worst([verdict, delegated(case, verdict)])
    return worst([verdict, late(case)])


NO_FINDING = "NA"  # the mildest verdict: worsens nothing


def stale(case, names, until):
    """R-TIME-1, R-TIME-4."""
    if until is None or "signing_time" not in case.facts:
        return NO_FINDING
    signed = seconds(case.facts["signing_time"])
    newest = max(name.newest for name in names if name.verdict in POSITIVE)
    return "FAIL" if signed > until or signed < newest else NO_FINDING


def later(case):
    """R-TIME-5: the latest check before signing wins when it is not positive."""
    checks = case.facts.get("later")
    if not checks:
        return NO_FINDING
    last = max(checks, key=lambda check: seconds(check["time"]))["verdict"]
    return last if last in ("DENY", "FAIL", "ARGUABLE") else NO_FINDING


def delegated(case, verdict):
    """R-EXC-8: a rule of the TLS Baseline Requirements."""
    if not case.facts.get("delegated") or "tls-br" not in case.profiles() or case.date < DAY_DELEGATION_DOUBT:
        return NO_FINDING
    if case.date >= DAY_DELEGATION_BREACH:
        return "FAIL"
    return "ARGUABLE" if verdict in POSITIVE else NO_FINDING


def late(case):
    """A verdict that came after the request's own deadline is none."""
    facts = case.facts
    over = "deadline" in facts and "completed" in facts and seconds(facts["completed"]) > seconds(facts["deadline"])
    return "FAIL" if over else NO_FINDING
