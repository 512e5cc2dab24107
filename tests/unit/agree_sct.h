/* Our reading of an SCT list against OpenSSL's; for unit tests and fuzzing. */
#ifndef CX_TESTS_UNIT_AGREE_SCT_H
#define CX_TESTS_UNIT_AGREE_SCT_H

#include "base/span.h"

/* NULL, or what differs: OpenSSL reads what we accept, and reads the same from it. */
const char *sct_disagreement(cx_span value, bool *ret_accepted);

#endif
