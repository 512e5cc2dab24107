#include "caa/answers.h"

/* FNV-1a: the names are bounded and the table belongs to one check, so collisions cost only its sender. */
static uint32_t
hash_of(cx_span name, uint16_t type)
{
    uint32_t h = 2166136261u ^ type;

    for (size_t i = 0; i < name.n; i++) {
        h = (h ^ name.p[i]) * 16777619u;
    }
    return h;
}

static bool
answers_question(const struct cx_answer *answer, cx_span name, uint16_t type)
{
    return answer->type == type && cx_span_equal(answer->name, name);
}

/* The slot of the question, or the free slot where it belongs. */
static size_t
slot_of(const struct cx_answers *table, cx_span name, uint16_t type)
{
    size_t slot = hash_of(name, type) & (table->n_slots - 1);

    while (table->slots[slot] != 0 &&
           !answers_question(table->v[table->slots[slot] - 1], name, type)) {
        slot = (slot + 1) & (table->n_slots - 1);
    }
    return slot;
}

/* Most checks have no more than this: then no hash is worth its price. */
#define FEW 8

static const struct cx_answer *
find_among_few(const struct cx_answers *table, cx_span name, uint16_t type)
{
    for (size_t i = table->n; i != 0; i--) {
        if (answers_question(table->v[i - 1], name, type)) {
            return table->v[i - 1];
        }
    }
    return NULL;
}

static cx_status
grow(struct cx_answers *table, struct cx_arena *arena)
{
    size_t room = table->room == 0 ? FEW : table->room * 2;
    struct cx_answers wider = { .n = table->n,
                                .room = room,
                                .n_slots = room == FEW ? 0 : room * 2 };

    wider.v = cx_arena_get(arena, room, sizeof(struct cx_answer *));
    wider.slots = cx_arena_get(arena, wider.n_slots, sizeof(*wider.slots));
    if (wider.v == NULL || wider.slots == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < table->n; i++) {
        wider.v[i] = table->v[i];
    }
    for (size_t i = 0; i < table->n && wider.n_slots != 0; i++) {
        wider.slots[slot_of(&wider, table->v[i]->name, table->v[i]->type)] = (uint32_t)(i + 1);
    }
    *table = wider;
    return CX_SUCCESS;
}

cx_status
cx_answers_add(struct cx_answers *table, struct cx_arena *arena, const struct cx_answer *answer)
{
    size_t slot;

    if (table->n == table->room) {
        CX_TRY(grow(table, arena));
    }
    if (table->n_slots == 0) {
        if (find_among_few(table, answer->name, answer->type) == NULL) {
            table->v[table->n++] = answer;
        }
        return CX_SUCCESS;
    }
    slot = slot_of(table, answer->name, answer->type);
    if (table->slots[slot] == 0) {
        table->v[table->n++] = answer;
        table->slots[slot] = (uint32_t)table->n;
    }
    return CX_SUCCESS;
}

const struct cx_answer *
cx_answers_find(const struct cx_answers *table, cx_span name, uint16_t type)
{
    uint32_t at;

    if (table->n_slots == 0) {
        return find_among_few(table, name, type);
    }
    at = table->slots[slot_of(table, name, type)];
    return at == 0 ? NULL : table->v[at - 1];
}
