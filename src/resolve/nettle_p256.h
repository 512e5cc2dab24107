/* P-256 of DNSSEC at OpenSSL's speed where libunbound is linked with nettle, which takes twice as long: the executable's
 * own nettle_ecdsa_verify stands before nettle's (symbol interposition).
 * I1: same verdicts. Signatures on P-256 go to pki/ecdsa.h; other curves, numbers of more than 256 bits and whatever
 * OpenSSL has no verdict about go to nettle's own function as they came. One exception, where nettle 3.8 errs: it refuses
 * a good signature that only a signer who means to can make (u1 G = u2 Q in the words of SEC 1 section 4.1.4).
 * I2: nothing goes to OpenSSL before a self-test in this process found both to agree about good and bad signatures.
 * docs/adr/0006-p256-by-openssl.md. */
#ifndef CX_RESOLVE_NETTLE_P256_H
#define CX_RESOLVE_NETTLE_P256_H

#include <stdbool.h>

/* Whether OpenSSL can take nettle's place here: tried once in a process. False where libunbound is not linked with
 * nettle: then there is nothing to replace. */
bool cx_nettle_p256_works(void);

/* From now on OpenSSL verifies, if that works, or nettle: in the whole process, since who calls nettle does not know for
 * whom. Before the first call: nettle. */
void cx_nettle_p256_use(bool wanted);

#endif
