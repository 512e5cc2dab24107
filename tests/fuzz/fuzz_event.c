/* Starts and events from a stranger: what is accepted is written again as it stands, but for negative keys; an event has the
 * members of its type; a log sees the same in it, and finds it by no text that a check has. */
#include "../unit/strip.h"
#include "evidence/entry_keys.h"
#include "evidence/event.h"
#include "evidence/fault.h"
#include "evidence/glance.h"
#include "evidence/start.h"
#include "fuzz.h"

#include <string.h>

/* A salt of zeros is read, and never written. */
static void
check_again(cx_span octets, const uint8_t salt[CX_RECORD_SALT], cx_status written,
            const struct cx_buf *buf)
{
    static const uint8_t zero[CX_RECORD_SALT];

    if (memcmp(salt, zero, CX_RECORD_SALT) == 0) {
        MUST(written.code == CX_E_INTERNAL);
    } else {
        MUST(cx_ok(written) && is_same_stripped(octets, CX_RECORD_SALT, 0, cx_buf_str(buf)));
    }
}

static cx_status
check_key(void *ctx, enum cx_key_kind kind, cx_str key)
{
    unsigned *seen = ctx;

    MUST(key.n > 1 && key.p[0] == CX_LOG_KEY_MARK);
    seen[kind]++;
    return CX_SUCCESS;
}

static void
check_glance(cx_span octets, enum cx_entry_kind kind, uint64_t time_ms, bool has_object)
{
    struct cx_glance glance;
    struct cx_hash object;

    MUST(cx_ok(cx_glance_of(kind, octets, &glance)) == (time_ms != 0));
    if (time_ms != 0) {
        MUST(glance.time_ms == time_ms && cx_glance_object(&glance, &object) == has_object);
    }
}

static bool
check_start(cx_span octets)
{
    struct cx_detail detail = { .text = "" };
    unsigned seen[2] = { 0, 0 };
    struct cx_start start;
    struct cx_buf buf;

    if (!cx_ok(cx_start_decode(octets, &start, &detail))) {
        MUST(detail.text[0] != '\0');
        return false;
    }
    MUST(start.request.n != 0 && (start.caller.n == 0 || cx_is_record_line(start.caller)));
    cx_buf_init(&buf, CX_RECORD_MAX);
    check_again(octets, start.salt, cx_start_encode(&start, &buf), &buf);
    cx_buf_done(&buf);
    MUST(cx_ok(cx_entry_keys(CX_ENTRY_START, octets, check_key, seen)));
    MUST(seen[CX_KEY_REQUEST] == 1 && seen[CX_KEY_NAME] == 0);
    check_glance(octets, CX_ENTRY_START, start.time_ms, false);
    octets.n--;
    MUST(!cx_ok(cx_start_decode(octets, &start, NULL)));
    return true;
}

/* What it is found by, under negative keys that are known, is written and read again. */
static void
check_issued(const struct cx_event *event)
{
    static const uint8_t zero[CX_RECORD_SALT];
    struct cx_event again;
    struct cx_buf buf;

    MUST(event->type == CX_EVENT_ISSUANCE ||
         (event->serial.n == 0 && !event->is_precertificate && !event->has_precertificate));
    if (memcmp(event->salt, zero, CX_RECORD_SALT) == 0) {
        return;
    }
    cx_buf_init(&buf, CX_RECORD_MAX);
    MUST(cx_ok(cx_event_encode(event, &buf)));
    MUST(cx_ok(cx_event_decode(cx_span_of_str(cx_buf_str(&buf)), &again, NULL)));
    MUST(cx_span_equal(event->serial, again.serial) &&
         event->is_precertificate == again.is_precertificate &&
         event->has_precertificate == again.has_precertificate &&
         cx_hash_equal(&event->precertificate, &again.precertificate));
    cx_buf_done(&buf);
}

static bool
check_event(cx_span octets)
{
    struct cx_detail detail = { .text = "" };
    unsigned seen[2] = { 0, 0 };
    struct cx_event event, bare;
    struct cx_buf buf;

    if (!cx_ok(cx_event_decode(octets, &event, &detail))) {
        MUST(detail.text[0] != '\0');
        return false;
    }
    MUST(cx_event_word(event.type)[0] != '\0' && cx_event_fault(&event) == NULL);
    MUST(event.type != CX_EVENT_ISSUANCE ||
         (event.has_certificate && (event.has_about || event.request.n != 0)));
    MUST(event.type != CX_EVENT_ACKNOWLEDGED || (event.by.n != 0 && event.why.n != 0));
    check_issued(&event);
    cx_buf_init(&buf, CX_RECORD_MAX);
    bare = event;
    bare.serial.n = 0;
    bare.is_precertificate = bare.has_precertificate = false;
    check_again(octets, event.salt, cx_event_encode(&bare, &buf), &buf);
    cx_buf_done(&buf);
    MUST(cx_ok(cx_entry_keys(CX_ENTRY_EVENT, octets, check_key, seen)));
    MUST(event.type == CX_EVENT_ISSUANCE ? seen[CX_KEY_REQUEST] >= 1 : seen[CX_KEY_REQUEST] == 0);
    MUST(seen[CX_KEY_REQUEST] + seen[CX_KEY_NAME] >= 1);
    check_glance(octets, CX_ENTRY_EVENT, event.time_ms, event.has_certificate);
    octets.n--;
    MUST(!cx_ok(cx_event_decode(octets, &event, NULL)));
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };

    /* None is both: the third member is a number or a digest, and an event has no text there. */
    if (check_start(octets)) {
        MUST(!check_event(octets));
    } else {
        (void)check_event(octets); /* its properties are what is tested */
    }
    return 0;
}
