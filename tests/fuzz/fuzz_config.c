/* A configuration. It is refused with a sentence for each fault, or complete; then what is printed of it is the same configuration. */
#include "base/limits.h"
#include "bin/caaproofd/config.h"
#include "fuzz.h"

/* 2026-11-01. */
#define NOW ((cx_time)1793491200)

static struct config *
read_text(cx_str text)
{
    struct config_input input = { .text = text, .name = "f", .now = NOW };
    struct config_faults faults;
    struct config *config = NULL;
    cx_status s;

    config_faults_init(&faults);
    s = config_read(&input, &config, &faults);
    MUST(s.code == CX_OK || s.code == CX_E_USAGE);
    MUST((config != NULL) == cx_ok(s));
    MUST((faults.n == 0) == cx_ok(s));
    MUST(cx_buf_ok(&faults.text) && (faults.text.n == 0) == cx_ok(s));
    MUST(cx_ok(s) || faults.text.p[faults.text.n - 1] == '\n');
    config_faults_done(&faults);
    return config;
}

static void
print(const struct config *config, struct cx_buf *buf)
{
    cx_buf_init(buf, CX_CONFIG_PRINTED_MAX);
    MUST(cx_ok(config_print(config, buf)));
}

static void
print_and_read(const struct config *config)
{
    struct cx_buf once, twice, restart, reload;
    struct config *again;

    print(config, &once);
    if (once.n <=
        CX_CONFIG_OCTETS_MAX) { /* defaults and escapes can make it longer than what is read */
        again = read_text(cx_buf_str(&once));
        MUST(again != NULL);
        print(again, &twice);
        MUST(cx_str_equal(cx_buf_str(&once), cx_buf_str(&twice)));
        cx_buf_init(&restart, 1000);
        cx_buf_init(&reload, 1000);
        MUST(cx_ok(config_changes(config, again, &restart, &reload)));
        MUST(restart.n == 0 && reload.n == 0);
        cx_buf_done(&twice);
        config_free(again);
    }
    cx_buf_done(&once);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = read_text((cx_str){ (const char *)data, size });

    if (config != NULL) {
        print_and_read(config);
    }
    config_free(config);
    return 0;
}
