/* Reading members of a JSON object with errors that name the member. Used by request, policy and facts. */
#ifndef CX_ENGINE_MEMBER_H
#define CX_ENGINE_MEMBER_H

#include "base/arena.h"
#include "base/json.h"
#include "base/time.h"

/* Where a value stands ("policy.own"), which code a wrong one fails with, and where the text of the failure goes. */
struct cx_where {
    const char *object;
    enum cx_code code;
    struct cx_detail *detail;
};

/* Each leaves *ret untouched when the member is absent, and fails when it has another kind. Texts borrow from json. */
cx_status cx_member_bool(const struct cx_json *object, const char *member,
                         const struct cx_where *where, bool *ret) CX_MUST;
cx_status cx_member_text(const struct cx_json *object, const char *member,
                         const struct cx_where *where, cx_str *ret) CX_MUST;
cx_status cx_member_time(const struct cx_json *object, const char *member,
                         const struct cx_where *where, cx_time *ret) CX_MUST;
cx_status cx_member_number(const struct cx_json *object, const char *member,
                           const struct cx_where *where, int64_t least, int64_t most, int64_t *ret)
    CX_MUST;
/* One of words (NULL-terminated): *ret is its index. */
cx_status cx_member_word(const struct cx_json *object, const char *member,
                         const struct cx_where *where, const char *const *words, size_t *ret)
    CX_MUST;
/* A text or an array of texts, at most max of them; copied to arena. */
cx_status cx_member_texts(const struct cx_json *object, const char *member,
                          const struct cx_where *where, size_t max, struct cx_arena *arena,
                          const cx_str **ret, size_t *ret_n) CX_MUST;

#endif
