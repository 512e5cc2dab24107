#include "base/utf8.h"
#include "incident/duty.h"
#include "incident/report_priv.h"

#include <inttypes.h>

cx_str
cx_report_string(const struct cx_json *object, const char *member)
{
    cx_str text = CX_STR("");

    (void)cx_json_string(cx_json_get(object, member), &text); /* else it stays empty */
    return text;
}

int64_t
cx_report_integer(const struct cx_json *object, const char *member)
{
    int64_t n = 0;

    (void)cx_json_integer(cx_json_get(object, member), &n); /* else it stays 0 */
    return n;
}

bool
cx_report_is(const struct cx_json *object, const char *member, const char *word)
{
    return cx_str_equal(cx_report_string(object, member), cx_str_of(word));
}

bool
cx_report_true(const struct cx_json *object, const char *member)
{
    bool is = false;

    return cx_json_bool(cx_json_get(object, member), &is) && is;
}

static cx_status
check_kinds(const struct cx_json *object, const char *const *members, enum cx_json_kind kind,
            struct cx_detail *detail)
{
    for (size_t i = 0; members[i] != NULL; i++) {
        if (cx_json_kind_of(cx_json_get(object, members[i])) != kind) {
            return cx_fail(detail, CX_E_ARCHIVE,
                           "not a run as docs/formats/run.md has it: \"%s\" is missing or of "
                           "another kind; make it again with caaproof triage",
                           members[i]);
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_report_check_run(const struct cx_json *run, struct cx_detail *detail)
{
    static const char *const objects[] = { "options", "counts", "period", NULL };
    static const char *const arrays[] = { "inputs",      "matrix", "grades", "reasons",
                                          "remedies",    "duties", "days",   "statements",
                                          "differences", NULL };
    static const char *const texts[] = {
        "run", "made", "program", "title", "default_remedy", NULL
    };
    static const char *const counts[] = { "certificates",    "pairs",    "names",
                                          "remaining_valid", "expired",  "revoked",
                                          "short_lived",     "rejected", NULL };

    if (cx_report_integer(run, "schema") != 1) {
        return cx_fail(
            detail, CX_E_ARCHIVE,
            "not a run, or of a later program: \"schema\" is not 1; use the program that "
            "made it");
    }
    CX_TRY(check_kinds(run, objects, CX_JSON_OBJECT, detail));
    CX_TRY(check_kinds(run, arrays, CX_JSON_ARRAY, detail));
    CX_TRY(check_kinds(run, texts, CX_JSON_STRING, detail));
    return check_kinds(cx_json_get(run, "counts"), counts, CX_JSON_INTEGER, detail);
}

cx_status
cx_report_next(const struct cx_report_rows *rows, const struct cx_json **ret,
               struct cx_detail *detail)
{
    static const char *const texts[] = { "class", "process", "status", NULL };
    static const char *const arrays[] = { "names", NULL };
    static const char *const objects[] = { "remedies", NULL };
    const struct cx_json *row = NULL;

    CX_TRY(rows->next(rows->ctx, &row, detail));
    if (row != NULL) {
        CX_TRY(check_kinds(row, texts, CX_JSON_STRING, detail));
        CX_TRY(check_kinds(row, arrays, CX_JSON_ARRAY, detail));
        CX_TRY(check_kinds(row, objects, CX_JSON_OBJECT, detail));
    }
    *ret = row;
    return CX_SUCCESS;
}

/* Octets in front that are visible ASCII, as most text is. */
static size_t
plain_octets(cx_str text)
{
    size_t n = 0;

    while (n < text.n && text.p[n] >= ' ' && text.p[n] <= '~') {
        n++;
    }
    return n;
}

void
cx_report_put_visible(struct cx_buf *buf, cx_str text)
{
    for (size_t at = 0, n; at < text.n; at += n) {
        uint32_t point = 0;

        n = plain_octets((cx_str){ text.p + at, text.n - at });
        if (n != 0) {
            cx_buf_put(buf, (cx_str){ text.p + at, n });
            continue;
        }
        n = cx_utf8_first((cx_span){ (const uint8_t *)text.p + at, text.n - at }, &point);
        if (n == 0) { /* no text of JSON: octet by octet, so that nothing is lost */
            n = 1;
            cx_buf_put_escaped(buf, (cx_span){ (const uint8_t *)text.p + at, 1 });
        } else if (cx_utf8_invisible(point)) {
            cx_buf_printf(buf, "\\u{%" PRIX32 "}", point);
        } else {
            cx_buf_put(buf, (cx_str){ text.p + at, n });
        }
    }
}

void
cx_report_put_count(struct cx_buf *buf, int64_t n)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRId64, n < 0 ? 0 : n);

    for (int i = 0; i < length; i++) {
        if (i != 0 && (length - i) % 3 == 0) {
            cx_buf_putc(buf, ',');
        }
        cx_buf_putc(buf, digits[i]);
    }
}

void
cx_report_put_certificates(struct cx_buf *buf, int64_t n)
{
    cx_report_put_count(buf, n);
    cx_buf_puts(buf, n == 1 ? " certificate" : " certificates");
}

bool
cx_report_has_duty(const struct cx_json *certificate)
{
    return cx_report_is(certificate, "status", "valid") &&
           (cx_report_is(certificate, "duty", "24h") || cx_report_is(certificate, "duty", "5d"));
}

static bool
is_mailbox(cx_str name)
{
    return name.n != 0 && memchr(name.p, '@', name.n) != NULL;
}

bool
cx_report_has_mailbox(const struct cx_json *certificate)
{
    const struct cx_json *names = cx_json_get(certificate, "names");

    for (size_t i = 0; i < cx_json_size(names); i++) {
        if (is_mailbox(cx_report_string(cx_json_at(names, i), "name"))) {
            return true;
        }
    }
    return false;
}

static void
put_names(struct cx_buf *buf, const struct cx_json *names, bool (*leave_out)(cx_str name))
{
    size_t begin = buf->n;

    for (size_t i = 0; i < cx_json_size(names); i++) {
        cx_str name = cx_report_string(cx_json_at(names, i), "name");

        if (leave_out == NULL || !leave_out(name)) {
            cx_buf_puts(buf, buf->n == begin ? "" : ", ");
            cx_report_put_visible(buf, name);
        }
    }
}

void
cx_report_put_names(struct cx_buf *buf, const struct cx_json *certificate)
{
    put_names(buf, cx_json_get(certificate, "names"), NULL);
}

void
cx_report_put_hosts(struct cx_buf *buf, const struct cx_json *certificate)
{
    put_names(buf, cx_json_get(certificate, "names"), is_mailbox);
}

void
cx_report_put_source(struct cx_buf *buf, const struct cx_json *certificate)
{
    cx_str source = cx_report_string(certificate, "source");

    if (source.n != 0) {
        cx_report_put_visible(buf, source);
        cx_buf_printf(buf, ":%" PRId64, cx_report_integer(certificate, "line"));
    }
}

/* Also the wide forms, which a spreadsheet with an East Asian language takes for the same. */
static bool
begins_formula(cx_str text)
{
    uint32_t point = 0;
    size_t at = 0;

    while (at < text.n && text.p[at] == ' ') {
        at++;
    }
    if (at == text.n ||
        cx_utf8_first((cx_span){ (const uint8_t *)text.p + at, text.n - at }, &point) == 0) {
        return false;
    }
    return point == '=' || point == '+' || point == '-' || point == '@' || point == 0xff1d ||
           point == 0xff0b || point == 0xff0d || point == 0xff20;
}

static bool
needs_quotes(cx_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (c == '"' || c == ',' || c == ';' || c == '\'') {
            return true;
        }
    }
    return text.p[0] == ' ' || text.p[text.n - 1] == ' ';
}

static void
put_cell(struct cx_buf *row, cx_str text)
{
    bool quotes = needs_quotes(text);
    bool formula = begins_formula(text);

    cx_buf_puts(row, quotes || formula ? "\"" : "");
    cx_buf_puts(row, formula ? "'" : "");
    if (!quotes) {
        cx_buf_put(row, text);
    }
    for (size_t i = 0; quotes && i < text.n; i++) {
        cx_buf_puts(row, text.p[i] == '"' ? "\"" : "");
        cx_buf_putc(row, text.p[i]);
    }
    cx_buf_puts(row, quotes || formula ? "\"" : "");
}

void
cx_report_cell(struct cx_buf *row, cx_str text)
{
    struct cx_buf visible;

    cx_buf_init(&visible, row->max);
    cx_report_put_visible(&visible, text);
    cx_report_cell_take(row, &visible);
    cx_buf_done(&visible);
}

void
cx_report_cell_take(struct cx_buf *row, struct cx_buf *text)
{
    bool first = row->n == 0 || row->p[row->n - 1] == '\n';

    cx_buf_puts(row, first ? "" : ",");
    if (!cx_buf_ok(text)) {
        cx_buf_fail(row, text->why);
    } else {
        put_cell(row, text->n == 0 ? CX_STR("N/A") : cx_buf_str(text)); /* R-INC-3 */
    }
    cx_buf_clear(text);
}

void
cx_report_cells(struct cx_buf *row, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cx_report_cell(row, cx_str_of(texts[i]));
    }
}

void
cx_report_end_row(struct cx_buf *row)
{
    cx_buf_puts(row, "\r\n");
}

cx_status
cx_report_flush(struct cx_buf *buf, FILE *out, struct cx_detail *detail)
{
    if (!cx_buf_ok(buf)) {
        return cx_fail(
            detail, cx_buf_status(buf).code,
            "report: a row or a text is larger than its limit (docs/limits.md), or there "
            "is no memory");
    }
    if (buf->n != 0 && fwrite(buf->p, 1, buf->n, out) != buf->n) {
        return cx_fail(detail, CX_E_IO, "report: cannot be written; is the disk full?");
    }
    cx_buf_clear(buf);
    return CX_SUCCESS;
}

cx_str
cx_report_duty_source(const struct cx_json *duty)
{
    cx_str rule = cx_report_string(duty, "rule");
    const char *source = cx_duty_source(rule);

    return source != NULL ? cx_str_of(source) : rule;
}
