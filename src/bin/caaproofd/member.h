/* A role from its own side: what the parent gave it, and what it says to the parent. One process is one role, so there is one of
 * these in a process.
 * I1: nothing but the parent's messages comes in on the control socket; when it ends, so does the role. */
#ifndef CAAPROOFD_MEMBER_H
#define CAAPROOFD_MEMBER_H

#include "bin/caaproofd/config.h"
#include "bin/caaproofd/control.h"
#include "bin/caaproofd/role.h"

#define MEMBER_CONTROL_FD 3
/* Descriptors that a process has beside connections: streams, events, the store. */
#define MEMBER_FILES 256

/* Files that only the parent can read; the place is that of the listener, the caller or the authority. */
enum secret {
    SECRET_CERTIFICATE,
    SECRET_KEY,
    SECRET_CLIENT_CA,
    SECRET_TOKEN,
    SECRET_TSA_ROOTS, /* no secret, but a file */
};

struct member_file {
    enum secret secret;
    unsigned place;
    struct cx_buf content;
};

struct member_fd {
    unsigned kind; /* enum role, or 0 for a listener */
    unsigned place;
    int fd;
};

struct member {
    enum role role;
    unsigned place; /* among those of its role */
    int control;
    struct config *config;
    struct member_file *files;
    size_t n_files;
    struct member_fd *fds; /* whoever uses one takes it: member_take_fd */
    size_t n_fds;
    char sandbox[200];   /* enforced, or what is missing of it */
    unsigned suppressed; /* lines that the parent had no room for */
};

/* Waits until all was given, up to CONTROL_GO. Classes: IO, MALFORMED, USAGE, NOMEM. */
cx_status member_begin(enum role role, unsigned place, struct member *ret, struct cx_detail *detail)
    CX_MUST;
void member_end(struct member *member);

/* All of a file in memory, appended. Classes: IO, NOMEM, LIMIT. */
cx_status member_read(int fd, struct cx_buf *buf) CX_MUST;

/* -1: there is none. */
int member_take_fd(struct member *member, unsigned kind, unsigned place);
/* n == 0: none, or empty. */
cx_span member_file(const struct member *member, enum secret secret, unsigned place);
/* Files are of no use any more: their octets are overwritten; tokens, by which callers are known, may stay. */
void member_wipe_files(struct member *member, bool but_tokens);

/* Somebody is to be asked to attest the log, so that a courier is needed. */
bool member_has_courier(const struct config *config);
/* How many processes resolve. */
unsigned member_resolvers(const struct config *config);

/* Into the sandbox of the role, as configured; what is missing is said in the log. Classes: those of sandbox_enter. */
struct sandbox_options;
cx_status member_enter_sandbox(struct member *member, struct sandbox_options *options,
                               struct cx_detail *detail) CX_MUST;

/* One line for the log; what would have to wait is counted, and said with the next. */
void member_log(struct member *member, enum config_level level, const char *fmt, ...)
    CX_PRINTF(3, 4);
/* A message without descriptor. */
void member_say(struct member *member, enum control kind, uint32_t number, const char *text);

#endif
