/* check --batch: NDJSON requests in, NDJSON results out, in input order, any number. */
#ifndef CAAPROOF_BATCH_H
#define CAAPROOF_BATCH_H

#include "bin/caaproof/recording.h"

/* Reads standard input to its end. Memory is bounded by --in-flight checks. A line that cannot be judged gives an error
 * object in its place. recording NULL: nothing is recorded; else a result is shown only when its record is durable.
 * Returns the exit code: 0, EX_DATAERR if some line gave an error object, EX_IOERR, or that of the store's failure. */
int batch_run(const struct options *options, const struct cx_source *source,
              struct recording *recording);

#endif
