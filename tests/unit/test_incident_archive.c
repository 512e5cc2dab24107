/* The files of an archive: entries, contents, catalog; what is cut off, broken, locked or not of that archive is refused.
 * TEST R-LOG-6 R-PRF-12 */
#include "base/limits.h"
#include "build.h"
#include "desk.h"
#include "incident/content.h"
#include "main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct place {
    char folder[SCRATCH_PATH];
    char path[4][SCRATCH_PATH];
    struct cx_detail detail;
};

#define SCRATCH_OK_AT(expr, p) scratch_ok((expr), &(p)->detail, #expr, __FILE__, __LINE__)

static void
place_open(struct place *p)
{
    *p = (struct place){ .detail = { .text = "" } };
    scratch_make(p->folder);
    for (int i = 0; i < 4; i++) {
        char name[8] = "file-0";

        name[5] = (char)('0' + i);
        scratch_join(p->path[i], p->folder, name);
    }
}

static void
put_entry(uint8_t *to, unsigned key, int64_t time_ms, unsigned source, uint64_t line)
{
    const struct cx_archive_entry entry = {
        .key = { { (uint8_t)key } },
        .time_ms = time_ms,
        .source = source,
        .line = line,
        .content = 7,
        .observed = CX_OBSERVED_ANSWER,
        .grade = CX_GRADE_B,
        .clock = CX_CLOCK_ASKED,
        .outcome = CX_OUTCOME_NODATA,
    };

    cx_archive_entry_write(&entry, to);
}

/* ---- one entry */

TEST(an_entry_is_read_as_it_was_written)
{
    static const int64_t times[] = { INT64_MIN, -1, 0, 1, 1640995200000, INT64_MAX };
    uint8_t octets[CX_ENTRY_OCTETS];

    for (size_t i = 0; i < CX_COUNT(times); i++) {
        struct cx_archive_entry a = {
            .key = { { 1, 2, 3 } },
            .time_ms = times[i],
            .source = UINT32_MAX,
            .line = UINT64_MAX,
            .content = ((uint64_t)1 << 48) - 1,
            .observed = CX_OBSERVED_CHECK,
            .form = CX_FORM_WILDCARD,
            .grade = CX_GRADE_E,
            .claim = CX_CLAIM_FAILS,
            .clock = CX_CLOCK_INDEXED,
            .outcome = CX_OUTCOME_ERROR,
            .has_ttl = true,
            .ttl = UINT32_MAX - 1,
        };
        struct cx_archive_entry b;

        memset(&b, 0, sizeof(b));
        cx_archive_entry_write(&a, octets);
        assert_true(cx_ok(cx_archive_entry_read(octets, &b)));
        assert_memory_equal(&a.key, &b.key, sizeof(a.key));
        assert_true(a.time_ms == b.time_ms && a.source == b.source && a.line == b.line &&
                    a.content == b.content && a.observed == b.observed && a.form == b.form &&
                    a.grade == b.grade && a.claim == b.claim && a.clock == b.clock &&
                    a.outcome == b.outcome && b.has_ttl && a.ttl == b.ttl);
        a.ttl = UINT32_MAX; /* the largest is not that of no TTL */
        cx_archive_entry_write(&a, octets);
        assert_true(cx_ok(cx_archive_entry_read(octets, &b)));
        assert_true(b.has_ttl && b.ttl == UINT32_MAX - 1);
        a.has_ttl = false;
        cx_archive_entry_write(&a, octets);
        assert_true(cx_ok(cx_archive_entry_read(octets, &b)));
        assert_false(b.has_ttl);
    }
}

TEST(an_entry_of_values_that_are_none_is_refused)
{
    unsigned refused = 0;

    for (unsigned words = 0; words < 65536; words++) {
        uint8_t octets[CX_ENTRY_OCTETS] = { 0 };
        struct cx_archive_entry e;

        octets[36] = (uint8_t)(words >> 8);
        octets[37] = (uint8_t)words;
        if (cx_ok(cx_archive_entry_read(octets, &e))) {
            assert_true(e.observed <= CX_OBSERVED_CHECK && e.form <= CX_FORM_WILDCARD &&
                        e.grade <= CX_GRADE_E && e.claim <= CX_CLAIM_FAILS &&
                        e.clock <= CX_CLOCK_INDEXED && e.outcome <= CX_OUTCOME_ERROR);
        } else {
            refused++;
        }
    }
    assert_int_equal(refused, 65536 - 3 * 3 * 6 * 4 * 5 * 14);
}

/* ---- files of entries */

#define MANY 1000

/* Keys 0, 2, 4, ... with several times each. */
static void
make_entries(struct place *p, size_t n)
{
    uint8_t *v = calloc(MANY + 1, CX_ENTRY_OCTETS);
    const char *paths[] = { p->path[0], p->path[1] };
    uint64_t entries;
    size_t half = n / 2;

    assert_non_null(v);
    for (size_t i = 0; i < n; i++) { /* backwards, so that sorting matters */
        size_t at = n - 1 - i;

        put_entry(v + i * CX_ENTRY_OCTETS, (unsigned)(2 * (at / 10)), (int64_t)(at % 10) * 10, 0,
                  at);
    }
    SCRATCH_OK_AT(cx_entry_run_write(paths[0], v, half, &p->detail), p);
    SCRATCH_OK_AT(cx_entry_run_write(paths[1], v + half * CX_ENTRY_OCTETS, n - half, &p->detail),
                  p);
    SCRATCH_OK_AT(cx_entry_files_merge(paths, 2, p->path[2], &entries, &p->detail), p);
    assert_int_equal(entries, n);
    free(v);
}

TEST(every_place_is_found_at_every_size)
{
    static const size_t sizes[] = { 0, 1, 2, 63, 64, 65, 127, 128, 129, 640, MANY };

    for (size_t s = 0; s < CX_COUNT(sizes); s++) {
        struct place p;
        struct cx_entry_file *file;

        place_open(&p);
        make_entries(&p, sizes[s]);
        SCRATCH_OK_AT(cx_entry_file_open(p.path[2], &file, &p.detail), &p);
        assert_int_equal(cx_entry_file_size(file), sizes[s]);
        for (unsigned key = 0; key < 2 * sizes[s] / 10 + 4 && key < 256; key++) {
            for (int64_t time_ms = -5; time_ms <= 105; time_ms += 5) {
                struct cx_entry_key wanted = { { (uint8_t)key } };
                size_t below = (key + 1) / 2 * 10;
                size_t mine = key % 2 != 0 || time_ms < 0 ? 0 : (size_t)time_ms / 10 + 1;
                size_t expected = below + (mine < 10 ? mine : 10);
                uint64_t at;

                SCRATCH_OK_AT(cx_entry_file_after(file, &wanted, time_ms, &at, &p.detail), &p);
                assert_int_equal(at, expected < sizes[s] ? expected : sizes[s]);
            }
        }
        for (uint64_t i = 0; i < sizes[s]; i++) {
            struct cx_archive_entry entry;

            SCRATCH_OK_AT(cx_entry_file_at(file, i, &entry, &p.detail), &p);
            assert_int_equal(entry.line, i);
        }
        assert_false(cx_ok(
            cx_entry_file_at(file, sizes[s], &(struct cx_archive_entry){ .line = 0 }, &p.detail)));
        cx_entry_file_close(file);
        scratch_remove(p.folder);
    }
}

TEST(entries_that_are_equal_are_kept_once)
{
    struct place p;
    uint8_t v[3 * CX_ENTRY_OCTETS];
    uint64_t entries;

    place_open(&p);
    for (int i = 0; i < 2; i++) {
        put_entry(v, 1, 5, 0, 1);
        put_entry(v + CX_ENTRY_OCTETS, 1, 5, 0, 1);
        put_entry(v + 2 * CX_ENTRY_OCTETS, 1, 5, 0, 2);
        SCRATCH_OK_AT(cx_entry_run_write(p.path[i], v, 3, &p.detail), &p);
    }
    SCRATCH_OK_AT(cx_entry_files_merge((const char *const[]){ p.path[0], p.path[1] }, 2, p.path[2],
                                       &entries, &p.detail),
                  &p);
    assert_int_equal(entries, 2);
    SCRATCH_OK_AT(cx_entry_files_merge((const char *const[]){ p.path[2], p.path[1] }, 2, p.path[3],
                                       &entries, &p.detail),
                  &p);
    assert_int_equal(entries, 2);
    scratch_remove(p.folder);
}

/* One record can hold several observations of one name and moment: their order is that of all their octets, whoever sorts. */
TEST(entries_of_one_line_are_in_one_order)
{
    uint8_t v[2][4 * CX_ENTRY_OCTETS];
    char octets[2][4000];
    size_t n[2];
    struct place p;

    place_open(&p);
    for (size_t swap = 0; swap < 2; swap++) {
        uint64_t entries;

        for (size_t i = 0; i < 4; i++) {
            size_t k = swap == 0 ? i : 3 - i;

            put_entry(v[swap] + i * CX_ENTRY_OCTETS, 1, 5, 0, 1);
            v[swap][i * CX_ENTRY_OCTETS + 43] =
                (uint8_t)(k / 2); /* where its content is: two of them */
        }
        SCRATCH_OK_AT(cx_entry_run_write(p.path[0], v[swap], 4, &p.detail), &p);
        SCRATCH_OK_AT(cx_entry_files_merge((const char *const[]){ p.path[0] }, 1, p.path[1],
                                           &entries, &p.detail),
                      &p);
        assert_int_equal(entries, 2);
        n[swap] = scratch_read(p.path[1], octets[swap], sizeof(octets[swap]));
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(octets[0], octets[1], n[0]);
    scratch_remove(p.folder);
}

TEST(a_file_of_entries_cut_off_anywhere_is_refused)
{
    struct place p;
    struct stat st;

    place_open(&p);
    make_entries(&p, 130);
    assert_int_equal(stat(p.path[2], &st), 0);
    for (long size = st.st_size - 1; size >= 0; size -= size > 200 ? 7 : 1) {
        struct cx_entry_file *file = NULL;

        scratch_cut(p.path[2], size);
        SCRATCH_FAILS(cx_entry_file_open(p.path[2], &file, &p.detail), CX_CLASS_STORE);
        assert_null(file);
    }
    scratch_remove(p.folder);
}

TEST(a_trailer_that_lies_is_refused)
{
    static const uint8_t numbers[][8] = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
                                          { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc1 },
                                          { 0x05, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x56 },
                                          { 0, 0, 0, 0, 0, 0, 0, 129 },
                                          { 0, 0, 0, 0, 0, 0, 0, 131 },
                                          { 0 } };
    struct place p;
    struct stat st;

    place_open(&p);
    make_entries(&p, 130);
    assert_int_equal(stat(p.path[2], &st), 0);
    for (size_t i = 0; i < CX_COUNT(numbers); i++) {
        struct cx_entry_file *file = NULL;
        uint64_t entries;

        scratch_poke(p.path[2], st.st_size - 24, numbers[i], 8);
        SCRATCH_FAILS(cx_entry_file_open(p.path[2], &file, &p.detail), CX_CLASS_STORE);
        SCRATCH_FAILS(cx_entry_files_merge((const char *const[]){ p.path[2] }, 1, p.path[3],
                                           &entries, &p.detail),
                      CX_CLASS_STORE);
        assert_false(scratch_exists(p.path[3]));
    }
    scratch_remove(p.folder);
}

TEST(a_run_that_was_cut_off_within_an_entry_is_refused)
{
    struct place p;
    uint64_t entries;

    place_open(&p);
    make_entries(&p, 20);
    scratch_cut(p.path[0], 5 * CX_ENTRY_OCTETS + 1);
    SCRATCH_FAILS(
        cx_entry_files_merge((const char *const[]){ p.path[0] }, 1, p.path[3], &entries, &p.detail),
        CX_CLASS_STORE);
    assert_false(scratch_exists(p.path[3]));
    scratch_remove(p.folder);
}

/* ---- contents */

static void
same_content(const struct cx_observation *a, const struct cx_observation *b)
{
    assert_true(a->dnssec == b->dnssec && a->unvalidated == b->unvalidated &&
                a->precision_ms == b->precision_ms && cx_span_equal(a->found_at, b->found_at) &&
                a->n_records == b->n_records && a->n_aliases == b->n_aliases &&
                cx_str_equal(a->account, b->account) && cx_str_equal(a->method, b->method) &&
                cx_str_equal(a->perspective, b->perspective) &&
                cx_str_equal(a->resolver, b->resolver));
    for (size_t i = 0; i < a->n_records; i++) {
        assert_true(a->records[i].flags == b->records[i].flags &&
                    cx_span_equal(a->records[i].tag, b->records[i].tag) &&
                    cx_span_equal(a->records[i].value, b->records[i].value));
    }
    for (size_t i = 0; i < a->n_aliases; i++) {
        assert_true(cx_span_equal(a->aliases[i], b->aliases[i]));
    }
}

static struct cx_observation *
full_observation(struct desk *d)
{
    static struct cx_name found;
    struct cx_observation *o = desk_seen(d, -60, "www.d.test");

    found = name_of("d.test");
    desk_set(d, o, 300, "0 issue ca.example.net|128 x y|0 iodef ");
    desk_alias(d, o, "other.example");
    o->found_at = cx_name_span(&found);
    o->account = CX_STR("https://ca.example.net/acct/1");
    o->method = CX_STR("dns-01");
    o->perspective = CX_STR("eu");
    o->resolver = CX_STR("\xff\x01");
    return o;
}

TEST(a_content_is_read_as_it_was_written_and_nothing_else)
{
    struct desk d;
    struct cx_observation *o;
    struct cx_observation read;
    struct cx_buf buf;

    desk_open(&d, "2022-01-01T00:00:00Z");
    o = full_observation(&d);
    cx_buf_init(&buf, 100000);
    cx_content_write(o, &buf);
    assert_true(cx_ok(cx_content_read(cx_span_of_str(cx_buf_str(&buf)), &d.arena, &read)));
    same_content(o, &read);
    o->unvalidated = true;
    cx_buf_clear(&buf);
    cx_content_write(o, &buf);
    assert_true(cx_ok(cx_content_read(cx_span_of_str(cx_buf_str(&buf)), &d.arena, &read)));
    same_content(o, &read);
    for (size_t n = 0; n < buf.n; n++) {
        assert_int_equal(
            cx_content_read((cx_span){ (const uint8_t *)buf.p, n }, &d.arena, &read).code,
            CX_E_STORE);
    }
    for (size_t i = 0; i < buf.n;
         i++) { /* what is accepted is what was meant: it is written the same */
        for (unsigned bit = 0; bit < 8; bit++) {
            struct cx_buf again;

            buf.p[i] = (char)(buf.p[i] ^ 1 << bit);
            cx_buf_init(&again, 100000);
            if (cx_ok(cx_content_read(cx_span_of_str(cx_buf_str(&buf)), &d.arena, &read))) {
                cx_content_write(&read, &again);
                assert_true(cx_str_equal(cx_buf_str(&again), cx_buf_str(&buf)));
            }
            cx_buf_done(&again);
            buf.p[i] = (char)(buf.p[i] ^ 1 << bit);
        }
    }
    cx_buf_putc(&buf, 'x');
    assert_false(cx_ok(cx_content_read(cx_span_of_str(cx_buf_str(&buf)), &d.arena, &read)));
    cx_buf_done(&buf);
    desk_close(&d);
}

TEST(equal_contents_are_kept_once_and_what_a_crash_left_is_cut_off)
{
    struct desk d;
    struct cx_observation *o;
    struct cx_observation read;
    struct cx_content_file *file;
    struct cx_detail detail = { .text = "" };
    char path[SCRATCH_PATH];
    uint64_t at[3];
    uint64_t size;
    struct stat st;

    desk_open(&d, "2022-01-01T00:00:00Z");
    scratch_join(path, d.folder, "contents");
    o = full_observation(&d);
    SCRATCH_OK(cx_content_file_open(path, 0, true, &file, &detail));
    SCRATCH_OK(cx_content_file_add(file, o, &at[0], &detail));
    SCRATCH_OK(cx_content_file_add(file, o, &at[1], &detail));
    o->account = CX_STR("another");
    SCRATCH_OK(cx_content_file_add(file, o, &at[2], &detail));
    assert_true(at[0] == at[1] && at[1] != at[2]);
    SCRATCH_OK(cx_content_file_sync(file, &size, &detail));
    SCRATCH_OK(cx_content_file_at(file, at[2], &d.arena, &read, &detail));
    same_content(o, &read);
    assert_false(cx_ok(cx_content_file_at(file, at[2] + 1, &d.arena, &read, &detail)));
    assert_false(cx_ok(cx_content_file_at(file, size, &d.arena, &read, &detail)));
    assert_false(cx_ok(cx_content_file_at(file, (uint64_t)1 << 47, &d.arena, &read, &detail)));
    o->account = CX_STR("a third");
    SCRATCH_OK(cx_content_file_add(file, o, &at[1], &detail)); /* and a crash */
    cx_content_file_close(file);
    scratch_cut(path, (long)size + 100);
    SCRATCH_OK(cx_content_file_open(path, size, true, &file, &detail));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, size);
    cx_content_file_close(file);
    scratch_cut(path, (long)size - 1);
    SCRATCH_FAILS(cx_content_file_open(path, size, true, &file, &detail), CX_CLASS_STORE);
    SCRATCH_FAILS(cx_content_file_open(path, size, false, &file, &detail), CX_CLASS_STORE);
    desk_close(&d);
}

/* ---- an archive as a whole */

static void
fails_to_open(struct desk *d, const char *file, const char *says)
{
    char path[SCRATCH_PATH];
    struct cx_archive *archive = NULL;
    struct cx_detail detail = { .text = "" };
    cx_status s;

    scratch_join(path, d->folder, "archive");
    s = cx_archive_open(path, &archive, &detail);
    if (cx_ok(s) || strstr(detail.text, says) == NULL) {
        fail_msg("%s: \"%s\" does not say \"%s\"", file, detail.text, says);
    }
    assert_null(archive);
}

TEST(an_archive_that_lacks_something_is_refused_by_name)
{
    static const char *const files[] = { "catalog.json", "entries-1", "contents" };
    char path[SCRATCH_PATH];
    char file[SCRATCH_PATH];

    for (size_t i = 0; i < CX_COUNT(files); i++) {
        struct desk d;

        desk_open(&d, "2022-01-01T00:00:00Z");
        (void)full_observation(&d);
        (void)desk_certificate(&d, "www.d.test");
        desk_run(&d);
        desk_end_run(&d);
        scratch_join(path, d.folder, "archive");
        scratch_join(file, path, files[i]);
        scratch_cut(file, 5);
        fails_to_open(&d, files[i], files[i]);
        scratch_remove(file);
        fails_to_open(&d, files[i], i == 0 ? "not an archive" : files[i]);
        desk_close(&d);
    }
}

/* What another version read may say something else now; neither looking up nor importing more mixes the two. */
TEST(an_archive_of_another_version_is_to_be_imported_again)
{
    static const char *const rows[][2] = {
        { "1", "older version, which read some inputs otherwise; import them again" },
        { "3", "newer version" },
        { "\"2\"", "not the catalog of an archive" },
    };
    struct desk d;
    char path[SCRATCH_PATH], file[SCRATCH_PATH];

    desk_open(&d, "2022-01-01T00:00:00Z");
    scratch_join(path, d.folder, "archive");
    assert_int_equal(mkdir(path, 0777), 0);
    scratch_join(file, path, "catalog.json");
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_archive *archive = NULL;
        struct cx_detail detail = { .text = "" };
        char text[100];

        (void)snprintf(text, sizeof(text), "{\"schema\":%s,\"sources\":[]}", rows[i][0]);
        scratch_write(file, text);
        fails_to_open(&d, "catalog.json", rows[i][1]);
        assert_false(cx_ok(cx_archive_open_for_import(path, &archive, &detail)));
        assert_non_null(strstr(detail.text, rows[i][1]));
    }
    desk_close(&d);
}

TEST(of_two_importers_the_second_is_refused)
{
    struct desk d;
    char path[SCRATCH_PATH];
    struct cx_archive *first;
    struct cx_archive *second = NULL;
    struct cx_detail detail = { .text = "" };

    desk_open(&d, "2022-01-01T00:00:00Z");
    scratch_join(path, d.folder, "archive");
    SCRATCH_OK(cx_archive_open_for_import(path, &first, &detail));
    assert_false(cx_ok(cx_archive_open_for_import(path, &second, &detail)));
    assert_non_null(strstr(detail.text, "archive"));
    cx_archive_close(first);
    SCRATCH_OK(cx_archive_open_for_import(path, &second, &detail));
    cx_archive_close(second);
    desk_close(&d);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_entry_is_read_as_it_was_written),
    cmocka_unit_test(an_entry_of_values_that_are_none_is_refused),
    cmocka_unit_test(every_place_is_found_at_every_size),
    cmocka_unit_test(entries_that_are_equal_are_kept_once),
    cmocka_unit_test(entries_of_one_line_are_in_one_order),
    cmocka_unit_test(a_file_of_entries_cut_off_anywhere_is_refused),
    cmocka_unit_test(a_trailer_that_lies_is_refused),
    cmocka_unit_test(a_run_that_was_cut_off_within_an_entry_is_refused),
    cmocka_unit_test(a_content_is_read_as_it_was_written_and_nothing_else),
    cmocka_unit_test(equal_contents_are_kept_once_and_what_a_crash_left_is_cut_off),
    cmocka_unit_test(an_archive_that_lacks_something_is_refused_by_name),
    cmocka_unit_test(an_archive_of_another_version_is_to_be_imported_again),
    cmocka_unit_test(of_two_importers_the_second_is_refused),
};

TEST_MAIN(tests)
