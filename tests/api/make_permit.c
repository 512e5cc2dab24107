/* Writes permits, keys and certificates into a folder, and vectors.json, which says what each is good for: the test vectors
 * of docs/formats/permit.md, and what tests of the command and of the library are given. Same octets on every run. */
#include "base/buf.h"
#include "base/limits.h"
#include "evidence/proof.h"
#include "sample.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>

#define MUST(met)                                                                                  \
    do {                                                                                           \
        if (!(met)) {                                                                              \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #met);                              \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define NAMES  "[\"www.d.test\", \"*.d.test\"]"
#define GOOD   "2026-11-22T12:00:01Z"
#define KEY    "log.vkey"
#define ISSUER "authority.pem"

struct output {
    const char *folder;
    FILE *list;
    bool any;
};

static FILE *
open_file(const struct output *out, const char *name)
{
    char path[4096];
    FILE *f;

    MUST(snprintf(path, sizeof(path), "%s/%s", out->folder, name) < (int)sizeof(path));
    f = fopen(path, "wb");
    MUST(f != NULL);
    return f;
}

static void
save(const struct output *out, const char *name, cx_span octets)
{
    FILE *f = open_file(out, name);

    MUST(fwrite(octets.p, 1, octets.n, f) == octets.n && fclose(f) == 0);
}

/* ---- rows of vectors.json */

/* What a signer is given; NULL or 0: as usual. */
struct row {
    const char *file; /* of the permit */
    const char *expect;
    const char *at;
    const char *key;
    const char *authority;
    const char *names; /* JSON */
    const char *certificate;
    const char *purpose;
    const char *more; /* further members, as JSON */
};

static const char *
or_else(const char *given, const char *usual)
{
    return given != NULL ? given : usual;
}

static void
list(struct output *out, const struct row *row)
{
    MUST(fprintf(out->list, "%s  {\"permit\": \"%s\", \"expect\": \"%s\", \"at\": \"%s\",\n",
                 out->any ? ",\n" : "", row->file, row->expect, or_else(row->at, GOOD)) > 0);
    MUST(fprintf(out->list, "   \"key\": \"%s\", \"authority\": \"%s\"", or_else(row->key, KEY),
                 or_else(row->authority, ISSUER)) > 0);
    if (row->certificate != NULL) {
        MUST(fprintf(out->list, ", \"certificate\": \"%s\"", row->certificate) > 0);
    } else {
        MUST(fprintf(out->list, ", \"names\": %s", or_else(row->names, NAMES)) > 0);
    }
    if (row->certificate == NULL || row->purpose != NULL) {
        MUST(fprintf(out->list, ", \"purpose\": \"%s\"", or_else(row->purpose, "tls")) > 0);
    }
    MUST(fprintf(out->list, "%s%s}", row->more != NULL ? ", " : "", or_else(row->more, "")) > 0);
    out->any = true;
}

/* ---- permits that differ in what their record says */

static void
no_authority(struct sample *s)
{
    s->record.has_authority = false;
}

static void
denied(struct sample *s)
{
    s->findings[1].verdict = s->record.conclusion.verdict = CX_VERDICT_DENY;
    s->record.conclusion.expires = CX_TIME_NONE;
}

static void
lookup_failure(struct sample *s)
{
    s->findings[1].verdict = s->record.conclusion.verdict = CX_VERDICT_PERMIT_LF;
}

static void
exempt(struct sample *s)
{
    s->findings[1].verdict = CX_VERDICT_EXEMPT;
}

static void
uncorroborated(struct sample *s)
{
    s->record.corroboration.kind = CX_CORROBORATION_NONE;
}

static void
one_region(struct sample *s)
{
    s->record.corroboration.n_regions = 1;
}

static void
hypothetical(struct sample *s)
{
    s->record.conclusion.hypothetical = true;
    s->record.conclusion.expires = CX_TIME_NONE;
}

static void
old_rules(struct sample *s)
{
    s->record.cases[0].epoch = CX_STR("E10");
}

static void
late(struct sample *s)
{
    s->record.has_deadline = true;
    s->record.deadline_ms = s->record.time_ms - 1;
}

static void
long_life(struct sample *s)
{
    s->record.conclusion.expires += 3600;
}

static void
no_expiry(struct sample *s)
{
    s->record.conclusion.expires = CX_TIME_NONE;
}

static void
private_rules(struct sample *s)
{
    s->record.cases[0].profile = CX_PROFILE_PRIVATE;
    s->record.cases[0].epoch = CX_STR("RFC8659");
}

static void
an_address(struct sample *s)
{
    s->record.n_names = 0;
    sample_add_name(s, CX_RECORD_NAME_DNS, "www.d.test");
    sample_add_name(s, CX_RECORD_NAME_IP, "192.0.2.1");
    s->findings[1].verdict = CX_VERDICT_NA;
    s->findings[1].valid_until = CX_TIME_NONE;
}

static void
a_mailbox(struct sample *s)
{
    s->record.n_names = 0;
    sample_add_name(s, CX_RECORD_NAME_MAILBOX, "d.test");
    s->record.cases[0] =
        (struct cx_record_case){ CX_PURPOSE_SMIME, CX_PROFILE_SMIME_BR, CX_STR_INIT("S4") };
}

static void
first_of_shard(struct sample *s)
{
    s->kind = CX_ENTRY_BEGIN;
}

/* Ten seconds before a phase of corroboration begins. */
static void
end_of_phase(struct sample *s)
{
    const cx_time day = SAMPLE_TIME + (cx_time)22 * 86400 + 43200; /* 2026-12-15 */

    s->record.date = day - 10;
    s->record.time_ms = (uint64_t)(day - 10) * 1000;
    s->findings[0].valid_until = s->findings[1].valid_until = day - 1;
    s->record.conclusion.valid_until = day - 1;
    s->record.conclusion.expires = day;
}

/* The same, but promised beyond it. */
static void
beyond_phase(struct sample *s)
{
    end_of_phase(s);
    s->findings[0].valid_until = s->findings[1].valid_until += 1000;
    s->record.conclusion.valid_until += 1000;
    s->record.conclusion.expires++;
}

/* Verdicts that hold for some time must say how long. */
static void
no_window(struct sample *s)
{
    s->findings[1].valid_until = CX_TIME_NONE;
}

static void
no_window_of_all(struct sample *s)
{
    s->record.conclusion.valid_until = CX_TIME_NONE;
}

static const struct {
    void (*change)(struct sample *s);
    struct row row;
} records[] = {
    { no_authority, { .file = "no-authority.tlog-proof", .expect = "no-authority" } },
    { denied, { .file = "denied.tlog-proof", .expect = "verdict" } },
    { lookup_failure, { .file = "lookup-failure.tlog-proof", .expect = "lookup-failure" } },
    { lookup_failure,
      { .file = "lookup-failure.tlog-proof", .expect = "ok", .more = "\"accept\": [\"lf\"]" } },
    { exempt, { .file = "exempt.tlog-proof", .expect = "exempt" } },
    { exempt, { .file = "exempt.tlog-proof", .expect = "ok", .more = "\"accept\": [\"exempt\"]" } },
    { uncorroborated, { .file = "uncorroborated.tlog-proof", .expect = "corroboration" } },
    { one_region, { .file = "one-region.tlog-proof", .expect = "corroboration" } },
    { hypothetical, { .file = "hypothetical.tlog-proof", .expect = "hypothetical" } },
    { old_rules, { .file = "old-rules.tlog-proof", .expect = "rules" } },
    { late, { .file = "late.tlog-proof", .expect = "late" } },
    { long_life, { .file = "long-life.tlog-proof", .expect = "expiry" } },
    { no_expiry, { .file = "no-expiry.tlog-proof", .expect = "expiry" } },
    { no_window, { .file = "no-window.tlog-proof", .expect = "expiry" } },
    { no_window_of_all, { .file = "no-window-of-all.tlog-proof", .expect = "expiry" } },
    { private_rules, { .file = "private.tlog-proof", .expect = "profile" } },
    { private_rules,
      { .file = "private.tlog-proof", .expect = "ok", .more = "\"profile\": \"private\"" } },
    { an_address,
      { .file = "address.tlog-proof",
        .expect = "ok",
        .names = "[\"192.0.2.1\", \"www.d.test\"]" } },
    { an_address,
      { .file = "address.tlog-proof",
        .expect = "name-kind",
        .names = "[\"192.0.2.1\", \"*.www.d.test\"]" } },
    { a_mailbox,
      { .file = "mailbox.tlog-proof",
        .expect = "ok",
        .names = "[\"u@d.test\"]",
        .purpose = "smime" } },
    { a_mailbox, { .file = "mailbox.tlog-proof", .expect = "purpose", .names = "[\"u@d.test\"]" } },
    { end_of_phase,
      { .file = "end-of-phase.tlog-proof", .expect = "ok", .at = "2026-12-14T23:59:59Z" } },
    { end_of_phase,
      { .file = "end-of-phase.tlog-proof", .expect = "expired", .at = "2026-12-15T00:00:00Z" } },
    { beyond_phase,
      { .file = "beyond-phase.tlog-proof", .expect = "expiry", .at = "2026-12-14T23:59:59Z" } },
    { first_of_shard, { .file = "not-a-check.tlog-proof", .expect = "kind" } },
};

static void
make_records(struct output *out)
{
    for (size_t i = 0; i < CX_COUNT(records); i++) {
        struct sample s;

        sample_open(&s);
        records[i].change(&s);
        save(out, records[i].row.file, sample_permit(&s));
        list(out, &records[i].row);
        sample_close(&s);
    }
}

/* ---- permits that differ otherwise */

/* The good one, given differently. */
static const struct row uses[] = {
    { .file = "good.tlog-proof", .expect = "ok" },
    { .file = "good.base64", .expect = "ok" },
    { .file = "good.tlog-proof", .expect = "ok", .certificate = "tbs.der" },
    { .file = "good.tlog-proof", .expect = "ok", .certificate = "precertificate.pem" },
    { .file = "good.tlog-proof", .expect = "ok", .authority = "issuer.pem" },
    { .file = "good.tlog-proof",
      .expect = "ok",
      .names = "[\"*.D.TEST\", \"www.d.test\", \"WWW.d.test\"]" },
    { .file = "good.tlog-proof",
      .expect = "ok",
      .more = "\"accounts\": [\"https://ca.example.net/acct/1\"], \"methods\": [\"dns-01\"], "
              "\"request\": \"request 7\", \"own\": [\"ca.example.net\"]" },
    { .file = "good.tlog-proof", .expect = "ok", .at = "2026-11-22T12:14:59Z" },
    { .file = "good.tlog-proof", .expect = "expired", .at = "2026-11-22T12:15:00Z" },
    { .file = "good.tlog-proof", .expect = "expired", .more = "\"life\": 1" },
    { .file = "good.tlog-proof", .expect = "expiry", .more = "\"life\": 600" },
    { .file = "good.tlog-proof", .expect = "ok", .at = "2026-11-22T11:59:01Z" },
    { .file = "good.tlog-proof", .expect = "future", .at = "2026-11-22T11:59:00Z" },
    { .file = "good.tlog-proof", .expect = "log", .key = "next.vkey" },
    { .file = "good.tlog-proof", .expect = "signature", .key = "impostor.vkey" },
    { .file = "good.tlog-proof", .expect = "authority", .authority = "other-authority.pem" },
    { .file = "good.tlog-proof", .expect = "name-extra", .names = "[\"www.d.test\"]" },
    { .file = "good.tlog-proof",
      .expect = "name-missing",
      .names = "[\"www.d.test\", \"*.d.test\", \"mail.d.test\"]" },
    { .file = "good.tlog-proof", .expect = "name-kind", .names = "[\"www.d.test\", \"d.test\"]" },
    { .file = "good.tlog-proof", .expect = "name", .names = "[\"www.d.test.\", \"*.d.test\"]" },
    { .file = "good.tlog-proof", .expect = "purpose", .purpose = "smime" },
    { .file = "good.tlog-proof", .expect = "ok", .certificate = "tbs.der", .purpose = "tls" },
    { .file = "good.tlog-proof",
      .expect = "purpose", /* the certificate says serverAuth too */
      .certificate = "tbs.der",
      .purpose = "smime" },
    { .file = "good.tlog-proof", .expect = "certificate", .certificate = "authority.pem" },
    { .file = "good.tlog-proof", .expect = "no-names", .certificate = "no-names.pem" },
    { .file = "good.tlog-proof", .expect = "name-missing", .certificate = "other.pem" },
    { .file = "good.tlog-proof", .expect = "common-name", .certificate = "common-name.pem" },
    { .file = "good.tlog-proof", .expect = "san-kind", .certificate = "uri.pem" },
    { .file = "good.tlog-proof",
      .expect = "ok",
      .certificate = "uri.pem",
      .more = "\"other_names\": [6]" },
    { .file = "good.tlog-proof", .expect = "ca-certificate", .certificate = "issuer.pem" },
    { .file = "good.tlog-proof", .expect = "account", .more = "\"accounts\": [\"another\"]" },
    { .file = "good.tlog-proof", .expect = "method", .more = "\"methods\": [\"http-01\"]" },
    { .file = "good.tlog-proof", .expect = "request", .more = "\"request\": \"request 8\"" },
    { .file = "good.tlog-proof", .expect = "own", .more = "\"own\": [\"ca.example.org\"]" },
};

static void
broken(struct output *out, const char *file, const char *expect, cx_span octets)
{
    const struct row row = { .file = file, .expect = expect };

    save(out, file, octets);
    list(out, &row);
}

static cx_span
rewritten(struct sample *s, const struct cx_tlog_proof *proof)
{
    struct cx_buf buf;
    cx_span ret;

    cx_buf_init(&buf, CX_PROOF_OCTETS_MAX);
    cx_proof_write(proof, &buf);
    MUST(cx_buf_ok(&buf));
    MUST(cx_ok(cx_arena_copy(&s->arena, cx_span_of_str(cx_buf_str(&buf)), &ret)));
    cx_buf_done(&buf);
    return ret;
}

/* A copy with one octet changed in these bits. */
static cx_span
changed(struct sample *s, cx_span octets, size_t at, uint8_t bits)
{
    uint8_t *copy = cx_arena_get(&s->arena, octets.n, 1);

    MUST(copy != NULL && at < octets.n);
    memcpy(copy, octets.p, octets.n);
    copy[at] ^= bits;
    return (cx_span){ copy, octets.n };
}

/* The record with a critical member that nobody knows: key 16. A map of so few members has their number in its head. */
static cx_span
with_member(struct sample *s)
{
    static const uint8_t member[] = { 0x10, 0x01 };
    cx_span record = sample_record(s);
    uint8_t *longer = cx_arena_get(&s->arena, record.n + sizeof(member), 1);

    MUST(longer != NULL && record.p[CX_RECORD_SALT] < 0xb7);
    memcpy(longer, record.p, record.n);
    memcpy(longer + record.n, member, sizeof(member));
    longer[CX_RECORD_SALT]++;
    return sample_permit_of(s, (cx_span){ longer, record.n + sizeof(member) });
}

/* The record with another verdict of its second name, which its conclusion does not follow from. */
static cx_span
with_denial(struct sample *s)
{
    static const uint8_t permit[] = "\x00\x05\x01\x6a" /* a finding's verdict, and its reason */
                                    "authorized";
    cx_span record = sample_record(s);
    const uint8_t *at = memmem(record.p, record.n, permit, sizeof(permit) - 1);

    MUST(at != NULL);
    at = memmem(at + 1, record.n - (size_t)(at + 1 - record.p), permit, sizeof(permit) - 1);
    MUST(at != NULL);
    return sample_permit_of(s, changed(s, record, (size_t)(at + 1 - record.p), 5 ^ 1)); /* DENY */
}

static void
make_broken(struct output *out, struct sample *s, cx_span good)
{
    struct cx_tlog_proof proof, other;
    size_t checkpoint_at = good.n - sample_checkpoint(good).n;

    MUST(cx_ok(cx_proof_parse(good, &s->arena, &proof, NULL)));
    s->record.salt[0] ^= 1;
    MUST(cx_ok(cx_proof_parse(sample_permit(s), &s->arena, &other, NULL)));
    other.extra = proof.extra;
    broken(out, "spliced.tlog-proof", "inclusion", rewritten(s, &other));
    other = proof;
    other.index++;
    broken(out, "wrong-index.tlog-proof", "inclusion", rewritten(s, &other));
    other = proof;
    other.has_extra = false;
    broken(out, "no-record.tlog-proof", "no-record", rewritten(s, &other));
    broken(out, "wrong-size.tlog-proof", "signature",
           changed(s, good, checkpoint_at + sizeof(SAMPLE_ORIGIN), 1));
    broken(out, "two-newlines.tlog-proof", "syntax", changed(s, good, 22, 1));
    broken(out, "unknown-member.tlog-proof", "record", with_member(s));
    broken(out, "one-denied.tlog-proof", "record", with_denial(s));
    broken(out, "cut.base64", "base64",
           (cx_span){ sample_base64(s, good).p, sample_base64(s, good).n - 1 });
    broken(out, "empty.tlog-proof", "syntax", (cx_span){ good.p, 0 });
}

/* ---- keys and certificates */

static EVP_PKEY *
key_of(uint8_t seed)
{
    uint8_t octets[32];
    EVP_PKEY *key;

    memset(octets, seed, sizeof(octets));
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, octets, sizeof(octets));
    MUST(key != NULL);
    return key;
}

static void
save_public(const struct output *out, const char *name, uint8_t seed)
{
    EVP_PKEY *key = key_of(seed);
    FILE *f = open_file(out, name);

    MUST(PEM_write_PUBKEY(f, key) == 1 && fclose(f) == 0);
    EVP_PKEY_free(key);
}

static void
save_vkey(const struct output *out, const char *name, const char *origin, uint8_t seed)
{
    struct cx_ed25519_key *private_key;
    struct cx_note_key key = sample_key(origin, seed, &private_key);
    struct cx_buf buf;

    cx_buf_init(&buf, 1024);
    cx_note_key_write(&key, &buf);
    cx_buf_putc(&buf, '\n');
    MUST(cx_buf_ok(&buf));
    save(out, name, cx_span_of_str(cx_buf_str(&buf)));
    cx_buf_done(&buf);
    cx_ed25519_free(private_key);
}

struct certificate {
    const char *file;
    const char *cn;
    const char *san;
    bool poison;
    bool ca; /* self-signed by the authority */
};

static void
add_extension(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_nconf_nid(NULL, NULL, nid, value);

    MUST(e != NULL && X509_add_ext(x509, e, -1) == 1);
    X509_EXTENSION_free(e);
}

static void
add_poison(X509 *x509)
{
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *e;

    MUST(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\5\0", 2) == 1);
    e = X509_EXTENSION_create_by_NID(NULL, NID_ct_precert_poison, 1, value);
    MUST(e != NULL && X509_add_ext(x509, e, -1) == 1);
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(value);
}

static void
name_it(X509_NAME *name, const char *cn)
{
    MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1,
                                    0) == 1);
}

static X509 *
make_certificate(const struct certificate *c)
{
    EVP_PKEY *issuer = key_of(0xa0), *subject = key_of(c->ca ? 0xa0 : 0xb0);
    X509 *x509 = X509_new();

    MUST(X509_set_version(x509, 2) == 1 &&
         ASN1_INTEGER_set(X509_get_serialNumber(x509), 0x1122334455) == 1);
    MUST(ASN1_TIME_set_string(X509_getm_notBefore(x509), "261122120000Z") == 1 &&
         ASN1_TIME_set_string(X509_getm_notAfter(x509), "270220000000Z") == 1);
    name_it(X509_get_issuer_name(x509), "Throw-away CA");
    if (c->cn != NULL) {
        name_it(X509_get_subject_name(x509), c->cn);
    }
    MUST(X509_set_pubkey(x509, subject) == 1);
    add_extension(x509, NID_basic_constraints, c->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!c->ca) {
        add_extension(x509, NID_ext_key_usage, "serverAuth");
    }
    if (c->san != NULL) {
        add_extension(x509, NID_subject_alt_name, c->san);
    }
    if (c->poison) {
        add_poison(x509);
    }
    MUST(X509_sign(x509, issuer, NULL) > 0);
    EVP_PKEY_free(issuer);
    EVP_PKEY_free(subject);
    return x509;
}

static void
make_certificates(const struct output *out)
{
    static const struct certificate certificates[] = {
        { "precertificate.pem", "www.d.test", "DNS:www.d.test,DNS:*.d.test", true, false },
        { "other.pem", NULL, "DNS:www.d.test,DNS:*.d.test,DNS:e.test", true, false },
        { "common-name.pem", "e.test", "DNS:www.d.test,DNS:*.d.test", true, false },
        { "uri.pem", NULL, "DNS:www.d.test,DNS:*.d.test,URI:https://d.test/", true, false },
        { "no-names.pem", NULL, NULL, true, false },
        { "issuer.pem", "Throw-away CA", NULL, false, true },
    };

    for (size_t i = 0; i < CX_COUNT(certificates); i++) {
        X509 *x509 = make_certificate(&certificates[i]);
        FILE *f = open_file(out, certificates[i].file);
        unsigned char *tbs = NULL;
        int n = i2d_re_X509_tbs(x509, &tbs);

        MUST(PEM_write_X509(f, x509) == 1 && fclose(f) == 0 && n > 0);
        if (i == 0) {
            save(out, "tbs.der", (cx_span){ tbs, (size_t)n });
        }
        OPENSSL_free(tbs);
        X509_free(x509);
    }
}

static void
make_keys(const struct output *out)
{
    save_vkey(out, KEY, SAMPLE_ORIGIN, 0x10);
    save_vkey(out, "impostor.vkey", SAMPLE_ORIGIN, 0x11);
    save_vkey(out, "next.vkey", "log.ca.example.net/2027", 0x12);
    save_public(out, ISSUER, 0xa0);
    save_public(out, "other-authority.pem", 0xa1);
}

int
main(int argc, char **argv)
{
    struct output out = { .folder = argc == 2 ? argv[1] : NULL };
    struct sample s;
    cx_span good;

    if (argc != 2) {
        fprintf(stderr, "usage: %s folder\n", argv[0]);
        return 2;
    }
    out.list = open_file(&out, "vectors.json");
    MUST(fputs("[\n", out.list) >= 0);
    make_keys(&out);
    make_certificates(&out);
    sample_open(&s);
    good = sample_permit(&s);
    save(&out, "good.tlog-proof", good);
    save(&out, "good.base64", sample_base64(&s, good));
    save(&out, "good.record", sample_record(&s));
    for (size_t i = 0; i < CX_COUNT(uses); i++) {
        list(&out, &uses[i]);
    }
    make_broken(&out, &s, good);
    sample_close(&s);
    make_records(&out);
    MUST(fputs("\n]\n", out.list) >= 0 && fclose(out.list) == 0);
    return 0;
}
