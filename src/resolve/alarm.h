/* What somebody must be told about the anchors, although no question has failed yet: sentences for people.
 * I1: a sentence is told once, and again only when it was no longer true in between.
 * I2: raising tells nobody yet, and so may be done anywhere, also inside libunbound. */
#ifndef CX_RESOLVE_ALARM_H
#define CX_RESOLVE_ALARM_H

#include "base/limits.h"
#include "base/status.h"

#include <stdint.h>

enum cx_alarm_topic {
    CX_ALARM_FILE, /* the file of anchors */
    CX_ALARM_ROOT, /* the root's keys */
};

typedef void cx_alarm_tell(void *ctx, const char *text);

/* Begins zeroed. */
struct cx_alarms {
    struct cx_alarm {
        char text[CX_ALARM_TEXT];
        enum cx_alarm_topic topic;
        bool stands;
        bool told;
    } all[CX_ALARMS_MAX];
    size_t n;
};

/* From begin to end all that is wrong about a topic is raised; what is not raised again was put right. Of more than
 * CX_ALARMS_MAX the last ones are dropped. */
void cx_alarms_begin(struct cx_alarms *alarms, enum cx_alarm_topic topic);
void cx_alarms_raise(struct cx_alarms *alarms, enum cx_alarm_topic topic, const char *fmt, ...)
    CX_PRINTF(3, 4);
void cx_alarms_end(struct cx_alarms *alarms, enum cx_alarm_topic topic);
/* Tells what is new; tell NULL: to nobody. Not from inside libunbound. */
void cx_alarms_tell(struct cx_alarms *alarms, cx_alarm_tell *tell, void *ctx);

/* A path as it fits into a sentence: of a long one the end. */
void cx_alarm_path(const char *path, char ret[CX_ALARM_PATH_TEXT]);

/* Alarms of several processes that see the same. Begins zeroed. */
struct cx_alarms_heard {
    struct {
        char text[CX_ALARM_TEXT];
        uint64_t by; /* a bit for each process */
    } all[CX_ALARMS_MAX];
    size_t next; /* the oldest, once all are in use */
};

/* True: it is news, since none has said it before, or the same process says it again (I1). who: below 64. */
bool cx_alarms_hear(struct cx_alarms_heard *heard, const char *text, unsigned who);
/* Another process takes the place of this one. */
void cx_alarms_forget(struct cx_alarms_heard *heard, unsigned who);

#endif
