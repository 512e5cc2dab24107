#include "dnssec/caa_text.h"

#include "dnssec/zone_lex.h"
#include "dnssec/zone_rdata.h"

#define SHOWN 60

static cx_status
refuse(cx_str text, const char *why, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_ARCHIVE, "CAA record \"%.*s\": %s",
                   (int)(text.n < SHOWN ? text.n : SHOWN), text.n == 0 ? "" : text.p, why);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void
skip_blanks(cx_str *rest)
{
    while (rest->n != 0 && is_blank(rest->p[0])) {
        *rest = (cx_str){ rest->p + 1, rest->n - 1 };
    }
}

static cx_str
take_word(cx_str *rest)
{
    cx_str word;
    size_t n = 0;

    skip_blanks(rest);
    while (n < rest->n && !is_blank(rest->p[n])) {
        n++;
    }
    word = (cx_str){ rest->p, n };
    if (n != 0) {
        *rest = (cx_str){ rest->p + n, rest->n - n };
    }
    return word;
}

/* The value as a word: all that is left, or what is in quotes, which must end there. */
static bool
value_of(cx_str rest, struct cx_zone_word *ret)
{
    size_t end = 1;

    while (rest.n != 0 && is_blank(rest.p[rest.n - 1])) {
        rest.n--;
    }
    *ret = (struct cx_zone_word){ rest, rest.n != 0 && rest.p[0] == '"' };
    if (!ret->quoted) {
        return true;
    }
    while (end < rest.n && rest.p[end] != '"') {
        end += rest.p[end] == '\\' ? 2 : 1;
    }
    ret->raw = (cx_str){ rest.p + 1, end - 1 };
    return end + 1 == rest.n;
}

static cx_status
read_words(cx_str text, struct cx_zone_word words[3], size_t *ret_n, struct cx_detail *detail)
{
    cx_str rest = text;

    words[0] = (struct cx_zone_word){ take_word(&rest), false };
    words[1] = (struct cx_zone_word){ take_word(&rest), false };
    skip_blanks(&rest);
    if (!value_of(rest, &words[2])) {
        return refuse(text, "the quotes of its value do not end, or not at its end", detail);
    }
    /* A value that is empty has its quotes, or no value was written. */
    *ret_n = words[2].quoted || words[2].raw.n != 0 ? 3 : 2;
    return CX_SUCCESS;
}

cx_status
cx_caa_of_text(cx_str text, struct cx_arena *arena, struct cx_caa *ret, struct cx_detail *detail)
{
    struct cx_detail inner = { .text = "" };
    struct cx_zone_word words[3];
    struct cx_zone_rdata rdata = { .type = CX_TYPE_CAA, .v = words };
    cx_status status;
    cx_span octets;

    CX_TRY(read_words(text, words, &rdata.n, detail));
    status = cx_zone_rdata_read(&rdata, arena, &octets, &inner);
    if (status.code == CX_E_NOMEM) {
        return status;
    }
    if (!cx_ok(status) || !cx_ok(cx_caa_from_rdata(octets, ret))) {
        return refuse(text, "not flags, tag and value, as in 0 issue \"ca.example.net\"", detail);
    }
    return CX_SUCCESS;
}
