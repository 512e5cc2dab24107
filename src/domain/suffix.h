/* Public suffixes, by the list built into libpsl. Only the 2016 proposal asks for them (R-P16-E8); the climb of RFC 8659
 * knows no suffixes (R-TREE-7). */
#ifndef CX_DOMAIN_SUFFIX_H
#define CX_DOMAIN_SUFFIX_H

#include "base/span.h"

/* Labels of the public suffix of a name in wire form, at least 1, also where the list says nothing. */
unsigned cx_public_suffix_labels(cx_span wire_name);
/* Which list: its SHA-1 in hexadecimal; "none" if libpsl was built without one. */
const char *cx_public_suffix_version(void);

#endif
