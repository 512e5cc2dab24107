#include "build.h"
#include "dns/name.h"
#include "main.h"

static cx_status
from_text(const char *text, struct cx_name *ret)
{
    return cx_name_from_text(cx_str_of(text), ret, NULL);
}

/* n labels of length octets each, joined with dots. */
static void
labels_of(char *to, size_t n, size_t length)
{
    for (size_t i = 0; i < n; i++) {
        memset(to, 'a', length);
        to += length;
        *to++ = '.';
    }
    *--to = '\0';
}

TEST(reads_text)
{
    static const struct {
        const char *text;
        const char *wire;
        size_t n;
    } rows[] = {
        { ".", "", 1 },
        { "a", "\1a", 3 },
        { "a.", "\1a", 3 },
        { "WwW.D.test", "\3www\1d\4test", 12 },
        { "a\\.b.c", "\3a.b\1c", 7 },
        { "\\000x", "\2\0x", 4 },
        { "\\065\\255", "\2a\377", 4 },
        { "\\\\", "\1\\", 3 },
        { "*._x", "\1*\2_x", 6 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_name name;

        ROW_TRUE(cx_ok(from_text(rows[i].text, &name)), rows[i].text);
        ROW_TRUE(name.n == rows[i].n, rows[i].text);
        ROW_TRUE(memcmp(name.wire, rows[i].wire, name.n) == 0, rows[i].text);
    }
}

TEST(refuses_text_that_is_no_name)
{
    static const char *const rows[] = {
        "",    "..",   ".a",    "a..",   "a..b",  "a.b..", "\\",
        "a\\", "\\25", "\\256", "\\999", "\\1a0", "a.\\2",
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_name name = { .n = 77 };
        struct cx_detail detail = { .text = "" };

        ROW_TRUE(cx_status_class(cx_name_from_text(cx_str_of(rows[i]), &name, &detail)) ==
                     CX_CLASS_MALFORMED,
                 rows[i]);
        ROW_TRUE(name.n == 77 && detail.text[0] != '\0', rows[i]);
    }
}

/* TEST R-TREE-10 */
TEST(holds_to_the_limits_of_rfc1035)
{
    char text[600];
    struct cx_name name;

    labels_of(text, 1, 63);
    assert_true(cx_ok(from_text(text, &name)));
    labels_of(text, 1, 64);
    assert_false(cx_ok(from_text(text, &name)));
    labels_of(text, 127, 1);
    assert_true(cx_ok(from_text(text, &name)));
    assert_int_equal(name.n, 255);
    assert_int_equal(cx_name_labels(cx_name_span(&name)), 127);
    labels_of(text, 128, 1);
    assert_false(cx_ok(from_text(text, &name)));
    labels_of(text, 4, 63); /* 4 * 64 + 1 = 257 */
    assert_false(cx_ok(from_text(text, &name)));
    text[4 * 64 - 1 - 2] = '\0'; /* 63.63.63.61: 255 octets */
    assert_true(cx_ok(from_text(text, &name)));
    assert_int_equal(name.n, 255);
    memcpy(text + 4 * 64 - 1 - 2, ".", 2);
    assert_true(cx_ok(from_text(text, &name)));
    memcpy(text + 4 * 64 - 1 - 2, "a", 2);
    assert_false(cx_ok(from_text(text, &name)));
}

TEST(writes_text_that_reads_back)
{
    char text[CX_NAME_TEXT_MAX], again[CX_NAME_TEXT_MAX];
    struct cx_name name = { .n = 255 }, back;
    size_t at = 0;

    for (unsigned i = 0; at < 254; i++) { /* labels of every octet, filling the name */
        size_t n = at + 64 <= 254 ? 63 : 254 - at - 1;

        name.wire[at++] = (uint8_t)n;
        for (size_t k = 0; k < n; k++, at++) {
            name.wire[at] = cx_ascii_lower((uint8_t)(i * 63 + k));
        }
    }
    name.wire[254] = 0;
    cx_name_text(cx_name_span(&name), text);
    assert_true(cx_ok(from_text(text, &back)));
    assert_true(cx_span_equal(cx_name_span(&name), cx_name_span(&back)));
    cx_name_text(cx_name_span(&back), again);
    assert_string_equal(text, again);
    memset(name.wire + 1, 0xff, 63);
    cx_name_text(cx_name_span(&name), text);
    assert_true(strlen(text) < CX_NAME_TEXT_MAX);
    name = name_of(".");
    cx_name_text(cx_name_span(&name), text);
    assert_string_equal(text, ".");
}

TEST(reads_a_compressed_name_of_a_message)
{
    static const uint8_t m[] = {
        1, 'D', 4, 'T', 'e', 's', 't', 0, 3, 'w', 'w', 'w', 0xc0, 0, 0xc0, 8, 9,
    };
    cx_span message = { m, sizeof(m) };
    struct cx_name name, want = name_of("www.d.test");
    size_t end = 0;

    assert_true(cx_ok(cx_name_from_message(message, 8, &name, &end)));
    assert_true(cx_span_equal(cx_name_span(&name), cx_name_span(&want)));
    assert_int_equal(end, 14);
    assert_true(cx_ok(cx_name_from_message(message, 14, &name, &end)));
    assert_true(cx_span_equal(cx_name_span(&name), cx_name_span(&want)));
    assert_int_equal(end, 16);
    assert_true(cx_ok(cx_name_from_message(message, 0, &name, &end)));
    assert_int_equal(end, 8);
}

TEST(refuses_broken_names_of_a_message)
{
    static const struct {
        const char *about;
        uint8_t m[6];
        size_t n, at;
    } rows[] = {
        { "pointer to itself", { 0xc0, 0 }, 2, 0 },
        { "pointer forward", { 0xc0, 2, 0 }, 3, 0 },
        { "loop of two", { 1, 'a', 0xc0, 0 }, 4, 0 },
        { "pointer cut", { 0, 0xc0 }, 2, 1 },
        { "label cut", { 3, 'a', 'b' }, 3, 0 },
        { "no root", { 1, 'a' }, 2, 0 },
        { "extended label type", { 0x41, 'a', 0 }, 3, 0 },
        { "reserved label type", { 0x80, 'a', 0 }, 3, 0 },
        { "begins at the end", { 0 }, 1, 1 },
        { "nothing", { 0 }, 0, 0 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_name name = { .n = 77 };
        size_t end = 99;

        ROW_TRUE(!cx_ok(cx_name_from_message((cx_span){ rows[i].m, rows[i].n }, rows[i].at, &name,
                                             &end)),
                 rows[i].about);
        ROW_TRUE(name.n == 77 && end == 99, rows[i].about);
    }
}

TEST(counts_255_octets_over_pointers)
{
    uint8_t m[300];
    struct cx_name name;
    size_t end;

    memset(m, 'a', sizeof(m));
    for (size_t at = 0; at < 252; at += 63) {
        m[at] = 62;
    }
    m[252] = 0; /* 4 labels of 62: 253 octets */
    m[253] = 1;
    m[255] = 0xc0;
    m[256] = 0; /* one more label of 1: 255 octets */
    m[257] = 2;
    m[260] = 0xc0;
    m[261] = 0; /* one of 2: 256 */
    assert_true(cx_ok(cx_name_from_message((cx_span){ m, 262 }, 253, &name, &end)));
    assert_int_equal(name.n, 255);
    assert_false(cx_ok(cx_name_from_message((cx_span){ m, 262 }, 257, &name, &end)));
}

TEST(walks_up)
{
    struct cx_name name = name_of("a.b.c");
    cx_span at = cx_name_parent(cx_name_span(&name));
    struct cx_name bc = name_of("b.c");

    assert_true(cx_span_equal(at, cx_name_span(&bc)));
    at = cx_name_parent(cx_name_parent(at));
    assert_true(cx_name_is_root(at));
    assert_true(cx_name_is_root(cx_name_parent(at)));
    assert_int_equal(cx_name_labels(at), 0);
}

/* TEST R-P16-E13: by labels, not by text */
TEST(is_within_by_labels)
{
    static const struct {
        const char *name, *ancestor;
        bool within;
    } rows[] = {
        { "a.example.com", "example.com", true },
        { "example.com", "example.com", true },
        { "notexample.com", "example.com", false },
        { "example.com", "a.example.com", false },
        { "example.com", ".", true },
        { ".", ".", true },
        { ".", "com", false },
        { "a.example.net", "example.com", false },
        { "x\\.example.com", "example.com", false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_name a = name_of(rows[i].name), b = name_of(rows[i].ancestor);

        ROW_TRUE(cx_name_within(cx_name_span(&a), cx_name_span(&b)) == rows[i].within,
                 rows[i].name);
    }
}

TEST(knows_what_is_below_onion)
{
    static const struct {
        const char *name;
        bool onion;
    } rows[] = {
        { "onion", true },       { "x.ONION", true }, { "*.x.onion", true }, { "xonion", false },
        { "onion.test", false }, { ".", false },      { "x.onions", false }, { "x\\.onion", false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_name name = name_of(rows[i].name);

        ROW_TRUE(cx_name_is_onion(cx_name_span(&name)) == rows[i].onion, rows[i].name);
    }
}

TEST(is_within_nothing_if_the_ancestor_is_no_name)
{
    struct cx_name a = name_of("example.com");
    struct cx_name none = { .n = 0 };

    assert_false(cx_name_within(cx_name_span(&a), cx_name_span(&none)));
}

/* TEST R-TREE-11 */
TEST(knows_ldh)
{
    static const struct {
        const char *name;
        bool ldh, with_underscores;
    } rows[] = {
        { "www.d-1.test", true, true },
        { "xn--a.test", true, true },
        { "-a.test", false, false },
        { "a-.test", false, false },
        { "_a.test", false, true },
        { "a_.test", false, true },
        { "*.test", false, false },
        { "a b.test", false, false },
        { "\\195\\164.test", false, false },
        { "a\\.b.test", false, false },
        { "-", false, false },
        { "a\\000.test", false, false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_name name = name_of(rows[i].name);

        ROW_TRUE(cx_name_is_ldh(cx_name_span(&name), false) == rows[i].ldh, rows[i].name);
        ROW_TRUE(cx_name_is_ldh(cx_name_span(&name), true) == rows[i].with_underscores,
                 rows[i].name);
    }
}

TEST(makes_wildcards_that_fit)
{
    struct cx_name parent = name_of("d.test"), star, want = name_of("*.d.test");
    char text[600];

    assert_true(cx_name_wildcard_of(cx_name_span(&parent), &star));
    assert_true(cx_span_equal(cx_name_span(&star), cx_name_span(&want)));
    labels_of(text, 126, 1);
    parent = name_of(text); /* 253 octets */
    assert_true(cx_name_wildcard_of(cx_name_span(&parent), &star));
    assert_int_equal(star.n, 255);
    labels_of(text, 127, 1);
    parent = name_of(text);
    assert_false(cx_name_wildcard_of(cx_name_span(&parent), &star));
}

/* TEST R-TREE-5 */
TEST(substitutes_below_the_owner_only)
{
    struct cx_name name = name_of("x.y.old.test"), owner = name_of("old.test");
    struct cx_name target = name_of("new.example"), want = name_of("x.y.new.example"), to;
    char text[600];

    assert_true(
        cx_name_substitute(cx_name_span(&name), cx_name_span(&owner), cx_name_span(&target), &to));
    assert_true(cx_span_equal(cx_name_span(&to), cx_name_span(&want)));
    assert_false(
        cx_name_substitute(cx_name_span(&owner), cx_name_span(&owner), cx_name_span(&target), &to));
    assert_false(cx_name_substitute(cx_name_span(&target), cx_name_span(&owner),
                                    cx_name_span(&target), &to));
    labels_of(text, 126, 1);
    target = name_of(text); /* 253: "x." fits, "x.y." does not */
    assert_false(
        cx_name_substitute(cx_name_span(&name), cx_name_span(&owner), cx_name_span(&target), &to));
    assert_true(cx_name_substitute(cx_name_parent(cx_name_span(&name)), cx_name_span(&owner),
                                   cx_name_span(&target), &to));
    assert_int_equal(to.n, 255);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_text),
    cmocka_unit_test(refuses_text_that_is_no_name),
    cmocka_unit_test(holds_to_the_limits_of_rfc1035),
    cmocka_unit_test(writes_text_that_reads_back),
    cmocka_unit_test(reads_a_compressed_name_of_a_message),
    cmocka_unit_test(refuses_broken_names_of_a_message),
    cmocka_unit_test(counts_255_octets_over_pointers),
    cmocka_unit_test(walks_up),
    cmocka_unit_test(is_within_by_labels),
    cmocka_unit_test(knows_what_is_below_onion),
    cmocka_unit_test(is_within_nothing_if_the_ancestor_is_no_name),
    cmocka_unit_test(knows_ldh),
    cmocka_unit_test(makes_wildcards_that_fit),
    cmocka_unit_test(substitutes_below_the_owner_only),
};

TEST_MAIN(tests)
