/* What one question at one name gave. The judge reads nothing else of DNS: live lookups, zone files, archives and
 * recorded evidence all become answers first.
 * I1: a zeroed answer is a failure (CX_OUTCOME_UNSET).  I2: records are there only with CX_OUTCOME_RECORDS. */
#ifndef CX_DNS_ANSWER_H
#define CX_DNS_ANSWER_H

#include "base/arena.h"
#include "base/time.h"
#include "dns/caa.h"
#include "dns/name.h"

/* docs/json.md names them; R-DNS-1 says which are answers and which are failures. */
enum cx_outcome {
    CX_OUTCOME_UNSET = 0,
    CX_OUTCOME_RECORDS,
    CX_OUTCOME_NODATA,
    CX_OUTCOME_NXDOMAIN,
    CX_OUTCOME_TIMEOUT,
    CX_OUTCOME_SERVFAIL,
    CX_OUTCOME_REFUSED, /* every refusing RCODE */
    CX_OUTCOME_TRUNCATED,
    CX_OUTCOME_MALFORMED,
    CX_OUTCOME_LOOP, /* alias loop, or more aliases than the limit */
    CX_OUTCOME_BOGUS,
    CX_OUTCOME_INDETERMINATE,
    CX_OUTCOME_DEADLINE, /* our own, not the server's */
    CX_OUTCOME_ERROR,    /* a fault on our side */
};

/* Why an answer is CX_OUTCOME_MALFORMED. */
enum cx_malformed {
    CX_MALFORMED_UNSET = 0,
    CX_MALFORMED_MESSAGE,
    CX_MALFORMED_RDATA, /* R-SYN-6 */
    CX_MALFORMED_OWNER, /* R-TREE-15 */
};

/* RFC 4035 section 4.3. On a failure, INSECURE says that insecurity was proved. */
enum cx_dnssec {
    CX_DNSSEC_INDETERMINATE = 0,
    CX_DNSSEC_SECURE,
    CX_DNSSEC_INSECURE,
    CX_DNSSEC_BOGUS,
};

struct cx_question {
    cx_span name;
    uint16_t type; /* CX_TYPE_CAA or CX_TYPE_DNAME; for a proof CX_TYPE_DS or CX_TYPE_DNSKEY */
};

/* A question to one server on the way to an answer. */
struct cx_exchange {
    cx_str server; /* address, with "@PORT" if that is not 53 */
    bool tcp;
    bool replied;
    uint8_t rcode;  /* with a reply */
    uint32_t after; /* milliseconds between the first exchange of the answer and this one */
    uint32_t ms;    /* from question to reply */
};

/* A message that an answer rests on beside its own: DS and DNSKEY of its chain from the root, or what shows that the chain
 * ends (RFC 4035 section 5, R-SEC-10); CAA of a control name (R-FAIL-8). */
struct cx_proof_message {
    cx_span name;
    uint16_t type;
    enum cx_dnssec dnssec; /* as the resolver validated it */
    cx_time time;
    cx_span octets;     /* ID and TTLs zeroed (cx_message_still) */
    uint8_t digest[32]; /* SHA-256 of octets */
};

struct cx_json;

/* What is remembered of an answer that several checks share: its object (evidence/answer_object.h) is kept by the keeper
 * with that number; 0: by nobody yet. Its JSON, if whoever shares it wants that. Not part of the answer. */
struct cx_answer_memo {
    uint64_t keeper;
    uint8_t object[32];
    bool keeps_json;
    struct cx_json *json; /* a reference; NULL: not yet made */
};

struct cx_answer {
    cx_span name;
    uint16_t type;
    enum cx_outcome outcome;
    enum cx_malformed malformed;
    enum cx_dnssec dnssec;
    bool has_ttl;
    uint32_t ttl; /* seconds; smallest of the set (R-SYN-7); of an empty answer R-DNS-7 */
    uint32_t attempts;
    cx_time time;           /* when the question was sent; CX_TIME_NONE = the request's date */
    const cx_span *aliases; /* the chain after name, in order; for DNAME: the target */
    size_t n_aliases;
    cx_span records_at; /* owner of the records */
    const struct cx_caa *records;
    size_t n_records;
    cx_str why;                          /* free text about a failure; may be empty */
    cx_span octets;                      /* the message it was read from; may be empty */
    const struct cx_exchange *exchanges; /* oldest first; witnesses only, never judged */
    size_t n_exchanges;
    const struct cx_proof_message *const *proof; /* may be empty; complete only with is_proved */
    size_t n_proof;
    bool is_proved; /* proof shows why dnssec is what it is */
    cx_str cut; /* how the chain ends at cut_at (cx_cut_word); empty if that was not looked at */
    cx_span cut_at;
    const struct cx_proof_message *const *control; /* control names answered while this failed */
    size_t n_control;
    struct cx_answer_memo *memo; /* NULL: the answer is this check's alone */
};

static inline bool
cx_outcome_is_failure(enum cx_outcome outcome)
{
    return outcome != CX_OUTCOME_RECORDS && outcome != CX_OUTCOME_NODATA &&
           outcome != CX_OUTCOME_NXDOMAIN;
}

const char *cx_outcome_word(enum cx_outcome outcome);
const char *cx_dnssec_word(enum cx_dnssec dnssec);
const char *cx_malformed_word(enum cx_malformed malformed);
/* UNSET / false for an unknown word. */
enum cx_outcome cx_outcome_of_word(cx_str word);
bool cx_dnssec_of_word(cx_str word, enum cx_dnssec *ret);
enum cx_malformed cx_malformed_of_word(cx_str word);

/* Reads a response to question: RCODE, alias chain, set, TTL, from the octets alone. Anything unfit is an answer with a
 * failure outcome, never an error; dnssec, attempts and time are the caller's to fill. octets must outlive the answer;
 * names and arrays go to arena. Classes: NOMEM. */
cx_status cx_answer_from_message(cx_span octets, const struct cx_question *question,
                                 struct cx_arena *arena, struct cx_answer *ret) CX_MUST;

#endif
