/* The names of some zones and what stands at them: every owner, and every empty non-terminal between owner and apex. One
 * hash table for all zones; building is linear in the labels of the owners.
 * I1: the ancestors of a node, up to its zone's apex, are nodes too. */
#ifndef CX_RESOLVE_ZONE_TREE_H
#define CX_RESOLVE_ZONE_TREE_H

#include "dnssec/zone_text.h"

struct cx_zone_node {
    cx_span name; /* borrowed from the records' owners */
    uint32_t zone;
    uint32_t first; /* in the tree's order; n records, in the order of the text */
    uint32_t n;
    bool has_ns;
    bool has_soa;
    bool has_dname;
};

struct cx_zone_tree {
    const struct cx_zone_rrs *zones;
    size_t n_zones;
    struct cx_zone_node *nodes;
    size_t n_nodes;
    size_t room;
    uint32_t *slots; /* hash index: position + 1, 0 = free; a power of two, at most half full */
    size_t n_slots;
    const struct cx_zone_rr **order; /* records grouped by node */
};

/* zones are borrowed and must outlive the tree. Classes: MALFORMED (the same origin twice), LIMIT, NOMEM; the tree can be
 * given to done in any case. */
cx_status cx_zone_tree_init(struct cx_zone_tree *tree, const struct cx_zone_rrs *zones, size_t n,
                            struct cx_detail *detail) CX_MUST;
void cx_zone_tree_done(struct cx_zone_tree *tree);

/* The zone whose apex is nearest above name, or name itself; false if there is none. */
bool cx_zone_tree_zone_of(const struct cx_zone_tree *tree, cx_span name, uint32_t *ret);
/* NULL if the name does not exist in that zone. */
const struct cx_zone_node *cx_zone_tree_find(const struct cx_zone_tree *tree, uint32_t zone,
                                             cx_span name);
/* The first record of a type at node, or NULL. */
const struct cx_zone_rr *cx_zone_tree_rr(const struct cx_zone_tree *tree,
                                         const struct cx_zone_node *node, uint16_t type);

#endif
