#include "engine/recorder.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "dns/message.h"
#include "engine/record_check.h"
#include "evidence/answer_object.h"
#include "evidence/corroboration.h"
#include "evidence/entry_keys.h"
#include "evidence/proof.h"
#include "pki/base64.h"
#include "pki/digest.h"

#include <sys/random.h>

/* Random octets are asked for in pieces of this size: a system call for every record would cost as much as its hash. */
#define POOL 4096

struct cx_recorder {
    struct cx_log *log;
    const struct cx_recorder_options *options;
    uint64_t nonce; /* tells this recorder's memos from those of others */
    uint8_t pool[POOL];
    size_t pool_left;
    struct cx_buf object;  /* being made */
    struct cx_buf context; /* key of the last one, which most checks share */
    struct cx_hash context_digest;
    struct cx_hash own;
    uint64_t context_shard; /* that has it; 0: none */
    struct cx_buf record;
    struct cx_buf message;
    struct cx_commit committed;
};

static bool
random_octets(void *to, size_t n)
{
    return getrandom(to, n, 0) == (ssize_t)n;
}

/* No octet is given out twice. */
static cx_status
take_random(struct cx_recorder *r, uint8_t *to, size_t n)
{
    if (r->pool_left < n) {
        if (!random_octets(r->pool, POOL)) {
            return (cx_status){ CX_E_INTERNAL };
        }
        r->pool_left = POOL;
    }
    r->pool_left -= n;
    memcpy(to, r->pool + r->pool_left, n);
    memset(r->pool + r->pool_left, 0, n);
    return CX_SUCCESS;
}

cx_status
cx_recorder_new(struct cx_log *log, const struct cx_recorder_options *options,
                struct cx_recorder **ret)
{
    struct cx_recorder *r = cx_alloc(1, sizeof(*r));

    if (r == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    r->log = log;
    r->options = options;
    cx_buf_init(&r->object, CX_RECORD_MAX);
    cx_buf_init(&r->context, CX_RECORD_MAX);
    cx_buf_init(&r->record, CX_RECORD_MAX);
    cx_buf_init(&r->message, CX_MESSAGE_MAX);
    if (!random_octets(&r->nonce, sizeof(r->nonce))) {
        cx_recorder_free(r);
        return (cx_status){ CX_E_INTERNAL };
    }
    *ret = r;
    return CX_SUCCESS;
}

void
cx_recorder_free(struct cx_recorder *r)
{
    if (r != NULL) {
        cx_buf_done(&r->object);
        cx_buf_done(&r->context);
        cx_buf_done(&r->record);
        cx_buf_done(&r->message);
        cx_free(r);
    }
}

/* ---- objects */

static cx_status
put_object(struct cx_recorder *r, enum cx_object_kind kind, struct cx_hash *ret_digest,
           struct cx_detail *detail)
{
    cx_span octets = cx_span_of_str(cx_buf_str(&r->object));

    CX_TRY(cx_sha256(octets, ret_digest->b));
    return cx_log_put_object(r->log, kind, ret_digest, octets, detail);
}

static cx_status
put_messages(struct cx_recorder *r, const struct cx_proof_message *const *list, size_t n,
             struct cx_detail *detail)
{
    for (size_t i = 0; i < n; i++) {
        struct cx_hash digest;

        if (list[i]->octets.n != 0) {
            memcpy(digest.b, list[i]->digest, CX_HASH_SIZE);
            CX_TRY(cx_log_put_object(r->log, CX_OBJECT_MESSAGE, &digest, list[i]->octets, detail));
        }
    }
    return CX_SUCCESS;
}

/* The digest of what the answer was read from, ID and TTLs zeroed; the message itself is kept if wanted. */
static cx_status
put_own_message(struct cx_recorder *r, const struct cx_answer *answer, bool is_kept,
                struct cx_hash *ret, struct cx_detail *detail)
{
    cx_span octets;
    cx_status still;

    cx_buf_clear(&r->message);
    cx_buf_put(&r->message, cx_str_of_span(answer->octets));
    if (!cx_buf_ok(&r->message)) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    still = cx_message_still((uint8_t *)r->message.p, r->message.n);
    if (!cx_ok(still) && still.code != CX_E_MESSAGE) { /* what cannot be read stays as it came */
        return still;
    }
    octets = cx_span_of_str(cx_buf_str(&r->message));
    CX_TRY(cx_sha256(octets, ret->b));
    return is_kept ? cx_log_put_object(r->log, CX_OBJECT_MESSAGE, ret, octets, detail) : CX_SUCCESS;
}

static cx_status
put_answer(struct cx_recorder *r, const struct cx_answer *answer, struct cx_hash *ret,
           struct cx_detail *detail)
{
    /* A new shard has nothing yet. */
    uint64_t keeper = (r->nonce + cx_log_shard(r->log)) << 1 | 1u;
    const struct cx_kept kept =
        cx_messages_kept(r->options->messages, answer->dnssec, answer->is_proved);
    bool has_message = answer->octets.n != 0;
    struct cx_hash message;

    if (answer->memo != NULL && answer->memo->keeper == keeper) {
        memcpy(ret->b, answer->memo->object, CX_HASH_SIZE);
        return CX_SUCCESS;
    }
    if (has_message) {
        CX_TRY(put_own_message(r, answer, kept.own, &message, detail));
    }
    CX_TRY(put_messages(r, answer->proof, kept.rests_on ? answer->n_proof : 0, detail));
    CX_TRY(put_messages(r, answer->control, kept.control ? answer->n_control : 0, detail));
    cx_buf_clear(&r->object);
    CX_TRY(cx_answer_object_encode(answer, has_message ? &message : NULL, &r->object));
    CX_TRY(put_object(r, CX_OBJECT_ANSWER, ret, detail));
    if (answer->memo != NULL) {
        answer->memo->keeper = keeper;
        memcpy(answer->memo->object, ret->b, CX_HASH_SIZE);
    }
    return CX_SUCCESS;
}

static cx_status
put_answers(struct cx_recorder *r, struct cx_check *check, struct cx_record *record,
            struct cx_detail *detail)
{
    struct cx_hash *answers = cx_arena_get(&check->arena, check->answers.n + 1, sizeof(*answers));

    if (answers == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < check->answers.n; i++) {
        CX_TRY(put_answer(r, check->answers.v[i], &answers[i], detail));
    }
    record->answers = answers;
    record->n_answers = check->answers.n;
    return CX_SUCCESS;
}

static void
put_value(struct cx_buf *buf, const void *value, size_t size)
{
    cx_buf_put(buf, (cx_str){ value, size });
}

static void
put_text(struct cx_buf *buf, cx_str text)
{
    put_value(buf, &text.n, sizeof(text.n));
    cx_buf_put(buf, text);
}

/* All that the context of a check says, and its OWN, without pointers: equal keys, equal contexts. Cheaper than to write a
 * context, and never kept on a disk: padding may make equal ones differ. */
static void
put_context_key(const struct cx_check *check, struct cx_buf *buf)
{
    const struct cx_case *c = &check->request.cases[0];
    const bool own_source = cx_check_has_own_source(check);
    struct cx_policy policy = *c->policy;

    policy.own = NULL; /* those in force are below */
    policy.negative_trust_anchors = NULL;
    put_value(buf, &policy, sizeof(policy));
    put_value(buf, &c->order, sizeof(c->order));
    put_value(buf, &own_source, sizeof(own_source));
    put_text(buf, cx_str_of_span(check->request.perspectives_octets));
    for (size_t i = 0; i < c->policy->n_negative_trust_anchors; i++) {
        put_text(buf, c->policy->negative_trust_anchors[i]);
    }
    for (size_t i = 0; i < c->n_own; i++) {
        put_value(buf, &c->own[i].from, sizeof(c->own[i].from));
        put_value(buf, &c->own[i].until, sizeof(c->own[i].until));
        put_value(buf, &c->own[i].issuemail_parameters, sizeof(c->own[i].issuemail_parameters));
        put_text(buf, c->own[i].name);
    }
}

static cx_status
make_context(struct cx_recorder *r, struct cx_check *check, struct cx_detail *detail)
{
    const struct cx_recorder_options *o = r->options;
    const struct cx_case *c = &check->request.cases[0];
    struct cx_context context = {
        .software = o->software,
        .resolver = cx_check_has_own_source(check) ? CX_STR("none: answers given with the request")
                                                   : o->resolver,
        .anchors = o->anchors,
        .n_anchors = o->n_anchors,
        .own = c->own,
        .n_own = c->n_own,
        .policy = c->policy,
        .order = c->order,
        .messages = o->messages,
        .perspectives = check->request.perspectives_octets,
    };

    cx_buf_clear(&r->object);
    CX_TRY(cx_context_encode(&context, &r->object));
    CX_TRY(put_object(r, CX_OBJECT_CONTEXT, &r->context_digest, detail));
    return cx_own_hash_of_check(check, &check->arena, &r->own);
}

/* The context of the last check serves this one too if it says the same. */
static cx_status
put_context(struct cx_recorder *r, struct cx_check *check, struct cx_record *record,
            struct cx_detail *detail)
{
    cx_buf_clear(&r->object);
    put_context_key(check, &r->object);
    if (r->context_shard != cx_log_shard(r->log) || !cx_buf_ok(&r->object) ||
        !cx_str_equal(cx_buf_str(&r->object), cx_buf_str(&r->context))) {
        r->context_shard = 0;
        cx_buf_clear(&r->context);
        cx_buf_put(&r->context, cx_buf_str(&r->object));
        CX_TRY(make_context(r, check, detail));
        r->context_shard = cx_buf_ok(&r->context) ? cx_log_shard(r->log) : 0;
    }
    record->context = r->context_digest;
    record->own = r->own;
    return CX_SUCCESS;
}

/* ---- corroboration */

/* What was supplied is kept as it came; numbers are those that were worked out from it. */
static cx_status
put_corroboration(struct cx_recorder *r, const struct cx_check *check, struct cx_record *record,
                  struct cx_detail *detail)
{
    record->corroboration = check->corroboration.is;
    if (record->corroboration.kind == CX_CORROBORATION_NONE) {
        return CX_SUCCESS;
    }
    cx_buf_clear(&r->object);
    CX_TRY(cx_supplied_encode(&check->request.supplied, &r->object));
    return put_object(r, CX_OBJECT_CORROBORATION, &record->corroboration.object, detail);
}

/* ---- expiry */

/* The moment from which no permit may rest on the check, or CX_TIME_NONE if none may. I2. A signer looks at the numbers of the
 * record again (R-MPIC-1), and knows less of the perspectives than the check does: both must be content. */
static cx_time
expiry_of(const struct cx_recorder *r, const struct cx_check *check,
          const struct cx_recorder_terms *terms, const struct cx_record *record)
{
    uint64_t time_ms = record->time_ms;
    const struct cx_conclusion *k = &check->conclusion;
    cx_time now = (cx_time)(time_ms / 1000), expires;

    if (!r->options->live || !terms->has_authority || terms->is_shadow ||
        cx_check_has_own_source(check) || !cx_verdict_positive(k->verdict) || k->hypothetical ||
        check->corroboration.lacks != NULL || cx_corroboration_lacks(record) != NULL ||
        check->request.cases[0].date > now + CX_PERMIT_SKEW_S ||
        check->request.cases[0].date < now - CX_PERMIT_SKEW_S) {
        return CX_TIME_NONE;
    }
    expires = now + (cx_time)(terms->life_s != 0 ? terms->life_s : CX_PERMIT_LIFE_S);
    if (k->valid_until != CX_TIME_NONE && k->valid_until + 1 < expires) {
        expires = k->valid_until + 1;
    }
    for (size_t i = 0; i < check->request.n_cases; i++) {
        enum cx_profile profile = check->request.cases[i].epoch->profile;
        cx_time boundary = cx_epoch_next_boundary(profile, now); /* R-TIME-8 */

        if (profile == CX_PROFILE_PROPOSAL_2016) {
            return CX_TIME_NONE; /* a simulation until its authority is known to be private */
        }
        expires = boundary < expires ? boundary : expires;
    }
    if (check->corroboration.valid_until != CX_TIME_NONE &&
        check->corroboration.valid_until + 1 < expires) {
        expires = check->corroboration.valid_until + 1;
    }
    return expires > now ? expires : CX_TIME_NONE;
}

/* ---- adding */

static cx_status
refuse_known_request(struct cx_recorder *r, cx_str id, struct cx_detail *detail)
{
    uint64_t index = 0;
    bool found = false;

    if (id.n == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_log_find_request(r->log, id, &found, &index, detail));
    return found ? cx_fail(detail, CX_E_USAGE,
                           "request id \"%.*s\" is recorded already, as %llu/%llu; a new try "
                           "needs an id of its own",
                           (int)(id.n < 100 ? id.n : 100), id.p,
                           (unsigned long long)cx_log_shard(r->log), (unsigned long long)index)
                 : CX_SUCCESS;
}

static cx_status
append(struct cx_recorder *r, struct cx_check *check, const struct cx_record *record,
       struct cx_recorded *ret, struct cx_detail *detail)
{
    struct cx_log_keys keys = { .request = record->request };

    CX_TRY(cx_record_key_names(record, &check->arena, &keys.names, &keys.n_names));
    cx_buf_clear(&r->record);
    CX_TRY(cx_record_encode(record, &r->record));
    CX_TRY(cx_arena_copy(&check->arena, cx_span_of_str(cx_buf_str(&r->record)), &ret->record));
    CX_TRY(cx_log_append(r->log, CX_ENTRY_CHECK, record->time_ms, ret->record, &keys, &ret->index,
                         detail));
    memcpy(ret->digest.b, cx_log_last(r->log)->digest, CX_HASH_SIZE);
    return CX_SUCCESS;
}

cx_status
cx_recorder_add(struct cx_recorder *r, struct cx_check *check,
                const struct cx_recorder_terms *terms, uint64_t now_ms, struct cx_recorded *ret,
                struct cx_detail *detail)
{
    struct cx_record record = { .time_ms = now_ms };
    struct cx_recorded recorded = { .shard = cx_log_shard(r->log) };

    CX_TRY(refuse_known_request(r, check->request.id, detail));
    CX_TRY(cx_log_time(r->log, now_ms, &record.time_ms, detail));
    CX_TRY(take_random(r, record.salt, CX_RECORD_SALT));
    CX_TRY(put_context(r, check, &record, detail));
    CX_TRY(put_answers(r, check, &record, detail));
    CX_TRY(cx_record_of_check(check, &check->arena, &record));
    record.has_authority = terms->has_authority;
    record.authority = terms->authority;
    record.is_shadow = terms->is_shadow;
    record.has_body = terms->has_body;
    record.body = terms->body;
    record.caller = terms->caller;
    record.own_verdict = terms->own_verdict;
    CX_TRY(put_corroboration(r, check, &record, detail));
    record.conclusion.expires = expiry_of(r, check, terms, &record);
    CX_TRY(append(r, check, &record, &recorded, detail));
    recorded.time_ms = record.time_ms;
    recorded.expires = record.conclusion.expires;
    *ret = recorded;
    return CX_SUCCESS;
}

/* ---- starts and events */

/* What is in r->record; of that time. */
static cx_status
append_note(struct cx_recorder *r, enum cx_entry_kind kind, uint64_t time_ms, struct cx_noted *ret,
            struct cx_detail *detail)
{
    struct cx_noted noted = { .shard = cx_log_shard(r->log), .time_ms = time_ms };

    CX_TRY(cx_log_append(r->log, kind, time_ms, cx_span_of_str(cx_buf_str(&r->record)), NULL,
                         &noted.index, detail));
    memcpy(noted.digest.b, cx_log_last(r->log)->digest, CX_HASH_SIZE);
    *ret = noted;
    return CX_SUCCESS;
}

static cx_status
refuse_known_start(struct cx_recorder *r, cx_str request, struct cx_detail *detail)
{
    uint64_t index;
    bool found;

    if (cx_str_has_controls(request)) {
        return cx_fail(detail, CX_E_USAGE, "a request id with control characters");
    }
    CX_TRY(refuse_known_request(r, request, detail));
    cx_buf_clear(&r->record);
    cx_log_key_start(request, &r->record);
    CX_TRY(cx_buf_status(&r->record));
    CX_TRY(cx_log_find_request(r->log, cx_buf_str(&r->record), &found, &index, detail));
    return found
               ? cx_fail(detail, CX_E_USAGE, "a check of this request began already, as %llu/%llu",
                         (unsigned long long)cx_log_shard(r->log), (unsigned long long)index)
               : CX_SUCCESS;
}

cx_status
cx_recorder_start(struct cx_recorder *r, const struct cx_start *start, uint64_t now_ms,
                  struct cx_noted *ret, struct cx_detail *detail)
{
    struct cx_start whole = *start;

    CX_TRY(refuse_known_start(r, start->request, detail));
    CX_TRY(cx_log_time(r->log, now_ms, &whole.time_ms, detail));
    CX_TRY(take_random(r, whole.salt, CX_RECORD_SALT));
    cx_buf_clear(&r->record);
    CX_TRY(cx_start_encode(&whole, &r->record));
    return append_note(r, CX_ENTRY_START, whole.time_ms, ret, detail);
}

cx_status
cx_recorder_event(struct cx_recorder *r, const struct cx_event *event, cx_span certificate,
                  uint64_t now_ms, struct cx_noted *ret, struct cx_detail *detail)
{
    struct cx_event whole = *event;

    CX_TRY(cx_log_time(r->log, now_ms, &whole.time_ms, detail));
    CX_TRY(take_random(r, whole.salt, CX_RECORD_SALT));
    if (whole.has_certificate) {
        CX_TRY(cx_sha256(certificate, whole.certificate.b));
    }
    cx_buf_clear(&r->record);
    CX_TRY(cx_event_encode(&whole, &r->record));
    if (whole.has_certificate) { /* first: what an entry needs was put before it */
        CX_TRY(cx_log_put_object(r->log, CX_OBJECT_CERTIFICATE, &whole.certificate, certificate,
                                 detail));
    }
    return append_note(r, CX_ENTRY_EVENT, whole.time_ms, ret, detail);
}

/* ---- */

cx_status
cx_recorder_commit(struct cx_recorder *r, struct cx_detail *detail)
{
    return cx_log_commit(r->log, &r->committed, detail);
}

cx_status
cx_recorder_permit(struct cx_recorder *r, const struct cx_recorded *recorded, struct cx_buf *buf,
                   struct cx_detail *detail)
{
    struct cx_tlog_proof proof = {
        .has_extra = true,
        .extra = recorded->record,
        .index = recorded->index,
        .checkpoint = cx_span_of_str(r->committed.checkpoint),
    };
    cx_status made;

    if (recorded->expires == CX_TIME_NONE || recorded->shard != cx_log_shard(r->log) ||
        recorded->index >= r->committed.size) {
        return cx_fail(detail, CX_E_USAGE, "no permit can rest on this check");
    }
    CX_TRY(cx_log_prove(r->log, recorded->index, &proof.path, detail));
    cx_proof_write(&proof, buf);
    made = cx_buf_status(buf);
    return made.code != CX_E_LIMIT ? made
                                   : cx_fail(detail, CX_E_LIMIT,
                                             "recorded, but its permit would have more than %zu "
                                             "octets; check fewer names at once",
                                             buf->max);
}

/* ---- as JSON */

static struct cx_json *
permit_json(cx_str permit)
{
    struct cx_json *json;
    struct cx_buf buf;

    if (permit.n == 0) {
        return cx_json_new_null();
    }
    cx_buf_init(&buf, 2 * CX_PROOF_OCTETS_MAX);
    cx_base64_put(&buf, cx_span_of_str(permit));
    json = cx_buf_ok(&buf) ? cx_json_new_string(cx_buf_str(&buf)) : NULL;
    cx_buf_done(&buf);
    return json;
}

struct cx_json *
cx_recorded_to_json(const struct cx_recorded *recorded, const char *log, cx_str permit)
{
    struct cx_json *json = cx_json_new_object();
    char digest[CX_HASH_TEXT];

    cx_hash_text(&recorded->digest, digest);
    return cx_json_whole(json, cx_json_set_text(json, "log", log) &&
                                   cx_json_set_number(json, "shard", recorded->shard) &&
                                   cx_json_set_number(json, "index", recorded->index) &&
                                   cx_json_set_text(json, "digest", digest) &&
                                   cx_json_set_moment(json, "expires", recorded->expires) &&
                                   cx_json_set(json, "permit", permit_json(permit)));
}
