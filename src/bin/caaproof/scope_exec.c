#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/peer.h"
#include "bin/caaproof/scope.h"
#include "resolve/answer_json.h"

#include <stdio.h>

/* Names that one start of the command is asked about. */
#define NAMES_AT_ONCE ((size_t)CX_NAMES_MAX)
/* Of silence, and of one start. */
#define SILENCE_S 60
#define OVERALL_S 3600

/* A name of a certificate whose evidence the other checker is asked about: a request of its own, since another name of the
 * certificate may have no evidence. */
struct asked {
    size_t certificate; /* in this lot */
    cx_str given;
    const char *was; /* our verdict */
    char is[16];     /* theirs; empty: none came */
};

/* Certificates that are asked about together. */
struct lot {
    struct scope *scope;
    const struct opened_run *run;
    struct cx_arena arena;
    struct cx_certificate *certificates;
    size_t n_certificates;
    struct asked *asked;
    cx_str *requests;
    size_t n;
};

/* ---- requests */

static struct cx_json *
answers_to_json(const struct cx_name_evidence *e)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < e->answers.n; i++) {
        complete = cx_json_add(json, cx_answer_to_json(e->answers.v[i])) && complete;
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
request_of(const struct lot *lot, const struct cx_triaged *t, const struct cx_triaged_name *name)
{
    const struct cx_triage_options *options = cx_run_triage(lot->run->run);
    const struct cx_json *policy =
        cx_json_get(cx_json_get(cx_run_summary(lot->run->run), "options"), "policy");
    struct cx_json *names = cx_json_new_array();
    struct cx_json *json = cx_json_new_object();

    names = cx_json_whole(names, cx_json_add(names, cx_json_new_string(name->given)));
    return cx_json_whole(
        json,
        cx_json_set(json, "names", names) &&
            cx_json_set(json, "purpose", cx_json_new_text(cx_purpose_word(options->purpose))) &&
            cx_json_set(json, "profile", cx_json_new_text(cx_profile_word(options->profile))) &&
            cx_json_set(json, "date", cx_json_new_moment(t->signed_at)) &&
            cx_json_set(json, "policy", cx_json_copy(policy)) &&
            cx_json_set(json, "answers", answers_to_json(name->evidence)));
}

static cx_status
add_request(struct lot *lot, const struct cx_triaged *t, const struct cx_triaged_name *name)
{
    struct asked *asked = &lot->asked[lot->n];
    struct cx_json *json = request_of(lot, t, name);
    struct cx_buf text;
    cx_status s;

    *asked = (struct asked){ .certificate = lot->n_certificates,
                             .was = cx_verdict_word(name->evidence->finding.verdict) };
    CX_TRY(cx_arena_text(&lot->arena, name->given, &asked->given));
    cx_buf_init(&text, CX_RESULT_MAX);
    s = cx_json_write(json, &text);
    if (cx_ok(s)) {
        s = cx_arena_text(&lot->arena, cx_buf_str(&text), &lot->requests[lot->n]);
    }
    cx_buf_done(&text);
    cx_json_free(json);
    CX_TRY(s);
    lot->n++;
    return CX_SUCCESS;
}

/* What is needed of it when the lot is told of: the octets of its ids. */
static cx_status
keep_certificate(struct lot *lot, const struct cx_triaged *t)
{
    struct cx_certificate *c = &lot->certificates[lot->n_certificates];

    *c = t->certificate;
    return cx_arena_copy(&lot->arena, t->certificate.issued.serial, &c->issued.serial);
}

static cx_status
add_certificate(struct lot *lot, const struct cx_triaged *t)
{
    size_t before = lot->n;

    lot->scope->certificates++;
    for (size_t i = 0; i < t->n_names && lot->n < NAMES_AT_ONCE; i++) {
        const struct cx_name_evidence *e = t->names[i].evidence;

        if (scope_has_verdict(e)) {
            CX_TRY(add_request(lot, t, &t->names[i]));
        }
    }
    if (lot->n == before) {
        return CX_SUCCESS;
    }
    lot->scope->judged++;
    CX_TRY(keep_certificate(lot, t));
    lot->n_certificates++;
    return CX_SUCCESS;
}

/* ---- replies */

static void
take_reply(void *ctx, size_t i, cx_str reply, const char *why)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;
    struct lot *lot = ctx;
    struct asked *asked = &lot->asked[i];
    cx_str verdict = CX_STR("no reply");

    (void)why; /* told as "no reply"; the remark of the run says more */
    if (reply.p != NULL) {
        verdict = CX_STR("unreadable");
        if (cx_ok(cx_json_parse(reply, &json, NULL)) &&
            !cx_json_string(cx_json_get(json, "verdict"), &verdict)) {
            verdict = CX_STR("error");
        }
    }
    (void)snprintf(asked->is, sizeof(asked->is), "%.*s",
                   (int)(verdict.n < sizeof(asked->is) ? verdict.n : sizeof(asked->is) - 1),
                   verdict.p);
}

static cx_status
tell_of_certificate(struct lot *lot, size_t certificate, size_t *at)
{
    struct scope_name *names = cx_alloc(lot->n, sizeof(*names));
    size_t n = 0;
    cx_status s;

    if (names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (; *at < lot->n && lot->asked[*at].certificate == certificate; (*at)++) {
        const struct asked *asked = &lot->asked[*at];

        if (strcmp(asked->was, asked->is) != 0) {
            names[n++] = (struct scope_name){ asked->given, asked->was, asked->is };
        }
    }
    s = n != 0 ? scope_print(lot->scope, &lot->certificates[certificate], names, n) : CX_SUCCESS;
    cx_free(names);
    return s;
}

static cx_status
ask(struct lot *lot, const char *command, struct cx_detail *detail)
{
    struct peer_run run = {
        .requests = lot->requests,
        .n = lot->n,
        .timeout_s = SILENCE_S,
        .overall_s = OVERALL_S,
        .replied = take_reply,
        .ctx = lot,
    };
    size_t at = 0;

    if (lot->n == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(peer_exec(command, &run, detail));
    if (run.remark[0] != '\0') {
        fputs("caaproof: the other checker: ", stderr);
        output_plain(stderr, cx_str_of(run.remark));
        fputc('\n', stderr);
    }
    for (size_t i = 0; i < lot->n_certificates; i++) {
        CX_TRY(tell_of_certificate(lot, i, &at));
    }
    lot->n = lot->n_certificates = 0;
    cx_arena_reset(&lot->arena);
    return CX_SUCCESS;
}

static cx_status
ask_all(struct lot *lot, struct opened_run *run, const char *command, struct cx_detail *detail)
{
    CX_TRY(cx_run_begin(run->run, 0, detail));
    for (;;) {
        const struct cx_triaged *triaged;

        CX_TRY(cx_run_next(run->run, &triaged, detail));
        if (triaged == NULL) {
            return ask(lot, command, detail);
        }
        if (lot->n + triaged->n_names > NAMES_AT_ONCE) {
            CX_TRY(ask(lot, command, detail));
        }
        CX_TRY(add_certificate(lot, triaged));
    }
}

cx_status
scope_exec(struct scope *scope, struct opened_run *run, const char *command,
           struct cx_detail *detail)
{
    struct lot lot = { .scope = scope, .run = run };
    cx_status s = (cx_status){ CX_E_NOMEM };

    cx_arena_init(&lot.arena, CX_CHECK_MEMORY);
    lot.certificates = cx_alloc(NAMES_AT_ONCE, sizeof(*lot.certificates));
    lot.asked = cx_alloc(NAMES_AT_ONCE, sizeof(*lot.asked));
    lot.requests = cx_alloc(NAMES_AT_ONCE, sizeof(*lot.requests));
    if (lot.certificates != NULL && lot.asked != NULL && lot.requests != NULL) {
        s = ask_all(&lot, run, command, detail);
    }
    cx_arena_done(&lot.arena);
    cx_free(lot.certificates);
    cx_free(lot.asked);
    cx_free(lot.requests);
    return s;
}
