/* How fast the judge is, next to hashing what it judges from.
 *
 * A population of names is made from a fixed seed, each with the DNS messages that answer every question of its climb.
 * Four programs run over all of it, in turns, so that a busy machine slows all alike; medians over the turns count:
 *
 *   judge   cx_judge on answers that are already in the check's table: search, decision, window
 *   whole   messages to answers, answers to the table, and the judge once
 *   asked   the same as the engine does it: judge, give the one answer that it needs, judge again
 *   sha256  SHA-256 over the same messages, one digest each
 *
 * Every verdict is compared with the one the population was made for. */
#include "population.h"

#include <openssl/evp.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS_MAX 99
#define SLOT_NS    UINT64_C(100000000) /* a turn of one program lasts about this long */

enum what {
    WHAT_JUDGE,
    WHAT_WHOLE,
    WHAT_ASKED,
    WHAT_SHA256,
    WHATS
};

static const char *const words[] = { "judge", "whole", "asked", "sha256" };
static const char *const about[] = {
    "judge on answers in memory",
    "messages read, table filled, judged once",
    "messages read as asked for, judged after each",
    "SHA-256 of the same messages",
};

struct bench {
    struct population *p;
    struct cx_arena arena; /* reset for each check */
    EVP_MD *md;
    EVP_MD_CTX *digest;
    unsigned long wrong;
    uint64_t passes[WHATS];
    double ns[WHATS][ROUNDS_MAX]; /* of one check */
};

static uint64_t
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void
die(const char *what)
{
    fprintf(stderr, "bench_judge: %s\n", what);
    exit(EXIT_FAILURE);
}

static void
compare(struct bench *b, const struct specimen *s, const struct cx_finding *f)
{
    b->wrong += f->verdict != s->verdict || f->reason != s->reason || f->n_seen != s->n_messages ||
                        (f->valid_until != CX_TIME_NONE) != (s->verdict == CX_VERDICT_PERMIT)
                    ? 1
                    : 0;
}

static void
run_judge(struct bench *b, const struct specimen *s)
{
    struct cx_finding f;

    cx_judge(&b->p->c, &s->subject, &s->answers, &f);
    compare(b, s, &f);
}

static void
take_message(struct bench *b, const struct specimen *s, size_t i, struct cx_answers *answers)
{
    if (!cx_ok(specimen_answer(s, i, &b->arena, answers))) {
        die("out of memory");
    }
}

static void
run_whole(struct bench *b, const struct specimen *s)
{
    struct cx_answers answers = { .n = 0 };
    struct cx_finding f;

    cx_arena_reset(&b->arena);
    for (size_t i = 0; i < s->n_messages; i++) {
        take_message(b, s, i, &answers);
    }
    cx_judge(&b->p->c, &s->subject, &answers, &f);
    compare(b, s, &f);
}

static void
run_asked(struct bench *b, const struct specimen *s)
{
    struct cx_answers answers = { .n = 0 };
    struct cx_finding f;

    cx_arena_reset(&b->arena);
    cx_judge(&b->p->c, &s->subject, &answers, &f);
    for (size_t i = 0; f.verdict == CX_VERDICT_UNSET; i++) {
        if (f.n_need != 1 || i == s->n_messages ||
            !cx_span_equal(f.need[0].name, s->messages[i].question.name)) {
            die("the judge asked for something else");
        }
        take_message(b, s, i, &answers);
        cx_judge(&b->p->c, &s->subject, &answers, &f);
    }
    compare(b, s, &f);
}

static void
run_sha256(struct bench *b, const struct specimen *s)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    for (size_t i = 0; i < s->n_messages; i++) {
        cx_span octets = s->messages[i].octets;

        if (EVP_DigestInit_ex2(b->digest, b->md, NULL) != 1 ||
            EVP_DigestUpdate(b->digest, octets.p, octets.n) != 1 ||
            EVP_DigestFinal_ex(b->digest, md, &n) != 1) {
            die("SHA-256 failed");
        }
        b->wrong += n != 32 || md[0] != s->messages[i].first_of_digest ? 1 : 0;
    }
}

/* Once over everything. */
static void
pass(struct bench *b, enum what what)
{
    static void (*const runs[])(
        struct bench *, const struct specimen *) = { run_judge, run_whole, run_asked, run_sha256 };

    for (size_t i = 0; i < b->p->n; i++) {
        runs[what](b, &b->p->specimens[i]);
    }
}

/* A cold pass to warm up, a second one to learn how many fill a turn. */
static void
calibrate(struct bench *b, enum what what)
{
    uint64_t from, took;

    pass(b, what);
    from = now_ns();
    pass(b, what);
    took = now_ns() - from;
    b->passes[what] = took >= SLOT_NS ? 1 : SLOT_NS / (took + 1);
}

static void
measure(struct bench *b, enum what what, unsigned round)
{
    uint64_t from = now_ns();

    for (uint64_t i = 0; i < b->passes[what]; i++) {
        pass(b, what);
    }
    b->ns[what][round] = (double)(now_ns() - from) / ((double)b->passes[what] * (double)b->p->n);
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
fill_digests(struct bench *b)
{
    unsigned char md[EVP_MAX_MD_SIZE];

    for (size_t i = 0; i < b->p->n; i++) {
        struct specimen *s = &b->p->specimens[i];

        for (size_t k = 0; k < s->n_messages; k++) {
            if (EVP_Digest(s->messages[k].octets.p, s->messages[k].octets.n, md, NULL, b->md,
                           NULL) != 1) {
                die("SHA-256 failed");
            }
            s->messages[k].first_of_digest = md[0];
        }
    }
}

static void
show(const struct bench *b, enum what what, unsigned rounds, bool json)
{
    double ns = b->ns[what][rounds / 2], sha = b->ns[WHAT_SHA256][rounds / 2];

    if (json) {
        printf("{\"bench\":\"judge\",\"what\":\"%s\",\"checks\":%zu,\"messages\":%zu,"
               "\"octets\":%zu,\"rounds\":%u,\"ns_per_check\":%.1f,\"fastest\":%.1f,"
               "\"slowest\":%.1f,\"checks_per_s\":%.0f,\"speed_next_to_sha256\":%.3f}\n",
               words[what], b->p->n, b->p->n_messages, b->p->n_octets, rounds, ns, b->ns[what][0],
               b->ns[what][rounds - 1], 1e9 / ns, sha / ns);
        return;
    }
    printf("%-46s %9.1f %9.1f %9.1f %12.0f %9.2f\n", about[what], ns, b->ns[what][0],
           b->ns[what][rounds - 1], 1e9 / ns, sha / ns);
}

static void
run(struct bench *b, unsigned rounds, bool json)
{
    for (unsigned what = 0; what < WHATS; what++) {
        calibrate(b, (enum what)what);
    }
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned what = 0; what < WHATS; what++) {
            measure(b, (enum what)what, round);
        }
    }
    if (!json) {
        printf("%zu checks, %.2f messages of %.0f octets each, %u rounds\n\n", b->p->n,
               (double)b->p->n_messages / (double)b->p->n,
               (double)b->p->n_octets / (double)b->p->n_messages, rounds);
        printf("%-46s %9s %9s %9s %12s %9s\n", "", "ns/check", "fastest", "slowest", "checks/s",
               "x SHA-256");
    }
    for (unsigned what = 0; what < WHATS; what++) {
        qsort(b->ns[what], rounds, sizeof(b->ns[what][0]), by_size);
    }
    for (unsigned what = 0; what < WHATS; what++) {
        show(b, (enum what)what, rounds, json);
    }
}

static unsigned long
number(const char *text, unsigned long most)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*end != '\0' || n == 0 || n > most) {
        die("a number is wrong");
    }
    return n;
}

int
main(int argc, char **argv)
{
    static const struct option options[] = {
        { "json", no_argument, NULL, 'j' },
        { "cases", required_argument, NULL, 'c' },
        { "rounds", required_argument, NULL, 'r' },
        { NULL, 0, NULL, 0 },
    };
    static struct bench b;
    unsigned long cases = 4096, rounds = 7;
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'j') {
            json = true;
        } else if (option == 'c') {
            cases = number(optarg, 1000000);
        } else if (option == 'r') {
            rounds = number(optarg, ROUNDS_MAX);
        } else {
            die("usage: bench_judge [--json] [--cases N] [--rounds N]");
        }
    }
    b.p = population_new(cases);
    b.md = EVP_MD_fetch(NULL, "SHA256", NULL);
    b.digest = EVP_MD_CTX_new();
    if (b.p == NULL || b.md == NULL || b.digest == NULL) {
        die("out of memory");
    }
    cx_arena_init(&b.arena, CX_CHECK_MEMORY);
    fill_digests(&b);
    run(&b, (unsigned)rounds, json);
    EVP_MD_CTX_free(b.digest);
    EVP_MD_free(b.md);
    cx_arena_done(&b.arena);
    population_free(b.p);
    if (b.wrong != 0) {
        fprintf(stderr, "bench_judge: %lu results are not as expected\n", b.wrong);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
