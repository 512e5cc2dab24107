#include "bin/caaproof/exit.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/store.h"
#include "bin/caaproof/terminal.h"
#include "store/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Findings are printed as they come: a store may have more than fit anywhere. */
struct checking {
    struct store_command *c;
    struct progress progress;
};

static void
print_finding(const struct cx_store_finding *f)
{
    char digest[CX_HASH_TEXT];

    printf("%s%s%s  %" PRIu64 "/%" PRIu64, paint_on(stdout, f->is_remark ? PAINT_FAINT : PAINT_BAD),
           f->is_remark ? "remark" : cx_store_fault_word(f->fault), paint_off(stdout), f->shard,
           f->number);
    if (f->end > f->number + 1) {
        printf("-%" PRIu64, f->end - 1);
    }
    if (f->fault == CX_FAULT_TILE || f->fault == CX_FAULT_TILE_MISSING) {
        printf("  level %u", f->level);
    }
    printf("  %s", cx_store_fault_sentence(f->fault));
    if (f->text != NULL && f->text[0] != '\0') {
        fputs(": ", stdout);
        output_plain(stdout, cx_str_of(f->text));
    }
    if (f->has_digest) {
        cx_hash_text(&f->digest, digest);
        printf("  %s", digest);
    }
    fputc('\n', stdout);
}

static bool
put_number(struct cx_json *json, const char *member, uint64_t number)
{
    return cx_json_set(json, member, cx_json_new_integer((int64_t)number));
}

static struct cx_json *
finding_json(const struct cx_store_finding *f)
{
    struct cx_json *json = cx_json_new_object();
    char digest[CX_HASH_TEXT];

    cx_hash_text(&f->digest, digest);
    return cx_json_whole(
        json, cx_json_set(json, "fault", cx_json_new_text(cx_store_fault_word(f->fault))) &&
                  cx_json_set(json, "remark", cx_json_new_bool(f->is_remark)) &&
                  put_number(json, "shard", f->shard) && put_number(json, "number", f->number) &&
                  put_number(json, "end", f->end) && put_number(json, "level", f->level) &&
                  cx_json_set(json, "digest",
                              f->has_digest ? cx_json_new_text(digest) : cx_json_new_null()) &&
                  cx_json_set(json, "text",
                              cx_json_new_escaped(
                                  cx_span_of_str(cx_str_of(f->text != NULL ? f->text : "")))));
}

static void
take_finding(void *ctx, const struct cx_store_finding *finding)
{
    struct checking *k = ctx;
    struct cx_json *json;

    if (!k->c->json) {
        print_finding(finding);
        return;
    }
    json = finding_json(finding);
    if (!cx_ok(output_json(json))) {
        k->c->exit = EX_OSERR; /* a finding that cannot be told */
    }
    cx_json_free(json);
}

static void
take_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct checking *k = ctx;

    k->progress.done = done;
    k->progress.total = total;
    progress_show(&k->progress);
}

static cx_status
print_totals_json(const struct cx_store_totals *t)
{
    struct cx_json *json = cx_json_new_object();
    cx_status s;

    json = cx_json_whole(
        json,
        put_number(json, "schema", 1) && put_number(json, "faults", t->faults) &&
            put_number(json, "remarks", t->remarks) && put_number(json, "shards", t->shards) &&
            put_number(json, "entries", t->entries) && put_number(json, "objects", t->objects) &&
            put_number(json, "messages", t->messages) &&
            put_number(json, "checkpoints", t->checkpoints) &&
            put_number(json, "tiles", t->tiles) && put_number(json, "pieces", t->pieces) &&
            put_number(json, "anchors", t->anchors));
    s = output_json(json);
    cx_json_free(json);
    return s;
}

static void
print_totals(const struct cx_store_totals *t)
{
    printf("%" PRIu64 " shards: %" PRIu64 " entries, %" PRIu64 " objects, %" PRIu64
           " messages, %" PRIu64 " tiles, %" PRIu64 " index pieces, %" PRIu64
           " checkpoints, %" PRIu64 " anchors: ",
           t->shards, t->entries, t->objects, t->messages, t->tiles, t->pieces, t->checkpoints,
           t->anchors);
    if (t->faults == 0) {
        printf("nothing is wrong\n");
    } else {
        printf("%" PRIu64 " faults\n", t->faults);
    }
}

cx_status
store_check(struct store_command *c)
{
    struct checking k = { .c = c };
    const struct cx_store_check_options options = {
        .keys = c->log_keys, .finding = take_finding, .progress = take_progress, .ctx = &k
    };
    struct cx_store_totals totals;
    cx_status s;

    progress_begin(&k.progress, "rows", 0);
    s = cx_store_check(c->store, &options, &totals, &c->detail);
    progress_end(&k.progress);
    CX_TRY(s);
    c->exit = c->exit != EXIT_SUCCESS ? c->exit : totals.faults != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (c->json) {
        return print_totals_json(&totals);
    }
    print_totals(&totals);
    return CX_SUCCESS;
}
