/* Archives, runs and reports without memory: a failure that says so, nothing half made that passes for whole, nothing leaked (under
 * ASan), and never a class that is better than with memory. */
#include "base/alloc.h"
#include "build.h"
#include "desk.h"
#include "incident/run.h"
#include "incident/run_files.h"
#include "main.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char list[] =
    "sha256,serial,issuer,not_before,not_after,dns_names,signed_at\n"
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff,0a,CN=CA,"
    "2022-01-01T12:00:00Z,2022-12-01T12:00:00Z,www.d.test,2022-01-01T12:00:00Z\n"
    "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff,0b,CN=CA,"
    "2022-01-01T12:00:00Z,2022-12-01T12:00:00Z,a.test b.test,2022-01-01T12:00:00Z\n"
    "20112233445566778899aabbccddeeff00112233445566778899aabbccddeeff,0c,CN=CA,"
    "2022-01-01T12:00:00Z,2022-12-01T12:00:00Z,none.example,2022-01-01T12:00:00Z\n"
    "a row that is none\n";

struct world {
    struct desk d;
    struct cx_json *policy;
    char archive[SCRATCH_PATH];
    char run[SCRATCH_PATH];
    char paths[3][SCRATCH_PATH];
    char expected[1000];
    char classes[1000];
    struct cx_detail detail;
};

static void
world_open(struct world *w)
{
    static const char *const names[] = { "lists", "marks", "recheck" };
    static const char *const files[] = { "precertificate.pem", "final.pem", "entries.json",
                                         "chain.p7b", "data-tile" };
    char path[SCRATCH_PATH];

    *w = (struct world){ .policy = NULL };
    desk_open(&w->d, "2022-01-01T12:00:00Z");
    desk_seen_empty(&w->d, -600, "www.d.test");
    desk_set(&w->d, &w->d.seen[1].o, 300, "0 issue ca.example.net");
    desk_set(&w->d, desk_check(&w->d, -60, "a.test", CX_FORM_PLAIN), 300, "0 issue ca.example.net");
    desk_set(&w->d, desk_seen_by(&w->d, 1, -30, "b.test"), 300, "0 issue other.example");
    scratch_join(w->archive, w->d.folder, "archive");
    scratch_join(w->run, w->d.folder, "run");
    for (size_t i = 0; i < 3; i++) {
        scratch_join(w->paths[i], w->d.folder, names[i]);
    }
    assert_int_equal(mkdir(w->paths[0], 0700), 0);
    scratch_join(path, w->paths[0], "list.csv");
    scratch_write(path, list);
    for (size_t i = 0; i < CX_COUNT(files); i++) {
        char from[SCRATCH_PATH];

        scratch_join(path, w->paths[0], files[i]);
        scratch_join(from, DATA "/issued", files[i]);
        scratch_copy_file(from, path);
    }
    scratch_write(w->paths[1], "0a\n");
    scratch_write(w->paths[2], "{\"id\":\"0b\",\"verdict\":\"DENY\"}\n");
    assert_true(cx_ok(cx_json_parse(CX_STR("{\"own\":[\"ca.example.net\"]}"), &w->policy, NULL)));
}

static void
world_close(struct world *w)
{
    cx_json_free(w->policy);
    desk_close(&w->d);
}

static void
remove_if_there(const char *path)
{
    if (scratch_exists(path)) {
        scratch_remove(path);
    }
}

/* ---- an import */

TEST(an_import_survives_every_oom)
{
    struct world w;

    world_open(&w);
    for (size_t nth = 1;; nth++) {
        struct cx_archive *archive = NULL;
        cx_status s;

        remove_if_there(w.archive);
        (void)cx_alloc_fail_nth(nth);
        s = desk_import(&w.d, w.archive, NULL, &w.detail);
        if (cx_alloc_fail_nth(0) < nth) {
            scratch_ok(s, &w.detail, "import", __FILE__, __LINE__);
            assert_true(nth > 10);
            break;
        }
        if (!cx_ok(s)) {
            if (cx_status_class(s) != CX_CLASS_NOMEM) {
                fail_msg("%zu: %s: %s", nth, cx_status_text(s), w.detail.text);
            }
            if (cx_ok(cx_archive_open(w.archive, &archive,
                                      &w.detail))) { /* whole, or of whole inputs */
                for (size_t i = 0; i < cx_archive_sources(archive); i++) {
                    assert_true(cx_archive_source(archive, i)->ended);
                }
                cx_archive_close(archive);
            }
            s = desk_import(&w.d, w.archive, NULL, &w.detail); /* and goes on */
        }
        scratch_ok(s, &w.detail, "import again", __FILE__, __LINE__);
        scratch_ok(cx_archive_open(w.archive, &archive, &w.detail), &w.detail, "open", __FILE__,
                   __LINE__);
        assert_int_equal(cx_archive_entries(archive), w.d.n_seen);
        cx_archive_close(archive);
    }
    world_close(&w);
}

/* ---- a run */

static cx_status
make_run(struct world *w)
{
    const char *lists[] = { w->paths[0] };
    struct cx_run_options options = {
        .lists = lists,
        .n_lists = 1,
        .archive = w->archive,
        .not_consulted = w->paths[1],
        .recheck = w->paths[2],
        .policy = w->policy,
        .title = "test",
        .cause = "FAIL-OPEN",
        .program = "test",
        .triage = w->d.options,
    };

    return cx_run_make(w->run, &options, &w->detail);
}

/* Classes and states of all certificates, from their rows. */
static cx_status
read_run(struct world *w)
{
    struct cx_run *run = NULL;
    const struct cx_triaged *t = NULL;
    cx_status s = cx_run_open(w->run, &run, &w->detail);
    size_t n = 0;

    w->classes[0] = '\0';
    if (cx_ok(s)) {
        s = cx_run_attach(run, &w->d.policy, &w->detail);
    }
    if (cx_ok(s)) {
        s = cx_run_begin(run, 0, &w->detail);
    }
    while (cx_ok(s) && cx_ok(s = cx_run_next(run, &t, &w->detail)) && t != NULL) {
        n += (size_t)snprintf(w->classes + n, sizeof(w->classes) - n, "%d=%s %s\n",
                              t->certificate.issued.serial.p[0], cx_triage_class_word(t->class),
                              t->now != CX_NOW_UNKNOWN ? cx_now_word(t->now) : "");
    }
    cx_run_close(run);
    return s;
}

static cx_status
write_reports(struct world *w)
{
    struct cx_run *run = NULL;
    cx_status s = cx_run_open(w->run, &run, &w->detail);
    FILE *out = fopen("/dev/null", "we");
    struct cx_report_rows rows;

    assert_non_null(out);
    if (cx_ok(s)) {
        s = cx_run_attach(run, &w->d.policy, &w->detail);
    }
    if (cx_ok(s)) {
        s = cx_run_begin(run, 0, &w->detail);
    }
    if (cx_ok(s)) {
        rows = cx_run_rows(run, CX_ROW_WHOLE);
        s = cx_report_html(cx_run_summary(run), &rows, 10, out, &w->detail);
    }
    if (cx_ok(s)) {
        s = cx_run_begin_found(run, CX_STR("0a"), &w->detail);
    }
    if (cx_ok(s)) {
        const struct cx_report_lists lists = { out, out, out, out };

        rows = cx_run_rows(run, CX_ROW_OF_LISTS);
        s = cx_report_lists(&rows, NULL, &lists, &w->detail);
    }
    cx_run_close(run);
    assert_int_equal(fclose(out), 0);
    return s;
}

static void
ok(struct world *w, cx_status s, const char *what)
{
    scratch_ok(s, &w->detail, what, __FILE__, __LINE__);
}

TEST(a_run_survives_every_oom)
{
    struct world w;

    world_open(&w);
    ok(&w, desk_import(&w.d, w.archive, NULL, &w.detail), "import");
    ok(&w, make_run(&w), "run");
    ok(&w, read_run(&w), "read");
    memcpy(w.expected, w.classes, sizeof(w.expected));
    assert_non_null(strstr(w.expected, "11=PROVEN-DENY DENIES-NOW\n"));
    assert_non_null(strstr(w.expected, "12=NO-EVIDENCE \n"));
    assert_non_null(strstr(w.expected, "10=UNUSED-PERMIT \n"));
    for (size_t nth = 1;; nth++) {
        cx_status s;

        remove_if_there(w.run);
        (void)cx_alloc_fail_nth(nth);
        s = make_run(&w);
        if (cx_alloc_fail_nth(0) < nth) {
            ok(&w, s, "run");
            assert_true(nth > 10);
            break;
        }
        if (cx_ok(s)) {
            ok(&w, read_run(&w), "read");
            if (strcmp(w.classes, w.expected) != 0) {
                char rejects[4000];
                char path[SCRATCH_PATH];

                scratch_join(path, w.run, "rejects.csv");
                (void)scratch_read(path, rejects, sizeof(rejects));
                fail_msg("%zu: %s%s", nth, w.classes, rejects);
            }
        } else {
            if (cx_status_class(s) != CX_CLASS_NOMEM) {
                fail_msg("%zu: %s: %s", nth, cx_status_text(s), w.detail.text);
            }
            s = read_run(&w); /* no run at all, or, at the very last, a whole one */
            assert_true(cx_status_class(s) == CX_CLASS_STORE ||
                        (cx_ok(s) && strcmp(w.classes, w.expected) == 0));
        }
    }
    world_close(&w);
}

TEST(reading_and_reporting_survive_every_oom)
{
    static cx_status (*const each[])(struct world *) = { read_run, write_reports };
    struct world w;

    world_open(&w);
    ok(&w, desk_import(&w.d, w.archive, NULL, &w.detail), "import");
    ok(&w, make_run(&w), "run");
    ok(&w, read_run(&w), "read");
    memcpy(w.expected, w.classes, sizeof(w.expected));
    for (size_t i = 0; i < CX_COUNT(each); i++) {
        for (size_t nth = 1;; nth++) {
            cx_status s;

            (void)cx_alloc_fail_nth(nth);
            s = each[i](&w);
            if (cx_alloc_fail_nth(0) < nth) {
                ok(&w, s, "reading");
                assert_true(nth > 10);
                break;
            }
            if (cx_ok(s)) {
                assert_true(i != 0 || strcmp(w.classes, w.expected) == 0);
            } else {
                assert_int_equal(cx_status_class(s), CX_CLASS_NOMEM);
                assert_memory_equal(w.classes, w.expected, i != 0 ? 0 : strlen(w.classes));
            }
        }
    }
    world_close(&w);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_import_survives_every_oom),
    cmocka_unit_test(a_run_survives_every_oom),
    cmocka_unit_test(reading_and_reporting_survive_every_oom),
};

TEST_MAIN(tests)
