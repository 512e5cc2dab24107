#include "conformance.h"

#include "main.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>

struct place {
    conformance_open open;
    char path[SCRATCH_PATH];
};

static struct cx_rows *
opened(const struct place *at, enum cx_rows_mode mode)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = NULL;

    SCRATCH_OK(at->open(at->path, mode, &rows, &detail));
    assert_non_null(rows);
    return rows;
}

/* ---- rows that say what they should be */

#define BODY_MAX 70000

/* Which columns a table has. */
static const struct {
    unsigned numbers;
    bool head;
} shapes[CX_TABLES] = {
    [CX_TABLE_ENTRY] = { 2, true },
    [CX_TABLE_OBJECT] = { 1, true },
    [CX_TABLE_MESSAGE] = { 0, true },
};

static uint8_t *
body_of(enum cx_table table, uint64_t key, size_t *ret_n)
{
    static uint8_t body[BODY_MAX];

    *ret_n = key % 7 == 0 ? 0 : key % 5 == 0 ? BODY_MAX - 1 : (size_t)(key * 37 % 900);
    memset(body, (int)(key * 11 + (uint64_t)table), *ret_n);
    return body;
}

static struct cx_row
row_of(enum cx_table table, uint64_t key)
{
    static uint8_t head[42];
    struct cx_row row = { .key = key };

    for (unsigned i = 0; i < shapes[table].numbers; i++) {
        row.number[i] = key * 3 + i;
    }
    if (shapes[table].head) {
        memset(head, (int)(key + (uint64_t)table), sizeof(head));
        row.head = (cx_span){ head, sizeof(head) };
    }
    row.body.p = body_of(table, key, &row.body.n);
    return row;
}

static cx_status
put(struct cx_rows *rows, enum cx_table table, uint64_t key, struct cx_detail *detail)
{
    struct cx_row row = row_of(table, key);

    return rows->ops->put(rows, table, &row, detail);
}

static void
begin(struct cx_rows *rows)
{
    struct cx_detail detail = { .rule = NULL };

    SCRATCH_OK(rows->ops->begin(rows, &detail));
}

static void
commit(struct cx_rows *rows)
{
    struct cx_detail detail = { .rule = NULL };

    SCRATCH_OK(rows->ops->commit(rows, &detail));
}

/* Keys [first, last) of every table. */
static void
put_all(struct cx_rows *rows, uint64_t first, uint64_t last)
{
    struct cx_detail detail = { .rule = NULL };

    begin(rows);
    for (enum cx_table table = 0; table < CX_TABLES; table++) {
        for (uint64_t key = first; key < last; key++) {
            SCRATCH_OK(put(rows, table, key, &detail));
        }
    }
    commit(rows);
}

struct seen {
    enum cx_table table;
    uint64_t n, first, last;
};

static cx_status
see(void *ctx, const struct cx_row *row)
{
    struct seen *seen = ctx;
    struct cx_row want = row_of(seen->table, row->key);

    assert_memory_equal(row->number, want.number, sizeof(want.number));
    assert_true(cx_span_equal(row->head, want.head));
    assert_true(cx_span_equal(row->body, want.body));
    assert_true(seen->n == 0 || row->key > seen->last);
    seen->first = seen->n++ == 0 ? row->key : seen->first;
    seen->last = row->key;
    return CX_SUCCESS;
}

static struct seen
scan(struct cx_rows *rows, enum cx_table table, uint64_t first, uint64_t last)
{
    struct cx_detail detail = { .rule = NULL };
    struct seen seen = { .table = table };

    SCRATCH_OK(rows->ops->scan(rows, table, first, last, see, &seen, &detail));
    return seen;
}

static struct seen
before(struct cx_rows *rows, enum cx_table table, uint64_t below)
{
    struct cx_detail detail = { .rule = NULL };
    struct seen seen = { .table = table };

    SCRATCH_OK(rows->ops->before(rows, table, below, see, &seen, &detail));
    assert_in_range(seen.n, 0, 1);
    return seen;
}

/* ---- the tests */

#define CONFORMS(name) static void name(void **state)
#define AT             (*(struct place **)state)

CONFORMS(every_row_comes_back_as_it_was_put)
{
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE);

    put_all(rows, 0, 40);
    for (unsigned again = 0; again < 3; again++) { /* by the writer, a reader, the next writer */
        for (enum cx_table table = 0; table < CX_TABLES; table++) {
            struct seen seen = scan(rows, table, 0, UINT64_MAX);

            assert_true(seen.n == 40 && seen.first == 0 && seen.last == 39);
        }
        rows->ops->close(rows);
        rows = opened(AT, again == 0 ? CX_ROWS_READ : CX_ROWS_WRITE);
    }
    assert_true(rows->ops->has_messages(rows));
    rows->ops->close(rows);
}

CONFORMS(ranges_are_half_open_and_before_is_below)
{
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE);

    assert_int_equal(before(rows, CX_TABLE_ENTRY, UINT64_MAX).n, 0);
    put_all(rows, 3, 9);
    for (enum cx_table table = 0; table < CX_TABLES; table++) {
        struct seen seen = scan(rows, table, 4, 7);

        assert_true(seen.n == 3 && seen.first == 4 && seen.last == 6);
        assert_int_equal(scan(rows, table, 4, 4).n, 0);
        assert_int_equal(scan(rows, table, 7, 4).n, 0);
        assert_int_equal(scan(rows, table, 9, UINT64_MAX).n, 0);
        assert_int_equal(before(rows, table, UINT64_MAX).last, 8);
        assert_int_equal(before(rows, table, 8).last, 7);
        assert_int_equal(before(rows, table, 3).n, 0);
    }
    rows->ops->close(rows);
}

CONFORMS(keys_have_63_bits)
{
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE);
    struct cx_detail detail = { .rule = NULL };

    begin(rows);
    SCRATCH_OK(put(rows, CX_TABLE_TILE, INT64_MAX - 1, &detail));
    SCRATCH_FAILS(put(rows, CX_TABLE_TILE, (uint64_t)INT64_MAX + 1, &detail), CX_CLASS_STORE);
    commit(rows);
    assert_int_equal(scan(rows, CX_TABLE_TILE, 0, UINT64_MAX).n, 1);
    assert_int_equal(before(rows, CX_TABLE_TILE, UINT64_MAX).last, INT64_MAX - 1);
    rows->ops->close(rows);
}

/* I1 */
CONFORMS(a_row_is_put_once)
{
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE);

    put_all(rows, 0, 2);
    for (enum cx_table table = 0; table < CX_TABLES; table++) {
        struct cx_detail detail = { .rule = NULL };
        struct cx_row row = row_of(table, 1);

        begin(rows);
        row.body = (cx_span){ (const uint8_t *)"other", 5 };
        SCRATCH_FAILS(rows->ops->put(rows, table, &row, &detail), CX_CLASS_STORE);
        assert_true(detail.text[0] != '\0');
        rows->ops->rollback(rows);
        assert_int_equal(scan(rows, table, 0, 9).n, 2); /* see() compares the body */
    }
    rows->ops->close(rows);
}

/* I3 */
CONFORMS(what_is_not_committed_leaves_nothing)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE);

    put_all(rows, 0, 2);
    for (unsigned how = 0; how < 2; how++) {
        begin(rows);
        SCRATCH_OK(put(rows, CX_TABLE_ENTRY, 2, &detail));
        SCRATCH_OK(put(rows, CX_TABLE_MESSAGE, 2, &detail));
        assert_int_equal(scan(rows, CX_TABLE_ENTRY, 0, 9).n, 3); /* the writer sees its own */
        if (how == 0) {
            rows->ops->rollback(rows);
        } else {
            rows->ops->close(rows);
            rows = opened(AT, CX_ROWS_WRITE);
        }
        assert_int_equal(scan(rows, CX_TABLE_ENTRY, 0, 9).n, 2);
        assert_int_equal(scan(rows, CX_TABLE_MESSAGE, 0, 9).n, 2);
    }
    put_all(rows, 2, 3); /* and the keys are free */
    rows->ops->close(rows);
}

CONFORMS(nothing_is_put_outside_a_transaction)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE);

    SCRATCH_FAILS(put(rows, CX_TABLE_ENTRY, 0, &detail), CX_CLASS_STORE);
    assert_false(cx_ok(rows->ops->commit(rows, &detail)));
    put_all(rows, 0, 1);
    SCRATCH_FAILS(put(rows, CX_TABLE_ENTRY, 1, &detail), CX_CLASS_STORE);
    rows->ops->rollback(rows); /* of nothing: well */
    rows->ops->close(rows);
    rows = opened(AT, CX_ROWS_READ);
    assert_false(cx_ok(rows->ops->begin(rows, &detail)) &&
                 cx_ok(put(rows, CX_TABLE_ENTRY, 1, &detail)));
    rows->ops->close(rows);
}

/* I4 */
CONFORMS(readers_see_whole_transactions)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE), *reader;

    put_all(rows, 0, 2);
    reader = opened(AT, CX_ROWS_READ);
    begin(rows);
    for (enum cx_table table = 0; table < CX_TABLES; table++) {
        SCRATCH_OK(put(rows, table, 2, &detail));
        assert_int_equal(scan(reader, table, 0, 9).n, 2);
    }
    commit(rows);
    for (enum cx_table table = 0; table < CX_TABLES; table++) {
        assert_int_equal(scan(reader, table, 0, 9).n, 3);
    }
    reader->ops->close(reader);
    rows->ops->close(rows);
}

CONFORMS(a_view_is_of_one_moment)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE), *reader;

    put_all(rows, 0, 2);
    reader = opened(AT, CX_ROWS_READ);
    SCRATCH_OK(reader->ops->view_begin(reader, &detail));
    put_all(rows, 2, 5); /* the writer does not wait for it */
    SCRATCH_OK(rows->ops->tend(rows, 0, &detail));
    for (enum cx_table table = 0; table < CX_TABLES; table++) {
        assert_int_equal(scan(reader, table, 0, 9).n, 2);
        assert_int_equal(before(reader, table, 9).last, 1);
    }
    reader->ops->view_end(reader);
    for (enum cx_table table = 0; table < CX_TABLES; table++) {
        assert_int_equal(scan(reader, table, 0, 9).n, 5);
    }
    reader->ops->view_end(reader); /* of nothing: well */
    reader->ops->close(reader);
    rows->ops->close(rows);
}

struct nest {
    struct cx_rows *rows;
    uint64_t n;
};

static cx_status
scan_within(void *ctx, const struct cx_row *row)
{
    struct nest *nest = ctx;

    nest->n += scan(nest->rows, CX_TABLE_ENTRY, row->key, 9).n;
    nest->n += before(nest->rows, CX_TABLE_ENTRY, 9).n;
    nest->n += scan(nest->rows, CX_TABLE_OBJECT, row->key, row->key + 1).n;
    assert_int_equal(row->number[0], row->key * 3); /* still there */
    return CX_SUCCESS;
}

CONFORMS(a_scan_may_scan)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE);
    struct nest nest = { rows, 0 };

    put_all(rows, 0, 3);
    SCRATCH_OK(rows->ops->scan(rows, CX_TABLE_ENTRY, 0, 9, scan_within, &nest, &detail));
    assert_int_equal(nest.n, 3 + 2 + 1 + 3 + 3);
    rows->ops->close(rows);
}

static cx_status
refuse(void *ctx, const struct cx_row *row)
{
    (*(unsigned *)ctx)++;
    return row->key == 1 ? (cx_status){ CX_E_LIMIT } : CX_SUCCESS;
}

CONFORMS(a_scan_ends_with_the_failure_of_its_callback)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE);
    unsigned calls = 0;

    put_all(rows, 0, 4);
    SCRATCH_FAILS(rows->ops->scan(rows, CX_TABLE_ENTRY, 0, 9, refuse, &calls, &detail),
                  CX_CLASS_LIMIT);
    assert_int_equal(calls, 2);
    SCRATCH_FAILS(rows->ops->before(rows, CX_TABLE_ENTRY, 2, refuse, &calls, &detail),
                  CX_CLASS_LIMIT);
    assert_int_equal(scan(rows, CX_TABLE_ENTRY, 0, 9).n, 4);
    put_all(rows, 4, 5); /* no view was left open */
    rows->ops->close(rows);
}

static void
assert_latest(struct cx_rows *rows, const char *want)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_buf buf;

    cx_buf_init(&buf, 4096);
    SCRATCH_OK(rows->ops->get_latest(rows, &buf, &detail));
    assert_true(cx_str_equal(cx_buf_str(&buf), cx_str_of(want)));
    cx_buf_done(&buf);
}

CONFORMS(readers_have_the_latest_checkpoint_at_once)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE), *reader = opened(AT, CX_ROWS_READ);
    char text[40];

    assert_latest(reader, "");
    for (unsigned i = 1; i < 9; i++) {
        int n = snprintf(text, sizeof(text), "note of %u\nand more\n", i);

        SCRATCH_OK(rows->ops->put_latest(rows, i, (cx_str){ text, (size_t)n }, &detail));
        assert_latest(reader, text);
        assert_latest(rows, text);
        if (i % 3 == 0) {
            rows->ops->close(rows);
            rows = opened(AT, CX_ROWS_WRITE);
            assert_latest(rows, text);
        }
    }
    reader->ops->close(reader);
    rows->ops->close(rows);
}

CONFORMS(tending_loses_nothing)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE);

    for (uint64_t i = 0; i < 12; i++) {
        put_all(rows, i * 3, i * 3 + 3);
        SCRATCH_OK(rows->ops->tend(rows, i % 4 == 0 ? 0 : 100000, &detail));
        assert_int_equal(scan(rows, CX_TABLE_MESSAGE, 0, 99).n, i * 3 + 3);
        assert_int_equal(scan(rows, CX_TABLE_ENTRY, 0, 99).n, i * 3 + 3);
    }
    rows->ops->close(rows);
}

CONFORMS(a_copy_is_whole_and_its_own)
{
    struct cx_detail detail = { .rule = NULL };
    struct place other = { .open = AT->open };
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE), *reader = opened(AT, CX_ROWS_READ), *copy;

    put_all(rows, 0, 6);
    begin(rows);
    SCRATCH_OK(put(rows, CX_TABLE_ENTRY, 6, &detail)); /* not committed: not copied */
    scratch_make(other.path);
    SCRATCH_OK(reader->ops->copy(reader, other.path, &detail));
    commit(rows);
    copy = opened(&other, CX_ROWS_READ);
    for (enum cx_table table = 0; table < CX_TABLES; table++) {
        assert_int_equal(scan(copy, table, 0, 99).n, 6);
    }
    copy->ops->close(copy);
    copy = opened(&other, CX_ROWS_WRITE);
    put_all(copy, 6, 8);
    assert_int_equal(scan(rows, CX_TABLE_OBJECT, 0, 99).n, 6);
    copy->ops->close(copy);
    reader->ops->close(reader);
    rows->ops->close(rows);
    scratch_remove(other.path);
}

CONFORMS(settled_rows_are_read_and_written_as_before)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE), *reader = opened(AT, CX_ROWS_READ);

    put_all(rows, 0, 3);
    SCRATCH_OK(reader->ops->view_begin(reader, &detail));
    SCRATCH_OK(rows->ops->settle(rows, &detail)); /* a reader is in the way */
    assert_int_equal(scan(reader, CX_TABLE_ENTRY, 0, 9).n, 3);
    reader->ops->close(reader);
    SCRATCH_OK(rows->ops->settle(rows, &detail));
    assert_int_equal(scan(rows, CX_TABLE_MESSAGE, 0, 9).n, 3);
    rows->ops->close(rows);
    reader = opened(AT, CX_ROWS_READ);
    assert_int_equal(scan(reader, CX_TABLE_ENTRY, 0, 9).n, 3);
    reader->ops->close(reader);
    rows = opened(AT, CX_ROWS_WRITE);
    put_all(rows, 3, 5);
    assert_int_equal(scan(rows, CX_TABLE_ENTRY, 0, 9).n, 5);
    rows->ops->close(rows);
}

CONFORMS(messages_are_dropped_and_the_rest_stays)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = opened(AT, CX_ROWS_CREATE);

    put_all(rows, 0, 3);
    rows->ops->close(rows);
    rows = opened(AT, CX_ROWS_READ);
    assert_false(cx_ok(rows->ops->drop_messages(rows, &detail)));
    rows->ops->close(rows);
    rows = opened(AT, CX_ROWS_WRITE);
    begin(rows);
    assert_false(cx_ok(rows->ops->drop_messages(rows, &detail)));
    rows->ops->rollback(rows);
    SCRATCH_OK(rows->ops->drop_messages(rows, &detail));
    for (unsigned again = 0; again < 2; again++) {
        assert_false(rows->ops->has_messages(rows));
        assert_int_equal(scan(rows, CX_TABLE_MESSAGE, 0, 9).n, 0);
        assert_int_equal(scan(rows, CX_TABLE_ENTRY, 0, 9).n, 3);
        rows->ops->close(rows);
        rows = opened(AT, CX_ROWS_WRITE);
    }
    rows->ops->close(rows);
}

CONFORMS(what_is_not_there_is_not_made_by_reading_or_writing)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows = NULL;

    SCRATCH_FAILS(AT->open(AT->path, CX_ROWS_READ, &rows, &detail), CX_CLASS_STORE);
    SCRATCH_FAILS(AT->open(AT->path, CX_ROWS_WRITE, &rows, &detail), CX_CLASS_STORE);
    assert_null(rows);
    assert_true(detail.text[0] != '\0');
}

/* ---- */

static conformance_open the_open; /* cmocka gives a setup nothing else */

static int
make_place(void **state)
{
    struct place *at = calloc(1, sizeof(*at));

    assert_non_null(at);
    at->open = the_open;
    scratch_make(at->path);
    *state = at;
    return 0;
}

static int
remove_place(void **state)
{
    scratch_remove(AT->path);
    free(*state);
    return 0;
}

#define IN_PLACE(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int
conformance_run(conformance_open open)
{
    static const struct CMUnitTest tests[] = {
        IN_PLACE(every_row_comes_back_as_it_was_put),
        IN_PLACE(ranges_are_half_open_and_before_is_below),
        IN_PLACE(keys_have_63_bits),
        IN_PLACE(a_row_is_put_once),
        IN_PLACE(what_is_not_committed_leaves_nothing),
        IN_PLACE(nothing_is_put_outside_a_transaction),
        IN_PLACE(readers_see_whole_transactions),
        IN_PLACE(a_view_is_of_one_moment),
        IN_PLACE(a_scan_may_scan),
        IN_PLACE(a_scan_ends_with_the_failure_of_its_callback),
        IN_PLACE(readers_have_the_latest_checkpoint_at_once),
        IN_PLACE(tending_loses_nothing),
        IN_PLACE(a_copy_is_whole_and_its_own),
        IN_PLACE(settled_rows_are_read_and_written_as_before),
        IN_PLACE(messages_are_dropped_and_the_rest_stays),
        IN_PLACE(what_is_not_there_is_not_made_by_reading_or_writing),
    };

    the_open = open;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
