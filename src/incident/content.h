/* What an observation says beside what selects it (entry_file.h): records, places, texts. Equal contents are kept once.
 * I1: what was written is read back as it was, and nothing else is accepted. */
#ifndef CX_INCIDENT_CONTENT_H
#define CX_INCIDENT_CONTENT_H

#include "base/arena.h"
#include "incident/observation.h"

/* Appends the content of o, as deterministic CBOR. */
void cx_content_write(const struct cx_observation *o, struct cx_buf *buf);
/* The members that content has; the rest of ret is zero. Borrows octets; arrays are in arena. Classes: STORE, NOMEM. */
cx_status cx_content_read(cx_span octets, struct cx_arena *arena, struct cx_observation *ret)
    CX_MUST;

struct cx_content_file;

/* For reading and, if writable, for adding behind size octets: what stands there was left by a crash, and is cut off. Classes: IO, STORE, NOMEM. */
cx_status cx_content_file_open(const char *path, uint64_t size, bool writable,
                               struct cx_content_file **ret, struct cx_detail *detail) CX_MUST;
/* Accepts NULL. */
void cx_content_file_close(struct cx_content_file *file);
/* *ret is where it stands now, or stood already. Classes: IO, NOMEM, LIMIT. */
cx_status cx_content_file_add(struct cx_content_file *file, const struct cx_observation *o,
                              uint64_t *ret, struct cx_detail *detail) CX_MUST;
/* Brings what was added to the disk. *ret_size is the file's size. Classes: IO. */
cx_status cx_content_file_sync(struct cx_content_file *file, uint64_t *ret_size,
                               struct cx_detail *detail) CX_MUST;
/* All that ret points to lives in arena. Classes: IO, STORE, NOMEM. */
cx_status cx_content_file_at(const struct cx_content_file *file, uint64_t at,
                             struct cx_arena *arena, struct cx_observation *ret,
                             struct cx_detail *detail) CX_MUST;

#endif
