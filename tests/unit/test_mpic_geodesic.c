#include "main.h"
#include "mpic/perspective.h"

/* Distances of Karney's GeographicLib 2.0, to the metre below. */
TEST(distances_are_those_of_the_ellipsoid)
{
    static const struct {
        const char *about;
        struct cx_place a, b;
        uint32_t m;
    } rows[] = {
        { "one place", { 0, 0 }, { 0, 0 }, 0 },
        { "a degree of the equator", { 0, 0 }, { 0, 1000000 }, 111319 },
        { "a degree of a meridian", { 0, 0 }, { 1000000, 0 }, 110574 },
        { "pole to pole", { 90000000, 0 }, { -90000000, 0 }, 20003931 },
        { "over the date line", { 10000000, 179900000 }, { 10000000, -179900000 }, 21927 },
        { "Flinders Peak to Buninyong", { -37951033, 144424868 }, { -37652821, 143926496 }, 54972 },
        { "Columbus to Dublin", { 39961200, -82998800 }, { 53349800, -6260300 }, 5760258 },
        { "Tokyo to Osaka", { 35689500, 139691700 }, { 34693700, 135502300 }, 397183 },
        { "Frankfurt to Paris", { 50110900, 8682100 }, { 48856600, 2352200 }, 479239 },
        { "Sydney to Sao Paulo", { -33868800, 151209300 }, { -23550500, -46633300 }, 13376629 },
        { "Cape Town to Tokyo", { -33924900, 18424100 }, { 35689500, 139691700 }, 14729343 },
        { "half a metre too near", { 50000000, 8000000 }, { 54493493, 8000000 }, 499999 },
        { "half a metre to spare", { 50000000, 8000000 }, { 54493502, 8000000 }, 500000 },
        { "too near, to the east", { 50000000, 8000000 }, { 49790986, 14953826 }, 499999 },
        { "to spare, to the east", { 50000000, 8000000 }, { 49790985, 14953840 }, 500000 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(cx_geodesic_m(rows[i].a, rows[i].b) == rows[i].m, rows[i].about);
        ROW_TRUE(cx_geodesic_m(rows[i].b, rows[i].a) == rows[i].m, rows[i].about);
    }
}

/* There the iteration need not come to an end; that they are far apart is all that is asked. */
TEST(places_nearly_opposite_are_far_apart)
{
    for (int32_t i = 0; i < 1000000; i += 50000) {
        assert_true(cx_geodesic_m((struct cx_place){ 0, 0 },
                                  (struct cx_place){ i, 179000000 + i }) > 19500000);
    }
}

TEST(every_pair_of_places_has_a_distance)
{
    for (int32_t a = -90; a <= 90; a += 15) {
        for (int32_t b = -90; b <= 90; b += 15) {
            for (int32_t l = -180; l <= 180; l += 7) {
                uint32_t m = cx_geodesic_m((struct cx_place){ a * 1000000, 0 },
                                           (struct cx_place){ b * 1000000, l * 1000000 });

                assert_true(m <= 20003932);
            }
        }
    }
}

/* TEST R-MPIC-7, R-MPIC-8: places and resolvers; before 2025-02-24 States too. */
TEST(apart_is_500_km_of_both)
{
    struct cx_perspective a = { .place = { 50000000, 8000000 }, .resolver = { 50000000, 8000000 } };
    struct cx_perspective b = { .place = { 54493502, 8000000 }, .resolver = { 54493502, 8000000 } };
    cx_time before = cx_time_of_day(2025, 2, 23), after = cx_time_of_day(2025, 2, 24);

    assert_true(cx_perspectives_apart(&a, &b, after));
    b.resolver.latitude = 54493493;
    assert_false(cx_perspectives_apart(&a, &b, after));
    b.resolver = b.place;
    a.state = b.state = CX_STR("DE-HE");
    assert_true(cx_perspectives_apart(&a, &b, after));
    assert_false(cx_perspectives_apart(&a, &b, before));
    b.state = CX_STR("DK-84");
    assert_true(cx_perspectives_apart(&a, &b, before));
    b.place.latitude = 54493493;
    assert_false(cx_perspectives_apart(&a, &b, after));
}

static const struct CMUnitTest table[] = {
    cmocka_unit_test(distances_are_those_of_the_ellipsoid),
    cmocka_unit_test(places_nearly_opposite_are_far_apart),
    cmocka_unit_test(every_pair_of_places_has_a_distance),
    cmocka_unit_test(apart_is_500_km_of_both),
};

TEST_MAIN(table)
