#include "resolve/shared_answer.h"

#include "base/alloc.h"
#include "base/json.h"
#include "resolve/material.h"

#include <stdalign.h>
#include <string.h>

/* Lays an answer out behind its head: once without a block, to learn the size, and once into it. */
struct layout {
    uint8_t *block; /* NULL: only counts */
    size_t at;
    const struct cx_answer *from;
    cx_span octets; /* the copy of from's */
};

/* Room for an array, or NULL while counting. Arrays come before octets, so nothing needs padding after them. */
static void *
array(struct layout *l, size_t n, size_t size)
{
    void *p = l->block != NULL ? l->block + l->at : NULL;

    l->at += n * size;
    return p;
}

static cx_span
copy(struct layout *l, cx_span from)
{
    cx_span to = { l->block != NULL ? l->block + l->at : NULL, from.n };

    if (l->block != NULL && from.n != 0) {
        memcpy(l->block + l->at, from.p, from.n);
    }
    l->at += from.n;
    return to;
}

/* A part of the message stays one. */
static cx_span
copy_part(struct layout *l, cx_span from)
{
    const cx_span *message = &l->from->octets;
    uintptr_t begin = (uintptr_t)message->p, at = (uintptr_t)from.p;

    if (message->n == 0 || at < begin || at - begin > message->n ||
        from.n > message->n - (at - begin)) {
        return copy(l, from);
    }
    return l->octets.p != NULL ? (cx_span){ l->octets.p + (at - begin), from.n } : from;
}

static cx_str
copy_text(struct layout *l, cx_str from)
{
    return cx_str_of_span(copy(l, cx_span_of_str(from)));
}

static void
copy_spans(struct layout *l, const cx_span *from, size_t n, cx_span *to)
{
    for (size_t i = 0; i < n; i++) {
        cx_span span = copy(l, from[i]);

        if (to != NULL) {
            to[i] = span;
        }
    }
}

static void
copy_records(struct layout *l, struct cx_caa *to)
{
    for (size_t i = 0; i < l->from->n_records; i++) {
        struct cx_caa caa = l->from->records[i];

        caa.tag = copy_part(l, caa.tag);
        caa.value = copy_part(l, caa.value);
        if (to != NULL) {
            to[i] = caa;
        }
    }
}

static void
copy_exchanges(struct layout *l, struct cx_exchange *to)
{
    for (size_t i = 0; i < l->from->n_exchanges; i++) {
        struct cx_exchange exchange = l->from->exchanges[i];

        exchange.server = copy_text(l, exchange.server);
        if (to != NULL) {
            to[i] = exchange;
        }
    }
}

static void
share(const struct cx_proof_message *const *from, size_t n, const struct cx_proof_message **to)
{
    for (size_t i = 0; i < n && to != NULL; i++) {
        to[i] = &cx_material_ref(cx_material_of(from[i]))->message;
    }
}

static struct cx_answer
lay_out(struct layout *l)
{
    const struct cx_answer *from = l->from;
    struct cx_answer to = *from;
    const struct cx_proof_message **proof = array(l, from->n_proof, sizeof(*proof));
    const struct cx_proof_message **control = array(l, from->n_control, sizeof(*control));
    cx_span *aliases = array(l, from->n_aliases, sizeof(*aliases));
    struct cx_caa *records = array(l, from->n_records, sizeof(*records));
    struct cx_exchange *exchanges = array(l, from->n_exchanges, sizeof(*exchanges));

    l->octets = copy(l, from->octets);
    to.octets = l->octets;
    to.name = copy(l, from->name);
    to.records_at = copy(l, from->records_at);
    to.cut_at = copy(l, from->cut_at);
    to.why = copy_text(l, from->why);
    to.cut = copy_text(l, from->cut);
    copy_spans(l, from->aliases, from->n_aliases, aliases);
    copy_records(l, records);
    copy_exchanges(l, exchanges);
    share(from->proof, from->n_proof, proof);
    share(from->control, from->n_control, control);
    to.aliases = aliases;
    to.records = records;
    to.exchanges = exchanges;
    to.proof = proof;
    to.control = control;
    return to;
}

cx_status
cx_shared_answer_new(const struct cx_answer *answer, struct cx_shared_answer **ret)
{
    struct layout l = { .from = answer };
    struct cx_shared_answer *shared;

    _Static_assert(alignof(struct cx_exchange) <= alignof(struct cx_shared_answer) &&
                       alignof(struct cx_caa) <= alignof(struct cx_shared_answer),
                   "arrays follow the head, each as the one before ends");
    (void)lay_out(&l); /* only counts */
    shared = cx_alloc(1, sizeof(*shared) + l.at);
    if (shared == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    shared->refs = 1;
    shared->size = sizeof(*shared) + l.at;
    l = (struct layout){ .block = (uint8_t *)(shared + 1), .from = answer };
    shared->answer = lay_out(&l);
    shared->answer.memo = &shared->memo;
    *ret = shared;
    return CX_SUCCESS;
}

static void
unshare(const struct cx_proof_message *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cx_material_unref(cx_material_of(list[i]));
    }
}

void
cx_shared_answer_unref(void *shared)
{
    struct cx_shared_answer *s = shared;

    if (s != NULL && --s->refs == 0) {
        unshare(s->answer.proof, s->answer.n_proof);
        unshare(s->answer.control, s->answer.n_control);
        cx_json_free(s->memo.json);
        cx_free(s);
    }
}

cx_status
cx_shared_answer_hold(struct cx_shared_answer *shared, struct cx_arena *arena)
{
    CX_TRY(cx_arena_hold(arena, cx_shared_answer_unref, shared));
    shared->refs++;
    return CX_SUCCESS;
}
