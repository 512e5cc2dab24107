/* The log of the daemon: one line an event on standard error, with a priority that journald understands. Only the parent writes
 * it; roles say lines to it. */
#ifndef CAAPROOFD_LOGGING_H
#define CAAPROOFD_LOGGING_H

#include "bin/caaproofd/config.h"

struct logging {
    enum config_log_format format;
    enum config_level level;
    bool has_priority; /* standard error is journald's */
};

void logging_init(struct logging *logging, const struct config_log *config);
/* who is the role. Octets that a terminal should not see are escaped. */
void logging_text(const struct logging *logging, enum config_level level, const char *who,
                  cx_str text);
void logging_line(const struct logging *logging, enum config_level level, const char *who,
                  const char *fmt, ...) CX_PRINTF(4, 5);

#endif
