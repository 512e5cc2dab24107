#include "caa/contact.h"
#include "caa/lint_priv.h"
#include "caa/value.h"

static const char *const known_tags[] = { "issue",        "issuewild", "iodef",    "contactemail",
                                          "contactphone", "issuemail", "issuevmc", NULL };

static bool
is_lower_case(cx_span text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != cx_ascii_lower(text.p[i])) {
            return false;
        }
    }
    return true;
}

static bool
is_alnum(cx_span text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!cx_ascii_alnum(text.p[i])) {
            return false;
        }
    }
    return true;
}

static bool
is_reserved(cx_span tag)
{
    static const char *const words[] = { "auth", "path", "policy" }; /* R-TAG-8 */

    for (size_t i = 0; i < CX_COUNT(words); i++) {
        if (cx_span_equal_fold(tag, cx_span_of_str(cx_str_of(words[i])))) {
            return true;
        }
    }
    return false;
}

static void
lint_unknown_tag(const struct cx_linting *l)
{
    const char *hint = cx_lint_hint(l->record->tag, known_tags);

    if (is_reserved(l->record->tag)) {
        cx_linting_say(l, CX_LINT_TAG_RESERVED);
    } else if (hint != NULL) {
        cx_linting_say_more(l, CX_LINT_TAG_TYPO, 0, "perhaps it should be",
                            cx_span_of_str(cx_str_of(hint)));
    } else if (!is_alnum(l->record->tag)) {
        cx_linting_say(l, CX_LINT_TAG_OCTETS);
    } else {
        cx_linting_say(l, CX_LINT_TAG_UNKNOWN);
    }
    if (cx_caa_critical(l->record)) {
        cx_linting_say(l, CX_LINT_CRITICAL_UNKNOWN);
    }
}

static void
lint_flags(const struct cx_linting *l, enum cx_tag tag)
{
    unsigned flags = l->record->flags;

    if (flags == 1) {
        cx_linting_say(l, CX_LINT_FLAG_1);
    } else if ((flags & ~CX_CAA_CRITICAL) != 0) {
        cx_linting_say(l, CX_LINT_FLAG_BITS);
    }
    if (!cx_caa_critical(l->record)) {
        return;
    }
    switch (tag) {
    case CX_TAG_UNKNOWN:
        break; /* said with the tag */
    case CX_TAG_ISSUE:
    case CX_TAG_ISSUEWILD:
    case CX_TAG_IODEF:
        cx_linting_say(l, CX_LINT_CRITICAL_KNOWN);
        break;
    case CX_TAG_CONTACTEMAIL:
    case CX_TAG_CONTACTPHONE:
    case CX_TAG_ISSUEMAIL:
    case CX_TAG_ISSUEVMC:
        cx_linting_say(l, CX_LINT_CRITICAL_OTHER);
        break;
    }
}

static bool
begins_with(cx_span text, const char *prefix)
{
    size_t n = strlen(prefix);

    return text.n > n &&
           cx_span_equal_fold((cx_span){ text.p, n }, cx_span_of_str(cx_str_of(prefix)));
}

/* The address of a mailto: URL, without header fields (RFC 6068 section 2). */
static bool
is_mail_url(cx_span url)
{
    cx_span address = { url.p + 7, url.n - 7 };
    const uint8_t *fields = memchr(address.p, '?', address.n);

    if (fields != NULL) {
        address.n = (size_t)(fields - address.p);
    }
    return cx_contact_check(CX_TAG_CONTACTEMAIL, address).problem == CX_CONTACT_FITS;
}

static void
lint_contact(const struct cx_linting *l, enum cx_tag tag, enum cx_lint_code code)
{
    struct cx_contact_fault fault = cx_contact_check(tag, l->record->value);

    if (fault.problem != CX_CONTACT_FITS) {
        cx_linting_say_more(l, code, fault.octet, cx_contact_sentence(fault.problem),
                            (cx_span){ NULL, 0 });
    }
}

static void
lint_iodef(const struct cx_linting *l)
{
    cx_span url = l->record->value;
    bool mail = begins_with(url, "mailto:");
    bool web = begins_with(url, "https://") || begins_with(url, "http://");

    if (!cx_is_uri(url) || (!mail && !web) || (mail && !is_mail_url(url))) {
        cx_linting_say(l, CX_LINT_IODEF_URL);
    } else if (begins_with(url, "http://")) {
        cx_linting_say(l, CX_LINT_IODEF_HTTP);
    }
}

void
cx_linting_record(struct cx_linting *l)
{
    enum cx_tag tag = cx_tag_of(l->record->tag);

    lint_flags(l, tag);
    if (tag != CX_TAG_UNKNOWN && !is_lower_case(l->record->tag)) {
        cx_linting_say(l, CX_LINT_TAG_CASE);
    }
    switch (tag) {
    case CX_TAG_UNKNOWN:
        lint_unknown_tag(l);
        break;
    case CX_TAG_ISSUE:
    case CX_TAG_ISSUEWILD:
    case CX_TAG_ISSUEMAIL:
    case CX_TAG_ISSUEVMC:
        cx_linting_issue_value(l, tag);
        break;
    case CX_TAG_IODEF:
        lint_iodef(l);
        break;
    case CX_TAG_CONTACTEMAIL:
        lint_contact(l, tag, CX_LINT_CONTACT_EMAIL);
        break;
    case CX_TAG_CONTACTPHONE:
        lint_contact(l, tag, CX_LINT_CONTACT_PHONE);
        break;
    }
}
