#include "bin/caaproofd/tile_path.h"

#include <string.h>

#define PREFIX "/v1/log/"

static bool
take(cx_str *text, const char *literal)
{
    size_t n = strlen(literal);

    if (text->n < n || memcmp(text->p, literal, n) != 0) {
        return false;
    }
    *text = (cx_str){ text->p + n, text->n - n };
    return true;
}

/* From 1, without leading zeros: each shard has one path. */
static bool
take_shard(cx_str *text, uint64_t *ret)
{
    uint64_t shard = 0;
    size_t n = 0;

    for (; n < text->n && n < 18 && text->p[n] >= '0' && text->p[n] <= '9'; n++) {
        shard = shard * 10 + (uint64_t)(text->p[n] - '0');
    }
    if (n == 0 || text->p[0] == '0') {
        return false;
    }
    *text = (cx_str){ text->p + n, text->n - n };
    *ret = shard;
    return take(text, "/");
}

bool
tile_of_path(cx_str path, struct op_tile *ret)
{
    struct op_tile what = { .seq = 0 };

    if (!take(&path, PREFIX) || !take_shard(&path, &what.shard)) {
        return false;
    }
    what.is_checkpoint = cx_str_equal(path, CX_STR("checkpoint"));
    if (!what.is_checkpoint && !cx_tile_of_path(path, &what.tile)) {
        return false;
    }
    *ret = what;
    return true;
}
