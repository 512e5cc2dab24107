#include "caa/method.h"

#include "base/status.h"

static const struct {
    const char *acme;
    const char *number;
    bool implied; /* performing the subsection is performing the ACME method */
} methods[] = {
#define X(acme, number, implied) { acme, number, implied },
#include "caa/methods.def"
#undef X
};

static const cx_str br_section = CX_STR_INIT("3.2.2.4.");
static const cx_str br_label = CX_STR_INIT("ca-tbr-");

static bool
starts_with(cx_str text, cx_str prefix)
{
    return text.n > prefix.n && memcmp(text.p, prefix.p, prefix.n) == 0;
}

static cx_span
rest_after(cx_str text, cx_str prefix)
{
    return (cx_span){ (const uint8_t *)text.p + prefix.n, text.n - prefix.n };
}

static bool
same(cx_span a, cx_span b, bool fold)
{
    return fold ? cx_span_equal_fold(a, b) : cx_span_equal(a, b);
}

/* label is ca-tbr-<number>. */
static bool
is_br_label_of(cx_span label, cx_span number, bool fold)
{
    cx_span head = { label.p, br_label.n };

    return label.n == br_label.n + number.n && same(head, cx_span_of_str(br_label), fold) &&
           cx_span_equal((cx_span){ label.p + br_label.n, number.n }, number);
}

/* label is the ca-tbr label of an ACME method. */
static bool
acme_has_br_label(cx_str method, cx_span label, bool fold)
{
    for (size_t i = 0; i < CX_COUNT(methods); i++) {
        if (cx_str_equal(method, cx_str_of(methods[i].acme)) && methods[i].number[0] != '\0') {
            return is_br_label_of(label, cx_span_of_str(cx_str_of(methods[i].number)), fold);
        }
    }
    return false;
}

/* label is the ca-tbr label of a subsection, or the ACME label of the one method that it is. */
static bool
subsection_satisfies(cx_span number, cx_span label, bool fold)
{
    for (size_t i = 0; i < CX_COUNT(methods); i++) {
        if (methods[i].implied && same(label, cx_span_of_str(cx_str_of(methods[i].acme)), fold) &&
            cx_span_equal(number, cx_span_of_str(cx_str_of(methods[i].number)))) {
            return true;
        }
    }
    return is_br_label_of(label, number, fold);
}

bool
cx_method_satisfies(cx_str method, cx_span label, bool br_labels, bool fold)
{
    if (starts_with(method, br_section)) {
        return br_labels && subsection_satisfies(rest_after(method, br_section), label, fold);
    }
    if (starts_with(method, br_label)) {
        return br_labels && subsection_satisfies(rest_after(method, br_label), label, fold);
    }
    return same(cx_span_of_str(method), label, fold) ||
           (br_labels && acme_has_br_label(method, label, fold));
}

bool
cx_method_list_well_formed(cx_span list)
{
    size_t length = 0;

    if (list.n == 0) {
        return true;
    }
    for (size_t i = 0; i < list.n; i++) {
        if (list.p[i] == ',') {
            if (length == 0) {
                return false;
            }
            length = 0;
        } else if (cx_ascii_alnum(list.p[i]) || list.p[i] == '-') {
            length++;
        } else {
            return false;
        }
    }
    return length != 0;
}
