/* What the files of the HTTP server share: a connection, its request, and who owns what.
 * The server has its connections in a table by address; a connection has the request that is read or awaited, until that is ended or
 * detached. From the call of the handler on the request is the handler's.
 * A connection ends in two steps, so that nobody's pointer dangles: connection_close lets everything go, and a turn of the loop later
 * it is freed. */
#ifndef CAAPROOFD_HTTP_PRIV_H
#define CAAPROOFD_HTTP_PRIV_H

#include "base/arena.h"
#include "base/buf.h"
#include "bin/caaproofd/http_chunks.h"
#include "bin/caaproofd/http_head.h"
#include "bin/caaproofd/http_server.h"
#include "bin/caaproofd/http_target.h"

#include <event2/bufferevent.h>
#include <event2/event.h>

#include <sys/socket.h>

#define HTTP_ADDRESS_TEXT 64

struct http_listener {
    struct http_listener *next;
    struct http_server *server;
    struct evconnlistener *listener;
    const struct tls_context *tls;
};

/* Where a client is: who counts as one address, and as text. */
struct http_place {
    cx_span key; /* in octets */
    uint8_t octets[16];
    int64_t unix_uid;
    uint16_t port;
    char text[HTTP_ADDRESS_TEXT];
};

enum connection_state {
    CONNECTION_HANDSHAKE,
    CONNECTION_IDLE,      /* no octet of a request is there */
    CONNECTION_HEAD,      /* some are */
    CONNECTION_BODY,      /* the head is read */
    CONNECTION_ANSWERING, /* the handler has the request */
    CONNECTION_FLUSHING,  /* the answer is given, not all of it is sent */
    CONNECTION_LINGERING, /* all is sent, and what comes is thrown away, so that the client gets it */
    CONNECTION_CLOSED,    /* freed with the next turn of the loop */
};

struct http_connection {
    struct http_connection *next; /* of its bucket */
    struct http_connection **back;
    struct http_server *server;
    struct bufferevent *bev; /* NULL: closed */
    struct event *timer;
    struct http_request *request;
    struct tls_peer *peer;
    struct http_place place;
    enum connection_state state;
    size_t scanned;  /* octets of a head that have no end in them */
    size_t lingered; /* octets thrown away */
    bool is_tls;
    bool was_asked; /* something, at least once */
    bool at_eof;    /* the client sends no more */
    bool close_after;
    bool failed; /* to be closed by the timer: memory was exhausted in the middle of an answer */
    bool reply_timed;
};

struct http_request {
    struct http_connection
        *connection; /* NULL: the client is gone, or the request was never its handler's */
    struct cx_arena arena;
    struct cx_buf body;
    struct http_head head;
    struct http_chunks chunks;
    struct http_message message;
    struct tls_peer *peer;
    char address[HTTP_ADDRESS_TEXT];
    const char *field; /* of the reply, NULL: none */
    char field_value[128];
    bool is_given;     /* the handler has it */
    bool is_streaming; /* the head of the reply is given */
    bool is_chunked;   /* the reply */
    bool has_no_body;  /* of the reply: HEAD, 204, 304 */
    bool is_full;
    http_callback *gone;
    void *gone_ctx;
    http_callback *drained;
    void *drained_ctx;
};

#define HTTP_BUCKETS 256

struct http_server {
    struct http_config config;
    struct http_listener *listeners;
    struct http_connection *buckets[HTTP_BUCKETS];
    struct event *timer; /* accepting again, or telling that all is idle */
    struct http_counters counters;
    uint64_t hash_key;
    http_callback *idle;
    void *idle_ctx;
    bool is_paused;
    bool is_draining;
};

/* http_connection.c */

/* Takes fd over. False if memory is exhausted, and then it is closed. */
bool connection_new(struct http_server *server, int fd, const struct tls_context *tls,
                    const struct http_place *place);
void connection_close(struct http_connection *connection);
/* Only of one that is closed; else its timer does it. */
void connection_free(struct http_connection *connection);
/* The answer to the current request is given whole. */
void connection_answered(struct http_connection *connection);
/* Nothing new is to be begun: an idle connection ends, but for one whose first request may be on the way. */
void connection_drain(struct http_connection *connection);
/* Something was put into the output: from now on it is to be taken in reply_ms. */
void connection_time_reply(struct http_connection *connection);
/* To be closed from the loop, as nothing more can be sent. */
void connection_fail(struct http_connection *connection);

/* http_request.c */

struct http_request *request_new(struct http_connection *connection);
/* Refused as http_head.h and http_target.h say, and with 413. */
struct http_refusal request_read_head(struct http_request *request, cx_str octets) CX_MUST;
void request_free(struct http_request *request);
/* The client is gone, or the server is: tells the handler, or frees what no handler has. */
void request_detach(struct http_request *request);

/* http_reply.c */

/* An answer of the server itself to what is no request, with the problem's document. */
void reply_refusal(struct http_connection *connection, struct http_refusal refusal);

#endif
