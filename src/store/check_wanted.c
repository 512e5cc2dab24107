#include "base/alloc.h"
#include "evidence/glance.h"
#include "store/check_priv.h"

/* Rows that one transaction reads. */
#define CHUNK 1024

/* Answers that are remembered, by their digests. */
#define LOOKED ((size_t)1 << 12)

/* An object that was found, and which messages a context says were kept: that context, or an answer whose messages were
 * looked for by it. What many records share is looked into once. */
struct looked {
    struct cx_hash digest;
    enum cx_messages messages; /* UNSET: nothing is here */
};

struct wanted {
    struct cx_check *check;
    struct cx_check_shard *shard;
    struct cx_index *index;
    struct looked context; /* the last one */
    struct looked *answers;
    bool has_messages;
    uint64_t next;
    unsigned left; /* rows of this chunk */
    /* Of the record at hand. */
    uint64_t entry;
    uint64_t below[CX_SPACES]; /* what it needs was put before */
    enum cx_messages messages; /* kept, by its context; UNSET: nobody knows */
};

struct search {
    struct wanted *wanted;
    enum cx_index_kind kind;
    struct cx_hash digest;
    bool found;
};

static cx_status look_into(struct wanted *wanted, const struct cx_hash *digest,
                           const struct cx_row *object) CX_MUST;

/* ---- one object or message */

static cx_status
confirm(void *ctx, const struct cx_row *row)
{
    struct search *search = ctx;

    if (search->found || !cx_span_equal(row->head, (cx_span){ search->digest.b, CX_HASH_SIZE })) {
        return CX_SUCCESS;
    }
    search->found = true;
    return search->kind == CX_INDEX_OBJECT ? look_into(search->wanted, &search->digest, row)
                                           : CX_SUCCESS;
}

static cx_status
search_rows(struct search *search, uint64_t first, uint64_t end)
{
    struct cx_rows *rows = search->wanted->shard->rows;

    return rows->ops->scan(rows,
                           search->kind == CX_INDEX_MESSAGE ? CX_TABLE_MESSAGE : CX_TABLE_OBJECT,
                           first, end, confirm, search, search->wanted->check->detail);
}

static cx_status
try_sequence(void *ctx, uint64_t sequence, bool *ret_stop)
{
    struct search *search = ctx;

    CX_TRY(search_rows(search, sequence, sequence + 1));
    *ret_stop = search->found;
    return CX_SUCCESS;
}

static cx_status
search(struct search *search)
{
    struct wanted *wanted = search->wanted;
    enum cx_space space = cx_index_space(search->kind);
    struct cx_index_query query = { search->kind,
                                    { search->digest.b, CX_HASH_SIZE },
                                    wanted->below[space] };
    cx_status status =
        cx_index_find(wanted->index, &query, try_sequence, search, wanted->check->detail);

    if (status.code != CX_E_STORE) { /* a piece that is missing was told of */
        CX_TRY(status);
    }
    return !search->found && wanted->shard->has_piece_faults /* the index may be what is wrong */
               ? search_rows(search, 0, wanted->shard->extent.end[space])
               : CX_SUCCESS;
}

static void
report(struct wanted *wanted, enum cx_store_fault fault, const struct cx_hash *digest,
       const char *text)
{
    cx_check_report(wanted->check, &(struct cx_store_finding){ .fault = fault,
                                                               .shard = wanted->shard->number,
                                                               .number = wanted->entry,
                                                               .end = wanted->entry + 1,
                                                               .has_digest = true,
                                                               .digest = *digest,
                                                               .text = text });
}

/* ---- what objects need */

static struct looked *
place_of(const struct wanted *wanted, const struct cx_hash *digest)
{
    return &wanted->answers[((size_t)digest->b[0] << 8 | digest->b[1]) % LOOKED];
}

static cx_status
want_message(struct wanted *wanted, const struct cx_hash *digest, const struct cx_hash *answer)
{
    struct search message = { .wanted = wanted, .kind = CX_INDEX_MESSAGE, .digest = *digest };
    char text[sizeof("named by answer ") + CX_HASH_TEXT] = "named by answer ";

    CX_TRY(search(&message));
    if (!message.found) {
        cx_hash_text(answer, text + strlen(text));
        report(wanted, CX_FAULT_MESSAGE_WANTED, digest, text);
    }
    return CX_SUCCESS;
}

/* Those that were kept, by the context. */
static cx_status
want_messages(struct wanted *wanted, const struct cx_hash *answer, cx_span octets)
{
    struct cx_glance_answer glance;
    struct cx_hash digest;

    if (!wanted->has_messages || wanted->messages == CX_MESSAGES_UNSET ||
        !cx_ok(cx_glance_answer(octets, wanted->messages, &glance))) {
        return CX_SUCCESS;
    }
    while (cx_glance_message(&glance, &digest)) {
        CX_TRY(want_message(wanted, &digest, answer));
    }
    return CX_SUCCESS;
}

static cx_status
look_into(struct wanted *wanted, const struct cx_hash *digest, const struct cx_row *object)
{
    if (cx_known_has(&wanted->shard->bad[CX_SPACE_OBJECTS], object->key)) {
        return CX_SUCCESS; /* told of */
    }
    if (object->number[0] == CX_OBJECT_CONTEXT) {
        wanted->messages = cx_glance_context(object->body);
        wanted->context = (struct looked){ *digest, wanted->messages };
        return CX_SUCCESS;
    }
    if (object->number[0] != CX_OBJECT_ANSWER) {
        return CX_SUCCESS; /* it names nothing */
    }
    CX_TRY(want_messages(wanted, digest, object->body));
    *place_of(wanted, digest) = (struct looked){ *digest, wanted->messages };
    return CX_SUCCESS;
}

static cx_status
want_object(struct wanted *wanted, const struct cx_hash *digest)
{
    struct search object = { .wanted = wanted, .kind = CX_INDEX_OBJECT, .digest = *digest };

    CX_TRY(search(&object));
    if (!object.found) {
        report(wanted, CX_FAULT_OBJECT_WANTED, digest, NULL);
    }
    return CX_SUCCESS;
}

static bool
was_looked_at(const struct looked *looked, const struct cx_hash *digest)
{
    return looked->messages != CX_MESSAGES_UNSET && cx_hash_equal(&looked->digest, digest);
}

static cx_status
want_context(struct wanted *wanted, const struct cx_hash *digest)
{
    wanted->messages = CX_MESSAGES_UNSET;
    if (was_looked_at(&wanted->context, digest)) {
        wanted->messages = wanted->context.messages;
        return CX_SUCCESS;
    }
    return want_object(wanted, digest);
}

static cx_status
want_answer(struct wanted *wanted, const struct cx_hash *digest)
{
    const struct looked *looked = place_of(wanted, digest);

    return was_looked_at(looked, digest) && looked->messages == wanted->messages
               ? CX_SUCCESS
               : want_object(wanted, digest);
}

/* ---- all records */

static cx_status
want_of_check(struct wanted *wanted, struct cx_glance *glance)
{
    struct cx_hash digest;

    if (cx_glance_object(glance, &digest)) { /* the first is the context */
        CX_TRY(want_context(wanted, &digest));
    }
    while (cx_glance_object(glance, &digest)) {
        CX_TRY(want_answer(wanted, &digest));
    }
    return CX_SUCCESS;
}

static cx_status
want_of_event(struct wanted *wanted, struct cx_glance *glance)
{
    struct cx_hash digest;

    while (cx_glance_object(glance, &digest)) {
        CX_TRY(want_object(wanted, &digest));
    }
    return CX_SUCCESS;
}

static cx_status
take_entry(void *ctx, const struct cx_row *row)
{
    struct wanted *wanted = ctx;
    struct cx_glance glance;
    struct cx_entry entry;

    if (wanted->left == 0) {
        return (cx_status){ CX_E_LIMIT }; /* the rest in the next transaction */
    }
    wanted->left--;
    wanted->next = row->key + 1;
    if (cx_known_has(&wanted->shard->bad[CX_SPACE_ENTRIES], row->key) ||
        !cx_ok(cx_entry_read(row->head, &entry)) ||
        !cx_ok(cx_glance_of(entry.kind, row->body, &glance))) {
        return CX_SUCCESS; /* told of, or the end of a shard */
    }
    wanted->entry = row->key;
    wanted->below[CX_SPACE_OBJECTS] = row->number[0];
    wanted->below[CX_SPACE_MESSAGES] = row->number[1];
    return entry.kind == CX_ENTRY_CHECK ? want_of_check(wanted, &glance)
                                        : want_of_event(wanted, &glance);
}

static cx_status
walk_entries(struct wanted *wanted)
{
    struct cx_rows *rows = wanted->shard->rows;

    while (wanted->left == 0) {
        cx_status status;

        wanted->left = CHUNK;
        status = rows->ops->scan(rows, CX_TABLE_ENTRY, wanted->next,
                                 wanted->shard->extent.end[CX_SPACE_ENTRIES], take_entry, wanted,
                                 wanted->check->detail);
        if (!cx_ok(status) && status.code != CX_E_LIMIT) {
            return status;
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_check_wanted(struct cx_check *check, struct cx_check_shard *shard)
{
    struct cx_index_options options = { .hash_key = shard->hash_key, .lenient = true };
    struct wanted wanted = {
        .check = check,
        .shard = shard,
        .answers = cx_alloc(LOOKED, sizeof(struct looked)),
        .has_messages = !shard->has_messages_deleted && shard->rows->ops->has_messages(shard->rows),
    };
    cx_status status = { CX_E_NOMEM };

    if (wanted.answers != NULL) {
        status = cx_index_open(shard->rows, &options, &wanted.index, check->detail);
    }
    if (cx_ok(status)) {
        status = walk_entries(&wanted);
    }
    cx_index_free(wanted.index);
    cx_free(wanted.answers);
    return status;
}
