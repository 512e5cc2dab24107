/* Entries as SQLite has them: rows with keys one behind the other share a row of the database, a block, because a row costs
 * SQLite more than what stands in it. A block is CBOR items, four of each entry: both numbers, head, body (docs/formats/store.md).
 * I1: a block is written once, with the transaction that its entries belong to, and never changed.
 * I2: blocks do not overlap: a key that is in one is not put again. */
#ifndef CX_STORE_SQLITE_BLOCK_H
#define CX_STORE_SQLITE_BLOCK_H

#include "base/reader.h"
#include "store/port.h"

/* Entries that wait to become a block. */
struct cx_sqlite_block {
    struct cx_buf octets;
    uint64_t first; /* key of the first */
    uint64_t n;
    bool knows_next;
    uint64_t next; /* no entry has this key or a greater one */
};

/* Reading a block. */
struct cx_block_reader {
    struct cx_reader r;
    uint64_t key;
};

void cx_sqlite_block_init(struct cx_sqlite_block *block);
void cx_sqlite_block_done(struct cx_sqlite_block *block);
void cx_sqlite_block_clear(struct cx_sqlite_block *block);
/* key is that of the next one. Classes: NOMEM, LIMIT. */
cx_status cx_sqlite_block_add(struct cx_sqlite_block *block, const struct cx_row *row) CX_MUST;
/* It is so large that it should be written. */
bool cx_sqlite_block_is_full(const struct cx_sqlite_block *block);

struct cx_block_reader cx_block_reader_of(uint64_t first, cx_span octets);
/* *ret_more false: the end. The row borrows octets. Classes: STORE (it is none). */
cx_status cx_block_next(struct cx_block_reader *reader, struct cx_row *ret, bool *ret_more) CX_MUST;

#endif
