/* SHA256_Init and its kind are deprecated, keep nothing between calls, and are the fastest that OpenSSL has for the 65
 * octets of a tree's node: 110 ns. A context of EVP that is used again takes 150 ns and must belong to one thread; one
 * that is not, or SHA256(), 200 to 430 ns. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "pki/digest.h"

#include "base/alloc.h"

#include <openssl/sha.h>

cx_status
cx_sha256_parts(const cx_span *parts, size_t n, uint8_t ret[CX_SHA256_SIZE])
{
    SHA256_CTX ctx;
    bool ok = SHA256_Init(&ctx) == 1;

    for (size_t i = 0; i < n && ok; i++) {
        ok = SHA256_Update(&ctx, parts[i].p, parts[i].n) == 1;
    }
    return ok && SHA256_Final(ret, &ctx) == 1 ? CX_SUCCESS : (cx_status){ CX_E_INTERNAL };
}

cx_status
cx_sha256(cx_span octets, uint8_t ret[CX_SHA256_SIZE])
{
    return cx_sha256_parts(&octets, 1, ret);
}

struct cx_digest {
    SHA256_CTX ctx;
};

struct cx_digest *
cx_digest_new(void)
{
    struct cx_digest *digest = cx_alloc(1, sizeof(*digest));

    if (digest != NULL && SHA256_Init(&digest->ctx) != 1) {
        cx_free(digest);
        return NULL;
    }
    return digest;
}

void
cx_digest_free(struct cx_digest *digest)
{
    cx_free(digest);
}

cx_status
cx_digest_add(struct cx_digest *digest, cx_span octets)
{
    return SHA256_Update(&digest->ctx, octets.p, octets.n) == 1 ? CX_SUCCESS
                                                                : (cx_status){ CX_E_INTERNAL };
}

cx_status
cx_digest_of(const struct cx_digest *digest, uint8_t ret[CX_SHA256_SIZE])
{
    SHA256_CTX copy = digest->ctx;

    return SHA256_Final(ret, &copy) == 1 ? CX_SUCCESS : (cx_status){ CX_E_INTERNAL };
}

cx_status
cx_sha384(cx_span octets, uint8_t ret[CX_SHA384_SIZE])
{
    return SHA384(octets.p, octets.n, ret) != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}
