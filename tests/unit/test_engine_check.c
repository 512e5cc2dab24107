#include "engine/check.h"
#include "main.h"
#include "resolve/recorded.h"

#include <stdio.h>

static const char answers[] =
    "{\"name\":\"www.d.test\",\"outcome\":\"nodata\",\"dnssec\":\"secure\"}\n"
    "{\"name\":\"d.test\",\"outcome\":\"records\",\"dnssec\":\"secure\",\"ttl\":300,"
    "\"records\":[{\"flags\":0,\"tag\":\"issue\",\"value\":\"ca.example.net\"}]}\n";

static unsigned n_done;

static void
done(void *ctx, struct cx_check *check)
{
    (void)ctx;
    n_done++;
    assert_true(cx_ok(check->status));
    assert_int_equal(check->conclusion.verdict, CX_VERDICT_PERMIT);
    assert_int_equal(check->answers.n, 2);
}

/* One request read once serves any number of checks, also after the JSON it came from is gone. */
TEST(a_request_serves_many_checks)
{
    static const char text[] = "{\"names\":[\"www.d.test\"],\"issuer\":[\"ca.example.net\"]}";
    struct cx_detail detail = { .text = "" };
    struct cx_json *json = NULL;
    struct cx_request request;
    struct cx_source source;
    struct cx_arena arena;

    cx_arena_init(&arena, 1 << 20);
    assert_true(cx_ok(cx_json_parse(cx_str_of(text), &json, &detail)));
    assert_true(cx_ok(cx_request_from_json(json, NULL, cx_time_now(), &arena, &request, &detail)));
    cx_json_free(json);
    assert_true(cx_ok(cx_recorded_source_open_text(cx_str_of(answers), &source, &detail)));
    for (unsigned i = 1; i <= 3; i++) {
        struct cx_check *check = cx_check_new();

        assert_non_null(check);
        cx_check_start_request(check, &request, &source, done, NULL);
        assert_int_equal(n_done, i);
        cx_check_free(check);
    }
    cx_source_close(&source);
    cx_arena_done(&arena);
}

static cx_status
read_with_id(const char *id, struct cx_detail *detail)
{
    struct cx_json *json = NULL;
    struct cx_request request;
    struct cx_arena arena;
    char text[200];
    cx_status s;

    (void)snprintf(text, sizeof(text),
                   "{\"id\":\"%s\",\"names\":[\"d.test\"],\"issuer\":[\"ca.example.net\"]}", id);
    cx_arena_init(&arena, 1 << 20);
    assert_true(cx_ok(cx_json_parse(cx_str_of(text), &json, detail)));
    s = cx_request_from_json(json, NULL, cx_time_now(), &arena, &request, detail);
    assert_true(request.has_id && (request.id.n != 0 || id[0] == '\0')); /* errors carry it */
    cx_json_free(json);
    cx_arena_done(&arena);
    return s;
}

/* By such texts a log finds what is no check. */
TEST(an_id_has_no_control_characters)
{
    static const char *const good[] = { "", "r-1", "\xc3\xa4 \\u0080 ~", "start:r-1" };
    static const char *const bad[] = { "\\u0001start:r-1", "a\\nb", "a\\u001f", "\x7f" };

    for (size_t i = 0; i < CX_COUNT(good); i++) {
        struct cx_detail detail = { .text = "" };

        ROW_TRUE(cx_ok(read_with_id(good[i], &detail)), good[i]);
    }
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        struct cx_detail detail = { .text = "" };

        ROW_TRUE(read_with_id(bad[i], &detail).code == CX_E_USAGE, bad[i]);
        assert_non_null(strstr(detail.text, "\"id\""));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_id_has_no_control_characters),
    cmocka_unit_test(a_request_serves_many_checks),
};

TEST_MAIN(tests)
