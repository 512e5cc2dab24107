#include "evidence/entry_keys.h"

#include "base/limits.h"
#include "evidence/event.h"
#include "evidence/glance.h"
#include "evidence/start.h"

/* The mark, the longest word and a request id. */
#define KEY_MAX (CX_RECORD_MAX + 32)

/* ---- what keys look like */

static void
put_key(struct cx_buf *buf, const char *word, cx_str of)
{
    cx_buf_putc(buf, CX_LOG_KEY_MARK);
    cx_buf_puts(buf, word);
    cx_buf_put(buf, of);
}

static void
put_hash_key(struct cx_buf *buf, const char *word, const struct cx_hash *hash)
{
    char text[CX_HASH_TEXT];

    cx_hash_text(hash, text);
    put_key(buf, word, cx_str_of(text));
}

void
cx_log_key_start(cx_str request, struct cx_buf *buf)
{
    put_key(buf, "start:", request);
}

void
cx_log_key_request(cx_str request, struct cx_buf *buf)
{
    put_key(buf, "request:", request);
}

void
cx_log_key_about(const struct cx_hash *record, struct cx_buf *buf)
{
    put_hash_key(buf, "about:", record);
}

void
cx_log_key_certificate(const struct cx_hash *certificate, struct cx_buf *buf)
{
    put_hash_key(buf, "certificate:", certificate);
}

static void
put_serial_key(struct cx_buf *buf, const char *word, const struct cx_hash *authority,
               cx_span serial)
{
    put_hash_key(buf, word, authority);
    cx_buf_putc(buf, '/');
    cx_buf_put_hex(buf, serial);
}

void
cx_log_key_serial(const struct cx_hash *authority, cx_span serial, struct cx_buf *buf)
{
    put_serial_key(buf, "serial:", authority, serial);
}

void
cx_log_key_precertificate(const struct cx_hash *authority, cx_span serial, struct cx_buf *buf)
{
    put_serial_key(buf, "precertificate:", authority, serial);
}

void
cx_log_key_stop(struct cx_buf *buf)
{
    put_key(buf, "stop", CX_STR(""));
}

/* ---- which ones a record has */

struct giving {
    cx_key_fn each;
    void *ctx;
    struct cx_buf buf; /* the key at hand */
};

static cx_status
give(struct giving *giving, enum cx_key_kind kind)
{
    CX_TRY(cx_buf_status(&giving->buf));
    CX_TRY(giving->each(giving->ctx, kind, cx_buf_str(&giving->buf)));
    cx_buf_clear(&giving->buf);
    return CX_SUCCESS;
}

static cx_status
give_start(struct giving *giving, cx_span record)
{
    struct cx_start start;

    CX_TRY(cx_start_decode(record, &start, NULL));
    cx_log_key_start(start.request, &giving->buf);
    return give(giving, CX_KEY_REQUEST);
}

static cx_status
give_event(struct giving *giving, cx_span record)
{
    struct cx_event event;

    CX_TRY(cx_event_decode(record, &event, NULL));
    if (event.has_about) {
        cx_log_key_about(&event.about, &giving->buf);
        CX_TRY(give(giving, CX_KEY_NAME));
    }
    if (event.request.n != 0) {
        cx_log_key_request(event.request, &giving->buf);
        CX_TRY(give(giving, CX_KEY_NAME));
    }
    if (event.has_certificate) {
        cx_log_key_certificate(&event.certificate, &giving->buf);
        CX_TRY(give(giving, event.type == CX_EVENT_ISSUANCE ? CX_KEY_REQUEST : CX_KEY_NAME));
    }
    if (event.has_authority && event.serial.n != 0) {
        cx_log_key_serial(&event.authority, event.serial, &giving->buf);
        CX_TRY(give(giving, CX_KEY_NAME));
    }
    if (event.has_authority && event.serial.n != 0 && event.is_precertificate) {
        cx_log_key_precertificate(&event.authority, event.serial, &giving->buf);
        CX_TRY(give(giving, CX_KEY_REQUEST));
    }
    if (event.type == CX_EVENT_STOP || event.type == CX_EVENT_ACKNOWLEDGED) {
        cx_log_key_stop(&giving->buf);
        CX_TRY(give(giving, CX_KEY_NAME));
    }
    return CX_SUCCESS;
}

static cx_status
give_check(const struct giving *giving, cx_span record)
{
    char buf[CX_GLANCE_NAME];
    struct cx_glance glance;
    cx_str name;

    CX_TRY(cx_glance(record, &glance));
    if (glance.request.n != 0) {
        CX_TRY(giving->each(giving->ctx, CX_KEY_REQUEST, glance.request));
    }
    while (cx_glance_name(&glance, buf, &name)) {
        CX_TRY(giving->each(giving->ctx, CX_KEY_NAME, name));
    }
    return CX_SUCCESS;
}

static cx_status
give_all(struct giving *giving, enum cx_entry_kind kind, cx_span record)
{
    switch (kind) {
    case CX_ENTRY_CHECK:
        return give_check(giving, record);
    case CX_ENTRY_START:
        return give_start(giving, record);
    case CX_ENTRY_EVENT:
        return give_event(giving, record);
    case CX_ENTRY_UNSET:
    case CX_ENTRY_BEGIN:
    case CX_ENTRY_SEAL:
        break;
    }
    return CX_SUCCESS;
}

cx_status
cx_entry_keys(enum cx_entry_kind kind, cx_span record, cx_key_fn each, void *ctx)
{
    struct giving giving = { .each = each, .ctx = ctx };
    cx_status status;

    cx_buf_init(&giving.buf, KEY_MAX);
    status = give_all(&giving, kind, record);
    cx_buf_done(&giving.buf);
    return status;
}

struct comparing {
    enum cx_key_kind kind;
    cx_str key;
    bool found;
};

static cx_status
compare(void *ctx, enum cx_key_kind kind, cx_str key)
{
    struct comparing *c = ctx;

    c->found |= kind == c->kind && cx_str_equal(key, c->key);
    return CX_SUCCESS;
}

cx_status
cx_entry_has_key(enum cx_entry_kind kind, cx_span record, enum cx_key_kind key_kind, cx_str key,
                 bool *ret)
{
    struct comparing c = { .kind = key_kind, .key = key };

    CX_TRY(cx_entry_keys(kind, record, compare, &c));
    *ret = c.found;
    return CX_SUCCESS;
}
