#include "base/limits.h"
#include "incident/issued_row.h"
#include "issued.h"

#define CCADB                                                                                      \
    "Precertificate SHA-256 hash,Certificate SHA-256 hash,Subject,Issuer,Not before,Not after,"    \
    "Serial #,dNSNames,Is revoked?,Revocation date,Revocation reason\n"

static cx_span
text(const char *octets)
{
    return cx_span_of_str(cx_str_of(octets));
}

/* TEST R-INC-3: the list of an incident report is read back. */
TEST(columns_of_an_incident_report)
{
    const struct cx_issued *got;
    struct list list;

    list_open(&list, &cx_issued_csv,
              text("\xef\xbb\xbf" CCADB PRE_SHA256 "," FINAL_SHA256
                   ",\"CN=www.shop.example\",\"CN=Throw-away CA\",2026-11-22T00:00:00Z,"
                   "2027-02-01T00:00:00Z,1122334455667788,\"www.shop.example, "
                   "shop.example\",Yes,2026-11-23T10:00:00Z,superseded\n"
                   "N/A," FINAL_SHA256
                   ",,CN=Throw-away CA,2026-11-22T00:00:00Z,2027-02-01T00:00:00Z,00fe,"
                   "www.shop.example,N/A (expired),N/A,N/A\n"));
    got = list_issued(&list);
    assert_int_equal(list.record.line, 2);
    assert_int_equal(got->kind, CX_ISSUED_FINAL);
    assert_true(got->has_digest && is_hash(&got->digest, FINAL_SHA256));
    assert_true(got->has_precertificate && is_hash(&got->precertificate, PRE_SHA256));
    assert_true(is_text(got->subject, "CN=www.shop.example"));
    assert_true(is_text(got->issuer, "CN=Throw-away CA"));
    assert_true(has_names(got, "www.shop.example shop.example") && !got->names_partial);
    assert_true(got->serial.n == 8 && got->serial.p[0] == 0x11);
    assert_true(got->not_before == time_of("2026-11-22T00:00:00Z"));
    assert_true(got->not_after == time_of("2027-02-01T00:00:00Z"));
    assert_true(got->revoked && got->revoked_at == time_of("2026-11-23T10:00:00Z"));
    assert_int_equal(got->reason, 4);
    assert_true(got->sct_ms == 0 && got->signed_at == CX_TIME_NONE);
    assert_false(list.record.changed);
    got = list_issued(&list);
    assert_true(!got->has_precertificate && got->has_digest);
    assert_true(!got->revoked && got->revoked_at == CX_TIME_NONE && got->reason == -1);
    assert_true(got->serial.n == 1 && got->serial.p[0] == 0xfe);
    list_end(&list);
    list_close(&list);
}

TEST(columns_of_crtsh)
{
    const struct cx_issued *got;
    struct list list;

    list_open(&list, &cx_issued_csv,
              text("issuer_ca_id;issuer_name;common_name;name_value;id;entry_timestamp;not_before;"
                   "not_after;serial_number\n"
                   "1;\"C=NL, CN=CA\";a.example;\"a.example\n*.a.example\";77;2026-11-22T00:00:00."
                   "123;2026-11-21T23:00:00;2027-02-01T00:00:00;00aabb\n"));
    got = list_issued(&list);
    assert_true(has_names(got, "a.example *.a.example"));
    assert_true(got->names_partial); /* those that a search found */
    assert_true(got->sct_ms == 1795305600123 && got->kind == CX_ISSUED_UNSET);
    assert_true(got->serial.n == 2 && !got->has_digest);
    assert_true(contains(list.record.note, "without a zone taken for UTC"));
    list_end(&list);
    list_close(&list);
}

TEST(everything_a_ca_knows)
{
    const struct cx_issued *got;
    struct list list;

    list_open(&list, &cx_issued_csv,
              text("Serial Number\tSAN\tSigned At\tRevoked\tAware\tValidation Type\tAccount "
                   "URI\tValidation Method\tSubscriber\tSCT Time\tLogs\tKind\tStatus\n"
                   "0A\tDNS:a.example, IP Address:192.0.2.1, email:x@b.example\t"
                   "2026-11-22 10:00:00+01:00\tno\t2026-12-01T00:00:00Z\tDV\t"
                   "https://ca.example.net/acct/1\tdns-01\tExample\t1795305600123\t2\t"
                   "precertificate\tvalid\n"));
    got = list_issued(&list);
    assert_true(has_names(got, "a.example 192.0.2.1 x@b.example"));
    assert_true(got->signed_at == time_of("2026-11-22T09:00:00Z"));
    assert_true(!got->revoked && got->aware == time_of("2026-12-01T00:00:00Z"));
    assert_true(is_text(got->type, "DV") && is_text(got->method, "dns-01"));
    assert_true(is_text(got->account, "https://ca.example.net/acct/1"));
    assert_true(is_text(got->subscriber, "Example"));
    assert_true(got->sct_ms == 1795305600123 && got->logs == 2);
    assert_int_equal(got->kind, CX_ISSUED_PRE);
    assert_true(contains(list.record.note, "kinds in front of names removed"));
    list_end(&list);
    list_close(&list);
}

/* One column of interest after the names, read from one row. */
static struct list
row_of(const char *column, const char *cell)
{
    static char octets[40000];
    struct list list;

    (void)snprintf(octets, sizeof(octets), "names,sha256,%s\na.example," FINAL_SHA256 ",%s\n",
                   column, cell);
    list_open(&list, &cx_issued_csv, text(octets));
    assert_true(list_next(&list));
    return list;
}

static const struct {
    const char *column, *cell, *note;
} accepted[] = {
    { "serial", "00:FE:01", "serial: colons removed" },
    { "serial", "0xfe01", "serial: 0x removed" },
    { "serial", "fe1", "serial: a leading zero was missing" },
    { "serial", "\"=\"\"00fe\"\"\"", "serial: =\"\" removed" },
    { "serial", "'00fe", "serial: apostrophe in front removed" },
    { "not_before", "2026-11-22 00:00:00 +0000", NULL },
    { "not_before", "Nov 22 00:00:00 2026 GMT", "not_before: read as 2026-11-22T00:00:00Z" },
    { "not_before", "2026-11-22 00:00:00", "times without a zone taken for UTC" },
    { "not_before", "2026-11-22",
      "not_before: a date, taken for its first second, and for no moment" },
    { "not_after", "2026-11-22", "not_after: a date, taken for its last second" },
    { "revocation reason", "(4) Superseded", NULL },
    { "revocation reason", "key compromise", NULL },
    { "revocation reason", "10", NULL },
    { "revoked_at", "2026-11-22T00:00:00Z", "revoked_at: taken for revoked" },
    { "link", "https://crt.sh/?id=1", NULL },
    { "type", "N/A", NULL },
    { "subscriber", "M\xfcller", "subscriber: not UTF-8, read as Latin-1" },
    { "revoked", "'no", "revoked: apostrophe in front removed" },
    { "kind", "Leaf certificate", NULL },
    { "status", "revoked", NULL },
};

/* R-GEN-1: midnight is as good a moment as any, a day is none. */
TEST(a_day_is_no_moment_at_which_validity_begins)
{
    static const struct {
        const char *cell;
        bool is_date;
    } rows[] = { { "2026-11-22", true },
                 { "22-Nov-2026", true },
                 { "2026-11-22Z", true },
                 { "2026-11-22T00:00:00Z", false },
                 { "2026-11-22 00:00:00", false } };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct list list = row_of("not_before", rows[i].cell);

        ROW_TRUE(list.record.issued.not_before == time_of("2026-11-22T00:00:00Z"), rows[i].cell);
        ROW_TRUE(list.record.issued.not_before_is_date == rows[i].is_date, rows[i].cell);
        list_close(&list);
    }
}

TEST(cells_that_are_understood)
{
    for (size_t i = 0; i < CX_COUNT(accepted); i++) {
        struct list list = row_of(accepted[i].column, accepted[i].cell);

        if (list.record.fate != CX_FATE_OBSERVED) {
            fail_msg("%s: %s", accepted[i].cell, list.record.reason);
        }
        ROW_TRUE(list.record.changed == (accepted[i].note != NULL), accepted[i].cell);
        ROW_TRUE(accepted[i].note == NULL || contains(list.record.note, accepted[i].note),
                 accepted[i].cell);
        list_close(&list);
    }
}

static const struct {
    const char *column, *cell, *reason;
} refused[] = {
    { "serial", "1.2E+37", "spreadsheet" },
    { "serial", "1E+10", "spreadsheet" },
    { "serial", "-1", "not a serial number" },
    { "serial", "xyz", "not a serial number" },
    { "serial", "::", "not a serial number" },
    { "serial", FINAL_SHA256 FINAL_SHA256 "00", "not a serial number" },
    { "not_before", "22/11/2026", "day or month first" },
    { "not_after", "11/22/26", "day or month first" },
    { "not_after", "later", "not a time" },
    { "signed", "12:00", "not a time" },
    { "signed", "2026-11-22", "no moment" },
    { "sct", "2026-11-22", "no moment" },
    { "aware", "03/04/2026 10:00", "day or month first" },
    { "precertificate", "abcd", "not a SHA-256" },
    { "link", "https://crt.sh/?sha256=" PRE_SHA256, "another certificate" },
    { "link", "https://crt.sh/?sha256=12", "not a SHA-256" },
    { "kind", "root", "neither" },
    { "status", "perhaps", "neither" },
    { "revoked", "maybe", "not a time" },
    { "revocation reason", "because", "no CRLReason" },
    { "revocation reason", "7", "no CRLReason" },
    { "revocation reason", "4 keyCompromise", "no CRLReason" },
    { "clock", "sundial", "neither" },
    { "logs", "many", "not a number" },
    { "logs", "100", "not a number" },
};

TEST(cells_that_reject_their_row)
{
    for (size_t i = 0; i < CX_COUNT(refused); i++) {
        struct list list = row_of(refused[i].column, refused[i].cell);

        ROW_TRUE(list.record.fate == CX_FATE_REJECTED, refused[i].cell);
        ROW_TRUE(contains(list.record.reason, refused[i].reason), refused[i].cell);
        ROW_TRUE(list.record.text.n != 0 && list.record.line == 2, refused[i].cell);
        list_close(&list);
    }
}

static const struct {
    const char *cell, *names;
} names[] = {
    { "a.example", "a.example" },
    { "a.example b.example", "a.example b.example" },
    { "\"a.example,b.example\"", "a.example b.example" },
    { "a.example; *.b.example;", "a.example *.b.example" },
    { "||a.example||b.example|", "a.example b.example" },
    { "\"a.example\n\nb.example\n\"", "a.example b.example" },
    { "\"a.example\r\nb.example\"", "a.example b.example" },
    { "\"a.example,\nb.example, c.example\"", "a.example b.example c.example" },
    { "\"{a.example,b.example}\"", "a.example b.example" },
    { "\"[\"\"a.example\"\", \"\"b.example\"\"]\"", "a.example b.example" },
    { "\"DNS:a.example, DNS:*.b.example\"", "a.example *.b.example" },
    { "DNS Name=a.example", "a.example" },
    { "A.Example.", "A.Example" },
    { "x@a.example", "x@a.example" },
    { "2001:db8::1", "2001:db8::1" },
    { "IP:192.0.2.1", "192.0.2.1" },
    { "_x.a.example", "_x.a.example" },
    { "*.b\xc3\xbc"
      "cher.example",
      "*.xn--bcher-kva.example" },
    { "localhost", "localhost" },
};

TEST(names_in_one_cell)
{
    for (size_t i = 0; i < CX_COUNT(names); i++) {
        char octets[500];
        struct list list;

        (void)snprintf(octets, sizeof(octets), "serial,names\n01,%s\n", names[i].cell);
        list_open(&list, &cx_issued_csv, text(octets));
        ROW_TRUE(has_names(list_issued(&list), names[i].names), names[i].cell);
        list_close(&list);
    }
}

/* TEST R-PRF-10: a name that cannot be read is not left out. */
TEST(names_that_reject_their_row)
{
    static const char *const cells[] = {
        "",
        "N/A",
        "a..example",
        "a.example/path",
        "\"a.example\nb c\"",
        "a@",
        ",",
        "\"a.example,*.\"",
        "\"{}\"",
        "https://a.example",
        "a\\.b",
        "\xff.test",
        "x@y@z .",
        ".",
        "\"a.example,b\x01.example\"",
    };

    for (size_t i = 0; i < CX_COUNT(cells); i++) {
        char octets[500];
        struct list list;

        (void)snprintf(octets, sizeof(octets), "serial,names\n01,%s\n", cells[i]);
        list_open(&list, &cx_issued_csv, text(octets));
        ROW_TRUE(list_next(&list), cells[i]);
        ROW_TRUE(list.record.fate == CX_FATE_REJECTED, cells[i]);
        ROW_TRUE(contains(list.record.reason, "names"), cells[i]);
        list_close(&list);
    }
}

/* An address is one to its last octet: what follows a NUL would else be a name that nobody asks about. */
TEST(address_with_a_name_behind_a_nul)
{
    static const char octets[] = "serial,names\n01,192.0.2.1\0.shop.example\n";
    struct list list;

    list_open(&list, &cx_issued_csv, (cx_span){ (const uint8_t *)octets, sizeof(octets) - 1 });
    list_told(&list, CX_FATE_REJECTED, "names");
    list_close(&list);
}

/* Names that were cut off would be a certificate with fewer names, and each of those may be permitted. */
TEST(a_last_row_without_its_end_is_none)
{
    struct list list;

    list_open(&list, &cx_issued_csv, bytes_of("serial,names\n01,a.example\n02,a.example b.exam"));
    list_told(&list, CX_FATE_OBSERVED, "");
    list_told(&list, CX_FATE_REJECTED, "without a line end");
    list_close(&list);
}

TEST(no_more_names_than_a_request_has)
{
    struct cx_buf buf;
    struct list list;

    cx_buf_init(&buf, 1000000);
    cx_buf_puts(&buf, "serial,names\n01,");
    for (unsigned i = 0; i <= CX_NAMES_MAX; i++) {
        cx_buf_printf(&buf, "n%u.example ", i);
    }
    cx_buf_putc(&buf, '\n');
    list_open(&list, &cx_issued_csv, cx_span_of_str(cx_buf_str(&buf)));
    list_told(&list, CX_FATE_REJECTED, "more names");
    list_close(&list);
    cx_buf_done(&buf);
}

TEST(sha256_from_a_link)
{
    struct list list;

    list_open(&list, &cx_issued_csv,
              text("names,crt.sh link\na.example,https://crt.sh/?sha256=" FINAL_SHA256 "&x=1\n"
                   "a.example,https://crt.sh/?id=123\n"));
    assert_true(is_hash(&list_issued(&list)->digest, FINAL_SHA256));
    assert_true(contains(list.record.note, "SHA-256 taken from it"));
    list_told(&list, CX_FATE_REJECTED, "neither a SHA-256 nor a serial");
    list_end(&list);
    list_close(&list);
}

TEST(sha256_in_upper_case_with_colons)
{
    char octets[300] = "names,fingerprint\na.example,";
    size_t at = strlen(octets);
    struct list list;

    for (size_t i = 0; i < 64; i += 2) {
        at += (size_t)snprintf(octets + at, sizeof(octets) - at, "%s%c%c", i == 0 ? "" : ":",
                               FINAL_SHA256[i] >= 'a' ? FINAL_SHA256[i] - 32 : FINAL_SHA256[i],
                               FINAL_SHA256[i + 1] >= 'a' ? FINAL_SHA256[i + 1] - 32
                                                          : FINAL_SHA256[i + 1]);
    }
    octets[at++] = '\n';
    octets[at] = '\0';
    list_open(&list, &cx_issued_csv, text(octets));
    assert_true(is_hash(&list_issued(&list)->digest, FINAL_SHA256));
    assert_true(contains(list.record.note, "certificate: colons removed"));
    list_close(&list);
}

/* The certificate in a cell speaks for itself; the other cells add what it cannot say. */
TEST(certificates_in_cells)
{
    const struct cx_issued *got;
    struct cx_arena arena;
    struct cx_buf buf;
    struct list list;
    cx_span pem;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    pem = issued_file("final.pem", &arena);
    cx_buf_init(&buf, 100000);
    cx_buf_puts(&buf, "pem,signed,serial,not_before\n\"");
    cx_buf_put(&buf, cx_str_of_span(pem));
    cx_buf_puts(&buf, "\",2026-11-21T23:59:00Z,1122334455667788,\n\"");
    cx_buf_put(&buf, cx_str_of_span(pem));
    cx_buf_puts(&buf, "\",2026-11-21T23:59:00Z,1234,\n\"");
    cx_buf_put(&buf, cx_str_of_span(issued_file("ca.pem", &arena)));
    cx_buf_puts(&buf, "\",,,\n\"-----BEGIN CERTIFICATE-----");
    for (size_t i = 0; i < 20; i++) {
        cx_buf_puts(&buf, "MIIBAAAA");
    }
    cx_buf_puts(&buf, "\",,,\n");
    list_open(&list, &cx_issued_csv, cx_span_of_str(cx_buf_str(&buf)));
    got = list_issued(&list);
    assert_true(is_hash(&got->digest, FINAL_SHA256) && has_names(got, "www.shop.example"));
    assert_true(got->signed_at == time_of("2026-11-21T23:59:00Z"));
    assert_true(got->sct_ms == 1795305600123 && got->not_before == time_of("2026-11-22T00:00:00Z"));
    assert_true(is_text(got->issuer, "CN=Throw-away CA"));
    list_told(&list, CX_FATE_REJECTED, "another");
    list_told(&list, CX_FATE_IGNORED, "R-REV-7");
    list_told(&list, CX_FATE_REJECTED, "neither SHA-256 nor a certificate");
    list_end(&list);
    list_close(&list);
    cx_buf_done(&buf);
    cx_arena_done(&arena);
}

/* Base64 in lines, and octets as a database exports them. */
TEST(certificates_without_pem)
{
    struct cx_arena arena;
    struct cx_buf buf;
    struct list list;
    cx_str pem;
    cx_span der;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    pem = cx_str_of_span(issued_file("final.pem", &arena));
    der = issued_der("final.pem", &arena);
    cx_buf_init(&buf, 100000);
    cx_buf_puts(&buf, "der,aware\n\"");
    cx_buf_put(&buf, (cx_str){ pem.p + 28, pem.n - 28 - 26 });
    cx_buf_puts(&buf, "\",\n\\x");
    cx_buf_put_hex(&buf, der);
    cx_buf_puts(&buf, ",\n\\x");
    cx_buf_put_hex(&buf, der);
    cx_buf_puts(&buf, "0,\n\\x");
    cx_buf_put_hex(&buf, der);
    cx_buf_puts(&buf, "xy,\n");
    list_open(&list, &cx_issued_csv, cx_span_of_str(cx_buf_str(&buf)));
    assert_true(is_hash(&list_issued(&list)->digest, FINAL_SHA256));
    assert_true(is_hash(&list_issued(&list)->digest, FINAL_SHA256));
    list_told(&list, CX_FATE_REJECTED, "neither SHA-256 nor a certificate");
    list_told(&list, CX_FATE_REJECTED, "neither SHA-256 nor a certificate");
    list_end(&list);
    list_close(&list);
    cx_buf_done(&buf);
    cx_arena_done(&arena);
}

/* A link may be that of either of a pair. */
TEST(link_of_a_pair)
{
    struct list list;

    list_open(&list, &cx_issued_csv,
              text("names,precertificate,certificate,link\n"
                   "a.example," PRE_SHA256 "," FINAL_SHA256 ",https://crt.sh/?sha256=" PRE_SHA256
                   "\n"));
    assert_true(is_hash(&list_issued(&list)->digest, FINAL_SHA256));
    list_end(&list);
    list_close(&list);
}

/* Every row is exactly one record, whatever is in it. */
TEST(rows_that_are_none)
{
    struct list list;

    list_open(&list, &cx_issued_csv,
              text("sep=,\nserial,names\n01,a.example\n02\n03,a.example,more\n04,a.example,\n"
                   "serial,names\n\n05,\"a.example\n"));
    (void)list_issued(&list);
    assert_int_equal(list.record.line, 3);
    list_told(&list, CX_FATE_REJECTED, "1 cells under 2 columns");
    list_told(&list, CX_FATE_REJECTED, "3 cells under 2 columns");
    (void)list_issued(&list); /* an empty cell too many moves none */
    list_told(&list, CX_FATE_IGNORED, "again");
    list_told(&list, CX_FATE_REJECTED, "quote");
    list_end(&list);
    list_close(&list);
}

TEST(files_that_are_none)
{
    static const char *const files[] = { "", "\n", "serial,issuer\n01,CN=x\n", "names" };
    struct cx_detail detail = { .text = "" };
    struct list list;

    for (size_t i = 0; i < 3; i++) {
        ROW_TRUE(list_try(&list, &cx_issued_csv, text(files[i]), NULL, &detail).code ==
                     CX_E_ARCHIVE,
                 files[i]);
        cx_input_close(list.input);
    }
    assert_true(contains(detail.text, "line 1: no column of names"));
    assert_true(contains(detail.text, "\"serial\", \"issuer\""));
    list_open(&list, &cx_issued_csv, text(files[3])); /* no rows is no mistake */
    list_end(&list);
    list_close(&list);
}

static cx_status
try_mapping(const char *json, const char *octets, struct list *list, struct cx_detail *detail)
{
    struct cx_json *mapping = NULL;
    struct cx_issued_options options = { .mapping = NULL };
    cx_status s;

    assert_true(cx_ok(cx_json_parse(cx_str_of(json), &mapping, NULL)));
    options.mapping = mapping;
    s = list_try(list, &cx_issued_csv, text(octets), &options, detail);
    cx_json_free(mapping); /* nothing of it is needed any more */
    return s;
}

TEST(mappings)
{
    static const char octets[] = "Seriennummer,Namen,sig\n0a,a.example,2026-11-22T00:00:00Z\n";
    struct cx_detail detail = { .text = "" };
    const struct cx_issued *got;
    struct list list;

    assert_true(cx_ok(try_mapping("{\"serial\":\"Seriennummer\",\"names\":[\"Domains\",\"namen\"],"
                                  "\"signed\":\"sig\"}",
                                  octets, &list, &detail)));
    got = list_issued(&list);
    assert_true(got->serial.n == 1 && has_names(got, "a.example"));
    assert_true(got->signed_at == time_of("2026-11-22T00:00:00Z"));
    list_close(&list);
    assert_int_equal(try_mapping("{\"names\":\"nope\"}", octets, &list, &detail).code, CX_E_USAGE);
    assert_true(contains(detail.text, "no column \"nope\" for \"names\""));
    cx_input_close(list.input);
    assert_int_equal(try_mapping("{\"nmes\":\"Namen\"}", octets, &list, &detail).code, CX_E_USAGE);
    assert_true(contains(detail.text, "nmes"));
    cx_input_close(list.input);
    assert_int_equal(try_mapping("{\"names\":7}", octets, &list, &detail).code, CX_E_USAGE);
    cx_input_close(list.input);
    assert_int_equal(try_mapping("{\"names\":[]}", octets, &list, &detail).code, CX_E_USAGE);
    cx_input_close(list.input);
    assert_int_equal(try_mapping("[]", octets, &list, &detail).code, CX_E_USAGE);
    cx_input_close(list.input);
}

TEST(zone_of_times_without_one)
{
    struct cx_issued_options options = { .zone_s = 3600, .has_zone = true };
    struct list list;

    assert_true(cx_ok(list_try(&list, &cx_issued_csv,
                               text("serial,names,signed\n01,a.example,2026-11-22 01:00:00\n"
                                    "01,a.example,2026-11-22 01:00:00Z\n"),
                               &options, NULL)));
    assert_true(list_issued(&list)->signed_at == time_of("2026-11-22T00:00:00Z"));
    assert_false(list.record.changed);
    assert_true(list_issued(&list)->signed_at == time_of("2026-11-22T01:00:00Z"));
    list_close(&list);
}

static bool
looks_like(const char *octets)
{
    bool ret = false;

    assert_true(cx_ok(cx_issued_looks_like(&cx_issued_csv, text(octets), &ret)));
    return ret;
}

TEST(what_looks_like_it)
{
    static const char *const like[] = { CCADB, "serial;names\n", "Serial Number\tSAN",
                                        "sep=;\nserial;names" };
    static const char *const unlike[] = { "", "hello, world\n", "names\n",
                                          "-----BEGIN CERTIFICATE-----\n", "{\"serial\":1}" };

    for (size_t i = 0; i < CX_COUNT(like); i++) {
        ROW_TRUE(looks_like(like[i]), like[i]);
    }
    for (size_t i = 0; i < CX_COUNT(unlike); i++) {
        ROW_TRUE(!looks_like(unlike[i]), unlike[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(columns_of_an_incident_report),
    cmocka_unit_test(columns_of_crtsh),
    cmocka_unit_test(everything_a_ca_knows),
    cmocka_unit_test(cells_that_are_understood),
    cmocka_unit_test(a_day_is_no_moment_at_which_validity_begins),
    cmocka_unit_test(cells_that_reject_their_row),
    cmocka_unit_test(names_in_one_cell),
    cmocka_unit_test(names_that_reject_their_row),
    cmocka_unit_test(address_with_a_name_behind_a_nul),
    cmocka_unit_test(a_last_row_without_its_end_is_none),
    cmocka_unit_test(no_more_names_than_a_request_has),
    cmocka_unit_test(sha256_from_a_link),
    cmocka_unit_test(sha256_in_upper_case_with_colons),
    cmocka_unit_test(certificates_in_cells),
    cmocka_unit_test(certificates_without_pem),
    cmocka_unit_test(link_of_a_pair),
    cmocka_unit_test(rows_that_are_none),
    cmocka_unit_test(files_that_are_none),
    cmocka_unit_test(mappings),
    cmocka_unit_test(zone_of_times_without_one),
    cmocka_unit_test(what_looks_like_it),
};

TEST_MAIN(tests)
