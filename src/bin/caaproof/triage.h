/* The parts of caaproof triage. */
#ifndef CAAPROOF_TRIAGE_H
#define CAAPROOF_TRIAGE_H

#include "base/json.h"

/* The summary of a run, for people: matrix, remedies, deadlines, what is proven, likely, unknown. */
void triage_print(const struct cx_json *run);
/* To standard error: lists of marks with lines that name no certificate, or without lines. */
void triage_warn(const struct cx_json *run);

/* "within 5 days", of the word of a duty. */
const char *triage_duty_words(cx_str duty);
/* The rule of a duty in parentheses, with its sentence; nothing if it is none. */
void triage_print_rule(cx_str rule);

/* caaproof triage diff; argv[0] is "diff". */
int triage_diff(int argc, char **argv);

#endif
