#include "pki/sct.h"

#include "base/limits.h"
#include "pki/der.h"

enum {
    VERSION_1 = 0,
    HASH_SHA256 = 4, /* RFC 5246 section 7.4.1.4.1; RFC 6962 section 2.1.4 allows no other */
    SIGNATURE_RSA = 1,
    SIGNATURE_ECDSA = 3,
};

static cx_status
refuse(struct cx_detail *detail, const char *why)
{
    return cx_fail(detail, CX_E_CERTIFICATE, "SCT list: %s", why);
}

static uint64_t
read_u64(struct cx_reader *r)
{
    uint64_t high = cx_rd_u32(r);

    return high << 32 | cx_rd_u32(r);
}

static cx_status
read_v1(struct cx_reader *r, struct cx_sct *ret, struct cx_detail *detail)
{
    uint64_t time;
    uint8_t hash, signature;

    ret->log_id = cx_rd_bytes(r, CX_SCT_LOG_ID);
    time = read_u64(r);
    ret->extensions = cx_rd_bytes(r, cx_rd_u16(r));
    hash = cx_rd_u8(r);
    signature = cx_rd_u8(r);
    ret->signature = cx_rd_bytes(r, cx_rd_u16(r));
    if (!cx_rd_ok(r) || cx_rd_left(r) != 0) {
        return refuse(detail, "an SCT is cut, or longer than what is in it");
    }
    if (hash != HASH_SHA256 || (signature != SIGNATURE_RSA && signature != SIGNATURE_ECDSA)) {
        return refuse(detail, "an SCT with an algorithm that no log may use");
    }
    if (time == 0 || time > CX_SCT_TIME_MAX_MS) {
        return refuse(detail, "an SCT with a time that cannot be");
    }
    ret->time_ms = (int64_t)time;
    return CX_SUCCESS;
}

static bool
is_among(cx_span log_id, const struct cx_sct *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (cx_span_equal(log_id, v[i].log_id)) {
            return true;
        }
    }
    return false;
}

static cx_status
read_one(cx_span octets, struct cx_sct *all, struct cx_sct_list *list, struct cx_detail *detail)
{
    struct cx_reader r = cx_reader_of(octets);
    struct cx_sct sct;

    if (cx_rd_u8(&r) != VERSION_1) {
        if (!cx_rd_ok(&r)) {
            return refuse(detail, "an SCT that is empty");
        }
        list->others++;
        return CX_SUCCESS;
    }
    if (list->n == CX_SCTS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "SCT list: more than %d", CX_SCTS_MAX);
    }
    CX_TRY(read_v1(&r, &sct, detail));
    list->logs += is_among(sct.log_id, all, list->n) ? 0 : 1;
    if (list->n == 0 || sct.time_ms < list->earliest_ms) {
        list->earliest_ms = sct.time_ms;
    }
    all[list->n++] = sct;
    return CX_SUCCESS;
}

/* OCTET STRING { u16 octets { u16 octets, SCT } ... } */
cx_status
cx_sct_read(cx_span value, struct cx_sct *v, size_t max, struct cx_sct_list *ret,
            struct cx_detail *detail)
{
    struct cx_reader outer = cx_reader_of(value);
    struct cx_reader r = cx_der_enter(&outer, CX_DER_OCTET_STRING);
    struct cx_sct_list list = { .n = 0 };
    struct cx_sct all[CX_SCTS_MAX];
    size_t octets = cx_rd_u16(&r);

    if (!cx_rd_ok(&r) || cx_rd_left(&outer) != 0 || octets != cx_rd_left(&r) || octets == 0) {
        return refuse(detail, "its length is not that of what is in it");
    }
    while (cx_rd_left(&r) != 0) {
        cx_span one = cx_rd_bytes(&r, cx_rd_u16(&r));

        if (!cx_rd_ok(&r)) {
            return refuse(detail, "an SCT is longer than the list");
        }
        CX_TRY(read_one(one, all, &list, detail));
    }
    for (size_t i = 0; i < list.n && i < max; i++) {
        v[i] = all[i];
    }
    *ret = list;
    return CX_SUCCESS;
}
