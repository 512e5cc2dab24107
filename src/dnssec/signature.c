#include "dnssec/signature.h"

#include "dns/caa.h"

cx_status
cx_signature_read(const struct cx_message *message, const struct cx_rr *rr,
                  struct cx_signature *ret)
{
    struct cx_reader r = cx_reader_of(rr->rdata);
    struct cx_signature signature = { .covered = cx_rd_u16(&r) };
    size_t end;

    (void)cx_rd_u8(&r); /* algorithm */
    signature.labels = cx_rd_u8(&r);
    (void)cx_rd_bytes(&r, 14); /* original TTL, expiration, inception, key tag */
    if (!cx_rd_ok(&r)) {
        return (cx_status){ CX_E_MESSAGE };
    }
    CX_TRY(cx_name_from_message(message->octets, rr->rdata_at + r.at, &signature.signer, &end));
    if (end >= rr->rdata_at + rr->rdata.n) { /* no room for a signature */
        return (cx_status){ CX_E_MESSAGE };
    }
    *ret = signature;
    return CX_SUCCESS;
}

bool
cx_signature_is_of(const struct cx_signature *signature, cx_span zone, cx_span owner)
{
    bool wildcard = owner.p[0] == 1 && owner.p[1] == '*';

    /* RFC 4034 section 3.1.3: neither the root nor a leading "*" counts. */
    return cx_span_equal(cx_name_span(&signature->signer), zone) &&
           signature->labels == cx_name_labels(owner) - (wildcard ? 1 : 0);
}

/* Adds name, unless it is there. */
static cx_status
add(cx_span name, struct cx_arena *arena, cx_span *names, size_t *n)
{
    for (size_t i = 0; i < *n; i++) {
        if (cx_span_equal(names[i], name)) {
            return CX_SUCCESS;
        }
    }
    if (*n == CX_SIGNERS_MAX) {
        return (cx_status){ CX_E_LIMIT };
    }
    CX_TRY(cx_arena_copy(arena, name, &names[*n]));
    (*n)++;
    return CX_SUCCESS;
}

cx_status
cx_signers_read(cx_span octets, struct cx_arena *arena, cx_span **ret, size_t *ret_n)
{
    struct cx_message message;
    struct cx_rr rr;
    cx_span *names = cx_arena_get(arena, CX_SIGNERS_MAX, sizeof(*names));
    size_t n = 0;
    bool more = true;

    if (names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(cx_message_open(octets, &message));
    while (more) {
        struct cx_signature signature;

        CX_TRY(cx_message_next(&message, &rr, &more));
        if (more && rr.type == CX_TYPE_RRSIG && rr.class == CX_CLASS_IN &&
            rr.section != CX_SECTION_ADDITIONAL) {
            CX_TRY(cx_signature_read(&message, &rr, &signature));
            CX_TRY(add(cx_name_span(&signature.signer), arena, names, &n));
        }
    }
    *ret = names;
    *ret_n = n;
    return CX_SUCCESS;
}
