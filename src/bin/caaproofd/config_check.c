#include "base/limits.h"
#include "bin/caaproofd/config_option.h"
#include "caa/lint.h"
#include "dns/name.h"
#include "evidence/note.h"

#include <arpa/inet.h>

struct config_place
config_site_key(const struct config_site *site, const char *key)
{
    const struct config_node *node = config_node_member(site->node, key);

    return node != NULL ? node->place : site->node->place;
}

/* ---- members that nobody knows */

static void
fault_unknown(struct config_reading *r, const struct config_node *node, const char *path,
              const char *const *known)
{
    const char *hint = cx_lint_hint(cx_span_of_str(node->name), known);
    CX_AUTO(cx_buf_done) struct cx_buf text;

    cx_buf_init(&text, CX_CONFIG_FAULT_TEXT);
    cx_buf_printf(&text, "%s%sunknown key ", path, path[0] == '\0' ? "" : ": ");
    config_value_quote(node->name, &text);
    if (hint != NULL) {
        cx_buf_printf(&text, "; did you mean \"%s\"?", hint);
    } else {
        cx_buf_puts(&text, "; known:");
    }
    for (size_t i = 0; hint == NULL && known[i] != NULL; i++) {
        cx_buf_printf(&text, " %s", known[i]);
    }
    config_fault(r, node->place, "%.*s", (int)text.n, text.p);
}

void
config_check_known(struct config_reading *r, const struct config_node *map, const char *path,
                   const char *const *known)
{
    for (const struct config_node *node = map->first; node != NULL; node = node->next) {
        size_t i = 0;

        while (known[i] != NULL && !cx_str_equal(node->name, cx_str_of(known[i]))) {
            i++;
        }
        if (known[i] == NULL) {
            fault_unknown(r, node, path, known);
        }
    }
}

/* ---- listen */

static cx_status
check_listen(const struct config_site *site, void *of)
{
    const struct config_listen *listen = of;

    if (listen->address.family == CONFIG_FAMILY_UNIX && listen->tls != NULL) {
        config_fault(site->r, config_site_key(site, "tls"), "%s.tls: not on a Unix socket",
                     site->path);
    }
    if (listen->address.is_local || listen->insecure) {
        return CX_SUCCESS;
    }
    if (listen->tls == NULL) {
        config_fault(site->r, config_site_key(site, "address"),
                     "%s: \"%s\" is not on loopback: tls is needed, or insecure: true", site->path,
                     listen->address.text.p);
    } else if (listen->tls->client_ca.n == 0) {
        config_fault(site->r, config_site_key(site, "tls"),
                     "%s.tls: client_ca is needed, as \"%s\" is not on loopback, or insecure: true",
                     site->path, listen->address.text.p);
    }
    return CX_SUCCESS;
}

static cx_status
check_deadline(const struct config_site *site, void *of)
{
    const struct config_deadline *deadline = of;

    if (deadline->usual_ms > deadline->max_ms) {
        config_fault(site->r, config_site_key(site, "default"), "%s.default: is longer than %s.max",
                     site->path, site->path);
    }
    return CX_SUCCESS;
}

/* ---- resolver */

static void
check_name(const struct config_site *site, const char *key, cx_str text)
{
    struct cx_detail detail = { .text = "" };
    struct cx_name name;

    if (!cx_ok(cx_name_from_text(text, &name, &detail))) {
        config_fault(site->r, config_site_key(site, key), "%s.%s: %s", site->path, key,
                     detail.text);
    }
}

/* ADDRESS or ADDRESS@PORT, as libunbound wants it (src/resolve/context.c). */
static bool
is_forwarder(cx_str text)
{
    const char *mark = memchr(text.p, '@', text.n);
    size_t n = mark == NULL ? text.n : (size_t)(mark - text.p), digits = 0;
    char host[INET6_ADDRSTRLEN];
    struct in6_addr any;
    unsigned port = 0;

    if (n >= sizeof(host)) {
        return false;
    }
    memcpy(host, text.p, n);
    host[n] = '\0';
    for (size_t i = n + 1; i < text.n; i++, digits++) {
        if (text.p[i] < '0' || text.p[i] > '9' || port > UINT16_MAX) {
            return false;
        }
        port = port * 10 + (unsigned)(text.p[i] - '0');
    }
    return (mark == NULL || (port != 0 && port <= UINT16_MAX)) &&
           (inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1);
}

static cx_status
check_resolver(const struct config_site *site, void *of)
{
    const struct config_resolver *resolver = of;

    if (resolver->n_control != 0 && (resolver->n_control < CX_CONTROL_NAMES_MIN ||
                                     resolver->n_control > CX_CONTROL_NAMES_MAX)) {
        config_fault(site->r, config_site_key(site, "control"),
                     "%s.control: %d to %d names are needed, or none", site->path,
                     CX_CONTROL_NAMES_MIN, CX_CONTROL_NAMES_MAX);
    }
    for (size_t i = 0; i < resolver->n_control; i++) {
        check_name(site, "control", resolver->control[i]);
    }
    if (resolver->forward.n != 0 && !is_forwarder(resolver->forward)) {
        config_fault(site->r, config_site_key(site, "forward"),
                     "%s.forward: expected an IP address or ADDRESS@PORT; found \"%s\"", site->path,
                     resolver->forward.p);
    }
    if (resolver->lab && resolver->root_hints.n == 0) {
        config_fault(site->r, config_site_key(site, "lab"), "%s.lab: root_hints is needed",
                     site->path);
    }
    return CX_SUCCESS;
}

/* ---- callers */

static cx_status
check_identity(const struct config_site *site, void *of)
{
    const struct config_identity *identity = of;
    int n = (identity->san.n != 0) + (identity->subject.n != 0) + (identity->sha256 != NULL);

    if (n != 1) {
        config_fault(site->r, site->node->place, "%s: one of san, subject and sha256 is needed",
                     site->path);
    }
    return CX_SUCCESS;
}

static cx_status
check_caller(const struct config_site *site, void *of)
{
    const unsigned for_authority = CONFIG_MAY_CHECK | CONFIG_MAY_CLAIM | CONFIG_MAY_ISSUE;
    const struct config_caller *caller = of;
    int n = (caller->certificate != NULL) + (caller->token_file.n != 0) +
            (caller->unix_uid != CONFIG_NONE);

    if (n != 1) {
        config_fault(site->r, site->node->place,
                     "%s: one of certificate, token_file and unix_uid is needed", site->path);
    }
    if ((caller->may & for_authority) != 0 && caller->n_authorities == 0) {
        config_fault(site->r, config_site_key(site, "may"),
                     "%s: authorities is needed, or all of them: all", site->path);
    }
    return CX_SUCCESS;
}

/* Nobody can be two callers. */
static bool
is_same_caller(const struct config_caller *a, const struct config_caller *b)
{
    const struct config_identity *x = a->certificate, *y = b->certificate;

    if (x != NULL && y != NULL) {
        return (x->san.n != 0 &&
                cx_span_equal_fold(cx_span_of_str(x->san), cx_span_of_str(y->san))) ||
               (x->subject.n != 0 && cx_str_equal(x->subject, y->subject)) ||
               (x->sha256 != NULL && y->sha256 != NULL && cx_hash_equal(x->sha256, y->sha256));
    }
    return (a->token_file.n != 0 && cx_str_equal(a->token_file, b->token_file)) ||
           (a->unix_uid != CONFIG_NONE && a->unix_uid == b->unix_uid);
}

/* ---- outsiders */

/* As it is told in metrics too; a password has no place in it. */
static bool
is_url(cx_str url)
{
    static const char *const schemes[] = { "http://", "https://" };
    bool known = false;

    for (size_t i = 0; i < CX_COUNT(schemes); i++) {
        size_t n = strlen(schemes[i]);

        known |= url.n > n && memcmp(url.p, schemes[i], n) == 0;
    }
    for (size_t i = 0; i < url.n; i++) {
        known =
            known && url.p[i] > ' ' && url.p[i] < 0x7f && memchr("\"\\@?#", url.p[i], 5) == NULL;
    }
    return known;
}

static void
check_url(const struct config_site *site, cx_str url)
{
    if (!is_url(url)) {
        config_fault(site->r, config_site_key(site, "url"),
                     "%s.url: expected http:// or https:// with a host, without user, query and "
                     "fragment; found \"%s\"",
                     site->path, url.p);
    }
}

static cx_status
check_witness(const struct config_site *site, void *of)
{
    const struct config_witness *witness = of;
    struct cx_detail detail = { .text = "" };
    struct cx_note_key key;
    cx_status s = cx_note_key_parse(witness->key, &key, &detail);

    check_url(site, witness->url);
    if (cx_ok(s) && key.type != CX_NOTE_KEY_COSIGNATURE) {
        s = cx_fail(&detail, CX_E_NOTE, "not the key of a witness (type 4)");
    }
    if (cx_status_class(s) == CX_CLASS_MALFORMED) {
        config_fault(site->r, config_site_key(site, "key"), "%s.key: %s", site->path, detail.text);
        return CX_SUCCESS;
    }
    return s;
}

static cx_status
check_timestamp(const struct config_site *site, void *of)
{
    const struct config_timestamp *timestamp = of;

    check_url(site, timestamp->url);
    return CX_SUCCESS;
}

/* ---- canary */

/* first and second in one text. */
static cx_status
join(struct cx_arena *arena, cx_str first, cx_str second, cx_str *ret)
{
    char *text = cx_arena_get(arena, first.n + second.n + 1, 1);

    if (text == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(text, first.p, first.n);
    memcpy(text + first.n, second.p, second.n);
    *ret = (cx_str){ text, first.n + second.n };
    return CX_SUCCESS;
}

static cx_status
check_canary_name(const struct config_site *site, void *of)
{
    const struct config_canary_name *name = of;
    char label[CONFIG_CANARY_LABEL + 1];
    cx_str whole;

    memset(label, 'a', CONFIG_CANARY_LABEL);
    label[CONFIG_CANARY_LABEL] = '.';
    CX_TRY(join(site->r->arena, (cx_str){ label, sizeof(label) }, name->name, &whole));
    check_name(site, "name", whole);
    return CX_SUCCESS;
}

static cx_status
check_canary(const struct config_site *site, void *of)
{
    const struct config_canary *canary = of;
    size_t denied = 0;

    for (size_t i = 0; i < canary->n_names; i++) {
        denied += canary->names[i].expect == CONFIG_EXPECT_DENY ? 1 : 0;
    }
    if (canary->n_names > CX_CANARY_NAMES_MAX) {
        config_fault(site->r, config_site_key(site, "names"), "%s.names: %d at most", site->path,
                     CX_CANARY_NAMES_MAX);
    } else if (denied == 0) { /* where everything fails, a canary that must fail is well */
        config_fault(site->r, config_site_key(site, "names"),
                     "%s.names: one with expect: deny is needed", site->path);
    }
    return CX_SUCCESS;
}

/* ---- the whole */

/* The entry of a list of the whole configuration. */
static struct config_place
of_entry(const struct config_site *site, const char *list, size_t i)
{
    const struct config_node *entry = config_node_member(site->node, list)->first;

    while (i-- != 0) {
        entry = entry->next;
    }
    return entry->place;
}

static void
check_listeners(const struct config_site *site, const struct config *config)
{
    for (size_t i = 0; i < config->n_listen; i++) {
        for (size_t k = 0; k < i; k++) {
            if (cx_str_equal(config->listen[i].address.text, config->listen[k].address.text)) {
                config_fault(site->r, of_entry(site, "listen", i),
                             "listen[%zu].address: is that of listen[%zu]", i, k);
            }
        }
    }
}

/* Each is told apart by it in files, status and metrics. */
static void
check_outsiders(const struct config_site *site, const struct config *config)
{
    if (config->n_witnesses > CX_OUTSIDERS_MAX || config->n_timestamps > CX_OUTSIDERS_MAX) {
        const char *list = config->n_witnesses > CX_OUTSIDERS_MAX ? "witnesses" : "timestamps";

        config_fault(site->r, config_site_key(site, list), "%s: at most %d entries", list,
                     CX_OUTSIDERS_MAX);
    }
    for (size_t i = 0; i < config->n_witnesses; i++) {
        for (size_t k = 0; k < i; k++) {
            if (cx_str_equal(config->witnesses[i].key, config->witnesses[k].key)) {
                config_fault(site->r, of_entry(site, "witnesses", i),
                             "witnesses[%zu].key: is that of witnesses[%zu]", i, k);
            }
        }
    }
    for (size_t i = 0; i < config->n_timestamps; i++) {
        for (size_t k = 0; k < i; k++) {
            if (cx_str_equal(config->timestamps[i].url, config->timestamps[k].url)) {
                config_fault(site->r, of_entry(site, "timestamps", i),
                             "timestamps[%zu].url: is that of timestamps[%zu]", i, k);
            }
        }
    }
}

static void
check_authorities(const struct config_site *site, const struct config *config)
{
    for (size_t i = 0; i < config->n_authorities; i++) {
        if (config_authority_named(config, config->authorities[i].name) !=
            &config->authorities[i]) {
            config_fault(site->r, of_entry(site, "authorities", i),
                         "authorities[%zu].name: \"%s\" is there twice", i,
                         config->authorities[i].name.p);
        }
    }
}

/* Somebody can come in that way. */
static bool
is_reachable(const struct config *config, const struct config_caller *caller)
{
    for (size_t i = 0; i < config->n_listen; i++) {
        const struct config_listen *listen = &config->listen[i];

        if ((caller->certificate != NULL && listen->tls != NULL && listen->tls->client_ca.n != 0) ||
            (caller->unix_uid != CONFIG_NONE && listen->address.family == CONFIG_FAMILY_UNIX) ||
            caller->token_file.n != 0) {
            return true;
        }
    }
    return false;
}

static void
check_caller_here(const struct config_site *site, const struct config *config, size_t i)
{
    const struct config_caller *caller = &config->callers[i];
    struct config_place place = of_entry(site, "callers", i);

    for (size_t k = 0; k < caller->n_authorities; k++) {
        cx_str name = caller->authorities[k];

        if (config_authority_named(config, name) == NULL &&
            !(cx_str_equal(name, CX_STR("all")) && caller->n_authorities == 1)) {
            config_fault(site->r, place, "callers[%zu].authorities: there is no authority \"%s\"",
                         i, name.p);
        }
    }
    if (!is_reachable(config, caller)) {
        config_fault(site->r, place, "callers[%zu]: listen has no %s, so nobody can be this caller",
                     i, caller->certificate != NULL ? "tls with client_ca" : "Unix socket");
    }
    if (cx_str_equal(caller->name, CX_STR(CONFIG_CANARY))) {
        config_fault(site->r, place, "callers[%zu].name: the daemon calls itself \"%s\"", i,
                     CONFIG_CANARY);
    }
    for (size_t k = 0; k < i; k++) {
        if (cx_str_equal(caller->name, config->callers[k].name)) {
            config_fault(site->r, place, "callers[%zu].name: \"%s\" is there twice", i,
                         caller->name.p);
        } else if (is_same_caller(caller, &config->callers[k])) {
            config_fault(site->r, place, "callers[%zu]: nobody can be this caller and callers[%zu]",
                         i, k);
        }
    }
}

static cx_status
check_origin(const struct config_site *site, const struct config *config)
{
    static const uint8_t any_key[CX_ED25519_PUBLIC] = { 1 };
    struct cx_detail detail = { .text = "" };
    struct cx_note_key key;
    cx_status s = config->origin.n == 0 ? CX_SUCCESS
                                        : cx_note_key_make(config->origin, CX_NOTE_KEY_ED25519,
                                                           any_key, &key, &detail);

    if (cx_status_class(s) == CX_CLASS_MALFORMED) {
        config_fault(site->r, config_site_key(site, "origin"), "origin: %s", detail.text);
        s = CX_SUCCESS;
    }
    return s;
}

/* Defaults that depend on others. keys: as src/store has it where nothing is said. */
static cx_status
derive(const struct config_site *site, struct config *config)
{
    const char *host = site->r->input->host;

    if (config->keys.n == 0) {
        CX_TRY(join(site->r->arena, config->store, CX_STR(".keys"), &config->keys));
    }
    if (config->origin.n == 0 && host != NULL && host[0] != '\0') {
        CX_TRY(join(site->r->arena, cx_str_of(host), CX_STR("/caaproof"), &config->origin));
    }
    return CX_SUCCESS;
}

static cx_status
check_config(const struct config_site *site, void *of)
{
    struct config *config = of;

    CX_TRY(derive(site, config));
    CX_TRY(check_origin(site, config));
    check_listeners(site, config);
    check_authorities(site, config);
    check_outsiders(site, config);
    for (size_t i = 0; i < config->n_callers; i++) {
        check_caller_here(site, config, i);
    }
    if (config->canary != NULL &&
        config_authority_named(config, config->canary->authority) == NULL) {
        config_fault(site->r, config_site_key(site, "canary"),
                     "canary.authority: there is no authority \"%s\"", config->canary->authority.p);
    }
    return CX_SUCCESS;
}

cx_status
config_check(struct config_reading *r, const struct config_section *section,
             const struct config_node *node, const char *path, void *of)
{
    static const struct {
        const char *section;
        cx_status (*check)(const struct config_site *site, void *of);
    } checks[] = {
        { "config", check_config },
        { "config_deadline", check_deadline },
        { "config_listen", check_listen },
        { "config_resolver", check_resolver },
        { "config_authority", config_check_authority },
        { "config_caller", check_caller },
        { "config_identity", check_identity },
        { "config_canary", check_canary },
        { "config_witness", check_witness },
        { "config_timestamp", check_timestamp },
        { "config_canary_name", check_canary_name },
    };
    const struct config_site place = { r, node, path };

    for (size_t i = 0; i < CX_COUNT(checks); i++) {
        if (strcmp(section->name, checks[i].section) == 0) {
            return checks[i].check(&place, of);
        }
    }
    return CX_SUCCESS;
}
