#include "scratch.h"

#include "main.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
scratch_make(char path[SCRATCH_PATH])
{
    const char *tmp = getenv("TMPDIR");
    int n;

    if (tmp == NULL) { /* in memory, if there is a file system of it: thousands of syncs */
        tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    }
    n = snprintf(path, SCRATCH_PATH, "%s/caaproof-store.XXXXXX", tmp);

    assert_true(n > 0 && n < SCRATCH_PATH);
    assert_non_null(mkdtemp(path));
}

void
scratch_join(char ret[SCRATCH_PATH], const char *path, const char *name)
{
    int n = snprintf(ret, SCRATCH_PATH, "%s/%s", path, name);

    assert_true(n > 0 && n < SCRATCH_PATH);
}

/* Calls each with every name in the folder. */
static void
walk(const char *path, void (*each)(const char *path, const char *to), const char *to)
{
    DIR *dir = opendir(path);

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char from[SCRATCH_PATH], there[SCRATCH_PATH];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        scratch_join(from, path, entry->d_name);
        scratch_join(there, to, entry->d_name);
        each(from, there);
    }
    assert_int_equal(closedir(dir), 0);
}

static void
remove_one(const char *path, const char *to)
{
    struct stat st;

    (void)to;
    assert_int_equal(lstat(path, &st), 0);
    if (S_ISDIR(st.st_mode)) {
        assert_int_equal(chmod(path, 0700), 0);
        walk(path, remove_one, path);
        assert_int_equal(rmdir(path), 0);
    } else {
        assert_int_equal(unlink(path), 0);
    }
}

void
scratch_remove(const char *path)
{
    remove_one(path, path);
}

void
scratch_copy_file(const char *from, const char *to)
{
    char chunk[16384];
    FILE *in = fopen(from, "rbe"), *out = fopen(to, "wxbe");
    size_t n;

    assert_true(in != NULL && out != NULL);
    while ((n = fread(chunk, 1, sizeof(chunk), in)) != 0) {
        assert_int_equal(fwrite(chunk, 1, n, out), n);
    }
    assert_int_equal(ferror(in), 0);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
}

static void
copy_one(const char *from, const char *to)
{
    struct stat st;

    assert_int_equal(lstat(from, &st), 0);
    if (S_ISDIR(st.st_mode)) {
        assert_int_equal(mkdir(to, 0700), 0);
        walk(from, copy_one, to);
    } else {
        scratch_copy_file(from, to);
        assert_int_equal(chmod(to, st.st_mode & 0777), 0);
    }
}

void
scratch_copy(const char *from, const char *to)
{
    copy_one(from, to);
}

bool
scratch_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

void
scratch_poke(const char *path, long at, const void *octets, size_t n)
{
    FILE *file = fopen(path, "r+be");

    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fwrite(octets, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

void
scratch_cut(const char *path, long size)
{
    assert_int_equal(truncate(path, size), 0);
}

size_t
scratch_read(const char *path, char *ret, size_t room)
{
    FILE *file = fopen(path, "rbe");
    size_t n;

    assert_non_null(file);
    n = fread(ret, 1, room - 1, file);
    ret[n] = '\0';
    assert_int_equal(fclose(file), 0);
    return n;
}

void
scratch_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "wbe");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

void
scratch_sql(const char *folder, const char *file, const char *sql)
{
    char path[SCRATCH_PATH];
    sqlite3 *db;

    scratch_join(path, folder, file);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void
scratch_ok(cx_status status, const struct cx_detail *detail, const char *what, const char *file,
           int line)
{
    if (!cx_ok(status)) {
        print_error("%s: %s: %s\n", what, cx_status_text(status), detail->text);
        _fail(file, line);
    }
}

void
scratch_fails(cx_status status, enum cx_class class, const char *what, const char *file, int line)
{
    if (cx_status_class(status) != class) {
        print_error("%s: %s\n", what, cx_status_text(status));
        _fail(file, line);
    }
}
