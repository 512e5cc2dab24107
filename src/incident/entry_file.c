#include "incident/entry_file.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "incident/framed.h"
#include "pki/digest.h"
#include "store/files.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK        ((size_t)64) /* entries that one place of the index stands for */
#define WHERE_OCTETS 24           /* key and time of a block's first entry */
#define WRITE_BUFFER ((size_t)1 << 20)
#define READ_ENTRIES ((size_t)4096)
#define NO_TTL       UINT32_MAX
#define CONTENT_BITS 48

static const char magic[16] = "caaproof-entry-1";

/* After the entries: their number and the magic, so that a file that was cut off is known as one. */
#define TRAILER_OCTETS 24

/* ---- one entry */

cx_status
cx_entry_key_of(cx_span name, struct cx_entry_key *ret)
{
    uint8_t digest[CX_SHA256_SIZE];

    CX_TRY(cx_sha256(name, digest));
    memcpy(ret->b, digest, CX_ENTRY_KEY);
    return CX_SUCCESS;
}

static void
put64(uint8_t *to, uint64_t value)
{
    value = htobe64(value);
    memcpy(to, &value, sizeof(value));
}

static uint64_t
get64(const uint8_t *from)
{
    uint64_t value;

    memcpy(&value, from, sizeof(value));
    return be64toh(value);
}

static void
put32(uint8_t *to, uint32_t value)
{
    value = htobe32(value);
    memcpy(to, &value, sizeof(value));
}

static uint32_t
get32(const uint8_t *from)
{
    uint32_t value;

    memcpy(&value, from, sizeof(value));
    return be32toh(value);
}

/* Signed times in the order of unsigned octets. */
static uint64_t
biased(int64_t time_ms)
{
    return (uint64_t)time_ms ^ ((uint64_t)1 << 63);
}

void
cx_archive_entry_write(const struct cx_archive_entry *entry, uint8_t ret[CX_ENTRY_OCTETS])
{
    uint64_t words = (uint64_t)entry->observed | (uint64_t)entry->form << 2 |
                     (uint64_t)entry->grade << 4 | (uint64_t)entry->claim << 7 |
                     (uint64_t)entry->clock << 9 | (uint64_t)entry->outcome << 12;

    memcpy(ret, entry->key.b, CX_ENTRY_KEY);
    put64(ret + 16, biased(entry->time_ms));
    put32(ret + 24, entry->source);
    put64(ret + 28, entry->line);
    put64(ret + 36, entry->content | words << CONTENT_BITS);
    put32(ret + 44, !entry->has_ttl ? NO_TTL : entry->ttl == NO_TTL ? NO_TTL - 1 : entry->ttl);
}

cx_status
cx_archive_entry_read(const uint8_t octets[CX_ENTRY_OCTETS], struct cx_archive_entry *ret)
{
    uint64_t content = get64(octets + 36);
    unsigned words = (unsigned)(content >> CONTENT_BITS);
    uint32_t ttl = get32(octets + 44);

    *ret = (struct cx_archive_entry){
        .time_ms = (int64_t)(get64(octets + 16) ^ ((uint64_t)1 << 63)),
        .source = get32(octets + 24),
        .line = get64(octets + 28),
        .content = content & (((uint64_t)1 << CONTENT_BITS) - 1),
        .observed = (enum cx_observed)(words & 3),
        .form = (enum cx_form)(words >> 2 & 3),
        .grade = (enum cx_grade)(words >> 4 & 7),
        .claim = (enum cx_claim)(words >> 7 & 3),
        .clock = (enum cx_observed_clock)(words >> 9 & 7),
        .outcome = (enum cx_outcome)(words >> 12 & 15),
        .has_ttl = ttl != NO_TTL,
        .ttl = ttl != NO_TTL ? ttl : 0,
    };
    memcpy(ret->key.b, octets, CX_ENTRY_KEY);
    return ret->observed <= CX_OBSERVED_CHECK && ret->form <= CX_FORM_WILDCARD &&
                   ret->grade <= CX_GRADE_E && ret->clock <= CX_CLOCK_INDEXED &&
                   ret->outcome <= CX_OUTCOME_ERROR
               ? CX_SUCCESS
               : (cx_status){ CX_E_STORE };
}

static int
compare_sorted(const void *a, const void *b)
{
    return memcmp(
        a, b, CX_ENTRY_OCTETS); /* key, time, source, line, and then whatever makes the order one */
}

/* ---- writing */

static cx_status
fail_io(const char *what, const char *path, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_IO, "%s: %s: %s", path, what, strerror(errno));
}

/* A file that gets its name when it is whole and on the disk. */
struct making {
    const char *path;
    char *temporary;
    FILE *file;
};

static cx_status
begin(struct making *m, const char *path, struct cx_detail *detail)
{
    *m = (struct making){ .path = path };
    CX_TRY(cx_path_make(&m->temporary, "%s.part", path));
    m->file = fopen(m->temporary, "we");
    if (m->file == NULL) {
        return fail_io("cannot be made", m->temporary, detail);
    }
    (void)setvbuf(m->file, NULL, _IOFBF, WRITE_BUFFER);
    return CX_SUCCESS;
}

static cx_status
finish(struct making *m, struct cx_detail *detail)
{
    bool written = fflush(m->file) == 0 && fsync(fileno(m->file)) == 0;

    if (fclose(m->file) != 0 || !written) {
        m->file = NULL;
        return fail_io("cannot be written", m->temporary, detail);
    }
    m->file = NULL;
    if (rename(m->temporary, m->path) != 0) {
        return fail_io("cannot be named", m->path, detail);
    }
    return cx_folder_sync_above(m->path, detail);
}

/* After success or failure. */
static void
end(struct making *m)
{
    if (m->file != NULL) {
        (void)fclose(m->file); /* is thrown away */
        (void)unlink(m->temporary);
    }
    cx_path_free(&m->temporary);
}

static cx_status
put(struct making *m, const void *octets, size_t n, struct cx_detail *detail)
{
    return n == 0 || fwrite(octets, 1, n, m->file) == n
               ? CX_SUCCESS
               : fail_io("cannot be written", m->temporary, detail);
}

static cx_status
put_all(struct making *m, const uint8_t *octets, size_t n, struct cx_detail *detail)
{
    CX_TRY(put(m, octets, n, detail));
    return finish(m, detail);
}

cx_status
cx_entry_run_write(const char *path, uint8_t *entries, size_t n, struct cx_detail *detail)
{
    struct making m;
    cx_status s = begin(&m, path, detail);

    if (cx_ok(s)) {
        qsort(entries, n, CX_ENTRY_OCTETS, compare_sorted);
        s = put_all(&m, entries, n * CX_ENTRY_OCTETS, detail);
    }
    end(&m);
    return s;
}

/* ---- merging */

struct input {
    FILE *file;
    uint64_t left; /* entries not yet read into v */
    uint8_t *v;
    size_t n;
    size_t at;
};

static cx_status
fail_cut_off(const char *path, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_STORE, "%s: not a file of entries, or cut off", path);
}

/* Whether a file with that many entries, its index and its trailer is that long. */
static bool
is_size_of(uint64_t entries, uint64_t size)
{
    return entries <= size / CX_ENTRY_OCTETS &&
           size == entries * CX_ENTRY_OCTETS + (entries + BLOCK - 1) / BLOCK * WHERE_OCTETS +
                       TRAILER_OCTETS;
}

/* Entries of a run, or of an entry file, whose end tells their number. */
static cx_status
count_entries(const char *path, FILE *file, uint64_t *ret, struct cx_detail *detail)
{
    uint8_t trailer[TRAILER_OCTETS];
    struct stat st;
    uint64_t size;

    if (fstat(fileno(file), &st) != 0) {
        return fail_io("cannot be read", path, detail);
    }
    size = (uint64_t)st.st_size;
    *ret = size / CX_ENTRY_OCTETS;
    if (size == 0) {
        return CX_SUCCESS;
    }
    if (size < TRAILER_OCTETS || fseeko(file, st.st_size - TRAILER_OCTETS, SEEK_SET) != 0 ||
        fread(trailer, 1, sizeof(trailer), file) != sizeof(trailer) || fseeko(file, 0, SEEK_SET)) {
        return fail_io("cannot be read", path, detail);
    }
    if (memcmp(trailer + 8, magic, sizeof(magic)) == 0) {
        *ret = get64(trailer);
        return is_size_of(*ret, size) ? CX_SUCCESS : fail_cut_off(path, detail);
    }
    return size % CX_ENTRY_OCTETS == 0 ? CX_SUCCESS : fail_cut_off(path, detail);
}

static cx_status
fill(struct input *input, struct cx_detail *detail)
{
    size_t want = input->left < READ_ENTRIES ? (size_t)input->left : READ_ENTRIES;

    input->at = 0;
    input->n = want == 0 ? 0 : fread(input->v, CX_ENTRY_OCTETS, want, input->file);
    input->left -= input->n;
    return input->n == want ? CX_SUCCESS : cx_fail(detail, CX_E_IO, "a run of entries is cut off");
}

static cx_status
open_input(const char *path, struct input *ret, struct cx_detail *detail)
{
    ret->v = cx_alloc(READ_ENTRIES, CX_ENTRY_OCTETS);
    if (ret->v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    ret->file = fopen(path, "re");
    if (ret->file == NULL) {
        return fail_io("cannot be opened", path, detail);
    }
    CX_TRY(count_entries(path, ret->file, &ret->left, detail));
    return fill(ret, detail);
}

static const uint8_t *
head(const struct input *input)
{
    return input->at < input->n ? input->v + input->at * CX_ENTRY_OCTETS : NULL;
}

/* The input whose next entry is first, or NULL at the end. There are some tens of them. */
static struct input *
first_of(struct input *inputs, size_t n)
{
    struct input *best = NULL;

    for (size_t i = 0; i < n; i++) {
        const uint8_t *mine = head(&inputs[i]);

        if (mine != NULL && (best == NULL || memcmp(mine, head(best), CX_ENTRY_OCTETS) < 0)) {
            best = &inputs[i];
        }
    }
    return best;
}

/* The index, block by block, behind the entries. */
static cx_status
put_index(struct making *m, const struct cx_buf *index, uint64_t entries, struct cx_detail *detail)
{
    uint8_t trailer[TRAILER_OCTETS];

    CX_TRY(cx_buf_status(index));
    CX_TRY(put(m, index->p, index->n, detail));
    put64(trailer, entries);
    memcpy(trailer + 8, magic, sizeof(magic));
    CX_TRY(put(m, trailer, sizeof(trailer), detail));
    return finish(m, detail);
}

static cx_status
merge_into(struct making *m, struct input *inputs, size_t n, struct cx_buf *index,
           uint64_t *ret_entries, struct cx_detail *detail)
{
    uint8_t last[CX_ENTRY_OCTETS] = { 0 };
    uint64_t entries = 0;
    struct input *next;

    while ((next = first_of(inputs, n)) != NULL) {
        const uint8_t *entry = head(next);

        if (entries == 0 || memcmp(last, entry, CX_ENTRY_OCTETS) != 0) {
            if (entries % BLOCK == 0) {
                cx_buf_put(index, (cx_str){ (const char *)entry, WHERE_OCTETS });
            }
            CX_TRY(put(m, entry, CX_ENTRY_OCTETS, detail));
            memcpy(last, entry, CX_ENTRY_OCTETS);
            entries++;
        }
        if (++next->at == next->n) {
            CX_TRY(fill(next, detail));
        }
    }
    *ret_entries = entries;
    return put_index(m, index, entries, detail);
}

static cx_status
merge(const char *const *paths, struct input *inputs, size_t n, const char *path,
      uint64_t *ret_entries, struct cx_detail *detail)
{
    struct making m;
    struct cx_buf index;
    cx_status s = CX_SUCCESS;

    for (size_t i = 0; i < n && cx_ok(s); i++) {
        s = open_input(paths[i], &inputs[i], detail);
    }
    if (!cx_ok(s)) {
        return s;
    }
    cx_buf_init(&index, CX_ARCHIVE_INDEX_MAX);
    s = begin(&m, path, detail);
    if (cx_ok(s)) {
        s = merge_into(&m, inputs, n, &index, ret_entries, detail);
    }
    end(&m);
    cx_buf_done(&index);
    return s;
}

cx_status
cx_entry_files_merge(const char *const *paths, size_t n, const char *path, uint64_t *ret_entries,
                     struct cx_detail *detail)
{
    struct input *inputs = cx_alloc(n != 0 ? n : 1, sizeof(*inputs));
    cx_status s;

    if (inputs == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    s = merge(paths, inputs, n, path, ret_entries, detail);
    for (size_t i = 0; i < n; i++) {
        cx_free(inputs[i].v);
        if (inputs[i].file != NULL) {
            (void)fclose(inputs[i].file); /* only read */
        }
    }
    cx_free(inputs);
    return s;
}

/* ---- reading */

struct cx_entry_file {
    int fd;
    char *path;
    uint64_t n;
    uint8_t *index;
    size_t n_blocks;
    uint8_t block[BLOCK * CX_ENTRY_OCTETS];
    size_t held; /* the block in memory; n_blocks: none */
};

static cx_status
read_index(struct cx_entry_file *file, struct cx_detail *detail)
{
    uint8_t trailer[TRAILER_OCTETS];
    struct stat st;

    if (fstat(file->fd, &st) != 0 || st.st_size < TRAILER_OCTETS) {
        return cx_fail(detail, CX_E_STORE, "%s: not a file of entries", file->path);
    }
    CX_TRY(cx_octets_at(file->fd, file->path, (uint64_t)st.st_size - TRAILER_OCTETS,
                        sizeof(trailer), trailer, detail));
    file->n = get64(trailer);
    if (memcmp(trailer + 8, magic, sizeof(magic)) != 0 ||
        !is_size_of(file->n, (uint64_t)st.st_size)) {
        return fail_cut_off(file->path, detail);
    }
    file->n_blocks = (size_t)((file->n + BLOCK - 1) / BLOCK);
    file->held = file->n_blocks;
    file->index = cx_alloc(file->n_blocks != 0 ? file->n_blocks : 1, WHERE_OCTETS);
    if (file->index == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    return cx_octets_at(file->fd, file->path, file->n * CX_ENTRY_OCTETS,
                        file->n_blocks * WHERE_OCTETS, file->index, detail);
}

cx_status
cx_entry_file_open(const char *path, struct cx_entry_file **ret, struct cx_detail *detail)
{
    struct cx_entry_file *file = cx_alloc(1, sizeof(*file));
    cx_status s;

    if (file == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    file->fd = open(path, O_RDONLY | O_CLOEXEC);
    file->path = strdup(path);
    s = file->path == NULL ? (cx_status){ CX_E_NOMEM }
        : file->fd < 0     ? fail_io("cannot be opened", path, detail)
                           : read_index(file, detail);
    if (!cx_ok(s)) {
        cx_entry_file_close(file);
        return s;
    }
    *ret = file;
    return CX_SUCCESS;
}

void
cx_entry_file_close(struct cx_entry_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->fd >= 0) {
        (void)close(file->fd); /* only read */
    }
    free(file->path);
    cx_free(file->index);
    cx_free(file);
}

uint64_t
cx_entry_file_size(const struct cx_entry_file *file)
{
    return file->n;
}

static cx_status
hold(struct cx_entry_file *file, size_t block, struct cx_detail *detail)
{
    uint64_t first = (uint64_t)block * BLOCK;
    size_t n = file->n - first < BLOCK ? (size_t)(file->n - first) : BLOCK;

    if (file->held == block) {
        return CX_SUCCESS;
    }
    file->held = file->n_blocks; /* none, should reading fail */
    CX_TRY(cx_octets_at(file->fd, file->path, first * CX_ENTRY_OCTETS, n * CX_ENTRY_OCTETS,
                        file->block, detail));
    file->held = block;
    return CX_SUCCESS;
}

/* Of n sorted places of that width at v: how many are at or before where. */
static size_t
not_after(const uint8_t *v, size_t n, size_t width, const uint8_t where[WHERE_OCTETS])
{
    size_t low = 0;

    while (n != 0) {
        size_t half = n / 2;

        if (memcmp(v + (low + half) * width, where, WHERE_OCTETS) <= 0) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

cx_status
cx_entry_file_after(struct cx_entry_file *file, const struct cx_entry_key *key, int64_t time_ms,
                    uint64_t *ret, struct cx_detail *detail)
{
    uint8_t where[WHERE_OCTETS];
    size_t block;
    size_t n;

    memcpy(where, key->b, CX_ENTRY_KEY);
    put64(where + CX_ENTRY_KEY, biased(time_ms));
    block = not_after(file->index, file->n_blocks, WHERE_OCTETS, where);
    if (block == 0) {
        *ret = 0;
        return CX_SUCCESS;
    }
    CX_TRY(hold(file, block - 1, detail));
    n = block == file->n_blocks ? (size_t)(file->n - (uint64_t)(block - 1) * BLOCK) : BLOCK;
    *ret = (uint64_t)(block - 1) * BLOCK + not_after(file->block, n, CX_ENTRY_OCTETS, where);
    return CX_SUCCESS;
}

cx_status
cx_entry_file_at(struct cx_entry_file *file, uint64_t position, struct cx_archive_entry *ret,
                 struct cx_detail *detail)
{
    cx_status s;

    if (position >= file->n) {
        return cx_fail(detail, CX_E_INTERNAL, "%s: no entry %" PRIu64, file->path, position);
    }
    CX_TRY(hold(file, (size_t)(position / BLOCK), detail));
    s = cx_archive_entry_read(file->block + (size_t)(position % BLOCK) * CX_ENTRY_OCTETS, ret);
    return cx_ok(s) ? s
                    : cx_fail(detail, CX_E_STORE, "%s: entry %" PRIu64 " is broken", file->path,
                              position);
}
