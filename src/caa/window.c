#include "caa/window.h"

/* R-TIME-1, R-TIME-3: max(TTL of the CAA set, 8 hours); without a set, or when a failure was passed over, 8 hours. */
static cx_time
window_of(const struct cx_search *search)
{
    const struct cx_answer *set = search->state == CX_SEARCH_FOUND ? search->answer : NULL;

    return set != NULL && !search->excused && set->has_ttl && set->ttl <= INT32_MAX &&
                   set->ttl > CX_WINDOW_S
               ? (cx_time)set->ttl
               : CX_WINDOW_S;
}

/* R-TIME-2: the clock starts when the oldest answer used was asked for. */
void
cx_window_of(const struct cx_case *c, const struct cx_search *search, struct cx_finding *f)
{
    f->valid_until = CX_TIME_MAX;
    f->newest = CX_TIME_NONE;
    for (size_t i = 0; i < search->n_used; i++) {
        const struct cx_answer *answer = search->used[i];
        cx_time asked = answer->time == CX_TIME_NONE ? c->date : answer->time;
        cx_time until = asked + window_of(search);

        f->valid_until = until < f->valid_until ? until : f->valid_until;
        f->newest = asked > f->newest ? asked : f->newest;
    }
}

void
cx_window_close(const struct cx_case *c, struct cx_finding *f)
{
    cx_time boundary = cx_epoch_next_boundary(c->epoch->profile, c->date);

    if (f->newest != CX_TIME_NONE && f->newest > c->date + CX_HYPOTHETICAL_S) {
        f->hypothetical = true;
        cx_notes_add(&f->notes, CX_NOTE_HYPOTHETICAL, (cx_span){ NULL, 0 });
    }

    if ((f->verdict != CX_VERDICT_PERMIT && f->verdict != CX_VERDICT_PERMIT_LF) ||
        f->valid_until == CX_TIME_MAX) {
        f->valid_until = CX_TIME_NONE;
        return;
    }
    if (f->valid_until >= boundary) {
        f->valid_until = boundary - 1;
        cx_rules_add(&f->rules, CX_R_TIME_8);
    }
    cx_rules_add(&f->rules, CX_R_TIME_1);
}
