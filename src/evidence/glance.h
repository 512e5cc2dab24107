/* What a log needs to know of a record, without judging it: by what it is found again, which objects it needs, and
 * which messages were kept of these. Nothing is allocated; all is borrowed from the octets. The whole record is read by record.h,
 * start.h, event.h; the keys of starts and events: entry_keys.h. */
#ifndef CX_EVIDENCE_GLANCE_H
#define CX_EVIDENCE_GLANCE_H

#include "base/limits.h"
#include "base/reader.h"
#include "base/status.h"
#include "evidence/context.h"
#include "evidence/entry.h"
#include "evidence/tree.h"

/* "*." and the longest name that a record has. */
#define CX_GLANCE_NAME (2 + CX_NAME_MAX)

struct cx_glance {
    uint64_t time_ms; /* not 0 */
    cx_str request;   /* id; n == 0: none */
    /* For cx_glance_name and cx_glance_object. */
    struct cx_reader names, answers;
    size_t n_names, n_answers;
    const uint8_t *context, *corroboration; /* digests; NULL: none, or given */
    bool has_certificate;
    struct cx_hash certificate;
};

/* Of a check's record. Classes: MALFORMED (CX_E_RECORD). */
cx_status cx_glance(cx_span record, struct cx_glance *ret) CX_MUST;
/* Of the record of a check, a start or an event; it has no other kind. Of the latter two all was read, and names there are
 * none. Classes: MALFORMED (CX_E_RECORD). */
cx_status cx_glance_of(enum cx_entry_kind kind, cx_span record, struct cx_glance *ret) CX_MUST;
/* The next name, as people write it, in buf; false at the end. */
bool cx_glance_name(struct cx_glance *glance, char buf[CX_GLANCE_NAME], cx_str *ret);
/* The digest of the next object that the record needs: the context first, then what was supplied by perspectives, answers;
 * of an event its certificate. */
bool cx_glance_object(struct cx_glance *glance, struct cx_hash *ret);

/* Of a context object, which messages were kept; UNSET if it cannot be read. */
enum cx_messages cx_glance_context(cx_span object);

struct cx_glance_answer {
    const uint8_t *message;       /* digest; NULL: none, not kept, or given */
    struct cx_reader rests_on[2]; /* for cx_glance_message */
    size_t n[2];
};

/* Of an answer object, the messages that were kept if so much was kept. Classes: MALFORMED (CX_E_RECORD). */
cx_status cx_glance_answer(cx_span object, enum cx_messages messages, struct cx_glance_answer *ret)
    CX_MUST;
/* The digest of the next one; false at the end. */
bool cx_glance_message(struct cx_glance_answer *glance, struct cx_hash *ret);

#endif
