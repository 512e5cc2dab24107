/* Builds what tests judge: DNS messages in wire form, and scenes (a case, a subject and a table of answers).
 * Helpers abort on their own mistakes; they never return a failure. */
#ifndef CX_TESTS_UNIT_BUILD_H
#define CX_TESTS_UNIT_BUILD_H

#include "caa/conclude.h"
#include "dns/message.h"

cx_span bytes_of(const char *text);
struct cx_name name_of(const char *text);
cx_time time_of(const char *text);

/* A message under construction; w.octets is valid at any moment. */
#define WIRE_MAX 60000u
#define WIRE_QR  0x8000u
#define WIRE_AA  0x0400u
#define WIRE_TC  0x0200u
struct wire {
    uint8_t p[WIRE_MAX];
    size_t n;
};

void wire_open(struct wire *w, const char *qname, uint16_t qtype, unsigned flags);
void wire_u8(struct wire *w, unsigned v);
void wire_u16(struct wire *w, unsigned v);
void wire_u32(struct wire *w, uint32_t v);
void wire_bytes(struct wire *w, cx_span bytes);
void wire_name(struct wire *w, const char *name);
void wire_rr(struct wire *w, enum cx_section section, const char *owner, unsigned type,
             uint32_t ttl, cx_span rdata);
/* In the answer section. record: "flags tag value". */
void wire_caa(struct wire *w, const char *owner, uint32_t ttl, const char *record);
void wire_alias(struct wire *w, const char *owner, unsigned type, const char *target);
/* In the authority section. */
void wire_soa(struct wire *w, const char *owner, uint32_t ttl, uint32_t minimum);
void wire_ns(struct wire *w, const char *owner);
void wire_opt(struct wire *w, unsigned extended_rcode);
cx_span wire_span(const struct wire *w);

/* One case with one subject. Defaults of the golden table (docs/golden.md): OWN ca.example.net, account https://ca.example.net/acct/1,
 * method dns-01, every unlisted question NODATA and insecure. */
struct scene {
    struct cx_arena arena;
    struct cx_answers answers;
    struct cx_policy policy;
    struct cx_facts facts;
    struct cx_own own[4];
    cx_str accounts[4];
    cx_str methods[4];
    struct cx_case c;
    struct cx_subject subject;
    enum cx_outcome unlisted;
    enum cx_dnssec dnssec;
    struct cx_finding f;
    char asked[4096]; /* names asked by scene_judge, blank-separated; "name/DNAME" for DNAME */
    size_t n_asked;
};

void scene_open(struct scene *s, enum cx_profile profile, const char *date);
void scene_close(struct scene *s);
/* Moves the date (and the epoch with it). */
void scene_date(struct scene *s, const char *date);
/* A CAA answer of the given outcome; may be changed until the next judgement. */
struct cx_answer *scene_put(struct scene *s, const char *name, enum cx_outcome outcome);
struct cx_answer *scene_put_type(struct scene *s, const char *name, uint16_t type,
                                 enum cx_outcome outcome);
/* A set: "flags tag value" texts, ended by NULL. */
struct cx_answer *scene_set(struct scene *s, const char *name, ...) __attribute__((sentinel));
/* One record whose value has explicit length. */
struct cx_answer *scene_octets(struct scene *s, const char *name, unsigned flags, cx_span tag,
                               cx_span value);
/* Alias chain of an answer, blank-separated. */
void scene_aliases(struct scene *s, struct cx_answer *answer, const char *names);
struct cx_answer *scene_dname(struct scene *s, const char *owner, const char *target);
/* "*.name" is a wildcard request. Judges, asking unlisted questions as it goes. */
enum cx_verdict scene_judge(struct scene *s, const char *name);
bool scene_cites(const struct scene *s, enum cx_rule rule);
bool scene_notes(const struct scene *s, enum cx_note_code code, const char *detail);
/* The set found, as text of its question's name; "" if there is none. */
const char *scene_found_at(const struct scene *s);
/* "0 issue x" into a record in s's arena. */
struct cx_caa scene_record(struct scene *s, const char *record);

#endif
