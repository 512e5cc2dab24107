/* The parent as its files share it, and the life of one role in it (parent_child.c). */
#ifndef CAAPROOFD_PARENT_PRIV_H
#define CAAPROOFD_PARENT_PRIV_H

#include "bin/caaproofd/logging.h"
#include "bin/caaproofd/member.h"
#include "bin/caaproofd/parent_files.h"
#include "bin/caaproofd/parent_reload.h"

#include <event2/event.h>

struct parent;

/* One process, or the place of one. */
struct child {
    struct parent *parent;
    enum role role;
    unsigned place;
    pid_t pid; /* 0: not running */
    int control;
    struct event *readable;
    struct event *again;
    int64_t started_ms;
    unsigned backoff_ms;
    bool is_up; /* as it says */
};

enum reloading {
    RELOAD_NONE = 0,
    RELOAD_DRAINS, /* the front ends what is under way */
    RELOAD_ENDS,   /* the front has ended, and the others do */
};

struct parent {
    const char *path;
    struct config *config;
    struct files files; /* config, secrets and listening sockets, as descriptors */
    struct event_base *base;
    struct event *signals[5];
    struct child *children; /* the recorder, the front, resolvers, the courier if there is one */
    size_t n_children;
    struct child *front;
    struct logging logging;
    struct event *deadline; /* of the end */
    int notify;             /* the service manager; -1: none */
    struct reload reload;
    enum reloading reloading;
    bool reload_again; /* once this reload is over */
    bool is_ready;     /* as was said */
    bool is_draining;
    bool is_ending;
    int exit;
    /* What a role says. */
    void (*hear)(struct child *child, const struct control_message *message);
};

/* The place of a role, which does not run yet. Classes: NOMEM. */
cx_status child_init(struct child *child, struct parent *parent, enum role role, unsigned place)
    CX_MUST;
/* NULL: there is none. */
struct child *child_of(struct parent *p, enum role role, unsigned place);

/* Nothing, if it runs or all are ending. */
void child_start(struct child *child);
/* The more often it ended, the later. */
void child_start_later(struct child *child);
bool child_tell(const struct child *child, const struct control_message *message);
/* A stream between two roles: one end each. If b has ended, which we may not know yet, a gets none: it would lose that at once, and
 * ask for another. */
void child_connect(struct child *a, struct child *b);
/* Resolvers end with the front's streams, the others with our socket. A courier may be waiting for others, and has nothing to lose. */
void child_end(struct child *child);
/* It has ended, as waitpid says, and is started again unless that was meant. */
void child_bury(struct child *child, int status);

#endif
