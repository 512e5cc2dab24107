#include "incident/recheck.h"

#include "base/alloc.h"
#include "base/json.h"
#include "caa/verdict.h"
#include "incident/marks.h"

#include <inttypes.h>
#include <stdlib.h>

const char *
cx_now_word(enum cx_now now)
{
    switch (now) {
    case CX_NOW_UNKNOWN:
        return NULL;
    case CX_NOW_PERMITS:
        return "PERMITS-NOW";
    case CX_NOW_DENIES:
        return "DENIES-NOW";
    case CX_NOW_FAILS:
        return "FAILS-NOW";
    }
    return NULL;
}

struct answer {
    struct cx_id id;
    uint8_t now;
    uint32_t line; /* a later line counts */
};

struct cx_recheck {
    struct answer *v;
    size_t n;
    size_t room;
};

static int
compare_ids(const struct answer *x, const struct answer *y)
{
    return memcmp(&x->id, &y->id, sizeof(x->id));
}

static int
compare(const void *a, const void *b)
{
    const struct answer *x = a;
    const struct answer *y = b;
    int ids = compare_ids(x, y);

    return ids != 0 ? ids : x->line < y->line ? -1 : x->line > y->line;
}

static enum cx_now
now_of(const struct cx_json *json)
{
    cx_str word;
    enum cx_verdict verdict = CX_VERDICT_UNSET;

    if (cx_json_string(cx_json_get(json, "verdict"), &word)) {
        verdict = cx_verdict_of_word(word);
    }
    return verdict == CX_VERDICT_DENY     ? CX_NOW_DENIES
           : cx_verdict_positive(verdict) ? CX_NOW_PERMITS
                                          : CX_NOW_FAILS;
}

static cx_status
add_line(struct cx_recheck *r, cx_str line, struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;
    struct answer answer = { .line = (uint32_t)r->n };
    cx_str id;

    CX_TRY(cx_json_parse(line, &json, detail));
    if (!cx_json_string(cx_json_get(json, "id"), &id) || !cx_id_of_text(id, &answer.id)) {
        return cx_fail(detail, CX_E_ARCHIVE,
                       "no \"id\" with the serial or SHA-256 of a certificate in hexadecimal");
    }
    answer.now = (uint8_t)now_of(json);
    if (r->n == r->room) {
        size_t room = r->room != 0 ? 2 * r->room : 1024;
        struct answer *v = cx_realloc(r->v, room, sizeof(*v));

        if (v == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
        r->v = v;
        r->room = room;
    }
    r->v[r->n++] = answer;
    return CX_SUCCESS;
}

static cx_status
read_all(struct cx_input *input, const char *path, struct cx_recheck *r, struct cx_detail *detail)
{
    struct cx_detail why = { .text = "" };
    cx_status bad = CX_SUCCESS;
    uint64_t bad_line = 0;
    cx_str line;
    bool more;

    for (;;) {
        CX_TRY(cx_input_line(input, &line, &more, detail));
        if (!more) {
            break;
        }
        if (!cx_ok(bad)) { /* it was not the last */
            return cx_fail(detail, CX_E_ARCHIVE, "%s: line %" PRIu64 ": %s", path, bad_line,
                           why.text);
        }
        bad = line.n != 0 ? add_line(r, line, &why) : CX_SUCCESS;
        bad_line = cx_input_number(input);
        if (bad.code == CX_E_NOMEM) {
            return bad;
        }
    }
    if (!cx_ok(bad) && r->n == 0) { /* nothing of it is a recheck */
        return cx_fail(detail, CX_E_ARCHIVE, "%s: line %" PRIu64 ": %s", path, bad_line, why.text);
    }
    if (r->n != 0) {
        qsort(r->v, r->n, sizeof(*r->v), compare);
    }
    return CX_SUCCESS;
}

cx_status
cx_recheck_read(const char *path, struct cx_recheck **ret, uint64_t *ret_n,
                struct cx_hash *ret_digest, struct cx_detail *detail)
{
    struct cx_recheck *r = cx_alloc(1, sizeof(*r));
    struct cx_input *input = NULL;
    cx_status s = r != NULL ? cx_input_open(path, &input, detail) : (cx_status){ CX_E_NOMEM };

    if (cx_ok(s)) {
        s = read_all(input, path, r, detail);
    }
    if (cx_ok(s)) {
        s = cx_input_digest(input, ret_digest, detail);
    }
    cx_input_close(input);
    if (!cx_ok(s)) {
        cx_recheck_free(r);
        return s;
    }
    *ret_n = r->n;
    *ret = r;
    return CX_SUCCESS;
}

void
cx_recheck_free(struct cx_recheck *r)
{
    if (r != NULL) {
        cx_free(r->v);
        cx_free(r);
    }
}

static enum cx_now
find(const struct cx_recheck *r, cx_span octets)
{
    struct answer wanted = { .now = CX_NOW_UNKNOWN };
    size_t low = 0;
    size_t n = r->n;

    if (!cx_id_of_octets(octets, &wanted.id)) {
        return CX_NOW_UNKNOWN;
    }
    while (n != 0) { /* behind the last of that id */
        size_t half = n / 2;

        if (compare_ids(&r->v[low + half], &wanted) <= 0) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low != 0 && compare_ids(&r->v[low - 1], &wanted) == 0 ? (enum cx_now)r->v[low - 1].now
                                                                 : CX_NOW_UNKNOWN;
}

enum cx_now
cx_recheck_of(const struct cx_recheck *r, const struct cx_certificate *c)
{
    enum cx_now now = CX_NOW_UNKNOWN;

    if (r == NULL) {
        return now;
    }
    if (c->has_certificate) {
        now = find(r, (cx_span){ c->certificate.b, CX_HASH_SIZE });
    }
    if (now == CX_NOW_UNKNOWN && c->has_precertificate) {
        now = find(r, (cx_span){ c->precertificate.b, CX_HASH_SIZE });
    }
    return now != CX_NOW_UNKNOWN ? now : find(r, c->issued.serial);
}
