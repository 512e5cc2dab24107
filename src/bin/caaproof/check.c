#include "base/file.h"
#include "bin/caaproof/batch.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/human.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/recording.h"
#include "domain/subject.h"
#include "engine/messages.h"
#include "engine/problem.h"
#include "engine/result.h"
#include "evidence/proof.h"
#include "pki/certificate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: caaproof check NAME... --issuer D [options]\n"
    "       caaproof check --cert FILE --issuer D [options]\n"
    "       caaproof check --batch [options]        NDJSON requests in, results out\n"
    "\n"
    "Says whether the CA whose issuer domain name is D may issue for the names, and why.\n"
    "\n"
    "What is asked\n"
    "  --issuer D         issuer domain name of the CA (repeatable)\n"
    "  --account-uri U    URI of the requesting account (repeatable)\n"
    "  --method M         validation method performed: dns-01, http-01, 3.2.2.4.7, ... "
    "(repeatable)\n"
    "  --purpose P        tls (default), smime, vmc, tls+smime\n"
    "  --profile B        tls-br, smime-br, vmc, private, proposal-2016\n"
    "  --date T           judge by the rules of this moment (2018-03-01 or 2018-03-01T12:00:00Z)\n"
    "  --order O          bottom-up (default), top-down, parallel\n"
    "  --policy FILE      the CA's switches as JSON (docs/json.md); --facts FILE likewise\n"
    "  --perspectives FILE    the CA's remote perspectives as JSON (docs/mpic.md)\n"
    "  --corroboration FILE   what they saw: responses of Open MPIC, by name\n"
    "  --cert FILE        names of a certificate, precertificate or request, PEM or DER\n"
    "\n"
    "Where answers come from: the live DNS with DNSSEC, unless\n"
    "  --zone FILE        zone file, to test records before they are published (repeatable)\n"
    "  --answers FILE     recorded answers, one JSON object a line\n" OPTIONS_LIVE_HELP
    "\n" OPTIONS_RECORD_HELP "\n"
    "What is printed\n"
    "  --explain          every rule that was applied, as a sentence\n"
    "  --json             one result object (docs/json.md); --evidence adds the DNS messages\n"
    "  --problem          what the applicant of an ACME order is told, as a problem document (RFC "
    "8555); with\n"
    "                     --json or --batch in each result\n"
    "  --accept LIST      exit 0 also for lf, exempt, na\n"
    "  --in-flight N      with --batch: checks under way at once (default 500)\n"
    "  --processes N      processes that resolve (default with --batch: one a core, at most 8)\n"
    "  --stats            with --batch: what the cache did, at the end on standard error\n"
    "\n"
    "Exit status: 0 PERMIT; 10 DENY; 11 FAIL or ARGUABLE; 12 PERMIT-LF; 13 EXEMPT or NA; 64-78 "
    "errors.\n"
    "\n"
    "Try: caaproof check www.example.org --issuer ca.example.net --explain\n";

/* The result of the one check, shown. */
struct single {
    const struct options *options;
    struct recording *recording; /* NULL: it is not recorded */
    struct cx_recorded record;
    struct cx_buf permit;
    bool has_record;
    bool done;
    int exit;
};

static int
print_json(const struct single *single, const struct cx_check *check)
{
    struct cx_json *json = single->options->evidence ? cx_result_with_messages_to_json(check)
                                                     : cx_result_to_json(check);
    cx_status s;

    if (single->has_record) {
        json = cx_json_whole(json, cx_json_set(json, "record",
                                               recording_json(single->recording, &single->record,
                                                              cx_buf_str(&single->permit))));
    }
    if (single->options->problem) {
        json = cx_problem_set(check, json);
    }
    s = output_json(json);
    cx_json_free(json);
    return cx_ok(s) ? EXIT_SUCCESS : exit_with(s, NULL);
}

/* The document alone; nothing where there is no problem. */
static int
print_problem(const struct cx_check *check)
{
    struct cx_json *problem;
    cx_status s = cx_problem_of(check, &problem);

    if (cx_ok(s) && problem != NULL) {
        s = output_json(problem);
        cx_json_free(problem);
    }
    return cx_ok(s) ? EXIT_SUCCESS : exit_with(s, NULL);
}

static void
print_record(const struct single *single)
{
    char expires[CX_TIME_TEXT];

    printf("  recorded as %" PRIu64 "/%" PRIu64 " of %s", single->record.shard,
           single->record.index, cx_log_key(single->recording->log)->name);
    if (single->record.expires != CX_TIME_NONE) {
        cx_time_format(single->record.expires, expires);
        printf("; a permit until %s", expires);
    }
    fputc('\n', stdout);
}

static void
show(struct single *single, const struct cx_check *check)
{
    const struct options *o = single->options;

    single->exit = exit_of_verdict(check->conclusion.verdict, &o->accepted);
    if (o->json || o->problem) {
        int printed = o->json ? print_json(single, check) : print_problem(check);

        single->exit = printed != EXIT_SUCCESS ? printed : single->exit;
    } else if (cx_ok(check->status)) {
        human_check(stdout, check, o->explain);
        if (single->has_record) {
            print_record(single);
        }
    }
    if (!cx_ok(check->status)) {
        single->exit = exit_with(check->status, &check->detail);
    }
    single->exit = exit_with_output(single->exit);
}

/* Into the log, and there to stay; then its permit. */
static cx_status
record(struct single *single, struct cx_check *check, struct cx_detail *detail)
{
    struct cx_recorder *recorder = single->recording->recorder;
    const struct options *o = single->options;

    CX_TRY(cx_recorder_add(recorder, check, &single->recording->terms, cx_time_now_ms(),
                           &single->record, detail));
    CX_TRY(cx_recorder_commit(recorder, detail));
    single->has_record = true;
    if (o->authority == NULL || single->record.expires == CX_TIME_NONE) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_recorder_permit(recorder, &single->record, &single->permit, detail));
    return o->permit == NULL ? CX_SUCCESS
                             : cx_file_write(o->permit, cx_buf_str(&single->permit), detail);
}

/* A verdict that should have been recorded and was not is none. */
static void
finished(void *ctx, struct cx_check *check)
{
    struct single *single = ctx;
    struct cx_detail detail = { .text = "" };
    cx_status s = CX_SUCCESS;

    single->done = true;
    if (single->recording != NULL && cx_ok(check->status)) {
        s = record(single, check, &detail);
    }
    if (!cx_ok(s)) {
        check->status = s;
        check->detail = detail;
    }
    show(single, check);
}

static int
check_once(const struct options *o, const struct cx_source *source, struct recording *recording)
{
    struct single single = { .options = o, .recording = recording, .exit = EX_SOFTWARE };
    struct cx_check *check = cx_check_new();

    if (check == NULL) {
        return exit_with((cx_status){ CX_E_NOMEM }, NULL);
    }
    cx_buf_init(&single.permit, CX_PROOF_OCTETS_MAX);
    cx_check_start(check, o->request, NULL, source, cx_time_now(), finished, &single);
    while (!single.done) {
        if (!cx_ok(cx_source_wait(source))) {
            return exit_with((cx_status){ CX_E_RESOLVER }, NULL);
        }
    }
    cx_check_free(check);
    cx_buf_done(&single.permit);
    return single.exit;
}

static bool
add_name(struct cx_json *names, cx_str name)
{
    return cx_json_add(names, cx_json_new_string(name));
}

/* What the certificate is for. An applicant writes the key usages of a request: one for marks beside others must not
 * lead past the property that binds these. */
static cx_status
take_purpose(const struct options *o, const struct cx_certificate_names *certificate, bool mail,
             bool dns, struct cx_detail *detail)
{
    const char *purpose = certificate->eku_mark ? "vmc"
                          : mail && dns         ? "tls+smime"
                          : mail                ? "smime"
                                                : "tls";

    if (certificate->eku_mark && certificate->kind == CX_CERTIFICATE_REQUEST) {
        /* Only issuevmc would bind, and the applicant wrote the request. */
        return cx_fail(detail, CX_E_CERTIFICATE,
                       "%s: a request cannot choose to be for a mark; say so with --purpose vmc",
                       o->cert);
    }
    if (certificate->eku_mark &&
        (certificate->eku_server_auth || certificate->eku_email_protection)) {
        return cx_fail(detail, CX_E_CERTIFICATE,
                       "%s: for marks and for servers or mail at once; say which with --purpose",
                       o->cert);
    }
    return cx_json_set(o->request, "purpose", cx_json_new_text(purpose))
               ? CX_SUCCESS
               : (cx_status){ CX_E_NOMEM };
}

/* Names of the certificate, and its purpose unless the caller gave one. */
static cx_status
take_certificate(const struct options *o, struct cx_json *names, struct cx_detail *detail)
{
    struct cx_certificate_names certificate;
    bool mail = false, dns = false;
    struct cx_arena arena;
    struct cx_buf buf;
    cx_status s;

    cx_buf_init(&buf, CX_FILE_MAX);
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    s = input_file(o->cert, &buf, detail);
    if (cx_ok(s)) {
        s = cx_certificate_read(cx_span_of_str(cx_buf_str(&buf)), &arena, &certificate, detail);
    }
    for (size_t i = 0; cx_ok(s) && i < certificate.n; i++) {
        cx_str name = certificate.v[i].text;

        mail = mail || cx_is_mailbox(name);
        dns = dns || !cx_is_mailbox(name);
        s = add_name(names, name)
                ? CX_SUCCESS
                : cx_fail(detail, CX_E_CERTIFICATE, "%s: a name is not UTF-8", o->cert);
    }
    if (cx_ok(s) && cx_json_size(names) == 0) {
        s = cx_fail(detail, CX_E_CERTIFICATE, "%s: no names in it", o->cert);
    }
    if (cx_ok(s) && !o->has_purpose) {
        s = take_purpose(o, &certificate, mail, dns, detail);
    }
    cx_arena_done(&arena);
    cx_buf_done(&buf);
    return s;
}

static cx_status
take_names(const struct options *o, int argc, char **argv, int first, struct cx_detail *detail)
{
    struct cx_json *names = cx_json_new_array();
    cx_status s = CX_SUCCESS;

    for (int i = first; cx_ok(s) && i < argc; i++) {
        s = add_name(names, cx_str_of(argv[i]))
                ? CX_SUCCESS
                : cx_fail(detail, CX_E_NAME, "%s: not UTF-8", argv[i]);
    }
    if (cx_ok(s) && o->cert != NULL) {
        s = take_certificate(o, names, detail);
    }
    if (cx_ok(s) && cx_json_size(names) == 0) {
        s = cx_fail(detail, CX_E_USAGE, "no name given; see caaproof check --help");
    }
    return cx_json_set(o->request, "names", names) || !cx_ok(s) ? s : (cx_status){ CX_E_NOMEM };
}

static int
check_all(const struct options *o, const struct cx_source *source, struct recording *recording)
{
    struct recording *used = o->record != NULL ? recording : NULL;

    return o->batch ? batch_run(o, source, used) : check_once(o, source, used);
}

static int
check_with(struct options *o, int argc, char **argv, int first)
{
    struct cx_detail detail = { .text = "" };
    struct cx_source source = { .ops = NULL };
    struct recording recording = { .log = NULL };
    cx_status s = CX_SUCCESS;
    int code;

    if (o->batch && (first < argc || o->cert != NULL)) {
        s = cx_fail(&detail, CX_E_USAGE, "--batch takes its names from standard input");
    } else if (!o->batch) {
        s = take_names(o, argc, argv, first, &detail);
    }
    if (cx_ok(s) && o->record != NULL) {
        s = recording_open(o, &recording, &detail);
    }
    if (cx_ok(s)) {
        s = options_source(o, &source, &detail);
    }
    code = !cx_ok(s) ? exit_with(s, &detail) : check_all(o, &source, &recording);
    cx_source_close(&source);
    recording_close(&recording);
    return code;
}

int
command_check(int argc, char **argv)
{
    struct options options;
    int first = options_parse(argc, argv, usage, &options);
    int code = first < 0 ? options.exit : check_with(&options, argc, argv, first);

    options_done(&options);
    return code;
}
