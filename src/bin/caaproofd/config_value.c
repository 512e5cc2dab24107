#include "base/limits.h"
#include "base/utf8.h"
#include "bin/caaproofd/config_option.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <sys/un.h>

/* Texts of keys; longer ones are no names, subjects or paths that any system takes. */
#define TEXT_MAX        4095
#define NAME_MAX_OCTETS 64
/* Of a value that is told in a fault. */
#define FOUND_MAX 60

#define WRONG ((cx_status){ CX_E_USAGE })

/* An enum of words is stored as a number. */
_Static_assert(sizeof(enum config_mode) == sizeof(unsigned), "enums are as wide as unsigned");

/* Where the option's value is, in the struct of its section. */
static void *
place_in(const struct config_option *option, void *of)
{
    return (uint8_t *)of + option->at;
}

static const void *
value_in(const struct config_option *option, const void *of)
{
    return (const uint8_t *)of + option->at;
}

/* ---- numbers with units */

struct unit {
    const char *name;
    uint64_t n;
};

static const struct unit milliseconds[] = {
    { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 }, { "d", 86400000 }, { NULL, 0 },
};
static const struct unit seconds[] = {
    { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 }, { NULL, 0 },
};
static const struct unit octets[] = {
    { "B", 1 }, { "KiB", 1024 }, { "MiB", 1048576 }, { "GiB", 1073741824 }, { NULL, 0 },
};
static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };

static const struct unit *
units_of(enum config_kind kind)
{
    return kind == CONFIG_KIND_MILLISECONDS ? milliseconds
           : kind == CONFIG_KIND_SECONDS    ? seconds
           : kind == CONFIG_KIND_SIZE       ? octets
                                            : plain;
}

static bool
read_quantity(cx_str text, const struct unit *units, uint64_t *ret)
{
    uint64_t n = 0;
    size_t at = 0;

    for (; at < text.n && text.p[at] >= '0' && text.p[at] <= '9'; at++) {
        uint64_t digit = (uint64_t)(text.p[at] - '0');

        if (n > (UINT64_MAX - digit) / 10) {
            return false;
        }
        n = n * 10 + digit;
    }
    for (size_t i = 0; at != 0 && units[i].name != NULL; i++) {
        if (cx_str_equal((cx_str){ text.p + at, text.n - at }, cx_str_of(units[i].name))) {
            *ret = n * units[i].n;
            return n <= UINT64_MAX / units[i].n;
        }
    }
    return false;
}

/* In the largest unit of which it is a multiple. */
static void
print_quantity(uint64_t value, const struct unit *units, struct cx_buf *buf)
{
    size_t best = 0;

    for (size_t i = 0; value != 0 && units[i].name != NULL; i++) {
        best = value % units[i].n == 0 ? i : best;
    }
    cx_buf_printf(buf, "%" PRIu64 "%s", value / units[best].n, units[best].name);
}

/* The two ends of "1s..8h". */
static void
split_range(const char *form, cx_str *least, cx_str *most)
{
    const char *dots = strstr(form, "..");

    *least = (cx_str){ form, (size_t)(dots - form) };
    *most = cx_str_of(dots + 2);
}

static cx_status
read_number(const struct config_option *option, const struct cx_json *json, struct cx_arena *arena,
            void *to)
{
    uint64_t *ret = place_in(option, to);
    const struct unit *units = units_of(option->kind);
    cx_str text = { NULL, 0 }, low, high;
    uint64_t n = 0, least, most;
    int64_t number = -1;

    if (option->kind == CONFIG_KIND_COUNT) {
        if (!cx_json_integer(json, &number) || number < 0) {
            return WRONG;
        }
        n = (uint64_t)number;
    } else if (!cx_json_string(json, &text) || !read_quantity(text, units, &n)) {
        return WRONG;
    }
    (void)arena; /* one type for all readers */
    split_range(option->form, &low, &high);
    if (!read_quantity(low, units, &least) || !read_quantity(high, units, &most) || n < least ||
        n > most) {
        return WRONG;
    }
    *ret = n;
    return CX_SUCCESS;
}

static bool
print_number(const struct config_option *option, const void *from, struct cx_buf *buf)
{
    const uint64_t *n = value_in(option, from);

    if (*n != CONFIG_NONE) {
        print_quantity(*n, units_of(option->kind), buf);
    }
    return *n != CONFIG_NONE;
}

/* ---- texts */

static bool
is_text(cx_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f) {
            return false;
        }
    }
    return text.n != 0 && text.n <= TEXT_MAX;
}

static bool
is_name(cx_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!cx_ascii_alnum((uint8_t)text.p[i]) && strchr("-_.", text.p[i]) == NULL) {
            return false;
        }
    }
    return text.n != 0 && text.n <= NAME_MAX_OCTETS && !cx_str_equal(text, CX_STR("all"));
}

static bool
is_of_kind(enum config_kind kind, cx_str text)
{
    return is_text(text) && (kind != CONFIG_KIND_NAME || is_name(text)) &&
           (kind != CONFIG_KIND_PATH || text.p[0] == '/');
}

static cx_status
read_text(const struct config_option *option, const struct cx_json *json, struct cx_arena *arena,
          void *to)
{
    cx_str text;

    if (!cx_json_string(json, &text) || !is_of_kind(option->kind, text)) {
        return WRONG;
    }
    return cx_arena_text(arena, text, place_in(option, to));
}

static void
put_text(cx_str text, struct cx_buf *buf)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = cx_json_new_string(text);

    config_value_put(json, buf);
}

static bool
print_text(const struct config_option *option, const void *from, struct cx_buf *buf)
{
    const cx_str *text = value_in(option, from);

    if (text->n != 0) {
        put_text(*text, buf);
    }
    return text->n != 0;
}

/* ---- true, false and words */

static cx_status
read_bool(const struct config_option *option, const struct cx_json *json, struct cx_arena *arena,
          void *to)
{
    (void)arena;
    return cx_json_bool(json, place_in(option, to)) ? CX_SUCCESS : WRONG;
}

static bool
print_bool(const struct config_option *option, const void *from, struct cx_buf *buf)
{
    const bool *yes = value_in(option, from);

    cx_buf_puts(buf, *yes ? "true" : "false");
    return true;
}

/* Which of the words of form it is, from 0. */
static bool
find_word(const char *form, cx_str word, unsigned *ret)
{
    cx_str left = cx_str_of(form);

    for (unsigned i = 0; left.n != 0 && word.n != 0; i++) {
        const char *bar = memchr(left.p, '|', left.n);
        size_t n = bar == NULL ? left.n : (size_t)(bar - left.p);

        if (cx_str_equal((cx_str){ left.p, n }, word)) {
            *ret = i;
            return true;
        }
        n += bar == NULL ? 0 : 1;
        left = (cx_str){ left.p + n, left.n - n };
    }
    return false;
}

static void
put_word(const char *form, unsigned word, struct cx_buf *buf)
{
    for (; word != 0; word--) {
        form = strchr(form, '|') + 1;
    }
    cx_buf_put(buf, (cx_str){ form, strcspn(form, "|") });
}

static cx_status
read_word(const struct config_option *option, const struct cx_json *json, struct cx_arena *arena,
          void *to)
{
    unsigned word;
    cx_str text;

    (void)arena;
    if (!cx_json_string(json, &text) || !find_word(option->form, text, &word)) {
        return WRONG;
    }
    word++;
    memcpy(place_in(option, to), &word, sizeof(word));
    return CX_SUCCESS;
}

static bool
print_word(const struct config_option *option, const void *from, struct cx_buf *buf)
{
    unsigned word;

    memcpy(&word, value_in(option, from), sizeof(word));
    if (word != 0) {
        put_word(option->form, word - 1, buf);
    }
    return word != 0;
}

static cx_status
read_words(const struct config_option *option, const struct cx_json *json, struct cx_arena *arena,
           void *to)
{
    unsigned all = 0, word;
    unsigned *ret = place_in(option, to);
    cx_str text;

    (void)arena;
    for (size_t i = 0; i < cx_json_size(json); i++) {
        if (!cx_json_string(cx_json_at(json, i), &text) || !find_word(option->form, text, &word)) {
            return WRONG;
        }
        all |= 1u << word;
    }
    *ret = all;
    return all != 0 ? CX_SUCCESS : WRONG;
}

static bool
print_words(const struct config_option *option, const void *from, struct cx_buf *buf)
{
    const unsigned *all = value_in(option, from);
    const char *before = "[";

    for (unsigned word = 0; *all >> word != 0; word++) {
        if ((*all >> word & 1) != 0) {
            cx_buf_puts(buf, before);
            put_word(option->form, word, buf);
            before = ", ";
        }
    }
    cx_buf_putc(buf, ']');
    return *all != 0;
}

/* ---- lists of texts, digests, requests */

/* A list of texts, or one text alone. */
static cx_status
read_texts(const struct config_option *option, const struct cx_json *json, struct cx_arena *arena,
           void *to)
{
    size_t *to_n = (void *)((uint8_t *)to + option->at_n);
    const cx_str **place = place_in(option, to);
    bool list = cx_json_kind_of(json) == CX_JSON_ARRAY;
    size_t n = list ? cx_json_size(json) : 1;
    cx_str *texts = cx_arena_get(arena, n + 1, sizeof(*texts));

    if (texts == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        cx_str text;

        if (!cx_json_string(list ? cx_json_at(json, i) : json, &text) || !is_text(text)) {
            return WRONG;
        }
        CX_TRY(cx_arena_text(arena, text, &texts[i]));
    }
    *place = texts;
    *to_n = n;
    return CX_SUCCESS;
}

static bool
print_texts(const struct config_option *option, const void *from, struct cx_buf *buf)
{
    const size_t *n = (const void *)((const uint8_t *)from + option->at_n);
    const cx_str *const *texts = value_in(option, from);

    for (size_t i = 0; i < *n; i++) {
        cx_buf_puts(buf, i == 0 ? "[" : ", ");
        put_text((*texts)[i], buf);
    }
    cx_buf_puts(buf, *n == 0 ? "" : "]");
    return *n != 0;
}

static cx_status
read_digest(const struct config_option *option, const struct cx_json *json, struct cx_arena *arena,
            void *to)
{
    const struct cx_hash **place = place_in(option, to);
    struct cx_hash *hash;
    struct cx_hash value;
    cx_str text;

    if (!cx_json_string(json, &text) || !cx_hash_of_text(text, &value)) {
        return WRONG;
    }
    hash = cx_arena_get(arena, 1, sizeof(*hash));
    if (hash == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *hash = value;
    *place = hash;
    return CX_SUCCESS;
}

static bool
print_digest(const struct config_option *option, const void *from, struct cx_buf *buf)
{
    const struct cx_hash *const *hash = value_in(option, from);
    char text[CX_HASH_TEXT];

    if (*hash != NULL) {
        cx_hash_text(*hash, text);
        cx_buf_printf(buf, "\"%s\"", text);
    }
    return *hash != NULL;
}

/* json is borrowed: it lives in the arena too. */
static cx_status
read_request(const struct config_option *option, const struct cx_json *json, struct cx_arena *arena,
             void *to)
{
    const struct cx_json **place = place_in(option, to);

    (void)arena;
    if (cx_json_kind_of(json) != CX_JSON_OBJECT) {
        return WRONG;
    }
    *place = json;
    return CX_SUCCESS;
}

static bool
print_request(const struct config_option *option, const void *from, struct cx_buf *buf)
{
    const struct cx_json *const *json = value_in(option, from);

    if (*json != NULL) {
        config_value_put(*json, buf);
    }
    return *json != NULL;
}

/* ---- addresses */

static bool
read_port(cx_str text, uint16_t *ret)
{
    uint64_t n;

    if (!read_quantity(text, plain, &n) || n == 0 || n > UINT16_MAX) {
        return false;
    }
    *ret = (uint16_t)n;
    return true;
}

static bool
is_ip(struct config_address *address, const char *host)
{
    struct in6_addr six;
    struct in_addr four;

    if (address->family == CONFIG_FAMILY_IPV6) {
        address->is_local = inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
        return inet_pton(AF_INET6, host, &six) == 1;
    }
    if (inet_pton(AF_INET, host, &four) != 1) {
        return false;
    }
    address->is_local = ntohl(four.s_addr) >> 24 == 127;
    return true;
}

/* host and port are parts of address->text, and no place for a NUL. */
static bool
read_ip(struct config_address *address)
{
    char host[INET6_ADDRSTRLEN];
    cx_str text = address->text;
    const char *colon = memrchr(text.p, ':', text.n);
    size_t n = colon == NULL ? 0 : (size_t)(colon - text.p);
    bool six = n > 2 && text.p[0] == '[' && text.p[n - 1] == ']';

    address->host = six ? (cx_str){ text.p + 1, n - 2 } : (cx_str){ text.p, n };
    address->family = six ? CONFIG_FAMILY_IPV6 : CONFIG_FAMILY_IPV4;
    if (n == 0 || address->host.n >= sizeof(host)) {
        return false;
    }
    memcpy(host, address->host.p, address->host.n);
    host[address->host.n] = '\0';
    return is_ip(address, host) &&
           read_port((cx_str){ text.p + n + 1, text.n - n - 1 }, &address->port);
}

static bool
read_unix(struct config_address *address)
{
    address->family = CONFIG_FAMILY_UNIX;
    address->host = (cx_str){ address->text.p + 5, address->text.n - 5 };
    address->is_local = true;
    return address->host.n > 1 && address->host.p[0] == '/' &&
           address->host.n < sizeof(((struct sockaddr_un *)NULL)->sun_path);
}

static cx_status
read_address(const struct config_option *option, const struct cx_json *json, struct cx_arena *arena,
             void *to)
{
    struct config_address *place = place_in(option, to);
    struct config_address address = { .port = 0 };

    if (!cx_json_string(json, &address.text) || !is_text(address.text)) {
        return WRONG;
    }
    CX_TRY(cx_arena_text(arena, address.text, &address.text));
    if (address.text.n > 5 && memcmp(address.text.p, "unix:", 5) == 0) {
        if (!read_unix(&address)) {
            return WRONG;
        }
    } else {
        if (!read_ip(&address)) {
            return WRONG;
        }
        CX_TRY(cx_arena_text(arena, address.host, &address.host));
    }
    *place = address;
    return CX_SUCCESS;
}

static bool
print_address(const struct config_option *option, const void *from, struct cx_buf *buf)
{
    const struct config_address *address = value_in(option, from);

    put_text(address->text, buf);
    return true;
}

/* ---- all kinds */

struct kind {
    cx_status (*read)(const struct config_option *option, const struct cx_json *json,
                      struct cx_arena *arena, void *to);
    bool (*print)(const struct config_option *option, const void *from, struct cx_buf *buf);
    const char *expected; /* with the range or words of form behind it */
};

static const struct kind kinds[] = {
    [CONFIG_KIND_TEXT] = { read_text, print_text, "a text" },
    [CONFIG_KIND_NAME] = { read_text, print_text,
                           "a name of letters, digits, - _ . (not \"all\")" },
    [CONFIG_KIND_PATH] = { read_text, print_text, "an absolute path" },
    [CONFIG_KIND_ADDRESS] = { read_address, print_address,
                              "ADDRESS:PORT, [IPv6 ADDRESS]:PORT or unix:/PATH" },
    [CONFIG_KIND_BOOL] = { read_bool, print_bool, "true or false" },
    [CONFIG_KIND_WORD] = { read_word, print_word, "one of " },
    [CONFIG_KIND_WORDS] = { read_words, print_words, "a list of " },
    [CONFIG_KIND_COUNT] = { read_number, print_number, "a whole number from " },
    [CONFIG_KIND_SIZE] = { read_number, print_number, "a size from " },
    [CONFIG_KIND_SECONDS] = { read_number, print_number, "a time from " },
    [CONFIG_KIND_MILLISECONDS] = { read_number, print_number, "a time from " },
    [CONFIG_KIND_DIGEST] = { read_digest, print_digest, "64 hexadecimal digits" },
    [CONFIG_KIND_TEXTS] = { read_texts, print_texts, "a list of texts" },
    [CONFIG_KIND_REQUEST] = { read_request, print_request, "a map" },
    [CONFIG_KIND_MAP] = { NULL, NULL, "a map" },
    [CONFIG_KIND_LIST] = { NULL, NULL, "a list of maps" },
};

cx_status
config_value_read(const struct config_option *option, const struct cx_json *json,
                  struct cx_arena *arena, void *to)
{
    return kinds[option->kind].read(option, json, arena, to);
}

void
config_value_none(const struct config_option *option, void *to)
{
    if (kinds[option->kind].read == read_number) {
        uint64_t *n = place_in(option, to);

        *n = CONFIG_NONE;
    }
}

bool
config_value_print(const struct config_option *option, const void *from, struct cx_buf *buf)
{
    return kinds[option->kind].print(option, from, buf);
}

void
config_value_expected(const struct config_option *option, struct cx_buf *buf)
{
    cx_buf_puts(buf, kinds[option->kind].expected);
    if (kinds[option->kind].read == read_number) {
        cx_str least, most;

        split_range(option->form, &least, &most);
        cx_buf_printf(buf, "%.*s to %s", (int)least.n, least.p, most.p);
        if (option->kind != CONFIG_KIND_COUNT && option->usual != NULL) {
            cx_buf_printf(buf, ", such as %s", option->usual);
        }
    } else if (option->kind == CONFIG_KIND_WORD || option->kind == CONFIG_KIND_WORDS) {
        for (const char *c = option->form; *c != '\0'; c++) {
            cx_buf_put(buf, *c == '|' ? CX_STR(", ") : (cx_str){ c, 1 });
        }
    }
}

void
config_value_quote(cx_str text, struct cx_buf *buf)
{
    cx_str shown = { text.p, text.n < FOUND_MAX ? text.n : FOUND_MAX };

    cx_buf_putc(buf, '"');
    cx_buf_put_escaped(buf, cx_span_of_str(shown));
    cx_buf_puts(buf, shown.n < text.n ? "...\"" : "\"");
}

void
config_value_found(const struct cx_json *json, struct cx_buf *buf)
{
    static const char *const words[] = {
        [CX_JSON_NONE] = "nothing", [CX_JSON_NULL] = "nothing", [CX_JSON_ARRAY] = "a list",
        [CX_JSON_OBJECT] = "a map", [CX_JSON_STRING] = NULL,
    };
    enum cx_json_kind kind = cx_json_kind_of(json);
    cx_str text;

    if (cx_json_string(json, &text)) {
        config_value_quote(text, buf);
    } else if (words[kind] != NULL) {
        bool empty = kind == CX_JSON_ARRAY && cx_json_size(json) == 0;

        cx_buf_puts(buf, empty ? "an empty list" : words[kind]);
    } else {
        config_value_put(json, buf);
    }
}

/* JSON is YAML but for characters outside ASCII, some of which YAML refuses or takes for the end of a line: they are
 * written as escapes. */
void
config_value_put(const struct cx_json *json, struct cx_buf *buf)
{
    CX_AUTO(cx_buf_done) struct cx_buf text;
    cx_status s;

    cx_buf_init(&text, buf->max);
    s = cx_json_write(json, &text);
    if (!cx_ok(s)) {
        cx_buf_fail(buf, s.code);
        return;
    }
    for (size_t at = 0; at < text.n;) {
        uint32_t point = 0;
        size_t n = cx_utf8_first((cx_span){ (const uint8_t *)text.p + at, text.n - at }, &point);

        if (point < 0x7f) {
            cx_buf_putc(buf, text.p[at]);
        } else if (point <= 0xffff) {
            cx_buf_printf(buf, "\\u%04" PRIx32, point);
        } else {
            cx_buf_printf(buf, "\\U%08" PRIx32, point);
        }
        at += n == 0 ? 1 : n;
    }
}
