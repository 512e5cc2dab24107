#include "resolve/result.h"

cx_status
cx_result_failure(enum cx_outcome outcome, const char *why, const struct cx_question *question,
                  cx_time time, struct cx_arena *arena, struct cx_answer *ret)
{
    struct cx_answer answer = {
        .type = question->type,
        .outcome = outcome,
        .attempts = 1,
        .time = time,
    };

    CX_TRY(cx_arena_copy(arena, question->name, &answer.name));
    CX_TRY(cx_arena_text(arena, cx_str_of(why), &answer.why));
    answer.records_at = answer.name;
    *ret = answer;
    return CX_SUCCESS;
}

/* Nothing of the data is believed; only the octets are kept, as evidence. */
static cx_status
drop_data(enum cx_outcome outcome, const char *why, struct cx_arena *arena,
          struct cx_answer *answer)
{
    struct cx_question question = { .name = answer->name, .type = answer->type };
    cx_span octets = answer->octets;

    CX_TRY(cx_result_failure(outcome, why, &question, answer->time, arena, answer));
    answer->octets = octets;
    return CX_SUCCESS;
}

/* Of a bogus answer libunbound hands out the data all the same, with RCODE 0. */
static cx_status
apply_validation(const struct cx_result *result, struct cx_arena *arena, struct cx_answer *answer)
{
    if (result->sec == 1) {
        CX_TRY(drop_data(CX_OUTCOME_BOGUS,
                         result->why_bogus != NULL ? result->why_bogus : "DNSSEC validation failed",
                         arena, answer));
        answer->dnssec = CX_DNSSEC_BOGUS;
    } else if (result->sec != 0 && result->sec != 2) {
        CX_TRY(drop_data(CX_OUTCOME_INDETERMINATE, "libunbound gave an unknown state of validation",
                         arena, answer));
    } else if (!cx_outcome_is_failure(answer->outcome)) {
        /* 0 is proven insecurity, because there is an anchor of the root. */
        answer->dnssec = result->sec == 2 ? CX_DNSSEC_SECURE : CX_DNSSEC_INSECURE;
    }
    return CX_SUCCESS;
}

/* R-TREE-15: libunbound takes records of names that nobody asked for out of an answer and passes on the rest, so that
 * an answer with a stranger's CAA record looks empty. What is left then has no SOA, as a proper empty answer has (RFC
 * 2308 section 2), and is not believed. Not even if libunbound calls it secure: a proof comes with the SOA, and a library
 * that finds nothing may call it anything. */
static cx_status
doubt_bare_emptiness(struct cx_arena *arena, struct cx_answer *answer)
{
    bool empty = answer->outcome == CX_OUTCOME_NODATA || answer->outcome == CX_OUTCOME_NXDOMAIN;

    if (!empty || answer->has_ttl) {
        return CX_SUCCESS;
    }
    CX_TRY(drop_data(CX_OUTCOME_MALFORMED,
                     "empty and without SOA: records may have been taken out of it", arena,
                     answer));
    answer->malformed = CX_MALFORMED_MESSAGE;
    return CX_SUCCESS;
}

/* I3: what the reader had found before it came upon the fault. */
void
cx_result_strip(struct cx_answer *failure)
{
    failure->has_ttl = false;
    failure->ttl = 0;
    failure->aliases = NULL;
    failure->n_aliases = 0;
    failure->records = NULL;
    failure->n_records = 0;
    failure->records_at = failure->name;
}

cx_status
cx_result_read(const struct cx_result *result, const struct cx_question *question, cx_time time,
               struct cx_arena *arena, struct cx_answer *ret)
{
    struct cx_answer answer;
    cx_span octets;

    if (result->rcode != 0) { /* the message is then the remains of something else */
        return cx_result_failure(CX_OUTCOME_SERVFAIL,
                                 result->ratelimited
                                     ? "held back by a rate limit"
                                     : "no server gave a usable answer (libunbound: SERVFAIL)",
                                 question, time, arena, ret);
    }
    /* rcode 0 means nothing: a SERVFAIL that libunbound has cached (every repeat within 5 s) comes with it. */
    CX_TRY(cx_arena_copy(arena, result->packet, &octets));
    CX_TRY(cx_answer_from_message(octets, question, arena, &answer));
    answer.time = time;
    CX_TRY(apply_validation(result, arena, &answer));
    CX_TRY(doubt_bare_emptiness(arena, &answer));
    if (cx_outcome_is_failure(answer.outcome)) {
        cx_result_strip(&answer);
    }
    *ret = answer;
    return CX_SUCCESS;
}
