#include "incident/lists.h"

#include "base/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define PROGRESS_EVERY 4096 /* rows */

struct reading {
    const struct cx_lists *lists;
    struct cx_certificates_maker *maker;
    FILE *rejects;
    struct cx_list_read now;
};

void
cx_reject_cell(struct cx_buf *buf, cx_span text)
{
    size_t from = buf->n + 2;

    cx_buf_puts(buf, "\"'");
    cx_buf_put_escaped(buf, text);
    for (size_t i = from; cx_buf_ok(buf) && i < buf->n; i++) {
        if (buf->p[i] == '"') {
            buf->p[i] = '\'';
        }
    }
    cx_buf_putc(buf, '"');
}

static cx_status
put_reject(struct reading *r, const char *file, const struct cx_issued_record *record,
           struct cx_detail *detail)
{
    struct cx_buf line;
    cx_status s;

    if (r->rejects == NULL) {
        return CX_SUCCESS;
    }
    cx_buf_init(&line, CX_FILE_MAX);
    cx_reject_cell(&line, cx_span_of_str(cx_str_of(file)));
    cx_buf_printf(&line, ",%" PRIu64 ",", record->line);
    cx_reject_cell(&line, cx_span_of_str(cx_str_of(record->reason)));
    cx_buf_putc(&line, ',');
    cx_reject_cell(&line, record->text);
    cx_buf_putc(&line, '\n');
    s = cx_buf_status(&line);
    if (cx_ok(s) && fwrite(line.p, 1, line.n, r->rejects) != line.n) {
        s = cx_fail(detail, CX_E_IO, "%s: cannot be written", r->lists->rejects);
    }
    cx_buf_done(&line);
    return s;
}

static cx_status
take(struct reading *r, const struct cx_issued_reader *reader,
     const struct cx_issued_record *record, uint32_t input, struct cx_detail *detail)
{
    r->now.records++;
    switch (record->fate) {
    case CX_FATE_OBSERVED:
        r->now.observed++;
        r->now.assumed_utc += record->assumed_utc ? 1 : 0;
        return cx_certificates_add(r->maker, &record->issued, input, record->line, detail);
    case CX_FATE_REJECTED:
        r->now.rejected++;
        return put_reject(r, cx_issued_reader_file(reader), record, detail);
    case CX_FATE_IGNORED:
        r->now.ignored++;
        return CX_SUCCESS;
    case CX_FATE_UNSET:
        break;
    }
    return cx_fail(detail, CX_E_INTERNAL, "a row without a fate");
}

static cx_status
read_rows(struct reading *r, struct cx_issued_reader *reader, uint32_t input,
          struct cx_detail *detail)
{
    for (;;) {
        struct cx_issued_record record;
        bool more;

        CX_TRY(cx_issued_reader_next(reader, &record, &more, detail));
        if (!more) {
            return CX_SUCCESS;
        }
        CX_TRY(take(r, reader, &record, input, detail));
        if (r->lists->progress != NULL && r->now.records % PROGRESS_EVERY == 0) {
            uint64_t done;
            uint64_t all;

            cx_issued_reader_progress(reader, &done, &all);
            r->lists->progress(r->lists->ctx, done, all);
        }
    }
}

static cx_status
read_list(struct reading *r, uint32_t input, struct cx_detail *detail)
{
    const char *path = r->lists->paths[input];
    struct cx_issued_reader *reader;
    cx_status s;

    r->now = (struct cx_list_read){ .path = path };
    CX_TRY(cx_issued_reader_open(path, r->lists->format, &r->lists->reader, &reader, detail));
    s = read_rows(r, reader, input, detail);
    if (cx_ok(s)) {
        s = cx_issued_reader_digest(reader, &r->now.digest);
    }
    r->now.format = cx_issued_reader_format(reader);
    if (cx_ok(s) && r->lists->read != NULL) {
        s = r->lists->read(r->lists->ctx, &r->now);
    }
    cx_issued_reader_close(reader);
    return s;
}

static cx_status
open_rejects(struct reading *r, struct cx_detail *detail)
{
    if (r->lists->rejects == NULL) {
        return CX_SUCCESS;
    }
    r->rejects = fopen(r->lists->rejects, "we");
    return r->rejects != NULL && fputs("input,line,reason,text\n", r->rejects) != EOF
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_IO, "%s: cannot be made: %s", r->lists->rejects,
                         strerror(errno));
}

static cx_status
read_all(struct reading *r, struct cx_certificate_counts *ret, struct cx_detail *detail)
{
    CX_TRY(open_rejects(r, detail));
    CX_TRY(cx_certificates_make(r->lists->certificates, &r->maker, detail));
    for (size_t i = 0; i < r->lists->n; i++) {
        CX_TRY(read_list(r, (uint32_t)i, detail));
    }
    return cx_certificates_finish(r->maker, ret, detail);
}

cx_status
cx_lists_read(const struct cx_lists *lists, struct cx_certificate_counts *ret,
              struct cx_detail *detail)
{
    struct reading r = { .lists = lists };
    cx_status s = read_all(&r, ret, detail);

    cx_certificates_free(r.maker);
    if (r.rejects != NULL && fclose(r.rejects) != 0 && cx_ok(s)) {
        s = cx_fail(detail, CX_E_IO, "%s: cannot be written", lists->rejects);
    }
    return s;
}
