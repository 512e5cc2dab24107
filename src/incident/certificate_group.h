/* Rows that may be of one certificate, as they share a digest, or issuer and serial, with one another: joined in time that grows with their
 * number, also where a list gives one serial to all of them.
 * I1: no digest is lost. Rows that share one are one, unless they differ in their other digest.
 * I2: only then a precertificate and a certificate of one issuer and serial are one: two certificates of one serial stay two. */
#ifndef CX_INCIDENT_CERTIFICATE_GROUP_H
#define CX_INCIDENT_CERTIFICATE_GROUP_H

#include "incident/certificates.h"

struct cx_certificate_group {
    struct cx_certificate
        *v; /* in the order of the lists; what is left stands in front, in that order */
    size_t n;
    uint64_t duplicates; /* that said nothing new */
    uint64_t compared;   /* pairs that were looked at */
};

/* key: of hashes, which nobody outside knows. What is left points to what the rows point to, and to arena. Classes: NOMEM. */
cx_status cx_certificate_group_join(struct cx_certificate_group *group, uint64_t key,
                                    struct cx_arena *arena) CX_MUST;

#endif
