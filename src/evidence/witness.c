#include "evidence/witness.h"

#include "evidence/lines.h"

/* ---- bodies */

cx_status
cx_witness_request_parse(cx_span octets, struct cx_witness_request *ret, struct cx_detail *detail)
{
    struct cx_lines lines = { cx_str_of_span(octets) };
    struct cx_witness_request request;
    cx_str line, rest;

    if (octets.n > CX_WITNESS_OCTETS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "a request of more than %d octets",
                       CX_WITNESS_OCTETS_MAX);
    }
    if (!cx_lines_next(&lines, &line) || !cx_line_after(line, "old ", &rest) ||
        !cx_line_number(rest, &request.old_size)) {
        return cx_fail(detail, CX_E_PROOF, "a request begins with \"old\" and a size");
    }
    if (!cx_lines_path(&lines, &request.path)) {
        return cx_fail(detail, CX_E_PROOF,
                       "hashes of a request: at most %d in base64, a line each, and an empty line",
                       CX_PATH_MAX);
    }
    if (lines.rest.n == 0) {
        return cx_fail(detail, CX_E_PROOF, "a request without checkpoint");
    }
    request.checkpoint = cx_span_of_str(lines.rest);
    *ret = request;
    return CX_SUCCESS;
}

void
cx_witness_request_write(const struct cx_witness_request *request, struct cx_buf *buf)
{
    if (request->checkpoint.n == 0) {
        buf->failed = true;
        return;
    }
    cx_buf_puts(buf, "old ");
    cx_lines_put_number(buf, request->old_size);
    cx_lines_put_path(buf, &request->path);
    cx_buf_put(buf, cx_str_of_span(request->checkpoint));
}

cx_status
cx_witness_size_parse(cx_span octets, uint64_t *ret)
{
    struct cx_lines lines = { cx_str_of_span(octets) };
    uint64_t size;
    cx_str line;

    if (!cx_lines_next(&lines, &line) || lines.rest.n != 0 || !cx_line_number(line, &size)) {
        return (cx_status){ CX_E_PROOF };
    }
    *ret = size;
    return CX_SUCCESS;
}

void
cx_witness_size_write(uint64_t size, struct cx_buf *buf)
{
    cx_lines_put_number(buf, size);
}

/* ---- deciding */

static cx_status
say(struct cx_witness_verdict *verdict, enum cx_witness_status status, const char *why)
{
    verdict->status = status;
    verdict->why = why;
    return CX_SUCCESS;
}

static const struct cx_witness_log *
log_of(const struct cx_witness_log *logs, size_t n_logs, cx_str origin)
{
    for (size_t i = 0; i < n_logs; i++) {
        if (cx_str_equal(logs[i].origin, origin)) {
            return &logs[i];
        }
    }
    return NULL;
}

/* A known key's wrong signature refuses the note, as one by no known key does. */
static cx_status
check_signatures(const struct cx_signed_note *note, const struct cx_witness_log *log,
                 struct cx_arena *arena, bool *ret_good)
{
    struct cx_note_signer *signers = cx_arena_get(arena, log->n_keys + 1, sizeof(*signers));
    size_t n;
    cx_status s;

    if (signers == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    s = cx_note_verify(note, log->keys, log->n_keys, signers, &n, NULL);
    *ret_good = cx_ok(s);
    return s.code == CX_E_CRYPTO ? CX_SUCCESS : s;
}

static cx_status
judge_growth(const struct cx_witness_request *request, struct cx_witness_verdict *verdict)
{
    const struct cx_witness_log *log = verdict->log;
    const struct cx_checkpoint *checkpoint = &verdict->checkpoint;
    struct cx_hash none, old;
    cx_status s;

    CX_TRY(cx_tree_root(NULL, 0, &none));
    old = log->size == 0 ? none : log->root;
    if (request->old_size > checkpoint->size) {
        return say(verdict, CX_WITNESS_MALFORMED, "the old size is larger than the checkpoint's");
    }
    if (request->old_size != log->size) {
        return say(verdict, CX_WITNESS_OTHER_SIZE, "the old size is not the last one");
    }
    if (checkpoint->size == log->size && !cx_hash_equal(&checkpoint->root, &old)) {
        verdict->is_fork = true;
        return say(verdict, CX_WITNESS_UNPROVED, "another root was signed for that size");
    }
    s = cx_consistency_verify(log->size, &old, checkpoint->size, &checkpoint->root, &request->path);
    if (s.code == CX_E_PROOF) {
        return say(verdict, CX_WITNESS_UNPROVED, "the proof does not lead to the checkpoint");
    }
    CX_TRY(s);
    return say(verdict, CX_WITNESS_COSIGNS, "the tree has grown");
}

static cx_status
judge_checkpoint(const struct cx_witness_log *logs, size_t n_logs,
                 const struct cx_witness_request *request, struct cx_arena *arena,
                 struct cx_witness_verdict *verdict)
{
    struct cx_signed_note note;
    struct cx_checkpoint checkpoint;
    cx_status s = cx_note_parse(request->checkpoint, arena, &note, NULL);
    bool good;

    if (s.code == CX_E_NOMEM) {
        return s;
    }
    if (!cx_ok(s) || !cx_ok(cx_checkpoint_parse(note.text, &checkpoint, NULL))) {
        return say(verdict, CX_WITNESS_MALFORMED, "no checkpoint that can be read");
    }
    verdict->log = log_of(logs, n_logs, checkpoint.origin);
    if (verdict->log == NULL) {
        return say(verdict, CX_WITNESS_UNKNOWN, "the origin is not known");
    }
    CX_TRY(check_signatures(&note, verdict->log, arena, &good));
    if (!good) {
        return say(verdict, CX_WITNESS_UNSIGNED, "not signed by a key of that log");
    }
    verdict->text = note.text;
    verdict->checkpoint = checkpoint;
    return judge_growth(request, verdict);
}

cx_status
cx_witness_judge(const struct cx_witness_log *logs, size_t n_logs, cx_span body,
                 struct cx_arena *arena, struct cx_witness_verdict *ret)
{
    struct cx_witness_verdict verdict = { .status = CX_WITNESS_UNSET };
    struct cx_witness_request request;

    if (cx_ok(cx_witness_request_parse(body, &request, NULL))) {
        CX_TRY(judge_checkpoint(logs, n_logs, &request, arena, &verdict));
    } else {
        CX_TRY(say(&verdict, CX_WITNESS_MALFORMED, "no request that can be read"));
    }
    *ret = verdict;
    return CX_SUCCESS;
}
