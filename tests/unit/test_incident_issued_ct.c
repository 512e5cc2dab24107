#include "base/json.h"
#include "base/limits.h"
#include "incident/gunzip.h"
#include "issued.h"

#define AT_LOG 1795305600123
#define LATER  1795305700456

static struct cx_arena scratch;

static int
set_up(void **state)
{
    (void)state;
    cx_arena_init(&scratch, CX_CHECK_MEMORY);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    cx_arena_done(&scratch);
    return 0;
}

/* Precertificate and certificate of an entry each; of the latter the SCT is earlier than its entry. */
static void
is_pair(struct list *list)
{
    const struct cx_issued *got = list_issued(list);
    struct cx_hash key = got->issuer_key;

    assert_int_equal(got->kind, CX_ISSUED_PRE);
    assert_true(is_hash(&got->digest, PRE_SHA256) && has_names(got, "www.shop.example"));
    assert_true(got->sct_ms == AT_LOG && got->logs == 1);
    assert_false(list->record.changed);
    got = list_issued(list);
    assert_int_equal(got->kind, CX_ISSUED_FINAL);
    assert_true(is_hash(&got->digest, FINAL_SHA256) && has_names(got, "www.shop.example"));
    assert_true(got->sct_ms == AT_LOG && got->logs == 1);
    assert_true(cx_hash_equal(&key, &got->issuer_key) && got->serial.n == 8);
}

TEST(answer_of_get_entries)
{
    cx_span file = issued_file("entries.json", &scratch);
    struct list list;

    assert_true(cx_issued_ct_entries.looks_like(file));
    list_open(&list, &cx_issued_ct_entries, file);
    is_pair(&list);
    list_told(&list, CX_FATE_IGNORED, "R-REV-7");
    assert_int_equal(list.record.line, 3);
    list_end(&list);
    list_close(&list);
}

TEST(data_tile)
{
    cx_span file = issued_file("data-tile", &scratch);
    struct list list;

    assert_true(cx_issued_ct_tile.looks_like(file));
    list_open(&list, &cx_issued_ct_tile, file);
    is_pair(&list);
    assert_true(list.record.line > 500);
    list_end(&list);
    list_close(&list);
}

TEST(cut_tiles)
{
    cx_span file = issued_file("data-tile", &scratch);
    size_t observed = 0;

    for (size_t n = 1; n < file.n; n++) {
        struct list list;

        list_open(&list, &cx_issued_ct_tile, (cx_span){ file.p, n });
        while (list_next(&list) && list.record.fate == CX_FATE_OBSERVED) {
            observed++;
        }
        /* Cut within an entry: it is rejected, and it is the last. */
        if (list.record.fate == CX_FATE_REJECTED) {
            assert_true(contains(list.record.reason, "data tile") && list.record.text.n != 0);
        }
        list_end(&list);
        list_close(&list);
    }
    assert_true(observed > 400 && observed < file.n);
}

/* Octet at of the tile's copy is changed; what becomes of its first entry. */
static struct list
changed_tile(size_t at, uint8_t to)
{
    cx_span file = issued_file("data-tile", &scratch), copy;
    struct list list;
    uint8_t *p;

    p = cx_arena_get(&scratch, file.n, 1);
    memcpy(p, file.p, file.n);
    p[at] = to;
    copy = (cx_span){ p, file.n };
    list_open(&list, &cx_issued_ct_tile, copy);
    assert_true(list_next(&list));
    return list;
}

/* The precertificate stands beside what the log signed, and anybody could have changed it there. */
TEST(precertificate_of_another_leaf)
{
    static const struct {
        size_t at;
        uint8_t to;
        const char *reason;
    } changes[] = {
        { 0, 0xff, "not an entry" },    /* the year 500 million */
        { 9, 2, "not an entry" },       /* a type that is none */
        { 60, 0x35, "something else" }, /* the serial number that was signed */
    };

    for (size_t i = 0; i < CX_COUNT(changes); i++) {
        struct list list = changed_tile(changes[i].at, changes[i].to);

        assert_int_equal(list.record.fate, CX_FATE_REJECTED);
        assert_true(contains(list.record.reason, changes[i].reason));
        list_close(&list);
    }
}

/* A name in the leaf, and a leaf that cannot be read. */
TEST(leaf_with_another_name)
{
    cx_span file = issued_file("data-tile", &scratch);
    const uint8_t *name = memmem(file.p, file.n, "www.shop", 8);
    struct list list;

    assert_non_null(name);
    list = changed_tile((size_t)(name - file.p), 'v');
    assert_int_equal(list.record.fate, CX_FATE_REJECTED);
    assert_true(contains(list.record.reason, "something else"));
    list_close(&list);
    list = changed_tile((size_t)(name - file.p), ' ');
    assert_int_equal(list.record.fate, CX_FATE_OBSERVED);
    assert_true(contains(list.record.note, "not compared"));
    list_close(&list);
}

/* One entry, from the file's first with a member in another's place. */
static void
told_of(const char *leaf_of, const char *extra_of, enum cx_fate fate, const char *reason)
{
    cx_str text = cx_str_of_span(issued_file("entries.json", &scratch));
    struct cx_json *json = NULL, *one = cx_json_new_object(), *all = cx_json_new_array(),
                   *file = cx_json_new_object();
    const struct cx_json *entries;
    struct list list;
    struct cx_buf buf;
    bool ok;

    assert_true(cx_ok(cx_json_parse(text, &json, NULL)));
    entries = cx_json_get(json, "entries");
    ok = cx_json_set(one, "leaf_input",
                     leaf_of[0] >= '0' && leaf_of[0] <= '2'
                         ? cx_json_copy(cx_json_get(cx_json_at(entries, (size_t)(leaf_of[0] - '0')),
                                                    "leaf_input"))
                         : cx_json_new_text(leaf_of)) &&
         cx_json_set(one, "extra_data",
                     extra_of[0] >= '0' && extra_of[0] <= '2'
                         ? cx_json_copy(cx_json_get(
                               cx_json_at(entries, (size_t)(extra_of[0] - '0')), "extra_data"))
                         : cx_json_new_text(extra_of)) &&
         cx_json_add(all, one) && cx_json_set(file, "entries", all);
    assert_true(ok);
    cx_buf_init(&buf, 1000000);
    assert_true(cx_ok(cx_json_write(file, &buf)));
    list_open(&list, &cx_issued_ct_entries, cx_span_of_str(cx_buf_str(&buf)));
    list_told(&list, fate, reason);
    list_end(&list);
    list_close(&list);
    cx_buf_done(&buf);
    cx_json_free(json);
    cx_json_free(file);
}

TEST(broken_entries)
{
    told_of("0", "0", CX_FATE_OBSERVED, "");
    told_of("1", "0", CX_FATE_OBSERVED, ""); /* the chain of a certificate is not looked at */
    told_of("0", "1", CX_FATE_REJECTED, ""); /* chain in the precertificate's place */
    told_of("0", "", CX_FATE_REJECTED, "extra_data: no precertificate");
    told_of("0", "AAAB", CX_FATE_REJECTED, "extra_data: no precertificate");
    told_of("0", "*", CX_FATE_REJECTED, "extra_data: not base64");
    told_of("", "0", CX_FATE_REJECTED, "leaf_input");
    told_of("*", "0", CX_FATE_REJECTED, "leaf_input: not base64");
    told_of("AAAA", "0", CX_FATE_REJECTED, "leaf_input: not a MerkleTreeLeaf");
    told_of("AQAA", "0", CX_FATE_REJECTED, "leaf_input: not a MerkleTreeLeaf");
}

TEST(answers_that_are_none)
{
    static const char *const files[] = { "", "[]", "{}", "{\"entries\":7}", "{\"entries\":[" };
    struct cx_detail detail = { .text = "" };
    struct list list;

    for (size_t i = 0; i < CX_COUNT(files); i++) {
        cx_status s = list_try(&list, &cx_issued_ct_entries, bytes_of(files[i]), NULL, &detail);

        ROW_TRUE(cx_status_class(s) == CX_CLASS_MALFORMED && detail.text[0] != '\0', files[i]);
        cx_input_close(list.input);
    }
    list_open(&list, &cx_issued_ct_entries, bytes_of("{\"entries\":[{},7,{\"leaf_input\":7}]}"));
    list_told(&list, CX_FATE_REJECTED, "leaf_input");
    list_told(&list, CX_FATE_REJECTED, "leaf_input");
    list_told(&list, CX_FATE_REJECTED, "leaf_input");
    list_end(&list);
    list_close(&list);
}

TEST(compressed_tile)
{
    cx_span file = issued_file("data-tile.gz", &scratch),
            plain = issued_file("data-tile", &scratch);
    struct cx_detail detail = { .text = "" };
    struct cx_buf buf, twice;

    cx_buf_init(&buf, 1 << 20);
    cx_buf_init(&twice, 1 << 20);
    assert_true(cx_is_gzip(file) && !cx_is_gzip(plain));
    assert_true(cx_ok(cx_gunzip(file, &buf, NULL)));
    assert_true(cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), plain));
    cx_buf_put(&twice, cx_str_of_span(file));
    cx_buf_put(&twice, cx_str_of_span(file));
    cx_buf_clear(&buf);
    assert_true(cx_ok(cx_gunzip(cx_span_of_str(cx_buf_str(&twice)), &buf, NULL)));
    assert_int_equal(buf.n, 2 * plain.n);
    for (size_t n = 0; n < file.n; n++) {
        cx_buf_clear(&buf);
        assert_int_equal(cx_gunzip((cx_span){ file.p, n }, &buf, &detail).code, CX_E_ARCHIVE);
    }
    assert_true(contains(detail.text, "damaged or cut"));
    cx_buf_done(&buf);
    cx_buf_done(&twice);
    cx_buf_init(&buf, 1000);
    assert_int_equal(cx_gunzip(file, &buf, &detail).code, CX_E_LIMIT);
    cx_buf_done(&buf);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    CASE(answer_of_get_entries),
    CASE(data_tile),
    CASE(cut_tiles),
    CASE(precertificate_of_another_leaf),
    CASE(leaf_with_another_name),
    CASE(broken_entries),
    CASE(answers_that_are_none),
    CASE(compressed_tile),
};

TEST_MAIN(tests)
