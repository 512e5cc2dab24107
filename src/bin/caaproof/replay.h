/* One process's part of a replay: a range of rows through the judge, differences to a file, counts to a pipe. */
#ifndef CAAPROOF_REPLAY_H
#define CAAPROOF_REPLAY_H

#include "engine/replay.h"

#include <stdio.h>

#define REPLAY_VERDICTS 8

/* What a part has seen so far; written to the pipe whole, some times a second and at the end. */
struct replay_counts {
    uint64_t rows; /* of the log, checks or not */
    uint64_t checks;
    uint64_t verdict_changed;
    uint64_t otherwise_changed; /* reason or window */
    uint64_t failed;            /* could not be judged */
    uint64_t from_to[REPLAY_VERDICTS]
                    [REPLAY_VERDICTS]; /* verdicts of certificates, where they changed */
    bool ended;
    cx_status status; /* with ended */
    struct cx_detail detail;
};

struct replay_part {
    const char *store;
    const struct cx_replay_options *options;
    bool json;
    bool all;       /* list other changes than of verdicts too */
    uint64_t first; /* rows of all shards, counted through */
    uint64_t last;
    FILE *out;
    int counts; /* pipe */
};

/* For a process of its own. */
void replay_part_run(const struct replay_part *part);

#endif
