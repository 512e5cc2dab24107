#include "base/limits.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/lint_report.h"
#include "bin/caaproof/lint_zone.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: caaproof lint NAME... [--issuer D] [options]\n"
    "       caaproof lint --zone FILE... [--issuer D] [--json]\n"
    "\n"
    "Shows who may issue for a name, and what is wrong with the records that say so. With --zone\n"
    "and no name, every name of the files that has CAA.\n"
    "\n"
    "  --issuer D         also say when the CA of this issuer domain name may not issue "
    "(repeatable)\n"
    "  --zone FILE        zone file, to look before it is published (repeatable)\n"
    "  --answers FILE     recorded answers, one JSON object a line\n" OPTIONS_LIVE_HELP
    "  --json             one object (docs/json.md, \"Lint\")\n"
    "\n"
    "Errors block issuance or do not do what they say; warnings may not do what was meant; advice "
    "is\n"
    "good to know.\n"
    "\n"
    "Exit status: 0 nothing but advice; 1 warnings; 2 errors in the records; 64-78 errors of use.\n"
    "\n"
    "Try: caaproof lint example.org\n";

/* The whole run. */
struct linting {
    const struct options *options;
    struct cx_source source;
    struct cx_arena arena; /* of one subject at a time; goes after the source */
    struct cx_json *names; /* NULL: for a person */
    struct cx_json *files;
    size_t counts[CX_SEVERITY_ERROR + 1];
};

struct gathering;

struct place {
    struct gathering *gathering;
    size_t i;
};

/* Questions of one climb under way. */
struct gathering {
    struct place places[CX_LABELS_MAX];
    const struct cx_answer *answers[CX_LABELS_MAX]; /* from the name up */
    size_t n;
    size_t open;
    bool out_of_memory;
};

static void
answered(void *ctx, const struct cx_answer *answer)
{
    struct place *place = ctx;
    struct gathering *g = place->gathering;

    g->open--;
    g->answers[place->i] = answer;
    g->out_of_memory = g->out_of_memory || answer == NULL;
}

/* The name and all its ancestors below the root are asked at once: what lies above a set matters too. */
static cx_status
gather(struct linting *l, cx_span name, struct gathering *g)
{
    for (cx_span at = name; !cx_name_is_root(at); at = cx_name_parent(at)) {
        struct cx_question question = { .name = at, .type = CX_TYPE_CAA };

        struct place *place = &g->places[g->n];

        *place = (struct place){ g, g->n };
        g->open++;
        g->n++;
        cx_source_ask(&l->source, &question, &l->arena, answered, place);
    }
    while (g->open != 0) {
        CX_TRY(cx_source_wait(&l->source));
    }
    return g->out_of_memory ? (cx_status){ CX_E_NOMEM } : CX_SUCCESS;
}

/* Above the zone files there is no answer (resolve/zone.h, I1). */
static bool
is_beyond(const struct linting *l, const struct cx_answer *answer)
{
    return l->options->n_zones != 0 && answer->outcome == CX_OUTCOME_ERROR;
}

static bool
has_set(const struct cx_answer *answer)
{
    return answer->outcome == CX_OUTCOME_RECORDS && answer->n_records != 0;
}

/* The nearest set or failure decides; the next set above it is what it may hide. */
static void
choose(const struct linting *l, const struct gathering *g, struct lint_subject *subject,
       struct cx_lint_context *context)
{
    size_t i = 0;

    while (i < g->n && !has_set(g->answers[i]) && !cx_outcome_is_failure(g->answers[i]->outcome)) {
        i++;
    }
    if (i == g->n) {
        return;
    }
    if (i != 0 && is_beyond(l, g->answers[i])) {
        subject->beyond = true;
        return;
    }
    subject->relevant = g->answers[i];
    for (i++; i < g->n && context->above == NULL; i++) {
        context->above = has_set(g->answers[i]) ? g->answers[i] : NULL;
    }
}

static const struct cx_json *
issuers_of(const struct options *options)
{
    return cx_json_get(options->request, "issuer");
}

static void
examine(struct linting *l, struct lint_subject *subject, const struct cx_lint_context *context)
{
    const struct cx_json *issuers = issuers_of(l->options);

    if (subject->relevant != NULL) {
        cx_lint_answer(&subject->lint, subject->relevant, context);
    } else if (!subject->beyond) {
        cx_lint_nothing(&subject->lint, subject->name);
    }
    for (size_t i = 0; i < cx_json_size(issuers); i++) {
        cx_str issuer;

        if (subject->relevant != NULL && has_set(subject->relevant) &&
            cx_json_string(cx_json_at(issuers, i), &issuer)) {
            cx_lint_issuer(&subject->lint, subject->relevant, cx_span_of_str(issuer));
        }
    }
}

static cx_status
show(struct linting *l, const struct lint_subject *subject, struct cx_json *list)
{
    for (int severity = CX_SEVERITY_ADVICE; severity <= CX_SEVERITY_ERROR; severity++) {
        l->counts[severity] += cx_lint_count(&subject->lint, (enum cx_severity)severity);
    }
    if (subject->lint.out_of_memory) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (list == NULL) {
        lint_print(stdout, subject);
        return CX_SUCCESS;
    }
    return cx_json_add(list, lint_to_json(subject)) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

static cx_status
lint_name(void *ctx, cx_span name)
{
    struct linting *l = ctx;
    struct cx_lint_context context = { .dnssec_known = l->options->n_zones == 0 };
    struct lint_subject subject = { .name = name,
                                    .dnssec_known = context.dnssec_known,
                                    .lint = { .arena = &l->arena } };
    struct gathering g = { .n = 0 };
    cx_status s = gather(l, name, &g);

    CX_TRY(s);
    choose(l, &g, &subject, &context);
    examine(l, &subject, &context);
    for (unsigned use = 0; use < CX_USE_COUNT; use++) {
        CX_TRY(cx_right_of(subject.relevant, (enum cx_use)use, &l->arena, &subject.rights[use]));
    }
    s = show(l, &subject, l->names);
    cx_arena_reset(&l->arena);
    return s;
}

/* A name as people give it: with or without asterisk and final dot. */
static cx_status
lint_given(struct linting *l, const char *given, struct cx_detail *detail)
{
    cx_str text = cx_str_of(given);
    struct cx_name name;

    if (text.n > 2 && memcmp(text.p, "*.", 2) == 0) {
        text.p += 2;
        text.n -= 2;
    }
    CX_TRY(cx_name_from_text(text, &name, detail));
    if (cx_name_is_root(cx_name_span(&name))) {
        return cx_fail(detail, CX_E_NAME, "the root has no CAA that counts");
    }
    return lint_name(l, cx_name_span(&name));
}

static cx_status
lint_line(void *ctx, const char *path, cx_str line, size_t number)
{
    struct linting *l = ctx;
    struct lint_subject subject = { .file = path, .lint = { .arena = &l->arena } };
    cx_status s = CX_SUCCESS;

    cx_lint_zone_line(&subject.lint, line, number);
    if (subject.lint.n != 0 || subject.lint.out_of_memory) {
        s = show(l, &subject, l->files);
        cx_arena_reset(&l->arena);
    }
    return s;
}

static cx_status
lint_zones(struct linting *l, bool names_too, struct cx_detail *detail)
{
    struct lint_zone_reader reader = { .line = lint_line,
                                       .owner = names_too ? lint_name : NULL,
                                       .ctx = l };

    for (size_t i = 0; i < l->options->n_zones; i++) {
        CX_TRY(lint_zone_read(l->options->zones[i], &reader, detail));
    }
    return CX_SUCCESS;
}

static cx_status
print_json(struct linting *l)
{
    struct cx_json *out = cx_json_new_object();
    cx_status s = { CX_E_NOMEM };
    bool ok =
        cx_json_set(out, "schema", cx_json_new_integer(1)) &&
        cx_json_set(out, "errors", cx_json_new_integer((int64_t)l->counts[CX_SEVERITY_ERROR])) &&
        cx_json_set(out, "warnings",
                    cx_json_new_integer((int64_t)l->counts[CX_SEVERITY_WARNING])) &&
        cx_json_set(out, "advice", cx_json_new_integer((int64_t)l->counts[CX_SEVERITY_ADVICE]));

    ok = cx_json_set(out, "files", CX_STEAL(l->files)) && ok;
    ok = cx_json_set(out, "names", CX_STEAL(l->names)) && ok;
    if (ok) {
        s = output_json(out);
    }
    cx_json_free(out);
    return s;
}

static void
print_count(const struct linting *l, enum cx_severity severity, const char *one, const char *many,
            const char *end)
{
    size_t n = l->counts[severity];

    printf("%zu %s%s", n, n == 1 ? one : many, end);
}

static cx_status
lint_all(struct linting *l, int argc, char **argv, int first, struct cx_detail *detail)
{
    CX_TRY(lint_zones(l, first == argc, detail));
    for (int i = first; i < argc; i++) {
        CX_TRY(lint_given(l, argv[i], detail));
    }
    if (l->options->json) {
        return print_json(l);
    }
    print_count(l, CX_SEVERITY_ERROR, "error", "errors", ", ");
    print_count(l, CX_SEVERITY_WARNING, "warning", "warnings", ", ");
    print_count(l, CX_SEVERITY_ADVICE, "piece of advice", "pieces of advice", "\n");
    return CX_SUCCESS;
}

static int
lint_with(const struct options *o, int argc, char **argv, int first)
{
    static const char *const used[] = { "issuer", NULL };
    const char *wrong = options_misplaced(o, used);
    struct linting l = { .options = o };
    struct cx_detail detail = { .text = "" };
    cx_status s;

    if (wrong != NULL) {
        s = cx_fail(&detail, CX_E_USAGE, "lint has no use for --%s; see caaproof lint --help",
                    wrong);
    } else if (first == argc && o->n_zones == 0) {
        s = cx_fail(&detail, CX_E_USAGE,
                    "a name or --zone FILE is needed; see caaproof lint --help");
    } else {
        s = options_source(o, &l.source, &detail);
    }
    if (!cx_ok(s)) {
        return exit_with(s, &detail);
    }
    cx_arena_init(&l.arena, CX_CHECK_MEMORY);
    if (o->json) {
        l.names = cx_json_new_array();
        l.files = cx_json_new_array();
    }
    s = lint_all(&l, argc, argv, first, &detail);
    cx_source_close(&l.source);
    cx_json_free(l.names);
    cx_json_free(l.files);
    cx_arena_done(&l.arena);
    if (!cx_ok(s)) {
        return exit_with(s, &detail);
    }
    return l.counts[CX_SEVERITY_ERROR] != 0 ? 2 : l.counts[CX_SEVERITY_WARNING] != 0 ? 1 : 0;
}

int
command_lint(int argc, char **argv)
{
    struct options options;
    int first = options_parse(argc, argv, usage, &options);
    int code = first < 0 ? options.exit : lint_with(&options, argc, argv, first);

    options_done(&options);
    return exit_with_output(code);
}
