/* The configuration of the daemon, typed, from YAML. Every key is a row of options.def.
 * I1: a struct config is complete and consistent: what config_read returned needs no further check, nor a default.
 * I2: all of it lives in one arena and goes with config_free. Texts have a NUL behind them; one that was not given has n == 0.
 * I3: secrets are names of files, and are never read here.
 * I4: what config_print writes is read as the same configuration.
 * Times are in milliseconds (_ms) or seconds (_s), sizes in octets. */
#ifndef CAAPROOFD_CONFIG_H
#define CAAPROOFD_CONFIG_H

#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"
#include "evidence/context.h"
#include "evidence/tree.h"

/* A number that was not given. */
#define CONFIG_NONE UINT64_MAX

enum config_sandbox {
    CONFIG_SANDBOX_UNSET = 0,
    CONFIG_SANDBOX_ENFORCED,
    CONFIG_SANDBOX_DEGRADED,
};

enum config_log_format {
    CONFIG_LOG_UNSET = 0,
    CONFIG_LOG_JSON,
    CONFIG_LOG_TEXT,
};

/* The first is the gravest. */
enum config_level {
    CONFIG_LEVEL_UNSET = 0,
    CONFIG_LEVEL_ERR,
    CONFIG_LEVEL_WARNING,
    CONFIG_LEVEL_NOTICE,
    CONFIG_LEVEL_INFO,
    CONFIG_LEVEL_DEBUG,
};

enum config_mode {
    CONFIG_MODE_UNSET = 0,
    CONFIG_MODE_ENFORCE,
    CONFIG_MODE_SHADOW, /* no permits */
};

enum config_claim {
    CONFIG_CLAIM_UNSET = 0,
    CONFIG_CLAIM_OPTIONAL,
    CONFIG_CLAIM_REQUIRED,
};

enum config_expect {
    CONFIG_EXPECT_UNSET = 0,
    CONFIG_EXPECT_DENY,
    CONFIG_EXPECT_FAIL,
};

/* Caller of the daemon's own checks; nobody else is called so. A label of so many characters is put before each name. */
#define CONFIG_CANARY       "canary"
#define CONFIG_CANARY_LABEL 16

/* Bits of config_caller.may. */
enum config_may {
    CONFIG_MAY_CHECK = 1,
    CONFIG_MAY_CLAIM = 2,
    CONFIG_MAY_ISSUE = 4,
    CONFIG_MAY_ACK = 8,
    CONFIG_MAY_DRAIN = 16,
    CONFIG_MAY_METRICS = 32,
};

struct config_deadline {
    uint64_t usual_ms;
    uint64_t max_ms;
};

struct config_log {
    enum config_log_format format;
    enum config_level level;
};

enum config_family {
    CONFIG_FAMILY_UNSET = 0,
    CONFIG_FAMILY_UNIX,
    CONFIG_FAMILY_IPV4,
    CONFIG_FAMILY_IPV6,
};

struct config_address {
    cx_str text; /* as given */
    enum config_family family;
    cx_str host; /* literal without brackets, or path */
    uint16_t port;
    bool is_local; /* on loopback, or a Unix socket */
};

struct config_tls {
    cx_str certificate;
    cx_str key;
    cx_str client_ca;
};

struct config_listen {
    struct config_address address;
    const struct config_tls *tls; /* NULL: HTTP */
    bool insecure;
};

struct config_limits {
    uint64_t connections;
    uint64_t connections_per_address;
    uint64_t in_flight;
    uint64_t batch_names;
    uint64_t body;
    uint64_t header;
    uint64_t request_time_ms;
    uint64_t idle_time_ms;
};

struct config_resolver {
    uint64_t processes; /* 0: one a core */
    cx_str anchor;
    cx_str root_hints;
    cx_str forward;
    const cx_str *control;
    size_t n_control;
    uint64_t question_time_ms;
    uint64_t cache_ttl_s;
    uint64_t renew_s;
    bool tap;
    bool proof;
    bool retry;
    bool openssl_p256;
    bool lab;
};

struct config_authority {
    cx_str name;
    const struct cx_hash *key_given;
    const struct cx_hash
        *key; /* that, or of key_file; NULL only if that was not read (config_files) */
    cx_str key_file;
    enum config_mode mode;
    const struct cx_json *request_given;
    const struct cx_json
        *request; /* defaults for cx_request_from_json: as given, with what own_file says */
    cx_str own_file;
    const cx_str *cps;
    size_t n_cps;
    enum config_claim claim;
    uint64_t permit_life_s; /* CONFIG_NONE: that of all */
};

/* One of them. */
struct config_identity {
    cx_str san;
    cx_str subject;
    const struct cx_hash *sha256;
};

struct config_caller {
    cx_str name;
    /* One of the three. */
    const struct config_identity *certificate;
    cx_str token_file;
    uint64_t unix_uid;         /* CONFIG_NONE */
    const cx_str *authorities; /* "all" alone, or names of some */
    size_t n_authorities;
    unsigned may; /* enum config_may */
};

struct config_witness {
    cx_str url;
    cx_str key; /* that of a witness */
};

struct config_timestamp {
    cx_str url;
    cx_str ca;
};

struct config_courier {
    uint64_t interval_s;
    uint64_t timeout_ms;
};

struct config_canary_name {
    cx_str name;
    enum config_expect expect;
};

struct config_canary {
    cx_str authority;
    uint64_t interval_s;
    const struct config_canary_name *names;
    size_t n_names;
};

struct config {
    cx_str store;
    cx_str keys;
    cx_str origin;
    enum cx_messages keep;
    uint64_t permit_life_s;
    const struct config_deadline *deadline;
    bool public_log;
    enum config_sandbox sandbox;
    cx_str user;
    const struct config_log *log;
    const struct config_listen *listen; /* one or more */
    size_t n_listen;
    const struct config_limits *limits;
    const struct config_resolver *resolver;
    const struct config_authority *authorities;
    size_t n_authorities;
    const struct config_caller *callers;
    size_t n_callers;
    const struct config_witness *witnesses;
    size_t n_witnesses;
    const struct config_timestamp *timestamps;
    size_t n_timestamps;
    const struct config_courier *courier;
    const struct config_canary *canary; /* NULL: none */
};

/* Faults found, one a line: "FILE:LINE:COLUMN: KEY: what was expected, and what was found". The first CONFIG_FAULTS_MAX, and then how
 * many more. Freed by the caller; empty after success. */
#define CONFIG_FAULTS_MAX 20
struct config_faults {
    struct cx_buf text;
    size_t n;
};

void config_faults_init(struct config_faults *faults);
void config_faults_done(struct config_faults *faults);

/* Where key_file and own_file are read: the content of path, appended. NULL: they are not, for who has no files. */
struct config_files {
    cx_status (*read)(void *ctx, const char *path, struct cx_buf *ret, struct cx_detail *detail);
    void *ctx;
};

struct config_input {
    cx_str text;
    const char *name; /* of the file, for faults */
    const char
        *host;   /* what the log is called after if origin does not say; NULL: then nothing is */
    cx_time now; /* whose rules requests are tried by, and whose OWN must be that of the CPS */
    struct config_files files;
};

/* Freed with config_free. Classes: USAGE (then faults say why), NOMEM. */
cx_status config_read(const struct config_input *input, struct config **ret,
                      struct config_faults *faults) CX_MUST;
/* The same from a file, and with the files that it names. Also IO and LIMIT, which are faults too. */
cx_status config_load(const char *path, struct config **ret, struct config_faults *faults) CX_MUST;
/* Accepts NULL. */
void config_free(struct config *config);

/* All keys with the values in force, as YAML. Classes: NOMEM, LIMIT. */
cx_status config_print(const struct config *config, struct cx_buf *buf) CX_MUST;

/* The same for who has no files: with what key_file and own_file say in their place. Classes: NOMEM, LIMIT. */
cx_status config_print_resolved(const struct config *config, struct cx_buf *buf) CX_MUST;

/* Keys whose values differ, with commas between: those that need a restart to take effect, and the others. Classes: NOMEM, LIMIT. */
cx_status config_changes(const struct config *before, const struct config *after,
                         struct cx_buf *restart, struct cx_buf *reload) CX_MUST;

/* The authority of that name, or NULL; and whether the caller may act for it. */
const struct config_authority *config_authority_named(const struct config *config, cx_str name);
bool config_caller_may_for(const struct config_caller *caller, cx_str authority);

/* after, but for the keys that need a restart, which are as before: what a running daemon can take over. What stays and what is new
 * may not fit together: a fault. Classes: USAGE (then faults say why), NOMEM, LIMIT. */
cx_status config_merge(const struct config *before, const struct config *after,
                       const struct config_files *files, struct config **ret,
                       struct config_faults *faults) CX_MUST;
/* From the file system, as config_load does. */
struct config_files config_files_real(void);

/* The issuer domain names in force now are those of cps, if it was given: OWN changes with time. Classes: MALFORMED (CX_E_POLICY: OWN
 * mismatch; others if the request is none any more), NOMEM. */
cx_status config_own_check(const struct config_authority *authority, cx_time now,
                           struct cx_detail *detail) CX_MUST;

#endif
