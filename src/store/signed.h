/* A checkpoint of one shard with the signature of its log, written and read. */
#ifndef CX_STORE_SIGNED_H
#define CX_STORE_SIGNED_H

#include "base/buf.h"
#include "evidence/note.h"

/* Octets of a signed checkpoint: two names of CX_NOTE_NAME_MAX, a size, a root, a signature. */
#define CX_SIGNED_MAX 1024

/* What the signed text says. */
struct cx_signed {
    uint64_t size;
    struct cx_hash root;
};

/* Into buf, which is emptied first. Classes: CRYPTO, NOMEM. */
cx_status cx_signed_write(const struct cx_signed *checkpoint, const struct cx_note_key *key,
                          const struct cx_ed25519_key *private_key, struct cx_buf *buf,
                          struct cx_detail *detail) CX_MUST;
/* A note of that key's origin, signed by it. Classes: MALFORMED, CRYPTO, NOMEM. */
cx_status cx_signed_read(cx_str note, const struct cx_note_key *key, struct cx_signed *ret,
                         struct cx_detail *detail) CX_MUST;

/* The same where one that is not good is no failure. Classes: NOMEM. */
cx_status cx_signed_try(cx_str note, const struct cx_note_key *key, struct cx_signed *ret,
                        bool *ret_good) CX_MUST;

#endif
