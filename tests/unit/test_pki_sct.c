#include "agree_sct.h"
#include "base/limits.h"
#include "certificates.h"
#include "octets.h"
#include "pki/sct.h"
#include "pki/tbs.h"

#define MUTATIONS 20000

/* One SCT of version 1 that differs from others by its log and its time. */
static void
put_sct(struct octets *to, uint8_t log, uint64_t time_ms)
{
    static const uint8_t rest[] = { 0, 0, 4, 3, 0, 2, 0x30, 0 };
    uint8_t *p = to->p + to->n;

    p[0] = 0;
    p[1] = 1 + 32 + 8 + sizeof(rest);
    p[2] = 0;
    memset(p + 3, log, 32);
    for (size_t i = 0; i < 8; i++) {
        p[35 + i] = (uint8_t)(time_ms >> (8 * (7 - i)));
    }
    memcpy(p + 43, rest, sizeof(rest));
    to->n += 43 + sizeof(rest);
}

/* As the extension has it. */
static struct octets
list_of(const struct octets *scts)
{
    struct octets ret = { .n = 0 };
    size_t n = scts->n + 2;

    ret.p[ret.n++] = 0x04;
    if (n >= 0x80) {
        ret.p[ret.n++] = n < 0x100 ? 0x81 : 0x82;
    }
    if (n >= 0x100) {
        ret.p[ret.n++] = (uint8_t)(n >> 8);
    }
    ret.p[ret.n++] = (uint8_t)n;
    ret.p[ret.n++] = (uint8_t)(scts->n >> 8);
    ret.p[ret.n++] = (uint8_t)scts->n;
    memcpy(ret.p + ret.n, scts->p, scts->n);
    ret.n += scts->n;
    return ret;
}

TEST(worked_vector)
{
    static const char *const log_id =
        "b90080e8ee4f0dbea2cccce2c7b27f5c4072cd3291e573a3c71f9edc4955e7e9";
    struct octets id = octets_of_hex(log_id);
    struct cx_sct_list list;
    struct cx_arena arena;
    struct cx_sct sct;
    struct cx_tbs tbs;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    assert_true(cx_ok(cx_tbs_read(issued_der("final.pem", &arena), &arena, &tbs, NULL)));
    assert_true(cx_ok(cx_sct_read(tbs.sct_list, &sct, 1, &list, NULL)));
    assert_int_equal(list.n, 1);
    assert_int_equal(list.logs, 1);
    assert_true(list.earliest_ms == 1795305600123 && sct.time_ms == list.earliest_ms);
    assert_true(cx_span_equal(sct.log_id, octets_span(&id)));
    assert_int_equal(sct.extensions.n, 0);
    assert_true(cx_ok(cx_tbs_read(issued_der("precertificate.pem", &arena), &arena, &tbs, NULL)));
    assert_int_equal(tbs.sct_list.n, 0);
    cx_arena_done(&arena);
}

TEST(earliest_of_several_logs)
{
    struct octets scts = { .n = 0 }, list;
    struct cx_sct_list got;
    struct cx_sct two[2];

    put_sct(&scts, 1, 2000);
    put_sct(&scts, 2, 1000);
    put_sct(&scts, 1, 1500);
    list = list_of(&scts);
    assert_true(cx_ok(cx_sct_read(octets_span(&list), two, 2, &got, NULL)));
    assert_int_equal(got.n, 3);
    assert_int_equal(got.logs, 2);
    assert_int_equal(got.earliest_ms, 1000);
    assert_true(two[0].time_ms == 2000 && two[1].time_ms == 1000);
}

TEST(versions_to_come_are_passed_over)
{
    struct octets scts = { .n = 0 }, list;
    struct cx_sct_list got;

    memcpy(scts.p, "\0\3\1xy", 5);
    scts.n = 5;
    list = list_of(&scts);
    assert_true(cx_ok(cx_sct_read(octets_span(&list), NULL, 0, &got, NULL)));
    assert_true(got.n == 0 && got.others == 1 && got.earliest_ms == 0 && got.logs == 0);
    put_sct(&scts, 1, 7);
    list = list_of(&scts);
    assert_true(cx_ok(cx_sct_read(octets_span(&list), NULL, 0, &got, NULL)));
    assert_true(got.n == 1 && got.others == 1 && got.earliest_ms == 7);
}

static bool
refused(cx_span value)
{
    struct cx_detail detail = { .text = "" };
    struct cx_sct_list got = { .n = 99 };
    cx_status s = cx_sct_read(value, NULL, 0, &got, &detail);

    if (cx_ok(s)) {
        return false;
    }
    assert_int_equal(s.code, CX_E_CERTIFICATE);
    assert_int_equal(got.n, 99);
    assert_memory_equal(detail.text, "SCT list: ", 10);
    return true;
}

TEST(what_cannot_be_is_refused)
{
    struct octets scts = { .n = 0 }, list;

    put_sct(&scts, 1, 1000);
    list = list_of(&scts);
    for (size_t n = 0; n < list.n; n++) {
        assert_true(refused((cx_span){ list.p, n }));
    }
    list.p[list.n] = 0;
    assert_true(refused((cx_span){ list.p, list.n + 1 }));
    for (size_t back = 4; back <= 6; back++) { /* algorithms, or a length */
        list = list_of(&scts);
        list.p[list.n - back] = 9;
        assert_true(refused(octets_span(&list)));
    }
    scts.n = 0;
    put_sct(&scts, 1, 0);
    list = list_of(&scts);
    assert_true(refused(octets_span(&list)));
    scts.n = 0;
    put_sct(&scts, 1, UINT64_MAX);
    list = list_of(&scts);
    assert_true(refused(octets_span(&list)));
    assert_true(refused((cx_span){ (const uint8_t *)"\4\2\0\0", 4 })); /* no SCT at all */
    assert_true(refused((cx_span){ (const uint8_t *)"\4\4\0\2\0\0", 6 }));
}

TEST(no_more_than_the_cap)
{
    struct octets scts = { .n = 0 }, list;
    struct cx_sct_list got;

    for (unsigned i = 0; i < CX_SCTS_MAX; i++) {
        put_sct(&scts, (uint8_t)i, 1000 + i);
    }
    list = list_of(&scts);
    assert_true(cx_ok(cx_sct_read(octets_span(&list), NULL, 0, &got, NULL)));
    assert_int_equal(got.logs, CX_SCTS_MAX);
    put_sct(&scts, 0, 1);
    list = list_of(&scts);
    assert_int_equal(cx_sct_read(octets_span(&list), NULL, 0, &got, NULL).code, CX_E_LIMIT);
}

TEST(openssl_reads_the_same)
{
    struct dice dice = { 7 };
    size_t accepted = 0;

    for (size_t i = 0; i < MUTATIONS; i++) {
        struct octets scts = { .n = 0 }, list;
        const char *differs;
        bool ok;

        for (size_t k = 0; k <= i % 4; k++) {
            put_sct(&scts, (uint8_t)dice_below(&dice, 3), 1 + dice_below(&dice, 1000));
        }
        list = list_of(&scts);
        for (size_t k = dice_below(&dice, 3); k > 0; k--) {
            list.p[dice_below(&dice, list.n)] ^= (uint8_t)(1u << dice_below(&dice, 8));
        }
        differs = sct_disagreement(octets_span(&list), &ok);
        if (differs != NULL) {
            fail_msg("mutation %zu: %s", i, differs);
        }
        accepted += ok ? 1 : 0;
    }
    assert_true(accepted > MUTATIONS / 3 && accepted < MUTATIONS);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(worked_vector),
    cmocka_unit_test(earliest_of_several_logs),
    cmocka_unit_test(versions_to_come_are_passed_over),
    cmocka_unit_test(what_cannot_be_is_refused),
    cmocka_unit_test(no_more_than_the_cap),
    cmocka_unit_test(openssl_reads_the_same),
};

TEST_MAIN(tests)
