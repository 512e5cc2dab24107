/* Checks over the live DNS, as many at once as wanted: how many a second, and what each costs.
 *
 * Requests are made beforehand and results are counted, not printed.  Every check must give the verdict that its list
 * states, by the records of the place that it states: the first that does not ends the program.  The first pass over the
 * list finds empty caches ("cold"); further ones find what is left there ("hot").  Checks of a second list, whose
 * servers never answer, can be kept under way all along.  One JSON object for each of the two kinds of passes. */
#include "base/alloc.h"
#include "engine/check.h"
#include "names.h"
#include "resolve/cache.h"
#include "resolve/forked_workers.h"
#include "usage.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

struct flags {
    struct cx_live_options live;
    const char *list;
    const char *failing_list;
    unsigned count; /* names of the list; 0: all */
    unsigned more;  /* further names for each */
    unsigned in_flight;
    unsigned failing;   /* in flight beside those */
    unsigned passes;    /* hot ones */
    unsigned processes; /* that resolve; 0: this one */
    bool no_cache;
};

struct run;

struct slot {
    struct run *run;
    struct slot *next; /* of the free ones, or of the finished ones */
    struct cx_check *check;
    const struct listed *due;
    uint64_t begun_ns;
    bool failing;
};

/* One or more passes. */
struct tally {
    unsigned long checks, by_records, without, denied, failed;
    unsigned long questions;
    uint64_t *ns; /* of each check, as it ended */
    struct usage begin, half, end;
};

struct run {
    const struct flags *flags;
    const struct cx_source *source;
    struct names names;
    struct names failing;
    struct slot *slots;
    struct slot *free;
    struct slot *finished;
    unsigned open;
    unsigned open_failing;
    size_t next_failing;
    struct tally *tally;
};

static uint64_t
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void
die(const char *what, const char *why)
{
    fprintf(stderr, "bench_live: %s: %s\n", what, why);
    exit(EX_SOFTWARE);
}

/* The one place that knows which source is measured. */
static void
open_source(const struct flags *flags, struct cx_source *ret)
{
    struct cx_detail detail = { .text = "" };

    const struct cx_cache_options options = { .bytes = (size_t)4 << 30 };
    struct cx_source inner;

    if (!cx_ok(flags->processes != 0
                   ? cx_forked_workers_open(&flags->live, flags->processes, &inner, &detail)
                   : cx_live_open(&flags->live, &inner, &detail))) {
        die("live source", detail.text);
    }
    if (flags->no_cache) {
        *ret = inner;
    } else if (!cx_ok(cx_cache_open(&options, &inner, ret, &detail))) {
        die("cache", detail.text);
    }
}

/* ---- checks */

static void
on_done(void *ctx, struct cx_check *check)
{
    struct slot *slot = ctx;

    (void)check; /* the slot owns it */
    slot->next = slot->run->finished;
    slot->run->finished = slot;
}

static void
start(struct run *run, const struct listed *due, bool failing)
{
    struct slot *slot = run->free;
    unsigned *open = failing ? &run->open_failing : &run->open;

    run->free = slot->next;
    slot->due = due;
    slot->failing = failing;
    slot->begun_ns = now_ns();
    slot->check = cx_check_new();
    if (slot->check == NULL) {
        die(due->name, "out of memory");
    }
    (*open)++;
    cx_check_start_request(slot->check, due->request, run->source, on_done, slot);
}

static void
refuse(const struct cx_check *check, const struct listed *due, const char *what)
{
    const struct cx_answer *last =
        check->answers.n != 0 ? check->answers.v[check->answers.n - 1] : NULL;
    char why[512];

    snprintf(why, sizeof(why), "%s; verdict %s instead of %s (%s); last answer: %s %.*s", what,
             cx_verdict_word(check->conclusion.verdict), cx_verdict_word(due->verdict),
             cx_reason_word(check->conclusion.reason),
             last != NULL ? cx_outcome_word(last->outcome) : "none",
             last != NULL ? (int)last->why.n : 0, last != NULL ? last->why.p : "");
    die(due->name, why);
}

static void
compare(const struct cx_check *check, const struct listed *due)
{
    const struct cx_answer *set;

    if (!cx_ok(check->status)) {
        die(due->name, check->detail.text);
    }
    set = check->findings[0].set;
    if (check->conclusion.verdict != due->verdict) {
        refuse(check, due, "not the verdict due");
    }
    if ((set != NULL) != due->by_records ||
        (set != NULL && !cx_span_equal(set->name, cx_name_span(&due->found)))) {
        refuse(check, due, "not the records due");
    }
}

static void
count(struct tally *t, const struct slot *slot)
{
    const struct cx_check *check = slot->check;

    if (slot->failing) {
        t->failed++;
        return;
    }
    t->ns[t->checks++] = now_ns() - slot->begun_ns;
    t->questions += check->answers.n;
    if (check->findings[0].set == NULL) {
        t->without++;
    } else if (check->conclusion.verdict == CX_VERDICT_PERMIT) {
        t->by_records++;
    } else {
        t->denied++;
    }
}

static bool
reap(struct run *run)
{
    bool any = run->finished != NULL;

    while (run->finished != NULL) {
        struct slot *slot = run->finished;

        run->finished = slot->next;
        compare(slot->check, slot->due);
        count(run->tally, slot);
        (*(slot->failing ? &run->open_failing : &run->open))--;
        cx_check_free(slot->check);
        slot->next = run->free;
        run->free = slot;
    }
    return any;
}

static void
wait_or_reap(struct run *run)
{
    if (!reap(run) && !cx_ok(cx_source_wait(run->source))) {
        die("live source", "it can wait no more");
    }
}

static void
keep_failing(struct run *run)
{
    while (run->open_failing < run->flags->failing) {
        start(run, &run->failing.v[run->next_failing++ % run->failing.n], true);
    }
}

static void
run_passes(struct run *run, unsigned passes, struct tally *t)
{
    size_t total = run->names.n * passes;

    *t = (struct tally){ .ns = cx_alloc(total, sizeof(*t->ns)) };
    if (t->ns == NULL) {
        die("times", "out of memory");
    }
    run->tally = t;
    keep_failing(run);
    t->begin = usage_now();
    for (size_t next = 0; t->checks < total;) {
        while (next < total && run->open < run->flags->in_flight && run->finished == NULL) {
            start(run, &run->names.v[next++ % run->names.n], false);
        }
        wait_or_reap(run);
        keep_failing(run);
        if (t->half.ns == 0 && t->checks >= total / 2) {
            t->half = usage_now();
        }
    }
    t->end = usage_now();
}

/* The failing ones end by themselves, and must fail. */
static void
drain(struct run *run)
{
    while (run->open_failing != 0) {
        wait_or_reap(run);
    }
}

/* ---- results */

static int
compare_ns(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

static double
ms_at(const struct tally *t, double part)
{
    return (double)t->ns[(size_t)((double)(t->checks - 1) * part)] / 1e6;
}

static void
print(const char *caches, struct tally *t)
{
    double n = (double)t->checks;
    double s = (double)(t->end.ns - t->begin.ns) / 1e9;

    qsort(t->ns, t->checks, sizeof(*t->ns), compare_ns);
    printf("{\"caches\":\"%s\",\"checks\":%lu,\"by_records\":%lu,\"without\":%lu,\"denied\":%lu,"
           "\"failed\":%lu,",
           caches, t->checks, t->by_records, t->without, t->denied, t->failed);
    printf("\"seconds\":%.4f,\"checks_per_s\":%.1f,\"cpu_us\":%.2f,\"questions\":%.3f,"
           "\"round_trips\":%.3f,",
           s, n / s, (t->end.cpu_s - t->begin.cpu_s) * 1e6 / n, (double)t->questions / n,
           (double)(t->end.datagrams - t->begin.datagrams) / 2 / n);
    printf("\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,", ms_at(t, 0.5), ms_at(t, 0.99),
           ms_at(t, 1));
    printf("\"rss_kb_begin\":%lu,\"rss_kb_half\":%lu,\"rss_kb\":%lu}\n",
           (unsigned long)t->begin.rss_kb, (unsigned long)t->half.rss_kb,
           (unsigned long)t->end.rss_kb);
    cx_free(t->ns);
}

/* ---- options */

static bool
read_number(const char *text, unsigned *ret)
{
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);

    *ret = (unsigned)n;
    return end != text && *end == '\0' && n <= 100000000;
}

static const char usage[] =
    "usage: bench_live --root-hints FILE --anchor FILE --list FILE [--count N] [--more N]\n"
    "                  [--in-flight N] [--passes N] [--failing-list FILE --failing N]\n"
    "                  [--renew-s N] [--deadline-ms N] [--no-tap] [--no-proof] [--no-retry]\n"
    "                  [--no-openssl-p256] [--no-cache] [--processes N]\n";

static bool
take_option(struct flags *f, int o, const char *arg)
{
    switch (o) {
    case 'h':
        f->live.root_hints = arg;
        return true;
    case 'a':
        f->live.anchor = arg;
        return true;
    case 'l':
        f->list = arg;
        return true;
    case 'L':
        f->failing_list = arg;
        return true;
    case 'T':
        f->live.no_tap = true;
        return true;
    case 'P':
        f->live.no_proof = true;
        return true;
    case 'O':
        f->live.no_openssl_p256 = true;
        return true;
    case 'C':
        f->no_cache = true;
        return true;
    case 'n':
        return read_number(arg, &f->processes);
    case 'R':
        f->live.no_retry = true;
        return true;
    case 'c':
        return read_number(arg, &f->count);
    case 'm':
        return read_number(arg, &f->more);
    case 'i':
        return read_number(arg, &f->in_flight) && f->in_flight > 0;
    case 'p':
        return read_number(arg, &f->passes);
    case 'F':
        return read_number(arg, &f->failing);
    case 'r':
        return read_number(arg, &f->live.renew_s);
    case 'd':
        return read_number(arg, &f->live.deadline_ms);
    default:
        return false;
    }
}

static struct flags
read_flags(int argc, char **argv)
{
    static const struct option options[] = {
        { "root-hints", required_argument, NULL, 'h' },
        { "anchor", required_argument, NULL, 'a' },
        { "list", required_argument, NULL, 'l' },
        { "count", required_argument, NULL, 'c' },
        { "more", required_argument, NULL, 'm' },
        { "in-flight", required_argument, NULL, 'i' },
        { "passes", required_argument, NULL, 'p' },
        { "failing", required_argument, NULL, 'F' },
        { "failing-list", required_argument, NULL, 'L' },
        { "renew-s", required_argument, NULL, 'r' },
        { "deadline-ms", required_argument, NULL, 'd' },
        { "no-tap", no_argument, NULL, 'T' },
        { "no-retry", no_argument, NULL, 'R' },
        { "no-proof", no_argument, NULL, 'P' },
        { "no-openssl-p256", no_argument, NULL, 'O' },
        { "no-cache", no_argument, NULL, 'C' },
        { "processes", required_argument, NULL, 'n' },
        { NULL, 0, NULL, 0 },
    };
    struct flags f = { .live = { .lab = true }, .in_flight = 200 };
    bool ok = true;
    int o;

    while (ok && (o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        ok = take_option(&f, o, optarg);
    }
    if (!ok || optind != argc || f.live.root_hints == NULL || f.live.anchor == NULL ||
        f.list == NULL || (f.failing != 0 && f.failing_list == NULL)) {
        fputs(usage, stderr);
        exit(EX_USAGE);
    }
    return f;
}

static void
prepare(struct run *run)
{
    const struct flags *f = run->flags;
    size_t n = (size_t)f->in_flight + f->failing;

    names_init(&run->names);
    names_init(&run->failing);
    if (!names_read(&run->names, f->list, f->count) || !names_multiply(&run->names, f->more) ||
        (f->failing != 0 && !names_read(&run->failing, f->failing_list, 0))) {
        exit(EX_DATAERR);
    }
    if (run->names.n == 0 || (f->failing != 0 && run->failing.n == 0)) {
        die(f->list, "no names");
    }
    run->slots = cx_alloc(n, sizeof(*run->slots));
    if (run->slots == NULL) {
        die("slots", "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        run->slots[i] = (struct slot){ .run = run, .next = run->free };
        run->free = &run->slots[i];
    }
}

int
main(int argc, char **argv)
{
    struct flags flags = read_flags(argc, argv);
    struct cx_source source = { .ops = NULL };
    struct run run = { .flags = &flags, .source = &source };
    struct tally t;

    prepare(&run);
    open_source(&flags, &source);
    run_passes(&run, 1, &t);
    drain(&run);
    print("cold", &t);
    if (flags.passes != 0) {
        run_passes(&run, flags.passes, &t);
        drain(&run);
        print("hot", &t);
    }
    cx_source_close(&source);
    names_done(&run.names);
    names_done(&run.failing);
    cx_free(run.slots);
    return EXIT_SUCCESS;
}
