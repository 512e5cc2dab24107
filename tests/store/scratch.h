/* A folder for one test, and what is done to files in it. Everything here fails the test by itself. */
#ifndef CX_TESTS_STORE_SCRATCH_H
#define CX_TESTS_STORE_SCRATCH_H

#include "base/status.h"

#include <stdint.h>

#define SCRATCH_PATH 200

/* A new empty folder; its path without a slash at the end. */
void scratch_make(char path[SCRATCH_PATH]);
/* With all that is in it. */
void scratch_remove(const char *path);
/* path/name, "%s/%s". */
void scratch_join(char ret[SCRATCH_PATH], const char *path, const char *name);
/* A folder with all that is in it, as cp -a; to is new. */
void scratch_copy(const char *from, const char *to);
void scratch_copy_file(const char *from, const char *to);
bool scratch_exists(const char *path);
/* Overwrites octets of a file from there on. */
void scratch_poke(const char *path, long at, const void *octets, size_t n);
void scratch_cut(const char *path, long size);
size_t scratch_read(const char *path, char *ret, size_t room);
void scratch_write(const char *path, const char *text);

/* Runs SQL on a database folder/file, by somebody else's hand. What is said of a table entry (number, objects, messages, entry,
 * record) is done to the entries of its blocks. */
void scratch_sql(const char *folder, const char *file, const char *sql);
/* Between the two, the entries of db are in its table temp.entry. */
struct sqlite3;
void scratch_unpack(struct sqlite3 *db);
void scratch_pack(struct sqlite3 *db);

/* Fails the test with the text of detail, unless status is success. */
#define SCRATCH_OK(expr) scratch_ok((expr), &detail, #expr, __FILE__, __LINE__)
void scratch_ok(cx_status status, const struct cx_detail *detail, const char *what,
                const char *file, int line);
/* Unless it is of that class. */
#define SCRATCH_FAILS(expr, class) scratch_fails((expr), class, #expr, __FILE__, __LINE__)
void scratch_fails(cx_status status, enum cx_class class, const char *what, const char *file,
                   int line);

#endif
