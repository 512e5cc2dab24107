/* The search for the Relevant RRset (R-TREE, R-T44), sans I/O: given the answers so far it says which questions it
 * needs next, or how the search ended. Running it again with more answers is cheap and has no other effect.
 *
 * Algorithms: RFC 6844 as published, erratum 5065, RFC 8659.  Orders: bottom-up asks only what is needed, one question
 * at a time; top-down asks the name's ancestors from the top-level label down; parallel asks them all at once. The order
 * never changes the result (R-P16-10), save that proposal-2016 lets a set with skipsubdomaincheck=true end a top-down
 * or parallel search (R-P16-8). */
#ifndef CX_CAA_CLIMB_H
#define CX_CAA_CLIMB_H

#include "caa/answers.h"
#include "caa/case.h"

enum cx_search_state {
    CX_SEARCH_UNSET = 0,
    CX_SEARCH_NEEDS,  /* need[] must be answered first */
    CX_SEARCH_FOUND,  /* answer holds the Relevant RRset */
    CX_SEARCH_EMPTY,  /* no CAA on the whole way */
    CX_SEARCH_FAILED, /* answer is the failure; NULL if the search grew beyond its bounds */
};

struct cx_search {
    enum cx_search_state state;
    const struct cx_answer *answer;
    bool excused;      /* a failure was passed over (caa/failure.h) */
    bool dname_seen;   /* a visited name owns a DNAME: the readings of R-T44-5 may differ */
    bool skipped;      /* ended by skipsubdomaincheck */
    bool skip_ignored; /* ... which stood at a top-level name or public suffix */
    /* Answers that the result rests on (for the window), and all that were looked at. */
    const struct cx_answer *used[CX_CLIMB_MAX];
    size_t n_used;
    const struct cx_answer *seen[CX_CLIMB_MAX];
    size_t n_seen;
    struct cx_question need[CX_LABELS_MAX];
    size_t n_need;
};

/* literal: follow a DNAME at a visited name (R-T44-5); means nothing under RFC 8659. Names in ret borrow from subject
 * and answers. */
void cx_climb(const struct cx_case *c, const struct cx_subject *subject,
              const struct cx_answers *answers, bool literal, struct cx_search *ret);

#endif
