/* Preloaded into the daemon, it is a wall clock that is wrong by as many seconds as the file CAAPROOF_CLOCK_SHIFT begins with, an
 * int64_t of this machine, whenever that changes. The file is mapped before any sandbox is entered. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift;

static void map_shift(void) __attribute__((constructor));

static void
map_shift(void)
{
    const char *path = getenv("CAAPROOF_CLOCK_SHIFT");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd >= 0 ? mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (fd >= 0) {
        (void)close(fd);
    }
    shift = at != MAP_FAILED ? at : NULL;
}

int
clock_gettime(clockid_t clock, struct timespec *ret)
{
    long result = syscall(SYS_clock_gettime, clock, ret);

    if (result == 0 && shift != NULL && clock == CLOCK_REALTIME) {
        ret->tv_sec += *shift;
    }
    return (int)result;
}

time_t
time(time_t *ret)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ret != NULL) {
        *ret = now.tv_sec;
    }
    return now.tv_sec;
}

int
gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *ret = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
    return 0;
}
