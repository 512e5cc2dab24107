/* Deterministic CBOR (RFC 8949 section 4.2.1), the part of it that records need: integers, byte and text strings, arrays
 * and maps of definite length, true, false, null. One value has one encoding, and reading refuses every other.
 * I1: what a reader accepts, a writer gives back octet by octet. */
#ifndef CX_BASE_CBOR_H
#define CX_BASE_CBOR_H

#include "base/buf.h"
#include "base/reader.h"

/* ---- writing; errors are the buffer's. An array or a map is followed by as many items, or pairs, as were announced. */

void cx_cbor_put_uint(struct cx_buf *buf, uint64_t value);
void cx_cbor_put_int(struct cx_buf *buf, int64_t value);
void cx_cbor_put_bytes(struct cx_buf *buf, cx_span bytes);
/* UTF-8; other octets fail the buffer (INTERNAL). */
void cx_cbor_put_text(struct cx_buf *buf, cx_str text);
void cx_cbor_put_array(struct cx_buf *buf, size_t n);
void cx_cbor_put_map(struct cx_buf *buf, size_t n);
void cx_cbor_put_bool(struct cx_buf *buf, bool value);
void cx_cbor_put_null(struct cx_buf *buf);

/* ---- reading; errors are the reader's, sticky: a wrong type or a longer form than needed fails it. */

enum cx_cbor_type {
    CX_CBOR_NONE = 0, /* the end, or nothing that is read here */
    CX_CBOR_UINT,
    CX_CBOR_NINT,
    CX_CBOR_BYTES,
    CX_CBOR_TEXT,
    CX_CBOR_ARRAY,
    CX_CBOR_MAP,
    CX_CBOR_BOOL,
    CX_CBOR_NULL,
};

/* Of the next item, without reading it. */
enum cx_cbor_type cx_cbor_next(const struct cx_reader *r);
uint64_t cx_cbor_uint(struct cx_reader *r);
/* The same, of a value that is at most so much. */
uint64_t cx_cbor_number(struct cx_reader *r, uint64_t most);
int64_t cx_cbor_int(struct cx_reader *r);
/* Borrowed. */
cx_span cx_cbor_bytes(struct cx_reader *r);
/* n octets exactly; NULL after a failure. */
const uint8_t *cx_cbor_octets(struct cx_reader *r, size_t n);
cx_str cx_cbor_text(struct cx_reader *r);
/* Number of items, at most max; never more than can follow. */
size_t cx_cbor_array(struct cx_reader *r, size_t max);
bool cx_cbor_bool(struct cx_reader *r);
void cx_cbor_null(struct cx_reader *r);
/* Any one item with all that is in it, at most CX_CBOR_DEPTH arrays and maps inside each other; keys of maps are neither.
 * Its octets. */
cx_span cx_cbor_any(struct cx_reader *r);
/* The same: a map with texts for keys, and not empty. */
cx_span cx_cbor_members(struct cx_reader *r);

/* A map whose keys are integers, read in order: unsigned keys are critical, negative ones may be passed over
 * (docs/formats/record.md). */
struct cx_cbor_map {
    struct cx_reader *r;
    size_t left;
    int64_t key; /* of the pair whose value comes next */
    bool begun;
};

struct cx_cbor_map cx_cbor_map(struct cx_reader *r);
/* To the next critical key, checking the order of keys (0, 1, ..., -1, -2, ...) and passing over negative ones; false at
 * the end, or when the reader failed. The caller reads exactly one item before the next call. */
bool cx_cbor_map_next(struct cx_cbor_map *map);
/* The same, but negative keys are given too, for who knows some of them; of the others he reads the item by cx_cbor_any. */
bool cx_cbor_map_next_any(struct cx_cbor_map *map);

#endif
