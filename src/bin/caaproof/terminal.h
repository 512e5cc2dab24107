/* What depends on there being a person: colour, progress, warnings; and the clock that both use. */
#ifndef CAAPROOF_TERMINAL_H
#define CAAPROOF_TERMINAL_H

#include "base/span.h"
#include "caa/verdict.h"

#include <stdio.h>

enum paint {
    PAINT_PLAIN,
    PAINT_GOOD,
    PAINT_BAD,
    PAINT_DOUBT,
    PAINT_FAINT,
    PAINT_BOLD
};

/* Escape sequences, empty unless out is a terminal (and NO_COLOR is not set). */
const char *paint_on(FILE *out, enum paint paint);
const char *paint_off(FILE *out);
enum paint paint_of(enum cx_verdict verdict);

/* Never set back; for waiting and for rates. */
long long monotonic_ms(void);

/* A line on standard error, renewed at most four times a second, only on a terminal; total 0 = not known. */
struct progress {
    const char *what;
    unsigned long done;
    unsigned long total;
    long long begun_ms;
    long long shown_ms;
    bool shown;
};

void progress_begin(struct progress *p, const char *what, unsigned long total);
void progress_step(struct progress *p);
/* For who counts in done itself. */
void progress_show(struct progress *p);
void progress_end(struct progress *p);

/* "caaproof: warning: text" on standard error, also while a progress line is there. unused: as a callback. */
void print_warning(void *unused, const char *text);

#endif
