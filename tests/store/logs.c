#include "logs.h"

#include "main.h"
#include "pki/digest.h"
#include "records.h"
#include "store/signed.h"

#include <stdio.h>
#include <string.h>

static uint64_t
test_clock(void *ctx)
{
    return *(const uint64_t *)ctx;
}

void
test_log_make(struct test_log *t, uint64_t segment_entries)
{
    struct cx_detail detail = { .rule = NULL };

    memset(t, 0, sizeof(*t));
    scratch_make(t->folder);
    scratch_join(t->store, t->folder, "store");
    scratch_join(t->keys, t->folder, "store.keys");
    t->clock_ms = TEST_CLOCK_MS;
    t->options = (struct cx_log_options){ .now_ms = test_clock,
                                          .now_ctx = &t->clock_ms,
                                          .segment_entries = segment_entries,
                                          .software = CX_STR("test 1") };
    SCRATCH_OK(cx_log_create(t->store, CX_STR(TEST_ORIGIN), &t->options, &detail));
    test_log_open(t);
}

void
test_log_open(struct test_log *t)
{
    struct cx_detail detail = { .rule = NULL };

    assert_null(t->log);
    SCRATCH_OK(cx_log_open(t->store, &t->options, &t->log, &t->opened, &detail));
    test_log_commit(t); /* gives the last checkpoint */
}

void
test_log_close(struct test_log *t)
{
    cx_log_close(t->log);
    t->log = NULL;
}

void
test_log_remove(struct test_log *t)
{
    test_log_close(t);
    scratch_remove(t->folder);
}

/* ---- records */

cx_span
test_object(uint64_t i, unsigned which, enum cx_object_kind *ret_kind)
{
    static char texts[4][400];
    char *text = texts[which];
    int n = 0;

    switch (which) {
    case 0:
        *ret_kind = CX_OBJECT_CONTEXT;
        n = snprintf(text, sizeof(texts[0]), "context");
        break;
    case 1:
        *ret_kind = CX_OBJECT_ANSWER;
        n = snprintf(text, sizeof(texts[0]), "answer %llu %0*d", (unsigned long long)i,
                     (int)(i % 300), 0);
        break;
    case 2:
        *ret_kind = CX_OBJECT_ANSWER;
        n = snprintf(text, sizeof(texts[0]), "shared answer %llu", (unsigned long long)(i % 5));
        break;
    default:
        *ret_kind = CX_OBJECT_MESSAGE;
        n = snprintf(text, sizeof(texts[0]), "message %llu", (unsigned long long)(i % 3));
    }
    assert_true(n > 0 && (size_t)n < sizeof(texts[0]));
    return (cx_span){ (const uint8_t *)text, (size_t)n };
}

void
test_digest(cx_span octets, struct cx_hash *ret)
{
    assert_true(cx_ok(cx_sha256(octets, ret->b)));
}

struct texts {
    char request[40], name[40], wildcard[40];
    const char *names[2];
    struct cx_hash objects[3];
};

static void
write_record(uint64_t i, uint64_t time_ms, struct texts *texts, struct cx_buf *buf)
{
    struct test_record record = { .time_ms = time_ms,
                                  .request = texts->request,
                                  .names = texts->names,
                                  .n_names = 2,
                                  .objects = texts->objects,
                                  .n_objects = 3,
                                  .octets = 200 + (size_t)(i % 200) };

    (void)snprintf(texts->name, sizeof(texts->name), "n%u.test", (unsigned)(i % 50));
    (void)snprintf(texts->request, sizeof(texts->request),
                   i < TEST_NAMED_ALIKE ? "r-%llu" : "n%llu.test",
                   (unsigned long long)(i % TEST_NAMED_ALIKE));
    (void)snprintf(texts->wildcard, sizeof(texts->wildcard), "*.w%u.test", (unsigned)(i % 7));
    texts->names[0] = texts->name;
    texts->names[1] = texts->wildcard;
    for (unsigned which = 0; which < 3; which++) {
        enum cx_object_kind kind;

        test_digest(test_object(i, which, &kind), &texts->objects[which]);
    }
    test_record_write(&record, buf);
}

bool
test_record_is(cx_span record, uint64_t i)
{
    struct texts texts;
    struct cx_buf buf;
    bool same = false;

    cx_buf_init(&buf, 4096);
    /* The time is not known here; times of the tests differ in few ways. */
    for (uint64_t ms = TEST_CLOCK_MS - 3000; !same && ms <= TEST_CLOCK_MS + 4000; ms += 500) {
        write_record(i, ms, &texts, &buf);
        same = cx_span_equal(record, cx_span_of_str(cx_buf_str(&buf)));
    }
    cx_buf_done(&buf);
    return same;
}

static cx_status
put_objects(struct test_log *t, uint64_t i, struct cx_detail *detail)
{
    for (unsigned which = 0; which < 4; which++) {
        enum cx_object_kind kind;
        cx_span octets = test_object(i, which, &kind);
        struct cx_hash digest;

        test_digest(octets, &digest);
        CX_TRY(cx_log_put_object(t->log, kind, &digest, octets, detail));
    }
    return CX_SUCCESS;
}

cx_status
test_log_try(struct test_log *t, uint64_t i, struct cx_detail *detail)
{
    struct texts texts;
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 4096 };
    cx_str names[2];
    struct cx_log_keys keys = { .names = names, .n_names = 2 };
    uint64_t time_ms, index;

    CX_TRY(cx_log_time(t->log, t->clock_ms, &time_ms, detail));
    write_record(i, time_ms, &texts, &buf);
    if (!cx_buf_ok(&buf)) {
        return (cx_status){ CX_E_NOMEM };
    }
    keys.request = cx_str_of(texts.request);
    names[0] = cx_str_of(texts.name);
    names[1] = cx_str_of(texts.wildcard);
    CX_TRY(put_objects(t, i, detail));
    return cx_log_append(t->log, CX_ENTRY_CHECK, time_ms, cx_span_of_str(cx_buf_str(&buf)), &keys,
                         &index, detail);
}

void
test_log_append(struct test_log *t, uint64_t i)
{
    struct cx_detail detail = { .rule = NULL };

    SCRATCH_OK(test_log_try(t, i, &detail));
}

static void
append_note(struct test_log *t, enum cx_entry_kind kind, uint64_t time_ms, const struct cx_buf *buf)
{
    struct cx_detail detail = { .rule = NULL };
    uint64_t index;

    SCRATCH_OK(cx_log_append(t->log, kind, time_ms, cx_span_of_str(cx_buf_str(buf)), NULL, &index,
                             &detail));
}

void
test_log_append_start(struct test_log *t, const char *request)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 4096 };
    struct cx_start start = { .salt = { 4 }, .request = cx_str_of(request) };
    struct cx_detail detail = { .rule = NULL };

    SCRATCH_OK(cx_log_time(t->log, t->clock_ms, &start.time_ms, &detail));
    SCRATCH_OK(cx_start_encode(&start, &buf));
    append_note(t, CX_ENTRY_START, start.time_ms, &buf);
}

void
test_log_append_event(struct test_log *t, struct cx_event event)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 4096 };
    struct cx_detail detail = { .rule = NULL };

    event.salt[0] = 5;
    SCRATCH_OK(cx_log_time(t->log, t->clock_ms, &event.time_ms, &detail));
    SCRATCH_OK(cx_event_encode(&event, &buf));
    append_note(t, CX_ENTRY_EVENT, event.time_ms, &buf);
}

/* No certificates: a store does not look into them. */
static cx_span
certificate(unsigned i, char text[20])
{
    (void)snprintf(text, 20, "certificate %u", i);
    return cx_span_of_str(cx_str_of(text));
}

struct cx_hash
test_certificate(unsigned i)
{
    struct cx_hash digest;
    char text[20];

    test_digest(certificate(i, text), &digest);
    return digest;
}

void
test_log_put_certificate(struct test_log *t, unsigned i)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_hash digest = test_certificate(i);
    char text[20];

    SCRATCH_OK(
        cx_log_put_object(t->log, CX_OBJECT_CERTIFICATE, &digest, certificate(i, text), &detail));
}

void
test_log_fill(struct test_log *t, uint64_t first, uint64_t end)
{
    for (uint64_t i = first; i < end; i++) {
        test_log_append(t, i);
    }
    test_log_commit(t);
}

/* ---- checkpoints */

void
test_checkpoint(const struct test_log *t, cx_str note, uint64_t *ret_size, struct cx_hash *ret)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_signed read;

    SCRATCH_OK(cx_signed_read(note, cx_log_key(t->log), &read, &detail));
    *ret_size = read.size;
    *ret = read.root;
}

void
test_log_commit(struct test_log *t)
{
    struct cx_detail detail = { .rule = NULL };
    uint64_t size;

    SCRATCH_OK(cx_log_commit(t->log, &t->commit, &detail));
    test_checkpoint(t, t->commit.checkpoint, &size, &t->root);
    assert_int_equal(size, t->commit.size);
    assert_true(t->commit.checkpoint.n < sizeof(t->note));
    memcpy(t->note, t->commit.checkpoint.p, t->commit.checkpoint.n);
    t->note[t->commit.checkpoint.n] = '\0';
}

struct leaf {
    struct cx_hash hash;
};

static cx_status
take_leaf(void *ctx, const struct cx_log_row *row)
{
    struct leaf *leaf = ctx;

    return cx_hash_leaf((cx_span){ row->entry, CX_ENTRY_SIZE }, &leaf->hash);
}

void
test_log_prove(struct test_log *t, uint64_t seed)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;
    uint64_t size = t->commit.size;

    SCRATCH_OK(cx_log_reader_open(t->store, &reader, &detail));
    for (uint64_t k = 0; k < 12; k++) {
        uint64_t index = k == 0 ? 0 : k == 1 ? size - 1 : (seed + k * 0x9e3779b97f4a7c15u) % size;
        struct cx_path path;
        struct cx_hash root;
        struct leaf leaf;

        SCRATCH_OK(
            cx_log_scan(reader, cx_log_shard(t->log), index, index + 1, take_leaf, &leaf, &detail));
        SCRATCH_OK(cx_log_prove(t->log, index, &path, &detail));
        SCRATCH_OK(cx_inclusion_root(&leaf.hash, index, size, &path, &root));
        assert_true(cx_hash_equal(&root, &t->root));
    }
    cx_log_reader_close(reader);
}
