/* The folder of private keys and anchors, which is never in the store, nor in a backup of it. For shard 7:
 *     0007.key     private key, until the shard is sealed or closed
 *     0007.vkey    verifier key
 *     0007.anchor  the last checkpoint that was signed (slots.h)
 *     0007.closed  why nothing is ever signed again for its origin
 * I1: a key is never made over another, nor an anchor. I2: what has a 0007.closed has no 0007.key. */
#ifndef CX_STORE_KEYS_H
#define CX_STORE_KEYS_H

#include "store/signed.h"
#include "store/slots.h"

/* The greatest number that the folder has a file of; 0: none, or no folder. Classes: IO, NOMEM. */
cx_status cx_keys_greatest(const char *folder, uint64_t *ret, struct cx_detail *detail) CX_MUST;

/* Key, verifier key and anchor of a shard that nothing was signed for yet; of an earlier try, what is there is kept. The
 * folder is made if need be. Classes: IO, CRYPTO, STORE (an anchor that says something was signed; a key of another origin),
 * MALFORMED (origin), NOMEM. */
cx_status cx_keys_make(const char *folder, uint64_t shard, cx_str origin, struct cx_note_key *ret,
                       struct cx_detail *detail) CX_MUST;
/* Classes: IO, CRYPTO, STORE (not the private half of key), NOMEM. */
cx_status cx_keys_private(const char *folder, uint64_t shard, const struct cx_note_key *key,
                          struct cx_ed25519_key **ret, struct cx_detail *detail) CX_MUST;
cx_status cx_keys_remove_private(const char *folder, uint64_t shard, struct cx_detail *detail)
    CX_MUST;
/* For good: first 0007.closed with that text, then no private key. */
cx_status cx_keys_close(const char *folder, uint64_t shard, cx_str why, struct cx_detail *detail)
    CX_MUST;
cx_status cx_keys_is_closed(const char *folder, uint64_t shard, bool *ret, struct cx_detail *detail)
    CX_MUST;

/* ---- the anchor */

/* Classes: IO, NOMEM; STORE: missing or of a wrong size, with what to do in detail. */
cx_status cx_anchor_open(const char *folder, uint64_t shard, bool for_writing, struct cx_slots *ret,
                         struct cx_detail *detail) CX_MUST;
/* The last checkpoint, appended to buf; *ret size 0: nothing was signed yet. Classes: IO, NOMEM; STORE: no slot is good, or
 * not by the key. */
cx_status cx_anchor_read(struct cx_slots *anchor, const struct cx_note_key *key, struct cx_buf *buf,
                         struct cx_signed *ret, struct cx_detail *detail) CX_MUST;

#endif
