#include "bin/caaproof/runs.h"

#include "base/limits.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/triage.h"
#include "engine/policy.h"
#include "store/files.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

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

static cx_status
show_files(const char *folder)
{
    CX_AUTO(cx_path_free) char *page = NULL;

    CX_TRY(cx_path_make(&page, "%s/report.html", folder));
    if (access(page, F_OK) != 0) {
        printf("\ncaaproof report %s makes the page, the texts of the incident report and the "
               "lists.\n",
               folder);
        return CX_SUCCESS;
    }
    printf("\nIn %s: report.html is the page, preliminary.md and report.md the texts of the "
           "incident report,\ncertificates.csv its appendix, worklist.csv what to revoke by when, "
           "notices.csv whom to tell.\n",
           folder);
    return CX_SUCCESS;
}

cx_status
runs_show(const char *path, bool json, struct cx_detail *detail)
{
    struct cx_run *run;
    cx_status s = CX_SUCCESS;

    CX_TRY(cx_run_open(path, &run, detail));
    triage_warn(cx_run_summary(run));
    if (json) {
        s = output_json(cx_run_summary(run));
    } else {
        triage_print(cx_run_summary(run));
        s = show_files(path);
    }
    cx_run_close(run);
    return s;
}

/* ---- once more */

struct again {
    struct opened_run run; /* as it was: what options point to */
    struct cx_run_options options;
    const char **lists;
};

static cx_status
text_of(struct again *a, const struct cx_json *json, const char **ret)
{
    cx_str text;

    if (!cx_json_string(json, &text)) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_arena_text(&a->run.arena, text, &text)); /* with a NUL */
    *ret = text.p;
    return CX_SUCCESS;
}

static cx_status
take_lists(struct again *a, const struct cx_json *with)
{
    const struct cx_json *lists = cx_json_get(with, "lists");
    size_t n = cx_json_size(lists);

    a->lists = cx_arena_get(&a->run.arena, n, sizeof(*a->lists));
    if (a->lists == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(text_of(a, cx_json_at(lists, i), &a->lists[i]));
    }
    a->options.lists = a->lists;
    a->options.n_lists = n;
    return CX_SUCCESS;
}

/* Of the lists, which have one. */
static cx_status
take_zone(struct again *a, const struct cx_json *json)
{
    const char *zone = NULL;

    CX_TRY(text_of(a, json, &zone));
    a->options.reader.has_zone = zone != NULL;
    return zone == NULL || options_zone(zone, &a->options.reader.zone_s)
               ? CX_SUCCESS
               : (cx_status){ CX_E_STORE };
}

static cx_status
take_inputs(struct again *a, const struct cx_json *inputs)
{
    for (size_t i = 0; i < cx_json_size(inputs); i++) {
        const struct cx_json *input = cx_json_at(inputs, i);
        cx_str kind = CX_STR("");

        (void)cx_json_string(cx_json_get(input, "kind"), &kind); /* of our own JSON */
        if (cx_str_equal(kind, CX_STR("certificates"))) {
            CX_TRY(take_zone(a, cx_json_get(input, "zone")));
        } else if (cx_str_equal(kind, CX_STR("consulted"))) {
            CX_TRY(text_of(a, cx_json_get(input, "path"), &a->options.consulted));
        } else if (cx_str_equal(kind, CX_STR("not-consulted"))) {
            CX_TRY(text_of(a, cx_json_get(input, "path"), &a->options.not_consulted));
        }
    }
    return CX_SUCCESS;
}

static cx_status
take_all(struct again *a, const struct cx_json *summary)
{
    const struct cx_json *with = cx_json_get(summary, "made_with");
    const struct cx_json *columns = cx_json_get(with, "columns");
    const char *format = NULL;

    a->options.triage = *cx_run_triage(a->run.run);
    a->options.triage.now = cx_time_now();
    a->options.program = RUNS_PROGRAM;
    a->options.policy = cx_json_get(cx_json_get(summary, "options"), "policy");
    a->options.reader.mapping = cx_json_kind_of(columns) == CX_JSON_OBJECT ? columns : NULL;
    CX_TRY(text_of(a, cx_json_get(summary, "title"), &a->options.title));
    CX_TRY(text_of(a, cx_json_get(with, "cause"), &a->options.cause));
    CX_TRY(text_of(a, cx_json_get(with, "format"), &format));
    CX_TRY(text_of(a, cx_json_get(cx_json_get(summary, "archive"), "path"), &a->options.archive));
    a->options.format = format != NULL ? cx_issued_format_named(cx_str_of(format)) : NULL;
    CX_TRY(take_lists(a, with));
    return take_inputs(a, cx_json_get(summary, "inputs"));
}

cx_status
runs_make_again(const char *path, const char *results, const char *recheck,
                struct cx_detail *detail)
{
    struct again a = { .lists = NULL };
    cx_status s = runs_open(path, &a.run, detail);

    if (cx_ok(s)) {
        s = take_all(&a, cx_run_summary(a.run.run));
    }
    if (cx_ok(s) && rename(results, recheck) != 0) {
        s = cx_fail(detail, CX_E_IO, "%s: cannot be named: %s", recheck, strerror(errno));
    }
    if (cx_ok(s)) {
        a.options.recheck = recheck;
        s = cx_run_make(path, &a.options, detail);
    }
    runs_close(&a.run);
    return cx_ok(s) ? runs_report(path, true, detail) : s;
}
