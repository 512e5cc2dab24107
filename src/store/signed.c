#include "store/signed.h"

#include "base/limits.h"

cx_status
cx_signed_write(const struct cx_signed *checkpoint, const struct cx_note_key *key,
                const struct cx_ed25519_key *private_key, struct cx_buf *buf,
                struct cx_detail *detail)
{
    struct cx_checkpoint text = { { key->name, key->n_name }, checkpoint->size, checkpoint->root };
    size_t n;

    cx_buf_clear(buf);
    cx_checkpoint_write(&text, buf);
    n = buf->n;
    cx_buf_putc(buf, '\n');
    if (!cx_buf_ok(buf)) {
        return (cx_status){ CX_E_NOMEM };
    }
    return cx_note_sign((cx_str){ buf->p, n }, key, private_key, 0, buf, detail);
}

static cx_status
read_signed(cx_str note, const struct cx_note_key *key, struct cx_arena *arena,
            struct cx_signed *ret, struct cx_detail *detail)
{
    struct cx_signed_note parsed;
    struct cx_note_signer signer;
    struct cx_checkpoint checkpoint;
    size_t n;

    CX_TRY(cx_note_parse(cx_span_of_str(note), arena, &parsed, detail));
    CX_TRY(cx_note_verify(&parsed, key, 1, &signer, &n, detail));
    CX_TRY(cx_checkpoint_parse(parsed.text, &checkpoint, detail));
    if (n != 1 || !cx_str_equal(checkpoint.origin, (cx_str){ key->name, key->n_name })) {
        return cx_fail(detail, CX_E_NOTE, "a checkpoint of another origin than %s", key->name);
    }
    *ret = (struct cx_signed){ checkpoint.size, checkpoint.root };
    return CX_SUCCESS;
}

cx_status
cx_signed_read(cx_str note, const struct cx_note_key *key, struct cx_signed *ret,
               struct cx_detail *detail)
{
    struct cx_arena arena;
    cx_status status;

    cx_arena_init(&arena, CX_SIGNED_MEMORY);
    status = read_signed(note, key, &arena, ret, detail);
    cx_arena_done(&arena);
    return status;
}

cx_status
cx_signed_try(cx_str note, const struct cx_note_key *key, struct cx_signed *ret, bool *ret_good)
{
    cx_status status = cx_signed_read(note, key, ret, NULL);

    if (status.code == CX_E_NOMEM) {
        return status;
    }
    *ret_good = cx_ok(status);
    return CX_SUCCESS;
}
