#include "evidence/proof.h"

#include "base/limits.h"
#include "evidence/lines.h"
#include "pki/base64.h"

static const char head[] = "c2sp.org/tlog-proof@v1";

/* Nothing is no extra data, and then there is no line (tlog-proof, "Format"). */
static cx_status
read_extra(cx_str base64, struct cx_arena *arena, struct cx_tlog_proof *ret,
           struct cx_detail *detail)
{
    cx_status s = cx_base64_get(base64, arena, &ret->extra);

    if (s.code == CX_E_NOMEM) {
        return s;
    }
    ret->has_extra = cx_ok(s) && ret->extra.n != 0;
    return ret->has_extra ? CX_SUCCESS
                          : cx_fail(detail, CX_E_PROOF, "the extra line of a proof is not base64");
}

cx_status
cx_proof_parse(cx_span octets, struct cx_arena *arena, struct cx_tlog_proof *ret,
               struct cx_detail *detail)
{
    struct cx_lines lines = { cx_str_of_span(octets) };
    struct cx_tlog_proof proof = { .has_extra = false };
    cx_str line, rest;

    if (octets.n > CX_PROOF_OCTETS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "a proof of more than %zu octets", CX_PROOF_OCTETS_MAX);
    }
    if (!cx_lines_next(&lines, &line) || !cx_str_equal(line, cx_str_of(head)) ||
        !cx_lines_next(&lines, &line)) {
        return cx_fail(detail, CX_E_PROOF, "a proof begins with \"%s\"", head);
    }
    if (cx_line_after(line, "extra ", &rest)) {
        CX_TRY(read_extra(rest, arena, &proof, detail));
        if (!cx_lines_next(&lines, &line)) {
            line.n = 0;
        }
    }
    if (!cx_line_after(line, "index ", &rest) || !cx_line_number(rest, &proof.index)) {
        return cx_fail(detail, CX_E_PROOF, "a proof says the index of its entry");
    }
    if (!cx_lines_path(&lines, &proof.path)) {
        return cx_fail(detail, CX_E_PROOF,
                       "hashes of a proof: at most %d in base64, a line each, "
                       "and an empty line",
                       CX_PATH_MAX);
    }
    if (lines.rest.n == 0) {
        return cx_fail(detail, CX_E_PROOF, "a proof without checkpoint");
    }
    proof.checkpoint = cx_span_of_str(lines.rest);
    *ret = proof;
    return CX_SUCCESS;
}

void
cx_proof_write(const struct cx_tlog_proof *proof, struct cx_buf *buf)
{
    if ((proof->has_extra && proof->extra.n == 0) || proof->checkpoint.n == 0) {
        buf->failed = true;
        return;
    }
    cx_buf_puts(buf, head);
    cx_buf_putc(buf, '\n');
    if (proof->has_extra) {
        cx_buf_puts(buf, "extra ");
        cx_base64_put(buf, proof->extra);
        cx_buf_putc(buf, '\n');
    }
    cx_buf_puts(buf, "index ");
    cx_lines_put_number(buf, proof->index);
    cx_lines_put_path(buf, &proof->path);
    cx_buf_put(buf, cx_str_of_span(proof->checkpoint));
}
