/* Reading certificates of a list next to bare OpenSSL, which does less with them.
 *     bench_issued [--json] [--certificates N] [--rounds N]
 *
 * N certificates (default 4,000) are made once, with 1 to 100 names (geometric, 2.5 on average) and the extensions of a
 * public CA, two SCTs among them. One core; each round takes all programs in turn; medians count.
 *
 *   issued    the reader of DER files in src/incident: names, serial, issuer and subject as text, dates, SCTs, policy,
 *             and SHA-256 of the certificate
 *   openssl   d2i_X509, X509_get_ext_d2i of the subjectAltName, its names as text
 *   sha256    SHA-256 of the certificate alone
 *
 * Both readers must find the same names of every certificate. */
#include "base/buf.h"
#include "incident/input.h"
#include "incident/issued_formats.h"

#include <openssl/ct.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CERTIFICATES_MAX 1000000
#define NAMES_MAX        100
#define ROUNDS_MAX       99
#define DER_MAX          ((size_t)4 << 30)
#define FIRST_S          1575158400 /* 2019-12-01T00:00:00Z */

enum what {
    WHAT_ISSUED,
    WHAT_OPENSSL,
    WHAT_SHA256,
    WHATS
};

static const char *const words[] = { "issued", "openssl", "sha256" };

struct bench {
    struct cx_buf der; /* one certificate behind the other, as in a file */
    size_t *ends;
    unsigned long n;
    uint64_t random;
    EVP_PKEY *key;
    EVP_MD *md;
    EVP_MD_CTX *digest;
    uint64_t names[WHATS];  /* found in the last pass */
    uint64_t octets[WHATS]; /* of these names, each with a mark of its place */
    double ns[WHATS][ROUNDS_MAX];
};

static void
die(const char *what)
{
    fprintf(stderr, "bench_issued: %s\n", what);
    exit(EXIT_FAILURE);
}

static double
now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- certificates */

static uint64_t
next_random(struct bench *b)
{
    uint64_t z = b->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static unsigned
how_many(struct bench *b)
{
    unsigned n = 1;

    while (n < NAMES_MAX && next_random(b) % 5 >= 2) {
        n++;
    }
    return n;
}

static void
add_text(X509 *x, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    extension = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
    if (extension == NULL || X509_add_ext(x, extension, -1) != 1) {
        die(OBJ_nid2sn(nid));
    }
    X509_EXTENSION_free(extension);
}

static void
add_names(struct bench *b, X509 *x, unsigned long i)
{
    unsigned n = how_many(b);
    struct cx_buf text;

    cx_buf_init(&text, 16384);
    for (unsigned k = 0; k < n; k++) {
        cx_buf_printf(&text, "%sDNS:host%u.site%lu.test", k == 0 ? "" : ",", k, i);
    }
    cx_buf_putc(&text, '\0');
    if (!cx_buf_ok(&text)) {
        die("out of memory");
    }
    add_text(x, NID_subject_alt_name, text.p);
    cx_buf_done(&text);
}

/* Domain validated. */
static void
add_policy(X509 *x)
{
    CERTIFICATEPOLICIES *all = CERTIFICATEPOLICIES_new();
    POLICYINFO *policy = POLICYINFO_new();

    if (all == NULL || policy == NULL || sk_POLICYINFO_push(all, policy) <= 0) {
        die("out of memory");
    }
    ASN1_OBJECT_free(policy->policyid);
    policy->policyid = OBJ_txt2obj("2.23.140.1.2.1", 1);
    if (X509_add1_ext_i2d(x, NID_certificate_policies, all, 0, X509V3_ADD_DEFAULT) != 1) {
        die("a policy");
    }
    CERTIFICATEPOLICIES_free(all);
}

/* Signatures that nobody checks; of the length that those of logs mostly have. */
static void
add_scts(struct bench *b, X509 *x)
{
    STACK_OF(SCT) *list = sk_SCT_new_null();

    for (int k = 0; k < 2; k++) {
        unsigned char log[32] = { 0 }, signature[71] = { 0x30, 69 };
        SCT *sct = SCT_new();

        log[0] = (unsigned char)(1 + k);
        if (list == NULL || sct == NULL || SCT_set_version(sct, SCT_VERSION_V1) != 1 ||
            SCT_set1_log_id(sct, log, sizeof(log)) != 1 ||
            SCT_set_signature_nid(sct, NID_ecdsa_with_SHA256) != 1 ||
            SCT_set1_signature(sct, signature, sizeof(signature)) != 1 ||
            sk_SCT_push(list, sct) <= 0) {
            die("SCTs");
        }
        SCT_set_timestamp(sct, UINT64_C(1000) * FIRST_S + next_random(b) % 1000);
    }
    if (X509_add1_ext_i2d(x, NID_ct_precert_scts, list, 0, X509V3_ADD_DEFAULT) != 1) {
        die("SCTs");
    }
    SCT_LIST_free(list);
}

static void
set_names_of_parties(X509 *x, unsigned long i)
{
    X509_NAME *issuer = X509_get_issuer_name(x), *subject = X509_get_subject_name(x);
    char name[64];

    (void)snprintf(name, sizeof(name), "host0.site%lu.test", i);
    if (X509_NAME_add_entry_by_txt(issuer, "C", MBSTRING_UTF8, (const uint8_t *)"US", -1, -1, 0) !=
            1 ||
        X509_NAME_add_entry_by_txt(issuer, "O", MBSTRING_UTF8, (const uint8_t *)"Example Trust", -1,
                                   -1, 0) != 1 ||
        X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_UTF8, (const uint8_t *)"Example TLS CA 1",
                                   -1, -1, 0) != 1 ||
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)name, -1, -1,
                                   0) != 1) {
        die("names");
    }
}

static X509 *
certificate_of(struct bench *b, unsigned long i)
{
    X509 *x = X509_new();

    if (x == NULL || X509_set_version(x, X509_VERSION_3) != 1 ||
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), next_random(b) >> 1) != 1 ||
        ASN1_TIME_set(X509_getm_notBefore(x), FIRST_S + (time_t)i) == NULL ||
        ASN1_TIME_set(X509_getm_notAfter(x), FIRST_S + (time_t)i + 7775999) == NULL ||
        X509_set_pubkey(x, b->key) != 1) {
        die("a certificate");
    }
    set_names_of_parties(x, i);
    add_text(x, NID_key_usage, "critical,digitalSignature");
    add_text(x, NID_ext_key_usage, "serverAuth,clientAuth");
    add_text(x, NID_basic_constraints, "critical,CA:FALSE");
    add_text(x, NID_subject_key_identifier, "hash");
    add_text(x, NID_info_access, "OCSP;URI:http://ocsp.ca.example.net");
    add_names(b, x, i);
    add_policy(x);
    add_scts(b, x);
    if (X509_sign(x, b->key, EVP_sha256()) <= 0) {
        die("a signature");
    }
    return x;
}

static void
make(struct bench *b)
{
    b->key = EVP_EC_gen("P-256");
    b->ends = calloc(b->n, sizeof(*b->ends));
    if (b->key == NULL || b->ends == NULL) {
        die("out of memory");
    }
    for (unsigned long i = 0; i < b->n; i++) {
        X509 *x = certificate_of(b, i);
        unsigned char *der = NULL;
        int n = i2d_X509(x, &der);

        if (n <= 0) {
            die("DER");
        }
        cx_buf_put(&b->der, (cx_str){ (const char *)der, (size_t)n });
        b->ends[i] = b->der.n;
        OPENSSL_free(der);
        X509_free(x);
    }
    if (!cx_buf_ok(&b->der)) {
        die("out of memory");
    }
}

/* ---- the three */

static void
count_name(struct bench *b, enum what what, const void *p, size_t n, size_t place)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum = sum * 31 + ((const uint8_t *)p)[i];
    }
    b->names[what]++;
    b->octets[what] += sum * (place + 1);
}

static void
run_issued(struct bench *b)
{
    const struct cx_issued_options options = { .mapping = NULL };
    struct cx_input *input = cx_input_of(cx_span_of_str(cx_buf_str(&b->der)));
    struct cx_issued_record record;
    unsigned long n = 0;
    bool more = true;
    void *self;

    if (input == NULL || !cx_ok(cx_issued_certificates.open(&options, input, &self, NULL))) {
        die("out of memory");
    }
    for (;;) {
        if (!cx_ok(cx_issued_certificates.next(self, &record, &more, NULL)) || !more) {
            break;
        }
        if (record.fate != CX_FATE_OBSERVED || record.changed) {
            die("a certificate is not read strictly");
        }
        for (size_t i = 0; i < record.issued.n_names; i++) {
            count_name(b, WHAT_ISSUED, record.issued.names[i].p, record.issued.names[i].n, i);
        }
        n++;
    }
    if (more || n != b->n) {
        die("not all certificates are read");
    }
    cx_issued_certificates.close(self);
    cx_input_close(input);
}

static void
read_with_openssl(struct bench *b, const unsigned char *p, size_t n)
{
    X509 *x = d2i_X509(NULL, &p, (long)n);
    GENERAL_NAMES *names = x == NULL ? NULL : X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

    if (names == NULL) {
        die("a certificate is not read by OpenSSL");
    }
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        unsigned char *text = NULL;
        int length = name->type != GEN_DNS ? -1 : ASN1_STRING_to_UTF8(&text, name->d.dNSName);

        if (length < 0) {
            die("a name is not read by OpenSSL");
        }
        count_name(b, WHAT_OPENSSL, text, (size_t)length, (size_t)i);
        OPENSSL_free(text);
    }
    GENERAL_NAMES_free(names);
    X509_free(x);
}

static void
hash(struct bench *b, const unsigned char *p, size_t n)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (EVP_DigestInit_ex2(b->digest, b->md, NULL) != 1 || EVP_DigestUpdate(b->digest, p, n) != 1 ||
        EVP_DigestFinal_ex(b->digest, md, &size) != 1) {
        die("SHA-256 failed");
    }
}

static void
run_each(struct bench *b, void (*one)(struct bench *b, const unsigned char *p, size_t n))
{
    size_t begin = 0;

    for (unsigned long i = 0; i < b->n; i++) {
        one(b, (const unsigned char *)b->der.p + begin, b->ends[i] - begin);
        begin = b->ends[i];
    }
}

static void
pass(struct bench *b, enum what what)
{
    b->names[what] = b->octets[what] = 0;
    switch (what) {
    case WHAT_ISSUED:
        run_issued(b);
        break;
    case WHAT_OPENSSL:
        run_each(b, read_with_openssl);
        break;
    case WHAT_SHA256:
        run_each(b, hash);
        break;
    case WHATS:
        break;
    }
}

static void
run(struct bench *b, unsigned rounds)
{
    for (unsigned what = 0; what < WHATS; what++) {
        pass(b, (enum what)what);
    }
    if (b->names[WHAT_ISSUED] != b->names[WHAT_OPENSSL] ||
        b->octets[WHAT_ISSUED] != b->octets[WHAT_OPENSSL]) {
        die("the two readers do not find the same names");
    }
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned what = 0; what < WHATS; what++) {
            double from = now_ns();

            pass(b, (enum what)what);
            b->ns[what][round] = (now_ns() - from) / (double)b->n;
        }
    }
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
    double ns = b->ns[what][rounds / 2], openssl = b->ns[WHAT_OPENSSL][rounds / 2];

    if (json) {
        printf("{\"bench\":\"issued\",\"what\":\"%s\",\"certificates\":%lu,\"octets\":%zu,"
               "\"names\":%llu,\"rounds\":%u,\"ns_per_certificate\":%.1f,\"fastest\":%.1f,"
               "\"slowest\":%.1f,\"per_s\":%.0f,\"speed_next_to_openssl\":%.3f}\n",
               words[what], b->n, b->der.n / b->n, (unsigned long long)b->names[WHAT_ISSUED],
               rounds, ns, b->ns[what][0], b->ns[what][rounds - 1], 1e9 / ns, openssl / ns);
        return;
    }
    printf("%-8s %10.1f ns (%.1f-%.1f) %10.0f/s %6.2f\n", words[what], ns, b->ns[what][0],
           b->ns[what][rounds - 1], 1e9 / ns, openssl / ns);
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
        { "certificates", required_argument, NULL, 'n' },
        { "rounds", required_argument, NULL, 'r' },
        { NULL, 0, NULL, 0 },
    };
    static struct bench b = { .n = 4000, .random = 20200229 };
    unsigned long rounds = 5;
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'j') {
            json = true;
        } else if (option == 'n') {
            b.n = number(optarg, CERTIFICATES_MAX);
        } else if (option == 'r') {
            rounds = number(optarg, ROUNDS_MAX);
        } else {
            die("usage: bench_issued [--json] [--certificates N] [--rounds N]");
        }
    }
    cx_buf_init(&b.der, DER_MAX);
    b.md = EVP_MD_fetch(NULL, "SHA256", NULL);
    b.digest = EVP_MD_CTX_new();
    if (b.md == NULL || b.digest == NULL) {
        die("out of memory");
    }
    make(&b);
    run(&b, (unsigned)rounds);
    for (unsigned what = 0; what < WHATS; what++) {
        qsort(b.ns[what], rounds, sizeof(b.ns[what][0]), by_size);
    }
    for (unsigned what = 0; what < WHATS; what++) {
        show(&b, (enum what)what, (unsigned)rounds, json);
    }
    EVP_MD_CTX_free(b.digest);
    EVP_MD_free(b.md);
    EVP_PKEY_free(b.key);
    cx_buf_done(&b.der);
    free(b.ends);
    return EXIT_SUCCESS;
}
