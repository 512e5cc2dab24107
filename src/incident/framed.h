/* Pieces of octets in a file, each behind its length (u32, big-endian). */
#ifndef CX_INCIDENT_FRAMED_H
#define CX_INCIDENT_FRAMED_H

#include "base/arena.h"

#define CX_FRAME_HEAD sizeof(uint32_t)

void cx_frame_head(size_t n, uint8_t ret[CX_FRAME_HEAD]);
/* Exactly n octets. Classes: IO (also if the file ends before). */
cx_status cx_octets_at(int fd, const char *path, uint64_t at, size_t n, uint8_t *to,
                       struct cx_detail *detail) CX_MUST;
/* The piece at at, in arena. Classes: IO, STORE (longer than max), NOMEM. */
cx_status cx_frame_at(int fd, const char *path, uint64_t at, size_t max, struct cx_arena *arena,
                      cx_span *ret, struct cx_detail *detail) CX_MUST;

#endif
