#include "evidence/context.h"

#include "evidence/fault.h"
#include "evidence/part.h"

enum context_key {
    CONTEXT_VERSION = 0,
    CONTEXT_SOFTWARE = 1,
    CONTEXT_RESOLVER = 2,
    CONTEXT_ANCHORS = 3,
    CONTEXT_OWN = 4,
    CONTEXT_POLICY = 5,
    CONTEXT_ORDER = 6,
    CONTEXT_MESSAGES = 7,
    CONTEXT_KEYS, /* those that every context has */
    CONTEXT_PERSPECTIVES = CONTEXT_KEYS,
};

static const char *const messages_words[] = {
    [CX_MESSAGES_UNSET] = "",
    [CX_MESSAGES_FULL] = "full",
    [CX_MESSAGES_PROOF] = "proof",
    [CX_MESSAGES_DIGEST] = "digest",
};

/* To an outsider signatures show records, or that there are none; and, of a zone without them, that there cannot be any. */
struct cx_kept
cx_messages_kept(enum cx_messages messages, enum cx_dnssec dnssec, bool is_proved)
{
    const bool all = messages == CX_MESSAGES_FULL, proof = messages == CX_MESSAGES_PROOF;

    return (struct cx_kept){
        .own = all || (proof && dnssec == CX_DNSSEC_SECURE),
        .rests_on = all || (proof && (dnssec == CX_DNSSEC_SECURE ||
                                      (dnssec == CX_DNSSEC_INSECURE && is_proved))),
        .control = all,
    };
}

const char *
cx_messages_word(enum cx_messages messages)
{
    return messages_words[messages];
}

enum cx_messages
cx_messages_of_word(cx_str word)
{
    for (size_t i = 1; i < CX_COUNT(messages_words); i++) {
        if (cx_str_equal(word, cx_str_of(messages_words[i]))) {
            return (enum cx_messages)i;
        }
    }
    return CX_MESSAGES_UNSET;
}

/* ---- writing */

/* null: what has no such end. */
static void
put_end(struct cx_buf *buf, cx_time end, cx_time without)
{
    if (end == without) {
        cx_cbor_put_null(buf);
    } else {
        cx_cbor_put_int(buf, end);
    }
}

static void
put_own(struct cx_buf *buf, const struct cx_context *context)
{
    cx_cbor_put_array(buf, context->n_own);
    for (size_t i = 0; i < context->n_own; i++) {
        const struct cx_own *own = &context->own[i];

        cx_cbor_put_array(buf, 4);
        cx_cbor_put_text(buf, own->name);
        put_end(buf, own->from, CX_TIME_NONE);
        put_end(buf, own->until, CX_TIME_MAX);
        cx_cbor_put_bool(buf, own->issuemail_parameters);
    }
}

/* A moment as JSON has it, or whether at all. */
static void
put_from(struct cx_buf *buf, cx_time from)
{
    char text[CX_TIME_TEXT];

    if (from == CX_TIME_NONE || from == CX_TIME_MAX) {
        cx_cbor_put_bool(buf, from == CX_TIME_NONE);
        return;
    }
    cx_time_format(from, text);
    cx_parts_put_word(buf, text);
}

/* Words of those that are set. */
struct choice {
    const char *word;
    bool set;
};

static void
put_choices(struct cx_buf *buf, const struct choice *choices, size_t n)
{
    size_t set = 0;

    for (size_t i = 0; i < n; i++) {
        set += choices[i].set ? 1 : 0;
    }
    cx_cbor_put_array(buf, set);
    for (size_t i = 0; i < n; i++) {
        if (choices[i].set) {
            cx_parts_put_word(buf, choices[i].word);
        }
    }
}

static void
put_lists(struct cx_buf *buf, const struct cx_policy *p)
{
    const struct choice exceptions[] = { { "precertificate", p->exceptions.precertificate },
                                         { "constrained", p->exceptions.constrained },
                                         { "dns-operator", p->exceptions.dns_operator } };
    const struct choice tags[] = { { "contactemail", p->knows_contactemail },
                                   { "contactphone", p->knows_contactphone },
                                   { "issuemail", p->knows_issuemail },
                                   { "issuevmc", p->knows_issuevmc } };

    cx_parts_put_word(buf, "exceptions");
    put_choices(buf, exceptions, CX_COUNT(exceptions));
    cx_parts_put_word(buf, "known_tags");
    put_choices(buf, tags, CX_COUNT(tags));
}

static void
put_honour(struct cx_buf *buf, const struct cx_policy *p)
{
    cx_parts_put_word(buf, "honour");
    cx_cbor_put_map(buf, 2);
    cx_parts_put_word(buf, "accounturi");
    put_from(buf, p->accounturi_from);
    cx_parts_put_word(buf, "validationmethods");
    put_from(buf, p->validationmethods_from);
}

static void
put_switch(struct cx_buf *buf, const char *member, const char *word)
{
    cx_parts_put_word(buf, member);
    cx_parts_put_word(buf, word);
}

/* All members of docs/json.md but own; keys in the order of CBOR, shorter ones first. */
static void
put_policy(struct cx_buf *buf, const struct cx_policy *p)
{
    bool tbr = p->ca_tbr_from != CX_TIME_MAX;

    cx_cbor_put_map(buf, 11 + (size_t)tbr);
    put_switch(buf, "onion", p->onion_rfc9799 ? "rfc9799" : "br");
    put_honour(buf, p);
    cx_parts_put_word(buf, "lf_permit");
    cx_cbor_put_bool(buf, p->lf_permit);
    put_lists(buf, p);
    put_switch(buf, "label_case", p->label_case_fold ? "fold" : "exact");
    put_switch(buf, "param_case", p->param_case_strict ? "strict" : "fold");
    cx_parts_put_word(buf, "alias_limit");
    cx_cbor_put_uint(buf, p->alias_limit);
    if (tbr) {
        cx_parts_put_word(buf, "ca_tbr_from");
        put_from(buf, p->ca_tbr_from);
    }
    put_switch(buf, "issuer_case", p->issuer_case_strict ? "strict" : "fold");
    put_switch(buf, "lf_servfail", p->lf_servfail_classified ? "classified" : "strict");
    cx_parts_put_word(buf, "negative_trust_anchors");
    cx_parts_put_texts(buf, p->negative_trust_anchors, p->n_negative_trust_anchors);
}

cx_status
cx_context_encode(const struct cx_context *context, struct cx_buf *buf)
{
    size_t begin = buf->n;

    if (cx_context_fault(context) != NULL) {
        return (cx_status){ CX_E_INTERNAL };
    }
    cx_cbor_put_map(buf, CONTEXT_KEYS + (size_t)(context->perspectives.n != 0));
    cx_cbor_put_uint(buf, CONTEXT_VERSION);
    cx_cbor_put_uint(buf, CX_RECORD_VERSION);
    cx_cbor_put_uint(buf, CONTEXT_SOFTWARE);
    cx_cbor_put_text(buf, context->software);
    cx_cbor_put_uint(buf, CONTEXT_RESOLVER);
    cx_cbor_put_text(buf, context->resolver);
    cx_cbor_put_uint(buf, CONTEXT_ANCHORS);
    cx_parts_put_texts(buf, context->anchors, context->n_anchors);
    cx_cbor_put_uint(buf, CONTEXT_OWN);
    put_own(buf, context);
    cx_cbor_put_uint(buf, CONTEXT_POLICY);
    if (context->policy != NULL) {
        put_policy(buf, context->policy);
    } else {
        cx_buf_put(buf, cx_str_of_span(context->policy_octets));
    }
    cx_cbor_put_uint(buf, CONTEXT_ORDER);
    cx_parts_put_word(buf, cx_order_word(context->order));
    cx_cbor_put_uint(buf, CONTEXT_MESSAGES);
    cx_parts_put_word(buf, cx_messages_word(context->messages));
    if (context->perspectives.n != 0) {
        cx_cbor_put_uint(buf, CONTEXT_PERSPECTIVES);
        cx_buf_put(buf, cx_str_of_span(context->perspectives));
    }
    return cx_parts_written(buf, begin);
}

/* ---- reading */

static cx_time
get_end(struct cx_parts *in, cx_time without)
{
    if (cx_cbor_next(&in->r) == CX_CBOR_NULL) {
        cx_cbor_null(&in->r);
        return without;
    }
    return cx_parts_moment(in);
}

static cx_status
get_own(struct cx_parts *in, struct cx_context *context)
{
    struct cx_own *own;
    void *v;

    CX_TRY(cx_parts_array(in, 0, CX_ISSUERS_MAX, sizeof(*own), &v, &context->n_own));
    own = v;
    for (size_t i = 0; i < context->n_own; i++) {
        if (cx_cbor_array(&in->r, 4) != 4) {
            return cx_parts_refuse(in, "an entry of OWN cannot be read");
        }
        own[i].name = cx_cbor_text(&in->r);
        own[i].from = get_end(in, CX_TIME_NONE);
        own[i].until = get_end(in, CX_TIME_MAX);
        own[i].issuemail_parameters = cx_cbor_bool(&in->r);
    }
    context->own = own;
    return CX_SUCCESS;
}

static cx_status
get_member(struct cx_parts *in, int64_t key, struct cx_context *context)
{
    switch (key) {
    case CONTEXT_VERSION:
        return cx_cbor_uint(&in->r) == CX_RECORD_VERSION
                   ? CX_SUCCESS
                   : cx_parts_refuse(in, "a version not known");
    case CONTEXT_SOFTWARE:
        context->software = cx_cbor_text(&in->r);
        return CX_SUCCESS;
    case CONTEXT_RESOLVER:
        context->resolver = cx_cbor_text(&in->r);
        return CX_SUCCESS;
    case CONTEXT_ANCHORS:
        return cx_parts_texts(in, CX_ANCHORS_MAX, &context->anchors, &context->n_anchors);
    case CONTEXT_OWN:
        return get_own(in, context);
    case CONTEXT_POLICY:
        context->policy_octets = cx_cbor_members(&in->r);
        return CX_SUCCESS;
    case CONTEXT_ORDER:
        context->order = cx_order_of_word(cx_cbor_text(&in->r));
        return context->order != CX_ORDER_UNSET ? CX_SUCCESS
                                                : cx_parts_refuse(in, "an order not known");
    case CONTEXT_MESSAGES:
        context->messages = cx_messages_of_word(cx_cbor_text(&in->r));
        return context->messages != CX_MESSAGES_UNSET
                   ? CX_SUCCESS
                   : cx_parts_refuse(in, "a choice of messages that is not known");
    case CONTEXT_PERSPECTIVES:
        if (cx_cbor_next(&in->r) != CX_CBOR_ARRAY) {
            return cx_parts_refuse(in, "perspectives that are no array");
        }
        context->perspectives = cx_cbor_any(&in->r);
        return CX_SUCCESS;
    default:
        return cx_parts_refuse(in, "a critical member that is not known");
    }
}

cx_status
cx_context_decode(cx_span octets, struct cx_arena *arena, struct cx_context *ret,
                  struct cx_detail *detail)
{
    struct cx_parts in = { cx_reader_of(octets), arena, detail, "context" };
    struct cx_context context = { .policy = NULL };
    struct cx_cbor_map map = cx_cbor_map(&in.r);
    const char *fault;
    uint32_t seen = 0;

    if (octets.n > CX_RECORD_MAX) {
        return cx_parts_refuse(&in, "too long");
    }
    while (cx_cbor_map_next(&map)) {
        CX_TRY(get_member(&in, map.key, &context));
        seen |= 1u << map.key;
    }
    if (!cx_rd_ok(&in.r) || cx_rd_left(&in.r) != 0 ||
        (seen | 1u << CONTEXT_PERSPECTIVES) != (1u << (CONTEXT_KEYS + 1)) - 1) {
        return cx_parts_refuse(&in, "it cannot be read, or lacks a member");
    }
    fault = cx_context_fault(&context);
    if (fault != NULL) {
        return cx_parts_refuse(&in, fault);
    }
    *ret = context;
    return CX_SUCCESS;
}
