/* Values of contactemail and contactphone (R-TAG-11). */
#include "caa/contact.h"
#include "fuzz.h"

#include <stdlib.h>

static bool
fits(enum cx_tag property, cx_span value)
{
    struct cx_contact_fault fault = cx_contact_check(property, value);

    MUST(fault.problem != CX_CONTACT_UNSET);
    MUST((fault.problem == CX_CONTACT_FITS) == (fault.octet == 0));
    MUST(fault.octet <= value.n + 1);
    return fault.problem == CX_CONTACT_FITS;
}

/* The value with something before and behind it; must not fit. */
static void
refuse_within(enum cx_tag property, cx_span value, const char *before, const char *behind)
{
    size_t b = strlen(before), e = strlen(behind);
    uint8_t *p = malloc(value.n + b + e);

    MUST(p != NULL);
    memcpy(p, before, b);
    memcpy(p + b, value.p, value.n);
    memcpy(p + b + value.n, behind, e);
    MUST(!fits(property, (cx_span){ p, value.n + b + e }));
    free(p);
}

static void
check_around(enum cx_tag property, cx_span value)
{
    static const char *const around[][2] = {
        { " ", "" },      { "", " " },       { "", "\n" },       { "\t", "" },
        { "<", ">" },     { "mailto:", "" }, { "", ";" },        { "", ", a@d.test" },
        { "", "," },      { "tel:", "" },    { "\xc2\xa0", "" }, { "", "\xe2\x80\x8b" },
        { "", ";ext=1" },
    };

    for (size_t i = 0; i < CX_COUNT(around); i++) {
        refuse_within(property, value, around[i][0], around[i][1]);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span value = { data, size };
    bool email = fits(CX_TAG_CONTACTEMAIL, value), phone = fits(CX_TAG_CONTACTPHONE, value);

    MUST(!email || !phone);
    if (email) {
        MUST(memchr(data, '@', size) != NULL);
        check_around(CX_TAG_CONTACTEMAIL, value);
    }
    if (phone) {
        MUST(data[0] == '+');
        check_around(CX_TAG_CONTACTPHONE, value);
    }
    for (size_t i = 0; (email || phone) && i < size; i++) {
        MUST(data[i] >= 0x20 && data[i] != 0x7f && (email || data[i] < 0x80));
    }
    return 0;
}
