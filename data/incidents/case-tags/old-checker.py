#!/usr/bin/env python3
"""The CA's checker as it was until 2018-05-18, for `caaproof scope RUN --exec`: requests in, one a line, verdicts out
(docs/json.md). Its fault: it compares property tags with their case."""
import json
import sys


def verdict(request):
    """PERMIT or DENY of the one name of a request, from the answers that it brings."""
    sets = [answer['records'] for answer in request['answers'] if answer['outcome'] == 'records']
    records = [(record.get('tag'), record.get('value', '')) for record in (sets[0] if sets else [])]
    wild = [value for tag, value in records if tag == 'issuewild']
    plain = [value for tag, value in records if tag == 'issue']
    values = wild if wild and request['names'][0].startswith('*.') else plain
    names = request['policy']['own']
    permits = not values or any(value.split(';')[0].strip() in names for value in values)
    return 'PERMIT' if permits else 'DENY'


for line in sys.stdin:
    print(json.dumps({'verdict': verdict(json.loads(line))}), flush=True)
