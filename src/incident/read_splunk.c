/* Exports of Splunk, and events as they were sent to it: in each of them lines of other programs. */
#include "base/limits.h"
#include "incident/archive_formats.h"
#include "incident/json_lines.h"
#include "incident/mapping.h"

#include <stdio.h>

/* Where Splunk cuts a line unless it is told otherwise (TRUNCATE). */
#define CUT_AT 10000

/* An event of several lines, of which more than one says something. */
static bool
says_more(cx_str event)
{
    size_t at = 0, n = 0;
    cx_str line;

    while (cx_str_line(event, &at, &line)) {
        n += cx_boulder_knows(line) || cx_unbound_knows(line) || cx_bind_knows(line) ? 1 : 0;
    }
    return n > 1;
}

cx_status
cx_any_line(struct cx_excerpt *excerpt, cx_str line, struct cx_detail *detail)
{
    if (line.n == CUT_AT) {
        return cx_fail(detail, CX_E_ARCHIVE,
                       "damaged: exactly %d octets, where the log system cuts lines", CUT_AT);
    }
    if (says_more(line)) {
        return cx_fail(detail, CX_E_ARCHIVE, "several lines in one event: export them one by one");
    }
    if (cx_boulder_knows(line)) {
        return cx_boulder_line(excerpt, line, detail);
    }
    if (cx_unbound_knows(line)) {
        return cx_unbound_line(excerpt, line, detail);
    }
    if (cx_bind_knows(line)) {
        return cx_bind_line(excerpt, line, detail);
    }
    return cx_mapping_kind_of(excerpt->mapping) == CX_MAPPING_TEXT
               ? cx_mapping_line(excerpt, line, detail)
               : CX_SUCCESS;
}

/* ---- CSV */

enum column {
    COLUMN_RAW = 0,
    COLUMN_TIME,
};

static cx_status
find_columns(struct cx_excerpt *excerpt, const struct cx_csv_row *header, size_t *columns,
             struct cx_detail *detail)
{
    static const char *const raw[] = { "_raw", NULL };
    static const char *const time[] = { "_time", NULL };

    (void)excerpt;
    columns[COLUMN_RAW] = cx_csv_column(header, raw);
    columns[COLUMN_TIME] = cx_csv_column(header, time);
    return columns[COLUMN_RAW] < header->n
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_ARCHIVE,
                         "no column _raw: export it, or read the columns by a mapping");
}

static cx_status
read_row(struct cx_excerpt *excerpt, const struct cx_csv_row *row, const size_t *columns,
         struct cx_detail *detail)
{
    if (columns[COLUMN_TIME] < row->n) {
        excerpt->given = row->v[columns[COLUMN_TIME]];
    }
    return cx_any_line(excerpt, row->v[columns[COLUMN_RAW]], detail);
}

static const struct cx_row_reader row_reader = { .head = find_columns, .read = read_row };

static cx_status
open_csv(const struct cx_archive_options *options, struct cx_input *input, void **ret,
         struct cx_detail *detail)
{
    return cx_row_archive_open(options, input, &row_reader, ret, detail);
}

static bool
looks_like_csv(cx_span head)
{
    size_t at = 0;
    cx_str line;

    return cx_str_line(cx_str_of_span(head), &at, &line) && line.n != 0 && line.p[0] != '{' &&
           line.p[0] != '[' && cx_text_has(line, CX_STR("_raw")) && cx_text_has(line, CX_STR(","));
}

const struct cx_archive_format cx_archive_splunk_csv = {
    .name = "splunk-csv",
    .about = "CSV of a Splunk search, with _raw",
    .looks_like = looks_like_csv,
    .open = open_csv,
    .next = cx_row_archive_next,
    .close = cx_row_archive_close,
};

/* ---- JSON */

static size_t
parts(const struct cx_json *value)
{
    return cx_json_size(cx_json_get(value, "results"));
}

static const struct cx_json *
part(const struct cx_json *value, size_t i)
{
    const struct cx_json *results = cx_json_get(value, "results");

    return cx_json_size(results) == 0 ? value : cx_json_at(results, i);
}

/* The first of a field with several values. */
static bool
text_of(const struct cx_json *json, cx_str *ret)
{
    return cx_json_string(cx_json_kind_of(json) == CX_JSON_ARRAY ? cx_json_at(json, 0) : json, ret);
}

static cx_status
read_fields(struct cx_excerpt *excerpt, const struct cx_json *fields, struct cx_detail *detail)
{
    cx_str raw;

    (void)text_of(cx_json_get(fields, "_time"), &excerpt->given);
    if (text_of(cx_json_get(fields, "_raw"), &raw)) {
        return cx_any_line(excerpt, raw, detail);
    }
    return cx_mapping_kind_of(excerpt->mapping) == CX_MAPPING_NDJSON
               ? cx_mapping_value(excerpt, fields, detail)
               : cx_fail(detail, CX_E_ARCHIVE,
                         "no _raw: export it, or give a mapping of format ndjson");
}

/* The time of an event, which is seconds as a number or as text. */
static cx_status
take_time(struct cx_excerpt *excerpt, const struct cx_json *time)
{
    double seconds;
    char text[40];
    int n;

    (void)cx_json_string(time, &excerpt->given);
    if (!cx_json_number(time, &seconds) || !(seconds > 0 && seconds < 1e12)) {
        return CX_SUCCESS;
    }
    n = snprintf(text, sizeof(text), "%.3f", seconds);
    return cx_arena_text(&excerpt->arena, (cx_str){ text, (size_t)n }, &excerpt->given);
}

static cx_status
read_event(struct cx_excerpt *excerpt, const struct cx_json *value, struct cx_detail *detail)
{
    const struct cx_json *event = cx_json_get(value, "event");
    cx_str raw;

    CX_TRY(take_time(excerpt, cx_json_get(value, "time")));
    if (cx_json_string(event, &raw)) {
        return cx_any_line(excerpt, raw, detail);
    }
    return cx_mapping_kind_of(excerpt->mapping) == CX_MAPPING_NDJSON
               ? cx_mapping_value(excerpt, event, detail)
               : cx_fail(detail, CX_E_ARCHIVE, "event is no text: give a mapping of format ndjson");
}

static cx_status
read_value(struct cx_excerpt *excerpt, const struct cx_json *value, const struct cx_json *one,
           struct cx_detail *detail)
{
    bool preview = false;

    if (cx_json_kind_of(value) != CX_JSON_OBJECT) {
        return cx_fail(detail, CX_E_ARCHIVE, "not an object");
    }
    if (cx_json_bool(cx_json_get(value, "preview"), &preview) &&
        (preview || (one == value && cx_json_get(value, "result") == NULL))) {
        return CX_SUCCESS; /* comes again with its final content; or the last line */
    }
    if (one != value) {
        return read_fields(excerpt, one, detail);
    }
    if (cx_json_get(value, "result") != NULL) {
        return read_fields(excerpt, cx_json_get(value, "result"), detail);
    }
    if (cx_json_get(value, "event") != NULL) {
        return read_event(excerpt, value, detail);
    }
    return read_fields(excerpt, value, detail); /* results that were taken out of their array */
}

static const struct cx_value_reader value_reader = { .parts = parts,
                                                     .part = part,
                                                     .read = read_value };

static cx_status
open_json(const struct cx_archive_options *options, struct cx_input *input, void **ret,
          struct cx_detail *detail)
{
    return cx_value_archive_open(options, input, &value_reader, ret, detail);
}

static bool
looks_like_json(cx_span head)
{
    cx_str text = cx_str_of_span(head);

    return cx_json_lines_look_like(text) &&
           ((cx_text_has(text, CX_STR("\"preview\":")) &&
             (cx_text_has(text, CX_STR("\"result\":")) ||
              cx_text_has(text, CX_STR("\"results\":")))) ||
            cx_text_has(text, CX_STR("\"_raw\":")) ||
            (cx_text_has(text, CX_STR("\"event\":")) && cx_text_has(text, CX_STR("\"time\":"))));
}

const struct cx_archive_format cx_archive_splunk_json = {
    .name = "splunk-json",
    .about = "JSON of a Splunk search, or events as sent to Splunk",
    .looks_like = looks_like_json,
    .open = open_json,
    .next = cx_value_archive_next,
    .close = cx_value_archive_close,
};
