#include "incident/signing.h"

const char *
cx_signing_clock_word(enum cx_signing_clock clock)
{
    static const char *const words[] = { NULL, "signing-log", "sct", "not-before" };

    return words[clock];
}

/* R-GEN-1, R-EXC-2: a certificate whose precertificate is in two logs stands on the check of the precertificate. */
struct cx_signing
cx_signing_of(const struct cx_issued *issued, bool precertificate)
{
    cx_time sct = cx_second_of_ms(issued->sct_ms);
    bool has_sct = issued->sct_ms != 0;

    if (issued->signed_at != CX_TIME_NONE && has_sct && sct < issued->signed_at &&
        issued->logs >= 2 && precertificate) {
        return (struct cx_signing){ sct, CX_SIGNING_SCT, true };
    }
    if (issued->signed_at != CX_TIME_NONE) {
        return (struct cx_signing){ issued->signed_at, CX_SIGNING_LOG, false };
    }
    if (has_sct) {
        return (struct cx_signing){ sct, CX_SIGNING_SCT, false };
    }
    return (struct cx_signing){
        issued->not_before,
        issued->not_before != CX_TIME_NONE ? CX_SIGNING_NOT_BEFORE : CX_SIGNING_UNKNOWN,
        false,
    };
}
