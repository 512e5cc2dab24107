/* POST and GET of /v1/issuances: what came is put into one operation; the recorder reads and judges it. */
#include "base/limits.h"
#include "bin/caaproofd/front.h"
#include "pki/base64.h"
#include "pki/der.h"

#include <string.h>

#define PATH "/v1/issuances/"

static struct op_ask
ask_of(const struct front *front, size_t caller)
{
    return (struct op_ask){
        .caller = front->member.config->callers[caller].name,
        .authorities = front_authorities_of(front, caller),
    };
}

/* ---- POST */

struct issuance {
    struct cx_arena arena; /* of octets */
    cx_str id;
    cx_span octets; /* of the certificate, and of its issuer's behind it */
};

/* One element, and nothing behind it. */
static bool
is_der(cx_span octets)
{
    struct cx_reader in = cx_reader_of(octets);

    return octets.n <= CX_TBS_MAX && cx_der_next(&in).tag == CX_DER_SEQUENCE &&
           cx_rd_left(&in) == 0;
}

/* A member in base64; n == 0 if it is not there. */
static bool
read_octets(struct issuance *in, const struct cx_json *json, const char *member, cx_span *ret)
{
    const struct cx_json *value = cx_json_get(json, member);
    cx_str text = { NULL, 0 };

    *ret = (cx_span){ NULL, 0 };
    return value == NULL || (cx_json_string(value, &text) &&
                             cx_ok(cx_base64_get(text, &in->arena, ret)) && is_der(*ret));
}

static bool
join(struct issuance *in, cx_span certificate, cx_span issuer)
{
    uint8_t *to = cx_arena_get(&in->arena, certificate.n + issuer.n + 1, 1);

    if (to == NULL) {
        return false;
    }
    memcpy(to, certificate.p, certificate.n);
    if (issuer.n != 0) {
        memcpy(to + certificate.n, issuer.p, issuer.n);
    }
    in->octets = (cx_span){ to, certificate.n + issuer.n };
    return true;
}

static bool
read_json(struct issuance *in, const struct cx_json *json, struct cx_detail *detail)
{
    static const char *const members[] = { "id", "certificate", "issuer", NULL };
    cx_span certificate, issuer;

    if (!cx_ok(cx_json_only(json, "issuance", members, CX_E_USAGE, detail))) {
        return false;
    }
    if (!cx_json_string(cx_json_get(json, "id"), &in->id) ||
        cx_json_get(json, "certificate") == NULL ||
        !read_octets(in, json, "certificate", &certificate) ||
        !read_octets(in, json, "issuer", &issuer) || !join(in, certificate, issuer)) {
        (void)cx_fail(detail, CX_E_USAGE,
                      "{\"id\": id of the check, \"certificate\": base64 of its DER}; \"issuer\", "
                      "the same of the issuer's certificate, may be beside them");
        return false;
    }
    return true;
}

/* in->id is borrowed from json. */
static void
post_json(struct front *front, size_t caller, struct http_request *request, struct issuance *in)
{
    struct op_ask ask = ask_of(front, caller);
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;
    struct cx_detail detail = { .text = "" };
    cx_str body = cx_str_of_span(http_request_message(request)->body);

    if (!cx_ok(cx_json_parse(body, &json, &detail)) || !read_json(in, json, &detail)) {
        front_refuse(request, &problem_request, detail.text);
    } else if (!intake_is_id(in->id)) {
        front_refuse(request, &problem_request, "this is no id of a check");
    } else {
        ask.id = in->id;
        ask.data = in->octets;
        front_ask(front, OP_ISSUE, &ask, request);
    }
}

static void
post_der(struct front *front, size_t caller, struct http_request *request)
{
    struct op_ask ask = ask_of(front, caller);

    ask.data = http_request_message(request)->body;
    if (!http_parameter(request, "id", &ask.id) || !intake_is_id(ask.id)) {
        front_refuse(request, &problem_request, "?id= is needed: the id of its check");
    } else if (!is_der(ask.data)) {
        front_refuse(request, &problem_request, "the body is one certificate, in DER");
    } else {
        front_ask(front, OP_ISSUE, &ask, request);
    }
}

void
front_post_issuance(struct front *front, size_t caller, struct http_request *request)
{
    struct issuance in = { .id = { NULL, 0 } };

    if (front_is_type(request, "application/pkix-cert")) {
        post_der(front, caller, request);
    } else if (front_is_type(request, "application/json")) {
        cx_arena_init(&in.arena, CX_CHECK_MEMORY);
        post_json(front, caller, request, &in);
        cx_arena_done(&in.arena);
    } else {
        front_refuse(request, &problem_content_type,
                     "application/json, or application/pkix-cert with ?id=");
    }
}

/* ---- GET */

/* Octets of a serial number in hexadecimal, in any case, of as many digits as it likes; 0: it is none. */
static size_t
read_serial(cx_str text, uint8_t ret[CX_SERIAL_MAX])
{
    size_t n = (text.n + 1) / 2, at = text.n % 2;

    if (n == 0 || n > CX_SERIAL_MAX) {
        return 0;
    }
    memset(ret, 0, n);
    for (size_t i = 0; i < text.n; i++, at++) {
        int digit = cx_ascii_hex((uint8_t)text.p[i]);

        if (digit < 0) {
            return 0;
        }
        ret[at / 2] = (uint8_t)(ret[at / 2] << 4 | digit);
    }
    return n;
}

void
front_get_issuance(struct front *front, size_t caller, struct http_request *request)
{
    struct op_ask ask = ask_of(front, caller);
    cx_str rest = http_request_message(request)->path;
    uint8_t serial[CX_SERIAL_MAX];
    size_t slash, authority;

    rest = (cx_str){ rest.p + strlen(PATH), rest.n - strlen(PATH) };
    for (slash = 0; slash < rest.n && rest.p[slash] != '/'; slash++) {
    }
    ask.text = rest;
    if (slash < rest.n) {
        authority = front_authority_named(front, (cx_str){ rest.p, slash });
        ask.data =
            (cx_span){ serial,
                       read_serial((cx_str){ rest.p + slash + 1, rest.n - slash - 1 }, serial) };
        if (authority == SIZE_MAX) {
            front_refuse(request, &problem_unknown_authority, "");
            return;
        }
        ask.text = front->member.config->authorities[authority].name;
    }
    if (slash < rest.n ? ask.data.n == 0 : rest.n != (size_t)2 * CX_HASH_SIZE) {
        front_refuse(request, &problem_request,
                     "by 64 hexadecimal digits of its SHA-256, or by authority and "
                     "serial number in hexadecimal");
        return;
    }
    front_ask(front, OP_ISSUED, &ask, request);
}
