#include "base/limits.h"
#include "incident/report_markdown_priv.h"

#define CUT                                                                                        \
    "\n----\n\n**END OF THE FILING. Delete this line and everything below it before you file.**\n"

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
description(struct cx_buf *b, const struct cx_json *run, const struct cx_report_sums *s)
{
    cx_markdown_field_person(
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
    cx_markdown_mark(b, s->proven_unconfirmed == 0 ? "proven" : "likely");
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
    cx_markdown_person(b, ask);
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

/* The CAA section of what binds the CA; nothing of a private one. */
static void
caa_section(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *options = cx_json_get(run, "options");

    if (cx_report_is(options, "profile", "tls-br")) {
        cx_buf_puts(b, "Baseline Requirements for TLS, section 4.2.2.1 (before version 2.2.8: "
                       "3.2.2.8). [likely] ");
    } else if (cx_report_is(options, "profile", "smime-br")) {
        cx_buf_puts(b, "Baseline Requirements for S/MIME, section 4.2.2.1. [likely] ");
    }
}

/* And rules that give the duties of this run, each once. */
static void
policies(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *duties = cx_json_get(run, "duties");
    const char *between = "Revocation: ";

    cx_markdown_field(b, "Relevant policies");
    caa_section(b, run);
    for (size_t i = 0; i < cx_json_size(duties); i++) {
        cx_str rule = cx_report_string(cx_json_at(duties, i), "rule");
        bool again = rule.n == 0;

        for (size_t k = 0; k < i && !again; k++) {
            again = cx_str_equal(rule, cx_report_string(cx_json_at(duties, k), "rule"));
        }
        if (!again) {
            cx_buf_puts(b, between);
            cx_markdown_put(b, cx_report_duty_source(cx_json_at(duties, i)));
            between = "; ";
        }
    }
    cx_buf_puts(b, between[0] == ';' ? ". [likely] " : "");
    cx_markdown_person(
        b, "name and version of each policy in force when the certificates were signed, and the "
           "sections of your own CP/CPS.");
}

static void
source(struct cx_buf *b)
{
    cx_markdown_field_person(b, "Source of incident disclosure",
                             "one of Self Reported, Third Party Reported, Audit.");
}

static void
preliminary(struct cx_buf *b, const struct cx_json *run, const struct cx_report_sums *s)
{
    cx_buf_puts(b, "## Preliminary Incident Report\n\n### Summary\n\n");
    description(b, run, s);
    policies(b, run);
    source(b);
}

static void
summary(struct cx_buf *b, const struct cx_json *run, const struct cx_report_sums *s)
{
    cx_buf_puts(b, "## Full Incident Report\n\n### Summary\n\n");
    cx_markdown_field_person(b, "CA Owner CCADB unique ID", "A and six digits, as CCADB has it.");
    description(b, run, s);
    timeline_summary(b, run);
    policies(b, run);
    source(b);
}

/* ---- causes, lessons, actions */

static void
fields(struct cx_buf *b, const char *const (*rows)[2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cx_markdown_field_person(b, rows[i][0], rows[i][1]);
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
    cx_markdown_person(b, "a title; one such part for each factor.");
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
full_report(struct cx_buf *b, const struct cx_json *run, const struct cx_report_sums *s)
{
    summary(b, run, s);
    cx_markdown_impact(b, run, s);
    cx_markdown_timeline(b, run);
    cx_markdown_related(b, run);
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
    struct cx_report_sums s;
    cx_status status;

    CX_TRY(cx_report_check_run(run, detail));
    s = cx_report_sums_of(run);
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
