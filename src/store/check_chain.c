#include "evidence/chain.h"
#include "store/check_priv.h"
#include "store/files.h"
#include "store/folder.h"
#include "store/keys.h"

static void
report(struct cx_check *check, enum cx_store_fault fault, uint64_t shard, const char *text)
{
    cx_check_report(check,
                    &(struct cx_store_finding){ .fault = fault, .shard = shard, .text = text });
}

static void
remark(struct cx_check *check, uint64_t shard, const char *text)
{
    cx_check_report(check,
                    &(struct cx_store_finding){
                        .fault = CX_FAULT_CHAIN, .is_remark = true, .shard = shard, .text = text });
}

static struct cx_check_shard *
shard_of_origin(struct cx_check *check, cx_str origin)
{
    for (size_t i = 0; i < check->n_shards; i++) {
        const struct cx_note_key *key = &check->shards[i].key;

        if (check->shards[i].has_key && cx_str_equal(origin, (cx_str){ key->name, key->n_name })) {
            return &check->shards[i];
        }
    }
    return NULL;
}

static bool
is_key(cx_str vkey, const struct cx_note_key *key)
{
    struct cx_note_key read;

    return cx_ok(cx_note_key_parse(vkey, &read, NULL)) && read.n_name == key->n_name &&
           memcmp(read.name, key->name, key->n_name) == 0 &&
           memcmp(read.public_key, key->public_key, sizeof(key->public_key)) == 0;
}

/* The number at the end of an origin; 0: none. */
static uint64_t
number_of(cx_str origin)
{
    uint64_t number = 0, scale = 1;

    for (size_t i = origin.n; i-- != 0 && origin.p[i] != '/' && scale < 1000000000000u;
         scale *= 10) {
        number += (uint64_t)(uint8_t)(origin.p[i] - '0') * scale;
    }
    return number;
}

static cx_status
is_deleted(struct cx_check *check, uint64_t shard, bool *ret)
{
    CX_AUTO(cx_path_free) char *path = NULL;

    CX_TRY(cx_shard_file(check->store, shard, CX_FOLDER_DELETED, &path));
    return cx_path_exists(path, ret, check->detail);
}

/* ---- beginnings */

static cx_status
check_before(struct cx_check *check, struct cx_check_shard *shard, const struct cx_begin *begin)
{
    const struct cx_check_shard *before = shard_of_origin(check, begin->before.origin);
    uint64_t number = number_of(begin->before.origin);
    struct cx_note_key key;
    struct cx_signed read;
    bool deleted = false, good = cx_ok(cx_note_key_parse(begin->before.vkey, &key, NULL));

    if (good) {
        CX_TRY(cx_signed_try(cx_str_of_span(begin->before.checkpoint), &key, &read, &good));
    }
    if (good && begin->before.later.n != 0) {
        CX_TRY(cx_signed_try(cx_str_of_span(begin->before.later), &key, &read, &good));
    }
    if (!good) {
        report(check, CX_FAULT_CHAIN, shard->number,
               "the checkpoint that it begins with is not one of the shard before");
        return CX_SUCCESS;
    }
    if (before == NULL) {
        CX_TRY(is_deleted(check, number, &deleted));
        if (!deleted) {
            report(check, CX_FAULT_SHARD_MISSING, number, "another shard begins with it");
        }
        return CX_SUCCESS;
    }
    if (before->number >= shard->number || !is_key(begin->before.vkey, &before->key)) {
        report(check, CX_FAULT_CHAIN, shard->number,
               "it begins with another key than the shard before has");
    }
    return CX_SUCCESS;
}

static cx_status
check_begin(struct cx_check *check, struct cx_check_shard *shard)
{
    struct cx_begin begin;

    if (!cx_ok(cx_begin_decode(cx_span_of_str(cx_buf_str(&shard->begin)), &begin, NULL))) {
        report(check, CX_FAULT_CHAIN, shard->number, "the record that begins it cannot be read");
        return CX_SUCCESS;
    }
    if (!shard->has_key || !is_key(begin.vkey, &shard->key) ||
        !cx_str_equal(begin.origin, (cx_str){ shard->key.name, shard->key.n_name })) {
        report(check, CX_FAULT_CHAIN, shard->number, "it begins with another key than it has");
    }
    if (!begin.has_before && shard->number != 1) {
        report(check, CX_FAULT_CHAIN, shard->number, "it does not say which shard it comes after");
    }
    return begin.has_before ? check_before(check, shard, &begin) : CX_SUCCESS;
}

/* ---- ends */

static void
check_seal(struct cx_check *check, struct cx_check_shard *shard)
{
    struct cx_seal seal;
    const struct cx_check_shard *next;

    if (!cx_ok(cx_seal_decode(cx_span_of_str(cx_buf_str(&shard->seal)), &seal, NULL))) {
        report(check, CX_FAULT_CHAIN, shard->number, "the record that seals it cannot be read");
        return;
    }
    next = shard_of_origin(check, seal.origin);
    if (next == NULL) {
        remark(check, shard->number, "the shard that its seal announces is not there");
    } else if (!is_key(seal.vkey, &next->key)) {
        report(check, CX_FAULT_CHAIN, shard->number,
               "the shard that its seal announces has another key");
    }
}

/* What the number's anchor says that was signed; 0: nothing, or it cannot be told. */
static cx_status
anchored(struct cx_check *check, uint64_t number, uint64_t *ret)
{
    CX_AUTO(cx_slots_close) struct cx_slots anchor = CX_SLOTS_CLOSED;
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = CX_SLOT_OCTETS };
    bool found = false;
    cx_status status = cx_anchor_open(check->keys, number, false, &anchor, NULL);

    *ret = 0;
    if (cx_ok(status)) {
        status = cx_slots_read(&anchor, &buf, ret, &found, NULL);
    }
    return status.code == CX_E_NOMEM ? status : CX_SUCCESS;
}

/* Signed for, and no folder. */
static cx_status
check_lost(struct cx_check *check)
{
    uint64_t greatest;

    if (check->keys == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_keys_greatest(check->keys, &greatest, check->detail));
    for (uint64_t number = 1; number <= greatest; number++) {
        CX_AUTO(cx_path_free) char *folder = NULL;
        uint64_t size;
        bool there;

        CX_TRY(cx_shard_path(check->store, number, &folder));
        CX_TRY(cx_path_exists(folder, &there, check->detail));
        CX_TRY(anchored(check, number, &size));
        if (!there && size != 0) {
            report(check, CX_FAULT_SHARD_MISSING, number, "its anchor says that it was signed for");
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_check_chain(struct cx_check *check)
{
    for (size_t i = 0; i < check->n_shards; i++) {
        struct cx_check_shard *shard = &check->shards[i];

        if (shard->has_begin) {
            CX_TRY(check_begin(check, shard));
        }
        if (shard->has_seal) {
            check_seal(check, shard);
        } else if (shard->rows != NULL && !shard->is_closed && i + 1 < check->n_shards) {
            report(check, CX_FAULT_CHAIN, shard->number,
                   "it is neither sealed nor closed, and another follows");
        }
    }
    return check_lost(check);
}
