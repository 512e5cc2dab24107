#include "base/limits.h"
#include "incident/report_markdown_priv.h"

#include <inttypes.h>
#include <stdlib.h>

#define CUT                                                                                        \
    "\n----\n\n**END OF THE FILING. Delete this line and everything below it before you file.**\n"

static void
field(struct cx_buf *b, const char *name)
{
    cx_buf_printf(b, "- **%s:** ", name);
}

/* What no program can know, and what to say there. */
static void
person(struct cx_buf *b, const char *what)
{
    cx_buf_printf(b, "TODO(person): %s\n", what);
}

static void
mark(struct cx_buf *b, const char *word)
{
    cx_buf_printf(b, " [%s]", word);
}

static void
field_person(struct cx_buf *b, const char *name, const char *what)
{
    field(b, name);
    person(b, what);
}

/* ---- sums */

struct sums {
    int64_t examined;
    int64_t remaining; /* of those */
    int64_t proven;    /* a correct check is on record */
    int64_t proven_remaining;
    int64_t proven_unconfirmed; /* of proven: whether issuance consulted the check is not known */
    int64_t late;
};

static struct sums
sums_of(const struct cx_json *run)
{
    const struct cx_json *counts = cx_json_get(run, "counts");
    const struct cx_json *matrix = cx_json_get(run, "matrix");
    const struct cx_json *duties = cx_json_get(run, "duties");
    struct sums s = { .examined = cx_report_integer(counts, "certificates"),
                      .remaining = cx_report_integer(counts, "remaining_valid") };

    for (size_t i = 0; i < cx_json_size(matrix); i++) {
        const struct cx_json *pair = cx_json_at(matrix, i);
        int64_t n = cx_report_integer(pair, "certificates");

        if (cx_report_is(pair, "class", "PROVEN")) {
            s.proven += n;
            s.proven_remaining += cx_report_integer(pair, "remaining_valid");
            s.proven_unconfirmed += cx_report_is(pair, "process", "consulted") ? 0 : n;
        }
    }
    for (size_t i = 0; i < cx_json_size(duties); i++) {
        s.late += cx_report_integer(cx_json_at(duties, i), "late");
    }
    return s;
}

/* R-PRF-4, R-PRF-7: what is PROVEN is not affected; said beside the number, so that nobody has to guess. */
static void
affected(struct cx_buf *b, const struct sums *s, int64_t all, int64_t proven, const char *of)
{
    cx_report_put_count(b, all - proven);
    cx_buf_puts(b, ". Of ");
    cx_report_put_count(b, all);
    cx_buf_printf(b, " %s, ", of);
    cx_report_put_count(b, proven);
    cx_buf_puts(b, " are not counted: evidence from before signing shows a complete check that "
                   "permitted.");
    mark(b, s->proven_unconfirmed == 0 ? "proven" : "likely");
    cx_buf_puts(b, "\n");
}

/* ---- summary */

static void
statements(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *all = cx_json_get(run, "statements");

    for (size_t i = 0; i < cx_json_size(all); i++) {
        const struct cx_json *statement = cx_json_at(all, i);

        cx_buf_puts(b, "  - ");
        cx_markdown_put(b, cx_report_string(statement, "text"));
        cx_buf_puts(b, " [");
        cx_markdown_put(b, cx_report_string(statement, "mark"));
        cx_buf_puts(b, "]\n");
    }
}

static void
description(struct cx_buf *b, const struct cx_json *run, const struct sums *s)
{
    field_person(
        b, "Incident description",
        "in a few sentences: what failed, in which system, since when, how it was noticed, "
        "and whether it is contained or goes on.");
    cx_buf_puts(b, "  - Known at ");
    cx_markdown_put_minute(b, cx_report_string(run, "made"));
    cx_buf_puts(b, ": ");
    cx_report_put_certificates(b, s->examined - s->proven);
    cx_buf_puts(b, " affected, of which ");
    cx_report_put_count(b, s->remaining - s->proven_remaining);
    cx_buf_puts(b, " neither expired nor revoked.");
    mark(b, s->proven_unconfirmed == 0 ? "proven" : "likely");
    cx_buf_puts(b, "\n");
    statements(b, run);
}

/* A moment that the run knows, or a prompt. */
static void
moment(struct cx_buf *b, const char *name, cx_str when, const char *how, const char *ask)
{
    cx_buf_printf(b, "  - **%s:** ", name);
    if (when.n != 0) {
        cx_markdown_put_minute(b, when);
        cx_buf_printf(b, "%s ", how);
    }
    person(b, ask);
}

static void
timeline_summary(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *period = cx_json_get(run, "period");
    const struct cx_json *options = cx_json_get(run, "options");

    cx_buf_puts(b, "- **Timeline summary:**\n");
    moment(b, "Non-compliance start date", cx_report_string(period, "first_signed"),
           ", when the first certificate examined was signed. [likely]",
           "the change that brought the fault in, and when it went live.");
    moment(b, "Non-compliance identified date", cx_report_string(options, "aware"),
           ", as given for this analysis. [likely]",
           "who or what made the CA aware, and when it was received if it came as a report.");
    moment(b, "Non-compliance end date", cx_report_string(period, "last_signed"),
           ", when the last certificate examined was signed. [likely]",
           "when the fault was removed, or when it is expected to be.");
}

/* Rules that give the duties of this run, each once. */
static void
policies(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *duties = cx_json_get(run, "duties");
    const char *between = " Revocation: ";

    field(b, "Relevant policies");
    cx_buf_puts(b, "Baseline Requirements, section 4.2.2.1 on CAA (3.2.2.8 before version 2.2.8 of "
                   "those for TLS).");
    mark(b, "likely");
    for (size_t i = 0; i < cx_json_size(duties); i++) {
        cx_str rule = cx_report_string(cx_json_at(duties, i), "rule");
        bool again = rule.n == 0;

        for (size_t k = 0; k < i && !again; k++) {
            again = cx_str_equal(rule, cx_report_string(cx_json_at(duties, k), "rule"));
        }
        if (!again) {
            cx_buf_puts(b, between);
            cx_markdown_put(b, rule);
            between = ", ";
        }
    }
    cx_buf_puts(b, ". ");
    person(b, "name and version of each policy in force when the certificates were signed, and the "
              "sections of your own CP/CPS.");
}

static void
source(struct cx_buf *b)
{
    field_person(b, "Source of incident disclosure",
                 "one of Self Reported, Third Party Reported, Audit.");
}

static void
preliminary(struct cx_buf *b, const struct cx_json *run, const struct sums *s)
{
    cx_buf_puts(b, "## Preliminary Incident Report\n\n### Summary\n\n");
    description(b, run, s);
    policies(b, run);
    source(b);
}

static void
summary(struct cx_buf *b, const struct cx_json *run, const struct sums *s)
{
    cx_buf_puts(b, "## Full Incident Report\n\n### Summary\n\n");
    field_person(b, "CA Owner CCADB unique ID", "A and six digits, as CCADB has it.");
    description(b, run, s);
    timeline_summary(b, run);
    policies(b, run);
    source(b);
}

/* ---- impact */

static void
types(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *all = cx_json_get(run, "types");

    field(b, "Affected certificate types");
    if (cx_json_size(all) == 0) {
        person(b, "which of DV, IV, OV and EV, by policy OID, and how many of each.");
        return;
    }
    for (size_t i = 0; i < cx_json_size(all); i++) {
        cx_str type = cx_report_string(cx_json_at(all, i), "type");

        cx_buf_puts(b, i == 0 ? "" : ", ");
        cx_markdown_put(b, type.n != 0 ? type : CX_STR("not known"));
        cx_buf_puts(b, " (");
        cx_report_put_count(b, cx_report_integer(cx_json_at(all, i), "certificates"));
        cx_buf_puts(b, ")");
    }
    cx_buf_puts(b, ", of those examined.");
    mark(b, "proven");
    cx_buf_puts(b, "\n");
}

/* R-INC-6: from what the list was made, so that a second party gets the same. */
static void
heuristic(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *inputs = cx_json_get(run, "inputs");
    const char *between = "";

    field(b, "Incident heuristic");
    cx_buf_puts(b, "None is possible: whether CAA was checked correctly cannot be seen in a "
                   "certificate.");
    mark(b, "proven");
    cx_buf_puts(b, " The full corpus is in the appendix, from these lists: ");
    for (size_t i = 0; i < cx_json_size(inputs); i++) {
        const struct cx_json *input = cx_json_at(inputs, i);

        if (cx_report_is(input, "kind", "certificates")) {
            cx_buf_puts(b, between);
            cx_markdown_put_code(b, cx_report_string(input, "path"));
            cx_buf_puts(b, " (SHA-256 ");
            cx_markdown_put_code(b, cx_report_string(input, "sha256"));
            cx_buf_puts(b, ")");
            between = ", ";
        }
    }
    cx_buf_puts(b, ". ");
    person(b, "the query that drew the lists from the certificate database, its date range and "
              "cut-off, and how they were reconciled with Certificate Transparency.");
}

static void
analysis(struct cx_buf *b, const struct sums *s)
{
    field(b, "Analysis");
    if (s->late == 0) {
        cx_buf_puts(b, "N/A\n");
        return;
    }
    cx_report_put_certificates(b, s->late);
    cx_buf_puts(b, " neither revoked nor expired at the deadline.");
    mark(b, "proven");
    cx_buf_puts(b, " ");
    person(b, "a missed deadline needs a report of its own. For each certificate: the "
              "concrete harm to third parties, with proof, and the planned time of revocation.");
}

static void
considerations(struct cx_buf *b, const struct cx_json *run)
{
    static const struct {
        const char *member;
        const char *text;
    } rows[] = {
        { "pairs", "Precertificates counted as one with their certificates" },
        { "expired", "Expired" },
        { "revoked", "Revoked already" },
        { "short_lived", "Short-lived, without a duty to revoke" },
        { "rejected", "Rows that could not be read, and are in no number above" },
    };
    const struct cx_json *counts = cx_json_get(run, "counts");

    field(b, "Additional considerations");
    cx_buf_puts(b, "of the certificates examined:\n");
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        int64_t n = cx_report_integer(counts, rows[i].member);

        cx_buf_printf(b, "  - %s: ", rows[i].text);
        cx_report_put_count(b, n);
        cx_buf_puts(b, ".");
        mark(b, "proven");
        cx_buf_puts(b, "\n");
    }
    if (cx_report_integer(counts, "rejected") != 0) {
        cx_buf_puts(b, "  - ");
        person(b, "what the rows are that could not be read, and when they will be counted.");
    }
}

static void
impact(struct cx_buf *b, const struct cx_json *run, const struct sums *s)
{
    cx_buf_puts(b, "\n### Impact\n\n");
    field(b, "Total number of certificates");
    affected(b, s, s->examined, s->proven, "examined");
    field(b, "Total number of \"remaining valid\" certificates");
    affected(b, s, s->remaining, s->proven_remaining,
             "examined that are neither expired nor revoked");
    types(b, run);
    heuristic(b, run);
    field_person(b, "Was issuance stopped in response to this incident, and why or why not?",
                 "Yes or No; when it was stopped and resumed, which systems, and why; if not, what "
                 "keeps the fault from happening again meanwhile.");
    analysis(b, s);
    considerations(b, run);
}

/* ---- timeline */

/* Moments of RFC 3339 in UTC are in the order of their text. */
struct event {
    cx_str when;
    const char *what;
    const char *mark;
    const struct cx_json *duty; /* that is due then, or NULL */
};

static int
compare_events(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    size_t least = x->when.n < y->when.n ? x->when.n : y->when.n;
    int sign = least == 0 ? 0 : memcmp(x->when.p, y->when.p, least);

    return sign != 0 ? sign : (x->when.n > y->when.n) - (x->when.n < y->when.n);
}

static void
put_event(struct cx_buf *b, const struct event *event)
{
    if (event->when.n == 0) {
        return;
    }
    cx_buf_puts(b, "- ");
    cx_markdown_put_minute(b, event->when);
    cx_buf_printf(b, ": %s", event->what);
    if (event->duty != NULL) {
        cx_report_put_certificates(b, cx_report_integer(event->duty, "certificates"));
        cx_buf_puts(b, " (");
        cx_markdown_put(b, cx_report_string(event->duty, "rule"));
        cx_buf_puts(b, ").");
    }
    mark(b, event->mark);
    cx_buf_puts(b, "\n");
}

/* Two a duty, and four others; far more duties than there are kinds. */
#define EVENTS_MAX 36

static void
known_events(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *period = cx_json_get(run, "period");
    const struct cx_json *duties = cx_json_get(run, "duties");
    struct event v[EVENTS_MAX] = {
        { cx_report_string(period, "first_signed"), "the first certificate examined was signed.",
          "proven", NULL },
        { cx_report_string(period, "last_signed"), "the last certificate examined was signed.",
          "proven", NULL },
        { cx_report_string(cx_json_get(run, "options"), "aware"), "the CA became aware, as given.",
          "likely", NULL },
        { cx_report_string(run, "made"), "this analysis was made; the scope is as of then.",
          "proven", NULL },
    };
    size_t n = 4;

    for (size_t i = 0; i < cx_json_size(duties) && n + 2 <= EVENTS_MAX; i++) {
        const struct cx_json *duty = cx_json_at(duties, i);
        cx_str first = cx_report_string(duty, "first_deadline");
        cx_str last = cx_report_string(duty, "last_deadline");
        bool one = cx_str_equal(first, last);

        v[n++] = (struct event){ first,
                                 one ? "revocation is due of " : "revocation begins to be due of ",
                                 "proven", duty };
        if (!one) {
            v[n++] = (struct event){ last, "revocation is due of the last of ", "proven", duty };
        }
    }
    qsort(v, n, sizeof(v[0]), compare_events);
    for (size_t i = 0; i < n; i++) {
        put_event(b, &v[i]);
    }
}

static void
timeline(struct cx_buf *b, const struct cx_json *run)
{
    static const char *const asked[] = {
        "each policy, process and software change that contributed, with the time it took effect.",
        "when the incident began, and the first sign of it, even one that nobody acted on.",
        "when a Certificate Problem Report was received; when preliminary findings went to its "
        "reporter, and when to the subscribers.",
        "when the scope was concluded, and each change of it: what was wrong before, and how that "
        "is avoided.",
        "when revocation is planned to be complete, and when it was.",
        "when issuance ceased and resumed, and when the incident ended.",
    };

    cx_buf_puts(b, "\n### Timeline\n\nAll times are in UTC.\n\n");
    known_events(b, run);
    for (size_t i = 0; i < CX_COUNT(asked); i++) {
        cx_buf_puts(b, "- ");
        person(b, asked[i]);
    }
}

/* ---- the rest of the template */

static void
related(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *all = cx_json_get(run, "precedents");

    cx_buf_puts(b, "\n### Related Incidents\n\n| Bug | Date | Description |\n|---|---|---|\n");
    for (size_t i = 0; i < cx_json_size(all); i++) {
        const struct cx_json *p = cx_json_at(all, i);
        bool verified = cx_report_true(p, "verified");

        cx_buf_puts(b, "| ");
        cx_markdown_put_reference(b, cx_report_string(p, "reference"));
        cx_buf_puts(b, " | ");
        cx_markdown_put(b, cx_report_string(p, "date"));
        cx_buf_puts(b, " | ");
        cx_markdown_put(b, cx_report_string(p, "ca"));
        cx_buf_puts(b, ": ");
        cx_markdown_put(b, cx_report_string(p, "what"));
        mark(b, verified ? "proven" : "unknown");
        cx_buf_puts(b, verified ? " |\n"
                                : " TODO(person): read it; only its title, date and outcome are "
                                  "known here. |\n");
    }
    cx_buf_puts(b, "\n");
    person(b, "say how each is related, delete those that are not, and add what is missing: at "
              "least the last two years, your own and other CAs.");
}

static void
fields(struct cx_buf *b, const char *const (*rows)[2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        field_person(b, rows[i][0], rows[i][1]);
    }
}

static void
root_causes(struct cx_buf *b)
{
    static const char *const rows[][2] = {
        { "Description", "the condition that contributed, and its part in the incident." },
        { "Timeline", "when it came about, and how it developed until the incident." },
        { "Detection", "how it was found, and why no check, test or monitor found it before: which "
                       "existed, and what each showed on the day." },
        { "Interaction with other factors",
          "how it acted together with the others; N/A if alone." },
        { "Root Cause Analysis methodology used", "for example Five Whys." },
    };

    cx_buf_puts(b, "\n### Root Cause Analysis\n\n**Contributing Factor 1:** ");
    person(b, "a title; one such part for each factor.");
    cx_buf_puts(b, "\n");
    fields(b, rows, CX_COUNT(rows));
}

static void
lessons(struct cx_buf *b)
{
    static const char *const rows[][2] = {
        { "What went well", "what kept the impact smaller." },
        { "What didn\xe2\x80\x99t go well", "what made it larger; each needs an action item." },
        { "Where we got lucky", "what cannot be relied upon; each should have an action item." },
        { "Additional", "anything else that was learnt; N/A if nothing." },
    };

    cx_buf_puts(b, "\n### Lessons Learned\n\n");
    fields(b, rows, CX_COUNT(rows));
    cx_buf_puts(b,
                "\n### Action Items\n\n"
                "| Action Item | Kind | Corresponding Root Cause(s) | Evaluation Criteria | Due "
                "Date | Status |\n|---|---|---|---|---|---|\n"
                "| TODO(person): what will be done | TODO(person): Prevent, Mitigate or Detect | "
                "TODO(person): which factor | TODO(person): how the public can measure it | "
                "TODO(person): date | TODO(person): Ongoing, Complete, Delayed or Canceled |\n");
}

/* ---- all of it */

static void
full_report(struct cx_buf *b, const struct cx_json *run, const struct sums *s)
{
    summary(b, run, s);
    impact(b, run, s);
    timeline(b, run);
    related(b, run);
    root_causes(b);
    lessons(b);
    cx_markdown_appendix(b, run, s->examined - s->proven);
}

static size_t
count_persons(cx_str text)
{
    static const char word[] = "TODO(person)";
    size_t n = 0;

    for (const char *at = text.p, *end = text.p + text.n; at != NULL; n++) {
        at = memmem(at, (size_t)(end - at), word, sizeof(word) - 1);
        if (at == NULL) {
            return n;
        }
        at += sizeof(word) - 1;
    }
    return n;
}

cx_status
cx_report_markdown(const struct cx_json *run, bool full, FILE *out, struct cx_detail *detail)
{
    struct cx_buf b;
    struct sums s;
    cx_status status;

    CX_TRY(cx_report_check_run(run, detail));
    s = sums_of(run);
    cx_buf_init(&b, CX_REPORT_TEXT_MAX);
    if (full) {
        full_report(&b, run, &s);
    } else {
        preliminary(&b, run, &s);
    }
    if (cx_buf_ok(&b)) {
        size_t persons = count_persons(cx_buf_str(&b));

        cx_buf_puts(&b, CUT);
        cx_buf_printf(&b, "\nPlaces above that a person must fill in: %zu.\n", persons);
        cx_markdown_not_filed(&b, run);
    }
    status = cx_report_flush(&b, out, detail);
    cx_buf_done(&b);
    return status;
}
