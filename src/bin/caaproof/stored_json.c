#include "bin/caaproof/stored_json.h"

#include "pki/digest.h"

#include <inttypes.h>
#include <stdio.h>

static struct cx_json *
hash_json(const struct cx_hash *hash)
{
    char text[CX_HASH_TEXT];

    cx_hash_text(hash, text);
    return cx_json_new_text(text);
}

/* Of the record, as its entry has it. */
static struct cx_json *
digest_json(const struct cx_log_row *row)
{
    struct cx_hash digest;

    memcpy(digest.b, row->entry + CX_ENTRY_SIZE - CX_HASH_SIZE, CX_HASH_SIZE);
    return hash_json(&digest);
}

/* 2026-11-22T12:00:00.250Z */
static struct cx_json *
time_json(uint64_t time_ms)
{
    char seconds[CX_TIME_TEXT], text[CX_TIME_TEXT + 8];

    cx_time_format((cx_time)(time_ms / 1000), seconds);
    (void)snprintf(text, sizeof(text), "%.19s.%03uZ", seconds, (unsigned)(time_ms % 1000));
    return cx_json_new_text(text);
}

static const char *
origin_of(const struct cx_stored *stored, uint64_t shard)
{
    for (size_t i = 0; i < cx_log_reader_shards(stored->reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(stored->reader, i);

        if (info->number == shard) {
            return info->key.name;
        }
    }
    return "";
}

static struct cx_json *
hash_or_null(bool has, const struct cx_hash *hash)
{
    return has ? hash_json(hash) : cx_json_new_null();
}

static struct cx_json *
text_or_null(cx_str text)
{
    return text.n != 0 ? cx_json_new_string(text) : cx_json_new_null();
}

/* Who asked for it, and what came of that. */
static bool
set_caller(struct cx_json *json, const struct cx_record *record)
{
    bool has_verdict = record->own_verdict != CX_VERDICT_UNSET;

    return cx_json_set(json, "caller", text_or_null(record->caller)) &&
           cx_json_set(json, "body", hash_or_null(record->has_body, &record->body)) &&
           cx_json_set(json, "own_verdict",
                       has_verdict ? cx_json_new_text(cx_verdict_word(record->own_verdict))
                                   : cx_json_new_null()) &&
           cx_json_set(json, "shadow", cx_json_new_bool(record->is_shadow));
}

struct cx_json *
stored_json(const struct cx_stored *stored, const struct cx_log_row *row,
            const struct cx_record *record)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json, cx_json_set(json, "log", cx_json_new_text(origin_of(stored, row->shard))) &&
                  cx_json_set(json, "shard", cx_json_new_integer((int64_t)row->shard)) &&
                  cx_json_set(json, "index", cx_json_new_integer((int64_t)row->index)) &&
                  cx_json_set(json, "digest", digest_json(row)) &&
                  cx_json_set(json, "time", time_json(record->time_ms)) &&
                  cx_json_set(json, "expires", cx_json_new_moment(record->conclusion.expires)) &&
                  cx_json_set(json, "authority",
                              record->has_authority ? hash_json(&record->authority)
                                                    : cx_json_new_null()) &&
                  cx_json_set(json, "own", hash_json(&record->own)) &&
                  cx_json_set(json, "context", hash_json(&record->context)) &&
                  set_caller(json, record));
}

static struct cx_json *
names_json(const struct cx_record *record)
{
    struct cx_json *list = cx_json_new_array();
    char text[CX_NAME_TEXT_MAX + 2];
    bool whole = list != NULL;

    for (size_t i = 0; whole && i < record->n_names; i++) {
        const struct cx_record_name *name = &record->names[i];
        bool wildcard =
            name->kind == CX_RECORD_NAME_WILDCARD || name->kind == CX_RECORD_NAME_ONION_WILDCARD;

        (void)snprintf(text, sizeof(text), "%s%.*s", wildcard ? "*." : "", (int)name->text.n,
                       name->text.p);
        whole = cx_json_add(list, cx_json_new_text(text));
    }
    return cx_json_whole(list, whole);
}

/* The place of a check, and whose it was. */
static bool
set_check(struct cx_json *json, const struct cx_log_row *row, const struct cx_record *record)
{
    return cx_json_set_number(json, "shard", row->shard) &&
           cx_json_set_number(json, "index", row->index) &&
           cx_json_set(json, "time", time_json(record->time_ms)) &&
           cx_json_set(json, "id", text_or_null(record->request)) &&
           cx_json_set(json, "authority", hash_or_null(record->has_authority, &record->authority));
}

struct cx_json *
stored_difference_json(const struct cx_log_row *row, const struct cx_record *record)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json, set_check(json, row, record) && cx_json_set(json, "names", names_json(record)) &&
                  cx_json_set_text(json, "verdict", cx_verdict_word(record->conclusion.verdict)) &&
                  cx_json_set(json, "reason", cx_json_new_string(record->conclusion.reason)) &&
                  set_caller(json, record));
}

struct cx_json *
stored_prevented_json(const struct cx_log_row *row, const struct cx_record *record,
                      struct cx_json *names)
{
    struct cx_json *json = cx_json_new_object();
    bool whole = cx_json_set(json, "names", names); /* first: it is ours from here on */

    return cx_json_whole(json, whole && set_check(json, row, record) &&
                                   cx_json_set(json, "caller", text_or_null(record->caller)) &&
                                   cx_json_set(json, "digest", digest_json(row)));
}

/* ---- beside it */

/* Where it stands, and when. */
static bool
set_place(struct cx_json *json, const struct cx_log_row *row, uint64_t time_ms)
{
    return cx_json_set(json, "shard", cx_json_new_integer((int64_t)row->shard)) &&
           cx_json_set(json, "index", cx_json_new_integer((int64_t)row->index)) &&
           cx_json_set(json, "digest", digest_json(row)) &&
           cx_json_set(json, "time", time_json(time_ms));
}

static struct cx_json *
start_json(const struct stored_events *events)
{
    const struct cx_start *start = &events->start;
    struct cx_json *json;

    if (!events->has_start) {
        return cx_json_new_null();
    }
    json = cx_json_new_object();
    return cx_json_whole(
        json,
        set_place(json, &events->start_row, start->time_ms) &&
            cx_json_set(json, "request", text_or_null(start->request)) &&
            cx_json_set(json, "body", hash_json(&start->body)) &&
            cx_json_set(json, "deadline", time_json(start->deadline_ms)) &&
            cx_json_set(json, "caller", text_or_null(start->caller)) &&
            cx_json_set(json, "authority", hash_or_null(start->has_authority, &start->authority)) &&
            cx_json_set(json, "previous", hash_or_null(start->has_previous, &start->previous)));
}

static struct cx_json *
event_json(const struct stored_event *stored)
{
    const struct cx_event *event = &stored->event;
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json,
        set_place(json, &stored->row, event->time_ms) &&
            cx_json_set(json, "type", cx_json_new_text(cx_event_word(event->type))) &&
            cx_json_set(json, "about", hash_or_null(event->has_about, &event->about)) &&
            cx_json_set(json, "request", text_or_null(event->request)) &&
            cx_json_set(json, "by", text_or_null(event->by)) &&
            cx_json_set(json, "why", text_or_null(event->why)) &&
            cx_json_set(json, "authority", hash_or_null(event->has_authority, &event->authority)) &&
            cx_json_set(json, "certificate",
                        hash_or_null(event->has_certificate, &event->certificate)));
}

bool
stored_events_json(struct cx_json *object, const struct stored_events *events)
{
    struct cx_json *list = cx_json_new_array();
    bool whole = list != NULL;

    for (size_t i = 0; whole && i < events->n; i++) {
        whole = cx_json_add(list, event_json(&events->v[i]));
    }
    list = cx_json_whole(list, whole);
    whole = cx_json_set(object, "start", start_json(events));
    return cx_json_set(object, "events", list) && whole;
}
