#include "base/alloc.h"
#include "evidence/entry_keys.h"
#include "evidence/event.h"
#include "evidence/glance.h"
#include "evidence/start.h"
#include "main.h"
#include "specimen.h"

#include <stdio.h>

#define ABOUT       "ab00000000000000000000000000000000000000000000000000000000000000"
#define CERTIFICATE "ce00000000000000000000000000000000000000000000000000000000000000"

struct said {
    char text[1000];
    size_t n;
    size_t stop_at; /* calls until a failure; 0: none */
};

/* "R key" and "N key", a line each; U+0001 as "!". */
static cx_status
note(void *ctx, enum cx_key_kind kind, cx_str key)
{
    struct said *said = ctx;

    said->n += (size_t)snprintf(said->text + said->n, sizeof(said->text) - said->n, "%c %s%.*s\n",
                                kind == CX_KEY_REQUEST ? 'R' : 'N', key.p[0] == '\001' ? "!" : "",
                                (int)key.n - (key.p[0] == '\001'), key.p + (key.p[0] == '\001'));
    return said->stop_at != 0 && --said->stop_at == 0 ? (cx_status){ CX_E_STORE } : CX_SUCCESS;
}

static void
assert_keys(enum cx_entry_kind kind, const struct cx_buf *record, const char *want)
{
    cx_span octets = cx_span_of_str(cx_buf_str(record));
    struct said said = { .text = "" };

    assert_true(cx_ok(cx_entry_keys(kind, octets, note, &said)));
    assert_string_equal(said.text, want);
    for (size_t n = 0; n < octets.n; n++) { /* cut: no calls */
        struct said none = { .text = "" };

        assert_int_equal(cx_entry_keys(kind, (cx_span){ octets.p, n }, note, &none).code,
                         CX_E_RECORD);
        assert_string_equal(none.text, "");
    }
}

TEST(a_start_has_a_key_that_is_unique)
{
    struct cx_start start = { .salt = { 1 }, .time_ms = 7, .request = CX_STR("r-1") };
    struct cx_glance glance;
    struct cx_hash object;
    struct cx_buf buf;
    bool has = false;
    cx_span octets;

    cx_buf_init(&buf, 1000);
    assert_true(cx_ok(cx_start_encode(&start, &buf)));
    assert_keys(CX_ENTRY_START, &buf, "R !start:r-1\n");
    octets = cx_span_of_str(cx_buf_str(&buf));
    assert_true(cx_ok(cx_glance_of(CX_ENTRY_START, octets, &glance)));
    assert_true(glance.time_ms == 7 && cx_str_equal(glance.request, CX_STR("r-1")));
    assert_false(cx_glance_object(&glance, &object));
    assert_true(cx_ok(
        cx_entry_has_key(CX_ENTRY_START, octets, CX_KEY_REQUEST, CX_STR("\001start:r-1"), &has)));
    assert_true(has);
    assert_true(cx_ok(
        cx_entry_has_key(CX_ENTRY_START, octets, CX_KEY_NAME, CX_STR("\001start:r-1"), &has)));
    assert_false(has);
    assert_true(
        cx_ok(cx_entry_has_key(CX_ENTRY_START, octets, CX_KEY_REQUEST, CX_STR("r-1"), &has)));
    assert_false(has);
    /* It is a start and nothing else, and the ends of a shard have no keys. */
    assert_int_equal(cx_entry_keys(CX_ENTRY_EVENT, octets, note, NULL).code, CX_E_RECORD);
    assert_int_equal(cx_entry_keys(CX_ENTRY_CHECK, octets, note, NULL).code, CX_E_RECORD);
    assert_true(cx_ok(cx_entry_keys(CX_ENTRY_BEGIN, octets, note, NULL)));
    assert_int_equal(cx_glance_of(CX_ENTRY_EVENT, octets, &glance).code, CX_E_RECORD);
    assert_int_equal(cx_glance_of(CX_ENTRY_SEAL, octets, &glance).code, CX_E_RECORD);
    assert_int_equal(cx_glance_of(CX_ENTRY_UNSET, octets, &glance).code, CX_E_RECORD);
    cx_buf_clear(&buf);
    start.time_ms = 0;
    assert_true(cx_ok(cx_start_encode(&start, &buf)));
    assert_int_equal(cx_glance_of(CX_ENTRY_START, cx_span_of_str(cx_buf_str(&buf)), &glance).code,
                     CX_E_RECORD);
    cx_buf_done(&buf);
}

/* Out of memory is a failure, never a key that is not there. */
TEST(without_memory_no_key_is_missed)
{
    struct cx_start start = { .salt = { 1 }, .time_ms = 7, .request = CX_STR("r-1") };
    bool has = false;
    struct cx_buf buf;
    size_t nth = 0;
    cx_status s;

    cx_buf_init(&buf, 1000);
    assert_true(cx_ok(cx_start_encode(&start, &buf)));
    do {
        (void)cx_alloc_fail_nth(++nth);
        s = cx_entry_has_key(CX_ENTRY_START, cx_span_of_str(cx_buf_str(&buf)), CX_KEY_REQUEST,
                             CX_STR("\001start:r-1"), &has);
        (void)cx_alloc_fail_nth(0);
        assert_int_equal(s.code, has ? CX_OK : CX_E_NOMEM);
    } while (!has);
    assert_true(nth > 1);
    cx_buf_done(&buf);
}

TEST(an_event_is_found_by_all_that_it_names)
{
    static const struct {
        struct cx_event event;
        const char *want;
    } rows[] = {
        { { .type = CX_EVENT_ISSUANCE,
            .has_about = true,
            .about = { { 0xab } },
            .request = CX_STR_INIT("r-1"),
            .has_certificate = true,
            .certificate = { { 0xce } } },
          "N !about:" ABOUT "\nN !request:r-1\nR !certificate:" CERTIFICATE "\n" },
        { { .type = CX_EVENT_ISSUANCE,
            .request = CX_STR_INIT("r-1"),
            .has_certificate = true,
            .certificate = { { 0xce } },
            .serial = { (const uint8_t *)"\x0a\xff", 2 } },
          "N !request:r-1\nR !certificate:" CERTIFICATE "\n" },
        { { .type = CX_EVENT_ISSUANCE,
            .has_authority = true,
            .authority = { { 0xab } },
            .request = CX_STR_INIT("r-1"),
            .has_certificate = true,
            .certificate = { { 0xce } },
            .serial = { (const uint8_t *)"\x0a\xff", 2 } },
          "N !request:r-1\nR !certificate:" CERTIFICATE "\nN !serial:" ABOUT "/0aff\n" },
        { { .type = CX_EVENT_ISSUANCE,
            .has_authority = true,
            .authority = { { 0xab } },
            .request = CX_STR_INIT("r-1"),
            .has_certificate = true,
            .certificate = { { 0xce } },
            .serial = { (const uint8_t *)"\x0a", 1 },
            .is_precertificate = true },
          "N !request:r-1\nR !certificate:" CERTIFICATE "\nN !serial:" ABOUT
          "/0a\nR !precertificate:" ABOUT "/0a\n" },
        { { .type = CX_EVENT_STOP,
            .why = CX_STR_INIT("disk"),
            .has_certificate = true,
            .certificate = { { 0xce } } },
          "N !certificate:" CERTIFICATE "\nN !stop\n" },
        { { .type = CX_EVENT_CLAIM, .has_about = true, .about = { { 0xab } } },
          "N !about:" ABOUT "\n" },
        { { .type = CX_EVENT_INTERRUPTED, .request = CX_STR_INIT("r-2") }, "N !request:r-2\n" },
        { { .type = CX_EVENT_STOP, .why = CX_STR_INIT("disk") }, "N !stop\n" },
        { { .type = CX_EVENT_ACKNOWLEDGED, .by = CX_STR_INIT("p"), .why = CX_STR_INIT("disk") },
          "N !stop\n" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_event event = rows[i].event;
        struct cx_glance glance;
        struct cx_hash object;
        struct cx_buf buf;

        cx_buf_init(&buf, 1000);
        event.salt[0] = 1;
        event.time_ms = 8;
        assert_true(cx_ok(cx_event_encode(&event, &buf)));
        assert_keys(CX_ENTRY_EVENT, &buf, rows[i].want);
        assert_true(cx_ok(cx_glance_of(CX_ENTRY_EVENT, cx_span_of_str(cx_buf_str(&buf)), &glance)));
        assert_true(glance.time_ms == 8);
        assert_true(cx_glance_object(&glance, &object) == event.has_certificate);
        assert_true(!event.has_certificate || cx_hash_equal(&object, &event.certificate));
        assert_false(cx_glance_object(&glance, &object));
        cx_buf_done(&buf);
    }
}

TEST(a_check_has_its_id_and_its_names)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct dice dice = { seed };
        struct said said = { .stop_at = 1 };
        struct cx_record record;
        struct cx_arena arena;
        struct cx_buf buf;
        bool has = false;
        cx_span octets;

        cx_arena_init(&arena, SPECIMEN_ARENA);
        cx_buf_init(&buf, CX_RECORD_MAX);
        record = specimen_record(&dice, 2, &arena);
        record.time_ms |= 1;
        record.request = CX_STR("r-7");
        assert_true(cx_ok(cx_record_encode(&record, &buf)));
        octets = cx_span_of_str(cx_buf_str(&buf));
        assert_true(
            cx_ok(cx_entry_has_key(CX_ENTRY_CHECK, octets, CX_KEY_REQUEST, CX_STR("r-7"), &has)));
        assert_true(has);
        assert_true(cx_ok(cx_entry_has_key(CX_ENTRY_CHECK, octets, CX_KEY_REQUEST,
                                           CX_STR("\001start:r-7"), &has)));
        assert_false(has);
        if (record.names[0].kind == CX_RECORD_NAME_DNS) {
            assert_true(cx_ok(
                cx_entry_has_key(CX_ENTRY_CHECK, octets, CX_KEY_NAME, record.names[0].text, &has)));
            assert_true(has);
        }
        /* What the callback fails with is what comes back. */
        assert_int_equal(cx_entry_keys(CX_ENTRY_CHECK, octets, note, &said).code, CX_E_STORE);
        assert_string_equal(said.text, "R r-7\n");
        cx_buf_done(&buf);
        cx_arena_done(&arena);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_start_has_a_key_that_is_unique),
    cmocka_unit_test(without_memory_no_key_is_missed),
    cmocka_unit_test(an_event_is_found_by_all_that_it_names),
    cmocka_unit_test(a_check_has_its_id_and_its_names),
};

TEST_MAIN(tests)
