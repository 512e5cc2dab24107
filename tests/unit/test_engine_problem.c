/* What applicants are told: the right type, the record that decided, nothing that acts, nothing of ours. */
#include "base/alloc.h"
#include "base/limits.h"
#include "engine/problem.h"
#include "main.h"

#include <stdio.h>

#define URN "urn:ietf:params:acme:error:"

static void
finished(void *ctx, struct cx_check *check)
{
    (void)check;
    *(bool *)ctx = true;
}

/* A check of that request, which brings its answers. */
static struct cx_check *
check_of(const char *request)
{
    struct cx_check *check = cx_check_new();
    struct cx_json *json = NULL;
    bool done = false;

    assert_non_null(check);
    assert_true(cx_ok(cx_json_parse(cx_str_of(request), &json, NULL)));
    cx_check_start(check, json, NULL, NULL, cx_time_of_day(2026, 11, 22), finished, &done);
    assert_true(done);
    cx_json_free(json);
    return check;
}

static struct cx_json *
problem_of(const char *request)
{
    struct cx_check *check = check_of(request);
    struct cx_json *problem;

    assert_true(cx_ok(cx_problem_of(check, &problem)));
    cx_check_free(check);
    return problem;
}

static cx_str
text_of(const struct cx_json *o, const char *member)
{
    cx_str text;

    assert_true(cx_json_string(cx_json_get(o, member), &text));
    return text;
}

static bool
says(const struct cx_json *o, const char *what)
{
    cx_str detail = text_of(o, "detail");

    return memmem(detail.p, detail.n, what, strlen(what)) != NULL;
}

static void
expect(const struct cx_json *o, const char *type, int64_t status)
{
    int64_t n;

    assert_non_null(o);
    assert_string_equal(text_of(o, "type").p, type);
    assert_true(cx_json_integer(cx_json_get(o, "status"), &n));
    assert_int_equal(n, status);
    assert_true(text_of(o, "title").n != 0);
}

static const struct cx_json *
subproblem(const struct cx_json *o, size_t i)
{
    const struct cx_json *one = cx_json_at(cx_json_get(o, "subproblems"), i);

    assert_non_null(one);
    return one;
}

/* A request for names with answers for d.test and above. */
#define REQUEST(names, answers)                                                                    \
    "{\"names\":[" names "],\"issuer\":\"ca.example.net\",\"answers\":["                           \
    "{\"name\":\"www.d.test\",\"outcome\":\"nodata\",\"dnssec\":\"insecure\"}," answers            \
    "{\"name\":\"test\",\"outcome\":\"nodata\",\"dnssec\":\"secure\"}]}"
#define RECORDS(records)                                                                           \
    "{\"name\":\"d.test\",\"outcome\":\"records\",\"dnssec\":\"secure\",\"records\":[" records "]" \
    "}"                                                                                            \
    ","
#define ISSUE(value) "{\"flags\":0,\"tag\":\"issue\",\"value\":\"" value "\"}"

TEST(no_problem)
{
    assert_null(problem_of(REQUEST("\"www.d.test\"", RECORDS(ISSUE("ca.example.net")))));
    assert_null(problem_of(REQUEST("\"192.0.2.1\"", "")));
}

TEST(a_denial_says_what_to_publish)
{
    struct cx_json *o =
        problem_of(REQUEST("\"www.d.test\"", RECORDS(ISSUE("other.example") "," ISSUE(";"))));
    const struct cx_json *one;

    expect(o, URN "caa", 403);
    one = subproblem(o, 0);
    assert_int_equal(cx_json_size(cx_json_get(o, "subproblems")), 1);
    assert_string_equal(text_of(one, "type").p, URN "caa");
    assert_string_equal(text_of(cx_json_get(one, "identifier"), "type").p, "dns");
    assert_string_equal(text_of(cx_json_get(one, "identifier"), "value").p, "www.d.test");
    assert_string_equal(text_of(one, "detail").p, "www.d.test: records restrict issuance, and none "
                                                  "of them names the CA. Found at d.test: 0 issue "
                                                  "\"other.example\"; 0 issue \";\". By RFC 8659 "
                                                  "section 4.2: A record naming the CA permits; if "
                                                  "others restrict and none names it, issuance is "
                                                  "forbidden. To permit it, publish: d.test. CAA 0 "
                                                  "issue \"ca.example.net\"");
    assert_true(cx_str_equal(text_of(o, "detail"), text_of(one, "detail")));
    cx_json_free(o);
}

TEST(each_name_that_is_not_permitted_has_a_subproblem)
{
    struct cx_json *o = problem_of(REQUEST(
        "\"www.d.test\",\"*.d.test\",\"192.0.2.1\"",
        RECORDS(ISSUE("ca.example.net") ",{\"flags\":0,\"tag\":\"issuewild\",\"value\":\";\"}")));

    expect(o, URN "caa", 403);
    assert_int_equal(cx_json_size(cx_json_get(o, "subproblems")), 1);
    assert_string_equal(text_of(cx_json_get(subproblem(o, 0), "identifier"), "value").p,
                        "*.d.test");
    assert_true(says(o, "0 issuewild \";\". "));
    assert_false(says(o, "0 issue \"ca.example.net\";"));
    assert_true(says(o, "CAA 0 issuewild \"ca.example.net\""));
    cx_json_free(o);
    o = problem_of(REQUEST("\"www.d.test\",\"d.test\"", RECORDS(ISSUE(";"))));
    assert_true(says(o, "2 of 2 names"));
    assert_int_equal(cx_json_size(cx_json_get(o, "subproblems")), 2);
    cx_json_free(o);
}

TEST(other_denials)
{
    struct cx_json *o = problem_of(REQUEST(
        "\"www.d.test\"",
        RECORDS("{\"flags\":128,\"tag\":\"tbs\",\"value\":\"x\"}," ISSUE("ca.example.net"))));

    expect(o, URN "caa", 403);
    assert_true(says(o, "Found at d.test: 128 tbs \"x\". By RFC 8659"));
    assert_false(says(o, "publish"));
    cx_json_free(o);
    o = problem_of(
        REQUEST("\"www.d.test\"",
                RECORDS(ISSUE("ca.example.net; accounturi=https://a") "," ISSUE("other.example"))));
    expect(o, URN "caa", 403);
    assert_true(says(o, "0 issue \"ca.example.net; accounturi=https://a\". By RFC 8657"));
    cx_json_free(o);
}

#define FAILED(outcome, dnssec)                                                                    \
    "{\"name\":\"d.test\",\"outcome\":\"" outcome "\",\"dnssec\":\"" dnssec                        \
    "\",\"detail\":\"asked 10.1.2.3 secretly\"},"

/* RFC 8555: "caa" is for records that forbid; of these nobody knows what they say. */
TEST(lookups_that_failed)
{
    static const struct {
        const char *request;
        const char *words;
    } rows[] = {
        { REQUEST("\"www.d.test\"", FAILED("timeout", "indeterminate")), "no answer in time" },
        { REQUEST("\"www.d.test\"", FAILED("servfail", "indeterminate")), "server failure" },
        { REQUEST("\"www.d.test\"", FAILED("bogus", "bogus")), "DNSSEC bogus" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_json *o = problem_of(rows[i].request);

        expect(o, URN "dns", 400);
        assert_string_equal(text_of(subproblem(o, 0), "type").p, URN "dns");
        ROW_TRUE(says(o, rows[i].words) && says(o, "CAA at d.test gave"), rows[i].words);
        ROW_TRUE(!says(o, "10.1.2.3") && !says(o, "publish"), rows[i].words);
        cx_json_free(o);
    }
}

TEST(a_denial_counts_more_than_a_failure)
{
    struct cx_json *o = problem_of(
        "{\"names\":[\"a.e.test\",\"d.test\"],\"issuer\":\"ca.example.net\",\"answers\":["
        "{\"name\":\"a.e.test\",\"outcome\":\"timeout\"},"
        "{\"name\":\"d.test\",\"outcome\":\"records\",\"dnssec\":\"secure\",\"records\":[" ISSUE(
            ";") "]}]}");

    expect(o, URN "caa", 403);
    assert_string_equal(text_of(subproblem(o, 0), "type").p, URN "dns");
    assert_string_equal(text_of(subproblem(o, 1), "type").p, URN "caa");
    cx_json_free(o);
}

TEST(failures_of_ours_are_not_told)
{
    static const char *const requests[] = {
        REQUEST("\"www.d.test\"", FAILED("error", "indeterminate")),
        REQUEST("\"www.d.test\"", FAILED("deadline", "indeterminate")),
        REQUEST("\"www.d.test\"", ""), /* nobody asked */
        "{\"names\":[\"d.test\"],\"secret\":1}",
        "{\"names\":[\"d.test\"],\"issuer\":\"ca.example.net\",\"policy\":{\"secret\":1}}",
    };

    for (size_t i = 0; i < CX_COUNT(requests); i++) {
        struct cx_json *o = problem_of(requests[i]);

        expect(o, URN "serverInternal", 500);
        ROW_TRUE(!says(o, "secret") && !says(o, "10.1.2.3"), requests[i]);
        cx_json_free(o);
    }
}

TEST(a_permit_that_is_void)
{
    struct cx_json *o =
        problem_of("{\"names\":[\"d.test\"],\"issuer\":\"ca.example.net\",\"facts\":{\"deadline\":"
                   "\"2026-11-22T00:00:00Z\","
                   "\"completed\":\"2026-11-22T00:00:09Z\"},\"answers\":[{\"name\":\"d.test\","
                   "\"outcome\":\"records\","
                   "\"dnssec\":\"secure\",\"records\":[" ISSUE("ca.example.net") "]}]}");

    expect(o, URN "serverInternal", 500);
    assert_null(cx_json_get(o, "subproblems"));
    cx_json_free(o);
}

TEST(a_name_that_no_certificate_can_have)
{
    struct cx_json *o = problem_of("{\"names\":[\"a..b\"],\"issuer\":\"ca.example.net\"}");

    expect(o, URN "rejectedIdentifier", 400);
    assert_true(says(o, "a..b"));
    cx_json_free(o);
}

/* ---- hostile text */

static void
expect_printable(const struct cx_json *o)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RESULT_MAX);
    assert_true(cx_ok(cx_json_write(o, &buf)));
    for (size_t i = 0; i < buf.n; i++) {
        assert_true(buf.p[i] >= ' ' && buf.p[i] <= '~');
    }
    cx_buf_done(&buf);
}

TEST(records_of_any_octets)
{
    char hex[2 * 256 + 1], request[2000];
    struct cx_json *o;

    for (unsigned i = 0; i < 256; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", i);
    }
    (void)snprintf(
        request, sizeof(request),
        REQUEST("\"www.d.test\"",
                RECORDS("{\"flags\":255,\"tag_hex\":\"1b5b33316d\",\"value_hex\":\"%s\"}")),
        hex);
    o = problem_of(request);
    expect(o, URN "caa", 403);
    expect_printable(o);
    assert_true(says(o, "TYPE257") || says(o, "\\# "));
    cx_json_free(o);
    (void)snprintf(
        request, sizeof(request),
        REQUEST("\"www.d.test\"", RECORDS("{\"flags\":0,\"tag\":\"issue\",\"value_hex\":\"%s\"}")),
        hex);
    o = problem_of(request);
    expect_printable(o);
    assert_true(says(o, "..."));
    assert_true(says(o, "To permit it, publish: d.test. CAA 0 issue \"ca.example.net\""));
    cx_json_free(o);
}

/* However long what DNS says is, and however many records there are. */
TEST(length_is_bounded)
{
    struct cx_json *o;
    struct cx_buf request;

    cx_buf_init(&request, CX_LINE_MAX);
    cx_buf_puts(
        &request,
        "{\"names\":[\"d.test\"],\"issuer\":\"ca.example.net\",\"answers\":[{\"name\":\"d.test\","
        "\"outcome\":\"records\",\"dnssec\":\"secure\",\"records\":[");
    for (unsigned i = 0; i < 500; i++) {
        cx_buf_puts(&request, i == 0 ? "" : ",");
        cx_buf_puts(&request, "{\"flags\":0,\"tag\":\"issue\",\"value_hex\":\"");
        for (unsigned k = 0; k < 1000; k++) {
            cx_buf_printf(&request, "%02x", (i + k) % 256);
        }
        cx_buf_puts(&request, "\"}");
    }
    cx_buf_puts(&request, "]}]}");
    cx_buf_putc(&request, '\0');
    assert_true(cx_buf_ok(&request));
    o = problem_of(request.p);
    cx_buf_done(&request);
    expect(o, URN "caa", 403);
    expect_printable(o);
    assert_true(text_of(subproblem(o, 0), "detail").n < 2000);
    assert_true(says(o, "and 497 more"));
    cx_json_free(o);
}

TEST(out_of_memory)
{
    struct cx_check *check =
        check_of(REQUEST("\"www.d.test\",\"*.d.test\"", RECORDS(ISSUE("other.example"))));
    struct cx_json *o = NULL;
    cx_status s = { CX_E_NOMEM };

    for (size_t nth = 1; s.code == CX_E_NOMEM && nth < 1000; nth++) {
        (void)cx_alloc_fail_nth(nth);
        s = cx_problem_of(check, &o);
        (void)cx_alloc_fail_nth(0);
        assert_true(cx_ok(s) == (o != NULL));
    }
    assert_true(cx_ok(s));
    expect(o, URN "caa", 403);
    cx_json_free(o);
    cx_check_free(check);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(no_problem),
    cmocka_unit_test(a_denial_says_what_to_publish),
    cmocka_unit_test(each_name_that_is_not_permitted_has_a_subproblem),
    cmocka_unit_test(other_denials),
    cmocka_unit_test(lookups_that_failed),
    cmocka_unit_test(a_denial_counts_more_than_a_failure),
    cmocka_unit_test(failures_of_ours_are_not_told),
    cmocka_unit_test(a_permit_that_is_void),
    cmocka_unit_test(a_name_that_no_certificate_can_have),
    cmocka_unit_test(records_of_any_octets),
    cmocka_unit_test(length_is_bounded),
    cmocka_unit_test(out_of_memory),
};

TEST_MAIN(tests)
