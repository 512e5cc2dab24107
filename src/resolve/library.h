/* The libunbound of this process, as it was loaded: a program does not know with which one it will run. */
#ifndef CX_RESOLVE_LIBRARY_H
#define CX_RESOLVE_LIBRARY_H

#include "base/span.h"

/* Debian 12's, and the oldest that is tested. */
#define CX_LIBRARY_OLDEST "1.17.1"

enum cx_library_crypto {
    CX_LIBRARY_CRYPTO_UNKNOWN =
        0,                     /* linked into the program, or with a library that we do not know */
    CX_LIBRARY_CRYPTO_OPENSSL, /* or a fork of it */
    CX_LIBRARY_CRYPTO_NETTLE,
    CX_LIBRARY_CRYPTO_NSS,
};

/* Whether cx_live_version is CX_LIBRARY_OLDEST or later. */
bool cx_library_is_supported(void);

/* From what libunbound itself asks the dynamic linker for: another library may have brought nettle into the process. */
enum cx_library_crypto cx_library_crypto(void);
const char *cx_library_crypto_text(enum cx_library_crypto crypto);

/* The function that libunbound would call by this name if the program did not define it: of libunbound or of a library
 * that it needs. NULL: there is none. */
void *cx_library_symbol(const char *name);

/* Whether version is CX_LIBRARY_OLDEST or later. What is not three numbers is not; what follows them makes a version
 * that comes before ("1.17.1rc1"). */
bool cx_library_version_is_supported(cx_str version);

/* What a needed library ("libnettle.so.8") says of the cryptography; UNKNOWN: nothing. */
enum cx_library_crypto cx_library_crypto_of(cx_str needed);

#endif
