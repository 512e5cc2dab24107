#include "issued_run.h"

#include "base/hash.h"
#include "base/limits.h"
#include "fuzz.h"

#define KEY 7

static void
mix(uint64_t *sum, cx_span octets)
{
    *sum = *sum * 31 + cx_hash(KEY, octets);
}

static void
mix_number(uint64_t *sum, int64_t number)
{
    mix(sum, (cx_span){ (const uint8_t *)&number, sizeof(number) });
}

static void
must_be_words(const char *text, bool there)
{
    MUST((text[0] != '\0') == there && strlen(text) < CX_REJECT_TEXT);
    for (; *text != '\0'; text++) {
        MUST(*text >= 0x20 && *text < 0x7f);
    }
}

static void
check_observed(const struct cx_issued *issued, uint64_t *sum)
{
    MUST(issued->n_names != 0 && issued->n_names <= CX_NAMES_MAX);
    MUST(issued->has_digest || issued->serial.n != 0);
    MUST(issued->serial.n <= 1 || issued->serial.p[0] != 0);
    MUST(!issued->has_precertificate || issued->has_digest);
    MUST(issued->sct_ms >= 0 && issued->reason >= -1 && issued->reason <= 10);
    MUST(issued->revoked || issued->revoked_at == CX_TIME_NONE);
    for (size_t i = 0; i < issued->n_names; i++) {
        MUST(issued->names[i].n != 0);
        mix(sum, cx_span_of_str(issued->names[i]));
    }
    mix(sum, issued->serial);
    mix(sum, (cx_span){ issued->digest.b, sizeof(issued->digest.b) });
    mix(sum, (cx_span){ issued->issuer_key.b, sizeof(issued->issuer_key.b) });
    mix(sum, cx_span_of_str(issued->issuer));
    mix(sum, cx_span_of_str(issued->subject));
    mix_number(sum, issued->not_before);
    mix_number(sum, issued->not_after);
    mix_number(sum, issued->sct_ms);
    mix_number(sum, issued->signed_at);
}

static uint64_t
run_once(const struct cx_issued_format *format, cx_span octets)
{
    static const struct cx_issued_options options = { .mapping = NULL };
    struct cx_detail detail = { .text = "" };
    struct cx_input *input = cx_input_of(octets);
    struct cx_issued_record record;
    uint64_t sum = 0, line = 0;
    void *self = NULL;
    bool more = true;
    cx_status s;

    MUST(input != NULL);
    s = format->open(&options, input, &self, &detail);
    MUST(cx_ok(s) || detail.text[0] != '\0');
    for (size_t n = 0; cx_ok(s); n++) {
        MUST(n <= octets.n + 1); /* a record has an octet at least */
        MUST(cx_ok(format->next(self, &record, &more, &detail)));
        if (!more) {
            break;
        }
        MUST(record.fate != CX_FATE_UNSET && record.line >= line);
        line = record.line;
        must_be_words(record.reason, record.fate != CX_FATE_OBSERVED);
        must_be_words(record.note, record.changed);
        mix_number(&sum, record.fate);
        if (record.fate == CX_FATE_OBSERVED) {
            check_observed(&record.issued, &sum);
        }
    }
    if (cx_ok(s)) {
        format->close(self);
    }
    cx_input_close(input);
    return sum;
}

void
issued_run(const struct cx_issued_format *format, cx_span octets)
{
    bool looks_like; /* it may be wrong */

    MUST(cx_ok(cx_issued_looks_like(
        format, octets.n < CX_INPUT_PEEK ? octets : (cx_span){ octets.p, CX_INPUT_PEEK },
        &looks_like)));
    MUST(run_once(format, octets) == run_once(format, octets));
}
