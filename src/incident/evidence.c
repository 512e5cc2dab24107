#include "incident/evidence.h"

#include "base/limits.h"

const char *
cx_evidence_word(enum cx_evidence_reason reason)
{
    static const char *const words[] = {
#define X(name, word, sentence) word,
#include "incident/reasons.def"
#undef X
    };

    return words[reason];
}

const char *
cx_evidence_sentence(enum cx_evidence_reason reason)
{
    static const char *const sentences[] = {
#define X(name, word, sentence) sentence,
#include "incident/reasons.def"
#undef X
    };

    return sentences[reason];
}

/* A state's word, and the reason that it gives. */
static const struct {
    const char *word;
    enum cx_evidence_reason reason;
} states[] = {
    [CX_NAME_NONE] = { "none", CX_EVIDENCE_NO_EVIDENCE },
    [CX_NAME_PERMISSIVE] = { "permissive", CX_EVIDENCE_PERMITTED },
    [CX_NAME_DENIED] = { "denied", CX_EVIDENCE_DENIED },
    [CX_NAME_UNCLEAR] = { "unclear", CX_EVIDENCE_UNCLEAR },
    [CX_NAME_OUTSIDE_WINDOW] = { "outside-window", CX_EVIDENCE_OUTSIDE_WINDOW },
    [CX_NAME_AFTER_SIGNING] = { "after-signing", CX_EVIDENCE_AFTER_SIGNING },
    [CX_NAME_OTHER_FORM] = { "other-form", CX_EVIDENCE_OTHER_FORM },
    [CX_NAME_INCOMPLETE] = { "incomplete", CX_EVIDENCE_INCOMPLETE },
    [CX_NAME_FAILED] = { "failed", CX_EVIDENCE_FAILED },
    [CX_NAME_CONCLUSION_ONLY] = { "conclusion-only", CX_EVIDENCE_CONCLUSION_ONLY },
    [CX_NAME_ASKED_ONLY] = { "asked-only", CX_EVIDENCE_ASKED_ONLY },
    [CX_NAME_CONFLICT] = { "conflict", CX_EVIDENCE_CONFLICT },
    [CX_NAME_UNVALIDATED] = { "not-validated", CX_EVIDENCE_UNVALIDATED },
    [CX_NAME_NOT_ALLOWED] = { "not-allowed", CX_EVIDENCE_NOT_ALLOWED },
    [CX_NAME_NOT_BOUND] = { "not-bound", CX_EVIDENCE_NOT_BOUND },
    [CX_NAME_NO_MOMENT] = { "no-moment", CX_EVIDENCE_NO_MOMENT },
};

const char *
cx_name_state_word(enum cx_name_state state)
{
    return states[state].word;
}

/* ---- what is picked */

static const struct cx_pick *
pick_of(const struct cx_picks *picks, enum cx_pick_kind kind)
{
    for (size_t i = 0; i < picks->n; i++) {
        if (picks->v[i].kind == kind) {
            return &picks->v[i];
        }
    }
    return NULL;
}

/* The youngest content of that sort. */
static const struct cx_pick *
content_of(const struct cx_picks *picks, enum cx_observed observed)
{
    for (size_t i = 0; i < picks->n && picks->v[i].kind == CX_PICK_CONTENT; i++) {
        if (picks->v[i].entry.observed == observed) {
            return &picks->v[i];
        }
    }
    return NULL;
}

/* The answer of a label that a climb goes on with; of an ancestor one before its window too, so that the climb ends there and is
 * seen to be too old. */
static const struct cx_pick *
answer_of(const struct cx_inquiry *inquiry, size_t label)
{
    const struct cx_picks *picks = &inquiry->labels[label];
    const struct cx_pick *pick = content_of(picks, CX_OBSERVED_ANSWER);

    pick = pick != NULL ? pick : pick_of(picks, CX_PICK_STRETCH);
    return pick != NULL || label == 0 ? pick : pick_of(picks, CX_PICK_OLDER);
}

static cx_span
label_at(const struct cx_inquiry *inquiry, size_t i)
{
    cx_span name = inquiry->subject.name;

    while (i-- != 0) {
        name = cx_name_parent(name);
    }
    return name;
}

bool
cx_inquiry_need(const struct cx_inquiry *inquiry, cx_span *ret)
{
    const struct cx_pick *last;

    if (inquiry->n_labels != 0) {
        last = answer_of(inquiry, inquiry->n_labels - 1);
        if (last == NULL || last->entry.outcome == CX_OUTCOME_RECORDS) {
            return false;
        }
    }
    *ret = label_at(inquiry, inquiry->n_labels);
    return !cx_name_is_root(*ret);
}

/* ---- judging a climb */

/* A climb: for each label that was looked at the pick that speaks for it. */
struct climb {
    const struct cx_inquiry *inquiry;
    const struct cx_case *c;
    const struct cx_archive *archive;
    struct cx_arena *arena;
    const struct cx_pick *picks[CX_LABELS_MAX];
    size_t n;
    struct cx_answers answers;
    struct cx_name_evidence *ret;
    bool as_if_validated;
};

static struct cx_answer *
new_answer(struct climb *climb, cx_span name, uint16_t type, const struct cx_observation *o)
{
    struct cx_answer *answer = cx_arena_get(climb->arena, 1, sizeof(*answer));

    if (answer != NULL) {
        answer->name = name;
        answer->type = type;
        answer->outcome = CX_OUTCOME_NODATA;
        answer->dnssec = climb->as_if_validated && o->dnssec == CX_DNSSEC_INDETERMINATE
                             ? CX_DNSSEC_INSECURE
                             : o->dnssec;
        answer->attempts = 1;
        answer->time = cx_second_of_ms(o->time_ms);
    }
    return answer;
}

static cx_status
add_answer(struct climb *climb, struct cx_answer *answer, const struct cx_pick *pick)
{
    struct cx_name_evidence *ret = climb->ret;

    if (answer == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (answer->type == CX_TYPE_CAA && ret->n_steps < CX_LABELS_MAX) {
        ret->steps[ret->n_steps++] = (struct cx_step){ answer, &pick->entry };
    }
    return cx_answers_add(&climb->answers, climb->arena, answer);
}

/* The answer that holds what was observed. */
static struct cx_answer *
full_answer(struct climb *climb, cx_span name, const struct cx_observation *o)
{
    struct cx_answer *answer = new_answer(climb, name, CX_TYPE_CAA, o);

    if (answer != NULL) {
        answer->outcome = o->outcome;
        answer->has_ttl = o->has_ttl;
        answer->ttl = o->ttl;
        answer->aliases = o->aliases;
        answer->n_aliases = o->n_aliases;
        answer->records = o->records;
        answer->n_records = o->n_records;
        answer->records_at = o->n_aliases != 0 ? o->aliases[o->n_aliases - 1] : name;
    }
    return answer;
}

/* A check of the whole climb: empty up to where the set was found, or all the way. One that found its set at no ancestor of the
 * name is of something else, and no step of this climb. */
static cx_status
add_check(struct climb *climb, const struct cx_pick *pick, const struct cx_observation *o)
{
    cx_span name = climb->inquiry->subject.name;
    bool is_set = o->outcome == CX_OUTCOME_RECORDS;
    cx_span set_at = o->found_at.n != 0 ? o->found_at : name;

    if (is_set && !cx_name_within(name, set_at)) {
        return CX_SUCCESS;
    }
    for (cx_span at = name; !cx_name_is_root(at); at = cx_name_parent(at)) {
        if (is_set && cx_span_equal(at, set_at)) {
            return add_answer(climb, full_answer(climb, at, o), pick);
        }
        CX_TRY(add_answer(climb, new_answer(climb, at, CX_TYPE_CAA, o), pick));
    }
    return CX_SUCCESS;
}

static cx_status
add_picks(struct climb *climb, struct cx_detail *detail)
{
    for (size_t i = 0; i < climb->n; i++) {
        const struct cx_pick *pick = climb->picks[i];
        struct cx_observation o;

        CX_TRY(cx_archive_observation(climb->archive, &pick->entry, climb->arena, &o, detail));
        if (pick->entry.observed == CX_OBSERVED_CHECK) {
            return add_check(climb, pick, &o);
        }
        CX_TRY(add_answer(climb, full_answer(climb, label_at(climb->inquiry, i), &o), pick));
    }
    return CX_SUCCESS;
}

/* Questions that no archive of the time has. A DNAME at an empty name is not seen by who asks for CAA alone (R-T44-5): none is
 * taken to be there. What else the tree search of RFC 6844 visits was visited by the check itself. */
static cx_status
add_unasked(struct climb *climb, bool *ret_added)
{
    const struct cx_finding *f = &climb->ret->finding;
    bool is_check = climb->n != 0 && climb->picks[0]->entry.observed == CX_OBSERVED_CHECK;

    *ret_added = false;
    for (size_t i = 0; i < f->n_need; i++) {
        const struct cx_answer *like =
            climb->ret->n_steps != 0 ? climb->ret->steps[0].answer : NULL;
        struct cx_answer *answer;

        if (like == NULL || (f->need[i].type != CX_TYPE_DNAME && !is_check)) {
            return CX_SUCCESS;
        }
        answer = cx_arena_get(climb->arena, 1, sizeof(*answer));
        if (answer == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
        answer->name = f->need[i].name;
        answer->type = f->need[i].type;
        answer->outcome = CX_OUTCOME_NODATA;
        answer->dnssec = like->dnssec;
        answer->time = like->time;
        answer->attempts = 1;
        CX_TRY(cx_answers_add(&climb->answers, climb->arena, answer));
        *ret_added = true;
    }
    return CX_SUCCESS;
}

/* When the oldest answer used was asked, and what its window is (R-TIME-1, R-TIME-2). */
static void
note_window(struct climb *climb)
{
    struct cx_name_evidence *ret = climb->ret;
    cx_time window = CX_WINDOW_S;

    for (size_t i = 0; i < ret->n_steps; i++) {
        const struct cx_answer *a = ret->steps[i].answer;

        if (a->outcome == CX_OUTCOME_RECORDS && a->has_ttl && a->ttl > window) {
            window = a->ttl;
        }
        if (ret->checked == CX_TIME_NONE || a->time < ret->checked) {
            ret->checked = a->time;
        }
        if (ret->steps[i].entry->grade > ret->grade) {
            ret->grade = ret->steps[i].entry->grade;
        }
    }
    if (ret->checked != CX_TIME_NONE) {
        ret->window_ends = ret->checked + window;
    }
}

/* The finding on the climb's picks; its verdict stays UNSET if a step is missing. */
static cx_status
judge(struct climb *climb, struct cx_detail *detail)
{
    bool added = true;

    climb->answers = (struct cx_answers){ .v = NULL };
    *climb->ret = (struct cx_name_evidence){ .checked = CX_TIME_NONE, .window_ends = CX_TIME_NONE };
    CX_TRY(add_picks(climb, detail));
    for (size_t i = 0; i < CX_CLIMB_MAX && added; i++) {
        cx_judge(climb->c, &climb->inquiry->subject, &climb->answers, &climb->ret->finding);
        added = false;
        if (climb->ret->finding.verdict == CX_VERDICT_UNSET) {
            CX_TRY(add_unasked(climb, &added));
        }
    }
    climb->ret->answers = climb->answers;
    note_window(climb);
    return CX_SUCCESS;
}

static enum cx_name_state
state_of(const struct climb *climb)
{
    const struct cx_name_evidence *e = climb->ret;
    cx_time ends = e->finding.valid_until != CX_TIME_NONE && e->finding.valid_until < e->window_ends
                       ? e->finding.valid_until
                       : e->window_ends;

    switch (e->finding.verdict) {
    case CX_VERDICT_PERMIT:
    case CX_VERDICT_PERMIT_LF:
        return climb->inquiry->signed_at <= ends ? CX_NAME_PERMISSIVE : CX_NAME_OUTSIDE_WINDOW;
    case CX_VERDICT_DENY:
        return climb->inquiry->signed_at <= e->window_ends ? CX_NAME_DENIED
                                                           : CX_NAME_OUTSIDE_WINDOW;
    case CX_VERDICT_EXEMPT:
    case CX_VERDICT_NA:
        return CX_NAME_NOT_BOUND;
    case CX_VERDICT_ARGUABLE:
        return climb->inquiry->signed_at <= e->window_ends ? CX_NAME_UNCLEAR
                                                           : CX_NAME_OUTSIDE_WINDOW;
    case CX_VERDICT_FAIL:
        return e->finding.reason == CX_REASON_UNVALIDATED ? CX_NAME_UNVALIDATED : CX_NAME_FAILED;
    case CX_VERDICT_UNSET:
        return CX_NAME_INCOMPLETE;
    }
    return CX_NAME_FAILED;
}

/* ---- contradictions */

static bool
is_decisive(enum cx_name_state state)
{
    return state == CX_NAME_PERMISSIVE || state == CX_NAME_DENIED || state == CX_NAME_UNCLEAR ||
           state == CX_NAME_NOT_BOUND;
}

/* What a climb comes to. */
struct result {
    enum cx_name_state state;
    enum cx_verdict
        verdict; /* in or out of its window, validated or not: a denial that proves nothing still contradicts */
    int64_t oldest_ms; /* of what it rests on */
    int64_t set_ms;    /* of the set that it ended at */
};

static cx_status
judge_to(struct climb *climb, struct result *ret, struct cx_detail *detail)
{
    const struct cx_name_evidence *e = climb->ret;

    CX_TRY(judge(climb, detail));
    *ret = (struct result){ state_of(climb), e->finding.verdict, INT64_MAX, INT64_MIN };
    if (ret->state == CX_NAME_UNVALIDATED) {
        struct cx_name_evidence evidence;
        struct climb second = *climb;

        second.ret = &evidence;
        second.as_if_validated = true;
        CX_TRY(judge(&second, detail));
        ret->verdict = evidence.finding.verdict;
    }
    for (size_t i = 0; i < e->n_steps; i++) {
        int64_t time_ms = e->steps[i].entry->time_ms;

        ret->oldest_ms = time_ms < ret->oldest_ms ? time_ms : ret->oldest_ms;
        ret->set_ms = e->steps[i].answer->outcome == CX_OUTCOME_RECORDS ? time_ms : ret->set_ms;
    }
    return CX_SUCCESS;
}

/* Another pick, put in the place of the one that was used. */
static cx_status
judge_instead(const struct climb *climb, size_t label, const struct cx_pick *other,
              struct result *ret, struct cx_detail *detail)
{
    struct cx_name_evidence evidence;
    struct climb second = *climb;

    second.ret = &evidence;
    second.picks[label] = other;
    second.n =
        other->entry.observed == CX_OBSERVED_CHECK || other->entry.outcome == CX_OUTCOME_RECORDS
            ? label + 1
            : climb->n;
    return judge_to(&second, ret, detail);
}

/* Whether a pick is an answer: in its window or not, good enough to prove or not, it says what DNS said. */
static bool
is_answer(const struct cx_pick *pick)
{
    return pick->kind == CX_PICK_CONTENT || pick->kind == CX_PICK_STRETCH ||
           pick->kind == CX_PICK_LESSER || pick->kind == CX_PICK_OLDER;
}

/* A permission stands unless something younger, or of the same moment, denies: R-TIME-5 lets the latest win; within one moment nobody
 * can say which that is. A denial that is out of its window proves none, but no permission stands against it; nor against a lesser
 * answer that leads elsewhere, where nothing is known. */
static cx_status
contradicts_permit(const struct climb *climb, size_t label, const struct cx_pick *other, bool *ret,
                   struct cx_detail *detail)
{
    const struct cx_archive_entry *used = &climb->picks[label]->entry;
    struct result result;

    if (!is_answer(other) || other->entry.time_ms < used->time_ms - CX_SAME_MOMENT_MS) {
        return CX_SUCCESS;
    }
    CX_TRY(judge_instead(climb, label, other, &result, detail));
    *ret = *ret || result.verdict == CX_VERDICT_DENY ||
           (other->kind == CX_PICK_LESSER && !cx_verdict_positive(result.verdict));
    return CX_SUCCESS;
}

/* Of one millisecond nothing is the latest, but by the order of inputs: what says something else contradicts. */
static cx_status
contradicts_tie(const struct climb *climb, size_t label, const struct cx_pick *other,
                enum cx_name_state state, bool *ret, struct cx_detail *detail)
{
    const struct cx_pick *used = climb->picks[label];
    struct result result;

    if (other->kind != used->kind || other->entry.time_ms != used->entry.time_ms) {
        return CX_SUCCESS;
    }
    CX_TRY(judge_instead(climb, label, other, &result, detail));
    *ret = *ret || (is_decisive(result.state) && result.state != state);
    return CX_SUCCESS;
}

/* A bare conclusion that was taken for proof does not stand against a bare denial. */
static bool
is_claimed_denied(const struct climb *climb, const struct cx_pick *claim)
{
    const struct cx_archive_entry *used = &climb->picks[0]->entry;

    return climb->picks[0]->kind == CX_PICK_CONCLUSION && claim->kind == CX_PICK_CLAIM &&
           claim->entry.claim == CX_CLAIM_DENIES &&
           claim->entry.time_ms >= used->time_ms - CX_SAME_MOMENT_MS;
}

static cx_status
look_for_conflict(const struct climb *climb, enum cx_name_state state, bool *ret,
                  struct cx_detail *detail)
{
    bool permits = state == CX_NAME_PERMISSIVE;

    *ret = false;
    for (size_t i = 0; i < climb->n; i++) {
        const struct cx_picks *picks = &climb->inquiry->labels[i];

        *ret = *ret || (permits && picks->crowded);
        for (size_t k = 0; k < picks->n && !*ret; k++) {
            const struct cx_pick *other = &picks->v[k];

            if (other == climb->picks[i]) {
                continue;
            }
            *ret = permits && is_claimed_denied(climb, other);
            CX_TRY(contradicts_tie(climb, i, other, state, ret, detail));
            if (permits) {
                CX_TRY(contradicts_permit(climb, i, other, ret, detail));
            }
        }
    }
    return CX_SUCCESS;
}

/* The youngest answer of a label, in its window or not, good enough to prove or not. */
static const struct cx_pick *
latest_answer_of(const struct cx_picks *picks)
{
    const struct cx_pick *ret = NULL;

    for (size_t k = 0; k < picks->n; k++) {
        const struct cx_pick *pick = &picks->v[k];

        if (is_answer(pick) && pick->entry.observed == CX_OBSERVED_ANSWER &&
            (ret == NULL || pick->entry.time_ms > ret->entry.time_ms)) {
            ret = pick;
        }
    }
    return ret;
}

/* Whether the climb along the latest answers, whatever they prove, ends at a denial that is not older than a permission. */
static cx_status
is_denied_by_latest(const struct climb *permit, bool *ret, struct cx_detail *detail)
{
    const struct cx_name_evidence *e = permit->ret;
    struct cx_name_evidence evidence;
    struct climb latest = *permit;
    struct result result;
    int64_t oldest_ms = INT64_MAX;

    latest.ret = &evidence;
    latest.n = 0;
    for (size_t i = 0; i < permit->inquiry->n_labels; i++) {
        const struct cx_pick *pick = latest_answer_of(&permit->inquiry->labels[i]);

        if (pick == NULL) {
            break;
        }
        latest.picks[latest.n++] = pick;
        if (pick->entry.outcome == CX_OUTCOME_RECORDS) {
            break;
        }
    }
    if (latest.n == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(judge_to(&latest, &result, detail));
    for (size_t i = 0; i < e->n_steps; i++) {
        int64_t time_ms = e->steps[i].entry->time_ms;

        oldest_ms = time_ms < oldest_ms ? time_ms : oldest_ms;
    }
    *ret = *ret ||
           (result.verdict == CX_VERDICT_DENY && result.set_ms >= oldest_ms - CX_SAME_MOMENT_MS);
    return CX_SUCCESS;
}

/* ---- from picks to a state */

static void
set_state(struct cx_name_evidence *e, enum cx_name_state state)
{
    e->state = state;
    e->reasons |= CX_EVIDENCE_BIT(states[state].reason);
}

/* What little there is, the most telling first. */
static const struct {
    enum cx_pick_kind kind;
    enum cx_name_state state;
} lesser[] = {
    { CX_PICK_LESSER, CX_NAME_CONCLUSION_ONLY },
    { CX_PICK_CONCLUSION, CX_NAME_CONCLUSION_ONLY },
    { CX_PICK_CLAIM, CX_NAME_CONCLUSION_ONLY },
    { CX_PICK_FAILED, CX_NAME_FAILED },
    { CX_PICK_OLDER, CX_NAME_OUTSIDE_WINDOW },
    { CX_PICK_OLDER_CONCLUSION, CX_NAME_OUTSIDE_WINDOW },
    { CX_PICK_LATER, CX_NAME_AFTER_SIGNING },
    { CX_PICK_OTHER_FORM, CX_NAME_OTHER_FORM },
    { CX_PICK_ASKED, CX_NAME_ASKED_ONLY },
};

/* A conclusion says what it would have meant, though it proves nothing. */
static cx_status
judge_lesser(struct climb *climb, const struct cx_pick *pick, struct cx_detail *detail)
{
    if (pick->kind != CX_PICK_CLAIM && pick->kind != CX_PICK_FAILED &&
        pick->kind != CX_PICK_ASKED) {
        climb->picks[0] = pick;
        climb->n = 1;
        return judge(climb, detail);
    }
    climb->ret->checked = cx_second_of_ms(pick->entry.time_ms);
    climb->ret->grade = pick->entry.grade;
    return CX_SUCCESS;
}

static cx_status
take_lesser(struct climb *climb, struct cx_detail *detail)
{
    const struct cx_picks *picks = &climb->inquiry->labels[0];
    uint32_t reasons = 0;
    enum cx_name_state state = CX_NAME_NONE;

    *climb->ret = (struct cx_name_evidence){ .checked = CX_TIME_NONE, .window_ends = CX_TIME_NONE };
    for (size_t i = 0; i < CX_COUNT(lesser) && climb->inquiry->n_labels != 0; i++) {
        const struct cx_pick *pick = pick_of(picks, lesser[i].kind);

        if (pick == NULL) {
            continue;
        }
        if (state == CX_NAME_NONE) {
            CX_TRY(judge_lesser(climb, pick, detail));
            state = lesser[i].state;
        }
        reasons |= CX_EVIDENCE_BIT(states[lesser[i].state].reason);
    }
    climb->ret->reasons = reasons;
    set_state(climb->ret, state);
    return CX_SUCCESS;
}

/* The climb along answers of DNS, and the one that a check made; *ret_n of them, the younger first. */
static void
find_climbs(const struct climb *like, struct climb ret[2], size_t *ret_n)
{
    const struct cx_inquiry *inquiry = like->inquiry;
    const struct cx_pick *check =
        inquiry->n_labels == 0 ? NULL : content_of(&inquiry->labels[0], CX_OBSERVED_CHECK);
    struct climb *answers = &ret[0];
    const struct cx_pick *pick;

    *answers = *like;
    for (size_t i = 0; i < inquiry->n_labels; i++) {
        pick = answer_of(inquiry, i);
        if (pick == NULL) {
            break;
        }
        answers->picks[answers->n++] = pick;
    }
    *ret_n = answers->n != 0 ? 1 : 0;
    if (check == NULL) {
        return;
    }
    if (*ret_n != 0 && answers->picks[0]->entry.time_ms <= check->entry.time_ms) {
        ret[1] = ret[0];
        ret[0] = *like;
        ret[0].picks[0] = check;
        ret[0].n = 1;
    } else {
        ret[*ret_n] = *like;
        ret[*ret_n].picks[0] = check;
        ret[*ret_n].n = 1;
    }
    (*ret_n)++;
}

/* A permission beside a denial that another climb made: which of them is the latest. */
static enum cx_name_state
weigh(const struct result *permit, const struct result *denial)
{
    if (denial->set_ms < permit->oldest_ms - CX_SAME_MOMENT_MS) {
        return CX_NAME_PERMISSIVE;
    }
    return denial->state == CX_NAME_DENIED && denial->set_ms > permit->oldest_ms ? CX_NAME_DENIED
                                                                                 : CX_NAME_CONFLICT;
}

/* Of climbs, the younger first: the first that decides something, unless the other one denies later. */
static enum cx_name_state
choose(const struct result *results, size_t n, size_t *ret)
{
    size_t other;

    *ret = 0;
    while (*ret < n && !is_decisive(results[*ret].state)) {
        (*ret)++;
    }
    if (*ret == n) { /* none: what the latest shows */
        *ret = 0;
        return results[0].state;
    }
    other = 1 - *ret;
    if (n != 2 || *ret > 1) {
        return results[*ret].state;
    }
    if (results[*ret].state == CX_NAME_PERMISSIVE && results[other].verdict == CX_VERDICT_DENY) {
        enum cx_name_state state = weigh(&results[*ret], &results[other]);

        *ret = state == CX_NAME_DENIED ? other : *ret;
        return state;
    }
    if (results[*ret].state == CX_NAME_DENIED && results[other].state == CX_NAME_PERMISSIVE) {
        enum cx_name_state state = weigh(&results[other], &results[*ret]);

        *ret = state == CX_NAME_PERMISSIVE ? other : *ret;
        return state;
    }
    return results[*ret].state;
}

static cx_status
judge_climbs(struct climb *climbs, size_t n, struct climb **ret, enum cx_name_state *ret_state,
             struct cx_detail *detail)
{
    struct result results[2];
    size_t chosen;

    for (size_t i = 0; i < n; i++) {
        CX_TRY(judge_to(&climbs[i], &results[i], detail));
    }
    *ret_state = choose(results, n, &chosen);
    *ret = &climbs[chosen];
    return chosen == n - 1 ? CX_SUCCESS : judge(*ret, detail); /* ret has the last one's finding */
}

/* The youngest pick of a label, of the sort that was used, that was validated; or NULL. */
static cx_status
find_validated(const struct climb *climb, size_t label, const struct cx_pick **ret,
               struct cx_detail *detail)
{
    const struct cx_picks *picks = &climb->inquiry->labels[label];

    *ret = NULL;
    for (size_t k = 0; k < picks->n && *ret == NULL; k++) {
        const struct cx_pick *pick = &picks->v[k];
        struct cx_observation o;

        if ((pick->kind != CX_PICK_CONTENT && pick->kind != CX_PICK_STRETCH) ||
            pick->entry.observed != climb->picks[label]->entry.observed) {
            continue;
        }
        CX_TRY(cx_archive_observation(climb->archive, &pick->entry, climb->arena, &o, detail));
        *ret = o.dnssec != CX_DNSSEC_INDETERMINATE ? pick : NULL;
    }
    return CX_SUCCESS;
}

/* An answer that nobody says was validated is no check where that was a duty: it does not take the place of an older one that was. What
 * it denies contradicts all the same. */
static cx_status
prefer_validated(struct climb *climb, struct cx_detail *detail)
{
    for (size_t i = 0; i < climb->n; i++) {
        const struct cx_pick *validated;

        CX_TRY(find_validated(climb, i, &validated, detail));
        climb->picks[i] = validated != NULL ? validated : climb->picks[i];
        if (climb->picks[i]->entry.outcome == CX_OUTCOME_RECORDS) {
            climb->n = i + 1;
        }
    }
    return judge(climb, detail);
}

/* Where nothing decides: the climbs again, along answers that were validated. */
static cx_status
judge_validated(struct climb *climbs, size_t n, struct climb **ret, enum cx_name_state *state,
                struct cx_detail *detail)
{
    for (size_t i = 0; i < n && !is_decisive(*state) && climbs[i].inquiry->validation; i++) {
        struct climb before = climbs[i];
        enum cx_name_state now;

        CX_TRY(prefer_validated(&climbs[i], detail));
        now = state_of(&climbs[i]);
        if (is_decisive(now)) {
            *state = now;
            *ret = &climbs[i];
        } else {
            climbs[i] = before;
        }
    }
    return is_decisive(*state) || n == 0 ? CX_SUCCESS : judge(*ret, detail);
}

/* A conclusion that may prove, where nothing else decides. */
static cx_status
take_conclusion(const struct climb *like, struct climb *climb, enum cx_name_state *state,
                struct cx_detail *detail)
{
    const struct cx_pick *conclusion = pick_of(&like->inquiry->labels[0], CX_PICK_CONCLUSION);

    if (conclusion == NULL || conclusion->entry.grade == CX_GRADE_UNSET ||
        conclusion->entry.grade > like->inquiry->proof) {
        return CX_SUCCESS;
    }
    *climb = *like;
    climb->picks[0] = conclusion;
    climb->n = 1;
    CX_TRY(judge(climb, detail));
    *state = state_of(climb);
    return CX_SUCCESS;
}

cx_status
cx_inquiry_judge(const struct cx_inquiry *inquiry, const struct cx_case *c,
                 const struct cx_archive *archive, struct cx_arena *arena,
                 struct cx_name_evidence *ret, struct cx_detail *detail)
{
    struct climb like = { inquiry, c, archive, arena, { NULL }, 0, { .v = NULL }, ret, false };
    struct climb climbs[2];
    struct climb concluded = { .n = 0 };
    struct climb *climb = &concluded;
    size_t n;
    bool conflict = false;
    enum cx_name_state state = CX_NAME_NONE;

    if (inquiry->n_labels == 0) {
        return take_lesser(&like, detail);
    }
    find_climbs(&like, climbs, &n);
    if (n != 0) {
        CX_TRY(judge_climbs(climbs, n, &climb, &state, detail));
    }
    if (!is_decisive(state) && state != CX_NAME_CONFLICT) {
        CX_TRY(judge_validated(climbs, n, &climb, &state, detail));
    }
    if (!is_decisive(state) && state != CX_NAME_CONFLICT) {
        CX_TRY(take_conclusion(&like, &concluded, &state, detail));
        climb = concluded.n != 0 ? &concluded : climb;
    }
    if (climb->n == 0) {
        return take_lesser(&like, detail);
    }
    if (is_decisive(state)) {
        CX_TRY(look_for_conflict(climb, state, &conflict, detail));
    }
    if (state == CX_NAME_PERMISSIVE && climb->picks[0]->kind != CX_PICK_CONCLUSION && !conflict) {
        CX_TRY(is_denied_by_latest(climb, &conflict, detail));
    }
    set_state(ret, conflict ? CX_NAME_CONFLICT : state);
    return CX_SUCCESS;
}
