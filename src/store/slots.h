/* A small file that is written again and again and whose last good content survives: two slots of 4 KiB, written in turn,
 * each with a checksum. A crash can spoil the slot that was being written, never the other.
 *     caaproof slot 1 <number> <length>
 *     <text>
 *     sha256 <of all before this line>
 * and newlines to the end of the slot. Numbers grow. */
#ifndef CX_STORE_SLOTS_H
#define CX_STORE_SLOTS_H

#include "base/buf.h"

#define CX_SLOT_OCTETS 4096
/* Text that fits beside the two lines. */
#define CX_SLOT_TEXT_MAX (CX_SLOT_OCTETS - 192)

struct cx_slots {
    int fd;     /* -1: closed */
    char *path; /* for errors */
    unsigned next;
};

#define CX_SLOTS_CLOSED ((struct cx_slots){ .fd = -1 })

/* A new file whose first slot has that text, durable; one that is there is refused. Classes: IO, LIMIT, INTERNAL, NOMEM. */
cx_status cx_slots_make(const char *path, uint64_t number, cx_str text, struct cx_detail *detail)
    CX_MUST;
/* Classes: IO, NOMEM; STORE: there is a file, but with another size than ours has. */
cx_status cx_slots_open(const char *path, bool for_writing, struct cx_slots *ret,
                        struct cx_detail *detail) CX_MUST;
void cx_slots_close(struct cx_slots *slots);

/* The text of the slot with the greater number, appended to buf. *ret_found false: no slot is good. Classes: IO, NOMEM, LIMIT
 * (of buf), INTERNAL. */
cx_status cx_slots_read(struct cx_slots *slots, struct cx_buf *buf, uint64_t *ret_number,
                        bool *ret_found, struct cx_detail *detail) CX_MUST;
/* Over the slot that cx_slots_read did not give. It is durable after cx_slots_sync. Classes: IO, LIMIT, INTERNAL. */
cx_status cx_slots_write(struct cx_slots *slots, uint64_t number, cx_str text,
                         struct cx_detail *detail) CX_MUST;
cx_status cx_slots_sync(struct cx_slots *slots, struct cx_detail *detail) CX_MUST;

/* One slot by itself. *ret_good false: not one. text borrows octets. Allocates nothing. Classes: INTERNAL. */
cx_status cx_slot_parse(cx_span octets, uint64_t *ret_number, cx_str *ret_text, bool *ret_good)
    CX_MUST;

#endif
