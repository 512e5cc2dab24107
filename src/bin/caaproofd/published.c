#include "bin/caaproofd/published.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "store/log.h"

struct published {
    const char *store;
    struct cx_log_reader *reader; /* as it was then; NULL: nothing was shown yet */
    uint64_t tried_ms;            /* to show it as it is */
    bool has_tried;
};

struct published *
published_new(const char *store)
{
    struct published *p = cx_alloc(1, sizeof(*p));

    if (p != NULL) {
        p->store = store;
    }
    return p;
}

void
published_free(struct published *p)
{
    if (p != NULL) {
        cx_log_reader_close(p->reader);
        cx_free(p);
    }
}

/* ---- which tree */

/* I1. By a clock that was set back it moves. */
static bool
may_move(const struct published *p, uint64_t now_ms)
{
    return !p->has_tried || now_ms < p->tried_ms || now_ms - p->tried_ms >= CX_PUBLISH_MS;
}

static cx_status
move(struct published *p, uint64_t now_ms, struct cx_detail *detail)
{
    struct cx_log_reader *reader = NULL;

    p->has_tried = true;
    p->tried_ms = now_ms;
    CX_TRY(cx_log_reader_open(p->store, &reader, detail));
    cx_log_reader_close(p->reader);
    p->reader = reader;
    return CX_SUCCESS;
}

static const struct cx_log_shard_info *
shard_of(const struct published *p, uint64_t number)
{
    for (size_t i = 0; p->reader != NULL && i < cx_log_reader_shards(p->reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(p->reader, i);

        if (info->number == number) {
            return info;
        }
    }
    return NULL;
}

/* I2. Hash i of level l is of 256^l leaves. */
static bool
is_covered(const struct cx_log_shard_info *info, const struct cx_tile *tile)
{
    uint64_t n = info->size >> (8 * tile->level);

    return tile->index <= n / CX_TILE_WIDTH && tile->index * CX_TILE_WIDTH + tile->width <= n;
}

/* That shard, if what is asked for can be shown of it. */
static const struct cx_log_shard_info *
find(const struct published *p, const struct op_tile *what)
{
    const struct cx_log_shard_info *info = shard_of(p, what->shard);

    return info != NULL && (what->is_checkpoint || is_covered(info, &what->tile)) ? info : NULL;
}

/* ---- what is shown */

static cx_status
put_entry(void *ctx, const struct cx_log_row *row)
{
    struct cx_buf *buf = ctx;

    cx_bundle_put(buf, (cx_span){ row->entry, CX_ENTRY_SIZE });
    return cx_buf_status(buf);
}

static cx_status
put_hashes(struct published *p, const struct op_tile *what, struct cx_buf *buf)
{
    const struct cx_hashes hashes = cx_log_hashes(p->reader, what->shard);
    uint64_t first = what->tile.index * CX_TILE_WIDTH;

    for (unsigned i = 0; i < what->tile.width; i++) {
        struct cx_hash hash;

        CX_TRY(hashes.get(hashes.ctx, 8 * what->tile.level, first + i, &hash));
        cx_buf_put(buf, (cx_str){ (const char *)hash.b, CX_HASH_SIZE });
    }
    return cx_buf_status(buf);
}

static cx_status
put(struct published *p, const struct cx_log_shard_info *info, const struct op_tile *what,
    struct cx_buf *buf, struct cx_detail *detail)
{
    uint64_t first = what->tile.index * CX_TILE_WIDTH;

    if (what->is_checkpoint) {
        cx_buf_put(buf, info->checkpoint);
        return cx_buf_status(buf);
    }
    return what->tile.entries ? cx_log_scan(p->reader, what->shard, first, first + what->tile.width,
                                            put_entry, buf, detail)
                              : put_hashes(p, what, buf);
}

cx_status
published_get(struct published *p, const struct op_tile *what, uint64_t now_ms, struct cx_buf *buf,
              bool *ret_found, struct cx_detail *detail)
{
    const struct cx_log_shard_info *info = find(p, what);

    if ((info == NULL || what->is_checkpoint) && may_move(p, now_ms)) {
        CX_TRY(move(p, now_ms, detail));
        info = find(p, what);
    }
    *ret_found = info != NULL;
    return info != NULL ? put(p, info, what, buf, detail) : CX_SUCCESS;
}
