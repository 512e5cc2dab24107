#include "population.h"

#include "base/alloc.h"
#include "dns/message.h"

#include <stdio.h>

#define WIRE_MAX      512
#define TYPE_SOA      6
#define TYPE_CNAME    5
#define TYPE_OPT      41
#define QUESTION_AT   12 /* behind the header */
#define POINTER(at)   (0xc000u | (unsigned)(at))
#define RESPONSE      0x8180u /* QR RD RA */
#define OUR_ACCOUNT   "https://ca.example.net/acct/1"
#define THEIR_ACCOUNT "https://ca.example.net/acct/2"

/* A message under construction. */
struct wire {
    uint8_t p[WIRE_MAX];
    size_t n;
};

static void
put_octets(struct wire *w, const void *p, size_t n)
{
    if (n <= WIRE_MAX - w->n) { /* the largest made here has some 300 octets */
        memcpy(w->p + w->n, p, n);
        w->n += n;
    }
}

static void
put_u8(struct wire *w, unsigned v)
{
    uint8_t octet = (uint8_t)v;

    put_octets(w, &octet, 1);
}

static void
put_u16(struct wire *w, unsigned v)
{
    put_u8(w, v >> 8);
    put_u8(w, v & 0xffu);
}

static void
put_u32(struct wire *w, uint32_t v)
{
    put_u16(w, v >> 16);
    put_u16(w, v & 0xffffu);
}

static void
put_rr(struct wire *w, unsigned owner_at, unsigned type, uint32_t ttl)
{
    put_u16(w, POINTER(owner_at));
    put_u16(w, type);
    put_u16(w, CX_CLASS_IN);
    put_u32(w, ttl);
}

static void
put_header(struct wire *w, unsigned id, cx_span qname, const unsigned counts[2])
{
    w->n = 0;
    put_u16(w, id);
    put_u16(w, RESPONSE);
    put_u16(w, 1);
    put_u16(w, counts[0]);
    put_u16(w, counts[1]);
    put_u16(w, 1);
    put_octets(w, qname.p, qname.n);
    put_u16(w, CX_TYPE_CAA);
    put_u16(w, CX_CLASS_IN);
}

static void
put_opt(struct wire *w)
{
    put_u8(w, 0);
    put_u16(w, TYPE_OPT);
    put_u16(w, 1232);
    put_u32(w, 0);
    put_u16(w, 0);
}

/* The SOA of the zone whose name is at zone_at. */
static void
put_soa(struct wire *w, size_t zone_at)
{
    static const char server[] = "\3ns1", mailbox[] = "\12hostmaster";

    put_rr(w, (unsigned)zone_at, TYPE_SOA, 3600);
    put_u16(w, 4 + 2 + 11 + 2 + 20);
    put_octets(w, server, 4);
    put_u16(w, POINTER(zone_at));
    put_octets(w, mailbox, 11);
    put_u16(w, POINTER(zone_at));
    put_u32(w, 2026112201);
    put_u32(w, 7200);
    put_u32(w, 3600);
    put_u32(w, 1209600);
    put_u32(w, 900);
}

static void
put_caa(struct wire *w, const char *tag, const char *value)
{
    put_rr(w, QUESTION_AT, CX_TYPE_CAA, 3600);
    put_u16(w, (unsigned)(2 + strlen(tag) + strlen(value)));
    put_u8(w, 0);
    put_u8(w, (unsigned)strlen(tag));
    put_octets(w, tag, strlen(tag));
    put_octets(w, value, strlen(value));
}

/* Where the registrable name (or, of a top-level name, the name itself) begins inside the question. */
static size_t
zone_of(cx_span qname)
{
    cx_span zone = qname;

    while (cx_name_labels(zone) > 2) {
        zone = cx_name_parent(zone);
    }
    return QUESTION_AT + (qname.n - zone.n);
}

static void
write_empty(struct wire *w, unsigned id, cx_span qname)
{
    static const unsigned counts[] = { 0, 1 };

    put_header(w, id, qname, counts);
    put_soa(w, zone_of(qname));
    put_opt(w);
}

/* An alias to a name at a hosting company, which has no CAA. */
static void
write_alias(struct wire *w, unsigned id, cx_span qname)
{
    static const unsigned counts[] = { 1, 1 };
    static const char target[] = "\5edge1\4pool\7hosting\4test";
    size_t at;

    put_header(w, id, qname, counts);
    put_rr(w, QUESTION_AT, TYPE_CNAME, 300);
    put_u16(w, sizeof(target));
    at = w->n;
    put_octets(w, target, sizeof(target));
    put_soa(w, at + 6 + 5);
    put_opt(w);
}

/* What a set can hold, and what it means for the CA with OUR_ACCOUNT and dns-01. */
static const struct set {
    struct {
        const char *tag;
        const char *value;
    } records[3];
    enum cx_verdict verdict;
    enum cx_reason reason;
} sets[] = {
    { { { "issue", "ca.example.net" } }, CX_VERDICT_PERMIT, CX_REASON_MATCH },
    { { { "issue", "other.example" }, { "issue", "ca.example.net" } },
      CX_VERDICT_PERMIT,
      CX_REASON_MATCH },
    { { { "issue", "ca.example.net; accounturi=" OUR_ACCOUNT },
        { "iodef", "mailto:security@example.com" } },
      CX_VERDICT_PERMIT,
      CX_REASON_MATCH },
    { { { "issue", "ca.example.net; accounturi=" OUR_ACCOUNT "; validationmethods=http-01,dns-01" },
        { "issuewild", "ca.example.net; validationmethods=dns-01" },
        { "iodef", "https://reports.example.com/caa" } },
      CX_VERDICT_PERMIT,
      CX_REASON_MATCH },
    { { { "issue", "other.example" } }, CX_VERDICT_DENY, CX_REASON_NO_MATCH },
    { { { "issue", ";" }, { "issuewild", ";" } }, CX_VERDICT_DENY, CX_REASON_NO_MATCH },
    { { { "issue", "ca.example.net; accounturi=" THEIR_ACCOUNT },
        { "issue", "other.example; validationmethods=dns-01" } },
      CX_VERDICT_DENY,
      CX_REASON_PARAMETERS },
};

static unsigned
size_of_set(const struct set *set)
{
    unsigned n = 0;

    while (n < CX_COUNT(set->records) && set->records[n].tag != NULL) {
        n++;
    }
    return n;
}

static void
write_set(struct wire *w, unsigned id, cx_span qname, const struct set *set)
{
    const unsigned counts[] = { size_of_set(set), 0 };

    put_header(w, id, qname, counts);
    for (unsigned i = 0; i < counts[0]; i++) {
        put_caa(w, set->records[i].tag, set->records[i].value);
    }
    put_opt(w);
}

/* xorshift64*: the same population on every machine. */
static uint32_t
next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 32);
}

static void
write_name(uint64_t *random, unsigned labels, char *to, size_t room)
{
    static const char *const tops[] = { "com", "net", "org", "test" };
    static const char *const hosts[] = {
        "www", "api", "mail", "shop", "login", "cdn", "vpn", "img"
    };
    static const char *const parts[] = { "eu", "staging", "prod", "dev" };
    char own[16];
    size_t n = 5 + next_random(random) % 10;

    for (size_t i = 0; i < n; i++) {
        own[i] = (char)('a' + next_random(random) % 26);
    }
    own[n] = '\0';
    snprintf(to, room, "%s%s%s.%s.%s", hosts[next_random(random) % CX_COUNT(hosts)],
             labels == DEPTH_MAX ? "." : "",
             labels == DEPTH_MAX ? parts[next_random(random) % CX_COUNT(parts)] : "", own,
             tops[next_random(random) % CX_COUNT(tops)]);
}

/* What one specimen is to be. */
struct plan {
    unsigned set_labels; /* labels of the name that has the set, 0 = none */
    const struct set *set;
    bool alias;
};

static struct plan
make_plan(uint64_t *random, unsigned labels)
{
    struct plan plan = { .set_labels = 0 };

    if (next_random(random) % 10 == 0) {
        plan.set = &sets[next_random(random) % CX_COUNT(sets)];
        plan.set_labels = next_random(random) % 3 != 0 ? 2 : labels;
    }
    plan.alias = next_random(random) % 50 == 0 && plan.set_labels != labels;
    return plan;
}

static void
write_message(struct wire *w, uint64_t *random, cx_span qname, bool first, const struct plan *plan)
{
    unsigned id = next_random(random) & 0xffffu;

    if (cx_name_labels(qname) == plan->set_labels) {
        write_set(w, id, qname, plan->set);
    } else if (first && plan->alias) {
        write_alias(w, id, qname);
    } else {
        write_empty(w, id, qname);
    }
}

static cx_status
add_message(struct population *p, struct specimen *s, const struct wire *w, cx_span qname)
{
    struct specimen_message *m = &s->messages[s->n_messages++];
    cx_span octets = { w->p, w->n };

    m->question = (struct cx_question){ qname, CX_TYPE_CAA };
    p->n_messages++;
    p->n_octets += w->n;
    return cx_arena_copy(&p->arena, octets, &m->octets);
}

static cx_status
make_specimen(struct population *p, uint64_t *random, struct specimen *s)
{
    static const cx_str accounts[] = { CX_STR_INIT(OUR_ACCOUNT) };
    static const cx_str methods[] = { CX_STR_INIT("dns-01") };
    unsigned labels = 3 + next_random(random) % 2;
    struct plan plan = make_plan(random, labels);
    struct cx_name name;
    char text[64];

    write_name(random, labels, text, sizeof(text));
    CX_TRY(cx_name_from_text(cx_str_of(text), &name, NULL));
    s->subject = (struct cx_subject){
        .kind = CX_SUBJECT_DNS,
        .wildcard = next_random(random) % 8 == 0,
        .suffix_labels = 1,
        .accounts = accounts,
        .n_accounts = CX_COUNT(accounts),
        .methods = methods,
        .n_methods = CX_COUNT(methods),
    };
    CX_TRY(cx_arena_copy(&p->arena, cx_name_span(&name), &s->subject.name));
    s->verdict = plan.set != NULL ? plan.set->verdict : CX_VERDICT_PERMIT;
    s->reason = plan.set != NULL ? plan.set->reason : CX_REASON_NO_RECORDS;
    for (cx_span at = s->subject.name; !cx_name_is_root(at); at = cx_name_parent(at)) {
        struct wire w;

        write_message(&w, random, at, at.n == s->subject.name.n, &plan);
        CX_TRY(add_message(p, s, &w, at));
        CX_TRY(specimen_answer(s, s->n_messages - 1, &p->arena, &s->answers));
        if (cx_name_labels(at) == plan.set_labels) {
            break;
        }
    }
    return CX_SUCCESS;
}

cx_status
specimen_answer(const struct specimen *s, size_t i, struct cx_arena *arena,
                struct cx_answers *answers)
{
    struct cx_answer *answer = cx_arena_get(arena, 1, sizeof(*answer));

    if (answer == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(cx_answer_from_message(s->messages[i].octets, &s->messages[i].question, arena, answer));
    answer->dnssec = CX_DNSSEC_INSECURE;
    return cx_answers_add(answers, arena, answer);
}

static void
make_case(struct population *p)
{
    cx_time date = cx_time_of_day(2026, 11, 22);

    p->policy = cx_policy_default();
    p->own = (struct cx_own){ CX_STR("ca.example.net"), CX_TIME_NONE, CX_TIME_MAX, false };
    p->c = (struct cx_case){
        .purpose = CX_PURPOSE_TLS,
        .epoch = cx_epoch_at(CX_PROFILE_TLS_BR, date),
        .date = date,
        .order = CX_ORDER_BOTTOM_UP,
        .policy = &p->policy,
        .facts = &p->facts,
        .own = &p->own,
        .n_own = 1,
    };
}

struct population *
population_new(size_t n)
{
    struct population *p = cx_alloc(1, sizeof(*p));
    uint64_t random = UINT64_C(20161122);

    if (p == NULL) {
        return NULL;
    }
    cx_arena_init(&p->arena, (size_t)4 << 30);
    make_case(p);
    p->n = n;
    p->specimens = cx_arena_get(&p->arena, n, sizeof(*p->specimens));
    for (size_t i = 0; i < n; i++) {
        if (p->specimens == NULL || !cx_ok(make_specimen(p, &random, &p->specimens[i]))) {
            population_free(p);
            return NULL;
        }
    }
    return p;
}

void
population_free(struct population *p)
{
    if (p != NULL) {
        cx_arena_done(&p->arena);
        cx_free(p);
    }
}
