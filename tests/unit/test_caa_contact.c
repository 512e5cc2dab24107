#include "build.h"
#include "caa/contact.h"
#include "main.h"

#define EMAIL CX_TAG_CONTACTEMAIL
#define PHONE CX_TAG_CONTACTPHONE

static const struct {
    enum cx_tag property;
    const char *value;
    enum cx_contact_problem problem;
    size_t octet;
} rows[] = {
    /* One address in full, in RFC 6532 form. */
    { EMAIL, "hostmaster@d.test", CX_CONTACT_FITS, 0 },
    { EMAIL, "a.b+c!#$%&'*/=?^_`{|}~-x@sub.d.test", CX_CONTACT_FITS, 0 },
    { EMAIL, "\xc3\xbc@d.test", CX_CONTACT_FITS, 0 },
    { EMAIL,
      "a@b\xc3\xbc"
      "cher.test",
      CX_CONTACT_FITS, 0 },
    { EMAIL, "\xe4\xbd\xa0\xf0\x9f\x98\x80@xn--bcher-kva.test", CX_CONTACT_FITS, 0 },
    { EMAIL, "\"a b, <c>@\\\"\"@d.test", CX_CONTACT_FITS, 0 },
    { EMAIL, "", CX_CONTACT_EMPTY, 1 },
    { EMAIL, "a\x80@d.test", CX_CONTACT_NOT_UTF8, 2 },
    { EMAIL, "a\xc0\xaf@d.test", CX_CONTACT_NOT_UTF8, 2 },     /* overlong */
    { EMAIL, "a\xed\xa0\x80@d.test", CX_CONTACT_NOT_UTF8, 2 }, /* surrogate */
    { EMAIL, "a\xf4\x90\x80\x80@d.test", CX_CONTACT_NOT_UTF8, 2 },
    { EMAIL, "a\xff@d.test", CX_CONTACT_NOT_UTF8, 2 },
    { EMAIL, "a@d.test\xe2\x82", CX_CONTACT_NOT_UTF8, 9 }, /* cut off */
    { EMAIL, "a\x1b@d.test", CX_CONTACT_INVISIBLE, 2 },
    { EMAIL, "a@d.test\t", CX_CONTACT_INVISIBLE, 9 },
    { EMAIL, "a@d.test\xc2\x9b", CX_CONTACT_INVISIBLE, 9 },
    { EMAIL,
      "\xc2\xa0"
      "a@d.test",
      CX_CONTACT_INVISIBLE, 1 },
    { EMAIL, "a\xe2\x80\xae@d.test", CX_CONTACT_INVISIBLE, 2 },
    { EMAIL, "a@d.test\r\nBcc: b@d.test", CX_CONTACT_INVISIBLE, 9 },
    { EMAIL, " a@d.test", CX_CONTACT_PADDING, 1 },
    { EMAIL, "a@d.test ", CX_CONTACT_PADDING, 9 },
    { EMAIL, "mailto:a@d.test", CX_CONTACT_SCHEME, 1 },
    { EMAIL, "MailTo:a@d.test", CX_CONTACT_SCHEME, 1 },
    { EMAIL, "a@d.test,b@d.test", CX_CONTACT_LIST, 9 },
    { EMAIL, "a@d.test; b@d.test", CX_CONTACT_LIST, 9 },
    { EMAIL, "a,b@d.test", CX_CONTACT_LIST, 2 },
    { EMAIL, "a@b@d.test", CX_CONTACT_LIST, 4 },
    { EMAIL, "a@d.test b@d.test", CX_CONTACT_STRUCTURE, 9 },
    { EMAIL, "A <a@d.test>", CX_CONTACT_STRUCTURE, 2 },
    { EMAIL, "<a@d.test>", CX_CONTACT_STRUCTURE, 1 },
    { EMAIL, "a@d.test(c)", CX_CONTACT_STRUCTURE, 9 },
    { EMAIL, "\"A\" <a@d.test>", CX_CONTACT_STRUCTURE, 4 },
    { EMAIL, "d.test", CX_CONTACT_NO_AT, 7 },
    { EMAIL, "\"a@d.test\"", CX_CONTACT_NO_AT, 11 },
    { EMAIL, "\"a@d.test", CX_CONTACT_LOCAL_PART, 1 },
    { EMAIL, "\"a@d.test\\\"", CX_CONTACT_LOCAL_PART, 1 },
    { EMAIL, "@d.test", CX_CONTACT_LOCAL_PART, 1 },
    { EMAIL, ".a@d.test", CX_CONTACT_LOCAL_PART, 1 },
    { EMAIL, "a.@d.test", CX_CONTACT_LOCAL_PART, 2 },
    { EMAIL, "a..b@d.test", CX_CONTACT_LOCAL_PART, 3 },
    { EMAIL, "a[b@d.test", CX_CONTACT_LOCAL_PART, 2 },
    { EMAIL, "a@", CX_CONTACT_DOMAIN, 3 },
    { EMAIL, "a@test", CX_CONTACT_DOMAIN, 3 },
    { EMAIL, "a@d.test.", CX_CONTACT_DOMAIN, 10 },
    { EMAIL, "a@.d.test", CX_CONTACT_DOMAIN, 3 },
    { EMAIL, "a@d..test", CX_CONTACT_DOMAIN, 5 },
    { EMAIL, "a@-d.test", CX_CONTACT_DOMAIN, 3 },
    { EMAIL, "a@d-.test", CX_CONTACT_DOMAIN, 3 },
    { EMAIL, "a@d_e.test", CX_CONTACT_DOMAIN, 3 },
    { EMAIL, "a@[192.0.2.1]", CX_CONTACT_DOMAIN, 3 },
    { EMAIL, "+1 555 0100", CX_CONTACT_STRUCTURE, 3 },
    /* One global number in full: visual separators, and blanks. */
    { PHONE, "+15550100", CX_CONTACT_FITS, 0 },
    { PHONE, "+1 (555) 010-0.9", CX_CONTACT_FITS, 0 },
    { PHONE, "+(49)30123", CX_CONTACT_FITS, 0 },
    { PHONE, "+112", CX_CONTACT_FITS, 0 },
    { PHONE, "+123456789012345", CX_CONTACT_FITS, 0 },
    { PHONE, "", CX_CONTACT_EMPTY, 1 },
    { PHONE, "+1 555 0100\xff", CX_CONTACT_NOT_UTF8, 12 },
    { PHONE,
      "+1\xc2\xa0"
      "555 0100",
      CX_CONTACT_INVISIBLE, 3 },
    { PHONE, "+1\t5550100", CX_CONTACT_INVISIBLE, 3 },
    { PHONE, " +15550100", CX_CONTACT_PADDING, 1 },
    { PHONE, "+15550100 ", CX_CONTACT_PADDING, 10 },
    { PHONE, "tel:+15550100", CX_CONTACT_SCHEME, 1 },
    { PHONE, "TEL:+15550100", CX_CONTACT_SCHEME, 1 },
    { PHONE, "15550100", CX_CONTACT_NO_PLUS, 1 },
    { PHONE, "(+1)5550100", CX_CONTACT_NO_PLUS, 1 },
    { PHONE, "a@d.test", CX_CONTACT_NO_PLUS, 1 },
    { PHONE, "+ 15550100", CX_CONTACT_COUNTRY_CODE, 2 },
    { PHONE, "+0301234", CX_CONTACT_COUNTRY_CODE, 2 },
    { PHONE, "+(0)301234", CX_CONTACT_COUNTRY_CODE, 3 },
    { PHONE, "+15550100, +15550101", CX_CONTACT_LIST, 10 },
    { PHONE, "+15550100/01", CX_CONTACT_LIST, 10 },
    { PHONE, "+15550100+15550101", CX_CONTACT_LIST, 10 },
    { PHONE, "+15550100;ext=5", CX_CONTACT_NOT_A_NUMBER, 10 },
    { PHONE, "+1555CALL", CX_CONTACT_NOT_A_NUMBER, 6 },
    { PHONE, "+1 555 \xd9\xa1\xd9\xa2", CX_CONTACT_NOT_A_NUMBER, 8 }, /* other digits */
    { PHONE, "+", CX_CONTACT_TOO_SHORT, 2 },
    { PHONE, "+11", CX_CONTACT_TOO_SHORT, 4 },
    { PHONE, "+1234567890123456", CX_CONTACT_TOO_LONG, 17 },
    /* Other properties have no contacts. */
    { CX_TAG_IODEF, "a@d.test", CX_CONTACT_UNSET, 0 },
    { CX_TAG_UNKNOWN, "", CX_CONTACT_UNSET, 0 },
};

/* TEST R-TAG-4, R-TAG-5, R-TAG-11 */
TEST(a_value_is_one_contact_and_nothing_else)
{
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_contact_fault fault = cx_contact_check(rows[i].property, bytes_of(rows[i].value));

        if (fault.problem != rows[i].problem || fault.octet != rows[i].octet) {
            fail_msg("\"%s\": %s at %zu, not %s at %zu", rows[i].value,
                     cx_contact_word(fault.problem), fault.octet, cx_contact_word(rows[i].problem),
                     rows[i].octet);
        }
    }
}

/* TEST R-TAG-11: octets, not C strings. */
TEST(a_nul_ends_nothing)
{
    assert_int_equal(
        cx_contact_check(EMAIL, (cx_span){ (const uint8_t *)"a@d.test\0x", 10 }).problem,
        CX_CONTACT_INVISIBLE);
    assert_int_equal(
        cx_contact_check(PHONE, (cx_span){ (const uint8_t *)"+15550100\0", 10 }).problem,
        CX_CONTACT_INVISIBLE);
}

TEST(a_label_has_its_limit)
{
    char value[80] = "a@";

    memset(value + 2, 'x', 63);
    memcpy(value + 65, ".test", 6);
    assert_int_equal(cx_contact_check(EMAIL, bytes_of(value)).problem, CX_CONTACT_FITS);
    memset(value + 2, 'x', 64);
    memcpy(value + 66, ".test", 6);
    assert_int_equal(cx_contact_check(EMAIL, bytes_of(value)).problem, CX_CONTACT_DOMAIN);
}

TEST(every_problem_is_described_and_met)
{
    for (unsigned p = CX_CONTACT_EMPTY; p <= CX_CONTACT_METHOD_ENDED; p++) {
        bool met = p >= CX_CONTACT_METHOD_NOT_YET;

        assert_true(cx_contact_word((enum cx_contact_problem)p)[0] != '\0');
        assert_true(cx_contact_sentence((enum cx_contact_problem)p)[0] != '\0');
        assert_memory_equal(cx_contact_rule((enum cx_contact_problem)p), "R-TAG-", 6);
        for (size_t i = 0; i < CX_COUNT(rows); i++) {
            met = met || rows[i].problem == p;
        }
        ROW_TRUE(met, cx_contact_word((enum cx_contact_problem)p));
    }
    assert_string_equal(cx_contact_sentence(CX_CONTACT_FITS), "");
}

/* TEST R-TAG-4, R-TAG-5, R-TAG-12 */
TEST(methods_come_and_go_by_date)
{
    static const struct {
        enum cx_tag property;
        const char *number;
        const char *date;
        const char *standing;
    } days[] = {
        { EMAIL, "3.2.2.4.13", "2019-01-31T23:59:59Z", "not-yet" },
        { EMAIL, "3.2.2.4.13", "2019-02-01", "may" },
        { EMAIL, "3.2.2.4.13", "2026-03-14T23:59:59Z", "may" },
        { EMAIL, "3.2.2.4.13", "2026-03-15", "should-not" },
        { EMAIL, "3.2.2.4.13", "2028-03-14T23:59:59Z", "should-not" },
        { EMAIL, "3.2.2.4.13", "2028-03-15", "must-not" },
        { PHONE, "3.2.2.4.17", "2019-09-08T23:59:59Z", "not-yet" },
        { PHONE, "3.2.2.4.17", "2019-09-09", "may" },
        { PHONE, "3.2.2.4.17", "2026-03-15", "may" },
        { PHONE, "3.2.2.4.17", "2027-03-14T23:59:59Z", "may" },
        { PHONE, "3.2.2.4.17", "2027-03-15", "must-not" },
        { CX_TAG_ISSUE, "", "2022-01-01", "must-not" },
    };

    for (size_t i = 0; i < CX_COUNT(days); i++) {
        struct cx_contact_method method = cx_contact_method_of(days[i].property);
        enum cx_standing standing = cx_contact_method_standing(&method, time_of(days[i].date));

        assert_string_equal(method.number, days[i].number);
        assert_string_equal(cx_standing_word(standing), days[i].standing);
    }
}

static struct cx_contacts
contacts_of(struct scene *s, const struct cx_answer *set, const char *date)
{
    struct cx_contacts contacts;

    assert_int_equal(cx_contacts_of(set, time_of(date), &s->arena, &contacts).code, CX_OK);
    return contacts;
}

static bool
is(const struct cx_contact *contact, const char *value)
{
    return cx_span_equal(contact->value, bytes_of(value));
}

/* TEST R-TAG-11, R-MPIC-21, R-SYN-4, R-SYN-9 */
TEST(contacts_do_not_depend_on_order_or_repetition)
{
    struct scene s;
    struct cx_contacts a, b;

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
    a = contacts_of(&s,
                    scene_set(&s, "a.test", "0 contactphone +15550100", "0 issue ca.example.net",
                              "0 contactemail b@d.test", "128 ContactEmail a@d.test",
                              "0 contactemail a@d.test", "0 contactemail a@d.test.x", NULL),
                    "2026-11-22");
    b = contacts_of(&s,
                    scene_set(&s, "b.test", "0 contactemail a@d.test.x", "0 contactemail a@d.test",
                              "0 contactemail b@d.test", "0 contactphone +15550100", NULL),
                    "2026-11-22");
    assert_int_equal(a.n, 4);
    assert_int_equal(a.n_usable, 4);
    assert_int_equal(b.n, 4);
    assert_true(is(&a.v[0], "a@d.test") && is(&a.v[1], "a@d.test.x") && is(&a.v[2], "b@d.test"));
    for (size_t i = 0; i < a.n; i++) {
        assert_int_equal(a.v[i].property, b.v[i].property);
        assert_true(cx_span_equal(a.v[i].value, b.v[i].value));
    }
    scene_close(&s);
}

/* TEST R-TAG-11, R-TAG-12 */
TEST(usable_is_a_fitting_value_and_a_living_method)
{
    struct scene s;
    const struct cx_answer *set;
    struct cx_contacts c;

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
    set = scene_set(&s, "d.test", "0 contactemail a@d.test", "0 contactemail mailto:a@d.test",
                    "0 contactphone +15550100", NULL);
    c = contacts_of(&s, set, "2026-11-22");
    assert_int_equal(c.n_usable, 2);
    assert_true(c.v[0].usable && !c.v[1].usable && c.v[2].usable);
    assert_int_equal(c.v[0].standing, CX_STANDING_SHOULD_NOT);
    assert_int_equal(c.v[1].fault.problem, CX_CONTACT_SCHEME);
    c = contacts_of(&s, set, "2027-03-15");
    assert_int_equal(c.n_usable, 1);
    assert_true(c.v[0].usable && !c.v[2].usable);
    assert_int_equal(c.v[2].fault.problem, CX_CONTACT_METHOD_ENDED);
    assert_int_equal(c.v[2].fault.octet, 0);
    c = contacts_of(&s, set, "2028-03-15");
    assert_int_equal(c.n_usable, 0);
    assert_int_equal(c.v[1].fault.problem, CX_CONTACT_SCHEME); /* the value's fault comes first */
    c = contacts_of(&s, set, "2019-02-01");
    assert_int_equal(c.n_usable, 1);
    assert_int_equal(c.v[2].fault.problem, CX_CONTACT_METHOD_NOT_YET);
    scene_close(&s);
}

TEST(no_set_and_a_failure_have_no_contacts)
{
    struct scene s;
    struct cx_answer *failure;

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
    assert_int_equal(contacts_of(&s, NULL, "2026-11-22").n, 0);
    failure = scene_set(&s, "d.test", "0 contactemail a@d.test", NULL);
    assert_int_equal(contacts_of(&s, failure, "2026-11-22").n, 1);
    failure->outcome = CX_OUTCOME_BOGUS;
    assert_int_equal(contacts_of(&s, failure, "2026-11-22").n, 0);
    scene_close(&s);
}

TEST(no_memory_is_told)
{
    struct cx_arena arena;
    struct cx_contacts contacts = { .n = 77 };

    cx_arena_init(&arena, 8);
    assert_int_equal(cx_contacts_of(NULL, 0, &arena, &contacts).code, CX_E_NOMEM);
    assert_int_equal(contacts.n, 77);
    cx_arena_done(&arena);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_value_is_one_contact_and_nothing_else),
    cmocka_unit_test(a_nul_ends_nothing),
    cmocka_unit_test(a_label_has_its_limit),
    cmocka_unit_test(every_problem_is_described_and_met),
    cmocka_unit_test(methods_come_and_go_by_date),
    cmocka_unit_test(contacts_do_not_depend_on_order_or_repetition),
    cmocka_unit_test(usable_is_a_fitting_value_and_a_living_method),
    cmocka_unit_test(no_set_and_a_failure_have_no_contacts),
    cmocka_unit_test(no_memory_is_told),
};

TEST_MAIN(tests)
