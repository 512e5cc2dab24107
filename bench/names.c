#include "names.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_ROOM 1024

static bool
complain(const char *what, const char *why)
{
    fprintf(stderr, "bench_live: %s: %s\n", what, why);
    return false;
}

static struct cx_json *
json_for(const char *name)
{
    struct cx_json *request = cx_json_new_object();
    struct cx_json *names = cx_json_new_array();
    struct cx_json *issuers = cx_json_new_array();
    bool whole = cx_json_add(names, cx_json_new_text(name)) &&
                 cx_json_add(issuers, cx_json_new_text("ca.example.net"));

    whole = cx_json_set(request, "names", names) && whole;
    whole = cx_json_set(request, "issuer", issuers) && whole;
    return cx_json_whole(request, whole);
}

/* NULL: out of memory. */
static const struct cx_request *
request_for(struct names *names, const char *name)
{
    struct cx_request *request = cx_arena_get(&names->arena, 1, sizeof(*request));
    struct cx_json *json = json_for(name);
    struct cx_detail detail = { .text = "" };
    bool read =
        request != NULL && json != NULL &&
        cx_ok(cx_request_from_json(json, NULL, cx_time_now(), &names->arena, request, &detail));

    cx_json_free(json);
    return read ? request : NULL;
}

void
names_init(struct names *names)
{
    *names = (struct names){ .v = NULL };
    cx_arena_init(&names->arena, SIZE_MAX / 2);
}

/* Fills in the name; the rest is like's. */
static bool
append(struct names *names, const char *name, const struct listed *like)
{
    struct listed *last;

    if (names->n == names->room) {
        size_t room = names->room == 0 ? 1024 : 2 * names->room;
        struct listed *v = cx_realloc(names->v, room, sizeof(*v));

        if (v == NULL) {
            return complain(name, "out of memory");
        }
        names->v = v;
        names->room = room;
    }
    last = &names->v[names->n];
    *last = *like;
    last->name = strdup(name);
    last->request = request_for(names, name);
    names->n++;
    return last->name != NULL && last->request != NULL ? true : complain(name, "out of memory");
}

static bool
read_line(struct names *names, char *line)
{
    struct listed due = { .verdict = CX_VERDICT_UNSET };
    struct cx_detail detail = { .text = "" };
    char *rest = NULL;
    char *name = strtok_r(line, " \n", &rest);
    char *verdict = strtok_r(NULL, " \n", &rest);
    char *found = strtok_r(NULL, " \n", &rest);

    if (name == NULL || verdict == NULL || found == NULL) {
        return complain("list", "a line is not NAME VERDICT FOUND");
    }
    due.verdict = cx_verdict_of_word(cx_str_of(verdict));
    due.by_records = strcmp(found, "-") != 0;
    if (due.verdict == CX_VERDICT_UNSET) {
        return complain(verdict, "no verdict");
    }
    if (due.by_records && !cx_ok(cx_name_from_text(cx_str_of(found), &due.found, &detail))) {
        return complain(found, detail.text);
    }
    return append(names, name, &due);
}

bool
names_read(struct names *names, const char *path, size_t max)
{
    FILE *file = fopen(path, "re");
    size_t end = max == 0 ? SIZE_MAX : names->n + max;
    char line[LINE_ROOM];
    bool ok = true;

    if (file == NULL) {
        return complain(path, strerror(errno));
    }
    while (ok && names->n < end && fgets(line, sizeof(line), file) != NULL) {
        ok = read_line(names, line);
    }
    fclose(file);
    return ok && (max == 0 || names->n == end) ? true : complain(path, "fewer names than wanted");
}

/* The last two labels. */
static const char *
zone_of(const char *name)
{
    const char *zone = name;

    for (const char *dot = strchr(name, '.'); dot != NULL && strchr(dot + 1, '.') != NULL;
         dot = strchr(dot + 1, '.')) {
        zone = dot + 1;
    }
    return zone;
}

bool
names_multiply(struct names *names, size_t more)
{
    size_t n = names->n;
    char name[LINE_ROOM];

    for (size_t k = 0; k < more; k++) {
        for (size_t i = 0; i < n; i++) {
            struct listed like = names->v[i];

            snprintf(name, sizeof(name), "h%zu.%s", k, zone_of(like.name));
            if (!append(names, name, &like)) {
                return false;
            }
        }
    }
    return true;
}

void
names_done(struct names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        free(names->v[i].name);
    }
    cx_free(names->v);
    cx_arena_done(&names->arena);
}
