/* The forms of certificate lists; issued_reader.c has them in the order in which they are tried. */
#ifndef CX_INCIDENT_ISSUED_FORMATS_H
#define CX_INCIDENT_ISSUED_FORMATS_H

#include "incident/issued.h"

extern const struct cx_issued_format cx_issued_certificates; /* issued_der.c */
extern const struct cx_issued_format cx_issued_ct_entries;   /* issued_ct.c */
extern const struct cx_issued_format cx_issued_ct_tile;
extern const struct cx_issued_format cx_issued_json; /* issued_json.c */
extern const struct cx_issued_format cx_issued_ndjson;
extern const struct cx_issued_format cx_issued_csv; /* issued_csv.c */

#endif
