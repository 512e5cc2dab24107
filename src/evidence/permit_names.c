#include "base/limits.h"
#include "dns/name.h"
#include "evidence/permit_priv.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- one name */

/* A host in A-labels as a permit has it: lower case, without final dot. */
static cx_status
host_of(cx_str text, struct cx_arena *arena, const struct cx_permit_report *report,
        struct cx_record_name *ret)
{
    struct cx_name name;
    cx_span copy;
    char *lower;

    if (text.n == 0 || text.p[text.n - 1] == '.' || memchr(text.p, '\\', text.n) != NULL ||
        !cx_ok(cx_name_from_text(text, &name, NULL)) ||
        !cx_name_is_ldh(cx_name_span(&name), false)) {
        return cx_permit_refuse(report, CX_PERMIT_NAME, text);
    }
    lower = cx_arena_get(arena, text.n, 1);
    if (lower == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < text.n; i++) {
        lower[i] = (char)cx_ascii_lower((uint8_t)text.p[i]);
    }
    copy = (cx_span){ (const uint8_t *)lower, text.n };
    ret->text = cx_str_of_span(copy);
    ret->kind = cx_name_is_onion(cx_name_span(&name)) ? CX_RECORD_NAME_ONION : CX_RECORD_NAME_DNS;
    return CX_SUCCESS;
}

static cx_status
dns_name(cx_str text, struct cx_arena *arena, const struct cx_permit_report *report,
         struct cx_record_name *ret)
{
    bool wildcard = text.n > 2 && memcmp(text.p, "*.", 2) == 0;

    CX_TRY(host_of(wildcard ? (cx_str){ text.p + 2, text.n - 2 } : text, arena, report, ret));
    if (wildcard) {
        ret->kind = ret->kind == CX_RECORD_NAME_ONION ? CX_RECORD_NAME_ONION_WILDCARD
                                                      : CX_RECORD_NAME_WILDCARD;
    }
    return CX_SUCCESS;
}

/* The domain of a mailbox, in A-labels (RFC 9598 section 3): never a host's kind, not below onion either, or what was found
 * of the mailbox would permit the host. */
static cx_status
mailbox(cx_str text, struct cx_arena *arena, const struct cx_permit_report *report,
        struct cx_record_name *ret)
{
    size_t at = text.n;

    while (at > 0 && text.p[at - 1] != '@') {
        at--;
    }
    if (at < 2) {
        return cx_permit_refuse(report, CX_PERMIT_NAME, text);
    }
    CX_TRY(host_of((cx_str){ text.p + at, text.n - at }, arena, report, ret));
    ret->kind = CX_RECORD_NAME_MAILBOX;
    return CX_SUCCESS;
}

/* 4 or 16 octets. */
static cx_status
address(cx_span octets, struct cx_arena *arena, const struct cx_permit_report *report,
        struct cx_record_name *ret)
{
    char text[INET6_ADDRSTRLEN];

    if ((octets.n != 4 && octets.n != 16) ||
        inet_ntop(octets.n == 4 ? AF_INET : AF_INET6, octets.p, text, sizeof(text)) == NULL) {
        return cx_permit_refuse(report, CX_PERMIT_NAME, CX_STR(""));
    }
    ret->kind = CX_RECORD_NAME_IP;
    return cx_arena_text(arena, cx_str_of(text), &ret->text);
}

/* Octets of an address as text; 0 if it is none. */
static size_t
address_octets(cx_str given, uint8_t octets[16])
{
    char text[INET6_ADDRSTRLEN + 1] = "";

    if (given.n >= sizeof(text) || (given.n != 0 && memchr(given.p, '\0', given.n) != NULL)) {
        return 0;
    }
    memcpy(text, given.p, given.n);
    if (inet_pton(AF_INET, text, octets) == 1) {
        return 4;
    }
    return inet_pton(AF_INET6, text, octets) == 1 ? 16 : 0;
}

cx_status
cx_permit_name_of_text(cx_str text, struct cx_arena *arena, struct cx_record_name *ret,
                       enum cx_permit_fault *ret_fault, struct cx_detail *detail)
{
    const struct cx_permit_report report = { ret_fault, detail };
    struct cx_record_name name = { .validation = CX_RECORD_NONE };
    uint8_t octets[16];
    size_t n;

    if (text.n == 0) {
        return cx_permit_refuse(&report, CX_PERMIT_NAME, CX_STR("it is empty"));
    }
    n = address_octets(text, octets);
    if (n != 0) {
        CX_TRY(address((cx_span){ octets, n }, arena, &report, &name));
    } else if (memchr(text.p, '@', text.n) != NULL) {
        CX_TRY(mailbox(text, arena, &report, &name));
    } else {
        CX_TRY(dns_name(text, arena, &report, &name));
    }
    *ret = name;
    return CX_SUCCESS;
}

/* ---- names of a certificate */

static bool
is_allowed(const struct cx_tbs_name *name, uint64_t other_san)
{
    return name->tag < 64 && (other_san >> name->tag & 1) != 0;
}

/* Whether the name is one that a commonName may repeat, and is repeated. */
static bool
repeats(cx_span common_name, const struct cx_tbs_name *name)
{
    char text[INET6_ADDRSTRLEN];

    if (name->kind == CX_TBS_NAME_IP) {
        return inet_ntop(name->octets.n == 4 ? AF_INET : AF_INET6, name->octets.p, text,
                         sizeof(text)) != NULL &&
               cx_span_equal_fold(common_name, cx_span_of_str(cx_str_of(text)));
    }
    return (name->kind == CX_TBS_NAME_DNS || name->kind == CX_TBS_NAME_MAIL ||
            name->kind == CX_TBS_NAME_MAIL_UTF8) &&
           cx_span_equal_fold(common_name, name->octets);
}

static cx_str
without_blanks_around(cx_str text)
{
    while (text.n != 0 && text.p[0] == ' ') {
        text = (cx_str){ text.p + 1, text.n - 1 };
    }
    while (text.n != 0 && text.p[text.n - 1] == ' ') {
        text.n--;
    }
    return text;
}

/* Those that separate labels (RFC 3490 section 3.1), since readers may convert what is not ASCII. */
static bool
has_dot(cx_str text)
{
    static const char *const dots[] = { ".", "\u3002", "\uff0e", "\uff61" };

    for (size_t i = 0; i < CX_COUNT(dots); i++) {
        if (text.n != 0 && memmem(text.p, text.n, dots[i], strlen(dots[i])) != NULL) {
            return true;
        }
    }
    return false;
}

/* Readers could take it for a host, an address or a mailbox: a dot, and no blank. Rather too much than too little. */
static bool
looks_like_name(cx_str text)
{
    const char *at = text.n == 0 ? NULL : memrchr(text.p, '@', text.n);
    uint8_t octets[16];

    if (at != NULL) {
        text = (cx_str){ at + 1, text.n - (size_t)(at + 1 - text.p) };
    }
    text = without_blanks_around(text);
    return text.n != 0 && (address_octets(text, octets) != 0 ||
                           (memchr(text.p, ' ', text.n) == NULL && has_dot(text)));
}

/* In a server's certificate a commonName repeats a name (BR 7.1.4.3); elsewhere it may be a person's name. */
static cx_status
check_common_name(const struct cx_tbs *tbs, cx_span common_name, bool any_text,
                  const struct cx_permit_report *report)
{
    for (size_t i = 0; i < tbs->n; i++) {
        if (repeats(common_name, &tbs->v[i])) {
            return CX_SUCCESS;
        }
    }
    return any_text && !looks_like_name(cx_str_of_span(common_name))
               ? CX_SUCCESS
               : cx_permit_refuse(report, CX_PERMIT_COMMON_NAME, cx_str_of_span(common_name));
}

/* Adds the name to those of ret, unless it is one that only has to be allowed. */
static cx_status
take_name(const struct cx_tbs_name *name, const struct cx_permit_trust *trust,
          struct cx_arena *arena, const struct cx_permit_report *report,
          struct cx_record_name *names, size_t *n)
{
    struct cx_record_name *to = &names[*n];
    char choice[sizeof("GeneralName [31]")];

    *to = (struct cx_record_name){ .validation = CX_RECORD_NONE };
    switch (name->kind) {
    case CX_TBS_NAME_DNS:
        CX_TRY(dns_name(cx_str_of_span(name->octets), arena, report, to));
        break;
    case CX_TBS_NAME_IP:
        CX_TRY(address(name->octets, arena, report, to));
        break;
    case CX_TBS_NAME_MAIL:
    case CX_TBS_NAME_MAIL_UTF8:
        CX_TRY(mailbox(cx_str_of_span(name->octets), arena, report, to));
        break;
    case CX_TBS_NAME_COMMON_NAME:
        return CX_SUCCESS;
    case CX_TBS_NAME_OTHER:
    case CX_TBS_NAME_UNSET:
        (void)snprintf(choice, sizeof(choice), "GeneralName [%u]", name->tag & 31u);
        return is_allowed(name, trust->other_san)
                   ? CX_SUCCESS
                   : cx_permit_refuse(report, CX_PERMIT_SAN_KIND, cx_str_of(choice));
    }
    (*n)++;
    return CX_SUCCESS;
}

static unsigned
purposes_of(const struct cx_tbs *tbs, const struct cx_record_name *names, size_t n)
{
    unsigned purposes = 0;

    purposes |= tbs->eku_server_auth ? CX_PURPOSE_BIT(CX_PURPOSE_TLS) : 0;
    purposes |= tbs->eku_email_protection ? CX_PURPOSE_BIT(CX_PURPOSE_SMIME) : 0;
    purposes |= tbs->eku_mark ? CX_PURPOSE_BIT(CX_PURPOSE_VMC) : 0;
    for (size_t i = 0;
         i < n && !tbs->eku_server_auth && !tbs->eku_email_protection && !tbs->eku_mark; i++) {
        purposes |= CX_PURPOSE_BIT(names[i].kind == CX_RECORD_NAME_MAILBOX ? CX_PURPOSE_SMIME
                                                                           : CX_PURPOSE_TLS);
    }
    return purposes;
}

cx_status
cx_permit_subject_of_tbs(const struct cx_tbs *tbs, const struct cx_permit_trust *trust,
                         struct cx_arena *arena, struct cx_permit_subject *ret,
                         enum cx_permit_fault *ret_fault, struct cx_detail *detail)
{
    const struct cx_permit_report report = { ret_fault, detail };
    struct cx_record_name *names = cx_arena_get(arena, tbs->n + 1, sizeof(*names));
    size_t n = 0;
    bool any_text;

    if (tbs->is_ca) {
        return cx_permit_refuse(&report, CX_PERMIT_CA, CX_STR(""));
    }
    if (names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < tbs->n; i++) {
        CX_TRY(take_name(&tbs->v[i], trust, arena, &report, names, &n));
    }
    any_text = trust->profile == CX_PROFILE_PRIVATE ||
               (purposes_of(tbs, names, n) & CX_PURPOSE_BIT(CX_PURPOSE_TLS)) == 0;
    for (size_t i = 0; i < tbs->n; i++) {
        if (tbs->v[i].kind == CX_TBS_NAME_COMMON_NAME) {
            CX_TRY(check_common_name(tbs, tbs->v[i].octets, any_text, &report));
        }
    }
    if (n == 0) {
        return cx_permit_refuse(&report, CX_PERMIT_NO_NAMES, CX_STR(""));
    }
    *ret = (struct cx_permit_subject){ .names = names, .n_names = n };
    ret->purposes = purposes_of(tbs, names, n);
    return CX_SUCCESS;
}

/* ---- sets of names */

/* By text, then by kind: forms of one name stand together. */
static int
compare_names(const void *a, const void *b)
{
    const struct cx_record_name *left = a, *right = b;
    size_t n = left->text.n < right->text.n ? left->text.n : right->text.n;
    int order = n == 0 ? 0 : memcmp(left->text.p, right->text.p, n);

    if (order == 0) {
        order = (left->text.n > right->text.n) - (left->text.n < right->text.n);
    }
    return order != 0 ? order : (int)left->kind - (int)right->kind;
}

/* A copy in arena, sorted. */
static cx_status
sorted(const struct cx_record_name *names, size_t n, struct cx_arena *arena,
       struct cx_record_name **ret)
{
    struct cx_record_name *copy = cx_arena_get(arena, n, sizeof(*copy));

    if (copy == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(copy, names, n * sizeof(*copy));
    qsort(copy, n, sizeof(*copy), compare_names);
    *ret = copy;
    return CX_SUCCESS;
}

/* Behind the place and what equals it. */
static size_t
next_different(const struct cx_record_name *names, size_t n, size_t at)
{
    size_t next = at + 1;

    while (next < n && compare_names(&names[at], &names[next]) == 0) {
        next++;
    }
    return next;
}

/* "*.d.test", or the text as it is. */
static cx_str
shown(const struct cx_record_name *name, char buffer[CX_NAME_TEXT_MAX])
{
    bool wildcard =
        name->kind == CX_RECORD_NAME_WILDCARD || name->kind == CX_RECORD_NAME_ONION_WILDCARD;

    (void)snprintf(buffer, CX_NAME_TEXT_MAX, "%s%.*s", wildcard ? "*." : "",
                   (int)(name->text.n < CX_NAME_MAX ? name->text.n : CX_NAME_MAX), name->text.p);
    return cx_str_of(buffer);
}

static bool
has_text(const struct cx_record_name *names, size_t n, cx_str text)
{
    for (size_t i = 0; i < n; i++) {
        if (cx_str_equal(names[i].text, text)) {
            return true;
        }
    }
    return false;
}

/* Two sorted lists side by side. */
struct merge {
    const struct cx_record_name *has, *wants;
    size_t n_has, n_wants;
    size_t h, w;
};

enum side {
    SIDE_BOTH,
    SIDE_HAS,
    SIDE_WANTS,
};

static cx_status
merge_of(const struct cx_record *record, const struct cx_permit_subject *subject,
         struct cx_arena *arena, struct merge *ret)
{
    struct cx_record_name *has, *wants;

    CX_TRY(sorted(record->names, record->n_names, arena, &has));
    CX_TRY(sorted(subject->names, subject->n_names, arena, &wants));
    *ret = (struct merge){ has, wants, record->n_names, subject->n_names, 0, 0 };
    return CX_SUCCESS;
}

/* The next name of either list; NULL at the end of both. */
static const struct cx_record_name *
merge_next(struct merge *m, enum side *ret)
{
    bool no_has = m->h == m->n_has, no_wants = m->w == m->n_wants;
    const struct cx_record_name *name;
    int order;

    if (no_has && no_wants) {
        return NULL;
    }
    order = no_has ? 1 : no_wants ? -1 : compare_names(&m->has[m->h], &m->wants[m->w]);
    name = order > 0 ? &m->wants[m->w] : &m->has[m->h];
    *ret = order == 0 ? SIDE_BOTH : order > 0 ? SIDE_WANTS : SIDE_HAS;
    m->h = order <= 0 ? next_different(m->has, m->n_has, m->h) : m->h;
    m->w = order >= 0 ? next_different(m->wants, m->n_wants, m->w) : m->w;
    return name;
}

cx_status
cx_permit_check_names(const struct cx_record *record, const struct cx_permit_subject *subject,
                      struct cx_arena *arena, const struct cx_permit_report *report)
{
    char buffer[CX_NAME_TEXT_MAX];
    const struct cx_record_name *name, *extra = NULL;
    struct merge merge;
    enum side side;

    CX_TRY(merge_of(record, subject, arena, &merge));
    while ((name = merge_next(&merge, &side)) != NULL) {
        if (side == SIDE_WANTS) {
            return cx_permit_refuse(report,
                                    has_text(merge.has, merge.n_has, name->text)
                                        ? CX_PERMIT_NAME_KIND
                                        : CX_PERMIT_NAME_MISSING,
                                    shown(name, buffer));
        }
        extra = side == SIDE_HAS && extra == NULL ? name : extra;
    }
    return extra == NULL ? CX_SUCCESS
                         : cx_permit_refuse(report, CX_PERMIT_NAME_EXTRA, shown(extra, buffer));
}

/* ---- how far apart */

/* Forms of one name stand together, so one of those that the record has stands where the merge is. */
static bool
has_beside(const struct merge *m, cx_str text)
{
    return (m->h > 0 && cx_str_equal(m->has[m->h - 1].text, text)) ||
           (m->h < m->n_has && cx_str_equal(m->has[m->h].text, text));
}

cx_status
cx_permit_name_text(const struct cx_record_name *name, struct cx_arena *arena, cx_str *ret)
{
    char buffer[CX_NAME_TEXT_MAX];

    if (name->kind == CX_RECORD_NAME_MAILBOX) {
        (void)snprintf(buffer, sizeof(buffer), "@%.*s",
                       (int)(name->text.n < CX_NAME_MAX ? name->text.n : CX_NAME_MAX),
                       name->text.p);
        return cx_arena_text(arena, cx_str_of(buffer), ret);
    }
    return cx_arena_text(arena, shown(name, buffer), ret);
}

cx_status
cx_permit_compare_names(const struct cx_record *record, const struct cx_permit_subject *subject,
                        struct cx_arena *arena, struct cx_permit_names *ret)
{
    cx_str *missing = cx_arena_get(arena, subject->n_names, sizeof(*missing));
    cx_str *extra = cx_arena_get(arena, record->n_names, sizeof(*extra));
    const struct cx_record_name *name;
    struct merge merge;
    enum side side;

    if (missing == NULL || extra == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *ret = (struct cx_permit_names){ .missing = missing, .extra = extra };
    CX_TRY(merge_of(record, subject, arena, &merge));
    while ((name = merge_next(&merge, &side)) != NULL) {
        if (side == SIDE_WANTS) {
            ret->n_other_kind += has_beside(&merge, name->text) ? 1 : 0;
            CX_TRY(cx_permit_name_text(name, arena, &missing[ret->n_missing++]));
        } else if (side == SIDE_HAS) {
            CX_TRY(cx_permit_name_text(name, arena, &extra[ret->n_extra++]));
        } else {
            ret->n_common++;
        }
    }
    return CX_SUCCESS;
}
