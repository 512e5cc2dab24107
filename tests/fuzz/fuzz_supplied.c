/* What was supplied, and lists of perspectives, from a stranger's evidence: what is accepted is written again as it stands,
 * but for negative keys. */
#include "../unit/strip.h"
#include "base/limits.h"
#include "fuzz.h"
#include "mpic/perspective.h"
#include "mpic/supplied.h"

#define ARENA_CAP ((size_t)256 << 20)

static void
try_supplied(cx_span octets, struct cx_arena *arena, struct cx_buf *buf)
{
    struct cx_detail detail = { .text = "" };
    struct cx_supplied supplied;

    if (!cx_ok(cx_supplied_decode(octets, arena, &supplied, &detail))) {
        MUST(detail.text[0] != '\0');
        return;
    }
    MUST(supplied.n != 0);
    for (size_t i = 0; i < supplied.n; i++) {
        MUST(cx_supplied_find(&supplied, supplied.v[i].name) == &supplied.v[i]);
    }
    MUST(cx_ok(cx_supplied_encode(&supplied, buf)));
    MUST(is_same_stripped(octets, 0, 0, cx_buf_str(buf)));
}

static void
try_perspectives(cx_span octets, struct cx_arena *arena, struct cx_buf *buf)
{
    struct cx_detail detail = { .text = "" };
    struct cx_perspectives list;

    if (!cx_ok(cx_perspectives_decode(octets, arena, &list, &detail))) {
        MUST(detail.text[0] != '\0');
        return;
    }
    for (size_t i = 0; i < list.n; i++) {
        MUST(cx_perspective_find(&list, list.v[i].code) == &list.v[i]);
        MUST(cx_perspectives_apart(&list.primary, &list.v[i], 0) ==
             cx_perspectives_apart(&list.v[i], &list.primary, 0));
    }
    MUST(cx_ok(cx_perspectives_encode(&list, buf)));
    MUST(cx_str_equal(cx_buf_str(buf), cx_str_of_span(octets)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const cx_span octets = { data, size };
    struct cx_arena arena;
    struct cx_buf buf;

    cx_arena_init(&arena, ARENA_CAP);
    cx_buf_init(&buf, CX_RECORD_MAX);
    try_supplied(octets, &arena, &buf);
    cx_buf_clear(&buf);
    try_perspectives(octets, &arena, &buf);
    cx_buf_done(&buf);
    cx_arena_done(&arena);
    return 0;
}
