#include "base/limits.h"
#include "incident/evidence.h"

/* Contents of one label that are looked at: the youngest, and those that may contradict it. */
#define CONTENTS_MAX 24
/* TTLs that are looked for: more than anybody gives to CAA. */
#define LONGEST_TTL_MS ((int64_t)31 * 86400 * 1000)

struct picking {
    bool is_name; /* the label is the name itself, not an ancestor */
    enum cx_grade proof;
    enum cx_form form;
    int64_t signed_ms;
    struct cx_pick v[CONTENTS_MAX + CX_PICK_KINDS];
    size_t n;
    size_t n_contents;
    int64_t newest_ms; /* of contents */
    bool have_answer;  /* a content that is DNS's own answer */
    bool have_check;   /* a content that a check found; of ancestors none is wanted */
    bool have[CX_PICK_KINDS];
    bool crowded;
    unsigned visits;
};

static bool
is_content(const struct cx_archive_entry *entry)
{
    return entry->outcome != CX_OUTCOME_UNSET && !cx_outcome_is_failure(entry->outcome);
}

static bool
is_of_same_moment(const struct picking *p, const struct cx_archive_entry *entry)
{
    return entry->time_ms >= p->newest_ms - CX_SAME_MOMENT_MS;
}

static void
put(struct picking *p, enum cx_pick_kind kind, const struct cx_archive_entry *entry)
{
    p->v[p->n++] = (struct cx_pick){ kind, *entry };
    p->have[kind] = true;
}

/* The youngest of either sort, and what is of the same moment as the youngest of all. */
static void
put_content(struct picking *p, const struct cx_archive_entry *entry)
{
    bool *have = entry->observed == CX_OBSERVED_CHECK ? &p->have_check : &p->have_answer;

    if (p->n_contents == 0) {
        p->newest_ms = entry->time_ms;
    }
    if (!*have || is_of_same_moment(p, entry)) {
        if (p->n_contents ==
            CONTENTS_MAX - (*have ? 1 : 0)) { /* a place for the other sort is kept */
            p->crowded = true;
            return;
        }
        put(p, CX_PICK_CONTENT, entry);
        p->n_contents++;
        *have = true;
    }
}

/* R-TIME-1: max(TTL of the set, 8 hours), to the second. */
static bool
in_window(const struct picking *p, const struct cx_archive_entry *entry)
{
    int64_t ttl = entry->has_ttl && entry->outcome == CX_OUTCOME_RECORDS ? entry->ttl : 0;
    int64_t age = cx_second_of_ms(p->signed_ms) - cx_second_of_ms(entry->time_ms);

    return age <= (ttl > CX_WINDOW_S ? ttl : CX_WINDOW_S);
}

/* R-PRF-5: of the name itself, in the same form; of its ancestors only what DNS said, not what was found for them. */
static bool
is_of_form(const struct picking *p, const struct cx_archive_entry *entry)
{
    return entry->form == CX_FORM_ANY || entry->form == p->form;
}

/* Of a content: in its window, or before it. A conclusion never takes the place of an answer, whatever grade proves. */
static enum cx_pick_kind
kind_of_content(const struct picking *p, const struct cx_archive_entry *entry)
{
    bool is_answer =
        entry->grade != CX_GRADE_UNSET && entry->grade <= CX_GRADE_C && entry->grade <= p->proof;

    if (in_window(p, entry)) {
        return is_answer ? CX_PICK_CONTENT : CX_PICK_CONCLUSION;
    }
    return is_answer && entry->observed == CX_OBSERVED_ANSWER &&
                   entry->outcome != CX_OUTCOME_RECORDS
               ? CX_PICK_STRETCH
               : CX_PICK_OLDER;
}

/* CX_PICK_KINDS: it says nothing any more. */
static enum cx_pick_kind
kind_of(const struct picking *p, const struct cx_archive_entry *entry)
{
    if (!is_of_form(p, entry)) {
        return CX_PICK_OTHER_FORM;
    }
    if (is_content(entry)) {
        return kind_of_content(p, entry);
    }
    if (!in_window(p, entry)) {
        return CX_PICK_KINDS;
    }
    return entry->outcome != CX_OUTCOME_UNSET ? CX_PICK_FAILED
           : entry->claim != CX_CLAIM_NONE    ? CX_PICK_CLAIM
                                              : CX_PICK_ASKED;
}

/* Whether older entries could still matter: one that contradicts; a content of the other sort; one whose TTL is longer than that
 * of a younger one. */
static bool
wants_more(struct picking *p, const struct cx_archive_entry *entry)
{
    if (++p->visits == CX_PICK_VISITS_MAX) {
        return false;
    }
    if (p->have_answer && (p->have_check || !p->is_name)) {
        return is_of_same_moment(p, entry);
    }
    return entry->time_ms > p->signed_ms - LONGEST_TTL_MS;
}

static bool
is_known_content(const struct picking *p, const struct cx_archive_entry *entry)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->v[i].kind == CX_PICK_CONTENT && p->v[i].entry.content == entry->content &&
            p->v[i].entry.outcome == entry->outcome && p->v[i].entry.observed == entry->observed) {
            return true;
        }
    }
    return false;
}

static bool
look(void *ctx, const struct cx_archive_entry *entry)
{
    struct picking *p = ctx;
    enum cx_pick_kind kind = kind_of(p, entry);

    if (entry->observed == CX_OBSERVED_CHECK && !p->is_name) {
        kind = CX_PICK_KINDS;
    }
    if (kind == CX_PICK_CONTENT && !is_known_content(p, entry)) {
        put_content(p, entry);
    } else if (kind != CX_PICK_CONTENT && kind != CX_PICK_KINDS && !p->have[kind]) {
        put(p, kind, entry);
    }
    return wants_more(p, entry);
}

/* Contents first, so that v[0] is the youngest of them. */
static void
put_in_order(struct picking *p)
{
    struct cx_pick sorted[CX_COUNT(p->v)];
    size_t n = 0;

    for (size_t content = 2; content-- > 0;) {
        for (size_t i = 0; i < p->n; i++) {
            if ((p->v[i].kind == CX_PICK_CONTENT) == (content == 1)) {
                sorted[n++] = p->v[i];
            }
        }
    }
    memcpy(p->v, sorted, n * sizeof(sorted[0]));
}

static bool
look_later(void *ctx, const struct cx_archive_entry *entry)
{
    struct picking *p = ctx;

    if (is_content(entry) && is_of_form(p, entry)) {
        put(p, CX_PICK_LATER, entry);
        return false;
    }
    return ++p->visits < CX_PICK_VISITS_MAX;
}

cx_status
cx_inquiry_pick(struct cx_inquiry *inquiry, struct cx_archive *archive,
                const struct cx_entry_key *key, struct cx_arena *arena, struct cx_detail *detail)
{
    struct picking p = {
        .is_name = inquiry->n_labels == 0,
        .proof = inquiry->proof,
        .form = inquiry->subject.wildcard ? CX_FORM_WILDCARD : CX_FORM_PLAIN,
        .signed_ms = inquiry->signed_ms,
    };
    struct cx_picks *ret = &inquiry->labels[inquiry->n_labels];
    struct cx_pick *v;

    if (archive != NULL) {
        CX_TRY(cx_archive_before(archive, key, p.signed_ms, look, &p, detail));
    }
    if (archive != NULL && p.n_contents == 0 && p.is_name) {
        p.visits = 0;
        CX_TRY(cx_archive_after(archive, key, p.signed_ms, look_later, &p, detail));
    }
    put_in_order(&p);
    v = cx_arena_get(arena, p.n, sizeof(*v));
    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(v, p.v, p.n * sizeof(*v));
    *ret = (struct cx_picks){ v, p.n, p.crowded };
    inquiry->n_labels++;
    return CX_SUCCESS;
}
