/* What the reader makes of octets, for comparison with the one in Python: lines of a kind and hexadecimal digits on stdin;
 * on stdout for each what they say as JSON on one line, or "refused". */
#include "evidence/entry.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>

#define LINE_OCTETS_MAX ((size_t)1 << 20)
#define ARENA_CAP       ((size_t)64 << 20)

static void
die(const char *what)
{
    fprintf(stderr, "read_octets: %s\n", what);
    exit(EXIT_FAILURE);
}

/* NULL: refused. */
static struct cx_json *
say(const char *kind, cx_span octets, struct cx_arena *arena)
{
    struct cx_answer_object object;
    struct cx_perspectives list;
    struct cx_supplied supplied;
    struct cx_context context;
    struct cx_record record;
    struct cx_begin begin;
    struct cx_start start;
    struct cx_event event;
    struct cx_seal seal;

    if (strcmp(kind, "start") == 0) {
        return cx_ok(cx_start_decode(octets, &start, NULL)) ? say_start(&start) : NULL;
    }
    if (strcmp(kind, "event") == 0) {
        return cx_ok(cx_event_decode(octets, &event, NULL)) ? say_event(&event) : NULL;
    }
    if (strcmp(kind, "begin") == 0) {
        return cx_ok(cx_begin_decode(octets, &begin, NULL)) ? say_begin(&begin) : NULL;
    }
    if (strcmp(kind, "seal") == 0) {
        return cx_ok(cx_seal_decode(octets, &seal, NULL)) ? say_seal(&seal) : NULL;
    }
    if (strcmp(kind, "record") == 0) {
        return cx_ok(cx_record_decode(octets, arena, &record, NULL)) ? say_record(&record) : NULL;
    }
    if (strcmp(kind, "answer") == 0) {
        return cx_ok(cx_answer_object_decode(octets, arena, &object, NULL)) ? say_answer(&object)
                                                                            : NULL;
    }
    if (strcmp(kind, "context") == 0) {
        return cx_ok(cx_context_decode(octets, arena, &context, NULL))
                   ? say_context(&context, context.policy_octets)
                   : NULL;
    }
    if (strcmp(kind, "perspectives") == 0) {
        return cx_ok(cx_perspectives_decode(octets, arena, &list, NULL)) ? say_perspectives(&list)
                                                                         : NULL;
    }
    if (strcmp(kind, "corroboration") == 0) {
        return cx_ok(cx_supplied_decode(octets, arena, &supplied, NULL)) ? say_supplied(&supplied)
                                                                         : NULL;
    }
    die("an unknown kind");
    return NULL;
}

/* Pairs of digits up to the end of the line. The octets have exactly their size, so that a sanitizer sees a read behind
 * their end. */
static cx_span
octets_of_line(const char *hex)
{
    size_t n = strcspn(hex, "\n") / 2;
    uint8_t *p = malloc(n == 0 ? 1 : n);

    if (p == NULL) {
        die("out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        int high = cx_ascii_hex((uint8_t)hex[2 * i]), low = cx_ascii_hex((uint8_t)hex[2 * i + 1]);

        if (high < 0 || low < 0) {
            die("no hexadecimal digits");
        }
        p[i] = (uint8_t)(high * 16 + low);
    }
    return (cx_span){ p, n };
}

static void
answer(const char *kind, const char *hex)
{
    cx_span octets = octets_of_line(hex);
    struct cx_arena arena;
    struct cx_json *json;
    struct cx_buf buf;

    cx_arena_init(&arena, ARENA_CAP);
    cx_buf_init(&buf, LINE_OCTETS_MAX * 16);
    json = say(kind, octets, &arena);
    if (json == NULL) {
        puts("refused");
    } else if (cx_ok(cx_json_write(json, &buf))) {
        printf("%.*s\n", (int)buf.n, buf.p);
    } else {
        die("JSON");
    }
    cx_json_free(json);
    cx_buf_done(&buf);
    cx_arena_done(&arena);
    free((void *)(uintptr_t)octets.p);
}

int
main(void)
{
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, stdin) > 0) {
        char *blank = strchr(line, ' ');

        if (blank == NULL) {
            die("no kind");
        }
        *blank = '\0';
        answer(line, blank + 1);
    }
    free(line);
    return EXIT_SUCCESS;
}
