/* The small files of a run: order, index and results. */
#ifndef CX_INCIDENT_RUN_FILES_H
#define CX_INCIDENT_RUN_FILES_H

#include "incident/run.h"

/* A file in the folder of a run that is being made, or that was not finished. */
#define CX_RUN_UNFINISHED "unfinished"

/* ---- writing, certificate by certificate in the order of positions */

struct cx_run_writer;

/* Classes: NOMEM. */
cx_status cx_run_writer_new(struct cx_run_writer **ret) CX_MUST;
/* Accepts NULL. */
void cx_run_writer_free(struct cx_run_writer *writer);
/* Classes: NOMEM, LIMIT. */
cx_status cx_run_writer_add(struct cx_run_writer *writer, const struct cx_triaged *triaged) CX_MUST;
/* Sorts, and writes the three into the folder. Classes: IO. */
cx_status cx_run_writer_finish(struct cx_run_writer *writer, const char *folder,
                               struct cx_detail *detail) CX_MUST;

/* ---- reading; each is read whole, or by position. Freed with cx_free. */

/* Positions, most urgent first; n of them, of a run with that many certificates. Classes: IO, STORE, NOMEM. */
cx_status cx_run_order_read(const char *folder, uint64_t n, uint64_t **ret,
                            struct cx_detail *detail) CX_MUST;
/* Of a run with n certificates. Classes: IO, STORE, NOMEM. */
cx_status cx_run_results_read(const char *folder, uint64_t n, struct cx_run_result **ret,
                              struct cx_detail *detail) CX_MUST;
/* Positions whose certificate may have id, its octets: at most max; to be compared. Classes: IO. */
cx_status cx_run_index_find(const char *folder, cx_span id, uint64_t *ret, size_t max,
                            size_t *ret_n, struct cx_detail *detail) CX_MUST;

#endif
