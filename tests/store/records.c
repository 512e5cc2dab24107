#include "records.h"

#include "base/cbor.h"

static void
put_names(const struct test_record *record, struct cx_buf *buf)
{
    cx_cbor_put_uint(buf, 7);
    cx_cbor_put_array(buf, record->n_names != 0 ? record->n_names : 1);
    for (size_t i = 0; i < record->n_names || i == 0; i++) {
        cx_str name = cx_str_of(record->n_names != 0 ? record->names[i] : "d.test");
        bool is_wildcard = name.n > 2 && memcmp(name.p, "*.", 2) == 0;

        cx_cbor_put_array(buf, 2);
        cx_cbor_put_uint(buf, is_wildcard ? 2 : 1);
        cx_cbor_put_text(buf, is_wildcard ? (cx_str){ name.p + 2, name.n - 2 } : name);
    }
}

static void
put_objects(const struct test_record *record, struct cx_buf *buf)
{
    static const struct cx_hash nowhere;
    size_t n = record->n_objects > 1 ? record->n_objects - 1 : 0;

    cx_cbor_put_uint(buf, 4);
    cx_cbor_put_bytes(
        buf, (cx_span){ record->n_objects != 0 ? record->objects[0].b : nowhere.b, CX_HASH_SIZE });
    put_names(record, buf);
    cx_cbor_put_uint(buf, 8);
    cx_cbor_put_array(buf, n);
    for (size_t i = 0; i < n; i++) {
        cx_cbor_put_bytes(buf, (cx_span){ record->objects[1 + i].b, CX_HASH_SIZE });
    }
}

void
test_record_write(const struct test_record *record, struct cx_buf *buf)
{
    static const uint8_t filling[65536];
    size_t fill;

    cx_buf_clear(buf);
    cx_buf_put(buf, CX_STR("sixteen octets.."));
    cx_cbor_put_map(buf, 5 + (size_t)(record->request != NULL));
    cx_cbor_put_uint(buf, 1);
    cx_cbor_put_uint(buf, record->time_ms);
    put_objects(record, buf);
    if (record->request != NULL) {
        cx_cbor_put_uint(buf, 11);
        cx_cbor_put_text(buf, cx_str_of(record->request));
    }
    fill = buf->n + 4 < record->octets ? record->octets - buf->n - 4 : 0;
    cx_cbor_put_int(buf, -1);
    cx_cbor_put_bytes(buf, (cx_span){ filling, fill });
}
