/* Paths of the public log as anybody asks for them, and what front and recorder then say to each other: each thing has one path and
 * one frame. */
#include "bin/caaproofd/tile_path.h"
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FRAME_HEAD 5

static void
check_same(const struct op_tile *a, const struct op_tile *b)
{
    MUST(a->shard == b->shard && a->is_checkpoint == b->is_checkpoint &&
         a->tile.entries == b->tile.entries && a->tile.level == b->tile.level &&
         a->tile.index == b->tile.index && a->tile.width == b->tile.width);
}

static void
check_path(cx_str path)
{
    char again[CX_TILE_PATH_TEXT + 40], below[CX_TILE_PATH_TEXT] = "checkpoint";
    struct op_tile what, got;
    struct cx_buf buf;

    if (!tile_of_path(path, &what)) {
        return;
    }
    MUST(what.shard != 0);
    if (!what.is_checkpoint) {
        cx_tile_path(&what.tile, below);
    }
    (void)snprintf(again, sizeof(again), "/v1/log/%" PRIu64 "/%s", what.shard, below);
    MUST(cx_str_equal(path, cx_str_of(again)));
    cx_buf_init(&buf, 4096);
    op_put_tile(&buf, &what);
    MUST(cx_ok(
        op_get_tile((cx_span){ (const uint8_t *)buf.p + FRAME_HEAD, buf.n - FRAME_HEAD }, &got)));
    check_same(&what, &got);
    cx_buf_done(&buf);
}

/* What is accepted has no other form. */
static void
check_body(cx_span body)
{
    struct op_octets octets;
    struct op_tile what;
    struct cx_buf buf;

    cx_buf_init(&buf, body.n + 64);
    if (cx_ok(op_get_tile(body, &what))) {
        op_put_tile(&buf, &what);
    } else if (cx_ok(op_get_octets(body, &octets))) {
        op_put_octets(&buf, &octets);
    }
    MUST(buf.n == 0 || (cx_buf_ok(&buf) && buf.n == FRAME_HEAD + body.n &&
                        memcmp(buf.p + FRAME_HEAD, body.p, body.n) == 0));
    cx_buf_done(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };

    check_path(cx_str_of_span(octets));
    check_body(octets);
    return 0;
}
