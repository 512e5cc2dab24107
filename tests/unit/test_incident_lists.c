/* Certificates joined, marks, and what DNS says now. TEST R-PRF-6 R-PRF-10 R-PRF-11 R-EXC-2 */
#include "build.h"
#include "desk.h"
#include "incident/certificate_group.h"
#include "incident/certificate_row.h"
#include "main.h"

#include <stdio.h>
#include <string.h>

/* ---- certificates: "serial issuer F12 P34 names", joined and read back */

static struct cx_issued *
certificate(struct desk *d, unsigned serial, unsigned issuer, enum cx_issued_kind kind,
            unsigned digest, const char *names)
{
    static uint8_t serials[256];
    static const cx_str issuers[] = { CX_STR_INIT(""), CX_STR_INIT("CN=CA 1"),
                                      CX_STR_INIT("CN=CA 2") };
    struct cx_issued *issued = desk_certificate(d, names);

    serials[serial] = (uint8_t)serial;
    issued->serial = (cx_span){ &serials[serial], serial != 0 ? 1 : 0 };
    issued->issuer = issuers[issuer];
    issued->kind = kind;
    issued->has_digest = digest != 0;
    issued->digest.b[0] = (uint8_t)digest;
    return issued;
}

static void
put_certificate(const struct cx_certificate *c, struct cx_buf *text)
{
    cx_buf_printf(text, "%u/%d", c->issued.serial.n != 0 ? c->issued.serial.p[0] : 0u,
                  c->issued.issuer.n != 0 ? c->issued.issuer.p[c->issued.issuer.n - 1] - '0' : 0);
    if (c->has_certificate) {
        cx_buf_printf(text, " F%u", c->certificate.b[0]);
    }
    if (c->has_precertificate) {
        cx_buf_printf(text, " P%u", c->precertificate.b[0]);
    }
    for (size_t i = 0; i < c->issued.n_names; i++) {
        cx_buf_putc(text, ' ');
        cx_buf_put(text, c->issued.names[i]);
    }
    cx_buf_puts(text, c->issued.names_partial ? " ..." : "");
    cx_buf_putc(text, '\n');
}

static void
joined_are(struct desk *d, const char *counts, const char *expected)
{
    char path[SCRATCH_PATH];
    struct cx_detail detail = { .text = "" };
    struct cx_certificates_maker *maker;
    struct cx_certificates *file;
    struct cx_certificate_counts n;
    struct cx_buf text;
    char summary[100];

    scratch_join(path, d->folder, "certificates");
    SCRATCH_OK(cx_certificates_make(path, &maker, &detail));
    for (size_t i = 0; i < d->n_issued; i++) {
        SCRATCH_OK(cx_certificates_add(maker, &d->issued[i], 0, i + 1, &detail));
    }
    SCRATCH_OK(cx_certificates_finish(maker, &n, &detail));
    cx_certificates_free(maker);
    (void)snprintf(summary, sizeof(summary), "%d rows %d certificates %d pairs %d duplicates",
                   (int)n.rows, (int)n.certificates, (int)n.pairs, (int)n.duplicates);
    assert_string_equal(summary, counts);
    SCRATCH_OK(cx_certificates_open(path, &file, &detail));
    assert_int_equal(cx_certificates_size(file), n.certificates);
    cx_buf_init(&text, 100000);
    for (uint64_t i = 0; i < n.certificates; i++) {
        struct cx_certificate c;

        SCRATCH_OK(cx_certificates_at(file, i, &d->arena, &c, &detail));
        put_certificate(&c, &text);
    }
    cx_buf_putc(&text, '\0');
    assert_string_equal(text.p, expected);
    cx_buf_done(&text);
    cx_certificates_close(file);
}

TEST(no_certificates_are_a_file_too)
{
    struct desk d;

    desk_open(&d, "2022-01-01T00:00:00Z");
    joined_are(&d, "0 rows 0 certificates 0 pairs 0 duplicates", "");
    desk_close(&d);
}

TEST(a_precertificate_and_its_certificate_are_one)
{
    struct desk d;

    desk_open(&d, "2022-01-01T00:00:00Z");
    (void)certificate(&d, 1, 1, CX_ISSUED_PRE, 10, "a.test b.test");
    (void)certificate(&d, 2, 1, CX_ISSUED_FINAL, 20, "c.test");
    (void)certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "B.test d.test");
    (void)certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "a.test");
    joined_are(&d, "4 rows 2 certificates 1 pairs 1 duplicates",
               "1/1 F11 P10 a.test b.test d.test\n2/1 F20 c.test\n");
    desk_close(&d);
}

TEST(a_row_that_names_both_is_a_pair)
{
    struct desk d;
    struct cx_issued *both;

    desk_open(&d, "2022-01-01T00:00:00Z");
    both = certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "a.test");
    both->has_precertificate = true;
    both->precertificate.b[0] = 10;
    (void)certificate(&d, 1, 1, CX_ISSUED_PRE, 10, "a.test");
    joined_are(&d, "2 rows 1 certificates 1 pairs 1 duplicates", "1/1 F11 P10 a.test\n");
    desk_close(&d);
}

TEST(one_serial_of_two_issuers_is_two_certificates)
{
    struct desk d;

    desk_open(&d, "2022-01-01T00:00:00Z");
    (void)certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "a.test");
    (void)certificate(&d, 1, 2, CX_ISSUED_FINAL, 12, "a.test");
    joined_are(&d, "2 rows 2 certificates 0 pairs 0 duplicates",
               "1/1 F11 a.test\n1/2 F12 a.test\n");
    desk_close(&d);
}

TEST(one_serial_of_two_certificates_loses_none)
{
    struct desk d;

    desk_open(&d, "2022-01-01T00:00:00Z");
    (void)certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "a.test");
    (void)certificate(&d, 1, 1, CX_ISSUED_FINAL, 12, "b.test");
    (void)certificate(&d, 1, 1, CX_ISSUED_PRE, 10, "a.test");
    joined_are(&d, "3 rows 2 certificates 1 pairs 0 duplicates",
               "1/1 F11 P10 a.test\n1/1 F12 b.test\n");
    desk_close(&d);
}

/* Whichever comes first: a row that names both says which precertificate is whose, and a row of digests wins over a serial. */
TEST(digests_join_before_serials)
{
    struct desk d;
    struct cx_issued *both;

    desk_open(&d, "2022-01-01T00:00:00Z");
    (void)certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "a.test");
    (void)certificate(&d, 1, 1, CX_ISSUED_PRE, 20, "b.test");
    both = certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "a.test");
    both->has_precertificate = true;
    both->precertificate.b[0] = 10;
    (void)certificate(&d, 1, 1, CX_ISSUED_FINAL, 21, "c.test");
    joined_are(&d, "4 rows 2 certificates 2 pairs 0 duplicates",
               "1/1 F11 P10 a.test\n1/1 F21 P20 b.test c.test\n");
    desk_close(&d);
}

TEST(a_row_joins_what_stood_apart)
{
    struct desk d;
    struct cx_issued *both;

    desk_open(&d, "2022-01-01T00:00:00Z");
    (void)certificate(&d, 0, 0, CX_ISSUED_FINAL, 11, "a.test");
    (void)certificate(&d, 2, 1, CX_ISSUED_FINAL, 12, "x.test");
    (void)certificate(&d, 0, 0, CX_ISSUED_PRE, 10, "b.test");
    both = certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "c.test");
    both->has_precertificate = true;
    both->precertificate.b[0] = 10;
    (void)certificate(&d, 1, 1, CX_ISSUED_UNSET, 0, "d.test");
    joined_are(&d, "5 rows 2 certificates 1 pairs 2 duplicates",
               "1/1 F11 P10 a.test c.test b.test d.test\n2/1 F12 x.test\n");
    desk_close(&d);
}

/* Lists that contradict each other about whose precertificate it is. */
TEST(rows_that_contradict_each_other_stay_apart)
{
    struct desk d;

    desk_open(&d, "2022-01-01T00:00:00Z");
    for (unsigned i = 0; i < 2; i++) {
        struct cx_issued *both = certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "a.test");

        both->has_precertificate = true;
        both->precertificate.b[0] = (uint8_t)(10 + 10 * i);
    }
    (void)certificate(&d, 1, 1, CX_ISSUED_PRE, 20, "b.test");
    joined_are(&d, "3 rows 2 certificates 2 pairs 1 duplicates",
               "1/1 F11 P10 a.test\n1/1 F11 P20 a.test b.test\n");
    desk_close(&d);
}

/* ---- any rows: few digests and serials, so that they meet in many ways */

enum {
    ANY = 14
};

struct any {
    struct cx_certificate v[ANY];
    struct cx_certificate_group group;
    struct cx_arena arena;
};

static void
any_make(struct cx_certificate v[ANY], unsigned seed)
{
    static uint8_t octets[] = { 0, 1, 2 };
    uint32_t r = seed;

    memset(v, 0, ANY * sizeof(*v));
    for (size_t i = 0; i < ANY; i++) {
        struct cx_certificate *c = &v[i];

        r = r * 1664525 + 1013904223;
        c->certificate.b[0] = (uint8_t)(r >> 29);
        c->has_certificate = c->certificate.b[0] != 0;
        c->precertificate.b[0] = (uint8_t)(r >> 26 & 7);
        c->has_precertificate = c->precertificate.b[0] != 0;
        c->issued.serial = (cx_span){ &octets[(r >> 24 & 3) % 3], (r >> 24 & 3) % 3 != 0 };
        c->has_issuer = c->issued.serial.n != 0;
    }
}

static void
any_join(struct any *any, unsigned seed, uint64_t key)
{
    any_make(any->v, seed);
    any->group = (struct cx_certificate_group){ .v = any->v, .n = ANY };
    cx_arena_init(&any->arena, 1 << 20);
    assert_true(cx_ok(cx_certificate_group_join(&any->group, key, &any->arena)));
}

/* The bits of all digests there are, the first n rows'. */
static unsigned
digests_of(const struct cx_certificate *v, size_t n)
{
    unsigned ret = 0;

    for (size_t i = 0; i < n; i++) {
        ret |= v[i].has_certificate ? 1u << v[i].certificate.b[0] : 0;
        ret |= v[i].has_precertificate ? 1u << (8 + v[i].precertificate.b[0]) : 0;
    }
    return ret;
}

/* Two that are left are two: they contradict each other, or have neither digest nor serial in common. */
static void
check_apart(const struct cx_certificate *a, const struct cx_certificate *b)
{
    bool differ =
        (a->has_certificate && b->has_certificate && a->certificate.b[0] != b->certificate.b[0]) ||
        (a->has_precertificate && b->has_precertificate &&
         a->precertificate.b[0] != b->precertificate.b[0]);
    bool share = (a->has_certificate && b->has_certificate) ||
                 (a->has_precertificate && b->has_precertificate);

    assert_true(differ || !share);
    assert_true(differ || a->issued.serial.n == 0 || b->issued.serial.n == 0 ||
                a->issued.serial.p[0] != b->issued.serial.p[0]);
}

TEST(any_rows_are_joined_whatever_the_key_and_no_digest_is_lost)
{
    for (unsigned seed = 0; seed < 3000; seed++) {
        struct cx_certificate rows[ANY];
        struct any one, other;

        any_make(rows, seed);
        any_join(&one, seed, seed);
        any_join(&other, seed, seed * 77 + 1);
        assert_int_equal(one.group.n, other.group.n);
        assert_int_equal(one.group.duplicates, other.group.duplicates);
        for (size_t i = 0; i < one.group.n; i++) {
            assert_memory_equal(&one.v[i].certificate, &other.v[i].certificate, CX_HASH_SIZE);
            assert_memory_equal(&one.v[i].precertificate, &other.v[i].precertificate, CX_HASH_SIZE);
            for (size_t k = 0; k < i; k++) {
                check_apart(&one.v[k], &one.v[i]);
            }
        }
        assert_int_equal(digests_of(one.v, one.group.n), digests_of(rows, ANY));
        cx_arena_done(&one.arena);
        cx_arena_done(&other.arena);
    }
}

/* A list whose serial is the same in all rows, twice over: work grows with the rows, not with their pairs. */
TEST(one_serial_of_all_rows_is_joined_in_little_work)
{
    enum {
        N = 4096
    };
    static struct cx_certificate v[3 * N];
    uint8_t octet = 1;

    for (unsigned pre = 0; pre < 2; pre++) {
        struct cx_certificate_group group = { .v = v, .n = CX_COUNT(v) };
        struct cx_arena arena;

        cx_arena_init(&arena, (size_t)64 << 20);
        memset(v, 0, sizeof(v));
        for (uint32_t i = 0; i < CX_COUNT(v); i++) {
            uint32_t digest = i % N;

            v[i].has_issuer = true;
            v[i].issued.serial = (cx_span){ &octet, 1 };
            v[i].has_precertificate = pre != 0 && i >= (size_t)2 * N; /* half of each pair */
            v[i].has_certificate = !v[i].has_precertificate;
            memcpy(v[i].has_certificate ? v[i].certificate.b : v[i].precertificate.b, &digest,
                   sizeof(digest));
        }
        assert_true(cx_ok(cx_certificate_group_join(&group, 7, &arena)));
        assert_int_equal(group.n, N);
        assert_int_equal(group.duplicates, pre != 0 ? N : 2 * N);
        assert_true(group.v[N - 1].has_precertificate == (pre != 0));
        assert_true(group.compared < 8 * CX_COUNT(v));
        cx_arena_done(&arena);
    }
}

TEST(without_a_serial_the_digest_joins)
{
    struct desk d;

    desk_open(&d, "2022-01-01T00:00:00Z");
    (void)certificate(&d, 0, 0, CX_ISSUED_FINAL, 11, "a.test");
    (void)certificate(&d, 0, 0, CX_ISSUED_FINAL, 12, "a.test");
    (void)certificate(&d, 0, 0, CX_ISSUED_FINAL, 11, "b.test");
    joined_are(&d, "3 rows 2 certificates 0 pairs 1 duplicates",
               "0/0 F11 a.test b.test\n0/0 F12 a.test\n");
    desk_close(&d);
}

/* R-PRF-10: whole if one of the lists has all names. */
TEST(names_are_left_out_only_if_every_list_leaves_some_out)
{
    struct desk d;

    desk_open(&d, "2022-01-01T00:00:00Z");
    certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "a.test")->names_partial = true;
    certificate(&d, 1, 1, CX_ISSUED_PRE, 10, "b.test")->names_partial = true;
    certificate(&d, 2, 1, CX_ISSUED_FINAL, 21, "a.test")->names_partial = true;
    (void)certificate(&d, 2, 1, CX_ISSUED_PRE, 20, "a.test b.test");
    joined_are(&d, "4 rows 2 certificates 2 pairs 0 duplicates",
               "1/1 F11 P10 a.test b.test ...\n2/1 F21 P20 a.test b.test\n");
    desk_close(&d);
}

/* R-EXC-2: that the precertificate was signed earlier says nothing of when the certificate was. */
TEST(each_of_a_pair_keeps_its_moment)
{
    struct desk d;
    struct cx_arena *arena = &d.arena;
    struct cx_certificate a;
    struct cx_certificate b;
    bool is_new;

    for (unsigned swap = 0; swap < 2; swap++) {
        desk_open(&d, "2022-01-01T00:00:00Z");
        certificate(&d, 1, 1, swap == 0 ? CX_ISSUED_PRE : CX_ISSUED_FINAL, 10, "a.test")
            ->signed_at = swap == 0 ? 1000 : 2000;
        certificate(&d, 1, 1, swap == 0 ? CX_ISSUED_FINAL : CX_ISSUED_PRE, 11, "a.test")
            ->signed_at = swap == 0 ? 2000 : 1000;
        assert_true(cx_ok(cx_certificate_of(&d.issued[0], 0, 1, &a)));
        assert_true(cx_ok(cx_certificate_of(&d.issued[1], 0, 2, &b)));
        assert_true(cx_ok(cx_certificate_join(&a, &b, arena, &is_new)));
        assert_true(is_new);
        assert_int_equal(a.issued.signed_at, 2000);
        assert_int_equal(a.precertificate_signed_at, 1000);
        desk_close(&d);
    }
}

/* Whichever of two lists comes first. */
TEST(a_moment_of_validity_says_more_than_a_day)
{
    static const struct {
        cx_time a;
        bool a_is_date;
        cx_time b;
        bool b_is_date;
        cx_time joined;
        bool is_date;
    } rows[] = {
        { 86400, true, 90000, false, 90000, false },
        { 86400, true, 80000, false, 80000, false },
        { 86400, true, 172800, true, 86400, true },
        { 90000, false, 90001, false, 90000, false },
        { 86400, true, CX_TIME_NONE, false, 86400, true },
    };
    struct desk d;

    for (unsigned i = 0; i < 2 * CX_COUNT(rows); i++) {
        unsigned first = i % 2, row = i / 2;
        struct cx_certificate c[2];
        bool is_new;

        desk_open(&d, "2022-01-01T00:00:00Z");
        for (size_t k = 0; k < 2; k++) {
            assert_true(cx_ok(cx_certificate_of(
                certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "a.test"), 0, 1, &c[k])));
        }
        c[first].issued.not_before = rows[row].a;
        c[first].issued.not_before_is_date = rows[row].a_is_date;
        c[1 - first].issued.not_before = rows[row].b;
        c[1 - first].issued.not_before_is_date = rows[row].b_is_date;
        assert_true(cx_ok(cx_certificate_join(&c[0], &c[1], &d.arena, &is_new)));
        assert_int_equal(c[0].issued.not_before, rows[row].joined);
        assert_int_equal(c[0].issued.not_before_is_date, rows[row].is_date);
        desk_close(&d);
    }
}

/* A file of another's run: every row cut anywhere, and moments on which arithmetic would overflow. */
TEST(a_row_is_whole_or_none)
{
    static const cx_time moments[] = { INT64_MIN + 1, -62167219201, 253402300800, INT64_MAX };
    struct desk d;
    struct cx_certificate c;
    struct cx_certificate read;
    struct cx_buf row;

    desk_open(&d, "2022-01-01T00:00:00Z");
    assert_true(cx_ok(
        cx_certificate_of(certificate(&d, 1, 1, CX_ISSUED_FINAL, 11, "a.test b.test"), 3, 4, &c)));
    c.issued.sct_ms = 1640995200000;
    c.issued.logs = 2;
    c.issued.not_before_is_date = true;
    cx_buf_init(&row, 100000);
    cx_certificate_write(&c, &row);
    for (size_t n = 0; n < row.n; n++) {
        assert_int_equal(
            cx_certificate_read_row((cx_span){ (const uint8_t *)row.p, n }, &d.arena, &read).code,
            CX_E_STORE);
    }
    assert_true(cx_ok(cx_certificate_read_row(cx_span_of_str(cx_buf_str(&row)), &d.arena, &read)));
    assert_int_equal(read.issued.sct_ms, c.issued.sct_ms);
    assert_int_equal(read.issued.n_names, 2);
    assert_true(read.issued.not_before_is_date);
    for (size_t i = 0; i < CX_COUNT(moments); i++) {
        c.issued.not_after = moments[i];
        cx_buf_clear(&row);
        cx_certificate_write(&c, &row);
        assert_int_equal(
            cx_certificate_read_row(cx_span_of_str(cx_buf_str(&row)), &d.arena, &read).code,
            CX_E_STORE);
    }
    cx_buf_done(&row);
    desk_close(&d);
}

/* ---- marks */

#define SHA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct marking {
    struct desk d;
    char path[SCRATCH_PATH];
    struct cx_detail detail;
    struct cx_marks *marks;
    uint64_t n;
};

static cx_status
read_marks(struct marking *m, const char *text)
{
    struct cx_hash digest;

    m->marks = NULL;
    m->detail.text[0] = '\0';
    scratch_join(m->path, m->d.folder, "marks");
    scratch_write(m->path, text);
    return cx_marks_read(m->path, &m->marks, &m->n, &digest, &m->detail);
}

static bool
marks_have(const struct marking *m, const char *serial)
{
    uint8_t octets[20];
    struct cx_certificate c = { .has_certificate = false };

    for (size_t i = 0; i < strlen(serial) / 2; i++) {
        octets[i] = (uint8_t)(cx_ascii_hex((uint8_t)serial[2 * i]) << 4 |
                              cx_ascii_hex((uint8_t)serial[2 * i + 1]));
    }
    c.issued.serial = (cx_span){ octets, strlen(serial) / 2 };
    return cx_marks_have(m->marks, &c);
}

TEST(marks_are_serials_and_digests_however_they_are_written)
{
    static const char *const texts[] = {
        "0a0b",
        "A0B\n",
        "0x0A0b\r\n",
        "0a:0b",
        "000a0b\n",
        "serial\n0a0b\n",
        "\"0a0b\",x,y\n",
        "SHA-256;name\n0a0b;z",
        "\n\n0A0B\n\n",
        "0a0b\n0a0b\n",
        "\xef\xbb\xbf"
        "0a0b\n",
        "\xef\xbb\xbf\"0a0b\"\n",
        " 0a0b \n",
        "0a0b\t2019\n",
    };
    struct marking m;

    desk_open(&m.d, "2022-01-01T00:00:00Z");
    for (size_t i = 0; i < CX_COUNT(texts); i++) {
        if (!cx_ok(read_marks(&m, texts[i]))) {
            fail_msg("%s: %s", texts[i], m.detail.text);
        }
        ROW_TRUE(marks_have(&m, "0a0b"), texts[i]);
        ROW_TRUE(!marks_have(&m, "0a") && !marks_have(&m, "0b") && !marks_have(&m, "0a0b00"),
                 texts[i]);
        cx_marks_free(m.marks);
    }
    desk_close(&m.d);
}

TEST(marks_that_cannot_be_are_told)
{
    static const char *const texts[] = {
        "serial\nnonsense\n", "0a0b\nserial\n", "0a0b\n12:zz\n", "0a 1b 2c 3d\n",
        "0a0b\n" SHA "00\n",  SHA "00\n",       "0a0b\n0a 0b\n", "0a0b\n0x\n",
    };
    struct marking m;

    desk_open(&m.d, "2022-01-01T00:00:00Z");
    for (size_t i = 0; i < CX_COUNT(texts); i++) {
        ROW_TRUE(cx_status_class(read_marks(&m, texts[i])) == CX_CLASS_MALFORMED, texts[i]);
        ROW_TRUE(strstr(m.detail.text, "line ") != NULL && strstr(m.detail.text, "marks: ") != NULL,
                 m.detail.text);
        assert_null(m.marks);
    }
    desk_close(&m.d);
}

TEST(marks_find_certificates_by_either_digest)
{
    struct marking m;
    struct cx_certificate c = { .has_certificate = false };

    desk_open(&m.d, "2022-01-01T00:00:00Z");
    assert_true(cx_ok(read_marks(&m, SHA "\n0:1\n")));
    assert_int_equal(m.n, 2);
    assert_true(cx_hash_of_text(CX_STR(SHA), &c.certificate));
    assert_false(cx_marks_have(m.marks, &c)); /* it has none */
    c.has_certificate = true;
    assert_true(cx_marks_have(m.marks, &c));
    c.precertificate = c.certificate;
    c.certificate.b[0] ^= 1;
    assert_false(cx_marks_have(m.marks, &c));
    c.has_precertificate = true;
    assert_true(cx_marks_have(m.marks, &c));
    assert_false(cx_marks_have(NULL, &c));
    cx_marks_free(m.marks);
    assert_true(cx_ok(read_marks(&m, "")));
    assert_false(cx_marks_have(m.marks, &c));
    cx_marks_free(m.marks);
    assert_int_equal(cx_status_class(cx_marks_read("/no/such/file", &m.marks, &m.n,
                                                   &(struct cx_hash){ { 0 } }, &m.detail)),
                     CX_CLASS_IO);
    desk_close(&m.d);
}

static void
meet(struct marking *m, uint8_t serial)
{
    struct cx_certificate c = { .issued = { .serial = { &serial, 1 } } };

    cx_marks_meet(m->marks, &c);
}

TEST(marks_that_name_certificates_are_counted)
{
    struct marking m;
    uint64_t matched = 99;

    desk_open(&m.d, "2022-01-01T00:00:00Z");
    assert_true(cx_ok(read_marks(&m, "serial\n0a\n0b\n0A\n000a\n0c\n" SHA "\n")));
    meet(&m, 0x0a);
    meet(&m, 0x0a);
    meet(&m, 0x0d);
    assert_true(cx_ok(cx_marks_matched(m.marks, m.path, &matched, &m.detail)));
    assert_int_equal(matched, 3); /* three lines of one, not two certificates */
    meet(&m, 0x0c);
    assert_true(cx_ok(cx_marks_matched(m.marks, m.path, &matched, &m.detail)));
    assert_int_equal(matched, 4);
    cx_marks_free(m.marks);
    assert_true(cx_ok(read_marks(&m, ""))); /* whose process did not consult the answer: none */
    assert_true(cx_ok(cx_marks_matched(m.marks, m.path, &matched, &m.detail)));
    assert_int_equal(matched, 0);
    cx_marks_free(m.marks);
    desk_close(&m.d);
}

TEST(marks_that_name_no_certificate_are_refused)
{
    struct marking m;
    uint64_t matched = 99;

    desk_open(&m.d, "2022-01-01T00:00:00Z");
    assert_true(cx_ok(read_marks(&m, "row\n\n2,x\n1,y\n")));
    meet(&m, 0x0a);
    assert_int_equal(cx_status_class(cx_marks_matched(m.marks, m.path, &matched, &m.detail)),
                     CX_CLASS_MALFORMED);
    assert_int_equal(matched, 99);
    assert_non_null(strstr(m.detail.text, "marks: none of its 2 lines"));
    assert_non_null(strstr(m.detail.text, "line 3 is \"2\", expected are serials in hexadecimal"));
    cx_marks_free(m.marks);
    desk_close(&m.d);
}

/* ---- recheck */

static cx_status
read_recheck(struct marking *m, const char *text, struct cx_recheck **ret)
{
    struct cx_hash digest;

    *ret = NULL;
    m->detail.text[0] = '\0';
    scratch_join(m->path, m->d.folder, "recheck");
    scratch_write(m->path, text);
    return cx_recheck_read(m->path, ret, &m->n, &digest, &m->detail);
}

static enum cx_now
now_of(const struct cx_recheck *recheck, unsigned serial)
{
    uint8_t octet = (uint8_t)serial;
    struct cx_certificate c = { .has_certificate = false };

    c.issued.serial = (cx_span){ &octet, 1 };
    return cx_recheck_of(recheck, &c);
}

#define LINE(id, verdict) "{\"id\":\"" id "\",\"verdict\":\"" verdict "\"}"

TEST(a_recheck_says_what_each_verdict_means_now)
{
    struct marking m;
    struct cx_recheck *r;

    desk_open(&m.d, "2022-01-01T00:00:00Z");
    assert_true(cx_ok(read_recheck(
        &m,
        LINE("0a", "PERMIT") "\n" LINE("0b", "DENY") "\n\n" LINE("0c", "FAIL") "\n" LINE(
            "0D", "PERMIT-LF") "\n" LINE("0e", "ARGUABLE") "\n" LINE("0f",
                                                                     "yes") "\n{\"id\":\"10\"}\n",
        &r)));
    assert_int_equal(m.n, 7);
    assert_int_equal(now_of(r, 0x0a), CX_NOW_PERMITS);
    assert_int_equal(now_of(r, 0x0b), CX_NOW_DENIES);
    assert_int_equal(now_of(r, 0x0c), CX_NOW_FAILS);
    assert_int_equal(now_of(r, 0x0d), CX_NOW_PERMITS);
    assert_int_equal(now_of(r, 0x0e), CX_NOW_FAILS);
    assert_int_equal(now_of(r, 0x0f), CX_NOW_FAILS);
    assert_int_equal(now_of(r, 0x10), CX_NOW_FAILS);
    assert_int_equal(now_of(r, 0x11), CX_NOW_UNKNOWN);
    assert_int_equal(now_of(NULL, 0x0a), CX_NOW_UNKNOWN);
    cx_recheck_free(r);
    desk_close(&m.d);
}

TEST(ids_of_a_recheck_are_hexadecimal_however_it_is_written)
{
    struct marking m;
    struct cx_recheck *r;

    desk_open(&m.d, "2022-01-01T00:00:00Z");
    assert_true(cx_ok(read_recheck(&m, LINE("00:0A", "DENY") "\n" LINE("b", "DENY") "\n", &r)));
    assert_int_equal(now_of(r, 0x0a), CX_NOW_DENIES);
    assert_int_equal(now_of(r, 0x0b), CX_NOW_DENIES);
    cx_recheck_free(r);
    assert_int_equal(cx_status_class(read_recheck(
                         &m, LINE("order-17", "DENY") "\n" LINE("0a", "PERMIT") "\n", &r)),
                     CX_CLASS_MALFORMED);
    desk_close(&m.d);
}

TEST(of_two_results_the_later_counts)
{
    struct marking m;
    struct cx_recheck *r;

    desk_open(&m.d, "2022-01-01T00:00:00Z");
    assert_true(cx_ok(read_recheck(
        &m, LINE("0a", "PERMIT") "\n" LINE("0b", "DENY") "\n" LINE("0a", "DENY") "\n", &r)));
    assert_int_equal(now_of(r, 0x0a), CX_NOW_DENIES);
    cx_recheck_free(r);
    desk_close(&m.d);
}

TEST(a_last_line_that_was_cut_off_is_passed_over_and_no_other)
{
    static const char *const broken[] = { "{\"id\":\"0b\",\"ver", "{", "\"x\"",
                                          "{\"verdict\":\"DENY\"}" };
    struct marking m;
    struct cx_recheck *r;
    char text[200];

    desk_open(&m.d, "2022-01-01T00:00:00Z");
    for (size_t i = 0; i < CX_COUNT(broken); i++) {
        (void)snprintf(text, sizeof(text), "%s\n%s\n%s\n", LINE("0a", "DENY"), broken[i],
                       LINE("0c", "DENY"));
        ROW_TRUE(cx_status_class(read_recheck(&m, text, &r)) == CX_CLASS_MALFORMED, broken[i]);
        ROW_TRUE(strstr(m.detail.text, "line 2") != NULL, m.detail.text);
        (void)snprintf(text, sizeof(text), "%s\n%s", LINE("0a", "DENY"), broken[i]);
        ROW_TRUE(cx_ok(read_recheck(&m, text, &r)) && m.n == 1, broken[i]);
        cx_recheck_free(r);
        /* A file that is none is not one that was cut off. */
        ROW_TRUE(cx_status_class(read_recheck(&m, broken[i], &r)) == CX_CLASS_MALFORMED, broken[i]);
    }
    assert_true(cx_ok(read_recheck(&m, "", &r)));
    cx_recheck_free(r);
    desk_close(&m.d);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(no_certificates_are_a_file_too),
    cmocka_unit_test(a_precertificate_and_its_certificate_are_one),
    cmocka_unit_test(a_row_that_names_both_is_a_pair),
    cmocka_unit_test(one_serial_of_two_issuers_is_two_certificates),
    cmocka_unit_test(one_serial_of_two_certificates_loses_none),
    cmocka_unit_test(digests_join_before_serials),
    cmocka_unit_test(a_row_joins_what_stood_apart),
    cmocka_unit_test(rows_that_contradict_each_other_stay_apart),
    cmocka_unit_test(any_rows_are_joined_whatever_the_key_and_no_digest_is_lost),
    cmocka_unit_test(one_serial_of_all_rows_is_joined_in_little_work),
    cmocka_unit_test(without_a_serial_the_digest_joins),
    cmocka_unit_test(names_are_left_out_only_if_every_list_leaves_some_out),
    cmocka_unit_test(each_of_a_pair_keeps_its_moment),
    cmocka_unit_test(a_moment_of_validity_says_more_than_a_day),
    cmocka_unit_test(a_row_is_whole_or_none),
    cmocka_unit_test(marks_are_serials_and_digests_however_they_are_written),
    cmocka_unit_test(marks_that_cannot_be_are_told),
    cmocka_unit_test(marks_find_certificates_by_either_digest),
    cmocka_unit_test(marks_that_name_certificates_are_counted),
    cmocka_unit_test(marks_that_name_no_certificate_are_refused),
    cmocka_unit_test(a_recheck_says_what_each_verdict_means_now),
    cmocka_unit_test(ids_of_a_recheck_are_hexadecimal_however_it_is_written),
    cmocka_unit_test(of_two_results_the_later_counts),
    cmocka_unit_test(a_last_line_that_was_cut_off_is_passed_over_and_no_other),
};

TEST_MAIN(tests)
