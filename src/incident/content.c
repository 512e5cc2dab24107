#include "incident/content.h"

#include "base/alloc.h"
#include "base/cbor.h"
#include "base/hash.h"
#include "base/limits.h"
#include "incident/framed.h"
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE_BUFFER ((size_t)1 << 20)
#define SLOTS        ((size_t)1 << 18)

/* ---- one content */

enum member {
    DNSSEC,
    UNVALIDATED,
    PRECISION,
    FOUND_AT,
    RECORDS,
    ALIASES,
    TEXTS,
    MEMBERS,
};

static void
write_records(const struct cx_observation *o, struct cx_buf *buf)
{
    cx_cbor_put_array(buf, 3 * o->n_records);
    for (size_t i = 0; i < o->n_records; i++) {
        cx_cbor_put_uint(buf, o->records[i].flags);
        cx_cbor_put_bytes(buf, o->records[i].tag);
        cx_cbor_put_bytes(buf, o->records[i].value);
    }
}

/* Octets, since texts of logs need not be UTF-8. */
static void
write_texts(const struct cx_observation *o, struct cx_buf *buf)
{
    const cx_str texts[] = { o->account, o->method, o->perspective, o->resolver };

    cx_cbor_put_array(buf, CX_COUNT(texts));
    for (size_t i = 0; i < CX_COUNT(texts); i++) {
        cx_cbor_put_bytes(buf, cx_span_of_str(texts[i]));
    }
}

void
cx_content_write(const struct cx_observation *o, struct cx_buf *buf)
{
    cx_cbor_put_array(buf, MEMBERS);
    cx_cbor_put_uint(buf, (uint64_t)o->dnssec);
    cx_cbor_put_uint(buf, o->unvalidated ? 1 : 0);
    cx_cbor_put_uint(buf, o->precision_ms);
    cx_cbor_put_bytes(buf, o->found_at);
    write_records(o, buf);
    cx_cbor_put_array(buf, o->n_aliases);
    for (size_t i = 0; i < o->n_aliases; i++) {
        cx_cbor_put_bytes(buf, o->aliases[i]);
    }
    write_texts(o, buf);
}

static cx_status
read_records(struct cx_reader *r, struct cx_arena *arena, struct cx_observation *ret)
{
    size_t members = cx_cbor_array(r, CX_MESSAGE_MAX);
    size_t n = members / 3;
    struct cx_caa *v = cx_arena_get(arena, n, sizeof(*v));

    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (members % 3 != 0) {
        r->failed = true;
    }
    for (size_t i = 0; i < n; i++) {
        v[i].flags = (uint8_t)cx_cbor_number(r, UINT8_MAX);
        v[i].tag = cx_cbor_bytes(r);
        v[i].value = cx_cbor_bytes(r);
    }
    ret->records = v;
    ret->n_records = n;
    return CX_SUCCESS;
}

static cx_status
read_aliases(struct cx_reader *r, struct cx_arena *arena, struct cx_observation *ret)
{
    size_t n = cx_cbor_array(r, CX_ALIASES_READ);
    cx_span *v = cx_arena_get(arena, n, sizeof(*v));

    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        v[i] = cx_cbor_bytes(r);
    }
    ret->aliases = v;
    ret->n_aliases = n;
    return CX_SUCCESS;
}

static void
read_texts(struct cx_reader *r, struct cx_observation *ret)
{
    cx_str *texts[] = { &ret->account, &ret->method, &ret->perspective, &ret->resolver };

    if (cx_cbor_array(r, CX_COUNT(texts)) != CX_COUNT(texts)) {
        r->failed = true;
    }
    for (size_t i = 0; i < CX_COUNT(texts); i++) {
        *texts[i] = cx_str_of_span(cx_cbor_bytes(r));
    }
}

cx_status
cx_content_read(cx_span octets, struct cx_arena *arena, struct cx_observation *ret)
{
    struct cx_reader r = cx_reader_of(octets);

    *ret = (struct cx_observation){ .observed = CX_OBSERVED_UNSET };
    if (cx_cbor_array(&r, MEMBERS) != MEMBERS) {
        return (cx_status){ CX_E_STORE };
    }
    ret->dnssec = (enum cx_dnssec)cx_cbor_number(&r, CX_DNSSEC_BOGUS);
    ret->unvalidated = cx_cbor_number(&r, 1) != 0;
    ret->precision_ms = (uint32_t)cx_cbor_number(&r, UINT32_MAX);
    ret->found_at = cx_cbor_bytes(&r);
    CX_TRY(read_records(&r, arena, ret));
    CX_TRY(read_aliases(&r, arena, ret));
    read_texts(&r, ret);
    return cx_rd_ok(&r) && cx_rd_left(&r) == 0 ? CX_SUCCESS : (cx_status){ CX_E_STORE };
}

/* ---- the file */

/* A content that was added: found again by its octets. */
struct known {
    uint64_t at;
    struct known *next;
    size_t n;
    uint8_t octets[];
};

struct cx_content_file {
    int fd;
    char *path;
    uint64_t written;   /* octets in the file */
    struct cx_buf tail; /* behind them */
    struct cx_buf scratch;
    uint64_t key;
    struct known **known;  /* NULL: only for reading */
    struct cx_arena arena; /* of what is known; when it is full, equal contents may be kept twice */
};

static cx_status
fail_io(const struct cx_content_file *file, const char *what, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_IO, "%s: %s: %s", file->path, what, strerror(errno));
}

static cx_status
open_file(struct cx_content_file *file, uint64_t size, bool writable, struct cx_detail *detail)
{
    struct stat st;

    file->fd = open(file->path, (writable ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0666);
    if (file->fd < 0 || fstat(file->fd, &st) != 0) {
        return fail_io(file, "cannot be opened", detail);
    }
    if ((uint64_t)st.st_size < size) {
        return cx_fail(detail, CX_E_STORE, "%s: cut off: it should have %" PRIu64 " octets",
                       file->path, size);
    }
    if (writable && ftruncate(file->fd, (off_t)size) != 0) {
        return fail_io(file, "cannot be cut", detail);
    }
    file->written = size;
    return CX_SUCCESS;
}

static cx_status
prepare_known(struct cx_content_file *file)
{
    file->known = cx_alloc(SLOTS, sizeof(struct known *));
    return file->known != NULL && cx_hash_key(&file->key) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

cx_status
cx_content_file_open(const char *path, uint64_t size, bool writable, struct cx_content_file **ret,
                     struct cx_detail *detail)
{
    struct cx_content_file *file = cx_alloc(1, sizeof(*file));
    cx_status s;

    if (file == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    file->fd = -1;
    cx_buf_init(&file->tail, 2 * WRITE_BUFFER + CX_CONTENT_MAX);
    cx_buf_init(&file->scratch, CX_CONTENT_MAX);
    cx_arena_init(&file->arena, CX_ARCHIVE_KNOWN_BYTES);
    file->path = strdup(path);
    s = file->path == NULL ? (cx_status){ CX_E_NOMEM } : open_file(file, size, writable, detail);
    if (cx_ok(s) && writable) {
        s = prepare_known(file);
    }
    if (!cx_ok(s)) {
        cx_content_file_close(file);
        return s;
    }
    *ret = file;
    return CX_SUCCESS;
}

void
cx_content_file_close(struct cx_content_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->fd >= 0) {
        (void)close(file->fd); /* what counts was synced */
    }
    cx_buf_done(&file->tail);
    cx_buf_done(&file->scratch);
    cx_arena_done(&file->arena);
    cx_free(file->known);
    free(file->path);
    cx_free(file);
}

static cx_status
flush(struct cx_content_file *file, struct cx_detail *detail)
{
    CX_TRY(cx_fd_write_at(file->fd, file->path, cx_buf_str(&file->tail), file->written, detail));
    file->written += file->tail.n;
    cx_buf_clear(&file->tail);
    return CX_SUCCESS;
}

/* Not to be remembered is no failure: then an equal content is kept again. */
static void
remember(struct cx_content_file *file, struct known **slot, cx_span octets, uint64_t at)
{
    struct known *new = cx_arena_get(&file->arena, 1, sizeof(*new) + octets.n);

    if (new != NULL) {
        new->at = at;
        new->n = octets.n;
        memcpy(new->octets, octets.p, octets.n);
        new->next = *slot;
        *slot = new;
    }
}

static cx_status
append(struct cx_content_file *file, cx_span octets, uint64_t *ret, struct cx_detail *detail)
{
    uint8_t head[CX_FRAME_HEAD];

    cx_frame_head(octets.n, head);
    *ret = file->written + file->tail.n;
    cx_buf_put(&file->tail, (cx_str){ (const char *)head, sizeof(head) });
    cx_buf_put(&file->tail, cx_str_of_span(octets));
    CX_TRY(cx_buf_status(&file->tail));
    return file->tail.n < WRITE_BUFFER ? CX_SUCCESS : flush(file, detail);
}

cx_status
cx_content_file_add(struct cx_content_file *file, const struct cx_observation *o, uint64_t *ret,
                    struct cx_detail *detail)
{
    cx_span octets;
    struct known **slot;

    cx_buf_clear(&file->scratch);
    cx_content_write(o, &file->scratch);
    CX_TRY(cx_buf_status(&file->scratch));
    octets = cx_span_of_str(cx_buf_str(&file->scratch));
    slot = &file->known[cx_hash(file->key, octets) % SLOTS];
    for (const struct known *k = *slot; k != NULL; k = k->next) {
        if (cx_span_equal(octets, (cx_span){ k->octets, k->n })) {
            *ret = k->at;
            return CX_SUCCESS;
        }
    }
    CX_TRY(append(file, octets, ret, detail));
    remember(file, slot, octets, *ret);
    return CX_SUCCESS;
}

cx_status
cx_content_file_sync(struct cx_content_file *file, uint64_t *ret_size, struct cx_detail *detail)
{
    CX_TRY(flush(file, detail));
    if (fdatasync(file->fd) != 0) {
        return fail_io(file, "cannot be written", detail);
    }
    *ret_size = file->written;
    return CX_SUCCESS;
}

cx_status
cx_content_file_at(const struct cx_content_file *file, uint64_t at, struct cx_arena *arena,
                   struct cx_observation *ret, struct cx_detail *detail)
{
    cx_span octets;
    cx_status s;

    CX_TRY(cx_frame_at(file->fd, file->path, at, CX_CONTENT_MAX, arena, &octets, detail));
    s = cx_content_read(octets, arena, ret);
    return s.code != CX_E_STORE
               ? s
               : cx_fail(detail, CX_E_STORE, "%s: broken at %" PRIu64, file->path, at);
}
