/* The daemon's HTTP server answering every request with the same octets: what a daemon that did nothing would do.
 *     http_constant ADDRESS FILE
 * ADDRESS is 127.0.0.1:PORT or unix:PATH; limits are those of dist/caaproofd.yaml. Ends with its standard input. */
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "bin/caaproofd/http_server.h"

#include <event2/event.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static void
die(const char *what, const char *why)
{
    fprintf(stderr, "http_constant: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void
answer(void *ctx, struct http_request *request)
{
    http_reply(request, 200, "application/json", cx_buf_str(ctx), NULL);
}

static int
listen_on(const char *address)
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
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, is_unix ? (const struct sockaddr *)&local : (const struct sockaddr *)&tcp,
             is_unix ? sizeof(local) : sizeof(tcp)) != 0 ||
        listen(fd, 1024) != 0) {
        die(address, "cannot listen");
    }
    return fd;
}

static void
on_input(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    (void)event_base_loopbreak(ctx);
}

int
main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    struct event *input = event_new(base, 0, EV_READ, on_input, base);
    struct cx_detail detail = { .text = "memory" };
    struct cx_buf body = { .max = CX_FILE_MAX };
    struct http_server *server;
    const struct http_config config = {
        .base = base,
        .limits = { 1024, 1024, 65536, 16 << 20, 1 << 20, 30000, 60000, 60000 },
        .handler = answer,
        .ctx = &body,
    };

    if (argc != 3) {
        die("usage", "http_constant ADDRESS FILE");
    }
    if (input == NULL || event_add(input, NULL) != 0 ||
        !cx_ok(cx_file_read(argv[2], &body, &detail)) ||
        !cx_ok(http_server_new(&config, &server, &detail)) ||
        !cx_ok(http_server_listen(server, listen_on(argv[1]), NULL, &detail))) {
        die(argv[2], detail.text);
    }
    if (event_base_dispatch(base) != 0) {
        die("loop", "ended");
    }
    http_server_free(server);
    (void)event_base_loop(base, EVLOOP_NONBLOCK); /* libevent frees buffers in the loop */
    event_free(input);
    event_base_free(base);
    cx_buf_done(&body);
    return EXIT_SUCCESS;
}
