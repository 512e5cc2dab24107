/* JSON as deterministic CBOR and back: for members of records whose content is the JSON contract's (docs/json.md).
 * Integers, texts, true, false, null, arrays, objects; real numbers and octets have no place there. */
#ifndef CX_BASE_CBOR_JSON_H
#define CX_BASE_CBOR_JSON_H

#include "base/arena.h"
#include "base/cbor.h"
#include "base/json.h"

/* Appends the value; memory for sorting keys is arena's. Classes: MALFORMED (CX_E_CBOR: a real number, or more than
 * CX_CBOR_DEPTH deep), NOMEM, LIMIT. */
cx_status cx_cbor_put_json(struct cx_buf *buf, const struct cx_json *json, struct cx_arena *arena)
    CX_MUST;
/* One item and nothing after it. Freed by the caller. Classes: MALFORMED (CX_E_CBOR), NOMEM. */
cx_status cx_cbor_to_json(cx_span octets, struct cx_json **ret) CX_MUST;

#endif
