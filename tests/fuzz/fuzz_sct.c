/* SCT lists of certificates: OpenSSL reads what we accept, and reads the same from it. */
#include "agree_sct.h"
#include "base/limits.h"
#include "fuzz.h"
#include "pki/sct.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span value = { data, size };
    struct cx_sct v[CX_SCTS_MAX];
    struct cx_sct_list list, again;
    bool accepted;

    MUST(sct_disagreement(value, &accepted) == NULL);
    if (accepted) {
        MUST(cx_ok(cx_sct_read(value, v, CX_SCTS_MAX, &list, NULL)));
        MUST(list.logs <= list.n && list.n <= CX_SCTS_MAX && (list.n == 0) == (list.logs == 0));
        MUST(cx_ok(cx_sct_read(value, NULL, 0, &again, NULL)));
        MUST(again.n == list.n && again.earliest_ms == list.earliest_ms);
    }
    return 0;
}
