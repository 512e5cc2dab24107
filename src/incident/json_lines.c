#include "incident/json_lines.h"

#include "base/limits.h"
#include "incident/excerpt.h"

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static cx_str
without_space(cx_str text)
{
    while (text.n != 0 && is_space(text.p[0])) {
        text = cx_text_from(text, 1);
    }
    while (text.n != 0 && is_space(text.p[text.n - 1])) {
        text.n--;
    }
    return text;
}

bool
cx_json_lines_look_like(cx_str head)
{
    cx_str text = without_space(head);

    return text.n != 0 && (text.p[0] == '{' || text.p[0] == '[');
}

static cx_str
next_text(cx_str head, size_t *at)
{
    cx_str line = { NULL, 0 };

    while (line.n == 0 && cx_str_line(head, at, &line)) {
        line = without_space(line);
    }
    return line;
}

/* Whether the file is one value in several lines, or one line that is longer than a line may be. Lines of which the first was cut
 * look much the same, but then the next one begins a value too, which no member of an object does. */
static bool
is_whole(cx_str head)
{
    size_t at = 0;
    cx_str first = next_text(head, &at), second;

    if (at == head.n) {
        return cx_text_has(first, CX_STR("\"results\":"));
    }
    second = next_text(head, &at);
    if (first.n == 0 || strchr("{[,", first.p[first.n - 1]) == NULL) {
        return false;
    }
    return first.p[0] == '[' || first.p[first.n - 1] == '[' || second.n == 0 || second.p[0] != '{';
}

cx_status
cx_json_lines_open(struct cx_json_lines *lines, struct cx_input *input, struct cx_detail *detail)
{
    cx_span head;

    CX_TRY(cx_input_peek(input, CX_INPUT_PEEK, &head, detail));
    *lines = (struct cx_json_lines){ .input = input, .whole = is_whole(cx_str_of_span(head)) };
    cx_buf_init(&lines->shown, CX_LINE_MAX);
    return CX_SUCCESS;
}

void
cx_json_lines_done(struct cx_json_lines *lines)
{
    cx_json_free(lines->root);
    lines->root = NULL;
    cx_buf_done(&lines->shown);
}

/* Octets of the string that begins at text, with its quotes. */
static size_t
string_end(cx_str text)
{
    size_t at = 1;

    while (at < text.n && text.p[at] != '"') {
        at += text.p[at] == '\\' ? 2 : 1;
    }
    return at < text.n ? at + 1 : text.n;
}

/* Octets of the object or array that text begins with; all of text if it does not end, or is neither. */
static size_t
value_end(cx_str text)
{
    size_t at = 0, depth = 0;

    do {
        char c = text.p[at];

        if (c == '"') {
            at += string_end(cx_text_from(text, at));
            continue;
        }
        at++;
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth -= depth != 0 ? 1 : 0;
            if (depth == 0) {
                return at;
            }
        }
    } while (at < text.n && depth != 0);
    return text.n;
}

/* The next line that is not empty, or the whole file. */
static cx_status
next_line(struct cx_json_lines *lines, struct cx_detail *detail)
{
    bool more = true;
    cx_span all;

    if (lines->given_up) {
        return CX_SUCCESS;
    }
    if (lines->whole) {
        lines->number = 1;
        lines->given_up = true; /* until it is read */
        CX_TRY(cx_input_rest(lines->input, CX_ARCHIVE_WHOLE_MAX, &all, detail));
        lines->given_up = false;
        lines->line = without_space(cx_str_of_span(all));
        return CX_SUCCESS;
    }
    do {
        cx_status status = cx_input_line(lines->input, &lines->line, &more, detail);

        lines->number = cx_input_number(lines->input);
        CX_TRY(status);
        lines->line = more ? without_space(lines->line) : (cx_str){ NULL, 0 };
    } while (more && lines->line.n == 0);
    return CX_SUCCESS;
}

static cx_status
parse(struct cx_json_lines *lines, struct cx_detail *detail)
{
    size_t n = value_end(lines->line);
    cx_status status;

    lines->text = (cx_str){ lines->line.p, n };
    lines->line = without_space(cx_text_from(lines->line, n));
    lines->at = 0;
    status = cx_json_parse(lines->text, &lines->root, detail);
    if (!cx_ok(status)) {
        lines->line = (cx_str){ NULL, 0 }; /* where the next one begins cannot be known */
    }
    return status;
}

cx_status
cx_json_lines_next(struct cx_json_lines *lines, const struct cx_json **ret, bool *ret_more,
                   struct cx_detail *detail)
{
    *ret_more = true;
    if (lines->root != NULL && lines->at < cx_json_size(lines->root)) {
        *ret = cx_json_at(lines->root, lines->at++);
        return CX_SUCCESS;
    }
    do {
        cx_json_free(CX_STEAL(lines->root));
        lines->text = (cx_str){ NULL, 0 };
        if (lines->line.n == 0) {
            CX_TRY(next_line(lines, detail));
        }
        if (lines->line.n == 0) {
            *ret_more = false;
            return CX_SUCCESS;
        }
        CX_TRY(parse(lines, detail));
    } while (cx_json_kind_of(lines->root) == CX_JSON_ARRAY && cx_json_size(lines->root) == 0);
    *ret = cx_json_kind_of(lines->root) == CX_JSON_ARRAY ? cx_json_at(lines->root, lines->at++)
                                                         : lines->root;
    return CX_SUCCESS;
}

cx_span
cx_json_lines_text(struct cx_json_lines *lines, const struct cx_json *json)
{
    cx_buf_clear(&lines->shown);
    if (json == NULL || json == lines->root || lines->root == NULL) {
        return cx_span_of_str(lines->text);
    }
    if (!cx_ok(cx_json_write(json, &lines->shown))) {
        return (cx_span){ NULL, 0 };
    }
    return cx_span_of_str(cx_buf_str(&lines->shown));
}
