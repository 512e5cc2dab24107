#include "build.h"
#include "dnssec/delegation.h"
#include "dnssec/denial.h"
#include "dnssec/signature.h"
#include "main.h"

#include <stdio.h>

/* ---- answers of libunbound, tests/unit/data/delegations.txt */

struct captured {
    char name[256], parent[256], state[16], cut[16];
    uint8_t octets[4096];
    size_t n;
};

/* The next line that is no comment; false at the end. */
static bool
next_captured(FILE *file, struct captured *ret)
{
    char line[16384], *at = line;
    int n = 0;

    do {
        if (fgets(line, sizeof(line), file) == NULL) {
            return false;
        }
    } while (line[0] == '#');
    assert_int_equal(
        sscanf(line, "%255s %255s %15s %15s %n", ret->name, ret->parent, ret->state, ret->cut, &n),
        4);
    ret->n = 0;
    for (at = line + n; *at != '\n'; at += 2) {
        int high = cx_ascii_hex((uint8_t)at[0]), low = cx_ascii_hex((uint8_t)at[1]);

        assert_true(high >= 0 && low >= 0 && ret->n < sizeof(ret->octets));
        ret->octets[ret->n++] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static enum cx_cut
cut_at(cx_span octets, const char *name, const char *parent, bool validated)
{
    struct cx_name n = name_of(name), p = name_of(parent);

    return cx_cut_read(octets, cx_name_span(&n), cx_name_span(&p), validated);
}

static FILE *
open_captured(void)
{
    FILE *file = fopen(DELEGATIONS, "r");

    assert_non_null(file);
    return file;
}

/* TEST R-FAIL-2, R-FAIL-3, R-FAIL-4, R-FAIL-10 */
TEST(reads_what_libunbound_answers)
{
    FILE *file = open_captured();
    struct captured c;
    size_t n = 0;

    for (; next_captured(file, &c); n++) {
        bool validated = strcmp(c.state, "secure") == 0;
        cx_span octets = { c.octets, c.n };
        const char *unvalidated = strcmp(c.cut, "opt-out") == 0 ? c.cut : "unproved";

        if (strcmp(cx_cut_word(cut_at(octets, c.name, c.parent, validated)), c.cut) != 0) {
            fail_msg("%s: %s", c.name, cx_cut_word(cut_at(octets, c.name, c.parent, validated)));
        }
        assert_string_equal(cx_cut_word(cut_at(octets, c.name, c.parent, false)), unvalidated);
    }
    assert_int_equal(n, 40);
    (void)fclose(file);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_what_libunbound_answers),
};

TEST_MAIN(tests)
