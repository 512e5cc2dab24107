#include "base/alloc.h"
#include "build.h"
#include "evidence/witness.h"
#include "log.h"
#include "main.h"

#include <stdio.h>

#define ORIGIN "log.ca.example/caa-evidence"

/* ---- a log of up to 8 entries, as in the vectors, and a witness */

static cx_status
get_hash(void *ctx, unsigned level, uint64_t index, struct cx_hash *ret)
{
    struct cx_hash v[8];
    size_t n = (size_t)1 << level;

    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        char entry[] = "{\"n\":0}";

        entry[5] = (char)('0' + (int)(index * n + i));
        CX_TRY(cx_hash_leaf(bytes_of(entry), &v[i]));
    }
    for (; n > 1; n /= 2) {
        for (size_t i = 0; i < n / 2; i++) {
            CX_TRY(cx_hash_node(&v[2 * i], &v[2 * i + 1], &v[i]));
        }
    }
    *ret = v[0];
    return CX_SUCCESS;
}

static const struct cx_hashes hashes = { .get = get_hash };

static struct cx_hash
root_of(uint64_t size)
{
    struct cx_hash ret;

    assert_true(cx_ok(cx_tree_root(&hashes, size, &ret)));
    return ret;
}

/* A checkpoint that the log signed. */
static struct text
signed_checkpoint(const char *origin, uint64_t size, const struct cx_hash *root)
{
    struct cx_ed25519_key *private_key = private_key_from(0);
    const struct cx_checkpoint checkpoint = { cx_str_of(origin), size, *root };
    const struct cx_note_key key = log_key();
    struct text ret = { .n = 0 };
    struct cx_buf buf;
    size_t n;

    cx_buf_init(&buf, sizeof(ret.p));
    cx_checkpoint_write(&checkpoint, &buf);
    n = buf.n;
    cx_buf_putc(&buf, '\n');
    assert_true(cx_ok(cx_note_sign((cx_str){ buf.p, n }, &key, private_key, 0, &buf, NULL)));
    memcpy(ret.p, buf.p, buf.n);
    ret.n = buf.n;
    cx_buf_done(&buf);
    cx_ed25519_free(private_key);
    return ret;
}

/* The body that leads the witness from one size to the other. */
static struct text
body_of(uint64_t from, uint64_t size)
{
    struct cx_hash root = root_of(size);
    struct text checkpoint = signed_checkpoint(ORIGIN, size, &root), ret = { .n = 0 };
    struct cx_witness_request request = { .old_size = from, .checkpoint = span_of(&checkpoint) };
    struct cx_buf buf;

    assert_true(cx_ok(cx_tree_consistency(&hashes, from, size, &request.path)));
    cx_buf_init(&buf, sizeof(ret.p));
    cx_witness_request_write(&request, &buf);
    assert_true(cx_buf_ok(&buf));
    memcpy(ret.p, buf.p, buf.n);
    ret.n = buf.n;
    cx_buf_done(&buf);
    return ret;
}

/* What a witness decides that has the log at that size. */
static struct cx_witness_verdict
verdict_at(uint64_t size, const struct text *body)
{
    const struct cx_note_key key = log_key();
    const struct cx_witness_log logs[] = {
        { .origin = CX_STR_INIT("other.example"), .keys = &key, .n_keys = 1, .size = size },
        { .origin = CX_STR_INIT(ORIGIN),
          .keys = &key,
          .n_keys = 1,
          .size = size,
          .root = size == 0 ? (struct cx_hash){ { 0x77 } } : root_of(size) },
    };
    struct cx_witness_verdict ret;
    struct cx_arena arena;

    cx_arena_init(&arena, (size_t)1 << 20);
    assert_true(cx_ok(cx_witness_judge(logs, CX_COUNT(logs), span_of(body), &arena, &ret)));
    cx_arena_done(&arena);
    assert_true(ret.status != CX_WITNESS_UNSET && ret.why != NULL);
    assert_true(ret.log == NULL || ret.log == &logs[1]);
    assert_true(!ret.is_fork || ret.status == CX_WITNESS_UNPROVED);
    return ret;
}

static enum cx_witness_status
status_at(uint64_t size, const struct text *body)
{
    return verdict_at(size, body).status;
}

/* ---- bodies */

TEST(the_vector_is_read_and_written)
{
    struct text file = log_file("add-checkpoint"), made = body_of(3, 7);
    struct cx_witness_request request;
    struct cx_buf buf;

    assert_int_equal(made.n, file.n);
    assert_memory_equal(made.p, file.p, file.n);
    assert_true(cx_ok(cx_witness_request_parse(span_of(&file), &request, NULL)));
    assert_true(request.old_size == 3 && request.path.n == 4);
    cx_buf_init(&buf, CX_WITNESS_OCTETS_MAX);
    cx_witness_request_write(&request, &buf);
    assert_true(cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), span_of(&file)));
    cx_buf_done(&buf);
}

TEST(other_bodies_are_malformed)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        { "old 3\n", "" },
        { "old 3\n", "\n" },
        { "old 3\n", "old\n" },
        { "old 3\n", "old \n" },
        { "old 3\n", "old 03\n" },
        { "old 3\n", "old -3\n" },
        { "old 3\n", "old 3\r\n" },
        { "old 3\n", "old 3 \n" },
        { "old 3\n", "Old 3\n" },
        { "old 3\n", "old 9223372036854775808\n" },
        { "oyI=\n", "oyI\n" },
        { "oyI=\n", "oyJ=\n" },
        { "oyI=\n", "oyI= \n" },
        { "oyI=\n", "oyI=\r\n" },
        { "jVw=\n\n", "jVw=\n" },
        { "log.ca.example/caa-evidence\n7", "log.ca.example/caa-evidence\n07" },
        { "— log", "- log" },
        { "e54=\n\n", "e54=\n\n\n" },
    };
    struct text body = log_file("add-checkpoint");

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct text other = replaced(&body, rows[i].from, rows[i].to);

        ROW_TRUE(status_at(3, &other) == CX_WITNESS_MALFORMED, rows[i].to);
    }
    for (size_t n = 0; n < body.n; n++) { /* cut */
        struct text other = body;

        other.n = n;
        assert_int_equal(status_at(3, &other), CX_WITNESS_MALFORMED);
    }
}

TEST(limits_of_a_body)
{
    struct cx_witness_request request = { .path.n = CX_PATH_MAX, .checkpoint = bytes_of("x") }, got;
    struct cx_buf buf;

    cx_buf_init(&buf, CX_WITNESS_OCTETS_MAX + 1);
    cx_witness_request_write(&request, &buf);
    assert_true(cx_ok(cx_witness_request_parse(cx_span_of_str(cx_buf_str(&buf)), &got, NULL)));
    while (buf.n <= CX_WITNESS_OCTETS_MAX) {
        cx_buf_putc(&buf, 'x');
    }
    assert_int_equal(cx_witness_request_parse(cx_span_of_str(cx_buf_str(&buf)), &got, NULL).code,
                     CX_E_LIMIT);
    cx_buf_clear(&buf);
    cx_buf_puts(&buf, "old 1\n");
    for (size_t i = 0; i <= CX_PATH_MAX; i++) {
        cx_buf_puts(&buf, "vQBwrL3GeaJM9EYVhBSD+/zBiroArk2+KgxUrybL2fo=\n");
    }
    cx_buf_puts(&buf, "\nx");
    assert_int_equal(cx_witness_request_parse(cx_span_of_str(cx_buf_str(&buf)), &got, NULL).code,
                     CX_E_PROOF);
    cx_buf_clear(&buf);
    request.path.n++;
    cx_witness_request_write(&request, &buf);
    assert_false(cx_buf_ok(&buf));
    cx_buf_clear(&buf);
    request = (struct cx_witness_request){ .old_size = 1 };
    cx_witness_request_write(&request, &buf); /* without checkpoint */
    assert_false(cx_buf_ok(&buf));
    cx_buf_done(&buf);
}

TEST(sizes_of_a_conflict)
{
    static const char *const bad[] = { "",     "7",     "\n",
                                       "07\n", "7\n\n", "7\n7\n",
                                       " 7\n", "7\r\n", "9223372036854775808\n" };
    struct cx_buf buf;
    uint64_t size = 1;

    cx_buf_init(&buf, 100);
    cx_witness_size_write(INT64_MAX, &buf);
    assert_true(cx_str_equal(cx_buf_str(&buf), CX_STR("9223372036854775807\n")));
    assert_true(cx_ok(cx_witness_size_parse(cx_span_of_str(cx_buf_str(&buf)), &size)));
    assert_true(size == INT64_MAX);
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        ROW_TRUE(cx_witness_size_parse(bytes_of(bad[i]), &size).code == CX_E_PROOF, bad[i]);
    }
    assert_true(size == INT64_MAX);
    cx_buf_done(&buf);
}

/* ---- verdicts */

TEST(every_growth_is_cosigned)
{
    for (uint64_t from = 0; from <= 8; from++) {
        for (uint64_t size = from; size <= 8; size++) {
            struct text body = body_of(from, size);
            struct cx_witness_verdict v = verdict_at(from, &body);

            assert_int_equal(v.status, CX_WITNESS_COSIGNS);
            assert_true(v.checkpoint.size == size && v.log != NULL && !v.is_fork);
            assert_true(v.text.n != 0 && memcmp(v.text.p, ORIGIN "\n", sizeof(ORIGIN)) == 0);
        }
    }
}

TEST(an_unknown_origin_is_not_found)
{
    struct text body = body_of(3, 7);
    struct text other = replaced(&body, ORIGIN "\n7", ORIGIN "x\n7");

    assert_int_equal(status_at(3, &other), CX_WITNESS_UNKNOWN);
    assert_null(verdict_at(3, &other).log);
}

TEST(a_checkpoint_that_the_log_did_not_sign_is_forbidden)
{
    struct text body = body_of(3, 7);
    struct text other_size = replaced(&body, ORIGIN "\n7", ORIGIN "\n8");
    struct text other_name = replaced(&body, "— log", "— fog");
    struct text other_signature = replaced(&body, "/kePPTW", "/kfPPTW");

    assert_int_equal(status_at(3, &other_size), CX_WITNESS_UNSIGNED);
    assert_int_equal(status_at(3, &other_name), CX_WITNESS_UNSIGNED);
    assert_int_equal(status_at(3, &other_signature), CX_WITNESS_UNSIGNED);
    assert_true(verdict_at(3, &other_signature).text.n == 0);
}

TEST(an_old_size_above_the_new_one_is_malformed)
{
    struct text body = body_of(3, 7);
    struct text other = replaced(&body, "old 3", "old 8");

    assert_int_equal(status_at(3, &other), CX_WITNESS_MALFORMED);
    assert_int_equal(status_at(8, &other), CX_WITNESS_MALFORMED);
}

TEST(another_old_size_is_a_conflict)
{
    struct text body = body_of(3, 7);

    for (uint64_t size = 0; size <= 8; size++) {
        assert_int_equal(status_at(size, &body),
                         size == 3 ? CX_WITNESS_COSIGNS : CX_WITNESS_OTHER_SIZE);
    }
    assert_int_equal(verdict_at(5, &body).log->size, 5);
}

TEST(a_wrong_proof_is_refused)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        { "PR3ndt8IbBrp9wSdK7DAR1rRQYX5h+Bk6NENyy20oyI=\n", "" },
        { "LdgcWRHnNMaadFY22ZkAO1Qh7iBxBzbI0iRUtULajVw=\n", "" },
        { "jVw=\n", "jVw=\nLdgcWRHnNMaadFY22ZkAO1Qh7iBxBzbI0iRUtULajVw=\n" },
        { "\nPR3", "\nPS3" },
        { "\nLdg", "\nLdh" },
    };
    struct text body = body_of(3, 7);

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct text other = replaced(&body, rows[i].from, rows[i].to);
        struct cx_witness_verdict v = verdict_at(3, &other);

        ROW_TRUE(v.status == CX_WITNESS_UNPROVED && !v.is_fork, rows[i].to);
    }
}

/* From nothing, and from a size to itself, there is nothing to prove. */
TEST(a_proof_where_none_belongs_is_refused)
{
    static const char hash[] = "LdgcWRHnNMaadFY22ZkAO1Qh7iBxBzbI0iRUtULajVw=\n";
    struct text first = body_of(0, 7), same = body_of(7, 7);
    char to[100];

    assert_true(snprintf(to, sizeof(to), "old 0\n%s", hash) > 0);
    first = replaced(&first, "old 0\n", to);
    assert_int_equal(status_at(0, &first), CX_WITNESS_UNPROVED);
    assert_true(snprintf(to, sizeof(to), "old 7\n%s", hash) > 0);
    same = replaced(&same, "old 7\n", to);
    assert_int_equal(status_at(7, &same), CX_WITNESS_UNPROVED);
    assert_false(verdict_at(7, &same).is_fork);
}

static struct text
body_with_root(uint64_t size, const struct cx_hash *root)
{
    struct text checkpoint = signed_checkpoint(ORIGIN, size, root), ret = { .n = 0 };

    ret.n = (size_t)snprintf(ret.p, sizeof(ret.p), "old %d\n\n%.*s", (int)size, (int)checkpoint.n,
                             checkpoint.p);
    return ret;
}

TEST(two_roots_of_one_size_are_a_fork)
{
    struct cx_hash wrong = { { 1 } };
    struct text body = body_with_root(7, &wrong);

    assert_int_equal(status_at(7, &body), CX_WITNESS_UNPROVED);
    assert_true(verdict_at(7, &body).is_fork);
    assert_true(verdict_at(7, &body).text.n != 0); /* what the log signed, to show around */
}

TEST(a_tree_of_none_has_one_root)
{
    struct cx_hash wrong = { { 1 } }, none = root_of(0);
    struct text body = body_with_root(0, &wrong), good = body_with_root(0, &none);

    assert_int_equal(status_at(0, &body), CX_WITNESS_UNPROVED);
    assert_int_equal(status_at(0, &good), CX_WITNESS_COSIGNS);
}

TEST(a_verdict_survives_every_oom)
{
    const struct cx_note_key key = log_key();
    const struct cx_witness_log log = {
        .origin = CX_STR_INIT(ORIGIN), .keys = &key, .n_keys = 1, .size = 3, .root = root_of(3)
    };
    struct text body = body_of(3, 7);
    size_t seen = 0;

    for (size_t nth = 1; seen + 1 >= nth; nth++) {
        struct cx_witness_verdict v = { .status = CX_WITNESS_UNSET };
        struct cx_arena arena;
        cx_status s;

        cx_arena_init(&arena, (size_t)1 << 20);
        (void)cx_alloc_fail_nth(nth);
        s = cx_witness_judge(&log, 1, span_of(&body), &arena, &v);
        seen = cx_alloc_fail_nth(0);
        assert_int_equal(s.code, nth <= seen ? CX_E_NOMEM : CX_OK);
        assert_int_equal(v.status, nth <= seen ? CX_WITNESS_UNSET : CX_WITNESS_COSIGNS);
        cx_arena_done(&arena);
    }
    assert_true(seen != 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_vector_is_read_and_written),
    cmocka_unit_test(other_bodies_are_malformed),
    cmocka_unit_test(limits_of_a_body),
    cmocka_unit_test(sizes_of_a_conflict),
    cmocka_unit_test(every_growth_is_cosigned),
    cmocka_unit_test(an_unknown_origin_is_not_found),
    cmocka_unit_test(a_checkpoint_that_the_log_did_not_sign_is_forbidden),
    cmocka_unit_test(an_old_size_above_the_new_one_is_malformed),
    cmocka_unit_test(another_old_size_is_a_conflict),
    cmocka_unit_test(a_wrong_proof_is_refused),
    cmocka_unit_test(a_proof_where_none_belongs_is_refused),
    cmocka_unit_test(two_roots_of_one_size_are_a_fork),
    cmocka_unit_test(a_tree_of_none_has_one_root),
    cmocka_unit_test(a_verdict_survives_every_oom),
};

TEST_MAIN(tests)
