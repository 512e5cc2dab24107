#include "incident/issued_columns.h"

/* Of a column, with the NULL behind them. */
#define NAMES_MAX 16

static const char *const columns[CX_COLUMNS][NAMES_MAX] = {
#define X(id, meaning, ...) [CX_COLUMN_##id] = { __VA_ARGS__, NULL },
#include "incident/issued_columns.def"
#undef X
};

const char *const *
cx_column_names(enum cx_column column)
{
    return columns[column];
}

/* A string, or an array of strings, as a table of names. */
static cx_status
names_of(const struct cx_json *value, const char *member, struct cx_arena *arena,
         const char *const **ret, struct cx_detail *detail)
{
    bool one = cx_json_kind_of(value) == CX_JSON_STRING;
    size_t n = one ? 1 : cx_json_size(value);
    const char **names = cx_arena_get(arena, n + 1, sizeof(*names));
    cx_str text;

    if (names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        if (!cx_json_string(one ? value : cx_json_at(value, i), &text) || text.n == 0 ||
            memchr(text.p, '\0', text.n) != NULL) {
            n = 0;
            break;
        }
        CX_TRY(cx_arena_text(arena, text, &text));
        names[i] = text.p;
    }
    if (n == 0) {
        return cx_fail(detail, CX_E_USAGE,
                       "mapping: \"%s\" needs the name of a column, or an array of such names",
                       member);
    }
    *ret = names;
    return CX_SUCCESS;
}

cx_status
cx_columns_of(const struct cx_json *mapping, struct cx_arena *arena, struct cx_columns *ret,
              struct cx_detail *detail)
{
    const char *members[CX_COLUMNS + 1] = { NULL };
    struct cx_columns all;

    for (size_t i = 0; i < CX_COLUMNS; i++) {
        all.names[i] = columns[i];
        members[i] = columns[i][0];
    }
    if (mapping != NULL) {
        if (cx_json_kind_of(mapping) != CX_JSON_OBJECT) {
            return cx_fail(detail, CX_E_USAGE, "mapping: not a JSON object");
        }
        CX_TRY(cx_json_only(mapping, "mapping", members, CX_E_USAGE, detail));
    }
    for (size_t i = 0; i < CX_COLUMNS; i++) {
        const struct cx_json *value = cx_json_get(mapping, members[i]);

        if (value != NULL) {
            CX_TRY(names_of(value, members[i], arena, &all.names[i], detail));
        }
    }
    *ret = all;
    return CX_SUCCESS;
}
