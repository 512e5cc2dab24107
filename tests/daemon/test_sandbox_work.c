/* What each role does for a living, in its sandbox. */
#include "base/buf.h"
#include "bin/caaproofd/sandbox.h"
#include "bin/caaproofd/sandbox_table.h"
#include "cell.h"
#include "logs.h"
#include "main.h"

#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Sockets of the kernel's choice of port on loopback. */
static int
bound(int kind, struct sockaddr_in *ret)
{
    socklen_t n = sizeof(*ret);
    int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);

    *ret = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)ret, sizeof(*ret)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)ret, &n), 0);
    return fd;
}

static int
connected(const struct sockaddr_in *to)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)to, sizeof(*to)), 0);
    return fd;
}

/* ---- front: TLS, connections, descriptors from its neighbours */

static EVP_PKEY *key;
static X509 *certificate;

static void
make_certificate(void)
{
    X509_NAME *name = X509_NAME_new();

    key = EVP_EC_gen("P-256");
    certificate = X509_new();
    assert_true(key != NULL && certificate != NULL && name != NULL);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)"front.test", -1, -1, 0),
                     1);
    assert_true(X509_set_subject_name(certificate, name) == 1 &&
                X509_set_issuer_name(certificate, name) == 1 &&
                X509_gmtime_adj(X509_getm_notBefore(certificate), -60) != NULL &&
                X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) != NULL &&
                X509_set_pubkey(certificate, key) == 1 &&
                X509_sign(certificate, key, EVP_sha256()) > 0);
    X509_NAME_free(name);
}

/* fds: a listening socket with a client waiting; both ends of a pair; the client. */
static void
make_front(struct cell *cell)
{
    struct sockaddr_in at;

    make_certificate();
    cell->fds[0] = bound(SOCK_STREAM, &at);
    assert_int_equal(listen(cell->fds[0], 4), 0);
    cell->fds[3] = connected(&at);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, &cell->fds[1]), 0);
}

static void
shake_hands(void)
{
    SSL_CTX *server_ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
    SSL *server, *client;
    BIO *one, *two;
    char text[8];

    assert_true(SSL_CTX_use_certificate(server_ctx, certificate) == 1 &&
                SSL_CTX_use_PrivateKey(server_ctx, key) == 1);
    server = SSL_new(server_ctx);
    client = SSL_new(client_ctx);
    assert_int_equal(BIO_new_bio_pair(&one, 0, &two, 0), 1);
    SSL_set_bio(server, one, one);
    SSL_set_bio(client, two, two);
    for (int i = 0; i < 10; i++) {
        (void)SSL_accept(server); /* wants more until the other side has spoken */
        (void)SSL_connect(client);
    }
    assert_true(SSL_is_init_finished(server) && SSL_is_init_finished(client));
    assert_string_equal(SSL_get_version(server), "TLSv1.3");
    assert_int_equal(SSL_write(client, "hello", 5), 5);
    assert_int_equal(SSL_read(server, text, sizeof(text)), 5);
    SSL_free(server);
    SSL_free(client);
    SSL_CTX_free(server_ctx);
    SSL_CTX_free(client_ctx);
}

struct heard {
    struct event_base *base;
    int accepted;
    char text[8];
    unsigned left;
};

static void
take(struct heard *heard)
{
    if (--heard->left == 0) {
        assert_int_equal(event_base_loopbreak(heard->base), 0);
    }
}

static void
on_connection(evutil_socket_t fd, short what, void *ctx)
{
    struct heard *heard = ctx;

    (void)what;
    heard->accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    take(heard);
}

static void
on_words(evutil_socket_t fd, short what, void *ctx)
{
    struct heard *heard = ctx;

    (void)what;
    assert_int_equal(read(fd, heard->text, sizeof(heard->text)), 5);
    take(heard);
}

static void
on_time(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    take(ctx);
}

/* All of libevent that is there at the start of a process, after it has entered. */
static void
turn_loop(const struct cell *cell)
{
    struct timeval soon = { .tv_usec = 1000 };
    struct heard heard = { .base = event_base_new(), .accepted = -1, .left = 3 };
    struct event *events[4];

    assert_non_null(heard.base);
    events[0] = event_new(heard.base, cell->fds[0], EV_READ, on_connection, &heard);
    events[1] = event_new(heard.base, cell->fds[1], EV_READ, on_words, &heard);
    events[2] = evtimer_new(heard.base, on_time, &heard);
    events[3] = evsignal_new(heard.base, SIGTERM, on_time, &heard);
    assert_int_equal(event_add(events[0], NULL), 0);
    assert_int_equal(event_add(events[1], NULL), 0);
    assert_int_equal(event_add(events[2], &soon), 0);
    assert_int_equal(event_add(events[3], NULL), 0);
    assert_int_equal(write(cell->fds[2], "hello", 5), 5);
    assert_true(event_base_dispatch(heard.base) >= 0);
    assert_true(heard.left == 0 && heard.accepted >= 0);
    assert_memory_equal(heard.text, "hello", 5);
    assert_int_equal(write(heard.accepted, "served", 6), 6);
    assert_int_equal(read(cell->fds[3], heard.text, sizeof(heard.text)), 6);
    for (size_t i = 0; i < CX_COUNT(events); i++) {
        event_free(events[i]);
    }
    event_base_free(heard.base);
}

/* A descriptor through a socket, as the parent sends those of new neighbours. */
static void
pass_descriptor(int from, int to, int what)
{
    char octet = 'x', control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec iov = { .iov_base = &octet, .iov_len = 1 };
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
    };
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    int got;

    if (head == NULL) { /* cannot be: there is room */
        fail();
        return;
    }
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &what, sizeof(what));
    assert_int_equal(sendmsg(from, &message, 0), 1);
    memset(control, 0, sizeof(control));
    assert_int_equal(recvmsg(to, &message, MSG_CMSG_CLOEXEC), 1);
    assert_true(message.msg_controllen >= CMSG_LEN(sizeof(int)) && head->cmsg_type == SCM_RIGHTS);
    memcpy(&got, CMSG_DATA(head), sizeof(got));
    assert_true(got >= 0 && got != what);
    assert_int_equal(write(got, "more", 4), 4);
}

static void
front_works(const struct cell *cell)
{
    char text[4];

    shake_hands();
    turn_loop(cell);
    pass_descriptor(cell->fds[1], cell->fds[2], cell->fds[1]);
    assert_int_equal(read(cell->fds[2], text, sizeof(text)), 4);
}

TEST(front_serves)
{
    cell_run(&(struct cell){
        .role = ROLE_FRONT, .strict = true, .before = make_front, .inside = front_works });
}

/* ---- resolver and courier: files to read, sockets of their own */

static int peer_tcp; /* listens */
static struct sockaddr_in peer_at;

static void
make_reader(struct cell *cell)
{
    cell_folder(cell);
    cell->paths[0] = cell->path;
    cell->options.read = cell->paths;
    cell->options.n_read = 1;
    peer_tcp = bound(SOCK_STREAM, &peer_at);
    assert_int_equal(listen(peer_tcp, 4), 0);
}

static void
only_reads(const struct cell *cell)
{
    char text[16], beside[SCRATCH_PATH];

    scratch_join(beside, cell->folder, "beside");
    assert_int_equal(scratch_read(cell->path, text, sizeof(text)), 5);
    assert_string_equal(text, "known");
    assert_int_equal(access(cell->path, R_OK), 0);
    CELL_REFUSED(open(cell->path, O_WRONLY));
    CELL_REFUSED(open(cell->path, O_RDWR | O_APPEND));
    CELL_REFUSED(open(cell->path, O_RDONLY | O_TRUNC));
    CELL_REFUSED(truncate(cell->path, 0));
    CELL_REFUSED(unlink(cell->path));
    CELL_REFUSED(rename(cell->path, beside));
    CELL_REFUSED(open(beside, O_RDWR | O_CREAT, 0600));
    CELL_REFUSED(open(cell->folder, O_RDONLY | O_DIRECTORY)); /* one file of it only */
    assert_int_equal(scratch_read(cell->path, text, sizeof(text)), 5);
}

static void
exchanges_packets(void)
{
    struct sockaddr_in at, from;
    socklen_t n = sizeof(from);
    int server = bound(SOCK_DGRAM, &at), client = bound(SOCK_DGRAM, &from);
    char text[8];

    assert_int_equal(sendto(client, "ask", 3, 0, (const struct sockaddr *)&at, sizeof(at)), 3);
    assert_int_equal(recvfrom(server, text, sizeof(text), 0, (struct sockaddr *)&from, &n), 3);
    assert_int_equal(sendto(server, "answer", 6, 0, (const struct sockaddr *)&from, n), 6);
    assert_int_equal(recv(client, text, sizeof(text), 0), 6);
    assert_memory_equal(text, "answer", 6);
}

static void
connects(void)
{
    int client = connected(&peer_at);

    assert_int_equal(send(client, "ask", 3, MSG_NOSIGNAL), 3);
    assert_true(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0) >= 0 || errno == EAFNOSUPPORT);
    assert_true(socket(AF_INET6, SOCK_DGRAM, 0) >= 0 || errno == EAFNOSUPPORT);
}

static void
resolver_works(const struct cell *cell)
{
    struct sockaddr_in at;
    int fd;

    only_reads(cell);
    exchanges_packets();
    connects();
    fd = bound(SOCK_STREAM, &at); /* a port that the kernel picks */
    CELL_REFUSED(listen(fd, 1));
    if (cell->state.landlock_abi >= 4) {
        at.sin_port = htons(47053);
        fd = socket(AF_INET, SOCK_STREAM, 0);
        CELL_REFUSED(bind(fd, (const struct sockaddr *)&at, sizeof(at)));
    }
}

TEST(resolver_reads_and_exchanges)
{
    cell_run(&(struct cell){
        .role = ROLE_RESOLVER, .strict = true, .before = make_reader, .inside = resolver_works });
}

static void
courier_works(const struct cell *cell)
{
    only_reads(cell);
    connects();
}

TEST(courier_reads_and_connects)
{
    cell_run(&(struct cell){
        .role = ROLE_COURIER, .strict = true, .before = make_reader, .inside = courier_works });
}

/* ---- recorder: a log from its making to its sealing */

static uint64_t
test_now(void *ctx)
{
    return *(const uint64_t *)ctx;
}

static void
describe_log(const struct cell *cell, struct test_log *t)
{
    *t = (struct test_log){ .clock_ms = TEST_CLOCK_MS };
    t->options = (struct cx_log_options){ .now_ms = test_now,
                                          .now_ctx = &t->clock_ms,
                                          .segment_entries = 64,
                                          .software = CX_STR("test 1") };
    scratch_join(t->store, cell->folder, "store");
    scratch_join(t->keys, cell->folder, "store.keys");
}

static void
make_folder(struct cell *cell)
{
    cell_folder(cell);
    cell->paths[0] = cell->folder;
    cell->options.write = cell->paths;
    cell->options.n_write = 1;
}

static void
makes_log(const struct cell *cell)
{
    struct cx_detail detail = { .rule = NULL };
    struct test_log t;

    describe_log(cell, &t);
    SCRATCH_OK(cx_log_create(t.store, CX_STR(TEST_ORIGIN), &t.options, &detail));
    test_log_open(&t);
    test_log_fill(&t, 0, 200);
    assert_int_equal(t.commit.size, 201);
    test_log_prove(&t, 1);
    test_log_close(&t);
}

TEST(recorder_makes_a_log)
{
    cell_run(&(struct cell){
        .role = ROLE_RECORDER, .strict = true, .before = make_folder, .inside = makes_log });
}

/* As a daemon finds it: the store's folder and that of its keys, nothing around them. */
static void
make_log(struct cell *cell)
{
    make_folder(cell);
    makes_log(cell);
    scratch_join(cell->other, cell->folder, "store");
    cell->paths[0] = cell->other;
    scratch_join(cell->path, cell->folder, "store.keys");
    cell->paths[1] = cell->path;
    cell->options.n_write = 2;
}

static void
goes_on(const struct cell *cell)
{
    struct cx_detail detail = { .rule = NULL };
    struct test_log t;
    char known[SCRATCH_PATH], beside[SCRATCH_PATH], secret[SCRATCH_PATH], moved[SCRATCH_PATH];

    describe_log(cell, &t);
    test_log_open(&t);
    assert_int_equal(t.commit.size, 201);
    test_log_fill(&t, 200, 400);
    SCRATCH_OK(cx_log_tend(t.log, &detail));
    test_log_prove(&t, 2);
    SCRATCH_OK(cx_log_seal(t.log, &detail));
    test_log_commit(&t);
    assert_int_equal(cx_log_shard(t.log), 2);
    test_log_fill(&t, 400, 500);
    test_log_prove(&t, 3);

    scratch_join(known, cell->folder, "known");
    scratch_join(beside, cell->folder, "beside");
    CELL_REFUSED(open(known, O_RDONLY));
    CELL_REFUSED(open(known, O_WRONLY));
    CELL_REFUSED(open(beside, O_WRONLY | O_CREAT, 0600));
    CELL_REFUSED(unlink(known));
    scratch_join(secret, t.keys, "0002.key");
    assert_true(scratch_exists(secret));
    scratch_join(moved, t.store, "0002.key");
    assert_int_equal(rename(secret, moved), -1);
    assert_true(errno == EXDEV || errno == EACCES);
    assert_int_equal(link(secret, moved), -1);
    test_log_close(&t);
}

TEST(recorder_goes_on_with_a_log)
{
    cell_run(&(struct cell){
        .role = ROLE_RECORDER, .strict = true, .before = make_log, .inside = goes_on });
}

/* ---- parent */

static void
parent_works(const struct cell *cell)
{
    int pair[2], status;
    pid_t pid;

    assert_false(cell->state.landlock || cell->state.seccomp);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    pid = fork();
    if (pid == 0) {
        (void)execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    pid = fork();
    if (pid == 0) {
        (void)pause();
        _exit(1);
    }
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

TEST(parent_supervises)
{
    cell_run(&(struct cell){ .role = ROLE_PARENT, .strict = true, .inside = parent_works });
}

/* A role is entered below its parent, with what the parent kept. */
static void
below_parent(struct cell *cell)
{
    struct cx_detail detail = { .rule = NULL };
    struct sandbox_options options = { .files = 256 };
    struct sandbox_state state;

    SCRATCH_OK(sandbox_enter(ROLE_PARENT, &options, &state, &detail));
    assert_string_equal(state.missing, "");
    make_folder(cell);
    cell->options.files = 64;
}

TEST(recorder_below_its_parent)
{
    cell_run(&(struct cell){
        .role = ROLE_RECORDER, .strict = true, .before = below_parent, .inside = makes_log });
}

/* ---- aborts and sanitizers */

static void
aborts(const struct cell *cell)
{
    (void)cell;
    (void)signal(SIGABRT, SIG_IGN); /* abort() sets it back, and tries again */
    (void)raise(SIGABRT);
    _exit(0);
}

TEST(own_signals_arrive)
{
    for (enum role role = ROLE_FRONT; role < ROLES; role++) {
        cell_run(&(struct cell){ .role = role, .strict = true, .inside = aborts });
    }
}

#if SANDBOX_SANITIZED
#    include <sanitizer/lsan_interface.h>
#    include <stdlib.h>

static void *volatile lost;

static void
leaks(const struct cell *cell)
{
    (void)cell;
    assert_int_equal(__lsan_do_recoverable_leak_check(), 0);
    lost = malloc(32);
    lost = NULL;
    assert_int_equal(__lsan_do_recoverable_leak_check(), 1);
}

TEST(leaks_are_found)
{
    for (enum role role = ROLE_FRONT; role < ROLES; role++) {
        cell_run(&(struct cell){ .role = role, .strict = true, .inside = leaks });
    }
}
#endif

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CELL_TEST(front_serves),
        CELL_TEST(resolver_reads_and_exchanges),
        CELL_TEST(courier_reads_and_connects),
        CELL_TEST(recorder_makes_a_log),
        CELL_TEST(recorder_goes_on_with_a_log),
        CELL_TEST(parent_supervises),
        CELL_TEST(recorder_below_its_parent),
        CELL_TEST(own_signals_arrive),
#if SANDBOX_SANITIZED
        CELL_TEST(leaks_are_found),
#endif
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
