#include "bin/caaproof/report.h"

#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"

static const struct {
    const char *word;
    const char *meaning;
} areas[] = {
    { "GEN", "rule book of the date" },
    { "ID", "kinds of names" },
    { "SYN", "records and tags" },
    { "TAG", "contact and reserved tags" },
    { "VAL", "issue values" },
    { "V44", "issue values, RFC 6844" },
    { "TREE", "search" },
    { "T44", "search, RFC 6844" },
    { "DEC", "decision" },
    { "EMPTY", "sets without restriction" },
    { "CRIT", "critical flag" },
    { "8657", "account and method limits" },
    { "MAIL", "mail certificates" },
    { "VMC", "mark certificates" },
    { "DNS", "failed lookups" },
    { "SEC", "DNSSEC" },
    { "FAIL", "failure exception" },
    { "EXC", "exceptions" },
    { "TIME", "window" },
    { "PRF", "evidence in time" },
    { "P16", "proposal of 2016" },
    { "LAB", "live names of the lab" },
    { "OTHER", "others" },
};

/* What is counted for an area, or for all of them. */
struct counts {
    size_t total;
    size_t passed;
    size_t verdict_right;
    size_t complete;
};

/* The last row takes every area without a row of its own. */
static size_t
area_index(cx_str area)
{
    size_t i = 0;

    while (i + 1 < CX_COUNT(areas) && !cx_str_equal(area, cx_str_of(areas[i].word))) {
        i++;
    }
    return i;
}

static void
count_one(struct counts *counts, const struct outcome *outcome)
{
    counts->total++;
    counts->passed += outcome->passed ? 1 : 0;
    counts->verdict_right += outcome->verdict_right ? 1 : 0;
    counts->complete += outcome->complete ? 1 : 0;
}

static struct counts
count(const struct report *report, struct counts by_area[CX_COUNT(areas)])
{
    struct counts all = { 0, 0, 0, 0 };

    for (size_t i = 0; i < report->n; i++) {
        count_one(&all, &report->v[i]);
        count_one(&by_area[area_index(report->v[i].c->area)], &report->v[i]);
    }
    return all;
}

size_t
report_passed(const struct report *report)
{
    struct counts by_area[CX_COUNT(areas)] = { { 0, 0, 0, 0 } };

    return count(report, by_area).passed;
}

static void
print_row(FILE *out, const char *word, const char *meaning, const struct counts *c)
{
    bool good = c->passed == c->total;

    fprintf(out, "  %s%-6s%s %-27s %s%4zu of %-4zu%s %9zu %13zu\n", paint_on(out, PAINT_BOLD), word,
            paint_off(out), meaning, paint_on(out, good ? PAINT_GOOD : PAINT_BAD), c->passed,
            c->total, paint_off(out), c->verdict_right, c->complete);
}

/* The problem is escaped already. */
static void
print_failure(FILE *out, const struct outcome *o)
{
    fprintf(out, "%s%-8.*s%s ", paint_on(out, PAINT_BAD), (int)o->c->name.n, o->c->name.p,
            paint_off(out));
    output_escaped(out, cx_span_of_str(o->c->about));
    fprintf(out, "\n         %.*s\n", (int)o->problem.n, o->problem.n == 0 ? "" : o->problem.p);
}

void
report_print(FILE *out, const struct report *report)
{
    struct counts by_area[CX_COUNT(areas)] = { { 0, 0, 0, 0 } };
    struct counts all = count(report, by_area);

    fprintf(out, "%s", "  area                               passed    verdict    all details\n");
    for (size_t i = 0; i < CX_COUNT(areas); i++) {
        if (by_area[i].total != 0) {
            print_row(out, areas[i].word, areas[i].meaning, &by_area[i]);
        }
    }
    print_row(out, "", "all", &all);
    fputc('\n', out);
    for (size_t i = 0; i < report->n; i++) {
        if (!report->v[i].passed) {
            print_failure(out, &report->v[i]);
        }
    }
    if (report->remark[0] != '\0') {
        fprintf(out, "%s%s%s\n", paint_on(out, PAINT_DOUBT), report->remark, paint_off(out));
    }
    fprintf(out, "%zu passed, %zu failed\n", all.passed, all.total - all.passed);
}

static struct cx_json *
number(size_t n)
{
    return cx_json_new_integer((int64_t)n);
}

static bool
set_counts(struct cx_json *to, const struct counts *c)
{
    return cx_json_set(to, "total", number(c->total)) &&
           cx_json_set(to, "passed", number(c->passed)) &&
           cx_json_set(to, "failed", number(c->total - c->passed)) &&
           cx_json_set(to, "verdict_right", number(c->verdict_right)) &&
           cx_json_set(to, "details_right", number(c->complete));
}

static struct cx_json *
areas_to_json(const struct counts by_area[CX_COUNT(areas)])
{
    struct cx_json *out = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; ok && i < CX_COUNT(areas); i++) {
        if (by_area[i].total != 0) {
            struct cx_json *row = cx_json_new_object();

            ok = cx_json_set(row, "area", cx_json_new_text(areas[i].word)) &&
                 set_counts(row, &by_area[i]);
            ok = cx_json_add(out, row) && ok;
        }
    }
    return cx_json_whole(out, ok);
}

static struct cx_json *
outcome_to_json(const struct outcome *o)
{
    struct cx_json *out = cx_json_new_object();
    bool ok =
        cx_json_set(out, "case", cx_json_new_string(o->c->name)) &&
        cx_json_set(out, "area", cx_json_new_string(o->c->area)) &&
        cx_json_set(out, "about", cx_json_new_string(o->c->about)) &&
        cx_json_set(out, "passed", cx_json_new_bool(o->passed)) &&
        cx_json_set(out, "verdict_right", cx_json_new_bool(o->verdict_right)) &&
        cx_json_set(out, "details_right", cx_json_new_bool(o->complete)) &&
        cx_json_set(out, "expected", cx_json_copy(o->c->expect)) &&
        cx_json_set(out, "got", o->got.n != 0 ? cx_json_new_string(o->got) : cx_json_new_null()) &&
        cx_json_set(out, "problem",
                    o->problem.n != 0 ? cx_json_new_string(o->problem) : cx_json_new_null());

    return cx_json_whole(out, ok);
}

struct cx_json *
report_to_json(const struct report *report)
{
    struct counts by_area[CX_COUNT(areas)] = { { 0, 0, 0, 0 } };
    struct counts all = count(report, by_area);
    struct cx_json *out = cx_json_new_object(), *cases = cx_json_new_array();
    bool ok = cx_json_set(out, "schema", cx_json_new_integer(1)) &&
              cx_json_set(out, "checker", cx_json_new_text(report->checker)) &&
              set_counts(out, &all) && cx_json_set(out, "areas", areas_to_json(by_area)) &&
              cx_json_set(out, "remark",
                          report->remark[0] != '\0' ? cx_json_new_text(report->remark)
                                                    : cx_json_new_null());

    for (size_t i = 0; ok && i < report->n; i++) {
        ok = cx_json_add(cases, outcome_to_json(&report->v[i]));
    }
    ok = cx_json_set(out, "cases", cases) && ok;
    return cx_json_whole(out, ok);
}
