#include "log.h"

#include <stdio.h>
#include <stdlib.h>

static void
must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

struct text
log_file(const char *name)
{
    struct text ret = { .n = 0 };
    char path[1024];
    int n = snprintf(path, sizeof(path), "%s/%s", LOG_VECTORS, name);
    FILE *file;

    must(n > 0 && (size_t)n < sizeof(path), name);
    file = fopen(path, "rbe");
    must(file != NULL, path);
    ret.n = fread(ret.p, 1, sizeof(ret.p), file);
    must(ret.n != 0 && ret.n < sizeof(ret.p) && fclose(file) == 0, path);
    return ret;
}

cx_span
span_of(const struct text *text)
{
    return (cx_span){ (const uint8_t *)text->p, text->n };
}

struct text
replaced(const struct text *text, const char *from, const char *to)
{
    struct text ret = { .n = 0 };
    const char *at = memmem(text->p, text->n, from, strlen(from));
    size_t front;

    must(at != NULL && text->n + strlen(to) < sizeof(ret.p), from);
    front = (size_t)(at - text->p);
    memcpy(ret.p, text->p, front);
    memcpy(ret.p + front, to, strlen(to));
    ret.n = front + strlen(to);
    memcpy(ret.p + ret.n, at + strlen(from), text->n - front - strlen(from));
    ret.n += text->n - front - strlen(from);
    return ret;
}

static struct cx_note_key
key_of_file(const char *name)
{
    struct text vkey = log_file(name);
    struct cx_note_key ret;

    must(cx_ok(cx_note_key_parse((cx_str){ vkey.p, vkey.n - 1 }, &ret, NULL)), name);
    return ret;
}

struct cx_note_key
log_key(void)
{
    return key_of_file("log.vkey");
}

struct cx_note_key
witness_key(void)
{
    return key_of_file("witness.vkey");
}

struct cx_ed25519_key *
private_key_from(unsigned first)
{
    struct cx_ed25519_key *ret = NULL;
    uint8_t seed[32];

    for (unsigned i = 0; i < sizeof(seed); i++) {
        seed[i] = (uint8_t)(first + i);
    }
    must(cx_ok(cx_ed25519_of_seed(seed, &ret, NULL)), "seed");
    return ret;
}
