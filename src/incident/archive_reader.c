#include "incident/archive_reader.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "incident/archive_formats.h"

/* Magic first, then what wraps lines of others, then lines. */
static const struct cx_archive_format *const formats[] = {
    &cx_archive_dnstap,  &cx_archive_splunk_csv, &cx_archive_splunk_json,
    &cx_archive_mpic,    &cx_archive_results,    &cx_archive_boulder,
    &cx_archive_unbound, &cx_archive_bind,       &cx_archive_mapped,
};

struct cx_archive_reader {
    const struct cx_archive_format *format;
    struct cx_archive_options options;
    void *self;
};

const struct cx_archive_format *const *
cx_archive_formats(size_t *ret_n)
{
    *ret_n = CX_COUNT(formats);
    return formats;
}

const struct cx_archive_format *
cx_archive_format_named(cx_str name)
{
    for (size_t i = 0; i < CX_COUNT(formats); i++) {
        if (cx_str_equal(name, cx_str_of(formats[i]->name))) {
            return formats[i];
        }
    }
    return NULL;
}

cx_status
cx_archive_format_of(struct cx_input *input, const struct cx_archive_format **ret,
                     struct cx_detail *detail)
{
    cx_span head;

    CX_TRY(cx_input_peek(input, CX_INPUT_PEEK, &head, detail));
    *ret = NULL;
    for (size_t i = 0; i < CX_COUNT(formats) && *ret == NULL; i++) {
        if (formats[i]->looks_like != NULL && formats[i]->looks_like(head)) {
            *ret = formats[i];
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_archive_reader_open(const struct cx_archive_format *format,
                       const struct cx_archive_options *options, struct cx_input *input,
                       struct cx_archive_reader **ret, struct cx_detail *detail)
{
    struct cx_archive_reader *reader;
    cx_status status;

    if (format->needs_mapping && options->mapping == NULL) {
        return cx_fail(detail, CX_E_USAGE, "format %s needs a mapping (docs/archives.md)",
                       format->name);
    }
    reader = cx_alloc(1, sizeof(*reader));
    if (reader == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    reader->format = format;
    reader->options = *options;
    status = format->open(&reader->options, input, &reader->self, detail);
    if (!cx_ok(status)) {
        cx_free(reader);
        return status;
    }
    *ret = reader;
    return CX_SUCCESS;
}

void
cx_archive_reader_close(struct cx_archive_reader *reader)
{
    if (reader != NULL) {
        reader->format->close(reader->self);
        cx_free(reader);
    }
}

cx_status
cx_archive_reader_next(struct cx_archive_reader *reader, struct cx_archive_record *ret,
                       bool *ret_more, struct cx_detail *detail)
{
    struct cx_detail why = { .text = "" };
    cx_status status;

    *ret = (struct cx_archive_record){ .fate = CX_FATE_UNSET };
    *ret_more = true;
    status = reader->format->next(reader->self, ret, ret_more, &why);
    if (!cx_ok(status) && detail != NULL) {
        *detail = why;
    }
    return status;
}
