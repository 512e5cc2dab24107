#include "bin/caaproof/stored_events.h"

#include "base/limits.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"
#include "evidence/entry_keys.h"

#include <inttypes.h>
#include <stdlib.h>

struct collecting {
    struct cx_arena *arena;
    struct stored_events *events;
    size_t room;
    size_t left; /* events that are wanted still */
    bool of_request;
    const struct cx_log_row *before; /* of a start; NULL: any */
    struct cx_detail *detail;
};

static cx_status
copy_row(const struct cx_log_row *row, struct cx_arena *arena, struct cx_log_row *ret)
{
    *ret = *row;
    return cx_arena_copy(arena, row->record, &ret->record);
}

static int
compare_places(const struct cx_log_row *a, const struct cx_log_row *b)
{
    if (a->shard != b->shard) {
        return a->shard < b->shard ? -1 : 1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

static cx_status
take_start(void *ctx, const struct cx_log_row *row)
{
    struct collecting *c = ctx;

    if (c->events->has_start || row->entry[1] != CX_ENTRY_START ||
        (c->before != NULL && compare_places(row, c->before) >= 0)) {
        return CX_SUCCESS;
    }
    CX_TRY(copy_row(row, c->arena, &c->events->start_row));
    CX_TRY(cx_log_start(&c->events->start_row, &c->events->start, c->detail));
    c->events->has_start = true;
    return CX_SUCCESS;
}

static cx_status
take_event(void *ctx, const struct cx_log_row *row)
{
    struct collecting *c = ctx;
    struct stored_event event, *v;

    if (c->left == 0 || row->entry[1] != CX_ENTRY_EVENT) {
        return CX_SUCCESS;
    }
    CX_TRY(copy_row(row, c->arena, &event.row));
    CX_TRY(cx_log_event(&event.row, &event.event, c->detail));
    if (c->of_request && event.event.has_about) {
        return CX_SUCCESS; /* found by that */
    }
    v = cx_arena_widen(c->arena, c->events->v, c->events->n, &c->room, sizeof(*v));
    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    v[c->events->n++] = event;
    c->events->v = v;
    c->left--;
    return CX_SUCCESS;
}

static int
compare_events(const void *a, const void *b)
{
    return compare_places(&((const struct stored_event *)a)->row,
                          &((const struct stored_event *)b)->row);
}

/* What has the key that was put into buf. */
static cx_status
find(const struct cx_stored *stored, struct cx_buf *key,
     cx_status (*take)(void *ctx, const struct cx_log_row *row), struct collecting *c)
{
    CX_TRY(cx_buf_status(key));
    CX_TRY(cx_log_find(stored->reader, cx_buf_str(key), take, c, c->detail));
    cx_buf_clear(key);
    return CX_SUCCESS;
}

static cx_status
find_of_request(const struct cx_stored *stored, cx_str request, size_t max, struct cx_buf *key,
                struct collecting *c)
{
    if (request.n == 0) {
        return CX_SUCCESS;
    }
    c->left = max;
    c->of_request = true;
    cx_log_key_start(request, key);
    CX_TRY(find(stored, key, take_start, c));
    cx_log_key_request(request, key);
    return find(stored, key, take_event, c);
}

static cx_status
find_about(const struct cx_stored *stored, const struct cx_log_row *row, size_t max,
           struct cx_buf *key, struct collecting *c)
{
    struct cx_entry entry;
    struct cx_hash digest;

    CX_TRY(cx_entry_read((cx_span){ row->entry, CX_ENTRY_SIZE }, &entry));
    memcpy(digest.b, entry.digest, CX_HASH_SIZE);
    c->left = max;
    c->of_request = false;
    cx_log_key_about(&digest, key);
    return find(stored, key, take_event, c);
}

static void
sort(struct stored_events *events)
{
    if (events->n > 1) {
        qsort(events->v, events->n, sizeof(*events->v), compare_events);
    }
}

cx_status
stored_events_of_request(const struct cx_stored *stored, cx_str request, size_t max,
                         struct cx_arena *arena, struct stored_events *ret,
                         struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = CX_LINE_MAX };
    struct stored_events events = { .n = 0 };
    struct collecting c = { .arena = arena, .events = &events, .detail = detail };

    CX_TRY(find_of_request(stored, request, max, &key, &c));
    sort(&events);
    *ret = events;
    return CX_SUCCESS;
}

cx_status
stored_events_of_check(const struct cx_stored *stored, const struct cx_log_row *row,
                       const struct cx_record *record, size_t max, struct cx_arena *arena,
                       struct stored_events *ret, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = CX_LINE_MAX };
    struct stored_events events = { .n = 0 };
    struct collecting c = { .arena = arena, .events = &events, .before = row, .detail = detail };

    CX_TRY(find_of_request(stored, record->request, max, &key, &c));
    CX_TRY(find_about(stored, row, max, &key, &c));
    sort(&events);
    *ret = events;
    return CX_SUCCESS;
}

cx_status
stored_events_of_row(const struct cx_log_row *row, struct cx_arena *arena,
                     struct stored_events *ret, struct cx_detail *detail)
{
    struct stored_events events = { .n = 0 };
    struct collecting c = { .arena = arena, .events = &events, .left = 1, .detail = detail };

    CX_TRY(take_start(&c, row));
    CX_TRY(take_event(&c, row));
    *ret = events;
    return CX_SUCCESS;
}

/* ---- for people */

static void
print_time(uint64_t time_ms)
{
    char text[CX_TIME_TEXT];

    cx_time_format((cx_time)(time_ms / 1000), text);
    fputs(text, stdout);
}

static void
print_place(const struct cx_log_row *row, uint64_t time_ms)
{
    printf("  %s%" PRIu64 "/%" PRIu64 "%s  ", paint_on(stdout, PAINT_BOLD), row->shard, row->index,
           paint_off(stdout));
    print_time(time_ms);
}

static void
print_hash(const char *what, bool has, const struct cx_hash *hash)
{
    char text[CX_HASH_TEXT];

    if (has) {
        cx_hash_text(hash, text);
        printf("; %s %s", what, text);
    }
}

static void
print_text(const char *what, cx_str text)
{
    if (text.n != 0) {
        printf("; %s ", what);
        output_plain(stdout, text);
    }
}

static void
print_start(const struct cx_log_row *row, const struct cx_start *start)
{
    print_place(row, start->time_ms);
    fputs("  start: request ", stdout);
    output_plain(stdout, start->request);
    fputs(" was accepted; deadline ", stdout);
    print_time(start->deadline_ms);
    print_text("by", start->caller);
    print_hash("instead of", start->has_previous, &start->previous);
    fputc('\n', stdout);
}

static void
print_event(const struct cx_log_row *row, const struct cx_event *event)
{
    print_place(row, event->time_ms);
    printf("  %s: %s", cx_event_word(event->type), cx_event_sentence(event->type));
    print_text("by", event->by);
    print_text("why:", event->why);
    print_hash("certificate", event->has_certificate, &event->certificate);
    fputc('\n', stdout);
}

void
stored_events_print(const struct stored_events *events)
{
    if (events->has_start) {
        print_start(&events->start_row, &events->start);
    }
    for (size_t i = 0; i < events->n; i++) {
        print_event(&events->v[i].row, &events->v[i].event);
    }
}
