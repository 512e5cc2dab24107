#!/usr/bin/python3
"""Check data/golden.json and data/scenarios.json: form, completeness, and every request against data/schema/request.json.

Needs the standard library only; the validator below knows the keywords that our schemas use and refuses any other.
"""

import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROWS = '1-10 12 14 19-21 26-99 103-105 108 110-155 180-187 205-209 215'
SCENARIOS = '1-12 16 33 36'
VERDICTS = ('PERMIT', 'DENY', 'FAIL', 'PERMIT-LF', 'EXEMPT', 'NA', 'ARGUABLE')
WORST_FIRST = ('DENY', 'FAIL', 'PERMIT', 'EXEMPT')
ERRORS = ('json', 'request', 'name', 'policy', 'facts', 'answers', 'zone')
SILENT = ('$schema', '$defs', 'title', 'description')


# -- a small validator -------------------------------------------------------------------------------------------------

def is_type(value, name):
    number = isinstance(value, int) and not isinstance(value, bool)
    return {'object': isinstance(value, dict), 'array': isinstance(value, list), 'string': isinstance(value, str),
            'boolean': isinstance(value, bool), 'integer': number,
            'number': number or isinstance(value, float), 'null': value is None}[name]


def resolve(root, ref):
    node = root
    for part in ref.removeprefix('#/').split('/'):
        node = node[part]
    return node


def check_object(root, schema, value, at):
    out = ['%s: member %s is missing' % (at, k) for k in schema.get('required', ()) if k not in value]
    properties = schema.get('properties', {})
    for key, member in value.items():
        if key in properties:
            out += errors(root, properties[key], member, '%s.%s' % (at, key))
        elif schema.get('additionalProperties') is False:
            out.append('%s: unknown member %s' % (at, key))
    return out


def check_array(root, schema, value, at):
    out = ['%s: too few items' % at] if len(value) < schema.get('minItems', 0) else []
    out += ['%s: too many items' % at] if len(value) > schema.get('maxItems', len(value)) else []
    for i, item in enumerate(value):
        out += errors(root, schema.get('items', {}), item, '%s[%d]' % (at, i))
    return out


def check_scalar(schema, value, at):
    out = []
    if isinstance(value, str):
        if 'pattern' in schema and not re.search(schema['pattern'].replace('$', r'\Z'), value):
            out.append('%s: %r does not match' % (at, value[:60]))
        if len(value) < schema.get('minLength', 0):
            out.append('%s: too short' % at)
        if len(value) > schema.get('maxLength', len(value)):
            out.append('%s: too long' % at)
    elif is_type(value, 'integer'):
        if not schema.get('minimum', value) <= value <= schema.get('maximum', value):
            out.append('%s: %d is out of range' % (at, value))
    return out


def errors(root, schema, value, at='request'):
    known = {'$ref', 'type', 'enum', 'const', 'required', 'properties', 'additionalProperties', 'items', 'minItems',
             'maxItems', 'minLength', 'maxLength', 'pattern', 'minimum', 'maximum', 'anyOf', 'oneOf'}
    strange = set(schema) - known - set(SILENT)
    if strange:
        raise ValueError('%s: keyword %s is not supported here' % (at, ', '.join(sorted(strange))))
    if '$ref' in schema:
        return errors(root, resolve(root, schema['$ref']), value, at)
    types = schema.get('type', [])
    types = [types] if isinstance(types, str) else types
    if types and not any(is_type(value, t) for t in types):
        return ['%s: not of type %s' % (at, ' or '.join(types))]
    if 'enum' in schema and value not in schema['enum'] or 'const' in schema and value != schema['const']:
        return ['%s: %r is not allowed' % (at, value)]
    out = check_scalar(schema, value, at)
    if isinstance(value, dict):
        out += check_object(root, schema, value, at)
    if isinstance(value, list):
        out += check_array(root, schema, value, at)
    for word, good in (('anyOf', lambda n: n >= 1), ('oneOf', lambda n: n == 1)):
        if word in schema:
            tries = [errors(root, s, value, at) for s in schema[word]]
            if not good(tries.count([])):
                out += min((t for t in tries if t), key=len, default=['%s: more than one form at once' % at])
    return out


# -- the checks --------------------------------------------------------------------------------------------------------

class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, what, problems):
        if problems:
            self.failed += 1
            for problem in problems[:5]:
                print('%s: %s' % (what, problem))
        else:
            self.passed += 1


def numbers(text):
    out = []
    for part in text.split():
        first, _, last = part.partition('-')
        out += range(int(first), int(last or first) + 1)
    return out


def load(name):
    with open(os.path.join(TOP, name), encoding='utf-8') as f:
        return json.load(f)


def letters(cases):
    """Cases of a row are RRRa, RRRb, ... in order, or RRR alone."""
    out, seen, order = [], {}, []
    for c in cases:
        seen.setdefault(c['row'], []).append(c['case'])
        order.append(c['row'])
    for row, idents in seen.items():
        want = [row] if len(idents) == 1 else [row + chr(ord('a') + i) for i in range(len(idents))]
        if idents != want:
            out.append('cases of %s are %s' % (row, ', '.join(idents)))
    return out + (['rows are not in order'] if order != sorted(order) else [])


def zone_problems(text):
    lines = text.splitlines()
    if not lines or not re.match(r'\. \d+ IN SOA ', lines[0]) or not text.endswith('\n'):
        return ['the zone does not begin with its SOA']
    bad = [l for l in lines if not re.match(r'(\S+\.|\.) \d+ IN (SOA|CAA|TYPE257|CNAME|DNAME|A) ', l)]
    bad += [l for l in lines if re.search(r' [CD]NAME ', l) and not l.endswith('.')]
    for line in lines:
        generic = re.search(r'TYPE257 \\# (\d+) ([0-9a-f]*)$', line)
        if 'TYPE257' in line and (not generic or len(generic[2]) != 2 * int(generic[1])):
            bad.append(line)
    return ['zone line: ' + line for line in bad]


def request_problems(case, schema):
    r = case['request']
    out = errors(schema, schema, r)
    out += ['request.%s is missing' % k for k in ('id', 'names', 'issuer', 'date') if k not in r]
    if r.get('id') != case['case']:
        out.append('the id is not that of the case')
    if ('zone' in r) == ('answers' in r):
        out.append('not exactly one of zone and answers')
    if 'zone' in r:
        out += zone_problems(r['zone'])
    asked = [(a['name'], a.get('type', 'CAA')) for a in r.get('answers', ())]
    return out + (['a question is answered twice'] if len(set(asked)) != len(asked) else [])


def expect_problems(case):
    e, out = case['expect'], []
    unknown = set(e) - {'verdict', 'found_at', 'records_at', 'queries', 'notes', 'readings', 'error', 'valid_until'}
    if unknown:
        out.append('unknown member of expect: ' + ', '.join(sorted(unknown)))
    if 'error' in e:
        return out + ([] if set(e) == {'error'} and e['error'] in ERRORS else ['error must stand alone and be a known code'])
    if e.get('verdict') not in VERDICTS:
        out.append('verdict %r' % e.get('verdict'))
    readings = e.get('readings', [])
    if (e.get('verdict') == 'ARGUABLE') != bool(readings):
        out.append('readings go with ARGUABLE')
    if [w for w in WORST_FIRST if w in readings] != readings:
        out.append('readings are not known verdicts, the prohibiting one first')
    if 'valid_until' in e and e['verdict'] not in ('PERMIT', 'PERMIT-LF'):
        out.append('valid_until without a permission')
    queries = e.get('queries', [])
    if '.' in queries or len(set(queries)) != len(queries):
        out.append('queries ask the root, or a name twice')
    if e.get('found_at') and queries and e['found_at'] not in queries:
        out.append('found_at is not among the queries')
    if not all(isinstance(n, str) and re.match(r'[a-z0-9-]+(:.+)?\Z', n) for n in e.get('notes', [])):
        out.append('notes are not codes')
    return out


def case_problems(case, schema, rules):
    want = ['row', 'case', 'about', 'rules', 'request', 'expect']
    if list(case) != want:
        return ['members are not ' + ', '.join(want)]
    out = request_problems(case, schema) + expect_problems(case)
    if not re.match(r'[A-Za-z].*\.\Z', case['about']):
        out.append('about is not a sentence')
    if not case['rules'] or len(set(case['rules'])) != len(case['rules']):
        out.append('rules are absent or repeated')
    out += ['no rule id: ' + r for r in case['rules'] if not re.match(r'R-[A-Z0-9]+-E?\d+\Z', r)]
    return out + ['rule %s is not in the golden table' % r for r in case['rules'] if r not in rules]


def check_file(check, name, prefix, rows, schema, rules):
    data = load(name)
    cases = data['cases']
    check(name, [] if list(data) == ['schema', 'about', 'cases'] and data['schema'] == 1 else ['members of the file'])
    idents = [c['case'] for c in cases]
    check(name + ' ids', sorted({i + ' occurs twice' for i in idents if idents.count(i) > 1}) + letters(cases))
    present = {c['row'] for c in cases}
    wanted = {prefix % n for n in numbers(rows)}
    check(name + ' rows', ['row %s is absent' % r for r in sorted(wanted - present)]
          + ['row %s is unknown' % r for r in sorted(present - wanted)])
    for case in cases:
        check('%s %s' % (name, case['case']), case_problems(case, schema, rules))


def check_validator(check, schema, result):
    """The validator must refuse what the contract refuses, or the checks above say nothing."""
    good = {'names': ['d.test'], 'issuer': 'ca.example.net'}
    rec = {'flags': 0, 'tag': 'issue', 'value': ';'}
    check('validator: plain request', errors(schema, schema, good))
    bad = {
        'misspelt member': dict(good, isuer='x'), 'no names': {'issuer': 'x'}, 'no issuer': {'names': ['d.test']},
        'empty names': dict(good, names=[]), 'misspelt switch': dict(good, policy={'lf_permitt': True}),
        'number for a switch': dict(good, policy={'lf_permit': 1}), 'word outside the list': dict(good, order='sideways'),
        'alias limit too low': dict(good, policy={'alias_limit': 7}), 'local time': dict(good, date='2026-11-22T12:00:00'),
        'unknown fact': dict(good, facts={'renewal': True}),
        'records without records': dict(good, answers=[{'name': 'd.test', 'outcome': 'records'}]),
        'tag twice': dict(good, answers=[{'name': 'd.test', 'outcome': 'records', 'records': [dict(rec, tag_hex='00')]}]),
        'text that is not ASCII': dict(good, answers=[{'name': 'd.test', 'outcome': 'records',
                                                       'records': [dict(rec, value='\u00fc')]}])}
    for what, request in bad.items():
        check('validator: ' + what, [] if errors(schema, schema, request) else ['was not refused'])
    name = {'name': 'd.test', 'verdict': 'DENY', 'reason': 'x', 'rules': ['R-DEC-1'], 'notes': ['a:b'], 'found_at': 'd.test',
            'records_at': 'd.test', 'records': [rec], 'answers': []}
    alone = {'kind': 'none', 'needed': True, 'used': 0, 'agreed': 0, 'regions': [], 'quorum': None, 'sufficient': False,
             'lacks': 'there is none'}
    whole = {'schema': 1, 'verdict': 'DENY', 'reason': 'x', 'rules': [], 'valid_until': None, 'epoch': 'E11', 'source': 'zone',
             'corroboration': alone, 'names': [name]}
    refusal = {'schema': 1, 'error': {'code': 'policy', 'message': 'x', 'rule': 'R-SEC-3'}}
    check('result schema: a result', errors(result, result, whole))
    check('result schema: a source that is not known', errors(result, result, dict(whole, source=None)))
    check('result schema: a refusal', errors(result, result, refusal))
    for what, value in (('no epoch', {k: v for k, v in whole.items() if k != 'epoch'}), ('both', dict(whole, **refusal)),
                        ('a strange verdict', dict(whole, verdict='MAYBE')), ('a strange source', dict(whole, source='log'))):
        check('result schema: ' + what, [] if errors(result, result, value) else ['was not refused'])


def main():
    check = Checks()
    schema, result = load('data/schema/request.json'), load('data/schema/result.json')
    check_validator(check, schema, result)
    check('shared definitions', ['%s differs between the schemas' % k for k in ('time', 'verdict', 'record', 'answer')
                                 if schema['$defs'][k] != result['$defs'][k]])
    rules = {r for c in load('data/golden.json')['cases'] for r in c['rules']}
    check_file(check, 'data/golden.json', 'G%03d', ROWS, schema, rules)
    check_file(check, 'data/scenarios.json', 'I%02d', SCENARIOS, schema, rules)
    run = subprocess.run([sys.executable, os.path.join(TOP, 'tools/make-golden'), '--check'], capture_output=True, text=True,
                         check=False)
    check('make-golden --check', run.stdout.splitlines() + run.stderr.splitlines() if run.returncode else [])
    print('%d passed, %d failed' % (check.passed, check.failed))
    return 1 if check.failed else 0


if __name__ == '__main__':
    sys.exit(main())
