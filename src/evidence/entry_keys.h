/* By what an entry is found again in the indexes of a store (docs/formats/store.md): of a check its request id and its names;
 * of a start and an event texts that begin with U+0001, which no request id and no name does.
 * I1: the keys of an entry follow from its record alone: an index can be made again from the records. */
#ifndef CX_EVIDENCE_ENTRY_KEYS_H
#define CX_EVIDENCE_ENTRY_KEYS_H

#include "base/buf.h"
#include "evidence/entry.h"
#include "evidence/tree.h"

#define CX_LOG_KEY_MARK '\001'

/* Appended; errors are the buffer's. The start of the request with that id, which is unique in a shard as ids are. */
void cx_log_key_start(cx_str request, struct cx_buf *buf);
/* Events of that request. */
void cx_log_key_request(cx_str request, struct cx_buf *buf);
/* Events about the record with that digest. */
void cx_log_key_about(const struct cx_hash *record, struct cx_buf *buf);
/* Events with that certificate; the issuance, which is unique in a shard, is of kind CX_KEY_REQUEST. */
void cx_log_key_certificate(const struct cx_hash *certificate, struct cx_buf *buf);
/* Issuances of that serial number (INTEGER content without leading zeros) by that authority. */
void cx_log_key_serial(const struct cx_hash *authority, cx_span serial, struct cx_buf *buf);
/* Those of precertificates, of kind CX_KEY_REQUEST: once in a shard, unless the authority uses a number twice. */
void cx_log_key_precertificate(const struct cx_hash *authority, cx_span serial, struct cx_buf *buf);
/* Every stop, and every end of one. */
void cx_log_key_stop(struct cx_buf *buf);

enum cx_key_kind {
    CX_KEY_REQUEST, /* unique in a shard; of several the newest is found */
    CX_KEY_NAME,
};

/* Borrowed for the call. */
typedef cx_status (*cx_key_fn)(void *ctx, enum cx_key_kind kind, cx_str key);

/* Each key of a record, a name as often as the record has it; the ends of a shard have none. Classes: MALFORMED (CX_E_RECORD:
 * the record cannot be read, and there were no calls), NOMEM, those of each. */
cx_status cx_entry_keys(enum cx_entry_kind kind, cx_span record, cx_key_fn each, void *ctx) CX_MUST;
/* Whether it is one of them. Classes: MALFORMED, NOMEM. */
cx_status cx_entry_has_key(enum cx_entry_kind kind, cx_span record, enum cx_key_kind key_kind,
                           cx_str key, bool *ret) CX_MUST;

#endif
