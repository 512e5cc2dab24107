/* Files and lines from outside, bounded. */
#ifndef CAAPROOF_INPUT_H
#define CAAPROOF_INPUT_H

#include "base/buf.h"
#include "base/json.h"

/* The whole of a file ("-" is standard input) into buf. Classes: IO, LIMIT, NOMEM. */
cx_status input_file(const char *path, struct cx_buf *buf, struct cx_detail *detail) CX_MUST;
/* A file that holds one JSON value. Errors name the file. */
cx_status input_json(const char *path, struct cx_json **ret, struct cx_detail *detail) CX_MUST;

/* Lines of a descriptor, without their ends; empty lines are skipped. */
struct input_lines {
    int fd;
    struct cx_buf buf;
    size_t at;
    bool ended;
    unsigned long number; /* of the line last returned, from 1 */
};

void input_lines_init(struct input_lines *lines, int fd);
void input_lines_done(struct input_lines *lines);
/* The next line is there, or the end is, without waiting. */
bool input_lines_ready(struct input_lines *lines);
/* The next line, borrowed until the next call; *ret_more false at the end. A line over CX_LINE_MAX is LIMIT, and is
 * skipped. Classes: IO, LIMIT. */
cx_status input_lines_next(struct input_lines *lines, cx_str *ret, bool *ret_more) CX_MUST;

#endif
