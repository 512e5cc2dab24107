#include "incident/run.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "incident/run_files.h"
#include "store/files.h"

#include <inttypes.h>
#include <unistd.h>

/* Certificates that have one id: a serial may be that of several issuers. */
#define FOUND_MAX 64

struct cx_run {
    char *path;
    struct cx_json *summary;
    struct cx_triage_options triage;
    struct cx_certificates *certificates;
    struct cx_archive *archive;
    struct cx_marks *consulted;
    struct cx_marks *not_consulted;
    struct cx_recheck *recheck;
    struct cx_row_lists lists;
    struct cx_arena arena; /* of lists */
    /* Of what is read now. */
    uint64_t *order;
    struct cx_triage *reading;
    enum cx_row_extent extent;
    struct cx_json *row;
};

/* ---- opening */

static cx_status
read_summary(struct cx_run *run, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    CX_AUTO(cx_path_free) char *unfinished = NULL;
    struct cx_buf text;
    int64_t schema;
    bool there;
    bool is_begun;
    cx_status s;

    CX_TRY(cx_path_make(&unfinished, "%s/" CX_RUN_UNFINISHED, run->path));
    CX_TRY(cx_path_exists(unfinished, &is_begun, detail));
    if (is_begun) {
        return cx_fail(detail, CX_E_STORE, "%s: the run was not finished; make it again",
                       run->path);
    }
    CX_TRY(cx_path_make(&path, "%s/run.json", run->path));
    CX_TRY(cx_path_exists(path, &there, detail));
    if (!there) {
        return cx_fail(detail, CX_E_STORE, "%s: not a run; caaproof triage --out makes one",
                       run->path);
    }
    cx_buf_init(&text, CX_RESULT_MAX);
    s = cx_file_read(path, &text, detail);
    if (cx_ok(s) &&
        (!cx_ok(cx_json_parse(cx_buf_str(&text), &run->summary, NULL)) ||
         !cx_json_integer(cx_json_get(run->summary, "schema"), &schema) || schema != 1)) {
        s = cx_fail(detail, CX_E_STORE, "%s: not the summary of a run, or of a newer program",
                    path);
    }
    cx_buf_done(&text);
    return s;
}

cx_status
cx_run_open(const char *path, struct cx_run **ret, struct cx_detail *detail)
{
    struct cx_run *run = cx_alloc(1, sizeof(*run));
    cx_status s;

    if (run == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    cx_arena_init(&run->arena, CX_RESULT_MAX);
    s = cx_path_make(&run->path, "%s", path);
    if (cx_ok(s)) {
        s = read_summary(run, detail);
    }
    if (!cx_ok(s)) {
        cx_run_close(run);
        return s;
    }
    *ret = run;
    return CX_SUCCESS;
}

static void
end_reading(struct cx_run *run)
{
    cx_triage_close(run->reading);
    cx_free(run->order);
    cx_json_free(run->row);
    run->reading = NULL;
    run->order = NULL;
    run->row = NULL;
}

void
cx_run_close(struct cx_run *run)
{
    if (run == NULL) {
        return;
    }
    end_reading(run);
    cx_certificates_close(run->certificates);
    cx_archive_close(run->archive);
    cx_marks_free(run->consulted);
    cx_marks_free(run->not_consulted);
    cx_recheck_free(run->recheck);
    cx_arena_done(&run->arena);
    cx_json_free(run->summary);
    cx_path_free(&run->path);
    cx_free(run);
}

const struct cx_json *
cx_run_summary(const struct cx_run *run)
{
    return run->summary;
}

const struct cx_triage_options *
cx_run_triage(const struct cx_run *run)
{
    return &run->triage;
}

void
cx_run_set_policy(struct cx_run *run, const struct cx_policy *policy)
{
    run->triage.policy = policy;
}

void
cx_run_set_rules_of(struct cx_run *run, cx_time date)
{
    run->triage.has_rules_of = true;
    run->triage.rules_of = date;
}

/* ---- attaching what the run was made of */

static cx_status
broken(const struct cx_run *run, const char *member, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_STORE, "%s/run.json: no good \"%s\"; make the run again", run->path,
                   member);
}

static cx_str
text_of(const struct cx_json *json, const char *member)
{
    cx_str text = { "", 0 };

    (void)cx_json_string(cx_json_get(json, member),
                         &text); /* else empty, which no caller accepts */
    return text;
}

static cx_status
read_options(struct cx_run *run, const struct cx_policy *policy, struct cx_detail *detail)
{
    const struct cx_json *options = cx_json_get(run->summary, "options");
    struct cx_triage_options *t = &run->triage;
    cx_str rules_of = text_of(options, "rules_of");

    t->policy = policy;
    t->purpose = cx_purpose_of_word(text_of(options, "purpose"));
    t->profile = cx_profile_of_word(text_of(options, "profile"));
    t->proof = cx_grade_of_word(text_of(options, "proof_grade"));
    t->has_rules_of = rules_of.n != 0;
    if (t->purpose == CX_PURPOSE_UNSET || t->profile == CX_PROFILE_UNSET ||
        t->proof == CX_GRADE_UNSET || !cx_ok(cx_time_parse(text_of(options, "aware"), &t->aware)) ||
        !cx_ok(cx_time_parse(text_of(run->summary, "made"), &t->now)) ||
        (t->has_rules_of && !cx_ok(cx_time_parse(rules_of, &t->rules_of)))) {
        return broken(run, "options", detail);
    }
    return CX_SUCCESS;
}

static cx_status
changed(const char *path, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_STORE, "%s: has changed since the run was made; make the run again",
                   path);
}

/* A path of run.json with its NUL; paths with octets that had to be escaped cannot be read again. */
static cx_status
path_of(const struct cx_json *input, struct cx_arena *arena, const char **ret,
        struct cx_detail *detail)
{
    cx_str text;

    CX_TRY(cx_arena_text(arena, text_of(input, "path"), &text));
    *ret = text.p;
    return access(text.p, F_OK) == 0
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_IO,
                         "%s: not there; a run is read with the files that it was made of, from "
                         "the folder in which it was made",
                         text.p);
}

static cx_status
check_digest(const struct cx_json *input, const char *path, const struct cx_hash *digest,
             struct cx_detail *detail)
{
    struct cx_hash wanted;

    return cx_hash_of_text(text_of(input, "sha256"), &wanted) && cx_hash_equal(&wanted, digest)
               ? CX_SUCCESS
               : changed(path, detail);
}

/* The files that a run is read with again; of certificates and archives it has its own. */
static cx_status
attach_input(struct cx_run *run, const struct cx_json *input, struct cx_detail *detail)
{
    cx_str kind = text_of(input, "kind");
    struct cx_hash digest;
    const char *path;
    uint64_t n;

    if (cx_str_equal(kind, CX_STR("certificates")) || cx_str_equal(kind, CX_STR("archive"))) {
        return CX_SUCCESS;
    }
    CX_TRY(path_of(input, &run->arena, &path, detail));
    if (cx_str_equal(kind, CX_STR("consulted"))) {
        CX_TRY(cx_marks_read(path, &run->consulted, &n, &digest, detail));
    } else if (cx_str_equal(kind, CX_STR("not-consulted"))) {
        CX_TRY(cx_marks_read(path, &run->not_consulted, &n, &digest, detail));
    } else if (cx_str_equal(kind, CX_STR("recheck"))) {
        CX_TRY(cx_recheck_read(path, &run->recheck, &n, &digest, detail));
    } else {
        return CX_SUCCESS;
    }
    return check_digest(input, path, &digest, detail);
}

static cx_status
attach_inputs(struct cx_run *run, struct cx_detail *detail)
{
    const struct cx_json *inputs = cx_json_get(run->summary, "inputs");
    size_t n = cx_json_size(inputs);
    cx_str *lists = cx_arena_get(&run->arena, n, sizeof(*lists));

    if (lists == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    run->lists.paths = lists;
    for (size_t i = 0; i < n; i++) {
        const struct cx_json *input = cx_json_at(inputs, i);

        if (cx_str_equal(text_of(input, "kind"), CX_STR("certificates"))) {
            lists[run->lists.n++] = text_of(input, "path");
        }
        CX_TRY(attach_input(run, input, detail));
    }
    run->triage.consulted = run->consulted;
    run->triage.not_consulted = run->not_consulted;
    run->triage.recheck = run->recheck;
    return CX_SUCCESS;
}

static cx_status
attach_archive(struct cx_run *run, struct cx_detail *detail)
{
    const struct cx_json *archive = cx_json_get(run->summary, "archive");
    struct cx_hash digest;
    struct cx_hash wanted;
    const char *path;

    if (cx_json_kind_of(archive) == CX_JSON_NULL) {
        return CX_SUCCESS;
    }
    if (!cx_hash_of_text(text_of(archive, "digest"), &wanted)) {
        return broken(run, "archive", detail);
    }
    CX_TRY(path_of(archive, &run->arena, &path, detail));
    CX_TRY(cx_archive_open(path, &run->archive, detail));
    CX_TRY(cx_archive_digest(run->archive, &digest));
    return cx_hash_equal(&digest, &wanted) ? CX_SUCCESS : changed(path, detail);
}

cx_status
cx_run_attach(struct cx_run *run, const struct cx_policy *policy, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;

    CX_TRY(read_options(run, policy, detail));
    CX_TRY(attach_inputs(run, detail));
    CX_TRY(attach_archive(run, detail));
    CX_TRY(cx_path_make(&path, "%s/certificates", run->path));
    return cx_certificates_open(path, &run->certificates, detail);
}

/* ---- certificates */

static cx_status
begin(struct cx_run *run, uint64_t n)
{
    return cx_triage_open(run->certificates, run->archive, &run->triage, run->order, n,
                          &run->reading);
}

cx_status
cx_run_begin(struct cx_run *run, uint64_t most, struct cx_detail *detail)
{
    uint64_t n = cx_certificates_size(run->certificates);

    end_reading(run);
    CX_TRY(cx_run_order_read(run->path, n, &run->order, detail));
    return begin(run, most != 0 && most < n ? most : n);
}

cx_status
cx_run_next(struct cx_run *run, const struct cx_triaged **ret, struct cx_detail *detail)
{
    return cx_triage_next(run->reading, ret, detail);
}

static cx_status
next_row(void *ctx, const struct cx_json **ret, struct cx_detail *detail)
{
    struct cx_run *run = ctx;
    const struct cx_triaged *triaged;

    *ret = NULL;
    cx_json_free(run->row);
    run->row = NULL;
    CX_TRY(cx_run_next(run, &triaged, detail));
    if (triaged != NULL) {
        const struct cx_row_context context = { run->archive, &run->triage, &run->lists,
                                                run->extent };

        CX_TRY(cx_row_to_json(triaged, &context, &run->row));
        *ret = run->row;
    }
    return CX_SUCCESS;
}

struct cx_report_rows
cx_run_rows(struct cx_run *run, enum cx_row_extent extent)
{
    run->extent = extent;
    return (struct cx_report_rows){ next_row, run };
}

/* ---- one certificate */

static bool
has_id(const struct cx_certificate *c, cx_span id)
{
    return (c->has_certificate && cx_span_equal(id, (cx_span){ c->certificate.b, CX_HASH_SIZE })) ||
           (c->has_precertificate &&
            cx_span_equal(id, (cx_span){ c->precertificate.b, CX_HASH_SIZE })) ||
           cx_span_equal(id, c->issued.serial);
}

/* Of the positions found those whose certificate really has the id, each once. */
static cx_status
confirm(struct cx_run *run, cx_span id, const uint64_t *found, size_t n, uint64_t *ret_n,
        struct cx_detail *detail)
{
    struct cx_arena arena;
    cx_status s = CX_SUCCESS;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    for (size_t i = 0; i < n && cx_ok(s); i++) {
        struct cx_certificate c;

        s = cx_certificates_at(run->certificates, found[i], &arena, &c, detail);
        if (cx_ok(s) && has_id(&c, id) && (i == 0 || found[i] != found[i - 1])) {
            run->order[(*ret_n)++] = found[i];
        }
    }
    cx_arena_done(&arena);
    return s;
}

cx_status
cx_run_begin_found(struct cx_run *run, cx_str text, struct cx_detail *detail)
{
    uint64_t found[FOUND_MAX];
    struct cx_id wanted;
    cx_span id;
    uint64_t confirmed = 0;
    size_t n = 0;

    if (!cx_id_of_text(text, &wanted)) {
        return cx_fail(detail, CX_E_USAGE,
                       "\"%.*s\" is neither a serial nor a SHA-256 in hexadecimal",
                       (int)(text.n < 80 ? text.n : 80), text.p);
    }
    end_reading(run);
    id = (cx_span){ wanted.octets, wanted.n };
    CX_TRY(cx_run_index_find(run->path, id, found, FOUND_MAX, &n, detail));
    run->order = cx_alloc(n + 1, sizeof(*run->order));
    if (run->order == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(confirm(run, id, found, n, &confirmed, detail));
    return begin(run, confirmed);
}

/* ---- two runs */

struct differing {
    struct cx_run *before;
    struct cx_run *after;
    struct cx_run_result *was;
    struct cx_run_result *is;
    bool *met; /* certificates of after that before has too */
    struct cx_arena arena;
};

static bool
same_result(const struct cx_run_result *a, const struct cx_run_result *b)
{
    return a->class == b->class && a->grade == b->grade && a->process == b->process &&
           a->status == b->status && a->now == b->now && a->duty == b->duty &&
           a->verdict == b->verdict && a->reasons == b->reasons &&
           memcmp(a->revoke, b->revoke, sizeof(a->revoke)) == 0;
}

static cx_span
id_of(const struct cx_certificate *c)
{
    return c->has_certificate      ? (cx_span){ c->certificate.b, CX_HASH_SIZE }
           : c->has_precertificate ? (cx_span){ c->precertificate.b, CX_HASH_SIZE }
                                   : c->issued.serial;
}

/* Where after has the certificate. */
static cx_status
find_same(struct differing *d, const struct cx_certificate *c, uint64_t *ret, bool *ret_found,
          struct cx_detail *detail)
{
    uint64_t found[FOUND_MAX];
    size_t n;

    *ret_found = false;
    CX_TRY(cx_run_index_find(d->after->path, id_of(c), found, FOUND_MAX, &n, detail));
    for (size_t i = 0; i < n && !*ret_found; i++) {
        struct cx_certificate other;

        CX_TRY(cx_certificates_at(d->after->certificates, found[i], &d->arena, &other, detail));
        *ret_found = has_id(&other, id_of(c)) &&
                     (c->has_certificate || c->has_precertificate ||
                      (other.has_issuer && c->has_issuer &&
                       cx_hash_equal(&other.issued.issuer_key, &c->issued.issuer_key)));
        *ret = found[i];
    }
    return CX_SUCCESS;
}

typedef cx_status visit_difference(void *ctx, const struct cx_run_difference *difference,
                                   struct cx_detail *detail);

static cx_status
compare_before(struct differing *d, visit_difference *visit, void *ctx, struct cx_detail *detail)
{
    for (uint64_t i = 0; i < cx_certificates_size(d->before->certificates); i++) {
        struct cx_certificate c;
        uint64_t at = 0;
        bool found;

        cx_arena_reset(&d->arena);
        CX_TRY(cx_certificates_at(d->before->certificates, i, &d->arena, &c, detail));
        CX_TRY(find_same(d, &c, &at, &found, detail));
        if (found) {
            d->met[at] = true;
        }
        if (!found || !same_result(&d->was[i], &d->is[at])) {
            const struct cx_run_difference difference = { &c, &d->was[i],
                                                          found ? &d->is[at] : NULL };

            CX_TRY(visit(ctx, &difference, detail));
        }
    }
    return CX_SUCCESS;
}

static cx_status
compare_after(struct differing *d, visit_difference *visit, void *ctx, struct cx_detail *detail)
{
    for (uint64_t i = 0; i < cx_certificates_size(d->after->certificates); i++) {
        struct cx_certificate c;
        const struct cx_run_difference difference = { &c, NULL, &d->is[i] };

        if (!d->met[i]) {
            cx_arena_reset(&d->arena);
            CX_TRY(cx_certificates_at(d->after->certificates, i, &d->arena, &c, detail));
            CX_TRY(visit(ctx, &difference, detail));
        }
    }
    return CX_SUCCESS;
}

static cx_status
compare(struct differing *d, visit_difference *visit, void *ctx, struct cx_detail *detail)
{
    uint64_t n = cx_certificates_size(d->after->certificates);

    CX_TRY(cx_run_results_read(d->before->path, cx_certificates_size(d->before->certificates),
                               &d->was, detail));
    CX_TRY(cx_run_results_read(d->after->path, n, &d->is, detail));
    d->met = cx_alloc(n != 0 ? (size_t)n : 1, sizeof(*d->met));
    if (d->met == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(compare_before(d, visit, ctx, detail));
    return compare_after(d, visit, ctx, detail);
}

cx_status
cx_run_diff(struct cx_run *before, struct cx_run *after, visit_difference *visit, void *ctx,
            struct cx_detail *detail)
{
    struct differing d = { .before = before, .after = after };
    cx_status s;

    cx_arena_init(&d.arena, CX_CHECK_MEMORY);
    s = compare(&d, visit, ctx, detail);
    cx_arena_done(&d.arena);
    cx_free(d.was);
    cx_free(d.is);
    cx_free(d.met);
    return s;
}
