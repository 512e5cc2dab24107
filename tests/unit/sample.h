/* A small log in memory, signed with a key of known seed, and permits of its records: the same octets on every run. Change
 * record, then ask for its permit. */
#ifndef CX_TESTS_UNIT_SAMPLE_H
#define CX_TESTS_UNIT_SAMPLE_H

#include "evidence/entry.h"
#include "evidence/permit.h"

/* 2026-11-22T12:00:00Z: epoch E11, phase M5. */
#define SAMPLE_TIME    1795348800
#define SAMPLE_TIME_MS (SAMPLE_TIME * (uint64_t)1000 + 123)
#define SAMPLE_ORIGIN  "log.ca.example.net/2026"
#define SAMPLE_NAMES   8
#define SAMPLE_LEAVES  7 /* of the log, beside the record */

struct sample {
    struct cx_arena arena; /* of everything here */
    struct cx_ed25519_key *private_key;
    struct cx_note_key key;
    uint8_t authority_key[44]; /* SubjectPublicKeyInfo in DER */
    struct cx_hash own;        /* of ca.example.net */

    /* What record points to. */
    struct cx_record record;
    struct cx_record_name names[SAMPLE_NAMES];
    struct cx_record_finding findings[SAMPLE_NAMES];
    struct cx_record_validation validations[2];
    cx_str methods[2];
    cx_str accounts[2];
    cx_str regions[5];
    struct cx_hash answers[1];

    enum cx_entry_kind kind; /* of the record's entry */
    uint64_t entry_time_ms;  /* 0: the record's */
};

/* A positive check of www.d.test and *.d.test by dns-01 for account 1, corroborated by four perspectives. */
void sample_open(struct sample *s);
void sample_close(struct sample *s);
/* Another name with a PERMIT. */
void sample_add_name(struct sample *s, enum cx_record_name_kind kind, const char *text);

/* The record's octets, a permit with any octets as record, and of the record; in the arena. */
cx_span sample_record(struct sample *s);
cx_span sample_permit_of(struct sample *s, cx_span record);
cx_span sample_permit(struct sample *s);
/* The proof less its checkpoint, and with another one. */
cx_span sample_with_checkpoint(struct sample *s, cx_span permit, cx_span checkpoint);
cx_span sample_checkpoint(cx_span permit);
cx_span sample_base64(struct sample *s, cx_span permit);

/* A key of a log of 32 equal octets. */
struct cx_note_key sample_key(const char *origin, uint8_t seed, struct cx_ed25519_key **ret);
/* What a signer of that authority trusts, and is about to sign. */
struct cx_permit_trust sample_trust(const struct sample *s);
struct cx_permit_subject sample_subject(const struct sample *s);

#endif
