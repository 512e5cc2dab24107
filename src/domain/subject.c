#include "domain/subject.h"

#include "base/utf8.h"
#include "domain/idn.h"
#include "domain/suffix.h"

#include <arpa/inet.h>

#define UNDERSCORES_UNTIL cx_time_of_day(2019, 5, 1)  /* R-TREE-10 */
#define REVERSE_FROM      cx_time_of_day(2026, 3, 15) /* R-ID-5 */

static cx_status
refuse(struct cx_detail *detail, cx_str given, const char *rule, const char *why)
{
    cx_status s = cx_fail(detail, CX_E_NAME, "\"%.*s\": %s", (int)(given.n < 100 ? given.n : 100),
                          given.p, why);

    if (detail != NULL) {
        detail->rule = rule;
    }
    return s;
}

bool
cx_is_mailbox(cx_str given)
{
    return given.n != 0 && memchr(given.p, '@', given.n) != NULL;
}

bool
cx_is_ip_address(cx_str given)
{
    char text[INET6_ADDRSTRLEN + 1];
    unsigned char address[16];

    if (given.n >= sizeof(text) || memchr(given.p, '\0', given.n) != NULL) {
        return false;
    }
    memcpy(text, given.p, given.n);
    text[given.n] = '\0';
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* The domain of a mailbox in A-labels (R-MAIL-3). */
static cx_status
domain_of_mailbox(cx_str given, struct cx_arena *arena, cx_str *ret, struct cx_detail *detail)
{
    size_t at = given.n;

    while (at > 0 && given.p[at - 1] != '@') {
        at--;
    }
    if (at == 1 || at == given.n) {
        return refuse(detail, given, NULL, "a mailbox needs text on both sides of its @");
    }
    *ret = (cx_str){ given.p + at, given.n - at };
    return cx_str_is_ascii(*ret) ? CX_SUCCESS : cx_domain_to_ascii(*ret, arena, ret, detail);
}

static cx_status
check_dns_name(cx_str given, const struct cx_case *c, const struct cx_name *name,
               struct cx_detail *detail)
{
    static const struct cx_name reverse[] = {
        { .n = 14, .wire = "\7in-addr\4arpa" },
        { .n = 10, .wire = "\3ip6\4arpa" },
    };

    if (cx_name_is_root(cx_name_span(name))) {
        return refuse(detail, given, "R-TREE-10", "the root is not a name to certify");
    }
    if (!cx_name_is_ldh(cx_name_span(name), c->date < UNDERSCORES_UNTIL)) {
        return refuse(
            detail, given, "R-TREE-10",
            "labels are letters, digits and inner hyphens, and a wildcard is one leading \"*.\"");
    }
    for (size_t i = 0; i < CX_COUNT(reverse); i++) {
        if (c->epoch->profile == CX_PROFILE_TLS_BR && c->date >= REVERSE_FROM &&
            cx_name_within(cx_name_span(name), cx_name_span(&reverse[i]))) {
            return refuse(detail, given, "R-ID-5", "reverse-zone names may not be certified");
        }
    }
    return CX_SUCCESS;
}

static cx_status
read_dns_name(cx_str given, cx_str text, const struct cx_case *c, struct cx_arena *arena,
              struct cx_subject *ret, struct cx_detail *detail)
{
    struct cx_detail inner = { .text = "" };
    struct cx_name name;

    if (!cx_str_is_ascii(text)) {
        return refuse(detail, given, "R-TREE-11",
                      "not ASCII: give the A-label form (xn--...) of each label");
    }
    if (memchr(text.p, '\\', text.n) != NULL || memchr(text.p, '\0', text.n) != NULL) {
        return refuse(detail, given, "R-TREE-10", "labels are letters, digits and inner hyphens");
    }
    if (!cx_ok(cx_name_from_text(text, &name, &inner))) {
        return refuse(detail, given, "R-TREE-10", inner.text);
    }
    CX_TRY(check_dns_name(given, c, &name, detail));
    ret->kind = cx_name_is_onion(cx_name_span(&name)) ? CX_SUBJECT_ONION : CX_SUBJECT_DNS;
    if (c->epoch->grammar == CX_GRAMMAR_PROPOSAL) { /* R-P16-E8: nobody else looks at it */
        ret->suffix_labels = cx_public_suffix_labels(cx_name_span(&name));
    }
    return cx_arena_copy(arena, cx_name_span(&name), &ret->name);
}

cx_status
cx_subject_from_text(cx_str given, enum cx_purpose purpose, const struct cx_case *c,
                     struct cx_arena *arena, struct cx_subject *ret, struct cx_detail *detail)
{
    cx_str text = given;
    bool mailbox = cx_is_mailbox(given);

    *ret = (struct cx_subject){ .suffix_labels = 1 };
    if (given.n == 0) {
        return refuse(detail, given, "R-TREE-10", "empty name");
    }
    if (mailbox && purpose != CX_PURPOSE_SMIME) {
        return refuse(detail, given, NULL, "a mailbox needs the purpose smime");
    }
    if (mailbox) {
        CX_TRY(domain_of_mailbox(given, arena, &text, detail));
    } else if (cx_is_ip_address(given)) {
        ret->kind = CX_SUBJECT_IP;
        return CX_SUCCESS;
    } else if (text.n > 2 && text.p[0] == '*' && text.p[1] == '.') {
        if (purpose == CX_PURPOSE_SMIME) {
            return refuse(detail, given, NULL, "a mailbox has no wildcard");
        }
        ret->wildcard = true;
        text = (cx_str){ text.p + 2, text.n - 2 };
    }
    return read_dns_name(given, text, c, arena, ret, detail);
}
