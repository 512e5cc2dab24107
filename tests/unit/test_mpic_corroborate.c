#include "engine/corroboration.h"
#include "main.h"
#include "mpic.h"

/* ---- one name */

struct stage {
    struct scene s;
    struct cx_buf body;
    cx_str bodies[1];
    struct cx_supplied_name supplied;
    struct cx_corroborated c;
};

static void
open_stage(struct stage *t, const char *date)
{
    *t = (struct stage){ .supplied = { .bodies = t->bodies, .n = 1 } };
    scene_open(&t->s, CX_PROFILE_TLS_BR, date);
    (void)scene_set(&t->s, "d.test", "0 issue ca.example.net", NULL);
    (void)scene_judge(&t->s, "www.d.test");
    cx_buf_init(&t->body, CX_MPIC_BODY_MAX);
}

static void
close_stage(struct stage *t)
{
    cx_buf_done(&t->body);
    scene_close(&t->s);
}

static const struct cx_corroborated *
corroborate_body(struct stage *t)
{
    const struct cx_to_corroborate what = { &t->s.c, &t->s.subject, &t->s.f, &mpic_list,
                                            &t->supplied };

    t->bodies[0] = cx_buf_str(&t->body);
    assert_true(cx_ok(cx_corroborate(&what, &t->s.arena, &t->c)));
    return &t->c;
}

static const struct cx_corroborated *
corroborate(struct stage *t, const char *codes, unsigned count)
{
    mpic_body(&t->body, codes, count);
    return corroborate_body(t);
}

static bool
is_enough(struct stage *t, const char *codes, unsigned count)
{
    return corroborate(t, codes, count)->lacks == NULL;
}

/* ---- properties, over every set of what six distinct perspectives and the two that are one say */

#define SETS 6561 /* 3 to the power of 8: absent, permits, denies */

static void
codes_of(unsigned set, char codes[9])
{
    size_t n = 0;

    for (unsigned i = 0; i < 8; i++, set /= 3) {
        if (set % 3 != 0) {
            codes[n++] = (char)((set % 3 == 1 ? 'a' : 'A') + (char)i);
        }
    }
    codes[n] = '\0';
}

static void
reverse(const char *codes, char ret[9])
{
    size_t n = strlen(codes);

    for (size_t i = 0; i < n; i++) {
        ret[i] = codes[n - 1 - i];
    }
    ret[n] = '\0';
}

/* R-MPIC-5: TEST R-MPIC-5, R-MPIC-6, R-MPIC-7. Worked out here by counting. */
static bool
should_be_enough(const char *codes, unsigned remotes)
{
    bool c = strpbrk(codes, "cC") != NULL, h = strpbrk(codes, "hH") != NULL;
    bool denied = strpbrk(codes, "CH") != NULL;
    unsigned used = 0, agreed = 0, regions = 0;

    for (const char *p = codes; *p != '\0'; p++) {
        if (strchr("cChH", *p) == NULL) {
            used++;
            agreed += *p >= 'a' ? 1 : 0;
        }
    }
    used += c || h ? 1 : 0;
    agreed += (c || h) && !denied ? 1 : 0;
    regions += strpbrk(codes, "af") != NULL ? 1 : 0;
    regions += strchr(codes, 'b') != NULL ? 1 : 0;
    regions += strchr(codes, 'd') != NULL ? 1 : 0;
    regions += strchr(codes, 'e') != NULL ? 1 : 0;
    regions += strchr(codes, 'g') != NULL || ((c || h) && !denied) ? 1 : 0;
    return used >= remotes && used - agreed <= (used <= 5 ? 1u : 2u) && regions >= 2;
}

TEST(every_set_is_counted)
{
    struct stage t;
    char codes[9], other[9];

    open_stage(&t, "2026-11-22T12:00:00Z");
    for (unsigned set = 1; set < SETS; set++) {
        bool enough;

        codes_of(set, codes);
        enough = is_enough(&t, codes, 0);
        ROW_TRUE(enough == should_be_enough(codes, 4), codes);
        reverse(codes, other);
        ROW_TRUE(is_enough(&t, other, 0) == enough, codes); /* order never matters */
        if (set % 97 == 0) {
            scene_close(&t.s);
            cx_buf_done(&t.body);
            open_stage(&t, "2026-11-22T12:00:00Z");
        }
    }
    close_stage(&t);
}

/* A perspective that is on no list, or that denies once there are enough of them, helps nobody. */
TEST(what_does_not_corroborate_never_helps)
{
    struct stage t;
    char codes[9], more[11];

    open_stage(&t, "2026-11-22T12:00:00Z");
    for (unsigned set = 1; set < SETS; set += 5) {
        bool enough;

        codes_of(set, codes);
        enough = is_enough(&t, codes, 0);
        (void)snprintf(more, sizeof(more), "%sx",
                       codes); /* says that it permits, and is not known */
        ROW_TRUE(enough || !is_enough(&t, more, 0), more);
        (void)snprintf(more, sizeof(more), "%sG", codes);
        if (!enough && strpbrk(codes, "gG") == NULL && corroborate(&t, codes, 0)->is.n_used >= 4) {
            ROW_TRUE(!is_enough(&t, more, 0), more);
        }
        if (set % 97 == 0) {
            close_stage(&t);
            open_stage(&t, "2026-11-22T12:00:00Z");
        }
    }
    close_stage(&t);
}

/* TEST R-MPIC-6: the used set is what was started. */
TEST(what_is_left_out_is_missed)
{
    struct stage t;
    char codes[9];

    open_stage(&t, "2026-11-22T12:00:00Z");
    for (unsigned set = 1; set < SETS; set += 7) {
        unsigned n;

        codes_of(set, codes);
        n = (unsigned)strlen(codes);
        for (unsigned i = 0; i < n; i++) {
            char left[9];

            (void)snprintf(left, sizeof(left), "%.*s%s", (int)i, codes, codes + i + 1);
            if (left[0] != '\0') {
                ROW_TRUE(!is_enough(&t, left, n), left);
            }
        }
        if (set % 97 == 0) {
            close_stage(&t);
            open_stage(&t, "2026-11-22T12:00:00Z");
        }
    }
    assert_int_equal(corroborate(&t, "abcd", 6)->is.n_used, 6);
    assert_string_equal(t.c.lacks, "perspectives that were started have no result");
    close_stage(&t);
}

/* TEST R-MPIC-4: the primary comes first. */
TEST(nothing_corroborates_what_the_primary_denies)
{
    struct stage t;

    open_stage(&t, "2026-11-22T12:00:00Z");
    assert_true(is_enough(&t, "abcde", 0));
    t.s.f.verdict = CX_VERDICT_DENY;
    assert_false(is_enough(&t, "abcde", 0));
    t.s.f.verdict = CX_VERDICT_UNSET;
    assert_false(is_enough(&t, "abcde", 0));
    close_stage(&t);
}

/* ---- forms of one response. %s: what replaces a part of a good one. */

static enum cx_remote_reason
reason_after(struct stage *t, const char *from, const char *to)
{
    struct cx_buf whole;
    const char *at;

    mpic_body(&t->body, "abcde", 5);
    cx_buf_putc(&t->body, '\0');
    at = strstr(t->body.p, from);
    assert_non_null(at);
    cx_buf_init(&whole, CX_MPIC_BODY_MAX);
    cx_buf_put(&whole, (cx_str){ t->body.p, (size_t)(at - t->body.p) });
    cx_buf_puts(&whole, to);
    cx_buf_puts(&whole, at + strlen(from));
    cx_buf_clear(&t->body);
    cx_buf_put(&t->body, cx_buf_str(&whole));
    cx_buf_done(&whole);
    (void)corroborate_body(t);
    return t->c.n_remotes == 0 ? CX_REMOTE_UNSET : t->c.remotes[0].reason;
}

/* TEST R-OMPIC-2, R-OMPIC-4, R-OMPIC-5, R-OMPIC-6 */
TEST(one_result_in_every_form)
{
    static const char set[] = "\"records_seen\":[\"0 issue \\\"ca.example.net\\\"\"]";
    static const char time[] = "\"timestamp_ns\":1795348799000000000";
    static const char nested[] = "\"check_response\":{";
    static const struct {
        const char *from, *to;
        enum cx_remote_reason reason;
    } rows[] = {
        { "", "", CX_REMOTE_IS_PERMITS },
        { set, "\"records_seen\":\"0 issue ca.example.net\"", CX_REMOTE_IS_PERMITS },
        { set, "\"records_seen\":\"0 issue ca.example.net\\n0 iodef \\\"mailto:a@d.test\\\"\"",
          CX_REMOTE_IS_PERMITS },
        { set, "\"records_seen\":[\"\\\\# 21 00056973737565\"]", CX_REMOTE_IS_UNREADABLE },
        { set, "\"records_seen\":[\"0 issue \\\"ca.example.net; accounturi=x:other\\\"\"]",
          CX_REMOTE_IS_PROHIBITS },
        { set, "\"records_seen\":[\"0 issue \\\"ca.example.net\\\"\",\"128 tbs \\\"x\\\"\"]",
          CX_REMOTE_IS_PROHIBITS },
        { set, "\"records_seen\":[7]", CX_REMOTE_IS_UNREADABLE },
        { set, "\"records_seen\":[]", CX_REMOTE_IS_CLAIM },
        { set, "\"records_seen\":null", CX_REMOTE_IS_CLAIM },
        { "\"caa_record_present\":true", "\"caa_record_present\":false", CX_REMOTE_IS_UNREADABLE },
        { "\"found_at\":\"d.test\"", "\"found_at\":\"other.test\"", CX_REMOTE_IS_UNREADABLE },
        { "\"found_at\":\"d.test\"", "\"found_at\":\".\"", CX_REMOTE_IS_UNREADABLE },
        { "\"found_at\":\"d.test\"", "\"found_at\":null", CX_REMOTE_IS_PERMITS },
        { "\"check_passed\":true", "\"check_passed\":false", CX_REMOTE_IS_PERMITS },
        { "\"check_passed\":true", "\"check_passed\":null", CX_REMOTE_IS_UNREADABLE },
        { "\"check_completed\":true", "\"check_completed\":false", CX_REMOTE_IS_FAILED },
        { "\"check_completed\":true", "\"check_completed\":null", CX_REMOTE_IS_FAILED },
        { "\"check_completed\":true,", "", CX_REMOTE_IS_PERMITS },
        { "\"check_completed\":true,", "\"errors\":[{\"error_type\":\"x\"}],",
          CX_REMOTE_IS_FAILED },
        { "\"check_completed\":true", "\"errors\":null,\"check_completed\":true",
          CX_REMOTE_IS_PERMITS },
        { time, "\"timestamp_ns\":null", CX_REMOTE_IS_STALE },
        { time, "\"timestamp_ns\":-1", CX_REMOTE_IS_STALE },
        { time, "\"timestamp_ns\":1795320000000000000", CX_REMOTE_IS_PERMITS },
        { time, "\"timestamp_ns\":1795319999999999999", CX_REMOTE_IS_STALE },
        { time, "\"timestamp_ns\":1795348860999999999", CX_REMOTE_IS_PERMITS },
        { time, "\"timestamp_ns\":1795348861000000000", CX_REMOTE_IS_STALE },
        { nested, "\"check_response\":null,\"x\":{", CX_REMOTE_IS_UNREADABLE },
        { "\"perspective_code\"", "\"perspective\"", CX_REMOTE_IS_PERMITS },
        { "\"perspective_code\":\"a\"", "\"perspective_code\":null", CX_REMOTE_IS_UNKNOWN },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct stage t;

        open_stage(&t, "2026-11-22T12:00:00Z");
        ROW_TRUE(reason_after(&t, rows[i].from, rows[i].to) == rows[i].reason, rows[i].to);
        ROW_TRUE(t.c.lacks == NULL, rows[i].to); /* four others permit */
        close_stage(&t);
    }
}

/* TEST R-OMPIC-3, R-OMPIC-6 */
TEST(whole_responses_that_are_no_evidence)
{
    static const struct {
        const char *from, *to, *fault;
    } rows[] = {
        { "\"quorum_count\":1", "\"quorum_count\":0", "no perspective need agree" },
        { "\"mpic_completed\":true", "\"mpic_completed\":false", "not completed" },
        { "www.d.test", "d.test", "another name" },
        { "\"caa\"", "\"dcv\"", "something else" },
        { "\"check_type\"", "\"error\":\"x\",\"check_type\"", "refused the request" },
        { "\"domain_or_ip_target\"", "\"target\"", "without domain_or_ip_target" },
        { "\"perspectives\"", "\"seen\"", "without perspectives" },
        { "]}", "]", "" },
        { "{\"check_type\"", "[{\"check_type\"", "" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct stage t;

        open_stage(&t, "2026-11-22T12:00:00Z");
        (void)reason_after(&t, rows[i].from, rows[i].to);
        ROW_TRUE(t.c.lacks != NULL && t.c.fault.n != 0 && t.c.n_remotes == 0, rows[i].to);
        ROW_TRUE(strstr(t.c.fault.p, rows[i].fault) != NULL, t.c.fault.p);
        close_stage(&t);
    }
}

/* ---- kept and read again */

static struct cx_supplied_name
supplied_for(const char *name, const cx_str *bodies, size_t n)
{
    return (struct cx_supplied_name){ cx_str_of(name), bodies, n };
}

TEST(what_was_supplied_is_read_as_it_was_written)
{
    const cx_str bodies[] = { CX_STR("{}"), CX_STR("not JSON \xff") };
    const struct cx_supplied_name names[] = { supplied_for("*.d.test", bodies, 1),
                                              supplied_for("d.test", bodies, 2) };
    const struct cx_supplied_name turned[] = { names[1], names[0] },
                                  twice[] = { names[0], names[0] };
    struct cx_supplied supplied = { names, 2 }, again;
    struct cx_arena arena;
    struct cx_buf buf;

    cx_arena_init(&arena, 1 << 20);
    cx_buf_init(&buf, CX_RECORD_MAX);
    assert_true(cx_ok(cx_supplied_encode(&supplied, &buf)));
    assert_true(cx_ok(cx_supplied_decode(cx_span_of_str(cx_buf_str(&buf)), &arena, &again, NULL)));
    assert_int_equal(again.n, 2);
    assert_true(cx_str_equal(again.v[1].bodies[1], bodies[1]));
    assert_ptr_equal(cx_supplied_find(&again, CX_STR("d.test")), &again.v[1]);
    assert_null(cx_supplied_find(&again, CX_STR("test")));
    for (size_t n = 0; n < buf.n; n++) { /* cut off anywhere it is none */
        assert_false(
            cx_ok(cx_supplied_decode((cx_span){ (uint8_t *)buf.p, n }, &arena, &again, NULL)));
    }
    for (size_t i = 0; i < 2; i++) {
        supplied.v = i == 0 ? turned : twice;
        cx_buf_clear(&buf);
        assert_true(cx_ok(cx_supplied_encode(&supplied, &buf)));
        assert_false(
            cx_ok(cx_supplied_decode(cx_span_of_str(cx_buf_str(&buf)), &arena, &again, NULL)));
    }
    cx_buf_done(&buf);
    cx_arena_done(&arena);
}

TEST(a_list_is_read_as_it_was_written)
{
    struct cx_perspectives again;
    struct cx_arena arena;
    struct cx_buf buf, second;

    cx_arena_init(&arena, 1 << 20);
    cx_buf_init(&buf, CX_RECORD_MAX);
    cx_buf_init(&second, CX_RECORD_MAX);
    assert_true(cx_ok(cx_perspectives_encode(&mpic_list, &buf)));
    assert_true(
        cx_ok(cx_perspectives_decode(cx_span_of_str(cx_buf_str(&buf)), &arena, &again, NULL)));
    assert_int_equal(again.n, mpic_list.n);
    assert_true(cx_ok(cx_perspectives_encode(&again, &second)));
    assert_true(cx_str_equal(cx_buf_str(&buf), cx_buf_str(&second)));
    for (size_t n = 0; n < buf.n; n++) {
        assert_false(
            cx_ok(cx_perspectives_decode((cx_span){ (uint8_t *)buf.p, n }, &arena, &again, NULL)));
    }
    cx_buf_done(&buf);
    cx_buf_done(&second);
    cx_arena_done(&arena);
}

static const struct CMUnitTest table[] = {
    cmocka_unit_test(every_set_is_counted),
    cmocka_unit_test(what_does_not_corroborate_never_helps),
    cmocka_unit_test(what_is_left_out_is_missed),
    cmocka_unit_test(nothing_corroborates_what_the_primary_denies),
    cmocka_unit_test(one_result_in_every_form),
    cmocka_unit_test(whole_responses_that_are_no_evidence),
    cmocka_unit_test(what_was_supplied_is_read_as_it_was_written),
    cmocka_unit_test(a_list_is_read_as_it_was_written),
};

TEST_MAIN(table)
