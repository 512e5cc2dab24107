#include "base/file.h"
#include "base/limits.h"
#include "bin/caaproof/log.h"
#include "evidence/proof.h"
#include "pki/base64.h"

#include <inttypes.h>
#include <stdio.h>

cx_status
log_checkpoint(struct log_command *c)
{
    const struct cx_log_shard_info *info;

    CX_TRY(log_shard_of(c, &info));
    (void)fwrite(info->checkpoint.p, 1, info->checkpoint.n,
                 stdout); /* the flush at the end tells */
    return CX_SUCCESS;
}

cx_status
log_key(struct log_command *c)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 65536);
    for (size_t i = 0; i < cx_log_reader_shards(c->reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(c->reader, i);

        if (!c->has_shard || info->number == c->shard) {
            cx_buf_clear(&buf);
            cx_note_key_write(&info->key, &buf);
            printf("%.*s\n", (int)buf.n, buf.p);
        }
    }
    cx_buf_done(&buf);
    return CX_SUCCESS;
}

/* ---- prove */

/* A row's record, copied: it is the extra of the proof. */
struct wanted {
    struct cx_buf record;
    bool found;
};

static cx_status
take_record(void *ctx, const struct cx_log_row *row)
{
    struct wanted *wanted = ctx;

    wanted->found = true;
    cx_buf_put(&wanted->record, cx_str_of_span(row->record));
    return cx_buf_ok(&wanted->record) ? CX_SUCCESS : (cx_status){ CX_E_LIMIT };
}

static cx_status
read_place(struct log_command *c, uint64_t *ret_index)
{
    const char *place = c->operands[0], *slash = strchr(place, '/');
    uint64_t shard;
    char text[24];

    if (slash == NULL || (size_t)(slash - place) >= sizeof(text)) {
        return cx_fail(&c->detail, CX_E_USAGE, "\"%s\": SHARD/INDEX is needed, such as 1/0", place);
    }
    memcpy(text, place, (size_t)(slash - place));
    text[slash - place] = '\0';
    CX_TRY(log_number(text, "shard", &shard, &c->detail));
    CX_TRY(log_number(slash + 1, "index", ret_index, &c->detail));
    c->has_shard = true;
    c->shard = (unsigned long)shard;
    return CX_SUCCESS;
}

static cx_status
put_out(struct log_command *c, const struct cx_buf *buf)
{
    if (!cx_buf_ok(buf)) {
        return (cx_status){ CX_E_LIMIT };
    }
    if (c->out != NULL) {
        return cx_file_write(c->out, cx_buf_str(buf), &c->detail);
    }
    (void)fwrite(buf->p, 1, buf->n, stdout); /* the flush at the end tells */
    return CX_SUCCESS;
}

static cx_status
prove(struct log_command *c, struct wanted *wanted, struct cx_buf *buf)
{
    const struct cx_log_shard_info *info;
    struct cx_tlog_proof proof = { .index = 0 };
    struct cx_hashes hashes;

    CX_TRY(read_place(c, &proof.index));
    CX_TRY(log_shard_of(c, &info));
    if (proof.index >= info->size) {
        return cx_fail(&c->detail, CX_E_USAGE,
                       "entry %s: the last checkpoint has %" PRIu64 " entries", c->operands[0],
                       info->size);
    }
    CX_TRY(cx_log_scan(c->reader, info->number, proof.index, proof.index + 1, take_record, wanted,
                       &c->detail));
    hashes = cx_log_hashes(c->reader, info->number);
    CX_TRY(cx_tree_inclusion(&hashes, proof.index, info->size, &proof.path));
    proof.extra = cx_span_of_str(cx_buf_str(&wanted->record));
    proof.has_extra = proof.extra.n != 0;
    proof.checkpoint = cx_span_of_str(info->checkpoint);
    cx_proof_write(&proof, buf);
    return put_out(c, buf);
}

cx_status
log_prove(struct log_command *c)
{
    struct wanted wanted = { .found = false };
    struct cx_buf buf;
    cx_status s;

    cx_buf_init(&wanted.record, CX_RECORD_MAX);
    cx_buf_init(&buf, 2 * CX_RECORD_MAX);
    s = prove(c, &wanted, &buf);
    cx_buf_done(&wanted.record);
    cx_buf_done(&buf);
    return s;
}

/* ---- consistency */

cx_status
log_consistency(struct log_command *c)
{
    const struct cx_log_shard_info *info;
    uint64_t from, size;
    struct cx_hashes hashes;
    struct cx_path path;
    struct cx_buf buf;

    CX_TRY(log_number(c->operands[0], "OLD", &from, &c->detail));
    CX_TRY(log_number(c->operands[1], "NEW", &size, &c->detail));
    CX_TRY(log_shard_of(c, &info));
    if (from > size || size > info->size) {
        return cx_fail(&c->detail, CX_E_USAGE,
                       "OLD at most NEW, and NEW at most %" PRIu64 ": the last checkpoint's size",
                       info->size);
    }
    hashes = cx_log_hashes(c->reader, info->number);
    CX_TRY(cx_tree_consistency(&hashes, from, size, &path));
    cx_buf_init(&buf, 65536);
    for (size_t i = 0; i < path.n; i++) {
        cx_base64_put(&buf, (cx_span){ path.v[i].b, CX_HASH_SIZE });
        cx_buf_putc(&buf, '\n');
    }
    (void)fwrite(buf.p != NULL ? buf.p : "", 1, buf.n, stdout); /* the flush at the end tells */
    cx_buf_done(&buf);
    return CX_SUCCESS;
}
