/* The live DNS resolved by processes of their own, each with a resolver and caches, asked over a stream socket each: more
 * than one core at work, and no DNS socket in the process that judges. Names under one registrable domain go to one
 * process, so that its chain is fetched once. Where the processes are from is their host's affair: forked_workers.h, or
 * another process that passes sockets.
 * I1: a process whose socket ends, that says what none of ours would, or that answers nothing for some seconds longer
 * than the deadline of a question, is lost: its socket is closed, its open questions become failures of our own
 * (R-FAIL-8), and its host is asked for another.
 * I2: what a process says about an answer is read again from its message (resolve/frame.h).
 * I3: questions for a process that is still to come wait in order, at most CX_WORKER_WAITING, and each as long as
 * wait_ms says; then they are failures of our own as well.
 * Whoever is answered may ask again at once. Nobody closes the source from inside answered, alarm or the host. */
#ifndef CX_RESOLVE_WORKERS_H
#define CX_RESOLVE_WORKERS_H

#include "resolve/source.h"

struct event_base;

enum cx_worker_loss {
    CX_WORKER_ENDED,  /* its end of the stream is closed */
    CX_WORKER_WRONG,  /* says what none of ours would, or that it cannot work; or no memory here */
    CX_WORKER_SILENT, /* owes answers and gives none: it will not end by itself */
};

/* Who has the processes, numbered from 0. None of its functions calls the source. */
struct cx_worker_host {
    /* A stream socket to process i, which does not block (cx_worker_run has the other end); it is the source's then.
     * -1: later, by cx_workers_give. A failure: none is to come, and questions for it fail at once. */
    cx_status (*start)(void *ctx, unsigned i, int *ret_fd, struct cx_detail *detail);
    /* The source has closed the socket of process i; start is called next, if the socket had worked at all. */
    void (*lost)(void *ctx, unsigned i, enum cx_worker_loss why);
    /* The source is closed, and all its sockets before. May be NULL. */
    void (*close)(void *ctx);
    void *ctx;
};

struct cx_workers_setup {
    unsigned n; /* processes, from 1 to CX_WORKERS_MAX */
    struct cx_worker_host host;
    unsigned deadline_ms; /* of a question, as the processes have it; 0 = CX_LIVE_DEADLINE_MS */
    unsigned silence_ms;  /* how much longer one may be silent; 0 = CX_WORKER_SILENCE_MS */
    unsigned wait_ms;     /* for a process that is to come; 0 = CX_WORKER_WAIT_MS */
    /* What the processes say is wrong with the anchors, as in resolve/live.h. */
    void (*alarm)(void *ctx, const char *text);
    void *alarm_ctx;
};

/* Asks the host for every process. After a failure the sockets are closed, and the host is not. Classes: USAGE, NOMEM,
 * INTERNAL, those of the host's start. */
cx_status cx_workers_open(const struct cx_workers_setup *setup, struct cx_source *ret,
                          struct cx_detail *detail) CX_MUST;

/* Those that follow take what cx_workers_open gave, or a copy of it: who has put a cache before it keeps one. */

/* Waits until each process that has a socket says that it is ready. Once, before anything is asked; who does not care,
 * or must not block, leaves it out. Classes: those of cx_live_open, INTERNAL. */
cx_status cx_workers_hello(const struct cx_source *workers, struct cx_detail *detail) CX_MUST;

/* A socket for process i, as start would have given it; it is taken over even by a failure. One that i still has is
 * closed without telling the host, and its questions fail. What waits is asked now. Classes: INTERNAL. */
cx_status cx_workers_give(const struct cx_source *workers, unsigned i, int fd) CX_MUST;

/* From now on everything is done by events of base, which outlives the source, and wait is not used. After a failure
 * the source can only be closed. Classes: INTERNAL. */
cx_status cx_workers_attach(const struct cx_source *workers, struct event_base *base) CX_MUST;

/* A source whose questions all go to process i, whatever their names: each process can be tried with one name. It borrows
 * workers, and need not be closed. Classes: INTERNAL (there is no such process). */
cx_status cx_workers_process(const struct cx_source *workers, unsigned i, struct cx_source *ret)
    CX_MUST;

#endif
