/* HTTP/1.1 server of the daemon, over TCP, TLS and AF_UNIX, on a libevent base. It knows nothing of what is asked.
 *
 * Events, buffers and TLS are libevent's; requests are read by http_head.c, http_chunks.c and http_target.c, not by evhttp. Tried with
 * libevent 2.1.12, evhttp joins folded header lines, takes chunk sizes such as "0x3", "+3", " 3" and "3 junk", lengths such as
 * "+3", the first of two lengths, line ends without CR, blanks before a colon, cuts values at NUL and needs no Host; of the first
 * two nothing can be seen afterwards. It also has no time for a whole request, no bound on connections, and stops reading
 * while a reply is awaited, so that a client that went away is not noticed. All of these are refused or done here.
 *
 * I1: a handler is given whole, well-formed requests only, one of a connection at a time; pipelined ones wait.
 * I2: a request is valid until its owner ends it, whether its client is still there or not; ended once, by http_reply,
 *     http_problem, http_stream_end or http_drop. Of a client that is gone, these send nothing.
 * I3: no call here calls a handler or another callback of its caller: those come from the event loop only.
 * I4: nothing that a client does or leaves undone keeps a connection for longer than the times of http_limits, save that a handler
 *     thinks about its request.
 * I5: what is malformed, too large or too slow is answered by the server itself, with a problem document and "Connection: close".
 *
 * A client that half-closes its connection counts as gone, unless its answer is already given (over TLS: sent).
 * SIGPIPE is ignored from http_server_new on, for the whole process. One thread. */
#ifndef CAAPROOFD_HTTP_SERVER_H
#define CAAPROOFD_HTTP_SERVER_H

#include "bin/caaproofd/http_refusal.h"
#include "bin/caaproofd/tls.h"

struct event_base;

struct http_server;
struct http_request;

/* Who sent a request. Valid as long as the request. */
struct http_identity {
    const struct tls_peer *certificate; /* NULL without one; verified */
    int64_t unix_uid; /* of the other process, by the kernel's word; -1: not AF_UNIX */
    cx_str bearer;    /* of "Authorization: Bearer", not verified; empty without one */
    cx_str address;   /* "192.0.2.1", "2001:db8::1", "unix" */
    uint16_t port;
};

struct http_message {
    cx_str method;
    cx_str path; /* decoded: http_target.h */
    const struct http_field *query;
    size_t n_query;
    const struct http_field *fields;
    size_t n_fields;
    cx_str content_type; /* empty without one */
    cx_span body;
    struct http_identity identity;
};

/* Takes the request over (I2). */
typedef void http_handler(void *ctx, struct http_request *request);
typedef void http_callback(void *ctx);

struct http_limits {
    size_t connections_max;
    size_t connections_per_address_max; /* IPv6: of a /64; AF_UNIX: of a uid */
    size_t head_octets_max;
    size_t body_octets_max;
    size_t unsent_octets_max; /* of a stream, before http_stream_put asks to wait */
    unsigned request_ms;      /* a handshake; a request from its first octet to its last */
    unsigned idle_ms;         /* until a request begins */
    unsigned reply_ms; /* until a reply, or what a stream was given at a time, is taken whole */
};

struct http_counters {
    uint64_t connections;         /* accepted */
    uint64_t open;                /* now */
    uint64_t requests;            /* given to the handler */
    uint64_t replies[6];          /* by class of status: [2] is 2xx; the server's own too */
    uint64_t refused_connections; /* connections_max */
    uint64_t refused_address;     /* connections_per_address_max */
    uint64_t refused_large;       /* head or body */
    uint64_t refused_malformed;
    uint64_t slow_requests; /* request_ms */
    uint64_t slow_replies;  /* reply_ms */
    uint64_t tls_failures;  /* handshakes */
    uint64_t gone;          /* clients, before their answer */
};

struct http_config {
    struct event_base *base; /* borrowed for the server's life */
    struct http_limits limits;
    http_handler *handler;
    void *ctx;
};

/* Classes: NOMEM, USAGE (limits that are zero), INTERNAL (no random octets). */
cx_status http_server_new(const struct http_config *config, struct http_server **ret,
                          struct cx_detail *detail) CX_MUST;
/* Closes all connections; gone callbacks are called, and requests not yet ended stay their owners'. Not from a callback of the server.
 * libevent frees its buffers, and closes the descriptors, in the next turn of the loop. */
void http_server_free(struct http_server *server);

/* Accepts from a socket that listens, TCP or AF_UNIX, and takes the descriptor over, also on failure. tls NULL: plain; else borrowed
 * until it is replaced, or for the server's life. Classes: IO, NOMEM. */
cx_status http_server_listen(struct http_server *server, int fd, const struct tls_context *tls,
                             struct cx_detail *detail) CX_MUST;
/* New connections of listeners with the old context get the new one. */
void http_server_replace_tls(struct http_server *server, const struct tls_context *old,
                             const struct tls_context *new);
/* While paused, connections wait in the kernel's queue. */
void http_server_pause_accept(struct http_server *server, bool paused);
/* Closes the listening sockets and idle connections; what is under way is finished with "Connection: close", and a connection that has
 * not asked yet may do so for CX_HTTP_DRAIN_ASK_MS. Then, once, idle(ctx). */
void http_server_drain(struct http_server *server, http_callback *idle, void *ctx);
const struct http_counters *http_server_counters(const struct http_server *server);

/* Valid until the request is ended. */
const struct http_message *http_request_message(const struct http_request *request);
/* The first header field of that name in any case; a parameter of the query. */
bool http_header(const struct http_request *request, const char *name, cx_str *ret);
bool http_parameter(const struct http_request *request, const char *name, cx_str *ret);

/* Called at most once, if the client goes before its answer is given whole; the request is still the owner's, to end with
 * http_drop or otherwise. Not called any more once the request is ended. */
void http_request_on_gone(struct http_request *request, http_callback *gone, void *ctx);
bool http_request_is_gone(const struct http_request *request);
/* Ends a request without an answer, or in the middle of one: the connection is closed. */
void http_drop(struct http_request *request);

struct http_fields {
    const struct http_field *all;
    size_t n;
};

/* status 200 to 599; content_type NULL: no body; extra may be NULL. "Cache-Control: no-store" is there unless extra has another, and
 * "Retry-After" with 503: what is told here holds for the moment. All is copied. What cannot stand in a header (a control, a name that is
 * no token or belongs to the server) makes it a reply with status 500. */
void http_reply(struct http_request *request, int status, const char *content_type, cx_str body,
                const struct http_fields *extra);
/* A field of the reply to come, which has one such at most: the last one. value: 127 octets at most, copied; longer ones are left out.
 * name: of static storage. */
void http_set_field(struct http_request *request, const char *name, cx_str value);
/* RFC 9457. type: "about:blank" or a reference such as "/problems/unknown-authority"; detail may have octets from outside, or be empty. */
void http_problem(struct http_request *request, int status, const char *type, const char *title,
                  cx_str detail);

/* A reply in pieces, of which http_stream_end is the last. */
void http_stream_begin(struct http_request *request, int status, const char *content_type);
/* True: go on. False: more than unsent_octets_max is unsent; what is put all the same is kept too, but who can wait does so until
 * drained is called. To a client that is gone: true. */
bool http_stream_put(struct http_request *request, cx_str octets);
/* Called whenever all is taken after a put has given false. */
void http_stream_on_drained(struct http_request *request, http_callback *drained, void *ctx);
size_t http_stream_unsent(const struct http_request *request);
void http_stream_end(struct http_request *request);

#endif
