#include "bin/caaproof/log.h"
#include "bin/caaproof/store.h"
#include "bin/caaproof/terminal.h"
#include "store/backup.h"
#include "store/hold.h"
#include "store/retain.h"

#include <inttypes.h>
#include <stdio.h>

static cx_status
shard_operand(struct store_command *c, uint64_t *ret)
{
    return log_number(c->operands[0], "SHARD", ret, &c->detail);
}

cx_status
store_hold(struct store_command *c)
{
    uint64_t shard;

    if (c->reason == NULL) {
        return cx_fail(&c->detail, CX_E_USAGE, "--reason is needed: it is kept with the hold");
    }
    CX_TRY(shard_operand(c, &shard));
    return cx_store_hold(c->store, shard, cx_str_of(c->reason), &c->detail);
}

cx_status
store_release(struct store_command *c)
{
    uint64_t shard;

    CX_TRY(shard_operand(c, &shard));
    return cx_store_release(c->store, shard, &c->detail);
}

static void
tell(void *ctx, uint64_t shard, enum cx_retained what)
{
    const struct store_command *c = ctx;

    switch (what) {
    case CX_RETAINED_HELD:
        printf("shard %" PRIu64 ": held\n", shard);
        break;
    case CX_DELETED_MESSAGES:
        printf("shard %" PRIu64 ": messages %s\n", shard, c->dry ? "would be deleted" : "deleted");
        break;
    case CX_DELETED_SHARD:
        printf("shard %" PRIu64 ": %s\n", shard, c->dry ? "would be deleted" : "deleted");
        break;
    case CX_RETAINED_UNSET:
        break;
    }
}

static uint64_t
ms_of(cx_time t)
{
    return t == CX_TIME_NONE || t < 0 ? 0 : (uint64_t)t * 1000;
}

cx_status
store_retain(struct store_command *c)
{
    const struct cx_retention retention = {
        .now_ms = cx_time_now_ms(),
        .messages_before_ms = ms_of(c->messages_before),
        .records_before_ms = ms_of(c->records_before),
        .forced = c->force,
        .dry = c->dry,
        .reason = c->reason != NULL ? cx_str_of(c->reason) : CX_STR("caaproof store retain"),
        .each = tell,
        .ctx = c,
    };

    if (retention.messages_before_ms == 0 && retention.records_before_ms == 0) {
        return cx_fail(&c->detail, CX_E_USAGE,
                       "--messages-before or --records-before is needed, or both");
    }
    return cx_store_retain(c->store, &retention, &c->detail);
}

static void
take_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct progress *progress = ctx;

    progress->done = done;
    progress->total = total;
    progress_show(progress);
}

cx_status
store_backup(struct store_command *c)
{
    struct progress progress;
    cx_status s;

    progress_begin(&progress, "shards", 0);
    s = cx_store_backup(c->store, c->operands[0], take_progress, &progress, &c->detail);
    progress_end(&progress);
    return s;
}
