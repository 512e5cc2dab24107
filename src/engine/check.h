/* One check end to end: request in, questions to a source, findings and conclusion out.
 * I1: done is called exactly once.  I2: everything of a check lives in its arena and goes with cx_check_free. */
#ifndef CX_ENGINE_CHECK_H
#define CX_ENGINE_CHECK_H

#include "caa/conclude.h"
#include "engine/request.h"
#include "mpic/corroborate.h"
#include "resolve/source.h"

struct cx_check {
    struct cx_arena arena;
    struct cx_request request;
    struct cx_answers answers;
    enum cx_origin origin;       /* of the answers; of a recalled check as its record has it */
    struct cx_finding *findings; /* one per name of the request, in its order */
    struct cx_conclusion conclusion;
    struct cx_corroborated *corroborated; /* one per name, with its finding */
    struct cx_corroborated corroboration; /* of the certificate: that of the name that has least */
    /* Set when the request could not be judged; then there are no findings. */
    cx_status status;
    struct cx_detail detail;

    /* Private to check.c. */
    struct cx_source source;
    struct cx_source own_source; /* of inline answers or zone */
    struct cx_answers asked;     /* placeholders of questions under way */
    size_t open;
    bool stepping;
    bool out_of_memory;
    void (*done)(void *ctx, struct cx_check *check);
    void *ctx;
};

/* NULL when out of memory. */
struct cx_check *cx_check_new(void);
void cx_check_free(struct cx_check *check);

/* The answers came with the request, as a list or a zone: nothing that DNS said. */
static inline bool
cx_check_has_own_source(const struct cx_check *check)
{
    return check->own_source.ops != NULL;
}

/* From complete findings on all names to the conclusion; the end of every check, and of one that is judged again. */
void cx_check_conclude(struct cx_check *check);

/* Starts the check; done may be called before this returns. json and defaults are borrowed until done; source until
 * every question was answered. source may be NULL: then the request must bring answers or a zone. */
void cx_check_start(struct cx_check *check, const struct cx_json *json,
                    const struct cx_json *defaults, const struct cx_source *source, cx_time now,
                    void (*done)(void *ctx, struct cx_check *check), void *ctx);

/* The same for a request that was read before (cx_request_from_json, without inline answers and zone); it is borrowed until
 * the check is freed, and may serve any number of checks. */
void cx_check_start_request(struct cx_check *check, const struct cx_request *request,
                            const struct cx_source *source,
                            void (*done)(void *ctx, struct cx_check *check), void *ctx);

#endif
