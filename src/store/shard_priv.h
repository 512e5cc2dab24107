/* What shard.c and shard_open.c share. */
#ifndef CX_STORE_SHARD_PRIV_H
#define CX_STORE_SHARD_PRIV_H

#include "store/shard.h"

/* Digests of objects that were put, or looked for, not long ago: most of a check's objects are those of the check before. */
#define CX_SHARD_RECENT 4096

struct cx_recent {
    enum cx_object_kind kind; /* UNSET: nothing */
    struct cx_hash digest;
};

struct cx_shard {
    struct cx_shard_place place;
    struct cx_rows *rows;
    struct cx_note_key key;
    struct cx_ed25519_key *private_key;
    struct cx_slots anchor;
    struct cx_tiles tiles;
    struct cx_edge *edge;
    struct cx_index *index;
    struct cx_detail *detail; /* of the call that is under way, for what has none of its own */

    uint64_t end[CX_SPACES]; /* numbers that come next */
    struct cx_entry last;
    uint64_t committed;   /* entries that are durable */
    uint64_t new_entries; /* since the last commit */
    bool putting;
    bool failed; /* I3 */

    struct cx_signed signed_for; /* what the anchor says */
    struct cx_buf note;          /* and its text */
    struct cx_buf next_note;     /* being made */
    struct cx_buf known;         /* the last that the store has */
    uint64_t known_upto;         /* its size */
    uint64_t known_size;         /* that of the last one that is a row */
    struct cx_recent *recent;    /* CX_SHARD_RECENT of them */
};

#endif
