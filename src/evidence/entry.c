#include "evidence/entry.h"

#include "base/reader.h"

static uint8_t *
put(uint8_t *to, uint64_t value, unsigned octets)
{
    while (octets-- != 0) {
        *to++ = (uint8_t)(value >> (8 * octets));
    }
    return to;
}

void
cx_entry_write(const struct cx_entry *entry, uint8_t ret[CX_ENTRY_SIZE])
{
    ret = put(ret, CX_ENTRY_VERSION, 1);
    ret = put(ret, (uint64_t)entry->kind, 1);
    ret = put(ret, entry->time_ms, 8);
    memcpy(ret, entry->digest, sizeof(entry->digest));
}

cx_status
cx_entry_read(cx_span octets, struct cx_entry *ret)
{
    struct cx_reader r = cx_reader_of(octets);
    uint8_t version = cx_rd_u8(&r), kind = cx_rd_u8(&r);
    uint64_t high = cx_rd_u32(&r), low = cx_rd_u32(&r);
    cx_span digest = cx_rd_bytes(&r, sizeof(ret->digest));

    if (!cx_rd_ok(&r) || cx_rd_left(&r) != 0 || version != CX_ENTRY_VERSION ||
        kind < CX_ENTRY_CHECK || kind > CX_ENTRY_EVENT) {
        return (cx_status){ CX_E_RECORD };
    }
    ret->kind = (enum cx_entry_kind)kind;
    ret->time_ms = high << 32 | low;
    memcpy(ret->digest, digest.p, sizeof(ret->digest));
    return CX_SUCCESS;
}
