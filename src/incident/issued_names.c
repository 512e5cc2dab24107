#include "incident/issued_names.h"

#include "base/utf8.h"
#include "dns/name.h"
#include "domain/idn.h"
#include "domain/subject.h"
#include "pki/alt_name.h"

struct names {
    struct cx_issued_build *build;
    struct cx_issued_record *record;
    const char *column;
    cx_span whole;
    cx_str *v;
    size_t n;
    size_t room;
    bool kinds, a_labels, dots; /* told of already */
};

static cx_status
refuse(const struct names *names, cx_str name, const char *why)
{
    cx_issued_reject(names->record, names->whole, "%s \"%.*s\": %s", names->column,
                     (int)(name.n < 80 ? name.n : 80), name.p, why);
    return CX_SUCCESS;
}

static void
tell(const struct names *names, bool *told, const char *what)
{
    if (!*told) {
        cx_issued_note(names->record, "%s: %s", names->column, what);
        *told = true;
    }
}

static cx_status
add(struct names *names, cx_str name)
{
    cx_str *wider;

    if (names->n == CX_NAMES_MAX) {
        return refuse(names, name, "more names than any certificate has");
    }
    wider = cx_arena_widen(&names->build->arena, names->v, names->n, &names->room, sizeof(*wider));
    if (wider == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    names->v = wider;
    names->v[names->n++] = name;
    return CX_SUCCESS;
}

/* ---- one name */

/* Labels as hosts had them while underscores were allowed; "*." in front of them. */
static bool
is_host(cx_str text)
{
    struct cx_name name;

    if (text.n > 2 && memcmp(text.p, "*.", 2) == 0) {
        text = (cx_str){ text.p + 2, text.n - 2 };
    }
    return cx_ok(cx_alt_name_check_dns(cx_span_of_str(text), NULL)) &&
           memchr(text.p, '\\', text.n) == NULL && cx_ok(cx_name_from_text(text, &name, NULL)) &&
           !cx_name_is_root(cx_name_span(&name)) && cx_name_is_ldh(cx_name_span(&name), true);
}

/* The domain of one in UTF-8 is turned into A-labels where it is asked about (R-MAIL-3). */
static cx_status
add_mailbox(struct names *names, cx_str text)
{
    cx_span octets = cx_span_of_str(text);
    const char *at = memrchr(text.p, '@', text.n);
    cx_str domain = { at + 1, (size_t)(text.p + text.n - at - 1) };
    bool good =
        at != text.p && domain.n != 0 &&
        (cx_str_is_ascii(text) ? cx_ok(cx_alt_name_check_mail(octets, NULL)) && is_host(domain)
                               : cx_ok(cx_alt_name_check_mail_utf8(octets, NULL)));

    return good ? add(names, text) : refuse(names, text, "not a mailbox");
}

/* U-labels are what people see, and A-labels what the certificate has. */
static cx_status
to_a_labels(struct names *names, cx_str *text)
{
    struct cx_arena *arena = &names->build->arena;
    size_t star = text->n > 2 && memcmp(text->p, "*.", 2) == 0 ? 2 : 0;
    cx_str ascii;
    char *p;

    CX_TRY(cx_domain_to_ascii((cx_str){ text->p + star, text->n - star }, arena, &ascii, NULL));
    p = cx_arena_get(arena, star + ascii.n, 1);
    if (p == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(p, text->p, star);
    memcpy(p + star, ascii.p, ascii.n);
    *text = (cx_str){ p, star + ascii.n };
    tell(names, &names->a_labels, "labels that are not ASCII turned into A-labels");
    return CX_SUCCESS;
}

static cx_status
add_host(struct names *names, cx_str text)
{
    cx_str given = text;

    if (!cx_str_is_ascii(text)) {
        cx_status s = to_a_labels(names, &text);

        if (cx_status_class(s) == CX_CLASS_MALFORMED) {
            return refuse(names, given, "not a name in UTF-8 that has A-labels");
        }
        CX_TRY(s);
    }
    if (text.n > 1 && text.p[text.n - 1] == '.') {
        text.n--;
        tell(names, &names->dots, "final dot removed");
    }
    return is_host(text) ? add(names, text)
                         : refuse(names, given, "neither a host name, an address nor a mailbox");
}

/* "DNS:", as OpenSSL prints it, and its like. */
static cx_str
without_kind(struct names *names, cx_str text)
{
    static const char *const kinds[] = {
        "DNS:",        "DNS Name=", "DNS Name:",  "dNSName:", "dNSName=",     "IP Address:",
        "IP Address=", "IP:",       "iPAddress:", "email:",   "RFC822 Name=", "rfc822Name:"
    };

    for (size_t i = 0; i < CX_COUNT(kinds); i++) {
        size_t n = strlen(kinds[i]);
        cx_str front = { text.p, n };

        if (text.n > n &&
            cx_span_equal_fold(cx_span_of_str(front), cx_span_of_str(cx_str_of(kinds[i])))) {
            tell(names, &names->kinds, "kinds in front of names removed");
            return (cx_str){ text.p + n, text.n - n };
        }
    }
    return text;
}

static cx_str
trimmed(cx_str text, const char *what)
{
    while (text.n != 0 && text.p[0] != '\0' && strchr(what, text.p[0]) != NULL) {
        text = (cx_str){ text.p + 1, text.n - 1 };
    }
    while (text.n != 0 && text.p[text.n - 1] != '\0' && strchr(what, text.p[text.n - 1]) != NULL) {
        text.n--;
    }
    return text;
}

static cx_status
add_name(struct names *names, cx_str piece)
{
    cx_str text = trimmed(piece, " \t\r\",;");

    if (text.n == 0) {
        return CX_SUCCESS; /* between two separators */
    }
    if (cx_is_ip_address(text)) {
        return add(names, text);
    }
    return memchr(text.p, '@', text.n) != NULL ? add_mailbox(names, text) : add_host(names, text);
}

/* ---- the cell */

/* A blank separates only where nothing else does: between "a.example, Example Inc" it is part of what is no name. */
static const char *
separators_of(cx_str cell)
{
    static const char lines_and_commas[] = "\n,;|";

    for (const char *p = lines_and_commas; *p != '\0'; p++) {
        if (memchr(cell.p, *p, cell.n) != NULL) {
            return lines_and_commas;
        }
    }
    return " \t";
}

/* {a,b} and ["a","b"], as databases export their arrays. */
static cx_str
without_braces(cx_str cell)
{
    cx_str text = trimmed(cell, " \t\r\n");

    if (text.n >= 2 && ((text.p[0] == '{' && text.p[text.n - 1] == '}') ||
                        (text.p[0] == '[' && text.p[text.n - 1] == ']'))) {
        return (cx_str){ text.p + 1, text.n - 2 };
    }
    return text;
}

cx_status
cx_issued_take_names(struct cx_issued_build *build, cx_str cell, const char *column, cx_span whole,
                     struct cx_issued_record *record)
{
    struct names names = { .build = build, .record = record, .column = column, .whole = whole };
    cx_str rest = without_braces(cell);
    /* What a search found has a line for each; blanks and commas are those of an organization's name. */
    const char *separators = record->issued.names_partial ? "\n" : separators_of(rest);

    while (rest.n != 0 && record->fate == CX_FATE_OBSERVED) {
        size_t n = 0;

        /* A kind may have a blank in it, which separates nothing. */
        rest = without_kind(&names, trimmed(rest, " \t\r\n\",;"));
        while (n < rest.n && (rest.p[n] == '\0' || strchr(separators, rest.p[n]) == NULL)) {
            n++;
        }
        CX_TRY(add_name(&names, (cx_str){ rest.p, n }));
        n += n < rest.n ? 1 : 0;
        rest = (cx_str){ rest.p + n, rest.n - n };
    }
    if (record->fate == CX_FATE_OBSERVED && names.n == 0) {
        return refuse(&names, cell, "no names in it");
    }
    record->issued.names = names.v;
    record->issued.n_names = names.n;
    return CX_SUCCESS;
}
