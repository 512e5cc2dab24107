/* The wire tap on sockets of the test's own, and what is made of exchanges. The test is a program like any other: its
 * own calls of send and recv go through the tap too. */
#include "base/alloc.h"
#include "base/limits.h"
#include "cmocka_main.h"
#include "resolve/explain.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- messages */

enum {
    QUERY_FLAGS = 0,
    REPLY_FLAGS = 0x8400
};

struct message {
    uint8_t p[600];
    size_t n;
};

static void
put(struct message *m, const void *p, size_t n)
{
    assert_true(m->n + n <= sizeof(m->p));
    memcpy(m->p + m->n, p, n);
    m->n += n;
}

static void
put_16(struct message *m, unsigned value)
{
    const uint8_t octets[] = { (uint8_t)(value >> 8), (uint8_t)value };

    put(m, octets, 2);
}

static struct cx_name
name_of(const char *text)
{
    struct cx_name name;

    assert_true(cx_ok(cx_name_from_text(cx_str_of(text), &name, NULL)));
    return name;
}

static void
put_name(struct message *m, const char *text)
{
    struct cx_name name = name_of(text);

    put(m, name.wire, name.n);
}

static struct message
message(unsigned id, unsigned flags, const char *name, unsigned type)
{
    struct message m = { .n = 0 };

    put_16(&m, id);
    put_16(&m, flags);
    put_16(&m, 1);
    put(&m, "\0\0\0\0\0", 6);
    put_name(&m, name);
    put_16(&m, type);
    put_16(&m, CX_CLASS_IN);
    return m;
}

/* section: 0 answer, 1 authority */
static void
put_record(struct message *m, unsigned section, const char *owner, unsigned type,
           const struct message *rdata)
{
    put_name(m, owner);
    put_16(m, type);
    put_16(m, CX_CLASS_IN);
    put(m, "\0\0\0\74", 4);
    put_16(m, (unsigned)rdata->n);
    put(m, rdata->p, rdata->n);
    m->p[7 + 2 * section]++;
}

static void
put_named(struct message *m, unsigned section, const char *owner, unsigned type, const char *target)
{
    struct message rdata = { .n = 0 };

    put_name(&rdata, target);
    put_record(m, section, owner, type, &rdata);
}

static void
put_soa(struct message *m, const char *owner)
{
    struct message rdata = { .n = 0 };

    put(&rdata, "\0\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\74", 22);
    put_record(m, 1, owner, CX_TYPE_SOA, &rdata);
}

static void
put_caa(struct message *m, const char *owner)
{
    struct message rdata = { .n = 0 };

    put(&rdata, "\0\5issueca.example", 17);
    put_record(m, 0, owner, CX_TYPE_CAA, &rdata);
}

/* ---- a server on loopback and a client of it */

struct pair {
    struct cx_tap *tap;
    int server;
    int client;
    uint16_t port;
};

static struct sockaddr_in
loopback(int fd)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t n = sizeof(at);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    return at;
}

static void
connect_seen(struct pair *p, const struct sockaddr_in *at)
{
    struct cx_tap *before = cx_tap_enter(p->tap);

    assert_int_equal(connect(p->client, (const struct sockaddr *)at, sizeof(*at)), 0);
    cx_tap_leave(before);
}

static void
pair_open(struct pair *p, int type)
{
    struct sockaddr_in at;

    p->tap = cx_tap_open();
    assert_non_null(p->tap);
    p->server = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    p->client = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_true(p->server >= 0 && p->client >= 0);
    at = loopback(p->server);
    p->port = ntohs(at.sin_port);
    if (type == SOCK_STREAM) {
        int listening = p->server;

        assert_int_equal(listen(listening, 1), 0);
        connect_seen(p, &at);
        p->server = accept(listening, NULL, NULL);
        assert_true(p->server >= 0);
        (void)close(listening);
    } else {
        connect_seen(p, &at);
    }
}

static void
pair_close(struct pair *p)
{
    (void)close(p->server);
    (void)close(p->client);
    cx_tap_close(p->tap);
}

static void
ask_seen(struct pair *p, const struct message *query)
{
    struct cx_tap *before = cx_tap_enter(p->tap);

    assert_int_equal(send(p->client, query->p, query->n, 0), (ssize_t)query->n);
    cx_tap_leave(before);
}

/* The server's reply goes out unseen and comes in seen. */
static void
reply_seen(struct pair *p, const struct message *reply)
{
    uint8_t room[1024];
    struct sockaddr_in from;
    socklen_t n = sizeof(from);
    struct cx_tap *before;

    assert_true(recvfrom(p->server, room, sizeof(room), 0, (struct sockaddr *)&from, &n) > 0);
    assert_true(sendto(p->server, reply->p, reply->n, 0, (struct sockaddr *)&from, n) > 0);
    before = cx_tap_enter(p->tap);
    n = sizeof(from);
    assert_int_equal(recvfrom(p->client, room, sizeof(room), 0, (struct sockaddr *)&from, &n),
                     (ssize_t)reply->n);
    cx_tap_leave(before);
}

static void
exchange(struct pair *p, const char *name, struct message reply)
{
    struct message query = message(7, QUERY_FLAGS, name, CX_TYPE_CAA);

    reply.p[0] = 0;
    reply.p[1] = 7;
    ask_seen(p, &query);
    reply_seen(p, &reply);
}

static const struct cx_exchange_seen *
newest(const struct pair *p, const char *text, uint16_t type)
{
    struct cx_name name = name_of(text);
    struct cx_question question = { cx_name_span(&name), type };

    return cx_tap_newest(p->tap, &question);
}

/* ---- the tap */

static void
test_udp_is_seen(void **state)
{
    struct pair p;
    struct message query = message(0x1234, QUERY_FLAGS, "Www.Example", CX_TYPE_CAA);
    struct message reply = message(0x1234, REPLY_FLAGS | 3, "www.example", CX_TYPE_CAA);
    const struct cx_exchange_seen *x;
    char text[CX_TAP_ADDRESS_TEXT], expected[CX_TAP_ADDRESS_TEXT];

    (void)state;
    pair_open(&p, SOCK_DGRAM);
    assert_int_equal(cx_tap_mark(p.tap), 0);
    ask_seen(&p, &query);
    x = newest(&p, "www.example", CX_TYPE_CAA);
    assert_non_null(x);
    assert_false(x->replied || x->tcp);
    assert_int_equal(x->id, 0x1234);
    cx_tap_address_text(&x->server, text);
    (void)snprintf(expected, sizeof(expected), "127.0.0.1@%u", p.port);
    assert_string_equal(text, expected);
    reply_seen(&p, &reply);
    x = newest(&p, "www.example", CX_TYPE_CAA);
    assert_true(x->replied && x->replied_us >= x->sent_us);
    assert_int_equal(x->octets.n, reply.n);
    assert_memory_equal(x->octets.p, reply.p, reply.n);
    assert_null(cx_tap_older(p.tap, x));
    assert_null(newest(&p, "example", CX_TYPE_CAA));
    assert_null(newest(&p, "www.example", CX_TYPE_DNAME));
    assert_int_equal(cx_tap_mark(p.tap), 1);
    pair_close(&p);
}

/* Other types, other protocols, replies to nobody's question, calls that are not libunbound's. */
static void
test_the_rest_is_ignored(void **state)
{
    static const char http[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct pair p;
    struct message noise = { .n = 0 };
    struct message address = message(1, QUERY_FLAGS, "www.example", 1);
    struct message query = message(2, QUERY_FLAGS, "www.example", CX_TYPE_CAA);
    struct message other_id = message(3, REPLY_FLAGS, "www.example", CX_TYPE_CAA);
    struct message reply = message(2, REPLY_FLAGS, "www.example", CX_TYPE_CAA);

    (void)state;
    pair_open(&p, SOCK_DGRAM);
    put(&noise, http, sizeof(http));
    ask_seen(&p, &noise);
    ask_seen(&p, &address);
    ask_seen(&p, &reply);
    assert_true(send(p.client, query.p, query.n, 0) > 0); /* not in between */
    assert_int_equal(cx_tap_mark(p.tap), 0);
    ask_seen(&p, &query);
    assert_int_equal(cx_tap_mark(p.tap), 1);
    reply_seen(&p, &other_id);
    reply_seen(&p, &noise);
    assert_false(newest(&p, "www.example", CX_TYPE_CAA)->replied);
    reply_seen(&p, &reply);
    assert_true(newest(&p, "www.example", CX_TYPE_CAA)->replied);
    reply.p[3] |= 2; /* a second reply changes nothing */
    reply_seen(&p, &reply);
    assert_int_equal(newest(&p, "www.example", CX_TYPE_CAA)->octets.p[3] & 15, 0);
    pair_close(&p);
}

static void
test_results_and_errno_are_those_of_libc(void **state)
{
    static const int bad[] = { -1, 1000000 };
    struct cx_tap *tap = cx_tap_open();
    struct cx_tap *before = cx_tap_enter(tap);
    uint8_t room[4] = { 0 };
    struct iovec iov = { room, sizeof(room) };
    struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    (void)state;
    assert_int_equal(recv(fd, room, sizeof(room), 0), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(send(fd, room, sizeof(room), 0), -1);
    assert_int_equal(errno, EDESTADDRREQ);
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        assert_int_equal(sendto(bad[i], room, 4, 0, (struct sockaddr *)&at, sizeof(at)), -1);
        assert_int_equal(errno, EBADF);
        assert_int_equal(recvfrom(bad[i], room, 4, 0, NULL, NULL), -1);
        assert_int_equal(errno, EBADF);
        assert_int_equal(connect(bad[i], (struct sockaddr *)&at, sizeof(at)), -1);
        assert_int_equal(errno, EBADF);
        assert_int_equal(sendmsg(bad[i], &message, 0), -1);
        assert_int_equal(errno, EBADF);
        assert_int_equal(writev(bad[i], &iov, 1), -1);
        assert_int_equal(errno, EBADF);
    }
    assert_int_equal(cx_tap_mark(tap), 0);
    cx_tap_leave(before);
    (void)close(fd);
    cx_tap_close(tap);
}

/* TEST R-FAIL-8: a question that the system did not send was not asked. */
static void
test_what_was_not_sent_is_no_question(void **state)
{
    struct message query = message(7, QUERY_FLAGS, "www.example", CX_TYPE_CAA);
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct cx_tap *tap = cx_tap_open();
    struct cx_tap *before = cx_tap_enter(tap);

    (void)state;
    at.sin_port = 0; /* which nothing can be sent to */
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(sendto(fd, query.p, query.n, 0, (struct sockaddr *)&at, sizeof(at)), -1);
    assert_int_equal(cx_tap_mark(tap), 0);
    cx_tap_leave(before);
    (void)close(fd);
    cx_tap_close(tap);
}

/* Length and message in two pieces, as libunbound sends them; the reply octet by octet, and two at once. */
static void
test_tcp_is_seen_however_it_is_cut(void **state)
{
    struct pair p;
    struct message query = message(5, QUERY_FLAGS, "www.example", CX_TYPE_CAA);
    struct message reply = message(5, REPLY_FLAGS, "www.example", CX_TYPE_CAA);
    struct message framed = { .n = 0 };
    uint8_t length[] = { 0, (uint8_t)query.n };
    struct iovec iov[] = { { length, 2 }, { query.p, query.n } };

    (void)state;
    pair_open(&p, SOCK_STREAM);
    put_16(&framed, (unsigned)reply.n);
    put(&framed, reply.p, reply.n);
    for (size_t step = 1; step <= framed.n; step += framed.n - 1) {
        struct cx_tap *before = cx_tap_enter(p.tap);
        uint8_t room[600];

        assert_int_equal(writev(p.client, iov, 2), (ssize_t)query.n + 2);
        assert_false(newest(&p, "www.example", CX_TYPE_CAA)->replied);
        assert_int_equal(send(p.server, framed.p, framed.n, 0), (ssize_t)framed.n);
        for (size_t at = 0; at < framed.n; at += step) {
            assert_int_equal(recv(p.client, room, step, 0), (ssize_t)step);
        }
        cx_tap_leave(before);
        assert_true(newest(&p, "www.example", CX_TYPE_CAA)->replied);
        assert_true(newest(&p, "www.example", CX_TYPE_CAA)->tcp);
        assert_int_equal(newest(&p, "www.example", CX_TYPE_CAA)->octets.n, reply.n);
    }
    assert_int_equal(cx_tap_mark(p.tap), 2);
    /* Closed in the middle of a message. */
    assert_int_equal(send(p.server, "\3", 1, 0), 1);
    assert_int_equal(send(p.server, "\0\0\0", 3, 0), 3);
    for (int i = 0; i < 4; i++) {
        struct cx_tap *before = cx_tap_enter(p.tap);
        uint8_t room;

        assert_int_equal(recv(p.client, &room, 1, 0), 1);
        cx_tap_leave(before);
    }
    pair_close(&p);
}

static void
test_the_oldest_make_room(void **state)
{
    struct pair p;
    struct message reply = message(7, REPLY_FLAGS, "first.example", CX_TYPE_CAA);

    (void)state;
    pair_open(&p, SOCK_DGRAM);
    exchange(&p, "first.example", reply);
    assert_true(cx_tap_is_complete(p.tap, 0));
    for (unsigned i = 0; i < CX_TAP_EXCHANGES_MAX; i++) {
        struct message query = message(i & 0xffff, QUERY_FLAGS, "www.example", CX_TYPE_CAA);
        uint8_t room[600];

        ask_seen(&p, &query);
        assert_true(recv(p.server, room, sizeof(room), 0) > 0);
    }
    assert_false(cx_tap_is_complete(p.tap, 0));
    assert_true(cx_tap_is_complete(p.tap, 1));
    assert_null(newest(&p, "first.example", CX_TYPE_CAA));
    assert_int_equal(newest(&p, "www.example", CX_TYPE_CAA)->number, CX_TAP_EXCHANGES_MAX);
    pair_close(&p);
}

static void
test_every_failed_allocation_is_survived(void **state)
{
    struct message reply = message(7, REPLY_FLAGS, "www.example", CX_TYPE_CAA);
    struct pair p;

    (void)state;
    assert_true(cx_tap_works());
    for (size_t nth = 1; nth <= 4; nth++) {
        (void)cx_alloc_fail_nth(nth);
        assert_null(cx_tap_open());
        (void)cx_alloc_fail_nth(0);
    }
    pair_open(&p, SOCK_DGRAM);
    for (size_t nth = 1; nth <= 4; nth++) {
        (void)cx_alloc_fail_nth(nth);
        assert_null(cx_explainer_new(p.tap));
        (void)cx_alloc_fail_nth(0);
    }
    (void)cx_alloc_fail_nth(1);
    exchange(&p, "www.example", reply); /* lost, which is not silence */
    (void)cx_alloc_fail_nth(0);
    assert_false(newest(&p, "www.example", CX_TYPE_CAA)->replied);
    assert_true(newest(&p, "www.example", CX_TYPE_CAA)->lost);
    pair_close(&p);
}

/* ---- what is made of it */

struct judged {
    struct pair pair;
    struct cx_explainer *explainer;
    struct cx_arena arena;
    enum cx_seen seen;
};

static void
judged_open(struct judged *j)
{
    pair_open(&j->pair, SOCK_DGRAM);
    j->explainer = cx_explainer_new(j->pair.tap);
    assert_non_null(j->explainer);
    cx_arena_init(&j->arena, 16u << 20);
}

static void
judged_close(struct judged *j)
{
    cx_arena_done(&j->arena);
    cx_explainer_free(j->explainer);
    pair_close(&j->pair);
}

/* libunbound says outcome about a name; what do we? */
static struct cx_answer
explained_of(struct judged *j, const char *text, enum cx_outcome outcome, uint64_t since)
{
    struct cx_name name = name_of(text);
    struct cx_answer answer = { .type = CX_TYPE_CAA, .outcome = outcome, .attempts = 1 };

    answer.dnssec = outcome == CX_OUTCOME_SERVFAIL ? CX_DNSSEC_INDETERMINATE : CX_DNSSEC_INSECURE;
    assert_true(cx_ok(cx_arena_copy(&j->arena, cx_name_span(&name), &answer.name)));
    answer.records_at = answer.name;
    assert_true(cx_ok(cx_explain(j->explainer, since, &j->arena, &answer, &j->seen)));
    assert_true(cx_ok(cx_explain_list(j->explainer, since, &j->arena, &answer)));
    return answer;
}

static struct cx_answer
explained(struct judged *j, enum cx_outcome outcome, uint64_t since)
{
    return explained_of(j, "www.example", outcome, since);
}

static struct message
reply_of(unsigned rcode)
{
    return message(7, REPLY_FLAGS | rcode, "www.example", CX_TYPE_CAA);
}

static struct message
referral_to(const char *zone)
{
    struct message m = reply_of(0);

    put_named(&m, 1, zone, CX_TYPE_NS, "ns.test");
    return m;
}

static struct message
alias_of(const char *name, const char *target)
{
    struct message m = message(7, REPLY_FLAGS, name, CX_TYPE_CAA);

    put_named(&m, 0, name, CX_TYPE_CNAME, target);
    return m;
}

static struct message
empty_reply(void)
{
    struct message m = reply_of(0);

    put_soa(&m, "example");
    return m;
}

static struct message
strangers_reply(void)
{
    struct message m = reply_of(0);

    put_caa(&m, "stranger.example");
    return m;
}

static struct message
truncated_reply(void)
{
    struct message m = reply_of(0);

    m.p[2] |= 2;
    return m;
}

static struct message
broken_reply(void)
{
    struct message m = reply_of(0);

    m.p[7] = 9;
    return m;
}

/* Replies to the question, in order, and the kind of the failure. */
static void
kind_is(struct message (*const replies[])(void), size_t n, enum cx_outcome expected)
{
    struct judged j;
    struct cx_answer answer;

    judged_open(&j);
    exchange(&j.pair, "www.example", referral_to("example"));
    for (size_t i = 0; i < n; i++) {
        exchange(&j.pair, "www.example", replies[i]());
    }
    answer = explained(&j, CX_OUTCOME_SERVFAIL, 0);
    if (answer.outcome != expected) {
        fail_msg("%s: %.*s", cx_outcome_word(answer.outcome), (int)answer.why.n, answer.why.p);
    }
    assert_int_equal(answer.n_exchanges, n + 1);
    /* From libunbound's cache: nothing was sent since. */
    answer = explained(&j, CX_OUTCOME_SERVFAIL, cx_tap_mark(j.pair.tap));
    assert_int_equal(answer.outcome, expected);
    assert_int_equal(answer.n_exchanges, 0);
    assert_int_not_equal(j.seen, CX_SEEN_FAILED);
    judged_close(&j);
}

static struct message
refused(void)
{
    return reply_of(5);
}

static struct message
servfail(void)
{
    return reply_of(2);
}

static struct message
to_the_root(void)
{
    return referral_to(".");
}

static struct message
to_itself(void)
{
    return referral_to("example");
}

static struct message
elsewhere(void)
{
    return referral_to("another.test");
}

static struct message
to_itself_by_alias(void)
{
    return alias_of("www.example", "www.example");
}

#define KIND_IS(expected, ...)                                                                     \
    do {                                                                                           \
        struct message (*const replies[])(void) = { __VA_ARGS__ };                                 \
                                                                                                   \
        kind_is(replies, CX_COUNT(replies), expected);                                             \
    } while (0)

static void
test_kinds_of_failures(void **state)
{
    (void)state;
    KIND_IS(CX_OUTCOME_SERVFAIL, servfail, servfail);
    KIND_IS(CX_OUTCOME_REFUSED, refused);
    KIND_IS(CX_OUTCOME_REFUSED, to_the_root);
    KIND_IS(CX_OUTCOME_REFUSED, to_itself);
    KIND_IS(CX_OUTCOME_REFUSED, elsewhere);
    KIND_IS(CX_OUTCOME_TRUNCATED, truncated_reply);
    KIND_IS(CX_OUTCOME_TRUNCATED, refused, truncated_reply);
    KIND_IS(CX_OUTCOME_MALFORMED, broken_reply);
    KIND_IS(CX_OUTCOME_MALFORMED, strangers_reply);
    KIND_IS(CX_OUTCOME_LOOP, to_itself_by_alias);
    KIND_IS(CX_OUTCOME_SERVFAIL, refused, servfail, broken_reply); /* the one that excuses least */
    KIND_IS(CX_OUTCOME_SERVFAIL, refused, empty_reply);            /* contradictory */
}

/* TEST R-FAIL-7: what counts as a try that failed. */
static void
test_what_was_seen_of_a_failure(void **state)
{
    struct judged j;
    uint64_t mark;

    (void)state;
    judged_open(&j);
    exchange(&j.pair, "www.example", referral_to("example"));
    exchange(&j.pair, "www.example", refused());
    (void)explained(&j, CX_OUTCOME_SERVFAIL, 0);
    assert_int_equal(j.seen, CX_SEEN_FAILED);

    /* Then the zone's servers are passed over, and only the parent is asked. */
    mark = cx_tap_mark(j.pair.tap);
    exchange(&j.pair, "www.example", referral_to("example"));
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, mark).n_exchanges, 1);
    assert_int_equal(j.seen, CX_SEEN_NOTHING);

    /* Exchanges have made room, among them perhaps one that would not be excused. */
    for (size_t i = 0; i < CX_TAP_EXCHANGES_MAX; i++) {
        exchange(&j.pair, "other.example", refused());
    }
    exchange(&j.pair, "www.example", refused());
    (void)explained(&j, CX_OUTCOME_SERVFAIL, 0);
    assert_int_equal(j.seen, CX_SEEN_NOTHING);
    judged_close(&j);
}

/* A server that replied, whatever libunbound made of it, has not failed. */
static void
test_a_reply_is_no_failure(void **state)
{
    struct judged j;

    (void)state;
    judged_open(&j);
    exchange(&j.pair, "www.example", refused());
    exchange(&j.pair, "www.example", empty_reply());
    (void)explained(&j, CX_OUTCOME_SERVFAIL, 0);
    assert_int_equal(j.seen, CX_SEEN_REPLIED);
    judged_close(&j);

    judged_open(&j);
    (void)cx_alloc_fail_nth(1);
    exchange(&j.pair, "www.example", empty_reply());
    (void)cx_alloc_fail_nth(0);
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, CX_OUTCOME_SERVFAIL);
    assert_int_equal(j.seen, CX_SEEN_REPLIED);
    judged_close(&j);
}

static void
test_no_reply_is_a_timeout_only_if_asked(void **state)
{
    struct judged j;
    struct message query = message(9, QUERY_FLAGS, "www.example", CX_TYPE_CAA);

    (void)state;
    judged_open(&j);
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, CX_OUTCOME_SERVFAIL);
    exchange(&j.pair, "www.example", referral_to("example")); /* and then nobody could be asked */
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, CX_OUTCOME_SERVFAIL);
    ask_seen(&j.pair, &query);
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, CX_OUTCOME_TIMEOUT);
    assert_int_equal(explained(&j, CX_OUTCOME_BOGUS, 0).outcome, CX_OUTCOME_BOGUS);
    judged_close(&j);
}

/* A question to www.example over IPv6, as far as a socket of that family goes. */
static void
ask_by_ipv6(struct pair *p, int fd)
{
    struct message query = message(7, QUERY_FLAGS, "www.example", CX_TYPE_CAA);
    struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(p->port) };
    struct cx_tap *before = cx_tap_enter(p->tap);

    assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &at.sin6_addr), 1);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(send(fd, query.p, query.n, 0), (ssize_t)query.n);
    cx_tap_leave(before);
}

/* TEST R-FAIL-8: who has no IPv6 has no silent servers there, whatever is answered over IPv4. */
static void
test_silence_where_nobody_replies_is_ours(void **state)
{
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct message reply = refused();
    struct judged j;
    struct cx_tap *before;
    struct sockaddr_in from;
    socklen_t n = sizeof(from);
    uint8_t room[1024];

    (void)state;
    if (fd < 0) {
        skip(); /* a kernel without IPv6 */
    }
    judged_open(&j);
    exchange(&j.pair, "www.example", referral_to("example"));
    ask_by_ipv6(&j.pair, fd);
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, CX_OUTCOME_SERVFAIL);
    assert_int_equal(j.seen, CX_SEEN_NOTHING);

    assert_true(recvfrom(j.pair.server, room, sizeof(room), 0, (struct sockaddr *)&from, &n) > 0);
    assert_true(sendto(j.pair.server, reply.p, reply.n, 0, (struct sockaddr *)&from, n) > 0);
    before = cx_tap_enter(j.pair.tap);
    assert_true(recv(fd, room, sizeof(room), 0) > 0);
    cx_tap_leave(before);
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, CX_OUTCOME_REFUSED);
    ask_by_ipv6(&j.pair, fd);
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 2).outcome, CX_OUTCOME_TIMEOUT);
    assert_int_equal(j.seen, CX_SEEN_FAILED);
    judged_close(&j);
    (void)close(fd);
}

/* libunbound knew the servers; when they fail, it asks their parent, who names the same ones. */
static void
test_parent_is_asked_last(void **state)
{
    struct judged j;

    (void)state;
    judged_open(&j);
    exchange(&j.pair, "www.example", refused());
    exchange(&j.pair, "www.example", referral_to("example"));
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, CX_OUTCOME_REFUSED);
    exchange(&j.pair, "www.example", servfail());
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, CX_OUTCOME_SERVFAIL);
    judged_close(&j);
}

static struct message
referral_with_address(const char *zone, const char *address)
{
    struct message m = referral_to(zone), rdata = { .n = 4 };

    assert_int_equal(inet_pton(AF_INET, address, rdata.p), 1);
    put_record(&m, 2, "ns.example", 1, &rdata);
    return m;
}

/* Two questions under way about one name, one as the target of an alias: the second is referred by the servers above
 * after the first, which has met silence. */
static void
test_servers_above_are_not_lame(void **state)
{
    static const struct {
        const char *address; /* of the only server, in the referral; replies come from 127.0.0.1 */
        enum cx_outcome outcome;
    } ways[] = { { "192.0.2.1", CX_OUTCOME_TIMEOUT }, { "127.0.0.1", CX_OUTCOME_REFUSED } };
    struct message query = message(9, QUERY_FLAGS, "www.example", CX_TYPE_CAA);

    (void)state;
    for (size_t i = 0; i < CX_COUNT(ways); i++) {
        struct judged j;

        judged_open(&j);
        exchange(&j.pair, "www.example", referral_with_address("example", ways[i].address));
        exchange(&j.pair, "www.example", referral_with_address("example", ways[i].address));
        ask_seen(&j.pair, &query);
        assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, ways[i].outcome);
        judged_close(&j);
    }
}

static void
test_failures_behind_aliases(void **state)
{
    struct judged j;
    struct cx_answer answer;
    char name[32] = "www.example", target[32];

    (void)state;
    judged_open(&j);
    exchange(&j.pair, "www.example", alias_of("www.example", "a.test"));
    exchange(&j.pair, "a.test", message(7, REPLY_FLAGS | 5, "a.test", CX_TYPE_CAA));
    answer = explained(&j, CX_OUTCOME_SERVFAIL, 0);
    assert_int_equal(answer.outcome, CX_OUTCOME_REFUSED);
    assert_int_equal(answer.n_aliases, 1);
    assert_int_equal(answer.n_exchanges, 2);
    exchange(&j.pair, "a.test", alias_of("a.test", "www.example"));
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, CX_OUTCOME_LOOP);
    judged_close(&j);

    judged_open(&j);
    for (unsigned i = 0; i <= CX_ALIASES_DEFAULT; i++) {
        (void)snprintf(target, sizeof(target), "a%u.test", i);
        exchange(&j.pair, name, alias_of(name, target));
        memcpy(name, target, sizeof(name));
    }
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, CX_OUTCOME_LOOP);
    judged_close(&j);
}

/* TEST R-TREE-13: one reply holds the whole chain, and a record at its end. */
static void
test_too_many_aliases_in_one_reply(void **state)
{
    static const struct {
        unsigned n;
        enum cx_outcome outcome;
    } ways[] = { { CX_ALIASES_DEFAULT, CX_OUTCOME_SERVFAIL },
                 { CX_ALIASES_DEFAULT + 1, CX_OUTCOME_LOOP } };

    (void)state;
    for (size_t i = 0; i < CX_COUNT(ways); i++) {
        char name[16] = "www.example", target[16];
        struct message reply = reply_of(0);
        struct judged j;

        for (unsigned n = 1; n <= ways[i].n; n++) {
            (void)snprintf(target, sizeof(target), "a%u", n);
            put_named(&reply, 0, name, CX_TYPE_CNAME, target);
            memcpy(name, target, sizeof(name));
        }
        put_caa(&reply, name);
        judged_open(&j);
        exchange(&j.pair, "www.example", reply);
        assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 0).outcome, ways[i].outcome);
        judged_close(&j);
    }
}

/* R-TREE-15, G069: libunbound says that there is nothing. */
static void
test_rest_of_strangers_is_no_emptiness(void **state)
{
    struct judged j;
    struct cx_answer answer;

    (void)state;
    judged_open(&j);
    exchange(&j.pair, "www.example", strangers_reply());
    for (int again = 0; again < 2; again++) {
        answer = explained(&j, CX_OUTCOME_NODATA, again == 0 ? 0 : cx_tap_mark(j.pair.tap));
        assert_int_equal(answer.outcome, CX_OUTCOME_MALFORMED);
        assert_int_equal(answer.malformed, CX_MALFORMED_OWNER);
        assert_int_equal(answer.dnssec, CX_DNSSEC_INDETERMINATE);
    }
    exchange(&j.pair, "www.example", empty_reply());
    assert_int_equal(explained(&j, CX_OUTCOME_NODATA, 1).outcome, CX_OUTCOME_NODATA);
    assert_int_equal(explained(&j, CX_OUTCOME_NODATA, 2).outcome, CX_OUTCOME_NODATA);
    judged_close(&j);
}

static void
test_answers_that_nobody_gave_are_failures(void **state)
{
    static const enum cx_outcome outcomes[] = { CX_OUTCOME_NODATA, CX_OUTCOME_NXDOMAIN,
                                                CX_OUTCOME_RECORDS };
    struct message query = message(9, QUERY_FLAGS, "www.example", CX_TYPE_CAA);

    (void)state;
    for (size_t i = 0; i < CX_COUNT(outcomes); i++) {
        struct judged j;

        judged_open(&j);
        assert_int_equal(explained(&j, outcomes[i], 0).outcome, CX_OUTCOME_ERROR);
        ask_seen(&j.pair, &query); /* asked, not answered */
        assert_int_equal(explained(&j, outcomes[i], 0).outcome, CX_OUTCOME_ERROR);
        assert_true(explained(&j, outcomes[i], 0).why.n != 0);
        judged_close(&j);

        judged_open(&j);
        exchange(&j.pair, "www.example", empty_reply());
        assert_int_equal(explained(&j, outcomes[i], 0).outcome, outcomes[i]);
        /* From the cache, until it is given up, twice over. */
        for (int renewals = 0; renewals < 2; renewals++) {
            assert_int_equal(explained(&j, CX_OUTCOME_BOGUS, 1).outcome, CX_OUTCOME_BOGUS);
            cx_explainer_renew(j.explainer);
        }
        assert_int_equal(explained(&j, outcomes[i], 1).outcome, CX_OUTCOME_ERROR);
        judged_close(&j);
    }
}

/* The second of two questions about the same, asked while the first one's exchange is under way, and answered first. */
static void
test_joined_questions_are_explained(void **state)
{
    struct judged j;

    (void)state;
    judged_open(&j);
    exchange(&j.pair, "www.example", empty_reply());
    assert_int_equal(explained(&j, CX_OUTCOME_NODATA, 1).outcome, CX_OUTCOME_NODATA);
    exchange(&j.pair, "www.example", strangers_reply());
    assert_int_equal(explained(&j, CX_OUTCOME_NODATA, 2).outcome, CX_OUTCOME_MALFORMED);
    judged_close(&j);

    judged_open(&j);
    exchange(&j.pair, "www.example", refused());
    assert_int_equal(explained(&j, CX_OUTCOME_SERVFAIL, 1).outcome, CX_OUTCOME_REFUSED);
    judged_close(&j);
}

/* R-TREE-15: libunbound's cache can outlive what we know of the reply. Then an empty answer is no answer. */
static void
test_emptiness_is_forgotten_with_its_reply(void **state)
{
    struct judged j;
    char name[32];

    (void)state;
    judged_open(&j);
    exchange(&j.pair, "www.example", strangers_reply());
    assert_int_equal(explained(&j, CX_OUTCOME_NODATA, 0).outcome, CX_OUTCOME_MALFORMED);
    for (unsigned i = 0; i < 2 * CX_TAP_EXCHANGES_MAX; i++) {
        struct message m;

        (void)snprintf(name, sizeof(name), "n%u.example", i);
        m = message(7, REPLY_FLAGS | 5, name, CX_TYPE_CAA);
        exchange(&j.pair, name, m);
        (void)explained_of(&j, name, CX_OUTCOME_SERVFAIL, cx_tap_mark(j.pair.tap) - 1);
        cx_arena_reset(&j.arena);
    }
    assert_int_equal(explained(&j, CX_OUTCOME_NODATA, cx_tap_mark(j.pair.tap)).outcome,
                     CX_OUTCOME_SERVFAIL);
    exchange(&j.pair, "www.example", empty_reply());
    assert_int_equal(explained(&j, CX_OUTCOME_NODATA, cx_tap_mark(j.pair.tap) - 1).outcome,
                     CX_OUTCOME_NODATA);
    judged_close(&j);
}

static void
test_answers_from_the_cache_are_explained(void **state)
{
    struct judged j;

    (void)state;
    judged_open(&j);
    exchange(&j.pair, "www.example", empty_reply());
    assert_int_equal(explained(&j, CX_OUTCOME_NODATA, 0).outcome, CX_OUTCOME_NODATA);
    assert_int_equal(explained(&j, CX_OUTCOME_NODATA, 1).outcome, CX_OUTCOME_NODATA);
    assert_int_equal(explained(&j, CX_OUTCOME_NODATA, 1).n_exchanges, 0);
    judged_close(&j);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_udp_is_seen),
        cmocka_unit_test(test_the_rest_is_ignored),
        cmocka_unit_test(test_results_and_errno_are_those_of_libc),
        cmocka_unit_test(test_what_was_not_sent_is_no_question),
        cmocka_unit_test(test_tcp_is_seen_however_it_is_cut),
        cmocka_unit_test(test_the_oldest_make_room),
        cmocka_unit_test(test_every_failed_allocation_is_survived),
        cmocka_unit_test(test_kinds_of_failures),
        cmocka_unit_test(test_what_was_seen_of_a_failure),
        cmocka_unit_test(test_a_reply_is_no_failure),
        cmocka_unit_test(test_no_reply_is_a_timeout_only_if_asked),
        cmocka_unit_test(test_silence_where_nobody_replies_is_ours),
        cmocka_unit_test(test_parent_is_asked_last),
        cmocka_unit_test(test_servers_above_are_not_lame),
        cmocka_unit_test(test_failures_behind_aliases),
        cmocka_unit_test(test_too_many_aliases_in_one_reply),
        cmocka_unit_test(test_rest_of_strangers_is_no_emptiness),
        cmocka_unit_test(test_answers_that_nobody_gave_are_failures),
        cmocka_unit_test(test_joined_questions_are_explained),
        cmocka_unit_test(test_emptiness_is_forgotten_with_its_reply),
        cmocka_unit_test(test_answers_from_the_cache_are_explained),
    };

    if (!cx_tap_works()) {
        (void)printf("1..0 # SKIP the wire tap does not work in this build\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
