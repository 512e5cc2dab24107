/* Distinguished names for people. */
#ifndef CX_PKI_DISTINGUISHED_NAME_H
#define CX_PKI_DISTINGUISHED_NAME_H

#include "base/buf.h"

/* Appends a Name (DER) as RFC 4514 has it, UTF-8: "CN=Example CA,O=Example,C=NL". Classes: MALFORMED (CX_E_CERTIFICATE), NOMEM. */
cx_status cx_distinguished_name_put(struct cx_buf *buf, cx_span name, struct cx_detail *detail)
    CX_MUST;

#endif
