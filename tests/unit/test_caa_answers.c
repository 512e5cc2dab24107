#include "build.h"
#include "caa/answers.h"
#include "main.h"

#include <stdio.h>

TEST(finds_by_name_and_type_what_was_added_first)
{
    struct scene s;
    struct cx_answer *first, *dname;
    struct cx_name name = name_of("d.test"), other = name_of("e.test");

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
    assert_null(cx_answers_find(&s.answers, cx_name_span(&name), CX_TYPE_CAA));
    first = scene_put(&s, "d.test", CX_OUTCOME_NODATA);
    (void)scene_put(&s, "D.test", CX_OUTCOME_RECORDS); /* ignored */
    dname = scene_put_type(&s, "d.test", CX_TYPE_DNAME, CX_OUTCOME_NODATA);
    assert_int_equal(s.answers.n, 2);
    assert_ptr_equal(cx_answers_find(&s.answers, cx_name_span(&name), CX_TYPE_CAA), first);
    assert_ptr_equal(cx_answers_find(&s.answers, cx_name_span(&name), CX_TYPE_DNAME), dname);
    assert_null(cx_answers_find(&s.answers, cx_name_span(&other), CX_TYPE_CAA));
    scene_close(&s);
}

TEST(keeps_order_and_finds_all_while_it_grows)
{
    struct scene s;
    const struct cx_answer *put[3000];

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
    for (int i = 0; i < 3000; i++) {
        char text[30];

        (void)snprintf(text, sizeof(text), "a%d.d%d.test", i, i % 7);
        put[i] = scene_put(&s, text, CX_OUTCOME_NODATA);
    }
    assert_int_equal(s.answers.n, 3000);
    for (size_t i = 0; i < 3000; i++) {
        assert_ptr_equal(s.answers.v[i], put[i]);
        assert_ptr_equal(cx_answers_find(&s.answers, put[i]->name, CX_TYPE_CAA), put[i]);
        assert_null(cx_answers_find(&s.answers, cx_name_parent(put[i]->name), CX_TYPE_CAA));
    }
    scene_close(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(finds_by_name_and_type_what_was_added_first),
    cmocka_unit_test(keeps_order_and_finds_all_while_it_grows),
};

TEST_MAIN(tests)
