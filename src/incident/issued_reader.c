#include "base/alloc.h"
#include "base/buf.h"
#include "incident/gunzip.h"
#include "incident/issued.h"
#include "incident/issued_build.h"
#include "incident/issued_formats.h"
#include "pki/digest.h"

#include <errno.h>
#include <fts.h>
#include <sys/stat.h>

/* In the order in which they are tried: what says most of itself first. */
static const struct cx_issued_format *const formats[] = {
    &cx_issued_ct_entries, &cx_issued_json,         &cx_issued_ndjson,
    &cx_issued_csv,        &cx_issued_certificates, &cx_issued_ct_tile,
};

struct cx_issued_reader {
    struct cx_issued_options options;
    const struct cx_issued_format *format; /* of all files, or NULL */
    struct cx_buf path;                    /* of the file at hand, with NUL */
    size_t folder; /* octets of path up to the files' own; 0: a file, no folder */
    FTS *walk;
    struct cx_digest *digest; /* of a folder */
    struct cx_hash file_digest;
    struct cx_buf inflated;
    /* Of the file at hand: */
    struct cx_input *file;
    struct cx_input *content; /* what it was made of, if it is compressed; else NULL */
    const struct cx_issued_format *used;
    void *self;
    bool over;
    uint64_t done; /* octets of the files before */
};

/* ---- the registry */

const struct cx_issued_format *const *
cx_issued_formats(size_t *ret_n)
{
    *ret_n = CX_COUNT(formats);
    return formats;
}

const struct cx_issued_format *
cx_issued_format_named(cx_str name)
{
    for (size_t i = 0; i < CX_COUNT(formats); i++) {
        if (cx_str_equal(name, cx_str_of(formats[i]->name))) {
            return formats[i];
        }
    }
    return NULL;
}

cx_status
cx_issued_looks_like(const struct cx_issued_format *format, cx_span head, bool *ret)
{
    if (format->find_out != NULL) {
        return format->find_out(head, ret);
    }
    *ret = format->looks_like(head);
    return CX_SUCCESS;
}

/* With a mapping, anything else is rows whose columns it explains. */
static cx_status
format_of(const struct cx_issued_reader *reader, cx_span head, const struct cx_issued_format **ret)
{
    for (size_t i = 0; i < CX_COUNT(formats); i++) {
        bool is_it;

        CX_TRY(cx_issued_looks_like(formats[i], head, &is_it));
        if (is_it) {
            *ret = formats[i];
            return CX_SUCCESS;
        }
    }
    *ret = reader->options.mapping != NULL ? &cx_issued_csv : NULL;
    return CX_SUCCESS;
}

/* ---- one file */

static cx_status
inflate_file(struct cx_issued_reader *reader, struct cx_detail *detail)
{
    cx_span octets;

    cx_buf_clear(&reader->inflated);
    CX_TRY(cx_input_rest(reader->file, CX_INFLATED_MAX, &octets, detail));
    CX_TRY(cx_gunzip(octets, &reader->inflated, detail));
    reader->content = cx_input_of(cx_span_of_str(cx_buf_str(&reader->inflated)));
    return reader->content != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

/* Which form it has, and a reader of it. */
static cx_status
begin_content(struct cx_issued_reader *reader, struct cx_detail *detail)
{
    struct cx_input *input = reader->file;
    cx_span head;

    CX_TRY(cx_input_peek(input, CX_INPUT_PEEK, &head, detail));
    if (cx_is_gzip(head)) {
        CX_TRY(inflate_file(reader, detail));
        input = reader->content;
        CX_TRY(cx_input_peek(input, CX_INPUT_PEEK, &head, detail));
    }
    reader->used = reader->format;
    if (reader->used == NULL) {
        CX_TRY(format_of(reader, head, &reader->used));
    }
    if (reader->used == NULL) {
        return cx_fail(detail, CX_E_ARCHIVE,
                       head.n == 0
                           ? "empty"
                           : "no list of certificates that is known here; docs/certificates-in.md "
                             "has the forms");
    }
    return reader->used->open(&reader->options, input, &reader->self, detail);
}

static void
end_content(struct cx_issued_reader *reader)
{
    if (reader->self != NULL) {
        reader->used->close(reader->self);
    }
    reader->self = NULL;
    cx_input_close(reader->content);
    reader->content = NULL;
}

/* The line that sha256sum would print of it. */
static cx_status
add_digest(struct cx_issued_reader *reader)
{
    const char *own = reader->path.p + reader->folder;
    char hex[CX_HASH_TEXT];

    cx_hash_text(&reader->file_digest, hex);
    CX_TRY(cx_digest_add(reader->digest, cx_span_of_str(cx_str_of(hex))));
    CX_TRY(cx_digest_add(reader->digest, cx_span_of_str(CX_STR("  "))));
    CX_TRY(cx_digest_add(reader->digest, cx_span_of_str(cx_str_of(own))));
    return cx_digest_add(reader->digest, cx_span_of_str(CX_STR("\n")));
}

static cx_status
end_file(struct cx_issued_reader *reader, struct cx_detail *detail)
{
    end_content(reader);
    if (reader->file == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_input_digest(reader->file, &reader->file_digest, detail));
    reader->done += cx_input_offset(reader->file);
    cx_input_close(reader->file);
    reader->file = NULL;
    return reader->folder != 0 ? add_digest(reader) : CX_SUCCESS;
}

/* What is wrong with a file begins with its path; a mistake in the options, or of the machine, does not. */
static cx_status
in_file(const struct cx_issued_reader *reader, cx_status s, const struct cx_detail *why,
        struct cx_detail *detail)
{
    bool of_file = cx_status_class(s) == CX_CLASS_MALFORMED || cx_status_class(s) == CX_CLASS_LIMIT;

    return cx_fail(detail, s.code, "%s%s%s", of_file ? reader->path.p : "", of_file ? ": " : "",
                   why->text);
}

static cx_status
open_file(struct cx_issued_reader *reader, const char *path, struct cx_detail *detail)
{
    cx_buf_clear(&reader->path);
    cx_buf_puts(&reader->path, path);
    cx_buf_putc(&reader->path, '\0');
    CX_TRY(cx_buf_status(&reader->path));
    return cx_input_open(reader->path.p, &reader->file, detail);
}

/* ---- a folder */

/* Folders as if their names ended in a slash: then files come in the order of their paths. */
static int
in_order(const FTSENT **a, const FTSENT **b)
{
    const unsigned char *p = (const unsigned char *)(*a)->fts_name,
                        *q = (const unsigned char *)(*b)->fts_name;
    int c, d;

    while (*p != '\0' && *p == *q) {
        p++;
        q++;
    }
    c = *p != '\0' ? *p : (*a)->fts_info == FTS_D ? '/' : 0;
    d = *q != '\0' ? *q : (*b)->fts_info == FTS_D ? '/' : 0;
    return c - d;
}

/* What a static log keeps beside its data tiles, and files that programs hide. */
static const char *
no_list(const char *own, const char *name)
{
    const char *tile = strstr(own, "tile/");

    if (name[0] == '.') {
        return "a hidden file";
    }
    if (strcmp(name, "checkpoint") == 0) {
        return "a log's checkpoint";
    }
    if (tile != NULL && (tile == own || tile[-1] == '/') && tile[5] >= '0' && tile[5] <= '9' &&
        tile[6] == '/') {
        return "a tile of a log's hashes";
    }
    return NULL;
}

/* A file that is none, or cannot be read as one, is a record of its own. */
static cx_status
begin_member(struct cx_issued_reader *reader, const FTSENT *entry, struct cx_issued_record *record,
             bool *ret_told, struct cx_detail *detail)
{
    struct cx_issued_build build;
    struct cx_detail why = { .text = "" };
    const char *none;
    cx_status s;

    reader->used = NULL;
    CX_TRY(open_file(reader, entry->fts_path, detail));
    none = no_list(reader->path.p + reader->folder, entry->fts_name);
    s = none != NULL ? CX_SUCCESS : begin_content(reader, &why);
    *ret_told = none != NULL || cx_status_class(s) == CX_CLASS_MALFORMED ||
                cx_status_class(s) == CX_CLASS_LIMIT;
    if (!*ret_told) {
        return cx_ok(s) ? s : in_file(reader, s, &why, detail);
    }
    cx_issued_build_init(&build);
    cx_issued_begin(&build, 0, record);
    cx_issued_build_done(&build); /* nothing of the record is in it */
    if (none != NULL) {
        cx_issued_ignore(record, "%s", none);
    } else {
        cx_issued_reject(record, (cx_span){ NULL, 0 }, "the whole file: %s", why.text);
    }
    return CX_SUCCESS;
}

/* The next file of the folder; *ret_more false: there is none. */
static cx_status
next_member(struct cx_issued_reader *reader, struct cx_issued_record *record, bool *ret_told,
            bool *ret_more, struct cx_detail *detail)
{
    for (;;) {
        const FTSENT *entry;

        errno = 0;
        entry = fts_read(reader->walk);
        if (entry == NULL && errno != 0) {
            return cx_fail(detail, CX_E_IO, "%s: the folder cannot be read", reader->path.p);
        }
        *ret_more = entry != NULL;
        if (entry == NULL) {
            return CX_SUCCESS;
        }
        switch (entry->fts_info) {
        case FTS_F:
            return begin_member(reader, entry, record, ret_told, detail);
        case FTS_DNR:
        case FTS_ERR:
        case FTS_NS:
        case FTS_SLNONE:
            return cx_fail(detail, CX_E_IO, "%s: %s", entry->fts_path, strerror(entry->fts_errno));
        case FTS_DEFAULT: /* a pipe would be waited for */
            return cx_fail(detail, CX_E_IO, "%s: neither a file nor a folder", entry->fts_path);
        case FTS_DC:
            return cx_fail(detail, CX_E_IO, "%s: a folder that contains itself", entry->fts_path);
        default: /* into a folder, or out of it */
            break;
        }
    }
}

static cx_status
open_folder(struct cx_issued_reader *reader, const char *path, struct cx_detail *detail)
{
    cx_str text = cx_str_of(path);
    char *paths[2] = { NULL, NULL };

    while (text.n > 1 && text.p[text.n - 1] == '/') {
        text.n--;
    }
    cx_buf_put(&reader->path, text);
    cx_buf_putc(&reader->path, '\0');
    CX_TRY(cx_buf_status(&reader->path));
    reader->folder = text.n + (text.p[text.n - 1] == '/' ? 0 : 1);
    reader->digest = cx_digest_new();
    if (reader->digest ==
        NULL) { /* before the walk: glibc leaks one that was opened and never read */
        return (cx_status){ CX_E_NOMEM };
    }
    paths[0] = reader->path.p;
    reader->walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, in_order);
    return reader->walk != NULL ? CX_SUCCESS
                                : cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno));
}

/* ---- the port */

static cx_status
open_single(struct cx_issued_reader *reader, const char *path, struct cx_detail *detail)
{
    struct cx_detail why = { .text = "" };
    cx_status s;

    CX_TRY(open_file(reader, path, detail));
    s = begin_content(reader, &why);
    return cx_ok(s) ? s : in_file(reader, s, &why, detail);
}

cx_status
cx_issued_reader_open(const char *path, const struct cx_issued_format *format,
                      const struct cx_issued_options *options, struct cx_issued_reader **ret,
                      struct cx_detail *detail)
{
    struct cx_issued_reader *reader = cx_alloc(1, sizeof(*reader));
    struct stat st;
    cx_status s;

    if (reader == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    reader->options = *options;
    reader->format = format;
    cx_buf_init(&reader->path, CX_LINE_MAX);
    cx_buf_init(&reader->inflated, CX_INFLATED_MAX);
    s = strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode)
            ? open_folder(reader, path, detail)
            : open_single(reader, path, detail);
    if (!cx_ok(s)) {
        cx_issued_reader_close(reader);
        return s;
    }
    *ret = reader;
    return CX_SUCCESS;
}

void
cx_issued_reader_close(struct cx_issued_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    end_content(reader);
    cx_input_close(reader->file);
    if (reader->walk != NULL) {
        (void)fts_close(reader->walk); /* it was read only */
    }
    cx_digest_free(reader->digest);
    cx_buf_done(&reader->path);
    cx_buf_done(&reader->inflated);
    cx_free(reader);
}

cx_status
cx_issued_reader_next(struct cx_issued_reader *reader, struct cx_issued_record *ret, bool *ret_more,
                      struct cx_detail *detail)
{
    while (!reader->over) {
        bool more = false, told = false;

        if (reader->self != NULL) {
            CX_TRY(reader->used->next(reader->self, ret, &more, detail));
            if (more) {
                *ret_more = true;
                return CX_SUCCESS;
            }
        }
        CX_TRY(end_file(reader, detail));
        if (reader->folder != 0) {
            CX_TRY(next_member(reader, ret, &told, &more, detail));
        }
        reader->over = !more;
        if (told) {
            *ret_more = true;
            return CX_SUCCESS;
        }
    }
    *ret_more = false;
    return CX_SUCCESS;
}

const char *
cx_issued_reader_file(const struct cx_issued_reader *reader)
{
    return reader->path.p;
}

const char *
cx_issued_reader_format(const struct cx_issued_reader *reader)
{
    return reader->used != NULL ? reader->used->name : "";
}

void
cx_issued_reader_progress(const struct cx_issued_reader *reader, uint64_t *ret_done,
                          uint64_t *ret_all)
{
    *ret_done = reader->done + (reader->file != NULL ? cx_input_offset(reader->file) : 0);
    *ret_all = 0;
    if (reader->folder == 0) {
        *ret_all = reader->file != NULL ? cx_input_size(reader->file) : reader->done;
    }
}

cx_status
cx_issued_reader_digest(struct cx_issued_reader *reader, struct cx_hash *ret)
{
    if (reader->folder != 0) {
        return cx_digest_of(reader->digest, ret->b);
    }
    *ret = reader->file_digest;
    return CX_SUCCESS;
}
