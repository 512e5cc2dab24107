#include "bin/caaproof/triage.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/runs.h"
#include "bin/caaproof/terminal.h"
#include "engine/policy.h"
#include "incident/precedents.h"
#include "store/files.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char usage[] =
    "usage: caaproof triage --certificates LIST --archive ARCHIVE --issuer D --aware T --out RUN "
    "[options]\n"
    "       caaproof triage diff RUN1 RUN2\n"
    "\n"
    "For each certificate: what the archive shows about CAA at the moment it was signed, what each "
    "remedy\n"
    "would revoke, and by when. Nothing is asked of DNS. RUN is a folder with the page, the "
    "incident "
    "report and\n"
    "the lists (caaproof report makes them again); caaproof explain RUN tells one certificate's "
    "story.\n"
    "\n"
    "  --certificates LIST    PEM, DER, CSV, NDJSON, CT entries, or a folder of these "
    "(repeatable)\n"
    "  --archive ARCHIVE      made by caaproof import, or a log file (repeatable): these are "
    "imported into\n"
    "                         RUN.archive first; without any there is no evidence\n"
    "  --issuer D             issuer domain name of the CA (repeatable), or\n"
    "  --policy FILE          policy with own names and their dates (docs/json.md)\n"
    "  --aware T              when the CA became aware, in UTC: 2026-11-26T09:00:00Z\n"
    "  --now T                when the run is made, for what is late (default: the clock)\n"
    "  --out RUN              folder to make; a run that is there is made again\n"
    "\n"
    "  --not-consulted FILE   certificates whose process did not consult the answer: SHA-256 or "
    "serial, one\n"
    "                         a line; all others did\n"
    "  --consulted FILE       those whose process did; alone: all others did not\n"
    "  --recheck FILE         results of caaproof check --batch --json with the serial as id; see "
    "recheck\n"
    "  --purpose P            tls (default), smime, vmc; --profile B as for caaproof check\n"
    "  --proof-grade G        worst grade of evidence that proves: A, B, C (default) or D, which "
    "takes a\n"
    "                         log's bare conclusions for proof\n"
    "  --rules-of DATE        rules of this date instead of those of each signature\n"
    "  --format F             of the lists (default: by what they begin with)\n"
    "  --zone +HH:MM          of times in lists that are written without a zone (default: UTC, "
    "and said)\n"
    "  --columns FILE         which column of a list is what (docs/certificates-in.md)\n"
    "  --cause CLASS          show precedents of this root cause: FAIL-OPEN, COVERAGE, FRESHNESS, "
    "PATH,\n"
    "                         UNBOUND, SEMANTICS, WILDCARD, ALIAS, RESOLVER, EVIDENCE, ...\n"
    "  --title TEXT           for the page and the report\n"
    "  --no-report            without page, report and lists\n"
    "  --json                 print the summary as JSON (docs/formats/run.md)\n"
    "\n"
    "Exit status: 0 the run was made; 64-78 errors.\n";

#define LISTS_MAX 256

struct triage_command {
    struct cx_run_options run;
    const char *lists[LISTS_MAX];
    const char *archives[LISTS_MAX];
    size_t n_archives;
    char *own_archive; /* that log files are imported into */
    struct cx_hash imported[LISTS_MAX];
    size_t n_imported;
    const char *issuers[CX_ISSUERS_MAX];
    size_t n_issuers;
    const char *policy;
    const char *out;
    struct cx_json *columns;
    uint64_t rejected; /* records of these files */
    bool has_aware;
    bool json;
    bool no_report;
    struct progress progress;
    const char *doing;
};

/* ---- making the run */

static void
show_progress(void *ctx, const char *what, uint64_t done, uint64_t all)
{
    struct triage_command *c = ctx;

    if (c->doing != what) {
        if (c->doing != NULL) {
            progress_end(&c->progress);
        }
        progress_begin(&c->progress, what, (unsigned long)all);
        c->doing = what;
    }
    c->progress.done = (unsigned long)done;
    progress_show(&c->progress);
}

/* A folder is an archive; files are imported into one of our own. */
static cx_status
import_file(struct triage_command *c, struct cx_archive *archive, const char *path,
            struct cx_detail *detail)
{
    const struct cx_import_options options = { .format = NULL };
    const struct cx_archive_source *source;
    bool is_new;

    CX_TRY(cx_archive_import(archive, path, &options, &source, &is_new, detail));
    c->imported[c->n_imported++] = source->digest;
    if (!c->json) {
        output_escaped(stdout, cx_span_of_str(source->path));
        printf(" (%.*s): %" PRIu64 " records = %" PRIu64 " observed + %" PRIu64
               " rejected + %" PRIu64 " ignored\n",
               (int)source->format.n, source->format.p, source->records, source->observed,
               source->rejected, source->ignored);
        c->rejected += source->rejected;
    }
    return CX_SUCCESS;
}

/* An archive of a run that was made before may have more than this one is given. */
static cx_status
check_no_others(const struct triage_command *c, const struct cx_archive *archive,
                struct cx_detail *detail)
{
    for (size_t i = 0; i < cx_archive_sources(archive); i++) {
        const struct cx_archive_source *source = cx_archive_source(archive, i);
        size_t k = 0;

        while (k < c->n_imported && !cx_hash_equal(&c->imported[k], &source->digest)) {
            k++;
        }
        if (k == c->n_imported) {
            return cx_fail(detail, CX_E_USAGE,
                           "%s: has %.*s from an earlier run, which is not given now; remove that "
                           "folder, or choose another --out",
                           c->own_archive, (int)(source->path.n < 100 ? source->path.n : 100),
                           source->path.p);
        }
    }
    return CX_SUCCESS;
}

static cx_status
import_files(struct triage_command *c, struct cx_detail *detail)
{
    struct cx_archive *archive;
    cx_status s;

    CX_TRY(cx_path_make(&c->own_archive, "%s.archive", c->out));
    CX_TRY(cx_archive_open_for_import(c->own_archive, &archive, detail));
    s = CX_SUCCESS;
    for (size_t i = 0; i < c->n_archives && cx_ok(s); i++) {
        s = import_file(c, archive, c->archives[i], detail);
    }
    if (cx_ok(s)) {
        s = cx_archive_finish(archive, detail);
    }
    if (cx_ok(s)) {
        s = check_no_others(c, archive, detail);
    }
    cx_archive_close(archive);
    c->run.archive = c->own_archive;
    if (cx_ok(s) && c->rejected != 0) {
        printf("%" PRIu64 " records were rejected: %s/rejects.csv says which and why\n",
               c->rejected, c->own_archive);
    }
    return s;
}

static cx_status
find_archive(struct triage_command *c, struct cx_detail *detail)
{
    struct stat st;

    if (c->n_archives == 0) {
        return CX_SUCCESS;
    }
    if (stat(c->archives[0], &st) == 0 && S_ISDIR(st.st_mode)) {
        c->run.archive = c->archives[0];
        return c->n_archives == 1
                   ? CX_SUCCESS
                   : cx_fail(
                         detail, CX_E_USAGE,
                         "%s: one archive, or any number of log files; import the files into it",
                         c->archives[0]);
    }
    return import_files(c, detail);
}

static cx_status
make(struct triage_command *c, const struct cx_json *json, struct cx_detail *detail)
{
    struct cx_arena arena;
    struct cx_policy policy;
    cx_status s;

    cx_arena_init(&arena, CX_RESULT_MAX);
    c->run.policy = json;
    c->run.triage.policy = &policy;
    c->run.progress = show_progress;
    c->run.ctx = c;
    s = cx_policy_from_json(json, &arena, &policy, detail);
    if (cx_ok(s)) {
        s = cx_run_make(c->out, &c->run, detail);
    }
    if (c->doing != NULL) {
        progress_end(&c->progress);
    }
    cx_arena_done(&arena);
    return s;
}

static int
run(struct triage_command *c)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *policy = NULL;
    struct cx_detail detail = { .text = "" };
    cx_status s = runs_policy(c->policy, c->issuers, c->n_issuers, &policy, &detail);

    if (cx_ok(s)) {
        s = find_archive(c, &detail);
    }
    if (cx_ok(s)) {
        s = make(c, policy, &detail);
    }
    if (cx_ok(s)) {
        s = c->no_report ? runs_drop_report(c->out, &detail) : runs_report(c->out, true, &detail);
    }
    if (cx_ok(s)) {
        s = runs_show(c->out, c->json, &detail);
    }
    return cx_ok(s) ? exit_with_output(EXIT_SUCCESS) : exit_with(s, &detail);
}

/* ---- options */

enum {
    OPT_CERTIFICATES = 256,
    OPT_ARCHIVE,
    OPT_ISSUER,
    OPT_POLICY,
    OPT_AWARE,
    OPT_OUT,
    OPT_NOW,
    OPT_NOT_CONSULTED,
    OPT_CONSULTED,
    OPT_RECHECK,
    OPT_PURPOSE,
    OPT_PROFILE,
    OPT_PROOF_GRADE,
    OPT_RULES_OF,
    OPT_FORMAT,
    OPT_COLUMNS,
    OPT_ZONE,
    OPT_TITLE,
    OPT_CAUSE,
    OPT_JSON,
    OPT_NO_REPORT,
};

static const struct option long_options[] = {
    { "certificates", required_argument, NULL, OPT_CERTIFICATES },
    { "archive", required_argument, NULL, OPT_ARCHIVE },
    { "issuer", required_argument, NULL, OPT_ISSUER },
    { "policy", required_argument, NULL, OPT_POLICY },
    { "aware", required_argument, NULL, OPT_AWARE },
    { "out", required_argument, NULL, OPT_OUT },
    { "now", required_argument, NULL, OPT_NOW },
    { "not-consulted", required_argument, NULL, OPT_NOT_CONSULTED },
    { "consulted", required_argument, NULL, OPT_CONSULTED },
    { "recheck", required_argument, NULL, OPT_RECHECK },
    { "purpose", required_argument, NULL, OPT_PURPOSE },
    { "profile", required_argument, NULL, OPT_PROFILE },
    { "proof-grade", required_argument, NULL, OPT_PROOF_GRADE },
    { "rules-of", required_argument, NULL, OPT_RULES_OF },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "columns", required_argument, NULL, OPT_COLUMNS },
    { "zone", required_argument, NULL, OPT_ZONE },
    { "title", required_argument, NULL, OPT_TITLE },
    { "cause", required_argument, NULL, OPT_CAUSE },
    { "json", no_argument, NULL, OPT_JSON },
    { "no-report", no_argument, NULL, OPT_NO_REPORT },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

static bool
add_list(struct triage_command *c, const char *path)
{
    if (c->run.n_lists == LISTS_MAX) {
        return options_complain("too many --certificates; put them into a folder", path);
    }
    c->lists[c->run.n_lists++] = path;
    return true;
}

static bool
add_archive(struct triage_command *c, const char *path)
{
    if (c->n_archives == LISTS_MAX) {
        return options_complain("too many --archive; import them into one", path);
    }
    c->archives[c->n_archives++] = path;
    return true;
}

static bool
add_issuer(struct triage_command *c, const char *name)
{
    if (c->n_issuers == CX_ISSUERS_MAX) {
        return options_complain("too many --issuer options", name);
    }
    c->issuers[c->n_issuers++] = name;
    return true;
}

static bool
set_grade(struct triage_command *c, const char *word)
{
    c->run.triage.proof = cx_grade_of_word(cx_str_of(word));
    return (c->run.triage.proof != CX_GRADE_UNSET && c->run.triage.proof != CX_GRADE_E) ||
           options_complain("--proof-grade is A, B, C or D", word);
}

static bool
set_format(struct triage_command *c, const char *word)
{
    c->run.format = cx_issued_format_named(cx_str_of(word));
    return c->run.format != NULL ||
           options_complain("no such format of lists; see docs/certificates-in.md", word);
}

static bool
set_cause(struct triage_command *c, const char *word)
{
    c->run.cause = word;
    return cx_precedent_next(NULL, cx_str_of(word)) != NULL ||
           options_complain("no precedent of that root cause; data/incidents.csv has the classes",
                            word);
}

static bool
set_columns(struct triage_command *c, const char *path)
{
    struct cx_detail detail = { .text = "" };

    cx_json_free(c->columns);
    c->columns = NULL;
    if (!cx_ok(input_json(path, &c->columns, &detail))) {
        return options_complain("--columns", detail.text);
    }
    c->run.reader.mapping = c->columns;
    return true;
}

static bool
take_rule_option(struct triage_command *c, int option, const char *value)
{
    switch (option) {
    case OPT_AWARE:
        c->has_aware = true;
        return cx_ok(cx_time_parse(cx_str_of(value), &c->run.triage.aware)) ||
               options_complain("--aware takes a moment such as 2026-11-26T09:00:00Z", value);
    case OPT_NOW:
        return cx_ok(cx_time_parse(cx_str_of(value), &c->run.triage.now)) ||
               options_complain("--now takes a moment such as 2026-11-26T09:00:00Z", value);
    case OPT_RULES_OF:
        c->run.triage.has_rules_of = true;
        return cx_ok(cx_time_parse(cx_str_of(value), &c->run.triage.rules_of)) ||
               options_complain("--rules-of takes a date such as 2026-03-15", value);
    case OPT_PURPOSE:
        c->run.triage.purpose = cx_purpose_of_word(cx_str_of(value));
        return c->run.triage.purpose != CX_PURPOSE_UNSET ||
               options_complain("--purpose is tls, smime or vmc", value);
    case OPT_PROFILE:
        c->run.triage.profile = cx_profile_of_word(cx_str_of(value));
        return c->run.triage.profile != CX_PROFILE_UNSET ||
               options_complain("no such profile; see caaproof check --help", value);
    case OPT_PROOF_GRADE:
        return set_grade(c, value);
    default:
        return false;
    }
}

static bool
take_option(void *ctx, int option, const char *value)
{
    struct triage_command *c = ctx;

    switch (option) {
    case OPT_CERTIFICATES:
        return add_list(c, value);
    case OPT_ISSUER:
        return add_issuer(c, value);
    case OPT_FORMAT:
        return set_format(c, value);
    case OPT_COLUMNS:
        return set_columns(c, value);
    case OPT_ZONE:
        c->run.reader.has_zone = true;
        return options_zone(value, &c->run.reader.zone_s);
    case OPT_CAUSE:
        return set_cause(c, value);
    case OPT_ARCHIVE:
        return add_archive(c, value);
    case OPT_POLICY:
        c->policy = value;
        return true;
    case OPT_OUT:
        c->out = value;
        return true;
    case OPT_NOT_CONSULTED:
        c->run.not_consulted = value;
        return true;
    case OPT_CONSULTED:
        c->run.consulted = value;
        return true;
    case OPT_RECHECK:
        c->run.recheck = value;
        return true;
    case OPT_TITLE:
        c->run.title = value;
        return true;
    case OPT_JSON:
        c->json = true;
        return true;
    case OPT_NO_REPORT:
        c->no_report = true;
        return true;
    default:
        return take_rule_option(c, option, value);
    }
}

static bool
is_complete(const struct triage_command *c)
{
    if (c->run.n_lists == 0) {
        return options_complain("which certificates?", "--certificates LIST is needed");
    }
    if (c->out == NULL) {
        return options_complain("where to?", "--out RUN is needed");
    }
    return c->has_aware ||
           options_complain("deadlines run from the moment of awareness", "--aware T is needed");
}

/* R-GEN-4: each purpose has its rule book. */
static void
set_profile(struct cx_triage_options *t)
{
    if (t->profile == CX_PROFILE_UNSET) {
        t->profile = t->purpose == CX_PURPOSE_SMIME ? CX_PROFILE_SMIME_BR
                     : t->purpose == CX_PURPOSE_VMC ? CX_PROFILE_VMC
                                                    : CX_PROFILE_TLS_BR;
    }
}

static int
parse_and_run(struct triage_command *c, int argc, char **argv)
{
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, c, &code);

    if (first < 0) {
        return code;
    }
    if (argc != first) {
        (void)options_complain("no operand is expected", argv[first]);
        return EX_USAGE;
    }
    if (!is_complete(c)) {
        fputs("see caaproof triage --help\n", stderr);
        return EX_USAGE;
    }
    set_profile(&c->run.triage);
    return run(c);
}

int
command_triage(int argc, char **argv)
{
    struct triage_command *c;
    int code;

    if (argc > 1 && strcmp(argv[1], "diff") == 0) {
        return triage_diff(argc - 1, argv + 1);
    }
    c = cx_alloc(1, sizeof(*c));
    if (c == NULL) {
        return exit_with((cx_status){ CX_E_NOMEM }, NULL);
    }
    c->run.lists = c->lists;
    c->run.title = "CAA incident";
    c->run.program = RUNS_PROGRAM;
    c->run.triage.purpose = CX_PURPOSE_TLS;
    c->run.triage.now = cx_time_now();
    c->run.triage.proof = CX_GRADE_C;
    code = parse_and_run(c, argc, argv);
    cx_json_free(c->columns);
    cx_path_free(&c->own_archive);
    cx_free(c);
    return code;
}
