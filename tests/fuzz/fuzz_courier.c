/* What a courier that was taken over may say to the recorder, or the recorder to it. Whatever is accepted has its caps, and is written
 * again as it was. */
#include "bin/caaproofd/ops.h"
#include "fuzz.h"

#define SAID(buf, body)                                                                            \
    MUST(cx_buf_ok(buf) && (buf)->n == (body).n + 5 &&                                             \
         memcmp((buf)->p + 5, (body).p, (body).n) == 0)

static void
take_cosigned(cx_span body, struct cx_buf *buf)
{
    struct courier_cosigned op;

    if (cx_ok(courier_get_cosigned(body, &op))) {
        MUST(op.place < CX_OUTSIDERS_MAX && op.lines.n <= CX_NOTE_OCTETS_MAX);
        courier_put_cosigned(buf, &op);
        SAID(buf, body);
    }
}

static void
take_stamped(cx_span body, struct cx_buf *buf)
{
    struct courier_stamped op;

    if (cx_ok(courier_get_stamped(body, &op))) {
        MUST(op.place < CX_OUTSIDERS_MAX && op.response.n <= CX_STAMP_MAX &&
             op.request.n <= CX_STAMP_REQUEST_MAX);
        courier_put_stamped(buf, &op);
        SAID(buf, body);
    }
}

static void
take_failed(cx_span body, struct cx_buf *buf)
{
    struct courier_failed op;

    if (cx_ok(courier_get_failed(body, &op))) {
        MUST(op.place < CX_OUTSIDERS_MAX && op.why.n <= CX_OUTSIDER_TEXT_MAX);
        MUST(op.kind == OUTSIDER_WITNESS || op.kind == OUTSIDER_TSA);
        courier_put_failed(buf, &op);
        SAID(buf, body);
    }
}

static void
take_checkpoint(cx_span body, struct cx_buf *buf)
{
    struct courier_checkpoint op;

    if (cx_ok(courier_get_checkpoint(body, &op))) {
        MUST(op.path.n <= CX_PATH_MAX && op.witnesses.n <= CX_OUTSIDERS_MAX &&
             op.stamps.n <= CX_OUTSIDERS_MAX);
        courier_put_checkpoint(buf, &op);
        SAID(buf, body);
    }
}

static void
take_ask(cx_span body, struct cx_buf *buf)
{
    uint64_t from;

    if (cx_ok(courier_get_ask(body, &from))) {
        courier_put_ask(buf, from);
        SAID(buf, body);
    }
}

static void
take(const struct op_frame *frame)
{
    struct cx_buf buf = { .max = CX_OP_MAX };

    switch (frame->kind) {
    case COURIER_ASK:
        take_ask(frame->body, &buf);
        break;
    case COURIER_COSIGNED:
        take_cosigned(frame->body, &buf);
        break;
    case COURIER_STAMPED:
        take_stamped(frame->body, &buf);
        break;
    case COURIER_FAILED:
        take_failed(frame->body, &buf);
        break;
    case COURIER_CHECKPOINT:
        take_checkpoint(frame->body, &buf);
        break;
    default:
        break;
    }
    cx_buf_done(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0;

    for (;;) {
        struct op_frame frame;
        bool more;

        if (!cx_ok(op_frame_next((cx_span){ data + at, size - at }, &frame, &more)) || more) {
            return 0;
        }
        take(&frame);
        at += frame.size;
    }
}
