/* Verifying a permit next to what it cannot do without: one Ed25519 verification, and for a certificate reading it.
 *     bench_permit [ROUNDS]
 * Each round takes them in turn; medians count. One line of JSON. The permit and the precertificate are those of
 * docs/formats/permit-vectors; every verification must succeed. */
#include "base/file.h"
#include "evidence/permit.h"
#include "pki/spki.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS_MAX 99
#define SLOT_NS    100000000.0 /* a turn lasts about so long */
#define NOW_MS     (UINT64_C(1795348800) * 1000 + 1000)

enum what {
    WHAT_ED25519,
    WHAT_NAMES,
    WHAT_REMEMBERED,
    WHAT_D2I,
    WHAT_CERTIFICATE,
    WHATS
};

struct bench {
    struct cx_arena files;
    struct cx_arena arena; /* of one verification */
    cx_span permit, der, note, signature;
    struct cx_note_key key;
    struct cx_permit_trust trust;
    struct cx_permit_memory *memory;
    double ns[WHATS][ROUNDS_MAX];
};

static void
die(const char *what)
{
    fprintf(stderr, "bench_permit: %s\n", what);
    exit(EXIT_FAILURE);
}

static double
now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static cx_span
read_file(struct bench *b, const char *name)
{
    struct cx_detail detail = { .text = "" };
    char path[400];
    struct cx_buf buf;
    cx_span ret;

    (void)snprintf(path, sizeof(path), "%s/%s", VECTORS, name);
    cx_buf_init(&buf, 1 << 20);
    if (!cx_ok(cx_file_read(path, &buf, &detail)) ||
        !cx_ok(cx_arena_copy(&b->files, cx_span_of_str(cx_buf_str(&buf)), &ret))) {
        die(path);
    }
    cx_buf_done(&buf);
    return ret;
}

static cx_span
read_certificate(struct bench *b, const char *name)
{
    cx_span pem = read_file(b, name), ret;
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    unsigned char *der = NULL;
    int n = i2d_X509(x509, &der);

    if (n <= 0 || !cx_ok(cx_arena_copy(&b->files, (cx_span){ der, (size_t)n }, &ret))) {
        die(name);
    }
    OPENSSL_free(der);
    X509_free(x509);
    (void)BIO_free(bio);
    return ret;
}

/* What the log signed: for the bare verification. */
static void
take_note(struct bench *b)
{
    const uint8_t *p = memmem(b->permit.p, b->permit.n, "\n\n", 2);
    struct cx_signed_note note;

    if (p == NULL ||
        !cx_ok(cx_note_parse((cx_span){ p + 2, b->permit.n - (size_t)(p + 2 - b->permit.p) },
                             &b->files, &note, NULL))) {
        die("the checkpoint");
    }
    b->note = cx_span_of_str(note.text);
    b->signature = note.v[0].octets;
}

static void
open_bench(struct bench *b)
{
    cx_str vkey;

    cx_arena_init(&b->files, 16 << 20);
    cx_arena_init(&b->arena, 16 << 20);
    b->permit = read_file(b, "good.tlog-proof");
    b->der = read_certificate(b, "precertificate.pem");
    vkey = cx_str_of_span(read_file(b, "log.vkey"));
    vkey.n -= vkey.p[vkey.n - 1] == '\n' ? 1 : 0;
    b->trust = (struct cx_permit_trust){ .keys = &b->key, .n_keys = 1 };
    if (!cx_ok(cx_note_key_parse(vkey, &b->key, NULL)) ||
        !cx_ok(cx_spki_digest(read_file(b, "issuer.pem"), b->trust.authority.b, NULL))) {
        die("keys");
    }
    b->memory = cx_permit_memory_new();
    take_note(b);
}

/* ---- the five */

static bool
ed25519(struct bench *b)
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, b->key.public_key, CX_ED25519_PUBLIC);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool valid = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
                 EVP_DigestVerify(ctx, b->signature.p, b->signature.n, b->note.p, b->note.n) == 1;

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return valid;
}

static bool
verify(struct bench *b, const struct cx_permit_subject *subject, struct cx_permit_memory *memory)
{
    enum cx_permit_fault fault;

    b->trust.memory = memory;
    return cx_ok(
        cx_permit_verify(b->permit, subject, &b->trust, NOW_MS, &b->arena, NULL, &fault, NULL));
}

static bool
names(struct bench *b, struct cx_permit_memory *memory)
{
    static const struct cx_record_name two[] = {
        { CX_RECORD_NAME_DNS, CX_STR_INIT("www.d.test"), CX_RECORD_NONE },
        { CX_RECORD_NAME_WILDCARD, CX_STR_INIT("d.test"), CX_RECORD_NONE },
    };
    const struct cx_permit_subject subject = { .names = two, .n_names = 2 };

    return verify(b, &subject, memory);
}

static bool
d2i(struct bench *b)
{
    const unsigned char *p = b->der.p;
    X509 *x509 = d2i_X509(NULL, &p, (long)b->der.n);
    bool read = x509 != NULL;

    X509_free(x509);
    return ed25519(b) && read;
}

static bool
certificate(struct bench *b)
{
    struct cx_permit_subject subject;
    enum cx_permit_fault fault;
    struct cx_tbs tbs;

    return cx_ok(cx_tbs_read(b->der, &b->arena, &tbs, NULL)) &&
           cx_ok(cx_permit_subject_of_tbs(&tbs, &b->trust, &b->arena, &subject, &fault, NULL)) &&
           verify(b, &subject, NULL);
}

static bool
once(struct bench *b, enum what what)
{
    cx_arena_reset(&b->arena);
    switch (what) {
    case WHAT_ED25519:
        return ed25519(b);
    case WHAT_NAMES:
        return names(b, NULL);
    case WHAT_REMEMBERED:
        return names(b, b->memory);
    case WHAT_D2I:
        return d2i(b);
    case WHAT_CERTIFICATE:
        return certificate(b);
    case WHATS:
        break;
    }
    return false;
}

static double
turn(struct bench *b, enum what what)
{
    double began = now_ns();
    size_t n = 0;

    do {
        for (size_t i = 0; i < 100; i++, n++) {
            if (!once(b, what)) {
                die("a verification failed");
            }
        }
    } while (now_ns() - began < SLOT_NS);
    return (now_ns() - began) / (double)n;
}

static int
compare(const void *a, const void *b)
{
    const double *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

int
main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 9;
    struct bench *b = calloc(1, sizeof(*b));
    double m[WHATS];

    if (b == NULL || rounds == 0 || rounds > ROUNDS_MAX) {
        die("1 to 99 rounds");
    }
    open_bench(b);
    for (size_t i = 0; i < rounds; i++) {
        for (size_t what = 0; what < WHATS; what++) {
            b->ns[what][i] = turn(b, (enum what)what);
        }
    }
    for (size_t what = 0; what < WHATS; what++) {
        qsort(b->ns[what], rounds, sizeof(double), compare);
        m[what] = b->ns[what][rounds / 2];
    }
    printf(
        "{\"ed25519_ns\":%.0f,\"names_ns\":%.0f,\"remembered_ns\":%.0f,\"ed25519_and_d2i_ns\":%.0f,"
        "\"certificate_ns\":%.0f,\"names\":%.2f,\"remembered\":%.3f,\"certificate\":%.2f}\n",
        m[WHAT_ED25519], m[WHAT_NAMES], m[WHAT_REMEMBERED], m[WHAT_D2I], m[WHAT_CERTIFICATE],
        m[WHAT_NAMES] / m[WHAT_ED25519], m[WHAT_REMEMBERED] / m[WHAT_ED25519],
        m[WHAT_CERTIFICATE] / m[WHAT_D2I]);
    cx_permit_memory_free(b->memory);
    cx_arena_done(&b->arena);
    cx_arena_done(&b->files);
    free(b);
    return EXIT_SUCCESS;
}
