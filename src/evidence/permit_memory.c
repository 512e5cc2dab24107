#include "base/alloc.h"
#include "base/limits.h"
#include "evidence/permit_priv.h"
#include "pki/digest.h"

struct remembered {
    bool used;
    struct cx_hash digest;  /* of the checkpoint's octets */
    struct cx_note_key key; /* whose signature was verified; it may not be trusted any more */
    uint64_t size;
    struct cx_hash root;
};

struct cx_permit_memory {
    struct remembered v[CX_PERMIT_CHECKPOINTS_MAX];
    size_t next; /* the oldest, which makes room */
    uint64_t hits;
};

struct cx_permit_memory *
cx_permit_memory_new(void)
{
    return cx_alloc(1, sizeof(struct cx_permit_memory));
}

void
cx_permit_memory_free(struct cx_permit_memory *memory)
{
    cx_free(memory);
}

uint64_t
cx_permit_memory_hits(const struct cx_permit_memory *memory)
{
    return memory->hits;
}

static bool
same_key(const struct cx_note_key *a, const struct cx_note_key *b)
{
    return a->type == b->type && a->n_name == b->n_name &&
           memcmp(a->name, b->name, a->n_name) == 0 && memcmp(a->id, b->id, sizeof(a->id)) == 0 &&
           memcmp(a->public_key, b->public_key, sizeof(a->public_key)) == 0;
}

/* One of the keys that is this one, or NULL. */
static const struct cx_note_key *
among(const struct cx_note_key *key, const struct cx_note_key *keys, size_t n_keys)
{
    for (size_t i = 0; i < n_keys; i++) {
        if (same_key(key, &keys[i])) {
            return &keys[i];
        }
    }
    return NULL;
}

bool
cx_permit_memory_find(struct cx_permit_memory *memory, cx_span checkpoint,
                      const struct cx_note_key *keys, size_t n_keys, struct cx_checkpoint *ret)
{
    struct cx_hash digest;

    if (memory == NULL || !cx_ok(cx_sha256(checkpoint, digest.b))) {
        return false;
    }
    for (size_t i = 0; i < CX_COUNT(memory->v); i++) {
        const struct remembered *one = &memory->v[i];
        const struct cx_note_key *key = NULL;

        if (one->used && cx_hash_equal(&one->digest, &digest)) {
            key = among(&one->key, keys, n_keys);
        }
        if (key != NULL) {
            *ret = (struct cx_checkpoint){ { key->name, key->n_name }, one->size, one->root };
            memory->hits++;
            return true;
        }
    }
    return false;
}

void
cx_permit_memory_keep(struct cx_permit_memory *memory, cx_span checkpoint,
                      const struct cx_note_key *key, const struct cx_checkpoint *verified)
{
    struct remembered one = { true, .key = *key, .size = verified->size, .root = verified->root };

    if (memory == NULL || !cx_ok(cx_sha256(checkpoint, one.digest.b))) {
        return;
    }
    memory->v[memory->next] = one;
    memory->next = (memory->next + 1) % CX_COUNT(memory->v);
}
