/* What a front that was taken over may say to the recorder, and a recorder to the front. Whatever is accepted is within its caps, fits
 * into a record, and is written again as it came. */
#include "base/limits.h"
#include "base/utf8.h"
#include "bin/caaproofd/ops.h"
#include "fuzz.h"

#include <string.h>

static void
check_line(cx_str text)
{
    MUST(text.n <= CX_CALLER_MAX && cx_utf8_valid(cx_span_of_str(text)) &&
         !cx_str_has_controls(text));
}

static cx_status
take_start(cx_span body, struct cx_buf *again)
{
    struct op_start op;

    CX_TRY(op_get_start(body, &op));
    MUST(op.id.n != 0 && op.id.n <= CX_REQUEST_ID_MAX && op.previous.n <= CX_REQUEST_ID_MAX);
    MUST(op.caller.n != 0 && op.digest.n == 32 && op.authority < CX_AUTHORITIES_MAX);
    check_line(op.caller);
    op_put_start(again, &op);
    return CX_SUCCESS;
}

static cx_status
take_finish(cx_span body, struct cx_buf *again)
{
    struct op_finish op;

    CX_TRY(op_get_finish(body, &op));
    MUST(op.verdict <= CX_VERDICT_ARGUABLE && op.now <= INT64_MAX / 1000);
    op_put_finish(again, &op);
    return CX_SUCCESS;
}

static cx_status
take_ask(unsigned kind, cx_span body, struct cx_buf *again)
{
    struct op_ask op;

    CX_TRY(op_get_ask(body, &op));
    MUST(op.id.n <= CX_REQUEST_ID_MAX && op.caller.n != 0);
    check_line(op.caller);
    check_line(op.text);
    op_put_ask(again, (enum op)kind, &op);
    return CX_SUCCESS;
}

static cx_status
take_seq(unsigned kind, cx_span body, struct cx_buf *again)
{
    uint32_t seq;

    CX_TRY(op_get_seq(body, &seq));
    op_put_seq(again, (enum op)kind, seq);
    return CX_SUCCESS;
}

static cx_status
take_reply(cx_span body, struct cx_buf *again)
{
    struct op_reply op;

    CX_TRY(op_get_reply(body, &op));
    MUST(op.status >= 100 && op.status <= 599);
    op_put_reply(again, &op);
    return CX_SUCCESS;
}

static cx_status
take_status(cx_span body, struct cx_buf *again)
{
    cx_str json;

    CX_TRY(op_get_status(body, &json));
    op_put_status(again, json);
    return CX_SUCCESS;
}

static cx_status
take(const struct op_frame *frame, struct cx_buf *again)
{
    switch (frame->kind) {
    case OP_START:
        return take_start(frame->body, again);
    case OP_FINISH:
        return take_finish(frame->body, again);
    case OP_ABANDON:
    case OP_STARTED:
        return take_seq(frame->kind, frame->body, again);
    case OP_REPLY:
        return take_reply(frame->body, again);
    case OP_STATUS:
        return take_status(frame->body, again);
    case OP_GET:
    case OP_CLAIM:
    case OP_ISSUE:
    case OP_STOP:
    case OP_ACK:
    case OP_OVERRIDE:
        return take_ask(frame->kind, frame->body, again);
    default:
        return (cx_status){ CX_E_FRAME };
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0;

    for (;;) {
        struct op_frame frame;
        struct cx_buf again;
        bool more;

        if (!cx_ok(op_frame_next((cx_span){ data + at, size - at }, &frame, &more)) || more) {
            break;
        }
        MUST(frame.size <= size - at && frame.size - frame.body.n == 5);
        cx_buf_init(&again, CX_OP_MAX + 16);
        if (!cx_ok(take(&frame, &again))) {
            cx_buf_done(&again);
            break;
        }
        MUST(cx_buf_ok(&again) && again.n == frame.size &&
             memcmp(again.p, data + at, again.n) == 0);
        cx_buf_done(&again);
        at += frame.size;
    }
    return 0;
}
