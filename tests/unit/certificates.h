/* Certificates of tests/unit/data/issued: a precertificate, its certificate with an SCT, and their CA. */
#ifndef CX_TESTS_UNIT_CERTIFICATES_H
#define CX_TESTS_UNIT_CERTIFICATES_H

#include "base/file.h"
#include "main.h"
#include "pki/pem.h"

/* A file of that folder, in arena. */
static inline cx_span
issued_file(const char *name, struct cx_arena *arena)
{
    struct cx_buf buf;
    char path[500];
    cx_span ret;

    cx_buf_init(&buf, 1000000);
    (void)snprintf(path, sizeof(path), "%s/issued/%s", DATA, name);
    assert_true(cx_ok(cx_file_read(path, &buf, NULL)));
    assert_true(cx_ok(cx_arena_copy(arena, cx_span_of_str(cx_buf_str(&buf)), &ret)));
    cx_buf_done(&buf);
    return ret;
}

static inline cx_span
issued_der(const char *name, struct cx_arena *arena)
{
    static const char *const kinds[] = { "CERTIFICATE", NULL };
    cx_span ret;

    assert_true(cx_ok(cx_pem_first(issued_file(name, arena), kinds, arena, &ret, NULL)));
    assert_true(ret.n != 0);
    return ret;
}

#endif
