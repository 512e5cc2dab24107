/* BIND's query log, which shows questions (E), and the response log of newer versions, which has response codes (D). */
#include "incident/archive_formats.h"

static const cx_str client = CX_STR_INIT("client ");
static const cx_str query = CX_STR_INIT(": query: ");
static const cx_str response = CX_STR_INIT(": response: ");

bool
cx_bind_knows(cx_str line)
{
    return cx_text_has(line, client) && (cx_text_has(line, query) || cx_text_has(line, response));
}

static cx_status
begin(struct cx_excerpt *excerpt, cx_str line, cx_str name, enum cx_observed_clock clock,
      struct cx_observation **ret, struct cx_detail *detail)
{
    struct cx_observation *o;
    size_t n;

    CX_TRY(cx_excerpt_add(excerpt, &o, detail));
    o->observed = CX_OBSERVED_ANSWER;
    o->grade = CX_GRADE_E;
    CX_TRY(cx_excerpt_time(excerpt, line, clock, o, &n, detail));
    CX_TRY(cx_excerpt_name(excerpt, name, o, detail));
    *ret = o;
    return CX_SUCCESS;
}

/* Records in the answer; -1: not a number. */
static int64_t
count_of(cx_str word)
{
    int64_t value = 0;

    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] < '0' || word.p[i] > '9' || value > UINT16_MAX) {
            return -1;
        }
        value = value * 10 + (word.p[i] - '0');
    }
    return word.n == 0 ? -1 : value;
}

/* RCODE, then how many records are in the answer section. */
static cx_status
read_code(cx_str text, size_t *at, struct cx_observation *o, struct cx_detail *detail)
{
    cx_str rcode = cx_word_next(text, at), count = cx_word_next(text, at);
    int64_t n = count_of(count);

    if (n < 0) {
        return cx_fail(detail, CX_E_ARCHIVE, "no number of records behind the response code");
    }
    CX_TRY(cx_excerpt_rcode(rcode, &o->outcome, detail));
    if (o->outcome == CX_OUTCOME_UNSET && n == 0) {
        o->outcome = CX_OUTCOME_NODATA;
    }
    o->grade = CX_GRADE_D;
    return CX_SUCCESS;
}

cx_status
cx_bind_line(struct cx_excerpt *excerpt, cx_str line, struct cx_detail *detail)
{
    bool asked = cx_text_has(line, query);
    const cx_str *mark = asked ? &query : &response;
    struct cx_observation *o;
    cx_str text, name, class, type;
    size_t at = 0;

    if (!cx_bind_knows(line)) {
        return CX_SUCCESS;
    }
    text = cx_text_from(line, cx_text_find(line, *mark) + mark->n);
    name = cx_word_next(text, &at);
    class = cx_word_next(text, &at);
    type = cx_word_next(text, &at);
    if (!cx_str_equal(class, CX_STR("IN")) ||
        (!cx_str_equal(type, CX_STR("CAA")) && !cx_str_equal(type, CX_STR("TYPE257")))) {
        return CX_SUCCESS;
    }
    CX_TRY(begin(excerpt, line, name, asked ? CX_CLOCK_ASKED : CX_CLOCK_ANSWERED, &o, detail));
    return asked ? CX_SUCCESS : read_code(text, &at, o, detail);
}

static bool
looks_like(cx_span head)
{
    return cx_line_archive_look_like(head, cx_bind_knows);
}

static cx_status
open(const struct cx_archive_options *options, struct cx_input *input, void **ret,
     struct cx_detail *detail)
{
    return cx_line_archive_open(options, input, cx_bind_line, ret, detail);
}

const struct cx_archive_format cx_archive_bind = {
    .name = "bind",
    .about = "query and response log of BIND",
    .looks_like = looks_like,
    .open = open,
    .next = cx_line_archive_next,
    .close = cx_line_archive_close,
};
