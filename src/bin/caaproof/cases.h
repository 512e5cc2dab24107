/* The published cases (docs/golden.md) and the lab's (lab/README.md), read into one form. */
#ifndef CAAPROOF_CASES_H
#define CAAPROOF_CASES_H

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"

struct conformance_case {
    cx_str name; /* also the id of the request */
    cx_str area; /* of its first rule: "VAL" of R-VAL-3; "LAB" */
    cx_str about;
    cx_str line; /* the request on one line */
    const struct cx_json *request;
    const struct cx_json *expect;
    const struct cx_json *rules; /* array; NULL in the lab */
};

/* Zero, but for arena, before the first file. Everything in v lives as long as the table. */
struct case_table {
    struct cx_arena arena;
    struct conformance_case *v;
    size_t n;
    size_t room;
    struct cx_json *files[CX_CASE_FILES_MAX];
    size_t n_files;
};

void case_table_init(struct case_table *table);
void case_table_done(struct case_table *table);

/* Adds the cases of a file, {"cases":[...]} or the lab's array. Classes: IO, MALFORMED, LIMIT, NOMEM. */
cx_status case_table_read(struct case_table *table, const char *path, struct cx_detail *detail)
    CX_MUST;

/* NULL if there is none of this name. */
const struct conformance_case *case_table_find(const struct case_table *table, cx_str name);

/* Where a published file is: $CAAPROOF_DATA, the tree in which this was built, the installed folder. *ret is in the
 * table's arena. Classes: IO (nowhere), NOMEM. */
cx_status case_file_find(struct case_table *table, const char *file, const char **ret,
                         struct cx_detail *detail) CX_MUST;

#endif
