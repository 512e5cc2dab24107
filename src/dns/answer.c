#include "dns/answer.h"

#include "dns/message.h"

static const struct {
    enum cx_outcome outcome;
    const char *word;
} outcome_words[] = {
    { CX_OUTCOME_RECORDS, "records" },     { CX_OUTCOME_NODATA, "nodata" },
    { CX_OUTCOME_NXDOMAIN, "nxdomain" },   { CX_OUTCOME_TIMEOUT, "timeout" },
    { CX_OUTCOME_SERVFAIL, "servfail" },   { CX_OUTCOME_REFUSED, "refused" },
    { CX_OUTCOME_TRUNCATED, "truncated" }, { CX_OUTCOME_MALFORMED, "malformed" },
    { CX_OUTCOME_LOOP, "loop" },           { CX_OUTCOME_BOGUS, "bogus" },
    { CX_OUTCOME_DEADLINE, "deadline" },   { CX_OUTCOME_INDETERMINATE, "indeterminate" },
    { CX_OUTCOME_ERROR, "error" },
};

static const char *const dnssec_words[] = {
    [CX_DNSSEC_INDETERMINATE] = "indeterminate",
    [CX_DNSSEC_SECURE] = "secure",
    [CX_DNSSEC_INSECURE] = "insecure",
    [CX_DNSSEC_BOGUS] = "bogus",
};

static const char *const malformed_words[] = {
    [CX_MALFORMED_UNSET] = "",
    [CX_MALFORMED_MESSAGE] = "message",
    [CX_MALFORMED_RDATA] = "rdata",
    [CX_MALFORMED_OWNER] = "owner",
};

const char *
cx_outcome_word(enum cx_outcome outcome)
{
    for (size_t i = 0; i < CX_COUNT(outcome_words); i++) {
        if (outcome_words[i].outcome == outcome) {
            return outcome_words[i].word;
        }
    }
    return "error";
}

enum cx_outcome
cx_outcome_of_word(cx_str word)
{
    for (size_t i = 0; i < CX_COUNT(outcome_words); i++) {
        if (cx_str_equal(word, cx_str_of(outcome_words[i].word))) {
            return outcome_words[i].outcome;
        }
    }
    return CX_OUTCOME_UNSET;
}

const char *
cx_dnssec_word(enum cx_dnssec dnssec)
{
    return dnssec_words[dnssec];
}

bool
cx_dnssec_of_word(cx_str word, enum cx_dnssec *ret)
{
    for (size_t i = 0; i < CX_COUNT(dnssec_words); i++) {
        if (cx_str_equal(word, cx_str_of(dnssec_words[i]))) {
            *ret = (enum cx_dnssec)i;
            return true;
        }
    }
    return false;
}

const char *
cx_malformed_word(enum cx_malformed malformed)
{
    return malformed_words[malformed];
}

enum cx_malformed
cx_malformed_of_word(cx_str word)
{
    for (size_t i = 1; i < CX_COUNT(malformed_words); i++) {
        if (cx_str_equal(word, cx_str_of(malformed_words[i]))) {
            return (enum cx_malformed)i;
        }
    }
    return CX_MALFORMED_UNSET;
}

/* What a pass over the answer section collected. */
struct chain {
    struct cx_arena *arena; /* holds the names */
    cx_span owner[CX_ALIASES_READ];
    cx_span target[CX_ALIASES_READ];
    size_t n;
    bool overflow;
    bool forked; /* one owner, two targets (RFC 2181 section 10.1) */
};

struct collected {
    struct chain cnames;
    size_t n_caa; /* CAA records anywhere in the answer section */
    bool has_any_dname;
    uint32_t negative_ttl;
    bool has_soa;
    struct cx_name soa; /* its owner */
    bool has_ns;        /* in the authority section: a referral, if nothing else is there */
    uint8_t extended_rcode;
    struct cx_name dname; /* target of the DNAME at the question's name, if asked for */
    bool has_dname;
    uint32_t dname_ttl;
};

static cx_status
fail_as(struct cx_answer *answer, enum cx_outcome outcome, enum cx_malformed malformed)
{
    answer->outcome = outcome;
    answer->malformed = malformed;
    return CX_SUCCESS;
}

/* R-DNS-7: min(SOA TTL, MINIMUM); MINIMUM is the last field of the RDATA. */
static void
note_soa(struct collected *c, const struct cx_rr *rr)
{
    struct cx_reader r = cx_reader_of(rr->rdata);
    uint32_t minimum;

    if (rr->rdata.n < 22) {
        return;
    }
    r.at = rr->rdata.n - 4;
    minimum = cx_rd_u32(&r);
    c->negative_ttl = rr->ttl < minimum ? rr->ttl : minimum;
    c->has_soa = true;
    c->soa = rr->owner;
}

static const cx_span *
target_of(const struct chain *chain, cx_span owner)
{
    for (size_t i = 0; i < chain->n; i++) {
        if (cx_span_equal(chain->owner[i], owner)) {
            return &chain->target[i];
        }
    }
    return NULL;
}

static cx_status
note_alias(struct chain *chain, const struct cx_message *m, const struct cx_rr *rr)
{
    const cx_span *known = target_of(chain, cx_name_span(&rr->owner));
    struct cx_name target;

    CX_TRY(cx_rr_target(m, rr, &target));
    if (known != NULL) {
        chain->forked = chain->forked || !cx_span_equal(*known, cx_name_span(&target));
    } else if (chain->n == CX_ALIASES_READ) {
        chain->overflow = true;
    } else {
        CX_TRY(cx_arena_copy(chain->arena, cx_name_span(&rr->owner), &chain->owner[chain->n]));
        CX_TRY(cx_arena_copy(chain->arena, cx_name_span(&target), &chain->target[chain->n]));
        chain->n++;
    }
    return CX_SUCCESS;
}

static cx_status
note_answer_rr(struct collected *c, const struct cx_message *m, const struct cx_rr *rr,
               const struct cx_question *q)
{
    c->has_any_dname = c->has_any_dname || rr->type == CX_TYPE_DNAME;
    if (rr->type == CX_TYPE_CAA) {
        c->n_caa++;
    } else if (rr->type == CX_TYPE_CNAME) {
        CX_TRY(note_alias(&c->cnames, m, rr));
    } else if (rr->type == CX_TYPE_DNAME && q->type == CX_TYPE_DNAME &&
               cx_span_equal(cx_name_span(&rr->owner), q->name)) {
        CX_TRY(cx_rr_target(m, rr, &c->dname));
        c->has_dname = true;
        c->dname_ttl = rr->ttl;
    }
    return CX_SUCCESS;
}

static void
note_other_rr(struct collected *c, const struct cx_rr *rr)
{
    if (rr->type == CX_TYPE_OPT && rr->section == CX_SECTION_ADDITIONAL) {
        c->extended_rcode |= rr->extended_rcode; /* a second OPT takes nothing back */
    } else if (rr->section == CX_SECTION_AUTHORITY && rr->class == CX_CLASS_IN) {
        c->has_ns = c->has_ns || rr->type == CX_TYPE_NS;
        if (rr->type == CX_TYPE_SOA) {
            note_soa(c, rr);
        }
    }
}

/* One pass over every record: also proves that the whole message can be read. */
static cx_status
collect(struct cx_message m, const struct cx_question *q, struct collected *ret)
{
    struct cx_rr rr;
    bool more;

    CX_TRY(cx_message_next(&m, &rr, &more));
    while (more) {
        if (rr.class == CX_CLASS_IN && rr.section == CX_SECTION_ANSWER) {
            CX_TRY(note_answer_rr(ret, &m, &rr, q));
        } else {
            note_other_rr(ret, &rr);
        }
        CX_TRY(cx_message_next(&m, &rr, &more));
    }
    return CX_SUCCESS;
}

/* Orders the CNAMEs into the chain that begins at the question's name; a longer walk than there are records is a
 * loop. */
static cx_status
order_aliases(const struct chain *chain, struct cx_arena *arena, struct cx_answer *answer)
{
    cx_span *aliases = cx_arena_get(arena, chain->n + 1, sizeof(*aliases));
    cx_span at = answer->name;
    const cx_span *to;
    size_t n = 0;

    if (aliases == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    while ((to = target_of(chain, at)) != NULL) {
        if (n == chain->n) {
            return fail_as(answer, CX_OUTCOME_LOOP, CX_MALFORMED_UNSET);
        }
        at = aliases[n++] = *to;
    }
    answer->aliases = aliases;
    answer->n_aliases = n;
    answer->records_at = at;
    return CX_SUCCESS;
}

/* R-SYN-9: identical records count once. */
static bool
seen_before(const struct cx_caa *records, size_t n, const struct cx_caa *caa)
{
    for (size_t i = 0; i < n; i++) {
        if (cx_caa_equal(&records[i], caa)) {
            return true;
        }
    }
    return false;
}

/* CAA records of owner into answer; R-SYN-6: one that cannot be read spoils the set. */
static cx_status
take_set(struct cx_message m, cx_span owner, struct cx_caa *records, struct cx_answer *answer)
{
    struct cx_rr rr;
    bool more;

    answer->n_records = 0;
    CX_TRY(cx_message_next(&m, &rr, &more));
    while (more) {
        if (rr.section == CX_SECTION_ANSWER && rr.class == CX_CLASS_IN && rr.type == CX_TYPE_CAA &&
            cx_span_equal(cx_name_span(&rr.owner), owner)) {
            struct cx_caa caa;

            if (!cx_ok(cx_caa_from_rdata(rr.rdata, &caa))) {
                answer->n_records = 0;
                return fail_as(answer, CX_OUTCOME_MALFORMED, CX_MALFORMED_RDATA);
            }
            answer->ttl = !answer->has_ttl || rr.ttl < answer->ttl ? rr.ttl : answer->ttl;
            answer->has_ttl = true;
            if (!seen_before(records, answer->n_records, &caa)) {
                records[answer->n_records++] = caa;
            }
        }
        CX_TRY(cx_message_next(&m, &rr, &more));
    }
    answer->records = records;
    if (answer->n_records != 0) {
        answer->outcome = CX_OUTCOME_RECORDS;
        answer->records_at = owner;
    }
    return CX_SUCCESS;
}

static cx_status
read_caa(const struct cx_message *m, const struct collected *c, struct cx_arena *arena,
         struct cx_answer *answer)
{
    struct cx_caa *records;

    if (c->n_caa == 0) {
        return CX_SUCCESS;
    }
    records = cx_arena_get(arena, c->n_caa, sizeof(*records));
    if (records == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(take_set(*m, answer->name, records, answer)); /* R-TREE-14: at the name itself first */
    if (answer->outcome == CX_OUTCOME_UNSET && answer->n_aliases != 0) {
        CX_TRY(take_set(*m, answer->records_at, records, answer));
    }
    return answer->outcome != CX_OUTCOME_UNSET
               ? CX_SUCCESS
               : fail_as(answer, CX_OUTCOME_MALFORMED, CX_MALFORMED_OWNER); /* R-TREE-15 */
}

static cx_status
read_dname(const struct collected *c, struct cx_arena *arena, struct cx_answer *answer)
{
    cx_span *target = cx_arena_get(arena, 1, sizeof(*target));

    if (target == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    answer->n_aliases = 0;
    answer->aliases = NULL;
    if (c->has_dname) {
        CX_TRY(cx_arena_copy(arena, cx_name_span(&c->dname), target));
        answer->outcome = CX_OUTCOME_RECORDS;
        answer->aliases = target;
        answer->n_aliases = 1;
        answer->ttl = c->dname_ttl;
        answer->has_ttl = true;
    }
    return CX_SUCCESS;
}

/* R-DNS-1, R-DNS-2: which RCODEs are answers. */
static enum cx_outcome
outcome_of_rcode(uint8_t rcode)
{
    switch (rcode) {
    case CX_RCODE_NOERROR:
        return CX_OUTCOME_NODATA;
    case CX_RCODE_NXDOMAIN:
        return CX_OUTCOME_NXDOMAIN;
    case CX_RCODE_SERVFAIL:
        return CX_OUTCOME_SERVFAIL;
    default:
        return CX_OUTCOME_REFUSED;
    }
}

static bool
answers_question(const struct cx_message *m, const struct cx_question *q)
{
    return m->qr && m->opcode == 0 && m->qtype == q->type && m->qclass == CX_CLASS_IN &&
           cx_span_equal(cx_name_span(&m->qname), q->name);
}

/* RFC 6672 section 3.1: a DNAME above the end of the chain comes with its CNAME, so without one the chain is not at its
 * end and nothing is known of its target. */
static cx_status
ends_below_dname(struct cx_message m, cx_span end, bool *ret)
{
    struct cx_rr rr;
    bool more, found = false;

    CX_TRY(cx_message_next(&m, &rr, &more));
    while (more) {
        found = found || (rr.section == CX_SECTION_ANSWER && rr.class == CX_CLASS_IN &&
                          rr.type == CX_TYPE_DNAME && rr.owner.n < end.n &&
                          cx_name_within(end, cx_name_span(&rr.owner)));
        CX_TRY(cx_message_next(&m, &rr, &more));
    }
    *ret = found;
    return CX_SUCCESS;
}

/* RFC 2308 section 2.2: NS without SOA refers to another server. Behind an alias only the SOA of a zone that holds the
 * target shows that the target was looked up at all: a server of the alias alone gives the alias alone. */
static bool
is_empty_proved(const struct collected *c, const struct cx_answer *answer, cx_span end)
{
    if (answer->n_aliases != 0 && answer->type == CX_TYPE_CAA) {
        return c->has_soa && cx_name_within(end, cx_name_span(&c->soa));
    }
    return c->has_soa || !c->has_ns;
}

static cx_status
read_empty(const struct cx_message *m, const struct collected *c, struct cx_answer *answer)
{
    cx_span end = answer->records_at;
    bool below_dname = false;

    if (c->has_any_dname) {
        CX_TRY(ends_below_dname(*m, end, &below_dname));
    }
    if (below_dname) {
        answer->why = CX_STR("a DNAME without the alias that it makes");
        return fail_as(answer, CX_OUTCOME_MALFORMED, CX_MALFORMED_MESSAGE);
    }
    if (!is_empty_proved(c, answer, end)) {
        answer->why = CX_STR("a referral instead of an answer (lame server)");
        return fail_as(answer, CX_OUTCOME_REFUSED, CX_MALFORMED_UNSET);
    }
    answer->outcome = outcome_of_rcode(m->rcode);
    answer->has_ttl = c->has_soa;
    answer->ttl = c->negative_ttl;
    return CX_SUCCESS;
}

static cx_status
read_positive(const struct cx_message *m, const struct collected *c, struct cx_arena *arena,
              struct cx_answer *answer)
{
    if (c->cnames.forked) {
        answer->why = CX_STR("two different aliases of one name");
        return fail_as(answer, CX_OUTCOME_MALFORMED, CX_MALFORMED_MESSAGE);
    }
    if (c->cnames.overflow) {
        return fail_as(answer, CX_OUTCOME_LOOP, CX_MALFORMED_UNSET);
    }
    CX_TRY(order_aliases(&c->cnames, arena, answer));
    if (answer->outcome == CX_OUTCOME_UNSET) {
        CX_TRY(answer->type == CX_TYPE_CAA ? read_caa(m, c, arena, answer)
                                           : read_dname(c, arena, answer));
    }
    return answer->outcome == CX_OUTCOME_UNSET ? read_empty(m, c, answer) : CX_SUCCESS;
}

/* The message's part of an answer that holds the question. */
static cx_status
read_message(cx_span octets, const struct cx_question *question, struct cx_arena *arena,
             struct cx_answer *answer)
{
    struct collected collected = { .cnames = { .arena = arena } };
    struct cx_message m;
    cx_status s;

    if (!cx_ok(cx_message_open(octets, &m)) || !answers_question(&m, question)) {
        return fail_as(answer, CX_OUTCOME_MALFORMED, CX_MALFORMED_MESSAGE);
    }
    s = collect(m, question, &collected);
    if (!cx_ok(s)) {
        return s.code == CX_E_NOMEM ? s
                                    : fail_as(answer, CX_OUTCOME_MALFORMED, CX_MALFORMED_MESSAGE);
    }
    if (m.tc) { /* R-SYN-10: never evaluated */
        return fail_as(answer, CX_OUTCOME_TRUNCATED, CX_MALFORMED_UNSET);
    }
    if (collected.extended_rcode != 0) { /* BADVERS and the like carry 0 in the header */
        return fail_as(answer, CX_OUTCOME_REFUSED, CX_MALFORMED_UNSET);
    }
    if (m.rcode != CX_RCODE_NOERROR && m.rcode != CX_RCODE_NXDOMAIN) {
        return fail_as(answer, outcome_of_rcode(m.rcode), CX_MALFORMED_UNSET);
    }
    return read_positive(&m, &collected, arena, answer);
}

cx_status
cx_answer_from_message(cx_span octets, const struct cx_question *question, struct cx_arena *arena,
                       struct cx_answer *ret)
{
    struct cx_answer answer = { .type = question->type, .attempts = 1, .octets = octets };

    answer.time = CX_TIME_NONE;
    CX_TRY(cx_arena_copy(arena, question->name, &answer.name));
    answer.records_at = answer.name;
    CX_TRY(read_message(octets, question, arena, &answer));
    *ret = answer;
    return CX_SUCCESS;
}
