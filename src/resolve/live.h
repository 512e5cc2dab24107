/* The live DNS as a source of answers: libunbound, recursive and validating, or behind a forwarder and validating.
 * I1: RCODE and data come from the message alone, by cx_answer_from_message; libunbound's word is taken for failure and
 * for the state of DNSSEC only.
 * I2: answered is called from wait and cx_live_turn only (out of memory: from ask), never from inside libunbound.
 * I3: an answer's time is never later than when its question went to a server, although libunbound caches: it is that
 * moment if the tap saw it, else the one at which the cache got its first question, at most CX_LIVE_RENEW_S before this one
 * was asked. See resolver.c.
 * I4: a question that fails because of servers is tried again in a context with caches of its own, and once more if a
 * try was not seen to reach a server; attempts are as resolve/tries.h says.
 * I5: with a tap, an answer that no exchange explains is a failure (resolve/explain.h).
 * I6: of a failure, dnssec is insecure only if that is proved (resolve/proof.h), and the tries were seen by a tap.
 * I7: the file of anchors is read again, if it has changed, before a cache begins anew; never is there none in force
 * (resolve/anchor_file.h).
 * The caller neither closes the source from inside answered nor lets an arena go while its question is open. */
#ifndef CX_RESOLVE_LIVE_H
#define CX_RESOLVE_LIVE_H

#include "resolve/source.h"

struct event_base;

/* A zeroed struct is the public DNS with default settings. Texts are borrowed until the source is closed. */
struct cx_live_options {
    const char *root_hints; /* file; NULL = those built into libunbound */
    const char *anchor;     /* file, see resolve/anchor.h; NULL = Debian's */
    const char *forward;  /* "ADDRESS" or "ADDRESS@PORT", nobody else is asked; NULL = recursion */
    bool lab;             /* servers on loopback are asked; needs root_hints */
    unsigned deadline_ms; /* for one question; 0 = CX_LIVE_DEADLINE_MS */
    unsigned renew_s;     /* age at which the cache is given up; 0 = CX_LIVE_RENEW_S */
    bool no_tap;          /* what goes over the wire is not looked at (resolve/tap.h) */
    bool no_retry;        /* a failed question is not asked again */
    bool no_proof; /* the messages that an answer rests on are not collected (resolve/proof.h) */
    const char *const
        *control;         /* control names, CX_CONTROL_NAMES_MIN or more (resolve/control.h) */
    size_t n_control;     /* 0: no failure is shown to be outside */
    bool no_openssl_p256; /* libunbound's own P-256, in the whole process (resolve/nettle_p256.h) */
    /* Told what is wrong with the anchors, in a sentence without a stop, each once (resolve/alarm.h); from wait. NULL:
     * nobody is. */
    void (*alarm)(void *ctx, const char *text);
    void *alarm_ctx;
};

/* Sends nothing yet. Without a trust anchor that holds now there is no source, as nothing could be told insecure.
 * Classes: USAGE, PEER, NOMEM, INTERNAL. */
cx_status cx_live_open(const struct cx_live_options *options, struct cx_source *ret,
                       struct cx_detail *detail) CX_MUST;

/* For a process with other things to do: its event loop, and one turn of it, which also delivers what is answered and
 * waits only if nothing is. Callbacks of other events may ask. Classes: INTERNAL. */
struct event_base *cx_live_base(const struct cx_source *live);
cx_status cx_live_turn(struct cx_source *live) CX_MUST;

/* Version of libunbound. */
const char *cx_live_version(void);

#endif
