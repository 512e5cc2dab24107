/* Stored checks through the judge of today: with the rules, policy and OWN of their time, or with others (docs/formats/record.md).
 * What differs is what a changed judge, rule, policy or list of names would have decided otherwise (R-PRF-12). */
#ifndef CX_ENGINE_REPLAY_H
#define CX_ENGINE_REPLAY_H

#include "engine/recall.h"

/* A zeroed struct replays as it was. Borrowed. */
struct cx_replay_options {
    bool has_rules_of;
    cx_time rules_of; /* the epoch of this date is applied; answers and windows keep their times */
    const struct cx_policy *policy; /* instead of the recorded one; its OWN is not looked at */
    const struct cx_own *own;       /* instead of the recorded names */
    size_t n_own;
    bool has_own;
};

/* What became of one record. */
struct cx_replayed {
    bool
        same; /* all verdicts, reasons and windows are as recorded, of every name and of the certificate; corroboration too */
    bool verdict_changed; /* of the certificate or of a name */
};

/* Judges record again into check (its arena empty), and compares. Classes: those of cx_recall; USAGE: no rules of that
 * date. */
cx_status cx_replay(struct cx_recaller *recaller, const struct cx_record *record,
                    const struct cx_replay_options *options, struct cx_check *check,
                    struct cx_replayed *ret, struct cx_detail *detail) CX_MUST;

/* One name's finding, or the conclusion, differs from what was recorded. */
bool cx_finding_differs(const struct cx_record_finding *recorded, const struct cx_finding *now);
bool cx_conclusion_differs(const struct cx_record_conclusion *recorded,
                           const struct cx_conclusion *now);
/* Other numbers, or other regions. */
bool cx_corroboration_differs(const struct cx_corroboration *recorded,
                              const struct cx_corroboration *now);

#endif
