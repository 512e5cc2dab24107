/* Two readers of CBOR over the same octets: ours (base/cbor.h) and libcbor's. */
#ifndef CX_TESTS_CBOR_SAME_H
#define CX_TESTS_CBOR_SAME_H

#include "base/span.h"

/* NULL, or in words what does not hold of these:
 * - cx_cbor_any accepts exactly what libcbor reads as one item without rest, that has the types of base/cbor.h only, and
 *   that is the deterministic encoding of itself (written again with libcbor's encoders, keys in order, no two alike);
 * - what it accepts has the values for our readers that it has for libcbor;
 * - libcbor gives what it read back octet by octet. */
const char *cbor_difference(cx_span octets);

#endif
