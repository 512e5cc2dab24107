#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "evidence/tree.h"
#include "incident/lists.h"
#include "incident/precedents.h"
#include "incident/run.h"
#include "incident/run_files.h"
#include "incident/totals.h"
#include "pki/digest.h"
#include "store/files.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define SCHEMA         1
#define PROGRESS_EVERY 4096

/* A run that is made. */
struct making {
    const char *path;
    const struct cx_run_options *options;
    struct cx_triage_options triage; /* with marks and recheck */
    struct cx_marks *consulted;
    struct cx_marks *not_consulted;
    struct cx_recheck *recheck;
    struct cx_archive *archive;
    struct cx_certificates *certificates;
    struct cx_certificate_counts counts;
    struct cx_caveats caveats;
    struct cx_totals *totals;
    struct cx_json *inputs; /* array */
};

static void
tell(const struct making *m, const char *what, uint64_t done, uint64_t all)
{
    if (m->options->progress != NULL) {
        m->options->progress(m->options->ctx, what, done, all);
    }
}

/* ---- inputs, as JSON */

struct input_counts {
    uint64_t records;
    uint64_t observed;
    uint64_t rejected;
    uint64_t ignored;
    bool is_list;  /* of certificates, whose times may be of a zone that was stated */
    bool is_marks; /* then of the records so many name a certificate */
    uint64_t matched;
};

static struct cx_json *
millisecond_to_json(int64_t ms)
{
    return cx_json_new_moment(ms != 0 ? cx_second_of_ms(ms) : CX_TIME_NONE);
}

/* "+02:00"; null if nobody stated it. */
static struct cx_json *
zone_to_json(const struct cx_issued_options *reader)
{
    int32_t minutes = (reader->zone_s < 0 ? -reader->zone_s : reader->zone_s) / 60;
    char text[32];

    if (!reader->has_zone) {
        return cx_json_new_null();
    }
    (void)snprintf(text, sizeof(text), "%c%02" PRId32 ":%02" PRId32, reader->zone_s < 0 ? '-' : '+',
                   minutes / 60, minutes % 60);
    return cx_json_new_text(text);
}

static cx_status
add_input(struct making *m, const char *kind, cx_str path, const char *format,
          const struct cx_hash *digest, const struct input_counts *n,
          const struct cx_archive_source *source)
{
    struct cx_json *json = cx_json_new_object();
    char text[CX_HASH_TEXT];
    bool complete;

    cx_hash_text(digest, text);
    complete = cx_json_set(json, "path", cx_json_new_escaped(cx_span_of_str(path))) &&
               cx_json_set(json, "kind", cx_json_new_text(kind)) &&
               cx_json_set(json, "format", cx_json_new_text(format)) &&
               cx_json_set(json, "sha256", cx_json_new_text(text)) &&
               cx_json_set_number(json, "records", n->records) &&
               cx_json_set_number(json, "observed", n->observed) &&
               cx_json_set_number(json, "rejected", n->rejected) &&
               cx_json_set_number(json, "ignored", n->ignored) &&
               (!n->is_list || cx_json_set(json, "zone", zone_to_json(&m->options->reader))) &&
               (!n->is_marks || (cx_json_set_number(json, "matched", n->matched) &&
                                 cx_json_set_number(json, "unmatched", n->records - n->matched)));
    if (source != NULL) {
        complete = complete &&
                   cx_json_set(json, "tamper_evident", cx_json_new_bool(source->tamper_evident)) &&
                   cx_json_set(json, "validated", cx_json_new_bool(source->validated)) &&
                   cx_json_set(json, "first", millisecond_to_json(source->first_ms)) &&
                   cx_json_set(json, "last", millisecond_to_json(source->last_ms));
    } else {
        complete = complete && cx_json_set(json, "tamper_evident", cx_json_new_bool(false)) &&
                   cx_json_set(json, "first", cx_json_new_null()) &&
                   cx_json_set(json, "last", cx_json_new_null());
    }
    json = cx_json_whole(json, complete);
    return cx_json_add(m->inputs, json) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

/* ---- certificates */

static cx_status
take_list(void *ctx, const struct cx_list_read *list)
{
    struct making *m = ctx;
    const struct input_counts n = {
        .records = list->records,
        .observed = list->observed,
        .rejected = list->rejected,
        .ignored = list->ignored,
        .is_list = true,
    };

    m->caveats.rejected += list->rejected;
    m->caveats.assumed_utc += list->assumed_utc;
    return add_input(m, "certificates", cx_str_of(list->path), list->format, &list->digest, &n,
                     NULL);
}

static void
tell_reading(void *ctx, uint64_t done, uint64_t all)
{
    tell(ctx, "octets of certificates read", done, all);
}

static cx_status
make_certificates(struct making *m, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    CX_AUTO(cx_path_free) char *rejects = NULL;
    struct cx_lists lists = {
        .paths = m->options->lists,
        .n = m->options->n_lists,
        .format = m->options->format,
        .reader = m->options->reader,
        .read = take_list,
        .progress = tell_reading,
        .ctx = m,
    };

    CX_TRY(cx_path_make(&path, "%s/certificates", m->path));
    CX_TRY(cx_path_make(&rejects, "%s/rejects.csv", m->path));
    lists.certificates = path;
    lists.rejects = rejects;
    CX_TRY(cx_lists_read(&lists, &m->counts, detail));
    return cx_certificates_open(path, &m->certificates, detail);
}

/* ---- archive, lists of process, recheck */

static cx_status
open_archive(struct making *m, struct cx_detail *detail)
{
    if (m->options->archive == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_archive_open(m->options->archive, &m->archive, detail));
    for (size_t i = 0; i < cx_archive_sources(m->archive); i++) {
        const struct cx_archive_source *s = cx_archive_source(m->archive, i);
        const struct input_counts n = {
            .records = s->records,
            .observed = s->observed,
            .rejected = s->rejected,
            .ignored = s->ignored,
        };
        char format[32];

        (void)snprintf(format, sizeof(format), "%.*s", (int)s->format.n,
                       s->format.p); /* of our table */
        CX_TRY(add_input(m, "archive", s->path, format, &s->digest, &n, s));
    }
    return CX_SUCCESS;
}

/* Before anything is judged by them. */
static cx_status
match_marks(const struct making *m, struct cx_marks *marks, struct cx_detail *detail)
{
    struct cx_arena arena;
    cx_status s = CX_SUCCESS;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    for (uint64_t i = 0; i < cx_certificates_size(m->certificates) && cx_ok(s); i++) {
        struct cx_certificate c;

        cx_arena_reset(&arena);
        s = cx_certificates_at(m->certificates, i, &arena, &c, detail);
        if (cx_ok(s)) {
            cx_marks_meet(marks, &c);
        }
    }
    cx_arena_done(&arena);
    return s;
}

static cx_status
read_marks(struct making *m, const char *path, const char *kind, struct cx_marks **ret,
           struct cx_detail *detail)
{
    struct input_counts n = { .is_marks = true };
    struct cx_hash digest;

    if (path == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_marks_read(path, ret, &n.observed, &digest, detail));
    n.records = n.observed;
    CX_TRY(match_marks(m, *ret, detail));
    CX_TRY(cx_marks_matched(*ret, path, &n.matched, detail));
    m->caveats.unmatched += n.records - n.matched;
    return add_input(m, kind, cx_str_of(path), "list", &digest, &n, NULL);
}

static cx_status
read_recheck(struct making *m, struct cx_detail *detail)
{
    struct input_counts n = { 0 };
    struct cx_hash digest;

    if (m->options->recheck == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_recheck_read(m->options->recheck, &m->recheck, &n.observed, &digest, detail));
    n.records = n.observed;
    return add_input(m, "recheck", cx_str_of(m->options->recheck), "results", &digest, &n, NULL);
}

static cx_status
read_inputs(struct making *m, struct cx_detail *detail)
{
    CX_TRY(make_certificates(m, detail));
    CX_TRY(open_archive(m, detail));
    CX_TRY(read_marks(m, m->options->consulted, "consulted", &m->consulted, detail));
    CX_TRY(read_marks(m, m->options->not_consulted, "not-consulted", &m->not_consulted, detail));
    CX_TRY(read_recheck(m, detail));
    m->triage = m->options->triage;
    m->triage.consulted = m->consulted;
    m->triage.not_consulted = m->not_consulted;
    m->triage.recheck = m->recheck;
    return CX_SUCCESS;
}

/* ---- triage */

static cx_status
triage_all(struct making *m, struct cx_triage *triage, struct cx_run_writer *writer,
           struct cx_detail *detail)
{
    uint64_t all = cx_certificates_size(m->certificates);

    for (uint64_t n = 0;; n++) {
        const struct cx_triaged *triaged;

        CX_TRY(cx_triage_next(triage, &triaged, detail));
        if (triaged == NULL) {
            break;
        }
        cx_totals_add(m->totals, triaged);
        CX_TRY(cx_run_writer_add(writer, triaged));
        if (n % PROGRESS_EVERY == 0) {
            tell(m, "certificates triaged", n, all);
        }
    }
    return cx_run_writer_finish(writer, m->path, detail);
}

static cx_status
triage(struct making *m, struct cx_detail *detail)
{
    struct cx_triage *triage = NULL;
    struct cx_run_writer *writer = NULL;
    cx_status s = cx_run_writer_new(&writer);

    if (cx_ok(s)) {
        s = cx_triage_open(m->certificates, m->archive, &m->triage, NULL, 0, &triage);
    }
    if (cx_ok(s)) {
        s = triage_all(m, triage, writer, detail);
    }
    cx_triage_close(triage);
    cx_run_writer_free(writer);
    return s;
}

/* ---- the summary */

static struct cx_json *
own_to_json(const struct cx_policy *policy)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < policy->n_own; i++) {
        const struct cx_own *own = &policy->own[i];
        struct cx_json *one = cx_json_new_object();
        cx_time until = own->until != CX_TIME_MAX ? own->until : CX_TIME_NONE;

        one = cx_json_whole(one, cx_json_set(one, "name", cx_json_new_string(own->name)) &&
                                     cx_json_set_moment(one, "from", own->from) &&
                                     cx_json_set_moment(one, "until", until));
        complete = cx_json_add(json, one) && complete;
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
options_to_json(const struct making *m)
{
    const struct cx_triage_options *t = &m->triage;
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json,
        cx_json_set(json, "purpose", cx_json_new_text(cx_purpose_word(t->purpose))) &&
            cx_json_set(json, "profile", cx_json_new_text(cx_profile_word(t->profile))) &&
            cx_json_set(json, "own", own_to_json(t->policy)) &&
            cx_json_set_moment(json, "aware", t->aware) &&
            cx_json_set(json, "proof_grade", cx_json_new_text(cx_grade_word(t->proof))) &&
            cx_json_set(json, "rules_of",
                        t->has_rules_of ? cx_json_new_moment(t->rules_of) : cx_json_new_null()) &&
            cx_json_set(json, "policy", cx_json_copy(m->options->policy)));
}

/* What the run can be made again with: paths as they were given. */
static struct cx_json *
made_with(const struct cx_run_options *o)
{
    struct cx_json *json = cx_json_new_object();
    struct cx_json *lists = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < o->n_lists; i++) {
        complete = cx_json_add(lists, cx_json_new_text(o->lists[i])) && complete;
    }
    lists = cx_json_whole(lists, complete);
    return cx_json_whole(
        json, cx_json_set(json, "lists", lists) &&
                  cx_json_set(json, "format",
                              o->format != NULL ? cx_json_new_text(o->format->name)
                                                : cx_json_new_null()) &&
                  cx_json_set(json, "columns",
                              o->reader.mapping != NULL ? cx_json_copy(o->reader.mapping)
                                                        : cx_json_new_null()) &&
                  cx_json_set(json, "cause",
                              o->cause != NULL ? cx_json_new_text(o->cause) : cx_json_new_null()));
}

/* SHA-256 over what the run is made of: same inputs, options and program, same run. */
static cx_status
set_run_digest(struct cx_json *run)
{
    static const char *const members[] = { "program", "options", "inputs" };
    struct cx_hash digest;
    char text[CX_HASH_TEXT];
    struct cx_buf buf;
    cx_status s = CX_SUCCESS;

    cx_buf_init(&buf, CX_RESULT_MAX);
    for (size_t i = 0; i < CX_COUNT(members) && cx_ok(s); i++) {
        s = cx_json_write(cx_json_get(run, members[i]), &buf);
    }
    if (cx_ok(s)) {
        s = cx_sha256(cx_span_of_str(cx_buf_str(&buf)), digest.b);
    }
    cx_buf_done(&buf);
    CX_TRY(s);
    cx_hash_text(&digest, text);
    return cx_json_set(run, "run", cx_json_new_text(text)) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

static cx_status
set_archive(const struct making *m, struct cx_json *run)
{
    struct cx_json *json;
    struct cx_hash digest;
    char text[CX_HASH_TEXT];

    if (m->archive == NULL) {
        return cx_json_set(run, "archive", cx_json_new_null()) ? CX_SUCCESS
                                                               : (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(cx_archive_digest(m->archive, &digest));
    cx_hash_text(&digest, text);
    json = cx_json_new_object();
    json = cx_json_whole(
        json, cx_json_set(json, "path", cx_json_new_text(m->options->archive)) &&
                  cx_json_set(json, "digest", cx_json_new_text(text)) &&
                  cx_json_set_number(json, "observations", cx_archive_entries(m->archive)));
    return cx_json_set(run, "archive", json) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

static cx_status
write_summary(struct making *m, struct cx_json *run, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    struct cx_buf text;
    cx_status s;
    bool complete =
        cx_json_set_number(run, "schema", SCHEMA) &&
        cx_json_set(run, "program", cx_json_new_text(m->options->program)) &&
        cx_json_set_moment(run, "made", m->triage.now) &&
        cx_json_set(run, "title", cx_json_new_text(m->options->title)) &&
        cx_json_set(run, "options", options_to_json(m)) &&
        cx_json_set(run, "made_with", made_with(m->options)) &&
        cx_json_set(run, "inputs", cx_json_share(m->inputs)) &&
        cx_totals_to_json(m->totals, &m->triage, &m->counts, &m->caveats, run) &&
        cx_json_set(run, "statements", cx_totals_statements(m->totals, &m->triage, &m->caveats)) &&
        cx_json_set(run, "precedents",
                    m->options->cause != NULL ? cx_precedents_json(cx_str_of(m->options->cause))
                                              : cx_json_new_array());

    if (!complete) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(set_archive(m, run));
    CX_TRY(set_run_digest(run));
    CX_TRY(cx_path_make(&path, "%s/run.json", m->path));
    cx_buf_init(&text, CX_RESULT_MAX);
    s = cx_json_write_pretty(run, &text);
    if (cx_ok(s)) {
        s = cx_file_write(path, cx_buf_str(&text), detail);
    }
    cx_buf_done(&text);
    return s;
}

/* ---- the whole */

/* A folder that is not a run's is never written into; of one that is, the summary goes first, so that a run that is half made is
 * known as none. Until it is whole a file says that the folder is a run's all the same. */
static cx_status
prepare_folder(const char *path, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *summary = NULL;
    CX_AUTO(cx_path_free) char *unfinished = NULL;
    bool there;
    bool is_run;
    bool is_begun;

    CX_TRY(cx_path_make(&summary, "%s/run.json", path));
    CX_TRY(cx_path_make(&unfinished, "%s/" CX_RUN_UNFINISHED, path));
    CX_TRY(cx_path_exists(path, &there, detail));
    CX_TRY(cx_path_exists(summary, &is_run, detail));
    CX_TRY(cx_path_exists(unfinished, &is_begun, detail));
    if (there && !is_run && !is_begun && rmdir(path) != 0) {
        return cx_fail(detail, CX_E_USAGE, "%s: is there already and is not a run", path);
    }
    CX_TRY(cx_folder_make(path, detail));
    CX_TRY(cx_file_write(unfinished, CX_STR(""), detail));
    return cx_file_remove(summary, detail);
}

static cx_status
finish_folder(const char *path, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *unfinished = NULL;

    CX_TRY(cx_path_make(&unfinished, "%s/" CX_RUN_UNFINISHED, path));
    return cx_file_remove(unfinished, detail);
}

static cx_status
make(struct making *m, struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *run = cx_json_new_object();

    m->totals = cx_totals_new();
    m->inputs = cx_json_new_array();
    if (m->totals == NULL || m->inputs == NULL || run == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(prepare_folder(m->path, detail));
    CX_TRY(read_inputs(m, detail));
    CX_TRY(triage(m, detail));
    CX_TRY(write_summary(m, run, detail));
    return finish_folder(m->path, detail);
}

cx_status
cx_run_make(const char *path, const struct cx_run_options *options, struct cx_detail *detail)
{
    struct making m = { .path = path, .options = options };
    cx_status s = make(&m, detail);

    cx_certificates_close(m.certificates);
    cx_archive_close(m.archive);
    cx_marks_free(m.consulted);
    cx_marks_free(m.not_consulted);
    cx_recheck_free(m.recheck);
    cx_totals_free(m.totals);
    cx_json_free(m.inputs);
    return s;
}
