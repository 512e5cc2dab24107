/* The way back: from a record and the objects it refers to, to a check that can be shown, or judged again.
 * I1: what is missing or does not fit its digest is an error, never an empty answer.
 * I2: a recalled check has the answers that the record has, and no source: a question that they lack is a failure. */
#ifndef CX_ENGINE_RECALL_H
#define CX_ENGINE_RECALL_H

#include "engine/check.h"
#include "evidence/context.h"
#include "evidence/record.h"

/* Where objects are; those of cx_log_object. */
struct cx_objects {
    cx_status (*get)(void *ctx, const struct cx_hash *digest, struct cx_arena *arena, cx_span *ret,
                     bool *ret_found, struct cx_detail *detail);
    void *ctx;
};

/* Objects that were read are remembered, within CX_RECALL_BYTES. */
struct cx_recaller;

/* objects is copied. NULL when out of memory. */
struct cx_recaller *cx_recaller_new(const struct cx_objects *objects);
void cx_recaller_free(struct cx_recaller *recaller);
/* Another shard: what was read from the last one is forgotten. */
void cx_recaller_forget(struct cx_recaller *recaller);

/* Fills the request and the answers of check, whose arena is empty; findings and conclusion stay unset. What they point to
 * lives in the check's arena, in record, or in the recaller until its next call. Classes: MALFORMED, STORE (an object is
 * missing), NOMEM, and those of objects. */
cx_status cx_recall(struct cx_recaller *recaller, const struct cx_record *record,
                    struct cx_check *check, struct cx_detail *detail) CX_MUST;

/* Who resolved, and how, as the record has it; lives in the recaller until its next call. Classes: those of cx_recall. */
cx_status cx_recall_context(struct cx_recaller *recaller, const struct cx_record *record,
                            const struct cx_context **ret, struct cx_detail *detail) CX_MUST;

/* Findings and conclusion as the record has them. What this program has no word for stays unset. */
cx_status cx_recall_findings(const struct cx_record *record, struct cx_check *check) CX_MUST;

/* Judges a recalled check, by the rules that its cases have; findings and conclusion are those of now. Classes: NOMEM. */
cx_status cx_judge_recalled(struct cx_check *check) CX_MUST;

#endif
