#include "resolve/zone_tree.h"

#include "base/alloc.h"
#include "dns/caa.h"

/* Pseudo zone of the nodes that stand for apexes; their first is the zone's number. */
#define APEXES UINT32_MAX

/* FNV-1a. Whoever can choose owners so that they collide owns the zone, and slows down questions about it only. */
static uint32_t
hash_of(uint32_t zone, cx_span name)
{
    uint32_t h = (2166136261u ^ zone) * 16777619u;

    for (size_t i = 0; i < name.n; i++) {
        h = (h ^ name.p[i]) * 16777619u;
    }
    return h ^ (h >> 15);
}

/* Where the node is, or the free slot where it belongs. */
static size_t
slot_of(const struct cx_zone_tree *tree, uint32_t zone, cx_span name)
{
    size_t slot = hash_of(zone, name) & (tree->n_slots - 1);

    while (tree->slots[slot] != 0) {
        const struct cx_zone_node *node = &tree->nodes[tree->slots[slot] - 1];

        if (node->zone == zone && cx_span_equal(node->name, name)) {
            break;
        }
        slot = (slot + 1) & (tree->n_slots - 1);
    }
    return slot;
}

static cx_status
grow(struct cx_zone_tree *tree)
{
    size_t room = tree->room == 0 ? 64 : tree->room * 2;
    struct cx_zone_node *nodes;
    uint32_t *slots;

    if (room > UINT32_MAX / 2) {
        return (cx_status){ CX_E_LIMIT };
    }
    nodes = cx_realloc(tree->nodes, room, sizeof(*nodes));
    if (nodes == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    tree->nodes = nodes;
    slots = cx_alloc(room * 2, sizeof(*slots));
    if (slots == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    cx_free(tree->slots);
    tree->slots = slots;
    tree->n_slots = room * 2;
    tree->room = room;
    for (size_t i = 0; i < tree->n_nodes; i++) {
        slots[slot_of(tree, nodes[i].zone, nodes[i].name)] = (uint32_t)(i + 1);
    }
    return CX_SUCCESS;
}

/* *ret is the node's place; *ret_new whether it was not there before. */
static cx_status
add_node(struct cx_zone_tree *tree, uint32_t zone, cx_span name, uint32_t *ret, bool *ret_new)
{
    size_t slot;

    if (tree->n_nodes == tree->room) {
        CX_TRY(grow(tree));
    }
    slot = slot_of(tree, zone, name);
    *ret_new = tree->slots[slot] == 0;
    if (*ret_new) {
        tree->nodes[tree->n_nodes++] = (struct cx_zone_node){ .name = name, .zone = zone };
        tree->slots[slot] = (uint32_t)tree->n_nodes;
    }
    *ret = tree->slots[slot] - 1;
    return CX_SUCCESS;
}

static cx_status
add_apex(struct cx_zone_tree *tree, uint32_t zone, struct cx_detail *detail)
{
    char text[CX_NAME_TEXT_MAX];
    uint32_t node;
    bool is_new;

    CX_TRY(add_node(tree, APEXES, tree->zones[zone].origin, &node, &is_new));
    if (!is_new) {
        cx_name_text(tree->zones[zone].origin, text);
        return cx_fail(detail, CX_E_ZONE, "the zone %.100s is given twice", text);
    }
    tree->nodes[node].first = zone;
    return add_node(tree, zone, tree->zones[zone].origin, &node, &is_new);
}

/* The owner and its ancestors up to the first that is there already (I1: then the rest is, too). */
static cx_status
add_owner(struct cx_zone_tree *tree, uint32_t zone, const struct cx_zone_rr *rr)
{
    struct cx_zone_node *node;
    cx_span name = rr->owner;
    uint32_t at, above;
    bool is_new;

    CX_TRY(add_node(tree, zone, name, &at, &is_new));
    while (is_new) {
        name = cx_name_parent(name);
        CX_TRY(add_node(tree, zone, name, &above, &is_new));
    }
    node = &tree->nodes[at];
    node->n++;
    node->has_ns = node->has_ns || rr->type == CX_TYPE_NS;
    node->has_soa = node->has_soa || rr->type == CX_TYPE_SOA;
    node->has_dname = node->has_dname || rr->type == CX_TYPE_DNAME;
    return CX_SUCCESS;
}

/* Groups the records by node, keeping their order: room for each node, then each record into its node's room. */
static cx_status
group(struct cx_zone_tree *tree, size_t total)
{
    uint32_t at = 0;

    tree->order = cx_alloc(total + 1, sizeof(*tree->order));
    if (tree->order == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < tree->n_nodes; i++) {
        struct cx_zone_node *node = &tree->nodes[i];

        if (node->zone != APEXES) {
            node->first = at;
            at += node->n;
            node->n = 0;
        }
    }
    for (size_t z = 0; z < tree->n_zones; z++) {
        for (size_t i = 0; i < tree->zones[z].n; i++) {
            const struct cx_zone_rr *rr = &tree->zones[z].v[i];
            size_t slot = slot_of(tree, (uint32_t)z, rr->owner);
            struct cx_zone_node *node = &tree->nodes[tree->slots[slot] - 1];

            tree->order[node->first + node->n++] = rr;
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_zone_tree_init(struct cx_zone_tree *tree, const struct cx_zone_rrs *zones, size_t n,
                  struct cx_detail *detail)
{
    size_t total = 0;

    *tree = (struct cx_zone_tree){ .zones = zones, .n_zones = n };
    for (size_t z = 0; z < n; z++) {
        total += zones[z].n;
    }
    if (n >= APEXES || total >= UINT32_MAX) { /* places are counted in 32 bits */
        return cx_fail(detail, CX_E_LIMIT, "too many zones or records");
    }
    for (size_t z = 0; z < n; z++) {
        CX_TRY(add_apex(tree, (uint32_t)z, detail));
        for (size_t i = 0; i < zones[z].n; i++) {
            CX_TRY(add_owner(tree, (uint32_t)z, &zones[z].v[i]));
        }
    }
    return group(tree, total);
}

void
cx_zone_tree_done(struct cx_zone_tree *tree)
{
    cx_free(tree->nodes);
    cx_free(tree->slots);
    cx_free(tree->order);
    *tree = (struct cx_zone_tree){ .n_nodes = 0 };
}

const struct cx_zone_node *
cx_zone_tree_find(const struct cx_zone_tree *tree, uint32_t zone, cx_span name)
{
    uint32_t at = tree->n_nodes == 0 ? 0 : tree->slots[slot_of(tree, zone, name)];

    return at == 0 ? NULL : &tree->nodes[at - 1];
}

bool
cx_zone_tree_zone_of(const struct cx_zone_tree *tree, cx_span name, uint32_t *ret)
{
    const struct cx_zone_node *apex = cx_zone_tree_find(tree, APEXES, name);

    while (apex == NULL && !cx_name_is_root(name)) {
        name = cx_name_parent(name);
        apex = cx_zone_tree_find(tree, APEXES, name);
    }
    if (apex == NULL) {
        return false;
    }
    *ret = apex->first;
    return true;
}

const struct cx_zone_rr *
cx_zone_tree_rr(const struct cx_zone_tree *tree, const struct cx_zone_node *node, uint16_t type)
{
    for (size_t i = 0; i < node->n; i++) {
        if (tree->order[node->first + i]->type == type) {
            return tree->order[node->first + i];
        }
    }
    return NULL;
}
