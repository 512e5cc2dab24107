/* Verifications of ECDSA P-256 a second, as libunbound asks for them of nettle: by nettle, and by OpenSSL in its place.
 *
 *   nettle      nettle's own ecdsa_verify
 *   in-place    the same call, with OpenSSL in nettle's place (resolve/nettle_p256.h)
 *   openssl     OpenSSL alone, on octets (pki/ecdsa.h)
 *
 * 64 keys from a fixed seed take turns; programs take turns too, so that a busy machine slows all of them. Each round has signatures of its
 * own: what is in nettle's place remembers good ones (pki/verified.h), and would not verify them again. Time of the processor
 * counts; medians of rounds. Every signature must be good. */
#include "base/status.h"
#include "pki/verified.h"
#include "resolve/nettle_p256.h"

#include <gmp.h>
#include <nettle/dsa.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    KEYS = 64,
    ROUNDS = 9,
    TURN = 1024 /* verifications */
};

enum what {
    WHAT_NETTLE,
    WHAT_IN_PLACE,
    WHAT_OPENSSL,
    WHATS
};

static const char *const words[] = { "nettle", "in-place", "openssl" };

struct key {
    struct ecc_scalar secret;
    struct ecc_point point;
};

struct signed_digest {
    const struct key *key;
    struct dsa_signature rs;
    struct cx_p256_signature octets;
    uint8_t digest[CX_P256_OCTETS];
};

static void
die(const char *what)
{
    fprintf(stderr, "bench_p256: %s\n", what);
    exit(EXIT_FAILURE);
}

static void
fill(void *ctx, size_t n, uint8_t *ret)
{
    uint64_t *seed = ctx;

    while (n-- != 0) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        *ret++ = (uint8_t)(*seed >> 56);
    }
}

static void
to_octets(const mpz_t number, uint8_t ret[CX_P256_OCTETS])
{
    size_t n = (mpz_sizeinbase(number, 2) + 7) / 8;

    memset(ret, 0, CX_P256_OCTETS);
    (void)mpz_export(ret + CX_P256_OCTETS - n, NULL, 1, 1, 1, 0, number); /* its first argument */
}

static void
make_key(struct key *key, uint64_t *seed)
{
    ecc_scalar_init(&key->secret, nettle_get_secp_256r1());
    ecc_point_init(&key->point, nettle_get_secp_256r1());
    ecc_scalar_random(&key->secret, seed, fill);
    ecc_point_mul_g(&key->point, &key->secret);
}

static void
sign(struct signed_digest *s, const struct key *key, uint64_t *seed)
{
    mpz_t x, y;

    s->key = key;
    dsa_signature_init(&s->rs);
    fill(seed, sizeof(s->digest), s->digest);
    ecdsa_sign(&key->secret, seed, fill, sizeof(s->digest), s->digest, &s->rs);
    mpz_init(x);
    mpz_init(y);
    ecc_point_get(&key->point, x, y);
    to_octets(x, s->octets.x);
    to_octets(y, s->octets.y);
    to_octets(s->rs.r, s->octets.r);
    to_octets(s->rs.s, s->octets.s);
    mpz_clear(x);
    mpz_clear(y);
}

static bool
verify(enum what what, const struct signed_digest *s)
{
    return what == WHAT_OPENSSL
               ? cx_p256_verify(&s->octets, (cx_span){ s->digest, sizeof(s->digest) }) ==
                     CX_P256_VALID
               : ecdsa_verify(&s->key->point, sizeof(s->digest), s->digest, &s->rs) == 1;
}

static void
check_unseen(const struct signed_digest of_round[TURN])
{
    for (unsigned i = 0; i < TURN; i++) {
        if (cx_p256_was_valid(&of_round[i].octets,
                              (cx_span){ of_round[i].digest, CX_P256_OCTETS })) {
            die("a signature is remembered: what is measured is not verifying");
        }
    }
}

/* Nanoseconds of one verification. */
static double
measure(enum what what, const struct signed_digest of_round[TURN])
{
    struct timespec begin, end;

    cx_nettle_p256_use(what == WHAT_IN_PLACE);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (unsigned i = 0; i < TURN; i++) {
        if (!verify(what, &of_round[i])) {
            die("a good signature was refused");
        }
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) /
           TURN;
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void
show(enum what what, const double ns[ROUNDS], double nettle_ns, bool json)
{
    double median = ns[ROUNDS / 2];

    if (json) {
        printf("{\"bench\":\"p256\",\"what\":\"%s\",\"keys\":%d,\"rounds\":%d,\"per_s\":%.0f,"
               "\"slowest\":%.0f,\"fastest\":%.0f,\"speed_next_to_nettle\":%.3f}\n",
               words[what], KEYS, ROUNDS, 1e9 / median, 1e9 / ns[ROUNDS - 1], 1e9 / ns[0],
               nettle_ns / median);
        return;
    }
    printf("%-9s %6.0f verifications/s (%.0f-%.0f), nettle = 1: %.2f\n", words[what], 1e9 / median,
           1e9 / ns[ROUNDS - 1], 1e9 / ns[0], nettle_ns / median);
}

int
main(int argc, char **argv)
{
    static struct key keys[KEYS];
    static struct signed_digest all[ROUNDS][TURN];
    static double ns[WHATS][ROUNDS];
    uint64_t seed = 1;
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;

    if (argc > 1 && !json) {
        die("usage: bench_p256 [--json]");
    }
    if (!cx_nettle_p256_works()) {
        fputs("bench_p256: OpenSSL takes nobody's place here\n", stderr);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < KEYS; i++) {
        make_key(&keys[i], &seed);
    }
    for (size_t i = 0; i < (size_t)ROUNDS * TURN; i++) {
        sign(&all[i / TURN][i % TURN], &keys[i % KEYS], &seed);
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        check_unseen(all[round]);
        for (unsigned what = 0; what < WHATS; what++) {
            ns[what][round] = measure((enum what)what, all[round]);
        }
    }
    for (unsigned what = 0; what < WHATS; what++) {
        qsort(ns[what], ROUNDS, sizeof(ns[what][0]), by_size);
    }
    for (unsigned what = 0; what < WHATS; what++) {
        show((enum what)what, ns[what], ns[WHAT_NETTLE][ROUNDS / 2], json);
    }
    for (size_t i = 0; i < (size_t)ROUNDS * TURN; i++) {
        dsa_signature_clear(&all[i / TURN][i % TURN].rs);
    }
    for (size_t i = 0; i < KEYS; i++) {
        ecc_point_clear(&keys[i].point);
        ecc_scalar_clear(&keys[i].secret);
    }
    return EXIT_SUCCESS;
}
