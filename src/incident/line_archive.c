#include "base/alloc.h"
#include "incident/archive_formats.h"

struct line_archive {
    struct cx_input *input;
    cx_line_reader reader;
    struct cx_excerpt excerpt;
};

cx_status
cx_line_archive_open(const struct cx_archive_options *options, struct cx_input *input,
                     cx_line_reader reader, void **ret, struct cx_detail *detail)
{
    struct line_archive *lines = cx_alloc(1, sizeof(*lines));
    cx_status status = { CX_E_NOMEM };

    if (lines != NULL) {
        lines->input = input;
        lines->reader = reader;
        status = cx_excerpt_init(&lines->excerpt, options, detail);
    }
    if (!cx_ok(status)) {
        cx_free(lines);
        return status;
    }
    *ret = lines;
    return CX_SUCCESS;
}

void
cx_line_archive_close(void *self)
{
    struct line_archive *lines = self;

    if (lines != NULL) {
        cx_excerpt_done(&lines->excerpt);
        cx_free(lines);
    }
}

cx_status
cx_line_archive_next(void *self, struct cx_archive_record *ret, bool *ret_more,
                     struct cx_detail *detail)
{
    struct line_archive *lines = self;
    struct cx_detail why = { .text = "" };
    cx_str line = { NULL, 0 };
    cx_status status;

    cx_excerpt_begin(&lines->excerpt);
    status = cx_input_line(lines->input, &line, ret_more, &why);
    if (cx_ok(status) && !*ret_more) {
        return CX_SUCCESS;
    }
    if (cx_ok(status) && !cx_input_line_ended(lines->input)) {
        status = cx_fail(&why, CX_E_ARCHIVE, CX_LINE_NOT_ENDED);
    }
    if (cx_ok(status)) {
        status = lines->reader(&lines->excerpt, line, &why);
    }
    ret->line = cx_input_number(lines->input);
    ret->text = cx_span_of_str(line);
    if (!cx_ok(cx_excerpt_end(&lines->excerpt, status, &why, ret))) {
        *detail = why;
        return status;
    }
    return CX_SUCCESS;
}

bool
cx_line_archive_look_like(cx_span head, bool (*knows)(cx_str line))
{
    size_t at = 0;
    cx_str line;

    while (cx_str_line(cx_str_of_span(head), &at, &line)) {
        if (knows(line)) {
            return true;
        }
    }
    return false;
}
