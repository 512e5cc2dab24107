/* Archives in memory, and what a reader makes of them as one line of text. */
#ifndef CX_TESTS_UNIT_ARCHIVE_H
#define CX_TESTS_UNIT_ARCHIVE_H

#include "incident/archive_reader.h"
#include "main.h"

struct archive {
    struct cx_input *input;
    struct cx_archive_reader *reader;
    struct cx_archive_record record;
    uint64_t observed, rejected, ignored;
};

/* format NULL: by what it begins with, which must be expected. text is borrowed. */
void archive_open(struct archive *a, const char *format, cx_span octets,
                  const struct cx_archive_options *options);
void archive_close(struct archive *a);
/* The format that octets begin with; "" for none. */
const char *archive_format(cx_span octets);
/* The next record. */
void archive_next(struct archive *a);
void archive_expect_end(struct archive *a);
/* The next record must be so. Each observation as observation_text says it, one a line. */
void archive_expect(struct archive *a, uint64_t line, const char *observations);
void archive_expect_rejected(struct archive *a, uint64_t line, const char *reason);
void archive_expect_ignored(struct archive *a, uint64_t line);

/* One line, alone in an archive, with its line end. */
void archive_expect_line(const char *format, const char *line, const char *observations);
void archive_expect_line_by(const struct cx_archive_options *options, const char *format,
                            const char *line, const char *observations);
void archive_expect_line_rejected(const char *format, const char *line, const char *reason);
void archive_expect_line_ignored(const char *format, const char *line);

/* All records, one line for each observation, rejection or ignored record: "3: rejected: why". */
void archive_transcript(const char *format, cx_span octets,
                        const struct cx_archive_options *options, struct cx_buf *buf);

/* Of octets cut anywhere, nothing is observed but what is observed of all. */
void archive_expect_cuts(const char *format, cx_span octets,
                         const struct cx_archive_options *options);

/* check plain C permits logged 2026-11-22T04:35:24.978Z/1 www.shop.example records ttl=60 at=shop.example alias=x {0 issue "ca.example.net"}
 * account=42, and so on for what is known. */
void observation_text(const struct cx_observation *o, struct cx_buf *buf);

#endif
