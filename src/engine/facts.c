#include "engine/facts.h"

#include "base/limits.h"
#include "engine/member.h"
#include "resolve/answer_json.h"

static cx_status
read_no_chain(const struct cx_json *json, struct cx_arena *arena, struct cx_facts *facts,
              struct cx_detail *detail)
{
    const struct cx_where where = { "facts", CX_E_FACTS, detail };
    const cx_str *texts = NULL;
    struct cx_name *names;
    size_t n = 0;

    CX_TRY(cx_member_texts(json, "no_chain", &where, CX_FACTS_MAX, arena, &texts, &n));
    names = cx_arena_get(arena, n + 1, sizeof(*names));
    if (names == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        if (!cx_ok(cx_name_from_text(texts[i], &names[i], NULL))) {
            return cx_fail(detail, CX_E_FACTS, "facts.no_chain: entry %zu is not a zone name",
                           i + 1);
        }
    }
    facts->no_chain = names;
    facts->n_no_chain = n;
    return CX_SUCCESS;
}

static cx_status
read_later_entry(const struct cx_json *json, struct cx_later *later, struct cx_detail *detail)
{
    static const char *const members[] = { "time", "verdict", NULL };
    const struct cx_where where = { "facts.later", CX_E_FACTS, detail };
    cx_str word = { NULL, 0 };

    later->time = CX_TIME_NONE;
    CX_TRY(cx_json_only(json, "facts.later", members, CX_E_FACTS, detail));
    CX_TRY(cx_member_time(json, "time", &where, &later->time));
    CX_TRY(cx_member_text(json, "verdict", &where, &word));
    later->verdict = cx_verdict_of_word(word);
    if (later->time == CX_TIME_NONE || later->verdict == CX_VERDICT_UNSET) {
        return cx_fail(detail, CX_E_FACTS, "facts.later: each entry needs a time and a verdict");
    }
    return CX_SUCCESS;
}

static cx_status
read_later(const struct cx_json *json, struct cx_arena *arena, struct cx_facts *facts,
           struct cx_detail *detail)
{
    size_t n = cx_json_size(json);
    struct cx_later *later;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    if (cx_json_kind_of(json) != CX_JSON_ARRAY || n > CX_FACTS_MAX) {
        return cx_fail(detail, CX_E_FACTS, "facts.later: an array of at most %d is needed",
                       CX_FACTS_MAX);
    }
    later = cx_arena_get(arena, n + 1, sizeof(*later));
    if (later == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(read_later_entry(cx_json_at(json, i), &later[i], detail));
    }
    facts->later = later;
    facts->n_later = n;
    return CX_SUCCESS;
}

static cx_status
read_precertificate(const struct cx_json *json, struct cx_precertificate *p,
                    struct cx_detail *detail)
{
    static const char *const members[] = { "logs", "checked", "ttl", "signed", NULL };
    const struct cx_where where = { "facts.precertificate", CX_E_FACTS, detail };
    int64_t logs = 0, ttl = 0;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    p->given = true;
    p->checked = p->signed_at = CX_TIME_NONE;
    CX_TRY(cx_json_only(json, "facts.precertificate", members, CX_E_FACTS, detail));
    CX_TRY(cx_member_number(json, "logs", &where, 0, 1000, &logs));
    CX_TRY(cx_member_number(json, "ttl", &where, 0, UINT32_MAX, &ttl));
    CX_TRY(cx_member_time(json, "checked", &where, &p->checked));
    CX_TRY(cx_member_time(json, "signed", &where, &p->signed_at));
    p->logs = (unsigned)logs;
    p->ttl = (uint32_t)ttl;
    p->was_checked = p->checked != CX_TIME_NONE;
    if (p->was_checked && p->signed_at == CX_TIME_NONE) {
        return cx_fail(detail, CX_E_FACTS,
                       "facts.precertificate: \"checked\" needs \"signed\" beside it");
    }
    return CX_SUCCESS;
}

static cx_status
read_contract(const struct cx_json *json, struct cx_constrained *k, struct cx_detail *detail)
{
    static const char *const members[] = { "no_caa", "from", "until", NULL };
    const struct cx_where where = { "facts.constrained.contract", CX_E_FACTS, detail };

    k->contract_from = CX_TIME_MAX; /* a contract without beginning is not in force */
    k->contract_until = CX_TIME_MAX;
    if (json == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_json_only(json, "facts.constrained.contract", members, CX_E_FACTS, detail));
    CX_TRY(cx_member_bool(json, "no_caa", &where, &k->contract_no_caa));
    CX_TRY(cx_member_time(json, "from", &where, &k->contract_from));
    return cx_member_time(json, "until", &where, &k->contract_until);
}

static cx_status
read_constrained(const struct cx_json *json, struct cx_constrained *k, struct cx_detail *detail)
{
    static const char *const members[] = { "section", "permitted_names", "directory_name",
                                           "contract", NULL };
    static const char *const sections[] = { "", "7.1.5", "7.1.2.3", "7.1.2.5", NULL };
    const struct cx_where where = { "facts.constrained", CX_E_FACTS, detail };
    size_t section = 0;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_json_only(json, "facts.constrained", members, CX_E_FACTS, detail));
    CX_TRY(cx_member_word(json, "section", &where, sections, &section));
    CX_TRY(cx_member_bool(json, "permitted_names", &where, &k->permitted_names));
    CX_TRY(cx_member_bool(json, "directory_name", &where, &k->directory_name));
    k->section = (enum cx_constrained_section)section;
    return read_contract(cx_json_get(json, "contract"), k, detail);
}

static cx_status
read_parent_account(const struct cx_json *json, struct cx_arena *arena, struct cx_parent_account *p,
                    struct cx_detail *detail)
{
    static const char *const members[] = { "uri", "mapping_auditable", "authorization_verified",
                                           "logs_retained", NULL };
    const struct cx_where where = { "facts.parent_account", CX_E_FACTS, detail };
    cx_str uri = { NULL, 0 };

    if (json == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_json_only(json, "facts.parent_account", members, CX_E_FACTS, detail));
    CX_TRY(cx_member_text(json, "uri", &where, &uri));
    CX_TRY(cx_member_bool(json, "mapping_auditable", &where, &p->mapping_auditable));
    CX_TRY(cx_member_bool(json, "authorization_verified", &where, &p->authorization_verified));
    CX_TRY(cx_member_bool(json, "logs_retained", &where, &p->logs_retained));
    return cx_arena_text(arena, uri, &p->uri);
}

static cx_status
read_onion(const struct cx_json *json, struct cx_arena *arena, struct cx_onion *onion,
           struct cx_detail *detail)
{
    static const char *const members[] = { "caa_critical", "second_layer", "records", NULL };
    const struct cx_where where = { "facts.onion", CX_E_FACTS, detail };
    struct cx_caa_set set;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_json_only(json, "facts.onion", members, CX_E_FACTS, detail));
    CX_TRY(cx_member_bool(json, "caa_critical", &where, &onion->caa_critical));
    CX_TRY(cx_member_bool(json, "second_layer", &where, &onion->second_layer));
    if (cx_json_get(json, "records") == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_records_from_json(cx_json_get(json, "records"), CX_E_FACTS, arena, &set, detail));
    onion->records = set.v;
    onion->n_records = set.n;
    return CX_SUCCESS;
}

static cx_status
read_moments(const struct cx_json *json, struct cx_facts *facts, struct cx_detail *detail)
{
    const struct cx_where where = { "facts", CX_E_FACTS, detail };

    CX_TRY(cx_member_time(json, "signing_time", &where, &facts->signing_time));
    CX_TRY(cx_member_time(json, "deadline", &where, &facts->deadline));
    CX_TRY(cx_member_time(json, "completed", &where, &facts->completed));
    facts->has_signing_time = cx_json_get(json, "signing_time") != NULL;
    facts->has_deadline = cx_json_get(json, "deadline") != NULL;
    if (facts->has_deadline != (cx_json_get(json, "completed") != NULL)) {
        return cx_fail(detail, CX_E_FACTS, "facts: \"deadline\" and \"completed\" go together");
    }
    return CX_SUCCESS;
}

cx_status
cx_facts_from_json(const struct cx_json *json, struct cx_arena *arena, struct cx_facts *ret,
                   struct cx_detail *detail)
{
    static const char *const members[] = {
        "signing_time",   "control_probe", "no_chain",    "deadline",       "completed",
        "later",          "delegated",     "constrained", "precertificate", "dns_operator",
        "parent_account", "onion",         NULL,
    };
    const struct cx_where where = { "facts", CX_E_FACTS, detail };
    struct cx_facts facts = { .control_probe = false };

    if (json != NULL) {
        CX_TRY(cx_json_only(json, "facts", members, CX_E_FACTS, detail));
        CX_TRY(cx_member_bool(json, "control_probe", &where, &facts.control_probe));
        CX_TRY(cx_member_bool(json, "delegated", &where, &facts.delegated));
        CX_TRY(cx_member_bool(json, "dns_operator", &where, &facts.dns_operator));
        CX_TRY(read_moments(json, &facts, detail));
        CX_TRY(read_no_chain(json, arena, &facts, detail));
        CX_TRY(read_later(cx_json_get(json, "later"), arena, &facts, detail));
        CX_TRY(read_precertificate(cx_json_get(json, "precertificate"), &facts.precertificate,
                                   detail));
        CX_TRY(read_constrained(cx_json_get(json, "constrained"), &facts.constrained, detail));
        CX_TRY(read_parent_account(cx_json_get(json, "parent_account"), arena,
                                   &facts.parent_account, detail));
        CX_TRY(read_onion(cx_json_get(json, "onion"), arena, &facts.onion, detail));
    }
    *ret = facts;
    return CX_SUCCESS;
}
