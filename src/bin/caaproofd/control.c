#include "bin/caaproofd/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define HEAD 5

static void
put_head(uint8_t head[HEAD], const struct control_message *m)
{
    head[0] = (uint8_t)m->kind;
    for (unsigned i = 0; i < 4; i++) {
        head[1 + i] = (uint8_t)(m->number >> (8 * (3 - i)));
    }
}

static void
attach(struct msghdr *message, void *room, size_t size, int fd)
{
    struct cmsghdr *head;

    message->msg_control = room;
    message->msg_controllen = size;
    head = CMSG_FIRSTHDR(message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &fd, sizeof(fd));
}

/* Nobody waits for somebody who does not read: lines are counted, and who has no stream asks again. */
static bool
may_be_lost(enum control kind)
{
    return kind == CONTROL_LOG || kind == CONTROL_PEER;
}

cx_status
control_send(int socket, const struct control_message *m)
{
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))] = { 0 };
    uint8_t head[HEAD];
    struct iovec parts[2] = {
        { head, HEAD },
        { (void *)(uintptr_t)m->text.p, m->text.n < CONTROL_TEXT ? m->text.n : CONTROL_TEXT },
    };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    ssize_t n;

    put_head(head, m);
    if (m->fd >= 0) {
        attach(&message, room, sizeof(room), m->fd);
    }
    do {
        n = sendmsg(socket, &message, MSG_NOSIGNAL | (may_be_lost(m->kind) ? MSG_DONTWAIT : 0));
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        return CX_SUCCESS;
    }
    return (cx_status){ errno == EAGAIN ? CX_E_LIMIT : CX_E_IO };
}

/* One, or none; more than one were not sent by us. */
static int
take_descriptor(struct msghdr *message)
{
    int fd = -1;

    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
         head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
            head->cmsg_len == CMSG_LEN(sizeof(int))) {
            memcpy(&fd, CMSG_DATA(head), sizeof(fd));
        }
    }
    return fd;
}

cx_status
control_receive(int socket, struct control_in *in, struct control_message *ret)
{
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
    struct iovec part = { in->text, sizeof(in->text) };
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = room,
        .msg_controllen =
            CMSG_LEN(sizeof(int)), /* not the padding behind it, which a second one fits in */
    };
    const uint8_t *p = (const uint8_t *)in->text;
    ssize_t n;

    do {
        n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        return (cx_status){ n < 0 && errno == EAGAIN ? CX_E_LIMIT : CX_E_IO };
    }
    *ret = (struct control_message){ .kind = CONTROL_UNSET, .fd = take_descriptor(&message) };
    if (n < HEAD || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        if (ret->fd >= 0) {
            (void)close(ret->fd);
        }
        return (cx_status){ CX_E_FRAME };
    }
    ret->kind = (enum control)p[0];
    ret->number = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
    ret->text = (cx_str){ in->text + HEAD, (size_t)n - HEAD };
    return CX_SUCCESS;
}
