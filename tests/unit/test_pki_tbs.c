#include "agree.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "main.h"
#include "pki/der.h"
#include "pki/tbs.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define MUTATIONS 24000

/* ---- DER by hand: everything lives until the end of a test */

static struct cx_arena scratch;

static int
set_up(void **state)
{
    (void)state;
    cx_arena_init(&scratch, CX_CHECK_MEMORY);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    cx_arena_done(&scratch);
    return 0;
}

static cx_span
join(size_t n, const cx_span *parts)
{
    size_t octets = 0, at = 0;
    uint8_t *p;

    for (size_t i = 0; i < n; i++) {
        octets += parts[i].n;
    }
    p = cx_arena_get(&scratch, octets + 1, 1);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n != 0) {
            memcpy(p + at, parts[i].p, parts[i].n);
        }
        at += parts[i].n;
    }
    return (cx_span){ p, octets };
}

#define JOIN(...)                                                                                  \
    join(sizeof((cx_span[]){ __VA_ARGS__ }) / sizeof(cx_span), (cx_span[]){ __VA_ARGS__ })
#define RAW(literal)  ((cx_span){ (const uint8_t *)("" literal), sizeof(literal) - 1 })
#define SEQUENCE(...) element(CX_DER_SEQUENCE, JOIN(__VA_ARGS__))
#define SET(...)      element(CX_DER_SET, JOIN(__VA_ARGS__))
#define NOTHING       ((cx_span){ NULL, 0 })

static cx_span
element(uint8_t tag, cx_span content)
{
    uint8_t head[5] = { tag };
    size_t octets = content.n < 0x80 ? 0 : content.n < 0x100 ? 1 : content.n < 0x10000 ? 2 : 3;

    head[1] = (uint8_t)(octets == 0 ? content.n : 0x80 | octets);
    for (size_t i = 0; i < octets; i++) {
        head[2 + i] = (uint8_t)(content.n >> (8 * (octets - 1 - i)));
    }
    return JOIN(((cx_span){ head, 2 + octets }), content);
}

static cx_span
extension(cx_span oid, cx_span value)
{
    return SEQUENCE(element(CX_DER_OID, oid), element(CX_DER_OCTET_STRING, value));
}

#define OID_SAN    RAW("\x55\x1d\x11")
#define OID_BASIC  RAW("\x55\x1d\x13")
#define OID_EKU    RAW("\x55\x1d\x25")
#define OID_OTHER  RAW("\x55\x1d\x0e")
#define OID_POISON RAW("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03")

static cx_span
dns(const char *text)
{
    return element(CX_DER_FIELD(2), cx_span_of_str(cx_str_of(text)));
}

static cx_span
alt_names(cx_span names)
{
    return extension(OID_SAN, element(CX_DER_SEQUENCE, names));
}

static cx_span
attribute(cx_span oid, uint8_t tag, cx_span text)
{
    return SEQUENCE(element(CX_DER_OID, oid), element(tag, text));
}

static cx_span
common_name(uint8_t tag, cx_span text)
{
    return SET(attribute(RAW("\x55\x04\x03"), tag, text));
}

/* A certificate in pieces, each an element or none. */
struct pieces {
    cx_span version, serial, inner_algorithm, issuer, validity, subject, key, ids, extensions;
    cx_span outer_algorithm, signature, behind;
};

static cx_span
times(uint8_t tag_a, const char *a, uint8_t tag_b, const char *b)
{
    return SEQUENCE(element(tag_a, cx_span_of_str(cx_str_of(a))),
                    element(tag_b, cx_span_of_str(cx_str_of(b))));
}

static cx_span
extensions(cx_span list)
{
    return element(CX_DER_EXPLICIT(3), element(CX_DER_SEQUENCE, list));
}

static struct pieces
pieces(void)
{
    cx_span algorithm = SEQUENCE(RAW("\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"));
    cx_span point = join(1, (cx_span[]){ { (const uint8_t[67]){ 0, 4, 7 }, 67 } });

    return (struct pieces){
        .version = RAW("\xa0\x03\x02\x01\x02"),
        .serial = RAW("\x02\x02\x00\xfe"),
        .inner_algorithm = algorithm,
        .issuer = SEQUENCE(common_name(CX_DER_UTF8_STRING, RAW("CA"))),
        .validity = times(CX_DER_UTC_TIME, "261122120000Z", CX_DER_UTC_TIME, "270101000001Z"),
        .subject = SEQUENCE(common_name(CX_DER_PRINTABLE_STRING, RAW("www.d.test"))),
        .key = SEQUENCE(SEQUENCE(RAW("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"),
                                 RAW("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07")),
                        element(CX_DER_BIT_STRING, point)),
        .extensions = extensions(alt_names(JOIN(dns("www.d.test"), dns("*.D.test")))),
        .outer_algorithm = algorithm,
        .signature = RAW("\x03\x03\x00\x30\x00"),
    };
}

static cx_span
tbs_of(const struct pieces *p)
{
    return SEQUENCE(p->version, p->serial, p->inner_algorithm, p->issuer, p->validity, p->subject,
                    p->key, p->ids, p->extensions);
}

static cx_span
certificate_of(const struct pieces *p)
{
    return SEQUENCE(tbs_of(p), p->outer_algorithm, p->signature, p->behind);
}

/* What the walker says, in short; "!" and its text when it refuses. Checks that both readers agree. */
static const char *
said(cx_span der)
{
    static const char *const kinds[] = { "unset", "dns", "ip", "mail", "utf8", "other", "cn" };
    static char text[4096];
    struct cx_detail detail = { .text = "" };
    struct cx_tbs tbs = { .n = 77 };
    struct cx_buf buf;
    bool ignored;
    const char *differs = tbs_disagreement(der, &ignored);
    cx_status s = cx_tbs_read(der, &scratch, &tbs, &detail);

    if (differs != NULL) {
        fail_msg("the readers disagree: %s", differs);
    }
    if (!cx_ok(s)) {
        assert_true(cx_status_class(s) == CX_CLASS_MALFORMED ||
                    cx_status_class(s) == CX_CLASS_LIMIT);
        assert_int_equal(tbs.n, 77); /* untouched */
        (void)snprintf(text, sizeof(text), "!%s", detail.text);
        return text;
    }
    cx_buf_init(&buf, sizeof(text));
    cx_buf_printf(&buf, "%s%s%s%s%s%s", tbs.is_certificate ? "cert" : "tbs",
                  tbs.is_precertificate ? " pre" : "", tbs.is_ca ? " ca" : "",
                  tbs.eku_server_auth ? " +tls" : "", tbs.eku_email_protection ? " +mail" : "",
                  tbs.eku_mark ? " +mark" : "");
    for (size_t i = 0; i < tbs.n && i < 20; i++) {
        cx_buf_printf(&buf, " %s", kinds[tbs.v[i].kind]);
        if (tbs.v[i].kind == CX_TBS_NAME_OTHER) {
            cx_buf_printf(&buf, "%u", (unsigned)tbs.v[i].tag);
        }
        cx_buf_putc(&buf, ':');
        cx_buf_put_escaped(&buf, tbs.v[i].kind == CX_TBS_NAME_OTHER ? NOTHING : tbs.v[i].octets);
    }
    cx_buf_putc(&buf, '\0');
    assert_true(cx_buf_ok(&buf));
    memcpy(text, buf.p, buf.n);
    cx_buf_done(&buf);
    return text;
}

static void
refused_for(const struct pieces *p, const char *about)
{
    const char *got = said(certificate_of(p));

    if (got[0] != '!' || strstr(got, about) == NULL) {
        fail_msg("wanted a refusal for \"%s\", got: %s", about, got);
    }
    assert_int_equal(said(tbs_of(p))[0], '!');
}

TEST(reads_a_certificate_and_its_tbs)
{
    struct pieces p = pieces();
    struct cx_tbs tbs;

    assert_string_equal(said(certificate_of(&p)), "cert dns:www.d.test dns:*.D.test cn:www.d.test");
    assert_string_equal(said(tbs_of(&p)), "tbs dns:www.d.test dns:*.D.test cn:www.d.test");
    assert_true(cx_ok(cx_tbs_read(certificate_of(&p), &scratch, &tbs, NULL)));
    assert_true(cx_span_equal(tbs.tbs, tbs_of(&p)));
    assert_true(cx_span_equal(tbs.serial, RAW("\x00\xfe")));
    assert_true(cx_span_equal(tbs.issuer, p.issuer));
    assert_true(cx_span_equal(tbs.spki, p.key));
    assert_true(tbs.not_before == 1795348800 && tbs.not_after == 1798761601);
}

/* ---- the encoding itself */

TEST(refuses_every_cut_and_anything_behind)
{
    struct pieces p = pieces();
    cx_span whole = certificate_of(&p);

    for (size_t n = 0; n < whole.n; n++) {
        assert_int_equal(said((cx_span){ whole.p, n })[0], '!');
    }
    assert_int_equal(said(JOIN(whole, RAW("\0")))[0], '!');
    assert_int_equal(said(JOIN(tbs_of(&p), RAW("\x05\x00")))[0], '!');
    p.behind = RAW("\x05\x00");
    assert_int_equal(said(certificate_of(&p))[0], '!');
}

TEST(refuses_lengths_that_are_not_minimal_or_not_definite)
{
    static const char *const about = "serialNumber";
    static const struct {
        const char *octets;
        size_t n;
    } rows[] = {
        { "\x02\x81\x01\x05", 4 },             /* 1 in two octets */
        { "\x02\x82\x00\x01\x05", 5 },         /* and in three */
        { "\x02\x83\x00\x00\x01\x05", 6 },     /* and in four */
        { "\x02\x84\x00\x00\x00\x01\x05", 7 }, /* and in five */
        { "\x02\x80\x05\x00\x00", 5 },         /* indefinite */
        { "\x02\xff\x05", 3 },                 /* reserved */
        { "\x22\x03\x02\x01\x05", 5 },         /* constructed */
        { "\x02\x00", 2 },                     /* empty */
        { "\x02\x02\x00\x05", 4 },             /* padded */
        { "\x02\x02\xff\x85", 4 },             /* padded, negative */
        { "\x03\x02\x00\x05", 4 },             /* another type */
        { "\x82\x01\x05", 3 },                 /* another class */
        { "\x1f\x02\x01\x05", 4 },             /* tag of several octets */
    };
    struct pieces p = pieces();

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        p.serial = (cx_span){ (const uint8_t *)rows[i].octets, rows[i].n };
        refused_for(&p, about);
    }
    p = pieces();
    p.extensions = JOIN(RAW("\xa3\x80"), SEQUENCE(alt_names(dns("d.test"))), RAW("\0\0"));
    refused_for(&p, "extensions");
    p.extensions =
        element(CX_DER_EXPLICIT(3), JOIN(RAW("\x30\x80"), alt_names(dns("d.test")), RAW("\0\0")));
    refused_for(&p, "extensions");
    p.extensions = extensions(extension(OID_SAN, RAW("\x30\x80\x82\x03"
                                                     "d.t\x00\x00")));
    refused_for(&p, "subjectAltName");
    p.extensions = extensions(extension(OID_SAN, RAW("\x30\x81\x05\x82\x03"
                                                     "d.t")));
    refused_for(&p, "subjectAltName");
    p.extensions = extensions(extension(OID_SAN, RAW("\x30\x06\x82\x81\x03"
                                                     "d.t")));
    refused_for(&p, "subjectAltName");
    p.extensions = extensions(extension(OID_SAN, RAW("\x30\x07\xa2\x05\x16\x03"
                                                     "d.t")));
    refused_for(&p, "subjectAltName"); /* a string in pieces */
    p.extensions = extensions(extension(OID_SAN, RAW("\x30\x05\x82\x03"
                                                     "d.t\0")));
    refused_for(&p, "subjectAltName"); /* octets behind */
    p.extensions = extensions(extension(OID_SAN, RAW("\x30\x05\x82\x07"
                                                     "d.t")));
    refused_for(&p, "subjectAltName");
    p.extensions = extensions(extension(OID_SAN, RAW("\x31\x05\x82\x03"
                                                     "d.t")));
    refused_for(&p, "subjectAltName");
    p.extensions = extensions(extension(OID_SAN, NOTHING));
    refused_for(&p, "subjectAltName");
}

TEST(refuses_parts_that_are_missing_or_of_another_form)
{
    static const size_t parts[] = {
        offsetof(struct pieces, serial),  offsetof(struct pieces, inner_algorithm),
        offsetof(struct pieces, issuer),  offsetof(struct pieces, validity),
        offsetof(struct pieces, subject), offsetof(struct pieces, key),
    };
    static const cx_span wrong[] = { { NULL, 0 },
                                     { (const uint8_t *)"\x05\x00", 2 },
                                     { (const uint8_t *)"\x30\x02\x05\x00", 4 },
                                     { (const uint8_t *)"\x31\x00", 2 } };

    for (size_t i = 0; i < CX_COUNT(parts) * CX_COUNT(wrong); i++) {
        struct pieces p = pieces();

        memcpy((char *)&p + parts[i / CX_COUNT(wrong)], &wrong[i % CX_COUNT(wrong)],
               sizeof(cx_span));
        refused_for(&p, "");
    }
}

TEST(refuses_versions_that_do_not_fit)
{
    struct pieces p = pieces();

    p.version = NOTHING; /* v1 has no extensions */
    refused_for(&p, "extensions");
    p.version = RAW("\xa0\x03\x02\x01\x01");
    refused_for(&p, "extensions");
    p.version = RAW("\xa0\x03\x02\x01\x00"); /* the default is not written */
    refused_for(&p, "version");
    p.version = RAW("\xa0\x03\x02\x01\x03");
    refused_for(&p, "version");
    p.version = RAW("\xa0\x04\x02\x02\x00\x02");
    refused_for(&p, "version");
    p.version = RAW("\xa0\x05\x02\x01\x02\x05\x00");
    refused_for(&p, "version");
    p.version = RAW("\x80\x01\x02");
    refused_for(&p, "");
    p.version = NOTHING;
    p.extensions = NOTHING;
    assert_string_equal(said(certificate_of(&p)), "cert cn:www.d.test");
    p.ids = RAW("\x81\x02\x00\x05");
    refused_for(&p, "unique identifier");
    p.version = RAW("\xa0\x03\x02\x01\x01");
    assert_string_equal(said(certificate_of(&p)), "cert cn:www.d.test");
    p.ids = RAW("\x82\x02\x00\x05\x81\x02\x00\x05"); /* in the wrong order */
    refused_for(&p, "TBSCertificate");
    p.ids = RAW("\x81\x02\x01\x05"); /* an unused bit that is set */
    refused_for(&p, "unique identifier");
}

TEST(refuses_algorithms_that_differ_or_have_odd_parameters)
{
    static const struct {
        cx_span content;
        bool accepted;
    } rows[] = {
#define ROW(literal, accepted) { { (const uint8_t *)literal, sizeof(literal) - 1 }, accepted }
        ROW("\x06\x02\x2a\x03", true),
        ROW("\x06\x02\x2a\x03\x05\x00", true),
        ROW("\x06\x02\x2a\x03\x30\x02\xff\xff", true), /* whatever it is, it has an end */
        ROW("\x06\x02\x2a\x03\x05\x01\x00", false),    /* NULL with content */
        ROW("\x06\x02\x2a\x03\x80\x00", false),
        ROW("\x06\x02\x2a\x03\x05\x00\x05\x00", false),
        ROW("\x06\x02\x2a\x03\x1e\x01\x00", false),
        ROW("\x06\x02\x2a\x83", false),     /* an identifier that does not end */
        ROW("\x06\x03\x2a\x80\x03", false), /* a number with a leading zero */
        ROW("\x05\x00\x06\x02\x2a\x03", false),
        ROW("", false),
#undef ROW
    };
    struct pieces p = pieces();

    p.outer_algorithm = SEQUENCE(RAW("\x06\x02\x2a\x03"));
    assert_true(strstr(said(certificate_of(&p)), "!signatureAlgorithm") != NULL);
    assert_int_equal(said(tbs_of(&p))[0], 't');
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        p.inner_algorithm = p.outer_algorithm = element(CX_DER_SEQUENCE, rows[i].content);
        assert_int_equal(said(certificate_of(&p))[0], rows[i].accepted ? 'c' : '!');
        assert_int_equal(said(tbs_of(&p))[0], rows[i].accepted ? 't' : '!');
    }
}

TEST(refuses_signatures_that_are_no_bit_strings)
{
    static const cx_span rows[] = {
        { (const uint8_t *)"\x03\x01\x01", 3 },     { (const uint8_t *)"\x03\x02\x08\x00", 4 },
        { (const uint8_t *)"\x03\x02\x01\x01", 4 }, { (const uint8_t *)"\x03\x00", 2 },
        { (const uint8_t *)"\x04\x01\x00", 3 },     { NULL, 0 }
    };
    struct pieces p = pieces();

    p.signature = RAW("\x03\x01\x00");
    assert_int_equal(said(certificate_of(&p))[0], 'c');
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        p.signature = rows[i];
        assert_true(strstr(said(certificate_of(&p)), "!Certificate") != NULL);
    }
}

TEST(knows_the_calendar)
{
    static const struct {
        uint8_t tag;
        const char *text;
        cx_time time; /* CX_TIME_NONE: refused */
    } rows[] = {
        { CX_DER_UTC_TIME, "491231235959Z", 2524607999 },
        { CX_DER_UTC_TIME, "500101000000Z", -631152000 },
        { CX_DER_UTC_TIME, "240229000000Z", 1709164800 },
        { CX_DER_UTC_TIME, "230229000000Z", CX_TIME_NONE },
        { CX_DER_UTC_TIME, "261122120060Z", CX_TIME_NONE },
        { CX_DER_UTC_TIME, "261122240000Z", CX_TIME_NONE },
        { CX_DER_UTC_TIME, "261322120000Z", CX_TIME_NONE },
        { CX_DER_UTC_TIME, "261100120000Z", CX_TIME_NONE },
        { CX_DER_UTC_TIME, "2611221200Z", CX_TIME_NONE },
        { CX_DER_UTC_TIME, "261122120000+0100", CX_TIME_NONE },
        { CX_DER_UTC_TIME, "261122120000", CX_TIME_NONE },
        { CX_DER_UTC_TIME, "2611221200 0Z", CX_TIME_NONE },
        { CX_DER_UTC_TIME, "20261122120000Z", CX_TIME_NONE },
        { CX_DER_UTC_TIME, "", CX_TIME_NONE },
        { CX_DER_GENERALIZED_TIME, "20261122120000Z", 1795348800 },
        { CX_DER_GENERALIZED_TIME, "99991231235959Z", 253402300799 },
        { CX_DER_GENERALIZED_TIME, "261122120000Z", CX_TIME_NONE },
        { CX_DER_GENERALIZED_TIME, "20261122120000.5Z", CX_TIME_NONE },
        { CX_DER_GENERALIZED_TIME, "20261122120000", CX_TIME_NONE },
        { CX_DER_PRINTABLE_STRING, "20261122120000Z", CX_TIME_NONE },
    };
    struct pieces p = pieces();
    struct cx_tbs tbs;

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        p.validity = times(CX_DER_UTC_TIME, "261122120000Z", rows[i].tag, rows[i].text);
        if (rows[i].time == CX_TIME_NONE) {
            refused_for(&p, "validity");
            continue;
        }
        ROW_TRUE(said(certificate_of(&p))[0] == 'c', rows[i].text);
        assert_true(cx_ok(cx_tbs_read(tbs_of(&p), &scratch, &tbs, NULL)));
        ROW_TRUE(tbs.not_after == rows[i].time, rows[i].text);
    }
}

/* ---- names */

TEST(reads_every_kind_of_alternative_name)
{
    static const struct {
        cx_span names;
        const char *want; /* "!...": refused with a text that has the rest in it */
    } rows[] = {
#define ROW(literal, want) { { (const uint8_t *)("" literal), sizeof(literal) - 1 }, want }
        ROW("\x82\x01"
            "a",
            " dns:a"),
        ROW("\x87\x04\xc0\0\2\1", " ip:\\192\\000\\002\\001"),
        ROW("\x87\x10\x20\1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
            " ip: \\001\\013\\184\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\001"),
        ROW("\x81\x03u@d", " mail:u@d"),
        ROW("\xa0\x14\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x08\x0c\x06u@\xc3\xbc.x",
            " utf8:u@\\195\\188.x"),
        ROW("\xa0\x09\x06\x02\x2a\x03\xa0\x03\x0c\x01x", " other0:"),
        ROW("\xa4\x02\x30\x00", " other4:"),
        ROW("\x86\x08http://x", " other6:"),
        ROW("\x88\x02\x2a\x03", " other8:"),
        ROW("", "!subjectAltName"),
        ROW("\x82\x00", "!dNSName \"\": empty"),
        ROW("\x82\x08"
            "d.test\0x",
            "!d.test\\000x\": contains an octet 0"),
        ROW("\x82\x03"
            "d x",
            "!must not"),
        ROW("\x82\x03"
            "d\x7fx",
            "!must not"),
        ROW("\x82\x03"
            "d\xffx",
            "!must not"),
        ROW("\x82\x03u@d", "!contains an @"),
        ROW("\x81\x01u", "!no @"),
        ROW("\x81\x04u@d\0", "!octet 0"),
        ROW("\x81\x03u@\xff", "!must not"),
        ROW("\x81\x00", "!rfc822Name \"\": empty"),
        ROW("\x87\x05\xc0\0\2\1\1", "!iPAddress"),
        ROW("\x87\x08\xc0\0\2\0\xff\xff\xff\0", "!iPAddress"), /* a constraint's form */
        ROW("\x87\x00", "!iPAddress"),
        ROW("\x86\x01\xff", "!a URI"),
        ROW("\x88\x00", "!registeredID"),
        ROW("\x88\x02\x2a\x83", "!registeredID"),
        ROW("\xa4\x00", "!Name"),
        ROW("\xa4\x04\x30\x00\x30\x00", "!directoryName"),
        ROW("\xa4\x04\x30\x02\x31\x00", "!Name"),
        ROW("\xa3\x02\x30\x00", "!subjectAltName"),         /* x400Address */
        ROW("\xa5\x04\xa1\x02\x0c\x00", "!subjectAltName"), /* ediPartyName */
        ROW("\x89\x01x", "!subjectAltName"),
        ROW("\x0c\x01x", "!subjectAltName"),
        ROW("\x84\x02\x30\x00", "!subjectAltName"), /* directoryName, not explicit */
        ROW("\xa6\x03\x16\x01x", "!subjectAltName"),
        ROW("\x80\x01x", "!subjectAltName"),
        ROW("\xa0\x04\x06\x02\x2a\x03", "!otherName"),
        ROW("\xa0\x06\x06\x02\x2a\x03\xa0\x00", "!otherName"),
        ROW("\xa0\x09\x06\x02\x2a\x03\xa0\x03\x80\x01x", "!otherName"),
        ROW("\xa0\x0c\x06\x02\x2a\x03\xa0\x06\x0c\x01x\x0c\x01x", "!otherName"),
        ROW("\xa0\x0b\x06\x02\x2a\x03\xa0\x03\x0c\x01x\x05\x00", "!otherName"),
        ROW("\xa0\x09\x06\x02\x2a\x03\xa0\x03\x0c\x01\xff", "!otherName"),
        ROW("\xa0\x10\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x04\x0c\x02u@", " utf8:u@"),
        ROW("\xa0\x0f\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x03\x0c\x01u", "!no @"),
        ROW("\xa0\x10\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x04\x16\x02u@",
            "!SmtpUTF8Mailbox"),
        ROW("\xa0\x11\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x05\x0c\x03u@\0", "!octet 0"),
#undef ROW
    };
    struct pieces p = pieces();

    p.subject = SEQUENCE(NOTHING);
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        const char *got;

        p.extensions = extensions(alt_names(rows[i].names));
        got = said(certificate_of(&p));
        if (rows[i].want[0] == '!' ? got[0] != '!' || strstr(got, rows[i].want + 1) == NULL
                                   : strcmp(got + 4, rows[i].want) != 0) {
            fail_msg("row %zu: wanted %s, got %s", i, rows[i].want, got);
        }
    }
}

TEST(refuses_what_is_there_twice)
{
    struct pieces p = pieces();
    cx_span san = alt_names(dns("d.test")), other = extension(OID_OTHER, RAW("\x04\x01x"));
    cx_span eku = extension(OID_EKU, SEQUENCE(RAW("\x06\x01\x2a")));

    p.extensions = extensions(JOIN(san, san));
    refused_for(&p, "twice");
    p.extensions = extensions(JOIN(san, eku, eku));
    refused_for(&p, "twice");
    p.extensions = extensions(JOIN(other, san, other));
    refused_for(&p, "twice");
    p.extensions = JOIN(extensions(san), extensions(other));
    refused_for(&p, "TBSCertificate");
}

TEST(finds_names_wherever_the_extension_stands)
{
    struct pieces p = pieces();
    cx_span san = alt_names(dns("d.test")), other = extension(OID_OTHER, RAW("\x04\x01x"));
    cx_span eku = extension(OID_EKU, SEQUENCE(RAW("\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"),
                                              RAW("\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x1f")));

    p.subject = SEQUENCE(NOTHING);
    p.extensions = extensions(JOIN(san, eku, other));
    assert_string_equal(said(certificate_of(&p)), "cert +tls +mark dns:d.test");
    p.extensions = extensions(JOIN(other, eku, san));
    assert_string_equal(said(certificate_of(&p)), "cert +tls +mark dns:d.test");
    p.extensions = extensions(other);
    assert_string_equal(said(certificate_of(&p)), "cert");
    p.extensions = extensions(NOTHING);
    refused_for(&p, "extensions");
}

TEST(reads_other_extensions_strictly)
{
    static const struct {
        cx_span oid, value;
        const char *want;
    } rows[] = {
#define ROW(oid, value, want)                                                                      \
    { { (const uint8_t *)("" oid), sizeof(oid) - 1 },                                              \
      { (const uint8_t *)("" value), sizeof(value) - 1 },                                          \
      want }
        ROW("\x55\x1d\x13", "\x30\x03\x01\x01\xff", "cert ca"),
        ROW("\x55\x1d\x13", "\x30\x06\x01\x01\xff\x02\x01\x00", "cert ca"),
        ROW("\x55\x1d\x13", "\x30\x00", "cert"),
        ROW("\x55\x1d\x13", "\x30\x03\x01\x01\x00", "!basicConstraints"),
        ROW("\x55\x1d\x13", "\x30\x03\x01\x01\x01", "!basicConstraints"),
        ROW("\x55\x1d\x13", "\x30\x04\x01\x02\xff\xff", "!basicConstraints"),
        ROW("\x55\x1d\x13", "\x30\x05\x01\x01\xff\x05\x00", "!basicConstraints"),
        ROW("\x55\x1d\x13", "\x30\x03\x01\x01\xff\x00", "!basicConstraints"),
        ROW("\x55\x1d\x13", "", "!basicConstraints"),
        ROW("\x55\x1d\x25", "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x04", "cert +mail"),
        ROW("\x55\x1d\x25", "\x30\x00", "!extKeyUsage"),
        ROW("\x55\x1d\x25", "\x30\x02\x06\x00", "!extKeyUsage"),
        ROW("\x55\x1d\x25", "\x30\x02\x05\x00", "!extKeyUsage"),
        ROW("\x55\x1d\x25", "\x30\x03\x06\x01\x2a\x00", "!extKeyUsage"),
        ROW("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03", "\x05\x00", "!poison"), /* not critical */
#undef ROW
    };
    struct pieces p = pieces();
    cx_span poison;

    p.subject = SEQUENCE(NOTHING);
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        const char *got;

        p.extensions = extensions(extension(rows[i].oid, rows[i].value));
        got = said(certificate_of(&p));
        if (rows[i].want[0] == '!' ? got[0] != '!' || strstr(got, rows[i].want + 1) == NULL
                                   : strcmp(got, rows[i].want) != 0) {
            fail_msg("row %zu: wanted %s, got %s", i, rows[i].want, got);
        }
    }
    poison = SEQUENCE(element(CX_DER_OID, OID_POISON), RAW("\x01\x01\xff\x04\x02\x05\x00"));
    p.extensions = extensions(poison);
    assert_string_equal(said(certificate_of(&p)), "cert pre");
    poison = SEQUENCE(element(CX_DER_OID, OID_POISON), RAW("\x01\x01\xff\x04\x02\x30\x00"));
    p.extensions = extensions(poison);
    refused_for(&p, "poison");
    p.extensions =
        extensions(SEQUENCE(element(CX_DER_OID, OID_OTHER), RAW("\x01\x01\x00\x04\x00")));
    refused_for(&p, "an extension"); /* the default is not written */
    p.extensions =
        extensions(SEQUENCE(element(CX_DER_OID, OID_OTHER), RAW("\x01\x01\x01\x04\x00")));
    refused_for(&p, "an extension"); /* TRUE is 0xff */
    p.extensions = extensions(SEQUENCE(element(CX_DER_OID, OID_OTHER), RAW("\x04\x00\x05\x00")));
    refused_for(&p, "an extension");
    p.extensions = extensions(SEQUENCE(RAW("\x04\x00"), element(CX_DER_OID, OID_OTHER)));
    refused_for(&p, "an extension");
}

TEST(reads_common_names_of_every_string_type)
{
    static const struct {
        uint8_t tag;
        cx_span text;
        const char *want;
    } rows[] = {
#define ROW(tag, literal, want)                                                                    \
    { tag, { (const uint8_t *)("" literal), sizeof(literal) - 1 }, want }
        ROW(CX_DER_UTF8_STRING, "d.test", "cert cn:d.test"),
        ROW(CX_DER_UTF8_STRING, "\xc3\xbc", "cert cn:\\195\\188"),
        ROW(CX_DER_UTF8_STRING, "\xc0\x80", "!Name"),
        ROW(CX_DER_UTF8_STRING, "\xed\xa0\x80", "!Name"),
        ROW(CX_DER_UTF8_STRING, "d\0t", "!octet 0"),
        ROW(CX_DER_UTF8_STRING, "", "cert cn:"),
        ROW(CX_DER_PRINTABLE_STRING, "*.d.test", "cert cn:*.d.test"),
        ROW(CX_DER_PRINTABLE_STRING, "d\xff", "!Name"),
        ROW(CX_DER_IA5_STRING, "d.test", "cert cn:d.test"),
        ROW(CX_DER_NUMERIC_STRING, "12", "cert cn:12"),
        ROW(CX_DER_T61_STRING, "d\xfc.test", "cert cn:d\\195\\188.test"),
        ROW(CX_DER_T61_STRING, "d\0t", "!octet 0"),
        ROW(CX_DER_BMP_STRING, "\0d\0.\0t", "cert cn:d.t"),
        ROW(CX_DER_BMP_STRING, "\x20\xac", "cert cn:\\226\\130\\172"),
        ROW(CX_DER_BMP_STRING, "\0d\0\0\0t", "!octet 0"),
        ROW(CX_DER_BMP_STRING, "\0d\0", "!Name"),
        ROW(CX_DER_BMP_STRING, "\xd8\x00\xdc\x00", "!Name"),
        ROW(CX_DER_UNIVERSAL_STRING, "\0\0\0d\0\1\xf6\0", "cert cn:d\\240\\159\\152\\128"),
        ROW(CX_DER_UNIVERSAL_STRING, "\0\x11\0\0", "!Name"),
        ROW(CX_DER_UNIVERSAL_STRING, "\xff\xff\xff\xff", "!Name"),
        ROW(CX_DER_UNIVERSAL_STRING, "\0\0d", "!Name"),
        ROW(CX_DER_BIT_STRING, "\0d", "!commonName"),
        ROW(CX_DER_VISIBLE_STRING, "d", "!Name"),
        ROW(CX_DER_OCTET_STRING, "d", "!Name"),
        ROW(CX_DER_FIELD(0), "d", "!Name"),
#undef ROW
    };
    struct pieces p = pieces();

    p.extensions = NOTHING;
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        const char *got;

        p.subject = SEQUENCE(common_name(rows[i].tag, rows[i].text));
        got = said(certificate_of(&p));
        if (rows[i].want[0] == '!' ? got[0] != '!' || strstr(got, rows[i].want + 1) == NULL
                                   : strcmp(got, rows[i].want) != 0) {
            fail_msg("row %zu: wanted %s, got %s", i, rows[i].want, got);
        }
    }
}

TEST(reads_distinguished_names_strictly)
{
    cx_span organisation = attribute(RAW("\x55\x04\x0a"), CX_DER_UTF8_STRING, RAW("O"));
    cx_span name = attribute(RAW("\x55\x04\x03"), CX_DER_UTF8_STRING, RAW("d.test"));
    struct pieces p = pieces();

    p.extensions = NOTHING;
    p.subject = SEQUENCE(SET(organisation), SET(name), common_name(CX_DER_IA5_STRING, RAW("x")));
    assert_string_equal(said(certificate_of(&p)), "cert cn:d.test cn:x");
    p.subject = SEQUENCE(SET(organisation, name)); /* the shorter one first */
    assert_string_equal(said(certificate_of(&p)), "cert cn:d.test");
    p.subject = SEQUENCE(SET(name, organisation));
    refused_for(&p, "a Name");
    p.subject = SEQUENCE(SET(NOTHING));
    refused_for(&p, "a Name");
    p.subject = SEQUENCE(name);
    refused_for(&p, "a Name");
    p.subject = SEQUENCE(SET(SEQUENCE(element(CX_DER_OID, RAW("\x2a")))));
    refused_for(&p, "a Name");
    p.subject = SEQUENCE(SET(SEQUENCE(RAW("\x06\x01\x2a\x0c\x01x\x0c\x01x"))));
    refused_for(&p, "a Name");
    p.subject = SEQUENCE(SET(name), RAW("\x05\x00"));
    refused_for(&p, "a Name");
    p = pieces();
    p.issuer = SEQUENCE(SET(attribute(RAW("\x55\x04\x0a"), CX_DER_UTF8_STRING, RAW("\xff"))));
    refused_for(&p, "a Name");
}

/* ---- limits */

static cx_span
many(size_t n, cx_span one)
{
    uint8_t *p = cx_arena_get(&scratch, n, one.n);

    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        memcpy(p + i * one.n, one.p, one.n);
    }
    return (cx_span){ p, n * one.n };
}

TEST(holds_to_its_limits)
{
    struct pieces p = pieces();
    cx_span several[CX_EXTENSIONS_MAX + 1];

    p.subject = SEQUENCE(NOTHING);
    p.extensions = extensions(alt_names(many(CX_NAMES_MAX, dns("a.b"))));
    assert_int_equal(said(certificate_of(&p))[0], 'c');
    p.extensions = extensions(alt_names(many(CX_NAMES_MAX + 1, dns("a.b"))));
    assert_string_equal(said(certificate_of(&p)), "!more than 10000 names");
    p.extensions = NOTHING;
    p.subject = SEQUENCE(many(CX_DISTINGUISHED_NAME_MAX / 13,
                              SET(attribute(RAW("\x55\x04\x0a"), CX_DER_UTF8_STRING, RAW("OO")))));
    assert_int_equal(said(certificate_of(&p))[0], 'c');
    p.subject = SEQUENCE(many(CX_DISTINGUISHED_NAME_MAX / 13 + 1,
                              SET(attribute(RAW("\x55\x04\x0a"), CX_DER_UTF8_STRING, RAW("OO")))));
    assert_true(strstr(said(certificate_of(&p)), "!a Name of more than 65536 octets") != NULL);
    p.subject = SEQUENCE(NOTHING);
    for (size_t i = 0; i < CX_COUNT(several); i++) {
        several[i] =
            extension(join(1, (cx_span[]){ { (uint8_t[]){ 0x2a, (uint8_t)i }, 2 } }), NOTHING);
    }
    p.extensions = extensions(join(CX_EXTENSIONS_MAX, several));
    assert_int_equal(said(certificate_of(&p))[0], 'c');
    p.extensions = extensions(join(CX_EXTENSIONS_MAX + 1, several));
    assert_string_equal(said(certificate_of(&p)), "!more than 100 extensions");
    assert_int_equal(
        cx_tbs_read((cx_span){ p.issuer.p, CX_TBS_MAX + 1 }, &scratch, &(struct cx_tbs){ 0 }, NULL)
            .code,
        CX_E_LIMIT);
}

/* ---- certificates that OpenSSL made */

struct recipe {
    const char *about;
    const char *san; /* in OpenSSL's configuration syntax */
    const char *cn;
    int cn_type; /* 0: UTF8String */
    const char *eku;
    const char *constraints;
    bool poison;
    unsigned n_names; /* dNSNames beside san */
};

static const struct recipe recipes[] = {
    { "several names", "DNS:www.d.test,DNS:d.test,DNS:a.b.c.d.test", NULL, 0, "serverAuth", NULL,
      false, 0 },
    { "wildcards", "DNS:*.d.test,DNS:*.D.TEST,DNS:d.test", "*.d.test", 0, "serverAuth,clientAuth",
      "critical,CA:FALSE", false, 0 },
    { "addresses", "IP:192.0.2.1,IP:2001:db8::1,DNS:d.test", "192.0.2.1", 0, NULL, NULL, false, 0 },
    { "mailboxes", "email:u@d.test,email:\"a b\"@e.test", "u@d.test", 0, "emailProtection", NULL,
      false, 0 },
    { "SmtpUTF8Mailbox", "otherName:1.3.6.1.5.5.7.8.9;UTF8:u@\303\274.test", NULL, 0,
      "emailProtection", NULL, false, 0 },
    { "every other kind",
      "URI:https://d.test/,RID:1.2.3,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:u,DNS:d.test", "X Inc",
      0, NULL, NULL, false, 0 },
    { "commonName only", NULL, "www.d.test", 0, NULL, NULL, false, 0 },
    { "commonName repeats", "DNS:WWW.d.test", "www.D.test", V_ASN1_PRINTABLESTRING, NULL, NULL,
      false, 0 },
    { "BMPString", "DNS:d.test", "\0w\0.\0d\0.\0t", V_ASN1_BMPSTRING, NULL, NULL, false, 0 },
    { "T61String", "DNS:d.test", "d\374.test", V_ASN1_T61STRING, NULL, NULL, false, 0 },
    { "precertificate", "DNS:d.test,DNS:www.d.test", "d.test", 0, "serverAuth", NULL, true, 0 },
    { "mark", "DNS:d.test", NULL, 0, "1.3.6.1.5.5.7.3.31", NULL, false, 0 },
    { "authority", NULL, "A CA", 0, NULL, "critical,CA:TRUE,pathlen:0", false, 0 },
    { "no names", NULL, NULL, 0, NULL, NULL, false, 0 },
    { "1,000 names", "DNS:d.test", "d.test", 0, "serverAuth", NULL, false, 1000 },
};

static void
add_extension(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension_ = X509V3_EXT_nconf_nid(NULL, NULL, nid, value);

    assert_non_null(extension_);
    assert_int_equal(X509_add_ext(x509, extension_, -1), 1);
    X509_EXTENSION_free(extension_);
}

static void
add_alt_names(X509 *x509, const struct recipe *recipe)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 1u << 20);
    cx_buf_puts(&buf, recipe->san);
    for (unsigned i = 0; i < recipe->n_names; i++) {
        cx_buf_printf(&buf, ",DNS:n%u.d.test", i);
    }
    cx_buf_putc(&buf, '\0');
    assert_true(cx_buf_ok(&buf));
    add_extension(x509, NID_subject_alt_name, buf.p);
    cx_buf_done(&buf);
}

static void
add_poison(X509 *x509)
{
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension_;

    assert_int_equal(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\5\0", 2), 1);
    extension_ = X509_EXTENSION_create_by_NID(NULL, NID_ct_precert_poison, 1, value);
    assert_int_equal(X509_add_ext(x509, extension_, -1), 1);
    X509_EXTENSION_free(extension_);
    ASN1_OCTET_STRING_free(value);
}

static void
set_subject(X509 *x509, const struct recipe *recipe)
{
    X509_NAME *subject = X509_get_subject_name(x509);
    int type = recipe->cn_type == 0 ? V_ASN1_UTF8STRING : recipe->cn_type;

    assert_int_equal(X509_NAME_add_entry_by_txt(subject, "C", V_ASN1_PRINTABLESTRING,
                                                (const unsigned char *)"XX", 2, -1, 0),
                     1);
    if (recipe->cn != NULL) {
        int n = type == V_ASN1_BMPSTRING ? 10 : (int)strlen(recipe->cn);

        assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", type,
                                                    (const unsigned char *)recipe->cn, n, -1, 0),
                         1);
    }
}

/* In scratch. */
static cx_span
der_of(X509 *x509)
{
    unsigned char *octets = NULL;
    int n = i2d_X509(x509, &octets);
    cx_span ret;

    assert_true(n > 0);
    assert_true(cx_ok(cx_arena_copy(&scratch, (cx_span){ octets, (size_t)n }, &ret)));
    OPENSSL_free(octets);
    return ret;
}

static cx_span
make(const struct recipe *recipe, EVP_PKEY *key)
{
    X509 *x509 = X509_new();
    cx_span der;

    assert_int_equal(X509_set_version(x509, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x509), 0x7fffffff), 1);
    assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(x509), "261122120000Z"), 1);
    assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x509), "20600101000001Z"), 1);
    set_subject(x509, recipe);
    assert_int_equal(X509_set_issuer_name(x509, X509_get_subject_name(x509)), 1);
    assert_int_equal(X509_set_pubkey(x509, key), 1);
    if (recipe->constraints != NULL) {
        add_extension(x509, NID_basic_constraints, recipe->constraints);
    }
    if (recipe->san != NULL) {
        add_alt_names(x509, recipe);
    }
    if (recipe->eku != NULL) {
        add_extension(x509, NID_ext_key_usage, recipe->eku);
    }
    if (recipe->poison) {
        add_poison(x509);
    }
    assert_true(X509_sign(x509, key, NULL) > 0);
    der = der_of(x509);
    X509_free(x509);
    return der;
}

static void
assert_agree(cx_span der, const char *about)
{
    bool accepted;
    const char *differs = tbs_disagreement(der, &accepted);

    if (differs != NULL || !accepted) {
        fail_msg("%s: %s", about, differs != NULL ? differs : said(der));
    }
}

TEST(agrees_with_openssl_on_its_certificates)
{
    EVP_PKEY *keys[] = { EVP_EC_gen("P-256"), EVP_RSA_gen(2048),
                         EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };

    for (size_t k = 0; k < CX_COUNT(keys); k++) {
        for (size_t i = 0; i < CX_COUNT(recipes); i++) {
            if (k == 2 && i != 0) {
                continue; /* Ed25519 once: no parameters, another way to sign */
            }
            assert_agree(make(&recipes[i], keys[k]), recipes[i].about);
        }
        EVP_PKEY_free(keys[k]);
    }
}

static cx_span
file_der(const char *path)
{
    BIO *bio = BIO_new_file(path, "r");
    X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    cx_span der = der_of(x509);

    X509_free(x509);
    BIO_free(bio);
    return der;
}

TEST(reads_a_precertificate_and_its_certificate)
{
    cx_span final = file_der(DATA "/final.pem"), pre = file_der(DATA "/precertificate.pem");
    struct cx_tbs a, b;

    assert_agree(final, "final");
    assert_agree(pre, "precertificate");
    assert_string_equal(said(final), "cert dns:www.shop.example");
    assert_string_equal(said(pre), "cert pre dns:www.shop.example");
    assert_true(cx_ok(cx_tbs_read(final, &scratch, &a, NULL)));
    assert_true(cx_ok(cx_tbs_read(pre, &scratch, &b, NULL)));
    assert_true(cx_span_equal(a.serial, b.serial) && cx_span_equal(a.spki, b.spki) &&
                cx_span_equal(a.issuer, b.issuer));
}

/* ---- mutations */

static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Changes one to three places; returns the new length, at most one octet more a change. */
static size_t
mutate(uint8_t *p, size_t n, uint64_t *state)
{
    for (uint64_t times_ = 1 + next_random(state) % 3; times_ != 0 && n > 1; times_--) {
        size_t at = (size_t)(next_random(state) % n);

        switch (next_random(state) % 6) {
        case 0:
            p[at] ^= (uint8_t)(1u << (next_random(state) % 8));
            break;
        case 1:
            p[at] = (uint8_t)next_random(state);
            break;
        case 2:
            p[at] = (uint8_t)(p[at] + (next_random(state) % 2 == 0 ? 1 : -1));
            break;
        case 3:
            memmove(p + at, p + at + 1, n - at - 1);
            n--;
            break;
        case 4:
            memmove(p + at + 1, p + at, n - at);
            n++;
            break;
        default:
            p[at] = (const uint8_t[]){
                0x00, 0x7f, 0x80, 0xff, 0x30, 0x82, 0x0c, 0x16
            }[next_random(state) % 8];
            break;
        }
    }
    return n;
}

/* Whatever happens to a certificate: what OpenSSL refuses is refused, and no name is read differently. */
TEST(agrees_with_openssl_on_mutated_certificates)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    cx_span seeds[CX_COUNT(recipes) + 1];
    size_t n_seeds = CX_COUNT(recipes), n_accepted = 0;
    uint64_t state = 0x9e3779b97f4a7c15u;
    uint8_t octets[4096];

    for (size_t i = 0; i + 1 < n_seeds; i++) { /* the last one is too long for this */
        seeds[i] = make(&recipes[i], key);
    }
    seeds[n_seeds - 1] = file_der(DATA "/final.pem");
    EVP_PKEY_free(key);
    for (unsigned i = 0; i < MUTATIONS; i++) {
        cx_span seed = seeds[i % n_seeds];
        const char *differs;
        bool accepted;
        size_t n;

        assert_true(seed.n + 3 <= sizeof(octets));
        memcpy(octets, seed.p, seed.n);
        n = mutate(octets, seed.n, &state);
        differs = tbs_disagreement((cx_span){ octets, n }, &accepted);
        if (differs != NULL) {
            fail_msg("mutation %u of seed %zu: %s", i, i % n_seeds, differs);
        }
        n_accepted += accepted;
        ERR_clear_error();
    }
    assert_true(n_accepted > MUTATIONS / 20 && n_accepted < MUTATIONS / 2);
}

/* ---- memory */

TEST(survives_every_oom)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    cx_span der = make(&recipes[8], key); /* a commonName that is converted */

    EVP_PKEY_free(key);
    for (size_t nth = 1;; nth++) {
        struct cx_arena arena;
        struct cx_tbs tbs = { .n = 77 };
        cx_status s;
        size_t seen;

        cx_arena_init(&arena, CX_CHECK_MEMORY);
        (void)cx_alloc_fail_nth(nth);
        s = cx_tbs_read(der, &arena, &tbs, NULL);
        seen = cx_alloc_fail_nth(0);
        cx_arena_done(&arena);
        if (seen < nth) {
            assert_true(cx_ok(s) && nth > 1);
            return;
        }
        assert_int_equal(cx_status_class(s), CX_CLASS_NOMEM);
        assert_int_equal(tbs.n, 77);
    }
}

TEST(survives_every_cap_of_memory)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    cx_span der = make(&recipes[CX_COUNT(recipes) - 1], key);
    bool enough = false;

    EVP_PKEY_free(key);
    for (size_t cap = 0; cap < 200000; cap += 4096) {
        struct cx_arena arena;
        struct cx_tbs tbs;
        cx_status s;

        cx_arena_init(&arena, cap);
        s = cx_tbs_read(der, &arena, &tbs, NULL);
        assert_true(cx_ok(s) || cx_status_class(s) == CX_CLASS_NOMEM);
        enough = enough || cx_ok(s);
        cx_arena_done(&arena);
    }
    assert_true(enough);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static const struct CMUnitTest tests[] = {
    UNIT(reads_a_certificate_and_its_tbs),
    UNIT(refuses_every_cut_and_anything_behind),
    UNIT(refuses_lengths_that_are_not_minimal_or_not_definite),
    UNIT(refuses_parts_that_are_missing_or_of_another_form),
    UNIT(refuses_versions_that_do_not_fit),
    UNIT(refuses_algorithms_that_differ_or_have_odd_parameters),
    UNIT(refuses_signatures_that_are_no_bit_strings),
    UNIT(knows_the_calendar),
    UNIT(reads_every_kind_of_alternative_name),
    UNIT(refuses_what_is_there_twice),
    UNIT(finds_names_wherever_the_extension_stands),
    UNIT(reads_other_extensions_strictly),
    UNIT(reads_common_names_of_every_string_type),
    UNIT(reads_distinguished_names_strictly),
    UNIT(holds_to_its_limits),
    UNIT(agrees_with_openssl_on_its_certificates),
    UNIT(reads_a_precertificate_and_its_certificate),
    UNIT(agrees_with_openssl_on_mutated_certificates),
    UNIT(survives_every_oom),
    UNIT(survives_every_cap_of_memory),
};

TEST_MAIN(tests)
