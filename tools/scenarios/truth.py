"""What triage must find, from how each certificate was planted. Nothing here reads an archive or asks caaproof.

A name's state is planted. From the states follow, by the rules in data/incidents/README.md, the class (R-PRF-4),
and from class, status and date the remedies."""

import json

from scenarios.basics import DAY, at, day_of, iso

SETTINGS = ('C', 'D')
REMEDIES = ('recheck', 'archive', 'process', 'rules')
CLASSES = ('PROVEN', 'PROVEN-DENY', 'UNUSED-PERMIT', 'NO-EVIDENCE', 'TAINTED')
SC006 = at('2018-10-14')  # R-REV-1, R-REV-2
STRICT = at('2026-03-31')  # R-REV-3
SHORT_LIVED = ((at('2024-03-15'), 10), (at('2026-03-15'), 7))  # R-REV-6


def class_of(c, setting):
    states = [p.under(setting) for p in c.planted]
    if 'denied' in states:
        return 'PROVEN-DENY'
    if all(s == 'permissive' for s in states):
        return 'PROVEN' if c.consulted else 'UNUSED-PERMIT'
    return 'NO-EVIDENCE' if all(p.grade is None for p in c.planted) else 'TAINTED'


def grade_of(c, setting):
    """The worst among what the class rests on."""
    denying = class_of(c, setting) == 'PROVEN-DENY'
    grades = [p.grade for p in c.planted if p.grade and (not denying or p.under(setting) == 'denied')]
    return max(grades, default=None)


def short_lived(c):
    days = [limit for since, limit in SHORT_LIVED if c.signed >= since]
    return bool(days) and c.not_after + 1000 - c.not_before <= days[-1] * DAY * 1000


def status_of(c, aware):
    if c.revoked_at is not None and c.revoked_at <= aware:
        return 'revoked'
    return 'expired' if c.not_after < aware else 'valid'


def duty_of(aware):
    """Duty, rule, seconds."""
    if aware < SC006:
        return '24h', 'R-REV-1', 86400
    return ('5d', 'R-REV-2', 432000) if aware < STRICT else ('24h', 'R-REV-3', 86400)


def remedies_of(c, kind, aware):
    """Each remedy: revoke, apart (an unused permit that the remedy leaves to judgement), spare, or none (no duty: expired,
    revoked, short-lived)."""
    if status_of(c, aware) != 'valid' or short_lived(c):
        return dict.fromkeys(REMEDIES, 'none')
    unproven = 'spare' if kind == 'PROVEN' else 'revoke'
    apart = 'apart' if kind == 'UNUSED-PERMIT' else unproven
    return {'recheck': 'revoke' if c.now == 'DENIES-NOW' else 'spare', 'archive': apart, 'process': 'revoke',
            'rules': unproven if aware >= STRICT else apart}


def judged(c, setting, aware):
    kind = class_of(c, setting)
    remedies = remedies_of(c, kind, aware)
    row = {'class': kind, 'grade': grade_of(c, setting)}
    for word in ('revoke', 'apart'):
        chosen = [r for r in REMEDIES if remedies[r] == word]
        row.update({word: chosen} if chosen else {})
    return row


def row_of(c, scenario_aware):
    aware = c.aware or scenario_aware
    row = {'serial': c.serial, 'signed': iso(c.signed), 'clock': c.clock, 'kind': c.kind,
           'process': 'consulted' if c.consulted else 'not-consulted', 'status': status_of(c, aware)}
    if short_lived(c):
        row['short_lived'] = True
    if c.now:
        row['now'] = c.now
    strict = judged(c, 'C', aware)
    if c.aware:
        row['aware'] = iso(aware)
    if c.aware and 'rules' in strict.get('revoke', ()):
        row['duty'], row['rule'], seconds = duty_of(aware)
        row['deadline'] = iso(aware + seconds * 1000)
    row['names'] = [[p.name, p.state, p.grade] for p in c.planted]
    row['C'] = strict
    loose = judged(c, 'D', aware)
    if any(p.loose != p.state for p in c.planted):
        row['D'] = dict(loose, states=[p.loose for p in c.planted])
    return row


def count(items):
    out = {}
    for item in items:
        out[item] = out.get(item, 0) + 1
    return {k: out[k] for k in sorted(out, key=lambda k: k or '~')}


def totals(certificates, scenario_aware, setting):
    """remedies: revoke, apart, spare and none add up to all certificates; unused_permit is part of revoke."""
    remedies = {r: dict.fromkeys(('revoke', 'apart', 'spare', 'none', 'unused_permit'), 0) for r in REMEDIES}
    days = {}
    duties = []
    for c in certificates:
        kind = class_of(c, setting)
        aware = c.aware or scenario_aware
        for remedy, word in remedies_of(c, kind, aware).items():
            remedies[remedy][word] += 1
            remedies[remedy]['unused_permit'] += (word, kind) == ('revoke', 'UNUSED-PERMIT')
            if (remedy, word) == ('rules', 'revoke'):
                duties.append(duty_of(aware)[0])
        day = days.setdefault(day_of(c.signed), dict.fromkeys(CLASSES, 0))
        day[kind] += 1
    if not any(c.now for c in certificates):
        remedies['recheck'] = None
    return {'classes': count(class_of(c, setting) for c in certificates),
            'grades': count(grade_of(c, setting) or 'none' for c in certificates),
            'remaining_valid': count(class_of(c, setting) for c in certificates
                                     if status_of(c, c.aware or scenario_aware) == 'valid'),
            'remedies': remedies, 'duties': count(duties),
            'days': [[day] + [days[day][k] for k in CLASSES] for day in sorted(days)]}


def line(value):
    return json.dumps(value, separators=(',', ':'))


def days_text(days):
    return '[\n   ' + ',\n   '.join(line(d) for d in days) + '\n  ]'


def setting_text(found):
    parts = ['   %s: %s' % (json.dumps(k), line(v)) for k, v in found.items() if k != 'days']
    return '{\n%s,\n   "days_columns": %s,\n   "days": %s\n  }' % (',\n'.join(parts), line(['day'] + list(CLASSES)),
                                                           days_text(found['days']))


def head(scenario):
    """What there is to say before inputs and certificates."""
    certificates, aware = scenario.certificates, scenario.aware
    duty, rule, seconds = duty_of(aware)
    statuses = count(status_of(c, c.aware or aware) for c in certificates)
    counts = {'certificates': len(certificates), 'names': sum(len(c.planted) for c in certificates)}
    counts.update((word, statuses.get(word, 0)) for word in ('valid', 'expired', 'revoked'))
    counts['short_lived'] = sum(map(short_lived, certificates))
    return [('schema', 1), ('scenario', scenario.name), ('options', scenario.options()), ('aware', iso(aware)),
            ('duty', {'duty': duty, 'rule': rule, 'deadline': iso(aware + seconds * 1000)}), ('counts', counts),
            ('recheck', count(c.now for c in certificates if c.now) or None), ('golden', sorted(scenario.golden)),
            *sorted(scenario.more.items())]


def text(scenario, rows=True):
    """truth.json; without rows its sums only."""
    certificates, aware = scenario.certificates, scenario.aware
    kinds = ['%s: %s' % (line(kind), line({'certificates': n, 'golden': scenario.rows.get(kind, [])}))
             for kind, n in count(c.kind for c in certificates).items()]
    sums = ['"%s": %s' % (s, setting_text(totals(certificates, aware, s))) for s in SETTINGS]
    parts = ['%s: %s' % (line(k), line(v)) for k, v in head(scenario)]
    parts += ['"inputs": [\n  %s\n ]' % ',\n  '.join(line(i) for i in scenario.inputs),
              '"kinds": {\n  %s\n }' % ',\n  '.join(kinds), '"totals": {\n  %s\n }' % ',\n  '.join(sums)]
    if rows:
        parts.append('"certificates": [\n  %s\n ]' % ',\n  '.join(line(row_of(c, aware)) for c in certificates))
    return ('{\n ' + ',\n '.join(parts) + '\n}\n').encode()
