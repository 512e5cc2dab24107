/* Whole files, with a cap. */
#ifndef CX_BASE_FILE_H
#define CX_BASE_FILE_H

#include "base/buf.h"

/* Appends the content to buf, whose maximum is the cap. Classes: IO, LIMIT, NOMEM. */
cx_status cx_file_read(const char *path, struct cx_buf *buf, struct cx_detail *detail) CX_MUST;

#endif
