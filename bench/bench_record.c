/* How fast records are written and read, next to hashing them.
 *
 * One record as they mostly are: of one name (or of --names), three answers for each, an authority, a request id. Three
 * programs run over it in turns, so that a busy machine slows all alike; medians over the turns count:
 *
 *   encode   cx_record_encode into a buffer that is used again
 *   decode   cx_record_decode into an arena that is used again
 *   sha256   SHA-256 over the same octets
 *
 * What is read is written again before and after, and must be the same octets. */
#include "base/limits.h"
#include "specimen.h"

#include <openssl/evp.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS_MAX 99
#define SLOT_NS    UINT64_C(100000000) /* a turn of one program lasts about this long */

enum what {
    WHAT_ENCODE,
    WHAT_DECODE,
    WHAT_SHA256,
    WHATS
};

static const char *const words[] = { "encode", "decode", "sha256" };
static const char *const about[] = {
    "a struct written",
    "octets read, all in them checked",
    "SHA-256 of the same octets",
};

struct bench {
    struct cx_record record;
    struct cx_arena kept;  /* of the record */
    struct cx_arena arena; /* reset for each */
    struct cx_buf buf;
    cx_span octets;
    EVP_MD *md;
    EVP_MD_CTX *digest;
    unsigned long wrong;
    uint64_t passes[WHATS];
    double ns[WHATS][ROUNDS_MAX]; /* of one record */
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
    fprintf(stderr, "bench_record: %s\n", what);
    exit(EXIT_FAILURE);
}

static void *
get(struct bench *b, size_t n, size_t size)
{
    void *p = cx_arena_get(&b->kept, n, size);

    if (p == NULL) {
        die("out of memory");
    }
    return p;
}

/* The typical record, with as many names and three answers for each. */
static void
make(struct bench *b, size_t n)
{
    struct cx_record_name *names = get(b, n, sizeof(*names));
    struct cx_record_finding *findings = get(b, n, sizeof(*findings));
    struct cx_hash *answers = get(b, 3 * n, sizeof(*answers));
    struct cx_record *r = &b->record;

    *r = typical_record();
    for (size_t i = 0; i < n; i++) {
        char text[40];

        names[i] = r->names[0];
        if (i != 0) {
            (void)snprintf(text, sizeof(text), "www%zu.example.com", i);
            if (!cx_ok(cx_arena_text(&b->kept, cx_str_of(text), &names[i].text))) {
                die("out of memory");
            }
        }
        findings[i] = r->findings[0];
        memcpy(&answers[3 * i], r->answers, 3 * sizeof(*answers));
    }
    r->names = names;
    r->findings = findings;
    r->n_names = n;
    r->answers = answers;
    r->n_answers = 3 * n;
    b->octets = octets_of_record(r, &b->kept);
}

static void
run_encode(struct bench *b)
{
    cx_buf_clear(&b->buf);
    if (!cx_ok(cx_record_encode(&b->record, &b->buf))) {
        die("not written");
    }
    b->wrong += b->buf.n != b->octets.n ? 1 : 0;
}

static void
run_decode(struct bench *b)
{
    struct cx_record read;

    cx_arena_reset(&b->arena);
    if (!cx_ok(cx_record_decode(b->octets, &b->arena, &read, NULL))) {
        die("not read");
    }
    b->wrong += read.n_names != b->record.n_names ? 1 : 0;
}

static void
run_sha256(struct bench *b)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (EVP_DigestInit_ex2(b->digest, b->md, NULL) != 1 ||
        EVP_DigestUpdate(b->digest, b->octets.p, b->octets.n) != 1 ||
        EVP_DigestFinal_ex(b->digest, md, &n) != 1) {
        die("SHA-256 failed");
    }
    b->wrong += n != 32 ? 1 : 0;
}

static void
pass(struct bench *b, enum what what)
{
    static void (*const runs[])(struct bench *) = { run_encode, run_decode, run_sha256 };

    runs[what](b);
}

/* Some passes to warm up, some more to learn how many fill a turn. */
static void
calibrate(struct bench *b, enum what what)
{
    uint64_t from, took;

    for (int i = 0; i < 100; i++) {
        pass(b, what);
    }
    from = now_ns();
    for (int i = 0; i < 100; i++) {
        pass(b, what);
    }
    took = (now_ns() - from) / 100 + 1;
    b->passes[what] = SLOT_NS / took + 1;
}

static void
measure(struct bench *b, enum what what, unsigned round)
{
    uint64_t from = now_ns();

    for (uint64_t i = 0; i < b->passes[what]; i++) {
        pass(b, what);
    }
    b->ns[what][round] = (double)(now_ns() - from) / (double)b->passes[what];
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
show(const struct bench *b, enum what what, unsigned rounds, bool json)
{
    double ns = b->ns[what][rounds / 2], sha = b->ns[WHAT_SHA256][rounds / 2];

    if (json) {
        printf("{\"bench\":\"record\",\"what\":\"%s\",\"names\":%zu,\"octets\":%zu,\"rounds\":%u,"
               "\"ns_per_record\":%.1f,\"fastest\":%.1f,\"slowest\":%.1f,\"records_per_s\":%.0f,"
               "\"speed_next_to_sha256\":%.3f}\n",
               words[what], b->record.n_names, b->octets.n, rounds, ns, b->ns[what][0],
               b->ns[what][rounds - 1], 1e9 / ns, sha / ns);
        return;
    }
    printf("%-34s %10.1f %10.1f %10.1f %12.0f %9.2f\n", about[what], ns, b->ns[what][0],
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
        printf("one record, %zu names, %zu octets, %u rounds\n\n", b->record.n_names, b->octets.n,
               rounds);
        printf("%-34s %10s %10s %10s %12s %9s\n", "", "ns/record", "fastest", "slowest",
               "records/s", "x SHA-256");
    }
    for (unsigned what = 0; what < WHATS; what++) {
        qsort(b->ns[what], rounds, sizeof(b->ns[what][0]), by_size);
    }
    for (unsigned what = 0; what < WHATS; what++) {
        show(b, (enum what)what, rounds, json);
    }
}

/* That the programs do what they are measured for. */
static void
compare(struct bench *b)
{
    struct cx_record read;

    run_encode(b);
    if (!cx_span_equal(cx_span_of_str(cx_buf_str(&b->buf)), b->octets)) {
        die("written otherwise");
    }
    cx_arena_reset(&b->arena);
    if (!cx_ok(cx_record_decode(b->octets, &b->arena, &read, NULL)) ||
        record_difference(&b->record, &read) != NULL) {
        die("read otherwise");
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
        { "names", required_argument, NULL, 'n' },
        { "rounds", required_argument, NULL, 'r' },
        { NULL, 0, NULL, 0 },
    };
    static struct bench b;
    unsigned long names = 1, rounds = 7;
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'j') {
            json = true;
        } else if (option == 'n') {
            names = number(optarg, CX_NAMES_MAX);
        } else if (option == 'r') {
            rounds = number(optarg, ROUNDS_MAX);
        } else {
            die("usage: bench_record [--json] [--names N] [--rounds N]");
        }
    }
    b.md = EVP_MD_fetch(NULL, "SHA256", NULL);
    b.digest = EVP_MD_CTX_new();
    if (b.md == NULL || b.digest == NULL) {
        die("out of memory");
    }
    cx_arena_init(&b.kept, SPECIMEN_ARENA);
    cx_arena_init(&b.arena, SPECIMEN_ARENA);
    cx_buf_init(&b.buf, CX_RECORD_MAX);
    make(&b, names);
    compare(&b);
    run(&b, (unsigned)rounds, json);
    compare(&b);
    EVP_MD_CTX_free(b.digest);
    EVP_MD_free(b.md);
    cx_buf_done(&b.buf);
    cx_arena_done(&b.arena);
    cx_arena_done(&b.kept);
    if (b.wrong != 0) {
        fprintf(stderr, "bench_record: %lu results are not as expected\n", b.wrong);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
