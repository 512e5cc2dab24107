/* Unbound's log of queries and replies. It has no records: that a question was asked (E), and how it failed (D). */
#include "incident/archive_formats.h"

static const cx_str program = CX_STR_INIT("unbound[");

bool
cx_unbound_knows(cx_str line)
{
    return cx_text_has(line, program);
}

/* "[1795322124] unbound[...", or a time as text; what comes behind the time does not matter. */
static cx_status
read_time(struct cx_excerpt *excerpt, cx_str line, enum cx_observed_clock clock,
          struct cx_observation *o, struct cx_detail *detail)
{
    cx_str seconds = cx_text_from(line, line.n != 0 && line.p[0] == '[' ? 1 : 0);
    size_t n;

    if (seconds.n == line.n) {
        return cx_excerpt_time(excerpt, line, clock, o, &n, detail);
    }
    seconds.n = cx_text_find(seconds, CX_STR("]"));
    return cx_excerpt_count(excerpt, seconds, clock, o, detail);
}

/* Behind "unbound[1:0] " or syslog's "unbound[1]: [1:0] ": "level: text". */
static cx_str
text_of(cx_str line, cx_str *ret_level)
{
    cx_str rest = cx_text_from(line, cx_text_find(line, program) + program.n);
    size_t at = cx_text_find(rest, CX_STR("]")), word;
    cx_str level;

    rest = cx_text_from(rest, at);
    if (cx_text_begins(rest, CX_STR("]: ["))) {
        rest = cx_text_from(rest, 4);
        rest = cx_text_from(rest, cx_text_find(rest, CX_STR("]")));
    }
    word = rest.n == 0 ? 0 : 1;
    level = cx_word_next(rest, &word);
    *ret_level = level.n != 0 && level.p[level.n - 1] == ':' ? (cx_str){ level.p, level.n - 1 }
                                                             : (cx_str){ NULL, 0 };
    return cx_text_from(rest, word < rest.n ? word + 1 : word);
}

static bool
is_caa(cx_str type, cx_str class)
{
    return (cx_str_equal(type, CX_STR("CAA")) || cx_str_equal(type, CX_STR("TYPE257"))) &&
           cx_str_equal(class, CX_STR("IN"));
}

static cx_status
begin(struct cx_excerpt *excerpt, cx_str line, cx_str name, enum cx_observed_clock clock,
      struct cx_observation **ret, struct cx_detail *detail)
{
    struct cx_observation *o;

    CX_TRY(cx_excerpt_add(excerpt, &o, detail));
    o->observed = CX_OBSERVED_ANSWER;
    CX_TRY(read_time(excerpt, line, clock, o, detail));
    CX_TRY(cx_excerpt_name(excerpt, name, o, detail));
    *ret = o;
    return CX_SUCCESS;
}

/* client name type class, and of a reply: rcode seconds cached size */
static cx_status
read_query(struct cx_excerpt *excerpt, cx_str line, cx_str text, struct cx_detail *detail)
{
    struct cx_observation *o;
    enum cx_outcome outcome = CX_OUTCOME_UNSET;
    size_t at = 0;
    cx_str client = cx_word_next(text, &at), name = cx_word_next(text, &at);
    cx_str type = cx_word_next(text, &at), class = cx_word_next(text, &at);
    cx_str rcode = cx_word_next(text, &at);

    if (client.n == 0 || !is_caa(type, class)) {
        return CX_SUCCESS;
    }
    if (rcode.n != 0) {
        CX_TRY(cx_excerpt_rcode(rcode, &outcome, detail));
    }
    CX_TRY(
        begin(excerpt, line, name, rcode.n != 0 ? CX_CLOCK_ANSWERED : CX_CLOCK_ASKED, &o, detail));
    o->outcome = outcome;
    o->grade = outcome == CX_OUTCOME_UNSET ? CX_GRADE_E : CX_GRADE_D;
    return CX_SUCCESS;
}

/* "SERVFAIL <name type class>: why" */
static cx_status
read_failure(struct cx_excerpt *excerpt, cx_str line, cx_str text, struct cx_detail *detail)
{
    static const cx_str front = CX_STR_INIT("SERVFAIL <");
    struct cx_observation *o;
    size_t at = 0;
    cx_str name, type, class;

    if (!cx_text_begins(text, front)) {
        return CX_SUCCESS;
    }
    text = cx_text_from(text, front.n);
    text.n = cx_text_find(text, CX_STR(">"));
    name = cx_word_next(text, &at);
    type = cx_word_next(text, &at);
    class = cx_word_next(text, &at);
    if (!is_caa(type, class)) {
        return CX_SUCCESS;
    }
    CX_TRY(begin(excerpt, line, name, CX_CLOCK_ANSWERED, &o, detail));
    o->outcome = CX_OUTCOME_SERVFAIL;
    o->grade = CX_GRADE_D;
    return CX_SUCCESS;
}

cx_status
cx_unbound_line(struct cx_excerpt *excerpt, cx_str line, struct cx_detail *detail)
{
    cx_str level, text;

    if (!cx_unbound_knows(line)) {
        return CX_SUCCESS;
    }
    text = text_of(line, &level);
    if (cx_str_equal(level, CX_STR("query")) || cx_str_equal(level, CX_STR("reply")) ||
        cx_str_equal(level, CX_STR("info"))) {
        return read_query(excerpt, line, text, detail);
    }
    return cx_str_equal(level, CX_STR("error")) ? read_failure(excerpt, line, text, detail)
                                                : CX_SUCCESS;
}

static bool
looks_like(cx_span head)
{
    return cx_line_archive_look_like(head, cx_unbound_knows);
}

static cx_status
open(const struct cx_archive_options *options, struct cx_input *input, void **ret,
     struct cx_detail *detail)
{
    return cx_line_archive_open(options, input, cx_unbound_line, ret, detail);
}

const struct cx_archive_format cx_archive_unbound = {
    .name = "unbound",
    .about = "query and reply log of Unbound",
    .looks_like = looks_like,
    .open = open,
    .next = cx_line_archive_next,
    .close = cx_line_archive_close,
};
