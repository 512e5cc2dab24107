#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "evidence/entry_keys.h"
#include "evidence/event.h"
#include "evidence/glance.h"
#include "incident/reconcile_priv.h"
#include "incident/sightings.h"

#include <inttypes.h>
#include <stdlib.h>

#define PROGRESS_EVERY 4096

/* A place as one number: index below 2^40. */
#define PLACE_INDEX_BITS 40

/* A certificate, while the log passes. */
struct item {
    bool good;
    uint32_t shared; /* number among the uses, and 1; 0: no */
};

/* Checks that are gone: logged from first to last, in milliseconds. */
struct gap {
    uint64_t first_ms;
    uint64_t last_ms;
};

/* Records that events of one type are about; sorted when the log was read. */
struct digests {
    struct cx_hash *v;
    size_t n;
    size_t room;
};

struct reconciling {
    const struct cx_certificates *certificates;
    struct cx_log_reader *reader;
    const struct cx_reconcile_options *options;
    uint64_t hash_key;
    struct item *items;
    struct cx_sightings sightings;
    struct gap *gaps;
    size_t n_gaps;
    size_t gaps_room;
    struct cx_permit_use *uses; /* permits that are good by themselves */
    size_t n_uses;
    size_t uses_room;
    struct digests records; /* of uses: their records, in the same order, not sorted */
    struct digests late;
    struct digests claimed; /* with claims_required */
    uint32_t *other;        /* beside uses, once they are shared out */
    size_t n_shared;
    uint64_t *keys; /* of the names at hand */
    size_t keys_room;
    struct cx_arena certificate; /* of the one at hand */
    struct cx_arena record;
    struct cx_arena scratch; /* of one assessment */
    uint64_t rows;
    uint64_t all_rows;
    bool gap_open; /* the last check was deleted too */
    struct cx_reconcile_counts counts;
    struct cx_detail *detail;
};

/* Room for one more in an array. */
static cx_status
widen(void **v, size_t n, size_t *room, size_t size)
{
    size_t more = *room != 0 ? 2 * *room : 256;
    void *wider;

    if (n < *room) {
        return CX_SUCCESS;
    }
    wider = cx_realloc(*v, more, size);
    if (wider == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *v = wider;
    *room = more;
    return CX_SUCCESS;
}

static void
tell(const struct reconciling *r, const char *what, uint64_t done, uint64_t all)
{
    if (r->options->progress != NULL && done % PROGRESS_EVERY == 0) {
        r->options->progress(r->options->ctx, what, done, all);
    }
}

/* ---- keys: one for each name, and one for the set of them all */

static cx_status
add_key(struct reconciling *r, size_t *n, cx_str name)
{
    void *keys = r->keys;

    CX_TRY(widen(&keys, *n, &r->keys_room, sizeof(*r->keys)));
    r->keys = keys;
    r->keys[(*n)++] = cx_hash(r->hash_key, cx_span_of_str(name));
    return CX_SUCCESS;
}

static int
compare_keys(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Sorts the keys, each once, and puts that of the set behind them; *n does not count it. */
static cx_status
end_keys(struct reconciling *r, size_t *n)
{
    size_t kept = 0;

    if (*n != 0) {
        qsort(r->keys, *n, sizeof(*r->keys), compare_keys);
    }
    for (size_t i = 0; i < *n; i++) {
        if (i == 0 || r->keys[i] != r->keys[i - 1]) {
            r->keys[kept++] = r->keys[i];
        }
    }
    *n = kept;
    CX_TRY(add_key(r, &kept, CX_STR("")));
    r->keys[*n] =
        cx_hash(~r->hash_key, (cx_span){ (const uint8_t *)r->keys, *n * sizeof(*r->keys) });
    return CX_SUCCESS;
}

/* As cx_glance_name writes it: of a mailbox the domain. */
static cx_status
keys_of_subject(struct reconciling *r, const struct cx_permit_subject *subject, size_t *ret_n)
{
    *ret_n = 0;
    for (size_t i = 0; i < subject->n_names; i++) {
        const struct cx_record_name *name = &subject->names[i];
        cx_str text = name->text;

        if (name->kind != CX_RECORD_NAME_MAILBOX) {
            CX_TRY(cx_permit_name_text(name, &r->certificate, &text));
        }
        CX_TRY(add_key(r, ret_n, text));
    }
    return end_keys(r, ret_n);
}

static cx_status
keys_of_check(struct reconciling *r, struct cx_glance *glance, size_t *ret_n)
{
    char buf[CX_GLANCE_NAME];
    cx_str name;

    *ret_n = 0;
    while (cx_glance_name(glance, buf, &name)) {
        CX_TRY(add_key(r, ret_n, name));
    }
    return end_keys(r, ret_n);
}

/* ---- certificates */

/* The certificate at a position with what is compared, until the next one is read. */
static cx_status
read_subject(struct reconciling *r, uint64_t position, struct cx_certificate *certificate,
             struct cx_reconcile_subject *ret)
{
    cx_arena_reset(&r->certificate);
    CX_TRY(cx_certificates_at(r->certificates, position, &r->certificate, certificate, r->detail));
    return cx_reconcile_subject_of(certificate, r->options, &r->certificate, ret);
}

static cx_status
fail_limit(const struct reconciling *r)
{
    return cx_fail(r->detail, CX_E_LIMIT,
                   "more certificates and names than one run can hold; give fewer lists at once");
}

static cx_status
add_sightings(struct reconciling *r, uint32_t position)
{
    struct cx_certificate certificate;
    struct cx_reconcile_subject subject;
    size_t n;

    CX_TRY(read_subject(r, position, &certificate, &subject));
    if (subject.signing.at == CX_TIME_NONE) {
        return CX_SUCCESS;
    }
    CX_TRY(keys_of_subject(r, &subject.permit, &n));
    for (size_t i = 0; i <= n; i++) {
        cx_status s = cx_sightings_add(&r->sightings, r->keys[i], subject.signing.at, position);

        if (!cx_ok(s)) {
            return s.code == CX_E_LIMIT ? fail_limit(r) : s;
        }
    }
    return CX_SUCCESS;
}

static cx_status
read_certificates(struct reconciling *r)
{
    uint64_t n = cx_certificates_size(r->certificates);

    if (n > UINT32_MAX) {
        return fail_limit(r);
    }
    r->counts.certificates = n;
    r->items = cx_alloc(n != 0 ? (size_t)n : 1, sizeof(*r->items));
    if (r->items == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (uint32_t i = 0; i < n; i++) {
        CX_TRY(add_sightings(r, i));
        tell(r, "certificates", i, n);
    }
    return cx_sightings_sort(&r->sightings);
}

/* ---- what is gone */

static cx_status
add_gap(struct reconciling *r, uint64_t first_ms, uint64_t last_ms)
{
    void *gaps = r->gaps;

    CX_TRY(widen(&gaps, r->n_gaps, &r->gaps_room, sizeof(*r->gaps)));
    r->gaps = gaps;
    r->gaps[r->n_gaps++] = (struct gap){ first_ms, last_ms };
    return CX_SUCCESS;
}

static cx_status
take_deleted(struct reconciling *r, uint64_t time_ms)
{
    r->counts.deleted++;
    if (r->gap_open) {
        r->gaps[r->n_gaps - 1].last_ms = time_ms;
        return CX_SUCCESS;
    }
    r->gap_open = true;
    return add_gap(r, time_ms, time_ms);
}

/* Shards that are not there any more were between the ones that are. */
static cx_status
add_missing_shards(struct reconciling *r)
{
    uint64_t number = 0, last_ms = 0;

    for (size_t i = 0; i < cx_log_reader_shards(r->reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(r->reader, i);

        if (info->number != number + 1) {
            CX_TRY(add_gap(r, last_ms, info->first_ms));
        }
        number = info->number;
        last_ms = info->last_ms;
        r->all_rows += info->size;
    }
    return CX_SUCCESS;
}

/* Whether a check that is gone could have been good for a certificate of that moment. */
static bool
may_be_gone(const struct reconciling *r, cx_time signed_at)
{
    cx_time earliest = cx_reconcile_earliest(r->options, signed_at);
    cx_time latest = signed_at + (cx_time)r->options->skew_s;

    for (size_t i = 0; i < r->n_gaps; i++) {
        if ((cx_time)(r->gaps[i].first_ms / 1000) <= latest &&
            (cx_time)(r->gaps[i].last_ms / 1000) > earliest) {
            return true;
        }
    }
    return false;
}

/* ---- the log */

static cx_status
add_digest(struct digests *to, const struct cx_hash *digest)
{
    void *v = to->v;

    CX_TRY(widen(&v, to->n, &to->room, sizeof(*to->v)));
    to->v = v;
    to->v[to->n++] = *digest;
    return CX_SUCCESS;
}

static int
compare_digests(const void *a, const void *b)
{
    const struct cx_hash *x = a, *y = b;

    return memcmp(x->b, y->b, CX_HASH_SIZE);
}

static bool
has_digest(const struct digests *in, const struct cx_hash *digest)
{
    return in->n != 0 && bsearch(digest, in->v, in->n, sizeof(*in->v), compare_digests) != NULL;
}

static void
sort_digests(struct digests *digests)
{
    if (digests->n != 0) {
        qsort(digests->v, digests->n, sizeof(*digests->v), compare_digests);
    }
}

/* The record that a row commits to. */
static struct cx_hash
digest_of(const struct cx_entry *entry)
{
    struct cx_hash digest;

    memcpy(digest.b, entry->digest, CX_HASH_SIZE);
    return digest;
}

/* Once the log was read: what events say of the permit of a record. */
static uint32_t
fate_of(const struct reconciling *r, const struct cx_hash *record)
{
    return cx_reconcile_fate(has_digest(&r->late, record), has_digest(&r->claimed, record),
                             r->options);
}

/* A check that a certificate may rest on. */
struct candidate {
    struct cx_record record;
    struct cx_hash digest;
    uint64_t place;
};

static cx_status
add_use(struct reconciling *r, const struct cx_sighting *one, const struct candidate *candidate)
{
    void *uses = r->uses;

    CX_TRY(widen(&uses, r->n_uses, &r->uses_room, sizeof(*r->uses)));
    r->uses = uses; /* at once: the old one is gone, whatever comes next */
    CX_TRY(add_digest(&r->records, &candidate->digest));
    r->uses[r->n_uses++] =
        (struct cx_permit_use){ candidate->place, candidate->record.conclusion.expires,
                                one->signed_at, one->certificate };
    return CX_SUCCESS;
}

static cx_status
try_permit(struct reconciling *r, const struct cx_sighting *one, const struct candidate *candidate)
{
    struct cx_certificate certificate;
    struct cx_reconcile_subject subject;
    struct cx_assessment assessment;

    CX_TRY(read_subject(r, one->certificate, &certificate, &subject));
    cx_arena_reset(&r->scratch);
    CX_TRY(cx_reconcile_assess(&candidate->record, &subject, r->options, &r->scratch, &assessment));
    return assessment.reasons == 0 ? add_use(r, one, candidate) : CX_SUCCESS;
}

/* The first of some sightings that is not before that moment; of one moment, not before that certificate. */
static size_t
first_from(const struct cx_sighting *v, size_t n, cx_time moment, uint32_t certificate)
{
    size_t low = 0;

    while (low < n) {
        size_t middle = low + (n - low) / 2;

        if (v[middle].signed_at < moment ||
            (v[middle].signed_at == moment && v[middle].certificate < certificate)) {
            low = middle + 1;
        } else {
            n = middle;
        }
    }
    return low;
}

/* The certificates of just these names that were signed when a permit of this check could have lived. */
static cx_status
try_permits(struct reconciling *r, const struct cx_log_row *row, cx_time logged,
            struct candidate *candidate, uint64_t key)
{
    size_t n;
    const struct cx_sighting *v = cx_sightings_of(&r->sightings, key, &n);
    size_t i = first_from(v, n, logged - (cx_time)r->options->skew_s, 0);

    if (i == n || cx_reconcile_earliest(r->options, v[i].signed_at) >= logged) {
        return CX_SUCCESS;
    }
    cx_arena_reset(&r->record);
    CX_TRY(cx_log_record(row, &r->record, &candidate->record, r->detail));
    for (; i < n && cx_reconcile_earliest(r->options, v[i].signed_at) < logged; i++) {
        CX_TRY(try_permit(r, &v[i], candidate));
    }
    return CX_SUCCESS;
}

static cx_status
place_of(const struct reconciling *r, const struct cx_log_row *row, uint64_t *ret)
{
    if (row->shard >> (64 - PLACE_INDEX_BITS) != 0 || row->index >> PLACE_INDEX_BITS != 0) {
        return cx_fail(r->detail, CX_E_LIMIT, "%" PRIu64 "/%" PRIu64 ": no log has so many entries",
                       row->shard, row->index);
    }
    *ret = row->shard << PLACE_INDEX_BITS | row->index;
    return CX_SUCCESS;
}

static cx_status
take_check(struct reconciling *r, const struct cx_log_row *row, const struct cx_entry *entry)
{
    struct candidate candidate = { .digest = digest_of(entry) };
    struct cx_glance glance;
    cx_time logged;
    size_t n;

    if (!cx_ok(cx_glance(row->record, &glance))) {
        return cx_fail(r->detail, CX_E_STORE, "%" PRIu64 "/%" PRIu64 ": the record cannot be read",
                       row->shard, row->index);
    }
    logged = (cx_time)(glance.time_ms / 1000);
    CX_TRY(place_of(r, row, &candidate.place));
    CX_TRY(keys_of_check(r, &glance, &n));
    for (size_t i = 0; i <= n; i++) {
        cx_sightings_pass(&r->sightings, r->keys[i], logged, candidate.place);
    }
    return try_permits(r, row, logged, &candidate, r->keys[n]);
}

/* Of a check that came before it, whichever shard that is in. */
static cx_status
take_event(struct reconciling *r, const struct cx_log_row *row)
{
    struct cx_event event;

    if (row->record.n == 0) {
        return CX_SUCCESS; /* with the check, by retention */
    }
    CX_TRY(cx_log_event(row, &event, r->detail));
    if (event.type == CX_EVENT_LATE) {
        return add_digest(&r->late, &event.about);
    }
    return event.type == CX_EVENT_CLAIM && r->options->claims_required
               ? add_digest(&r->claimed, &event.about)
               : CX_SUCCESS;
}

static cx_status
take_row(void *ctx, const struct cx_log_row *row)
{
    struct reconciling *r = ctx;
    struct cx_entry entry;

    tell(r, "log entries", r->rows++, r->all_rows);
    CX_TRY(cx_entry_read((cx_span){ row->entry, CX_ENTRY_SIZE }, &entry));
    if (entry.kind == CX_ENTRY_EVENT) {
        return take_event(r, row);
    }
    if (entry.kind != CX_ENTRY_CHECK) {
        return CX_SUCCESS;
    }
    r->counts.checks++;
    if (row->record.n == 0) {
        return take_deleted(r, entry.time_ms);
    }
    r->gap_open = false;
    return take_check(r, row, &entry);
}

static cx_status
read_log(struct reconciling *r)
{
    CX_TRY(add_missing_shards(r));
    for (size_t i = 0; i < cx_log_reader_shards(r->reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(r->reader, i);

        r->gap_open = false;
        CX_TRY(cx_log_scan(r->reader, info->number, 0, info->size, take_row, r, r->detail));
    }
    cx_sightings_end(&r->sightings);
    return CX_SUCCESS;
}

/* Of the permits that are good by themselves those that events leave good; whose certificates have one. */
static void
settle(struct reconciling *r)
{
    size_t kept = 0;

    sort_digests(&r->late);
    sort_digests(&r->claimed);
    for (size_t i = 0; i < r->n_uses; i++) {
        if (fate_of(r, &r->records.v[i]) == 0) {
            r->items[r->uses[i].certificate].good = true;
            r->uses[kept++] = r->uses[i];
        }
    }
    r->n_uses = kept;
}

/* ---- the nearest check of a certificate that has no permit */

struct search {
    struct reconciling *r;
    const struct cx_reconcile_subject *subject;
    struct cx_reconciled *reconciled;
    struct cx_assessment best;
    uint64_t best_place; /* 0: none */
    uint64_t place;      /* looked at */
};

/* With what events say of it. */
static cx_status
assess(struct search *search, const struct cx_log_row *row, struct cx_arena *arena,
       struct cx_record *record, struct cx_assessment *ret)
{
    struct reconciling *r = search->r;
    struct cx_entry entry;
    struct cx_hash digest;

    CX_TRY(cx_log_record(row, &r->record, record, r->detail));
    CX_TRY(cx_entry_read((cx_span){ row->entry, CX_ENTRY_SIZE }, &entry));
    digest = digest_of(&entry);
    CX_TRY(cx_reconcile_assess(record, search->subject, r->options, arena, ret));
    ret->reasons |= fate_of(r, &digest);
    return CX_SUCCESS;
}

static cx_status
weigh(void *ctx, const struct cx_log_row *row)
{
    struct search *search = ctx;
    struct reconciling *r = search->r;
    struct cx_assessment assessment;
    struct cx_record record;

    cx_arena_reset(&r->record);
    cx_arena_reset(&r->scratch);
    CX_TRY(assess(search, row, &r->scratch, &record, &assessment));
    if (assessment.names.n_common + assessment.names.n_other_kind !=
            0 && /* else hashes met by chance */
        (search->best_place == 0 || cx_assessment_nearer(&assessment, &search->best))) {
        search->best = assessment;
        search->best_place = search->place;
    }
    return CX_SUCCESS;
}

/* The same of the best one, to keep. */
static cx_status
describe(void *ctx, const struct cx_log_row *row)
{
    struct search *search = ctx;
    struct reconciling *r = search->r;
    struct cx_nearest *nearest = &search->reconciled->nearest;
    struct cx_assessment assessment;
    struct cx_record record;

    cx_arena_reset(&r->record);
    CX_TRY(assess(search, row, &r->certificate, &record, &assessment));
    *nearest = (struct cx_nearest){
        .place = { row->shard, row->index },
        .time_ms = record.time_ms,
        .verdict = record.conclusion.verdict,
        .expires = record.conclusion.expires,
        .has_authority = record.has_authority,
        .authority = record.authority,
        .names = assessment.names,
        .fault = assessment.fault,
        .why = assessment.why,
    };
    search->reconciled->reasons |= assessment.reasons;
    return CX_SUCCESS;
}

static cx_status
look(struct search *search, uint64_t place,
     cx_status (*each)(void *ctx, const struct cx_log_row *row))
{
    uint64_t shard = place >> PLACE_INDEX_BITS;
    uint64_t index = place & (((uint64_t)1 << PLACE_INDEX_BITS) - 1);

    search->place = place;
    return place == 0 ? CX_SUCCESS
                      : cx_log_scan(search->r->reader, shard, index, index + 1, each, search,
                                    search->r->detail);
}

/* What stands next to the certificate among the checks of one key. */
static cx_status
look_beside(struct search *search, uint64_t key, uint32_t certificate)
{
    size_t n;
    const struct cx_sighting *v = cx_sightings_of(&search->r->sightings, key, &n);
    size_t i = first_from(v, n, search->subject->signing.at, certificate);

    if (i == n || v[i].certificate != certificate) {
        return CX_SUCCESS;
    }
    CX_TRY(look(search, v[i].before, weigh));
    return look(search, v[i].after, weigh);
}

/* First the set of all names, then some of the names. */
static cx_status
find_nearest(struct search *search, uint32_t certificate)
{
    struct reconciling *r = search->r;
    size_t n;

    if (search->subject->signing.at == CX_TIME_NONE) {
        return CX_SUCCESS;
    }
    CX_TRY(keys_of_subject(r, &search->subject->permit, &n));
    CX_TRY(look_beside(search, r->keys[n], certificate));
    if (search->best_place == 0 || !search->best.in_time) {
        for (size_t i = 0; i < n && i < CX_RECONCILE_NAMES_MAX; i++) {
            CX_TRY(look_beside(search, r->keys[i], certificate));
        }
    }
    return look(search, search->best_place, describe);
}

static enum cx_reconcile_reason
first_reason(uint32_t reasons)
{
    unsigned i = 0;

    while (i + 1 < CX_RECONCILE_REASONS && (reasons & CX_RECONCILE_BIT(i)) == 0) {
        i++;
    }
    return (enum cx_reconcile_reason)i;
}

/* What was deleted is the reason only where nothing is left; where something is, it is told as well. */
static void
conclude(const struct search *search)
{
    struct cx_reconciled *ret = search->reconciled;
    bool exact = search->best_place != 0 && search->best.in_time &&
                 (search->best.reasons & CX_RECONCILE_BIT(CX_RECONCILE_NAMES)) == 0;
    bool gone =
        !exact && ret->signing.at != CX_TIME_NONE && may_be_gone(search->r, ret->signing.at);

    ret->reasons |= search->subject->reasons;
    if (ret->reasons == 0) {
        ret->reasons = CX_RECONCILE_BIT(gone ? CX_RECONCILE_DELETED : CX_RECONCILE_NO_RECORD);
    }
    ret->reason = first_reason(ret->reasons);
    ret->reasons |= gone ? CX_RECONCILE_BIT(CX_RECONCILE_DELETED) : 0;
}

/* ---- issuances that were told */

struct told {
    struct reconciling *r;
    struct cx_hash digest;
    struct cx_issuance *issuance;
};

static cx_status
take_issuance(void *ctx, const struct cx_log_row *row)
{
    struct told *told = ctx;
    struct cx_event event;

    if (told->issuance->place.shard != 0 || row->entry[1] != CX_ENTRY_EVENT || row->record.n == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_log_event(row, &event, told->r->detail));
    if (event.type != CX_EVENT_ISSUANCE || !cx_hash_equal(&event.certificate, &told->digest)) {
        return CX_SUCCESS;
    }
    told->issuance->place = (struct cx_log_place){ row->shard, row->index };
    told->issuance->time_ms = event.time_ms;
    CX_TRY(cx_arena_text(&told->r->certificate, event.request, &told->issuance->request));
    return cx_arena_text(&told->r->certificate, event.why, &told->issuance->why);
}

static cx_status
find_issuance_of(struct reconciling *r, const struct cx_hash *digest, struct cx_issuance *ret)
{
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = 200 };
    struct told told = { r, *digest, ret };

    cx_log_key_certificate(digest, &key);
    CX_TRY(cx_buf_status(&key));
    return cx_log_find(r->reader, cx_buf_str(&key), take_issuance, &told, r->detail);
}

static cx_status
find_issuance(struct reconciling *r, const struct cx_certificate *certificate,
              struct cx_issuance *ret)
{
    if (certificate->has_certificate) {
        CX_TRY(find_issuance_of(r, &certificate->certificate, ret));
    }
    if (ret->place.shard == 0 && certificate->has_precertificate) {
        CX_TRY(find_issuance_of(r, &certificate->precertificate, ret));
        ret->of_precertificate = ret->place.shard != 0 && certificate->has_certificate;
    }
    return CX_SUCCESS;
}

static cx_status
take_without(struct reconciling *r, uint32_t position, struct cx_certificate *certificate,
             struct cx_reconciled *ret)
{
    struct cx_reconcile_subject subject;
    struct search search = { .r = r, .subject = &subject, .reconciled = ret };

    CX_TRY(read_subject(r, position, certificate, &subject));
    ret->signing = subject.signing;
    CX_TRY(find_nearest(&search, position));
    conclude(&search);
    CX_TRY(find_issuance(r, certificate, &ret->issuance));
    r->counts.without++;
    r->counts.reported += ret->issuance.place.shard != 0 ? 1 : 0;
    r->counts.weak += ret->signing.clock == CX_SIGNING_NOT_BEFORE ? 1 : 0;
    r->counts.reasons[ret->reason]++;
    return CX_SUCCESS;
}

/* ---- permits that serve two */

static cx_status
share_permits(struct reconciling *r)
{
    CX_TRY(cx_permits_share(r->uses, r->n_uses, &r->other, &r->n_shared));
    for (size_t i = 0; i < r->n_shared; i++) {
        r->items[r->uses[i].certificate].shared = (uint32_t)(i + 1);
    }
    return CX_SUCCESS;
}

static cx_status
take_shared(struct reconciling *r, uint32_t position, struct cx_certificate *certificate,
            struct cx_reconciled *ret)
{
    const struct cx_permit_use *use = &r->uses[r->items[position].shared - 1];
    struct cx_reconcile_subject subject;

    CX_TRY(read_subject(r, position, certificate, &subject));
    ret->signing = subject.signing;
    ret->shared = true;
    r->counts.shared++;
    ret->permit = (struct cx_log_place){
        use->place >> PLACE_INDEX_BITS,
        use->place & (((uint64_t)1 << PLACE_INDEX_BITS) - 1),
    };
    ret->shared_with = r->other[r->items[position].shared - 1];
    return CX_SUCCESS;
}

/* ---- */

static cx_status
report(struct reconciling *r,
       cx_status (*visit)(void *ctx, const struct cx_reconciled *reconciled,
                          struct cx_detail *detail),
       void *ctx)
{
    for (uint32_t i = 0; i < r->counts.certificates; i++) {
        struct cx_certificate certificate;
        struct cx_reconciled reconciled = { .position = i, .certificate = &certificate };

        r->counts.with += r->items[i].good ? 1 : 0;
        if (!r->items[i].good) {
            CX_TRY(take_without(r, i, &certificate, &reconciled));
        } else if (r->items[i].shared != 0) {
            CX_TRY(take_shared(r, i, &certificate, &reconciled));
        } else {
            continue;
        }
        CX_TRY(visit(ctx, &reconciled, r->detail));
    }
    return CX_SUCCESS;
}

static void
done(struct reconciling *r)
{
    cx_free(r->items);
    cx_sightings_done(&r->sightings);
    cx_free(r->gaps);
    cx_free(r->uses);
    cx_free(r->records.v);
    cx_free(r->late.v);
    cx_free(r->claimed.v);
    cx_free(r->other);
    cx_free(r->keys);
    cx_arena_done(&r->certificate);
    cx_arena_done(&r->record);
    cx_arena_done(&r->scratch);
}

cx_status
cx_reconcile(const struct cx_certificates *certificates, struct cx_log_reader *reader,
             const struct cx_reconcile_options *options,
             cx_status (*visit)(void *ctx, const struct cx_reconciled *reconciled,
                                struct cx_detail *detail),
             void *ctx, struct cx_reconcile_counts *ret, struct cx_detail *detail)
{
    struct reconciling r = {
        .certificates = certificates, .reader = reader, .options = options, .detail = detail
    };
    cx_status s = cx_hash_key(&r.hash_key) ? CX_SUCCESS : (cx_status){ CX_E_INTERNAL };

    cx_arena_init(&r.certificate, CX_CHECK_MEMORY);
    cx_arena_init(&r.record, CX_CHECK_MEMORY);
    cx_arena_init(&r.scratch, CX_CHECK_MEMORY);
    if (cx_ok(s)) {
        s = read_certificates(&r);
    }
    if (cx_ok(s)) {
        s = read_log(&r);
    }
    if (cx_ok(s)) {
        settle(&r);
    }
    if (cx_ok(s) && options->strict) {
        s = share_permits(&r);
    }
    if (cx_ok(s)) {
        s = report(&r, visit, ctx);
    }
    *ret = r.counts;
    done(&r);
    return s;
}
