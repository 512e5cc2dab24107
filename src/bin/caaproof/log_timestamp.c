#include "base/limits.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/log.h"
#include "outbound/stamp.h"

#include <inttypes.h>
#include <stdio.h>

/* The text of one checkpoint on its way to a time-stamping authority (RFC 3161). */
struct stamping {
    struct log_command *c;
    const struct cx_log_shard_info *info;
    cx_str text;
    struct cx_arena arena;
    struct cx_buf roots;
    struct cx_buf folder;
    struct cx_stamp stamp;
};

static cx_status
keep(struct stamping *t)
{
    const struct cx_witnessed w = log_witnessed(t->c, t->info);
    const struct cx_witnessed_stamp stamp = {
        .request = cx_buf_str(&t->stamp.request),
        .response = cx_buf_str(&t->stamp.response),
        .roots = cx_buf_str(&t->roots),
        .nonce = t->stamp.nonce,
    };
    char text[CX_TIME_TEXT];
    cx_time stamped;

    CX_TRY(cx_witnessed_keep_stamp(&w, &stamp, &stamped, &t->c->detail));
    CX_TRY(cx_witnessed_folder(&w, &t->folder, &t->c->detail));
    cx_time_format(stamped, text);
    printf("%s: %" PRIu64 " entries, time-stamped %s, kept in %s\n", t->info->key.name,
           t->info->size, text, t->folder.p);
    return CX_SUCCESS;
}

static cx_status
stamp(struct stamping *t)
{
    const struct cx_stamp_options options = {
        .what = "--tsa",
        .url = t->c->tsa,
        .roots = cx_span_of_str(cx_buf_str(&t->roots)),
        .timeout_ms = 1000 * (unsigned)t->c->timeout_s,
    };

    CX_TRY(cx_stamp(&options, t->text, &t->stamp, &t->c->detail));
    return keep(t);
}

static cx_status
prepare(struct stamping *t)
{
    struct cx_signed_note note;

    if (t->c->tsa == NULL || t->c->tsa_ca == NULL) {
        return cx_fail(&t->c->detail, CX_E_USAGE, "--tsa and --tsa-ca are needed");
    }
    CX_TRY(log_shard_of(t->c, &t->info));
    CX_TRY(cx_note_parse(cx_span_of_str(t->info->checkpoint), &t->arena, &note, &t->c->detail));
    t->text = note.text;
    return input_file(t->c->tsa_ca, &t->roots, &t->c->detail);
}

cx_status
log_timestamp(struct log_command *c)
{
    struct stamping t = { .c = c };
    cx_status s;

    cx_arena_init(&t.arena, (size_t)1 << 20);
    cx_buf_init(&t.roots, CX_STAMP_MAX);
    cx_buf_init(&t.folder, 4096);
    cx_stamp_init(&t.stamp);
    s = prepare(&t);
    if (cx_ok(s)) {
        s = stamp(&t);
    }
    cx_stamp_done(&t.stamp);
    cx_buf_done(&t.roots);
    cx_buf_done(&t.folder);
    cx_arena_done(&t.arena);
    return s;
}
