#include "incident/report_markdown_priv.h"

/* R-INC-3: below this a list with all columns is demanded. */
#define LINKS_FROM 10000

/* R-INC-1: from awareness. */
#define FINDINGS_S   86400
#define DISCLOSURE_S 259200

static void
cell_count(struct cx_buf *b, const struct cx_json *object, const char *member)
{
    cx_report_put_count(b, cx_report_integer(object, member));
    cx_buf_puts(b, " |");
}

static void
cell_text(struct cx_buf *b, const struct cx_json *object, const char *member)
{
    cx_str text = cx_report_string(object, member);

    cx_markdown_put(b, text.n != 0 ? text : CX_STR("N/A"));
    cx_buf_puts(b, " |");
}

/* A table with one row for each object: member by member; those that begin with "#" are counts. */
static void
table(struct cx_buf *b, const struct cx_json *rows, const char *head, const char *const *members,
      size_t n)
{
    cx_buf_printf(b, "\n%s\n|", head);
    for (size_t i = 0; i < n; i++) {
        cx_buf_puts(b, "---|");
    }
    cx_buf_puts(b, "\n");
    for (size_t r = 0; r < cx_json_size(rows); r++) {
        cx_buf_puts(b, "|");
        for (size_t i = 0; i < n; i++) {
            cx_buf_puts(b, " ");
            if (members[i][0] == '#') {
                cell_count(b, cx_json_at(rows, r), members[i] + 1);
            } else {
                cell_text(b, cx_json_at(rows, r), members[i]);
            }
        }
        cx_buf_puts(b, "\n");
    }
}

static const struct cx_json *
find(const struct cx_json *rows, const char *member, cx_str value)
{
    for (size_t i = 0; i < cx_json_size(rows); i++) {
        if (cx_str_equal(cx_report_string(cx_json_at(rows, i), member), value)) {
            return cx_json_at(rows, i);
        }
    }
    return NULL;
}

/* R-PRF-8: a remedy that the rules do not give is said to be one. */
static void
chosen_remedy(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *remedy =
        find(cx_json_get(run, "remedies"), "remedy", cx_report_string(run, "default_remedy"));
    bool in_line = cx_report_is(remedy, "in_line", "yes");

    if (remedy == NULL) {
        return;
    }
    cx_buf_puts(b, "\nRemedy: ");
    cx_markdown_put(b, cx_report_string(remedy, "title"));
    cx_buf_puts(b, ". ");
    cx_buf_puts(b, "Of the certificates that are neither expired nor revoked it revokes ");
    cx_report_put_count(b, cx_report_integer(remedy, "revoke"));
    cx_buf_puts(b, " and spares ");
    cx_report_put_count(b, cx_report_integer(remedy, "spare"));
    cx_buf_puts(b, ". ");
    cx_buf_puts(b,
                in_line ? "" : "It departs from the text of the rules at the time of awareness: ");
    cx_markdown_put(b, cx_report_string(remedy, "why"));
    cx_buf_printf(b, " [%s]\n", in_line ? "proven" : "likely");
}

void
cx_markdown_appendix(struct cx_buf *b, const struct cx_json *run, int64_t affected)
{
    static const char *const inputs[] = { "path",      "kind",      "format",   "#records",
                                          "#observed", "#rejected", "#ignored", "sha256" };
    static const char *const matrix[] = { "class", "process", "#certificates", "#remaining_valid" };
    static const char *const grades[] = { "grade", "#certificates" };

    cx_buf_puts(b, "\n### Appendix\n\n");
    cx_buf_puts(b,
                affected < LINKS_FROM
                    ? "TODO(person): attach the list of certificates of this run as CSV.\n"
                    : "TODO(person): attach the list of links, or the list of certificates as CSV, "
                      "of this run.\n");
    cx_buf_puts(b, "\nMade by ");
    cx_markdown_put(b, cx_report_string(run, "program"));
    cx_buf_puts(b, " at ");
    cx_markdown_put_minute(b, cx_report_string(run, "made"));
    cx_buf_puts(b, "; run ");
    cx_markdown_put_code(b, cx_report_string(run, "run"));
    cx_buf_puts(
        b, ", the same for the same inputs, options and program.\n"
           "\nproven: follows from the inputs below. likely: the inputs speak for it. unknown: "
           "they do not say.\n");
    chosen_remedy(b, run);
    cx_buf_puts(b,
                "\nWhat the evidence shows, and whether issuance consulted the check: [proven]\n");
    table(b, cx_json_get(run, "matrix"), "| Class | Process | Certificates | Remaining valid |",
          matrix, CX_COUNT(matrix));
    cx_buf_puts(b, "\nGrade of that evidence: A signed proof, B complete DNS messages, C parsed "
                   "records, D a verdict alone, E a question alone. [proven]\n");
    table(b, cx_json_get(run, "grades"), "| Grade | Certificates |", grades, CX_COUNT(grades));
    cx_buf_puts(b, "\nInputs; every record is observed, rejected or ignored. [proven]\n");
    table(b, cx_json_get(run, "inputs"),
          "| Input | Kind | Format | Records | Observed | Rejected | Ignored | SHA-256 |", inputs,
          CX_COUNT(inputs));
}

/* ---- not filed */

static void
put_after(struct cx_buf *b, cx_time aware, cx_time seconds, const char *what)
{
    char text[CX_TIME_TEXT];

    cx_time_format(aware + seconds, text);
    cx_buf_printf(b, "- %.10s %.5s UTC: %s\n", text, text + 11, what);
}

/* R-INC-1, R-REV-5 */
static void
deadlines(struct cx_buf *b, const struct cx_json *run)
{
    cx_time aware;

    cx_buf_puts(b, "\n## Deadlines of the report\n\n");
    if (cx_ok(cx_time_parse(cx_report_string(cx_json_get(run, "options"), "aware"), &aware))) {
        put_after(b, aware, FINDINGS_S, "preliminary findings to reporter and subscribers.");
        put_after(b, aware, DISCLOSURE_S, "first disclosure, preliminary or full.");
    } else {
        cx_buf_puts(b, "- When the CA became aware was not given: findings are due 24 hours, the "
                       "first disclosure 72 hours after it.\n");
    }
    cx_buf_puts(
        b, "- 14 days after the first disclosure: full report.\n"
           "- Questions are answered within 7 days; the report is updated every 7 days or by its "
           "\"Next update\", action items within 3 days of a change.\n"
           "- A missed revocation deadline is an incident of its own.\n"
           "\nSummary of the bug: CA owner as in CCADB, a colon, then: ");
    cx_markdown_put(b, cx_report_string(run, "title"));
    cx_buf_puts(b, "\n");
}

static void
decision(struct cx_buf *b, const struct cx_json *run)
{
    static const char *const remedies[] = { "title",  "#revoke",        "#unused_permit",
                                            "#spare", "#unused_spared", "in_line",
                                            "why" };
    static const char *const differences[] = { "of", "and", "#only_of", "#only_and", "#both" };
    const struct cx_json *recheck = cx_json_get(run, "recheck");

    cx_buf_puts(b, "\n## Remedies compared\n");
    table(
        b, cx_json_get(run, "remedies"),
        "| Remedy | Would revoke | of these UNUSED-PERMIT | Would spare | of these UNUSED-PERMIT | "
        "In line with the rules | Why |",
        remedies, CX_COUNT(remedies));
    table(b, cx_json_get(run, "differences"),
          "| Of | And | Only the first revokes | Only the second | Both |", differences,
          CX_COUNT(differences));
    if (cx_json_kind_of(recheck) == CX_JSON_OBJECT) {
        cx_buf_puts(b, "\nDNS now: ");
        cx_report_put_count(b, cx_report_integer(recheck, "permits_now"));
        cx_buf_puts(b, " permit, ");
        cx_report_put_count(b, cx_report_integer(recheck, "denies_now"));
        cx_buf_puts(b, " deny, ");
        cx_report_put_count(b, cx_report_integer(recheck, "fails_now"));
        cx_buf_puts(b, " fail. This orders the work, and changes no class (R-PRF-6).\n");
    }
}

static void
precedents(struct cx_buf *b, const struct cx_json *run)
{
    static const char *const members[] = { "reference", "date", "ca", "remedy", "reaction" };

    cx_buf_puts(b, "\n## What others did with the same root cause, and how it was taken\n");
    table(b, cx_json_get(run, "precedents"), "| Reference | Date | CA | Remedy | Reaction |",
          members, CX_COUNT(members));
}

/* What root programs and reviewers did not accept, or what changed since it was. */
static void
rejected(struct cx_buf *b)
{
    static const char *const rows[][2] = {
        { "DNS permits today, so the certificate may stay.",
          "Accepted in 2018 for lack of logs (bug 1462735), contested in 2019 (bug 1550645), given "
          "up "
          "by a CA itself in 2020 (bug 1619179). Since 2026-03-31 a check that was not performed "
          "correctly is by itself a reason to revoke within 24 hours." },
        { "The records would have permitted: a right outcome.",
          "A failed control is not mended by its outcome (bug 1550645)." },
        { "Our log says that it was checked and empty.",
          "A conclusion is no evidence; refuted from outside (bug 1398545)." },
        { "The log line is missing, but the check surely ran.",
          "Taken as a missing check (bug 1619047), and as a violation itself (bug 2052085)." },
        { "Processed, lower-cased or normalised records show it.",
          "Not sufficient (bug 1462735)." },
        { "A sample was fine.", "Never accepted as scope." },
        { "The applicant consented, by letter, account or contract.",
          "Irrelevant outside DNS (bug 1485413)." },
        { "The domains are our own, or we run their DNS.",
          "No exemption holds (bugs 1841534, 1729097)." },
        { "Not exploitable; few certificates; low volume; no harm.",
          "Ignored, and listed as bad practice where nobody can substantiate it." },
        { "The auditor found nothing.", "Not sufficient alone in any case seen." },
        { "Subscribers cannot replace in time; the systems are critical.",
          "Rejected as a reason for delay unless harm to third parties is concrete and shown, for "
          "each "
          "certificate." },
        { "Permission was given later.", "Does not cure what was signed before." },
    };

    cx_buf_puts(b, "\n## Said before and rejected\n\nNone of these belongs into the filing.\n\n"
                   "| What was said | What became of it |\n|---|---|\n");
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        cx_buf_printf(b, "| %s | %s |\n", rows[i][0], rows[i][1]);
    }
}

void
cx_markdown_not_filed(struct cx_buf *b, const struct cx_json *run)
{
    deadlines(b, run);
    decision(b, run);
    precedents(b, run);
    rejected(b);
}
