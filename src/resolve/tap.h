/* What libunbound sends and receives, seen from inside the process: the executable's own sendto, recvfrom and the like
 * stand before libc's (symbol interposition), call those, and note questions for CAA, DNAME, DS and DNSKEY with their replies.
 * I1: behaviour never changes: every call goes to libc as it came, result and errno are libc's.
 * I2: only calls between cx_tap_enter and cx_tap_leave of the same thread are looked at.
 * I3: memory is bounded (CX_TAP_* in base/limits.h): the oldest exchanges make room.
 * I4: cx_tap_open gives a tap only if a question and a reply of libunbound were seen through it in this process.
 * docs/adr/0005-wire-tap.md says where that fails. */
#ifndef CX_RESOLVE_TAP_H
#define CX_RESOLVE_TAP_H

#include "dns/answer.h"

struct cx_tap;

struct cx_tap_address {
    int family; /* AF_INET, AF_INET6; 0 = unknown */
    uint16_t port;
    uint8_t ip[16];
};

/* A question and its reply. */
struct cx_exchange_seen {
    uint64_t number; /* of all that were seen, from 0 */
    struct cx_name name;
    uint16_t type;
    uint16_t id;
    int fd;
    bool tcp;
    bool replied;
    bool lost; /* there was a reply, or may have been, and no memory to keep it */
    struct cx_tap_address server;
    int64_t sent_us; /* cx_clock_us */
    int64_t replied_us;
    cx_span octets; /* the reply; empty if there is none */
    uint64_t older; /* number + 1 of the one before with the same hash of name and type, 0 = none */
    uint64_t older_on_fd; /* number + 1 of the one before on the same socket, 0 = none */
};

/* Whether the interposition works here: tried once in a process, with a libunbound context that asks a socket of ours on
 * loopback. */
bool cx_tap_works(void);
/* NULL where it does not work, or when out of memory. */
struct cx_tap *cx_tap_open(void);
void cx_tap_close(struct cx_tap *tap);

/* From now on this thread's calls are seen by tap, which may be NULL: by none. Returns the tap before, for leave. */
struct cx_tap *cx_tap_enter(struct cx_tap *tap);
void cx_tap_leave(struct cx_tap *before);

/* Number that the next exchange will have. */
uint64_t cx_tap_mark(const struct cx_tap *tap);
/* Exchanges from mark on are complete: none of them had to make room. */
bool cx_tap_is_complete(const struct cx_tap *tap, uint64_t mark);
/* The newest exchange about question, then the ones before; NULL: no more. Valid until the next call of libunbound. */
const struct cx_exchange_seen *cx_tap_newest(const struct cx_tap *tap,
                                             const struct cx_question *question);
const struct cx_exchange_seen *cx_tap_older(const struct cx_tap *tap,
                                            const struct cx_exchange_seen *exchange);

/* When any server last replied over AF_INET or AF_INET6; 0 = never. */
int64_t cx_tap_replied_us(const struct cx_tap *tap, int family);

/* Keyed hash of a question, for tables whose filling the outside controls. */
uint64_t cx_tap_hash(const struct cx_tap *tap, const struct cx_question *question);

/* "192.0.2.1" or "2001:db8::1", with "@PORT" if that is not 53. */
#define CX_TAP_ADDRESS_TEXT 64
void cx_tap_address_text(const struct cx_tap_address *address, char ret[CX_TAP_ADDRESS_TEXT]);

#endif
