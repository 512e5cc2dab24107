#include "base/limits.h"
#include "bin/caaproof/log.h"
#include "outbound/cosign.h"

#include <inttypes.h>
#include <stdio.h>

/* One checkpoint on its way to one witness (C2SP tlog-witness). */
struct cosigning {
    struct log_command *c;
    const struct cx_log_shard_info *info;
    struct cx_note_key witness;
    struct cx_buf lines;
    struct cx_buf folder;
};

static cx_status
request(void *ctx, uint64_t old_size, struct cx_witness_request *ret, uint64_t *ret_size,
        struct cx_detail *detail)
{
    struct cosigning *k = ctx;
    struct cx_hashes hashes = cx_log_hashes(k->c->reader, k->info->number);
    struct cx_witness_request request = { .old_size = old_size,
                                          .checkpoint = cx_span_of_str(k->info->checkpoint) };

    (void)detail;
    if (old_size <= k->info->size) {
        CX_TRY(cx_tree_consistency(&hashes, old_size, k->info->size, &request.path));
    }
    *ret = request;
    *ret_size = k->info->size;
    return CX_SUCCESS;
}

static cx_status
keep(struct cosigning *k, const struct cx_witnessed *w, cx_str lines)
{
    uint64_t time_s;

    CX_TRY(cx_witnessed_cosign(w, &k->witness, lines, &time_s, &k->c->detail));
    CX_TRY(cx_witnessed_folder(w, &k->folder, &k->c->detail));
    printf("%s: cosigned at %" PRIu64 " entries, kept in %s/%020" PRIu64 ".checkpoint\n",
           k->witness.name, w->size, k->folder.p, w->size);
    return CX_SUCCESS;
}

static cx_status
cosign(struct cosigning *k)
{
    const struct cx_witnessed w = log_witnessed(k->c, k->info);
    const struct cx_cosign_source source = { request, k };
    const struct cx_cosign_options options = {
        .what = "--witness",
        .url = k->c->witness,
        .key = &k->witness,
        .timeout_ms = 1000 * (unsigned)k->c->timeout_s,
    };
    struct cx_cosigned cosigned;
    bool before = false;

    CX_TRY(cx_witnessed_has(&w, &k->witness, &before, &k->c->detail));
    if (before) {
        printf("%s: cosigned %" PRIu64 " entries before\n", k->witness.name, w.size);
        return CX_SUCCESS;
    }
    CX_TRY(cx_cosign(&options, &source, &k->lines, &cosigned, &k->c->detail));
    return keep(k, &w, cosigned.lines);
}

static cx_status
prepare(struct cosigning *k)
{
    struct log_command *c = k->c;

    if (c->witness == NULL || c->witness[0] == '\0' || c->witness_key == NULL) {
        return cx_fail(&c->detail, CX_E_USAGE, "--witness and --witness-key are needed");
    }
    CX_TRY(cx_note_key_parse(cx_str_of(c->witness_key), &k->witness, &c->detail));
    if (k->witness.type != CX_NOTE_KEY_COSIGNATURE) {
        return cx_fail(&c->detail, CX_E_USAGE, "--witness-key: not the key of a witness (type 4)");
    }
    return log_shard_of(c, &k->info);
}

cx_status
log_cosign(struct log_command *c)
{
    struct cosigning k = { .c = c };
    cx_status s;

    cx_buf_init(&k.lines, CX_NOTE_OCTETS_MAX);
    cx_buf_init(&k.folder, 4096);
    s = prepare(&k);
    if (cx_ok(s)) {
        s = cosign(&k);
    }
    cx_buf_done(&k.lines);
    cx_buf_done(&k.folder);
    return s;
}
