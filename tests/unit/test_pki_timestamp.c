/* Time-stamps of an authority that is made here, with OpenSSL's own making of responses; one by the command; and a kept
 * one. */
#include "base/alloc.h"
#include "base/limits.h"
#include "build.h"
#include "log.h"
#include "main.h"
#include "pki/timestamp.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define NONCE 0x0123456789abcdefu
#define DAY   86400

static const char text[] = "log.example/1\n7\n";
/* Everything happens around this moment. */
static cx_time now;

/* ---- the authority */

static EVP_PKEY *root_key, *tsa_key;
static X509 *root;

struct recipe {
    const char *eku; /* what the certificate has in the end; NULL: critical,timeStamping */
    cx_time from, until;
    cx_time time;         /* at which it stamps */
    long usec;            /* with a fraction */
    const EVP_MD *digest; /* NULL: SHA-256 */
    EVP_PKEY *key;        /* NULL: tsa_key */
    bool refuses;         /* SHA-256 */
    X509 *issuer;         /* NULL: root */
};

/* Of a year around now, and stamping now. */
static struct recipe
plain(void)
{
    return (struct recipe){ .from = now - 180 * DAY, .until = now + 180 * DAY, .time = now };
}

static void
add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *e;

    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static X509 *
certificate(const char *name, EVP_PKEY *key, X509 *issuer, cx_time from, cx_time until)
{
    static long serial;
    X509 *x = X509_new();

    assert_non_null(x);
    assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial), 1);
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), (time_t)until));
    assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                                                (const unsigned char *)name, -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(issuer == NULL ? x : issuer)),
                     1);
    assert_int_equal(X509_set_pubkey(x, key), 1);
    return x;
}

static X509 *
authority(const char *name, EVP_PKEY *key, X509 *issuer)
{
    X509 *x = certificate(name, key, issuer, now - 3650 * DAY, now + 3650 * DAY);

    add_extension(x, issuer == NULL ? x : issuer, NID_basic_constraints, "critical,CA:TRUE");
    assert_true(X509_sign(x, root_key, EVP_sha256()) > 0);
    return x;
}

static int
set_up(void **state)
{
    (void)state;
    now = cx_time_now();
    root_key = EVP_EC_gen("P-256");
    tsa_key = EVP_EC_gen("P-256");
    root = authority("root", root_key, NULL);
    return root == NULL || tsa_key == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
    (void)state;
    X509_free(root);
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(tsa_key);
    return 0;
}

static X509 *
signer(const struct recipe *recipe)
{
    X509 *issuer = recipe->issuer == NULL ? root : recipe->issuer;
    X509 *x = certificate("time-stamps", recipe->key == NULL ? tsa_key : recipe->key, issuer,
                          recipe->from, recipe->until);

    add_extension(x, issuer, NID_ext_key_usage, "critical,timeStamping");
    assert_true(X509_sign(x, root_key, EVP_sha256()) > 0);
    return x;
}

/* Behind OpenSSL's back, which would not stamp with such a certificate. */
static void
change_eku(X509 *x, const char *eku)
{
    X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, NID_ext_key_usage, -1)));
    if (eku[0] != '\0') {
        add_extension(x, root, NID_ext_key_usage, eku);
    }
    assert_true(X509_sign(x, root_key, EVP_sha256()) > 0);
}

static ASN1_INTEGER *
next_serial(TS_RESP_CTX *ctx, void *data)
{
    ASN1_INTEGER *serial = ASN1_INTEGER_new();

    (void)ctx, (void)data;
    assert_int_equal(ASN1_INTEGER_set(serial, 1), 1);
    return serial;
}

static int
give_time(TS_RESP_CTX *ctx, void *data, long *sec, long *usec)
{
    const struct recipe *recipe = data;

    (void)ctx;
    *sec = (long)recipe->time;
    *usec = recipe->usec;
    return 1;
}

static TS_RESP_CTX *
context_of(struct recipe *recipe, X509 *x)
{
    TS_RESP_CTX *ctx = TS_RESP_CTX_new();
    ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.1", 1);

    assert_true(ctx != NULL && policy != NULL);
    assert_int_equal(TS_RESP_CTX_set_signer_cert(ctx, x), 1);
    assert_int_equal(TS_RESP_CTX_set_signer_key(ctx, recipe->key == NULL ? tsa_key : recipe->key),
                     1);
    assert_int_equal(TS_RESP_CTX_set_def_policy(ctx, policy), 1);
    assert_int_equal(TS_RESP_CTX_add_md(ctx, recipe->refuses ? EVP_sha512() : EVP_sha256()), 1);
    assert_int_equal(
        TS_RESP_CTX_set_signer_digest(ctx, recipe->digest == NULL ? EVP_sha256() : recipe->digest),
        1);
    assert_int_equal(TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256()), 1);
    assert_int_equal(TS_RESP_CTX_set_clock_precision_digits(ctx, recipe->usec == 0 ? 0 : 3), 1);
    TS_RESP_CTX_set_serial_cb(ctx, next_serial, NULL);
    TS_RESP_CTX_set_time_cb(ctx, give_time, recipe);
    ASN1_OBJECT_free(policy);
    return ctx;
}

/* The answer to a request for that text and nonce. */
static struct text
stamp(const struct recipe *recipe, const char *what, uint64_t nonce)
{
    struct recipe copy = *recipe;
    X509 *x = signer(recipe);
    TS_RESP_CTX *ctx = context_of(&copy, x);
    struct text ret = { .n = 0 };
    unsigned char *to = (unsigned char *)ret.p;
    struct cx_buf request;
    TS_RESP *response;
    BIO *bio;

    if (recipe->eku != NULL) {
        change_eku(x, recipe->eku);
    }
    cx_buf_init(&request, 1000);
    assert_true(cx_ok(cx_timestamp_request(bytes_of(what), nonce, &request)));
    bio = BIO_new_mem_buf(request.p, (int)request.n);
    response = TS_RESP_create_response(ctx, bio);
    assert_non_null(response);
    assert_true(i2d_TS_RESP(response, NULL) < LOG_FILE_MAX);
    ret.n = (size_t)i2d_TS_RESP(response, &to);
    TS_RESP_free(response);
    BIO_free(bio);
    TS_RESP_CTX_free(ctx);
    X509_free(x);
    cx_buf_done(&request);
    ERR_clear_error();
    return ret;
}

static struct text
pem_of(X509 *x)
{
    struct text ret = { .n = 0 };
    BIO *bio = BIO_new(BIO_s_mem());
    int n;

    assert_int_equal(PEM_write_bio_X509(bio, x), 1);
    n = BIO_read(bio, ret.p, sizeof(ret.p));
    assert_true(n > 0);
    ret.n = (size_t)n;
    BIO_free(bio);
    return ret;
}

/* ---- who relies on it */

/* Success, or why not. */
static const char *
fault_at(const struct text *response, const char *what, uint64_t nonce, cx_time at, cx_time *ret)
{
    static struct cx_detail detail;
    struct text pem = pem_of(root);
    const struct cx_timestamp_trust trust = { .roots = span_of(&pem), .at = at };
    cx_time time = CX_TIME_NONE;
    cx_status s;

    detail.text[0] = '\0';
    s = cx_timestamp_verify(span_of(response), bytes_of(what), nonce, &trust, &time, &detail);
    assert_true(ERR_peek_error() == 0);
    if (cx_ok(s)) {
        *ret = time;
        return NULL;
    }
    assert_int_equal(s.code, CX_E_CRYPTO);
    assert_true(time == CX_TIME_NONE && detail.text[0] != '\0'); /* untouched, and told */
    return detail.text;
}

static const char *
fault_of(const struct text *response)
{
    cx_time time;

    return fault_at(response, text, NONCE, now, &time);
}

static void
assert_fault(const char *fault, const char *about)
{
    if (fault == NULL || strstr(fault, about) == NULL) {
        fail_msg("\"%s\" says nothing of \"%s\"", fault == NULL ? "success" : fault, about);
    }
}

/* ---- requests */

/* The request for the text of the vectors without nonce, as other programs write it. */
TEST(the_request_of_the_vectors)
{
    static const uint8_t vector[] = {
        0x30, 0x39, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
        0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20, 0xd0, 0xac, 0xc7, 0x55, 0xd5, 0x32,
        0x36, 0x53, 0xcc, 0x84, 0x3d, 0xdb, 0x74, 0x6b, 0xd1, 0xc2, 0x35, 0x00, 0x3e, 0x9a, 0xcc,
        0xcf, 0x7a, 0x07, 0xbe, 0xcb, 0x87, 0xc5, 0xf7, 0x8e, 0xac, 0x2c, 0x01, 0x01, 0xff,
    };
    struct text note = log_file("note-text");
    struct cx_buf buf;

    cx_buf_init(&buf, 1000);
    assert_true(cx_ok(cx_timestamp_request(span_of(&note), 0, &buf)));
    assert_int_equal(buf.n, sizeof(vector));
    assert_memory_equal(buf.p, vector, sizeof(vector));
    cx_buf_clear(&buf);
    buf.max = 20;
    assert_int_equal(cx_timestamp_request(span_of(&note), 0, &buf).code, CX_E_NOMEM);
    cx_buf_done(&buf);
}

TEST(nonces_differ)
{
    uint64_t a = 0, b = 0;

    assert_true(cx_ok(cx_timestamp_nonce(&a)) && cx_ok(cx_timestamp_nonce(&b)));
    assert_true(a != 0 && b != 0 && a != b);
}

/* ---- what is verified */

TEST(a_timestamp_tells_its_moment)
{
    struct recipe recipe = plain();
    struct text response;
    cx_time time = 0;

    recipe.time = now - 1000;
    response = stamp(&recipe, text, NONCE);
    assert_null(fault_at(&response, text, NONCE, now, &time));
    assert_true(time == now - 1000);
    recipe.usec = 500000;
    response = stamp(&recipe, text, NONCE);
    assert_null(fault_at(&response, text, NONCE, now, &time));
    assert_true(time == now - 999); /* not before it */
    response = stamp(&recipe, text, 0);
    assert_null(fault_at(&response, text, 0, now, &time));
}

/* By other programs, once: of the note text of the vectors. */
TEST(a_kept_timestamp)
{
    struct text note = log_file("note-text"), response = log_file("timestamp.tsr"),
                pem = log_file("timestamp-root.pem");
    const cx_str policy = CX_STR_INIT("1.2.3.4.1");
    struct cx_timestamp_trust trust = { .roots = span_of(&pem),
                                        .policies = &policy,
                                        .n_policies = 1,
                                        .at = time_of("2030-01-01T00:00:00Z") };
    cx_time time = 0;

    assert_true(
        cx_ok(cx_timestamp_verify(span_of(&response), span_of(&note), NONCE, &trust, &time, NULL)));
    assert_true(time == time_of("2026-11-25T22:22:37Z"));
    trust.at = time_of("2127-01-01T00:00:00Z");
    assert_int_equal(
        cx_timestamp_verify(span_of(&response), span_of(&note), NONCE, &trust, &time, NULL).code,
        CX_E_CRYPTO);
}

TEST(another_text_or_nonce_is_refused)
{
    struct recipe recipe = plain();
    struct text response = stamp(&recipe, text, NONCE), without = stamp(&recipe, text, 0);
    cx_time time;

    assert_fault(fault_at(&response, "log.example/1\n8\n", NONCE, now, &time), "imprint");
    assert_fault(fault_at(&response, "", NONCE, now, &time), "imprint");
    assert_fault(fault_at(&response, text, NONCE + 1, now, &time), "nonce");
    assert_fault(fault_at(&without, text, NONCE, now, &time), "nonce");
}

TEST(a_certificate_for_anything_else_is_refused)
{
    static const char *const bad[] = {
        "",
        "timeStamping",
        "critical,timeStamping,serverAuth",
        "critical,serverAuth",
        "critical,timeStamping,1.2.3.4.5", /* which OpenSSL does not know */
        "critical,1.2.3.4.5",
        "critical,anyExtendedKeyUsage",
    };
    struct recipe recipe = plain();
    struct text response;

    recipe.eku = "critical,timeStamping"; /* the way of changing it is not what is refused */
    response = stamp(&recipe, text, NONCE);
    assert_null(fault_of(&response));
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        recipe.eku = bad[i];
        response = stamp(&recipe, text, NONCE);
        ROW_TRUE(fault_of(&response) != NULL, bad[i]);
    }
    recipe.eku = bad[4];
    response = stamp(&recipe, text, NONCE);
    assert_fault(fault_of(&response), "time-stamping only");
}

TEST(another_root_is_refused)
{
    struct recipe recipe = plain();
    struct text response = stamp(&recipe, text, NONCE);
    EVP_PKEY *mine = root_key;
    X509 *before = root;

    root_key = EVP_EC_gen("P-256");
    root = authority("root", root_key, NULL); /* of the same name */
    assert_fault(fault_of(&response), "certificate");
    X509_free(root);
    EVP_PKEY_free(root_key);
    root_key = mine;
    root = before;
    assert_null(fault_of(&response));
}

/* The response does not bring the certificate between. */
TEST(a_chain_can_be_given)
{
    X509 *middle = authority("middle", root_key, root);
    struct recipe recipe = plain();
    struct text pem = pem_of(root), between = pem_of(middle), response;
    struct cx_timestamp_trust trust = { .roots = span_of(&pem), .at = now };
    cx_time time;

    recipe.issuer = middle;
    response = stamp(&recipe, text, NONCE);
    assert_fault(fault_of(&response), "issuer");
    trust.chain = span_of(&between);
    assert_true(
        cx_ok(cx_timestamp_verify(span_of(&response), bytes_of(text), NONCE, &trust, &time, NULL)));
    trust.chain = span_of(&pem);
    assert_int_equal(
        cx_timestamp_verify(span_of(&response), bytes_of(text), NONCE, &trust, &time, NULL).code,
        CX_E_CRYPTO);
    X509_free(middle);
}

TEST(the_certificate_must_be_valid_then_and_at_the_moment_of_the_stamp)
{
    struct recipe recipe = plain();
    struct text response;
    cx_time time;

    response = stamp(&recipe, text, NONCE);
    assert_null(fault_at(&response, text, NONCE, now + 179 * DAY, &time));
    assert_fault(fault_at(&response, text, NONCE, now + 181 * DAY, &time), "expired");
    assert_fault(fault_at(&response, text, NONCE, now - 181 * DAY, &time), "not yet valid");
    assert_fault(fault_at(&response, text, NONCE, CX_TIME_NONE, &time), "");
    assert_fault(fault_at(&response, text, NONCE, CX_TIME_MAX, &time), "");
    recipe.time = now - 181 * DAY;
    response = stamp(&recipe, text, NONCE);
    assert_fault(fault_at(&response, text, NONCE, now, &time), "before or after");
    recipe.time = now;
    recipe.until = now - DAY; /* expired when it signed; asked about when it had not */
    response = stamp(&recipe, text, NONCE);
    assert_fault(fault_at(&response, text, NONCE, now - 2 * DAY, &time), "before or after");
}

TEST(a_moment_that_has_not_come_is_refused)
{
    struct recipe recipe = plain();
    struct text response;
    cx_time time;

    recipe.time = now + CX_TIMESTAMP_SKEW_S;
    response = stamp(&recipe, text, NONCE);
    assert_null(fault_at(&response, text, NONCE, now, &time));
    assert_fault(fault_at(&response, text, NONCE, now - 1, &time), "not come");
}

TEST(policies)
{
    const cx_str policies[] = { CX_STR_INIT("1.2.3.4.2"), CX_STR_INIT("1.2.3.4.1") };
    struct recipe recipe = plain();
    struct text response = stamp(&recipe, text, NONCE), pem = pem_of(root);
    struct cx_timestamp_trust trust = {
        .roots = span_of(&pem), .at = now, .policies = policies, .n_policies = 2
    };
    cx_time time;

    assert_true(
        cx_ok(cx_timestamp_verify(span_of(&response), bytes_of(text), NONCE, &trust, &time, NULL)));
    trust.n_policies = 1;
    assert_int_equal(
        cx_timestamp_verify(span_of(&response), bytes_of(text), NONCE, &trust, &time, NULL).code,
        CX_E_CRYPTO);
}

TEST(weak_digests_and_keys_are_refused)
{
    struct recipe recipe = plain();
    struct text response;

    recipe.digest = EVP_sha1();
    response = stamp(&recipe, text, NONCE);
    assert_fault(fault_of(&response), "digest");
    recipe.digest = EVP_sha512();
    response = stamp(&recipe, text, NONCE);
    assert_null(fault_of(&response));
    recipe.key = EVP_RSA_gen(1024);
    response = stamp(&recipe, text, NONCE);
    assert_fault(fault_of(&response), "key too");
    EVP_PKEY_free(recipe.key);
    recipe.key = EVP_RSA_gen(2048);
    response = stamp(&recipe, text, NONCE);
    assert_null(fault_of(&response));
    EVP_PKEY_free(recipe.key);
}

TEST(a_refusal_is_no_timestamp)
{
    struct recipe recipe = plain();
    struct text response;

    recipe.refuses = true;
    response = stamp(&recipe, text, NONCE);
    assert_fault(fault_of(&response), "not verified");
}

TEST(octets_that_are_no_response)
{
    struct recipe recipe = plain();
    struct text response = stamp(&recipe, text, NONCE), longer = response;

    for (size_t n = 0; n < response.n; n++) {
        struct text cut = response;

        cut.n = n;
        assert_non_null(fault_of(&cut));
    }
    longer.n++;
    assert_fault(fault_of(&longer), "no response");
    assert_null(fault_of(&response));
}

/* What is signed: from the version in front of the digest to the nonce behind it. */
TEST(no_bit_of_what_is_signed_can_be_flipped)
{
    struct recipe recipe = plain();
    struct text response = stamp(&recipe, text, NONCE);
    const char *nonce = memmem(response.p, response.n, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
    size_t end;

    assert_non_null(nonce);
    end = (size_t)(nonce - response.p) + 8;
    for (size_t bit = 8 * (end - 90); bit < 8 * end; bit++) {
        struct text other = response;

        other.p[bit / 8] = (char)(other.p[bit / 8] ^ 1 << bit % 8);
        assert_non_null(fault_of(&other));
    }
}

TEST(trust_that_cannot_be_read)
{
    static const char damaged[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    static uint8_t large[CX_TIMESTAMP_OCTETS_MAX + 1];
    struct recipe recipe = plain();
    struct text response = stamp(&recipe, text, NONCE), pem = pem_of(root), both;
    struct cx_timestamp_trust trust = { .at = now };
    cx_time time;

    memset(large, '\n', sizeof(large));
    assert_int_equal(
        cx_timestamp_verify(span_of(&response), bytes_of(text), NONCE, &trust, &time, NULL).code,
        CX_E_CERTIFICATE);
    trust.roots = bytes_of(damaged);
    assert_int_equal(
        cx_timestamp_verify(span_of(&response), bytes_of(text), NONCE, &trust, &time, NULL).code,
        CX_E_CERTIFICATE);
    both = pem; /* one that can be read is not enough */
    memcpy(both.p + both.n, damaged, sizeof(damaged) - 1);
    both.n += sizeof(damaged) - 1;
    trust.roots = span_of(&both);
    assert_int_equal(
        cx_timestamp_verify(span_of(&response), bytes_of(text), NONCE, &trust, &time, NULL).code,
        CX_E_CERTIFICATE);
    trust.roots = (cx_span){ large, sizeof(large) };
    assert_int_equal(
        cx_timestamp_verify(span_of(&response), bytes_of(text), NONCE, &trust, &time, NULL).code,
        CX_E_LIMIT);
    trust.roots = span_of(&pem);
    assert_int_equal(cx_timestamp_verify((cx_span){ large, sizeof(large) }, bytes_of(text), NONCE,
                                         &trust, &time, NULL)
                         .code,
                     CX_E_LIMIT);
}

/* ---- by the command */

static char folder[] = "/tmp/caaproof-timestamp-XXXXXX";

static void
write_file(const char *name, cx_span octets)
{
    char path[sizeof(folder) + 32];
    FILE *file;

    assert_true(snprintf(path, sizeof(path), "%s/%s", folder, name) > 0);
    file = fopen(path, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(octets.p, 1, octets.n, file), octets.n);
    assert_int_equal(fclose(file), 0);
}

static void
write_key(const char *name, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *p;
    long n;

    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    n = BIO_get_mem_data(bio, &p);
    write_file(name, (cx_span){ (const uint8_t *)p, (size_t)n });
    BIO_free(bio);
}

/* In the folder, without anything to read or to be seen. */
static void
stamp_by_command(void)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        if (null >= 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2 &&
            chdir(folder) == 0) {
            execlp("openssl", "openssl", "ts", "-reply", "-queryfile", "query", "-config", "config",
                   "-section", "tsa", "-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "reply",
                   (char *)NULL);
        }
        _exit(2);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(a_timestamp_by_the_command_of_openssl)
{
    static const char config[] =
        "[tsa]\nserial=serial\ncrypto_device=builtin\nsigner_digest=sha256\n"
        "default_policy=1.2.3.4.1\ndigests=sha256\ness_cert_id_alg=sha256\n";
    static const char *const files[] = {
        "config", "serial", "query", "tsa.pem", "tsa.key", "reply"
    };
    struct recipe recipe = plain();
    X509 *x = signer(&recipe);
    struct text pem = pem_of(x), response = { .n = 0 };
    struct cx_buf query;
    char path[sizeof(folder) + 32];
    cx_time time = 0;
    FILE *file;

    assert_non_null(mkdtemp(folder));
    cx_buf_init(&query, 1000);
    assert_true(cx_ok(cx_timestamp_request(bytes_of(text), NONCE, &query)));
    write_file("config", bytes_of(config));
    write_file("serial", bytes_of("01\n"));
    write_file("query", cx_span_of_str(cx_buf_str(&query)));
    write_file("tsa.pem", span_of(&pem));
    write_key("tsa.key", tsa_key);
    stamp_by_command();
    assert_true(snprintf(path, sizeof(path), "%s/reply", folder) > 0);
    file = fopen(path, "rbe");
    assert_non_null(file);
    response.n = fread(response.p, 1, sizeof(response.p), file);
    assert_int_equal(fclose(file), 0);
    assert_null(fault_at(&response, text, NONCE, now + DAY, &time));
    assert_true(time >= now && time < now + 60);
    assert_fault(fault_at(&response, text, NONCE + 1, now + DAY, &time), "nonce");
    for (size_t i = 0; i < CX_COUNT(files); i++) {
        assert_true(snprintf(path, sizeof(path), "%s/%s", folder, files[i]) > 0);
        (void)unlink(path); /* serial.old is made by some versions */
    }
    assert_true(snprintf(path, sizeof(path), "%s/serial.old", folder) > 0);
    (void)unlink(path);
    (void)rmdir(folder);
    cx_buf_done(&query);
    X509_free(x);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_request_of_the_vectors),
    cmocka_unit_test(nonces_differ),
    cmocka_unit_test(a_timestamp_tells_its_moment),
    cmocka_unit_test(a_kept_timestamp),
    cmocka_unit_test(another_text_or_nonce_is_refused),
    cmocka_unit_test(a_certificate_for_anything_else_is_refused),
    cmocka_unit_test(another_root_is_refused),
    cmocka_unit_test(a_chain_can_be_given),
    cmocka_unit_test(the_certificate_must_be_valid_then_and_at_the_moment_of_the_stamp),
    cmocka_unit_test(a_moment_that_has_not_come_is_refused),
    cmocka_unit_test(policies),
    cmocka_unit_test(weak_digests_and_keys_are_refused),
    cmocka_unit_test(a_refusal_is_no_timestamp),
    cmocka_unit_test(octets_that_are_no_response),
    cmocka_unit_test(no_bit_of_what_is_signed_can_be_flipped),
    cmocka_unit_test(trust_that_cannot_be_read),
    cmocka_unit_test(a_timestamp_by_the_command_of_openssl),
};

int
main(int argc, char **argv)
{
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
