"""The oracle against rows of the golden table, written by hand from the rules, and against general properties.

A row is (id, zone, request, expected).  The zone maps a name to what it holds: a text of records ("0 issue x | 0 iodef
y"), or a dict with `cname`, `dname`, `nx`, or members of a recorded answer.  Every unlisted name is NODATA, Insecure.
"""

import random
import unittest

import generate
import oracle

NOW = "2026-11-22T12:00:00Z"
NAME = "www.d.test"
A, B = "https://ca.example.net/acct/1", "https://ca.example.net/acct/2"
OURS = "0 issue ca.example.net"
OTHER = "0 issue other.example"
NOBODY = "0 issue ;"
NO_8657 = {"honour": {"accounturi": False, "validationmethods": False}}
LF = {"lf_permit": True}
CONTROL = {"control_probe": True}
PROBED = [{"name": name, "time": "2026-11-22T12:00:00Z"} for name in ("a.example", "b.example")]
TWICE = {"outcome": "timeout", "attempts": 2}
DNS01 = {"method": "dns-01"}


def records(text):
    return [record(*part.split(" ", 2)) for part in text.split(" | ")]


def record(flags, tag, value=""):
    return generate.record(int(flags), tag.encode("latin-1"), value.encode("latin-1"))


class Zone:
    """Answers to every question that a search from the names could need."""

    def __init__(self, content):
        self.content = {name: {"records": records(entry)} if isinstance(entry, str) else entry
                        for name, entry in content.items()}

    def chain(self, name):
        chain, seen = [], {name}
        while True:
            name = self.alias(name)
            if name is None:
                return chain, None
            chain.append(name)
            if name in seen:
                return chain, "loop"
            seen.add(name)

    def alias(self, name):
        if "cname" in self.content.get(name, {}):
            return self.content[name]["cname"]
        for above in oracle.ancestors(name)[1:]:
            if "dname" in self.content.get(above, {}):
                return name[:-len(above)] + self.content[above]["dname"]
        return None

    def caa(self, name):
        answer = {"name": name, "outcome": "nodata", "dnssec": "insecure", "ttl": 300}
        chain, loop = self.chain(name)
        if chain:
            answer["aliases"] = chain
        held = self.content.get(chain[-1] if chain else name, {})
        if "records" in held:
            answer.update(outcome="records", records=held["records"])
        if held.get("nx"):
            answer["outcome"] = "nxdomain"
        answer.update({key: value for key, value in held.items() if key in oracle.MEMBERS["answers"]})
        return {**answer, "outcome": "loop"} if loop else answer

    def dname(self, name):
        answer = {"name": name, "type": "DNAME", "outcome": "nodata", "dnssec": "insecure"}
        if "dname" in self.content.get(name, {}):
            answer.update(outcome="records", aliases=[self.content[name]["dname"]])
        return answer

    def answers(self, hosts):
        waiting, answers = [name for host in hosts for name in oracle.ancestors(host)], {}
        while waiting:
            name = waiting.pop()
            if (name, "CAA") in answers:
                continue
            caa, dname = self.caa(name), self.dname(name)
            answers[name, "CAA"], answers[name, "DNAME"] = caa, dname
            for target in caa.get("aliases", []) + dname.get("aliases", []):
                waiting.extend(oracle.ancestors(target))
        return list(answers.values())


def host_of(entry):
    name = entry if isinstance(entry, str) else entry["name"]
    return name.rpartition("@")[2].removeprefix("*.").rstrip(".").lower()


def judge(zone, request):
    defaults = {"names": [NAME], "issuer": "ca.example.net", "account_uri": A, "method": "dns-01", "date": NOW}
    request = {**defaults, **request}
    request["answers"] = Zone(zone).answers([host_of(entry) for entry in request["names"]])
    return oracle.judge(request)


def names(*values):
    return {"names": list(values)}


def on(date, **more):
    return {"date": date, **more}


def sole(row, values, request, verdict, tag="issue"):
    """One row for each value of a sole record."""
    return [("%s.%d" % (row, n), {"d.test": {"records": [record("0", tag, value)]}}, request, verdict)
            for n, value in enumerate(values)]


def mail(*values, **more):
    return {"names": list(values), "purpose": "smime", **more}


def p16(*values, **more):
    return {"names": list(values), "profile": "proposal-2016", **more}


def precert(checked, logs=2, signed="2022-01-01T00:00:00Z", date="2022-01-04"):
    fact = {"logs": logs, "checked": checked, "ttl": 300, "signed": signed}
    return on(date, policy={"exceptions": ["precertificate"]}, facts={"precertificate": fact})


def tc(no_caa, directory_name=True):
    fact = {"section": "7.1.2.5", "permitted_names": True, "directory_name": directory_name,
            "contract": {"no_caa": no_caa, "from": "2024-01-01"}}
    return on("2025-01-01", policy={"exceptions": ["constrained"]}, facts={"constrained": fact})


def operator(date):
    return on(date, policy={"exceptions": ["dns-operator"]}, facts={"dns_operator": True})


def signed(after, **more):
    moment = oracle.rfc3339(oracle.seconds(NOW) + after)
    return {"facts": {"signing_time": moment}, **more}


def subordinate(auditable):
    account = {"uri": "acct:p@x.test", "mapping_auditable": auditable, "authorization_verified": True,
               "logs_retained": True}
    return on("2027-04-01", facts={"parent_account": account})


SET_H = {"www.d.test": {"cname": "h.host.test"}, "host.test": NOBODY}
SET_57 = {"www.d.test": {"cname": "h.host.test"}, "host.test": OURS, "d.test": NOBODY}
DNAME_62 = {"d.test": {"dname": "e.test"}, "e.test": NOBODY}
WILD_45 = {"d.test": "0 issue ; | 0 issuewild ca.example.net"}
WILD_47 = {"d.test": "0 issue ca.example.net | 0 issuewild %%"}
ACCOUNT = {"d.test": "0 issue ca.example.net; accounturi=" + A}
TBR = "0 issue ca.example.net; validationmethods="
ONION = "a" * 55 + "d.onion"
FAIL_BUT_LF = {"www.d.test": TWICE}
SKIP = {"things.d.test": "0 issue *; skipsubdomaincheck=true"}
SKIP_207 = {"d.test": "0 issue ca.example.net; skipsubdomaincheck=true", "a.d.test": NOBODY}


def chain(length, end):
    zone = {"www.d.test": {"cname": "c1.test"}, "c%d.test" % length: end}
    zone.update({"c%d.test" % n: {"cname": "c%d.test" % (n + 1)} for n in range(1, length)})
    return zone


ROWS = [
    ("G001", {}, {}, "PERMIT"),
    ("G002", {"d.test": OURS}, {}, "PERMIT"),
    ("G003", {"d.test": OTHER}, {}, "DENY"),
    ("G004", {"d.test": OTHER + " | " + OURS}, {}, "PERMIT"),
    ("G005", {"d.test": NOBODY}, {}, "DENY"),
    ("G006", {"d.test": "0 issue "}, {}, "DENY"),
    ("G007", {"d.test": NOBODY + " | " + OURS}, {}, "PERMIT"),
    ("G008", {"d.test": "0 issue %%%%%"}, {}, "DENY"),
    ("G009", {"d.test": "0 issue %%%%% | " + OURS}, {}, "PERMIT"),
    *sole("G010", ["  ca.example.net\t", "ca.example.net;", "ca.example.net ; a = b"], {}, "PERMIT"),
    *sole("G012", ["ca.example.net; a=b;", "ca.example.net;;", "ca.example.net; flag", "ca.example.net; a=b c",
                   "ca.example.net a=b", "ca.example.net.", "-ca.example.net", "ca.example.net;\r\n",
                   "ca.example.net; -a=b", "ca..example.net", "ca.example.net; =b"], {}, "DENY"),
    ("G014", {"d.test": "0 issue ca.example.net; a=b; c="}, {}, "PERMIT"),
    ("G019", {"d.test": "0 issue ca_x.example.net"}, {"issuer": ["ca_x.example.net"]}, "DENY"),
    ("G020", {"d.test": "0 issue CA.Example.NET"}, {}, "PERMIT"),
    ("G020.strict", {"d.test": "0 issue CA.Example.NET"}, {"policy": {"issuer_case": "strict"}}, "DENY"),
    ("G021", {"d.test": "0 issue sub.ca.example.net"}, {}, "DENY"),
    ("G026", {"d.test": "0 ISSUE other.example"}, {}, "DENY"),
    ("G027", {"d.test": "0 IsSuE ca.example.net | " + OTHER}, {}, "PERMIT"),
    ("G028", {"d.test": "0 issue\0 other.example"}, {}, "PERMIT"),
    ("G029", {"d.test": "128 issue\0 other.example"}, {}, "DENY"),
    ("G030", {"d.test": {"outcome": "malformed", "detail": "rdata"}}, {}, "FAIL"),
    ("G031", {"d.test": {"outcome": "malformed", "detail": "rdata", "attempts": 2}},
     {"policy": LF, "facts": CONTROL}, "FAIL"),
    ("G032", {"d.test": "0 " + "t" * 60 + " x | " + OURS}, {}, "PERMIT"),
    ("G033", {"d.test": " | ".join(["0 issue ca%d.example" % n for n in range(1000)] + [OURS])}, {}, "PERMIT"),
    ("G034", {"d.test": {"outcome": "truncated", "attempts": 2}}, {"policy": LF, "facts": CONTROL}, "FAIL"),
    ("G035", {"d.test": "0 issue other.example<script>"}, {}, "DENY"),
    ("G036", {"www.d.test": OURS, "d.test": NOBODY}, {}, "PERMIT"),
    ("G037", {"www.d.test": NOBODY, "d.test": OURS}, {}, "DENY"),
    ("G038", {"www.d.test": "0 iodef mailto:s@d.test", "d.test": NOBODY}, {}, "PERMIT"),
    ("G039", {"test": OTHER}, {}, "DENY"),
    ("G041", {}, names("test"), "PERMIT"),
    ("G042", {"d.test": "0 issuewild other.example"}, names("d.test"), "PERMIT"),
    ("G043", {"d.test": "0 issuewild other.example"}, names("*.d.test"), "DENY"),
    ("G044", {"d.test": OURS}, names("*.d.test"), "PERMIT"),
    ("G045", WILD_45, names("*.d.test"), "PERMIT"),
    ("G046", WILD_45, names("d.test"), "DENY"),
    ("G047", WILD_47, names("*.d.test"), "DENY"),
    ("G048", WILD_47, {}, "PERMIT"),
    ("G049", {"d.test": "0 issue ca.example.net | 0 issuewild ;"}, names("d.test", "*.d.test"), "DENY"),
    ("G050", {"x.d.test": NOBODY}, names("*.d.test"), "PERMIT"),
    ("G051", {"x.d.test": NOBODY}, names("x.d.test"), "DENY"),
    ("G052", {"d.test": "0 issuewild ca.example.net", "s.d.test": NOBODY}, names("*.s.d.test"), "DENY"),
    ("G053", {"www.d.test": {"cname": "h.host.test"}, "h.host.test": NOBODY}, {}, "DENY"),
    ("G054", SET_H, {}, "PERMIT"),
    ("G055", SET_H, on("2017-09-20"), "DENY"),
    ("G056", SET_H, on("2017-10-27"), "PERMIT"),
    ("G057", SET_57, on("2017-09-20"), "PERMIT"),
    ("G058", SET_57, {}, "DENY"),
    ("G059", {"www.d.test": {"cname": "a.x.test"}, "a.x.test": {"cname": "b.y.test"}, "b.y.test": OTHER}, {}, "DENY"),
    ("G060", {"d.test": {"cname": "apex.host.test"}, "apex.host.test": NOBODY}, {}, "DENY"),
    ("G061", {"d.test": {"dname": "e.test"}, "www.e.test": NOBODY}, {}, "DENY"),
    ("G062", DNAME_62, names("d.test"), "PERMIT"),
    ("G063", DNAME_62, on("2018-03-01", names=["d.test"]), "ARGUABLE"),
    ("G063.E2", DNAME_62, on("2017-09-20", names=["d.test"]), "ARGUABLE"),
    ("G063.climb", DNAME_62, on("2018-03-01"), "ARGUABLE"),
    ("G064", {"www.d.test": {"cname": "gone.host.test"}, "gone.host.test": {"nx": True}, "d.test": NOBODY}, {}, "DENY"),
    ("G065", {"www.d.test": {"nx": True}, "d.test": OURS}, {}, "PERMIT"),
    ("G066", {"www.d.test": {"cname": "a.test"}, "a.test": {"cname": "b.test"}, "b.test": {"cname": "a.test"}}, {},
     "FAIL"),
    ("G067", chain(8, OURS), on("2018-03-01", policy={"alias_limit": 8}), "PERMIT"),
    ("G068", chain(9, NOBODY), on("2018-03-01", policy={"alias_limit": 8}), "FAIL"),
    ("G069", {"www.d.test": {"outcome": "malformed", "detail": "owner"}}, {}, "FAIL"),
    ("G070", {"xn--bcher-kva.test": OURS}, names("www.xn--bcher-kva.test"), "PERMIT"),
    ("G071", {"d.test": "0 issue b\xc3\xbccher.example"}, {}, "DENY"),
    ("G072", {}, names("192.0.2.1"), "NA"),
    ("G073", {"d.test": NOBODY}, names("192.0.2.1", NAME), "DENY"),
    ("G074", {}, names(ONION), "NA"),
    ("G075", {}, {**names(ONION), "policy": {"onion": "rfc9799"}, "facts": {"onion": {"caa_critical": True}}}, "DENY"),
    ("G076", {}, on("2026-04-01", names=["4.3.2.192.in-addr.arpa"]), "error"),
    ("G077", {"d.test": "128 tbs x | " + OURS}, {}, "DENY"),
    ("G078", {"d.test": "1 tbs x | " + OURS}, {}, "PERMIT"),
    ("G079", {"d.test": "130 tbs x"}, {}, "DENY"),
    ("G080", {"d.test": "128 issue ca.example.net"}, {}, "PERMIT"),
    ("G081", {"test": "128 tbs x", "d.test": "0 iodef mailto:a@d.test"}, {}, "PERMIT"),
    ("G082", {"d.test": "0 tbs x"}, {}, "PERMIT"),
    ("G083", {"d.test": "0 iodef x"}, on("2017-12-01"), "ARGUABLE"),
    ("G084", {"d.test": "0 iodef x"}, on("2018-05-10"), "PERMIT"),
    ("G085", {"d.test": "0 iodef x"}, on("2020-10-19"), "PERMIT"),
    ("G086", {"d.test": "128 contactphone +1 555 0100"}, {"policy": {"known_tags": []}}, "DENY"),
    ("G086.known", {"d.test": "128 contactphone +1 555 0100"}, {}, "PERMIT"),
    ("G087", {"d.test": "128 issuemail ;"}, {}, "DENY"),
    ("G087.known", {"d.test": "128 issuemail ;"}, {"policy": {"known_tags": ["issuemail"]}}, "PERMIT"),
    ("G088", {"d.test": "0 path x"}, {}, "PERMIT"),
    ("G089", {"d.test": "0 issue ca.example.net; a=1 b=2"}, on("2019-01-01"), "PERMIT"),
    ("G090", {"d.test": "0 issue ca.example.net; a=1 b=2"}, on("2020-10-19"), "DENY"),
    ("G091", {"d.test": "0 issue @@@"}, on("2019-01-01"), "ARGUABLE"),
    ("G092", {"d.test": NOBODY}, on("2017-09-07"), "PERMIT"),
    ("G093", {"d.test": NOBODY}, on("2017-09-08"), "DENY"),
    ("G094", {"d.test": "0 issue brand.example"}, {"issuer": ["ca.example.net", "brand.example"], "policy": {
        "own": ["ca.example.net", {"name": "brand.example", "from": "2026-12-01"}]}}, "DENY"),
    ("G095", ACCOUNT, {}, "PERMIT"),
    ("G096", ACCOUNT, {"account_uri": B}, "DENY"),
    ("G097", ACCOUNT, {"account_uri": B, "policy": NO_8657}, "PERMIT"),
    ("G098", ACCOUNT, on("2027-03-15", account_uri=B, policy=NO_8657), "DENY"),
    *sole("G099", ["ca.example.net; accounturi=%s; accounturi=%s" % (A, A), "ca.example.net; accounturi=not a uri",
                   "ca.example.net; accounturi=", "other.example; accounturi=" + A], {}, "DENY"),
    ("G103", {"d.test": TBR + "dns-01,http-01"}, {}, "PERMIT"),
    ("G104", {"d.test": TBR + "http-01"}, {}, "DENY"),
    *sole("G105", ["ca.example.net; validationmethods=" + tail for tail in (
        "", "dns-01, http-01", "dns-01,,http-01", "dns-01,", "dns-01; validationmethods=dns-01")], DNS01, "DENY"),
    ("G108", {"d.test": "0 issue ca.example.net; accounturi=%s; validationmethods=http-01 | 0 issue ca.example.net; "
                        "accounturi=%s; validationmethods=dns-01" % (A, B)}, {}, "DENY"),
    ("G110", {"d.test": TBR + "ca-tbr-19"}, on("2027-04-01", method="http-01"), "PERMIT"),
    ("G110.before", {"d.test": TBR + "ca-tbr-19"}, on("2027-03-14", method="http-01"), "DENY"),
    ("G111", {"d.test": TBR + "ca-tbr-4"}, on("2027-04-01", method="3.2.2.4.4"), "PERMIT"),
    ("G112", {"d.test": TBR + "CA-TBR-4"}, on("2027-04-01", method="3.2.2.4.4"), "DENY"),
    ("G112.fold", {"d.test": TBR + "CA-TBR-4"}, on("2027-04-01", method="3.2.2.4.4", policy={"label_case": "fold"}),
     "PERMIT"),
    ("G113", {"d.test": "0 issue ca.example.net; accounturi=acct:p@x.test"}, subordinate(True), "PERMIT"),
    ("G114", {"d.test": "0 issue ca.example.net; accounturi=acct:p@x.test"}, subordinate(False), "DENY"),
    ("G115", {"d.test": TBR + "dns-01"}, {"method": "http-01"}, "DENY"),
    ("G116", {"d.test": "0 issue ca.example.net; AccountURI=" + B}, {}, "DENY"),
    ("G116.strict", {"d.test": "0 issue ca.example.net; AccountURI=" + B}, {"policy": {"param_case": "strict"}},
     "PERMIT"),
    ("G117", FAIL_BUT_LF, {"policy": LF, "facts": CONTROL}, "PERMIT-LF"),
    ("G117.servfail", {"www.d.test": {**TWICE, "outcome": "servfail"}}, {"policy": LF, "facts": CONTROL}, "FAIL"),
    ("G117.classified", {"www.d.test": {**TWICE, "outcome": "servfail"}},
     {"policy": {**LF, "lf_servfail": "classified"}, "facts": CONTROL}, "PERMIT-LF"),
    ("G117.probed", {"www.d.test": {**TWICE, "control": PROBED}}, {"policy": LF}, "PERMIT-LF"),
    ("G117.one-probe", {"www.d.test": {**TWICE, "control": PROBED[:1]}}, {"policy": LF}, "FAIL"),
    ("G118", FAIL_BUT_LF, {"facts": CONTROL}, "FAIL"),
    ("G119", {"www.d.test": {"outcome": "timeout", "attempts": 1}}, {"policy": LF, "facts": CONTROL}, "FAIL"),
    ("G120", {"www.d.test": {**TWICE, "dnssec": "secure"}}, {"policy": LF, "facts": CONTROL}, "FAIL"),
    ("G121", {"www.d.test": {**TWICE, "dnssec": "indeterminate"}}, {"policy": LF, "facts": CONTROL}, "FAIL"),
    ("G122", {"www.d.test": {**TWICE, "dnssec": "indeterminate"}}, on("2024-01-01", policy=LF, facts=CONTROL), "FAIL"),
    ("G122.shown", {"www.d.test": {**TWICE, "dnssec": "indeterminate"}},
     on("2024-01-01", policy=LF, facts={**CONTROL, "no_chain": ["d.test"]}), "PERMIT-LF"),
    ("G123", {}, {"facts": {"deadline": "2026-11-22T12:00:30Z", "completed": "2026-11-22T12:00:31Z"}}, "FAIL"),
    ("G124", {"www.d.test": {"outcome": "error", "attempts": 2}}, {"policy": LF, "facts": CONTROL}, "FAIL"),
    ("G125", {"www.d.test": TWICE, "d.test": NOBODY}, {"policy": LF, "facts": CONTROL}, "DENY"),
    ("G126", {"www.d.test": {"outcome": "nodata", "dnssec": "bogus"}}, on("2026-03-15"), "FAIL"),
    ("G127", {"www.d.test": {"outcome": "bogus", "dnssec": "bogus"}}, {}, "FAIL"),
    ("G130", {"d.test": {"outcome": "bogus"}},
     on("2026-03-15", policy={**NO_8657, "negative_trust_anchors": ["d.test"]}), "error"),
    ("G131", {"d.test": {"dnssec": "indeterminate"}},
     on("2026-03-14", policy={**NO_8657, "negative_trust_anchors": ["d.test"]}), "PERMIT"),
    ("G132", {"www.d.test": {"outcome": "refused", "attempts": 2}}, {"policy": LF, "facts": CONTROL}, "PERMIT-LF"),
    ("G133", {name: {"dnssec": "secure"} for name in ("www.d.test", "d.test", "test")}, {}, "PERMIT"),
    ("G134", {"www.d.test": {"outcome": "servfail"}}, {}, "FAIL"),
    ("G136", {"d.test": OURS}, signed(28800), "PERMIT"),
    ("G137", {"d.test": OURS}, signed(28801), "FAIL"),
    ("G138", {"www.d.test": {"records": records(OURS), "outcome": "records", "ttl": 86400}}, signed(80000), "PERMIT"),
    ("G139", {"www.d.test": {"ttl": 86400}}, signed(30000), "FAIL"),
    ("G140", {"www.d.test": {"records": records(OURS), "outcome": "records", "ttl": 86400}, "b.test": OURS},
     {**names(NAME, "b.test"), **signed(40000)}, "FAIL"),
    ("G141", {"d.test": OURS}, {"facts": {"signing_time": "2026-11-22T14:00:00Z", "later": [
        {"time": "2026-11-22T13:00:00Z", "verdict": "DENY"}]}}, "DENY"),
    ("G142", {"www.d.test": OURS}, signed(40000), "FAIL"),
    ("G143", {"d.test": NOBODY}, precert("2024-01-01", signed="2024-01-01T00:00:10Z", date="2024-01-04"), "EXEMPT"),
    ("G144", {"d.test": NOBODY}, precert("2024-01-01", 1, "2024-01-01T00:00:10Z", "2024-01-04"), "DENY"),
    ("G145", {"d.test": NOBODY}, precert("2021-12-30"), "ARGUABLE"),
    ("G146", {"d.test": NOBODY}, precert("2023-12-30", 2, "2024-01-01", "2024-01-04"), "DENY"),
    ("G147", {"d.test": NOBODY}, tc(False), "DENY"),
    ("G148", {"d.test": NOBODY}, tc(True), "EXEMPT"),
    ("G149", {"d.test": NOBODY}, tc(True, directory_name=False), "DENY"),
    ("G150", {"d.test": NOBODY}, operator("2021-06-30"), "EXEMPT"),
    ("G151", {"d.test": NOBODY}, operator("2021-07-05"), "ARGUABLE"),
    ("G152", {"d.test": NOBODY}, operator("2021-07-12"), "DENY"),
    ("G153", {"d.test": OTHER}, on("2017-09-08"), "DENY"),
    ("G154", {"d.test": OTHER}, {}, "DENY"),
    ("G155", {"d.test": OURS}, on("2026-04-01", facts={"delegated": True}), "FAIL"),
    ("G155.doubt", {"d.test": OURS}, on("2026-03-20", facts={"delegated": True}), "ARGUABLE"),
    ("G180", {"d.test": "0 issuemail other.example | " + OURS}, mail("u@d.test"), "DENY"),
    ("G181", {"d.test": NOBODY}, mail("u@d.test"), "PERMIT"),
    ("G182", {"d.test": "0 issuemail ;"}, {}, "PERMIT"),
    ("G183", {"d.test": "0 issuemail ;"}, mail("u@d.test", date="2025-03-14"), "PERMIT"),
    ("G184", {"d.test": "0 issuemail ;"}, mail("u@d.test", date="2025-03-15"), "DENY"),
    ("G185", {"e.test": "0 issuemail ;"}, mail("u@d.test", "u@e.test"), "DENY"),
    ("G186", {"d.test": "0 issuemail ca.example.net; accounturi=" + B}, mail("u@d.test"), "PERMIT"),
    ("G186.declared", {"d.test": "0 issuemail ca.example.net; accounturi=" + B}, mail("u@d.test", policy={
        "own": [{"name": "ca.example.net", "issuemail_parameters": True}]}), "DENY"),
    ("G187", {"d.test": "0 issuevmc other.example"}, {**names("d.test"), "purpose": "vmc"}, "DENY"),
    ("G205", SKIP, names("a.things.d.test"), "DENY"),
    ("G206", SKIP, p16("a.things.d.test"), "PERMIT"),
    ("G207", SKIP_207, names("a.d.test"), "DENY"),
    ("G208", SKIP_207, p16("a.d.test"), "PERMIT"),
    ("G208.bottom-up", SKIP_207, p16("a.d.test", order="bottom-up"), "DENY"),
    ("G209", {"d.test": "0 issue other.example; skipsubdomaincheck=true", "a.d.test": OURS}, p16("a.d.test"), "DENY"),
    ("G215", {"www.d.test": OURS, "d.test": NOBODY}, p16(NAME), "PERMIT"),
]


def caa_questions(result, n=0):
    return [name for name, kind in result["names"][n]["answers"] if kind == "CAA"]


class GoldenTable(unittest.TestCase):
    def test_every_row(self):
        for row, zone, request, expected in ROWS:
            with self.subTest(row):
                result = judge(zone, request)
                self.assertEqual("error" if "error" in result else result["verdict"], expected)

    def test_searches_ask_what_the_rows_say(self):
        self.assertEqual(caa_questions(judge({}, {})), ["www.d.test", "d.test", "test"])  # G001, G040
        self.assertEqual(caa_questions(judge({}, names("test"))), ["test"])  # G041
        skip = judge(SKIP, p16("a.things.d.test"))  # G206
        self.assertEqual(caa_questions(skip), ["test", "d.test", "things.d.test"])
        self.assertEqual(caa_questions(judge({}, {"order": "top-down"})), ["test", "d.test", "www.d.test"])

    def test_where_the_set_was_found(self):
        for zone, found_at, records_at in (
                ({"d.test": OURS}, "d.test", "d.test"), ({"test": OTHER}, "test", "test"), ({}, None, None),
                ({"d.test": {"cname": "x.test"}, "x.test": NOBODY}, "d.test", "x.test")):
            name = judge(zone, {})["names"][0]
            self.assertEqual((name["found_at"], name["records_at"]), (found_at, records_at))

    def test_readings_print_the_prohibiting_one_first(self):
        self.assertEqual(judge(DNAME_62, on("2018-03-01"))["names"][0]["readings"], ["DENY", "PERMIT"])  # G063
        exempt = judge({"d.test": NOBODY}, operator("2021-07-05"))["names"][0]  # G151
        self.assertEqual(exempt["readings"], ["DENY", "EXEMPT"])

    def test_a_verdict_does_not_outlive_its_epoch(self):
        result = judge({}, on("2026-03-14T20:00:00Z"))
        self.assertEqual(result["valid_until"], "2026-03-14T23:59:59Z")  # R-TIME-8
        self.assertEqual(judge({}, {})["valid_until"], "2026-11-22T20:00:00Z")

    def test_epochs_begin_at_midnight(self):
        for profile in ("tls-br", "smime-br"):
            for name, first in oracle.EPOCHS[profile][1:]:
                self.assertEqual(oracle.epoch_of(profile, first), name)
                self.assertNotEqual(oracle.epoch_of(profile, first - 1), name)


class Grammar(unittest.TestCase):
    def test_r_v44_3(self):
        for value, old, new in ((b"ca; a=1 b=2", True, False), (b"ca; a=1; b=2", True, True),
                                (b"ca; a=1;", True, False), (b"ca; a = b", False, True),
                                (b"ca; a-b=c", False, True), (b"ca;", True, True),
                                (b"", True, True), (b" ;\t", True, True), (b"*", False, False)):
            self.assertEqual(oracle.parse_6844(value) is not None, old, value)
            self.assertEqual(oracle.parse_8659(value) is not None, new, value)
        self.assertEqual(oracle.parse_8659(b"*", True), (b"*", []))
        self.assertEqual(oracle.parse_6844(b"ca; a=1;"), (b"ca", [(b"a", b"1;")]))


class Properties(unittest.TestCase):
    """On random requests."""

    CASES = 3000

    def requests(self, seed):
        for index in range(self.CASES):
            request = generate.generate(seed, index)
            if "error" not in oracle.judge(request):
                yield request

    def test_the_order_changes_nothing(self):
        for request in self.requests(11):
            if request.get("profile") == "proposal-2016":
                continue
            results = [oracle.judge({**request, "order": order}) for order in ("bottom-up", "top-down", "parallel")]
            for result in results:
                for name in result["names"]:
                    del name["answers"]
            self.assertEqual(results[0], results[1], request)
            self.assertEqual(results[0], results[2], request)

    def test_a_record_that_names_nobody_we_know_never_improves_a_verdict(self):
        """From E4: an unrelated restriction beside others authorizes nobody and lifts nothing."""
        rng = random.Random(12)
        for request in self.requests(12):
            before = oracle.judge(request)
            if before["epoch"] in ("E0", "E1", "E2", "E3"):
                continue
            for answer in request["answers"]:
                if answer["outcome"] == "records" and answer.get("type") != "DNAME":
                    tag = rng.choice(("issue", "issuemail", "tbs"))
                    answer["records"] = answer["records"] + [record("0", tag, "unrelated.example")]
            after = oracle.judge(request)
            for old, new in zip(before["names"], after["names"]):
                self.assertGreaterEqual(self.rank(new), self.rank(old), request)

    @staticmethod
    def rank(name):
        return oracle.SEVERITY[name["verdict"]]

    def test_losing_an_answer_never_turns_a_name_to_permission(self):
        rng = random.Random(13)
        for request in self.requests(13):
            if request.get("profile") == "proposal-2016" or not request["answers"]:
                continue
            before = oracle.judge(request)
            request["answers"].pop(rng.randrange(len(request["answers"])))
            for old, new in zip(before["names"], oracle.judge(request)["names"]):
                if old["verdict"] in ("DENY", "FAIL", "ARGUABLE"):
                    self.assertNotIn(new["verdict"], oracle.POSITIVE, request)


if __name__ == "__main__":
    unittest.main()
