#include "base/limits.h"
#include "bin/caaproofd/config_option.h"
#include "engine/request.h"
#include "pki/spki.h"

/* ---- the files that it names */

/* The file into buf, if files are read; faults are told. */
static cx_status
read_file(const struct config_site *site, const char *key, cx_str path, struct cx_buf *buf,
          bool *ret_read)
{
    const struct config_files *files = &site->r->input->files;
    struct cx_detail detail = { .text = "" };
    cx_status s;

    *ret_read = false;
    if (files->read == NULL || path.n == 0) {
        return CX_SUCCESS;
    }
    s = files->read(files->ctx, path.p, buf, &detail);
    if (s.code == CX_E_NOMEM) {
        return s;
    }
    if (!cx_ok(s)) {
        config_fault(site->r, config_site_key(site, key), "%s.%s: %s", site->path, key,
                     detail.text);
    }
    *ret_read = cx_ok(s);
    return CX_SUCCESS;
}

static cx_status
check_key(const struct config_site *site, struct config_authority *authority)
{
    CX_AUTO(cx_buf_done) struct cx_buf file;
    struct cx_detail detail = { .text = "" };
    struct cx_hash *key;
    bool is_read;
    cx_status s;

    cx_buf_init(&file, CX_AUTHORITY_FILE_MAX);
    if ((authority->key_given != NULL) == (authority->key_file.n != 0)) {
        config_fault(site->r, site->node->place, "%s: one of key and key_file is needed",
                     site->path);
        return CX_SUCCESS;
    }
    authority->key = authority->key_given;
    CX_TRY(read_file(site, "key_file", authority->key_file, &file, &is_read));
    if (!is_read) {
        return CX_SUCCESS;
    }
    key = cx_arena_get(site->r->arena, 1, sizeof(*key));
    if (key == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    s = cx_spki_digest(cx_span_of_str(cx_buf_str(&file)), key->b, &detail);
    if (cx_ok(s)) {
        authority->key = key;
    } else if (s.code != CX_E_NOMEM) {
        config_fault(site->r, config_site_key(site, "key_file"), "%s.key_file: %s: %s", site->path,
                     authority->key_file.p, detail.text);
        s = CX_SUCCESS;
    }
    return s;
}

static void
release_json(void *json)
{
    cx_json_free(json);
}

/* A copy of the request, with own in its policy; held by the arena. */
static cx_status
put_own(const struct config_site *site, struct config_authority *authority,
        const struct cx_json *own)
{
    const struct cx_json *policy = cx_json_get(authority->request_given, "policy");
    struct cx_json *request, *with;
    bool set;

    if (policy != NULL && cx_json_kind_of(policy) != CX_JSON_OBJECT) {
        return CX_SUCCESS; /* what is wrong is told when the request is tried */
    }
    request = cx_json_copy(authority->request_given);
    with = policy == NULL ? cx_json_new_object() : cx_json_copy(policy);
    set = cx_json_set(with, "own", cx_json_copy(own));
    set = cx_json_set(request, "policy", with) && set; /* which takes it over in any case */
    if (!set) {
        cx_json_free(request);
        return (cx_status){ CX_E_NOMEM };
    }
    if (!cx_ok(cx_arena_hold(site->r->arena, release_json, request))) {
        cx_json_free(request);
        return (cx_status){ CX_E_NOMEM };
    }
    authority->request = request;
    return CX_SUCCESS;
}

static cx_status
read_own(const struct config_site *site, struct config_authority *authority)
{
    CX_AUTO(cx_buf_done) struct cx_buf file;
    struct cx_detail detail = { .text = "" };
    const struct config_node *own = NULL;
    bool is_read;
    cx_status s;

    cx_buf_init(&file, CX_CONFIG_OCTETS_MAX);
    if (authority->own_file.n != 0 &&
        cx_json_get(cx_json_get(authority->request, "policy"), "own") != NULL) {
        config_fault(site->r, config_site_key(site, "own_file"),
                     "%s.own_file: not with an own in the request's policy", site->path);
        return CX_SUCCESS;
    }
    CX_TRY(read_file(site, "own_file", authority->own_file, &file, &is_read));
    if (!is_read) {
        return CX_SUCCESS;
    }
    s = config_yaml_parse(cx_buf_str(&file), site->r->arena, &own, &detail);
    if (cx_ok(s)) {
        return put_own(site, authority, own->json);
    }
    if (s.code != CX_E_NOMEM) {
        config_fault(site->r, config_site_key(site, "own_file"), "%s.own_file: %s:%s", site->path,
                     authority->own_file.p, detail.text);
        s = CX_SUCCESS;
    }
    return s;
}

/* ---- OWN, in force and as published */

static bool
is_in_force(const struct cx_case *c, cx_str name)
{
    for (size_t i = 0; i < c->n_own; i++) {
        if (cx_span_equal_fold(cx_span_of_str(c->own[i].name), cx_span_of_str(name))) {
            return true;
        }
    }
    return false;
}

static bool
is_published(const struct config_authority *authority, cx_str name)
{
    for (size_t i = 0; i < authority->n_cps; i++) {
        if (cx_span_equal_fold(cx_span_of_str(authority->cps[i]), cx_span_of_str(name))) {
            return true;
        }
    }
    return false;
}

static cx_status
compare_own(const struct config_authority *authority, const struct cx_case *c,
            struct cx_detail *detail)
{
    for (size_t i = 0; i < authority->n_cps; i++) {
        if (!is_in_force(c, authority->cps[i])) {
            return cx_fail(detail, CX_E_POLICY,
                           "OWN mismatch: \"%.80s\" of the CPS is not in force",
                           authority->cps[i].p);
        }
    }
    for (size_t i = 0; i < c->n_own && authority->n_cps != 0; i++) {
        if (!is_published(authority, c->own[i].name)) {
            return cx_fail(detail, CX_E_POLICY,
                           "OWN mismatch: \"%.80s\" is in force, and not in the CPS",
                           c->own[i].name.p);
        }
    }
    return CX_SUCCESS;
}

/* The defaults are tried on a name that no certificate is about. */
static cx_status
try_request(const struct config_authority *authority, cx_time now, struct cx_detail *detail)
{
    static const char dummy[] = "{\"names\":[\"example.com\"]}";
    CX_AUTO(cx_arena_done) struct cx_arena arena;
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;
    struct cx_request request;

    cx_arena_init(&arena, CX_CONFIG_MEMORY);
    CX_TRY(cx_json_parse(cx_str_of(dummy), &json, detail));
    CX_TRY(cx_request_from_json(json, authority->request, now, &arena, &request, detail));
    return compare_own(authority, &request.cases[0], detail);
}

cx_status
config_own_check(const struct config_authority *authority, cx_time now, struct cx_detail *detail)
{
    return try_request(authority, now, detail);
}

static cx_status
check_request(const struct config_site *site, const struct config_authority *authority)
{
    static const char *const known[] = { "issuer", "purpose",      "profile", "order",
                                         "policy", "perspectives", NULL };
    const struct config_node *node = config_node_member(site->node, "request");
    struct cx_detail detail = { .text = "" };
    char path[CONFIG_PATH_TEXT];
    size_t faults = site->r->faults->n;
    cx_status s;

    config_path(path, site->path, "request");
    config_check_known(site->r, node, path, known);
    if (site->r->faults->n != faults) {
        return CX_SUCCESS;
    }
    s = try_request(authority, site->r->input->now, &detail);
    if (cx_ok(s) || s.code == CX_E_NOMEM) {
        return s;
    }
    config_fault(site->r,
                 strncmp(detail.text, "OWN ", 4) == 0 ? config_site_key(site, "cps") : node->place,
                 "%s: %s", site->path, detail.text);
    return CX_SUCCESS;
}

cx_status
config_check_authority(const struct config_site *site, void *of)
{
    struct config_authority *authority = of;
    size_t faults = site->r->faults->n;

    authority->request = authority->request_given;
    CX_TRY(check_key(site, authority));
    CX_TRY(read_own(site, authority));
    return site->r->faults->n == faults ? check_request(site, authority) : CX_SUCCESS;
}
