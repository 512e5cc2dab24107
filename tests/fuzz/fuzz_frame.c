/* What a resolver process that was taken over may send, or the process that judges to one that records. Whatever is accepted is consistent with its message, and survives
 * being sent again. */
#include "base/alloc.h"
#include "fuzz.h"
#include "resolve/frame.h"

static const uint8_t www[] = "\3www\1d\4test";
static const struct cx_question question = { { www, sizeof(www) }, CX_TYPE_CAA };

struct ends {
    struct cx_arena arena;
    struct cx_material *slots[CX_WORKER_SLOTS];
};

static void
check_answer(const struct cx_answer *answer, const struct cx_question *asked, struct ends *e)
{
    struct cx_answer read;

    MUST(cx_span_equal(answer->name, asked->name) && answer->type == asked->type);
    MUST(answer->n_proof <= CX_PROOF_MAX && answer->n_control <= CX_CONTROL_NAMES_MAX);
    MUST(answer->attempts != 0 && answer->n_exchanges <= CX_EXCHANGES_MAX);
    if (cx_outcome_is_failure(answer->outcome)) {
        MUST(answer->n_records == 0 && !answer->has_ttl);
        return;
    }
    MUST(answer->dnssec == CX_DNSSEC_SECURE || answer->dnssec == CX_DNSSEC_INSECURE);
    MUST(cx_ok(cx_answer_from_message(answer->octets, asked, &e->arena, &read)));
    MUST(read.outcome == answer->outcome && read.n_records == answer->n_records);
    MUST(read.ttl == answer->ttl && cx_span_equal(read.records_at, answer->records_at));
}

/* Where each material is. */
static void
find_slots(const struct cx_answer *answer, const struct ends *e,
           uint32_t ret[CX_PROOF_MAX + CX_CONTROL_NAMES_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < answer->n_proof + answer->n_control; i++) {
        const struct cx_proof_message *m =
            i < answer->n_proof ? answer->proof[i] : answer->control[i - answer->n_proof];

        while (e->slots[n % CX_WORKER_SLOTS] != cx_material_of(m)) {
            n++;
        }
        ret[i] = (uint32_t)(n % CX_WORKER_SLOTS);
    }
}

/* As an answer to a question, and as one with its question. */
static void
check_round_trip(const struct cx_answer *answer, const struct cx_question *asked, bool given,
                 struct ends *e)
{
    uint32_t slots[CX_PROOF_MAX + CX_CONTROL_NAMES_MAX], id;
    const struct cx_answer *again;
    struct cx_frame frame;
    struct cx_buf buf;
    bool more;

    find_slots(answer, e, slots);
    cx_buf_init(&buf, CX_FRAME_MAX + 16);
    if (given) {
        cx_frame_put_given(&buf, 7, answer, slots);
    } else {
        cx_frame_put_answer(&buf, 7, answer, slots);
    }
    MUST(cx_buf_ok(&buf));
    MUST(cx_ok(cx_frame_next(cx_span_of_str(cx_buf_str(&buf)), &frame, &more)) && !more);
    MUST(frame.kind == (given ? CX_FRAME_GIVEN : CX_FRAME_ANSWER) && frame.size == buf.n);
    MUST(cx_ok(cx_frame_get_id(frame.body, &id)) && id == 7);
    MUST(cx_ok(given ? cx_frame_get_given(frame.body, e->slots, &e->arena, &again)
                     : cx_frame_get_answer(frame.body, asked, e->slots, &e->arena, &again)));
    check_answer(again, asked, e);
    MUST(again->outcome == answer->outcome && again->dnssec == answer->dnssec &&
         again->time == answer->time && again->n_aliases == answer->n_aliases &&
         again->n_proof == answer->n_proof && again->n_control == answer->n_control &&
         again->n_exchanges == answer->n_exchanges && again->is_proved == answer->is_proved);
    cx_buf_done(&buf);
}

static void
check(const struct cx_answer *answer, const struct cx_question *asked, struct ends *e)
{
    check_answer(answer, asked, e);
    check_round_trip(answer, asked, false, e);
    check_round_trip(answer, asked, true, e);
}

/* The question is in the frame: whatever it is, it is one that may be asked. */
static cx_status
take_given(cx_span body, struct ends *e)
{
    const struct cx_answer *answer = NULL;
    struct cx_question asked;

    CX_TRY(cx_frame_get_given(body, e->slots, &e->arena, &answer));
    MUST(answer != NULL);
    asked = (struct cx_question){ answer->name, answer->type };
    MUST(asked.name.n >= 1 && asked.name.p[asked.name.n - 1] == 0);
    MUST(asked.type == CX_TYPE_CAA || asked.type == CX_TYPE_DNAME);
    check(answer, &asked, e);
    return CX_SUCCESS;
}

static cx_status
take_alarm(cx_span body)
{
    char text[CX_ALARM_TEXT], again[CX_ALARM_TEXT];
    struct cx_frame frame;
    struct cx_buf buf;
    bool more;

    CX_TRY(cx_frame_get_alarm(body, text));
    MUST(text[0] != '\0' && strlen(text) < sizeof(text));
    cx_buf_init(&buf, CX_FRAME_MAX + 16);
    cx_frame_put_alarm(&buf, text);
    MUST(cx_buf_ok(&buf));
    MUST(cx_ok(cx_frame_next(cx_span_of_str(cx_buf_str(&buf)), &frame, &more)) && !more);
    MUST(frame.kind == CX_FRAME_ALARM && cx_span_equal(frame.body, body));
    MUST(cx_ok(cx_frame_get_alarm(frame.body, again)) && strcmp(text, again) == 0);
    cx_buf_done(&buf);
    return CX_SUCCESS;
}

static cx_status
take(const struct cx_frame *frame, struct ends *e)
{
    const struct cx_answer *answer = NULL;
    struct cx_material *material;
    struct cx_detail detail = { .text = "" };
    struct cx_name name;
    uint32_t number;
    uint16_t type;

    switch (frame->kind) {
    case CX_FRAME_HELLO:
        return cx_frame_get_hello(frame->body, &detail);
    case CX_FRAME_QUESTION:
        CX_TRY(cx_frame_get_question(frame->body, &number, &name, &type));
        MUST(name.n >= 1 && name.wire[name.n - 1] == 0);
        return CX_SUCCESS;
    case CX_FRAME_MATERIAL:
        CX_TRY(cx_frame_get_material(frame->body, &number, &material));
        cx_material_unref(e->slots[number]);
        e->slots[number] = material;
        return CX_SUCCESS;
    case CX_FRAME_ALARM:
        return take_alarm(frame->body);
    case CX_FRAME_GIVEN:
        return take_given(frame->body, e);
    case CX_FRAME_ANSWER:
        break;
    }
    CX_TRY(cx_frame_get_answer(frame->body, &question, e->slots, &e->arena, &answer));
    if (answer != NULL) {
        check(answer, &question, e);
    }
    return CX_SUCCESS;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ends *e = cx_alloc(1, sizeof(*e));
    size_t at = 0;

    MUST(e != NULL);
    cx_arena_init(&e->arena, CX_CHECK_MEMORY);
    for (;;) {
        struct cx_frame frame;
        bool more;

        if (!cx_ok(cx_frame_next((cx_span){ data + at, size - at }, &frame, &more)) || more ||
            !cx_ok(take(&frame, e))) {
            break;
        }
        at += frame.size;
    }
    cx_arena_done(&e->arena);
    for (size_t i = 0; i < CX_WORKER_SLOTS; i++) {
        cx_material_unref(e->slots[i]);
    }
    cx_free(e);
    return 0;
}
