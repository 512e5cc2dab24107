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

/* Number of the BR subsection that the method is, whichever way it is written; empty if it is none. */
static cx_span
subsection_of(cx_str method)
{
    if (starts_with(method, br_section)) {
        return rest_after(method, br_section);
    }
    if (starts_with(method, br_label)) {
        return rest_after(method, br_label);
    }
    for (size_t i = 0; i < CX_COUNT(methods); i++) {
        if (methods[i].implied && cx_span_equal_fold(cx_span_of_str(method),
                                                     cx_span_of_str(cx_str_of(methods[i].acme)))) {
            return cx_span_of_str(cx_str_of(methods[i].number));
        }
    }
    return (cx_span){ NULL, 0 };
}

bool
cx_method_same(cx_str a, cx_str b)
{
    cx_span of_a = subsection_of(a), of_b = subsection_of(b);

    return of_a.n != 0 ? cx_span_equal(of_a, of_b)
                       : of_b.n == 0 && cx_span_equal_fold(cx_span_of_str(a), cx_span_of_str(b));
}

static bool
is_one_of(cx_span text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (cx_span_equal_fold(text, cx_span_of_str(cx_str_of(list[i])))) {
            return true;
        }
    }
    return false;
}

bool
cx_method_without_remotes(cx_str method, bool onion, bool mailbox)
{
    static const char *const domains[] = { "4", "12" };
    static const char *const onions[] = { "18", "19", "20" };
    static const char *const mailboxes[] = { "3.2.2.2", "email-reply-00" };
    cx_span number = subsection_of(method);

    return is_one_of(number, domains, CX_COUNT(domains)) ||
           (onion && is_one_of(number, onions, CX_COUNT(onions))) ||
           (mailbox && is_one_of(cx_span_of_str(method), mailboxes, CX_COUNT(mailboxes)));
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
