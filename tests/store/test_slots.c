#include "base/alloc.h"
#include "main.h"
#include "scratch.h"
#include "store/slots.h"

#include <stdio.h>

static char folder[SCRATCH_PATH], file[SCRATCH_PATH];

static int
make_file(void **state)
{
    struct cx_detail detail = { .rule = NULL };

    (void)state;
    scratch_make(folder);
    scratch_join(file, folder, "slots");
    SCRATCH_OK(cx_slots_make(file, 0, CX_STR("begin\n"), &detail));
    return 0;
}

static int
remove_file(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void
write_slot(uint64_t number, const char *text)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_slots slots;
    struct cx_buf buf;
    uint64_t last;
    bool found;

    cx_buf_init(&buf, CX_SLOT_OCTETS);
    SCRATCH_OK(cx_slots_open(file, true, &slots, &detail));
    SCRATCH_OK(cx_slots_read(&slots, &buf, &last, &found, &detail));
    SCRATCH_OK(cx_slots_write(&slots, number, cx_str_of(text), &detail));
    SCRATCH_OK(cx_slots_sync(&slots, &detail));
    cx_slots_close(&slots);
    cx_buf_done(&buf);
}

/* want NULL: no slot is good. */
static void
assert_slots(uint64_t number, const char *want)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_slots slots;
    struct cx_buf buf;
    uint64_t last = 77;
    bool found = want == NULL;

    cx_buf_init(&buf, CX_SLOT_OCTETS);
    SCRATCH_OK(cx_slots_open(file, false, &slots, &detail));
    SCRATCH_OK(cx_slots_read(&slots, &buf, &last, &found, &detail));
    assert_int_equal(found, want != NULL);
    if (want != NULL) {
        assert_int_equal(last, number);
        assert_true(cx_str_equal(cx_buf_str(&buf), cx_str_of(want)));
    }
    cx_slots_close(&slots);
    cx_buf_done(&buf);
}

TEST(the_last_text_is_read)
{
    char text[60];

    assert_slots(0, "begin\n");
    for (unsigned i = 1; i < 7; i++) {
        (void)snprintf(text, sizeof(text), "text %u\nsha256 of another\n\n", i);
        write_slot(i * 1000, text);
        assert_slots(i * 1000, text);
    }
    write_slot(UINT64_MAX, "");
    assert_slots(UINT64_MAX, "");
}

/* Whatever a crash leaves of the slot that was being written: the one before is read. */
TEST(a_spoiled_slot_leaves_the_other)
{
    write_slot(1, "one"); /* the second slot */
    for (long at = 0; at < CX_SLOT_OCTETS; at += at < 120 ? 1 : 500) {
        char before[CX_SLOT_OCTETS * 2 + 1];

        (void)scratch_read(file, before, sizeof(before));
        scratch_poke(file, CX_SLOT_OCTETS + at, "\0", 1);
        assert_slots(at < 96 ? 0 : 1, at < 96 ? "begin\n" : "one"); /* then comes padding */
        scratch_poke(file, CX_SLOT_OCTETS, before + CX_SLOT_OCTETS, CX_SLOT_OCTETS);
        assert_slots(1, "one");
    }
    scratch_poke(file, CX_SLOT_OCTETS, "x", 1);
    write_slot(1, "again"); /* takes the spoiled one */
    assert_slots(1, "again");
    scratch_poke(file, 0, "x", 1);
    assert_slots(1, "again");
    scratch_poke(file, CX_SLOT_OCTETS, "x", 1);
    assert_slots(0, NULL);
}

TEST(a_file_of_another_size_is_refused)
{
    static const long sizes[] = { 0, CX_SLOT_OCTETS, CX_SLOT_OCTETS * 2 - 1,
                                  CX_SLOT_OCTETS * 2 + 1 };

    for (size_t i = 0; i < CX_COUNT(sizes); i++) {
        struct cx_detail detail = { .rule = NULL };
        struct cx_slots slots = CX_SLOTS_CLOSED;

        scratch_cut(file, sizes[i]);
        SCRATCH_FAILS(cx_slots_open(file, false, &slots, &detail), CX_CLASS_STORE);
        assert_int_equal(slots.fd, -1);
    }
}

TEST(a_file_is_never_made_over_another)
{
    struct cx_detail detail = { .rule = NULL };

    SCRATCH_FAILS(cx_slots_make(file, 5, CX_STR("other"), &detail), CX_CLASS_IO);
    assert_slots(0, "begin\n");
}

TEST(a_text_that_does_not_fit_is_refused)
{
    static char text[CX_SLOT_TEXT_MAX + 2];
    struct cx_detail detail = { .rule = NULL };
    char other[SCRATCH_PATH];

    memset(text, 'x', sizeof(text));
    scratch_join(other, folder, "other");
    SCRATCH_FAILS(cx_slots_make(other, 0, (cx_str){ text, CX_SLOT_TEXT_MAX + 1 }, &detail),
                  CX_CLASS_LIMIT);
    assert_false(scratch_exists(other));
    SCRATCH_OK(cx_slots_make(other, UINT64_MAX, (cx_str){ text, CX_SLOT_TEXT_MAX }, &detail));
    text[CX_SLOT_TEXT_MAX] = '\0';
    write_slot(1, text);
    assert_slots(1, text);
}

static bool
is_slot(const char *octets, size_t n)
{
    uint64_t number;
    cx_str text;
    bool good = true;

    assert_true(
        cx_ok(cx_slot_parse((cx_span){ (const uint8_t *)octets, n }, &number, &text, &good)));
    return good;
}

TEST(a_slot_has_one_form)
{
    char octets[CX_SLOT_OCTETS * 2 + 1];

    (void)scratch_read(file, octets, sizeof(octets));
    for (size_t at = 0; at < 99; at++) { /* head, text and seal */
        for (unsigned bit = 0; bit < 8; bit++) {
            octets[at] = (char)(octets[at] ^ (1 << bit));
            assert_false(is_slot(octets, CX_SLOT_OCTETS));
            octets[at] = (char)(octets[at] ^ (1 << bit));
        }
    }
    for (size_t n = 0; n < CX_SLOT_OCTETS; n++) {
        assert_false(is_slot(octets, n));
    }
    assert_true(is_slot(octets, CX_SLOT_OCTETS));
}

TEST(every_oom_leaves_the_last_text)
{
    for (size_t nth = 1;; nth++) {
        struct cx_detail detail = { .rule = NULL };
        struct cx_slots slots = CX_SLOTS_CLOSED;
        struct cx_buf buf;
        uint64_t last = 0;
        bool found = false;
        cx_status status;
        size_t seen;

        cx_buf_init(&buf, CX_SLOT_OCTETS);
        (void)cx_alloc_fail_nth(nth);
        status = cx_slots_open(file, true, &slots, &detail);
        if (cx_ok(status)) {
            status = cx_slots_read(&slots, &buf, &last, &found, &detail);
        }
        if (cx_ok(status)) {
            status = cx_slots_write(&slots, last + 1, CX_STR("next"), &detail);
        }
        seen = cx_alloc_fail_nth(0);
        cx_slots_close(&slots);
        cx_buf_done(&buf);
        if (seen < nth) {
            assert_true(cx_ok(status));
            assert_slots(1, "next");
            return;
        }
        /* A seal that could not be computed is no seal: the slot counts as spoiled. */
        if (!cx_ok(status)) {
            assert_int_equal(cx_status_class(status), CX_CLASS_NOMEM);
            assert_slots(0, "begin\n");
        } else {
            fail_msg("allocation %zu failed unseen", nth);
        }
    }
}

#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, make_file, remove_file)

static const struct CMUnitTest tests[] = {
    IN_FOLDER(the_last_text_is_read),
    IN_FOLDER(a_spoiled_slot_leaves_the_other),
    IN_FOLDER(a_file_of_another_size_is_refused),
    IN_FOLDER(a_file_is_never_made_over_another),
    IN_FOLDER(a_text_that_does_not_fit_is_refused),
    IN_FOLDER(a_slot_has_one_form),
    IN_FOLDER(every_oom_leaves_the_last_text),
};

TEST_MAIN(tests)
