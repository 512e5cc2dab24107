#include "pki/digest.h"

#include <openssl/sha.h>

cx_status
cx_sha256(cx_span octets, uint8_t ret[CX_SHA256_SIZE])
{
    return SHA256(octets.p, octets.n, ret) != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

cx_status
cx_sha384(cx_span octets, uint8_t ret[CX_SHA384_SIZE])
{
    return SHA384(octets.p, octets.n, ret) != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}
