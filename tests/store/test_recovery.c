#include "checks.h"
#include "evidence/chain.h"
#include "logs.h"
#include "main.h"
#include "store/signed.h"
#include "store/slots.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What opening finds after a crash, a restored backup, or a lost file; and the chain of shards. */

static struct test_log t;
static char aside[SCRATCH_PATH]; /* a copy of the store, as of yesterday */

static void
make(void)
{
    test_log_make(&t, 16);
    scratch_join(aside, t.folder, "aside");
    test_log_fill(&t, 0, 40);
    test_log_fill(&t, 40, 70);
}

static int
remove_log(void **state)
{
    (void)state;
    test_log_remove(&t);
    return 0;
}

static void
set_aside(void)
{
    scratch_copy(t.store, aside);
}

static void
put_back(void)
{
    test_log_close(&t);
    scratch_remove(t.store);
    scratch_copy(aside, t.store);
}

static bool
keys_have(const char *name)
{
    char path[SCRATCH_PATH];

    scratch_join(path, t.keys, name);
    return scratch_exists(path);
}

static void
assert_not_opened(enum cx_class class, const char *why)
{
    struct cx_detail detail = { .rule = NULL };

    test_log_close(&t);
    SCRATCH_FAILS(cx_log_open(t.store, &t.options, &t.log, &t.opened, &detail), class);
    assert_null(t.log);
    ROW_TRUE(strstr(detail.text, why) != NULL, detail.text);
}

static cx_status
take_record(void *ctx, const struct cx_log_row *row)
{
    struct cx_buf *buf = ctx;

    cx_buf_put(buf, cx_str_of_span(row->record));
    return CX_SUCCESS;
}

/* What the shard says it comes after. */
static void
read_begin(uint64_t shard, struct cx_buf *buf, struct cx_begin *ret)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;

    cx_buf_init(buf, 65536);
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    SCRATCH_OK(cx_log_scan(reader, shard, 0, 1, take_record, buf, &detail));
    SCRATCH_OK(cx_begin_decode(cx_span_of_str(cx_buf_str(buf)), ret, &detail));
    cx_log_reader_close(reader);
}

static uint64_t
size_of(cx_span note, cx_str vkey)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_note_key key;
    struct cx_signed read;

    SCRATCH_OK(cx_note_key_parse(vkey, &key, &detail));
    SCRATCH_OK(cx_signed_read(cx_str_of_span(note), &key, &read, &detail));
    return read.size;
}

/* Shard 1 was set back from 91 to 71 entries; now shard 2 is open. */
static void
assert_closed_and_followed(void)
{
    struct cx_begin begin;
    struct cx_buf buf;

    assert_true(t.opened.behind_anchor);
    assert_true(t.opened.shard == 2 && t.opened.size == 1 && t.opened.anchor_size == 91);
    assert_string_equal(cx_log_key(t.log)->name, TEST_ORIGIN "/2");
    assert_true(keys_have("0001.closed") && !keys_have("0001.key"));
    assert_true(keys_have("0001.anchor") && keys_have("0001.vkey") && keys_have("0002.key"));
    read_begin(2, &buf, &begin);
    assert_true(begin.has_before);
    assert_true(cx_str_equal(begin.before.origin, CX_STR(TEST_ORIGIN "/1")));
    assert_int_equal(size_of(begin.before.checkpoint, begin.before.vkey), 71);
    assert_int_equal(size_of(begin.before.later, begin.before.vkey), 91);
    assert_true(cx_str_equal(begin.software, CX_STR("test 1")));
    cx_buf_done(&buf);
    ASSERT_FINDINGS(t.store, "(behind 1/71-90)\n");
}

/* I2 */
TEST(a_store_of_yesterday_is_not_signed_for_again)
{
    make();
    test_log_close(&t);
    set_aside();
    test_log_open(&t);
    test_log_fill(&t, 70, 90);
    put_back();
    test_log_open(&t);
    assert_closed_and_followed();
    test_log_fill(&t, 100, 130);
    assert_int_equal(t.commit.size, 31);
    test_log_prove(&t, 5);
    test_log_close(&t);
    test_log_open(&t); /* and so it stays */
    assert_true(t.opened.shard == 2 && t.opened.size == 31 && !t.opened.behind_anchor);
    ASSERT_FINDINGS(t.store, "(behind 1/71-90)\n");
}

/* A copy that was taken while it was open. */
TEST(a_copy_of_an_open_store_is_of_yesterday_too)
{
    make();
    set_aside();
    test_log_fill(&t, 70, 90);
    put_back();
    test_log_open(&t);
    assert_closed_and_followed();
}

/* The right store comes back too late. */
TEST(what_was_closed_stays_closed)
{
    char right[SCRATCH_PATH];

    make();
    set_aside();
    test_log_fill(&t, 70, 90);
    test_log_close(&t);
    scratch_join(right, t.folder, "right");
    scratch_copy(t.store, right);
    put_back();
    test_log_open(&t);
    assert_closed_and_followed();
    test_log_fill(&t, 90, 95);
    test_log_close(&t);
    scratch_remove(t.store);
    scratch_copy(right, t.store);
    test_log_open(&t);
    assert_true(t.opened.behind_anchor);
    assert_int_equal(t.opened.shard, 3); /* 2 was signed for, and is lost */
    test_log_fill(&t, 200, 210);
    ASSERT_FINDINGS(t.store, "shard-missing 2/0\n");
}

/* Same number of entries, but others. */
TEST(a_store_that_differs_from_its_anchor_is_not_signed_for_again)
{
    struct cx_begin begin;
    struct cx_buf buf;
    char store[SCRATCH_PATH], keys[SCRATCH_PATH];

    make();
    test_log_close(&t);
    /* Two that began as one. */
    scratch_join(store, t.folder, "other");
    scratch_join(keys, t.folder, "other.keys");
    scratch_copy(t.store, store);
    scratch_copy(t.keys, keys);
    test_log_open(&t);
    test_log_fill(&t, 70, 90);
    test_log_close(&t);
    scratch_remove(t.store);
    assert_int_equal(rename(store, t.store), 0);
    {
        char kept[SCRATCH_PATH];

        scratch_join(kept, t.folder, "kept.keys");
        assert_int_equal(rename(t.keys, kept), 0);
        assert_int_equal(rename(keys, t.keys), 0);
        test_log_open(&t);
        test_log_fill(&t, 170, 190);
        test_log_close(&t);
        scratch_remove(t.keys);
        assert_int_equal(rename(kept, t.keys), 0);
    }
    {
        /* The copy for readers would show it at once: one store never has two. */
        char latest[SCRATCH_PATH];

        scratch_join(latest, t.store, "0001/checkpoint");
        assert_int_equal(unlink(latest), 0);
    }
    test_log_open(&t);
    assert_true(t.opened.behind_anchor && t.opened.shard == 2 && t.opened.anchor_size == 91);
    read_begin(2, &buf, &begin);
    assert_int_equal(size_of(begin.before.later, begin.before.vkey), 91);
    cx_buf_done(&buf);
    test_log_fill(&t, 300, 310);
}

TEST(a_missing_anchor_is_told_of_and_never_made_anew)
{
    char path[SCRATCH_PATH];

    make();
    test_log_close(&t);
    scratch_join(path, t.keys, "0001.anchor");
    assert_int_equal(unlink(path), 0);
    assert_not_opened(CX_CLASS_STORE, "0001.anchor is missing");
    assert_false(scratch_exists(path));
    ASSERT_FINDINGS(t.store, "anchor 1/0\n");
}

TEST(a_spoiled_anchor_is_told_of)
{
    static const long sizes[] = { 0, 100, 4096, 8191, 9000 };
    char path[SCRATCH_PATH], kept[SCRATCH_PATH];

    make();
    test_log_close(&t);
    scratch_join(path, t.keys, "0001.anchor");
    scratch_join(kept, t.folder, "kept");
    scratch_copy(path, kept);
    for (size_t i = 0; i < CX_COUNT(sizes); i++) {
        scratch_cut(path, sizes[i]);
        assert_not_opened(CX_CLASS_STORE, "0001.anchor");
    }
    assert_int_equal(unlink(path), 0);
    scratch_copy(kept, path);
    scratch_poke(path, 25, "gargabe", 7);
    scratch_poke(path, 4096 + 25, "garbage", 7);
    assert_not_opened(CX_CLASS_STORE, "is damaged");
    assert_int_equal(unlink(path), 0);
    scratch_copy(kept, path); /* the right one comes back */
    test_log_open(&t);
    assert_int_equal(t.commit.size, 71);
    test_log_fill(&t, 70, 75);
}

/* A crash while it was written: the slot before is good, and the store is ahead of it. */
TEST(a_slot_that_a_crash_cut_is_no_harm)
{
    char anchor[SCRATCH_PATH], latest[SCRATCH_PATH], text[9000];
    size_t slot;

    make();
    test_log_close(&t);
    scratch_join(anchor, t.keys, "0001.anchor");
    scratch_join(latest, t.store, "0001/checkpoint");
    (void)scratch_read(anchor, text, sizeof(text));
    slot = strstr(text, "slot 1 71 ") < text + 4096 ? 0 : 1;
    scratch_poke(anchor, (long)(slot * 4096 + 200), "cut", 3);
    assert_int_equal(unlink(latest), 0); /* it comes after the anchor */
    test_log_open(&t);
    assert_true(t.opened.shard == 1 && !t.opened.behind_anchor);
    assert_true(t.opened.size == 71 && t.opened.uncertain == 30);
    assert_true(t.commit.first == 41 && t.commit.size == 71); /* signed over now */
    test_log_prove(&t, 3);
    test_log_fill(&t, 70, 80);
    ASSERT_FINDINGS(t.store, "");
}

/* Somebody put back an anchor of yesterday: the store knows better. */
TEST(an_anchor_of_yesterday_is_told_of)
{
    char anchor[SCRATCH_PATH], kept[SCRATCH_PATH];

    make();
    scratch_join(anchor, t.keys, "0001.anchor");
    scratch_join(kept, t.folder, "kept");
    scratch_copy(anchor, kept);
    test_log_fill(&t, 70, 80);
    test_log_fill(&t, 80, 90);
    test_log_close(&t);
    assert_int_equal(unlink(anchor), 0);
    scratch_copy(kept, anchor);
    assert_not_opened(CX_CLASS_STORE, "set back");
}

TEST(an_anchor_of_another_log_is_told_of)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_options options;
    char store[SCRATCH_PATH], anchor[SCRATCH_PATH], other[SCRATCH_PATH];

    make();
    test_log_close(&t);
    options = t.options;
    scratch_join(store, t.folder, "second");
    SCRATCH_OK(cx_log_create(store, CX_STR(TEST_ORIGIN), &options, &detail));
    scratch_join(anchor, t.keys, "0001.anchor");
    scratch_join(other, t.folder, "second.keys/0001.anchor");
    assert_int_equal(rename(other, anchor), 0);
    assert_not_opened(CX_CLASS_STORE, "not an anchor of " TEST_ORIGIN "/1");
}

TEST(a_key_of_another_log_is_told_of)
{
    struct cx_detail detail = { .rule = NULL };
    char store[SCRATCH_PATH], key[SCRATCH_PATH], other[SCRATCH_PATH];

    make();
    test_log_close(&t);
    scratch_join(store, t.folder, "second");
    SCRATCH_OK(cx_log_create(store, CX_STR(TEST_ORIGIN), &t.options, &detail));
    scratch_join(key, t.keys, "0001.key");
    scratch_join(other, t.folder, "second.keys/0001.key");
    assert_int_equal(rename(other, key), 0);
    assert_not_opened(CX_CLASS_STORE, "not the key of");
    assert_int_equal(unlink(key), 0);
    assert_not_opened(CX_CLASS_IO, "0001.key");
}

TEST(what_is_given_up_is_followed)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_begin begin;
    struct cx_buf buf;
    char path[SCRATCH_PATH], text[200];

    make();
    test_log_close(&t);
    scratch_join(path, t.keys, "0001.anchor");
    assert_int_equal(unlink(path), 0);
    SCRATCH_OK(cx_log_give_up(t.store, &t.options, CX_STR("the disk of the keys died\n"), &detail));
    assert_true(keys_have("0001.closed") && !keys_have("0001.key"));
    scratch_join(path, t.keys, "0001.closed");
    (void)scratch_read(path, text, sizeof(text));
    assert_string_equal(text, "the disk of the keys died\n");
    test_log_open(&t);
    assert_true(t.opened.shard == 2 && t.opened.behind_anchor && t.opened.anchor_size == 0);
    read_begin(2, &buf, &begin);
    assert_int_equal(size_of(begin.before.checkpoint, begin.before.vkey), 71);
    assert_int_equal(begin.before.later.n, 0);
    cx_buf_done(&buf);
    test_log_fill(&t, 0, 20);
    ASSERT_FINDINGS(t.store, "(anchor 1/0)\n");
}

/* Opened by who lost the whole folder of keys: nothing is signed. */
TEST(lost_keys_are_told_of)
{
    make();
    test_log_close(&t);
    scratch_remove(t.keys);
    assert_not_opened(CX_CLASS_STORE, "is missing");
}

/* ---- damage that opening sees */

TEST(damage_at_the_end_is_told_of)
{
    static const char *const damages[] = { "DELETE FROM entry WHERE number = 69",
                                           "DELETE FROM object WHERE number > 60",
                                           "DELETE FROM meta WHERE id = 2" };

    make();
    test_log_fill(&t, 70, 71);
    test_log_close(&t);
    set_aside();
    for (size_t i = 0; i < CX_COUNT(damages); i++) {
        put_back();
        scratch_sql(t.store, "0001/records.sqlite", damages[i]);
        assert_not_opened(CX_CLASS_STORE, "0001");
    }
}

/* A piece of an index that is gone is no request id that is not there. */
TEST(a_missing_piece_is_a_failure)
{
    struct cx_detail detail = { .rule = NULL };
    unsigned failed = 0;

    make();
    test_log_close(&t);
    set_aside();
    scratch_sql(t.store, "0001/records.sqlite", "DELETE FROM piece WHERE id = 7");
    assert_not_opened(CX_CLASS_STORE, "index of segment 0");
    put_back();
    for (unsigned i = 0; i < 15; i++) { /* those of segment 0, deleted while it is open */
        char request[20];
        uint64_t index;
        bool found = false;

        test_log_open(&t);
        scratch_sql(t.store, "0001/records.sqlite", "DELETE FROM piece WHERE id < 256");
        (void)snprintf(request, sizeof(request), "r-%u", i);
        if (!cx_ok(cx_log_find_request(t.log, cx_str_of(request), &found, &index, &detail))) {
            failed++;
        }
        assert_false(found);
        put_back();
    }
    assert_int_equal(failed, 15);
}

TEST(a_messages_file_that_is_gone_is_told_of)
{
    char path[SCRATCH_PATH];

    make();
    test_log_close(&t);
    scratch_join(path, t.store, "0001/messages.sqlite");
    assert_int_equal(unlink(path), 0);
    assert_not_opened(CX_CLASS_STORE, "messages are missing");
    assert_false(scratch_exists(path));
}

/* ---- sealing */

TEST(a_sealed_shard_is_followed)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;
    struct cx_begin begin;
    struct cx_buf buf;

    make();
    t.clock_ms += 500;
    SCRATCH_OK(cx_log_seal(t.log, &detail));
    assert_int_equal(cx_log_shard(t.log), 2);
    test_log_commit(&t);
    assert_int_equal(t.commit.size, 1);
    assert_true(!keys_have("0001.key") && !keys_have("0001.closed") && keys_have("0002.key"));
    read_begin(2, &buf, &begin);
    assert_int_equal(size_of(begin.before.checkpoint, begin.before.vkey), 72);
    assert_int_equal(begin.before.later.n, 0);
    cx_buf_done(&buf);
    test_log_fill(&t, 0, 30); /* request ids are those of a shard */
    SCRATCH_OK(cx_log_seal(t.log, &detail));
    test_log_fill(&t, 200, 203);
    test_log_prove(&t, 1);
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    assert_int_equal(cx_log_reader_shards(reader), 3);
    assert_true(cx_log_reader_shard(reader, 0)->sealed && cx_log_reader_shard(reader, 1)->sealed &&
                !cx_log_reader_shard(reader, 2)->sealed);
    assert_int_equal(cx_log_reader_shard(reader, 0)->size, 72);
    cx_log_reader_close(reader);
    test_log_close(&t);
    test_log_open(&t);
    assert_true(t.opened.shard == 3 && t.opened.size == 4);
    ASSERT_FINDINGS(t.store, "");
}

/* No reader ever makes an index of a sealed shard again: full segments, one whose pieces were being written, and the last,
 * which the seal ended. */
TEST(a_seal_writes_what_the_index_lacks)
{
    static const uint64_t entries[] = { 0, 14, 15, 60, 70 };

    for (size_t i = 0; i < CX_COUNT(entries); i++) {
        struct cx_detail detail = { .rule = NULL };
        static struct test_check check;
        uint64_t segments = (entries[i] + 2 + 15) / 16;
        char sql[100], want[60];

        if (i != 0) {
            test_log_remove(&t);
        }
        test_log_make(&t, 16);
        test_log_fill(&t, 0, entries[i]);
        SCRATCH_OK(cx_log_seal(t.log, &detail));
        test_log_close(&t);
        test_check_run(&check, t.store, NULL);
        assert_string_equal(check.text, "");
        assert_int_equal(check.totals.pieces, segments * 1024);
        (void)snprintf(sql, sizeof(sql), "DELETE FROM piece WHERE id >= %llu",
                       (unsigned long long)segments * 1024 - 1);
        scratch_sql(t.store, "0001/records.sqlite", sql);
        (void)snprintf(want, sizeof(want), "piece-missing 1/%llu\n",
                       (unsigned long long)segments * 1024 - 1);
        ASSERT_FINDINGS(t.store, want);
    }
}

/* Every moment at which a process can end while it seals: what is there is completed. */
TEST(an_interrupted_seal_is_completed)
{
    struct cx_detail detail = { .rule = NULL };
    char path[SCRATCH_PATH], kept[SCRATCH_PATH];

    make();
    scratch_join(path, t.keys, "0001.key");
    scratch_join(kept, t.folder, "kept.key");
    scratch_copy(path, kept);
    SCRATCH_OK(cx_log_seal(t.log, &detail));
    test_log_close(&t);
    /* The next shard is there, the old key still is. */
    scratch_copy(kept, path);
    test_log_open(&t);
    assert_true(t.opened.shard == 2 && !keys_have("0001.key"));
    test_log_close(&t);
    ASSERT_FINDINGS(t.store, "");
    /* The next shard was not made; its key and anchor say that nothing was signed. */
    scratch_copy(kept, path);
    scratch_join(path, t.store, "0002");
    scratch_remove(path);
    scratch_join(path, t.keys, "0002.anchor");
    assert_int_equal(unlink(path), 0);
    SCRATCH_OK(cx_slots_make(path, 0, CX_STR(""), &detail));
    test_log_open(&t);
    assert_true(t.opened.shard == 2 && !t.opened.behind_anchor && !keys_have("0001.key"));
    test_log_fill(&t, 0, 3);
    ASSERT_FINDINGS(t.store, "");
    test_log_close(&t);
    /* It was half made. */
    scratch_join(path, t.store, "0003.new");
    scratch_copy(t.store, aside);
    {
        char from[SCRATCH_PATH];

        scratch_join(from, aside, "0002");
        scratch_copy(from, path);
    }
    test_log_open(&t);
    SCRATCH_OK(cx_log_seal(t.log, &detail));
    assert_false(scratch_exists(path));
    assert_int_equal(cx_log_shard(t.log), 3);
    ASSERT_FINDINGS(t.store, "");
}

/* The seal was signed, the shard after it too, and then only the sealed one came back. */
TEST(a_lost_shard_is_not_made_again)
{
    struct cx_detail detail = { .rule = NULL };
    char path[SCRATCH_PATH];
    struct cx_begin begin;
    struct cx_buf buf;

    make();
    SCRATCH_OK(cx_log_seal(t.log, &detail));
    test_log_fill(&t, 100, 110);
    test_log_close(&t);
    scratch_join(path, t.store, "0002");
    scratch_remove(path);
    test_log_open(&t);
    assert_true(t.opened.shard == 3 && t.opened.behind_anchor);
    read_begin(3, &buf, &begin);
    assert_true(cx_str_equal(begin.before.origin, CX_STR(TEST_ORIGIN "/1")));
    cx_buf_done(&buf);
    ASSERT_FINDINGS(t.store, "(chain 1/0)\nshard-missing 2/0\n");
}

/* ---- after a failure */

TEST(after_a_failure_nothing_is_added)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_keys keys = { .n_names = 0 };
    uint64_t index;
    bool found;

    make();
    /* An entry number that somebody else put first: a constraint fails. */
    scratch_sql(t.store, "0001/records.sqlite",
                "INSERT INTO entry SELECT 71, objects, messages, entry, record FROM entry WHERE "
                "number = 70");
    SCRATCH_FAILS(cx_log_append(t.log, CX_ENTRY_CHECK, t.clock_ms,
                                cx_span_of_str(CX_STR("never looked at")), &keys, &index, &detail),
                  CX_CLASS_STORE);
    SCRATCH_FAILS(test_log_try(&t, 71, &detail), CX_CLASS_STORE);
    SCRATCH_FAILS(cx_log_commit(t.log, &t.commit, &detail), CX_CLASS_STORE);
    SCRATCH_FAILS(cx_log_find_request(t.log, CX_STR("r-1"), &found, &index, &detail),
                  CX_CLASS_STORE);
    SCRATCH_FAILS(cx_log_seal(t.log, &detail), CX_CLASS_STORE);
}

#define LOG(name) cmocka_unit_test_teardown(name, remove_log)

static const struct CMUnitTest tests[] = {
    LOG(a_store_of_yesterday_is_not_signed_for_again),
    LOG(a_copy_of_an_open_store_is_of_yesterday_too),
    LOG(what_was_closed_stays_closed),
    LOG(a_store_that_differs_from_its_anchor_is_not_signed_for_again),
    LOG(a_missing_anchor_is_told_of_and_never_made_anew),
    LOG(a_spoiled_anchor_is_told_of),
    LOG(a_slot_that_a_crash_cut_is_no_harm),
    LOG(an_anchor_of_yesterday_is_told_of),
    LOG(an_anchor_of_another_log_is_told_of),
    LOG(a_key_of_another_log_is_told_of),
    LOG(what_is_given_up_is_followed),
    LOG(lost_keys_are_told_of),
    LOG(damage_at_the_end_is_told_of),
    LOG(a_missing_piece_is_a_failure),
    LOG(a_messages_file_that_is_gone_is_told_of),
    LOG(a_sealed_shard_is_followed),
    LOG(a_seal_writes_what_the_index_lacks),
    LOG(an_interrupted_seal_is_completed),
    LOG(a_lost_shard_is_not_made_again),
    LOG(after_a_failure_nothing_is_added),
};

TEST_MAIN(tests)
