#include "caa/contact.h"

#include "base/utf8.h"

#include <stdlib.h>

/* ITU-T E.164: digits of a number with its country code. The lower bound is ours. */
#define DIGITS_MIN 3
#define DIGITS_MAX 15

static const struct {
    const char *word;
    const char *rule;
    const char *sentence;
} texts[] = {
    [CX_CONTACT_UNSET] = { "", "", "" },
    [CX_CONTACT_FITS] = { "", "", "" },
#define X(name, word, rule, sentence) [CX_CONTACT_##name] = { word, rule, sentence },
#include "caa/contact.def"
#undef X
};

static const char *const standings[] = { [CX_STANDING_UNSET] = "",
                                         [CX_STANDING_NOT_YET] = "not-yet",
                                         [CX_STANDING_MAY] = "may",
                                         [CX_STANDING_SHOULD_NOT] = "should-not",
                                         [CX_STANDING_MUST_NOT] = "must-not" };

const char *
cx_contact_word(enum cx_contact_problem problem)
{
    return texts[problem].word;
}

const char *
cx_contact_rule(enum cx_contact_problem problem)
{
    return texts[problem].rule;
}

const char *
cx_contact_sentence(enum cx_contact_problem problem)
{
    return texts[problem].sentence;
}

const char *
cx_standing_word(enum cx_standing standing)
{
    return standings[standing];
}

/* at counts from 0. */
static struct cx_contact_fault
fault_at(enum cx_contact_problem problem, size_t at)
{
    return (struct cx_contact_fault){ problem, at + 1 };
}

static struct cx_contact_fault
no_fault(void)
{
    return (struct cx_contact_fault){ CX_CONTACT_FITS, 0 };
}

static bool
begins_with(cx_span text, const char *prefix)
{
    size_t n = strlen(prefix);

    return text.n >= n &&
           cx_span_equal_fold((cx_span){ text.p, n }, cx_span_of_str(cx_str_of(prefix)));
}

/* What both properties demand: text, and nothing around it. */
static struct cx_contact_fault
check_text(cx_span value)
{
    if (value.n == 0) {
        return fault_at(CX_CONTACT_EMPTY, 0);
    }
    for (size_t at = 0, n = 0; at < value.n; at += n) {
        uint32_t point = 0;

        n = cx_utf8_first((cx_span){ value.p + at, value.n - at }, &point);
        if (n == 0) {
            return fault_at(CX_CONTACT_NOT_UTF8, at);
        }
        if (cx_utf8_invisible(point)) {
            return fault_at(CX_CONTACT_INVISIBLE, at);
        }
    }
    if (value.p[0] == ' ') {
        return fault_at(CX_CONTACT_PADDING, 0);
    }
    if (value.p[value.n - 1] == ' ') {
        return fault_at(CX_CONTACT_PADDING, value.n - 1);
    }
    return begins_with(value, "mailto:") || begins_with(value, "tel:")
               ? fault_at(CX_CONTACT_SCHEME, 0)
               : no_fault();
}

static bool
is_one_of(uint8_t c, const char *octets)
{
    return c != 0 && strchr(octets, c) != NULL;
}

/* RFC 5322 section 3.2.3, and UTF-8 by RFC 6532 section 3.2. */
static bool
is_atext(uint8_t c)
{
    return cx_ascii_alnum(c) || c >= 0x80 || is_one_of(c, "!#$%&'*+-/=?^_`{|}~");
}

/* Where a quoted local part ends, behind its closing mark (RFC 5322 section 3.2.4); 0 if it does not. */
static size_t
quoted_end(cx_span value)
{
    for (size_t i = 1; i < value.n; i++) {
        if (value.p[i] == '"') {
            return i + 1;
        }
        i += value.p[i] == '\\' ? 1 : 0;
    }
    return 0;
}

/* Where a local part of atoms and dots ends. */
static struct cx_contact_fault
check_atoms(cx_span value, size_t *ret_end)
{
    size_t i = 0;

    for (; i < value.n && value.p[i] != '@'; i++) {
        bool dot = value.p[i] == '.';
        bool lonely = i == 0 || i + 1 == value.n || value.p[i - 1] == '.' || value.p[i + 1] == '@';

        if (is_one_of(value.p[i], ",;")) {
            return fault_at(CX_CONTACT_LIST, i);
        }
        if (is_one_of(value.p[i], " <>()")) {
            return fault_at(CX_CONTACT_STRUCTURE, i);
        }
        if (dot ? lonely : !is_atext(value.p[i])) {
            return fault_at(CX_CONTACT_LOCAL_PART, i);
        }
    }
    if (i == value.n) {
        return fault_at(CX_CONTACT_NO_AT, i);
    }
    *ret_end = i;
    return i == 0 ? fault_at(CX_CONTACT_LOCAL_PART, 0) : no_fault();
}

static struct cx_contact_fault
check_local_part(cx_span value, size_t *ret_end)
{
    if (value.p[0] != '"') {
        return check_atoms(value, ret_end);
    }
    *ret_end = quoted_end(value);
    if (*ret_end == 0) {
        return fault_at(CX_CONTACT_LOCAL_PART, 0);
    }
    if (*ret_end == value.n) {
        return fault_at(CX_CONTACT_NO_AT, value.n);
    }
    return value.p[*ret_end] == '@' ? no_fault() : fault_at(CX_CONTACT_STRUCTURE, *ret_end);
}

static bool
is_label(cx_span label)
{
    bool ascii = true;

    for (size_t i = 0; i < label.n; i++) {
        if (!cx_ascii_alnum(label.p[i]) && label.p[i] != '-' && label.p[i] < 0x80) {
            return false;
        }
        ascii = ascii && label.p[i] < 0x80;
    }
    return label.n != 0 && label.p[0] != '-' && label.p[label.n - 1] != '-' &&
           (!ascii || label.n <= CX_LABEL_MAX);
}

/* Two labels or more; from is where the domain begins. */
static struct cx_contact_fault
check_domain(cx_span value, size_t from)
{
    size_t labels = 0, begin = from;

    for (size_t i = from; i <= value.n; i++) {
        if (i < value.n && is_one_of(value.p[i], ",;@")) {
            return fault_at(CX_CONTACT_LIST, i);
        }
        if (i < value.n && is_one_of(value.p[i], " <>()")) {
            return fault_at(CX_CONTACT_STRUCTURE, i);
        }
        if (i < value.n && value.p[i] != '.') {
            continue;
        }
        if (!is_label((cx_span){ value.p + begin, i - begin })) {
            return fault_at(CX_CONTACT_DOMAIN, begin);
        }
        labels++;
        begin = i + 1;
    }
    return labels < 2 ? fault_at(CX_CONTACT_DOMAIN, from) : no_fault();
}

/* BR A.1.1: RFC 6532 section 3.2, in full. */
static struct cx_contact_fault
check_email(cx_span value)
{
    size_t at = 0;
    struct cx_contact_fault fault = check_local_part(value, &at);

    return fault.problem == CX_CONTACT_FITS ? check_domain(value, at + 1) : fault;
}

static struct cx_contact_fault
check_digits(cx_span value)
{
    size_t digits = 0;

    for (size_t i = 1; i < value.n; i++) {
        uint8_t c = value.p[i];

        if (c >= '0' && c <= '9') {
            if (c == '0' && digits == 0) {
                return fault_at(CX_CONTACT_COUNTRY_CODE, i);
            }
            if (++digits > DIGITS_MAX) {
                return fault_at(CX_CONTACT_TOO_LONG, i);
            }
        } else if (is_one_of(c, "+,/")) {
            return fault_at(CX_CONTACT_LIST, i);
        } else if (!is_one_of(c, "-.() ")) {
            return fault_at(CX_CONTACT_NOT_A_NUMBER, i);
        }
    }
    return digits < DIGITS_MIN ? fault_at(CX_CONTACT_TOO_SHORT, value.n) : no_fault();
}

/* BR A.1.2: RFC 3966 section 5.1.4, and blanks. */
static struct cx_contact_fault
check_phone(cx_span value)
{
    if (value.p[0] != '+') {
        return fault_at(CX_CONTACT_NO_PLUS, 0);
    }
    if (value.n > 1 && value.p[1] == ' ') {
        return fault_at(CX_CONTACT_COUNTRY_CODE, 1);
    }
    return check_digits(value);
}

struct cx_contact_fault
cx_contact_check(enum cx_tag property, cx_span value)
{
    struct cx_contact_fault fault = check_text(value);

    if (property != CX_TAG_CONTACTEMAIL && property != CX_TAG_CONTACTPHONE) {
        return (struct cx_contact_fault){ CX_CONTACT_UNSET, 0 };
    }
    if (fault.problem != CX_CONTACT_FITS) {
        return fault;
    }
    return property == CX_TAG_CONTACTEMAIL ? check_email(value) : check_phone(value);
}

struct cx_contact_method
cx_contact_method_of(enum cx_tag property)
{
    if (property == CX_TAG_CONTACTEMAIL) { /* R-TAG-4, R-TAG-12 */
        return (struct cx_contact_method){
            .property = property,
            .number = "3.2.2.4.13",
            .name = "e-mail to the CAA contact",
            .from = cx_time_of_day(2019, 2, 1),
            .should_not_from = cx_time_of_day(2026, 3, 15),
            .must_not_from = cx_time_of_day(2028, 3, 15),
        };
    }
    if (property == CX_TAG_CONTACTPHONE) { /* R-TAG-5, R-TAG-12 */
        return (struct cx_contact_method){
            .property = property,
            .number = "3.2.2.4.17",
            .name = "phone call to the CAA contact",
            .from = cx_time_of_day(2019, 9, 9),
            .should_not_from = CX_TIME_MAX,
            .must_not_from = cx_time_of_day(2027, 3, 15),
        };
    }
    return (struct cx_contact_method){
        .number = "",
        .name = "",
        .from = CX_TIME_MAX,
        .should_not_from = CX_TIME_MAX,
        .must_not_from = CX_TIME_NONE,
    };
}

enum cx_standing
cx_contact_method_standing(const struct cx_contact_method *method, cx_time date)
{
    if (date >= method->must_not_from) {
        return CX_STANDING_MUST_NOT;
    }
    if (date < method->from) {
        return CX_STANDING_NOT_YET;
    }
    return date >= method->should_not_from ? CX_STANDING_SHOULD_NOT : CX_STANDING_MAY;
}

static struct cx_contact
contact_of(enum cx_tag property, cx_span value, cx_time date)
{
    struct cx_contact_method method = cx_contact_method_of(property);
    struct cx_contact contact = {
        .property = property,
        .value = value,
        .standing = cx_contact_method_standing(&method, date),
        .fault = cx_contact_check(property, value),
    };

    if (contact.fault.problem != CX_CONTACT_FITS) {
        return contact;
    }
    switch (contact.standing) {
    case CX_STANDING_MAY:
    case CX_STANDING_SHOULD_NOT:
        contact.usable = true;
        break;
    case CX_STANDING_NOT_YET:
        contact.fault.problem = CX_CONTACT_METHOD_NOT_YET;
        break;
    case CX_STANDING_MUST_NOT:
    case CX_STANDING_UNSET:
        contact.fault.problem = CX_CONTACT_METHOD_ENDED;
        break;
    }
    return contact;
}

static int
compare(const void *left, const void *right)
{
    const struct cx_contact *a = left, *b = right;
    size_t n = a->value.n < b->value.n ? a->value.n : b->value.n;
    int order = n == 0 ? 0 : memcmp(a->value.p, b->value.p, n);

    if (a->property != b->property) {
        return a->property < b->property ? -1 : 1;
    }
    if (order != 0 || a->value.n == b->value.n) {
        return order;
    }
    return a->value.n < b->value.n ? -1 : 1;
}

cx_status
cx_contacts_of(const struct cx_answer *set, cx_time date, struct cx_arena *arena,
               struct cx_contacts *ret)
{
    size_t records = set != NULL && set->outcome == CX_OUTCOME_RECORDS ? set->n_records : 0;
    struct cx_contacts contacts = { .n = 0 };
    struct cx_contact *v = cx_arena_get(arena, records + 1, sizeof(*v));
    size_t n = 0;

    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < records; i++) {
        enum cx_tag tag = cx_tag_of(set->records[i].tag);

        if (tag == CX_TAG_CONTACTEMAIL || tag == CX_TAG_CONTACTPHONE) {
            v[n++] = contact_of(tag, set->records[i].value, date);
        }
    }
    if (n != 0) {
        qsort(v, n, sizeof(*v), compare);
    }
    for (size_t i = 0; i < n; i++) { /* R-SYN-9 */
        if (contacts.n == 0 || compare(&v[contacts.n - 1], &v[i]) != 0) {
            contacts.n_usable += v[i].usable ? 1 : 0;
            v[contacts.n++] = v[i];
        }
    }
    contacts.v = v;
    *ret = contacts;
    return CX_SUCCESS;
}
