#include "resolve/zone.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/reader.h"
#include "resolve/zone_tree.h"

#include <stdlib.h>

struct zones {
    struct cx_arena arena; /* records */
    struct cx_zone_rrs *v;
    size_t n;
    struct cx_zone_tree tree;
};

/* What the zones say of a name, whatever the type asked for. */
enum hit_kind {
    HIT_UNSET = 0,
    HIT_UNCOVERED, /* in none of the zones */
    HIT_CUT,       /* at or below a delegation: node is where */
    HIT_DNAME,     /* below a DNAME: node is its owner */
    HIT_NODE,      /* node has the name's records, maybe by a wildcard */
    HIT_NXDOMAIN,
};

struct hit {
    enum hit_kind kind;
    uint32_t zone;
    const struct cx_zone_node *node;
};

/* A question on its way to an answer. */
struct walk {
    const struct cx_zone_tree *tree;
    struct cx_arena *arena;
    struct cx_answer *answer;
    cx_span *aliases;
    cx_span at; /* the name whose records are wanted now */
};

/* Below the apex NS means delegation, unless the text also holds the child's apex. */
static bool
is_cut(const struct cx_zone_tree *tree, const struct cx_zone_node *node)
{
    return node->has_ns && !node->has_soa && node->name.n != tree->zones[node->zone].origin.n;
}

/* RFC 4592 section 3.3.1: only the wildcard right below the closest encloser counts. */
static struct hit
by_wildcard(const struct cx_zone_tree *tree, uint32_t zone, cx_span encloser)
{
    struct hit hit = { HIT_NXDOMAIN, zone, NULL };
    struct cx_name wildcard;

    if (cx_name_wildcard_of(encloser, &wildcard)) {
        hit.node = cx_zone_tree_find(tree, zone, cx_name_span(&wildcard));
    }
    if (hit.node != NULL) {
        hit.kind = is_cut(tree, hit.node) ? HIT_CUT : HIT_NODE;
    }
    return hit;
}

/* RFC 1034 section 4.3.2, step 3: label by label from the apex down. */
static struct hit
look_up(const struct cx_zone_tree *tree, cx_span name)
{
    struct hit hit = { HIT_UNCOVERED, 0, NULL };
    cx_span path[CX_LABELS_MAX], encloser;
    size_t n = 0;

    if (!cx_zone_tree_zone_of(tree, name, &hit.zone)) {
        return hit;
    }
    path[n++] = name;
    while (path[n - 1].n > tree->zones[hit.zone].origin.n) {
        path[n] = cx_name_parent(path[n - 1]);
        n++;
    }
    encloser = path[n - 1]; /* the apex, which always is a node */
    for (size_t i = n; i-- > 0;) {
        const struct cx_zone_node *node = cx_zone_tree_find(tree, hit.zone, path[i]);

        if (node == NULL) {
            return by_wildcard(tree, hit.zone, encloser);
        }
        hit.node = node;
        if (is_cut(tree, node)) {
            hit.kind = HIT_CUT;
            return hit;
        }
        if (i != 0 && node->has_dname) { /* R-TREE-5: names below its owner only */
            hit.kind = HIT_DNAME;
            return hit;
        }
        encloser = path[i];
    }
    hit.kind = HIT_NODE;
    return hit;
}

/* R-SYN-7 */
static uint32_t
ttl_of(const struct cx_zone_rr *rr)
{
    return rr->ttl > INT32_MAX ? 0 : rr->ttl;
}

/* A failure, and why: before, the name, after. */
static cx_status
fail_with(struct walk *w, enum cx_outcome outcome, const char *before, cx_span name,
          const char *after)
{
    CX_AUTO(cx_buf_done) struct cx_buf why;
    char text[CX_NAME_TEXT_MAX];

    cx_name_text(name, text);
    cx_buf_init(&why, 2 * (size_t)CX_NAME_TEXT_MAX);
    cx_buf_puts(&why, before);
    cx_buf_puts(&why, text);
    cx_buf_puts(&why, after);
    if (!cx_buf_ok(&why)) {
        return (cx_status){ CX_E_NOMEM };
    }
    w->answer->outcome = outcome;
    return cx_arena_text(w->arena, cx_buf_str(&why), &w->answer->why);
}

static bool
in_chain(const struct walk *w, cx_span name)
{
    bool found = cx_span_equal(name, w->answer->name);

    for (size_t i = 0; i < w->answer->n_aliases && !found; i++) {
        found = cx_span_equal(name, w->aliases[i]);
    }
    return found;
}

static cx_status
add_alias(struct walk *w, cx_span target)
{
    return cx_arena_copy(w->arena, target, &w->aliases[w->answer->n_aliases++]);
}

/* Goes on at target, unless the chain ends in a loop: then the answer is one. */
static cx_status
follow(struct walk *w, cx_span target)
{
    if (in_chain(w, target)) {
        return fail_with(w, CX_OUTCOME_LOOP, "the alias chain returns to ", target, "");
    }
    if (w->answer->n_aliases == CX_ALIASES_READ) {
        return fail_with(w, CX_OUTCOME_LOOP, "too many aliases, up to ", target, "");
    }
    CX_TRY(add_alias(w, target));
    w->at = w->aliases[w->answer->n_aliases - 1];
    return CX_SUCCESS;
}

/* R-DNS-7: min(SOA TTL, MINIMUM), of the nearest SOA above the name. */
static void
settle_negative_ttl(struct walk *w, uint32_t zone)
{
    cx_span name = w->at;

    for (;;) {
        const struct cx_zone_node *node = cx_zone_tree_find(w->tree, zone, name);

        if (node != NULL && node->has_soa) {
            const struct cx_zone_rr *soa = cx_zone_tree_rr(w->tree, node, CX_TYPE_SOA);
            struct cx_reader r = cx_reader_of(soa->rdata);
            uint32_t minimum;

            r.at = soa->rdata.n - 4; /* zone_text took care that the fields are there */
            minimum = cx_rd_u32(&r);
            w->answer->ttl = ttl_of(soa) < minimum ? ttl_of(soa) : minimum;
            w->answer->has_ttl = true;
            return;
        }
        if (name.n <= w->tree->zones[zone].origin.n) {
            return;
        }
        name = cx_name_parent(name);
    }
}

static cx_status
answer_empty(struct walk *w, enum cx_outcome outcome, uint32_t zone)
{
    w->answer->outcome = outcome;
    settle_negative_ttl(w, zone);
    return CX_SUCCESS;
}

static int
by_octets(const void *a, const void *b)
{
    const struct cx_zone_rr *x = *(const struct cx_zone_rr *const *)a;
    const struct cx_zone_rr *y = *(const struct cx_zone_rr *const *)b;
    size_t n = x->rdata.n < y->rdata.n ? x->rdata.n : y->rdata.n;
    int order = n == 0 ? 0 : memcmp(x->rdata.p, y->rdata.p, n);

    if (order == 0) {
        order = (x->rdata.n > y->rdata.n) - (x->rdata.n < y->rdata.n);
    }
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static int
by_line(const void *a, const void *b)
{
    const struct cx_zone_rr *x = *(const struct cx_zone_rr *const *)a;
    const struct cx_zone_rr *y = *(const struct cx_zone_rr *const *)b;

    return (x->line > y->line) - (x->line < y->line);
}

/* The CAA records at node, identical ones once (R-SYN-9), in the order of the text; sorted on the way, so that large sets
 * do not cost their square. */
static cx_status
collect_set(const struct walk *w, const struct cx_zone_node *node, const struct cx_zone_rr ***ret,
            size_t *ret_n)
{
    const struct cx_zone_rr **set = cx_arena_get(w->arena, (size_t)node->n + 1, sizeof(*set));
    size_t n = 0, kept = 0;

    if (set == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < node->n; i++) {
        const struct cx_zone_rr *rr = w->tree->order[node->first + i];

        if (rr->type == CX_TYPE_CAA) {
            set[n++] = rr;
        }
    }
    qsort(set, n, sizeof(struct cx_zone_rr *), by_octets);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || !cx_span_equal(set[kept - 1]->rdata, set[i]->rdata)) {
            set[kept++] = set[i];
        }
        w->answer->ttl = !w->answer->has_ttl || ttl_of(set[i]) < w->answer->ttl ? ttl_of(set[i])
                                                                                : w->answer->ttl;
        w->answer->has_ttl = true;
    }
    qsort(set, kept, sizeof(struct cx_zone_rr *), by_line);
    *ret = set;
    *ret_n = kept;
    return CX_SUCCESS;
}

/* *ret_any: there are CAA records, and the answer is made. R-SYN-6: one that cannot be read spoils the set. */
static cx_status
answer_set(struct walk *w, const struct cx_zone_node *node, bool *ret_any)
{
    const struct cx_zone_rr **set;
    struct cx_caa *records;
    size_t n;

    CX_TRY(collect_set(w, node, &set, &n));
    *ret_any = n != 0;
    if (n == 0) {
        return CX_SUCCESS;
    }
    records = cx_arena_get(w->arena, n, sizeof(*records));
    if (records == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        cx_span rdata;

        CX_TRY(cx_arena_copy(w->arena, set[i]->rdata, &rdata));
        if (!cx_ok(cx_caa_from_rdata(rdata, &records[i]))) {
            w->answer->malformed = CX_MALFORMED_RDATA;
            return fail_with(w, CX_OUTCOME_MALFORMED, "a CAA record that cannot be read at ", w->at,
                             "");
        }
    }
    w->answer->outcome = CX_OUTCOME_RECORDS;
    w->answer->records = records;
    w->answer->n_records = n;
    w->answer->records_at = w->at;
    return CX_SUCCESS;
}

/* The target of the CNAME or DNAME at node. Two different ones are no answer: which of them a server would follow is not
 * known. *ret_rr is NULL if there is none, or if the answer was made a failure. */
static cx_status
target_at(struct walk *w, const struct cx_zone_node *node, uint16_t type, struct cx_name *ret,
          const struct cx_zone_rr **ret_rr)
{
    const struct cx_zone_rr *found = NULL;
    struct cx_name name;
    size_t end;

    *ret_rr = NULL;
    for (size_t i = 0; i < node->n; i++) {
        const struct cx_zone_rr *rr = w->tree->order[node->first + i];

        if (rr->type != type) {
            continue;
        }
        if (!cx_ok(cx_name_from_message(rr->rdata, 0, &name, &end))) {
            return (cx_status){ CX_E_INTERNAL }; /* zone_text lets none pass */
        }
        if (found != NULL && !cx_span_equal(cx_name_span(&name), cx_name_span(ret))) {
            return fail_with(w, CX_OUTCOME_ERROR, "several different aliases at ", node->name, "");
        }
        *ret = name;
        found = rr;
    }
    *ret_rr = found;
    return CX_SUCCESS;
}

/* R-TREE-14: where a set stands beside an alias the set wins, and the alias is shown. */
static cx_status
note_alias_beside(struct walk *w, const struct cx_zone_node *node)
{
    const struct cx_zone_rr *cname = cx_zone_tree_rr(w->tree, node, CX_TYPE_CNAME);
    struct cx_name target;
    size_t end;

    if (cname == NULL || w->answer->n_aliases == CX_ALIASES_READ ||
        !cx_ok(cx_name_from_message(cname->rdata, 0, &target, &end)) ||
        in_chain(w, cx_name_span(&target))) {
        return CX_SUCCESS;
    }
    return add_alias(w, cx_name_span(&target));
}

/* A CAA question whose name is there. */
static cx_status
answer_caa(struct walk *w, const struct hit *hit)
{
    const struct cx_zone_rr *cname;
    struct cx_name target;
    bool any;

    CX_TRY(answer_set(w, hit->node, &any));
    if (any) {
        return note_alias_beside(w, hit->node);
    }
    CX_TRY(target_at(w, hit->node, CX_TYPE_CNAME, &target, &cname));
    if (w->answer->outcome != CX_OUTCOME_UNSET) {
        return CX_SUCCESS;
    }
    return cname != NULL ? follow(w, cx_name_span(&target))
                         : answer_empty(w, CX_OUTCOME_NODATA, hit->zone);
}

/* A DNAME question: about the very name; aliases are not followed for it (docs/interpretations.md 5 asks it only where
 * there are none). */
static cx_status
answer_dname(struct walk *w, const struct hit *hit)
{
    const struct cx_zone_rr *dname = NULL;
    struct cx_name target;

    if (hit->kind == HIT_NODE) {
        CX_TRY(target_at(w, hit->node, CX_TYPE_DNAME, &target, &dname));
    }
    if (w->answer->outcome != CX_OUTCOME_UNSET) {
        return CX_SUCCESS;
    }
    if (dname == NULL) {
        return answer_empty(w, CX_OUTCOME_NODATA, hit->zone);
    }
    CX_TRY(cx_arena_copy(w->arena, cx_name_span(&target), &w->aliases[0]));
    w->answer->n_aliases = 1;
    w->answer->outcome = CX_OUTCOME_RECORDS;
    w->answer->ttl = ttl_of(dname);
    w->answer->has_ttl = true;
    return CX_SUCCESS;
}

static cx_status
follow_dname(struct walk *w, const struct hit *hit)
{
    const struct cx_zone_rr *dname;
    struct cx_name target, synthesized;

    CX_TRY(target_at(w, hit->node, CX_TYPE_DNAME, &target, &dname));
    if (dname == NULL) {
        return CX_SUCCESS;
    }
    if (!cx_name_substitute(w->at, hit->node->name, cx_name_span(&target), &synthesized)) {
        return fail_with(w, CX_OUTCOME_REFUSED, "YXDOMAIN: too long a name by the DNAME at ",
                         hit->node->name, "");
    }
    return follow(w, cx_name_span(&synthesized));
}

/* One step: makes the answer, or moves w->at along the chain. */
static cx_status
step(struct walk *w)
{
    struct hit hit = look_up(w->tree, w->at);

    switch (hit.kind) {
    case HIT_UNCOVERED:
        return fail_with(w, CX_OUTCOME_ERROR, "no zone file covers ", w->at,
                         "; add --zone FILE for it");
    case HIT_CUT:
        return fail_with(w, CX_OUTCOME_ERROR, "delegated to the servers of ", hit.node->name,
                         "; give its zone too (add --zone FILE)");
    case HIT_NXDOMAIN:
        return answer_empty(w, CX_OUTCOME_NXDOMAIN, hit.zone);
    case HIT_DNAME:
        return w->answer->type == CX_TYPE_DNAME ? answer_dname(w, &hit) : follow_dname(w, &hit);
    case HIT_NODE:
        return w->answer->type == CX_TYPE_DNAME ? answer_dname(w, &hit) : answer_caa(w, &hit);
    case HIT_UNSET:
        break;
    }
    return (cx_status){ CX_E_INTERNAL };
}

static cx_status
answer_question(const struct zones *zones, const struct cx_question *question,
                struct cx_arena *arena, struct cx_answer *answer)
{
    struct walk w = { .tree = &zones->tree, .arena = arena, .answer = answer };

    w.aliases = cx_arena_get(arena, CX_ALIASES_READ, sizeof(*w.aliases));
    if (w.aliases == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *answer = (struct cx_answer){ .type = question->type,
                                  .dnssec = CX_DNSSEC_INSECURE,
                                  .attempts = 1,
                                  .time = CX_TIME_NONE,
                                  .aliases = w.aliases };
    CX_TRY(cx_arena_copy(arena, question->name, &answer->name));
    w.at = answer->name;
    if (question->type != CX_TYPE_CAA && question->type != CX_TYPE_DNAME) {
        return (cx_status){ CX_E_INTERNAL };
    }
    while (answer->outcome == CX_OUTCOME_UNSET) { /* add_alias bounds the chain */
        CX_TRY(step(&w));
    }
    if (answer->records_at.n == 0) {
        answer->records_at = answer->type == CX_TYPE_CAA ? w.at : answer->name;
    }
    return CX_SUCCESS;
}

static void
ask(void *self, const struct cx_question *question, struct cx_arena *arena, cx_answered *answered,
    void *ctx)
{
    const struct zones *zones = self;
    struct cx_answer *answer = cx_arena_get(arena, 1, sizeof(*answer));
    bool made = answer != NULL && cx_ok(answer_question(zones, question, arena, answer));

    answered(ctx, made ? answer : NULL);
}

/* Every question is answered before ask returns. */
static cx_status
wait(void *self)
{
    (void)self; /* nothing can be open */
    return CX_SUCCESS;
}

static void
zones_close(void *self)
{
    struct zones *zones = self;

    if (zones != NULL) {
        cx_zone_tree_done(&zones->tree);
        cx_arena_done(&zones->arena);
        cx_free(zones);
    }
}

static void
zones_cleanup(struct zones **zones)
{
    zones_close(*zones);
}

static const struct cx_source_ops zone_ops = { ask, wait, zones_close };

static cx_status
read_input(const struct cx_zone_input *input, struct cx_arena *arena, struct cx_zone_rrs *ret,
           struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf file;
    struct cx_detail inner = { .rule = NULL };
    cx_status s;

    cx_buf_init(&file, CX_FILE_MAX);
    if (input->path == NULL) {
        return cx_zone_text_read(input->text, input->origin, arena, ret, detail);
    }
    CX_TRY(cx_file_read(input->path, &file, detail));
    s = cx_zone_text_read(cx_buf_str(&file), input->origin, arena, ret, &inner);
    if (!cx_ok(s)) {
        return cx_fail(detail, s.code, "%s: %s", input->path,
                       inner.text[0] != '\0' ? inner.text : cx_status_text(s));
    }
    return CX_SUCCESS;
}

cx_status
cx_zone_source_open(const struct cx_zone_input *inputs, size_t n, struct cx_source *ret,
                    struct cx_detail *detail)
{
    CX_AUTO(zones_cleanup) struct zones *zones = cx_alloc(1, sizeof(*zones));

    if (zones == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    cx_arena_init(&zones->arena, CX_SOURCE_MEMORY);
    zones->v = cx_arena_get(&zones->arena, n, sizeof(*zones->v));
    if (zones->v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++, zones->n++) {
        CX_TRY(read_input(&inputs[i], &zones->arena, &zones->v[i], detail));
        if (zones->v[i].origin.n == 0) { /* taken for the root, it would deny every other name */
            return cx_fail(detail, CX_E_ZONE,
                           "%s: which zone is this? begin it with $ORIGIN or SOA",
                           inputs[i].path != NULL ? inputs[i].path : "zone text");
        }
    }
    CX_TRY(cx_zone_tree_init(&zones->tree, zones->v, zones->n, detail));
    *ret = (struct cx_source){ &zone_ops, CX_STEAL(zones), CX_ORIGIN_ZONE };
    return CX_SUCCESS;
}
