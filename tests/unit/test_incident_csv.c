#include "base/limits.h"
#include "build.h"
#include "incident/csv.h"
#include "main.h"

#include <stdlib.h>

struct table {
    struct cx_input *input;
    struct cx_csv *csv;
    struct cx_detail detail;
};

static void
open_octets(struct table *t, const char *p, size_t n, char delimiter)
{
    *t = (struct table){ .input = cx_input_of((cx_span){ (const uint8_t *)p, n }) };
    assert_non_null(t->input);
    assert_true(cx_ok(cx_csv_open(t->input, delimiter, &t->csv, &t->detail)));
}

static void
open_text(struct table *t, const char *text, char delimiter)
{
    open_octets(t, text, strlen(text), delimiter);
}

static void
close_table(struct table *t)
{
    cx_csv_close(t->csv);
    cx_input_close(t->input);
}

/* Cells are joined by '|'. */
static void
expect_row(struct table *t, uint64_t line, const char *cells)
{
    struct cx_csv_row row;
    struct cx_buf buf;
    bool more = false;

    assert_true(cx_ok(cx_csv_next(t->csv, &row, &more, &t->detail)));
    assert_true(more);
    assert_int_equal(row.line, line);
    cx_buf_init(&buf, 10000);
    for (size_t i = 0; i < row.n; i++) {
        cx_buf_puts(&buf, i == 0 ? "" : "|");
        cx_buf_put(&buf, row.v[i]);
    }
    cx_buf_putc(&buf, '\0');
    assert_string_equal(buf.p, cells);
    cx_buf_done(&buf);
}

static void
expect_failure(struct table *t, uint64_t line, enum cx_code code, const char *text)
{
    struct cx_csv_row row;
    bool more = false;

    assert_int_equal(cx_csv_next(t->csv, &row, &more, &t->detail).code, code);
    assert_true(more);
    assert_int_equal(row.line, line);
    assert_true(text == NULL || cx_str_equal(row.text, cx_str_of(text)));
    assert_true(t->detail.text[0] != '\0');
}

static void
expect_end(struct table *t)
{
    struct cx_csv_row row;
    bool more = true;

    assert_true(cx_ok(cx_csv_next(t->csv, &row, &more, &t->detail)));
    assert_false(more);
}

TEST(rows_have_cells)
{
    struct table t;

    open_text(&t,
              "\xef\xbb\xbf"
              "a,b,c\r\n1, 2 ,\"x,\"\"y\"\"\"\r\n\r\n,,\n\"\"\nlast",
              0);
    expect_row(&t, 1, "a|b|c");
    expect_row(&t, 2, "1|2|x,\"y\"");
    expect_row(&t, 4, "||");
    expect_row(&t, 5, "");
    expect_row(&t, 6, "last");
    expect_end(&t);
    expect_end(&t);
    close_table(&t);
    open_text(&t, "", 0);
    expect_end(&t);
    close_table(&t);
    cx_csv_close(NULL);
}

TEST(a_row_may_span_lines)
{
    struct cx_csv_row row;
    struct table t;
    bool more;

    open_text(&t, "h\n\"one\ntwo\r\n\nthree\",b\nnext,c\n", ',');
    expect_row(&t, 1, "h");
    assert_true(cx_ok(cx_csv_next(t.csv, &row, &more, NULL)));
    assert_int_equal(row.line, 2);
    assert_int_equal(row.n, 2);
    assert_true(cx_str_equal(row.v[0], CX_STR("one\ntwo\n\nthree")));
    assert_true(cx_str_equal(row.text, CX_STR("\"one\ntwo\n\nthree\",b")));
    expect_row(&t, 6, "next|c");
    expect_end(&t);
    close_table(&t);
}

TEST(the_delimiter_is_the_one_that_is_there_most)
{
    struct table t;

    open_text(&t, "a;b;\"x,y,z,w\"\n1;2,5;3\n", 0);
    expect_row(&t, 1, "a|b|x,y,z,w");
    expect_row(&t, 2, "1|2,5|3");
    close_table(&t);
    open_text(&t, "a\tb;c\td\n1\t2;3\n", 0);
    expect_row(&t, 1, "a|b;c|d");
    close_table(&t);
    open_text(&t, "a;b,c;d\n", ',');
    expect_row(&t, 1, "a;b|c;d");
    close_table(&t);
}

/* Between TABs nothing need be quoted; elsewhere a stray quote would join two rows. */
TEST(a_quote_in_the_middle_is_text_between_tabs_only)
{
    struct table t;

    open_text(&t, "name\trecord\nx.example\t0 issue \"ca.example\"\n\t\n", 0);
    expect_row(&t, 1, "name|record");
    expect_row(&t, 2, "x.example|0 issue \"ca.example\"");
    expect_row(&t, 3, "|");
    expect_end(&t);
    close_table(&t);
    open_text(&t, "name,record\nx.example,0 issue \"ca.example\"\ny,z\n\"a\"b,c\nd,e\n", 0);
    expect_row(&t, 1, "name|record");
    expect_failure(&t, 2, CX_E_ARCHIVE, "x.example,0 issue \"ca.example\"");
    assert_non_null(strstr(t.detail.text, "line 2: a quote in the middle"));
    expect_row(&t, 3, "y|z");
    expect_failure(&t, 4, CX_E_ARCHIVE, "\"a\"b,c");
    expect_row(&t, 5, "d|e");
    expect_end(&t);
    close_table(&t);
}

TEST(a_quote_that_never_ends_is_told)
{
    struct table t;

    open_text(&t, "a,b\n\"x,y\n1,2\n", 0);
    expect_row(&t, 1, "a|b");
    expect_failure(&t, 2, CX_E_ARCHIVE, "\"x,y\n1,2\n");
    assert_non_null(strstr(t.detail.text, "never ends"));
    expect_end(&t);
    close_table(&t);
    open_text(&t, "a,b\n\"x,y\n\"1\",2\nz,w\n", 0);
    expect_row(&t, 1, "a|b");
    expect_failure(&t, 2, CX_E_ARCHIVE, "\"x,y\n\"1\",2");
    expect_row(&t, 4, "z|w");
    close_table(&t);
}

static void
fill(char *text, size_t *at, size_t n, const char *with)
{
    for (size_t i = 0; i < n; i++) {
        memcpy(text + *at, with, strlen(with));
        *at += strlen(with);
    }
}

TEST(caps_are_met_and_reading_goes_on)
{
    char *text = malloc(2 * (size_t)CX_LINE_MAX);
    size_t n = 0;
    struct table t;

    assert_non_null(text);
    fill(text, &n, CX_COLUMNS_MAX - 1, ",");
    fill(text, &n, 1, "\n");
    fill(text, &n, CX_COLUMNS_MAX, ",");
    fill(text, &n, 1, "\na,b\n\"");
    fill(text, &n, CX_LINE_MAX / 8 + 1, "1234567\n"); /* a row that is too long */
    fill(text, &n, 1, "c,d\n");
    open_octets(&t, text, n, ',');
    {
        struct cx_csv_row row;
        bool more;

        assert_true(cx_ok(cx_csv_next(t.csv, &row, &more, NULL)));
        assert_int_equal(row.n, CX_COLUMNS_MAX);
    }
    expect_failure(&t, 2, CX_E_LIMIT, NULL);
    expect_row(&t, 3, "a|b");
    expect_failure(&t, 4, CX_E_LIMIT, NULL);
    expect_row(&t, 4 + CX_LINE_MAX / 8, "1234567");
    expect_row(&t, 5 + CX_LINE_MAX / 8, "c|d");
    expect_end(&t);
    close_table(&t);
    free(text);
}

TEST(columns_are_known_by_their_names)
{
    static const char *const time_names[] = { "_time", "when", NULL };
    static const char *const serial_names[] = { "serialnumber", NULL };
    static const char *const other[] = { "other", "", NULL };
    struct cx_csv_row row;
    struct table t;
    bool more;

    open_text(&t, "Time,Serial-Number,when,_time\n", 0);
    assert_true(cx_ok(cx_csv_next(t.csv, &row, &more, NULL)));
    assert_int_equal(cx_csv_column(&row, time_names), 3);
    assert_int_equal(cx_csv_column(&row, time_names + 1), 2);
    assert_int_equal(cx_csv_column(&row, serial_names), 1);
    assert_int_equal(cx_csv_column(&row, other), row.n);
    close_table(&t);
    open_text(&t, "TIME ,Serial\n", 0);
    assert_true(cx_ok(cx_csv_next(t.csv, &row, &more, NULL)));
    assert_int_equal(cx_csv_column(&row, time_names), 0);
    assert_int_equal(cx_csv_column(&row, serial_names), row.n);
    close_table(&t);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(rows_have_cells),
    cmocka_unit_test(a_row_may_span_lines),
    cmocka_unit_test(the_delimiter_is_the_one_that_is_there_most),
    cmocka_unit_test(a_quote_in_the_middle_is_text_between_tabs_only),
    cmocka_unit_test(a_quote_that_never_ends_is_told),
    cmocka_unit_test(caps_are_met_and_reading_goes_on),
    cmocka_unit_test(columns_are_known_by_their_names),
};

TEST_MAIN(tests)
