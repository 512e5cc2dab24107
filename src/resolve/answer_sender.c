#include "resolve/answer_sender.h"

#include "base/alloc.h"
#include "resolve/frame.h"

struct cx_answer_sender {
    struct cx_material *slots[CX_WORKER_SLOTS]; /* what the other end knows; each a reference */
    uint32_t used[CX_WORKER_SLOTS];             /* number of the last answer that names it */
    uint32_t answers;
    uint32_t next_slot;
};

struct cx_answer_sender *
cx_answer_sender_new(void)
{
    return cx_alloc(1, sizeof(struct cx_answer_sender));
}

void
cx_answer_sender_forget(struct cx_answer_sender *sender)
{
    for (size_t i = 0; i < CX_WORKER_SLOTS; i++) {
        cx_material_unref(sender->slots[i]);
        sender->slots[i] = NULL;
    }
}

void
cx_answer_sender_free(struct cx_answer_sender *sender)
{
    if (sender != NULL) {
        cx_answer_sender_forget(sender);
        cx_free(sender);
    }
}

/* Whether the other end knows the material; then its slot is not given away while this answer is written. */
static bool
keep_slot(struct cx_answer_sender *s, const struct cx_proof_message *message)
{
    const struct cx_material *material = cx_material_of(message);
    bool known = material->slot < CX_WORKER_SLOTS && s->slots[material->slot] == material;

    if (known) {
        s->used[material->slot] = s->answers;
    }
    return known;
}

/* The number by which the other end knows the material; it is told first if need be. */
static uint32_t
slot_of(struct cx_answer_sender *s, struct cx_buf *buf, const struct cx_proof_message *message)
{
    struct cx_material *material = cx_material_of(message);
    uint32_t slot = s->next_slot;

    if (keep_slot(s, message)) {
        return material->slot;
    }
    while (s->used[slot] ==
           s->answers) { /* an answer has far fewer materials than there are slots */
        slot = (slot + 1) % CX_WORKER_SLOTS;
    }
    s->next_slot = (slot + 1) % CX_WORKER_SLOTS;
    s->used[slot] = s->answers;
    cx_material_unref(s->slots[slot]);
    s->slots[slot] = cx_material_ref(material);
    material->slot = slot;
    cx_frame_put_material(buf, slot, message);
    return slot;
}

/* Numbers for all that the answer rests on. False, and the buffer has failed: it is more than anybody reads. */
static bool
put_materials(struct cx_answer_sender *s, struct cx_buf *buf, const struct cx_answer *answer,
              uint32_t ret[CX_PROOF_MAX + CX_CONTROL_NAMES_MAX])
{
    size_t n = 0;

    if (answer->n_proof > CX_PROOF_MAX || answer->n_control > CX_CONTROL_NAMES_MAX) {
        cx_buf_fail(buf, CX_E_LIMIT);
        return false;
    }
    s->answers = s->answers == UINT32_MAX ? 1 : s->answers + 1;
    for (size_t i = 0; i < answer->n_proof; i++) {
        (void)keep_slot(s, answer->proof[i]);
    }
    for (size_t i = 0; i < answer->n_control; i++) {
        (void)keep_slot(s, answer->control[i]);
    }
    for (size_t i = 0; i < answer->n_proof; i++) {
        ret[n++] = slot_of(s, buf, answer->proof[i]);
    }
    for (size_t i = 0; i < answer->n_control; i++) {
        ret[n++] = slot_of(s, buf, answer->control[i]);
    }
    return true;
}

void
cx_answer_sender_put(struct cx_answer_sender *sender, struct cx_buf *buf, uint32_t id,
                     const struct cx_answer *answer)
{
    uint32_t slots[CX_PROOF_MAX + CX_CONTROL_NAMES_MAX];

    if (answer == NULL || put_materials(sender, buf, answer, slots)) {
        cx_frame_put_answer(buf, id, answer, slots);
    }
}

void
cx_answer_sender_give(struct cx_answer_sender *sender, struct cx_buf *buf, uint32_t id,
                      const struct cx_answer *answer)
{
    uint32_t slots[CX_PROOF_MAX + CX_CONTROL_NAMES_MAX];

    if (put_materials(sender, buf, answer, slots)) {
        cx_frame_put_given(buf, id, answer, slots);
    }
}
