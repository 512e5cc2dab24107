#include "mpic/corroborate.h"

#include "base/limits.h"
#include "evidence/corroboration.h"
#include "mpic/remote_answer.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- words */

static const struct {
    const char *word, *sentence;
} words[] = {
    { "", "" },
#define X(name, word, sentence) { word, sentence },
#include "mpic/remotes.def"
#undef X
};

const char *
cx_remote_reason_word(enum cx_remote_reason reason)
{
    return words[reason].word;
}

const char *
cx_remote_reason_sentence(enum cx_remote_reason reason)
{
    return words[reason].sentence;
}

/* ---- one perspective */

/* One name being corroborated. */
struct work {
    const struct cx_to_corroborate *what;
    struct cx_open_mpic response;
    struct cx_arena *arena;
    struct cx_remote_result *remotes; /* of the attempt that counts */
    size_t n;
    size_t n_distinct; /* that count as one each, whatever they said */
    size_t n_missing;  /* were started, and have no result */
};

/* Has ";" and something behind it. */
static bool
has_parameters(const struct cx_answer *set)
{
    for (size_t i = 0; set != NULL && i < set->n_records; i++) {
        cx_span value = set->records[i].value;
        bool behind = false;

        for (size_t k = 0; k < value.n; k++) {
            if (behind && value.p[k] != ' ' && value.p[k] != '\t') {
                return true;
            }
            behind = behind || value.p[k] == ';';
        }
    }
    return false;
}

static bool
is_own(const struct cx_case *c, cx_str domain)
{
    for (size_t i = 0; i < c->n_own; i++) {
        if (cx_span_equal_fold(cx_span_of_str(c->own[i].name), cx_span_of_str(domain))) {
            return true;
        }
    }
    return false;
}

/* R-OMPIC-5: what a coordinator concludes from records is good enough where it was asked exactly what we were, and where there
 * is nothing that it ignores. */
static bool
may_believe(const struct work *w)
{
    const struct cx_to_corroborate *what = w->what;
    const struct cx_open_mpic *r = &w->response;
    bool own = r->n_domains != 0 && what->subject->kind == CX_SUBJECT_DNS;

    for (size_t i = 0; i < r->n_domains; i++) {
        own = own && is_own(what->c, r->domains[i]);
    }
    return own && !r->allows_failure && r->wildcard == what->subject->wildcard &&
           r->purpose == what->c->purpose && !has_parameters(what->primary->set);
}

static cx_status
judge_remote(const struct work *w, const struct cx_remote *remote, struct cx_remote_result *ret)
{
    if (w->what->subject->kind != CX_SUBJECT_DNS) { /* R-ID-3: what counts was not in DNS */
        ret->reason = CX_REMOTE_IS_CLAIM;
        return CX_SUCCESS;
    }
    CX_TRY(cx_remote_judge(w->what->c, w->what->subject, remote, w->arena, &ret->verdict));
    ret->reason = cx_verdict_positive(ret->verdict) ? CX_REMOTE_IS_PERMITS
                  : ret->verdict == CX_VERDICT_FAIL ? CX_REMOTE_IS_FAILED
                                                    : CX_REMOTE_IS_PROHIBITS;
    return CX_SUCCESS;
}

/* Said one by one, so that a result without a reason is none that corroborates. */
static bool
agrees(enum cx_remote_reason reason)
{
    return reason == CX_REMOTE_IS_PERMITS || reason == CX_REMOTE_IS_PASSED;
}

/* What it says, whoever it is. */
static cx_status
weigh(const struct work *w, const struct cx_remote *remote, struct cx_remote_result *ret)
{
    cx_time date = w->what->c->date;

    ret->time = cx_remote_time(remote);
    switch (remote->said) {
    case CX_REMOTE_UNREADABLE:
        ret->reason = CX_REMOTE_IS_UNREADABLE;
        return CX_SUCCESS;
    case CX_REMOTE_FAILED:
        ret->reason = CX_REMOTE_IS_FAILED;
        return CX_SUCCESS;
    case CX_REMOTE_REFUSED:
        ret->reason = CX_REMOTE_IS_REFUSED;
        return CX_SUCCESS;
    case CX_REMOTE_PASSED:
        ret->reason = may_believe(w) ? CX_REMOTE_IS_PASSED : CX_REMOTE_IS_CLAIM;
        break;
    case CX_REMOTE_ANSWERS:
    case CX_REMOTE_RECORDS:
    case CX_REMOTE_EMPTY:
        CX_TRY(judge_remote(w, remote, ret));
        break;
    }
    if (agrees(ret->reason) && (ret->time == CX_TIME_NONE || ret->time > date + CX_PERMIT_SKEW_S ||
                                ret->time < date - CX_WINDOW_S)) {
        ret->reason = CX_REMOTE_IS_STALE;
    }
    return CX_SUCCESS;
}

/* Why the result of a perspective counts for nothing, whatever it is; UNSET if it counts. */
static enum cx_remote_reason
standing(const struct work *w, const struct cx_perspective *p)
{
    cx_time date = w->what->c->date;

    if (p == NULL) {
        return CX_REMOTE_IS_UNKNOWN;
    }
    if (date < p->from || date >= p->until) {
        return CX_REMOTE_IS_NOT_IN_FORCE;
    }
    if (p->resolver_region != p->region) { /* R-MPIC-8 */
        return CX_REMOTE_IS_RESOLVER;
    }
    return cx_perspectives_apart(&w->what->perspectives->primary, p, date)
               ? CX_REMOTE_UNSET
               : CX_REMOTE_IS_NEAR_PRIMARY; /* R-MPIC-7 */
}

/* ---- an attempt */

static const struct cx_perspective *
listed(const struct work *w, cx_str code)
{
    return w->what->perspectives == NULL ? NULL : cx_perspective_find(w->what->perspectives, code);
}

static bool
is_distinct(const struct cx_remote_result *r)
{
    return r->is_used && r->reason != CX_REMOTE_IS_UNKNOWN &&
           r->reason != CX_REMOTE_IS_NOT_IN_FORCE && r->reason != CX_REMOTE_IS_RESOLVER;
}

/* R-MPIC-7: those that are too close to each other, over however many steps, are one. The first of them stands for all. */
static void
join_close(struct work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct cx_perspective *p = listed(w, w->remotes[i].code);

        for (size_t k = 0; k < i && is_distinct(&w->remotes[i]); k++) {
            size_t from = w->remotes[k].same_as, to = w->remotes[i].same_as;

            if (from == to || !is_distinct(&w->remotes[k]) ||
                cx_perspectives_apart(p, listed(w, w->remotes[k].code), w->what->c->date)) {
                continue;
            }
            for (size_t j = 0; j <= i; j++) {
                if (w->remotes[j].same_as == from || w->remotes[j].same_as == to) {
                    w->remotes[j].same_as = from < to ? from : to;
                }
            }
        }
    }
}

static cx_status
weigh_all(struct work *w)
{
    const struct cx_attempt *attempt = &w->response.attempts[0]; /* R-MPIC-12 */

    w->n = attempt->n;
    w->remotes = cx_arena_get(w->arena, w->n + 1, sizeof(*w->remotes));
    if (w->remotes == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < w->n; i++) {
        struct cx_remote_result *r = &w->remotes[i];
        const struct cx_perspective *p = listed(w, attempt->v[i].code);
        enum cx_remote_reason why = standing(w, p);

        r->code = attempt->v[i].code;
        r->region = p == NULL ? CX_REGION_UNSET : p->region;
        r->same_as = i;
        CX_TRY(weigh(w, &attempt->v[i], r));
        r->reason = why != CX_REMOTE_UNSET ? why : r->reason;
        r->is_used = why != CX_REMOTE_IS_NEAR_PRIMARY;
        r->corroborates = why == CX_REMOTE_UNSET && agrees(r->reason);
    }
    w->n_missing = w->response.count > w->n ? w->response.count - w->n : 0;
    join_close(w);
    return CX_SUCCESS;
}

/* ---- counting */

/* Of those that count as one: the worst of what they said, and the least of what else they have. */
struct one {
    bool agrees;
    enum cx_region region;
    cx_time time;
};

static struct one
one_of(const struct work *w, size_t first)
{
    struct one one = { true, w->remotes[first].region, CX_TIME_MAX };

    for (size_t i = first; i < w->n; i++) {
        const struct cx_remote_result *r = &w->remotes[i];

        if (r->same_as == first) {
            one.agrees = one.agrees && r->corroborates;
            one.region = r->region < one.region ? r->region : one.region;
            one.time = r->time < one.time ? r->time : one.time;
        }
    }
    return one;
}

static cx_status
list_regions(const bool *agreed, struct cx_arena *arena, struct cx_corroboration *is)
{
    cx_str *regions = cx_arena_get(arena, CX_REGION_RIPE + 1, sizeof(*regions));

    if (regions == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = CX_REGION_UNSET + 1; i <= CX_REGION_RIPE; i++) {
        if (agreed[i]) {
            regions[is->n_regions++] = cx_str_of(cx_region_word((enum cx_region)i));
        }
    }
    is->regions = regions;
    return CX_SUCCESS;
}

/* R-MPIC-6: all that were started are used, those without a result too. */
static cx_status
count(struct work *w, struct cx_corroborated *ret)
{
    bool agreed[CX_REGION_RIPE + 1] = { false };
    cx_time oldest = CX_TIME_MAX;

    ret->is.n_used = w->n_missing;
    for (size_t i = 0; i < w->n; i++) {
        struct one one;

        if (!w->remotes[i].is_used || w->remotes[i].same_as != i) {
            continue;
        }
        one = one_of(w, i);
        ret->is.n_used++;
        w->n_distinct += is_distinct(&w->remotes[i]) ? 1 : 0;
        if (one.agrees) {
            ret->is.n_agreed++;
            agreed[one.region] = true;
            oldest = one.time < oldest ? one.time : oldest;
        }
    }
    ret->valid_until = oldest == CX_TIME_MAX ? CX_TIME_NONE : oldest + CX_WINDOW_S;
    return list_regions(agreed, w->arena, &ret->is);
}

/* ---- what is missing */

static const char *
lacking(const struct work *w, const struct cx_corroborated *so_far)
{
    const struct cx_to_corroborate *what = w->what;
    struct cx_mpic_phase phase = cx_mpic_phase_at(what->c->epoch->profile, what->c->date);

    if (!cx_verdict_positive(what->primary->verdict)) {
        return "the primary perspective does not permit"; /* R-MPIC-4 */
    }
    if (what->supplied != NULL && what->perspectives == NULL) {
        return "there is no list of the CA's perspectives";
    }
    if (w->n_missing != 0) {
        return "perspectives that were started have no result";
    }
    if (so_far->is.kind != CX_CORROBORATION_NONE && w->n_distinct < phase.remotes) {
        return "too few remote perspectives";
    }
    return cx_phase_lacks(phase, &so_far->is);
}

/* R-OMPIC-3, R-OMPIC-6: why a response as a whole is no evidence. */
static const char *
fault_of_response(const struct work *w)
{
    const struct cx_open_mpic *r = &w->response;

    if (r->monitors) {
        return "its coordinator was told that no perspective need agree";
    }
    if (r->is_valid && r->is_incomplete) {
        return "it says that it is valid, and not completed";
    }
    return cx_span_equal(r->name, w->what->subject->name) ? NULL : "it is about another name";
}

static cx_status
read_response(struct work *w, struct cx_corroborated *ret)
{
    const struct cx_supplied_name *supplied = w->what->supplied;
    struct cx_detail detail = { .text = "" };
    cx_status s =
        cx_open_mpic_read(supplied->bodies[supplied->n - 1], w->arena, &w->response, &detail);
    const char *fault;

    if (cx_status_class(s) == CX_CLASS_NOMEM) {
        return s;
    }
    fault = cx_ok(s) ? fault_of_response(w) : detail.text;
    if (fault != NULL) {
        return cx_arena_text(w->arena, cx_str_of(fault), &ret->fault);
    }
    ret->n_attempts = supplied->n - 1 + w->response.n_attempts;
    CX_TRY(weigh_all(w));
    ret->remotes = w->remotes;
    ret->n_remotes = w->n;
    return count(w, ret);
}

static bool
is_needed(const struct cx_to_corroborate *what)
{
    const struct cx_subject *s = what->subject;
    bool mailbox = what->c->purpose == CX_PURPOSE_SMIME; /* below onion too */

    return s->kind != CX_SUBJECT_IP &&
           cx_mpic_phase_at(what->c->epoch->profile, what->c->date).remotes != 0 &&
           cx_remotes_needed(s->methods, s->n_methods, s->kind == CX_SUBJECT_ONION && !mailbox,
                             mailbox);
}

cx_status
cx_corroborate(const struct cx_to_corroborate *what, struct cx_arena *arena,
               struct cx_corroborated *ret)
{
    struct cx_corroborated done = { .needed = is_needed(what), .valid_until = CX_TIME_NONE };
    struct work w = { .what = what, .arena = arena };

    if (what->supplied != NULL) {
        done.is.kind = CX_CORROBORATION_EXTERNAL;
        CX_TRY(read_response(&w, &done));
    }
    if (done.needed) {
        done.lacks = done.fault.n != 0 ? "the response is no evidence" : lacking(&w, &done);
    }
    *ret = done;
    return CX_SUCCESS;
}

void
cx_quorum_text(const struct cx_corroboration *is, char ret[CX_QUORUM_TEXT])
{
    (void)snprintf(ret, CX_QUORUM_TEXT, "%" PRIu64 "/%" PRIu64, is->n_agreed, is->n_used);
}

bool
cx_corroborated_is_less(const struct cx_corroborated *a, const struct cx_corroborated *b)
{
    if (a->needed != b->needed) {
        return a->needed;
    }
    if ((a->lacks == NULL) != (b->lacks == NULL)) {
        return a->lacks != NULL;
    }
    if (a->is.n_agreed != b->is.n_agreed) {
        return a->is.n_agreed < b->is.n_agreed;
    }
    if (a->is.n_used != b->is.n_used) {
        return a->is.n_used > b->is.n_used;
    }
    return a->is.n_regions < b->is.n_regions;
}
