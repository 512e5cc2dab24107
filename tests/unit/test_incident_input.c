#include "base/limits.h"
#include "build.h"
#include "incident/input.h"
#include "main.h"
#include "pki/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The octets as a file, whose name is in path. */
static void
file_of(cx_span octets, char path[32])
{
    int fd;

    memcpy(path, "/tmp/caaproof-input-XXXXXX", 27);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t at = 0; at < octets.n;) {
        ssize_t n = write(fd, octets.p + at, octets.n - at);

        assert_true(n > 0);
        at += (size_t)n;
    }
    assert_int_equal(close(fd), 0);
}

static void
expect_line(struct cx_input *input, const char *text, uint64_t number)
{
    bool more = false;
    cx_str line;

    assert_true(cx_ok(cx_input_line(input, &line, &more, NULL)));
    assert_true(more);
    assert_true(cx_str_equal(line, cx_str_of(text)));
    assert_int_equal(cx_input_number(input), number);
}

static void
expect_end(struct cx_input *input)
{
    bool more = true;
    cx_str line;
    cx_span rest;

    assert_true(cx_ok(cx_input_line(input, &line, &more, NULL)));
    assert_false(more);
    more = true;
    assert_true(cx_ok(cx_input_take(input, 1, &rest, &more, NULL)));
    assert_false(more);
    assert_int_equal(rest.n, 0);
    assert_true(cx_ok(cx_input_peek(input, 1, &rest, NULL)));
    assert_int_equal(rest.n, 0);
}

TEST(lines_end_with_lf_or_cr_lf_or_the_file)
{
    struct cx_input *input = cx_input_of(bytes_of("one\ntwo\r\n\n\r\na\rb\nlast"));

    expect_line(input, "one", 1);
    assert_int_equal(cx_input_offset(input), 4);
    expect_line(input, "two", 2);
    expect_line(input, "", 3);
    expect_line(input, "", 4);
    expect_line(input, "a\rb", 5);
    expect_line(input, "last", 6);
    expect_end(input);
    assert_int_equal(cx_input_number(input), 6);
    assert_int_equal(cx_input_offset(input), cx_input_size(input));
    cx_input_close(input);
    cx_input_close(NULL);
}

TEST(an_empty_file_has_no_line)
{
    struct cx_input *input = cx_input_of((cx_span){ NULL, 0 });
    cx_span rest;

    expect_end(input);
    assert_true(cx_ok(cx_input_rest(input, 10, &rest, NULL)));
    assert_int_equal(rest.n, 0);
    assert_int_equal(cx_input_number(input), 0);
    cx_input_close(input);
}

TEST(peeking_steps_over_nothing)
{
    struct cx_input *input = cx_input_of(bytes_of("abc\ndef"));
    cx_span seen;

    assert_true(cx_ok(cx_input_peek(input, 5, &seen, NULL)));
    assert_true(cx_span_equal(seen, bytes_of("abc\nd")));
    assert_true(cx_ok(cx_input_peek(input, 100, &seen, NULL)));
    assert_true(cx_span_equal(seen, bytes_of("abc\ndef")));
    assert_int_equal(cx_input_offset(input), 0);
    expect_line(input, "abc", 1);
    cx_input_close(input);
}

TEST(pieces_are_whole_or_the_end)
{
    struct cx_input *input = cx_input_of(bytes_of("abcdef"));
    bool more = false;
    cx_span piece;

    assert_true(cx_ok(cx_input_take(input, 4, &piece, &more, NULL)));
    assert_true(more && cx_span_equal(piece, bytes_of("abcd")));
    assert_true(cx_ok(cx_input_take(input, 4, &piece, &more, NULL)));
    assert_true(!more && cx_span_equal(piece, bytes_of("ef")));
    expect_end(input);
    assert_int_equal(cx_input_take(input, CX_LINE_MAX + 1, &piece, &more, NULL).code, CX_E_LIMIT);
    cx_input_close(input);
}

TEST(the_rest_is_all_or_a_limit)
{
    struct cx_input *input = cx_input_of(bytes_of("x\nabcdef"));
    struct cx_detail detail = { .rule = NULL };
    cx_span rest;

    expect_line(input, "x", 1);
    assert_int_equal(cx_input_rest(input, 5, &rest, &detail).code, CX_E_LIMIT);
    assert_non_null(strstr(detail.text, "longer than 5"));
    assert_true(cx_ok(cx_input_rest(input, 6, &rest, NULL)));
    assert_true(cx_span_equal(rest, bytes_of("abcdef")));
    expect_end(input);
    cx_input_close(input);
}

/* A text of three lines, the one in the middle of n octets. */
static uint8_t *
long_text(size_t n, const char *end, size_t *ret_n)
{
    size_t n_end = strlen(end);
    uint8_t *text = malloc(n + n_end + 12);

    assert_non_null(text);
    memcpy(text, "first\n", 6);
    memset(text + 6, 'x', n);
    memcpy(text + 6 + n, end, n_end);
    memcpy(text + 6 + n + n_end, "last\n", 5);
    *ret_n = n + n_end + 11;
    return text;
}

/* Reads first, the long line and last; how long the long one was, 0 if it was passed over. */
static size_t
long_line(struct cx_input *input)
{
    struct cx_detail detail = { .rule = NULL };
    bool more = false;
    cx_status status;
    cx_str line = { NULL, 0 };

    expect_line(input, "first", 1);
    status = cx_input_line(input, &line, &more, &detail);
    assert_true(more);
    if (!cx_ok(status)) {
        assert_int_equal(status.code, CX_E_LIMIT);
        assert_non_null(strstr(detail.text, "line 2: "));
    }
    expect_line(input, "last", 3);
    expect_end(input);
    return line.n;
}

TEST(a_line_over_its_cap_is_passed_over)
{
    static const struct {
        size_t n;
        const char *end;
        bool fits;
    } rows[] = {
        { CX_LINE_MAX, "\n", true },
        { CX_LINE_MAX, "\r\n", true },
        { CX_LINE_MAX + 1, "\n", false },
        { CX_LINE_MAX + 1, "\r\n", false },
        { 2 * (size_t)CX_LINE_MAX, "\n", false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        size_t n;
        uint8_t *text = long_text(rows[i].n, rows[i].end, &n);
        struct cx_input *input = cx_input_of((cx_span){ text, n });
        char path[32];

        assert_int_equal(long_line(input), rows[i].fits ? rows[i].n : 0);
        cx_input_close(input);
        file_of((cx_span){ text, n }, path);
        assert_true(cx_ok(cx_input_open(path, &input, NULL)));
        assert_int_equal(long_line(input), rows[i].fits ? rows[i].n : 0);
        cx_input_close(input);
        assert_int_equal(unlink(path), 0);
        free(text);
    }
}

/* Whatever was read of it, and through a file or not. */
TEST(the_digest_is_of_all_octets)
{
    size_t n;
    uint8_t *text = long_text(3 * CX_INPUT_CHUNK + 5, "\n", &n);
    struct cx_hash expected, of_memory, of_file;
    char path[32];
    struct cx_input *input = cx_input_of((cx_span){ text, n });

    assert_true(cx_ok(cx_sha256((cx_span){ text, n }, expected.b)));
    assert_true(cx_ok(cx_input_digest(input, &of_memory, NULL)));
    assert_true(cx_hash_equal(&of_memory, &expected));
    cx_input_close(input);
    file_of((cx_span){ text, n }, path);
    assert_true(cx_ok(cx_input_open(path, &input, NULL)));
    assert_int_equal(cx_input_size(input), n);
    expect_line(input, "first", 1);
    assert_true(cx_ok(cx_input_digest(input, &of_file, NULL)));
    assert_true(cx_hash_equal(&of_file, &expected));
    cx_input_close(input);
    assert_int_equal(unlink(path), 0);
    free(text);
}

/* Lines that lie across the pieces in which a file is read. */
TEST(many_lines_of_a_file_are_all_there)
{
    size_t n = 0, n_lines = 200000;
    uint8_t *text = malloc(n_lines * 12);
    struct cx_input *input;
    char path[32], expected[12];

    assert_non_null(text);
    for (size_t i = 0; i < n_lines; i++) {
        n += (size_t)snprintf((char *)text + n, 12, "line%zu\n", i);
    }
    file_of((cx_span){ text, n }, path);
    assert_true(cx_ok(cx_input_open(path, &input, NULL)));
    for (size_t i = 0; i < n_lines; i++) {
        (void)snprintf(expected, sizeof(expected), "line%zu", i);
        expect_line(input, expected, i + 1);
    }
    expect_end(input);
    assert_int_equal(cx_input_offset(input), n);
    cx_input_close(input);
    assert_int_equal(unlink(path), 0);
    free(text);
}

TEST(what_is_no_file_is_refused_by_its_name)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_input *input = NULL;

    assert_int_equal(cx_input_open("/nowhere/file", &input, &detail).code, CX_E_IO);
    assert_non_null(strstr(detail.text, "/nowhere/file"));
    assert_int_equal(cx_input_open("/tmp", &input, &detail).code, CX_E_IO);
    assert_non_null(strstr(detail.text, "folder"));
    assert_null(input);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lines_end_with_lf_or_cr_lf_or_the_file),
    cmocka_unit_test(an_empty_file_has_no_line),
    cmocka_unit_test(peeking_steps_over_nothing),
    cmocka_unit_test(pieces_are_whole_or_the_end),
    cmocka_unit_test(the_rest_is_all_or_a_limit),
    cmocka_unit_test(a_line_over_its_cap_is_passed_over),
    cmocka_unit_test(the_digest_is_of_all_octets),
    cmocka_unit_test(many_lines_of_a_file_are_all_there),
    cmocka_unit_test(what_is_no_file_is_refused_by_its_name),
};

TEST_MAIN(tests)
