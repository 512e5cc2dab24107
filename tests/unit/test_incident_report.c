#include "base/alloc.h"
#include "incident/report.h"
#include "main.h"

#include <stdlib.h>

/* ---- a run and its rows, as text */

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char run_text[] =
    "{\"schema\":1,\"program\":\"caaproof\",\"run\":\"" HASH "\",\"made\":\"2026-11-20T15:05:00Z\","
    "\"title\":\"a [title](http://x.test) <b>\",\"default_remedy\":\"rules\","
    "\"options\":{\"aware\":null},\"inputs\":[],"
    "\"counts\":{\"certificates\":1234567,\"pairs\":2,\"names\":3,\"remaining_valid\":4,"
    "\"expired\":5,\"revoked\":6,\"short_lived\":7,\"rejected\":8},"
    "\"period\":{\"first_signed\":null,\"last_signed\":null},\"matrix\":[],\"grades\":[],"
    "\"reasons\":[],\"remedies\":[],\"differences\":[],\"duties\":[],\"days\":[],\"statements\":[]"
    "}";

/* A certificate; more replaces or adds members. */
static struct cx_json *
row_of(const char *more)
{
    struct cx_json *row, *change;
    cx_str names[32];
    size_t n;

    assert_int_equal(
        cx_json_parse(CX_STR("{\"certificate\":\"" HASH "\",\"precertificate\":null,"
                             "\"serial\":\"00e1\",\"issuer\":\"CN=A\",\"subject\":\"CN=a.test\","
                             "\"not_before\":\"2026-11-01T00:00:00Z\","
                             "\"not_after\":\"2027-01-01T00:00:00Z\",\"class\":\"TAINTED\","
                             "\"process\":\"unknown\",\"grade\":null,\"status\":\"valid\","
                             "\"duty\":\"24h\",\"rule\":\"R-REV-3\","
                             "\"deadline\":\"2026-11-21T08:30:00Z\",\"late\":false,\"now\":null,"
                             "\"account\":null,\"subscriber\":\"s\","
                             "\"names\":[{\"name\":\"a.test\",\"verdict\":null,\"records\":[]}],"
                             "\"remedies\":{\"recheck\":null,\"archive\":false,\"process\":true,"
                             "\"rules\":true},\"source\":\"list.csv\",\"line\":2}"),
                      &row, NULL)
            .code,
        CX_OK);
    assert_int_equal(cx_json_parse(cx_str_of(more), &change, NULL).code, CX_OK);
    n = cx_json_members(change, names, CX_COUNT(names));
    for (size_t i = 0; i < n; i++) {
        assert_true(
            cx_json_set_str(row, names[i], cx_json_copy(cx_json_get_str(change, names[i]))));
    }
    cx_json_free(change);
    return row;
}

struct given {
    const char *const *texts; /* NULL-terminated */
    struct cx_json *row;
};

static cx_status
next(void *ctx, const struct cx_json **ret, struct cx_detail *detail __attribute__((unused)))
{
    struct given *given = ctx;

    cx_json_free(given->row);
    given->row = *given->texts == NULL ? NULL : row_of(*given->texts++);
    *ret = given->row;
    return CX_SUCCESS;
}

enum kind {
    CSV,
    LINKS,
    WORKLIST,
    NOTICES,
};

static cx_status
write_kind(enum kind kind, const struct cx_report_rows *rows, const char *remedy, FILE *out,
           struct cx_detail *detail)
{
    const struct cx_report_lists lists = {
        .csv = kind == CSV ? out : NULL,
        .links = kind == LINKS ? out : NULL,
        .worklist = kind == WORKLIST ? out : NULL,
        .notices = kind == NOTICES ? out : NULL,
    };

    return cx_report_lists(rows, remedy, &lists, detail);
}

/* Freed by the caller. */
static char *
list_of(enum kind kind, const char *const *texts, const char *remedy)
{
    struct given given = { .texts = texts };
    struct cx_report_rows rows = { next, &given };
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    assert_non_null(out);
    assert_int_equal(write_kind(kind, &rows, remedy, out, NULL).code, CX_OK);
    assert_int_equal(fclose(out), 0);
    cx_json_free(given.row);
    return text;
}

/* Whether the list of that one row has what is wanted. */
static void
assert_has(enum kind kind, const char *row, const char *wanted)
{
    const char *const texts[] = { row, NULL };
    char *text = list_of(kind, texts, NULL);

    if (strstr(text, wanted) == NULL) {
        fail_msg("no %s in:\n%s", wanted, text);
    }
    free(text);
}

/* TEST R-INC-3: eleven columns in their order, ours to the right. */
TEST(columns_are_those_of_the_template)
{
    const char *const none[] = { NULL };
    char *text = list_of(CSV, none, NULL);

    assert_string_equal(text,
                        "Precertificate SHA-256 hash,Certificate SHA-256 hash,Subject,Issuer,Not "
                        "before,Not after,Serial #,dNSNames,Is revoked?,Revocation date,Revocation "
                        "reason,CAA checked at (UTC),Relevant RRset at,CAA records,Verdict then,"
                        "Verdict now,Evidence grade,Class,Process,Source\r\n");
    free(text);
}

/* TEST R-INC-3: N/A for what does not apply or is not known. */
TEST(what_is_unknown_is_not_applicable)
{
    const char *const texts[] = { "{}", NULL };
    char *text = list_of(CSV, texts, NULL);

    assert_string_equal(
        strchr(text, '\n') + 1,
        "N/A," HASH ",CN=a.test,CN=A,2026-11-01T00:00:00Z,2027-01-01T00:00:00Z,"
        "00e1,a.test,Planned,2026-11-21T08:30:00Z,superseded,N/A,N/A,N/A,N/A,N/A,N/A,"
        "TAINTED,unknown,list.csv:2\r\n");
    free(text);
    assert_has(CSV, "{\"names\":[],\"serial\":null,\"subject\":\"\",\"issuer\":null}",
               "N/A," HASH ",N/A,N/A,2026-11-01T00:00:00Z,2027-01-01T00:00:00Z,N/A,N/A,Planned");
}

/* TEST R-INC-3, R-REV-3 */
TEST(revocation_is_done_planned_delayed_or_does_not_apply)
{
    static const struct {
        const char *row;
        const char *cells;
    } rows[] = {
        { "{\"status\":\"revoked\",\"revoked\":\"2026-11-20T10:00:00Z\",\"revocation_reason\":4}",
          ",Yes,2026-11-20T10:00:00Z,superseded," },
        { "{\"status\":\"revoked\",\"revoked\":null,\"revocation_reason\":null}", ",Yes,N/A,N/A," },
        { "{\"status\":\"revoked\",\"revoked\":null,\"revocation_reason\":\"keyCompromise\"}",
          ",Yes,N/A,keyCompromise," },
        { "{\"status\":\"revoked\",\"revoked\":null,\"revocation_reason\":7}", ",Yes,N/A,7," },
        { "{\"status\":\"expired\"}", ",N/A,N/A,N/A," },
        { "{\"late\":true}", ",Delayed,2026-11-21T08:30:00Z,superseded," },
        { "{\"remedies\":{\"rules\":false}}", ",N/A,N/A,N/A," },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        assert_has(CSV, rows[i].row, rows[i].cells);
    }
}

TEST(a_formula_is_quoted_and_a_hash_is_not_touched)
{
    assert_has(CSV, "{\"subject\":\"=1+1\"}", ",\"'=1+1\",");
    assert_has(CSV, "{\"subject\":\"+1\"}", ",\"'+1\",");
    assert_has(CSV, "{\"subject\":\"-1\"}", ",\"'-1\",");
    assert_has(CSV, "{\"subject\":\"@SUM(A1)\"}", ",\"'@SUM(A1)\",");
    assert_has(CSV, "{\"subject\":\"  =1\"}", ",\"'  =1\",");
    assert_has(CSV, "{\"subject\":\"\\uff1d1\"}",
               ",\"'\xef\xbc\x9d"
               "1\",");
    assert_has(CSV, "{\"subject\":\"\\t=1\"}", ",\\u{9}=1,");
    assert_has(CSV, "{\"subject\":\"a=1\"}", ",a=1,");
    assert_has(CSV, "{\"subject\":\"=\\\",x\"}", ",\"'=\"\",x\",");
    assert_has(CSV, "{\"serial\":\"1e37\"}", ",1e37,");
    assert_has(WORKLIST, "{\"account\":\"=1\"}", ",\"'=1\",");
    assert_has(NOTICES, "{\"subscriber\":\"-cmd|x\"}", "\r\n\"'-cmd|x\",");
}

TEST(a_cell_ends_where_it_ends)
{
    assert_has(CSV, "{\"subject\":\"a,b\"}", ",\"a,b\",");
    assert_has(CSV, "{\"subject\":\"a\\\"b\"}", ",\"a\"\"b\",");
    assert_has(CSV, "{\"subject\":\"a;b\"}", ",\"a;b\",");
    assert_has(CSV, "{\"subject\":\"a\\r\\nb,c\"}", ",\"a\\u{D}\\u{A}b,c\",");
    assert_has(CSV, "{\"subject\":\"a\\u0000b\\u202ec\\u001b[1m\"}",
               ",a\\u{0}b\\u{202E}c\\u{1B}[1m,");
}

TEST(several_names_say_which)
{
    static const char row[] =
        "{\"names\":[{\"name\":\"a.test\",\"checked\":\"2026-11-01T00:00:00Z\","
        "\"found_at\":\"test\",\"verdict\":\"PERMIT\",\"records\":[\"0 issue x\"]},"
        "{\"name\":\"*.b.test\",\"checked\":\"2026-11-01T00:00:01Z\",\"verdict\":\"PERMIT\","
        "\"records\":[]},{\"name\":\"c.test\",\"records\":[]}]}";

    assert_has(CSV, row,
               "\"a.test: 2026-11-01T00:00:00Z; *.b.test: 2026-11-01T00:00:01Z; c.test: N/A\"");
    assert_has(CSV, row, "\"a.test: test; *.b.test: N/A; c.test: N/A\"");
    assert_has(CSV, row, "\"a.test: 0 issue x; *.b.test: none; c.test: N/A\"");
    assert_has(CSV,
               "{\"names\":[{\"name\":\"a.test\",\"checked\":\"2026-11-01T00:00:00Z\","
               "\"records\":[\"0 issue \\\"x\\\"\",\"0 issue \\\"y\\\"\"]}]}",
               ",\"0 issue \"\"x\"\" | 0 issue \"\"y\"\"\",");
    assert_has(CSV, "{\"names\":[{\"name\":\"a.test\",\"checked\":\"2026-11-01T00:00:00Z\"}]}",
               ",2026-11-01T00:00:00Z,N/A,none,");
}

/* Personal data of S/MIME stays within the CA. */
TEST(mailboxes_are_not_published)
{
    static const char row[] = "{\"subject\":\"CN=Some Body\",\"names\":[{\"name\":\"some@m.test\"},"
                              "{\"name\":\"m.test\"}]}";
    const char *const texts[] = { row, NULL };
    char *text = list_of(CSV, texts, NULL);

    assert_null(strstr(text, "ome"));
    assert_non_null(strstr(text, "," HASH ",N/A,CN=A,"));
    assert_non_null(strstr(text, ",00e1,m.test,Planned,"));
    free(text);
    assert_has(WORKLIST, row, "some@m.test, m.test");
}

TEST(a_remedy_selects_and_must_be_there)
{
    const char *const texts[] = { "{\"serial\":\"aa\"}",
                                  "{\"serial\":\"bb\",\"remedies\":{\"rules\":false}}", NULL };
    struct given given = { .texts = texts };
    struct cx_report_rows rows = { next, &given };
    struct cx_detail detail = { .text = "" };
    char *text = list_of(CSV, texts, "rules");
    FILE *out = tmpfile();

    assert_non_null(strstr(text, ",aa,"));
    assert_null(strstr(text, ",bb,"));
    free(text);
    assert_non_null(out);
    assert_int_equal(write_kind(CSV, &rows, "recheck", out, &detail).code, CX_E_USAGE);
    assert_non_null(strstr(detail.text, "recheck"));
    cx_json_free(given.row);
    (void)fclose(out);
}

/* TEST R-INC-3: from 10,000 on; no certificate is left out. */
TEST(links_are_by_hash_or_by_what_there_is)
{
    const char *const texts[] = {
        "{}", "{\"certificate\":null,\"precertificate\":\"ff\"}", "{\"certificate\":null}",
        "{\"certificate\":null,\"serial\":null,\"names\":[{\"name\":\"*.a&b "
        "\"}]}",
        NULL
    };
    char *text = list_of(LINKS, texts, NULL);

    assert_string_equal(text, "https://crt.sh/?sha256=" HASH "\n"
                              "https://crt.sh/?sha256=ff\n"
                              "https://crt.sh/?q=00e1\n"
                              "https://crt.sh/?q=%2A.a%26b%20\n");
    free(text);
}

TEST(work_is_what_has_a_duty)
{
    const char *const texts[] = { "{\"serial\":\"aa\"}", "{\"serial\":\"bb\",\"duty\":\"none\"}",
                                  "{\"serial\":\"cc\",\"status\":\"revoked\"}",
                                  "{\"serial\":\"dd\",\"duty\":\"5d\",\"late\":true}", NULL };
    char *text = list_of(WORKLIST, texts, NULL);
    char *first = strstr(text, ",aa,"), *last = strstr(text, ",dd,");

    assert_true(first != NULL && last > first);
    assert_null(strstr(text, ",bb,"));
    assert_null(strstr(text, ",cc,"));
    assert_non_null(strstr(text, "2026-11-21T08:30:00Z,yes,5d,"));
    free(text);
}

static size_t
offset_of(const char *text, const char *part)
{
    const char *at = strstr(text, part);

    if (at == NULL) {
        fail_msg("no %s in:\n%s", part, text);
    }
    return (size_t)(at - text);
}

/* TEST R-REV-5: whose certificate is most urgent is told first; who is not known comes last. */
TEST(notices_are_grouped)
{
    const char *const texts[] = {
        "{\"serial\":\"a1\",\"subscriber\":null}",
        "{\"serial\":\"b1\",\"subscriber\":\"zoe\"}",
        "{\"serial\":\"c1\",\"subscriber\":\"amy\"}",
        "{\"serial\":\"b2\",\"subscriber\":\"zoe\",\"account\":\"x\"}",
        "{\"serial\":\"d1\",\"subscriber\":null,\"account\":\"acct\"}",
        "{\"serial\":\"e1\",\"duty\":\"none\"}",
        "{\"serial\":\"c2\",\"subscriber\":\"amy\"}",
        NULL,
    };
    static const char *const order[] = { ",b1,", ",b2,", ",c1,", ",c2,", ",d1,", ",a1," };
    char *text = list_of(NOTICES, texts, NULL);

    for (size_t i = 1; i < CX_COUNT(order); i++) {
        assert_true(offset_of(text, order[i - 1]) < offset_of(text, order[i]));
    }
    assert_null(strstr(text, ",e1,"));
    offset_of(text, "\r\nacct,acct,N/A,");
    offset_of(text, "\r\nnot known: find out whom to tell,");
    offset_of(text, "It must be revoked by 2026-11-21T08:30:00Z (BR 4.9.1.1(5)");
    free(text);
}

TEST(lists_of_nothing_are_their_columns)
{
    const char *const none[] = { NULL };
    char *text = list_of(NOTICES, none, NULL);

    assert_true(strlen(text) == offset_of(text, "\r\n") + 2);
    free(text);
    text = list_of(LINKS, none, NULL);
    assert_string_equal(text, "");
    free(text);
}

/* ---- text and page */

static cx_status
write_run(const struct cx_json *run, const char *kind, const char *const *texts, FILE *out)
{
    struct given given = { .texts = texts };
    struct cx_report_rows rows = { next, &given };
    cx_status status;

    if (strcmp(kind, "html") != 0) {
        return cx_report_markdown(run, strcmp(kind, "full") == 0, out, NULL);
    }
    status = cx_report_html(run, &rows, 1, out, NULL);
    cx_json_free(given.row);
    return status;
}

static char *
run_as(const char *kind, const char *const *texts)
{
    struct cx_json *run;
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    assert_non_null(out);
    assert_int_equal(cx_json_parse(cx_str_of(run_text), &run, NULL).code, CX_OK);
    assert_int_equal(write_run(run, kind, texts, out).code, CX_OK);
    assert_int_equal(fclose(out), 0);
    cx_json_free(run);
    return text;
}

/* TEST R-INC-2: every field is there, in its order, also of a run that knows next to nothing. */
TEST(fields_are_those_of_the_template)
{
    static const char *const fields[] = {
        "## Full Incident Report\n",
        "### Summary\n",
        "- **CA Owner CCADB unique ID:** ",
        "- **Incident description:** ",
        "- **Timeline summary:**\n",
        "  - **Non-compliance start date:** TODO(person)",
        "  - **Non-compliance identified date:** TODO(person)",
        "  - **Non-compliance end date:** TODO(person)",
        "- **Relevant policies:** ",
        "- **Source of incident disclosure:** ",
        "### Impact\n",
        "- **Total number of certificates:** 1,234,567. ",
        "- **Total number of \"remaining valid\" certificates:** 4. ",
        "- **Affected certificate types:** TODO(person)",
        "- **Incident heuristic:** ",
        "- **Was issuance stopped in response to this incident, and why or why not?:** "
        "TODO(person)",
        "- **Analysis:** N/A\n",
        "- **Additional considerations:** ",
        "### Timeline\n",
        "### Related Incidents\n\n| Bug | Date | Description |\n",
        "### Root Cause Analysis\n",
        "- **Description:** ",
        "- **Timeline:** ",
        "- **Detection:** ",
        "- **Interaction with other factors:** ",
        "- **Root Cause Analysis methodology used:** ",
        "### Lessons Learned\n",
        "- **What went well:** ",
        "- **What didn\xe2\x80\x99t go well:** ",
        "- **Where we got lucky:** ",
        "- **Additional:** ",
        "### Action Items\n\n| Action Item | Kind | Corresponding Root Cause(s) | Evaluation "
        "Criteria "
        "| Due Date | Status |\n",
        "### Appendix\n",
        "**END OF THE FILING.",
        "## Said before and rejected\n",
    };
    char *text = run_as("full", NULL);
    const char *at = text;

    for (size_t i = 0; i < CX_COUNT(fields); i++) {
        at += offset_of(at, fields[i]) + strlen(fields[i]);
    }
    offset_of(text, "a \\[title\\](http\\://x.test) \\<b\\>");
    free(text);
}

/* TEST R-INC-1 */
TEST(a_preliminary_report_has_three_fields)
{
    char *text = run_as("preliminary", NULL);
    char *end = text + offset_of(text, "**END OF THE FILING.");

    *end = '\0';
    assert_int_equal(offset_of(text, "## Preliminary Incident Report\n\n### Summary\n\n"), 0);
    assert_true(offset_of(text, "- **Incident description:** ") <
                offset_of(text, "- **Relevant policies:** "));
    offset_of(text, "- **Source of incident disclosure:** ");
    assert_null(strstr(text, "### Impact"));
    free(text);
}

TEST(data_of_a_page_never_ends_its_element)
{
    const char *const texts[] = { "{\"subject\":\"</script><img src=x>&\"}",
                                  "{\"subject\":\"the other one\"}", NULL };
    char *text = run_as("html", texts);

    offset_of(text, "\\u003c/script\\u003e\\u003cimg src=x\\u003e\\u0026");
    offset_of(text, "<title>a [title](http://x.test) &lt;b&gt;</title>");
    assert_null(strstr(text, "<img"));
    assert_null(strstr(text, "the other one")); /* most is 1 */
    free(text);
}

TEST(what_is_no_run_is_refused)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"schema\":2}",
        "{\"schema\":1,\"options\":{},\"counts\":{},\"period\":{}}",
    };
    struct cx_detail detail;
    FILE *out = tmpfile();

    assert_non_null(out);
    for (size_t i = 0; i < CX_COUNT(texts); i++) {
        struct cx_json *run;

        assert_int_equal(cx_json_parse(cx_str_of(texts[i]), &run, NULL).code, CX_OK);
        detail.text[0] = '\0';
        assert_int_equal(cx_report_markdown(run, true, out, &detail).code, CX_E_ARCHIVE);
        assert_true(detail.text[0] != '\0');
        assert_int_equal(cx_report_html(run, NULL, 0, out, &detail).code, CX_E_ARCHIVE);
        cx_json_free(run);
    }
    assert_int_equal(ftell(out), 0);
    (void)fclose(out);
}

TEST(a_row_without_its_members_is_refused)
{
    const char *const texts[] = { "{\"class\":null}", NULL };
    struct given given = { .texts = texts };
    struct cx_report_rows rows = { next, &given };
    struct cx_detail detail = { .text = "" };
    FILE *out = tmpfile();

    assert_non_null(out);
    assert_int_equal(write_kind(CSV, &rows, NULL, out, &detail).code, CX_E_ARCHIVE);
    assert_non_null(strstr(detail.text, "\"class\""));
    cx_json_free(given.row);
    (void)fclose(out);
}

/* In one reading, each list is what it is alone. */
TEST(all_lists_at_once)
{
    const char *const texts[] = { "{\"serial\":\"aa\",\"subscriber\":\"b\"}",
                                  "{\"serial\":\"bb\",\"subscriber\":\"a\"}",
                                  "{\"serial\":\"cc\",\"duty\":\"none\"}", NULL };
    struct given given = { .texts = texts };
    struct cx_report_rows rows = { next, &given };
    char *together[NOTICES + 1];
    size_t sizes[NOTICES + 1];
    struct cx_report_lists lists;
    FILE *out[NOTICES + 1];

    for (size_t i = 0; i < CX_COUNT(out); i++) {
        out[i] = open_memstream(&together[i], &sizes[i]);
        assert_non_null(out[i]);
    }
    lists = (struct cx_report_lists){ out[CSV], out[LINKS], out[WORKLIST], out[NOTICES] };
    assert_true(cx_ok(cx_report_lists(&rows, NULL, &lists, NULL)));
    for (size_t i = 0; i < CX_COUNT(out); i++) {
        char *alone = list_of((enum kind)i, texts, NULL);

        assert_int_equal(fclose(out[i]), 0);
        assert_string_equal(together[i], alone);
        free(together[i]);
        free(alone);
    }
    cx_json_free(given.row);
}

TEST(a_full_disk_is_told)
{
    const char *const texts[] = { "{}", NULL };
    struct given given = { .texts = texts };
    struct cx_report_rows rows = { next, &given };
    FILE *out = fopen("/dev/full", "we");

    assert_non_null(out);
    setvbuf(out, NULL, _IONBF, 0);
    assert_int_equal(write_kind(CSV, &rows, NULL, out, NULL).code, CX_E_IO);
    cx_json_free(given.row);
    (void)fclose(out);
}

/* Each allocation fails once; rows and run are not ours to allocate. */
static unsigned
fail_each(int report, const struct cx_json *run)
{
    static const char *const texts[] = { "{}", "{\"subscriber\":\"a\"}", NULL };
    static const char *const kinds[] = { "full", "preliminary", "html" };

    for (unsigned nth = 1;; nth++) {
        struct given given = { .texts = texts };
        struct cx_report_rows rows = { next, &given };
        FILE *out = tmpfile();
        cx_status status;

        assert_non_null(out);
        cx_alloc_fail_nth(nth);
        status = report <= NOTICES ? write_kind((enum kind)report, &rows, NULL, out, NULL)
                                   : write_run(run, kinds[report - NOTICES - 1], texts, out);
        cx_alloc_fail_nth(0);
        cx_json_free(given.row);
        (void)fclose(out);
        if (cx_ok(status)) {
            return nth;
        }
        assert_int_equal(status.code, CX_E_NOMEM);
    }
}

TEST(no_memory_is_told)
{
    struct cx_json *run;

    assert_int_equal(cx_json_parse(cx_str_of(run_text), &run, NULL).code, CX_OK);
    for (int report = CSV; report <= NOTICES + 3; report++) {
        assert_true(fail_each(report, run) > 1);
    }
    cx_json_free(run);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(columns_are_those_of_the_template),
    cmocka_unit_test(what_is_unknown_is_not_applicable),
    cmocka_unit_test(revocation_is_done_planned_delayed_or_does_not_apply),
    cmocka_unit_test(a_formula_is_quoted_and_a_hash_is_not_touched),
    cmocka_unit_test(a_cell_ends_where_it_ends),
    cmocka_unit_test(several_names_say_which),
    cmocka_unit_test(mailboxes_are_not_published),
    cmocka_unit_test(a_remedy_selects_and_must_be_there),
    cmocka_unit_test(links_are_by_hash_or_by_what_there_is),
    cmocka_unit_test(work_is_what_has_a_duty),
    cmocka_unit_test(notices_are_grouped),
    cmocka_unit_test(lists_of_nothing_are_their_columns),
    cmocka_unit_test(fields_are_those_of_the_template),
    cmocka_unit_test(a_preliminary_report_has_three_fields),
    cmocka_unit_test(data_of_a_page_never_ends_its_element),
    cmocka_unit_test(what_is_no_run_is_refused),
    cmocka_unit_test(a_row_without_its_members_is_refused),
    cmocka_unit_test(all_lists_at_once),
    cmocka_unit_test(a_full_disk_is_told),
    cmocka_unit_test(no_memory_is_told),
};

TEST_MAIN(tests)
