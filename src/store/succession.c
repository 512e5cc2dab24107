#include "store/succession.h"

#include "base/limits.h"
#include "evidence/chain.h"
#include "store/folder.h"

#include <stdio.h>
#include <sys/random.h>

#define NUMBER_TEXT 24

static cx_status
take_salt(uint8_t salt[CX_CHAIN_SALT], struct cx_detail *detail)
{
    return getrandom(salt, CX_CHAIN_SALT, 0) == CX_CHAIN_SALT
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_INTERNAL, "the system has no random octets");
}

/* ---- origins */

static void
origin_tail(uint64_t shard, char ret[NUMBER_TEXT])
{
    (void)snprintf(ret, NUMBER_TEXT, "/%llu", (unsigned long long)shard); /* 20 digits at most */
}

cx_status
cx_base_origin(const struct cx_note_key *key, uint64_t shard, cx_str *ret, struct cx_detail *detail)
{
    char tail[NUMBER_TEXT];
    size_t n;

    origin_tail(shard, tail);
    n = strlen(tail);
    if (key->n_name <= n || memcmp(key->name + key->n_name - n, tail, n) != 0) {
        return cx_fail(detail, CX_E_STORE, "origin \"%s\" is not that of shard %llu", key->name,
                       (unsigned long long)shard);
    }
    *ret = (cx_str){ key->name, key->n_name - n };
    return CX_SUCCESS;
}

/* Key, verifier key and anchor of BASE/number. */
static cx_status
make_keys(const char *folder, cx_str base, uint64_t number, struct cx_note_key *ret,
          struct cx_detail *detail)
{
    char tail[NUMBER_TEXT], origin[CX_NOTE_NAME_MAX + 1];
    static const uint8_t any_key[CX_ED25519_PUBLIC] = { 0 };
    struct cx_note_key probe;
    int n;

    origin_tail(number, tail);
    n = snprintf(origin, sizeof(origin), "%.*s%s", (int)base.n, base.p, tail);
    if (base.n == 0 || n < 0 || (size_t)n >= sizeof(origin) || (size_t)n != base.n + strlen(tail)) {
        return cx_fail(detail, CX_E_NOTE, "an origin has 1 to %d octets",
                       CX_NOTE_NAME_MAX - NUMBER_TEXT);
    }
    /* What cannot be an origin leaves no files. */
    CX_TRY(cx_note_key_make((cx_str){ origin, (size_t)n }, CX_NOTE_KEY_ED25519, any_key, &probe,
                            detail));
    return cx_keys_make(folder, number, (cx_str){ origin, (size_t)n }, ret, detail);
}

/* True if something was signed for it, or its anchor does not say. */
static cx_status
is_used(const char *folder, uint64_t number, bool *ret, struct cx_detail *detail)
{
    CX_AUTO(cx_slots_close) struct cx_slots anchor = CX_SLOTS_CLOSED;
    uint64_t size = 1;
    bool found = false, closed;
    struct cx_buf buf;
    cx_status status;

    CX_TRY(cx_keys_is_closed(folder, number, &closed, detail));
    status = cx_anchor_open(folder, number, false, &anchor, NULL);
    if (cx_ok(status)) {
        cx_buf_init(&buf, CX_SLOT_OCTETS);
        status = cx_slots_read(&anchor, &buf, &size, &found, NULL);
        cx_buf_done(&buf);
    }
    if (status.code == CX_E_NOMEM) {
        return status;
    }
    *ret = closed || !cx_ok(status) || !found || size != 0;
    return CX_SUCCESS;
}

cx_status
cx_next_key(const struct cx_shard_place *last, cx_str base_origin, uint64_t announced,
            uint64_t *ret_number, struct cx_note_key *ret_key, struct cx_detail *detail)
{
    uint64_t greatest, number;
    bool used = true;

    CX_TRY(cx_keys_greatest(last->keys, &greatest, detail));
    number = announced > last->number ? announced : greatest;
    if (number > last->number && number == greatest) {
        CX_TRY(is_used(last->keys, number, &used, detail));
    }
    if (used) { /* it was signed for in a shard that is lost */
        number = (greatest > last->number ? greatest : last->number) + 1;
    }
    if (number > CX_LOG_SHARDS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more than %d shards", CX_LOG_SHARDS_MAX);
    }
    CX_TRY(make_keys(last->keys, base_origin, number, ret_key, detail));
    *ret_number = number;
    return CX_SUCCESS;
}

/* ---- records */

/* A verifier key as text. */
static cx_status
vkey_text(const struct cx_note_key *key, struct cx_buf *buf)
{
    cx_buf_init(buf, CX_SIGNED_MAX);
    cx_note_key_write(key, buf);
    return cx_buf_ok(buf) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

cx_status
cx_seal_record(const struct cx_note_key *next, uint64_t time_ms, struct cx_buf *buf,
               struct cx_detail *detail)
{
    struct cx_seal seal = { .time_ms = time_ms, .origin = { next->name, next->n_name } };
    CX_AUTO(cx_buf_done) struct cx_buf vkey = { 0 };

    CX_TRY(take_salt(seal.salt, detail));
    CX_TRY(vkey_text(next, &vkey));
    seal.vkey = cx_buf_str(&vkey);
    cx_seal_encode(&seal, buf);
    return cx_buf_ok(buf) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

static uint64_t
number_of_origin(cx_str origin, cx_str base)
{
    uint64_t number = 0;

    if (origin.n <= base.n + 1 || memcmp(origin.p, base.p, base.n) != 0 ||
        origin.p[base.n] != '/') {
        return 0;
    }
    for (size_t i = base.n + 1; i < origin.n; i++) {
        if (origin.p[i] < '0' || origin.p[i] > '9' || number > CX_LOG_SHARDS_MAX) {
            return 0;
        }
        number = number * 10 + (uint64_t)(origin.p[i] - '0');
    }
    return number;
}

cx_status
cx_seal_announced(struct cx_shard *sealed, cx_str base_origin, uint64_t *ret,
                  struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = CX_RECORD_MAX };
    struct cx_seal seal;

    CX_TRY(cx_shard_last_record(sealed, &buf, detail));
    *ret = cx_ok(cx_seal_decode(cx_span_of_str(cx_buf_str(&buf)), &seal, NULL))
               ? number_of_origin(seal.origin, base_origin)
               : 0;
    return CX_SUCCESS;
}

static cx_status
make_shard(const struct cx_shard_place *place, const struct cx_note_key *key,
           struct cx_begin *begin, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf record = { .max = CX_RECORD_MAX };
    CX_AUTO(cx_buf_done) struct cx_buf vkey = { 0 };

    CX_TRY(take_salt(begin->salt, detail));
    CX_TRY(vkey_text(key, &vkey));
    begin->origin = (cx_str){ key->name, key->n_name };
    begin->vkey = cx_buf_str(&vkey);
    cx_begin_encode(begin, &record);
    return cx_buf_ok(&record) ? cx_shard_make(place, key, cx_span_of_str(cx_buf_str(&record)),
                                              begin->time_ms, detail)
                              : (cx_status){ CX_E_NOMEM };
}

cx_status
cx_shard_make_first(const struct cx_shard_place *place, cx_str base_origin, cx_str software,
                    uint64_t time_ms, struct cx_detail *detail)
{
    struct cx_begin begin = { .time_ms = time_ms, .software = software };
    struct cx_note_key key;

    CX_TRY(make_keys(place->keys, base_origin, place->number, &key, detail));
    return make_shard(place, &key, &begin, detail);
}

cx_status
cx_shard_make_next(const struct cx_shard_place *place, const struct cx_note_key *key,
                   struct cx_shard *before, cx_str software, uint64_t time_ms,
                   struct cx_detail *detail)
{
    const struct cx_note_key *last = cx_shard_key(before);
    CX_AUTO(cx_buf_done) struct cx_buf vkey = { 0 };
    struct cx_begin begin = { .time_ms = time_ms, .has_before = true, .software = software };

    CX_TRY(vkey_text(last, &vkey));
    begin.before.origin = (cx_str){ last->name, last->n_name };
    begin.before.vkey = cx_buf_str(&vkey);
    begin.before.checkpoint = cx_span_of_str(cx_shard_known(before));
    begin.before.later = cx_span_of_str(cx_shard_later(before));
    return make_shard(place, key, &begin, detail);
}
