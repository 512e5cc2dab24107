#include "pki/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <limits.h>

static void
free_bio(BIO **bio)
{
    (void)BIO_free(*bio); /* in memory: nothing can fail */
}

static bool
is_one_of(const char *name, const char *const *kinds)
{
    while (*kinds != NULL && strcmp(name, *kinds) != 0) {
        kinds++;
    }
    return *kinds != NULL;
}

static cx_status
first_of(BIO *bio, const char *const *kinds, struct cx_arena *arena, cx_span *ret,
         struct cx_detail *detail)
{
    char *name, *header;
    unsigned char *der;
    long n;

    while (PEM_read_bio(bio, &name, &header, &der, &n) == 1) {
        bool wanted = is_one_of(name, kinds) && n > 0;
        cx_status s = CX_SUCCESS;

        if (wanted) {
            s = cx_arena_copy(arena, (cx_span){ der, (size_t)n }, ret);
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
        if (wanted) {
            return s;
        }
    }
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_CERTIFICATE, "a PEM block is damaged");
}

cx_status
cx_pem_first(cx_span file, const char *const *kinds, struct cx_arena *arena, cx_span *ret,
             struct cx_detail *detail)
{
    CX_AUTO(free_bio) BIO *bio = file.n > INT_MAX ? NULL : BIO_new_mem_buf(file.p, (int)file.n);
    cx_span found = { NULL, 0 };
    cx_status s;

    ERR_clear_error(); /* what others left is no reason of ours */
    if (bio == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    s = first_of(bio, kinds, arena, &found, detail);
    ERR_clear_error();
    CX_TRY(s);
    *ret = found;
    return CX_SUCCESS;
}
