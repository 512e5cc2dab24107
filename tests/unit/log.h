/* The published vectors of a log: data/log. Helpers abort on their own mistakes. */
#ifndef CX_TESTS_UNIT_LOG_H
#define CX_TESTS_UNIT_LOG_H

#include "evidence/note.h"

#define LOG_FILE_MAX 4096

/* A text that a test changes. */
struct text {
    char p[LOG_FILE_MAX];
    size_t n;
};

struct text log_file(const char *name);
cx_span span_of(const struct text *text);
/* The first occurrence of from, which must be there, becomes to. */
struct text replaced(const struct text *text, const char *from, const char *to);

/* Of log.vkey and witness.vkey. */
struct cx_note_key log_key(void);
struct cx_note_key witness_key(void);
/* Of 32 octets from first on, each one more than the one before: 0 is the log's, 32 the witness's. */
struct cx_ed25519_key *private_key_from(unsigned first);

#endif
