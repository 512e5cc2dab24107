#include "resolve/explain.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "dns/message.h"
#include "resolve/result.h"

#include <sys/socket.h>

#define TYPE_A    1
#define TYPE_AAAA 28

/* What a reply, or all replies of the last servers asked, come to. Where servers differ, the greater one counts, which
 * is excused less: a SERVFAIL can stand for a fault of DNSSEC (R-SEC-5), what follows is never excused. */
enum kind {
    KIND_NONE = 0, /* no question to a server of the name seen */
    KIND_TIMEOUT,
    KIND_REFUSED,
    KIND_LAME,
    KIND_MALFORMED,
    KIND_SERVFAIL,
    KIND_TRUNCATED,
    KIND_OWNER, /* CAA of a stranger only */
    KIND_LOOP,
    KIND_UNDECIDED, /* a usable reply: not what libunbound tells */
    KIND_ALIAS,     /* goes on at another name */
    KIND_REFERRAL,  /* to servers nearer to the name */
};

/* What libunbound repeats from its caches, of failures and of servers that are down, without asking anybody; long after
 * the exchanges have made room. */
struct known {
    uint64_t key; /* 0 = empty */
    enum kind kind;
};

struct cx_explainer {
    const struct cx_tap *tap;
    struct known *known; /* by key modulo CX_TAP_KINDS_MAX */
    uint64_t began;      /* mark of the renewal before the last: older exchanges explain nothing */
    uint64_t renewed;    /* mark of the last one */
    uint8_t *asked[2]; /* sets of questions that servers answered, since renewed and since began */
};

struct cx_explainer *
cx_explainer_new(const struct cx_tap *tap)
{
    struct cx_explainer *explainer = cx_alloc(1, sizeof(*explainer));

    if (explainer == NULL) {
        return NULL;
    }
    explainer->tap = tap;
    explainer->known = cx_alloc(CX_TAP_KINDS_MAX, sizeof(*explainer->known));
    explainer->asked[0] = cx_alloc(CX_TAP_ASKED_BITS / 8, 1);
    explainer->asked[1] = cx_alloc(CX_TAP_ASKED_BITS / 8, 1);
    if (explainer->known == NULL || explainer->asked[0] == NULL || explainer->asked[1] == NULL) {
        cx_explainer_free(explainer);
        return NULL;
    }
    return explainer;
}

void
cx_explainer_free(struct cx_explainer *explainer)
{
    if (explainer != NULL) {
        cx_free(explainer->known);
        cx_free(explainer->asked[0]);
        cx_free(explainer->asked[1]);
        cx_free(explainer);
    }
}

void
cx_explainer_renew(struct cx_explainer *explainer)
{
    uint8_t *old = explainer->asked[1];

    explainer->asked[1] = explainer->asked[0];
    explainer->asked[0] = old;
    memset(old, 0, CX_TAP_ASKED_BITS / 8);
    explainer->began = explainer->renewed;
    explainer->renewed = cx_tap_mark(explainer->tap);
}

/* ---- questions that were asked before */

static void
remember(struct cx_explainer *e, cx_span name, uint16_t type)
{
    uint64_t bit = cx_tap_hash(e->tap, &(struct cx_question){ name, type }) % CX_TAP_ASKED_BITS;

    e->asked[0][bit / 8] |= (uint8_t)(1u << (bit % 8));
}

static bool
is_remembered(const struct cx_explainer *e, cx_span name, uint16_t type)
{
    uint64_t bit = cx_tap_hash(e->tap, &(struct cx_question){ name, type }) % CX_TAP_ASKED_BITS;

    return ((e->asked[0][bit / 8] | e->asked[1][bit / 8]) >> (bit % 8) & 1) != 0;
}

/* The newest exchange with a reply, in the life of libunbound's caches. It can be older than the question: another one
 * about the same may have been open, or its answer be in the cache. */
static const struct cx_exchange_seen *
newest_reply(const struct cx_explainer *e, cx_span name, uint16_t type)
{
    const struct cx_exchange_seen *x = cx_tap_newest(e->tap, &(struct cx_question){ name, type });

    while (x != NULL && !x->replied) {
        x = cx_tap_older(e->tap, x);
    }
    return x != NULL && x->number >= e->began ? x : NULL;
}

static bool
was_answered(const struct cx_explainer *e, cx_span name, uint16_t type)
{
    return newest_reply(e, name, type) != NULL || is_remembered(e, name, type);
}

/* A DNAME's owner is known from an answer that it redirected. */
static cx_status
remember_owners(struct cx_explainer *e, cx_span octets)
{
    struct cx_message m;
    struct cx_rr rr;
    bool more;

    CX_TRY(cx_message_open(octets, &m));
    CX_TRY(cx_message_next(&m, &rr, &more));
    while (more && rr.section == CX_SECTION_ANSWER) {
        if (rr.type == CX_TYPE_DNAME) {
            remember(e, cx_name_span(&rr.owner), CX_TYPE_DNAME);
        }
        CX_TRY(cx_message_next(&m, &rr, &more));
    }
    return CX_SUCCESS;
}

/* Its name, an alias or the last one: an answer can be put together from several messages of the cache, but not from
 * nothing. */
static bool
is_explained(const struct cx_explainer *e, const struct cx_answer *answer)
{
    bool found = was_answered(e, answer->name, answer->type) ||
                 was_answered(e, answer->records_at, answer->type);

    for (size_t i = 0; i < answer->n_aliases && !found; i++) {
        found = was_answered(e, answer->aliases[i], answer->type);
    }
    return found;
}

static void
remember_answer(struct cx_explainer *e, const struct cx_answer *answer)
{
    remember(e, answer->name, answer->type);
    remember(e, answer->records_at, answer->type);
    for (size_t i = 0; i < answer->n_aliases; i++) {
        remember(e, answer->aliases[i], answer->type);
    }
    if (!cx_ok(remember_owners(e, answer->octets))) {
        return; /* of a message that cannot be read nothing is remembered */
    }
}

/* ---- kinds of failures */

static struct known *
known_of(const struct cx_explainer *e, const struct cx_question *question)
{
    return &e->known[cx_tap_hash(e->tap, question) % CX_TAP_KINDS_MAX];
}

static enum kind
known_kind(const struct cx_explainer *e, const struct cx_question *question)
{
    const struct known *known = known_of(e, question);

    return known->key == cx_tap_hash(e->tap, question) ? known->kind : KIND_NONE;
}

static void
set_known(struct cx_explainer *e, const struct cx_question *question, enum kind kind)
{
    *known_of(e, question) = (struct known){ cx_tap_hash(e->tap, question), kind };
}

/* Servers of one zone, the nearest to the name that was reached. */
struct stage {
    unsigned depth;                          /* labels of the zone, if a referral led to it */
    const struct cx_exchange_seen *referral; /* that one, or NULL */
    size_t n_silent;
    bool tcp_replied;
    bool truncated;
    enum kind worst;       /* of the replies */
    struct cx_name target; /* of an alias */
    /* What came before, if it began below the root, with servers that libunbound knew: when they have failed, it asks
     * their parent for others, and finds none. */
    enum kind before;
    struct cx_name target_before;
};

static unsigned
zone_depth(const struct cx_rr *ns)
{
    return cx_name_labels(cx_name_span(&ns->owner));
}

/* A referral: no error, no answer, no SOA, only NS. Class MALFORMED: none. */
static cx_status
read_referral(cx_span octets, struct cx_rr *ret)
{
    const cx_status none = { CX_E_MESSAGE };
    struct cx_message m;
    struct cx_rr rr;
    bool more, found = false;

    CX_TRY(cx_message_open(octets, &m));
    if (m.rcode != CX_RCODE_NOERROR || m.tc || m.left[CX_SECTION_ANSWER] != 0) {
        return none;
    }
    CX_TRY(cx_message_next(&m, &rr, &more));
    while (more) {
        if (rr.section == CX_SECTION_AUTHORITY && rr.type == CX_TYPE_SOA) {
            return none;
        }
        if (rr.section == CX_SECTION_AUTHORITY && rr.type == CX_TYPE_NS) {
            found = true;
            *ret = rr;
        }
        CX_TRY(cx_message_next(&m, &rr, &more));
    }
    return found ? CX_SUCCESS : none;
}

static enum kind
kind_of_answer(const struct cx_answer *answer, struct cx_name *ret_target)
{
    if (answer->n_aliases > CX_ALIASES_DEFAULT) { /* R-TREE-13: libunbound does not go on */
        return KIND_LOOP;
    }
    switch (answer->outcome) {
    case CX_OUTCOME_TRUNCATED:
        return KIND_TRUNCATED;
    case CX_OUTCOME_SERVFAIL:
        return KIND_SERVFAIL;
    case CX_OUTCOME_LOOP:
        return KIND_LOOP;
    case CX_OUTCOME_MALFORMED:
        return answer->malformed == CX_MALFORMED_OWNER     ? KIND_OWNER
               : answer->malformed == CX_MALFORMED_MESSAGE ? KIND_MALFORMED
                                                           : KIND_UNDECIDED;
    case CX_OUTCOME_REFUSED:
        if (answer->n_aliases == 0) {
            return KIND_REFUSED;
        }
        *ret_target = cx_name_of(answer->records_at);
        return KIND_ALIAS;
    case CX_OUTCOME_UNSET:
    case CX_OUTCOME_RECORDS:
    case CX_OUTCOME_NODATA:
    case CX_OUTCOME_NXDOMAIN:
    case CX_OUTCOME_TIMEOUT:
    case CX_OUTCOME_BOGUS:
    case CX_OUTCOME_INDETERMINATE:
    case CX_OUTCOME_DEADLINE:
    case CX_OUTCOME_ERROR:
        return KIND_UNDECIDED;
    }
    return KIND_UNDECIDED;
}

/* ret_depth: with a referral, of the zone referred to. */
static enum kind
kind_of_reply(const struct cx_exchange_seen *x, struct cx_name *ret_target, unsigned *ret_depth)
{
    struct cx_question question = { cx_name_span(&x->name), x->type };
    struct cx_answer answer;
    struct cx_arena scratch;
    struct cx_rr ns;
    enum kind kind = KIND_UNDECIDED;

    if (cx_ok(read_referral(x->octets, &ns))) {
        *ret_depth = zone_depth(&ns);
        return cx_name_within(question.name, cx_name_span(&ns.owner)) ? KIND_REFERRAL : KIND_LAME;
    }
    cx_arena_init(&scratch, CX_TAP_SCRATCH);
    if (cx_ok(cx_answer_from_message(x->octets, &question, &scratch, &answer))) {
        kind = kind_of_answer(&answer, ret_target);
    }
    cx_arena_done(&scratch);
    return kind;
}

static enum kind
kind_of_stage(const struct stage *stage)
{
    if (stage->truncated && !stage->tcp_replied && stage->worst <= KIND_TRUNCATED) {
        return KIND_TRUNCATED;
    }
    return stage->worst != KIND_NONE ? stage->worst
           : stage->n_silent != 0    ? KIND_TIMEOUT
                                     : KIND_NONE;
}

static void
begin_stage(struct stage *stage, unsigned depth, const struct cx_exchange_seen *referral)
{
    enum kind before = stage->depth == 0 ? kind_of_stage(stage) : KIND_NONE;

    *stage = (struct stage){
        .depth = depth, .referral = referral, .before = before, .target_before = stage->target
    };
}

static bool
is_address_of(const struct cx_rr *rr, const struct cx_tap_address *server)
{
    return (rr->type == TYPE_A ? server->family == AF_INET && rr->rdata.n == 4
                               : server->family == AF_INET6 && rr->rdata.n == 16) &&
           memcmp(rr->rdata.p, server->ip, rr->rdata.n) == 0;
}

/* Whether a referral names the server, or gives no addresses by which that could be told. */
static cx_status
names_server(cx_span referral, const struct cx_tap_address *server, bool *ret)
{
    bool more, named = false, any = false;
    struct cx_message m;
    struct cx_rr rr;

    CX_TRY(cx_message_open(referral, &m));
    CX_TRY(cx_message_next(&m, &rr, &more));
    while (more) {
        if (rr.section == CX_SECTION_ADDITIONAL && (rr.type == TYPE_A || rr.type == TYPE_AAAA)) {
            any = true;
            named = named || is_address_of(&rr, server);
        }
        CX_TRY(cx_message_next(&m, &rr, &more));
    }
    *ret = named || !any;
    return CX_SUCCESS;
}

/* Another question about the same name, at the same time, leads through the servers above once more: those are not
 * lame. */
static bool
is_from_above(const struct stage *stage, const struct cx_exchange_seen *x)
{
    bool named = true;

    return stage->referral != NULL &&
           cx_ok(names_server(stage->referral->octets, &x->server, &named)) && !named;
}

static void
take_reply(struct stage *stage, const struct cx_exchange_seen *x)
{
    struct cx_name target = { .n = 0 };
    unsigned depth = 0;
    enum kind kind = kind_of_reply(x, &target, &depth);

    if (kind == KIND_REFERRAL && depth > stage->depth) {
        begin_stage(stage, depth, x);
        return;
    }
    if (kind == KIND_REFERRAL && is_from_above(stage, x)) {
        return;
    }
    kind = kind == KIND_REFERRAL ? KIND_LAME : kind; /* up, or to where it is */
    stage->tcp_replied = stage->tcp_replied || x->tcp;
    if (kind == KIND_TRUNCATED && !x->tcp) {
        stage->truncated = true;
        return;
    }
    if (kind > stage->worst) {
        stage->worst = kind;
        stage->target = target;
    }
}

static bool
has_prefix(const uint8_t *ip, unsigned first, unsigned second, unsigned bits)
{
    unsigned value = (unsigned)ip[0] << 8 | ip[1];
    unsigned shift = 16 - bits;

    return value >> shift == (first << 8 | second) >> shift;
}

/* R-DNS-4: a delegation to addresses of somebody's inside (RFC 1918, 3927, 4193, 4291, 6598) leads to nobody who could
 * answer for the zone: what becomes of it is no failure of the zone's servers. */
static bool
is_private(const struct cx_tap_address *server)
{
    const uint8_t *ip = server->ip;

    if (server->family == AF_INET) {
        return has_prefix(ip, 10, 0, 8) || has_prefix(ip, 172, 16, 12) ||
               has_prefix(ip, 192, 168, 16) || has_prefix(ip, 169, 254, 16) ||
               has_prefix(ip, 100, 64, 10) || ip[0] == 0;
    }
    return server->family == AF_INET6 &&
           (has_prefix(ip, 0xfe, 0x80, 10) || has_prefix(ip, 0xfc, 0, 7));
}

/* R-FAIL-8: where nobody at all replies over IPv6, or over IPv4, but over the other, it is our own network that fails.
 * What fails over both, control names show. */
static bool
is_silence(const struct cx_explainer *e, const struct cx_exchange_seen *x)
{
    const int families[] = { AF_INET, AF_INET6 };
    bool same = false, other = false;

    for (size_t i = 0; i < CX_COUNT(families); i++) {
        int64_t replied = cx_tap_replied_us(e->tap, families[i]);
        bool lately = replied != 0 && replied >= x->sent_us - (int64_t)CX_LIVE_DEADLINE_MS * 1000;

        same = same || (lately && families[i] == x->server.family);
        other = other || (lately && families[i] != x->server.family);
    }
    return same || !other;
}

/* What the exchanges about one name come to. */
static enum kind
kind_of_name(const struct cx_explainer *e, const struct cx_question *question, uint64_t since,
             struct cx_name *ret_target)
{
    const struct cx_exchange_seen *found[CX_TAP_CHAIN_MAX];
    const struct cx_exchange_seen *x = cx_tap_newest(e->tap, question);
    struct stage stage = { .worst = KIND_NONE };
    enum kind kind;
    size_t n = 0;

    for (; x != NULL && x->number >= since && n < CX_TAP_CHAIN_MAX; x = cx_tap_older(e->tap, x)) {
        found[n++] = x;
    }
    while (n != 0) {
        x = found[--n];
        if (is_private(&x->server)) {
            continue;
        }
        if (x->replied) {
            take_reply(&stage, x);
        } else if (x->lost) { /* there was a reply, which could not be kept */
            stage.worst = stage.worst > KIND_UNDECIDED ? stage.worst : KIND_UNDECIDED;
        } else if (is_silence(e, x)) {
            stage.n_silent++;
        }
    }
    *ret_target = stage.target;
    kind = kind_of_stage(&stage);
    if (kind == KIND_NONE && stage.depth != 0) { /* nobody was asked after the last referral */
        *ret_target = stage.target_before;
        return stage.before;
    }
    return kind;
}

/* The aliases that were met on the way, the question's name first. */
struct trail {
    struct cx_name *names;
    size_t n;
};

static bool
trail_has(const struct trail *trail, const struct cx_name *name)
{
    for (size_t i = 0; i < trail->n; i++) {
        if (cx_span_equal(cx_name_span(&trail->names[i]), cx_name_span(name))) {
            return true;
        }
    }
    return false;
}

/* Mark from which on exchanges can belong to a question that is still open. */
static uint64_t
recent(const struct cx_explainer *e, const struct cx_question *question)
{
    const struct cx_exchange_seen *x = cx_tap_newest(e->tap, question);
    uint64_t mark = cx_tap_mark(e->tap);
    int64_t earliest = cx_clock_us() - (int64_t)CX_LIVE_DEADLINE_MS * 1000;

    for (; x != NULL && x->number >= e->began && x->sent_us >= earliest;
         x = cx_tap_older(e->tap, x)) {
        mark = x->number;
    }
    return mark;
}

/* From alias to alias, as libunbound went, to the name at which it failed. *ret_own: that was after since. */
static enum kind
kind_of_trail(const struct cx_explainer *e, uint16_t type, uint64_t since, struct trail *trail,
              bool *ret_own)
{
    for (;;) {
        struct cx_question at = { cx_name_span(&trail->names[trail->n - 1]), type };
        struct cx_name target;
        enum kind kind = kind_of_name(e, &at, since, &target);

        *ret_own = kind != KIND_NONE;
        if (kind == KIND_NONE) {
            kind = known_kind(e, &at);
        }
        if (kind == KIND_NONE) { /* one about the same may have been open */
            kind = kind_of_name(e, &at, recent(e, &at), &target);
        }
        if (kind != KIND_ALIAS) {
            return kind;
        }
        if (target.n == 0 || trail_has(trail, &target) || trail->n > CX_ALIASES_DEFAULT) {
            return target.n == 0 ? KIND_UNDECIDED : KIND_LOOP;
        }
        trail->names[trail->n++] = target;
    }
}

static const struct {
    enum kind kind;
    enum cx_outcome outcome;
    enum cx_malformed malformed;
    const char *why;
} meanings[] = {
    { KIND_TIMEOUT, CX_OUTCOME_TIMEOUT, CX_MALFORMED_UNSET, "no server replied" },
    { KIND_REFUSED, CX_OUTCOME_REFUSED, CX_MALFORMED_UNSET, "the server refused the question" },
    { KIND_LAME, CX_OUTCOME_REFUSED, CX_MALFORMED_UNSET,
      "lame: the server knows nothing of the zone" },
    { KIND_TRUNCATED, CX_OUTCOME_TRUNCATED, CX_MALFORMED_UNSET,
      "truncated over UDP, no reply over TCP" },
    { KIND_MALFORMED, CX_OUTCOME_MALFORMED, CX_MALFORMED_MESSAGE, "the reply cannot be read" },
    { KIND_SERVFAIL, CX_OUTCOME_SERVFAIL, CX_MALFORMED_UNSET, "the server failed (SERVFAIL)" },
    { KIND_OWNER, CX_OUTCOME_MALFORMED, CX_MALFORMED_OWNER,
      "the reply has CAA records of names that were not asked for only" },
    { KIND_LOOP, CX_OUTCOME_LOOP, CX_MALFORMED_UNSET, "aliases in a loop, or too many" },
};

/* False if kind says nothing. */
static bool
apply_kind(enum kind kind, struct cx_answer *answer)
{
    for (size_t i = 0; i < CX_COUNT(meanings); i++) {
        if (meanings[i].kind == kind) {
            answer->outcome = meanings[i].outcome;
            answer->malformed = meanings[i].malformed;
            answer->why = cx_str_of(meanings[i].why);
            return true;
        }
    }
    return false;
}

/* Aliases of a failure: the judge must know which zones it concerns (R-FAIL-6). */
static cx_status
take_aliases(const struct trail *trail, struct cx_arena *arena, struct cx_answer *answer)
{
    cx_span *aliases = cx_arena_get(arena, trail->n, sizeof(*aliases));

    if (aliases == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 1; i < trail->n; i++) {
        CX_TRY(cx_arena_copy(arena, cx_name_span(&trail->names[i]), &aliases[i - 1]));
    }
    answer->aliases = trail->n == 1 ? NULL : aliases;
    answer->n_aliases = trail->n - 1;
    return CX_SUCCESS;
}

static cx_status
explain_failure(struct cx_explainer *e, uint64_t since, struct cx_arena *arena,
                struct cx_answer *answer, enum cx_seen *ret_seen)
{
    struct trail trail = { cx_alloc(CX_ALIASES_DEFAULT + 2, sizeof(*trail.names)), 1 };
    struct cx_question question = { answer->name, answer->type };
    cx_status s = CX_SUCCESS;
    bool own = false;
    enum kind kind;

    if (trail.names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    trail.names[0] = cx_name_of(answer->name);
    kind = kind_of_trail(e, answer->type, since, &trail, &own);
    own = own && cx_tap_is_complete(e->tap, since);
    *ret_seen = kind == KIND_UNDECIDED ? CX_SEEN_REPLIED : CX_SEEN_NOTHING;
    if (apply_kind(kind, answer)) {
        *ret_seen = own ? CX_SEEN_FAILED : CX_SEEN_NOTHING;
        if (trail.n == 1 || kind == KIND_LOOP) { /* what is remembered has no aliases */
            set_known(e, &question, kind);
        }
        s = take_aliases(&trail, arena, answer);
    }
    cx_free(trail.names);
    return s;
}

/* ---- answers */

static void
make_failure(enum kind kind, struct cx_answer *answer)
{
    if (!apply_kind(kind, answer)) {
        answer->outcome = CX_OUTCOME_ERROR;
        answer->malformed = CX_MALFORMED_UNSET;
        answer->why = CX_STR("libunbound gave an answer that no exchange with a server explains");
    }
    answer->dnssec = CX_DNSSEC_INDETERMINATE;
    cx_result_strip(answer);
}

/* Most replies have none, and need not be read once more. */
static bool
has_answer_section(cx_span octets)
{
    return octets.n >= 12 && (octets.p[6] != 0 || octets.p[7] != 0);
}

/* R-TREE-15: libunbound takes strangers' records out of a reply and may pass on the rest as empty. Where signatures
 * prove the emptiness, it is not the rest of anything. */
enum emptiness {
    EMPTY_UNKNOWN = 0, /* the reply has made room */
    EMPTY_INDEED,
    EMPTY_OF_STRANGERS,
};

/* Of a reply that was looked at (KIND_NONE, unless it was of strangers); anything else says nothing. */
static enum emptiness
remembered_emptiness(const struct cx_explainer *e, const struct cx_question *question)
{
    if (known_of(e, question)->key != cx_tap_hash(e->tap, question)) {
        return EMPTY_UNKNOWN;
    }
    switch (known_kind(e, question)) {
    case KIND_OWNER:
        return EMPTY_OF_STRANGERS;
    case KIND_NONE:
        return EMPTY_INDEED;
    case KIND_TIMEOUT:
    case KIND_REFUSED:
    case KIND_LAME:
    case KIND_MALFORMED:
    case KIND_SERVFAIL:
    case KIND_TRUNCATED:
    case KIND_LOOP:
    case KIND_UNDECIDED:
    case KIND_ALIAS:
    case KIND_REFERRAL:
        break;
    }
    return EMPTY_UNKNOWN;
}

/* In the reply about the name asked for, if that goes on to the end of the aliases. */
static enum emptiness
emptiness_with_aliases(const struct cx_explainer *e, const struct cx_answer *answer)
{
    const struct cx_exchange_seen *x = newest_reply(e, answer->name, answer->type);
    struct cx_name target;
    unsigned depth;
    enum kind kind = x != NULL ? kind_of_reply(x, &target, &depth) : KIND_NONE;

    return kind == KIND_OWNER       ? EMPTY_OF_STRANGERS
           : kind == KIND_UNDECIDED ? EMPTY_INDEED
                                    : EMPTY_UNKNOWN;
}

static enum emptiness
emptiness_of(struct cx_explainer *e, const struct cx_answer *answer)
{
    struct cx_question question = { answer->records_at, answer->type };
    const struct cx_exchange_seen *x = newest_reply(e, question.name, question.type);
    struct cx_name target;
    unsigned depth;
    bool strangers;

    if (x == NULL) {
        enum emptiness emptiness = remembered_emptiness(e, &question);

        return emptiness != EMPTY_UNKNOWN ? emptiness : emptiness_with_aliases(e, answer);
    }
    strangers = has_answer_section(x->octets) && kind_of_reply(x, &target, &depth) == KIND_OWNER;
    set_known(e, &question, strangers ? KIND_OWNER : KIND_NONE);
    return strangers ? EMPTY_OF_STRANGERS : EMPTY_INDEED;
}

static void
explain_answer(struct cx_explainer *e, uint64_t since, struct cx_answer *answer)
{
    bool empty = answer->outcome != CX_OUTCOME_RECORDS;

    if (cx_tap_is_complete(e->tap, since) && !is_explained(e, answer)) {
        make_failure(KIND_NONE, answer);
        return;
    }
    remember_answer(e, answer);
    if (!empty) {
        set_known(e, &(struct cx_question){ answer->name, answer->type }, KIND_NONE);
    }
    if (empty && answer->type == CX_TYPE_CAA && answer->dnssec != CX_DNSSEC_SECURE) {
        enum emptiness emptiness = emptiness_of(e, answer);

        if (emptiness == EMPTY_OF_STRANGERS) {
            make_failure(KIND_OWNER, answer);
        } else if (emptiness == EMPTY_UNKNOWN) { /* libunbound's cache outlived ours: asked again */
            make_failure(KIND_SERVFAIL, answer);
            answer->why =
                CX_STR("empty, from a cache, and what the server said is no longer known");
        }
    }
}

/* doubt_bare_emptiness of result.c may have been first. */
static void
explain_malformed(struct cx_explainer *e, struct cx_answer *answer)
{
    if (answer->malformed == CX_MALFORMED_MESSAGE && answer->type == CX_TYPE_CAA &&
        emptiness_of(e, answer) == EMPTY_OF_STRANGERS) {
        make_failure(KIND_OWNER, answer);
    }
}

uint64_t
cx_explain_mark(const struct cx_explainer *explainer)
{
    return cx_tap_mark(explainer->tap);
}

cx_status
cx_explain(struct cx_explainer *explainer, uint64_t since, struct cx_arena *arena,
           struct cx_answer *answer, enum cx_seen *ret_seen)
{
    *ret_seen = CX_SEEN_FAILED;
    if (answer->outcome == CX_OUTCOME_SERVFAIL) {
        return explain_failure(explainer, since, arena, answer, ret_seen);
    }
    if (answer->outcome == CX_OUTCOME_MALFORMED) {
        explain_malformed(explainer, answer);
    } else if (!cx_outcome_is_failure(answer->outcome)) {
        explain_answer(explainer, since, answer);
    }
    return CX_SUCCESS;
}

/* ---- the clock of an answer */

bool
cx_explain_seen(const struct cx_explainer *e, const struct cx_question *question, uint64_t since)
{
    const struct cx_exchange_seen *x = cx_tap_newest(e->tap, question);

    while (x != NULL && x->number >= since && !x->replied) {
        x = cx_tap_older(e->tap, x);
    }
    return x != NULL && x->number >= since;
}

/* The oldest exchange since then that has a reply: before it, libunbound knew nothing of the name. */
cx_time
cx_explain_time(const struct cx_explainer *e, const struct cx_question *question, uint64_t since,
                cx_time otherwise)
{
    const struct cx_exchange_seen *x = cx_tap_newest(e->tap, question);
    const struct cx_exchange_seen *oldest = NULL;
    cx_time time;

    for (; x != NULL && x->number >= since; x = cx_tap_older(e->tap, x)) {
        oldest = x->replied ? x : oldest;
    }
    if (oldest == NULL || !cx_tap_is_complete(e->tap, since)) {
        return otherwise;
    }
    time = cx_time_at(oldest->sent_us);
    return time > otherwise ? time : otherwise;
}

/* A part of the answer was known before mark since. */
static bool
knew_before(const struct cx_explainer *e, const struct cx_answer *answer, uint64_t since)
{
    for (size_t i = 0; i <= answer->n_aliases && answer->type == CX_TYPE_CAA; i++) {
        struct cx_question question = { i == 0 ? answer->name : answer->aliases[i - 1],
                                        answer->type };
        const struct cx_exchange_seen *x = cx_tap_newest(e->tap, &question);

        while (x != NULL && (x->number >= since || !x->replied)) {
            x = cx_tap_older(e->tap, x);
        }
        if ((x != NULL && x->number >= e->began) ||
            is_remembered(e, question.name, question.type)) {
            return true;
        }
    }
    return false;
}

cx_time
cx_explain_answer_time(const struct cx_explainer *e, const struct cx_answer *answer, uint64_t since,
                       cx_time otherwise)
{
    struct cx_question question = { answer->name, answer->type };
    cx_time time = cx_explain_time(e, &question, since, otherwise);

    /* While the target of an alias is waited for, another context may ask about what this one has in its cache. */
    if (answer->n_aliases != 0 && knew_before(e, answer, since)) {
        return otherwise;
    }
    for (size_t i = 0; i < answer->n_aliases && answer->type == CX_TYPE_CAA; i++) {
        cx_time alias;

        question.name = answer->aliases[i];
        alias = cx_explain_time(e, &question, since, otherwise);
        time = alias < time ? alias : time;
    }
    return time;
}

/* ---- the list for the answer */

static cx_status
to_listed(const struct cx_exchange_seen *x, int64_t first_us, struct cx_arena *arena,
          struct cx_exchange *ret)
{
    struct cx_exchange exchange = { .tcp = x->tcp,
                                    .replied = x->replied,
                                    .after = (uint32_t)((x->sent_us - first_us) / 1000) };
    char text[CX_TAP_ADDRESS_TEXT];

    cx_tap_address_text(&x->server, text);
    CX_TRY(cx_arena_text(arena, cx_str_of(text), &exchange.server));
    if (x->replied) {
        exchange.rcode = x->octets.p[3] & 15;
        exchange.ms = (uint32_t)((x->replied_us - x->sent_us) / 1000);
    }
    *ret = exchange;
    return CX_SUCCESS;
}

/* The newest ones about name, put before those that found has, newest first. */
static void
gather(const struct cx_explainer *e, cx_span name, uint16_t type, uint64_t since,
       const struct cx_exchange_seen *found[CX_EXCHANGES_MAX], size_t *n)
{
    const struct cx_exchange_seen *x = cx_tap_newest(e->tap, &(struct cx_question){ name, type });

    for (; x != NULL && x->number >= since && *n < CX_EXCHANGES_MAX; x = cx_tap_older(e->tap, x)) {
        size_t at = *n;

        while (at != 0 && found[at - 1]->number < x->number) {
            found[at] = found[at - 1];
            at--;
        }
        found[at] = x;
        (*n)++;
    }
}

cx_status
cx_explain_list(const struct cx_explainer *explainer, uint64_t since, struct cx_arena *arena,
                struct cx_answer *answer)
{
    const struct cx_exchange_seen *found[CX_EXCHANGES_MAX];
    struct cx_exchange *list;
    size_t n = 0;

    gather(explainer, answer->name, answer->type, since, found, &n);
    for (size_t i = 0; i < answer->n_aliases && answer->type == CX_TYPE_CAA; i++) {
        gather(explainer, answer->aliases[i], answer->type, since, found, &n);
    }
    if (n == 0) {
        return CX_SUCCESS;
    }
    list = cx_arena_get(arena, n, sizeof(*list));
    if (list == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(to_listed(found[n - 1 - i], found[n - 1]->sent_us, arena, &list[i]));
    }
    answer->exchanges = list;
    answer->n_exchanges = n;
    return CX_SUCCESS;
}
