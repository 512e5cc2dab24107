/* Responses of coordinators: whatever one says, its numbers fit together, and nothing corroborates without a reason. */
#include "../unit/mpic.h"
#include "fuzz.h"
#include "mpic/open_mpic.h"

#define ARENA_CAP ((size_t)64 << 20)

static void
check_numbers(const struct cx_corroborated *c)
{
    size_t agreed = 0;

    for (size_t i = 0; i < c->n_remotes; i++) {
        const struct cx_remote_result *r = &c->remotes[i];

        MUST(r->reason != CX_REMOTE_UNSET && r->same_as <= i);
        MUST(!r->corroborates || (r->is_used && r->reason <= CX_REMOTE_IS_PASSED &&
                                  r->time >= MPIC_DATE - CX_WINDOW_S));
        MUST(r->reason != CX_REMOTE_IS_PERMITS || cx_verdict_positive(r->verdict));
        agreed += r->corroborates ? 1 : 0;
    }
    MUST(c->is.n_agreed <= agreed && c->is.n_agreed <= c->is.n_used);
    MUST(c->is.n_regions <= c->is.n_agreed);
    MUST((c->lacks == NULL) <= (c->is.n_agreed >= 3 && c->is.n_regions >= 2)); /* the date's */
    MUST(c->fault.n == 0 || (c->lacks != NULL && c->is.n_used == 0));
}

static void
corroborate(cx_str body, struct cx_corroborated *ret, struct cx_arena *arena)
{
    const struct cx_supplied_name supplied = { CX_STR("www.d.test"), &body, 1 };
    struct scene s;
    struct cx_to_corroborate what = { .perspectives = &mpic_list, .supplied = &supplied };

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22T12:00:00Z");
    (void)scene_set(&s, "d.test", "0 issue ca.example.net", NULL);
    (void)scene_judge(&s, "www.d.test");
    what.c = &s.c;
    what.subject = &s.subject;
    what.primary = &s.f;
    MUST(cx_ok(cx_corroborate(&what, arena, ret)));
    check_numbers(ret);
    scene_close(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const cx_str body = { (const char *)data, size };
    struct cx_detail detail = { .text = "" };
    struct cx_open_mpic response;
    struct cx_corroborated c, again;
    struct cx_arena arena;

    cx_arena_init(&arena, ARENA_CAP);
    if (cx_ok(cx_open_mpic_read(body, &arena, &response, &detail))) {
        MUST(response.n_attempts != 0 && response.attempts[0].n != 0);
        MUST(response.count <= CX_PERSPECTIVES_MAX);
    } else {
        MUST(detail.text[0] != '\0');
    }
    corroborate(body, &c, &arena);
    corroborate(body, &again, &arena);
    MUST(c.lacks == again.lacks && c.is.n_used == again.is.n_used &&
         c.is.n_agreed == again.is.n_agreed);
    cx_arena_done(&arena);
    return 0;
}
