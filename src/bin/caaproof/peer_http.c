#include "base/limits.h"
#include "bin/caaproof/http.h"
#include "bin/caaproof/peer.h"
#include "bin/caaproof/terminal.h"

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
post(struct http *http, struct peer_run *run, size_t i)
{
    struct http_reply reply;
    cx_str object;

    http_post(http, run->requests[i], &reply);
    object = trimmed(reply.body);
    if (reply.error[0] == '\0' &&
        (object.n == 0 || object.p[0] != '{' || (reply.status >= 300 && reply.status < 400))) {
        (void)snprintf(reply.error, sizeof(reply.error), "HTTP status %ld without a JSON object",
                       reply.status);
    }
    run->replied(run->ctx, i, reply.error[0] != '\0' ? (cx_str){ NULL, 0 } : object, reply.error);
}

static void
post_all(struct http *http, struct peer_run *run)
{
    long long until = monotonic_ms() + (long long)run->overall_s * 1000;
    char why[80];

    (void)snprintf(why, sizeof(why), "the whole run took more than %u s", run->overall_s);
    for (size_t i = 0; i < run->n; i++) {
        if (monotonic_ms() < until) {
            post(http, run, i);
        } else {
            (void)snprintf(run->remark, sizeof(run->remark), "%s", why);
            run->replied(run->ctx, i, (cx_str){ NULL, 0 }, why);
        }
    }
}

cx_status
peer_http(const char *url, struct peer_run *run, struct cx_detail *detail)
{
    CX_AUTO(http_cleanup) struct http *http = NULL;
    const struct http_options options = { .content_type = "application/json",
                                          .timeout_s = run->timeout_s,
                                          .reply_max = CX_LINE_MAX };

    CX_TRY(http_open("--url", url, &options, &http, detail));
    post_all(http, run);
    return CX_SUCCESS;
}
