/* The head of an HTTP/1.1 request (RFC 9112), read strictly: whatever two readers could understand in two ways is refused, so
 * that nobody in front of us can be made to see other requests than we do.
 * Refused: line ends other than CRLF, blanks before the colon or in front of a line (obs-fold), controls and NUL, more than one
 * of Content-Length, Transfer-Encoding, Host, Authorization, Content-Type or Expect, a length that is not digits only, a
 * length beside a transfer coding, any transfer coding but "chunked", a coding in HTTP/1.0, no Host in HTTP/1.1. */
#ifndef CAAPROOFD_HTTP_HEAD_H
#define CAAPROOFD_HTTP_HEAD_H

#include "base/arena.h"
#include "bin/caaproofd/http_refusal.h"

struct http_head {
    cx_str method;
    cx_str target; /* not decoded */
    const struct http_field *fields;
    size_t n_fields;
    uint64_t length; /* of the body, unless it is chunked */
    bool is_chunked;
    bool is_1_0;
    bool keep_alive; /* false: the client wants the connection closed behind the reply */
    bool expects_continue;
};

enum http_head_state {
    HTTP_HEAD_MORE, /* the end is not there yet */
    HTTP_HEAD_WHOLE,
    HTTP_HEAD_BAD, /* a line that ends otherwise than with CRLF */
};

/* Looks for the empty line behind a head. *scanned, zero at first, is how far earlier calls looked; *ret_n is set to the size of
 * the head with that line. */
enum http_head_state http_head_end(cx_str octets, size_t *scanned, size_t *ret_n) CX_MUST;

/* A head with the empty line. Texts are borrowed from octets, fields are in the arena. Refused with 400, 417, 431 (number of fields),
 * 500 (memory), 501 (transfer coding), 505. */
struct http_refusal http_head_read(cx_str octets, struct cx_arena *arena, struct http_head *ret)
    CX_MUST;

/* The first field of that name, in any case. */
bool http_field_find(const struct http_field *fields, size_t n, cx_str name, cx_str *ret);
/* Whether these can stand in a head: a token, and text without controls. */
bool http_is_token(cx_str name);
bool http_is_field_value(cx_str value);

#endif
