#include "bin/caaproof/reconcile_watch.h"

#include "base/file.h"
#include "base/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- metrics */

static void
put_gauge(struct cx_buf *buf, const char *name, const char *help, uint64_t value)
{
    cx_buf_printf(buf,
                  "# HELP caaproof_reconcile_%s %s\n# TYPE caaproof_reconcile_%s gauge\n"
                  "caaproof_reconcile_%s %" PRIu64 "\n",
                  name, help, name, name, value);
}

cx_status
reconcile_metrics(const struct reconcile_watch *watch, const struct reconcile_print *print,
                  struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 4096 };
    const struct cx_reconcile_counts *k = &print->counts;

    if (watch->metrics == NULL) {
        return CX_SUCCESS;
    }
    put_gauge(&buf, "certificates", "Certificates in the lists.", k->certificates);
    put_gauge(&buf, "certificates_without_permit", "Certificates without a good permit.",
              k->without);
    put_gauge(&buf, "certificates_shared_permit",
              "Certificates whose permit served another one (--strict).", k->shared);
    put_gauge(&buf, "rejected_rows", "Rows of the lists that could not be read.", print->rejected);
    put_gauge(&buf, "checks", "Checks in the log.", k->checks);
    put_gauge(&buf, "finished_seconds", "When it was last compared, in seconds since 1970.",
              (uint64_t)cx_time_now());
    CX_TRY(cx_buf_status(&buf));
    return cx_file_write(watch->metrics, cx_buf_str(&buf), detail);
}

/* ---- alarm */

static void
describe(const struct reconcile_print *print, cx_status s, const struct cx_detail *detail,
         char *text, size_t size)
{
    const struct cx_reconcile_counts *k = &print->counts;

    if (!cx_ok(s)) {
        (void)snprintf(text, size, "caaproof reconcile failed: %s",
                       detail->text[0] != '\0' ? detail->text : cx_status_text(s));
        return;
    }
    (void)snprintf(text, size,
                   "caaproof reconcile: of %" PRIu64 " certificates %" PRIu64
                   " are without a good permit, %" PRIu64 " share one; %" PRIu64
                   " rows could not be read",
                   k->certificates, k->without, k->shared, print->rejected);
}

static cx_status
run(const char *program, char *text, struct cx_detail *detail)
{
    char *const argv[] = { (char *)(uintptr_t)program, text, NULL }; /* not changed by spawn */
    posix_spawn_file_actions_t actions;
    int status = 0;
    pid_t pid;
    int error = posix_spawn_file_actions_init(&actions);

    if (error == 0) { /* what it prints is no part of our list */
        error = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
        error = error == 0 ? posix_spawn(&pid, program, &actions, NULL, argv, environ) : error;
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    if (error != 0) {
        return cx_fail(detail, CX_E_IO, "--alarm %s: %s", program, strerror(error));
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return cx_fail(detail, CX_E_IO, "--alarm %s: %s", program, strerror(errno));
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_IO, "--alarm %s: it failed, so perhaps nobody knows: %s",
                         program, text);
}

cx_status
reconcile_alarm(const struct reconcile_watch *watch, const struct reconcile_print *print,
                cx_status s, struct cx_detail *detail)
{
    char text[sizeof(detail->text) + 100];

    if (watch->alarm == NULL || (cx_ok(s) && reconcile_is_well(print))) {
        return CX_SUCCESS;
    }
    describe(print, s, detail, text, sizeof(text));
    return run(watch->alarm, text, detail);
}
