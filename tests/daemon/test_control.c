#include "bin/caaproofd/control.h"
#include "main.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a role that was taken over may send to the parent. */

static void
send_descriptors(int socket, size_t n)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(4 * sizeof(int))];
    } control = { .room = { 0 } };
    uint8_t octets[5] = { CONTROL_UP };
    struct iovec part = { octets, sizeof(octets) };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = control.room,
                              .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(n * sizeof(int));
    for (size_t i = 0; i < n; i++) {
        memcpy(CMSG_DATA(head) + i * sizeof(int), &(int){ STDERR_FILENO }, sizeof(int));
    }
    assert_int_equal(sendmsg(socket, &message, 0), sizeof(octets));
}

/* The lowest that is free. */
static int
next_descriptor(void)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD, 0);

    assert_true(fd >= 0);
    (void)close(fd);
    return fd;
}

TEST(more_than_one_descriptor_leaves_none)
{
    struct control_message message;
    struct control_in in;
    int ends[2], next;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    next = next_descriptor();
    for (size_t n = 2; n <= 4; n++) {
        send_descriptors(ends[0], n);
        assert_int_equal(control_receive(ends[1], &in, &message).code, CX_E_FRAME);
        assert_int_equal(next_descriptor(), next);
    }
    send_descriptors(ends[0], 1);
    assert_true(cx_ok(control_receive(ends[1], &in, &message)));
    assert_int_equal(message.kind, CONTROL_UP);
    assert_int_equal(message.fd, next);
    (void)close(message.fd);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* Somebody who does not read holds up nobody; what must not be lost is waited for, and not tried here. */
TEST(lines_and_streams_are_not_waited_for)
{
    static const enum control kinds[] = { CONTROL_LOG, CONTROL_PEER };

    for (size_t i = 0; i < CX_COUNT(kinds); i++) {
        struct control_message message = { kinds[i], 0, CX_STR_INIT("a line"), -1 };
        cx_status s = CX_SUCCESS;
        int ends[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        for (size_t k = 0; cx_ok(s) && k < 1000000; k++) {
            s = control_send(ends[0], &message);
        }
        assert_int_equal(s.code, CX_E_LIMIT);
        (void)close(ends[0]);
        (void)close(ends[1]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(more_than_one_descriptor_leaves_none),
    cmocka_unit_test(lines_and_streams_are_not_waited_for),
};

TEST_MAIN(tests)
