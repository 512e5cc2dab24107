#include "bin/caaproofd/logging.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 16384

/* Words, and priorities of syslog. */
static const struct {
    const char *word;
    unsigned priority;
} levels[] = {
    [CONFIG_LEVEL_UNSET] = { "err", 3 },       [CONFIG_LEVEL_ERR] = { "err", 3 },
    [CONFIG_LEVEL_WARNING] = { "warning", 4 }, [CONFIG_LEVEL_NOTICE] = { "notice", 5 },
    [CONFIG_LEVEL_INFO] = { "info", 6 },       [CONFIG_LEVEL_DEBUG] = { "debug", 7 },
};

void
logging_init(struct logging *logging, const struct config_log *config)
{
    *logging = (struct logging){
        .format = config->format,
        .level = config->level,
        .has_priority = getenv("JOURNAL_STREAM") != NULL,
    };
}

static void
put_json(struct cx_buf *buf, const char *time, const char *level, const char *who, cx_str text)
{
    struct cx_json *o = cx_json_new_object();

    o = cx_json_whole(o, cx_json_set_text(o, "time", time) && cx_json_set_text(o, "level", level) &&
                             cx_json_set_text(o, "role", who) &&
                             cx_json_set(o, "message", cx_json_new_outside(text)));
    if (!cx_ok(cx_json_write(o, buf))) {
        cx_buf_clear(buf);
    }
    cx_json_free(o);
}

void
logging_text(const struct logging *logging, enum config_level level, const char *who, cx_str text)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = LINE_MAX_OCTETS };
    unsigned which = level <= CONFIG_LEVEL_DEBUG ? (unsigned)level : CONFIG_LEVEL_UNSET;
    char time[CX_TIME_TEXT];

    if (which > (unsigned)logging->level) {
        return;
    }
    cx_time_format(cx_time_now(), time);
    if (logging->has_priority) {
        cx_buf_printf(&buf, "<%u>", levels[which].priority);
    }
    if (logging->format == CONFIG_LOG_JSON) {
        put_json(&buf, time, levels[which].word, who, text);
    } else {
        cx_buf_printf(&buf, "%s %s %s: ", time, levels[which].word, who);
        cx_buf_put_escaped(&buf, cx_span_of_str(text));
    }
    cx_buf_putc(&buf, '\n');
    if (cx_buf_ok(&buf)) {
        (void)!write(STDERR_FILENO, buf.p, buf.n); /* there is nobody else to tell */
    }
}

void
logging_line(const struct logging *logging, enum config_level level, const char *who,
             const char *fmt, ...)
{
    char text[2000];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    logging_text(logging, level, who, cx_str_of(text));
}
