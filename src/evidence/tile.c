#include "evidence/tile.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/reader.h"

#include <stdio.h>

#define LEVEL_BITS  8 /* of a tile: 256 hashes */
#define INDEX_GROUP 1000
#define LEAVES      ((uint64_t)1 << 63)

/* ---- paths */

/* Every tile's path fits: 7 groups of digits at most, and numbers of 32 bits. */
struct path {
    char *p;
    size_t n;
};

static void
put_text(struct path *path, const char *text)
{
    size_t n = strlen(text);

    memcpy(path->p + path->n, text, n + 1);
    path->n += n;
}

static void
put_number(struct path *path, int digits, unsigned number)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "%0*u", digits, number);
    put_text(path, text);
}

void
cx_tile_path(const struct cx_tile *tile, char ret[CX_TILE_PATH_TEXT])
{
    struct path path = { ret, 0 };
    uint64_t scale = 1;

    put_text(&path, "tile/");
    if (tile->entries) {
        put_text(&path, "entries");
    } else {
        put_number(&path, 1, tile->level);
    }
    put_text(&path, "/");
    while (tile->index / scale >= INDEX_GROUP) {
        scale *= INDEX_GROUP;
    }
    for (; scale != 1; scale /= INDEX_GROUP) {
        put_text(&path, "x");
        put_number(&path, 3, (unsigned)(tile->index / scale % INDEX_GROUP));
        put_text(&path, "/");
    }
    put_number(&path, 3, (unsigned)(tile->index % INDEX_GROUP));
    if (tile->width != CX_TILE_WIDTH) {
        put_text(&path, ".p/");
        put_number(&path, 1, tile->width);
    }
}

/* Of text that is read from its beginning. */
static bool
take(cx_str *text, const char *literal)
{
    cx_str l = cx_str_of(literal);

    if (text->n < l.n || memcmp(text->p, l.p, l.n) != 0) {
        return false;
    }
    *text = (cx_str){ text->p + l.n, text->n - l.n };
    return true;
}

/* One to three digits. */
static bool
take_number(cx_str *text, unsigned *ret)
{
    unsigned number = 0;
    size_t n = 0;

    for (; n < text->n && n < 3 && text->p[n] >= '0' && text->p[n] <= '9'; n++) {
        number = number * 10 + (unsigned)(text->p[n] - '0');
    }
    *text = (cx_str){ text->p + n, text->n - n };
    *ret = number;
    return n != 0;
}

static bool
take_index(cx_str *text, uint64_t *ret)
{
    uint64_t index = 0;
    unsigned group;
    bool more = true;

    while (more) {
        more = take(text, "x");
        if (index > LEAVES / CX_TILE_WIDTH / INDEX_GROUP || !take_number(text, &group) ||
            (more && !take(text, "/"))) {
            return false;
        }
        index = index * INDEX_GROUP + group;
    }
    *ret = index;
    return true;
}

static bool
read_path(cx_str text, struct cx_tile *ret)
{
    if (!take(&text, "tile/")) {
        return false;
    }
    ret->entries = take(&text, "entries/");
    if (!ret->entries && (!take_number(&text, &ret->level) || !take(&text, "/"))) {
        return false;
    }
    if (!take_index(&text, &ret->index)) {
        return false;
    }
    if (take(&text, ".p/") && !take_number(&text, &ret->width)) {
        return false;
    }
    return text.n == 0;
}

/* There are leaves enough for its last hash. */
static bool
can_be(const struct cx_tile *tile)
{
    return tile->level < CX_TILE_LEVELS && tile->width >= 1 && tile->width <= CX_TILE_WIDTH &&
           tile->index * CX_TILE_WIDTH + tile->width - 1 < LEAVES >> (LEVEL_BITS * tile->level);
}

bool
cx_tile_of_path(cx_str path, struct cx_tile *ret)
{
    struct cx_tile tile = { .width = CX_TILE_WIDTH };
    char canonical[CX_TILE_PATH_TEXT];

    if (!read_path(path, &tile) || !can_be(&tile)) {
        return false;
    }
    cx_tile_path(&tile, canonical);
    if (!cx_str_equal(path, cx_str_of(canonical))) {
        return false;
    }
    *ret = tile;
    return true;
}

/* ---- bundles of entries */

void
cx_bundle_put(struct cx_buf *buf, cx_span entry)
{
    if (entry.n > UINT16_MAX) {
        buf->failed = true;
        return;
    }
    cx_buf_putc(buf, (char)(uint8_t)(entry.n >> 8));
    cx_buf_putc(buf, (char)(uint8_t)entry.n);
    cx_buf_put(buf, cx_str_of_span(entry));
}

cx_status
cx_bundle_next(cx_span bundle, size_t *at, cx_span *ret, bool *ret_more)
{
    struct cx_reader r = { .all = bundle, .at = *at };
    cx_span entry;

    if (*at >= bundle.n) {
        *ret_more = false;
        return CX_SUCCESS;
    }
    entry = cx_rd_bytes(&r, cx_rd_u16(&r));
    if (!cx_rd_ok(&r)) {
        return (cx_status){ CX_E_RECORD };
    }
    *at = r.at;
    *ret = entry;
    *ret_more = true;
    return CX_SUCCESS;
}

/* ---- the edge */

/* Hashes and their inner nodes as a heap: the root at 1, the children of i at 2i and 2i + 1, hashes of the tile at 256. */
struct tile {
    uint64_t index;
    unsigned width; /* 0: nothing can be said of it */
    struct cx_hash node[2 * CX_TILE_WIDTH];
};

struct cx_edge {
    const struct cx_tiles *tiles;
    uint64_t size;
    struct cx_tails tails; /* of the size that was asked for last */
    /* The growing one and the full ones before it, each at its index modulo one more than are kept. */
    struct tile *latest[CX_TILE_LEVELS][CX_EDGE_TILES + 1];
    struct tile *older[CX_TILE_LEVELS]; /* the one that was looked at last */
};

static uint64_t
growing_index(const struct cx_edge *edge, unsigned level)
{
    return level + 1 < CX_TILE_LEVELS ? edge->size >> (LEVEL_BITS * (level + 1)) : 0;
}

static unsigned
growing_width(const struct cx_edge *edge, unsigned level)
{
    return (unsigned)(edge->size >> (LEVEL_BITS * level)) % CX_TILE_WIDTH;
}

/* Where the tile of that index is, if it is in memory. */
static struct tile **
place_of(struct cx_edge *edge, unsigned level, uint64_t index)
{
    unsigned kept = level == 0 ? CX_EDGE_TILES : CX_EDGE_UPPER_TILES;

    return growing_index(edge, level) - index <= kept ? &edge->latest[level][index % (kept + 1)]
                                                      : &edge->older[level];
}

/* A tile at its place, without hashes, instead of what was there. */
static cx_status
begin_tile(struct cx_edge *edge, unsigned level, uint64_t index, struct tile **ret)
{
    struct tile **place = place_of(edge, level, index);

    if (*place == NULL) {
        *place = cx_alloc(1, sizeof(**place));
    }
    if (*place == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    (*place)->index = index;
    (*place)->width = 0;
    *ret = *place;
    return CX_SUCCESS;
}

static cx_status
join_children(struct tile *tile, size_t i)
{
    return cx_hash_node(&tile->node[2 * i], &tile->node[2 * i + 1], &tile->node[i]);
}

/* The next hash of a growing tile, and the nodes that are complete by it. */
static cx_status
put_hash(struct tile *tile, const struct cx_hash *hash)
{
    size_t i = CX_TILE_WIDTH + tile->width;

    tile->node[i] = *hash;
    for (; i % 2 == 1 && i != 1; i /= 2) {
        CX_TRY(join_children(tile, i / 2));
    }
    tile->width++;
    return CX_SUCCESS;
}

static cx_status
full_tile(struct cx_edge *edge, unsigned level, uint64_t index, struct tile **ret)
{
    struct tile *tile = *place_of(edge, level, index);

    if (tile == NULL || tile->index != index || tile->width != CX_TILE_WIDTH) {
        CX_TRY(begin_tile(edge, level, index, &tile));
        CX_TRY(edge->tiles->get(edge->tiles->ctx, level, index,
                                (uint8_t *)(tile->node + CX_TILE_WIDTH)));
        for (size_t i = CX_TILE_WIDTH - 1; i != 0; i--) {
            CX_TRY(join_children(tile, i));
        }
        tile->width = CX_TILE_WIDTH;
    }
    *ret = tile;
    return CX_SUCCESS;
}

static cx_status
growing_tile(struct cx_edge *edge, unsigned level, struct tile **ret)
{
    uint64_t index = growing_index(edge, level);
    struct tile *tile = *place_of(edge, level, index);
    unsigned width = growing_width(edge, level);

    if (width == 0) {
        return begin_tile(edge, level, index, ret);
    }
    if (tile == NULL || tile->index != index || tile->width != width) {
        return (cx_status){ CX_E_INTERNAL };
    }
    *ret = tile;
    return CX_SUCCESS;
}

/* The hashes of a growing tile above level 0 are the roots of full tiles below. */
static cx_status
fill_from_below(struct cx_edge *edge, unsigned level)
{
    uint64_t index = growing_index(edge, level);
    unsigned width = growing_width(edge, level);
    struct tile *tile, *below;

    if (width == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(begin_tile(edge, level, index, &tile));
    for (unsigned i = 0; i < width; i++) {
        CX_TRY(full_tile(edge, level - 1, index * CX_TILE_WIDTH + i, &below));
        CX_TRY(put_hash(tile, &below->node[1]));
    }
    return CX_SUCCESS;
}

static cx_status
fill(struct cx_edge *edge, const struct cx_hash *leaves)
{
    unsigned width = growing_width(edge, 0);
    struct tile *tile;

    CX_TRY(begin_tile(edge, 0, growing_index(edge, 0), &tile));
    for (unsigned i = 0; i < width; i++) {
        CX_TRY(put_hash(tile, &leaves[i]));
    }
    for (unsigned level = 1; level < CX_TILE_LEVELS; level++) {
        CX_TRY(fill_from_below(edge, level));
    }
    return CX_SUCCESS;
}

/* For CX_AUTO. */
static void
free_edge(struct cx_edge **edge)
{
    cx_edge_free(*edge);
}

cx_status
cx_edge_new(const struct cx_tiles *tiles, uint64_t size, const struct cx_hash *leaves,
            struct cx_edge **ret)
{
    CX_AUTO(free_edge) struct cx_edge *edge = NULL;

    if (size > INT64_MAX) {
        return (cx_status){ CX_E_LIMIT };
    }
    edge = cx_alloc(1, sizeof(*edge));
    if (edge == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    edge->tiles = tiles;
    edge->size = size;
    CX_TRY(fill(edge, leaves));
    *ret = CX_STEAL(edge);
    return CX_SUCCESS;
}

void
cx_edge_free(struct cx_edge *edge)
{
    if (edge == NULL) {
        return;
    }
    for (unsigned level = 0; level < CX_TILE_LEVELS; level++) {
        for (size_t i = 0; i < CX_COUNT(edge->latest[level]); i++) {
            cx_free(edge->latest[level][i]);
        }
        cx_free(edge->older[level]);
    }
    cx_free(edge);
}

uint64_t
cx_edge_size(const struct cx_edge *edge)
{
    return edge->size;
}

cx_status
cx_edge_append(struct cx_edge *edge, const struct cx_hash *leaf)
{
    const struct cx_hash *hash = leaf;
    struct tile *tile;

    if (edge->size >= INT64_MAX) {
        return (cx_status){ CX_E_LIMIT };
    }
    for (unsigned level = 0; level < CX_TILE_LEVELS; level++) {
        CX_TRY(growing_tile(edge, level, &tile));
        CX_TRY(put_hash(tile, hash));
        if (tile->width < CX_TILE_WIDTH) {
            break;
        }
        CX_TRY(edge->tiles->put(edge->tiles->ctx, level, tile->index,
                                (const uint8_t *)(tile->node + CX_TILE_WIDTH)));
        hash = &tile->node[1];
    }
    edge->size++;
    return CX_SUCCESS;
}

static cx_status
get_hash(void *ctx, unsigned level, uint64_t index, struct cx_hash *ret)
{
    struct cx_edge *edge = ctx;
    unsigned tile_level = level / LEVEL_BITS;
    unsigned depth = LEVEL_BITS - level % LEVEL_BITS; /* of the node in its tile */
    uint64_t tile_index = index >> depth;
    struct tile *tile;

    if (level >= 63 || index >= edge->size >> level) {
        return (cx_status){ CX_E_INTERNAL };
    }
    if (tile_index == growing_index(edge, tile_level)) {
        CX_TRY(growing_tile(edge, tile_level, &tile));
    } else {
        CX_TRY(full_tile(edge, tile_level, tile_index, &tile));
    }
    *ret = tile->node[((uint64_t)1 << depth) + (index & (((uint64_t)1 << depth) - 1))];
    return CX_SUCCESS;
}

struct cx_hashes
cx_edge_hashes(struct cx_edge *edge)
{
    return (struct cx_hashes){ .get = get_hash, .ctx = edge };
}

static cx_status
know_tails(struct cx_edge *edge, uint64_t size)
{
    struct cx_hashes hashes = cx_edge_hashes(edge);

    return edge->tails.size == size ? CX_SUCCESS : cx_tree_tails(&hashes, size, &edge->tails);
}

cx_status
cx_edge_root(struct cx_edge *edge, struct cx_hash *ret)
{
    CX_TRY(know_tails(edge, edge->size));
    return cx_tails_root(&edge->tails, ret);
}

cx_status
cx_edge_inclusion(struct cx_edge *edge, uint64_t index, uint64_t size, struct cx_path *ret)
{
    struct cx_hashes hashes = cx_edge_hashes(edge);

    CX_TRY(know_tails(edge, size));
    return cx_tails_inclusion(&edge->tails, &hashes, index, ret);
}
