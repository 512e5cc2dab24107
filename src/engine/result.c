#include "engine/result.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "resolve/answer_json.h"

#define SCHEMA 1

static struct cx_json *
origin_to_json(enum cx_origin origin)
{
    switch (origin) {
    case CX_ORIGIN_DNS:
        return cx_json_new_text("dns");
    case CX_ORIGIN_ZONE:
        return cx_json_new_text("zone");
    case CX_ORIGIN_RECORDED:
        return cx_json_new_text("recorded");
    case CX_ORIGIN_REQUEST:
        return cx_json_new_text("request");
    case CX_ORIGIN_UNSET:
        break;
    }
    return cx_json_new_null();
}

static struct cx_json *
name_or_null(const struct cx_answer *set, bool owner)
{
    char name[CX_NAME_TEXT_MAX];

    if (set == NULL) {
        return cx_json_new_null();
    }
    cx_name_text(owner ? set->records_at : set->name, name);
    return cx_json_new_text(name);
}

static struct cx_json *
rules_to_json(const struct cx_rules *rules)
{
    struct cx_json *array = cx_json_new_array();
    bool ok = true;

    for (unsigned i = 0; i < CX_RULE_COUNT; i++) {
        if (cx_rules_have(rules, (enum cx_rule)i)) {
            ok = cx_json_add(array, cx_json_new_text(cx_rule_id((enum cx_rule)i))) && ok;
        }
    }
    return cx_json_whole(array, ok);
}

/* "code" or "code:detail", the detail escaped: it may be anything that was in DNS. */
static struct cx_json *
note_to_json(const struct cx_note *note)
{
    struct cx_json *json;
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
    cx_buf_puts(&buf, cx_note_word(note->code));
    if (note->detail.n != 0) {
        cx_buf_putc(&buf, ':');
        cx_buf_put_escaped(&buf, note->detail);
    }
    json = cx_buf_ok(&buf) ? cx_json_new_string(cx_buf_str(&buf)) : NULL;
    cx_buf_done(&buf);
    return json;
}

static struct cx_json *
notes_to_json(const struct cx_notes *notes)
{
    struct cx_json *array = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; i < notes->n; i++) {
        ok = cx_json_add(array, note_to_json(&notes->v[i])) && ok;
    }
    return cx_json_whole(array, ok);
}

static struct cx_json *
readings_to_json(const struct cx_finding *finding)
{
    struct cx_json *array = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; i < finding->n_readings; i++) {
        struct cx_json *reading = cx_json_new_object();

        ok = cx_json_set(reading, "verdict",
                         cx_json_new_text(cx_verdict_word(finding->readings[i].verdict))) &&
             cx_json_set(reading, "reading", cx_json_new_text(finding->readings[i].reading)) && ok;
        ok = cx_json_add(array, reading) && ok;
    }
    return cx_json_whole(array, ok);
}

/* Answers with records that were built already: names of one zone share them, and a set of thousands of records must
 * not take memory for each of thousands of names. */
struct built {
    struct built_answer {
        const struct cx_answer *answer;
        struct cx_json *json;
    } * v;
    size_t n;
    size_t room;
};

static void
built_done(struct built *built)
{
    for (size_t i = 0; i < built->n; i++) {
        cx_json_free(built->v[i].json);
    }
    cx_free(built->v);
}

static struct cx_json *
answer_to_json(const struct cx_answer *answer, struct built *built)
{
    size_t i = built->n;

    if (answer->n_records == 0) {
        return cx_answer_to_json(answer);
    }
    while (i > 0 && built->v[i - 1].answer != answer) { /* the latest are wanted most */
        i--;
    }
    if (i > 0) {
        return cx_json_share(built->v[i - 1].json);
    }
    if (built->n == built->room) {
        size_t room = built->room == 0 ? 16 : built->room * 2;
        struct built_answer *v = cx_realloc(built->v, room, sizeof(*v));

        if (v == NULL) {
            return NULL;
        }
        built->v = v;
        built->room = room;
    }
    built->v[built->n] = (struct built_answer){ answer, cx_answer_to_json(answer) };
    return cx_json_share(built->v[built->n++].json);
}

static struct cx_json *
records_to_json(const struct cx_answer *set, struct built *built)
{
    struct cx_json *array, *answer;
    bool ok = true;

    if (set != NULL && set->n_records != 0) {
        answer = answer_to_json(set, built);
        array = cx_json_share(cx_json_get(answer, "records"));
        cx_json_free(answer);
        return array;
    }
    array = cx_json_new_array();
    for (size_t i = 0; set != NULL && i < set->n_records; i++) {
        ok = cx_json_add(array, cx_caa_to_json(&set->records[i])) && ok;
    }
    return cx_json_whole(array, ok);
}

/* In the order of the climb. */
static struct cx_json *
seen_to_json(const struct cx_finding *finding, struct built *built)
{
    struct cx_json *array = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; i < finding->n_seen; i++) {
        ok = cx_json_add(array, answer_to_json(finding->seen[i], built)) && ok;
    }
    return cx_json_whole(array, ok);
}

static struct cx_json *
finding_to_json(const struct cx_check *check, size_t i, struct built *built)
{
    const struct cx_finding *f = &check->findings[i];
    struct cx_json *o = cx_json_new_object();
    bool ok = cx_json_set(o, "name", cx_json_new_string(check->request.names[i].given)) &&
              cx_json_set(o, "verdict", cx_json_new_text(cx_verdict_word(f->verdict))) &&
              cx_json_set(o, "reason", cx_json_new_text(cx_reason_word(f->reason))) &&
              cx_json_set(o, "rules", rules_to_json(&f->rules)) &&
              cx_json_set(o, "notes", notes_to_json(&f->notes)) &&
              (f->n_readings == 0 || cx_json_set(o, "readings", readings_to_json(f))) &&
              cx_json_set(o, "found_at", name_or_null(f->set, false)) &&
              cx_json_set(o, "records_at", name_or_null(f->set, true)) &&
              cx_json_set(o, "records", records_to_json(f->set, built)) &&
              cx_json_set(o, "answers", seen_to_json(f, built));

    return cx_json_whole(o, ok);
}

/* ---- corroboration */

static const char *
kind_word(enum cx_corroboration_kind kind)
{
    switch (kind) {
    case CX_CORROBORATION_EXTERNAL:
        return "external";
    case CX_CORROBORATION_OWN:
        return "own";
    case CX_CORROBORATION_NONE:
        break;
    }
    return "none";
}

static struct cx_json *
text_or_null(const char *text)
{
    return text == NULL ? cx_json_new_null() : cx_json_new_text(text);
}

static struct cx_json *
quorum_to_json(const struct cx_corroboration *is)
{
    char text[CX_QUORUM_TEXT];

    if (is->kind == CX_CORROBORATION_NONE) {
        return cx_json_new_null();
    }
    cx_quorum_text(is, text);
    return cx_json_new_text(text);
}

static struct cx_json *
corroborated_to_json(const struct cx_corroborated *c)
{
    struct cx_json *o = cx_json_new_object(), *regions = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; i < c->is.n_regions; i++) {
        ok = cx_json_add(regions, cx_json_new_string(c->is.regions[i])) && ok;
    }
    ok = cx_json_set(o, "kind", cx_json_new_text(kind_word(c->is.kind))) && ok;
    ok = cx_json_set(o, "needed", cx_json_new_bool(c->needed)) && ok;
    ok = cx_json_set(o, "used", cx_json_new_integer((int64_t)c->is.n_used)) && ok;
    ok = cx_json_set(o, "agreed", cx_json_new_integer((int64_t)c->is.n_agreed)) && ok;
    ok = cx_json_set(o, "regions", regions) && ok;
    ok = cx_json_set(o, "quorum", quorum_to_json(&c->is)) && ok;
    ok = cx_json_set(o, "sufficient", cx_json_new_bool(c->lacks == NULL)) && ok;
    ok = cx_json_set(o, "lacks", text_or_null(c->lacks)) && ok;
    return cx_json_whole(o, ok);
}

static struct cx_json *
remote_to_json(const struct cx_corroborated *c, size_t i)
{
    const struct cx_remote_result *r = &c->remotes[i];
    struct cx_json *o = cx_json_new_object();
    bool ok =
        cx_json_set(o, "code", cx_json_new_string(r->code)) &&
        cx_json_set(
            o, "region",
            text_or_null(r->region == CX_REGION_UNSET ? NULL : cx_region_word(r->region))) &&
        cx_json_set(o, "corroborates", cx_json_new_bool(r->corroborates)) &&
        cx_json_set(o, "reason", cx_json_new_text(cx_remote_reason_word(r->reason))) &&
        cx_json_set(
            o, "verdict",
            text_or_null(r->verdict == CX_VERDICT_UNSET ? NULL : cx_verdict_word(r->verdict))) &&
        cx_json_set(o, "time", cx_json_new_moment(r->time)) &&
        cx_json_set(o, "used", cx_json_new_bool(r->is_used)) &&
        cx_json_set(o, "counts_as", cx_json_new_string(c->remotes[r->same_as].code));

    return cx_json_whole(o, ok);
}

/* Of one name: also each perspective. */
static struct cx_json *
corroborated_name_to_json(const struct cx_corroborated *c)
{
    struct cx_json *o = corroborated_to_json(c), *remotes = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; i < c->n_remotes; i++) {
        ok = cx_json_add(remotes, remote_to_json(c, i)) && ok;
    }
    ok = cx_json_set(o, "fault",
                     c->fault.n == 0 ? cx_json_new_null()
                                     : cx_json_new_escaped(cx_span_of_str(c->fault))) &&
         ok;
    ok = cx_json_set(o, "attempts", cx_json_new_integer((int64_t)c->n_attempts)) && ok;
    ok = cx_json_set(o, "perspectives", remotes) && ok;
    return cx_json_whole(o, ok);
}

static const char *
error_word(cx_status status)
{
    switch (status.code) {
    case CX_E_JSON:
        return "json";
    case CX_E_NAME:
        return "name";
    case CX_E_POLICY:
        return "policy";
    case CX_E_FACTS:
        return "facts";
    case CX_E_ANSWERS:
        return "answers";
    case CX_E_ZONE:
        return "zone";
    case CX_E_USAGE:
        return "request";
    case CX_OK:
    case CX_E_MESSAGE:
    case CX_E_RDATA:
    case CX_E_CERTIFICATE:
    case CX_E_LIMIT:
    case CX_E_NOMEM:
    case CX_E_IO:
    case CX_E_RESOLVER:
    case CX_E_PEER:
    case CX_E_CBOR:
    case CX_E_RECORD:
    case CX_E_NOTE:
    case CX_E_PROOF:
    case CX_E_BASE64:
    case CX_E_CRYPTO:
    case CX_E_STORE:
    case CX_E_CLOCK:
    case CX_E_PERMIT:
    case CX_E_ARCHIVE:
    case CX_E_FRAME:
    case CX_E_INTERNAL:
        break;
    }
    return "internal";
}

struct cx_json *
cx_error_to_json(const cx_str *id, cx_status status, const struct cx_detail *detail)
{
    struct cx_json *o = cx_json_new_object(), *e = cx_json_new_object();
    bool ok = cx_json_set(o, "schema", cx_json_new_integer(SCHEMA)) &&
              (id == NULL || cx_json_set(o, "id", cx_json_new_string(*id))) &&
              cx_json_set(e, "code", cx_json_new_text(error_word(status)));
    struct cx_json *message = cx_json_new_text(detail->text);

    /* A message cut inside a character is no UTF-8 any more. */
    ok = cx_json_set(e, "message",
                     message != NULL ? message : cx_json_new_text(cx_status_text(status))) &&
         ok;
    ok = (detail->rule == NULL || cx_json_set(e, "rule", cx_json_new_text(detail->rule))) && ok;
    ok = cx_json_set(o, "error", e) && ok;
    return cx_json_whole(o, ok);
}

struct cx_json *
cx_result_to_json(const struct cx_check *check)
{
    const struct cx_request *q = &check->request;
    struct built built = { NULL, 0, 0 };
    struct cx_json *o, *names;
    bool ok;

    if (!cx_ok(check->status)) {
        return cx_error_to_json(q->has_id ? &q->id : NULL, check->status, &check->detail);
    }
    o = cx_json_new_object();
    names = cx_json_new_array();
    ok = cx_json_set(o, "schema", cx_json_new_integer(SCHEMA)) &&
         (!q->has_id || cx_json_set(o, "id", cx_json_new_string(q->id))) &&
         cx_json_set(o, "verdict", cx_json_new_text(cx_verdict_word(check->conclusion.verdict))) &&
         cx_json_set(o, "reason", cx_json_new_text(cx_reason_word(check->conclusion.reason))) &&
         cx_json_set(o, "rules", rules_to_json(&check->conclusion.rules)) &&
         cx_json_set(o, "valid_until", cx_json_new_moment(check->conclusion.valid_until)) &&
         cx_json_set(o, "epoch", cx_json_new_text(q->cases[0].epoch->id)) &&
         cx_json_set(o, "source", origin_to_json(check->origin));
    ok = cx_json_set(o, "corroboration", corroborated_to_json(&check->corroboration)) && ok;
    for (size_t i = 0; i < q->n_names; i++) {
        struct cx_json *name = finding_to_json(check, i, &built);

        if (check->corroborated[i].is.kind != CX_CORROBORATION_NONE) {
            name = cx_json_whole(name,
                                 cx_json_set(name, "corroboration",
                                             corroborated_name_to_json(&check->corroborated[i])));
        }
        ok = cx_json_add(names, name) && ok;
    }
    built_done(&built);
    ok = cx_json_set(o, "names", names) && ok;
    return cx_json_whole(o, ok);
}
