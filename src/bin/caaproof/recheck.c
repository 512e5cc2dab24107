#include "base/alloc.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/runs.h"
#include "bin/caaproof/terminal.h"
#include "bin/caaproof/triage.h"
#include "domain/suffix.h"
#include "engine/result.h"
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: caaproof recheck RUN [options]\n"
    "\n"
    "Asks DNS what CAA says now about every certificate of a run that is neither expired nor "
    "revoked, by the\n"
    "rules of today: whether the CA could issue it again. The results go to RUN/recheck.ndjson, "
    "and the run is\n"
    "made again with them: an order of work and help for subscribers. They never change a class: "
    "what DNS says\n"
    "now does not show what it said when the certificate was signed.\n"
    "\n"
    "What was interrupted goes on where it stopped, from RUN/recheck.part; else everything is "
    "asked "
    "again.\n"
    "\n"
    "  --in-flight N      certificates under way at once (default 100); of those whose first "
    "name is\n"
    "                     under one registrable domain never more than one, so that no name server "
    "is flooded\n"
    "  --zone FILE, --answers FILE   instead of the live DNS\n" OPTIONS_LIVE_HELP
    "  --json             print the summary of the run as JSON\n"
    "\n"
    "Exit status: 0 everything was asked; 64-78 errors.\n";

/* Certificates that wait because their domain is being asked. */
#define WAITING_MAX     4096
#define IN_FLIGHT       100
#define IN_FLIGHT_CHECK 500 /* the default of options.c, which is that of check */

/* One certificate: its request until it is asked, then its check. */
struct slot {
    struct cx_json *request;
    struct cx_check *check;
    uint64_t domain; /* hash of the registrable domain of its first name */
    bool done;
};

struct recheck {
    const struct options *options;
    struct opened_run run;
    const char *folder;
    struct cx_recheck *known; /* results of an earlier, interrupted recheck */
    uint64_t n_known;
    FILE *out;
    struct cx_source source;
    uint64_t key;
    struct slot *slots; /* under way */
    size_t n;
    size_t max;
    struct slot *waiting;
    size_t n_waiting;
    bool more; /* certificates to come */
    cx_status failure;
    struct cx_detail detail;
    struct progress progress;
};

/* ---- requests */

static struct cx_json *
names_to_json(const struct cx_issued *issued)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < issued->n_names; i++) {
        complete =
            cx_json_add(json, cx_json_new_escaped(cx_span_of_str(issued->names[i]))) && complete;
    }
    return cx_json_whole(json, complete);
}

/* The id by which triage finds it again. */
static struct cx_json *
id_to_json(const struct cx_certificate *c)
{
    struct cx_buf text;
    struct cx_json *json;

    cx_buf_init(&text, CX_LINE_MAX);
    cx_buf_put_hex(&text, c->has_certificate      ? (cx_span){ c->certificate.b, CX_HASH_SIZE }
                          : c->has_precertificate ? (cx_span){ c->precertificate.b, CX_HASH_SIZE }
                                                  : c->issued.serial);
    json = cx_buf_ok(&text) ? cx_json_new_string(cx_buf_str(&text)) : NULL;
    cx_buf_done(&text);
    return json;
}

static struct cx_json *
request_of(const struct recheck *r, const struct cx_triaged *t)
{
    const struct cx_triage_options *options = cx_run_triage(r->run.run);
    const struct cx_json *policy =
        cx_json_get(cx_json_get(cx_run_summary(r->run.run), "options"), "policy");
    const struct cx_issued *issued = &t->certificate.issued;
    struct cx_json *json = cx_json_new_object();
    bool complete =
        cx_json_set(json, "id", id_to_json(&t->certificate)) &&
        cx_json_set(json, "names", names_to_json(issued)) &&
        cx_json_set(json, "purpose", cx_json_new_text(cx_purpose_word(options->purpose))) &&
        cx_json_set(json, "profile", cx_json_new_text(cx_profile_word(options->profile))) &&
        cx_json_set(json, "policy", cx_json_copy(policy));

    if (issued->account.n != 0) {
        complete = complete && cx_json_set(json, "account_uri",
                                           cx_json_new_escaped(cx_span_of_str(issued->account)));
    }
    if (issued->method.n != 0) {
        complete = complete &&
                   cx_json_set(json, "method", cx_json_new_escaped(cx_span_of_str(issued->method)));
    }
    return cx_json_whole(json, complete);
}

/* Of the first name that is one: the labels of its public suffix and one more. */
static uint64_t
domain_of(const struct recheck *r, const struct cx_triaged *t)
{
    for (size_t i = 0; i < t->n_names; i++) {
        cx_span name = t->names[i].subject.name;

        if (name.n != 0) {
            unsigned keep = cx_public_suffix_labels(name) + 1;

            while (cx_name_labels(name) > keep) {
                name = cx_name_parent(name);
            }
            return cx_hash(r->key, name);
        }
    }
    return 0;
}

/* ---- asking */

static void
fail(struct recheck *r, cx_status s)
{
    if (cx_ok(r->failure)) {
        r->failure = s;
    }
}

static void
mark_done(void *ctx, struct cx_check *check)
{
    struct slot *slot = ctx;

    (void)check; /* the slot owns it */
    slot->done = true;
}

static bool
is_asked_now(const struct recheck *r, uint64_t domain)
{
    for (size_t i = 0; i < r->max; i++) {
        if (r->slots[i].request != NULL && r->slots[i].domain == domain) {
            return true;
        }
    }
    return false;
}

static struct slot *
free_slot(struct recheck *r)
{
    for (size_t i = 0; i < r->max; i++) {
        if (r->slots[i].request == NULL) {
            return &r->slots[i];
        }
    }
    return NULL;
}

/* Takes request over. */
static void
start(struct recheck *r, struct cx_json *request, uint64_t domain)
{
    struct slot *slot = free_slot(r); /* there is one, or the caller would wait */
    struct cx_check *check = cx_check_new();

    if (slot == NULL || check == NULL) {
        cx_json_free(request);
        cx_check_free(check);
        fail(r, (cx_status){ CX_E_NOMEM });
        return;
    }
    *slot = (struct slot){ .request = request, .check = check, .domain = domain };
    r->n++;
    cx_check_start(slot->check, slot->request, NULL, &r->source, cx_time_now(), mark_done, slot);
}

/* A line for each certificate, whatever became of it: that it was asked is what an interrupted recheck goes on from. */
static void
put_result(struct recheck *r, const struct slot *slot)
{
    struct cx_json *json = cx_result_to_json(slot->check);
    struct cx_buf line;
    cx_status s;

    cx_buf_init(&line, CX_RESULT_MAX);
    s = json != NULL ? cx_json_write(json, &line) : (cx_status){ CX_E_NOMEM };
    cx_buf_putc(&line, '\n');
    if (cx_ok(s) && cx_buf_ok(&line) &&
        (fwrite(line.p, 1, line.n, r->out) != line.n || fflush(r->out) != 0)) {
        s = cx_fail(&r->detail, CX_E_IO, "%s/recheck.part: cannot be written", r->folder);
    }
    cx_buf_done(&line);
    cx_json_free(json);
    if (!cx_ok(s)) {
        fail(r, s);
    }
}

static void
take_results(struct recheck *r)
{
    for (size_t i = 0; i < r->max; i++) {
        struct slot *slot = &r->slots[i];

        if (slot->request != NULL && slot->done) {
            put_result(r, slot);
            cx_check_free(slot->check);
            cx_json_free(slot->request);
            *slot = (struct slot){ .request = NULL };
            r->n--;
            progress_step(&r->progress);
        }
    }
}

/* One that waits and whose domain is free now. */
static bool
start_waiting(struct recheck *r)
{
    for (size_t i = 0; i < r->n_waiting; i++) {
        if (!is_asked_now(r, r->waiting[i].domain)) {
            struct slot one = r->waiting[i];

            r->waiting[i] = r->waiting[--r->n_waiting];
            start(r, one.request, one.domain);
            return true;
        }
    }
    return false;
}

static bool
is_to_be_asked(const struct recheck *r, const struct cx_triaged *t)
{
    return t->status == CX_STATUS_VALID && t->n_names != 0 &&
           cx_recheck_of(r->known, &t->certificate) == CX_NOW_UNKNOWN;
}

/* The next certificate is started, or waits for its domain. */
static void
take_certificate(struct recheck *r)
{
    const struct cx_triaged *t;
    cx_status s = cx_run_next(r->run.run, &t, &r->detail);
    struct cx_json *request;
    uint64_t domain;

    r->more = cx_ok(s) && t != NULL;
    if (!cx_ok(s)) {
        fail(r, s);
    }
    if (!r->more || !is_to_be_asked(r, t)) {
        return;
    }
    request = request_of(r, t);
    domain = domain_of(r, t);
    if (request == NULL) {
        fail(r, (cx_status){ CX_E_NOMEM });
    } else if (is_asked_now(r, domain)) {
        r->waiting[r->n_waiting++] = (struct slot){ .request = request, .domain = domain };
    } else {
        start(r, request, domain);
    }
}

static void
ask_all(struct recheck *r)
{
    r->more = true;
    while (cx_ok(r->failure) && (r->more || r->n_waiting != 0 || r->n != 0)) {
        if (r->n < r->max && start_waiting(r)) {
            continue;
        }
        if (r->more && r->n < r->max && r->n_waiting < WAITING_MAX) {
            take_certificate(r);
        } else if (r->n != 0) {
            cx_status s = cx_source_wait(&r->source);

            if (!cx_ok(s)) {
                fail(r, s);
            }
        }
        take_results(r);
    }
}

/* ---- the file of results */

/* Behind the last line that is whole: what an interruption left behind it is cut off. */
static cx_status
cut_tail(int fd, const char *path, struct cx_detail *detail)
{
    struct stat st;
    off_t end;
    char c = '\n';

    if (fstat(fd, &st) != 0) {
        return cx_fail(detail, CX_E_IO, "%s: cannot be read", path);
    }
    for (end = st.st_size; end > 0; end--) {
        if (pread(fd, &c, 1, end - 1) != 1) {
            return cx_fail(detail, CX_E_IO, "%s: cannot be read", path);
        }
        if (c == '\n') {
            break;
        }
    }
    return ftruncate(fd, end) == 0 ? CX_SUCCESS
                                   : cx_fail(detail, CX_E_IO, "%s: cannot be cut", path);
}

static cx_status
open_results(struct recheck *r, const char *path, struct cx_detail *detail)
{
    struct cx_hash digest;
    uint64_t n = 0;
    cx_status s;
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

    if (fd < 0) {
        return cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno));
    }
    s = cut_tail(fd, path, detail);
    if (cx_ok(s)) {
        s = cx_recheck_read(path, &r->known, &n, &digest, detail);
    }
    r->out = cx_ok(s) ? fdopen(fd, "a") : NULL;
    if (r->out == NULL) {
        (void)close(fd); /* nothing was written */
        return cx_ok(s) ? (cx_status){ CX_E_NOMEM } : s;
    }
    r->n_known = n;
    return CX_SUCCESS;
}

static cx_status
prepare(struct recheck *r, const char *path, struct cx_detail *detail)
{
    int64_t valid = 0;

    CX_TRY(runs_open(r->folder, &r->run, detail));
    CX_TRY(open_results(r, path, detail));
    CX_TRY(cx_run_begin(r->run.run, 0, detail));
    CX_TRY(options_source(r->options, &r->source, detail));
    (void)cx_json_integer(
        cx_json_get(cx_json_get(cx_run_summary(r->run.run), "counts"), "remaining_valid"),
        &valid); /* else the progress has no end */
    progress_begin(&r->progress, "certificates", (unsigned long)valid);
    r->progress.done = (unsigned long)r->n_known;
    r->slots = cx_alloc(r->max, sizeof(*r->slots));
    r->waiting = cx_alloc(WAITING_MAX, sizeof(*r->waiting));
    return r->slots != NULL && r->waiting != NULL && cx_hash_key(&r->key)
               ? CX_SUCCESS
               : (cx_status){ CX_E_NOMEM };
}

static cx_status
ask(struct recheck *r, const char *path, struct cx_detail *detail)
{
    CX_TRY(prepare(r, path, detail));
    ask_all(r);
    progress_end(&r->progress);
    *detail = r->detail;
    return r->failure;
}

/* The source first: it may still answer what is under way. */
static void
done(struct recheck *r)
{
    cx_source_close(&r->source);
    for (size_t i = 0; r->slots != NULL && i < r->max; i++) {
        cx_check_free(r->slots[i].check);
        cx_json_free(r->slots[i].request);
    }
    for (size_t i = 0; i < r->n_waiting; i++) {
        cx_json_free(r->waiting[i].request);
    }
    cx_free(r->slots);
    cx_free(r->waiting);
    cx_recheck_free(r->known);
    if (r->out != NULL) {
        (void)fclose(r->out); /* every line was flushed */
    }
    runs_close(&r->run);
}

/* ---- the whole */

static cx_status
recheck(const struct options *options, const char *folder, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    CX_AUTO(cx_path_free) char *part = NULL;
    struct recheck r = {
        .options = options,
        .folder = folder,
        .max = options->in_flight != IN_FLIGHT_CHECK ? options->in_flight : IN_FLIGHT,
    };
    cx_status s;

    CX_TRY(cx_path_make(&path, "%s/recheck.ndjson", folder));
    CX_TRY(cx_path_make(&part, "%s/recheck.part", folder));
    s = ask(&r, part, detail);
    done(&r);
    CX_TRY(s);
    CX_TRY(runs_make_again(folder, part, path, detail));
    return runs_show(folder, options->json, detail);
}

int
command_recheck(int argc, char **argv)
{
    static const char *const used[] = { NULL };
    struct options options;
    struct cx_detail detail = { .text = "" };
    int first = options_parse(argc, argv, usage, &options);
    const char *wrong = first < 0 ? NULL : options_misplaced(&options, used);
    cx_status s = CX_SUCCESS;
    int code = options.exit;

    if (first >= 0) {
        s = wrong != NULL
                ? cx_fail(&detail, CX_E_USAGE,
                          "recheck has no use for --%s: the run says what was asked; see caaproof "
                          "recheck --help",
                          wrong)
            : argc - first != 1
                ? cx_fail(&detail, CX_E_USAGE, "one run is needed; see caaproof recheck --help")
                : recheck(&options, argv[first], &detail);
        code = cx_ok(s) ? exit_with_output(EXIT_SUCCESS) : exit_with(s, &detail);
    }
    options_done(&options);
    return code;
}
