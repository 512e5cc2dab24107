#!/usr/bin/python3
"""Runs the command against every fault of lab/faults.json, with and without the wire tap, holds what it says against the
file, and compares docs/faults.md with what was seen. --write writes docs/faults.md instead. Enters the lab by itself."""
import argparse
import concurrent.futures
import importlib.util
import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB = os.path.join(TOP, "lab")
RUN = os.path.join(LAB, "run")
FAULTS = os.path.join(LAB, "faults.json")
PAGE = os.path.join(TOP, "docs", "faults.md")
BUILD = os.environ.get("CAAPROOF_BUILD", os.path.join(TOP, "build"))
BINARY = os.environ.get("CAAPROOF", os.path.join(BUILD, "src", "bin", "caaproof", "caaproof"))

ISSUER = "ca.example.net"
ANSWERS = ("records", "nodata", "nxdomain")  # every other outcome is a failure
ALLOWING = ("PERMIT", "PERMIT-LF", "EXEMPT", "NA")
WAYS = ("tap", "no_tap", "lf")
MEMBERS = {"id", "area", "fault", "name", "forward", "rules", "outcome", "detail", "aliases", "dnssec",
           "attempts", "servers", "verdict", "no_tap", "lf", "permit", "meaning"}
NEEDED = {"id", "area", "fault", "name", "rules", "outcome", "dnssec", "attempts", "verdict", "meaning"}
OPTIONS = {"tap": [], "no_tap": ["--no-tap"],
           "lf": ["--control", "permit.test", "--control", "open.plain.com"]}
RUN_SECONDS = 120

passed = 0
failed = 0


def check(condition, what):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


# ---- what is asked, and what came back


class Seen:
    """What one check said about a fault: the lookup that failed, or the first one if none did."""

    def __init__(self, result, servers):
        name = result["names"][0]
        answers = name["answers"]
        answer = next((a for a in answers if a["outcome"] not in ANSWERS), answers[0])
        asked = {exchange["server"] for exchange in answer.get("exchanges", [])}
        self.verdict = result["verdict"]
        self.reason = name["reason"]
        self.outcome = answer["outcome"]
        self.detail = answer.get("detail") if self.outcome == "malformed" else None
        self.dnssec = answer.get("dnssec", "indeterminate")
        self.attempts = answer.get("attempts", 1)
        self.aliases = len(answer.get("aliases", []))
        self.servers = len(asked & servers([answer["name"]] + answer.get("aliases", [])))


def served_by():
    """Zone: addresses of its servers."""
    zones = {}
    for file in os.listdir(os.path.join(LAB, "zones")):
        if file.endswith(".zone") and file != "root.zone":
            text = read(os.path.join(LAB, "zones", file))
            zones[file[:-len(".zone")]] = re.search(r"^; served: (.*)$", text, re.M).group(1).split()
    return zones


def zone_of(name, zones):
    labels = name.lower().rstrip(".").split(".")
    return next((".".join(labels[i:]) for i in range(len(labels)) if ".".join(labels[i:]) in zones), None)


def request(row, way):
    out = {"id": row["id"], "names": [row["name"]], "issuer": ISSUER}
    if way == "lf":
        out.update({"policy": {"lf_permit": True}, "order": "parallel"})
    return json.dumps(out) + "\n"


def run(rows, way, forward):
    """One batch in a lab of its own: all rows at the same time, and nothing that another batch made servers remember."""
    options = OPTIONS[way] + (["--forward", forward] if forward else [])
    done = subprocess.run([RUN, BINARY, "check", "--batch", *options], text=True, capture_output=True,
                          input="".join(request(row, way) for row in rows), timeout=RUN_SECONDS, check=False,
                          env=dict(os.environ, CAAPROOF_BUILD=BUILD))
    results = [json.loads(line) for line in done.stdout.splitlines()]
    if [result.get("id") for result in results] != [row["id"] for row in rows]:
        sys.exit(f"{way} {forward or ''}: {len(results)} results for {len(rows)} faults\n{done.stderr}")
    return results


def run_all(rows):
    """seen[way][id]"""
    zones = served_by()
    forwards = sorted({row["forward"] for row in rows if "forward" in row})
    batches = [(way, forward, [row for row in rows if row.get("forward") == forward])
               for forward in [None] + forwards for way in WAYS if way != "lf" or forward is None]
    seen = {way: {} for way in WAYS}
    with concurrent.futures.ThreadPoolExecutor(len(batches)) as pool:
        done = list(pool.map(lambda batch: run(batch[2], batch[0], batch[1]), batches))
    for (way, forward, asked), results in zip(batches, done):
        for row, result in zip(asked, results):
            check("error" not in result, f"{row['id']}: {result.get('error')}")

            def servers(names, forward=forward):
                return {forward} if forward else {a for name in names for a in zones.get(zone_of(name, zones), [])}
            if "error" not in result:
                seen[way][row["id"]] = Seen(result, servers)
    return seen


# ---- what must hold


def check_file(rows):
    zones = served_by()
    check(len({row["id"] for row in rows}) == len(rows), "ids are unique")
    for row in rows:
        label = row.get("id")
        check(NEEDED <= set(row) <= MEMBERS, f"{label}: members")
        check(row["meaning"].endswith(".") and not row["fault"].endswith("."), f"{label}: texts")
        check("forward" in row or zone_of(row["name"], zones), f"{label}: {row['name']} is in a zone")
        check("lf" not in row or row["outcome"] not in ANSWERS, f"{label}: only failures have an exception")
        check(row["rules"] and all(re.fullmatch(r"R-[A-Z0-9]+-[0-9]+", rule) for rule in row["rules"]), f"{label}: rules")
    spec = importlib.util.spec_from_file_location("responder", os.path.join(LAB, "responder.py"))
    responder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(responder)
    met = {address for row in rows for address in zones.get(zone_of(row["name"], zones), [])}
    for address in responder.SERVERS:
        check(address in met, f"{address} misbehaves, and no fault shows it")


def expected(row, way):
    """The members of row, as they are in that way of asking."""
    out = dict(row, **row.get(way, {})) if way == "no_tap" else dict(row)
    if way == "lf" and row.get("lf", {}).get("dnssec") == row["dnssec"]:
        out["verdict"] = row["lf"]["verdict"]  # else what the exception rests on is not proved
    return out


def check_row(row, way, seen):
    label = f"{row['id']}, {way.replace('_', ' ')}"
    want = expected(row, way)
    for member in ("outcome", "dnssec", "verdict"):
        check(getattr(seen, member) == want[member],
              f"{label}: {member} {getattr(seen, member)}, not {want[member]}")
    check(seen.attempts >= want["attempts"], f"{label}: {seen.attempts} attempts")
    check("detail" not in want or want["outcome"] != "malformed" or seen.detail == want["detail"],
          f"{label}: {seen.detail}")
    if way == "tap":
        check(seen.aliases == row.get("aliases", seen.aliases), f"{label}: {seen.aliases} aliases")
        check(seen.servers == row.get("servers", seen.servers), f"{label}: {seen.servers} servers")
    check_nothing_is_allowed(row, way, seen)


def check_nothing_is_allowed(row, way, seen):
    """Whatever else the row expects."""
    label = f"{row['id']}, {way.replace('_', ' ')}: {seen.verdict}"
    proved = way == "lf" and seen.dnssec == "insecure" and row.get("lf", {}).get("verdict") == "PERMIT-LF"
    allowed = (seen.verdict == "PERMIT" and "permit" in row) or (seen.verdict == "PERMIT-LF" and proved)
    check(seen.verdict not in ALLOWING or allowed, label)
    check(seen.verdict != "PERMIT" or (seen.outcome in ANSWERS and seen.dnssec in ("secure", "insecure")), label)


# ---- the page

HEAD = """# Faults, and what becomes of them

<!-- Written by tests/lab/fault_matrix.py --write from what the command said; do not edit. -->

Every row is a fault that exists in the lab (`lab/run`), and what `caaproof check` said when it met it: {n} faults, asked
for with issuer `{issuer}` and today's rules. `make check` asks again and compares. A fault never gives permission: {permits}
of these checks end in PERMIT, all of them because a server gave an answer that holds all the same, and their last column
says which.

* **outcome**, **DNSSEC**, **tries**: of the lookup that failed; of the first lookup if none did ([json.md](json.md)).
  `indeterminate`: nobody has proved anything. A try is a complete resolution, after which the next one starts anew;
  libunbound sends several packets in each.
* **servers**: how many of the zone's servers the wire tap saw asked, where that does not depend on chance.
* **without tap**: what is different with `--no-tap`, when libunbound's word is all there is.
{lf}
Try one: `lab/run caaproof check www.blackhole.net --issuer {issuer} --json`.
"""
LF = """* **lf_permit**: the verdict, where that is another one, if the CA's policy allows the exception for failed lookups
  (`policy.lf_permit`), with `--control` names that answer and `"order":"parallel"`: then the names of a dead domain are
  tried side by side, and the verdict comes within 12 seconds.
"""


def cell(text):
    return text.replace("|", "\\|")


def outcome_text(seen):
    if seen.detail:
        return f"{seen.outcome} ({seen.detail})"
    if seen.outcome in ANSWERS and seen.aliases:
        return f"{seen.outcome} ({seen.aliases} alias{'es' if seen.aliases > 1 else ''})"
    return seen.outcome


def without_tap(with_tap, without):
    parts = [outcome_text(without)] if outcome_text(without) != outcome_text(with_tap) else []
    parts += [without.dnssec] if without.dnssec != with_tap.dnssec else []
    parts += [f"{without.attempts} tries"] if without.attempts != with_tap.attempts else []
    parts += [without.verdict] if without.verdict != with_tap.verdict else []
    return ", ".join(parts)


def table(rows, seen, with_lf):
    head = ["fault", "name", "outcome", "DNSSEC", "tries", "servers", "verdict"]
    head += (["lf_permit"] if with_lf else []) + ["without tap", "meaning"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        one = seen["tap"][row["id"]]
        lf = seen["lf"].get(row["id"], one)
        name = f"`{row['name']}`" + (f" by {row['forward']}" if "forward" in row else "")
        cells = [row["fault"], name, outcome_text(one), one.dnssec, str(one.attempts),
                 str(one.servers) if "servers" in row else "", f"**{one.verdict}**"]
        cells += [lf.verdict if lf.verdict != one.verdict else ""] if with_lf else []
        cells += [without_tap(one, seen["no_tap"][row["id"]]), row["meaning"]]
        lines.append("| " + " | ".join(cell(text) for text in cells) + " |")
    return "\n".join(lines) + "\n"


def page(rows, seen):
    with_lf = any(lf.verdict != seen["tap"][ident].verdict for ident, lf in seen["lf"].items())
    permits = sum(one.verdict == "PERMIT" for one in seen["tap"].values())
    parts = [HEAD.format(n=len(rows), issuer=ISSUER, permits=permits, lf=LF if with_lf else "")]
    for area in dict.fromkeys(row["area"] for row in rows):
        parts.append(f"## {area}\n")
        parts.append(table([row for row in rows if row["area"] == area], seen, with_lf))
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/faults.md")
    parser.add_argument("--check", action="store_true", help="compare (what happens anyhow)")
    options = parser.parse_args()
    rows = json.loads(read(FAULTS))
    check_file(rows)
    seen = run_all(rows)
    for way in WAYS:
        for row in rows:
            if row["id"] in seen[way]:
                check_row(row, way, seen[way][row["id"]])
    if not failed:
        text = page(rows, seen)
        if options.write:
            with open(PAGE, "w", encoding="utf-8") as file:
                file.write(text)
        check(os.path.exists(PAGE) and read(PAGE) == text,
              "docs/faults.md is not what was seen; run tests/lab/fault_matrix.py --write")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
