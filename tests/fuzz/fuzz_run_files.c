/* Files of a run or an archive that somebody else made: by the first octet a file of certificates, a file of entries, one content or
 * one row. Whatever is accepted is what its writer would have written. */
#include "base/buf.h"
#include "base/limits.h"
#include "incident/certificate_row.h"
#include "incident/content.h"
#include "incident/entry_file.h"
#include "octets_file.h"

#include <string.h>

/* Of a file as small as those here. */
#define ROWS_MAX 1000

static void
same_octets(struct cx_buf *buf, cx_span octets)
{
    MUST(cx_buf_ok(buf));
    MUST(cx_str_equal(cx_buf_str(buf), cx_str_of_span(octets)));
    cx_buf_done(buf);
}

static void
read_certificates(const char *path)
{
    struct cx_certificates *file = NULL;
    struct cx_detail detail = { .text = "" };

    if (!cx_ok(cx_certificates_open(path, &file, &detail))) {
        return;
    }
    for (uint64_t i = 0; i < cx_certificates_size(file) && i < ROWS_MAX; i++) {
        struct cx_arena arena;
        struct cx_certificate c;

        cx_arena_init(&arena, CX_CHECK_MEMORY);
        (void)cx_ok(cx_certificates_at(file, i, &arena, &c, &detail)); /* or refused */
        cx_arena_done(&arena);
    }
    cx_certificates_close(file);
}

static void
read_entries(const char *path)
{
    struct cx_entry_file *file = NULL;
    struct cx_detail detail = { .text = "" };
    const struct cx_entry_key key = { { 0x40 } };
    uint64_t at = 0;

    if (!cx_ok(cx_entry_file_open(path, &file, &detail))) {
        return;
    }
    MUST(!cx_ok(cx_entry_file_after(file, &key, 0, &at, &detail)) ||
         at <= cx_entry_file_size(file));
    for (uint64_t i = 0; i < cx_entry_file_size(file) && i < ROWS_MAX; i++) {
        struct cx_archive_entry entry;
        uint8_t octets[CX_ENTRY_OCTETS];
        struct cx_archive_entry again;

        if (cx_ok(cx_entry_file_at(file, i, &entry, &detail))) {
            cx_archive_entry_write(&entry, octets);
            MUST(cx_ok(cx_archive_entry_read(octets, &again)));
            MUST(again.time_ms == entry.time_ms && again.outcome == entry.outcome &&
                 again.content == entry.content && again.ttl == entry.ttl);
        }
    }
    cx_entry_file_close(file);
}

static void
read_content(cx_span octets, struct cx_arena *arena)
{
    struct cx_observation o;
    struct cx_buf buf;

    if (cx_ok(cx_content_read(octets, arena, &o))) {
        cx_buf_init(&buf, CX_CONTENT_MAX);
        cx_content_write(&o, &buf);
        same_octets(&buf, octets);
    }
}

static void
read_row(cx_span octets, struct cx_arena *arena)
{
    struct cx_certificate c;
    struct cx_buf buf;

    if (cx_ok(cx_certificate_read_row(octets, arena, &c))) {
        cx_buf_init(&buf, CX_CERTIFICATE_ROW_MAX);
        cx_certificate_write(&c, &buf);
        same_octets(&buf, octets);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct octets_file file;
    struct cx_arena arena;

    if (size == 0) {
        return 0;
    }
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    octets_file_open(&file, data + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        read_certificates(file.path);
        break;
    case 1:
        read_entries(file.path);
        break;
    case 2:
        read_content((cx_span){ data + 1, size - 1 }, &arena);
        break;
    default:
        read_row((cx_span){ data + 1, size - 1 }, &arena);
        break;
    }
    octets_file_close(&file);
    cx_arena_done(&arena);
    return 0;
}
