#include "store/sqlite_block.h"

#include "base/cbor.h"
#include "base/limits.h"

void
cx_sqlite_block_init(struct cx_sqlite_block *block)
{
    *block = (struct cx_sqlite_block){ .n = 0 };
    cx_buf_init(&block->octets, CX_SQL_BLOCK_MAX);
}

void
cx_sqlite_block_done(struct cx_sqlite_block *block)
{
    cx_buf_done(&block->octets);
}

void
cx_sqlite_block_clear(struct cx_sqlite_block *block)
{
    cx_buf_clear(&block->octets);
    block->n = 0;
    block->knows_next = false;
}

cx_status
cx_sqlite_block_add(struct cx_sqlite_block *block, const struct cx_row *row)
{
    if (block->n == 0) {
        block->first = row->key;
    }
    cx_cbor_put_uint(&block->octets, row->number[0]);
    cx_cbor_put_uint(&block->octets, row->number[1]);
    cx_cbor_put_bytes(&block->octets, row->head);
    cx_cbor_put_bytes(&block->octets, row->body);
    block->n++;
    return cx_buf_status(&block->octets);
}

bool
cx_sqlite_block_is_full(const struct cx_sqlite_block *block)
{
    return block->octets.n >= CX_SQL_BLOCK;
}

struct cx_block_reader
cx_block_reader_of(uint64_t first, cx_span octets)
{
    return (struct cx_block_reader){ cx_reader_of(octets), first };
}

cx_status
cx_block_next(struct cx_block_reader *reader, struct cx_row *ret, bool *ret_more)
{
    *ret_more = cx_rd_left(&reader->r) != 0;
    if (!*ret_more) {
        return CX_SUCCESS;
    }
    ret->key = reader->key++;
    ret->number[0] = cx_cbor_number(&reader->r, INT64_MAX);
    ret->number[1] = cx_cbor_number(&reader->r, INT64_MAX);
    ret->head = cx_cbor_bytes(&reader->r);
    ret->body = cx_cbor_bytes(&reader->r);
    return reader->r.failed || ret->key > INT64_MAX ? (cx_status){ CX_E_STORE } : CX_SUCCESS;
}
