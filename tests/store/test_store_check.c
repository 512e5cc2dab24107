#include "base/cbor.h"
#include "checks.h"
#include "logs.h"
#include "main.h"
#include "pki/digest.h"
#include "records.h"
#include "store/shard.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A log of 700 entries in batches of 1 to 60: two full tiles, a tail, segments of 64. */

static struct test_log t;
static char pristine[SCRATCH_PATH];

static int
make_log(void **state)
{
    uint64_t i = 0;

    (void)state;
    test_log_make(&t, 64);
    for (uint64_t batch = 1; i < 699; batch = batch % 60 + 7) {
        uint64_t end = i + batch > 699 ? 699 : i + batch;

        test_log_fill(&t, i, end);
        i = end;
    }
    test_log_close(&t);
    scratch_join(pristine, t.folder, "pristine");
    scratch_copy(t.store, pristine);
    return 0;
}

static int
remove_log(void **state)
{
    (void)state;
    test_log_remove(&t);
    return 0;
}

/* As it was before the last test. */
static int
restore(void **state)
{
    (void)state;
    scratch_remove(t.store);
    scratch_copy(pristine, t.store);
    return 0;
}

/* ---- by somebody else's hand */

static sqlite3 *
open_file(const char *name)
{
    char path[SCRATCH_PATH];
    sqlite3 *db;

    scratch_join(path, t.store, name);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void CX_PRINTF(1, 2) records(const char *fmt, ...)
{
    char sql[1000];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(sql, sizeof(sql), fmt, args);
    va_end(args);
    scratch_sql(t.store, "0001/records.sqlite", sql);
}

static void
flip(const char *table, const char *column, const char *where, unsigned at)
{
    sqlite3 *db =
        open_file(strcmp(table, "message") == 0 ? "0001/messages.sqlite" : "0001/records.sqlite");
    bool of_entries = strcmp(table, "entry") == 0;
    char sql[200];
    sqlite3_stmt *select;
    sqlite3_blob *blob;
    uint8_t octet;

    if (of_entries) {
        scratch_unpack(db);
    }
    (void)snprintf(sql, sizeof(sql), "SELECT rowid FROM %s WHERE %s", table, where);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &select, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(select), SQLITE_ROW);
    assert_int_equal(sqlite3_blob_open(db, of_entries ? "temp" : "main", table, column,
                                       sqlite3_column_int64(select, 0), 1, &blob),
                     SQLITE_OK);
    assert_int_equal(sqlite3_blob_read(blob, &octet, 1, (int)at), SQLITE_OK);
    octet ^= 1;
    assert_int_equal(sqlite3_blob_write(blob, &octet, 1, (int)at), SQLITE_OK);
    assert_int_equal(sqlite3_blob_close(blob), SQLITE_OK);
    assert_int_equal(sqlite3_finalize(select), SQLITE_OK);
    if (of_entries) {
        scratch_pack(db);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Rows a and b change places, but for these columns. */
static void
swap(const char *table, const char *key, const char *columns, unsigned a, unsigned b)
{
    char sql[1000];

    (void)snprintf(sql, sizeof(sql),
                   "CREATE TEMP TABLE x AS SELECT * FROM %s WHERE %s IN (%u, %u);"
                   "UPDATE %s SET (%s) = (SELECT %s FROM x WHERE x.%s = %u) WHERE %s = %u;"
                   "UPDATE %s SET (%s) = (SELECT %s FROM x WHERE x.%s = %u) WHERE %s = %u",
                   table, key, a, b, table, columns, columns, key, b, key, a, table, columns,
                   columns, key, a, key, b);
    scratch_sql(t.store,
                strcmp(table, "message") == 0 ? "0001/messages.sqlite" : "0001/records.sqlite",
                sql);
}

/* The size of the first checkpoint from that on. */
static uint64_t
checkpoint_from(uint64_t size, int direction)
{
    sqlite3 *db = open_file("0001/records.sqlite");
    char sql[200];
    sqlite3_stmt *select;
    uint64_t found;

    (void)snprintf(sql, sizeof(sql), "SELECT %s(size) FROM checkpoint WHERE size %s %llu",
                   direction > 0 ? "min" : "max", direction > 0 ? ">=" : "<",
                   (unsigned long long)size);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &select, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(select), SQLITE_ROW);
    found = (uint64_t)sqlite3_column_int64(select, 0);
    assert_int_equal(sqlite3_finalize(select), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return found;
}

/* ---- */

TEST(a_sound_store_has_no_findings)
{
    static struct test_check check;

    test_check_run(&check, t.store, NULL);
    assert_string_equal(check.text, "");
    assert_int_equal(check.totals.faults, 0);
    assert_int_equal(check.totals.remarks, 0);
    assert_int_equal(check.totals.entries, 700);
    assert_int_equal(check.totals.objects, 1 + 699 + 5);
    assert_int_equal(check.totals.messages, 3);
    assert_int_equal(check.totals.tiles, 2);
    assert_int_equal(check.totals.anchors, 1);
    assert_true(check.totals.pieces > 9 * 1024 && check.totals.checkpoints > 10);
}

TEST(a_store_without_its_keys_can_be_checked)
{
    static struct test_check check;

    test_check_run(&check, pristine, NULL); /* no pristine.keys */
    assert_string_equal(check.text, "");
    assert_int_equal(check.totals.anchors, 0);
    assert_int_equal(check.totals.entries, 700);
}

static void
test_record_edited(const char *index)
{
    char want[40];
    char where[40];

    (void)restore(NULL);
    (void)snprintf(where, sizeof(where), "number = %s", index);
    (void)snprintf(want, sizeof(want), "record 1/%s\n", index);
    flip("entry", "record", where, 20);
    ASSERT_FINDINGS(t.store, want);
}

TEST(an_edited_record_is_named)
{
    test_record_edited("1");
    test_record_edited("255");
    test_record_edited("256");
    test_record_edited("600");
    test_record_edited("699");
}

TEST(an_edited_entry_is_named)
{
    flip("entry", "entry", "number = 300", 41); /* digest */
    ASSERT_FINDINGS(t.store, "entry 1/300\n");
    (void)restore(NULL);
    flip("entry", "entry", "number = 300", 0); /* version: it cannot be read */
    ASSERT_FINDINGS(t.store, "entry 1/300\n");
}

/* Neither row nor tile has what was signed. */
TEST(an_entry_that_was_edited_with_its_tile_is_told_of_both)
{
    flip("entry", "entry", "number = 20", 41);
    flip("tile", "octets", "id = 0", 20 * 32 + 1);
    {
        static struct test_check check;

        test_check_run(&check, t.store, NULL);
        assert_non_null(strstr(check.text, "entry 1/20\n"));
        assert_non_null(strstr(check.text, "tile 1/0/0\n"));
    }
}

/* Where there is no tile yet, checkpoints say how far back it is. */
TEST(an_edited_entry_of_the_tail_is_between_two_checkpoints)
{
    char want[100];

    flip("entry", "entry", "number = 650", 41);
    (void)snprintf(want, sizeof(want), "record 1/650\ntree 1/%llu-%llu\n",
                   (unsigned long long)checkpoint_from(651, -1),
                   (unsigned long long)checkpoint_from(651, 1) - 1);
    ASSERT_FINDINGS(t.store, want);
}

/* Record and entry fit each other, but were not signed. */
static void
replace(unsigned index, unsigned with)
{
    swap("entry", "number", "entry, record", index, with);
}

TEST(swapped_entries_are_named)
{
    replace(100, 101);
    ASSERT_FINDINGS(t.store, "entry 1/100\nentry 1/101\n");
    (void)restore(NULL);
    replace(3, 511);
    ASSERT_FINDINGS(t.store, "entry 1/3\nentry 1/511\n");
    (void)restore(NULL);
    swap("entry", "number", "record", 40, 50);
    ASSERT_FINDINGS(t.store, "record 1/40\nrecord 1/50\n");
}

TEST(a_deleted_entry_is_named)
{
    records("DELETE FROM entry WHERE number = 100");
    ASSERT_FINDINGS(t.store, "entry-missing 1/100\n");
    records("DELETE FROM entry WHERE number IN (255, 256)");
    ASSERT_FINDINGS(t.store, "entry-missing 1/100\nentry-missing 1/255\nentry-missing 1/256\n");
    records("DELETE FROM entry WHERE number = 650");
    ASSERT_FINDINGS(t.store, "entry-missing 1/100\nentry-missing 1/255\nentry-missing 1/256\n"
                             "entry-missing 1/650\n");
}

TEST(a_cut_end_is_behind)
{
    static struct test_check check;

    records("DELETE FROM entry WHERE number >= 690");
    test_check_run(&check, t.store, NULL);
    assert_non_null(strstr(check.text, "behind 1/690-699\n"));
    assert_null(strstr(check.text, "entry"));
    assert_null(strstr(check.text, "tree"));
}

TEST(entries_moved_up_are_named)
{
    static struct test_check check;

    records("DELETE FROM entry WHERE number = 10; UPDATE entry SET number = number - 1 WHERE "
            "number > 10");
    test_check_run(&check, t.store, NULL);
    assert_non_null(strstr(check.text, "entry 1/10\n"));
    assert_non_null(strstr(check.text, "entry 1/255\n"));
    assert_null(strstr(check.text, "entry 1/9\n"));
}

TEST(a_tile_is_named)
{
    flip("tile", "octets", "id = 1", 77 * 32 + 5);
    ASSERT_FINDINGS(t.store, "tile 1/0/1\n");
    (void)restore(NULL);
    records("DELETE FROM tile WHERE id = 0");
    ASSERT_FINDINGS(t.store, "tile-missing 1/0/0\n");
    (void)restore(NULL);
    swap("tile", "id", "octets", 0, 1);
    ASSERT_FINDINGS(t.store, "tile 1/0/0\ntile 1/0/1\n");
}

TEST(a_tile_and_an_entry_of_it_are_both_named)
{
    static struct test_check check;

    flip("tile", "octets", "id = 1", 77 * 32 + 5);
    flip("entry", "entry", "number = 300", 41);
    test_check_run(&check, t.store, NULL);
    assert_non_null(strstr(check.text, "entry 1/300\n"));
    assert_non_null(strstr(check.text, "tile 1/0/1\n"));
}

TEST(a_checkpoint_is_named)
{
    char want[60], where[60];
    uint64_t size = checkpoint_from(400, 1);

    (void)snprintf(where, sizeof(where), "size = %llu", (unsigned long long)size);
    (void)snprintf(want, sizeof(want), "checkpoint 1/%llu\n", (unsigned long long)size);
    flip("checkpoint", "note", where, 30);
    ASSERT_FINDINGS(t.store, want);
    (void)restore(NULL);
    records("UPDATE checkpoint SET size = size + 1 WHERE size = %llu", (unsigned long long)size);
    (void)snprintf(want, sizeof(want), "checkpoint 1/%llu\n", (unsigned long long)size + 1);
    ASSERT_FINDINGS(t.store, want);
}

static void
want_object(char *want, size_t room, const char *word, uint64_t sequence, uint64_t i,
            unsigned which, uint64_t wanted_by)
{
    enum cx_object_kind kind;
    struct cx_hash digest;
    int n;

    test_digest(test_object(i, which, &kind), &digest);
    n = snprintf(want, room, "%s 1/%llu", word, (unsigned long long)sequence);
    if (wanted_by != 0) {
        (void)snprintf(want + n, room - (size_t)n, "\nobject-wanted 1/%llu %02x%02x%02x%02x\n",
                       (unsigned long long)wanted_by, digest.b[0], digest.b[1], digest.b[2],
                       digest.b[3]);
    } else {
        (void)snprintf(want + n, room - (size_t)n, " %02x%02x%02x%02x\n", digest.b[0], digest.b[1],
                       digest.b[2], digest.b[3]);
    }
}

/* Objects: context, answer 0, shared 0, answer 1, shared 1, ..., shared 4, answer 5, answer 6, ... */
#define SEQUENCE_OF_ANSWER(i) ((i) + 6)

TEST(an_object_is_named)
{
    char want[200];

    want_object(want, sizeof(want), "object", SEQUENCE_OF_ANSWER(100), 100, 1, 0);
    flip("object", "octets", "number = 106", 3);
    ASSERT_FINDINGS(t.store, want);
    (void)restore(NULL);
    want_object(want, sizeof(want), "object-missing", SEQUENCE_OF_ANSWER(200), 200, 1, 201);
    records("DELETE FROM object WHERE number = 206");
    ASSERT_FINDINGS(t.store, want);
    (void)restore(NULL);
    want_object(want, sizeof(want), "object-missing", SEQUENCE_OF_ANSWER(698), 698, 1, 699);
    records("DELETE FROM object WHERE number = 704"); /* the last */
    ASSERT_FINDINGS(t.store, want);
}

TEST(swapped_objects_are_named)
{
    static struct test_check check;
    char want[200];

    swap("object", "number", "octets", 300, 301);
    test_check_run(&check, t.store, NULL);
    want_object(want, sizeof(want), "object", 300, 294, 1, 0);
    assert_non_null(strstr(check.text, want));
    want_object(want, sizeof(want), "object", 301, 295, 1, 0);
    assert_non_null(strstr(check.text, want));
    assert_int_equal(check.totals.faults, 2);
    (void)restore(NULL);
    swap("object", "number", "kind, digest, octets", 300, 301); /* reordered: the index tells */
    test_check_run(&check, t.store, NULL);
    assert_in_range(check.totals.faults, 1, 2); /* the salt may put both into one piece */
    assert_non_null(strstr(check.text, "piece 1/"));
    (void)restore(NULL);
    records("UPDATE object SET kind = 9 WHERE number = 20");
    want_object(want, sizeof(want), "object", 20, 14, 1, 0);
    ASSERT_FINDINGS(t.store, want);
}

TEST(a_message_is_named)
{
    char want[200];

    want_object(want, sizeof(want), "message", 1, 1, 3, 0);
    flip("message", "octets", "number = 1", 3);
    ASSERT_FINDINGS(t.store, want);
    (void)restore(NULL);
    scratch_sql(t.store, "0001/messages.sqlite", "DELETE FROM message WHERE number = 1");
    ASSERT_FINDINGS(t.store, "message-missing 1/1\n");
    (void)restore(NULL);
    scratch_sql(t.store, "0001/messages.sqlite", "DELETE FROM message");
    ASSERT_FINDINGS(t.store, "message-missing 1/0-2\n");
}

TEST(a_messages_file_that_is_gone_is_a_fault_unless_retention_did_it)
{
    char path[SCRATCH_PATH];

    scratch_join(path, t.store, "0001/messages.sqlite");
    assert_int_equal(unlink(path), 0);
    ASSERT_FINDINGS(t.store, "messages-missing 1/0\n");
    records("INSERT INTO meta VALUES (5, x'61')");
    ASSERT_FINDINGS(t.store, "");
}

/* ---- messages that answers name */

enum {
    OWN_MESSAGE,
    PROOF_MESSAGE,
    CONTROL_MESSAGE,
    MESSAGES
};
static const char *const messages[MESSAGES] = { "own", "proof", "control" };

static void
put_rests_on(struct cx_buf *buf, unsigned key, unsigned message)
{
    struct cx_hash digest;

    test_digest(cx_span_of_str(cx_str_of(messages[message])), &digest);
    cx_cbor_put_uint(buf, key);
    cx_cbor_put_array(buf, 2);
    for (unsigned known = 0; known < 2; known++) { /* one whose digest nobody knows */
        cx_cbor_put_array(buf, 5);
        if (known == 0) {
            cx_cbor_put_null(buf);
        } else {
            cx_cbor_put_bytes(buf, (cx_span){ digest.b, CX_HASH_SIZE });
        }
        cx_cbor_put_text(buf, CX_STR("secure"));
        cx_cbor_put_uint(buf, 0);
        cx_cbor_put_bytes(buf, (cx_span){ (const uint8_t *)"", 1 });
        cx_cbor_put_uint(buf, 48);
    }
}

static struct cx_hash
put_in_log(struct test_log *log, enum cx_object_kind kind, struct cx_buf *buf)
{
    struct cx_detail detail = { .rule = NULL };
    cx_span octets = cx_span_of_str(cx_buf_str(buf));
    struct cx_hash digest;

    test_digest(octets, &digest);
    SCRATCH_OK(cx_log_put_object(log->log, kind, &digest, octets, &detail));
    cx_buf_clear(buf);
    return digest;
}

/* A record of a context that says what was kept, and of an answer that names three messages. */
static void
append_check(struct test_log *log, const char *kept, const char *dnssec, bool is_proved,
             struct cx_hash *ret_answer)
{
    struct cx_detail detail = { .rule = NULL };
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 4096 };
    struct test_record record = { .time_ms = TEST_CLOCK_MS, .n_objects = 2 };
    const cx_str name = CX_STR("d.test"); /* that of every record without names */
    const struct cx_log_keys keys = { .names = &name, .n_names = 1 };
    struct cx_hash objects[2], own;
    uint64_t index;

    cx_cbor_put_map(&buf, 1);
    cx_cbor_put_uint(&buf, 7);
    cx_cbor_put_text(&buf, cx_str_of(kept));
    objects[0] = put_in_log(log, CX_OBJECT_CONTEXT, &buf);
    test_digest(cx_span_of_str(cx_str_of(messages[OWN_MESSAGE])), &own);
    cx_cbor_put_map(&buf, is_proved ? 5 : 4);
    cx_cbor_put_uint(&buf, 4);
    cx_cbor_put_text(&buf, cx_str_of(dnssec));
    cx_cbor_put_uint(&buf, 11);
    cx_cbor_put_bytes(&buf, (cx_span){ own.b, CX_HASH_SIZE });
    put_rests_on(&buf, 12, PROOF_MESSAGE);
    put_rests_on(&buf, 13, CONTROL_MESSAGE);
    if (is_proved) {
        cx_cbor_put_uint(&buf, 15);
        cx_cbor_put_bool(&buf, true);
    }
    *ret_answer = objects[1] = put_in_log(log, CX_OBJECT_ANSWER, &buf);
    record.objects = objects;
    test_record_write(&record, &buf);
    SCRATCH_OK(cx_log_append(log->log, CX_ENTRY_CHECK, TEST_CLOCK_MS,
                             cx_span_of_str(cx_buf_str(&buf)), &keys, &index, &detail));
}

static void
put_message(struct test_log *log, unsigned message)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 100 };

    cx_buf_puts(&buf, messages[message]);
    (void)put_in_log(log, CX_OBJECT_MESSAGE, &buf); /* its digest is known */
}

static void
want_messages_of(uint64_t entry, const char *which, char *want, size_t room)
{
    size_t n = strlen(want);

    for (unsigned i = 0; i < MESSAGES; i++) {
        struct cx_hash digest;

        if (strchr(which, messages[i][0]) != NULL) {
            test_digest(cx_span_of_str(cx_str_of(messages[i])), &digest);
            n += (size_t)snprintf(want + n, room - n, "message-wanted 1/%llu %02x%02x%02x%02x\n",
                                  (unsigned long long)entry, digest.b[0], digest.b[1], digest.b[2],
                                  digest.b[3]);
        }
    }
}

TEST(a_message_that_was_kept_is_wanted)
{
    static const struct {
        const char *kept, *dnssec;
        bool is_proved;
        const char *wanted; /* first letters */
    } rows[] = {
        { "full", "secure", true, "opc" },  { "full", "indeterminate", false, "opc" },
        { "proof", "secure", false, "op" }, { "proof", "insecure", true, "p" },
        { "proof", "insecure", false, "" }, { "proof", "bogus", true, "" },
        { "digest", "secure", true, "" },   { "everything", "secure", true, "" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        for (unsigned put = 0; put <= MESSAGES; put++) { /* all but one; or all */
            static struct test_log log;
            struct cx_hash answer;
            char want[200] = "", which[4];
            size_t n = 0;

            test_log_make(&log, 64);
            for (unsigned k = 0; k < MESSAGES; k++) {
                if (k != put) {
                    put_message(&log, k);
                } else if (strchr(rows[i].wanted, messages[k][0]) != NULL) {
                    which[n++] = messages[k][0];
                }
            }
            which[n] = '\0';
            append_check(&log, rows[i].kept, rows[i].dnssec, rows[i].is_proved, &answer);
            test_log_commit(&log);
            want_messages_of(1, which, want, sizeof(want));
            ASSERT_FINDINGS(log.store, want);
            test_log_remove(&log);
        }
    }
}

/* Once for an answer, where it is needed first; by each context for itself; not what was put later. */
TEST(what_many_records_share_is_wanted_once)
{
    static struct test_log log;
    static struct test_check check;
    struct cx_hash answer;
    char want[400] = "", path[SCRATCH_PATH];

    test_log_make(&log, 2); /* with pieces */
    append_check(&log, "digest", "secure", false, &answer);
    append_check(&log, "proof", "secure", false, &answer);
    append_check(&log, "proof", "secure", false, &answer);
    put_message(&log, OWN_MESSAGE);
    append_check(&log, "full", "secure", false, &answer);
    append_check(&log, "full", "secure", false, &answer);
    append_check(&log, "proof", "secure", true, &answer); /* another answer */
    test_log_commit(&log);
    test_log_close(&log);
    want_messages_of(2, "op", want, sizeof(want));
    want_messages_of(4, "pc", want, sizeof(want));
    want_messages_of(6, "p", want, sizeof(want));
    ASSERT_FINDINGS(log.store, want);
    scratch_sql(log.store, "0001/records.sqlite", "INSERT INTO meta VALUES (5, x'61')");
    ASSERT_FINDINGS(log.store, ""); /* retention deleted them */
    scratch_sql(log.store, "0001/records.sqlite", "DELETE FROM meta WHERE id = 5");
    scratch_join(path, log.store, "0001/messages.sqlite");
    assert_int_equal(unlink(path), 0);
    test_check_run(&check, log.store, NULL);
    assert_string_equal(check.text, "messages-missing 1/0\n");
    test_log_remove(&log);
}

/* ---- starts and events */

/* Entry 1 begins a check, 2 is it, 3 an event with certificate 1, 4 one with certificate 2, 5 to 8 others; in segments of 2, with
 * pieces. Certificate 2 is put only then. */
static void
make_events(struct test_log *log, bool put_second)
{
    struct cx_event issuance = { .type = CX_EVENT_ISSUANCE,
                                 .has_about = true,
                                 .has_certificate = true,
                                 .certificate = test_certificate(1) };

    test_log_make(log, 2);
    test_log_append_start(log, "r-0");
    test_log_append(log, 0);
    test_log_put_certificate(log, 1);
    test_log_append_event(log, issuance);
    issuance.certificate = test_certificate(2);
    if (put_second) {
        test_log_put_certificate(log, 2);
    }
    test_log_append_event(log, issuance);
    test_log_put_certificate(log, 2); /* nobody is served by what comes later */
    test_log_append_event(log, (struct cx_event){ .type = CX_EVENT_STOP, .why = CX_STR("disk") });
    test_log_append_start(log, "r-1");
    test_log_append(log, 1);
    test_log_append_event(
        log, (struct cx_event){ .type = CX_EVENT_INTERRUPTED, .request = CX_STR("r-9") });
    test_log_commit(log);
    test_log_close(log);
}

TEST(starts_and_events_are_checked)
{
    static struct test_log log;
    static struct test_check check;
    struct cx_hash second = test_certificate(2), first = test_certificate(1);
    char want[100];

    make_events(&log, true);
    test_check_run(&check, log.store, NULL);
    assert_string_equal(check.text, "");
    assert_int_equal(check.totals.entries, 9);
    scratch_sql(log.store, "0001/records.sqlite",
                "UPDATE entry SET record = zeroblob(40) WHERE number IN (1, 3)");
    ASSERT_FINDINGS(log.store, "record 1/1\nrecord 1/3\n");
    test_log_remove(&log);
    make_events(&log, true);
    scratch_sql(log.store, "0001/records.sqlite",
                "UPDATE object SET octets = x'3082' WHERE kind = 5 AND number = "
                "(SELECT min(number) FROM object WHERE kind = 5)");
    (void)snprintf(want, sizeof(want), "object 1/3 %02x%02x%02x%02x\n", first.b[0], first.b[1],
                   first.b[2], first.b[3]);
    ASSERT_FINDINGS(log.store, want);
    test_log_remove(&log);
    make_events(&log, false);
    (void)snprintf(want, sizeof(want), "object-wanted 1/4 %02x%02x%02x%02x\n", second.b[0],
                   second.b[1], second.b[2], second.b[3]);
    ASSERT_FINDINGS(log.store, want);
    test_log_remove(&log);
}

/* By whoever has the key: a start and an event of another time than their entries, one as the other, a check that is a start. */
TEST(a_start_or_event_that_is_not_what_its_entry_says)
{
    static const struct {
        enum cx_entry_kind kind;
        bool is_event;
        uint64_t late_ms;
        const char *want;
    } rows[] = {
        { CX_ENTRY_START, false, 0, "" },
        { CX_ENTRY_EVENT, true, 0, "" },
        { CX_ENTRY_START, false, 1, "record-unreadable 1/1\n" },
        { CX_ENTRY_EVENT, true, 1, "record-unreadable 1/1\n" },
        { CX_ENTRY_CHECK, false, 0, "record-unreadable 1/1\n" },
        { CX_ENTRY_CHECK, true, 0, "record-unreadable 1/1\n" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        static struct test_log log;
        struct cx_detail detail = { .rule = NULL };
        CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 4096 };
        struct cx_start start = { .salt = { 1 }, .time_ms = TEST_CLOCK_MS, .request = CX_STR("r") };
        struct cx_event event = {
            .salt = { 1 }, .time_ms = TEST_CLOCK_MS, .type = CX_EVENT_STOP, .why = CX_STR("disk")
        };
        struct cx_entry entry = { .kind = rows[i].kind,
                                  .time_ms = TEST_CLOCK_MS + rows[i].late_ms };
        struct cx_shard_opened opened;
        struct cx_shard_place place;
        struct cx_shard *shard;
        struct cx_commit commit;
        uint64_t index;

        SCRATCH_OK(rows[i].is_event ? cx_event_encode(&event, &buf)
                                    : cx_start_encode(&start, &buf));
        test_log_make(&log, 0);
        test_log_close(&log);
        place = (struct cx_shard_place){ .store = log.store, .keys = log.keys, .number = 1 };
        SCRATCH_OK(cx_shard_open(&place, &shard, &opened, &detail));
        SCRATCH_OK(cx_shard_append(shard, &entry, cx_span_of_str(cx_buf_str(&buf)), NULL, &index,
                                   &detail));
        SCRATCH_OK(cx_shard_commit(shard, &commit, &detail));
        cx_shard_close(shard);
        ASSERT_FINDINGS(log.store, rows[i].want);
        test_log_remove(&log);
    }
}

TEST(a_piece_is_named)
{
    unsigned id;
    char where[40], want[60];

    /* Of segment 3: a piece of request ids and one of objects that are not empty. */
    for (unsigned kind = 0; kind < 4; kind += 2) {
        sqlite3 *db = open_file("0001/records.sqlite");
        sqlite3_stmt *select;

        (void)snprintf(where, sizeof(where), "id >= %u AND length(octets) > 0",
                       (3 * 4 + kind) * 256);
        {
            char sql[100];

            (void)snprintf(sql, sizeof(sql), "SELECT min(id) FROM piece WHERE %s", where);
            assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &select, NULL), SQLITE_OK);
        }
        assert_int_equal(sqlite3_step(select), SQLITE_ROW);
        id = (unsigned)sqlite3_column_int64(select, 0);
        assert_int_equal(sqlite3_finalize(select), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        for (unsigned at = 3; at < 12; at += 8) { /* hash, place */
            (void)snprintf(where, sizeof(where), "id = %u", id);
            (void)snprintf(want, sizeof(want), "piece 1/%u\n", id);
            flip("piece", "octets", where, at);
            ASSERT_FINDINGS(t.store, want);
            (void)restore(NULL);
        }
        records("UPDATE piece SET octets = x'' WHERE id = %u", id);
        ASSERT_FINDINGS(t.store, want);
        (void)restore(NULL);
        records("UPDATE piece SET octets = x'0102' WHERE id = %u", id);
        ASSERT_FINDINGS(t.store, want);
        (void)restore(NULL);
        records("DELETE FROM piece WHERE id = %u", id);
        (void)snprintf(want, sizeof(want), "piece-missing 1/%u\n", id);
        ASSERT_FINDINGS(t.store, want);
        (void)restore(NULL);
    }
}

TEST(a_segment_is_named)
{
    static struct test_check check;

    records("DELETE FROM segment WHERE number = 4");
    test_check_run(&check, t.store, NULL);
    assert_non_null(strstr(check.text, "segment 1/4\n"));
    (void)restore(NULL);
    flip("segment", "bounds", "number = 4", 7);
    test_check_run(&check, t.store, NULL);
    assert_non_null(strstr(check.text, "segment 1/4\n"));
    assert_null(strstr(check.text, "segment 1/3\n"));
}

TEST(what_the_shard_says_of_itself_is_named)
{
    records("UPDATE meta SET value = x'00' WHERE id = 3");
    {
        static struct test_check check;

        test_check_run(&check, t.store, NULL);
        assert_non_null(strstr(check.text, "meta 1/0\n"));
    }
    (void)restore(NULL);
    records("DELETE FROM meta WHERE id = 2");
    {
        static struct test_check check;

        test_check_run(&check, t.store, NULL);
        assert_non_null(strstr(check.text, "meta 1/0\n"));
    }
}

TEST(counts_and_times_are_named)
{
    records("UPDATE entry SET objects = objects - 1 WHERE number = 500");
    ASSERT_FINDINGS(t.store, "");
    records("UPDATE entry SET objects = objects - 9 WHERE number = 500");
    ASSERT_FINDINGS(t.store, "entry-needs 1/500\n");
}

TEST(made_up_numbers_do_not_keep_it_busy)
{
    static struct test_check check;
    static const char *const rows[] = {
        "INSERT INTO entry SELECT 9223372036854775806, objects, messages, entry, record FROM entry "
        "WHERE number = 5",
        "INSERT INTO object SELECT 9223372036854775806, kind, digest, octets FROM object WHERE "
        "number = 5",
        "UPDATE entry SET objects = 9223372036854775806 WHERE number = 699",
        "INSERT INTO tile SELECT 9223372036854775806, octets FROM tile LIMIT 1",
        "INSERT INTO piece SELECT 9223372036854775806, octets FROM piece LIMIT 1",
        "INSERT INTO segment SELECT 9223372036854775806, bounds FROM segment LIMIT 1",
        "INSERT INTO checkpoint SELECT 9223372036854775806, note FROM checkpoint LIMIT 1",
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        (void)restore(NULL);
        records("%s", rows[i]);
        test_check_run(&check, t.store, NULL);
        ROW_TRUE(check.totals.faults > 0 || i == 3, rows[i]); /* a surplus tile is nothing */
        ROW_TRUE(check.totals.faults < 20, check.text);
    }
}

TEST(a_database_that_cannot_be_read_is_named)
{
    static struct test_check check;
    char path[SCRATCH_PATH];

    scratch_join(path, t.store, "0001/records.sqlite");
    scratch_cut(path, 8192 * 20);
    test_check_run(&check, t.store, NULL);
    assert_non_null(strstr(check.text, "database 1/0\n"));
    scratch_write(path, "nothing");
    test_check_run(&check, t.store, NULL);
    assert_non_null(strstr(check.text, "database 1/0\n"));
    assert_true(check.totals.faults > 0);
}

TEST(a_false_anchor_is_named)
{
    char path[SCRATCH_PATH], keys[SCRATCH_PATH], other[SCRATCH_PATH];

    scratch_join(keys, t.folder, "other.keys");
    scratch_join(path, keys, "0001.anchor");
    scratch_join(other, t.keys, "0001.anchor");
    scratch_copy(t.keys, keys);
    test_findings(t.store, keys, "", __FILE__, __LINE__);
    scratch_poke(path, 30, "xx", 2);
    scratch_poke(path, 4096 + 30, "xx", 2);
    test_findings(t.store, keys, "anchor 1/0\n", __FILE__, __LINE__);
    assert_int_equal(unlink(path), 0);
    test_findings(t.store, keys, "anchor 1/0\n", __FILE__, __LINE__);
}

#define TAMPER(name) cmocka_unit_test_setup(name, restore)

static const struct CMUnitTest tests[] = {
    TAMPER(a_sound_store_has_no_findings),
    TAMPER(a_store_without_its_keys_can_be_checked),
    TAMPER(an_edited_record_is_named),
    TAMPER(an_edited_entry_is_named),
    TAMPER(an_edited_entry_of_the_tail_is_between_two_checkpoints),
    TAMPER(an_entry_that_was_edited_with_its_tile_is_told_of_both),
    TAMPER(swapped_entries_are_named),
    TAMPER(made_up_numbers_do_not_keep_it_busy),
    TAMPER(a_deleted_entry_is_named),
    TAMPER(a_cut_end_is_behind),
    TAMPER(entries_moved_up_are_named),
    TAMPER(a_tile_is_named),
    TAMPER(a_tile_and_an_entry_of_it_are_both_named),
    TAMPER(a_checkpoint_is_named),
    TAMPER(an_object_is_named),
    TAMPER(swapped_objects_are_named),
    TAMPER(a_message_is_named),
    TAMPER(a_messages_file_that_is_gone_is_a_fault_unless_retention_did_it),
    TAMPER(a_message_that_was_kept_is_wanted),
    TAMPER(what_many_records_share_is_wanted_once),
    TAMPER(starts_and_events_are_checked),
    TAMPER(a_start_or_event_that_is_not_what_its_entry_says),
    TAMPER(a_piece_is_named),
    TAMPER(a_segment_is_named),
    TAMPER(what_the_shard_says_of_itself_is_named),
    TAMPER(counts_and_times_are_named),
    TAMPER(a_database_that_cannot_be_read_is_named),
    TAMPER(a_false_anchor_is_named),
};

int
main(int argc, char **argv)
{
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, make_log, remove_log);
}
