/* What a verdict may need beyond DNS (docs/json.md, "Facts"). A zeroed struct states nothing, and nothing in it can
 * permit by being absent. Plain values: engine/facts.c reads them from JSON. */
#ifndef CX_CAA_FACTS_H
#define CX_CAA_FACTS_H

#include "caa/verdict.h"
#include "dns/answer.h"

/* A logged precertificate of the certificate asked for (R-EXC-1, R-EXC-2). */
struct cx_precertificate {
    bool given;
    bool was_checked;
    unsigned logs;
    uint32_t ttl;
    cx_time checked;
    cx_time signed_at;
};

/* A technically constrained issuer and its contract (R-EXC-3, R-EXC-4). */
enum cx_constrained_section {
    CX_CONSTRAINED_NONE = 0,
    CX_CONSTRAINED_7_1_5,
    CX_CONSTRAINED_7_1_2_3,
    CX_CONSTRAINED_7_1_2_5,
};

struct cx_constrained {
    enum cx_constrained_section section;
    bool permitted_names;
    bool directory_name;
    bool contract_no_caa;
    cx_time contract_from;
    cx_time contract_until;
};

/* R-8657-13 */
struct cx_parent_account {
    cx_str uri;
    bool mapping_auditable;
    bool authorization_verified;
    bool logs_retained;
};

/* R-ID-3: what the onion service's descriptor said. */
struct cx_onion {
    bool caa_critical;
    bool second_layer;
    const struct cx_caa *records;
    size_t n_records;
};

struct cx_later {
    cx_time time;
    enum cx_verdict verdict;
};

struct cx_facts {
    bool control_probe;
    bool delegated;
    bool dns_operator;
    bool has_signing_time;
    bool has_deadline;
    cx_time signing_time;
    cx_time deadline;
    cx_time completed;
    const struct cx_name *no_chain; /* zones without DNSSEC chain to the root */
    size_t n_no_chain;
    const struct cx_later *later;
    size_t n_later;
    struct cx_precertificate precertificate;
    struct cx_constrained constrained;
    struct cx_parent_account parent_account;
    struct cx_onion onion;
};

#endif
