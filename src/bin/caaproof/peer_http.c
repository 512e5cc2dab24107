#include "base/buf.h"
#include "base/limits.h"
#include "bin/caaproof/peer.h"
#include "bin/caaproof/terminal.h"

#include <curl/curl.h>

#include <stdio.h>

static size_t
take_body(char *data, size_t size, size_t n, void *ctx)
{
    struct cx_buf *body = ctx;

    cx_buf_put(body, (cx_str){ data, size * n });
    return cx_buf_ok(body) ? size * n : 0;
}

/* The options of libcurl that can fail are told by the transfer itself. */
static void
set_up(CURL *curl, const char *url, const struct peer_run *run, struct curl_slist *headers,
       struct cx_buf *body)
{
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)run->timeout_s);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)run->timeout_s);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "caaproof");
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
}

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
post(CURL *curl, struct peer_run *run, size_t i, struct cx_buf *body)
{
    char why[CURL_ERROR_SIZE + 40] = "", error[CURL_ERROR_SIZE] = "";
    cx_str request = run->requests[i], reply;
    long code = 0;
    CURLcode result;

    cx_buf_clear(body);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.p);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request.n);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    result = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    reply = trimmed(cx_buf_str(body));
    if (result != CURLE_OK) {
        (void)snprintf(why, sizeof(why), "%s",
                       error[0] != '\0' ? error : curl_easy_strerror(result));
    } else if (reply.n == 0 || reply.p[0] != '{' || (code >= 300 && code < 400)) {
        (void)snprintf(why, sizeof(why), "HTTP status %ld without a JSON object", code);
    }
    run->replied(run->ctx, i, why[0] != '\0' ? (cx_str){ NULL, 0 } : reply, why);
}

static void
post_all(CURL *curl, struct peer_run *run, struct cx_buf *body)
{
    long long until = monotonic_ms() + (long long)run->overall_s * 1000;
    char why[80];

    (void)snprintf(why, sizeof(why), "the whole run took more than %u s", run->overall_s);
    for (size_t i = 0; i < run->n; i++) {
        if (monotonic_ms() < until) {
            post(curl, run, i, body);
        } else {
            (void)snprintf(run->remark, sizeof(run->remark), "%s", why);
            run->replied(run->ctx, i, (cx_str){ NULL, 0 }, why);
        }
    }
}

cx_status
peer_http(const char *url, struct peer_run *run, struct cx_detail *detail)
{
    struct curl_slist *headers = NULL;
    CURL *curl = NULL;
    struct cx_buf body;
    cx_status s = CX_SUCCESS;

    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        return cx_fail(detail, CX_E_USAGE, "--url: an http:// or https:// address is needed");
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return cx_fail(detail, CX_E_NOMEM, "libcurl could not be set up");
    }
    cx_buf_init(&body, CX_LINE_MAX);
    headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl = curl_easy_init();
    if (headers != NULL && curl != NULL) {
        set_up(curl, url, run, headers, &body);
        post_all(curl, run, &body);
    } else {
        s = (cx_status){ CX_E_NOMEM };
    }
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    cx_buf_done(&body);
    curl_global_cleanup();
    return s;
}
