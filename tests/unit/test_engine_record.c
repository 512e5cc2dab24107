#include "base/alloc.h"
#include "base/file.h"
#include "engine/record_check.h"
#include "engine/replay.h"
#include "engine/result.h"
#include "evidence/answer_object.h"
#include "evidence/context.h"
#include "main.h"
#include "pki/digest.h"

#include <stdio.h>

/* Every golden row and every incident scenario, recorded and recalled: shown it is the same result, judged again the same
 * verdict. R-PRF-12: a second party comes to the same end from the record alone. */

#define OBJECTS_MAX 512

struct object {
    struct cx_hash digest;
    cx_span octets;
};

/* Objects of one record, in memory. */
struct shelf {
    struct cx_arena arena;
    struct object v[OBJECTS_MAX];
    size_t n;
    bool loses; /* says that nothing is there */
};

static cx_status
shelf_get(void *ctx, const struct cx_hash *digest, struct cx_arena *arena, cx_span *ret,
          bool *ret_found, struct cx_detail *detail)
{
    struct shelf *shelf = ctx;

    (void)arena;
    (void)detail;
    *ret_found = false;
    for (size_t i = 0; i < shelf->n && !shelf->loses; i++) {
        if (cx_hash_equal(&shelf->v[i].digest, digest)) {
            *ret = shelf->v[i].octets;
            *ret_found = true;
        }
    }
    return CX_SUCCESS;
}

static struct cx_hash
shelf_put(struct shelf *shelf, struct cx_buf *buf)
{
    struct object *object = &shelf->v[shelf->n++];

    assert_true(shelf->n <= OBJECTS_MAX);
    assert_true(cx_buf_ok(buf));
    assert_true(
        cx_ok(cx_arena_copy(&shelf->arena, cx_span_of_str(cx_buf_str(buf)), &object->octets)));
    assert_true(cx_ok(cx_sha256(object->octets, object->digest.b)));
    cx_buf_clear(buf);
    return object->digest;
}

static void
put_objects(struct shelf *shelf, struct cx_check *check, struct cx_record *record)
{
    const struct cx_case *c = &check->request.cases[0];
    const struct cx_context context = {
        .software = CX_STR("test"),
        .resolver = CX_STR("none: answers given with the request"),
        .own = c->own,
        .n_own = c->n_own,
        .policy = c->policy,
        .order = c->order,
        .messages = CX_MESSAGES_DIGEST,
    };
    struct cx_hash *answers = cx_arena_get(&shelf->arena, check->answers.n + 1, sizeof(*answers));
    struct cx_buf buf;

    assert_non_null(answers);
    cx_buf_init(&buf, CX_RECORD_MAX);
    assert_true(cx_ok(cx_context_encode(&context, &buf)));
    record->context = shelf_put(shelf, &buf);
    for (size_t i = 0; i < check->answers.n; i++) {
        assert_true(cx_ok(cx_answer_object_encode(check->answers.v[i], NULL, &buf)));
        answers[i] = shelf_put(shelf, &buf);
    }
    record->answers = answers;
    record->n_answers = check->answers.n;
    cx_buf_done(&buf);
}

static char *
text_of(const struct cx_check *check)
{
    struct cx_json *json = cx_result_to_json(check);
    struct cx_buf buf;

    assert_non_null(json);
    cx_buf_init(&buf, CX_RESULT_MAX);
    assert_true(cx_ok(cx_json_write(json, &buf)));
    cx_buf_putc(&buf, '\0');
    cx_json_free(json);
    return buf.p; /* freed with cx_free */
}

static bool
has_local_part(const struct cx_check *check)
{
    for (size_t i = 0; i < check->request.n_names; i++) {
        if (memchr(check->request.names[i].given.p, '@', check->request.names[i].given.n) != NULL) {
            return true;
        }
    }
    return false;
}

/* As recorded: names in lower case, without final dot; mailboxes as their domains. */
static bool
shows_the_same(const struct cx_check *check)
{
    for (size_t i = 0; i < check->request.n_names; i++) {
        cx_str given = check->request.names[i].given;

        for (size_t k = 0; k < given.n; k++) {
            if (given.p[k] >= 'A' && given.p[k] <= 'Z') {
                return false;
            }
        }
        if (given.p[given.n - 1] == '.') {
            return false;
        }
    }
    return !has_local_part(check);
}

static void
show_again(const char *id, struct cx_recaller *recaller, const struct cx_record *record,
           const struct cx_check *check)
{
    struct cx_detail detail = { .text = "" };
    struct cx_check *again = cx_check_new();
    char *was, *is;

    assert_non_null(again);
    if (!cx_ok(cx_recall(recaller, record, again, &detail))) {
        fail_msg("%s: %s", id, detail.text);
    }
    assert_true(cx_ok(cx_recall_findings(record, again)));
    was = text_of(check);
    is = text_of(again);
    if (shows_the_same(check) && strcmp(was, is) != 0) {
        fail_msg("%s:\n%s\n%s", id, was, is);
    }
    cx_free(was);
    cx_free(is);
    cx_check_free(again);
}

static void
judge_again(const char *id, struct cx_recaller *recaller, const struct cx_record *record)
{
    const struct cx_replay_options as_it_was = { .policy = NULL };
    struct cx_detail detail = { .text = "" };
    struct cx_check *again = cx_check_new();
    struct cx_replayed replayed = { .same = false };

    assert_non_null(again);
    if (!cx_ok(cx_replay(recaller, record, &as_it_was, again, &replayed, &detail))) {
        fail_msg("%s: %s", id, detail.text);
    }
    ROW_TRUE(replayed.same, id);
    ROW_TRUE(!replayed.verdict_changed, id);
    cx_check_free(again);
}

/* Without its objects a record is an error, never an empty answer. */
static void
lose_objects(struct shelf *shelf, const struct cx_record *record)
{
    const struct cx_objects objects = { shelf_get, shelf };
    struct cx_recaller *recaller = cx_recaller_new(&objects);
    struct cx_check *again = cx_check_new();

    assert_non_null(recaller);
    assert_non_null(again);
    shelf->loses = true;
    assert_int_equal(cx_recall(recaller, record, again, NULL).code, CX_E_STORE);
    shelf->loses = false;
    cx_check_free(again);
    cx_recaller_free(recaller);
}

static void
record_and_recall(const char *id, struct cx_check *check)
{
    struct shelf shelf = { .n = 0 };
    const struct cx_objects objects = { shelf_get, &shelf };
    struct cx_record record = { .salt = { 1 }, .time_ms = 1795305600000 }, read;
    struct cx_recaller *recaller = cx_recaller_new(&objects);
    struct cx_buf buf, twice;
    struct cx_detail detail = { .text = "" };

    assert_non_null(recaller);
    cx_arena_init(&shelf.arena, CX_CHECK_MEMORY);
    cx_buf_init(&buf, CX_RECORD_MAX);
    cx_buf_init(&twice, CX_RECORD_MAX);
    put_objects(&shelf, check, &record);
    assert_true(cx_ok(cx_own_hash_of_check(check, &shelf.arena, &record.own)));
    assert_true(cx_ok(cx_record_of_check(check, &shelf.arena, &record)));
    ROW_TRUE(cx_ok(cx_record_encode(&record, &buf)), id);
    if (!cx_ok(cx_record_decode(cx_span_of_str(cx_buf_str(&buf)), &shelf.arena, &read, &detail))) {
        fail_msg("%s: %s", id, detail.text);
    }
    ROW_TRUE(cx_ok(cx_record_encode(&read, &twice)), id);
    ROW_TRUE(cx_str_equal(cx_buf_str(&buf), cx_buf_str(&twice)), id);
    show_again(id, recaller, &read, check);
    judge_again(id, recaller, &read);
    lose_objects(&shelf, &read);
    cx_buf_done(&buf);
    cx_buf_done(&twice);
    cx_recaller_free(recaller);
    cx_arena_done(&shelf.arena);
}

struct seen {
    const char *id;
    size_t verdicts;
    size_t mailboxes;
};

static void
done(void *ctx, struct cx_check *check)
{
    struct seen *seen = ctx;

    if (cx_ok(check->status)) {
        seen->verdicts++;
        seen->mailboxes += has_local_part(check) ? 1 : 0;
        record_and_recall(seen->id, check);
    }
}

static void
run_cases(const char *path, struct seen *seen)
{
    struct cx_json *json = NULL;
    const struct cx_json *cases;
    struct cx_buf file;

    cx_buf_init(&file, CX_FILE_MAX);
    assert_true(cx_ok(cx_file_read(path, &file, NULL)));
    assert_true(cx_ok(cx_json_parse(cx_buf_str(&file), &json, NULL)));
    cases = cx_json_get(json, "cases");
    for (size_t i = 0; i < cx_json_size(cases); i++) {
        const struct cx_json *one = cx_json_at(cases, i);
        struct cx_check *check = cx_check_new();
        cx_str id = { NULL, 0 };
        char text[80];

        assert_non_null(check);
        assert_true(cx_json_string(cx_json_get(one, "case"), &id));
        (void)snprintf(text, sizeof(text), "%.*s", (int)id.n, id.p);
        seen->id = text;
        cx_check_start(check, cx_json_get(one, "request"), NULL, NULL, 1795305600, done, seen);
        cx_check_free(check);
    }
    cx_json_free(json);
    cx_buf_done(&file);
}

TEST(golden_rows_are_the_same_from_their_records)
{
    struct seen seen = { .verdicts = 0 };

    run_cases(DATA "/golden.json", &seen);
    assert_true(seen.verdicts > 150);
    assert_true(seen.mailboxes > 0);
}

TEST(scenarios_are_the_same_from_their_records)
{
    struct seen seen = { .verdicts = 0 };

    run_cases(DATA "/scenarios.json", &seen);
    assert_true(seen.verdicts > 40);
}

#define ONION "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion"

static void
onion_done(void *ctx, struct cx_check *check)
{
    struct cx_record record = { .time_ms = 0 };

    assert_true(cx_ok(check->status));
    assert_int_equal(check->findings[0].verdict, CX_VERDICT_NA);
    assert_int_equal(check->findings[1].verdict, CX_VERDICT_DENY);
    assert_true(cx_ok(cx_record_of_check(check, &check->arena, &record)));
    assert_int_equal(record.names[0].kind, CX_RECORD_NAME_ONION);
    assert_int_equal(record.names[1].kind, CX_RECORD_NAME_MAILBOX);
    assert_true(cx_str_equal(record.names[0].text, record.names[1].text));
    done(ctx, check);
}

/* Of one domain below onion CAA says nothing to a server, and forbids the mailbox: two names, each judged again by its own
 * case, and the one is never taken for the other. TEST R-ID-2, TEST R-MAIL-2 */
TEST(a_mailbox_below_onion_is_no_onion_host)
{
    static const char request[] =
        "{\"names\":[\"" ONION "\",\"u@" ONION "\"],\"issuer\":[\"ca.example.net\"],"
        "\"purpose\":\"tls+smime\",\"date\":\"2026-11-22T12:00:00Z\",\"zone\":\". 3600 IN SOA a. "
        "b. 1 3600 600 86400 3600\\n" ONION ". 3600 IN CAA 0 issuemail \\\";\\\"\\n\"}";
    struct seen seen = { .id = "onion" };
    struct cx_check *check = cx_check_new();
    struct cx_json *json = NULL;

    assert_non_null(check);
    assert_true(cx_ok(cx_json_parse(cx_str_of(request), &json, NULL)));
    cx_check_start(check, json, NULL, NULL, 1795305600, onion_done, &seen);
    assert_true(seen.verdicts == 1 && seen.mailboxes == 1);
    cx_check_free(check);
    cx_json_free(json);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(golden_rows_are_the_same_from_their_records),
    cmocka_unit_test(scenarios_are_the_same_from_their_records),
    cmocka_unit_test(a_mailbox_below_onion_is_no_onion_host),
};

TEST_MAIN(tests)
