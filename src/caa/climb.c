#include "caa/climb.h"

#include "caa/failure.h"
#include "caa/skip.h"

/* One run of a search. */
struct run {
    const struct cx_case *c;
    const struct cx_subject *subject;
    const struct cx_answers *answers;
    bool literal;
    struct cx_search *search;
};

/* What a visit means for the search. */
enum visit {
    VISIT_EMPTY,
    VISIT_TARGET, /* of a DNAME question: there is one */
    VISIT_END,    /* search->state says how */
};

static enum visit
end_with(struct cx_search *s, enum cx_search_state state, const struct cx_answer *answer)
{
    s->state = state;
    s->answer = answer;
    return VISIT_END;
}

static void
need(struct cx_search *s, cx_span name, uint16_t type)
{
    if (s->n_need < CX_LABELS_MAX) {
        s->need[s->n_need++] = (struct cx_question){ name, type };
    }
    s->state = CX_SEARCH_NEEDS;
}

static void
note_seen(struct cx_search *s, const struct cx_answer *answer)
{
    for (size_t i = 0; i < s->n_seen; i++) {
        if (s->seen[i] == answer) {
            return;
        }
    }
    if (s->n_seen < CX_CLIMB_MAX) {
        s->seen[s->n_seen++] = answer;
    }
}

static bool
note_used(struct cx_search *s, const struct cx_answer *answer)
{
    if (s->n_used == CX_CLIMB_MAX) {
        return false;
    }
    s->used[s->n_used++] = answer;
    return true;
}

/* Looks at one question's answer: a failure ends the search unless it is excused (R-TREE-9), a set ends it, an empty
 * answer lets it go on. */
static enum visit
visit(struct run *run, cx_span name, uint16_t type, const struct cx_answer **ret)
{
    struct cx_search *s = run->search;
    const struct cx_answer *answer = cx_answers_find(run->answers, name, type);

    if (answer == NULL) {
        need(s, name, type);
        return VISIT_END;
    }
    note_seen(s, answer);
    if (!note_used(s, answer)) {
        return end_with(s, CX_SEARCH_FAILED, NULL);
    }
    *ret = answer;
    if (cx_answer_failed(run->c, answer)) {
        if (!cx_failure_excused(run->c, answer, NULL)) {
            return end_with(s, CX_SEARCH_FAILED, answer);
        }
        s->excused = true;
        return VISIT_EMPTY;
    }
    if (answer->outcome != CX_OUTCOME_RECORDS) {
        return VISIT_EMPTY;
    }
    return type == CX_TYPE_DNAME ? VISIT_TARGET : end_with(s, CX_SEARCH_FOUND, answer);
}

/* RFC 6844 epochs: does a name that gave NODATA own a DNAME (R-T44-5)? */
static enum visit
visit_dname(struct run *run, const struct cx_answer *empty, cx_span *ret_target)
{
    const struct cx_answer *dname;
    enum visit v;

    if (empty->outcome != CX_OUTCOME_NODATA || empty->n_aliases != 0) {
        return VISIT_EMPTY;
    }
    v = visit(run, empty->name, CX_TYPE_DNAME, &dname);
    if (v == VISIT_TARGET) {
        run->search->dname_seen = true;
        *ret_target = dname->aliases[0];
    }
    return v;
}

/* R-T44-4, literal reading: the chain of DNAMEs that begins at an empty name, target by target; a target met before ends
 * it, more of them than the alias limit are a loop. */
static enum visit
follow_dnames(struct run *run, const struct cx_answer *empty)
{
    cx_span met[CX_ALIASES_DEFAULT + 1];
    size_t n = 0;
    cx_span target;
    enum visit v;

    while ((v = visit_dname(run, empty, &target)) == VISIT_TARGET && run->literal) {
        for (size_t i = 0; i < n; i++) {
            if (cx_span_equal(met[i], target)) {
                return VISIT_EMPTY;
            }
        }
        if (n >= run->c->policy->alias_limit) {
            return end_with(run->search, CX_SEARCH_FAILED, NULL);
        }
        met[n++] = empty->name;
        if (cx_name_is_root(target)) { /* R-TREE-1: never asked */
            return VISIT_EMPTY;
        }
        if (visit(run, target, CX_TYPE_CAA, &empty) == VISIT_END) {
            return VISIT_END;
        }
    }
    return v == VISIT_END ? v : VISIT_EMPTY;
}

/* R-TREE-1, R-T44-4: from the name up, label by label. */
static void
climb_line(struct run *run)
{
    bool erratum = run->c->epoch->algorithm == CX_ALGORITHM_ERRATUM5065;

    for (cx_span at = run->subject->name; !cx_name_is_root(at); at = cx_name_parent(at)) {
        const struct cx_answer *answer;

        if (visit(run, at, CX_TYPE_CAA, &answer) == VISIT_END ||
            (erratum && follow_dnames(run, answer) == VISIT_END)) {
            return;
        }
    }
    run->search->state = CX_SEARCH_EMPTY;
}

/* The tree search of RFC 6844: names still to be visited (a stack), and those done (R-T44-3). */
struct tree {
    cx_span todo[CX_CLIMB_MAX];
    size_t n_todo;
    cx_span done[CX_VISITED_MAX];
    size_t n_done;
    bool overflow;
};

static bool
is_done(const struct tree *tree, cx_span name)
{
    for (size_t i = 0; i < tree->n_done; i++) {
        if (cx_span_equal(tree->done[i], name)) {
            return true;
        }
    }
    return false;
}

static void
mark_done(struct tree *tree, cx_span name)
{
    if (is_done(tree, name)) {
        return;
    }
    if (tree->n_done == CX_VISITED_MAX) {
        tree->overflow = true;
        return;
    }
    tree->done[tree->n_done++] = name;
}

static void
push(struct tree *tree, cx_span name)
{
    if (cx_name_is_root(name)) {
        return;
    }
    if (tree->n_todo == CX_CLIMB_MAX) {
        tree->overflow = true;
        return;
    }
    tree->todo[tree->n_todo++] = name;
}

/* After an empty set at X: parents of its aliases, last alias first, then its DNAME target, then its own parent. The
 * stack gives back the last pushed first. */
static enum visit
expand(struct run *run, struct tree *tree, const struct cx_answer *empty)
{
    cx_span target;
    enum visit v = visit_dname(run, empty, &target);

    if (v == VISIT_END) {
        return v;
    }
    push(tree, cx_name_parent(empty->name));
    if (v == VISIT_TARGET && run->literal) {
        push(tree, target);
    }
    for (size_t i = 0; i < empty->n_aliases; i++) {
        push(tree, cx_name_parent(empty->aliases[i]));
    }
    return VISIT_EMPTY;
}

/* R-T44-1 without recursion. */
static void
climb_tree(struct run *run)
{
    struct tree tree;

    tree.n_todo = tree.n_done = 0;
    tree.overflow = false;
    push(&tree, run->subject->name);
    while (tree.n_todo != 0 && !tree.overflow) {
        cx_span at = tree.todo[--tree.n_todo];
        const struct cx_answer *answer;

        if (is_done(&tree, at)) {
            continue;
        }
        mark_done(&tree, at);
        if (tree.overflow) {
            break;
        }
        if (visit(run, at, CX_TYPE_CAA, &answer) == VISIT_END ||
            expand(run, &tree, answer) == VISIT_END) {
            return;
        }
    }
    run->search->state = tree.overflow ? CX_SEARCH_FAILED : CX_SEARCH_EMPTY;
}

/* The name's own ancestors, nearest first; returns how many. */
static size_t
ancestors(cx_span name, cx_span ret[CX_LABELS_MAX])
{
    size_t n = 0;

    for (; !cx_name_is_root(name); name = cx_name_parent(name)) {
        ret[n++] = name;
    }
    return n;
}

/* R-P16-6, R-P16-8: the set at this label ends a search from the top. */
static bool
skip_ends(struct run *run, const struct cx_answer *answer, size_t labels)
{
    /* R-P16-6 knows issue and issuewild only: for another property such a set would decide nothing. */
    if (run->c->epoch->grammar != CX_GRAMMAR_PROPOSAL || run->c->purpose != CX_PURPOSE_TLS ||
        cx_answer_failed(run->c, answer) || !cx_set_skips(answer, run->subject->wildcard)) {
        return false;
    }
    if (labels <= run->subject->suffix_labels) { /* R-P16-E8 */
        run->search->skip_ignored = true;
        return false;
    }
    return true;
}

/* Asks the ancestors from the top. True when that ended the search or questions are open. */
static bool
ask_from_top(struct run *run)
{
    cx_span names[CX_LABELS_MAX];
    size_t n = ancestors(run->subject->name, names);

    for (size_t i = n; i-- > 0;) {
        const struct cx_answer *answer = cx_answers_find(run->answers, names[i], CX_TYPE_CAA);

        if (answer == NULL) {
            need(run->search, names[i], CX_TYPE_CAA);
            return true;
        }
        note_seen(run->search, answer);
        if (skip_ends(run, answer, n - i)) {
            for (size_t k = n; k-- > i;) { /* R-P16-E20 */
                const struct cx_answer *above =
                    cx_answers_find(run->answers, names[k], CX_TYPE_CAA);

                if (above != NULL && !cx_answer_failed(run->c, above)) {
                    (void)note_used(run->search, above); /* at most CX_LABELS_MAX */
                }
            }
            run->search->skipped = true;
            (void)end_with(run->search, CX_SEARCH_FOUND, answer); /* its result is for visitors */
            return true;
        }
    }
    return false;
}

static bool
ask_all_at_once(struct run *run)
{
    cx_span names[CX_LABELS_MAX];
    size_t n = ancestors(run->subject->name, names);

    for (size_t i = 0; i < n; i++) {
        const struct cx_answer *answer = cx_answers_find(run->answers, names[i], CX_TYPE_CAA);

        if (answer == NULL) {
            need(run->search, names[i], CX_TYPE_CAA);
        } else {
            note_seen(run->search, answer);
        }
    }
    return run->search->n_need != 0;
}

static void
reset(struct cx_search *s)
{
    s->state = CX_SEARCH_UNSET;
    s->answer = NULL;
    s->excused = s->dname_seen = s->skipped = s->skip_ignored = false;
    s->n_used = s->n_seen = s->n_need = 0;
}

void
cx_climb(const struct cx_case *c, const struct cx_subject *subject,
         const struct cx_answers *answers, bool literal, struct cx_search *ret)
{
    struct run run = { c, subject, answers, literal, ret };

    reset(ret);
    if (c->order == CX_ORDER_PARALLEL && ask_all_at_once(&run)) {
        return;
    }
    if (c->order != CX_ORDER_BOTTOM_UP && ask_from_top(&run)) {
        return;
    }
    if (c->epoch->algorithm == CX_ALGORITHM_RFC6844) {
        climb_tree(&run);
    } else {
        climb_line(&run);
    }
}
