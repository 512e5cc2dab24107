/* A proof file: what is read is written back octet by octet, and what was written is read as it was. A proof that is
 * followed gives a root or is refused. */
#include "evidence/proof.h"
#include "fuzz.h"

static void
check_path(const struct cx_tlog_proof *proof)
{
    static const uint64_t sizes[] = { 0, 1, 7, 70000, INT64_MAX, UINT64_MAX };
    struct cx_hash leaf = { { 1 } };

    for (size_t i = 0; i < CX_COUNT(sizes); i++) {
        struct cx_hash root, again;
        cx_status s = cx_inclusion_root(&leaf, proof->index, sizes[i], &proof->path, &root);

        MUST(cx_ok(s) || s.code == CX_E_PROOF);
        if (cx_ok(s)) {
            MUST(proof->index < sizes[i]);
            MUST(cx_ok(cx_inclusion_root(&leaf, proof->index, sizes[i], &proof->path, &again)));
            MUST(cx_hash_equal(&root, &again));
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };
    struct cx_tlog_proof proof, again;
    struct cx_arena arena;
    struct cx_buf buf;

    cx_arena_init(&arena, (size_t)4 << 20);
    cx_buf_init(&buf, CX_PROOF_OCTETS_MAX);
    if (cx_ok(cx_proof_parse(octets, &arena, &proof, NULL))) {
        cx_proof_write(&proof, &buf);
        MUST(cx_buf_ok(&buf) && cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), octets));
        MUST(cx_ok(cx_proof_parse(cx_span_of_str(cx_buf_str(&buf)), &arena, &again, NULL)));
        MUST(again.index == proof.index && again.path.n == proof.path.n &&
             again.has_extra == proof.has_extra && cx_span_equal(again.extra, proof.extra));
        check_path(&proof);
    }
    cx_buf_done(&buf);
    cx_arena_done(&arena);
    return 0;
}
