#include "checks.h"
#include "logs.h"
#include "main.h"

#include <stdio.h>

/* A log of more than 65,536 entries: a tile of tiles, and batches that are larger than a tile. */

#define ENTRIES 66000

static struct test_log t;
static char pristine[SCRATCH_PATH];

static int
make_log(void **state)
{
    (void)state;
    test_log_make(&t, 0);
    test_log_fill(&t, 0, 9000);
    test_log_fill(&t, 9000, 65600);
    test_log_fill(&t, 65600, ENTRIES - 1);
    return 0;
}

static int
remove_log(void **state)
{
    (void)state;
    test_log_remove(&t);
    return 0;
}

TEST(everything_is_proved)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;
    struct cx_hash root;
    struct cx_path path;

    assert_int_equal(t.commit.size, ENTRIES);
    for (uint64_t seed = 0; seed < 5; seed++) {
        test_log_prove(&t, seed * 9973);
    }
    test_log_close(&t);
    test_log_open(&t);
    test_log_prove(&t, 3);
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    {
        struct cx_hashes hashes = cx_log_hashes(reader, 1);

        SCRATCH_OK(cx_tree_root(&hashes, 9001, &root));
        SCRATCH_OK(cx_tree_consistency(&hashes, 9001, ENTRIES, &path));
        SCRATCH_OK(cx_consistency_verify(9001, &root, ENTRIES, &t.root, &path));
    }
    cx_log_reader_close(reader);
    test_log_close(&t);
    ASSERT_FINDINGS(t.store, "");
    scratch_join(pristine, t.folder, "pristine");
    scratch_copy(t.store, pristine);
}

static void
assert_named(const char *sql, const char *want)
{
    scratch_remove(t.store);
    scratch_copy(pristine, t.store);
    scratch_sql(t.store, "0001/records.sqlite", sql);
    ASSERT_FINDINGS(t.store, want);
}

TEST(a_tile_of_tiles_is_named)
{
    assert_named("DELETE FROM tile WHERE id = 1 << 56", "tile-missing 1/1/0\n");
    assert_named(
        "UPDATE tile SET octets = (SELECT octets FROM tile WHERE id = 9) WHERE id = 1 << 56",
        "tile 1/1/0\n");
}

/* In the middle of a batch that is larger than a tile: the checkpoint at its end decides. */
TEST(a_tile_far_from_any_checkpoint_is_named)
{
    assert_named("UPDATE tile SET octets = (SELECT octets FROM tile WHERE id = 100) WHERE id = 99",
                 "tile 1/0/99\n");
    assert_named(
        "UPDATE tile SET octets = (SELECT octets FROM tile WHERE id = 100) WHERE id IN (99, "
        "1 << 56)",
        "tile 1/0/99\ntile 1/1/0\n");
}

TEST(an_entry_far_from_any_checkpoint_is_named)
{
    assert_named(
        "UPDATE entry SET (entry, record) = (SELECT entry, record FROM entry WHERE number = "
        "30001) WHERE number = 30000",
        "entry 1/30000\n");
    assert_named("DELETE FROM entry WHERE number = 30000", "entry-missing 1/30000\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(everything_is_proved),
    cmocka_unit_test(a_tile_of_tiles_is_named),
    cmocka_unit_test(a_tile_far_from_any_checkpoint_is_named),
    cmocka_unit_test(an_entry_far_from_any_checkpoint_is_named),
};

int
main(int argc, char **argv)
{
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, make_log, remove_log);
}
