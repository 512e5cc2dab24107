/* An entry of the log: what its Merkle leaf is made of. 42 octets that commit to a record and say nothing of it
 * (docs/formats/log.md). */
#ifndef CX_EVIDENCE_ENTRY_H
#define CX_EVIDENCE_ENTRY_H

#include "base/span.h"
#include "base/status.h"

#define CX_ENTRY_SIZE    42
#define CX_ENTRY_VERSION 1

/* Stored; never renumbered. */
enum cx_entry_kind {
    CX_ENTRY_UNSET = 0,
    CX_ENTRY_CHECK = 1,
    CX_ENTRY_BEGIN = 2, /* of a shard: commits to the one before */
    CX_ENTRY_SEAL = 3,  /* the last of a shard */
    CX_ENTRY_START = 4, /* a check has begun */
    CX_ENTRY_EVENT = 5, /* something else that evidence needs */
};

struct cx_entry {
    enum cx_entry_kind kind;
    uint64_t time_ms;   /* since 1970 */
    uint8_t digest[32]; /* SHA-256 of the record */
};

void cx_entry_write(const struct cx_entry *entry, uint8_t ret[CX_ENTRY_SIZE]);
/* Classes: MALFORMED (length, version, kind). */
cx_status cx_entry_read(cx_span octets, struct cx_entry *ret) CX_MUST;

#endif
