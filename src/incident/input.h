/* A file from outside, read once from front to end in bounded memory, whatever its size: by lines, by octets, or whole.
 * I1: what was read is hashed, so that a result can name its inputs.
 * I2: a line or a piece that is longer than its cap is an outcome of its own, and reading goes on behind it. */
#ifndef CX_INCIDENT_INPUT_H
#define CX_INCIDENT_INPUT_H

#include "base/span.h"
#include "base/status.h"
#include "evidence/tree.h"

/* Why a line or row without its line end is not taken. */
#define CX_LINE_NOT_ENDED                                                                          \
    "the file ends without a line end, so its last line may be cut: if it is whole, add one"

struct cx_input;

/* path is a file, or "-" for standard input. Classes: IO, NOMEM. */
cx_status cx_input_open(const char *path, struct cx_input **ret, struct cx_detail *detail) CX_MUST;
/* Octets in memory, borrowed; for tests and fuzzing. NULL when out of memory. */
struct cx_input *cx_input_of(cx_span octets);
/* Accepts NULL. */
void cx_input_close(struct cx_input *input);

/* What comes next, at most n octets (n at most CX_INPUT_PEEK), without stepping over it; fewer only at the end. Borrowed until
 * the next call. Classes: IO. */
cx_status cx_input_peek(struct cx_input *input, size_t n, cx_span *ret, struct cx_detail *detail)
    CX_MUST;
/* The next line, without its LF or CR LF; borrowed until the next call. *ret_more is false at the end. A line over CX_LINE_MAX is
 * passed over, with CX_E_LIMIT. Classes: IO, LIMIT, NOMEM. */
cx_status cx_input_line(struct cx_input *input, cx_str *ret, bool *ret_more,
                        struct cx_detail *detail) CX_MUST;
/* Whether the line last returned has its LF. One without is the last, and may be less than was written: a log that was copied
 * while it grew, a file that was cut. */
bool cx_input_line_ended(const struct cx_input *input);
/* Exactly n octets, borrowed until the next call; n at most CX_LINE_MAX. *ret_more is false if the end comes first (then ret is what was left). Classes: IO,
 * LIMIT, NOMEM. */
cx_status cx_input_take(struct cx_input *input, size_t n, cx_span *ret, bool *ret_more,
                        struct cx_detail *detail) CX_MUST;
/* All that is left, at most max octets; borrowed until the next call. Classes: IO, LIMIT, NOMEM. */
cx_status cx_input_rest(struct cx_input *input, size_t max, cx_span *ret, struct cx_detail *detail)
    CX_MUST;

/* Number of the line last returned, from 1; and the octets before what comes next. */
uint64_t cx_input_number(const struct cx_input *input);
uint64_t cx_input_offset(const struct cx_input *input);
/* How long the file is, 0 if it is no regular file: for progress. */
uint64_t cx_input_size(const struct cx_input *input);
/* SHA-256 of everything from front to end; reads what is left. Classes: IO, INTERNAL. */
cx_status cx_input_digest(struct cx_input *input, struct cx_hash *ret, struct cx_detail *detail)
    CX_MUST;

#endif
