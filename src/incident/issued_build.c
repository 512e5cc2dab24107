#include "incident/issued_build.h"

#include "pki/alt_name.h"
#include "pki/certificate.h"
#include "pki/der.h"
#include "pki/digest.h"
#include "pki/distinguished_name.h"
#include "pki/sct.h"
#include "pki/tbs.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

/* Whichever reader read it; spans as in struct cx_tbs. */
struct particulars {
    bool is_precertificate;
    bool is_ca;
    cx_span serial;
    cx_span issuer;
    cx_span subject;
    cx_span sct_list;
    cx_span policies;
    cx_time not_before;
    cx_time not_after;
};

/* ---- records */

void
cx_issued_build_init(struct cx_issued_build *build)
{
    *build = (struct cx_issued_build){ .issuer = { NULL } };
    cx_arena_init(&build->arena, CX_CHECK_MEMORY);
    cx_buf_init(&build->issuer, CX_DISTINGUISHED_NAME_MAX);
    cx_buf_init(&build->issuer_text, CX_LINE_MAX);
    cx_buf_init(&build->subject_text, CX_LINE_MAX);
    cx_buf_init(&build->row_issuer, CX_LINE_MAX);
}

void
cx_issued_build_done(struct cx_issued_build *build)
{
    cx_arena_done(&build->arena);
    cx_buf_done(&build->issuer);
    cx_buf_done(&build->issuer_text);
    cx_buf_done(&build->subject_text);
    cx_buf_done(&build->row_issuer);
}

void
cx_issued_begin(struct cx_issued_build *build, uint64_t line, struct cx_issued_record *record)
{
    cx_arena_reset(&build->arena);
    record->fate = CX_FATE_OBSERVED;
    record->line = line;
    record->issued = (struct cx_issued){
        .not_before = CX_TIME_NONE,
        .not_after = CX_TIME_NONE,
        .signed_at = CX_TIME_NONE,
        .revoked_at = CX_TIME_NONE,
        .reason = -1,
        .aware = CX_TIME_NONE,
    };
    record->text = (cx_span){ NULL, 0 };
    record->changed = false;
    record->assumed_utc = false;
    record->reason[0] = record->note[0] = '\0';
}

/* Outside text came in through formats: what is no printable ASCII or UTF-8 never leaves. */
static void
put_words(char to[CX_REJECT_TEXT], const char *fmt, va_list args)
{
    (void)vsnprintf(to, CX_REJECT_TEXT, fmt, args); /* a longer text is cut */
    for (char *p = to; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f) {
            *p = '?';
        }
    }
}

void
cx_issued_reject(struct cx_issued_record *record, cx_span text, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    put_words(record->reason, fmt, args);
    va_end(args);
    record->fate = CX_FATE_REJECTED;
    record->text = text;
}

void
cx_issued_ignore(struct cx_issued_record *record, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    put_words(record->reason, fmt, args);
    va_end(args);
    record->fate = CX_FATE_IGNORED;
}

void
cx_issued_note(struct cx_issued_record *record, const char *fmt, ...)
{
    static const char more[] = "; and more";
    size_t at = strlen(record->note);
    char words[CX_REJECT_TEXT];
    va_list args;

    va_start(args, fmt);
    put_words(words, fmt, args);
    va_end(args);
    record->changed = true;
    if (at + 2 + strlen(words) + sizeof(more) <= CX_REJECT_TEXT) {
        (void)snprintf(record->note + at, CX_REJECT_TEXT - at, "%s%s", at == 0 ? "" : "; ", words);
    } else if (at < sizeof(more) ||
               memcmp(record->note + at - sizeof(more) + 1, more, sizeof(more)) != 0) {
        at = at + sizeof(more) > CX_REJECT_TEXT ? CX_REJECT_TEXT - sizeof(more) : at;
        memcpy(record->note + at, more, sizeof(more));
    }
}

void
cx_issued_seen(struct cx_issued *issued, int64_t time_ms)
{
    if (time_ms > 0 && (issued->sct_ms == 0 || time_ms < issued->sct_ms)) {
        issued->sct_ms = time_ms;
    }
}

cx_span
cx_issued_serial(cx_span content)
{
    while (content.n > 1 && content.p[0] == 0) {
        content = (cx_span){ content.p + 1, content.n - 1 };
    }
    return content;
}

cx_span
cx_issued_text_of(cx_span head)
{
    if (head.n >= 3 && memcmp(head.p, "\xef\xbb\xbf", 3) == 0) {
        head = (cx_span){ head.p + 3, head.n - 3 };
    }
    while (head.n != 0 && memchr(" \t\r\n", head.p[0], 4) != NULL) {
        head = (cx_span){ head.p + 1, head.n - 1 };
    }
    return head;
}

/* ---- names */

static cx_status
address_text(cx_span octets, struct cx_arena *arena, cx_str *ret)
{
    char text[INET6_ADDRSTRLEN];

    if (inet_ntop(octets.n == 4 ? AF_INET : AF_INET6, octets.p, text, sizeof(text)) == NULL) {
        return (cx_status){ CX_E_INTERNAL };
    }
    return cx_arena_text(arena, cx_str_of(text), ret);
}

static bool
is_among(cx_span name, const cx_str *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (cx_span_equal_fold(name, cx_span_of_str(v[i]))) {
            return true;
        }
    }
    return false;
}

/* Names that CAA could bind; a commonName if it could be taken for a host and is not among them. */
static cx_status
take_tbs_names(const struct cx_tbs *tbs, struct cx_arena *arena, struct cx_issued *issued)
{
    cx_str *v = cx_arena_get(arena, tbs->n + 1, sizeof(*v));
    size_t n = 0;

    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < tbs->n; i++) {
        cx_span octets = tbs->v[i].octets;

        switch (tbs->v[i].kind) {
        case CX_TBS_NAME_DNS:
        case CX_TBS_NAME_MAIL:
        case CX_TBS_NAME_MAIL_UTF8:
            v[n++] = cx_str_of_span(octets);
            break;
        case CX_TBS_NAME_IP:
            CX_TRY(address_text(octets, arena, &v[n++]));
            break;
        case CX_TBS_NAME_COMMON_NAME:
            if (cx_common_name_is_host(cx_str_of_span(octets)) && !is_among(octets, v, n)) {
                v[n++] = cx_str_of_span(octets);
            }
            break;
        case CX_TBS_NAME_UNSET:
        case CX_TBS_NAME_OTHER:
            break;
        }
    }
    issued->names = v;
    issued->n_names = n;
    return CX_SUCCESS;
}

static cx_status
take_names(const struct cx_certificate_names *names, struct cx_arena *arena,
           struct cx_issued *issued)
{
    cx_str *v = cx_arena_get(arena, names->n + 1, sizeof(*v));

    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < names->n; i++) {
        v[i] = names->v[i].text;
    }
    issued->names = v;
    issued->n_names = names->n;
    return CX_SUCCESS;
}

/* ---- a certificate */

static cx_status
read_strictly(cx_span der, struct cx_arena *arena, struct particulars *ret,
              struct cx_issued *issued, struct cx_detail *detail)
{
    struct cx_tbs tbs;

    CX_TRY(cx_tbs_read(der, arena, &tbs, detail));
    if (!tbs.is_certificate) {
        return cx_fail(detail, CX_E_CERTIFICATE, "a TBSCertificate, which has no signature yet");
    }
    *ret = (struct particulars){
        .is_precertificate = tbs.is_precertificate,
        .is_ca = tbs.is_ca,
        .serial = tbs.serial,
        .issuer = tbs.issuer,
        .subject = tbs.subject,
        .sct_list = tbs.sct_list,
        .policies = tbs.policies,
        .not_before = tbs.not_before,
        .not_after = tbs.not_after,
    };
    return take_tbs_names(&tbs, arena, issued);
}

static cx_status
read_with_openssl(cx_span der, struct cx_arena *arena, struct particulars *ret,
                  struct cx_issued *issued, struct cx_detail *detail)
{
    struct cx_certificate_names names;

    CX_TRY(cx_certificate_read(der, arena, &names, detail));
    if (names.kind == CX_CERTIFICATE_REQUEST) {
        return cx_fail(detail, CX_E_CERTIFICATE, "a certificate request, which nobody has signed");
    }
    *ret = (struct particulars){
        .is_precertificate = names.kind == CX_CERTIFICATE_PRE,
        .is_ca = names.is_ca,
        .serial = names.serial,
        .issuer = names.issuer,
        .subject = names.subject,
        .sct_list = names.sct_list,
        .policies = names.policies,
        .not_before = names.not_before,
        .not_after = names.not_after,
    };
    return take_names(&names, arena, issued);
}

static bool
is_refusal(cx_status s)
{
    return cx_status_class(s) == CX_CLASS_MALFORMED || cx_status_class(s) == CX_CLASS_LIMIT;
}

/* False if neither reader can read it: then the record is rejected. */
static cx_status
read_particulars(cx_span der, struct cx_arena *arena, struct particulars *ret,
                 struct cx_issued_record *record, bool *ret_read)
{
    struct cx_detail strict = { .text = "" }, lax = { .text = "" };
    cx_status s = read_strictly(der, arena, ret, &record->issued, &strict);

    *ret_read = true;
    if (!is_refusal(s)) {
        return s;
    }
    s = read_with_openssl(der, arena, ret, &record->issued, &lax);
    if (is_refusal(s)) {
        *ret_read = false;
        cx_issued_reject(record, der, "%s; %s", strict.text, lax.text);
        return CX_SUCCESS;
    }
    cx_issued_note(record, "read by OpenSSL alone: %s", strict.text);
    return s;
}

/* By the CA/Browser Forum's policy identifiers (2.23.140.1). */
static cx_str
type_of(cx_span policies)
{
    static const struct {
        const char *oid;
        size_t n;
        const char *type;
    } types[] = {
        { "\x67\x81\x0c\x01\x01", 5, "EV" },
        { "\x67\x81\x0c\x01\x02\x01", 6, "DV" },
        { "\x67\x81\x0c\x01\x02\x02", 6, "OV" },
        { "\x67\x81\x0c\x01\x02\x03", 6, "IV" },
    };
    struct cx_reader r = cx_reader_of(policies), all = cx_der_enter(&r, CX_DER_SEQUENCE);

    while (cx_rd_left(&all) != 0) {
        struct cx_reader one = cx_der_enter(&all, CX_DER_SEQUENCE);
        cx_span oid = cx_der_get(&one, CX_DER_OID);

        for (size_t i = 0; i < CX_COUNT(types); i++) {
            if (cx_span_equal(oid, (cx_span){ (const uint8_t *)types[i].oid, types[i].n })) {
                return cx_str_of(types[i].type);
            }
        }
    }
    return CX_STR("");
}

cx_status
cx_issued_take_issuer(struct cx_issued_build *build, cx_span name, struct cx_issued *issued,
                      struct cx_detail *detail)
{
    if (build->issuer.n == 0 || !cx_span_equal(cx_span_of_str(cx_buf_str(&build->issuer)), name)) {
        cx_buf_clear(&build->issuer);
        cx_buf_clear(&build->issuer_text);
        CX_TRY(cx_distinguished_name_put(&build->issuer_text, name, detail));
        CX_TRY(cx_sha256(name, build->issuer_key.b));
        cx_buf_put(&build->issuer, cx_str_of_span(name));
        CX_TRY(cx_buf_status(&build->issuer));
    }
    issued->issuer = cx_buf_str(&build->issuer_text);
    issued->issuer_key = build->issuer_key;
    return CX_SUCCESS;
}

static cx_status
take_subject(struct cx_issued_build *build, cx_span name, struct cx_issued *issued,
             struct cx_detail *detail)
{
    cx_buf_clear(&build->subject_text);
    CX_TRY(cx_distinguished_name_put(&build->subject_text, name, detail));
    issued->subject = cx_buf_str(&build->subject_text);
    return CX_SUCCESS;
}

/* A list that cannot be read leaves the moment unknown, and the certificate in the list. */
static void
take_scts(cx_span value, struct cx_issued_record *record)
{
    struct cx_detail detail = { .text = "" };
    struct cx_sct_list list;

    if (value.n == 0) {
        return;
    }
    if (!cx_ok(cx_sct_read(value, NULL, 0, &list, &detail))) {
        cx_issued_note(record, "no moment from its SCTs: %s", detail.text);
        return;
    }
    cx_issued_seen(&record->issued, list.earliest_ms);
    record->issued.logs = (unsigned)list.logs;
}

static cx_status
take_particulars(struct cx_issued_build *build, const struct particulars *p,
                 struct cx_issued_record *record, struct cx_detail *detail)
{
    struct cx_issued *issued = &record->issued;

    issued->kind = p->is_precertificate ? CX_ISSUED_PRE : CX_ISSUED_FINAL;
    issued->serial = cx_issued_serial(p->serial);
    issued->not_before = p->not_before;
    issued->not_after = p->not_after;
    issued->type = type_of(p->policies);
    take_scts(p->sct_list, record);
    CX_TRY(cx_issued_take_issuer(build, p->issuer, issued, detail));
    return take_subject(build, p->subject, issued, detail);
}

cx_status
cx_issued_take_der(struct cx_issued_build *build, cx_span der, struct cx_issued_record *record)
{
    struct cx_detail detail = { .text = "" };
    struct particulars p = { .is_ca = false };
    bool read;
    cx_status s;

    CX_TRY(read_particulars(der, &build->arena, &p, record, &read));
    if (!read) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_sha256(der, record->issued.digest.b));
    record->issued.has_digest = true;
    s = take_particulars(build, &p, record, &detail);
    if (is_refusal(s)) {
        cx_issued_reject(record, der, "issuer or subject: %s", detail.text);
        return CX_SUCCESS;
    }
    if (cx_ok(s) && p.is_ca) {
        cx_issued_ignore(record, "a CA's own certificate: CAA does not apply (R-REV-7)");
    } else if (cx_ok(s) && record->issued.n_names == 0) {
        cx_issued_ignore(record, "it has no name that CAA could bind");
    }
    return s;
}
