#include "base/alloc.h"
#include "incident/archive_formats.h"
#include "incident/json_lines.h"

struct value_archive {
    struct cx_json_lines lines;
    const struct cx_value_reader *reader;
    const struct cx_json *value; /* NULL: all of its parts were given */
    size_t part, n_parts;
    struct cx_excerpt excerpt;
};

cx_status
cx_value_archive_open(const struct cx_archive_options *options, struct cx_input *input,
                      const struct cx_value_reader *reader, void **ret, struct cx_detail *detail)
{
    struct value_archive *values = cx_alloc(1, sizeof(*values));
    cx_status status = { CX_E_NOMEM };

    if (values != NULL) {
        values->reader = reader;
        status = cx_json_lines_open(&values->lines, input, detail);
    }
    if (cx_ok(status)) {
        status = cx_excerpt_init(&values->excerpt, options, detail);
    }
    if (!cx_ok(status)) {
        cx_free(values);
        return status;
    }
    *ret = values;
    return CX_SUCCESS;
}

void
cx_value_archive_close(void *self)
{
    struct value_archive *values = self;

    if (values != NULL) {
        cx_excerpt_done(&values->excerpt);
        cx_json_lines_done(&values->lines);
        cx_free(values);
    }
}

/* The next value, if all parts of the last one were given. */
static cx_status
next_value(struct value_archive *values, bool *ret_more, struct cx_detail *detail)
{
    *ret_more = true;
    if (values->value != NULL && values->part < values->n_parts) {
        return CX_SUCCESS;
    }
    values->value = NULL;
    CX_TRY(cx_json_lines_next(&values->lines, &values->value, ret_more, detail));
    values->part = 0;
    values->n_parts = 1;
    if (*ret_more && values->reader->parts != NULL) {
        values->n_parts = values->reader->parts(values->value);
        values->n_parts += values->n_parts == 0 ? 1 : 0; /* a record that has none is one too */
    }
    return CX_SUCCESS;
}

static const struct cx_json *
next_part(struct value_archive *values)
{
    size_t i = values->part++;

    return values->reader->parts == NULL ? values->value : values->reader->part(values->value, i);
}

cx_status
cx_value_archive_next(void *self, struct cx_archive_record *ret, bool *ret_more,
                      struct cx_detail *detail)
{
    struct value_archive *values = self;
    struct cx_detail why = { .text = "" };
    const struct cx_json *part = NULL;
    cx_status status;

    cx_excerpt_begin(&values->excerpt);
    status = next_value(values, ret_more, &why);
    if (cx_ok(status) && !*ret_more) {
        return CX_SUCCESS;
    }
    if (cx_ok(status)) {
        part = next_part(values);
        status = values->reader->read(&values->excerpt, values->value, part, &why);
    }
    ret->line = values->lines.number;
    if (!cx_ok(cx_excerpt_end(&values->excerpt, status, &why, ret))) {
        *detail = why;
        return status;
    }
    if (ret->fate == CX_FATE_REJECTED) {
        ret->text = cx_json_lines_text(&values->lines, part);
    }
    return CX_SUCCESS;
}
