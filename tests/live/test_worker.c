/* What a resolver process tells of materials. Compiled together with it, for its parts are its own. */
#include "cmocka_main.h"
#include "resolve/worker.c" /* NOLINT(bugprone-suspicious-include) */

#include <signal.h>
#include <sys/socket.h>

/* What the other end has in each slot. */
struct other_end {
    struct cx_material *slots[CX_WORKER_SLOTS];
    struct worker *worker;
};

/* Reads what was written for one answer: materials, then the answer, whose list of proof is held against it. */
static void
read_frames(struct other_end *o, const struct cx_answer *sent)
{
    static const uint8_t root[] = { 0 };
    const struct cx_question question = { { root, 1 }, CX_TYPE_CAA };
    const struct cx_answer *got = NULL;
    struct cx_arena arena;
    size_t at = 0;

    cx_arena_init(&arena, 1u << 20);
    while (got == NULL) {
        const cx_span left = { (const uint8_t *)o->worker->out.p + at, o->worker->out.n - at };
        struct cx_frame frame;
        struct cx_material *material;
        uint32_t slot;
        bool more;

        assert_true(cx_ok(cx_frame_next(left, &frame, &more)));
        assert_false(more);
        at += frame.size;
        if (frame.kind == CX_FRAME_MATERIAL) {
            assert_true(cx_ok(cx_frame_get_material(frame.body, &slot, &material)));
            cx_material_unref(o->slots[slot]);
            o->slots[slot] = material;
        } else {
            assert_true(cx_ok(cx_frame_get_answer(frame.body, &question, o->slots, &arena, &got)));
        }
    }
    assert_int_equal(at, o->worker->out.n);
    cx_buf_clear(&o->worker->out);
    assert_int_equal(got->n_proof, sent->n_proof);
    for (size_t i = 0; i < sent->n_proof; i++) {
        assert_int_equal(got->proof[i]->time, sent->proof[i]->time);
    }
    cx_arena_done(&arena);
}

static void
tell(struct other_end *o, struct cx_material *const *materials, size_t n)
{
    const struct cx_proof_message *proof[CX_PROOF_MAX];
    struct task *task = cx_alloc(1, sizeof(*task));
    static const uint8_t root[] = { 0 };
    const struct cx_answer answer = {
        .name = { root, 1 },
        .type = CX_TYPE_CAA,
        .outcome = CX_OUTCOME_TIMEOUT,
        .attempts = 1,
        .proof = proof,
        .n_proof = n,
    };

    assert_non_null(task);
    for (size_t i = 0; i < n; i++) {
        proof[i] = &materials[i]->message;
    }
    task->worker = o->worker;
    cx_arena_init(&task->arena, 1u << 20);
    link_task(o->worker, task);
    answered(task, &answer);
    read_frames(o, &answer);
}

/* A material, told apart by its time. */
static struct cx_material *
new_material(cx_time time)
{
    static const uint8_t root[] = { 0 };
    const struct cx_question question = { { root, 1 }, CX_TYPE_DNSKEY };
    struct cx_material *material;

    assert_true(
        cx_ok(cx_material_new(&question, CX_DNSSEC_SECURE, time, (cx_span){ NULL, 0 }, &material)));
    return material;
}

/* Slots are given away in turn: an answer of one old material and a new one, until every slot was given away twice. The
 * old one is the root's key, which every answer rests on. */
static void
test_no_answer_gives_its_own_slots_away(void **state)
{
    struct cx_material *pair[2] = { new_material(0), NULL };
    struct other_end *o = cx_alloc(1, sizeof(*o));

    (void)state;
    assert_non_null(o);
    o->worker = cx_alloc(1, sizeof(*o->worker));
    assert_non_null(o->worker);
    o->worker->sender = cx_answer_sender_new();
    assert_non_null(o->worker->sender);
    cx_buf_init(&o->worker->out, 1u << 20);
    for (int i = 1; i <= 2 * CX_WORKER_SLOTS + 2; i++) {
        pair[1] = new_material(i);
        tell(o, pair, 2);
        cx_material_unref(pair[1]);
    }
    cx_material_unref(pair[0]);
    for (size_t i = 0; i < CX_WORKER_SLOTS; i++) {
        cx_material_unref(o->slots[i]);
    }
    cx_answer_sender_free(o->worker->sender);
    cx_buf_done(&o->worker->out);
    cx_free(o->worker);
    cx_free(o);
}

/* Whoever asked has ended, before the hello or before an answer: that is how a worker's life ends. */
static void
test_it_is_well_when_the_other_end_is_gone(void **state)
{
    struct worker *w = cx_alloc(1, sizeof(*w));
    int fds[2];

    (void)state;
    assert_non_null(w);
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    cx_buf_init(&w->in, 2 * CX_WORKER_CHUNK);
    cx_buf_init(&w->out, 1u << 20);
    w->fd = fds[0];
    w->status = (cx_status){ CX_E_INTERNAL };
    cx_buf_puts(&w->out, "hello");
    flush(w);
    assert_false(w->closing);
    assert_int_equal(close(fds[1]), 0); /* with the hello unread */
    on_readable(w->fd, 0, w);
    assert_true(w->closing);
    assert_int_equal(w->status.code, CX_OK);
    w->closing = false;
    w->status = (cx_status){ CX_E_INTERNAL };
    cx_buf_puts(&w->out, "answer");
    flush(w);
    assert_true(w->closing);
    assert_int_equal(w->status.code, CX_OK);
    w->closing = false;
    assert_int_equal(close(fds[0]), 0);
    cx_buf_puts(&w->out, "answer");
    flush(w); /* no descriptor any more */
    assert_int_equal(w->status.code, CX_E_IO);
    cx_buf_done(&w->in);
    cx_buf_done(&w->out);
    cx_free(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_answer_gives_its_own_slots_away),
        cmocka_unit_test(test_it_is_well_when_the_other_end_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
