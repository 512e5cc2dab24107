#include "build.h"
#include "caa/tag.h"
#include "main.h"

/* TEST R-TAG-1 to R-TAG-7, TEST R-SYN-4 */
TEST(knows_its_tags_in_any_case)
{
    static const char *const words[] = {
        "issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc",
    };

    for (size_t i = 0; i < CX_COUNT(words); i++) {
        char upper[20] = "";

        for (size_t k = 0; words[i][k] != '\0'; k++) {
            upper[k] = (char)(k % 2 == 0 ? words[i][k] & ~0x20 : words[i][k]);
        }
        ROW_TRUE(cx_tag_of(bytes_of(words[i])) != CX_TAG_UNKNOWN, words[i]);
        ROW_TRUE(cx_tag_of(bytes_of(words[i])) == cx_tag_of(bytes_of(upper)), words[i]);
        ROW_TRUE(strcmp(cx_tag_word(cx_tag_of(bytes_of(words[i]))), words[i]) == 0, words[i]);
    }
}

/* TEST R-TAG-8, TEST R-TAG-9, TEST R-SYN-5 */
TEST(knows_no_other)
{
    static const struct {
        const char *tag;
        size_t n;
    } rows[] = {
        { "", 0 },         { "auth", 4 },        { "path", 4 },     { "policy", 6 },
        { "security", 8 }, { "issue\0", 6 },     { "issue ", 6 },   { "issu", 4 },
        { "issues", 6 },   { "issue-wild", 10 }, { " issue", 6 },   { "i\0odef", 6 },
        { "iss\365e", 5 }, { "issue\0x", 7 },    { "\311ssue", 5 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(cx_tag_of((cx_span){ (const uint8_t *)rows[i].tag, rows[i].n }) == CX_TAG_UNKNOWN,
                 rows[i].tag);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(knows_its_tags_in_any_case),
    cmocka_unit_test(knows_no_other),
};

TEST_MAIN(tests)
