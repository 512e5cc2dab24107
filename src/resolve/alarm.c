#include "resolve/alarm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
cx_alarms_begin(struct cx_alarms *alarms, enum cx_alarm_topic topic)
{
    for (size_t i = 0; i < alarms->n; i++) {
        if (alarms->all[i].topic == topic) {
            alarms->all[i].stands = false;
        }
    }
}

void
cx_alarms_raise(struct cx_alarms *alarms, enum cx_alarm_topic topic, const char *fmt, ...)
{
    struct cx_alarm alarm = { .topic = topic, .stands = true };
    size_t at = alarms->n;
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(alarm.text, sizeof(alarm.text), fmt, args); /* cut, if need be */
    va_end(args);
    for (size_t i = 0; i < alarms->n; i++) {
        if (alarms->all[i].topic == topic && strcmp(alarms->all[i].text, alarm.text) == 0) {
            alarms->all[i].stands = true;
            return;
        }
    }
    for (size_t i = 0; at == CX_ALARMS_MAX && i < CX_ALARMS_MAX; i++) {
        at = alarms->all[i].stands ? at : i;
    }
    if (at < CX_ALARMS_MAX) { /* else there are more than anybody reads */
        alarms->all[at] = alarm;
        alarms->n += at == alarms->n ? 1 : 0;
    }
}

void
cx_alarms_end(struct cx_alarms *alarms, enum cx_alarm_topic topic)
{
    size_t n = 0;

    for (size_t i = 0; i < alarms->n; i++) {
        if (alarms->all[i].topic != topic || alarms->all[i].stands) {
            alarms->all[n++] = alarms->all[i];
        }
    }
    alarms->n = n;
}

/* Whoever is told may ask a question, and so raise another. */
void
cx_alarms_tell(struct cx_alarms *alarms, cx_alarm_tell *tell, void *ctx)
{
    for (size_t i = 0; i < alarms->n; i++) {
        struct cx_alarm *alarm = &alarms->all[i];
        char text[CX_ALARM_TEXT];

        if (!alarm->told) {
            alarm->told = true;
            memcpy(text, alarm->text, sizeof(text));
            if (tell != NULL) {
                tell(ctx, text);
            }
        }
    }
}

void
cx_alarm_path(const char *path, char ret[CX_ALARM_PATH_TEXT])
{
    size_t n = strlen(path), most = CX_ALARM_PATH_TEXT - 1;

    (void)snprintf(ret, CX_ALARM_PATH_TEXT, "%s%s", n > most ? "..." : "",
                   n > most ? path + n - (most - 3) : path);
}

bool
cx_alarms_hear(struct cx_alarms_heard *heard, const char *text, unsigned who)
{
    uint64_t bit = (uint64_t)1 << who;

    for (size_t i = 0; i < CX_ALARMS_MAX; i++) {
        if (strcmp(heard->all[i].text, text) == 0) {
            bool again = (heard->all[i].by & bit) != 0;

            heard->all[i].by = again ? bit : heard->all[i].by | bit;
            return again;
        }
    }
    heard->all[heard->next].by = bit;
    (void)snprintf(heard->all[heard->next].text, CX_ALARM_TEXT, "%s", text);
    heard->next = (heard->next + 1) % CX_ALARMS_MAX;
    return true;
}

void
cx_alarms_forget(struct cx_alarms_heard *heard, unsigned who)
{
    for (size_t i = 0; i < CX_ALARMS_MAX; i++) {
        heard->all[i].by &= ~((uint64_t)1 << who);
    }
}
