/* DS and DNSKEY answers, of which the DNSSEC chain of an answer is made (R-SEC-10, R-FAIL-3): each asked once in the
 * life of a cache, and shared by all answers that rest on it.
 * I1: the octets of a material were validated by libunbound, or proved insecure under an anchor of the root; a failure
 * has none, and is told to those who wait but never kept.
 * I2: ID and TTLs in the octets are zero, as libunbound counts them down: equal answers have equal octets and digests. */
#ifndef CX_RESOLVE_MATERIAL_H
#define CX_RESOLVE_MATERIAL_H

#include "resolve/explain.h"
#include "resolve/resolver.h"

/* Shared, counted. message.dnssec: secure or insecure; else it is a failure, without octets. */
struct cx_material {
    struct cx_proof_message message;
    unsigned refs;
    uint32_t slot;       /* private to answer_sender.c */
    struct cx_name name; /* what message.name points to */
};

/* A material with one reference; octets are copied. Classes: NOMEM. */
cx_status cx_material_new(const struct cx_question *question, enum cx_dnssec dnssec, cx_time time,
                          cx_span octets, struct cx_material **ret) CX_MUST;
/* From libunbound's result; a failure of any kind gives one without octets. Classes: NOMEM. */
cx_status cx_material_from_result(const struct cx_question *question,
                                  const struct cx_result *result, cx_time time,
                                  struct cx_material **ret) CX_MUST;
struct cx_material *cx_material_ref(struct cx_material *material);
/* For cx_arena_hold; accepts NULL. */
void cx_material_unref(void *material);
/* The material that message is part of. Only for messages of live answers. */
struct cx_material *cx_material_of(const struct cx_proof_message *message);

/* Who waits for a material; where it is stays its owner's until woken or cancelled. */
struct cx_waiter {
    void (*wake)(void *ctx); /* may be called inside libunbound */
    void *ctx;
    struct cx_material *got; /* a reference for the one woken; NULL: out of memory, or closing */
    struct cx_waiter *next;  /* private to material.c, as is at */
    struct cx_waiter **at;   /* NULL: waits for nothing */
};

struct cx_materials;

/* explainer may be NULL. NULL when out of memory. */
struct cx_materials *cx_materials_new(struct cx_resolver *resolver,
                                      const struct cx_explainer *explainer);
/* After the resolver was freed. Accepts NULL. */
void cx_materials_free(struct cx_materials *materials);

/* A reference, if the material is there. Else NULL, and waiter, if at is set, is woken later. NULL without that: it
 * cannot be asked for. */
struct cx_material *cx_materials_get(struct cx_materials *materials,
                                     const struct cx_question *question, struct cx_waiter *waiter);
void cx_waiter_cancel(struct cx_waiter *waiter);
/* What is there is given up: a new cache begins. */
void cx_materials_forget(struct cx_materials *materials);

#endif
