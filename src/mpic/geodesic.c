#include "mpic/geodesic.h"

#include <math.h>

/* The ellipsoid of WGS-84: semi-axes in metres, flattening. */
#define AXIS_A     6378137.0
#define FLATTENING (1 / 298.257223563)
#define AXIS_B     (AXIS_A * (1 - FLATTENING))

/* Vincenty's iteration ends within some ten rounds, save for places that are nearly opposite each other: those are farther
 * apart than anybody asks, about half a meridian's circle. */
#define ROUNDS   100
#define CLOSE    1e-12
#define OPPOSITE 20003931u

struct side {
    double sin_u, cos_u; /* of the reduced latitude */
};

static double
radians(double millionths)
{
    return millionths / 1e6 * (3.14159265358979323846 / 180);
}

static struct side
side_of(struct cx_place place)
{
    double u = atan((1 - FLATTENING) * tan(radians(place.latitude)));

    return (struct side){ sin(u), cos(u) };
}

/* What one round gives: the arc on the auxiliary sphere, and the azimuth at the equator. */
struct arc {
    double sin_sigma, cos_sigma, sigma;
    double cos2_alpha, cos_2m; /* 2m: twice the arc from the equator to the middle */
    double lambda;             /* longitude of the next round */
};

static struct arc
arc_at(struct side a, struct side b, double longitude, double lambda)
{
    double x = b.cos_u * sin(lambda);
    double y = a.cos_u * b.sin_u - a.sin_u * b.cos_u * cos(lambda);
    struct arc arc = { .sin_sigma = sqrt(x * x + y * y),
                       .cos_sigma = a.sin_u * b.sin_u + a.cos_u * b.cos_u * cos(lambda) };
    double sin_alpha, c;

    arc.sigma = atan2(arc.sin_sigma, arc.cos_sigma);
    sin_alpha = arc.sin_sigma > 0 ? a.cos_u * b.cos_u * sin(lambda) / arc.sin_sigma : 0;
    arc.cos2_alpha = 1 - sin_alpha * sin_alpha;
    /* Both on the equator: there is no middle, and nothing is multiplied by it. */
    arc.cos_2m =
        arc.cos2_alpha > CLOSE ? arc.cos_sigma - 2 * a.sin_u * b.sin_u / arc.cos2_alpha : 0;
    c = FLATTENING / 16 * arc.cos2_alpha * (4 + FLATTENING * (4 - 3 * arc.cos2_alpha));
    arc.lambda =
        longitude +
        (1 - c) * FLATTENING * sin_alpha *
            (arc.sigma + c * arc.sin_sigma *
                             (arc.cos_2m + c * arc.cos_sigma * (2 * arc.cos_2m * arc.cos_2m - 1)));
    return arc;
}

static double
length_of(const struct arc *arc)
{
    double u2 = arc->cos2_alpha * (AXIS_A * AXIS_A - AXIS_B * AXIS_B) / (AXIS_B * AXIS_B);
    double a = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)));
    double b = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)));
    double m2 = arc->cos_2m * arc->cos_2m, s2 = arc->sin_sigma * arc->sin_sigma;
    double change = b * arc->sin_sigma *
                    (arc->cos_2m + b / 4 *
                                       (arc->cos_sigma * (2 * m2 - 1) -
                                        b / 6 * arc->cos_2m * (4 * s2 - 3) * (4 * m2 - 3)));

    return AXIS_B * a * (arc->sigma - change);
}

uint32_t
cx_geodesic_m(struct cx_place a, struct cx_place b)
{
    double longitude = remainder(radians((double)b.longitude - a.longitude), radians(360e6));
    double lambda = longitude;
    struct side from = side_of(a), to = side_of(b);

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct arc arc = arc_at(from, to, longitude, lambda);

        if (fabs(arc.lambda - lambda) < CLOSE) {
            return (uint32_t)length_of(&arc);
        }
        lambda = arc.lambda;
    }
    return OPPOSITE;
}
