#include "resolve/answer_receiver.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/reader.h"
#include "resolve/frame.h"
#include "resolve/shared_answer.h"

/* An answer that was given before, and the octets that it was read from: I2. */
struct given {
    struct cx_shared_answer *answer; /* a reference; NULL: none */
    struct cx_buf octets;            /* behind the id */
};

struct cx_answer_receiver {
    struct cx_material *slots[CX_WORKER_SLOTS]; /* each a reference, or NULL */
    struct given given[CX_GIVEN_REMEMBERED];    /* by a hash of the question: one for each */
};

struct cx_answer_receiver *
cx_answer_receiver_new(void)
{
    return cx_alloc(1, sizeof(struct cx_answer_receiver));
}

static void
forget(struct given *given)
{
    cx_shared_answer_unref(given->answer);
    given->answer = NULL;
    cx_buf_done(&given->octets);
}

void
cx_answer_receiver_forget(struct cx_answer_receiver *receiver)
{
    for (size_t i = 0; i < CX_WORKER_SLOTS; i++) {
        cx_material_unref(receiver->slots[i]);
        receiver->slots[i] = NULL;
    }
    for (size_t i = 0; i < CX_GIVEN_REMEMBERED; i++) {
        forget(&receiver->given[i]);
    }
}

void
cx_answer_receiver_free(struct cx_answer_receiver *receiver)
{
    if (receiver != NULL) {
        cx_answer_receiver_forget(receiver);
        cx_free(receiver);
    }
}

cx_status
cx_answer_receiver_material(struct cx_answer_receiver *receiver, cx_span body)
{
    struct cx_material *material;
    uint32_t slot;

    CX_TRY(cx_frame_get_material(body, &slot, &material));
    cx_material_unref(receiver->slots[slot]);
    receiver->slots[slot] = material;
    return CX_SUCCESS;
}

cx_status
cx_answer_receiver_answer(const struct cx_answer_receiver *receiver, cx_span body,
                          const struct cx_question *question, struct cx_arena *arena,
                          const struct cx_answer **ret)
{
    return cx_frame_get_answer(body, question, receiver->slots, arena, ret);
}

/* ---- given again */

#define ID 4

/* FNV-1a of type and name, with which the octets begin. Who makes names collide makes his own answers be read again. */
static struct given *
place_of(struct cx_answer_receiver *receiver, cx_span octets)
{
    size_t n = octets.n < 3 ? octets.n : 3 + (size_t)octets.p[2];
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < n && i < octets.n; i++) {
        h = (h ^ octets.p[i]) * 16777619u;
    }
    return &receiver->given[h % CX_GIVEN_REMEMBERED];
}

/* The octets end with the numbers of the slots, which may have been filled anew. */
static bool
rests_on_the_same(const struct cx_answer_receiver *receiver, const struct given *given)
{
    const struct cx_answer *answer = &given->answer->answer;
    const size_t n = answer->n_proof + answer->n_control;
    struct cx_reader r = cx_reader_of(
        (cx_span){ (const uint8_t *)given->octets.p + given->octets.n - 4 * n, 4 * n });

    for (size_t i = 0; i < n; i++) {
        const struct cx_proof_message *message =
            i < answer->n_proof ? answer->proof[i] : answer->control[i - answer->n_proof];

        if (receiver->slots[cx_rd_u32(&r)] != cx_material_of(message)) {
            return false;
        }
    }
    return true;
}

/* Without memory nothing is remembered. JSON takes far more than octets do: that of a long answer is not kept. */
static void
remember(struct given *given, cx_span octets, const struct cx_answer *answer)
{
    forget(given);
    if (octets.n <= CX_GIVEN_OCTETS_MAX && cx_ok(cx_shared_answer_new(answer, &given->answer))) {
        given->answer->memo.keeps_json =
            answer->n_records + answer->n_exchanges + answer->n_aliases <= 16;
        cx_buf_init(&given->octets, CX_GIVEN_OCTETS_MAX);
        cx_buf_put(&given->octets, cx_str_of_span(octets));
        if (!cx_buf_ok(&given->octets)) {
            forget(given);
        }
    }
}

cx_status
cx_answer_receiver_given(struct cx_answer_receiver *receiver, cx_span body, struct cx_arena *arena,
                         const struct cx_answer **ret)
{
    cx_span octets = body.n < ID ? (cx_span){ NULL, 0 } : (cx_span){ body.p + ID, body.n - ID };
    struct given *given = place_of(receiver, octets);

    if (given->answer != NULL &&
        cx_span_equal(octets, cx_span_of_str(cx_buf_str(&given->octets))) &&
        rests_on_the_same(receiver, given)) {
        CX_TRY(cx_shared_answer_hold(given->answer, arena));
        *ret = &given->answer->answer;
        return CX_SUCCESS;
    }
    CX_TRY(cx_frame_get_given(body, receiver->slots, arena, ret));
    remember(given, octets, *ret);
    return CX_SUCCESS;
}
