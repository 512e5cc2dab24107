/* TLS of the server's side, and who a client is by its certificate. From octets: the process has no files.
 * TLS 1.3 and 1.2, without renegotiation, resumption (a ticket would outlive the check of a client certificate), early data and
 * compression; of 1.2 only suites with forward secrecy and authenticated encryption. ALPN: "http/1.1", or the client did not ask.
 * A text of a certificate that has controls, NUL or anything but ASCII in a SAN is not given: who is compared by text is not
 * compared by half a text. */
#ifndef CAAPROOFD_TLS_H
#define CAAPROOFD_TLS_H

#include "base/span.h"
#include "base/status.h"
#include "pki/digest.h"

struct ssl_st;

/* What all connections of a listener share. */
struct tls_context;

struct tls_config {
    cx_span chain_pem; /* the server's certificate, then its issuers */
    cx_span key_pem;   /* its private key, not encrypted */
    cx_span
        client_ca_pem; /* anchors of client certificates, of which one is then demanded; empty: no client certificates */
};

/* The config is borrowed for the call; the caller wipes the key's octets. Classes: CRYPTO, NOMEM. */
cx_status tls_context_new(const struct tls_config *config, struct tls_context **ret,
                          struct cx_detail *detail) CX_MUST;
void tls_context_free(struct tls_context *context);
/* One connection's state, which does not need the context to stay; NULL when out of memory. */
struct ssl_st *tls_accept_new(const struct tls_context *context) CX_MUST;

/* A certificate that a handshake has verified. Shared, never changed. */
struct tls_peer {
    uint8_t sha256[CX_SHA256_SIZE]; /* of its DER */
    cx_str subject;                 /* RFC 4514, UTF-8; empty if it has none */
    cx_str *dns_names;
    size_t n_dns_names;
    cx_str *uris;
    size_t n_uris;
};

/* *ret is NULL without a certificate. Classes: CRYPTO (also more names than CX_TLS_NAMES_MAX), NOMEM. */
cx_status tls_peer_read(const struct ssl_st *ssl, struct tls_peer **ret) CX_MUST;
/* Another owner of the same; NULL gives NULL. Each gives it back with tls_peer_free. */
struct tls_peer *tls_peer_share(struct tls_peer *peer);
void tls_peer_free(struct tls_peer *peer);

#endif
