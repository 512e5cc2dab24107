/* Archives of any other kind, by a mapping. */
#include "base/alloc.h"
#include "incident/archive_formats.h"
#include "incident/mapping.h"

static cx_status
read_value(struct cx_excerpt *excerpt, const struct cx_json *value, const struct cx_json *part,
           struct cx_detail *detail)
{
    (void)part;
    return cx_mapping_value(excerpt, value, detail);
}

static const struct cx_value_reader values = { .read = read_value };
static const struct cx_row_reader rows = { .head = cx_mapping_head, .read = cx_mapping_row };

/* By which of the readers; each has its own self. */
struct mapped {
    cx_status (*next)(void *self, struct cx_archive_record *ret, bool *ret_more,
                      struct cx_detail *detail);
    void (*close)(void *self);
    void *self;
};

static cx_status
kind_of(const struct cx_archive_options *options, enum cx_mapping_kind *ret,
        struct cx_detail *detail)
{
    struct cx_mapping *mapping = NULL;

    if (options->mapping == NULL) {
        return cx_fail(detail, CX_E_USAGE, "a mapping is needed (docs/archives.md)");
    }
    CX_TRY(cx_mapping_of(options->mapping, &mapping, detail));
    *ret = cx_mapping_kind_of(mapping);
    cx_mapping_free(mapping);
    return CX_SUCCESS;
}

static cx_status
open_kind(const struct cx_archive_options *options, struct cx_input *input, struct mapped *mapped,
          struct cx_detail *detail)
{
    enum cx_mapping_kind kind;

    CX_TRY(kind_of(options, &kind, detail));
    if (kind == CX_MAPPING_CSV) {
        mapped->next = cx_row_archive_next;
        mapped->close = cx_row_archive_close;
        return cx_row_archive_open(options, input, &rows, &mapped->self, detail);
    }
    if (kind == CX_MAPPING_NDJSON) {
        mapped->next = cx_value_archive_next;
        mapped->close = cx_value_archive_close;
        return cx_value_archive_open(options, input, &values, &mapped->self, detail);
    }
    mapped->next = cx_line_archive_next;
    mapped->close = cx_line_archive_close;
    return cx_line_archive_open(options, input, cx_mapping_line, &mapped->self, detail);
}

static cx_status
open(const struct cx_archive_options *options, struct cx_input *input, void **ret,
     struct cx_detail *detail)
{
    struct mapped *mapped = cx_alloc(1, sizeof(*mapped));
    cx_status status = { CX_E_NOMEM };

    if (mapped != NULL) {
        status = open_kind(options, input, mapped, detail);
    }
    if (!cx_ok(status)) {
        cx_free(mapped);
        return status;
    }
    *ret = mapped;
    return CX_SUCCESS;
}

static cx_status
next(void *self, struct cx_archive_record *ret, bool *ret_more, struct cx_detail *detail)
{
    struct mapped *mapped = self;

    return mapped->next(mapped->self, ret, ret_more, detail);
}

static void
close(void *self)
{
    struct mapped *mapped = self;

    if (mapped != NULL) {
        mapped->close(mapped->self);
        cx_free(mapped);
    }
}

const struct cx_archive_format cx_archive_mapped = {
    .name = "mapped",
    .about = "CSV, NDJSON or text, by a mapping",
    .needs_mapping = true,
    .open = open,
    .next = next,
    .close = close,
};
