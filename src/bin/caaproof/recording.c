#include "bin/caaproof/recording.h"

#include "bin/caaproof/authority.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"
#include "pki/ecdsa.h"
#include "resolve/anchor.h"
#include "resolve/library.h"
#include "resolve/live.h"

#include <inttypes.h>

static cx_status
copy_text(struct cx_arena *arena, struct cx_buf *buf, cx_str *ret)
{
    return cx_buf_ok(buf) ? cx_arena_text(arena, cx_buf_str(buf), ret) : (cx_status){ CX_E_NOMEM };
}

/* Where answers come from, in words that an auditor can look up. */
static cx_status
describe_source(const struct options *o, struct recording *r)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf;

    cx_buf_init(&buf, 4096);
    if (!r->options.live) {
        cx_buf_puts(&buf, o->n_zones != 0 ? "none: zone files" : "none: recorded answers");
        return copy_text(&r->arena, &buf, &r->options.resolver);
    }
    cx_buf_printf(&buf, "libunbound %s, linked with %s; %s%s; tap %s; proof %s; retry %s",
                  cx_live_version(), cx_library_crypto_text(cx_library_crypto()),
                  o->forward != NULL ? "behind " : "from the root",
                  o->forward != NULL ? o->forward : "", o->no_tap ? "off" : "on",
                  o->no_proof ? "off" : "on", o->no_retry ? "off" : "on");
    return copy_text(&r->arena, &buf, &r->options.resolver);
}

/* The anchors that hold now, as the file has them. */
static cx_status
list_anchors(const struct cx_anchors *anchors, struct recording *r)
{
    cx_str *texts = cx_arena_get(&r->arena, anchors->n + 1, sizeof(*texts));
    size_t n = 0;

    if (texts == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < anchors->n; i++) {
        if (cx_anchor_holds(&anchors->all[i], cx_time_now())) {
            CX_TRY(cx_arena_text(&r->arena, cx_str_of(anchors->all[i].record), &texts[n++]));
        }
    }
    r->options.anchors = texts;
    r->options.n_anchors = n;
    return CX_SUCCESS;
}

static cx_status
take_anchors(const struct options *o, struct recording *r, struct cx_detail *detail)
{
    struct cx_anchors anchors = { .n = 0 };
    cx_status s = CX_SUCCESS;

    if (r->options.live) {
        s = cx_anchors_read(o->anchor, &anchors, detail);
        s = cx_ok(s) ? list_anchors(&anchors, r) : s;
        cx_anchors_done(&anchors);
    }
    return s;
}

static void
tell(const struct cx_log_opened *opened)
{
    char text[240];

    if (opened->behind_anchor) {
        (void)snprintf(text, sizeof(text),
                       "the store is older than its anchor, which has %" PRIu64
                       " entries: its log is closed, and shard %" PRIu64
                       " was begun; find out who set it back",
                       opened->anchor_size, opened->shard);
        print_warning(NULL, text);
    }
    if (opened->uncertain != 0) {
        (void)snprintf(text, sizeof(text),
                       "%" PRIu64
                       " entries were written before a crash and not signed for; they are "
                       "kept, and no permit was given for them",
                       opened->uncertain);
        print_warning(NULL, text);
    }
}

static cx_status
open_log(const struct options *o, struct recording *r, struct cx_detail *detail)
{
    struct cx_log_options options = { .keys = o->log_keys, .software = r->options.software };
    struct cx_log_opened opened = { .shard = 0 };

    CX_TRY(cx_log_open(o->record, &options, &r->log, &opened, detail));
    tell(&opened);
    return cx_recorder_new(r->log, &r->options, &r->recorder);
}

static cx_status
fill_options(const struct options *o, struct recording *r, struct cx_detail *detail)
{
    r->options.software = CX_STR("caaproof " CAAPROOF_VERSION);
    r->options.live = o->n_zones == 0 && o->answers == NULL;
    r->options.messages = o->keep;
    r->terms.life_s = (uint32_t)o->permit_life;
    if (o->authority != NULL) {
        CX_TRY(authority_read(o->authority, &r->terms.authority, detail));
        r->terms.has_authority = true;
    }
    CX_TRY(describe_source(o, r));
    return take_anchors(o, r, detail);
}

cx_status
recording_open(const struct options *options, struct recording *ret, struct cx_detail *detail)
{
    cx_status s;

    *ret = (struct recording){ .log = NULL };
    cx_arena_init(&ret->arena, CX_RECORD_MAX);
    s = fill_options(options, ret, detail);
    if (cx_ok(s)) {
        s = open_log(options, ret, detail);
    }
    if (!cx_ok(s)) {
        recording_close(ret);
    }
    return s;
}

void
recording_close(struct recording *r)
{
    cx_recorder_free(r->recorder);
    cx_log_close(r->log);
    cx_arena_done(&r->arena);
    *r = (struct recording){ .log = NULL };
}

struct cx_json *
recording_json(const struct recording *r, const struct cx_recorded *recorded, cx_str permit)
{
    return cx_recorded_to_json(recorded, cx_log_key(r->log)->name, permit);
}
