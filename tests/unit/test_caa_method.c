#include "build.h"
#include "caa/method.h"
#include "main.h"

#define OLD  false
#define BR   true
#define FOLD true

static bool
fits(const char *method, const char *label, bool br_labels, bool fold)
{
    return cx_method_satisfies(cx_str_of(method), bytes_of(label), br_labels, fold);
}

/* TEST R-8657-15, TEST R-8657-17 */
TEST(acme_methods_stand_for_their_br_label_too)
{
    static const struct {
        const char *acme, *br;
    } rows[] = {
        { "http-01", "ca-tbr-19" },        { "dns-01", "ca-tbr-7" },
        { "tls-alpn-01", "ca-tbr-20" },    { "dns-account-01", "ca-tbr-21" },
        { "dns-persist-01", "ca-tbr-22" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(fits(rows[i].acme, rows[i].acme, OLD, false), rows[i].acme);
        ROW_TRUE(fits(rows[i].acme, rows[i].br, BR, false), rows[i].acme);
        ROW_TRUE(!fits(rows[i].acme, rows[i].br, OLD, false), rows[i].acme);
        for (size_t k = 0; k < CX_COUNT(rows); k++) {
            ROW_TRUE(i == k || !fits(rows[i].acme, rows[k].br, BR, FOLD), rows[i].acme);
            ROW_TRUE(i == k || !fits(rows[i].acme, rows[k].acme, BR, FOLD), rows[i].acme);
        }
    }
    assert_false(fits("email-reply-00", "", BR, FOLD));
    assert_false(fits("email-reply-00", "ca-tbr-4", BR, FOLD));
}

/* TEST R-8657-14 */
TEST(br_methods_stand_for_their_labels)
{
    assert_true(fits("3.2.2.4.7", "ca-tbr-7", BR, false));
    assert_true(fits("ca-tbr-7", "ca-tbr-7", BR, false));
    assert_true(fits("3.2.2.4.19", "ca-tbr-19", BR, false));
    assert_false(fits("3.2.2.4.7", "ca-tbr-7", OLD, false));
    assert_false(fits("ca-tbr-7", "ca-tbr-7", OLD, false));
    assert_false(fits("3.2.2.4.7", "dns-01", BR, FOLD));   /* not ACME */
    assert_true(fits("3.2.2.4.19", "http-01", BR, false)); /* R-8657-15: .19 is http-01 */
    assert_true(fits("ca-tbr-20", "tls-alpn-01", BR, false));
    assert_false(fits("3.2.2.4.19", "http-01", OLD, false));
    assert_false(fits("3.2.2.4.21", "dns-account-01", BR, false)); /* only that very challenge */
    assert_false(fits("3.2.2.4.19", "ca-tbr-1", BR, false));
    assert_false(fits("3.2.2.4.1", "ca-tbr-19", BR, false));
    assert_false(fits("3.2.2.4.7", "ca-tbr-", BR, false));
    assert_false(fits("3.2.2.4.7", "7", BR, false));
    assert_false(fits("3.2.2.4.7", "3.2.2.4.7", BR, false));
}

/* TEST R-8657-16 */
TEST(labels_are_exact_unless_documented)
{
    assert_false(fits("dns-01", "DNS-01", BR, false));
    assert_true(fits("dns-01", "DNS-01", BR, FOLD));
    assert_false(fits("dns-01", "CA-TBR-7", BR, false));
    assert_true(fits("dns-01", "CA-TBR-7", BR, FOLD));
    assert_false(fits("3.2.2.4.7", "CA-TBR-7", BR, false));
    assert_true(fits("3.2.2.4.7", "CA-TBR-7", BR, FOLD));
}

TEST(nothing_fits_nothing)
{
    assert_false(fits("dns-01", "", BR, FOLD));
    assert_false(fits("dns-01", "dns-0", BR, FOLD));
    assert_false(fits("dns-01", "dns-011", BR, FOLD));
    assert_false(fits("", "dns-01", BR, FOLD));
}

/* TEST R-8657-4 */
TEST(lists)
{
    static const char *const good[] = {
        "", "a", "a,b", "dns-01,http-01", "-", "A1-", "ca-x,ca-y,z"
    };
    static const char *const bad[] = {
        ",", "a,", ",a", "a,,b", "a, b", " a", "a ", "a_b", "a;b", "a.b", "a,b,", "\xc3\xa4",
    };

    for (size_t i = 0; i < CX_COUNT(good); i++) {
        ROW_TRUE(cx_method_list_well_formed(bytes_of(good[i])), good[i]);
    }
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        ROW_TRUE(!cx_method_list_well_formed(bytes_of(bad[i])), bad[i]);
    }
    assert_false(cx_method_list_well_formed((cx_span){ (const uint8_t *)"a\0b", 3 }));
}

/* TEST R-8657-17 */
TEST(knows_two_ways_to_write_one_method)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        { "dns-01", "dns-01", true },           { "dns-01", "DNS-01", true },
        { "3.2.2.4.7", "ca-tbr-7", true },      { "3.2.2.4.19", "http-01", true },
        { "ca-tbr-20", "tls-alpn-01", true },   { "unknown-01", "unknown-01", true },
        { "dns-01", "3.2.2.4.7", false }, /* a subsection of more than one way */
        { "dns-01", "http-01", false },         { "3.2.2.4.7", "3.2.2.4.70", false },
        { "3.2.2.4.19", "tls-alpn-01", false }, { "3.2.2.4.", "3.2.2.4.7", false },
        { "3.2.2.5.7", "3.2.2.4.7", false },    { "", "dns-01", false },
        { "dns-0", "dns-01", false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(cx_method_same(cx_str_of(rows[i].a), cx_str_of(rows[i].b)) == rows[i].same,
                 rows[i].a);
        ROW_TRUE(cx_method_same(cx_str_of(rows[i].b), cx_str_of(rows[i].a)) == rows[i].same,
                 rows[i].a);
    }
}

/* TEST R-MPIC-16, TEST R-MAIL-8 */
TEST(few_methods_need_no_remote_perspectives)
{
    static const struct {
        const char *method;
        bool host, onion, mailbox; /* without remotes */
    } rows[] = {
        { "3.2.2.4.4", true, true, true },     { "3.2.2.4.12", true, true, true },
        { "ca-tbr-12", true, true, true },     { "3.2.2.4.7", false, false, false },
        { "3.2.2.4.8", false, false, false },  { "3.2.2.4.13", false, false, false },
        { "3.2.2.4.14", false, false, false }, { "3.2.2.4.16", false, false, false },
        { "3.2.2.4.17", false, false, false }, { "3.2.2.4.18", false, true, false },
        { "3.2.2.4.19", false, true, false },  { "http-01", false, true, false },
        { "tls-alpn-01", false, true, false }, { "3.2.2.4.21", false, false, false },
        { "3.2.2.4.22", false, false, false }, { "dns-01", false, false, false },
        { "3.2.2.2", false, false, true },     { "email-reply-00", false, false, true },
        { "3.2.2.1", false, false, false },    { "3.2.2.3", false, false, false },
        { "3.2.2.4.", false, false, false },   { "4", false, false, false },
        { "", false, false, false },           { "unknown", false, false, false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        cx_str method = cx_str_of(rows[i].method);

        ROW_TRUE(cx_method_without_remotes(method, false, false) == rows[i].host, rows[i].method);
        ROW_TRUE(cx_method_without_remotes(method, true, false) == rows[i].onion, rows[i].method);
        ROW_TRUE(cx_method_without_remotes(method, false, true) == rows[i].mailbox, rows[i].method);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(acme_methods_stand_for_their_br_label_too),
    cmocka_unit_test(br_methods_stand_for_their_labels),
    cmocka_unit_test(labels_are_exact_unless_documented),
    cmocka_unit_test(nothing_fits_nothing),
    cmocka_unit_test(lists),
    cmocka_unit_test(knows_two_ways_to_write_one_method),
    cmocka_unit_test(few_methods_need_no_remote_perspectives),
};

TEST_MAIN(tests)
