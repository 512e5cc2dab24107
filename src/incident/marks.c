#include "incident/marks.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdlib.h>

/* An id with its digits in pairs, colons between them and 0x in front. */
#define FIRST_MAX (3 * CX_HASH_SIZE + 2)

struct mark {
    struct cx_id id;
    bool met; /* of several lines with one id, the first */
};

struct cx_marks {
    struct mark *v;
    size_t n;
    size_t room;
    char first[FIRST_MAX + 1]; /* as its line has it: digits and colons */
    uint64_t first_line;
};

static int
compare_ids(const struct mark *a, const struct mark *b)
{
    return memcmp(&a->id, &b->id, sizeof(a->id));
}

static int
compare(const void *a, const void *b)
{
    return compare_ids(a, b);
}

bool
cx_id_of_text(cx_str text, struct cx_id *ret)
{
    uint8_t digits[2 * CX_HASH_SIZE];
    size_t n = 0;
    size_t at = 0;

    if (text.n > 2 && text.p[0] == '0' && cx_ascii_lower((uint8_t)text.p[1]) == 'x') {
        at = 2;
    }
    for (; at < text.n; at++) {
        int digit = cx_ascii_hex((uint8_t)text.p[at]);

        if (text.p[at] == ':') {
            continue;
        }
        if (digit < 0 || n == sizeof(digits)) {
            return false;
        }
        digits[n++] = (uint8_t)digit;
    }
    *ret = (struct cx_id){ .n = 0 };
    for (size_t i = 0; i < n; i++) { /* an odd digit in front is an octet of its own */
        size_t octet = (i + n % 2) / 2;

        ret->octets[octet] = (uint8_t)(ret->octets[octet] << 4 | digits[i]);
        ret->n = (uint8_t)(octet + 1);
    }
    while (ret->n > 1 && ret->n != CX_HASH_SIZE && ret->octets[0] == 0) {
        ret->n--;
        memmove(ret->octets, ret->octets + 1, ret->n);
        ret->octets[ret->n] = 0;
    }
    return n != 0;
}

bool
cx_id_of_octets(cx_span octets, struct cx_id *ret)
{
    if (octets.n == 0 || octets.n > CX_HASH_SIZE) {
        return false;
    }
    *ret = (struct cx_id){ .n = (uint8_t)octets.n };
    memcpy(ret->octets, octets.p, octets.n);
    return true;
}

/* Up to a separator, without blanks and quotes around it. Blanks within stay: what they would cut off is part of an id. */
static cx_str
first_cell(cx_str line)
{
    size_t n = 0;
    size_t from = 0;

    while (from < line.n && (line.p[from] == '"' || line.p[from] == ' ')) {
        from++;
    }
    while (from + n < line.n && memchr(",;\t\"", line.p[from + n], 4) == NULL) {
        n++;
    }
    while (n != 0 && line.p[from + n - 1] == ' ') {
        n--;
    }
    return (cx_str){ line.p + from, n };
}

/* What a spreadsheet puts before its first line. */
static cx_str
without_byte_order_mark(cx_str line)
{
    return line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0
               ? (cx_str){ line.p + 3, line.n - 3 }
               : line;
}

/* Something that was meant as an id must not pass for a header. */
static bool
is_header(cx_str cell)
{
    for (size_t i = 0; i < cell.n; i++) {
        uint8_t c = cx_ascii_lower((uint8_t)cell.p[i]);

        if (c >= 'g' && c <= 'z' && !(c == 'x' && i == 1)) {
            return true;
        }
    }
    return false;
}

static cx_status
add(struct cx_marks *marks, const struct cx_id *mark)
{
    if (marks->n == marks->room) {
        size_t room = marks->room != 0 ? 2 * marks->room : 1024;
        struct mark *v = cx_realloc(marks->v, room, sizeof(*v));

        if (v == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
        marks->v = v;
        marks->room = room;
    }
    marks->v[marks->n++] = (struct mark){ *mark, false };
    return CX_SUCCESS;
}

static void
keep_first(struct cx_marks *marks, cx_str cell, uint64_t line)
{
    size_t n = cell.n < FIRST_MAX ? cell.n : FIRST_MAX;

    memcpy(marks->first, cell.p, n);
    marks->first[n] = '\0';
    marks->first_line = line;
}

static cx_status
read_all(struct cx_input *input, const char *path, struct cx_marks *marks, struct cx_detail *detail)
{
    cx_str line;
    bool more;

    for (;;) {
        struct cx_id mark;
        cx_str cell;

        CX_TRY(cx_input_line(input, &line, &more, detail));
        if (!more) {
            break;
        }
        cell = first_cell(cx_input_number(input) == 1 ? without_byte_order_mark(line) : line);
        if (cell.n == 0) {
            continue;
        }
        if (cx_id_of_text(cell, &mark)) {
            if (marks->n == 0) {
                keep_first(marks, cell, cx_input_number(input));
            }
            CX_TRY(add(marks, &mark));
        } else if (cx_input_number(input) != 1 || !is_header(cell)) {
            return cx_fail(detail, CX_E_ARCHIVE,
                           "%s: line %" PRIu64
                           ": \"%.*s\" is neither a SHA-256 nor a serial in hexadecimal",
                           path, cx_input_number(input), (int)(cell.n < 80 ? cell.n : 80), cell.p);
        }
    }
    if (marks->n != 0) {
        qsort(marks->v, marks->n, sizeof(*marks->v), compare);
    }
    return CX_SUCCESS;
}

cx_status
cx_marks_read(const char *path, struct cx_marks **ret, uint64_t *ret_n, struct cx_hash *ret_digest,
              struct cx_detail *detail)
{
    struct cx_marks *marks = cx_alloc(1, sizeof(*marks));
    struct cx_input *input = NULL;
    cx_status s = marks != NULL ? cx_input_open(path, &input, detail) : (cx_status){ CX_E_NOMEM };

    if (cx_ok(s)) {
        s = read_all(input, path, marks, detail);
    }
    if (cx_ok(s)) {
        s = cx_input_digest(input, ret_digest, detail);
    }
    cx_input_close(input);
    if (!cx_ok(s)) {
        cx_marks_free(marks);
        return s;
    }
    *ret_n = marks->n;
    *ret = marks;
    return CX_SUCCESS;
}

void
cx_marks_free(struct cx_marks *marks)
{
    if (marks != NULL) {
        cx_free(marks->v);
        cx_free(marks);
    }
}

/* The first of those with that id, or NULL. */
static struct mark *
find(const struct cx_marks *marks, cx_span octets)
{
    struct mark wanted = { .met = false };
    size_t low = 0;
    size_t n = marks->n;

    if (!cx_id_of_octets(octets, &wanted.id)) {
        return NULL;
    }
    while (n != 0) {
        size_t half = n / 2;

        if (compare_ids(&marks->v[low + half], &wanted) < 0) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low < marks->n && compare_ids(&marks->v[low], &wanted) == 0 ? &marks->v[low] : NULL;
}

/* What a certificate may be listed by; empty: it has no such id. */
struct ids {
    cx_span v[3];
};

static struct ids
ids_of(const struct cx_certificate *c)
{
    return (struct ids){ {
        { c->certificate.b, c->has_certificate ? CX_HASH_SIZE : 0 },
        { c->precertificate.b, c->has_precertificate ? CX_HASH_SIZE : 0 },
        c->issued.serial,
    } };
}

bool
cx_marks_have(const struct cx_marks *marks, const struct cx_certificate *c)
{
    struct ids ids = ids_of(c);

    for (size_t i = 0; marks != NULL && i < CX_COUNT(ids.v); i++) {
        if (find(marks, ids.v[i]) != NULL) {
            return true;
        }
    }
    return false;
}

void
cx_marks_meet(struct cx_marks *marks, const struct cx_certificate *c)
{
    struct ids ids = ids_of(c);

    for (size_t i = 0; i < CX_COUNT(ids.v); i++) {
        struct mark *mark = find(marks, ids.v[i]);

        if (mark != NULL) {
            mark->met = true;
        }
    }
}

cx_status
cx_marks_matched(const struct cx_marks *marks, const char *path, uint64_t *ret,
                 struct cx_detail *detail)
{
    uint64_t matched = 0;
    bool met = false;

    for (size_t i = 0; i < marks->n; i++) {
        met = i != 0 && compare_ids(&marks->v[i], &marks->v[i - 1]) == 0 ? met : marks->v[i].met;
        matched += met ? 1 : 0;
    }
    if (marks->n != 0 && matched == 0) {
        return cx_fail(detail, CX_E_ARCHIVE,
                       "%s: none of its %zu lines is a certificate of the lists; line %" PRIu64
                       " is \"%s\", expected are serials in hexadecimal, or SHA-256",
                       path, marks->n, marks->first_line, marks->first);
    }
    *ret = matched;
    return CX_SUCCESS;
}
