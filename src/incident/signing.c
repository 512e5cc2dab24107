#include "incident/signing.h"

const char *
cx_signing_clock_word(enum cx_signing_clock clock)
{
    static const char *const words[] = { NULL, "signing-log", "sct", "not-before" };

    return words[clock];
}

/* The precertificate's own moment: by the signing log, else by the earliest SCT. */
static struct cx_signing
precertificate_of(const struct cx_certificate *c)
{
    if (c->precertificate_signed_at != CX_TIME_NONE) {
        return (struct cx_signing){ c->precertificate_signed_at, CX_SIGNING_LOG, false };
    }
    if (c->issued.sct_ms != 0) {
        return (struct cx_signing){ cx_second_of_ms(c->issued.sct_ms), CX_SIGNING_SCT, false };
    }
    return (struct cx_signing){ CX_TIME_NONE, CX_SIGNING_UNKNOWN, false };
}

/* R-GEN-1, R-EXC-2: a certificate whose precertificate is in two logs stands on the check of the precertificate. */
struct cx_signing
cx_signing_of(const struct cx_certificate *c, bool precertificate)
{
    const struct cx_issued *issued = &c->issued;
    struct cx_signing before = precertificate_of(c);
    bool is_final = issued->signed_at != CX_TIME_NONE;

    before.by_precertificate = is_final && before.at != CX_TIME_NONE &&
                               before.at < issued->signed_at && issued->logs >= 2 && precertificate;
    if (is_final && !before.by_precertificate) {
        return (struct cx_signing){ issued->signed_at, CX_SIGNING_LOG, false };
    }
    if (before.at != CX_TIME_NONE) {
        return before;
    }
    if (issued->not_before != CX_TIME_NONE && !issued->not_before_is_date) {
        return (struct cx_signing){ issued->not_before, CX_SIGNING_NOT_BEFORE, false };
    }
    return (struct cx_signing){ CX_TIME_NONE, CX_SIGNING_UNKNOWN, false };
}
