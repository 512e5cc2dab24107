/* A body in chunks (RFC 9112 section 7.1), piece by piece as it comes.
 * Strict where readers differ: a size is 1 to 16 hexadecimal digits and nothing else, a line ends with CRLF, data is followed by
 * CRLF. Extensions are passed over up to CX_HTTP_EXTENSION_MAX octets of a request. Trailer fields are refused. */
#ifndef CAAPROOFD_HTTP_CHUNKS_H
#define CAAPROOFD_HTTP_CHUNKS_H

#include "base/buf.h"
#include "bin/caaproofd/http_refusal.h"

enum http_chunk_state {
    HTTP_CHUNK_SIZE = 0,
    HTTP_CHUNK_EXTENSION,
    HTTP_CHUNK_SIZE_LF,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_DATA_CR,
    HTTP_CHUNK_DATA_LF,
    HTTP_CHUNK_LAST_CR,
    HTTP_CHUNK_LAST_LF,
    HTTP_CHUNK_DONE,
};

/* Zeroed at first. */
struct http_chunks {
    enum http_chunk_state state;
    unsigned digits;
    size_t extension;
    uint64_t left; /* of the chunk that is read */
};

/* Reads from octets until the body is whole (state DONE) or they end; *ret_used is how many were read. Data goes to body, whose
 * maximum is the cap. Refused with 400, 413, 500 (memory). */
struct http_refusal http_chunks_take(struct http_chunks *chunks, cx_span octets,
                                     struct cx_buf *body, size_t *ret_used) CX_MUST;

#endif
