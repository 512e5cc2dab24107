#include "caa/case.h"

static const char *const purposes[] = {
    [CX_PURPOSE_UNSET] = "",
    [CX_PURPOSE_TLS] = "tls",
    [CX_PURPOSE_SMIME] = "smime",
    [CX_PURPOSE_VMC] = "vmc",
};

static const char *const orders[] = {
    [CX_ORDER_UNSET] = "",
    [CX_ORDER_BOTTOM_UP] = "bottom-up",
    [CX_ORDER_TOP_DOWN] = "top-down",
    [CX_ORDER_PARALLEL] = "parallel",
};

/* Place of word in words, 0 (unset) if it is not there. */
static size_t
place_of(const char *const *words, size_t n, cx_str word)
{
    for (size_t i = 1; i < n; i++) {
        if (cx_str_equal(word, cx_str_of(words[i]))) {
            return i;
        }
    }
    return 0;
}

const char *
cx_purpose_word(enum cx_purpose purpose)
{
    return purposes[purpose];
}

enum cx_purpose
cx_purpose_of_word(cx_str word)
{
    return (enum cx_purpose)place_of(purposes, CX_COUNT(purposes), word);
}

const char *
cx_order_word(enum cx_order order)
{
    return orders[order];
}

enum cx_order
cx_order_of_word(cx_str word)
{
    return (enum cx_order)place_of(orders, CX_COUNT(orders), word);
}
