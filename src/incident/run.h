/* A run: certificates, an archive and options in; a folder out that everything people get is made from. A folder:
 *   run.json      the summary (docs/formats/run.md), with the options, so that the run can be read and made again
 *   certificates  precertificates and certificates as one (certificates.h)
 *   order         positions of certificates, the most urgent first
 *   index         where a SHA-256 or serial is
 *   results       of each certificate what two runs are compared by
 *   rejects.csv   rows of lists that could not be read
 * I1: what is shown of a certificate is derived from certificates, archive and options each time, never kept: it cannot be stale.
 *     An archive that has changed since is refused. */
#ifndef CX_INCIDENT_RUN_H
#define CX_INCIDENT_RUN_H

#include "incident/report.h"
#include "incident/row.h"

/* What two runs are compared by. */
struct cx_run_result {
    enum cx_triage_class class;
    enum cx_grade grade;
    enum cx_process process;
    enum cx_certificate_status status;
    enum cx_now now;
    enum cx_duty_kind duty;
    enum cx_verdict verdict;
    bool revoke[CX_REMEDIES];
    uint32_t reasons;
};

struct cx_run_options {
    const char *const *lists; /* of certificates: files or folders */
    size_t n_lists;
    const struct cx_issued_format *format; /* of them all; NULL: by what they begin with */
    struct cx_issued_options reader;
    const char *archive;   /* NULL: nothing is known */
    const char *consulted; /* files, or NULL */
    const char *not_consulted;
    const char *recheck;
    const struct cx_json *
        policy; /* of triage, as JSON, with OWN (docs/json.md): kept, so that the run can be read again */
    const char *title;
    const char *cause;               /* root-cause class, whose precedents are shown; or NULL */
    const char *program;             /* name and version */
    struct cx_triage_options triage; /* marks and recheck are read from the files */
    /* Now and then: what is being done, how far, of how much (0: not known). May be NULL. */
    void (*progress)(void *ctx, const char *what, uint64_t done, uint64_t all);
    void *ctx;
};

/* Makes the folder, which must not be there, or be that of a run (which is replaced). Classes: those of the readers, USAGE. */
cx_status cx_run_make(const char *path, const struct cx_run_options *options,
                      struct cx_detail *detail) CX_MUST;

struct cx_run;

/* Reads run.json. Its policy is turned into triage options by the caller, who then attaches them. Classes: IO, STORE, NOMEM. */
cx_status cx_run_open(const char *path, struct cx_run **ret, struct cx_detail *detail) CX_MUST;
/* Accepts NULL. */
void cx_run_close(struct cx_run *run);
const struct cx_json *cx_run_summary(const struct cx_run *run);
/* policy is borrowed; all else, and the files of marks and recheck, is what run.json says. Refuses inputs that have changed since. Classes: IO, STORE, NOMEM. */
cx_status cx_run_attach(struct cx_run *run, const struct cx_policy *policy,
                        struct cx_detail *detail) CX_MUST;
const struct cx_triage_options *cx_run_triage(const struct cx_run *run);
/* Instead of what the run was made with, for what is read from now on: the same evidence judged otherwise. policy is borrowed. */
void cx_run_set_policy(struct cx_run *run, const struct cx_policy *policy);
void cx_run_set_rules_of(struct cx_run *run, cx_time date);

/* The certificates in the order of urgency, at most most (0: all), one after the other: begin, then next until *ret is NULL. *ret is borrowed until
 * the next call. Classes: IO, STORE, NOMEM. */
cx_status cx_run_begin(struct cx_run *run, uint64_t most, struct cx_detail *detail) CX_MUST;
cx_status cx_run_next(struct cx_run *run, const struct cx_triaged **ret, struct cx_detail *detail)
    CX_MUST;
/* The same as JSON, for reports. */
struct cx_report_rows cx_run_rows(struct cx_run *run, enum cx_row_extent extent);
/* Instead of begin: the certificates whose SHA-256 or serial is id (hexadecimal, colons allowed). Classes: USAGE (no such id can be), and
 * those of begin. */
cx_status cx_run_begin_found(struct cx_run *run, cx_str id, struct cx_detail *detail) CX_MUST;

/* ---- two runs */

/* A certificate that differs; was or is NULL if one run has not got it. */
struct cx_run_difference {
    const struct cx_certificate *certificate;
    const struct cx_run_result *was;
    const struct cx_run_result *is;
};

/* Every difference, first those of before's certificates. Classes: IO, STORE, NOMEM, and those of visit. */
cx_status cx_run_diff(struct cx_run *before, struct cx_run *after,
                      cx_status (*visit)(void *ctx, const struct cx_run_difference *difference,
                                         struct cx_detail *detail),
                      void *ctx, struct cx_detail *detail) CX_MUST;

#endif
