/* Property tags (R-TAG). */
#ifndef CX_CAA_TAG_H
#define CX_CAA_TAG_H

#include "base/span.h"

enum cx_tag {
    CX_TAG_UNKNOWN = 0, /* also auth, path, policy: reserved, no semantics (R-TAG-8) */
    CX_TAG_ISSUE,
    CX_TAG_ISSUEWILD,
    CX_TAG_IODEF,
    CX_TAG_CONTACTEMAIL,
    CX_TAG_CONTACTPHONE,
    CX_TAG_ISSUEMAIL,
    CX_TAG_ISSUEVMC,
};

/* By explicit length, ASCII case-insensitively (R-SYN-4, R-SYN-5). */
enum cx_tag cx_tag_of(cx_span tag);
const char *cx_tag_word(enum cx_tag tag);

#endif
