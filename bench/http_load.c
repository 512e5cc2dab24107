/* Asks an HTTP server for checks, each with an id of its own, over connections that stay open, one request of each at a time.
 *     http_load ADDRESS [KEY=VALUE...]
 * ADDRESS is 127.0.0.1:PORT or unix:PATH. connections (16), seconds (5), rate (0: as fast as they are answered; else requests a
 * second, whose time counts from the moment they were due), batch (0; else lines of NDJSON in each request), names (1, of each
 * check), hosts (100 different names under domain), domain (permit.test), authority, token, prefix of the ids, body (a file for
 * one reply), octets (0; else what a reply must have, whatever it says, for a server that answers a constant).
 * One line of JSON. A reply that is not 200, or a check that is not permitted, ends it. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define CHUNK           262144
#define SECOND          UINT64_C(1000000000)

struct load {
    const char *address;
    size_t connections, seconds, rate, batch, names, hosts, octets;
    const char *domain, *authority, *token, *prefix, *body;
};

/* Octets that grow. */
struct text {
    char *p;
    size_t n, room;
};

struct connection {
    int fd;
    bool is_busy;
    uint64_t began_ns; /* or when it was due */
    struct text out, in;
    size_t written;
    size_t scanned; /* of a batch: in, up to which lines are counted */
    size_t lines;   /* of a batch: done */
    size_t permits; /* of a batch: seen */
};

struct run {
    struct load load;
    struct connection all[CONNECTIONS_MAX];
    size_t n_busy;
    int epoll;
    uint64_t next_id;
    size_t next_host;
    uint64_t began_ns, until_ns, due; /* due: requests of the rate so far */
    uint32_t *took_us;
    size_t n_took, room_took;
    uint64_t octets;
    struct text body;
};

static void
die(const char *what, const char *why)
{
    fprintf(stderr, "http_load: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static uint64_t
now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* ---- texts */

static char *
reserve(struct text *text, size_t n)
{
    if (text->room - text->n < n) {
        text->room = 2 * text->room + n;
        text->p = realloc(text->p, text->room);
        if (text->p == NULL) {
            die("memory", "none");
        }
    }
    return text->p + text->n;
}

static void __attribute__((format(printf, 2, 3))) put(struct text *text, const char *fmt, ...)
{
    char *to = reserve(text, 1024);
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(to, 1024, fmt, args);
    va_end(args);
    if (n < 0 || n >= 1024) {
        die("request", "too long");
    }
    text->n += (size_t)n;
}

static size_t
count(const char *p, size_t n, const char *word)
{
    size_t length = strlen(word), found = 0;
    const char *at;

    while ((at = memmem(p, n, word, length)) != NULL) {
        found++;
        n -= (size_t)(at - p) + length;
        p = at + length;
    }
    return found;
}

/* ---- requests */

static void
put_check(struct run *run, struct text *to)
{
    put(to, "{\"id\":\"%s-%016llx\",\"authority\":\"%s\",\"names\":[", run->load.prefix,
        (unsigned long long)run->next_id++, run->load.authority);
    for (size_t i = 0; i < run->load.names; i++) {
        put(to, "%s\"n%zu.%s\"", i == 0 ? "" : ",", run->next_host++ % run->load.hosts,
            run->load.domain);
    }
    put(to, "]}");
}

static void
make_request(struct run *run, struct connection *c)
{
    run->body.n = 0;
    put_check(run, &run->body);
    for (size_t i = 1; i < run->load.batch; i++) {
        put(&run->body, "\n");
        put_check(run, &run->body);
    }
    c->out.n = c->written = 0;
    put(&c->out,
        "POST /v1/checks HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: application/%s\r\nContent-Length: %zu\r\n\r\n",
        run->load.token, run->load.batch != 0 ? "x-ndjson" : "json", run->body.n);
    memcpy(reserve(&c->out, run->body.n), run->body.p, run->body.n);
    c->out.n += run->body.n;
}

static void
watch(const struct run *run, struct connection *c, bool writes)
{
    struct epoll_event event = { .events = EPOLLIN | (writes ? EPOLLOUT : 0u), .data.ptr = c };

    if (epoll_ctl(run->epoll, EPOLL_CTL_MOD, c->fd, &event) != 0) {
        die("epoll", strerror(errno));
    }
}

static void
write_out(const struct run *run, struct connection *c)
{
    bool waited = c->written != 0;

    while (c->written != c->out.n) {
        ssize_t n = write(c->fd, c->out.p + c->written, c->out.n - c->written);

        if (n < 0 && errno == EAGAIN) {
            watch(run, c, true);
            return;
        }
        if (n < 0) {
            die("write", strerror(errno));
        }
        c->written += (size_t)n;
    }
    if (waited) {
        watch(run, c, false);
    }
}

static void
begin(struct run *run, struct connection *c, uint64_t began_ns)
{
    make_request(run, c);
    c->in.n = c->scanned = c->lines = c->permits = 0;
    c->is_busy = true;
    c->began_ns = began_ns;
    run->n_busy++;
    write_out(run, c);
}

/* ---- replies */

static void
keep_body(const struct run *run, const struct connection *c, size_t head)
{
    FILE *file = fopen(run->load.body, "we");

    if (file == NULL || fwrite(c->in.p + head, 1, c->in.n - head, file) != c->in.n - head ||
        fclose(file) != 0) {
        die(run->load.body, strerror(errno));
    }
}

static void
check_head(struct connection *c)
{
    if (memcmp(c->in.p, "HTTP/1.1 200", 12) != 0) {
        reserve(&c->in, 1)[0] = '\0';
        die("reply", c->in.p);
    }
}

/* Whether the reply is whole, which is a check that was permitted. */
static bool
is_whole_check(const struct run *run, struct connection *c)
{
    const char *end = memmem(c->in.p, c->in.n, "\r\n\r\n", 4);
    const char *length;
    size_t head, n;

    if (end == NULL) {
        return false;
    }
    check_head(c);
    head = (size_t)(end - c->in.p) + 4;
    length = memmem(c->in.p, head, "Content-Length: ", 16);
    n = length == NULL ? 0 : strtoul(length + 16, NULL, 10);
    if (n == 0) {
        die("reply", "without a length");
    }
    if (c->in.n - head < n) {
        return false;
    }
    if (run->load.octets != 0 ? n != run->load.octets
                              : memmem(c->in.p + head, n, "\"permit\":\"", 10) == NULL) {
        reserve(&c->in, 1)[0] = '\0';
        die("not permitted", c->in.p);
    }
    if (run->load.body != NULL) {
        keep_body(run, c, head);
    }
    return true;
}

/* Lines end with "}" and a newline, pieces, which are whole lines, with CR and one. What was counted is let go, but for what a word
 * of which half has come needs. */
static bool
is_whole_batch(const struct run *run, struct connection *c)
{
    static const char permit[] = "\"permit\":\"", last[] = "\r\n0\r\n\r\n";
    const size_t overlap = sizeof(permit) - 2;
    size_t from = c->scanned;

    if (c->in.n < 64) {
        return false;
    }
    if (c->lines == 0 && from == 0) {
        check_head(c);
    }
    for (size_t i = from == 0 ? 1 : from; i < c->in.n; i++) {
        c->lines += c->in.p[i] == '\n' && c->in.p[i - 1] != '\r' ? 1 : 0;
    }
    c->permits += count(c->in.p + (from < overlap ? 0 : from - overlap),
                        c->in.n - (from < overlap ? 0 : from - overlap), permit);
    c->scanned = c->in.n;
    if (memcmp(c->in.p + c->in.n - 7, last, 7) == 0) {
        if (c->lines != run->load.batch || c->permits != run->load.batch) {
            die("batch", "not all was permitted");
        }
        return true;
    }
    if (c->in.n > CHUNK) {
        memmove(c->in.p, c->in.p + c->in.n - 64, 64);
        c->in.n = c->scanned = 64;
    }
    return false;
}

static void
keep_time(struct run *run, uint64_t ns)
{
    if (run->n_took == run->room_took) {
        run->room_took = 2 * run->room_took + 65536;
        run->took_us = realloc(run->took_us, run->room_took * sizeof(*run->took_us));
        if (run->took_us == NULL) {
            die("memory", "none");
        }
    }
    run->took_us[run->n_took++] = (uint32_t)(ns / 1000);
}

static void
read_in(struct run *run, struct connection *c)
{
    ssize_t n = read(c->fd, reserve(&c->in, CHUNK), CHUNK);
    uint64_t now;

    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0 || !c->is_busy) {
        die("read", n < 0 ? strerror(errno) : "the connection was closed");
    }
    c->in.n += (size_t)n;
    run->octets += (uint64_t)n;
    if (!(run->load.batch != 0 ? is_whole_batch(run, c) : is_whole_check(run, c))) {
        return;
    }
    now = now_ns();
    keep_time(run, now - c->began_ns);
    c->is_busy = false;
    run->n_busy--;
    if (run->load.rate == 0 && now < run->until_ns) {
        begin(run, c, now);
    }
}

/* ---- the loop */

/* Requests that are due go to whoever is free. Nanoseconds until the next is due. */
static uint64_t
begin_due(struct run *run)
{
    uint64_t now = now_ns();

    for (size_t i = 0; i < run->load.connections; i++) {
        uint64_t at = run->began_ns + run->due * SECOND / run->load.rate;

        if (at >= run->until_ns) {
            return SECOND;
        }
        if (at > now) {
            return at - now;
        }
        if (!run->all[i].is_busy) {
            begin(run, &run->all[i], at);
            run->due++;
        }
    }
    return SECOND; /* all are busy: the next to be free takes it */
}

static void
turn(struct run *run, uint64_t wait_ns)
{
    const struct timespec wait = { (time_t)(wait_ns / SECOND), (long)(wait_ns % SECOND) };
    struct epoll_event events[64];
    int n = epoll_pwait2(run->epoll, events, 64, &wait, NULL);

    if (n < 0 && errno != EINTR) {
        die("epoll", strerror(errno));
    }
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;

        if ((events[i].events & EPOLLOUT) != 0) {
            write_out(run, c);
        }
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0) {
            read_in(run, c);
        }
    }
}

static void
ask_all(struct run *run)
{
    run->began_ns = now_ns();
    run->until_ns = run->began_ns + run->load.seconds * SECOND;
    if (run->load.rate == 0) {
        for (size_t i = 0; i < run->load.connections; i++) {
            begin(run, &run->all[i], now_ns());
        }
    }
    while (run->n_busy != 0 || now_ns() < run->until_ns) {
        uint64_t wait_ns = run->load.rate != 0 ? begin_due(run) : SECOND;

        turn(run, wait_ns < SECOND / 10 ? wait_ns : SECOND / 10);
    }
}

/* ---- the beginning and the end */

static int
connect_to(const char *address)
{
    struct sockaddr_in tcp = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    const bool is_unix = strncmp(address, "unix:", 5) == 0;
    const char *port = strrchr(address, ':');
    const int on = 1;
    int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (port == NULL || fd < 0) {
        die(address, "no address");
    }
    tcp.sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10));
    (void)snprintf(local.sun_path, sizeof(local.sun_path), "%s", is_unix ? address + 5 : "");
    if (connect(fd, is_unix ? (const struct sockaddr *)&local : (const struct sockaddr *)&tcp,
                is_unix ? sizeof(local) : sizeof(tcp)) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        die(address, strerror(errno));
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* no matter of AF_UNIX */
    return fd;
}

static void
connect_all(struct run *run)
{
    run->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < run->load.connections; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &run->all[i] };

        run->all[i].fd = connect_to(run->load.address);
        if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, run->all[i].fd, &event) != 0) {
            die("epoll", strerror(errno));
        }
    }
}

static void
read_option(struct load *load, const char *option)
{
    const struct {
        const char *name;
        size_t *number;
        const char **text;
    } options[] = {
        { "connections=", &load->connections, NULL },
        { "seconds=", &load->seconds, NULL },
        { "rate=", &load->rate, NULL },
        { "batch=", &load->batch, NULL },
        { "names=", &load->names, NULL },
        { "hosts=", &load->hosts, NULL },
        { "octets=", &load->octets, NULL },
        { "domain=", NULL, &load->domain },
        { "authority=", NULL, &load->authority },
        { "token=", NULL, &load->token },
        { "prefix=", NULL, &load->prefix },
        { "body=", NULL, &load->body },
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        size_t n = strlen(options[i].name);

        if (strncmp(option, options[i].name, n) == 0) {
            if (options[i].number != NULL) {
                *options[i].number = strtoul(option + n, NULL, 10);
            } else {
                *options[i].text = option + n;
            }
            return;
        }
    }
    die(option, "no such option");
}

static int
compare(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static double
within_ms(const struct run *run, double part)
{
    size_t at = (size_t)(part * (double)(run->n_took - 1));

    return run->took_us[at] / 1e3;
}

int
main(int argc, char **argv)
{
    struct run *run = calloc(1, sizeof(*run));
    double took;

    if (argc < 2 || run == NULL) {
        die("usage", "http_load ADDRESS [KEY=VALUE...]");
    }
    run->load = (struct load){ .address = argv[1],
                               .connections = 16,
                               .seconds = 5,
                               .names = 1,
                               .hosts = 100,
                               .domain = "permit.test",
                               .authority = "bench",
                               .token = "none",
                               .prefix = "b" };
    for (int i = 2; i < argc; i++) {
        read_option(&run->load, argv[i]);
    }
    if (run->load.connections == 0 || run->load.connections > CONNECTIONS_MAX ||
        run->load.names == 0 || run->load.hosts < run->load.names) {
        die("usage", "connections, names or hosts");
    }
    connect_all(run);
    ask_all(run);
    took = (double)(now_ns() - run->began_ns) / 1e9;
    qsort(run->took_us, run->n_took, sizeof(*run->took_us), compare);
    printf("{\"requests\":%zu,\"seconds\":%.3f,\"per_s\":%.1f,\"octets\":%llu,\"p50_ms\":%.3f,"
           "\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f}\n",
           run->n_took, took, (double)run->n_took / took, (unsigned long long)run->octets,
           within_ms(run, 0.5), within_ms(run, 0.99), within_ms(run, 0.999), within_ms(run, 1));
    return EXIT_SUCCESS;
}
