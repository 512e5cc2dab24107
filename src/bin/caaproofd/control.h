/* Between parent and each role: one message a packet (SOCK_SEQPACKET), with at most one descriptor.
 * I1: the list is closed; a message that its receiver must not get ends the role.
 * I2: descriptors are passed, never paths; each is close-on-exec. */
#ifndef CAAPROOFD_CONTROL_H
#define CAAPROOFD_CONTROL_H

#include "base/span.h"
#include "base/status.h"

#include <stdint.h>

#define CONTROL_TEXT 2000

enum control {
    CONTROL_UNSET = 0,
    /* parent to role */
    CONTROL_CONFIG,   /* fd: the configuration's text; number: octets */
    CONTROL_LISTENER, /* fd: a listening socket; number: its place in the configuration */
    CONTROL_SECRET, /* fd: content of a file; number: which (enum secret and place); text: octets */
    CONTROL_PEER,   /* fd: a stream to another role; number: which (enum role and place) */
    CONTROL_GO,     /* all that is needed was given */
    CONTROL_DRAIN,  /* nothing new; say CONTROL_DRAINED when nothing is under way */
    /* role to parent */
    CONTROL_WANT,  /* number: a peer that is needed */
    CONTROL_READY, /* text: how it runs */
    CONTROL_LOG,   /* number: level; text: one line */
    CONTROL_DRAINED,
    CONTROL_UP,          /* it does what it is for */
    CONTROL_DRAIN_ASKED, /* text: the caller that wants the daemon to end */
};

struct control_message {
    enum control kind;
    uint32_t number;
    cx_str text;
    int fd; /* -1: none */
};

/* Which peer or secret, as a number. */
static inline uint32_t
control_number(unsigned kind, unsigned place)
{
    return (uint32_t)kind << 16 | place;
}

/* fd stays the caller's. Classes: IO (CX_E_LIMIT: a line or a stream that would have to wait, and was not sent). */
cx_status control_send(int socket, const struct control_message *message) CX_MUST;

struct control_in {
    char text[CONTROL_TEXT + 8];
};

/* Waits if the socket does. The text lives in in; a descriptor is the caller's. Classes: IO (the other end is gone), MALFORMED,
 * LIMIT (there is none now). */
cx_status control_receive(int socket, struct control_in *in, struct control_message *ret) CX_MUST;

#endif
