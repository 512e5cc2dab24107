/* The file of anchors while it is in use: changed, broken, gone, back again. */
#include "cmocka_main.h"
#include "resolve/anchor_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DS_2017                                                                                    \
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"
#define DS_2024                                                                                    \
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\n"

struct scene {
    char path[64];
    struct cx_alarms alarms;
    struct cx_anchor_file file;
    unsigned told;
    char last[CX_ALARM_TEXT];
};

static void
note(void *ctx, const char *text)
{
    struct scene *s = ctx;

    s->told++;
    (void)snprintf(s->last, sizeof(s->last), "%s", text);
}

static void
write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* As a package manager does: the old file is there until the new one is. */
static void
replace(const struct scene *s, const char *text)
{
    char path[80];

    (void)snprintf(path, sizeof(path), "%s.new", s->path);
    write_text(path, text);
    assert_int_equal(rename(path, s->path), 0);
}

static struct scene *
open_scene(const char *text)
{
    struct scene *s = calloc(1, sizeof(*s));
    int fd;

    assert_non_null(s);
    (void)snprintf(s->path, sizeof(s->path), "/tmp/test_anchor_file.XXXXXX");
    fd = mkstemp(s->path);
    assert_true(fd >= 0);
    (void)close(fd);
    write_text(s->path, text);
    assert_true(cx_ok(cx_anchor_file_open(s->path, &s->alarms, &s->file, NULL)));
    return s;
}

static void
close_scene(struct scene *s)
{
    cx_anchor_file_done(&s->file);
    (void)unlink(s->path);
    free(s);
}

static void
refresh(struct scene *s)
{
    cx_anchor_file_refresh(&s->file, cx_time_of_day(2026, 11, 22));
    cx_alarms_tell(&s->alarms, note, s);
}

/* The one anchor in force is of the key with this tag. */
static void
has_tag(const struct scene *s, unsigned tag)
{
    assert_int_equal(s->file.anchors.n, 1);
    assert_int_equal(
        s->file.anchors.all[0].data.rdata.p[0] << 8 | s->file.anchors.all[0].data.rdata.p[1], tag);
}

/* How often somebody was told so far, and what at last. */
static void
said(const struct scene *s, unsigned n, const char *part)
{
    assert_int_equal(s->told, n);
    if (part != NULL && strstr(s->last, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", s->last, part);
    }
}

static void
test_unchanged_is_not_read(void **state)
{
    struct scene *s = open_scene(DS_2017);
    const char *record = s->file.anchors.all[0].record;

    (void)state;
    refresh(s);
    assert_ptr_equal(s->file.anchors.all[0].record, record);
    said(s, 0, NULL);
    close_scene(s);
}

static void
test_replaced_is_read(void **state)
{
    struct scene *s = open_scene(DS_2017);
    char name[CX_ALARM_PATH_TEXT];

    (void)state;
    replace(s, DS_2024);
    refresh(s);
    has_tag(s, 38696);
    replace(s, DS_2017 DS_2024);
    refresh(s);
    assert_int_equal(s->file.anchors.n, 2);
    cx_anchor_file_name(&s->file, name);
    assert_string_equal(name, s->path);
    said(s, 0, NULL);
    close_scene(s);
}

/* Same file, same size, same time of modification: only the time of the last change tells. It is coarse, so the file is
 * written until it moves. */
static void
test_written_over_with_its_old_times_is_read(void **state)
{
    struct scene *s = open_scene(DS_2017);
    const struct stat *old = &s->file.anchors.version;
    struct timespec times[] = { old->st_atim, old->st_mtim };
    struct stat now = *old;

    (void)state;
    for (int i = 0; i < 1000000 && now.st_ctim.tv_sec == old->st_ctim.tv_sec &&
                    now.st_ctim.tv_nsec == old->st_ctim.tv_nsec;
         i++) {
        write_text(s->path, DS_2024);
        assert_int_equal(utimensat(AT_FDCWD, s->path, times, 0), 0);
        assert_int_equal(stat(s->path, &now), 0);
    }
    assert_int_equal(now.st_mtim.tv_nsec, old->st_mtim.tv_nsec);
    assert_int_equal(now.st_size, old->st_size);
    refresh(s);
    has_tag(s, 38696);
    close_scene(s);
}

static void
test_unusable_keeps_what_is_in_force(void **state)
{
    static const struct {
        const char *text;
        const char *why;
        unsigned told; /* until then; the same sentence twice in a row is one */
    } bad[] = {
        { "", ": cannot be read any more: holds no usable DS or DNSKEY record of the root; the",
          1 },
        { "garbage\n", ": cannot be read any more: line 1: an anchor of another name than the", 2 },
        { DS_2024 ". IN DS 1 8\n", ": line 2: a number is missing or out of range; the anchors",
          3 },
        { ". IN DS 1 5 1 00\n", "no usable", 4 },
        { "; valid-until: 2026-11-22\n" DS_2024, ": none of its anchors holds now; the anchors",
          5 },
        { "; valid-from: 2026-11-23\n" DS_2024, "none of its anchors holds now", 5 },
    };
    struct scene *s = open_scene(DS_2017);

    (void)state;
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        replace(s, bad[i].text);
        for (int again = 0; again < 3; again++) {
            refresh(s);
            has_tag(s, 20326);
        }
        said(s, bad[i].told, bad[i].why);
        assert_non_null(strstr(s->last, "stay in force"));
        assert_memory_equal(s->last, s->path, strlen(s->path));
    }
    replace(s, DS_2024);
    refresh(s);
    has_tag(s, 38696);
    said(s, bad[CX_COUNT(bad) - 1].told, NULL);
    close_scene(s);
}

static void
test_gone_and_back(void **state)
{
    struct scene *s = open_scene(DS_2017);
    char aside[80];

    (void)state;
    (void)snprintf(aside, sizeof(aside), "%s.aside", s->path);
    for (unsigned round = 1; round <= 2; round++) {
        assert_int_equal(rename(s->path, aside), 0);
        refresh(s);
        refresh(s);
        has_tag(s, 20326);
        said(s, round, ": cannot be read any more: No such file or directory; the anchors of its");
        assert_int_equal(rename(aside, s->path), 0);
        refresh(s);
        has_tag(s, 20326);
        said(s, round, NULL);
    }
    close_scene(s);
}

/* Whoever reads a pipe waits for who writes it. */
static void
test_pipes_are_read_once(void **state)
{
    struct scene *s = open_scene(DS_2017);
    int fds[2];
    char path[32];

    (void)state;
    assert_int_equal(unlink(s->path), 0);
    assert_int_equal(mkfifo(s->path, 0600), 0);
    refresh(s);
    has_tag(s, 20326);
    said(s, 1, ": cannot be read any more: no regular file; the");
    close_scene(s);

    s = calloc(1, sizeof(*s));
    assert_non_null(s);
    assert_int_equal(pipe(fds), 0);
    (void)snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
    assert_int_equal(write(fds[1], DS_2024, sizeof(DS_2024) - 1), sizeof(DS_2024) - 1);
    assert_int_equal(close(fds[1]), 0);
    assert_true(cx_ok(cx_anchor_file_open(path, &s->alarms, &s->file, NULL)));
    assert_int_equal(close(fds[0]), 0);
    refresh(s);
    has_tag(s, 38696);
    said(s, 0, NULL);
    cx_anchor_file_done(&s->file);
    free(s);
}

/* An anchor that is not valid yet takes effect by itself, if another one holds now. */
static void
test_what_holds_later_is_kept(void **state)
{
    struct scene *s = open_scene(DS_2017);

    (void)state;
    replace(s, "; valid-until: 2026-11-23\n" DS_2017 "; valid-from: 2026-11-23\n" DS_2024);
    refresh(s);
    assert_int_equal(s->file.anchors.n, 2);
    assert_true(cx_anchor_holds(&s->file.anchors.all[0], cx_time_of_day(2026, 11, 22)));
    assert_true(cx_anchor_holds(&s->file.anchors.all[1], cx_time_of_day(2026, 11, 23)));
    said(s, 0, NULL);
    close_scene(s);
}

static void
test_bad_at_the_start_is_refused(void **state)
{
    struct cx_alarms alarms = { .n = 0 };
    struct cx_anchor_file file;
    struct cx_detail detail = { .text = "" };

    (void)state;
    assert_int_equal(cx_anchor_file_open("/nonexistent", &alarms, &file, &detail).code,
                     CX_E_RESOLVER);
    assert_int_equal(alarms.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unchanged_is_not_read),
        cmocka_unit_test(test_replaced_is_read),
        cmocka_unit_test(test_written_over_with_its_old_times_is_read),
        cmocka_unit_test(test_unusable_keeps_what_is_in_force),
        cmocka_unit_test(test_gone_and_back),
        cmocka_unit_test(test_pipes_are_read_once),
        cmocka_unit_test(test_what_holds_later_is_kept),
        cmocka_unit_test(test_bad_at_the_start_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
