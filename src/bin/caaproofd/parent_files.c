#include "bin/caaproofd/parent_files.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "bin/caaproofd/member.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

static cx_status
add(struct files *files, enum control kind, uint32_t number, int fd)
{
    struct given_file *all = cx_realloc(files->all, files->n + 1, sizeof(*all));

    if (all == NULL) {
        (void)close(fd);
        return (cx_status){ CX_E_NOMEM };
    }
    files->all = all;
    all[files->n++] = (struct given_file){ kind, number, fd };
    return CX_SUCCESS;
}

/* ---- content, in memory that nobody can change any more */

static cx_status
put_content(int fd, cx_str content)
{
    size_t at = 0;

    while (at < content.n) {
        ssize_t n = write(fd, content.p + at, content.n - at);

        if (n < 0 && errno != EINTR) {
            return (cx_status){ CX_E_IO };
        }
        at += n > 0 ? (size_t)n : 0;
    }
    return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0
               ? CX_SUCCESS
               : (cx_status){ CX_E_IO };
}

static cx_status
add_content(struct files *files, enum control kind, uint32_t number, cx_str content,
            struct cx_detail *detail)
{
    int fd = memfd_create("caaproofd", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    cx_status s = fd < 0 ? (cx_status){ CX_E_IO } : put_content(fd, content);

    if (cx_ok(s)) {
        return add(files, kind, number, fd);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return cx_fail(detail, s.code, "no memory to pass files in: %s", strerror(errno));
}

static cx_status
add_secret(struct files *files, enum secret secret, size_t place, cx_str path,
           struct cx_detail *detail)
{
    struct cx_buf content = { .max = CX_CONFIG_PRINTED_MAX };
    cx_status s;

    if (path.n == 0) {
        return CX_SUCCESS;
    }
    s = cx_file_read(path.p, &content, detail);
    if (cx_ok(s)) {
        s = add_content(files, CONTROL_SECRET, control_number((unsigned)secret, (unsigned)place),
                        cx_buf_str(&content), detail);
    }
    if (content.p != NULL) {
        explicit_bzero(content.p, content.room);
    }
    cx_buf_done(&content);
    return s;
}

static cx_status
add_secrets(const struct config *config, struct files *files, struct cx_detail *detail)
{
    for (size_t i = 0; i < config->n_listen; i++) {
        const struct config_tls *tls = config->listen[i].tls;

        if (tls != NULL) {
            CX_TRY(add_secret(files, SECRET_CERTIFICATE, i, tls->certificate, detail));
            CX_TRY(add_secret(files, SECRET_KEY, i, tls->key, detail));
            CX_TRY(add_secret(files, SECRET_CLIENT_CA, i, tls->client_ca, detail));
        }
    }
    for (size_t i = 0; i < config->n_callers; i++) {
        CX_TRY(add_secret(files, SECRET_TOKEN, i, config->callers[i].token_file, detail));
    }
    for (size_t i = 0; i < config->n_timestamps; i++) {
        CX_TRY(add_secret(files, SECRET_TSA_ROOTS, i, config->timestamps[i].ca, detail));
    }
    return CX_SUCCESS;
}

/* Roles have no files: what files of the configuration say is in it. */
static cx_status
add_config(const struct config *config, struct files *files, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = CX_CONFIG_PRINTED_MAX };

    CX_TRY(config_print_resolved(config, &text));
    return add_content(files, CONTROL_CONFIG, 0, cx_buf_str(&text), detail);
}

/* ---- listening */

struct place {
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } u;
    socklen_t n;
};

static bool
place_of(const struct config_address *address, struct place *ret)
{
    memset(ret, 0, sizeof(*ret));
    switch (address->family) {
    case CONFIG_FAMILY_UNIX:
        ret->u.local.sun_family = AF_UNIX;
        ret->n = sizeof(ret->u.local);
        if (address->host.n >= sizeof(ret->u.local.sun_path)) {
            return false;
        }
        memcpy(ret->u.local.sun_path, address->host.p, address->host.n);
        return true;
    case CONFIG_FAMILY_IPV4:
        ret->u.ipv4.sin_family = AF_INET;
        ret->u.ipv4.sin_port = htons(address->port);
        ret->n = sizeof(ret->u.ipv4);
        return inet_pton(AF_INET, address->host.p, &ret->u.ipv4.sin_addr) == 1;
    case CONFIG_FAMILY_IPV6:
        ret->u.ipv6.sin6_family = AF_INET6;
        ret->u.ipv6.sin6_port = htons(address->port);
        ret->n = sizeof(ret->u.ipv6);
        return inet_pton(AF_INET6, address->host.p, &ret->u.ipv6.sin6_addr) == 1;
    case CONFIG_FAMILY_UNSET:
        break;
    }
    return false;
}

/* A socket that nobody listens on is what a crash left. Whoever may open it is known by his user. */
static bool
bind_local(int fd, const struct config_address *address, const struct place *place)
{
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct stat there;

    if (probe >= 0 && lstat(address->host.p, &there) == 0 && S_ISSOCK(there.st_mode) &&
        connect(probe, &place->u.any, place->n) != 0 && errno == ECONNREFUSED) {
        (void)unlink(address->host.p);
    }
    if (probe >= 0) {
        (void)close(probe);
    }
    return bind(fd, &place->u.any, place->n) == 0 && chmod(address->host.p, 0666) == 0;
}

static bool
listen_on(int fd, const struct config_address *address)
{
    int on = 1;
    struct place place;

    if (!place_of(address, &place)) {
        errno = EINVAL;
        return false;
    }
    if (address->family == CONFIG_FAMILY_UNIX) {
        return bind_local(fd, address, &place) && listen(fd, BACKLOG) == 0;
    }
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
           (address->family != CONFIG_FAMILY_IPV6 ||
            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
           bind(fd, &place.u.any, place.n) == 0 && listen(fd, BACKLOG) == 0;
}

static cx_status
add_listener(struct files *files, size_t i, const struct config_address *address,
             struct cx_detail *detail)
{
    int family = address->family == CONFIG_FAMILY_UNIX   ? AF_UNIX
                 : address->family == CONFIG_FAMILY_IPV4 ? AF_INET
                                                         : AF_INET6;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || !listen_on(fd, address)) {
        cx_status s = cx_fail(detail, CX_E_IO, "listen.address: %s cannot be listened on: %s",
                              address->text.p, strerror(errno));

        if (fd >= 0) {
            (void)close(fd);
        }
        return s;
    }
    return add(files, CONTROL_LISTENER, (uint32_t)i, fd);
}

/* ---- all of it */

cx_status
files_open(const struct config *config, struct files *ret, struct cx_detail *detail)
{
    CX_TRY(add_config(config, ret, detail));
    CX_TRY(add_secrets(config, ret, detail));
    for (size_t i = 0; i < config->n_listen; i++) {
        CX_TRY(add_listener(ret, i, &config->listen[i].address, detail));
    }
    return CX_SUCCESS;
}

void
files_close(struct files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        struct place place = { .n = sizeof(place.u) };

        if (files->all[i].kind == CONTROL_LISTENER &&
            getsockname(files->all[i].fd, &place.u.any, &place.n) == 0 &&
            place.u.any.sa_family == AF_UNIX) {
            (void)unlink(place.u.local.sun_path);
        }
        (void)close(files->all[i].fd);
    }
    cx_free(files->all);
    *files = (struct files){ .n = 0 };
}
