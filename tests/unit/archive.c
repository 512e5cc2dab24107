#include "archive.h"

#include "build.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
put_name(struct cx_buf *buf, const char *key, cx_span name)
{
    char text[CX_NAME_TEXT_MAX];

    if (name.n != 0) {
        cx_name_text(name, text);
        cx_buf_printf(buf, "%s%s", key, text);
    }
}

static void
put_text(struct cx_buf *buf, const char *key, cx_str text)
{
    if (text.n != 0) {
        cx_buf_puts(buf, key);
        cx_buf_put(buf, text);
    }
}

static void
put_time(struct cx_buf *buf, const struct cx_observation *o)
{
    char text[CX_TIME_TEXT];

    assert_true(o->precision_ms >= 1);
    cx_time_format(o->time_ms / 1000, text);
    cx_buf_printf(buf, " %s %.19s.%03dZ/%" PRIu32, cx_observed_clock_word(o->clock), text,
                  (int)(o->time_ms % 1000), o->precision_ms);
}

void
observation_text(const struct cx_observation *o, struct cx_buf *buf)
{
    cx_buf_printf(buf, "%s %s %s %s", o->observed == CX_OBSERVED_CHECK ? "check" : "answer",
                  cx_form_word(o->form), cx_grade_word(o->grade), cx_claim_word(o->claim));
    put_time(buf, o);
    put_name(buf, " ", o->name);
    cx_buf_printf(buf, " %s",
                  o->outcome == CX_OUTCOME_UNSET ? "unset" : cx_outcome_word(o->outcome));
    if (o->dnssec != CX_DNSSEC_INDETERMINATE) {
        cx_buf_printf(buf, " %s", cx_dnssec_word(o->dnssec));
    }
    if (o->has_ttl) {
        cx_buf_printf(buf, " ttl=%" PRIu32, o->ttl);
    }
    put_name(buf, " at=", o->found_at);
    for (size_t i = 0; i < o->n_aliases; i++) {
        put_name(buf, " alias=", o->aliases[i]);
    }
    for (size_t i = 0; i < o->n_records; i++) {
        cx_buf_puts(buf, " {");
        cx_caa_text(&o->records[i], buf);
        cx_buf_puts(buf, "}");
    }
    put_text(buf, " account=", o->account);
    put_text(buf, " method=", o->method);
    put_text(buf, " perspective=", o->perspective);
    put_text(buf, " resolver=", o->resolver);
    put_text(buf, " request=", o->request);
}

/* ---- reading */

const char *
archive_format(cx_span octets)
{
    struct cx_input *input = cx_input_of(octets);
    const struct cx_archive_format *format = NULL;

    assert_non_null(input);
    assert_true(cx_ok(cx_archive_format_of(input, &format, NULL)));
    cx_input_close(input);
    return format == NULL ? "" : format->name;
}

static bool
opens(struct archive *a, const char *format, cx_span octets,
      const struct cx_archive_options *options, struct cx_detail *detail)
{
    static const struct cx_archive_options none;
    const struct cx_archive_format *found = cx_archive_format_named(cx_str_of(format));

    assert_non_null(found);
    *a = (struct archive){ .input = cx_input_of(octets) };
    assert_non_null(a->input);
    return cx_ok(cx_archive_reader_open(found, options != NULL ? options : &none, a->input,
                                        &a->reader, detail));
}

void
archive_open(struct archive *a, const char *format, cx_span octets,
             const struct cx_archive_options *options)
{
    struct cx_detail detail = { .text = "" };

    if (!opens(a, format, octets, options, &detail)) {
        fail_msg("%s", detail.text);
    }
}

void
archive_close(struct archive *a)
{
    cx_archive_reader_close(a->reader);
    cx_input_close(a->input);
}

void
archive_next(struct archive *a)
{
    struct cx_detail detail = { .text = "" };
    bool more = false;

    if (!cx_ok(cx_archive_reader_next(a->reader, &a->record, &more, &detail))) {
        fail_msg("%s", detail.text);
    }
    assert_true(more);
    a->observed += a->record.fate == CX_FATE_OBSERVED ? 1 : 0;
    a->rejected += a->record.fate == CX_FATE_REJECTED ? 1 : 0;
    a->ignored += a->record.fate == CX_FATE_IGNORED ? 1 : 0;
    assert_true((a->record.fate == CX_FATE_OBSERVED) == (a->record.n != 0));
    assert_true((a->record.fate == CX_FATE_REJECTED) == (a->record.reason[0] != '\0'));
}

void
archive_expect_end(struct archive *a)
{
    bool more = true;

    for (int i = 0; i < 2; i++) {
        assert_true(cx_ok(cx_archive_reader_next(a->reader, &a->record, &more, NULL)));
        assert_false(more);
    }
}

void
archive_expect(struct archive *a, uint64_t line, const char *observations)
{
    struct cx_buf buf;

    archive_next(a);
    if (a->record.fate != CX_FATE_OBSERVED) {
        fail_msg("not observed (%s), but should be: %s", a->record.reason, observations);
    }
    assert_int_equal(a->record.line, line);
    cx_buf_init(&buf, 1 << 20);
    for (size_t i = 0; i < a->record.n; i++) {
        cx_buf_puts(&buf, i == 0 ? "" : "\n");
        observation_text(&a->record.v[i], &buf);
    }
    cx_buf_putc(&buf, '\0');
    assert_true(cx_buf_ok(&buf));
    assert_string_equal(buf.p, observations);
    cx_buf_done(&buf);
}

void
archive_expect_rejected(struct archive *a, uint64_t line, const char *reason)
{
    archive_next(a);
    if (a->record.fate != CX_FATE_REJECTED || strstr(a->record.reason, reason) == NULL) {
        fail_msg("fate %d, \"%s\", but should be rejected: %s", (int)a->record.fate,
                 a->record.reason, reason);
    }
    assert_int_equal(a->record.line, line);
}

void
archive_expect_ignored(struct archive *a, uint64_t line)
{
    archive_next(a);
    if (a->record.fate != CX_FATE_IGNORED) {
        fail_msg("fate %d, \"%s\", but should be ignored", (int)a->record.fate, a->record.reason);
    }
    assert_int_equal(a->record.line, line);
}

/* ---- one line */

static void
open_line(struct archive *a, const char *format, const char *line,
          const struct cx_archive_options *options, struct cx_buf *buf)
{
    cx_buf_init(buf, 1 << 20);
    cx_buf_printf(buf, "%s\n", line);
    assert_true(cx_buf_ok(buf));
    archive_open(a, format, cx_span_of_str(cx_buf_str(buf)), options);
}

void
archive_expect_line_by(const struct cx_archive_options *options, const char *format,
                       const char *line, const char *observations)
{
    struct archive a;
    struct cx_buf buf;

    open_line(&a, format, line, options, &buf);
    archive_expect(&a, 1, observations);
    archive_expect_end(&a);
    archive_close(&a);
    cx_buf_done(&buf);
}

void
archive_expect_line(const char *format, const char *line, const char *observations)
{
    archive_expect_line_by(NULL, format, line, observations);
}

void
archive_expect_line_rejected(const char *format, const char *line, const char *reason)
{
    struct archive a;
    struct cx_buf buf;

    open_line(&a, format, line, NULL, &buf);
    archive_expect_rejected(&a, 1, reason);
    assert_true(cx_str_equal(cx_str_of_span(a.record.text), cx_str_of(line)));
    archive_expect_end(&a);
    archive_close(&a);
    cx_buf_done(&buf);
}

void
archive_expect_line_ignored(const char *format, const char *line)
{
    struct archive a;
    struct cx_buf buf;

    open_line(&a, format, line, NULL, &buf);
    archive_expect_ignored(&a, 1);
    archive_expect_end(&a);
    archive_close(&a);
    cx_buf_done(&buf);
}

static void
put_record(const struct cx_archive_record *record, struct cx_buf *buf)
{
    for (size_t i = 0; i < record->n; i++) {
        cx_buf_printf(buf, "%" PRIu64 ": ", record->line);
        observation_text(&record->v[i], buf);
        cx_buf_putc(buf, '\n');
    }
    if (record->fate == CX_FATE_REJECTED) {
        cx_buf_printf(buf, "%" PRIu64 ": rejected: %s\n", record->line, record->reason);
    }
    if (record->fate == CX_FATE_IGNORED) {
        cx_buf_printf(buf, "%" PRIu64 ": ignored\n", record->line);
    }
}

void
archive_transcript(const char *format, cx_span octets, const struct cx_archive_options *options,
                   struct cx_buf *buf)
{
    struct archive a;
    bool more = true;

    archive_open(&a, format, octets, options);
    while (more) {
        assert_true(cx_ok(cx_archive_reader_next(a.reader, &a.record, &more, NULL)));
        if (more) {
            put_record(&a.record, buf);
        }
    }
    archive_close(&a);
    cx_buf_putc(buf, '\0');
    assert_true(cx_buf_ok(buf));
}

/* ---- files that were cut */

/* All that of octets is read as observed must be among lines. */
static void
expect_nothing_else(const char *format, cx_span octets, const struct cx_archive_options *options,
                    const char *lines)
{
    struct cx_detail detail = { .text = "" };
    struct archive a;
    bool more = opens(&a, format, octets, options, &detail);

    while (more) {
        struct cx_buf buf;

        cx_buf_init(&buf, 1 << 20);
        assert_true(cx_ok(cx_archive_reader_next(a.reader, &a.record, &more, NULL)));
        if (more && a.record.fate == CX_FATE_OBSERVED) {
            put_record(&a.record, &buf);
            cx_buf_putc(&buf, '\0');
            if (strstr(lines, buf.p) == NULL) {
                fail_msg("%s, cut behind octet %zu, says\n%s", format, octets.n, buf.p);
            }
        }
        cx_buf_done(&buf);
    }
    archive_close(&a);
}

void
archive_expect_cuts(const char *format, cx_span octets, const struct cx_archive_options *options)
{
    struct cx_buf whole;

    cx_buf_init(&whole, 1 << 20);
    archive_transcript(format, octets, options, &whole);
    for (size_t n = 0; n < octets.n; n++) {
        expect_nothing_else(format, (cx_span){ octets.p, n }, options, whole.p);
    }
    cx_buf_done(&whole);
}
