#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"
#include "bin/caaproof/triage.h"
#include "incident/duty.h"

#include <inttypes.h>

static int64_t
number(const struct cx_json *json, const char *member)
{
    int64_t n = 0;

    (void)cx_json_integer(cx_json_get(json, member), &n); /* null: 0, and the caller knows */
    return n;
}

static cx_str
text(const struct cx_json *json, const char *member)
{
    cx_str s = CX_STR("-");

    (void)cx_json_string(cx_json_get(json, member), &s); /* null: "-" */
    return s;
}

static void
print_text(cx_str s)
{
    output_escaped(stdout, cx_span_of_str(s));
}

static const char *
certificates(int64_t n)
{
    return n == 1 ? " certificate" : " certificates";
}

static void
heading(const char *words)
{
    printf("\n%s%s%s\n", paint_on(stdout, PAINT_BOLD), words, paint_off(stdout));
}

static void
print_counts(const struct cx_json *run)
{
    const struct cx_json *counts = cx_json_get(run, "counts");
    const struct cx_json *period = cx_json_get(run, "period");

    printf("%" PRId64 "%s with %" PRId64 " names, signed ", number(counts, "certificates"),
           certificates(number(counts, "certificates")), number(counts, "names"));
    print_text(text(period, "first_signed"));
    printf(" to ");
    print_text(text(period, "last_signed"));
    printf("\n%" PRId64 " valid, %" PRId64 " expired, %" PRId64
           " revoked when the CA became aware, ",
           number(counts, "remaining_valid"), number(counts, "expired"), number(counts, "revoked"));
    print_text(text(cx_json_get(run, "options"), "aware"));
    printf("\n");
    if (number(counts, "rejected") != 0) {
        printf("%s%" PRId64 " rows of the lists could not be read: see rejects.csv%s\n",
               paint_on(stdout, PAINT_BAD), number(counts, "rejected"), paint_off(stdout));
    }
    if (number(counts, "assumed_utc") != 0) {
        printf("%s%" PRId64 " rows of the lists have times without a zone, taken for UTC: --zone "
               "states another%s\n",
               paint_on(stdout, PAINT_DOUBT), number(counts, "assumed_utc"), paint_off(stdout));
    }
}

/* Of the lists of what the process consulted: how many of their lines name a certificate at all. */
static void
print_marks(FILE *out, const struct cx_json *run, bool all)
{
    const struct cx_json *inputs = cx_json_get(run, "inputs");

    for (size_t i = 0; i < cx_json_size(inputs); i++) {
        const struct cx_json *input = cx_json_at(inputs, i);
        int64_t unmatched = number(input, "unmatched");
        cx_str path = text(input, "path");

        if (cx_json_get(input, "matched") == NULL ||
            (!all && unmatched == 0 && number(input, "records") != 0)) {
            continue;
        }
        output_plain(out, path); /* is escaped */
        fprintf(out, ": %" PRId64 " of %" PRId64 " lines name a certificate of the lists",
                number(input, "matched"), number(input, "records"));
        if (unmatched != 0) {
            fprintf(out, ", %s%" PRId64 " name none%s", paint_on(out, PAINT_BAD), unmatched,
                    paint_off(out));
        }
        fputc('\n', out);
    }
}

void
triage_warn(const struct cx_json *run)
{
    print_marks(stderr, run, false);
}

static enum paint
paint_of_class(cx_str class)
{
    return cx_str_equal(class, CX_STR("PROVEN"))        ? PAINT_GOOD
           : cx_str_equal(class, CX_STR("PROVEN-DENY")) ? PAINT_BAD
                                                        : PAINT_DOUBT;
}

static void
print_matrix(const struct cx_json *run)
{
    const struct cx_json *matrix = cx_json_get(run, "matrix");

    heading("What the archive shows, and whether issuance consulted the check");
    for (size_t i = 0; i < cx_json_size(matrix); i++) {
        const struct cx_json *cell = cx_json_at(matrix, i);
        cx_str class = text(cell, "class");
        cx_str process = text(cell, "process");

        printf("  %s%-13.*s%s  %-13.*s %9" PRId64 "   %" PRId64 " still valid\n",
               paint_on(stdout, paint_of_class(class)), (int)class.n, class.p, paint_off(stdout),
               (int)process.n, process.p, number(cell, "certificates"),
               number(cell, "remaining_valid"));
    }
}

static void
print_remedy(const struct cx_json *remedy)
{
    cx_str word = text(remedy, "remedy");
    cx_str in_line = text(remedy, "in_line");
    cx_str title = text(remedy, "title");
    bool available = false;

    (void)cx_json_bool(cx_json_get(remedy, "available"), &available); /* else false */
    printf("  %s%-8.*s%s ", paint_on(stdout, PAINT_BOLD), (int)word.n, word.p, paint_off(stdout));
    if (available) {
        printf("%9" PRId64 " revoked, %9" PRId64 " spared", number(remedy, "revoke"),
               number(remedy, "spare"));
    } else {
        printf("%38s", "not available");
    }
    printf("   %.*s\n", (int)title.n, title.p);
    if (number(remedy, "unused_permit") + number(remedy, "unused_spared") != 0 && available) {
        printf("           %" PRId64 " of the revoked and %" PRId64
               " of the spared are UNUSED-PERMIT\n",
               number(remedy, "unused_permit"), number(remedy, "unused_spared"));
    }
    printf("           in line with the rules: %.*s. ", (int)in_line.n, in_line.p);
    print_text(text(remedy, "why"));
    printf("\n");
}

static void
print_remedies(const struct cx_json *run)
{
    const struct cx_json *remedies = cx_json_get(run, "remedies");

    heading("Remedies, of certificates that are still valid and not short-lived");
    for (size_t i = 0; i < cx_json_size(remedies); i++) {
        print_remedy(cx_json_at(remedies, i));
    }
}

const char *
triage_duty_words(cx_str duty)
{
    return cx_str_equal(duty, CX_STR("24h"))  ? "within 24 hours"
           : cx_str_equal(duty, CX_STR("5d")) ? "within 5 days"
                                              : "no duty";
}

void
triage_print_rule(cx_str rule)
{
    const char *sentence = cx_duty_source(rule);

    if (sentence != NULL) {
        printf(" (%.*s: %s)", (int)rule.n, rule.p, sentence);
    }
}

static void
print_duties(const struct cx_json *run)
{
    const struct cx_json *duties = cx_json_get(run, "duties");

    heading("What is to be revoked by when, by the rules in force when the CA became aware");
    for (size_t i = 0; i < cx_json_size(duties); i++) {
        const struct cx_json *duty = cx_json_at(duties, i);
        cx_str word = text(duty, "duty");

        printf("  %-15s %9" PRId64 "%s", triage_duty_words(word), number(duty, "certificates"),
               certificates(number(duty, "certificates")));
        if (!cx_str_equal(word, CX_STR("none"))) {
            printf(", the first by ");
            print_text(text(duty, "first_deadline"));
        }
        triage_print_rule(text(duty, "rule"));
        printf("\n");
        if (number(duty, "late") != 0) {
            printf("  %s%27" PRId64 " of them are past their deadline: an incident to report of "
                   "its own%s\n",
                   paint_on(stdout, PAINT_BAD), number(duty, "late"), paint_off(stdout));
        }
    }
}

static void
print_statements(const struct cx_json *run)
{
    const struct cx_json *statements = cx_json_get(run, "statements");

    heading("What can be said");
    for (size_t i = 0; i < cx_json_size(statements); i++) {
        cx_str mark = text(cx_json_at(statements, i), "mark");

        printf("  %-8.*s ", (int)mark.n, mark.p);
        print_text(text(cx_json_at(statements, i), "text"));
        printf("\n");
    }
}

void
triage_print(const struct cx_json *run)
{
    print_counts(run);
    print_marks(stdout, run, true);
    print_matrix(run);
    print_remedies(run);
    print_duties(run);
    print_statements(run);
}
