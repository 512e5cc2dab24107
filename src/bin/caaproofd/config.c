#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "bin/caaproofd/config_option.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* A configuration and what it lives in. */
struct holder {
    struct cx_arena arena;
    struct config config;
};

/* ---- faults */

void
config_faults_init(struct config_faults *faults)
{
    cx_buf_init(&faults->text, CX_CONFIG_FAULTS_OCTETS_MAX);
    faults->n = 0;
}

void
config_faults_done(struct config_faults *faults)
{
    cx_buf_done(&faults->text);
}

/* What comes after CONFIG_FAULTS_MAX is only counted. */
void
config_fault(struct config_reading *r, struct config_place place, const char *fmt, ...)
{
    char text[CX_CONFIG_FAULT_TEXT];
    va_list args;

    if (r->faults->n++ >= CONFIG_FAULTS_MAX) {
        return;
    }
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args); /* a sentence that is too long is cut */
    va_end(args);
    cx_buf_printf(&r->faults->text, "%s:%u:%u: ", r->input->name, place.line, place.column);
    cx_buf_puts(&r->faults->text, text);
    cx_buf_putc(&r->faults->text, '\n');
}

/* The key, what was expected of it, and what was found. */
static void
fault_value(struct config_reading *r, const struct config_option *option,
            const struct config_node *node, const char *path)
{
    CX_AUTO(cx_buf_done) struct cx_buf expected;
    CX_AUTO(cx_buf_done) struct cx_buf found;

    cx_buf_init(&expected, CX_CONFIG_FAULT_TEXT);
    cx_buf_init(&found, CX_CONFIG_FAULT_TEXT);
    config_value_expected(option, &expected);
    config_value_found(node->json, &found);
    config_fault(r, node->place, "%s: expected %.*s; found %.*s", path, (int)expected.n, expected.p,
                 (int)found.n, found.p);
}

static void
fault_missing(struct config_reading *r, const struct config_option *option,
              const struct config_node *map, const char *path)
{
    CX_AUTO(cx_buf_done) struct cx_buf expected;

    cx_buf_init(&expected, CX_CONFIG_FAULT_TEXT);
    config_value_expected(option, &expected);
    config_fault(r, map->place, "%s: is missing; expected %.*s", path, (int)expected.n, expected.p);
}

/* ---- sections */

/* A map that is being read, or one entry after the other of a list. */
struct level {
    struct config_section section;
    size_t next; /* option, of section */
    const struct config_node *node;
    uint8_t *to;
    size_t faults; /* there were when it began */
    bool in_list;
    size_t index; /* in the list */
    char list[CONFIG_PATH_TEXT];
    char path[CONFIG_PATH_TEXT];
};

struct levels {
    struct config_reading r;
    struct level v[CONFIG_LEVELS_MAX];
    size_t n;
};

void
config_path(char ret[CONFIG_PATH_TEXT], const char *above, const char *key)
{
    (void)snprintf(ret, CONFIG_PATH_TEXT, "%s%s%s", above, above[0] == '\0' ? "" : ".", key);
}

static void
fault_no_map(struct config_reading *r, const struct level *level)
{
    CX_AUTO(cx_buf_done) struct cx_buf found;

    cx_buf_init(&found, CX_CONFIG_FAULT_TEXT);
    config_value_found(level->node->json, &found);
    config_fault(r, level->node->place, "%s%sexpected a map; found %.*s", level->path,
                 level->path[0] == '\0' ? "" : ": ", (int)found.n, found.p);
}

/* level->node is where its options are; one without a value has none. */
static void
begin_map(struct levels *l, struct level *level)
{
    const char *known[CX_CONFIG_KEYS_MAX + 1] = { NULL };
    struct config_reading *r = &l->r;

    if (level->in_list) {
        (void)snprintf(level->path, sizeof(level->path), "%.120s[%zu]", level->list, level->index);
    }
    level->faults = r->faults->n;
    level->next = 0;
    if (level->node->json != NULL && cx_json_kind_of(level->node->json) != CX_JSON_OBJECT) {
        fault_no_map(r, level);
        level->next = level->section.n;
        return;
    }
    for (size_t i = 0; i < level->section.n && i < CX_CONFIG_KEYS_MAX; i++) {
        known[i] = level->section.options[i].key;
    }
    config_check_known(r, level->node, level->path, known);
}

/* The map or list that option has in the level above. to: for its values. */
static cx_status
descend(struct levels *l, const struct config_section *section, const struct config_node *node,
        const char *path, void *to, bool in_list)
{
    struct level *level = &l->v[l->n];

    if (l->n == CONFIG_LEVELS_MAX) {
        return (cx_status){ CX_E_INTERNAL };
    }
    l->n++;
    *level = (struct level){ .section = *section, .node = node, .to = to, .in_list = in_list };
    (void)snprintf(in_list ? level->list : level->path, CONFIG_PATH_TEXT, "%s", path);
    begin_map(l, level);
    return CX_SUCCESS;
}

/* All options of the map were read. */
static cx_status
end_map(struct levels *l)
{
    struct level *level = &l->v[l->n - 1];

    if (l->r.faults->n == level->faults) {
        CX_TRY(config_check(&l->r, &level->section, level->node, level->path, level->to));
    }
    if (!level->in_list || level->node->next == NULL) {
        l->n--;
        return CX_SUCCESS;
    }
    level->node = level->node->next;
    level->to += level->section.size;
    level->index++;
    begin_map(l, level);
    return CX_SUCCESS;
}

/* An empty node: all keys of the map have their defaults. */
static cx_status
read_map(struct levels *l, const struct config_option *option, const struct config_node *node,
         const char *path, uint8_t *to)
{
    struct config_section section = config_section_named(option->form);
    void *map = cx_arena_get(l->r.arena, 1, section.size);

    if (map == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(to + option->at, &map, sizeof(map));
    return descend(l, &section, node, path, map, false);
}

static cx_status
read_list(struct levels *l, const struct config_option *option, const struct config_node *node,
          const char *path, uint8_t *to)
{
    struct config_section section = config_section_named(option->form);
    size_t n = cx_json_size(node->json);
    void *entries;

    if (cx_json_kind_of(node->json) != CX_JSON_ARRAY || (n == 0 && option->usual != NULL)) {
        fault_value(&l->r, option, node, path);
        return CX_SUCCESS;
    }
    if (n > CX_CONFIG_ENTRIES_MAX) {
        config_fault(&l->r, node->place, "%s: more than %d entries", path, CX_CONFIG_ENTRIES_MAX);
        return CX_SUCCESS;
    }
    entries = cx_arena_get(l->r.arena, n + 1, section.size);
    if (entries == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(to + option->at, &entries, sizeof(entries));
    memcpy(to + option->at_n, &n, sizeof(n));
    return n == 0 ? CX_SUCCESS : descend(l, &section, node->first, path, entries, true);
}

/* What a key has that was not given. */
static cx_status
read_default(struct levels *l, const struct config_option *option, const struct config_node *map,
             const char *path, uint8_t *to)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;

    if (option->usual == NULL) {
        config_value_none(option, to);
        return CX_SUCCESS;
    }
    if (option->usual[0] == '\0') {
        fault_missing(&l->r, option, map, path);
        return CX_SUCCESS;
    }
    if (option->kind == CONFIG_KIND_MAP) {
        struct config_node *empty = cx_arena_get(l->r.arena, 1, sizeof(*empty));

        if (empty == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
        empty->place = map->place;
        return read_map(l, option, empty, path, to);
    }
    json = config_yaml_plain(cx_str_of(option->usual));
    return json == NULL ? (cx_status){ CX_E_NOMEM }
                        : config_value_read(option, json, l->r.arena, to);
}

static cx_status
read_option(struct levels *l, const struct config_option *option, const struct config_node *map,
            const char *path, uint8_t *to)
{
    const struct config_node *node = config_node_member(map, option->key);
    bool is_map = option->kind == CONFIG_KIND_MAP, is_list = option->kind == CONFIG_KIND_LIST;
    cx_status s;

    /* Without a value: a section whose keys are all commented out. */
    if (node == NULL || (cx_json_kind_of(node->json) == CX_JSON_NULL &&
                         (is_list || (is_map && option->usual != NULL)))) {
        return read_default(l, option, map, path, to);
    }
    if (is_map) {
        return read_map(l, option, node, path, to);
    }
    if (is_list) {
        return read_list(l, option, node, path, to);
    }
    s = config_value_read(option, node->json, l->r.arena, to);
    if (s.code == CX_E_USAGE) {
        fault_value(&l->r, option, node, path);
        return CX_SUCCESS;
    }
    return s;
}

static cx_status
read_levels(struct levels *l)
{
    while (l->n != 0) {
        struct level *level = &l->v[l->n - 1];
        char path[CONFIG_PATH_TEXT];

        if (level->next == level->section.n) {
            CX_TRY(end_map(l));
        } else {
            const struct config_option *option = &level->section.options[level->next++];

            config_path(path, level->path, option->key);
            CX_TRY(read_option(l, option, level->node, path, level->to));
        }
    }
    return CX_SUCCESS;
}

/* ---- a whole configuration */

static void
free_holder(struct holder **holder)
{
    if (*holder != NULL) {
        cx_arena_done(&(*holder)->arena);
        cx_free(*holder);
    }
}

void
config_free(struct config *config)
{
    struct holder *holder = config == NULL ? NULL : CX_OF_MEMBER(struct holder, config, config);

    free_holder(&holder);
}

/* detail begins with a place. */
static cx_status
fault_yaml(const struct config_input *input, const struct cx_detail *detail,
           struct config_faults *faults)
{
    faults->n = 1;
    cx_buf_printf(&faults->text, "%s:%s\n", input->name, detail->text);
    return (cx_status){ CX_E_USAGE };
}

static cx_status
read_all(const struct config_input *input, struct holder *holder, struct config_faults *faults)
{
    struct levels levels = { .r = { input, faults, &holder->arena, &holder->config } };
    struct config_section section = config_section_named("config");
    struct cx_detail detail = { .text = "" };
    const struct config_node *root = NULL;
    cx_status s = config_yaml_parse(input->text, &holder->arena, &root, &detail);

    if (!cx_ok(s)) {
        return s.code == CX_E_NOMEM ? s : fault_yaml(input, &detail, faults);
    }
    CX_TRY(descend(&levels, &section, root, "", &holder->config, false));
    CX_TRY(read_levels(&levels));
    if (faults->n == 0) {
        return CX_SUCCESS;
    }
    if (faults->n > CONFIG_FAULTS_MAX) {
        cx_buf_printf(&faults->text, "%s: and %zu more\n", input->name,
                      faults->n - CONFIG_FAULTS_MAX);
    }
    return (cx_status){ CX_E_USAGE };
}

cx_status
config_read(const struct config_input *input, struct config **ret, struct config_faults *faults)
{
    CX_AUTO(free_holder) struct holder *holder = cx_alloc(1, sizeof(*holder));

    if (holder == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *holder = (struct holder){ .config = { .store = { NULL, 0 } } };
    cx_arena_init(&holder->arena, CX_CONFIG_MEMORY);
    CX_TRY(read_all(input, holder, faults));
    *ret = &CX_STEAL(holder)->config;
    return CX_SUCCESS;
}

static cx_status
read_file(void *ctx, const char *path, struct cx_buf *ret, struct cx_detail *detail)
{
    (void)ctx;
    return cx_file_read(path, ret, detail);
}

struct config_files
config_files_real(void)
{
    return (struct config_files){ read_file, NULL };
}

cx_status
config_load(const char *path, struct config **ret, struct config_faults *faults)
{
    char host[HOST_NAME_MAX + 1] = "";
    struct config_input input = { .name = path,
                                  .now = cx_time_now(),
                                  .files = config_files_real() };
    CX_AUTO(cx_buf_done) struct cx_buf text;
    struct cx_detail detail = { .text = "" };
    cx_status s;

    cx_buf_init(&text, CX_CONFIG_OCTETS_MAX);
    s = cx_file_read(path, &text, &detail);
    if (!cx_ok(s) && s.code != CX_E_NOMEM) {
        faults->n = 1;
        cx_buf_printf(&faults->text, "%s\n", detail.text);
    }
    CX_TRY(s);
    if (gethostname(host, sizeof(host) - 1) == 0) { /* cut or whole, a NUL is behind it */
        input.host = host;
    }
    input.text = cx_buf_str(&text);
    return config_read(&input, ret, faults);
}

/* ---- asking */

const struct config_authority *
config_authority_named(const struct config *config, cx_str name)
{
    for (size_t i = 0; i < config->n_authorities; i++) {
        if (cx_str_equal(config->authorities[i].name, name)) {
            return &config->authorities[i];
        }
    }
    return NULL;
}

bool
config_caller_may_for(const struct config_caller *caller, cx_str authority)
{
    for (size_t i = 0; i < caller->n_authorities; i++) {
        if (cx_str_equal(caller->authorities[i], authority) ||
            cx_str_equal(caller->authorities[i], CX_STR("all"))) {
            return true;
        }
    }
    return false;
}
