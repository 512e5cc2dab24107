#include "evidence/entry.h"
#include "main.h"
#include "octets.h"

#define DIGEST "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const struct {
    const char *hex;
    enum cx_entry_kind kind;
    uint64_t time_ms;
} rows[] = {
    { "01 01 0000000000000000" DIGEST, CX_ENTRY_CHECK, 0 },
    { "01 02 000001a201f5ae7b" DIGEST, CX_ENTRY_BEGIN, UINT64_C(0x1a201f5ae7b) },
    { "01 03 ffffffffffffffff" DIGEST, CX_ENTRY_SEAL, UINT64_MAX },
    { "01 01 0102030405060708" DIGEST, CX_ENTRY_CHECK, UINT64_C(0x0102030405060708) },
    { "01 04 000001a201f5ae7b" DIGEST, CX_ENTRY_START, UINT64_C(0x1a201f5ae7b) },
    { "01 05 000001a201f5ae7b" DIGEST, CX_ENTRY_EVENT, UINT64_C(0x1a201f5ae7b) },
};

TEST(writes_and_reads_42_octets)
{
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets want = octets_of_hex(rows[i].hex);
        struct cx_entry entry = { rows[i].kind, rows[i].time_ms, { 0 } }, read;
        uint8_t written[CX_ENTRY_SIZE];

        assert_int_equal(want.n, CX_ENTRY_SIZE);
        memcpy(entry.digest, want.p + 10, sizeof(entry.digest));
        cx_entry_write(&entry, written);
        assert_memory_equal(written, want.p, CX_ENTRY_SIZE);
        memset(&read, 0x5a, sizeof(read));
        assert_true(cx_ok(cx_entry_read(octets_span(&want), &read)));
        assert_true(read.kind == entry.kind && read.time_ms == entry.time_ms);
        assert_memory_equal(read.digest, entry.digest, sizeof(read.digest));
    }
}

/* Every octet counts: each flipped bit is refused, or read as something else that is written as it stands. */
TEST(every_flipped_bit_is_refused_or_kept)
{
    struct octets octets = octets_of_hex(rows[3].hex);
    unsigned accepted = 0;

    for (size_t i = 0; i < 8 * octets.n; i++) {
        uint8_t written[CX_ENTRY_SIZE];
        struct cx_entry entry;

        octets.p[i / 8] ^= (uint8_t)(1u << i % 8);
        if (cx_ok(cx_entry_read(octets_span(&octets), &entry))) {
            cx_entry_write(&entry, written);
            assert_memory_equal(written, octets.p, CX_ENTRY_SIZE);
            assert_true(i >= 8);
            accepted++;
        }
        octets.p[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(accepted, 2 + 8 * 40); /* kind 1 to kinds 3 and 5; time and digest */
}

TEST(refuses_every_other_length_version_and_kind)
{
    struct octets good = octets_of_hex(rows[1].hex), octets = good;
    struct cx_entry entry, before;

    memset(&entry, 0x5a, sizeof(entry));
    before = entry;
    octets.n++;
    for (size_t n = 0; n <= octets.n; n++) {
        assert_true(n == CX_ENTRY_SIZE ||
                    cx_entry_read((cx_span){ octets.p, n }, &entry).code == CX_E_RECORD);
    }
    for (unsigned v = 0; v < 256; v++) {
        octets = good;
        octets.p[0] = (uint8_t)v;
        assert_true(v == 1 || cx_entry_read(octets_span(&octets), &entry).code == CX_E_RECORD);
        octets = good;
        octets.p[1] = (uint8_t)v;
        assert_true((v >= 1 && v <= 5) ||
                    cx_entry_read(octets_span(&octets), &entry).code == CX_E_RECORD);
    }
    assert_int_equal(cx_entry_read((cx_span){ NULL, 0 }, &entry).code, CX_E_RECORD);
    assert_memory_equal(&entry, &before, sizeof(entry)); /* untouched */
}

TEST(an_entry_that_was_never_filled_in_is_not_read)
{
    struct cx_entry entry = { .kind = CX_ENTRY_UNSET };
    uint8_t written[CX_ENTRY_SIZE];

    cx_entry_write(&entry, written);
    assert_int_equal(cx_entry_read((cx_span){ written, sizeof(written) }, &entry).code,
                     CX_E_RECORD);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(writes_and_reads_42_octets),
    cmocka_unit_test(every_flipped_bit_is_refused_or_kept),
    cmocka_unit_test(refuses_every_other_length_version_and_kind),
    cmocka_unit_test(an_entry_that_was_never_filled_in_is_not_read),
};

TEST_MAIN(tests)
