#include "bin/caaproofd/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A path, or a name of the abstract namespace behind "@". */
static int
connect_to(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t n = strlen(name);
    int fd;

    if (n < 2 || n >= sizeof(address.sun_path) || (name[0] != '/' && name[0] != '@')) {
        return -1;
    }
    memcpy(address.sun_path, name, n);
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address,
                           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

int
notify_open(void)
{
    const char *name = getenv("NOTIFY_SOCKET");
    int fd = name != NULL ? connect_to(name) : -1;

    (void)unsetenv("NOTIFY_SOCKET"); /* fails for names that cannot be variables only */
    return fd;
}

void
notify_say(int socket, const char *state)
{
    if (socket >= 0) {
        (void)send(socket, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT); /* nobody to tell */
    }
}

void
notify_reloading(int socket)
{
    struct timespec now = { 0 };
    char state[80];

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* the one that the protocol names; it is there */
    (void)snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld%06ld",
                   (long long)now.tv_sec, now.tv_nsec / 1000);
    notify_say(socket, state);
}
