#!/usr/bin/env python3
"""population.py GENINCIDENT: what bench/genincident writes is in order and has the classes that it says."""
import collections
import csv
import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime

WINDOW = 28800


def when(text):
    return datetime.fromisoformat(text.rstrip('Z')).timestamp()


def rows(folder, name):
    with open(os.path.join(folder, name), encoding='ascii', newline='') as f:
        return list(csv.DictReader(f))


def class_of(certificate, checks):
    signed = when(certificate['signed'])
    seen, good = False, True
    for name in certificate['dns_names'].split(' '):
        mine = checks.get(name, ())
        seen = seen or bool(mine)
        good = good and any(t <= signed <= t + max(ttl, WINDOW) for t, ttl in mine)
    return 'PROVEN' if good else 'TAINTED' if seen else 'NO-EVIDENCE'


def main():
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.argv[1], '--scale', '1000', folder]
        said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        certificates, answers = rows(folder, 'certificates.csv'), rows(folder, 'archive.csv')
        before = [open(os.path.join(folder, f), 'rb').read() for f in ('certificates.csv', 'archive.csv')]
        subprocess.run(command, capture_output=True, check=True)
        assert before == [open(os.path.join(folder, f), 'rb').read() for f in ('certificates.csv', 'archive.csv')]
    checks = collections.defaultdict(list)
    for a in answers:
        assert (a['outcome'] == 'records') == bool(a['ttl']) == bool(a['records'])
        checks[a['name']].append((when(a['time']), int(a['ttl'] or 0)))
    found = collections.Counter(class_of(c, checks) for c in certificates)
    assert found == {k: said[k] for k in ('PROVEN', 'TAINTED', 'NO-EVIDENCE')}, (found, said)
    assert (len(certificates), len(answers)) == (said['certificates'], said['answers'])
    assert len({c['sha256'] for c in certificates}) == len({c['serial'] for c in certificates}) == len(certificates)
    names = [len(c['dns_names'].split(' ')) for c in certificates]
    assert sum(names) == said['names'] and max(names) <= 100 and 2.4 < sum(names) / len(names) < 2.6
    assert 7.7 < len(answers) / len(certificates) < 8.7
    seconds = [a['time'][:19] for a in answers]
    assert seconds == sorted(seconds)


if __name__ == '__main__':
    main()
