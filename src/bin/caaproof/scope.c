#include "bin/caaproof/scope.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "engine/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: caaproof scope RUN [--rules-of DATE] [--issuer D]... [--policy FILE] [--json]\n"
    "       caaproof scope RUN --exec CMD [--json]\n"
    "\n"
    "Puts the evidence of every certificate of a run through the judge a second time, with other "
    "rules, other\n"
    "issuer names or another policy, or through another checker, and lists the certificates of "
    "which a name\n"
    "gets another verdict: what a fault in rules, configuration or code touched.\n"
    "\n"
    "  --rules-of DATE   the rules of this date\n"
    "  --issuer D        these issuer domain names (repeatable)\n"
    "  --policy FILE     this policy (docs/json.md)\n"
    "  --exec CMD        a checker that reads requests as lines and answers each with a line, as "
    "caaproof check\n"
    "                    --batch --json does: another build, or an adapter (docs/conformance.md)\n"
    "  --json            one object a certificate, and one with the counts at the end\n"
    "\n"
    "Exit status: 0 every verdict is the same; 1 some are not; 64-78 errors.\n";

struct scope_command {
    struct scope scope;
    const char *run;
    const char *issuers[CX_ISSUERS_MAX];
    size_t n_issuers;
    const char *policy;
    const char *command;
    bool has_rules_of;
    cx_time rules_of;
};

/* ---- one certificate */

static struct cx_json *
name_to_json(const struct scope_name *name)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json,
        cx_json_set(json, "name", cx_json_new_escaped(cx_span_of_str(name->name))) &&
            cx_json_set(json, "was",
                        name->was != NULL ? cx_json_new_text(name->was) : cx_json_new_null()) &&
            cx_json_set(json, "is",
                        name->is != NULL ? cx_json_new_text(name->is) : cx_json_new_null()));
}

static struct cx_json *
names_to_json(const struct scope_name *names, size_t n)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < n; i++) {
        complete = cx_json_add(json, name_to_json(&names[i])) && complete;
    }
    return cx_json_whole(json, complete);
}

static cx_status
print_json(cx_str serial, const struct scope_name *names, size_t n)
{
    struct cx_json *json = cx_json_new_object();
    cx_status s;

    json = cx_json_whole(json, cx_json_set(json, "serial", cx_json_new_string(serial)) &&
                                   cx_json_set(json, "names", names_to_json(names, n)));
    s = output_json(json);
    cx_json_free(json);
    return s;
}

static void
print_plain(cx_str serial, const struct scope_name *names, size_t n)
{
    printf("%.*s\n", (int)serial.n, serial.p);
    for (size_t i = 0; i < n; i++) {
        printf("  ");
        output_plain(stdout, names[i].name);
        printf("  %s -> %s\n", names[i].was != NULL ? names[i].was : "nothing to judge",
               names[i].is != NULL ? names[i].is : "nothing to judge");
    }
}

cx_status
scope_print(struct scope *scope, const struct cx_certificate *c, const struct scope_name *names,
            size_t n)
{
    struct cx_buf id;
    cx_status s;

    scope->changed++;
    cx_buf_init(&id, CX_LINE_MAX);
    cx_buf_put_hex(&id, c->issued.serial.n != 0 ? c->issued.serial
                        : c->has_certificate    ? (cx_span){ c->certificate.b, CX_HASH_SIZE }
                                                : (cx_span){ c->precertificate.b, CX_HASH_SIZE });
    s = cx_buf_status(&id);
    if (cx_ok(s) && scope->json) {
        s = print_json(cx_buf_str(&id), names, n);
    } else if (cx_ok(s)) {
        print_plain(cx_buf_str(&id), names, n);
    }
    cx_buf_done(&id);
    return s;
}

/* ---- other rules */

static const char *
verdict_of(const struct cx_triaged_name *name)
{
    return scope_has_verdict(name->evidence) ? cx_verdict_word(name->evidence->finding.verdict)
                                             : NULL;
}

static cx_status
compare(struct scope *scope, const struct cx_triaged *was, const struct cx_triaged *is)
{
    struct scope_name *names = cx_alloc(was->n_names != 0 ? was->n_names : 1, sizeof(*names));
    bool judged = false;
    size_t n = 0;
    cx_status s;

    if (names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < was->n_names; i++) {
        const struct scope_name name = { was->names[i].given, verdict_of(&was->names[i]),
                                         verdict_of(&is->names[i]) };

        judged = judged || (name.was != NULL && name.is != NULL);
        if (name.was != name.is &&
            (name.was == NULL || name.is == NULL || strcmp(name.was, name.is) != 0)) {
            names[n++] = name;
        }
    }
    scope->certificates++;
    scope->judged += judged ? 1 : 0;
    s = n != 0 ? scope_print(scope, &was->certificate, names, n) : CX_SUCCESS;
    cx_free(names);
    return s;
}

/* Both in the same order, certificate by certificate. */
static cx_status
compare_all(struct scope *scope, struct opened_run *was, struct opened_run *is,
            struct cx_detail *detail)
{
    const struct cx_triaged *a;
    const struct cx_triaged *b;

    CX_TRY(cx_run_begin(was->run, 0, detail));
    CX_TRY(cx_run_begin(is->run, 0, detail));
    for (;;) {
        CX_TRY(cx_run_next(was->run, &a, detail));
        CX_TRY(cx_run_next(is->run, &b, detail));
        if (a == NULL || b == NULL) {
            return CX_SUCCESS;
        }
        CX_TRY(compare(scope, a, b));
    }
}

static cx_status
with_other_rules(struct scope_command *c, struct opened_run *was, struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *policy = NULL;
    struct opened_run is = { .run = NULL };
    struct cx_policy other;
    cx_status s = CX_SUCCESS;

    CX_TRY(runs_open(c->run, &is, detail));
    if (c->policy != NULL || c->n_issuers != 0) {
        s = runs_policy(c->policy, c->issuers, c->n_issuers, &policy, detail);
        if (cx_ok(s)) {
            s = cx_policy_from_json(policy, &is.arena, &other, detail);
        }
        if (cx_ok(s)) {
            cx_run_set_policy(is.run, &other);
        }
    }
    if (cx_ok(s) && c->has_rules_of) {
        cx_run_set_rules_of(is.run, c->rules_of);
    }
    if (cx_ok(s)) {
        s = compare_all(&c->scope, was, &is, detail);
    }
    runs_close(&is);
    return s;
}

/* ---- the whole */

static cx_status
tell(const struct scope *scope)
{
    struct cx_json *json;
    cx_status s;

    if (!scope->json) {
        printf("%" PRIu64 " certificates: %" PRIu64 " with evidence to judge, %" PRIu64
               " of another verdict (as the run has it -> otherwise)\n",
               scope->certificates, scope->judged, scope->changed);
        return CX_SUCCESS;
    }
    json = cx_json_new_object();
    json = cx_json_whole(
        json,
        cx_json_set(json, "schema", cx_json_new_integer(1)) &&
            cx_json_set(json, "certificates", cx_json_new_integer((int64_t)scope->certificates)) &&
            cx_json_set(json, "judged", cx_json_new_integer((int64_t)scope->judged)) &&
            cx_json_set(json, "changed", cx_json_new_integer((int64_t)scope->changed)));
    s = output_json(json);
    cx_json_free(json);
    return s;
}

static int
run(struct scope_command *c)
{
    struct opened_run opened = { .run = NULL };
    struct cx_detail detail = { .text = "" };
    cx_status s = runs_open(c->run, &opened, &detail);

    if (cx_ok(s)) {
        s = c->command != NULL ? scope_exec(&c->scope, &opened, c->command, &detail)
                               : with_other_rules(c, &opened, &detail);
    }
    if (cx_ok(s)) {
        s = tell(&c->scope);
    }
    runs_close(&opened);
    return cx_ok(s) ? exit_with_output(c->scope.changed != 0) : exit_with(s, &detail);
}

enum {
    OPT_RULES_OF = 256,
    OPT_ISSUER,
    OPT_POLICY,
    OPT_EXEC,
    OPT_JSON,
};

static const struct option long_options[] = {
    { "rules-of", required_argument, NULL, OPT_RULES_OF },
    { "issuer", required_argument, NULL, OPT_ISSUER },
    { "policy", required_argument, NULL, OPT_POLICY },
    { "exec", required_argument, NULL, OPT_EXEC },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

static bool
take_option(void *ctx, int option, const char *value)
{
    struct scope_command *c = ctx;

    switch (option) {
    case OPT_RULES_OF:
        c->has_rules_of = true;
        return cx_ok(cx_time_parse(cx_str_of(value), &c->rules_of)) ||
               options_complain("--rules-of takes a date such as 2026-03-15", value);
    case OPT_ISSUER:
        if (c->n_issuers == CX_ISSUERS_MAX) {
            return options_complain("too many --issuer options", value);
        }
        c->issuers[c->n_issuers++] = value;
        return true;
    case OPT_POLICY:
        c->policy = value;
        return true;
    case OPT_EXEC:
        c->command = value;
        return true;
    case OPT_JSON:
        c->scope.json = true;
        return true;
    default:
        return false;
    }
}

static bool
is_complete(const struct scope_command *c)
{
    bool rules = c->has_rules_of || c->n_issuers != 0 || c->policy != NULL;

    return rules != (c->command != NULL) ||
           options_complain("what is to be different?",
                            "--rules-of, --issuer and --policy, or --exec alone");
}

static int
parse_and_run(struct scope_command *c, int argc, char **argv)
{
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, c, &code);

    if (first < 0) {
        return code;
    }
    if (argc - first != 1 || !is_complete(c)) {
        fputs("usage: caaproof scope RUN ...; see caaproof scope --help\n", stderr);
        return EX_USAGE;
    }
    c->run = argv[first];
    return run(c);
}

int
command_scope(int argc, char **argv)
{
    struct scope_command *c = cx_alloc(1, sizeof(*c));
    int code;

    if (c == NULL) {
        return exit_with((cx_status){ CX_E_NOMEM }, NULL);
    }
    code = parse_and_run(c, argc, argv);
    cx_free(c);
    return code;
}
