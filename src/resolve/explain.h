/* Holds what libunbound says against what was seen on the wire: kinds of failure, records of strangers, answers that
 * nobody gave.
 * I1: only ever makes an answer worse, or a failure more exact: no failure becomes an answer here.
 * I2: exchanges that contradict each other or are missing leave a failure as libunbound told it.
 * I3: memory is bounded; what is forgotten is not held against an answer, save an unsigned empty one, which is asked for
 * again (R-TREE-15). */
#ifndef CX_RESOLVE_EXPLAIN_H
#define CX_RESOLVE_EXPLAIN_H

#include "resolve/tap.h"

struct cx_explainer;

/* The tap is borrowed. NULL when out of memory. */
struct cx_explainer *cx_explainer_new(const struct cx_tap *tap);
void cx_explainer_free(struct cx_explainer *explainer);
/* The caches of libunbound that take questions from now on are empty. Calls twice apart, nothing older is known. */
void cx_explainer_renew(struct cx_explainer *explainer);

/* What was seen of a failure; of an answer it says nothing. */
enum cx_seen {
    CX_SEEN_NOTHING = 0, /* or not all of it */
    CX_SEEN_FAILED,      /* since the mark, servers of the zone failed like this */
    CX_SEEN_REPLIED, /* a server of the zone gave a usable reply, or one that could not be kept */
};

/* answer, to a question that went to libunbound when the tap's mark was since, is made more exact, or a failure; a
 * failure's aliases are those that were seen. Classes: NOMEM. */
cx_status cx_explain(struct cx_explainer *explainer, uint64_t since, struct cx_arena *arena,
                     struct cx_answer *answer, enum cx_seen *ret_seen) CX_MUST;
/* Number that the next exchange will have. */
uint64_t cx_explain_mark(const struct cx_explainer *explainer);

/* A server replied to question after mark since. */
bool cx_explain_seen(const struct cx_explainer *explainer, const struct cx_question *question,
                     uint64_t since);
/* When the question was sent that brought what libunbound says about question, if that was after mark since; else
 * otherwise, which is earlier. */
cx_time cx_explain_time(const struct cx_explainer *explainer, const struct cx_question *question,
                        uint64_t since, cx_time otherwise);
/* The same for an answer: its own question and those of its aliases, the earliest. Before cx_explain, which remembers the
 * answer. */
cx_time cx_explain_answer_time(const struct cx_explainer *explainer, const struct cx_answer *answer,
                               uint64_t since, cx_time otherwise);

/* Puts the exchanges of the answer's question and aliases into it, from since on: none if libunbound had all of it in its
 * cache. Classes: NOMEM. */
cx_status cx_explain_list(const struct cx_explainer *explainer, uint64_t since,
                          struct cx_arena *arena, struct cx_answer *answer) CX_MUST;

#endif
