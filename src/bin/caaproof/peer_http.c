#include "base/limits.h"
#include "bin/caaproof/peer.h"
#include "bin/caaproof/terminal.h"
#include "outbound/http.h"

#include <stdio.h>
#include <string.h>

/* The body without line ends around it. */
static cx_str
trimmed(cx_str text)
{
    while (text.n != 0 && strchr(" \t\r\n", text.p[text.n - 1]) != NULL) {
        text.n--;
    }
    while (text.n != 0 && strchr(" \t\r\n", text.p[0]) != NULL) {
        text.p++;
        text.n--;
    }
    return text;
}

static void
post(struct cx_http *server, struct peer_run *run, size_t i)
{
    struct cx_http_reply reply;
    cx_str object;

    cx_http_post(server, run->requests[i], &reply);
    object = trimmed(reply.body);
    if (reply.error[0] == '\0' &&
        (object.n == 0 || object.p[0] != '{' || (reply.status >= 300 && reply.status < 400))) {
        (void)snprintf(reply.error, sizeof(reply.error), "HTTP status %ld without a JSON object",
                       reply.status);
    }
    run->replied(run->ctx, i, reply.error[0] != '\0' ? (cx_str){ NULL, 0 } : object, reply.error);
}

static void
post_all(struct cx_http *server, struct peer_run *run)
{
    long long until = monotonic_ms() + (long long)run->overall_s * 1000;
    char why[80];

    (void)snprintf(why, sizeof(why), "the whole run took more than %u s", run->overall_s);
    for (size_t i = 0; i < run->n; i++) {
        if (monotonic_ms() < until) {
            post(server, run, i);
        } else {
            (void)snprintf(run->remark, sizeof(run->remark), "%s", why);
            run->replied(run->ctx, i, (cx_str){ NULL, 0 }, why);
        }
    }
}

cx_status
peer_http(const char *url, struct peer_run *run, struct cx_detail *detail)
{
    CX_AUTO(cx_http_cleanup) struct cx_http *server = NULL;
    const struct cx_http_options options = { .content_type = "application/json",
                                             .timeout_ms = 1000 * run->timeout_s,
                                             .reply_max = CX_LINE_MAX };

    CX_TRY(cx_http_open("--url", url, &options, &server, detail));
    post_all(server, run);
    return CX_SUCCESS;
}
