/* Writes the test vectors of docs/formats/vectors into a folder: records and objects with their octets, digests and log
 * entries, and what they say; and octets that every reader refuses. The same on every run. */
#include "base/cbor.h"
#include "build.h"
#include "evidence/entry.h"
#include "pki/digest.h"
#include "say.h"
#include "specimen.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX ((size_t)1 << 20)

enum kind {
    KIND_RECORD,
    KIND_ANSWER,
    KIND_CONTEXT,
    KIND_MESSAGE,
    KIND_OWN,
    KIND_BEGIN,
    KIND_SEAL,
    KIND_PERSPECTIVES,
    KIND_CORROBORATION,
    KIND_START,
    KIND_EVENT
};

static const char *const kind_words[] = { "record",        "answer", "context", "message",
                                          "own",           "begin",  "seal",    "perspectives",
                                          "corroboration", "start",  "event" };

/* Of records; UNSET: it is none. */
static const enum cx_entry_kind entry_kinds[] = {
    [KIND_RECORD] = CX_ENTRY_CHECK, [KIND_BEGIN] = CX_ENTRY_BEGIN, [KIND_SEAL] = CX_ENTRY_SEAL,
    [KIND_START] = CX_ENTRY_START,  [KIND_EVENT] = CX_ENTRY_EVENT,
};

struct makers {
    const char *folder;
    struct cx_arena arena;
};

static void
must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "make_vectors: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

/* ---- files */

static struct cx_hash
digest_of(cx_span octets)
{
    struct cx_hash hash;

    must(cx_ok(cx_sha256(octets, hash.b)), "SHA-256");
    return hash;
}

static void
write_json(const struct makers *m, const char *name, struct cx_json *json)
{
    char path[1000];
    struct cx_buf buf;
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/%s.json", m->folder, name);
    cx_buf_init(&buf, TEXT_MAX);
    must(cx_ok(cx_json_write_pretty(json, &buf)), "JSON");
    cx_buf_putc(&buf, '\n');
    f = fopen(path, "wb");
    must(f != NULL && fwrite(buf.p, 1, buf.n, f) == buf.n && fclose(f) == 0, path);
    cx_buf_done(&buf);
    cx_json_free(json);
}

/* The log entry of a record, as its kind and time make it. */
static struct cx_json *
say_entry(enum kind kind, uint64_t time_ms, const struct cx_hash *digest)
{
    struct cx_entry entry = { .kind = entry_kinds[kind], .time_ms = time_ms };
    uint8_t octets[CX_ENTRY_SIZE];

    memcpy(entry.digest, digest->b, sizeof(entry.digest));
    cx_entry_write(&entry, octets);
    return say_hex((cx_span){ octets, CX_ENTRY_SIZE });
}

/* What is known of a vector beside its octets. */
struct vector {
    const char *name;
    const char *about;
    enum kind kind;
    cx_span octets;
    bool has_entry; /* a record, of this time */
    uint64_t time_ms;
    struct cx_json *says; /* NULL: nothing that a reader would tell */
};

static struct cx_hash
save(const struct makers *m, const struct vector *v)
{
    struct cx_hash digest = digest_of(v->octets);
    struct cx_json *json = cx_json_new_object();

    say_put(json, "about", cx_json_new_text(v->about));
    say_put(json, "kind", cx_json_new_text(kind_words[v->kind]));
    say_put(json, "octets", say_hex(v->octets));
    say_put(json, "sha256", say_hex((cx_span){ digest.b, CX_HASH_SIZE }));
    if (v->has_entry) {
        say_put(json, "entry", say_entry(v->kind, v->time_ms, &digest));
    }
    if (v->says != NULL) {
        say_put(json, "says", v->says);
    }
    write_json(m, v->name, json);
    return digest;
}

/* ---- readers, to be sure */

static bool
is_read(enum kind kind, cx_span octets, struct cx_arena *arena)
{
    struct cx_answer_object object;
    struct cx_perspectives list;
    struct cx_supplied supplied;
    struct cx_context context;
    struct cx_record record;
    struct cx_begin begin;
    struct cx_start start;
    struct cx_event event;
    struct cx_seal seal;

    switch (kind) {
    case KIND_START:
        return cx_ok(cx_start_decode(octets, &start, NULL));
    case KIND_EVENT:
        return cx_ok(cx_event_decode(octets, &event, NULL));
    case KIND_BEGIN:
        return cx_ok(cx_begin_decode(octets, &begin, NULL));
    case KIND_SEAL:
        return cx_ok(cx_seal_decode(octets, &seal, NULL));
    case KIND_RECORD:
        return cx_ok(cx_record_decode(octets, arena, &record, NULL));
    case KIND_ANSWER:
        return cx_ok(cx_answer_object_decode(octets, arena, &object, NULL));
    case KIND_CONTEXT:
        return cx_ok(cx_context_decode(octets, arena, &context, NULL));
    case KIND_PERSPECTIVES:
        return cx_ok(cx_perspectives_decode(octets, arena, &list, NULL));
    case KIND_CORROBORATION:
        return cx_ok(cx_supplied_decode(octets, arena, &supplied, NULL));
    case KIND_MESSAGE:
    case KIND_OWN:
        break;
    }
    return true;
}

static cx_span
save_record(struct makers *m, const char *name, const char *about, const struct cx_record *record)
{
    struct vector v = { .name = name, .about = about, .kind = KIND_RECORD, .has_entry = true };

    v.octets = octets_of_record(record, &m->arena);
    v.time_ms = record->time_ms;
    v.says = say_record(record);
    must(is_read(v.kind, v.octets, &m->arena), name);
    (void)save(m, &v);
    return v.octets;
}

static cx_span
save_answer(struct makers *m, const char *name, const char *about,
            const struct cx_answer_object *object)
{
    struct vector v = { .name = name, .about = about, .kind = KIND_ANSWER };

    v.octets = octets_of_answer(object, &m->arena);
    v.says = say_answer(object);
    must(is_read(v.kind, v.octets, &m->arena), name);
    (void)save(m, &v);
    return v.octets;
}

static cx_span
save_context(struct makers *m, const char *name, const char *about,
             const struct cx_context *context)
{
    struct vector v = { .name = name, .about = about, .kind = KIND_CONTEXT };
    struct cx_context read;

    v.octets = octets_of_context(context, &m->arena);
    must(cx_ok(cx_context_decode(v.octets, &m->arena, &read, NULL)), name);
    v.says = say_context(context, read.policy_octets);
    (void)save(m, &v);
    return v.octets;
}

/* ---- messages and answers */

static cx_span
wire_name_of(const char *text, struct cx_arena *arena)
{
    struct cx_name name = name_of(text);
    cx_span ret;

    must(cx_ok(cx_arena_copy(arena, cx_name_span(&name), &ret)), "memory");
    return ret;
}

static struct cx_hash
save_message(struct makers *m, const char *name, const char *about, struct wire *w)
{
    struct vector v = { .name = name, .about = about, .kind = KIND_MESSAGE };

    must(cx_ok(cx_message_still(w->p, w->n)), "message");
    v.octets = wire_span(w);
    return save(m, &v);
}

/* The answers of the story that the records tell: www.example.com has no CAA, example.com has. */
struct story {
    struct cx_hash nodata_message, records_message;
    struct cx_hash nodata, records, tld;
    struct cx_hash context;
    struct cx_hash own;
    cx_span alias_octets, failure_octets, context_octets, perspectives_octets,
        supplied_octets; /* to be spoilt */
};

#define T0 ((cx_time)1795348800) /* 2026-11-22T12:00:00Z */

static const struct cx_proof_message ds = { .name = { (const uint8_t *)"\3com", 5 },
                                            .type = CX_TYPE_DS,
                                            .dnssec = CX_DNSSEC_SECURE,
                                            .time = T0 - 60,
                                            .digest = { 0x0d, 0x5a } };
static const struct cx_proof_message dnskey = { .name = { (const uint8_t *)"\7example\3com", 13 },
                                                .type = CX_TYPE_DNSKEY,
                                                .dnssec = CX_DNSSEC_SECURE,
                                                .time = T0 };
static const struct cx_proof_message *const proof[] = { &ds, &dnskey };

static void
make_messages(struct makers *m, struct story *s)
{
    static struct wire w;

    wire_open(&w, "www.example.com", CX_TYPE_CAA, WIRE_QR);
    wire_soa(&w, "example.com", 3600, 300);
    s->nodata_message =
        save_message(m, "message-nodata", "A DNS message: www.example.com has no CAA.", &w);
    wire_open(&w, "example.com", CX_TYPE_CAA, WIRE_QR);
    wire_caa(&w, "example.com", 300,
             "0 issue ca.example.net; accounturi=https://ca.example.net/acme/acct/12345678");
    wire_caa(&w, "example.com", 300, "128 issuewild ;");
    s->records_message =
        save_message(m, "message-records", "A DNS message: the CAA records of example.com.", &w);
}

static struct cx_answer_object
answer_of(const char *name, enum cx_outcome outcome, struct cx_arena *arena)
{
    struct cx_answer_object o = { .has_message = false };

    o.answer = (struct cx_answer){ .name = wire_name_of(name, arena),
                                   .type = CX_TYPE_CAA,
                                   .outcome = outcome,
                                   .dnssec = CX_DNSSEC_SECURE,
                                   .attempts = 1,
                                   .time = T0 };
    o.answer.records_at = o.answer.name;
    return o;
}

static void
make_story_answers(struct makers *m, struct story *s)
{
    static const struct cx_caa records[] = {
        { 0,
          { (const uint8_t *)"issue", 5 },
          { (const uint8_t *)"ca.example.net; "
                             "accounturi=https://ca.example.net/acme/acct/12345678",
            68 } },
        { 128, { (const uint8_t *)"issuewild", 9 }, { (const uint8_t *)";", 1 } },
    };
    struct cx_answer_object o = answer_of("www.example.com", CX_OUTCOME_NODATA, &m->arena);

    o.has_message = true;
    o.message = s->nodata_message;
    o.answer.has_ttl = true;
    o.answer.ttl = 300;
    o.answer.proof = proof;
    o.answer.n_proof = 2;
    o.answer.is_proved = true;
    s->nodata = digest_of(save_answer(m, "answer-nodata", "No records, proved by signatures.", &o));
    o = answer_of("example.com", CX_OUTCOME_RECORDS, &m->arena);
    o.has_message = true;
    o.message = s->records_message;
    o.answer.has_ttl = true;
    o.answer.ttl = 300;
    o.answer.records = records;
    o.answer.n_records = 2;
    s->records = digest_of(save_answer(m, "answer-records", "A set of two records.", &o));
    o = answer_of("com", CX_OUTCOME_NXDOMAIN, &m->arena);
    o.answer.time = CX_TIME_NONE;
    s->tld = digest_of(save_answer(m, "answer-smallest", "As little as an answer can say.", &o));
}

static void
make_alias_answer(struct makers *m, struct story *s)
{
    static const struct cx_exchange exchanges[] = {
        { CX_STR_INIT("192.0.2.53"), false, false, 0, 0, 0 },
        { CX_STR_INIT("2001:db8::53@5353"), true, true, 0, 1200, 34 },
    };
    const cx_span aliases[] = { wire_name_of("a.example.org", &m->arena),
                                wire_name_of("\\000\\255\\.x.example.net", &m->arena) };
    const struct cx_caa odd = { 1, { (const uint8_t *)"\0\xff", 2 }, { NULL, 0 } };
    struct cx_answer_object o = answer_of("alias.example.com", CX_OUTCOME_RECORDS, &m->arena);

    o.answer.dnssec = CX_DNSSEC_INSECURE;
    o.answer.aliases = aliases;
    o.answer.n_aliases = 2;
    o.answer.records_at = aliases[1];
    o.answer.records = &odd;
    o.answer.n_records = 1;
    o.answer.exchanges = exchanges;
    o.answer.n_exchanges = 2;
    o.answer.cut = CX_STR("insecure");
    o.answer.cut_at = wire_name_of("example.net", &m->arena);
    s->alias_octets = save_answer(
        m, "answer-alias", "Records at the end of two aliases, of a tag that no tag can be.", &o);
}

static void
make_failures(struct makers *m, struct story *s)
{
    static const struct cx_proof_message one = { .name = { (const uint8_t *)"\3one\4test", 10 },
                                                 .type = CX_TYPE_CAA,
                                                 .dnssec = CX_DNSSEC_INSECURE,
                                                 .time = T0 + 1,
                                                 .digest = { 1 } };
    static const struct cx_proof_message two = { .name = { (const uint8_t *)"\3two\4test", 10 },
                                                 .type = CX_TYPE_CAA,
                                                 .dnssec = CX_DNSSEC_SECURE,
                                                 .time = T0 + 2 };
    static const struct cx_proof_message *const control[] = { &one, &two };
    struct cx_answer_object o = answer_of("down.example.com", CX_OUTCOME_TIMEOUT, &m->arena);

    o.answer.dnssec = CX_DNSSEC_INSECURE;
    o.answer.attempts = 3;
    o.answer.control = control;
    o.answer.n_control = 2;
    o.answer.why = CX_STR("no server replied \xff");
    s->failure_octets = save_answer(
        m, "answer-timeout", "A failed lookup, two control names, a reason that is not UTF-8.", &o);
    o = answer_of("broken.example.com", CX_OUTCOME_MALFORMED, &m->arena);
    o.answer.malformed = CX_MALFORMED_RDATA;
    o.answer.dnssec = CX_DNSSEC_INDETERMINATE;
    (void)save_answer(m, "answer-malformed", "A record that could not be read.", &o);
}

static void
make_dname(struct makers *m)
{
    const cx_span target = wire_name_of(".", &m->arena);
    struct cx_answer_object o = answer_of("old.example.com", CX_OUTCOME_RECORDS, &m->arena);

    o.answer.type = CX_TYPE_DNAME;
    o.answer.time = cx_time_of_day(1969, 12, 31);
    o.answer.aliases = &target;
    o.answer.n_aliases = 1;
    (void)save_answer(m, "answer-dname", "A DNAME to the root, asked before 1970.", &o);
}

/* ---- contexts and OWN */

static void
make_contexts(struct makers *m, struct story *s)
{
    static const struct cx_own own[] = {
        { CX_STR_INIT("ca.example.net"), CX_TIME_NONE, CX_TIME_MAX, false },
        { CX_STR_INIT("CA2.example.net"), T0 - 86400, CX_TIME_MAX, true },
        { CX_STR_INIT("old.example.net"), CX_TIME_NONE, -1, false },
    };
    static const cx_str anchors[] = { CX_STR_INIT(
        ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D") };
    static const cx_str negative[] = { CX_STR_INIT("broken.test"), CX_STR_INIT("\xc3\xa4") };
    struct cx_policy policy = cx_policy_default();
    struct cx_context c = { .software = CX_STR("caaproof 0.1.0"),
                            .resolver = CX_STR("libunbound 1.17.1, validating, from the root"),
                            .anchors = anchors,
                            .n_anchors = 1,
                            .own = own,
                            .n_own = 3,
                            .policy = &policy,
                            .order = CX_ORDER_BOTTOM_UP,
                            .messages = CX_MESSAGES_PROOF };

    s->context_octets =
        save_context(m, "context-default", "The policy that docs/json.md has by default.", &c);
    s->context = digest_of(s->context_octets);
    policy = (struct cx_policy){ .knows_issuemail = true,
                                 .knows_issuevmc = true,
                                 .issuer_case_strict = true,
                                 .param_case_strict = true,
                                 .label_case_fold = true,
                                 .accounturi_from = CX_TIME_MAX,
                                 .validationmethods_from = cx_time_of_day(2026, 3, 15),
                                 .ca_tbr_from = cx_time_of_day(2026, 6, 1),
                                 .lf_permit = true,
                                 .lf_servfail_classified = true,
                                 .alias_limit = 8,
                                 .exceptions = { true, true, true },
                                 .onion_rfc9799 = true,
                                 .negative_trust_anchors = negative,
                                 .n_negative_trust_anchors = 2 };
    c.n_anchors = c.n_own = 0;
    c.order = CX_ORDER_PARALLEL;
    c.messages = CX_MESSAGES_DIGEST;
    (void)save_context(m, "context-other", "Every switch as it is not by default.", &c);
}

/* ---- corroboration */

static cx_span
octets_of_buf(struct cx_buf *buf, struct cx_arena *arena)
{
    cx_span octets;

    must(cx_buf_ok(buf) && cx_ok(cx_arena_copy(arena, cx_span_of_str(cx_buf_str(buf)), &octets)),
         "memory");
    cx_buf_done(buf);
    return octets;
}

static cx_span
save_perspectives(struct makers *m, const struct cx_perspectives *list)
{
    struct vector v = { .name = "perspectives",
                        .about = "What stands under 8 of context-perspectives.",
                        .kind = KIND_PERSPECTIVES,
                        .says = say_perspectives(list) };
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    must(cx_ok(cx_perspectives_encode(list, &buf)), v.name);
    v.octets = octets_of_buf(&buf, &m->arena);
    must(is_read(v.kind, v.octets, &m->arena), v.name);
    (void)save(m, &v);
    return v.octets;
}

static cx_span
save_supplied(struct makers *m)
{
    static const cx_str bodies[] = { CX_STR_INIT("{\"error\":\"late\"}"),
                                     CX_STR_INIT("{\"is_valid\":true}") };
    static const struct cx_supplied_name names[] = { { CX_STR_INIT("*.example.com"), bodies, 2 },
                                                     { CX_STR_INIT("example.com"), bodies, 1 } };
    const struct cx_supplied supplied = { names, CX_COUNT(names) };
    struct vector v = { .name = "corroboration",
                        .about = "What was supplied for two names, for one of them twice.",
                        .kind = KIND_CORROBORATION,
                        .says = say_supplied(&supplied) };
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    must(cx_ok(cx_supplied_encode(&supplied, &buf)), v.name);
    v.octets = octets_of_buf(&buf, &m->arena);
    must(is_read(v.kind, v.octets, &m->arena), v.name);
    (void)save(m, &v);
    return v.octets;
}

static void
make_corroboration(struct makers *m, struct story *s)
{
    static const struct cx_perspective remotes[] = {
        { CX_STR_INIT("us-east"),
          { 39961200, -82998800 },
          CX_REGION_ARIN,
          { 38994000, -77452400 },
          CX_REGION_ARIN,
          T0 - 86400,
          T0 + 86400,
          CX_STR_INIT("US-OH") },
        { CX_STR_INIT("tokyo"),
          { 35689500, 139691700 },
          CX_REGION_APNIC,
          { 35689500, 139691700 },
          CX_REGION_APNIC,
          CX_TIME_NONE,
          CX_TIME_MAX,
          { NULL, 0 } },
    };
    static const struct cx_perspectives list = { { CX_STR_INIT("zurich"),
                                                   { 47376900, 8541700 },
                                                   CX_REGION_RIPE,
                                                   { 47376900, 8541700 },
                                                   CX_REGION_RIPE,
                                                   CX_TIME_NONE,
                                                   CX_TIME_MAX,
                                                   { NULL, 0 } },
                                                 remotes,
                                                 CX_COUNT(remotes) };
    const struct cx_policy policy = cx_policy_default();
    struct cx_context c = { .software = CX_STR("caaproof 0.1.0"),
                            .resolver = CX_STR("libunbound 1.17.1, validating, from the root"),
                            .policy = &policy,
                            .order = CX_ORDER_BOTTOM_UP,
                            .messages = CX_MESSAGES_FULL };

    s->perspectives_octets = save_perspectives(m, &list);
    c.perspectives = s->perspectives_octets;
    (void)save_context(m, "context-perspectives", "With the CA's list of network perspectives.",
                       &c);
    s->supplied_octets = save_supplied(m);
}

/* Of the context's OWN those in force at T0. */
static void
make_own(struct makers *m, struct story *s)
{
    static const cx_str in_force[] = { CX_STR_INIT("ca.example.net"),
                                       CX_STR_INIT("CA2.example.net"),
                                       CX_STR_INIT("Ca.Example.Net") };
    struct cx_json *says = cx_json_new_array();
    struct vector v = { .name = "own",
                        .about = "OWN as a record hashes it: names, and the octets hashed.",
                        .kind = KIND_OWN,
                        .octets = bytes_of("ca.example.net\nca2.example.net\n"),
                        .says = says };
    struct cx_hash digest;

    for (size_t i = 0; i < CX_COUNT(in_force); i++) {
        say_add(says, say_text(in_force[i]));
    }
    must(cx_ok(cx_own_hash(in_force, CX_COUNT(in_force), &s->own)), "OWN");
    digest = save(m, &v);
    must(cx_hash_equal(&digest, &s->own), "the octets of OWN");
}

/* ---- records */

static struct cx_record
record_of(const struct story *s)
{
    struct cx_record r = typical_record();

    r.own = s->own;
    r.context = s->context;
    return r;
}

static cx_span
make_permit(struct makers *m, const struct story *s)
{
    static const cx_str rules[] = { CX_STR_INIT("R-TREE-1"), CX_STR_INIT("R-DEC-1"),
                                    CX_STR_INIT("R-DEC-2"), CX_STR_INIT("R-8657-2"),
                                    CX_STR_INIT("R-TIME-1") };
    static const struct cx_record_finding finding = { .verdict = CX_VERDICT_PERMIT,
                                                      .reason = CX_STR_INIT("matching-record"),
                                                      .rules = rules,
                                                      .n_rules = 5,
                                                      .valid_until = T0 + 28799,
                                                      .found = 1,
                                                      .saw_all = true };
    const struct cx_hash answers[] = { s->nodata, s->records };
    struct cx_record r = record_of(s);

    r.answers = answers;
    r.n_answers = 2;
    r.findings = &finding;
    r.conclusion.reason = finding.reason;
    return save_record(m, "record-permit", "A record names the CA and the account: PERMIT.", &r);
}

static cx_span
make_deny(struct makers *m, const struct story *s)
{
    static const cx_str rules[] = { CX_STR_INIT("R-TREE-8"), CX_STR_INIT("R-DEC-3") };
    static const size_t seen[] = { 1 };
    static const struct cx_record_note notes[] = {
        { CX_STR_INIT("unknown-tag"), { (const uint8_t *)"\0\xff", 2 } },
        { CX_STR_INIT("more-notes"), { NULL, 0 } },
    };
    const struct cx_record_finding findings[] = {
        { .verdict = CX_VERDICT_PERMIT,
          .reason = CX_STR("matching-record"),
          .rules = rules,
          .n_rules = 0,
          .valid_until = T0 + 28799,
          .found = 1,
          .saw_all = true },
        { .verdict = CX_VERDICT_DENY,
          .reason = CX_STR("no-issuer"),
          .rules = rules,
          .n_rules = 2,
          .valid_until = CX_TIME_NONE,
          .found = 1,
          .notes = notes,
          .n_notes = 2,
          .seen = seen,
          .n_seen = 1 },
    };
    static const struct cx_record_name names[] = {
        { CX_RECORD_NAME_DNS, CX_STR_INIT("www.example.com"), CX_RECORD_NONE },
        { CX_RECORD_NAME_WILDCARD, CX_STR_INIT("example.com"), 0 },
    };
    const struct cx_hash answers[] = { s->nodata, s->records };
    struct cx_record r = record_of(s);

    r.names = names;
    r.findings = findings;
    r.n_names = 2;
    r.answers = answers;
    r.n_answers = 2;
    r.has_authority = false;
    r.conclusion = (struct cx_record_conclusion){ .verdict = CX_VERDICT_DENY,
                                                  .reason = CX_STR("no-issuer"),
                                                  .rules = rules,
                                                  .n_rules = 1,
                                                  .valid_until = CX_TIME_NONE,
                                                  .expires = CX_TIME_NONE };
    return save_record(m, "record-deny", "Two names; the wildcard may not be issued: DENY.", &r);
}

/* Not in shadow mode: there is a permit. */
static cx_span
make_caller(struct makers *m, const struct story *s)
{
    const struct cx_hash answers[] = { s->nodata, s->nodata, s->tld };
    struct cx_record r = record_of(s);

    r.answers = answers;
    r.has_body = true;
    r.body = (struct cx_hash){ { 0xb0, 0xd1 } };
    r.caller = CX_STR("issuer-1");
    r.own_verdict = CX_VERDICT_DENY;
    return save_record(m, "record-caller",
                       "Somebody asked for it, and his own system had said otherwise: PERMIT.", &r);
}

static void
make_na(struct makers *m, const struct story *s)
{
    static const struct cx_record_name names[] = {
        { CX_RECORD_NAME_IP, CX_STR_INIT("192.0.2.1"), CX_RECORD_NONE },
        { CX_RECORD_NAME_IP, CX_STR_INIT("2001:db8::1"), CX_RECORD_NONE },
    };
    static const struct cx_record_finding finding = { .verdict = CX_VERDICT_NA,
                                                      .reason = CX_STR_INIT("ip-address"),
                                                      .valid_until = CX_TIME_NONE,
                                                      .found = CX_RECORD_NONE,
                                                      .saw_all = true };
    const struct cx_record_finding findings[] = { finding, finding };
    struct cx_record r = record_of(s);

    r.names = names;
    r.findings = findings;
    r.n_names = 2;
    r.n_answers = 0;
    r.request = (cx_str){ NULL, 0 };
    r.n_validations = 0;
    r.conclusion = (struct cx_record_conclusion){ .verdict = CX_VERDICT_NA,
                                                  .reason = CX_STR("ip-address"),
                                                  .valid_until = CX_TIME_NONE,
                                                  .expires = T0 + 900 };
    (void)save_record(m, "record-na", "IP addresses only, no answers: NA, with a permit.", &r);
}

static const struct cx_record_name all_names[] = {
    { CX_RECORD_NAME_DNS, CX_STR_INIT("a_b.xn--bcher-kva.example"), 1 },
    { CX_RECORD_NAME_WILDCARD, CX_STR_INIT("example.com"), 0 },
    { CX_RECORD_NAME_ONION, CX_STR_INIT("abc.onion"), CX_RECORD_NONE },
    { CX_RECORD_NAME_ONION_WILDCARD, CX_STR_INIT("www.abc.onion"), CX_RECORD_NONE },
    { CX_RECORD_NAME_IP, CX_STR_INIT("::ffff:192.0.2.1"), CX_RECORD_NONE },
    { CX_RECORD_NAME_MAILBOX, CX_STR_INIT("mail.example.com"), 1 },
    { CX_RECORD_NAME_DNS, CX_STR_INIT("localhost"), CX_RECORD_NONE },
};

static void
all_findings(struct cx_record_finding findings[CX_COUNT(all_names)])
{
    static const struct cx_record_reading readings[] = {
        { CX_VERDICT_DENY, CX_STR_INIT("literal") }, { CX_VERDICT_PERMIT, CX_STR_INIT("\xc3\xa4") }
    };

    for (size_t i = 0; i < CX_COUNT(all_names); i++) {
        findings[i] = (struct cx_record_finding){ .verdict = (enum cx_verdict)(1 + i),
                                                  .reason = CX_STR(""),
                                                  .valid_until = (cx_time)(i * i) - 5,
                                                  .found = CX_RECORD_NONE,
                                                  .n_seen = 0 };
    }
    findings[6].readings = readings;
    findings[6].n_readings = 2;
    findings[5].saw_all = true;
}

static cx_span
make_all(struct makers *m, const struct story *s)
{
    static const cx_str accounts[] = { CX_STR_INIT("https://ca.example.net/acct/1"),
                                       CX_STR_INIT("mailto:\xe2\x82\xac") };
    static const cx_str methods[] = { CX_STR_INIT("dns-01"), CX_STR_INIT("3.2.2.4.7") };
    static const struct cx_record_validation validations[] = { { accounts, 2, methods, 1 },
                                                               { accounts, 0, methods, 2 } };
    static const cx_str regions[] = { CX_STR_INIT("RIPE"), CX_STR_INIT("AFRINIC") };
    struct octets facts = octets_of_hex(
        "a3 656c61746572 81 a2 6474696d65 74 323032362d31312d32325431323a30303a30305a"
        " 6776657264696374 6444454e59 6964656c656761746564 f5 6d636f6e74726f6c5f70726f6265 f4");
    struct cx_record_finding findings[CX_COUNT(all_names)];
    struct cx_record r = record_of(s);

    all_findings(findings);
    r.time_ms = 0;
    r.date = cx_time_of_day(0, 1, 1);
    r.cases[0].profile = CX_PROFILE_PRIVATE;
    r.cases[1] = (struct cx_record_case){ CX_PURPOSE_SMIME, CX_PROFILE_SMIME_BR, CX_STR("S4") };
    r.n_cases = 2;
    r.names = all_names;
    r.findings = findings;
    r.n_names = CX_COUNT(all_names);
    r.conclusion = (struct cx_record_conclusion){ .verdict = CX_VERDICT_DENY,
                                                  .reason = CX_STR(""),
                                                  .valid_until = cx_time_of_day(10000, 1, 1) - 1,
                                                  .hypothetical = true,
                                                  .expires = CX_TIME_NONE };
    r.has_deadline = true;
    r.deadline_ms = UINT64_C(1) << 40;
    r.validations = validations;
    r.n_validations = 2;
    r.facts = octets_span(&facts);
    r.corroboration = (struct cx_corroboration){ .kind = CX_CORROBORATION_OWN,
                                                 .object = s->records,
                                                 .n_used = 4,
                                                 .n_agreed = 3,
                                                 .regions = regions,
                                                 .n_regions = 2 };
    r.has_body = true;
    r.body = s->nodata;
    r.caller = CX_STR("\xc3\xa4mt-1");
    r.own_verdict = CX_VERDICT_NA;
    r.is_shadow = true;
    return save_record(m, "record-everything",
                       "Every kind of name, every verdict, every member, odd moments.", &r);
}

static void
make_random(struct makers *m)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct dice dice = { seed };
        struct cx_record record = specimen_record(&dice, (size_t)seed, &m->arena);
        struct cx_answer_object object = specimen_answer(&dice, &m->arena);
        char name[40];

        record.time_ms &= INT64_MAX; /* what JSON here can say */
        record.deadline_ms &= INT64_MAX;
        record.corroboration.n_used &= INT64_MAX;
        record.corroboration.n_agreed &= INT64_MAX;
        (void)snprintf(name, sizeof(name), "record-random-%u", (unsigned)seed);
        (void)save_record(m, name, "Drawn at random: every text and number is possible.", &record);
        (void)snprintf(name, sizeof(name), "answer-random-%u", (unsigned)seed);
        (void)save_answer(m, name, "Drawn at random: every octet and number is possible.", &object);
    }
}

/* ---- ends of shards */

#define VKEY_1 "log.ca.example/caa/1+0c7a1b2d+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"
#define VKEY_2 "log.ca.example/caa/2+9e8d7c6b+ASAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIB"

static cx_span
save_end(struct makers *m, struct vector v, struct cx_buf *buf)
{
    must(cx_ok(cx_buf_status(buf)) &&
             cx_ok(cx_arena_copy(&m->arena, cx_span_of_str(cx_buf_str(buf)), &v.octets)) &&
             is_read(v.kind, v.octets, &m->arena),
         v.name);
    cx_buf_done(buf);
    (void)save(m, &v);
    return v.octets;
}

/* The octets of one that begins after another shard, and of one that seals. */
static void
make_ends(struct makers *m, cx_span ret[2])
{
    struct cx_begin begin = { .salt = { 0xb1 },
                              .time_ms = UINT64_C(1795348800000),
                              .origin = CX_STR("log.ca.example/caa/1"),
                              .vkey = CX_STR(VKEY_1) };
    struct cx_seal seal = { .salt = { 0xb2 },
                            .time_ms = UINT64_C(1826884800000),
                            .origin = CX_STR("log.ca.example/caa/2"),
                            .vkey = CX_STR(VKEY_2) };
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    cx_begin_encode(&begin, &buf);
    (void)save_end(m,
                   (struct vector){ .name = "begin-first",
                                    .about = "The first record of the first shard of a log.",
                                    .kind = KIND_BEGIN,
                                    .has_entry = true,
                                    .time_ms = begin.time_ms,
                                    .says = say_begin(&begin) },
                   &buf);
    begin.origin = seal.origin;
    begin.vkey = seal.vkey;
    begin.has_before = true;
    begin.before.origin = CX_STR("log.ca.example/caa/1");
    begin.before.vkey = CX_STR(VKEY_1);
    begin.before.checkpoint = bytes_of("a signed note");
    begin.before.later = bytes_of("another");
    begin.software = CX_STR("caaproof 0.1.0");
    cx_begin_encode(&begin, &buf);
    ret[0] = save_end(m,
                      (struct vector){ .name = "begin-after",
                                       .about = "The first record of a later shard; the store "
                                                "of the one before had been set back.",
                                       .kind = KIND_BEGIN,
                                       .has_entry = true,
                                       .time_ms = begin.time_ms,
                                       .says = say_begin(&begin) },
                      &buf);
    cx_seal_encode(&seal, &buf);
    ret[1] = save_end(m,
                      (struct vector){ .name = "seal",
                                       .about = "The last record of a shard.",
                                       .kind = KIND_SEAL,
                                       .has_entry = true,
                                       .time_ms = seal.time_ms,
                                       .says = say_seal(&seal) },
                      &buf);
}

/* ---- starts and events */

static cx_span
save_start(struct makers *m, const char *name, const char *about, const struct cx_start *start)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    must(cx_ok(cx_start_encode(start, &buf)), name);
    return save_end(m,
                    (struct vector){ .name = name,
                                     .about = about,
                                     .kind = KIND_START,
                                     .has_entry = true,
                                     .time_ms = start->time_ms,
                                     .says = say_start(start) },
                    &buf);
}

static cx_span
save_event(struct makers *m, const char *name, const char *about, const struct cx_event *event)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    must(cx_ok(cx_event_encode(event, &buf)), name);
    return save_end(m,
                    (struct vector){ .name = name,
                                     .about = about,
                                     .kind = KIND_EVENT,
                                     .has_entry = true,
                                     .time_ms = event->time_ms,
                                     .says = say_event(event) },
                    &buf);
}

/* The octets of one with all members. */
static cx_span
make_starts(struct makers *m)
{
    struct cx_start start = { .salt = { 0xc1 },
                              .time_ms = UINT64_C(1795348800250),
                              .request = CX_STR("order-8841"),
                              .body = { { 0xb0, 0xd1 } },
                              .deadline_ms = UINT64_C(1795348810250) };

    (void)save_start(m, "start-smallest", "A request was accepted; as little as a start can say.",
                     &start);
    start.has_authority = true;
    start.authority = (struct cx_hash){ { 0xa0, 0x71 } };
    start.caller = CX_STR("\xc3\xa4mt-1");
    start.has_previous = true;
    start.previous = (struct cx_hash){ { 0x9e, 0x11 } };
    return save_start(m, "start-everything",
                      "A request that was accepted in place of an earlier one.", &start);
}

static const struct {
    const char *name, *about;
    struct cx_event event;
} events[] = {
    { "event-claim",
      "A permit was spent.",
      { .type = CX_EVENT_CLAIM, .has_about = true, .by = CX_STR_INIT("issuer-1") } },
    { "event-claim-refused",
      "A permit could not be spent.",
      { .type = CX_EVENT_CLAIM_REFUSED, .has_about = true, .why = CX_STR_INIT("spent already") } },
    { "event-late",
      "A check was too late.",
      { .type = CX_EVENT_LATE, .has_about = true, .request = CX_STR_INIT("order-8841") } },
    { "event-issuance",
      "A certificate of a permit.",
      { .type = CX_EVENT_ISSUANCE,
        .has_about = true,
        .has_certificate = true,
        .certificate = { { 0xce, 0x47 } } } },
    { "event-stop",
      "No permits any more.",
      { .type = CX_EVENT_STOP, .why = CX_STR_INIT("canary: permitted") } },
    { "event-acknowledged",
      "A person ended that.",
      { .type = CX_EVENT_ACKNOWLEDGED,
        .by = CX_STR_INIT("p.erson@ca.example"),
        .why = CX_STR_INIT("the canary's zone had been changed: ticket 7") } },
    { "event-override-refused",
      "A verdict cannot be overruled; the request had no check.",
      { .type = CX_EVENT_OVERRIDE_REFUSED, .request = CX_STR_INIT("order-8842") } },
    { "event-interrupted",
      "A check that began never ended.",
      { .type = CX_EVENT_INTERRUPTED, .request = CX_STR_INIT("order-8840") } },
    { "event-everything",
      "Every member that an event can have.",
      { .type = CX_EVENT_STOP,
        .has_about = true,
        .by = CX_STR_INIT("recorder"),
        .why = CX_STR_INIT("certificate without permit: \xe2\x82\xac"),
        .has_authority = true,
        .authority = { { 0xa0, 0x71 } },
        .has_certificate = true,
        .certificate = { { 0xce, 0x47 } },
        .request = CX_STR_INIT("order-8841") } },
};

/* What such vectors are to be spoilt by: issuance, acknowledged, interrupted, everything. */
static void
make_events(struct makers *m, cx_span ret[4])
{
    size_t n = 0;

    for (size_t i = 0; i < CX_COUNT(events); i++) {
        struct cx_event event = events[i].event;
        cx_span octets;

        event.salt[0] = 0xe1;
        event.salt[1] = (uint8_t)i;
        event.time_ms = UINT64_C(1795348801000) + i;
        if (event.has_about) {
            event.about = (struct cx_hash){ { 0xab, 0x07 } };
        }
        octets = save_event(m, events[i].name, events[i].about, &event);
        if (event.type == CX_EVENT_ISSUANCE || event.type == CX_EVENT_ACKNOWLEDGED ||
            event.type == CX_EVENT_INTERRUPTED || event.has_authority) {
            ret[n++] = octets;
        }
    }
}

/* ---- what may be passed over */

static void add_keys(struct cx_reader *r, struct cx_buf *buf);

/* Two members more in every map of numbers, of keys that are known nowhere. */
static void
add_keys_to_map(struct cx_reader *r, struct cx_buf *buf)
{
    struct octets more = octets_of_hex("24 a2 00 f6 6161 81 43 000102 3903e7 1bffffffffffffffff");
    size_t n = cx_cbor_map(r).left;
    bool numbers = cx_cbor_next(r) == CX_CBOR_UINT;

    cx_cbor_put_map(buf, n + (numbers ? 2 : 0));
    for (size_t i = 0; i < 2 * n; i++) {
        add_keys(r, buf);
    }
    if (numbers) {
        cx_buf_put(buf, cx_str_of_span(octets_span(&more)));
    }
}

static void
add_keys(struct cx_reader *r, struct cx_buf *buf)
{
    size_t n;

    if (cx_cbor_next(r) == CX_CBOR_MAP) {
        add_keys_to_map(r, buf);
    } else if (cx_cbor_next(r) == CX_CBOR_ARRAY) {
        n = cx_cbor_array(r, SIZE_MAX);
        cx_cbor_put_array(buf, n);
        for (size_t i = 0; i < n; i++) {
            add_keys(r, buf);
        }
    } else {
        cx_buf_put(buf, cx_str_of_span(cx_cbor_any(r)));
    }
}

/* The octets with negative keys in them: what they say stays. */
static cx_span
with_keys(struct makers *m, cx_span octets, size_t before)
{
    struct cx_reader r = cx_reader_of((cx_span){ octets.p + before, octets.n - before });
    struct cx_buf buf;
    cx_span ret = { NULL, 0 };

    cx_buf_init(&buf, CX_RECORD_MAX);
    cx_buf_put(&buf, (cx_str){ (const char *)octets.p, before });
    add_keys(&r, &buf);
    must(cx_rd_ok(&r) && cx_rd_left(&r) == 0 && cx_buf_ok(&buf) &&
             cx_ok(cx_arena_copy(&m->arena, cx_span_of_str(cx_buf_str(&buf)), &ret)),
         "negative keys");
    cx_buf_done(&buf);
    return ret;
}

static cx_span
make_negative(struct makers *m, const struct story *s, cx_span everything)
{
    struct vector v = { .name = "record-negative-keys",
                        .about = "record-everything with negative keys at every level, to be "
                                 "passed over.",
                        .kind = KIND_RECORD,
                        .has_entry = true };
    struct vector context = { .name = "context-negative-keys",
                              .about = "context-default with negative keys, to be passed over.",
                              .kind = KIND_CONTEXT };
    struct vector answer = { .name = "answer-negative-keys",
                             .about = "answer-alias with negative keys, to be passed over.",
                             .kind = KIND_ANSWER };
    struct cx_answer_object object;
    struct cx_record record;
    struct cx_context c;

    v.octets = with_keys(m, everything, CX_RECORD_SALT);
    context.octets = with_keys(m, s->context_octets, 0);
    answer.octets = with_keys(m, s->alias_octets, 0);
    must(cx_ok(cx_record_decode(v.octets, &m->arena, &record, NULL)) &&
             cx_ok(cx_context_decode(context.octets, &m->arena, &c, NULL)) &&
             cx_ok(cx_answer_object_decode(answer.octets, &m->arena, &object, NULL)),
         "negative keys are refused");
    v.time_ms = record.time_ms;
    v.says = say_record(&record);
    context.says = say_context(&c, c.policy_octets);
    answer.says = say_answer(&object);
    (void)save(m, &v);
    (void)save(m, &context);
    (void)save(m, &answer);
    return v.octets;
}

static void
make_negative_event(struct makers *m, cx_span everything)
{
    struct vector v = { .name = "event-negative-keys",
                        .about = "event-everything with negative keys, to be passed over.",
                        .kind = KIND_EVENT,
                        .has_entry = true };
    struct cx_event event;

    v.octets = with_keys(m, everything, CX_RECORD_SALT);
    must(cx_ok(cx_event_decode(v.octets, &event, NULL)), v.name);
    v.time_ms = event.time_ms;
    v.says = say_event(&event);
    (void)save(m, &v);
}

/* ---- what is refused */

/* One place of good octets in hexadecimal, and what is put there; from "": behind the end. */
struct edit {
    const char *about;
    const char *from, *to;
};

static cx_span
edited(struct makers *m, cx_span octets, const struct edit *e)
{
    struct octets from = octets_of_hex(e->from), to = octets_of_hex(e->to);
    size_t at = octets.n, found = from.n == 0 ? 1 : 0;
    cx_span ret;
    uint8_t *p;

    for (size_t i = 0; from.n != 0 && i + from.n <= octets.n; i++) {
        if (memcmp(octets.p + i, from.p, from.n) == 0) {
            at = i;
            found++;
        }
    }
    if (found != 1) {
        fprintf(stderr, "make_vectors: %s: found %zu times\n", e->about, found);
        exit(EXIT_FAILURE);
    }
    p = cx_arena_get(&m->arena, octets.n + to.n, 1);
    must(p != NULL, "memory");
    memcpy(p, octets.p, at);
    memcpy(p + at, to.p, to.n);
    memcpy(p + at + to.n, octets.p + at + from.n, octets.n - at - from.n);
    ret = (cx_span){ p, octets.n - from.n + to.n };
    return ret;
}

static void
refuse(struct makers *m, struct cx_json *list, enum kind kind, cx_span octets, const char *about)
{
    struct cx_json *o = cx_json_new_object();

    must(!is_read(kind, octets, &m->arena), about);
    say_put(o, "about", cx_json_new_text(about));
    say_put(o, "kind", cx_json_new_text(kind_words[kind]));
    say_put(o, "octets", say_hex(octets));
    say_add(list, o);
}

static void
refuse_edits(struct makers *m, struct cx_json *list, enum kind kind, cx_span good,
             const struct edit *edits, size_t n)
{
    refuse(m, list, kind, (cx_span){ good.p, good.n - 1 }, "the last octet is missing");
    for (size_t i = 0; i < n; i++) {
        refuse(m, list, kind, edited(m, good, &edits[i]), edits[i].about);
    }
}

static const struct edit permit_edits[] = {
    { "something behind the end", "", "00" },
    { "version 0", "0001 011b000001a2", "0000 011b000001a2" },
    { "version 2", "0001 011b000001a2", "0002 011b000001a2" },
    { "an integer in a longer form", "0001 011b000001a2", "001801 011b000001a2" },
    { "an integer in a much longer form", "05 1a6b02d940", "05 1b000000006b02d940" },
    { "the keys of a map out of order", "05 1a6b02d940 06", "06 1a6b02d940 05" },
    { "a key twice", "02 5820 04", "01 5820 04" },
    { "a critical key that is not known", "0d 81 82 81", "10 81 82 81" },
    { "an array of indefinite length", "07 81 83 01", "07 9f 83 01" },
    { "a map that promises one pair more", "ad 0001", "ae 0001" },
    { "a name with upper case", "6f 777777", "6f 577777" },
    { "a name with a local part", "6f 7777772e", "6f 77777740" },
    { "a name with a final dot", "2e636f6d 00", "2e636f2e 00" },
    { "a name of a kind that is not known", "07 81 83 01", "07 81 83 07" },
    { "a host that is called an address", "07 81 83 01", "07 81 83 05" },
    { "a host that is called an onion", "07 81 83 01", "07 81 83 03" },
    { "a name with a validation that is not there", "2e636f6d 00", "2e636f6d 01" },
    { "a digest of 31 octets", "03 5820 4e", "03 581f" },
    { "an answer that is not there", "04 01 0a", "04 02 0a" },
    { "a verdict that is not known", "81 a5 00 05", "81 a5 00 08" },
    { "a verdict that is none", "81 a5 00 05", "81 a5 00 00" },
    { "a verdict as a word", "81 a5 00 05", "81 a5 00 66 5045524d4954" },
    { "a finding worse than the conclusion", "81 a5 00 05", "81 a5 00 01" },
    { "a permit on DENY", "0a a4 00 05", "0a a4 00 01" },
    { "a conclusion better than a finding", "0a a4 00 05", "0a a4 00 06" },
    { "a conclusion that says the first finding's reason again", "0a a4 00 05",
      "0a a5 00 05 01 6f 6d61746368696e672d7265636f7264" },
    { "a permit that outlives the verdict", "05 1a6b02dcc4", "05 1a6b0349c1" },
    { "a moment after the year 9999", "05 1a6b02d940", "05 1b0000003afff44180" },
    { "a moment before the year 0", "05 1a6b02d940", "05 3b0000000e79747c00" },
    { "text that is not UTF-8", "66 646e732d3031", "66 646e732dff31" },
    { "text with a surrogate", "66 646e732d3031", "66 646e73 eda080" },
    { "text in octets", "66 646e732d3031", "46 646e732d3031" },
    { "a purpose that is not known", "81 83 01 01 63453131", "81 83 04 01 63453131" },
    { "a profile that is not known", "81 83 01 01 63453131", "81 83 01 06 63453131" },
    { "a profile as a word", "81 83 01 01 63453131", "81 83 01 66746c732d6272 63453131" },
    { "no cases", "06 81 83 01 01 63453131", "06 80" },
    { "a case with two members", "81 83 01 01 63453131", "81 82 01 01" },
};

static const struct edit everything_edits[] = {
    { "hypothetical: false", "04f5 0b", "04f4 0b" },
    { "hypothetical: undefined", "04f5 0b", "04f7 0b" },
    { "facts that are no map",
      "0e a3 656c61746572 81 a2 6474696d65 74 323032362d31312d32325431323a30303a30305a"
      "6776657264696374 6444454e59 6964656c656761746564 f5 6d636f6e74726f6c5f70726f6265 f4",
      "0e 80" },
    { "facts out of order", "69 64656c656761746564 f5 6d 636f6e74726f6c5f70726f6265 f4",
      "6d 636f6e74726f6c5f70726f6265 f4 69 64656c656761746564 f5" },
    { "a region twice", "6452495045 67414652494e4943", "6452495045 6452495045" },
    { "a region that is not known", "6452495045", "6472697065" },
    { "more perspectives agree than were used", "02 04 03 03", "02 02 03 03" },
    { "more regions than perspectives that agree", "02 04 03 03", "02 04 03 01" },
    { "an unknown kind of corroboration", "00 636f776e", "00 636f776f" },
    { "an address in another form", "70 3a3a666666663a3139322e302e322e31",
      "6f 3a3a666666663a633030303a323031" },
    { "an onion that is called dns", "82 03 69", "82 01 69" },
};

static const struct edit negative_edits[] = {
    { "under a negative key a real number",
      "24 a2 00f6 6161 81 43 000102 3903e7 1bffffffffffffffff 0b",
      "24 a2 00f93c00 6161 81 43 000102 3903e7 1bffffffffffffffff 0b" },
    { "under a negative key a tag", "24 a2 00f6 6161 81 43 000102 3903e7 1bffffffffffffffff 0b",
      "24 a2 00c1f6 6161 81 43 000102 3903e7 1bffffffffffffffff 0b" },
    { "under a negative key an unordered map",
      "24 a2 00f6 6161 81 43 000102 3903e7 1bffffffffffffffff 0b",
      "24 a2 6161 81 43 000102 00f6 3903e7 1bffffffffffffffff 0b" },
    { "under a negative key a map with an array for a key",
      "24 a2 00f6 6161 81 43 000102 3903e7 1bffffffffffffffff 0b",
      "24 a2 00f6 8000 3903e7 1bffffffffffffffff 0b" },
    { "under a negative key 17 arrays inside each other",
      "24 a2 00f6 6161 81 43 000102 3903e7 1bffffffffffffffff 0b",
      "24 8181818181818181818181818181818180 3903e7 1bffffffffffffffff 0b" },
    { "negative keys out of order", "24 a2 00f6 6161 81 43 000102 3903e7 1bffffffffffffffff 0b",
      "3903e7 a2 00f6 6161 81 43 000102 24 1bffffffffffffffff 0b" },
    { "a negative key below -2^63", "24 a2 00f6 6161 81 43 000102 3903e7 1bffffffffffffffff 0b",
      "24 a2 00f6 6161 81 43 000102 3b8000000000000000 1bffffffffffffffff 0b" },
};

static const struct edit caller_edits[] = {
    { "a body's digest of 31 octets", "20 5820 b0d1", "20 581f d1" },
    { "a body's digest as text", "20 5820 b0d1", "20 7820 0000" },
    { "an empty caller", "21 68 6973737565722d31", "21 60" },
    { "a caller of two lines", "21 68 6973737565722d31", "21 68 697373750a722d31" },
    { "a caller in octets", "21 68 6973737565722d31", "21 48 6973737565722d31" },
    { "a caller that is null", "21 68 6973737565722d31", "21 f6" },
    { "a caller's own verdict that is none", "2d31 22 01", "2d31 22 00" },
    { "a caller's own verdict that is not known", "2d31 22 01", "2d31 22 08" },
    { "a caller's own verdict as a word", "2d31 22 01", "2d31 22 64 44454e59" },
    { "a permit in shadow mode", "2d31 22 01", "2d31 23 f5" },
    { "shadow mode: false", "2d31 22 01", "2d31 23 f4" },
    { "shadow mode: null", "2d31 22 01", "2d31 23 f6" },
    { "a known negative key twice", "2d31 22 01", "2d31 21 6161" },
};

static const struct edit alias_edits[] = {
    { "a name with upper case", "05616c696173", "05416c696173" },
    { "a compressed name", "53 05616c696173 076578616d706c65 03636f6d00", "42 c000" },
    { "a type that is neither CAA nor DNAME", "02 190101", "02 190102" },
    { "an outcome that is not known", "67 7265636f726473", "67 5265636f726473" },
    { "records with outcome nodata", "67 7265636f726473", "66 6e6f64617461" },
    { "an owner of records that is a stranger", "09 52 0400ff2e78", "09 52 0400ff2e79" },
    { "flags of nine bits", "0a 81 83 01", "0a 81 83 190101" },
    { "a record without tag", "42 00ff 40", "40 40" },
    { "an alias that returns", "82 4f 0161 076578616d706c65 036f726700",
      "82 53 05616c696173 076578616d706c65 03636f6d00" },
    { "a transport that is not known", "63 756470", "63 746c73" },
};

static const struct edit failure_edits[] = {
    { "a control name twice", "0374776f", "036f6e65" },
    { "a hash of zeros", "5820 01", "5820 00" },
    { "a state of DNSSEC that is not known", "04 68 696e736563757265", "04 68 496e736563757265" },
    { "the reason as text", "11 53 6e6f20736572766572207265706c69656420 ff",
      "11 72 6e6f20736572766572207265706c69656420" },
    { "a number of 33 bits", "05 03 06", "05 1b0000000100000000 06" },
};

static const struct edit context_edits[] = {
    { "version 2", "a8 0001", "a8 0002" },
    { "an order that is not known", "69 626f74746f6d2d7570", "68 626f74746f6d2d75" },
    { "a choice of messages that is not known", "65 70726f6f66", "65 50726f6f66" },
    { "a policy out of order",
      "6a 6c6162656c5f63617365 65 6578616374 6a 706172616d5f63617365 64 666f6c64",
      "6a 706172616d5f63617365 64 666f6c64 6a 6c6162656c5f63617365 65 6578616374" },
    { "a policy by number", "05 ab 65 6f6e696f6e", "05 ab 00" },
    { "false for null", "6e6574 f6f6f4 84 6f 434132", "6e6574 f4f6f4 84 6f 434132" },
    { "OWN with three members", "84 6e 63612e6578616d706c652e6e6574 f6f6f4 84 6f",
      "83 6e 63612e6578616d706c652e6e6574 f6f6 84 6f" },
};

static const struct edit perspectives_edits[] = {
    { "more north than the pole", "1a 0261c270", "1a 055d4a81" },
    { "a region that is not known", "3a 04f2760f 64 4152494e", "3a 04f2760f 64 4d415253" },
    { "a perspective of five", "86 67 75732d65617374", "85 67 75732d65617374" },
    { "a code that is empty", "86 65 746f6b796f", "86 60" },
    { "a primary alone", "83 86 66", "81 86 66" },
};

static const struct edit supplied_edits[] = {
    { "version 2", "a3 0001 01", "a3 0002 01" },
    { "responses of a form that is not known", "69 6f70656e2d6d706963", "69 6f70656e2d6d707863" },
    { "names out of order", "6d 2a2e", "6d 782e" },
    { "a body as text", "51 7b2269735f", "71 7b2269735f" },
};

static const struct edit begin_edits[] = {
    { "version 2", "a6 0001 01", "a6 0002 01" },
    { "a critical key that is not known", "05 6e 636161", "06 6e 636161" },
    { "a checkpoint as text", "02 4d 61207369", "02 6d 61207369" },
    { "a shard before without checkpoint", "a4 00 74", "a3 00 74" },
    { "an empty later checkpoint", "03 47 616e6f74686572", "03 40" },
    { "software that is empty", "05 6e 63616170726f6f6620302e312e30", "05 60" },
};

static const struct edit seal_edits[] = {
    { "version 0", "a4 0001 01", "a4 0000 01" },
    { "one member more", "a4 0001 01", "a5 0001 01" },
    { "a key of the next shard in octets", "03 784a", "03 584a" },
};

static const struct edit start_edits[] = {
    { "version 2", "a8 0001 01", "a8 0002 01" },
    { "a critical key that is not known", "07 5820 9e11", "08 5820 9e11" },
    { "an empty request id", "03 6a 6f726465722d38383431", "03 60" },
    { "a request id in octets", "03 6a 6f72", "03 4a 6f72" },
    { "the keys of a map out of order", "04 5820 b0d1", "06 5820 b0d1" },
    { "a digest of 31 octets", "04 5820 b0d1", "04 581f b0" },
    { "a caller of two lines", "66 c3a46d742d31", "66 c3a46d0a2d31" },
    { "a caller that is not UTF-8", "66 c3a46d742d31", "66 c3416d742d31" },
    { "an empty caller", "06 66 c3a46d742d31", "06 60" },
    { "null for the earlier try",
      "07 5820 9e11 000000000000000000000000000000000000000000000000000000000000", "07 f6" },
};

static const struct edit issuance_edits[] = {
    { "version 0", "a5 0001 01", "a5 0000 01" },
    { "a type that is not known", "02 04 03", "02 09 03" },
    { "a type that is none", "02 04 03", "02 00 03" },
    { "a type as a word", "02 04 03", "02 68 69737375616e6365 03" },
    { "a claim with a certificate", "02 04 03", "02 01 03" },
    { "a certificate of nothing", "07 5820 ce47", "06 5820 ce47" },
    { "an interruption of a check that is there", "02 04 03", "02 08 03" },
    { "a critical key that is not known", "07 5820 ce47", "09 5820 ce47" },
};

static const struct edit acknowledged_edits[] = {
    { "a stop ended by nobody",
      "a5 0001 01 1b000001a20320a5ed 02 06 04 72 702e6572736f6e4063612e6578616d706c65 05",
      "a4 0001 01 1b000001a20320a5ed 02 06 05" },
    { "a reason of two lines", "6b6574", "6b0a74" },
    { "a reason with a control character", "6b6574", "6b7f74" },
};

static const struct edit interrupted_edits[] = {
    { "a claim of no check", "02 08 08", "02 01 08" },
    { "an empty request id", "08 6a 6f726465722d38383430", "08 60" },
    { "an interruption of no request",
      "a4 0001 01 1b000001a20320a5ef 02 08 08 6a 6f726465722d38383430",
      "a3 0001 01 1b000001a20320a5ef 02 08" },
};

static const struct edit event_edits[] = {
    { "an end of a stop with a certificate", "02 05 03", "02 06 03" },
    { "by nobody", "04 68 7265636f72646572", "04 60" },
    { "a reason in octets", "05 78", "05 58" },
    { "something behind the end", "", "00" },
};

static void
refuse_events(struct makers *m, struct cx_json *list, cx_span start, const cx_span v[4])
{
    refuse_edits(m, list, KIND_START, start, start_edits, CX_COUNT(start_edits));
    refuse_edits(m, list, KIND_EVENT, v[0], issuance_edits, CX_COUNT(issuance_edits));
    refuse_edits(m, list, KIND_EVENT, v[1], acknowledged_edits, CX_COUNT(acknowledged_edits));
    refuse_edits(m, list, KIND_EVENT, v[2], interrupted_edits, CX_COUNT(interrupted_edits));
    refuse_edits(m, list, KIND_EVENT, v[3], event_edits, CX_COUNT(event_edits));
    refuse(m, list, KIND_EVENT, start, "a start as an event");
    refuse(m, list, KIND_START, v[3], "an event as a start");
    refuse(m, list, KIND_RECORD, start, "a start as a check");
    refuse(m, list, KIND_RECORD, v[3], "an event as a check");
}

/* Octets to be spoilt. */
struct spoilt {
    cx_span records[4], ends[2], start, events[4];
};

static void
make_refused(struct makers *m, const struct story *s, const struct spoilt *of)
{
    const cx_span *records = of->records, *ends = of->ends;
    struct cx_json *list = cx_json_new_array();

    refuse(m, list, KIND_RECORD, (cx_span){ NULL, 0 }, "nothing");
    refuse(m, list, KIND_RECORD, (cx_span){ records[0].p, CX_RECORD_SALT }, "a salt alone");
    refuse_edits(m, list, KIND_RECORD, records[0], permit_edits, CX_COUNT(permit_edits));
    refuse_edits(m, list, KIND_RECORD, records[1], everything_edits, CX_COUNT(everything_edits));
    refuse_edits(m, list, KIND_RECORD, records[2], negative_edits, CX_COUNT(negative_edits));
    refuse_edits(m, list, KIND_RECORD, records[3], caller_edits, CX_COUNT(caller_edits));
    refuse_edits(m, list, KIND_ANSWER, s->alias_octets, alias_edits, CX_COUNT(alias_edits));
    refuse_edits(m, list, KIND_ANSWER, s->failure_octets, failure_edits, CX_COUNT(failure_edits));
    refuse_edits(m, list, KIND_CONTEXT, s->context_octets, context_edits, CX_COUNT(context_edits));
    refuse_edits(m, list, KIND_PERSPECTIVES, s->perspectives_octets, perspectives_edits,
                 CX_COUNT(perspectives_edits));
    refuse_edits(m, list, KIND_CORROBORATION, s->supplied_octets, supplied_edits,
                 CX_COUNT(supplied_edits));
    refuse_edits(m, list, KIND_BEGIN, ends[0], begin_edits, CX_COUNT(begin_edits));
    refuse_edits(m, list, KIND_SEAL, ends[1], seal_edits, CX_COUNT(seal_edits));
    refuse_events(m, list, of->start, of->events);
    write_json(m, "refused", list);
}

int
main(int argc, char **argv)
{
    struct makers m = { .folder = argc == 2 ? argv[1] : NULL };
    struct story s = { .alias_octets = { NULL, 0 } };
    struct cx_record typical;
    struct spoilt of;

    must(argc == 2, "usage: make_vectors folder");
    cx_arena_init(&m.arena, SPECIMEN_ARENA);
    make_messages(&m, &s);
    make_story_answers(&m, &s);
    make_alias_answer(&m, &s);
    make_failures(&m, &s);
    make_dname(&m);
    make_contexts(&m, &s);
    make_corroboration(&m, &s);
    make_own(&m, &s);
    typical = record_of(&s);
    typical.answers = (const struct cx_hash[]){ s.nodata, s.nodata, s.tld };
    (void)save_record(&m, "record-typical", "One name, three answers, no CAA anywhere: PERMIT.",
                      &typical);
    of.records[0] = make_permit(&m, &s);
    (void)make_deny(&m, &s);
    make_na(&m, &s);
    of.records[1] = make_all(&m, &s);
    of.records[2] = make_negative(&m, &s, of.records[1]);
    of.records[3] = make_caller(&m, &s);
    make_random(&m);
    make_ends(&m, of.ends);
    of.start = make_starts(&m);
    make_events(&m, of.events);
    make_negative_event(&m, of.events[3]);
    make_refused(&m, &s, &of);
    cx_arena_done(&m.arena);
    return EXIT_SUCCESS;
}
