#include "base/alloc.h"
#include "build.h"
#include "evidence/note.h"
#include "log.h"
#include "main.h"
#include "pki/base64.h"

#define TIME 1795305600u

/* ---- what a verifier says that knows these keys */

struct seen {
    struct cx_arena arena;
    struct cx_signed_note note;
    struct cx_note_signer signers[4];
    size_t n;
    cx_status status;
    struct cx_detail detail;
};

static void
see(cx_span octets, const struct cx_note_key *keys, size_t n_keys, struct seen *ret)
{
    *ret = (struct seen){ .n = 99 };
    cx_arena_init(&ret->arena, (size_t)1 << 20);
    ret->status = cx_note_parse(octets, &ret->arena, &ret->note, &ret->detail);
    if (cx_ok(ret->status)) {
        ret->status = cx_note_verify(&ret->note, keys, n_keys, ret->signers, &ret->n, &ret->detail);
    }
    assert_true(cx_ok(ret->status) ? ret->n >= 1 && ret->n <= n_keys : ret->n == 99);
    cx_arena_done(&ret->arena);
}

/* How many of the log's and the witness's key signed; 0 if the note is refused. */
static size_t
signers_of(cx_span octets)
{
    const struct cx_note_key keys[] = { log_key(), witness_key() };
    struct seen seen;

    see(octets, keys, CX_COUNT(keys), &seen);
    return cx_ok(seen.status) ? seen.n : 0;
}

static enum cx_code
code_of(const struct text *note)
{
    const struct cx_note_key keys[] = { log_key(), witness_key() };
    struct seen seen;

    see(span_of(note), keys, CX_COUNT(keys), &seen);
    assert_true(cx_ok(seen.status) || seen.detail.text[0] != '\0');
    return seen.status.code;
}

/* ---- keys */

TEST(keys_are_those_of_the_vectors)
{
    struct cx_ed25519_key *private_key = private_key_from(0);
    struct text vkey = log_file("log.vkey");
    struct cx_note_key key = log_key(), made;
    uint8_t public_key[CX_ED25519_PUBLIC];
    struct cx_buf buf;

    assert_int_equal(key.type, CX_NOTE_KEY_ED25519);
    assert_string_equal(key.name, "log.ca.example/caa-evidence");
    assert_int_equal(key.n_name, strlen(key.name));
    assert_memory_equal(key.id, "\x69\x9d\x22\x43", 4);
    cx_ed25519_public(private_key, public_key);
    assert_memory_equal(key.public_key, public_key, sizeof(public_key));
    assert_true(
        cx_ok(cx_note_key_make(cx_str_of(key.name), CX_NOTE_KEY_ED25519, public_key, &made, NULL)));
    assert_memory_equal(&made, &key, sizeof(key));
    cx_buf_init(&buf, 1000);
    cx_note_key_write(&key, &buf);
    assert_true(cx_str_equal(cx_buf_str(&buf), (cx_str){ vkey.p, vkey.n - 1 }));
    cx_buf_done(&buf);
    cx_ed25519_free(private_key);
}

/* The same name and key have another id as a witness's. */
TEST(the_type_is_part_of_the_id)
{
    struct cx_note_key witness = witness_key(), as_log;

    assert_int_equal(witness.type, CX_NOTE_KEY_COSIGNATURE);
    assert_memory_equal(witness.id, "\x20\x32\x4a\xbe", 4);
    assert_true(cx_ok(cx_note_key_make(cx_str_of(witness.name), CX_NOTE_KEY_ED25519,
                                       witness.public_key, &as_log, NULL)));
    assert_memory_equal(as_log.id, "\x48\x4b\xc6\x19", 4);
}

TEST(names_of_keys)
{
    static const char *const good[] = { "a", "log.example/1", "\xc3\xa9", "a=b",
                                        "\xf0\x9f\x8c\xb0" };
    static const char *const bad[] = {
        "",
        " ",
        "a b",
        "a+b",
        "+",
        "a\nb",
        "a\t",
        "\x01",
        "a\xc2\x85",
        "\xc2\xa0",
        "\xe1\x9a\x80",
        "\xe2\x80\x80",
        "\xff",
        "\xc3",
        "\xe2\x80\x8a",
        "\xe2\x80\xa8",
        "\xe2\x80\xa9",
        "\xe2\x80\xaf",
        "\x1f",
        "\xe2\x81\x9f",
        "x\xe3\x80\x80",
    };
    struct cx_note_key key = log_key(), made;
    char longest[CX_NOTE_NAME_MAX + 2];

    for (size_t i = 0; i < CX_COUNT(good); i++) {
        ROW_TRUE(cx_ok(cx_note_key_make(cx_str_of(good[i]), CX_NOTE_KEY_ED25519, key.public_key,
                                        &made, NULL)),
                 good[i]);
        assert_string_equal(made.name, good[i]);
    }
    made = key;
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        ROW_TRUE(
            cx_note_key_make(cx_str_of(bad[i]), CX_NOTE_KEY_ED25519, key.public_key, &made, NULL)
                    .code == CX_E_NOTE,
            bad[i]);
    }
    assert_memory_equal(&made, &key, sizeof(key)); /* untouched */
    memset(longest, 'x', sizeof(longest));
    assert_true(cx_ok(cx_note_key_make((cx_str){ longest, CX_NOTE_NAME_MAX }, CX_NOTE_KEY_ED25519,
                                       key.public_key, &made, NULL)));
    assert_int_equal(cx_note_key_make((cx_str){ longest, CX_NOTE_NAME_MAX + 1 },
                                      CX_NOTE_KEY_ED25519, key.public_key, &made, NULL)
                         .code,
                     CX_E_NOTE);
    assert_int_equal(
        cx_note_key_make(CX_STR("a"), CX_NOTE_KEY_UNSET, key.public_key, &made, NULL).code,
        CX_E_NOTE);
}

TEST(other_verifier_keys_are_refused)
{
    static const char *const bad[] = {
        "",
        "+",
        "a",
        "log.ca.example/caa-evidence",
        "log.ca.example/caa-evidence+699d2243",
        "log.ca.example/caa-evidence+699d2243+",
        /* the id of another name, of another key, of another type */
        "log.ca.example/caa-evidencf+699d2243+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "log.ca.example/caa-evidence+699d2243+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG5",
        "log.ca.example/caa-evidence+699d2243+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "witness.example/w1+484bc619+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X",
        /* types that are not used here: ECDSA, ML-DSA-44, none */
        "log.ca.example/caa-evidence+699d2243+AgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "log.ca.example/caa-evidence+699d2243+BgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "log.ca.example/caa-evidence+699d2243+AAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        /* other ways to write it */
        "log.ca.example/caa-evidence+699D2243+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "log.ca.example/caa-evidence+699d224+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "log.ca.example/caa-evidence+0699d2243+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "log.ca.example/caa-evidence+699d2243+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n",
        " log.ca.example/caa-evidence+699d2243+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        /* too short, too long */
        "log.ca.example/caa-evidence+699d2243+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTE=",
        "log.ca.example/caa-evidence+699d2243+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4AA==",
    };
    struct cx_note_key key = log_key(), before = key;

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        struct cx_detail detail = { .text = "" };

        ROW_TRUE(cx_note_key_parse(cx_str_of(bad[i]), &key, &detail).code == CX_E_NOTE, bad[i]);
        assert_true(detail.text[0] != '\0');
    }
    assert_memory_equal(&key, &before, sizeof(key));
}

/* ---- the checkpoint of the vectors */

TEST(the_checkpoint_is_read_and_verified)
{
    const struct cx_note_key keys[] = { witness_key(), log_key() };
    struct text file = log_file("checkpoint"), text = log_file("note-text");
    struct cx_checkpoint checkpoint;
    struct seen seen;

    see(span_of(&file), keys, CX_COUNT(keys), &seen);
    assert_true(cx_ok(seen.status));
    assert_true(cx_span_equal(cx_span_of_str(seen.note.text), span_of(&text)));
    assert_int_equal(seen.note.n, 2);
    assert_int_equal(seen.n, 2);
    assert_ptr_equal(seen.signers[0].key, &keys[0]);
    assert_int_equal(seen.signers[0].time_s, TIME);
    assert_ptr_equal(seen.signers[1].key, &keys[1]);
    assert_int_equal(seen.signers[1].time_s, 0);
    assert_true(cx_ok(cx_checkpoint_parse(seen.note.text, &checkpoint, NULL)));
    assert_true(cx_str_equal(checkpoint.origin, CX_STR("log.ca.example/caa-evidence")));
    assert_int_equal(checkpoint.size, 7);
    assert_memory_equal(checkpoint.root.b, "\x8e\xef\xba\xbd", 4);
}

TEST(the_checkpoint_is_written_octet_by_octet)
{
    const struct cx_note_key keys[] = { log_key(), witness_key() };
    struct cx_ed25519_key *private_keys[] = { private_key_from(0), private_key_from(32) };
    struct text file = log_file("checkpoint"), text = log_file("note-text");
    struct cx_checkpoint checkpoint;
    struct cx_buf buf;

    assert_true(cx_ok(cx_checkpoint_parse(cx_str_of_span(span_of(&text)), &checkpoint, NULL)));
    cx_buf_init(&buf, CX_NOTE_OCTETS_MAX);
    cx_checkpoint_write(&checkpoint, &buf);
    assert_true(cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), span_of(&text)));
    cx_buf_putc(&buf, '\n');
    for (size_t i = 0; i < CX_COUNT(keys); i++) { /* from a text in the buffer itself */
        assert_true(cx_ok(cx_note_sign((cx_str){ buf.p, text.n }, &keys[i], private_keys[i],
                                       i == 0 ? 0 : TIME, &buf, NULL)));
        cx_ed25519_free(private_keys[i]);
    }
    assert_true(cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), span_of(&file)));
    cx_buf_done(&buf);
}

TEST(a_key_that_is_not_known_is_as_if_it_had_not_signed)
{
    struct cx_note_key key = log_key();
    struct text file = log_file("checkpoint");
    struct seen seen;

    see(span_of(&file), &key, 1, &seen);
    assert_true(cx_ok(seen.status) && seen.n == 1 && seen.signers[0].key == &key);
    see(span_of(&file), &key, 0, &seen);
    assert_int_equal(seen.status.code, CX_E_CRYPTO);
    key.id[0] ^= 1;
    see(span_of(&file), &key, 1, &seen);
    assert_int_equal(seen.status.code, CX_E_CRYPTO);
}

/* ---- what changes must do */

TEST(no_bit_can_be_flipped)
{
    struct text file = log_file("checkpoint"), text = log_file("note-text");

    assert_int_equal(signers_of(span_of(&file)), 2);
    for (size_t bit = 0; bit < 8 * file.n; bit++) {
        struct text other = file;

        other.p[bit / 8] = (char)(other.p[bit / 8] ^ 1 << bit % 8);
        assert_true(signers_of(span_of(&other)) < (bit / 8 < text.n ? 1 : 2));
    }
}

TEST(no_octet_can_be_left_out_or_put_in)
{
    struct text file = log_file("checkpoint"), text = log_file("note-text");

    for (size_t i = 0; i < file.n; i++) {
        struct text other = file;

        memmove(other.p + i, other.p + i + 1, file.n - i - 1);
        other.n--;
        assert_true(signers_of(span_of(&other)) < (i < text.n ? 1 : 2));
        other = file;
        memmove(other.p + i + 1, other.p + i, file.n - i);
        other.p[i] = 'A';
        other.n++;
        assert_true(signers_of(span_of(&other)) < (i < text.n ? 1 : 2));
        other = file;
        other.n = i; /* cut */
        assert_true(signers_of(span_of(&other)) < 2);
    }
}

TEST(a_right_id_with_another_name_is_ignored)
{
    struct text file = log_file("checkpoint");
    struct text other = replaced(&file, "— log.ca.example", "— fog.ca.example");

    assert_int_equal(signers_of(span_of(&other)), 1);
}

TEST(a_right_name_with_another_id_is_ignored)
{
    struct text file = log_file("checkpoint");
    struct text other = replaced(&file, " aZ0iQ", " bZ0iQ");

    assert_int_equal(signers_of(span_of(&other)), 1);
}

TEST(a_wrong_signature_of_a_known_key_refuses_the_note)
{
    struct text file = log_file("checkpoint");
    struct text log = replaced(&file, "/kePPTW", "/kfPPTW");
    struct text witness = replaced(&file, "c1dNrKI9", "c1dNrKJ9");

    assert_int_equal(code_of(&log), CX_E_CRYPTO);
    assert_int_equal(code_of(&witness), CX_E_CRYPTO);
}

/* Cut to 63 octets, or with one more. */
TEST(a_signature_of_another_length_refuses_the_note)
{
    struct text file = log_file("checkpoint");
    struct text shorter = replaced(&file, "qkqhVaH1yVgQ=", "qkqhVaH1yVg==");
    struct text longer = replaced(&file, "qkqhVaH1yVgQ=", "qkqhVaH1yVgQA");
    struct text no_time = replaced(&file, "IDJKvgAAAABrAjCAc1dN", "IDJKvgAAAABrAjA=");

    assert_int_equal(code_of(&shorter), CX_E_CRYPTO);
    assert_int_equal(code_of(&longer), CX_E_CRYPTO);
    assert_int_equal(code_of(&no_time), CX_E_NOTE); /* padding in the middle */
}

/* A witness's key computed as if it were a log's: its id is not 0x04's, so its line is somebody else's. */
TEST(a_witness_is_known_by_type_4_alone)
{
    struct text file = log_file("checkpoint");
    struct cx_note_key witness = witness_key(), wrong;
    struct seen seen;

    assert_true(cx_ok(cx_note_key_make(cx_str_of(witness.name), CX_NOTE_KEY_ED25519,
                                       witness.public_key, &wrong, NULL)));
    see(span_of(&file), &wrong, 1, &seen);
    assert_int_equal(seen.status.code, CX_E_CRYPTO);
    memcpy(wrong.id, witness.id, sizeof(wrong.id)); /* even with that id it signed something else */
    see(span_of(&file), &wrong, 1, &seen);
    assert_int_equal(seen.status.code, CX_E_CRYPTO);
    see(span_of(&file), &witness, 1, &seen);
    assert_true(cx_ok(seen.status));
}

TEST(the_time_of_a_cosignature_is_signed)
{
    struct text file = log_file("checkpoint");
    struct text later = replaced(&file, "IDJKvgAAAABrAjCA", "IDJKvgAAAABrAjCB");
    struct text too_late = replaced(&file, "IDJKvgAAAABrAjCA", "IDJKvoAAAABrAjCA");
    struct text never = replaced(&file, "IDJKvgAAAABrAjCA", "IDJKvgAAAAAAAAAA");

    assert_int_equal(code_of(&later), CX_E_CRYPTO);
    assert_int_equal(code_of(&too_late), CX_E_CRYPTO); /* more than 63 bits */
    assert_int_equal(code_of(&never), CX_E_CRYPTO);
}

/* ---- the form of a note */

TEST(other_forms_are_refused)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        { "evidence\n", "evidence\r\n" },       /* CRLF */
        { "VgQ=\n", "VgQ=\r\n" },               /* CRLF in a signature line */
        { "7\n", "7\x01\n" },                   /* control characters */
        { "7\n", "7\t\n" },                     /**/
        { "7\n", "7\xff\n" },                   /* no UTF-8 */
        { "7\n", "7\xed\xa0\x80\n" },           /* a surrogate */
        { "54=\n\n", "54=\n" },                 /* no empty line */
        { "VgQ=\n", "VgQ\n" },                  /* padding missing */
        { "VgQ=\n", "VgQ==\n" },                /* too much of it */
        { "VgQ=\n", "VgR=\n" },                 /* bits that stand for nothing */
        { "VgQ=\n", "VgQ= \n" },                /* a blank at the end */
        { "VgQ=\n", "VgQ=\nnobody\n" },         /* a line that is no signature */
        { "VgQ=\n", "VgQ=\n— nobody\n" },       /* without base64 */
        { "VgQ=\n", "VgQ=\n— nobody \n" },      /**/
        { "VgQ=\n", "VgQ=\n—  AAAAAAAA\n" },    /* without name */
        { "VgQ=\n", "VgQ=\n— a+b AAAAAAAA\n" }, /* with a name that no key has */
        { "VgQ=\n", "VgQ=\n— a\xc2\xa0 AAAAAAAA\n" },
        { "VgQ=\n", "VgQ=\n— nobody AAAAAA==\n" }, /* id alone */
        { "VgQ=\n", "VgQ=\n— nobody AAA=\n" },
        { "— log", "- log" },
        { "— log", "\xe2\x80\x94log" },
        { "— log", "\xe2\x80\x93 log" },
        { "— log", " — log" },
        { "BA==\n", "BA==" }, /* the last line does not end */
    };
    struct text file = log_file("checkpoint");

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct text other = replaced(&file, rows[i].from, rows[i].to);

        ROW_TRUE(code_of(&other) == CX_E_NOTE, rows[i].to);
    }
}

TEST(a_note_is_not_only_a_text_or_signatures)
{
    static const char *const bad[] = {
        "", "\n", "\n\n", "a\n\n", "a\n", "a", "\n— nobody AAAAAAAA\n", "— nobody AAAAAAAA\n"
    };

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        struct text text = { .n = strlen(bad[i]) };

        memcpy(text.p, bad[i], text.n);
        ROW_TRUE(code_of(&text) == CX_E_NOTE, bad[i]);
    }
}

/* The text may have empty lines; the last one in the note is where the signatures begin. */
TEST(two_empty_lines_are_another_text)
{
    struct text file = log_file("checkpoint");
    struct text other = replaced(&file, "54=\n\n", "54=\n\n\n");
    struct text between = replaced(&file, "VgQ=\n", "VgQ=\n\n");
    const struct cx_note_key key = log_key();
    struct cx_checkpoint checkpoint;
    struct seen seen;

    see(span_of(&other), &key, 1, &seen);
    assert_int_equal(seen.status.code, CX_E_CRYPTO);
    assert_int_equal(seen.note.text.n, log_file("note-text").n + 1);
    assert_int_equal(cx_checkpoint_parse(seen.note.text, &checkpoint, NULL).code, CX_E_NOTE);
    assert_int_equal(code_of(&between), CX_E_CRYPTO);
}

/* As long as one of ML-DSA-44, and of a type that nobody knows. */
TEST(signatures_of_unknown_types_are_ignored)
{
    static uint8_t octets[4 + 8 + 2420] = { 0x06 };
    struct text file = log_file("checkpoint");
    struct cx_buf buf;

    cx_buf_init(&buf, CX_NOTE_OCTETS_MAX);
    cx_buf_put(&buf, cx_str_of_span(span_of(&file)));
    cx_buf_puts(&buf, "— log.ca.example/caa-evidence ");
    cx_base64_put(&buf, (cx_span){ octets, sizeof(octets) });
    cx_buf_puts(&buf, "\n— nobody.example AAAAAAA=\n");
    assert_int_equal(signers_of(cx_span_of_str(cx_buf_str(&buf))), 2);
    cx_buf_done(&buf);
}

TEST(limits_of_a_note)
{
    struct text file = log_file("checkpoint");
    const struct cx_note_key key = log_key();
    struct cx_buf buf;
    struct seen seen;

    cx_buf_init(&buf, CX_NOTE_OCTETS_MAX + 1000);
    cx_buf_put(&buf, cx_str_of_span(span_of(&file)));
    for (size_t n = 2; n <= CX_NOTE_SIGNATURES_MAX; n++) {
        see(cx_span_of_str(cx_buf_str(&buf)), &key, 1, &seen);
        assert_true(cx_ok(seen.status) && seen.note.n == n);
        cx_buf_puts(&buf, "— nobody.example AAAAAAA=\n");
    }
    see(cx_span_of_str(cx_buf_str(&buf)), &key, 1, &seen);
    assert_int_equal(seen.status.code, CX_E_LIMIT);
    cx_buf_clear(&buf);
    while (buf.n <= CX_NOTE_OCTETS_MAX) {
        cx_buf_putc(&buf, '\n');
    }
    see(cx_span_of_str(cx_buf_str(&buf)), &key, 1, &seen);
    assert_int_equal(seen.status.code, CX_E_LIMIT);
    cx_buf_done(&buf);
}

/* Both lines must be good; the first one's time counts. */
TEST(a_witness_may_sign_twice)
{
    struct cx_ed25519_key *private_key = private_key_from(32);
    struct text file = log_file("checkpoint"), text = log_file("note-text");
    const struct cx_note_key key = witness_key();
    struct cx_buf buf;
    struct seen seen;

    cx_buf_init(&buf, CX_NOTE_OCTETS_MAX);
    cx_buf_put(&buf, cx_str_of_span(span_of(&file)));
    assert_true(
        cx_ok(cx_note_sign((cx_str){ text.p, text.n }, &key, private_key, TIME + 5, &buf, NULL)));
    see(cx_span_of_str(cx_buf_str(&buf)), &key, 1, &seen);
    assert_true(cx_ok(seen.status) && seen.n == 1 && seen.signers[0].time_s == TIME);
    buf.p[buf.n - 5] = buf.p[buf.n - 5] == 'A' ? 'B' : 'A';
    see(cx_span_of_str(cx_buf_str(&buf)), &key, 1, &seen);
    assert_int_equal(seen.status.code, CX_E_CRYPTO);
    cx_buf_done(&buf);
    cx_ed25519_free(private_key);
}

/* ---- checkpoints */

TEST(other_checkpoints_are_refused)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        { "\n7\n", "\n07\n" },
        { "\n7\n", "\n\n" },
        { "\n7\n", "\n+7\n" },
        { "\n7\n", "\n-7\n" },
        { "\n7\n", "\n 7\n" },
        { "\n7\n", "\n7 \n" },
        { "\n7\n", "\n0x7\n" },
        { "\n7\n", "\n7a\n" },
        { "\n7\n", "\n9223372036854775808\n" },
        { "\n7\n", "\n18446744073709551616\n" },
        { "\n7\n", "\n00\n" },
        { "\n7\n", "\r\n7\r\n" },
        { "log.ca.example/caa-evidence\n", "\n" },
        { "log.ca.example/caa-evidence\n", "" },
        { "log.ca.example/caa-evidence\n", "log\x01\n" },
        { "e54=\n", "e54\n" },
        { "e54=\n", "e55=\n" },
        { "e54=\n", "e5==\n" },
        { "e54=\n", "e54=" },
        { "e54=\n", "e54AAAA=\n" },
        { "ju+6vaTwi1RItNuwTrHrzyzYa/Nn0cD+wyFIgqkbe54=\n", "" },
        { "ju+6vaTwi1RItNuwTrHrzyzYa/Nn0cD+wyFIgqkbe54=\n", "\n" },
        { "e54=\n", "e54=\nextension\n" },
        { "e54=\n", "e54=\n\n" },
        { "e54=\n", "e54=\nx" },
    };
    struct text text = log_file("note-text");

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct text other = replaced(&text, rows[i].from, rows[i].to);
        struct cx_checkpoint checkpoint = { .size = 77 };
        struct cx_detail detail = { .text = "" };

        ROW_TRUE(cx_checkpoint_parse(cx_str_of_span(span_of(&other)), &checkpoint, &detail).code ==
                     CX_E_NOTE,
                 rows[i].to);
        assert_true(checkpoint.size == 77 && detail.text[0] != '\0');
    }
    assert_int_equal(
        cx_checkpoint_parse((cx_str){ NULL, 0 }, &(struct cx_checkpoint){ .size = 0 }, NULL).code,
        CX_E_NOTE);
}

TEST(sizes_of_checkpoints)
{
    static const struct {
        const char *text;
        uint64_t size;
    } rows[] = { { "\n0\n", 0 }, { "\n10\n", 10 }, { "\n9223372036854775807\n", INT64_MAX } };
    struct text text = log_file("note-text");

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct text other = replaced(&text, "\n7\n", rows[i].text);
        struct cx_checkpoint checkpoint;
        struct cx_buf buf;

        assert_true(cx_ok(cx_checkpoint_parse(cx_str_of_span(span_of(&other)), &checkpoint, NULL)));
        assert_true(checkpoint.size == rows[i].size);
        cx_buf_init(&buf, 1000);
        cx_checkpoint_write(&checkpoint, &buf);
        assert_true(cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), span_of(&other)));
        cx_buf_done(&buf);
    }
}

/* ---- signing */

TEST(only_a_text_and_a_pair_of_keys_sign)
{
    static const char *const bad[] = { "", "a", "a\r\n", "\xff\n", "a\0b\n" };
    struct cx_ed25519_key *log_private = private_key_from(0), *other = private_key_from(32);
    const struct cx_note_key log = log_key(), witness = witness_key();
    struct cx_buf buf;

    cx_buf_init(&buf, 1000);
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        cx_str text = { bad[i], i == 4 ? 4 : strlen(bad[i]) };

        assert_int_equal(cx_note_sign(text, &log, log_private, 0, &buf, NULL).code, CX_E_NOTE);
    }
    assert_int_equal(cx_note_sign(CX_STR("a\n"), &log, other, 0, &buf, NULL).code, CX_E_CRYPTO);
    assert_int_equal(cx_note_sign(CX_STR("a\n"), &witness, other, 0, &buf, NULL).code, CX_E_CRYPTO);
    assert_int_equal(
        cx_note_sign(CX_STR("a\n"), &witness, other, (uint64_t)1 << 63, &buf, NULL).code,
        CX_E_CRYPTO);
    assert_true(cx_buf_ok(&buf) && buf.n == 0);
    buf.max = 50; /* there is no room for the line */
    assert_int_equal(cx_note_sign(CX_STR("a\n"), &log, log_private, 0, &buf, NULL).code,
                     CX_E_NOMEM);
    cx_buf_done(&buf);
    cx_ed25519_free(log_private);
    cx_ed25519_free(other);
}

/* Reading, verifying and signing. */
TEST(a_note_survives_every_oom)
{
    struct cx_ed25519_key *private_key = private_key_from(32);
    const struct cx_note_key keys[] = { log_key(), witness_key() };
    struct text file = log_file("checkpoint");
    size_t seen_allocs = 0;

    for (size_t nth = 1; seen_allocs + 1 >= nth; nth++) {
        struct seen seen;

        (void)cx_alloc_fail_nth(nth);
        see(span_of(&file), keys, CX_COUNT(keys), &seen);
        seen_allocs = cx_alloc_fail_nth(0);
        assert_int_equal(seen.status.code, nth <= seen_allocs ? CX_E_NOMEM : CX_OK);
    }
    assert_true(seen_allocs > 1);
    seen_allocs = 0;
    for (size_t nth = 1; seen_allocs + 1 >= nth; nth++) {
        struct cx_buf buf;
        cx_status s;

        cx_buf_init(&buf, 1000);
        (void)cx_alloc_fail_nth(nth);
        s = cx_note_sign(CX_STR("a\n"), &keys[1], private_key, TIME, &buf, NULL);
        seen_allocs = cx_alloc_fail_nth(0);
        assert_int_equal(s.code, nth <= seen_allocs ? CX_E_NOMEM : CX_OK);
        cx_buf_done(&buf);
    }
    assert_true(seen_allocs > 1);
    cx_ed25519_free(private_key);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(keys_are_those_of_the_vectors),
    cmocka_unit_test(the_type_is_part_of_the_id),
    cmocka_unit_test(names_of_keys),
    cmocka_unit_test(other_verifier_keys_are_refused),
    cmocka_unit_test(the_checkpoint_is_read_and_verified),
    cmocka_unit_test(the_checkpoint_is_written_octet_by_octet),
    cmocka_unit_test(a_key_that_is_not_known_is_as_if_it_had_not_signed),
    cmocka_unit_test(no_bit_can_be_flipped),
    cmocka_unit_test(no_octet_can_be_left_out_or_put_in),
    cmocka_unit_test(a_right_id_with_another_name_is_ignored),
    cmocka_unit_test(a_right_name_with_another_id_is_ignored),
    cmocka_unit_test(a_wrong_signature_of_a_known_key_refuses_the_note),
    cmocka_unit_test(a_signature_of_another_length_refuses_the_note),
    cmocka_unit_test(a_witness_is_known_by_type_4_alone),
    cmocka_unit_test(the_time_of_a_cosignature_is_signed),
    cmocka_unit_test(other_forms_are_refused),
    cmocka_unit_test(a_note_is_not_only_a_text_or_signatures),
    cmocka_unit_test(two_empty_lines_are_another_text),
    cmocka_unit_test(signatures_of_unknown_types_are_ignored),
    cmocka_unit_test(limits_of_a_note),
    cmocka_unit_test(a_witness_may_sign_twice),
    cmocka_unit_test(other_checkpoints_are_refused),
    cmocka_unit_test(sizes_of_checkpoints),
    cmocka_unit_test(only_a_text_and_a_pair_of_keys_sign),
    cmocka_unit_test(a_note_survives_every_oom),
};

TEST_MAIN(tests)
