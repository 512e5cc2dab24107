#include "evidence/answer_object.h"

#include "evidence/fault.h"
#include "evidence/part.h"

enum answer_key {
    ANSWER_VERSION = 0,
    ANSWER_NAME = 1,
    ANSWER_TYPE = 2,
    ANSWER_OUTCOME = 3,
    ANSWER_DNSSEC = 4,
    ANSWER_ATTEMPTS = 5,
    ANSWER_TIME = 6,
    ANSWER_TTL = 7,
    ANSWER_ALIASES = 8,
    ANSWER_RECORDS_AT = 9,
    ANSWER_RECORDS = 10,
    ANSWER_MESSAGE = 11,
    ANSWER_PROOF = 12,
    ANSWER_CONTROL = 13,
    ANSWER_EXCHANGES = 14,
    ANSWER_PROVED = 15,
    ANSWER_CUT = 16,
    ANSWER_WHY = 17,
    ANSWER_MALFORMED = 18,
};

static const uint32_t needed = 1u << ANSWER_VERSION | 1u << ANSWER_NAME | 1u << ANSWER_TYPE |
                               1u << ANSWER_OUTCOME | 1u << ANSWER_DNSSEC | 1u << ANSWER_ATTEMPTS;

/* A name in wire form, lower case, that fills its octets; else the reader fails. */
static cx_span
get_name(struct cx_parts *in)
{
    cx_span wire = cx_cbor_bytes(&in->r);
    struct cx_name name;
    size_t end;

    if (wire.n == 0 || !cx_ok(cx_name_from_message(wire, 0, &name, &end)) || end != wire.n ||
        !cx_span_equal(cx_name_span(&name), wire)) {
        in->r.failed = true;
    }
    return wire;
}

/* ---- aliases */

static void
put_aliases(struct cx_buf *buf, const struct cx_answer *a)
{
    cx_cbor_put_array(buf, a->n_aliases);
    for (size_t i = 0; i < a->n_aliases; i++) {
        cx_cbor_put_bytes(buf, a->aliases[i]);
    }
}

static cx_status
get_aliases(struct cx_parts *in, struct cx_answer *a)
{
    cx_span *aliases;
    void *v;

    CX_TRY(cx_parts_array(in, 1, CX_VISITED_MAX, sizeof(*aliases), &v, &a->n_aliases));
    aliases = v;
    for (size_t i = 0; i < a->n_aliases; i++) {
        aliases[i] = get_name(in);
    }
    a->aliases = aliases;
    return CX_SUCCESS;
}

/* ---- records */

static void
put_records(struct cx_buf *buf, const struct cx_answer *a)
{
    cx_cbor_put_array(buf, a->n_records);
    for (size_t i = 0; i < a->n_records; i++) {
        cx_cbor_put_array(buf, 3);
        cx_cbor_put_uint(buf, a->records[i].flags);
        cx_cbor_put_bytes(buf, a->records[i].tag);
        cx_cbor_put_bytes(buf, a->records[i].value);
    }
}

static cx_status
get_records(struct cx_parts *in, struct cx_answer *a)
{
    struct cx_caa *records;
    void *v;

    CX_TRY(cx_parts_array(in, 1, CX_MESSAGE_MAX, sizeof(*records), &v, &a->n_records));
    records = v;
    for (size_t i = 0; i < a->n_records; i++) {
        if (cx_cbor_array(&in->r, 3) != 3) {
            return cx_parts_refuse(in, "a record has three members");
        }
        records[i].flags = (uint8_t)cx_cbor_number(&in->r, UINT8_MAX);
        records[i].tag = cx_cbor_bytes(&in->r);
        records[i].value = cx_cbor_bytes(&in->r);
    }
    a->records = records;
    return CX_SUCCESS;
}

/* ---- what it rests on */

/* The digest of a message that was not kept, not even as a digest. */
static bool
is_none(const uint8_t digest[CX_HASH_SIZE])
{
    static const uint8_t none[CX_HASH_SIZE];

    return memcmp(digest, none, CX_HASH_SIZE) == 0;
}

static void
put_rests_on(struct cx_buf *buf, const struct cx_proof_message *const *list, size_t n)
{
    cx_cbor_put_array(buf, n);
    for (size_t i = 0; i < n; i++) {
        const struct cx_proof_message *m = list[i];

        cx_cbor_put_array(buf, 5);
        if (is_none(m->digest)) {
            cx_cbor_put_null(buf);
        } else {
            cx_cbor_put_bytes(buf, (cx_span){ m->digest, CX_HASH_SIZE });
        }
        cx_parts_put_word(buf, cx_dnssec_word(m->dnssec));
        cx_cbor_put_int(buf, m->time);
        cx_cbor_put_bytes(buf, m->name);
        cx_cbor_put_uint(buf, m->type);
    }
}

/* null, or a digest; that of no message is null. */
static void
get_digest(struct cx_parts *in, uint8_t ret[CX_HASH_SIZE])
{
    const uint8_t *digest;

    if (cx_cbor_next(&in->r) == CX_CBOR_NULL) {
        cx_cbor_null(&in->r);
        return;
    }
    digest = cx_cbor_octets(&in->r, CX_HASH_SIZE);
    if (digest == NULL || is_none(digest)) {
        in->r.failed = true;
        return;
    }
    memcpy(ret, digest, CX_HASH_SIZE);
}

static cx_status
get_rests_on_one(struct cx_parts *in, struct cx_proof_message *m)
{
    bool known;

    if (cx_cbor_array(&in->r, 5) != 5) {
        return cx_parts_refuse(in, "what it rests on has five members");
    }
    get_digest(in, m->digest);
    known = cx_dnssec_of_word(cx_cbor_text(&in->r), &m->dnssec);
    m->time = cx_parts_moment(in);
    m->name = get_name(in);
    m->type = (uint16_t)cx_cbor_number(&in->r, UINT16_MAX);
    return known && cx_rd_ok(&in->r) ? CX_SUCCESS
                                     : cx_parts_refuse(in, "what it rests on cannot be read");
}

static cx_status
get_rests_on(struct cx_parts *in, size_t most, const struct cx_proof_message *const **ret,
             size_t *ret_n)
{
    const struct cx_proof_message **list;
    struct cx_proof_message *messages;
    void *v;

    CX_TRY(cx_parts_array(in, 1, most, sizeof(*messages), &v, ret_n));
    messages = v;
    list = cx_arena_get(in->arena, *ret_n, sizeof(*list));
    if (list == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < *ret_n; i++) {
        CX_TRY(get_rests_on_one(in, &messages[i]));
        list[i] = &messages[i];
    }
    *ret = list;
    return CX_SUCCESS;
}

/* ---- exchanges */

static void
put_exchanges(struct cx_buf *buf, const struct cx_answer *a)
{
    cx_cbor_put_array(buf, a->n_exchanges);
    for (size_t i = 0; i < a->n_exchanges; i++) {
        const struct cx_exchange *x = &a->exchanges[i];

        cx_cbor_put_array(buf, x->replied ? 5 : 3);
        cx_cbor_put_text(buf, x->server);
        cx_parts_put_word(buf, x->tcp ? "tcp" : "udp");
        cx_cbor_put_uint(buf, x->after);
        if (x->replied) {
            cx_cbor_put_uint(buf, x->rcode);
            cx_cbor_put_uint(buf, x->ms);
        }
    }
}

static cx_status
get_exchange(struct cx_parts *in, struct cx_exchange *x)
{
    size_t n = cx_cbor_array(&in->r, 5);
    cx_str transport;

    x->server = cx_cbor_text(&in->r);
    transport = cx_cbor_text(&in->r);
    x->tcp = cx_str_equal(transport, CX_STR("tcp"));
    x->after = (uint32_t)cx_cbor_number(&in->r, UINT32_MAX);
    x->replied = n == 5;
    if (x->replied) {
        x->rcode = (uint8_t)cx_cbor_number(&in->r, UINT8_MAX);
        x->ms = (uint32_t)cx_cbor_number(&in->r, UINT32_MAX);
    }
    return (n == 3 || n == 5) && (x->tcp || cx_str_equal(transport, CX_STR("udp")))
               ? CX_SUCCESS
               : cx_parts_refuse(in, "an exchange cannot be read");
}

static cx_status
get_exchanges(struct cx_parts *in, struct cx_answer *a)
{
    struct cx_exchange *exchanges;
    void *v;

    CX_TRY(cx_parts_array(in, 1, CX_EXCHANGES_MAX, sizeof(*exchanges), &v, &a->n_exchanges));
    exchanges = v;
    for (size_t i = 0; i < a->n_exchanges; i++) {
        CX_TRY(get_exchange(in, &exchanges[i]));
    }
    a->exchanges = exchanges;
    return CX_SUCCESS;
}

/* ---- the whole, writing */

/* Only of records is there an owner. */
static bool
is_elsewhere(const struct cx_answer *a)
{
    return a->n_records != 0 && a->records_at.n != 0 && !cx_span_equal(a->records_at, a->name);
}

static size_t
count_members(const struct cx_answer *a, bool has_message)
{
    return 6 + (size_t)(a->time != CX_TIME_NONE) + (size_t)a->has_ttl +
           (size_t)(a->n_aliases != 0) + (size_t)is_elsewhere(a) + (size_t)(a->n_records != 0) +
           (size_t)has_message + (size_t)(a->n_proof != 0) + (size_t)(a->n_control != 0) +
           (size_t)(a->n_exchanges != 0) + (size_t)a->is_proved + (size_t)(a->cut.n != 0) +
           (size_t)(a->why.n != 0) + (size_t)(a->malformed != CX_MALFORMED_UNSET);
}

static void
put_head(struct cx_buf *buf, const struct cx_answer *a)
{
    cx_cbor_put_uint(buf, ANSWER_VERSION);
    cx_cbor_put_uint(buf, CX_RECORD_VERSION);
    cx_cbor_put_uint(buf, ANSWER_NAME);
    cx_cbor_put_bytes(buf, a->name);
    cx_cbor_put_uint(buf, ANSWER_TYPE);
    cx_cbor_put_uint(buf, a->type);
    cx_cbor_put_uint(buf, ANSWER_OUTCOME);
    cx_parts_put_word(buf, cx_outcome_word(a->outcome));
    cx_cbor_put_uint(buf, ANSWER_DNSSEC);
    cx_parts_put_word(buf, cx_dnssec_word(a->dnssec));
    cx_cbor_put_uint(buf, ANSWER_ATTEMPTS);
    cx_cbor_put_uint(buf, a->attempts);
    if (a->time != CX_TIME_NONE) {
        cx_cbor_put_uint(buf, ANSWER_TIME);
        cx_cbor_put_int(buf, a->time);
    }
    if (a->has_ttl) {
        cx_cbor_put_uint(buf, ANSWER_TTL);
        cx_cbor_put_uint(buf, a->ttl);
    }
}

static void
put_content(struct cx_buf *buf, const struct cx_answer *a, const struct cx_hash *message)
{
    if (a->n_aliases != 0) {
        cx_cbor_put_uint(buf, ANSWER_ALIASES);
        put_aliases(buf, a);
    }
    if (is_elsewhere(a)) {
        cx_cbor_put_uint(buf, ANSWER_RECORDS_AT);
        cx_cbor_put_bytes(buf, a->records_at);
    }
    if (a->n_records != 0) {
        cx_cbor_put_uint(buf, ANSWER_RECORDS);
        put_records(buf, a);
    }
    if (message != NULL) {
        cx_cbor_put_uint(buf, ANSWER_MESSAGE);
        cx_parts_put_hash(buf, message);
    }
    if (a->n_proof != 0) {
        cx_cbor_put_uint(buf, ANSWER_PROOF);
        put_rests_on(buf, a->proof, a->n_proof);
    }
    if (a->n_control != 0) {
        cx_cbor_put_uint(buf, ANSWER_CONTROL);
        put_rests_on(buf, a->control, a->n_control);
    }
}

static void
put_tail(struct cx_buf *buf, const struct cx_answer *a)
{
    if (a->n_exchanges != 0) {
        cx_cbor_put_uint(buf, ANSWER_EXCHANGES);
        put_exchanges(buf, a);
    }
    if (a->is_proved) {
        cx_cbor_put_uint(buf, ANSWER_PROVED);
        cx_cbor_put_bool(buf, true);
    }
    if (a->cut.n != 0) {
        cx_cbor_put_uint(buf, ANSWER_CUT);
        cx_cbor_put_array(buf, 2);
        cx_cbor_put_text(buf, a->cut);
        cx_cbor_put_bytes(buf, a->cut_at);
    }
    if (a->why.n != 0) {
        cx_cbor_put_uint(buf, ANSWER_WHY);
        cx_cbor_put_bytes(buf, cx_span_of_str(a->why));
    }
    if (a->malformed != CX_MALFORMED_UNSET) {
        cx_cbor_put_uint(buf, ANSWER_MALFORMED);
        cx_parts_put_word(buf, cx_malformed_word(a->malformed));
    }
}

cx_status
cx_answer_object_encode(const struct cx_answer *answer, const struct cx_hash *message,
                        struct cx_buf *buf)
{
    size_t begin = buf->n;

    if (cx_answer_object_fault(answer) != NULL) {
        return (cx_status){ CX_E_INTERNAL };
    }
    cx_cbor_put_map(buf, count_members(answer, message != NULL));
    put_head(buf, answer);
    put_content(buf, answer, message);
    put_tail(buf, answer);
    return cx_parts_written(buf, begin);
}

/* ---- the whole, reading */

static cx_status
get_head(struct cx_parts *in, int64_t key, struct cx_answer *a)
{
    switch (key) {
    case ANSWER_VERSION:
        return cx_cbor_uint(&in->r) == CX_RECORD_VERSION
                   ? CX_SUCCESS
                   : cx_parts_refuse(in, "a version not known");
    case ANSWER_NAME:
        a->name = get_name(in);
        return CX_SUCCESS;
    case ANSWER_TYPE:
        a->type = (uint16_t)cx_cbor_number(&in->r, UINT16_MAX);
        return CX_SUCCESS;
    case ANSWER_OUTCOME:
        a->outcome = cx_outcome_of_word(cx_cbor_text(&in->r));
        return a->outcome != CX_OUTCOME_UNSET ? CX_SUCCESS
                                              : cx_parts_refuse(in, "an outcome not known");
    case ANSWER_DNSSEC:
        return cx_dnssec_of_word(cx_cbor_text(&in->r), &a->dnssec)
                   ? CX_SUCCESS
                   : cx_parts_refuse(in, "a state of DNSSEC that is not known");
    case ANSWER_ATTEMPTS:
        a->attempts = (uint32_t)cx_cbor_number(&in->r, UINT32_MAX);
        return CX_SUCCESS;
    case ANSWER_TIME:
        a->time = cx_parts_moment(in);
        return CX_SUCCESS;
    case ANSWER_TTL:
        a->has_ttl = true;
        a->ttl = (uint32_t)cx_cbor_number(&in->r, UINT32_MAX);
        return CX_SUCCESS;
    default:
        return cx_parts_refuse(in, "a critical member that is not known");
    }
}

static cx_status
get_cut(struct cx_parts *in, struct cx_answer *a)
{
    size_t n = cx_cbor_array(&in->r, 2);

    a->cut = cx_cbor_text(&in->r);
    a->cut_at = get_name(in);
    return n == 2 && a->cut.n != 0 ? CX_SUCCESS : cx_parts_refuse(in, "the cut cannot be read");
}

static cx_status
get_tail(struct cx_parts *in, int64_t key, struct cx_answer *a)
{
    switch (key) {
    case ANSWER_PROVED:
        a->is_proved = cx_cbor_bool(&in->r);
        return a->is_proved ? CX_SUCCESS : cx_parts_refuse(in, "proved is true or absent");
    case ANSWER_CUT:
        return get_cut(in, a);
    case ANSWER_WHY:
        a->why = cx_str_of_span(cx_cbor_bytes(&in->r));
        return a->why.n != 0 ? CX_SUCCESS : cx_parts_refuse(in, "an empty reason");
    case ANSWER_MALFORMED:
        a->malformed = cx_malformed_of_word(cx_cbor_text(&in->r));
        return a->malformed != CX_MALFORMED_UNSET
                   ? CX_SUCCESS
                   : cx_parts_refuse(in, "a kind of fault not known");
    default:
        return get_head(in, key, a);
    }
}

static cx_status
get_member(struct cx_parts *in, int64_t key, struct cx_answer_object *o)
{
    switch (key) {
    case ANSWER_ALIASES:
        return get_aliases(in, &o->answer);
    case ANSWER_RECORDS_AT:
        o->answer.records_at = get_name(in);
        return CX_SUCCESS;
    case ANSWER_RECORDS:
        return get_records(in, &o->answer);
    case ANSWER_MESSAGE:
        o->has_message = true;
        cx_parts_hash(in, &o->message);
        return CX_SUCCESS;
    case ANSWER_PROOF:
        return get_rests_on(in, CX_PROOF_MAX, &o->answer.proof, &o->answer.n_proof);
    case ANSWER_CONTROL:
        return get_rests_on(in, CX_CONTROL_NAMES_MAX, &o->answer.control, &o->answer.n_control);
    case ANSWER_EXCHANGES:
        return get_exchanges(in, &o->answer);
    default:
        return get_tail(in, key, &o->answer);
    }
}

/* The owner of the records is told if it is not the name. Where there are none it is the end of the aliases, as after
 * reading a message (dns/answer.c). */
static cx_status
place_records(const struct cx_parts *in, struct cx_answer *a)
{
    if (a->records_at.n != 0) {
        return is_elsewhere(a) ? CX_SUCCESS
                               : cx_parts_refuse(in, "an owner of records for nothing");
    }
    a->records_at = a->name;
    if (a->type == CX_TYPE_CAA && a->n_records == 0 && a->n_aliases != 0) {
        a->records_at = a->aliases[a->n_aliases - 1];
    }
    return CX_SUCCESS;
}

cx_status
cx_answer_object_decode(cx_span octets, struct cx_arena *arena, struct cx_answer_object *ret,
                        struct cx_detail *detail)
{
    struct cx_parts in = { cx_reader_of(octets), arena, detail, "answer" };
    struct cx_answer_object o = { .answer = { .time = CX_TIME_NONE } };
    struct cx_cbor_map map = cx_cbor_map(&in.r);
    const char *fault;
    uint32_t seen = 0;

    if (octets.n > CX_RECORD_MAX) {
        return cx_parts_refuse(&in, "too long");
    }
    while (cx_cbor_map_next(&map)) {
        CX_TRY(get_member(&in, map.key, &o));
        seen |= 1u << map.key;
    }
    if (!cx_rd_ok(&in.r) || cx_rd_left(&in.r) != 0 || (seen & needed) != needed) {
        return cx_parts_refuse(&in, "it cannot be read, or lacks a member");
    }
    CX_TRY(place_records(&in, &o.answer));
    fault = cx_answer_object_fault(&o.answer);
    if (fault != NULL) {
        return cx_parts_refuse(&in, fault);
    }
    *ret = o;
    return CX_SUCCESS;
}
