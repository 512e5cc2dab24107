#include "agree_sct.h"

#include "base/limits.h"
#include "pki/sct.h"

#include <openssl/ct.h>
#include <openssl/err.h>

static bool
same_octets(cx_span ours, const unsigned char *theirs, size_t n)
{
    return cx_span_equal(ours, (cx_span){ theirs, n });
}

static const char *
one_differs(const struct cx_sct *ours, const SCT *theirs)
{
    unsigned char *octets;
    size_t n = SCT_get0_log_id(theirs, &octets);

    if (!same_octets(ours->log_id, octets, n)) {
        return "log id";
    }
    n = SCT_get0_extensions(theirs, &octets);
    if (!same_octets(ours->extensions, octets, n)) {
        return "extensions";
    }
    n = SCT_get0_signature(theirs, &octets);
    if (!same_octets(ours->signature, octets, n)) {
        return "signature";
    }
    return (uint64_t)ours->time_ms == SCT_get_timestamp(theirs) ? NULL : "time";
}

static const char *
all_differ(const struct cx_sct *ours, const struct cx_sct_list *list, const STACK_OF(SCT) * theirs)
{
    const char *differs = NULL;
    uint64_t earliest = 0;
    size_t n = 0;

    for (int i = 0; i < sk_SCT_num(theirs) && differs == NULL; i++) {
        const SCT *one = sk_SCT_value(theirs, i);

        if (SCT_get_version(one) != SCT_VERSION_V1) {
            continue;
        }
        if (n == list->n) {
            return "their number";
        }
        differs = one_differs(&ours[n++], one);
        if (earliest == 0 || SCT_get_timestamp(one) < earliest) {
            earliest = SCT_get_timestamp(one);
        }
    }
    if (differs == NULL && (n != list->n || n + list->others != (size_t)sk_SCT_num(theirs))) {
        return "their number";
    }
    return differs != NULL || earliest == (uint64_t)list->earliest_ms ? differs : "earliest time";
}

const char *
sct_disagreement(cx_span value, bool *ret_accepted)
{
    struct cx_sct ours[CX_SCTS_MAX];
    struct cx_sct_list list;
    STACK_OF(SCT) * theirs;
    const unsigned char *p = value.p;
    const char *differs;

    *ret_accepted = cx_ok(cx_sct_read(value, ours, CX_SCTS_MAX, &list, NULL));
    if (!*ret_accepted) {
        return NULL;
    }
    theirs = d2i_SCT_LIST(NULL, &p, (long)value.n);
    differs = theirs == NULL ? "OpenSSL does not read it" : all_differ(ours, &list, theirs);
    SCT_LIST_free(theirs);
    ERR_clear_error();
    return differs;
}
