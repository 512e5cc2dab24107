/* The front: HTTP in, questions to resolvers, and everything that counts to the recorder. Shared by front_*.c and role_front.c.
 * I1: what a caller is told of a check is what the recorder said of it; the front's own verdict goes to nobody else.
 * I2: a check lives on when its caller goes: what was begun ends in the log.
 * I3: an id that is under way is asked of once; whoever asks again for the same waits for the same. */
#ifndef CAAPROOFD_FRONT_H
#define CAAPROOFD_FRONT_H

#include "bin/caaproofd/http_server.h"
#include "bin/caaproofd/intake.h"
#include "bin/caaproofd/link.h"
#include "bin/caaproofd/member.h"
#include "bin/caaproofd/problems.h"
#include "engine/check.h"
#include "pki/digest.h"
#include "resolve/answer_sender.h"

#include <event2/event.h>

#include <sys/queue.h>

struct front;

/* Whoever waits for what became of a check; called once, from the event loop or from within the call that brought the end, but
 * never from within front_check. The waiter may be freed in it. */
struct waiter {
    TAILQ_ENTRY(waiter) next;
    struct inquiry *inquiry; /* NULL: it does not wait any more */
    size_t names_max;        /* of its check, if it begins one */
    bool wants_problem;      /* set before it waits */
    bool lacks_problem;      /* and its check was begun by somebody who did not */
    void (*done)(struct waiter *waiter, unsigned status, cx_str body);
};

TAILQ_HEAD(waiters, waiter);

/* A check under way. */
struct inquiry {
    TAILQ_ENTRY(inquiry) next; /* of those that are over */
    struct front *front;
    uint32_t seq;
    size_t caller;
    size_t authority;
    char *octets; /* of body and id */
    cx_str body;
    cx_str id;
    cx_str previous;
    uint8_t digest[CX_SHA256_SIZE]; /* of body */
    uint64_t received_ms;
    uint64_t deadline_ms;
    struct cx_check *check;
    const struct cx_source *source; /* whom it asks; NULL: the cache */
    bool is_asking;                 /* its questions are under way, and it cannot be let go */
    bool is_over;                   /* nobody wants the end any more, nor the recorder */
    bool has_problem;               /* the result will: who began it wanted so */
    struct waiters waiters;
};

/* A question to the recorder that is no check. */
struct asking {
    struct front *front;
    uint32_t seq;
    struct http_request *request;
};

struct front_counts {
    uint64_t checks;
    uint64_t batches;
    uint64_t refused; /* callers that may not, unknown authorities */
    uint64_t recorder_lost;
};

struct canaries;

struct front {
    struct member member;
    struct event_base *base;
    struct event *control;
    struct event *lost;    /* the recorder is gone, and whoever waits is to be told */
    struct event *want;    /* another is to be asked for */
    struct event *sending; /* what is said to the recorder goes out */
    struct http_server *server;
    struct tls_context **tls;   /* one a listener, or NULL */
    struct cx_source resolvers; /* until the cache has them */
    struct cx_source workers;   /* the same, to give sockets to */
    struct cx_source cache;
    struct link *recorder; /* NULL: there is none now */
    struct cx_answer_sender *sender;
    struct inquiry **inquiries; /* limits.in_flight places */
    struct asking **askings;    /* as many */
    uint32_t *free_inquiries, *free_askings;
    size_t n_free_inquiries, n_free_askings, places;
    void *by_id;                        /* tree of inquiries */
    TAILQ_HEAD(, inquiry) over;         /* that have left the table, and still ask */
    TAILQ_HEAD(batches, batch) batches; /* that would go on if there was room */
    struct front_tiles *tiles;          /* front_tiles.c */
    struct cx_json *status;             /* of the recorder, as it said it last; NULL: not yet */
    int64_t status_ms;                  /* when that was, by cx_clock_us */
    struct canaries *canaries;          /* NULL: none are configured */
    size_t reserved;                    /* places that callers leave to them */
    size_t own;                         /* places that they have */
    struct front_counts counts;
    bool has_lost; /* a recorder, and whoever waits has not been told yet */
    bool is_draining;
    bool is_idle; /* no request is under way, nor will be */
    int exit;
};

/* ---- role_front.c */

/* What was said to the recorder goes out in this turn of the event loop. */
void front_send(struct front *front);
/* Draining ends when no request and no check is under way. */
void front_end_if_idle(struct front *front);

/* ---- front_callers.c: who somebody is, and what he may do */

/* The daemon itself, who is nobody of the configuration. */
#define FRONT_SELF (SIZE_MAX - 1)
cx_str front_caller_name(const struct front *front, size_t caller);
/* SIZE_MAX: nobody of the configuration. */
size_t front_caller_of(const struct front *front, const struct http_identity *identity);
/* A bit for each authority that the caller may use. */
uint64_t front_authorities_of(const struct front *front, size_t caller);
/* By name or by key; SIZE_MAX: there is none. */
size_t front_authority_named(const struct front *front, cx_str text);

/* ---- front_checks.c */

cx_status front_checks_init(struct front *front) CX_MUST;
void front_checks_done(struct front *front);

/* Begins the check of body, or joins the one under way, or says at once why not (then *ret_problem). waiter->done is called
 * later, once, unless there is a problem. */
struct front_problem {
    const struct problem *problem;
    char detail[240];
};
bool front_check(struct front *front, size_t caller, cx_str body, struct waiter *waiter,
                 struct front_problem *ret_problem);
/* The check of that id, if it is under way. */
struct inquiry *front_inquiry_of_id(const struct front *front, cx_str id);
void front_wait(struct inquiry *inquiry, struct waiter *waiter);
/* It does not wait any more. */
void front_leave(struct waiter *waiter);
/* Places for more checks. */
size_t front_room(const struct front *front);

/* Asks the recorder for what is to be told; the answer goes to request. */
void front_ask(struct front *front, enum op kind, struct op_ask *ask, struct http_request *request);

/* What the recorder says. Classes: MALFORMED. */
cx_status front_frame(void *ctx, const struct op_frame *frame) CX_MUST;
/* It is gone: whoever waits is told so. */
void front_recorder_lost(struct front *front);

/* ---- front_canary.c */

struct front_canary_counts {
    uint64_t rounds;
    uint64_t failures;  /* canaries that were not as they must be */
    uint64_t in_a_row;  /* rounds with such, up to now */
    cx_time last_clean; /* end of the last round without; 0: there was none */
    bool is_failing;    /* nobody is to send us checks until a round is clean */
};

cx_status front_canaries_init(struct front *front) CX_MUST;
void front_canaries_done(struct front *front);
/* NULL: none are configured. */
const struct front_canary_counts *front_canary_counts(const struct front *front);

/* ---- front_batch.c */

struct batch_terms {
    size_t caller;
    bool wants_problem; /* in each line, but for those that join a check that was begun without */
};
void front_batch(struct front *front, const struct batch_terms *terms,
                 struct http_request *request);
/* There is room again. */
void front_batches_go_on(struct front *front);

/* ---- front_tiles.c: the log, for everybody (docs/formats/log.md) */

cx_status front_tiles_init(struct front *front) CX_MUST;
void front_tiles_done(struct front *front);
/* False: it is no path of the log (tile_path.h), or the log is not public. */
bool front_say_log(struct front *front, struct http_request *request,
                   const struct http_message *message);
/* What the recorder says to that. Classes: MALFORMED. */
cx_status front_take_octets(struct front *front, cx_span body) CX_MUST;
/* It is gone. */
void front_tiles_lost(struct front *front);

/* ---- front_routes.c */

void front_handle(void *ctx, struct http_request *request);
/* detail: of static storage or not, it is copied; may be empty. */
void front_refuse(struct http_request *request, const struct problem *problem, const char *detail);
/* Of its body, whatever parameters stand behind it. */
bool front_is_type(const struct http_request *request, const char *type);

/* ---- front_issuances.c: certificates that were signed */

void front_post_issuance(struct front *front, size_t caller, struct http_request *request);
/* By SHA-256, in hexadecimal; or by authority and serial number. */
void front_get_issuance(struct front *front, size_t caller, struct http_request *request);

/* ---- front_metrics.c */

void front_say_metrics(struct front *front, struct http_request *request);
void front_say_health(struct front *front, struct http_request *request, bool ready);
void front_say_status(struct front *front, struct http_request *request);

#endif
