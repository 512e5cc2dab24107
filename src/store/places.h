/* Places by hash, in memory, while a segment grows: 256 parts by the first octet of the hash, so that nothing that happens
 * at once is long: a part that doubles has some thousand rows, and each becomes a piece of the index. 20 to 40 octets a
 * row. Equal hashes are well, and cost nothing when they are many. */
#ifndef CX_STORE_PLACES_H
#define CX_STORE_PLACES_H

#include "base/buf.h"
#include "store/filter.h"
#include "store/rows.h"

struct cx_places;

/* NULL when out of memory. */
struct cx_places *cx_places_new(void);
void cx_places_free(struct cx_places *places);
size_t cx_places_count(const struct cx_places *places);

/* Places do not go back. Classes: NOMEM, LIMIT. */
cx_status cx_places_add(struct cx_places *places, uint64_t hash, uint32_t place) CX_MUST;
/* The same, unless the pair is there. */
cx_status cx_places_add_once(struct cx_places *places, uint64_t hash, uint32_t place) CX_MUST;
/* That hash is added soon: memory is fetched meanwhile. */
void cx_places_expect(const struct cx_places *places, uint64_t hash);
/* Each with that hash, the last added first, until each is content (*ret_stop) or fails. */
cx_status cx_places_find(const struct cx_places *places, uint64_t hash,
                         cx_status (*each)(void *ctx, uint32_t place, bool *ret_stop), void *ctx,
                         bool *ret_stop) CX_MUST;
/* Adds every hash to filter. */
void cx_places_filter(const struct cx_places *places, struct cx_filter *filter);
/* The rows of one part as a piece, sorted, each once; appended to buf. Classes: NOMEM. */
cx_status cx_places_piece(const struct cx_places *places, unsigned number, struct cx_buf *buf)
    CX_MUST;

#endif
