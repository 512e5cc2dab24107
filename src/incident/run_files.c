#include "incident/run_files.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "incident/framed.h"
#include "store/files.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Hash of an id and the position, big-endian, sorted: an index that one can look into without reading it. */
#define INDEX_OCTETS  12
#define RESULT_OCTETS 16
#define ORDER_OCTETS  sizeof(uint64_t)

struct urgency {
    uint64_t key;
    uint64_t position;
};

/* Octets that grow. */
struct heap {
    uint8_t *v;
    size_t n; /* pieces */
    size_t room;
    size_t size; /* of a piece */
};

struct cx_run_writer {
    struct urgency *urgencies;
    size_t n;
    size_t room;
    struct heap index;
    struct heap results;
};

cx_status
cx_run_writer_new(struct cx_run_writer **ret)
{
    *ret = cx_alloc(1, sizeof(**ret));
    if (*ret == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    (*ret)->index.size = INDEX_OCTETS;
    (*ret)->results.size = RESULT_OCTETS;
    return CX_SUCCESS;
}

void
cx_run_writer_free(struct cx_run_writer *w)
{
    if (w != NULL) {
        cx_free(w->urgencies);
        cx_free(w->index.v);
        cx_free(w->results.v);
        cx_free(w);
    }
}

static uint8_t *
grow(struct heap *heap)
{
    if (heap->n == heap->room) {
        size_t room = heap->room != 0 ? 2 * heap->room : 4096;
        uint8_t *v = cx_realloc(heap->v, room, heap->size);

        if (v == NULL) {
            return NULL;
        }
        heap->v = v;
        heap->room = room;
    }
    return heap->v + heap->n++ * heap->size;
}

/* ---- urgency */

/* What to look at first among certificates with the same deadline: what DNS forbids now, then what is not known to be
 * permitted (incidents.md I-15). */
static uint64_t
risk_of(const struct cx_triaged *t)
{
    static const uint64_t of_class[CX_TRIAGE_CLASSES] = {
        [CX_TRIAGE_PROVEN_DENY] = 0,   [CX_TRIAGE_TAINTED] = 1, [CX_TRIAGE_NO_EVIDENCE] = 2,
        [CX_TRIAGE_UNUSED_PERMIT] = 3, [CX_TRIAGE_PROVEN] = 4,
    };
    uint64_t now = t->now == CX_NOW_DENIES ? 0 : t->now == CX_NOW_PERMITS ? 2 : 1;

    return now << 4 | of_class[t->class];
}

/* Valid before the rest, those with a duty before those without, by deadline, by risk. */
static uint64_t
urgency_of(const struct cx_triaged *t)
{
    uint64_t rest = t->status != CX_STATUS_VALID || t->short_lived ? 1 : 0;
    uint64_t free_of_duty = t->duty.kind == CX_DUTY_NONE ? 1 : 0;
    uint64_t deadline = t->duty.deadline > 0 ? (uint64_t)t->duty.deadline : 0;

    return rest << 63 | free_of_duty << 62 | (deadline & 0xffffffffffu) << 8 | risk_of(t);
}

static int
compare_urgencies(const void *a, const void *b)
{
    const struct urgency *x = a;
    const struct urgency *y = b;

    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return x->position < y->position ? -1 : x->position > y->position;
}

static cx_status
add_urgency(struct cx_run_writer *w, const struct cx_triaged *t)
{
    if (w->n == w->room) {
        size_t room = w->room != 0 ? 2 * w->room : 4096;
        struct urgency *v = cx_realloc(w->urgencies, room, sizeof(*v));

        if (v == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
        w->urgencies = v;
        w->room = room;
    }
    w->urgencies[w->n++] = (struct urgency){ urgency_of(t), t->position };
    return CX_SUCCESS;
}

/* ---- index */

/* The same on every machine: the index is a file. Whoever aims at one bucket makes a search a little longer. */
static uint64_t
hash_of(cx_span id)
{
    return cx_hash(0, id);
}

static cx_status
add_id(struct cx_run_writer *w, cx_span id, uint64_t position)
{
    uint64_t hash = htobe64(hash_of(id));
    uint32_t at = htobe32((uint32_t)position);
    uint8_t *to = grow(&w->index);

    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(to, &hash, sizeof(hash));
    memcpy(to + sizeof(hash), &at, sizeof(at));
    return CX_SUCCESS;
}

static cx_status
add_ids(struct cx_run_writer *w, const struct cx_triaged *t)
{
    const struct cx_certificate *c = &t->certificate;

    if (c->has_certificate) {
        CX_TRY(add_id(w, (cx_span){ c->certificate.b, CX_HASH_SIZE }, t->position));
    }
    if (c->has_precertificate) {
        CX_TRY(add_id(w, (cx_span){ c->precertificate.b, CX_HASH_SIZE }, t->position));
    }
    return c->issued.serial.n != 0 ? add_id(w, c->issued.serial, t->position) : CX_SUCCESS;
}

static int
compare_index(const void *a, const void *b)
{
    return memcmp(a, b, INDEX_OCTETS);
}

/* ---- results */

static cx_status
add_result(struct cx_run_writer *w, const struct cx_triaged *t)
{
    uint8_t *to = grow(&w->results);
    uint32_t reasons = htobe32(t->reasons);
    uint8_t revoke = 0;

    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (unsigned i = 0; i < CX_REMEDIES; i++) {
        bool counts = t->status == CX_STATUS_VALID && !t->short_lived && t->revoke[i];

        revoke = (uint8_t)(revoke | (counts ? 1u << i : 0u));
    }
    memset(to, 0, RESULT_OCTETS);
    to[0] = (uint8_t)t->class;
    to[1] = (uint8_t)t->grade;
    to[2] = (uint8_t)t->process;
    to[3] = (uint8_t)t->status;
    to[4] = (uint8_t)t->now;
    to[5] = (uint8_t)t->duty.kind;
    to[6] = (uint8_t)t->verdict;
    to[7] = revoke;
    memcpy(to + 8, &reasons, sizeof(reasons));
    return CX_SUCCESS;
}

static struct cx_run_result
result_of(const uint8_t from[RESULT_OCTETS])
{
    struct cx_run_result ret = {
        .class = (enum cx_triage_class)from[0],
        .grade = (enum cx_grade)from[1],
        .process = (enum cx_process)from[2],
        .status = (enum cx_certificate_status)from[3],
        .now = (enum cx_now)from[4],
        .duty = (enum cx_duty_kind)from[5],
        .verdict = (enum cx_verdict)from[6],
    };
    uint32_t reasons;

    for (unsigned i = 0; i < CX_REMEDIES; i++) {
        ret.revoke[i] = (from[7] & 1u << i) != 0;
    }
    memcpy(&reasons, from + 8, sizeof(reasons));
    ret.reasons = be32toh(reasons);
    return ret;
}

static bool
is_result(const struct cx_run_result *r)
{
    return r->class < CX_TRIAGE_CLASSES && r->grade <= CX_GRADE_E && r->process < CX_PROCESSES &&
           r->status < CX_STATUSES && r->now <= CX_NOW_FAILS && r->duty <= CX_DUTY_24H &&
           r->verdict <= CX_VERDICT_ARGUABLE;
}

cx_status
cx_run_writer_add(struct cx_run_writer *w, const struct cx_triaged *t)
{
    if (t->position > UINT32_MAX) {
        return (cx_status){ CX_E_LIMIT };
    }
    CX_TRY(add_urgency(w, t));
    CX_TRY(add_ids(w, t));
    return add_result(w, t);
}

/* ---- files */

static cx_status
write_file(const char *folder, const char *name, const void *octets, size_t n,
           struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    FILE *file;
    bool written;

    CX_TRY(cx_path_make(&path, "%s/%s", folder, name));
    file = fopen(path, "we");
    if (file == NULL) {
        return cx_fail(detail, CX_E_IO, "%s: cannot be made: %s", path, strerror(errno));
    }
    written = fwrite(octets, 1, n, file) == n;
    return fclose(file) == 0 && written ? CX_SUCCESS
                                        : cx_fail(detail, CX_E_IO, "%s: cannot be written", path);
}

cx_status
cx_run_writer_finish(struct cx_run_writer *w, const char *folder, struct cx_detail *detail)
{
    uint64_t *order = cx_alloc(w->n != 0 ? w->n : 1, sizeof(*order));
    cx_status s;

    if (order == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (w->n != 0) {
        qsort(w->urgencies, w->n, sizeof(*w->urgencies), compare_urgencies);
        qsort(w->index.v, w->index.n, INDEX_OCTETS, compare_index);
    }
    for (size_t i = 0; i < w->n; i++) {
        order[i] = htobe64(w->urgencies[i].position);
    }
    s = write_file(folder, "order", order, w->n * ORDER_OCTETS, detail);
    cx_free(order);
    CX_TRY(s);
    CX_TRY(write_file(folder, "index", w->index.v, w->index.n * INDEX_OCTETS, detail));
    return write_file(folder, "results", w->results.v, w->results.n * RESULT_OCTETS, detail);
}

/* Opens a file of a run whose size must be a multiple of size, and n pieces unless n is 0. */
static cx_status
open_file(const char *folder, const char *name, size_t size, uint64_t *n, char **path, int *ret,
          struct cx_detail *detail)
{
    struct stat st;

    CX_TRY(cx_path_make(path, "%s/%s", folder, name));
    *ret = open(*path, O_RDONLY | O_CLOEXEC);
    if (*ret < 0 || fstat(*ret, &st) != 0) {
        return cx_fail(detail, CX_E_IO, "%s: cannot be opened", *path);
    }
    *n = (uint64_t)st.st_size / size;
    return (uint64_t)st.st_size % size == 0
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_STORE, "%s: broken; make the run again", *path);
}

/* All n pieces of a file. */
static cx_status
read_file(const char *folder, const char *name, size_t size, uint64_t n, uint8_t **ret,
          struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    uint8_t *octets = NULL;
    uint64_t have = 0;
    int fd = -1;
    cx_status s = open_file(folder, name, size, &have, &path, &fd, detail);

    if (cx_ok(s) && have != n) {
        s = cx_fail(detail, CX_E_STORE, "%s: broken; make the run again", path);
    }
    if (cx_ok(s)) {
        octets = cx_alloc(n != 0 ? (size_t)n : 1, size);
        s = octets == NULL ? (cx_status){ CX_E_NOMEM }
                           : cx_octets_at(fd, path, 0, (size_t)n * size, octets, detail);
    }
    cx_fd_close(&fd);
    if (!cx_ok(s)) {
        cx_free(octets);
        return s;
    }
    *ret = octets;
    return CX_SUCCESS;
}

cx_status
cx_run_order_read(const char *folder, uint64_t n, uint64_t **ret, struct cx_detail *detail)
{
    uint8_t *octets;
    uint64_t *order;

    CX_TRY(read_file(folder, "order", ORDER_OCTETS, n, &octets, detail));
    order = (uint64_t *)(void *)octets; /* cx_alloc aligns for any type */
    for (uint64_t i = 0; i < n; i++) {
        order[i] = be64toh(order[i]);
        if (order[i] >= n) {
            cx_free(octets);
            return cx_fail(detail, CX_E_STORE, "%s/order: broken; make the run again", folder);
        }
    }
    *ret = order;
    return CX_SUCCESS;
}

cx_status
cx_run_results_read(const char *folder, uint64_t n, struct cx_run_result **ret,
                    struct cx_detail *detail)
{
    uint8_t *octets;
    struct cx_run_result *results;
    bool whole;

    CX_TRY(read_file(folder, "results", RESULT_OCTETS, n, &octets, detail));
    results = cx_alloc(n != 0 ? (size_t)n : 1, sizeof(*results));
    whole = results != NULL;
    for (uint64_t i = 0; i < n && whole; i++) {
        results[i] = result_of(octets + i * RESULT_OCTETS);
        whole = is_result(&results[i]);
    }
    cx_free(octets);
    if (!whole) {
        cx_free(results);
        return results == NULL
                   ? (cx_status){ CX_E_NOMEM }
                   : cx_fail(detail, CX_E_STORE, "%s/results: broken; make the run again", folder);
    }
    *ret = results;
    return CX_SUCCESS;
}

/* The first of n entries whose hash is not below. */
static cx_status
lower_bound(int fd, const char *path, uint64_t n, uint64_t hash, uint64_t *ret,
            struct cx_detail *detail)
{
    uint64_t low = 0;

    while (n != 0) {
        uint64_t half = n / 2;
        uint64_t there;

        CX_TRY(cx_octets_at(fd, path, (low + half) * INDEX_OCTETS, sizeof(there), (uint8_t *)&there,
                            detail));
        if (be64toh(there) < hash) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    *ret = low;
    return CX_SUCCESS;
}

static cx_status
find(int fd, const char *path, uint64_t n, uint64_t hash, uint64_t *ret, size_t max, size_t *ret_n,
     struct cx_detail *detail)
{
    uint64_t at;

    CX_TRY(lower_bound(fd, path, n, hash, &at, detail));
    for (; at < n && *ret_n < max; at++) {
        uint8_t entry[INDEX_OCTETS];
        uint64_t there;
        uint32_t position;

        CX_TRY(cx_octets_at(fd, path, at * INDEX_OCTETS, INDEX_OCTETS, entry, detail));
        memcpy(&there, entry, sizeof(there));
        memcpy(&position, entry + sizeof(there), sizeof(position));
        if (be64toh(there) != hash) {
            break;
        }
        ret[(*ret_n)++] = be32toh(position);
    }
    return CX_SUCCESS;
}

cx_status
cx_run_index_find(const char *folder, cx_span id, uint64_t *ret, size_t max, size_t *ret_n,
                  struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    uint64_t n = 0;
    int fd = -1;
    cx_status s = open_file(folder, "index", INDEX_OCTETS, &n, &path, &fd, detail);

    *ret_n = 0;
    if (cx_ok(s)) {
        s = find(fd, path, n, hash_of(id), ret, max, ret_n, detail);
    }
    cx_fd_close(&fd);
    return s;
}
