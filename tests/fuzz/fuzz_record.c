/* Records from a stranger: what is accepted is written again as it stands, but for negative keys that are
 * not known; it holds what record.h and
 * fault.h promise; nothing of it is a local part. */
#include "../unit/strip.h"
#include "evidence/glance.h"
#include "evidence/record.h"
#include "fuzz.h"

#include <string.h>

#define ARENA_CAP ((size_t)256 << 20)

static void
check_names(const struct cx_record *r)
{
    for (size_t i = 0; i < r->n_names; i++) {
        cx_str text = r->names[i].text;

        MUST(text.n != 0 && memchr(text.p, '@', text.n) == NULL &&
             memchr(text.p, '*', text.n) == NULL);
        MUST(r->names[i].validation == CX_RECORD_NONE || r->names[i].validation < r->n_validations);
    }
}

static void
check_findings(const struct cx_record *r)
{
    for (size_t i = 0; i < r->n_names; i++) {
        const struct cx_record_finding *f = &r->findings[i];

        MUST(f->verdict != CX_VERDICT_UNSET);
        MUST(!cx_verdict_is_worse(f->verdict, r->conclusion.verdict));
        MUST(f->found == CX_RECORD_NONE || f->found < r->n_answers);
        for (size_t k = 0; k < f->n_seen; k++) {
            MUST(f->seen[k] < r->n_answers);
        }
    }
}

/* What a permit could rest on. */
static void
check_conclusion(const struct cx_record_conclusion *k)
{
    MUST(k->verdict != CX_VERDICT_UNSET);
    MUST(k->expires == CX_TIME_NONE || (cx_verdict_positive(k->verdict) && !k->hypothetical));
    MUST(k->expires == CX_TIME_NONE || k->valid_until == CX_TIME_NONE ||
         k->expires <= k->valid_until + 1);
}

static void
check_again(cx_span octets, const struct cx_record *record)
{
    static const uint8_t zero[CX_RECORD_SALT];
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    if (memcmp(record->salt, zero, CX_RECORD_SALT) == 0) {
        MUST(cx_record_encode(record, &buf).code == CX_E_INTERNAL);
    } else {
        MUST(cx_ok(cx_record_encode(record, &buf)));
        MUST(is_same_stripped(octets, CX_RECORD_SALT, STRIP_KNOWN_OF_CHECK, cx_buf_str(&buf)));
    }
    cx_buf_done(&buf);
}

/* A log sees as many names and objects in it. */
static void
check_glance(cx_span octets, const struct cx_record *record)
{
    char buf[CX_GLANCE_NAME];
    struct cx_glance glance;
    struct cx_hash object;
    size_t names = 0, objects = 0;
    cx_str name;

    if (record->time_ms == 0) {
        return;
    }
    MUST(cx_ok(cx_glance(octets, &glance)) && glance.time_ms == record->time_ms);
    while (cx_glance_name(&glance, buf, &name)) {
        names++;
    }
    while (cx_glance_object(&glance, &object)) {
        objects++;
    }
    MUST(names == record->n_names);
    MUST(objects ==
         1 + record->n_answers + (record->corroboration.kind != CX_CORROBORATION_NONE ? 1 : 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };
    struct cx_detail detail = { .text = "" };
    struct cx_record record, cut;
    struct cx_arena arena;

    cx_arena_init(&arena, ARENA_CAP);
    if (cx_ok(cx_record_decode(octets, &arena, &record, &detail))) {
        check_names(&record);
        check_findings(&record);
        check_conclusion(&record.conclusion);
        check_again(octets, &record);
        check_glance(octets, &record);
        octets.n--;
        MUST(!cx_ok(cx_record_decode(octets, &arena, &cut, NULL)));
    } else {
        MUST(detail.text[0] != '\0');
    }
    cx_arena_done(&arena);
    return 0;
}
