#include "base/limits.h"
#include "issued.h"

static cx_span
text(const char *octets)
{
    return cx_span_of_str(cx_str_of(octets));
}

/* Members as docs/formats/run.md has them: a run's certificates can be the list of the next. */
TEST(certificates_of_a_run)
{
    const struct cx_issued *got;
    struct list list;

    list_open(
        &list, &cx_issued_ndjson,
        text("\xef\xbb\xbf{\"certificate\":\"" FINAL_SHA256 "\",\"precertificate\":\"" PRE_SHA256
             "\",\"serial\":\"1122334455667788\",\"issuer\":\"CN=CA\",\"subject\":null,"
             "\"not_before\":\"2026-11-22T00:00:00Z\",\"not_after\":\"2027-02-01T00:00:00Z\","
             "\"type\":\"DV\",\"signed\":\"2026-11-22T00:00:01Z\",\"clock\":\"sct\",\"class\":"
             "\"TAINTED\",\"names\":[{\"name\":\"a.example\",\"state\":\"none\"},{\"name\":\"*.a."
             "example\"}],\"now\":{\"state\":null},\"status\":\"revoked\",\"revoked\":"
             "\"2026-11-23T00:00:00Z\",\"revocation_reason\":4,\"aware\":null,\"remedies\":{}}\n"
             "\n{\"serial\":\"0b\",\"names\":[\"a.example\"],\"signed\":\"2026-11-22T00:00:01Z\","
             "\"clock\":\"signing-log\",\"revoked\":false}\r\n"
             "{\"serial\":\"0c\",\"names\":\"a.example b.example\",\"signed\":\"2026-11-22T00:00:"
             "01Z\",\"clock\":\"not-before\",\"revoked\":true,\"sct\":1795305600123}\n"));
    got = list_issued(&list);
    assert_int_equal(list.record.line, 1);
    assert_true(is_hash(&got->digest, FINAL_SHA256) && is_hash(&got->precertificate, PRE_SHA256));
    assert_true(has_names(got, "a.example *.a.example") && is_text(got->type, "DV"));
    assert_true(got->sct_ms == 1795305601000 && got->signed_at == CX_TIME_NONE);
    assert_true(got->revoked && got->revoked_at == time_of("2026-11-23T00:00:00Z"));
    assert_int_equal(got->reason, 4);
    assert_false(list.record.changed);
    got = list_issued(&list);
    assert_int_equal(list.record.line, 3);
    assert_true(got->signed_at == time_of("2026-11-22T00:00:01Z") && !got->revoked);
    got = list_issued(&list);
    assert_true(got->signed_at == CX_TIME_NONE && got->sct_ms == 1795305600123 && got->revoked);
    assert_true(has_names(got, "a.example b.example"));
    list_end(&list);
    list_close(&list);
}

TEST(lines_that_are_rejected)
{
    static const struct {
        const char *line, *reason;
    } lines[] = {
        { "{\"serial\":\"0a\",\"names\":[]}", "no names" },
        { "{\"serial\":\"0a\",\"names\":[\"\"]}", "\"names\" is not text" },
        { "{\"serial\":\"0a\",\"names\":[7]}", "\"names\" is not text" },
        { "{\"serial\":\"0a\",\"names\":[\"a.example\\nb.example\"]}", "\"names\" is not text" },
        { "{\"serial\":10,\"names\":[\"a.example\"]}", "\"serial\" is not text" },
        { "{\"serial\":1.2e37,\"names\":[\"a.example\"]}", "\"serial\" is not text" },
        { "{\"serial\":[\"0a\"],\"names\":[\"a.example\"]}", "\"serial\" is not text" },
        { "{\"serial\":\"0a\",\"names\":[\"a.example\"],\"issuer\":{}}", "\"issuer\" is not text" },
        { "{\"names\":[\"a.example\"]}", "neither a SHA-256 nor a serial" },
        { "{\"serial\":\"0a\"}", "no names" },
        { "[]", "not a JSON object" },
        { "7", "not a JSON object" },
        { "{\"serial\":", "" },
        { "{\"serial\":\"0a\",\"serial\":\"0b\"}", "" },
        { "\xff", "" },
    };

    for (size_t i = 0; i < CX_COUNT(lines); i++) {
        char octets[500];
        struct list list;

        (void)snprintf(octets, sizeof(octets),
                       "%s\n{\"serial\":\"0a\",\"names\":[\"a.example\"]}\n", lines[i].line);
        list_open(&list, &cx_issued_ndjson, text(octets));
        assert_true(list_next(&list));
        ROW_TRUE(list.record.fate == CX_FATE_REJECTED, lines[i].line);
        ROW_TRUE(contains(list.record.reason, lines[i].reason), lines[i].line);
        ROW_TRUE(cx_str_equal(cx_str_of_span(list.record.text), cx_str_of(lines[i].line)),
                 lines[i].line);
        (void)list_issued(&list); /* and reading goes on */
        list_end(&list);
        list_close(&list);
    }
}

static const char crtsh[] =
    "[{\"issuer_ca_id\":1,\"issuer_name\":\"C=NL, "
    "CN=CA\",\"common_name\":\"a.example\",\"name_value\":\"a.example\\n*.a.example\",\"id\":77,"
    "\"entry_timestamp\":\"2026-11-22T00:00:00.123\",\"not_before\":\"2026-11-21T23:00:00\",\"not_"
    "after\":\"2027-02-01T00:00:00\",\"serial_number\":\"00aabb\",\"result_count\":2},"
    "{\"issuer_ca_id\":1,\"issuer_name\":\"C=NL, CN=CA\",\"name_value\":\"a.example\",\"id\":78,"
    "\"entry_timestamp\":null,\"not_before\":\"2026-11-21T23:00:00\",\"not_after\":\"2027-02-01T00:"
    "00:00\",\"serial_number\":\"00aabb\"},"
    "{\"issuer_ca_id\":1,\"name_value\":\"Example Inc\",\"serial_number\":\"01\",\"entry_"
    "timestamp\":null},"
    "{\"issuer_ca_id\":1,\"name_value\":\"a.example\",\"num_certs\":9},7]";

TEST(search_of_crtsh)
{
    const struct cx_issued *got;
    struct list list;

    list_open(&list, &cx_issued_json, text(crtsh));
    got = list_issued(&list);
    assert_int_equal(list.record.line, 1);
    assert_true(has_names(got, "a.example *.a.example") && got->names_partial);
    assert_true(got->sct_ms == 1795305600123 && is_text(got->issuer, "C=NL, CN=CA"));
    assert_true(got->not_before == time_of("2026-11-21T23:00:00Z"));
    assert_true(got->serial.n == 2 && !got->has_digest && got->kind == CX_ISSUED_UNSET);
    assert_false(list.record.changed); /* its times are in UTC, as is known */
    got = list_issued(&list);
    assert_true(got->sct_ms == 0);
    list_told(&list, CX_FATE_REJECTED, "neither a host name"); /* an organization that was found */
    assert_true(list.record.text.n != 0);
    list_told(&list, CX_FATE_REJECTED, "neither a SHA-256 nor a serial"); /* grouped */
    list_told(&list, CX_FATE_REJECTED, "not a JSON object");
    list_end(&list);
    list_close(&list);
}

TEST(arrays_that_are_none)
{
    static const char *const files[] = { "", "{}", "[", "[1", "[] []", "[{\"a\":1,\"a\":2}]" };
    struct cx_detail detail = { .text = "" };
    struct list list;

    for (size_t i = 0; i < CX_COUNT(files); i++) {
        cx_status s = list_try(&list, &cx_issued_json, text(files[i]), NULL, &detail);

        ROW_TRUE(cx_status_class(s) == CX_CLASS_MALFORMED && detail.text[0] != '\0', files[i]);
        cx_input_close(list.input);
    }
    list_open(&list, &cx_issued_json, text(" [ ] \n"));
    list_end(&list);
    list_close(&list);
}

TEST(what_looks_like_it)
{
    assert_true(cx_issued_json.looks_like(text("\xef\xbb\xbf \r\n[")));
    assert_true(cx_issued_ndjson.looks_like(text("\n{\"serial\"")));
    assert_false(cx_issued_json.looks_like(text("{")) || cx_issued_ndjson.looks_like(text("[")));
    assert_false(cx_issued_json.looks_like(text("")) || cx_issued_ndjson.looks_like(text("a")));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(certificates_of_a_run), cmocka_unit_test(lines_that_are_rejected),
    cmocka_unit_test(search_of_crtsh),       cmocka_unit_test(arrays_that_are_none),
    cmocka_unit_test(what_looks_like_it),
};

TEST_MAIN(tests)
