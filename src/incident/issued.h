/* A certificate or precertificate as a list of issued ones has it: what CAA is asked about, and when it was signed.
 * I1: unknown is unset, never a guess.  I2: names are all of those that CAA could bind: what cannot be read makes the row a
 *     rejected one, since a certificate with a name left out would look better than it is. */
#ifndef CX_INCIDENT_ISSUED_H
#define CX_INCIDENT_ISSUED_H

#include "base/arena.h"
#include "base/time.h"
#include "evidence/tree.h"
#include "incident/archive_reader.h"

enum cx_issued_kind {
    CX_ISSUED_UNSET = 0, /* the source does not say */
    CX_ISSUED_FINAL,
    CX_ISSUED_PRE,
};

struct cx_issued {
    enum cx_issued_kind kind;
    bool has_digest;
    struct cx_hash digest; /* SHA-256 of the DER */
    bool has_precertificate;
    struct cx_hash
        precertificate; /* that of its precertificate, if the list names both in one row */
    cx_span serial;     /* INTEGER content without leading zeros; empty: unknown */
    cx_str issuer;      /* RFC 4514 text */
    cx_str subject;     /* the same; may be empty */
    struct cx_hash
        issuer_key; /* what pairs it with its precertificate, beside the serial: SHA-256 of the issuer's Name in DER, or of
                     * its text; zeros: unknown */
    cx_time not_before;      /* CX_TIME_NONE: unknown */
    bool not_before_is_date; /* its first second stands for the day: no moment of signing */
    cx_time not_after;       /* last second of validity */
    const cx_str *names;     /* as in a request: host names with "*.", addresses, mailboxes */
    size_t n_names;
    bool
        names_partial; /* the source may leave names out (a search of crt.sh): nothing is proven of all of them (R-PRF-10) */
    int64_t sct_ms;    /* earliest time of an SCT or of a log's entry, ms since 1970; 0: unknown */
    unsigned logs;     /* distinct logs whose SCTs it has */
    cx_time signed_at; /* by the CA's own signing log; CX_TIME_NONE: not said (R-GEN-1) */
    bool revoked;
    cx_time revoked_at; /* CX_TIME_NONE: unknown */
    int reason;         /* CRLReason; -1: unknown */
    cx_time aware;      /* when the CA learnt of it (R-REV-4); CX_TIME_NONE: not said */
    cx_str type;        /* DV, OV, EV, IV; may be empty */
    cx_str account;     /* URI, or whatever the CA uses; may be empty */
    cx_str method;      /* validation method; may be empty */
    cx_str subscriber;  /* who is to be told; may be empty */
};

/* One row, file or entry of a list. Borrowed until the next call. */
struct cx_issued_record {
    enum cx_fate fate;
    uint64_t
        line; /* on which it begins; of DER and tiles the octet; of a JSON array the number of its element, from 1 */
    struct cx_issued issued;
    char reason[CX_REJECT_TEXT]; /* of a rejected or ignored one, escaped */
    cx_span text;
    bool changed;     /* a cell was normalised: note says how */
    bool assumed_utc; /* for times without a zone, as nobody said which they are of */
    char note[CX_REJECT_TEXT];
};

struct cx_issued_options {
    const struct cx_json *mapping; /* column names to members, or NULL: the usual ones */
    int32_t zone_s;
    bool
        has_zone; /* else UTC is assumed for times without a zone, as log exports have it, and said in note */
};

struct cx_issued_format {
    const char *name;
    const char *about;
    bool (*looks_like)(cx_span head);
    /* Instead of it, where that needs memory. Classes: NOMEM. */
    cx_status (*find_out)(cx_span head, bool *ret);
    cx_status (*open)(const struct cx_issued_options *options, struct cx_input *input, void **ret,
                      struct cx_detail *detail);
    cx_status (*next)(void *self, struct cx_issued_record *ret, bool *ret_more,
                      struct cx_detail *detail);
    void (*close)(void *self);
};

/* Whether what a file begins with looks like that format. Classes: NOMEM. */
cx_status cx_issued_looks_like(const struct cx_issued_format *format, cx_span head, bool *ret)
    CX_MUST;
/* In the order in which they are tried. */
const struct cx_issued_format *const *cx_issued_formats(size_t *ret_n);
const struct cx_issued_format *cx_issued_format_named(cx_str name);

struct cx_issued_reader;

/* path: a file, "-", or a folder: then all files in it, in the order of their names, each by what it begins with, folders in it
 * too (the tiles of a static log are such a folder). format NULL: by what the file begins with. Classes: USAGE, MALFORMED, NOMEM, IO. */
cx_status cx_issued_reader_open(const char *path, const struct cx_issued_format *format,
                                const struct cx_issued_options *options,
                                struct cx_issued_reader **ret, struct cx_detail *detail) CX_MUST;
void cx_issued_reader_close(struct cx_issued_reader *reader);
/* The next one; *ret_more is false at the end. */
cx_status cx_issued_reader_next(struct cx_issued_reader *reader, struct cx_issued_record *ret,
                                bool *ret_more, struct cx_detail *detail) CX_MUST;
/* The file that the last record came from, its format, and how far the reader is (octets done and, if known, in all). */
const char *cx_issued_reader_file(const struct cx_issued_reader *reader);
const char *cx_issued_reader_format(const struct cx_issued_reader *reader);
void cx_issued_reader_progress(const struct cx_issued_reader *reader, uint64_t *ret_done,
                               uint64_t *ret_all);
/* After the end: SHA-256 of a file's octets; of a folder: of what "sha256sum" would print of its files, in the order of
 * their paths in the folder. Classes: INTERNAL. */
cx_status cx_issued_reader_digest(struct cx_issued_reader *reader, struct cx_hash *ret) CX_MUST;

#endif
