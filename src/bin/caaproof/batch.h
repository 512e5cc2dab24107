/* check --batch: NDJSON requests in, NDJSON results out, in input order, any number. */
#ifndef CAAPROOF_BATCH_H
#define CAAPROOF_BATCH_H

#include "bin/caaproof/options.h"

/* Reads standard input to its end. Memory is bounded by --in-flight checks. A line that cannot be judged gives an error
 * object in its place. Returns the exit code: 0, EX_DATAERR if some line gave an error object, EX_IOERR. */
int batch_run(const struct options *options, const struct cx_source *source);

#endif
