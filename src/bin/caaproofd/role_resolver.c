/* A resolver: answers the questions of front from the live DNS, until front ends; then the parent begins another. */
#include "base/limits.h"
#include "bin/caaproofd/live_options.h"
#include "bin/caaproofd/member.h"
#include "bin/caaproofd/roles.h"
#include "bin/caaproofd/sandbox.h"
#include "resolve/worker.h"

#include <signal.h>
#include <stdlib.h>

#define DEFAULT_ANCHOR "/usr/share/dns/root.key"

static cx_status
begin(struct member *member, unsigned place, struct cx_arena *arena,
      struct cx_live_options *options, struct cx_detail *detail)
{
    const char *files[2] = { DEFAULT_ANCHOR };
    struct sandbox_options sandbox = { .read = files, .n_read = 1 };

    CX_TRY(member_begin(ROLE_RESOLVER, place, member, detail));
    CX_TRY(live_options_of(member->config->resolver, arena, options));
    if (options->anchor != NULL) {
        files[0] = options->anchor;
    }
    if (options->root_hints != NULL) {
        files[sandbox.n_read++] = options->root_hints;
    }
    return member_enter_sandbox(member, &sandbox, detail);
}

int
run_resolver(unsigned place)
{
    struct member member;
    struct cx_live_options options;
    struct cx_detail detail = { .text = "" };
    struct cx_arena arena;
    cx_status s;
    int fd;

    (void)signal(SIGPIPE, SIG_IGN);
    cx_arena_init(&arena, CX_CONFIG_PRINTED_MAX);
    s = begin(&member, place, &arena, &options, &detail);
    fd = cx_ok(s) ? member_take_fd(&member, ROLE_FRONT, 0) : -1;
    if (fd < 0) {
        member_log(&member, CONFIG_LEVEL_ERR, "a resolver cannot begin: %s", detail.text);
    } else {
        member_say(&member, CONTROL_UP, 0, "");
        s = cx_worker_run(fd, &options);
    }
    cx_arena_done(&arena);
    member_end(&member);
    return fd >= 0 && cx_ok(s) ? EXIT_SUCCESS : EXIT_FAILURE;
}
