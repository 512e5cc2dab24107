/* Growable text or bytes with a mandatory maximum and a sticky error: append freely, test cx_buf_ok once. */
#ifndef CX_BASE_BUF_H
#define CX_BASE_BUF_H

#include "base/span.h"
#include "base/status.h"

struct cx_buf {
    char *p;
    size_t n;
    size_t room;
    size_t max;
    bool failed;
    enum cx_code why; /* of the first failure */
};

void cx_buf_init(struct cx_buf *buf, size_t max_bytes);
void cx_buf_done(struct cx_buf *buf);
void cx_buf_clear(struct cx_buf *buf);
void cx_buf_put(struct cx_buf *buf, cx_str text);
void cx_buf_puts(struct cx_buf *buf, const char *text);
void cx_buf_putc(struct cx_buf *buf, char c);
void cx_buf_printf(struct cx_buf *buf, const char *fmt, ...) CX_PRINTF(2, 3);
/* Outside text for a terminal or a log: printable ASCII as it is, backslash and all other octets as \\DDD. */
void cx_buf_put_escaped(struct cx_buf *buf, cx_span outside);
void cx_buf_put_hex(struct cx_buf *buf, cx_span bytes);
/* Makes room for n more bytes and returns where they go (cx_buf_grown after writing), or NULL. */
char *cx_buf_reserve(struct cx_buf *buf, size_t n) CX_MUST;
void cx_buf_grown(struct cx_buf *buf, size_t n);
/* Takes the first n bytes away; n is at most what is there. */
void cx_buf_drop(struct cx_buf *buf, size_t n);
cx_str cx_buf_str(const struct cx_buf *buf);
bool cx_buf_ok(const struct cx_buf *buf);
/* For who writes into a buffer what it cannot hold; the first failure counts. */
void cx_buf_fail(struct cx_buf *buf, enum cx_code why);
/* Classes: NOMEM, LIMIT, and what cx_buf_fail was given. */
cx_status cx_buf_status(const struct cx_buf *buf) CX_MUST;

#endif
