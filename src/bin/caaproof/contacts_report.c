#include "bin/caaproof/contacts_report.h"

#include "base/buf.h"
#include "bin/caaproof/terminal.h"
#include "resolve/answer_json.h"

#define SCHEMA 1

static const enum cx_tag properties[] = { CX_TAG_CONTACTEMAIL, CX_TAG_CONTACTPHONE };

static void
put_day(struct cx_buf *buf, cx_time t)
{
    char formatted[CX_TIME_TEXT];

    cx_time_format(t, formatted);
    cx_buf_put(buf, (cx_str){ formatted, 10 });
}

/* Why the failed answer cannot be used; it may have an outcome that others would call an answer. */
static void
put_failure(struct cx_buf *buf, const struct cx_answer *answer)
{
    char name[CX_NAME_TEXT_MAX];

    if (answer == NULL) {
        cx_buf_puts(buf, "the search grew beyond its bounds");
        return;
    }
    cx_name_text(answer->name, name);
    cx_buf_printf(buf, "the lookup of %s failed (%s, DNSSEC %s)", name,
                  cx_outcome_word(answer->outcome), cx_dnssec_word(answer->dnssec));
    if (answer->why.n != 0) {
        cx_buf_puts(buf, ": ");
        cx_buf_put_escaped(buf, cx_span_of_str(answer->why));
    }
}

static void
put_found(struct cx_buf *buf, const struct cx_answer *set)
{
    char found[CX_NAME_TEXT_MAX], owner[CX_NAME_TEXT_MAX];

    cx_name_text(set->name, found);
    cx_name_text(set->records_at, owner);
    cx_buf_printf(buf, "  found at %s", found);
    if (!cx_span_equal(set->name, set->records_at)) {
        cx_buf_printf(buf, " (an alias; records of %s)", owner);
    }
    cx_buf_printf(buf, ", %s", cx_dnssec_word(set->dnssec));
    if (set->has_ttl) {
        cx_buf_printf(buf, ", ttl %u s", set->ttl);
    }
    cx_buf_putc(buf, '\n');
}

static void
put_method(struct cx_buf *buf, const struct cx_contact_method *method, enum cx_standing standing)
{
    cx_buf_printf(buf, "            %s, %s: ", method->number, method->name);
    switch (standing) {
    case CX_STANDING_NOT_YET:
        cx_buf_puts(buf, "exists only from ");
        put_day(buf, method->from);
        break;
    case CX_STANDING_MAY:
        cx_buf_puts(buf, "may be used");
        if (method->should_not_from != CX_TIME_MAX) {
            cx_buf_puts(buf, ", should not from ");
            put_day(buf, method->should_not_from);
        }
        cx_buf_puts(buf, ", must not from ");
        put_day(buf, method->must_not_from);
        break;
    case CX_STANDING_SHOULD_NOT:
        cx_buf_puts(buf, "should not be used any more, must not from ");
        put_day(buf, method->must_not_from);
        break;
    case CX_STANDING_MUST_NOT:
    case CX_STANDING_UNSET:
        cx_buf_puts(buf, "must not be used since ");
        put_day(buf, method->must_not_from);
        break;
    }
    cx_buf_puts(buf, " (R-TAG-12)\n");
}

static void
put_contact(struct cx_buf *buf, const struct cx_contact *contact)
{
    struct cx_contact_method method = cx_contact_method_of(contact->property);

    cx_buf_printf(buf, "%-12s  ", cx_tag_word(contact->property));
    cx_buf_put_escaped(buf, contact->value);
    cx_buf_putc(buf, '\n');
    if (!contact->usable) {
        cx_buf_puts(buf, "            ");
        if (contact->fault.octet != 0) {
            cx_buf_printf(buf, "octet %zu of the value: ", contact->fault.octet);
        }
        cx_buf_printf(buf, "%s (%s)\n", cx_contact_sentence(contact->fault.problem),
                      cx_contact_rule(contact->fault.problem));
    }
    put_method(buf, &method, contact->standing);
}

static void
print_contact(FILE *out, const struct cx_contact *contact)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
    put_contact(&buf, contact);
    fprintf(out, "  %s%-8s%s  %.*s", paint_on(out, contact->usable ? PAINT_GOOD : PAINT_BAD),
            contact->usable ? "usable" : "unusable", paint_off(out), (int)buf.n,
            buf.n == 0 ? "" : buf.p);
    cx_buf_done(&buf);
}

void
contacts_print(FILE *out, const struct contacts_report *report)
{
    const struct cx_search *search = report->search;
    const struct cx_contacts *contacts = &report->contacts;
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
    cx_buf_put_escaped(&buf, cx_span_of_str(report->name));
    cx_buf_puts(&buf, ", methods as of ");
    put_day(&buf, report->date);
    cx_buf_putc(&buf, '\n');
    if (search->state == CX_SEARCH_FOUND) {
        put_found(&buf, search->answer);
    } else if (search->state == CX_SEARCH_EMPTY) {
        cx_buf_puts(&buf, "  no CAA record at the name or above it, and so no contact\n");
    } else {
        cx_buf_puts(&buf, "  ");
        put_failure(&buf, search->answer);
        cx_buf_puts(&buf, "\n  nobody knows the contacts\n");
    }
    if (search->state == CX_SEARCH_FOUND && contacts->n == 0) {
        cx_buf_puts(&buf, "  the records hold no contact\n");
    }
    fprintf(out, "%.*s", (int)buf.n, buf.n == 0 ? "" : buf.p);
    cx_buf_done(&buf);
    for (size_t i = 0; i < contacts->n; i++) {
        print_contact(out, &contacts->v[i]);
    }
}

static struct cx_json *
text_or_null(const char *p)
{
    return p[0] != '\0' ? cx_json_new_text(p) : cx_json_new_null();
}

static struct cx_json *
moment(cx_time t)
{
    char formatted[CX_TIME_TEXT];

    if (t == CX_TIME_NONE || t == CX_TIME_MAX) {
        return cx_json_new_null();
    }
    cx_time_format(t, formatted);
    return cx_json_new_text(formatted);
}

static struct cx_json *
name_json(cx_span name)
{
    char presentation[CX_NAME_TEXT_MAX];

    cx_name_text(name, presentation);
    return cx_json_new_text(presentation);
}

/* ok, or NULL after freeing. */
static struct cx_json *
built(struct cx_json *json, bool ok)
{
    if (ok) {
        return json;
    }
    cx_json_free(json);
    return NULL;
}

/* Text only if a terminal may see it as it is; the octets always stand beside it. */
static struct cx_json *
value_json(const struct cx_contact *contact)
{
    return contact->fault.problem == CX_CONTACT_NOT_UTF8 ||
                   contact->fault.problem == CX_CONTACT_INVISIBLE
               ? cx_json_new_null()
               : cx_json_new_string(cx_str_of_span(contact->value));
}

static struct cx_json *
hex_json(cx_span octets)
{
    struct cx_json *json;
    struct cx_buf buf;

    cx_buf_init(&buf, (size_t)CX_MESSAGE_MAX * 2 + 1);
    cx_buf_put_hex(&buf, octets);
    json = cx_buf_ok(&buf) ? cx_json_new_string(cx_buf_str(&buf)) : NULL;
    cx_buf_done(&buf);
    return json;
}

static struct cx_json *
contact_json(const struct cx_contact *contact)
{
    const struct cx_contact_fault *fault = &contact->fault;
    struct cx_contact_method method = cx_contact_method_of(contact->property);
    struct cx_json *out = cx_json_new_object();
    bool ok = cx_json_set(out, "property", cx_json_new_text(cx_tag_word(contact->property))) &&
              cx_json_set(out, "value", value_json(contact)) &&
              cx_json_set(out, "value_hex", hex_json(contact->value)) &&
              cx_json_set(out, "method", cx_json_new_text(method.number)) &&
              cx_json_set(out, "standing", cx_json_new_text(cx_standing_word(contact->standing))) &&
              cx_json_set(out, "usable", cx_json_new_bool(contact->usable)) &&
              cx_json_set(out, "problem", text_or_null(cx_contact_word(fault->problem))) &&
              cx_json_set(out, "octet",
                          fault->octet != 0 ? cx_json_new_integer((int64_t)fault->octet)
                                            : cx_json_new_null()) &&
              cx_json_set(out, "sentence", text_or_null(cx_contact_sentence(fault->problem))) &&
              cx_json_set(out, "rule", text_or_null(cx_contact_rule(fault->problem)));

    return built(out, ok);
}

static struct cx_json *
method_json(enum cx_tag property, cx_time date)
{
    struct cx_contact_method method = cx_contact_method_of(property);
    enum cx_standing standing = cx_contact_method_standing(&method, date);
    struct cx_json *out = cx_json_new_object();
    bool ok = cx_json_set(out, "method", cx_json_new_text(method.number)) &&
              cx_json_set(out, "property", cx_json_new_text(cx_tag_word(property))) &&
              cx_json_set(out, "about", cx_json_new_text(method.name)) &&
              cx_json_set(out, "standing", cx_json_new_text(cx_standing_word(standing))) &&
              cx_json_set(out, "from", moment(method.from)) &&
              cx_json_set(out, "should_not_from", moment(method.should_not_from)) &&
              cx_json_set(out, "must_not_from", moment(method.must_not_from));

    return built(out, ok);
}

static struct cx_json *
failure_json(const struct cx_search *search)
{
    struct cx_json *json;
    struct cx_buf buf;

    if (search->state == CX_SEARCH_FOUND || search->state == CX_SEARCH_EMPTY) {
        return cx_json_new_null();
    }
    cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
    put_failure(&buf, search->answer);
    json = cx_buf_ok(&buf) ? cx_json_new_string(cx_buf_str(&buf)) : NULL;
    cx_buf_done(&buf);
    return json;
}

static bool
set_lists(struct cx_json *out, const struct contacts_report *report)
{
    struct cx_json *contacts = cx_json_new_array(), *methods = cx_json_new_array(),
                   *answers = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; i < report->contacts.n; i++) {
        ok = ok && cx_json_add(contacts, contact_json(&report->contacts.v[i]));
    }
    for (size_t i = 0; i < CX_COUNT(properties); i++) {
        ok = ok && cx_json_add(methods, method_json(properties[i], report->date));
    }
    for (size_t i = 0; i < report->search->n_seen; i++) {
        ok = ok && cx_json_add(answers, cx_answer_to_json(report->search->seen[i]));
    }
    ok = cx_json_set(out, "contacts", contacts) && ok;
    ok = cx_json_set(out, "methods", methods) && ok;
    return cx_json_set(out, "answers", answers) && ok;
}

struct cx_json *
contacts_to_json(const struct contacts_report *report)
{
    const struct cx_search *search = report->search;
    const struct cx_answer *set = search->state == CX_SEARCH_FOUND ? search->answer : NULL;
    const char *outcome = set != NULL                        ? "found"
                          : search->state == CX_SEARCH_EMPTY ? "none"
                                                             : "failed";
    struct cx_json *out = cx_json_new_object();
    bool ok =
        cx_json_set(out, "schema", cx_json_new_integer(SCHEMA)) &&
        cx_json_set(out, "name", cx_json_new_string(report->name)) &&
        cx_json_set(out, "date", moment(report->date)) &&
        cx_json_set(out, "outcome", cx_json_new_text(outcome)) &&
        cx_json_set(out, "failure", failure_json(search)) &&
        cx_json_set(out, "found_at", set != NULL ? name_json(set->name) : cx_json_new_null()) &&
        cx_json_set(out, "records_at",
                    set != NULL ? name_json(set->records_at) : cx_json_new_null()) &&
        cx_json_set(out, "usable", cx_json_new_integer((int64_t)report->contacts.n_usable));

    ok = set_lists(out, report) && ok;
    return built(out, ok);
}
