#include "evidence/glance.h"

#include "base/cbor.h"
#include "base/limits.h"
#include "evidence/record.h"

static const cx_status malformed = { CX_E_RECORD };

/* Members of docs/formats/record.cddl. */
enum {
    CHECK_TIME = 1,
    CHECK_CONTEXT = 4,
    CHECK_NAMES = 7,
    CHECK_ANSWERS = 8,
    CHECK_REQUEST = 11,
    CHECK_CORROBORATION = 15,
    CORROBORATION_OBJECT = 1,
};

/* Without a reader that fails when the array is not what it says: its items were passed over before. */
static void
begin_array(cx_span item, size_t max, struct cx_reader *ret, size_t *ret_n)
{
    *ret = cx_reader_of(item);
    *ret_n = cx_cbor_array(ret, max);
}

static const uint8_t *
supplied(struct cx_reader *r)
{
    struct cx_cbor_map map = cx_cbor_map(r);
    const uint8_t *digest = NULL;

    while (cx_cbor_map_next(&map)) {
        if (map.key == CORROBORATION_OBJECT) {
            digest = cx_cbor_octets(r, CX_HASH_SIZE);
        } else {
            (void)cx_cbor_any(r); /* the reader keeps its failure */
        }
    }
    return digest;
}

static void
get_member(struct cx_reader *r, int64_t key, struct cx_glance *glance)
{
    switch (key) {
    case CHECK_TIME:
        glance->time_ms = cx_cbor_uint(r);
        break;
    case CHECK_CONTEXT:
        glance->context = cx_cbor_octets(r, CX_HASH_SIZE);
        break;
    case CHECK_NAMES:
        begin_array(cx_cbor_any(r), CX_NAMES_MAX, &glance->names, &glance->n_names);
        break;
    case CHECK_ANSWERS:
        begin_array(cx_cbor_any(r), CX_RECORD_ANSWERS_MAX, &glance->answers, &glance->n_answers);
        break;
    case CHECK_REQUEST:
        glance->request = cx_cbor_text(r);
        break;
    case CHECK_CORROBORATION:
        glance->corroboration = supplied(r);
        break;
    default:
        (void)cx_cbor_any(r); /* the reader keeps its failure */
    }
}

/* Every name and digest can be taken. */
static bool
is_readable(const struct cx_glance *glance)
{
    struct cx_glance copy = *glance;
    char buf[CX_GLANCE_NAME];
    struct cx_hash digest;
    cx_str name;

    while (cx_glance_name(&copy, buf, &name)) {
    }
    while (cx_glance_object(&copy, &digest)) {
    }
    return copy.n_names == 0 && cx_rd_ok(&copy.names) && copy.n_answers == 0 &&
           cx_rd_ok(&copy.answers);
}

cx_status
cx_glance(cx_span record, struct cx_glance *ret)
{
    struct cx_reader r = cx_reader_of(record);
    struct cx_glance glance = { .time_ms = 0 };
    struct cx_cbor_map map;

    if (record.n > CX_RECORD_MAX) {
        return malformed;
    }
    (void)cx_rd_bytes(&r, CX_RECORD_SALT); /* the reader keeps its failure */
    map = cx_cbor_map(&r);
    while (cx_cbor_map_next(&map)) {
        get_member(&r, map.key, &glance);
    }
    if (!cx_rd_ok(&r) || cx_rd_left(&r) != 0 || glance.time_ms == 0 || glance.context == NULL ||
        glance.n_names == 0 || !is_readable(&glance)) {
        return malformed;
    }
    *ret = glance;
    return CX_SUCCESS;
}

bool
cx_glance_name(struct cx_glance *glance, char buf[CX_GLANCE_NAME], cx_str *ret)
{
    struct cx_reader *r = &glance->names;
    size_t members, at = 0;
    uint64_t kind;
    cx_str text;

    if (glance->n_names == 0 || !cx_rd_ok(r)) {
        return false;
    }
    members = cx_cbor_array(r, 3);
    kind = cx_cbor_uint(r);
    text = cx_cbor_text(r);
    if (members == 3) {
        (void)cx_cbor_uint(r); /* validation */
    }
    r->failed |= (members != 2 && members != 3) || text.n > CX_NAME_MAX;
    if (!cx_rd_ok(r)) {
        return false;
    }
    if (kind == CX_RECORD_NAME_WILDCARD || kind == CX_RECORD_NAME_ONION_WILDCARD) {
        buf[at++] = '*';
        buf[at++] = '.';
    }
    if (text.n != 0) {
        memcpy(buf + at, text.p, text.n);
    }
    *ret = (cx_str){ buf, at + text.n };
    glance->n_names--;
    return true;
}

static bool
take_digest(const uint8_t **digest, struct cx_hash *ret)
{
    if (*digest == NULL) {
        return false;
    }
    memcpy(ret->b, *digest, CX_HASH_SIZE);
    *digest = NULL;
    return true;
}

bool
cx_glance_object(struct cx_glance *glance, struct cx_hash *ret)
{
    const uint8_t *digest;

    if (take_digest(&glance->context, ret) || take_digest(&glance->corroboration, ret)) {
        return true;
    }
    if (glance->n_answers == 0) {
        return false;
    }
    digest = cx_cbor_octets(&glance->answers, CX_HASH_SIZE);
    glance->n_answers--;
    return take_digest(&digest, ret);
}
