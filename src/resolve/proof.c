#include "resolve/proof.h"

#include "dns/message.h"
#include "dnssec/delegation.h"
#include "dnssec/signature.h"

/* What is known of the chain to one name; of several, the lesser counts. */
enum chain {
    CHAIN_WAITING = 0,
    CHAIN_UNPROVED,
    CHAIN_SIGNED,
    CHAIN_ENDS,
};

struct walk {
    struct cx_materials *materials;
    struct cx_collected *collected;
    struct cx_arena *arena;
    cx_span zone; /* nearest that is known to be signed */
    enum cx_cut cut;
    cx_span cut_at;
};

static const uint8_t root_wire[] = { 0 };
static const cx_span root = { root_wire, 1 };

/* ---- materials of one answer */

static void
take(struct cx_collected *c, struct cx_material *material)
{
    if (c->n == CX_PROOF_MAX) {
        c->broken = true;
        cx_material_unref(material);
        return;
    }
    c->found[c->n++] = material;
}

static const struct cx_proof_message *
find(const struct cx_collected *c, const struct cx_question *question)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct cx_proof_message *m = &c->found[i]->message;

        if (m->type == question->type && cx_span_equal(m->name, question->name)) {
            return m;
        }
    }
    return NULL;
}

/* NULL: it must be waited for, or is not to be had; collected->broken says which. */
static const struct cx_proof_message *
get(const struct walk *w, cx_span name, uint16_t type)
{
    struct cx_question question = { name, type };
    struct cx_collected *c = w->collected;
    const struct cx_proof_message *m = find(c, &question);
    struct cx_material *material;

    if (m != NULL || c->broken || c->waiter.at != NULL) {
        return m;
    }
    material = cx_materials_get(w->materials, &question, &c->waiter);
    if (material != NULL) {
        take(c, material);
        return c->broken ? NULL : &material->message;
    }
    c->broken = c->waiter.at == NULL;
    return NULL;
}

static enum chain
missing(const struct walk *w)
{
    return w->collected->broken ? CHAIN_UNPROVED : CHAIN_WAITING;
}

/* ---- chains */

static enum chain
get_keys(const struct walk *w, cx_span zone)
{
    const struct cx_proof_message *keys = get(w, zone, CX_TYPE_DNSKEY);

    return keys == NULL                       ? missing(w)
           : keys->dnssec == CX_DNSSEC_SECURE ? CHAIN_SIGNED
                                              : CHAIN_UNPROVED;
}

/* The name of label_count labels at the end of name. */
static cx_span
last_labels(cx_span name, unsigned count)
{
    for (unsigned n = cx_name_labels(name); n > count; n--) {
        name = cx_name_parent(name);
    }
    return name;
}

/* What the cut at a name says of the chain; *ret_more: look at the next label. CHAIN_SIGNED without: nothing below is
 * delegated. */
static enum chain
follow_cut(struct walk *w, cx_span at, enum cx_cut cut, bool *ret_more)
{
    *ret_more = false;
    switch (cut) {
    case CX_CUT_SIGNED:
        w->zone = at;
        w->cut = cut;
        w->cut_at = at;
        *ret_more = true;
        return get_keys(w, at);
    case CX_CUT_NONE:
        *ret_more = true;
        return CHAIN_SIGNED;
    case CX_CUT_NOTHING_BELOW:
        return CHAIN_SIGNED;
    case CX_CUT_INSECURE:
    case CX_CUT_OPT_OUT:
    case CX_CUT_UNSUPPORTED:
        w->cut = cut;
        w->cut_at = at;
        return CHAIN_ENDS;
    case CX_CUT_UNPROVED:
        return CHAIN_UNPROVED;
    }
    return CHAIN_UNPROVED;
}

/* DS from the top down to name. */
static cx_status
walk_down(struct walk *w, cx_span name, enum chain *ret)
{
    unsigned labels = cx_name_labels(name);
    bool more = true;

    w->zone = root;
    *ret = get_keys(w, root);
    for (unsigned n = 1; n <= labels && more && *ret == CHAIN_SIGNED; n++) {
        cx_span at = last_labels(name, n);
        const struct cx_proof_message *ds = get(w, at, CX_TYPE_DS);
        enum cx_cut cut = CX_CUT_UNPROVED;

        if (ds == NULL) {
            *ret = missing(w);
            return CX_SUCCESS;
        }
        if (ds->octets.n != 0) {
            cut = cx_cut_read(ds->octets, at, w->zone, ds->dnssec == CX_DNSSEC_SECURE);
        }
        *ret = follow_cut(w, at, cut, &more);
    }
    return CX_SUCCESS;
}

/* The parent of a signed zone is who signed its DS. */
static cx_status
parent_of(const struct walk *w, const struct cx_proof_message *ds, cx_span zone, cx_span *ret)
{
    cx_span *signers;
    size_t n;

    CX_TRY(cx_signers_read(ds->octets, w->arena, &signers, &n));
    for (size_t i = 0; i < n; i++) {
        if (cx_name_within(zone, signers[i]) && !cx_span_equal(zone, signers[i])) {
            *ret = signers[i];
            return CX_SUCCESS;
        }
    }
    return (cx_status){ CX_E_MESSAGE };
}

/* From a zone that signs up to the root, by who signed what: no question goes to a name that is no zone. */
static cx_status
climb_up(struct walk *w, cx_span zone, enum chain *ret)
{
    for (unsigned i = 0; i <= CX_LABELS_MAX; i++) {
        const struct cx_proof_message *ds;
        cx_status s;

        *ret = get_keys(w, zone);
        if (*ret != CHAIN_SIGNED || cx_name_is_root(zone)) {
            return CX_SUCCESS;
        }
        ds = get(w, zone, CX_TYPE_DS);
        if (ds == NULL) {
            *ret = missing(w);
            return CX_SUCCESS;
        }
        *ret = CHAIN_UNPROVED;
        if (ds->dnssec != CX_DNSSEC_SECURE) {
            return CX_SUCCESS;
        }
        s = parent_of(w, ds, zone, &zone);
        if (!cx_ok(s)) {
            return s.code == CX_E_NOMEM ? s : CX_SUCCESS;
        }
    }
    *ret = CHAIN_UNPROVED;
    return CX_SUCCESS;
}

/* ---- answers */

/* The chains of all that sign in the answer. CHAIN_UNPROVED also if nobody does. */
static cx_status
climb_signers(struct walk *w, const struct cx_answer *answer, enum chain *ret)
{
    cx_span *signers = NULL;
    size_t n = 0;
    cx_status s = cx_signers_read(answer->octets, w->arena, &signers, &n);

    *ret = CHAIN_UNPROVED;
    if (!cx_ok(s)) {
        return s.code == CX_E_NOMEM ? s : CX_SUCCESS;
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(climb_up(w, signers[i], ret));
        if (*ret != CHAIN_SIGNED) {
            return CX_SUCCESS;
        }
    }
    return CX_SUCCESS;
}

/* An alias with a signature of its own, whose signer's chain is climbed. */
static bool
is_signed_alias(const struct cx_answer *answer, cx_span name)
{
    struct cx_message m;
    struct cx_rr rr;
    bool more;

    if (!cx_ok(cx_message_open(answer->octets, &m)) || !cx_ok(cx_message_next(&m, &rr, &more))) {
        return false;
    }
    while (more && rr.section == CX_SECTION_ANSWER) {
        if (rr.type == CX_TYPE_RRSIG && cx_span_equal(cx_name_span(&rr.owner), name)) {
            return true;
        }
        if (!cx_ok(cx_message_next(&m, &rr, &more))) {
            return false;
        }
    }
    return false;
}

/* What the walks to all names of an answer came to. */
struct walks {
    enum chain worst;
    bool one_ends;
};

/* Which of an answer's names are walked to: aliases that are signed need no walk once their signers' chains are climbed. */
enum names {
    NAMES_ALL,
    NAMES_UNSIGNED,
};

/* R-FAIL-6: of all names the worst counts. */
static cx_status
walk_names(struct walk *w, const struct cx_answer *answer, enum names names, struct walks *ret)
{
    size_t n_names = answer->type == CX_TYPE_CAA ? answer->n_aliases + 1 : 1;
    enum cx_cut cut = CX_CUT_UNPROVED;
    cx_span cut_at = { NULL, 0 };

    *ret = (struct walks){ .worst = CHAIN_ENDS };
    for (size_t i = 0; i < n_names; i++) {
        cx_span name = i == 0 ? answer->name : answer->aliases[i - 1];
        enum chain chain;

        if (names == NAMES_UNSIGNED && i + 1 < n_names && is_signed_alias(answer, name)) {
            continue;
        }
        w->cut = CX_CUT_UNPROVED;
        CX_TRY(walk_down(w, name, &chain));
        if (cut == CX_CUT_UNPROVED || chain < ret->worst) {
            cut = w->cut;
            cut_at = w->cut_at;
        }
        ret->worst = chain < ret->worst ? chain : ret->worst;
        ret->one_ends = ret->one_ends || chain == CHAIN_ENDS;
        if (chain == CHAIN_WAITING) {
            return CX_SUCCESS;
        }
    }
    w->cut = cut;
    w->cut_at = cut_at;
    return CX_SUCCESS;
}

/* ---- into the answer */

static cx_status
list(const struct walk *w, struct cx_answer *answer)
{
    struct cx_collected *c = w->collected;
    const struct cx_proof_message **proof = cx_arena_get(w->arena, c->n + 1, sizeof(*proof));

    if (proof == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < c->n; i++) {
        CX_TRY(cx_arena_hold(w->arena, cx_material_unref, c->found[i]));
        (void)cx_material_ref(c->found[i]); /* collected keeps its own */
        proof[i] = &c->found[i]->message;
    }
    answer->proof = proof;
    answer->n_proof = c->n;
    return CX_SUCCESS;
}

static cx_status
put(const struct walk *w, enum chain chain, struct cx_answer *answer)
{
    cx_span cut_at = { NULL, 0 };

    if (w->cut != CX_CUT_UNPROVED) {
        CX_TRY(cx_arena_copy(w->arena, w->cut_at, &cut_at));
    }
    CX_TRY(list(w, answer));
    if (w->cut != CX_CUT_UNPROVED) {
        answer->cut = cx_str_of(cx_cut_word(w->cut));
        answer->cut_at = cut_at;
    }
    if (cx_outcome_is_failure(answer->outcome) && answer->dnssec != CX_DNSSEC_BOGUS) {
        answer->dnssec = chain == CHAIN_ENDS     ? CX_DNSSEC_INSECURE
                         : chain == CHAIN_SIGNED ? CX_DNSSEC_SECURE
                                                 : CX_DNSSEC_INDETERMINATE;
    }
    answer->is_proved = chain == CHAIN_ENDS || chain == CHAIN_SIGNED;
    return CX_SUCCESS;
}

static cx_status
collect_failure(struct walk *w, const struct cx_answer *answer, enum chain *ret)
{
    struct walks walks;

    CX_TRY(walk_names(w, answer, NAMES_ALL, &walks));
    *ret = walks.worst;
    return CX_SUCCESS;
}

static cx_status
collect_answer(struct walk *w, const struct cx_answer *answer, enum chain *ret)
{
    struct walks walks;
    enum names names;

    CX_TRY(climb_signers(w, answer, ret));
    names = *ret == CHAIN_SIGNED ? NAMES_UNSIGNED : NAMES_ALL;
    if (*ret == CHAIN_WAITING || answer->dnssec == CX_DNSSEC_SECURE) {
        return CX_SUCCESS;
    }
    CX_TRY(walk_names(w, answer, names, &walks));
    /* libunbound found it insecure: somewhere the chain has to end. */
    *ret = walks.worst;
    if (walks.worst >= CHAIN_SIGNED) {
        *ret = walks.one_ends ? CHAIN_ENDS : CHAIN_UNPROVED;
    }
    return CX_SUCCESS;
}

/* What the last wake brought; nothing, if there was no memory. */
static void
take_wake(struct cx_collected *c)
{
    if (c->waiter.got != NULL) {
        take(c, c->waiter.got);
        c->waiter.got = NULL;
    } else if (c->waiting && c->waiter.at == NULL) {
        c->broken = true;
    }
}

cx_status
cx_proof_collect(struct cx_materials *materials, struct cx_collected *collected,
                 struct cx_arena *arena, struct cx_answer *answer, bool *ret_done)
{
    struct walk w = { .materials = materials, .collected = collected, .arena = arena };
    enum chain chain;

    take_wake(collected);
    CX_TRY(cx_outcome_is_failure(answer->outcome) ? collect_failure(&w, answer, &chain)
                                                  : collect_answer(&w, answer, &chain));
    *ret_done = chain != CHAIN_WAITING;
    collected->waiting = !*ret_done;
    return *ret_done ? put(&w, chain, answer) : CX_SUCCESS;
}

void
cx_collected_done(struct cx_collected *collected)
{
    cx_waiter_cancel(&collected->waiter);
    cx_material_unref(collected->waiter.got);
    collected->waiter.got = NULL;
    while (collected->n != 0) {
        cx_material_unref(collected->found[--collected->n]);
    }
}
