#include "bin/caaproof/show_case.h"

#include "base/limits.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"

/* Members of a request that are options of check, in the order of its help. */
static const struct {
    const char *member;
    const char *option;
} options[] = {
    { "issuer", "--issuer" },   { "account_uri", "--account-uri" }, { "method", "--method" },
    { "purpose", "--purpose" }, { "profile", "--profile" },         { "date", "--date" },
    { "order", "--order" },
};

/* Text as one word of a POSIX shell: within single quotes unless it is plain. */
static void
put_word(struct cx_buf *buf, cx_str text)
{
    bool plain = text.n != 0;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        plain =
            plain && (cx_ascii_alnum((uint8_t)c) || (c != '\0' && strchr("./:@_-,+%", c) != NULL));
    }
    if (plain) {
        cx_buf_put(buf, text);
        return;
    }
    cx_buf_putc(buf, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'') {
            cx_buf_puts(buf, "'\\''");
        } else {
            cx_buf_putc(buf, text.p[i]);
        }
    }
    cx_buf_putc(buf, '\'');
}

static bool
is_printable(cx_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 0x20 || text.p[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* The same as an argument of printf %b: octets that a terminal should not see as \0ooo. */
static void
put_octets(struct cx_buf *buf, cx_str text)
{
    cx_buf_putc(buf, '\'');
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];

        if (c < 0x20 || c > 0x7e || c == '\'' || c == '\\') {
            cx_buf_printf(buf, "\\0%03o", (unsigned)c);
        } else {
            cx_buf_putc(buf, text.p[i]);
        }
    }
    cx_buf_putc(buf, '\'');
}

/* printf that writes text, which ends with a line end, to a file. */
static void
put_file(struct cx_buf *buf, cx_str text, const char *suffix, const struct conformance_case *c)
{
    bool lines = true;
    cx_str line;

    for (size_t at = 0; cx_str_line(text, &at, &line);) {
        lines = lines && is_printable(line);
    }
    cx_buf_puts(buf, lines ? "printf '%s\\n'" : "printf '%b\\n'");
    for (size_t at = 0; cx_str_line(text, &at, &line);) {
        cx_buf_puts(buf, " \\\n    ");
        if (lines) {
            put_word(buf, line);
        } else {
            put_octets(buf, line);
        }
    }
    cx_buf_printf(buf, " \\\n    > %s.%s\n", c->name.p, suffix);
}

static cx_status
put_json_file(struct cx_buf *buf, const struct cx_json *json, const char *suffix,
              const struct conformance_case *c)
{
    struct cx_buf text;
    bool array = cx_json_kind_of(json) == CX_JSON_ARRAY;
    cx_status s = CX_SUCCESS;

    cx_buf_init(&text, CX_LINE_MAX);
    for (size_t i = 0; cx_ok(s) && i < (array ? cx_json_size(json) : 1); i++) {
        s = cx_json_write(array ? cx_json_at(json, i) : json, &text);
        cx_buf_putc(&text, '\n');
    }
    if (cx_ok(s)) {
        put_file(buf, cx_buf_str(&text), suffix, c);
    }
    cx_buf_done(&text);
    return s;
}

static void
put_option(struct cx_buf *buf, const char *option, const struct cx_json *value)
{
    cx_str text;

    if (cx_json_string(value, &text)) {
        cx_buf_printf(buf, " \\\n    %s ", option);
        put_word(buf, text);
    }
    for (size_t i = 0; i < cx_json_size(value); i++) {
        if (cx_json_string(cx_json_at(value, i), &text)) {
            cx_buf_printf(buf, " \\\n    %s ", option);
            put_word(buf, text);
        }
    }
}

/* A name with an account or method of its own has no option. */
static bool
options_suffice(const struct cx_json *request)
{
    const struct cx_json *names = cx_json_get(request, "names");
    cx_str text;

    for (size_t i = 0; i < cx_json_size(names); i++) {
        if (!cx_json_string(cx_json_at(names, i), &text) || !is_printable(text)) {
            return false;
        }
    }
    return cx_json_size(names) != 0;
}

static cx_status
put_files(struct cx_buf *buf, const struct conformance_case *c)
{
    static const char *const members[] = { "answers", "policy", "facts" };
    cx_str zone;

    if (cx_json_string(cx_json_get(c->request, "zone"), &zone)) {
        put_file(buf, zone, "zone", c);
    }
    for (size_t i = 0; i < CX_COUNT(members); i++) {
        const struct cx_json *json = cx_json_get(c->request, members[i]);

        if (json != NULL) {
            CX_TRY(put_json_file(buf, json, members[i], c));
        }
    }
    return CX_SUCCESS;
}

static void
put_check(struct cx_buf *buf, const struct conformance_case *c)
{
    static const char *const files[] = { "zone", "answers", "policy", "facts" };
    const struct cx_json *names = cx_json_get(c->request, "names");

    cx_buf_puts(buf, "caaproof check");
    for (size_t i = 0; i < cx_json_size(names); i++) {
        cx_str name = { "", 0 };

        (void)cx_json_string(cx_json_at(names, i), &name); /* options_suffice saw to it */
        cx_buf_putc(buf, ' ');
        put_word(buf, name);
    }
    for (size_t i = 0; i < CX_COUNT(options); i++) {
        put_option(buf, options[i].option, cx_json_get(c->request, options[i].member));
    }
    for (size_t i = 0; i < CX_COUNT(files); i++) {
        if (cx_json_get(c->request, files[i]) != NULL) {
            cx_buf_printf(buf, " \\\n    --%s %s.%s", files[i], c->name.p, files[i]);
        }
    }
    cx_buf_puts(buf, " \\\n    --explain\n");
}

static cx_status
put_by_hand(struct cx_buf *buf, const struct conformance_case *c)
{
    if (options_suffice(c->request)) {
        CX_TRY(put_files(buf, c));
        put_check(buf, c);
        return CX_SUCCESS;
    }
    CX_TRY(put_json_file(buf, c->request, "request", c));
    cx_buf_printf(buf, "caaproof check --batch < %s.request\n", c->name.p);
    return CX_SUCCESS;
}

static cx_status
put_pretty(FILE *out, const char *title, const struct cx_json *json)
{
    struct cx_buf buf;
    cx_status s;

    cx_buf_init(&buf, CX_LINE_MAX);
    s = cx_json_write_pretty(json, &buf);
    if (cx_ok(s)) {
        fprintf(out, "%s# %s%s\n%.*s\n\n", paint_on(out, PAINT_BOLD), title, paint_off(out),
                (int)buf.n, buf.p);
    }
    cx_buf_done(&buf);
    return s;
}

static void
put_rules(FILE *out, const struct conformance_case *c)
{
    for (size_t i = 0; i < cx_json_size(c->rules); i++) {
        cx_str rule;

        if (cx_json_string(cx_json_at(c->rules, i), &rule)) {
            fputs(i == 0 ? "rules: " : ", ", out);
            output_plain(out, rule);
        }
    }
    fputs(c->rules != NULL ? "\n\n" : "\n", out);
}

cx_status
show_case(FILE *out, const struct conformance_case *c)
{
    struct cx_buf buf;
    cx_status s;

    fprintf(out, "%s%.*s%s  ", paint_on(out, PAINT_BOLD), (int)c->name.n, c->name.p,
            paint_off(out));
    output_plain(out, c->about);
    fputc('\n', out);
    put_rules(out, c);
    CX_TRY(put_pretty(out, "request", c->request));
    CX_TRY(put_pretty(out, "expected", c->expect));
    cx_buf_init(&buf, CX_LINE_MAX);
    s = put_by_hand(&buf, c);
    if (cx_ok(s)) {
        fprintf(out, "%s# by hand%s%s\n%.*s", paint_on(out, PAINT_BOLD),
                c->rules == NULL ? ", inside lab/run" : "", paint_off(out), (int)buf.n, buf.p);
    }
    cx_buf_done(&buf);
    return s;
}

void
show_list(FILE *out, const struct case_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct conformance_case *c = &table->v[i];

        fprintf(out, "%-8.*s ", (int)c->name.n, c->name.p);
        output_plain(out, c->area);
        fprintf(out, "%*s ", c->area.n < 6 ? (int)(6 - c->area.n) : 0, "");
        output_plain(out, c->about);
        fputc('\n', out);
    }
}
