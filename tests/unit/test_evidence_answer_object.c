#include "base/alloc.h"
#include "build.h"
#include "dns/message.h"
#include "evidence/answer_object.h"
#include "flip.h"
#include "main.h"
#include "shape.h"
#include "specimen.h"

#include <stdio.h>

static cx_status
decode(cx_span octets, struct cx_arena *arena, struct cx_answer_object *ret)
{
    struct cx_detail detail = { .text = "" };
    cx_status s = cx_answer_object_decode(octets, arena, ret, &detail);

    assert_int_equal(detail.text[0] == '\0', cx_ok(s)); /* a refusal says why */
    return s;
}

static cx_status
encode(const struct cx_answer_object *o, struct cx_buf *buf)
{
    return cx_answer_object_encode(&o->answer, o->has_message ? &o->message : NULL, buf);
}

static bool
again(cx_span octets, struct cx_arena *arena, struct cx_buf *buf)
{
    struct cx_answer_object object;

    if (!cx_ok(decode(octets, arena, &object))) {
        return false;
    }
    assert_true(cx_ok(encode(&object, buf)));
    return true;
}

static const struct flip_kind answer_kind = { again, 0, 0 };

/* ---- round trips */

TEST(what_is_written_is_read_and_written_again)
{
    struct cx_arena arena;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    for (uint64_t seed = 0; seed < 6000; seed++) {
        struct dice dice = { seed };
        struct cx_answer_object object, read;
        const char *difference;
        cx_span octets, twice;

        cx_arena_reset(&arena);
        object = specimen_answer(&dice, &arena);
        octets = octets_of_answer(&object, &arena);
        assert_true(cx_ok(decode(octets, &arena, &read)));
        difference = answer_difference(&object, &read);
        if (difference != NULL) {
            fail_msg("seed %llu: %s", (unsigned long long)seed, difference);
        }
        twice = octets_of_answer(&read, &arena);
        assert_true(cx_span_equal(octets, twice));
    }
    cx_arena_done(&arena);
}

/* What is read from a message is what is read from its object, and the judge cannot tell them apart. */
TEST(an_answer_from_a_message_is_the_answer_from_its_object)
{
    static struct wire w[4];
    struct cx_name name = name_of("www.d.test");
    struct cx_question q = { cx_name_span(&name), CX_TYPE_CAA };
    struct cx_arena arena;

    wire_open(&w[0], "www.d.test", CX_TYPE_CAA, WIRE_QR);
    wire_caa(&w[0], "www.d.test", 300, "0 issue ca.example.net");
    wire_caa(&w[0], "www.d.test", 200, "128 issuewild ;");
    wire_open(&w[1], "www.d.test", CX_TYPE_CAA, WIRE_QR);
    wire_alias(&w[1], "www.d.test", CX_TYPE_CNAME, "b.example");
    wire_alias(&w[1], "b.example", CX_TYPE_CNAME, "c.example");
    wire_caa(&w[1], "c.example", 300, "0 issue x");
    wire_open(&w[2], "www.d.test", CX_TYPE_CAA, WIRE_QR);
    wire_alias(&w[2], "www.d.test", CX_TYPE_CNAME, "b.example");
    wire_soa(&w[2], "example", 60, 60);
    wire_open(&w[3], "www.d.test", CX_TYPE_CAA, WIRE_QR | WIRE_TC);
    cx_arena_init(&arena, SPECIMEN_ARENA);
    for (size_t i = 0; i < CX_COUNT(w); i++) {
        struct cx_answer_object object = { .has_message = false }, read;

        assert_true(cx_ok(cx_answer_from_message(wire_span(&w[i]), &q, &arena, &object.answer)));
        assert_true(cx_ok(decode(octets_of_answer(&object, &arena), &arena, &read)));
        assert_null(answer_difference(&object, &read));
        assert_int_equal(read.answer.octets.n, 0); /* by digest only */
    }
    cx_arena_done(&arena);
}

TEST(an_answer_that_was_never_filled_in_is_an_error)
{
    struct cx_name name = name_of("d.test");
    struct cx_answer_object object = {
        .answer = { .name = cx_name_span(&name), .type = CX_TYPE_CAA, .time = CX_TIME_NONE }
    };
    struct cx_answer_object read;
    struct cx_arena arena;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    assert_true(cx_ok(decode(octets_of_answer(&object, &arena), &arena, &read)));
    assert_int_equal(read.answer.outcome, CX_OUTCOME_ERROR);
    assert_true(cx_outcome_is_failure(read.answer.outcome));
    cx_arena_done(&arena);
}

/* ---- octets that are wrong */

TEST(every_flipped_bit_is_refused_or_kept)
{
    struct cx_arena arena, kept;
    size_t accepted = 0;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    cx_arena_init(&kept, SPECIMEN_ARENA);
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct dice dice = { seed };
        struct cx_answer_object object = specimen_answer(&dice, &kept);
        cx_span octets = octets_of_answer(&object, &kept);

        if (octets.n < 1500) {
            accepted += flip_every_bit(octets, answer_kind, &arena);
        }
    }
    assert_true(accepted > 1000);
    cx_arena_done(&kept);
    cx_arena_done(&arena);
}

TEST(every_cut_is_refused)
{
    struct cx_arena arena, kept;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    cx_arena_init(&kept, SPECIMEN_ARENA);
    for (uint64_t seed = 100; seed < 140; seed++) {
        struct dice dice = { seed };
        struct cx_answer_object object = specimen_answer(&dice, &kept);

        cut_everywhere(octets_of_answer(&object, &kept), answer_kind, &arena);
    }
    cx_arena_done(&kept);
    cx_arena_done(&arena);
}

/* ---- member by member */

#define NAME "48 01640474 65737400" /* d.test */
#define HASH "5820 0505050505050505050505050505050505050505050505050505050505050505"
#define ZERO "5820 0000000000000000000000000000000000000000000000000000000000000000"
#define T    "1a6afb2c80"

/* Of outcome records; others are made from it. */
static const struct {
    const char *key, *value;
} members[] = {
    { "00", "01" },
    { "01", NAME },
    { "02", "190101" },
    { "03", "67 7265636f726473" },
    { "04", "66 736563757265" },
    { "05", "02" },
    { "06", T },
    { "07", "19012c" },
    { "08", "82 45 0161017800 45 0162017800" },
    { "09", "45 0162017800" },
    { "0a", "82 83 00 45 6973737565 43 636131 83 1880 41 78 40" },
    { "0b", HASH },
    { "0c", "82 85" HASH "66 736563757265" T NAME "182b 85 f6 68 696e736563757265" T "41 00 1830" },
    { "0d", "82 85" HASH "66 736563757265" T "43 016100 190101 85 f6 68 696e736563757265" T
            "43 016200 190101" },
    { "0e", "82 85 63 312e32 63 756470 00 03 185a 83 60 63 746370 1901f4" },
    { "0f", "f5" },
    { "10", "82 68 696e736563757265 41 00" },
    { "11", "42 ff00" },
};

static void
make(struct shape *shape)
{
    shape->n = 0;
    for (size_t i = 0; i < CX_COUNT(members); i++) {
        shape_put(shape, members[i].key, members[i].value);
    }
}

static bool
accepts(const struct shape *shape, struct cx_answer_object *ret)
{
    static struct octets octets; /* borrowed by what was read */
    static struct cx_arena arena;
    static bool begun;
    char text[SHAPE_TEXT];

    if (!begun) { /* lives as long as the program: what was read points there */
        cx_arena_init(&arena, SPECIMEN_ARENA);
        begun = true;
    }
    shape_text(shape, "", text);
    octets = octets_of_hex(text);
    cx_arena_reset(&arena);
    return cx_ok(decode(octets_span(&octets), &arena, ret));
}

/* Members in pairs of key and value; one with value "-" is taken out. */
static bool
accepts_with(const char *const *changes, struct cx_answer_object *ret)
{
    static struct shape shape;

    make(&shape);
    for (; *changes != NULL; changes += 2) {
        if (strcmp(changes[1], "-") == 0) {
            shape_drop(&shape, changes[0]);
        } else {
            shape_put(&shape, changes[0], changes[1]);
        }
    }
    return accepts(&shape, ret);
}

#define WITH(...) ((const char *const[]){ __VA_ARGS__, NULL })

TEST(reads_what_stands_there)
{
    struct cx_answer_object o;
    const struct cx_answer *a = &o.answer;

    assert_true(accepts_with(WITH("00", "01"), &o));
    assert_true(a->type == CX_TYPE_CAA && a->outcome == CX_OUTCOME_RECORDS);
    assert_true(a->dnssec == CX_DNSSEC_SECURE && a->attempts == 2 && a->time == 0x6afb2c80);
    assert_true(a->has_ttl && a->ttl == 300 && a->n_aliases == 2 && a->n_records == 2);
    assert_true(cx_span_equal(a->records_at, a->aliases[1]));
    assert_true(a->records[1].flags == 128 && a->records[1].value.n == 0);
    assert_true(o.has_message && o.message.b[0] == 5 && a->is_proved);
    assert_true(a->n_proof == 2 && a->proof[0]->type == CX_TYPE_DNSKEY - 5 &&
                a->proof[0]->digest[0] == 5 && a->proof[1]->digest[0] == 0);
    assert_true(a->n_control == 2 && a->control[1]->dnssec == CX_DNSSEC_INSECURE);
    assert_true(a->n_exchanges == 2 && a->exchanges[0].replied && a->exchanges[0].rcode == 3 &&
                a->exchanges[0].ms == 90 && !a->exchanges[1].replied && a->exchanges[1].tcp &&
                a->exchanges[1].after == 500);
    assert_true(cx_str_equal(a->cut, CX_STR("insecure")) && a->cut_at.n == 1);
    assert_true(a->why.n == 2 && a->malformed == CX_MALFORMED_UNSET);
}

TEST(members_that_are_needed_and_members_that_are_not)
{
    struct octets needed = octets_of_hex("00 01 02 03 04 05");
    struct octets not_needed = octets_of_hex("06 07 09 0b 0c 0d 0e 0f 10 11");
    struct cx_answer_object object;
    char key[3];

    for (size_t i = 0; i < needed.n; i++) {
        (void)snprintf(key, sizeof(key), "%02x", (unsigned)needed.p[i]);
        ROW_TRUE(!accepts_with(WITH(key, "-"), &object), key);
    }
    for (size_t i = 0; i < not_needed.n; i++) {
        (void)snprintf(key, sizeof(key), "%02x", (unsigned)not_needed.p[i]);
        ROW_TRUE(accepts_with(WITH(key, "-"), &object), key);
    }
    assert_true(accepts_with(WITH("06", "-"), &object) && object.answer.time == CX_TIME_NONE);
    assert_true(accepts_with(WITH("07", "-"), &object) && !object.answer.has_ttl);
    assert_true(accepts_with(WITH("0b", "-"), &object) && !object.has_message);
    assert_true(accepts_with(WITH("0f", "-"), &object) && !object.answer.is_proved);
    assert_true(accepts_with(WITH("08", "-", "09", "-"), &object));
    assert_false(accepts_with(WITH("08", "-"), &object)); /* the owner would be a stranger */
}

TEST(keys_that_are_not_known)
{
    static const char *const critical[] = { "13",   "17", "1818", "1b7fffffffffffffff",
                                            "6161", "40", "f6" };
    static const char *const negative[] = { "20", "3818", "3b7fffffffffffffff" };
    static const char *const bad[] = { "1800", "f7", "c000", "a2 01 00 01 00", "61ff" };
    struct cx_answer_object plain, object;

    for (size_t i = 0; i < CX_COUNT(critical); i++) {
        ROW_TRUE(!accepts_with(WITH(critical[i], "00"), &object), critical[i]);
    }
    for (size_t i = 0; i < CX_COUNT(negative); i++) {
        ROW_TRUE(accepts_with(WITH(negative[i], "a1 6161 1bffffffffffffffff"), &object),
                 negative[i]);
        assert_true(object.answer.n_records == 2 && object.answer.why.n == 2);
    }
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        ROW_TRUE(!accepts_with(WITH("20", bad[i]), &object), bad[i]);
    }
    assert_true(accepts_with(WITH("00", "01"), &plain));
}

#define RECORDS   "67 7265636f726473"
#define NODATA    "66 6e6f64617461"
#define MALFORMED "69 6d616c666f726d6564"
#define TIMEOUT   "67 74696d656f7574"
#define LOOP      "64 6c6f6f70"
#define DNAME     "1827"

/* An answer without anything in it. */
#define BARE(outcome) "03", outcome, "08", "-", "09", "-", "0a", "-"

static const struct {
    const char *about;
    const char *changes[17];
} wrong[] = {
    { "version 0", { "00", "00" } },
    { "version 2", { "00", "02" } },
    { "a name with upper case", { "01", "48 0144047465737400" } },
    { "a name without its end", { "01", "47 01640474657374" } },
    { "a name and more", { "01", "49 016404746573740000" } },
    { "an empty name", { "01", "40" } },
    { "a compressed name", { "01", "44 0164c000" } },
    { "a label of 64 octets", { "01", "44 40646400" } },
    { "a name as text", { "01", "66 642e74657374" } },
    { "type A", { "02", "01" } },
    { "type CAA and 65536", { "02", "1a00010101" } },
    { "an unknown outcome", { "03", "63 6f6464" } },
    { "no outcome", { "03", "60" } },
    { "outcome unset", { "03", "65 756e736574" } },
    { "an unknown state", { "04", "63 6f6464" } },
    { "an empty state", { "04", "60" } },
    { "too many attempts", { "05", "1b0000000100000000" } },
    { "-1 attempts", { "05", "20" } },
    { "the time that is none", { "06", "3b7fffffffffffffff" } },
    { "the time after all", { "06", "1b7fffffffffffffff" } },
    { "too long a TTL", { "07", "1b0000000100000000" } },
    { "aliases, but none", { "08", "80", "09", "-" } },
    { "an alias that is no name", { "08", "81 42 0161", "09", "-" } },
    { "an alias twice", { "08", "82 43 016100 43 016100", "09", "-" } },
    { "an alias to the name itself", { "08", "81" NAME, "09", "-" } },
    { "an alias that returns in the end", { "08", "82 43 016100" NAME, "09", "-" } },
    { "records of a stranger", { "09", "43 017a00" } },
    { "records of the name, told", { "09", NAME } },
    { "an owner without records", { "03", NODATA, "0a", "-" } },
    { "an owner, about DNAME",
      { "02", DNAME, "08", "81 43 016100", "09", "43 016100", "0a", "-" } },
    { "records, but none", { "0a", "80" } },
    { "a record without value", { "0a", "81 82 00 41 78" } },
    { "a record with more", { "0a", "81 84 00 41 78 40 40" } },
    { "a record without tag", { "0a", "81 83 00 40 40" } },
    { "flags of nine bits", { "0a", "81 83 190100 41 78 40" } },
    { "a tag as text", { "0a", "81 83 00 61 78 40" } },
    { "outcome records without any", { "0a", "-", "09", "-" } },
    { "nodata with records", { "03", NODATA } },
    { "a timeout with records", { "03", TIMEOUT } },
    { "DNAME with records", { "02", DNAME } },
    { "DNAME without target", { "02", DNAME, BARE(RECORDS) } },
    { "DNAME with two targets", { "02", DNAME, "09", "-", "0a", "-" } },
    { "no DNAME, with a target",
      { "02", DNAME, "03", NODATA, "08", "81 43 016100", "09", "-", "0a", "-" } },
    { "no DNAME, with two targets", { "02", DNAME, "03", NODATA, "09", "-", "0a", "-" } },
    { "a short digest", { "0b", "41 05" } },
    { "null for a digest", { "0b", "f6" } },
    { "a proof, but nothing", { "0c", "80" } },
    { "a proof with four members", { "0c", "81 84" HASH "66 736563757265" T NAME } },
    { "a proof with six members", { "0c", "81 86" HASH "66 736563757265" T NAME "00 00" } },
    { "the digest of no message", { "0c", "81 85" ZERO "66 736563757265" T NAME "00" } },
    { "a proof with a short digest", { "0c", "81 85 40 66 736563757265" T NAME "00" } },
    { "a proof without state", { "0c", "81 85 f6 60" T NAME "00" } },
    { "a proof at no moment", { "0c", "81 85 f6 66 736563757265 3b7fffffffffffffff" NAME "00" } },
    { "a proof of no name", { "0c", "81 85 f6 66 736563757265" T "40 00" } },
    { "a proof of type 65536", { "0c", "81 85 f6 66 736563757265" T NAME "1a00010000" } },
    { "a control name twice",
      { "0d", "82 85" HASH "66 736563757265" T "41 00 00 85 f6 66 736563757265" T "41 00 00" } },
    { "exchanges, but none", { "0e", "80" } },
    { "an exchange with four members", { "0e", "81 84 60 63 756470 00 00" } },
    { "an exchange by another transport", { "0e", "81 83 60 63 746c73 00" } },
    { "an exchange without transport", { "0e", "81 83 60 60 00" } },
    { "an RCODE of nine bits", { "0e", "81 85 60 63 756470 00 190100 00" } },
    { "an exchange too late", { "0e", "81 83 60 63 756470 1b0000000100000000" } },
    { "an exchange too long", { "0e", "81 85 60 63 756470 00 00 1b0000000100000000" } },
    { "not proved", { "0f", "f4" } },
    { "proved by a number", { "0f", "01" } },
    { "a cut without word", { "10", "82 60 41 00" } },
    { "a cut nowhere", { "10", "81 61 61" } },
    { "a cut at no name", { "10", "82 61 61 40" } },
    { "an empty reason", { "11", "40" } },
    { "a reason as text", { "11", "61 61" } },
    { "a kind of fault of an answer", { "12", "65 7264617461" } },
    { "a kind of fault of a timeout", { BARE(TIMEOUT), "12", "65 7264617461" } },
    { "an unknown kind of fault", { BARE(MALFORMED), "12", "63 6f6464" } },
    { "an empty kind of fault", { BARE(MALFORMED), "12", "60" } },
};

TEST(what_is_wrong_is_refused)
{
    struct cx_answer_object object;

    memset(&object, 0x5a, sizeof(object));
    for (size_t i = 0; i < CX_COUNT(wrong); i++) {
        ROW_TRUE(!accepts_with(wrong[i].changes, &object), wrong[i].about);
        for (size_t k = 0; k < sizeof(object); k++) { /* untouched */
            assert_int_equal(((const unsigned char *)&object)[k], 0x5a);
        }
    }
}

/* Their neighbours that are right: the refusals above have the reason that they name. */
TEST(what_is_right_is_read)
{
    static const struct {
        const char *about;
        const char *changes[17];
    } rows[] = {
        { "the root", { "01", "41 00" } },
        { "a label of 63 octets",
          { "01",
            "5841 3f6161616161616161616161616161616161616161616161616161616161616161616161616161"
            "6161616161616161616161616161616161616161616161616100" } },
        { "no attempts", { "05", "00" } },
        { "the longest TTL", { "07", "1affffffff" } },
        { "records of the first alias", { "09", "45 0161017800" } },
        { "records of the name", { "09", "-" } },
        { "nodata at the end of aliases", { "03", NODATA, "09", "-", "0a", "-" } },
        { "a loop", { "03", LOOP, "08", "82" NAME NAME, "09", "-", "0a", "-" } },
        { "a DNAME", { "02", DNAME, "08", "81 43 016100", "09", "-", "0a", "-" } },
        { "a DNAME to itself", { "02", DNAME, "08", "81" NAME, "09", "-", "0a", "-" } },
        { "no DNAME", { "02", DNAME, BARE(NODATA) } },
        { "DNAME, a failure with aliases", { "02", DNAME, "03", TIMEOUT, "09", "-", "0a", "-" } },
        { "a fault without kind", { BARE(MALFORMED) } },
        { "a fault with kind", { BARE(MALFORMED), "12", "65 7264617461" } },
        { "the largest numbers", { "0e", "81 85 60 63 756470 1affffffff 18ff 1affffffff" } },
        { "a proof of type 65535", { "0c", "81 85 f6 66 736563757265" T NAME "19ffff" } },
    };
    struct cx_answer_object object;

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(accepts_with(rows[i].changes, &object), rows[i].about);
    }
}

/* Where the records are follows from what is there. */
TEST(the_owner_of_records_is_never_nobody)
{
    struct cx_answer_object o;

    assert_true(accepts_with(WITH("09", "-"), &o));
    assert_true(cx_span_equal(o.answer.records_at, o.answer.name));
    assert_true(accepts_with(WITH("03", NODATA, "09", "-", "0a", "-"), &o));
    assert_true(cx_span_equal(o.answer.records_at, o.answer.aliases[1]));
    assert_true(accepts_with(WITH("02", DNAME, "08", "81 43 016100", "09", "-", "0a", "-"), &o));
    assert_true(cx_span_equal(o.answer.records_at, o.answer.name));
    assert_true(accepts_with(WITH(BARE(NODATA)), &o));
    assert_true(cx_span_equal(o.answer.records_at, o.answer.name));
}

/* ---- caps */

static bool
accepts_list(const char *key, size_t n, const char *(*item)(size_t i))
{
    static struct octets octets;
    static struct shape shape;
    struct cx_answer_object object;
    struct cx_arena arena;
    struct cx_buf buf;
    bool accepted;

    make(&shape);
    shape_drop(&shape, "09");
    shape_put(&shape, key, "00");
    cx_buf_init(&buf, CX_RECORD_MAX);
    cx_cbor_put_map(&buf, shape.n);
    for (size_t i = 0; i < shape.n; i++) {
        octets = octets_of_hex(shape.v[i].key);
        cx_buf_put(&buf, cx_str_of_span(octets_span(&octets)));
        if (shape_compare(shape.v[i].key, key) != 0) {
            octets = octets_of_hex(shape.v[i].value);
            cx_buf_put(&buf, cx_str_of_span(octets_span(&octets)));
            continue;
        }
        cx_cbor_put_array(&buf, n);
        for (size_t k = 0; k < n; k++) {
            octets = octets_of_hex(item(k));
            cx_buf_put(&buf, cx_str_of_span(octets_span(&octets)));
        }
    }
    cx_arena_init(&arena, SPECIMEN_ARENA);
    accepted = cx_ok(decode(cx_span_of_str(cx_buf_str(&buf)), &arena, &object));
    cx_arena_done(&arena);
    cx_buf_done(&buf);
    return accepted;
}

static const char *
an_alias(size_t i)
{
    static char text[40];

    (void)snprintf(text, sizeof(text), "44 02%02x%02x00", (unsigned)('a' + i / 26),
                   (unsigned)('a' + i % 26));
    return text;
}

static const char *
a_control(size_t i)
{
    static char text[100];

    (void)snprintf(text, sizeof(text), "85 f6 66 736563757265" T "44 02%02x%02x00 00",
                   (unsigned)('a' + i / 26), (unsigned)('a' + i % 26));
    return text;
}

static const char *
an_exchange(size_t i)
{
    (void)i;
    return "83 60 63 756470 00";
}

static const char *
a_record(size_t i)
{
    (void)i;
    return "83 00 41 78 40";
}

TEST(lists_have_their_caps)
{
    assert_true(accepts_list("08", CX_VISITED_MAX, an_alias));
    assert_false(accepts_list("08", CX_VISITED_MAX + 1, an_alias));
    assert_true(accepts_list("0c", CX_PROOF_MAX, a_control));
    assert_false(accepts_list("0c", CX_PROOF_MAX + 1, a_control));
    assert_true(accepts_list("0d", CX_CONTROL_NAMES_MAX, a_control));
    assert_false(accepts_list("0d", CX_CONTROL_NAMES_MAX + 1, a_control));
    assert_true(accepts_list("0e", CX_EXCHANGES_MAX, an_exchange));
    assert_false(accepts_list("0e", CX_EXCHANGES_MAX + 1, an_exchange));
    assert_true(accepts_list("0a", CX_MESSAGE_MAX, a_record));
    assert_false(accepts_list("0a", CX_MESSAGE_MAX + 1, a_record));
}

TEST(a_value_is_no_longer_than_a_message)
{
    static uint8_t value[CX_MESSAGE_MAX + 1];
    struct cx_caa caa = { 0, { (const uint8_t *)"x", 1 }, { value, CX_MESSAGE_MAX } };
    struct cx_name name = name_of("d.test");
    struct cx_answer_object object = { .answer = { .name = cx_name_span(&name),
                                                   .type = CX_TYPE_CAA,
                                                   .outcome = CX_OUTCOME_RECORDS,
                                                   .records = &caa,
                                                   .n_records = 1 } };
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    assert_true(cx_ok(encode(&object, &buf)));
    caa.value.n++;
    assert_int_equal(encode(&object, &buf).code, CX_E_INTERNAL);
    cx_buf_done(&buf);
}

TEST(too_long_an_object_is_refused)
{
    uint8_t *p = calloc(1, CX_RECORD_MAX + 1);
    struct cx_detail detail = { .text = "" };
    struct cx_answer_object object;
    struct cx_arena arena;

    assert_non_null(p);
    cx_arena_init(&arena, SPECIMEN_ARENA);
    for (size_t over = 0; over < 2; over++) { /* not for what is in it */
        assert_int_equal(
            cx_answer_object_decode((cx_span){ p, CX_RECORD_MAX + over }, &arena, &object, &detail)
                .code,
            CX_E_RECORD);
        assert_int_equal(strstr(detail.text, "too long") != NULL, over == 1);
    }
    cx_arena_done(&arena);
    free(p);
}

/* ---- structs that no object can be */

static void
spoil(struct cx_answer *a, int which)
{
    static const uint8_t a_wire[] = "\1a", b_wire[] = "\1b"; /* with the root's octet */
    static const cx_span a_name = { a_wire, 3 }, aliases[] = { { a_wire, 3 }, { a_wire, 3 } };
    static const struct cx_caa no_tag = { .flags = 0 };
    static const struct cx_proof_message timeless = { .name = { a_wire, 3 }, .time = CX_TIME_NONE },
                                         nameless = { .time = 0 },
                                         control = { .name = { b_wire, 3 } };
    static const struct cx_proof_message *const timeless_list[] = { &timeless };
    static const struct cx_proof_message *const nameless_list[] = { &nameless };
    static const struct cx_proof_message *const controls[] = { &control, &control };

    switch (which) {
    case 0:
        a->name = (cx_span){ NULL, 0 };
        break;
    case 1:
        a->type = CX_TYPE_DS;
        break;
    case 2:
        a->outcome = CX_OUTCOME_NODATA;
        break;
    case 3:
        a->n_records = 0;
        break;
    case 4:
        a->records = &no_tag;
        break;
    case 5:
        a->records_at = a_name;
        break;
    case 6:
        a->aliases = aliases;
        a->n_aliases = 2;
        break;
    case 7:
        a->n_aliases = CX_VISITED_MAX + 1;
        break;
    case 8:
        a->time = CX_TIME_MAX;
        break;
    case 9:
        a->proof = timeless_list;
        a->n_proof = 1;
        break;
    case 10:
        a->control = nameless_list;
        a->n_control = 1;
        break;
    case 11:
        a->control = controls;
        a->n_control = 2;
        break;
    case 12:
        a->n_proof = CX_PROOF_MAX + 1;
        break;
    case 13:
        a->n_exchanges = CX_EXCHANGES_MAX + 1;
        break;
    case 14:
        a->malformed = CX_MALFORMED_RDATA;
        break;
    case 15:
        a->cut = CX_STR("insecure");
        break;
    case 16:
        a->cut = CX_STR("\xff");
        a->cut_at = a->name;
        break;
    case 17:
        a->type = CX_TYPE_DNAME;
        break;
    case 18:
        a->n_control = CX_CONTROL_NAMES_MAX + 1;
        break;
    default:
        a->dnssec = (enum cx_dnssec)4;
        break;
    }
}

TEST(a_struct_that_no_object_can_be_is_not_written)
{
    static const struct cx_caa caa = { 0, { (const uint8_t *)"x", 1 }, { NULL, 0 } };
    struct cx_name name = name_of("d.test");

    for (int which = 0; which <= 19; which++) {
        struct cx_answer_object object = { .answer = { .name = cx_name_span(&name),
                                                       .type = CX_TYPE_CAA,
                                                       .outcome = CX_OUTCOME_RECORDS,
                                                       .records = &caa,
                                                       .n_records = 1 } };
        struct cx_buf buf;

        cx_buf_init(&buf, CX_RECORD_MAX);
        cx_buf_puts(&buf, "before");
        assert_true(cx_ok(encode(&object, &buf)));
        buf.n = 6;
        spoil(&object.answer, which);
        if (encode(&object, &buf).code != CX_E_INTERNAL) {
            fail_msg("spoilt %d is written", which);
        }
        assert_true(cx_str_equal(cx_buf_str(&buf), CX_STR("before")));
        cx_buf_done(&buf);
    }
}

/* ---- memory */

TEST(encoding_survives_every_oom_and_every_maximum)
{
    struct cx_arena arena;
    struct cx_answer_object object;
    struct dice dice = { 12 };
    cx_span octets;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    do {
        object = specimen_answer(&dice, &arena);
        octets = octets_of_answer(&object, &arena);
    } while (octets.n < 1000 || octets.n > 5000);
    for (size_t nth = 1;; nth++) {
        struct cx_buf buf;
        cx_status s;
        size_t seen;

        cx_buf_init(&buf, CX_RECORD_MAX);
        (void)cx_alloc_fail_nth(nth);
        s = encode(&object, &buf);
        seen = cx_alloc_fail_nth(0);
        assert_int_equal(buf.n, seen < nth ? octets.n : 0);
        cx_buf_done(&buf);
        if (seen < nth) {
            assert_true(cx_ok(s) && nth > 2);
            break;
        }
        assert_int_equal(s.code, CX_E_NOMEM);
    }
    for (size_t max = 0; max < octets.n + 2; max++) {
        struct cx_buf buf;

        cx_buf_init(&buf, max);
        assert_int_equal(encode(&object, &buf).code, max < octets.n ? CX_E_LIMIT : CX_OK);
        assert_int_equal(buf.n, max < octets.n ? 0 : octets.n);
        cx_buf_done(&buf);
    }
    cx_arena_done(&arena);
}

static void
survive(const struct cx_answer_object *object, cx_span octets)
{
    for (size_t nth = 1;; nth++) {
        struct cx_arena own;
        struct cx_answer_object read, before;
        cx_status s;
        size_t seen;

        memset(&read, 0x5a, sizeof(read));
        before = read;
        cx_arena_init(&own, SPECIMEN_ARENA);
        (void)cx_alloc_fail_nth(nth);
        s = cx_answer_object_decode(octets, &own, &read, NULL);
        seen = cx_alloc_fail_nth(0);
        if (seen < nth) {
            assert_true(cx_ok(s) && nth > 1);
            assert_null(answer_difference(object, &read));
            cx_arena_done(&own);
            return;
        }
        cx_arena_done(&own);
        assert_int_equal(s.code, CX_E_NOMEM);
        assert_memory_equal(&read, &before, sizeof(read));
    }
}

TEST(decoding_survives_every_oom)
{
    struct cx_arena arena;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct dice dice = { seed };
        struct cx_answer_object object = specimen_answer(&dice, &arena);

        if (object.answer.n_proof + object.answer.n_records + object.answer.n_exchanges > 40) {
            survive(&object, octets_of_answer(&object, &arena));
        }
    }
    cx_arena_done(&arena);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_written_is_read_and_written_again),
    cmocka_unit_test(an_answer_from_a_message_is_the_answer_from_its_object),
    cmocka_unit_test(an_answer_that_was_never_filled_in_is_an_error),
    cmocka_unit_test(every_flipped_bit_is_refused_or_kept),
    cmocka_unit_test(every_cut_is_refused),
    cmocka_unit_test(reads_what_stands_there),
    cmocka_unit_test(members_that_are_needed_and_members_that_are_not),
    cmocka_unit_test(keys_that_are_not_known),
    cmocka_unit_test(what_is_wrong_is_refused),
    cmocka_unit_test(what_is_right_is_read),
    cmocka_unit_test(the_owner_of_records_is_never_nobody),
    cmocka_unit_test(lists_have_their_caps),
    cmocka_unit_test(a_value_is_no_longer_than_a_message),
    cmocka_unit_test(too_long_an_object_is_refused),
    cmocka_unit_test(a_struct_that_no_object_can_be_is_not_written),
    cmocka_unit_test(encoding_survives_every_oom_and_every_maximum),
    cmocka_unit_test(decoding_survives_every_oom),
};

TEST_MAIN(tests)
