#include "base/limits.h"
#include "bin/caaproof/import.h"
#include "engine/stored.h"
#include "pki/digest.h"

#include <inttypes.h>
#include <stdio.h>

struct importing {
    struct cx_archive *archive;
    struct cx_stored stored;
    struct cx_check *check;
    uint64_t taken; /* rows that an earlier import took */
    uint64_t added;
    struct cx_detail *detail;
};

/* Of what was kept with it: a proof is the best there is, then the message; where the octets were not kept, what was read from
 * them is. */
static enum cx_grade
grade_of(const struct cx_answer *answer, enum cx_messages kept)
{
    bool is_signed = answer->dnssec == CX_DNSSEC_SECURE;

    if (kept != CX_MESSAGES_FULL && (kept != CX_MESSAGES_PROOF || !is_signed)) {
        return CX_GRADE_C;
    }
    return is_signed && answer->is_proved ? CX_GRADE_A : CX_GRADE_B;
}

static struct cx_observation
observation_of(const struct cx_answer *a, enum cx_messages kept)
{
    return (struct cx_observation){
        .observed = CX_OBSERVED_ANSWER,
        .grade = grade_of(a, kept),
        .clock = CX_CLOCK_ASKED,
        .time_ms = a->time * 1000,
        .precision_ms = 1000,
        .name = a->name,
        .outcome = a->outcome,
        .dnssec = a->dnssec,
        .has_ttl = a->has_ttl,
        .ttl = a->ttl,
        .records = a->records,
        .n_records = a->n_records,
        .aliases = a->aliases,
        .n_aliases = a->n_aliases,
    };
}

/* The answers of a check; those of another type than CAA are not evidence of a climb by themselves, nor is one without a time. */
static cx_status
observe(struct cx_check *check, enum cx_messages kept, struct cx_archive_record *record)
{
    struct cx_observation *v = cx_arena_get(&check->arena, check->answers.n, sizeof(*v));
    size_t n = 0;

    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t k = 0; k < check->answers.n; k++) {
        const struct cx_answer *answer = check->answers.v[k];

        if (answer->type == CX_TYPE_CAA && answer->time != CX_TIME_NONE) {
            v[n++] = observation_of(answer, kept);
        }
    }
    record->fate = n != 0 ? CX_FATE_OBSERVED : CX_FATE_IGNORED;
    record->v = v;
    record->n = n;
    return CX_SUCCESS;
}

static void
reject(struct cx_archive_record *record, const struct cx_detail *why)
{
    record->fate = CX_FATE_REJECTED;
    (void)snprintf(record->reason, sizeof(record->reason), "%.*s", CX_REJECT_TEXT - 1, why->text);
}

/* A check that was deleted, whose objects are gone, or that is none of DNS, is rejected by name; only the want of memory ends the import. */
static cx_status
take_check(struct importing *i, const struct cx_log_row *row, struct cx_archive_record *record)
{
    struct cx_detail why = { .text = "" };
    const struct cx_context *context = NULL;
    struct cx_record read;
    cx_status s = cx_stored_record(&i->stored, row, &read, &why);

    if (cx_ok(s)) {
        cx_check_free(i->check);
        i->check = cx_check_new();
        s = i->check == NULL ? (cx_status){ CX_E_NOMEM }
                             : cx_recall(i->stored.recaller, &read, i->check, &why);
    }
    if (cx_ok(s)) {
        s = cx_recall_context(i->stored.recaller, &read, &context, &why);
    }
    /* What a request or a file said that DNS says is no evidence, whatever time it gives. */
    if (cx_ok(s) && i->check->origin != CX_ORIGIN_DNS) {
        s = cx_fail(&why, CX_E_STORE, "DNS was not asked (%.*s)", (int)context->resolver.n,
                    context->resolver.p);
    }
    if (cx_ok(s)) {
        return observe(i->check, context->messages, record);
    }
    if (s.code == CX_E_NOMEM) {
        return s;
    }
    reject(record, &why);
    return CX_SUCCESS;
}

static cx_status
take_row(void *ctx, const struct cx_log_row *row)
{
    struct importing *i = ctx;
    struct cx_archive_record record = { .fate = CX_FATE_IGNORED, .line = row->index };
    struct cx_entry entry;

    if (row->index >= i->taken) {
        CX_TRY(cx_entry_read((cx_span){ row->entry, CX_ENTRY_SIZE }, &entry));
        if (entry.kind == CX_ENTRY_CHECK) {
            CX_TRY(take_check(i, row, &record));
        }
        i->added++;
    }
    return cx_archive_add(i->archive, &record, i->detail);
}

/* A shard is known by its log, which grows: what was imported before is passed over. */
static cx_status
import_shard(struct importing *i, const char *store, const struct cx_log_shard_info *info)
{
    struct cx_archive_source source = { .format = CX_STR("store"), .tamper_evident = true };
    const cx_span parts[] = { cx_span_of_str(CX_STR("caaproof store shard\n")),
                              cx_span_of_str(cx_str_of(info->key.name)) };
    struct cx_buf path;
    bool is_new;
    cx_status s;

    CX_TRY(cx_sha256_parts(parts, CX_COUNT(parts), source.digest.b));
    cx_buf_init(&path, CX_LINE_MAX);
    cx_buf_printf(&path, "%s/%04" PRIu64, store, info->number);
    source.path = cx_buf_str(&path);
    s = cx_buf_status(&path);
    if (cx_ok(s)) {
        s = cx_archive_begin(i->archive, &source, &is_new, i->detail);
    }
    cx_buf_done(&path);
    CX_TRY(s);
    i->taken = cx_archive_taken(i->archive);
    CX_TRY(cx_log_scan(i->stored.reader, info->number, 0, info->size, take_row, i, i->detail));
    return cx_archive_end(i->archive, i->detail);
}

static cx_status
import_shards(struct importing *i, const char *store)
{
    for (size_t k = 0; k < cx_log_reader_shards(i->stored.reader); k++) {
        CX_TRY(import_shard(i, store, cx_log_reader_shard(i->stored.reader, k)));
    }
    return CX_SUCCESS;
}

cx_status
import_store(struct cx_archive *archive, const char *store, uint64_t *ret_added,
             struct cx_detail *detail)
{
    struct importing i = { .archive = archive, .detail = detail };
    cx_status s = cx_stored_open(store, &i.stored, detail);

    if (cx_ok(s)) {
        s = import_shards(&i, store);
        cx_stored_close(&i.stored);
    }
    cx_check_free(i.check);
    *ret_added = i.added;
    return s;
}
