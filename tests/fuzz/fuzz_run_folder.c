/* A folder of a run that somebody else made: the summary, or the small files beside it, of a run with as many certificates as the
 * second octet says. What is accepted points nowhere else. */
#include "base/alloc.h"
#include "incident/run_files.h"
#include "octets_file.h"

#include <string.h>

static char folder[64];

static void
remove_folder(void)
{
    static const char *const names[] = { "run.json", "order", "results", "index" };

    for (size_t i = 0; i < CX_COUNT(names); i++) {
        char path[100];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

static void
put_file(const char *name, const uint8_t *data, size_t size)
{
    char path[100];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "wbe");
    MUST(file != NULL && fwrite(data, 1, size, file) == size);
    MUST(fclose(file) == 0);
}

static void
read_summary(void)
{
    struct cx_run *run = NULL;
    struct cx_detail detail = { .text = "" };

    if (cx_ok(cx_run_open(folder, &run, &detail))) {
        MUST(cx_run_summary(run) != NULL);
        cx_run_close(run);
    } else {
        MUST(detail.text[0] != '\0');
    }
}

static void
read_order(uint64_t n)
{
    uint64_t *order = NULL;

    if (cx_ok(cx_run_order_read(folder, n, &order, NULL))) {
        for (uint64_t i = 0; i < n; i++) {
            MUST(order[i] < n);
        }
        cx_free(order);
    }
}

static void
read_results(uint64_t n)
{
    struct cx_run_result *results = NULL;

    if (cx_ok(cx_run_results_read(folder, n, &results, NULL))) {
        for (uint64_t i = 0; i < n; i++) {
            MUST(results[i].class < CX_TRIAGE_CLASSES && results[i].process < CX_PROCESSES);
            MUST(cx_triage_class_word(results[i].class) != NULL);
        }
        cx_free(results);
    }
}

static void
read_index(cx_span id)
{
    uint64_t found[4];
    size_t n = 0;

    (void)cx_ok(cx_run_index_find(folder, id, found, CX_COUNT(found), &n, NULL)); /* or refused */
    MUST(n <= CX_COUNT(found));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "run.json", "order", "results", "index" };

    if (size < 2) {
        return 0;
    }
    if (folder[0] == '\0') {
        (void)snprintf(folder, sizeof(folder), "%s/caaproof-fuzz.XXXXXX",
                       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        MUST(mkdtemp(folder) != NULL);
        MUST(atexit(remove_folder) == 0);
    }
    put_file(names[data[0] % 4], data + 2, size - 2);
    switch (data[0] % 4) {
    case 0:
        read_summary();
        break;
    case 1:
        read_order(data[1]);
        break;
    case 2:
        read_results(data[1]);
        break;
    default:
        read_index((cx_span){ data + 1, 1 });
        break;
    }
    return 0;
}
