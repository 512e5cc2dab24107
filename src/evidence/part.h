/* What records and objects are made of, written and read: texts, digests, arrays in an arena. */
#ifndef CX_EVIDENCE_PART_H
#define CX_EVIDENCE_PART_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cbor.h"
#include "base/time.h"
#include "evidence/record.h"

/* What is being read: its octets, where its parts go, where to say why it was refused. */
struct cx_parts {
    struct cx_reader r;
    struct cx_arena *arena;
    struct cx_detail *detail;
    const char *whole; /* "record", for that sentence */
};

/* CX_E_RECORD, with the sentence. */
cx_status cx_parts_refuse(const struct cx_parts *in, const char *why);
/* An array in the arena, zeroed, of as many items as are announced: least to most. Classes: MALFORMED, NOMEM. */
cx_status cx_parts_array(struct cx_parts *in, size_t least, size_t most, size_t size, void **ret,
                         size_t *ret_n) CX_MUST;
/* At most so many. Classes: MALFORMED, NOMEM; single texts fail the reader. */
cx_status cx_parts_texts(struct cx_parts *in, size_t most, const cx_str **ret, size_t *ret_n)
    CX_MUST;
/* Untouched if the reader fails. */
void cx_parts_hash(struct cx_parts *in, struct cx_hash *ret);
/* cx_is_moment, or the reader fails. */
cx_time cx_parts_moment(struct cx_parts *in);

/* The salt in front of a record. Classes: MALFORMED (there is none, or the record is longer than CX_RECORD_MAX). */
cx_status cx_parts_salt(struct cx_parts *in, uint8_t ret[CX_RECORD_SALT]) CX_MUST;
/* Member 0 of a record. Classes: MALFORMED (not CX_RECORD_VERSION); another type fails the reader. */
cx_status cx_parts_version(struct cx_parts *in) CX_MUST;
/* The members that were read (a bit each) make what is called so, and nothing failed before. Classes: MALFORMED. */
cx_status cx_parts_complete(const struct cx_parts *in, uint32_t seen, uint32_t needed,
                            const char *what) CX_MUST;

/* Zeroed memory is no salt: by it what a record tells could be guessed from its digest. */
bool cx_parts_is_drawn(const uint8_t salt[CX_RECORD_SALT]);
void cx_parts_put_word(struct cx_buf *buf, const char *word);
void cx_parts_put_texts(struct cx_buf *buf, const cx_str *texts, size_t n);
void cx_parts_put_hash(struct cx_buf *buf, const struct cx_hash *hash);
/* The end of what was begun at octet begin of buf: all of it, or nothing. Classes: those of cx_buf_status, LIMIT
 * (CX_RECORD_MAX). */
cx_status cx_parts_written(struct cx_buf *buf, size_t begin) CX_MUST;

#endif
