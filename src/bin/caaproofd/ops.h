/* What front and recorder, courier and recorder say to each other over streams: frames as in resolve/frame.h (length, kind, body), whose
 * kinds begin at OP_FIRST; bodies are one CBOR array. Answers travel in between as frames of resolve/frame.h.
 * I1: the list is closed, and says for each operation who may send it: anything else ends the connection.
 * I2: nothing is taken on trust: a body is read whole, by its types and caps, or refused. */
#ifndef CAAPROOFD_OPS_H
#define CAAPROOFD_OPS_H

#include "base/cbor.h"
#include "base/limits.h"
#include "caa/verdict.h"
#include "evidence/tile.h"
#include "evidence/tree.h"

#define OP_FIRST 64

enum op {
    /* front to recorder */
    OP_START = OP_FIRST, /* a request was accepted */
    OP_FINISH,           /* its answers were sent: judge, record */
    OP_ABANDON,          /* it cannot be finished: it is interrupted */
    OP_GET,              /* what became of a request id */
    OP_CLAIM,            /* a permit is about to be used */
    OP_ISSUE,            /* a certificate was signed */
    OP_ISSUED,           /* what is known of one */
    OP_STOP,             /* something was seen that must stop everything */
    OP_ACK,              /* a person ends that */
    OP_OVERRIDE,         /* somebody asked for a permit in spite of a verdict */
    OP_TILE,             /* something of the log that everybody may see */
    /* recorder to front */
    OP_STARTED, /* go on with the check */
    OP_REPLY,   /* what the caller is told */
    OP_STATUS,  /* how the recorder is */
    OP_OCTETS,  /* what OP_TILE asked for */
    OP_END,
};

struct op_start {
    uint32_t seq;
    uint32_t authority; /* place in the configuration */
    cx_str id;
    cx_span digest; /* of the body, 32 octets */
    uint64_t received_ms;
    uint64_t deadline_ms;
    cx_str caller;
    cx_str previous; /* request id of an earlier try; n == 0: none */
    bool problem;    /* the result is to have one, for applicants (engine/problem.h) */
};

struct op_finish {
    uint32_t seq;
    uint64_t now; /* the moment by which front judged */
    enum cx_verdict verdict;
    cx_span body;
};

/* GET, CLAIM, ISSUE, ISSUED, STOP, ACK, OVERRIDE: who, about which request, and what with it. */
struct op_ask {
    uint32_t seq;
    cx_str caller;
    uint64_t authorities; /* those that the caller may use, a bit each */
    cx_str id;
    cx_str
        text; /* the claim's name; why; of ISSUED the certificate's SHA-256, or the authority's name */
    cx_span
        data; /* a certificate, and behind it that of its issuer; of ISSUED nothing, or a serial number */
    bool problem; /* GET: as that of a start */
};

struct op_reply {
    uint32_t seq;
    uint32_t status; /* of HTTP */
    cx_str body;     /* JSON */
};

/* A checkpoint or a tile of a shard. */
struct op_tile {
    uint32_t seq; /* of its own: not that of a check or a question */
    uint64_t shard;
    bool is_checkpoint; /* then tile says nothing */
    struct cx_tile tile;
};

struct op_octets {
    uint32_t seq;
    uint32_t status; /* 200, 404: there is none, 503: it cannot be read; without octets then */
    cx_str octets;
};

void op_put_start(struct cx_buf *buf, const struct op_start *op);
void op_put_finish(struct cx_buf *buf, const struct op_finish *op);
void op_put_seq(struct cx_buf *buf, enum op kind, uint32_t seq); /* ABANDON, STARTED */
void op_put_ask(struct cx_buf *buf, enum op kind, const struct op_ask *op);
void op_put_reply(struct cx_buf *buf, const struct op_reply *op);
void op_put_status(struct cx_buf *buf, cx_str json);
void op_put_tile(struct cx_buf *buf, const struct op_tile *op);
void op_put_octets(struct cx_buf *buf, const struct op_octets *op);

/* Texts and spans are borrowed from the body. Classes: MALFORMED. */
cx_status op_get_start(cx_span body, struct op_start *ret) CX_MUST;
cx_status op_get_finish(cx_span body, struct op_finish *ret) CX_MUST;
cx_status op_get_seq(cx_span body, uint32_t *ret) CX_MUST;
cx_status op_get_ask(cx_span body, struct op_ask *ret) CX_MUST;
cx_status op_get_reply(cx_span body, struct op_reply *ret) CX_MUST;
cx_status op_get_status(cx_span body, cx_str *ret) CX_MUST;
cx_status op_get_tile(cx_span body, struct op_tile *ret) CX_MUST;
cx_status op_get_octets(cx_span body, struct op_octets *ret) CX_MUST;

/* ---- courier and recorder, on a stream of their own: the courier speaks, and COURIER_ASK alone is answered */

#define COURIER_FIRST 128

enum courier_op {
    /* courier to recorder */
    COURIER_ASK = COURIER_FIRST, /* the last checkpoint, and the proof from that size */
    COURIER_COSIGNED,
    COURIER_STAMPED,
    COURIER_FAILED,
    /* recorder to courier */
    COURIER_CHECKPOINT,
};

/* Whom a courier goes to. */
enum outsider_kind {
    OUTSIDER_UNSET = 0,
    OUTSIDER_WITNESS,
    OUTSIDER_TSA,
};

/* Sizes for which each witness, or authority, attested last; 0: none of this shard. By their place in the configuration. */
struct courier_sizes {
    uint64_t v[CX_OUTSIDERS_MAX];
    size_t n;
};

struct courier_checkpoint {
    uint64_t size;
    cx_str note;
    struct cx_path path; /* empty if what was asked from is more than size */
    struct courier_sizes witnesses;
    struct courier_sizes stamps;
};

struct courier_cosigned {
    uint32_t place;
    uint64_t size; /* of the checkpoint that was given last */
    cx_str lines;
};

struct courier_stamped {
    uint32_t place;
    uint64_t size;
    uint64_t nonce;
    cx_span request;
    cx_span response;
};

struct courier_failed {
    enum outsider_kind kind;
    uint32_t place;
    bool is_fork; /* it knows another log of this origin */
    cx_str why;
};

void courier_put_ask(struct cx_buf *buf, uint64_t from);
void courier_put_checkpoint(struct cx_buf *buf, const struct courier_checkpoint *op);
void courier_put_cosigned(struct cx_buf *buf, const struct courier_cosigned *op);
void courier_put_stamped(struct cx_buf *buf, const struct courier_stamped *op);
void courier_put_failed(struct cx_buf *buf, const struct courier_failed *op);

/* As those above. Classes: MALFORMED. */
cx_status courier_get_ask(cx_span body, uint64_t *ret) CX_MUST;
cx_status courier_get_checkpoint(cx_span body, struct courier_checkpoint *ret) CX_MUST;
cx_status courier_get_cosigned(cx_span body, struct courier_cosigned *ret) CX_MUST;
cx_status courier_get_stamped(cx_span body, struct courier_stamped *ret) CX_MUST;
cx_status courier_get_failed(cx_span body, struct courier_failed *ret) CX_MUST;

/* The first frame of what came in, of these kinds or of resolve/frame.h. *ret_more: more octets are needed. Classes:
 * MALFORMED (CX_E_FRAME: too long). */
struct op_frame {
    unsigned kind;
    cx_span body;
    size_t size; /* with its head */
};
cx_status op_frame_next(cx_span octets, struct op_frame *ret, bool *ret_more) CX_MUST;

#endif
