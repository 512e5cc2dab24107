#include "bin/caaproof/log.h"

#include "bin/caaproof/command.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char usage[] =
    "usage: caaproof log COMMAND STORE ... [options]\n"
    "\n"
    "The log of recorded checks as outsiders verify it: checkpoints are signed notes, tiles and "
    "proofs\n"
    "those of C2SP tlog-tiles and tlog-proof, so that public tools read them.\n"
    "\n"
    "  checkpoint STORE               the last signed checkpoint\n"
    "  key STORE                      verifier keys, one a line: what permit verify --key takes\n"
    "  prove STORE SHARD/INDEX        proof that an entry is in the log (a .tlog-proof file)\n"
    "  consistency STORE OLD NEW      proof that the tree of NEW entries begins with that of OLD\n"
    "  export STORE DIR               checkpoint, tiles and entries as files for a web server; "
    "again\n"
    "                                 later it adds what is new\n"
    "  cosign STORE --witness URL --witness-key VKEY\n"
    "                                 show the last checkpoint to a witness, and keep its "
    "cosignature\n"
    "  timestamp STORE --tsa URL --tsa-ca FILE\n"
    "                                 have the last checkpoint time-stamped (RFC 3161)\n"
    "  status STORE                   sizes, and how far witnesses and time-stamps lag behind\n"
    "\n"
    "  --shard N     that shard instead of the last one\n"
    "  --out FILE    write there instead of to standard output (prove)\n"
    "  --timeout S   most that a witness or time-stamp server may take (default 10)\n"
    "  --json        status as one object\n"
    "\n"
    "Exit status: 0, or 64-78 for errors; 69 if the other side did not do its part.\n"
    "\n"
    "Try: caaproof log prove STORE 1/0\n";

static const struct {
    const char *name;
    cx_status (*run)(struct log_command *c);
    int n_operands;
} commands[] = {
    { "checkpoint", log_checkpoint, 0 }, { "key", log_key, 0 },
    { "prove", log_prove, 1 },           { "consistency", log_consistency, 2 },
    { "export", log_export, 1 },         { "status", log_status, 0 },
    { "cosign", log_cosign, 0 },         { "timestamp", log_timestamp, 0 },
};

enum {
    OPT_SHARD = 256,
    OPT_OUT,
    OPT_WITNESS,
    OPT_WITNESS_KEY,
    OPT_TSA,
    OPT_TSA_CA,
    OPT_TIMEOUT,
    OPT_JSON,
};

static const struct option long_options[] = {
    { "shard", required_argument, NULL, OPT_SHARD },
    { "out", required_argument, NULL, OPT_OUT },
    { "witness", required_argument, NULL, OPT_WITNESS },
    { "witness-key", required_argument, NULL, OPT_WITNESS_KEY },
    { "tsa", required_argument, NULL, OPT_TSA },
    { "tsa-ca", required_argument, NULL, OPT_TSA_CA },
    { "timeout", required_argument, NULL, OPT_TIMEOUT },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

static bool
take_option(void *ctx, int option, const char *value)
{
    struct log_command *c = ctx;

    switch (option) {
    case OPT_SHARD:
        c->has_shard = true;
        return options_number(value, 1000000, "--shard takes a number from 1", &c->shard);
    case OPT_OUT:
        c->out = value;
        return true;
    case OPT_WITNESS:
        c->witness = value;
        return true;
    case OPT_WITNESS_KEY:
        c->witness_key = value;
        return true;
    case OPT_TSA:
        c->tsa = value;
        return true;
    case OPT_TSA_CA:
        c->tsa_ca = value;
        return true;
    case OPT_TIMEOUT:
        return options_number(value, 600, "--timeout takes seconds, from 1 to 600", &c->timeout_s);
    case OPT_JSON:
        c->json = true;
        return true;
    default:
        return false;
    }
}

cx_status
log_number(const char *text, const char *what, uint64_t *ret, struct cx_detail *detail)
{
    uint64_t n = 0;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || n > (uint64_t)INT64_MAX / 10 - 1) {
            return cx_fail(detail, CX_E_USAGE, "%s: \"%s\" is no number", what, text);
        }
        n = n * 10 + (uint64_t)(*p - '0');
    }
    *ret = n;
    return *text != '\0' ? CX_SUCCESS : cx_fail(detail, CX_E_USAGE, "%s: a number is needed", what);
}

cx_status
log_shard_of(struct log_command *c, const struct cx_log_shard_info **ret)
{
    size_t n = cx_log_reader_shards(c->reader);

    for (size_t i = n; i-- != 0;) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(c->reader, i);

        if (!c->has_shard || info->number == c->shard) {
            *ret = info;
            return CX_SUCCESS;
        }
    }
    return cx_fail(&c->detail, CX_E_USAGE, "there is no shard %lu", c->shard);
}

struct cx_witnessed
log_witnessed(const struct log_command *c, const struct cx_log_shard_info *info)
{
    return (struct cx_witnessed){ c->store, info->number, info->size, &info->key,
                                  info->checkpoint };
}

static int
run(struct log_command *c, size_t which)
{
    cx_status s = cx_log_reader_open(c->store, &c->reader, &c->detail);

    if (cx_ok(s)) {
        s = commands[which].run(c);
    }
    cx_log_reader_close(c->reader);
    return cx_ok(s) ? exit_with_output(EXIT_SUCCESS) : exit_with(s, &c->detail);
}

static int
complain(const char *what)
{
    fprintf(stderr, "caaproof log: %s; see caaproof log --help\n", what);
    return EX_USAGE;
}

static int
run_command(struct log_command *c, const char *name)
{
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
    return run(c, i);
}

int
command_log(int argc, char **argv)
{
    struct log_command c = { .timeout_s = 10 };
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
