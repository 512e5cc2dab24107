#include "base/limits.h"
#include "evidence/event.h"
#include "evidence/fault.h"
#include "evidence/start.h"
#include "flip.h"
#include "main.h"
#include "shape.h"

#define ARENA_CAP ((size_t)1 << 20)

static const struct cx_hash digest = { { 0xd1, 0x9e } };

/* ---- round trips */

static bool
start_again(cx_span octets, struct cx_arena *arena, struct cx_buf *buf)
{
    struct cx_start start;

    (void)arena;
    return cx_ok(cx_start_decode(octets, &start, NULL)) && cx_ok(cx_start_encode(&start, buf));
}

static bool
event_again(cx_span octets, struct cx_arena *arena, struct cx_buf *buf)
{
    struct cx_event event;

    (void)arena;
    return cx_ok(cx_event_decode(octets, &event, NULL)) && cx_ok(cx_event_encode(&event, buf));
}

static const struct flip_kind start_kind = { start_again, CX_RECORD_SALT, 0 };
static const struct flip_kind event_kind = { event_again, CX_RECORD_SALT, 0 };

static struct cx_start
a_start(void)
{
    return (struct cx_start){
        .salt = { 1, 2, 3 },
        .time_ms = UINT64_C(1795348800123),
        .has_authority = true,
        .authority = { { 0xa0 } },
        .request = CX_STR("r-1"),
        .body = { { 0xb0 } },
        .deadline_ms = UINT64_C(1795348810000),
        .caller = CX_STR("issuer-1"),
        .has_previous = true,
        .previous = { { 0xc0 } },
    };
}

static bool
same_start(const struct cx_start *a, const struct cx_start *b)
{
    return memcmp(a->salt, b->salt, CX_RECORD_SALT) == 0 && a->time_ms == b->time_ms &&
           a->has_authority == b->has_authority && cx_hash_equal(&a->authority, &b->authority) &&
           cx_str_equal(a->request, b->request) && cx_hash_equal(&a->body, &b->body) &&
           a->deadline_ms == b->deadline_ms && cx_str_equal(a->caller, b->caller) &&
           a->has_previous == b->has_previous && cx_hash_equal(&a->previous, &b->previous);
}

/* With and without each optional member. */
TEST(a_start_is_read_and_written_again)
{
    struct cx_arena arena;

    cx_arena_init(&arena, ARENA_CAP);
    for (int without = 0; without < 8; without++) {
        struct cx_start start = a_start(), read;
        struct cx_buf buf;
        cx_span octets;

        if ((without & 1) != 0) {
            start.has_authority = false;
            start.authority = (struct cx_hash){ { 0 } };
        }
        if ((without & 2) != 0) {
            start.caller = (cx_str){ NULL, 0 };
        }
        if ((without & 4) != 0) {
            start.has_previous = false;
            start.previous = (struct cx_hash){ { 0 } };
        }
        cx_buf_init(&buf, 1000);
        assert_true(cx_ok(cx_start_encode(&start, &buf)));
        octets = cx_span_of_str(cx_buf_str(&buf));
        assert_true(cx_ok(cx_start_decode(octets, &read, NULL)));
        assert_true(same_start(&start, &read));
        assert_true(flip_every_bit(octets, start_kind, &arena) > 0);
        cut_everywhere(octets, start_kind, &arena);
        cx_buf_done(&buf);
    }
    cx_arena_done(&arena);
}

enum member {
    ABOUT = 1,
    BY = 2,
    WHY = 4,
    CERTIFICATE = 8,
    REQUEST = 16,
    AUTHORITY = 32,
    ALL = 63
};

static struct cx_event
an_event(enum cx_event_type type, unsigned members)
{
    struct cx_event e = { .salt = { 9 }, .time_ms = 42, .type = type };

    e.has_about = (members & ABOUT) != 0;
    e.has_certificate = (members & CERTIFICATE) != 0;
    e.has_authority = (members & AUTHORITY) != 0;
    e.about = e.has_about ? digest : e.about;
    e.certificate = e.has_certificate ? digest : e.certificate;
    e.authority = e.has_authority ? digest : e.authority;
    e.by = (members & BY) != 0 ? CX_STR("p.erson") : e.by;
    e.why = (members & WHY) != 0 ? CX_STR("it was l\xc3\xa4te") : e.why;
    e.request = (members & REQUEST) != 0 ? CX_STR("r-1") : e.request;
    return e;
}

static bool
same_event(const struct cx_event *a, const struct cx_event *b)
{
    return memcmp(a->salt, b->salt, CX_RECORD_SALT) == 0 && a->time_ms == b->time_ms &&
           a->type == b->type && a->has_about == b->has_about &&
           cx_hash_equal(&a->about, &b->about) && cx_str_equal(a->by, b->by) &&
           cx_str_equal(a->why, b->why) && a->has_authority == b->has_authority &&
           cx_hash_equal(&a->authority, &b->authority) &&
           a->has_certificate == b->has_certificate &&
           cx_hash_equal(&a->certificate, &b->certificate) && cx_str_equal(a->request, b->request);
}

/* As docs/formats/record.md has them, and not as the program's table does. */
static const struct {
    enum cx_event_type type;
    unsigned number;
    const char *word;
    unsigned needs, never, either;
} types[] = {
    { CX_EVENT_CLAIM, 1, "claim", ABOUT, CERTIFICATE, 0 },
    { CX_EVENT_CLAIM_REFUSED, 2, "claim-refused", ABOUT | WHY, CERTIFICATE, 0 },
    { CX_EVENT_LATE, 3, "late", ABOUT, CERTIFICATE, 0 },
    { CX_EVENT_ISSUANCE, 4, "issuance", CERTIFICATE, 0, ABOUT | REQUEST },
    { CX_EVENT_STOP, 5, "stop", WHY, 0, 0 },
    { CX_EVENT_ACKNOWLEDGED, 6, "acknowledged", BY | WHY, CERTIFICATE | REQUEST, 0 },
    { CX_EVENT_OVERRIDE_REFUSED, 7, "override-refused", 0, CERTIFICATE, ABOUT | REQUEST },
    { CX_EVENT_INTERRUPTED, 8, "interrupted", REQUEST, ABOUT | CERTIFICATE, 0 },
};

/* The body of an event as it would be, whether it may be or not. */
static struct octets
octets_of(const struct cx_event *e)
{
    static struct shape shape;
    char text[SHAPE_TEXT], number[3];
    const char *hash = "5820 d19e000000000000000000000000000000000000000000000000000000000000";

    shape.n = 0;
    (void)snprintf(number, sizeof(number), "%02x", (unsigned)e->type);
    shape_put(&shape, "00", "01");
    shape_put(&shape, "01", "182a");
    shape_put(&shape, "02", number);
    if (e->has_about) {
        shape_put(&shape, "03", hash);
    }
    if (e->by.n != 0) {
        shape_put(&shape, "04", "67 702e6572736f6e");
    }
    if (e->why.n != 0) {
        shape_put(&shape, "05", "6c 697420776173206cc3a47465");
    }
    if (e->has_authority) {
        shape_put(&shape, "06", hash);
    }
    if (e->has_certificate) {
        shape_put(&shape, "07", hash);
    }
    if (e->request.n != 0) {
        shape_put(&shape, "08", "63 722d31");
    }
    shape_text(&shape, "09000000000000000000000000000000", text);
    return octets_of_hex(text);
}

/* Every set of members, of every type: writer and reader accept the same, and what the document allows. */
TEST(an_event_has_the_members_of_its_type)
{
    assert_int_equal(CX_COUNT(types), CX_EVENT_INTERRUPTED);
    for (size_t i = 0; i < CX_COUNT(types); i++) {
        assert_int_equal(types[i].type, types[i].number);
        assert_string_equal(cx_event_word(types[i].type), types[i].word);
        assert_true(cx_event_sentence(types[i].type)[0] != '\0');
        for (unsigned members = 0; members <= ALL; members++) {
            struct cx_event event = an_event(types[i].type, members), read;
            struct octets octets = octets_of(&event);
            bool good = (members & types[i].needs) == types[i].needs &&
                        (members & types[i].never) == 0 &&
                        (types[i].either == 0 || (members & types[i].either) != 0);
            struct cx_buf buf;

            cx_buf_init(&buf, 1000);
            assert_int_equal(cx_event_encode(&event, &buf).code, good ? CX_OK : CX_E_INTERNAL);
            assert_int_equal(cx_event_decode(octets_span(&octets), &read, NULL).code,
                             good ? CX_OK : CX_E_RECORD);
            if (good) {
                assert_true(cx_str_equal(cx_buf_str(&buf), cx_str_of_span(octets_span(&octets))));
                assert_true(same_event(&event, &read));
            } else {
                assert_int_equal(buf.n, 0);
            }
            cx_buf_done(&buf);
        }
    }
    assert_string_equal(cx_event_word(CX_EVENT_UNSET), "");
    assert_string_equal(cx_event_word((enum cx_event_type)9), "");
    assert_string_equal(cx_event_sentence((enum cx_event_type)9), "");
}

TEST(every_octet_of_an_event_counts)
{
    static const unsigned members[] = { ABOUT | BY | WHY | AUTHORITY | REQUEST, /* claim */
                                        0,
                                        0,
                                        ABOUT | CERTIFICATE,
                                        WHY,
                                        BY | WHY,
                                        ABOUT,
                                        REQUEST };
    struct cx_arena arena;

    cx_arena_init(&arena, ARENA_CAP);
    for (size_t i = 0; i < CX_COUNT(members); i++) {
        struct cx_event event = an_event(types[i].type, members[i]);
        struct octets octets = octets_of(&event);

        if (members[i] != 0) {
            assert_true(flip_every_bit(octets_span(&octets), event_kind, &arena) > 0);
            cut_everywhere(octets_span(&octets), event_kind, &arena);
        }
    }
    cx_arena_done(&arena);
}

/* ---- member by member */

#define SALT "01000000000000000000000000000000"
#define HASH "5820 d19e000000000000000000000000000000000000000000000000000000000000"

struct members {
    const char *key, *value;
    bool needed;
};

static const struct members start_members[] = {
    { "00", "01", true }, { "01", "182a", true }, { "02", HASH, false },    { "03", "61 72", true },
    { "04", HASH, true }, { "05", "182b", true }, { "06", "61 63", false }, { "07", HASH, false },
};

/* A stop: it may have all. */
static const struct members event_members[] = {
    { "00", "01", true },  { "01", "182a", true },   { "02", "05", true },
    { "03", HASH, false }, { "04", "61 62", false }, { "05", "61 77", true },
    { "06", HASH, false }, { "07", HASH, false },    { "08", "61 72", false },
};

/* One member replaced or added; none with value NULL. */
static cx_status
read_with(bool is_event, const char *key, const char *value, struct cx_detail *detail)
{
    const struct members *v = is_event ? event_members : start_members;
    size_t n = is_event ? CX_COUNT(event_members) : CX_COUNT(start_members);
    static struct shape shape;
    struct octets octets;
    char text[SHAPE_TEXT];
    struct cx_start start;
    struct cx_event event;

    shape.n = 0;
    for (size_t i = 0; i < n; i++) {
        shape_put(&shape, v[i].key, v[i].value);
    }
    if (value == NULL) {
        shape_drop(&shape, key);
    } else {
        shape_put(&shape, key, value);
    }
    shape_text(&shape, SALT, text);
    octets = octets_of_hex(text);
    return is_event ? cx_event_decode(octets_span(&octets), &event, detail)
                    : cx_start_decode(octets_span(&octets), &start, detail);
}

static bool
accepts(bool is_event, const char *key, const char *value)
{
    return cx_ok(read_with(is_event, key, value, NULL));
}

TEST(members_that_are_needed_and_keys_that_are_not_known)
{
    static const char *const critical[] = { "09", "17", "1818", "1b7fffffffffffffff", "6161" };

    for (int is_event = 0; is_event < 2; is_event++) {
        const struct members *v = is_event ? event_members : start_members;
        size_t n = is_event ? CX_COUNT(event_members) : CX_COUNT(start_members);

        for (size_t i = 0; i < n; i++) {
            ROW_TRUE(accepts(is_event, v[i].key, v[i].value), v[i].key);
            ROW_TRUE(accepts(is_event, v[i].key, NULL) == !v[i].needed, v[i].key);
        }
        for (size_t i = 0; i < CX_COUNT(critical); i++) {
            ROW_TRUE(!accepts(is_event, critical[i], "00"), critical[i]);
        }
        assert_true(accepts(is_event, "20", "a1 6161 1bffffffffffffffff"));
        assert_true(accepts(is_event, "3903e7", "f6"));
        assert_false(accepts(is_event, "20", "1800"));
        assert_false(accepts(is_event, "20", "f7"));
    }
    assert_false(accepts(false, "08", "61 72")); /* not in a start */
}

TEST(what_is_wrong_is_refused)
{
    static const struct {
        bool is_event;
        const char *about, *key, *value;
    } rows[] = {
        { false, "version 0", "00", "00" },
        { false, "version 2", "00", "02" },
        { false, "before 1970", "01", "20" },
        { false, "a digest of 31 octets", "02",
          "581f d19e0000000000000000000000000000000000000000000000000000000000" },
        { false, "an empty id", "03", "60" },
        { false, "an id in octets", "03", "41 72" },
        { false, "an id that is not UTF-8", "03", "61 ff" },
        { false, "no digest", "04", "40" },
        { false, "a deadline before 1970", "05", "20" },
        { false, "a deadline as text", "05", "61 35" },
        { false, "an empty caller", "06", "60" },
        { false, "a caller of two lines", "06", "63 610a62" },
        { false, "a caller with a control", "06", "63 617f62" },
        { false, "null for the earlier try", "07", "f6" },
        { true, "version 0", "00", "00" },
        { true, "version 2", "00", "02" },
        { true, "before 1970", "01", "20" },
        { true, "no type", "02", "00" },
        { true, "a type that is not known", "02", "09" },
        { true, "a type below none", "02", "20" },
        { true, "a type as a word", "02", "64 73746f70" },
        { true, "a type in a longer form", "02", "1805" },
        { true, "about null", "03", "f6" },
        { true, "by nobody", "04", "60" },
        { true, "by two lines", "04", "63 610a62" },
        { true, "for no reason", "05", "60" },
        { true, "a reason of two lines", "05", "63 610a62" },
        { true, "a reason with a NUL", "05", "63 610062" },
        { true, "a reason that is not UTF-8", "05", "61 c3" },
        { true, "an authority as text", "06", "61 61" },
        { true, "a certificate in octets", "07", "43 308201" },
        { true, "an empty id", "08", "60" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_detail detail = { .text = "" };
        cx_status s = read_with(rows[i].is_event, rows[i].key, rows[i].value, &detail);

        ROW_TRUE(s.code == CX_E_RECORD, rows[i].about);
        ROW_TRUE(detail.text[0] != '\0', rows[i].about);
    }
    assert_true(accepts(false, "03", "63 610a62")); /* as in a check: requests refuse it */
    assert_true(accepts(false, "06", "62 c3a4"));
}

/* What an issuance is found by; of no other type. */
TEST(an_issuance_says_what_it_is_found_by)
{
    static const struct {
        const char *about, *text;
        bool good;
    } rows[] = {
        { "serial", "a5 00 01 01 182a 02 04 07 " HASH " 08 61 72 21 41 05",
          false }, /* a map of 6 */
        { "serial number", "a6 00 01 01 182a 02 04 07 " HASH " 08 61 72 21 41 05", true },
        { "precertificate", "a7 00 01 01 182a 02 04 07 " HASH " 08 61 72 21 41 05 22 f5", true },
        { "its precertificate", "a6 00 01 01 182a 02 04 07 " HASH " 08 61 72 23 " HASH, true },
        { "both", "a7 00 01 01 182a 02 04 07 " HASH " 08 61 72 22 f5 23 " HASH, false },
        { "no precertificate", "a6 00 01 01 182a 02 04 07 " HASH " 08 61 72 22 f4", false },
        { "empty serial", "a6 00 01 01 182a 02 04 07 " HASH " 08 61 72 21 40", false },
        { "serial as text", "a6 00 01 01 182a 02 04 07 " HASH " 08 61 72 21 61 35", false },
        { "of a claim", "a5 00 01 01 182a 02 01 03 " HASH " 21 41 05", false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        char text[2 * (sizeof(SALT) + 400)];
        struct octets octets;
        struct cx_event event;
        struct cx_buf buf;

        (void)snprintf(text, sizeof(text), "%s %s", SALT, rows[i].text);
        octets = octets_of_hex(text);
        ROW_TRUE(cx_ok(cx_event_decode(octets_span(&octets), &event, NULL)) == rows[i].good,
                 rows[i].about);
        cx_buf_init(&buf, 1000);
        ROW_TRUE(!rows[i].good ||
                     (cx_ok(cx_event_encode(&event, &buf)) &&
                      cx_str_equal(cx_buf_str(&buf), cx_str_of_span(octets_span(&octets)))),
                 rows[i].about);
        cx_buf_done(&buf);
    }
}

/* ---- what is never written */

TEST(what_no_reader_accepts_is_not_written)
{
    char line[CX_RECORD_LINE_MAX + 1];
    struct cx_start start = a_start();
    struct cx_event event = an_event(CX_EVENT_STOP, ALL);
    struct cx_buf buf;

    memset(line, 'x', sizeof(line));
    cx_buf_init(&buf, 10000);
    cx_buf_puts(&buf, "before");
    event.why = (cx_str){ line, CX_RECORD_LINE_MAX };
    start.caller = event.why;
    assert_true(cx_ok(cx_event_encode(&event, &buf)) && cx_ok(cx_start_encode(&start, &buf)));
    cx_buf_clear(&buf);
    cx_buf_puts(&buf, "before");
    event.why.n++;
    start.caller.n++;
    assert_int_equal(cx_event_encode(&event, &buf).code, CX_E_INTERNAL);
    assert_int_equal(cx_start_encode(&start, &buf).code, CX_E_INTERNAL);
    event = an_event(CX_EVENT_STOP, ALL);
    event.by = CX_STR("a\x1b[2J");
    assert_int_equal(cx_event_encode(&event, &buf).code, CX_E_INTERNAL);
    event = an_event(CX_EVENT_UNSET, ALL);
    assert_int_equal(cx_event_encode(&event, &buf).code, CX_E_INTERNAL);
    event = an_event((enum cx_event_type)9, ALL);
    assert_int_equal(cx_event_encode(&event, &buf).code, CX_E_INTERNAL);
    event = an_event(CX_EVENT_ISSUANCE, ALL);
    event.serial = (cx_span){ (const uint8_t *)line, CX_SERIAL_MAX + 1 };
    assert_int_equal(cx_event_encode(&event, &buf).code, CX_E_INTERNAL);
    event = an_event(CX_EVENT_STOP, ALL);
    memset(event.salt, 0, sizeof(event.salt));
    assert_int_equal(cx_event_encode(&event, &buf).code, CX_E_INTERNAL);
    start = a_start();
    start.request.n = 0;
    assert_int_equal(cx_start_encode(&start, &buf).code, CX_E_INTERNAL);
    start = a_start();
    memset(start.salt, 0, sizeof(start.salt));
    assert_int_equal(cx_start_encode(&start, &buf).code, CX_E_INTERNAL);
    assert_true(cx_buf_ok(&buf) && cx_str_equal(cx_buf_str(&buf), CX_STR("before")));
    start = a_start();
    start.request = CX_STR("\xff");
    assert_int_equal(cx_start_encode(&start, &buf).code, CX_E_INTERNAL);
    assert_int_equal(buf.n, strlen("before"));
    cx_buf_done(&buf);
}

TEST(too_long_a_record_is_refused)
{
    char *id = malloc(CX_RECORD_MAX);
    struct cx_start start = a_start(), read;
    struct cx_buf buf;
    size_t beside;

    assert_non_null(id);
    memset(id, 'i', CX_RECORD_MAX);
    cx_buf_init(&buf, 2 * CX_RECORD_MAX);
    start.request = (cx_str){ id, 70000 };
    assert_true(cx_ok(cx_start_encode(&start, &buf)));
    beside = buf.n - 70000;
    cx_buf_clear(&buf);
    start.request.n = CX_RECORD_MAX - beside;
    assert_true(cx_ok(cx_start_encode(&start, &buf)));
    assert_int_equal(buf.n, CX_RECORD_MAX);
    assert_true(cx_ok(cx_start_decode(cx_span_of_str(cx_buf_str(&buf)), &read, NULL)));
    cx_buf_clear(&buf);
    start.request.n++;
    assert_int_equal(cx_start_encode(&start, &buf).code, CX_E_LIMIT);
    cx_buf_done(&buf);
    free(id);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_start_is_read_and_written_again),
    cmocka_unit_test(an_event_has_the_members_of_its_type),
    cmocka_unit_test(every_octet_of_an_event_counts),
    cmocka_unit_test(members_that_are_needed_and_keys_that_are_not_known),
    cmocka_unit_test(what_is_wrong_is_refused),
    cmocka_unit_test(an_issuance_says_what_it_is_found_by),
    cmocka_unit_test(what_no_reader_accepts_is_not_written),
    cmocka_unit_test(too_long_a_record_is_refused),
};

TEST_MAIN(tests)
