#include "base/file.h"
#include "base/limits.h"
#include "bin/caaproof/http.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/log.h"
#include "pki/timestamp.h"

#include <inttypes.h>
#include <stdio.h>

/* A response has some kilobytes, most of it certificates. */
#define RESPONSE_MAX ((size_t)1 << 20)

/* The text of one checkpoint on its way to a time-stamping authority (RFC 3161). */
struct stamping {
    struct log_command *c;
    const struct cx_log_shard_info *info;
    cx_str text; /* what is stamped: later cosignatures change the file, never the text */
    struct cx_arena arena;
    struct cx_buf request;
    struct cx_buf roots;
    struct cx_buf folder;
};

static cx_status
keep(struct stamping *t, const char *suffix, cx_str content)
{
    char path[4096];
    int n =
        snprintf(path, sizeof(path), "%s/%020" PRIu64 ".%s", t->folder.p, t->info->size, suffix);

    return n > 0 && (size_t)n < sizeof(path)
               ? cx_file_write(path, content, &t->c->detail)
               : cx_fail(&t->c->detail, CX_E_IO, "%s: too long a path", t->folder.p);
}

/* The token last: where it is, all is there that it is verified with. */
static cx_status
keep_all(struct stamping *t, cx_str response, cx_time stamped)
{
    char text[CX_TIME_TEXT];

    CX_TRY(log_witnessed_folder(t->c, t->info->number, &t->folder, &t->c->detail));
    CX_TRY(keep(t, "tsa.pem", cx_buf_str(&t->roots)));
    CX_TRY(keep(t, "tsq", cx_buf_str(&t->request)));
    CX_TRY(keep(t, "txt", t->text));
    CX_TRY(keep(t, "tsr", response));
    cx_time_format(stamped, text);
    printf("%s: %" PRIu64 " entries, time-stamped %s, kept in %s\n", t->info->key.name,
           t->info->size, text, t->folder.p);
    return CX_SUCCESS;
}

static cx_status
stamp(struct stamping *t)
{
    CX_AUTO(http_cleanup) struct http *http = NULL;
    const struct http_options options = { .content_type = "application/timestamp-query",
                                          .timeout_s = (unsigned)t->c->timeout_s,
                                          .reply_max = RESPONSE_MAX };
    const struct cx_timestamp_trust trust = { .roots = cx_span_of_str(cx_buf_str(&t->roots)),
                                              .at = cx_time_now() };
    struct http_reply reply;
    cx_time stamped;
    uint64_t nonce;

    CX_TRY(cx_timestamp_nonce(&nonce));
    CX_TRY(cx_timestamp_request(cx_span_of_str(t->text), nonce, &t->request));
    CX_TRY(http_open("--tsa", t->c->tsa, &options, &http, &t->c->detail));
    http_post(http, cx_buf_str(&t->request), &reply);
    if (reply.error[0] != '\0' || reply.status != 200) {
        return cx_fail(&t->c->detail, CX_E_PEER, "time-stamping authority: %s (HTTP status %ld)",
                       reply.error[0] != '\0' ? reply.error : "no time-stamp", reply.status);
    }
    CX_TRY(cx_timestamp_verify(cx_span_of_str(reply.body), cx_span_of_str(t->text), nonce, &trust,
                               &stamped, &t->c->detail));
    return keep_all(t, reply.body, stamped);
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
    cx_buf_init(&t.request, 4096);
    cx_buf_init(&t.roots, RESPONSE_MAX);
    cx_buf_init(&t.folder, 4096);
    s = prepare(&t);
    if (cx_ok(s)) {
        s = stamp(&t);
    }
    cx_buf_done(&t.request);
    cx_buf_done(&t.roots);
    cx_buf_done(&t.folder);
    cx_arena_done(&t.arena);
    return s;
}
