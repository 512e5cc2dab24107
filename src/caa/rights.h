/* Who may issue by one Relevant RRset, whoever asks: the administrator's view of what decide.c decides for one CA. By
 * RFC 8659 and 8657 as they stand today; no policy, no date, no verdict. */
#ifndef CX_CAA_RIGHTS_H
#define CX_CAA_RIGHTS_H

#include "base/arena.h"
#include "caa/tag.h"
#include "dns/answer.h"

enum cx_use {
    CX_USE_PLAIN = 0, /* TLS, names without asterisk */
    CX_USE_WILDCARD,
    CX_USE_MAIL,
    CX_USE_MARK,
    CX_USE_COUNT,
};

enum cx_who {
    CX_WHO_UNKNOWN = 0, /* a lookup failed: nobody may issue until it works */
    CX_WHO_ANYONE,
    CX_WHO_LISTED,
    CX_WHO_NOBODY,
};

/* One issuer that a record names; limits are in words, empty if there is none. */
struct cx_permitted {
    cx_span issuer;
    const struct cx_caa *record;
    cx_str limits;
    bool never; /* the limits cannot be met by anybody */
};

struct cx_right {
    enum cx_who who;
    enum cx_tag property;          /* that decides; CX_TAG_UNKNOWN if none restricts this use */
    const struct cx_caa *critical; /* the record that blocks, or NULL */
    const struct cx_permitted
        *v; /* with CX_WHO_LISTED, and the unsatisfiable ones of CX_WHO_NOBODY */
    size_t n;
};

const char *cx_use_word(enum cx_use use);
const char *cx_who_word(enum cx_who who);

/* set may be NULL: no CAA on the whole way. A set with a failure outcome gives CX_WHO_UNKNOWN. All in ret borrows from
 * set and arena. Classes: NOMEM. */
cx_status cx_right_of(const struct cx_answer *set, enum cx_use use, struct cx_arena *arena,
                      struct cx_right *ret) CX_MUST;

/* Some well-formed record of the right names the issuer and can be met. */
bool cx_right_names(const struct cx_right *right, cx_span issuer);

#endif
