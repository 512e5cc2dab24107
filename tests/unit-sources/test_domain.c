/* A-labels and public suffixes. */
#include "base/alloc.h"
#include "dns/name.h"
#include "domain/idn.h"
#include "domain/suffix.h"
#include "unit.h"

static void
test_to_ascii(void **state)
{
    static const struct {
        const char *utf8;
        const char *ascii; /* NULL: refused */
    } cases[] = {
        { "d.test", "d.test" },
        { "WWW.D.Test", "www.d.test" },
        { "b\303\274cher.test", "xn--bcher-kva.test" },
        { "B\303\234CHER.test", "xn--bcher-kva.test" },
        { "bu\314\210cher.test", "xn--bcher-kva.test" }, /* combining mark */
        { "stra\303\237e.test", "xn--strae-oqa.test" },  /* not strasse */
        { "xn--bcher-kva.test", "xn--bcher-kva.test" },
        { "d.b\303\274cher", "d.xn--bcher-kva" },
        { "\344\276\213\343\200\202test", "xn--fsq.test" }, /* ideographic full stop */
        { "", NULL },
        { "a b.test", NULL },
        { "a\nb.test", NULL },
        { "\377.test", NULL },
        { "\303.test", NULL },
        { "xn--\303\274.test", NULL },
        { "-b\303\274.test", NULL },
        { "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff\303\274.test", NULL },
    };

    (void)state;
    for (size_t i = 0; i < CX_COUNT(cases); i++) {
        struct cx_detail detail = { .rule = NULL };
        struct cx_arena arena;
        cx_str ret = { NULL, 0 };
        cx_status s;

        cx_arena_init(&arena, CX_CHECK_MEMORY);
        s = cx_domain_to_ascii(cx_str_of(cases[i].utf8), &arena, &ret, &detail);
        if (cases[i].ascii == NULL) {
            if (s.code != CX_E_NAME || detail.text[0] == '\0' || ret.p != NULL) {
                fail_msg("%s: code %d, %s", cases[i].utf8, (int)s.code, detail.text);
            }
        } else {
            if (!cx_ok(s)) {
                fail_msg("%s: %s", cases[i].utf8, detail.text);
            }
            assert_string_equal(ret.p, cases[i].ascii);
            assert_int_equal(ret.n, strlen(cases[i].ascii));
        }
        cx_arena_done(&arena);
    }
}

static void
test_to_ascii_refuses_octets(void **state)
{
    static char text[2000];
    struct cx_arena arena;
    cx_str ret = { NULL, 0 };

    (void)state;
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    assert_int_equal(cx_domain_to_ascii((cx_str){ "a\0b", 3 }, &arena, &ret, NULL).code, CX_E_NAME);
    memset(text, 'a', sizeof(text));
    assert_int_equal(cx_domain_to_ascii((cx_str){ text, sizeof(text) }, &arena, &ret, NULL).code,
                     CX_E_NAME);
    assert_null(ret.p);
    cx_arena_done(&arena);
}

static void
test_to_ascii_out_of_memory(void **state)
{
    struct cx_arena arena;
    cx_str ret = { NULL, 0 };

    (void)state;
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    (void)cx_alloc_fail_nth(1); /* the count does not matter */
    assert_int_equal(cx_domain_to_ascii(CX_STR("d.test"), &arena, &ret, NULL).code, CX_E_NOMEM);
    (void)cx_alloc_fail_nth(0); /* the count does not matter */
    assert_null(ret.p);
    cx_arena_done(&arena);
}

static void
test_suffix(void **state)
{
    static const struct {
        const char *name;
        unsigned labels;
    } cases[] = {
        { ".", 1 },
        { "com", 1 },
        { "example.com", 1 },
        { "a.b.example.com", 1 },
        { "co.uk", 2 },
        { "example.co.uk", 2 },
        { "WWW.Example.CO.UK", 2 },
        { "www.ck", 1 }, /* exception of *.ck */
        { "a.b.ck", 2 }, /* *.ck */
        { "d.test", 1 }, /* not in the list */
        { "x.no-such-tld-at-all", 1 },
        { "a\\.co.uk", 1 }, /* a dot that ends no label */
        { "\\000.co.uk", 1 },
        { "_x.example.co.uk", 2 },
    };

    (void)state;
    for (size_t i = 0; i < CX_COUNT(cases); i++) {
        struct cx_name name;

        assert_true(cx_ok(cx_name_from_text(cx_str_of(cases[i].name), &name, NULL)));
        if (cx_public_suffix_labels(cx_name_span(&name)) != cases[i].labels) {
            fail_msg("%s: %u", cases[i].name, cx_public_suffix_labels(cx_name_span(&name)));
        }
    }
    assert_int_equal(strlen(cx_public_suffix_version()), 40);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_ascii),
        cmocka_unit_test(test_to_ascii_refuses_octets),
        cmocka_unit_test(test_to_ascii_out_of_memory),
        cmocka_unit_test(test_suffix),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("domain", tests, NULL, NULL);
}
