/* Names with the DNS messages that answer their climb, made from a fixed seed, and the verdict each must get.
 *
 * Names have 3 or 4 labels, one in eight is a wildcard.  One in ten has a CAA set of one to three records, at its
 * registrable name or at itself: for the CA, for another CA, or for the CA with parameters that fit or do not.  One in
 * fifty is an alias.  Empty answers carry a SOA, every message an OPT, as a resolver hands them over. */
#ifndef BENCH_POPULATION_H
#define BENCH_POPULATION_H

#include "caa/judge.h"

#define DEPTH_MAX 4

struct specimen_message {
    struct cx_question question;
    cx_span octets;
    uint8_t first_of_digest;
};

struct specimen {
    struct cx_subject subject;
    struct specimen_message messages[DEPTH_MAX]; /* in the order in which they are asked for */
    size_t n_messages;
    struct cx_answers answers; /* the same, read */
    enum cx_verdict verdict;
    enum cx_reason reason;
};

struct population {
    struct cx_arena arena; /* holds everything below */
    struct cx_policy policy;
    struct cx_facts facts;
    struct cx_own own;
    struct cx_case c;
    struct specimen *specimens;
    size_t n;
    size_t n_messages;
    size_t n_octets;
};

/* NULL when out of memory. */
struct population *population_new(size_t n);
void population_free(struct population *p);

/* Reads message i and adds the answer to the table. Classes: NOMEM. */
cx_status specimen_answer(const struct specimen *s, size_t i, struct cx_arena *arena,
                          struct cx_answers *answers) CX_MUST;

#endif
