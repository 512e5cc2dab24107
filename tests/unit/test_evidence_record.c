#include "base/alloc.h"
#include "base/cbor.h"
#include "evidence/record.h"
#include "flip.h"
#include "main.h"
#include "shape.h"
#include "specimen.h"

#include <stdio.h>

/* What it has; wanted is that it fits into 600 octets beside its log entry, its digest and 60 octets of a store. */
#define TYPICAL_OCTETS 446
#define TYPICAL_WANTED (600 - 42 - 32 - 60)

static cx_status
decode(cx_span octets, struct cx_arena *arena, struct cx_record *ret)
{
    struct cx_detail detail = { .text = "" };
    cx_status s = cx_record_decode(octets, arena, ret, &detail);

    assert_int_equal(detail.text[0] == '\0', cx_ok(s)); /* a refusal says why */
    return s;
}

static bool
again(cx_span octets, struct cx_arena *arena, struct cx_buf *buf)
{
    struct cx_record record;

    if (!cx_ok(decode(octets, arena, &record))) {
        return false;
    }
    if (memcmp(record.salt, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", CX_RECORD_SALT) != 0) {
        assert_true(cx_ok(cx_record_encode(&record, buf)));
    }
    return true;
}

static const struct flip_kind record_kind = { again, CX_RECORD_SALT, STRIP_KNOWN_OF_CHECK };

/* ---- round trips */

static void
go_round(uint64_t seed, size_t n_names)
{
    struct dice dice = { seed };
    struct cx_record record, read;
    const char *difference;
    struct cx_arena arena;
    cx_span octets, twice;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    record = specimen_record(&dice, n_names, &arena);
    octets = octets_of_record(&record, &arena);
    assert_true(cx_ok(decode(octets, &arena, &read)));
    difference = record_difference(&record, &read);
    if (difference != NULL) {
        fail_msg("seed %llu: %s", (unsigned long long)seed, difference);
    }
    twice = octets_of_record(&read, &arena);
    assert_true(cx_span_equal(octets, twice));
    cx_arena_done(&arena);
}

TEST(what_is_written_is_read_and_written_again)
{
    for (uint64_t seed = 0; seed < 4000; seed++) {
        go_round(seed, 1 + seed % 3);
    }
    go_round(4000, 1000);
    go_round(4001, 1000);
}

TEST(the_most_that_a_record_can_hold_is_written_and_read)
{
    go_round(5000, CX_NAMES_MAX);
}

/* ---- octets that are wrong */

TEST(every_flipped_bit_is_refused_or_kept)
{
    struct cx_record typical = typical_record();
    struct cx_arena arena, kept;
    size_t accepted;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    cx_arena_init(&kept, SPECIMEN_ARENA);
    accepted = flip_every_bit(octets_of_record(&typical, &kept), record_kind, &arena);
    assert_true(accepted > 1000); /* salt, digests, texts */
    for (uint64_t seed = 0; seed < 24; seed++) {
        struct dice dice = { seed };
        struct cx_record record = specimen_record(&dice, 1 + seed % 2, &kept);

        (void)flip_every_bit(octets_of_record(&record, &kept), record_kind, &arena);
    }
    cx_arena_done(&kept);
    cx_arena_done(&arena);
}

TEST(every_cut_is_refused)
{
    struct cx_arena arena, kept;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    cx_arena_init(&kept, SPECIMEN_ARENA);
    for (uint64_t seed = 100; seed < 120; seed++) {
        struct dice dice = { seed };
        struct cx_record record = specimen_record(&dice, 1 + seed % 3, &kept);

        cut_everywhere(octets_of_record(&record, &kept), record_kind, &arena);
    }
    cx_arena_done(&kept);
    cx_arena_done(&arena);
}

/* ---- member by member */

#define SALT "53616c74000000000000000000000000"
#define HASH "5820 0505050505050505050505050505050505050505050505050505050505050505"
#define T    "1a6afb2c80" /* 2026-11-16T16:17:04Z */
#define T1   "1a6afb2c81"

/* A record with every member that there is, two names, three answers. */
struct made {
    struct shape check, finding, conclusion, corroboration;
};

enum level {
    CHECK,
    FINDING,
    CONCLUSION,
    CORROBORATION,
    LEVELS
};

static const struct {
    enum level level;
    const char *key, *value;
} members[] = {
    { FINDING, "00", "05" },
    { FINDING, "01", "6a6e6f2d7265636f726473" },
    { FINDING, "02", "81 68522d545245452d31" },
    { FINDING, "03", T },
    { FINDING, "04", "02" },
    { FINDING, "05", "82 81 6161 82 6162 42 00ff" },
    { FINDING, "06", "81 82 01 6172" },
    { FINDING, "07", "82 00 02" },
    { CONCLUSION, "00", "05" },
    { CONCLUSION, "01", "646c617465" },
    { CONCLUSION, "02", "81 67522d4445432d38" },
    { CONCLUSION, "03", T },
    { CONCLUSION, "05", T },
    { CORROBORATION, "00", "6865787465726e616c" },
    { CORROBORATION, "01", HASH },
    { CORROBORATION, "02", "03" },
    { CORROBORATION, "03", "02" },
    { CORROBORATION, "04", "82 6452495045 644152494e" },
    { CHECK, "00", "01" },
    { CHECK, "01", "1b000001a200e4ec7b" },
    { CHECK, "02", HASH },
    { CHECK, "03", HASH },
    { CHECK, "04", HASH },
    { CHECK, "05", T },
    { CHECK, "06", "82 83 01 01 63453131 83 02 02 625334" },
    { CHECK, "07", "82 82 01 6a7777772e642e74657374 83 06 66642e74657374 00" },
    { CHECK, "08", "83" HASH HASH HASH },
    { CHECK, "0b", "626964" },
    { CHECK, "0c", "1b000001a200e4ec7c" },
    { CHECK, "0d", "81 82 81 6161 82 66646e732d3031 60" },
    { CHECK, "0e", "a1 6964656c656761746564 f5" },
};

static void
make(struct made *made)
{
    struct shape *const shapes[LEVELS] = { &made->check, &made->finding, &made->conclusion,
                                           &made->corroboration };

    memset(made, 0, sizeof(*made));
    for (size_t i = 0; i < CX_COUNT(members); i++) {
        shape_put(shapes[members[i].level], members[i].key, members[i].value);
    }
}

/* The whole record, twice the same finding. Levels that the check itself says otherwise stay as they are. */
static struct octets
octets_of_made(const struct made *made)
{
    static struct shape check;
    char text[SHAPE_TEXT], twice[2 * SHAPE_TEXT + 10];
    bool has[3] = { false };

    check = made->check;
    for (size_t i = 0; i < check.n; i++) {
        has[0] = has[0] || strcmp(check.v[i].key, "09") == 0;
        has[1] = has[1] || strcmp(check.v[i].key, "0a") == 0;
        has[2] = has[2] || strcmp(check.v[i].key, "0f") == 0;
    }
    if (!has[0]) {
        shape_text(&made->finding, "", text);
        (void)snprintf(twice, sizeof(twice), "82 %s %s", text, text);
        shape_put(&check, "09", twice);
    }
    if (!has[1]) {
        shape_text(&made->conclusion, "", text);
        shape_put(&check, "0a", text);
    }
    if (!has[2]) {
        shape_text(&made->corroboration, "", text);
        shape_put(&check, "0f", text);
    }
    shape_text(&check, SALT, text);
    return octets_of_hex(text);
}

static struct shape *
shape_at(struct made *made, enum level level)
{
    switch (level) {
    case CHECK:
        return &made->check;
    case FINDING:
        return &made->finding;
    case CONCLUSION:
        return &made->conclusion;
    case CORROBORATION:
    case LEVELS:
        break;
    }
    return &made->corroboration;
}

static bool
accepts(const struct made *made, struct cx_arena *arena, struct cx_record *ret)
{
    static struct octets octets; /* borrowed by what was read */

    octets = octets_of_made(made);
    cx_arena_reset(arena);
    return cx_ok(decode(octets_span(&octets), arena, ret));
}

/* One member replaced or added, none with value NULL. */
static bool
accepts_with(enum level level, const char *key, const char *value, struct cx_record *ret)
{
    static struct made made;
    static struct cx_arena arena;
    static bool begun;

    if (!begun) { /* lives as long as the program: what was read points there */
        cx_arena_init(&arena, SPECIMEN_ARENA);
        begun = true;
    }
    make(&made);
    if (value == NULL) {
        shape_drop(shape_at(&made, level), key);
    } else if (key != NULL) {
        shape_put(shape_at(&made, level), key, value);
    }
    return accepts(&made, &arena, ret);
}

TEST(reads_what_stands_there)
{
    struct cx_record r;

    assert_true(accepts_with(CHECK, NULL, "", &r));
    assert_memory_equal(r.salt, "Salt", 5);
    assert_true(r.time_ms == UINT64_C(0x1a200e4ec7b) && r.date == 0x6afb2c80);
    assert_true(r.has_authority && r.authority.b[31] == 5 && r.own.b[0] == 5);
    assert_true(r.n_cases == 2 && r.cases[0].purpose == CX_PURPOSE_TLS &&
                r.cases[1].profile == CX_PROFILE_SMIME_BR &&
                cx_str_equal(r.cases[1].epoch, CX_STR("S4")));
    assert_true(r.n_names == 2 && r.names[0].kind == CX_RECORD_NAME_DNS &&
                r.names[0].validation == CX_RECORD_NONE);
    assert_true(r.names[1].kind == CX_RECORD_NAME_MAILBOX && r.names[1].validation == 0 &&
                cx_str_equal(r.names[1].text, CX_STR("d.test")));
    assert_true(r.n_answers == 3 && r.findings[1].found == 2 && r.findings[0].n_seen == 2);
    assert_true(!r.findings[0].saw_all && r.findings[0].seen[1] == 2);
    assert_true(r.findings[0].n_notes == 2 && r.findings[0].notes[0].detail.n == 0 &&
                r.findings[0].notes[1].detail.n == 2);
    assert_true(r.findings[0].readings[0].verdict == CX_VERDICT_DENY);
    assert_true(cx_str_equal(r.conclusion.reason, CX_STR("late")));
    assert_true(r.conclusion.verdict == CX_VERDICT_PERMIT && !r.conclusion.hypothetical &&
                r.conclusion.expires == r.conclusion.valid_until);
    assert_true(cx_str_equal(r.request, CX_STR("id")) && r.has_deadline);
    assert_true(r.n_validations == 1 && r.validations[0].n_methods == 2 && r.facts.n == 12);
    assert_true(r.corroboration.kind == CX_CORROBORATION_EXTERNAL &&
                r.corroboration.n_agreed == 2 && r.corroboration.n_regions == 2);
}

TEST(members_that_are_needed_and_members_that_are_not)
{
    static const struct {
        enum level level;
        const char *needed, *not_needed;
    } rows[] = {
        { CHECK, "00 01 03 04 05 06 07 08 09 0a", "02 0b 0c 0e 0f" },
        { FINDING, "00 01 02", "03 04 05 06 07" },
        { CONCLUSION, "00 02", "01 03 05" },
        { CORROBORATION, "00 01 02 03 04", "" },
    };
    struct cx_record record;

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets needed = octets_of_hex(rows[i].needed);
        struct octets not_needed = octets_of_hex(rows[i].not_needed);
        char key[3];

        for (size_t k = 0; k < needed.n; k++) {
            (void)snprintf(key, sizeof(key), "%02x", (unsigned)needed.p[k]);
            if (rows[i].level == CHECK && needed.p[k] >= 9) { /* made of shapes */
                ROW_TRUE(!accepts_with(CHECK, key, "a0", &record), key);
            } else {
                ROW_TRUE(!accepts_with(rows[i].level, key, NULL, &record), key);
            }
        }
        for (size_t k = 0; k < not_needed.n; k++) {
            (void)snprintf(key, sizeof(key), "%02x", (unsigned)not_needed.p[k]);
            ROW_TRUE(accepts_with(rows[i].level, key, NULL, &record), key);
        }
    }
    assert_false(accepts_with(CHECK, "0d", NULL, &record)); /* a name refers to it */
}

TEST(a_critical_key_that_is_not_known_is_refused_at_every_level)
{
    static const struct {
        enum level level;
        const char *key;
    } rows[] = {
        { CHECK, "10" },          { CHECK, "17" },         { CHECK, "1818" },
        { FINDING, "08" },        { FINDING, "1820" },     { CONCLUSION, "06" },
        { CONCLUSION, "190100" }, { CORROBORATION, "05" }, { CORROBORATION, "1b0000000100000000" },
        { CHECK, "6161" },        { FINDING, "6161" },     { CONCLUSION, "40" },
        { CORROBORATION, "f6" }
    };
    struct cx_record record;

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(!accepts_with(rows[i].level, rows[i].key, "00", &record), rows[i].key);
    }
    assert_true(accepts_with(CONCLUSION, "06", NULL, &record));
}

/* The record is what it was without them. */
static void
assert_written_as(const struct cx_record *record, const struct cx_buf *plain)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    assert_true(cx_ok(cx_record_encode(record, &buf)));
    assert_true(cx_str_equal(cx_buf_str(&buf), cx_buf_str(plain)));
    cx_buf_done(&buf);
}

TEST(negative_keys_are_passed_over_at_every_level)
{
    static const char *const keys[] = { "24", "37", "3818", "390100", "3b7fffffffffffffff" };
    static const char *const values[] = { "00", "1bffffffffffffffff", "a2 01 02 6161 82 f6 40",
                                          "81 81 81 81 81 80", HASH };
    static const char *const bad[] = { "1800",           "f7",    "c000", "f90000",
                                       "a2 01 00 01 00", "9f ff", "61ff" };
    struct cx_record record;
    struct cx_buf plain;

    cx_buf_init(&plain, CX_RECORD_MAX);
    assert_true(accepts_with(CHECK, NULL, "", &record));
    assert_true(cx_ok(cx_record_encode(&record, &plain)));
    for (int level = 0; level < LEVELS; level++) {
        for (size_t i = 0; i < CX_COUNT(keys) * CX_COUNT(values); i++) {
            assert_true(accepts_with((enum level)level, keys[i % CX_COUNT(keys)],
                                     values[i / CX_COUNT(keys)], &record));
            assert_written_as(&record, &plain);
        }
        for (size_t v = 0; v < CX_COUNT(bad); v++) { /* but it is CBOR of ours */
            ROW_TRUE(!accepts_with((enum level)level, "24", bad[v], &record), bad[v]);
        }
    }
    cx_buf_done(&plain);
}

TEST(who_asked_is_read_by_negative_keys)
{
    struct cx_record r;

    assert_true(accepts_with(CHECK, NULL, "", &r));
    assert_true(!r.has_body && r.caller.n == 0 && r.own_verdict == CX_VERDICT_UNSET &&
                !r.is_shadow);
    assert_true(accepts_with(CHECK, "20", HASH, &r));
    assert_true(r.has_body && r.body.b[31] == 5);
    assert_true(accepts_with(CHECK, "21", "68 6973737565722d31", &r));
    assert_true(cx_str_equal(r.caller, CX_STR("issuer-1")));
    assert_true(accepts_with(CHECK, "22", "07", &r)); /* better than ours: it decides nothing */
    assert_true(r.own_verdict == CX_VERDICT_NA && r.conclusion.verdict == CX_VERDICT_PERMIT);
}

/* They are a check's: elsewhere they say nothing. */
TEST(who_asked_is_passed_over_below_the_check)
{
    struct cx_record r;

    for (int level = FINDING; level < LEVELS; level++) {
        assert_true(accepts_with((enum level)level, "23", "f5", &r));
        assert_true(!r.is_shadow && r.conclusion.expires != CX_TIME_NONE);
        assert_true(accepts_with((enum level)level, "21", "60", &r));
    }
}

TEST(in_shadow_mode_there_is_no_permit)
{
    static struct made made;
    struct cx_arena arena;
    struct cx_record r;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    make(&made);
    shape_put(&made.check, "23", "f5");
    assert_false(accepts(&made, &arena, &r));
    shape_drop(&made.conclusion, "05");
    assert_true(accepts(&made, &arena, &r));
    assert_true(r.is_shadow && r.conclusion.expires == CX_TIME_NONE);
    cx_arena_done(&arena);
}

static const struct {
    enum level level;
    const char *key, *value;
    const char *about;
} wrong[] = {
    { CHECK, "00", "00", "version 0" },
    { CHECK, "00", "02", "version 2" },
    { CHECK, "00", "20", "version -1" },
    { CHECK, "00", "6131", "version as text" },
    { CHECK, "01", "20", "before 1970" },
    { CHECK, "02", "5805 0505050505", "a short digest" },
    { CHECK, "02", "f6", "no digest" },
    { CHECK, "03", "44 05050505", "a short digest" },
    { CHECK, "04", "40", "an empty digest" },
    { CHECK, "05", "1b000000 3afff44180", "year 10000" },
    { CHECK, "05", "3b0000000e79747c00", "year -1" },
    { CHECK, "05", "3b7fffffffffffffff", "the moment that is none" },
    { CHECK, "05", "1b7fffffffffffffff", "the moment after all" },
    { CHECK, "05", "60", "a date as text" },
    { CHECK, "06", "80", "no case" },
    { CHECK, "06", "81 82 01 01", "a case without epoch" },
    { CHECK, "06", "81 84 01 01 60 60", "a case with more" },
    { CHECK, "06", "81 83 04 01 60", "an unknown purpose" },
    { CHECK, "06", "81 83 1b0000000100000001 01 60", "a purpose of 33 bits" },
    { CHECK, "06", "81 83 00 01 60", "no purpose" },
    { CHECK, "06", "81 83 63746c73 01 60", "a purpose as a word" },
    { CHECK, "06", "81 83 01 00 60", "no profile" },
    { CHECK, "06", "81 83 01 06 60", "an unknown profile" },
    { CHECK, "06", "81 83 01 66746c732d6272 60", "a profile as a word" },
    { CHECK, "06", "82 83 01 01 60 83 01 01 60", "twice tls" },
    { CHECK, "06", "83 83 01 01 60 83 02 02 60 83 03 03 60", "three cases" },
    { CHECK, "07", "80", "no names" },
    { CHECK, "07", "81 82 01 66642e74657374", "one name, two findings" },
    { CHECK, "07", "82 82 00 66642e74657374 82 01 66642e74657374", "kind 0" },
    { CHECK, "07", "82 82 07 66642e74657374 82 01 66642e74657374", "kind 7" },
    { CHECK, "07", "82 82 20 66642e74657374 82 01 66642e74657374", "kind -1" },
    { CHECK, "07", "82 81 01 82 01 66642e74657374", "a kind alone" },
    { CHECK, "07", "82 84 01 66642e74657374 00 00 82 01 66642e74657374", "four members" },
    { CHECK, "07", "82 82 06 68 6140642e74657374 82 01 66642e74657374", "a local part" },
    { CHECK, "07", "82 82 06 6140 82 01 66642e74657374", "an @ alone" },
    { CHECK, "07", "82 82 01 68 6140642e74657374 82 01 66642e74657374", "a local part elsewhere" },
    { CHECK, "07", "82 82 01 60 82 01 66642e74657374", "an empty name" },
    { CHECK, "07", "82 82 01 66 442e74657374 82 01 66642e74657374", "upper case" },
    { CHECK, "07", "82 82 01 67 642e746573742e 82 01 66642e74657374", "a final dot" },
    { CHECK, "07", "82 82 02 68 2a2e642e74657374 82 01 66642e74657374", "an asterisk" },
    { CHECK, "07", "82 82 01 612e 82 01 66642e74657374", "the root" },
    { CHECK, "07", "82 82 01 67 642e2e74657374 82 01 66642e74657374", "an empty label" },
    { CHECK, "07", "82 82 01 6a 64 5c3039372e74657374 82 01 66642e74657374", "an escape" },
    { CHECK, "07", "82 82 01 67 64 002e74657374 82 01 66642e74657374", "a NUL" },
    { CHECK, "07", "82 82 01 67 c3a42e74657374 82 01 66642e74657374", "a U-label" },
    { CHECK, "07", "82 82 01 67 612e6f6e696f6e 82 01 66642e74657374",
      "an onion that is called dns" },
    { CHECK, "07", "82 82 02 65 6f6e696f6e 82 01 66642e74657374",
      "the onion of all, called a wildcard" },
    { CHECK, "07", "82 82 03 66642e74657374 82 01 66642e74657374", "an onion that is none" },
    { CHECK, "07", "82 82 04 67 61626f6e696f6e 82 01 66642e74657374", "an onion that is none" },
    { CHECK, "07", "82 82 05 66642e74657374 82 01 66642e74657374", "an address that is none" },
    { CHECK, "07", "82 82 05 6a 3139322e302e322e3031 82 01 66642e74657374",
      "an address with a zero" },
    { CHECK, "07", "82 82 05 68 323030313a3a3041 82 01 66642e74657374",
      "an address in other letters" },
    { CHECK, "07", "82 82 05 67 303a303a3a3031 82 01 66642e74657374",
      "an address in another form" },
    { CHECK, "07", "82 82 05 63 3a3a00 82 01 66642e74657374", "an address and a NUL" },
    { CHECK, "07", "82 83 01 66642e74657374 01 82 01 66642e74657374", "validation 1 of 1" },
    { CHECK, "07", "82 83 01 66642e74657374 1bffffffffffffffff 82 01 66642e74657374",
      "the place that is none" },
    { CHECK, "07", "82 83 01 66642e74657374 20 82 01 66642e74657374", "validation -1" },
    { CHECK, "08", "82" HASH HASH, "answer 2 of 2" },
    { CHECK, "08", "80", "answer 2 of none" },
    { CHECK, "08", "83" HASH HASH "5803 050505", "a short digest" },
    { CHECK, "09", "80", "no findings" },
    { CHECK, "09", "a0", "findings as a map" },
    { CHECK, "0b", "60", "an empty request id" },
    { CHECK, "0b", "43 696465", "a request id in octets" },
    { CHECK, "0c", "20", "a deadline before 1970" },
    { CHECK, "0d", "80", "no validations" },
    { CHECK, "0d", "81 81 80", "a validation without methods" },
    { CHECK, "0d", "81 83 80 80 80", "a validation with more" },
    { CHECK, "0d", "81 82 81 41 61 80", "an account in octets" },
    { CHECK, "0e", "a0", "no facts" },
    { CHECK, "0e", "80", "facts as an array" },
    { CHECK, "0e", "a1 00 f5", "facts by number" },
    { CHECK, "0e", "a2 6162 00 6161 00", "facts out of order" },
    { CHECK, "0f", "f6", "corroboration that is none" },
    { CHECK, "20", "43 050505", "a short digest of a body" },
    { CHECK, "20", "f6", "no digest of a body" },
    { CHECK, "21", "60", "an empty caller" },
    { CHECK, "21", "41 61", "a caller in octets" },
    { CHECK, "21", "62 610a", "a caller with the end of a line" },
    { CHECK, "21", "62 617f", "a caller with DEL" },
    { CHECK, "22", "00", "no verdict of the caller" },
    { CHECK, "22", "08", "an unknown verdict of the caller" },
    { CHECK, "22", "6444454e59", "a caller's verdict as a word" },
    { CHECK, "22", "f6", "null for a caller's verdict" },
    { CHECK, "23", "f4", "not in shadow mode" },
    { CHECK, "23", "01", "shadow mode as a number" },
    { CHECK, "23", "f5", "a permit in shadow mode" },
    { FINDING, "00", "00", "no verdict" },
    { FINDING, "00", "08", "an unknown verdict" },
    { FINDING, "00", "24", "-5" },
    { FINDING, "00", "1b0000000100000005", "a verdict of 33 bits" },
    { FINDING, "00", "665045524d4954", "a verdict as a word" },
    { FINDING, "00", "01", "a finding worse than the conclusion" },
    { FINDING, "00", "03", "an arguable finding under a permit" },
    { FINDING, "01", "41 61", "a reason in octets" },
    { FINDING, "02", "81 01", "a rule by number" },
    { FINDING, "03", "3b7fffffffffffffff", "the moment that is none" },
    { FINDING, "03", "f6", "null for a moment" },
    { FINDING, "04", "03", "answer 3 of 3" },
    { FINDING, "04", "1bffffffffffffffff", "the place that is none" },
    { FINDING, "04", "1a ffffffff", "answer 4294967295" },
    { FINDING, "05", "80", "notes, but none" },
    { FINDING, "05", "81 80", "a note without code" },
    { FINDING, "05", "81 82 6162 40", "a note with no detail" },
    { FINDING, "05", "81 83 6162 41 00 00", "a note with more" },
    { FINDING, "05", "81 82 6162 6161", "a note with text" },
    { FINDING, "06", "80", "readings, but none" },
    { FINDING, "06", "81 82 00 6172", "a reading without verdict" },
    { FINDING, "06", "81 81 01", "a verdict alone" },
    { FINDING, "06", "85 82 01 60 82 01 60 82 01 60 82 01 60 82 01 60", "five readings" },
    { FINDING, "07", "81 03", "answer 3 of 3" },
    { FINDING, "07", "81 20", "answer -1" },
    { FINDING, "07", "f6", "null for a list" },
    { CONCLUSION, "00", "00", "no verdict" },
    { CONCLUSION, "00", "08", "an unknown verdict" },
    { CONCLUSION, "00", "01", "a permit on DENY" },
    { CONCLUSION, "00", "02", "a permit on FAIL" },
    { CONCLUSION, "00", "03", "a permit on ARGUABLE" },
    { CONCLUSION, "00", "06", "EXEMPT, although a name is not" },
    { CONCLUSION, "00", "07", "NA, although a name is not" },
    { CONCLUSION, "01", "6a6e6f2d7265636f726473", "the first finding's reason again" },
    { CONCLUSION, "03", "1b7fffffffffffffff", "valid for ever" },
    { CONCLUSION, "04", "f4", "not hypothetical" },
    { CONCLUSION, "04", "f5", "a permit on a hypothesis" },
    { CONCLUSION, "05", "1b7fffffffffffffff", "a permit for ever" },
    { CONCLUSION, "05", "1a6afb2c82", "a permit that outlives the verdict" },
    { CONCLUSION, "05", "f6", "null for a moment" },
    { CORROBORATION, "00", "64 736f6d65", "an unknown kind" },
    { CORROBORATION, "00", "60", "no kind" },
    { CORROBORATION, "02", "01", "more agree than were used" },
    { CORROBORATION, "03", "04", "more agree than were used" },
    { CORROBORATION, "03", "01", "more regions than agree" },
    { CORROBORATION, "03", "00", "more regions than agree" },
    { CORROBORATION, "04", "82 6452495045 6452495045", "a region twice" },
    { CORROBORATION, "04", "82 6452495045 64726970 65", "a region in lower case" },
    { CORROBORATION, "04", "81 60", "an empty region" },
    { CORROBORATION, "04", "81 664e4f57484552", "an unknown region, cut" },
    { CORROBORATION, "04", "81 684e4f5748455245 21", "an unknown region" },
};

TEST(what_is_wrong_is_refused)
{
    struct cx_record record;

    memset(&record, 0x5a, sizeof(record));
    for (size_t i = 0; i < CX_COUNT(wrong); i++) {
        ROW_TRUE(!accepts_with(wrong[i].level, wrong[i].key, wrong[i].value, &record),
                 wrong[i].about);
        for (size_t k = 0; k < sizeof(record); k++) { /* untouched */
            assert_int_equal(((const unsigned char *)&record)[k], 0x5a);
        }
    }
}

/* Their neighbours that are right: the refusals above have the reason that they name. */
TEST(what_is_right_is_read)
{
    static const struct {
        enum level level;
        const char *key, *value;
    } rows[] = {
        { CHECK, "05", "1b000000 3afff4417f" },
        { CHECK, "05", "3b0000000e79747bff" },
        { CHECK, "06", "81 83 02 02 60" },
        { CHECK, "06", "81 83 03 05 60" },
        { CHECK, "07", "82 82 02 66642e74657374 82 06 66642e74657374" },
        { CHECK, "07", "82 82 03 67 612e6f6e696f6e 82 04 65 6f6e696f6e" },
        { CHECK, "07", "82 82 05 69 3139322e302e322e31 82 05 623a3a" },
        { CHECK, "07", "82 82 05 6a 323030313a6462383a3a 82 05 6e 3a3a666666663a312e322e332e34" },
        { CHECK, "07", "82 82 01 63 615f62 82 06 61 61" },
        { FINDING, "00", "06" },
        { FINDING, "00", "07" },
        { FINDING, "05", "81 82 6162 41 00" },
        { FINDING, "07", "80" },
        { FINDING, "07", "83 02 02 00" },
        { CONCLUSION, "00", "04" },
        { CONCLUSION, "01", "60" },
        { CONCLUSION, "05", T1 },
        { CORROBORATION, "00", "636f776e" },
        { CORROBORATION, "02", "02" },
        { CORROBORATION, "04", "80" },
    };
    struct cx_record record;

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(accepts_with(rows[i].level, rows[i].key, rows[i].value, &record), rows[i].value);
    }
}

TEST(a_conclusion_without_reason_has_that_of_the_first_finding)
{
    struct cx_record record;

    assert_true(accepts_with(CONCLUSION, "01", NULL, &record));
    assert_true(cx_str_equal(record.conclusion.reason, CX_STR("no-records")));
}

TEST(says_which_version_it_knows)
{
    static struct made made;
    struct cx_detail detail = { .text = "" };
    struct cx_record record;
    struct cx_arena arena;
    struct octets octets;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    make(&made);
    shape_put(&made.check, "00", "02");
    octets = octets_of_made(&made);
    assert_int_equal(cx_record_decode(octets_span(&octets), &arena, &record, &detail).code,
                     CX_E_RECORD);
    assert_non_null(strstr(detail.text, "version 2"));
    assert_int_equal(cx_record_decode(octets_span(&octets), &arena, &record, NULL).code,
                     CX_E_RECORD);
    cx_arena_done(&arena);
}

/* ---- caps */

/* So many items of an array, the same value each, in the place of a member. */
static cx_span
with_array(const char *key, size_t n, const char *item, struct cx_buf *buf)
{
    struct octets one = octets_of_hex(item), salt = octets_of_hex(SALT);
    struct octets number = octets_of_hex(key);
    static struct made made;
    bool done = false;
    char text[SHAPE_TEXT];

    make(&made);
    shape_text(&made.finding, "82", text);
    cx_buf_put(buf, cx_str_of_span(octets_span(&salt)));
    cx_cbor_put_map(buf, made.check.n);
    for (size_t i = 0; i < made.check.n; i++) {
        struct octets at = octets_of_hex(made.check.v[i].key);
        struct octets value = octets_of_hex(made.check.v[i].value);

        cx_buf_put(buf, cx_str_of_span(octets_span(&at)));
        if (!cx_span_equal(octets_span(&at), octets_span(&number))) {
            cx_buf_put(buf, cx_str_of_span(octets_span(&value)));
            continue;
        }
        cx_cbor_put_array(buf, n);
        for (size_t k = 0; k < n; k++) {
            cx_buf_put(buf, cx_str_of_span(octets_span(&one)));
        }
        done = true;
    }
    assert_true(done && cx_buf_ok(buf));
    return cx_span_of_str(cx_buf_str(buf));
}

/* A list beyond its cap is refused at its head, before there is memory for it. */
TEST(caps_are_met_before_there_is_memory)
{
    static const struct {
        const char *key, *item;
        size_t most;
    } rows[] = { { "07", "82 01 66642e74657374", CX_NAMES_MAX },
                 { "08", HASH, 20000 },
                 { "0d", "82 80 80", CX_NAMES_MAX } };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_detail detail = { .text = "" };
        struct cx_record record;
        struct cx_arena arena;
        struct cx_buf buf;
        cx_span octets;

        cx_buf_init(&buf, CX_RECORD_MAX);
        cx_arena_init(&arena, (size_t)16384); /* far less than they would take */
        octets = with_array(rows[i].key, rows[i].most + 1, rows[i].item, &buf);
        assert_int_equal(cx_record_decode(octets, &arena, &record, &detail).code,
                         i == 1 ? CX_E_NOMEM : CX_E_RECORD);
        cx_arena_done(&arena);
        cx_buf_done(&buf);
    }
}

/* As long as may be, and one octet longer. */
TEST(too_long_a_record_is_neither_written_nor_read)
{
    char *request = malloc(CX_RECORD_MAX);
    struct cx_record record = typical_record(), read;
    struct cx_arena arena;
    struct cx_buf buf;

    assert_non_null(request);
    memset(request, 'r', CX_RECORD_MAX);
    cx_arena_init(&arena, SPECIMEN_ARENA);
    cx_buf_init(&buf, 2 * CX_RECORD_MAX);
    record.request = (cx_str){ request, 70000 };
    assert_true(cx_ok(cx_record_encode(&record, &buf)));
    record.request.n = CX_RECORD_MAX - buf.n + 70000;
    cx_buf_clear(&buf);
    assert_true(cx_ok(cx_record_encode(&record, &buf)));
    assert_int_equal(buf.n, CX_RECORD_MAX);
    assert_true(cx_ok(decode(cx_span_of_str(cx_buf_str(&buf)), &arena, &read)));
    cx_buf_putc(&buf, '\0');
    assert_int_equal(decode(cx_span_of_str(cx_buf_str(&buf)), &arena, &read).code, CX_E_RECORD);
    cx_buf_clear(&buf);
    record.request.n++;
    assert_int_equal(cx_record_encode(&record, &buf).code, CX_E_LIMIT);
    assert_int_equal(buf.n, 0);
    cx_buf_done(&buf);
    cx_arena_done(&arena);
    free(request);
}

/* ---- structs that no record can be */

#define MANY 10001

static struct cx_record_name many_names[MANY];
static struct cx_record_finding many_findings[MANY];
static struct cx_record_validation many_validations[MANY];
static const cx_str many_texts[1001];
static const struct cx_record_note many_notes[CX_NOTES_MAX + 1];
static const struct cx_record_reading many_readings[CX_READINGS_MAX + 1];
static const size_t many_seen[CX_CLIMB_MAX + 1], three[] = { 3 };
static const cx_str regions[] = { CX_STR_INIT("RIPE"), CX_STR_INIT("ARIN"), CX_STR_INIT("RIPE") };

static char long_line[CX_RECORD_LINE_MAX + 1];

/* What is wrong is put into one of these. */
struct draft {
    struct cx_record r;
    struct cx_record_name name;
    struct cx_record_finding finding;
    struct cx_record_validation validation;
    struct cx_record_reading reading;
};

static struct draft
draft(void)
{
    struct draft d = { .r = typical_record() };

    d.name = d.r.names[0];
    d.finding = d.r.findings[0];
    d.validation = d.r.validations[0];
    d.reading = (struct cx_record_reading){ CX_VERDICT_DENY, CX_STR("a reading") };
    return d;
}

static void
spoil(struct draft *d, int which)
{
    switch (which) {
    case 0:
        d->r.n_cases = 0;
        break;
    case 1:
        d->r.n_cases = 3;
        break;
    case 2:
        d->r.cases[0].purpose = CX_PURPOSE_UNSET;
        break;
    case 3:
        d->r.cases[0].profile = CX_PROFILE_UNSET;
        break;
    case 4:
        d->r.cases[1] = d->r.cases[0];
        d->r.n_cases = 2;
        break;
    case 5:
        d->r.n_names = 0;
        break;
    case 6:
        d->name.kind = CX_RECORD_NAME_UNSET;
        break;
    case 7:
        d->name.text = CX_STR("a@example.com");
        break;
    case 8:
        d->name.text = CX_STR("*.example.com");
        break;
    case 9:
        d->name.text = (cx_str){ NULL, 0 };
        break;
    case 10:
        d->name.validation = 1;
        break;
    case 11:
        d->finding.verdict = CX_VERDICT_UNSET;
        break;
    case 12:
        d->finding.verdict = CX_VERDICT_DENY;
        break;
    case 13:
        d->finding.found = 3;
        break;
    case 14:
        d->finding.saw_all = false;
        d->finding.seen = three;
        d->finding.n_seen = 1;
        break;
    case 15:
        d->finding.n_seen = 1; /* and all */
        d->finding.seen = many_seen;
        break;
    case 16:
        d->finding.valid_until = CX_TIME_MAX;
        break;
    case 17:
        d->finding.rules = many_texts;
        d->finding.n_rules = CX_RECORD_RULES_MAX + 1;
        break;
    case 18:
        d->finding.notes = many_notes;
        d->finding.n_notes = CX_NOTES_MAX + 1;
        break;
    case 19:
        d->finding.readings = many_readings;
        d->finding.n_readings = CX_READINGS_MAX + 1;
        break;
    case 20:
        d->finding.saw_all = false;
        d->finding.seen = many_seen;
        d->finding.n_seen = CX_CLIMB_MAX + 1;
        break;
    case 21:
        d->reading.verdict = CX_VERDICT_UNSET;
        d->finding.readings = &d->reading;
        d->finding.n_readings = 1;
        break;
    case 22:
        d->r.conclusion.verdict = CX_VERDICT_UNSET;
        break;
    case 23:
        d->r.conclusion.verdict = CX_VERDICT_EXEMPT; /* better than PERMIT of the name */
        break;
    case 24:
        d->r.conclusion.verdict = CX_VERDICT_FAIL; /* and yet a permit */
        break;
    case 25:
        d->r.conclusion.hypothetical = true;
        break;
    case 26:
        d->r.conclusion.expires = d->r.conclusion.valid_until + 2;
        break;
    case 27:
        d->r.conclusion.expires = CX_TIME_MAX;
        break;
    case 28:
        d->r.date = CX_TIME_NONE;
        break;
    case 29:
        d->r.corroboration =
            (struct cx_corroboration){ .kind = CX_CORROBORATION_OWN, .n_used = 1, .n_agreed = 2 };
        break;
    case 30:
        d->r.corroboration = (struct cx_corroboration){ .kind = CX_CORROBORATION_OWN,
                                                        .n_used = 3,
                                                        .n_agreed = 3,
                                                        .regions = regions,
                                                        .n_regions = 3 };
        break;
    case 31:
        d->r.facts = (cx_span){ (const uint8_t *)"\xa1\x61\x61\xf5\x00", 5 };
        break;
    case 32:
        d->r.facts = (cx_span){ (const uint8_t *)"\xa0", 1 };
        break;
    case 33:
        memset(d->r.salt, 0, sizeof(d->r.salt));
        break;
    case 34:
        d->r.names = many_names;
        d->r.findings = many_findings;
        d->r.n_names = MANY;
        break;
    case 35:
        d->r.validations = many_validations;
        d->r.n_validations = MANY;
        break;
    case 36:
        d->validation.accounts = many_texts;
        d->validation.n_accounts = CX_ACCOUNTS_MAX + 1;
        break;
    case 37:
        d->validation.methods = many_texts;
        d->validation.n_methods = CX_ACCOUNTS_MAX + 1;
        break;
    case 38:
        d->r.conclusion.rules = many_texts;
        d->r.conclusion.n_rules = CX_RECORD_RULES_MAX + 1;
        break;
    case 39:
        d->r.n_answers = CX_RECORD_ANSWERS_MAX + 1;
        break;
    case 40:
        d->r.request = CX_STR("\xff");
        break;
    case 41:
        d->r.cases[0].epoch = CX_STR("\xc3");
        break;
    case 42:
        d->r.is_shadow = true; /* and yet a permit */
        break;
    case 43:
        d->r.caller = CX_STR("two\nlines");
        break;
    case 44:
        d->r.caller = CX_STR("\xff");
        break;
    case 45:
        d->r.caller = (cx_str){ long_line, sizeof(long_line) };
        break;
    case 46:
        d->r.own_verdict = (enum cx_verdict)100;
        break;
    default:
        d->r.corroboration.kind = (enum cx_corroboration_kind)3;
        break;
    }
}

TEST(a_struct_that_no_record_can_be_is_not_written)
{
    assert_true(CX_COUNT(many_texts) > CX_RECORD_RULES_MAX);
    memset(long_line, 'l', sizeof(long_line));
    for (size_t i = 0; i < MANY; i++) {
        struct draft d = draft();

        many_names[i] = d.name;
        many_findings[i] = d.finding;
        many_validations[i] = d.validation;
    }
    for (int which = 0; which <= 47; which++) {
        struct draft d = draft();
        struct cx_buf buf;

        if (which != 34) {
            d.r.names = &d.name;
            d.r.findings = &d.finding;
        }
        d.r.validations = &d.validation;
        cx_buf_init(&buf, CX_RECORD_MAX);
        cx_buf_puts(&buf, "before");
        assert_true(cx_ok(cx_record_encode(&d.r, &buf)) || which == 34);
        buf.n = 6;
        spoil(&d, which);
        if (cx_record_encode(&d.r, &buf).code != CX_E_INTERNAL) {
            fail_msg("spoilt %d is written", which);
        }
        assert_true(cx_str_equal(cx_buf_str(&buf), CX_STR("before")));
        cx_buf_done(&buf);
    }
}

TEST(a_zeroed_struct_is_not_written)
{
    struct cx_record record = { .time_ms = 0 };
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    assert_int_equal(cx_record_encode(&record, &buf).code, CX_E_INTERNAL);
    assert_int_equal(buf.n, 0);
    cx_buf_done(&buf);
}

/* ---- memory */

TEST(encoding_survives_every_oom_and_every_maximum)
{
    struct cx_arena arena;
    struct cx_record record;
    struct dice dice = { 7 };
    cx_span octets;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    record = specimen_record(&dice, 3, &arena);
    octets = octets_of_record(&record, &arena);
    for (size_t nth = 1;; nth++) {
        struct cx_buf buf;
        cx_status s;
        size_t seen;

        cx_buf_init(&buf, CX_RECORD_MAX);
        (void)cx_alloc_fail_nth(nth);
        s = cx_record_encode(&record, &buf);
        seen = cx_alloc_fail_nth(0);
        assert_int_equal(buf.n, seen < nth ? octets.n : 0);
        cx_buf_done(&buf);
        if (seen < nth) {
            assert_true(cx_ok(s) && nth > 2);
            break;
        }
        assert_int_equal(cx_status_class(s), CX_CLASS_NOMEM);
    }
    for (size_t max = 0; max < octets.n + 2; max++) {
        struct cx_buf buf;

        cx_buf_init(&buf, max);
        assert_int_equal(cx_record_encode(&record, &buf).code, max < octets.n ? CX_E_LIMIT : CX_OK);
        assert_int_equal(buf.n, max < octets.n ? 0 : octets.n);
        cx_buf_done(&buf);
    }
    cx_arena_done(&arena);
}

TEST(decoding_survives_every_oom)
{
    struct cx_arena arena;
    struct cx_record record;
    struct dice dice = { 8 };
    cx_span octets;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    record = specimen_record(&dice, 200, &arena);
    octets = octets_of_record(&record, &arena);
    for (size_t nth = 1;; nth++) {
        struct cx_arena own;
        struct cx_record read, before;
        cx_status s;
        size_t seen;

        memset(&read, 0x5a, sizeof(read));
        before = read;
        cx_arena_init(&own, SPECIMEN_ARENA);
        (void)cx_alloc_fail_nth(nth);
        s = cx_record_decode(octets, &own, &read, NULL);
        seen = cx_alloc_fail_nth(0);
        if (seen < nth) {
            assert_true(cx_ok(s) && nth > 2);
            assert_null(record_difference(&record, &read));
            cx_arena_done(&own);
            break;
        }
        cx_arena_done(&own);
        assert_int_equal(s.code, CX_E_NOMEM);
        assert_memory_equal(&read, &before, sizeof(read));
    }
    cx_arena_done(&arena);
}

/* ---- size */

TEST(a_typical_record_is_small)
{
    struct cx_record record = typical_record();
    struct cx_arena arena;
    cx_span octets;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    octets = octets_of_record(&record, &arena);
    print_message("# a record of one name and three answers: %zu octets; wanted: below %d\n",
                  octets.n, TYPICAL_WANTED);
    assert_int_equal(octets.n, TYPICAL_OCTETS);
    assert_true(octets.n < TYPICAL_WANTED);
    cx_arena_done(&arena);
}

/* ---- OWN */

static struct cx_hash
own_hash(const char *const *names, size_t n)
{
    cx_str texts[8] = { { NULL, 0 } };
    struct cx_hash hash;

    for (size_t i = 0; i < n; i++) {
        texts[i] = cx_str_of(names[i]);
    }
    assert_true(cx_ok(cx_own_hash(texts, n, &hash)));
    return hash;
}

static void
assert_hash(struct cx_hash hash, const char *hex)
{
    struct octets want = octets_of_hex(hex);

    assert_memory_equal(hash.b, want.p, CX_HASH_SIZE);
}

/* The digests are those of sha256sum. */
TEST(own_is_hashed_line_by_line)
{
    static const char *const one[] = { "ca.example.net" };
    static const char *const two[] = { "ca.example.net", "ca2.example.net" };
    static const char *const mixed[] = { "CA2.example.NET", "ca.example.net", "Ca.Example.Net",
                                         "ca2.example.net" };
    static const char *const order[] = { "b", "a-b", "a", "a.b" }; /* a, a-b, a.b, b */

    assert_hash(own_hash(one, 0),
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_hash(own_hash(one, 1),
                "07b55f1d9b07463e745a7a0c3494006806df90625a97e6980decf88ab2087884");
    assert_hash(own_hash(two, 2),
                "4e9afb8840ce46d6478d9aa22a32eda3480f8343fd212bcb208eeb82ce0b8155");
    assert_hash(own_hash(mixed, 4),
                "4e9afb8840ce46d6478d9aa22a32eda3480f8343fd212bcb208eeb82ce0b8155");
    assert_hash(own_hash(order, 4),
                "caee4842ec5209119b4374becc6947ebf585edf60a98c33afa0c01a08c080363");
}

TEST(own_has_no_names_that_could_be_two)
{
    static const cx_str bad[] = { CX_STR_INIT("a\nb"), CX_STR_INIT(""), CX_STR_INIT("a\n"),
                                  CX_STR_INIT("\n") };

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        const cx_str names[] = { CX_STR("ca.example.net"), bad[i] };
        struct cx_hash hash = { { 7 } }, before = hash;

        assert_int_equal(cx_own_hash(names, 2, &hash).code, CX_E_POLICY);
        assert_true(cx_hash_equal(&hash, &before));
    }
}

TEST(own_survives_every_oom)
{
    const cx_str names[] = { CX_STR("ca.example.net"), CX_STR("b"), CX_STR("a") };

    for (size_t nth = 1;; nth++) {
        struct cx_hash hash = { { 7 } }, before = hash;
        cx_status s;
        size_t seen;

        (void)cx_alloc_fail_nth(nth);
        s = cx_own_hash(names, 3, &hash);
        seen = cx_alloc_fail_nth(0);
        if (seen < nth) {
            assert_true(cx_ok(s) && nth > 3);
            return;
        }
        assert_int_equal(s.code, CX_E_NOMEM);
        assert_true(cx_hash_equal(&hash, &before));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_written_is_read_and_written_again),
    cmocka_unit_test(the_most_that_a_record_can_hold_is_written_and_read),
    cmocka_unit_test(every_flipped_bit_is_refused_or_kept),
    cmocka_unit_test(every_cut_is_refused),
    cmocka_unit_test(reads_what_stands_there),
    cmocka_unit_test(members_that_are_needed_and_members_that_are_not),
    cmocka_unit_test(a_critical_key_that_is_not_known_is_refused_at_every_level),
    cmocka_unit_test(negative_keys_are_passed_over_at_every_level),
    cmocka_unit_test(who_asked_is_read_by_negative_keys),
    cmocka_unit_test(who_asked_is_passed_over_below_the_check),
    cmocka_unit_test(in_shadow_mode_there_is_no_permit),
    cmocka_unit_test(what_is_wrong_is_refused),
    cmocka_unit_test(what_is_right_is_read),
    cmocka_unit_test(a_conclusion_without_reason_has_that_of_the_first_finding),
    cmocka_unit_test(says_which_version_it_knows),
    cmocka_unit_test(caps_are_met_before_there_is_memory),
    cmocka_unit_test(too_long_a_record_is_neither_written_nor_read),
    cmocka_unit_test(a_struct_that_no_record_can_be_is_not_written),
    cmocka_unit_test(a_zeroed_struct_is_not_written),
    cmocka_unit_test(encoding_survives_every_oom_and_every_maximum),
    cmocka_unit_test(decoding_survives_every_oom),
    cmocka_unit_test(a_typical_record_is_small),
    cmocka_unit_test(own_is_hashed_line_by_line),
    cmocka_unit_test(own_has_no_names_that_could_be_two),
    cmocka_unit_test(own_survives_every_oom),
};

TEST_MAIN(tests)
