/* Lists as JSON: an array of objects (crt.sh), or one object a line; members as columns of CSV, or as docs/formats/run.md has
 * them. */
#include "base/alloc.h"
#include "base/json.h"
#include "incident/csv.h"
#include "incident/issued_formats.h"
#include "incident/issued_row.h"

#include <stdio.h>

/* Of one object; docs/formats/run.md has some thirty. */
#define MEMBERS_MAX 200

struct reading {
    struct cx_input *input;
    struct cx_issued_build build;
    struct cx_arena arena; /* names of members */
    struct cx_columns columns;
    /* Members of the object read last, which those of the next mostly are, and where each column is among them. */
    struct cx_arena members_arena;
    cx_str *members;
    size_t n_members;
    size_t position[CX_COLUMNS]; /* n_members: not there */
    int32_t zone_s;
    bool says_zone;
    bool has_array;
    struct cx_json *json; /* the array, or the line's object */
    size_t at;
};

/* ---- an object as a row */

static cx_status
put_name(struct cx_buf *buf, const struct cx_json *value)
{
    cx_str name;

    if (!cx_json_string(value, &name) && !cx_json_string(cx_json_get(value, "name"), &name)) {
        return (cx_status){ CX_E_ARCHIVE };
    }
    if (name.n == 0 || memchr(name.p, '\n', name.n) != NULL) {
        return (cx_status){ CX_E_ARCHIVE };
    }
    cx_buf_puts(buf, buf->n == 0 ? "" : "\n");
    cx_buf_put(buf, name);
    return cx_buf_status(buf);
}

/* Names in an array: strings, or objects with a name. Text lives in the record's arena. */
static cx_status
cell_of_array(struct reading *r, const struct cx_json *array, cx_str *ret)
{
    struct cx_buf buf;
    cx_status s = CX_SUCCESS;

    cx_buf_init(&buf, CX_LINE_MAX);
    for (size_t i = 0; i < cx_json_size(array) && cx_ok(s); i++) {
        s = put_name(&buf, cx_json_at(array, i));
    }
    if (cx_ok(s)) {
        s = cx_arena_text(&r->build.arena, cx_buf_str(&buf), ret);
    }
    cx_buf_done(&buf);
    return s;
}

/* MALFORMED: a value that can be no cell. A serial number as a number has lost its leading zeros, or more. */
static cx_status
cell_of(struct reading *r, enum cx_column column, const struct cx_json *value, cx_str *ret)
{
    char text[24];
    int64_t number;
    bool flag;

    switch (cx_json_kind_of(value)) {
    case CX_JSON_NONE:
    case CX_JSON_NULL:
        return CX_SUCCESS;
    case CX_JSON_STRING:
        (void)cx_json_string(value, ret); /* it is one */
        return CX_SUCCESS;
    case CX_JSON_BOOL:
        (void)cx_json_bool(value, &flag);
        *ret = flag ? CX_STR("true") : CX_STR("false");
        return CX_SUCCESS;
    case CX_JSON_INTEGER:
        if (column == CX_COLUMN_SERIAL) {
            return (cx_status){ CX_E_ARCHIVE };
        }
        (void)cx_json_integer(value, &number);
        (void)snprintf(text, sizeof(text), "%lld", (long long)number);
        return cx_arena_text(&r->build.arena, cx_str_of(text), ret);
    case CX_JSON_ARRAY:
        return column == CX_COLUMN_NAMES || column == CX_COLUMN_FOUND_NAMES
                   ? cell_of_array(r, value, ret)
                   : (cx_status){ CX_E_ARCHIVE };
    case CX_JSON_REAL:
    case CX_JSON_OBJECT:
        break;
    }
    return (cx_status){ CX_E_ARCHIVE };
}

static bool
same_members(const struct reading *r, const cx_str *names, size_t n)
{
    for (size_t i = 0; i < n && i < r->n_members; i++) {
        if (!cx_str_equal(names[i], r->members[i])) {
            return false;
        }
    }
    return n == r->n_members;
}

/* Members go by the names that columns go by. */
static cx_status
find_members(struct reading *r, const cx_str *names, size_t n)
{
    struct cx_csv_row header = { .n = n };

    cx_arena_reset(&r->members_arena);
    r->n_members = 0;
    r->members = cx_arena_get(&r->members_arena, n + 1, sizeof(*r->members));
    if (r->members == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(cx_arena_text(&r->members_arena, names[i], &r->members[i]));
    }
    header.v = r->members;
    for (size_t i = 0; i < CX_COLUMNS; i++) {
        r->position[i] = cx_csv_column(&header, r->columns.names[i]);
    }
    r->n_members = n;
    return CX_SUCCESS;
}

static cx_status
take_members(struct reading *r, const struct cx_json *object, struct cx_cells *cells,
             struct cx_issued_record *record)
{
    cx_str names[MEMBERS_MAX];
    size_t n = cx_json_members(object, names, MEMBERS_MAX);

    if (n > MEMBERS_MAX) {
        cx_issued_reject(record, cells->whole, "more than %d members", MEMBERS_MAX);
        return CX_SUCCESS;
    }
    if (!same_members(r, names, n)) {
        CX_TRY(find_members(r, names, n));
    }
    for (size_t i = 0; i < CX_COLUMNS; i++) {
        const struct cx_json *value =
            r->position[i] < n ? cx_json_get_str(object, names[r->position[i]]) : NULL;
        cx_status s = cell_of(r, (enum cx_column)i, value, &cells->v[i]);

        if (cx_status_class(s) == CX_CLASS_MALFORMED) {
            cx_issued_reject(record, cells->whole, "member \"%.*s\" is not text, as it must be",
                             (int)(names[r->position[i]].n < 60 ? names[r->position[i]].n : 60),
                             names[r->position[i]].p);
            return CX_SUCCESS;
        }
        CX_TRY(s);
    }
    return CX_SUCCESS;
}

static cx_status
take_object(struct reading *r, const struct cx_json *object, cx_span whole,
            struct cx_issued_record *record)
{
    struct cx_cells cells = { .whole = whole, .zone_s = r->zone_s, .says_zone = r->says_zone };

    if (cx_json_kind_of(object) != CX_JSON_OBJECT) {
        cx_issued_reject(record, whole, "not a JSON object");
        return CX_SUCCESS;
    }
    CX_TRY(take_members(r, object, &cells, record));
    if (record->fate != CX_FATE_OBSERVED) {
        return CX_SUCCESS;
    }
    return cx_issued_take_row(&r->build, &cells, record);
}

/* ---- an array */

/* Its text again, for the file of rejects. */
static cx_status
text_of(struct reading *r, const struct cx_json *value, cx_span *ret)
{
    struct cx_buf buf;
    cx_status s;

    cx_buf_init(&buf, CX_LINE_MAX);
    s = cx_json_write(value, &buf);
    if (cx_ok(s)) {
        s = cx_arena_copy(&r->build.arena, cx_span_of_str(cx_buf_str(&buf)), ret);
    }
    cx_buf_done(&buf);
    return cx_status_class(s) == CX_CLASS_LIMIT ? CX_SUCCESS : s;
}

static cx_status
next_element(void *self, struct cx_issued_record *ret, bool *ret_more, struct cx_detail *detail)
{
    struct reading *r = self;
    const struct cx_json *element = cx_json_at(r->json, r->at);
    const cx_span later = { NULL, 0 };

    (void)detail; /* nothing of the file is left to fail */
    *ret_more = element != NULL;
    cx_issued_begin(&r->build, r->at + 1, ret);
    if (element == NULL) {
        return CX_SUCCESS;
    }
    r->at++;
    CX_TRY(take_object(r, element, later, ret));
    return ret->fate == CX_FATE_REJECTED ? text_of(r, element, &ret->text) : CX_SUCCESS;
}

/* crt.sh writes times in UTC, without saying so, wherever its reader is. */
static void
know_crtsh(struct reading *r)
{
    const struct cx_json *first = cx_json_at(r->json, 0);

    if (cx_json_get(first, "issuer_ca_id") != NULL &&
        cx_json_get(first, "entry_timestamp") != NULL) {
        r->zone_s = 0;
        r->says_zone = true;
    }
}

static cx_status
read_array(struct reading *r, struct cx_detail *detail)
{
    cx_span text;

    CX_TRY(cx_input_rest(r->input, CX_LIST_JSON_MAX, &text, detail));
    text = cx_issued_text_of(text);
    CX_TRY(cx_json_parse(cx_str_of_span(text), &r->json, detail));
    if (cx_json_kind_of(r->json) != CX_JSON_ARRAY) {
        return cx_fail(detail, CX_E_ARCHIVE, "not an array of JSON objects");
    }
    know_crtsh(r);
    return CX_SUCCESS;
}

/* ---- lines */

static cx_status
next_line(void *self, struct cx_issued_record *ret, bool *ret_more, struct cx_detail *detail)
{
    struct cx_detail why = { .text = "" };
    struct reading *r = self;
    cx_str line;
    cx_status s;

    cx_json_free(r->json);
    r->json = NULL;
    do {
        line = (cx_str){ NULL, 0 };
        s = cx_input_line(r->input, &line, ret_more, detail);
        cx_issued_begin(&r->build, cx_input_number(r->input), ret);
        if (cx_status_class(s) == CX_CLASS_LIMIT) {
            *ret_more = true;
            cx_issued_reject(ret, (cx_span){ NULL, 0 }, "a line of more than %u octets",
                             CX_LINE_MAX);
            return CX_SUCCESS;
        }
        CX_TRY(s);
        line = cx_str_of_span(cx_issued_text_of(cx_span_of_str(line)));
    } while (*ret_more && line.n == 0);
    if (!*ret_more) {
        return CX_SUCCESS;
    }
    s = cx_json_parse(line, &r->json, &why);
    if (cx_status_class(s) == CX_CLASS_MALFORMED) {
        cx_issued_reject(ret, cx_span_of_str(line), "%s", why.text);
        return CX_SUCCESS;
    }
    CX_TRY(s);
    return take_object(r, r->json, cx_span_of_str(line), ret);
}

/* ---- the formats */

static void
close_reading(void *self)
{
    struct reading *r = self;

    if (r != NULL) {
        cx_json_free(r->json);
        cx_issued_build_done(&r->build);
        cx_arena_done(&r->arena);
        cx_arena_done(&r->members_arena);
        cx_free(r);
    }
}

static cx_status
open_reading(const struct cx_issued_options *options, struct cx_input *input, bool array,
             void **ret, struct cx_detail *detail)
{
    struct reading *r = cx_alloc(1, sizeof(*r));
    cx_status s;

    if (r == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    r->input = input;
    r->zone_s = options->has_zone ? options->zone_s : 0;
    r->says_zone = options->has_zone;
    cx_issued_build_init(&r->build);
    cx_arena_init(&r->arena, CX_CHECK_MEMORY);
    cx_arena_init(&r->members_arena, CX_CHECK_MEMORY);
    s = cx_columns_of(options->mapping, &r->arena, &r->columns, detail);
    if (cx_ok(s) && array) {
        s = read_array(r, detail);
    }
    if (!cx_ok(s)) {
        close_reading(r);
        return s;
    }
    *ret = r;
    return CX_SUCCESS;
}

static cx_status
open_array(const struct cx_issued_options *options, struct cx_input *input, void **ret,
           struct cx_detail *detail)
{
    return open_reading(options, input, true, ret, detail);
}

static cx_status
open_lines(const struct cx_issued_options *options, struct cx_input *input, void **ret,
           struct cx_detail *detail)
{
    return open_reading(options, input, false, ret, detail);
}

static bool
is_array(cx_span head)
{
    head = cx_issued_text_of(head);
    return head.n != 0 && head.p[0] == '[';
}

static bool
is_object(cx_span head)
{
    head = cx_issued_text_of(head);
    return head.n != 0 && head.p[0] == '{';
}

const struct cx_issued_format cx_issued_json = {
    .name = "json",
    .about = "an array of JSON objects, as crt.sh gives it",
    .looks_like = is_array,
    .open = open_array,
    .next = next_element,
    .close = close_reading,
};

const struct cx_issued_format cx_issued_ndjson = {
    .name = "ndjson",
    .about = "one JSON object a line, members as in docs/formats/run.md",
    .looks_like = is_object,
    .open = open_lines,
    .next = next_line,
    .close = close_reading,
};
