/* Texts of the log: lines that each end in a newline, numbers and hashes written in one way only. */
#ifndef CX_EVIDENCE_LINES_H
#define CX_EVIDENCE_LINES_H

#include "base/buf.h"
#include "evidence/tree.h"

/* Text that is read from its beginning. */
struct cx_lines {
    cx_str rest;
};

/* The next line without its newline. False if there is none, or none that ends. */
bool cx_lines_next(struct cx_lines *lines, cx_str *ret) CX_MUST;
/* Lines with one hash each, and the empty line behind them. False for anything else, and for more than CX_PATH_MAX. */
bool cx_lines_path(struct cx_lines *lines, struct cx_path *ret) CX_MUST;

/* What follows the prefix. */
bool cx_line_after(cx_str line, const char *prefix, cx_str *ret) CX_MUST;
/* ASCII decimal without leading zeros, of 63 bits. */
bool cx_line_number(cx_str line, uint64_t *ret) CX_MUST;
bool cx_line_hash(cx_str line, struct cx_hash *ret) CX_MUST;

void cx_lines_put_number(struct cx_buf *buf, uint64_t number);
void cx_lines_put_hash(struct cx_buf *buf, const struct cx_hash *hash);
/* As cx_lines_path reads it. */
void cx_lines_put_path(struct cx_buf *buf, const struct cx_path *path);

/* UTF-8 without control characters (those below U+0020) but newlines. */
bool cx_text_is_clean(cx_span text) CX_MUST;

#endif
