#include "domain/idn.h"

#include "base/limits.h"

#include <idn2.h>

/* UTF-8 of a name that fits the DNS is shorter; longer text need not reach the library. */
#define UTF8_MAX 1024

static void
free_idn(char **text)
{
    idn2_free(*text);
}

static cx_status
check_text(cx_str utf8, struct cx_detail *detail)
{
    if (utf8.n == 0) {
        return cx_fail(detail, CX_E_NAME, "empty domain");
    }
    if (utf8.n > UTF8_MAX) {
        return cx_fail(detail, CX_E_NAME, "domain longer than %d octets", UTF8_MAX);
    }
    for (size_t i = 0; i < utf8.n; i++) {
        if ((uint8_t)utf8.p[i] <= 0x20 || utf8.p[i] == 0x7f) {
            return cx_fail(detail, CX_E_NAME, "a blank or control octet (%u) in the domain",
                           (unsigned)(uint8_t)utf8.p[i]);
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_domain_to_ascii(cx_str utf8, struct cx_arena *arena, cx_str *ret, struct cx_detail *detail)
{
    /* Non-transitional: IDNA2008, so that names with sharp s and the like are themselves. */
    const int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
    CX_AUTO(free_idn) char *ascii = NULL;
    uint8_t *lower;
    cx_str text;
    int result;

    CX_TRY(check_text(utf8, detail));
    CX_TRY(cx_arena_text(arena, utf8, &text)); /* ends with an octet 0, for the library */
    result = idn2_to_ascii_8z(text.p, &ascii, flags);
    if (result == IDN2_MALLOC) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (result != IDN2_OK) {
        return cx_fail(detail, CX_E_NAME, "cannot be written in A-labels: %s",
                       idn2_strerror(result));
    }
    text = cx_str_of(ascii);
    lower = cx_arena_get(arena, text.n + 1, 1);
    if (lower == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < text.n; i++) {
        lower[i] = cx_ascii_lower((uint8_t)text.p[i]);
    }
    *ret = (cx_str){ (const char *)lower, text.n };
    return CX_SUCCESS;
}
