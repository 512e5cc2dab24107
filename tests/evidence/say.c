#include "say.h"

#include "base/cbor_json.h"
#include "dns/name.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- values */

void
say_put(struct cx_json *object, const char *member, struct cx_json *value)
{
    if (!cx_json_set(object, member, value)) {
        abort();
    }
}

void
say_add(struct cx_json *array, struct cx_json *value)
{
    if (!cx_json_add(array, value)) {
        abort();
    }
}

struct cx_json *
say_hex(cx_span octets)
{
    struct cx_json *json;
    struct cx_buf buf;

    cx_buf_init(&buf, 2 * octets.n);
    cx_buf_put_hex(&buf, octets);
    json = cx_json_new_string(cx_buf_str(&buf));
    cx_buf_done(&buf);
    return json;
}

struct cx_json *
say_text(cx_str text)
{
    return cx_json_new_string(text);
}

/* jansson's integers have 63 bits; more are said in decimal digits, as a text. */
static struct cx_json *
say_number(uint64_t number)
{
    char text[24];

    if (number <= INT64_MAX) {
        return cx_json_new_integer((int64_t)number);
    }
    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    return cx_json_new_text(text);
}

static struct cx_json *
say_hash(const struct cx_hash *hash)
{
    return say_hex((cx_span){ hash->b, CX_HASH_SIZE });
}

static struct cx_json *
say_moment(cx_time t)
{
    char text[CX_TIME_TEXT];

    if (t == CX_TIME_NONE || t == CX_TIME_MAX) {
        return cx_json_new_null();
    }
    cx_time_format(t, text);
    return cx_json_new_text(text);
}

static struct cx_json *
say_texts(const cx_str *texts, size_t n)
{
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < n; i++) {
        say_add(array, say_text(texts[i]));
    }
    return array;
}

static struct cx_json *
say_place(size_t place)
{
    return place == CX_RECORD_NONE ? cx_json_new_null() : say_number(place);
}

static struct cx_json *
say_cbor(cx_span octets)
{
    struct cx_json *json = NULL;

    if (octets.n == 0) {
        return cx_json_new_null();
    }
    if (!cx_ok(cx_cbor_to_json(octets, &json))) {
        return cx_json_new_text(
            "not JSON"); /* octets, large numbers: may be kept, but no check reads them */
    }
    return json;
}

/* ---- records */

static struct cx_json *
say_cases(const struct cx_record *r)
{
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < r->n_cases; i++) {
        struct cx_json *o = cx_json_new_object();

        say_put(o, "purpose", cx_json_new_text(cx_purpose_word(r->cases[i].purpose)));
        say_put(o, "profile", cx_json_new_text(cx_profile_word(r->cases[i].profile)));
        say_put(o, "epoch", say_text(r->cases[i].epoch));
        say_add(array, o);
    }
    return array;
}

static struct cx_json *
say_names(const struct cx_record *r)
{
    static const char *const kinds[] = { "",   "dns",    "wildcard", "onion", "onion-wildcard",
                                         "ip", "mailbox" };
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < r->n_names; i++) {
        struct cx_json *o = cx_json_new_object();

        say_put(o, "kind", cx_json_new_text(kinds[r->names[i].kind]));
        say_put(o, "text", say_text(r->names[i].text));
        say_put(o, "validation", say_place(r->names[i].validation));
        say_add(array, o);
    }
    return array;
}

static struct cx_json *
say_notes(const struct cx_record_finding *f)
{
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < f->n_notes; i++) {
        struct cx_json *o = cx_json_new_object();
        cx_span detail = f->notes[i].detail;

        say_put(o, "code", say_text(f->notes[i].code));
        say_put(o, "detail", detail.n == 0 ? cx_json_new_null() : say_hex(detail));
        say_add(array, o);
    }
    return array;
}

static struct cx_json *
say_readings(const struct cx_record_finding *f)
{
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < f->n_readings; i++) {
        struct cx_json *o = cx_json_new_object();

        say_put(o, "verdict", cx_json_new_text(cx_verdict_word(f->readings[i].verdict)));
        say_put(o, "reading", say_text(f->readings[i].reading));
        say_add(array, o);
    }
    return array;
}

static struct cx_json *
say_seen(const struct cx_record_finding *f)
{
    struct cx_json *array = cx_json_new_array();

    if (f->saw_all) {
        cx_json_free(array);
        return cx_json_new_null();
    }
    for (size_t i = 0; i < f->n_seen; i++) {
        say_add(array, say_number(f->seen[i]));
    }
    return array;
}

static struct cx_json *
say_findings(const struct cx_record *r)
{
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < r->n_names; i++) {
        const struct cx_record_finding *f = &r->findings[i];
        struct cx_json *o = cx_json_new_object();

        say_put(o, "verdict", cx_json_new_text(cx_verdict_word(f->verdict)));
        say_put(o, "reason", say_text(f->reason));
        say_put(o, "rules", say_texts(f->rules, f->n_rules));
        say_put(o, "valid_until", say_moment(f->valid_until));
        say_put(o, "found", say_place(f->found));
        say_put(o, "notes", say_notes(f));
        say_put(o, "readings", say_readings(f));
        say_put(o, "seen", say_seen(f));
        say_add(array, o);
    }
    return array;
}

static struct cx_json *
say_conclusion(const struct cx_record_conclusion *k)
{
    struct cx_json *o = cx_json_new_object();

    say_put(o, "verdict", cx_json_new_text(cx_verdict_word(k->verdict)));
    say_put(o, "reason", say_text(k->reason));
    say_put(o, "rules", say_texts(k->rules, k->n_rules));
    say_put(o, "valid_until", say_moment(k->valid_until));
    say_put(o, "hypothetical", cx_json_new_bool(k->hypothetical));
    say_put(o, "expires", say_moment(k->expires));
    return o;
}

static struct cx_json *
say_validations(const struct cx_record *r)
{
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < r->n_validations; i++) {
        const struct cx_record_validation *v = &r->validations[i];
        struct cx_json *o = cx_json_new_object();

        say_put(o, "accounts", say_texts(v->accounts, v->n_accounts));
        say_put(o, "methods", say_texts(v->methods, v->n_methods));
        say_add(array, o);
    }
    return array;
}

static struct cx_json *
say_corroboration(const struct cx_corroboration *c)
{
    struct cx_json *o;

    if (c->kind == CX_CORROBORATION_NONE) {
        return cx_json_new_null();
    }
    o = cx_json_new_object();
    say_put(o, "kind", cx_json_new_text(c->kind == CX_CORROBORATION_OWN ? "own" : "external"));
    say_put(o, "object", say_hash(&c->object));
    say_put(o, "used", say_number(c->n_used));
    say_put(o, "agreed", say_number(c->n_agreed));
    say_put(o, "regions", say_texts(c->regions, c->n_regions));
    return o;
}

struct cx_json *
say_record(const struct cx_record *r)
{
    struct cx_json *o = cx_json_new_object(), *answers = cx_json_new_array();

    for (size_t i = 0; i < r->n_answers; i++) {
        say_add(answers, say_hash(&r->answers[i]));
    }
    say_put(o, "salt", say_hex((cx_span){ r->salt, CX_RECORD_SALT }));
    say_put(o, "time_ms", say_number(r->time_ms));
    say_put(o, "authority", r->has_authority ? say_hash(&r->authority) : cx_json_new_null());
    say_put(o, "own", say_hash(&r->own));
    say_put(o, "context", say_hash(&r->context));
    say_put(o, "date", say_moment(r->date));
    say_put(o, "cases", say_cases(r));
    say_put(o, "names", say_names(r));
    say_put(o, "answers", answers);
    say_put(o, "findings", say_findings(r));
    say_put(o, "conclusion", say_conclusion(&r->conclusion));
    say_put(o, "request", r->request.n == 0 ? cx_json_new_null() : say_text(r->request));
    say_put(o, "deadline_ms", r->has_deadline ? say_number(r->deadline_ms) : cx_json_new_null());
    say_put(o, "validations", say_validations(r));
    say_put(o, "facts", say_cbor(r->facts));
    say_put(o, "corroboration", say_corroboration(&r->corroboration));
    say_put(o, "body", r->has_body ? say_hash(&r->body) : cx_json_new_null());
    say_put(o, "caller", r->caller.n == 0 ? cx_json_new_null() : say_text(r->caller));
    say_put(o, "own_verdict",
            r->own_verdict == CX_VERDICT_UNSET ? cx_json_new_null()
                                               : cx_json_new_text(cx_verdict_word(r->own_verdict)));
    say_put(o, "shadow", cx_json_new_bool(r->is_shadow));
    return o;
}

/* ---- answers */

static struct cx_json *
say_name(cx_span name)
{
    char text[CX_NAME_TEXT_MAX];

    cx_name_text(name, text);
    return cx_json_new_text(text);
}

static struct cx_json *
say_names_of_dns(const cx_span *names, size_t n)
{
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < n; i++) {
        say_add(array, say_name(names[i]));
    }
    return array;
}

static struct cx_json *
say_records(const struct cx_answer *a)
{
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < a->n_records; i++) {
        struct cx_json *o = cx_json_new_object();

        say_put(o, "flags", say_number(a->records[i].flags));
        say_put(o, "tag", say_hex(a->records[i].tag));
        say_put(o, "value", say_hex(a->records[i].value));
        say_add(array, o);
    }
    return array;
}

static struct cx_json *
say_rests_on(const struct cx_proof_message *const *list, size_t n)
{
    static const uint8_t none[CX_HASH_SIZE];
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < n; i++) {
        bool known = memcmp(list[i]->digest, none, CX_HASH_SIZE) != 0;
        struct cx_json *o = cx_json_new_object();

        say_put(o, "message",
                known ? say_hex((cx_span){ list[i]->digest, CX_HASH_SIZE }) : cx_json_new_null());
        say_put(o, "dnssec", cx_json_new_text(cx_dnssec_word(list[i]->dnssec)));
        say_put(o, "time", say_moment(list[i]->time));
        say_put(o, "name", say_name(list[i]->name));
        say_put(o, "type", say_number(list[i]->type));
        say_add(array, o);
    }
    return array;
}

static struct cx_json *
say_exchanges(const struct cx_answer *a)
{
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < a->n_exchanges; i++) {
        const struct cx_exchange *x = &a->exchanges[i];
        struct cx_json *o = cx_json_new_object();

        say_put(o, "server", say_text(x->server));
        say_put(o, "transport", cx_json_new_text(x->tcp ? "tcp" : "udp"));
        say_put(o, "after", say_number(x->after));
        say_put(o, "rcode", x->replied ? say_number(x->rcode) : cx_json_new_null());
        say_put(o, "ms", x->replied ? say_number(x->ms) : cx_json_new_null());
        say_add(array, o);
    }
    return array;
}

static struct cx_json *
say_cut(const struct cx_answer *a)
{
    struct cx_json *o;

    if (a->cut.n == 0) {
        return cx_json_new_null();
    }
    o = cx_json_new_object();
    say_put(o, "how", say_text(a->cut));
    say_put(o, "at", say_name(a->cut_at));
    return o;
}

static void
say_outcome(const struct cx_answer *a, struct cx_json *o)
{
    bool kind = a->malformed != CX_MALFORMED_UNSET;

    say_put(o, "outcome", cx_json_new_text(cx_outcome_word(a->outcome)));
    say_put(o, "malformed",
            kind ? cx_json_new_text(cx_malformed_word(a->malformed)) : cx_json_new_null());
    say_put(o, "dnssec", cx_json_new_text(cx_dnssec_word(a->dnssec)));
    say_put(o, "attempts", say_number(a->attempts));
    say_put(o, "time", say_moment(a->time));
    say_put(o, "ttl", a->has_ttl ? say_number(a->ttl) : cx_json_new_null());
}

struct cx_json *
say_answer(const struct cx_answer_object *object)
{
    const struct cx_answer *a = &object->answer;
    struct cx_json *o = cx_json_new_object();

    say_put(o, "name", say_name(a->name));
    say_put(o, "type", cx_json_new_text(a->type == CX_TYPE_CAA ? "CAA" : "DNAME"));
    say_outcome(a, o);
    say_put(o, "aliases", say_names_of_dns(a->aliases, a->n_aliases));
    say_put(o, "records_at", a->n_records != 0 ? say_name(a->records_at) : cx_json_new_null());
    say_put(o, "records", say_records(a));
    say_put(o, "message", object->has_message ? say_hash(&object->message) : cx_json_new_null());
    say_put(o, "proof", say_rests_on(a->proof, a->n_proof));
    say_put(o, "control", say_rests_on(a->control, a->n_control));
    say_put(o, "exchanges", say_exchanges(a));
    say_put(o, "proved", cx_json_new_bool(a->is_proved));
    say_put(o, "cut", say_cut(a));
    say_put(o, "why", a->why.n != 0 ? say_hex(cx_span_of_str(a->why)) : cx_json_new_null());
    return o;
}

/* ---- contexts */

struct cx_json *
say_context(const struct cx_context *c, cx_span policy)
{
    struct cx_json *o = cx_json_new_object(), *own = cx_json_new_array();

    for (size_t i = 0; i < c->n_own; i++) {
        struct cx_json *one = cx_json_new_object();

        say_put(one, "name", say_text(c->own[i].name));
        say_put(one, "from", say_moment(c->own[i].from));
        say_put(one, "until", say_moment(c->own[i].until));
        say_put(one, "issuemail_parameters", cx_json_new_bool(c->own[i].issuemail_parameters));
        say_add(own, one);
    }
    say_put(o, "software", say_text(c->software));
    say_put(o, "resolver", say_text(c->resolver));
    say_put(o, "anchors", say_texts(c->anchors, c->n_anchors));
    say_put(o, "own", own);
    say_put(o, "policy", say_cbor(policy));
    say_put(o, "order", cx_json_new_text(cx_order_word(c->order)));
    say_put(o, "messages", cx_json_new_text(cx_messages_word(c->messages)));
    say_put(o, "perspectives", say_cbor(c->perspectives));
    return o;
}

/* ---- corroboration */

static struct cx_json *
say_where(struct cx_place place, enum cx_region region)
{
    struct cx_json *o = cx_json_new_object();

    say_put(o, "latitude", cx_json_new_integer(place.latitude));
    say_put(o, "longitude", cx_json_new_integer(place.longitude));
    say_put(o, "region", cx_json_new_text(cx_region_word(region)));
    return o;
}

static struct cx_json *
say_perspective(const struct cx_perspective *p)
{
    struct cx_json *o = cx_json_new_object();

    say_put(o, "code", say_text(p->code));
    say_put(o, "place", say_where(p->place, p->region));
    say_put(o, "resolver", say_where(p->resolver, p->resolver_region));
    say_put(o, "from", say_moment(p->from));
    say_put(o, "until", say_moment(p->until));
    say_put(o, "state", say_text(p->state));
    return o;
}

struct cx_json *
say_perspectives(const struct cx_perspectives *list)
{
    struct cx_json *o = cx_json_new_object(), *remotes = cx_json_new_array();

    for (size_t i = 0; i < list->n; i++) {
        say_add(remotes, say_perspective(&list->v[i]));
    }
    say_put(o, "primary", say_perspective(&list->primary));
    say_put(o, "remotes", remotes);
    return o;
}

struct cx_json *
say_supplied(const struct cx_supplied *supplied)
{
    struct cx_json *o = cx_json_new_object(), *names = cx_json_new_array();

    for (size_t i = 0; i < supplied->n; i++) {
        struct cx_json *one = cx_json_new_object(), *bodies = cx_json_new_array();

        for (size_t k = 0; k < supplied->v[i].n; k++) {
            say_add(bodies, say_hex(cx_span_of_str(supplied->v[i].bodies[k])));
        }
        say_put(one, "name", say_text(supplied->v[i].name));
        say_put(one, "bodies", bodies);
        say_add(names, one);
    }
    say_put(o, "form", cx_json_new_text("open-mpic"));
    say_put(o, "names", names);
    return o;
}

/* ---- ends of shards */

static struct cx_json *
say_before(const struct cx_begin *b)
{
    struct cx_json *o;

    if (!b->has_before) {
        return cx_json_new_null();
    }
    o = cx_json_new_object();
    say_put(o, "origin", say_text(b->before.origin));
    say_put(o, "vkey", say_text(b->before.vkey));
    say_put(o, "checkpoint", say_hex(b->before.checkpoint));
    say_put(o, "later", b->before.later.n != 0 ? say_hex(b->before.later) : cx_json_new_null());
    return o;
}

struct cx_json *
say_begin(const struct cx_begin *b)
{
    struct cx_json *o = cx_json_new_object();

    say_put(o, "salt", say_hex((cx_span){ b->salt, CX_CHAIN_SALT }));
    say_put(o, "time_ms", say_number(b->time_ms));
    say_put(o, "origin", say_text(b->origin));
    say_put(o, "vkey", say_text(b->vkey));
    say_put(o, "before", say_before(b));
    say_put(o, "software", b->software.n != 0 ? say_text(b->software) : cx_json_new_null());
    return o;
}

struct cx_json *
say_seal(const struct cx_seal *s)
{
    struct cx_json *o = cx_json_new_object();

    say_put(o, "salt", say_hex((cx_span){ s->salt, CX_CHAIN_SALT }));
    say_put(o, "time_ms", say_number(s->time_ms));
    say_put(o, "origin", say_text(s->origin));
    say_put(o, "vkey", say_text(s->vkey));
    return o;
}

/* ---- starts and events */

static struct cx_json *
say_hash_or_null(bool has, const struct cx_hash *hash)
{
    return has ? say_hash(hash) : cx_json_new_null();
}

static struct cx_json *
say_text_or_null(cx_str text)
{
    return text.n != 0 ? say_text(text) : cx_json_new_null();
}

struct cx_json *
say_start(const struct cx_start *s)
{
    struct cx_json *o = cx_json_new_object();

    say_put(o, "salt", say_hex((cx_span){ s->salt, CX_RECORD_SALT }));
    say_put(o, "time_ms", say_number(s->time_ms));
    say_put(o, "authority", say_hash_or_null(s->has_authority, &s->authority));
    say_put(o, "request", say_text(s->request));
    say_put(o, "body", say_hash(&s->body));
    say_put(o, "deadline_ms", say_number(s->deadline_ms));
    say_put(o, "caller", say_text_or_null(s->caller));
    say_put(o, "previous", say_hash_or_null(s->has_previous, &s->previous));
    return o;
}

struct cx_json *
say_event(const struct cx_event *e)
{
    struct cx_json *o = cx_json_new_object();

    say_put(o, "salt", say_hex((cx_span){ e->salt, CX_RECORD_SALT }));
    say_put(o, "time_ms", say_number(e->time_ms));
    say_put(o, "type", cx_json_new_text(cx_event_word(e->type)));
    say_put(o, "about", say_hash_or_null(e->has_about, &e->about));
    say_put(o, "by", say_text_or_null(e->by));
    say_put(o, "why", say_text_or_null(e->why));
    say_put(o, "authority", say_hash_or_null(e->has_authority, &e->authority));
    say_put(o, "certificate", say_hash_or_null(e->has_certificate, &e->certificate));
    say_put(o, "request", say_text_or_null(e->request));
    return o;
}
