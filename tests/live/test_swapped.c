/* A libunbound that was swapped for one that finds no records (a packaging accident, or worse): the whole check, from
 * request to verdict, over what such a library hands to its callback. ub_resolve_event is the test's own; the program
 * comes before the library. Nothing is sent: the only peer is a closed port of loopback. */
#include "base/json.h"
#include "cmocka_main.h"
#include "dns/name.h"
#include "engine/check.h"
#include "resolve/live.h"
#include "resolve/tap.h"

#include <unbound-event.h>
#include <unbound.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ANCHOR                                                                                     \
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"

enum packet {
    NO_PACKET,
    NO_OCTETS,
    HALF_A_HEADER,
    HEADER_ONLY, /* NOERROR, without the question */
    EMPTY,
    EMPTY_NXDOMAIN,
    EMPTY_WITH_SOA,
    SERVFAIL_INSIDE,
    PERMITS,
};

struct lie {
    bool on;
    enum packet packet;
    int sec;
};

static struct lie lie;
static unsigned lies_told;

/* ---- the library */

static size_t
put(uint8_t *message, size_t n, const void *octets, size_t octets_n)
{
    memcpy(message + n, octets, octets_n);
    return n + octets_n;
}

static size_t
make_message(const char *text, uint8_t message[512])
{
    /* The root's, TTL and MINIMUM an hour; the question's name, 0 issue "ca.example.net", an hour. */
    static const uint8_t soa[] = { 0, 0, 6, 0, 1, 0, 0, 14, 16, 0, 22, 0, 0, 0, 0,  0, 1,
                                   0, 0, 0, 1, 0, 0, 0, 1,  0,  0, 0,  1, 0, 0, 14, 16 };
    static const char caa[] = "\xc0\x0c\x01\x01\0\1\0\0\x0e\x10\0\x15\0\5issueca.example.net";
    static const uint8_t type_and_class[] = { 1, 1, 0, 1 };
    struct cx_name name;
    size_t n = 12;

    assert_true(cx_ok(cx_name_from_text(cx_str_of(text), &name, NULL)));
    memset(message, 0, 512);
    message[2] = 0x81;
    message[3] = lie.packet == EMPTY_NXDOMAIN ? 0x83 : lie.packet == SERVFAIL_INSIDE ? 0x82 : 0x80;
    if (lie.packet == HEADER_ONLY) {
        return n;
    }
    message[5] = 1;
    n = put(message, n, name.wire, name.n);
    n = put(message, n, type_and_class, sizeof(type_and_class));
    if (lie.packet == EMPTY_WITH_SOA) {
        message[9] = 1;
        n = put(message, n, soa, sizeof(soa));
    } else if (lie.packet == PERMITS) {
        message[7] = 1;
        n = put(message, n, caa, sizeof(caa) - 1);
    }
    return n;
}

int
ub_resolve_event(struct ub_ctx *ctx, const char *name, int rrtype, int rrclass, void *mydata,
                 ub_event_callback_type callback, int *async_id)
{
    static __typeof__(ub_resolve_event) *next;
    uint8_t message[512];
    size_t n = 0;

    if (!lie.on || strcmp(name, "..") == 0) { /* what opens a source or a context */
        if (next == NULL) {
            void *p = dlsym(RTLD_NEXT, "ub_resolve_event");

            assert_non_null(p);
            memcpy(&next, &p, sizeof(next));
        }
        return next(ctx, name, rrtype, rrclass, mydata, callback, async_id);
    }
    lies_told++;
    if (lie.packet == HALF_A_HEADER) {
        n = 6;
        memset(message, 0, n);
    } else if (lie.packet != NO_PACKET && lie.packet != NO_OCTETS) {
        n = make_message(name, message);
    }
    callback(mydata, 0, lie.packet == NO_PACKET ? NULL : message, (int)n, lie.sec, NULL, 0);
    return 0;
}

/* ---- the check */

static char anchor_path[] = "/tmp/test_swapped.XXXXXX";

static void
note_done(void *ctx, struct cx_check *check)
{
    (void)check;
    *(bool *)ctx = true;
}

/* The exception for failed lookups is as near as a policy can bring it. */
static enum cx_verdict
verdict_of(bool tap, struct lie told)
{
    static const char text[] = "{\"names\":[\"www.d.test\"],\"issuer\":\"ca.example.net\","
                               "\"policy\":{\"lf_permit\":true,\"lf_servfail\":\"classified\"},"
                               "\"facts\":{\"control_probe\":true}}";
    struct cx_live_options options = {
        .forward = "127.0.0.1@9",
        .anchor = anchor_path,
        .no_tap = !tap,
    };
    struct cx_detail detail = { .text = "" };
    struct cx_check *check = cx_check_new();
    enum cx_verdict verdict;
    struct cx_source source;
    struct cx_json *request;
    bool done = false;

    assert_non_null(check);
    assert_true(cx_ok(cx_json_parse(cx_str_of(text), &request, &detail)));
    if (!cx_ok(cx_live_open(&options, &source, &detail))) {
        fail_msg("%s", detail.text);
    }
    lie = told;
    lies_told = 0;
    cx_check_start(check, request, NULL, &source, cx_time_now(), note_done, &done);
    while (!done) {
        assert_true(cx_ok(cx_source_wait(&source)));
    }
    lie.on = false;
    assert_true(cx_ok(check->status));
    assert_true(lies_told != 0);
    verdict = check->conclusion.verdict;
    cx_check_free(check);
    cx_json_free(request);
    cx_source_close(&source);
    return verdict;
}

static void
fails(bool tap, enum packet packet, int sec)
{
    enum cx_verdict verdict = verdict_of(tap, (struct lie){ true, packet, sec });

    if (verdict != CX_VERDICT_FAIL) {
        fail_msg("tap %d, packet %d, sec %d: %s", tap, (int)packet, sec, cx_verdict_word(verdict));
    }
}

/* TEST R-DNS-1, R-FAIL-8 */
static void
test_nothing_is_no_answer(void **state)
{
    static const enum packet nothing[] = { NO_PACKET, NO_OCTETS,      HALF_A_HEADER,  HEADER_ONLY,
                                           EMPTY,     EMPTY_NXDOMAIN, SERVFAIL_INSIDE };

    (void)state;
    for (int tap = 0; tap <= 1; tap++) {
        for (size_t i = 0; i < CX_COUNT(nothing); i++) {
            for (int sec = 0; sec <= 2; sec++) { /* insecure, bogus, "secure" */
                fails(tap != 0, nothing[i], sec);
            }
        }
    }
}

/* What looks like an answer is found out by the tap: nobody was asked. */
static void
test_invented_answers_are_found_out(void **state)
{
    (void)state;
    assert_true(cx_tap_works());
    for (int sec = 0; sec <= 2; sec++) {
        fails(true, EMPTY_WITH_SOA, sec);
        fails(true, PERMITS, sec);
    }
}

/* Or the tests above would prove nothing. */
static void
test_the_lies_arrive(void **state)
{
    (void)state;
    assert_int_equal(verdict_of(false, (struct lie){ true, PERMITS, 2 }), CX_VERDICT_PERMIT);
    fails(false, PERMITS, 1);
}

static int
set_up(void **state)
{
    FILE *file = fdopen(mkstemp(anchor_path), "w");

    (void)state;
    return file != NULL && fputs(ANCHOR, file) >= 0 && fclose(file) == 0 ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    return remove(anchor_path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_no_answer),
        cmocka_unit_test(test_invented_answers_are_found_out),
        cmocka_unit_test(test_the_lies_arrive),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
