/* skipsubdomaincheck of the 2016 proposal (R-P16-6, R-P16-E1 to E3). */
#ifndef CX_CAA_SKIP_H
#define CX_CAA_SKIP_H

#include "dns/answer.h"

/* A record of the property that decides the request says skipsubdomaincheck=true, exactly once. */
bool cx_set_skips(const struct cx_answer *set, bool wildcard);

#endif
