#include "caa/epoch.h"

/* cx_time_of_day for a table: a constant, since every check asks for the next boundary. Years begin in March, so that a
 * leap day is the last of its year; 719468 days lie between 0000-03-01 and 1970-01-01. */
#define YEAR(y, m)        ((int64_t)(y) - ((m) > 2 ? 0 : 1))
#define DAYS_OF_YEARS(y)  ((y)*365 + (y) / 4 - (y) / 100 + (y) / 400)
#define DAYS_OF_MONTHS(m) ((153 * ((m) + ((m) > 2 ? -3 : 9)) + 2) / 5)
#define DAY(y, m, d)                                                                               \
    ((DAYS_OF_YEARS(YEAR(y, m)) + DAYS_OF_MONTHS(m) + (d)-1 - 719468) * (cx_time)86400)
#define ALWAYS CX_TIME_NONE

struct row {
    cx_time from; /* 00:00:00 UTC (R-GEN-2) */
    struct cx_epoch epoch;
};

/* Columns: binding, search, value grammar, set without restricting property, failure limb 3, validation mandatory,
 * SERVFAIL strict, RFC 8657 mandatory, section of the BR. */
#define ROW(day, profile, id, binding, search, grammar, empty, limb, valid, strict, params, sec)   \
    {                                                                                              \
        day,                                                                                       \
        {                                                                                          \
            CX_PROFILE_##profile, id, binding, CX_ALGORITHM_##search, CX_GRAMMAR_##grammar,        \
                CX_EMPTY_##empty, CX_LIMB_##limb, valid, strict, params, sec                       \
        }                                                                                          \
    }

/* clang-format off */
static const struct row table[] = {
/*   from                profile      id    binds  search       grammar  empty    limb 3       valid  strict params section */
ROW(ALWAYS,             TLS_BR,       "E0",  false, RFC6844,     RFC6844, UNCLEAR, UNAVAILABLE, false, false, false, "-"),
ROW(DAY(2015,  4, 15),  TLS_BR,       "E1",  false, RFC6844,     RFC6844, UNCLEAR, UNAVAILABLE, false, false, false, "2.2"),
ROW(DAY(2017,  9,  8),  TLS_BR,       "E2",  true,  RFC6844,     RFC6844, UNCLEAR, NO_CHAIN,    false, false, false, "3.2.2.8"),
ROW(DAY(2017, 10, 27),  TLS_BR,       "E3",  true,  ERRATUM5065, RFC6844, UNCLEAR, NO_CHAIN,    false, false, false, "3.2.2.8"),
ROW(DAY(2018,  5, 10),  TLS_BR,       "E4",  true,  ERRATUM5065, RFC6844, PERMITS, NO_CHAIN,    false, false, false, "3.2.2.8"),
ROW(DAY(2020, 10, 19),  TLS_BR,       "E5",  true,  RFC8659,     RFC8659, PERMITS, NO_CHAIN,    false, false, false, "3.2.2.8"),
ROW(DAY(2022,  4, 23),  TLS_BR,       "E6",  true,  RFC8659,     RFC8659, PERMITS, NO_CHAIN,    false, false, false, "3.2.2.8"),
ROW(DAY(2023,  9, 15),  TLS_BR,       "E7",  true,  RFC8659,     RFC8659, PERMITS, NO_CHAIN,    false, false, false, "3.2.2.8"),
ROW(DAY(2024,  9,  6),  TLS_BR,       "E8",  true,  RFC8659,     RFC8659, PERMITS, NO_CHAIN,    false, false, false, "3.2.2.8"),
ROW(DAY(2025,  7, 21),  TLS_BR,       "E9",  true,  RFC8659,     RFC8659, PERMITS, INSECURE,    false, false, false, "3.2.2.8"),
ROW(DAY(2026,  3, 15),  TLS_BR,       "E10", true,  RFC8659,     RFC8659, PERMITS, INSECURE,    true,  true,  false, "3.2.2.8"),
ROW(DAY(2026,  6, 16),  TLS_BR,       "E11", true,  RFC8659,     RFC8659, PERMITS, INSECURE,    true,  true,  false, "4.2.2.1"),
ROW(DAY(2027,  3, 15),  TLS_BR,       "E12", true,  RFC8659,     RFC8659, PERMITS, INSECURE,    true,  true,  true,  "4.2.2.1"),
ROW(ALWAYS,             SMIME_BR,     "S0",  false, RFC8659,     RFC8659, PERMITS, NO_CHAIN,    false, false, false, "-"),
ROW(DAY(2024,  9, 15),  SMIME_BR,     "S1",  false, RFC8659,     RFC8659, PERMITS, NO_CHAIN,    false, false, false, "4.2.2.1"),
ROW(DAY(2025,  3, 15),  SMIME_BR,     "S2",  true,  RFC8659,     RFC8659, PERMITS, NO_CHAIN,    false, false, false, "4.2.2.1"),
ROW(DAY(2025, 10, 13),  SMIME_BR,     "S3",  true,  RFC8659,     RFC8659, PERMITS, INSECURE,    false, false, false, "4.2.2.1"),
ROW(DAY(2026,  3, 15),  SMIME_BR,     "S4",  true,  RFC8659,     RFC8659, PERMITS, INSECURE,    true,  true,  false, "4.2.2.1"),
ROW(ALWAYS,             VMC,          "V0",  true,  RFC8659,     RFC8659, PERMITS, UNAVAILABLE, false, true,  false, "-"),
ROW(ALWAYS,             PRIVATE,  "RFC8659", true,  RFC8659,     RFC8659, PERMITS, INSECURE,    false, true,  false, "-"),
ROW(ALWAYS,             PROPOSAL_2016,"P16", true,  RFC8659,     PROPOSAL,PERMITS, INSECURE,    false, true,  false, "-"),
};

/* R-MPIC-1, R-MAIL-8. Columns: remote perspectives that must be used, quorum (R-MPIC-2) binds, regions of those that
 * corroborate (R-MPIC-9). A phase without remotes only recommends. */
static const struct {
    cx_time from;
    enum cx_profile profile;
    struct cx_mpic_phase phase;
} phases[] = {
    { DAY(2024,  9, 15), CX_PROFILE_TLS_BR, { 0, false, 0 } },
    { DAY(2025,  3, 15), CX_PROFILE_TLS_BR, { 2, false, 0 } },
    { DAY(2025,  9, 15), CX_PROFILE_TLS_BR, { 2, true,  0 } },
    { DAY(2026,  3, 15), CX_PROFILE_TLS_BR, { 3, true,  2 } },
    { DAY(2026,  6, 15), CX_PROFILE_TLS_BR, { 4, true,  2 } },
    { DAY(2026, 12, 15), CX_PROFILE_TLS_BR, { 5, true,  2 } },
    { DAY(2025,  5, 15), CX_PROFILE_SMIME_BR, { 2, false, 0 } },
    { DAY(2025,  9, 15), CX_PROFILE_SMIME_BR, { 2, true,  0 } },
    { DAY(2026,  3, 15), CX_PROFILE_SMIME_BR, { 3, true,  2 } },
    { DAY(2026,  6, 15), CX_PROFILE_SMIME_BR, { 4, true,  2 } },
    { DAY(2026, 12, 15), CX_PROFILE_SMIME_BR, { 5, true,  2 } },
};
/* clang-format on */

const struct cx_epoch *
cx_epoch_at(enum cx_profile profile, cx_time date)
{
    const struct cx_epoch *found = NULL;

    for (size_t i = 0; i < CX_COUNT(table); i++) {
        if (table[i].epoch.profile == profile && table[i].from <= date) {
            found = &table[i].epoch;
        }
    }
    return found;
}

cx_time
cx_epoch_next_boundary(enum cx_profile profile, cx_time date)
{
    cx_time next = CX_TIME_MAX;

    for (size_t i = 0; i < CX_COUNT(table); i++) {
        if (table[i].epoch.profile == profile && table[i].from > date && table[i].from < next) {
            next = table[i].from;
        }
    }
    for (size_t i = 0; i < CX_COUNT(phases); i++) {
        if (phases[i].profile == profile && phases[i].from > date && phases[i].from < next) {
            next = phases[i].from;
        }
    }
    return next;
}

struct cx_mpic_phase
cx_mpic_phase_at(enum cx_profile profile, cx_time date)
{
    struct cx_mpic_phase found = { .remotes = 0 };

    for (size_t i = 0; i < CX_COUNT(phases); i++) { /* of each profile in the order of time */
        if (phases[i].profile == profile && phases[i].from <= date) {
            found = phases[i].phase;
        }
    }
    return found;
}

static const char *const words[] = {
    [CX_PROFILE_UNSET] = "",
    [CX_PROFILE_TLS_BR] = "tls-br",
    [CX_PROFILE_SMIME_BR] = "smime-br",
    [CX_PROFILE_VMC] = "vmc",
    [CX_PROFILE_PRIVATE] = "private",
    [CX_PROFILE_PROPOSAL_2016] = "proposal-2016",
};

const char *
cx_profile_word(enum cx_profile profile)
{
    return words[profile];
}

enum cx_profile
cx_profile_of_word(cx_str word)
{
    for (size_t i = 1; i < CX_COUNT(words); i++) {
        if (cx_str_equal(word, cx_str_of(words[i]))) {
            return (enum cx_profile)i;
        }
    }
    return CX_PROFILE_UNSET;
}
