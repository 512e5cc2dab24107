#include "base/limits.h"
#include "incident/page.inc"
#include "incident/report_priv.h"

static cx_status
put(FILE *out, const char *p, size_t n, struct cx_detail *detail)
{
    if (fwrite(p, 1, n, out) != n) {
        return cx_fail(detail, CX_E_IO, "page: cannot be written; is the disk full?");
    }
    return CX_SUCCESS;
}

static void
put_html(struct cx_buf *buf, cx_str text)
{
    struct cx_buf visible;

    cx_buf_init(&visible, buf->max);
    cx_report_put_visible(&visible, text);
    if (!cx_buf_ok(&visible)) {
        cx_buf_fail(buf, visible.why);
    }
    for (size_t i = 0; i < visible.n; i++) {
        switch (visible.p[i]) {
        case '<':
            cx_buf_puts(buf, "&lt;");
            break;
        case '>':
            cx_buf_puts(buf, "&gt;");
            break;
        case '&':
            cx_buf_puts(buf, "&amp;");
            break;
        default:
            cx_buf_putc(buf, visible.p[i]);
        }
    }
    cx_buf_done(&visible);
}

/* JSON within a script element: nothing in it may look like markup. Outside of strings JSON has none of these characters. */
static void
put_json(struct cx_buf *buf, struct cx_buf *json, const struct cx_json *value)
{
    cx_status status = cx_json_write(value, json);

    if (!cx_ok(status)) {
        cx_buf_fail(buf, cx_buf_ok(json) ? status.code : json->why);
    }
    for (size_t i = 0; i < json->n; i++) {
        char c = json->p[i];

        if (c == '<' || c == '>' || c == '&') {
            cx_buf_printf(buf, "\\u%04x", (unsigned)c);
        } else {
            cx_buf_putc(buf, c);
        }
    }
    cx_buf_clear(json);
}

/* What is being written, a piece at a time. */
struct page {
    struct cx_buf piece;
    struct cx_buf json;
    FILE *out;
};

static cx_status
put_rows(struct page *page, const struct cx_report_rows *rows, size_t most,
         struct cx_detail *detail)
{
    const struct cx_json *certificate;

    for (size_t n = 0; n < most; n++) {
        CX_TRY(cx_report_next(rows, &certificate, detail));
        if (certificate == NULL) {
            return CX_SUCCESS;
        }
        cx_buf_puts(&page->piece, n == 0 ? "\n" : ",\n");
        put_json(&page->piece, &page->json, certificate);
        CX_TRY(cx_report_flush(&page->piece, page->out, detail));
    }
    return CX_SUCCESS;
}

static cx_status
put_page(struct page *page, const struct cx_json *run, const struct cx_report_rows *rows,
         size_t most, struct cx_detail *detail)
{
    CX_TRY(put(page->out, page_head, sizeof(page_head), detail));
    put_html(&page->piece, cx_report_string(run, "title"));
    CX_TRY(cx_report_flush(&page->piece, page->out, detail));
    CX_TRY(put(page->out, page_body, sizeof(page_body), detail));
    cx_buf_puts(&page->piece, "{\"run\":");
    put_json(&page->piece, &page->json, run);
    cx_buf_puts(&page->piece, ",\n\"certificates\":[");
    CX_TRY(cx_report_flush(&page->piece, page->out, detail));
    CX_TRY(put_rows(page, rows, most, detail));
    cx_buf_puts(&page->piece, "\n]}");
    CX_TRY(cx_report_flush(&page->piece, page->out, detail));
    return put(page->out, page_end, sizeof(page_end), detail);
}

cx_status
cx_report_html(const struct cx_json *run, const struct cx_report_rows *rows, size_t most, FILE *out,
               struct cx_detail *detail)
{
    struct page page = { .out = out };
    cx_status status;

    CX_TRY(cx_report_check_run(run, detail));
    cx_buf_init(&page.piece, CX_RESULT_MAX);
    cx_buf_init(&page.json, CX_RESULT_MAX);
    status = put_page(&page, run, rows, most, detail);
    cx_buf_done(&page.piece);
    cx_buf_done(&page.json);
    return status;
}
