/* Borrowed bytes and borrowed text: pointer and length, never NUL-terminated by promise. A span with n == 0 may have
 * p == NULL. */
#ifndef CX_BASE_SPAN_H
#define CX_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The struct of that type whose member p points to. */
#define CX_OF_MEMBER(type, member, p) ((type *)((uintptr_t)(p)-offsetof(type, member)))

typedef struct {
    const uint8_t *p;
    size_t n;
} cx_span;

typedef struct {
    const char *p;
    size_t n;
} cx_str;

#define CX_STR_INIT(literal)                                                                       \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    } /* for static storage */
#define CX_STR(literal) ((cx_str)CX_STR_INIT(literal))

static inline cx_str
cx_str_of(const char *text)
{
    return (cx_str){ text, strlen(text) };
}

static inline cx_span
cx_span_of_str(cx_str s)
{
    return (cx_span){ (const uint8_t *)s.p, s.n };
}

static inline cx_str
cx_str_of_span(cx_span s)
{
    return (cx_str){ (const char *)s.p, s.n };
}

static inline bool
cx_span_equal(cx_span a, cx_span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
cx_str_equal(cx_str a, cx_str b)
{
    return cx_span_equal(cx_span_of_str(a), cx_span_of_str(b));
}

/* The line that begins at *at, without its end; *at moves behind it. False at the end of text. */
static inline bool
cx_str_line(cx_str text, size_t *at, cx_str *ret)
{
    const char *end;

    if (*at >= text.n) {
        return false;
    }
    end = memchr(text.p + *at, '\n', text.n - *at);
    *ret = (cx_str){ text.p + *at, end != NULL ? (size_t)(end - text.p) - *at : text.n - *at };
    *at += ret->n + (end != NULL ? 1 : 0);
    return true;
}

/* ASCII only, whatever the locale. */
static inline uint8_t
cx_ascii_lower(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') ? (uint8_t)(c | 0x20u) : c;
}

static inline bool
cx_ascii_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (cx_ascii_lower(c) >= 'a' && cx_ascii_lower(c) <= 'z');
}

/* Value of a hexadecimal digit, -1 if it is none. */
static inline int
cx_ascii_hex(uint8_t c)
{
    uint8_t lower = cx_ascii_lower(c);

    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static inline bool
cx_span_equal_fold(cx_span a, cx_span b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (cx_ascii_lower(a.p[i]) != cx_ascii_lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

#endif
