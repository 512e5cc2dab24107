/* Validation methods and the labels they satisfy (RFC 8657 section 4, R-8657-14 to R-8657-17). */
#ifndef CX_CAA_METHOD_H
#define CX_CAA_METHOD_H

#include "base/span.h"

/* label is satisfied by method: its own ACME label, or (if br_labels) those of R-8657-15; a BR method
 * satisfies nothing before. method is an ACME label,
 * "3.2.2.4.N" or "ca-tbr-N". fold: labels match case-insensitively (R-8657-16). */
bool cx_method_satisfies(cx_str method, cx_span label, bool br_labels, bool fold);

/* Labels joined with single commas, each of letters, digits and hyphens (R-8657-4); an empty list is well formed. */
bool cx_method_list_well_formed(cx_span list);

#endif
