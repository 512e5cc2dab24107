#include "base/alloc.h"
#include "base/arena.h"
#include "build.h"
#include "main.h"

#include <stdalign.h>

static bool
all_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

TEST(gives_zeroed_aligned_memory)
{
    struct cx_arena arena;

    cx_arena_init(&arena, 1u << 20);
    for (size_t n = 1; n < 9000; n = n * 3 + 1) {
        uint8_t *p = cx_arena_get(&arena, n, 1);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        assert_true(all_zero(p, n));
        memset(p, 0xaa, n);
    }
    cx_arena_reset(&arena);
    assert_true(all_zero(cx_arena_get(&arena, 5000, 1), 5000));
    cx_arena_done(&arena);
}

TEST(never_exceeds_its_cap)
{
    struct cx_arena arena;
    size_t got = 0;

    cx_arena_init(&arena, 100000);
    while (cx_arena_get(&arena, 1, 1000) != NULL) {
        got++;
        assert_true(arena.used <= 100000 && got < 101);
    }
    assert_true(got > 90);
    assert_null(cx_arena_get(&arena, SIZE_MAX, 1));
    assert_null(cx_arena_get(&arena, SIZE_MAX / 2, 3));
    cx_arena_reset(&arena);
    assert_null(cx_arena_get(&arena, 100001, 1));
    assert_non_null(cx_arena_get(&arena, 1000, 1)); /* and it is usable again */
    cx_arena_done(&arena);
    assert_int_equal(arena.used, 0);
    assert_int_equal(arena.cap, 100000);
}

TEST(copies_bytes_with_a_nul_behind)
{
    struct cx_arena arena;
    cx_span copy = { NULL, 7 };
    cx_str text;

    cx_arena_init(&arena, 1u << 20);
    assert_true(cx_ok(cx_arena_copy(&arena, (cx_span){ NULL, 0 }, &copy)));
    assert_true(copy.n == 0 && copy.p[0] == 0);
    assert_true(cx_ok(cx_arena_text(&arena, CX_STR("abc"), &text)));
    assert_string_equal(text.p, "abc");
    assert_int_equal(text.n, 3);
    cx_arena_done(&arena);
}

TEST(leaves_outputs_alone_without_memory)
{
    struct cx_arena arena;
    cx_span copy = { NULL, 7 };

    cx_arena_init(&arena, 1u << 20);
    (void)cx_alloc_fail_nth(1);
    assert_int_equal(cx_status_class(cx_arena_copy(&arena, bytes_of("x"), &copy)), CX_CLASS_NOMEM);
    (void)cx_alloc_fail_nth(0);
    assert_int_equal(copy.n, 7);
    assert_int_equal(arena.used, 0);
    assert_true(cx_ok(cx_arena_copy(&arena, bytes_of("x"), &copy)));
    cx_arena_done(&arena);
    cx_arena_done(&arena); /* twice is as good as once */
}

TEST(an_array_widens_and_keeps_its_elements)
{
    struct cx_arena arena;
    size_t room = 0;
    int *v = NULL;

    cx_arena_init(&arena, 1 << 20);
    for (int i = 0; i < 1000; i++) {
        v = cx_arena_widen(&arena, v, (size_t)i, &room, sizeof(*v));
        assert_non_null(v);
        assert_true((size_t)i < room);
        v[i] = i;
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(v[i], i);
    }
    cx_arena_done(&arena);
    cx_arena_init(&arena, 0);
    room = 0;
    assert_null(cx_arena_widen(&arena, NULL, 0, &room, sizeof(*v)));
    assert_int_equal(room, 0);
    cx_arena_done(&arena);
}

static unsigned released[2];

static void
release(void *object)
{
    (*(unsigned *)object)++;
}

TEST(what_is_held_is_released_once)
{
    struct cx_arena arena;

    released[0] = released[1] = 0;
    cx_arena_init(&arena, 1 << 20);
    assert_true(cx_ok(cx_arena_hold(&arena, release, &released[0])));
    assert_true(cx_ok(cx_arena_hold(&arena, release, &released[1])));
    assert_int_equal(released[0] + released[1], 0);
    cx_arena_reset(&arena);
    assert_int_equal(released[0], 1);
    assert_int_equal(released[1], 1);
    assert_true(cx_ok(cx_arena_hold(&arena, release, &released[0])));
    cx_arena_done(&arena);
    cx_arena_done(&arena);
    assert_int_equal(released[0], 2);
    assert_int_equal(released[1], 1);
    cx_arena_init(&arena, 0);
    assert_int_equal(cx_arena_hold(&arena, release, &released[0]).code, CX_E_NOMEM);
    cx_arena_done(&arena);
    assert_int_equal(released[0], 2);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_held_is_released_once),
    cmocka_unit_test(gives_zeroed_aligned_memory),
    cmocka_unit_test(never_exceeds_its_cap),
    cmocka_unit_test(copies_bytes_with_a_nul_behind),
    cmocka_unit_test(leaves_outputs_alone_without_memory),
    cmocka_unit_test(an_array_widens_and_keeps_its_elements),
};

TEST_MAIN(tests)
