/* Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature).
 * I1: a signature by an unknown (name, key id) is ignored; one by a known key that does not verify refuses the note; a
 * note without any known signature is refused.
 * I2: origin and keys come from the caller, never from the note. */
#ifndef CX_EVIDENCE_NOTE_H
#define CX_EVIDENCE_NOTE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "evidence/tree.h"
#include "pki/ed25519.h"

enum cx_note_key_type {
    CX_NOTE_KEY_UNSET = 0,
    CX_NOTE_KEY_ED25519 = 1,     /* signed-note: the log's own */
    CX_NOTE_KEY_COSIGNATURE = 4, /* cosignature/v1: a witness */
};

/* A verifier key: "<name>+<8 hex of id>+<base64(type || key)>". */
struct cx_note_key {
    enum cx_note_key_type type;
    uint8_t n_name;
    char name[CX_NOTE_NAME_MAX + 1]; /* NUL after it */
    uint8_t id[4];
    uint8_t public_key[CX_ED25519_PUBLIC];
};

/* Fills id from the rest. Classes: MALFORMED (a name that is empty, too long, no UTF-8, or has a space of Unicode, a control
 * character or "+"), INTERNAL. */
cx_status cx_note_key_make(cx_str name, enum cx_note_key_type type,
                           const uint8_t public_key[CX_ED25519_PUBLIC], struct cx_note_key *ret,
                           struct cx_detail *detail) CX_MUST;
/* A vkey as text; one whose id does not fit, or of another type, is refused. Classes: MALFORMED, INTERNAL. */
cx_status cx_note_key_parse(cx_str vkey, struct cx_note_key *ret, struct cx_detail *detail) CX_MUST;
void cx_note_key_write(const struct cx_note_key *key, struct cx_buf *buf);

/* A note taken apart: text with its last newline, and the signature lines. Borrowed from the octets. Text, an empty line and
 * the lines are the note again. */
struct cx_note_signature {
    cx_str name;
    uint8_t id[4];
    cx_span octets; /* after the id, at least one; decoded into the arena */
    cx_str line;    /* as it stands, with its newline */
};

struct cx_signed_note {
    cx_str text;
    const struct cx_note_signature *v;
    size_t n;
};

/* Syntax alone. Classes: MALFORMED (CX_E_NOTE), LIMIT, NOMEM. */
cx_status cx_note_parse(cx_span octets, struct cx_arena *arena, struct cx_signed_note *ret,
                        struct cx_detail *detail) CX_MUST;

/* Which of the keys signed; time_s of a cosignature (never 0), else 0. */
struct cx_note_signer {
    const struct cx_note_key *key;
    uint64_t time_s;
};

/* I1. *ret_n of signers (room for n_keys; scratch on failure) signed; of a key that signed twice, which a witness may, the first line counts, and
 * both are verified. Classes: CRYPTO (a known key's signature is wrong, or none is known), NOMEM. */
cx_status cx_note_verify(const struct cx_signed_note *note, const struct cx_note_key *keys,
                         size_t n_keys, struct cx_note_signer *signers, size_t *ret_n,
                         struct cx_detail *detail) CX_MUST;

/* Appends a signature line by the key (of type ED25519; or of a witness at time_s, which is not 0) to buf, for the note
 * text, which may lie in buf. Classes: MALFORMED (no text that a note can have), CRYPTO (also if the keys are no pair),
 * NOMEM (also the buffer's end). */
cx_status cx_note_sign(cx_str text, const struct cx_note_key *key,
                       const struct cx_ed25519_key *private_key, uint64_t time_s,
                       struct cx_buf *buf, struct cx_detail *detail) CX_MUST;

/* What a checkpoint says: the note text of a log. */
struct cx_checkpoint {
    cx_str origin;
    uint64_t size;
    struct cx_hash root;
};

/* Text with its three lines; no extension lines. A size of 0 may have any root here. Classes: MALFORMED. origin borrows
 * text. */
cx_status cx_checkpoint_parse(cx_str text, struct cx_checkpoint *ret, struct cx_detail *detail)
    CX_MUST;
void cx_checkpoint_write(const struct cx_checkpoint *checkpoint, struct cx_buf *buf);

#endif
