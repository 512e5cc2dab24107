#include "bin/caaproof/terminal.h"

#include "bin/caaproof/output.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static bool
colours(FILE *out)
{
    const char *no = getenv("NO_COLOR");

    return isatty(fileno(out)) == 1 && (no == NULL || no[0] == '\0');
}

const char *
paint_on(FILE *out, enum paint paint)
{
    static const char *const codes[] = {
        [PAINT_PLAIN] = "",           [PAINT_GOOD] = "\033[1;32m", [PAINT_BAD] = "\033[1;31m",
        [PAINT_DOUBT] = "\033[1;33m", [PAINT_FAINT] = "\033[2m",   [PAINT_BOLD] = "\033[1m",
    };

    return colours(out) ? codes[paint] : "";
}

const char *
paint_off(FILE *out)
{
    return colours(out) ? "\033[0m" : "";
}

enum paint
paint_of(enum cx_verdict verdict)
{
    switch (verdict) {
    case CX_VERDICT_PERMIT:
        return PAINT_GOOD;
    case CX_VERDICT_DENY:
    case CX_VERDICT_FAIL:
    case CX_VERDICT_UNSET:
        return PAINT_BAD;
    case CX_VERDICT_PERMIT_LF:
    case CX_VERDICT_ARGUABLE:
    case CX_VERDICT_EXEMPT:
    case CX_VERDICT_NA:
        return PAINT_DOUBT;
    }
    return PAINT_BAD;
}

long long
monotonic_ms(void)
{
    struct timespec now = { 0, 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
progress_begin(struct progress *p, const char *what, unsigned long total)
{
    *p = (struct progress){ .what = what, .total = total, .begun_ms = monotonic_ms() };
    p->shown = isatty(STDERR_FILENO) == 1;
}

static void
show(const struct progress *p, long long now)
{
    long long took = now - p->begun_ms;
    unsigned long rate = took > 0 ? p->done * 1000ul / (unsigned long)took : 0;

    if (p->total != 0) {
        int filled = (int)(p->done * 30 / p->total);

        fprintf(stderr, "\r[%.*s%.*s] %lu of %lu %s, %lu/s ", filled,
                "##############################", 30 - filled, "                              ",
                p->done, p->total, p->what, rate);
    } else {
        fprintf(stderr, "\r%lu %s, %lu/s ", p->done, p->what, rate);
    }
    fflush(stderr);
}

void
progress_show(struct progress *p)
{
    long long now = p->shown ? monotonic_ms() : 0;

    if (p->shown && now - p->shown_ms >= 250) {
        p->shown_ms = now;
        show(p, now);
    }
}

void
progress_step(struct progress *p)
{
    p->done++;
    if (p->done % 64 == 0 || p->total <= 2000) {
        progress_show(p);
    }
}

void
progress_end(struct progress *p)
{
    if (p->shown) {
        show(p, monotonic_ms());
        fputc('\n', stderr);
    }
}

void
print_warning(void *unused, const char *text)
{
    (void)unused;
    /* The line of progress, if there is one, is written again below. */
    fputs(isatty(STDERR_FILENO) == 1 ? "\r\033[Kcaaproof: warning: " : "caaproof: warning: ",
          stderr);
    output_plain(stderr, cx_str_of(text));
    fputc('\n', stderr);
}
