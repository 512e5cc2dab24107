/* Runs of triage, for the commands that make or read them: policy, opening, and the words that they share. */
#ifndef CAAPROOF_RUNS_H
#define CAAPROOF_RUNS_H

#include "incident/run.h"

#define RUNS_PROGRAM "caaproof " CAAPROOF_VERSION

/* The policy of a run: that of a file (NULL: none), with the issuer names given instead of its own, if any are. What it does not say is what
 * holds for archives: parameters of RFC 8657 count from the day on which they bind. Freed by the caller. Classes: USAGE (no issuer name at all), those of
 * the policy. */
cx_status runs_policy(const char *path, const char *const *issuers, size_t n, struct cx_json **ret,
                      struct cx_detail *detail) CX_MUST;

/* A run, ready to be read. */
struct opened_run {
    struct cx_run *run;
    struct cx_arena arena;
    struct cx_policy policy;
};

/* Classes: those of cx_run_open and cx_run_attach. */
cx_status runs_open(const char *path, struct opened_run *ret, struct cx_detail *detail) CX_MUST;
/* Accepts a zeroed struct. */
void runs_close(struct opened_run *run);

/* Writes page, report and lists into the run, and says where unless quiet. */
cx_status runs_report(const char *path, bool quiet, struct cx_detail *detail) CX_MUST;

/* Removes them: what was said of a run that is made again is not said of the new one. Classes: IO, NOMEM. */
cx_status runs_drop_report(const char *path, struct cx_detail *detail) CX_MUST;

/* Makes a run once more from what its run.json says, as of now, with the results of a recheck, which get the name recheck; and writes page,
 * report and lists. Classes: those of making a run. */
cx_status runs_make_again(const char *path, const char *results, const char *recheck,
                          struct cx_detail *detail) CX_MUST;

/* Prints the summary of a run, for people or as JSON. */
cx_status runs_show(const char *path, bool json, struct cx_detail *detail) CX_MUST;

#endif
