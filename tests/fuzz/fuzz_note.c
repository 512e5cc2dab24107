/* A signed note from anywhere, and a verifier key. What is read is written back octet by octet; only the one text that the
 * keys of the vectors signed verifies. */
#include "evidence/note.h"
#include "fuzz.h"

static const char log_vkey[] =
    "log.ca.example/caa-evidence+699d2243+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
static const char witness_vkey[] =
    "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";
static const char signed_text[] = "log.ca.example/caa-evidence\n7\n"
                                  "ju+6vaTwi1RItNuwTrHrzyzYa/Nn0cD+wyFIgqkbe54=\n";

static void
check_round_trip(const struct cx_signed_note *note, cx_span octets)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_NOTE_OCTETS_MAX);
    cx_buf_put(&buf, note->text);
    cx_buf_putc(&buf, '\n');
    for (size_t i = 0; i < note->n; i++) {
        MUST(note->v[i].octets.n != 0 && note->v[i].name.n != 0);
        cx_buf_put(&buf, note->v[i].line);
    }
    MUST(cx_buf_ok(&buf));
    MUST(cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), octets));
    cx_buf_done(&buf);
}

static void
check_signers(const struct cx_signed_note *note)
{
    struct cx_note_key keys[2];
    struct cx_note_signer signers[2];
    size_t n = 0;

    MUST(cx_ok(cx_note_key_parse(cx_str_of(log_vkey), &keys[0], NULL)));
    MUST(cx_ok(cx_note_key_parse(cx_str_of(witness_vkey), &keys[1], NULL)));
    if (cx_ok(cx_note_verify(note, keys, 2, signers, &n, NULL))) {
        MUST(n == 1 || n == 2);
        MUST(cx_str_equal(note->text, cx_str_of(signed_text)));
    }
}

static void
check_key(cx_span octets)
{
    struct cx_note_key key;
    struct cx_buf buf;

    if (!cx_ok(cx_note_key_parse(cx_str_of_span(octets), &key, NULL))) {
        return;
    }
    cx_buf_init(&buf, 1000);
    cx_note_key_write(&key, &buf);
    MUST(cx_buf_ok(&buf) && cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), octets));
    cx_buf_done(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };
    struct cx_signed_note note;
    struct cx_arena arena;

    cx_arena_init(&arena, (size_t)1 << 20);
    if (cx_ok(cx_note_parse(octets, &arena, &note, NULL))) {
        check_round_trip(&note, octets);
        check_signers(&note);
    }
    cx_arena_done(&arena);
    check_key(octets);
    return 0;
}
