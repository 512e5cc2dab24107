/* Octets as a file with a path, for what reads files. */
#ifndef CX_TESTS_FUZZ_OCTETS_FILE_H
#define CX_TESTS_FUZZ_OCTETS_FILE_H

#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

struct octets_file {
    int fd;
    char path[64];
};

static inline void
octets_file_open(struct octets_file *file, const uint8_t *data, size_t size)
{
    file->fd = memfd_create("fuzz", MFD_CLOEXEC);
    MUST(file->fd >= 0);
    (void)snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
    for (size_t done = 0; done < size;) {
        ssize_t n = write(file->fd, data + done, size - done);

        MUST(n > 0);
        done += (size_t)n;
    }
}

static inline void
octets_file_close(struct octets_file *file)
{
    MUST(close(file->fd) == 0);
}

#endif
