#include "bin/caaproof/cases.h"

#include "base/limits.h"
#include "bin/caaproof/input.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* build/src/bin/caaproof/caaproof is five below the tree. */
#define BUILD_DEPTH 5

void
case_table_init(struct case_table *table)
{
    *table = (struct case_table){ .n = 0 };
    cx_arena_init(&table->arena, CX_CASES_MEMORY);
}

void
case_table_done(struct case_table *table)
{
    for (size_t i = 0; i < table->n_files; i++) {
        cx_json_free(table->files[i]);
    }
    cx_arena_done(&table->arena);
}

/* VAL of R-VAL-3. */
static cx_str
area_of(const struct cx_json *rules)
{
    cx_str rule = { NULL, 0 };
    size_t from = 2, n = 0;

    if (!cx_json_string(cx_json_at(rules, 0), &rule) || rule.n < 3) {
        return CX_STR("OTHER");
    }
    while (from + n < rule.n && rule.p[from + n] != '-') {
        n++;
    }
    return (cx_str){ rule.p + from, n };
}

static cx_status
put_line(struct case_table *table, struct conformance_case *c)
{
    struct cx_buf buf;
    cx_status s;

    cx_buf_init(&buf, CX_LINE_MAX);
    s = cx_json_write(c->request, &buf);
    if (cx_ok(s)) {
        s = cx_arena_text(&table->arena, cx_buf_str(&buf), &c->line);
    }
    cx_buf_done(&buf);
    return s;
}

static cx_status
refuse(const char *path, size_t i, const char *why, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_JSON, "%s: case %zu: %s", path, i + 1, why);
}

/* Names go into file names and shell commands (show_case.c), so they are plain words. */
static bool
is_case_name(cx_str name)
{
    bool plain = name.n != 0 && name.n <= CX_CASE_NAME_MAX && name.p[0] != '-';

    for (size_t i = 0; plain && i < name.n; i++) {
        plain = cx_ascii_alnum((uint8_t)name.p[i]) || memchr("._-", name.p[i], 3) != NULL;
    }
    return plain;
}

static cx_status
add_case(struct case_table *table, const struct conformance_case *c, const char *path,
         struct cx_detail *detail)
{
    struct conformance_case *to, *v;

    if (!is_case_name(c->name)) {
        return cx_fail(detail, CX_E_JSON,
                       "%s: \"case\": 1 to %d letters, digits, dots, hyphens and underscores are "
                       "needed",
                       path, CX_CASE_NAME_MAX);
    }
    if (case_table_find(table, c->name) != NULL) {
        return cx_fail(detail, CX_E_JSON, "%s: case \"%.40s\" is there twice", path, c->name.p);
    }
    v = cx_arena_widen(&table->arena, table->v, table->n, &table->room, sizeof(*v));
    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    table->v = v;
    to = &v[table->n];
    *to = *c;
    CX_TRY(put_line(table, to));
    table->n++;
    return CX_SUCCESS;
}

static cx_status
read_published(struct case_table *table, const struct cx_json *cases, const char *path,
               struct cx_detail *detail)
{
    for (size_t i = 0; i < cx_json_size(cases); i++) {
        const struct cx_json *json = cx_json_at(cases, i);
        struct conformance_case c = {
            .request = cx_json_get(json, "request"),
            .expect = cx_json_get(json, "expect"),
            .rules = cx_json_get(json, "rules"),
        };
        cx_str id;

        if (!cx_json_string(cx_json_get(json, "case"), &c.name) ||
            cx_json_kind_of(c.request) != CX_JSON_OBJECT ||
            cx_json_kind_of(c.expect) != CX_JSON_OBJECT) {
            return refuse(path, i, "needs \"case\", \"request\" and \"expect\"", detail);
        }
        if (!cx_json_string(cx_json_get(c.request, "id"), &id) || !cx_str_equal(id, c.name)) {
            return refuse(path, i, "the request's \"id\" is not the case's name", detail);
        }
        (void)cx_json_string(cx_json_get(json, "about"), &c.about); /* may be absent */
        c.area = area_of(c.rules);
        CX_TRY(add_case(table, &c, path, detail));
    }
    return CX_SUCCESS;
}

/* A row of the lab as request and expect; both are put into holder, which owns them. */
static bool
build_lab_case(const struct cx_json *row, struct cx_json *holder, struct conformance_case *c)
{
    static const char *const members[] = { "names",  "issuer",  "account_uri",
                                           "method", "purpose", NULL };
    struct cx_json *request = cx_json_new_object(), *expect = cx_json_new_object();
    const struct cx_json *found_at = cx_json_get(row, "found_at");
    bool ok = cx_json_set(request, "id", cx_json_new_string(c->name)) &&
              cx_json_set(expect, "verdict", cx_json_copy(cx_json_get(row, "expect")));

    for (size_t i = 0; ok && members[i] != NULL; i++) {
        const struct cx_json *value = cx_json_get(row, members[i]);

        ok = value == NULL || cx_json_set(request, members[i], cx_json_copy(value));
    }
    if (ok && found_at != NULL) {
        ok = cx_json_set(expect, "found_at", cx_json_copy(found_at));
    }
    c->request = request;
    c->expect = expect;
    ok = cx_json_add(holder, request) && ok;
    return cx_json_add(holder, expect) && ok;
}

static cx_status
read_lab(struct case_table *table, const struct cx_json *rows, struct cx_json *holder,
         const char *path, struct cx_detail *detail)
{
    for (size_t i = 0; i < cx_json_size(rows); i++) {
        const struct cx_json *row = cx_json_at(rows, i);
        struct conformance_case c = { .area = CX_STR("LAB") };

        if (!cx_json_string(cx_json_get(row, "case"), &c.name) ||
            cx_json_kind_of(cx_json_get(row, "expect")) != CX_JSON_STRING) {
            return refuse(path, i, "needs \"case\" and \"expect\"", detail);
        }
        (void)cx_json_string(cx_json_get(row, "about"), &c.about); /* may be absent */
        if (!build_lab_case(row, holder, &c)) {
            return (cx_status){ CX_E_NOMEM };
        }
        CX_TRY(add_case(table, &c, path, detail));
    }
    return CX_SUCCESS;
}

cx_status
case_table_read(struct case_table *table, const char *path, struct cx_detail *detail)
{
    struct cx_json *json = NULL;

    if (table->n_files + 2 > CX_CASE_FILES_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "%s: too many files", path);
    }
    CX_TRY(input_json(path, &json, detail));
    table->files[table->n_files++] = json;
    if (cx_json_kind_of(json) == CX_JSON_ARRAY) {
        struct cx_json *holder = cx_json_new_array();

        table->files[table->n_files++] = holder;
        return read_lab(table, json, holder, path, detail);
    }
    if (cx_json_kind_of(cx_json_get(json, "cases")) != CX_JSON_ARRAY) {
        return cx_fail(detail, CX_E_JSON, "%s: no \"cases\" in it", path);
    }
    return read_published(table, cx_json_get(json, "cases"), path, detail);
}

const struct conformance_case *
case_table_find(const struct case_table *table, cx_str name)
{
    for (size_t i = 0; i < table->n; i++) {
        if (cx_str_equal(table->v[i].name, name)) {
            return &table->v[i];
        }
    }
    return NULL;
}

/* FOLDER/SUBFOLDER/file, if it can be read. */
static bool
find_in(const char *folder, const char *subfolder, const char *file, char path[PATH_MAX])
{
    int n = folder == NULL || folder[0] == '\0'
                ? -1
                : snprintf(path, PATH_MAX, "%s%s/%s", folder, subfolder, file);

    return n > 0 && n < PATH_MAX && access(path, R_OK) == 0;
}

/* Beside a command that was built and not installed: in data/ or lab/ of a folder above it. */
static bool
find_in_tree(const char *file, char path[PATH_MAX])
{
    char above[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", above, sizeof(above) - 1);
    char *slash;

    above[n > 0 ? n : 0] = '\0';
    for (unsigned i = 0; i < BUILD_DEPTH && (slash = strrchr(above, '/')) != NULL; i++) {
        *slash = '\0';
        if (find_in(above, "/data", file, path) || find_in(above, "/lab", file, path)) {
            return true;
        }
    }
    return false;
}

cx_status
case_file_find(struct case_table *table, const char *file, const char **ret,
               struct cx_detail *detail)
{
    char path[PATH_MAX];
    cx_str text;

    if (find_in(getenv("CAAPROOF_DATA"), "", file, path) || find_in_tree(file, path) ||
        find_in(CAAPROOF_DATADIR, "", file, path)) {
        CX_TRY(cx_arena_text(&table->arena, cx_str_of(path), &text));
        *ret = text.p;
        return CX_SUCCESS;
    }
    return cx_fail(detail, CX_E_IO, "%s is neither in $CAAPROOF_DATA nor in %s; see --data", file,
                   CAAPROOF_DATADIR);
}
