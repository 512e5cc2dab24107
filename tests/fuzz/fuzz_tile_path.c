/* Paths of tiles as a reader asks for them, and tiles of any numbers: each tile has one path. */
#include "base/reader.h"
#include "evidence/tile.h"
#include "fuzz.h"

static void
check_path(cx_str path)
{
    char again[CX_TILE_PATH_TEXT];
    struct cx_tile tile;

    if (cx_tile_of_path(path, &tile)) {
        MUST(tile.level < CX_TILE_LEVELS && tile.width >= 1 && tile.width <= CX_TILE_WIDTH);
        MUST(tile.index < (uint64_t)1 << 55);
        cx_tile_path(&tile, again);
        MUST(cx_str_equal(path, cx_str_of(again)));
    }
}

static void
check_numbers(cx_span octets)
{
    struct cx_reader r = cx_reader_of(octets);
    struct cx_tile tile = { .entries = cx_rd_u8(&r) % 2 == 1, .level = cx_rd_u8(&r) }, again;
    char path[CX_TILE_PATH_TEXT];

    tile.width = cx_rd_u16(&r);
    tile.index = (uint64_t)cx_rd_u32(&r) << 32 | cx_rd_u32(&r);
    cx_tile_path(&tile, path);
    MUST(strlen(path) < sizeof(path));
    if (cx_tile_of_path(cx_str_of(path), &again)) {
        MUST(again.entries == tile.entries && again.index == tile.index &&
             again.width == tile.width && (tile.entries || again.level == tile.level));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };

    check_path(cx_str_of_span(octets));
    check_numbers(octets);
    return 0;
}
