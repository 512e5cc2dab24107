#include "bin/caaproof/log.h"
#include "bin/caaproof/output.h"

#include <inttypes.h>
#include <stdio.h>

struct status {
    struct log_command *c;
    const struct cx_log_shard_info *info;
    struct cx_witnessed_latest witnessed;
};

static void
print_lag(const char *what, bool any, uint64_t size, uint64_t entries)
{
    if (any) {
        printf("  %s: %" PRIu64 " entries, %" PRIu64 " behind\n", what, size, entries - size);
    } else {
        printf("  %s: never\n", what);
    }
}

static void
print_status(const struct status *s)
{
    char first[CX_TIME_TEXT], last[CX_TIME_TEXT];

    cx_time_format((cx_time)(s->info->first_ms / 1000), first);
    cx_time_format((cx_time)(s->info->last_ms / 1000), last);
    printf("%s%s\n  %" PRIu64 " entries from %s to %s\n", s->info->key.name,
           s->info->sealed ? " (sealed)" : "", s->info->size, first, last);
    print_lag("cosigned", s->witnessed.cosigned, s->witnessed.cosigned_size, s->info->size);
    print_lag("time-stamped", s->witnessed.stamped, s->witnessed.stamped_size, s->info->size);
}

static struct cx_json *
size_or_null(bool any, uint64_t size)
{
    return any ? cx_json_new_integer((int64_t)size) : cx_json_new_null();
}

static struct cx_json *
status_json(const struct status *s)
{
    const struct cx_witnessed_latest *w = &s->witnessed;
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json, cx_json_set(json, "log", cx_json_new_text(s->info->key.name)) &&
                  cx_json_set(json, "shard", cx_json_new_integer((int64_t)s->info->number)) &&
                  cx_json_set(json, "sealed", cx_json_new_bool(s->info->sealed)) &&
                  cx_json_set(json, "entries", cx_json_new_integer((int64_t)s->info->size)) &&
                  cx_json_set(json, "cosigned", size_or_null(w->cosigned, w->cosigned_size)) &&
                  cx_json_set(json, "timestamped", size_or_null(w->stamped, w->stamped_size)));
}

static void
read_status(struct log_command *c, size_t i, struct status *ret)
{
    *ret = (struct status){ .c = c, .info = cx_log_reader_shard(c->reader, i) };
    cx_witnessed_latest(c->store, ret->info->number, &ret->witnessed);
}

static cx_status
show_json(struct log_command *c)
{
    struct cx_json *json = cx_json_new_object(), *shards = cx_json_new_array();
    bool done = true;
    cx_status s;

    for (size_t i = 0; i < cx_log_reader_shards(c->reader) && done; i++) {
        struct status status;

        read_status(c, i, &status);
        done = cx_json_add(shards, status_json(&status));
    }
    done = cx_json_set(json, "schema", cx_json_new_integer(1)) && done;
    done = cx_json_set(json, "shards", shards) && done;
    json = cx_json_whole(json, done);
    s = output_json(json);
    cx_json_free(json);
    return s;
}

cx_status
log_status(struct log_command *c)
{
    if (c->json) {
        return show_json(c);
    }
    for (size_t i = 0; i < cx_log_reader_shards(c->reader); i++) {
        struct status status;

        read_status(c, i, &status);
        print_status(&status);
    }
    return CX_SUCCESS;
}
