#include "base/file.h"
#include "base/limits.h"
#include "bin/caaproof/http.h"
#include "bin/caaproof/log.h"
#include "evidence/witness.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* One checkpoint on its way to one witness (C2SP tlog-witness). */
struct cosigning {
    struct log_command *c;
    const struct cx_log_shard_info *info;
    struct cx_note_key keys[2]; /* the log's, the witness's */
    uint64_t size;
    struct cx_arena arena;
    struct cx_buf body;
    struct cx_buf file; /* what is kept: the checkpoint with cosignatures */
    struct cx_buf path;
};

static cx_status
peer_failed(struct cosigning *k, const char *what, long status)
{
    return cx_fail(&k->c->detail, CX_E_PEER, "witness %s: %s (HTTP status %ld)", k->keys[1].name,
                   what, status);
}

static cx_status
write_request(struct cosigning *k, uint64_t old_size)
{
    struct cx_witness_request request = { .old_size = old_size,
                                          .checkpoint = cx_span_of_str(k->info->checkpoint) };
    struct cx_hashes hashes = cx_log_hashes(k->c->reader, k->info->number);

    CX_TRY(cx_tree_consistency(&hashes, old_size, k->size, &request.path));
    cx_buf_clear(&k->body);
    cx_witness_request_write(&request, &k->body);
    return cx_buf_ok(&k->body) ? CX_SUCCESS : (cx_status){ CX_E_LIMIT };
}

/* It has another size than we thought: that one, if it can be one of ours. */
static cx_status
take_size(struct cosigning *k, const struct http_reply *reply, uint64_t *ret)
{
    uint64_t size;

    if (!cx_ok(cx_witness_size_parse(cx_span_of_str(reply->body), &size))) {
        return peer_failed(k, "its size cannot be read", reply->status);
    }
    if (size > k->size) {
        return peer_failed(k, "it has seen a larger tree of this log: a fork, or a newer store",
                           reply->status);
    }
    *ret = size;
    return CX_SUCCESS;
}

/* Of the log and of the witness, how many signed what is to be kept. */
static cx_status
count_signers(struct cosigning *k, size_t *ret)
{
    struct cx_note_signer signers[2];
    struct cx_signed_note note;

    CX_TRY(cx_note_parse(cx_span_of_str(cx_buf_str(&k->file)), &k->arena, &note, &k->c->detail));
    return cx_note_verify(&note, k->keys, 2, signers, ret, &k->c->detail);
}

/* What is kept of this checkpoint already: it alone, or with the cosignatures of others. */
static cx_status
read_kept(struct cosigning *k, bool *ret_cosigned)
{
    size_t n = 0;

    if (access(k->path.p, F_OK) == 0) {
        CX_TRY(cx_file_read(k->path.p, &k->file, &k->c->detail));
    } else {
        cx_buf_put(&k->file, k->info->checkpoint);
    }
    CX_TRY(count_signers(k, &n));
    *ret_cosigned = n == 2;
    return CX_SUCCESS;
}

static cx_status
verify_and_keep(struct cosigning *k, const struct http_reply *reply)
{
    size_t n = 0;

    cx_buf_put(&k->file, reply->body);
    if (!cx_buf_ok(&k->file)) {
        return peer_failed(k, "its answer is too long", reply->status);
    }
    CX_TRY(count_signers(k, &n));
    if (n != 2) {
        return peer_failed(k, "its cosignature is not in its answer", reply->status);
    }
    CX_TRY(cx_file_write(k->path.p, cx_buf_str(&k->file), &k->c->detail));
    printf("%s: cosigned at %" PRIu64 " entries, kept in %s\n", k->keys[1].name, k->size,
           k->path.p);
    return CX_SUCCESS;
}

static cx_status
ask(struct cosigning *k, struct http *http, uint64_t old_size, struct http_reply *reply)
{
    CX_TRY(write_request(k, old_size));
    http_post(http, cx_buf_str(&k->body), reply);
    return reply->error[0] == '\0'
               ? CX_SUCCESS
               : cx_fail(&k->c->detail, CX_E_PEER, "witness %s: %s", k->keys[1].name, reply->error);
}

/* A witness says with 409 how far it is; then it is asked once more from there. */
static cx_status
exchange(struct cosigning *k, struct http *http)
{
    struct http_reply reply;
    uint64_t old_size;

    CX_TRY(ask(k, http, 0, &reply));
    if (reply.status == CX_WITNESS_OTHER_SIZE) {
        CX_TRY(take_size(k, &reply, &old_size));
        CX_TRY(ask(k, http, old_size, &reply));
    }
    switch (reply.status) {
    case CX_WITNESS_COSIGNS:
        return verify_and_keep(k, &reply);
    case CX_WITNESS_OTHER_SIZE: /* of v1.0.0: same size, other root */
    case CX_WITNESS_UNPROVED:
        return peer_failed(k, "it knows another log of this origin: find out which is forged",
                           reply.status);
    case CX_WITNESS_UNSIGNED:
        return peer_failed(k, "it does not trust the log's key", reply.status);
    case CX_WITNESS_UNKNOWN:
        return peer_failed(k, "it does not know the log", reply.status);
    default:
        return peer_failed(k, "it did not answer as agreed", reply.status);
    }
}

static cx_status
kept_path(struct cosigning *k)
{
    CX_TRY(log_witnessed_folder(k->c, k->info->number, &k->path, &k->c->detail));
    cx_buf_printf(&k->path, "/%020" PRIu64 ".checkpoint", k->size);
    cx_buf_putc(&k->path, '\0');
    return cx_buf_ok(&k->path) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

static cx_status
cosign(struct cosigning *k)
{
    CX_AUTO(http_cleanup) struct http *http = NULL;
    const struct http_options options = { .content_type = "text/plain",
                                          .timeout_s = (unsigned)k->c->timeout_s,
                                          .reply_max = CX_NOTE_OCTETS_MAX };
    CX_AUTO(cx_buf_done) struct cx_buf url;
    bool cosigned = false;

    cx_buf_init(&url, 4096);
    cx_buf_printf(&url, "%s%sadd-checkpoint", k->c->witness,
                  k->c->witness[strlen(k->c->witness) - 1] == '/' ? "" : "/");
    cx_buf_putc(&url, '\0');
    if (!cx_buf_ok(&url)) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(http_open("--witness", url.p, &options, &http, &k->c->detail));
    CX_TRY(kept_path(k));
    CX_TRY(read_kept(k, &cosigned));
    if (cosigned) {
        printf("%s: cosigned %" PRIu64 " entries before\n", k->keys[1].name, k->size);
        return CX_SUCCESS;
    }
    return exchange(k, http);
}

static cx_status
prepare(struct cosigning *k)
{
    struct log_command *c = k->c;

    if (c->witness == NULL || c->witness[0] == '\0' || c->witness_key == NULL) {
        return cx_fail(&c->detail, CX_E_USAGE, "--witness and --witness-key are needed");
    }
    CX_TRY(cx_note_key_parse(cx_str_of(c->witness_key), &k->keys[1], &c->detail));
    if (k->keys[1].type != CX_NOTE_KEY_COSIGNATURE) {
        return cx_fail(&c->detail, CX_E_USAGE, "--witness-key: not the key of a witness (type 4)");
    }
    CX_TRY(log_shard_of(c, &k->info));
    k->keys[0] = k->info->key;
    k->size = k->info->size;
    return CX_SUCCESS;
}

cx_status
log_cosign(struct log_command *c)
{
    struct cosigning k = { .c = c };
    cx_status s;

    cx_arena_init(&k.arena, (size_t)1 << 20);
    cx_buf_init(&k.body, CX_WITNESS_OCTETS_MAX);
    cx_buf_init(&k.file, CX_NOTE_OCTETS_MAX);
    cx_buf_init(&k.path, 4096);
    s = prepare(&k);
    if (cx_ok(s)) {
        s = cosign(&k);
    }
    cx_buf_done(&k.body);
    cx_buf_done(&k.file);
    cx_buf_done(&k.path);
    cx_arena_done(&k.arena);
    return s;
}
