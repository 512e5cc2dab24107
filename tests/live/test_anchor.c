/* Files of dated trust anchors: what is taken, what is left out, what is refused. */
#include "cmocka_main.h"
#include "resolve/anchor.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DS_2017 ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
#define P256                                                                                       \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
#define KEY ". 172800 IN DNSKEY 257 3 13 " P256

static cx_status
read_text(const char *text, struct cx_anchors *ret, struct cx_detail *detail)
{
    char path[] = "/tmp/test_anchor.XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    cx_status s;

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    s = cx_anchors_read(path, ret, detail);
    (void)unlink(path);
    return s;
}

static void
takes(const char *text, size_t n)
{
    struct cx_anchors anchors = { .n = 0 };
    struct cx_detail detail = { .text = "" };

    if (!cx_ok(read_text(text, &anchors, &detail))) {
        fail_msg("%s", detail.text);
    }
    assert_int_equal(anchors.n, n);
    cx_anchors_done(&anchors);
}

static void
refuses(const char *text, const char *why)
{
    struct cx_anchors anchors = { .n = 77 };
    struct cx_detail detail = { .text = "" };

    assert_int_equal(read_text(text, &anchors, &detail).code, CX_E_RESOLVER);
    assert_int_equal(anchors.n, 77); /* untouched */
    if (strstr(detail.text, why) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", detail.text, why);
    }
}

static void
test_takes_ds_and_dnskey(void **state)
{
    struct cx_anchors anchors;

    (void)state;
    takes(DS_2017 "\n", 1);
    takes(DS_2017, 1);
    takes("; comment\n\n" DS_2017 " ; KSK-2017\n" KEY "\n", 2);
    takes(". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D084 58E880409BBC683457104237C7F8EC8D\n", 1);
    takes(".\tin\t3600\tds\t1 13 4 " /* SHA-384 */
          "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
          "202122232425262728292a2b2c2d2e2f\n",
          1);
    assert_true(cx_ok(read_text(". 99 DS 20326  8 2 E06D44B80B8F1D39A95C0B0D7C65D084\t"
                                "58E880409BBC683457104237C7F8EC8D\n",
                                &anchors, NULL)));
    assert_string_equal(anchors.all[0].record, DS_2017);
    cx_anchors_done(&anchors);
}

static void
test_leaves_out_what_libunbound_would_ignore(void **state)
{
    (void)state;
    takes(DS_2017 "\n. DS 1 5 1 E06D44B80B8F1D39A95C0B0D7C65D08458E88040\n", 1);
    takes(DS_2017 "\n. DNSKEY 385 3 13 " P256 "\n. DNSKEY 256 3 13 " P256 "\n",
          1); /* revoked; no entry */
    refuses(". DS 1 5 1 E06D44B80B8F1D39A95C0B0D7C65D08458E88040\n", "no usable");
    refuses(". DS 1 8 2 E06D\n", "no usable");
    refuses(". DS 1 253 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n",
            "no usable");
    refuses(". DNSKEY 256 3 13 " P256 "\n", "no usable");
    refuses(". DNSKEY 257 3 13 AAAA\n", "no usable"); /* too short for a key of its kind */
    refuses(". DNSKEY 257 3 8 AAAA\n", "no usable");
    refuses("", "no usable");
    refuses("; only talk\n", "no usable");
}

static void
test_reads_states_of_rfc5011(void **state)
{
    (void)state;
    takes("; autotrust trust anchor file\n;;id: . 1\n" KEY
          " ;{id = 1 (ksk), size = 256b} ;;state=2 [  VALID  ] ;;count=0\n" KEY
          " ;;state=1 [ ADDPEND ] ;;count=3\n" KEY " ;;state=4 [ REVOKED ]\n" KEY
          " ;;state=3 [ MISSING ]\n",
          2);
    refuses(KEY " ;;state=1 [ ADDPEND ]\n", "no usable");
}

static void
test_dates_limit_the_next_record_only(void **state)
{
    struct cx_anchors anchors;

    (void)state;
    assert_true(cx_ok(read_text("; valid-from: 2010-07-15\n; valid-until: 2019-01-11\n" DS_2017
                                "\n" DS_2017 "\n" DS_2017 "; valid-until: 2030-01-01T12:00:00Z\n",
                                &anchors, NULL)));
    assert_int_equal(anchors.n, 3);
    assert_false(cx_anchor_holds(&anchors.all[0], cx_time_of_day(2010, 7, 15) - 1));
    assert_true(cx_anchor_holds(&anchors.all[0], cx_time_of_day(2010, 7, 15)));
    assert_true(cx_anchor_holds(&anchors.all[0], cx_time_of_day(2019, 1, 11) - 1));
    assert_false(cx_anchor_holds(&anchors.all[0], cx_time_of_day(2019, 1, 11)));
    assert_true(cx_anchor_holds(&anchors.all[1], cx_time_of_day(1999, 1, 1)));
    assert_true(cx_anchor_holds(&anchors.all[1], cx_time_of_day(2999, 1, 1)));
    assert_true(cx_anchor_holds(&anchors.all[2], cx_time_of_day(2030, 1, 1)));
    assert_false(cx_anchor_holds(&anchors.all[2], cx_time_of_day(2030, 1, 2)));
    cx_anchors_done(&anchors);
}

static void
test_data_is_in_wire_form(void **state)
{
    static const uint8_t digest[] = { 0xe0, 0x6d, 0x44, 0xb8, 0x0b };
    struct cx_anchors anchors;

    (void)state;
    assert_true(
        cx_ok(read_text(DS_2017 "\n"
                                ". DNSKEY 257 3 13 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"
                                "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==\n"
                                ". DNSKEY 257 3 15 +/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=\n",
                        &anchors, NULL)));
    assert_int_equal(anchors.n, 3);
    assert_int_equal(anchors.all[0].data.type, 43);
    assert_int_equal(anchors.all[0].data.rdata.n, 36);
    assert_memory_equal(anchors.all[0].data.rdata.p, "\x4f\x66\x08\x02", 4);
    assert_memory_equal(anchors.all[0].data.rdata.p + 4, digest, sizeof(digest));
    assert_int_equal(anchors.all[0].data.rdata.p[35], 0x8d);
    assert_int_equal(anchors.all[1].data.type, 48);
    assert_int_equal(anchors.all[1].data.rdata.n, 68);
    assert_memory_equal(anchors.all[1].data.rdata.p, "\x01\x01\x03\x0d", 4);
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(anchors.all[1].data.rdata.p[4 + i], i);
    }
    assert_int_equal(anchors.all[2].data.rdata.n, 36);
    assert_memory_equal(anchors.all[2].data.rdata.p + 4, "\xfb\xff\xbf\xfb\xff\xbf", 6);
    cx_anchors_done(&anchors);
}

static void
test_refuses_what_it_cannot_read(void **state)
{
    (void)state;
    refuses("test. IN DS 1 8 2 00\n", "another name than the root");
    refuses(DS_2017 "\n. IN SOA a b 1 2 3 4 5\n", "line 2");
    refuses(". IN DS 20326 8\n", "number is missing");
    refuses(". IN DS 20326 8 2\n", "ends early");
    refuses(". IN DS 99999 8 2 00\n", "out of range");
    refuses(". IN DS 1 8 2 0g\n", "not hex");
    refuses(". IN DNSKEY 257 3 8 (\n", "not base64");
    refuses(". IN DNSKEY 257 3 8 A=B=\n", "not base64");
    refuses(". IN DNSKEY 257 3 8 AAA\n", "not base64");
    refuses("; valid-until: soon\n" DS_2017 "\n", "line 1: not a date");
    refuses("; valid-from: 2017-02-02 valid-until: 2027-01-11\n" DS_2017 "\n", "not a date");
    refuses(DS_2017 "\n; valid-until: 2019-01-11\n", "without a record after it");
    refuses("<?xml version=\"1.0\"?>\n<TrustAnchor>\n", "line 1");
}

static void
test_refuses_files_that_are_not_there_or_too_long(void **state)
{
    struct cx_anchors anchors;
    struct cx_detail detail;
    char *text = calloc(1, 8000);

    (void)state;
    assert_int_equal(cx_anchors_read("/nonexistent/root.key", &anchors, &detail).code,
                     CX_E_RESOLVER);
    assert_non_null(strstr(detail.text, "/nonexistent/root.key"));
    assert_int_equal(cx_anchors_read("/tmp", &anchors, &detail).code, CX_E_RESOLVER);
    assert_non_null(text);
    memset(text, 'A', 7000);
    refuses(text, "too long");
    text[0] = ';';
    refuses(text, "too long");
    text[0] = '\0';
    for (int i = 0; i < 65; i++) {
        memcpy(text + strlen(text), DS_2017 "\n", sizeof(DS_2017 "\n"));
    }
    refuses(text, "too many");
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_ds_and_dnskey),
        cmocka_unit_test(test_leaves_out_what_libunbound_would_ignore),
        cmocka_unit_test(test_reads_states_of_rfc5011),
        cmocka_unit_test(test_dates_limit_the_next_record_only),
        cmocka_unit_test(test_data_is_in_wire_form),
        cmocka_unit_test(test_refuses_what_it_cannot_read),
        cmocka_unit_test(test_refuses_files_that_are_not_there_or_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
