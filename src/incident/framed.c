#include "incident/framed.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

/* Most pieces are shorter, and come with their length. */
#define READ_AT_ONCE 512

void
cx_frame_head(size_t n, uint8_t ret[CX_FRAME_HEAD])
{
    uint32_t length = htobe32((uint32_t)n);

    memcpy(ret, &length, CX_FRAME_HEAD);
}

cx_status
cx_octets_at(int fd, const char *path, uint64_t at, size_t n, uint8_t *to, struct cx_detail *detail)
{
    while (n != 0) {
        ssize_t got = pread(fd, to, n, (off_t)at);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return cx_fail(detail, CX_E_IO, "%s: cut off at %" PRIu64, path, at);
        }
        to += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return CX_SUCCESS;
}

cx_status
cx_frame_at(int fd, const char *path, uint64_t at, size_t max, struct cx_arena *arena, cx_span *ret,
            struct cx_detail *detail)
{
    uint8_t first[READ_AT_ONCE];
    ssize_t got = pread(fd, first, sizeof(first), (off_t)at);
    uint32_t length;
    uint8_t *octets;
    size_t have;

    if (got < (ssize_t)CX_FRAME_HEAD) {
        return cx_fail(detail, CX_E_IO, "%s: nothing at %" PRIu64, path, at);
    }
    memcpy(&length, first, CX_FRAME_HEAD);
    length = be32toh(length);
    if (length > max) {
        return cx_fail(detail, CX_E_STORE, "%s: broken at %" PRIu64, path, at);
    }
    octets = cx_arena_get(arena, length, 1);
    if (octets == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    have = (size_t)got - CX_FRAME_HEAD < length ? (size_t)got - CX_FRAME_HEAD : length;
    memcpy(octets, first + CX_FRAME_HEAD, have);
    CX_TRY(cx_octets_at(fd, path, at + CX_FRAME_HEAD + have, length - have, octets + have, detail));
    *ret = (cx_span){ octets, length };
    return CX_SUCCESS;
}
