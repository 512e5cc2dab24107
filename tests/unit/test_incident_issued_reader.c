#include "base/alloc.h"
#include "base/limits.h"
#include "issued.h"
#include "pki/digest.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int
set_up(void **state)
{
    (void)state;
    memcpy(folder, "/tmp/issued-XXXXXX", 19);
    return mkdtemp(folder) == NULL;
}

static int
tear_down(void **state)
{
    static const char *const made[] = { "a/tile/0/000",
                                        "a/tile/data/000",
                                        "a/tile/0",
                                        "a/tile/data",
                                        "a/tile",
                                        "a/checkpoint",
                                        "a",
                                        "a.csv",
                                        "b.pem",
                                        ".hidden",
                                        "z.txt",
                                        "empty",
                                        "c.gz",
                                        "loop",
                                        "cut.gz" };
    char path[200];

    (void)state;
    for (size_t i = 0; i < CX_COUNT(made); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, made[i]);
        (void)remove(path); /* not all are there in each test */
    }
    return rmdir(folder);
}

static const char *
in_folder(const char *name)
{
    static char path[200];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void
put(const char *name, cx_span octets)
{
    assert_true(cx_ok(cx_file_write(in_folder(name), cx_str_of_span(octets), NULL)));
}

static void
put_text(const char *name, const char *text)
{
    put(name, cx_span_of_str(cx_str_of(text)));
}

static void
put_copy(const char *name, const char *of)
{
    struct cx_arena arena;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    put(name, issued_file(of, &arena));
    cx_arena_done(&arena);
}

/* Everything of a path, a line a record: file, format, fate. */
static cx_status
read_all(const char *path, const struct cx_issued_options *options, struct cx_buf *told,
         struct cx_hash *ret_digest, struct cx_detail *detail)
{
    static const char *const fates[] = { "unset", "observed", "rejected", "ignored" };
    struct cx_issued_reader *reader = NULL;
    struct cx_issued_record record;
    uint64_t done = 0, all = 0;
    bool more = true;

    CX_TRY(cx_issued_reader_open(path, NULL, options, &reader, detail));
    while (more) {
        assert_true(cx_ok(cx_issued_reader_next(reader, &record, &more, detail)));
        if (more) {
            const char *file = cx_issued_reader_file(reader);

            file += strncmp(file, folder, strlen(folder)) == 0 ? strlen(folder) + 1 : 0;
            cx_buf_printf(told, "%s %s %s\n", file, cx_issued_reader_format(reader),
                          fates[record.fate]);
        }
    }
    assert_true(cx_ok(cx_issued_reader_next(reader, &record, &more, detail)) && !more);
    assert_true(cx_ok(cx_issued_reader_digest(reader, ret_digest)));
    cx_issued_reader_progress(reader, &done, &all);
    assert_true(done != 0 && (all == 0 || all == done));
    cx_issued_reader_close(reader);
    return CX_SUCCESS;
}

static const struct cx_issued_options none = { .mapping = NULL };

static void
reads_as(const char *path, const char *expected, struct cx_hash *ret_digest)
{
    struct cx_detail detail = { .text = "" };
    struct cx_buf told;

    cx_buf_init(&told, 100000);
    if (!cx_ok(read_all(path, &none, &told, ret_digest, &detail))) {
        fail_msg("%s", detail.text);
    }
    assert_true(is_text(cx_buf_str(&told), expected));
    cx_buf_done(&told);
}

TEST(every_form_by_what_it_begins_with)
{
    static const struct {
        const char *file, *told;
    } files[] = {
        { "final.pem", " certificates observed\n" },
        { "chain.p7b", " certificates observed\n certificates ignored\n" },
        { "entries.json", " ct-entries observed\n ct-entries observed\n ct-entries ignored\n" },
        { "data-tile", " ct-tile observed\n ct-tile observed\n" },
        { "data-tile.gz", " ct-tile observed\n ct-tile observed\n" },
    };

    for (size_t i = 0; i < CX_COUNT(files); i++) {
        struct cx_hash digest, expected;
        struct cx_arena arena;
        struct cx_buf told;

        put_copy("b.pem", files[i].file);
        cx_buf_init(&told, 1000);
        for (const char *p = files[i].told; *p != '\0'; p++) {
            cx_buf_puts(&told, p == files[i].told || p[-1] == '\n' ? "b.pem" : "");
            cx_buf_putc(&told, *p);
        }
        cx_buf_putc(&told, '\0');
        reads_as(in_folder("b.pem"), told.p, &digest);
        cx_buf_done(&told);
        /* Of the file as it is, compressed or not. */
        cx_arena_init(&arena, CX_CHECK_MEMORY);
        assert_true(cx_ok(cx_sha256(issued_file(files[i].file, &arena), expected.b)));
        assert_true(cx_hash_equal(&digest, &expected));
        cx_arena_done(&arena);
    }
}

/* Files in the order of their paths; nothing in a folder goes untold. */
TEST(a_folder)
{
    struct cx_hash digest = { .b = { 0 } };

    assert_int_equal(mkdir(in_folder("a"), 0700), 0);
    assert_int_equal(mkdir(in_folder("a/tile"), 0700), 0);
    assert_int_equal(mkdir(in_folder("a/tile/0"), 0700), 0);
    assert_int_equal(mkdir(in_folder("a/tile/data"), 0700), 0);
    put_copy("a/tile/data/000", "data-tile.gz");
    put_text("a/tile/0/000", "hashes");
    put_text("a/checkpoint", "log.example\n7\n");
    put_text("a.csv", "serial,names\n01,a.example\n02,\n");
    put_copy("b.pem", "final.pem");
    put_text(".hidden", "x");
    put_text("z.txt", "some text");
    put_text("empty", "");
    put_text("cut.gz", "\x1f\x8b\x08 nothing");
    reads_as(folder,
             ".hidden  ignored\n"
             "a.csv csv observed\n"
             "a.csv csv rejected\n"
             "a/checkpoint  ignored\n"
             "a/tile/0/000  ignored\n"
             "a/tile/data/000 ct-tile observed\n"
             "a/tile/data/000 ct-tile observed\n"
             "b.pem certificates observed\n"
             "cut.gz  rejected\n"
             "empty  rejected\n"
             "z.txt  rejected\n",
             &digest);
    assert_true(digest.b[0] != 0 || digest.b[1] != 0);
}

/* As sha256sum * | sha256sum, with two blanks between. */
TEST(digest_of_a_folder)
{
    struct cx_hash digest, expected, file;
    char lines[300], hex[CX_HASH_TEXT];

    put_text("a.csv", "serial,names\n01,a.example\n");
    put_text("z.txt", "serial,names\n02,a.example\n");
    assert_true(cx_ok(cx_sha256(bytes_of("serial,names\n01,a.example\n"), file.b)));
    cx_hash_text(&file, hex);
    (void)snprintf(lines, sizeof(lines), "%s  a.csv\n", hex);
    assert_true(cx_ok(cx_sha256(bytes_of("serial,names\n02,a.example\n"), file.b)));
    cx_hash_text(&file, hex);
    (void)snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s  z.txt\n", hex);
    assert_true(cx_ok(cx_sha256(bytes_of(lines), expected.b)));
    reads_as(folder, "a.csv csv observed\nz.txt csv observed\n", &digest);
    assert_true(cx_hash_equal(&digest, &expected));
    reads_as(in_folder("/"), "a.csv csv observed\nz.txt csv observed\n", &digest);
    assert_true(cx_hash_equal(&digest, &expected));
}

static void
refused(const char *text, enum cx_code code, const char *why)
{
    struct cx_issued_reader *reader = NULL;
    struct cx_detail detail = { .text = "" };

    put_text("z.txt", text);
    assert_int_equal(cx_issued_reader_open(in_folder("z.txt"), NULL, &none, &reader, &detail).code,
                     code);
    assert_null(reader);
    assert_true(contains(detail.text, "z.txt: ") && contains(detail.text, why));
}

TEST(files_that_are_no_list)
{
    struct cx_issued_reader *reader = NULL;
    struct cx_detail detail = { .text = "" };

    refused("", CX_E_ARCHIVE, "empty");
    refused("some text\n", CX_E_ARCHIVE, "no list of certificates");
    refused("serial,issuer\n", CX_E_ARCHIVE, "no column of names");
    refused("[1", CX_E_JSON, "");
    refused("\x1f\x8b\x08 nothing", CX_E_ARCHIVE, "damaged");
    assert_int_equal(
        cx_issued_reader_open(in_folder("nowhere"), NULL, &none, &reader, &detail).code, CX_E_IO);
    assert_true(contains(detail.text, "nowhere"));
}

TEST(a_folder_in_itself)
{
    struct cx_issued_reader *reader = NULL;
    struct cx_detail detail = { .text = "" };
    struct cx_issued_record record;
    bool more;

    assert_int_equal(symlink(".", in_folder("loop")), 0);
    assert_true(cx_ok(cx_issued_reader_open(folder, NULL, &none, &reader, &detail)));
    assert_int_equal(cx_issued_reader_next(reader, &record, &more, &detail).code, CX_E_IO);
    assert_true(contains(detail.text, "contains itself"));
    cx_issued_reader_close(reader);
}

/* Named, or explained by a mapping, a file need not look like anything. */
TEST(forms_that_are_told)
{
    const struct cx_issued_format *csv = cx_issued_format_named(CX_STR("csv"));
    struct cx_issued_options options = { .mapping = NULL };
    struct cx_issued_reader *reader = NULL;
    struct cx_json *mapping = NULL;
    struct cx_issued_record record;
    bool more = false;

    put_text("z.txt", "names\na.example\n");
    assert_true(cx_ok(cx_issued_reader_open(in_folder("z.txt"), csv, &none, &reader, NULL)));
    assert_true(cx_ok(cx_issued_reader_next(reader, &record, &more, NULL)) && more);
    assert_int_equal(record.fate, CX_FATE_REJECTED);
    cx_issued_reader_close(reader);
    put_text("z.txt", "Nummer,Namen\n0a,a.example\n");
    assert_true(cx_ok(
        cx_json_parse(CX_STR("{\"serial\":\"Nummer\",\"names\":\"Namen\"}"), &mapping, NULL)));
    options.mapping = mapping;
    assert_true(cx_ok(cx_issued_reader_open(in_folder("z.txt"), NULL, &options, &reader, NULL)));
    assert_true(cx_ok(cx_issued_reader_next(reader, &record, &more, NULL)) && more);
    assert_int_equal(record.fate, CX_FATE_OBSERVED);
    cx_issued_reader_close(reader);
    cx_json_free(mapping);
}

/* Everything of z.txt; what is rejected for want of memory would be lost. */
static cx_status
read_without_rejects(const struct cx_issued_format *format)
{
    struct cx_issued_reader *reader = NULL;
    struct cx_issued_record record;
    bool more = true;
    cx_status s = cx_issued_reader_open(in_folder("z.txt"), format, &none, &reader, NULL);

    while (cx_ok(s) && more) {
        s = cx_issued_reader_next(reader, &record, &more, NULL);
        assert_true(!cx_ok(s) || !more || record.fate != CX_FATE_REJECTED);
    }
    cx_issued_reader_close(reader);
    return s;
}

/* The nth allocation fails, for every n. */
TEST(without_memory)
{
    static const struct {
        const char *format, *file;
    } lists[] = {
        { "certificates", "final.pem" },
        { "certificates", "chain.p7b" },
        { "ct-entries", "entries.json" },
        { "ct-tile", "data-tile" },
        { "ct-tile", "data-tile.gz" },
        { "csv", NULL },
        { "ndjson", NULL },
    };
    static const char *const texts[] = {
        "serial,names,subscriber\n01,\"a.example b.example\",M\xfcller\n02,b\xc3\xbc.example,\n",
        "{\"serial\":\"01\",\"names\":[\"a.example\",\"b.example\"],\"sct\":1795305600123}\n",
    };

    for (size_t i = 0; i < CX_COUNT(lists); i++) {
        const struct cx_issued_format *format = cx_issued_format_named(cx_str_of(lists[i].format));
        size_t seen = 1;

        if (lists[i].file != NULL) {
            put_copy("z.txt", lists[i].file);
        } else {
            put_text("z.txt", texts[i - 5]);
        }
        for (size_t nth = 1; seen >= nth || nth == 1; nth++) {
            cx_status s;

            (void)cx_alloc_fail_nth(nth);
            s = read_without_rejects(format);
            seen = cx_alloc_fail_nth(0);
            if (seen >= nth ? cx_status_class(s) != CX_CLASS_NOMEM : !cx_ok(s)) {
                fail_msg("%s: allocation %zu of %zu: %s", lists[i].format, nth, seen,
                         cx_status_text(s));
            }
        }
    }
}

TEST(names_of_forms)
{
    size_t n;
    const struct cx_issued_format *const *all = cx_issued_formats(&n);

    assert_true(n >= 6);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(cx_issued_format_named(cx_str_of(all[i]->name)), all[i]);
        assert_true(all[i]->about[0] != '\0' &&
                    (all[i]->looks_like != NULL) != (all[i]->find_out != NULL));
    }
    assert_null(cx_issued_format_named(CX_STR("")));
    assert_null(cx_issued_format_named(CX_STR("CSV")));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    CASE(every_form_by_what_it_begins_with),
    CASE(a_folder),
    CASE(digest_of_a_folder),
    CASE(files_that_are_no_list),
    CASE(a_folder_in_itself),
    CASE(forms_that_are_told),
    CASE(without_memory),
    cmocka_unit_test(names_of_forms),
};

TEST_MAIN(tests)
