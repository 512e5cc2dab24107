#include "incident/input.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "pki/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct cx_input {
    int fd;     /* -1: octets in memory */
    char *path; /* for errors */
    uint8_t *room;
    size_t room_n;
    const uint8_t *p; /* room, or the octets in memory */
    size_t at, n;     /* what is read, and not yet stepped over */
    bool end;         /* nothing comes behind n */
    bool line_ended;  /* the last line has its LF */
    uint64_t before;  /* octets in front of p */
    uint64_t number;
    uint64_t size;
    struct cx_digest *digest;
};

static void
input_cleanup(struct cx_input **input)
{
    cx_input_close(*input);
}

static struct cx_input *
input_new(const char *path)
{
    CX_AUTO(input_cleanup) struct cx_input *input = cx_alloc(1, sizeof(*input));
    size_t n = strlen(path) + 1;

    if (input == NULL) {
        return NULL;
    }
    input->fd = -1;
    input->path = cx_alloc(n, 1);
    input->digest = cx_digest_new();
    if (input->path == NULL || input->digest == NULL) {
        return NULL;
    }
    memcpy(input->path, path, n);
    return CX_STEAL(input);
}

cx_status
cx_input_open(const char *path, struct cx_input **ret, struct cx_detail *detail)
{
    bool standard = strcmp(path, "-") == 0;
    CX_AUTO(input_cleanup)
    struct cx_input *input = input_new(standard ? "standard input" : path);
    struct stat about;

    if (input == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    input->fd =
        standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0 || fstat(input->fd, &about) != 0) {
        return cx_fail(detail, CX_E_IO, "%s: %s", input->path, strerror(errno));
    }
    if (S_ISDIR(about.st_mode)) {
        return cx_fail(detail, CX_E_IO, "%s: is a folder; name a file in it", input->path);
    }
    input->size = S_ISREG(about.st_mode) && about.st_size > 0 ? (uint64_t)about.st_size : 0;
    *ret = CX_STEAL(input);
    return CX_SUCCESS;
}

struct cx_input *
cx_input_of(cx_span octets)
{
    CX_AUTO(input_cleanup) struct cx_input *input = input_new("memory");

    if (input == NULL || !cx_ok(cx_digest_add(input->digest, octets))) {
        return NULL;
    }
    input->p = octets.p;
    input->n = octets.n;
    input->size = octets.n;
    input->end = true;
    return CX_STEAL(input);
}

void
cx_input_close(struct cx_input *input)
{
    if (input == NULL) {
        return;
    }
    if (input->fd >= 0) {
        (void)close(input->fd); /* only read: nothing can be lost */
    }
    cx_digest_free(input->digest);
    cx_free(input->path);
    cx_free(input->room);
    cx_free(input);
}

/* ---- the window */

static size_t
ahead(const struct cx_input *input)
{
    return input->n - input->at;
}

/* Room for a chunk behind n: what was stepped over goes, and if that is not enough the room doubles. */
static cx_status
make_room(struct cx_input *input)
{
    size_t left = ahead(input), wider = input->room_n == 0 ? 2 * CX_INPUT_CHUNK : 2 * input->room_n;
    uint8_t *room;

    if (input->room_n - input->n >= CX_INPUT_CHUNK) {
        return CX_SUCCESS;
    }
    if (left != 0) {
        memmove(input->room, input->room + input->at, left);
    }
    input->before += input->at;
    input->at = 0;
    input->n = left;
    if (input->room_n - left >= CX_INPUT_CHUNK) {
        return CX_SUCCESS;
    }
    room = cx_realloc(input->room, wider, 1);
    if (room == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    input->room = room;
    input->room_n = wider;
    input->p = room;
    return CX_SUCCESS;
}

/* One chunk more, or the end. */
static cx_status
fill(struct cx_input *input, struct cx_detail *detail)
{
    ssize_t got;

    CX_TRY(make_room(input));
    do {
        got = read(input->fd, input->room + input->n, CX_INPUT_CHUNK);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return cx_fail(detail, CX_E_IO, "%s: %s", input->path, strerror(errno));
    }
    input->end = got == 0;
    CX_TRY(cx_digest_add(input->digest, (cx_span){ input->room + input->n, (size_t)got }));
    input->n += (size_t)got;
    return CX_SUCCESS;
}

/* At least n octets ahead, if there are so many. */
static cx_status
look_ahead(struct cx_input *input, size_t n, struct cx_detail *detail)
{
    while (ahead(input) < n && !input->end) {
        CX_TRY(fill(input, detail));
    }
    return CX_SUCCESS;
}

static cx_span
step(struct cx_input *input, size_t n)
{
    cx_span octets = { input->p + input->at, n };

    input->at += n;
    return n == 0 ? (cx_span){ NULL, 0 } : octets;
}

/* ---- reading */

cx_status
cx_input_peek(struct cx_input *input, size_t n, cx_span *ret, struct cx_detail *detail)
{
    size_t most = n < CX_INPUT_PEEK ? n : CX_INPUT_PEEK;

    CX_TRY(look_ahead(input, most, detail));
    if (most > ahead(input)) {
        most = ahead(input);
    }
    *ret = most == 0 ? (cx_span){ NULL, 0 } : (cx_span){ input->p + input->at, most };
    return CX_SUCCESS;
}

/* Octets to the LF that ends the line, or ret_found false: then none is among the first CX_LINE_MAX + 1 (an LF or CR LF), or the end comes first. */
static cx_status
find_end(struct cx_input *input, size_t *ret, bool *ret_found, struct cx_detail *detail)
{
    size_t seen = 0;

    *ret_found = false;
    for (;;) {
        size_t n = ahead(input);
        const uint8_t *end = n > seen ? memchr(input->p + input->at + seen, '\n', n - seen) : NULL;

        if (end != NULL) {
            *ret = (size_t)(end - (input->p + input->at));
            *ret_found = true;
            return CX_SUCCESS;
        }
        *ret = n;
        seen = n;
        if (input->end || n > CX_LINE_MAX + 1) {
            return CX_SUCCESS;
        }
        CX_TRY(fill(input, detail));
    }
}

/* The rest of a line that is too long. */
static cx_status
pass_line(struct cx_input *input, struct cx_detail *detail)
{
    bool found = false;

    while (!found && (ahead(input) != 0 || !input->end)) {
        const uint8_t *end;

        CX_TRY(look_ahead(input, 1, detail));
        end = ahead(input) == 0 ? NULL : memchr(input->p + input->at, '\n', ahead(input));
        found = end != NULL;
        (void)step(input, found ? (size_t)(end - (input->p + input->at)) + 1 : ahead(input));
    }
    return CX_SUCCESS;
}

cx_status
cx_input_line(struct cx_input *input, cx_str *ret, bool *ret_more, struct cx_detail *detail)
{
    size_t n;
    bool found;
    cx_str line;

    CX_TRY(find_end(input, &n, &found, detail));
    if (!found && n == 0) {
        *ret_more = false;
        return CX_SUCCESS;
    }
    *ret_more = true;
    input->number++;
    input->line_ended = found;
    line = (cx_str){ (const char *)input->p + input->at, n };
    line.n -= found && n != 0 && line.p[n - 1] == '\r' ? 1 : 0;
    if (line.n > CX_LINE_MAX) {
        CX_TRY(pass_line(input, detail));
        return cx_fail(detail, CX_E_LIMIT, "line %llu: longer than %u octets",
                       (unsigned long long)input->number, CX_LINE_MAX);
    }
    (void)step(input, n + (found ? 1 : 0));
    *ret = line;
    return CX_SUCCESS;
}

cx_status
cx_input_take(struct cx_input *input, size_t n, cx_span *ret, bool *ret_more,
              struct cx_detail *detail)
{
    if (n > CX_LINE_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "octet %llu: a piece of %zu octets, more than %u",
                       (unsigned long long)cx_input_offset(input), n, CX_LINE_MAX);
    }
    CX_TRY(look_ahead(input, n, detail));
    *ret_more = ahead(input) >= n;
    *ret = step(input, *ret_more ? n : ahead(input));
    return CX_SUCCESS;
}

cx_status
cx_input_rest(struct cx_input *input, size_t max, cx_span *ret, struct cx_detail *detail)
{
    CX_TRY(look_ahead(input, max == SIZE_MAX ? max : max + 1, detail));
    if (ahead(input) > max) {
        return cx_fail(detail, CX_E_LIMIT, "%s: longer than %zu octets", input->path, max);
    }
    *ret = step(input, ahead(input));
    return CX_SUCCESS;
}

/* ---- where it is */

bool
cx_input_line_ended(const struct cx_input *input)
{
    return input->line_ended;
}

uint64_t
cx_input_number(const struct cx_input *input)
{
    return input->number;
}

uint64_t
cx_input_offset(const struct cx_input *input)
{
    return input->before + input->at;
}

uint64_t
cx_input_size(const struct cx_input *input)
{
    return input->size;
}

cx_status
cx_input_digest(struct cx_input *input, struct cx_hash *ret, struct cx_detail *detail)
{
    while (!input->end) {
        input->at = input->n; /* only hashed from here on */
        CX_TRY(fill(input, detail));
    }
    return cx_digest_of(input->digest, ret->b);
}
