#include "base/limits.h"
#include "incident/evidence.h"

/* Contents of one label that are looked at: the youngest, and those that may contradict it. */
#define CONTENTS_MAX 24
/* Of those: the youngest answer and the youngest check, and the same of what was validated. */
#define FIRSTS 4
/* TTLs that are looked for: more than anybody gives to CAA. */
#define LONGEST_TTL_MS ((int64_t)31 * 86400 * 1000)

/* Lesser picks of one kind and one moment: which comes first is the order of imports alone, so all are looked at. */
#define TIES_MAX 4

struct picking {
    const struct cx_archive *archive;
    bool validation;
    struct cx_arena arena; /* of contents that are looked into for that */
    cx_status status;
    bool is_name; /* the label is the name itself, not an ancestor */
    enum cx_grade proof;
    enum cx_form form;
    int64_t signed_ms;
    struct cx_pick v[CONTENTS_MAX + 2 * CX_PICK_KINDS * TIES_MAX];
    size_t n;
    size_t n_contents;
    int64_t newest_ms; /* of contents */
    bool have_answer;  /* a content that is DNS's own answer */
    bool have_check;   /* a content that a check found; of ancestors none is wanted */
    bool have_validated_answer;
    bool have_validated_check;
    int64_t validated_answer_ms;
    int64_t validated_check_ms;
    unsigned have[CX_PICK_KINDS][2]; /* answers, checks */
    int64_t first_ms[CX_PICK_KINDS][2];
    bool crowded;
    unsigned visits;
};

static bool
is_content(const struct cx_archive_entry *entry)
{
    return entry->outcome != CX_OUTCOME_UNSET && !cx_outcome_is_failure(entry->outcome);
}

static void
put(struct picking *p, enum cx_pick_kind kind, const struct cx_archive_entry *entry)
{
    unsigned sort = entry->observed == CX_OBSERVED_CHECK ? 1 : 0;

    p->v[p->n++] = (struct cx_pick){ kind, *entry };
    p->first_ms[kind][sort] = p->have[kind][sort] == 0 ? entry->time_ms : p->first_ms[kind][sort];
    p->have[kind][sort]++;
}

/* The youngest of either sort. */
static void
put_lesser(struct picking *p, enum cx_pick_kind kind, const struct cx_archive_entry *entry)
{
    unsigned sort = entry->observed == CX_OBSERVED_CHECK ? 1 : 0;

    if (p->have[kind][sort] == 0 ||
        (entry->time_ms == p->first_ms[kind][sort] && p->have[kind][sort] < TIES_MAX)) {
        put(p, kind, entry);
    }
}

/* Where validation was a duty, the youngest answer that was validated is wanted beside the youngest of all. */
static bool
is_validated(struct picking *p, const struct cx_archive_entry *entry)
{
    struct cx_observation o = { .dnssec = CX_DNSSEC_INDETERMINATE };

    if (!p->validation) {
        return true;
    }
    cx_arena_reset(&p->arena);
    if (cx_ok(p->status)) {
        p->status = cx_archive_observation(p->archive, entry, &p->arena, &o, NULL);
    }
    return o.dnssec != CX_DNSSEC_INDETERMINATE;
}

static bool
is_within(const struct cx_archive_entry *entry, bool have, int64_t time_ms)
{
    return have && entry->time_ms >= time_ms - CX_SAME_MOMENT_MS;
}

/* As that of a content which may speak for the label. */
static bool
is_of_same_moment(const struct picking *p, const struct cx_archive_entry *entry)
{
    return is_within(entry, p->n_contents != 0, p->newest_ms) ||
           is_within(entry, p->have_validated_answer, p->validated_answer_ms) ||
           is_within(entry, p->have_validated_check, p->validated_check_ms);
}

/* Whether it is the first of its sort, or the first that was validated. */
static bool
is_first(struct picking *p, const struct cx_archive_entry *entry)
{
    bool is_check = entry->observed == CX_OBSERVED_CHECK;
    bool *have = is_check ? &p->have_check : &p->have_answer;
    bool *have_validated = is_check ? &p->have_validated_check : &p->have_validated_answer;
    bool ret = !*have;

    *have = true;
    if (!*have_validated && is_validated(p, entry)) {
        *have_validated = ret = true;
        *(is_check ? &p->validated_check_ms : &p->validated_answer_ms) = entry->time_ms;
    }
    return ret;
}

/* Those, and what is of the same moment as one of them. */
static void
put_content(struct picking *p, const struct cx_archive_entry *entry)
{
    bool first = is_first(p, entry);

    if (!first && !is_of_same_moment(p, entry)) {
        return;
    }
    if (p->n_contents == CONTENTS_MAX - (first ? 0 : FIRSTS)) { /* places for those are kept */
        p->crowded = true;
        return;
    }
    p->newest_ms = p->n_contents == 0 ? entry->time_ms : p->newest_ms;
    put(p, CX_PICK_CONTENT, entry);
    p->n_contents++;
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
    bool is_answer = entry->grade != CX_GRADE_UNSET && entry->grade <= CX_GRADE_C;
    bool proves = is_answer && entry->grade <= p->proof;

    if (in_window(p, entry)) {
        return proves ? CX_PICK_CONTENT : is_answer ? CX_PICK_LESSER : CX_PICK_CONCLUSION;
    }
    if (!is_answer) {
        return CX_PICK_OLDER_CONCLUSION;
    }
    return proves && entry->observed == CX_OBSERVED_ANSWER && entry->outcome != CX_OUTCOME_RECORDS
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
    if (++p->visits == CX_PICK_VISITS_MAX || !cx_ok(p->status)) {
        return false;
    }
    if (p->have_validated_answer && (p->have_validated_check || !p->is_name)) {
        return is_of_same_moment(p, entry);
    }
    return entry->time_ms > p->signed_ms - LONGEST_TTL_MS;
}

/* The same said again. Of one millisecond the shorter TTL counts (R-SYN-7), whichever was imported first. */
static bool
is_known_content(struct picking *p, const struct cx_archive_entry *entry)
{
    for (size_t i = 0; i < p->n; i++) {
        struct cx_archive_entry *known = &p->v[i].entry;

        if (p->v[i].kind != CX_PICK_CONTENT || known->content != entry->content ||
            known->outcome != entry->outcome || known->observed != entry->observed) {
            continue;
        }
        if (known->time_ms == entry->time_ms && entry->ttl < known->ttl) {
            *known = *entry;
        }
        return true;
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
    } else if (kind != CX_PICK_CONTENT && kind != CX_PICK_KINDS) {
        put_lesser(p, kind, entry);
    }
    return wants_more(p, entry);
}

/* Contents first, the youngest of them first; of one moment those with records, and of those the better ones: whatever the order
 * of imports was. The rest as it was found. */
static int
rank(const struct cx_pick *a, const struct cx_pick *b)
{
    bool a_content = a->kind == CX_PICK_CONTENT;
    bool b_content = b->kind == CX_PICK_CONTENT;
    bool a_set = a->entry.outcome == CX_OUTCOME_RECORDS;
    bool b_set = b->entry.outcome == CX_OUTCOME_RECORDS;

    if (!a_content || !b_content) {
        return (int)b_content - (int)a_content;
    }
    if (a->entry.time_ms != b->entry.time_ms) {
        return a->entry.time_ms > b->entry.time_ms ? -1 : 1;
    }
    if (a_set != b_set) {
        return a_set ? -1 : 1;
    }
    if (a_set && a->entry.ttl != b->entry.ttl) { /* R-SYN-7: the shorter one */
        return a->entry.ttl < b->entry.ttl ? -1 : 1;
    }
    return (int)a->entry.grade - (int)b->entry.grade;
}

static void
put_in_order(struct picking *p)
{
    for (size_t i = 1; i < p->n; i++) { /* some few */
        struct cx_pick pick = p->v[i];
        size_t at = i;

        while (at > 0 && rank(&pick, &p->v[at - 1]) < 0) {
            p->v[at] = p->v[at - 1];
            at--;
        }
        p->v[at] = pick;
    }
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

static cx_status
find(struct picking *p, struct cx_archive *archive, const struct cx_entry_key *key,
     struct cx_detail *detail)
{
    CX_TRY(cx_archive_before(archive, key, p->signed_ms, look, p, detail));
    if (p->n_contents == 0 && p->is_name) {
        p->visits = 0;
        CX_TRY(cx_archive_after(archive, key, p->signed_ms, look_later, p, detail));
    }
    return p->status;
}

cx_status
cx_inquiry_pick(struct cx_inquiry *inquiry, struct cx_archive *archive,
                const struct cx_entry_key *key, struct cx_arena *arena, struct cx_detail *detail)
{
    struct picking p = {
        .archive = archive,
        .validation = inquiry->validation,
        .is_name = inquiry->n_labels == 0,
        .proof = inquiry->proof,
        .form = inquiry->subject.wildcard ? CX_FORM_WILDCARD : CX_FORM_PLAIN,
        .signed_ms = inquiry->signed_ms,
    };
    struct cx_picks *ret = &inquiry->labels[inquiry->n_labels];
    struct cx_pick *v;
    cx_status s;

    cx_arena_init(&p.arena, CX_CHECK_MEMORY);
    s = find(&p, archive, key, detail);
    cx_arena_done(&p.arena);
    CX_TRY(s);
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
