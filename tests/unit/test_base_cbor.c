/* One value, one encoding: RFC 8949 section 4.2.1 from both sides, form by form. test_base_cbor_same.c compares with
 * another implementation. */
#include "base/alloc.h"
#include "base/cbor.h"
#include "base/limits.h"
#include "main.h"
#include "octets.h"

#include <stdio.h>

static bool
passes(cx_span octets)
{
    struct cx_reader r = cx_reader_of(octets);
    cx_span item = cx_cbor_any(&r);

    assert_true(cx_rd_ok(&r) ? item.n == r.at : item.p == NULL && item.n == 0);
    return cx_rd_ok(&r) && cx_rd_left(&r) == 0;
}

static bool
hex_passes(const char *hex)
{
    struct octets octets = octets_of_hex(hex);

    return passes(octets_span(&octets));
}

/* What was written, in hexadecimal. */
static void
assert_written(struct cx_buf *buf, const char *hex)
{
    struct octets want = octets_of_hex(hex);

    assert_true(cx_buf_ok(buf));
    assert_int_equal(buf->n, want.n);
    assert_memory_equal(buf->p, want.p, want.n);
    cx_buf_done(buf);
}

/* ---- numbers */

TEST(numbers_have_their_shortest_form)
{
    static const struct {
        uint64_t value;
        const char *hex;
    } rows[] = {
        { 0, "00" },
        { 1, "01" },
        { 23, "17" },
        { 24, "1818" },
        { 255, "18ff" },
        { 256, "190100" },
        { 65535, "19ffff" },
        { 65536, "1a00010000" },
        { UINT32_MAX, "1affffffff" },
        { UINT64_C(0x100000000), "1b0000000100000000" },
        { INT64_MAX, "1b7fffffffffffffff" },
        { (uint64_t)INT64_MAX + 1, "1b8000000000000000" },
        { UINT64_MAX, "1bffffffffffffffff" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets octets = octets_of_hex(rows[i].hex);
        struct cx_reader r = cx_reader_of(octets_span(&octets));
        struct cx_buf buf;

        cx_buf_init(&buf, 100);
        cx_cbor_put_uint(&buf, rows[i].value);
        assert_written(&buf, rows[i].hex);
        assert_int_equal(cx_cbor_next(&r), CX_CBOR_UINT);
        ROW_TRUE(cx_cbor_uint(&r) == rows[i].value && cx_rd_ok(&r), rows[i].hex);
        ROW_TRUE(cx_rd_left(&r) == 0 && passes(octets_span(&octets)), rows[i].hex);
        r = cx_reader_of(octets_span(&octets));
        ROW_TRUE(cx_cbor_number(&r, rows[i].value) == rows[i].value && cx_rd_ok(&r), rows[i].hex);
        r = cx_reader_of(octets_span(&octets));
        ROW_TRUE(rows[i].value == 0 ||
                     (cx_cbor_number(&r, rows[i].value - 1) == 0 && !cx_rd_ok(&r)),
                 rows[i].hex);
    }
}

TEST(signed_numbers_reach_both_ends_and_not_beyond)
{
    static const struct {
        int64_t value;
        const char *hex;
    } rows[] = {
        { 0, "00" },
        { -1, "20" },
        { -24, "37" },
        { -25, "3818" },
        { -256, "38ff" },
        { -257, "390100" },
        { -65537, "3a00010000" },
        { INT64_MAX, "1b7fffffffffffffff" },
        { INT64_MIN, "3b7fffffffffffffff" },
    };
    static const char *const beyond[] = { "1b8000000000000000", "1bffffffffffffffff",
                                          "3b8000000000000000", "3bffffffffffffffff" };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets octets = octets_of_hex(rows[i].hex);
        struct cx_reader r = cx_reader_of(octets_span(&octets));
        struct cx_buf buf;

        cx_buf_init(&buf, 100);
        cx_cbor_put_int(&buf, rows[i].value);
        assert_written(&buf, rows[i].hex);
        assert_int_equal(cx_cbor_next(&r), rows[i].value < 0 ? CX_CBOR_NINT : CX_CBOR_UINT);
        ROW_TRUE(cx_cbor_int(&r) == rows[i].value && cx_rd_ok(&r), rows[i].hex);
        ROW_TRUE(passes(octets_span(&octets)), rows[i].hex);
    }
    for (size_t i = 0; i < CX_COUNT(beyond); i++) {
        struct octets octets = octets_of_hex(beyond[i]);
        struct cx_reader r = cx_reader_of(octets_span(&octets));

        ROW_TRUE(cx_cbor_int(&r) == 0 && !cx_rd_ok(&r), beyond[i]);
        ROW_TRUE(passes(octets_span(&octets)), beyond[i]); /* nobody reads it: it may be there */
    }
}

/* ---- every first octet */

/* Heads with a value that fits a shorter form, of every major type; n octets of content follow. */
TEST(refuses_every_longer_form)
{
    static const struct {
        unsigned info, octets;
        uint64_t least;
    } forms[] = {
        { 24, 1, 24 }, { 25, 2, 256 }, { 26, 4, 65536 }, { 27, 8, UINT64_C(0x100000000) }
    };
    static uint8_t octets[9 + 65600];

    for (unsigned major = 0; major < 8; major++) {
        for (size_t f = 0; f < CX_COUNT(forms); f++) {
            uint64_t values[] = { 0, 1, 23, forms[f].least - 1 };

            octets[0] = (uint8_t)(major << 5 | forms[f].info);
            for (size_t v = 0; v < CX_COUNT(values); v++) {
                size_t content = major < 2 || major == 7 ? 0
                                 : values[v] <= 65535    ? (size_t)values[v]
                                                         : 65600;

                for (unsigned i = 0; i < forms[f].octets; i++) {
                    octets[1 + i] = (uint8_t)(values[v] >> (8 * (forms[f].octets - 1 - i)));
                }
                content *= major == 5 ? 2 : 1;
                content = content < 65600 ? content : 65600;
                assert_false(passes((cx_span){ octets, 1 + forms[f].octets + content }));
            }
        }
    }
}

TEST(refuses_what_is_reserved_indefinite_tagged_or_real)
{
    static const char *const rows[] = {
        "1c",
        "1d",
        "1e",
        "1f", /* integers: reserved, and no length to be indefinite */
        "3c",
        "3d",
        "3e",
        "3f",
        "5c00",
        "5d00",
        "5e00",
        "5f41aaff",
        "5fff", /* octets in chunks */
        "7c00",
        "7d00",
        "7e00",
        "7f6161ff",
        "7fff",
        "9c",
        "9d",
        "9e",
        "9fff",
        "9f01ff",
        "bc",
        "bd",
        "be",
        "bfff",
        "bf0102ff",
        "c000",
        "c11a514b67b0",
        "d81800",
        "d9d9f700",
        "da0001000000",
        "dbffffffffffffffff00",
        "db00", /* tags */
        "c6f6",
        "d74401020304",
        "dc00",
        "df00",
        "e0",
        "e1",
        "f0",
        "f3", /* simple values without meaning */
        "f7", /* undefined */
        "f800",
        "f814",
        "f815",
        "f816",
        "f818",
        "f81f",
        "f820",
        "f8ff", /* simple values in two octets */
        "f90000",
        "f97c00",
        "f97e00",
        "f9fc00",
        "f93c00",
        "f98000", /* real numbers */
        "fa47c35000",
        "fa7fc00000",
        "fb3ff199999999999a",
        "fb7ff8000000000000",
        "fc",
        "fd",
        "fe",
        "ff", /* reserved, and the end of nothing */
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets octets = octets_of_hex(rows[i]), inside = octets;
        struct cx_reader r = cx_reader_of(octets_span(&octets));

        ROW_TRUE(!passes(octets_span(&octets)), rows[i]);
        (void)cx_cbor_uint(&r);
        ROW_TRUE(!cx_rd_ok(&r), rows[i]);
        r = cx_reader_of(octets_span(&octets));
        ROW_TRUE(!cx_cbor_bool(&r) && !cx_rd_ok(&r), rows[i]);
        r = cx_reader_of(octets_span(&octets));
        cx_cbor_null(&r);
        ROW_TRUE(!cx_rd_ok(&r), rows[i]);
        memmove(inside.p + 1, inside.p, inside.n); /* the same in an array */
        inside.p[0] = 0x81;
        inside.n++;
        ROW_TRUE(!passes(octets_span(&inside)), rows[i]);
    }
}

/* Of all items of one octet exactly these are read. */
TEST(knows_every_first_octet)
{
    for (unsigned first = 0; first < 256; first++) {
        uint8_t octet = (uint8_t)first;
        bool known = first <= 0x17 || (first >= 0x20 && first <= 0x37) || first == 0x40 ||
                     first == 0x60 || first == 0x80 || first == 0xa0 ||
                     (first >= 0xf4 && first <= 0xf6);

        assert_int_equal(passes((cx_span){ &octet, 1 }), known);
    }
}

TEST(tells_what_comes_next)
{
    static const struct {
        const char *hex;
        enum cx_cbor_type type;
    } rows[] = {
        { "", CX_CBOR_NONE },     { "00", CX_CBOR_UINT },   { "20", CX_CBOR_NINT },
        { "40", CX_CBOR_BYTES },  { "60", CX_CBOR_TEXT },   { "80", CX_CBOR_ARRAY },
        { "a0", CX_CBOR_MAP },    { "c0", CX_CBOR_NONE },   { "f4", CX_CBOR_BOOL },
        { "f5", CX_CBOR_BOOL },   { "f6", CX_CBOR_NULL },   { "f7", CX_CBOR_NONE },
        { "f800", CX_CBOR_NONE }, { "fb00", CX_CBOR_NONE },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets octets = octets_of_hex(rows[i].hex);
        struct cx_reader r = cx_reader_of(octets_span(&octets));

        ROW_TRUE(cx_cbor_next(&r) == rows[i].type && r.at == 0 && cx_rd_ok(&r), rows[i].hex);
        r.failed = true;
        ROW_TRUE(cx_cbor_next(&r) == CX_CBOR_NONE, rows[i].hex);
    }
}

/* Every reader refuses every other type. */
TEST(a_wrong_type_fails_the_reader)
{
    static const char *const items[] = { "01", "20", "4101", "6161", "8101", "a10102", "f4", "f6" };
    enum {
        UINT,
        INT,
        BYTES,
        OCTETS,
        TEXT,
        ARRAY,
        BOOL,
        NUL,
        MAP,
        MEMBERS,
        READERS
    };
    static const bool fits[READERS][CX_COUNT(items)] = {
        [UINT] = { true },         [INT] = { true, true },  [BYTES] = { [2] = true },
        [OCTETS] = { [2] = true }, [TEXT] = { [3] = true }, [ARRAY] = { [4] = true },
        [BOOL] = { [6] = true },   [NUL] = { [7] = true },  [MAP] = { [5] = true },
        [MEMBERS] = { false },
    };

    for (int reader = 0; reader < READERS; reader++) {
        for (size_t i = 0; i < CX_COUNT(items); i++) {
            struct octets octets = octets_of_hex(items[i]);
            struct cx_reader r = cx_reader_of(octets_span(&octets));
            bool something = false;

            switch (reader) {
            case UINT:
                something = cx_cbor_uint(&r) != 0;
                break;
            case INT:
                something = cx_cbor_int(&r) != 0;
                break;
            case BYTES:
                something = cx_cbor_bytes(&r).n != 0;
                break;
            case OCTETS:
                something = cx_cbor_octets(&r, 1) != NULL;
                break;
            case TEXT:
                something = cx_cbor_text(&r).n != 0;
                break;
            case ARRAY:
                something = cx_cbor_array(&r, 9) != 0;
                break;
            case BOOL:
                something = cx_cbor_bool(&r);
                break;
            case NUL:
                cx_cbor_null(&r);
                break;
            case MAP:
                something = cx_cbor_map(&r).left != 0;
                break;
            default:
                something = cx_cbor_members(&r).n != 0;
                break;
            }
            ROW_TRUE(cx_rd_ok(&r) == fits[reader][i], items[i]);
            ROW_TRUE(!something || fits[reader][i], items[i]);
        }
    }
}

TEST(failure_is_sticky)
{
    struct octets octets = octets_of_hex("f7 01 4101 6161 8101 f5 f6 a10102");
    struct cx_reader r = cx_reader_of(octets_span(&octets));
    struct cx_cbor_map map;

    assert_int_equal(cx_cbor_uint(&r), 0);
    r.at = 1;
    assert_int_equal(cx_cbor_uint(&r), 0);
    assert_int_equal(cx_cbor_int(&r), 0);
    assert_null(cx_cbor_bytes(&r).p);
    assert_null(cx_cbor_octets(&r, 0));
    assert_null(cx_cbor_text(&r).p);
    assert_int_equal(cx_cbor_array(&r, 9), 0);
    assert_false(cx_cbor_bool(&r));
    assert_null(cx_cbor_any(&r).p);
    assert_null(cx_cbor_members(&r).p);
    map = cx_cbor_map(&r);
    assert_false(cx_cbor_map_next(&map));
    assert_false(cx_rd_ok(&r));
}

/* ---- strings */

TEST(strings_are_what_was_written)
{
    uint8_t octets[300];
    struct cx_reader r;
    struct cx_buf buf;
    cx_span bytes;
    cx_str text;

    memset(octets, 'x', sizeof(octets));
    cx_buf_init(&buf, 2000);
    for (size_t n = 0; n < sizeof(octets); n += n < 30 ? 1 : 45) {
        cx_buf_clear(&buf);
        cx_cbor_put_bytes(&buf, (cx_span){ octets, n });
        cx_cbor_put_text(&buf, (cx_str){ (const char *)octets, n });
        assert_true(cx_buf_ok(&buf));
        r = cx_reader_of(cx_span_of_str(cx_buf_str(&buf)));
        bytes = cx_cbor_bytes(&r);
        text = cx_cbor_text(&r);
        assert_true(cx_rd_ok(&r) && cx_rd_left(&r) == 0 && bytes.n == n && text.n == n);
        assert_memory_equal(bytes.p, octets, n);
        assert_memory_equal(text.p, octets, n);
        r.at = 0;
        assert_non_null(cx_cbor_octets(&r, n));
        r.at = 0;
        assert_null(cx_cbor_octets(&r, n + 1));
        assert_false(cx_rd_ok(&r));
    }
    cx_buf_done(&buf);
}

TEST(lengths_and_counts_are_never_more_than_what_follows)
{
    static const char *const rows[] = {
        "42aa",
        "62 61",
        "5bffffffffffffffff",
        "7bffffffffffffffff",
        "5affffffff41",
        "9bffffffffffffffff",
        "bbffffffffffffffff",
        "bb8000000000000000",
        "9affffffff00",
        "baffffffff00",
        "8201",
        "a101",
        "a2010203",
        "a20102",
        "83820101",
        "9818 00",
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(!hex_passes(rows[i]), rows[i]);
    }
}

TEST(an_array_keeps_to_the_callers_maximum)
{
    struct octets octets = octets_of_hex("83010203");
    struct cx_reader r = cx_reader_of(octets_span(&octets));

    assert_int_equal(cx_cbor_array(&r, 3), 3);
    r.at = 0;
    assert_int_equal(cx_cbor_array(&r, 2), 0);
    assert_false(cx_rd_ok(&r));
}

/* ---- UTF-8 */

/* The character of so many octets that the octets spell, whatever it is worth. */
static uint32_t
spelt(const uint8_t *p, size_t n)
{
    uint32_t c = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));

    for (size_t i = 1; i < n; i++) {
        c = c << 6 | (p[i] & 0x3fu);
    }
    return c;
}

/* RFC 3629, written down another way. */
static bool
is_one_character(const uint8_t *p, size_t n)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t wanted = p[0] < 0x80             ? 1
                    : (p[0] & 0xe0) == 0xc0 ? 2
                    : (p[0] & 0xf0) == 0xe0 ? 3
                    : (p[0] & 0xf8) == 0xf0 ? 4
                                            : 0;
    uint32_t c;

    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return false;
        }
    }
    if (n != wanted) {
        return false;
    }
    c = spelt(p, n);
    return c >= least[n] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

static bool
reads_as_text(const uint8_t *p, size_t n)
{
    uint8_t octets[5] = { (uint8_t)(0x60 + n) };
    struct cx_reader r = cx_reader_of((cx_span){ octets, 1 + n });

    memcpy(octets + 1, p, n);
    (void)cx_cbor_text(&r);
    return cx_rd_ok(&r);
}

/* All texts of one and of two octets. */
TEST(short_texts_are_utf8)
{
    for (unsigned a = 0; a < 256; a++) {
        uint8_t p[2] = { (uint8_t)a };

        assert_int_equal(reads_as_text(p, 1), a < 0x80);
        for (unsigned b = 0; b < 256; b++) {
            p[1] = (uint8_t)b;
            assert_int_equal(reads_as_text(p, 2), (a < 0x80 && b < 0x80) || is_one_character(p, 2));
        }
    }
}

/* All that begin as a character of three, or of four, octets: every second octet, and those of the rest that matter. */
TEST(long_characters_are_utf8)
{
    static const uint8_t rest[] = { 0x00, 0x7f, 0x80, 0x81, 0xbe, 0xbf, 0xc0, 0xff };
    unsigned good = 0;

    for (unsigned a = 0xe0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            for (size_t c = 0; c < CX_COUNT(rest); c++) {
                uint8_t p[4] = { (uint8_t)a, (uint8_t)b, rest[c] };

                assert_int_equal(reads_as_text(p, 3), is_one_character(p, 3));
                for (size_t d = 0; d < CX_COUNT(rest); d++) {
                    p[3] = rest[d];
                    assert_int_equal(reads_as_text(p, 4),
                                     is_one_character(p, 4) ||
                                         (is_one_character(p, 3) && p[3] < 0x80));
                    good += is_one_character(p, 4) ? 1 : 0;
                }
            }
        }
    }
    assert_true(good > 1000);
}

TEST(text_is_utf8_up_to_its_limits)
{
    static const struct {
        const char *hex;
        bool good;
    } rows[] = {
        { "", true },
        { "00", true },
        { "c280", true },
        { "dfbf", true },
        { "e0a080", true },
        { "ed9fbf", true },
        { "ee8080", true },
        { "efbfbf", true },
        { "f0908080", true },
        { "f48fbfbf", true },
        { "c080", false },
        { "c1bf", false }, /* overlong */
        { "e08080", false },
        { "e09fbf", false },
        { "f0808080", false },
        { "f08fbfbf", false },
        { "eda080", false },
        { "edbfbf", false },
        { "edad81edb080", false }, /* surrogates */
        { "f4908080", false },
        { "f5808080", false },
        { "f7bfbfbf", false },
        { "f888808080", false }, /* too high */
        { "80", false },
        { "bf", false },
        { "c2", false },
        { "e0a0", false }, /* cut */
        { "f09080", false },
        { "61c2", false },
        { "c261", false },
        { "e0a061", false },
        { "f0908061", false },
        { "c28080", false },
        { "fe", false },
        { "ff", false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets text = octets_of_hex(rows[i].hex),
                      item = { .p = { (uint8_t)(0x60 + text.n) } };
        struct cx_reader r;
        struct cx_buf buf;

        memcpy(item.p + 1, text.p, text.n);
        item.n = 1 + text.n;
        r = cx_reader_of(octets_span(&item));
        ROW_TRUE((cx_cbor_text(&r).p != NULL) == rows[i].good, rows[i].hex);
        ROW_TRUE(passes(octets_span(&item)) == rows[i].good, rows[i].hex);
        cx_buf_init(&buf, 100);
        cx_cbor_put_text(&buf, cx_str_of_span(octets_span(&text)));
        ROW_TRUE(cx_buf_ok(&buf) == rows[i].good, rows[i].hex);
        ROW_TRUE(rows[i].good || buf.n == 0, rows[i].hex);
        ROW_TRUE(rows[i].good || cx_buf_status(&buf).code == CX_E_INTERNAL, rows[i].hex);
        cx_buf_done(&buf);
    }
}

/* ---- maps */

TEST(maps_have_their_keys_in_order_and_once)
{
    static const struct {
        const char *hex;
        bool good;
    } rows[] = {
        { "a0", true },
        { "a201000200", true },
        { "a202000100", false },
        { "a201000100", false },   /* twice */
        { "a217001818 00", true }, /* 23, 24 */
        { "a21818001700", false },
        { "a218ff00 19010000", true },    /* 255, 256 */
        { "a21900ff00 19010000", false }, /* 255 in a longer form */
        { "a201002000", true },           /* 1, -1 */
        { "a220000100", false },
        { "a220002100", true }, /* -1, -2 */
        { "a221002000", false },
        { "a237003818 00", true },   /* -24, -25 */
        { "a219010000 2000", true }, /* 256, -1 */
        { "a2200019010000", false },
        { "a220004000", true }, /* -1, octets */
        { "a240006000", true }, /* octets, text */
        { "a260004000", false },
        { "a2616100616200", true }, /* a, b */
        { "a2616200616100", false },
        { "a2616100616100", false },
        { "a261620062616100", true }, /* b, aa: the shorter first */
        { "a262616100616200", false },
        { "a26000616100", true }, /* the empty text first */
        { "a261610060 00", false },
        { "a26000 6000", false },
        { "a240004000", false },
        { "a2f400f500", true }, /* false, true */
        { "a2f500f400", false },
        { "a2f400f600", true },
        { "a2616100f600", true },
        { "a2f600616100", false },
        { "a18000", false }, /* arrays and maps are no keys, not even empty */
        { "a1a000", false },
        { "a1810000", false },
        { "a1a1010200", false },
        { "a30100 02a18001 0300", false }, /* the same inside */
        { "a30100 02a20100010003 00", false },
        { "a10182a20200010001", false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets inside = octets_of_hex(rows[i].hex), outside = { .p = { 0xa1, 0x20 } };

        ROW_TRUE(passes(octets_span(&inside)) == rows[i].good, rows[i].hex);
        memcpy(outside.p + 2, inside.p, inside.n);
        outside.n = 2 + inside.n;
        ROW_TRUE(passes(octets_span(&outside)) == rows[i].good, rows[i].hex);
    }
}

/* The keys that a reader of records sees, as text; "-" at the end if the reader failed. */
static void
keys_by(bool (*next)(struct cx_cbor_map *map), cx_span octets, char *ret, size_t size)
{
    struct cx_reader r = cx_reader_of(octets);
    struct cx_cbor_map map = cx_cbor_map(&r);
    size_t at = 0;

    while (next(&map)) {
        at += (size_t)snprintf(ret + at, size - at, "%lld ", (long long)map.key);
        (void)cx_cbor_any(&r);
    }
    (void)snprintf(ret + at, size - at, "%s", cx_rd_ok(&r) && cx_rd_left(&r) == 0 ? "" : "-");
}

TEST(a_map_with_numbers_gives_its_critical_keys)
{
    static const struct {
        const char *hex;
        const char *keys;
    } rows[] = {
        { "a0", "" },
        { "a10005", "0 " },
        { "a3000001000200", "0 1 2 " },
        { "a200010100", "0 1 " },
        { "a217001818 00", "23 24 " },
        { "a11b7fffffffffffffff00", "9223372036854775807 " },
        { "a12000", "" }, /* negative keys are passed over */
        { "a20001 2080", "0 " },
        { "a3000120a20001 200121f5", "0 " },
        { "a13b7fffffffffffffff00", "" },
        { "a13b800000000000000000", "-" }, /* beyond 64 bits with sign */
        { "a11b800000000000000000", "-" },
        { "a201000000", "1 -" }, /* not in order */
        { "a200000000", "0 -" }, /* twice */
        { "a220000000", "-" },
        { "a321002000 0000", "-" },
        { "a220002000", "-" },
        { "a220c000 2100", "-" }, /* what is passed over must be good */
        { "a120a2616200616100", "-" },
        { "a120a18000", "-" },
        { "a100", "-" },
        { "a20000", "-" },
        { "a1616100", "-" }, /* a key that is no number */
        { "a14000", "-" },
        { "a1f400", "-" },
        { "8100", "-" },
        { "bf0000ff", "-" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets octets = octets_of_hex(rows[i].hex);
        char keys[200];

        keys_by(cx_cbor_map_next, octets_span(&octets), keys, sizeof(keys));
        if (strcmp(keys, rows[i].keys) != 0) {
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].hex, keys, rows[i].keys);
        }
    }
}

TEST(a_map_with_numbers_gives_all_its_keys_where_that_is_asked_for)
{
    static const struct {
        const char *hex;
        const char *keys;
    } rows[] = {
        { "a0", "" },
        { "a12000", "-1 " },
        { "a12000 00", "-1 -" }, /* octets behind the end */
        { "a3000120a20001 200121f5", "0 -1 -2 " },
        { "a400002000 2100390100 00", "0 -1 -2 -257 " },
        { "a13b7fffffffffffffff00", "-9223372036854775808 " },
        { "a13b800000000000000000", "-" },
        { "a220000100", "-1 -" }, /* not in order */
        { "a221002000", "-2 -" },
        { "a220002000", "-1 -" }, /* twice */
        { "a220c000 2100", "-1 -" },
        { "a120", "-" },
        { "a1616100", "-" },
        { "8100", "-" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets octets = octets_of_hex(rows[i].hex);
        char keys[200];

        keys_by(cx_cbor_map_next_any, octets_span(&octets), keys, sizeof(keys));
        if (strcmp(keys, rows[i].keys) != 0) {
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].hex, keys, rows[i].keys);
        }
    }
}

TEST(values_are_read_between_keys)
{
    struct octets octets = octets_of_hex("a2000120f5");
    struct cx_reader r = cx_reader_of(octets_span(&octets));
    struct cx_cbor_map map = cx_cbor_map(&r);

    assert_true(cx_cbor_map_next_any(&map) && map.key == 0);
    assert_int_equal(cx_cbor_uint(&r), 1);
    assert_true(cx_cbor_map_next_any(&map) && map.key == -1);
    assert_true(cx_cbor_bool(&r));
    assert_false(cx_cbor_map_next_any(&map));
    assert_false(cx_cbor_map_next_any(&map)); /* and stays so */
    assert_true(cx_rd_ok(&r) && cx_rd_left(&r) == 0);
}

TEST(members_have_texts_for_keys)
{
    static const struct {
        const char *hex;
        bool good;
    } rows[] = {
        { "a1616101", true },      { "a260016161a10001", true }, { "a0", false },
        { "a10001", false },       { "a220016161 02", false },   { "a1410101", false },
        { "a2616101f501", false }, { "a2616201616101", false },  { "a16161", false },
        { "a161ff01", false },     { "816161", false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets octets = octets_of_hex(rows[i].hex);
        struct cx_reader r = cx_reader_of(octets_span(&octets));
        cx_span map = cx_cbor_members(&r);

        ROW_TRUE(cx_rd_ok(&r) == rows[i].good, rows[i].hex);
        ROW_TRUE(rows[i].good ? cx_span_equal(map, octets_span(&octets)) : map.p == NULL,
                 rows[i].hex);
    }
}

/* ---- depth, length */

/* depth arrays or maps inside each other, around innermost. */
static size_t
nested(uint8_t *to, size_t depth, bool maps, const uint8_t *innermost, size_t n)
{
    size_t at = 0;

    for (size_t i = 0; i < depth; i++) {
        to[at++] = maps ? 0xa1 : 0x81;
        if (maps) {
            to[at++] = 0x05;
        }
    }
    memcpy(to + at, innermost, n);
    return at + n;
}

TEST(depth_ends_where_it_is_said)
{
    static const uint8_t number[] = { 0x07 }, empty[] = { 0x80 };
    uint8_t octets[100];

    for (size_t depth = 0; depth < CX_CBOR_DEPTH + 20; depth++) {
        for (int maps = 0; maps < 2; maps++) {
            size_t n = nested(octets, depth, maps != 0, number, 1);

            assert_int_equal(passes((cx_span){ octets, n }), depth <= CX_CBOR_DEPTH);
            n = nested(octets, depth, maps != 0, empty, 1); /* an empty one is one */
            assert_int_equal(passes((cx_span){ octets, n }), depth < CX_CBOR_DEPTH);
        }
    }
}

/* Depth is that of what is open, not of all that there was. */
TEST(many_shallow_items_are_not_deep)
{
    uint8_t octets[3 + 1000 * 3] = { 0x99, 0x03, 0xe8 };

    for (size_t i = 0; i < 1000; i++) {
        memcpy(octets + 3 + 3 * i, i % 2 == 0 ? "\x81\x81\x00" : "\xa1\x00\x00", 3);
    }
    assert_true(passes((cx_span){ octets, sizeof(octets) }));
}

static const char *const whole[] = {
    "a7 00 01 01 1b0000018f00000000 04 9819 00000000000000000000 00000000000000000000 0000000000"
    " 05 65 c3a4efbfbf 06 f6 18ff a2 6161 82f4f5 626161 a0 3901f3 5820"
    " 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "83 81 81 81 00 a1 20 40 3bffffffffffffffff",
};

TEST(refuses_every_cut_and_reads_no_further_than_its_end)
{
    for (size_t i = 0; i < CX_COUNT(whole); i++) {
        struct octets octets = octets_of_hex(whole[i]);
        struct cx_reader r;

        assert_true(passes(octets_span(&octets)));
        for (size_t n = 0; n < octets.n; n++) {
            uint8_t *exact = malloc(n + 1); /* so that a sanitizer sees a read behind the end */

            assert_non_null(exact);
            memcpy(exact, octets.p, n);
            assert_false(passes((cx_span){ exact, n }));
            free(exact);
        }
        octets.p[octets.n++] = 0x00; /* the next item is not read */
        r = cx_reader_of(octets_span(&octets));
        assert_int_equal(cx_cbor_any(&r).n, octets.n - 1);
        assert_true(cx_rd_ok(&r) && cx_rd_left(&r) == 1);
    }
}

/* ---- buffers */

TEST(writing_fails_with_its_buffer)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 4);
    cx_cbor_put_uint(&buf, 1);
    cx_cbor_put_uint(&buf, 70000);
    cx_cbor_put_null(&buf);
    assert_int_equal(cx_buf_status(&buf).code, CX_E_LIMIT);
    cx_buf_done(&buf);
    cx_buf_init(&buf, 1000);
    (void)cx_alloc_fail_nth(1);
    cx_cbor_put_map(&buf, 1);
    cx_cbor_put_text(&buf, CX_STR("\xff")); /* the first failure is what is told */
    (void)cx_alloc_fail_nth(0);
    assert_int_equal(cx_buf_status(&buf).code, CX_E_NOMEM);
    cx_buf_done(&buf);
}

TEST(writes_heads_of_every_kind)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 1000);
    cx_cbor_put_array(&buf, 0);
    cx_cbor_put_array(&buf, 23);
    cx_cbor_put_array(&buf, 10000);
    cx_cbor_put_map(&buf, 0);
    cx_cbor_put_map(&buf, 24);
    cx_cbor_put_bool(&buf, false);
    cx_cbor_put_bool(&buf, true);
    cx_cbor_put_null(&buf);
    cx_cbor_put_bytes(&buf, (cx_span){ NULL, 0 });
    cx_cbor_put_text(&buf, (cx_str){ NULL, 0 });
    assert_written(&buf, "80 97 992710 a0 b818 f4 f5 f6 40 60");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(numbers_have_their_shortest_form),
    cmocka_unit_test(signed_numbers_reach_both_ends_and_not_beyond),
    cmocka_unit_test(refuses_every_longer_form),
    cmocka_unit_test(refuses_what_is_reserved_indefinite_tagged_or_real),
    cmocka_unit_test(knows_every_first_octet),
    cmocka_unit_test(tells_what_comes_next),
    cmocka_unit_test(a_wrong_type_fails_the_reader),
    cmocka_unit_test(failure_is_sticky),
    cmocka_unit_test(strings_are_what_was_written),
    cmocka_unit_test(lengths_and_counts_are_never_more_than_what_follows),
    cmocka_unit_test(an_array_keeps_to_the_callers_maximum),
    cmocka_unit_test(short_texts_are_utf8),
    cmocka_unit_test(long_characters_are_utf8),
    cmocka_unit_test(text_is_utf8_up_to_its_limits),
    cmocka_unit_test(maps_have_their_keys_in_order_and_once),
    cmocka_unit_test(a_map_with_numbers_gives_its_critical_keys),
    cmocka_unit_test(a_map_with_numbers_gives_all_its_keys_where_that_is_asked_for),
    cmocka_unit_test(values_are_read_between_keys),
    cmocka_unit_test(members_have_texts_for_keys),
    cmocka_unit_test(depth_ends_where_it_is_said),
    cmocka_unit_test(many_shallow_items_are_not_deep),
    cmocka_unit_test(refuses_every_cut_and_reads_no_further_than_its_end),
    cmocka_unit_test(writing_fails_with_its_buffer),
    cmocka_unit_test(writes_heads_of_every_kind),
};

TEST_MAIN(tests)
