/* Values of issue and its like, in all three grammars. */
#include "base/buf.h"
#include "caa/method.h"
#include "caa/value.h"
#include "fuzz.h"

static const cx_span star = { (const uint8_t *)"*", 1 };

static void
put(struct cx_buf *buf, cx_span span)
{
    cx_buf_put(buf, cx_str_of_span(span));
}

/* The value written in its plainest form; also checks that every parameter list is read to its end. */
static void
render(const struct cx_issue_value *v, struct cx_buf *buf)
{
    const char *between = v->grammar == CX_GRAMMAR_RFC6844 ? " " : ";";
    struct cx_param param;
    size_t at = 0, n = 0;

    put(buf, v->issuer);
    for (; cx_param_next(v, &at, &param); n++) {
        MUST(param.tag.n != 0);
        cx_buf_puts(buf, n == 0 ? ";" : between);
        put(buf, param.tag);
        cx_buf_putc(buf, '=');
        put(buf, param.value);
    }
    MUST(at == v->params.n);
    MUST((n != 0) == (v->params.n != 0));
}

static void
check_round_trip(const struct cx_issue_value *v)
{
    struct cx_buf first, second;
    struct cx_issue_value again;

    cx_buf_init(&first, (size_t)4 << 20);
    cx_buf_init(&second, (size_t)4 << 20);
    render(v, &first);
    again = cx_issue_value_parse(cx_span_of_str(cx_buf_str(&first)), v->grammar);
    MUST(again.well_formed);
    MUST(cx_span_equal(again.issuer, v->issuer));
    render(&again, &second);
    MUST(cx_str_equal(cx_buf_str(&first), cx_buf_str(&second)));
    cx_buf_done(&first);
    cx_buf_done(&second);
}

static struct cx_issue_value
check_grammar(cx_span value, enum cx_grammar grammar)
{
    struct cx_issue_value v = cx_issue_value_parse(value, grammar);
    struct cx_param param;
    size_t at = 0;

    MUST(v.grammar == grammar);
    if (!v.well_formed) { /* R-VAL-6: it authorizes nobody */
        MUST(v.issuer.n == 0 && v.params.n == 0);
        MUST(!cx_param_next(&v, &at, &param));
        return v;
    }
    MUST(v.issuer.n <= value.n && v.params.n <= value.n);
    for (size_t i = 0; i < value.n; i++) { /* R-VAL-12 */
        MUST(value.p[i] == '\t' || (value.p[i] >= 0x20 && value.p[i] < 0x7f));
    }
    check_round_trip(&v);
    return v;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span value = { data, size };
    struct cx_issue_value old = check_grammar(value, CX_GRAMMAR_RFC6844);
    struct cx_issue_value now = check_grammar(value, CX_GRAMMAR_RFC8659);
    struct cx_issue_value proposal = check_grammar(value, CX_GRAMMAR_PROPOSAL);

    if (old.well_formed && now.well_formed) { /* the grammars differ in parameters only */
        MUST(cx_span_equal(old.issuer, now.issuer));
    }
    MUST(!cx_span_equal(now.issuer, star) && !cx_span_equal(old.issuer, star));
    if (!cx_span_equal(proposal.issuer, star)) { /* R-P16-7 adds the star and nothing else */
        MUST(proposal.well_formed == now.well_formed);
        MUST(cx_span_equal(proposal.issuer, now.issuer));
        MUST(cx_span_equal(proposal.params, now.params));
    } else {
        MUST(!now.well_formed);
    }
    if (cx_is_uri(value)) {
        for (size_t i = 0; i < size; i++) {
            MUST(data[i] > 0x20 && data[i] < 0x7f);
        }
    }
    (void)cx_method_list_well_formed(value); /* only that it stays inside */
    return 0;
}
