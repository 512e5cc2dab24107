/* Certificates themselves: PEM with anything around its blocks, DER, one behind the other, and PKCS#7. */
#include "base/alloc.h"
#include "incident/issued_build.h"
#include "incident/issued_formats.h"
#include "pki/base64.h"
#include "pki/der.h"
#include "pki/pkcs7.h"

#include <stdio.h>

#define BEGIN_MARK "-----BEGIN "
#define END_MARK   "-----END "
#define MARK_END   "-----"

/* Enough of an element to know what it is: tag, length, and a PKCS#7 container's type. */
#define DER_HEAD 32

struct reading {
    struct cx_input *input;
    struct cx_issued_build build;
    bool pem;
    bool over;           /* what is left cannot be read */
    cx_str rest;         /* of the line at hand, not looked at yet; borrowed from input */
    cx_str mark;         /* the mark read last, and what is behind it */
    struct cx_buf block; /* base64 of the block at hand, without blanks */
    /* Of a PKCS#7 container: its certificates, of which some were given. */
    struct cx_arena container;
    const cx_span *certificates;
    size_t n_certificates;
    size_t at;
    uint64_t container_line;
};

/* ---- what a block or an element holds */

static cx_status
open_container(struct reading *r, cx_span octets, struct cx_issued_record *record)
{
    struct cx_detail detail = { .text = "" };
    cx_status s;

    cx_arena_reset(&r->container);
    r->at = r->n_certificates = 0;
    s = cx_pkcs7_certificates(octets, &r->container, &r->certificates, &r->n_certificates, &detail);
    if (cx_status_class(s) == CX_CLASS_MALFORMED || cx_status_class(s) == CX_CLASS_LIMIT) {
        cx_issued_reject(record, octets, "%s", detail.text);
        return CX_SUCCESS;
    }
    CX_TRY(s);
    r->container_line = record->line;
    if (r->n_certificates == 0) {
        cx_issued_ignore(record, "PKCS#7 without a certificate in it");
        return CX_SUCCESS;
    }
    return cx_issued_take_der(&r->build, r->certificates[r->at++], record);
}

/* The first element alone: behind it a "TRUSTED CERTIFICATE" has what OpenSSL trusts it for. */
static cx_status
take_trusted(struct reading *r, cx_span octets, struct cx_issued_record *record)
{
    struct cx_reader in = cx_reader_of(octets);
    struct cx_der first = cx_der_next(&in);

    if (first.tag != CX_DER_SEQUENCE) {
        cx_issued_reject(record, octets, "a trusted certificate that is not DER");
        return CX_SUCCESS;
    }
    return cx_issued_take_der(&r->build, first.whole, record);
}

/* ---- PEM */

enum block_kind {
    BLOCK_OTHER = 0,
    BLOCK_CERTIFICATE,
    BLOCK_TRUSTED,
    BLOCK_PKCS7,
};

static enum block_kind
kind_of(cx_str label)
{
    static const struct {
        cx_str label;
        enum block_kind kind;
    } kinds[] = {
        { CX_STR_INIT("CERTIFICATE"), BLOCK_CERTIFICATE },
        { CX_STR_INIT("X509 CERTIFICATE"), BLOCK_CERTIFICATE },
        { CX_STR_INIT("TRUSTED CERTIFICATE"), BLOCK_TRUSTED },
        { CX_STR_INIT("PKCS7"), BLOCK_PKCS7 },
        { CX_STR_INIT("PKCS #7 SIGNED DATA"), BLOCK_PKCS7 },
        { CX_STR_INIT("CMS"), BLOCK_PKCS7 },
    };

    for (size_t i = 0; i < CX_COUNT(kinds); i++) {
        if (cx_str_equal(label, kinds[i].label)) {
            return kinds[i].kind;
        }
    }
    return BLOCK_OTHER;
}

static size_t
find(cx_str text, const char *what)
{
    const char *found = text.n == 0 ? NULL : memmem(text.p, text.n, what, strlen(what));

    return found == NULL ? text.n : (size_t)(found - text.p);
}

struct piece {
    enum {
        TEXT,
        BEGIN,
        END,
        NOTHING
    } kind;
    cx_str text; /* or the label of a mark */
};

/* A mark at the front of line; what is behind it is kept. A mark that does not end is one all the same. */
static struct piece
take_mark(struct reading *r, cx_str line, bool begin)
{
    size_t head = strlen(begin ? BEGIN_MARK : END_MARK);
    cx_str label = { line.p + head, line.n - head };

    r->mark = line;
    label.n = find(label, MARK_END);
    head += label.n;
    head += line.n - head < sizeof(MARK_END) - 1 ? line.n - head : sizeof(MARK_END) - 1;
    r->rest = (cx_str){ line.p + head, line.n - head };
    return (struct piece){ begin ? BEGIN : END, label };
}

/* A mark, or text up to the next mark or the end of the line: files that were joined have marks in the middle of a line. A
 * line that is too long is LIMIT. */
static cx_status
next_piece(struct reading *r, struct piece *ret, struct cx_detail *detail)
{
    cx_str line = r->rest;
    size_t begin, end;
    bool more = true;

    r->rest.n = 0;
    if (line.n == 0) {
        CX_TRY(cx_input_line(r->input, &line, &more, detail));
    }
    begin = find(line, BEGIN_MARK);
    end = find(line, END_MARK);
    if (!more) {
        *ret = (struct piece){ .kind = NOTHING };
    } else if (line.n != 0 && (begin == 0 || end == 0)) {
        *ret = take_mark(r, line, begin == 0);
    } else {
        size_t n = begin < end ? begin : end;

        r->rest = (cx_str){ line.p + n, line.n - n };
        *ret = (struct piece){ TEXT, { line.p, n } };
    }
    return CX_SUCCESS;
}

static void
put_without_blanks(struct cx_buf *buf, cx_str text)
{
    for (size_t at = 0, n; at < text.n; at += n + 1) {
        for (n = 0; at + n < text.n && memchr(" \t\r", text.p[at + n], 3) == NULL; n++) {
        }
        cx_buf_put(buf, (cx_str){ text.p + at, n });
    }
}

static cx_status
take_block(struct reading *r, enum block_kind kind, struct cx_issued_record *record)
{
    struct cx_arena *arena = &r->build.arena;
    cx_str text = cx_buf_str(&r->block);
    cx_span octets = { NULL, 0 };
    cx_status s = cx_base64_get(text, arena, &octets);

    if (cx_status_class(s) == CX_CLASS_MALFORMED || (cx_ok(s) && octets.n == 0)) {
        cx_issued_reject(record, cx_span_of_str(text), "a PEM block that is not base64");
        return CX_SUCCESS;
    }
    CX_TRY(s);
    if (kind == BLOCK_PKCS7) {
        return open_container(r, octets, record);
    }
    return kind == BLOCK_TRUSTED ? take_trusted(r, octets, record)
                                 : cx_issued_take_der(&r->build, octets, record);
}

/* Up to the END mark; false if another block begins, or nothing follows, before it. Of a block of another kind, which may be a
 * private key, nothing is kept. */
static cx_status
read_block(struct reading *r, bool keep, bool *ret_ended, struct cx_detail *detail)
{
    struct piece piece;

    cx_buf_clear(&r->block);
    do {
        cx_status s = next_piece(r, &piece, detail);

        if (cx_status_class(s) == CX_CLASS_LIMIT) {
            cx_buf_fail(&r->block, CX_E_LIMIT);
            piece.kind = TEXT;
            continue;
        }
        CX_TRY(s);
        if (keep && piece.kind == TEXT) {
            put_without_blanks(&r->block, piece.text);
        }
    } while (piece.kind == TEXT);
    *ret_ended = piece.kind == END;
    if (piece.kind == BEGIN) {
        r->rest = r->mark; /* which begins the next record */
    }
    return CX_SUCCESS;
}

/* Behind a BEGIN mark. */
static cx_status
next_block(struct reading *r, cx_str label, struct cx_issued_record *record,
           struct cx_detail *detail)
{
    enum block_kind kind = kind_of(label);
    const cx_span nothing = { NULL, 0 };
    bool ended;
    char name[40]; /* a longer one is cut */

    (void)snprintf(name, sizeof(name), "%.*s", (int)(label.n < sizeof(name) ? label.n : 39),
                   label.p);
    CX_TRY(read_block(r, kind != BLOCK_OTHER, &ended, detail));
    if (!ended) {
        cx_issued_reject(record, cx_span_of_str(cx_buf_str(&r->block)),
                         "a PEM block \"%s\" that does not end", name);
    } else if (kind == BLOCK_OTHER) {
        cx_issued_ignore(record, "a PEM block \"%s\", no certificate", name);
    } else if (cx_status_class(cx_buf_status(&r->block)) == CX_CLASS_LIMIT) {
        cx_issued_reject(record, nothing, "a PEM block of more than %u octets", CX_LINE_MAX);
    } else {
        CX_TRY(cx_buf_status(&r->block));
        return take_block(r, kind, record);
    }
    return CX_SUCCESS;
}

/* Text around blocks says nothing. */
static cx_status
next_pem(struct reading *r, struct cx_issued_record *record, bool *ret_more,
         struct cx_detail *detail)
{
    struct piece piece = { .kind = TEXT };

    while (piece.kind == TEXT) {
        cx_status s = next_piece(r, &piece, detail);

        if (cx_status_class(s) == CX_CLASS_LIMIT) {
            cx_issued_begin(&r->build, cx_input_number(r->input), record);
            cx_issued_reject(record, (cx_span){ NULL, 0 }, "a line of more than %u octets",
                             CX_LINE_MAX);
            return CX_SUCCESS;
        }
        CX_TRY(s);
    }
    cx_issued_begin(&r->build, cx_input_number(r->input), record);
    if (piece.kind == NOTHING) {
        *ret_more = false;
        return CX_SUCCESS;
    }
    if (piece.kind == END) {
        cx_issued_reject(record, (cx_span){ NULL, 0 },
                         "the end of a PEM block whose beginning is missing or damaged");
        return CX_SUCCESS;
    }
    return next_block(r, piece.text, record, detail);
}

/* ---- DER */

static cx_status
reject_rest(struct reading *r, struct cx_issued_record *record, const char *why)
{
    r->over = true;
    cx_issued_reject(record, (cx_span){ NULL, 0 },
                     "%s; nothing behind this octet can be read, of a file of %llu", why,
                     (unsigned long long)cx_input_size(r->input));
    return CX_SUCCESS;
}

static cx_status
take_container(struct reading *r, struct cx_issued_record *record, struct cx_detail *detail)
{
    cx_span octets;
    cx_status s = cx_input_rest(r->input, CX_LINE_MAX, &octets, detail);

    r->over = true;
    if (cx_status_class(s) == CX_CLASS_LIMIT) {
        return reject_rest(r, record, "a PKCS#7 container that is too large");
    }
    CX_TRY(s);
    return open_container(r, octets, record);
}

/* Octets of the SEQUENCE that begins so, with tag and length; 0 if it is none, or no certificate could be so long. */
static size_t
octets_of_element(cx_span head)
{
    size_t octets, n = 0;

    if (head.n < 2 || head.p[0] != CX_DER_SEQUENCE || head.p[1] < 0x80) {
        return 0; /* one with a length of one octet is too short for a certificate */
    }
    octets = head.p[1] & 0x7fu;
    if (octets == 0 || octets > 4 || head.n < 2 + octets) {
        return 0;
    }
    for (size_t i = 0; i < octets; i++) {
        n = n << 8 | head.p[2 + i];
    }
    return n > CX_TBS_MAX ? 0 : 2 + octets + n;
}

static bool
is_padding(cx_span head)
{
    return head.n != 0 && memchr(" \t\r\n", head.p[0], 5) != NULL; /* and octet 0 */
}

static cx_status
next_der(struct reading *r, struct cx_issued_record *record, bool *ret_more,
         struct cx_detail *detail)
{
    cx_span head, der;
    bool whole;
    size_t n;

    CX_TRY(cx_input_peek(r->input, DER_HEAD, &head, detail));
    while (is_padding(head)) {
        CX_TRY(cx_input_take(r->input, 1, &der, &whole, detail));
        CX_TRY(cx_input_peek(r->input, DER_HEAD, &head, detail));
    }
    cx_issued_begin(&r->build, cx_input_offset(r->input), record);
    if (head.n == 0 || r->over) {
        *ret_more = false;
        return CX_SUCCESS;
    }
    if (cx_pkcs7_looks_like(head)) {
        return take_container(r, record, detail);
    }
    n = octets_of_element(head);
    if (n == 0) {
        return reject_rest(r, record, "not the beginning of a certificate");
    }
    CX_TRY(cx_input_take(r->input, n, &der, &whole, detail));
    return whole ? cx_issued_take_der(&r->build, der, record)
                 : reject_rest(r, record, "a certificate that is cut");
}

/* ---- the format */

static bool
is_der(cx_span head)
{
    return head.n >= 2 && head.p[0] == CX_DER_SEQUENCE && head.p[1] >= 0x80;
}

static bool
looks_like(cx_span head)
{
    return is_der(head) || find(cx_str_of_span(head), BEGIN_MARK) < head.n;
}

static void
close_reading(void *self)
{
    struct reading *r = self;

    if (r != NULL) {
        cx_issued_build_done(&r->build);
        cx_arena_done(&r->container);
        cx_buf_done(&r->block);
        cx_free(r);
    }
}

static cx_status
open_reading(const struct cx_issued_options *options, struct cx_input *input, void **ret,
             struct cx_detail *detail)
{
    struct reading *r;
    cx_span head;

    (void)options; /* certificates say all by themselves */
    CX_TRY(cx_input_peek(input, 2, &head, detail));
    r = cx_alloc(1, sizeof(*r));
    if (r == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    r->input = input;
    r->pem = !is_der(head);
    cx_issued_build_init(&r->build);
    cx_arena_init(&r->container, CX_CHECK_MEMORY);
    cx_buf_init(&r->block, CX_LINE_MAX);
    *ret = r;
    return CX_SUCCESS;
}

static cx_status
next(void *self, struct cx_issued_record *ret, bool *ret_more, struct cx_detail *detail)
{
    struct reading *r = self;

    *ret_more = true;
    if (r->at < r->n_certificates) {
        cx_issued_begin(&r->build, r->container_line, ret);
        return cx_issued_take_der(&r->build, r->certificates[r->at++], ret);
    }
    return r->pem ? next_pem(r, ret, ret_more, detail) : next_der(r, ret, ret_more, detail);
}

const struct cx_issued_format cx_issued_certificates = {
    .name = "certificates",
    .about = "certificates and precertificates, PEM, DER or PKCS#7",
    .looks_like = looks_like,
    .open = open_reading,
    .next = next,
    .close = close_reading,
};
