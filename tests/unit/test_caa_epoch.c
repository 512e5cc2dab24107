#include "build.h"
#include "caa/epoch.h"
#include "main.h"

/* R-GEN-4 once more, written down independently of the table under test. */
struct row {
    const char *from;
    const char *id;
    const char *section;
    enum cx_algorithm search;
    enum cx_grammar grammar;
    enum cx_empty_rule empty;
    enum cx_limb limb;
    bool binding, validation, strict, parameters;
};

#define R6844   CX_ALGORITHM_RFC6844
#define E5065   CX_ALGORITHM_ERRATUM5065
#define R8659   CX_ALGORITHM_RFC8659
#define G6844   CX_GRAMMAR_RFC6844
#define G8659   CX_GRAMMAR_RFC8659
#define UNCLEAR CX_EMPTY_UNCLEAR
#define PERMITS CX_EMPTY_PERMITS
#define NEVER   CX_LIMB_UNAVAILABLE
#define CHAIN   CX_LIMB_NO_CHAIN
#define INSEC   CX_LIMB_INSECURE

/* clang-format off */
static const struct row tls[] = {
    { "0001-01-01", "E0",  "-",       R6844, G6844, UNCLEAR, NEVER, 0, 0, 0, 0 },
    { "2015-04-15", "E1",  "2.2",     R6844, G6844, UNCLEAR, NEVER, 0, 0, 0, 0 },
    { "2017-09-08", "E2",  "3.2.2.8", R6844, G6844, UNCLEAR, CHAIN, 1, 0, 0, 0 },
    { "2017-10-27", "E3",  "3.2.2.8", E5065, G6844, UNCLEAR, CHAIN, 1, 0, 0, 0 },
    { "2018-05-10", "E4",  "3.2.2.8", E5065, G6844, PERMITS, CHAIN, 1, 0, 0, 0 },
    { "2020-10-19", "E5",  "3.2.2.8", R8659, G8659, PERMITS, CHAIN, 1, 0, 0, 0 },
    { "2022-04-23", "E6",  "3.2.2.8", R8659, G8659, PERMITS, CHAIN, 1, 0, 0, 0 },
    { "2023-09-15", "E7",  "3.2.2.8", R8659, G8659, PERMITS, CHAIN, 1, 0, 0, 0 },
    { "2024-09-06", "E8",  "3.2.2.8", R8659, G8659, PERMITS, CHAIN, 1, 0, 0, 0 },
    { "2025-07-21", "E9",  "3.2.2.8", R8659, G8659, PERMITS, INSEC, 1, 0, 0, 0 },
    { "2026-03-15", "E10", "3.2.2.8", R8659, G8659, PERMITS, INSEC, 1, 1, 1, 0 },
    { "2026-06-16", "E11", "4.2.2.1", R8659, G8659, PERMITS, INSEC, 1, 1, 1, 0 },
    { "2027-03-15", "E12", "4.2.2.1", R8659, G8659, PERMITS, INSEC, 1, 1, 1, 1 },
};
static const struct row smime[] = {
    { "0001-01-01", "S0", "-",       R8659, G8659, PERMITS, CHAIN, 0, 0, 0, 0 },
    { "2024-09-15", "S1", "4.2.2.1", R8659, G8659, PERMITS, CHAIN, 0, 0, 0, 0 },
    { "2025-03-15", "S2", "4.2.2.1", R8659, G8659, PERMITS, CHAIN, 1, 0, 0, 0 },
    { "2025-10-13", "S3", "4.2.2.1", R8659, G8659, PERMITS, INSEC, 1, 0, 0, 0 },
    { "2026-03-15", "S4", "4.2.2.1", R8659, G8659, PERMITS, INSEC, 1, 1, 1, 0 },
};
/* clang-format on */

static void
check_row(const struct cx_epoch *e, const struct row *row)
{
    ROW_TRUE(e != NULL, row->id);
    ROW_TRUE(strcmp(e->id, row->id) == 0, row->id);
    ROW_TRUE(strcmp(e->section, row->section) == 0, row->id);
    ROW_TRUE(e->algorithm == row->search && e->grammar == row->grammar, row->id);
    ROW_TRUE(e->empty == row->empty && e->limb == row->limb, row->id);
    ROW_TRUE(e->binding == row->binding && e->validation == row->validation, row->id);
    ROW_TRUE(e->strict_servfail == row->strict && e->parameters == row->parameters, row->id);
}

/* First and last second of every row; the one before belongs to the row before. */
static void
check_table(enum cx_profile profile, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cx_time from = time_of(rows[i].from);
        cx_time last = i + 1 < n ? time_of(rows[i + 1].from) - 1 : CX_TIME_MAX;

        check_row(cx_epoch_at(profile, from), &rows[i]);
        check_row(cx_epoch_at(profile, last), &rows[i]);
        assert_int_equal(cx_epoch_at(profile, from)->profile, profile);
        if (i != 0) {
            check_row(cx_epoch_at(profile, from - 1), &rows[i - 1]);
        }
    }
    check_row(cx_epoch_at(profile, CX_TIME_NONE), &rows[0]);
}

/* TEST R-GEN-2, TEST R-GEN-4 */
TEST(tls_epochs_begin_on_the_second)
{
    check_table(CX_PROFILE_TLS_BR, tls, CX_COUNT(tls));
}

/* TEST R-MAIL-5, TEST R-MAIL-7 */
TEST(smime_epochs_begin_on_the_second)
{
    check_table(CX_PROFILE_SMIME_BR, smime, CX_COUNT(smime));
}

TEST(other_profiles_have_one_epoch)
{
    static const struct {
        enum cx_profile profile;
        const char *id;
        enum cx_grammar grammar;
        enum cx_limb limb;
    } rows[] = {
        { CX_PROFILE_VMC, "V0", CX_GRAMMAR_RFC8659, CX_LIMB_UNAVAILABLE },
        { CX_PROFILE_PRIVATE, "RFC8659", CX_GRAMMAR_RFC8659, CX_LIMB_INSECURE },
        { CX_PROFILE_PROPOSAL_2016, "P16", CX_GRAMMAR_PROPOSAL, CX_LIMB_INSECURE },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        const struct cx_epoch *e = cx_epoch_at(rows[i].profile, CX_TIME_NONE);

        ROW_TRUE(strcmp(e->id, rows[i].id) == 0, rows[i].id);
        ROW_TRUE(e->grammar == rows[i].grammar && e->limb == rows[i].limb, rows[i].id);
        ROW_TRUE(e->algorithm == R8659 && e->binding && e->strict_servfail, rows[i].id);
        ROW_TRUE(!e->validation && !e->parameters && e->empty == PERMITS, rows[i].id);
        ROW_TRUE(e == cx_epoch_at(rows[i].profile, CX_TIME_MAX), rows[i].id);
        ROW_TRUE(cx_epoch_next_boundary(rows[i].profile, CX_TIME_NONE) == CX_TIME_MAX, rows[i].id);
    }
    assert_null(cx_epoch_at(CX_PROFILE_UNSET, 0));
}

static void
check_boundaries(enum cx_profile profile, const char *const *days, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cx_time day = time_of(days[i]);
        cx_time after = i + 1 < n ? time_of(days[i + 1]) : CX_TIME_MAX;

        ROW_TRUE(cx_epoch_next_boundary(profile, day - 1) == day, days[i]);
        ROW_TRUE(cx_epoch_next_boundary(profile, day) == after, days[i]);
        ROW_TRUE(cx_epoch_next_boundary(profile, day + 1) == after, days[i]);
    }
    assert_true(cx_epoch_next_boundary(profile, CX_TIME_NONE) == time_of(days[0]));
}

/* TEST R-TIME-8, TEST R-MPIC-1 */
TEST(boundaries_are_epochs_and_phases)
{
    static const char *const tls_days[] = {
        "2015-04-15", "2017-09-08", "2017-10-27", "2018-05-10", "2020-10-19", "2022-04-23",
        "2023-09-15", "2024-09-06", "2024-09-15", "2025-03-15", "2025-07-21", "2025-09-15",
        "2026-03-15", "2026-06-15", "2026-06-16", "2026-12-15", "2027-03-15",
    };
    static const char *const smime_days[] = {
        "2024-09-15", "2025-03-15", "2025-05-15", "2025-09-15",
        "2025-10-13", "2026-03-15", "2026-06-15", "2026-12-15",
    };

    check_boundaries(CX_PROFILE_TLS_BR, tls_days, CX_COUNT(tls_days));
    check_boundaries(CX_PROFILE_SMIME_BR, smime_days, CX_COUNT(smime_days));
}

/* TEST R-MPIC-1, TEST R-MPIC-9, TEST R-MAIL-8 */
TEST(phases_of_corroboration_begin_on_the_second)
{
    static const struct {
        enum cx_profile profile;
        const char *from;
        struct cx_mpic_phase before, after;
    } rows[] = {
        { CX_PROFILE_TLS_BR, "2024-09-15", { 0, false, 0 }, { 0, false, 0 } },
        { CX_PROFILE_TLS_BR, "2025-03-15", { 0, false, 0 }, { 2, false, 0 } },
        { CX_PROFILE_TLS_BR, "2025-09-15", { 2, false, 0 }, { 2, true, 0 } },
        { CX_PROFILE_TLS_BR, "2026-03-15", { 2, true, 0 }, { 3, true, 2 } },
        { CX_PROFILE_TLS_BR, "2026-06-15", { 3, true, 2 }, { 4, true, 2 } },
        { CX_PROFILE_TLS_BR, "2026-12-15", { 4, true, 2 }, { 5, true, 2 } },
        { CX_PROFILE_SMIME_BR, "2025-03-15", { 0, false, 0 }, { 0, false, 0 } },
        { CX_PROFILE_SMIME_BR, "2025-05-15", { 0, false, 0 }, { 2, false, 0 } },
        { CX_PROFILE_SMIME_BR, "2025-09-15", { 2, false, 0 }, { 2, true, 0 } },
        { CX_PROFILE_SMIME_BR, "2026-03-15", { 2, true, 0 }, { 3, true, 2 } },
        { CX_PROFILE_SMIME_BR, "2026-06-15", { 3, true, 2 }, { 4, true, 2 } },
        { CX_PROFILE_SMIME_BR, "2026-12-15", { 4, true, 2 }, { 5, true, 2 } },
        { CX_PROFILE_PRIVATE, "2026-12-15", { 0, false, 0 }, { 0, false, 0 } },
        { CX_PROFILE_VMC, "2026-12-15", { 0, false, 0 }, { 0, false, 0 } },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_mpic_phase before = cx_mpic_phase_at(rows[i].profile, time_of(rows[i].from) - 1);
        struct cx_mpic_phase after = cx_mpic_phase_at(rows[i].profile, time_of(rows[i].from));

        ROW_TRUE(before.remotes == rows[i].before.remotes &&
                     before.quorum == rows[i].before.quorum &&
                     before.regions == rows[i].before.regions,
                 rows[i].from);
        ROW_TRUE(after.remotes == rows[i].after.remotes && after.quorum == rows[i].after.quorum &&
                     after.regions == rows[i].after.regions,
                 rows[i].from);
    }
}

TEST(profile_words_read_back)
{
    for (int i = CX_PROFILE_TLS_BR; i <= CX_PROFILE_PROPOSAL_2016; i++) {
        assert_int_equal(cx_profile_of_word(cx_str_of(cx_profile_word((enum cx_profile)i))), i);
    }
    assert_int_equal(cx_profile_of_word(CX_STR("")), CX_PROFILE_UNSET);
    assert_int_equal(cx_profile_of_word(CX_STR("TLS-BR")), CX_PROFILE_UNSET);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tls_epochs_begin_on_the_second),
    cmocka_unit_test(smime_epochs_begin_on_the_second),
    cmocka_unit_test(other_profiles_have_one_epoch),
    cmocka_unit_test(boundaries_are_epochs_and_phases),
    cmocka_unit_test(phases_of_corroboration_begin_on_the_second),
    cmocka_unit_test(profile_words_read_back),
};

TEST_MAIN(tests)
