/* libcaaproof, the signer's side: may this be signed now?
 *
 * A permit is proof that a check of CAA (RFC 8659) with a positive result stands in an append-only log: a C2SP tlog-proof
 * that carries the record of the check. A signer verifies it just before it signs. That needs no network, no clock of its
 * own and no key but the log's public one: about one Ed25519 verification (RFC 8032), and hashes only once the checkpoint
 * is remembered. docs/formats/permit.md says what is verified, step by step.
 *
 *     struct caap_trust *trust = caap_trust_new();
 *     caap_trust_add_key(trust, vkey);
 *     struct caap_permit_request request = { .size = sizeof(request) };
 *     request.permit = ...; request.certificate = ...; request.authority = ...; request.now = time(NULL);
 *     if (caap_permits(caap_permit_verify(trust, NULL, &request, NULL))) {
 *         sign();
 *     }
 *
 * Only CAAP_PERMIT_OK permits. It is neither 0 nor 1, and comes in a struct, so that neither zeroed memory nor a test of
 * the wrong sense permits anything.
 *
 * Everything given to a function is borrowed for the call, unless said otherwise. Text is NUL-terminated. Times are seconds
 * since 1970-01-01T00:00:00Z. The library keeps no global state, prints nothing, and reads no file. */
#ifndef CAAPROOF_PERMIT_H
#define CAAPROOF_PERMIT_H

#include <stddef.h>
#include <stdint.h>

#define CAAP_API  __attribute__((visibility("default")))
#define CAAP_MUST __attribute__((warn_unused_result))

#ifdef __cplusplus
extern "C" {
#endif

/* Octets of a SHA-256 (FIPS 180-4). Since 0.2. */
#define CAAP_HASH_SIZE 32
/* Octets that hold every text of a result, with its NUL. Since 0.2. */
#define CAAP_TEXT_SIZE 240

/* What the functions that prepare a verification return. Since 0.2. */
enum caap_status {
    CAAP_OK = 0,
    CAAP_E_USAGE = 1,     /* an argument that makes no sense */
    CAAP_E_MALFORMED = 2, /* outside data that cannot be read */
    CAAP_E_LIMIT = 3,
    CAAP_E_NOMEM = 4,
    CAAP_E_INTERNAL = 5,
};

/* Why a permit does not permit: the first of the conditions, in the order of these numbers, that is not met. Numbers never
 * change and are never used again. caap_permit_error_word gives the words of docs/formats/permit.md. Since 0.2. */
enum caap_permit_error {
    CAAP_PERMIT_UNVERIFIED = 0, /* nothing was verified yet */

    CAAP_PERMIT_E_USAGE = 1, /* the request makes no sense: the text says why */
    CAAP_PERMIT_E_NOMEM = 2,
    CAAP_PERMIT_E_INTERNAL = 3,

    /* what is to be signed */
    CAAP_PERMIT_E_CERTIFICATE = 16, /* not strict DER (X.690) */
    CAAP_PERMIT_E_CA = 17,          /* a CA's certificate */
    CAAP_PERMIT_E_SAN_KIND = 18,    /* a kind of GeneralName that other_names does not list */
    CAAP_PERMIT_E_NAME = 19,
    CAAP_PERMIT_E_COMMON_NAME = 20, /* not among the alternative names */
    CAAP_PERMIT_E_NO_NAMES = 21,
    CAAP_PERMIT_E_CLOCK = 22, /* now is 0 */

    /* the proof (C2SP tlog-proof, tlog-checkpoint, signed-note; RFC 6962 section 2.1) */
    CAAP_PERMIT_E_SIZE = 32,
    CAAP_PERMIT_E_BASE64 = 33,
    CAAP_PERMIT_E_SYNTAX = 34,
    CAAP_PERMIT_E_NO_RECORD = 35,
    CAAP_PERMIT_E_LOG = 36,       /* of a log that is not trusted */
    CAAP_PERMIT_E_SIGNATURE = 37, /* not signed by a trusted key of that log */
    CAAP_PERMIT_E_INCLUSION = 38, /* the record is not in the log at that place */
    CAAP_PERMIT_E_KIND = 39,      /* an entry of the log that is not a check */
    CAAP_PERMIT_E_RECORD = 40,    /* cannot be understood: version, critical members, syntax */

    /* what the record says */
    CAAP_PERMIT_E_NO_AUTHORITY = 48,
    CAAP_PERMIT_E_AUTHORITY = 49, /* another issuing key */
    CAAP_PERMIT_E_OWN = 50,       /* other issuer domain names */
    CAAP_PERMIT_E_REQUEST = 51,   /* another request id */
    CAAP_PERMIT_E_PROFILE = 52,
    CAAP_PERMIT_E_VERDICT = 53, /* some name is denied, failed, arguable */
    CAAP_PERMIT_E_LOOKUP_FAILURE = 54,
    CAAP_PERMIT_E_EXEMPT = 55,
    CAAP_PERMIT_E_PURPOSE = 56,
    CAAP_PERMIT_E_NAME_KIND = 57, /* with "*." or without */
    CAAP_PERMIT_E_NAME_MISSING = 58,
    CAAP_PERMIT_E_NAME_EXTRA = 59,
    CAAP_PERMIT_E_ACCOUNT = 60,
    CAAP_PERMIT_E_METHOD = 61,
    CAAP_PERMIT_E_CORROBORATION = 62, /* by remote perspectives, as its date demands */
    CAAP_PERMIT_E_HYPOTHETICAL = 63,
    CAAP_PERMIT_E_RULES = 64,
    CAAP_PERMIT_E_LATE = 65,
    CAAP_PERMIT_E_FUTURE = 66,
    CAAP_PERMIT_E_EXPIRED = 67,
    CAAP_PERMIT_E_EXPIRY = 68,

    CAAP_PERMIT_OK = 0x0ca9e71d, /* everything was verified, and may be signed now */
};

/* Not a number, so that "if (caap_permit_verify(...))" does not compile. Since 0.2. */
struct caap_permit_verdict {
    enum caap_permit_error error;
};

static inline int
caap_permits(struct caap_permit_verdict verdict)
{
    return verdict.error == CAAP_PERMIT_OK;
}

/* Which logs are trusted: their public keys. Once filled it may be used by several threads at a time. Since 0.2. */
struct caap_trust;

/* NULL when out of memory. Freed by the caller. Since 0.2. */
CAAP_API struct caap_trust *caap_trust_new(void) CAAP_MUST;
/* Adds the key of a log, as a verifier key (C2SP signed-note): "<origin>+<8 hex digits>+<base64>". A log that has a new key
 * has a new origin too: add both while permits of the old one are about. CAAP_E_MALFORMED, CAAP_E_LIMIT (256 keys),
 * CAAP_E_NOMEM. Since 0.2. */
CAAP_API enum caap_status caap_trust_add_key(struct caap_trust *trust, const char *vkey) CAAP_MUST;
/* NULL is allowed. Since 0.2. */
CAAP_API void caap_trust_free(struct caap_trust *trust);

/* Checkpoints that were verified, the last 64: later permits under them cost hashes only. One thread at a time: each has its
 * own. Since 0.2. */
struct caap_context;

/* NULL when out of memory. Freed by the caller. Since 0.2. */
CAAP_API struct caap_context *caap_context_new(void) CAAP_MUST;
/* NULL is allowed. Since 0.2. */
CAAP_API void caap_context_free(struct caap_context *context);

/* Flags of a request: verdicts that the CA accepts beside PERMIT. PERMIT-LF: a lookup failed, and the rules allow to go on.
 * EXEMPT: an exception of the Baseline Requirements made the check unnecessary. Since 0.2. */
#define CAAP_ACCEPT_LOOKUP_FAILURE 1u
#define CAAP_ACCEPT_EXEMPT         2u

/* What is asked. Zero it, set size, permit, authority, now, and either certificate or names with purpose. A member that is
 * zero asks for nothing more. A library that is older than the program refuses members that it does not know. Since 0.2. */
struct caap_permit_request {
    size_t size; /* sizeof(struct caap_permit_request) */

    const uint8_t *permit; /* the proof file, or its base64 on one line */
    size_t permit_size;

    /* DER of the precertificate, certificate or TBSCertificate that is about to be signed. The permit must have been given
     * for its names, all of them and no other (R-ID), and for what its extKeyUsage says. */
    const uint8_t *certificate;
    size_t certificate_size;
    /* Or names: "www.example.org", "*.example.org", "192.0.2.1", "u@example.org". */
    const char *const *names;
    size_t n_names;

    /* The issuing key: CAAP_HASH_SIZE octets of caap_authority_of. */
    const uint8_t *authority;
    int64_t now; /* seconds; there is no default */

    /* "tls", "smime", "vmc", "tls+smime". NULL: as the certificate says, and what it says is demanded in any case. */
    const char *purpose;
    /* The authority's rule book, such as "private". NULL: the public one of the purpose. */
    const char *profile;
    const char *request_id; /* that the check was asked for with; NULL: any */
    /* Issuer domain names in force: CAAP_HASH_SIZE octets of caap_own_of. NULL: any. */
    const uint8_t *own;

    /* What the names were validated with, the same for all of them. None: any. Methods as ACME labels ("dns-01") or numbers
     * of the Baseline Requirements ("3.2.2.4.7"). */
    const char *const *accounts;
    size_t n_accounts;
    const char *const *methods;
    size_t n_methods;

    uint32_t flags; /* CAAP_ACCEPT_... */
    uint32_t life;  /* seconds that a permit may live from its check; 0: 900 */
    /* Bit n: GeneralName [n] (RFC 5280 section 4.2.1.6) may stand beside the names. */
    uint64_t other_names;
};

/* What was found. Since 0.2. */
struct caap_permit_result {
    size_t size; /* sizeof(struct caap_permit_result); set by the caller */
    enum caap_permit_error error;
    /* Why not, in a sentence, with the value that differs; empty if it permits. */
    char text[CAAP_TEXT_SIZE];
    int64_t checked; /* when the check was logged; 0 if that was not read */
    int64_t expires; /* the first second at which the permit is none; 0 unless it permits */
};

/* Says whether the permit permits what the request asks. context may be NULL. result may be NULL; its size must be set, and
 * the rest of it is always written. Since 0.2. */
CAAP_API struct caap_permit_verdict caap_permit_verify(const struct caap_trust *trust,
                                                       struct caap_context *context,
                                                       const struct caap_permit_request *request,
                                                       struct caap_permit_result *result) CAAP_MUST;

/* The word of an error ("name-missing"), as logs and docs/formats/permit.md have it; "ok" and "unverified" too, "unknown" for
 * other numbers. Lives forever. Since 0.2. */
CAAP_API const char *caap_permit_error_word(enum caap_permit_error error);

/* SHA-256 of the SubjectPublicKeyInfo in DER of a certificate, or of a public key: an authority. CAAP_E_MALFORMED,
 * CAAP_E_INTERNAL. Since 0.2. */
CAAP_API enum caap_status caap_authority_of(const uint8_t *der, size_t size,
                                            uint8_t ret[CAAP_HASH_SIZE]) CAAP_MUST;

/* What records keep of issuer domain names (docs/formats/permit.md): in any order, upper and lower case alike. CAAP_E_USAGE,
 * CAAP_E_MALFORMED, CAAP_E_NOMEM. Since 0.2. */
CAAP_API enum caap_status caap_own_of(const char *const *names, size_t n_names,
                                      uint8_t ret[CAAP_HASH_SIZE]) CAAP_MUST;

#ifdef __cplusplus
}
#endif

#endif
