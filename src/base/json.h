/* JSON values, by jansson behind this header. A child is borrowed from its parent and lives as long as the root that
 * cx_json_parse returned or that was built here. */
#ifndef CX_BASE_JSON_H
#define CX_BASE_JSON_H

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "base/time.h"

struct cx_json;

enum cx_json_kind {
    CX_JSON_NONE = 0,
    CX_JSON_NULL,
    CX_JSON_BOOL,
    CX_JSON_INTEGER,
    CX_JSON_REAL,
    CX_JSON_STRING,
    CX_JSON_ARRAY,
    CX_JSON_OBJECT,
};

/* Seeds the tables of objects from the system's randomness now. Otherwise the first object does, which a process that may open
 * no file by then cannot: it would take the time instead. Later calls do nothing. */
void cx_json_seed(void);

/* One value and nothing after it; duplicate members are refused. Classes: MALFORMED, NOMEM. Freed by the caller. */
cx_status cx_json_parse(cx_str text, struct cx_json **ret, struct cx_detail *detail) CX_MUST;
void cx_json_free(struct cx_json *json);
/* For CX_AUTO. */
void cx_json_cleanup(struct cx_json **json);

/* Reading. Every reader accepts NULL and the wrong kind, and says so by its result. */
enum cx_json_kind cx_json_kind_of(const struct cx_json *json);
size_t cx_json_size(const struct cx_json *array);
const struct cx_json *cx_json_at(const struct cx_json *array, size_t i);
const struct cx_json *cx_json_get(const struct cx_json *object, const char *member);
const struct cx_json *cx_json_get_str(const struct cx_json *object, cx_str member);
/* How many members an object has; the first max of their names are put to names. */
size_t cx_json_members(const struct cx_json *object, cx_str *names, size_t max);
bool cx_json_string(const struct cx_json *json, cx_str *ret);
bool cx_json_integer(const struct cx_json *json, int64_t *ret);
/* An integer or a real. */
bool cx_json_number(const struct cx_json *json, double *ret);
bool cx_json_bool(const struct cx_json *json, bool *ret);
/* Refuses an object with a member that is not in allowed (NULL-terminated), naming it and what is allowed; what is the
 * object's name for the message. */
cx_status cx_json_only(const struct cx_json *object, const char *what, const char *const *allowed,
                       enum cx_code code, struct cx_detail *detail) CX_MUST;

/* Building. NULL (out of memory, or text that is not UTF-8) may be passed on as value and as container: then set and add
 * give false, and nothing is added. They take their value over in any case. */
struct cx_json *cx_json_new_object(void);
struct cx_json *cx_json_new_array(void);
struct cx_json *cx_json_new_string(cx_str text); /* UTF-8, else NULL */
struct cx_json *cx_json_new_text(const char *text);
struct cx_json *
cx_json_new_escaped(cx_span outside); /* any octets, as cx_buf_put_escaped writes them */
/* Text from outside as it is if it is UTF-8, else escaped; null for none. */
struct cx_json *cx_json_new_outside(cx_str text);
struct cx_json *cx_json_new_integer(int64_t value);
struct cx_json *cx_json_new_bool(bool value);
struct cx_json *cx_json_new_null(void);
/* As RFC 3339 in UTC; CX_TIME_NONE is null. */
struct cx_json *cx_json_new_moment(cx_time moment);
struct cx_json *cx_json_copy(const struct cx_json *json);
/* The very value, for a second parent; not to be changed any more. */
struct cx_json *cx_json_share(const struct cx_json *json);
bool cx_json_set(struct cx_json *object, const char *member, struct cx_json *value) CX_MUST;
bool cx_json_set_str(struct cx_json *object, cx_str member, struct cx_json *value) CX_MUST;
bool cx_json_add(struct cx_json *array, struct cx_json *value) CX_MUST;
/* The same with values that are made here; NULL is null, and so is CX_TIME_NONE. A number of more than 63 bits fails. */
bool cx_json_set_number(struct cx_json *object, const char *member, uint64_t n) CX_MUST;
bool cx_json_set_text(struct cx_json *object, const char *member, const char *text) CX_MUST;
bool cx_json_set_moment(struct cx_json *object, const char *member, cx_time moment) CX_MUST;
/* json if everything could be put into it, else NULL after freeing it: what is incomplete is not passed on. */
struct cx_json *cx_json_whole(struct cx_json *json, bool complete) CX_MUST;

/* Compact, members in insertion order, one line without its end. Classes: NOMEM (also for NULL), LIMIT. */
cx_status cx_json_write(const struct cx_json *json, struct cx_buf *buf) CX_MUST;
/* The same, indented for people. */
cx_status cx_json_write_pretty(const struct cx_json *json, struct cx_buf *buf) CX_MUST;

#endif
