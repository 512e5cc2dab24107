#include "incident/reconcile.h"

#include "base/limits.h"
#include "bin/caaproof/authority.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/listed.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/reconcile_watch.h"
#include "bin/caaproof/terminal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "usage: caaproof reconcile STORE --certificates LIST... [options]\n"
    "\n"
    "Which certificates were signed without a good permit in the log of STORE, and what was the "
    "nearest\n"
    "check there was. A permit is good if a signer would have taken it for just these names at "
    "that moment.\n"
    "\n"
    "  --certificates LIST  PEM, DER, CSV, NDJSON, CT entries or tiles, or a folder of these "
    "(repeatable)\n"
    "  --authority KEY      only checks for this issuing key: SHA-256 of its SubjectPublicKeyInfo "
    "in\n"
    "                       hexadecimal, or a file with its certificate or public key; also "
    "--issuer-key\n"
    "  --purpose P          tls, smime, vmc, tls+smime (default: by the names of each)\n"
    "  --profile B          the authority's rule book, if not the public one of the purpose\n"
    "  --accept LIST        take also lf (a lookup failed and the rules let go on), exempt\n"
    "  --life S             seconds that a permit may live from its check (default 900)\n"
    "  --skew S             a certificate may be signed so many seconds before its check, by other "
    "clocks\n"
    "                       (at most 60; default: not at all)\n"
    "  --no-precertificate  the CPS lacks the exception for precertificates in two logs\n"
    "  --claims-required    a permit that nobody claimed at signing is not good\n"
    "  --strict             a permit serves one certificate: list those that share one\n"
    "  --format F           of the lists (default: by what they begin with); --columns FILE, "
    "--zone +HH:MM\n"
    "                       as for triage\n"
    "  --rejects FILE       write what could not be read of the lists, as CSV with reasons\n"
    "  --json               one object a certificate, then one of counts (docs/json.md, "
    "\"Reconcile\")\n"
    "  --metrics FILE       replace FILE by the counts, for Prometheus (text format)\n"
    "  --alarm PROGRAM      run PROGRAM, with what is wrong as its argument, unless all is well\n"
    "\n"
    "The moment of signing is that of the CA's signing log, else of the earliest SCT, else "
    "notBefore.\n"
    "\n"
    "Exit status: 0 all have a permit; 1 some have not, or share one, or rows could not be read; "
    "64-78 errors.\n"
    "\n"
    "Try: caaproof reconcile STORE --certificates signed.csv --authority issuer.pem\n";

#define LISTS_MAX 256

struct reconcile_command {
    const char *store;
    const char *lists[LISTS_MAX];
    struct cx_lists all;
    struct cx_reconcile_options options;
    struct cx_json *columns;
    struct reconcile_print print;
    struct reconcile_watch watch;
    struct progress progress;
    const char *doing;
};

/* ---- the work */

static void
end_progress(struct reconcile_command *c)
{
    if (c->doing != NULL) {
        progress_end(&c->progress);
        c->doing = NULL;
    }
}

static void
show_progress(void *ctx, const char *what, uint64_t done, uint64_t all)
{
    struct reconcile_command *c = ctx;

    if (c->doing != what) {
        end_progress(c);
        progress_begin(&c->progress, what, (unsigned long)all);
        c->doing = what;
    }
    c->progress.done = (unsigned long)done;
    progress_show(&c->progress);
}

static cx_status
count_list(void *ctx, const struct cx_list_read *list)
{
    struct reconcile_command *c = ctx;

    c->print.rows += list->records;
    c->print.observed += list->observed;
    c->print.rejected += list->rejected;
    c->print.ignored += list->ignored;
    c->print.assumed_utc += list->assumed_utc;
    return CX_SUCCESS;
}

static cx_status
print_one(void *ctx, const struct cx_reconciled *reconciled, struct cx_detail *detail)
{
    struct reconcile_command *c = ctx;

    end_progress(c);
    return reconcile_print_one(&c->print, reconciled, detail);
}

static cx_status
reconcile_files(struct reconcile_command *c, struct cx_certificates *certificates,
                struct cx_detail *detail)
{
    struct cx_log_reader *reader;
    cx_status s;

    CX_TRY(cx_log_reader_open(c->store, &reader, detail));
    c->print.certificates = certificates;
    s = cx_reconcile(certificates, reader, &c->options, print_one, c, &c->print.counts, detail);
    cx_log_reader_close(reader);
    end_progress(c);
    return cx_ok(s) ? reconcile_print_counts(&c->print) : s;
}

static cx_status
reconcile(struct reconcile_command *c, struct cx_detail *detail)
{
    struct cx_certificates *certificates;
    cx_status s;

    c->all.read = count_list;
    c->all.ctx = c;
    CX_TRY(listed_open(&c->all, &c->print.joined, &certificates, detail));
    s = reconcile_files(c, certificates, detail);
    cx_certificates_close(certificates);
    return s;
}

static int
run(struct reconcile_command *c)
{
    struct cx_detail detail = { .text = "" };
    cx_status s, told;

    c->options.progress = show_progress;
    c->options.ctx = c;
    s = reconcile(c, &detail);
    s = cx_ok(s) ? reconcile_metrics(&c->watch, &c->print, &detail) : s;
    told = reconcile_alarm(&c->watch, &c->print, s, &detail);
    if (!cx_ok(s) || !cx_ok(told)) {
        return exit_with(cx_ok(s) ? told : s, &detail);
    }
    return exit_with_output(reconcile_is_well(&c->print) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* ---- options */

enum {
    OPT_CERTIFICATES = 256,
    OPT_AUTHORITY,
    OPT_PURPOSE,
    OPT_PROFILE,
    OPT_ACCEPT,
    OPT_LIFE,
    OPT_SKEW,
    OPT_NO_PRECERTIFICATE,
    OPT_CLAIMS_REQUIRED,
    OPT_STRICT,
    OPT_FORMAT,
    OPT_COLUMNS,
    OPT_ZONE,
    OPT_REJECTS,
    OPT_JSON,
    OPT_METRICS,
    OPT_ALARM,
};

static const struct option long_options[] = {
    { "certificates", required_argument, NULL, OPT_CERTIFICATES },
    { "authority", required_argument, NULL, OPT_AUTHORITY },
    { "issuer-key", required_argument, NULL, OPT_AUTHORITY },
    { "purpose", required_argument, NULL, OPT_PURPOSE },
    { "profile", required_argument, NULL, OPT_PROFILE },
    { "accept", required_argument, NULL, OPT_ACCEPT },
    { "life", required_argument, NULL, OPT_LIFE },
    { "skew", required_argument, NULL, OPT_SKEW },
    { "no-precertificate", no_argument, NULL, OPT_NO_PRECERTIFICATE },
    { "claims-required", no_argument, NULL, OPT_CLAIMS_REQUIRED },
    { "strict", no_argument, NULL, OPT_STRICT },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "columns", required_argument, NULL, OPT_COLUMNS },
    { "zone", required_argument, NULL, OPT_ZONE },
    { "rejects", required_argument, NULL, OPT_REJECTS },
    { "json", no_argument, NULL, OPT_JSON },
    { "metrics", required_argument, NULL, OPT_METRICS },
    { "alarm", required_argument, NULL, OPT_ALARM },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

static bool
add_list(struct reconcile_command *c, const char *path)
{
    if (c->all.n == LISTS_MAX) {
        return options_complain("too many --certificates; put them into a folder", path);
    }
    c->lists[c->all.n++] = path;
    return true;
}

static bool
set_authority(struct reconcile_command *c, const char *text)
{
    struct cx_detail detail = { .text = "" };

    c->options.has_authority = true;
    return cx_ok(authority_read(text, &c->options.authority, &detail)) ||
           options_complain("--authority", detail.text);
}

static bool
set_purpose(struct reconcile_command *c, const char *word)
{
    enum cx_purpose purpose = cx_purpose_of_word(cx_str_of(word));

    c->options.purposes = strcmp(word, "tls+smime") == 0
                              ? CX_PURPOSE_BIT(CX_PURPOSE_TLS) | CX_PURPOSE_BIT(CX_PURPOSE_SMIME)
                          : purpose != CX_PURPOSE_UNSET ? CX_PURPOSE_BIT(purpose)
                                                        : 0;
    return c->options.purposes != 0 ||
           options_complain("--purpose is tls, smime, vmc or tls+smime", word);
}

static bool
set_profile(struct reconcile_command *c, const char *word)
{
    c->options.profile = cx_profile_of_word(cx_str_of(word));
    return c->options.profile != CX_PROFILE_UNSET ||
           options_complain("no such profile; see caaproof check --help", word);
}

static bool
set_accept(struct reconcile_command *c, const char *value)
{
    bool lf = strcmp(value, "lf") == 0, exempt = strcmp(value, "exempt") == 0;
    bool both = strcmp(value, "lf,exempt") == 0 || strcmp(value, "exempt,lf") == 0;

    c->options.accept_lf = c->options.accept_lf || lf || both;
    c->options.accept_exempt = c->options.accept_exempt || exempt || both;
    return lf || exempt || both || options_complain("--accept takes lf and exempt", value);
}

static bool
set_seconds(const char *value, unsigned long most, const char *what, uint32_t *ret)
{
    unsigned long seconds;

    if (!options_number(value, most, what, &seconds)) {
        return false;
    }
    *ret = (uint32_t)seconds;
    return true;
}

static bool
set_format(struct reconcile_command *c, const char *word)
{
    c->all.format = cx_issued_format_named(cx_str_of(word));
    return c->all.format != NULL ||
           options_complain("no such format of lists; see docs/certificates-in.md", word);
}

static bool
set_columns(struct reconcile_command *c, const char *path)
{
    struct cx_detail detail = { .text = "" };

    cx_json_free(c->columns);
    c->columns = NULL;
    if (!cx_ok(input_json(path, &c->columns, &detail))) {
        return options_complain("--columns", detail.text);
    }
    c->all.reader.mapping = c->columns;
    return true;
}

/* Whether it can be run is seen now, not when it is needed. */
static bool
set_alarm(struct reconcile_command *c, const char *path)
{
    c->watch.alarm = path;
    return (path[0] == '/' && access(path, X_OK) == 0) ||
           options_complain("--alarm takes the whole path of a program that may be run", path);
}

static bool
take_rule_option(struct reconcile_command *c, int option, const char *value)
{
    switch (option) {
    case OPT_AUTHORITY:
        return set_authority(c, value);
    case OPT_PURPOSE:
        return set_purpose(c, value);
    case OPT_PROFILE:
        return set_profile(c, value);
    case OPT_ACCEPT:
        return set_accept(c, value);
    case OPT_LIFE:
        return set_seconds(value, CX_RECONCILE_LIFE_MAX, "--life takes seconds, at most a day",
                           &c->options.life_s);
    case OPT_SKEW:
        return set_seconds(value, CX_PERMIT_SKEW_S, "--skew takes seconds, at most 60",
                           &c->options.skew_s);
    case OPT_NO_PRECERTIFICATE:
        c->options.precertificate = false;
        return true;
    case OPT_CLAIMS_REQUIRED:
        c->options.claims_required = true;
        return true;
    case OPT_STRICT:
        c->options.strict = true;
        return true;
    default:
        return false;
    }
}

static bool
take_option(void *ctx, int option, const char *value)
{
    struct reconcile_command *c = ctx;

    switch (option) {
    case OPT_CERTIFICATES:
        return add_list(c, value);
    case OPT_FORMAT:
        return set_format(c, value);
    case OPT_COLUMNS:
        return set_columns(c, value);
    case OPT_ZONE:
        c->all.reader.has_zone = true;
        return options_zone(value, &c->all.reader.zone_s);
    case OPT_REJECTS:
        c->all.rejects = value;
        return true;
    case OPT_JSON:
        c->print.json = true;
        return true;
    case OPT_METRICS:
        c->watch.metrics = value;
        return true;
    case OPT_ALARM:
        return set_alarm(c, value);
    default:
        return take_rule_option(c, option, value);
    }
}

static int
parse_and_run(struct reconcile_command *c, int argc, char **argv)
{
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, c, &code);

    if (first < 0) {
        return code;
    }
    if (argc - first != 1) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    if (c->all.n == 0) {
        (void)options_complain("which certificates?", "--certificates LIST is needed");
        return EX_USAGE;
    }
    c->store = argv[first];
    return run(c);
}

int
command_reconcile(int argc, char **argv)
{
    struct reconcile_command c = { .options = { .precertificate = true } };
    int code;

    c.all.paths = c.lists;
    c.print.lists = c.lists;
    code = parse_and_run(&c, argc, argv);
    cx_json_free(c.columns);
    return code;
}
