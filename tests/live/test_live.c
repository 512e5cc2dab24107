/* The live source against forwarders that misbehave, in a network namespace of the test's own: nothing here may end as
 * an answer, for no answer was given that a judge may believe. What good servers answer is tested in the lab. */
#include "base/alloc.h"
#include "cmocka_main.h"
#include "resolve/live.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANCHOR                                                                                     \
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"

/* ---- the forwarder: a child process that answers every question in one way */

enum manner {
    REFUSES,
    FAILS,
    SILENT,
    SAYS_NODATA,
    SAYS_NXDOMAIN,
    SAYS_PERMIT,
    SAYS_REFERRAL,
    TRUNCATES,
    GARBAGE,
};

struct peer {
    pid_t pid;
    char address[32];
};

/* NXDOMAIN's and NODATA's SOA: owner root, names root, TTL and MINIMUM an hour. */
static const uint8_t soa[] = { 0, 0, 6, 0, 1, 0, 0, 14, 16, 0, 22, 0, 0, 0, 0,  0, 1,
                               0, 0, 0, 1, 0, 0, 0, 1,  0,  0, 0,  1, 0, 0, 14, 16 };
/* The question's name, CAA, one hour: 0 issue "ca.test" */
static const uint8_t permit[] = {
    0xc0, 12,  1,   1,   0,   1,   0,   0,   14,  16,  0,   14,  0,
    5,    'i', 's', 's', 'u', 'e', 'c', 'a', '.', 't', 'e', 's', 't'
};
/* The root's NS: a.test */
static const uint8_t referral[] = { 0, 0, 2,   0, 1,   0,   0,   14,  16, 0,
                                    8, 1, 'a', 4, 't', 'e', 's', 't', 0 };

static size_t
question_end(const uint8_t *message, size_t n)
{
    size_t at = 12;

    while (at < n && message[at] != 0) {
        at += (size_t)message[at] + 1;
    }
    return at + 5 <= n ? at + 5 : n;
}

static size_t
append(uint8_t *message, size_t n, unsigned section, const uint8_t *record, size_t length)
{
    memcpy(message + n, record, length);
    message[6 + section * 2 + 1] = 1;
    return n + length;
}

/* A message that begins like an answer and goes wrong in one of several ways. */
static size_t
spoil(uint8_t *m, size_t n, unsigned turn)
{
    switch (turn % 6) {
    case 0:
        return 11; /* less than a header */
    case 1:
        m[7] = 200; /* records announced, none there */
        return n;
    case 2:
        m[14] ^= 1; /* another name */
        return n;
    case 3:
        m[12] = 0xc0; /* a name that points at itself */
        m[13] = 12;
        return n;
    case 4:
        for (size_t i = 2; i < 200; i++) {
            m[i] = (uint8_t)(i * 37 + turn);
        }
        return 200;
    default:
        m[7] = 1;
        memcpy(m + n, "\xc0\x0c\x01\x01\x00\x01\x00\x00\x00\x01\xff\xff\x00", 13);
        return n + 13; /* RDATA longer than the message */
    }
}

static size_t
reply(enum manner manner, uint8_t *m, size_t n)
{
    static unsigned turn;

    n = question_end(m, n);
    m[2] = (uint8_t)(0x80 | (m[2] & 1));
    m[3] = 0x80;
    memset(m + 6, 0, 6);
    switch (manner) {
    case REFUSES:
        m[3] |= 5;
        return n;
    case FAILS:
        m[3] |= 2;
        return n;
    case SILENT:
        return 0;
    case SAYS_NXDOMAIN:
        m[3] |= 3;
        return append(m, n, 1, soa, sizeof(soa));
    case SAYS_NODATA:
        return append(m, n, 1, soa, sizeof(soa));
    case SAYS_PERMIT:
        return append(m, n, 0, permit, sizeof(permit));
    case SAYS_REFERRAL:
        return append(m, n, 1, referral, sizeof(referral));
    case TRUNCATES:
        m[2] |= 2;
        return n;
    case GARBAGE:
        return spoil(m, n, turn++);
    }
    return 0;
}

static _Noreturn void
serve(int fd, enum manner manner)
{
    uint8_t message[4096];

    for (;;) {
        struct sockaddr_in from;
        socklen_t length = sizeof(from);
        ssize_t n = recvfrom(fd, message, 1500, 0, (struct sockaddr *)&from, &length);
        size_t out = n < 17 ? 0 : reply(manner, message, (size_t)n);

        if (out != 0) {
            (void)sendto(fd, message, out, 0, (struct sockaddr *)&from, length);
        }
    }
}

static struct peer
peer_start(enum manner manner)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t length = sizeof(at);
    struct peer peer;
    int room = 4 << 20;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    (void)snprintf(peer.address, sizeof(peer.address), "127.0.0.1@%u", ntohs(at.sin_port));
    peer.pid = fork();
    assert_true(peer.pid >= 0);
    if (peer.pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(fd, manner);
    }
    (void)close(fd);
    return peer;
}

static void
peer_stop(const struct peer *peer)
{
    (void)kill(peer->pid, SIGKILL);
    assert_int_equal(waitpid(peer->pid, NULL, 0), peer->pid);
}

/* ---- asking */

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static char anchor_path[] = "/tmp/test_live_anchor.XXXXXX";

struct asked {
    unsigned times;
    const struct cx_answer *answer;
};

struct fixture {
    struct peer peer;
    struct cx_source source;
    struct cx_arena arena;
};

static void
open_with(struct fixture *f, enum manner manner, struct cx_live_options options)
{
    struct cx_detail detail = { .text = "" };

    f->peer = peer_start(manner);
    options.forward = f->peer.address;
    options.anchor = anchor_path;
    if (!cx_ok(cx_live_open(&options, &f->source, &detail))) {
        fail_msg("%s", detail.text);
    }
    cx_arena_init(&f->arena, 64u << 20);
}

static void
close_all(struct fixture *f)
{
    cx_source_close(&f->source);
    cx_arena_done(&f->arena);
    peer_stop(&f->peer);
}

static void
note(void *ctx, const struct cx_answer *answer)
{
    struct asked *asked = ctx;

    asked->times++;
    asked->answer = answer;
}

static void
ask(struct fixture *f, const char *text, struct asked *asked)
{
    struct cx_name name;
    struct cx_question question = { .type = CX_TYPE_CAA };

    assert_true(cx_ok(cx_name_from_text(cx_str_of(text), &name, NULL)));
    question.name = cx_name_span(&name);
    cx_source_ask(&f->source, &question, &f->arena, note, asked);
}

static void
wait_for(struct fixture *f, const struct asked *asked)
{
    while (asked->times == 0) {
        assert_true(cx_ok(cx_source_wait(&f->source)));
    }
}

static const struct cx_answer *
ask_one(struct fixture *f, const char *text)
{
    struct asked asked = { .times = 0 };

    ask(f, text, &asked);
    wait_for(f, &asked);
    assert_int_equal(asked.times, 1);
    assert_non_null(asked.answer);
    return asked.answer;
}

/* What every failure of this source looks like. */
static void
is_failure(const struct cx_answer *answer, const char *name)
{
    if (!cx_outcome_is_failure(answer->outcome) || answer->outcome == CX_OUTCOME_UNSET) {
        fail_msg("%s: %s", name, cx_outcome_word(answer->outcome));
    }
    assert_int_equal(answer->n_records, 0);
    assert_null(answer->records);
    assert_int_equal(answer->n_aliases, 0);
    assert_true(answer->dnssec == CX_DNSSEC_BOGUS || answer->dnssec == CX_DNSSEC_INDETERMINATE);
    assert_true(answer->attempts == 1 || answer->attempts == 2);
    assert_true(answer->name.n != 0 && answer->time != CX_TIME_NONE);
    assert_true(answer->time <= cx_time_now());
}

/* ---- tests */

/* libunbound invents answers for these, with nobody asked. */
static void
test_built_in_zones_are_no_answers(void **state)
{
    static const char *const zones[] = {
        "test",
        "onion",
        "invalid",
        "localhost",
        "local",
        "internal",
        "home.arpa",
        "resolver.arpa",
        "service.arpa",
        "10.in-addr.arpa",
        "16.172.in-addr.arpa",
        "20.172.in-addr.arpa",
        "31.172.in-addr.arpa",
        "168.192.in-addr.arpa",
        "0.in-addr.arpa",
        "127.in-addr.arpa",
        "64.100.in-addr.arpa",
        "100.100.in-addr.arpa",
        "127.100.in-addr.arpa",
        "254.169.in-addr.arpa",
        "2.0.192.in-addr.arpa",
        "100.51.198.in-addr.arpa",
        "113.0.203.in-addr.arpa",
        "255.255.255.255.in-addr.arpa",
        "d.f.ip6.arpa",
        "8.e.f.ip6.arpa",
        "9.e.f.ip6.arpa",
        "a.e.f.ip6.arpa",
        "b.e.f.ip6.arpa",
        "8.b.d.0.1.0.0.2.ip6.arpa",
        "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
    };
    struct fixture f;

    (void)state;
    open_with(&f, REFUSES, (struct cx_live_options){ .deadline_ms = 10000 });
    for (size_t i = 0; i < CX_COUNT(zones); i++) {
        char below[128];

        (void)snprintf(below, sizeof(below), "www.%s", zones[i]);
        is_failure(ask_one(&f, zones[i]), zones[i]);
        is_failure(ask_one(&f, below), below);
    }
    is_failure(ask_one(&f, "."), ".");
    is_failure(ask_one(&f, "root-key-sentinel-is-ta-20326.example"), "sentinel");
    close_all(&f);
}

/* A cached SERVFAIL reaches the callback with rcode 0. */
static void
test_repeated_failure_stays_a_failure(void **state)
{
    static const enum manner manners[] = { REFUSES,     FAILS,         SAYS_NODATA, SAYS_NXDOMAIN,
                                           SAYS_PERMIT, SAYS_REFERRAL, TRUNCATES };

    (void)state;
    for (size_t i = 0; i < CX_COUNT(manners); i++) {
        struct fixture f;

        open_with(&f, manners[i], (struct cx_live_options){ .deadline_ms = 10000 });
        for (int repeat = 0; repeat < 4; repeat++) {
            is_failure(ask_one(&f, "www.example.com"), "www.example.com");
        }
        close_all(&f);
    }
}

/* With an anchor, what is unsigned where the root is signed is bogus, not "no record". */
static void
test_unsigned_answers_are_bogus(void **state)
{
    static const enum manner manners[] = { SAYS_NODATA, SAYS_NXDOMAIN, SAYS_PERMIT };

    (void)state;
    for (size_t i = 0; i < CX_COUNT(manners); i++) {
        struct fixture f;
        const struct cx_answer *answer;

        open_with(&f, manners[i], (struct cx_live_options){ .deadline_ms = 10000 });
        answer = ask_one(&f, "www.example.com");
        is_failure(answer, "www.example.com");
        assert_int_equal(answer->outcome, CX_OUTCOME_BOGUS);
        assert_int_equal(answer->dnssec, CX_DNSSEC_BOGUS);
        assert_true(answer->why.n != 0);
        assert_true(answer->octets.n > 12);
        assert_false(answer->has_ttl);
        close_all(&f);
    }
}

/* A key that no server has: libunbound cannot use it, but must not take that for "no anchor". */
static void
test_anchor_of_nobody_makes_bogus(void **state)
{
    static const char *const anchors[] = {
        ". DNSKEY 257 3 13 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAA==\n",
        ". DS 1 13 4 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526"
        "2728292a2b2c2d2e2f\n",
        ". DS 1 8 2 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
        ". DS 1 15 2 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
    };

    (void)state;
    for (size_t i = 0; i < CX_COUNT(anchors); i++) {
        struct fixture f;

        write_file(anchor_path, anchors[i]);
        open_with(&f, SAYS_NODATA, (struct cx_live_options){ .deadline_ms = 10000 });
        assert_int_equal(ask_one(&f, "www.example.com")->outcome, CX_OUTCOME_BOGUS);
        close_all(&f);
    }
    write_file(anchor_path, ANCHOR);
}

static void
test_deadline_ends_a_question_once(void **state)
{
    struct fixture f;
    struct timespec before, after;
    const struct cx_answer *answer;
    struct asked other = { .times = 0 };
    double seconds;

    (void)state;
    open_with(&f, SILENT, (struct cx_live_options){ .deadline_ms = 300 });
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    answer = ask_one(&f, "www.example.com");
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    seconds =
        (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    assert_int_equal(answer->outcome, CX_OUTCOME_DEADLINE);
    is_failure(answer, "www.example.com");
    assert_true(seconds >= 0.29 && seconds < 5);
    /* The same name again joins the question that libunbound still works on. */
    ask(&f, "www.example.com", &other);
    wait_for(&f, &other);
    assert_int_equal(other.answer->outcome, CX_OUTCOME_DEADLINE);
    close_all(&f);
}

/* libunbound gives up on its own after our deadline; its late result goes nowhere. */
static void
test_late_results_are_dropped(void **state)
{
    struct fixture f;
    struct asked early = { .times = 0 };

    (void)state;
    open_with(&f, GARBAGE, (struct cx_live_options){ .deadline_ms = 1 });
    ask(&f, "early.example", &early);
    wait_for(&f, &early);
    for (int i = 0; i < 200; i++) { /* keeps the loop turning for a while */
        is_failure(ask_one(&f, "later.example"), "later.example");
    }
    assert_int_equal(early.times, 1);
    close_all(&f);
}

static void
test_wait_returns_when_nothing_is_open(void **state)
{
    struct fixture f;

    (void)state;
    open_with(&f, SILENT, (struct cx_live_options){ .deadline_ms = 300 });
    assert_true(cx_ok(cx_source_wait(&f.source)));
    close_all(&f);
}

static void
test_close_with_pending_questions(void **state)
{
    struct fixture f;
    struct asked asked[20] = { { .times = 0 } };

    (void)state;
    open_with(&f, SILENT, (struct cx_live_options){ .deadline_ms = 10000 });
    for (size_t i = 0; i < CX_COUNT(asked); i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "n%zu.example", i / 2);
        ask(&f, name, &asked[i]);
    }
    close_all(&f);
    for (size_t i = 0; i < CX_COUNT(asked); i++) {
        assert_int_equal(asked[i].times, 0);
    }
}

/* Closed between the answer from the cache and its delivery, and with a question past its deadline. */
static void
test_close_with_undelivered_answers(void **state)
{
    struct fixture f;
    struct asked asked = { .times = 0 };

    (void)state;
    open_with(&f, REFUSES, (struct cx_live_options){ .deadline_ms = 10000 });
    is_failure(ask_one(&f, "www.example.com"), "www.example.com");
    ask(&f, "www.example.com", &asked);
    close_all(&f);
    assert_int_equal(asked.times, 0);

    open_with(&f, SILENT, (struct cx_live_options){ .deadline_ms = 50 });
    is_failure(ask_one(&f, "www.example.com"), "www.example.com");
    close_all(&f);
}

static void
test_a_thousand_questions_at_once(void **state)
{
    static const enum manner manners[] = { REFUSES, SILENT };
    const size_t n = 1000;
    struct asked *asked = calloc(n, sizeof(*asked));

    (void)state;
    assert_non_null(asked);
    for (size_t k = 0; k < CX_COUNT(manners); k++) {
        struct fixture f;

        open_with(&f, manners[k], (struct cx_live_options){ .deadline_ms = k == 0 ? 20000 : 500 });
        memset(asked, 0, n * sizeof(*asked));
        for (size_t i = 0; i < n; i++) {
            char name[32];

            (void)snprintf(name, sizeof(name), "www.n%zu.example", i);
            ask(&f, name, &asked[i]);
        }
        for (size_t i = 0; i < n; i++) {
            wait_for(&f, &asked[i]);
            is_failure(asked[i].answer, "www.nX.example");
        }
        assert_true(cx_ok(cx_source_wait(&f.source)));
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(asked[i].times, 1);
        }
        close_all(&f);
    }
    free(asked);
}

static void
test_garbage_is_a_failure(void **state)
{
    struct fixture f;
    struct asked asked[24] = { { .times = 0 } };

    (void)state;
    open_with(&f, GARBAGE, (struct cx_live_options){ .deadline_ms = 3000 });
    for (size_t i = 0; i < CX_COUNT(asked); i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "www.n%zu.example", i);
        ask(&f, name, &asked[i]);
    }
    for (size_t i = 0; i < CX_COUNT(asked); i++) {
        wait_for(&f, &asked[i]);
        is_failure(asked[i].answer, "www.nX.example");
    }
    close_all(&f);
}

/* Names that are legal but odd are asked for, or fail; they never go unanswered. */
static void
test_odd_names_are_answered_once(void **state)
{
    struct fixture f;
    char longest[CX_NAME_TEXT_MAX] = "";

    (void)state;
    open_with(&f, REFUSES, (struct cx_live_options){ .deadline_ms = 10000 });
    is_failure(ask_one(&f, "a\\.b.example"), "escaped dot");
    is_failure(ask_one(&f, "\\000\\255\\032.example"), "octets");
    is_failure(ask_one(&f, "*.example"), "wildcard");
    is_failure(ask_one(&f, "_acme.\\@.example"), "underscore");
    for (int i = 0; i < 127; i++) {
        memcpy(longest + strlen(longest), "\\007.", 6);
    }
    is_failure(ask_one(&f, longest), "127 labels");
    longest[0] = '\0';
    for (int i = 0; i < 253; i++) {
        memcpy(longest + strlen(longest), i % 64 == 63 ? "." : "\\255", i % 64 == 63 ? 2 : 5);
    }
    is_failure(ask_one(&f, longest), "255 octets");
    close_all(&f);
}

/* Out of memory is told as such, never as an answer. */
static void
test_full_arena_gives_no_answer(void **state)
{
    struct fixture f;
    struct asked asked = { .times = 0 };

    (void)state;
    open_with(&f, REFUSES, (struct cx_live_options){ .deadline_ms = 10000 });
    cx_arena_init(&f.arena, 0);
    ask(&f, "www.example.com", &asked);
    wait_for(&f, &asked);
    assert_int_equal(asked.times, 1);
    assert_null(asked.answer);
    close_all(&f);
}

static void
test_every_failed_allocation_is_survived(void **state)
{
    struct fixture f;

    (void)state;
    open_with(&f, REFUSES, (struct cx_live_options){ .deadline_ms = 10000 });
    for (size_t nth = 1; nth < 8; nth++) {
        struct asked asked = { .times = 0 };

        cx_arena_done(&f.arena);
        (void)cx_alloc_fail_nth(nth);
        ask(&f, "www.example.com", &asked);
        wait_for(&f, &asked);
        (void)cx_alloc_fail_nth(0);
        assert_int_equal(asked.times, 1);
        if (asked.answer != NULL) {
            is_failure(asked.answer, "www.example.com");
        }
    }
    close_all(&f);
}

/* TEST R-TIME-2, R-TIME-7: where nobody saw the question go out, an answer's time is that of the first question of its cache, and caches
 * are given up. */
static void
test_caches_are_given_up_and_times_follow(void **state)
{
    struct fixture f;
    cx_time before, first, second;

    (void)state;
    open_with(&f, REFUSES, (struct cx_live_options){ .renew_s = 2, .no_tap = true });
    before = cx_time_now();
    first = ask_one(&f, "a.example")->time;
    assert_true(first >= before - 1 && first <= before + 1); /* rounded down */
    second = ask_one(&f, "b.example")->time;
    assert_true(second >= first - 1 && second <= first + 1);
    for (second = first; second <= first + 1;) {
        cx_arena_reset(&f.arena);
        second = ask_one(&f, "c.example")->time;
    }
    assert_true(second >= first + 2);
    assert_true(second <= cx_time_now());
    is_failure(ask_one(&f, "d.example"), "d.example");
    close_all(&f);

    /* Here nothing is owed by the old context, so that it goes at the next wait. */
    open_with(&f, REFUSES, (struct cx_live_options){ .deadline_ms = 10000, .renew_s = 1 });
    first = ask_one(&f, "a.example")->time;
    for (second = first; second == first;) {
        cx_arena_reset(&f.arena);
        second = ask_one(&f, "a.example")->time;
    }
    is_failure(ask_one(&f, "a.example"), "a.example");
    close_all(&f);
}

/* ---- refusals of open */

static void
refuses(struct cx_live_options options, enum cx_class class, const char *why)
{
    struct cx_source source = { .ops = NULL };
    struct cx_detail detail = { .text = "" };
    cx_status s = cx_live_open(&options, &source, &detail);

    assert_int_equal(cx_status_class(s), class);
    assert_null(source.ops);
    if (strstr(detail.text, why) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", detail.text, why);
    }
}

static void
test_open_refuses(void **state)
{
    char path[] = "/tmp/test_live_file.XXXXXX";
    struct cx_live_options o = { .anchor = anchor_path, .lab = true };

    (void)state;
    (void)close(mkstemp(path));
    refuses(o, CX_CLASS_USAGE, "lab needs root hints");
    o = (struct cx_live_options){ .anchor = anchor_path, .root_hints = "/nonexistent" };
    refuses(o, CX_CLASS_PEER, "cannot be opened");
    o.root_hints = path;
    refuses(o, CX_CLASS_PEER, "and addresses"); /* empty: built-in hints lurk */
    o.root_hints = "/dev/zero";
    refuses(o, CX_CLASS_PEER, "and addresses"); /* and does not read it to its end */
    o.root_hints = path;
    write_file(path, ". NS a.root.\n");
    refuses(o, CX_CLASS_PEER, "and addresses");
    write_file(path, "x. NS a.root.\na.root. A 127.0.0.2\n");
    refuses(o, CX_CLASS_PEER, "and addresses");
    write_file(path, ". NS a.root.\na.root. A 127.0.0.2\n\"))( $ \n");
    refuses(o, CX_CLASS_PEER, "error: ");
    o = (struct cx_live_options){ .anchor = anchor_path, .forward = "ns.example" };
    refuses(o, CX_CLASS_USAGE, "ns.example");
    o = (struct cx_live_options){ .anchor = "/nonexistent", .forward = "127.0.0.1" };
    refuses(o, CX_CLASS_PEER, "trust anchor");
    o.anchor = path;
    write_file(path, "; valid-until: 2020-01-01\n" ANCHOR);
    refuses(o, CX_CLASS_PEER, "none of the trust anchors holds");
    write_file(path, "; valid-from: 2999-01-01\n" ANCHOR);
    refuses(o, CX_CLASS_PEER, "none of the trust anchors holds");
    write_file(path, "test. IN DS 1 8 2 00\n");
    refuses(o, CX_CLASS_PEER, "another name than the root");
    (void)unlink(path);
}

static void
test_version(void **state)
{
    (void)state;
    assert_true(strlen(cx_live_version()) >= 3);
}

/* ---- set-up */

/* A namespace with nothing but loopback: whatever libunbound tried, nobody could answer. */
static bool
enter_namespace(void)
{
    struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int fd;
    bool up;

    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return false;
    }
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
    (void)close(fd);
    return up;
}

static int
set_up(void **state)
{
    int fd = mkstemp(anchor_path);
    FILE *file = fdopen(fd, "w");

    (void)state;
    return file == NULL || fputs(ANCHOR, file) < 0 || fclose(file) != 0 ? -1 : 0;
}

static int
tear_down(void **state)
{
    (void)state;
    return unlink(anchor_path);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in_zones_are_no_answers),
        cmocka_unit_test(test_repeated_failure_stays_a_failure),
        cmocka_unit_test(test_unsigned_answers_are_bogus),
        cmocka_unit_test(test_anchor_of_nobody_makes_bogus),
        cmocka_unit_test(test_deadline_ends_a_question_once),
        cmocka_unit_test(test_late_results_are_dropped),
        cmocka_unit_test(test_wait_returns_when_nothing_is_open),
        cmocka_unit_test(test_close_with_pending_questions),
        cmocka_unit_test(test_close_with_undelivered_answers),
        cmocka_unit_test(test_a_thousand_questions_at_once),
        cmocka_unit_test(test_garbage_is_a_failure),
        cmocka_unit_test(test_odd_names_are_answered_once),
        cmocka_unit_test(test_full_arena_gives_no_answer),
        cmocka_unit_test(test_every_failed_allocation_is_survived),
        cmocka_unit_test(test_caches_are_given_up_and_times_follow),
        cmocka_unit_test(test_open_refuses),
        cmocka_unit_test(test_version),
    };

    if (!enter_namespace()) {
        (void)printf("1..0 # SKIP no network namespace of our own can be made here\n");
        return 77;
    }
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
