/* Appends starts and events to a store, for tests of the commands that read one: add_events STORE, then words
 *   start ID | TYPE [about=HEX] [by=TEXT] [why=TEXT] [certificate=TEXT] [request=ID]
 * where a word of a type begins an event and those with "=" behind it are its members. Prints shard/index of each. */
#include "engine/recorder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct adding {
    struct cx_recorder *recorder;
    uint64_t now_ms;
    struct cx_detail detail;
};

static void
must(bool condition, const struct adding *a, const char *what)
{
    if (!condition) {
        fprintf(stderr, "add_events: %s: %s\n", what, a->detail.text);
        exit(EXIT_FAILURE);
    }
}

static enum cx_event_type
type_of(const char *word)
{
    for (int i = CX_EVENT_CLAIM; i <= CX_EVENT_INTERRUPTED; i++) {
        if (strcmp(cx_event_word((enum cx_event_type)i), word) == 0) {
            return (enum cx_event_type)i;
        }
    }
    return CX_EVENT_UNSET;
}

static void
set_member(struct adding *a, struct cx_event *event, cx_span *certificate, const char *word)
{
    const char *value = strchr(word, '=') + 1;
    cx_str text = cx_str_of(value);

    if (strncmp(word, "about=", 6) == 0) {
        event->has_about = true;
        must(cx_hash_of_text(text, &event->about), a, word);
    } else if (strncmp(word, "by=", 3) == 0) {
        event->by = text;
    } else if (strncmp(word, "why=", 4) == 0) {
        event->why = text;
    } else if (strncmp(word, "request=", 8) == 0) {
        event->request = text;
    } else if (strncmp(word, "certificate=", 12) == 0) {
        event->has_certificate = true;
        *certificate = cx_span_of_str(text);
    } else {
        must(false, a, word);
    }
}

/* What stands from there on; the first word that is no part of it. */
static char **
add_one(struct adding *a, char **words)
{
    struct cx_noted noted;

    if (strcmp(words[0], "start") == 0) {
        const struct cx_start start = { .request = cx_str_of(words[1]),
                                        .deadline_ms = a->now_ms + 10000,
                                        .caller = CX_STR("issuer-1") };

        must(cx_ok(cx_recorder_start(a->recorder, &start, a->now_ms, &noted, &a->detail)), a,
             words[1]);
        words += 2;
    } else {
        struct cx_event event = { .type = type_of(words[0]) };
        cx_span certificate = { NULL, 0 };
        const char *what = *words++;

        while (*words != NULL && strchr(*words, '=') != NULL) {
            set_member(a, &event, &certificate, *words++);
        }
        must(cx_ok(cx_recorder_event(a->recorder, &event, certificate, a->now_ms, &noted,
                                     &a->detail)),
             a, what);
    }
    printf("%" PRIu64 "/%" PRIu64 "\n", noted.shard, noted.index);
    return words;
}

int
main(int argc, char **argv)
{
    static const struct cx_recorder_options options = { .messages = CX_MESSAGES_PROOF };
    struct adding a = { .now_ms = (uint64_t)cx_time_now() * 1000, .detail = { .text = "" } };
    struct cx_log_opened opened;
    struct cx_log *log;

    must(argc > 2, &a, "usage");
    must(cx_ok(cx_log_open(argv[1], NULL, &log, &opened, &a.detail)), &a, argv[1]);
    must(cx_ok(cx_recorder_new(log, &options, &a.recorder)), &a, "recorder");
    for (char **words = argv + 2; *words != NULL;) {
        words = add_one(&a, words);
    }
    must(cx_ok(cx_recorder_commit(a.recorder, &a.detail)), &a, "commit");
    cx_recorder_free(a.recorder);
    cx_log_close(log);
    return EXIT_SUCCESS;
}
