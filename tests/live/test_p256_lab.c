/* Who verifies the signatures of the lab's zones, all of them on P-256: OpenSSL, nettle with the switch off, libunbound's
 * own OpenSSL where that is what it is linked with. The answers are the same. */
#include "base/limits.h"
#include "cmocka_main.h"
#include "p256_counts.h"
#include "resolve/library.h"
#include "resolve/live.h"
#include "resolve/nettle_p256.h"

#include <stdio.h>
#include <stdlib.h>

struct asked {
    unsigned times;
    enum cx_outcome outcome;
    enum cx_dnssec dnssec;
};

static void
note(void *ctx, const struct cx_answer *answer)
{
    struct asked *asked = ctx;

    asked->times++;
    asked->outcome = answer->outcome;
    asked->dnssec = answer->dnssec;
}

static void
ask(struct cx_source *source, struct cx_arena *arena, const char *text, enum cx_outcome outcome)
{
    struct asked asked = { .times = 0 };
    struct cx_name name;
    struct cx_question question = { .type = CX_TYPE_CAA };

    assert_true(cx_ok(cx_name_from_text(cx_str_of(text), &name, NULL)));
    question.name = cx_name_span(&name);
    cx_source_ask(source, &question, arena, note, &asked);
    while (asked.times == 0) {
        assert_true(cx_ok(cx_source_wait(source)));
    }
    assert_int_equal(asked.outcome, outcome);
    if (outcome == CX_OUTCOME_RECORDS) {
        assert_int_equal(asked.dnssec, CX_DNSSEC_SECURE);
    }
}

/* How many signatures each verified for a secure and a bogus answer. */
static struct p256_counts
resolve(bool no_openssl_p256)
{
    struct cx_live_options options = {
        .root_hints = getenv("CAAPROOF_ROOT_HINTS"),
        .anchor = getenv("CAAPROOF_ANCHOR"),
        .lab = true,
        .no_openssl_p256 = no_openssl_p256,
    };
    struct p256_counts before;
    struct cx_detail detail = { .text = "" };
    struct cx_source source;
    struct cx_arena arena;

    if (!cx_ok(cx_live_open(&options, &source, &detail))) {
        fail_msg("%s", detail.text);
    }
    before = p256_counts;
    cx_arena_init(&arena, 64u << 20);
    ask(&source, &arena, "permit.test", CX_OUTCOME_RECORDS);
    ask(&source, &arena, "expired.test", CX_OUTCOME_BOGUS);
    cx_source_close(&source);
    cx_arena_done(&arena);
    return (struct p256_counts){ p256_counts.openssl - before.openssl,
                                 p256_counts.nettle - before.nettle };
}

static void
test_who_verifies(void **state)
{
    bool has_nettle = cx_library_crypto() == CX_LIBRARY_CRYPTO_NETTLE;
    struct p256_counts on, off, on_again;

    (void)state;
    assert_int_equal(cx_nettle_p256_works(), has_nettle);
    on = resolve(false);
    off = resolve(true);
    on_again = resolve(false);
    (void)printf("# verified by OpenSSL and nettle: switch on %u and %u, off %u and %u\n",
                 on.openssl, on.nettle, off.openssl, off.nettle);
    assert_int_equal(on.nettle, 0);
    assert_int_equal(on_again.nettle, 0);
    assert_true(on.openssl > 5); /* of permit.test alone: DNSKEY, DS, DNSKEY, DS, DNSKEY, and CAA */
    if (has_nettle) {
        assert_true(off.nettle > on.openssl);  /* DS and DNSKEY of the proof once more */
        assert_int_equal(on_again.openssl, 0); /* the very same signatures */
    } else {
        assert_int_equal(on.openssl, off.openssl);
        assert_int_equal(on.openssl, on_again.openssl);
    }
    assert_int_equal(has_nettle ? off.openssl : off.nettle, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_who_verifies) };

    if (getenv("CAAPROOF_LAB") == NULL) {
        (void)printf("1..0 # SKIP runs inside lab/run only\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
