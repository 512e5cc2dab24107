#include "resolve/answer_receiver.h"

#include "base/alloc.h"
#include "resolve/frame.h"

struct cx_answer_receiver {
    struct cx_material *slots[CX_WORKER_SLOTS]; /* each a reference, or NULL */
};

struct cx_answer_receiver *
cx_answer_receiver_new(void)
{
    return cx_alloc(1, sizeof(struct cx_answer_receiver));
}

void
cx_answer_receiver_forget(struct cx_answer_receiver *receiver)
{
    for (size_t i = 0; i < CX_WORKER_SLOTS; i++) {
        cx_material_unref(receiver->slots[i]);
        receiver->slots[i] = NULL;
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

cx_status
cx_answer_receiver_given(const struct cx_answer_receiver *receiver, cx_span body,
                         struct cx_arena *arena, const struct cx_answer **ret)
{
    return cx_frame_get_given(body, receiver->slots, arena, ret);
}
