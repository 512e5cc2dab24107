#include "engine/messages.h"

#include "base/alloc.h"
#include "dns/message.h"
#include "engine/result.h"
#include "pki/digest.h"
#include "resolve/answer_json.h"

#include <stdio.h>

static struct cx_json *
hex_json(cx_span octets)
{
    struct cx_json *json = NULL;
    struct cx_buf buf;

    cx_buf_init(&buf, 2 * (size_t)CX_MESSAGE_MAX);
    cx_buf_put_hex(&buf, octets);
    if (cx_buf_ok(&buf)) {
        json = cx_json_new_string(cx_buf_str(&buf));
    }
    cx_buf_done(&buf);
    return json;
}

static const char *
type_word(uint16_t type)
{
    switch (type) {
    case CX_TYPE_CAA:
        return "CAA";
    case CX_TYPE_DNAME:
        return "DNAME";
    case CX_TYPE_DS:
        return "DS";
    case CX_TYPE_DNSKEY:
        return "DNSKEY";
    default:
        return "other";
    }
}

/* Into messages, once. */
static bool
put_message(struct cx_json *messages, const struct cx_proof_message *m, const char *digest)
{
    struct cx_json *json;
    char time[CX_TIME_TEXT];

    if (cx_json_get(messages, digest) != NULL) {
        return true;
    }
    json = cx_json_new_object();
    cx_time_format(m->time, time);
    return cx_json_set(
        messages, digest,
        cx_json_whole(
            json, cx_json_set(json, "name", cx_name_to_json(m->name)) &&
                      cx_json_set(json, "type", cx_json_new_text(type_word(m->type))) &&
                      cx_json_set(json, "dnssec", cx_json_new_text(cx_dnssec_word(m->dnssec))) &&
                      cx_json_set(json, "time", cx_json_new_text(time)) &&
                      cx_json_set(json, "octets", hex_json(m->octets))));
}

/* The digest, by which messages has it; null if there is no message. */
static struct cx_json *
message_json(struct cx_json *messages, const struct cx_proof_message *m)
{
    char digest[2 * CX_SHA256_SIZE + 1];
    struct cx_buf buf;

    if (m->octets.n == 0) {
        return cx_json_new_null();
    }
    cx_buf_init(&buf, sizeof(digest));
    cx_buf_put_hex(&buf, (cx_span){ m->digest, CX_SHA256_SIZE });
    (void)snprintf(digest, sizeof(digest), "%.*s", (int)buf.n, buf.p != NULL ? buf.p : "");
    cx_buf_done(&buf);
    return put_message(messages, m, digest) ? cx_json_new_text(digest) : NULL;
}

static struct cx_json *
list_json(struct cx_json *messages, const struct cx_proof_message *const *list, size_t n)
{
    struct cx_json *array = cx_json_new_array();
    bool done = true;

    for (size_t i = 0; i < n && done; i++) {
        done = cx_json_add(array, message_json(messages, list[i]));
    }
    return cx_json_whole(array, done);
}

/* What the answer was read from, with ID and TTLs zeroed like all others. */
static struct cx_json *
own_json(struct cx_json *messages, const struct cx_answer *answer)
{
    uint8_t *octets = cx_alloc(answer->octets.n + 1, 1);
    struct cx_proof_message m = { .name = answer->name,
                                  .type = answer->type,
                                  .dnssec = answer->dnssec,
                                  .time = answer->time,
                                  .octets = { octets, answer->octets.n } };
    struct cx_json *json = NULL;
    cx_status still;

    if (octets == NULL) {
        return NULL;
    }
    if (answer->octets.n != 0) {
        memcpy(octets, answer->octets.p, answer->octets.n);
    }
    still = cx_message_still(octets, m.octets.n); /* what cannot be read stays as it came */
    if ((cx_ok(still) || still.code == CX_E_MESSAGE) && cx_ok(cx_sha256(m.octets, m.digest))) {
        json = message_json(messages, &m);
    }
    cx_free(octets);
    return json;
}

static struct cx_json *
answer_json(struct cx_json *messages, const struct cx_answer *answer)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json,
        cx_json_set(json, "name", cx_name_to_json(answer->name)) &&
            cx_json_set(json, "type", cx_json_new_text(type_word(answer->type))) &&
            cx_json_set(json, "message", own_json(messages, answer)) &&
            cx_json_set(json, "proof", list_json(messages, answer->proof, answer->n_proof)) &&
            cx_json_set(json, "control", list_json(messages, answer->control, answer->n_control)));
}

struct cx_json *
cx_messages_to_json(const struct cx_check *check)
{
    struct cx_json *json = cx_json_new_object(), *answers = cx_json_new_array();
    struct cx_json *messages = cx_json_new_object();
    bool done = true;

    for (size_t i = 0; i < check->answers.n && done; i++) {
        done = cx_json_add(answers, answer_json(messages, check->answers.v[i]));
    }
    done = cx_json_set(json, "answers", answers) && done;
    done = cx_json_set(json, "messages", messages) && done;
    return cx_json_whole(json, done);
}

struct cx_json *
cx_result_with_messages_to_json(const struct cx_check *check)
{
    struct cx_json *json = cx_result_to_json(check);

    return !cx_ok(check->status)
               ? json
               : cx_json_whole(json, cx_json_set(json, "evidence", cx_messages_to_json(check)));
}
