/* How far two places are from each other: the geodesic on the ellipsoid of WGS-84 (R-MPIC-7). */
#ifndef CX_MPIC_GEODESIC_H
#define CX_MPIC_GEODESIC_H

#include <stdint.h>

/* Millionths of a degree, north and east positive: eleven centimetres or less. */
struct cx_place {
    int32_t latitude;
    int32_t longitude;
};

/* In metres, rounded down: where 500,000 are asked for, 499,999.9 are too few. */
uint32_t cx_geodesic_m(struct cx_place a, struct cx_place b);

#endif
