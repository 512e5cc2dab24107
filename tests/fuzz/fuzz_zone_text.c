/* Zone text from outside. Accepted records are well formed and within the origin, and a CAA record that is written back in
 * generic form gives the same octets again. The first octet chooses whether an origin is given. */
#include "dns/caa.h"
#include "dnssec/zone_text.h"
#include "fuzz.h"

static void
check_rr(const struct cx_zone_rr *rr, cx_span origin)
{
    struct cx_name name;
    size_t end = 0;

    MUST(cx_ok(cx_name_from_message(rr->owner, 0, &name, &end)) && end == rr->owner.n);
    MUST(cx_span_equal(cx_name_span(&name), rr->owner)); /* lower case already */
    MUST(cx_name_within(rr->owner, origin));
    MUST(rr->rdata.n <= 65535 && rr->type != 0);
    if (rr->type == CX_TYPE_CNAME || rr->type == CX_TYPE_DNAME || rr->type == CX_TYPE_NS) {
        MUST(cx_ok(cx_name_from_message(rr->rdata, 0, &name, &end)) && end == rr->rdata.n);
    }
    MUST(rr->type != CX_TYPE_SOA || rr->rdata.n >= 22);
}

static void
check_caa_again(const struct cx_zone_rr *rr, struct cx_arena *arena)
{
    struct cx_zone_rrs again;
    struct cx_buf line;

    cx_buf_init(&line, 1u << 20);
    cx_buf_printf(&line, "x. 1 TYPE257 \\# %zu ", rr->rdata.n);
    cx_buf_put_hex(&line, rr->rdata);
    MUST(cx_ok(cx_zone_text_read(cx_buf_str(&line), (cx_span){ NULL, 0 }, arena, &again, NULL)));
    MUST(again.n == 1 && cx_span_equal(again.v[0].rdata, rr->rdata));
    cx_buf_done(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t root[] = { 0 };
    struct cx_zone_rrs rrs = { NULL, 0, { NULL, 0 } };
    struct cx_arena arena;
    bool given = size != 0 && data[0] != ';';

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    if (size != 0 &&
        cx_ok(cx_zone_text_read((cx_str){ (const char *)data + 1, size - 1 },
                                (cx_span){ root, given ? 1 : 0 }, &arena, &rrs, NULL))) {
        MUST(rrs.n != 0);
        for (size_t i = 0; i < rrs.n; i++) {
            check_rr(&rrs.v[i], rrs.origin);
            if (rrs.v[i].type == CX_TYPE_CAA && i < 16) {
                check_caa_again(&rrs.v[i], &arena);
            }
        }
    } else {
        MUST(rrs.v == NULL);
    }
    cx_arena_done(&arena);
    return 0;
}
