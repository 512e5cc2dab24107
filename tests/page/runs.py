"""Runs of triage to make reports of, as docs/formats/run.md has them: certificates of all classes, and a run whose numbers are their
sums. The same every time."""

import collections
import datetime
import hashlib
import json
import os
import random

UTC = datetime.timezone.utc
AWARE = datetime.datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
MADE = datetime.datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
FIRST = datetime.datetime(2026, 10, 28, 6, 10, tzinfo=UTC)
CLASSES = ('PROVEN', 'PROVEN-DENY', 'UNUSED-PERMIT', 'NO-EVIDENCE', 'TAINTED')
REMEDIES = ('recheck', 'archive', 'process', 'rules')
RULE = 'BR 4.9.1.1(5), R-REV-3'
SENTENCES = {
    'permissive-in-window': 'Every name has a complete, permissive answer from its window before signing.',
    'denied-in-window': 'A name has a denying answer from its window before signing.',
    'process-not-consulted': 'Issuance did not wait for the result of the check.',
    'no-record': 'No archive has an answer about a name before signing.',
    'outside-window': 'The answers are older than max(TTL, 8 h) at signing.',
    'name-missing': 'One name of several has no evidence of its own.',
    'other-form': 'The evidence is about the other form of the name.',
}
HOSTILE = ('</script><img src=x onerror=alert(1)>', '<b>bold</b> & "quoted" \'single\'', '=HYPERLINK("http://outside.test","open")',
           '\u202egnp.tset', '\u05d3\u05d5\u05d2\u05de\u05d4.\u05d8\u05e1\u05d8', '-1+1|cmd', '@SUM(A1)', '`code` | cell *star* [a](http://b.test)')


def when(t):
    return t.strftime('%Y-%m-%dT%H:%M:%SZ')


def digest(text):
    return hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.line = 0

    def climb(self, name, at, found, outcome):
        """Label by label; found: how many labels up the set is (0: at the name), None: nowhere."""
        labels = name.removeprefix('*.').split('@')[-1].split('.')
        steps = []
        for up in range(len(labels)):
            self.line += 1
            last = up == found
            steps.append({'name': '.'.join(labels[up:]), 'outcome': outcome if last else 'NODATA' if up % 2 == 0 else 'NXDOMAIN',
                          'grade': 'C', 'time': when(at + datetime.timedelta(milliseconds=40 * up)), 'ttl': 300 * (up + 1),
                          'source': 'va-audit-2026-11.log.gz', 'line': self.line * 7 + 11})
            if last:
                break
        return steps

    def name(self, name, cls, signed):
        """What the archive says about one name, by the class of its certificate."""
        empty = {'name': name, 'state': 'none', 'verdict': None, 'grade': None, 'reasons': ['no-record'], 'rules': ['R-PRF-4'], 'found_at': None,
                 'records': [], 'checked': None, 'window_ends': None, 'climb': []}
        if cls == 'NO-EVIDENCE':
            return empty
        age = datetime.timedelta(hours=self.random.randint(9, 30)) if cls == 'TAINTED' else datetime.timedelta(minutes=self.random.randint(1, 400))
        checked = signed - age
        found = min(1, name.count('.'))
        denies = cls == 'PROVEN-DENY'
        records = ['0 issue "other-ca.example"', '0 iodef "mailto:caa@%s"' % name.removeprefix('*.').split('@')[-1]] if denies else ['0 issue "ca.example.net"']
        steps = self.climb(name, checked, found, 'RECORDS')
        return {'name': name, 'state': 'denied' if denies else 'outside-window' if cls == 'TAINTED' else 'permissive',
                'verdict': 'DENY' if denies else 'PERMIT', 'grade': self.random.choice('BCC'),
                'reasons': ['denied-in-window'] if denies else ['outside-window'] if cls == 'TAINTED' else ['permissive-in-window'],
                'rules': ['R-TREE-1', 'R-DEC-2', 'R-PRF-5'], 'found_at': steps[-1]['name'], 'records': records, 'checked': when(checked),
                'window_ends': when(checked + datetime.timedelta(hours=8)), 'climb': steps}

    def certificate(self, i, cls, names, **more):
        signed = more.pop('signed', None) or FIRST + datetime.timedelta(minutes=self.random.randint(0, 22 * 24 * 60))
        short = more.pop('short', False)
        status = more.pop('status', 'valid')
        process = {'PROVEN': 'consulted', 'UNUSED-PERMIT': 'not-consulted', 'NO-EVIDENCE': 'not-consulted'}.get(cls) or self.random.choice(('consulted', 'unknown'))
        duty = 'none' if status != 'valid' or cls == 'PROVEN' or short else '24h'
        aware = AWARE - datetime.timedelta(hours=30) if more.pop('early', False) else AWARE
        deadline = aware + datetime.timedelta(hours=24)
        now = self.random.choice(('PERMITS-NOW', 'PERMITS-NOW', 'DENIES-NOW', 'FAILS-NOW'))
        found = [self.name(n, cls, signed) for n in names]
        self.line += 1
        out = {
            'certificate': digest('c%d' % i), 'precertificate': digest('p%d' % i) if i % 3 else None, 'serial': '%032x' % self.random.getrandbits(126),
            'issuer': 'CN=Example Issuing CA %d,O=Example Trust Services,C=AT' % (1 + i % 3), 'subject': 'CN=' + names[0],
            'not_before': when(signed - datetime.timedelta(hours=1)), 'not_after': when(signed + datetime.timedelta(days=6 if short else 90)), 'type': 'OV' if i % 5 == 0 else 'DV',
            'signed': when(signed), 'clock': 'sct' if i % 4 else 'signing-log', 'class': cls,
            'grade': max((n['grade'] for n in found if n['grade']), default=None), 'process': process,
            'reasons': [{'PROVEN': 'permissive-in-window', 'PROVEN-DENY': 'denied-in-window', 'UNUSED-PERMIT': 'process-not-consulted',
                         'NO-EVIDENCE': 'no-record', 'TAINTED': 'outside-window'}[cls]],
            'verdict': {'PROVEN-DENY': 'DENY', 'NO-EVIDENCE': None}.get(cls, 'PERMIT'), 'names': found,
            'now': {'state': now, 'asked': when(MADE), 'names': [{'name': n, 'verdict': now.split('S-')[0]} for n in names]},
            'status': status, 'revoked': when(AWARE + datetime.timedelta(hours=2)) if status == 'revoked' else None,
            'revocation_reason': 4 if status == 'revoked' else None, 'aware': when(aware), 'duty': duty, 'rule': RULE if duty != 'none' else None,
            'deadline': when(deadline) if duty != 'none' else None, 'late': duty != 'none' and deadline < MADE,
            'account': 'https://ca.example.net/acct/%d' % (1000 + i % 9), 'subscriber': 'customer-%d' % (i % 7) if i % 4 else None,
            'remedies': {'recheck': now != 'PERMITS-NOW', 'archive': cls not in ('PROVEN', 'UNUSED-PERMIT'), 'process': process != 'consulted',
                         'rules': cls != 'PROVEN' and not short},
            'source': 'issued-2026-11.csv', 'line': i + 2,
        }
        out.update(more)
        return out


def few():
    """Some forty, among them whatever somebody could have put into a name, an issuer or an account."""
    m = Maker(8)
    out = [m.certificate(i, CLASSES[(i * i + i // 3) % 5], ['www.shop-%d.test' % i] if i % 4 else ['host-%d.example' % i, '*.host-%d.example' % i, 'api.eu.host-%d.example' % i])
           for i in range(28)]
    out += [m.certificate(28 + i, CLASSES[i % 5], ['hostile-%d.test' % i], issuer='CN=' + text, subject=text, account=text, subscriber=text)
            for i, text in enumerate(HOSTILE)]
    evil = m.certificate(36, 'PROVEN-DENY', ['xss.test'])
    evil['names'][0]['name'] = HOSTILE[0]
    evil['names'][0]['records'] = ['0 issue "' + HOSTILE[0] + '"']
    out.append(evil)
    out.append(m.certificate(37, 'TAINTED', ['.'.join(['a' * 63] * 3 + ['b' * 50, 'test'])], early=True))
    out.append(m.certificate(38, 'NO-EVIDENCE', ['short.test'], short=True))
    out.append(m.certificate(39, 'PROVEN-DENY', ['gone.test'], status='revoked'))
    out.append(m.certificate(40, 'TAINTED', ['old.test'], status='expired'))
    out.append(m.certificate(41, 'PROVEN-DENY', ['somebody@mail.test'], type=None))
    out.append(m.certificate(42, 'NO-EVIDENCE', ['n%d.many.test' % n for n in range(60)], certificate=None, precertificate=None))
    return urgent(out)


def many(n):
    m = Maker(3)
    classes = m.random.choices(CLASSES, (60, 2, 20, 13, 5), k=n)
    return urgent([m.certificate(i, classes[i], ['www.name-%d.test' % i]) for i in range(n)])


def urgent(rows):
    order = {'DENIES-NOW': 0, 'FAILS-NOW': 1, 'PERMITS-NOW': 2}
    return sorted(rows, key=lambda c: (c['deadline'] or '9', order[c['now']['state']], c['line']))


# ---- the run

def tally(rows, key, names, member='certificates'):
    found = collections.Counter(key(c) for c in rows)
    return [dict(zip(names, k if isinstance(k, tuple) else (k,)), **{member: n}) for k, n in sorted(found.items(), key=lambda item: str(item[0]))]


def remedies(rows):
    valid = [c for c in rows if c['status'] == 'valid']
    texts = {
        'recheck': ('Check again today, revoke what fails', 'no', 'Since 2026-03-31 a check that was not performed correctly is by itself a reason; DNS of today does not mend it.'),
        'archive': ('Revoke what the archive does not clear', 'no', 'Evidence of permission limits harm, not the duty: process counts since 2026-03-31.'),
        'process': ('Revoke what issued without the check', 'no', 'Spares certificates whose evidence denies.'),
        'rules': ('As the rules demand', 'yes', 'Revokes all but what is shown to have been checked correctly, within 24 hours of awareness.'),
    }
    return [{'remedy': r, 'title': texts[r][0], 'available': True, 'revoke': sum(c['remedies'][r] for c in valid), 'spare': sum(not c['remedies'][r] for c in valid),
             'unused_permit': sum(c['remedies'][r] and c['class'] == 'UNUSED-PERMIT' for c in valid),
             'unused_spared': sum(not c['remedies'][r] and c['class'] == 'UNUSED-PERMIT' for c in valid), 'in_line': texts[r][1], 'why': texts[r][2]} for r in REMEDIES]


def differences(rows):
    valid = [c for c in rows if c['status'] == 'valid']
    return [{'of': 'rules', 'and': r, 'only_of': sum(c['remedies']['rules'] and not c['remedies'][r] for c in valid),
             'only_and': sum(c['remedies'][r] and not c['remedies']['rules'] for c in valid),
             'both': sum(c['remedies'][r] and c['remedies']['rules'] for c in valid)} for r in REMEDIES[:3]]


def matrix(rows):
    out = tally(rows, lambda c: (c['class'], c['process']), ('class', 'process'))
    for cell in out:
        cell['remaining_valid'] = sum(c['status'] == 'valid' and (c['class'], c['process']) == (cell['class'], cell['process']) for c in rows)
    return out


def duties(rows):
    out = []
    for duty, rule in sorted({(c['duty'], c['rule']) for c in rows}, key=str):
        of = [c for c in rows if (c['duty'], c['rule']) == (duty, rule)]
        ends = sorted(c['deadline'] for c in of if c['deadline'])
        out.append({'duty': duty, 'rule': rule, 'certificates': len(of), 'first_deadline': ends[0] if ends else None, 'last_deadline': ends[-1] if ends else None,
                    'late': sum(c['late'] for c in of)})
    return out


def days(rows):
    out = {}
    for c in rows:
        day = out.setdefault(c['signed'][:10], dict.fromkeys(('certificates',) + CLASSES, 0))
        day['certificates'] += 1
        day[c['class']] += 1
    return [dict({'day': d}, **out[d]) for d in sorted(out)]


def statements(rows):
    n = collections.Counter(c['class'] for c in rows)
    return [
        {'mark': 'proven', 'text': 'Of %d certificates complete answers that permit are on record for every name, from the window before signing.' % n['PROVEN']},
        {'mark': 'proven', 'text': '%d certificates were signed although an answer in the window denied.' % n['PROVEN-DENY']},
        {'mark': 'likely', 'text': '%d certificates had permission in DNS that issuance did not wait for.' % n['UNUSED-PERMIT']},
        {'mark': 'unknown', 'text': 'Of %d certificates nothing is known about CAA at the time of signing: no line of va-audit-2026-11.log.gz is about them.' % n['NO-EVIDENCE']},
    ]


def inputs(rows):
    line = {'sha256': digest('list'), 'tamper_evident': False, 'first': min(c['signed'] for c in rows), 'last': max(c['signed'] for c in rows)}
    return [
        dict(line, path='issued-2026-11.csv', kind='certificates', format='csv', records=len(rows) + 8, observed=len(rows) + 5, rejected=3, ignored=0),
        dict(line, path='va-audit-2026-11.log.gz', kind='archive', format='boulder', records=918233, observed=402118, rejected=12, ignored=516103, sha256=digest('log')),
        dict(line, path='evidence-store', kind='archive', format='caaproof', records=1204, observed=1204, rejected=0, ignored=0, tamper_evident=True, sha256=digest('store')),
        dict(line, path='orders "final" <2>.csv', kind='consulted', format='csv', records=88, observed=88, rejected=0, ignored=0, sha256=digest('orders'), first=None, last=None),
    ]


PRECEDENTS = [
    {'id': 'I-05', 'date': '2017-09-10', 'ca': 'Comodo', 'reference': 'bug 1398545', 'class': 'FAIL-OPEN', 'what': 'The output of a DNS tool changed, and every domain looked checked.',
     'remedy': 'Fixed and revoked within days.', 'reaction': 'Three outsiders proved it.', 'verified': True},
    {'id': 'I-13', 'date': '2019-05-10', 'ca': 'DigiCert', 'reference': 'bug 1550645', 'class': 'FAIL-OPEN', 'what': 'Issuance went on when the CAA service did not answer in time.',
     'remedy': 'Revoke what archived answers do not clear.', 'reaction': 'A right outcome does not mend a failed control.', 'verified': True},
    {'id': 'I-33', 'date': '2026-02-16', 'ca': 'DigiCert', 'reference': 'bug 2017185', 'class': 'FAIL-OPEN', 'what': 'CAA processing during a disruption of the network.',
     'remedy': 'Not known.', 'reaction': 'Open when last read.', 'verified': False},
]


def run_of(rows, **more):
    status = collections.Counter(c['status'] for c in rows)
    now = collections.Counter(c['now']['state'] for c in rows)
    reasons = collections.Counter(r for c in rows for r in c['reasons'])
    out = {
        'schema': 1, 'program': 'caaproof 0.1.0', 'run': digest('run'), 'made': when(MADE), 'title': 'CAA service timed out and issuance went on',
        'options': {'purpose': 'tls', 'profile': 'tls-br', 'own': [{'name': 'ca.example.net', 'from': None, 'until': None}, {'name': 'ca.example', 'from': '2026-01-01T00:00:00Z', 'until': None}],
                    'aware': when(AWARE), 'proof_grade': 'C', 'rules_of': 'each certificate\u2019s signing', 'policy': {}},
        'inputs': inputs(rows),
        'counts': {'certificates': len(rows), 'pairs': 5, 'names': sum(len(c['names']) for c in rows), 'remaining_valid': status['valid'], 'expired': status['expired'],
                   'revoked': status['revoked'], 'short_lived': sum(c['duty'] == 'none' and c['class'] != 'PROVEN' and c['status'] == 'valid' for c in rows), 'rejected': 3},
        'period': {'first_signed': min(c['signed'] for c in rows), 'last_signed': max(c['signed'] for c in rows)},
        'matrix': matrix(rows), 'grades': tally(rows, lambda c: c['grade'], ('grade',)),
        'reasons': [{'reason': r, 'sentence': SENTENCES[r], 'certificates': n} for r, n in reasons.most_common()],
        'recheck': {'asked': len(rows), 'permits_now': now['PERMITS-NOW'], 'denies_now': now['DENIES-NOW'], 'fails_now': now['FAILS-NOW'], 'not_asked': 0},
        'remedies': remedies(rows), 'differences': differences(rows), 'default_remedy': 'rules', 'duties': duties(rows), 'days': days(rows),
        'statements': statements(rows), 'precedents': PRECEDENTS,
    }
    out.update(more)
    return out


def save(folder, name, rows, **more):
    """The paths of the two files."""
    paths = os.path.join(folder, name + '.json'), os.path.join(folder, name + '.ndjson')
    run = run_of(rows, **more)
    with open(paths[0], 'w', encoding='utf-8') as f:
        json.dump(run, f, ensure_ascii=False)
    with open(paths[1], 'w', encoding='utf-8') as f:
        f.writelines(json.dumps(c, ensure_ascii=False) + '\n' for c in rows)
    return run, paths
