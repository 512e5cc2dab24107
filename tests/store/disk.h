/* A disk that fails, or loses its power. Under SQLite (as its default VFS) and under our own files (linked with --wrap for
 * pwrite, fsync, fdatasync): every write, truncation and sync is one operation, counted.
 * What was written and not synced is remembered, so that a loss of power can take it back: each such write is kept, lost, or
 * cut, by chance. Names of files and their removal are not part of it. */
#ifndef CX_TESTS_STORE_DISK_H
#define CX_TESTS_STORE_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum disk_failure {
    DISK_FULL_ONCE,
    DISK_FAILS_ONCE,
    DISK_DIES, /* from then on every operation fails */
};

/* Once, before anything else. */
void disk_install(void);
/* The nth operation from now fails (0: none). Returns the operations seen since the last call. */
uint64_t disk_fail_nth(uint64_t nth, enum disk_failure how);
/* In place of the nth operation from now the power goes, and the process with it: _exit(DISK_CUT). */
#define DISK_CUT 99
void disk_cut_nth(uint64_t nth, uint64_t seed);

#endif
