#include "base/alloc.h"
#include "bin/caaproofd/intake.h"
#include "desk.h"
#include "pki/digest.h"
#include "pki/spki.h"

#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <string.h>

/* Certificates beside the permits that they were signed on: R-EXC-2, R-PRF-1, and scenarios 17, 18, 20, 21 and 26 of incidents as they
 * are seen when a certificate is told of. */

/* ---- certificates */

#define SERIAL 0x1234
#define HEX    "1234"

struct wanted {
    const char *names;    /* as OpenSSL writes a subjectAltName */
    int64_t not_before_s; /* from the desk's now */
    bool is_precertificate;
    bool is_ca;
    unsigned logs;
    int64_t sct_s; /* from the desk's now */
    long serial;   /* 0: SERIAL */
    const char *eku;
    bool has_lax_eku; /* of an encoding that is BER, and no DER: emailProtection */
};

static EVP_PKEY *issuing_key, *other_key;

static void
add_extension(X509 *x, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *e;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(e);
    assert_true(X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
}

static void
add_octets(X509 *x, const char *oid, bool critical, const uint8_t *octets, size_t n)
{
    ASN1_OBJECT *type = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *e;

    assert_true(ASN1_OCTET_STRING_set(value, octets, (int)n) == 1);
    e = X509_EXTENSION_create_by_OBJ(NULL, type, critical, value);
    assert_true(X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(type);
}

/* SCTs of as many logs, all of one time; signatures are not looked at. */
static void
add_scts(X509 *x, unsigned logs, uint64_t time_ms)
{
    uint8_t octets[120] = { 0x04 }, *p = octets + 4;
    size_t n = 2;

    assert_true(logs <= 2); /* a length of one octet */
    for (unsigned i = 0; i < logs; i++) {
        memset(p, 0, 51);
        p[1] = 49; /* version, log, time, no extensions, an algorithm and an empty signature */
        p[3] = (uint8_t)(i + 1);
        for (unsigned k = 0; k < 8; k++) {
            p[35 + k] = (uint8_t)(time_ms >> (56 - 8 * k));
        }
        p[45] = 4;
        p[46] = 3;
        p[48] = 2;
        p += 51;
        n += 51;
    }
    octets[1] = (uint8_t)n;
    octets[3] = (uint8_t)(n - 2);
    add_octets(x, "1.3.6.1.4.1.11129.2.4.2", false, octets, (size_t)(p - octets));
}

static cx_span
make(const struct desk *d, const struct wanted *w, EVP_PKEY *key, struct cx_arena *arena)
{
    static const uint8_t null[] = { 5, 0 };
    time_t now = (time_t)(d->now_ms / 1000);
    X509 *x = X509_new();
    X509_NAME *name = X509_NAME_new();
    unsigned char *der = NULL;
    cx_span ret;
    int n;

    assert_true(X509_set_version(x, 2) == 1);
    assert_true(ASN1_INTEGER_set(X509_get_serialNumber(x), w->serial != 0 ? w->serial : SERIAL));
    assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                           (const unsigned char *)"Example CA", -1, -1, 0));
    assert_true(X509_set_issuer_name(x, name) == 1);
    assert_true(ASN1_TIME_set(X509_getm_notBefore(x), now + w->not_before_s) != NULL);
    assert_true(ASN1_TIME_set(X509_getm_notAfter(x), now + 90 * 86400) != NULL);
    assert_true(X509_set_pubkey(x, key) == 1);
    add_extension(x, NID_subject_alt_name, w->names != NULL ? w->names : "DNS:WWW.example.com");
    if (w->eku != NULL) {
        add_extension(x, NID_ext_key_usage, w->eku);
    }
    if (w->has_lax_eku) {
        static const uint8_t lax[] = { 0x30, 0x81, 10, 6, 8, 43, 6, 1, 5, 5, 7, 3, 4 };

        add_octets(x, "2.5.29.37", false, lax, sizeof(lax));
    }
    if (w->is_ca) {
        add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
    }
    if (w->is_precertificate) {
        add_octets(x, "1.3.6.1.4.1.11129.2.4.3", true, null, sizeof(null));
    }
    if (w->logs != 0) {
        add_scts(x, w->logs, d->now_ms + (uint64_t)(w->sct_s * 1000));
    }
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    n = i2d_X509(x, &der);
    assert_true(n > 0);
    assert_true(cx_ok(cx_arena_copy(arena, (cx_span){ der, (size_t)n }, &ret)));
    OPENSSL_free(der);
    X509_NAME_free(name);
    X509_free(x);
    return ret;
}

/* ---- the desk */

struct counter {
    struct desk desk;
    struct cx_arena arena;
    cx_span issuer; /* its certificate */
};

static void
reopen(struct counter *c)
{
    desk_close(&c->desk);
    desk_open(&c->desk);
}

/* A check "a" with a permit, by the authority with issuing_key. */
static void
counter_make(struct counter *c, const char *world)
{
    struct cx_detail detail = { .text = "" };

    desk_make(&c->desk);
    desk_close(&c->desk);
    cx_arena_init(&c->arena, (size_t)16 << 20);
    c->issuer = make(&c->desk, &(struct wanted){ .is_ca = true }, issuing_key, &c->arena);
    SCRATCH_OK(cx_spki_digest(c->issuer, c->desk.authorities[0].key.b, &detail));
    cx_json_free(c->desk.defaults);
    c->desk.defaults =
        desk_parse("{\"issuer\":[\"ca.example.net\"],\"profile\":\"private\",\"policy\":{"
                   "\"exceptions\":[\"precertificate\"]}}");
    c->desk.authorities[0].defaults = c->desk.authorities[1].defaults = c->desk.defaults;
    desk_open(&c->desk);
    desk_check(&c->desk, "a", BODY("a", ""), world);
    desk_expect_reply(&c->desk, 200, world == desk_granted ? "PERMIT" : "DENY",
                      world == desk_granted);
}

static void
counter_remove(struct counter *c)
{
    cx_arena_done(&c->arena);
    desk_remove(&c->desk);
}

static cx_span
signed_by_it(struct counter *c, struct wanted wanted)
{
    return make(&c->desk, &wanted, issuing_key, &c->arena);
}

/* What is said of it; freed by the caller. */
static struct cx_json *
ask_of(struct counter *c, enum op kind, struct op_ask ask, uint32_t status)
{
    struct cx_detail detail = { .text = "" };
    struct cx_json *json;
    unsigned got_kind;
    uint32_t got;

    ask.seq = 20;
    ask.caller = CX_STR("ra");
    ask.authorities = ask.authorities != 0 ? ask.authorities : 1;
    SCRATCH_OK(ledger_ask(c->desk.ledger, kind, &ask, &c->desk.out, &detail));
    if (kind == OP_ISSUE && status != 400) {
        desk_expect_nothing(&c->desk); /* before the disk has it */
    }
    desk_turn(&c->desk);
    json = desk_said(&c->desk, &got_kind, &got);
    assert_int_equal(got_kind, OP_REPLY);
    if (got != status) {
        struct cx_buf buf = { .max = CX_OP_MAX };

        assert_true(cx_ok(cx_json_write(json, &buf)));
        cx_buf_putc(&buf, '\0');
        fail_msg("%u in place of %u: %s", got, status, buf.p);
    }
    desk_expect_nothing(&c->desk);
    return json;
}

static struct cx_json *
issue(struct counter *c, const char *id, cx_span der, uint32_t status)
{
    return ask_of(c, OP_ISSUE, (struct op_ask){ .id = cx_str_of(id), .data = der }, status);
}

static bool
says(const struct cx_json *json, const char *member, const char *part)
{
    cx_str text = { NULL, 0 };

    return cx_json_string(cx_json_get(json, member), &text) &&
           memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void
issue_good(struct counter *c, const char *id, cx_span der)
{
    struct cx_json *json = issue(c, id, der, 200);
    bool permitted = false;

    assert_true(cx_json_bool(cx_json_get(json, "permitted"), &permitted) && permitted);
    assert_int_equal(cx_json_kind_of(cx_json_get(json, "why")), CX_JSON_NULL);
    cx_json_free(json);
}

/* An alarm, whose reason has that in it. */
static void
issue_bad(struct counter *c, const char *id, cx_span der, const char *why)
{
    struct cx_json *json = issue(c, id, der, 409);
    bool permitted = true;

    assert_true(desk_text_is(json, "type", "/problems/issued-without-permit"));
    assert_true(cx_json_bool(cx_json_get(json, "permitted"), &permitted) && !permitted);
    if (!says(json, "why", why) || !says(json, "detail", why)) {
        cx_str text = { NULL, 0 };

        (void)cx_json_string(cx_json_get(json, "why"), &text);
        fail_msg("\"%s\" is not in \"%.*s\"", why, (int)text.n, text.p);
    }
    cx_json_free(json);
}

static void
claim(struct counter *c, const char *id)
{
    cx_json_free(ask_of(c, OP_CLAIM, (struct op_ask){ .id = cx_str_of(id) }, 200));
}

static int64_t
count_of(struct counter *c, const char *member)
{
    struct cx_json *status = ledger_status(c->desk.ledger);
    int64_t n = -1;

    assert_true(cx_json_integer(cx_json_get(cx_json_get(status, "counts"), member), &n));
    cx_json_free(status);
    return n;
}

static bool
same(const struct cx_json *a, const struct cx_json *b)
{
    struct cx_buf left = { .max = CX_OP_MAX }, right = { .max = CX_OP_MAX };
    bool ret;

    assert_true(cx_ok(cx_json_write(a, &left)) && cx_ok(cx_json_write(b, &right)));
    ret = cx_str_equal(cx_buf_str(&left), cx_buf_str(&right));
    cx_buf_done(&left);
    cx_buf_done(&right);
    return ret;
}

/* ---- tests */

TEST(a_certificate_on_its_permit_is_good_and_told_once)
{
    struct cx_json *first, *again;
    struct counter c;
    uint64_t size;
    cx_span der;

    counter_make(&c, desk_granted);
    der = signed_by_it(&c, (struct wanted){ .is_precertificate = true, .not_before_s = -3600 });
    size = desk_log_size(&c.desk);
    first = issue(&c, "a", der, 200);
    assert_true(desk_text_is(first, "kind", "precertificate") &&
                desk_text_is(first, "serial", HEX) && desk_text_is(first, "id", "a") &&
                desk_text_is(first, "authority", "one") && desk_text_is(first, "by", "ra"));
    assert_int_equal(cx_json_size(cx_json_get(first, "names")), 1);
    assert_int_equal(desk_log_size(&c.desk), size + 1);
    again = issue(&c, "a", der, 200);
    assert_true(same(first, again));
    cx_json_free(again);
    again = issue(&c, "another", der, 200); /* the first word stands */
    assert_true(same(first, again));
    cx_json_free(again);
    reopen(&c);
    again = issue(&c, "a", der, 200);
    assert_true(same(first, again));
    cx_json_free(again);
    cx_json_free(first);
    assert_int_equal(desk_log_size(&c.desk), size + 1);
    assert_int_equal(count_of(&c, "issuances"), 0); /* of this life */
    der = signed_by_it(&c, (struct wanted){ .serial = 7 });
    issue_good(&c, "a", der);
    assert_int_equal(count_of(&c, "issuances"), 1);
    assert_int_equal(count_of(&c, "issuances_without_permit"), 0);
    counter_remove(&c);
}

/* Twice before the disk has it. */
TEST(two_that_tell_at_once_make_one_event)
{
    struct cx_detail detail = { .text = "" };
    struct cx_json *first, *second;
    struct counter c;
    uint64_t size;
    unsigned kind;
    uint32_t status;
    cx_span der;

    counter_make(&c, desk_granted);
    der = signed_by_it(&c, (struct wanted){ .names = NULL });
    size = desk_log_size(&c.desk);
    for (uint32_t i = 0; i < 2; i++) {
        SCRATCH_OK(ledger_ask(
            c.desk.ledger, OP_ISSUE,
            &(struct op_ask){ 20 + i, CX_STR("ra"), 1, CX_STR("a"), CX_STR(""), der, false },
            &c.desk.out, &detail));
    }
    desk_expect_nothing(&c.desk);
    desk_turn(&c.desk);
    first = desk_said(&c.desk, &kind, &status);
    second = desk_said(&c.desk, &kind, &status);
    assert_int_equal(status, 200);
    assert_true(same(first, second));
    cx_json_free(first);
    cx_json_free(second);
    assert_int_equal(desk_log_size(&c.desk), size + 1);
    counter_remove(&c);
}

TEST(what_no_permit_allowed_is_recorded_and_an_alarm)
{
    static const struct {
        struct wanted wanted;
        const char *why;
    } rows[] = {
        { { .names = "DNS:www.example.com,DNS:other.example.com" }, "it has other.example.com" },
        { { .names = "DNS:*.example.com" }, "the check has www.example.com" },
        { { .names = "email:a@www.example.com" }, "for other names" },
        { { .eku = "emailProtection" }, "another purpose" },
        { { .eku = "serverAuth,emailProtection" }, "another purpose" },
        { { .has_lax_eku = true }, "its purposes cannot be read" },
        { { .logs = 2, .sct_s = -600 }, "before the check was in the log" },
        { { .logs = 1, .sct_s = -600 }, "by its SCTs" },
    };
    struct counter c;

    counter_make(&c, desk_granted);
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct wanted wanted = rows[i].wanted;
        uint64_t size = desk_log_size(&c.desk);
        struct cx_json *first, *again;
        cx_span der;

        wanted.serial = (long)(i + 1);
        der = signed_by_it(&c, wanted);
        issue_bad(&c, "a", der, rows[i].why);
        assert_int_equal(desk_log_size(&c.desk), size + 1);
        first = issue(&c, "a", der, 409);
        reopen(&c);
        again = issue(&c, "a", der, 409);
        assert_true(same(first, again));
        cx_json_free(first);
        cx_json_free(again);
        assert_int_equal(desk_log_size(&c.desk), size + 1);
    }
    issue_bad(&c, "nobody", signed_by_it(&c, (struct wanted){ .serial = 99 }), "no check has this");
    assert_int_equal(count_of(&c, "issuances_without_permit"), 1);
    issue_good(&c, "a", signed_by_it(&c, (struct wanted){ .eku = "serverAuth" }));
    assert_int_equal(count_of(&c, "issuances"), 2);
    counter_remove(&c);
}

TEST(a_check_that_does_not_permit_is_no_permit)
{
    struct counter c;

    counter_make(&c, desk_denied);
    issue_bad(&c, "a", signed_by_it(&c, (struct wanted){ .names = NULL }),
              "the check does not permit");
    assert_true(cx_ok(desk_start(&c.desk, 0, "b", BODY("b", ""), 30000)));
    desk_expect_started(&c.desk);
    c.desk.now_ms += CX_START_WAIT_MS;
    desk_turn(&c.desk);
    issue_bad(&c, "b", signed_by_it(&c, (struct wanted){ .serial = 2 }), "without a verdict");
    counter_remove(&c);
}

TEST(a_late_check_is_no_permit)
{
    struct counter c;

    counter_make(&c, desk_granted);
    assert_true(cx_ok(desk_start(&c.desk, 0, "b", BODY("b", ""), 1000)));
    desk_expect_started(&c.desk);
    c.desk.now_ms += 900;
    desk_finish(&c.desk, 0, BODY("b", ""), desk_granted);
    c.desk.now_ms += 200;
    desk_turn(&c.desk);
    desk_expect_reply(&c.desk, 200, "FAIL", false);
    issue_bad(&c, "b", signed_by_it(&c, (struct wanted){ .names = NULL }), "its permit is void");
    c.desk.now_ms += (uint64_t)3 * 3600 * 1000; /* when nothing in memory knows it any more */
    desk_turn(&c.desk);
    issue_bad(&c, "b",
              signed_by_it(&c, (struct wanted){ .serial = 2, .not_before_s = -3 * 3600 + 1 }),
              "its permit is void");
    counter_remove(&c);
}

/* Who tells of it before the disk has the check cannot have had its permit. */
TEST(a_permit_that_was_not_given_yet)
{
    struct cx_detail detail = { .text = "" };
    struct counter c;
    struct cx_json *json;
    unsigned kind;
    uint32_t status;
    cx_span der;

    counter_make(&c, desk_granted);
    der = signed_by_it(&c, (struct wanted){ .names = NULL });
    assert_true(cx_ok(desk_start(&c.desk, 0, "b", BODY("b", ""), 30000)));
    desk_expect_started(&c.desk);
    desk_finish(&c.desk, 0, BODY("b", ""), desk_granted);
    SCRATCH_OK(
        ledger_ask(c.desk.ledger, OP_ISSUE,
                   &(struct op_ask){ 20, CX_STR("ra"), 1, CX_STR("b"), CX_STR(""), der, false },
                   &c.desk.out, &detail));
    desk_expect_nothing(&c.desk);
    desk_turn(&c.desk);
    desk_expect_reply(&c.desk, 200, "PERMIT", true);
    json = desk_said(&c.desk, &kind, &status);
    assert_int_equal(status, 409);
    assert_true(says(json, "why", "no permit of its check was given"));
    cx_json_free(json);
    counter_remove(&c);
}

TEST(in_shadow_mode_there_is_no_permit)
{
    static const char body[] =
        "{\"id\":\"s\",\"authority\":\"shadow\",\"names\":[\"www.example.com\"]}";
    struct cx_detail detail = { .text = "" };
    struct cx_json *json;
    uint8_t digest[32];
    struct counter c;

    counter_make(&c, desk_granted);
    assert_true(cx_ok(cx_sha256(cx_span_of_str(cx_str_of(body)), digest)));
    SCRATCH_OK(ledger_start(c.desk.ledger,
                            &(struct op_start){ .authority = 1,
                                                .id = CX_STR("s"),
                                                .digest = { digest, 32 },
                                                .deadline_ms = c.desk.now_ms + 1000,
                                                .caller = CX_STR("ra") },
                            &c.desk.out, &detail));
    desk_expect_started(&c.desk);
    desk_finish(&c.desk, 0, body, desk_granted);
    desk_turn(&c.desk);
    desk_expect_reply(&c.desk, 200, "PERMIT", false);
    json = ask_of(&c, OP_ISSUE,
                  (struct op_ask){ .authorities = 3,
                                   .id = CX_STR("s"),
                                   .data = signed_by_it(&c, (struct wanted){ .names = NULL }) },
                  409);
    assert_true(says(json, "why", "shadow mode"));
    cx_json_free(json);
    counter_remove(&c);
}

/* R-PRF-1: notBefore set back says nothing; what was told in time was signed in time. */
TEST(when_it_was_signed)
{
    struct counter c;

    counter_make(&c, desk_granted);
    c.desk.now_ms += 800000; /* the permit lives for 900 s */
    issue_good(&c, "a", signed_by_it(&c, (struct wanted){ .serial = 1, .not_before_s = -3600 }));
    issue_good(&c, "a", signed_by_it(&c, (struct wanted){ .serial = 2, .not_before_s = 3600 }));
    c.desk.now_ms += 110000;
    issue_bad(&c, "a", signed_by_it(&c, (struct wanted){ .serial = 3, .not_before_s = -3600 }),
              "by the time at which it was told");
    issue_bad(&c, "a", signed_by_it(&c, (struct wanted){ .serial = 4, .not_before_s = 5 }),
              "the permit had expired");
    issue_good(&c, "a", signed_by_it(&c, (struct wanted){ .serial = 5, .not_before_s = -100 }));
    issue_good(&c, "a", signed_by_it(&c, (struct wanted){ .serial = 6, .logs = 2, .sct_s = -100 }));
    issue_bad(&c, "a", signed_by_it(&c, (struct wanted){ .serial = 7, .logs = 1, .sct_s = -100 }),
              "the permit had expired"); /* one log: it stands on its own signature */
    issue_bad(&c, "a", signed_by_it(&c, (struct wanted){ .serial = 8, .logs = 2, .sct_s = -5 }),
              "by its SCTs");
    counter_remove(&c);
}

TEST(without_the_exception_a_certificate_needs_its_own_window)
{
    struct counter c;

    counter_make(&c, desk_granted);
    cx_json_free(c.desk.defaults);
    c.desk.defaults = desk_parse("{\"issuer\":[\"ca.example.net\"],\"profile\":\"private\"}");
    c.desk.authorities[0].defaults = c.desk.defaults;
    reopen(&c);
    issue_good(&c, "a", signed_by_it(&c, (struct wanted){ .is_precertificate = true }));
    c.desk.now_ms += 910000;
    issue_bad(&c, "a", signed_by_it(&c, (struct wanted){ .logs = 2, .sct_s = -900 }),
              "the permit had expired");
    counter_remove(&c);
}

static void
expect_link(struct counter *c, const char *id, cx_span der, cx_span precertificate)
{
    struct cx_json *json = issue(c, id, der, 200);
    char text[CX_HASH_TEXT];
    struct cx_hash hash;

    assert_true(cx_ok(cx_sha256(precertificate, hash.b)));
    cx_hash_text(&hash, text);
    assert_true(desk_text_is(json, "precertificate", text));
    cx_json_free(json);
}

/* R-EXC-2. Its SCTs are a minute after the permit's end, and it is told days later. */
TEST(a_certificate_stands_on_the_permit_of_its_precertificate)
{
    struct counter c;
    cx_span before;

    counter_make(&c, desk_granted);
    c.desk.now_ms += 890000;
    before = signed_by_it(&c, (struct wanted){ .is_precertificate = true });
    issue_good(&c, "a", before);
    c.desk.now_ms += 60000;
    expect_link(&c, "a", signed_by_it(&c, (struct wanted){ .logs = 2 }), before);
    reopen(&c);
    expect_link(&c, "a", signed_by_it(&c, (struct wanted){ .logs = 2, .sct_s = 1 }), before);
    c.desk.now_ms += (uint64_t)3 * 86400 * 1000;
    reopen(&c);
    expect_link(&c, "a", signed_by_it(&c, (struct wanted){ .logs = 2, .sct_s = -3 * 86400 }),
                before);
    issue_bad(&c, "a", signed_by_it(&c, (struct wanted){ .logs = 1, .sct_s = -3 * 86400 }),
              "the permit had expired");
    issue_bad(
        &c, "a",
        signed_by_it(&c,
                     (struct wanted){ .names = "DNS:example.com", .logs = 2, .sct_s = -3 * 86400 }),
        "for other names");
    issue_bad(&c, "a", signed_by_it(&c, (struct wanted){ .logs = 2, .sct_s = 0, .serial = 5 }),
              "the permit had expired"); /* no precertificate has its serial */
    counter_remove(&c);
}

/* A second check, for the certificate itself: its precertificate was signed before, on a permit of its own. */
TEST(a_certificate_with_a_permit_of_its_own)
{
    struct counter c;
    cx_span before;

    counter_make(&c, desk_granted);
    before = signed_by_it(&c, (struct wanted){ .is_precertificate = true });
    issue_good(&c, "a", before);
    c.desk.now_ms += 1000000;
    desk_check(&c.desk, "b", BODY("b", ""), desk_granted);
    desk_expect_reply(&c.desk, 200, "PERMIT", true);
    expect_link(&c, "b", signed_by_it(&c, (struct wanted){ .logs = 2, .sct_s = -1000 }), before);
    issue_bad(&c, "b", signed_by_it(&c, (struct wanted){ .logs = 2, .sct_s = -1000, .serial = 9 }),
              "before the check was in the log"); /* of that one no permit is known */
    counter_remove(&c);
}

/* A precertificate that was an alarm carries no certificate, and an id of one's own is judged by itself. */
TEST(what_carries_no_certificate)
{
    struct counter c;

    counter_make(&c, desk_granted);
    desk_check(&c.desk, "b", BODY("b", ""), desk_granted);
    desk_expect_reply(&c.desk, 200, "PERMIT", true);
    issue_good(&c, "a", signed_by_it(&c, (struct wanted){ .is_precertificate = true }));
    c.desk.now_ms += 910000;
    issue_bad(&c, "b", signed_by_it(&c, (struct wanted){ .logs = 2 }), "by its SCTs");
    issue_bad(
        &c, "a",
        signed_by_it(
            &c, (struct wanted){ .serial = 2, .is_precertificate = true, .not_before_s = -3600 }),
        "the permit had expired");
    issue_bad(&c, "a", signed_by_it(&c, (struct wanted){ .serial = 2, .logs = 2 }), "by its SCTs");
    counter_remove(&c);
}

TEST(a_permit_that_must_be_claimed)
{
    struct counter c;

    counter_make(&c, desk_granted);
    c.desk.authorities[0].needs_claim = true;
    issue_bad(&c, "a", signed_by_it(&c, (struct wanted){ .serial = 1 }), "never claimed");
    claim(&c, "a");
    issue_good(&c, "a", signed_by_it(&c, (struct wanted){ .serial = 2 }));
    c.desk.now_ms += (uint64_t)86400 * 1000;
    desk_turn(&c.desk); /* the claim is forgotten; the log has it */
    issue_good(&c, "a",
               signed_by_it(&c, (struct wanted){ .serial = 3, .not_before_s = -86400 + 60 }));
    counter_remove(&c);
}

static cx_span
join(struct counter *c, cx_span a, cx_span b)
{
    uint8_t *p = cx_arena_get(&c->arena, a.n + b.n, 1);

    memcpy(p, a.p, a.n);
    memcpy(p + a.n, b.p, b.n);
    return (cx_span){ p, a.n + b.n };
}

/* Scenario 21: a key outside the usual way. */
TEST(the_issuer_that_comes_with_it_is_the_authority)
{
    static const uint8_t garbage[] = { 0x30, 0x03, 0x02, 0x01, 0x05 };
    struct counter c;
    cx_span one, other, other_issuer;

    counter_make(&c, desk_granted);
    one = signed_by_it(&c, (struct wanted){ .serial = 1 });
    other = make(&c.desk, &(struct wanted){ .serial = 2 }, other_key, &c.arena);
    other_issuer = make(&c.desk, &(struct wanted){ .is_ca = true }, other_key, &c.arena);
    issue_good(&c, "a", join(&c, one, c.issuer));
    issue_bad(&c, "a", join(&c, other, c.issuer), "not signed by the issuer");
    other = make(&c.desk, &(struct wanted){ .serial = 3 }, other_key, &c.arena);
    issue_bad(&c, "a", join(&c, other, other_issuer), "not the one that the check was made for");
    one = signed_by_it(&c, (struct wanted){ .serial = 4 });
    issue_bad(&c, "a", join(&c, one, (cx_span){ garbage, sizeof(garbage) }), "cannot be read");
    counter_remove(&c);
}

TEST(the_check_of_another_authority_is_no_permit_of_mine)
{
    struct cx_json *json;
    struct counter c;
    cx_span der;

    counter_make(&c, desk_granted);
    der = signed_by_it(&c, (struct wanted){ .names = NULL });
    json = ask_of(&c, OP_ISSUE, (struct op_ask){ .authorities = 2, .id = CX_STR("a"), .data = der },
                  409);
    assert_true(says(json, "why", "may not act for"));
    assert_int_equal(cx_json_kind_of(cx_json_get(json, "record")), CX_JSON_NULL);
    cx_json_free(json);
    der = signed_by_it(&c, (struct wanted){ .serial = 2 });
    issue_good(&c, "a", der);
    json = ask_of(&c, OP_ISSUE, (struct op_ask){ .authorities = 2, .id = CX_STR("a"), .data = der },
                  403);
    cx_json_free(json);
    counter_remove(&c);
}

TEST(what_is_no_certificate_is_refused_and_not_recorded)
{
    static const uint8_t garbage[] = { 0x30, 0x03, 0x02, 0x01, 0x05 };
    struct counter c;
    uint64_t size;
    cx_span der;

    counter_make(&c, desk_granted);
    size = desk_log_size(&c.desk);
    der = signed_by_it(&c, (struct wanted){ .names = NULL });
    cx_json_free(issue(&c, "a", (cx_span){ garbage, sizeof(garbage) }, 400));
    cx_json_free(issue(&c, "a", (cx_span){ NULL, 0 }, 400));
    cx_json_free(issue(&c, "a", (cx_span){ der.p, der.n - 1 }, 400));
    cx_json_free(issue(&c, "a", c.issuer, 400)); /* a CA's own */
    cx_json_free(issue(&c, "a b", der, 400));
    assert_int_equal(desk_log_size(&c.desk), size);
    assert_int_equal(count_of(&c, "issuances"), 0);
    counter_remove(&c);
}

static struct cx_json *
get(struct counter *c, cx_str text, cx_span serial, uint32_t status)
{
    return ask_of(c, OP_ISSUED, (struct op_ask){ .text = text, .data = serial }, status);
}

TEST(what_is_known_of_a_certificate)
{
    static const uint8_t number[] = { 0x12, 0x34 }, padded[] = { 0, 0x12, 0x34 };
    const cx_span serial = { number, 2 }, long_serial = { padded, 3 }, none = { NULL, 0 };
    char text[CX_HASH_TEXT];
    struct cx_json *json;
    struct cx_hash hash;
    struct counter c;
    cx_span before, after;
    bool claimed = true;

    counter_make(&c, desk_granted);
    before = signed_by_it(&c, (struct wanted){ .is_precertificate = true });
    after = signed_by_it(&c, (struct wanted){ .logs = 2 });
    issue_good(&c, "a", before);
    issue_good(&c, "a", after);
    assert_true(cx_ok(cx_sha256(after, hash.b)));
    cx_hash_text(&hash, text);
    for (int i = 0; i < 2; i++) {
        json = get(&c, cx_str_of(text), none, 200);
        assert_true(desk_text_is(json, "certificate", text) &&
                    desk_text_is(json, "kind", "certificate"));
        assert_int_equal(cx_json_size(cx_json_get(json, "names")), 1);
        assert_true(cx_json_bool(cx_json_get(cx_json_get(json, "permit"), "claimed"), &claimed) &&
                    claimed == (i == 1));
        cx_json_free(json);
        json = get(&c, CX_STR("one"), i == 0 ? serial : long_serial, 200);
        assert_int_equal(cx_json_size(cx_json_get(json, "issuances")), 2);
        assert_true(
            desk_text_is(cx_json_at(cx_json_get(json, "issuances"), 1), "kind", "precertificate"));
        cx_json_free(json);
        if (i == 0) {
            claim(&c, "a");
            reopen(&c);
        }
    }
    cx_json_free(get(&c, CX_STR("shadow"), serial, 404));
    cx_json_free(get(&c, CX_STR("nobody"), serial, 404));
    cx_json_free(get(&c, CX_STR("00"), none, 400));
    text[0] = text[0] == '0' ? '1' : '0';
    cx_json_free(get(&c, cx_str_of(text), none, 404));
    json = ask_of(&c, OP_ISSUED,
                  (struct op_ask){ .authorities = 2, .text = CX_STR("one"), .data = serial }, 403);
    cx_json_free(json);
    counter_remove(&c);
}

/* Short of memory nothing is called good that is not, nothing is half recorded, and the ledger lives on or says that it cannot. */
TEST(every_allocation_may_fail)
{
    struct cx_detail detail = { .text = "" };
    cx_status s = { CX_E_NOMEM };
    struct counter c;
    size_t nth;

    counter_make(&c, desk_granted);
    for (nth = 1; nth < 2000; nth++) {
        cx_span der = signed_by_it(&c, (struct wanted){ .serial = (long)nth, .names = "DNS:x.y" });
        uint64_t before = (uint64_t)count_of(&c, "issuances");
        struct op_ask op = { .seq = 20, .caller = CX_STR("ra"), .authorities = 1, .data = der };
        bool failed;

        op.id = CX_STR("a");
        (void)cx_alloc_fail_nth(nth);
        s = ledger_ask(c.desk.ledger, OP_ISSUE, &op, &c.desk.out, &detail);
        failed = cx_alloc_fail_nth(0) >= nth;
        if (!cx_ok(s)) { /* it is in the log, or cannot be told: the recorder ends */
            assert_int_equal(s.code, CX_E_NOMEM);
            reopen(&c);
            cx_buf_clear(&c.desk.out);
            continue;
        }
        desk_turn(&c.desk);
        {
            unsigned kind;
            uint32_t status;

            cx_json_free(desk_said(&c.desk, &kind, &status));
            assert_true(status == 400 || status == 409);
            assert_int_equal((uint64_t)count_of(&c, "issuances") - before, status == 409 ? 1 : 0);
        }
        if (!failed) {
            break;
        }
    }
    assert_true(cx_ok(s) && nth > 5 && nth < 2000);
    counter_remove(&c);
}

static int
make_keys(void **state)
{
    (void)state;
    issuing_key = EVP_EC_gen("P-256");
    other_key = EVP_EC_gen("P-256");
    return issuing_key != NULL && other_key != NULL ? 0 : -1;
}

static int
free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(issuing_key);
    EVP_PKEY_free(other_key);
    return 0;
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_certificate_on_its_permit_is_good_and_told_once),
    cmocka_unit_test(two_that_tell_at_once_make_one_event),
    cmocka_unit_test(what_no_permit_allowed_is_recorded_and_an_alarm),
    cmocka_unit_test(a_check_that_does_not_permit_is_no_permit),
    cmocka_unit_test(a_late_check_is_no_permit),
    cmocka_unit_test(a_permit_that_was_not_given_yet),
    cmocka_unit_test(in_shadow_mode_there_is_no_permit),
    cmocka_unit_test(when_it_was_signed),
    cmocka_unit_test(without_the_exception_a_certificate_needs_its_own_window),
    cmocka_unit_test(a_certificate_stands_on_the_permit_of_its_precertificate),
    cmocka_unit_test(a_certificate_with_a_permit_of_its_own),
    cmocka_unit_test(what_carries_no_certificate),
    cmocka_unit_test(a_permit_that_must_be_claimed),
    cmocka_unit_test(the_issuer_that_comes_with_it_is_the_authority),
    cmocka_unit_test(the_check_of_another_authority_is_no_permit_of_mine),
    cmocka_unit_test(what_is_no_certificate_is_refused_and_not_recorded),
    cmocka_unit_test(what_is_known_of_a_certificate),
    cmocka_unit_test(every_allocation_may_fail),
};

int
main(int argc, char **argv)
{
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
