/* JSON values of a file, one after the other: one or several in a line, the elements of an array, or one value that is the whole
 * file, printed for people.
 * I1: a line that was cut costs that line, never the one behind it. */
#ifndef CX_INCIDENT_JSON_LINES_H
#define CX_INCIDENT_JSON_LINES_H

#include "base/json.h"
#include "incident/input.h"

struct cx_json_lines {
    struct cx_input *input;
    bool whole;      /* the file is one value */
    bool given_up;   /* a whole file that is too large */
    uint64_t number; /* of the line */
    cx_str line;     /* what is left of it */
    struct cx_json *root;
    size_t at;           /* next element, if root is an array */
    cx_str text;         /* of root, or of what could not be parsed */
    struct cx_buf shown; /* see cx_json_lines_text */
};

/* Whether a file that begins so is JSON. */
bool cx_json_lines_look_like(cx_str head);
/* input is borrowed. Classes: IO, NOMEM. */
cx_status cx_json_lines_open(struct cx_json_lines *lines, struct cx_input *input,
                             struct cx_detail *detail) CX_MUST;
void cx_json_lines_done(struct cx_json_lines *lines);
/* The next value, borrowed until the next call; *ret_more is false at the end. Classes: MALFORMED, LIMIT (then lines->number and text say
 * what could not be read), IO, NOMEM. */
cx_status cx_json_lines_next(struct cx_json_lines *lines, const struct cx_json **ret,
                             bool *ret_more, struct cx_detail *detail) CX_MUST;
/* The value or a part of it as text, borrowed until the next call; empty if that fails. */
cx_span cx_json_lines_text(struct cx_json_lines *lines, const struct cx_json *json);

#endif
