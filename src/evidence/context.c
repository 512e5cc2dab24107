#include "evidence/context.h"

#include "base/cbor.h"
#include "evidence/record.h"

enum context_key {
    CONTEXT_VERSION = 0,
    CONTEXT_SOFTWARE = 1,
    CONTEXT_RESOLVER = 2,
    CONTEXT_ANCHORS = 3,
    CONTEXT_OWN = 4,
    CONTEXT_POLICY = 5,
    CONTEXT_ORDER = 6,
    CONTEXT_MESSAGES = 7,
    CONTEXT_KEYS
};

static const char *const messages_words[] = {
    [CX_MESSAGES_UNSET] = "",
    [CX_MESSAGES_FULL] = "full",
    [CX_MESSAGES_PROOF] = "proof",
    [CX_MESSAGES_DIGEST] = "digest",
};

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

static void
put_word(struct cx_buf *buf, const char *word)
{
    cx_cbor_put_text(buf, cx_str_of(word));
}

static void
put_texts(struct cx_buf *buf, const cx_str *texts, size_t n)
{
    cx_cbor_put_array(buf, n);
    for (size_t i = 0; i < n; i++) {
        cx_cbor_put_text(buf, texts[i]);
    }
}

static void
put_moment(struct cx_buf *buf, cx_time moment)
{
    if (moment == CX_TIME_NONE || moment == CX_TIME_MAX) {
        cx_cbor_put_null(buf);
    } else {
        cx_cbor_put_int(buf, moment);
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
        put_moment(buf, own->from);
        put_moment(buf, own->until);
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
    put_word(buf, text);
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
            put_word(buf, choices[i].word);
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

    put_word(buf, "exceptions");
    put_choices(buf, exceptions, CX_COUNT(exceptions));
    put_word(buf, "known_tags");
    put_choices(buf, tags, CX_COUNT(tags));
}

static void
put_honour(struct cx_buf *buf, const struct cx_policy *p)
{
    put_word(buf, "honour");
    cx_cbor_put_map(buf, 2);
    put_word(buf, "accounturi");
    put_from(buf, p->accounturi_from);
    put_word(buf, "validationmethods");
    put_from(buf, p->validationmethods_from);
}

static void
put_switch(struct cx_buf *buf, const char *member, const char *word)
{
    put_word(buf, member);
    put_word(buf, word);
}

/* All members of docs/json.md but own; keys in the order of CBOR, shorter ones first. */
static void
put_policy(struct cx_buf *buf, const struct cx_policy *p)
{
    bool tbr = p->ca_tbr_from != CX_TIME_MAX;

    cx_cbor_put_map(buf, 11 + (size_t)tbr);
    put_switch(buf, "onion", p->onion_rfc9799 ? "rfc9799" : "br");
    put_honour(buf, p);
    put_word(buf, "lf_permit");
    cx_cbor_put_bool(buf, p->lf_permit);
    put_lists(buf, p);
    put_switch(buf, "label_case", p->label_case_fold ? "fold" : "exact");
    put_switch(buf, "param_case", p->param_case_strict ? "strict" : "fold");
    put_word(buf, "alias_limit");
    cx_cbor_put_uint(buf, p->alias_limit);
    if (tbr) {
        put_word(buf, "ca_tbr_from");
        put_from(buf, p->ca_tbr_from);
    }
    put_switch(buf, "issuer_case", p->issuer_case_strict ? "strict" : "fold");
    put_switch(buf, "lf_servfail", p->lf_servfail_classified ? "classified" : "strict");
    put_word(buf, "negative_trust_anchors");
    put_texts(buf, p->negative_trust_anchors, p->n_negative_trust_anchors);
}

cx_status
cx_context_encode(const struct cx_context *context, struct cx_buf *buf)
{
    cx_cbor_put_map(buf, CONTEXT_KEYS);
    cx_cbor_put_uint(buf, CONTEXT_VERSION);
    cx_cbor_put_uint(buf, CX_RECORD_VERSION);
    cx_cbor_put_uint(buf, CONTEXT_SOFTWARE);
    cx_cbor_put_text(buf, context->software);
    cx_cbor_put_uint(buf, CONTEXT_RESOLVER);
    cx_cbor_put_text(buf, context->resolver);
    cx_cbor_put_uint(buf, CONTEXT_ANCHORS);
    put_texts(buf, context->anchors, context->n_anchors);
    cx_cbor_put_uint(buf, CONTEXT_OWN);
    put_own(buf, context);
    cx_cbor_put_uint(buf, CONTEXT_POLICY);
    put_policy(buf, context->policy);
    cx_cbor_put_uint(buf, CONTEXT_ORDER);
    put_word(buf, cx_order_word(context->order));
    cx_cbor_put_uint(buf, CONTEXT_MESSAGES);
    put_word(buf, cx_messages_word(context->messages));
    return cx_buf_ok(buf) ? CX_SUCCESS : (cx_status){ CX_E_LIMIT };
}

/* ---- reading */

struct reading {
    struct cx_reader r;
    struct cx_arena *arena;
    struct cx_detail *detail;
};

static cx_status
refuse(const struct reading *in, const char *what)
{
    return cx_fail(in->detail, CX_E_RECORD, "context: %s", what);
}

static cx_status
get_anchors(struct reading *in, struct cx_context *context)
{
    size_t n = cx_cbor_array(&in->r, CX_ANCHORS_MAX);
    cx_str *anchors = cx_arena_get(in->arena, n + 1, sizeof(*anchors));

    if (anchors == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        anchors[i] = cx_cbor_text(&in->r);
    }
    context->anchors = anchors;
    context->n_anchors = n;
    return CX_SUCCESS;
}

static cx_time
get_moment(struct reading *in, cx_time absent)
{
    if (cx_cbor_next(&in->r) == CX_CBOR_NULL) {
        cx_cbor_null(&in->r);
        return absent;
    }
    return cx_cbor_int(&in->r);
}

static cx_status
get_own(struct reading *in, struct cx_context *context)
{
    size_t n = cx_cbor_array(&in->r, CX_ISSUERS_MAX);
    struct cx_own *own = cx_arena_get(in->arena, n + 1, sizeof(*own));

    if (own == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        if (cx_cbor_array(&in->r, 4) != 4) {
            return refuse(in, "an entry of OWN cannot be read");
        }
        own[i].name = cx_cbor_text(&in->r);
        own[i].from = get_moment(in, CX_TIME_NONE);
        own[i].until = get_moment(in, CX_TIME_MAX);
        own[i].issuemail_parameters = cx_cbor_bool(&in->r);
    }
    context->own = own;
    context->n_own = n;
    return CX_SUCCESS;
}

static cx_status
get_policy(struct reading *in, struct cx_context *context)
{
    if (cx_cbor_next(&in->r) != CX_CBOR_MAP) {
        return refuse(in, "the policy is a map");
    }
    context->policy_octets = cx_cbor_any(&in->r);
    return CX_SUCCESS;
}

static cx_status
get_member(struct reading *in, int64_t key, struct cx_context *context)
{
    switch (key) {
    case CONTEXT_VERSION:
        return cx_cbor_uint(&in->r) == CX_RECORD_VERSION ? CX_SUCCESS
                                                         : refuse(in, "a version not known");
    case CONTEXT_SOFTWARE:
        context->software = cx_cbor_text(&in->r);
        return CX_SUCCESS;
    case CONTEXT_RESOLVER:
        context->resolver = cx_cbor_text(&in->r);
        return CX_SUCCESS;
    case CONTEXT_ANCHORS:
        return get_anchors(in, context);
    case CONTEXT_OWN:
        return get_own(in, context);
    case CONTEXT_POLICY:
        return get_policy(in, context);
    case CONTEXT_ORDER:
        context->order = cx_order_of_word(cx_cbor_text(&in->r));
        return context->order != CX_ORDER_UNSET ? CX_SUCCESS : refuse(in, "an order not known");
    case CONTEXT_MESSAGES:
        context->messages = cx_messages_of_word(cx_cbor_text(&in->r));
        return context->messages != CX_MESSAGES_UNSET
                   ? CX_SUCCESS
                   : refuse(in, "a choice of messages that is not known");
    default:
        return refuse(in, "a critical member that is not known");
    }
}

cx_status
cx_context_decode(cx_span octets, struct cx_arena *arena, struct cx_context *ret,
                  struct cx_detail *detail)
{
    struct reading in = { cx_reader_of(octets), arena, detail };
    struct cx_context context = { .policy = NULL };
    struct cx_cbor_map map = cx_cbor_map(&in.r);
    uint32_t seen = 0;

    while (cx_cbor_map_next(&map)) {
        CX_TRY(get_member(&in, map.key, &context));
        seen |= 1u << map.key;
    }
    if (!cx_rd_ok(&in.r) || cx_rd_left(&in.r) != 0 || seen != (1u << CONTEXT_KEYS) - 1) {
        return refuse(&in, "it cannot be read, or lacks a member");
    }
    *ret = context;
    return CX_SUCCESS;
}
