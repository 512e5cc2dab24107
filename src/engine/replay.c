#include "engine/replay.h"

/* Other rules, policy or names in place of those recorded. */
static cx_status
apply(const struct cx_replay_options *options, struct cx_check *check, struct cx_detail *detail)
{
    struct cx_request *q = &check->request;

    if (options->policy != NULL) {
        q->policy = *options->policy;
    }
    for (size_t i = 0; i < q->n_cases; i++) {
        struct cx_case *c = &q->cases[i];

        if (options->has_own) {
            c->own = options->own;
            c->n_own = options->n_own;
        }
        if (options->has_rules_of) {
            c->epoch = cx_epoch_at(c->epoch->profile, options->rules_of);
            if (c->epoch == NULL) {
                return cx_fail(detail, CX_E_USAGE, "there are no rules of that date");
            }
        }
    }
    return CX_SUCCESS;
}

bool
cx_finding_differs(const struct cx_record_finding *recorded, const struct cx_finding *now)
{
    return recorded->verdict != now->verdict || recorded->valid_until != now->valid_until ||
           !cx_str_equal(recorded->reason, cx_str_of(cx_reason_word(now->reason)));
}

bool
cx_conclusion_differs(const struct cx_record_conclusion *recorded, const struct cx_conclusion *now)
{
    return recorded->verdict != now->verdict || recorded->valid_until != now->valid_until ||
           recorded->hypothetical != now->hypothetical ||
           !cx_str_equal(recorded->reason, cx_str_of(cx_reason_word(now->reason)));
}

bool
cx_corroboration_differs(const struct cx_corroboration *recorded,
                         const struct cx_corroboration *now)
{
    bool differs = recorded->kind != now->kind || recorded->n_used != now->n_used ||
                   recorded->n_agreed != now->n_agreed || recorded->n_regions != now->n_regions;

    for (size_t i = 0; !differs && i < now->n_regions; i++) {
        differs = !cx_str_equal(recorded->regions[i], now->regions[i]);
    }
    return differs;
}

cx_status
cx_replay(struct cx_recaller *recaller, const struct cx_record *record,
          const struct cx_replay_options *options, struct cx_check *check, struct cx_replayed *ret,
          struct cx_detail *detail)
{
    struct cx_replayed replayed;

    CX_TRY(cx_recall(recaller, record, check, detail));
    CX_TRY(apply(options, check, detail));
    CX_TRY(cx_judge_recalled(check));
    replayed = (struct cx_replayed){
        .same = !cx_conclusion_differs(&record->conclusion, &check->conclusion) &&
                !cx_corroboration_differs(&record->corroboration, &check->corroboration.is),
        .verdict_changed = record->conclusion.verdict != check->conclusion.verdict,
    };
    for (size_t i = 0; i < record->n_names; i++) {
        replayed.same =
            replayed.same && !cx_finding_differs(&record->findings[i], &check->findings[i]);
        replayed.verdict_changed =
            replayed.verdict_changed || record->findings[i].verdict != check->findings[i].verdict;
    }
    *ret = replayed;
    return CX_SUCCESS;
}
