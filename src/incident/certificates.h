/* The certificates of a run, as a file: precertificate and certificate as one, each once, in the order of the lists that they came
 * from. Made in bounded memory, read by position.
 * I1: no certificate is lost: what is there twice is counted, and joined only if issuer and serial, or a digest, are the same. */
#ifndef CX_INCIDENT_CERTIFICATES_H
#define CX_INCIDENT_CERTIFICATES_H

#include "incident/issued.h"

/* A certificate with its precertificate, or one of them. */
struct cx_certificate {
    struct cx_issued issued; /* joined; kind and digest mean nothing */
    bool has_issuer;         /* issuer_key is one */
    bool has_certificate;
    struct cx_hash certificate; /* SHA-256 of its DER */
    bool has_precertificate;
    struct cx_hash precertificate;
    cx_time
        precertificate_signed_at; /* by the CA's own signing log; CX_TIME_NONE: not said. That of issued is of the certificate */
    uint32_t input; /* number of the list that it was first in */
    uint64_t line;
};

struct cx_certificate_counts {
    uint64_t rows;         /* that were added */
    uint64_t certificates; /* after joining */
    uint64_t pairs;        /* of a certificate and its precertificate */
    uint64_t duplicates;   /* rows that said again what was known */
};

struct cx_certificates_maker;

/* Classes: IO, NOMEM. */
cx_status cx_certificates_make(const char *path, struct cx_certificates_maker **ret,
                               struct cx_detail *detail) CX_MUST;
/* Classes: IO, NOMEM, LIMIT. */
cx_status cx_certificates_add(struct cx_certificates_maker *maker, const struct cx_issued *issued,
                              uint32_t input, uint64_t line, struct cx_detail *detail) CX_MUST;
/* Joins, and gives the file its name. Classes: IO, NOMEM. */
cx_status cx_certificates_finish(struct cx_certificates_maker *maker,
                                 struct cx_certificate_counts *ret, struct cx_detail *detail)
    CX_MUST;
/* After finish or a failure; accepts NULL. */
void cx_certificates_free(struct cx_certificates_maker *maker);

struct cx_certificates;

/* Classes: IO, STORE (not such a file), NOMEM. */
cx_status cx_certificates_open(const char *path, struct cx_certificates **ret,
                               struct cx_detail *detail) CX_MUST;
/* Accepts NULL. */
void cx_certificates_close(struct cx_certificates *file);
uint64_t cx_certificates_size(const struct cx_certificates *file);
/* All that ret points to lives in arena. Classes: IO, STORE, NOMEM. */
cx_status cx_certificates_at(const struct cx_certificates *file, uint64_t i, struct cx_arena *arena,
                             struct cx_certificate *ret, struct cx_detail *detail) CX_MUST;

#endif
