#include "evidence/permit.h"

#include "base/cbor.h"
#include "base/limits.h"
#include "evidence/entry.h"
#include "evidence/permit_priv.h"
#include "evidence/proof.h"
#include "pki/base64.h"
#include "pki/digest.h"

/* ---- faults */

static const struct {
    const char *word;
    const char *sentence;
} faults[] = {
    [CX_PERMIT_NO_FAULT] = { "", "" },
#define X(name, word, sentence) [CX_PERMIT_##name] = { word, sentence },
#include "evidence/permit_faults.def"
#undef X
};

const char *
cx_permit_fault_word(enum cx_permit_fault fault)
{
    return faults[fault].word;
}

const char *
cx_permit_fault_sentence(enum cx_permit_fault fault)
{
    return faults[fault].sentence;
}

cx_status
cx_permit_refuse(const struct cx_permit_report *report, enum cx_permit_fault fault, cx_str value)
{
    int n = (int)(value.n < 100 ? value.n : 100);

    *report->fault = fault;
    return cx_fail(report->detail, CX_E_PERMIT, "%s%s%.*s", faults[fault].sentence,
                   n == 0 ? "" : ": ", n, n == 0 ? "" : value.p);
}

/* What is wrong with the permit is a fault; what is wrong with this machine stays an error. */
static cx_status
fault_of(cx_status s, const struct cx_permit_report *report, enum cx_permit_fault fault,
         const struct cx_detail *why)
{
    switch (cx_status_class(s)) {
    case CX_CLASS_MALFORMED:
    case CX_CLASS_LIMIT:
    case CX_CLASS_CRYPTO:
        return cx_permit_refuse(report, fault, cx_str_of(why->text));
    case CX_CLASS_NONE:
    case CX_CLASS_USAGE:
    case CX_CLASS_NOMEM:
    case CX_CLASS_IO:
    case CX_CLASS_PEER:
    case CX_CLASS_STORE:
    case CX_CLASS_DENIED:
    case CX_CLASS_INTERNAL:
        break;
    }
    return s;
}

/* ---- the file */

static bool
is_proof_file(cx_span octets)
{
    static const char first[] = "c2sp.org/tlog-proof";

    return octets.n >= sizeof(first) - 1 && memcmp(octets.p, first, sizeof(first) - 1) == 0;
}

/* Without its one final newline, which files of one line have. */
static cx_str
line_of(cx_span octets)
{
    cx_str line = cx_str_of_span(octets);

    line.n -= line.n != 0 && line.p[line.n - 1] == '\n' ? 1 : 0;
    return line;
}

static cx_status
proof_file(cx_span permit, struct cx_arena *arena, const struct cx_permit_report *report,
           cx_span *ret)
{
    static const struct cx_detail none = { .text = "" };
    cx_str line = line_of(permit);

    if (is_proof_file(permit)) {
        *ret = permit;
    } else if (line.n > (CX_PROOF_OCTETS_MAX + 2) / 3 * 4) {
        return cx_permit_refuse(report, CX_PERMIT_SIZE, CX_STR(""));
    } else {
        CX_TRY(fault_of(cx_base64_get(line, arena, ret), report, CX_PERMIT_BASE64, &none));
    }
    return ret->n <= CX_PROOF_OCTETS_MAX ? CX_SUCCESS
                                         : cx_permit_refuse(report, CX_PERMIT_SIZE, CX_STR(""));
}

static cx_status
parse(cx_span permit, struct cx_arena *arena, const struct cx_permit_report *report,
      struct cx_tlog_proof *ret)
{
    struct cx_detail why = { .text = "" };
    cx_span file;

    CX_TRY(proof_file(permit, arena, report, &file));
    CX_TRY(fault_of(cx_proof_parse(file, arena, ret, &why), report, CX_PERMIT_SYNTAX, &why));
    return ret->has_extra ? CX_SUCCESS : cx_permit_refuse(report, CX_PERMIT_NO_RECORD, CX_STR(""));
}

static cx_status
parse_checkpoint(cx_span octets, struct cx_arena *arena, const struct cx_permit_report *report,
                 struct cx_signed_note *ret_note, struct cx_checkpoint *ret)
{
    struct cx_detail why = { .text = "" };

    CX_TRY(fault_of(cx_note_parse(octets, arena, ret_note, &why), report, CX_PERMIT_SYNTAX, &why));
    return fault_of(cx_checkpoint_parse(ret_note->text, ret, &why), report, CX_PERMIT_SYNTAX, &why);
}

/* ---- the log */

static bool
is_key_of(const struct cx_note_key *key, cx_str origin)
{
    return key->type == CX_NOTE_KEY_ED25519 &&
           cx_str_equal((cx_str){ key->name, key->n_name }, origin);
}

/* Of the keys those of the log, in arena. */
static cx_status
keys_of(cx_str origin, const struct cx_permit_trust *trust, struct cx_arena *arena,
        struct cx_note_key **ret, size_t *ret_n)
{
    struct cx_note_key *keys = cx_arena_get(arena, trust->n_keys + 1, sizeof(*keys));

    *ret_n = 0;
    if (keys == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < trust->n_keys; i++) {
        if (is_key_of(&trust->keys[i], origin)) {
            keys[(*ret_n)++] = trust->keys[i];
        }
    }
    *ret = keys;
    return CX_SUCCESS;
}

/* One of the log's trusted keys signed, and none of them wrongly. */
static cx_status
verify_signature(const struct cx_signed_note *note, const struct cx_note_key *keys, size_t n_keys,
                 struct cx_arena *arena, const struct cx_permit_report *report,
                 const struct cx_note_key **ret)
{
    struct cx_note_signer *signers = cx_arena_get(arena, n_keys, sizeof(*signers));
    struct cx_detail why = { .text = "" };
    size_t n = 0;

    if (signers == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(fault_of(cx_note_verify(note, keys, n_keys, signers, &n, &why), report,
                    CX_PERMIT_SIGNATURE, &why));
    if (n == 0) {
        return cx_permit_refuse(report, CX_PERMIT_SIGNATURE, CX_STR(""));
    }
    *ret = signers[0].key;
    return CX_SUCCESS;
}

static cx_status
trusted_checkpoint(cx_span octets, const struct cx_permit_trust *trust, struct cx_arena *arena,
                   const struct cx_permit_report *report, struct cx_checkpoint *ret)
{
    const struct cx_note_key *signer;
    struct cx_signed_note note;
    struct cx_note_key *keys;
    size_t n_keys;

    if (cx_permit_memory_find(trust->memory, octets, trust->keys, trust->n_keys, ret)) {
        return CX_SUCCESS;
    }
    CX_TRY(parse_checkpoint(octets, arena, report, &note, ret));
    CX_TRY(keys_of(ret->origin, trust, arena, &keys, &n_keys));
    if (n_keys == 0) {
        return cx_permit_refuse(report, CX_PERMIT_LOG, ret->origin);
    }
    CX_TRY(verify_signature(&note, keys, n_keys, arena, report, &signer));
    cx_permit_memory_keep(trust->memory, octets, signer, ret);
    return CX_SUCCESS;
}

/* ---- the entry */

/* When the record says that it was logged: needed to rebuild the entry, so before anything of it is believed. */
static bool
time_of(cx_span record, uint64_t *ret)
{
    struct cx_reader r = cx_reader_of(record);
    struct cx_cbor_map map;

    (void)cx_rd_bytes(&r, CX_RECORD_SALT);
    map = cx_cbor_map(&r);
    if (!cx_cbor_map_next(&map) || map.key != 0) {
        return false;
    }
    (void)cx_cbor_uint(&r); /* version: read again when the record is known to be in the log */
    if (!cx_cbor_map_next(&map) || map.key != 1) {
        return false;
    }
    *ret = cx_cbor_uint(&r);
    return cx_rd_ok(&r);
}

static cx_status
included_as(enum cx_entry_kind kind, uint64_t time_ms, const struct cx_tlog_proof *proof,
            const struct cx_checkpoint *checkpoint, bool *ret)
{
    struct cx_entry entry = { .kind = kind, .time_ms = time_ms };
    uint8_t octets[CX_ENTRY_SIZE];
    struct cx_hash leaf, root;
    cx_status s;

    CX_TRY(cx_sha256(proof->extra, entry.digest));
    cx_entry_write(&entry, octets);
    CX_TRY(cx_hash_leaf((cx_span){ octets, sizeof(octets) }, &leaf));
    s = cx_inclusion_root(&leaf, proof->index, checkpoint->size, &proof->path, &root);
    if (!cx_ok(s) && cx_status_class(s) != CX_CLASS_MALFORMED) {
        return s;
    }
    *ret = cx_ok(s) && cx_hash_equal(&root, &checkpoint->root);
    return CX_SUCCESS;
}

static cx_status
check_inclusion(const struct cx_tlog_proof *proof, const struct cx_checkpoint *checkpoint,
                const struct cx_permit_report *report)
{
    static const enum cx_entry_kind others[] = { CX_ENTRY_BEGIN, CX_ENTRY_SEAL, CX_ENTRY_START,
                                                 CX_ENTRY_EVENT };
    enum cx_permit_fault fault = CX_PERMIT_INCLUSION;
    uint64_t time_ms;
    bool is_there = false;

    if (!time_of(proof->extra, &time_ms)) {
        return cx_permit_refuse(report, CX_PERMIT_SYNTAX, CX_STR("extra is no record"));
    }
    CX_TRY(included_as(CX_ENTRY_CHECK, time_ms, proof, checkpoint, &is_there));
    if (is_there) {
        return CX_SUCCESS;
    }
    for (size_t i = 0; i < CX_COUNT(others); i++) {
        CX_TRY(included_as(others[i], time_ms, proof, checkpoint, &is_there));
        fault = is_there ? CX_PERMIT_KIND : fault;
    }
    return cx_permit_refuse(report, fault, CX_STR(""));
}

static cx_status
decode(cx_span octets, struct cx_arena *arena, const struct cx_permit_report *report,
       struct cx_record *ret)
{
    struct cx_detail why = { .text = "" };

    return fault_of(cx_record_decode(octets, arena, ret, &why), report, CX_PERMIT_RECORD, &why);
}

/* ---- */

cx_status
cx_permit_read(cx_span permit, struct cx_arena *arena, struct cx_record *ret,
               struct cx_checkpoint *ret_checkpoint, uint64_t *ret_index,
               enum cx_permit_fault *ret_fault, struct cx_detail *detail)
{
    const struct cx_permit_report report = { ret_fault, detail };
    struct cx_checkpoint checkpoint;
    struct cx_signed_note note;
    struct cx_tlog_proof proof;
    struct cx_record record;

    CX_TRY(parse(permit, arena, &report, &proof));
    CX_TRY(parse_checkpoint(proof.checkpoint, arena, &report, &note, &checkpoint));
    CX_TRY(decode(proof.extra, arena, &report, &record));
    *ret = record;
    *ret_checkpoint = checkpoint;
    *ret_index = proof.index;
    return CX_SUCCESS;
}

cx_status
cx_permit_verify(cx_span permit, const struct cx_permit_subject *subject,
                 const struct cx_permit_trust *trust, uint64_t now_ms, struct cx_arena *arena,
                 struct cx_record *ret, enum cx_permit_fault *ret_fault, struct cx_detail *detail)
{
    const struct cx_permit_report report = { ret_fault, detail };
    struct cx_checkpoint checkpoint;
    struct cx_tlog_proof proof;
    struct cx_record record;

    if (subject->n_names == 0) {
        return cx_permit_refuse(&report, CX_PERMIT_NO_NAMES, CX_STR(""));
    }
    if (now_ms == 0) {
        return cx_permit_refuse(&report, CX_PERMIT_CLOCK, CX_STR(""));
    }
    CX_TRY(parse(permit, arena, &report, &proof));
    CX_TRY(trusted_checkpoint(proof.checkpoint, trust, arena, &report, &checkpoint));
    CX_TRY(check_inclusion(&proof, &checkpoint, &report));
    CX_TRY(decode(proof.extra, arena, &report, &record));
    if (ret != NULL) {
        *ret = record;
    }
    return cx_permit_check_claims(&record, subject, trust, now_ms, arena, &report);
}

cx_status
cx_permit_check(const struct cx_record *record, const struct cx_permit_subject *subject,
                const struct cx_permit_trust *trust, uint64_t now_ms, struct cx_arena *arena,
                enum cx_permit_fault *ret_fault, struct cx_detail *detail)
{
    const struct cx_permit_report report = { ret_fault, detail };

    return cx_permit_check_claims(record, subject, trust, now_ms, arena, &report);
}
