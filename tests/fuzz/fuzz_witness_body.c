/* What a witness is sent. What is read is written back octet by octet; the one checkpoint that the key of the vectors signed
 * is all that it can cosign. */
#include "evidence/witness.h"
#include "fuzz.h"

static const char origin[] = "log.ca.example/caa-evidence";
static const char vkey[] =
    "log.ca.example/caa-evidence+699d2243+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
/* Of the first 3 entries. */
static const struct cx_hash root = { {
    0x2c, 0xfe, 0xf7, 0x62, 0x75, 0x97, 0xe0, 0x0b, 0x56, 0x49, 0x75, 0x77, 0x4a, 0xd7, 0x28, 0xef,
    0x21, 0x07, 0x06, 0x75, 0x9f, 0xca, 0x6d, 0x64, 0x13, 0x8c, 0x6d, 0xfc, 0x1c, 0xbf, 0x2c, 0xda,
} };

static void
check_round_trip(cx_span octets)
{
    struct cx_witness_request request;
    struct cx_buf buf;
    uint64_t size;

    cx_buf_init(&buf, CX_WITNESS_OCTETS_MAX);
    if (cx_ok(cx_witness_request_parse(octets, &request, NULL))) {
        cx_witness_request_write(&request, &buf);
        MUST(cx_buf_ok(&buf) && cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), octets));
    }
    cx_buf_clear(&buf);
    if (cx_ok(cx_witness_size_parse(octets, &size))) {
        cx_witness_size_write(size, &buf);
        MUST(cx_buf_ok(&buf) && cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), octets));
    }
    cx_buf_done(&buf);
}

static void
check_verdict(cx_span octets)
{
    struct cx_note_key key;
    struct cx_witness_log log = { .origin = cx_str_of(origin), .keys = &key, .n_keys = 1 };
    struct cx_witness_verdict v;
    struct cx_arena arena;

    log.size = 3;
    log.root = root;
    cx_arena_init(&arena, (size_t)1 << 20);
    MUST(cx_ok(cx_note_key_parse(cx_str_of(vkey), &key, NULL)));
    MUST(cx_ok(cx_witness_judge(&log, 1, octets, &arena, &v)));
    MUST(v.status != CX_WITNESS_UNSET && v.why != NULL && !v.is_fork);
    MUST(v.status != CX_WITNESS_COSIGNS || v.checkpoint.size == 7);
    cx_arena_done(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };

    check_round_trip(octets);
    check_verdict(octets);
    return 0;
}
