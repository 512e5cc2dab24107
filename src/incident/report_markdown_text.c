#include "incident/report_markdown_priv.h"

static bool
is_markup(char c)
{
    return c != '\0' && strchr("\\`*_{}[]<>#|!&~@$^", c) != NULL;
}

/* A colon before "//" and the dot of "www." make a link by themselves in some dialects. */
static bool
begins_link(cx_str text, size_t at)
{
    bool www = at >= 3 && text.p[at] == '.' && cx_ascii_lower((uint8_t)text.p[at - 1]) == 'w' &&
               cx_ascii_lower((uint8_t)text.p[at - 2]) == 'w' &&
               cx_ascii_lower((uint8_t)text.p[at - 3]) == 'w';
    bool scheme = text.p[at] == ':' && at + 1 < text.n && text.p[at + 1] == '/';

    return www || scheme;
}

void
cx_markdown_put(struct cx_buf *b, cx_str text)
{
    struct cx_buf visible;

    cx_buf_init(&visible, b->max);
    cx_report_put_visible(&visible, text);
    if (!cx_buf_ok(&visible)) {
        cx_buf_fail(b, visible.why);
    }
    for (size_t i = 0; i < visible.n; i++) {
        if (is_markup(visible.p[i]) || begins_link(cx_buf_str(&visible), i)) {
            cx_buf_putc(b, '\\');
        }
        cx_buf_putc(b, visible.p[i]);
    }
    cx_buf_done(&visible);
}

/* What holds a backtick or a cell's end cannot stand in a span of code. */
void
cx_markdown_put_code(struct cx_buf *b, cx_str text)
{
    bool can = text.n != 0;

    for (size_t i = 0; i < text.n; i++) {
        can = can && text.p[i] != '`' && text.p[i] != '|';
    }
    if (!can) {
        cx_markdown_put(b, text);
        return;
    }
    cx_buf_putc(b, '`');
    cx_report_put_visible(b, text);
    cx_buf_putc(b, '`');
}

void
cx_markdown_put_minute(struct cx_buf *b, cx_str moment)
{
    char text[CX_TIME_TEXT];
    cx_time t;

    if (!cx_ok(cx_time_parse(moment, &t))) {
        cx_markdown_put(b, moment);
        return;
    }
    cx_time_format(t, text);
    cx_buf_printf(b, "%.10s %.5s UTC", text, text + 11);
}

void
cx_markdown_put_reference(struct cx_buf *b, cx_str reference)
{
    static const char bug[] = "bug ";
    size_t n = sizeof(bug) - 1;
    cx_str number = reference.n > n ? (cx_str){ reference.p + n, reference.n - n } : CX_STR("");
    bool is = number.n != 0 && memcmp(reference.p, bug, n) == 0;

    for (size_t i = 0; i < number.n; i++) {
        is = is && number.p[i] >= '0' && number.p[i] <= '9';
    }
    if (!is) {
        cx_markdown_put(b, reference);
        return;
    }
    cx_buf_puts(b, "[");
    cx_buf_put(b, number);
    cx_buf_puts(b, "](https://bugzilla.mozilla.org/show_bug.cgi?id=");
    cx_buf_put(b, number);
    cx_buf_puts(b, ")");
}

void
cx_markdown_field(struct cx_buf *b, const char *name)
{
    cx_buf_printf(b, "- **%s:** ", name);
}

void
cx_markdown_person(struct cx_buf *b, const char *what)
{
    cx_buf_printf(b, "TODO(person): %s\n", what);
}

void
cx_markdown_mark(struct cx_buf *b, const char *word)
{
    cx_buf_printf(b, " [%s]", word);
}

void
cx_markdown_field_person(struct cx_buf *b, const char *name, const char *what)
{
    cx_markdown_field(b, name);
    cx_markdown_person(b, what);
}
