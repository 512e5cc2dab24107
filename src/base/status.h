/* Status of an operation: a one-field struct, so that it can neither be taken for a number nor silently dropped.
 * Callers branch on the class; codes and detail are for people, logs and tests. */
#ifndef CX_BASE_STATUS_H
#define CX_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#define CX_MUST              __attribute__((warn_unused_result))
#define CX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum cx_class {
    CX_CLASS_NONE = 0,
    CX_CLASS_USAGE,
    CX_CLASS_MALFORMED,
    CX_CLASS_LIMIT,
    CX_CLASS_NOMEM,
    CX_CLASS_IO,
    CX_CLASS_PEER,
    CX_CLASS_CRYPTO,
    CX_CLASS_STORE,
    CX_CLASS_DENIED,
    CX_CLASS_INTERNAL,
};

enum cx_code {
    CX_OK = 0,
#define X(code, class, number, text) code = number,
#include "base/errors.def"
#undef X
};

typedef struct {
    enum cx_code code;
} cx_status;

/* What went wrong, for a person: filled by the callee on failure, untouched on success. rule is the id of
 * the rule (R-TREE-10) where a rule refuses the input, else NULL (static storage). */
struct cx_detail {
    const char *rule;
    char text[240];
};

static inline bool
cx_ok(cx_status s)
{
    return s.code == CX_OK;
}

#define CX_SUCCESS ((cx_status){ CX_OK })

enum cx_class cx_status_class(cx_status s);
const char *cx_status_text(cx_status s);

/* Returns code, with a formatted text (cut to size, never overrun; control characters become "?") in detail if there is
 * one. */
cx_status cx_fail(struct cx_detail *detail, enum cx_code code, const char *fmt, ...)
    CX_PRINTF(3, 4);
#ifdef __clang_analyzer__ /* does not look into variadic functions, and would take a failure for success */
#    define cx_fail(detail, code, ...)                                                             \
        ((void)cx_fail(detail, code, __VA_ARGS__), (cx_status){ code })
#endif

/* The three control-flow macros: return on failure, free at scope end, hand over. */
#define CX_TRY(expr)                                                                               \
    do {                                                                                           \
        cx_status cx_try_status_ = (expr);                                                         \
        if (!cx_ok(cx_try_status_)) {                                                              \
            return cx_try_status_;                                                                 \
        }                                                                                          \
    } while (0)
#define CX_AUTO(fn) __attribute__((cleanup(fn)))
#define CX_STEAL(p)                                                                                \
    (__extension__({                                                                               \
        __auto_type cx_taken_ = (p);                                                               \
        (p) = NULL;                                                                                \
        cx_taken_;                                                                                 \
    }))
#define CX_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
