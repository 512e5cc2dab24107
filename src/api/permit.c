#include "evidence/permit.h"

#include <caaproof/permit.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "pki/der.h"
#include "pki/digest.h"

_Static_assert(sizeof(((struct cx_detail *)NULL)->text) <= CAAP_TEXT_SIZE, "every text fits");

/* ---- words */

static const enum caap_permit_error errors[] = {
    [CX_PERMIT_NO_FAULT] = CAAP_PERMIT_E_INTERNAL, /* a refusal that names no fault */
#define X(name, word, sentence) [CX_PERMIT_##name] = CAAP_PERMIT_E_##name,
#include "evidence/permit_faults.def"
#undef X
};

const char *
caap_permit_error_word(enum caap_permit_error error)
{
    static const struct {
        enum caap_permit_error error;
        const char *word;
    } others[] = {
        { CAAP_PERMIT_OK, "ok" },
        { CAAP_PERMIT_UNVERIFIED, "unverified" },
        { CAAP_PERMIT_E_USAGE, "usage" },
        { CAAP_PERMIT_E_NOMEM, "out-of-memory" },
        { CAAP_PERMIT_E_INTERNAL, "internal" },
    };

    for (size_t i = 0; i < CX_COUNT(others); i++) {
        if (others[i].error == error) {
            return others[i].word;
        }
    }
    for (size_t i = CX_PERMIT_NO_FAULT + 1; i < CX_COUNT(errors); i++) {
        if (errors[i] == error) {
            return cx_permit_fault_word((enum cx_permit_fault)i);
        }
    }
    return "unknown";
}

static enum caap_status
status_of(cx_status s)
{
    switch (cx_status_class(s)) {
    case CX_CLASS_NONE:
        return CAAP_OK;
    case CX_CLASS_USAGE:
        return CAAP_E_USAGE;
    case CX_CLASS_MALFORMED:
        return CAAP_E_MALFORMED;
    case CX_CLASS_LIMIT:
        return CAAP_E_LIMIT;
    case CX_CLASS_NOMEM:
        return CAAP_E_NOMEM;
    case CX_CLASS_IO:
    case CX_CLASS_PEER:
    case CX_CLASS_CRYPTO:
    case CX_CLASS_STORE:
    case CX_CLASS_DENIED:
    case CX_CLASS_INTERNAL:
        break;
    }
    return CAAP_E_INTERNAL;
}

/* ---- trust and context */

struct caap_trust {
    struct cx_note_key keys[CX_TRUST_KEYS_MAX];
    size_t n;
};

struct caap_context {
    struct cx_permit_memory *memory;
};

struct caap_trust *
caap_trust_new(void)
{
    return cx_alloc(1, sizeof(struct caap_trust));
}

enum caap_status
caap_trust_add_key(struct caap_trust *trust, const char *vkey)
{
    struct cx_note_key key;
    cx_status s;

    if (trust == NULL || vkey == NULL) {
        return CAAP_E_USAGE;
    }
    if (trust->n == CX_COUNT(trust->keys)) {
        return CAAP_E_LIMIT;
    }
    s = cx_note_key_parse(cx_str_of(vkey), &key, NULL);
    if (!cx_ok(s)) {
        return status_of(s);
    }
    if (key.type != CX_NOTE_KEY_ED25519) { /* a witness is no log */
        return CAAP_E_MALFORMED;
    }
    trust->keys[trust->n++] = key;
    return CAAP_OK;
}

void
caap_trust_free(struct caap_trust *trust)
{
    cx_free(trust);
}

struct caap_context *
caap_context_new(void)
{
    struct caap_context *context = cx_alloc(1, sizeof(*context));

    if (context != NULL) {
        context->memory = cx_permit_memory_new();
    }
    if (context != NULL && context->memory == NULL) {
        cx_free(context);
        return NULL;
    }
    return context;
}

void
caap_context_free(struct caap_context *context)
{
    if (context != NULL) {
        cx_permit_memory_free(context->memory);
        cx_free(context);
    }
}

enum caap_status
caap_authority_of(const uint8_t *der, size_t size, uint8_t ret[CAAP_HASH_SIZE])
{
    cx_span octets = { der, size };
    struct cx_reader r = cx_reader_of(octets);
    struct cx_arena arena;
    struct cx_tbs tbs;
    enum caap_status status;

    if (der == NULL || ret == NULL) {
        return CAAP_E_USAGE;
    }
    if (cx_der_public_key(&r).n == size && size != 0) {
        return status_of(cx_sha256(octets, ret));
    }
    cx_arena_init(&arena, CX_PERMIT_SCRATCH);
    status = status_of(cx_tbs_read(octets, &arena, &tbs, NULL));
    if (status == CAAP_OK) {
        status = status_of(cx_sha256(tbs.spki, ret));
    }
    cx_arena_done(&arena);
    return status;
}

enum caap_status
caap_own_of(const char *const *names, size_t n_names, uint8_t ret[CAAP_HASH_SIZE])
{
    cx_str *copy;
    struct cx_hash own;
    cx_status s;

    if (names == NULL || ret == NULL || n_names == 0 || n_names > CX_ISSUERS_MAX) {
        return CAAP_E_USAGE;
    }
    copy = cx_alloc(n_names, sizeof(*copy));
    for (size_t i = 0; copy != NULL && i < n_names; i++) {
        if (names[i] == NULL || names[i][0] == '\0') {
            cx_free(copy);
            return CAAP_E_USAGE;
        }
        copy[i] = cx_str_of(names[i]);
    }
    s = copy == NULL ? (cx_status){ CX_E_NOMEM } : cx_own_hash(copy, n_names, &own);
    cx_free(copy);
    if (cx_ok(s)) {
        memcpy(ret, own.b, CAAP_HASH_SIZE);
    }
    return status_of(s);
}

/* ---- the request */

/* A request as the functions below have it; lives in the arena. */
struct question {
    const struct caap_permit_request *request;
    struct cx_arena arena;
    struct cx_permit_trust trust;
    struct cx_permit_subject subject;
    bool says_purpose; /* the certificate does, by extKeyUsage */
    enum cx_permit_fault fault;
    struct cx_detail detail;
};

/* Members of a later version must be unset: what is not known cannot be checked. */
static bool
is_understood(const struct caap_permit_request *request)
{
    const uint8_t *octets = (const uint8_t *)request;

    if (request->size < sizeof(*request) || request->size > CX_REQUEST_STRUCT_MAX) {
        return false;
    }
    for (size_t i = sizeof(*request); i < request->size; i++) {
        if (octets[i] != 0) {
            return false;
        }
    }
    return true;
}

static cx_status
refuse_usage(struct question *q, const char *why)
{
    return cx_fail(&q->detail, CX_E_USAGE, "%s", why);
}

/* Texts of the caller as they are compared here. */
static cx_status
take_texts(struct question *q, const char *const *texts, size_t n, const cx_str **ret)
{
    cx_str *copy = NULL;

    if (n > CX_NAMES_MAX || (n != 0 && texts == NULL)) {
        return refuse_usage(q, "a list that is not there, or too long");
    }
    copy = cx_arena_get(&q->arena, n + 1, sizeof(*copy));
    if (copy == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        if (texts[i] == NULL) {
            return refuse_usage(q, "a text of a list is NULL");
        }
        copy[i] = cx_str_of(texts[i]);
    }
    *ret = copy;
    return CX_SUCCESS;
}

static cx_status
take_purpose(struct question *q)
{
    static const struct {
        const char *word;
        unsigned purposes;
    } rows[] = {
        { "tls", CX_PURPOSE_BIT(CX_PURPOSE_TLS) },
        { "smime", CX_PURPOSE_BIT(CX_PURPOSE_SMIME) },
        { "vmc", CX_PURPOSE_BIT(CX_PURPOSE_VMC) },
        { "tls+smime", CX_PURPOSE_BIT(CX_PURPOSE_TLS) | CX_PURPOSE_BIT(CX_PURPOSE_SMIME) },
    };

    if (q->request->purpose == NULL) {
        return q->subject.purposes != 0 ? CX_SUCCESS : refuse_usage(q, "names need a purpose");
    }
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        if (strcmp(q->request->purpose, rows[i].word) == 0) {
            q->subject.purposes = rows[i].purposes | (q->says_purpose ? q->subject.purposes : 0);
            return CX_SUCCESS;
        }
    }
    return refuse_usage(q, "a purpose that is not known");
}

static cx_status
take_certificate(struct question *q)
{
    cx_span der = { q->request->certificate, q->request->certificate_size };
    struct cx_detail why = { .text = "" };
    struct cx_tbs tbs;
    cx_status s = cx_tbs_read(der, &q->arena, &tbs, &why);

    if (cx_status_class(s) == CX_CLASS_MALFORMED || cx_status_class(s) == CX_CLASS_LIMIT) {
        q->fault = CX_PERMIT_CERTIFICATE;
        return cx_fail(&q->detail, CX_E_PERMIT, "%s: %s", cx_permit_fault_sentence(q->fault),
                       why.text);
    }
    CX_TRY(s);
    q->says_purpose = tbs.eku_server_auth || tbs.eku_email_protection || tbs.eku_mark;
    return cx_permit_subject_of_tbs(&tbs, &q->trust, &q->arena, &q->subject, &q->fault, &q->detail);
}

static cx_status
take_names(struct question *q)
{
    struct cx_record_name *names;
    const cx_str *texts;

    CX_TRY(take_texts(q, q->request->names, q->request->n_names, &texts));
    names = cx_arena_get(&q->arena, q->request->n_names + 1, sizeof(*names));
    if (names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < q->request->n_names; i++) {
        CX_TRY(cx_permit_name_of_text(texts[i], &q->arena, &names[i], &q->fault, &q->detail));
    }
    q->subject.names = names;
    q->subject.n_names = q->request->n_names;
    return CX_SUCCESS;
}

/* What is to be signed, and what the caller says about it. */
static cx_status
take_subject(struct question *q)
{
    const struct caap_permit_request *r = q->request;

    if ((r->certificate != NULL) == (r->names != NULL)) {
        return refuse_usage(q, "either a certificate or names are needed");
    }
    CX_TRY(r->certificate != NULL ? take_certificate(q) : take_names(q));
    CX_TRY(take_purpose(q));
    CX_TRY(take_texts(q, r->accounts, r->n_accounts, &q->subject.accounts));
    CX_TRY(take_texts(q, r->methods, r->n_methods, &q->subject.methods));
    q->subject.n_accounts = r->n_accounts;
    q->subject.n_methods = r->n_methods;
    q->subject.request = r->request_id == NULL ? CX_STR("") : cx_str_of(r->request_id);
    return r->request_id != NULL && r->request_id[0] == '\0'
               ? refuse_usage(q, "an empty request id")
               : CX_SUCCESS;
}

static cx_status
take_trust(struct question *q, const struct caap_trust *trust)
{
    const struct caap_permit_request *r = q->request;

    if (r->authority == NULL || r->permit == NULL ||
        (r->flags & ~(CAAP_ACCEPT_LOOKUP_FAILURE | CAAP_ACCEPT_EXEMPT)) != 0 || r->now < 0 ||
        r->now > INT64_MAX / 1000) {
        return refuse_usage(q, "permit, authority, now or flags are missing or make no sense");
    }
    q->trust.keys = trust->keys;
    q->trust.n_keys = trust->n;
    memcpy(q->trust.authority.b, r->authority, CX_HASH_SIZE);
    if (r->own != NULL) {
        q->trust.has_own = true;
        memcpy(q->trust.own.b, r->own, CX_HASH_SIZE);
    }
    if (r->profile != NULL) {
        q->trust.profile = cx_profile_of_word(cx_str_of(r->profile));
        if (q->trust.profile == CX_PROFILE_UNSET) {
            return refuse_usage(q, "a profile that is not known");
        }
    }
    q->trust.accept_lf = (r->flags & CAAP_ACCEPT_LOOKUP_FAILURE) != 0;
    q->trust.accept_exempt = (r->flags & CAAP_ACCEPT_EXEMPT) != 0;
    q->trust.life_s = r->life;
    q->trust.other_san = r->other_names;
    return CX_SUCCESS;
}

/* ---- */

static cx_status
verify(struct question *q, const struct caap_trust *trust, struct caap_context *context,
       struct cx_record *ret)
{
    const struct caap_permit_request *r = q->request;

    if (trust == NULL || r == NULL || !is_understood(r)) {
        return refuse_usage(q, "no trust, no request, or one with members that this library does "
                               "not know");
    }
    CX_TRY(take_trust(q, trust));
    q->trust.memory = context == NULL ? NULL : context->memory;
    CX_TRY(take_subject(q));
    return cx_permit_verify((cx_span){ r->permit, r->permit_size }, &q->subject, &q->trust,
                            (uint64_t)r->now * 1000, &q->arena, ret, &q->fault, &q->detail);
}

static enum caap_permit_error
error_of(cx_status s, enum cx_permit_fault fault)
{
    switch (cx_status_class(s)) {
    case CX_CLASS_NONE:
        return CAAP_PERMIT_OK;
    case CX_CLASS_DENIED:
        return errors[fault];
    case CX_CLASS_USAGE:
        return CAAP_PERMIT_E_USAGE;
    case CX_CLASS_NOMEM:
        return CAAP_PERMIT_E_NOMEM;
    case CX_CLASS_MALFORMED:
    case CX_CLASS_LIMIT:
    case CX_CLASS_IO:
    case CX_CLASS_PEER:
    case CX_CLASS_CRYPTO:
    case CX_CLASS_STORE:
    case CX_CLASS_INTERNAL:
        break;
    }
    return CAAP_PERMIT_E_INTERNAL;
}

/* A caller of an earlier version has room for less. */
static void
give(const struct caap_permit_result *found, struct caap_permit_result *result)
{
    size_t size = result->size < sizeof(*found) ? result->size : sizeof(*found);

    if (size > sizeof(found->size)) {
        memcpy((uint8_t *)result + sizeof(found->size),
               (const uint8_t *)found + sizeof(found->size), size - sizeof(found->size));
    }
}

struct caap_permit_verdict
caap_permit_verify(const struct caap_trust *trust, struct caap_context *context,
                   const struct caap_permit_request *request, struct caap_permit_result *result)
{
    struct question q = { .request = request, .detail = { .text = "" } };
    struct caap_permit_result found = { .error = CAAP_PERMIT_UNVERIFIED };
    struct cx_record record = { .time_ms = 0 };
    cx_status s;

    cx_arena_init(&q.arena, CX_PERMIT_SCRATCH);
    s = verify(&q, trust, context, &record);
    found.error = error_of(s, q.fault);
    found.checked = (int64_t)(record.time_ms / 1000);
    if (cx_ok(s)) {
        found.expires = record.conclusion.expires;
    } else {
        const char *text = q.detail.text[0] != '\0' ? q.detail.text : cx_status_text(s);

        memcpy(found.text, text, strnlen(text, sizeof(found.text) - 1));
    }
    cx_arena_done(&q.arena);
    if (result != NULL) {
        give(&found, result);
    }
    return (struct caap_permit_verdict){ found.error };
}
