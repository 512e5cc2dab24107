#include "bin/caaproofd/parent_files.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "bin/caaproofd/member.h"
#include "bin/caaproofd/tls.h"

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
    if (cx_ok(s) && content.n == 0) { /* as if none was configured: roots of nobody, for one */
        s = cx_fail(detail, CX_E_USAGE, "%s: the file is empty", path.p);
    }
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
    mode_t before;
    bool done;

    if (probe >= 0 && lstat(address->host.p, &there) == 0 && S_ISSOCK(there.st_mode) &&
        connect(probe, &place->u.any, place->n) != 0 && errno == ECONNREFUSED) {
        (void)unlink(address->host.p);
    }
    if (probe >= 0) {
        (void)close(probe);
    }
    before = umask(0111); /* no chmod behind it: the path may be another file's by then */
    done = bind(fd, &place->u.any, place->n) == 0;
    (void)umask(before);
    return done;
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

/* ---- TLS is tried here, so that a front does not begin that cannot */

static cx_status
read_secret(const struct files *files, enum secret secret, size_t place, struct cx_buf *ret)
{
    for (size_t i = 0; i < files->n; i++) {
        const struct given_file *file = &files->all[i];

        if (file->kind == CONTROL_SECRET &&
            file->number == control_number((unsigned)secret, (unsigned)place)) {
            return member_read(file->fd, ret);
        }
    }
    return CX_SUCCESS; /* none */
}

static cx_status
try_pem(const struct files *files, size_t place, struct cx_buf pem[3], struct cx_detail *detail)
{
    struct tls_context *context = NULL;
    struct tls_config config;

    CX_TRY(read_secret(files, SECRET_CERTIFICATE, place, &pem[0]));
    CX_TRY(read_secret(files, SECRET_KEY, place, &pem[1]));
    CX_TRY(read_secret(files, SECRET_CLIENT_CA, place, &pem[2]));
    config = (struct tls_config){
        .chain_pem = cx_span_of_str(cx_buf_str(&pem[0])),
        .key_pem = cx_span_of_str(cx_buf_str(&pem[1])),
        .client_ca_pem = cx_span_of_str(cx_buf_str(&pem[2])),
    };
    CX_TRY(tls_context_new(&config, &context, detail));
    tls_context_free(context);
    return CX_SUCCESS;
}

static cx_status
try_tls(const struct config *config, const struct files *files, struct cx_detail *detail)
{
    for (size_t i = 0; i < config->n_listen; i++) {
        struct cx_buf pem[3];
        cx_status s = CX_SUCCESS;

        for (size_t k = 0; k < CX_COUNT(pem); k++) {
            cx_buf_init(&pem[k], CX_CONFIG_PRINTED_MAX);
        }
        if (config->listen[i].tls != NULL) {
            s = try_pem(files, i, pem, detail);
        }
        for (size_t k = 0; k < CX_COUNT(pem); k++) {
            if (pem[k].p != NULL) {
                explicit_bzero(pem[k].p, pem[k].room);
            }
            cx_buf_done(&pem[k]);
        }
        CX_TRY(s);
    }
    return CX_SUCCESS;
}

/* ---- all of it */

static cx_status
add_read(const struct config *config, struct files *ret, struct cx_detail *detail)
{
    CX_TRY(add_config(config, ret, detail));
    CX_TRY(add_secrets(config, ret, detail));
    return try_tls(config, ret, detail);
}

cx_status
files_read(const struct config *config, struct files *ret, struct cx_detail *detail)
{
    cx_status s = add_read(config, ret, detail);

    if (!cx_ok(s)) {
        files_close(ret);
    }
    return s;
}

bool
files_replace(struct files *files, struct files *read)
{
    struct given_file *all = cx_realloc(read->all, read->n + files->n, sizeof(*all));

    if (all == NULL) {
        return false;
    }
    for (size_t i = 0; i < files->n; i++) {
        if (files->all[i].kind == CONTROL_LISTENER) {
            all[read->n++] = files->all[i];
        } else {
            (void)close(files->all[i].fd);
        }
    }
    cx_free(files->all);
    *files = (struct files){ .all = all, .n = read->n };
    *read = (struct files){ .n = 0 };
    return true;
}

cx_status
files_open(const struct config *config, struct files *ret, struct cx_detail *detail)
{
    CX_TRY(add_read(config, ret, detail));
    for (size_t i = 0; i < config->n_listen; i++) {
        CX_TRY(add_listener(ret, i, &config->listen[i].address, detail));
    }
    return CX_SUCCESS;
}

static void
close_file(const struct given_file *file)
{
    struct place place = { .n = sizeof(place.u) };

    if (file->kind == CONTROL_LISTENER && getsockname(file->fd, &place.u.any, &place.n) == 0 &&
        place.u.any.sa_family == AF_UNIX) {
        (void)unlink(place.u.local.sun_path);
    }
    (void)close(file->fd);
}

void
files_stop_listening(struct files *files)
{
    size_t left = 0;

    for (size_t i = 0; i < files->n; i++) {
        if (files->all[i].kind == CONTROL_LISTENER) {
            close_file(&files->all[i]);
        } else {
            files->all[left++] = files->all[i];
        }
    }
    files->n = left;
}

void
files_close(struct files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        close_file(&files->all[i]);
    }
    cx_free(files->all);
    *files = (struct files){ .n = 0 };
}
