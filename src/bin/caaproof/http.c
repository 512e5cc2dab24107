#include "bin/caaproof/http.h"

#include "base/alloc.h"

#include <curl/curl.h>

#include <stdio.h>

struct http {
    CURL *curl;
    struct curl_slist *headers;
    struct cx_buf body;
    char error[CURL_ERROR_SIZE];
};

static size_t
take_body(char *data, size_t size, size_t n, void *ctx)
{
    struct cx_buf *body = ctx;

    cx_buf_put(body, (cx_str){ data, size * n });
    return cx_buf_ok(body) ? size * n : 0;
}

/* The options of libcurl that can fail are told by the transfer itself. */
static void
set_up(struct http *http, const char *url, const struct http_options *options)
{
    CURL *curl = http->curl;

    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)options->timeout_s);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)options->timeout_s);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
    (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, options->socket); /* NULL: none */
    (void)curl_easy_setopt(curl, CURLOPT_SSLCERT, options->cert);
    (void)curl_easy_setopt(curl, CURLOPT_SSLKEY, options->key);
    if (options->cacert != NULL) { /* else the system's */
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, options->cacert);
    }
    if (options->token != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        (void)curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, options->token);
    }
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "caaproof");
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &http->body);
}

cx_status
http_open(const char *what, const char *url, const struct http_options *options, struct http **ret,
          struct cx_detail *detail)
{
    CX_AUTO(http_cleanup) struct http *http = NULL;
    char header[160];

    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        return cx_fail(detail, CX_E_USAGE, "%s: an http:// or https:// address is needed", what);
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return cx_fail(detail, CX_E_NOMEM, "libcurl could not be set up");
    }
    http = cx_alloc(1, sizeof(*http));
    if (http == NULL) {
        curl_global_cleanup();
        return (cx_status){ CX_E_NOMEM };
    }
    cx_buf_init(&http->body, options->reply_max);
    (void)snprintf(header, sizeof(header), "Content-Type: %s", options->content_type);
    http->headers = curl_slist_append(NULL, header);
    http->curl = curl_easy_init();
    if (http->headers == NULL || http->curl == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    set_up(http, url, options);
    *ret = CX_STEAL(http);
    return CX_SUCCESS;
}

void
http_close(struct http *http)
{
    if (http != NULL) {
        curl_easy_cleanup(http->curl);
        curl_slist_free_all(http->headers);
        cx_buf_done(&http->body);
        cx_free(http);
        curl_global_cleanup();
    }
}

void
http_cleanup(struct http **http)
{
    http_close(*http);
}

static void
perform(struct http *http, struct http_reply *ret)
{
    CURLcode result;

    *ret = (struct http_reply){ .status = 0 };
    cx_buf_clear(&http->body);
    http->error[0] = '\0';
    result = curl_easy_perform(http->curl);
    if (result != CURLE_OK) {
        (void)snprintf(ret->error, sizeof(ret->error), "%s",
                       http->error[0] != '\0' ? http->error : curl_easy_strerror(result));
        return;
    }
    (void)curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &ret->status);
    ret->body = cx_buf_str(&http->body);
}

void
http_post(struct http *http, cx_str body, struct http_reply *ret)
{
    (void)curl_easy_setopt(http->curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, body.n != 0 ? body.p : "");
    (void)curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
    perform(http, ret);
}

void
http_get(struct http *http, struct http_reply *ret)
{
    (void)curl_easy_setopt(http->curl, CURLOPT_HTTPGET, 1L);
    perform(http, ret);
}
