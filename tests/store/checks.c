#include "checks.h"

#include "main.h"

#include <stdio.h>
#include <string.h>

static void
put(struct test_check *check, const char *text)
{
    size_t n = strlen(text);

    if (check->n + n < sizeof(check->text)) {
        memcpy(check->text + check->n, text, n + 1);
        check->n += n;
    }
}

static void
take(void *ctx, const struct cx_store_finding *f)
{
    struct test_check *check = ctx;
    char line[200], level[20] = "", last[30] = "", digest[12] = "";

    if (f->fault == CX_FAULT_TILE || f->fault == CX_FAULT_TILE_MISSING) {
        (void)snprintf(level, sizeof(level), "%u/", f->level);
    }
    if (f->end > f->number + 1) {
        (void)snprintf(last, sizeof(last), "-%llu", (unsigned long long)f->end - 1);
    }
    if (f->has_digest) {
        (void)snprintf(digest, sizeof(digest), " %02x%02x%02x%02x", f->digest.b[0], f->digest.b[1],
                       f->digest.b[2], f->digest.b[3]);
    }
    (void)snprintf(line, sizeof(line), "%s%s %llu/%s%llu%s%s%s\n", f->is_remark ? "(" : "",
                   cx_store_fault_word(f->fault), (unsigned long long)f->shard, level,
                   (unsigned long long)f->number, last, digest, f->is_remark ? ")" : "");
    put(check, line);
}

void
test_check_run(struct test_check *check, const char *store, const char *keys)
{
    struct cx_store_check_options options = { .keys = keys, .finding = take, .ctx = check };
    struct cx_detail detail = { .rule = NULL };

    check->n = 0;
    check->text[0] = '\0';
    SCRATCH_OK(cx_store_check(store, &options, &check->totals, &detail));
}

void
test_findings(const char *store, const char *keys, const char *want, const char *file, int line)
{
    static struct test_check check;

    test_check_run(&check, store, keys);
    if (strcmp(check.text, want) != 0) {
        print_error("found:\n%swanted:\n%s", check.text, want);
        _fail(file, line);
    }
}
