#include "outbound/stamp.h"

#include "base/limits.h"
#include "outbound/http.h"

void
cx_stamp_init(struct cx_stamp *stamp)
{
    *stamp = (struct cx_stamp){ .nonce = 0 };
    cx_buf_init(&stamp->request, CX_STAMP_REQUEST_MAX);
    cx_buf_init(&stamp->response, CX_STAMP_MAX);
}

void
cx_stamp_done(struct cx_stamp *stamp)
{
    cx_buf_done(&stamp->request);
    cx_buf_done(&stamp->response);
}

cx_status
cx_stamp(const struct cx_stamp_options *options, cx_str text, struct cx_stamp *ret,
         struct cx_detail *detail)
{
    CX_AUTO(cx_http_cleanup) struct cx_http *http = NULL;
    const struct cx_http_options how = { .content_type = "application/timestamp-query",
                                         .timeout_ms = options->timeout_ms,
                                         .reply_max = CX_STAMP_MAX,
                                         .look_up = options->look_up };
    const struct cx_timestamp_trust trust = { .roots = options->roots, .at = cx_time_now() };
    struct cx_http_reply reply;

    CX_TRY(cx_timestamp_nonce(&ret->nonce));
    CX_TRY(cx_timestamp_request(cx_span_of_str(text), ret->nonce, &ret->request));
    CX_TRY(cx_http_open(options->what, options->url, &how, &http, detail));
    cx_http_post(http, cx_buf_str(&ret->request), &reply);
    if (reply.error[0] != '\0' || reply.status != 200) {
        return cx_fail(detail, CX_E_PEER, "time-stamping authority: %s (HTTP status %ld)",
                       reply.error[0] != '\0' ? reply.error : "no time-stamp", reply.status);
    }
    CX_TRY(cx_timestamp_verify(cx_span_of_str(reply.body), cx_span_of_str(text), ret->nonce, &trust,
                               &ret->time, detail));
    cx_buf_put(&ret->response, reply.body);
    return cx_buf_status(&ret->response);
}
