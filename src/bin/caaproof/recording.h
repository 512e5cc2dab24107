/* --record: the store that checks go to, opened and filled as the options say. */
#ifndef CAAPROOF_RECORDING_H
#define CAAPROOF_RECORDING_H

#include "bin/caaproof/options.h"
#include "engine/recorder.h"

struct recording {
    struct cx_log *log;
    struct cx_recorder *recorder;
    struct cx_recorder_options options;
    struct cx_recorder_terms terms;
    struct cx_arena arena; /* of what options point to */
};

/* Opens the store for writing, and says on standard error what a person should know of it. Classes: those of
 * cx_log_open; USAGE. */
cx_status recording_open(const struct options *options, struct recording *ret,
                         struct cx_detail *detail) CX_MUST;
/* Accepts a zeroed struct. */
void recording_close(struct recording *recording);

/* "record" of a result (docs/json.md, "Record"); permit (n == 0: none) is given in base64. NULL when out of memory. */
struct cx_json *recording_json(const struct recording *recording,
                               const struct cx_recorded *recorded, cx_str permit);

#endif
