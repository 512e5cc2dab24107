#include "resolve/context.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "dns/caa.h"

#include <unbound-event.h>
#include <unbound.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

struct setting {
    const char *name;
    const char *value;
};

/* What answers may mean depends on these: a libunbound that refuses one is not used. */
static const struct setting needed[] = {
    { "module-config:", "validator iterator" },
    { "val-permissive-mode:", "no" },
    /* RFC 4035 section 5.3.1 knows no leeway; libunbound's is up to a day. */
    { "val-sig-skew-min:", "0" },
    { "val-sig-skew-max:", "0" },
    { "harden-dnssec-stripped:", "yes" },
    { "harden-glue:", "yes" },
    /* Answers that no exchange explains: R-DNS-8, R-DNS-9, and names with a built-in meaning (RFC 8509). */
    { "aggressive-nsec:", "no" },
    { "harden-below-nxdomain:", "no" },
    { "root-key-sentinel:", "no" },
    /* Never stale data. */
    { "serve-expired:", "no" },
    { "prefetch:", "no" },
    { "cache-max-ttl:", "28800" },
    { "qname-minimisation:", "no" }, /* R-DNS-10 */
    /* R-DNS-5: servers that answer another case than they were asked in say NXDOMAIN of names that exist. */
    { "use-caps-for-id:", "no" },
};

/* Speed, memory, and how soon a dead server is given up. */
static const struct setting wanted[] = {
    { "infra-cache-max-rtt:", "2000" }, /* with the next: 5.3 s for a silent server, not 100 */
    { "outbound-msg-retry:", "3" },     /* and never fewer than two tries */
    { "max-query-restarts:", "16" },    /* R-TREE-13; the default follows 11 aliases */
    /* The default is 2, and a third question over TCP cuts off the first: measured as failures of good servers. */
    { "outgoing-num-tcp:", "128" },
    { "num-queries-per-thread:", "4096" }, /* as many as there are sockets */
    { "msg-cache-size:", "32m" },          /* the defaults hold some thousand names; */
    { "rrset-cache-size:", "64m" },        /* these hold what 300 s of questions bring */
    { "key-cache-size:", "16m" },          /* DNSKEYs */
    { "neg-cache-size:", "8m" },           /* NSEC, NSEC3 of delegations */
    { "infra-cache-numhosts:", "20000" },  /* servers by zone */
    { "trust-anchor-signaling:", "no" },   /* no questions that nobody asked for */
    { "rrset-roundrobin:", "no" },         /* same set, same octets */
};

/* The library's default of 16 sockets makes a resolver that is 16 times slower at 20 ms; but each is a descriptor, and
 * while a context is replaced there are two. */
static unsigned
outgoing_range(void)
{
    const unsigned most = 4096, reserve = 320; /* TCP of both, and the program's own files */
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < reserve + 64) {
        return 16;
    }
    limit.rlim_cur = (limit.rlim_cur - reserve) / 2;
    return limit.rlim_cur < most ? (unsigned)limit.rlim_cur : most;
}

static cx_status
set(struct ub_ctx *ub, const char *name, const char *value, struct cx_detail *detail)
{
    int error = ub_ctx_set_option(ub, name, value);

    return error == 0 ? CX_SUCCESS
                      : cx_fail(detail, CX_E_RESOLVER, "libunbound %s refuses %s %s: %s",
                                ub_version(), name, value, ub_strerror(error));
}

static cx_status
set_options(struct ub_ctx *ub, const struct cx_live_options *options, struct cx_detail *detail)
{
    char range[16];

    for (size_t i = 0; i < CX_COUNT(needed); i++) {
        CX_TRY(set(ub, needed[i].name, needed[i].value, detail));
    }
    for (size_t i = 0; i < CX_COUNT(wanted); i++) {
        (void)ub_ctx_set_option(ub, wanted[i].name, wanted[i].value); /* tuning only */
    }
    if (snprintf(range, sizeof(range), "%u", outgoing_range()) < (int)sizeof(range)) {
        (void)ub_ctx_set_option(ub, "outgoing-range:", range); /* tuning only */
    }
    /* With a forwarder nobody else is asked, so this concerns only the forwarder itself. */
    if (options->lab || options->forward != NULL) {
        CX_TRY(set(ub, "do-not-query-localhost:", "no", detail));
    }
    if (options->root_hints != NULL) {
        CX_TRY(set(ub, "root-hints:", options->root_hints, detail));
    }
    if (options->forward != NULL && ub_ctx_set_fwd(ub, options->forward) != 0) {
        return cx_fail(detail, CX_E_USAGE,
                       "forwarder \"%s\": neither ADDRESS nor ADDRESS@PORT with an IP address",
                       options->forward);
    }
    return CX_SUCCESS;
}

static cx_status
add_anchors(struct ub_ctx *ub, const struct cx_anchors *anchors, cx_time now,
            struct cx_detail *detail)
{
    char text[CX_TIME_TEXT];
    size_t n = 0;

    for (size_t i = 0; i < anchors->n; i++) {
        if (!cx_anchor_holds(&anchors->all[i], now)) {
            continue;
        }
        if (ub_ctx_add_ta(ub, anchors->all[i].record) != 0) {
            return cx_fail(detail, CX_E_RESOLVER, "libunbound refuses the trust anchor \"%s\"",
                           anchors->all[i].record);
        }
        n++;
    }
    if (n == 0) {
        cx_time_format(now, text);
        return cx_fail(
            detail, CX_E_RESOLVER,
            "none of the trust anchors holds at %s: bring the file of anchors up to date", text);
    }
    return CX_SUCCESS;
}

/* What libunbound logs while we listen: the only way in which it lists its zones and says why it failed. */
struct listening {
    char *text;
    FILE *file;
};

static cx_status
listen_begin(struct ub_ctx *ub, struct listening *ret)
{
    const size_t room =
        1u << 18; /* its 102 zones make 40 kB; a list cut short is found out by the second one */
    struct listening l = { .text = cx_alloc(room, 1) };

    if (l.text == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    l.file = fmemopen(l.text, room - 1, "w");
    if (l.file == NULL) {
        cx_free(l.text);
        return (cx_status){ CX_E_NOMEM };
    }
    (void)ub_ctx_debugout(ub, l.file); /* cannot fail */
    *ret = l;
    return CX_SUCCESS;
}

/* The text is valid until cx_free(l->text). */
static void
listen_end(struct ub_ctx *ub, struct listening *l)
{
    (void)ub_ctx_debugout(ub, NULL); /* cannot fail: from here on libunbound is silent */
    (void)fclose(l->file);           /* memory only */
}

static cx_status
fail_with_log(const struct listening *l, int error, struct cx_detail *detail)
{
    const char *said = strstr(l->text, "error: ");
    int n = said == NULL ? 0 : (int)strcspn(said, "\n");

    return cx_fail(detail, CX_E_RESOLVER, "libunbound %s cannot be set up: %s%s%.*s", ub_version(),
                   ub_strerror(error), n == 0 ? "" : ", ", n, n == 0 ? "" : said);
}

/* Walks a list of zones: "... number of auth zones N", then "... TYPE zone NAME ..." each. Removes them; whether that
 * worked is seen in the next list. *ret_none if the list says that there are none. */
static void
remove_listed(struct ub_ctx *ub, char *list, bool *ret_none)
{
    static const char count[] = "number of auth zones ";
    char *end;

    *ret_none = false;
    for (char *line = list; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        char *number, *zone;

        *end = '\0';
        number = strstr(line, count);
        zone = strstr(line, " zone ");
        if (number != NULL) {
            *ret_none = strcmp(number + sizeof(count) - 1, "0") == 0;
        } else if (zone != NULL) {
            zone += strlen(" zone ");
            zone[strcspn(zone, " ")] = '\0';
            (void)ub_ctx_zone_remove(ub, zone);
        }
    }
}

/* I1. libunbound answers names under test., onion., 10.in-addr.arpa. and a hundred others by itself, "NXDOMAIN" or
 * empty, insecure, without asking anyone: to a judge that is permission. The list differs by version, so it is asked
 * for; and asked for again, to see that nothing is left. The first listing also makes the settings final. */
static cx_status
remove_zones(struct ub_ctx *ub, struct cx_detail *detail)
{
    bool none = false;

    for (int pass = 0; pass < 2 && !none; pass++) {
        struct listening l;
        cx_status s = CX_SUCCESS;
        int error;

        CX_TRY(listen_begin(ub, &l));
        error = ub_ctx_print_local_zones(ub);
        listen_end(ub, &l);
        if (error != 0) {
            s = fail_with_log(&l, error, detail);
        } else {
            remove_listed(ub, l.text, &none);
        }
        cx_free(l.text);
        CX_TRY(s);
    }
    return none ? CX_SUCCESS
                : cx_fail(detail, CX_E_RESOLVER,
                          "libunbound %s keeps built-in zones, whose answers nobody gave",
                          ub_version());
}

static void
ignore_result(void *ctx, int rcode, void *packet, int n, int sec, char *why, int ratelimited)
{
    (void)ctx, (void)rcode, (void)packet, (void)n, (void)sec, (void)why, (void)ratelimited;
}

/* A name that cannot be parsed makes libunbound set up its sockets and hints and then ask nothing: so a bad file of
 * hints is an error now, not at the first question. */
static cx_status
warm_up(struct ub_ctx *ub, struct cx_detail *detail)
{
    struct listening l;
    cx_status s = CX_SUCCESS;
    int error;

    CX_TRY(listen_begin(ub, &l));
    error = ub_resolve_event(ub, "..", CX_TYPE_CAA, CX_CLASS_IN, NULL, ignore_result, NULL);
    listen_end(ub, &l);
    if (error != UB_SYNTAX) {
        s = fail_with_log(&l, error, detail);
    }
    cx_free(l.text);
    return s;
}

static bool
has_word(const char *line, const char *word)
{
    const char *at = line;

    while (*(at += strspn(at, " \t\r\n")) != '\0' && *at != ';') {
        size_t n = strcspn(at, " \t\r\n;");

        if (n == strlen(word) && strncasecmp(at, word, n) == 0) {
            return true;
        }
        at += n;
    }
    return false;
}

/* libunbound falls back to the hints built into it when a file of hints holds none of the root: a lab would talk to the
 * world. */
static cx_status
check_hints(const char *path, struct cx_detail *detail)
{
    FILE *file = fopen(path, "re");
    bool ns = false, address = false;
    char line[CX_ANCHOR_LINE_MAX];
    unsigned lines = 0;

    if (file == NULL) {
        return cx_fail(detail, CX_E_RESOLVER, "%s: root hints cannot be opened", path);
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (++lines > CX_ANCHOR_LINES_MAX) { /* or an endless file */
            ns = address = false;
            break;
        }
        if (has_word(line, "NS") && line[0] != '.') { /* the owner of the first counts for all */
            ns = address = false;
            break;
        }
        ns = ns || has_word(line, "NS");
        address = address || has_word(line, "A") || has_word(line, "AAAA");
    }
    (void)fclose(file); /* was only read */
    return ns && address ? CX_SUCCESS
                         : cx_fail(detail, CX_E_RESOLVER,
                                   "%s: root hints need NS records of \".\" and addresses", path);
}

static cx_status
prepare(struct ub_ctx *ub, const struct cx_live_options *options, const struct cx_anchors *anchors,
        cx_time now, struct cx_detail *detail)
{
    (void)ub_ctx_debugout(ub, NULL); /* cannot fail: no library of ours writes to stderr */
    if (options->root_hints != NULL) {
        CX_TRY(check_hints(options->root_hints, detail));
    }
    CX_TRY(set_options(ub, options, detail));
    CX_TRY(add_anchors(ub, anchors, now, detail));
    CX_TRY(remove_zones(ub, detail));
    return warm_up(ub, detail);
}

cx_status
cx_context_open(const struct cx_live_options *options, const struct cx_anchors *anchors,
                cx_time now, struct event_base *base, struct ub_ctx **ret, struct cx_detail *detail)
{
    struct ub_ctx *ub = ub_ctx_create_event(base);
    cx_status s;

    if (ub == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "libunbound %s cannot be set up", ub_version());
    }
    s = prepare(ub, options, anchors, now, detail);
    if (!cx_ok(s)) {
        ub_ctx_delete(ub);
        return s;
    }
    *ret = ub;
    return CX_SUCCESS;
}
