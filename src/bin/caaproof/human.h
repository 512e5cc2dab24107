/* A check as people read it: the climb label by label, the deciding record, the reason in words. */
#ifndef CAAPROOF_HUMAN_H
#define CAAPROOF_HUMAN_H

#include "engine/check.h"

#include <stdio.h>

/* explain: also every rule that shaped the verdict, as a sentence. */
void human_check(FILE *out, const struct cx_check *check, bool explain);

#endif
