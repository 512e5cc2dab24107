/* Permits from outside, and records from inside. First octet 'c' (of a proof file): whatever is accepted says what the one
 * permit says that was ever signed. Else the rest is a record that a log has signed: whatever is accepted was positive for
 * every name and has not expired, and holds for exactly these names. */
#include "base/limits.h"
#include "fuzz.h"
#include "sample.h"

struct given {
    struct sample s;
    struct cx_permit_trust trust;
    struct cx_permit_subject subject;
    struct cx_arena arena;
    struct cx_record record;
};

static bool
permits(struct given *g, cx_span permit, uint64_t now_ms)
{
    enum cx_permit_fault fault = CX_PERMIT_NO_FAULT;
    struct cx_detail detail = { .text = "" };
    cx_status s = cx_permit_verify(permit, &g->subject, &g->trust, now_ms, &g->arena, &g->record,
                                   &fault, &detail);

    MUST(cx_ok(s) == (fault == CX_PERMIT_NO_FAULT));
    MUST(cx_ok(s) || (s.code == CX_E_PERMIT && detail.text[0] != '\0'));
    return cx_ok(s);
}

static void
foreign(struct given *g, cx_span permit)
{
    struct cx_buf buf;

    g->trust = sample_trust(&g->s);
    g->subject = sample_subject(&g->s);
    if (!permits(g, permit, SAMPLE_TIME_MS)) {
        return;
    }
    cx_buf_init(&buf, CX_RECORD_MAX);
    MUST(cx_ok(cx_record_encode(&g->record, &buf)));
    MUST(cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), sample_record(&g->s)));
    cx_buf_done(&buf);
}

static void
check_accepted(const struct cx_record *r, uint64_t now_ms)
{
    for (size_t i = 0; i < r->n_names; i++) {
        bool beyond = r->names[i].kind == CX_RECORD_NAME_IP ||
                      r->names[i].kind == CX_RECORD_NAME_ONION ||
                      r->names[i].kind == CX_RECORD_NAME_ONION_WILDCARD;

        MUST(r->findings[i].verdict == CX_VERDICT_PERMIT ||
             (r->findings[i].verdict == CX_VERDICT_NA && beyond));
        MUST(r->findings[i].valid_until == CX_TIME_NONE ||
             (cx_time)(now_ms / 1000) <= r->findings[i].valid_until);
    }
    MUST(!r->conclusion.hypothetical && r->has_authority);
    MUST(r->conclusion.expires > (cx_time)(now_ms / 1000));
    MUST(r->conclusion.expires <= (cx_time)(r->time_ms / 1000) + CX_PERMIT_LIFE_S);
}

/* One name more or less, and it permits no more. */
static void
check_names(struct given *g, cx_span permit, uint64_t now_ms)
{
    struct cx_record_name more[SAMPLE_NAMES];
    size_t n = g->record.n_names;

    if (n < SAMPLE_NAMES) {
        memcpy(more, g->record.names, n * sizeof(more[0]));
        more[n] = (struct cx_record_name){ CX_RECORD_NAME_DNS, CX_STR("one.more.test."), 0 };
        g->subject.names = more;
        g->subject.n_names = n + 1;
        MUST(!permits(g, permit, now_ms));
        more[0].text = CX_STR("another.test.");
        g->subject.n_names = n;
        MUST(!permits(g, permit, now_ms));
    }
}

static void
own(struct given *g, cx_span record)
{
    struct cx_permit_subject *s = &g->subject;
    uint64_t now_ms;
    cx_span permit;

    if (!cx_ok(cx_record_decode(record, &g->arena, &g->record, NULL)) || g->record.time_ms == 0) {
        return;
    }
    g->s.record.time_ms = now_ms = g->record.time_ms;
    permit = sample_permit_of(&g->s, record);
    if (permit.n > CX_PROOF_OCTETS_MAX) {
        return;
    }
    g->trust = (struct cx_permit_trust){ .keys = &g->s.key, .n_keys = 1 };
    g->trust.authority = g->record.authority;
    *s = (struct cx_permit_subject){ .names = g->record.names, .n_names = g->record.n_names };
    if (permits(g, permit, now_ms)) {
        check_accepted(&g->record, now_ms);
        MUST(cx_permit_end(&g->record, 0) >= g->record.conclusion.expires);
        MUST(!permits(g, permit, (uint64_t)g->record.conclusion.expires * 1000));
        check_names(g, permit, now_ms);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct given g;

    sample_open(&g.s);
    cx_arena_init(&g.arena, CX_PERMIT_SCRATCH);
    if (size != 0 && data[0] == 'c') {
        foreign(&g, (cx_span){ data, size });
    } else if (size != 0) {
        own(&g, (cx_span){ data + 1, size - 1 });
    }
    cx_arena_done(&g.arena);
    sample_close(&g.s);
    return 0;
}
