/* Records at the ends of a shard, from a store that somebody edited: what is accepted is written again as it stands, but for
 * negative keys. */
#include "evidence/chain.h"
#include "fuzz.h"

#include <string.h>

#define BUF_MAX ((size_t)2 << 20)

static bool
same_begin(const struct cx_begin *a, const struct cx_begin *b)
{
    return memcmp(a->salt, b->salt, CX_CHAIN_SALT) == 0 && a->time_ms == b->time_ms &&
           cx_str_equal(a->origin, b->origin) && cx_str_equal(a->vkey, b->vkey) &&
           a->has_before == b->has_before && cx_str_equal(a->before.origin, b->before.origin) &&
           cx_str_equal(a->before.vkey, b->before.vkey) &&
           cx_span_equal(a->before.checkpoint, b->before.checkpoint) &&
           cx_span_equal(a->before.later, b->before.later) &&
           cx_str_equal(a->software, b->software);
}

static bool
check_begin(cx_span octets)
{
    struct cx_detail detail = { .text = "" };
    struct cx_begin begin, again;
    struct cx_buf buf;

    if (!cx_ok(cx_begin_decode(octets, &begin, &detail))) {
        MUST(detail.text[0] != '\0');
        return false;
    }
    cx_buf_init(&buf, BUF_MAX);
    cx_begin_encode(&begin, &buf);
    MUST(cx_buf_ok(&buf) && buf.n <= octets.n);
    MUST(cx_ok(cx_begin_decode(cx_span_of_str(cx_buf_str(&buf)), &again, NULL)));
    MUST(same_begin(&begin, &again));
    MUST(buf.n < octets.n || memcmp(buf.p, octets.p, buf.n) == 0);
    cx_buf_done(&buf);
    return true;
}

static bool
check_seal(cx_span octets)
{
    struct cx_detail detail = { .text = "" };
    struct cx_seal seal, again;
    struct cx_buf buf;

    if (!cx_ok(cx_seal_decode(octets, &seal, &detail))) {
        MUST(detail.text[0] != '\0');
        return false;
    }
    cx_buf_init(&buf, BUF_MAX);
    cx_seal_encode(&seal, &buf);
    MUST(cx_buf_ok(&buf) && buf.n <= octets.n);
    MUST(cx_ok(cx_seal_decode(cx_span_of_str(cx_buf_str(&buf)), &again, NULL)));
    MUST(cx_str_equal(seal.origin, again.origin) && cx_str_equal(seal.vkey, again.vkey) &&
         seal.time_ms == again.time_ms);
    MUST(buf.n < octets.n || memcmp(buf.p, octets.p, buf.n) == 0);
    cx_buf_done(&buf);
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };

    /* A seal is the beginning of a first shard, read as that: the kind of the entry tells them apart. */
    if (check_seal(octets)) {
        MUST(check_begin(octets));
    } else {
        (void)check_begin(octets); /* its properties are what is tested */
    }
    return 0;
}
