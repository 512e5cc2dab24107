/* What front and recorder say to each other: a frame is read whole, or refused; an operation that is read, written again, is the
 * same octets or, if these were longer than need be, the same operation. */
#include "base/limits.h"
#include "bin/caaproofd/ops.h"
#include "fuzz.h"

/* The body of the one frame in buf. */
static cx_span
body_of(const struct cx_buf *buf, enum op kind)
{
    struct op_frame frame = { .kind = 0 };
    bool more = true;

    MUST(cx_buf_ok(buf));
    MUST(cx_ok(op_frame_next(cx_span_of_str(cx_buf_str(buf)), &frame, &more)));
    MUST(!more && frame.kind == (unsigned)kind && frame.size == buf->n);
    return frame.body;
}

static void
check_asks(cx_span octets)
{
    struct op_start start, start_again;
    struct op_ask ask, ask_again;
    struct cx_buf buf;

    cx_buf_init(&buf, CX_OP_MAX);
    if (cx_ok(op_get_start(octets, &start))) {
        op_put_start(&buf, &start);
        MUST(cx_ok(op_get_start(body_of(&buf, OP_START), &start_again)));
        MUST(start.seq == start_again.seq && start.authority < CX_AUTHORITIES_MAX);
        MUST(start.problem == start_again.problem && start.digest.n == 32);
        MUST(cx_str_equal(start.id, start_again.id) && start.id.n <= CX_REQUEST_ID_MAX);
        MUST(cx_str_equal(start.previous, start_again.previous));
    }
    cx_buf_clear(&buf);
    if (cx_ok(op_get_ask(octets, &ask))) {
        op_put_ask(&buf, OP_GET, &ask);
        MUST(cx_ok(op_get_ask(body_of(&buf, OP_GET), &ask_again)));
        MUST(ask.seq == ask_again.seq && ask.authorities == ask_again.authorities);
        MUST(ask.problem == ask_again.problem && cx_str_equal(ask.id, ask_again.id));
        MUST(cx_str_equal(ask.text, ask_again.text) && ask.text.n <= CX_CALLER_MAX);
        MUST(cx_span_equal(ask.data, ask_again.data));
    }
    cx_buf_done(&buf);
}

static void
check_ends(cx_span octets)
{
    struct op_finish finish, finish_again;
    struct op_reply reply, reply_again;
    struct cx_buf buf;

    cx_buf_init(&buf, CX_OP_MAX);
    if (cx_ok(op_get_finish(octets, &finish))) {
        op_put_finish(&buf, &finish);
        MUST(cx_ok(op_get_finish(body_of(&buf, OP_FINISH), &finish_again)));
        MUST(finish.now == finish_again.now && finish.verdict == finish_again.verdict);
        MUST(cx_span_equal(finish.body, finish_again.body));
    }
    cx_buf_clear(&buf);
    if (cx_ok(op_get_reply(octets, &reply))) {
        MUST(reply.status >= 100 && reply.status <= 599);
        op_put_reply(&buf, &reply);
        MUST(cx_ok(op_get_reply(body_of(&buf, OP_REPLY), &reply_again)));
        MUST(reply.status == reply_again.status && cx_str_equal(reply.body, reply_again.body));
    }
    cx_buf_done(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };
    struct op_frame frame;
    bool more = false;
    uint32_t seq;
    cx_str text;

    if (cx_ok(op_frame_next(octets, &frame, &more)) && !more) {
        MUST(frame.size <= size && frame.body.n < frame.size);
        check_asks(frame.body);
        check_ends(frame.body);
        (void)cx_ok(op_get_seq(frame.body, &seq));
        (void)cx_ok(op_get_status(frame.body, &text));
    }
    return 0;
}
