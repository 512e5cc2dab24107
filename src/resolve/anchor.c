#include "resolve/anchor.h"

#include "base/limits.h"
#include "dns/caa.h"

#include <errno.h>
#include <stdio.h>

#define BLANK " \t\r\n"

/* Where Debian keeps the root's anchor: dns-root-data, and the copy that unbound maintains. */
static const char *const default_paths[] = {
    "/usr/share/dns/root.key",
    "/var/lib/unbound/root.key",
};

/* The file under way: where we are, and what comments said about the next record. */
struct reading {
    const char *path;
    unsigned line;
    cx_time from;
    cx_time until;
    bool dated;
    struct cx_anchors anchors;
    struct cx_detail *detail;
};

/* One record, cut into its fields; the last field is what is left, with its blanks taken out. */
struct record {
    bool is_ds;
    unsigned number[3];
    char data[CX_ANCHOR_LINE_MAX];
    size_t n;
};

static cx_status
refuse(const struct reading *r, const char *why)
{
    return cx_fail(r->detail, CX_E_RESOLVER, "%s: line %u: %s", r->path, r->line, why);
}

/* The next word of *rest, NUL-terminated in place; NULL at the end. */
static char *
word(char **rest)
{
    char *begin = *rest + strspn(*rest, BLANK);
    char *end = begin + strcspn(begin, BLANK);

    if (begin == end) {
        return NULL;
    }
    *rest = *end == '\0' ? end : end + 1;
    *end = '\0';
    return begin;
}

static bool
number(const char *text, unsigned max, unsigned *ret)
{
    unsigned value = 0;

    if (text == NULL || *text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(*text - '0');
        if (value > max) {
            return false;
        }
    }
    *ret = value;
    return true;
}

static bool
same_word(const char *a, const char *b)
{
    return cx_span_equal_fold(cx_span_of_str(cx_str_of(a)), cx_span_of_str(cx_str_of(b)));
}

/* Owner, TTL and class stand in front of the type; the last two in any order, or not at all. */
static char *
skip_to_type(char **rest)
{
    char *at = word(rest);
    unsigned ttl;

    for (int i = 0; i < 2 && at != NULL && (same_word(at, "IN") || number(at, INT32_MAX, &ttl));
         i++) {
        at = word(rest);
    }
    return at;
}

static cx_status
parse_record(const struct reading *r, char *line, struct record *ret)
{
    static const unsigned max[] = { 65535, 255, 255 };
    char *rest = line;
    char *at = word(&rest);

    if (at == NULL || strcmp(at, ".") != 0) {
        return refuse(r, "an anchor of another name than the root");
    }
    at = skip_to_type(&rest);
    if (at == NULL || (!same_word(at, "DS") && !same_word(at, "DNSKEY"))) {
        return refuse(r, "neither a DS nor a DNSKEY record on one line");
    }
    ret->is_ds = same_word(at, "DS");
    for (size_t i = 0; i < CX_COUNT(ret->number); i++) {
        if (!number(word(&rest), max[i], &ret->number[i])) {
            return refuse(r, "a number is missing or out of range");
        }
    }
    ret->n = 0;
    while ((at = word(&rest)) != NULL) {
        size_t n = strlen(at);

        memcpy(ret->data + ret->n, at, n); /* fits: data is as long as the line */
        ret->n += n;
    }
    ret->data[ret->n] = '\0';
    return ret->n == 0 ? refuse(r, "the record ends early") : CX_SUCCESS;
}

/* Padding at the end only, whole groups: libunbound takes less than that without a word. */
static bool
is_base64(const struct record *record)
{
    size_t n =
        strspn(record->data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    return n + strspn(record->data + n, "=") == record->n && record->n - n <= 2 &&
           record->n % 4 == 0;
}

static bool
is_hex(const struct record *record)
{
    return strspn(record->data, "0123456789abcdefABCDEF") == record->n;
}

/* I1: algorithms that every build of libunbound can do (RFC 5702, 6605, 8080), and what their keys in base64 measure;
 * SHA-1 is left out. */
static const struct {
    unsigned algorithm;
    size_t least, most;
} algorithms[] = {
    { 8, 172, CX_ANCHOR_LINE_MAX },  /* RSA/SHA-256, 1,024 bits or more */
    { 10, 172, CX_ANCHOR_LINE_MAX }, /* RSA/SHA-512 */
    { 13, 88, 88 },                  /* ECDSA P-256 */
    { 14, 128, 128 },                /* ECDSA P-384 */
    { 15, 44, 44 },                  /* Ed25519 */
};

static bool
is_usable(const struct record *record)
{
    unsigned algorithm = record->is_ds ? record->number[1] : record->number[2];

    for (size_t i = 0; i < CX_COUNT(algorithms); i++) {
        if (algorithms[i].algorithm != algorithm) {
            continue;
        }
        if (record->is_ds) { /* SHA-256, SHA-384 */
            return (record->number[2] == 2 && record->n == 64) ||
                   (record->number[2] == 4 && record->n == 96);
        }
        /* A zone key, entry point, not revoked (RFC 5011 section 2.1), protocol 3. */
        return record->number[0] == 257 && record->number[1] == 3 &&
               record->n >= algorithms[i].least && record->n <= algorithms[i].most;
    }
    return false;
}

/* Of a character that is_hex or is_base64 lets pass. */
static unsigned
value_of(char c, bool hex)
{
    unsigned letter = (unsigned)((c | 0x20) - 'a');

    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0') + (hex ? 0 : 52);
    }
    if (c == '+' || c == '/') {
        return c == '+' ? 62 : 63;
    }
    return hex ? letter + 10 : letter + (c >= 'a' ? 26 : 0);
}

/* The same in wire form (RFC 4034 sections 2.1 and 5.1). The record is usable, so its text is whole. */
static cx_status
make_data(const struct record *record, struct cx_arena *arena, struct cx_root_anchor *ret)
{
    unsigned width = record->is_ds ? 4 : 6, bits = 0;
    uint32_t held = 0;
    uint8_t *p = cx_arena_get(arena, 4 + record->n, 1);
    size_t n = 0;

    if (p == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    p[n++] = (uint8_t)(record->number[0] >> 8);
    p[n++] = (uint8_t)record->number[0];
    p[n++] = (uint8_t)record->number[1];
    p[n++] = (uint8_t)record->number[2];
    for (size_t i = 0; i < record->n && record->data[i] != '='; i++) {
        held = held << width | value_of(record->data[i], record->is_ds);
        bits += width;
        if (bits >= 8) {
            bits -= 8;
            p[n++] = (uint8_t)(held >> bits);
        }
    }
    *ret = (struct cx_root_anchor){ record->is_ds ? CX_TYPE_DS : CX_TYPE_DNSKEY, { p, n } };
    return CX_SUCCESS;
}

static cx_status
keep(struct reading *r, const struct record *record)
{
    struct cx_anchors *anchors = &r->anchors;
    size_t room = record->n + 64;
    char *text = cx_arena_get(&anchors->arena, room, 1);
    struct cx_root_anchor data;
    int n;

    if (anchors->n == CX_ANCHORS_MAX) {
        return refuse(r, "too many anchors");
    }
    if (text == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(make_data(record, &anchors->arena, &data));
    n = snprintf(text, room, ". IN %s %u %u %u %s", record->is_ds ? "DS" : "DNSKEY",
                 record->number[0], record->number[1], record->number[2], record->data);
    if (n < 0 || (size_t)n >= room) {
        return (cx_status){ CX_E_INTERNAL };
    }
    anchors->all[anchors->n++] = (struct cx_anchor){ text, data, r->from, r->until };
    return CX_SUCCESS;
}

/* I2: ";;state=2 [  VALID  ]"; a record without a state is not from such a file. */
static bool
is_trusted_state(const char *comment)
{
    static const char key[] = ";state=";
    const char *state = strstr(comment, key);

    return state == NULL || state[sizeof(key) - 1] == '2' || state[sizeof(key) - 1] == '3';
}

static cx_status
read_record(struct reading *r, char *line, const char *comment)
{
    struct record record;

    CX_TRY(parse_record(r, line, &record));
    if (record.is_ds ? !is_hex(&record) : !is_base64(&record)) {
        return refuse(r, "the digest is not hex, or the key not base64");
    }
    if (is_usable(&record) && is_trusted_state(comment)) {
        CX_TRY(keep(r, &record));
    }
    r->from = CX_TIME_NONE;
    r->until = CX_TIME_MAX;
    r->dated = false;
    return CX_SUCCESS;
}

/* "; valid-from: TIME" and "; valid-until: TIME"; other comments are for people. */
static cx_status
read_comment(struct reading *r, const char *comment)
{
    static const char *const key[] = { "valid-from:", "valid-until:" };
    cx_time *to[] = { &r->from, &r->until };
    const char *at = comment + strspn(comment, ";" BLANK);

    for (size_t i = 0; i < CX_COUNT(key); i++) {
        size_t n = strlen(key[i]);
        cx_str time;

        if (strncmp(at, key[i], n) != 0) {
            continue;
        }
        at += n + strspn(at + n, BLANK);
        time = (cx_str){ at, strlen(at) };
        while (time.n != 0 && strchr(BLANK, time.p[time.n - 1]) != NULL) {
            time.n--;
        }
        if (!cx_ok(cx_time_parse(time, to[i]))) {
            return refuse(r, "not a date or time");
        }
        r->dated = true;
        return CX_SUCCESS;
    }
    return CX_SUCCESS;
}

static cx_status
read_line(struct reading *r, char *line)
{
    char *comment = strchr(line, ';');

    if (comment != NULL) {
        *comment++ = '\0';
        CX_TRY(read_comment(r, comment));
    }
    if (line[strspn(line, BLANK)] == '\0') {
        return CX_SUCCESS;
    }
    return read_record(r, line, comment != NULL ? comment : "");
}

static cx_status
read_lines(struct reading *r, FILE *file)
{
    char line[CX_ANCHOR_LINE_MAX];

    while (fgets(line, sizeof(line), file) != NULL) {
        r->line++;
        if (r->line > CX_ANCHOR_LINES_MAX || (strchr(line, '\n') == NULL && feof(file) == 0)) {
            return refuse(r, "too long for a file of anchors");
        }
        CX_TRY(read_line(r, line));
    }
    if (ferror(file) != 0) {
        return cx_fail(r->detail, CX_E_RESOLVER, "%s: cannot be read", r->path);
    }
    if (r->dated) { /* a date that limits nothing was meant for a record before it */
        return refuse(r, "valid-from or valid-until without a record after it");
    }
    return CX_SUCCESS;
}

static FILE *
open_default(const char **ret_path)
{
    for (size_t i = 0; i < CX_COUNT(default_paths); i++) {
        FILE *file = fopen(default_paths[i], "re");

        if (file != NULL) {
            *ret_path = default_paths[i];
            return file;
        }
    }
    return NULL;
}

static cx_status
read_file(struct reading *r)
{
    FILE *file = r->path != NULL ? fopen(r->path, "re") : open_default(&r->path);
    cx_status s;

    if (file == NULL && r->path == NULL) {
        return cx_fail(r->detail, CX_E_RESOLVER,
                       "no trust anchor of the root: install dns-root-data or name a file with its"
                       " DS or DNSKEY records");
    }
    if (file == NULL) {
        return cx_fail(r->detail, CX_E_RESOLVER, "%s: cannot be opened; a trust anchor is needed",
                       r->path);
    }
    r->anchors.path = r->path;
    s = fstat(fileno(file), &r->anchors.version) == 0
            ? read_lines(r, file)
            : cx_fail(r->detail, CX_E_RESOLVER, "%s: cannot be read", r->path);
    (void)fclose(file); /* was only read */
    CX_TRY(s);
    if (r->anchors.n == 0) {
        return cx_fail(r->detail, CX_E_RESOLVER,
                       "%s: holds no usable DS or DNSKEY record of the root", r->path);
    }
    return CX_SUCCESS;
}

cx_status
cx_anchors_read(const char *path, struct cx_anchors *ret, struct cx_detail *detail)
{
    struct reading r = { .path = path, .from = CX_TIME_NONE, .detail = detail };
    cx_status s;

    r.until = CX_TIME_MAX;
    cx_arena_init(&r.anchors.arena, CX_ANCHORS_MEMORY);
    r.anchors.all = cx_arena_get(&r.anchors.arena, CX_ANCHORS_MAX, sizeof(*r.anchors.all));
    s = r.anchors.all == NULL ? (cx_status){ CX_E_NOMEM } : read_file(&r);
    if (!cx_ok(s)) {
        cx_anchors_done(&r.anchors);
        return s;
    }
    *ret = r.anchors;
    return CX_SUCCESS;
}

int
cx_anchors_stat(const char *path, struct stat *ret)
{
    if (path != NULL) {
        return stat(path, ret) == 0 ? 0 : errno;
    }
    for (size_t i = 0; i < CX_COUNT(default_paths); i++) {
        if (stat(default_paths[i], ret) == 0) {
            return 0;
        }
    }
    return errno;
}

void
cx_anchors_done(struct cx_anchors *anchors)
{
    cx_arena_done(&anchors->arena);
    anchors->all = NULL;
    anchors->n = 0;
}
