/* Validation methods and the labels they satisfy (RFC 8657 section 4, R-8657-14 to R-8657-17). */
#ifndef CX_CAA_METHOD_H
#define CX_CAA_METHOD_H

#include "base/span.h"

/* label is satisfied by method: its own ACME label, or (if br_labels) those of R-8657-15; a BR method
 * satisfies nothing before. method is an ACME label,
 * "3.2.2.4.N" or "ca-tbr-N". fold: labels match case-insensitively (R-8657-16). */
bool cx_method_satisfies(cx_str method, cx_span label, bool br_labels, bool fold);

/* Both say the same: equal but for case, "3.2.2.4.N" and "ca-tbr-N", or a subsection and the one ACME method that it
 * always is (R-8657-17). Of dns-01 and 3.2.2.4.7 neither says what the other does. */
bool cx_method_same(cx_str a, cx_str b);

/* R-MPIC-16: the method needs no remote perspectives. onion: for an onion name; mailbox: for a mailbox (R-MAIL-8).
 * A method that is not known needs them. */
bool cx_method_without_remotes(cx_str method, bool onion, bool mailbox);

/* Labels joined with single commas, each of letters, digits and hyphens (R-8657-4); an empty list is well formed. */
bool cx_method_list_well_formed(cx_span list);

#endif
