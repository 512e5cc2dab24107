/* Deterministic CBOR: exactly what libcbor reads, has our types and is its own only encoding is accepted, with the same
 * values; what is JSON too goes there and comes back. */
#include "base/cbor_json.h"
#include "cbor_same.h"
#include "fuzz.h"

#define ARENA_CAP ((size_t)64 << 20)
#define INPUT_MAX 65536

static void
check_json(cx_span octets)
{
    struct cx_json *json = NULL;
    struct cx_arena arena;
    struct cx_buf buf;

    if (!cx_ok(cx_cbor_to_json(octets, &json))) {
        MUST(json == NULL);
        return;
    }
    cx_arena_init(&arena, ARENA_CAP);
    cx_buf_init(&buf, octets.n);
    MUST(cx_ok(cx_cbor_put_json(&buf, json, &arena)));
    MUST(cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), octets));
    cx_buf_done(&buf);
    cx_arena_done(&arena);
    cx_json_free(json);
}

/* The readers of single items never stand behind the end, and fail for good. */
static void
check_readers(cx_span octets)
{
    struct cx_reader r = cx_reader_of(octets);
    struct cx_cbor_map map = cx_cbor_map(&r);

    while (cx_cbor_map_next(&map)) {
        MUST(map.key >= 0);
        (void)cx_cbor_any(&r);
    }
    MUST(r.at <= octets.n);
    r = cx_reader_of(octets);
    MUST(cx_cbor_members(&r).n <= octets.n && (cx_rd_ok(&r) || cx_cbor_any(&r).p == NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };
    const char *difference;

    if (size > INPUT_MAX) {
        return 0;
    }
    difference = cbor_difference(octets);
    if (difference != NULL) {
        fprintf(stderr, "%s\n", difference);
    }
    MUST(difference == NULL);
    check_json(octets);
    check_readers(octets);
    return 0;
}
