#include "bin/caaproof/replay.h"

#include "base/alloc.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"
#include "engine/policy.h"
#include "store/log.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] =
    "usage: caaproof replay STORE [options]\n"
    "\n"
    "Puts every recorded check through the judge of this program, on the answers that were "
    "recorded,\n"
    "and lists those that would be decided otherwise now. Nothing is asked, nothing is written.\n"
    "\n"
    "  --rules-of DATE    apply the rules of this date instead of those of each check's own\n"
    "  --policy FILE      apply this policy (docs/json.md) instead of the recorded one\n"
    "  --issuer D         issuer domain name of the CA instead of those recorded (repeatable)\n"
    "  --all              list checks too whose verdict is the same, but not its reason or window\n"
    "  --jobs N           processes (default: one a core, at most 8)\n"
    "  --json             one object a difference, and one with the counts at the end\n"
    "\n"
    "Exit status: 0 every verdict is as recorded; 1 some are not, or a check cannot be judged;\n"
    "64-78 errors.\n"
    "\n"
    "Try: caaproof replay STORE --issuer other-ca.example.net\n";

#define JOBS_MAX 64

struct job {
    struct replay_part part;
    struct replay_counts counts;
    pid_t pid;
    int pipe; /* -1: it has ended */
};

struct replaying {
    const char *store;
    struct cx_replay_options options;
    struct cx_arena arena; /* of what options point to */
    struct cx_policy policy;
    struct cx_own own[CX_ISSUERS_MAX];
    bool json;
    bool all;
    unsigned long jobs;
    struct job *v;
    size_t n;
    uint64_t rows;
};

/* ---- processes */

static cx_status
count_rows(struct replaying *r, struct cx_detail *detail)
{
    struct cx_log_reader *reader;

    /* Closed before there are other processes: SQLite's connections must not be taken along. */
    CX_TRY(cx_log_reader_open(r->store, &reader, detail));
    for (size_t i = 0; i < cx_log_reader_shards(reader); i++) {
        r->rows += cx_log_reader_shard(reader, i)->size;
    }
    cx_log_reader_close(reader);
    return CX_SUCCESS;
}

static cx_status
start(struct replaying *r, size_t i, struct cx_detail *detail)
{
    struct job *job = &r->v[i];
    int ends[2];

    job->part = (struct replay_part){
        .store = r->store,
        .options = &r->options,
        .json = r->json,
        .all = r->all,
        .first = r->rows * i / r->jobs,
        .last = r->rows * (i + 1) / r->jobs,
        .out = tmpfile(),
    };
    job->pipe = -1;
    if (job->part.out == NULL || pipe(ends) != 0) {
        return cx_fail(detail, CX_E_IO, "no temporary file or pipe for a process");
    }
    fflush(NULL);
    job->pid = fork();
    if (job->pid == 0) {
        (void)close(ends[0]); /* the parent's */
        job->part.counts = ends[1];
        replay_part_run(&job->part);
        _exit(0);
    }
    (void)close(ends[1]); /* the child's */
    job->pipe = ends[0];
    r->n = i + 1;
    return job->pid > 0 ? CX_SUCCESS : cx_fail(detail, CX_E_IO, "a process cannot be started");
}

/* The latest counts; the pipe is closed at its end. */
static void
take_counts(struct job *job)
{
    struct replay_counts counts;

    if (read(job->pipe, &counts, sizeof(counts)) == sizeof(counts)) {
        job->counts = counts;
        return;
    }
    (void)close(job->pipe); /* only read */
    job->pipe = -1;
}

static bool
watch_once(struct replaying *r, struct progress *progress)
{
    struct pollfd fds[JOBS_MAX];
    size_t open = 0;

    for (size_t i = 0; i < r->n; i++) {
        fds[i] = (struct pollfd){ .fd = r->v[i].pipe, .events = POLLIN };
        open += r->v[i].pipe >= 0 ? 1 : 0;
    }
    if (open == 0 || poll(fds, r->n, -1) < 0) {
        return open != 0;
    }
    progress->done = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (fds[i].revents != 0) {
            take_counts(&r->v[i]);
        }
        progress->done += r->v[i].counts.rows;
    }
    progress_show(progress);
    return true;
}

static void
watch(struct replaying *r)
{
    struct progress progress;

    progress_begin(&progress, "records", r->rows);
    while (watch_once(r, &progress)) {
    }
    progress_end(&progress);
    for (size_t i = 0; i < r->n; i++) {
        if (r->v[i].pid > 0) {
            (void)waitpid(r->v[i].pid, NULL, 0); /* what it did is in its counts */
        }
    }
}

/* ---- results */

static void
copy_out(FILE *from)
{
    char piece[16384];
    size_t n;

    rewind(from);
    while ((n = fread(piece, 1, sizeof(piece), from)) != 0) {
        (void)fwrite(piece, 1, n, stdout); /* the flush at the end tells */
    }
}

static void
add_up(const struct replaying *r, struct replay_counts *ret)
{
    *ret = (struct replay_counts){ .ended = true };
    for (size_t i = 0; i < r->n; i++) {
        const struct replay_counts *one = &r->v[i].counts;

        ret->rows += one->rows;
        ret->checks += one->checks;
        ret->verdict_changed += one->verdict_changed;
        ret->otherwise_changed += one->otherwise_changed;
        ret->failed += one->failed;
        for (size_t k = 0; k < (size_t)REPLAY_VERDICTS * REPLAY_VERDICTS; k++) {
            ret->from_to[k / REPLAY_VERDICTS][k % REPLAY_VERDICTS] +=
                one->from_to[k / REPLAY_VERDICTS][k % REPLAY_VERDICTS];
        }
        if (cx_ok(ret->status) && !one->ended) { /* it was killed, or its machine is broken */
            ret->status = cx_fail(&ret->detail, CX_E_INTERNAL, "a process ended before its part");
        } else if (cx_ok(ret->status) && !cx_ok(one->status)) {
            ret->status = one->status;
            ret->detail = one->detail;
        }
    }
}

static void
print_counts(const struct replay_counts *counts)
{
    printf("%" PRIu64 " checks replayed: %" PRIu64 " with another verdict, %" PRIu64
           " with another reason, window or corroboration only, %" PRIu64
           " that cannot be judged\n",
           counts->checks + counts->failed, counts->verdict_changed, counts->otherwise_changed,
           counts->failed);
    for (size_t from = 0; from < REPLAY_VERDICTS; from++) {
        for (size_t to = 0; to < REPLAY_VERDICTS; to++) {
            if (counts->from_to[from][to] != 0) {
                printf("  %s -> %s: %" PRIu64 "\n", cx_verdict_word((enum cx_verdict)from),
                       cx_verdict_word((enum cx_verdict)to), counts->from_to[from][to]);
            }
        }
    }
}

static bool
set_count(struct cx_json *json, const char *member, uint64_t count)
{
    return cx_json_set(json, member, cx_json_new_integer((int64_t)count));
}

static cx_status
print_counts_json(const struct replay_counts *counts)
{
    struct cx_json *json = cx_json_new_object();
    cx_status s;

    json = cx_json_whole(
        json, set_count(json, "schema", 1) && set_count(json, "checks", counts->checks) &&
                  set_count(json, "verdict_changed", counts->verdict_changed) &&
                  set_count(json, "otherwise_changed", counts->otherwise_changed) &&
                  set_count(json, "failed", counts->failed));
    s = output_json(json);
    cx_json_free(json);
    return s;
}

static int
show(const struct replaying *r)
{
    struct replay_counts counts;
    cx_status s = CX_SUCCESS;

    add_up(r, &counts);
    for (size_t i = 0; i < r->n; i++) {
        copy_out(r->v[i].part.out);
    }
    if (!cx_ok(counts.status)) {
        return exit_with(counts.status, &counts.detail);
    }
    if (r->json) {
        s = print_counts_json(&counts);
    } else {
        print_counts(&counts);
    }
    return !cx_ok(s) ? exit_with(s, NULL)
                     : exit_with_output(counts.verdict_changed + counts.failed != 0);
}

static int
replay(struct replaying *r)
{
    struct cx_detail detail = { .text = "" };
    cx_status s = count_rows(r, &detail);
    int code;

    r->v = cx_alloc(r->jobs, sizeof(*r->v));
    if (r->v == NULL) {
        return exit_with((cx_status){ CX_E_NOMEM }, NULL);
    }
    for (size_t i = 0; i < r->jobs && cx_ok(s); i++) {
        s = start(r, i, &detail);
    }
    watch(r);
    code = cx_ok(s) ? show(r) : exit_with(s, &detail);
    for (size_t i = 0; i < r->n; i++) {
        (void)fclose(r->v[i].part.out); /* temporary */
    }
    cx_free(r->v);
    return code;
}

/* ---- options */

enum {
    OPT_RULES_OF = 256,
    OPT_POLICY,
    OPT_ISSUER,
    OPT_ALL,
    OPT_JOBS,
    OPT_JSON,
};

static const struct option long_options[] = {
    { "rules-of", required_argument, NULL, OPT_RULES_OF },
    { "policy", required_argument, NULL, OPT_POLICY },
    { "issuer", required_argument, NULL, OPT_ISSUER },
    { "all", no_argument, NULL, OPT_ALL },
    { "jobs", required_argument, NULL, OPT_JOBS },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

static bool
set_policy(struct replaying *r, const char *path)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;
    struct cx_detail detail = { .text = "" };
    cx_status s = input_json(path, &json, &detail);

    if (cx_ok(s)) {
        s = cx_policy_from_json(json, &r->arena, &r->policy, &detail);
    }
    r->options.policy = &r->policy;
    return cx_ok(s) || options_complain("--policy", detail.text);
}

static bool
add_issuer(struct replaying *r, const char *name)
{
    if (r->options.n_own == CX_ISSUERS_MAX) {
        return options_complain("too many --issuer options", name);
    }
    r->own[r->options.n_own++] =
        (struct cx_own){ .name = cx_str_of(name), .from = CX_TIME_NONE, .until = CX_TIME_MAX };
    r->options.own = r->own;
    r->options.has_own = true;
    return true;
}

static bool
take_option(void *ctx, int option, const char *value)
{
    struct replaying *r = ctx;

    switch (option) {
    case OPT_RULES_OF:
        r->options.has_rules_of = true;
        return cx_ok(cx_time_parse(cx_str_of(value), &r->options.rules_of)) ||
               options_complain("--rules-of takes a date such as 2026-03-15", value);
    case OPT_POLICY:
        return set_policy(r, value);
    case OPT_ISSUER:
        return add_issuer(r, value);
    case OPT_ALL:
        r->all = true;
        return true;
    case OPT_JOBS:
        return options_number(value, JOBS_MAX, "--jobs takes a number from 1 to 64", &r->jobs);
    case OPT_JSON:
        r->json = true;
        return true;
    default:
        return false;
    }
}

static int
parse_and_replay(struct replaying *r, int argc, char **argv)
{
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, r, &code);

    if (first < 0) {
        return code;
    }
    if (argc - first != 1) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    r->store = argv[first];
    return replay(r);
}

int
command_replay(int argc, char **argv)
{
    struct replaying *r = cx_alloc(1, sizeof(*r));
    int code;

    if (r == NULL) {
        return exit_with((cx_status){ CX_E_NOMEM }, NULL);
    }
    cx_arena_init(&r->arena, CX_RECORD_MAX);
    r->jobs = options_cores();
    code = parse_and_replay(r, argc, argv);
    cx_arena_done(&r->arena);
    cx_free(r);
    return code;
}
