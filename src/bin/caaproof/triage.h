/* The parts of caaproof triage. */
#ifndef CAAPROOF_TRIAGE_H
#define CAAPROOF_TRIAGE_H

#include "base/json.h"

/* The summary of a run, for people: matrix, remedies, deadlines, what is proven, likely, unknown. */
void triage_print(const struct cx_json *run);

/* caaproof triage diff; argv[0] is "diff". */
int triage_diff(int argc, char **argv);

#endif
