#include "bin/caaproof/import.h"
#include "bin/caaproof/listed.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"
#include "incident/coverage.h"

#include <inttypes.h>

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

static void
print_source(const struct cx_json *source)
{
    const struct cx_json *gaps = cx_json_get(source, "gaps");

    print_text(source, "source");
    printf(" (");
    print_text(source, "format");
    printf("): %" PRId64 " observations, ", number(source, "observations"));
    print_text(source, "first");
    printf(" to ");
    print_text(source, "last");
    printf("\n");
    for (size_t i = 0; i < cx_json_size(gaps); i++) {
        const struct cx_json *gap = cx_json_at(gaps, i);

        printf("  %ssilent%s ", paint_on(stdout, PAINT_DOUBT), paint_off(stdout));
        print_text(gap, "from");
        printf(" to ");
        print_text(gap, "to");
        printf(", %" PRId64 " days\n", number(gap, "days"));
    }
}

static void
print_clocks(const struct cx_json *coverage)
{
    const struct cx_json *clocks = cx_json_get(coverage, "clocks");

    for (size_t i = 0; i < cx_json_size(clocks); i++) {
        const struct cx_json *clock = cx_json_at(clocks, i);

        print_text(clock, "other");
        printf(" tells the time %+" PRId64 " s from ", number(clock, "other_later_by_s"));
        print_text(clock, "source");
        printf(", by the median of what both saw\n");
    }
}

static void
print_day(const struct cx_json *day, bool total)
{
    static const char *const grades[] = { "A", "B", "C", "D", "E", "none" };
    int64_t names = number(day, "names");

    if (total) {
        printf("%-10s", "all");
    } else {
        print_text(day, "day");
    }
    printf(" %12" PRId64 " %10" PRId64, number(day, "certificates"), names);
    for (size_t i = 0; i < CX_COUNT(grades); i++) {
        int64_t n = number(day, grades[i]);

        printf(" %5" PRId64 ".%" PRId64 "%%", names != 0 ? n * 100 / names : 0,
               names != 0 ? n * 1000 / names % 10 : 0);
    }
    printf("\n");
}

static void
print(const struct cx_json *coverage)
{
    const struct cx_json *sources = cx_json_get(coverage, "sources");
    const struct cx_json *days = cx_json_get(coverage, "days");

    for (size_t i = 0; i < cx_json_size(sources); i++) {
        print_source(cx_json_at(sources, i));
    }
    print_clocks(coverage);
    printf("\nNames signed on each day, by the best evidence in their window (A signed proof, B "
           "message, C "
           "records,\nD conclusion, E question):\n%-10s %12s %10s %7s %7s %7s %7s %7s %7s\n",
           "day", "certificates", "names", "A", "B", "C", "D", "E", "none");
    for (size_t i = 0; i < cx_json_size(days); i++) {
        print_day(cx_json_at(days, i), false);
    }
    print_day(cx_json_get(coverage, "total"), true);
}

static cx_status
cover(struct cx_archive *archive, const char *const *lists, size_t n, struct cx_json **ret,
      struct cx_detail *detail)
{
    struct cx_lists all = { .paths = lists, .n = n };
    struct cx_certificate_counts counts;
    struct cx_certificates *certificates;
    cx_status s;

    CX_TRY(listed_open(&all, &counts, &certificates, detail));
    s = cx_coverage(certificates, archive, ret, detail);
    cx_certificates_close(certificates);
    return s;
}

cx_status
import_coverage(struct cx_archive *archive, const char *const *lists, size_t n, bool json,
                struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *coverage = NULL;

    CX_TRY(cover(archive, lists, n, &coverage, detail));
    if (json) {
        return output_json(coverage);
    }
    print(coverage);
    return CX_SUCCESS;
}
