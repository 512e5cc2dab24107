/* What a shard's log needs from a database: rows that are put once, found by a number, and never changed. No logic is here
 * or below: what rows mean is in rows.h, what becomes of them in shard.h. A second adapter must pass
 * tests/store/conformance.h.
 * I1: a row that is there is never put again: a second put of its key fails.
 * I2: commit returns success only when all rows of the transaction would survive a loss of power; messages, which are in
 * a file of their own, become durable before the rest, so that a crash between the two leaves messages that nothing
 * needs, never the reverse.
 * I3: a transaction that was not committed leaves nothing behind but such messages.
 * I4: one writer, any number of readers beside it; a reader sees whole transactions. */
#ifndef CX_STORE_PORT_H
#define CX_STORE_PORT_H

#include "base/buf.h"

/* Stored in places (segment.c); never renumbered. Columns that a table has not are zero and empty. */
enum cx_table {
    CX_TABLE_ENTRY = 0,  /* index: number objects and messages so far; head entry; body record */
    CX_TABLE_OBJECT,     /* sequence: number kind; head digest; body octets */
    CX_TABLE_MESSAGE,    /* sequence: head digest; body octets; in the messages' file */
    CX_TABLE_TILE,       /* level << 56 | index: body hashes */
    CX_TABLE_CHECKPOINT, /* size: body signed note */
    CX_TABLE_SEGMENT,    /* number: body bounds (segment.c) */
    CX_TABLE_PIECE,      /* segment, kind, piece (segment.c): body rows of an index */
    CX_TABLE_META,       /* enum cx_meta: body value */
    CX_TABLES,
};

struct cx_row {
    uint64_t key; /* at most INT64_MAX, as are numbers */
    uint64_t number[2];
    cx_span head;
    cx_span body;
};

/* A row is borrowed for the call. A failure ends the scan and is returned. */
typedef cx_status (*cx_row_fn)(void *ctx, const struct cx_row *row);

enum cx_rows_mode {
    CX_ROWS_READ = 0,
    CX_ROWS_WRITE,
    CX_ROWS_CREATE, /* write; what is not there is made */
};

struct cx_rows;

/* Classes of all: STORE (with the database's own text and the file's name), IO, NOMEM. */
struct cx_rows_ops {
    /* Put, commit, rollback: between begin and the end of the transaction. Spans are borrowed for the call. */
    cx_status (*begin)(struct cx_rows *rows, struct cx_detail *detail);
    cx_status (*put)(struct cx_rows *rows, enum cx_table table, const struct cx_row *row,
                     struct cx_detail *detail);
    cx_status (*commit)(struct cx_rows *rows, struct cx_detail *detail);
    void (*rollback)(struct cx_rows *rows);

    /* Rows with keys in [first, last), ascending, those of the open transaction too. each may use other functions of
     * rows, scan as well. A messages' file that is gone has no rows. */
    cx_status (*scan)(struct cx_rows *rows, enum cx_table table, uint64_t first, uint64_t last,
                      cx_row_fn each, void *ctx, struct cx_detail *detail);
    /* The row with the greatest key below that, if there is one, to each. */
    cx_status (*before)(struct cx_rows *rows, enum cx_table table, uint64_t below, cx_row_fn each,
                        void *ctx, struct cx_detail *detail);
    /* From here to view_end every scan sees the rows as of one moment. Not within a transaction. */
    cx_status (*view_begin)(struct cx_rows *rows, struct cx_detail *detail);
    void (*view_end)(struct cx_rows *rows);

    /* The last checkpoint, for readers: seen by them at once, but need not survive a crash (the anchor does). Appended to
     * buf; nothing if there is none, or one that was cut by a crash. */
    cx_status (*put_latest)(struct cx_rows *rows, uint64_t size, cx_str note,
                            struct cx_detail *detail);
    cx_status (*get_latest)(struct cx_rows *rows, struct cx_buf *buf, struct cx_detail *detail);

    /* Work that can wait, if more than that many octets of it have come together. */
    cx_status (*tend)(struct cx_rows *rows, uint64_t over_octets, struct cx_detail *detail);
    /* All rows to a folder that is there and empty, messages after the rest, durable; as of one moment. */
    cx_status (*copy)(struct cx_rows *rows, const char *folder, struct cx_detail *detail);
    /* False if the messages' file is not there. */
    bool (*has_messages)(struct cx_rows *rows);
    /* The messages' file is deleted. For writing; nothing is being put. */
    cx_status (*drop_messages)(struct cx_rows *rows, struct cx_detail *detail);
    /* After that nothing more is put: the rows as they are best kept for reading. May find that readers are in the way,
     * and then changes nothing. */
    cx_status (*settle)(struct cx_rows *rows, struct cx_detail *detail);
    /* NULL is well. */
    void (*close)(struct cx_rows *rows);
};

struct cx_rows {
    const struct cx_rows_ops *ops;
    const char *name; /* for people: where the rows are */
};

#endif
