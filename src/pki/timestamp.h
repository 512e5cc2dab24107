/* Time-stamps (RFC 3161): a time-stamping authority's signature says that a text existed at a moment.
 * I1: what counts is the text, whose SHA-256 is stamped, and the nonce that was sent; nothing of a response is believed
 * that its signature does not cover.
 * I2: the authority's certificate is for time-stamping only (extendedKeyUsage, critical), chains to a root of the caller's,
 * and was valid at the moment that it signed.
 * Revocation is not looked at: whoever relies on a time-stamp for long keeps what the authority published about it. */
#ifndef CX_PKI_TIMESTAMP_H
#define CX_PKI_TIMESTAMP_H

#include "base/buf.h"
#include "base/time.h"

/* Random, never 0. Classes: CRYPTO. */
cx_status cx_timestamp_nonce(uint64_t *ret) CX_MUST;

/* Appends a request (application/timestamp-query) that asks for the certificate; nonce 0: without, for tests. Classes:
 * CRYPTO, NOMEM. */
cx_status cx_timestamp_request(cx_span text, uint64_t nonce, struct cx_buf *buf) CX_MUST;

struct cx_timestamp_trust {
    cx_span roots; /* PEM certificates */
    cx_span chain; /* more of them, which lead there; n == 0: those of the response alone */
    /* Numbers of the policies of which a response must name one; n == 0: any. */
    const cx_str *policies;
    size_t n_policies;
    /* When the certificates must be valid: now, or when the response arrived, if it was kept safe since. A response from
     * a later moment is refused (but for CX_TIMESTAMP_SKEW_S). */
    cx_time at;
};

/* response: application/timestamp-reply, for a request with that text and nonce. *ret_time: the text existed then (fractions
 * of a second count up). Classes: CRYPTO (not verified), LIMIT, MALFORMED (certificates of trust), NOMEM, INTERNAL. */
cx_status cx_timestamp_verify(cx_span response, cx_span text, uint64_t nonce,
                              const struct cx_timestamp_trust *trust, cx_time *ret_time,
                              struct cx_detail *detail) CX_MUST;

#endif
