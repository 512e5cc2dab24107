#include "bin/caaproof/output.h"
#include "bin/caaproof/replay.h"
#include "bin/caaproof/terminal.h"
#include "engine/stored.h"

#include <inttypes.h>
#include <unistd.h>

struct running {
    const struct replay_part *part;
    struct cx_stored stored;
    struct cx_check *check;
    struct replay_counts counts;
    long long told_ms;
    struct cx_detail detail;
};

/* At most some times a second; a pipe takes it in one piece. */
static void
tell(struct running *r, bool always)
{
    long long now = monotonic_ms();

    if (always || now - r->told_ms >= 100) {
        const struct replay_counts counts = r->counts;

        r->told_ms = now;
        if (write(r->part->counts, &counts, sizeof(counts)) != sizeof(counts)) {
            _exit(1); /* nobody is there any more */
        }
    }
}

/* ---- one difference, for people */

static void
print_change(FILE *out, cx_str name, enum cx_verdict was, cx_str was_reason, enum cx_verdict now,
             enum cx_reason now_reason)
{
    fputs("    ", out);
    output_plain(out, name);
    fprintf(out, "  %s (", cx_verdict_word(was));
    output_plain(out, was_reason);
    fprintf(out, ") -> %s (%s)\n", cx_verdict_word(now), cx_reason_word(now_reason));
}

static void
print_place(FILE *out, const struct cx_log_row *row, const struct cx_record *record)
{
    char time[CX_TIME_TEXT];

    cx_time_format((cx_time)(record->time_ms / 1000), time);
    fprintf(out, "%" PRIu64 "/%" PRIu64 "  %s", row->shard, row->index, time);
    if (record->request.n != 0) {
        fputs("  request ", out);
        output_plain(out, record->request);
    }
}

static bool
corroboration_differs(const struct running *r, const struct cx_record *record)
{
    return cx_corroboration_differs(&record->corroboration, &r->check->corroboration.is);
}

static void
print_corroboration(FILE *out, const struct cx_corroboration *was,
                    const struct cx_corroboration *now)
{
    char was_text[CX_QUORUM_TEXT], now_text[CX_QUORUM_TEXT];

    cx_quorum_text(was, was_text);
    cx_quorum_text(now, now_text);
    fprintf(out, "    corroborated %s -> %s\n", was_text, now_text);
}

static void
print_difference(struct running *r, const struct cx_log_row *row, const struct cx_record *record)
{
    const struct cx_record_conclusion *was = &record->conclusion;
    FILE *out = r->part->out;

    print_place(out, row, record);
    fprintf(out, "  %s -> %s\n", cx_verdict_word(was->verdict),
            cx_verdict_word(r->check->conclusion.verdict));
    for (size_t i = 0; i < record->n_names; i++) {
        const struct cx_record_finding *finding = &record->findings[i];

        if (cx_finding_differs(finding, &r->check->findings[i])) {
            print_change(out, r->check->request.names[i].given, finding->verdict, finding->reason,
                         r->check->findings[i].verdict, r->check->findings[i].reason);
        }
    }
    if (corroboration_differs(r, record)) {
        print_corroboration(out, &record->corroboration, &r->check->corroboration.is);
    }
}

/* ---- one difference, for machines */

static struct cx_json *
verdict_json(enum cx_verdict verdict, cx_str reason, cx_time valid_until)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(json,
                         cx_json_set(json, "verdict", cx_json_new_text(cx_verdict_word(verdict))) &&
                             cx_json_set(json, "reason", cx_json_new_string(reason)) &&
                             cx_json_set(json, "valid_until", cx_json_new_moment(valid_until)));
}

static struct cx_json *
name_json(const struct running *r, const struct cx_record *record, size_t i)
{
    const struct cx_record_finding *was = &record->findings[i];
    const struct cx_finding *now = &r->check->findings[i];
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json,
        cx_json_set(json, "name", cx_json_new_string(r->check->request.names[i].given)) &&
            cx_json_set(json, "was", verdict_json(was->verdict, was->reason, was->valid_until)) &&
            cx_json_set(json, "now",
                        verdict_json(now->verdict, cx_str_of(cx_reason_word(now->reason)),
                                     now->valid_until)));
}

static struct cx_json *
names_json(const struct running *r, const struct cx_record *record)
{
    struct cx_json *array = cx_json_new_array();
    bool done = true;

    for (size_t i = 0; i < record->n_names && done; i++) {
        if (cx_finding_differs(&record->findings[i], &r->check->findings[i])) {
            done = cx_json_add(array, name_json(r, record, i));
        }
    }
    return cx_json_whole(array, done);
}

/* null: as recorded. */
static struct cx_json *
corroboration_json(const struct running *r, const struct cx_record *record)
{
    char was[CX_QUORUM_TEXT], now[CX_QUORUM_TEXT];
    struct cx_json *json;

    if (!corroboration_differs(r, record)) {
        return cx_json_new_null();
    }
    cx_quorum_text(&record->corroboration, was);
    cx_quorum_text(&r->check->corroboration.is, now);
    json = cx_json_new_object();
    return cx_json_whole(json, cx_json_set(json, "was", cx_json_new_text(was)) &&
                                   cx_json_set(json, "now", cx_json_new_text(now)));
}

static struct cx_json *
difference_json(const struct running *r, const struct cx_log_row *row,
                const struct cx_record *record)
{
    const struct cx_record_conclusion *was = &record->conclusion;
    const struct cx_conclusion *now = &r->check->conclusion;
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json,
        cx_json_set(json, "shard", cx_json_new_integer((int64_t)row->shard)) &&
            cx_json_set(json, "index", cx_json_new_integer((int64_t)row->index)) &&
            cx_json_set(json, "time", cx_json_new_moment((cx_time)(record->time_ms / 1000))) &&
            cx_json_set(json, "id",
                        record->request.n != 0 ? cx_json_new_string(record->request)
                                               : cx_json_new_null()) &&
            cx_json_set(json, "was", verdict_json(was->verdict, was->reason, was->valid_until)) &&
            cx_json_set(json, "now",
                        verdict_json(now->verdict, cx_str_of(cx_reason_word(now->reason)),
                                     now->valid_until)) &&
            cx_json_set(json, "names", names_json(r, record)) &&
            cx_json_set(json, "corroboration", corroboration_json(r, record)));
}

static struct cx_json *
failure_json(const struct running *r, const struct cx_log_row *row, cx_status status)
{
    struct cx_json *json = cx_json_new_object();
    const char *text = r->detail.text[0] != '\0' ? r->detail.text : cx_status_text(status);

    return cx_json_whole(json,
                         cx_json_set(json, "shard", cx_json_new_integer((int64_t)row->shard)) &&
                             cx_json_set(json, "index", cx_json_new_integer((int64_t)row->index)) &&
                             cx_json_set(json, "error", cx_json_new_text(text)));
}

static cx_status
write_json(FILE *out, struct cx_json *json)
{
    struct cx_buf buf;
    cx_status s;

    cx_buf_init(&buf, CX_RESULT_MAX);
    s = cx_json_write(json, &buf);
    if (cx_ok(s)) {
        (void)fwrite(buf.p, 1, buf.n, out); /* the flush at the end tells */
        fputc('\n', out);
    }
    cx_buf_done(&buf);
    cx_json_free(json);
    return s;
}

/* ---- rows */

static cx_status
list_difference(struct running *r, const struct cx_log_row *row, const struct cx_record *record)
{
    if (r->part->json) {
        return write_json(r->part->out, difference_json(r, row, record));
    }
    print_difference(r, row, record);
    return CX_SUCCESS;
}

static cx_status
list_failure(struct running *r, const struct cx_log_row *row, cx_status status)
{
    if (status.code == CX_E_NOMEM || status.code == CX_E_USAGE) {
        return status; /* of this run, not of the row */
    }
    r->counts.failed++;
    if (r->part->json) {
        return write_json(r->part->out, failure_json(r, row, status));
    }
    fprintf(r->part->out, "%" PRIu64 "/%" PRIu64 "  cannot be judged: ", row->shard, row->index);
    output_plain(r->part->out,
                 cx_str_of(r->detail.text[0] != '\0' ? r->detail.text : cx_status_text(status)));
    fputc('\n', r->part->out);
    return CX_SUCCESS;
}

static cx_status
count(struct running *r, const struct cx_log_row *row, const struct cx_record *record,
      const struct cx_replayed *replayed)
{
    r->counts.checks++;
    if (replayed->same) {
        return CX_SUCCESS;
    }
    if (replayed->verdict_changed) {
        r->counts.verdict_changed++;
        r->counts.from_to[record->conclusion.verdict][r->check->conclusion.verdict]++;
    } else {
        r->counts.otherwise_changed++;
    }
    return replayed->verdict_changed || r->part->all ? list_difference(r, row, record) : CX_SUCCESS;
}

static cx_status
replay_record(struct running *r, const struct cx_log_row *row)
{
    struct cx_replayed replayed;
    struct cx_record record;
    cx_status s;

    r->detail.text[0] = '\0';
    cx_arena_reset(&r->check->arena);
    s = cx_stored_record(&r->stored, row, &record, &r->detail);
    if (cx_ok(s)) {
        s = cx_replay(r->stored.recaller, &record, r->part->options, r->check, &replayed,
                      &r->detail);
    }
    return cx_ok(s) ? count(r, row, &record, &replayed) : list_failure(r, row, s);
}

static cx_status
replay_row(void *ctx, const struct cx_log_row *row)
{
    struct running *r = ctx;

    r->counts.rows++;
    if (r->counts.rows % 1024 == 0) {
        tell(r, false);
    }
    return row->entry[1] == CX_ENTRY_CHECK ? replay_record(r, row) : CX_SUCCESS;
}

/* The part's rows, shard by shard. */
static cx_status
replay_rows(struct running *r)
{
    uint64_t before = 0; /* rows of the shards passed */

    for (size_t i = 0; i < cx_log_reader_shards(r->stored.reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(r->stored.reader, i);
        uint64_t first = r->part->first > before ? r->part->first - before : 0;
        uint64_t last = r->part->last > before ? r->part->last - before : 0;

        last = last < info->size ? last : info->size;
        if (first < last) {
            CX_TRY(cx_log_scan(r->stored.reader, info->number, first, last, replay_row, r,
                               &r->counts.detail));
        }
        before += info->size;
    }
    return CX_SUCCESS;
}

static cx_status
run(struct running *r)
{
    CX_TRY(cx_stored_open(r->part->store, &r->stored, &r->counts.detail));
    r->check = cx_check_new();
    if (r->check == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(replay_rows(r));
    return fflush(r->part->out) == 0 ? CX_SUCCESS : (cx_status){ CX_E_IO };
}

void
replay_part_run(const struct replay_part *part)
{
    struct running r = { .part = part };

    r.counts.status = run(&r);
    if (!cx_ok(r.counts.status) && r.counts.detail.text[0] == '\0') {
        r.counts.detail = r.detail;
    }
    r.counts.ended = true;
    tell(&r, true);
    cx_check_free(r.check);
    cx_stored_close(&r.stored);
}
