/* The moment at which a certificate counts as signed, and which clock says so (R-GEN-1). */
#ifndef CX_INCIDENT_SIGNING_H
#define CX_INCIDENT_SIGNING_H

#include "incident/certificates.h"

enum cx_signing_clock {
    CX_SIGNING_UNKNOWN = 0,
    CX_SIGNING_LOG,
    CX_SIGNING_SCT,
    CX_SIGNING_NOT_BEFORE,
};

struct cx_signing {
    cx_time at; /* CX_TIME_NONE: unknown */
    enum cx_signing_clock clock;
    bool by_precertificate; /* that of its precertificate, which is in two logs (R-EXC-2) */
};

const char *cx_signing_clock_word(enum cx_signing_clock clock);

/* precertificate: the CA documents the exception of R-EXC-2. */
struct cx_signing cx_signing_of(const struct cx_certificate *certificate, bool precertificate);

#endif
