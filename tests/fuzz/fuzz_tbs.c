/* Certificates and to-be-signed certificates on the signer's way. The walker refuses what OpenSSL refuses, and reads the
 * names of the rest as OpenSSL does; what it returns lies within the input. */
#include "agree.h"
#include "base/limits.h"
#include "fuzz.h"
#include "pki/tbs.h"

#include <openssl/err.h>

static bool
is_within(cx_span part, cx_span whole)
{
    return part.n <= whole.n && part.p >= whole.p && part.p <= whole.p + (whole.n - part.n);
}

static void
check(const struct cx_tbs *tbs, cx_span der)
{
    MUST(tbs->n <= CX_NAMES_MAX && is_within(tbs->tbs, der));
    MUST(is_within(tbs->serial, der) && is_within(tbs->issuer, der) && is_within(tbs->spki, der));
    for (size_t i = 0; i < tbs->n; i++) {
        MUST(tbs->v[i].kind != CX_TBS_NAME_UNSET);
        MUST(tbs->v[i].kind == CX_TBS_NAME_COMMON_NAME || is_within(tbs->v[i].octets, der));
        MUST(tbs->v[i].octets.n != 0 || tbs->v[i].kind == CX_TBS_NAME_COMMON_NAME);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span der = { data, size };
    struct cx_arena arena;
    struct cx_tbs tbs;
    bool accepted;

    MUST(tbs_disagreement(der, &accepted) == NULL);
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    if (cx_ok(cx_tbs_read(der, &arena, &tbs, NULL))) {
        check(&tbs, der);
    }
    cx_arena_done(&arena);
    ERR_clear_error();
    return 0;
}
