/* What a person says about an archive that no reader knows: where in a row, object or line the time, the name and the rest are, and
 * what the words in it mean (docs/archives.md).
 * I1: a word that the mapping does not explain rejects the record; it is never taken for the next best. */
#ifndef CX_INCIDENT_MAPPING_H
#define CX_INCIDENT_MAPPING_H

#include "incident/csv.h"
#include "incident/excerpt.h"

struct cx_mapping;

enum cx_mapping_kind {
    CX_MAPPING_UNSET = 0,
    CX_MAPPING_CSV,
    CX_MAPPING_NDJSON,
    CX_MAPPING_TEXT,
};

/* json is borrowed and must outlive the mapping. Classes: USAGE, NOMEM. */
cx_status cx_mapping_of(const struct cx_json *json, struct cx_mapping **ret,
                        struct cx_detail *detail) CX_MUST;
/* Accepts NULL. */
void cx_mapping_free(struct cx_mapping *mapping);
enum cx_mapping_kind cx_mapping_kind_of(const struct cx_mapping *mapping);

/* Each reads one record by excerpt->mapping, which is of that kind. Classes: MALFORMED, LIMIT, NOMEM. */
cx_status cx_mapping_line(struct cx_excerpt *excerpt, cx_str line, struct cx_detail *detail)
    CX_MUST;
cx_status cx_mapping_value(struct cx_excerpt *excerpt, const struct cx_json *value,
                           struct cx_detail *detail) CX_MUST;
cx_status cx_mapping_row(struct cx_excerpt *excerpt, const struct cx_csv_row *row,
                         const size_t *columns, struct cx_detail *detail) CX_MUST;
/* Finds the columns in the header. Classes: USAGE. */
cx_status cx_mapping_head(struct cx_excerpt *excerpt, const struct cx_csv_row *header,
                          size_t *columns, struct cx_detail *detail) CX_MUST;

#endif
