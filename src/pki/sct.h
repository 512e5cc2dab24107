/* Signed certificate timestamps that a certificate carries (RFC 6962 section 3.3): which logs, and when.
 * I1: all of a list is read, or nothing of it.
 * No signature is verified: a time is what the certificate says. */
#ifndef CX_PKI_SCT_H
#define CX_PKI_SCT_H

#include "base/span.h"
#include "base/status.h"

#define CX_SCT_LOG_ID 32

/* One of version 1; all spans borrow the list. */
struct cx_sct {
    cx_span log_id;  /* CX_SCT_LOG_ID octets: SHA-256 of the log's key */
    int64_t time_ms; /* since 1970 */
    cx_span extensions;
    cx_span signature;
};

struct cx_sct_list {
    size_t n; /* of version 1; others cannot be read, and are passed over */
    size_t others;
    size_t logs;         /* distinct */
    int64_t earliest_ms; /* 0: none */
};

/* value: of the extension 1.3.6.1.4.1.11129.2.4.2. The first max of them are put to v, which may be NULL with 0. Classes:
 * MALFORMED (CX_E_CERTIFICATE), LIMIT. */
cx_status cx_sct_read(cx_span value, struct cx_sct *v, size_t max, struct cx_sct_list *ret,
                      struct cx_detail *detail) CX_MUST;

#endif
