/* libunbound in the sandbox of the resolver, with nothing to read but the two files that it is given. Runs inside lab/run
 * only. */
#include "cell.h"
#include "main.h"
#include "resolve/live.h"

#include <stdio.h>
#include <stdlib.h>

static const struct expected {
    const char *name;
    enum cx_outcome outcome;
    enum cx_dnssec dnssec;
} table[] = {
    { "permit.test", CX_OUTCOME_RECORDS, CX_DNSSEC_SECURE },
    { "many.big.test", CX_OUTCOME_RECORDS, CX_DNSSEC_SECURE }, /* TCP */
    { "www.permit.test", CX_OUTCOME_NODATA, CX_DNSSEC_SECURE },
    { "plain.unsigned", CX_OUTCOME_NODATA, CX_DNSSEC_INSECURE },
    { "expired.test", CX_OUTCOME_BOGUS, CX_DNSSEC_BOGUS },
};

static void
give_files(struct cell *cell)
{
    cell->paths[0] = getenv("CAAPROOF_ROOT_HINTS");
    cell->paths[1] = getenv("CAAPROOF_ANCHOR");
    cell->options.read = cell->paths;
    cell->options.n_read = 2;
    cell->options.files = 1024;
}

static void
note(void *ctx, const struct cx_answer *answer)
{
    *(const struct cx_answer **)ctx = answer;
}

static void
resolve(const struct cell *cell)
{
    struct cx_live_options options = { .root_hints = cell->paths[0],
                                       .anchor = cell->paths[1],
                                       .lab = true };
    struct cx_detail detail = { .rule = NULL };
    struct cx_source source = { .ops = NULL };

    SCRATCH_OK(cx_live_open(&options, &source, &detail));
    for (size_t i = 0; i < CX_COUNT(table); i++) {
        struct cx_arena arena;
        struct cx_question question = { .type = CX_TYPE_CAA };
        const struct cx_answer *answer = NULL;
        struct cx_name name;

        cx_arena_init(&arena, (size_t)8 << 20);
        SCRATCH_OK(cx_name_from_text(cx_str_of(table[i].name), &name, &detail));
        question.name = cx_name_span(&name);
        cx_source_ask(&source, &question, &arena, note, &answer);
        while (answer == NULL) {
            SCRATCH_OK(cx_source_wait(&source));
        }
        if (answer->outcome != table[i].outcome || answer->dnssec != table[i].dnssec) {
            fail_msg("%s: %s, %s", table[i].name, cx_outcome_word(answer->outcome),
                     cx_dnssec_word(answer->dnssec));
        }
        cx_arena_done(&arena);
    }
    cx_source_close(&source);
}

TEST(libunbound_resolves_and_validates)
{
    cell_run(&(struct cell){ .role = ROLE_RESOLVER,
                             .strict = true,
                             .own_user = true,
                             .before = give_files,
                             .inside = resolve });
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CELL_TEST(libunbound_resolves_and_validates),
    };

    if (getenv("CAAPROOF_LAB") == NULL) {
        (void)printf("1..0 # SKIP runs inside lab/run only\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
