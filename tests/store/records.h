/* Records as the store sees them: a salt, and the members that it looks at. */
#ifndef CX_TESTS_STORE_RECORDS_H
#define CX_TESTS_STORE_RECORDS_H

#include "base/buf.h"
#include "evidence/tree.h"

struct test_record {
    uint64_t time_ms;
    const char *request; /* NULL: none */
    const char *const *names;
    size_t n_names;
    const struct cx_hash *objects; /* the first is the context; none: one that is nowhere */
    size_t n_objects;
    size_t octets; /* filled up to about that */
};

/* Into buf, which is emptied. The same record always gives the same octets. */
void test_record_write(const struct test_record *record, struct cx_buf *buf);

#endif
