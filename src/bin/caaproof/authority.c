#include "bin/caaproof/authority.h"

#include "base/limits.h"
#include "bin/caaproof/input.h"
#include "pki/spki.h"

cx_status
authority_read(const char *text, struct cx_hash *ret, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf file;
    struct cx_detail inner = { .text = "" };
    cx_status s;

    cx_buf_init(&file, CX_AUTHORITY_FILE_MAX);
    if (cx_hash_of_text(cx_str_of(text), ret)) {
        return CX_SUCCESS;
    }
    CX_TRY(input_file(text, &file, detail));
    s = cx_spki_digest(cx_span_of_str(cx_buf_str(&file)), ret->b, &inner);
    return cx_ok(s) ? s : cx_fail(detail, s.code, "%s: %s", text, inner.text);
}
