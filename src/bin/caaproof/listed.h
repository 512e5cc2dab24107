/* Certificates of lists, for commands that keep no run. */
#ifndef CAAPROOF_LISTED_H
#define CAAPROOF_LISTED_H

#include "incident/lists.h"

/* Reads the lists (certificates is set here) into a file that is gone when *ret is closed. Classes: those of cx_lists_read,
 * IO. */
cx_status listed_open(struct cx_lists *lists, struct cx_certificate_counts *ret_counts,
                      struct cx_certificates **ret, struct cx_detail *detail) CX_MUST;

#endif
