/* An archive from anywhere; the first octet says of which format, and with which options. Every record has one fate, and what it needs;
 * reading the same octets again gives the same sequence (I3 of archive_reader.h). */
#include "base/buf.h"
#include "fuzz.h"
#include "incident/archive_reader.h"
#include "pki/digest.h"

/* One for each way in which a mapping is read. */
static const char *const mappings[] = {
    "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"records\":\"r\",\"result\":"
    "\"v\",\"ttl\":\"l\"},"
    "\"results\":{\"permits\":[\"ok\"],\"denies\":[\"no\"],\"fails\":[\"bad\"]},\"separator\":\"|"
    "\"}",
    "{\"format\":\"ndjson\",\"observed\":\"answer\",\"fields\":{\"time\":\"t\",\"name\":\"n\","
    "\"records\":\"a.r\","
    "\"outcome\":\"o\",\"found_at\":\"f\"},\"outcomes\":{\"records\":[\"yes\"],\"nodata\":["
    "\"none\"]},"
    "\"empty_records\":\"nodata\"}",
    "{\"format\":\"text\",\"regex\":\"^(?<time>[^ ]+) (?<name>[^ ]+) ?(?<records>.*)$\"}",
};

#define FORMATS 9
#define KINDS   (FORMATS + CX_COUNT(mappings))

static void
check_observation(const struct cx_observation *o)
{
    MUST(o->observed == CX_OBSERVED_ANSWER || o->observed == CX_OBSERVED_CHECK);
    MUST(o->grade >= CX_GRADE_B && o->grade <= CX_GRADE_E);
    MUST(o->clock != CX_CLOCK_UNSET && o->precision_ms >= 1);
    MUST(o->name.n >= 1 && o->name.n <= CX_NAME_MAX && o->name.p[o->name.n - 1] == 0);
    MUST((o->outcome == CX_OUTCOME_RECORDS) == (o->n_records != 0));
    MUST(o->grade != CX_GRADE_E || (o->outcome == CX_OUTCOME_UNSET && o->claim == CX_CLAIM_NONE));
    /* A negative conclusion without its answers is never better than D. */
    MUST(o->observed == CX_OBSERVED_ANSWER || o->outcome == CX_OUTCOME_RECORDS ||
         o->grade >= CX_GRADE_D);
    for (size_t i = 0; i < o->n_records; i++) {
        MUST(o->records[i].tag.n >= 1 && o->records[i].tag.n <= 255);
    }
}

/* All that a record says, so that two passes can be compared. */
static void
put_record(const struct cx_archive_record *record, struct cx_digest *digest)
{
    struct cx_buf buf;

    cx_buf_init(&buf, (size_t)1 << 24);
    cx_buf_printf(&buf, "%d %llu %zu %s ", (int)record->fate, (unsigned long long)record->line,
                  record->n, record->reason);
    for (size_t i = 0; i < record->n; i++) {
        const struct cx_observation *o = &record->v[i];

        cx_buf_printf(&buf, "%lld %d %d ", (long long)o->time_ms, (int)o->outcome, (int)o->claim);
        cx_buf_put(&buf, cx_str_of_span(o->name));
        for (size_t k = 0; k < o->n_records; k++) {
            cx_caa_text(&o->records[k], &buf);
        }
        cx_buf_put(&buf, o->account);
    }
    MUST(cx_ok(cx_digest_add(digest, cx_span_of_str(cx_buf_str(&buf)))));
    cx_buf_done(&buf);
}

static void
check_record(const struct cx_archive_record *record)
{
    MUST(record->fate == CX_FATE_OBSERVED || record->fate == CX_FATE_REJECTED ||
         record->fate == CX_FATE_IGNORED);
    MUST((record->fate == CX_FATE_OBSERVED) == (record->n != 0));
    MUST((record->fate == CX_FATE_REJECTED) == (record->reason[0] != '\0'));
    for (size_t i = 0; i < record->n; i++) {
        check_observation(&record->v[i]);
    }
}

static void
read_all(const struct cx_archive_format *format, const struct cx_archive_options *options,
         cx_span octets, uint8_t ret[CX_SHA256_SIZE])
{
    struct cx_input *input = cx_input_of(octets);
    struct cx_digest *digest = cx_digest_new();
    struct cx_archive_reader *reader = NULL;
    struct cx_archive_record record;
    bool more = false;

    MUST(input != NULL && digest != NULL);
    if (cx_ok(cx_archive_reader_open(format, options, input, &reader, NULL))) {
        do {
            MUST(cx_ok(cx_archive_reader_next(reader, &record, &more, NULL)));
            if (more) {
                check_record(&record);
                put_record(&record, digest);
            }
        } while (more);
        MUST(cx_ok(cx_archive_reader_next(reader, &record, &more, NULL)) && !more);
    }
    MUST(cx_ok(cx_digest_of(digest, ret)));
    cx_archive_reader_close(reader);
    cx_digest_free(digest);
    cx_input_close(input);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cx_archive_options options = { .year = 0 };
    struct cx_json *mapping = NULL;
    uint8_t first[CX_SHA256_SIZE], again[CX_SHA256_SIZE];
    size_t kind, n = 0;
    const struct cx_archive_format *const *formats = cx_archive_formats(&n);
    const struct cx_archive_format *format;

    MUST(n == FORMATS);
    if (size == 0) {
        return 0;
    }
    kind = (data[0] & 0x7fu) % KINDS;
    if ((data[0] & 0x80u) != 0) {
        options = (struct cx_archive_options){ .year = 2026, .zone_s = 3600, .has_zone = true };
    }
    format = kind < FORMATS ? formats[kind] : cx_archive_format_named(CX_STR("mapped"));
    if (kind >= FORMATS) {
        MUST(cx_ok(cx_json_parse(cx_str_of(mappings[kind - FORMATS]), &mapping, NULL)));
        options.mapping = mapping;
    }
    read_all(format, &options, (cx_span){ data + 1, size - 1 }, first);
    read_all(format, &options, (cx_span){ data + 1, size - 1 }, again);
    MUST(memcmp(first, again, sizeof(first)) == 0);
    cx_json_free(mapping);
    return 0;
}
