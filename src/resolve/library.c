#include "resolve/library.h"

#include "base/limits.h"
#include "base/status.h"

#include <unbound.h>

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

/* ---- version */

/* A number of the form that versions have: digits, at most four. */
static bool
take_number(cx_str *text, unsigned *ret)
{
    size_t n = 0;

    for (*ret = 0; n < text->n && text->p[n] >= '0' && text->p[n] <= '9'; n++) {
        if (n == 4) {
            return false;
        }
        *ret = *ret * 10 + (unsigned)(text->p[n] - '0');
    }
    text->p += n;
    text->n -= n;
    return n != 0;
}

static bool
take_dot(cx_str *text)
{
    if (text->n == 0 || text->p[0] != '.') {
        return false;
    }
    text->p++;
    text->n--;
    return true;
}

/* Leaves in *text what follows the numbers. */
static bool
take_version(cx_str *text, unsigned ret[3])
{
    return take_number(text, &ret[0]) && take_dot(text) && take_number(text, &ret[1]) &&
           take_dot(text) && take_number(text, &ret[2]);
}

bool
cx_library_version_is_supported(cx_str version)
{
    cx_str least = CX_STR(CX_LIBRARY_OLDEST);
    unsigned have[3], need[3];

    if (!take_version(&version, have) || !take_version(&least, need)) {
        return false;
    }
    for (size_t i = 0; i < CX_COUNT(need); i++) {
        if (have[i] != need[i]) {
            return have[i] > need[i];
        }
    }
    return version.n == 0;
}

bool
cx_library_is_supported(void)
{
    return cx_library_version_is_supported(cx_str_of(ub_version()));
}

/* ---- what it is linked with */

/* A handle of the libunbound that is already loaded, NULL if it is none of its own. By a function that nobody defines in
 * its place. Never closed: the library stays as long as the process. */
static void *
loaded(void)
{
    void *function = dlsym(RTLD_DEFAULT, "ub_ctx_set_option");
    Dl_info info;

    if (function == NULL || dladdr(function, &info) == 0 || info.dli_fname == NULL) {
        return NULL;
    }
    return dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
}

void *
cx_library_symbol(const char *name)
{
    void *handle = loaded();

    return handle != NULL ? dlsym(handle, name) : NULL;
}

/* Text of the library's table of strings. Some linkers leave its address as it is in the file. */
static const char *
strings_of(const struct link_map *map)
{
    for (size_t i = 0; i < CX_DYNAMIC_MAX && map->l_ld[i].d_tag != DT_NULL; i++) {
        ElfW(Addr) at = map->l_ld[i].d_un.d_ptr;

        if (map->l_ld[i].d_tag == DT_STRTAB) {
            at += at < map->l_addr ? map->l_addr : 0;
            return (const char *)(uintptr_t)at;
        }
    }
    return NULL;
}

enum cx_library_crypto
cx_library_crypto(void)
{
    void *handle = loaded();
    struct link_map *map = NULL;
    const char *strings;

    if (handle == NULL || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) {
        return CX_LIBRARY_CRYPTO_UNKNOWN;
    }
    strings = strings_of(map);
    for (size_t i = 0; strings != NULL && i < CX_DYNAMIC_MAX && map->l_ld[i].d_tag != DT_NULL;
         i++) {
        enum cx_library_crypto crypto;

        if (map->l_ld[i].d_tag != DT_NEEDED) {
            continue;
        }
        crypto = cx_library_crypto_of(cx_str_of(strings + map->l_ld[i].d_un.d_val));
        if (crypto != CX_LIBRARY_CRYPTO_UNKNOWN) {
            return crypto;
        }
    }
    return CX_LIBRARY_CRYPTO_UNKNOWN;
}

enum cx_library_crypto
cx_library_crypto_of(cx_str needed)
{
    static const struct {
        cx_str begin;
        enum cx_library_crypto crypto;
    } table[] = {
        { CX_STR_INIT("libcrypto."), CX_LIBRARY_CRYPTO_OPENSSL },
        { CX_STR_INIT("libhogweed."), CX_LIBRARY_CRYPTO_NETTLE },
        { CX_STR_INIT("libnettle."), CX_LIBRARY_CRYPTO_NETTLE },
        { CX_STR_INIT("libnss3."), CX_LIBRARY_CRYPTO_NSS },
    };

    for (size_t i = 0; i < CX_COUNT(table); i++) {
        if (needed.n >= table[i].begin.n &&
            memcmp(needed.p, table[i].begin.p, table[i].begin.n) == 0) {
            return table[i].crypto;
        }
    }
    return CX_LIBRARY_CRYPTO_UNKNOWN;
}

const char *
cx_library_crypto_text(enum cx_library_crypto crypto)
{
    switch (crypto) {
    case CX_LIBRARY_CRYPTO_OPENSSL:
        return "OpenSSL";
    case CX_LIBRARY_CRYPTO_NETTLE:
        return "nettle";
    case CX_LIBRARY_CRYPTO_NSS:
        return "NSS";
    case CX_LIBRARY_CRYPTO_UNKNOWN:
        break;
    }
    return "unknown cryptography";
}
