#include "bin/caaproof/lint_report.h"

#include "base/buf.h"
#include "bin/caaproof/terminal.h"

/* Records and issuers that are shown to a person. */
#define SHOWN_MAX 12

static const char *const use_names[] = {
    [CX_USE_PLAIN] = "plain names",
    [CX_USE_WILDCARD] = "wildcard names",
    [CX_USE_MAIL] = "mail",
    [CX_USE_MARK] = "marks",
};

static void
put_caa(struct cx_buf *buf, const struct cx_caa *caa)
{
    struct cx_buf text;

    cx_buf_init(&text, CX_RECORD_TEXT_MAX);
    cx_caa_text(caa, &text);
    if (cx_buf_ok(&text)) {
        cx_buf_put(buf, cx_buf_str(&text));
    }
    cx_buf_done(&text);
}

static void
print_buf(FILE *out, const struct cx_buf *buf)
{
    fprintf(out, "%.*s", (int)buf->n, buf->n == 0 ? "" : buf->p);
}

static void
put_permitted(struct cx_buf *buf, const struct cx_permitted *p)
{
    cx_buf_put_escaped(buf, p->issuer);
    if (p->never) {
        cx_buf_puts(buf, " (never: its limits cannot be met)");
    } else if (p->limits.n != 0) {
        cx_buf_puts(buf, " (");
        cx_buf_put(buf, p->limits);
        cx_buf_putc(buf, ')');
    }
}

static void
put_right(struct cx_buf *buf, const struct cx_right *right)
{
    switch (right->who) {
    case CX_WHO_UNKNOWN:
        cx_buf_puts(buf, "nobody while the lookup fails");
        return;
    case CX_WHO_ANYONE:
        cx_buf_puts(buf, "any CA");
        return;
    case CX_WHO_NOBODY:
        cx_buf_puts(buf, right->critical != NULL ? "no CA, because of " : "no CA");
        if (right->critical != NULL) {
            put_caa(buf, right->critical);
        }
        return;
    case CX_WHO_LISTED:
        break;
    }
    cx_buf_puts(buf, "only ");
    for (size_t i = 0; i < right->n && i < SHOWN_MAX; i++) {
        cx_buf_puts(buf, i == 0 ? "" : ", ");
        put_permitted(buf, &right->v[i]);
    }
    if (right->n > SHOWN_MAX) {
        cx_buf_printf(buf, " and %zu more", right->n - SHOWN_MAX);
    }
}

static void
print_rights(FILE *out, const struct lint_subject *subject)
{
    struct cx_buf buf;

    for (size_t use = 0; use < CX_USE_COUNT; use++) {
        cx_buf_init(&buf, (size_t)64 << 20);
        put_right(&buf, &subject->rights[use]);
        fprintf(out, "  %-15s ", use_names[use]);
        print_buf(out, &buf);
        fputc('\n', out);
        cx_buf_done(&buf);
    }
}

static void
print_set(FILE *out, const struct cx_answer *set, bool dnssec_known)
{
    char owner[CX_NAME_TEXT_MAX];
    struct cx_buf buf;
    size_t shown = set->n_records < SHOWN_MAX ? set->n_records : SHOWN_MAX;

    cx_name_text(set->records_at.n != 0 ? set->records_at : set->name, owner);
    if (cx_outcome_is_failure(set->outcome)) {
        fprintf(out, "  %s: %s\n", owner, cx_outcome_word(set->outcome));
        return;
    }
    fprintf(out, "  records of %s", owner);
    if (dnssec_known) {
        fprintf(out, ", %s", cx_dnssec_word(set->dnssec));
    }
    if (set->has_ttl) {
        fprintf(out, ", ttl %u s", set->ttl);
    }
    fputc('\n', out);
    for (size_t i = 0; i < shown; i++) {
        cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
        put_caa(&buf, &set->records[i]);
        fputs("      ", out);
        print_buf(out, &buf);
        fputc('\n', out);
        cx_buf_done(&buf);
    }
    if (set->n_records > shown) {
        fprintf(out, "      and %zu more\n", set->n_records - shown);
    }
}

static enum paint
paint_of_severity(enum cx_severity severity)
{
    switch (severity) {
    case CX_SEVERITY_ERROR:
        return PAINT_BAD;
    case CX_SEVERITY_WARNING:
        return PAINT_DOUBT;
    case CX_SEVERITY_ADVICE:
    case CX_SEVERITY_UNSET:
        break;
    }
    return PAINT_FAINT;
}

static void
print_finding(FILE *out, const struct cx_lint_finding *f)
{
    enum cx_severity severity = cx_lint_severity(f->code);

    fprintf(out, "  %s%-8s%s %s", paint_on(out, paint_of_severity(severity)),
            cx_severity_word(severity), paint_off(out), cx_lint_word(f->code));
    if (f->record != NULL) {
        struct cx_buf buf;

        cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
        put_caa(&buf, f->record);
        fputs("  ", out);
        print_buf(out, &buf);
        cx_buf_done(&buf);
    }
    fprintf(out, "\n           %s (%s)\n", cx_lint_sentence(f->code), cx_lint_rule(f->code));
    if (f->octet != 0) {
        fprintf(out, "           octet %zu of the value: ", f->octet);
    } else if (f->detail.n != 0) {
        fputs("           ", out);
    }
    if (f->octet != 0 || f->detail.n != 0) {
        fprintf(out, "%.*s\n", (int)f->detail.n, f->detail.n == 0 ? "" : f->detail.p);
    }
}

void
lint_print(FILE *out, const struct lint_subject *subject)
{
    char name[CX_NAME_TEXT_MAX];

    if (subject->name.n != 0) {
        cx_name_text(subject->name, name);
    }
    fprintf(out, "%s%s%s\n", paint_on(out, PAINT_BOLD), subject->name.n != 0 ? name : subject->file,
            paint_off(out));
    if (subject->relevant != NULL) {
        print_set(out, subject->relevant, subject->dnssec_known);
    }
    if (subject->beyond) {
        fputs("  nothing in the zone files; what lies above them was not looked at\n", out);
    } else if (subject->name.n != 0) {
        print_rights(out, subject);
    }
    for (size_t i = 0; i < subject->lint.n; i++) {
        print_finding(out, &subject->lint.v[i]);
    }
    fputc('\n', out);
}

static struct cx_json *
name_json(cx_span name)
{
    char presentation[CX_NAME_TEXT_MAX];

    if (name.n == 0) {
        return cx_json_new_null();
    }
    cx_name_text(name, presentation);
    return cx_json_new_text(presentation);
}

static struct cx_json *
record_json(const struct cx_caa *caa)
{
    struct cx_json *json;
    struct cx_buf buf;

    if (caa == NULL) {
        return cx_json_new_null();
    }
    cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
    cx_caa_text(caa, &buf);
    json = cx_buf_ok(&buf) ? cx_json_new_string(cx_buf_str(&buf)) : NULL;
    cx_buf_done(&buf);
    return json;
}

static struct cx_json *
permitted_json(const struct cx_permitted *p)
{
    struct cx_json *out = cx_json_new_object();
    bool ok = cx_json_set(out, "issuer", cx_json_new_escaped(p->issuer)) &&
              cx_json_set(out, "limits",
                          p->limits.n != 0 ? cx_json_new_string(p->limits) : cx_json_new_null()) &&
              cx_json_set(out, "satisfiable", cx_json_new_bool(!p->never));

    return cx_json_whole(out, ok);
}

static struct cx_json *
right_json(const struct cx_right *right)
{
    struct cx_json *out = cx_json_new_object(), *issuers = cx_json_new_array();
    bool ok = cx_json_set(out, "who", cx_json_new_text(cx_who_word(right->who))) &&
              cx_json_set(out, "property",
                          right->property != CX_TAG_UNKNOWN
                              ? cx_json_new_text(cx_tag_word(right->property))
                              : cx_json_new_null()) &&
              cx_json_set(out, "blocked_by", record_json(right->critical));

    for (size_t i = 0; ok && i < right->n; i++) {
        ok = cx_json_add(issuers, permitted_json(&right->v[i]));
    }
    ok = cx_json_set(out, "issuers", issuers) && ok;
    return cx_json_whole(out, ok);
}

static struct cx_json *
rights_json(const struct lint_subject *subject)
{
    struct cx_json *out = cx_json_new_object();
    bool ok = true;

    for (size_t use = 0; ok && use < CX_USE_COUNT; use++) {
        ok = cx_json_set(out, cx_use_word((enum cx_use)use), right_json(&subject->rights[use]));
    }
    return cx_json_whole(out, ok);
}

static struct cx_json *
set_json(const struct cx_answer *set)
{
    struct cx_json *out, *records;
    bool ok;

    if (set == NULL) {
        return cx_json_new_null();
    }
    out = cx_json_new_object();
    records = cx_json_new_array();
    ok = cx_json_set(out, "found_at", name_json(set->name)) &&
         cx_json_set(out, "records_at", name_json(set->records_at)) &&
         cx_json_set(out, "outcome", cx_json_new_text(cx_outcome_word(set->outcome))) &&
         cx_json_set(out, "dnssec", cx_json_new_text(cx_dnssec_word(set->dnssec))) &&
         cx_json_set(out, "ttl", set->has_ttl ? cx_json_new_integer(set->ttl) : cx_json_new_null());
    for (size_t i = 0; ok && i < set->n_records; i++) {
        ok = cx_json_add(records, record_json(&set->records[i]));
    }
    ok = cx_json_set(out, "records", records) && ok;
    return cx_json_whole(out, ok);
}

static struct cx_json *
finding_json(const struct cx_lint_finding *f)
{
    struct cx_json *out = cx_json_new_object();
    bool ok =
        cx_json_set(out, "severity",
                    cx_json_new_text(cx_severity_word(cx_lint_severity(f->code)))) &&
        cx_json_set(out, "code", cx_json_new_text(cx_lint_word(f->code))) &&
        cx_json_set(out, "owner", name_json(f->owner)) &&
        cx_json_set(out, "record", record_json(f->record)) &&
        cx_json_set(out, "octet",
                    f->octet != 0 ? cx_json_new_integer((int64_t)f->octet) : cx_json_new_null()) &&
        cx_json_set(out, "sentence", cx_json_new_text(cx_lint_sentence(f->code))) &&
        cx_json_set(out, "detail",
                    f->detail.n != 0 ? cx_json_new_string(f->detail) : cx_json_new_null()) &&
        cx_json_set(out, "rule", cx_json_new_text(cx_lint_rule(f->code)));

    return cx_json_whole(out, ok);
}

struct cx_json *
lint_to_json(const struct lint_subject *subject)
{
    struct cx_json *out = cx_json_new_object(), *findings = cx_json_new_array();
    bool is_file = subject->name.n == 0;
    bool ok = is_file
                  ? cx_json_set(out, "file",
                                cx_json_new_escaped(cx_span_of_str(cx_str_of(subject->file))))
                  : cx_json_set(out, "name", name_json(subject->name)) &&
                        cx_json_set(out, "relevant", set_json(subject->relevant)) &&
                        cx_json_set(out, "may_issue",
                                    subject->beyond ? cx_json_new_null() : rights_json(subject));

    for (size_t i = 0; ok && i < subject->lint.n; i++) {
        ok = cx_json_add(findings, finding_json(&subject->lint.v[i]));
    }
    ok = cx_json_set(out, "findings", findings) && ok;
    return cx_json_whole(out, ok);
}
