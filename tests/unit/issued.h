/* Lists of certificates in memory, read record by record. */
#ifndef CX_TESTS_UNIT_ISSUED_H
#define CX_TESTS_UNIT_ISSUED_H

#include "build.h"
#include "certificates.h"
#include "incident/issued_formats.h"

/* Of formats.md 5.2: SHA-256 of the DER. */
#define FINAL_SHA256 "d18de9f8d64fb5413cf2f1a24a75855facdb55280a65a019e9bd03c0789fcc96"
#define PRE_SHA256   "64daf6530948a112c8b5cb632beab38686268ccbc53d8d990f30bca6332de3e6"

struct list {
    const struct cx_issued_format *format;
    struct cx_input *input;
    void *self;
    struct cx_issued_record record;
};

static inline cx_status
list_try(struct list *list, const struct cx_issued_format *format, cx_span octets,
         const struct cx_issued_options *options, struct cx_detail *detail)
{
    static const struct cx_issued_options none = { .mapping = NULL };

    *list = (struct list){ .format = format, .input = cx_input_of(octets) };
    assert_non_null(list->input);
    return format->open(options != NULL ? options : &none, list->input, &list->self, detail);
}

static inline void
list_open(struct list *list, const struct cx_issued_format *format, cx_span octets)
{
    struct cx_detail detail = { .text = "" };

    if (!cx_ok(list_try(list, format, octets, NULL, &detail))) {
        fail_msg("%s", detail.text);
    }
}

static inline void
list_close(struct list *list)
{
    list->format->close(list->self);
    cx_input_close(list->input);
}

static inline bool
list_next(struct list *list)
{
    bool more = false;

    assert_true(cx_ok(list->format->next(list->self, &list->record, &more, NULL)));
    if (more) {
        const struct cx_issued_record *r = &list->record;

        assert_true(r->fate != CX_FATE_UNSET);
        assert_true((r->reason[0] == '\0') == (r->fate == CX_FATE_OBSERVED));
        assert_true(r->changed == (r->note[0] != '\0'));
    }
    return more;
}

/* The next record, which is an observed one. */
static inline const struct cx_issued *
list_issued(struct list *list)
{
    assert_true(list_next(list));
    if (list->record.fate != CX_FATE_OBSERVED) {
        fail_msg("line %llu: %s", (unsigned long long)list->record.line, list->record.reason);
    }
    return &list->record.issued;
}

static inline bool
contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        print_message("\"%s\" has no \"%s\"\n", text, part);
        return false;
    }
    return true;
}

/* The next record, which has that fate for that reason, or a part of it. */
static inline void
list_told(struct list *list, enum cx_fate fate, const char *reason)
{
    assert_true(list_next(list));
    assert_int_equal(list->record.fate, fate);
    assert_true(contains(list->record.reason, reason));
}

static inline void
list_end(struct list *list)
{
    assert_false(list_next(list));
    assert_false(list_next(list)); /* and stays there */
}

static inline bool
is_hash(const struct cx_hash *hash, const char *hex)
{
    struct cx_hash other;

    return cx_hash_of_text(cx_str_of(hex), &other) && cx_hash_equal(hash, &other);
}

static inline bool
is_text(cx_str text, const char *expected)
{
    if (!cx_str_equal(text, cx_str_of(expected))) {
        print_message("\"%.*s\" is not \"%s\"\n", (int)text.n, text.p, expected);
        return false;
    }
    return true;
}

/* Names, separated by blanks. */
static inline bool
has_names(const struct cx_issued *issued, const char *expected)
{
    struct cx_buf buf;
    bool same;

    cx_buf_init(&buf, 100000);
    for (size_t i = 0; i < issued->n_names; i++) {
        cx_buf_puts(&buf, i == 0 ? "" : " ");
        cx_buf_put(&buf, issued->names[i]);
    }
    same = is_text(cx_buf_str(&buf), expected);
    cx_buf_done(&buf);
    return same;
}

#endif
