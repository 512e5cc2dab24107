/* Zone text: octets are kept, and what cannot be read is refused with its line, never passed over. */
#include "base/alloc.h"
#include "dns/caa.h"
#include "dnssec/zone_text.h"
#include "unit.h"

static const struct cx_name no_origin = { .n = 0 };

struct read {
    struct cx_arena arena;
    struct cx_zone_rrs rrs;
    struct cx_detail detail;
    cx_status status;
};

static void
read_text(struct read *r, const char *text, const char *origin)
{
    struct cx_name name = no_origin;

    *r = (struct read){ .detail = { .rule = NULL } };
    if (origin != NULL) {
        assert_true(cx_ok(cx_name_from_text(cx_str_of(origin), &name, NULL)));
    }
    cx_arena_init(&r->arena, CX_CHECK_MEMORY);
    r->status =
        cx_zone_text_read(cx_str_of(text), cx_name_span(&name), &r->arena, &r->rrs, &r->detail);
}

static void
read_good(struct read *r, const char *text, const char *origin)
{
    read_text(r, text, origin);
    if (!cx_ok(r->status)) {
        fail_msg("%s: %s", text, r->detail.text);
    }
}

static void
assert_name(cx_span name, const char *text)
{
    char shown[CX_NAME_TEXT_MAX];

    cx_name_text(name, shown);
    assert_string_equal(shown, text);
}

static void
assert_rdata(cx_span rdata, const char *octets, size_t n)
{
    assert_int_equal(rdata.n, n);
    assert_memory_equal(rdata.p, octets, n);
}

#define OCTETS(literal) "" literal, sizeof(literal) - 1

/* CAA lines and the RDATA that must come of them, octet by octet. */
static const struct {
    const char *line;
    const char *octets;
    size_t n;
} caa_lines[] = {
    { "CAA 0 issue \"ca.example.net\"", OCTETS("\0\5issueca.example.net") },
    { "CAA 0 issue ca.example.net", OCTETS("\0\5issueca.example.net") },
    { "caa 128 ISSUE \";\"", OCTETS("\200\5ISSUE;") },
    { "TYPE257 0 issue \"a;b\" ; comment", OCTETS("\0\5issuea;b") },
    { "CAA 255 issue \"\"", OCTETS("\377\5issue") },
    { "CAA 0 issue \"  ca\\009\"", OCTETS("\0\5issue  ca\t") },
    { "CAA 0 issue \"b\\195\\188cher\"", OCTETS("\0\5issueb\303\274cher") },
    { "CAA 0 issue \"b\303\274cher\"", OCTETS("\0\5issueb\303\274cher") },
    { "CAA 0 issue \"a\\000\\255\\\"\\\\b\"", OCTETS("\0\5issuea\0\377\"\\b") },
    { "CAA 0 issue a\\;b\\ c", OCTETS("\0\5issuea;b c") },
    { "CAA 0 x-y \"v\"", OCTETS("\0\3x-yv") },
    { "CAA 0 is\\000ue \"v\"", OCTETS("\0\5is\0uev") },
    { "CAA 0 issue ( \"x\"\n ; comment ) \"\n )", OCTETS("\0\5issuex") },
    { "CAA 0 issue \"\\\\#\"", OCTETS("\0\5issue\\#") },
    { "CAA \\# 2 0000", OCTETS("\0\0") },
    { "CAA \\# 0", OCTETS("") },
    { "TYPE257 \\# 0", OCTETS("") },
    { "type257 \\# 1 80", OCTETS("\200") },
    { "TYPE257 \\# 7 00096973737565", OCTETS("\0\11issue") },
    { "TYPE257 \\# 9 00 066973 73756500 3B", OCTETS("\0\6issue\0;") },
    { "TYPE257 \\# 5 ( 0003ff\n 00\n fe )", OCTETS("\0\3\377\0\376") },
    { "TYPE257 \\# 4 0\n", NULL, 0 },
    { "CAA 256 issue \"x\"", NULL, 0 },
    { "CAA 300 issue \"x\"", NULL, 0 },
    { "CAA -1 issue \"x\"", NULL, 0 },
    { "CAA x issue \"x\"", NULL, 0 },
    { "CAA \"0\" issue \"x\"", NULL, 0 },
    { "CAA 0 issue", NULL, 0 },
    { "CAA 0", NULL, 0 },
    { "CAA", NULL, 0 },
    { "CAA 0 \"\" \"x\"", NULL, 0 },
    { "CAA 0 issue \"x\" y", NULL, 0 },
    { "CAA 0 issue \"x\" \"y\"", NULL, 0 },
    { "CAA 0 issue \"x", NULL, 0 },
    { "CAA 0 issue x\"", NULL, 0 },
    { "CAA 0 issue \"\\256\"", NULL, 0 },
    { "CAA 0 issue \"\\25\"", NULL, 0 },
    { "CAA 0 issue x\\", NULL, 0 },
    { "CAA 0 issue (x", NULL, 0 },
    { "CAA 0 issue x)", NULL, 0 },
    { "TYPE257 \\#", NULL, 0 },
    { "TYPE257 \\# 2", NULL, 0 },
    { "TYPE257 \\# 2 000", NULL, 0 },
    { "TYPE257 \\# 2 000000", NULL, 0 },
    { "TYPE257 \\# 2 00zz", NULL, 0 },
    { "TYPE257 \\# 2 \"0000\"", NULL, 0 },
    { "TYPE257 \\# 65536 00", NULL, 0 },
    { "TYPE65793 \\# 2 0000", NULL, 0 },
    { "TYPE0 \\# 0", NULL, 0 },
    { "TYPE \\# 0", NULL, 0 },
    { "CAAA 0 issue \"x\"", NULL, 0 },
    { "ANY", NULL, 0 },
    { "OPT", NULL, 0 },
};

static void
test_caa_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < CX_COUNT(caa_lines); i++) {
        char text[256];
        struct read r;

        (void)snprintf(text, sizeof(text), "a. 60 IN A 192.0.2.1\nd.test. 60 IN %s\n",
                       caa_lines[i].line);
        read_text(&r, text, NULL);
        if (cx_ok(r.status) != (caa_lines[i].octets != NULL)) {
            fail_msg("%s: %s", caa_lines[i].line, r.detail.text);
        }
        if (caa_lines[i].octets == NULL) {
            assert_int_equal(r.status.code, CX_E_ZONE);
            assert_non_null(strstr(r.detail.text, "line 2: "));
            assert_null(r.rrs.v);
        } else {
            assert_int_equal(r.rrs.n, 2);
            assert_int_equal(r.rrs.v[1].type, CX_TYPE_CAA);
            assert_int_equal(r.rrs.v[1].line, 2);
            assert_rdata(r.rrs.v[1].rdata, caa_lines[i].octets, caa_lines[i].n);
        }
        cx_arena_done(&r.arena);
    }
}

static void
test_usual_file(void **state)
{
    static const char text[] = "; a zone as people write it\n"
                               "$TTL 1h\n"
                               "$ORIGIN Test.\n"
                               "d IN SOA ns.d hostmaster.d.test. (\n"
                               "        2026112200 ; serial\n"
                               "        3600 600 86400 300 )\n"
                               "  IN NS ns.d\n"
                               "\t300 CAA 0 issue \"ca.example.net\"\n"
                               "\tIN 1d12h CAA 0 iodef \"mailto:a@d.test\"\n"
                               "$ORIGIN d.test.\n"
                               "@ CAA 0 issuewild \";\"\r\n"
                               "\n"
                               "WWW CNAME @\n"
                               "*.x 5 IN CAA 0 issue \"x\"\n"
                               "$ORIGIN sub\n"
                               "a\\.b A 192.0.2.1\n"
                               "y.d.test. DNAME z.test.\n"
                               "IN IN A 192.0.2.1\n"
                               "https HTTPS 1 . alpn=h2 some-newer-key=1\n"
                               "resinfo RESINFO qnamemin\n"
                               "@ RRSIG A 8 2 3600 20260101000000 20250101000000 1 d.test. AAAA\n"
                               "@ NSEC a.d.test. A NSEC";
    static const struct {
        const char *owner;
        uint16_t type;
        uint32_t ttl, line;
    } want[] = {
        { "d.test", CX_TYPE_SOA, 3600, 4 },      { "d.test", CX_TYPE_NS, 3600, 7 },
        { "d.test", CX_TYPE_CAA, 300, 8 },       { "d.test", CX_TYPE_CAA, 129600, 9 },
        { "d.test", CX_TYPE_CAA, 3600, 11 },     { "www.d.test", CX_TYPE_CNAME, 3600, 13 },
        { "*.x.d.test", CX_TYPE_CAA, 5, 14 },    { "a\\.b.sub.d.test", 1, 3600, 16 },
        { "y.d.test", CX_TYPE_DNAME, 3600, 17 }, { "in.sub.d.test", 1, 3600, 18 },
        { "https.sub.d.test", 65, 3600, 19 },    { "resinfo.sub.d.test", 261, 3600, 20 },
    };
    struct read r;

    (void)state;
    read_good(&r, text, NULL);
    assert_name(r.rrs.origin, "d.test");
    assert_int_equal(r.rrs.n, CX_COUNT(want));
    for (size_t i = 0; i < CX_COUNT(want); i++) {
        assert_name(r.rrs.v[i].owner, want[i].owner);
        assert_int_equal(r.rrs.v[i].type, want[i].type);
        assert_int_equal(r.rrs.v[i].ttl, want[i].ttl);
        assert_int_equal(r.rrs.v[i].line, want[i].line);
    }
    assert_rdata(
        r.rrs.v[0].rdata,
        OCTETS("\2ns\1d\4test\0\12hostmaster\1d\4test\0\x78\xc4\x04\xc8\0\0\x0e\x10\0\0\2\x58"
               "\0\1\x51\x80\0\0\1\x2c"));
    assert_rdata(r.rrs.v[5].rdata, OCTETS("\1d\4test\0"));
    cx_arena_done(&r.arena);
}

static void
test_origin(void **state)
{
    struct read r;

    (void)state;
    read_good(&r, "@ 60 CAA 0 issue \";\"\nwww 60 A 192.0.2.1\n", "D.test");
    assert_name(r.rrs.origin, "d.test");
    assert_name(r.rrs.v[1].owner, "www.d.test");
    cx_arena_done(&r.arena);
    read_good(&r, "www.d.test 60 CAA 0 issue \";\"\n. 60 SOA a. b. 1 2 3 4 5\n", ".");
    assert_name(r.rrs.origin, ".");
    assert_name(r.rrs.v[0].owner, "www.d.test");
    cx_arena_done(&r.arena);
    read_good(&r, "d.test. SOA ns me 1 2 3 4 77\n\nwww CNAME x\n", NULL); /* from the SOA */
    assert_name(r.rrs.origin, "d.test");
    assert_name(r.rrs.v[1].owner, "www.d.test");
    assert_int_equal(r.rrs.v[1].ttl, 77);
    assert_rdata(r.rrs.v[1].rdata, OCTETS("\1x\1d\4test\0"));
    cx_arena_done(&r.arena);
    read_good(&r, "$ORIGIN d.test.\nwww 60 A 192.0.2.1\n", NULL);
    assert_name(r.rrs.origin, "d.test");
    cx_arena_done(&r.arena);
    read_good(&r, "www.d.test. 60 A 192.0.2.1\n", NULL); /* whose zone it is remains open */
    assert_int_equal(r.rrs.origin.n, 0);
    cx_arena_done(&r.arena);
    read_good(&r, "d.test. 60 SOA a. b. 1 2 3 4 5\n", "test"); /* what is given outranks */
    assert_name(r.rrs.origin, "test");
    cx_arena_done(&r.arena);
}

static void
test_ttl_per_record(void **state)
{
    struct read r;

    (void)state;
    read_good(&r,
              "a. 60 CAA 0 issue \"x\"\na. 90000 CAA 0 issue \"y\"\na. CAA 0 issue \"z\"\n"
              "a. 4294967295 CAA 0 issue \"w\"\n$TTL 5\na. CAA 0 issue \"v\"\n",
              NULL);
    assert_int_equal(r.rrs.v[0].ttl, 60);
    assert_int_equal(r.rrs.v[1].ttl, 90000);
    assert_int_equal(r.rrs.v[2].ttl, 90000);
    assert_int_equal(r.rrs.v[3].ttl, 4294967295u);
    assert_int_equal(r.rrs.v[4].ttl, 5);
    cx_arena_done(&r.arena);
}

static const struct {
    const char *text;
    const char *origin;
    const char *says;
} refusals[] = {
    { "", NULL, "no record" },
    { "; only a comment\n\n$TTL 5\n", ".", "no record" },
    { "a. 60 RRSIG A 8 2 3600 20260101000000 20250101000000 1 d.test. AAAA\n", NULL, "no record" },
    { "www 60 A 192.0.2.1\n", NULL, "$ORIGIN" },
    { "@ 60 SOA a b 1 2 3 4 5\n", NULL, "$ORIGIN" },
    { "www. 60 CNAME x\n", NULL, "$ORIGIN" },
    { "www. 60 NS x\n", NULL, "$ORIGIN" },
    { "www. 60 DNAME x\\.\n", NULL, "$ORIGIN" },
    { "$ORIGIN d.test\n", NULL, "$ORIGIN" },
    { "$ORIGIN\n", NULL, "$ORIGIN" },
    { "$ORIGIN a. b.\n", NULL, "$ORIGIN" },
    { "$TTL x\n", NULL, "$TTL" },
    { "$INCLUDE other.zone\n", ".", "$INCLUDE" },
    { "$GENERATE 1-5 a$ A 192.0.2.$\n", ".", "$GENERATE" },
    { "$FOO\n", ".", "$FOO" },
    { "a. A 192.0.2.1\n", NULL, "TTL" },
    { "a. 4294967296 A 192.0.2.1\n", NULL, "4294967296" },
    { "a. 60\n", NULL, "type" },
    { "a.\n", NULL, "type" },
    { " 60 A 192.0.2.1\n", NULL, "owner" },
    { "a. 60 CH TXT \"x\"\n", NULL, "class CH" },
    { "a. 60 CLASS3 TXT \"x\"\n", NULL, "CLASS3" },
    { "a. 60 A 300.0.0.1\n", NULL, "line 1" },
    { "a. 60 A\n", NULL, "line 1" },
    { "a. 60 TXT \"x\n\"\n", NULL, "quotation mark" },
    { "a. 60 CNAME \"b.\"\n", NULL, "quotes" },
    { "a. 60 CNAME b. c.\n", NULL, "line 1" },
    { "a. 60 CNAME \\# 2 0161\n", NULL, "name" },
    { "a. 60 CNAME \\# 4 01610001\n", NULL, "complete" },
    { "a. 60 CNAME \\# 2 c000\n", NULL, "name" },
    { "a. 60 SOA \\# 2 0000\n", NULL, "complete" },
    { "a. 60 SOA a. b. 1 2 3 4\n", NULL, "line 1" },
    { "a. 60 FOO x\n", NULL, "\"FOO\"" },
    { "a. 60 FOO\033[31m x\n", NULL, "FOO?[31m" },
    { "a..b. 60 A 192.0.2.1\n", NULL, "empty label" },
    { "\"a.\" 60 A 192.0.2.1\n", NULL, "quotes" },
    { "b\303\274.test. 60 A 192.0.2.1\n", NULL, "ASCII" },
    { "\357\273\277a. 60 A 192.0.2.1\n", NULL, "ASCII" },
    { "\n\na. 60 A 192.0.2.1\ne.test. 60 A 192.0.2.1\n", "a", "line 4" },
    { "d.test. 60 SOA a. b. 1 2 3 4 5\ntest. 60 CAA 0 issue \";\"\n", NULL, "outside" },
    { "a. 60 CAA 0 issue ( \"x\"\n\n\n", NULL, "line 1: \"(\"" },
    { "a. 60 A 192.0.2.1 )\n", NULL, "\")\"" },
};

static void
test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < CX_COUNT(refusals); i++) {
        struct read r;

        read_text(&r, refusals[i].text, refusals[i].origin);
        if (r.status.code != CX_E_ZONE || strstr(r.detail.text, refusals[i].says) == NULL) {
            fail_msg("%s: %d %s", refusals[i].text, (int)r.status.code, r.detail.text);
        }
        assert_null(r.rrs.v);
        cx_arena_done(&r.arena);
    }
}

static void
test_long_names(void **state)
{
    static char label[64], text[400];
    struct read r;

    (void)state;
    memset(label, 'a', 63);
    (void)snprintf(text, sizeof(text), "%s.%s.%s.bbb 60 CAA 0 issue \"x\"\n", label, label, label);
    read_good(&r, text, ".");
    assert_int_equal(r.rrs.v[0].owner.n, 3 * 64 + 4 + 1);
    cx_arena_done(&r.arena);
    read_text(&r, text, label); /* 4 * 64 + 5 octets */
    assert_int_equal(r.status.code, CX_E_ZONE);
    cx_arena_done(&r.arena);
}

static void
test_octet_zero(void **state)
{
    static const char text[] = "a. 60 CAA 0 issue \"x\0y\"\n";
    struct cx_detail detail = { .rule = NULL };
    struct cx_zone_rrs rrs = { NULL, 0, { NULL, 0 } };
    struct cx_arena arena;

    (void)state;
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    assert_int_equal(cx_zone_text_read((cx_str){ text, sizeof(text) - 1 }, (cx_span){ NULL, 0 },
                                       &arena, &rrs, &detail)
                         .code,
                     CX_E_ZONE);
    assert_non_null(strstr(detail.text, "octet 0"));
    cx_arena_done(&arena);
}

static void
test_out_of_memory(void **state)
{
    static const char text[] = "$ORIGIN d.test.\n@ 60 SOA a b 1 2 3 4 5\nwww CNAME x\n"
                               "www CAA 0 issue \"x\"\n";

    (void)state;
    for (size_t nth = 1;; nth++) {
        struct cx_zone_rrs rrs = { NULL, 0, { NULL, 0 } };
        struct cx_arena arena;
        cx_status s;

        cx_arena_init(&arena, CX_CHECK_MEMORY);
        (void)cx_alloc_fail_nth(nth); /* the count is asked for below */
        s = cx_zone_text_read(cx_str_of(text), (cx_span){ NULL, 0 }, &arena, &rrs, NULL);
        if (cx_alloc_fail_nth(0) < nth) {
            assert_true(cx_ok(s));
            cx_arena_done(&arena);
            return;
        }
        assert_false(cx_ok(s));
        assert_null(rrs.v);
        cx_arena_done(&arena);
    }
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caa_octets), cmocka_unit_test(test_usual_file),
        cmocka_unit_test(test_origin),     cmocka_unit_test(test_ttl_per_record),
        cmocka_unit_test(test_refusals),   cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_octet_zero), cmocka_unit_test(test_out_of_memory),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("zone_text", tests, NULL, NULL);
}
