#include "base/hash.h"
#include "base/limits.h"
#include "evidence/entry_keys.h"
#include "store/index.h"

void
cx_segment_places_done(struct cx_segment_places *places)
{
    for (size_t i = 0; i < CX_INDEX_KINDS; i++) {
        cx_places_free(places->kinds[i]);
        places->kinds[i] = NULL;
    }
}

cx_status
cx_segment_places_init(struct cx_segment_places *places)
{
    for (size_t i = 0; i < CX_INDEX_KINDS; i++) {
        places->kinds[i] = cx_places_new();
        if (places->kinds[i] == NULL) {
            cx_segment_places_done(places);
            return (cx_status){ CX_E_NOMEM };
        }
    }
    return CX_SUCCESS;
}

size_t
cx_segment_places_count(const struct cx_segment_places *places)
{
    size_t n = 0;

    for (size_t i = 0; i < CX_INDEX_KINDS; i++) {
        n += cx_places_count(places->kinds[i]);
    }
    return n;
}

/* Reading rows into places. */
struct filling {
    struct cx_rows *rows;
    const struct cx_index_options *options;
    const struct cx_segment *segment;
    struct cx_segment_places *places;
    struct cx_detail *detail;
};

/* A row that cannot be one of ours, or a record that cannot be read. */
static cx_status
unreadable(const struct filling *filling, const char *what, uint64_t number)
{
    return filling->options->lenient
               ? CX_SUCCESS
               : cx_fail(filling->detail, CX_E_STORE, "%s: %s %llu cannot be read",
                         filling->rows->name, what, (unsigned long long)number);
}

static cx_status
fill_one(const struct filling *filling, enum cx_index_kind kind, cx_span key, uint64_t number)
{
    uint64_t place = number - filling->segment->first[cx_index_space(kind)];

    return place >= UINT32_MAX
               ? unreadable(filling, "row", number)
               : cx_places_add_once(filling->places->kinds[kind],
                                    cx_hash(filling->options->hash_key, key), (uint32_t)place);
}

/* Keys of one entry. */
struct keys {
    const struct filling *filling;
    uint64_t number;
};

static cx_status
fill_key(void *ctx, enum cx_key_kind kind, cx_str key)
{
    const struct keys *keys = ctx;

    return fill_one(keys->filling, kind == CX_KEY_REQUEST ? CX_INDEX_REQUEST : CX_INDEX_NAME,
                    cx_span_of_str(key), keys->number);
}

static cx_status
fill_entry(void *ctx, const struct cx_row *row)
{
    struct keys keys = { ctx, row->key };
    struct cx_entry entry;
    cx_status status;

    if (!cx_ok(cx_entry_read(row->head, &entry))) {
        return unreadable(keys.filling, "entry", row->key);
    }
    if (row->body.n == 0) {
        return CX_SUCCESS;
    }
    status = cx_entry_keys(entry.kind, row->body, fill_key, &keys);
    return cx_status_class(status) == CX_CLASS_MALFORMED
               ? unreadable(keys.filling, "the record of entry", row->key)
               : status;
}

static cx_status
fill_object(void *ctx, const struct cx_row *row)
{
    const struct filling *filling = ctx;

    return row->head.n == CX_HASH_SIZE ? fill_one(filling, CX_INDEX_OBJECT, row->head, row->key)
                                       : unreadable(filling, "object", row->key);
}

static cx_status
fill_message(void *ctx, const struct cx_row *row)
{
    const struct filling *filling = ctx;

    return row->head.n == CX_HASH_SIZE ? fill_one(filling, CX_INDEX_MESSAGE, row->head, row->key)
                                       : unreadable(filling, "message", row->key);
}

static void
drop_space(struct cx_segment_places *places, enum cx_space space)
{
    for (size_t i = 0; i < CX_INDEX_KINDS; i++) {
        if (cx_index_space((enum cx_index_kind)i) == space) {
            cx_places_free(places->kinds[i]);
            places->kinds[i] = NULL;
        }
    }
}

static cx_status
init_space(struct cx_segment_places *places, enum cx_space space)
{
    for (size_t i = 0; i < CX_INDEX_KINDS; i++) {
        if (cx_index_space((enum cx_index_kind)i) == space) {
            places->kinds[i] = cx_places_new();
            if (places->kinds[i] == NULL) {
                return (cx_status){ CX_E_NOMEM };
            }
        }
    }
    return CX_SUCCESS;
}

static cx_status
fill_space(struct filling *filling, enum cx_space space)
{
    static const struct {
        enum cx_table table;
        cx_row_fn fill;
    } of[CX_SPACES] = {
        [CX_SPACE_ENTRIES] = { CX_TABLE_ENTRY, fill_entry },
        [CX_SPACE_OBJECTS] = { CX_TABLE_OBJECT, fill_object },
        [CX_SPACE_MESSAGES] = { CX_TABLE_MESSAGE, fill_message },
    };

    CX_TRY(init_space(filling->places, space));
    return filling->rows->ops->scan(filling->rows, of[space].table, filling->segment->first[space],
                                    filling->segment->end[space], of[space].fill, filling,
                                    filling->detail);
}

cx_status
cx_segment_places_fill_space(struct cx_rows *rows, const struct cx_index_options *options,
                             const struct cx_segment *segment, enum cx_space space,
                             struct cx_segment_places *ret, struct cx_detail *detail)
{
    struct filling filling = { rows, options, segment, ret, detail };
    cx_status status;

    drop_space(ret, space);
    status = fill_space(&filling, space);
    if (!cx_ok(status)) { /* a part of the places would look like all */
        drop_space(ret, space);
    }
    return status;
}

cx_status
cx_segment_places_fill(struct cx_rows *rows, const struct cx_index_options *options,
                       const struct cx_segment *segment, struct cx_segment_places *ret,
                       struct cx_detail *detail)
{
    for (size_t i = 0; i < CX_SPACES; i++) {
        CX_TRY(cx_segment_places_fill_space(rows, options, segment, (enum cx_space)i, ret, detail));
    }
    return CX_SUCCESS;
}
