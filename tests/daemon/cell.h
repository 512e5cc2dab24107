/* A process that enters the sandbox of a role, and what it does there; under the user of the test, and for root also under
 * another one. Asserts inside end the process, and fail the test. */
#ifndef CX_TESTS_DAEMON_CELL_H
#define CX_TESTS_DAEMON_CELL_H

#include "bin/caaproofd/sandbox.h"
#include "scratch.h"

/* What the machine is made to lack, by a filter as a container would have one. */
enum cell_lack {
    LACK_NOTHING,
    LACK_LANDLOCK,
    LACK_SECCOMP,
    LACK_FILTERS, /* the kernel knows seccomp, but takes no filter */
    LACK_BOTH,
};

struct cell {
    enum role role;
    enum cell_lack lack;
    bool strict;                       /* else degraded */
    bool own_user;                     /* not under another one: what it needs is ours alone */
    void (*before)(struct cell *cell); /* may be NULL; makes what is needed, and sets options */
    void (*inside)(const struct cell *cell); /* with the state of success */
    struct sandbox_options options;
    struct sandbox_state state;
    char folder[SCRATCH_PATH]; /* for before, which may make it; it is removed */
    char path[SCRATCH_PATH], other[SCRATCH_PATH];
    const char *paths[4];
    int fds[4]; /* for before */
    const char *name;
    long number; /* a system call */
};

/* Inside must return. */
void cell_run(const struct cell *cell);
/* Inside must be killed by the list of system calls. */
void cell_is_killed(const struct cell *cell);
/* A folder in which file "known" says "known". */
void cell_folder(struct cell *cell);
/* The call must fail with EPERM or EACCES: seccomp or Landlock. */
#define CELL_REFUSED(call) cell_refused((call) < 0, #call, __FILE__, __LINE__)
void cell_refused(bool failed, const char *what, const char *file, int line);

void cell_make_lack(enum cell_lack lack);

/* For every test: a process that an assert has left must not go on to the next one. */
int cell_teardown(void **state);
#define CELL_TEST(name) cmocka_unit_test_teardown(name, cell_teardown)

#endif
