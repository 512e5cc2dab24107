#include "base/buf.h"
#include "base/limits.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/human.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/stored_checks.h"
#include "bin/caaproof/stored_json.h"
#include "bin/caaproof/terminal.h"
#include "engine/result.h"
#include "engine/stored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: caaproof show STORE ID... [options]\n"
    "\n"
    "Shows recorded checks: what was asked, what DNS said, what was concluded then, and why;\n"
    "when each began, who asked for it, and what happened to its permit.\n"
    "ID is SHARD/INDEX as check --record prints it, the id of a request, or a name (\"*.name\" "
    "too);\n"
    "of several checks the newest comes first.\n"
    "\n"
    "  --explain     every rule that was applied, as a sentence\n"
    "  --json        one object a check (docs/json.md, \"Record\")\n"
    "  --limit N     at most N checks for each ID, and N events of each (default 20)\n"
    "\n"
    "Exit status: 0 something was shown; 1 there is no such check; 64-78 errors.\n"
    "\n"
    "Try: caaproof show STORE www.example.org --explain\n";

struct showing {
    struct cx_stored stored;
    struct cx_check *check;
    struct cx_arena arena;  /* of what was found for the present ID */
    struct cx_arena beside; /* of what the log has beside one check */
    bool json;
    bool explain;
    unsigned long limit;
    struct cx_log_row *found; /* for the present ID, at most limit; without records */
    size_t n_found, room;
    unsigned long shown;
    struct cx_detail *detail;
};

static void
print_head(const struct cx_log_row *row, const struct cx_record *record)
{
    char text[CX_HASH_TEXT];

    stored_check_print(row, record);
    if (record->has_authority) {
        cx_hash_text(&record->authority, text);
        printf("  authority %.16s...", text);
    }
    fputc('\n', stdout);
}

/* Of a check that somebody asked the daemon for. */
static void
print_caller(const struct cx_record *record)
{
    bool differs = record->own_verdict != CX_VERDICT_UNSET &&
                   record->own_verdict != record->conclusion.verdict;

    if (record->caller.n != 0) {
        fputs("  asked for by ", stdout);
        output_plain(stdout, record->caller);
        fputc('\n', stdout);
    }
    if (record->is_shadow) {
        fputs("  shadow mode: nothing was permitted, whatever the verdict\n", stdout);
    }
    if (differs) {
        printf("  the caller's own verdict was another: %s%s%s\n",
               paint_on(stdout, paint_of(record->own_verdict)),
               cx_verdict_word(record->own_verdict), paint_off(stdout));
    }
}

static cx_status
print_json(struct cx_json *json)
{
    cx_status status = output_json(json);

    cx_json_free(json);
    return status;
}

static cx_status
show_record(struct showing *s, const struct cx_log_row *row, const struct cx_record *record,
            const struct stored_events *events)
{
    struct cx_json *json, *stored;

    if (!s->json) {
        print_head(row, record);
        print_caller(record);
        human_check(stdout, s->check, s->explain);
        stored_events_print(events);
        fputc('\n', stdout);
        return CX_SUCCESS;
    }
    stored = stored_json(&s->stored, row, record);
    stored = cx_json_whole(stored, stored_events_json(stored, events));
    json = cx_result_to_json(s->check);
    return print_json(cx_json_whole(json, cx_json_set(json, "record", stored)));
}

static cx_status
show_check(struct showing *s, const struct cx_log_row *row)
{
    struct stored_events events;
    struct cx_record record;

    cx_arena_reset(&s->check->arena);
    CX_TRY(cx_stored_record(&s->stored, row, &record, s->detail));
    CX_TRY(cx_recall(s->stored.recaller, &record, s->check, s->detail));
    CX_TRY(cx_recall_findings(&record, s->check));
    CX_TRY(
        stored_events_of_check(&s->stored, row, &record, s->limit, &s->beside, &events, s->detail));
    CX_TRY(show_record(s, row, &record, &events));
    s->shown++;
    return CX_SUCCESS;
}

/* Without a check. */
static cx_status
show_events(struct showing *s, const struct stored_events *events)
{
    struct cx_json *json;

    if (!events->has_start && events->n == 0) {
        return CX_SUCCESS;
    }
    s->shown++;
    if (!s->json) {
        stored_events_print(events);
        fputc('\n', stdout);
        return CX_SUCCESS;
    }
    json = cx_json_new_object();
    return print_json(cx_json_whole(json, cx_json_set(json, "schema", cx_json_new_integer(1)) &&
                                              stored_events_json(json, events)));
}

static cx_status
show_row(void *ctx, const struct cx_log_row *row)
{
    struct showing *s = ctx;
    struct stored_events events;

    cx_arena_reset(&s->beside);
    if (row->entry[1] == CX_ENTRY_CHECK) {
        return show_check(s, row);
    }
    CX_TRY(stored_events_of_row(row, &s->beside, &events, s->detail));
    return show_events(s, &events);
}

/* They are shown when all were found: showing looks things up itself. */
static cx_status
take_row(void *ctx, const struct cx_log_row *row)
{
    struct showing *s = ctx;
    struct cx_log_row *found;

    if (s->n_found == s->limit) {
        return CX_SUCCESS;
    }
    found = cx_arena_widen(&s->arena, s->found, s->n_found, &s->room, sizeof(*found));
    if (found == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    found[s->n_found] = *row;
    found[s->n_found++].record = (cx_span){ NULL, 0 };
    s->found = found;
    return CX_SUCCESS;
}

/* "1/42". A request id may look like that too: then there is no such place as a rule, and it is looked up. */
static bool
is_place(const struct showing *s, const char *id, uint64_t *ret_shard, uint64_t *ret_index)
{
    const char *slash = strchr(id, '/');
    unsigned long long shard, index;
    char end;

    if (slash == NULL || strlen(id) > 40 || sscanf(id, "%llu/%llu%c", &shard, &index, &end) != 2) {
        return false;
    }
    for (size_t i = 0; i < cx_log_reader_shards(s->stored.reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(s->stored.reader, i);

        if (info->number == shard && index < info->size) {
            *ret_shard = shard;
            *ret_index = index;
            return true;
        }
    }
    return false;
}

static cx_status
show_id(struct showing *s, const char *id)
{
    struct stored_events events;
    uint64_t shard, index;

    s->shown = 0;
    if (is_place(s, id, &shard, &index)) {
        return cx_log_scan(s->stored.reader, shard, index, index + 1, show_row, s, s->detail);
    }
    cx_arena_reset(&s->arena);
    s->found = NULL;
    s->n_found = s->room = 0;
    CX_TRY(cx_log_find(s->stored.reader, cx_str_of(id), take_row, s, s->detail));
    for (size_t i = 0; i < s->n_found; i++) {
        CX_TRY(cx_log_scan(s->stored.reader, s->found[i].shard, s->found[i].index,
                           s->found[i].index + 1, show_row, s, s->detail));
    }
    if (s->n_found != 0) {
        return CX_SUCCESS;
    }
    cx_arena_reset(&s->beside);
    CX_TRY(stored_events_of_request(&s->stored, cx_str_of(id), s->limit, &s->beside, &events,
                                    s->detail));
    return show_events(s, &events);
}

static int
show_all(struct showing *s, int n, char **ids)
{
    struct cx_detail detail = { .text = "" };
    int code = EXIT_SUCCESS;

    s->detail = &detail;
    for (int i = 0; i < n; i++) {
        cx_status status = show_id(s, ids[i]);

        if (!cx_ok(status)) {
            return exit_with(status, &detail);
        }
        if (s->shown == 0) {
            (void)options_complain("no such check is recorded", ids[i]);
            code = EXIT_FAILURE;
        }
    }
    return exit_with_output(code);
}

static int
show_with(struct showing *s, const char *path, int n, char **ids)
{
    struct cx_detail detail = { .text = "" };
    cx_status status = cx_stored_open(path, &s->stored, &detail);
    int code;

    if (!cx_ok(status)) {
        return exit_with(status, &detail);
    }
    s->check = cx_check_new();
    cx_arena_init(&s->arena, CX_CHECK_MEMORY);
    cx_arena_init(&s->beside, CX_CHECK_MEMORY);
    code = s->check == NULL ? exit_with((cx_status){ CX_E_NOMEM }, NULL) : show_all(s, n, ids);
    cx_arena_done(&s->arena);
    cx_arena_done(&s->beside);
    cx_check_free(s->check);
    cx_stored_close(&s->stored);
    return code;
}

enum {
    OPT_EXPLAIN = 256,
    OPT_JSON,
    OPT_LIMIT,
};

static const struct option long_options[] = {
    { "explain", no_argument, NULL, OPT_EXPLAIN },
    { "json", no_argument, NULL, OPT_JSON },
    { "limit", required_argument, NULL, OPT_LIMIT },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

static bool
take_option(void *ctx, int option, const char *value)
{
    struct showing *s = ctx;

    switch (option) {
    case OPT_EXPLAIN:
        s->explain = true;
        return true;
    case OPT_JSON:
        s->json = true;
        return true;
    case OPT_LIMIT:
        return options_number(value, 1000000, "--limit takes a number from 1 to 1000000",
                              &s->limit);
    default:
        return false;
    }
}

int
command_show(int argc, char **argv)
{
    struct showing s = { .limit = 20 };
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, &s, &code);

    if (first < 0) {
        return code;
    }
    if (argc - first < 2) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    return show_with(&s, argv[first], argc - first - 1, argv + first + 1);
}
