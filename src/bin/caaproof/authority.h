/* --authority: the issuing key that checks and permits are bound to. */
#ifndef CAAPROOF_AUTHORITY_H
#define CAAPROOF_AUTHORITY_H

#include "evidence/tree.h"

/* text: SHA-256 of the key's SubjectPublicKeyInfo in hexadecimal, or a file with its certificate or public key. Classes: IO,
 * MALFORMED. */
cx_status authority_read(const char *text, struct cx_hash *ret, struct cx_detail *detail) CX_MUST;

#endif
