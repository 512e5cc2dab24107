#include "bin/caaproof/store.h"

#include "bin/caaproof/command.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: caaproof store COMMAND STORE ... [options]\n"
    "\n"
    "The folder that keeps recorded checks. Its keys and anchors are in another one, STORE.keys, "
    "which\n"
    "belongs on another disk and into no backup: it is what tells a store that was set back.\n"
    "\n"
    "  init STORE --origin ORIGIN     make a store; ORIGIN: URL of the log without scheme\n"
    "  list STORE                     shards, their sizes and times\n"
    "  check STORE                    recompute everything, and say exactly what is wrong\n"
    "  seal STORE                     end the growing shard, begin the next with a new key\n"
    "  retain STORE                   delete what is older than --messages-before DATE (DNS "
    "messages) or\n"
    "                                 --records-before DATE (whole sealed shards); --dry-run only "
    "tells;\n"
    "                                 --force: records of less than 1,129 days too\n"
    "  hold STORE SHARD --reason TEXT, release STORE SHARD\n"
    "                                 keep a shard from retain, and no more\n"
    "  backup STORE FOLDER            a consistent copy, without keys, while the store is in use\n"
    "  give-up STORE --reason TEXT    its anchor or key is lost: never sign for the last shard "
    "again\n"
    "\n"
    "  --log-keys DIR    keys and anchors of the log (default STORE.keys)\n"
    "\n"
    "  --json            findings of check, one object a line\n"
    "\n"
    "Exit status: 0; 1 if check found something wrong; 64-78 for errors.\n"
    "\n"
    "Try: caaproof store init ca.store --origin log.ca.example/caa\n";

static struct cx_log_options
log_options(const struct store_command *c)
{
    return (struct cx_log_options){ .keys = c->log_keys,
                                    .software = CX_STR("caaproof " CAAPROOF_VERSION) };
}

/* ---- commands */

static cx_status
init(struct store_command *c)
{
    struct cx_log_options options = log_options(c);

    if (c->origin == NULL) {
        return cx_fail(&c->detail, CX_E_USAGE,
                       "--origin is needed: the URL of the log without scheme, such as "
                       "log.ca.example/caa");
    }
    CX_TRY(cx_log_create(c->store, cx_str_of(c->origin), &options, &c->detail));
    printf("%s: log %s/1\n", c->store, c->origin);
    return CX_SUCCESS;
}

static cx_status
seal(struct store_command *c)
{
    struct cx_log_options options = log_options(c);
    struct cx_log_opened opened;
    struct cx_log *log;
    cx_status s;

    CX_TRY(cx_log_open(c->store, &options, &log, &opened, &c->detail));
    s = cx_log_seal(log, &c->detail);
    if (cx_ok(s)) {
        printf("%s: shard %" PRIu64 " is sealed, %s begins\n", c->store, opened.shard,
               cx_log_key(log)->name);
    }
    cx_log_close(log);
    return s;
}

static cx_status
give_up(struct store_command *c)
{
    struct cx_log_options options = log_options(c);

    if (c->reason == NULL) {
        return cx_fail(&c->detail, CX_E_USAGE, "--reason is needed: it is kept");
    }
    return cx_log_give_up(c->store, &options, cx_str_of(c->reason), &c->detail);
}

static void
print_shard(const struct cx_log_shard_info *info)
{
    char first[CX_TIME_TEXT], last[CX_TIME_TEXT];

    cx_time_format((cx_time)(info->first_ms / 1000), first);
    cx_time_format((cx_time)(info->last_ms / 1000), last);
    printf("%4" PRIu64 "  %10" PRIu64 " entries  %s  %s  %-7s%s  %s\n", info->number, info->size,
           first, last, info->sealed ? "sealed" : "growing", info->held ? "  held" : "",
           info->key.name);
}

static cx_status
list(struct store_command *c)
{
    struct cx_log_reader *reader;

    CX_TRY(cx_log_reader_open(c->store, &reader, &c->detail));
    for (size_t i = 0; i < cx_log_reader_shards(reader); i++) {
        print_shard(cx_log_reader_shard(reader, i));
    }
    cx_log_reader_close(reader);
    return CX_SUCCESS;
}

static const struct {
    const char *name;
    cx_status (*run)(struct store_command *c);
    int n_operands;
} commands[] = {
    { "init", init, 0 },           { "list", list, 0 },
    { "seal", seal, 0 },           { "give-up", give_up, 0 },
    { "check", store_check, 0 },   { "retain", store_retain, 0 },
    { "hold", store_hold, 1 },     { "release", store_release, 1 },
    { "backup", store_backup, 1 },
};

/* ---- options */

enum {
    OPT_ORIGIN = 256,
    OPT_LOG_KEYS,
    OPT_REASON,
    OPT_MESSAGES_BEFORE,
    OPT_RECORDS_BEFORE,
    OPT_FORCE,
    OPT_DRY_RUN,
    OPT_JSON,
};

static const struct option long_options[] = {
    { "origin", required_argument, NULL, OPT_ORIGIN },
    { "log-keys", required_argument, NULL, OPT_LOG_KEYS },
    { "reason", required_argument, NULL, OPT_REASON },
    { "messages-before", required_argument, NULL, OPT_MESSAGES_BEFORE },
    { "records-before", required_argument, NULL, OPT_RECORDS_BEFORE },
    { "force", no_argument, NULL, OPT_FORCE },
    { "dry-run", no_argument, NULL, OPT_DRY_RUN },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

static bool
set_date(const char *value, cx_time *ret)
{
    return cx_ok(cx_time_parse(cx_str_of(value), ret)) ||
           options_complain("a date such as 2026-03-15 is needed", value);
}

static bool
take_option(void *ctx, int option, const char *value)
{
    struct store_command *c = ctx;

    switch (option) {
    case OPT_MESSAGES_BEFORE:
        return set_date(value, &c->messages_before);
    case OPT_RECORDS_BEFORE:
        return set_date(value, &c->records_before);
    case OPT_FORCE:
        c->force = true;
        return true;
    case OPT_DRY_RUN:
        c->dry = true;
        return true;
    case OPT_JSON:
        c->json = true;
        return true;
    case OPT_ORIGIN:
        c->origin = value;
        return true;
    case OPT_LOG_KEYS:
        c->log_keys = value;
        return true;
    case OPT_REASON:
        c->reason = value;
        return true;
    default:
        return false;
    }
}

static int
complain(const char *what)
{
    fprintf(stderr, "caaproof store: %s; see caaproof store --help\n", what);
    return EX_USAGE;
}

static int
run_command(struct store_command *c, const char *name)
{
    cx_status s;
    size_t i = 0;

    while (i < CX_COUNT(commands) && strcmp(name, commands[i].name) != 0) {
        i++;
    }
    if (i == CX_COUNT(commands)) {
        return complain("no such command");
    }
    if (c->n_operands != commands[i].n_operands) {
        return complain("too few or too many operands");
    }
    s = commands[i].run(c);
    return cx_ok(s) ? exit_with_output(c->exit) : exit_with(s, &c->detail);
}

int
command_store(int argc, char **argv)
{
    struct store_command c = { .messages_before = CX_TIME_NONE, .records_before = CX_TIME_NONE };
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, &c, &code);

    if (first < 0) {
        return code;
    }
    if (argc - first < 2) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    c.store = argv[first + 1];
    c.n_operands = argc - first - 2;
    c.operands = argv + first + 2;
    return run_command(&c, argv[first]);
}
