#include "outbound/post.h"

#include "base/alloc.h"

#include <curl/curl.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

/* Addresses of one name that are tried. */
#define ADDRESSES_MAX 8

struct cx_post {
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

/* The options of libcurl that can fail are told by the transfer itself. */
static void
set_up(struct cx_post *post, const char *url, const struct cx_post_options *options)
{
    CURL *curl = post->curl;

    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)options->timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)options->timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, post->headers);
    (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "caaproof");
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, post->error);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &post->body);
    if (options->look_up) {
        (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    }
}

/* ---- names */

static cx_status
take_apart(struct cx_post *post, const char *what, const char *url, struct cx_detail *detail)
{
    CURLU *parts = curl_url();
    bool done;

    if (parts == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    done = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
           curl_url_get(parts, CURLUPART_HOST, &post->host, 0) == CURLUE_OK &&
           curl_url_get(parts, CURLUPART_PORT, &post->port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    curl_url_cleanup(parts);
    return done ? CX_SUCCESS : cx_fail(detail, CX_E_USAGE, "%s: not an address", what);
}

/* HOST:PORT:ADDRESS,ADDRESS */
static bool
list_addresses(struct cx_post *post, const struct addrinfo *found)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = 2048 };
    unsigned n = 0;

    cx_buf_printf(&text, "%s:%s:", post->host, post->port);
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
    curl_slist_free_all(post->addresses);
    post->addresses = curl_slist_append(NULL, text.p);
    return post->addresses != NULL &&
           curl_easy_setopt(post->curl, CURLOPT_RESOLVE, post->addresses) == CURLE_OK;
}

static bool
look_up(struct cx_post *post, struct cx_post_reply *ret)
{
    const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM };
    struct in_addr any;
    struct addrinfo *found = NULL;
    bool done;
    int error;

    if (post->host[0] == '[' || inet_pton(AF_INET, post->host, &any) == 1) {
        return true;
    }
    error = getaddrinfo(post->host, NULL, &wanted, &found);
    if (error != 0) {
        (void)snprintf(ret->error, sizeof(ret->error), "%s: %s", post->host, gai_strerror(error));
        return false;
    }
    done = list_addresses(post, found);
    freeaddrinfo(found);
    if (!done) {
        (void)snprintf(ret->error, sizeof(ret->error), "%s",
                       cx_status_text((cx_status){ CX_E_NOMEM }));
    }
    return done;
}

/* ---- life */

cx_status
cx_post_ready(struct cx_detail *detail)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_NOMEM, "libcurl could not be set up");
}

cx_status
cx_post_open(const char *what, const char *url, const struct cx_post_options *options,
             struct cx_post **ret, struct cx_detail *detail)
{
    CX_AUTO(cx_post_cleanup) struct cx_post *post = NULL;
    char header[160];

    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        return cx_fail(detail, CX_E_USAGE, "%s: an http:// or https:// address is needed", what);
    }
    CX_TRY(cx_post_ready(detail));
    post = cx_alloc(1, sizeof(*post));
    if (post == NULL) {
        curl_global_cleanup();
        return (cx_status){ CX_E_NOMEM };
    }
    cx_buf_init(&post->body, options->reply_max);
    post->look_up = options->look_up;
    if (post->look_up) {
        CX_TRY(take_apart(post, what, url, detail));
    }
    (void)snprintf(header, sizeof(header), "Content-Type: %s", options->content_type);
    post->headers = curl_slist_append(NULL, header);
    post->curl = curl_easy_init();
    if (post->headers == NULL || post->curl == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    set_up(post, url, options);
    *ret = CX_STEAL(post);
    return CX_SUCCESS;
}

void
cx_post_close(struct cx_post *post)
{
    if (post != NULL) {
        curl_easy_cleanup(post->curl);
        curl_slist_free_all(post->headers);
        curl_slist_free_all(post->addresses);
        curl_free(post->host);
        curl_free(post->port);
        cx_buf_done(&post->body);
        cx_free(post);
        curl_global_cleanup();
    }
}

void
cx_post_cleanup(struct cx_post **post)
{
    cx_post_close(*post);
}

void
cx_post_send(struct cx_post *post, cx_str body, struct cx_post_reply *ret)
{
    CURLcode result;

    *ret = (struct cx_post_reply){ .status = 0 };
    cx_buf_clear(&post->body);
    post->error[0] = '\0';
    if (post->look_up && !look_up(post, ret)) {
        return;
    }
    (void)curl_easy_setopt(post->curl, CURLOPT_POSTFIELDS, body.p);
    (void)curl_easy_setopt(post->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
    result = curl_easy_perform(post->curl);
    if (result != CURLE_OK) {
        (void)snprintf(ret->error, sizeof(ret->error), "%s",
                       post->error[0] != '\0' ? post->error : curl_easy_strerror(result));
        return;
    }
    (void)curl_easy_getinfo(post->curl, CURLINFO_RESPONSE_CODE, &ret->status);
    ret->body = cx_buf_str(&post->body);
}
