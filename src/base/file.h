/* Whole files and streams, with a cap. */
#ifndef CX_BASE_FILE_H
#define CX_BASE_FILE_H

#include "base/buf.h"

#include <stdio.h>

/* Appends what the stream still holds to buf, whose maximum is the cap; path is its name for errors. Classes: IO, LIMIT,
 * NOMEM. */
cx_status cx_stream_read(FILE *file, const char *path, struct cx_buf *buf, struct cx_detail *detail)
    CX_MUST;
/* The same for a file. */
cx_status cx_file_read(const char *path, struct cx_buf *buf, struct cx_detail *detail) CX_MUST;

/* Makes the file, or replaces it, in one step: it has the old content or all of the new, and the new is on the disk. Classes:
 * IO. */
cx_status cx_file_write(const char *path, cx_str content, struct cx_detail *detail) CX_MUST;

#endif
