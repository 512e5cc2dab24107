#include "bin/caaproofd/config_yaml.h"

#include "base/limits.h"

#include <yaml.h>

/* A map or list that is not complete yet. */
struct open_node {
    struct config_node *node;
    struct cx_json *json; /* node->json, to be added to */
    struct config_node **tail;
    bool has_name; /* of the member whose value comes next */
    cx_str name;
    struct config_place name_place;
};

struct parsing {
    struct cx_arena *arena;
    struct cx_detail *detail;
    struct open_node open[CX_CONFIG_DEPTH_MAX];
    size_t depth;
    size_t nodes;
    struct config_node *root;
    bool ended;
};

static struct config_place
place_of(const yaml_mark_t *mark)
{
    return (struct config_place){ (unsigned)mark->line + 1, (unsigned)mark->column + 1 };
}

static cx_status
fail(const struct parsing *p, struct config_place place, enum cx_code code, const char *why)
{
    return cx_fail(p->detail, code, "%u:%u: %s", place.line, place.column, why);
}

/* ---- scalars: chapter 10.3.2 of YAML 1.2 */

static bool
is_one_of(cx_str text, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (cx_str_equal(text, cx_str_of(words[i]))) {
            return true;
        }
    }
    return false;
}

/* Digits of that base; false if there are none, others, or too many. */
static bool
digits_of(cx_str digits, unsigned base, uint64_t most, uint64_t *ret)
{
    uint64_t n = 0;

    for (size_t i = 0; i < digits.n; i++) {
        int digit = cx_ascii_hex((uint8_t)digits.p[i]);

        if (digit < 0 || (unsigned)digit >= base || n > (most - (unsigned)digit) / base) {
            return false;
        }
        n = n * base + (unsigned)digit;
    }
    *ret = n;
    return digits.n != 0;
}

static bool
integer_of(cx_str text, int64_t *ret)
{
    bool is_signed = text.n != 0 && (text.p[0] == '-' || text.p[0] == '+');
    bool negative = is_signed && text.p[0] == '-';
    unsigned base = 10;
    uint64_t n;
    size_t skip = is_signed ? 1 : 0;

    if (text.n > 2 && text.p[0] == '0' && (text.p[1] == 'x' || text.p[1] == 'o')) {
        base = text.p[1] == 'x' ? 16 : 8;
        skip = 2;
    }
    if (!digits_of((cx_str){ text.p + skip, text.n - skip }, base, INT64_MAX, &n)) {
        return false;
    }
    *ret = negative ? -(int64_t)n : (int64_t)n;
    return true;
}

struct cx_json *
config_yaml_plain(cx_str text)
{
    static const char *const nothing[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const yes[] = { "true", "True", "TRUE", NULL };
    static const char *const no[] = { "false", "False", "FALSE", NULL };
    int64_t n;

    if (is_one_of(text, nothing)) {
        return cx_json_new_null();
    }
    if (is_one_of(text, yes) || is_one_of(text, no)) {
        return cx_json_new_bool(is_one_of(text, yes));
    }
    return integer_of(text, &n) ? cx_json_new_integer(n) : cx_json_new_string(text);
}

/* ---- the tree */

static void
release_json(void *json)
{
    cx_json_free(json);
}

/* Into the map or list that is open, which takes json over; the first node of all is held by the arena. */
static bool
put_value(struct parsing *p, struct open_node *up, struct cx_json *json)
{
    if (up == NULL) {
        bool held = json != NULL && cx_ok(cx_arena_hold(p->arena, release_json, json));

        if (!held) {
            cx_json_free(json);
        }
        return held;
    }
    return up->has_name ? cx_json_set_str(up->json, up->name, json) : cx_json_add(up->json, json);
}

/* json, whose only owner is the caller, becomes a node, and the tree's. */
static cx_status
put_node(struct parsing *p, struct cx_json *json, struct config_place place,
         struct config_node **ret)
{
    struct open_node *up = p->depth == 0 ? NULL : &p->open[p->depth - 1];
    struct config_node *node = cx_arena_get(p->arena, 1, sizeof(*node));

    if (node == NULL) {
        cx_json_free(json);
        return (cx_status){ CX_E_NOMEM };
    }
    if (!put_value(p, up, json)) {
        return (cx_status){ CX_E_NOMEM };
    }
    *node = (struct config_node){ .json = json, .place = place };
    if (up == NULL) {
        p->root = node;
    } else {
        node->name = up->name;
        node->place = up->has_name ? up->name_place : place;
        up->has_name = false;
        up->name = (cx_str){ NULL, 0 };
        *up->tail = node;
        up->tail = &node->next;
    }
    *ret = node;
    return CX_SUCCESS;
}

/* A map wants a name before each value. */
static bool
wants_name(const struct parsing *p)
{
    const struct open_node *up = p->depth == 0 ? NULL : &p->open[p->depth - 1];

    return up != NULL && !up->has_name && cx_json_kind_of(up->json) == CX_JSON_OBJECT;
}

static cx_status
take_name(struct parsing *p, cx_str name, struct config_place place)
{
    struct open_node *up = &p->open[p->depth - 1];

    if (cx_json_get_str(up->json, name) != NULL) {
        return cx_fail(p->detail, CX_E_JSON, "%u:%u: \"%.*s\" is there twice", place.line,
                       place.column, (int)(name.n < 60 ? name.n : 60), name.p);
    }
    CX_TRY(cx_arena_text(p->arena, name, &up->name));
    up->has_name = true;
    up->name_place = place;
    return CX_SUCCESS;
}

static cx_status
take_scalar(struct parsing *p, const yaml_event_t *event)
{
    cx_str text = { (const char *)event->data.scalar.value, event->data.scalar.length };
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct config_place place = place_of(&event->start_mark);
    struct config_node *node;
    struct cx_json *json;

    if (event->data.scalar.tag != NULL) {
        return fail(p, place, CX_E_JSON, "tags are not accepted");
    }
    if (event->data.scalar.anchor != NULL) {
        return fail(p, place, CX_E_JSON, "anchors are not accepted");
    }
    if (wants_name(p)) {
        return take_name(p, text, place);
    }
    json = plain ? config_yaml_plain(text) : cx_json_new_string(text);
    return json == NULL ? (cx_status){ CX_E_NOMEM } : put_node(p, json, place, &node);
}

static cx_status
take_begin(struct parsing *p, const yaml_event_t *event)
{
    bool map = event->type == YAML_MAPPING_START_EVENT;
    struct config_place place = place_of(&event->start_mark);
    const void *tag = map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const void *anchor = map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    struct cx_json *json;
    struct config_node *node;

    if (tag != NULL || anchor != NULL) {
        return fail(p, place, CX_E_JSON,
                    tag != NULL ? "tags are not accepted" : "anchors are not accepted");
    }
    if (wants_name(p)) {
        return fail(p, place, CX_E_JSON, "the name of a member must be a text");
    }
    if (p->depth == CX_CONFIG_DEPTH_MAX) {
        return fail(p, place, CX_E_LIMIT, "nested too deeply");
    }
    json = map ? cx_json_new_object() : cx_json_new_array();
    if (json == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(put_node(p, json, place, &node));
    p->open[p->depth++] = (struct open_node){
        .node = node,
        .json = json,
        .tail = &node->first,
    };
    return CX_SUCCESS;
}

static cx_status
take_document(const struct parsing *p, const yaml_event_t *event)
{
    struct config_place place = place_of(&event->start_mark);

    if (p->root != NULL) {
        return fail(p, place, CX_E_JSON, "a second document begins");
    }
    if (event->data.document_start.tag_directives.start !=
        event->data.document_start.tag_directives.end) {
        return fail(p, place, CX_E_JSON, "tags are not accepted");
    }
    return CX_SUCCESS;
}

static cx_status
take_event(struct parsing *p, const yaml_event_t *event)
{
    struct config_place place = place_of(&event->start_mark);

    if (p->nodes == CX_CONFIG_NODES_MAX) {
        return fail(p, place, CX_E_LIMIT, "too many values");
    }
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        p->nodes++;
        return take_scalar(p, event);
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        p->nodes++;
        return take_begin(p, event);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        p->depth--;
        return CX_SUCCESS;
    case YAML_ALIAS_EVENT:
        return fail(p, place, CX_E_JSON, "aliases are not accepted");
    case YAML_DOCUMENT_START_EVENT:
        return take_document(p, event);
    case YAML_STREAM_END_EVENT:
        p->ended = true;
        return CX_SUCCESS;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return CX_SUCCESS;
    }
    return fail(p, place, CX_E_INTERNAL, "an event that libyaml does not have");
}

static cx_status
broken(const struct parsing *p, const yaml_parser_t *parser)
{
    const char *why = parser->problem != NULL ? parser->problem : "no reason given";
    struct config_place place = place_of(&parser->problem_mark);

    if (parser->error == YAML_MEMORY_ERROR) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (parser->error == YAML_READER_ERROR) { /* in front of lines and columns */
        place = place_of(&parser->mark);
    }
    return cx_fail(p->detail, CX_E_JSON, "%u:%u: not YAML: %s", place.line, place.column, why);
}

static cx_status
parse_events(struct parsing *p, yaml_parser_t *parser)
{
    while (!p->ended) {
        yaml_event_t event;
        cx_status s;

        if (!yaml_parser_parse(parser, &event)) {
            return broken(p, parser);
        }
        s = take_event(p, &event);
        yaml_event_delete(&event);
        CX_TRY(s);
    }
    return p->root != NULL
               ? CX_SUCCESS
               : fail(p, (struct config_place){ 1, 1 }, CX_E_JSON, "there is nothing in it");
}

cx_status
config_yaml_parse(cx_str text, struct cx_arena *arena, const struct config_node **ret,
                  struct cx_detail *detail)
{
    struct parsing p = { .arena = arena, .detail = detail };
    yaml_parser_t parser;
    cx_status s;

    if (text.n > CX_CONFIG_OCTETS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "1:1: larger than %zu octets", CX_CONFIG_OCTETS_MAX);
    }
    if (!yaml_parser_initialize(&parser)) {
        return (cx_status){ CX_E_NOMEM };
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.n == 0 ? "" : text.p),
                                 text.n);
    s = parse_events(&p, &parser);
    yaml_parser_delete(&parser);
    if (cx_ok(s)) {
        *ret = p.root;
    }
    return s;
}

const struct config_node *
config_node_member(const struct config_node *map, const char *name)
{
    const struct config_node *node = NULL;

    if (map != NULL && cx_json_kind_of(map->json) == CX_JSON_OBJECT) {
        node = map->first;
    }
    while (node != NULL && !cx_str_equal(node->name, cx_str_of(name))) {
        node = node->next;
    }
    return node;
}
