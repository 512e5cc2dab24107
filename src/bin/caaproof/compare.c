#include "bin/caaproof/compare.h"

#include "base/limits.h"

/* Octets of a reply that are shown when something is wrong with it. */
#define SHOWN_MAX 120

enum match {
    MATCH_NOT_GIVEN,
    MATCH_RIGHT,
    MATCH_WRONG
};

struct comparing {
    const struct conformance_case *c;
    const struct cx_json *reply;
    struct cx_buf problem;
    bool wrong;
    bool missing;
};

static void
put_shown(struct cx_buf *buf, cx_str text)
{
    cx_buf_put_escaped(buf,
                       cx_span_of_str((cx_str){ text.p, text.n < SHOWN_MAX ? text.n : SHOWN_MAX }));
    cx_buf_puts(buf, text.n > SHOWN_MAX ? "..." : "");
}

static void
put_value(struct cx_buf *buf, const struct cx_json *json)
{
    struct cx_buf text;

    if (json == NULL) {
        cx_buf_puts(buf, "nothing");
        return;
    }
    cx_buf_init(&text, CX_LINE_MAX);
    if (cx_ok(cx_json_write(json, &text))) {
        put_shown(buf, cx_buf_str(&text));
    }
    cx_buf_done(&text);
}

static void
note_wrong(struct comparing *k, const char *member, const struct cx_json *wanted,
           const struct cx_json *got)
{
    k->wrong = true;
    cx_buf_puts(&k->problem, k->problem.n == 0 ? "" : "; ");
    cx_buf_printf(&k->problem, "%s: expected ", member);
    put_value(&k->problem, wanted);
    cx_buf_puts(&k->problem, ", got ");
    put_value(&k->problem, got);
}

/* null, or equal text. */
static bool
same_text(const struct cx_json *a, const struct cx_json *b)
{
    cx_str x, y;

    if (cx_json_kind_of(a) == CX_JSON_NULL) {
        return cx_json_kind_of(b) == CX_JSON_NULL;
    }
    return cx_json_string(a, &x) && cx_json_string(b, &y) && cx_str_equal(x, y);
}

static const struct cx_json *
first_name(const struct comparing *k)
{
    return cx_json_at(cx_json_get(k->reply, "names"), 0);
}

/* A text of the result or of its first name. */
static void
compare_text(struct comparing *k, const char *member, const struct cx_json *holder)
{
    const struct cx_json *wanted = cx_json_get(k->c->expect, member);
    const struct cx_json *got = cx_json_get(holder, member);

    if (wanted == NULL) {
        return;
    }
    if (got == NULL) {
        k->missing = true;
    } else if (!same_text(wanted, got)) {
        note_wrong(k, member, wanted, got);
    }
}

/* The element's own text, or its member. */
static const struct cx_json *
text_of(const struct cx_json *element, const char *member)
{
    return cx_json_kind_of(element) == CX_JSON_OBJECT ? cx_json_get(element, member) : element;
}

/* Array of objects as array of one of their members; of answers those of type CAA. Freed by the caller. */
static struct cx_json *
texts_of(const struct cx_json *array, const char *member)
{
    struct cx_json *out = cx_json_new_array();

    for (size_t i = 0; i < cx_json_size(array); i++) {
        const struct cx_json *element = cx_json_at(array, i);
        const struct cx_json *type = cx_json_get(element, "type");
        const struct cx_json *text = text_of(element, member);
        cx_str word;

        if (type != NULL && cx_json_string(type, &word) && !cx_str_equal(word, CX_STR("CAA"))) {
            continue;
        }
        if (!cx_json_add(out, text != NULL ? cx_json_copy(text) : cx_json_new_null())) {
            break; /* shorter than it should be: told as wrong */
        }
    }
    return out;
}

static bool
contains(const struct cx_json *array, const struct cx_json *text)
{
    for (size_t i = 0; i < cx_json_size(array); i++) {
        if (same_text(text, cx_json_at(array, i))) {
            return true;
        }
    }
    return false;
}

static bool
same_order(const struct cx_json *a, const struct cx_json *b)
{
    bool same = cx_json_size(a) == cx_json_size(b);

    for (size_t i = 0; same && i < cx_json_size(a); i++) {
        same = same_text(cx_json_at(a, i), cx_json_at(b, i));
    }
    return same;
}

static bool
same_set(const struct cx_json *a, const struct cx_json *b)
{
    bool same = true;

    for (size_t i = 0; i < cx_json_size(a); i++) {
        same = same && contains(b, cx_json_at(a, i));
    }
    for (size_t i = 0; i < cx_json_size(b); i++) {
        same = same && contains(a, cx_json_at(b, i));
    }
    return same;
}

static void
compare_list(struct comparing *k, const char *wanted_member, const char *got_member,
             const char *inner, bool ordered)
{
    const struct cx_json *wanted = cx_json_get(k->c->expect, wanted_member);
    const struct cx_json *list = cx_json_get(first_name(k), got_member);
    struct cx_json *got;

    if (wanted == NULL) {
        return;
    }
    if (list == NULL) {
        k->missing = true;
        return;
    }
    got = texts_of(list, inner);
    if (ordered ? !same_order(wanted, got) : !same_set(wanted, got)) {
        note_wrong(k, wanted_member, wanted, got);
    }
    cx_json_free(got);
}

/* The note is among those of some name; MATCH_NOT_GIVEN if no name lists notes at all. */
static enum match
find_note(const struct comparing *k, const struct cx_json *note)
{
    const struct cx_json *names = cx_json_get(k->reply, "names");
    enum match match = MATCH_NOT_GIVEN;

    for (size_t i = 0; i < cx_json_size(names); i++) {
        const struct cx_json *notes = cx_json_get(cx_json_at(names, i), "notes");

        if (notes != NULL && match == MATCH_NOT_GIVEN) {
            match = MATCH_WRONG;
        }
        if (contains(notes, note)) {
            return MATCH_RIGHT;
        }
    }
    return match;
}

static void
compare_notes(struct comparing *k)
{
    const struct cx_json *wanted = cx_json_get(k->c->expect, "notes");

    for (size_t i = 0; i < cx_json_size(wanted); i++) {
        switch (find_note(k, cx_json_at(wanted, i))) {
        case MATCH_NOT_GIVEN:
            k->missing = true;
            break;
        case MATCH_WRONG:
            note_wrong(k, "notes", cx_json_at(wanted, i), cx_json_get(first_name(k), "notes"));
            break;
        case MATCH_RIGHT:
            break;
        }
    }
}

/* The reply answers this case, if it says which one it answers. */
static bool
id_fits(struct comparing *k)
{
    const struct cx_json *id = cx_json_get(k->reply, "id");
    cx_str text;

    if (id == NULL || (cx_json_string(id, &text) && cx_str_equal(text, k->c->name))) {
        return true;
    }
    cx_buf_puts(&k->problem, "the reply carries the id ");
    put_value(&k->problem, id);
    cx_buf_puts(&k->problem, ": replies must come in order, one for each request");
    return false;
}

/* The verdict, or the error in its place. */
static bool
compare_verdict(struct comparing *k)
{
    const struct cx_json *error = cx_json_get(k->c->expect, "error");
    const struct cx_json *got = cx_json_get(k->reply, "verdict");

    if (error != NULL) {
        const struct cx_json *code = cx_json_get(cx_json_get(k->reply, "error"), "code");

        if (code != NULL && same_text(error, code)) {
            return true;
        }
        note_wrong(k, "error", error, code != NULL ? code : got);
        return false;
    }
    if (got != NULL && same_text(cx_json_get(k->c->expect, "verdict"), got)) {
        return true;
    }
    note_wrong(k, "verdict", cx_json_get(k->c->expect, "verdict"),
               got != NULL ? got : cx_json_get(k->reply, "error"));
    return false;
}

static void
compare_details(struct comparing *k)
{
    if (cx_json_get(k->c->expect, "error") != NULL) {
        return;
    }
    compare_text(k, "valid_until", k->reply);
    compare_text(k, "found_at", first_name(k));
    compare_text(k, "records_at", first_name(k));
    compare_list(k, "queries", "answers", "name", true);
    compare_list(k, "readings", "readings", "verdict", false);
    compare_notes(k);
}

static cx_status
keep(struct comparing *k, struct cx_arena *arena, struct outcome *out)
{
    const struct cx_json *got = cx_json_get(k->reply, "verdict");
    cx_str text = { NULL, 0 };

    if (got == NULL) {
        got = cx_json_get(cx_json_get(k->reply, "error"), "code");
    }
    if (cx_json_string(got, &text)) {
        struct cx_buf shown;
        cx_status s;

        cx_buf_init(&shown, 4096);
        put_shown(&shown, text);
        s = cx_arena_text(arena, cx_buf_str(&shown), &out->got);
        cx_buf_done(&shown);
        CX_TRY(s);
    }
    return cx_arena_text(arena, cx_buf_str(&k->problem), &out->problem);
}

static void
read_reply(struct comparing *k, cx_str reply, const char *why, struct cx_json **json)
{
    struct cx_detail detail = { .text = "" };

    if (reply.p == NULL) {
        cx_buf_put_escaped(&k->problem, cx_span_of_str(cx_str_of(why)));
    } else if (!cx_ok(cx_json_parse(reply, json, &detail)) ||
               cx_json_kind_of(*json) != CX_JSON_OBJECT) {
        cx_buf_puts(&k->problem, "the reply is no JSON object: ");
        put_shown(&k->problem, reply);
    }
    k->reply = *json;
}

cx_status
compare_reply(const struct conformance_case *c, cx_str reply, const char *why,
              struct cx_arena *arena, struct outcome *ret)
{
    struct outcome out = { .c = c };
    struct comparing k = { .c = c };
    struct cx_json *json = NULL;
    cx_status s;

    cx_buf_init(&k.problem, (size_t)1 << 20);
    read_reply(&k, reply, why, &json);
    if (k.problem.n == 0 && id_fits(&k)) {
        out.verdict_right = compare_verdict(&k);
        compare_details(&k);
        out.passed = out.verdict_right && !k.wrong;
        out.complete = out.passed && !k.missing;
    }
    s = keep(&k, arena, &out);
    cx_buf_done(&k.problem);
    cx_json_free(json);
    if (cx_ok(s)) {
        *ret = out;
    }
    return s;
}
