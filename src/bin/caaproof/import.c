#include "bin/caaproof/import.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"

#include <inttypes.h>
#include <stdlib.h>

static const char usage[] =
    "usage: caaproof import ARCHIVE FILE... [options]\n"
    "       caaproof import ARCHIVE --store STORE\n"
    "       caaproof import ARCHIVE --coverage --certificates LIST... [--json]\n"
    "       caaproof import --formats\n"
    "\n"
    "Reads what a CA has kept about its CAA checks into ARCHIVE, a folder, where caaproof triage "
    "finds it\n"
    "by name and time. Every record is observed, rejected with its reason (ARCHIVE/rejects.csv) or "
    "ignored\n"
    "as being about something else, and the counts add up. A file that was imported before adds "
    "nothing; an\n"
    "import that was interrupted goes on when the same file is imported again.\n"
    "\n"
    "  --format F             of the files (default: by what they begin with); --formats lists "
    "them\n"
    "  --mapping FILE         what is what in a format of your own (docs/archives.md)\n"
    "  --zone +HH:MM          of times that are written without a zone; Z for UTC; with "
    "--coverage of\n"
    "                         those in the lists\n"
    "  --year YYYY            of times that are written without a year\n"
    "  --resolver-validated   you state that the resolver behind these files validated with "
    "DNSSEC, so that\n"
    "                         an answer that it gave a client was not bogus\n"
    "  --store STORE          the checks in a store of caaproof (also one that grows: again "
    "later)\n"
    "  --coverage             what the archive could prove at best, by day and source\n"
    "  --json                 counts and coverage as JSON\n"
    "\n"
    "Exit status: 0 everything was read; 1 some records were rejected; 64-78 errors.\n";

#define LISTS_MAX 256

struct import_command {
    const char *archive_path;
    struct cx_import_options options;
    struct cx_json *mapping;
    const char *store;
    const char *lists[LISTS_MAX];
    size_t n_lists;
    bool coverage;
    bool formats; /* are to be listed */
    bool json;
    bool rejected;
    struct progress progress;
};

/* ---- importing */

static void
show_progress(void *ctx, uint64_t done, uint64_t all)
{
    struct import_command *c = ctx;

    c->progress.total = (unsigned long)(all >> 20);
    c->progress.done = (unsigned long)(done >> 20);
    progress_show(&c->progress);
}

static struct cx_json *
source_to_json(const struct cx_archive_source *s, bool is_new)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json, cx_json_set(json, "path", cx_json_new_string(s->path)) &&
                  cx_json_set(json, "format", cx_json_new_string(s->format)) &&
                  cx_json_set(json, "new", cx_json_new_bool(is_new)) &&
                  cx_json_set(json, "records", cx_json_new_integer((int64_t)s->records)) &&
                  cx_json_set(json, "observed", cx_json_new_integer((int64_t)s->observed)) &&
                  cx_json_set(json, "rejected", cx_json_new_integer((int64_t)s->rejected)) &&
                  cx_json_set(json, "ignored", cx_json_new_integer((int64_t)s->ignored)) &&
                  cx_json_set(json, "observations", cx_json_new_integer((int64_t)s->observations)));
}

static cx_status
tell(struct import_command *c, const struct cx_archive_source *s, bool is_new)
{
    cx_status status = CX_SUCCESS;

    c->rejected = c->rejected || s->rejected != 0;
    if (c->json) {
        struct cx_json *json = source_to_json(s, is_new);

        status = output_json(json);
        cx_json_free(json);
        return status;
    }
    output_escaped(stdout, cx_span_of_str(s->path));
    printf(" (%.*s): %" PRIu64 " records = %" PRIu64 " observed + %" PRIu64 " rejected + %" PRIu64
           " ignored; %" PRIu64 " observations%s\n",
           (int)s->format.n, s->format.p, s->records, s->observed, s->rejected, s->ignored,
           s->observations, is_new ? "" : " (imported before)");
    return status;
}

static cx_status
import_file(struct import_command *c, struct cx_archive *archive, const char *path,
            struct cx_detail *detail)
{
    const struct cx_archive_source *source;
    bool is_new;
    cx_status s;

    progress_begin(&c->progress, "MiB", 0);
    c->options.progress = show_progress;
    c->options.ctx = c;
    s = cx_archive_import(archive, path, &c->options, &source, &is_new, detail);
    progress_end(&c->progress);
    CX_TRY(s);
    return tell(c, source, is_new);
}

static cx_status
import_own_store(struct import_command *c, struct cx_archive *archive, struct cx_detail *detail)
{
    size_t before = cx_archive_sources(archive);
    uint64_t added;

    CX_TRY(import_store(archive, c->store, &added, detail));
    if (!c->json) {
        printf("%" PRIu64 " entries of the log are new\n", added);
    }
    for (size_t i = 0; i < cx_archive_sources(archive); i++) {
        const struct cx_archive_source *s = cx_archive_source(archive, i);

        if (cx_str_equal(s->format, CX_STR("store"))) {
            CX_TRY(tell(c, s, i >= before));
        }
    }
    return CX_SUCCESS;
}

static cx_status
import_all(struct import_command *c, const char *const *paths, size_t n, struct cx_detail *detail)
{
    struct cx_archive *archive;
    cx_status s;

    CX_TRY(cx_archive_open_for_import(c->archive_path, &archive, detail));
    s = c->store != NULL ? import_own_store(c, archive, detail) : CX_SUCCESS;
    for (size_t i = 0; i < n && cx_ok(s); i++) {
        s = import_file(c, archive, paths[i], detail);
    }
    if (cx_ok(s)) {
        s = cx_archive_finish(archive, detail);
    }
    cx_archive_close(archive);
    if (cx_ok(s) && c->rejected && !c->json) {
        printf("%s/rejects.csv says which records were rejected, and why\n", c->archive_path);
    }
    return s;
}

static cx_status
tell_coverage(struct import_command *c, struct cx_detail *detail)
{
    struct cx_lists lists = {
        .paths = c->lists,
        .n = c->n_lists,
        .reader = { .zone_s = c->options.reader.zone_s, .has_zone = c->options.reader.has_zone },
    };
    struct cx_archive *archive;
    cx_status s;

    CX_TRY(cx_archive_open(c->archive_path, &archive, detail));
    s = import_coverage(archive, &lists, c->json, detail);
    cx_archive_close(archive);
    return s;
}

static int
print_formats(void)
{
    size_t n;
    const struct cx_archive_format *const *formats = cx_archive_formats(&n);

    for (size_t i = 0; i < n; i++) {
        printf("%-14s %s%s%s\n", formats[i]->name, formats[i]->about,
               formats[i]->needs_mapping ? "; needs --mapping" : "",
               formats[i]->looks_like == NULL ? "; only if named" : "");
    }
    return exit_with_output(EXIT_SUCCESS);
}

/* ---- options */

enum {
    OPT_FORMAT = 256,
    OPT_FORMATS,
    OPT_MAPPING,
    OPT_ZONE,
    OPT_YEAR,
    OPT_VALIDATED,
    OPT_STORE,
    OPT_COVERAGE,
    OPT_CERTIFICATES,
    OPT_JSON,
};

static const struct option long_options[] = {
    { "format", required_argument, NULL, OPT_FORMAT },
    { "formats", no_argument, NULL, OPT_FORMATS },
    { "mapping", required_argument, NULL, OPT_MAPPING },
    { "zone", required_argument, NULL, OPT_ZONE },
    { "year", required_argument, NULL, OPT_YEAR },
    { "resolver-validated", no_argument, NULL, OPT_VALIDATED },
    { "store", required_argument, NULL, OPT_STORE },
    { "coverage", no_argument, NULL, OPT_COVERAGE },
    { "certificates", required_argument, NULL, OPT_CERTIFICATES },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

static bool
set_format(struct import_command *c, const char *word)
{
    c->options.format = cx_archive_format_named(cx_str_of(word));
    return c->options.format != NULL ||
           options_complain("no such format; caaproof import --formats lists them", word);
}

static bool
set_mapping(struct import_command *c, const char *path)
{
    struct cx_detail detail = { .text = "" };

    cx_json_free(c->mapping);
    c->mapping = NULL;
    if (!cx_ok(input_json(path, &c->mapping, &detail))) {
        return options_complain("--mapping", detail.text);
    }
    c->options.reader.mapping = c->mapping;
    return true;
}

static bool
set_year(struct import_command *c, const char *value)
{
    unsigned long year = 0;

    if (!options_number(value, 9999, "--year takes a year such as 2019", &year)) {
        return false;
    }
    c->options.reader.year = (int)year;
    return year >= 1970 || options_complain("--year takes a year such as 2019", value);
}

static bool
add_list(struct import_command *c, const char *path)
{
    if (c->n_lists == LISTS_MAX) {
        return options_complain("too many --certificates; put them into a folder", path);
    }
    c->lists[c->n_lists++] = path;
    return true;
}

static bool
take_option(void *ctx, int option, const char *value)
{
    struct import_command *c = ctx;

    switch (option) {
    case OPT_FORMAT:
        return set_format(c, value);
    case OPT_MAPPING:
        return set_mapping(c, value);
    case OPT_ZONE:
        c->options.reader.has_zone = true;
        return options_zone(value, &c->options.reader.zone_s);
    case OPT_YEAR:
        return set_year(c, value);
    case OPT_CERTIFICATES:
        return add_list(c, value);
    case OPT_VALIDATED:
        c->options.validated = true;
        return true;
    case OPT_STORE:
        c->store = value;
        return true;
    case OPT_FORMATS:
        c->formats = true;
        return true;
    case OPT_COVERAGE:
        c->coverage = true;
        return true;
    case OPT_JSON:
        c->json = true;
        return true;
    default:
        return false;
    }
}

static bool
is_complete(const struct import_command *c, int operands)
{
    if (operands < 1) {
        return options_complain("where to?", "ARCHIVE is needed");
    }
    if (c->coverage && (c->n_lists == 0 || operands != 1 || c->store != NULL)) {
        return options_complain("--coverage",
                                "takes ARCHIVE and --certificates LIST, and nothing to import");
    }
    return c->coverage || operands > 1 || c->store != NULL ||
           options_complain("what is to be imported?", "FILE or --store STORE is needed");
}

static int
run(struct import_command *c, const char *const *paths, size_t n)
{
    struct cx_detail detail = { .text = "" };
    cx_status s = c->coverage ? tell_coverage(c, &detail) : import_all(c, paths, n, &detail);

    return cx_ok(s) ? exit_with_output(c->rejected ? 1 : EXIT_SUCCESS) : exit_with(s, &detail);
}

static int
parse_and_run(struct import_command *c, int argc, char **argv)
{
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, c, &code);

    if (first < 0) {
        return code;
    }
    if (c->formats) {
        return print_formats();
    }
    if (!is_complete(c, argc - first)) {
        fputs("see caaproof import --help\n", stderr);
        return EX_USAGE;
    }
    c->archive_path = argv[first];
    return run(c, (const char *const *)argv + first + 1, (size_t)(argc - first - 1));
}

int
command_import(int argc, char **argv)
{
    struct import_command *c = cx_alloc(1, sizeof(*c));
    int code;

    if (c == NULL) {
        return exit_with((cx_status){ CX_E_NOMEM }, NULL);
    }
    code = parse_and_run(c, argc, argv);
    cx_json_free(c->mapping);
    cx_free(c);
    return code;
}
