#include "base/file.h"
#include "bin/caaproof/log.h"
#include "bin/caaproof/terminal.h"
#include "evidence/tile.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* One shard as a static folder: C2SP tlog-tiles. Records are not part of it. */
struct exporting {
    struct log_command *c;
    const struct cx_log_shard_info *info;
    struct cx_hashes hashes;
    uint64_t size;        /* of the checkpoint that is exported */
    struct cx_buf leaves; /* tile of level 0 being filled */
    struct cx_buf bundle;
    uint64_t tile;
    struct progress progress;
};

static cx_status
path_of(const struct exporting *e, const char *below, char ret[PATH_MAX])
{
    int n = snprintf(ret, PATH_MAX, "%s/%" PRIu64 "/%s", e->c->operands[0], e->info->number, below);

    return n > 0 && n < PATH_MAX
               ? CX_SUCCESS
               : cx_fail(&e->c->detail, CX_E_IO, "%s: too long a path", e->c->operands[0]);
}

/* All folders on the way to a file. */
static cx_status
make_folders(struct exporting *e, char *path)
{
    for (char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            return cx_fail(&e->c->detail, CX_E_IO, "%s: %s", path, strerror(errno));
        }
        *p = '/';
    }
    return CX_SUCCESS;
}

static cx_status
put_file(struct exporting *e, const char *below, cx_str content)
{
    char path[PATH_MAX];

    CX_TRY(path_of(e, below, path));
    CX_TRY(make_folders(e, path));
    return cx_file_write(path, content, &e->c->detail);
}

static bool
is_there(struct exporting *e, const struct cx_tile *tile)
{
    char below[CX_TILE_PATH_TEXT], path[PATH_MAX];

    cx_tile_path(tile, below);
    return cx_ok(path_of(e, below, path)) && access(path, F_OK) == 0;
}

/* Tiles never change: what is there already stays. */
static cx_status
put_tile(struct exporting *e, const struct cx_tile *tile, const struct cx_buf *content)
{
    char below[CX_TILE_PATH_TEXT];

    if (!cx_buf_ok(content)) {
        return (cx_status){ CX_E_LIMIT };
    }
    cx_tile_path(tile, below);
    return is_there(e, tile) ? CX_SUCCESS : put_file(e, below, cx_buf_str(content));
}

/* ---- level 0, with its entries */

static cx_status
end_bundle(struct exporting *e, unsigned width)
{
    struct cx_tile tile = { .entries = true, .index = e->tile, .width = width };

    CX_TRY(put_tile(e, &tile, &e->bundle));
    tile.entries = false;
    CX_TRY(put_tile(e, &tile, &e->leaves));
    cx_buf_clear(&e->bundle);
    cx_buf_clear(&e->leaves);
    e->tile++;
    return CX_SUCCESS;
}

static cx_status
take_entry(void *ctx, const struct cx_log_row *row)
{
    struct exporting *e = ctx;
    cx_span entry = { row->entry, CX_ENTRY_SIZE };
    struct cx_hash leaf;

    CX_TRY(cx_hash_leaf(entry, &leaf));
    cx_bundle_put(&e->bundle, entry);
    cx_buf_put(&e->leaves, (cx_str){ (const char *)leaf.b, CX_HASH_SIZE });
    progress_step(&e->progress);
    return (row->index + 1) % CX_TILE_WIDTH == 0 ? end_bundle(e, CX_TILE_WIDTH) : CX_SUCCESS;
}

/* The first tile that is not there in full. */
static uint64_t
first_missing(struct exporting *e)
{
    struct cx_tile tile = { .entries = true, .width = CX_TILE_WIDTH };

    while (tile.index < e->size / CX_TILE_WIDTH && is_there(e, &tile)) {
        tile.index++;
    }
    return tile.index;
}

static cx_status
put_entries(struct exporting *e)
{
    uint64_t first;

    e->tile = first_missing(e);
    first = e->tile * CX_TILE_WIDTH;
    progress_begin(&e->progress, "entries", e->size - first);
    CX_TRY(
        cx_log_scan(e->c->reader, e->info->number, first, e->size, take_entry, e, &e->c->detail));
    progress_end(&e->progress);
    return e->size % CX_TILE_WIDTH == 0 ? CX_SUCCESS
                                        : end_bundle(e, (unsigned)(e->size % CX_TILE_WIDTH));
}

/* ---- upper levels */

static cx_status
put_upper_tile(struct exporting *e, unsigned level, uint64_t index, unsigned width)
{
    struct cx_tile tile = { .level = level, .index = index, .width = width };

    cx_buf_clear(&e->leaves);
    for (unsigned i = 0; i < width; i++) {
        struct cx_hash hash;

        CX_TRY(e->hashes.get(e->hashes.ctx, 8 * level, index * CX_TILE_WIDTH + i, &hash));
        cx_buf_put(&e->leaves, (cx_str){ (const char *)hash.b, CX_HASH_SIZE });
    }
    return put_tile(e, &tile, &e->leaves);
}

static cx_status
put_level(struct exporting *e, unsigned level, uint64_t n)
{
    for (uint64_t index = 0; index < n / CX_TILE_WIDTH; index++) {
        struct cx_tile tile = { .level = level, .index = index, .width = CX_TILE_WIDTH };

        if (!is_there(e, &tile)) {
            CX_TRY(put_upper_tile(e, level, index, CX_TILE_WIDTH));
        }
    }
    return n % CX_TILE_WIDTH == 0
               ? CX_SUCCESS
               : put_upper_tile(e, level, n / CX_TILE_WIDTH, (unsigned)(n % CX_TILE_WIDTH));
}

static cx_status
put_levels(struct exporting *e)
{
    uint64_t n = e->size / CX_TILE_WIDTH;

    for (unsigned level = 1; n != 0; level++, n /= CX_TILE_WIDTH) {
        CX_TRY(put_level(e, level, n));
    }
    return CX_SUCCESS;
}

/* ---- the whole */

/* The public checkpoint moves at most once a second: who watches the log need not fetch every commit's. One of a time to
 * come, by a clock that was set back, moves. */
static bool
is_too_soon(struct exporting *e)
{
    char path[PATH_MAX];
    struct stat st;

    return cx_ok(path_of(e, "checkpoint", path)) && stat(path, &st) == 0 &&
           st.st_mtime == cx_time_now();
}

/* The checkpoint last: who reads it finds all that it implies. */
static cx_status
export_shard(struct exporting *e)
{
    if (is_too_soon(e)) {
        printf("%s: exported less than a second ago; nothing is moved\n", e->info->key.name);
        return CX_SUCCESS;
    }
    CX_TRY(put_entries(e));
    CX_TRY(put_levels(e));
    CX_TRY(put_file(e, "checkpoint", e->info->checkpoint));
    printf("%s: %" PRIu64 " entries in %s/%" PRIu64 "\n", e->info->key.name, e->size,
           e->c->operands[0], e->info->number);
    return CX_SUCCESS;
}

cx_status
log_export(struct log_command *c)
{
    for (size_t i = 0; i < cx_log_reader_shards(c->reader); i++) {
        struct exporting e = { .c = c, .info = cx_log_reader_shard(c->reader, i) };
        cx_status s;

        if (c->has_shard && e.info->number != c->shard) {
            continue;
        }
        e.size = e.info->size;
        e.hashes = cx_log_hashes(c->reader, e.info->number);
        cx_buf_init(&e.leaves, CX_TILE_OCTETS);
        cx_buf_init(&e.bundle, (size_t)CX_TILE_WIDTH * (2 + CX_ENTRY_SIZE));
        s = export_shard(&e);
        cx_buf_done(&e.leaves);
        cx_buf_done(&e.bundle);
        CX_TRY(s);
    }
    return CX_SUCCESS;
}
