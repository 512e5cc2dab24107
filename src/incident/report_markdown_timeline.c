#include "incident/report_markdown_priv.h"

#include <stdlib.h>

/* Moments of RFC 3339 in UTC are in the order of their text. */
struct event {
    cx_str when;
    const char *what;
    const char *mark;
    const struct cx_json *duty; /* that is due then, or NULL */
};

static int
compare_events(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    size_t least = x->when.n < y->when.n ? x->when.n : y->when.n;
    int sign = least == 0 ? 0 : memcmp(x->when.p, y->when.p, least);

    return sign != 0 ? sign : (x->when.n > y->when.n) - (x->when.n < y->when.n);
}

static void
put_event(struct cx_buf *b, const struct event *event)
{
    if (event->when.n == 0) {
        return;
    }
    cx_buf_puts(b, "- ");
    cx_markdown_put_minute(b, event->when);
    cx_buf_printf(b, ": %s", event->what);
    if (event->duty != NULL) {
        cx_report_put_certificates(b, cx_report_integer(event->duty, "certificates"));
        cx_buf_puts(b, " (");
        cx_markdown_put(b, cx_report_duty_source(event->duty));
        cx_buf_puts(b, ").");
    }
    cx_markdown_mark(b, event->mark);
    cx_buf_puts(b, "\n");
}

/* Two a duty, and four others; far more duties than there are kinds. */
#define EVENTS_MAX 36

static void
known_events(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *period = cx_json_get(run, "period");
    const struct cx_json *duties = cx_json_get(run, "duties");
    struct event v[EVENTS_MAX] = {
        { cx_report_string(period, "first_signed"), "the first certificate examined was signed.",
          "proven", NULL },
        { cx_report_string(period, "last_signed"), "the last certificate examined was signed.",
          "proven", NULL },
        { cx_report_string(cx_json_get(run, "options"), "aware"), "the CA became aware, as given.",
          "likely", NULL },
        { cx_report_string(run, "made"), "this analysis was made; the scope is as of then.",
          "proven", NULL },
    };
    size_t n = 4;

    for (size_t i = 0; i < cx_json_size(duties) && n + 2 <= EVENTS_MAX; i++) {
        const struct cx_json *duty = cx_json_at(duties, i);
        cx_str first = cx_report_string(duty, "first_deadline");
        cx_str last = cx_report_string(duty, "last_deadline");
        bool one = cx_str_equal(first, last);

        v[n++] = (struct event){ first,
                                 one ? "revocation is due of " : "revocation begins to be due of ",
                                 "proven", duty };
        if (!one) {
            v[n++] = (struct event){ last, "revocation is due of the last of ", "proven", duty };
        }
    }
    qsort(v, n, sizeof(v[0]), compare_events);
    for (size_t i = 0; i < n; i++) {
        put_event(b, &v[i]);
    }
}

void
cx_markdown_timeline(struct cx_buf *b, const struct cx_json *run)
{
    static const char *const asked[] = {
        "each policy, process and software change that contributed, with the time it took effect.",
        "when the incident began, and the first sign of it, even one that nobody acted on.",
        "when a Certificate Problem Report was received; when preliminary findings went to its "
        "reporter, and when to the subscribers.",
        "when the scope was concluded, and each change of it: what was wrong before, and how that "
        "is avoided.",
        "when revocation is planned to be complete, and when it was.",
        "when issuance ceased and resumed, and when the incident ended.",
    };

    cx_buf_puts(b, "\n### Timeline\n\nAll times are in UTC.\n\n");
    known_events(b, run);
    for (size_t i = 0; i < CX_COUNT(asked); i++) {
        cx_buf_puts(b, "- ");
        cx_markdown_person(b, asked[i]);
    }
}

void
cx_markdown_related(struct cx_buf *b, const struct cx_json *run)
{
    const struct cx_json *all = cx_json_get(run, "precedents");

    cx_buf_puts(b, "\n### Related Incidents\n\n| Bug | Date | Description |\n|---|---|---|\n");
    for (size_t i = 0; i < cx_json_size(all); i++) {
        const struct cx_json *p = cx_json_at(all, i);
        bool verified = cx_report_true(p, "verified");

        cx_buf_puts(b, "| ");
        cx_markdown_put_reference(b, cx_report_string(p, "reference"));
        cx_buf_puts(b, " | ");
        cx_markdown_put(b, cx_report_string(p, "date"));
        cx_buf_puts(b, " | ");
        cx_markdown_put(b, cx_report_string(p, "ca"));
        cx_buf_puts(b, ": ");
        cx_markdown_put(b, cx_report_string(p, "what"));
        cx_markdown_mark(b, verified ? "proven" : "unknown");
        cx_buf_puts(b, verified ? " |\n"
                                : " TODO(person): read it; only its title, date and outcome are "
                                  "known here. |\n");
    }
    cx_buf_puts(b, "\n");
    cx_markdown_person(
        b, "say how each is related, delete those that are not, and add what is missing: at "
           "least the last two years, your own and other CAs.");
}
