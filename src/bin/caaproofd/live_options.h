/* The configuration of resolvers as options of the live source. */
#ifndef CAAPROOFD_LIVE_OPTIONS_H
#define CAAPROOFD_LIVE_OPTIONS_H

#include "base/arena.h"
#include "bin/caaproofd/config.h"
#include "resolve/live.h"

/* Texts are borrowed from config, lists live in arena. Classes: NOMEM. */
cx_status live_options_of(const struct config_resolver *config, struct cx_arena *arena,
                          struct cx_live_options *ret) CX_MUST;

#endif
