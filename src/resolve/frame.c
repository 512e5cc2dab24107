#include "resolve/frame.h"

#include "base/reader.h"

#define HEAD 5

/* ---- writing */

static void
put(struct cx_buf *buf, uint64_t value, unsigned octets)
{
    while (octets-- != 0) {
        cx_buf_putc(buf, (char)(uint8_t)(value >> (8 * octets)));
    }
}

static void
put_span(struct cx_buf *buf, cx_span span, unsigned octets)
{
    put(buf, span.n, octets);
    cx_buf_put(buf, cx_str_of_span(span));
}

/* Cut to what the length can say: free text only. */
static void
put_text(struct cx_buf *buf, cx_str text)
{
    put_span(buf, (cx_span){ (const uint8_t *)text.p, text.n < 255 ? text.n : 255 }, 1);
}

/* The length is filled in by end_frame. */
static size_t
begin_frame(struct cx_buf *buf, enum cx_frame_kind kind)
{
    size_t at = buf->n;

    put(buf, 0, 4);
    put(buf, (uint64_t)kind, 1);
    return at;
}

static void
end_frame(struct cx_buf *buf, size_t at)
{
    size_t n = buf->n - at - HEAD;

    for (unsigned i = 0; i < 4 && cx_buf_ok(buf); i++) {
        buf->p[at + i] = (char)(uint8_t)(n >> (8 * (3 - i)));
    }
}

void
cx_frame_put_hello(struct cx_buf *buf, cx_status status, const struct cx_detail *detail)
{
    size_t at = begin_frame(buf, CX_FRAME_HELLO);

    put(buf, (uint64_t)status.code, 4);
    put_text(buf, cx_str_of(detail->text));
    end_frame(buf, at);
}

static void
put_question(struct cx_buf *buf, uint32_t id, const struct cx_question *question)
{
    put(buf, id, 4);
    put(buf, question->type, 2);
    put_span(buf, question->name, 1);
}

void
cx_frame_put_question(struct cx_buf *buf, uint32_t id, const struct cx_question *question)
{
    size_t at = begin_frame(buf, CX_FRAME_QUESTION);

    put_question(buf, id, question);
    end_frame(buf, at);
}

void
cx_frame_put_material(struct cx_buf *buf, uint32_t slot, const struct cx_proof_message *message)
{
    size_t at = begin_frame(buf, CX_FRAME_MATERIAL);

    put(buf, slot, 4);
    put(buf, message->type, 2);
    put_span(buf, message->name, 1);
    put(buf, (uint64_t)message->dnssec, 1);
    put(buf, (uint64_t)message->time, 8);
    put_span(buf, message->octets, 4);
    end_frame(buf, at);
}

static void
put_exchanges(struct cx_buf *buf, const struct cx_answer *answer)
{
    put(buf, answer->n_exchanges, 1);
    for (size_t i = 0; i < answer->n_exchanges; i++) {
        const struct cx_exchange *x = &answer->exchanges[i];

        put(buf, (x->tcp ? 1u : 0u) | (x->replied ? 2u : 0u), 1);
        put(buf, x->rcode, 1);
        put(buf, x->after, 4);
        put(buf, x->ms, 4);
        put_text(buf, x->server);
    }
}

static void
put_aliases(struct cx_buf *buf, const struct cx_answer *answer)
{
    put(buf, answer->n_aliases, 1);
    for (size_t i = 0; i < answer->n_aliases; i++) {
        put_span(buf, answer->aliases[i], 1);
    }
}

static void
put_rest_of_answer(struct cx_buf *buf, const struct cx_answer *answer, const uint32_t *slots)
{
    put(buf, (uint64_t)answer->outcome, 1);
    put(buf, (uint64_t)answer->malformed, 1);
    put(buf, (uint64_t)answer->dnssec, 1);
    put(buf, answer->is_proved ? 1 : 0, 1);
    put(buf, answer->attempts, 1);
    put(buf, (uint64_t)answer->time, 8);
    put_text(buf, answer->why);
    put_text(buf, answer->cut);
    put_span(buf, answer->cut_at, 1);
    put_span(buf, answer->octets, 4);
    put_exchanges(buf, answer);
    put_aliases(buf, answer);
    put(buf, answer->n_proof, 1);
    put(buf, answer->n_control, 1);
    for (size_t i = 0; i < answer->n_proof + answer->n_control; i++) {
        put(buf, slots[i], 4);
    }
}

void
cx_frame_put_answer(struct cx_buf *buf, uint32_t id, const struct cx_answer *answer,
                    const uint32_t *slots)
{
    size_t at = begin_frame(buf, CX_FRAME_ANSWER);

    put(buf, id, 4);
    if (answer != NULL) {
        put_rest_of_answer(buf, answer, slots);
    }
    end_frame(buf, at);
}

void
cx_frame_put_given(struct cx_buf *buf, uint32_t id, const struct cx_answer *answer,
                   const uint32_t *slots)
{
    const struct cx_question question = { answer->name, answer->type };
    size_t at = begin_frame(buf, CX_FRAME_GIVEN);

    put_question(buf, id, &question);
    put_rest_of_answer(buf, answer, slots);
    end_frame(buf, at);
}

void
cx_frame_put_alarm(struct cx_buf *buf, const char *text)
{
    size_t at = begin_frame(buf, CX_FRAME_ALARM);

    put_text(buf, cx_str_of(text));
    end_frame(buf, at);
}

/* ---- reading */

static const cx_status malformed = { CX_E_MESSAGE };

cx_status
cx_frame_next(cx_span octets, struct cx_frame *ret, bool *ret_more)
{
    struct cx_reader r = cx_reader_of(octets);
    uint32_t n = cx_rd_u32(&r);
    uint8_t kind = cx_rd_u8(&r);

    *ret_more = !cx_rd_ok(&r);
    if (*ret_more) {
        return CX_SUCCESS;
    }
    if (n > CX_FRAME_MAX || kind < CX_FRAME_HELLO || kind > CX_FRAME_GIVEN) {
        return malformed;
    }
    *ret_more = cx_rd_left(&r) < n;
    if (!*ret_more) {
        *ret = (struct cx_frame){ (enum cx_frame_kind)kind, cx_rd_bytes(&r, n), HEAD + n };
    }
    return CX_SUCCESS;
}

static uint64_t
get_u64(struct cx_reader *r)
{
    uint64_t high = cx_rd_u32(r);

    return high << 32 | cx_rd_u32(r);
}

static bool
at_end(const struct cx_reader *r)
{
    return cx_rd_ok(r) && cx_rd_left(r) == 0;
}

/* A well-formed name that fills its span, in lower case. */
static bool
is_name(cx_span wire)
{
    struct cx_name name;
    size_t end;

    return wire.n != 0 && cx_ok(cx_name_from_message(wire, 0, &name, &end)) && end == wire.n &&
           cx_span_equal(cx_name_span(&name), wire);
}

cx_status
cx_frame_get_hello(cx_span body, struct cx_detail *detail)
{
    struct cx_reader r = cx_reader_of(body);
    uint32_t code = cx_rd_u32(&r);
    cx_span text = cx_rd_bytes(&r, cx_rd_u8(&r));

    if (!at_end(&r)) {
        return cx_fail(detail, CX_E_INTERNAL, "a message from a resolver process cannot be read");
    }
    if (code == CX_OK) {
        return CX_SUCCESS;
    }
    switch (code) {
    case CX_E_USAGE:
    case CX_E_NAME:
    case CX_E_NOMEM:
    case CX_E_IO:
    case CX_E_RESOLVER:
        return cx_fail(detail, (enum cx_code)code, "%.*s", (int)text.n, (const char *)text.p);
    default:
        return cx_fail(detail, CX_E_INTERNAL, "%.*s", (int)text.n, (const char *)text.p);
    }
}

/* question borrows from the body. */
static cx_status
get_question(struct cx_reader *r, uint32_t *ret_id, struct cx_question *ret)
{
    uint32_t id = cx_rd_u32(r);
    uint16_t type = cx_rd_u16(r);
    cx_span name = cx_rd_bytes(r, cx_rd_u8(r));

    if (!cx_rd_ok(r) || !is_name(name) || (type != CX_TYPE_CAA && type != CX_TYPE_DNAME)) {
        return malformed;
    }
    *ret_id = id;
    *ret = (struct cx_question){ name, type };
    return CX_SUCCESS;
}

cx_status
cx_frame_get_question(cx_span body, uint32_t *ret_id, struct cx_name *ret_name, uint16_t *ret_type)
{
    struct cx_reader r = cx_reader_of(body);
    struct cx_question question;
    uint32_t id;

    CX_TRY(get_question(&r, &id, &question));
    if (!at_end(&r)) {
        return malformed;
    }
    *ret_id = id;
    *ret_type = question.type;
    *ret_name = cx_name_of(question.name);
    return CX_SUCCESS;
}

cx_status
cx_frame_get_material(cx_span body, uint32_t *ret_slot, struct cx_material **ret)
{
    struct cx_reader r = cx_reader_of(body);
    uint32_t slot = cx_rd_u32(&r);
    struct cx_question question = { .type = cx_rd_u16(&r) };
    uint8_t dnssec;
    cx_time time;
    cx_span octets;

    question.name = cx_rd_bytes(&r, cx_rd_u8(&r));
    dnssec = cx_rd_u8(&r);
    time = (cx_time)get_u64(&r);
    octets = cx_rd_bytes(&r, cx_rd_u32(&r));
    if (!at_end(&r) || slot >= CX_WORKER_SLOTS || !is_name(question.name) ||
        dnssec > CX_DNSSEC_BOGUS) {
        return malformed;
    }
    CX_TRY(cx_material_new(&question, (enum cx_dnssec)dnssec, time, octets, ret));
    *ret_slot = slot;
    return CX_SUCCESS;
}

cx_status
cx_frame_get_id(cx_span body, uint32_t *ret)
{
    struct cx_reader r = cx_reader_of(body);
    uint32_t id = cx_rd_u32(&r);

    if (!cx_rd_ok(&r)) {
        return malformed;
    }
    *ret = id;
    return CX_SUCCESS;
}

static cx_status
get_exchanges(struct cx_reader *r, struct cx_arena *arena, struct cx_answer *answer)
{
    size_t n = cx_rd_u8(r);
    struct cx_exchange *list;

    if (n > CX_EXCHANGES_MAX) {
        return malformed;
    }
    list = cx_arena_get(arena, n + 1, sizeof(*list));
    if (list == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t flags = cx_rd_u8(r);

        list[i].tcp = (flags & 1u) != 0;
        list[i].replied = (flags & 2u) != 0;
        list[i].rcode = cx_rd_u8(r);
        list[i].after = cx_rd_u32(r);
        list[i].ms = cx_rd_u32(r);
        CX_TRY(cx_arena_text(arena, cx_str_of_span(cx_rd_bytes(r, cx_rd_u8(r))), &list[i].server));
    }
    answer->exchanges = list;
    answer->n_exchanges = n;
    return cx_rd_ok(r) ? CX_SUCCESS : malformed;
}

static cx_status
get_aliases(struct cx_reader *r, struct cx_arena *arena, struct cx_answer *answer)
{
    size_t n = cx_rd_u8(r);
    cx_span *list = cx_arena_get(arena, n + 1, sizeof(*list));

    if (n > CX_ALIASES_READ) {
        return malformed;
    }
    if (list == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        cx_span name = cx_rd_bytes(r, cx_rd_u8(r));

        if (!is_name(name)) {
            return malformed;
        }
        CX_TRY(cx_arena_copy(arena, name, &list[i]));
    }
    answer->aliases = list;
    answer->n_aliases = n;
    return CX_SUCCESS;
}

static cx_status
get_materials(struct cx_reader *r, size_t n, struct cx_material *const materials[CX_WORKER_SLOTS],
              struct cx_arena *arena, const struct cx_proof_message *const **ret)
{
    const struct cx_proof_message **list = cx_arena_get(arena, n + 1, sizeof(*list));

    if (list == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t slot = cx_rd_u32(r);

        if (!cx_rd_ok(r) || slot >= CX_WORKER_SLOTS || materials[slot] == NULL) {
            return malformed;
        }
        for (size_t k = 0; k < i; k++) {
            if (list[k] == &materials[slot]->message) {
                return malformed; /* control names count (R-FAIL-8) */
            }
        }
        CX_TRY(cx_arena_hold(arena, cx_material_unref, materials[slot]));
        list[i] = &cx_material_ref(materials[slot])->message;
    }
    *ret = list;
    return CX_SUCCESS;
}

/* What the frame says beside the message. */
static cx_status
get_head(struct cx_reader *r, struct cx_arena *arena, struct cx_answer *answer)
{
    uint8_t outcome = cx_rd_u8(r), fault = cx_rd_u8(r), dnssec = cx_rd_u8(r);
    cx_span cut_at;

    answer->outcome = (enum cx_outcome)outcome;
    answer->malformed = (enum cx_malformed)fault;
    answer->dnssec = (enum cx_dnssec)dnssec;
    answer->is_proved = cx_rd_u8(r) != 0;
    answer->attempts = cx_rd_u8(r);
    answer->time = (cx_time)get_u64(r);
    CX_TRY(cx_arena_text(arena, cx_str_of_span(cx_rd_bytes(r, cx_rd_u8(r))), &answer->why));
    CX_TRY(cx_arena_text(arena, cx_str_of_span(cx_rd_bytes(r, cx_rd_u8(r))), &answer->cut));
    cut_at = cx_rd_bytes(r, cx_rd_u8(r));
    if (answer->time > cx_time_now()) {
        answer->time = cx_time_now(); /* a window may end too early, never too late */
    }
    if (!cx_rd_ok(r) || outcome > CX_OUTCOME_ERROR || fault > CX_MALFORMED_OWNER ||
        dnssec > CX_DNSSEC_BOGUS || answer->attempts == 0 || (cut_at.n != 0 && !is_name(cut_at))) {
        return malformed;
    }
    CX_TRY(cx_arena_copy(arena, cut_at, &answer->cut_at));
    return cx_arena_copy(arena, cx_rd_bytes(r, cx_rd_u32(r)), &answer->octets);
}

/* I1. What the message says takes the place of what was told, if it is the same. */
static cx_status
reread(const struct cx_question *question, struct cx_arena *arena, struct cx_answer *answer)
{
    bool known = answer->dnssec == CX_DNSSEC_SECURE || answer->dnssec == CX_DNSSEC_INSECURE;
    struct cx_answer read;

    if (cx_outcome_is_failure(answer->outcome)) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_answer_from_message(answer->octets, question, arena, &read));
    if (!known || read.outcome != answer->outcome) {
        return malformed;
    }
    answer->aliases = read.aliases;
    answer->n_aliases = read.n_aliases;
    answer->records = read.records;
    answer->n_records = read.n_records;
    answer->records_at = read.records_at;
    answer->has_ttl = read.has_ttl;
    answer->ttl = read.ttl;
    return CX_SUCCESS;
}

static cx_status
get_answer(struct cx_reader *r, const struct cx_question *question,
           struct cx_material *const materials[CX_WORKER_SLOTS], struct cx_arena *arena,
           const struct cx_answer **ret)
{
    struct cx_answer *answer = cx_arena_get(arena, 1, sizeof(*answer));
    size_t n_proof, n_control;

    if (answer == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(cx_arena_copy(arena, question->name, &answer->name));
    answer->type = question->type;
    answer->records_at = answer->name;
    CX_TRY(get_head(r, arena, answer));
    CX_TRY(get_exchanges(r, arena, answer));
    CX_TRY(get_aliases(r, arena, answer));
    n_proof = cx_rd_u8(r);
    n_control = cx_rd_u8(r);
    if (n_proof > CX_PROOF_MAX || n_control > CX_CONTROL_NAMES_MAX) {
        return malformed; /* no source of ours gives more, and who sends it on counts on that */
    }
    CX_TRY(get_materials(r, n_proof, materials, arena, &answer->proof));
    CX_TRY(get_materials(r, n_control, materials, arena, &answer->control));
    answer->n_proof = n_proof;
    answer->n_control = n_control;
    if (!at_end(r)) {
        return malformed;
    }
    CX_TRY(reread(question, arena, answer));
    *ret = answer;
    return CX_SUCCESS;
}

cx_status
cx_frame_get_answer(cx_span body, const struct cx_question *question,
                    struct cx_material *const materials[CX_WORKER_SLOTS], struct cx_arena *arena,
                    const struct cx_answer **ret)
{
    struct cx_reader r = cx_reader_of(body);

    (void)cx_rd_u32(&r); /* id */
    if (at_end(&r)) {
        *ret = NULL;
        return CX_SUCCESS;
    }
    return get_answer(&r, question, materials, arena, ret);
}

cx_status
cx_frame_get_given(cx_span body, struct cx_material *const materials[CX_WORKER_SLOTS],
                   struct cx_arena *arena, const struct cx_answer **ret)
{
    struct cx_reader r = cx_reader_of(body);
    struct cx_question question;
    uint32_t id;

    CX_TRY(get_question(&r, &id, &question));
    return get_answer(&r, &question, materials, arena, ret);
}

cx_status
cx_frame_get_alarm(cx_span body, char ret[CX_ALARM_TEXT])
{
    struct cx_reader r = cx_reader_of(body);
    cx_span text = cx_rd_bytes(&r, cx_rd_u8(&r));

    if (!at_end(&r) || text.n == 0 || text.n >= CX_ALARM_TEXT ||
        memchr(text.p, '\0', text.n) != NULL) {
        return malformed;
    }
    memcpy(ret, text.p, text.n);
    ret[text.n] = '\0';
    return CX_SUCCESS;
}
