#include "incident/totals.h"

#include "base/alloc.h"
#include "base/limits.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY_S 86400
/* From 1970 to 2106; what is outside is in no day. */
#define DAYS       50000
#define DUTIES_MAX 16
/* Certificate types; a list that says more than these has something else in that column. */
#define TYPES_MAX 16
#define TYPE_MAX  15

struct duty_total {
    enum cx_duty_kind kind;
    const char *rule;
    uint64_t n;
    uint64_t late;
    cx_time first;
    cx_time last;
};

/* DV, OV and the like, as the lists say. */
struct type_total {
    char word[TYPE_MAX + 1];
    uint64_t n;
    uint64_t valid;
};

struct remedy_total {
    uint64_t revoke;
    uint64_t spare;
    uint64_t unused_permit; /* of revoke */
    uint64_t unused_spared; /* of spare */
};

struct cx_totals {
    uint64_t certificates;
    uint64_t names;
    uint64_t statuses[CX_STATUSES];
    uint64_t remaining; /* valid, and not short-lived */
    uint64_t short_lived;
    cx_time first_signed;
    cx_time last_signed;
    uint64_t matrix[CX_TRIAGE_CLASSES][CX_PROCESSES];
    uint64_t matrix_valid[CX_TRIAGE_CLASSES][CX_PROCESSES];
    uint64_t grades[CX_GRADE_E + 1];
    uint64_t reasons[CX_EVIDENCE_COUNT];
    uint64_t now[CX_NOW_FAILS + 1];
    struct remedy_total remedies[CX_REMEDIES];
    uint64_t only[CX_REMEDIES][CX_REMEDIES]; /* revoked by the first and not by the second */
    uint64_t both[CX_REMEDIES][CX_REMEDIES];
    struct duty_total duties[DUTIES_MAX];
    size_t n_duties;
    struct type_total types[TYPES_MAX];
    size_t n_types;
    uint64_t days[DAYS][CX_TRIAGE_CLASSES];
};

struct cx_totals *
cx_totals_new(void)
{
    struct cx_totals *t = cx_alloc(1, sizeof(*t));

    if (t != NULL) {
        t->first_signed = CX_TIME_MAX;
        t->last_signed = CX_TIME_NONE;
    }
    return t;
}

void
cx_totals_free(struct cx_totals *totals)
{
    cx_free(totals);
}

/* ---- adding */

static void
add_period(struct cx_totals *t, const struct cx_triaged *x)
{
    cx_time day = x->signed_at / DAY_S;

    if (x->clock == CX_SIGNING_UNKNOWN) {
        return;
    }
    t->first_signed = x->signed_at < t->first_signed ? x->signed_at : t->first_signed;
    t->last_signed = x->signed_at > t->last_signed ? x->signed_at : t->last_signed;
    if (x->signed_at >= 0 && day < DAYS) {
        t->days[day][x->class]++;
    }
}

static void
add_remedies(struct cx_totals *t, const struct cx_triaged *x)
{
    for (size_t i = 0; i < CX_REMEDIES; i++) {
        struct remedy_total *r = &t->remedies[i];
        bool unused = x->class == CX_TRIAGE_UNUSED_PERMIT;

        r->revoke += x->revoke[i] ? 1 : 0;
        r->spare += x->revoke[i] ? 0 : 1;
        r->unused_permit += x->revoke[i] && unused ? 1 : 0;
        r->unused_spared += !x->revoke[i] && unused ? 1 : 0;
        for (size_t k = 0; k < CX_REMEDIES; k++) {
            t->only[i][k] += x->revoke[i] && !x->revoke[k] ? 1 : 0;
            t->both[i][k] += x->revoke[i] && x->revoke[k] ? 1 : 0;
        }
    }
}

static bool
same_rule(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
add_duty(struct cx_totals *t, const struct cx_triaged *x)
{
    struct duty_total *d = t->duties;

    while (d < t->duties + t->n_duties &&
           (d->kind != x->duty.kind || !same_rule(d->rule, x->duty.rule))) {
        d++;
    }
    if (d == t->duties + t->n_duties) {
        if (t->n_duties == DUTIES_MAX) {
            return; /* there are fewer rules */
        }
        t->n_duties++;
        *d = (struct duty_total){ x->duty.kind, x->duty.rule, 0, 0, CX_TIME_MAX, CX_TIME_NONE };
    }
    d->n++;
    d->late += x->late ? 1 : 0;
    if (x->duty.deadline != CX_TIME_NONE) {
        d->first = x->duty.deadline < d->first ? x->duty.deadline : d->first;
        d->last = x->duty.deadline > d->last ? x->duty.deadline : d->last;
    }
}

static void
add_type(struct cx_totals *t, const struct cx_triaged *x)
{
    cx_str word = x->certificate.issued.type;
    struct type_total *type = t->types;

    if (word.n == 0 || word.n > TYPE_MAX) {
        return;
    }
    while (type < t->types + t->n_types && !cx_str_equal(cx_str_of(type->word), word)) {
        type++;
    }
    if (type == t->types + t->n_types) {
        if (t->n_types == TYPES_MAX) {
            return;
        }
        t->n_types++;
        memcpy(type->word, word.p, word.n);
    }
    type->n++;
    type->valid += x->status == CX_STATUS_VALID ? 1 : 0;
}

void
cx_totals_add(struct cx_totals *t, const struct cx_triaged *x)
{
    bool remains = x->status == CX_STATUS_VALID && !x->short_lived;

    t->certificates++;
    t->names += x->n_names;
    t->statuses[x->status]++;
    t->remaining += remains ? 1 : 0;
    t->short_lived += x->short_lived ? 1 : 0;
    t->matrix[x->class][x->process]++;
    t->matrix_valid[x->class][x->process] += x->status == CX_STATUS_VALID ? 1 : 0;
    t->grades[x->grade]++;
    t->now[x->now]++;
    for (size_t i = 0; i < CX_EVIDENCE_COUNT; i++) {
        t->reasons[i] += (x->reasons & CX_EVIDENCE_BIT(i)) != 0 ? 1 : 0;
    }
    add_period(t, x);
    add_type(t, x);
    if (x->status == CX_STATUS_VALID) {
        add_duty(t, x);
    }
    if (remains) {
        add_remedies(t, x);
    }
}

uint64_t
cx_totals_certificates(const struct cx_totals *t)
{
    return t->certificates;
}

uint64_t
cx_totals_of_class(const struct cx_totals *t, enum cx_triage_class class)
{
    uint64_t n = 0;

    for (size_t i = 0; i < CX_PROCESSES; i++) {
        n += t->matrix[class][i];
    }
    return n;
}

uint64_t
cx_totals_revoked_by(const struct cx_totals *t, enum cx_remedy remedy)
{
    return t->remedies[remedy].revoke;
}

/* ---- as JSON */

static struct cx_json *
counts_to_json(const struct cx_totals *t, const struct cx_certificate_counts *counts,
               const struct cx_caveats *caveats)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json, cx_json_set_number(json, "certificates", t->certificates) &&
                  cx_json_set_number(json, "rows", counts->rows) &&
                  cx_json_set_number(json, "pairs", counts->pairs) &&
                  cx_json_set_number(json, "duplicates", counts->duplicates) &&
                  cx_json_set_number(json, "names", t->names) &&
                  cx_json_set_number(json, "remaining_valid", t->statuses[CX_STATUS_VALID]) &&
                  cx_json_set_number(json, "expired", t->statuses[CX_STATUS_EXPIRED]) &&
                  cx_json_set_number(json, "revoked", t->statuses[CX_STATUS_REVOKED]) &&
                  cx_json_set_number(json, "short_lived", t->short_lived) &&
                  cx_json_set_number(json, "rejected", caveats->rejected) &&
                  cx_json_set_number(json, "assumed_utc", caveats->assumed_utc));
}

static struct cx_json *
period_to_json(const struct cx_totals *t)
{
    struct cx_json *json = cx_json_new_object();
    cx_time first = t->first_signed != CX_TIME_MAX ? t->first_signed : CX_TIME_NONE;

    return cx_json_whole(json, cx_json_set_moment(json, "first_signed", first) &&
                                   cx_json_set_moment(json, "last_signed", t->last_signed));
}

static struct cx_json *
cell_to_json(const struct cx_totals *t, enum cx_triage_class class, enum cx_process process)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json, cx_json_set_text(json, "class", cx_triage_class_word(class)) &&
                  cx_json_set_text(json, "process", cx_process_word(process)) &&
                  cx_json_set_number(json, "certificates", t->matrix[class][process]) &&
                  cx_json_set_number(json, "remaining_valid", t->matrix_valid[class][process]));
}

static struct cx_json *
types_to_json(const struct cx_totals *t)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < t->n_types; i++) {
        struct cx_json *type = cx_json_new_object();
        cx_str word = cx_str_of(t->types[i].word);

        type = cx_json_whole(type,
                             cx_json_set(type, "type", cx_json_new_escaped(cx_span_of_str(word))) &&
                                 cx_json_set_number(type, "certificates", t->types[i].n) &&
                                 cx_json_set_number(type, "remaining_valid", t->types[i].valid));
        complete = cx_json_add(json, type) && complete;
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
matrix_to_json(const struct cx_totals *t)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < CX_TRIAGE_CLASSES; i++) {
        for (size_t k = 0; k < CX_PROCESSES; k++) {
            if (t->matrix[i][k] != 0) {
                complete = cx_json_add(json, cell_to_json(t, (enum cx_triage_class)i,
                                                          (enum cx_process)k)) &&
                           complete;
            }
        }
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
grades_to_json(const struct cx_totals *t)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (unsigned i = CX_GRADE_UNSET; i <= CX_GRADE_E; i++) {
        struct cx_json *grade = t->grades[i] != 0 ? cx_json_new_object() : NULL;

        if (t->grades[i] != 0) {
            grade = cx_json_whole(
                grade,
                cx_json_set_text(grade, "grade",
                                 i != CX_GRADE_UNSET ? cx_grade_word((enum cx_grade)i) : NULL) &&
                    cx_json_set_number(grade, "certificates", t->grades[i]));
            complete = cx_json_add(json, grade) && complete;
        }
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
reasons_to_json(const struct cx_totals *t)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (unsigned i = 0; i < CX_EVIDENCE_COUNT; i++) {
        struct cx_json *reason = t->reasons[i] != 0 ? cx_json_new_object() : NULL;

        if (t->reasons[i] != 0) {
            reason = cx_json_whole(
                reason,
                cx_json_set_text(reason, "reason", cx_evidence_word((enum cx_evidence_reason)i)) &&
                    cx_json_set_text(reason, "sentence",
                                     cx_evidence_sentence((enum cx_evidence_reason)i)) &&
                    cx_json_set_number(reason, "certificates", t->reasons[i]));
            complete = cx_json_add(json, reason) && complete;
        }
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
recheck_to_json(const struct cx_totals *t, const struct cx_triage_options *options)
{
    struct cx_json *json;

    if (options->recheck == NULL) {
        return cx_json_new_null();
    }
    json = cx_json_new_object();
    return cx_json_whole(
        json, cx_json_set_number(json, "asked", t->certificates - t->now[CX_NOW_UNKNOWN]) &&
                  cx_json_set_number(json, "permits_now", t->now[CX_NOW_PERMITS]) &&
                  cx_json_set_number(json, "denies_now", t->now[CX_NOW_DENIES]) &&
                  cx_json_set_number(json, "fails_now", t->now[CX_NOW_FAILS]) &&
                  cx_json_set_number(json, "not_asked", t->now[CX_NOW_UNKNOWN]));
}

static struct cx_json *
remedy_to_json(const struct cx_totals *t, const struct cx_triage_options *options,
               enum cx_remedy remedy)
{
    const struct remedy_total *r = &t->remedies[remedy];
    struct cx_remedy_judgement judgement =
        cx_remedy_judge(remedy, options->profile, options->aware, r->unused_spared != 0);
    bool available = remedy != CX_REMEDY_RECHECK || options->recheck != NULL;
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json,
        cx_json_set_text(json, "remedy", cx_remedy_word(remedy)) &&
            cx_json_set_text(json, "title", cx_remedy_title(remedy)) &&
            cx_json_set(json, "available", cx_json_new_bool(available)) &&
            cx_json_set(json, "revoke",
                        available ? cx_json_new_integer((int64_t)r->revoke) : cx_json_new_null()) &&
            cx_json_set(json, "spare",
                        available ? cx_json_new_integer((int64_t)r->spare) : cx_json_new_null()) &&
            cx_json_set_number(json, "unused_permit", r->unused_permit) &&
            cx_json_set_number(json, "unused_spared", r->unused_spared) &&
            cx_json_set_text(json, "in_line", cx_in_line_word(judgement.in_line)) &&
            cx_json_set_text(json, "why",
                             available
                                 ? judgement.why
                                 : "No recheck was made: caaproof recheck RUN asks DNS again."));
}

static struct cx_json *
remedies_to_json(const struct cx_totals *t, const struct cx_triage_options *options)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (unsigned i = 0; i < CX_REMEDIES; i++) {
        complete = cx_json_add(json, remedy_to_json(t, options, (enum cx_remedy)i)) && complete;
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
difference_to_json(const struct cx_totals *t, enum cx_remedy of, enum cx_remedy and)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(json, cx_json_set_text(json, "of", cx_remedy_word(of)) &&
                                   cx_json_set_text(json, "and", cx_remedy_word(and)) &&
                                   cx_json_set_number(json, "only_of", t->only[of][and]) &&
                                   cx_json_set_number(json, "only_and", t->only[and][of]) &&
                                   cx_json_set_number(json, "both", t->both[of][and]));
}

static struct cx_json *
differences_to_json(const struct cx_totals *t, const struct cx_triage_options *options)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (unsigned i = options->recheck != NULL ? 0 : 1; i < CX_REMEDIES; i++) {
        for (unsigned k = i + 1; k < CX_REMEDIES; k++) {
            complete =
                cx_json_add(json, difference_to_json(t, (enum cx_remedy)i, (enum cx_remedy)k)) &&
                complete;
        }
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
duty_to_json(const struct duty_total *d)
{
    struct cx_json *json = cx_json_new_object();
    cx_time first = d->first != CX_TIME_MAX ? d->first : CX_TIME_NONE;

    return cx_json_whole(
        json, cx_json_set_text(json, "duty", cx_duty_word(d->kind)) &&
                  cx_json_set_text(json, "rule", d->rule) &&
                  cx_json_set_text(json, "source",
                                   d->rule != NULL ? cx_duty_source(cx_str_of(d->rule)) : NULL) &&
                  cx_json_set_number(json, "certificates", d->n) &&
                  cx_json_set_moment(json, "first_deadline", first) &&
                  cx_json_set_moment(json, "last_deadline", d->last) &&
                  cx_json_set_number(json, "late", d->late));
}

static struct cx_json *
duties_to_json(const struct cx_totals *t)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < t->n_duties; i++) {
        complete = cx_json_add(json, duty_to_json(&t->duties[i])) && complete;
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
day_to_json(const uint64_t counts[CX_TRIAGE_CLASSES], size_t day, uint64_t all)
{
    struct cx_json *json = cx_json_new_object();
    char text[CX_TIME_TEXT];
    bool complete;

    cx_time_format((cx_time)day * DAY_S, text);
    text[10] = '\0'; /* the date alone */
    complete = cx_json_set_text(json, "day", text) && cx_json_set_number(json, "certificates", all);
    for (unsigned i = 0; i < CX_TRIAGE_CLASSES; i++) {
        complete =
            cx_json_set_number(json, cx_triage_class_word((enum cx_triage_class)i), counts[i]) &&
            complete;
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
days_to_json(const struct cx_totals *t)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t day = 0; day < DAYS; day++) {
        uint64_t all = 0;

        for (size_t i = 0; i < CX_TRIAGE_CLASSES; i++) {
            all += t->days[day][i];
        }
        if (all != 0) {
            complete = cx_json_add(json, day_to_json(t->days[day], day, all)) && complete;
        }
    }
    return cx_json_whole(json, complete);
}

bool
cx_totals_to_json(const struct cx_totals *t, const struct cx_triage_options *options,
                  const struct cx_certificate_counts *counts, const struct cx_caveats *caveats,
                  struct cx_json *run)
{
    return cx_json_set(run, "counts", counts_to_json(t, counts, caveats)) &&
           cx_json_set(run, "period", period_to_json(t)) &&
           cx_json_set(run, "types", types_to_json(t)) &&
           cx_json_set(run, "matrix", matrix_to_json(t)) &&
           cx_json_set(run, "grades", grades_to_json(t)) &&
           cx_json_set(run, "reasons", reasons_to_json(t)) &&
           cx_json_set(run, "recheck", recheck_to_json(t, options)) &&
           cx_json_set(run, "remedies", remedies_to_json(t, options)) &&
           cx_json_set(run, "differences", differences_to_json(t, options)) &&
           cx_json_set_text(run, "default_remedy", cx_remedy_word(CX_REMEDY_RULES)) &&
           cx_json_set(run, "duties", duties_to_json(t)) &&
           cx_json_set(run, "days", days_to_json(t));
}

/* ---- in sentences */

struct sentence {
    const char *mark;
    uint64_t n;
    const char *text; /* # becomes the number */
};

static bool
add_sentence(struct cx_json *json, const struct sentence *sentence)
{
    struct cx_json *one = cx_json_new_object();
    struct cx_buf text;
    const char *many = " certificates";
    char number[24];
    struct cx_json *value;

    cx_buf_init(&text, CX_LINE_MAX);
    (void)snprintf(number, sizeof(number), "%" PRIu64, sentence->n); /* fits: 20 digits */
    for (const char *p = sentence->text; *p != '\0'; p++) {
        if (*p != '#') {
            cx_buf_putc(&text, *p);
            continue;
        }
        cx_buf_puts(&text, number);
        if (sentence->n == 1 && strncmp(p + 1, many, strlen(many)) == 0) {
            cx_buf_puts(&text, " certificate");
            p += strlen(many);
        }
    }
    value = cx_buf_ok(&text) ? cx_json_new_string(cx_buf_str(&text)) : NULL;
    cx_buf_done(&text);
    one = cx_json_whole(one, cx_json_set_text(one, "mark", sentence->mark) &&
                                 cx_json_set(one, "text", value));
    return cx_json_add(json, one);
}

struct cx_json *
cx_totals_statements(const struct cx_totals *t, const struct cx_triage_options *options,
                     const struct cx_caveats *caveats)
{
    const struct sentence sentences[] = {
        { "proven", cx_totals_of_class(t, CX_TRIAGE_PROVEN),
          "For # certificates stored answers show that CAA permitted every name within the window "
          "before the signature." },
        { "proven", cx_totals_of_class(t, CX_TRIAGE_PROVEN_DENY),
          "For # certificates a stored answer shows that CAA forbade a name when it was signed." },
        { "proven", cx_totals_of_class(t, CX_TRIAGE_UNUSED_PERMIT),
          "For # certificates stored answers permitted every name, but the process did not consult "
          "them before it signed." },
        { "likely", t->reasons[CX_EVIDENCE_CONCLUSION_ONLY],
          "For # certificates a log states the outcome of a check of some name, without the answer "
          "that it was drawn from." },
        { "unknown", cx_totals_of_class(t, CX_TRIAGE_NO_EVIDENCE),
          "For # certificates nothing is stored; what CAA said at the signature is unknown." },
        { "unknown", cx_totals_of_class(t, CX_TRIAGE_TAINTED),
          "For # certificates the stored answers are incomplete, of another name or moment, or "
          "contradict each other." },
        { "unknown", t->reasons[CX_EVIDENCE_PROCESS_UNKNOWN],
          "For # of the certificates whose permission is proven nobody has stated whether the "
          "process consulted the answer." },
        { "unknown", caveats->assumed_utc,
          "In # rows of the lists times have no zone and nobody stated one: they are taken for "
          "UTC. If they "
          "are of another, signatures and deadlines are hours off." },
        { "unknown", caveats->unmatched,
          "Of the lists of certificates whose process consulted the answer, or did not, # lines "
          "name "
          "no certificate of this run: whose process they tell of is unknown." },
        { "unknown", t->reasons[CX_EVIDENCE_WEAK_CLOCK],
          "For # certificates the moment of signing is taken from notBefore, which may have been "
          "set back." },
        { "unknown", t->reasons[CX_EVIDENCE_NO_MOMENT],
          "For # certificates nothing says when they were signed, or only a date does: no answer "
          "can "
          "prove anything of them." },
        { "proven", t->now[CX_NOW_DENIES],
          "For # certificates CAA forbids issuance now; this does not show what it said then "
          "(R-PRF-6)." },
        { "unknown",
          options->profile == CX_PROFILE_TLS_BR && t->first_signed < cx_time_of_day(2020, 10, 19)
              ? t->certificates
              : 0,
          "Archives of the years before 2020-10-19 hold no questions for DNAME: a DNAME at an "
          "empty name, which can be read both ways, would not be seen (R-T44-5)." },
    };
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < CX_COUNT(sentences); i++) {
        if (sentences[i].n != 0) {
            complete = add_sentence(json, &sentences[i]) && complete;
        }
    }
    return cx_json_whole(json, complete);
}
