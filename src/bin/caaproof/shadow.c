#include "base/limits.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/stored_json.h"
#include "bin/caaproof/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: caaproof shadow STORE [options]\n"
    "\n"
    "Lists recorded checks whose verdict is not what the caller's own system had said (request\n"
    "member \"verdict\" of caaproofd), oldest first, and adds up; as a rule those of authorities "
    "in\n"
    "shadow mode. A caller that says no verdict of its own is not compared: look at the sum.\n"
    "\n"
    "  --since TIME  checks that were recorded from then on: a date, or 2026-11-22T12:00:00Z\n"
    "  --json        one object a check, then one of counts (docs/json.md, \"Shadow\")\n"
    "\n"
    "Exit status: 0 no verdict differs; 1 some do; 64-78 errors.\n"
    "\n"
    "Try: caaproof shadow STORE --since 2026-11-01\n";

#define VERDICTS    (CX_VERDICT_ARGUABLE + 1)
#define NAMES_SHOWN 3

struct shadowing {
    struct cx_log_reader *reader;
    struct cx_arena arena; /* of one record */
    cx_time since;
    bool json;
    uint64_t checks, compared, differ, deleted;
    uint64_t pairs[VERDICTS][VERDICTS]; /* ours, theirs; those that differ */
    struct cx_detail detail;
};

/* ---- one check */

static bool
is_wildcard(const struct cx_record_name *name)
{
    return name->kind == CX_RECORD_NAME_WILDCARD || name->kind == CX_RECORD_NAME_ONION_WILDCARD;
}

static void
print_names(const struct cx_record *record)
{
    for (size_t i = 0; i < record->n_names && i < NAMES_SHOWN; i++) {
        printf("%s%s", i == 0 ? "  " : ", ", is_wildcard(&record->names[i]) ? "*." : "");
        output_plain(stdout, record->names[i].text);
    }
    if (record->n_names > NAMES_SHOWN) {
        printf(" and %zu more", record->n_names - NAMES_SHOWN);
    }
    fputc('\n', stdout);
}

static void
print_check(const struct cx_log_row *row, const struct cx_record *record)
{
    const struct cx_record_conclusion *k = &record->conclusion;
    char time[CX_TIME_TEXT];

    cx_time_format((cx_time)(record->time_ms / 1000), time);
    printf("%s%" PRIu64 "/%" PRIu64 "%s  %s", paint_on(stdout, PAINT_BOLD), row->shard, row->index,
           paint_off(stdout), time);
    if (record->request.n != 0) {
        fputs("  request ", stdout);
        output_plain(stdout, record->request);
    }
    printf("  ours %s%s%s (", paint_on(stdout, paint_of(k->verdict)), cx_verdict_word(k->verdict),
           paint_off(stdout));
    output_plain(stdout, k->reason);
    printf("), theirs %s%s%s", paint_on(stdout, paint_of(record->own_verdict)),
           cx_verdict_word(record->own_verdict), paint_off(stdout));
    print_names(record);
}

static cx_status
print_check_json(const struct cx_log_row *row, const struct cx_record *record)
{
    struct cx_json *json = stored_difference_json(row, record);
    cx_status s = output_json(json);

    cx_json_free(json);
    return s;
}

static cx_status
take_record(struct shadowing *s, const struct cx_log_row *row, const struct cx_record *record)
{
    enum cx_verdict ours = record->conclusion.verdict, theirs = record->own_verdict;

    s->compared += theirs != CX_VERDICT_UNSET ? 1 : 0;
    if (theirs == CX_VERDICT_UNSET || ours == theirs) {
        return CX_SUCCESS;
    }
    s->differ++;
    s->pairs[ours][theirs]++;
    if (s->json) {
        return print_check_json(row, record);
    }
    print_check(row, record);
    return CX_SUCCESS;
}

static cx_status
take_row(void *ctx, const struct cx_log_row *row)
{
    struct shadowing *s = ctx;
    struct cx_record record;
    struct cx_entry entry;

    CX_TRY(cx_entry_read((cx_span){ row->entry, CX_ENTRY_SIZE }, &entry));
    if (entry.kind != CX_ENTRY_CHECK ||
        (s->since != CX_TIME_NONE && (cx_time)(entry.time_ms / 1000) < s->since)) {
        return CX_SUCCESS;
    }
    s->checks++;
    if (row->record.n == 0) {
        s->deleted++;
        return CX_SUCCESS;
    }
    cx_arena_reset(&s->arena);
    CX_TRY(cx_log_record(row, &s->arena, &record, &s->detail));
    return take_record(s, row, &record);
}

/* ---- all of them */

static void
print_counts(const struct shadowing *s)
{
    printf("%" PRIu64 " checks: %" PRIu64 " with a verdict of the caller's own, of which %" PRIu64
           " differ",
           s->checks, s->compared, s->differ);
    if (s->deleted != 0) {
        printf("; %" PRIu64 " whose records were deleted", s->deleted);
    }
    fputc('\n', stdout);
    for (size_t ours = 0; ours < VERDICTS; ours++) {
        for (size_t theirs = 0; theirs < VERDICTS; theirs++) {
            if (s->pairs[ours][theirs] != 0) {
                printf("  ours %s, theirs %s: %" PRIu64 "\n",
                       cx_verdict_word((enum cx_verdict)ours),
                       cx_verdict_word((enum cx_verdict)theirs), s->pairs[ours][theirs]);
            }
        }
    }
}

static struct cx_json *
pair_json(size_t ours, size_t theirs, uint64_t n)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json, cx_json_set_text(json, "verdict", cx_verdict_word((enum cx_verdict)ours)) &&
                  cx_json_set_text(json, "own_verdict", cx_verdict_word((enum cx_verdict)theirs)) &&
                  cx_json_set_number(json, "checks", n));
}

static struct cx_json *
pairs_json(const struct shadowing *s)
{
    struct cx_json *list = cx_json_new_array();
    bool whole = list != NULL;

    for (size_t i = 0; whole && i < (size_t)VERDICTS * VERDICTS; i++) {
        uint64_t n = s->pairs[i / VERDICTS][i % VERDICTS];

        whole = n == 0 || cx_json_add(list, pair_json(i / VERDICTS, i % VERDICTS, n));
    }
    return cx_json_whole(list, whole);
}

static cx_status
print_counts_json(const struct shadowing *s)
{
    struct cx_json *json = cx_json_new_object();
    cx_status status;

    json = cx_json_whole(json, cx_json_set_number(json, "schema", 1) &&
                                   cx_json_set_number(json, "checks", s->checks) &&
                                   cx_json_set_number(json, "compared", s->compared) &&
                                   cx_json_set_number(json, "differ", s->differ) &&
                                   cx_json_set_number(json, "deleted", s->deleted) &&
                                   cx_json_set(json, "pairs", pairs_json(s)));
    status = output_json(json);
    cx_json_free(json);
    return status;
}

static cx_status
scan(struct shadowing *s)
{
    for (size_t i = 0; i < cx_log_reader_shards(s->reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(s->reader, i);

        if (s->since == CX_TIME_NONE || (cx_time)(info->last_ms / 1000) >= s->since) {
            CX_TRY(cx_log_scan(s->reader, info->number, 0, info->size, take_row, s, &s->detail));
        }
    }
    if (s->json) {
        return print_counts_json(s);
    }
    print_counts(s);
    return CX_SUCCESS;
}

static int
shadow(struct shadowing *s, const char *path)
{
    cx_status status = cx_log_reader_open(path, &s->reader, &s->detail);
    int code;

    if (!cx_ok(status)) {
        return exit_with(status, &s->detail);
    }
    cx_arena_init(&s->arena, CX_CHECK_MEMORY);
    status = scan(s);
    code = cx_ok(status) ? exit_with_output(s->differ != 0 ? EXIT_FAILURE : EXIT_SUCCESS)
                         : exit_with(status, &s->detail);
    cx_arena_done(&s->arena);
    cx_log_reader_close(s->reader);
    return code;
}

/* ---- options */

enum {
    OPT_SINCE = 256,
    OPT_JSON,
};

static const struct option long_options[] = {
    { "since", required_argument, NULL, OPT_SINCE },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

static bool
take_option(void *ctx, int option, const char *value)
{
    struct shadowing *s = ctx;

    switch (option) {
    case OPT_SINCE:
        return cx_ok(cx_time_parse(cx_str_of(value), &s->since)) ||
               options_complain("--since takes a time such as 2026-11-22T12:00:00Z, or a date",
                                value);
    case OPT_JSON:
        s->json = true;
        return true;
    default:
        return false;
    }
}

int
command_shadow(int argc, char **argv)
{
    struct shadowing s = { .since = CX_TIME_NONE, .detail = { .text = "" } };
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, &s, &code);

    if (first < 0) {
        return code;
    }
    if (argc - first != 1) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    return shadow(&s, argv[first]);
}
