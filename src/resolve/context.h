/* One libunbound context, set up as measurement and RFCs want it.
 * I1: no built-in zone is left in it: every answer is explained by an exchange with a server.
 * I2: it has a trust anchor of the root that holds at the time given, so that "insecure" is proven. */
#ifndef CX_RESOLVE_CONTEXT_H
#define CX_RESOLVE_CONTEXT_H

#include "base/status.h"
#include "resolve/anchor.h"
#include "resolve/live.h"

struct event_base;
struct ub_ctx;

/* Sends nothing. The context is freed with ub_ctx_delete, before base. Classes: USAGE, PEER. */
cx_status cx_context_open(const struct cx_live_options *options, const struct cx_anchors *anchors,
                          cx_time now, struct event_base *base, struct ub_ctx **ret,
                          struct cx_detail *detail) CX_MUST;

#endif
