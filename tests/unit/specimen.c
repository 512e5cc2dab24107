#include "specimen.h"

#include "build.h"

#include <stdio.h>
#include <string.h>

/* ---- drawing; one draw in an expression, so that every compiler draws in the same order */

static void *
get(struct cx_arena *arena, size_t n, size_t size)
{
    void *p = cx_arena_get(arena, n + 1, size);

    if (p == NULL) {
        abort();
    }
    return p;
}

static cx_str
copy_text(struct cx_arena *arena, const char *text)
{
    cx_str ret;

    if (!cx_ok(cx_arena_text(arena, cx_str_of(text), &ret))) {
        abort();
    }
    return ret;
}

static bool
coin(struct dice *dice)
{
    return dice_once_in(dice, 2);
}

static uint64_t
draw_width(struct dice *dice)
{
    uint64_t bits = dice_bits(dice);

    return bits >> dice_below(dice, 64);
}

/* 1970 to 2106, or anywhere in the years 0 to 9999, both ends included. */
static cx_time
draw_moment(struct dice *dice)
{
    cx_time first = cx_time_of_day(0, 1, 1), end = cx_time_of_day(10000, 1, 1);

    switch (dice_below(dice, 8)) {
    case 0:
        return first;
    case 1:
        return end - 1;
    case 2:
        return first + (cx_time)(dice_bits(dice) % (uint64_t)(end - first));
    default:
        return (cx_time)(uint32_t)dice_bits(dice);
    }
}

static cx_time
draw_moment_or_none(struct dice *dice)
{
    return coin(dice) ? CX_TIME_NONE : draw_moment(dice);
}

static cx_span
draw_octets(struct dice *dice, size_t least, size_t most, struct cx_arena *arena)
{
    size_t n = least + dice_below(dice, most - least + 1);
    uint8_t *p = get(arena, n, 1);

    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)dice_bits(dice);
    }
    return (cx_span){ p, n };
}

/* UTF-8, of all lengths of characters. */
static cx_str
draw_text(struct dice *dice, size_t least, struct cx_arena *arena)
{
    static const char *const pieces[] = {
        "a", "Z", "0", "-", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", ":", "/"
    };
    char *text = get(arena, 300, 1);
    size_t n = 0;

    while (n < least || (n < 280 && !dice_once_in(dice, 10))) {
        const char *piece = pieces[dice_below(dice, CX_COUNT(pieces))];

        memcpy(text + n, piece, strlen(piece));
        n += strlen(piece);
    }
    return (cx_str){ text, n };
}

static cx_str *
draw_texts(struct dice *dice, size_t n, struct cx_arena *arena)
{
    cx_str *texts = get(arena, n, sizeof(*texts));

    for (size_t i = 0; i < n; i++) {
        texts[i] = draw_text(dice, 0, arena);
    }
    return texts;
}

static struct cx_hash
draw_hash(struct dice *dice)
{
    struct cx_hash hash = { { 0 } };

    for (size_t i = 0; i < CX_HASH_SIZE; i++) {
        hash.b[i] = (uint8_t)dice_bits(dice);
    }
    return hash;
}

static enum cx_verdict
draw_verdict(struct dice *dice)
{
    return (enum cx_verdict)(1 + dice_below(dice, CX_VERDICT_ARGUABLE));
}

/* Not those of rules.def: what is drawn stays the same when that grows. */
static cx_str *
draw_rules(struct dice *dice, size_t n, struct cx_arena *arena)
{
    cx_str *rules = get(arena, n, sizeof(*rules));

    for (size_t i = 0; i < n; i++) {
        char text[40];

        (void)snprintf(text, sizeof(text), "R-DRAWN-%u", (unsigned)dice_below(dice, 1000));
        rules[i] = copy_text(arena, text);
    }
    return rules;
}

/* ---- records */

static struct cx_record_name
draw_name(struct dice *dice, size_t n_validations, struct cx_arena *arena)
{
    static const char *const texts[][3] = {
        [CX_RECORD_NAME_DNS] = { "www.example.com", "a_b.xn--bcher-kva.example", "localhost" },
        [CX_RECORD_NAME_WILDCARD] = { "example.com", "1.2.3.4.example", "x--y.test" },
        [CX_RECORD_NAME_ONION] = { "abc.onion", "www.abc.onion", "onion" },
        [CX_RECORD_NAME_ONION_WILDCARD] = { "abc.onion", "d.onion", "e.f.onion" },
        [CX_RECORD_NAME_IP] = { "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1" },
        [CX_RECORD_NAME_MAILBOX] = { "mail.example.com", "example.org", "x.onion" },
    };
    size_t kind = 1 + dice_below(dice, CX_RECORD_NAME_MAILBOX);
    struct cx_record_name name = { .kind = (enum cx_record_name_kind)kind };

    name.text = cx_str_of(texts[kind][dice_below(dice, 3)]);
    name.validation = CX_RECORD_NONE;
    if (n_validations != 0 && coin(dice)) {
        name.validation = dice_below(dice, n_validations);
    }
    if (kind == CX_RECORD_NAME_DNS && coin(dice)) {
        char text[100];

        (void)snprintf(text, sizeof(text), "n%u.example.net", (unsigned)dice_below(dice, 100000));
        name.text = copy_text(arena, text);
    }
    return name;
}

static void
draw_finding(struct dice *dice, size_t n_answers, struct cx_arena *arena,
             struct cx_record_finding *f)
{
    struct cx_record_note *notes;
    struct cx_record_reading *readings;
    size_t *seen;

    f->verdict = draw_verdict(dice);
    f->reason = draw_text(dice, 0, arena);
    f->n_rules = dice_below(dice, dice_once_in(dice, 50) ? CX_RECORD_RULES_MAX + 1 : 6);
    f->rules = draw_rules(dice, f->n_rules, arena);
    f->valid_until = draw_moment_or_none(dice);
    f->found = n_answers == 0 || coin(dice) ? CX_RECORD_NONE : dice_below(dice, n_answers);
    f->n_notes = coin(dice) ? 0 : dice_below(dice, dice_once_in(dice, 20) ? CX_NOTES_MAX + 1 : 4);
    f->notes = notes = get(arena, f->n_notes, sizeof(*notes));
    for (size_t i = 0; i < f->n_notes; i++) {
        notes[i].code = draw_text(dice, 1, arena);
        notes[i].detail = coin(dice) ? (cx_span){ NULL, 0 } : draw_octets(dice, 1, 60, arena);
    }
    f->n_readings = coin(dice) ? 0 : dice_below(dice, CX_READINGS_MAX + 1);
    f->readings = readings = get(arena, f->n_readings, sizeof(*readings));
    for (size_t i = 0; i < f->n_readings; i++) {
        readings[i].verdict = draw_verdict(dice);
        readings[i].reading = draw_text(dice, 0, arena);
    }
    f->saw_all = coin(dice);
    f->n_seen = f->saw_all || n_answers == 0 ? 0 : dice_below(dice, 10);
    f->n_seen = f->n_seen != 0 && dice_once_in(dice, 50) ? CX_CLIMB_MAX : f->n_seen;
    f->seen = seen = get(arena, f->n_seen, sizeof(*seen));
    for (size_t i = 0; i < f->n_seen; i++) {
        seen[i] = dice_below(dice, n_answers);
    }
}

/* As bad as the worst finding, or worse. */
static void
draw_conclusion(struct dice *dice, struct cx_record *record, struct cx_arena *arena)
{
    struct cx_record_conclusion *k = &record->conclusion;

    k->verdict = draw_verdict(dice);
    for (size_t i = 0; i < record->n_names; i++) {
        k->verdict = cx_verdict_worse(k->verdict, record->findings[i].verdict);
    }
    k->reason = draw_text(dice, 0, arena);
    k->n_rules = dice_below(dice, 4);
    k->rules = draw_rules(dice, k->n_rules, arena);
    k->valid_until = draw_moment_or_none(dice);
    k->hypothetical = coin(dice);
    k->expires = CX_TIME_NONE;
    if (cx_verdict_positive(k->verdict) && !k->hypothetical && coin(dice)) {
        k->expires = draw_moment(dice);
        if (k->valid_until != CX_TIME_NONE && k->expires > k->valid_until + 1) {
            k->expires = k->valid_until;
        }
    }
}

static void
draw_corroboration(struct dice *dice, struct cx_arena *arena, struct cx_corroboration *c)
{
    static const char *const words[] = { "RIPE", "ARIN", "APNIC", "LACNIC", "AFRINIC" };
    cx_str *regions;

    c->kind = coin(dice) ? CX_CORROBORATION_OWN : CX_CORROBORATION_EXTERNAL;
    c->object = draw_hash(dice);
    c->n_agreed = dice_once_in(dice, 10) ? draw_width(dice) : dice_below(dice, 10);
    c->n_used = c->n_agreed + (c->n_agreed < 1000 ? dice_below(dice, 3) : 0);
    c->n_regions = dice_below(dice, CX_REGIONS_MAX + 1);
    c->n_regions = c->n_regions < c->n_agreed ? c->n_regions : (size_t)c->n_agreed;
    c->regions = regions = get(arena, c->n_regions, sizeof(*regions));
    for (size_t i = 0; i < c->n_regions; i++) {
        regions[i] = cx_str_of(words[i]);
    }
}

static void
draw_case(struct dice *dice, struct cx_arena *arena, struct cx_record_case *c)
{
    c->purpose = (enum cx_purpose)(1 + dice_below(dice, CX_PURPOSE_VMC));
    c->profile = (enum cx_profile)(1 + dice_below(dice, CX_PROFILE_PROPOSAL_2016));
    c->epoch = draw_text(dice, 1, arena);
}

/* Of every kind of item that JSON has, in order. */
static cx_span
draw_facts(struct dice *dice, struct cx_arena *arena)
{
    struct octets octets = octets_of_hex(
        "a3 656c61746572 81 a2 6474696d65 74 323032362d31312d32325431323a30303a30305a"
        " 6776657264696374 6444454e59 6964656c656761746564 f5 6d636f6e74726f6c5f70726f6265 f4");
    uint8_t *p = get(arena, octets.n, 1);

    octets.p[octets.n - 1] = coin(dice) ? 0xf4 : 0xf5;
    memcpy(p, octets.p, octets.n);
    return (cx_span){ p, octets.n };
}

static void
draw_validations(struct dice *dice, struct cx_arena *arena, struct cx_record *record)
{
    size_t n = coin(dice) ? 0 : 1 + dice_below(dice, 3);
    struct cx_record_validation *v = get(arena, n, sizeof(*v));

    for (size_t i = 0; i < n; i++) {
        v[i].n_accounts = dice_below(dice, dice_once_in(dice, 20) ? CX_ACCOUNTS_MAX + 1 : 3);
        v[i].accounts = draw_texts(dice, v[i].n_accounts, arena);
        v[i].n_methods = dice_below(dice, 3);
        v[i].methods = draw_texts(dice, v[i].n_methods, arena);
    }
    record->validations = v;
    record->n_validations = n;
}

static void
draw_head(struct dice *dice, struct cx_arena *arena, struct cx_record *record)
{
    for (size_t i = 0; i < CX_RECORD_SALT; i++) {
        record->salt[i] = (uint8_t)dice_bits(dice);
    }
    record->time_ms =
        coin(dice) ? UINT64_C(1795600000000) + dice_below(dice, 1000000) : draw_width(dice);
    record->has_authority = coin(dice);
    if (record->has_authority) {
        record->authority = draw_hash(dice);
    }
    record->own = draw_hash(dice);
    record->context = draw_hash(dice);
    record->date = draw_moment(dice);
    record->n_cases = 1 + dice_below(dice, 2);
    for (size_t i = 0; i < record->n_cases; i++) {
        draw_case(dice, arena, &record->cases[i]);
    }
    if (record->n_cases == 2) {
        record->cases[1].purpose = CX_PURPOSE_SMIME;
    }
    record->request = coin(dice) ? (cx_str){ NULL, 0 } : draw_text(dice, 1, arena);
    record->has_deadline = coin(dice);
    record->deadline_ms = record->has_deadline ? draw_width(dice) : 0;
}

/* After the conclusion: in shadow mode there is no permit. */
static void
draw_caller(struct dice *dice, struct cx_arena *arena, struct cx_record *record)
{
    record->has_body = coin(dice);
    if (record->has_body) {
        record->body = draw_hash(dice);
    }
    record->caller = coin(dice) ? (cx_str){ NULL, 0 } : draw_text(dice, 1, arena);
    record->own_verdict = coin(dice) ? CX_VERDICT_UNSET : draw_verdict(dice);
    record->is_shadow = record->conclusion.expires == CX_TIME_NONE && coin(dice);
}

struct cx_record
specimen_record(struct dice *dice, size_t n_names, struct cx_arena *arena)
{
    struct cx_record record = { .n_names = n_names };
    struct cx_record_name *names = get(arena, n_names, sizeof(*names));
    struct cx_record_finding *findings = get(arena, n_names, sizeof(*findings));
    struct cx_hash *answers;

    draw_head(dice, arena, &record);
    draw_validations(dice, arena, &record);
    record.n_answers = dice_once_in(dice, 8) ? 0 : 1 + dice_below(dice, 3 * n_names);
    record.answers = answers = get(arena, record.n_answers, sizeof(*answers));
    for (size_t i = 0; i < record.n_answers; i++) {
        answers[i] = draw_hash(dice);
    }
    for (size_t i = 0; i < n_names; i++) {
        names[i] = draw_name(dice, record.n_validations, arena);
        draw_finding(dice, record.n_answers, arena, &findings[i]);
    }
    record.names = names;
    record.findings = findings;
    draw_conclusion(dice, &record, arena);
    record.facts = coin(dice) ? (cx_span){ NULL, 0 } : draw_facts(dice, arena);
    if (coin(dice)) {
        draw_corroboration(dice, arena, &record.corroboration);
    }
    draw_caller(dice, arena, &record);
    return record;
}

struct cx_record
typical_record(void)
{
    static const cx_str accounts[] = { CX_STR_INIT("https://ca.example.net/acme/acct/12345678") };
    static const cx_str methods[] = { CX_STR_INIT("dns-01") };
    static const cx_str rules[] = { CX_STR_INIT("R-TREE-1"), CX_STR_INIT("R-TIME-1") };
    static const cx_str whole_rules[] = { CX_STR_INIT("R-DEC-8"), CX_STR_INIT("R-TIME-1") };
    static const struct cx_record_validation validations[] = { { accounts, 1, methods, 1 } };
    static const struct cx_record_name names[] = { { CX_RECORD_NAME_DNS,
                                                     CX_STR_INIT("www.example.com"), 0 } };
    static const struct cx_record_finding findings[] = {
        { .verdict = CX_VERDICT_PERMIT,
          .reason = CX_STR_INIT("no-records"),
          .rules = rules,
          .n_rules = 2,
          .valid_until = 1795377599,
          .found = CX_RECORD_NONE,
          .saw_all = true },
    };
    static const struct cx_hash answers[3] = { { { 1 } }, { { 2 } }, { { 3 } } };

    return (struct cx_record){
        .salt = { 0x53, 0x61, 0x6c, 0x74 },
        .time_ms = UINT64_C(1795348800123),
        .has_authority = true,
        .authority = { { 4 } },
        .own = { { 5 } },
        .context = { { 6 } },
        .date = 1795348800,
        .cases = { { CX_PURPOSE_TLS, CX_PROFILE_TLS_BR, CX_STR_INIT("E11") } },
        .n_cases = 1,
        .names = names,
        .n_names = 1,
        .answers = answers,
        .n_answers = 3,
        .findings = findings,
        .conclusion = { .verdict = CX_VERDICT_PERMIT,
                        .reason = CX_STR_INIT("no-records"),
                        .rules = whole_rules,
                        .n_rules = 2,
                        .valid_until = 1795377599,
                        .expires = 1795349700 },
        .request = CX_STR_INIT("3f0e4c9a-6a52-4a8e-9d3c-0c1f6f3b2a10"),
        .validations = validations,
        .n_validations = 1,
    };
}

/* ---- answers */

static cx_span
draw_wire(struct dice *dice, size_t place, struct cx_arena *arena)
{
    const char *odd = dice_once_in(dice, 5) ? "_\\000\\255." : "n";
    const char *end = coin(dice) ? "example.com" : "test";
    char text[100];
    struct cx_name name;
    cx_span ret;

    (void)snprintf(text, sizeof(text), "%s%u.%s", odd, (unsigned)place, end);
    name = name_of(dice_once_in(dice, 20) && place == 0 ? "." : text);
    if (!cx_ok(cx_arena_copy(arena, cx_name_span(&name), &ret))) {
        abort();
    }
    return ret;
}

static const struct cx_proof_message *const *
draw_messages(struct dice *dice, size_t n, struct cx_arena *arena)
{
    const struct cx_proof_message **list = get(arena, n, sizeof(*list));
    struct cx_proof_message *messages = get(arena, n, sizeof(*messages));

    for (size_t i = 0; i < n; i++) {
        messages[i].name = draw_wire(dice, i, arena);
        messages[i].type = (uint16_t)draw_width(dice);
        messages[i].dnssec = (enum cx_dnssec)dice_below(dice, CX_DNSSEC_BOGUS + 1);
        messages[i].time = draw_moment(dice);
        if (coin(dice)) {
            memcpy(messages[i].digest, draw_hash(dice).b, sizeof(messages[i].digest));
        }
        list[i] = &messages[i];
    }
    return list;
}

static const struct cx_exchange *
draw_exchanges(struct dice *dice, size_t n, struct cx_arena *arena)
{
    struct cx_exchange *exchanges = get(arena, n, sizeof(*exchanges));

    for (size_t i = 0; i < n; i++) {
        exchanges[i].server = copy_text(arena, coin(dice) ? "127.0.0.2@5300" : "2001:db8::53");
        exchanges[i].tcp = coin(dice);
        exchanges[i].after = (uint32_t)draw_width(dice);
        exchanges[i].replied = coin(dice);
        if (exchanges[i].replied) {
            exchanges[i].rcode = (uint8_t)draw_width(dice);
            exchanges[i].ms = (uint32_t)draw_width(dice);
        }
    }
    return exchanges;
}

static void
draw_records(struct dice *dice, struct cx_arena *arena, struct cx_answer *a)
{
    size_t n = 1 + dice_below(dice, dice_once_in(dice, 20) ? 300 : 4);
    struct cx_caa *records = get(arena, n, sizeof(*records));

    for (size_t i = 0; i < n; i++) {
        records[i].flags = (uint8_t)dice_bits(dice);
        records[i].tag = draw_octets(dice, 1, dice_once_in(dice, 20) ? 255 : 12, arena);
        records[i].value = draw_octets(dice, 0, dice_once_in(dice, 20) ? 4000 : 60, arena);
    }
    a->records = records;
    a->n_records = n;
    if (a->n_aliases != 0 && coin(dice)) {
        a->records_at = a->aliases[dice_below(dice, a->n_aliases)];
    }
}

static void
draw_content(struct dice *dice, struct cx_arena *arena, struct cx_answer *a)
{
    bool records = a->outcome == CX_OUTCOME_RECORDS, caa = a->type == CX_TYPE_CAA;
    size_t n = coin(dice) ? 0 : dice_below(dice, dice_once_in(dice, 10) ? CX_VISITED_MAX : 4);
    cx_span *aliases;

    if (!caa) {
        n = records ? 1 : 0;
    }
    aliases = get(arena, n, sizeof(*aliases));
    for (size_t i = 0; i < n; i++) {
        aliases[i] = draw_wire(dice, i + 1, arena);
    }
    a->aliases = aliases;
    a->n_aliases = n;
    a->records_at = a->name;
    if (records && caa) {
        draw_records(dice, arena, a);
    } else if (caa && n != 0) {
        a->records_at = aliases[n - 1];
    }
}

struct cx_answer_object
specimen_answer(struct dice *dice, struct cx_arena *arena)
{
    struct cx_answer_object o = { .has_message = coin(dice) };
    struct cx_answer *a = &o.answer;

    a->name = draw_wire(dice, 0, arena);
    a->type = dice_once_in(dice, 4) ? CX_TYPE_DNAME : CX_TYPE_CAA;
    a->outcome =
        (enum cx_outcome)(coin(dice) ? CX_OUTCOME_RECORDS : 1 + dice_below(dice, CX_OUTCOME_ERROR));
    a->dnssec = (enum cx_dnssec)dice_below(dice, CX_DNSSEC_BOGUS + 1);
    if (a->outcome == CX_OUTCOME_MALFORMED) {
        a->malformed = (enum cx_malformed)dice_below(dice, CX_MALFORMED_OWNER + 1);
    }
    a->has_ttl = coin(dice);
    a->ttl = a->has_ttl ? (uint32_t)draw_width(dice) : 0;
    a->attempts = (uint32_t)draw_width(dice);
    a->time = draw_moment_or_none(dice);
    draw_content(dice, arena, a);
    a->why = coin(dice) ? (cx_str){ NULL, 0 } : cx_str_of_span(draw_octets(dice, 1, 80, arena));
    a->n_exchanges = coin(dice) ? 0 : dice_below(dice, CX_EXCHANGES_MAX + 1);
    a->exchanges = draw_exchanges(dice, a->n_exchanges, arena);
    a->n_proof = coin(dice) ? 0 : dice_below(dice, CX_PROOF_MAX + 1);
    a->proof = draw_messages(dice, a->n_proof, arena);
    a->is_proved = coin(dice);
    a->n_control = coin(dice) ? 0 : dice_below(dice, CX_CONTROL_NAMES_MAX + 1);
    a->control = draw_messages(dice, a->n_control, arena);
    if (coin(dice)) {
        a->cut = draw_text(dice, 1, arena);
        a->cut_at = draw_wire(dice, 0, arena);
    }
    if (o.has_message) {
        o.message = draw_hash(dice);
    }
    return o;
}

/* ---- contexts */

/* Honoured always, never, or from some moment. */
static cx_time
draw_from(struct dice *dice)
{
    switch (dice_below(dice, 3)) {
    case 0:
        return CX_TIME_NONE;
    case 1:
        return CX_TIME_MAX;
    default:
        return draw_moment(dice);
    }
}

static struct cx_policy *
draw_policy(struct dice *dice, struct cx_arena *arena)
{
    struct cx_policy *p = get(arena, 1, sizeof(*p));

    p->knows_contactemail = coin(dice);
    p->knows_contactphone = coin(dice);
    p->knows_issuemail = coin(dice);
    p->knows_issuevmc = coin(dice);
    p->issuer_case_strict = coin(dice);
    p->param_case_strict = coin(dice);
    p->label_case_fold = coin(dice);
    p->accounturi_from = draw_from(dice);
    p->validationmethods_from = draw_from(dice);
    p->ca_tbr_from = coin(dice) ? CX_TIME_MAX : draw_moment(dice);
    p->lf_permit = coin(dice);
    p->lf_servfail_classified = coin(dice);
    p->alias_limit = (unsigned)(CX_ALIASES_LOWEST +
                                dice_below(dice, CX_ALIASES_DEFAULT - CX_ALIASES_LOWEST + 1));
    p->exceptions.precertificate = coin(dice);
    p->exceptions.constrained = coin(dice);
    p->exceptions.dns_operator = coin(dice);
    p->onion_rfc9799 = coin(dice);
    p->n_negative_trust_anchors = coin(dice) ? 0 : dice_below(dice, 4);
    p->negative_trust_anchors = draw_texts(dice, p->n_negative_trust_anchors, arena);
    return p;
}

struct cx_context
specimen_context(struct dice *dice, struct cx_arena *arena)
{
    struct cx_context c = { .policy = draw_policy(dice, arena) };
    struct cx_own *own;

    c.software = draw_text(dice, 0, arena);
    c.resolver = draw_text(dice, 0, arena);
    c.n_anchors = dice_below(dice, dice_once_in(dice, 10) ? CX_ANCHORS_MAX + 1 : 4);
    c.anchors = draw_texts(dice, c.n_anchors, arena);
    c.n_own = dice_below(dice, dice_once_in(dice, 10) ? CX_ISSUERS_MAX + 1 : 4);
    c.own = own = get(arena, c.n_own, sizeof(*own));
    for (size_t i = 0; i < c.n_own; i++) {
        own[i].name = draw_text(dice, 1, arena);
        own[i].from = draw_moment_or_none(dice);
        own[i].until = coin(dice) ? CX_TIME_MAX : draw_moment(dice);
        own[i].issuemail_parameters = coin(dice);
    }
    c.order = (enum cx_order)(1 + dice_below(dice, CX_ORDER_PARALLEL));
    c.messages = (enum cx_messages)(1 + dice_below(dice, CX_MESSAGES_DIGEST));
    return c;
}

/* ---- writing */

static cx_span
taken(struct cx_buf *buf, cx_status s, struct cx_arena *arena)
{
    cx_span ret;

    if (!cx_ok(s) || !cx_ok(cx_arena_copy(arena, cx_span_of_str(cx_buf_str(buf)), &ret))) {
        abort();
    }
    cx_buf_done(buf);
    return ret;
}

cx_span
octets_of_record(const struct cx_record *record, struct cx_arena *arena)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    return taken(&buf, cx_record_encode(record, &buf), arena);
}

cx_span
octets_of_answer(const struct cx_answer_object *object, struct cx_arena *arena)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    return taken(&buf,
                 cx_answer_object_encode(&object->answer,
                                         object->has_message ? &object->message : NULL, &buf),
                 arena);
}

cx_span
octets_of_context(const struct cx_context *context, struct cx_arena *arena)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    return taken(&buf, cx_context_encode(context, &buf), arena);
}

/* ---- comparing */

#define SAME(met, member)                                                                          \
    do {                                                                                           \
        if (!(met)) {                                                                              \
            return member;                                                                         \
        }                                                                                          \
    } while (0)

static bool
same_texts(const cx_str *a, size_t n_a, const cx_str *b, size_t n_b)
{
    bool same = n_a == n_b;

    for (size_t i = 0; same && i < n_a; i++) {
        same = cx_str_equal(a[i], b[i]);
    }
    return same;
}

static const char *
finding_difference(const struct cx_record_finding *a, const struct cx_record_finding *b)
{
    SAME(a->verdict == b->verdict && cx_str_equal(a->reason, b->reason), "finding: verdict");
    SAME(same_texts(a->rules, a->n_rules, b->rules, b->n_rules), "finding: rules");
    SAME(a->valid_until == b->valid_until && a->found == b->found, "finding: until, found");
    SAME(a->n_notes == b->n_notes && a->n_readings == b->n_readings, "finding: counts");
    for (size_t i = 0; i < a->n_notes; i++) {
        SAME(cx_str_equal(a->notes[i].code, b->notes[i].code) &&
                 cx_span_equal(a->notes[i].detail, b->notes[i].detail),
             "finding: notes");
    }
    for (size_t i = 0; i < a->n_readings; i++) {
        SAME(a->readings[i].verdict == b->readings[i].verdict &&
                 cx_str_equal(a->readings[i].reading, b->readings[i].reading),
             "finding: readings");
    }
    SAME(a->saw_all == b->saw_all && a->n_seen == b->n_seen, "finding: seen");
    for (size_t i = 0; i < a->n_seen; i++) {
        SAME(a->seen[i] == b->seen[i], "finding: seen");
    }
    return NULL;
}

static const char *
conclusion_difference(const struct cx_record_conclusion *a, const struct cx_record_conclusion *b)
{
    SAME(a->verdict == b->verdict && cx_str_equal(a->reason, b->reason), "conclusion: verdict");
    SAME(same_texts(a->rules, a->n_rules, b->rules, b->n_rules), "conclusion: rules");
    SAME(a->valid_until == b->valid_until && a->expires == b->expires, "conclusion: moments");
    SAME(a->hypothetical == b->hypothetical, "conclusion: hypothetical");
    return NULL;
}

static const char *
head_difference(const struct cx_record *a, const struct cx_record *b)
{
    SAME(memcmp(a->salt, b->salt, CX_RECORD_SALT) == 0, "salt");
    SAME(a->time_ms == b->time_ms && a->date == b->date, "time, date");
    SAME(a->has_authority == b->has_authority && cx_hash_equal(&a->authority, &b->authority),
         "authority");
    SAME(cx_hash_equal(&a->own, &b->own) && cx_hash_equal(&a->context, &b->context),
         "own, context");
    SAME(a->n_cases == b->n_cases, "cases");
    for (size_t i = 0; i < a->n_cases; i++) {
        SAME(a->cases[i].purpose == b->cases[i].purpose &&
                 a->cases[i].profile == b->cases[i].profile &&
                 cx_str_equal(a->cases[i].epoch, b->cases[i].epoch),
             "cases");
    }
    SAME(cx_str_equal(a->request, b->request), "request");
    SAME(a->has_deadline == b->has_deadline && a->deadline_ms == b->deadline_ms, "deadline");
    SAME(cx_span_equal(a->facts, b->facts), "facts");
    return NULL;
}

static const char *
corroboration_difference(const struct cx_corroboration *a, const struct cx_corroboration *b)
{
    SAME(a->kind == b->kind && cx_hash_equal(&a->object, &b->object) && a->n_used == b->n_used &&
             a->n_agreed == b->n_agreed &&
             same_texts(a->regions, a->n_regions, b->regions, b->n_regions),
         "corroboration");
    return NULL;
}

static const char *
lists_difference(const struct cx_record *a, const struct cx_record *b)
{
    SAME(a->n_names == b->n_names && a->n_answers == b->n_answers &&
             a->n_validations == b->n_validations,
         "counts");
    for (size_t i = 0; i < a->n_names; i++) {
        const char *difference = finding_difference(&a->findings[i], &b->findings[i]);

        SAME(a->names[i].kind == b->names[i].kind &&
                 cx_str_equal(a->names[i].text, b->names[i].text) &&
                 a->names[i].validation == b->names[i].validation,
             "names");
        SAME(difference == NULL, difference);
    }
    for (size_t i = 0; i < a->n_answers; i++) {
        SAME(cx_hash_equal(&a->answers[i], &b->answers[i]), "answers");
    }
    for (size_t i = 0; i < a->n_validations; i++) {
        const struct cx_record_validation *x = &a->validations[i], *y = &b->validations[i];

        SAME(same_texts(x->accounts, x->n_accounts, y->accounts, y->n_accounts) &&
                 same_texts(x->methods, x->n_methods, y->methods, y->n_methods),
             "validations");
    }
    return NULL;
}

static const char *
caller_difference(const struct cx_record *a, const struct cx_record *b)
{
    SAME(a->has_body == b->has_body && cx_hash_equal(&a->body, &b->body), "body");
    SAME(cx_str_equal(a->caller, b->caller), "caller");
    SAME(a->own_verdict == b->own_verdict && a->is_shadow == b->is_shadow, "own verdict, shadow");
    return NULL;
}

const char *
record_difference(const struct cx_record *a, const struct cx_record *b)
{
    const char *difference = head_difference(a, b);

    difference = difference != NULL ? difference : lists_difference(a, b);
    difference =
        difference != NULL ? difference : conclusion_difference(&a->conclusion, &b->conclusion);
    difference = difference != NULL ? difference : caller_difference(a, b);
    return difference != NULL ? difference
                              : corroboration_difference(&a->corroboration, &b->corroboration);
}

static bool
same_messages(const struct cx_proof_message *const *a, const struct cx_proof_message *const *b,
              size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!cx_span_equal(a[i]->name, b[i]->name) || a[i]->type != b[i]->type ||
            a[i]->dnssec != b[i]->dnssec || a[i]->time != b[i]->time ||
            memcmp(a[i]->digest, b[i]->digest, sizeof(a[i]->digest)) != 0) {
            return false;
        }
    }
    return true;
}

static bool
same_exchanges(const struct cx_exchange *a, const struct cx_exchange *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!cx_str_equal(a[i].server, b[i].server) || a[i].tcp != b[i].tcp ||
            a[i].replied != b[i].replied || a[i].rcode != b[i].rcode || a[i].after != b[i].after ||
            a[i].ms != b[i].ms) {
            return false;
        }
    }
    return true;
}

static const char *
content_difference(const struct cx_answer *a, const struct cx_answer *b)
{
    SAME(a->n_aliases == b->n_aliases && a->n_records == b->n_records, "counts");
    for (size_t i = 0; i < a->n_aliases; i++) {
        SAME(cx_span_equal(a->aliases[i], b->aliases[i]), "aliases");
    }
    SAME(cx_span_equal(a->records_at, b->records_at), "owner of records");
    for (size_t i = 0; i < a->n_records; i++) {
        SAME(cx_caa_equal(&a->records[i], &b->records[i]), "records");
    }
    return NULL;
}

const char *
answer_difference(const struct cx_answer_object *x, const struct cx_answer_object *y)
{
    const struct cx_answer *a = &x->answer, *b = &y->answer;

    SAME(x->has_message == y->has_message && cx_hash_equal(&x->message, &y->message), "message");
    SAME(cx_span_equal(a->name, b->name) && a->type == b->type, "question");
    SAME(a->outcome == b->outcome && a->malformed == b->malformed && a->dnssec == b->dnssec,
         "outcome");
    SAME(a->has_ttl == b->has_ttl && a->ttl == b->ttl, "ttl");
    SAME(a->attempts == b->attempts && a->time == b->time, "attempts, time");
    SAME(cx_str_equal(a->why, b->why), "why");
    SAME(cx_str_equal(a->cut, b->cut) && cx_span_equal(a->cut_at, b->cut_at), "cut");
    SAME(a->n_proof == b->n_proof && same_messages(a->proof, b->proof, a->n_proof), "proof");
    SAME(a->is_proved == b->is_proved, "proved");
    SAME(a->n_control == b->n_control && same_messages(a->control, b->control, a->n_control),
         "control");
    SAME(a->n_exchanges == b->n_exchanges &&
             same_exchanges(a->exchanges, b->exchanges, a->n_exchanges),
         "exchanges");
    return content_difference(a, b);
}

const char *
context_difference(const struct cx_context *a, const struct cx_context *b)
{
    SAME(cx_str_equal(a->software, b->software), "software");
    SAME(cx_str_equal(a->resolver, b->resolver), "resolver");
    SAME(same_texts(a->anchors, a->n_anchors, b->anchors, b->n_anchors), "anchors");
    SAME(a->n_own == b->n_own, "own");
    for (size_t i = 0; i < a->n_own; i++) {
        SAME(cx_str_equal(a->own[i].name, b->own[i].name) && a->own[i].from == b->own[i].from &&
                 a->own[i].until == b->own[i].until &&
                 a->own[i].issuemail_parameters == b->own[i].issuemail_parameters,
             "own");
    }
    SAME(a->order == b->order && a->messages == b->messages, "order, messages");
    return NULL;
}
