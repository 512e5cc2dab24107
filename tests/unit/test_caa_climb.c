#include "build.h"
#include "main.h"

#include <stdio.h>

#define NOW     "2026-11-22"
#define E2      "2017-09-08"
#define E3      "2017-10-27"
#define E4      "2019-01-01"
#define PERMITS "0 issue ca.example.net"
#define DENIES  "0 issue ;"

static struct scene s;

static void
open_at(const char *date)
{
    scene_open(&s, CX_PROFILE_TLS_BR, date);
}

static void
expect(const char *name, enum cx_verdict verdict, const char *asked)
{
    enum cx_verdict got = scene_judge(&s, name);

    if (got != verdict) {
        fail_msg("%s: %s, not %s", name, cx_verdict_word(got), cx_verdict_word(verdict));
    }
    if (asked != NULL) {
        assert_string_equal(s.asked, asked);
    }
}

/* TEST R-TREE-1, TEST R-TREE-7 */
TEST(asks_up_to_the_top_level_and_never_the_root)
{
    open_at(NOW);
    expect("www.d.test", CX_VERDICT_PERMIT, "www.d.test d.test test");
    assert_int_equal(s.f.reason, CX_REASON_NO_RECORDS);
    assert_true(scene_cites(&s, CX_R_TREE_1));
    assert_null(s.f.set);
    assert_int_equal(s.f.n_seen, 3);
    scene_close(&s);
    open_at(NOW);
    (void)scene_set(&s, "test", DENIES, NULL);
    expect("www.d.test", CX_VERDICT_DENY, "www.d.test d.test");
    assert_true(scene_cites(&s, CX_R_TREE_7));
    assert_string_equal(scene_found_at(&s), "test");
    scene_close(&s);
}

/* TEST R-TREE-1, TEST R-TREE-2, TEST R-DEC-5 */
TEST(the_nearest_set_ends_the_search)
{
    open_at(NOW);
    (void)scene_set(&s, "d.test", "0 iodef mailto:a@d.test", NULL);
    (void)scene_set(&s, "test", DENIES, NULL);
    expect("www.d.test", CX_VERDICT_PERMIT, "www.d.test");
    assert_string_equal(scene_found_at(&s), "d.test");
    scene_close(&s);
    open_at(NOW);
    (void)scene_set(&s, "www.d.test", DENIES, NULL);
    (void)scene_set(&s, "d.test", PERMITS, NULL);
    expect("www.d.test", CX_VERDICT_DENY, "");
    scene_close(&s);
}

/* TEST R-TREE-8 */
TEST(a_wildcard_begins_at_its_parent)
{
    open_at(NOW);
    expect("*.d.test", CX_VERDICT_PERMIT, "d.test test");
    assert_true(scene_cites(&s, CX_R_TREE_8));
    scene_close(&s);
}

/* TEST R-TREE-6 */
TEST(nxdomain_does_not_stop_the_climb)
{
    open_at(NOW);
    (void)scene_put(&s, "www.d.test", CX_OUTCOME_NXDOMAIN);
    (void)scene_put(&s, "d.test", CX_OUTCOME_NXDOMAIN);
    (void)scene_set(&s, "test", DENIES, NULL);
    expect("www.d.test", CX_VERDICT_DENY, "");
    assert_true(scene_cites(&s, CX_R_TREE_6));
    scene_close(&s);
}

/* TEST R-TREE-9 */
TEST(a_failure_stops_it_and_one_farther_away_does_not)
{
    open_at(NOW);
    (void)scene_put(&s, "d.test", CX_OUTCOME_TIMEOUT);
    (void)scene_set(&s, "test", PERMITS, NULL);
    expect("www.d.test", CX_VERDICT_FAIL, "www.d.test");
    assert_true(scene_cites(&s, CX_R_TREE_9));
    scene_close(&s);
    open_at(NOW);
    (void)scene_set(&s, "d.test", PERMITS, NULL);
    (void)scene_put(&s, "test", CX_OUTCOME_TIMEOUT);
    expect("www.d.test", CX_VERDICT_PERMIT, "www.d.test");
    scene_close(&s);
}

/* TEST R-TREE-4: from the original name, never up the target's tree */
TEST(rfc8659_does_not_climb_from_a_target)
{
    open_at(NOW);
    scene_aliases(&s, scene_put(&s, "x.customer.test", CX_OUTCOME_NODATA), "h.host.test");
    (void)scene_set(&s, "host.test", DENIES, NULL);
    expect("x.customer.test", CX_VERDICT_PERMIT, "customer.test test");
    assert_true(scene_cites(&s, CX_R_TREE_4));
    scene_close(&s);
    open_at(NOW);
    scene_aliases(&s, scene_set(&s, "x.customer.test", DENIES, NULL), "h.host.test");
    expect("x.customer.test", CX_VERDICT_DENY, "");
    assert_string_equal(scene_found_at(&s), "x.customer.test");
    scene_close(&s);
}

/* TEST R-T44-1, TEST R-T44-2 */
TEST(rfc6844_climbs_the_targets_tree_first)
{
    open_at(E2);
    scene_aliases(&s, scene_put(&s, "x.customer.test", CX_OUTCOME_NODATA), "h.host.test");
    (void)scene_set(&s, "host.test", DENIES, NULL);
    (void)scene_set(&s, "customer.test", PERMITS, NULL);
    expect("x.customer.test", CX_VERDICT_DENY, "");
    assert_true(scene_cites(&s, CX_R_T44_1));
    assert_string_equal(scene_found_at(&s), "host.test");
    scene_close(&s);
}

/* TEST R-T44-4, TEST R-T44-6 */
TEST(erratum_5065_looks_at_the_target_alone)
{
    open_at(E3);
    scene_aliases(&s, scene_put(&s, "x.customer.test", CX_OUTCOME_NODATA), "h.host.test");
    (void)scene_set(&s, "host.test", DENIES, NULL);
    (void)scene_set(&s, "customer.test", PERMITS, NULL);
    expect("x.customer.test", CX_VERDICT_PERMIT, "");
    assert_true(scene_cites(&s, CX_R_T44_4));
    scene_close(&s);
}

/* TEST R-T44-1: docs/interpretations.md 7, last alias's parent first, then the others', then the own parent */
TEST(rfc6844_visits_parents_of_aliases_from_the_last)
{
    open_at(E2);
    scene_aliases(&s, scene_put(&s, "x.a", CX_OUTCOME_NODATA), "y.b z.c");
    expect("x.a", CX_VERDICT_PERMIT, "c c/DNAME b b/DNAME a a/DNAME");
    scene_close(&s);
    open_at(E2);
    scene_aliases(&s, scene_put(&s, "x.a", CX_OUTCOME_NODATA), "y.b z.c");
    (void)scene_set(&s, "b", DENIES, NULL);
    (void)scene_set(&s, "a", PERMITS, NULL);
    expect("x.a", CX_VERDICT_DENY, "c c/DNAME");
    scene_close(&s);
}

/* docs/interpretations.md 5 */
TEST(rfc6844_epochs_ask_for_the_dname_of_an_empty_name)
{
    open_at(E3);
    expect("www.d.test", CX_VERDICT_PERMIT,
           "www.d.test www.d.test/DNAME d.test d.test/DNAME test test/DNAME");
    scene_close(&s);
    open_at(E3);
    s.unlisted = CX_OUTCOME_NXDOMAIN; /* a name that is not there owns no DNAME */
    expect("www.d.test", CX_VERDICT_PERMIT, "www.d.test d.test test");
    scene_close(&s);
    open_at("2020-10-19");
    expect("www.d.test", CX_VERDICT_PERMIT, "www.d.test d.test test");
    scene_close(&s);
    open_at(E3);
    (void)scene_put_type(&s, "d.test", CX_TYPE_DNAME, CX_OUTCOME_TIMEOUT);
    expect("www.d.test", CX_VERDICT_FAIL, "www.d.test www.d.test/DNAME d.test");
    scene_close(&s);
}

/* TEST R-T44-5 */
TEST(a_dname_at_a_visited_name_has_two_readings)
{
    static const char *const dates[] = { E2, E3, E4 };

    for (size_t i = 0; i < CX_COUNT(dates); i++) {
        open_at(dates[i]);
        (void)scene_dname(&s, "d.test", "e.example");
        (void)scene_set(&s, "e.example", DENIES, NULL);
        expect("www.d.test", CX_VERDICT_ARGUABLE, NULL);
        assert_true(scene_cites(&s, CX_R_T44_5));
        assert_int_equal(s.f.n_readings, 2);
        assert_int_equal(s.f.readings[0].verdict, CX_VERDICT_DENY);
        assert_int_equal(s.f.readings[1].verdict, CX_VERDICT_PERMIT);
        assert_string_equal(scene_found_at(&s), "e.example");
        scene_close(&s);
        open_at(dates[i]); /* the other way round */
        (void)scene_dname(&s, "d.test", "e.example");
        (void)scene_set(&s, "e.example", PERMITS, NULL);
        (void)scene_set(&s, "test", DENIES, NULL);
        expect("www.d.test", CX_VERDICT_ARGUABLE, NULL);
        assert_string_equal(scene_found_at(&s), "test");
        scene_close(&s);
        open_at(dates[i]); /* both readings agree */
        (void)scene_dname(&s, "d.test", "e.example");
        (void)scene_set(&s, "e.example", DENIES, NULL);
        (void)scene_set(&s, "test", DENIES, NULL);
        expect("www.d.test", CX_VERDICT_DENY, NULL);
        scene_close(&s);
    }
}

/* TEST R-T44-1, TEST R-T44-5: only E2's literal reading climbs the DNAME target's tree */
TEST(only_rfc6844_climbs_above_a_dname_target)
{
    open_at(E2);
    (void)scene_dname(&s, "d.test", "e.example");
    (void)scene_set(&s, "example", DENIES, NULL);
    expect("d.test", CX_VERDICT_ARGUABLE, NULL);
    scene_close(&s);
    open_at(E3);
    (void)scene_dname(&s, "d.test", "e.example");
    (void)scene_set(&s, "example", DENIES, NULL);
    expect("d.test", CX_VERDICT_PERMIT, NULL);
    scene_close(&s);
}

/* TEST R-TREE-1: not even as the target of a DNAME */
TEST(a_dname_to_the_root_asks_nothing_of_it)
{
    static const char *const dates[] = { E2, E3 };

    for (size_t i = 0; i < CX_COUNT(dates); i++) {
        open_at(dates[i]);
        (void)scene_dname(&s, "d.test", ".");
        expect("d.test", CX_VERDICT_PERMIT, "d.test test test/DNAME");
        scene_close(&s);
    }
}

/* TEST R-T44-3 */
TEST(rfc6844_ends_in_a_circle_of_aliases)
{
    open_at(E2);
    scene_aliases(&s, scene_put(&s, "x.a", CX_OUTCOME_NODATA), "y.b");
    scene_aliases(&s, scene_put(&s, "b", CX_OUTCOME_NODATA), "z.x.a");
    expect("x.a", CX_VERDICT_PERMIT, NULL);
    assert_true(s.n_asked < 10);
    scene_close(&s);
}

/* name "x<i>.t<i>" with two fresh top-level aliases each: one visit per name */
static void
many_names(unsigned n, const char *last)
{
    char names[CX_VISITED_MAX * 2][16];
    struct cx_answer *a;

    for (unsigned i = 0; i < n; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "n%u", i);
    }
    /* A line of DNAMEs, n0 -> n1 -> ...: each visit adds one name. */
    for (unsigned i = 0; i + 1 < n; i++) {
        a = scene_put(&s, names[i], CX_OUTCOME_NODATA);
        assert_non_null(a);
        (void)scene_dname(&s, names[i], names[i + 1]);
    }
    (void)scene_set(&s, names[n - 1], last, NULL);
}

/* TEST R-T44-3: 128 names, and not one more */
TEST(rfc6844_visits_at_most_128_names)
{
    open_at(E2);
    many_names(CX_VISITED_MAX, PERMITS);
    (void)scene_judge(&s, "n0");
    assert_string_equal(scene_found_at(&s), "n127"); /* literal PERMIT, DNS reading PERMIT */
    assert_int_equal(s.f.verdict, CX_VERDICT_PERMIT);
    scene_close(&s);
    open_at(E2);
    many_names(CX_VISITED_MAX + 1, PERMITS);
    (void)scene_judge(&s, "n0");
    assert_int_not_equal(s.f.verdict, CX_VERDICT_PERMIT);
    assert_int_equal(s.f.readings[0].verdict, CX_VERDICT_FAIL);
    assert_true(scene_cites(&s, CX_R_TREE_13));
    scene_close(&s);
}

/* The same bound, reached over aliases: n<i> is an alias of a.n<i+1>, whose parent is visited next. An alias itself is
 * no visited name (docs/interpretations.md 7). */
static enum cx_verdict
judge_line_of_aliases(unsigned last)
{
    enum cx_verdict verdict;

    open_at(E2);
    for (unsigned i = 0; i < last; i++) {
        char name[16], alias[16];

        (void)snprintf(name, sizeof(name), "n%u", i);
        (void)snprintf(alias, sizeof(alias), "a.n%u", i + 1);
        scene_aliases(&s, scene_put(&s, name, CX_OUTCOME_NXDOMAIN), alias);
        if (i + 1 == last) {
            (void)scene_set(&s, alias + 2, PERMITS, NULL);
        }
    }
    verdict = scene_judge(&s, "n0");
    scene_close(&s);
    return verdict;
}

/* TEST R-T44-3: a set at the 129th name is beyond the bound, and must not permit */
TEST(rfc6844_finds_nothing_at_the_129th_name)
{
    assert_int_equal(judge_line_of_aliases(127), CX_VERDICT_PERMIT);
    assert_int_equal(judge_line_of_aliases(128), CX_VERDICT_FAIL);
}

/* TEST R-P16-10 */
TEST(orders_ask_differently_and_find_the_same)
{
    static const struct {
        enum cx_order order;
        const char *asked;
    } rows[] = {
        { CX_ORDER_BOTTOM_UP, "www.d.test" },
        { CX_ORDER_TOP_DOWN, "test www.d.test" },
        { CX_ORDER_PARALLEL, "www.d.test test" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        open_at(NOW);
        s.c.order = rows[i].order;
        (void)scene_set(&s, "d.test", PERMITS, NULL);
        s.unlisted = CX_OUTCOME_NODATA;
        expect("www.d.test", CX_VERDICT_PERMIT, rows[i].asked);
        assert_string_equal(scene_found_at(&s), "d.test");
        scene_close(&s);
    }
}

/* docs/interpretations.md 9: a failure farther away than the set is not looked at, in any order */
TEST(a_failure_above_the_set_matters_in_no_order)
{
    for (int order = CX_ORDER_BOTTOM_UP; order <= CX_ORDER_PARALLEL; order++) {
        open_at(NOW);
        s.c.order = (enum cx_order)order;
        (void)scene_put(&s, "test", CX_OUTCOME_TIMEOUT);
        (void)scene_set(&s, "d.test", PERMITS, NULL);
        expect("www.d.test", CX_VERDICT_PERMIT, NULL);
        scene_close(&s);
        open_at(NOW);
        s.c.order = (enum cx_order)order;
        (void)scene_put(&s, "www.d.test", CX_OUTCOME_TIMEOUT);
        (void)scene_set(&s, "d.test", PERMITS, NULL);
        expect("www.d.test", CX_VERDICT_FAIL, NULL);
        scene_close(&s);
    }
}

static const char skip[] = "0 issue *; skipsubdomaincheck=true";

static void
open_proposal(enum cx_order order)
{
    scene_open(&s, CX_PROFILE_PROPOSAL_2016, NOW);
    s.c.order = order;
}

/* TEST R-P16-8, TEST R-P16-9 */
TEST(skip_ends_a_search_from_the_top)
{
    open_proposal(CX_ORDER_TOP_DOWN);
    (void)scene_set(&s, "things.d.test", skip, NULL);
    (void)scene_set(&s, "x.things.d.test", DENIES, NULL);
    expect("x.things.d.test", CX_VERDICT_PERMIT, "test d.test");
    assert_true(scene_cites(&s, CX_R_P16_8) && scene_notes(&s, CX_NOTE_INVERTED, NULL));
    scene_close(&s);
    open_proposal(CX_ORDER_PARALLEL);
    (void)scene_set(&s, "things.d.test", skip, NULL);
    (void)scene_set(&s, "x.things.d.test", DENIES, NULL);
    expect("x.things.d.test", CX_VERDICT_PERMIT, "d.test test");
    scene_close(&s);
    open_proposal(CX_ORDER_BOTTOM_UP); /* never uses it */
    (void)scene_set(&s, "things.d.test", skip, NULL);
    (void)scene_set(&s, "x.things.d.test", DENIES, NULL);
    expect("x.things.d.test", CX_VERDICT_DENY, "");
    assert_false(scene_cites(&s, CX_R_P16_8));
    scene_close(&s);
}

/* TEST R-P16-14: outside the proposal it means nothing */
TEST(skip_means_nothing_today)
{
    for (int order = CX_ORDER_BOTTOM_UP; order <= CX_ORDER_PARALLEL; order++) {
        open_at(NOW);
        s.c.order = (enum cx_order)order;
        (void)scene_set(&s, "d.test", "0 issue ca.example.net; skipsubdomaincheck=true", NULL);
        (void)scene_set(&s, "www.d.test", DENIES, NULL);
        expect("www.d.test", CX_VERDICT_DENY, NULL);
        scene_close(&s);
    }
}

/* TEST R-P16-E8 */
TEST(skip_at_a_public_suffix_is_ignored)
{
    open_proposal(CX_ORDER_TOP_DOWN);
    s.subject.suffix_labels = 2;
    (void)scene_set(&s, "co.test", skip, NULL);
    (void)scene_set(&s, "www.d.co.test", DENIES, NULL);
    expect("www.d.co.test", CX_VERDICT_DENY, NULL);
    assert_true(scene_cites(&s, CX_R_P16_E8) && scene_notes(&s, CX_NOTE_SKIP_IGNORED, NULL));
    scene_close(&s);
    open_proposal(CX_ORDER_TOP_DOWN);
    (void)scene_set(&s, "test", skip, NULL);
    (void)scene_set(&s, "www.d.test", DENIES, NULL);
    expect("www.d.test", CX_VERDICT_DENY, NULL);
    scene_close(&s);
}

/* TEST R-P16-E7 */
TEST(a_failure_above_a_skip_does_not_matter)
{
    open_proposal(CX_ORDER_TOP_DOWN);
    (void)scene_put(&s, "test", CX_OUTCOME_TIMEOUT);
    (void)scene_set(&s, "d.test", skip, NULL);
    expect("www.d.test", CX_VERDICT_PERMIT, "");
    scene_close(&s);
    open_proposal(CX_ORDER_TOP_DOWN); /* and is no permission without one */
    (void)scene_put(&s, "test", CX_OUTCOME_TIMEOUT);
    expect("www.d.test", CX_VERDICT_FAIL, NULL);
    scene_close(&s);
    open_proposal(CX_ORDER_TOP_DOWN); /* a bogus set skips nothing */
    scene_set(&s, "d.test", skip, NULL)->dnssec = CX_DNSSEC_BOGUS;
    expect("www.d.test", CX_VERDICT_FAIL, NULL);
    scene_close(&s);
}

/* TEST R-P16-E2: issue does not decide mail certificates, so its skip must not hide a nearer issuemail */
TEST(skip_is_for_tls_only)
{
    open_proposal(CX_ORDER_TOP_DOWN);
    s.c.purpose = CX_PURPOSE_SMIME;
    (void)scene_set(&s, "d.test", skip, NULL);
    (void)scene_set(&s, "mail.d.test", "0 issuemail ;", NULL);
    expect("mail.d.test", CX_VERDICT_DENY, NULL);
    scene_close(&s);
}

/* The longest name: as many questions as labels. */
TEST(climbs_127_labels)
{
    char text[256];

    for (size_t i = 0; i < 127; i++) {
        memcpy(text + 2 * i, "a.", 2);
    }
    text[253] = '\0';
    open_at(NOW);
    expect(text, CX_VERDICT_PERMIT, NULL);
    assert_int_equal(s.n_asked, 127);
    scene_close(&s);
    open_at(NOW);
    s.c.order = CX_ORDER_PARALLEL;
    expect(text, CX_VERDICT_PERMIT, NULL);
    assert_int_equal(s.n_asked, 127);
    scene_close(&s);
    open_at(E3); /* with DNAME questions: 254 answers */
    expect(text, CX_VERDICT_PERMIT, NULL);
    assert_int_equal(s.n_asked, 254);
    scene_close(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(asks_up_to_the_top_level_and_never_the_root),
    cmocka_unit_test(the_nearest_set_ends_the_search),
    cmocka_unit_test(a_wildcard_begins_at_its_parent),
    cmocka_unit_test(nxdomain_does_not_stop_the_climb),
    cmocka_unit_test(a_failure_stops_it_and_one_farther_away_does_not),
    cmocka_unit_test(rfc8659_does_not_climb_from_a_target),
    cmocka_unit_test(rfc6844_climbs_the_targets_tree_first),
    cmocka_unit_test(erratum_5065_looks_at_the_target_alone),
    cmocka_unit_test(rfc6844_visits_parents_of_aliases_from_the_last),
    cmocka_unit_test(rfc6844_epochs_ask_for_the_dname_of_an_empty_name),
    cmocka_unit_test(a_dname_at_a_visited_name_has_two_readings),
    cmocka_unit_test(only_rfc6844_climbs_above_a_dname_target),
    cmocka_unit_test(a_dname_to_the_root_asks_nothing_of_it),
    cmocka_unit_test(rfc6844_ends_in_a_circle_of_aliases),
    cmocka_unit_test(rfc6844_visits_at_most_128_names),
    cmocka_unit_test(rfc6844_finds_nothing_at_the_129th_name),
    cmocka_unit_test(orders_ask_differently_and_find_the_same),
    cmocka_unit_test(a_failure_above_the_set_matters_in_no_order),
    cmocka_unit_test(skip_ends_a_search_from_the_top),
    cmocka_unit_test(skip_means_nothing_today),
    cmocka_unit_test(skip_at_a_public_suffix_is_ignored),
    cmocka_unit_test(a_failure_above_a_skip_does_not_matter),
    cmocka_unit_test(skip_is_for_tls_only),
    cmocka_unit_test(climbs_127_labels),
};

TEST_MAIN(tests)
