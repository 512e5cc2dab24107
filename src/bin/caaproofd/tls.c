#include "bin/caaproofd/tls.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "pki/distinguished_name.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define PEER_MEMORY ((size_t)1 << 20)

struct tls_context {
    SSL_CTX *ctx;
};

/* A share of a peer; the arena holds it itself, and all texts. */
struct shared_peer {
    struct tls_peer peer;
    struct cx_arena arena;
    size_t owners;
};

static void
free_bio(BIO **bio)
{
    (void)BIO_free(*bio); /* of memory, nothing to be told */
}

static void
free_x509(X509 **certificate)
{
    X509_free(*certificate);
}

static void
free_context(struct tls_context **context)
{
    tls_context_free(*context);
}

/* With the oldest error of OpenSSL's queue, which is emptied. */
static cx_status
crypto_failure(struct cx_detail *detail, const char *what)
{
    unsigned long error = ERR_get_error();
    const char *reason = error != 0 ? ERR_reason_error_string(error) : NULL;

    ERR_clear_error();
    return cx_fail(detail, CX_E_CRYPTO, "%s: %s", what, reason != NULL ? reason : "not usable");
}

/* So that nobody is ever asked at a terminal. */
static int
no_passphrase(char *buf, int size, int rwflag, void *ctx)
{
    (void)buf, (void)size, (void)rwflag, (void)ctx; /* of the type that OpenSSL wants */
    return 0;
}

static BIO *
bio_of(cx_span pem)
{
    return pem.n != 0 && pem.n <= INT32_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
}

/* *ret is NULL at the end of the octets. */
static cx_status
next_certificate(BIO *bio, const char *what, X509 **ret, struct cx_detail *detail)
{
    X509 *certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);

    if (certificate == NULL && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        return crypto_failure(detail, what);
    }
    ERR_clear_error();
    *ret = certificate;
    return CX_SUCCESS;
}

static cx_status
use_chain(SSL_CTX *ctx, cx_span pem, struct cx_detail *detail)
{
    static const char what[] = "certificate of the server";
    CX_AUTO(free_bio) BIO *bio = bio_of(pem);
    CX_AUTO(free_x509) X509 *own = NULL;

    if (bio == NULL) {
        return cx_fail(detail, CX_E_CRYPTO, "%s: none", what);
    }
    CX_TRY(next_certificate(bio, what, &own, detail));
    if (own == NULL || SSL_CTX_use_certificate(ctx, own) != 1) {
        return crypto_failure(detail, what);
    }
    for (;;) {
        CX_AUTO(free_x509) X509 *issuer = NULL;

        CX_TRY(next_certificate(bio, what, &issuer, detail));
        if (issuer == NULL) {
            return CX_SUCCESS;
        }
        if (SSL_CTX_add1_chain_cert(ctx, issuer) != 1) {
            return crypto_failure(detail, what);
        }
    }
}

static cx_status
use_key(SSL_CTX *ctx, cx_span pem, struct cx_detail *detail)
{
    static const char what[] = "private key of the server";
    CX_AUTO(free_bio) BIO *bio = bio_of(pem);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    bool used =
        key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;

    EVP_PKEY_free(key);
    return used ? CX_SUCCESS : crypto_failure(detail, what);
}

static cx_status
demand_clients(SSL_CTX *ctx, cx_span pem, struct cx_detail *detail)
{
    static const char what[] = "authorities of client certificates";
    CX_AUTO(free_bio) BIO *bio = bio_of(pem);
    size_t n = 0;

    if (bio == NULL) {
        return cx_fail(detail, CX_E_CRYPTO, "%s: none", what);
    }
    for (;; n++) {
        CX_AUTO(free_x509) X509 *anchor = NULL;

        CX_TRY(next_certificate(bio, what, &anchor, detail));
        if (anchor == NULL) {
            break;
        }
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), anchor) != 1 ||
            SSL_CTX_add_client_CA(ctx, anchor) != 1) {
            return crypto_failure(detail, what);
        }
    }
    if (n == 0) {
        return cx_fail(detail, CX_E_CRYPTO, "%s: none", what);
    }
    /* The given ones are the anchors, roots or not; purpose "client" is what OpenSSL checks for a server. */
    (void)X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_verify_depth(ctx, CX_TLS_DEPTH_MAX);
    return CX_SUCCESS;
}

/* No common protocol ends the handshake: then a client meant another server. */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n_out, const unsigned char *in,
                unsigned n_in, void *ctx)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;

    (void)ssl, (void)ctx; /* of the type that OpenSSL wants */
    if (SSL_select_next_proto(&chosen, n_out, ours, sizeof(ours) - 1, in, n_in) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static cx_status
set_protocol(SSL_CTX *ctx, struct cx_detail *detail)
{
    static const unsigned char session_context[] = "caaproofd";

    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
        SSL_CTX_set_num_tickets(ctx, 0) != 1 ||
        SSL_CTX_set_session_id_context(ctx, session_context, sizeof(session_context) - 1) != 1) {
        return crypto_failure(detail, "TLS");
    }
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                       SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    return CX_SUCCESS;
}

cx_status
tls_context_new(const struct tls_config *config, struct tls_context **ret, struct cx_detail *detail)
{
    CX_AUTO(free_context) struct tls_context *context = cx_alloc(1, sizeof(*context));

    ERR_clear_error();
    if (context == NULL || (context->ctx = SSL_CTX_new(TLS_server_method())) == NULL) {
        ERR_clear_error();
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(set_protocol(context->ctx, detail));
    CX_TRY(use_chain(context->ctx, config->chain_pem, detail));
    CX_TRY(use_key(context->ctx, config->key_pem, detail));
    if (config->client_ca_pem.n != 0) {
        CX_TRY(demand_clients(context->ctx, config->client_ca_pem, detail));
    }
    *ret = CX_STEAL(context);
    return CX_SUCCESS;
}

void
tls_context_free(struct tls_context *context)
{
    if (context != NULL) {
        SSL_CTX_free(context->ctx);
        cx_free(context);
    }
}

struct ssl_st *
tls_accept_new(const struct tls_context *context)
{
    SSL *ssl = SSL_new(context->ctx);

    ERR_clear_error();
    return ssl;
}

/* Copies text if nothing in it could be overlooked. Classes: NOMEM. */
static cx_status
keep_text(struct cx_arena *arena, cx_span octets, bool only_ascii, cx_str *ret)
{
    uint32_t point;

    for (size_t at = 0, n; at < octets.n; at += n) {
        n = cx_utf8_first((cx_span){ octets.p + at, octets.n - at }, &point);
        if (n == 0 || (point != ' ' && cx_utf8_invisible(point)) || (only_ascii && point > 0x7e)) {
            return CX_SUCCESS;
        }
    }
    return cx_arena_text(arena, cx_str_of_span(octets), ret);
}

/* As a configuration has it (RFC 4514); one that cannot be written so is as good as none. */
static cx_status
read_subject(const X509 *certificate, struct shared_peer *ret)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = CX_DISTINGUISHED_NAME_MAX };
    unsigned char *der = NULL;
    int n = i2d_X509_NAME(X509_get_subject_name(certificate), &der);
    struct cx_detail detail;
    cx_status status = CX_SUCCESS;

    if (n > 0) {
        status = cx_distinguished_name_put(&text, (cx_span){ der, (size_t)n }, &detail);
    }
    OPENSSL_free(der);
    if (!cx_ok(status)) {
        return cx_status_class(status) == CX_CLASS_NOMEM ? status : CX_SUCCESS;
    }
    return keep_text(&ret->arena, cx_span_of_str(cx_buf_str(&text)), false, &ret->peer.subject);
}

static cx_status
add_name(const GENERAL_NAME *name, struct shared_peer *ret)
{
    int type = 0;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    cx_str text = { NULL, 0 };

    if (type != GEN_DNS && type != GEN_URI) {
        return CX_SUCCESS;
    }
    CX_TRY(keep_text(&ret->arena,
                     (cx_span){ ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value) },
                     true, &text));
    if (text.n != 0 && type == GEN_DNS) {
        ret->peer.dns_names[ret->peer.n_dns_names++] = text;
    } else if (text.n != 0) {
        ret->peer.uris[ret->peer.n_uris++] = text;
    }
    return CX_SUCCESS;
}

static cx_status
read_names(const X509 *certificate, struct shared_peer *ret)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int n = names != NULL ? sk_GENERAL_NAME_num(names) : 0;
    cx_status status = CX_SUCCESS;

    ret->peer.dns_names = cx_arena_get(&ret->arena, CX_TLS_NAMES_MAX, sizeof(cx_str));
    ret->peer.uris = cx_arena_get(&ret->arena, CX_TLS_NAMES_MAX, sizeof(cx_str));
    if (ret->peer.dns_names == NULL || ret->peer.uris == NULL) {
        status = (cx_status){ CX_E_NOMEM };
    } else if (n > CX_TLS_NAMES_MAX) {
        status = (cx_status){ CX_E_CRYPTO };
    }
    for (int i = 0; i < n && cx_ok(status); i++) {
        status = add_name(sk_GENERAL_NAME_value(names, i), ret);
    }
    GENERAL_NAMES_free(names);
    return status;
}

static cx_status
read_certificate(const X509 *certificate, struct shared_peer *ret)
{
    unsigned n = 0;

    if (X509_digest(certificate, EVP_sha256(), ret->peer.sha256, &n) != 1 || n != CX_SHA256_SIZE) {
        return (cx_status){ CX_E_CRYPTO };
    }
    CX_TRY(read_subject(certificate, ret));
    return read_names(certificate, ret);
}

cx_status
tls_peer_read(const struct ssl_st *ssl, struct tls_peer **ret)
{
    const X509 *certificate = SSL_get0_peer_certificate(ssl);
    struct shared_peer *shared;
    cx_status status;

    *ret = NULL;
    if (certificate == NULL) {
        return CX_SUCCESS;
    }
    if (SSL_get_verify_result(ssl) != X509_V_OK) { /* the handshake would have failed */
        return (cx_status){ CX_E_CRYPTO };
    }
    shared = cx_alloc(1, sizeof(*shared));
    if (shared == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    cx_arena_init(&shared->arena, PEER_MEMORY);
    shared->owners = 1;
    status = read_certificate(certificate, shared);
    ERR_clear_error();
    if (!cx_ok(status)) {
        tls_peer_free(&shared->peer);
        return status;
    }
    *ret = &shared->peer;
    return CX_SUCCESS;
}

struct tls_peer *
tls_peer_share(struct tls_peer *peer)
{
    if (peer != NULL) {
        CX_OF_MEMBER(struct shared_peer, peer, peer)->owners++;
    }
    return peer;
}

void
tls_peer_free(struct tls_peer *peer)
{
    struct shared_peer *shared;

    if (peer == NULL) {
        return;
    }
    shared = CX_OF_MEMBER(struct shared_peer, peer, peer);
    if (--shared->owners == 0) {
        cx_arena_done(&shared->arena);
        cx_free(shared);
    }
}
