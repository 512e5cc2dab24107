#include "bin/caaproof/import.h"
#include "bin/caaproof/listed.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"
#include "incident/coverage.h"

#include <inttypes.h>
#include <string.h>

/* Silent times of a source that are listed. */
#define GAPS_SHOWN 6
/* More days than this are summed by month. */
#define DAYS_SHOWN 62
#define GRADES     6

static const char *const grades[GRADES] = { "A", "B", "C", "D", "E", "none" };

/* A line of the table. */
struct line {
    char what[sizeof("2026-11-26")];
    int64_t certificates;
    int64_t names;
    int64_t graded[GRADES];
};

static int64_t
number(const struct cx_json *json, const char *member)
{
    int64_t n = 0;

    (void)cx_json_integer(cx_json_get(json, member), &n); /* of our own JSON */
    return n;
}

static void
print_text(const struct cx_json *json, const char *member)
{
    cx_str text = CX_STR("-");

    (void)cx_json_string(cx_json_get(json, member), &text); /* null: "-" */
    output_escaped(stdout, cx_span_of_str(text));
}

/* The days of the longest gaps, longest first. */
static void
find_longest(const struct cx_json *gaps, int64_t ret[GAPS_SHOWN])
{
    memset(ret, 0, GAPS_SHOWN * sizeof(*ret));
    for (size_t i = 0; i < cx_json_size(gaps); i++) {
        int64_t days = number(cx_json_at(gaps, i), "days");

        for (size_t k = 0; k < GAPS_SHOWN; k++) {
            if (days > ret[k]) {
                int64_t shorter = ret[k];

                ret[k] = days;
                days = shorter;
            }
        }
    }
}

/* Whether a gap of so many days is one of them, of which each is told once. */
static bool
take_longest(int64_t longest[GAPS_SHOWN], int64_t days)
{
    for (size_t k = 0; k < GAPS_SHOWN; k++) {
        if (longest[k] == days) {
            longest[k] = 0;
            return true;
        }
    }
    return false;
}

/* The longest, in order of time, and how many others there are. */
static void
print_gaps(const struct cx_json *gaps)
{
    int64_t longest[GAPS_SHOWN];
    int64_t others = 0;
    int64_t days = 0;

    find_longest(gaps, longest);
    for (size_t i = 0; i < cx_json_size(gaps); i++) {
        const struct cx_json *gap = cx_json_at(gaps, i);
        int64_t n = number(gap, "days");

        if (!take_longest(longest, n)) {
            others++;
            days += n;
            continue;
        }
        printf("  %ssilent%s ", paint_on(stdout, PAINT_DOUBT), paint_off(stdout));
        print_text(gap, "from");
        printf(" to ");
        print_text(gap, "to");
        printf(", %" PRId64 " %s\n", n, n == 1 ? "day" : "days");
    }
    if (others != 0) {
        printf("  and %" PRId64 " shorter gaps of %" PRId64 " days (--json lists them)\n", others,
               days);
    }
}

static void
print_source(const struct cx_json *source)
{

    print_text(source, "source");
    printf(" (");
    print_text(source, "format");
    printf("): %" PRId64 " observations, ", number(source, "observations"));
    print_text(source, "first");
    printf(" to ");
    print_text(source, "last");
    printf("\n");
    print_gaps(cx_json_get(source, "gaps"));
}

static void
print_clocks(const struct cx_json *coverage)
{
    const struct cx_json *clocks = cx_json_get(coverage, "clocks");

    for (size_t i = 0; i < cx_json_size(clocks); i++) {
        const struct cx_json *clock = cx_json_at(clocks, i);

        int64_t later = number(clock, "other_later_by_s");

        print_text(clock, "other");
        printf(" is %" PRId64 " s %s ", later < 0 ? -later : later,
               later < 0 ? "before" : "behind");
        print_text(clock, "source");
        printf(", by the median of what both saw: their clocks, or what they log\n");
    }
}

/* A day's numbers, to those of its month or to a line of its own. */
static void
add_day(struct line *line, const struct cx_json *day)
{
    line->certificates += number(day, "certificates");
    line->names += number(day, "names");
    for (size_t i = 0; i < GRADES; i++) {
        line->graded[i] += number(day, grades[i]);
    }
}

static void
print_line(const struct line *line)
{
    printf("%-10s %12" PRId64 " %10" PRId64, line->what, line->certificates, line->names);
    for (size_t i = 0; i < GRADES; i++) {
        int64_t n = line->graded[i];

        printf(" %5" PRId64 ".%" PRId64 "%%", line->names != 0 ? n * 100 / line->names : 0,
               line->names != 0 ? n * 1000 / line->names % 10 : 0);
    }
    printf("\n");
}

static void
print_days(const struct cx_json *days)
{
    size_t label = cx_json_size(days) > DAYS_SHOWN ? strlen("2026-11") : strlen("2026-11-26");
    struct line line = { .certificates = 0 };

    for (size_t i = 0; i < cx_json_size(days); i++) {
        const struct cx_json *day = cx_json_at(days, i);
        cx_str date = CX_STR("");

        (void)cx_json_string(cx_json_get(day, "day"), &date); /* of our own JSON */
        if (i != 0 && strncmp(line.what, date.p, label) != 0) {
            print_line(&line);
            line = (struct line){ .certificates = 0 };
        }
        (void)snprintf(line.what, sizeof(line.what), "%.*s", (int)label, date.p); /* fits */
        add_day(&line, day);
    }
    if (cx_json_size(days) != 0) {
        print_line(&line);
    }
}

static void
print(const struct cx_json *coverage)
{
    const struct cx_json *sources = cx_json_get(coverage, "sources");
    struct line all = { .what = "all" };

    for (size_t i = 0; i < cx_json_size(sources); i++) {
        print_source(cx_json_at(sources, i));
    }
    print_clocks(coverage);
    printf(
        "\nNames by the day of signing, and by the best evidence in the window before it: A signed "
        "proof,\nB complete message, C records, D a conclusion alone, E a question alone.\n"
        "%-10s %12s %10s %7s %7s %7s %7s %7s %7s\n",
        "signed", "certificates", "names", "A", "B", "C", "D", "E", "none");
    print_days(cx_json_get(coverage, "days"));
    add_day(&all, cx_json_get(coverage, "total"));
    print_line(&all);
    if (number(coverage, "rejected") + number(coverage, "undated") != 0) {
        printf("not in the table: %" PRId64 " rows of the lists that could not be read, %" PRId64
               " certificates without a moment of signing\n",
               number(coverage, "rejected"), number(coverage, "undated"));
    }
}

static cx_status
count_rejected(void *ctx, const struct cx_list_read *list)
{
    uint64_t *rejected = ctx;

    *rejected += list->rejected;
    return CX_SUCCESS;
}

/* What is in no day: rows that could not be read, and certificates without a moment of signing. */
static cx_status
add_rest(struct cx_json *coverage, uint64_t rejected, uint64_t certificates)
{
    uint64_t dated = (uint64_t)number(cx_json_get(coverage, "total"), "certificates");

    return cx_json_set_number(coverage, "rejected", rejected) &&
                   cx_json_set_number(coverage, "undated", certificates - dated)
               ? CX_SUCCESS
               : (cx_status){ CX_E_NOMEM };
}

static cx_status
cover(struct cx_archive *archive, struct cx_lists *lists, struct cx_json **ret,
      struct cx_detail *detail)
{
    uint64_t rejected = 0;
    struct cx_certificate_counts counts;
    struct cx_certificates *certificates;
    cx_status s;

    lists->read = count_rejected;
    lists->ctx = &rejected;
    CX_TRY(listed_open(lists, &counts, &certificates, detail));
    s = cx_coverage(certificates, archive, ret, detail);
    cx_certificates_close(certificates);
    CX_TRY(s);
    return add_rest(*ret, rejected, counts.certificates);
}

cx_status
import_coverage(struct cx_archive *archive, struct cx_lists *lists, bool json,
                struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *coverage = NULL;

    CX_TRY(cover(archive, lists, &coverage, detail));
    if (json) {
        return output_json(coverage);
    }
    print(coverage);
    return CX_SUCCESS;
}
