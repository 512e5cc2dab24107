/* Certificates and requests from outside. Accepted names have no octet that could cut or colour them, reading twice gives
 * the same, and OpenSSL's error queue is empty afterwards. */
#include "base/limits.h"
#include "fuzz.h"
#include "pki/certificate.h"

#include <openssl/err.h>

static void
check_name(const struct cx_certificate_name *name)
{
    MUST(name->kind != CX_CERTIFICATE_NAME_UNSET && name->text.n != 0);
    MUST(name->kind == CX_CERTIFICATE_NAME_DNS || !name->common_name_only);
    for (size_t i = 0; i < name->text.n; i++) {
        uint8_t c = (uint8_t)name->text.p[i];

        MUST(c >= 0x20 && c != 0x7f);
        MUST(c < 0x80 || name->kind == CX_CERTIFICATE_NAME_MAIL_UTF8);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cx_certificate_names names = { .kind = CX_CERTIFICATE_UNSET }, again;
    struct cx_arena arena;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    if (cx_ok(cx_certificate_read((cx_span){ data, size }, &arena, &names, NULL))) {
        MUST(names.kind != CX_CERTIFICATE_UNSET && names.n <= CX_NAMES_MAX);
        for (size_t i = 0; i < names.n; i++) {
            check_name(&names.v[i]);
        }
        MUST(cx_ok(cx_certificate_read((cx_span){ data, size }, &arena, &again, NULL)));
        MUST(again.n == names.n && again.kind == names.kind);
    } else {
        MUST(names.kind == CX_CERTIFICATE_UNSET);
    }
    MUST(ERR_peek_error() == 0);
    cx_arena_done(&arena);
    return 0;
}
