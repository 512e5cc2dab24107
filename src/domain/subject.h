/* From a name as people write it in a request to the subject that is judged (R-TREE-10, R-ID-1 to R-ID-5). */
#ifndef CX_DOMAIN_SUBJECT_H
#define CX_DOMAIN_SUBJECT_H

#include "base/arena.h"
#include "caa/case.h"

/* Fills kind, name, wildcard and suffix_labels of ret. A refusal names the rule in detail. Classes: MALFORMED, NOMEM. */
cx_status cx_subject_from_text(cx_str given, enum cx_purpose purpose, const struct cx_case *c,
                               struct cx_arena *arena, struct cx_subject *ret,
                               struct cx_detail *detail) CX_MUST;

/* A mailbox has an "@". */
bool cx_is_mailbox(cx_str given);

/* Of either family, as inet_pton(3) reads them. */
bool cx_is_ip_address(cx_str given);

#endif
