/* A check as the struct of its record. */
#ifndef CX_ENGINE_RECORD_CHECK_H
#define CX_ENGINE_RECORD_CHECK_H

#include "engine/check.h"
#include "evidence/record.h"

/* OWN in force for the check. Classes: NOMEM. */
cx_status cx_own_hash_of_check(const struct cx_check *check, struct cx_arena *arena,
                               struct cx_hash *ret) CX_MUST;

/* Fills what the check itself knows: date, cases, names, validations, findings, conclusion, request, deadline, facts;
 * record->answers must be those of check->answers already. All of it lives in arena, or in the check. Classes: NOMEM,
 * INTERNAL. */
cx_status cx_record_of_check(const struct cx_check *check, struct cx_arena *arena,
                             struct cx_record *record) CX_MUST;

/* The names of a record by which it is found: as people write them, each once. */
cx_status cx_record_key_names(const struct cx_record *record, struct cx_arena *arena,
                              const cx_str **ret, size_t *ret_n) CX_MUST;

#endif
