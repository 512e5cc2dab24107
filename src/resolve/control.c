#include "resolve/control.h"

#include "base/alloc.h"

struct probe {
    struct cx_control *control;
    struct cx_name name;
    struct cx_lookup lookup;
    struct cx_material *answered; /* of the last complete round; NULL: not answered */
    struct cx_material *coming;   /* of the round under way */
};

struct cx_control {
    struct cx_resolver *resolver;
    const struct cx_explainer *explainer;
    struct cx_control_waiter *waiters;
    int64_t complete_us; /* when the last complete round began; 0 = there was none */
    int64_t begun_us;    /* when the one under way began; 0 = there is none */
    size_t open;
    size_t n;
    struct probe probes[];
};

/* R-FAIL-8: it is their number that counts. */
static bool
is_probed(const struct cx_control *control, cx_span name)
{
    for (size_t i = 0; i < control->n; i++) {
        if (cx_span_equal(cx_name_span(&control->probes[i].name), name)) {
            return true;
        }
    }
    return false;
}

cx_status
cx_control_new(const char *const *names, size_t n, const struct cx_resolver_setup *setup,
               const struct cx_explainer *explainer, struct cx_control **ret,
               struct cx_detail *detail)
{
    struct cx_control *control = cx_alloc(1, sizeof(*control) + n * sizeof(control->probes[0]));

    if (control == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    control->explainer = explainer;
    control->resolver = cx_resolver_new(setup);
    if (control->resolver == NULL) {
        cx_free(control);
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    for (; control->n < n; control->n++) {
        struct probe *probe = &control->probes[control->n];
        cx_status s = cx_name_from_text(cx_str_of(names[control->n]), &probe->name, detail);

        probe->control = control;
        if (cx_ok(s) && is_probed(control, cx_name_span(&probe->name))) {
            s = cx_fail(detail, CX_E_USAGE, "control name %s is given twice: two names are needed",
                        names[control->n]);
        }
        if (!cx_ok(s)) {
            cx_control_free(control);
            return s;
        }
    }
    *ret = control;
    return CX_SUCCESS;
}

void
cx_control_free(struct cx_control *control)
{
    if (control == NULL) {
        return;
    }
    control->waiters = NULL;
    cx_resolver_free(control->resolver);
    for (size_t i = 0; i < control->n; i++) {
        cx_material_unref(control->probes[i].answered);
        cx_material_unref(control->probes[i].coming);
    }
    cx_free(control);
}

void
cx_control_cancel(struct cx_control *control, struct cx_control_waiter *waiter)
{
    struct cx_control_waiter **at = &control->waiters;

    while (waiter->waiting && *at != NULL) {
        if (*at == waiter) {
            *at = waiter->next;
            waiter->waiting = false;
            return;
        }
        at = &(*at)->next;
    }
}

/* Those that the round serves; the others wait for the next. */
static void
wake_served(struct cx_control *control)
{
    struct cx_control_waiter *waiter = control->waiters;

    control->waiters = NULL;
    while (waiter != NULL) {
        struct cx_control_waiter *next = waiter->next;

        if (waiter->since_us <= control->complete_us) {
            waiter->waiting = false;
            waiter->wake(waiter->ctx);
        } else {
            waiter->next = control->waiters;
            control->waiters = waiter;
        }
        waiter = next;
    }
}

static void
end_round(struct cx_control *control)
{
    for (size_t i = 0; i < control->n; i++) {
        struct probe *probe = &control->probes[i];

        cx_material_unref(probe->answered);
        probe->answered = probe->coming;
        probe->coming = NULL;
    }
    control->complete_us = control->begun_us;
    control->begun_us = 0;
    wake_served(control);
}

/* An answer, not a failure; and, where the wire is seen, one that came over it. */
static struct cx_material *
answer_of(struct probe *probe, const struct cx_result *result)
{
    const struct cx_explainer *explainer = probe->control->explainer;
    struct cx_question question = { cx_name_span(&probe->name), CX_TYPE_CAA };
    struct cx_material *material = NULL;
    cx_time time = probe->lookup.context_begun;

    if (explainer != NULL && !cx_explain_seen(explainer, &question, probe->lookup.since)) {
        return NULL;
    }
    if (explainer != NULL) {
        time = cx_explain_time(explainer, &question, probe->lookup.since, time);
    }
    if (!cx_ok(cx_material_from_result(&question, result, time, &material))) {
        return NULL;
    }
    if (material->message.octets.n == 0) {
        cx_material_unref(material);
        return NULL;
    }
    return material;
}

static void
on_probe(struct cx_lookup *lookup, const struct cx_result *result)
{
    struct probe *probe = CX_OF_MEMBER(struct probe, lookup, lookup);
    struct cx_control *control = probe->control;

    if (result == NULL) {
        return; /* closing */
    }
    probe->coming = answer_of(probe, result);
    if (--control->open == 0) {
        end_round(control);
    }
}

/* open counts one more while questions are sent, as they may be answered at once. */
static void
begin_round(struct cx_control *control)
{
    control->begun_us = cx_clock_us();
    control->open = 1;
    cx_resolver_forget(control->resolver);
    for (size_t i = 0; i < control->n; i++) {
        struct probe *probe = &control->probes[i];
        struct cx_question question = { cx_name_span(&probe->name), CX_TYPE_CAA };
        struct cx_detail detail = { .text = "" };

        probe->lookup.done = on_probe;
        control->open++;
        if (!cx_ok(cx_resolver_ask(control->resolver, &question, &probe->lookup, &detail))) {
            control->open--;
        }
    }
    if (--control->open == 0) {
        end_round(control);
    }
}

void
cx_control_step(struct cx_control *control)
{
    cx_resolver_tidy(control->resolver);
    if (control->waiters != NULL && control->begun_us == 0) {
        begin_round(control);
    }
}

bool
cx_control_ready(struct cx_control *control, struct cx_control_waiter *waiter)
{
    if (control->complete_us >= waiter->since_us && control->complete_us != 0) {
        return true;
    }
    if (!waiter->waiting) {
        waiter->waiting = true;
        waiter->next = control->waiters;
        control->waiters = waiter;
    }
    return false;
}

cx_status
cx_control_list(const struct cx_control *control, struct cx_arena *arena, struct cx_answer *answer)
{
    const struct cx_proof_message **list = cx_arena_get(arena, control->n + 1, sizeof(*list));
    size_t n = 0;

    if (list == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < control->n; i++) {
        struct cx_material *material = control->probes[i].answered;

        if (material != NULL) {
            CX_TRY(cx_arena_hold(arena, cx_material_unref, material));
            list[n++] = &cx_material_ref(material)->message;
        }
    }
    answer->control = list;
    answer->n_control = n;
    return CX_SUCCESS;
}
