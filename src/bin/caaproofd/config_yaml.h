/* YAML as the configuration needs it, by libyaml behind this header: a tree of nodes that know where they stand, each with its value
 * as JSON.
 * I1: no anchors, aliases, tags or second document; names of members are texts, and none is there twice.
 * I2: a plain scalar is what the core schema of YAML 1.2 says: nothing, true, false or a whole number. Everything else is text, and so
 * are fractions, a number of more than 63 bits, and what is quoted.
 * I3: octets, depth and nodes are bounded (CX_CONFIG_OCTETS_MAX, CX_CONFIG_DEPTH_MAX, CX_CONFIG_NODES_MAX). */
#ifndef CAAPROOFD_CONFIG_YAML_H
#define CAAPROOFD_CONFIG_YAML_H

#include "base/arena.h"
#include "base/json.h"

/* Where something begins, from 1. */
struct config_place {
    unsigned line;
    unsigned column;
};

struct config_node {
    const struct cx_json *json; /* its value */
    struct config_place place;  /* of a member: where its name is */
    cx_str name;                /* of a member of a map */
    struct config_node *next;   /* in the same map or list */
    struct config_node *first;  /* member or entry */
};

/* The one document of text; lives in arena, as do its values. The detail begins with LINE:COLUMN. Classes: MALFORMED
 * (CX_E_JSON), LIMIT, NOMEM. */
cx_status config_yaml_parse(cx_str text, struct cx_arena *arena, const struct config_node **ret,
                            struct cx_detail *detail) CX_MUST;

/* NULL if there is none. */
const struct config_node *config_node_member(const struct config_node *map, const char *name);

/* The value of a plain scalar, as I2 says. NULL: out of memory, or not UTF-8. Freed by the caller. */
struct cx_json *config_yaml_plain(cx_str text);

#endif
