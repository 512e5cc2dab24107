#include "evidence/note.h"

#include "base/reader.h"
#include "base/utf8.h"
#include "evidence/lines.h"
#include "pki/base64.h"
#include "pki/digest.h"

#define DASH     "\xe2\x80\x94 " /* U+2014 and a blank */
#define ID_SIZE  4
#define ID_TEXT  8
#define TIME     8
#define KEY_SIZE (1 + CX_ED25519_PUBLIC) /* with its type */

/* ---- keys */

/* White space of Unicode; the control characters among it are refused anyway. */
static bool
is_space(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x20, 0x20 },     { 0x85, 0x85 },     { 0xa0, 0xa0 },
        { 0x1680, 0x1680 }, { 0x2000, 0x200a }, { 0x2028, 0x2029 },
        { 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x3000, 0x3000 },
    };

    for (size_t i = 0; i < CX_COUNT(ranges); i++) {
        if (point >= ranges[i].first && point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

static bool
is_name(cx_str name)
{
    cx_span octets = cx_span_of_str(name);

    for (size_t at = 0, n; at < octets.n; at += n) {
        uint32_t point;

        n = cx_utf8_first((cx_span){ octets.p + at, octets.n - at }, &point);
        if (n == 0 || point < 0x20 || point == '+' || is_space(point)) {
            return false;
        }
    }
    return octets.n != 0;
}

cx_status
cx_note_key_make(cx_str name, enum cx_note_key_type type,
                 const uint8_t public_key[CX_ED25519_PUBLIC], struct cx_note_key *ret,
                 struct cx_detail *detail)
{
    struct cx_note_key key = { .type = type };
    uint8_t type_octet = (uint8_t)type, digest[CX_SHA256_SIZE];
    const cx_span parts[] = { cx_span_of_str(name),
                              { (const uint8_t *)"\n", 1 },
                              { &type_octet, 1 },
                              { public_key, CX_ED25519_PUBLIC } };

    if (type != CX_NOTE_KEY_ED25519 && type != CX_NOTE_KEY_COSIGNATURE) {
        return cx_fail(detail, CX_E_NOTE, "a key of an unknown type (%u)", (unsigned)type);
    }
    if (name.n > CX_NOTE_NAME_MAX || !is_name(name)) {
        return cx_fail(detail, CX_E_NOTE,
                       "a key's name has 1 to %d octets of UTF-8 without spaces and \"+\"",
                       CX_NOTE_NAME_MAX);
    }
    CX_TRY(cx_sha256_parts(parts, CX_COUNT(parts), digest));
    memcpy(key.name, name.p, name.n);
    key.n_name = (uint8_t)name.n;
    memcpy(key.id, digest, ID_SIZE);
    memcpy(key.public_key, public_key, CX_ED25519_PUBLIC);
    *ret = key;
    return CX_SUCCESS;
}

static cx_str
name_of(const struct cx_note_key *key)
{
    return (cx_str){ key->name, key->n_name };
}

static bool
read_id(cx_str hex, uint8_t ret[ID_SIZE])
{
    for (size_t i = 0; i < ID_TEXT; i++) {
        int digit = cx_ascii_hex((uint8_t)hex.p[i]);

        if (digit < 0 || (hex.p[i] >= 'A' && hex.p[i] <= 'F')) {
            return false;
        }
        ret[i / 2] = (uint8_t)(ret[i / 2] << 4 | digit);
    }
    return true;
}

cx_status
cx_note_key_parse(cx_str vkey, struct cx_note_key *ret, struct cx_detail *detail)
{
    const char *plus = vkey.n == 0 ? NULL : memchr(vkey.p, '+', vkey.n);
    size_t n_name = plus == NULL ? vkey.n : (size_t)(plus - vkey.p);
    cx_str rest = { plus, vkey.n - n_name };
    uint8_t id[ID_SIZE] = { 0 }, octets[KEY_SIZE];
    struct cx_note_key key;

    if (rest.n < 1 + ID_TEXT + 1 || rest.p[1 + ID_TEXT] != '+' ||
        !read_id((cx_str){ rest.p + 1, ID_TEXT }, id)) {
        return cx_fail(detail, CX_E_NOTE, "a verifier key is NAME+ID+KEY, ID in 8 digits a-f, 0-9");
    }
    if (!cx_base64_get_fixed((cx_str){ rest.p + ID_TEXT + 2, rest.n - ID_TEXT - 2 }, octets,
                             sizeof(octets))) {
        return cx_fail(detail, CX_E_NOTE, "a verifier key that is no Ed25519 key in base64");
    }
    CX_TRY(cx_note_key_make((cx_str){ vkey.p, n_name }, (enum cx_note_key_type)octets[0],
                            octets + 1, &key, detail));
    if (memcmp(key.id, id, ID_SIZE) != 0) {
        return cx_fail(detail, CX_E_NOTE, "a verifier key whose id is not that of its key");
    }
    *ret = key;
    return CX_SUCCESS;
}

void
cx_note_key_write(const struct cx_note_key *key, struct cx_buf *buf)
{
    uint8_t octets[KEY_SIZE] = { (uint8_t)key->type };

    memcpy(octets + 1, key->public_key, CX_ED25519_PUBLIC);
    cx_buf_put(buf, name_of(key));
    cx_buf_putc(buf, '+');
    cx_buf_put_hex(buf, (cx_span){ key->id, ID_SIZE });
    cx_buf_putc(buf, '+');
    cx_base64_put(buf, (cx_span){ octets, sizeof(octets) });
}

/* ---- reading */

/* The first octet of the signature lines; 0 if no empty line is in front of any. */
static size_t
begin_of_signatures(cx_span octets)
{
    for (size_t at = octets.n; at >= 2; at--) {
        if (octets.p[at - 1] == '\n' && octets.p[at - 2] == '\n') {
            return at;
        }
    }
    return 0;
}

static cx_status
read_signature(cx_str line, struct cx_arena *arena, struct cx_note_signature *ret,
               struct cx_detail *detail)
{
    cx_str rest = { NULL, 0 }, name;
    const char *blank;
    cx_span octets;
    cx_status s;

    blank = cx_line_after(line, DASH, &rest) && rest.n != 0 ? memchr(rest.p, ' ', rest.n) : NULL;
    name = (cx_str){ rest.p, blank == NULL ? 0 : (size_t)(blank - rest.p) };
    if (blank == NULL || !is_name(name)) {
        return cx_fail(detail, CX_E_NOTE, "a signature line is a dash, a key's name and base64");
    }
    s = cx_base64_get((cx_str){ blank + 1, rest.n - name.n - 1 }, arena, &octets);
    if (s.code == CX_E_NOMEM) {
        return s;
    }
    if (!cx_ok(s) || octets.n <= ID_SIZE) {
        return cx_fail(detail, CX_E_NOTE, "no key id and signature in base64 in a signature line");
    }
    ret->name = name;
    memcpy(ret->id, octets.p, ID_SIZE);
    ret->octets = (cx_span){ octets.p + ID_SIZE, octets.n - ID_SIZE };
    ret->line = (cx_str){ line.p, line.n + 1 };
    return CX_SUCCESS;
}

static cx_status
read_signatures(cx_str lines_text, struct cx_arena *arena, struct cx_signed_note *ret,
                struct cx_detail *detail)
{
    struct cx_lines lines = { lines_text };
    struct cx_note_signature *v;
    cx_str line;

    v = cx_arena_get(arena, CX_NOTE_SIGNATURES_MAX, sizeof(*v));
    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    while (cx_lines_next(&lines, &line)) {
        if (ret->n >= CX_NOTE_SIGNATURES_MAX) {
            return cx_fail(detail, CX_E_LIMIT, "a note with more than %d signatures",
                           CX_NOTE_SIGNATURES_MAX);
        }
        CX_TRY(read_signature(line, arena, &v[ret->n], detail));
        ret->n++;
    }
    if (lines.rest.n != 0 || ret->n == 0) {
        return cx_fail(detail, CX_E_NOTE, "a note ends in signature lines");
    }
    ret->v = v;
    return CX_SUCCESS;
}

cx_status
cx_note_parse(cx_span octets, struct cx_arena *arena, struct cx_signed_note *ret,
              struct cx_detail *detail)
{
    size_t at;
    struct cx_signed_note note = { .n = 0 };

    if (octets.n > CX_NOTE_OCTETS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "a note of more than %d octets", CX_NOTE_OCTETS_MAX);
    }
    if (!cx_text_is_clean(octets)) {
        return cx_fail(detail, CX_E_NOTE, "a note that is no UTF-8, or has control characters");
    }
    at = begin_of_signatures(octets);
    if (at == 0) {
        return cx_fail(detail, CX_E_NOTE, "a note without an empty line before its signatures");
    }
    note.text = (cx_str){ (const char *)octets.p, at - 1 };
    CX_TRY(read_signatures((cx_str){ (const char *)octets.p + at, octets.n - at }, arena, &note,
                           detail));
    *ret = note;
    return CX_SUCCESS;
}

/* ---- verifying */

static bool
is_by(const struct cx_note_signature *signature, const struct cx_note_key *key)
{
    return memcmp(signature->id, key->id, ID_SIZE) == 0 &&
           cx_str_equal(signature->name, name_of(key));
}

/* What a witness signs. */
static cx_status
put_cosigned(struct cx_buf *buf, cx_str text, uint64_t time_s)
{
    if (time_s == 0 || time_s > INT64_MAX) {
        return (cx_status){ CX_E_CRYPTO };
    }
    cx_buf_puts(buf, "cosignature/v1\ntime ");
    cx_lines_put_number(buf, time_s);
    cx_buf_put(buf, text);
    return cx_buf_ok(buf) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

static uint64_t
time_of(cx_span octets)
{
    struct cx_reader r = cx_reader_of(octets);
    uint64_t high = cx_rd_u32(&r);

    return high << 32 | cx_rd_u32(&r);
}

static cx_status
verify_cosignature(cx_str text, const struct cx_note_key *key, cx_span octets)
{
    CX_AUTO(cx_buf_done) struct cx_buf message;

    cx_buf_init(&message, CX_NOTE_OCTETS_MAX + 64);
    if (octets.n != TIME + CX_ED25519_SIGNATURE) {
        return (cx_status){ CX_E_CRYPTO };
    }
    CX_TRY(put_cosigned(&message, text, time_of(octets)));
    return cx_ed25519_verify(key->public_key, cx_span_of_str(cx_buf_str(&message)),
                             octets.p + TIME);
}

static cx_status
verify_signature(cx_str text, const struct cx_note_key *key, cx_span octets)
{
    switch (key->type) {
    case CX_NOTE_KEY_ED25519:
        return octets.n == CX_ED25519_SIGNATURE
                   ? cx_ed25519_verify(key->public_key, cx_span_of_str(text), octets.p)
                   : (cx_status){ CX_E_CRYPTO };
    case CX_NOTE_KEY_COSIGNATURE:
        return verify_cosignature(text, key, octets);
    case CX_NOTE_KEY_UNSET:
        break;
    }
    return (cx_status){ CX_E_CRYPTO };
}

/* All lines by that key. *ret_first is the first one, NULL if there is none. */
static cx_status
verify_key(const struct cx_signed_note *note, const struct cx_note_key *key,
           const struct cx_note_signature **ret_first, struct cx_detail *detail)
{
    *ret_first = NULL;
    for (size_t i = 0; i < note->n; i++) {
        cx_status s;

        if (!is_by(&note->v[i], key)) {
            continue;
        }
        s = verify_signature(note->text, key, note->v[i].octets);
        if (s.code == CX_E_CRYPTO) {
            return cx_fail(detail, CX_E_CRYPTO, "the signature by %s is wrong", key->name);
        }
        CX_TRY(s);
        if (*ret_first == NULL) {
            *ret_first = &note->v[i];
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_note_verify(const struct cx_signed_note *note, const struct cx_note_key *keys, size_t n_keys,
               struct cx_note_signer *signers, size_t *ret_n, struct cx_detail *detail)
{
    size_t n = 0;

    for (size_t i = 0; i < n_keys; i++) {
        const struct cx_note_signature *by = NULL;

        CX_TRY(verify_key(note, &keys[i], &by, detail));
        if (by != NULL) {
            signers[n++] = (struct cx_note_signer){
                .key = &keys[i],
                .time_s = keys[i].type == CX_NOTE_KEY_COSIGNATURE ? time_of(by->octets) : 0,
            };
        }
    }
    if (n == 0) {
        return cx_fail(detail, CX_E_CRYPTO, "no signature by a known key");
    }
    *ret_n = n;
    return CX_SUCCESS;
}

/* ---- signing */

/* Octets of a signature line. */
static cx_status
sign(cx_str text, const struct cx_note_key *key, const struct cx_ed25519_key *private_key,
     uint64_t time_s, struct cx_buf *octets, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf cosigned;
    uint8_t signature[CX_ED25519_SIGNATURE];
    cx_str message = text;

    cx_buf_init(&cosigned, CX_NOTE_OCTETS_MAX + 64);
    cx_buf_put(octets, (cx_str){ (const char *)key->id, ID_SIZE });
    if (key->type == CX_NOTE_KEY_COSIGNATURE) {
        CX_TRY(put_cosigned(&cosigned, text, time_s));
        message = cx_buf_str(&cosigned);
        for (unsigned i = 0; i < TIME; i++) {
            cx_buf_putc(octets, (char)(uint8_t)(time_s >> (8 * (TIME - 1 - i))));
        }
    }
    CX_TRY(cx_ed25519_sign(private_key, cx_span_of_str(message), signature, detail));
    cx_buf_put(octets, (cx_str){ (const char *)signature, sizeof(signature) });
    return cx_buf_ok(octets) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

cx_status
cx_note_sign(cx_str text, const struct cx_note_key *key, const struct cx_ed25519_key *private_key,
             uint64_t time_s, struct cx_buf *buf, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf octets;
    uint8_t public_key[CX_ED25519_PUBLIC];

    cx_buf_init(&octets, ID_SIZE + TIME + CX_ED25519_SIGNATURE);
    if (text.n == 0 || text.n > CX_NOTE_OCTETS_MAX || text.p[text.n - 1] != '\n' ||
        !cx_text_is_clean(cx_span_of_str(text))) {
        return cx_fail(detail, CX_E_NOTE, "a note's text is UTF-8 that ends in a newline");
    }
    cx_ed25519_public(private_key, public_key);
    if (memcmp(public_key, key->public_key, sizeof(public_key)) != 0) {
        return cx_fail(detail, CX_E_CRYPTO, "the private key is not that of %s", key->name);
    }
    CX_TRY(sign(text, key, private_key, time_s, &octets, detail));
    cx_buf_puts(buf, DASH);
    cx_buf_put(buf, name_of(key));
    cx_buf_putc(buf, ' ');
    cx_base64_put(buf, cx_span_of_str(cx_buf_str(&octets)));
    cx_buf_putc(buf, '\n');
    return cx_buf_ok(buf) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}
