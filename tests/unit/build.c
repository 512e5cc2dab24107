#include "build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void
require(bool met, const char *what)
{
    if (!met) {
        fprintf(stderr, "test helper: %s\n", what);
        abort();
    }
}

cx_span
bytes_of(const char *text)
{
    return cx_span_of_str(cx_str_of(text));
}

struct cx_name
name_of(const char *text)
{
    struct cx_name name = { .n = 0 };

    require(cx_ok(cx_name_from_text(cx_str_of(text), &name, NULL)), text);
    return name;
}

cx_time
time_of(const char *text)
{
    cx_time t = CX_TIME_NONE;

    require(cx_ok(cx_time_parse(cx_str_of(text), &t)), text);
    return t;
}

void
wire_u8(struct wire *w, unsigned v)
{
    require(w->n < WIRE_MAX, "message too long");
    w->p[w->n++] = (uint8_t)v;
}

void
wire_u16(struct wire *w, unsigned v)
{
    wire_u8(w, v >> 8 & 0xff);
    wire_u8(w, v & 0xff);
}

void
wire_u32(struct wire *w, uint32_t v)
{
    wire_u16(w, v >> 16);
    wire_u16(w, v & 0xffff);
}

void
wire_bytes(struct wire *w, cx_span bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        wire_u8(w, bytes.p[i]);
    }
}

void
wire_name(struct wire *w, const char *name)
{
    struct cx_name n = name_of(name);

    wire_bytes(w, cx_name_span(&n));
}

void
wire_open(struct wire *w, const char *qname, uint16_t qtype, unsigned flags)
{
    w->n = 0;
    wire_u16(w, 0x1234);
    wire_u16(w, flags);
    wire_u16(w, 1);
    wire_u16(w, 0);
    wire_u32(w, 0);
    wire_name(w, qname);
    wire_u16(w, qtype);
    wire_u16(w, CX_CLASS_IN);
}

static void
count(struct wire *w, enum cx_section section)
{
    size_t at = 4 + 2 * (size_t)section;
    unsigned n = ((unsigned)w->p[at] << 8 | w->p[at + 1]) + 1;

    w->p[at] = (uint8_t)(n >> 8);
    w->p[at + 1] = (uint8_t)(n & 0xff);
}

void
wire_rr(struct wire *w, enum cx_section section, const char *owner, unsigned type, uint32_t ttl,
        cx_span rdata)
{
    count(w, section);
    wire_name(w, owner);
    wire_u16(w, type);
    wire_u16(w, CX_CLASS_IN);
    wire_u32(w, ttl);
    wire_u16(w, (unsigned)rdata.n);
    wire_bytes(w, rdata);
}

/* "flags tag value", each separated by one blank; the value is the rest. */
static struct cx_caa
split(const char *record)
{
    char *end;
    unsigned long flags = strtoul(record, &end, 10);
    const char *tag = end + 1, *blank;

    require(*end == ' ' && flags < 256, record);
    blank = strchr(tag, ' ');
    require(blank != NULL, record);
    return (struct cx_caa){ (uint8_t)flags,
                            { (const uint8_t *)tag, (size_t)(blank - tag) },
                            bytes_of(blank + 1) };
}

void
wire_caa(struct wire *w, const char *owner, uint32_t ttl, const char *record)
{
    struct cx_caa caa = split(record);
    struct wire rdata = { .n = 0 };

    wire_u8(&rdata, caa.flags);
    wire_u8(&rdata, (unsigned)caa.tag.n);
    wire_bytes(&rdata, caa.tag);
    wire_bytes(&rdata, caa.value);
    wire_rr(w, CX_SECTION_ANSWER, owner, CX_TYPE_CAA, ttl, wire_span(&rdata));
}

void
wire_alias(struct wire *w, const char *owner, unsigned type, const char *target)
{
    struct cx_name to = name_of(target);

    wire_rr(w, CX_SECTION_ANSWER, owner, type, 300, cx_name_span(&to));
}

void
wire_soa(struct wire *w, const char *owner, uint32_t ttl, uint32_t minimum)
{
    struct wire rdata = { .n = 0 };

    wire_name(&rdata, "a.");
    wire_name(&rdata, "b.");
    for (uint32_t i = 1; i < 5; i++) {
        wire_u32(&rdata, i);
    }
    wire_u32(&rdata, minimum);
    wire_rr(w, CX_SECTION_AUTHORITY, owner, CX_TYPE_SOA, ttl, wire_span(&rdata));
}

void
wire_ns(struct wire *w, const char *owner)
{
    struct cx_name to = name_of("ns.example.net");

    wire_rr(w, CX_SECTION_AUTHORITY, owner, CX_TYPE_NS, 300, cx_name_span(&to));
}

void
wire_opt(struct wire *w, unsigned extended_rcode)
{
    wire_rr(w, CX_SECTION_ADDITIONAL, ".", CX_TYPE_OPT, extended_rcode << 24, (cx_span){ NULL, 0 });
}

cx_span
wire_span(const struct wire *w)
{
    return (cx_span){ w->p, w->n };
}

void
scene_date(struct scene *s, const char *date)
{
    s->c.date = time_of(date);
    s->c.epoch = cx_epoch_at(s->c.epoch->profile, s->c.date);
    require(s->c.epoch != NULL, "no epoch");
}

void
scene_open(struct scene *s, enum cx_profile profile, const char *date)
{
    memset(s, 0, sizeof(*s));
    cx_arena_init(&s->arena, 64u << 20);
    s->policy = cx_policy_default();
    s->own[0] = (struct cx_own){ CX_STR("ca.example.net"), CX_TIME_NONE, CX_TIME_MAX, false };
    s->accounts[0] = CX_STR("https://ca.example.net/acct/1");
    s->methods[0] = CX_STR("dns-01");
    s->c = (struct cx_case){
        .purpose = profile == CX_PROFILE_SMIME_BR ? CX_PURPOSE_SMIME
                   : profile == CX_PROFILE_VMC    ? CX_PURPOSE_VMC
                                                  : CX_PURPOSE_TLS,
        .epoch = cx_epoch_at(profile, 0),
        .order = CX_ORDER_BOTTOM_UP,
        .policy = &s->policy,
        .facts = &s->facts,
        .own = s->own,
        .n_own = 1,
    };
    s->subject = (struct cx_subject){
        .kind = CX_SUBJECT_DNS,
        .suffix_labels = 1,
        .accounts = s->accounts,
        .n_accounts = 1,
        .methods = s->methods,
        .n_methods = 1,
    };
    s->unlisted = CX_OUTCOME_NODATA;
    s->dnssec = CX_DNSSEC_INSECURE;
    scene_date(s, date);
}

void
scene_close(struct scene *s)
{
    cx_arena_done(&s->arena);
}

static cx_span
keep(struct scene *s, cx_span bytes)
{
    cx_span copy = { NULL, 0 };

    require(cx_ok(cx_arena_copy(&s->arena, bytes, &copy)), "out of memory");
    return copy;
}

static cx_span
keep_name(struct scene *s, const char *text)
{
    struct cx_name name = name_of(text);

    return keep(s, cx_name_span(&name));
}

static struct cx_answer *
add(struct scene *s, cx_span name, uint16_t type, enum cx_outcome outcome)
{
    struct cx_answer *a = cx_arena_get(&s->arena, 1, sizeof(*a));

    require(a != NULL, "out of memory");
    *a = (struct cx_answer){
        .name = name,
        .type = type,
        .outcome = outcome,
        .dnssec = s->dnssec,
        .attempts = 1,
        .time = CX_TIME_NONE,
        .records_at = name,
    };
    require(cx_ok(cx_answers_add(&s->answers, &s->arena, a)), "out of memory");
    return a;
}

struct cx_answer *
scene_put_type(struct scene *s, const char *name, uint16_t type, enum cx_outcome outcome)
{
    return add(s, keep_name(s, name), type, outcome);
}

struct cx_answer *
scene_put(struct scene *s, const char *name, enum cx_outcome outcome)
{
    return scene_put_type(s, name, CX_TYPE_CAA, outcome);
}

struct cx_caa
scene_record(struct scene *s, const char *record)
{
    struct cx_caa caa = split(record);

    caa.tag = keep(s, caa.tag);
    caa.value = keep(s, caa.value);
    return caa;
}

struct cx_answer *
scene_set(struct scene *s, const char *name, ...)
{
    struct cx_answer *a = scene_put(s, name, CX_OUTCOME_RECORDS);
    struct cx_caa *records = cx_arena_get(&s->arena, 64, sizeof(*records));
    const char *record;
    va_list args;

    require(records != NULL, "out of memory");
    va_start(args, name);
    while ((record = va_arg(args, const char *)) != NULL) {
        require(a->n_records < 64, "too many records");
        records[a->n_records++] = scene_record(s, record);
    }
    va_end(args);
    a->records = records;
    return a;
}

struct cx_answer *
scene_octets(struct scene *s, const char *name, unsigned flags, cx_span tag, cx_span value)
{
    struct cx_answer *a = scene_put(s, name, CX_OUTCOME_RECORDS);
    struct cx_caa *record = cx_arena_get(&s->arena, 1, sizeof(*record));

    require(record != NULL, "out of memory");
    *record = (struct cx_caa){ (uint8_t)flags, keep(s, tag), keep(s, value) };
    a->records = record;
    a->n_records = 1;
    return a;
}

void
scene_aliases(struct scene *s, struct cx_answer *answer, const char *names)
{
    cx_span *aliases = cx_arena_get(&s->arena, 64, sizeof(*aliases));
    char text[1024];

    require(aliases != NULL && strlen(names) < sizeof(text), names);
    memcpy(text, names, strlen(names) + 1);
    answer->n_aliases = 0;
    for (char *save = NULL, *one = strtok_r(text, " ", &save); one != NULL;
         one = strtok_r(NULL, " ", &save)) {
        require(answer->n_aliases < 64, "too many aliases");
        aliases[answer->n_aliases++] = keep_name(s, one);
    }
    answer->aliases = aliases;
    if (answer->n_aliases != 0) {
        answer->records_at = aliases[answer->n_aliases - 1];
    }
}

struct cx_answer *
scene_dname(struct scene *s, const char *owner, const char *target)
{
    struct cx_answer *a = scene_put_type(s, owner, CX_TYPE_DNAME, CX_OUTCOME_RECORDS);

    scene_aliases(s, a, target);
    return a;
}

static void
note_asked(struct scene *s, const struct cx_question *q)
{
    size_t at = strlen(s->asked);
    char text[CX_NAME_TEXT_MAX];
    int n;

    cx_name_text(q->name, text);
    n = snprintf(s->asked + at, sizeof(s->asked) - at, "%s%s%s", at == 0 ? "" : " ", text,
                 q->type == CX_TYPE_DNAME ? "/DNAME" : "");
    if (n < 0 || (size_t)n >= sizeof(s->asked) - at) {
        s->asked[at] = '\0'; /* long climbs: the count is enough */
    }
    s->n_asked++;
}

enum cx_verdict
scene_judge(struct scene *s, const char *name)
{
    bool wildcard = strncmp(name, "*.", 2) == 0;

    s->subject.name = keep_name(s, wildcard ? name + 2 : name);
    s->subject.wildcard = wildcard;
    s->asked[0] = '\0';
    s->n_asked = 0;
    for (unsigned round = 0;; round++) {
        cx_judge(&s->c, &s->subject, &s->answers, &s->f);
        if (s->f.n_need == 0) {
            return s->f.verdict;
        }
        require(s->f.verdict == CX_VERDICT_UNSET, "a verdict while questions are open");
        require(round < 2 * CX_CLIMB_MAX, "no end of questions");
        for (size_t i = 0; i < s->f.n_need; i++) {
            note_asked(s, &s->f.need[i]);
            (void)add(s, keep(s, s->f.need[i].name), s->f.need[i].type,
                      s->f.need[i].type == CX_TYPE_DNAME ? CX_OUTCOME_NODATA : s->unlisted);
        }
    }
}

bool
scene_cites(const struct scene *s, enum cx_rule rule)
{
    return cx_rules_have(&s->f.rules, rule);
}

bool
scene_notes(const struct scene *s, enum cx_note_code code, const char *detail)
{
    for (size_t i = 0; i < s->f.notes.n; i++) {
        if (s->f.notes.v[i].code == code &&
            (detail == NULL || cx_span_equal(s->f.notes.v[i].detail, bytes_of(detail)))) {
            return true;
        }
    }
    return false;
}

const char *
scene_found_at(const struct scene *s)
{
    static char text[CX_NAME_TEXT_MAX];

    if (s->f.set == NULL) {
        return "";
    }
    cx_name_text(s->f.set->name, text);
    return text;
}
