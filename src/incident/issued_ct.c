/* Entries of Certificate Transparency logs: answers of get-entries (RFC 6962 section 4.6), and data tiles of static logs
 * (static-ct-api). What a log signed is the leaf; a precertificate beside it counts only if it is that of the leaf. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/reader.h"
#include "incident/issued_build.h"
#include "incident/issued_formats.h"
#include "pki/base64.h"
#include "pki/tbs.h"

enum {
    LEAF_V1 = 0,
    LEAF_TIMESTAMPED = 0,
    ENTRY_X509 = 0,
    ENTRY_PRECERT = 1,
    LEAF_HEAD = 2, /* version and leaf type, which a tile leaves out */
};

#define FINGERPRINT 32

struct entry {
    uint64_t time_ms;
    unsigned type;
    cx_span signed_part; /* the certificate, or the TBSCertificate of the precertificate */
    cx_span certificate; /* the certificate or precertificate */
};

/* ---- one entry */

static cx_span
read_u24_octets(struct cx_reader *r)
{
    size_t high = cx_rd_u8(r);

    return cx_rd_bytes(r, high << 16 | cx_rd_u16(r));
}

/* TimestampedEntry; false if it is none. */
static bool
read_timestamped(struct cx_reader *r, struct entry *ret)
{
    uint64_t high = cx_rd_u32(r);

    ret->time_ms = high << 32 | cx_rd_u32(r);
    ret->type = cx_rd_u16(r);
    if (ret->type == ENTRY_PRECERT) {
        (void)cx_rd_bytes(r, FINGERPRINT); /* of the issuer's key */
    }
    ret->signed_part = ret->certificate = read_u24_octets(r);
    (void)cx_rd_bytes(r, cx_rd_u16(r)); /* extensions */
    return cx_rd_ok(r) && (ret->type == ENTRY_X509 || ret->type == ENTRY_PRECERT) &&
           ret->signed_part.n != 0 && ret->time_ms != 0 && ret->time_ms <= CX_SCT_TIME_MAX_MS;
}

static bool
same_names(const struct cx_tbs *a, const struct cx_tbs *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        if (a->v[i].kind != b->v[i].kind || !cx_span_equal(a->v[i].octets, b->v[i].octets)) {
            return false;
        }
    }
    return a->n == b->n;
}

/* The precertificate stands beside what the log signed: serial, key, validity and names must be those of the leaf. The leaf also names the issuer of the final
 * certificate, whoever signed the precertificate. */
static cx_status
check_leaf(struct cx_issued_build *build, const struct entry *entry,
           struct cx_issued_record *record)
{
    struct cx_detail detail = { .text = "" };
    struct cx_tbs leaf, beside;
    cx_status s = cx_tbs_read(entry->signed_part, &build->arena, &leaf, &detail);

    if (cx_ok(s)) {
        s = cx_tbs_read(entry->certificate, &build->arena, &beside, &detail);
    }
    if (cx_status_class(s) == CX_CLASS_MALFORMED || cx_status_class(s) == CX_CLASS_LIMIT) {
        cx_issued_note(record, "not compared with what the log signed: %s", detail.text);
        return CX_SUCCESS;
    }
    CX_TRY(s);
    if (!cx_span_equal(leaf.serial, beside.serial) || !cx_span_equal(leaf.spki, beside.spki) ||
        leaf.not_before != beside.not_before || leaf.not_after != beside.not_after ||
        !same_names(&leaf, &beside)) {
        cx_issued_reject(record, entry->certificate,
                         "the log signed something else than the precertificate beside it");
        return CX_SUCCESS;
    }
    s = cx_issued_take_issuer(build, leaf.issuer, &record->issued, &detail);
    if (cx_status_class(s) == CX_CLASS_MALFORMED) {
        cx_issued_reject(record, entry->certificate, "issuer: %s", detail.text);
        return CX_SUCCESS;
    }
    return s;
}

static cx_status
take_entry(struct cx_issued_build *build, const struct entry *entry,
           struct cx_issued_record *record)
{
    struct cx_issued *issued = &record->issued;
    bool pre = entry->type == ENTRY_PRECERT;

    CX_TRY(cx_issued_take_der(build, entry->certificate, record));
    if (record->fate != CX_FATE_OBSERVED) {
        return CX_SUCCESS;
    }
    if (pre != (issued->kind == CX_ISSUED_PRE)) {
        cx_issued_reject(record, entry->certificate, "%s",
                         pre ? "a precertificate entry without a precertificate"
                             : "a certificate entry with a precertificate");
        return CX_SUCCESS;
    }
    cx_issued_seen(issued, (int64_t)entry->time_ms);
    issued->logs = issued->logs == 0 ? 1 : issued->logs; /* the one whose entry it is */
    return pre ? check_leaf(build, entry, record) : CX_SUCCESS;
}

/* ---- get-entries */

struct answer {
    struct cx_issued_build build;
    struct cx_json *json;
    const struct cx_json *entries;
    size_t at;
};

/* False with a reason in record. */
static bool
read_leaf(cx_span leaf, struct entry *ret, struct cx_issued_record *record)
{
    struct cx_reader r = cx_reader_of(leaf);
    unsigned version = cx_rd_u8(&r), type = cx_rd_u8(&r);

    if (!cx_rd_ok(&r) || version != LEAF_V1 || type != LEAF_TIMESTAMPED ||
        !read_timestamped(&r, ret) || cx_rd_left(&r) != 0) {
        cx_issued_reject(record, leaf, "leaf_input: not a MerkleTreeLeaf of RFC 6962");
        return false;
    }
    return true;
}

static bool
read_extra(cx_span extra, struct entry *entry, struct cx_issued_record *record)
{
    struct cx_reader r = cx_reader_of(extra);

    if (entry->type != ENTRY_PRECERT) {
        return true; /* a chain, which is not needed */
    }
    entry->certificate = read_u24_octets(&r);
    if (!cx_rd_ok(&r) || entry->certificate.n == 0) {
        cx_issued_reject(record, extra, "extra_data: no precertificate in front");
        return false;
    }
    return true;
}

/* False with a reason in record if the member is no base64. */
static cx_status
octets_of(struct answer *a, const struct cx_json *element, const char *member, cx_span *ret,
          bool *ret_ok, struct cx_issued_record *record)
{
    cx_str text = { NULL, 0 };
    cx_status s = { CX_E_ARCHIVE };

    if (cx_json_string(cx_json_get(element, member), &text)) {
        s = cx_base64_get(text, &a->build.arena, ret);
    }
    *ret_ok = cx_ok(s);
    if (cx_status_class(s) == CX_CLASS_MALFORMED) {
        cx_issued_reject(record, cx_span_of_str(text), "%s: not base64", member);
        return CX_SUCCESS;
    }
    return s;
}

static cx_status
next_entry(void *self, struct cx_issued_record *ret, bool *ret_more, struct cx_detail *detail)
{
    struct answer *a = self;
    const struct cx_json *element = cx_json_at(a->entries, a->at);
    cx_span leaf = { NULL, 0 }, extra = { NULL, 0 };
    struct entry entry = { .type = 0 };
    bool ok;

    (void)detail; /* nothing of the file is left to fail */
    *ret_more = element != NULL;
    cx_issued_begin(&a->build, a->at + 1, ret);
    if (element == NULL) {
        return CX_SUCCESS;
    }
    a->at++;
    CX_TRY(octets_of(a, element, "leaf_input", &leaf, &ok, ret));
    if (ok && read_leaf(leaf, &entry, ret)) {
        CX_TRY(octets_of(a, element, "extra_data", &extra, &ok, ret));
        ok = ok && read_extra(extra, &entry, ret);
        return ok ? take_entry(&a->build, &entry, ret) : CX_SUCCESS;
    }
    return CX_SUCCESS;
}

static void
close_answer(void *self)
{
    struct answer *a = self;

    if (a != NULL) {
        cx_json_free(a->json);
        cx_issued_build_done(&a->build);
        cx_free(a);
    }
}

static cx_status
read_answer(struct answer *a, struct cx_input *input, struct cx_detail *detail)
{
    cx_span text;

    CX_TRY(cx_input_rest(input, CX_LIST_JSON_MAX, &text, detail));
    CX_TRY(cx_json_parse(cx_str_of_span(cx_issued_text_of(text)), &a->json, detail));
    a->entries = cx_json_get(a->json, "entries");
    if (cx_json_kind_of(a->entries) != CX_JSON_ARRAY) {
        return cx_fail(detail, CX_E_ARCHIVE,
                       "no array \"entries\", as a log's get-entries gives it");
    }
    return CX_SUCCESS;
}

static cx_status
open_answer(const struct cx_issued_options *options, struct cx_input *input, void **ret,
            struct cx_detail *detail)
{
    struct answer *a = cx_alloc(1, sizeof(*a));
    cx_status s;

    (void)options; /* entries say all by themselves */
    if (a == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    cx_issued_build_init(&a->build);
    s = read_answer(a, input, detail);
    if (!cx_ok(s)) {
        close_answer(a);
        return s;
    }
    *ret = a;
    return CX_SUCCESS;
}

static bool
looks_like_answer(cx_span head)
{
    static const char entries[] = "\"entries\"", leaf[] = "\"leaf_input\"";

    head = cx_issued_text_of(head);
    return head.n != 0 && head.p[0] == '{' && head.p != NULL &&
           memmem(head.p, head.n, entries, sizeof(entries) - 1) != NULL &&
           memmem(head.p, head.n, leaf, sizeof(leaf) - 1) != NULL;
}

const struct cx_issued_format cx_issued_ct_entries = {
    .name = "ct-entries",
    .about = "an answer of a log's get-entries (RFC 6962)",
    .looks_like = looks_like_answer,
    .open = open_answer,
    .next = next_entry,
    .close = close_answer,
};

/* ---- data tiles */

struct tile {
    struct cx_issued_build build;
    struct cx_reader r;
};

/* TimestampedEntry, the precertificate if there is one, fingerprints of the chain. */
static bool
read_tile_entry(struct cx_reader *r, struct entry *ret)
{
    size_t fingerprints;

    if (!read_timestamped(r, ret)) {
        return false;
    }
    if (ret->type == ENTRY_PRECERT) {
        ret->certificate = read_u24_octets(r);
    }
    fingerprints = cx_rd_u16(r);
    (void)cx_rd_bytes(r, fingerprints);
    return cx_rd_ok(r) && ret->certificate.n != 0 && fingerprints % FINGERPRINT == 0;
}

static cx_status
next_of_tile(void *self, struct cx_issued_record *ret, bool *ret_more, struct cx_detail *detail)
{
    struct tile *t = self;
    struct entry entry = { .type = 0 };
    size_t at = t->r.at, left = cx_rd_left(&t->r);

    (void)detail; /* nothing of the file is left to fail */
    *ret_more = left != 0;
    cx_issued_begin(&t->build, at, ret);
    if (left == 0) {
        return CX_SUCCESS;
    }
    if (!read_tile_entry(&t->r, &entry)) {
        t->r.failed = true; /* where the next one begins is not known */
        cx_issued_reject(ret, (cx_span){ t->r.all.p + at, left },
                         "not an entry of a data tile; nothing of the last %zu octets can be read",
                         left);
        return CX_SUCCESS;
    }
    return take_entry(&t->build, &entry, ret);
}

static void
close_tile(void *self)
{
    struct tile *t = self;

    if (t != NULL) {
        cx_issued_build_done(&t->build);
        cx_free(t);
    }
}

static cx_status
open_tile(const struct cx_issued_options *options, struct cx_input *input, void **ret,
          struct cx_detail *detail)
{
    struct tile *t;
    cx_span octets;

    (void)options; /* entries say all by themselves */
    CX_TRY(cx_input_rest(input, CX_DATA_TILE_MAX, &octets, detail));
    t = cx_alloc(1, sizeof(*t));
    if (t == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    cx_issued_build_init(&t->build);
    t->r = cx_reader_of(octets);
    *ret = t;
    return CX_SUCCESS;
}

/* The head may end within the first entry. */
static bool
looks_like_tile(cx_span head)
{
    struct cx_reader r = cx_reader_of(head);
    uint64_t high = cx_rd_u32(&r), time_ms = high << 32 | cx_rd_u32(&r);
    unsigned type = cx_rd_u16(&r);

    if (type == ENTRY_PRECERT) {
        (void)cx_rd_bytes(&r, FINGERPRINT);
    }
    (void)cx_rd_bytes(&r, 3);
    return (type == ENTRY_X509 || type == ENTRY_PRECERT) && time_ms != 0 &&
           time_ms <= CX_SCT_TIME_MAX_MS && cx_rd_u8(&r) == 0x30 && cx_rd_u8(&r) >= 0x80;
}

const struct cx_issued_format cx_issued_ct_tile = {
    .name = "ct-tile",
    .about = "a data tile of a static log",
    .looks_like = looks_like_tile,
    .open = open_tile,
    .next = next_of_tile,
    .close = close_tile,
};
