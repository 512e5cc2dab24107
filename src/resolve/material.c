#include "resolve/material.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "dns/message.h"
#include "pki/digest.h"

#define BUCKETS ((size_t)1 << 14)

/* A question that was asked, and what it gave. */
struct entry {
    struct entry *next;
    struct cx_materials *materials;
    struct cx_name name;
    uint16_t type;
    bool forgotten; /* under way when its cache was given up */
    struct cx_lookup lookup;
    struct cx_waiter *waiters;
    struct cx_material *material; /* NULL: under way */
};

struct cx_materials {
    struct cx_resolver *resolver;
    const struct cx_explainer *explainer;
    uint64_t key;
    size_t bytes; /* of materials that are there */
    struct entry *buckets[BUCKETS];
};

/* ---- one material */

cx_status
cx_material_new(const struct cx_question *question, enum cx_dnssec dnssec, cx_time time,
                cx_span octets, struct cx_material **ret)
{
    struct cx_material *material = cx_alloc(1, sizeof(*material) + octets.n);
    uint8_t *copy = (uint8_t *)(material + 1);

    if (material == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    material->refs = 1;
    material->name = cx_name_of(question->name);
    material->message = (struct cx_proof_message){
        .name = cx_name_span(&material->name),
        .type = question->type,
        .dnssec = dnssec,
        .time = time,
    };
    if (octets.n != 0) {
        cx_status s;

        memcpy(copy, octets.p, octets.n);
        material->message.octets = (cx_span){ copy, octets.n };
        s = cx_message_still(copy, octets.n);
        if (cx_ok(s)) {
            s = cx_sha256(material->message.octets, material->message.digest);
        }
        if (!cx_ok(s)) {
            cx_free(material);
            return s;
        }
    }
    *ret = material;
    return CX_SUCCESS;
}

/* Of a failure only that it is one. */
static enum cx_dnssec
dnssec_of(const struct cx_question *question, const struct cx_result *result)
{
    struct cx_message m;

    if (result->rcode != 0 || !cx_ok(cx_message_open(result->packet, &m)) || !m.qr || m.tc ||
        (m.rcode != CX_RCODE_NOERROR && m.rcode != CX_RCODE_NXDOMAIN) ||
        m.qtype != question->type || m.qclass != CX_CLASS_IN ||
        !cx_span_equal(cx_name_span(&m.qname), question->name)) {
        return CX_DNSSEC_INDETERMINATE;
    }
    return result->sec == 2   ? CX_DNSSEC_SECURE
           : result->sec == 0 ? CX_DNSSEC_INSECURE
           : result->sec == 1 ? CX_DNSSEC_BOGUS
                              : CX_DNSSEC_INDETERMINATE;
}

cx_status
cx_material_from_result(const struct cx_question *question, const struct cx_result *result,
                        cx_time time, struct cx_material **ret)
{
    enum cx_dnssec dnssec = dnssec_of(question, result);
    bool usable = dnssec == CX_DNSSEC_SECURE || dnssec == CX_DNSSEC_INSECURE;
    cx_span none = { NULL, 0 };
    cx_status s = cx_material_new(question, dnssec, time, usable ? result->packet : none, ret);

    return cx_ok(s) || s.code == CX_E_NOMEM
               ? s
               : cx_material_new(question, CX_DNSSEC_INDETERMINATE, time, none, ret);
}

struct cx_material *
cx_material_ref(struct cx_material *material)
{
    material->refs++;
    return material;
}

void
cx_material_unref(void *material)
{
    struct cx_material *m = material;

    if (m != NULL && --m->refs == 0) {
        cx_free(m);
    }
}

struct cx_material *
cx_material_of(const struct cx_proof_message *message)
{
    return CX_OF_MEMBER(struct cx_material, message, message);
}

/* ---- waiters */

static void
link_waiter(struct entry *entry, struct cx_waiter *waiter)
{
    waiter->got = NULL;
    waiter->next = entry->waiters;
    waiter->at = &entry->waiters;
    if (waiter->next != NULL) {
        waiter->next->at = &waiter->next;
    }
    entry->waiters = waiter;
}

void
cx_waiter_cancel(struct cx_waiter *waiter)
{
    if (waiter->at == NULL) {
        return;
    }
    *waiter->at = waiter->next;
    if (waiter->next != NULL) {
        waiter->next->at = waiter->at;
    }
    waiter->at = NULL;
}

static void
wake_all(struct entry *entry, struct cx_material *material)
{
    while (entry->waiters != NULL) {
        struct cx_waiter *waiter = entry->waiters;

        cx_waiter_cancel(waiter);
        waiter->got = material != NULL ? cx_material_ref(material) : NULL;
        waiter->wake(waiter->ctx);
    }
}

/* ---- the table */

struct cx_materials *
cx_materials_new(struct cx_resolver *resolver, const struct cx_explainer *explainer)
{
    struct cx_materials *materials = cx_alloc(1, sizeof(*materials));

    if (materials == NULL) {
        return NULL;
    }
    materials->resolver = resolver;
    materials->explainer = explainer;
    if (!cx_hash_key(&materials->key)) {
        cx_free(materials);
        return NULL;
    }
    return materials;
}

static struct entry **
bucket_of(struct cx_materials *materials, cx_span name, uint16_t type)
{
    return &materials->buckets[cx_hash(materials->key ^ type, name) % BUCKETS];
}

static void
remove_entry(struct entry *entry)
{
    struct cx_materials *materials = entry->materials;
    struct entry **at = bucket_of(materials, cx_name_span(&entry->name), entry->type);

    while (*at != entry) {
        at = &(*at)->next;
    }
    *at = entry->next;
    if (entry->material != NULL) {
        materials->bytes -= sizeof(*entry->material) + entry->material->message.octets.n;
        cx_material_unref(entry->material);
    }
    cx_free(entry);
}

void
cx_materials_forget(struct cx_materials *materials)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct entry *next;

        for (struct entry *entry = materials->buckets[i]; entry != NULL; entry = next) {
            next = entry->next;
            if (entry->material != NULL) {
                remove_entry(entry);
            } else {
                entry->forgotten = true;
            }
        }
    }
}

void
cx_materials_free(struct cx_materials *materials)
{
    if (materials != NULL) {
        cx_materials_forget(materials);
        cx_free(materials);
    }
}

/* Keeps what is no failure. */
static void
keep(struct entry *entry, struct cx_material *material)
{
    struct cx_materials *materials = entry->materials;
    size_t bytes = sizeof(*material) + material->message.octets.n;

    if (material->message.octets.n == 0 || entry->forgotten || bytes > CX_MATERIALS_BYTES_MAX) {
        return;
    }
    if (materials->bytes > CX_MATERIALS_BYTES_MAX - bytes) {
        cx_materials_forget(materials);
    }
    entry->forgotten = false;
    entry->material = cx_material_ref(material);
    materials->bytes += bytes;
}

static void
on_material(struct cx_lookup *lookup, const struct cx_result *result)
{
    struct entry *entry = CX_OF_MEMBER(struct entry, lookup, lookup);
    struct cx_materials *materials = entry->materials;
    struct cx_question question = { cx_name_span(&entry->name), entry->type };
    struct cx_material *material = NULL;
    cx_time time = lookup->context_begun;

    if (materials->explainer != NULL) {
        time = cx_explain_time(materials->explainer, &question, lookup->since, time);
    }
    if (result != NULL && cx_ok(cx_material_from_result(&question, result, time, &material))) {
        keep(entry, material);
    }
    wake_all(entry, material);
    cx_material_unref(material);
    if (entry->material == NULL) {
        remove_entry(entry);
    }
}

static struct entry *
find(struct cx_materials *materials, const struct cx_question *question)
{
    struct entry *entry = *bucket_of(materials, question->name, question->type);

    while (entry != NULL && (entry->forgotten || entry->type != question->type ||
                             !cx_span_equal(cx_name_span(&entry->name), question->name))) {
        entry = entry->next;
    }
    return entry;
}

static struct entry *
add(struct cx_materials *materials, const struct cx_question *question)
{
    struct entry *entry = cx_alloc(1, sizeof(*entry));
    struct entry **bucket = bucket_of(materials, question->name, question->type);

    if (entry == NULL) {
        return NULL;
    }
    entry->materials = materials;
    entry->name = cx_name_of(question->name);
    entry->type = question->type;
    entry->lookup.done = on_material;
    entry->next = *bucket;
    *bucket = entry;
    return entry;
}

/* What is woken at once has what it waited for at once. */
static void
wake_nobody(void *ctx)
{
    (void)ctx;
}

static struct cx_material *
ask(struct cx_materials *materials, const struct cx_question *question, struct cx_waiter *waiter)
{
    struct entry *entry = add(materials, question);
    void (*wake)(void *) = waiter->wake;
    struct cx_material *got;
    struct cx_detail detail = { .text = "" };

    if (entry == NULL) {
        return NULL;
    }
    link_waiter(entry, waiter);
    waiter->wake = wake_nobody;
    if (!cx_ok(cx_resolver_ask(materials->resolver, question, &entry->lookup, &detail))) {
        cx_waiter_cancel(waiter);
        remove_entry(entry);
    }
    waiter->wake = wake;
    got = waiter->got;
    waiter->got = NULL;
    return got;
}

struct cx_material *
cx_materials_get(struct cx_materials *materials, const struct cx_question *question,
                 struct cx_waiter *waiter)
{
    struct entry *entry = find(materials, question);

    waiter->got = NULL;
    waiter->at = NULL;
    if (entry == NULL) {
        return ask(materials, question, waiter);
    }
    if (entry->material != NULL) {
        return cx_material_ref(entry->material);
    }
    link_waiter(entry, waiter);
    return NULL;
}
