#include "bin/caaproof/options.h"

#include "base/limits.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"
#include "resolve/cache.h"
#include "resolve/forked_workers.h"
#include "resolve/library.h"
#include "resolve/live.h"
#include "resolve/recorded.h"
#include "resolve/zone.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    OPT_ISSUER = 256,
    OPT_ACCOUNT,
    OPT_METHOD,
    OPT_PURPOSE,
    OPT_PROFILE,
    OPT_DATE,
    OPT_ORDER,
    OPT_POLICY,
    OPT_FACTS,
    OPT_PERSPECTIVES,
    OPT_CORROBORATION,
    OPT_ZONE,
    OPT_ANSWERS,
    OPT_HINTS,
    OPT_ANCHOR,
    OPT_FORWARD,
    OPT_NO_TAP,
    OPT_NO_PROOF,
    OPT_NO_RETRY,
    OPT_CONTROL,
    OPT_CACHE_TTL,
    OPT_PROCESSES,
    OPT_STATS,
    OPT_EVIDENCE,
    OPT_NO_OPENSSL_P256,
    OPT_CERT,
    OPT_ACCEPT,
    OPT_BATCH,
    OPT_IN_FLIGHT,
    OPT_JSON,
    OPT_EXPLAIN,
    OPT_PROBLEM,
    OPT_RECORD,
    OPT_LOG_KEYS,
    OPT_AUTHORITY,
    OPT_PERMIT,
    OPT_PERMITS,
    OPT_PERMIT_LIFE,
    OPT_KEEP,
    OPT_HELP,
};

static const struct option long_options[] = {
    { "issuer", required_argument, NULL, OPT_ISSUER },
    { "account-uri", required_argument, NULL, OPT_ACCOUNT },
    { "method", required_argument, NULL, OPT_METHOD },
    { "purpose", required_argument, NULL, OPT_PURPOSE },
    { "profile", required_argument, NULL, OPT_PROFILE },
    { "date", required_argument, NULL, OPT_DATE },
    { "order", required_argument, NULL, OPT_ORDER },
    { "policy", required_argument, NULL, OPT_POLICY },
    { "facts", required_argument, NULL, OPT_FACTS },
    { "perspectives", required_argument, NULL, OPT_PERSPECTIVES },
    { "corroboration", required_argument, NULL, OPT_CORROBORATION },
    { "zone", required_argument, NULL, OPT_ZONE },
    { "answers", required_argument, NULL, OPT_ANSWERS },
    { "root-hints", required_argument, NULL, OPT_HINTS },
    { "anchor", required_argument, NULL, OPT_ANCHOR },
    { "forward", required_argument, NULL, OPT_FORWARD },
    { "no-tap", no_argument, NULL, OPT_NO_TAP },
    { "no-proof", no_argument, NULL, OPT_NO_PROOF },
    { "no-retry", no_argument, NULL, OPT_NO_RETRY },
    { "control", required_argument, NULL, OPT_CONTROL },
    { "cache-ttl", required_argument, NULL, OPT_CACHE_TTL },
    { "processes", required_argument, NULL, OPT_PROCESSES },
    { "stats", no_argument, NULL, OPT_STATS },
    { "evidence", no_argument, NULL, OPT_EVIDENCE },
    { "no-openssl-p256", no_argument, NULL, OPT_NO_OPENSSL_P256 },
    { "cert", required_argument, NULL, OPT_CERT },
    { "accept", required_argument, NULL, OPT_ACCEPT },
    { "batch", no_argument, NULL, OPT_BATCH },
    { "in-flight", required_argument, NULL, OPT_IN_FLIGHT },
    { "json", no_argument, NULL, OPT_JSON },
    { "explain", no_argument, NULL, OPT_EXPLAIN },
    { "problem", no_argument, NULL, OPT_PROBLEM },
    { "record", required_argument, NULL, OPT_RECORD },
    { "log-keys", required_argument, NULL, OPT_LOG_KEYS },
    { "authority", required_argument, NULL, OPT_AUTHORITY },
    { "permit", required_argument, NULL, OPT_PERMIT },
    { "permits", no_argument, NULL, OPT_PERMITS },
    { "permit-life", required_argument, NULL, OPT_PERMIT_LIFE },
    { "keep", required_argument, NULL, OPT_KEEP },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

int
options_walk(int argc, char **argv, const struct option *known, const char *usage,
             bool (*take)(void *ctx, int option, const char *value), void *ctx, int *ret_exit)
{
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == OPTIONS_HELP) {
            fputs(usage, stdout);
            *ret_exit = exit_with_output(EXIT_SUCCESS);
            return -1;
        }
        if (option == '?' || !take(ctx, option, optarg)) {
            fprintf(stderr, "see caaproof %s --help\n", argv[0]);
            *ret_exit = EX_USAGE;
            return -1;
        }
    }
    return optind;
}

bool
options_complain(const char *what, const char *value)
{
    fprintf(stderr, "caaproof: %s: ", what);
    output_plain(stderr, cx_str_of(value));
    fputc('\n', stderr);
    return false;
}

bool
options_number(const char *value, unsigned long most, const char *what, unsigned long *ret)
{
    unsigned long n = 0;

    for (const char *p = value; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || n > most / 10) {
            return options_complain(what, value);
        }
        n = n * 10 + (unsigned long)(*p - '0');
    }
    if (n < 1 || n > most) {
        return options_complain(what, value);
    }
    *ret = n;
    return true;
}

bool
options_zone(const char *value, int32_t *ret_s)
{
    struct cx_buf text;
    cx_time shifted = 0;
    bool good;

    cx_buf_init(&text, CX_LINE_MAX);
    cx_buf_printf(&text, "1970-01-02T00:00:00%s", value);
    good = cx_buf_ok(&text) && cx_ok(cx_time_parse(cx_buf_str(&text), &shifted));
    cx_buf_done(&text);
    *ret_s = (int32_t)(86400 - shifted);
    return good || options_complain("--zone takes an offset such as +02:00, or Z", value);
}

/* Appends to an array member, for options that may be repeated. */
static bool
add_text(struct cx_json *request, const char *member, const char *value)
{
    /* The request is ours: the array was built here and may be changed. */
    struct cx_json *array = (struct cx_json *)(uintptr_t)cx_json_get(request, member);
    struct cx_json *json = cx_json_new_text(value);

    if (json == NULL) {
        return options_complain("not UTF-8", member);
    }
    if (array == NULL) {
        array = cx_json_new_array();
        return cx_json_add(array, json) && cx_json_set(request, member, array);
    }
    return cx_json_add(array, json);
}

static bool
set_text(struct cx_json *request, const char *member, const char *value)
{
    return cx_json_set(request, member, cx_json_new_text(value)) ||
           options_complain("not UTF-8", member);
}

static bool
set_file(struct options *o, const char *member, const char *path)
{
    struct cx_detail detail = { .text = "" };
    struct cx_json *json = NULL;
    cx_status s = input_json(path, &json, &detail);

    if (!cx_ok(s)) {
        o->exit = exit_of_status(s);
        return options_complain(member, detail.text);
    }
    return cx_json_set(o->request, member, json);
}

static bool
set_accepted(struct accepted *accepted, const char *list)
{
    const struct {
        const char *word;
        bool *flag;
    } words[] = { { "lf", &accepted->lf },
                  { "exempt", &accepted->exempt },
                  { "na", &accepted->na } };

    while (*list != '\0') {
        size_t n = strcspn(list, ","), i = 0;

        while (i < CX_COUNT(words) &&
               !cx_str_equal((cx_str){ list, n }, cx_str_of(words[i].word))) {
            i++;
        }
        if (i == CX_COUNT(words)) {
            return options_complain("--accept takes lf, exempt, na, separated by commas", list);
        }
        *words[i].flag = true;
        list += n + (list[n] == ',' ? 1 : 0);
    }
    return true;
}

static bool
add_zone(struct options *o, const char *path)
{
    if (o->n_zones == ZONES_MAX) {
        return options_complain("too many --zone options", path);
    }
    o->zones[o->n_zones++] = path;
    return true;
}

static bool
take_request_option(struct options *o, int option, const char *value)
{
    switch (option) {
    case OPT_ISSUER:
        return add_text(o->request, "issuer", value);
    case OPT_ACCOUNT:
        return add_text(o->request, "account_uri", value);
    case OPT_METHOD:
        return add_text(o->request, "method", value);
    case OPT_PURPOSE:
        o->has_purpose = true;
        return set_text(o->request, "purpose", value);
    case OPT_PROFILE:
        return set_text(o->request, "profile", value);
    case OPT_DATE:
        return set_text(o->request, "date", value);
    case OPT_ORDER:
        return set_text(o->request, "order", value);
    case OPT_POLICY:
        return set_file(o, "policy", value);
    case OPT_FACTS:
        return set_file(o, "facts", value);
    case OPT_PERSPECTIVES:
        return set_file(o, "perspectives", value);
    case OPT_CORROBORATION:
        return set_file(o, "corroboration", value);
    default:
        return false;
    }
}

static bool
set_keep(struct options *o, const char *word)
{
    o->keep = cx_messages_of_word(cx_str_of(word));
    return o->keep != CX_MESSAGES_UNSET ||
           options_complain("--keep takes full, proof or digest", word);
}

static bool
take_record_option(struct options *o, int option, const char *value)
{
    switch (option) {
    case OPT_RECORD:
        o->record = value;
        return true;
    case OPT_LOG_KEYS:
        o->log_keys = value;
        return true;
    case OPT_AUTHORITY:
        o->authority = value;
        return true;
    case OPT_PERMIT:
        o->permit = value;
        return true;
    case OPT_PERMITS:
        o->permits = true;
        return true;
    case OPT_PERMIT_LIFE:
        return options_number(value, 86400, "--permit-life takes seconds, from 1 to 86400",
                              &o->permit_life);
    case OPT_KEEP:
        return set_keep(o, value);
    default:
        return take_request_option(o, option, value);
    }
}

static bool
take_output_option(struct options *o, int option, const char *value)
{
    switch (option) {
    case OPT_ACCEPT:
        return set_accepted(&o->accepted, value);
    case OPT_BATCH:
        o->batch = true;
        return true;
    case OPT_IN_FLIGHT:
        return options_number(value, 100000, "--in-flight takes a number from 1 to 100000",
                              &o->in_flight);
    case OPT_JSON:
        o->json = true;
        return true;
    case OPT_EXPLAIN:
        o->explain = true;
        return true;
    case OPT_PROBLEM:
        o->problem = true;
        return true;
    case OPT_EVIDENCE:
        o->evidence = true;
        return true;
    case OPT_STATS:
        o->stats = true;
        return true;
    default:
        return take_record_option(o, option, value);
    }
}

static bool
add_control(struct options *o, const char *name)
{
    if (o->n_control == CX_CONTROL_NAMES_MAX) {
        return options_complain("too many --control options", name);
    }
    o->control[o->n_control++] = name;
    return true;
}

static bool
take_live_option(struct options *o, int option, const char *value)
{
    switch (option) {
    case OPT_HINTS:
        o->root_hints = value;
        return true;
    case OPT_ANCHOR:
        o->anchor = value;
        return true;
    case OPT_FORWARD:
        o->forward = value;
        return true;
    case OPT_NO_TAP:
        o->no_tap = true;
        return true;
    case OPT_NO_OPENSSL_P256:
        o->no_openssl_p256 = true;
        return true;
    case OPT_NO_PROOF:
        o->no_proof = true;
        return true;
    case OPT_NO_RETRY:
        o->no_retry = true;
        return true;
    case OPT_CONTROL:
        return add_control(o, value);
    case OPT_CACHE_TTL:
        return options_number(value, 86400, "--cache-ttl takes seconds, from 1 to 86400",
                              &o->cache_ttl);
    case OPT_PROCESSES:
        return options_number(value, CX_WORKERS_MAX, "--processes takes a number from 1 to 64",
                              &o->processes);
    default:
        return take_output_option(o, option, value);
    }
}

static bool
take_option(struct options *o, int option, const char *value)
{
    switch (option) {
    case OPT_ZONE:
        return add_zone(o, value);
    case OPT_ANSWERS:
        o->answers = value;
        return true;
    case OPT_CERT:
        o->cert = value;
        return true;
    default:
        return take_live_option(o, option, value);
    }
}

/* An option that is about a recording, or NULL. */
static const char *
record_option(const struct options *o)
{
    return o->log_keys != NULL            ? "--log-keys"
           : o->authority != NULL         ? "--authority"
           : o->permit != NULL            ? "--permit"
           : o->permits                   ? "--permits"
           : o->permit_life != 0          ? "--permit-life"
           : o->keep != CX_MESSAGES_UNSET ? "--keep"
                                          : NULL;
}

/* Options that mean nothing without another one. */
static bool
fit_together(const struct options *o)
{
    if (o->n_control == 1) {
        return options_complain("--control is needed twice or more: one name could be down itself",
                                o->control[0]);
    }
    if (o->evidence && !o->json && !o->batch) {
        return options_complain("not without --json or --batch", "--evidence");
    }
    if (o->record == NULL && record_option(o) != NULL) {
        return options_complain("not without --record", record_option(o));
    }
    if (o->permit != NULL && o->batch) {
        return options_complain("--batch has --permits in its place", "--permit");
    }
    if (o->permits && !o->batch) {
        return options_complain("not without --batch; one check has --permit FILE", "--permits");
    }
    if ((o->permit != NULL || o->permits) && o->authority == NULL) {
        return options_complain("no permit without --authority: it binds the issuing key",
                                o->permits ? "--permits" : "--permit");
    }
    if (o->batch && cx_json_get(o->request, "corroboration") != NULL) {
        return options_complain("--batch takes it from each request", "--corroboration");
    }
    if (o->stats && !o->batch) {
        return options_complain("not without --batch", "--stats");
    }
    return true;
}

unsigned long
options_cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > 8 ? 8 : (unsigned long)n;
}

int
options_parse(int argc, char **argv, const char *usage, struct options *ret)
{
    int option;

    *ret = (struct options){ .request = cx_json_new_object(), .in_flight = 500, .exit = EX_USAGE };
    ret->root_hints = getenv("CAAPROOF_ROOT_HINTS");
    ret->anchor = getenv("CAAPROOF_ANCHOR");
    optind = 1;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_HELP) {
            fputs(usage, stdout);
            ret->exit = EXIT_SUCCESS;
            return -1;
        }
        if (option == '?' || !take_option(ret, option, optarg)) {
            fprintf(stderr, "see caaproof %s --help\n", argv[0]);
            return -1;
        }
    }
    if (!fit_together(ret)) {
        return -1;
    }
    if (ret->keep == CX_MESSAGES_UNSET) {
        ret->keep = CX_MESSAGES_FULL;
    }
    if (ret->batch && ret->processes == 0) {
        ret->processes = options_cores();
    }
    if (ret->n_zones != 0 && ret->answers != NULL) {
        (void)options_complain("--zone and --answers exclude each other", ret->answers);
        return -1;
    }
    return optind;
}

void
options_done(struct options *options)
{
    cx_json_free(options->request);
    options->request = NULL;
}

static bool
is_listed(const char *word, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(word, *list) == 0) {
            return true;
        }
    }
    return false;
}

const char *
options_misplaced(const struct options *options, const char *const *used)
{
    static const struct {
        const char *member;
        const char *option;
    } members[] = {
        { "issuer", "issuer" },
        { "account_uri", "account-uri" },
        { "method", "method" },
        { "purpose", "purpose" },
        { "profile", "profile" },
        { "date", "date" },
        { "order", "order" },
        { "policy", "policy" },
        { "facts", "facts" },
        { "perspectives", "perspectives" },
        { "corroboration", "corroboration" },
    };
    const struct accepted *accepted = &options->accepted;

    for (size_t i = 0; i < CX_COUNT(members); i++) {
        if (cx_json_get(options->request, members[i].member) != NULL &&
            !is_listed(members[i].member, used)) {
            return members[i].option;
        }
    }
    if (accepted->lf || accepted->exempt || accepted->na) {
        return "accept";
    }
    return options->record != NULL ? "record"
           : options->batch        ? "batch"
           : options->cert != NULL ? "cert"
           : options->explain      ? "explain"
           : options->problem      ? "problem"
           : options->evidence     ? "evidence"
                                   : NULL;
}

static cx_status
open_zones(const struct options *options, struct cx_source *ret, struct cx_detail *detail)
{
    struct cx_zone_input inputs[ZONES_MAX];

    for (size_t i = 0; i < options->n_zones; i++) {
        inputs[i] = (struct cx_zone_input){ .path = options->zones[i] };
    }
    return cx_zone_source_open(inputs, options->n_zones, ret, detail);
}

static cx_status
open_answers(const struct options *options, struct cx_source *ret, struct cx_detail *detail)
{
    struct cx_buf buf;
    cx_status s;

    cx_buf_init(&buf, CX_FILE_MAX);
    s = input_file(options->answers, &buf, detail);
    if (cx_ok(s)) {
        s = cx_recorded_source_open_text(cx_buf_str(&buf), ret, detail);
    }
    cx_buf_done(&buf);
    return s;
}

static cx_status
open_live(const struct options *options, struct cx_source *ret, struct cx_detail *detail)
{
    struct cx_live_options live = {
        .root_hints = options->root_hints,
        .anchor = options->anchor,
        .forward = options->forward,
        .lab = getenv("CAAPROOF_LAB") != NULL,
        .no_tap = options->no_tap,
        .no_proof = options->no_proof,
        .no_retry = options->no_retry,
        .control = options->control,
        .n_control = options->n_control,
        .no_openssl_p256 = options->no_openssl_p256,
        .alarm = print_warning,
    };
    struct cx_cache_options cache = { .ceiling_s = (uint32_t)options->cache_ttl };
    struct cx_source inner;
    cx_status s;

    if (!cx_library_is_supported()) {
        char text[CX_ALARM_TEXT];

        (void)snprintf(text, sizeof(text),
                       "libunbound %s is unsupported: older than " CX_LIBRARY_OLDEST
                       ", the oldest that is tested; bring it up to date",
                       cx_live_version());
        print_warning(NULL, text);
    }
    CX_TRY(options->processes != 0
               ? cx_forked_workers_open(&live, (unsigned)options->processes, &inner, detail)
               : cx_live_open(&live, &inner, detail));
    s = cx_cache_open(&cache, &inner, ret, detail);
    cx_source_close(&inner);
    return s;
}

cx_status
options_source(const struct options *options, struct cx_source *ret, struct cx_detail *detail)
{
    if (options->n_zones != 0) {
        return open_zones(options, ret, detail);
    }
    if (options->answers != NULL) {
        return open_answers(options, ret, detail);
    }
    return open_live(options, ret, detail);
}

void
options_stats(const struct options *options, const struct cx_source *source)
{
    struct cx_cache_stats stats;

    if (options->n_zones != 0 || options->answers != NULL) {
        return;
    }
    stats = cx_cache_stats_of(source);
    fprintf(stderr,
            "{\"hits\":%" PRIu64 ",\"joined\":%" PRIu64 ",\"misses\":%" PRIu64
            ",\"stored\":%" PRIu64 ",\"expired\":%" PRIu64 ",\"evicted\":%" PRIu64
            ",\"entries\":%zu,\"octets\":%zu}\n",
            stats.hits, stats.joined, stats.misses, stats.stored, stats.expired, stats.evicted,
            stats.entries, stats.bytes);
}
