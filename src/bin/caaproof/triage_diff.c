#include "base/limits.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/runs.h"
#include "bin/caaproof/triage.h"
#include "incident/row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: caaproof triage diff RUN1 RUN2 [--json]\n"
    "\n"
    "Every certificate that is in one run only, or of another class, duty or remedy in the second, "
    "with the\n"
    "reasons of both: what changed between two numbers that were published.\n"
    "\n"
    "Exit status: 0 the same; 1 differences; 64-78 errors.\n";

struct diff {
    bool json;
    uint64_t added;
    uint64_t removed;
    uint64_t changed;
    uint64_t of_class; /* of those */
};

static struct cx_json *
remedies_to_json(const struct cx_run_result *r)
{
    struct cx_json *json = cx_json_new_object();
    bool complete = true;

    for (unsigned i = 0; i < CX_REMEDIES; i++) {
        complete = complete && cx_json_set(json, cx_remedy_word((enum cx_remedy)i),
                                           cx_json_new_bool(r->revoke[i]));
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
result_to_json(const struct cx_run_result *r)
{
    struct cx_json *json;
    bool complete;

    if (r == NULL) {
        return cx_json_new_null();
    }
    json = cx_json_new_object();
    complete =
        cx_json_set(json, "class", cx_json_new_text(cx_triage_class_word(r->class))) &&
        cx_json_set(json, "process", cx_json_new_text(cx_process_word(r->process))) &&
        cx_json_set(json, "status", cx_json_new_text(cx_certificate_status_word(r->status))) &&
        cx_json_set(json, "duty", cx_json_new_text(cx_duty_word(r->duty))) &&
        cx_json_set(json, "now",
                    r->now != CX_NOW_UNKNOWN ? cx_json_new_text(cx_now_word(r->now))
                                             : cx_json_new_null()) &&
        cx_json_set(json, "reasons", cx_reasons_to_json(r->reasons)) &&
        cx_json_set(json, "remedies", remedies_to_json(r));
    return cx_json_whole(json, complete);
}

static void
put_id(const struct cx_certificate *c, struct cx_buf *buf)
{
    if (c->issued.serial.n != 0) {
        cx_buf_put_hex(buf, c->issued.serial);
    } else {
        cx_buf_put_hex(buf, (cx_span){ c->has_certificate ? c->certificate.b : c->precertificate.b,
                                       CX_HASH_SIZE });
    }
}

static cx_status
print_json(const struct cx_run_difference *d, cx_str id)
{
    struct cx_json *json = cx_json_new_object();
    cx_status s;

    json = cx_json_whole(json, cx_json_set(json, "serial", cx_json_new_string(id)) &&
                                   cx_json_set(json, "was", result_to_json(d->was)) &&
                                   cx_json_set(json, "is", result_to_json(d->is)));
    s = output_json(json);
    cx_json_free(json);
    return s;
}

static void
print_result(const struct cx_run_result *r)
{
    const char *comma = " (";

    if (r == NULL) {
        printf("not in this run");
        return;
    }
    printf("%s", cx_triage_class_word(r->class));
    for (unsigned i = 0; i < CX_EVIDENCE_COUNT; i++) {
        if ((r->reasons & CX_EVIDENCE_BIT(i)) != 0) {
            printf("%s%s", comma, cx_evidence_word((enum cx_evidence_reason)i));
            comma = ", ";
        }
    }
    printf("%s%s%s", r->reasons != 0 ? ")" : "",
           r->revoke[CX_REMEDY_RULES] ? ", revoke by rules" : "",
           r->now != CX_NOW_UNKNOWN ? ", " : "");
    printf("%s", r->now != CX_NOW_UNKNOWN ? cx_now_word(r->now) : "");
}

static cx_status
visit(void *ctx, const struct cx_run_difference *d, struct cx_detail *detail)
{
    struct diff *diff = ctx;
    struct cx_buf id;
    cx_status s = CX_SUCCESS;

    (void)detail; /* nothing here fails for a reason of its own */
    diff->added += d->was == NULL ? 1 : 0;
    diff->removed += d->is == NULL ? 1 : 0;
    diff->changed += d->was != NULL && d->is != NULL ? 1 : 0;
    diff->of_class += d->was != NULL && d->is != NULL && d->was->class != d->is->class ? 1 : 0;
    cx_buf_init(&id, CX_LINE_MAX);
    put_id(d->certificate, &id);
    if (!cx_buf_ok(&id)) {
        s = cx_buf_status(&id);
    } else if (diff->json) {
        s = print_json(d, cx_buf_str(&id));
    } else {
        printf("%.*s\n  was ", (int)id.n, id.p);
        print_result(d->was);
        printf("\n  is  ");
        print_result(d->is);
        printf("\n");
    }
    cx_buf_done(&id);
    return s;
}

static cx_status
compare(const char *before, const char *after, struct diff *diff, struct cx_detail *detail)
{
    struct opened_run a = { .run = NULL };
    struct opened_run b = { .run = NULL };
    cx_status s = runs_open(before, &a, detail);

    if (cx_ok(s)) {
        s = runs_open(after, &b, detail);
    }
    if (cx_ok(s)) {
        s = cx_run_diff(a.run, b.run, visit, diff, detail);
    }
    runs_close(&a);
    runs_close(&b);
    return s;
}

int
triage_diff(int argc, char **argv)
{
    struct diff diff = { .json = false };
    struct cx_detail detail = { .text = "" };
    cx_status s;

    if (argc == 4 && strcmp(argv[3], "--json") == 0) {
        diff.json = true;
        argc = 3;
    }
    if (argc != 3 || strcmp(argv[1], "--help") == 0) {
        fputs(usage, argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? EXIT_SUCCESS : EX_USAGE;
    }
    s = compare(argv[1], argv[2], &diff, &detail);
    if (!cx_ok(s)) {
        return exit_with(s, &detail);
    }
    if (!diff.json) {
        printf("%" PRIu64 " certificates added, %" PRIu64 " removed, %" PRIu64 " changed, of which "
               "%" PRIu64 " in class\n",
               diff.added, diff.removed, diff.changed, diff.of_class);
    }
    return exit_with_output(diff.added + diff.removed + diff.changed != 0);
}
