#!/usr/bin/python3
"""Holds a checker that is not ours to the golden table: caaproof conformance --exec data/adapter-example.py

Replace my_checker by a call of yours. It is naive on purpose, so that the report card has something to say."""
import json
import re
import sys


def my_checker(name, issuers, records):
    labels = name.removeprefix('*.').split('.')
    for i in range(len(labels)):
        issue = [v for owner, tag, v in records if owner == '.'.join(labels[i:]) and tag == 'issue']
        if issue:
            return 'PERMIT' if any(v.split(';')[0].strip() in issuers for v in issue) else 'DENY'
    return 'PERMIT'


for line in sys.stdin:
    request = json.loads(line)
    records = re.findall(r'^(\S+)\. \d+ IN CAA \d+ (\w+) "(.*)"$', request.get('zone', ''), re.M)
    verdicts = [my_checker(n, request['issuer'], records) for n in request['names'] if isinstance(n, str)]
    print(json.dumps({'id': request['id'], 'verdict': min(verdicts, default='FAIL')}), flush=True)
