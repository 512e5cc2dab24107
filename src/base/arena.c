#include "base/arena.h"

#include "base/alloc.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#if defined(__has_feature)
#    if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#        define __SANITIZE_ADDRESS__ 1 /* clang's way to say it */
#    endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#    include <sanitizer/asan_interface.h>
#else
#    define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#    define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define BLOCK_MIN ((size_t)8192)

struct cx_arena_block {
    struct cx_arena_block *next;
    size_t size;
    size_t at;
    alignas(max_align_t) uint8_t bytes[];
};

struct cx_arena_held {
    struct cx_arena_held *next;
    void (*release)(void *object);
    void *object;
};

void
cx_arena_init(struct cx_arena *arena, size_t cap_bytes)
{
    *arena = (struct cx_arena){ .cap = cap_bytes };
}

static struct cx_arena_block *
grow(struct cx_arena *arena, size_t need)
{
    size_t size = need > BLOCK_MIN ? need : BLOCK_MIN;
    struct cx_arena_block *block;

    if (size > arena->cap - arena->used) {
        return NULL;
    }
    block = cx_realloc(NULL, 1, sizeof(*block) + size); /* zeroed as it is given out */
    if (block == NULL) {
        return NULL;
    }
    *block = (struct cx_arena_block){ .next = arena->head, .size = size };
    ASAN_POISON_MEMORY_REGION(block->bytes, size);
    arena->head = block;
    arena->used += size;
    return block;
}

void *
cx_arena_get(struct cx_arena *arena, size_t count, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct cx_arena_block *block = arena->head;
    size_t need;
    void *p;

    if (size != 0 && count > (SIZE_MAX / 2) / size) {
        return NULL;
    }
    need = (count * size + align - 1) / align * align;
    if (block == NULL || need > block->size - block->at) {
        block = grow(arena, need);
        if (block == NULL) {
            return NULL;
        }
    }
    p = block->bytes + block->at;
    block->at += need;
    ASAN_UNPOISON_MEMORY_REGION(p, count * size);
    memset(p, 0, count * size);
    return p;
}

void *
cx_arena_widen(struct cx_arena *arena, void *old, size_t n, size_t *room, size_t size)
{
    size_t wider = *room == 0 ? 16 : *room * 2;
    void *p;

    if (n < *room) {
        return old;
    }
    p = cx_arena_get(arena, wider, size);
    if (p != NULL) {
        if (n != 0) {
            memcpy(p, old, n * size);
        }
        *room = wider;
    }
    return p;
}

cx_status
cx_arena_copy(struct cx_arena *arena, cx_span from, cx_span *ret)
{
    uint8_t *to = cx_arena_get(arena, from.n + 1, 1);

    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (from.n != 0) {
        memcpy(to, from.p, from.n);
    }
    *ret = (cx_span){ to, from.n };
    return CX_SUCCESS;
}

cx_status
cx_arena_text(struct cx_arena *arena, cx_str from, cx_str *ret)
{
    cx_span copy;

    CX_TRY(cx_arena_copy(arena, cx_span_of_str(from), &copy));
    *ret = cx_str_of_span(copy);
    return CX_SUCCESS;
}

cx_status
cx_arena_hold(struct cx_arena *arena, void (*release)(void *object), void *object)
{
    struct cx_arena_held *held = cx_arena_get(arena, 1, sizeof(*held));

    if (held == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *held = (struct cx_arena_held){ arena->held, release, object };
    arena->held = held;
    return CX_SUCCESS;
}

static void
release_held(struct cx_arena *arena)
{
    while (arena->held != NULL) {
        struct cx_arena_held *held = arena->held;

        arena->held = held->next;
        held->release(held->object);
    }
}

void
cx_arena_reset(struct cx_arena *arena)
{
    struct cx_arena_block *block = arena->head;

    release_held(arena);
    while (block != NULL && block->next != NULL) {
        struct cx_arena_block *next = block->next;

        arena->used -= block->size;
        cx_free(block);
        block = next;
    }
    arena->head = block;
    if (block != NULL) {
        block->at = 0;
        ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
    }
}

void
cx_arena_done(struct cx_arena *arena)
{
    cx_arena_reset(arena);
    cx_free(arena->head);
    *arena = (struct cx_arena){ .cap = arena->cap };
}
