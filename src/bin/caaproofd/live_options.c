#include "bin/caaproofd/live_options.h"

static const char *
or_none(cx_str text)
{
    return text.n != 0 ? text.p : NULL;
}

cx_status
live_options_of(const struct config_resolver *c, struct cx_arena *arena,
                struct cx_live_options *ret)
{
    const char **control = cx_arena_get(arena, c->n_control + 1, sizeof(*control));

    if (control == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < c->n_control; i++) {
        control[i] = c->control[i].p;
    }
    *ret = (struct cx_live_options){
        .root_hints = or_none(c->root_hints),
        .anchor = or_none(c->anchor),
        .forward = or_none(c->forward),
        .lab = c->lab,
        .deadline_ms = (unsigned)c->question_time_ms,
        .renew_s = (unsigned)c->renew_s,
        .no_tap = !c->tap,
        .no_retry = !c->retry,
        .no_proof = !c->proof,
        .control = control,
        .n_control = c->n_control,
        .no_openssl_p256 = !c->openssl_p256,
    };
    return CX_SUCCESS;
}
