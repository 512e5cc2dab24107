#!/usr/bin/env python3
"""What the documents show is what the command does: the sessions of README.md and docs/incident.md are run in the lab and
compared (moments apart); every example of the manual must run. --write puts what was really printed into the documents."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN = os.path.join(TOP, "lab", "run")
SESSIONS = ("README.md", "docs/incident.md")
SCENARIOS = os.path.join(TOP, "data", "incidents")
SESSION = re.compile(r"(<!-- session: begin -->\n).*?(<!-- session: end -->)", re.S)
# Moments, and the epoch in force.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\bE\d+(?= of )")
VERDICTS = (0, 10, 11, 12, 13)
# Pages of the manual, and how many examples they have at least.
PAGES = {"caaproof.1": 6, "caaproof-evidence.1": 6, "caaproof-incident.1": 8}
# Its examples need a daemon: tests/daemon/test_ops.py runs those that its own can be told.
DAEMON_PAGE = "caaproof-daemon.1"
# Files that the manual's example of a permit names.
PERMIT = {"www.tlog-proof": "good.tlog-proof", "log.vkey": "log.vkey", "issuer.pem": "issuer.pem", "pre.pem": "precertificate.pem"}

# Files that the examples of an incident name, and a zone file of today's DNS.
INCIDENT = os.path.join(SCENARIOS, "incident-2019")
NOW = ". 3600 IN SOA a. b. 1 3600 600 86400 3600\ntest. 3600 IN CAA 0 issue \"other.example\"\n"
# Commands of which 1 and 2 say that something was found, not that something is wrong.
FINDERS = re.compile(r" (lint|replay|import|diff|scope|reconcile) ")

passed = 0
failed = 0


def check(condition, what):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what)


def shell(command, folder):
    return subprocess.run(["bash", "-c", command], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                          check=False)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run_session(text, folder):
    """The session again, with what the commands print now."""
    commands = [c.replace("\n    ", "\n") for c in re.findall(r"^    \$ ((?:.*\\\n)*.*)$", text, re.M)]
    lines = ["    " + line if line else "" for command in commands
             for line in ("$ " + command + "\n" + shell(command, folder).stdout.rstrip("\n")).split("\n") + [""]]
    return "\n".join(["", *lines, ""])


def check_sessions(document, write):
    """In a folder that has the scenarios, and keeps what earlier sessions of the document made."""
    path = os.path.join(TOP, document)
    text = read(path)
    found = SESSION.search(text)
    check(found and "    $ " in found.group(), f"{document} has a session")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # a daemon of it may still be ending
        for name in os.listdir(SCENARIOS):
            os.symlink(os.path.join(SCENARIOS, name), os.path.join(folder, name))
        now = SESSION.sub(lambda block: block.group(1) + run_session(block.group(), folder) + block.group(2), text)
    if write:
        with open(path, "w", encoding="utf-8") as file:
            file.write(now)
    check(write or MOMENT.sub("T", now) == MOMENT.sub("T", text),
          f"{document}: the command prints something else now; tests/docs/test_examples.py --write")


def check_incident():
    """The README's commands after an incident, and the files in which it says to read."""
    text = read(os.path.join(TOP, "README.md")).split("## After an incident")[1].split("\n## ")[0]
    command = re.search(r"^    export (?:.*\n)*?\n", text, re.M).group()
    with tempfile.TemporaryDirectory() as folder:
        for line in [command, *re.findall(r"`(caaproof [^`]*)`", text)]:
            done = shell(line.replace("/tmp/run", folder + "/run"), TOP if line == command else INCIDENT)
            check(done.returncode == 0, f"README.md: {line}: exit {done.returncode}: {done.stdout}")
        for name in re.findall(r"`/tmp/(run/[^`]*)`", text):
            check(os.path.exists(os.path.join(folder, name)), f"README.md: /tmp/{name} is there")


def manual_examples(page):
    """The commands of a page's EXAMPLES, and the zone file that they show."""
    text = read(os.path.join(TOP, "man", page)).split(".Sh EXAMPLES")[1].split(".Sh SEE ALSO")[0]
    text = text.replace("\\e\n", "\\\n").replace(".Dl $ ", "$ ")
    zone = re.search(r"^\$ cat example.zone\n(.*?)^\$ ", text, re.S | re.M)
    commands = re.findall(r"^\$ ((?:.*(?:\\|\|)\n)*.*)$", text, re.M)
    return zone.group(1) if zone else "", [command for command in commands if "caaproof" in command]


def check_manual(page, least):
    zone, commands = manual_examples(page)
    check(len(commands) >= least, f"{page} has examples")
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "example.zone"), "w", encoding="ascii") as file:
            file.write(zone)
        with open(os.path.join(folder, "now.zone"), "w", encoding="ascii") as file:
            file.write(NOW)
        for name in os.listdir(INCIDENT):
            shutil.copy(os.path.join(INCIDENT, name), folder)
        shutil.copy(os.path.join(INCIDENT, "certificates.csv"), os.path.join(folder, "signed.csv"))
        made = shell("openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -subj /CN=www.permit.test "
                     "-addext subjectAltName=DNS:www.permit.test -out request.pem", folder)
        check(made.returncode == 0, "openssl makes a request")
        for file, name in PERMIT.items():
            shutil.copy(os.path.join(TOP, "docs", "formats", "permit-vectors", name), os.path.join(folder, file))
        for command in commands:
            done = shell(command, folder)
            allowed = (0, 1, 2) if FINDERS.search(command) else VERDICTS
            if " permit " in command:  # of another day: all is well but the time
                allowed = (77,) if re.search("has expired|from the future", done.stdout) else ()
            check(done.returncode in allowed, f"{command}: exit {done.returncode}: {done.stdout}")


def check_help():
    """Every long option that the command explains is in the manual, and the other way round."""
    manual = set(re.findall(r"Fl -([a-z0-9-]+)", "".join(read(os.path.join(TOP, "man", page)) for page in (*PAGES, DAEMON_PAGE))))
    said = set()
    commands = re.findall(r'{ "([a-z]+)", command_', read(os.path.join(TOP, "src", "bin", "caaproof", "main.c")))
    check("check" in commands, "the table of commands is found")
    for command in [*commands, "triage diff"]:
        done = shell(f"caaproof {command} --help", TOP)
        check(done.returncode == 0, f"caaproof {command} --help")
        said.update(re.findall(r"(?<![\w-])--([a-z0-9-]+)", done.stdout))
    said |= {"help", "version"}
    check(said <= manual, f"not in the manual: {sorted(said - manual)}")
    check(manual <= said, f"in the manual only: {sorted(manual - said)}")


def main():
    if os.environ.get("CAAPROOF_LAB") != "1":
        os.execv(RUN, [RUN, sys.executable, os.path.abspath(__file__), *sys.argv[1:]])
    for document in SESSIONS:
        check_sessions(document, sys.argv[1:] == ["--write"])
    check_incident()
    for page, least in PAGES.items():
        check_manual(page, least)
    check_help()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
