#include "outbound/http.h"

#include "base/alloc.h"

#include <curl/curl.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

/* Addresses of one name that are tried. */
#define ADDRESSES_MAX 8

struct cx_http {
    CURL *curl;
    struct curl_slist *headers;
    struct curl_slist
        *addresses; /* of the url's name, as libcurl takes them; NULL: it asks itself */
    struct cx_buf body;
    bool look_up;
    char *host; /* with look_up */
    char *port;
    char error[CURL_ERROR_SIZE];
};

static size_t
take_body(char *data, size_t size, size_t n, void *ctx)
{
    struct cx_buf *body = ctx;

    cx_buf_put(body, (cx_str){ data, size * n });
    return cx_buf_ok(body) ? size * n : 0;
}

/* These roots, and not the system's beside them. */
static bool
set_roots(CURL *curl, const char *cacert)
{
    return cacert == NULL || (curl_easy_setopt(curl, CURLOPT_CAINFO, cacert) == CURLE_OK &&
                              curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK);
}

/* The options of libcurl that can fail are told by the transfer itself. */
static void
set_up(struct cx_http *http, const char *url, const struct cx_http_options *options)
{
    CURL *curl = http->curl;

    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)options->timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)options->timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
    (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, options->socket); /* NULL: none */
    (void)curl_easy_setopt(curl, CURLOPT_SSLCERT, options->cert);
    (void)curl_easy_setopt(curl, CURLOPT_SSLKEY, options->key);
    if (options->token != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        (void)curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, options->token);
    }
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "caaproof");
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &http->body);
    if (options->look_up) {
        (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    }
}

/* ---- names */

static cx_status
take_apart(struct cx_http *http, const char *what, const char *url, struct cx_detail *detail)
{
    CURLU *parts = curl_url();
    bool done;

    if (parts == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    done = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
           curl_url_get(parts, CURLUPART_HOST, &http->host, 0) == CURLUE_OK &&
           curl_url_get(parts, CURLUPART_PORT, &http->port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    curl_url_cleanup(parts);
    return done ? CX_SUCCESS : cx_fail(detail, CX_E_USAGE, "%s: not an address", what);
}

/* HOST:PORT:ADDRESS,ADDRESS */
static bool
list_addresses(struct cx_http *http, const struct addrinfo *found)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = 2048 };
    unsigned n = 0;

    cx_buf_printf(&text, "%s:%s:", http->host, http->port);
    for (; found != NULL && n < ADDRESSES_MAX; found = found->ai_next, n++) {
        char address[NI_MAXHOST];

        if (getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof(address), NULL, 0,
                        NI_NUMERICHOST) == 0) {
            cx_buf_printf(&text, found->ai_family == AF_INET6 ? "%s[%s]" : "%s%s",
                          n == 0 ? "" : ",", address);
        }
    }
    cx_buf_putc(&text, '\0');
    if (!cx_buf_ok(&text)) {
        return false;
    }
    curl_slist_free_all(http->addresses);
    http->addresses = curl_slist_append(NULL, text.p);
    return http->addresses != NULL &&
           curl_easy_setopt(http->curl, CURLOPT_RESOLVE, http->addresses) == CURLE_OK;
}

static bool
look_up(struct cx_http *http, struct cx_http_reply *ret)
{
    const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM };
    struct in_addr any;
    struct addrinfo *found = NULL;
    bool done;
    int error;

    if (http->host[0] == '[' || inet_pton(AF_INET, http->host, &any) == 1) {
        return true;
    }
    error = getaddrinfo(http->host, NULL, &wanted, &found);
    if (error != 0) {
        (void)snprintf(ret->error, sizeof(ret->error), "%s: %s", http->host, gai_strerror(error));
        return false;
    }
    done = list_addresses(http, found);
    freeaddrinfo(found);
    if (!done) {
        (void)snprintf(ret->error, sizeof(ret->error), "%s",
                       cx_status_text((cx_status){ CX_E_NOMEM }));
    }
    return done;
}

/* ---- life */

cx_status
cx_http_ready(struct cx_detail *detail)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_NOMEM, "libcurl could not be set up");
}

cx_status
cx_http_open(const char *what, const char *url, const struct cx_http_options *options,
             struct cx_http **ret, struct cx_detail *detail)
{
    CX_AUTO(cx_http_cleanup) struct cx_http *http = NULL;
    char header[160];

    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        return cx_fail(detail, CX_E_USAGE, "%s: an http:// or https:// address is needed", what);
    }
    CX_TRY(cx_http_ready(detail));
    http = cx_alloc(1, sizeof(*http));
    if (http == NULL) {
        curl_global_cleanup();
        return (cx_status){ CX_E_NOMEM };
    }
    cx_buf_init(&http->body, options->reply_max);
    http->look_up = options->look_up;
    if (http->look_up) {
        CX_TRY(take_apart(http, what, url, detail));
    }
    (void)snprintf(header, sizeof(header), "Content-Type: %s", options->content_type);
    http->headers = curl_slist_append(NULL, header);
    http->curl = curl_easy_init();
    if (http->headers == NULL || http->curl == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    set_up(http, url, options);
    if (!set_roots(http->curl, options->cacert)) {
        return (cx_status){ CX_E_NOMEM };
    }
    *ret = CX_STEAL(http);
    return CX_SUCCESS;
}

void
cx_http_close(struct cx_http *http)
{
    if (http != NULL) {
        curl_easy_cleanup(http->curl);
        curl_slist_free_all(http->headers);
        curl_slist_free_all(http->addresses);
        curl_free(http->host);
        curl_free(http->port);
        cx_buf_done(&http->body);
        cx_free(http);
        curl_global_cleanup();
    }
}

void
cx_http_cleanup(struct cx_http **http)
{
    cx_http_close(*http);
}

static void
perform(struct cx_http *http, struct cx_http_reply *ret)
{
    CURLcode result;

    *ret = (struct cx_http_reply){ .status = 0 };
    cx_buf_clear(&http->body);
    http->error[0] = '\0';
    if (http->look_up && !look_up(http, ret)) {
        return;
    }
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
cx_http_post(struct cx_http *http, cx_str body, struct cx_http_reply *ret)
{
    (void)curl_easy_setopt(http->curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, body.n != 0 ? body.p : "");
    (void)curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
    perform(http, ret);
}

void
cx_http_get(struct cx_http *http, struct cx_http_reply *ret)
{
    (void)curl_easy_setopt(http->curl, CURLOPT_HTTPGET, 1L);
    perform(http, ret);
}
