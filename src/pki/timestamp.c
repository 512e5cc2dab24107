#include "pki/timestamp.h"

#include "base/limits.h"
#include "pki/digest.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

/* Bits of security that certificates of the chain must have: level 2 is 112. */
#define SECURITY_LEVEL 2

/* ---- for CX_AUTO */

#define FREE_FUNCTION(type, name)                                                                  \
    static void name(type **object)                                                                \
    {                                                                                              \
        type##_free(*object);                                                                      \
    }

FREE_FUNCTION(BIO, free_bio)
FREE_FUNCTION(EXTENDED_KEY_USAGE, free_usage)
FREE_FUNCTION(TS_MSG_IMPRINT, free_imprint)
FREE_FUNCTION(TS_REQ, free_request)
FREE_FUNCTION(TS_RESP, free_response)
FREE_FUNCTION(TS_VERIFY_CTX, free_verification)
FREE_FUNCTION(X509_ALGOR, free_algorithm)
FREE_FUNCTION(X509_STORE, free_store)

static void
free_integer(ASN1_INTEGER **integer)
{
    ASN1_INTEGER_free(*integer);
}

static void
free_list(STACK_OF(X509) * *list)
{
    sk_X509_pop_free(*list, X509_free);
}

static void
free_borrowed_list(STACK_OF(X509) * *list)
{
    sk_X509_free(*list);
}

/* ---- failures */

/* With OpenSSL's reason; its queue is empty afterwards. */
static cx_status
refuse(struct cx_detail *detail, const char *what)
{
    const char *data = NULL;
    int flags = 0;
    unsigned long error = ERR_peek_last_error_data(&data, &flags);
    const char *reason = ERR_reason_error_string(error);
    bool has_data = data != NULL && (flags & ERR_TXT_STRING) != 0 && data[0] != '\0';
    cx_status s =
        cx_fail(detail, CX_E_CRYPTO, "a time-stamp: %s%s%s%s%s", what, reason != NULL ? ": " : "",
                reason != NULL ? reason : "", has_data ? ", " : "", has_data ? data : "");

    ERR_clear_error();
    return s;
}

/* ---- requests */

cx_status
cx_timestamp_nonce(uint64_t *ret)
{
    uint64_t nonce = 0;

    while (nonce == 0) {
        if (RAND_bytes((unsigned char *)&nonce, sizeof(nonce)) != 1) {
            ERR_clear_error();
            return (cx_status){ CX_E_CRYPTO };
        }
    }
    *ret = nonce;
    return CX_SUCCESS;
}

static bool
set_imprint(TS_REQ *request, const uint8_t digest[CX_SHA256_SIZE])
{
    CX_AUTO(free_imprint) TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    CX_AUTO(free_algorithm) X509_ALGOR *algorithm = X509_ALGOR_new();
    uint8_t copy[CX_SHA256_SIZE]; /* OpenSSL's argument is not const */

    memcpy(copy, digest, sizeof(copy));
    return imprint != NULL && algorithm != NULL &&
           X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
           TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
           TS_MSG_IMPRINT_set_msg(imprint, copy, sizeof(copy)) == 1 &&
           TS_REQ_set_msg_imprint(request, imprint) == 1;
}

static bool
set_nonce(TS_REQ *request, uint64_t nonce)
{
    CX_AUTO(free_integer) ASN1_INTEGER *integer = ASN1_INTEGER_new();

    return integer != NULL && ASN1_INTEGER_set_uint64(integer, nonce) == 1 &&
           TS_REQ_set_nonce(request, integer) == 1;
}

static cx_status
make_request(cx_span text, uint64_t nonce, TS_REQ **ret)
{
    CX_AUTO(free_request) TS_REQ *request = TS_REQ_new();
    uint8_t digest[CX_SHA256_SIZE];

    CX_TRY(cx_sha256(text, digest));
    if (request == NULL || TS_REQ_set_version(request, 1) != 1 || !set_imprint(request, digest) ||
        (nonce != 0 && !set_nonce(request, nonce)) || TS_REQ_set_cert_req(request, 1) != 1) {
        ERR_clear_error();
        return (cx_status){ CX_E_NOMEM };
    }
    *ret = CX_STEAL(request);
    return CX_SUCCESS;
}

cx_status
cx_timestamp_request(cx_span text, uint64_t nonce, struct cx_buf *buf)
{
    CX_AUTO(free_request) TS_REQ *request = NULL;
    unsigned char *to;
    int n;

    CX_TRY(make_request(text, nonce, &request));
    n = i2d_TS_REQ(request, NULL);
    to = n <= 0 ? NULL : (unsigned char *)cx_buf_reserve(buf, (size_t)n);
    if (to == NULL || i2d_TS_REQ(request, &to) != n) {
        ERR_clear_error();
        return (cx_status){ CX_E_NOMEM };
    }
    cx_buf_grown(buf, (size_t)n);
    return CX_SUCCESS;
}

/* ---- certificates of the caller */

/* All PEM certificates of text, at least least. */
static cx_status
read_certificates(cx_span pem, int least, STACK_OF(X509) * *ret, struct cx_detail *detail)
{
    CX_AUTO(free_bio) BIO *bio = NULL;
    CX_AUTO(free_list) STACK_OF(X509) *list = sk_X509_new_null();
    X509 *certificate;

    if (pem.n > CX_TIMESTAMP_OCTETS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more than %d octets of certificates",
                       CX_TIMESTAMP_OCTETS_MAX);
    }
    bio = BIO_new_mem_buf(pem.n == 0 ? "" : (const void *)pem.p, (int)pem.n);
    if (bio == NULL || list == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_push(list, certificate) == 0) {
            X509_free(certificate);
            return (cx_status){ CX_E_NOMEM };
        }
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE || sk_X509_num(list) < least) {
        ERR_clear_error();
        return cx_fail(detail, CX_E_CERTIFICATE, "no certificates in PEM of who time-stamps");
    }
    ERR_clear_error();
    *ret = CX_STEAL(list);
    return CX_SUCCESS;
}

static cx_status
make_store(const struct cx_timestamp_trust *trust, X509_STORE **ret, struct cx_detail *detail)
{
    CX_AUTO(free_store) X509_STORE *store = X509_STORE_new();
    CX_AUTO(free_list) STACK_OF(X509) *roots = NULL;
    X509_VERIFY_PARAM *param;

    CX_TRY(read_certificates(trust->roots, 1, &roots, detail));
    if (store == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    param = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_time(param, (time_t)trust->at);
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    for (int i = 0; i < sk_X509_num(roots); i++) {
        if (X509_STORE_add_cert(store, sk_X509_value(roots, i)) != 1) {
            ERR_clear_error();
            return (cx_status){ CX_E_NOMEM };
        }
    }
    *ret = CX_STEAL(store);
    return CX_SUCCESS;
}

/* ---- what OpenSSL does not look at */

/* timeStamping and nothing else, also nothing that OpenSSL does not know. */
static bool
is_for_timestamps_only(const X509 *signer)
{
    int critical = 0;
    CX_AUTO(free_usage)
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(signer, NID_ext_key_usage, &critical, NULL);

    return usage != NULL && critical == 1 && sk_ASN1_OBJECT_num(usage) == 1 &&
           OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, 0)) == NID_time_stamp;
}

static bool
is_strong_digest(const PKCS7_SIGNER_INFO *info)
{
    int nid = OBJ_obj2nid(info->digest_alg->algorithm);

    return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

static bool
was_valid_at(const X509 *signer, cx_time time)
{
    int begin = ASN1_TIME_cmp_time_t(X509_get0_notBefore(signer), (time_t)time);
    int end = ASN1_TIME_cmp_time_t(X509_get0_notAfter(signer), (time_t)time);

    return (begin == -1 || begin == 0) && (end == 0 || end == 1);
}

static cx_status
check_signer(PKCS7 *token, STACK_OF(X509) * chain, cx_time time, struct cx_detail *detail)
{
    CX_AUTO(free_borrowed_list) STACK_OF(X509) *signers = PKCS7_get0_signers(token, chain, 0);
    STACK_OF(PKCS7_SIGNER_INFO) *infos = PKCS7_get_signer_info(token);

    if (sk_X509_num(signers) != 1 || sk_PKCS7_SIGNER_INFO_num(infos) != 1) {
        return refuse(detail, "not signed by exactly one");
    }
    if (!is_for_timestamps_only(sk_X509_value(signers, 0))) {
        return refuse(detail, "signed by a certificate that is not for time-stamping only");
    }
    if (!is_strong_digest(sk_PKCS7_SIGNER_INFO_value(infos, 0))) {
        return refuse(detail, "signed with a digest that is weak or not known");
    }
    if (!was_valid_at(sk_X509_value(signers, 0), time)) {
        return refuse(detail, "signed before or after the certificate was valid");
    }
    return CX_SUCCESS;
}

static cx_status
check_policy(TS_TST_INFO *info, const struct cx_timestamp_trust *trust, struct cx_detail *detail)
{
    char policy[128];
    int n = OBJ_obj2txt(policy, sizeof(policy), TS_TST_INFO_get_policy_id(info), 1);

    if (trust->n_policies == 0) {
        return CX_SUCCESS;
    }
    for (size_t i = 0; i < trust->n_policies && n > 0 && (size_t)n < sizeof(policy); i++) {
        if (cx_str_equal(trust->policies[i], cx_str_of(policy))) {
            return CX_SUCCESS;
        }
    }
    return refuse(detail, "of a policy that is not allowed");
}

/* DER has no zeros at the end of a fraction: one that is there is more than nothing. */
static cx_status
read_time(const TS_TST_INFO *info, cx_time *ret, struct cx_detail *detail)
{
    const ASN1_GENERALIZEDTIME *time = TS_TST_INFO_get_time(info);
    struct tm tm;
    bool has_fraction;

    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1) {
        return refuse(detail, "without a moment that can be read");
    }
    has_fraction =
        memchr(ASN1_STRING_get0_data(time), '.', (size_t)ASN1_STRING_length(time)) != NULL;
    *ret = cx_time_of_day(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday) +
           (cx_time)tm.tm_hour * 3600 + (cx_time)tm.tm_min * 60 + tm.tm_sec +
           (has_fraction ? 1 : 0);
    return CX_SUCCESS;
}

/* ---- verifying */

/* Status, imprint, nonce, signature, ESSCertID, chain; chain becomes the context's. */
static cx_status
verify_by_openssl(TS_RESP *response, TS_REQ *request, const struct cx_timestamp_trust *trust,
                  STACK_OF(X509) * chain, struct cx_detail *detail)
{
    CX_AUTO(free_verification) TS_VERIFY_CTX *ctx = NULL;
    CX_AUTO(free_store) X509_STORE *store = NULL;

    CX_TRY(make_store(trust, &store, detail));
    ctx = TS_REQ_to_TS_VERIFY_CTX(request, NULL);
    if (ctx == NULL) {
        ERR_clear_error();
        return (cx_status){ CX_E_NOMEM };
    }
    (void)TS_VERIFY_CTX_add_flags(ctx, TS_VFY_SIGNATURE);         /* the flags as they are now */
    (void)TS_VERIFY_CTX_set_store(ctx, CX_STEAL(store));          /* what was set */
    (void)TS_VERIFY_CTX_set_certs(ctx, X509_chain_up_ref(chain)); /* what was set */
    return TS_RESP_verify_response(ctx, response) == 1 ? CX_SUCCESS
                                                       : refuse(detail, "not verified");
}

static cx_status
verify(TS_RESP *response, TS_REQ *request, const struct cx_timestamp_trust *trust, cx_time *ret,
       struct cx_detail *detail)
{
    CX_AUTO(free_list) STACK_OF(X509) *chain = NULL;
    cx_time time = CX_TIME_MAX; /* when no certificate is valid */

    CX_TRY(read_certificates(trust->chain, 0, &chain, detail));
    CX_TRY(verify_by_openssl(response, request, trust, chain, detail));
    CX_TRY(read_time(TS_RESP_get_tst_info(response), &time, detail));
    CX_TRY(check_signer(TS_RESP_get_token(response), chain, time, detail));
    CX_TRY(check_policy(TS_RESP_get_tst_info(response), trust, detail));
    if (time - CX_TIMESTAMP_SKEW_S > trust->at) {
        return refuse(detail, "from a moment that has not come yet");
    }
    *ret = time;
    return CX_SUCCESS;
}

cx_status
cx_timestamp_verify(cx_span response, cx_span text, uint64_t nonce,
                    const struct cx_timestamp_trust *trust, cx_time *ret_time,
                    struct cx_detail *detail)
{
    CX_AUTO(free_request) TS_REQ *request = NULL;
    CX_AUTO(free_response) TS_RESP *read = NULL;
    const unsigned char *p = response.p;
    cx_status s;

    if (response.n > CX_TIMESTAMP_OCTETS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "a time-stamp of more than %d octets",
                       CX_TIMESTAMP_OCTETS_MAX);
    }
    ERR_clear_error(); /* what others left is no reason of ours */
    CX_TRY(make_request(text, nonce, &request));
    read = response.n == 0 ? NULL : d2i_TS_RESP(NULL, &p, (long)response.n);
    if (read == NULL || p != response.p + response.n) {
        return refuse(detail, "no response that can be read");
    }
    s = verify(read, request, trust, ret_time, detail);
    ERR_clear_error();
    return s;
}
