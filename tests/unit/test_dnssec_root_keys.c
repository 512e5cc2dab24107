/* The root's keys against trust anchors: real keys of the root, DS records as IANA published them, or by libldns. */
#include "build.h"
#include "dns/caa.h"
#include "dnssec/root_keys.h"
#include "main.h"

#include <ldns/ldns.h>

#include <string.h>

#define KSK_2017                                                                                   \
    "257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5"  \
    "emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwV"  \
    "N8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA"  \
    "4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU="
#define KSK_2024                                                                                   \
    "257 3 8 AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZB"  \
    "U5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRA"  \
    "Axm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u"  \
    "1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73PYc="
#define ZSK     "256 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1v"
#define DS_2017 "20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
#define DS_2024 "38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16"

struct rdata {
    uint8_t p[1100];
    size_t n;
};

static void
put_rdata(ldns_rr *rr, struct rdata *ret)
{
    ldns_buffer *buffer = ldns_buffer_new(sizeof(ret->p));

    assert_non_null(rr);
    assert_non_null(buffer);
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        assert_int_equal(ldns_rdf2buffer_wire(buffer, ldns_rr_rdf(rr, i)), LDNS_STATUS_OK);
    }
    ret->n = ldns_buffer_position(buffer);
    memcpy(ret->p, ldns_buffer_begin(buffer), ret->n);
    ldns_buffer_free(buffer);
}

static ldns_rr *
rr_of(const char *type, const char *text)
{
    char line[2048];
    ldns_rr *rr = NULL;

    (void)snprintf(line, sizeof(line), ". 300 IN %s %s", type, text);
    assert_int_equal(ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL), LDNS_STATUS_OK);
    return rr;
}

static struct rdata
rdata_of(const char *type, const char *text)
{
    struct rdata ret;
    ldns_rr *rr = rr_of(type, text);

    put_rdata(rr, &ret);
    ldns_rr_free(rr);
    return ret;
}

static struct rdata
ds_of(const char *key, ldns_hash hash)
{
    struct rdata ret;
    ldns_rr *rr = rr_of("DNSKEY", key), *ds = ldns_key_rr2ds(rr, hash);

    put_rdata(ds, &ret);
    ldns_rr_free(ds);
    ldns_rr_free(rr);
    return ret;
}

static struct rdata
key_of(const char *text)
{
    return rdata_of("DNSKEY", text);
}

static struct rdata
revoked(const char *text)
{
    struct rdata ret = key_of(text);

    ret.p[1] |= 0x80;
    return ret;
}

static cx_span
span_of(const struct rdata *rdata)
{
    return (cx_span){ rdata->p, rdata->n };
}

/* An answer with these keys, and the set's signature. */
static void
announce(struct wire *w, const struct rdata *keys, size_t n)
{
    wire_open(w, ".", CX_TYPE_DNSKEY, WIRE_QR);
    for (size_t i = 0; i < n; i++) {
        wire_rr(w, CX_SECTION_ANSWER, ".", CX_TYPE_DNSKEY, 300, span_of(&keys[i]));
    }
    wire_rr(w, CX_SECTION_ANSWER, ".", CX_TYPE_RRSIG, 300, bytes_of("not looked at"));
}

static cx_status
compare(const struct wire *w, const struct rdata *anchors, size_t n, struct cx_root_difference *ret,
        size_t *ret_n)
{
    struct cx_root_anchor list[CX_ANCHORS_MAX + 1];

    for (size_t i = 0; i < n; i++) {
        uint16_t type = anchors[i].n < 100 ? CX_TYPE_DS : CX_TYPE_DNSKEY;

        list[i] = (struct cx_root_anchor){ type, span_of(&anchors[i]) };
    }
    return cx_root_keys_compare(wire_span(w), list, n, ret, ret_n);
}

static void
differ(const struct rdata *keys, size_t n_keys, const struct rdata *anchors, size_t n_anchors,
       const struct cx_root_difference *expected, size_t n_expected)
{
    struct cx_root_difference got[2 * CX_ANCHORS_MAX];
    static struct wire w;
    size_t n = 99;

    announce(&w, keys, n_keys);
    assert_true(cx_ok(compare(&w, anchors, n_anchors, got, &n)));
    assert_int_equal(n, n_expected);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(got[i].what, expected[i].what);
        assert_int_equal(got[i].tag, expected[i].tag);
    }
}

TEST(test_same_keys)
{
    const struct rdata keys[] = { key_of(KSK_2017), key_of(KSK_2024), key_of(ZSK) };
    const struct rdata ds[] = { rdata_of("DS", DS_2017), rdata_of("DS", DS_2024) };
    const struct rdata same_keys[] = { key_of(KSK_2024), key_of(KSK_2017) };
    const struct rdata mixed[] = { rdata_of("DS", DS_2017), ds_of(KSK_2017, LDNS_SHA384),
                                   key_of(KSK_2024), ds_of(KSK_2024, LDNS_SHA256) };

    differ(keys, 3, ds, 2, NULL, 0);
    differ(keys, 3, same_keys, 2, NULL, 0);
    differ(keys, 3, mixed, 4, NULL, 0);
}

TEST(test_key_that_no_anchor_names)
{
    const struct rdata keys[] = { key_of(KSK_2017), key_of(KSK_2024), key_of(ZSK) };
    const struct rdata one[] = { rdata_of("DS", DS_2017) };
    const struct rdata other[] = { key_of(KSK_2024) };
    const struct cx_root_difference new_key[] = { { CX_ROOT_KEY_UNKNOWN, 38696 } };
    const struct cx_root_difference both[] = { { CX_ROOT_KEY_UNKNOWN, 20326 },
                                               { CX_ROOT_KEY_UNKNOWN, 38696 } };
    const struct cx_root_difference old_key[] = { { CX_ROOT_KEY_UNKNOWN, 20326 } };

    differ(keys, 3, one, 1, new_key, 1);
    differ(keys, 3, other, 1, old_key, 1);
    differ(keys, 3, one, 0, both, 2); /* the zone's own signer, no entry point, needs no anchor */
}

TEST(test_anchor_whose_key_is_not_there)
{
    const struct rdata keys[] = { key_of(KSK_2024), key_of(ZSK) };
    const struct rdata ds[] = { rdata_of("DS", DS_2017), rdata_of("DS", DS_2024) };
    const struct rdata key[] = { key_of(KSK_2024), key_of(KSK_2017) };
    const struct cx_root_difference gone[] = { { CX_ROOT_KEY_GONE, 20326 } };

    differ(keys, 2, ds, 2, gone, 1);
    differ(keys, 2, key, 2, gone, 1);
}

TEST(test_revoked_key)
{
    const struct rdata keys[] = { revoked(KSK_2017), key_of(KSK_2024) };
    const struct rdata in_ds[] = { rdata_of("DS", DS_2017), rdata_of("DS", DS_2024) };
    const struct rdata in_key[] = { key_of(KSK_2017), rdata_of("DS", DS_2024) };
    const struct rdata only_new[] = { rdata_of("DS", DS_2024) };
    const struct cx_root_difference out[] = { { CX_ROOT_KEY_REVOKED, 20326 } };

    differ(keys, 2, in_ds, 2, out, 1);
    differ(keys, 2, in_key, 2, out, 1);
    differ(keys, 2, only_new, 1, NULL, 0);
}

/* Everything about the DS must fit: tag, algorithm, kind and octets of the digest, its length. */
TEST(test_ds_that_names_another_key)
{
    static const size_t at[] = { 0, 1, 2, 3, 4, 35 };
    const struct rdata keys[] = { key_of(KSK_2017) };
    struct cx_root_difference got[2 * CX_ANCHORS_MAX];
    static struct wire w;
    size_t n;

    announce(&w, keys, 1);
    for (size_t i = 0; i < CX_COUNT(at); i++) {
        struct rdata ds = rdata_of("DS", DS_2017);

        ds.p[at[i]] ^= 1;
        n = 0;
        assert_true(cx_ok(compare(&w, &ds, 1, got, &n)));
        assert_int_equal(n, 2);
        assert_int_equal(got[0].what, CX_ROOT_KEY_UNKNOWN);
        assert_int_equal(got[1].what, CX_ROOT_KEY_GONE);
    }
    for (size_t cut = 0; cut < 36; cut++) {
        struct rdata ds = rdata_of("DS", DS_2017);

        ds.n = cut;
        assert_true(cx_ok(compare(&w, &ds, 1, got, &n)));
        assert_int_equal(n, 2);
    }
}

/* None of them is a key of the root, so that there is no set to speak of. */
TEST(test_records_that_are_no_keys)
{
    struct cx_root_difference got[2 * CX_ANCHORS_MAX];
    const struct rdata key = key_of(KSK_2017);
    struct rdata other = key;
    static struct wire w;
    size_t n = 99;

    announce(&w, NULL, 0);
    assert_int_equal(compare(&w, &key, 1, got, &n).code, CX_E_MESSAGE);
    wire_rr(&w, CX_SECTION_ANSWER, "test", CX_TYPE_DNSKEY, 300, span_of(&key));
    wire_rr(&w, CX_SECTION_AUTHORITY, ".", CX_TYPE_DNSKEY, 300, span_of(&key));
    assert_int_equal(compare(&w, &key, 1, got, &n).code, CX_E_MESSAGE);
    other.p[2] = 2; /* protocol */
    announce(&w, &other, 1);
    assert_int_equal(compare(&w, &key, 1, got, &n).code, CX_E_MESSAGE);
    other = key;
    other.p[0] = 0; /* no key of a zone */
    announce(&w, &other, 1);
    assert_int_equal(compare(&w, &key, 1, got, &n).code, CX_E_MESSAGE);
    for (other = key, other.n = 0; other.n <= 4; other.n++) {
        announce(&w, &other, 1);
        assert_int_equal(compare(&w, &key, 1, got, &n).code, CX_E_MESSAGE);
    }
    assert_int_equal(n, 99);
}

TEST(test_messages_that_answer_something_else)
{
    struct cx_root_difference got[2 * CX_ANCHORS_MAX];
    const struct rdata key = key_of(KSK_2017);
    static struct wire w;
    size_t n = 99;
    static const struct {
        const char *name;
        uint16_t type;
        unsigned flags;
    } other[] = {
        { "test", CX_TYPE_DNSKEY, WIRE_QR },  { ".", CX_TYPE_DS, WIRE_QR },
        { ".", CX_TYPE_DNSKEY, 0 },           { ".", CX_TYPE_DNSKEY, WIRE_QR | WIRE_TC },
        { ".", CX_TYPE_DNSKEY, WIRE_QR | 3 }, /* NXDOMAIN */
    };

    for (size_t i = 0; i < CX_COUNT(other); i++) {
        wire_open(&w, other[i].name, other[i].type, other[i].flags);
        wire_rr(&w, CX_SECTION_ANSWER, ".", CX_TYPE_DNSKEY, 300, span_of(&key));
        assert_int_equal(compare(&w, &key, 1, got, &n).code, CX_E_MESSAGE);
    }
    announce(&w, &key, 1);
    for (size_t whole = w.n; w.n-- > 0;) {
        assert_true(w.n < whole);
        assert_int_equal(compare(&w, &key, 1, got, &n).code, CX_E_MESSAGE);
    }
}

TEST(test_limits)
{
    struct cx_root_difference got[2 * CX_ANCHORS_MAX];
    static struct rdata keys[CX_ANCHORS_MAX + 1], anchors[CX_ANCHORS_MAX + 1];
    struct rdata big = key_of(KSK_2017);
    static struct wire w;
    size_t n = 0;

    for (size_t i = 0; i <= CX_ANCHORS_MAX; i++) {
        keys[i] = key_of(KSK_2017);
        keys[i].p[100] = (uint8_t)i;
        anchors[i] = key_of(KSK_2024);
    }
    announce(&w, keys, CX_ANCHORS_MAX);
    assert_true(cx_ok(compare(&w, anchors, CX_ANCHORS_MAX, got, &n)));
    assert_int_equal(n, 2 * CX_ANCHORS_MAX);
    assert_int_equal(compare(&w, anchors, CX_ANCHORS_MAX + 1, got, &n).code, CX_E_LIMIT);
    announce(&w, keys, CX_ANCHORS_MAX + 1);
    assert_int_equal(compare(&w, anchors, 1, got, &n).code, CX_E_LIMIT);
    big.n = CX_ROOT_KEY_OCTETS_MAX;
    announce(&w, &big, 1);
    assert_true(cx_ok(compare(&w, &big, 1, got, &n)));
    assert_int_equal(n, 0);
    big.n++;
    announce(&w, &big, 1);
    assert_int_equal(compare(&w, &big, 1, got, &n).code, CX_E_LIMIT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_same_keys),
    cmocka_unit_test(test_key_that_no_anchor_names),
    cmocka_unit_test(test_anchor_whose_key_is_not_there),
    cmocka_unit_test(test_revoked_key),
    cmocka_unit_test(test_ds_that_names_another_key),
    cmocka_unit_test(test_records_that_are_no_keys),
    cmocka_unit_test(test_messages_that_answer_something_else),
    cmocka_unit_test(test_limits),
};

TEST_MAIN(tests)
