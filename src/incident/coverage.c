#include "incident/coverage.h"

#include "base/alloc.h"
#include "base/limits.h"

#define DAY_S 86400
#define DAYS  50000 /* from 1970 to 2106 */
/* Differences of clocks are looked for among so many sources, in seconds up to so many, and told if there were so many of them. */
#define CLOCKS     16
#define OFFSET_MAX 60
#define OFFSETS    (2 * OFFSET_MAX + 1)
#define TELLING    5

struct day {
    uint64_t certificates;
    uint64_t names;
    uint64_t grades[CX_GRADE_E + 1]; /* UNSET: nothing */
};

struct source_days {
    int64_t first; /* day */
    size_t n;
    uint32_t *counts; /* observations of each day */
};

struct coverage {
    struct cx_archive *archive;
    struct day *days;
    struct source_days *sources;
    size_t n_sources;
    uint64_t offsets[CLOCKS][CLOCKS]
                    [OFFSETS];    /* of the second source less the first, first < second */
    struct cx_archive_entry last; /* of each source's neighbour, by key */
    bool has_last;
};

/* ---- certificates */

/* The best that the archive has for the name in its window. */
static enum cx_grade
best_grade(const struct cx_triaged_name *name)
{
    enum cx_grade best = CX_GRADE_UNSET;
    const struct cx_picks *picks;

    if (name->inquiry == NULL || name->inquiry->n_labels == 0) {
        return best;
    }
    picks = &name->inquiry->labels[0];
    for (size_t i = 0; i < picks->n; i++) {
        enum cx_pick_kind kind = picks->v[i].kind;
        bool counts = kind != CX_PICK_OLDER && kind != CX_PICK_LATER && kind != CX_PICK_OTHER_FORM;

        if (counts && (best == CX_GRADE_UNSET || picks->v[i].entry.grade < best)) {
            best = picks->v[i].entry.grade;
        }
    }
    return best;
}

static void
add_certificate(struct coverage *c, const struct cx_triaged *t)
{
    cx_time day = t->signed_at / DAY_S;
    struct day *d;

    if (t->clock == CX_SIGNING_UNKNOWN || t->signed_at < 0 || day >= DAYS) {
        return; /* triage counts it among those without a moment */
    }
    d = &c->days[day];
    d->certificates++;
    for (size_t i = 0; i < t->n_names; i++) {
        d->names++;
        d->grades[best_grade(&t->names[i])]++;
    }
}

static cx_status
add_certificates(struct coverage *c, const struct cx_certificates *certificates,
                 struct cx_detail *detail)
{
    const struct cx_policy policy = cx_policy_default();
    const struct cx_triage_options options = {
        .purpose = CX_PURPOSE_TLS,
        .profile = CX_PROFILE_TLS_BR,
        .policy = &policy,
        .proof = CX_GRADE_C,
    };
    const struct cx_triaged *triaged;
    struct cx_triage *triage;
    cx_status s;

    CX_TRY(cx_triage_open(certificates, c->archive, &options, NULL, 0, &triage));
    while (cx_ok(s = cx_triage_next(triage, &triaged, detail)) && triaged != NULL) {
        add_certificate(c, triaged);
    }
    cx_triage_close(triage);
    return s;
}

/* ---- sources */

static cx_status
prepare_sources(struct coverage *c, struct cx_detail *detail)
{
    size_t all = 0;

    c->n_sources = cx_archive_sources(c->archive);
    c->sources = cx_alloc(c->n_sources != 0 ? c->n_sources : 1, sizeof(*c->sources));
    if (c->sources == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < c->n_sources; i++) {
        const struct cx_archive_source *s = cx_archive_source(c->archive, i);
        struct source_days *d = &c->sources[i];

        d->first = cx_second_of_ms(s->first_ms) / DAY_S;
        d->n =
            s->observations != 0 ? (size_t)(cx_second_of_ms(s->last_ms) / DAY_S - d->first) + 1 : 0;
        all += d->n < CX_COVERAGE_DAYS_MAX ? d->n : CX_COVERAGE_DAYS_MAX;
        if (all >= CX_COVERAGE_DAYS_MAX) {
            return cx_fail(detail, CX_E_LIMIT, "sources of too many days to tell their gaps");
        }
        d->counts = cx_alloc(d->n != 0 ? d->n : 1, sizeof(*d->counts));
        if (d->counts == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
    }
    return CX_SUCCESS;
}

/* Two sources that saw the same name within a minute of each other: the usual difference is that of their clocks. */
static void
note_offset(struct coverage *c, const struct cx_archive_entry *entry)
{
    const struct cx_archive_entry *last = &c->last;

    if (c->has_last && memcmp(last->key.b, entry->key.b, CX_ENTRY_KEY) == 0 &&
        last->source != entry->source && last->source < CLOCKS && entry->source < CLOCKS) {
        bool in_order = last->source < entry->source;
        int64_t ms = entry->time_ms - last->time_ms;
        int64_t s = (ms + 500) / 1000;
        size_t first = in_order ? last->source : entry->source;
        size_t second = in_order ? entry->source : last->source;

        if (s <= OFFSET_MAX) {
            c->offsets[first][second][OFFSET_MAX + (in_order ? s : -s)]++;
        }
    }
    c->last = *entry;
    c->has_last = true;
}

static bool
visit(void *ctx, const struct cx_archive_entry *entry)
{
    struct coverage *c = ctx;
    struct source_days *d = &c->sources[entry->source];
    int64_t day = cx_second_of_ms(entry->time_ms) / DAY_S - d->first;

    if (day >= 0 && (size_t)day < d->n) {
        d->counts[day]++;
    }
    note_offset(c, entry);
    return true;
}

/* ---- as JSON */

static struct cx_json *
date_to_json(int64_t day)
{
    char text[CX_TIME_TEXT];

    cx_time_format(day * DAY_S, text);
    text[10] = '\0'; /* the date alone */
    return cx_json_new_text(text);
}

static struct cx_json *
day_to_json(int64_t day, const struct day *d)
{
    struct cx_json *json = cx_json_new_object();
    bool complete = cx_json_set(json, "day", date_to_json(day)) &&
                    cx_json_set_number(json, "certificates", d->certificates) &&
                    cx_json_set_number(json, "names", d->names);

    for (unsigned i = CX_GRADE_A; i <= CX_GRADE_E; i++) {
        complete =
            complete && cx_json_set_number(json, cx_grade_word((enum cx_grade)i), d->grades[i]);
    }
    return cx_json_whole(json,
                         complete && cx_json_set_number(json, "none", d->grades[CX_GRADE_UNSET]));
}

static struct cx_json *
days_to_json(const struct coverage *c, bool totals)
{
    struct cx_json *json = cx_json_new_array();
    struct day all = { 0 };
    bool complete = true;

    for (int64_t i = 0; i < DAYS; i++) {
        const struct day *d = &c->days[i];

        if (d->certificates != 0 && !totals) {
            complete = cx_json_add(json, day_to_json(i, d)) && complete;
        }
        all.certificates += d->certificates;
        all.names += d->names;
        for (unsigned k = 0; k <= CX_GRADE_E; k++) {
            all.grades[k] += d->grades[k];
        }
    }
    if (totals) {
        cx_json_free(json);
        return day_to_json(0, &all);
    }
    return cx_json_whole(json, complete);
}

/* From the first silent day to the last, in a source that speaks before and after. */
static struct cx_json *
gaps_to_json(const struct source_days *d)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < d->n; i++) {
        size_t end = i;
        struct cx_json *gap;

        while (end < d->n && d->counts[end] == 0) {
            end++;
        }
        if (end == i) {
            continue;
        }
        gap = cx_json_new_object();
        gap = cx_json_whole(gap,
                            cx_json_set(gap, "from", date_to_json(d->first + (int64_t)i)) &&
                                cx_json_set(gap, "to", date_to_json(d->first + (int64_t)end - 1)) &&
                                cx_json_set_number(gap, "days", end - i));
        complete = cx_json_add(json, gap) && complete;
        i = end;
    }
    return cx_json_whole(json, complete);
}

/* The median difference to another source; null if there are too few. */
static struct cx_json *
offset_to_json(const uint64_t offsets[OFFSETS])
{
    uint64_t all = 0;
    uint64_t below = 0;

    for (size_t i = 0; i < OFFSETS; i++) {
        all += offsets[i];
    }
    if (all < TELLING) {
        return NULL;
    }
    for (size_t i = 0; i < OFFSETS; i++) {
        below += offsets[i];
        if (2 * below > all) {
            return cx_json_new_integer((int64_t)i - OFFSET_MAX);
        }
    }
    return NULL;
}

static struct cx_json *
clocks_to_json(const struct coverage *c)
{
    struct cx_json *json = cx_json_new_array();
    size_t n = c->n_sources < CLOCKS ? c->n_sources : CLOCKS;
    bool complete = true;

    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            struct cx_json *offset = offset_to_json(c->offsets[i][k]);
            struct cx_json *one;

            if (offset == NULL) {
                continue;
            }
            one = cx_json_new_object();
            one = cx_json_whole(
                one, cx_json_set(one, "source",
                                 cx_json_new_string(cx_archive_source(c->archive, i)->path)) &&
                         cx_json_set(one, "other",
                                     cx_json_new_string(cx_archive_source(c->archive, k)->path)) &&
                         cx_json_set(one, "other_later_by_s", offset));
            complete = cx_json_add(json, one) && complete;
        }
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
source_to_json(const struct coverage *c, size_t i)
{
    const struct cx_archive_source *s = cx_archive_source(c->archive, i);
    struct cx_json *json = cx_json_new_object();
    bool any = s->observations != 0;

    return cx_json_whole(
        json,
        cx_json_set(json, "source", cx_json_new_string(s->path)) &&
            cx_json_set(json, "format", cx_json_new_string(s->format)) &&
            cx_json_set(json, "tamper_evident", cx_json_new_bool(s->tamper_evident)) &&
            cx_json_set_number(json, "records", s->records) &&
            cx_json_set_number(json, "observed", s->observed) &&
            cx_json_set_number(json, "rejected", s->rejected) &&
            cx_json_set_number(json, "ignored", s->ignored) &&
            cx_json_set_number(json, "observations", s->observations) &&
            cx_json_set_moment(json, "first", any ? cx_second_of_ms(s->first_ms) : CX_TIME_NONE) &&
            cx_json_set_moment(json, "last", any ? cx_second_of_ms(s->last_ms) : CX_TIME_NONE) &&
            cx_json_set(json, "gaps", gaps_to_json(&c->sources[i])));
}

static struct cx_json *
to_json(const struct coverage *c)
{
    struct cx_json *json = cx_json_new_object();
    struct cx_json *sources = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < c->n_sources; i++) {
        complete = cx_json_add(sources, source_to_json(c, i)) && complete;
    }
    sources = cx_json_whole(sources, complete);
    return cx_json_whole(json, cx_json_set_number(json, "schema", 1) &&
                                   cx_json_set(json, "sources", sources) &&
                                   cx_json_set(json, "clocks", clocks_to_json(c)) &&
                                   cx_json_set(json, "total", days_to_json(c, true)) &&
                                   cx_json_set(json, "days", days_to_json(c, false)));
}

cx_status
cx_coverage(const struct cx_certificates *certificates, struct cx_archive *archive,
            struct cx_json **ret, struct cx_detail *detail)
{
    struct coverage *c = cx_alloc(1, sizeof(*c));
    cx_status s = CX_SUCCESS;

    if (c == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    c->archive = archive;
    c->days = cx_alloc(DAYS, sizeof(*c->days));
    s = c->days != NULL ? prepare_sources(c, detail) : (cx_status){ CX_E_NOMEM };
    if (cx_ok(s)) {
        s = cx_archive_each(archive, visit, c, detail);
    }
    if (cx_ok(s)) {
        s = add_certificates(c, certificates, detail);
    }
    if (cx_ok(s)) {
        *ret = to_json(c);
        s = *ret != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; c->sources != NULL && i < c->n_sources; i++) {
        cx_free(c->sources[i].counts);
    }
    cx_free(c->sources);
    cx_free(c->days);
    cx_free(c);
    return s;
}
