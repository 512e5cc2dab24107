#include "bin/caaproof/reconcile_print.h"

#include "base/json.h"
#include "base/limits.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"

#include <inttypes.h>

/* Names that are shown to people of one certificate, and of what is missing or too many. */
#define NAMES_SHOWN 8

/* The certificate that a permit was for, which is not the one at hand. */
struct partner {
    struct cx_arena arena;
    struct cx_certificate certificate;
};

static cx_status
read_partner(const struct reconcile_print *print, uint64_t position, struct partner *ret,
             struct cx_detail *detail)
{
    cx_arena_init(&ret->arena, CX_CHECK_MEMORY);
    return cx_certificates_at(print->certificates, position, &ret->arena, &ret->certificate,
                              detail);
}

/* ---- for people */

static void
print_names(const cx_str *names, size_t n)
{
    for (size_t i = 0; i < n && i < NAMES_SHOWN; i++) {
        fputs(i == 0 ? "" : ", ", stdout);
        output_escaped(stdout, cx_span_of_str(names[i]));
    }
    if (n > NAMES_SHOWN) {
        printf(" and %zu more", n - NAMES_SHOWN);
    }
}

static void
print_hex(cx_span octets)
{
    for (size_t i = 0; i < octets.n; i++) {
        printf("%02x", octets.p[i]);
    }
}

/* By the serial, else by a digest. */
static void
print_id(const struct cx_certificate *certificate)
{
    const struct cx_hash *digest =
        certificate->has_certificate ? &certificate->certificate : &certificate->precertificate;

    if (certificate->issued.serial.n != 0) {
        print_hex(certificate->issued.serial);
    } else if (certificate->has_certificate || certificate->has_precertificate) {
        fputs("sha256 ", stdout);
        print_hex((cx_span){ digest->b, CX_HASH_SIZE });
    } else {
        fputs("no serial number", stdout);
    }
}

static void
print_certificate(const struct reconcile_print *print, const struct cx_reconciled *r)
{
    const struct cx_certificate *certificate = r->certificate;
    char moment[CX_TIME_TEXT];

    printf("%s%s%s  ", paint_on(stdout, PAINT_BAD), r->shared ? "SHARED" : "WITHOUT",
           paint_off(stdout));
    print_id(certificate);
    fputs("  ", stdout);
    print_names(certificate->issued.names, certificate->issued.n_names);
    fputs("\n  ", stdout);
    if (certificate->issued.issuer.n != 0) {
        output_escaped(stdout, cx_span_of_str(certificate->issued.issuer));
        fputs(", ", stdout);
    }
    if (r->signing.at != CX_TIME_NONE) {
        cx_time_format(r->signing.at, moment);
        printf("signed %s by %s, ", moment, cx_signing_clock_word(r->signing.clock));
    }
    output_escaped(stdout, cx_span_of_str(cx_str_of(print->lists[certificate->input])));
    printf(":%" PRIu64 "\n", certificate->line);
}

static void
print_nearest(const struct cx_nearest *nearest)
{
    char moment[CX_TIME_TEXT];

    if (nearest->place.shard == 0) {
        return;
    }
    cx_time_format((cx_time)(nearest->time_ms / 1000), moment);
    printf("  nearest: %" PRIu64 "/%" PRIu64 " of %s, %s", nearest->place.shard,
           nearest->place.index, moment, cx_verdict_word(nearest->verdict));
    if (nearest->expires != CX_TIME_NONE) {
        cx_time_format(nearest->expires, moment);
        printf(", a permit until %s", moment);
    }
    fputc('\n', stdout);
    if (nearest->names.n_missing != 0) {
        fputs("    it lacks ", stdout);
        print_names(nearest->names.missing, nearest->names.n_missing);
        fputc('\n', stdout);
    }
    if (nearest->names.n_extra != 0) {
        fputs("    it has too many: ", stdout);
        print_names(nearest->names.extra, nearest->names.n_extra);
        fputc('\n', stdout);
    }
    if (nearest->fault != CX_PERMIT_NO_FAULT) {
        fputs("    ", stdout);
        output_escaped(stdout, cx_span_of_str(cx_str_of(nearest->why.text)));
        fputc('\n', stdout);
    }
}

static void
print_issuance(const struct cx_issuance *issuance)
{
    char moment[CX_TIME_TEXT];

    if (issuance->place.shard == 0) {
        return;
    }
    cx_time_format((cx_time)(issuance->time_ms / 1000), moment);
    printf("  known: %s issuance was told at %s, %" PRIu64 "/%" PRIu64,
           issuance->of_precertificate ? "its precertificate's" : "its", moment,
           issuance->place.shard, issuance->place.index);
    if (issuance->request.n != 0) {
        fputs(", of request ", stdout);
        output_escaped(stdout, cx_span_of_str(issuance->request));
    }
    fputc('\n', stdout);
    if (issuance->why.n != 0) {
        fputs("    ", stdout);
        output_escaped(stdout, cx_span_of_str(issuance->why));
        fputc('\n', stdout);
    }
}

static void
print_without(const struct reconcile_print *print, const struct cx_reconciled *r)
{
    print_certificate(print, r);
    for (unsigned i = 0; i < CX_RECONCILE_REASONS; i++) {
        if ((r->reasons & CX_RECONCILE_BIT(i)) != 0) {
            printf("  %s\n", cx_reconcile_sentence((enum cx_reconcile_reason)i));
        }
    }
    print_nearest(&r->nearest);
    print_issuance(&r->issuance);
}

static void
print_shared(const struct reconcile_print *print, const struct cx_reconciled *r,
             const struct cx_certificate *with)
{
    print_certificate(print, r);
    printf("  its permit %" PRIu64 "/%" PRIu64 " was used for ", r->permit.shard, r->permit.index);
    print_id(with);
    fputc('\n', stdout);
}

static void
print_counts(const struct reconcile_print *p)
{
    const struct cx_reconcile_counts *k = &p->counts;

    printf("%" PRIu64 " rows = %" PRIu64 " certificates and precertificates + %" PRIu64
           " rejected + %" PRIu64 " ignored\n",
           p->rows, p->observed, p->rejected, p->ignored);
    if (p->assumed_utc != 0) {
        printf("%" PRIu64 " rows have times without a zone, taken for UTC: --zone states another\n",
               p->assumed_utc);
    }
    printf("%" PRIu64 " certificates, a pair or a repetition counted once = %" PRIu64
           " with a permit + %" PRIu64 " without\n",
           k->certificates, k->with, k->without);
    for (unsigned i = 0; i < CX_RECONCILE_REASONS; i++) {
        if (k->reasons[i] != 0) {
            printf("%8" PRIu64 "  %s: %s\n", k->reasons[i],
                   cx_reconcile_word((enum cx_reconcile_reason)i),
                   cx_reconcile_sentence((enum cx_reconcile_reason)i));
        }
    }
    if (k->shared != 0) {
        printf("%" PRIu64 " share a permit with another certificate\n", k->shared);
    }
    if (k->reported != 0) {
        printf("%" PRIu64 " of those without are known: their issuance was told to the log\n",
               k->reported);
    }
    if (k->weak != 0) {
        printf("%" PRIu64 " of those without are known by notBefore only, which is often earlier "
               "than the signature:\na list with the moments of the signing log says more\n",
               k->weak);
    }
    printf("%" PRIu64 " checks in the log, the records of %" PRIu64 " of them deleted\n", k->checks,
           k->deleted);
}

/* ---- for programs */

static struct cx_json *
hex(cx_span octets)
{
    struct cx_json *json;
    struct cx_buf buf;

    cx_buf_init(&buf, CX_LINE_MAX);
    cx_buf_put_hex(&buf, octets);
    json = cx_buf_ok(&buf) ? cx_json_new_string(cx_buf_str(&buf)) : NULL;
    cx_buf_done(&buf);
    return json;
}

static struct cx_json *
hex_or_null(bool is_there, cx_span octets)
{
    return is_there ? hex(octets) : cx_json_new_null();
}

static struct cx_json *
texts(const cx_str *v, size_t n)
{
    struct cx_json *array = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; i < n; i++) {
        ok = cx_json_add(array, cx_json_new_outside(v[i])) && ok;
    }
    return cx_json_whole(array, ok);
}

static struct cx_json *
words(uint32_t reasons)
{
    struct cx_json *array = cx_json_new_array();
    bool ok = true;

    for (unsigned i = 0; i < CX_RECONCILE_REASONS; i++) {
        if ((reasons & CX_RECONCILE_BIT(i)) != 0) {
            ok = cx_json_add(array,
                             cx_json_new_text(cx_reconcile_word((enum cx_reconcile_reason)i))) &&
                 ok;
        }
    }
    return cx_json_whole(array, ok);
}

static bool
set_count(struct cx_json *json, const char *member, uint64_t count)
{
    return cx_json_set(json, member, cx_json_new_integer((int64_t)count));
}

/* The certificate, as every line has it. */
static bool
set_certificate(struct cx_json *o, const char *const *lists, const struct cx_certificate *c)
{
    const struct cx_issued *issued = &c->issued;

    return cx_json_set(
               o, "certificate",
               hex_or_null(c->has_certificate, (cx_span){ c->certificate.b, CX_HASH_SIZE })) &&
           cx_json_set(o, "precertificate",
                       hex_or_null(c->has_precertificate,
                                   (cx_span){ c->precertificate.b, CX_HASH_SIZE })) &&
           cx_json_set(o, "serial", hex_or_null(issued->serial.n != 0, issued->serial)) &&
           cx_json_set(o, "issuer", cx_json_new_outside(issued->issuer)) &&
           cx_json_set(o, "names", texts(issued->names, issued->n_names)) &&
           cx_json_set(o, "source", cx_json_new_outside(cx_str_of(lists[c->input]))) &&
           set_count(o, "line", c->line);
}

static struct cx_json *
place_json(const struct cx_log_place *place)
{
    struct cx_json *o = cx_json_new_object();
    bool ok = set_count(o, "shard", place->shard) && set_count(o, "index", place->index);

    return cx_json_whole(o, ok);
}

static struct cx_json *
nearest_json(const struct cx_nearest *nearest)
{
    bool faulty = nearest->fault != CX_PERMIT_NO_FAULT;
    struct cx_json *o;
    bool ok;

    if (nearest->place.shard == 0) {
        return cx_json_new_null();
    }
    o = place_json(&nearest->place);
    ok = cx_json_set(o, "time", cx_json_new_moment((cx_time)(nearest->time_ms / 1000))) &&
         cx_json_set(o, "verdict", cx_json_new_text(cx_verdict_word(nearest->verdict))) &&
         cx_json_set(o, "expires", cx_json_new_moment(nearest->expires)) &&
         cx_json_set(o, "authority",
                     hex_or_null(nearest->has_authority,
                                 (cx_span){ nearest->authority.b, CX_HASH_SIZE })) &&
         cx_json_set(o, "missing", texts(nearest->names.missing, nearest->names.n_missing)) &&
         cx_json_set(o, "extra", texts(nearest->names.extra, nearest->names.n_extra)) &&
         cx_json_set(o, "fault",
                     faulty ? cx_json_new_text(cx_permit_fault_word(nearest->fault))
                            : cx_json_new_null()) &&
         cx_json_set(o, "text",
                     faulty ? cx_json_new_outside(cx_str_of(nearest->why.text))
                            : cx_json_new_null());
    return cx_json_whole(o, ok);
}

static struct cx_json *
issuance_json(const struct cx_issuance *issuance)
{
    struct cx_json *o;
    bool ok;

    if (issuance->place.shard == 0) {
        return cx_json_new_null();
    }
    o = place_json(&issuance->place);
    ok =
        cx_json_set(o, "time", cx_json_new_moment((cx_time)(issuance->time_ms / 1000))) &&
        cx_json_set(
            o, "of",
            cx_json_new_text(issuance->of_precertificate ? "precertificate" : "certificate")) &&
        cx_json_set(o, "id",
                    issuance->request.n != 0 ? cx_json_new_outside(issuance->request)
                                             : cx_json_new_null()) &&
        cx_json_set(o, "why",
                    issuance->why.n != 0 ? cx_json_new_outside(issuance->why) : cx_json_new_null());
    return cx_json_whole(o, ok);
}

static struct cx_json *
clock_json(enum cx_signing_clock clock)
{
    return clock == CX_SIGNING_UNKNOWN ? cx_json_new_null()
                                       : cx_json_new_text(cx_signing_clock_word(clock));
}

/* with: the certificate that a shared permit was used for, or NULL. */
static cx_status
print_json(const struct reconcile_print *print, const struct cx_reconciled *r,
           const struct cx_certificate *with)
{
    struct cx_json *o = cx_json_new_object();
    bool ok = cx_json_set(o, "result", cx_json_new_text(r->shared ? "shared" : "without")) &&
              set_certificate(o, print->lists, r->certificate) &&
              cx_json_set(o, "signed", cx_json_new_moment(r->signing.at)) &&
              cx_json_set(o, "clock", clock_json(r->signing.clock));
    cx_status s;

    if (!r->shared) {
        ok = cx_json_set(o, "reason", cx_json_new_text(cx_reconcile_word(r->reason))) &&
             cx_json_set(o, "reasons", words(r->reasons)) &&
             cx_json_set(o, "nearest", nearest_json(&r->nearest)) &&
             cx_json_set(o, "issuance", issuance_json(&r->issuance)) && ok;
    } else {
        struct cx_json *other = cx_json_new_object();

        ok = set_certificate(other, print->lists, with) && ok;
        ok = cx_json_set(o, "permit", place_json(&r->permit)) && ok;
        ok = cx_json_set(o, "with", other) && ok;
    }
    o = cx_json_whole(o, ok);
    s = output_json(o);
    cx_json_free(o);
    return s;
}

static cx_status
print_counts_json(const struct reconcile_print *p)
{
    const struct cx_reconcile_counts *k = &p->counts;
    struct cx_json *o = cx_json_new_object(), *reasons = cx_json_new_object();
    cx_status s;
    bool ok = true;

    for (unsigned i = 0; i < CX_RECONCILE_REASONS; i++) {
        ok = (k->reasons[i] == 0 ||
              set_count(reasons, cx_reconcile_word((enum cx_reconcile_reason)i), k->reasons[i])) &&
             ok;
    }
    ok = set_count(o, "schema", 1) && set_count(o, "rows", p->rows) &&
         set_count(o, "observed", p->observed) && set_count(o, "rejected", p->rejected) &&
         set_count(o, "ignored", p->ignored) && set_count(o, "assumed_utc", p->assumed_utc) &&
         set_count(o, "pairs", p->joined.pairs) &&
         set_count(o, "duplicates", p->joined.duplicates) &&
         set_count(o, "certificates", k->certificates) && set_count(o, "with", k->with) &&
         set_count(o, "without", k->without) && set_count(o, "shared", k->shared) &&
         set_count(o, "weak_clock", k->weak) && set_count(o, "checks", k->checks) &&
         set_count(o, "deleted", k->deleted) && set_count(o, "reported", k->reported) && ok;
    ok = cx_json_set(o, "reasons", reasons) && ok;
    o = cx_json_whole(o, ok);
    s = output_json(o);
    cx_json_free(o);
    return s;
}

/* ---- */

cx_status
reconcile_print_one(const struct reconcile_print *print, const struct cx_reconciled *r,
                    struct cx_detail *detail)
{
    struct partner partner;
    cx_status s;

    if (!r->shared && !print->json) {
        print_without(print, r);
        return CX_SUCCESS;
    }
    if (!r->shared) {
        return print_json(print, r, NULL);
    }
    s = read_partner(print, r->shared_with, &partner, detail);
    if (cx_ok(s) && print->json) {
        s = print_json(print, r, &partner.certificate);
    } else if (cx_ok(s)) {
        print_shared(print, r, &partner.certificate);
    }
    cx_arena_done(&partner.arena);
    return s;
}

bool
reconcile_is_well(const struct reconcile_print *print)
{
    return print->counts.without == 0 && print->counts.shared == 0 && print->rejected == 0;
}

cx_status
reconcile_print_counts(const struct reconcile_print *print)
{
    if (print->json) {
        return print_counts_json(print);
    }
    print_counts(print);
    return CX_SUCCESS;
}
