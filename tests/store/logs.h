/* A log in a scratch folder, filled with records that say by their number what they should be. Everything here fails the
 * test by itself unless it says otherwise. */
#ifndef CX_TESTS_STORE_LOGS_H
#define CX_TESTS_STORE_LOGS_H

#include "scratch.h"
#include "store/log.h"

#define TEST_ORIGIN   "log.example/caa"
#define TEST_CLOCK_MS 1800000000000u

#define TEST_NAMED_ALIKE 100000

struct test_log {
    char folder[SCRATCH_PATH];
    char store[SCRATCH_PATH]; /* folder/store */
    char keys[SCRATCH_PATH];  /* folder/store.keys */
    struct cx_log_options options;
    uint64_t clock_ms;
    struct cx_log *log; /* NULL: not open */
    struct cx_log_opened opened;
    struct cx_commit commit; /* the last one */
    struct cx_hash root;     /* of its checkpoint */
    char note[1024];         /* its text */
};

/* Creates the store and opens it. segment_entries 0: the default. */
void test_log_make(struct test_log *t, uint64_t segment_entries);
void test_log_open(struct test_log *t);
void test_log_close(struct test_log *t);
/* With its folder. */
void test_log_remove(struct test_log *t);

/* Record number i: request id "r-<i>" (from TEST_NAMED_ALIKE: like its first name), names "n<i % 50>.test" and "*.w<i % 7>.test"; objects: a context that all share, an
 * answer of its own, one of i % 5, and a message of i % 3. Its status is given back. */
cx_status test_log_try(struct test_log *t, uint64_t i, struct cx_detail *detail);
void test_log_append(struct test_log *t, uint64_t i);
/* Records [first, end), then a commit. */
void test_log_fill(struct test_log *t, uint64_t first, uint64_t end);
void test_log_commit(struct test_log *t);
/* The start of that request; an event, which gets its salt and time here. */
void test_log_append_start(struct test_log *t, const char *request);
void test_log_append_event(struct test_log *t, struct cx_event event);
/* The certificate objects of the tests, by a number. */
struct cx_hash test_certificate(unsigned i);
void test_log_put_certificate(struct test_log *t, unsigned i);

/* The octets of the objects of record i; which is 0 to 3 in the order above. */
cx_span test_object(uint64_t i, unsigned which, enum cx_object_kind *ret_kind);
void test_digest(cx_span octets, struct cx_hash *ret);
/* Whether the record of a row is number i. */
bool test_record_is(cx_span record, uint64_t i);

/* Reads the signed checkpoint, which must be of the log's present key. */
void test_checkpoint(const struct test_log *t, cx_str note, uint64_t *ret_size,
                     struct cx_hash *ret);
/* Every one of a sample of entries below size is proved to be in the tree of the last commit. */
void test_log_prove(struct test_log *t, uint64_t seed);

#endif
