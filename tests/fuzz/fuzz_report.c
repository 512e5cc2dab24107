/* Whatever text a run has: no cell begins a formula or ends early, no row has more cells, nothing of it is markup in the page or in
 * the text, and nothing of it acts on a terminal. */
#include "base/utf8.h"
#include "fuzz.h"
#include "incident/report.h"

#define COLUMNS 20

static const char *const run_texts[] = { "run", "made", "program", "title", "default_remedy" };
static const char *const run_arrays[] = { "inputs",     "matrix",      "grades", "reasons",
                                          "remedies",   "differences", "duties", "days",
                                          "statements", "precedents" };
static const char *const run_counts[] = { "certificates",    "pairs",   "names",
                                          "remaining_valid", "expired", "revoked",
                                          "short_lived",     "rejected" };
static const char *const members[] = { "path",      "kind", "sha256", "title",          "why",
                                       "mark",      "text", "rule",   "first_deadline", "date",
                                       "reference", "what", "class",  "process",        "reason" };
static const char *const row_texts[] = { "certificate", "precertificate", "serial",
                                         "issuer",      "subject",        "class",
                                         "process",     "grade",          "account",
                                         "subscriber",  "source",         "deadline",
                                         "rule",        "revoked",        "revocation_reason" };

static struct cx_json *
object_with(const char *const *names, size_t n, cx_str text)
{
    struct cx_json *object = cx_json_new_object();

    for (size_t i = 0; i < n; i++) {
        MUST(cx_json_set(object, names[i], cx_json_new_string(text)));
    }
    return object;
}

static struct cx_json *
run_of(cx_str text)
{
    struct cx_json *run = object_with(run_texts, CX_COUNT(run_texts), text);
    struct cx_json *counts = cx_json_new_object();

    for (size_t i = 0; i < CX_COUNT(run_arrays); i++) {
        struct cx_json *array = cx_json_new_array();

        MUST(cx_json_add(array, object_with(members, CX_COUNT(members), text)));
        MUST(cx_json_set(run, run_arrays[i], array));
    }
    for (size_t i = 0; i < CX_COUNT(run_counts); i++) {
        MUST(cx_json_set(counts, run_counts[i], cx_json_new_integer((int64_t)i)));
    }
    MUST(cx_json_set(run, "schema", cx_json_new_integer(1)));
    MUST(cx_json_set(run, "counts", counts));
    MUST(cx_json_set(run, "options", object_with(members, 1, text)));
    MUST(cx_json_set(run, "period", object_with(members, 1, text)));
    return run;
}

static struct cx_json *
row_of(cx_str text)
{
    static const char *const of_name[] = { "name", "verdict", "found_at", "checked" };
    struct cx_json *row = object_with(row_texts, CX_COUNT(row_texts), text);
    struct cx_json *names = cx_json_new_array(), *records = cx_json_new_array();
    struct cx_json *name = object_with(of_name, CX_COUNT(of_name), text);

    MUST(cx_json_add(records, cx_json_new_string(text)));
    MUST(cx_json_set(name, "records", records));
    MUST(cx_json_add(names, name));
    MUST(cx_json_set(row, "names", names));
    MUST(cx_json_set(row, "status", cx_json_new_text("revoked")));
    MUST(cx_json_set(row, "remedies", cx_json_new_object()));
    return row;
}

struct one {
    const struct cx_json *row;
    bool given;
};

static cx_status
next(void *ctx, const struct cx_json **ret, struct cx_detail *detail __attribute__((unused)))
{
    struct one *one = ctx;

    *ret = one->given ? NULL : one->row;
    one->given = true;
    return CX_SUCCESS;
}

enum kind {
    CSV,
    TEXT,
    PAGE,
};

static cx_status
write_kind(enum kind kind, const struct cx_json *run, const struct cx_report_rows *rows, FILE *out)
{
    switch (kind) {
    case CSV:
        return cx_report_lists(rows, NULL, &(struct cx_report_lists){ .csv = out }, NULL);
    case TEXT:
        return cx_report_markdown(run, true, out, NULL);
    case PAGE:
        return cx_report_html(run, rows, 10, out, NULL);
    }
    abort();
}

static char *
written(enum kind kind, const struct cx_json *run, const struct cx_json *row, size_t *ret_n)
{
    struct one one = { .row = row };
    struct cx_report_rows rows = { next, &one };
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_n);

    MUST(out != NULL);
    MUST(write_kind(kind, run, &rows, out).code == CX_OK);
    MUST(fclose(out) == 0);
    return text;
}

/* A cell from text[*at] on; *at moves behind its separator. Gives the octet that it begins with, without quotes. */
static char
read_cell(const char *text, size_t n, size_t *at)
{
    bool quoted = text[*at] == '"';
    char first;

    *at += quoted ? 1 : 0;
    first = text[*at];
    for (; *at < n; (*at)++) {
        if (quoted && text[*at] == '"') {
            (*at)++;
            if (text[*at] != '"') {
                break;
            }
        } else if (!quoted && (text[*at] == ',' || text[*at] == '\r')) {
            break;
        }
    }
    MUST(*at < n && (text[*at] == ',' || text[*at] == '\r'));
    return first;
}

static void
check_csv(const char *text, size_t n)
{
    for (size_t at = 0; at < n; at++) {
        size_t cells = 0;

        for (;; at++) {
            char first = read_cell(text, n, &at);

            MUST(first != '=' && first != '+' && first != '-' && first != '@');
            cells++;
            if (text[at] == '\r') {
                break;
            }
        }
        at++;
        MUST(cells == COLUMNS && text[at] == '\n');
    }
}

static void
check_visible(const char *text, size_t n)
{
    uint32_t point = 0;

    for (size_t at = 0, length; at < n; at += length) {
        length = cx_utf8_first((cx_span){ (const uint8_t *)text + at, n - at }, &point);
        MUST(length != 0);
        MUST(!cx_utf8_invisible(point) || point == '\n' || point == '\r');
    }
}

/* "<" is escaped, or within code, which nothing from outside begins or ends. */
static void
check_text(const char *text, size_t n)
{
    bool code = false;

    check_visible(text, n);
    for (size_t i = 0; i < n; i++) {
        bool escaped = !code && i > 0 && text[i - 1] == '\\';

        if (text[i] == '`' && !escaped) {
            code = !code;
        }
        MUST(text[i] != '<' || code || escaped);
        MUST(text[i] != '\n' || !code);
    }
}

static void
check_page(const char *text)
{
    static const char begin[] = "id=\"data\">";
    const char *data = strstr(text, begin), *end;

    MUST(data != NULL);
    data += sizeof(begin) - 1;
    end = strchr(data, '<');
    MUST(end != NULL && strncmp(end, "</script>", 9) == 0);
    MUST(end[-1] == '}' && end[-2] == ']');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_str text = { (const char *)data, size };
    struct cx_json *run, *row;
    char *out;
    size_t n;

    if (!cx_utf8_valid((cx_span){ data, size })) {
        return 0; /* no text of JSON */
    }
    run = run_of(text);
    row = row_of(text);
    out = written(CSV, run, row, &n);
    check_csv(out, n);
    check_visible(out, n);
    free(out);
    out = written(TEXT, run, row, &n);
    check_text(out, n);
    free(out);
    out = written(PAGE, run, row, &n);
    check_page(out);
    free(out);
    cx_json_free(run);
    cx_json_free(row);
    return 0;
}
