/* relay: stands before DNS servers and holds their replies back, where the kernel has no delay of its own.
 *
 *   relay DELAY_MS PORT ADDRESS...
 *
 * Listens on port 53 of each address and asks the same address at PORT.  UDP only, IPv4 only.  Says "ready" on standard
 * output when it listens, and ends when standard input does. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define ADDRESSES_MAX 64
#define IDS           65536
#define MESSAGE_ROOM  1500
#define HELD_MAX      65536 /* replies; the oldest go when there are more */
#define BURST         64    /* messages taken from one socket before the next one's turn */
#define BUFFER        (4 << 20)

/* A question on its way: the server is asked under an id of ours, so that clients cannot collide. */
struct asked {
    struct sockaddr_in client;
    uint16_t id;
    bool open;
};

struct server {
    int front; /* where clients ask */
    int back;  /* connected to the server */
    struct asked *asked;
    uint16_t next_id;
};

struct held {
    int64_t due_ns;
    struct sockaddr_in client;
    int fd;
    size_t n;
    uint8_t message[MESSAGE_ROOM];
};

/* Replies in the order in which they came, which is that in which they are due. */
struct relay {
    int64_t delay_ns;
    struct server servers[ADDRESSES_MAX];
    size_t n;
    struct held *held;
    size_t first;
    size_t held_n;
};

static int64_t
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
open_socket(const char *address, unsigned port, bool front)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int room = BUFFER;

    if (fd < 0 || inet_pton(AF_INET, address, &a.sin_addr) != 1) {
        return -1;
    }
    /* Bursts; a smaller buffer only loses more. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if ((front ? bind(fd, (struct sockaddr *)&a, sizeof a)
               : connect(fd, (struct sockaddr *)&a, sizeof a)) != 0) {
        return -1;
    }
    return fd;
}

static bool
open_server(struct relay *r, const char *address, unsigned port)
{
    struct server *s = &r->servers[r->n];

    if (r->n == ADDRESSES_MAX) {
        return false;
    }
    s->front = open_socket(address, 53, true);
    s->back = open_socket(address, port, false);
    s->asked = calloc(IDS, sizeof s->asked[0]);
    r->n++;
    return s->front >= 0 && s->back >= 0 && s->asked != NULL;
}

static void
swap_id(uint8_t *message, uint16_t id)
{
    message[0] = (uint8_t)(id >> 8);
    message[1] = (uint8_t)id;
}

static uint16_t
id_of(const uint8_t *message)
{
    return (uint16_t)(message[0] << 8 | message[1]);
}

/* Questions go on at once. */
static void
take_questions(struct server *s)
{
    for (int i = 0; i < BURST; i++) {
        uint8_t message[MESSAGE_ROOM];
        struct sockaddr_in client;
        socklen_t client_len = sizeof client;
        ssize_t n =
            recvfrom(s->front, message, sizeof message, 0, (struct sockaddr *)&client, &client_len);
        struct asked *asked = &s->asked[s->next_id];

        if (n < 12) {
            return;
        }
        *asked = (struct asked){ .client = client, .id = id_of(message), .open = true };
        swap_id(message, s->next_id++);
        (void)send(s->back, message, (size_t)n, 0); /* lost like any datagram */
    }
}

static void
take_replies(struct relay *r, const struct server *s)
{
    for (int i = 0; i < BURST; i++) {
        struct held *h = &r->held[(r->first + r->held_n) % HELD_MAX];
        ssize_t n;
        struct asked *asked;

        if (r->held_n == HELD_MAX) {
            fprintf(stderr, "relay: too many replies\n");
            return;
        }
        n = recv(s->back, h->message, sizeof h->message, 0);
        if (n < 12) {
            return;
        }
        asked = &s->asked[id_of(h->message)];
        if (!asked->open) {
            continue;
        }
        asked->open = false;
        swap_id(h->message, asked->id);
        h->client = asked->client;
        h->fd = s->front;
        h->n = (size_t)n;
        h->due_ns = now_ns() + r->delay_ns;
        r->held_n++;
    }
}

/* Sends what is due. Milliseconds until the next is; -1: nothing is held. */
static int
send_due(struct relay *r)
{
    while (r->held_n != 0) {
        const struct held *h = &r->held[r->first];
        int64_t left = h->due_ns - now_ns();

        if (left > 0) {
            return (int)((left + 999999) / 1000000);
        }
        (void)sendto(h->fd, h->message, h->n, 0, (const struct sockaddr *)&h->client,
                     sizeof h->client); /* lost like any datagram */
        r->first = (r->first + 1) % HELD_MAX;
        r->held_n--;
    }
    return -1;
}

static bool
run(struct relay *r)
{
    struct pollfd fds[2 * ADDRESSES_MAX + 1] = { { .fd = STDIN_FILENO, .events = POLLIN } };

    for (size_t i = 0; i < r->n; i++) {
        fds[1 + 2 * i] = (struct pollfd){ .fd = r->servers[i].front, .events = POLLIN };
        fds[2 + 2 * i] = (struct pollfd){ .fd = r->servers[i].back, .events = POLLIN };
    }
    while (fds[0].revents == 0) {
        if (poll(fds, (nfds_t)(2 * r->n + 1), send_due(r)) < 0 && errno != EINTR) {
            return false;
        }
        for (size_t i = 0; i < r->n; i++) {
            if (fds[1 + 2 * i].revents != 0) {
                take_questions(&r->servers[i]);
            }
            if (fds[2 + 2 * i].revents != 0) {
                take_replies(r, &r->servers[i]);
            }
        }
    }
    return true;
}

int
main(int argc, char **argv)
{
    static struct relay r;

    if (argc < 4) {
        fprintf(stderr, "usage: relay DELAY_MS PORT ADDRESS...\n");
        return EX_USAGE;
    }
    r.delay_ns = (int64_t)strtoul(argv[1], NULL, 10) * 1000000;
    r.held = calloc(HELD_MAX, sizeof r.held[0]);
    for (int i = 3; i < argc; i++) {
        if (r.held == NULL || !open_server(&r, argv[i], (unsigned)strtoul(argv[2], NULL, 10))) {
            fprintf(stderr, "relay: %s: %s\n", argv[i], strerror(errno));
            return EX_OSERR;
        }
    }
    printf("ready\n");
    fflush(stdout);
    return run(&r) ? EXIT_SUCCESS : EX_OSERR;
}
