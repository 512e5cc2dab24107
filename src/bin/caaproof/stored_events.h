/* What a log has of a request beside its check: the start, and events. */
#ifndef CAAPROOF_STORED_EVENTS_H
#define CAAPROOF_STORED_EVENTS_H

#include "engine/stored.h"

struct stored_event {
    struct cx_log_row row;
    struct cx_event event;
};

/* Rows and texts live in the arena that was given. */
struct stored_events {
    bool has_start;
    struct cx_log_row start_row;
    struct cx_start start;
    struct stored_event *v; /* oldest first */
    size_t n;
};

/* Of a request, without the check: its last start, and events that name it and no record. Classes: those of cx_log_find,
 * MALFORMED, STORE. */
cx_status stored_events_of_request(const struct cx_stored *stored, cx_str request, size_t max,
                                   struct cx_arena *arena, struct stored_events *ret,
                                   struct cx_detail *detail) CX_MUST;
/* Of a check: the same, the start being the last one before it, and events about it. At most so many of each of the two kinds of
 * events, the newest. */
cx_status stored_events_of_check(const struct cx_stored *stored, const struct cx_log_row *row,
                                 const struct cx_record *record, size_t max, struct cx_arena *arena,
                                 struct stored_events *ret, struct cx_detail *detail) CX_MUST;
/* Of one row, which is a start or an event: that. */
cx_status stored_events_of_row(const struct cx_log_row *row, struct cx_arena *arena,
                               struct stored_events *ret, struct cx_detail *detail) CX_MUST;

/* A line each. */
void stored_events_print(const struct stored_events *events);

#endif
