/* Sees that the root's keys and the file of anchors do not drift apart unnoticed: with each new cache, the root's DNSKEY
 * set is held against the anchors in force (dnssec/root_keys.h). A set that cannot be fetched says nothing; the questions
 * fail then.
 * I1: only alarms come of it; what libunbound trusts is the file's alone. */
#ifndef CX_RESOLVE_ROOT_WATCH_H
#define CX_RESOLVE_ROOT_WATCH_H

#include "resolve/anchor_file.h"
#include "resolve/material.h"

/* Begins zeroed but for what is borrowed; must stay where it is. */
struct cx_root_watch {
    struct cx_materials *materials;
    const struct cx_anchor_file *file;
    struct cx_alarms *alarms;
    struct cx_waiter waiter; /* private, as is what follows */
    bool due;
    bool woken;
};

/* A new cache begins. */
void cx_root_watch_renew(struct cx_root_watch *watch);
/* Asks if that is due, and looks at what came. Not from inside libunbound. */
void cx_root_watch_step(struct cx_root_watch *watch);
/* Waits for nothing any more. */
void cx_root_watch_done(struct cx_root_watch *watch);

#endif
