#include "evidence/glance.h"

#include "base/cbor.h"
#include "base/limits.h"
#include "evidence/event.h"
#include "evidence/record.h"
#include "evidence/start.h"

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
    CONTEXT_MESSAGES = 7,
    ANSWER_DNSSEC = 4,
    ANSWER_MESSAGE = 11,
    ANSWER_PROOF = 12,
    ANSWER_CONTROL = 13,
    ANSWER_PROVED = 15,
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

static cx_status
glance_start(cx_span record, struct cx_glance *ret)
{
    struct cx_start start;

    CX_TRY(cx_start_decode(record, &start, NULL));
    *ret = (struct cx_glance){ .time_ms = start.time_ms, .request = start.request };
    return CX_SUCCESS;
}

static cx_status
glance_event(cx_span record, struct cx_glance *ret)
{
    struct cx_event event;

    CX_TRY(cx_event_decode(record, &event, NULL));
    *ret = (struct cx_glance){ .time_ms = event.time_ms,
                               .request = event.request,
                               .has_certificate = event.has_certificate,
                               .certificate = event.certificate };
    return CX_SUCCESS;
}

cx_status
cx_glance_of(enum cx_entry_kind kind, cx_span record, struct cx_glance *ret)
{
    struct cx_glance glance = { .time_ms = 0 };

    switch (kind) {
    case CX_ENTRY_CHECK:
        return cx_glance(record, ret);
    case CX_ENTRY_START:
        CX_TRY(glance_start(record, &glance));
        break;
    case CX_ENTRY_EVENT:
        CX_TRY(glance_event(record, &glance));
        break;
    case CX_ENTRY_UNSET:
    case CX_ENTRY_BEGIN:
    case CX_ENTRY_SEAL:
        break;
    }
    if (glance.time_ms == 0) {
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
    if (glance->has_certificate) {
        glance->has_certificate = false;
        *ret = glance->certificate;
        return true;
    }
    if (glance->n_answers == 0) {
        return false;
    }
    digest = cx_cbor_octets(&glance->answers, CX_HASH_SIZE);
    glance->n_answers--;
    return take_digest(&digest, ret);
}

/* ---- objects */

enum cx_messages
cx_glance_context(cx_span object)
{
    struct cx_reader r = cx_reader_of(object);
    struct cx_cbor_map map = cx_cbor_map(&r);
    enum cx_messages messages = CX_MESSAGES_UNSET;

    while (cx_cbor_map_next(&map)) {
        if (map.key == CONTEXT_MESSAGES) {
            messages = cx_messages_of_word(cx_cbor_text(&r));
        } else {
            (void)cx_cbor_any(&r); /* the reader keeps its failure */
        }
    }
    return cx_rd_ok(&r) && cx_rd_left(&r) == 0 ? messages : CX_MESSAGES_UNSET;
}

/* What decides which messages were kept. */
struct answered {
    enum cx_dnssec dnssec;
    bool is_proved;
};

static void
get_answer_member(struct cx_reader *r, int64_t key, struct cx_glance_answer *glance,
                  struct answered *answered)
{
    switch (key) {
    case ANSWER_DNSSEC:
        r->failed |= !cx_dnssec_of_word(cx_cbor_text(r), &answered->dnssec);
        break;
    case ANSWER_MESSAGE:
        glance->message = cx_cbor_octets(r, CX_HASH_SIZE);
        break;
    case ANSWER_PROOF:
        begin_array(cx_cbor_any(r), CX_PROOF_MAX, &glance->rests_on[0], &glance->n[0]);
        break;
    case ANSWER_CONTROL:
        begin_array(cx_cbor_any(r), CX_CONTROL_NAMES_MAX, &glance->rests_on[1], &glance->n[1]);
        break;
    case ANSWER_PROVED:
        answered->is_proved = cx_cbor_bool(r);
        break;
    default:
        (void)cx_cbor_any(r); /* the reader keeps its failure */
    }
}

/* The digest of the next message of a list, NULL for one that is not known; false at its end. */
static bool
next_rests_on(struct cx_reader *r, size_t *n, const uint8_t **ret)
{
    if (*n == 0 || !cx_rd_ok(r)) {
        return false;
    }
    (*n)--;
    r->failed |= cx_cbor_array(r, 5) != 5;
    if (cx_cbor_next(r) == CX_CBOR_NULL) {
        cx_cbor_null(r);
        *ret = NULL;
    } else {
        *ret = cx_cbor_octets(r, CX_HASH_SIZE);
    }
    for (size_t i = 1; i < 5; i++) {
        (void)cx_cbor_any(r); /* the reader keeps its failure */
    }
    return cx_rd_ok(r);
}

/* Every digest can be taken. */
static bool
has_readable_lists(const struct cx_glance_answer *glance)
{
    struct cx_glance_answer copy = *glance;
    const uint8_t *digest;

    for (size_t i = 0; i < CX_COUNT(copy.n); i++) {
        while (next_rests_on(&copy.rests_on[i], &copy.n[i], &digest)) {
        }
        if (!cx_rd_ok(&copy.rests_on[i])) {
            return false;
        }
    }
    return true;
}

cx_status
cx_glance_answer(cx_span object, enum cx_messages messages, struct cx_glance_answer *ret)
{
    struct cx_reader r = cx_reader_of(object);
    struct cx_cbor_map map = cx_cbor_map(&r);
    struct cx_glance_answer glance = { .message = NULL };
    struct answered answered = { CX_DNSSEC_INDETERMINATE, false };
    struct cx_kept kept;

    while (cx_cbor_map_next(&map)) {
        get_answer_member(&r, map.key, &glance, &answered);
    }
    if (!cx_rd_ok(&r) || cx_rd_left(&r) != 0 || !has_readable_lists(&glance)) {
        return malformed;
    }
    kept = cx_messages_kept(messages, answered.dnssec, answered.is_proved);
    glance.message = kept.own ? glance.message : NULL;
    glance.n[0] = kept.rests_on ? glance.n[0] : 0;
    glance.n[1] = kept.control ? glance.n[1] : 0;
    *ret = glance;
    return CX_SUCCESS;
}

bool
cx_glance_message(struct cx_glance_answer *glance, struct cx_hash *ret)
{
    const uint8_t *digest;

    if (take_digest(&glance->message, ret)) {
        return true;
    }
    for (size_t i = 0; i < CX_COUNT(glance->n); i++) {
        while (next_rests_on(&glance->rests_on[i], &glance->n[i], &digest)) {
            if (take_digest(&digest, ret)) {
                return true;
            }
        }
    }
    return false;
}
