/* Lists that bench/genzones writes, as checks ready to start: name, request, and the verdict due. */
#ifndef BENCH_NAMES_H
#define BENCH_NAMES_H

#include "engine/request.h"

struct listed {
    char *name;
    const struct cx_request *request; /* read already: what JSON costs is measured by bench/batch */
    enum cx_verdict verdict;
    bool by_records;
    struct cx_name found; /* where they are */
};

struct names {
    struct cx_arena arena; /* of the requests */
    struct listed *v;
    size_t n;
    size_t room;
};

/* Before the first use. */
void names_init(struct names *names);
/* Appends the names of a file, at most max of them (0: all). False after a message on stderr. */
bool names_read(struct names *names, const char *path, size_t max);
/* For each name that is there, more further ones of the same zone, which do not exist; verdicts stay. */
bool names_multiply(struct names *names, size_t more);
void names_done(struct names *names);

#endif
