/* Compressed input (RFC 1952), as logs store tiles and people send lists. */
#ifndef CX_INCIDENT_GUNZIP_H
#define CX_INCIDENT_GUNZIP_H

#include "base/buf.h"

bool cx_is_gzip(cx_span head);
/* Appends what octets were made of, all members one behind the other, at most the buffer's maximum. Classes: MALFORMED
 * (CX_E_ARCHIVE), LIMIT, NOMEM. */
cx_status cx_gunzip(cx_span octets, struct cx_buf *buf, struct cx_detail *detail) CX_MUST;

#endif
