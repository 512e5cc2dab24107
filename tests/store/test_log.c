#include "base/limits.h"
#include "evidence/entry_keys.h"
#include "logs.h"
#include "main.h"
#include "store/signed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct test_log t;

static void
make(uint64_t segment_entries)
{
    test_log_make(&t, segment_entries);
}

static int
remove_log(void **state)
{
    (void)state;
    test_log_remove(&t);
    return 0;
}

static void
reopen(void)
{
    test_log_close(&t);
    test_log_open(&t);
}

/* ---- creating and opening */

TEST(a_new_log_is_signed_and_opens_again)
{
    char path[SCRATCH_PATH], text[300];
    struct stat st;

    make(0);
    assert_true(t.opened.shard == 1 && t.opened.size == 1 && !t.opened.behind_anchor);
    assert_int_equal(t.opened.uncertain, 0);
    assert_int_equal(t.commit.size, 1);
    assert_string_equal(cx_log_key(t.log)->name, TEST_ORIGIN "/1");
    scratch_join(path, t.keys, "0001.key");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0400);
    scratch_join(path, t.keys, "0001.vkey");
    assert_true(scratch_read(path, text, sizeof(text)) > 0);
    assert_memory_equal(text, TEST_ORIGIN "/1+", strlen(TEST_ORIGIN "/1+"));
    reopen();
    assert_int_equal(t.commit.size, 1);
}

TEST(what_is_there_is_not_created_again)
{
    struct cx_detail detail = { .rule = NULL };

    make(0);
    test_log_close(&t);
    SCRATCH_FAILS(cx_log_create(t.store, CX_STR("other.example"), &t.options, &detail),
                  CX_CLASS_STORE);
    test_log_open(&t);
    assert_string_equal(cx_log_key(t.log)->name, TEST_ORIGIN "/1");
}

/* Its keys remember a store that is lost. */
TEST(a_lost_store_is_not_created_again_with_its_keys)
{
    struct cx_detail detail = { .rule = NULL };

    make(0);
    test_log_close(&t);
    scratch_remove(t.store);
    SCRATCH_FAILS(cx_log_create(t.store, CX_STR(TEST_ORIGIN), &t.options, &detail), CX_CLASS_STORE);
    assert_non_null(strstr(detail.text, "0001.anchor"));
}

TEST(what_is_no_store_is_not_opened)
{
    struct cx_detail detail = { .rule = NULL };
    char path[SCRATCH_PATH];
    struct cx_log_reader *reader = NULL;

    make(0);
    test_log_close(&t);
    SCRATCH_FAILS(cx_log_open(t.folder, &t.options, &t.log, &t.opened, &detail), CX_CLASS_STORE);
    SCRATCH_FAILS(cx_log_reader_open(t.folder, &reader, &detail), CX_CLASS_STORE);
    scratch_join(path, t.folder, "lock");
    assert_false(scratch_exists(path));
    scratch_join(path, t.folder, "nowhere");
    SCRATCH_FAILS(cx_log_open(path, &t.options, &t.log, &t.opened, &detail), CX_CLASS_IO);
    assert_null(t.log);
    assert_null(reader);
}

TEST(an_origin_that_cannot_be_leaves_nothing)
{
    static const char *const bad[] = { "", "with space", "plus+", "new\nline" };
    struct cx_detail detail = { .rule = NULL };
    char store[SCRATCH_PATH], keys[SCRATCH_PATH];
    char longest[300];

    make(0);
    scratch_join(store, t.folder, "other");
    scratch_join(keys, t.folder, "other.keys");
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        SCRATCH_FAILS(cx_log_create(store, cx_str_of(bad[i]), &t.options, &detail),
                      CX_CLASS_MALFORMED);
        assert_false(scratch_exists(keys));
    }
    memset(longest, 'a', sizeof(longest));
    SCRATCH_FAILS(cx_log_create(store, (cx_str){ longest, 254 }, &t.options, &detail),
                  CX_CLASS_MALFORMED);
    SCRATCH_OK(cx_log_create(store, (cx_str){ longest, 253 }, &t.options, &detail));
}

/* I4 */
TEST(one_writer_at_a_time)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_opened opened;
    struct cx_log *second = NULL;

    make(0);
    SCRATCH_FAILS(cx_log_open(t.store, &t.options, &second, &opened, &detail), CX_CLASS_STORE);
    assert_null(second);
    assert_non_null(strstr(detail.text, "in use"));
    SCRATCH_FAILS(cx_log_give_up(t.store, &t.options, CX_STR("x"), &detail), CX_CLASS_STORE);
    test_log_fill(&t, 0, 3);
    reopen();
    assert_int_equal(t.commit.size, 4);
}

/* ---- appending */

TEST(batches_of_every_size_are_proved_and_consistent)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;
    struct {
        uint64_t size;
        struct cx_hash root;
    } earlier[60];
    size_t n = 0;
    uint64_t i = 0;

    make(64);
    for (uint64_t batch = 0; n < CX_COUNT(earlier); batch = (batch * 7 + 3) % 61) {
        test_log_fill(&t, i, i + batch);
        i += batch;
        assert_int_equal(t.commit.size, i + 1);
        test_log_prove(&t, i);
        earlier[n].size = t.commit.size;
        earlier[n++].root = t.root;
        if (n % 7 == 0) {
            reopen();
            assert_int_equal(t.commit.size, i + 1);
            assert_true(cx_hash_equal(&t.root, &earlier[n - 1].root));
        }
    }
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    for (size_t k = 0; k < n; k++) {
        struct cx_hashes hashes = cx_log_hashes(reader, 1);
        struct cx_path path;

        SCRATCH_OK(cx_tree_consistency(&hashes, earlier[k].size, t.commit.size, &path));
        SCRATCH_OK(cx_consistency_verify(earlier[k].size, &earlier[k].root, t.commit.size, &t.root,
                                         &path));
    }
    cx_log_reader_close(reader);
}

TEST(a_log_proves_that_its_last_commit_goes_on)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_hash earlier[40];
    struct cx_commit latest;
    struct cx_path path;

    make(8);
    for (uint64_t i = 0; i < CX_COUNT(earlier); i++) {
        test_log_fill(&t, 7 * i, 7 * i + 7);
        earlier[i] = t.root;
    }
    test_log_append(&t, 7 * CX_COUNT(earlier)); /* not committed */
    SCRATCH_OK(cx_log_latest(t.log, &latest, &detail));
    assert_int_equal(latest.size, t.commit.size);
    assert_true(latest.checkpoint.n == strlen(t.note) &&
                memcmp(latest.checkpoint.p, t.note, latest.checkpoint.n) == 0);
    for (uint64_t i = 0; i < CX_COUNT(earlier); i++) {
        SCRATCH_OK(cx_log_consistency(t.log, 7 * i + 8, &path, &detail));
        SCRATCH_OK(cx_consistency_verify(7 * i + 8, &earlier[i], latest.size, &t.root, &path));
    }
    SCRATCH_FAILS(cx_log_consistency(t.log, latest.size + 1, &path, &detail), CX_CLASS_USAGE);
    test_log_commit(&t); /* it has not failed by that */
}

TEST(a_commit_of_nothing_signs_nothing)
{
    char before[1024];

    make(0);
    test_log_fill(&t, 0, 5);
    memcpy(before, t.note, sizeof(before));
    test_log_commit(&t);
    assert_true(t.commit.first == 6 && t.commit.size == 6);
    assert_string_equal(t.note, before);
}

TEST(what_is_not_committed_is_gone)
{
    make(0);
    test_log_fill(&t, 0, 5);
    test_log_append(&t, 5);
    reopen();
    assert_int_equal(t.commit.size, 6);
    test_log_fill(&t, 5, 9);
    assert_int_equal(t.commit.size, 10);
}

TEST(only_what_is_committed_is_proved)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_path path;

    make(0);
    test_log_fill(&t, 0, 5);
    test_log_append(&t, 5);
    SCRATCH_FAILS(cx_log_prove(t.log, 6, &path, &detail), CX_CLASS_USAGE);
    test_log_prove(&t, 1); /* of the last commit's tree, though it has grown */
    test_log_commit(&t);
    SCRATCH_OK(cx_log_prove(t.log, 6, &path, &detail));
}

TEST(the_log_alone_begins_and_seals)
{
    struct cx_detail detail = { .rule = NULL };
    uint64_t index;

    make(0);
    for (enum cx_entry_kind kind = CX_ENTRY_UNSET; kind <= CX_ENTRY_SEAL; kind++) {
        if (kind == CX_ENTRY_CHECK) {
            continue;
        }
        SCRATCH_FAILS(cx_log_append(t.log, kind, TEST_CLOCK_MS, cx_span_of_str(CX_STR("x")), NULL,
                                    &index, &detail),
                      CX_CLASS_USAGE);
    }
    test_log_fill(&t, 0, 1);
    assert_int_equal(t.commit.size, 2);
}

/* ---- time */

static uint64_t
time_of_last(void)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;
    uint64_t last;

    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    last = cx_log_reader_shard(reader, 0)->last_ms;
    cx_log_reader_close(reader);
    return last;
}

TEST(a_clock_that_is_set_right_is_forgiven_one_that_goes_back_is_not)
{
    struct cx_detail detail = { .rule = NULL };
    uint64_t at;

    make(0);
    test_log_fill(&t, 0, 1);
    t.clock_ms -= 500;
    test_log_fill(&t, 1, 2);
    assert_int_equal(time_of_last(), TEST_CLOCK_MS);
    t.clock_ms = TEST_CLOCK_MS - 1000;
    SCRATCH_OK(cx_log_time(t.log, t.clock_ms, &at, &detail));
    assert_int_equal(at, TEST_CLOCK_MS);
    t.clock_ms = TEST_CLOCK_MS - 1001;
    assert_int_equal(cx_log_time(t.log, t.clock_ms, &at, &detail).code, CX_E_CLOCK);
    t.clock_ms = TEST_CLOCK_MS - 2000;
    assert_int_equal(test_log_try(&t, 2, &detail).code, CX_E_CLOCK);
    test_log_commit(&t); /* nothing was appended, and the log goes on */
    assert_int_equal(t.commit.size, 3);
    assert_int_equal(cx_log_append(t.log, CX_ENTRY_CHECK, TEST_CLOCK_MS - 1,
                                   cx_span_of_str(CX_STR("x")), NULL, &at, &detail)
                         .code,
                     CX_E_CLOCK);
    assert_int_equal(cx_log_seal(t.log, &detail).code, CX_E_CLOCK);
    t.clock_ms = TEST_CLOCK_MS + 3000;
    test_log_fill(&t, 2, 3);
    assert_int_equal(time_of_last(), TEST_CLOCK_MS + 3000);
    reopen();
    t.clock_ms = TEST_CLOCK_MS; /* the last entry's time is remembered */
    assert_int_equal(test_log_try(&t, 3, &detail).code, CX_E_CLOCK);
}

/* ---- finding */

static bool
has_request(const char *request, uint64_t *ret_index)
{
    struct cx_detail detail = { .rule = NULL };
    bool found = false;

    SCRATCH_OK(cx_log_find_request(t.log, cx_str_of(request), &found, ret_index, &detail));
    return found;
}

static void
assert_requests(uint64_t n)
{
    char request[40];
    uint64_t index = 0;

    for (uint64_t i = 0; i < n; i++) {
        (void)snprintf(request, sizeof(request), "r-%llu", (unsigned long long)i);
        assert_true(has_request(request, &index));
        assert_int_equal(index, i + 1);
    }
    for (uint64_t i = n; i < n + 500; i++) {
        (void)snprintf(request, sizeof(request), "r-%llu", (unsigned long long)i);
        assert_false(has_request(request, &index));
    }
    assert_false(has_request("", &index));
    assert_false(has_request("r-", &index));
    assert_false(has_request("n1.test", &index)); /* a name is no request */
}

TEST(requests_are_found_in_every_segment_at_every_stage)
{
    uint64_t i = 0;

    make(16); /* pieces are written while the next segment grows */
    for (unsigned k = 0; k < 30; k++) {
        uint64_t n = 1 + k % 5;

        for (uint64_t end = i + n; i < end; i++) {
            test_log_append(&t, i);
        }
        assert_requests(i); /* those that are not committed too */
        test_log_commit(&t);
        assert_requests(i);
        if (k % 3 == 0) {
            reopen();
            assert_requests(i);
        }
    }
}

TEST(one_batch_of_many_segments)
{
    make(16);
    test_log_fill(&t, 0, 333);
    assert_requests(333);
    reopen();
    assert_requests(333);
    test_log_prove(&t, 3);
}

/* It can be sealed, and what does not fit leaves no trace. */
TEST(a_shard_that_is_full_is_sealed)
{
    struct cx_detail detail = { .rule = NULL };
    static const uint8_t large[CX_RECORD_MAX + 1];
    struct cx_hash digest = { .b = { 1 } };
    uint64_t index;

    make(1);
    test_log_fill(&t, 0, CX_LOG_SEGMENTS_MAX);
    assert_int_equal(t.commit.size, CX_LOG_SEGMENTS_MAX + 1);
    assert_int_equal(test_log_try(&t, CX_LOG_SEGMENTS_MAX, &detail).code, CX_E_LIMIT);
    assert_non_null(strstr(detail.text, "must be sealed"));
    reopen();
    assert_int_equal(test_log_try(&t, CX_LOG_SEGMENTS_MAX, &detail).code, CX_E_LIMIT);
    assert_requests(CX_LOG_SEGMENTS_MAX);
    SCRATCH_OK(cx_log_seal(t.log, &detail));
    assert_int_equal(cx_log_append(t.log, CX_ENTRY_CHECK, TEST_CLOCK_MS,
                                   (cx_span){ large, sizeof(large) }, NULL, &index, &detail)
                         .code,
                     CX_E_LIMIT);
    assert_int_equal(cx_log_put_object(t.log, CX_OBJECT_ANSWER, &digest,
                                       (cx_span){ large, sizeof(large) }, &detail)
                         .code,
                     CX_E_LIMIT);
    test_log_fill(&t, 0, 3);
    assert_int_equal(t.commit.size, 4);
}

struct found {
    uint64_t shard[400], index[400];
    size_t n;
};

static cx_status
note_found(void *ctx, const struct cx_log_row *row)
{
    struct found *found = ctx;

    assert_true(found->n < CX_COUNT(found->index));
    found->shard[found->n] = row->shard;
    found->index[found->n++] = row->index;
    return CX_SUCCESS;
}

static struct found
find(const char *text)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;
    struct found found = { .n = 0 };

    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    SCRATCH_OK(cx_log_find(reader, cx_str_of(text), note_found, &found, &detail));
    cx_log_reader_close(reader);
    for (size_t k = 1; k < found.n; k++) { /* newest first */
        assert_true(found.shard[k] < found.shard[k - 1] ||
                    (found.shard[k] == found.shard[k - 1] && found.index[k] < found.index[k - 1]));
    }
    return found;
}

TEST(readers_find_by_name_and_request_newest_first)
{
    struct found found;

    make(16);
    test_log_fill(&t, 0, 121);
    found = find("n7.test");
    assert_true(found.n == 3 && found.index[0] == 108 && found.index[2] == 8);
    found = find("*.w3.test");
    assert_int_equal(found.n, 17);
    assert_int_equal(find("w3.test").n, 0);
    assert_int_equal(find("r-77").index[0], 78);
    assert_int_equal(find("r-77").n, 1);
    assert_int_equal(find("r-121").n, 0);
    assert_int_equal(find("").n, 0);
    test_log_append(&t, 157); /* not committed, not seen */
    assert_int_equal(find("n7.test").n, 3);
    test_log_commit(&t);
    assert_int_equal(find("n7.test").n, 4);
}

/* A request id that is a name too, of its own row and of others: each row once, in order. */
TEST(a_row_is_given_once)
{
    struct found found;

    make(16);
    test_log_fill(&t, 0, 70);
    test_log_append(&t, TEST_NAMED_ALIKE + 5);
    test_log_fill(&t, 70, 130);
    found = find("n5.test");
    assert_int_equal(found.n, 4);
    assert_true(found.index[0] == 107 && found.index[1] == 71 && found.index[2] == 56 &&
                found.index[3] == 6);
    assert_int_equal(find("n6.test").n, 3);
}

/* ---- objects */

static cx_status
check_objects(void *ctx, const struct cx_log_row *row)
{
    struct cx_log_reader *reader = ctx;
    struct cx_detail detail = { .rule = NULL };

    if (row->index == 0) {
        return CX_SUCCESS;
    }
    assert_true(test_record_is(row->record, row->index - 1));
    for (unsigned which = 0; which < 4; which++) {
        enum cx_object_kind kind;
        cx_span want = test_object(row->index - 1, which, &kind), got;
        struct cx_arena arena;
        struct cx_hash digest;
        bool found = false;

        cx_arena_init(&arena, 65536);
        test_digest(want, &digest);
        SCRATCH_OK(cx_log_object(reader, row->shard, &digest, &arena, &got, &found, &detail));
        assert_true(found);
        assert_true(cx_span_equal(got, want));
        digest.b[31] ^= 1;
        SCRATCH_OK(cx_log_object(reader, row->shard, &digest, &arena, &got, &found, &detail));
        assert_false(found);
        cx_arena_done(&arena);
    }
    return CX_SUCCESS;
}

TEST(every_record_finds_its_objects)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;

    make(16);
    for (uint64_t i = 0; i < 200; i += 20) {
        test_log_fill(&t, i, i + 20);
        if (i % 60 == 0) {
            reopen();
        }
    }
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    SCRATCH_OK(cx_log_scan(reader, 1, 0, 201, check_objects, reader, &detail));
    /* Nearness is a help, not a condition. */
    SCRATCH_OK(cx_log_scan(reader, 1, 0, 1, check_objects, reader, &detail));
    SCRATCH_OK(cx_log_scan(reader, 1, 150, 151, check_objects, reader, &detail));
    SCRATCH_OK(cx_log_scan(reader, 1, 7, 8, check_objects, reader, &detail));
    cx_log_reader_close(reader);
}

/* Who wants an object of a segment that has no pieces yet makes no index of names. */
TEST(an_object_is_found_without_reading_records)
{
    struct cx_detail detail = { .rule = NULL };
    struct found found = { .n = 0 };
    struct cx_log_reader *reader;

    make(0);
    test_log_fill(&t, 0, 9);
    test_log_close(&t);
    scratch_sql(t.store, "0001/records.sqlite", "UPDATE entry SET record = x'00' WHERE number = 3");
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    SCRATCH_OK(cx_log_scan(reader, 1, 5, 6, check_objects, reader, &detail));
    for (size_t i = 0; i < 2; i++) { /* half an index is none */
        SCRATCH_FAILS(cx_log_find(reader, CX_STR("n5.test"), note_found, &found, &detail),
                      CX_CLASS_STORE);
    }
    assert_int_equal(found.n, 0);
    cx_log_reader_close(reader);
}

/* ---- starts and events */

/* Among 120 checks, in segments of 16: starts of every tenth, events about some. */
static void
fill_with_events(void)
{
    char id[20];

    for (unsigned i = 0; i < 120; i++) {
        (void)snprintf(id, sizeof(id), "r-%u", i);
        if (i % 10 == 0) {
            test_log_append_start(&t, id);
        }
        test_log_append(&t, i);
        if (i % 10 == 5) {
            test_log_put_certificate(&t, i);
            test_log_append_event(&t, (struct cx_event){ .type = CX_EVENT_ISSUANCE,
                                                         .has_about = true,
                                                         .about = { { (uint8_t)(i % 3) } },
                                                         .has_certificate = true,
                                                         .certificate = test_certificate(i),
                                                         .request = cx_str_of(id) });
        }
        if (i % 30 == 7) {
            test_log_append_event(
                &t, (struct cx_event){ .type = CX_EVENT_STOP, .why = CX_STR("n7.test") });
        }
    }
    test_log_commit(&t);
}

static size_t
find_key(const struct cx_buf *key)
{
    char text[200];

    assert_true(key->n < sizeof(text));
    memcpy(text, key->p, key->n);
    text[key->n] = '\0';
    return find(text).n;
}

static void
assert_found(void)
{
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = 200 };
    const struct cx_hash about = { { 2 } }, none = { { 3 } }, certificate = test_certificate(15),
                         other = test_certificate(16);

    assert_int_equal(find("\001start:r-70").n, 1);
    assert_int_equal(find("\001start:r-71").n, 0);
    assert_int_equal(find("r-70").n, 1); /* the check alone */
    assert_int_equal(find("r-70").index[0], find("\001start:r-70").index[0] + 1);
    assert_int_equal(find("\001request:r-25").n, 1);
    assert_int_equal(find("\001request:r-70").n, 0);
    assert_int_equal(find("\001stop").n, 4);
    assert_int_equal(find("n7.test").n, 3); /* no text of an event is a name */
    cx_log_key_about(&about, &key);
    assert_int_equal(find_key(&key), 4);
    cx_buf_clear(&key);
    cx_log_key_about(&none, &key);
    assert_int_equal(find_key(&key), 0);
    cx_buf_clear(&key);
    cx_log_key_certificate(&certificate, &key);
    assert_int_equal(find_key(&key), 1);
    cx_buf_clear(&key);
    cx_log_key_certificate(&other, &key);
    assert_int_equal(find_key(&key), 0);
}

/* At every stage: in memory, in pieces, made again of the rows, sealed. */
TEST(starts_and_events_are_found_by_their_keys)
{
    struct cx_detail detail = { .rule = NULL };

    for (unsigned segment = 0; segment < 2; segment++) {
        make(segment == 0 ? 16 : 0);
        fill_with_events();
        assert_found();
        reopen();
        assert_found();
        SCRATCH_OK(cx_log_seal(t.log, &detail));
        assert_found();
        if (segment == 0) {
            test_log_remove(&t);
        }
    }
}

TEST(a_start_is_found_as_requests_are)
{
    struct cx_detail detail = { .rule = NULL };
    uint64_t index = 0;
    bool found;

    make(4);
    for (unsigned stage = 0; stage < 3; stage++) {
        if (stage == 0) {
            test_log_append_start(&t, "r-1");
        } else if (stage == 1) {
            test_log_fill(&t, 0, 1);
        } else {
            test_log_fill(&t, 2, 40);
            reopen();
        }
        SCRATCH_OK(cx_log_find_request(t.log, CX_STR("\001start:r-1"), &found, &index, &detail));
        assert_true(found && index == 1);
        SCRATCH_OK(cx_log_find_request(t.log, CX_STR("r-1"), &found, &index, &detail));
        assert_false(found);
        SCRATCH_OK(cx_log_find_request(t.log, CX_STR("\001start:r-2"), &found, &index, &detail));
        assert_false(found);
    }
}

static cx_status
append_record(enum cx_entry_kind kind, uint64_t time_ms, const struct cx_buf *buf,
              const struct cx_log_keys *keys)
{
    struct cx_detail detail = { .text = "" };
    uint64_t index;
    cx_status s =
        cx_log_append(t.log, kind, time_ms, cx_span_of_str(cx_buf_str(buf)), keys, &index, &detail);

    assert_true(cx_ok(s) == (detail.text[0] == '\0'));
    return s;
}

/* Nothing was done, and the log goes on. */
TEST(what_could_not_be_found_again_is_not_appended)
{
    static const cx_str names[] = { CX_STR_INIT("a.test"), CX_STR_INIT("\001stop") };
    const struct cx_log_keys by_request = { .request = CX_STR("\001start:r-1") };
    const struct cx_log_keys by_name = { .names = names, .n_names = 2 };
    const struct cx_log_keys good = { .request = CX_STR("r-2") };
    struct cx_start start = { .salt = { 1 }, .time_ms = TEST_CLOCK_MS, .request = CX_STR("r-1") };
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 4096 };

    make(0);
    assert_true(cx_ok(cx_start_encode(&start, &buf)));
    assert_int_equal(append_record(CX_ENTRY_START, TEST_CLOCK_MS + 1, &buf, NULL).code, CX_E_USAGE);
    assert_int_equal(append_record(CX_ENTRY_START, TEST_CLOCK_MS, &buf, &good).code, CX_E_USAGE);
    assert_int_equal(append_record(CX_ENTRY_EVENT, TEST_CLOCK_MS, &buf, NULL).code, CX_E_USAGE);
    assert_int_equal(append_record(CX_ENTRY_CHECK, TEST_CLOCK_MS, &buf, &by_request).code,
                     CX_E_USAGE);
    assert_int_equal(append_record(CX_ENTRY_CHECK, TEST_CLOCK_MS, &buf, &by_name).code, CX_E_USAGE);
    assert_int_equal(append_record((enum cx_entry_kind)6, TEST_CLOCK_MS, &buf, NULL).code,
                     CX_E_USAGE);
    assert_true(cx_ok(append_record(CX_ENTRY_START, TEST_CLOCK_MS, &buf, NULL)));
    test_log_commit(&t);
    assert_int_equal(t.commit.size, 2);
}

struct read {
    unsigned starts, events;
};

/* Each row is read as what it is, and as nothing else. */
static cx_status
read_row(void *ctx, const struct cx_log_row *row)
{
    struct read *read = ctx;
    struct cx_log_row changed = *row;
    struct cx_start start;
    struct cx_event event;
    bool is_start = row->entry[1] == CX_ENTRY_START, is_event = row->entry[1] == CX_ENTRY_EVENT;

    assert_true(cx_ok(cx_log_start(row, &start, NULL)) == is_start);
    assert_true(cx_ok(cx_log_event(row, &event, NULL)) == is_event);
    assert_true(!is_start || start.request.n != 0);
    assert_true(!is_event || event.type == CX_EVENT_ISSUANCE || event.type == CX_EVENT_STOP);
    read->starts += is_start;
    read->events += is_event;
    if (is_start || is_event) {
        struct cx_record record;
        struct cx_arena arena;

        cx_arena_init(&arena, 1000);
        assert_int_equal(cx_log_record(row, &arena, &record, NULL).code, CX_E_STORE);
        cx_arena_done(&arena);
        changed.entry[9] ^= 1; /* the time */
        assert_int_equal(cx_log_start(&changed, &start, NULL).code, CX_E_STORE);
        assert_int_equal(cx_log_event(&changed, &event, NULL).code, CX_E_STORE);
        changed = *row;
        changed.entry[41] ^= 1; /* the digest */
        assert_int_equal(cx_log_start(&changed, &start, NULL).code, CX_E_STORE);
        assert_int_equal(cx_log_event(&changed, &event, NULL).code, CX_E_STORE);
        changed = *row;
        changed.record.n = 0;
        assert_int_equal(cx_log_start(&changed, &start, NULL).code, CX_E_STORE);
        assert_int_equal(cx_log_event(&changed, &event, NULL).code, CX_E_STORE);
    }
    return CX_SUCCESS;
}

TEST(rows_are_read_as_what_they_are)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;
    struct read read = { 0, 0 };

    make(16);
    fill_with_events();
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    SCRATCH_OK(cx_log_scan(reader, 1, 0, t.commit.size, read_row, &read, &detail));
    assert_true(read.starts == 12 && read.events == 16);
    cx_log_reader_close(reader);
}

TEST(a_scan_of_what_is_not_there_is_refused)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;

    make(0);
    test_log_fill(&t, 0, 3);
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    SCRATCH_FAILS(cx_log_scan(reader, 1, 0, 5, check_objects, reader, &detail), CX_CLASS_STORE);
    SCRATCH_FAILS(cx_log_scan(reader, 2, 0, 1, check_objects, reader, &detail), CX_CLASS_STORE);
    SCRATCH_OK(cx_log_scan(reader, 1, 4, 4, check_objects, reader, &detail));
    cx_log_reader_close(reader);
}

/* ---- readers beside a writer */

TEST(a_commit_is_seen_at_once_and_a_reader_stays_where_it_was)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *old = NULL, *reader;

    make(16);
    for (uint64_t i = 0; i < 40; i++) {
        struct cx_log_shard_info info;

        test_log_fill(&t, i, i + 1);
        SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
        assert_int_equal(cx_log_reader_shards(reader), 1);
        info = *cx_log_reader_shard(reader, 0);
        assert_true(info.number == 1 && info.size == i + 2 && !info.sealed && !info.held);
        assert_true(cx_str_equal(info.checkpoint, cx_str_of(t.note)));
        assert_true(info.first_ms == TEST_CLOCK_MS && info.last_ms == TEST_CLOCK_MS);
        if (i == 10) {
            old = reader;
        } else {
            cx_log_reader_close(reader);
        }
        SCRATCH_OK(cx_log_tend(t.log, &detail));
    }
    assert_int_equal(cx_log_reader_shard(old, 0)->size, 12);
    SCRATCH_OK(cx_log_scan(old, 1, 0, 12, check_objects, old, &detail));
    SCRATCH_FAILS(cx_log_scan(old, 1, 0, 13, check_objects, old, &detail), CX_CLASS_STORE);
    cx_log_reader_close(old);
}

/* What a crash leaves of the file for readers: they take the row. */
TEST(readers_do_without_the_latest_checkpoint)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;
    char path[SCRATCH_PATH];

    make(0);
    test_log_fill(&t, 0, 3);
    test_log_fill(&t, 3, 5);
    scratch_join(path, t.store, "0001/checkpoint");
    scratch_poke(path, 40, "spoiled", 7);
    scratch_poke(path, 4096 + 40, "spoiled", 7);
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    assert_int_equal(cx_log_reader_shard(reader, 0)->size, 4);
    cx_log_reader_close(reader);
    scratch_cut(path, 100);
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    assert_int_equal(cx_log_reader_shard(reader, 0)->size, 4);
    cx_log_reader_close(reader);
}

#define LOG(name) cmocka_unit_test_teardown(name, remove_log)

static const struct CMUnitTest tests[] = {
    LOG(a_new_log_is_signed_and_opens_again),
    LOG(what_is_there_is_not_created_again),
    LOG(a_lost_store_is_not_created_again_with_its_keys),
    LOG(what_is_no_store_is_not_opened),
    LOG(an_origin_that_cannot_be_leaves_nothing),
    LOG(one_writer_at_a_time),
    LOG(batches_of_every_size_are_proved_and_consistent),
    LOG(a_log_proves_that_its_last_commit_goes_on),
    LOG(a_commit_of_nothing_signs_nothing),
    LOG(what_is_not_committed_is_gone),
    LOG(only_what_is_committed_is_proved),
    LOG(the_log_alone_begins_and_seals),
    LOG(a_clock_that_is_set_right_is_forgiven_one_that_goes_back_is_not),
    LOG(requests_are_found_in_every_segment_at_every_stage),
    LOG(one_batch_of_many_segments),
    LOG(a_shard_that_is_full_is_sealed),
    LOG(readers_find_by_name_and_request_newest_first),
    LOG(a_row_is_given_once),
    LOG(every_record_finds_its_objects),
    LOG(an_object_is_found_without_reading_records),
    LOG(starts_and_events_are_found_by_their_keys),
    LOG(a_start_is_found_as_requests_are),
    LOG(what_could_not_be_found_again_is_not_appended),
    LOG(rows_are_read_as_what_they_are),
    LOG(a_scan_of_what_is_not_there_is_refused),
    LOG(a_commit_is_seen_at_once_and_a_reader_stays_where_it_was),
    LOG(readers_do_without_the_latest_checkpoint),
};

TEST_MAIN(tests)
