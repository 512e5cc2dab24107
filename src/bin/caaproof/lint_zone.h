/* A zone file for lint: its lines as they are written, and the names that own CAA. */
#ifndef CAAPROOF_LINT_ZONE_H
#define CAAPROOF_LINT_ZONE_H

#include "base/span.h"
#include "base/status.h"

struct lint_zone_reader {
    cx_status (*line)(void *ctx, const char *path, cx_str line, size_t number);
    cx_status (*owner)(void *ctx, cx_span owner); /* each once; may be NULL */
    void *ctx;
};

/* What the reader is given is borrowed for its call; its failure ends the reading.
 * Classes: IO, LIMIT, MALFORMED, NOMEM, and those of the reader. */
cx_status lint_zone_read(const char *path, const struct lint_zone_reader *reader,
                         struct cx_detail *detail) CX_MUST;

#endif
