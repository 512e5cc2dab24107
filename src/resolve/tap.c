#include "resolve/tap.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "dns/message.h"

#include <event2/event.h>
#include <unbound-event.h>
#include <unbound.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* One message over TCP, as it comes in: two octets of length, then the message. */
struct stream {
    uint8_t head[2];
    size_t n_head;
    size_t n;
    uint8_t *message; /* NULL with n_head == 2: no memory for it, passed over */
};

struct endpoint {
    struct cx_tap_address peer;
    bool tcp;
    uint64_t newest; /* number + 1 */
    struct stream in;
};

struct cx_tap {
    uint64_t key; /* of the hash: what outsiders ask for cannot aim at one bucket */
    uint64_t next;
    uint64_t oldest;
    size_t bytes; /* of replies kept and of messages coming in */
    struct cx_exchange_seen *ring;
    uint64_t *bucket; /* number + 1 */
    struct endpoint *endpoints;
    int64_t replied_us[2]; /* when somebody last replied: over IPv4, over IPv6; 0 = never */
};

static _Thread_local struct cx_tap *active;

/* ---- exchanges */

uint64_t
cx_tap_hash(const struct cx_tap *tap, const struct cx_question *question)
{
    return cx_hash(tap->key ^ question->type, question->name);
}

static uint64_t *
bucket_of(const struct cx_tap *tap, const struct cx_question *question)
{
    return &tap->bucket[cx_tap_hash(tap, question) % CX_TAP_EXCHANGES_MAX];
}

/* NULL for 0 and for what has made room. */
static struct cx_exchange_seen *
numbered(const struct cx_tap *tap, uint64_t number_plus_1)
{
    return number_plus_1 > tap->oldest ? &tap->ring[(number_plus_1 - 1) % CX_TAP_EXCHANGES_MAX]
                                       : NULL;
}

static void
drop_oldest(struct cx_tap *tap)
{
    struct cx_exchange_seen *exchange = &tap->ring[tap->oldest % CX_TAP_EXCHANGES_MAX];

    tap->bytes -= exchange->octets.n;
    cx_free((void *)(uintptr_t)exchange->octets.p); /* ours: given out as const */
    exchange->octets = (cx_span){ NULL, 0 };
    tap->oldest++;
}

/* Memory for octets of replies; NULL if there is none even after everything else made room. */
static uint8_t *
room_for(struct cx_tap *tap, size_t n)
{
    uint8_t *p;

    while (tap->bytes + n > CX_TAP_BYTES_MAX && tap->oldest != tap->next) {
        drop_oldest(tap);
    }
    if (tap->bytes + n > CX_TAP_BYTES_MAX) {
        return NULL;
    }
    p = cx_alloc(n, 1);
    if (p != NULL) {
        tap->bytes += n;
    }
    return p;
}

static struct endpoint *
endpoint_of(struct cx_tap *tap, int fd)
{
    return fd >= 0 && fd < CX_TAP_SOCKETS_MAX ? &tap->endpoints[fd] : NULL;
}

static struct cx_tap_address
address_of(const struct sockaddr *addr, socklen_t n)
{
    struct cx_tap_address ret = { .family = 0 };

    if (addr != NULL && addr->sa_family == AF_INET && n >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;

        memcpy(&in, addr, sizeof(in));
        ret.family = AF_INET;
        ret.port = ntohs(in.sin_port);
        memcpy(ret.ip, &in.sin_addr, 4);
    } else if (addr != NULL && addr->sa_family == AF_INET6 && n >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in;

        memcpy(&in, addr, sizeof(in));
        ret.family = AF_INET6;
        ret.port = ntohs(in.sin6_port);
        memcpy(ret.ip, &in.sin6_addr, 16);
    }
    return ret;
}

static bool
same_address(const struct cx_tap_address *a, const struct cx_tap_address *b)
{
    return a->family == b->family && a->port == b->port && memcmp(a->ip, b->ip, 16) == 0;
}

/* A socket begins a new life with another peer: its number may have belonged to another one before. */
static void
begin_socket(struct cx_tap *tap, int fd, const struct sockaddr *addr, socklen_t n, bool tcp)
{
    struct endpoint *e = endpoint_of(tap, fd);
    size_t announced;

    if (e == NULL) {
        return;
    }
    if (e->in.message != NULL) {
        announced = (size_t)e->in.head[0] << 8 | e->in.head[1];
        tap->bytes -= announced;
        cx_free(e->in.message);
    }
    *e = (struct endpoint){ .peer = address_of(addr, n), .tcp = tcp };
}

/* What the climb asks, and what its DNSSEC chains are made of. */
static bool
is_watched(uint16_t type)
{
    return type == CX_TYPE_CAA || type == CX_TYPE_DNAME || type == CX_TYPE_DS ||
           type == CX_TYPE_DNSKEY;
}

static void
note_query(struct cx_tap *tap, int fd, const struct cx_tap_address *server, cx_span octets)
{
    struct endpoint *e = endpoint_of(tap, fd);
    struct cx_exchange_seen *exchange;
    struct cx_message m;
    struct cx_question question;
    uint64_t *bucket;

    if (e == NULL || server->family == 0 || !cx_ok(cx_message_open(octets, &m)) || m.qr ||
        !is_watched(m.qtype)) {
        return;
    }
    if (tap->next - tap->oldest == CX_TAP_EXCHANGES_MAX) {
        drop_oldest(tap);
    }
    question = (struct cx_question){ cx_name_span(&m.qname), m.qtype };
    bucket = bucket_of(tap, &question);
    exchange = &tap->ring[tap->next % CX_TAP_EXCHANGES_MAX];
    *exchange = (struct cx_exchange_seen){
        .number = tap->next,
        .name = m.qname,
        .type = m.qtype,
        .id = m.id,
        .fd = fd,
        .tcp = e->tcp,
        .server = *server,
        .sent_us = cx_clock_us(),
        .older = *bucket,
        .older_on_fd = e->newest,
    };
    *bucket = e->newest = ++tap->next;
}

/* The open question on fd that a reply belongs to: by server and ID, as libunbound matches them. */
static struct cx_exchange_seen *
question_of(const struct cx_tap *tap, const struct endpoint *e, const struct cx_tap_address *from,
            uint16_t id)
{
    struct cx_exchange_seen *exchange = numbered(tap, e->newest);

    for (unsigned i = 0; exchange != NULL && i < CX_TAP_CHAIN_MAX; i++) {
        if (!exchange->replied && exchange->id == id && same_address(&exchange->server, from)) {
            return exchange;
        }
        exchange = numbered(tap, exchange->older_on_fd);
    }
    return NULL;
}

static void
note_reply(struct cx_tap *tap, int fd, const struct cx_tap_address *from, const uint8_t *p,
           size_t n)
{
    struct endpoint *e = endpoint_of(tap, fd);
    struct cx_exchange_seen *exchange;
    uint8_t *copy;
    uint64_t number;

    if (e == NULL || n < 12 || n > CX_MESSAGE_MAX) { /* libunbound too waits for a header */
        return;
    }
    exchange = question_of(tap, e, from, (uint16_t)(p[0] << 8 | p[1]));
    if (exchange == NULL) {
        return;
    }
    if (from->family == AF_INET || from->family == AF_INET6) {
        tap->replied_us[from->family == AF_INET6 ? 1 : 0] = cx_clock_us();
    }
    number = exchange->number;
    copy = room_for(tap, n);
    if (copy == NULL || number < tap->oldest) {
        tap->bytes -= copy != NULL ? n : 0;
        cx_free(copy);
        exchange->lost = true; /* of one that made room this is of no importance */
        return;
    }
    memcpy(copy, p, n);
    exchange->octets = (cx_span){ copy, n };
    exchange->replied = true;
    exchange->replied_us = cx_clock_us();
}

/* A message over TCP that could not be kept answers one of the open questions there. */
static void
lose_replies(struct cx_tap *tap, const struct endpoint *e)
{
    struct cx_exchange_seen *exchange = numbered(tap, e->newest);

    for (unsigned i = 0; exchange != NULL && i < CX_TAP_CHAIN_MAX; i++) {
        exchange->lost = exchange->lost || !exchange->replied;
        exchange = numbered(tap, exchange->older_on_fd);
    }
}

static void
end_message(struct cx_tap *tap, int fd, struct endpoint *e)
{
    size_t announced = (size_t)e->in.head[0] << 8 | e->in.head[1];
    uint8_t *message = e->in.message;

    e->in = (struct stream){ .message = NULL };
    if (message != NULL) {
        tap->bytes -= announced;
        note_reply(tap, fd, &e->peer, message, announced);
        cx_free(message);
    } else if (announced != 0) {
        lose_replies(tap, e);
    }
}

static void
note_stream(struct cx_tap *tap, int fd, struct endpoint *e, const uint8_t *p, size_t n)
{
    while (n != 0) {
        struct stream *in = &e->in;
        size_t announced, take;

        if (in->n_head < 2) {
            in->head[in->n_head++] = *p++;
            n--;
            announced = (size_t)in->head[0] << 8 | in->head[1];
            if (in->n_head == 2 && announced != 0) {
                in->message = room_for(tap, announced);
            }
        } else {
            announced = (size_t)in->head[0] << 8 | in->head[1];
            take = n < announced - in->n ? n : announced - in->n;
            if (in->message != NULL) {
                memcpy(in->message + in->n, p, take);
            }
            in->n += take;
            p += take;
            n -= take;
        }
        if (in->n_head == 2 && in->n == announced) {
            end_message(tap, fd, e);
        }
    }
}

/* ---- what the calls mean; each after libc has done its part */

static void
seen_datagram(int fd, const void *octets, ssize_t n, const struct sockaddr *to, socklen_t to_n)
{
    struct endpoint *e = endpoint_of(active, fd);
    struct cx_tap_address server;

    if (e == NULL || n < 0) { /* R-FAIL-8: without a way to the server it was not asked */
        return;
    }
    server = to != NULL ? address_of(to, to_n) : e->peer;
    if (to != NULL) {
        e->tcp = false;
    }
    if (!e->tcp) {
        note_query(active, fd, &server, (cx_span){ octets, (size_t)n });
    }
}

/* libunbound sends a message over TCP in two pieces, length and message; the kernel takes so few octets whole. */
static void
seen_stream_out(int fd, const struct iovec *iov, size_t n, ssize_t sent)
{
    struct endpoint *e = endpoint_of(active, fd);

    if (e != NULL && n == 2 && iov[0].iov_len == 2 && sent >= 0 &&
        (size_t)sent == iov[0].iov_len + iov[1].iov_len) {
        e->tcp = true;
        note_query(active, fd, &e->peer, (cx_span){ iov[1].iov_base, iov[1].iov_len });
    }
}

static void
seen_in(int fd, const void *octets, ssize_t n, int flags, const struct sockaddr *from,
        socklen_t from_n)
{
    struct endpoint *e = endpoint_of(active, fd);
    struct cx_tap_address server;

    if (e == NULL || n <= 0 || (flags & MSG_PEEK) != 0) {
        return;
    }
    if (e->tcp) {
        note_stream(active, fd, e, octets, (size_t)n);
        return;
    }
    server = from != NULL ? address_of(from, from_n) : e->peer;
    note_reply(active, fd, &server, octets, (size_t)n);
}

/* ---- the calls themselves, under the names of libc: names of C of their own, so that libc's inline versions and
 * attributes do not come into it */

#define EXPORT(name) __asm__(#name) __attribute__((visibility("default")))

int cx_tap_connect(int fd, const struct sockaddr *addr, socklen_t n) EXPORT(connect);
ssize_t cx_tap_send(int fd, const void *p, size_t n, int flags) EXPORT(send);
ssize_t cx_tap_sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to,
                      socklen_t to_n) EXPORT(sendto);
ssize_t cx_tap_sendmsg(int fd, const struct msghdr *message, int flags) EXPORT(sendmsg);
ssize_t cx_tap_writev(int fd, const struct iovec *iov, int n) EXPORT(writev);
ssize_t cx_tap_recv(int fd, void *p, size_t n, int flags) EXPORT(recv);
ssize_t cx_tap_recvfrom(int fd, void *p, size_t n, int flags, struct sockaddr *from,
                        socklen_t *from_n) EXPORT(recvfrom);

/* What a program built with _FORTIFY_SOURCE calls instead. */
ssize_t cx_tap_recv_chk(int fd, void *p, size_t n, size_t room, int flags) EXPORT(__recv_chk);
ssize_t cx_tap_recvfrom_chk(int fd, void *p, size_t n, size_t room, int flags,
                            struct sockaddr *from, socklen_t *from_n) EXPORT(__recvfrom_chk);

/* libc's function, or a sanitizer's before it. Threads that find it at the same time find the same one. */
static void
find(void *at, size_t size, const char *name)
{
    void *p = dlsym(RTLD_NEXT, name);

    if (p == NULL) {
        abort(); /* a process without sendto: nothing of it can be trusted */
    }
    memcpy(at, &p, size);
}

#define NEXT(name, libc_name)                                                                      \
    static __typeof__(cx_tap_##name) *next_;                                                       \
    __typeof__(cx_tap_##name) *next = __atomic_load_n(&next_, __ATOMIC_RELAXED);                   \
                                                                                                   \
    if (next == NULL) {                                                                            \
        find(&next, sizeof(next), #libc_name);                                                     \
        __atomic_store_n(&next_, next, __ATOMIC_RELAXED);                                          \
    }

int
cx_tap_connect(int fd, const struct sockaddr *addr, socklen_t n)
{
    NEXT(connect, connect)

    if (active != NULL) {
        begin_socket(active, fd, addr, n, false);
    }
    return next(fd, addr, n);
}

ssize_t
cx_tap_send(int fd, const void *p, size_t n, int flags)
{
    NEXT(send, send)
    ssize_t ret = next(fd, p, n, flags);
    int error = errno;

    if (active != NULL) {
        seen_datagram(fd, p, ret, NULL, 0);
        errno = error;
    }
    return ret;
}

ssize_t
cx_tap_sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to, socklen_t to_n)
{
    NEXT(sendto, sendto)
    ssize_t ret = next(fd, p, n, flags, to, to_n);
    int error = errno;

    if (active != NULL) {
        seen_datagram(fd, p, ret, to, to_n);
        errno = error;
    }
    return ret;
}

/* With a name, TCP fast open: it connects too. */
ssize_t
cx_tap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    NEXT(sendmsg, sendmsg)
    ssize_t ret = next(fd, message, flags);
    int error = errno;

    if (active != NULL) {
        if (message->msg_name != NULL) {
            begin_socket(active, fd, message->msg_name, message->msg_namelen, true);
        }
        seen_stream_out(fd, message->msg_iov, message->msg_iovlen, ret);
        errno = error;
    }
    return ret;
}

ssize_t
cx_tap_writev(int fd, const struct iovec *iov, int n)
{
    NEXT(writev, writev)
    ssize_t ret = next(fd, iov, n);
    int error = errno;

    if (active != NULL && n > 0) {
        seen_stream_out(fd, iov, (size_t)n, ret);
        errno = error;
    }
    return ret;
}

ssize_t
cx_tap_recv(int fd, void *p, size_t n, int flags)
{
    NEXT(recv, recv)
    ssize_t ret = next(fd, p, n, flags);
    int error = errno;

    if (active != NULL) {
        seen_in(fd, p, ret, flags, NULL, 0);
        errno = error;
    }
    return ret;
}

ssize_t
cx_tap_recvfrom(int fd, void *p, size_t n, int flags, struct sockaddr *from, socklen_t *from_n)
{
    NEXT(recvfrom, recvfrom)
    ssize_t ret = next(fd, p, n, flags, from, from_n);
    int error = errno;

    if (active != NULL) {
        seen_in(fd, p, ret, flags, from, from_n != NULL ? *from_n : 0);
        errno = error;
    }
    return ret;
}

ssize_t
cx_tap_recv_chk(int fd, void *p, size_t n, size_t room, int flags)
{
    NEXT(recv_chk, __recv_chk)
    ssize_t ret = next(fd, p, n, room, flags);
    int error = errno;

    if (active != NULL) {
        seen_in(fd, p, ret, flags, NULL, 0);
        errno = error;
    }
    return ret;
}

ssize_t
cx_tap_recvfrom_chk(int fd, void *p, size_t n, size_t room, int flags, struct sockaddr *from,
                    socklen_t *from_n)
{
    NEXT(recvfrom_chk, __recvfrom_chk)
    ssize_t ret = next(fd, p, n, room, flags, from, from_n);
    int error = errno;

    if (active != NULL) {
        seen_in(fd, p, ret, flags, from, from_n != NULL ? *from_n : 0);
        errno = error;
    }
    return ret;
}

/* ---- the tap */

static struct cx_tap *
new_tap(void)
{
    struct cx_tap *tap = cx_alloc(1, sizeof(*tap));

    if (tap == NULL) {
        return NULL;
    }
    tap->ring = cx_alloc(CX_TAP_EXCHANGES_MAX, sizeof(*tap->ring));
    tap->bucket = cx_alloc(CX_TAP_EXCHANGES_MAX, sizeof(*tap->bucket));
    tap->endpoints = cx_alloc(CX_TAP_SOCKETS_MAX, sizeof(*tap->endpoints));
    if (tap->ring == NULL || tap->bucket == NULL || tap->endpoints == NULL ||
        !cx_hash_key(&tap->key)) {
        cx_tap_close(tap);
        return NULL;
    }
    return tap;
}

void
cx_tap_close(struct cx_tap *tap)
{
    if (tap == NULL) {
        return;
    }
    while (tap->ring != NULL && tap->oldest != tap->next) {
        drop_oldest(tap);
    }
    for (size_t i = 0; tap->endpoints != NULL && i < CX_TAP_SOCKETS_MAX; i++) {
        cx_free(tap->endpoints[i].in.message);
    }
    cx_free(tap->endpoints);
    cx_free(tap->bucket);
    cx_free(tap->ring);
    cx_free(tap);
}

struct cx_tap *
cx_tap_enter(struct cx_tap *tap)
{
    struct cx_tap *before = active;

    active = tap;
    return before;
}

void
cx_tap_leave(struct cx_tap *before)
{
    active = before;
}

uint64_t
cx_tap_mark(const struct cx_tap *tap)
{
    return tap->next;
}

bool
cx_tap_is_complete(const struct cx_tap *tap, uint64_t mark)
{
    return mark >= tap->oldest;
}

int64_t
cx_tap_replied_us(const struct cx_tap *tap, int family)
{
    return tap->replied_us[family == AF_INET6 ? 1 : 0];
}

static bool
is_about(const struct cx_exchange_seen *exchange, cx_span name, uint16_t type)
{
    return exchange->type == type && cx_span_equal(cx_name_span(&exchange->name), name);
}

const struct cx_exchange_seen *
cx_tap_newest(const struct cx_tap *tap, const struct cx_question *question)
{
    const struct cx_exchange_seen *exchange = numbered(tap, *bucket_of(tap, question));

    while (exchange != NULL && !is_about(exchange, question->name, question->type)) {
        exchange = numbered(tap, exchange->older);
    }
    return exchange;
}

const struct cx_exchange_seen *
cx_tap_older(const struct cx_tap *tap, const struct cx_exchange_seen *exchange)
{
    const struct cx_exchange_seen *older = numbered(tap, exchange->older);

    while (older != NULL && !is_about(older, cx_name_span(&exchange->name), exchange->type)) {
        older = numbered(tap, older->older);
    }
    return older;
}

void
cx_tap_address_text(const struct cx_tap_address *address, char ret[CX_TAP_ADDRESS_TEXT])
{
    char ip[INET6_ADDRSTRLEN] = "?";

    if (address->family != 0) {
        (void)inet_ntop(address->family, address->ip, ip, sizeof(ip)); /* large enough */
    }
    if (address->port == 53) {
        (void)snprintf(ret, CX_TAP_ADDRESS_TEXT, "%s", ip);
    } else {
        (void)snprintf(ret, CX_TAP_ADDRESS_TEXT, "%s@%u", ip, address->port);
    }
}

/* ---- self-test */

static void
note_done(void *ctx, int rcode, void *packet, int n, int sec, char *why, int ratelimited)
{
    (void)rcode, (void)packet, (void)n, (void)sec, (void)why, (void)ratelimited;
    *(bool *)ctx = true;
}

/* A socket on loopback that stands for a server. */
static int
open_server(char at[CX_TAP_ADDRESS_TEXT])
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    socklen_t n = sizeof(in);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && (bind(fd, (struct sockaddr *)&in, n) != 0 ||
                    getsockname(fd, (struct sockaddr *)&in, &n) != 0)) {
        (void)close(fd);
        return -1;
    }
    (void)snprintf(at, CX_TAP_ADDRESS_TEXT, "127.0.0.1@%u", ntohs(in.sin_port));
    return fd;
}

/* REFUSED, with the question as it came. */
static void
refuse_all(int fd)
{
    uint8_t message[512];
    struct sockaddr_in from;
    socklen_t length = sizeof(from);
    ssize_t n = recvfrom(fd, message, sizeof(message), 0, (struct sockaddr *)&from, &length);

    while (n >= 12) {
        message[2] |= 0x80;
        message[3] = 5;
        (void)sendto(fd, message, (size_t)n, 0, (struct sockaddr *)&from,
                     length); /* or time runs out */
        n = recvfrom(fd, message, sizeof(message), 0, (struct sockaddr *)&from, &length);
    }
}

static void
converse(struct cx_tap *tap, struct event_base *base, int fd, const bool *done)
{
    const struct timeval pause = { .tv_usec = 10000 };

    for (int turn = 0; turn < 50 && !*done; turn++) {
        struct cx_tap *before;

        refuse_all(fd);
        before = cx_tap_enter(tap);
        (void)event_base_loopexit(base, &pause);
        (void)event_base_loop(base, EVLOOP_ONCE);
        cx_tap_leave(before);
    }
}

/* Asks for the CAA of "tap.example" through a context of its own. */
static void
ask_ourselves(struct cx_tap *tap, struct event_base *base, struct ub_ctx *ub)
{
    char at[CX_TAP_ADDRESS_TEXT];
    int fd = open_server(at);
    bool done = false;

    if (fd < 0) {
        return;
    }
    (void)ub_ctx_debugout(ub, NULL); /* silent; the rest shows in what is seen */
    (void)ub_ctx_set_option(ub, "module-config:", "iterator");
    (void)ub_ctx_set_option(ub, "do-not-query-localhost:", "no");
    if (ub_ctx_set_fwd(ub, at) == 0) {
        struct cx_tap *before = cx_tap_enter(tap);
        int error =
            ub_resolve_event(ub, "tap.example", CX_TYPE_CAA, CX_CLASS_IN, &done, note_done, NULL);

        cx_tap_leave(before);
        if (error == 0) {
            converse(tap, base, fd, &done);
        }
    }
    (void)close(fd);
}

static bool
test_ourselves(void)
{
    struct cx_tap *tap = new_tap();
    struct event_base *base = event_base_new();
    struct ub_ctx *ub = base != NULL ? ub_ctx_create_event(base) : NULL;
    bool works = false;

    if (tap != NULL && ub != NULL) {
        ask_ourselves(tap, base, ub);
        works = tap->next != 0 && tap->ring[0].replied && (tap->ring[0].octets.p[3] & 15) == 5;
    }
    if (ub != NULL) {
        ub_ctx_delete(ub);
    }
    if (base != NULL) {
        event_base_free(base);
    }
    cx_tap_close(tap);
    return works;
}

bool
cx_tap_works(void)
{
    static int works; /* 0 not tried, 1 no, 2 yes: a property of the program, not of a request */

    if (works == 0) {
        works = test_ourselves() ? 2 : 1;
    }
    return works == 2;
}

struct cx_tap *
cx_tap_open(void)
{
    return cx_tap_works() ? new_tap() : NULL;
}
