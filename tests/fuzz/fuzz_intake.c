/* What a caller of the daemon asks for. Whatever front lets through, the recorder can judge (else it would take front for somebody
 * else's), of the same names, and nothing that is not a caller's to say gets into the request. */
#include "base/arena.h"
#include "base/limits.h"
#include "bin/caaproofd/intake.h"
#include "engine/request.h"
#include "fuzz.h"

/* 2026-11-01. */
#define NOW ((cx_time)1793491200)

static const char *const authorities[] = {
    "{\"issuer\":[\"ca.example.net\"],\"profile\":\"private\"}",
    "{\"issuer\":[\"ca.example.net\"],\"profile\":\"tls-br\",\"facts\":{\"control_probe\":true}}",
    "{\"issuer\":[\"ca.example.net\"],\"profile\":\"smime-br\"}",
};

static struct cx_json *
parse(const char *text)
{
    struct cx_json *json = NULL;
    struct cx_detail detail;

    MUST(cx_ok(cx_json_parse(cx_str_of(text), &json, &detail)));
    return json;
}

static cx_status
read_with(const struct intake *intake, const struct cx_json *defaults,
          const struct intake_times *times, struct cx_arena *arena, struct cx_request *ret)
{
    struct cx_detail detail = { .text = "" };
    struct cx_json *json = intake_request(intake, defaults, times);
    cx_status s;

    MUST(json != NULL);
    s = cx_request_from_json(json, defaults, NOW, arena, ret, &detail);
    MUST(cx_ok(s) || detail.text[0] != '\0');
    cx_json_free(json);
    return s;
}

static void
check_both(const struct intake *intake, const struct cx_json *defaults)
{
    const struct intake_times times = { NOW + 30, NOW + 30 };
    struct cx_request front, recorder;
    struct cx_arena arena;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    if (cx_ok(read_with(intake, defaults, NULL, &arena, &front))) {
        MUST(cx_ok(read_with(intake, defaults, &times, &arena, &recorder)));
        MUST(front.n_names == recorder.n_names && front.n_names != 0);
        MUST(front.has_id && cx_str_equal(front.id, intake->id));
        MUST(cx_str_equal(front.id, recorder.id));
    }
    cx_arena_done(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cx_detail detail = { .text = "" };
    struct intake intake;

    if (!cx_ok(intake_read(cx_str_of_span((cx_span){ data, size }), &intake, &detail))) {
        MUST(detail.text[0] != '\0');
        return 0;
    }
    MUST(intake_is_id(intake.id) && intake.authority.n != 0 && intake.timeout_s >= 0);
    MUST(intake.previous.n == 0 || intake_is_id(intake.previous));
    for (size_t i = 0; i < CX_COUNT(authorities); i++) {
        struct cx_json *defaults = parse(authorities[i]);

        check_both(&intake, defaults);
        cx_json_free(defaults);
    }
    intake_done(&intake);
    return 0;
}
