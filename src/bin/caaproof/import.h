/* The parts of caaproof import. */
#ifndef CAAPROOF_IMPORT_H
#define CAAPROOF_IMPORT_H

#include "incident/archive.h"
#include "incident/lists.h"

/* The checks in one of our own stores, one source for each of its shards; what an earlier import took is passed over. *ret_added: records
 * that are new. Classes: those of the store and the archive. */
cx_status import_store(struct cx_archive *archive, const char *store, uint64_t *ret_added,
                       struct cx_detail *detail) CX_MUST;

/* What the archive could prove at best of the certificates in lists, per day and source (docs/archives.md, "Coverage"). Of lists, paths and
 * reader are given. */
cx_status import_coverage(struct cx_archive *archive, struct cx_lists *lists, bool json,
                          struct cx_detail *detail) CX_MUST;

#endif
