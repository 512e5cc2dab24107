#include "bin/caaproof/runs.h"

#include "base/limits.h"
#include "bin/caaproof/input.h"
#include "engine/policy.h"

/* R-8657-11: until then a CA that did not honour the parameters was right; and answers need not have been validated. */
#define PARAMETERS_BIND "2027-03-15"

static struct cx_json *
own_to_json(const char *const *issuers, size_t n)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < n; i++) {
        complete = cx_json_add(json, cx_json_new_text(issuers[i])) && complete;
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
honour_to_json(void)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json, cx_json_set(json, "accounturi", cx_json_new_text(PARAMETERS_BIND)) &&
                  cx_json_set(json, "validationmethods", cx_json_new_text(PARAMETERS_BIND)));
}

static cx_status
complete_policy(struct cx_json *policy, const char *const *issuers, size_t n,
                struct cx_detail *detail)
{
    struct cx_policy read;
    struct cx_arena arena;
    cx_status s = CX_SUCCESS;

    if ((cx_json_get(policy, "honour") == NULL &&
         !cx_json_set(policy, "honour", honour_to_json())) ||
        (n != 0 && !cx_json_set(policy, "own", own_to_json(issuers, n)))) {
        return (cx_status){ CX_E_NOMEM };
    }
    cx_arena_init(&arena, CX_RESULT_MAX);
    s = cx_policy_from_json(policy, &arena, &read, detail);
    if (cx_ok(s) && read.n_own == 0) {
        s = cx_fail(
            detail, CX_E_USAGE,
            "which issuer domain names the CA had is needed: --issuer, or policy.own with dates");
    }
    cx_arena_done(&arena);
    return s;
}

cx_status
runs_policy(const char *path, const char *const *issuers, size_t n, struct cx_json **ret,
            struct cx_detail *detail)
{
    struct cx_json *policy = NULL;
    cx_status s = CX_SUCCESS;

    if (path != NULL) {
        s = input_json(path, &policy, detail);
    } else {
        policy = cx_json_new_object();
        s = policy != NULL ? s : (cx_status){ CX_E_NOMEM };
    }
    if (cx_ok(s)) {
        s = complete_policy(policy, issuers, n, detail);
    }
    if (!cx_ok(s)) {
        cx_json_free(policy);
        return s;
    }
    *ret = policy;
    return CX_SUCCESS;
}

cx_status
runs_open(const char *path, struct opened_run *ret, struct cx_detail *detail)
{
    const struct cx_json *options;
    cx_status s;

    *ret = (struct opened_run){ .run = NULL };
    cx_arena_init(&ret->arena, CX_RESULT_MAX);
    CX_TRY(cx_run_open(path, &ret->run, detail));
    options = cx_json_get(cx_run_summary(ret->run), "options");
    s = cx_policy_from_json(cx_json_get(options, "policy"), &ret->arena, &ret->policy, detail);
    if (cx_ok(s)) {
        s = cx_run_attach(ret->run, &ret->policy, detail);
    }
    if (!cx_ok(s)) {
        runs_close(ret);
    }
    return s;
}

void
runs_close(struct opened_run *run)
{
    cx_run_close(run->run);
    cx_arena_done(&run->arena);
    *run = (struct opened_run){ .run = NULL };
}
