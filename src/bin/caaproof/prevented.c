/* R-IOD-1: issuances that CAA prevented must be documented, in sufficient detail to give feedback. */
#include "base/limits.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/stored_checks.h"
#include "bin/caaproof/stored_json.h"
#include "bin/caaproof/terminal.h"
#include "caa/tag.h"
#include "engine/result.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: caaproof prevented STORE [options]\n"
    "\n"
    "Lists issuances that CAA prevented, oldest first: recorded checks with names that CAA "
    "records\n"
    "forbid, the records, where they were found, and where their owner wants reports (iodef). The\n"
    "Baseline Requirements (3.2.2.8) ask a CA to document these. Checks of authorities in shadow\n"
    "mode prevented nothing, and are only counted.\n"
    "\n"
    "  --failures    names too whose records could not be looked up\n"
    "  --since TIME  checks that were recorded from then on: a date, or 2026-11-22T12:00:00Z\n"
    "  --json        one object a check, then one of counts (docs/json.md, \"Prevented\")\n"
    "\n"
    "Exit status: 0 all were listed, also if there are none; 64-78 errors.\n"
    "\n"
    "Try: caaproof prevented STORE --since 2026-11-01\n";

struct listing {
    struct cx_stored stored;
    struct cx_check *check; /* that is recalled */
    bool failures;
    bool json;
    uint64_t prevented, names, shadow;
    struct cx_detail detail;
};

/* Also what one defensible reading forbids: it was not permitted. */
static bool
is_wanted(const struct listing *l, enum cx_verdict verdict)
{
    return verdict == CX_VERDICT_DENY || verdict == CX_VERDICT_ARGUABLE ||
           (l->failures && verdict == CX_VERDICT_FAIL);
}

static bool
is_iodef(const struct cx_caa *caa)
{
    return cx_tag_of(caa->tag) == CX_TAG_IODEF;
}

/* ---- for people */

static void
print_caa(const struct cx_caa *caa)
{
    struct cx_buf buf = { .max = CX_RECORD_TEXT_MAX };

    cx_caa_text(caa, &buf);
    if (cx_buf_ok(&buf)) {
        printf("      %.*s\n", (int)buf.n, buf.p);
    }
    cx_buf_done(&buf);
}

static void
print_name(const struct cx_request_name *name, const struct cx_finding *f)
{
    char at[CX_NAME_TEXT_MAX];

    fputs("  ", stdout);
    output_plain(stdout, name->given);
    printf("  %s%s%s (%s)", paint_on(stdout, paint_of(f->verdict)), cx_verdict_word(f->verdict),
           paint_off(stdout), cx_reason_word(f->reason));
    if (f->set != NULL) {
        cx_name_text(f->set->name, at);
        printf(", by records at %s", at);
    }
    fputc('\n', stdout);
    for (size_t i = 0; f->set != NULL && i < f->set->n_records; i++) {
        print_caa(&f->set->records[i]);
    }
}

static void
print_check(const struct listing *l, const struct cx_log_row *row, const struct cx_record *record)
{
    const struct cx_check *check = l->check;

    stored_check_print(row, record);
    if (record->caller.n != 0) {
        fputs("  asked for by ", stdout);
        output_plain(stdout, record->caller);
    }
    fputc('\n', stdout);
    for (size_t i = 0; i < check->request.n_names; i++) {
        if (is_wanted(l, check->findings[i].verdict)) {
            print_name(&check->request.names[i], &check->findings[i]);
        }
    }
}

/* ---- as JSON */

static struct cx_json *
iodef_json(const struct cx_finding *f)
{
    struct cx_json *list = cx_json_new_array();
    bool whole = list != NULL;

    for (size_t i = 0; f->set != NULL && i < f->set->n_records; i++) {
        const struct cx_caa *caa = &f->set->records[i];

        whole = whole && (!is_iodef(caa) || cx_json_add(list, cx_json_new_escaped(caa->value)));
    }
    return cx_json_whole(list, whole);
}

/* Of the names of the result (docs/json.md, "Result") those that were forbidden, each with "iodef". */
static struct cx_json *
names_json(const struct listing *l, const struct cx_json *result)
{
    const struct cx_json *names = cx_json_get(result, "names");
    struct cx_json *list = cx_json_new_array();
    bool whole = list != NULL;

    for (size_t i = 0; whole && i < cx_json_size(names); i++) {
        const struct cx_finding *f = &l->check->findings[i];
        struct cx_json *name;

        if (is_wanted(l, f->verdict)) {
            name = cx_json_copy(cx_json_at(names, i));
            whole =
                cx_json_add(list, cx_json_whole(name, cx_json_set(name, "iodef", iodef_json(f))));
        }
    }
    return cx_json_whole(list, whole);
}

static cx_status
print_check_json(const struct listing *l, const struct cx_log_row *row,
                 const struct cx_record *record)
{
    struct cx_json *result = cx_result_to_json(l->check);
    struct cx_json *json = stored_prevented_json(row, record, names_json(l, result));
    cx_status s = output_json(json);

    cx_json_free(json);
    cx_json_free(result);
    return s;
}

/* ---- all of them */

static cx_status
list_check(struct listing *l, const struct cx_log_row *row, const struct cx_record *record)
{
    cx_arena_reset(&l->check->arena);
    CX_TRY(cx_recall(l->stored.recaller, record, l->check, &l->detail));
    CX_TRY(cx_recall_findings(record, l->check));
    if (l->json) {
        return print_check_json(l, row, record);
    }
    print_check(l, row, record);
    return CX_SUCCESS;
}

static cx_status
take_check(void *ctx, const struct cx_log_row *row, const struct cx_record *record)
{
    struct listing *l = ctx;
    uint64_t names = 0;

    for (size_t i = 0; i < record->n_names; i++) {
        names += is_wanted(l, record->findings[i].verdict) ? 1 : 0;
    }
    if (names == 0) {
        return CX_SUCCESS;
    }
    if (record->is_shadow) {
        l->shadow++;
        return CX_SUCCESS;
    }
    l->prevented++;
    l->names += names;
    return list_check(l, row, record);
}

static void
print_counts(const struct listing *l, const struct stored_checks *checks)
{
    printf("%" PRIu64 " checks: %" PRIu64 " issuances prevented, for %" PRIu64 " names; %" PRIu64
           " more in shadow mode",
           checks->n, l->prevented, l->names, l->shadow);
    if (checks->deleted != 0) {
        printf("; %" PRIu64 " whose records were deleted", checks->deleted);
    }
    fputc('\n', stdout);
}

static cx_status
print_counts_json(const struct listing *l, const struct stored_checks *checks)
{
    struct cx_json *json = cx_json_new_object();
    cx_status status;

    json = cx_json_whole(json, cx_json_set_number(json, "schema", 1) &&
                                   cx_json_set_number(json, "checks", checks->n) &&
                                   cx_json_set_number(json, "prevented", l->prevented) &&
                                   cx_json_set_number(json, "names", l->names) &&
                                   cx_json_set_number(json, "shadow", l->shadow) &&
                                   cx_json_set_number(json, "deleted", checks->deleted));
    status = output_json(json);
    cx_json_free(json);
    return status;
}

static cx_status
list_all(struct listing *l, cx_time since)
{
    struct stored_checks checks = {
        .stored = &l->stored, .since = since, .take = take_check, .ctx = l, .detail = &l->detail
    };

    l->check = cx_check_new();
    if (l->check == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(stored_checks_scan(&checks));
    if (l->json) {
        return print_counts_json(l, &checks);
    }
    print_counts(l, &checks);
    return CX_SUCCESS;
}

static int
list(struct listing *l, const char *path, cx_time since)
{
    cx_status s = cx_stored_open(path, &l->stored, &l->detail);

    s = cx_ok(s) ? list_all(l, since) : s;
    cx_check_free(l->check);
    cx_stored_close(&l->stored);
    return cx_ok(s) ? exit_with_output(EXIT_SUCCESS) : exit_with(s, &l->detail);
}

/* ---- options */

enum {
    OPT_FAILURES = 256,
    OPT_SINCE,
    OPT_JSON,
};

static const struct option long_options[] = {
    { "failures", no_argument, NULL, OPT_FAILURES },
    { "since", required_argument, NULL, OPT_SINCE },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

struct wanted {
    struct listing listing;
    cx_time since;
};

static bool
take_option(void *ctx, int option, const char *value)
{
    struct wanted *w = ctx;

    switch (option) {
    case OPT_FAILURES:
        w->listing.failures = true;
        return true;
    case OPT_SINCE:
        return stored_checks_since(value, &w->since);
    case OPT_JSON:
        w->listing.json = true;
        return true;
    default:
        return false;
    }
}

int
command_prevented(int argc, char **argv)
{
    struct wanted w = { .since = CX_TIME_NONE };
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, &w, &code);

    if (first < 0) {
        return code;
    }
    if (argc - first != 1) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    return list(&w.listing, argv[first], w.since);
}
