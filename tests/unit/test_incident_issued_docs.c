/* The examples of docs/certificates-in.md are read as it says: "<!-- reads: FORM, FATE "words", ... -->" stands before each. */
#include "issued.h"

static size_t
find(cx_str text, size_t from, const char *what)
{
    const char *found = memmem(text.p + from, text.n - from, what, strlen(what));

    return found == NULL ? text.n : (size_t)(found - text.p);
}

/* The next field up to a comma, or the end; words in quotes, in which \" is a quote. */
static bool
next_expected(cx_str *rest, enum cx_fate *ret_fate, char ret_words[100])
{
    static const struct {
        const char *word;
        enum cx_fate fate;
    } fates[] = { { ", observed ", CX_FATE_OBSERVED },
                  { ", rejected ", CX_FATE_REJECTED },
                  { ", ignored ", CX_FATE_IGNORED } };
    size_t n = 0;

    for (size_t i = 0; i < CX_COUNT(fates); i++) {
        size_t head = strlen(fates[i].word);

        if (rest->n <= head || memcmp(rest->p, fates[i].word, head) != 0) {
            continue;
        }
        *ret_fate = fates[i].fate;
        for (head++; rest->p[head] != '"'; head++) {
            head += rest->p[head] == '\\' ? 1 : 0;
            assert_true(n < 99 && head < rest->n);
            ret_words[n++] = rest->p[head];
        }
        ret_words[n] = '\0';
        *rest = (cx_str){ rest->p + head + 1, rest->n - head - 1 };
        return true;
    }
    return false;
}

static void
check_example(cx_str said, cx_span example)
{
    size_t name = find(said, 0, ",");
    const struct cx_issued_format *format = cx_issued_format_named((cx_str){ said.p, name });
    enum cx_fate fate;
    char words[100];
    struct list list;
    bool looks;

    assert_non_null(format);
    assert_true(cx_ok(cx_issued_looks_like(format, example, &looks)) && looks);
    said = (cx_str){ said.p + name, said.n - name };
    list_open(&list, format, example);
    while (next_expected(&said, &fate, words)) {
        assert_true(list_next(&list));
        if (list.record.fate != fate) {
            fail_msg("\"%s\": fate %d, %s", words, list.record.fate, list.record.reason);
        }
        assert_true(
            contains(fate == CX_FATE_OBSERVED ? list.record.note : list.record.reason, words));
        assert_true(fate != CX_FATE_OBSERVED || words[0] != '\0' || !list.record.changed);
    }
    assert_true(is_text(said, " "));
    list_end(&list);
    list_close(&list);
}

TEST(examples_are_read_as_told)
{
    size_t examples = 0;
    struct cx_buf buf;
    cx_str text;

    cx_buf_init(&buf, 1000000);
    assert_true(cx_ok(cx_file_read(DOCUMENT, &buf, NULL)));
    text = cx_buf_str(&buf);
    for (size_t at = find(text, 0, "<!-- reads: "); at < text.n;
         at = find(text, at, "<!-- reads: "), examples++) {
        size_t said = at + 12, end = find(text, said, "-->"), begin = find(text, end, "```\n") + 4;
        size_t behind = find(text, begin, "```\n");

        assert_true(behind < text.n);
        check_example((cx_str){ text.p + said, end - said },
                      cx_span_of_str((cx_str){ text.p + begin, behind - begin }));
        at = behind;
    }
    assert_true(examples >= 4);
    cx_buf_done(&buf);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(examples_are_read_as_told),
};

TEST_MAIN(tests)
