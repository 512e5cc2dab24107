"""Compare the judge with the oracle on random requests.

    compare.py --exec "build/caaproof check --batch" --cases 200000 --seed 1 --jobs 2

Every request is one line to the command and one result line back.  A disagreement is made smaller, printed with both
results and counted; the exit status is 1 if there was any.
"""

import argparse
import collections
import concurrent.futures
import copy
import itertools
import json
import shlex
import subprocess
import sys

import generate
import oracle

CHUNK = generate.POOL_SPAN  # requests a process judges in one run
SHOWN = 5  # disagreements printed
ROUNDS = 60  # steps of making one smaller
CANDIDATES = 120  # tried in one round
CHUNK_SECONDS = 300


# --------------------------------------------------------------------------------------------------------------------
# Running the command


def dump(value):
    return json.dumps(value, separators=(",", ":"))


def run(command, requests):
    """Results in order, with None where the command gave no readable line, and a note on how it ended."""
    text = "".join(dump(request) + "\n" for request in requests)
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=CHUNK_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return [None] * len(requests), "timeout"
    lines = done.stdout.split(b"\n")[:-1]
    results = [load(line) for line in lines[:len(requests)]]
    note = "status %d, %d lines for %d requests" % (done.returncode, len(lines), len(requests))
    note += "".join("\n  " + line for line in done.stderr.decode(errors="replace").splitlines()[-3:])
    return results + [None] * (len(requests) - len(results)), note


def load(line):
    try:
        result = json.loads(line)
    except ValueError:
        return None
    return result if isinstance(result, dict) else None


# --------------------------------------------------------------------------------------------------------------------
# Comparing


def differences(request, expected, got):
    """(member, expected, got) of every member that differs."""
    if got is None:
        return [("no-result", None, None)]
    if got.get("id") != request.get("id"):
        return [("id", request.get("id"), got.get("id"))]
    wanted = expected.get("error", {}).get("code")
    found = got["error"].get("code") if isinstance(got.get("error"), dict) else None
    if wanted or found:
        return [("error", wanted, found)] if wanted != found else []
    try:
        return compare_results(request, expected, got)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        return [("shape", None, repr(problem))]


def compare_results(request, expected, got):
    pairs = [(member, expected[member], got.get(member)) for member in ("verdict", "epoch", "valid_until")]
    pairs.append(("names", len(expected["names"]), len(got["names"])))
    for wanted, found in zip(expected["names"], got["names"]):
        pairs += compare_name(request, wanted, found)
    return [pair for pair in pairs if pair[1] != pair[2]]


def compare_name(request, wanted, found):
    pairs = [("names.name", wanted["name"], found["name"]), ("names.verdict", wanted["verdict"], found["verdict"])]
    if wanted["found_at"] != "?":
        pairs += [("names." + member, wanted[member], found.get(member)) for member in ("found_at", "records_at")]
    pairs.append(("names.readings", sorted(wanted.get("readings", [])), readings_of(found)))
    asked = [(answer["name"].lower(), answer.get("type", "CAA")) for answer in found.get("answers", [])]
    if request.get("order") == "parallel":
        pairs.append(("names.answers", sorted(wanted["answers"]), sorted(asked)))
    else:
        pairs.append(("names.answers", wanted["answers"], asked))
    return pairs


def readings_of(name):
    return sorted({reading["verdict"] for reading in name.get("readings") or []})


# --------------------------------------------------------------------------------------------------------------------
# Making a disagreement smaller


def smaller(request):
    """Copies of the request that lack one thing."""
    for path in droppable(request):
        candidate = copy.deepcopy(request)
        *above, last = path
        holder = candidate
        for step in above:
            holder = holder[step]
        del holder[last]
        yield candidate


def droppable(request):
    yield from (("names", n) for n in range(len(request["names"])) if len(request["names"]) > 1)
    for member in ("account_uri", "method", "order", "purpose", "profile", "policy", "facts"):
        if member in request:
            yield (member,)
    for member in ("policy", "facts"):
        yield from ((member, key) for key in request.get(member, {}))
    for n, answer in enumerate(request.get("answers", [])):
        yield ("answers", n)
        yield from (("answers", n, key) for key in ("time", "ttl", "detail", "attempts", "records_at") if key in answer)
        records = answer.get("records", [])
        yield from (("answers", n, "records", r) for r in range(len(records)) if len(records) > 1)


def judged(request):
    try:
        return oracle.judge(request)
    except Exception:  # what is left of the request makes no sense any more
        return None


def minimise(command, request, members):
    for _ in range(ROUNDS):
        some = itertools.islice(smaller(request), CANDIDATES)
        candidates = [(c, e) for c, e in ((c, judged(c)) for c in some) if e is not None]
        results, _ = run(command, [candidate for candidate, _ in candidates])
        for (candidate, expected), got in zip(candidates, results):
            if members & {member for member, _, _ in differences(candidate, expected, got)}:
                request = candidate
                break
        else:
            break
    return request


def describe(command, request, found):
    """The text printed for one disagreement."""
    request = minimise(command, request, {member for member, _, _ in found})
    expected = oracle.judge(request)
    results, note = run(command, [request])
    lines = ["disagreement at seed/index %s" % request["id"]]
    for member, wanted, got in differences(request, expected, results[0]) or found:
        lines.append("  %s: oracle %s, judge %s" % (member, dump(wanted), dump(got)))
    lines += ["  request: " + dump(request), "  oracle:  " + dump(expected), "  judge:   " + dump(results[0])]
    return "\n".join(lines + (["  " + note] if results[0] is None else []))


# --------------------------------------------------------------------------------------------------------------------
# The run


def compare_chunk(command, seed, first, count):
    """(passed, members that differed, texts of the first disagreements)."""
    requests = [generate.generate(seed, index) for index in range(first, first + count)]
    results, note = run(command, requests)
    passed, members, texts = 0, collections.Counter(), []
    for request, got in zip(requests, results):
        found = differences(request, oracle.judge(request), got)
        if not found:
            passed += 1
            continue
        members.update({member for member, _, _ in found})
        if len(texts) < SHOWN:
            texts.append(describe(command, request, found) + ("\n  run: " + note if got is None else ""))
    return passed, members, texts


def chunks(first, cases):
    """(first, count) of every chunk; none crosses a multiple of CHUNK, so that a pool of records is made once."""
    end = first + cases
    while first < end:
        stop = min(end, (first // CHUNK + 1) * CHUNK)
        yield first, stop - first
        first = stop


def progress(done, cases):
    if sys.stderr.isatty():
        print("\r%d of %d" % (done, cases), end="" if done < cases else "\n", file=sys.stderr, flush=True)


def compare(options):
    command = shlex.split(options.exec)
    passed, done, members, texts = 0, 0, collections.Counter(), []
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        runs = [(count, pool.submit(compare_chunk, command, options.seed, first, count))
                for first, count in chunks(options.first, options.cases)]
        for count, future in runs:
            right, wrong, shown = future.result()
            passed, done, members = passed + right, done + count, members + wrong
            texts += shown
            progress(done, options.cases)
    for text in texts[:SHOWN]:
        print(text)
    if members:
        print("members that differ: " + ", ".join("%s %d" % pair for pair in members.most_common()))
    print("%d passed, %d failed" % (passed, done - passed))
    return passed == done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exec", required=True, help="command that reads requests and writes results, one a line")
    parser.add_argument("--cases", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="index of the first request, to repeat one case")
    parser.add_argument("--jobs", type=int, default=1)
    try:
        sys.exit(0 if compare(parser.parse_args()) else 1)
    except OSError as problem:
        sys.exit("compare.py: cannot run the command: %s" % problem)


if __name__ == "__main__":
    main()
