#include "bin/caaproof/lint_zone.h"

#include "base/file.h"
#include "base/limits.h"
#include "dns/caa.h"
#include "dnssec/zone_text.h"

#include <stdlib.h>

static cx_status
read_lines(const char *path, cx_str text, const struct lint_zone_reader *reader)
{
    size_t number = 0, at = 0;
    cx_str line;

    while (cx_str_line(text, &at, &line)) {
        CX_TRY(reader->line(reader->ctx, path, line, ++number));
    }
    return CX_SUCCESS;
}

static int
by_owner(const void *a, const void *b)
{
    const cx_span *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int order = memcmp(x->p, y->p, n);

    return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

static cx_status
tell_owners(const struct cx_zone_rrs *rrs, struct cx_arena *arena,
            const struct lint_zone_reader *reader)
{
    cx_span *owners = cx_arena_get(arena, rrs->n + 1, sizeof(*owners));
    size_t n = 0;

    if (owners == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < rrs->n; i++) {
        if (rrs->v[i].type == CX_TYPE_CAA && !cx_name_is_root(rrs->v[i].owner)) {
            owners[n++] = rrs->v[i].owner;
        }
    }
    qsort(owners, n, sizeof(*owners), by_owner);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !cx_span_equal(owners[i], owners[i - 1])) {
            CX_TRY(reader->owner(reader->ctx, owners[i]));
        }
    }
    return CX_SUCCESS;
}

cx_status
lint_zone_read(const char *path, const struct lint_zone_reader *reader, struct cx_detail *detail)
{
    struct cx_arena arena;
    struct cx_zone_rrs rrs;
    struct cx_buf buf;
    cx_status s;

    cx_buf_init(&buf, CX_FILE_MAX);
    cx_arena_init(&arena, CX_SOURCE_MEMORY);
    s = cx_file_read(path, &buf, detail);
    if (cx_ok(s)) {
        s = read_lines(path, cx_buf_str(&buf), reader);
    }
    if (cx_ok(s) && reader->owner != NULL) {
        s = cx_zone_text_read(cx_buf_str(&buf), (cx_span){ NULL, 0 }, &arena, &rrs, detail);
        if (cx_ok(s)) {
            s = tell_owners(&rrs, &arena, reader);
        }
    }
    cx_arena_done(&arena);
    cx_buf_done(&buf);
    return s;
}
