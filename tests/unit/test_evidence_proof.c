#include "base/alloc.h"
#include "build.h"
#include "evidence/proof.h"
#include "log.h"
#include "main.h"

/* What a verifier makes of a proof file for an entry. */
static bool
proves(cx_span octets, cx_span entry)
{
    struct cx_note_key key = log_key();
    struct cx_note_signer signer;
    struct cx_signed_note note;
    struct cx_checkpoint checkpoint;
    struct cx_tlog_proof proof;
    struct cx_hash leaf, root;
    struct cx_arena arena;
    size_t n;
    bool ret;

    cx_arena_init(&arena, (size_t)1 << 20);
    ret = cx_ok(cx_proof_parse(octets, &arena, &proof, NULL)) &&
          cx_ok(cx_note_parse(proof.checkpoint, &arena, &note, NULL)) &&
          cx_ok(cx_note_verify(&note, &key, 1, &signer, &n, NULL)) &&
          cx_ok(cx_checkpoint_parse(note.text, &checkpoint, NULL)) &&
          cx_ok(cx_hash_leaf(entry, &leaf)) &&
          cx_ok(cx_inclusion_root(&leaf, proof.index, checkpoint.size, &proof.path, &root)) &&
          cx_hash_equal(&root, &checkpoint.root);
    cx_arena_done(&arena);
    return ret;
}

static enum cx_code
code_of(cx_span octets)
{
    struct cx_detail detail = { .text = "" };
    struct cx_tlog_proof proof = { .index = 77 };
    struct cx_arena arena;
    cx_status s;

    cx_arena_init(&arena, (size_t)4 << 20);
    s = cx_proof_parse(octets, &arena, &proof, &detail);
    assert_true(cx_ok(s) || (proof.index == 77 && detail.text[0] != '\0'));
    cx_arena_done(&arena);
    return s.code;
}

TEST(the_vector_proves_its_entry_and_no_other)
{
    struct text file = log_file("entry-5.tlog-proof");

    assert_true(proves(span_of(&file), bytes_of("{\"n\":5}")));
    assert_false(proves(span_of(&file), bytes_of("{\"n\":4}")));
    assert_false(proves(span_of(&file), bytes_of("{\"n\":5} ")));
}

TEST(the_vector_is_written_octet_by_octet)
{
    struct text file = log_file("entry-5.tlog-proof");
    struct cx_tlog_proof proof;
    struct cx_arena arena;
    struct cx_buf buf;

    cx_arena_init(&arena, 100000);
    assert_true(cx_ok(cx_proof_parse(span_of(&file), &arena, &proof, NULL)));
    assert_true(!proof.has_extra && proof.index == 5 && proof.path.n == 3);
    cx_buf_init(&buf, CX_PROOF_OCTETS_MAX);
    cx_proof_write(&proof, &buf);
    assert_true(cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), span_of(&file)));
    cx_buf_done(&buf);
    cx_arena_done(&arena);
}

/* Hashes left out, put in, exchanged; another index; a tree that is smaller. */
TEST(changed_proofs_prove_nothing)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        { "index 5", "index 4" },
        { "index 5", "index 7" },
        { "index 5", "index 13" },
        { "index 5", "index 9223372036854775807" },
        { "Z8vzSda05Mr0MKlnUcpTIhRBTC+Mn3xWervD5S8t85E=\n", "" },
        { "vQBwrL3GeaJM9EYVhBSD+/zBiroArk2+KgxUrybL2fo=\n", "" },
        { "index 5\n", "index 5\nZ8vzSda05Mr0MKlnUcpTIhRBTC+Mn3xWervD5S8t85E=\n" },
        { "L2fo=\n", "L2fo=\nvQBwrL3GeaJM9EYVhBSD+/zBiroArk2+KgxUrybL2fo=\n" },
        { "Z8vzSda05Mr0MKlnUcpTIhRBTC+Mn3xWervD5S8t85E=\n"
          "twd0fosJ36rGfSxIXhIv1/ZKN3lC+V+dsHff086jEnM=\n",
          "twd0fosJ36rGfSxIXhIv1/ZKN3lC+V+dsHff086jEnM=\n"
          "Z8vzSda05Mr0MKlnUcpTIhRBTC+Mn3xWervD5S8t85E=\n" },
        { "\n7\n", "\n8\n" },
    };
    struct text file = log_file("entry-5.tlog-proof");

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct text other = replaced(&file, rows[i].from, rows[i].to);

        ROW_TRUE(code_of(span_of(&other)) == CX_OK, rows[i].to);
        ROW_TRUE(!proves(span_of(&other), bytes_of("{\"n\":5}")), rows[i].to);
    }
}

/* With the log's key alone, what is behind its line does not matter. */
TEST(no_bit_can_be_flipped)
{
    struct text file = log_file("entry-5.tlog-proof");
    const char *witness = memmem(file.p, file.n, "— witness", strlen("— witness"));

    assert_non_null(witness);
    for (size_t bit = 0; bit < 8 * (size_t)(witness - file.p); bit++) {
        struct text other = file;

        other.p[bit / 8] = (char)(other.p[bit / 8] ^ 1 << bit % 8);
        assert_false(proves(span_of(&other), bytes_of("{\"n\":5}")));
    }
}

TEST(other_forms_are_refused)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        { "@v1\n", "@v2\n" },
        { "@v1\n", "@v1\r\n" },
        { "@v1\n", "@v1 \n" },
        { "c2sp", "\nc2sp" },
        { "index 5\n", "" },
        { "index 5\n", "index 05\n" },
        { "index 5\n", "index -5\n" },
        { "index 5\n", "index 5\r\n" },
        { "index 5\n", "index 5 \n" },
        { "index 5\n", "index  5\n" },
        { "index 5\n", "index \n" },
        { "index 5\n", "index\n" },
        { "index 5\n", "Index 5\n" },
        { "index 5\n", "index 9223372036854775808\n" },
        { "index 5\n", "index 5\nindex 5\n" },
        { "index 5\n", "index 5\nextra Zm9v\n" }, /* behind it */
        { "index 5\n", "extra\nindex 5\n" },
        { "index 5\n", "extra \nindex 5\n" }, /* nothing is no extra data */
        { "index 5\n", "extra Zm9\nindex 5\n" },
        { "index 5\n", "extra Zm9v \nindex 5\n" },
        { "index 5\n", "extra Zg=\nindex 5\n" },
        { "index 5\n", "extra Zh==\nindex 5\n" },
        { "index 5\n", "extra Zm9v\nextra Zm9v\nindex 5\n" },
        { "index 5\n", "other Zm9v\nindex 5\n" },
        { "85E=\n", "85E\n" },
        { "85E=\n", "85E==\n" },
        { "85E=\n", "85F=\n" },
        { "85E=\n", "85E=\r\n" },
        { "85E=\n", "85E= \n" },
        { "85E=\n", "8w==\n" },
        { "L2fo=\n\n", "L2fo=\n" },
    };
    struct text file = log_file("entry-5.tlog-proof");

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct text other = replaced(&file, rows[i].from, rows[i].to);

        ROW_TRUE(code_of(span_of(&other)) == CX_E_PROOF, rows[i].to);
    }
}

/* Up to the checkpoint, whose end is the note's matter. */
TEST(a_proof_that_is_cut_is_refused)
{
    struct text file = log_file("entry-5.tlog-proof");
    const char *checkpoint = memmem(file.p, file.n, "\n\nlog", 5);

    assert_non_null(checkpoint);
    for (size_t n = 0; n <= (size_t)(checkpoint + 2 - file.p); n++) {
        assert_int_equal(code_of((cx_span){ (const uint8_t *)file.p, n }), CX_E_PROOF);
    }
}

TEST(extra_octets_come_back)
{
    static const uint8_t extra[] = { 0, 1, 0xff, '\n', 0 };
    struct cx_tlog_proof proof = { .has_extra = true,
                                   .extra = { extra, sizeof(extra) },
                                   .index = 0,
                                   .checkpoint = bytes_of("x") },
                         got;
    struct cx_arena arena;
    struct cx_buf buf;

    cx_arena_init(&arena, 100000);
    cx_buf_init(&buf, 1000);
    cx_proof_write(&proof, &buf);
    assert_true(cx_str_equal(cx_buf_str(&buf),
                             CX_STR("c2sp.org/tlog-proof@v1\nextra AAH/CgA=\nindex 0\n\nx")));
    assert_true(cx_ok(cx_proof_parse(cx_span_of_str(cx_buf_str(&buf)), &arena, &got, NULL)));
    assert_true(got.has_extra && cx_span_equal(got.extra, proof.extra) && got.path.n == 0);
    cx_buf_done(&buf);
    cx_arena_done(&arena);
}

TEST(what_no_file_can_say_is_not_written)
{
    struct cx_tlog_proof no_extra = { .has_extra = true, .checkpoint = bytes_of("x") };
    struct cx_tlog_proof no_checkpoint = { .index = 1 };
    struct cx_tlog_proof long_path = { .path.n = CX_PATH_MAX + 1, .checkpoint = bytes_of("x") };
    struct cx_buf buf;

    cx_buf_init(&buf, 10000);
    cx_proof_write(&no_extra, &buf);
    assert_false(cx_buf_ok(&buf));
    cx_buf_clear(&buf);
    cx_proof_write(&no_checkpoint, &buf);
    assert_false(cx_buf_ok(&buf));
    cx_buf_clear(&buf);
    cx_proof_write(&long_path, &buf);
    assert_false(cx_buf_ok(&buf));
    cx_buf_done(&buf);
}

TEST(limits_of_a_proof)
{
    struct cx_tlog_proof proof = { .path.n = CX_PATH_MAX, .checkpoint = bytes_of("x") };
    struct cx_buf buf;

    cx_buf_init(&buf, CX_PROOF_OCTETS_MAX + 1);
    cx_proof_write(&proof, &buf);
    assert_int_equal(code_of(cx_span_of_str(cx_buf_str(&buf))), CX_OK);
    cx_buf_clear(&buf);
    cx_buf_puts(&buf, "c2sp.org/tlog-proof@v1\nindex 0\n");
    for (size_t i = 0; i <= CX_PATH_MAX; i++) {
        cx_buf_puts(&buf, "vQBwrL3GeaJM9EYVhBSD+/zBiroArk2+KgxUrybL2fo=\n");
    }
    cx_buf_puts(&buf, "\nx");
    assert_int_equal(code_of(cx_span_of_str(cx_buf_str(&buf))), CX_E_PROOF);
    cx_buf_clear(&buf);
    cx_proof_write(&proof, &buf);
    while (buf.n < CX_PROOF_OCTETS_MAX) {
        cx_buf_putc(&buf, 'x');
    }
    assert_int_equal(code_of(cx_span_of_str(cx_buf_str(&buf))), CX_OK);
    cx_buf_putc(&buf, 'x');
    assert_int_equal(code_of(cx_span_of_str(cx_buf_str(&buf))), CX_E_LIMIT);
    cx_buf_done(&buf);
}

TEST(memory_that_is_missing_is_told)
{
    struct text file = log_file("entry-5.tlog-proof");
    struct text with_extra = replaced(&file, "index", "extra Zm9v\nindex");
    struct cx_tlog_proof proof;
    struct cx_arena arena;

    cx_arena_init(&arena, 100000);
    (void)cx_alloc_fail_nth(1);
    assert_int_equal(cx_proof_parse(span_of(&with_extra), &arena, &proof, NULL).code, CX_E_NOMEM);
    (void)cx_alloc_fail_nth(0);
    cx_arena_done(&arena);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_vector_proves_its_entry_and_no_other),
    cmocka_unit_test(the_vector_is_written_octet_by_octet),
    cmocka_unit_test(changed_proofs_prove_nothing),
    cmocka_unit_test(no_bit_can_be_flipped),
    cmocka_unit_test(other_forms_are_refused),
    cmocka_unit_test(a_proof_that_is_cut_is_refused),
    cmocka_unit_test(extra_octets_come_back),
    cmocka_unit_test(what_no_file_can_say_is_not_written),
    cmocka_unit_test(limits_of_a_proof),
    cmocka_unit_test(memory_that_is_missing_is_told),
};

TEST_MAIN(tests)
