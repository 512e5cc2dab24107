#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

#undef cx_fail /* defined here, with whatever reads this */

enum cx_class
cx_status_class(cx_status s)
{
    switch (s.code) {
    case CX_OK:
        return CX_CLASS_NONE;
#define X(code, class, number, text)                                                               \
    case code:                                                                                     \
        return CX_CLASS_##class;
#include "base/errors.def"
#undef X
    }
    return CX_CLASS_INTERNAL;
}

const char *
cx_status_text(cx_status s)
{
    switch (s.code) {
    case CX_OK:
        return "success";
#define X(code, class, number, text)                                                               \
    case code:                                                                                     \
        return text;
#include "base/errors.def"
#undef X
    }
    return "unknown failure";
}

/* Nothing in a text from outside may steer a terminal: C0, DEL, and the C1 of UTF-8. */
static void
disarm(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
        bool c1 = p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f;

        if (*p < 0x20 || *p == 0x7f) {
            *p = '?';
        } else if (c1) {
            p[0] = p[1] = '?';
        }
    }
}

cx_status
cx_fail(struct cx_detail *detail, enum cx_code code, const char *fmt, ...)
{
    if (detail != NULL) {
        va_list args;

        va_start(args, fmt);
        detail->rule = NULL;
        /* Cut texts are acceptable: detail is for people only. */
        (void)vsnprintf(detail->text, sizeof(detail->text), fmt, args);
        va_end(args);
        disarm(detail->text);
    }
    return (cx_status){ code };
}
