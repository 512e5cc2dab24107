/* Evidence that tests write and read: seeded random structs with and without every optional member, and one record as
 * they mostly are. All that they point to lives in the arena. Helpers abort on their own mistakes. */
#ifndef CX_TESTS_UNIT_SPECIMEN_H
#define CX_TESTS_UNIT_SPECIMEN_H

#include "evidence/answer_object.h"
#include "evidence/context.h"
#include "evidence/record.h"
#include "octets.h"

#define SPECIMEN_ARENA ((size_t)256 << 20)

struct cx_record specimen_record(struct dice *dice, size_t n_names, struct cx_arena *arena);
/* One name, three answers, an authority, a request id of 36 characters, one account, one method; no records on the way. */
struct cx_record typical_record(void);
struct cx_answer_object specimen_answer(struct dice *dice, struct cx_arena *arena);
/* Its policy lives in the arena too. */
struct cx_context specimen_context(struct dice *dice, struct cx_arena *arena);

/* Encoded into the arena. */
cx_span octets_of_record(const struct cx_record *record, struct cx_arena *arena);
cx_span octets_of_answer(const struct cx_answer_object *object, struct cx_arena *arena);
cx_span octets_of_context(const struct cx_context *context, struct cx_arena *arena);

/* NULL, or the first member in which they differ. Policies are not compared. */
const char *record_difference(const struct cx_record *a, const struct cx_record *b);
const char *answer_difference(const struct cx_answer_object *a, const struct cx_answer_object *b);
const char *context_difference(const struct cx_context *a, const struct cx_context *b);

#endif
