#include "incident/archive.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "incident/catalog.h"
#include "incident/content.h"
#include "incident/lists.h"
#include "pki/digest.h"
#include "store/files.h"
#include "store/folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROGRESS_EVERY 4096 /* records */

struct cx_archive {
    char *path;
    char *catalog_path;
    struct cx_catalog catalog;
    struct cx_content_file *contents;
    struct cx_entry_file *entries; /* NULL: empty, or open for import */
    /* Of an import. */
    int lock;
    FILE *rejects;
    uint8_t *pending; /* entries that are in no run yet */
    size_t n_pending;
    size_t current; /* source that was begun; catalog.n_sources: none */
    uint64_t skip;  /* records of it that were taken before */
};

/* ---- opening */

static void
drop(char **path)
{
    cx_path_free(path);
}

static cx_status
entries_path(const struct cx_archive *a, uint64_t generation, char **ret)
{
    return cx_path_make(ret, "%s/entries-%" PRIu64, a->path, generation);
}

static cx_status
run_path(const struct cx_archive *a, uint64_t run, char **ret)
{
    return cx_path_make(ret, "%s/run-%" PRIu64, a->path, run);
}

static cx_status
open_contents(struct cx_archive *a, bool writable, struct cx_detail *detail)
{
    CX_AUTO(drop) char *path = NULL;

    CX_TRY(cx_path_make(&path, "%s/contents", a->path));
    return cx_content_file_open(path, a->catalog.contents, writable, &a->contents, detail);
}

static cx_status
new_archive(const char *path, struct cx_archive **ret)
{
    struct cx_archive *a = cx_alloc(1, sizeof(*a));
    cx_status s;

    if (a == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    a->lock = -1;
    cx_catalog_init(&a->catalog);
    s = cx_path_make(&a->path, "%s", path);
    if (cx_ok(s)) {
        s = cx_path_make(&a->catalog_path, "%s/catalog.json", path);
    }
    if (!cx_ok(s)) {
        cx_archive_close(a);
        return s;
    }
    *ret = a;
    return CX_SUCCESS;
}

static cx_status
check_ended(const struct cx_archive *a, struct cx_detail *detail)
{
    for (size_t i = 0; i < a->catalog.n_sources; i++) {
        const struct cx_archive_source *s = &a->catalog.sources[i];

        if (!s->ended) {
            return cx_fail(
                detail, CX_E_STORE,
                "%s: the import of %.*s was interrupted; import it again, and it goes on", a->path,
                (int)(s->path.n < 100 ? s->path.n : 100), s->path.p);
        }
    }
    return a->catalog.first_run == a->catalog.next_run
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_STORE,
                         "%s: an import was interrupted; import any of its files again", a->path);
}

static cx_status
open_for_reading(struct cx_archive *a, struct cx_detail *detail)
{
    CX_AUTO(drop) char *path = NULL;
    bool there;

    CX_TRY(cx_path_exists(a->catalog_path, &there, detail));
    if (!there) {
        return cx_fail(detail, CX_E_STORE, "%s: not an archive; caaproof import makes one",
                       a->path);
    }
    CX_TRY(cx_catalog_read(a->catalog_path, &a->catalog, detail));
    CX_TRY(check_ended(a, detail));
    CX_TRY(open_contents(a, false, detail));
    if (a->catalog.generation == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(entries_path(a, a->catalog.generation, &path));
    CX_TRY(cx_entry_file_open(path, &a->entries, detail));
    return cx_entry_file_size(a->entries) == a->catalog.entries
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_STORE, "%s: not the entries of its catalog", path);
}

cx_status
cx_archive_open(const char *path, struct cx_archive **ret, struct cx_detail *detail)
{
    struct cx_archive *a;
    cx_status s;

    CX_TRY(new_archive(path, &a));
    s = open_for_reading(a, detail);
    if (!cx_ok(s)) {
        cx_archive_close(a);
        return s;
    }
    *ret = a;
    return CX_SUCCESS;
}

/* The file of rejects, cut to what the catalog knows of. */
static cx_status
open_rejects(struct cx_archive *a, struct cx_detail *detail)
{
    static const char header[] = "input,line,reason,text\n";
    CX_AUTO(drop) char *path = NULL;

    CX_TRY(cx_path_make(&path, "%s/rejects.csv", a->path));
    a->rejects = fopen(path, a->catalog.rejects == 0 ? "we" : "r+e");
    if (a->rejects == NULL || ftruncate(fileno(a->rejects), (off_t)a->catalog.rejects) != 0 ||
        fseeko(a->rejects, 0, SEEK_END) != 0 ||
        (a->catalog.rejects == 0 && fputs(header, a->rejects) == EOF)) {
        return cx_fail(detail, CX_E_IO, "%s: cannot be opened", path);
    }
    return CX_SUCCESS;
}

static cx_status
open_for_import(struct cx_archive *a, struct cx_detail *detail)
{
    bool there;

    CX_TRY(cx_folder_make(a->path, detail));
    CX_TRY(cx_store_lock(a->path, CX_LOCK_APPENDING, &a->lock, detail));
    CX_TRY(cx_path_exists(a->catalog_path, &there, detail));
    if (there) {
        CX_TRY(cx_catalog_read(a->catalog_path, &a->catalog, detail));
    }
    a->current = a->catalog.n_sources;
    CX_TRY(open_contents(a, true, detail));
    CX_TRY(open_rejects(a, detail));
    a->pending = cx_alloc(CX_ARCHIVE_RUN_ENTRIES, CX_ENTRY_OCTETS);
    return a->pending != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

cx_status
cx_archive_open_for_import(const char *path, struct cx_archive **ret, struct cx_detail *detail)
{
    struct cx_archive *a;
    cx_status s;

    CX_TRY(new_archive(path, &a));
    s = open_for_import(a, detail);
    if (!cx_ok(s)) {
        cx_archive_close(a);
        return s;
    }
    *ret = a;
    return CX_SUCCESS;
}

void
cx_archive_close(struct cx_archive *a)
{
    if (a == NULL) {
        return;
    }
    cx_entry_file_close(a->entries);
    cx_content_file_close(a->contents);
    if (a->rejects != NULL) {
        (void)fclose(a->rejects); /* what counts was flushed by a commit */
    }
    cx_free(a->pending);
    cx_catalog_done(&a->catalog);
    cx_fd_close(&a->lock);
    cx_path_free(&a->catalog_path);
    cx_path_free(&a->path);
    cx_free(a);
}

/* ---- what is in it */

size_t
cx_archive_sources(const struct cx_archive *a)
{
    return a->catalog.n_sources;
}

const struct cx_archive_source *
cx_archive_source(const struct cx_archive *a, size_t i)
{
    return i < a->catalog.n_sources ? &a->catalog.sources[i] : NULL;
}

uint64_t
cx_archive_entries(const struct cx_archive *a)
{
    return a->catalog.entries;
}

static int
compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, CX_HASH_SIZE);
}

/* What makes two inputs the same: octets, how they were read, by what program too, and what is stated of them. */
static cx_status
source_digest(const struct cx_archive_source *s, struct cx_hash *ret)
{
    const uint8_t flags[] = { CX_ARCHIVE_SCHEMA, s->validated, s->tamper_evident };
    const cx_span parts[] = {
        { s->digest.b, CX_HASH_SIZE },
        { s->reading.b, CX_HASH_SIZE },
        { flags, sizeof(flags) },
        cx_span_of_str(s->format),
    };

    return cx_sha256_parts(parts, CX_COUNT(parts), ret->b);
}

cx_status
cx_archive_digest(const struct cx_archive *a, struct cx_hash *ret)
{
    size_t n = a->catalog.n_sources;
    struct cx_hash *all = cx_alloc(n != 0 ? n : 1, sizeof(*all));
    cx_status s = all != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };

    for (size_t i = 0; i < n && cx_ok(s); i++) {
        s = source_digest(&a->catalog.sources[i], &all[i]);
    }
    if (cx_ok(s)) {
        qsort(all, n, sizeof(*all), compare_hashes);
        s = cx_sha256((cx_span){ (const uint8_t *)all, n * sizeof(*all) }, ret->b);
    }
    cx_free(all);
    return s;
}

/* ---- importing */

/* What was taken so far is durable, and the catalog says so. */
static cx_status
commit(struct cx_archive *a, struct cx_detail *detail)
{
    CX_AUTO(drop) char *path = NULL;
    off_t rejects;

    CX_TRY(cx_content_file_sync(a->contents, &a->catalog.contents, detail));
    if (fflush(a->rejects) != 0 || fdatasync(fileno(a->rejects)) != 0 ||
        (rejects = ftello(a->rejects)) < 0) {
        return cx_fail(detail, CX_E_IO, "%s/rejects.csv: cannot be written", a->path);
    }
    a->catalog.rejects = (uint64_t)rejects;
    if (a->n_pending != 0) {
        CX_TRY(run_path(a, a->catalog.next_run, &path));
        CX_TRY(cx_entry_run_write(path, a->pending, a->n_pending, detail));
        a->catalog.next_run++;
        a->n_pending = 0;
    }
    return cx_catalog_write(&a->catalog, a->catalog_path, detail);
}

static bool
same_source(const struct cx_archive_source *a, const struct cx_archive_source *b)
{
    return cx_hash_equal(&a->digest, &b->digest) && cx_str_equal(a->format, b->format) &&
           a->validated == b->validated;
}

cx_status
cx_archive_begin(struct cx_archive *a, const struct cx_archive_source *source, bool *ret_new,
                 struct cx_detail *detail)
{
    *ret_new = true;
    for (size_t i = 0; i < a->catalog.n_sources; i++) {
        if (same_source(source, &a->catalog.sources[i])) {
            if (!cx_hash_equal(&source->reading, &a->catalog.sources[i].reading)) {
                return cx_fail(
                    detail, CX_E_USAGE,
                    "%s: has this input already, read with other options (--zone, --year "
                    "or --mapping); import it into another archive",
                    a->path);
            }
            a->current = i;
            a->skip = a->catalog.sources[i].records;
            *ret_new = !a->catalog.sources[i].ended;
            return CX_SUCCESS;
        }
    }
    a->current = a->catalog.n_sources;
    a->skip = 0;
    return cx_catalog_add(&a->catalog, source, detail);
}

uint64_t
cx_archive_taken(const struct cx_archive *a)
{
    return a->skip;
}

static cx_status
add_observation(struct cx_archive *a, const struct cx_observation *o, uint64_t line,
                struct cx_detail *detail)
{
    struct cx_archive_source *source = &a->catalog.sources[a->current];
    struct cx_archive_entry entry = {
        .time_ms = o->time_ms,
        .source = (uint32_t)a->current,
        .line = line,
        .observed = o->observed,
        .form = o->form,
        .grade = o->grade,
        .claim = o->claim,
        .clock = o->clock,
        .outcome = o->outcome,
        .has_ttl = o->has_ttl,
        .ttl = o->ttl,
    };

    if (a->n_pending == CX_ARCHIVE_RUN_ENTRIES) {
        return cx_fail(detail, CX_E_INTERNAL, "a record with too many observations");
    }
    CX_TRY(cx_entry_key_of(o->name, &entry.key));
    CX_TRY(cx_content_file_add(a->contents, o, &entry.content, detail));
    cx_archive_entry_write(&entry, a->pending + a->n_pending * CX_ENTRY_OCTETS);
    a->n_pending++;
    if (source->observations == 0 || o->time_ms < source->first_ms) {
        source->first_ms = o->time_ms;
    }
    if (source->observations == 0 || o->time_ms > source->last_ms) {
        source->last_ms = o->time_ms;
    }
    source->observations++;
    return CX_SUCCESS;
}

static cx_status
add_reject(struct cx_archive *a, const struct cx_archive_record *record, struct cx_detail *detail)
{
    const struct cx_archive_source *source = &a->catalog.sources[a->current];
    struct cx_buf line;
    cx_status s;

    cx_buf_init(&line, CX_FILE_MAX);
    cx_reject_cell(&line, cx_span_of_str(source->path));
    cx_buf_printf(&line, ",%" PRIu64 ",", record->line);
    cx_reject_cell(&line, cx_span_of_str(cx_str_of(record->reason)));
    cx_buf_putc(&line, ',');
    cx_reject_cell(&line, record->text);
    cx_buf_putc(&line, '\n');
    s = cx_buf_status(&line);
    if (cx_ok(s) && fwrite(line.p, 1, line.n, a->rejects) != line.n) {
        s = cx_fail(detail, CX_E_IO, "%s/rejects.csv: cannot be written", a->path);
    }
    cx_buf_done(&line);
    return s;
}

static cx_status
take(struct cx_archive *a, const struct cx_archive_record *record, struct cx_detail *detail)
{
    struct cx_archive_source *source = &a->catalog.sources[a->current];

    switch (record->fate) {
    case CX_FATE_OBSERVED:
        for (size_t i = 0; i < record->n; i++) {
            CX_TRY(add_observation(a, &record->v[i], record->line, detail));
        }
        source->observed++;
        break;
    case CX_FATE_REJECTED:
        CX_TRY(add_reject(a, record, detail));
        source->rejected++;
        break;
    case CX_FATE_IGNORED:
        source->ignored++;
        break;
    case CX_FATE_UNSET:
        return cx_fail(detail, CX_E_INTERNAL, "a record without a fate");
    }
    source->records++;
    return CX_SUCCESS;
}

cx_status
cx_archive_add(struct cx_archive *a, const struct cx_archive_record *record,
               struct cx_detail *detail)
{
    if (a->skip != 0) {
        a->skip--;
        return CX_SUCCESS;
    }
    if (record->n > CX_ARCHIVE_RUN_ENTRIES - a->n_pending) {
        CX_TRY(commit(a, detail));
    }
    return take(a, record, detail);
}

cx_status
cx_archive_end(struct cx_archive *a, struct cx_detail *detail)
{
    if (a->skip != 0) {
        return cx_fail(detail, CX_E_STORE,
                       "an earlier import took %" PRIu64 " records more than the input has",
                       a->skip);
    }
    a->catalog.sources[a->current].ended = true;
    return commit(a, detail);
}

static cx_status
remove_runs(const struct cx_archive *a, uint64_t first, uint64_t next, uint64_t generation,
            struct cx_detail *detail)
{
    CX_AUTO(drop) char *old = NULL;

    for (uint64_t run = first; run < next; run++) {
        CX_AUTO(drop) char *path = NULL;

        CX_TRY(run_path(a, run, &path));
        CX_TRY(cx_file_remove(path, detail));
    }
    if (generation == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(entries_path(a, generation, &old));
    return cx_file_remove(old, detail);
}

static cx_status
merge_all(struct cx_archive *a, const char *const *paths, size_t n, struct cx_detail *detail)
{
    const struct cx_catalog before = a->catalog;
    CX_AUTO(drop) char *path = NULL;

    CX_TRY(entries_path(a, before.generation + 1, &path));
    CX_TRY(cx_entry_files_merge(paths, n, path, &a->catalog.entries, detail));
    a->catalog.generation = before.generation + 1;
    a->catalog.first_run = before.next_run;
    CX_TRY(cx_catalog_write(&a->catalog, a->catalog_path, detail));
    return remove_runs(a, before.first_run, before.next_run, before.generation, detail);
}

static cx_status
name_all(const struct cx_archive *a, char **paths, size_t *n)
{
    if (a->catalog.generation != 0) {
        CX_TRY(entries_path(a, a->catalog.generation, &paths[(*n)++]));
    }
    for (uint64_t run = a->catalog.first_run; run < a->catalog.next_run; run++) {
        CX_TRY(run_path(a, run, &paths[(*n)++]));
    }
    return CX_SUCCESS;
}

cx_status
cx_archive_finish(struct cx_archive *a, struct cx_detail *detail)
{
    size_t room = (size_t)(a->catalog.next_run - a->catalog.first_run) + 1;
    size_t n = 0;
    char **paths;
    cx_status s;

    if (room == 1) {
        return CX_SUCCESS;
    }
    paths = cx_alloc(room, sizeof(*paths));
    if (paths == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    s = name_all(a, paths, &n);
    if (cx_ok(s)) {
        s = merge_all(a, (const char *const *)paths, n, detail);
    }
    for (size_t i = 0; i < n; i++) {
        cx_path_free(&paths[i]);
    }
    cx_free(paths);
    return s;
}

/* ---- a file */

static cx_status
import_records(struct cx_archive *a, struct cx_input *input,
               const struct cx_import_options *options, struct cx_archive_reader *reader,
               struct cx_detail *detail)
{
    struct cx_archive_record record;
    bool more;

    for (uint64_t n = 0;; n++) {
        CX_TRY(cx_archive_reader_next(reader, &record, &more, detail));
        if (!more) {
            return cx_archive_end(a, detail);
        }
        CX_TRY(cx_archive_add(a, &record, detail));
        if (options->progress != NULL && n % PROGRESS_EVERY == 0) {
            options->progress(options->ctx, cx_input_offset(input), cx_input_size(input));
        }
    }
}

static cx_status
import_input(struct cx_archive *a, const struct cx_import_options *options, struct cx_input *input,
             struct cx_detail *detail)
{
    const struct cx_archive_format *format =
        cx_archive_format_named(a->catalog.sources[a->current].format);
    struct cx_archive_reader *reader;
    cx_status s = cx_archive_reader_open(format, &options->reader, input, &reader, detail);

    if (!cx_ok(s)) {
        return s;
    }
    s = import_records(a, input, options, reader, detail);
    cx_archive_reader_close(reader);
    return s;
}

static cx_status
reading_digest(const struct cx_archive_options *options, struct cx_hash *ret)
{
    struct cx_buf text;
    cx_status s = CX_SUCCESS;

    cx_buf_init(&text, CX_FILE_MAX);
    cx_buf_printf(&text, "year %d zone %d %" PRId32 " mapping ", options->year,
                  options->has_zone ? 1 : 0, options->has_zone ? options->zone_s : 0);
    if (options->mapping != NULL) {
        s = cx_json_write(options->mapping, &text);
    }
    if (cx_ok(s)) {
        s = cx_buf_status(&text);
    }
    if (cx_ok(s)) {
        s = cx_sha256(cx_span_of_str(cx_buf_str(&text)), ret->b);
    }
    cx_buf_done(&text);
    return s;
}

/* Format and digest of a file, which is read through for that. */
static cx_status
look_at(const char *path, const struct cx_import_options *options, struct cx_archive_source *ret,
        struct cx_detail *detail)
{
    const struct cx_archive_format *format = options->format;
    struct cx_input *input;
    cx_status s;

    CX_TRY(cx_input_open(path, &input, detail));
    s = format != NULL ? CX_SUCCESS : cx_archive_format_of(input, &format, detail);
    if (cx_ok(s) && format == NULL) {
        s = cx_fail(detail, CX_E_USAGE,
                    "%s: of no format that is known by its beginning; say which with --format",
                    path);
    }
    if (cx_ok(s)) {
        s = cx_input_digest(input, &ret->digest, detail);
    }
    cx_input_close(input);
    CX_TRY(s);
    ret->format = cx_str_of(format->name);
    ret->tamper_evident = format->tamper_evident;
    ret->validated = options->validated;
    return reading_digest(&options->reader, &ret->reading);
}

static cx_status
import_rest(struct cx_archive *a, const char *path, const struct cx_import_options *options,
            struct cx_detail *detail)
{
    struct cx_input *input;
    cx_status s;

    CX_TRY(cx_input_open(path, &input, detail));
    s = import_input(a, options, input, detail);
    cx_input_close(input);
    return s;
}

cx_status
cx_archive_import(struct cx_archive *a, const char *path, const struct cx_import_options *options,
                  const struct cx_archive_source **ret, bool *ret_new, struct cx_detail *detail)
{
    struct cx_archive_source source = { .ended = false };
    struct cx_buf shown;
    cx_status s;

    if (strcmp(path, "-") == 0) {
        return cx_fail(detail, CX_E_USAGE,
                       "an import needs a file: what is piped in could not be taken up again");
    }
    CX_TRY(look_at(path, options, &source, detail));
    cx_buf_init(&shown, CX_LINE_MAX);
    cx_buf_put_escaped(&shown, cx_span_of_str(cx_str_of(path)));
    source.path = cx_buf_str(&shown);
    s = cx_buf_status(&shown);
    if (cx_ok(s)) {
        s = cx_archive_begin(a, &source, ret_new, detail);
    }
    cx_buf_done(&shown);
    if (cx_ok(s) && *ret_new) {
        s = import_rest(a, path, options, detail);
    }
    CX_TRY(s);
    *ret = &a->catalog.sources[a->current];
    return CX_SUCCESS;
}

/* ---- reading */

static cx_status
entry_at(struct cx_archive *a, uint64_t position, const struct cx_entry_key *key,
         struct cx_archive_entry *ret, bool *ret_found, struct cx_detail *detail)
{
    CX_TRY(cx_entry_file_at(a->entries, position, ret, detail));
    if (ret->source >= a->catalog.n_sources) {
        return cx_fail(detail, CX_E_STORE, "%s: an entry of an input that the catalog has not",
                       a->path);
    }
    *ret_found = key == NULL || memcmp(ret->key.b, key->b, CX_ENTRY_KEY) == 0;
    return CX_SUCCESS;
}

cx_status
cx_archive_before(struct cx_archive *a, const struct cx_entry_key *key, int64_t time_ms,
                  cx_archive_visit *visit, void *ctx, struct cx_detail *detail)
{
    uint64_t at;

    if (a->entries == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_entry_file_after(a->entries, key, time_ms, &at, detail));
    while (at-- != 0) {
        struct cx_archive_entry entry;
        bool mine;

        CX_TRY(entry_at(a, at, key, &entry, &mine, detail));
        if (!mine || !visit(ctx, &entry)) {
            return CX_SUCCESS;
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_archive_after(struct cx_archive *a, const struct cx_entry_key *key, int64_t time_ms,
                 cx_archive_visit *visit, void *ctx, struct cx_detail *detail)
{
    uint64_t at;

    if (a->entries == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_entry_file_after(a->entries, key, time_ms, &at, detail));
    for (; at < cx_entry_file_size(a->entries); at++) {
        struct cx_archive_entry entry;
        bool mine;

        CX_TRY(entry_at(a, at, key, &entry, &mine, detail));
        if (!mine || !visit(ctx, &entry)) {
            return CX_SUCCESS;
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_archive_each(struct cx_archive *a, cx_archive_visit *visit, void *ctx, struct cx_detail *detail)
{
    for (uint64_t at = 0; a->entries != NULL && at < cx_entry_file_size(a->entries); at++) {
        struct cx_archive_entry entry;
        bool mine;

        CX_TRY(entry_at(a, at, NULL, &entry, &mine, detail));
        if (!visit(ctx, &entry)) {
            return CX_SUCCESS;
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_archive_observation(const struct cx_archive *a, const struct cx_archive_entry *entry,
                       struct cx_arena *arena, struct cx_observation *ret, struct cx_detail *detail)
{
    CX_TRY(cx_content_file_at(a->contents, entry->content, arena, ret, detail));
    ret->observed = entry->observed;
    ret->form = entry->form;
    ret->grade = entry->grade;
    ret->claim = entry->claim;
    ret->clock = entry->clock;
    ret->time_ms = entry->time_ms;
    ret->outcome = entry->outcome;
    ret->has_ttl = entry->has_ttl;
    ret->ttl = entry->ttl;
    if (a->catalog.sources[entry->source].validated && !ret->unvalidated &&
        ret->dnssec == CX_DNSSEC_INDETERMINATE && !cx_outcome_is_failure(ret->outcome)) {
        ret->dnssec = CX_DNSSEC_INSECURE; /* not bogus: by the CA's own word */
    }
    return CX_SUCCESS;
}
