#include "incident/certificates.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "incident/certificate_group.h"
#include "incident/certificate_row.h"
#include "incident/framed.h"
#include "store/files.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file: rows (framed.h), where each begins (u64), how many there are (u64), the magic. */
#define TRAILER_OCTETS 24
#define WRITE_BUFFER   ((size_t)1 << 20)

static const char magic[16] = "caaproof-certs-2";

/* What a row may be joined by: issuer and serial, or a digest. A row has up to three. */
struct tie {
    uint64_t key;
    uint32_t row;
};

/* Rows of one certificate: members[first] to members[first + n - 1]. */
struct group {
    uint32_t first;
    uint32_t n;
};

struct cx_certificates_maker {
    char *path;
    char *rows_path;
    char *part_path;
    FILE *rows; /* as they came */
    FILE *part; /* joined */
    uint64_t written;
    struct cx_buf row;
    uint64_t key;
    uint64_t *begins; /* of rows */
    size_t n_rows;
    size_t rows_room;
    struct tie *ties;
    size_t n_ties;
    size_t ties_room;
    struct cx_certificate_counts counts;
};

/* ---- making */

static cx_status
fail_io(const char *path, const char *what, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_IO, "%s: %s: %s", path, what, strerror(errno));
}

static cx_status
open_files(struct cx_certificates_maker *m, const char *path, struct cx_detail *detail)
{
    CX_TRY(cx_path_make(&m->path, "%s", path));
    CX_TRY(cx_path_make(&m->rows_path, "%s.rows", path));
    CX_TRY(cx_path_make(&m->part_path, "%s.part", path));
    m->rows = fopen(m->rows_path, "w+e");
    m->part = fopen(m->part_path, "w+e");
    if (m->rows == NULL || m->part == NULL) {
        return fail_io(path, "cannot be made", detail);
    }
    (void)setvbuf(m->rows, NULL, _IOFBF, WRITE_BUFFER);
    (void)setvbuf(m->part, NULL, _IOFBF, WRITE_BUFFER);
    return cx_hash_key(&m->key) ? CX_SUCCESS : (cx_status){ CX_E_INTERNAL };
}

cx_status
cx_certificates_make(const char *path, struct cx_certificates_maker **ret, struct cx_detail *detail)
{
    struct cx_certificates_maker *m = cx_alloc(1, sizeof(*m));
    cx_status s;

    if (m == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    cx_buf_init(&m->row, CX_CERTIFICATE_ROW_MAX);
    s = open_files(m, path, detail);
    if (!cx_ok(s)) {
        cx_certificates_free(m);
        return s;
    }
    *ret = m;
    return CX_SUCCESS;
}

static void
drop_file(FILE **file, char **path)
{
    if (*file != NULL) {
        (void)fclose(*file); /* is thrown away */
        (void)unlink(*path);
    }
    cx_path_free(path);
}

void
cx_certificates_free(struct cx_certificates_maker *m)
{
    if (m != NULL) {
        drop_file(&m->rows, &m->rows_path);
        drop_file(&m->part, &m->part_path);
        cx_path_free(&m->path);
        cx_buf_done(&m->row);
        cx_free(m->begins);
        cx_free(m->ties);
        cx_free(m);
    }
}

static cx_status
put_row(struct cx_certificates_maker *m, FILE *file, const char *path,
        const struct cx_certificate *certificate, uint64_t *at, struct cx_detail *detail)
{
    uint8_t head[CX_FRAME_HEAD];

    cx_buf_clear(&m->row);
    cx_certificate_write(certificate, &m->row);
    CX_TRY(cx_buf_status(&m->row));
    cx_frame_head(m->row.n, head);
    if (fwrite(head, sizeof(head), 1, file) != 1 ||
        fwrite(m->row.p, 1, m->row.n, file) != m->row.n) {
        return fail_io(path, "cannot be written", detail);
    }
    *at += CX_FRAME_HEAD + m->row.n;
    return CX_SUCCESS;
}

/* Room for one more. */
static bool
widen(void **v, size_t n, size_t *room, size_t size)
{
    size_t more = *room != 0 ? 2 * *room : 1024;
    void *wider;

    if (n < *room) {
        return true;
    }
    wider = cx_realloc(*v, more, size);
    if (wider != NULL) {
        *v = wider;
        *room = more;
    }
    return wider != NULL;
}

static cx_status
add_tie(struct cx_certificates_maker *m, uint64_t key)
{
    void *ties = m->ties;

    if (!widen(&ties, m->n_ties, &m->ties_room, sizeof(*m->ties))) {
        return (cx_status){ CX_E_NOMEM };
    }
    m->ties = ties;
    m->ties[m->n_ties++] = (struct tie){ key, (uint32_t)m->n_rows };
    return CX_SUCCESS;
}

static cx_status
add_ties(struct cx_certificates_maker *m, const struct cx_certificate *c)
{
    if (c->has_certificate) {
        CX_TRY(add_tie(m, cx_hash(m->key, (cx_span){ c->certificate.b, CX_HASH_SIZE })));
    }
    if (c->has_precertificate) {
        CX_TRY(add_tie(m, cx_hash(m->key, (cx_span){ c->precertificate.b, CX_HASH_SIZE })));
    }
    if (c->issued.serial.n != 0 && c->has_issuer) {
        CX_TRY(add_tie(m, cx_hash(cx_hash(m->key, c->issued.serial),
                                  (cx_span){ c->issued.issuer_key.b, CX_HASH_SIZE })));
    }
    return CX_SUCCESS;
}

cx_status
cx_certificates_add(struct cx_certificates_maker *m, const struct cx_issued *issued, uint32_t input,
                    uint64_t line, struct cx_detail *detail)
{
    struct cx_certificate c;
    void *begins = m->begins;

    CX_TRY(cx_certificate_of(issued, input, line, &c));
    if (m->n_rows == UINT32_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more certificates than one run can hold; make several");
    }
    if (!widen(&begins, m->n_rows, &m->rows_room, sizeof(*m->begins))) {
        return (cx_status){ CX_E_NOMEM };
    }
    m->begins = begins;
    m->begins[m->n_rows] = m->written;
    CX_TRY(add_ties(m, &c));
    m->n_rows++;
    m->counts.rows++;
    return put_row(m, m->rows, m->rows_path, &c, &m->written, detail);
}

static cx_status
read_row(int fd, const char *path, uint64_t at, struct cx_arena *arena, struct cx_certificate *ret,
         struct cx_detail *detail)
{
    cx_span octets;
    cx_status s;

    CX_TRY(cx_frame_at(fd, path, at, CX_CERTIFICATE_ROW_MAX, arena, &octets, detail));
    s = cx_certificate_read_row(octets, arena, ret);
    return s.code != CX_E_STORE ? s
                                : cx_fail(detail, CX_E_STORE, "%s: broken at %" PRIu64, path, at);
}

/* ---- joining */

static int
compare_ties(const void *a, const void *b)
{
    const struct tie *x = a;
    const struct tie *y = b;

    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

/* The first row of those that row is tied to, over others or not. */
static uint32_t
first_of(uint32_t *firsts, uint32_t row)
{
    while (firsts[row] != row) {
        firsts[row] = firsts[firsts[row]]; /* shorter for the next who asks */
        row = firsts[row];
    }
    return row;
}

static void
tie_rows(struct cx_certificates_maker *m, uint32_t *firsts)
{
    for (size_t i = 0; i < m->n_rows; i++) {
        firsts[i] = (uint32_t)i;
    }
    if (m->n_ties != 0) {
        qsort(m->ties, m->n_ties, sizeof(*m->ties), compare_ties);
    }
    for (size_t i = 1; i < m->n_ties; i++) {
        if (m->ties[i].key == m->ties[i - 1].key) {
            uint32_t a = first_of(firsts, m->ties[i - 1].row);
            uint32_t b = first_of(firsts, m->ties[i].row);

            firsts[a > b ? a : b] = a > b ? b : a;
        }
    }
}

/* Rows of each group side by side, groups in the order of their first rows. */
static void
find_groups(const struct cx_certificates_maker *m, uint32_t *firsts, struct group *groups,
            uint32_t *members)
{
    uint32_t at = 0;

    for (size_t i = 0; i < m->n_rows; i++) {
        groups[first_of(firsts, (uint32_t)i)].n++;
    }
    for (size_t i = 0; i < m->n_rows; i++) {
        groups[i].first = at;
        at += groups[i].n;
        groups[i].n = 0;
    }
    for (size_t i = 0; i < m->n_rows; i++) {
        struct group *group = &groups[first_of(firsts, (uint32_t)i)];

        members[group->first + group->n++] = (uint32_t)i;
    }
}

struct joining {
    struct cx_certificates_maker *m;
    struct cx_arena arena;
    uint64_t *begins; /* of joined rows */
    size_t n;
    uint64_t written;
};

static cx_status
put_joined(struct joining *j, const struct cx_certificate *c, struct cx_detail *detail)
{
    j->begins[j->n++] = j->written;
    j->m->counts.certificates++;
    j->m->counts.pairs += c->has_certificate && c->has_precertificate ? 1 : 0;
    return put_row(j->m, j->m->part, j->m->part_path, c, &j->written, detail);
}

/* Rows that are tied together. They are of one certificate, but for those that have the same hash by chance, or a serial that a CA gave
 * twice: these stay apart. */
static cx_status
join_group(struct joining *j, const uint32_t *rows, size_t n_rows, struct cx_detail *detail)
{
    struct cx_certificates_maker *m = j->m;
    struct cx_certificate_group group = { .v = cx_arena_get(&j->arena, n_rows, sizeof(*group.v)),
                                          .n = n_rows };

    if (group.v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n_rows; i++) {
        CX_TRY(read_row(fileno(m->rows), m->rows_path, m->begins[rows[i]], &j->arena, &group.v[i],
                        detail));
    }
    CX_TRY(cx_certificate_group_join(&group, m->key, &j->arena));
    m->counts.duplicates += group.duplicates;
    for (size_t k = 0; k < group.n; k++) {
        CX_TRY(put_joined(j, &group.v[k], detail));
    }
    return CX_SUCCESS;
}

static cx_status
put_trailer(struct joining *j, struct cx_detail *detail)
{
    uint64_t n = htobe64(j->n);
    FILE *part = j->m->part;

    for (size_t i = 0; i < j->n; i++) {
        j->begins[i] = htobe64(j->begins[i]);
    }
    if (fwrite(j->begins, sizeof(*j->begins), j->n, part) != j->n ||
        fwrite(&n, sizeof(n), 1, part) != 1 || fwrite(magic, sizeof(magic), 1, part) != 1 ||
        fflush(part) != 0 || fsync(fileno(part)) != 0) {
        return fail_io(j->m->part_path, "cannot be written", detail);
    }
    return rename(j->m->part_path, j->m->path) == 0
               ? CX_SUCCESS
               : fail_io(j->m->path, "cannot be named", detail);
}

static cx_status
join_all(struct joining *j, const struct group *groups, const uint32_t *members,
         struct cx_detail *detail)
{
    for (size_t i = 0; i < j->m->n_rows; i++) {
        if (groups[i].n != 0) {
            cx_arena_reset(&j->arena);
            CX_TRY(join_group(j, members + groups[i].first, groups[i].n, detail));
        }
    }
    return put_trailer(j, detail);
}

static cx_status
group_and_join(struct joining *j, struct cx_detail *detail)
{
    struct cx_certificates_maker *m = j->m;
    size_t room = m->n_rows != 0 ? m->n_rows : 1;
    struct group *groups = cx_alloc(room, sizeof(*groups));
    uint32_t *members = cx_alloc(room, sizeof(*members));
    uint32_t *firsts = cx_alloc(room, sizeof(*firsts));
    cx_status s = (cx_status){ CX_E_NOMEM };

    if (groups != NULL && members != NULL && firsts != NULL) {
        tie_rows(m, firsts);
        find_groups(m, firsts, groups, members);
        cx_free(CX_STEAL(firsts));
        s = join_all(j, groups, members, detail);
    }
    cx_free(groups);
    cx_free(members);
    cx_free(firsts);
    return s;
}

cx_status
cx_certificates_finish(struct cx_certificates_maker *m, struct cx_certificate_counts *ret,
                       struct cx_detail *detail)
{
    struct joining j = { .m = m };
    cx_status s;

    j.begins = cx_alloc(m->n_rows != 0 ? m->n_rows : 1, sizeof(*j.begins));
    cx_arena_init(&j.arena, CX_CHECK_MEMORY);
    s = j.begins == NULL       ? (cx_status){ CX_E_NOMEM }
        : fflush(m->rows) != 0 ? fail_io(m->rows_path, "cannot be written", detail)
                               : group_and_join(&j, detail);
    cx_arena_done(&j.arena);
    cx_free(j.begins);
    *ret = m->counts;
    return s;
}

/* ---- the file */

struct cx_certificates {
    int fd;
    char *path;
    uint64_t *begins;
    uint64_t n;
};

static cx_status
read_trailer(struct cx_certificates *file, struct cx_detail *detail)
{
    uint8_t trailer[TRAILER_OCTETS];
    struct stat st;
    uint64_t size;

    if (fstat(file->fd, &st) != 0 || st.st_size < TRAILER_OCTETS) {
        return cx_fail(detail, CX_E_STORE, "%s: not the certificates of a run", file->path);
    }
    size = (uint64_t)st.st_size;
    CX_TRY(
        cx_octets_at(file->fd, file->path, size - TRAILER_OCTETS, TRAILER_OCTETS, trailer, detail));
    memcpy(&file->n, trailer, sizeof(file->n));
    file->n = be64toh(file->n);
    if (memcmp(trailer + sizeof(file->n), magic, sizeof(magic)) != 0 ||
        file->n > (size - TRAILER_OCTETS) / sizeof(*file->begins)) {
        return cx_fail(detail, CX_E_STORE, "%s: not the certificates of a run, or cut off",
                       file->path);
    }
    file->begins = cx_alloc(file->n != 0 ? (size_t)file->n : 1, sizeof(*file->begins));
    if (file->begins == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    return cx_octets_at(file->fd, file->path,
                        size - TRAILER_OCTETS - file->n * sizeof(*file->begins),
                        (size_t)file->n * sizeof(*file->begins), (uint8_t *)file->begins, detail);
}

cx_status
cx_certificates_open(const char *path, struct cx_certificates **ret, struct cx_detail *detail)
{
    struct cx_certificates *file = cx_alloc(1, sizeof(*file));
    cx_status s;

    if (file == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    file->fd = open(path, O_RDONLY | O_CLOEXEC);
    s = cx_path_make(&file->path, "%s", path);
    if (cx_ok(s)) {
        s = file->fd < 0 ? fail_io(path, "cannot be opened", detail) : read_trailer(file, detail);
    }
    if (!cx_ok(s)) {
        cx_certificates_close(file);
        return s;
    }
    *ret = file;
    return CX_SUCCESS;
}

void
cx_certificates_close(struct cx_certificates *file)
{
    if (file != NULL) {
        cx_fd_close(&file->fd);
        cx_path_free(&file->path);
        cx_free(file->begins);
        cx_free(file);
    }
}

uint64_t
cx_certificates_size(const struct cx_certificates *file)
{
    return file->n;
}

cx_status
cx_certificates_at(const struct cx_certificates *file, uint64_t i, struct cx_arena *arena,
                   struct cx_certificate *ret, struct cx_detail *detail)
{
    if (i >= file->n) {
        return cx_fail(detail, CX_E_INTERNAL, "%s: no certificate %" PRIu64, file->path, i);
    }
    return read_row(file->fd, file->path, be64toh(file->begins[i]), arena, ret, detail);
}
