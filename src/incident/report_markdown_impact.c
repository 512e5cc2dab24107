#include "incident/report_markdown_priv.h"

struct cx_report_sums
cx_report_sums_of(const struct cx_json *run)
{
    const struct cx_json *counts = cx_json_get(run, "counts");
    const struct cx_json *matrix = cx_json_get(run, "matrix");
    const struct cx_json *duties = cx_json_get(run, "duties");
    struct cx_report_sums s = { .examined = cx_report_integer(counts, "certificates"),
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
affected(struct cx_buf *b, int64_t all, int64_t proven, const char *of)
{
    cx_report_put_count(b, all - proven);
    cx_buf_puts(b, ". Of ");
    cx_report_put_count(b, all);
    cx_buf_printf(b, " %s, ", of);
    cx_report_put_count(b, proven);
    cx_buf_puts(b,
                " are not counted: complete answers that permit, from the window before signing, "
                "are on record for every name.");
    cx_markdown_mark(b, "proven");
}

/* Evidence that permits is not yet a check that was performed correctly (R-REV-3). */
static void
unconfirmed(struct cx_buf *b, const struct cx_report_sums *s)
{
    if (s->proven_unconfirmed != 0) {
        cx_buf_puts(b, " Whether issuance waited for the check of ");
        cx_report_put_certificates(b, s->proven_unconfirmed);
        cx_buf_puts(b, " among those is not known.");
        cx_markdown_mark(b, "unknown");
    }
    cx_buf_puts(b, "\n");
}

static void
totals(struct cx_buf *b, const struct cx_report_sums *s)
{
    cx_markdown_field(b, "Total number of certificates");
    affected(b, s->examined, s->proven, "examined");
    unconfirmed(b, s);
    cx_markdown_field(b, "Total number of \"remaining valid\" certificates");
    affected(b, s->remaining, s->proven_remaining, "examined that are neither expired nor revoked");
    cx_buf_puts(b, "\n");
}

static void
types(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *all = cx_json_get(run, "types");

    cx_markdown_field(b, "Affected certificate types");
    if (cx_json_size(all) == 0) {
        cx_markdown_person(b, "which of DV, IV, OV and EV, by policy OID, and how many of each.");
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
    cx_markdown_mark(b, "proven");
    cx_buf_puts(b, "\n");
}

/* R-INC-6: from what the list was made, so that a second party gets the same. */
static void
heuristic(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *inputs = cx_json_get(run, "inputs");
    const char *between = "";

    cx_markdown_field(b, "Incident heuristic");
    cx_buf_puts(b, "None is possible: whether CAA was checked correctly cannot be seen in a "
                   "certificate.");
    cx_markdown_mark(b, "proven");
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
    cx_markdown_person(
        b, "the query that drew the lists from the certificate database, its date range and "
           "cut-off, and how they were reconciled with Certificate Transparency.");
}

static void
analysis(struct cx_buf *b, const struct cx_report_sums *s)
{
    cx_markdown_field(b, "Analysis");
    if (s->late == 0) {
        cx_buf_puts(b, "N/A\n");
        return;
    }
    cx_report_put_certificates(b, s->late);
    cx_buf_puts(b, " neither revoked nor expired at the deadline.");
    cx_markdown_mark(b, "proven");
    cx_buf_puts(b, " ");
    cx_markdown_person(
        b, "a missed deadline needs a report of its own. For each certificate: the "
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
        { "assumed_utc", "Rows whose times have no zone, and were taken for UTC" },
    };
    const struct cx_json *counts = cx_json_get(run, "counts");

    cx_markdown_field(b, "Additional considerations");
    cx_buf_puts(b, "of the certificates examined:\n");
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        int64_t n = cx_report_integer(counts, rows[i].member);

        cx_buf_printf(b, "  - %s: ", rows[i].text);
        cx_report_put_count(b, n);
        cx_buf_puts(b, ".");
        cx_markdown_mark(b, "proven");
        cx_buf_puts(b, "\n");
    }
    if (cx_report_integer(counts, "rejected") != 0) {
        cx_buf_puts(b, "  - ");
        cx_markdown_person(
            b, "what the rows are that could not be read, and when they will be counted.");
    }
    if (cx_report_integer(counts, "assumed_utc") != 0) {
        cx_buf_puts(b, cx_report_integer(counts, "rejected") != 0 ? "\n  - " : "  - ");
        cx_markdown_person(
            b, "whether times without a zone are UTC; if not, make the run again with --zone.");
    }
}

void
cx_markdown_impact(struct cx_buf *b, const struct cx_json *run, const struct cx_report_sums *s)
{
    cx_buf_puts(b, "\n### Impact\n\n");
    totals(b, s);
    types(b, run);
    heuristic(b, run);
    cx_markdown_field_person(
        b, "Was issuance stopped in response to this incident, and why or why not?",
        "Yes or No; when it was stopped and resumed, which systems, and why; if not, what "
        "keeps the fault from happening again meanwhile.");
    analysis(b, s);
    considerations(b, run);
}
