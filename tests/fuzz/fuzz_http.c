/* What clients of the daemon may send: a target, a head, a body in chunks. Whatever is accepted keeps the promises of the readers' headers,
 * and does not depend on how it came in pieces. */
#include "base/limits.h"
#include "base/utf8.h"
#include "bin/caaproofd/http_chunks.h"
#include "bin/caaproofd/http_head.h"
#include "bin/caaproofd/http_prefer.h"
#include "bin/caaproofd/http_target.h"
#include "fuzz.h"

#define BODY_MAX 4096

/* Every octet as an escape, but for the separators of a path. */
static void
put_escaped(struct cx_buf *buf, cx_str text, bool is_path)
{
    for (size_t i = 0; i < text.n; i++) {
        if (is_path && text.p[i] == '/') {
            cx_buf_putc(buf, '/');
        } else {
            cx_buf_printf(buf, "%%%02x", (unsigned)(uint8_t)text.p[i]);
        }
    }
}

static void
check_text(cx_str text)
{
    MUST(cx_utf8_valid(cx_span_of_str(text)));
    for (size_t i = 0; i < text.n; i++) {
        MUST((uint8_t)text.p[i] >= 0x20 && text.p[i] != 0x7f);
    }
}

static void
check_path(cx_str path)
{
    check_text(path);
    MUST(path.n != 0 && path.p[0] == '/' && memchr(path.p, '\\', path.n) == NULL);
    for (size_t i = 0; i + 1 < path.n; i++) {
        size_t dot = i + 1;

        while (path.p[i] == '/' && dot < path.n && path.p[dot] == '.') {
            dot++;
        }
        MUST(dot == i + 1 || dot > i + 3 || (dot < path.n && path.p[dot] != '/'));
    }
}

/* Decoded once: what it says, escaped again, says the same. Longer than what is taken, it is too long for that. */
static void
check_target(cx_str text)
{
    struct http_target target, again;
    struct cx_arena arena;
    struct cx_buf buf;

    cx_arena_init(&arena, (size_t)1 << 20);
    cx_buf_init(&buf, CX_HTTP_TARGET_MAX);
    if (http_target_read(text, &arena, &target).status == 0) {
        check_path(target.path);
        put_escaped(&buf, target.path, true);
        for (size_t i = 0; i < target.n_query; i++) {
            check_text(target.query[i].name);
            check_text(target.query[i].value);
            cx_buf_putc(&buf, i == 0 ? '?' : '&');
            put_escaped(&buf, target.query[i].name, false);
            cx_buf_putc(&buf, '=');
            put_escaped(&buf, target.query[i].value, false);
        }
        if (cx_buf_ok(&buf)) {
            MUST(http_target_read(cx_buf_str(&buf), &arena, &again).status == 0);
            MUST(cx_str_equal(again.path, target.path) && again.n_query == target.n_query);
            for (size_t i = 0; i < target.n_query; i++) {
                MUST(cx_str_equal(again.query[i].name, target.query[i].name));
                MUST(cx_str_equal(again.query[i].value, target.query[i].value));
            }
        }
    }
    cx_buf_done(&buf);
    cx_arena_done(&arena);
}

/* Written again from what was read, each field on its line, it is read the same. */
static void
check_round_trip(const struct http_head *head, struct cx_arena *arena)
{
    struct http_head again;
    struct cx_buf buf;
    size_t scanned = 0, n = 0;

    cx_buf_init(&buf, (size_t)4 << 20);
    cx_buf_put(&buf, head->method);
    cx_buf_putc(&buf, ' ');
    cx_buf_put(&buf, head->target);
    cx_buf_puts(&buf, head->is_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    for (size_t i = 0; i < head->n_fields; i++) {
        cx_buf_put(&buf, head->fields[i].name);
        cx_buf_putc(&buf, ':');
        cx_buf_put(&buf, head->fields[i].value);
        cx_buf_puts(&buf, "\r\n");
    }
    cx_buf_puts(&buf, "\r\n");
    MUST(cx_buf_ok(&buf));
    MUST(http_head_end(cx_buf_str(&buf), &scanned, &n) == HTTP_HEAD_WHOLE && n == buf.n);
    MUST(http_head_read(cx_buf_str(&buf), arena, &again).status == 0);
    MUST(again.n_fields == head->n_fields && again.is_chunked == head->is_chunked &&
         again.length == head->length && again.keep_alive == head->keep_alive &&
         again.expects_continue == head->expects_continue);
    cx_buf_done(&buf);
}

/* Said again in its plainest form, it is understood the same. */
static void
check_prefer(const struct http_head *head)
{
    struct http_prefer got = http_prefer_read(head->fields, head->n_fields), again;
    struct http_field field = { CX_STR("prefer"), { NULL, 0 } };
    struct cx_buf buf;

    cx_buf_init(&buf, 64);
    cx_buf_puts(&buf, got.respond_async ? "respond-async," : "");
    if (got.has_wait) {
        cx_buf_printf(&buf, "wait=%llu", (unsigned long long)got.wait_s);
    }
    MUST(cx_buf_ok(&buf) && got.wait_s <= UINT32_MAX);
    field.value = cx_buf_str(&buf);
    again = http_prefer_read(&field, 1);
    MUST(again.respond_async == got.respond_async && again.has_wait == got.has_wait &&
         again.wait_s == got.wait_s);
    cx_buf_done(&buf);
}

static void
check_head(cx_str octets)
{
    size_t scanned = 0, n = 0, in_pieces = 0, n_pieces = 0;
    enum http_head_state whole = http_head_end(octets, &scanned, &n), piece = HTTP_HEAD_MORE;
    struct http_head head = { .n_fields = 0 };
    struct cx_arena arena;
    cx_str value;

    for (size_t i = 1; i <= octets.n && piece == HTTP_HEAD_MORE; i++) {
        piece = http_head_end((cx_str){ octets.p, i }, &in_pieces, &n_pieces);
    }
    MUST(piece == whole && n_pieces == n);
    if (whole != HTTP_HEAD_WHOLE) {
        return;
    }
    cx_arena_init(&arena, (size_t)8 << 20);
    if (http_head_read((cx_str){ octets.p, n }, &arena, &head).status == 0) {
        MUST(http_is_token(head.method) && head.n_fields <= CX_HTTP_FIELDS_MAX);
        MUST(!head.is_chunked || (head.length == 0 && !head.is_1_0));
        MUST(!head.is_chunked ||
             !http_field_find(head.fields, head.n_fields, CX_STR("Content-Length"), &value));
        MUST(head.is_1_0 || http_field_find(head.fields, head.n_fields, CX_STR("HOST"), &value));
        for (size_t i = 0; i < head.n_fields; i++) {
            MUST(http_is_token(head.fields[i].name) && http_is_field_value(head.fields[i].value));
        }
        check_prefer(&head);
        check_round_trip(&head, &arena);
    }
    cx_arena_done(&arena);
}

static void
check_chunks(cx_span octets)
{
    struct http_chunks whole = { .left = 0 }, piece = { .left = 0 };
    struct http_refusal no, no_piece = HTTP_TAKEN;
    struct cx_buf body, body_of_pieces;
    size_t used = 0, n = 0, used_of_pieces = 0;

    cx_buf_init(&body, BODY_MAX);
    cx_buf_init(&body_of_pieces, BODY_MAX);
    no = http_chunks_take(&whole, octets, &body, &used);
    while (used_of_pieces < octets.n && piece.state != HTTP_CHUNK_DONE && no_piece.status == 0) {
        no_piece = http_chunks_take(&piece, (cx_span){ octets.p + used_of_pieces, 1 },
                                    &body_of_pieces, &n);
        MUST(n == 1);
        used_of_pieces++;
    }
    MUST(no.status == no_piece.status && used == used_of_pieces && whole.state == piece.state);
    MUST(body.n <= BODY_MAX && cx_str_equal(cx_buf_str(&body), cx_buf_str(&body_of_pieces)));
    MUST(no.status != 0 || whole.state == HTTP_CHUNK_DONE || used == octets.n);
    cx_buf_done(&body);
    cx_buf_done(&body_of_pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };

    check_target(cx_str_of_span(octets));
    check_head(cx_str_of_span(octets));
    check_chunks(octets);
    return 0;
}
