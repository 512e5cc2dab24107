/* What is told of issuances that are in the log. */
#include "base/limits.h"
#include "bin/caaproofd/ledger_priv.h"
#include "evidence/entry_keys.h"
#include "evidence/event.h"
#include "incident/issued_build.h"

#include <string.h>

/* ---- JSON */

static struct cx_json *
hash_json(bool has, const struct cx_hash *hash)
{
    char text[CX_HASH_TEXT];

    if (!has) {
        return cx_json_new_null();
    }
    cx_hash_text(hash, text);
    return cx_json_new_text(text);
}

static struct cx_json *
hex_json(cx_span octets)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = (size_t)2 * CX_SERIAL_MAX };

    if (octets.n == 0) {
        return cx_json_new_null();
    }
    cx_buf_put_hex(&text, octets);
    return cx_buf_ok(&text) ? cx_json_new_string(cx_buf_str(&text)) : NULL;
}

static struct cx_json *
names_json(const struct cx_issued *certificate)
{
    struct cx_json *array;
    bool ok = true;

    if (certificate == NULL) {
        return cx_json_new_null();
    }
    array = cx_json_new_array();
    for (size_t i = 0; i < certificate->n_names; i++) {
        ok = cx_json_add(array, cx_json_new_outside(certificate->names[i])) && ok;
    }
    return cx_json_whole(array, ok);
}

static struct cx_json *
text_json(cx_str text)
{
    return text.n != 0 ? cx_json_new_outside(text) : cx_json_new_null();
}

static struct cx_json *
authority_json(const struct ledger *ledger, const struct cx_event *event)
{
    size_t place =
        event->has_authority ? ledger_authority_of(ledger, &event->authority) : CX_AUTHORITIES_MAX;

    return place != CX_AUTHORITIES_MAX ? cx_json_new_text(ledger->options->authorities[place].name)
                                       : cx_json_new_null();
}

/* The check that it is about. */
static struct cx_json *
record_json(const struct issued *issued)
{
    const struct row *row = issued->row;
    struct cx_json *o;

    if (!issued->event->has_about) {
        return cx_json_new_null();
    }
    o = cx_json_new_object();
    return cx_json_whole(o, cx_json_set(o, "digest", hash_json(true, &issued->event->about)) &&
                                (!row->found || (cx_json_set_number(o, "shard", row->got.shard) &&
                                                 cx_json_set_number(o, "index", row->got.index))));
}

static struct cx_json *
place_json(const struct issued *issued)
{
    struct cx_json *o = cx_json_new_object();

    return cx_json_whole(
        o, cx_json_set_number(o, "shard", issued->shard) &&
               cx_json_set_number(o, "index", issued->index) &&
               cx_json_set_moment(o, "time", (cx_time)(issued->event->time_ms / 1000)));
}

struct cx_json *
issued_json(const struct ledger *ledger, const struct issued *issued)
{
    const struct cx_event *event = issued->event;
    struct cx_json *o = cx_json_new_object();

    return cx_json_whole(
        o, cx_json_set(o, "certificate", hash_json(true, &event->certificate)) &&
               cx_json_set_text(o, "kind",
                                event->is_precertificate ? "precertificate" : "certificate") &&
               cx_json_set(o, "serial", hex_json(event->serial)) &&
               cx_json_set(o, "names", names_json(issued->certificate)) &&
               cx_json_set(o, "id", text_json(event->request)) &&
               cx_json_set(o, "authority", authority_json(ledger, event)) &&
               cx_json_set(o, "permitted", cx_json_new_bool(event->why.n == 0)) &&
               cx_json_set(o, "why", text_json(event->why)) &&
               cx_json_set(o, "by", text_json(event->by)) &&
               cx_json_set(o, "precertificate",
                           hash_json(event->has_precertificate, &event->precertificate)) &&
               cx_json_set(o, "record", record_json(issued)) &&
               cx_json_set(o, "event", place_json(issued)));
}

/* ---- what somebody asks for */

struct telling {
    struct ledger *ledger;
    const struct op_ask *op;
    struct cx_log_reader *reader;
    struct cx_arena *arena; /* of the issuance at hand */
    struct cx_issued_build build;
    struct cx_issued_record certificate; /* the same */
    struct cx_json *list;                /* NULL: out of memory */
    bool is_forbidden; /* there are some, of authorities that are not the caller's */
    size_t n;
    struct cx_detail *detail;
};

/* What became of the permit since; null without a check that can be read. */
static cx_status
permit_json(struct telling *t, const struct cx_event *event, const struct row *row,
            struct cx_json **ret)
{
    struct permit_facts facts;
    struct cx_record record;
    struct cx_json *o;

    *ret = cx_json_new_null();
    if (!event->has_about || !row->found || row->got.record.n == 0 ||
        row->got.entry[1] != CX_ENTRY_CHECK) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_log_record(&row->got, t->arena, &record, t->detail));
    CX_TRY(ledger_permit_facts(t->ledger, &event->about, record.time_ms, &facts, t->detail));
    o = cx_json_new_object();
    *ret = cx_json_whole(
        o, cx_json_set_text(o, "verdict", cx_verdict_word(record.conclusion.verdict)) &&
               cx_json_set_moment(o, "expires", record.conclusion.expires) &&
               cx_json_set(o, "claimed", cx_json_new_bool(facts.is_claimed)) &&
               cx_json_set(o, "late", cx_json_new_bool(facts.is_late)));
    return CX_SUCCESS;
}

/* Of the octets that are kept; NULL if they are not there, or not yet on disk. */
static cx_status
read_certificate(struct telling *t, const struct cx_log_row *row, const struct cx_event *event,
                 const struct cx_issued **ret)
{
    bool found = false;
    cx_span der;

    *ret = NULL;
    for (size_t i = 0; i < cx_log_reader_shards(t->reader) && !found; i++) {
        if (cx_log_reader_shard(t->reader, i)->number == row->shard) {
            CX_TRY(cx_log_object(t->reader, row->shard, &event->certificate, t->arena, &der, &found,
                                 t->detail));
        }
    }
    if (!found) {
        return CX_SUCCESS;
    }
    cx_issued_begin(&t->build, 0, &t->certificate);
    CX_TRY(cx_issued_take_der(&t->build, der, &t->certificate));
    *ret = t->certificate.fate == CX_FATE_OBSERVED ? &t->certificate.issued : NULL;
    return CX_SUCCESS;
}

static cx_status
add_issued(struct telling *t, const struct cx_log_row *row, const struct cx_event *event)
{
    struct row check = { .arena = t->arena };
    struct issued issued = {
        .shard = row->shard, .index = row->index, .event = event, .row = &check
    };
    struct cx_json *json, *permit;

    CX_TRY(ledger_find_known(t->ledger, event->request, &check, t->detail));
    CX_TRY(read_certificate(t, row, event, &issued.certificate));
    CX_TRY(permit_json(t, event, &check, &permit));
    json = issued_json(t->ledger, &issued);
    json = cx_json_whole(json, cx_json_set(json, "permit", permit));
    return cx_json_add(t->list, json) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

/* An issuance, if the caller may know of it. */
static cx_status
take_issuance(void *ctx, const struct cx_log_row *row)
{
    struct telling *t = ctx;
    struct cx_arena arena;
    struct cx_event event;
    cx_status s;

    if (row->entry[1] != CX_ENTRY_EVENT || row->record.n == 0 || t->n == CX_ISSUANCES_TOLD_MAX) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_event_decode(row->record, &event, t->detail));
    if (event.type != CX_EVENT_ISSUANCE) {
        return CX_SUCCESS;
    }
    if (event.has_authority &&
        !ledger_may_use(t->op->authorities, ledger_authority_of(t->ledger, &event.authority))) {
        t->is_forbidden = true;
        return CX_SUCCESS;
    }
    t->n++;
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    t->arena = &arena;
    s = add_issued(t, row, &event);
    t->arena = NULL;
    cx_arena_done(&arena);
    return s;
}

/* Waits for the disk: what is told may be of this very turn. */
static cx_status
say_list(struct telling *t, struct cx_buf *out)
{
    bool is_one = t->op->data.n == 0;
    struct pending p = { .seq = t->op->seq, .status = 200 };
    struct cx_json *list = CX_STEAL(t->list);

    if (t->n == 0) {
        cx_json_free(list);
        return reply_problem(out, t->op->seq,
                             t->is_forbidden ? &problem_forbidden : &problem_unknown_issuance,
                             t->is_forbidden ? "it was issued by another authority"
                                             : "its issuance was never told here");
    }
    if (is_one) {
        p.json = cx_json_copy(cx_json_at(list, 0));
        cx_json_free(list);
    } else {
        p.json = cx_json_new_object();
        p.json = cx_json_whole(p.json, cx_json_set(p.json, "issuances", list));
    }
    return p.json == NULL ? (cx_status){ CX_E_NOMEM } : ledger_wait(t->ledger, &p);
}

/* By the certificate's digest: the open shard knows it at once. */
static cx_status
find_certificate(struct telling *t, const struct cx_hash *certificate)
{
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = 200 };
    struct cx_arena arena;
    struct row row = { .arena = &arena };
    cx_status s;

    cx_log_key_certificate(certificate, &key);
    CX_TRY(cx_buf_status(&key));
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    s = ledger_find_key(t->ledger, cx_buf_str(&key), &row, t->detail);
    if (cx_ok(s) && row.found) {
        s = take_issuance(t, &row.got);
    }
    cx_arena_done(&arena);
    return s;
}

static cx_status
find_serial(struct telling *t)
{
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = 400 };
    const struct ledger_options *o = t->ledger->options;

    for (size_t i = 0; i < o->n_authorities; i++) {
        if (cx_str_equal(cx_str_of(o->authorities[i].name), t->op->text)) {
            cx_log_key_serial(&o->authorities[i].key, cx_issued_serial(t->op->data), &key);
            CX_TRY(cx_buf_status(&key));
            return cx_log_find(t->reader, cx_buf_str(&key), take_issuance, t, t->detail);
        }
    }
    return CX_SUCCESS;
}

static cx_status
find(struct telling *t, struct cx_buf *out)
{
    struct cx_hash certificate;

    if (t->op->data.n > CX_SERIAL_MAX ||
        (t->op->data.n == 0 && !cx_hash_of_text(t->op->text, &certificate))) {
        return reply_problem(out, t->op->seq, &problem_request,
                             "this is neither the SHA-256 of a certificate nor a serial number");
    }
    CX_TRY(cx_log_reader_open(t->ledger->options->store, &t->reader, t->detail));
    CX_TRY(t->op->data.n == 0 ? find_certificate(t, &certificate) : find_serial(t));
    return say_list(t, out);
}

cx_status
ledger_say_issued(struct ledger *ledger, const struct op_ask *op, struct cx_buf *out,
                  struct cx_detail *detail)
{
    struct telling t = {
        .ledger = ledger, .op = op, .list = cx_json_new_array(), .detail = detail
    };
    cx_status s;

    cx_issued_build_init(&t.build);
    s = find(&t, out);
    cx_json_free(t.list);
    cx_issued_build_done(&t.build);
    cx_log_reader_close(t.reader);
    return s;
}
