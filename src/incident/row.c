#include "incident/row.h"

#include "base/limits.h"

/* Text of a certificate or a list: any octets. */
static bool
set_outside(struct cx_json *json, const char *member, cx_str text)
{
    return cx_json_set(json, member, cx_json_new_outside(text));
}

static struct cx_json *
hex_to_json(bool has, cx_span octets)
{
    struct cx_buf text;
    struct cx_json *json;

    if (!has) {
        return cx_json_new_null();
    }
    cx_buf_init(&text, CX_LINE_MAX);
    cx_buf_put_hex(&text, octets);
    json = cx_buf_ok(&text) ? cx_json_new_string(cx_buf_str(&text)) : NULL;
    cx_buf_done(&text);
    return json;
}

static struct cx_json *
name_to_json(cx_span name)
{
    char text[CX_NAME_TEXT_MAX];

    if (name.n == 0) {
        return cx_json_new_null();
    }
    cx_name_text(name, text);
    return cx_json_new_text(text);
}

struct cx_json *
cx_reasons_to_json(uint32_t reasons)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (unsigned i = 0; i < CX_EVIDENCE_COUNT; i++) {
        if ((reasons & CX_EVIDENCE_BIT(i)) != 0) {
            complete =
                cx_json_add(json, cx_json_new_text(cx_evidence_word((enum cx_evidence_reason)i))) &&
                complete;
        }
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
rules_to_json(const struct cx_rules *rules)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (enum cx_rule rule = (enum cx_rule)0; cx_rules_next(rules, &rule); rule++) {
        complete = cx_json_add(json, cx_json_new_text(cx_rule_id(rule))) && complete;
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
record_to_json(const struct cx_caa *caa)
{
    struct cx_buf text;
    struct cx_json *json;

    cx_buf_init(&text, CX_RECORD_TEXT_MAX);
    cx_caa_text(caa, &text);
    json = cx_buf_ok(&text) ? cx_json_new_string(cx_buf_str(&text)) : NULL;
    cx_buf_done(&text);
    return json;
}

static struct cx_json *
records_to_json(const struct cx_answer *set)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; set != NULL && i < set->n_records; i++) {
        complete = cx_json_add(json, record_to_json(&set->records[i])) && complete;
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
step_to_json(const struct cx_step *step, const struct cx_archive *archive)
{
    const struct cx_archive_source *source = cx_archive_source(archive, step->entry->source);
    const struct cx_answer *a = step->answer;
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json, cx_json_set(json, "name", name_to_json(a->name)) &&
                  cx_json_set_text(json, "outcome", cx_outcome_word(a->outcome)) &&
                  cx_json_set_text(json, "grade", cx_grade_word(step->entry->grade)) &&
                  cx_json_set_moment(json, "time", a->time) &&
                  cx_json_set_text(json, "clock", cx_observed_clock_word(step->entry->clock)) &&
                  cx_json_set(json, "ttl",
                              a->has_ttl ? cx_json_new_integer(a->ttl) : cx_json_new_null()) &&
                  set_outside(json, "source", source != NULL ? source->path : CX_STR("")) &&
                  cx_json_set(json, "line", cx_json_new_integer((int64_t)step->entry->line)));
}

static struct cx_json *
climb_to_json(const struct cx_name_evidence *e, const struct cx_archive *archive)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < e->n_steps; i++) {
        complete = cx_json_add(json, step_to_json(&e->steps[i], archive)) && complete;
    }
    return cx_json_whole(json, complete);
}

static bool
set_grounds(struct cx_json *json, const struct cx_name_evidence *e)
{
    return cx_json_set_text(json, "grade",
                            e->grade != CX_GRADE_UNSET ? cx_grade_word(e->grade) : NULL) &&
           cx_json_set(json, "reasons", cx_reasons_to_json(e->reasons)) &&
           cx_json_set(json, "rules", rules_to_json(&e->finding.rules));
}

static bool
set_steps(struct cx_json *json, const struct cx_name_evidence *e, const struct cx_archive *archive)
{
    return cx_json_set_moment(json, "window_ends", e->window_ends) &&
           cx_json_set(json, "climb", climb_to_json(e, archive));
}

static struct cx_json *
evidence_to_json(const struct cx_triaged_name *name, const struct cx_row_context *context)
{
    const struct cx_name_evidence *e = name->evidence;
    const struct cx_answer *set = e->finding.set;
    bool whole = context->extent == CX_ROW_WHOLE;
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json, set_outside(json, "name", name->given) &&
                  cx_json_set_text(json, "state", cx_name_state_word(e->state)) &&
                  cx_json_set_text(json, "verdict",
                                   e->finding.verdict != CX_VERDICT_UNSET
                                       ? cx_verdict_word(e->finding.verdict)
                                       : NULL) &&
                  (!whole || set_grounds(json, e)) &&
                  cx_json_set(json, "found_at",
                              set != NULL ? name_to_json(set->name) : cx_json_new_null()) &&
                  cx_json_set(json, "records", records_to_json(set)) &&
                  cx_json_set_moment(json, "checked", e->checked) &&
                  (!whole || set_steps(json, e, context->archive)));
}

static struct cx_json *
names_to_json(const struct cx_triaged *t, const struct cx_row_context *context)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < t->n_names; i++) {
        complete = cx_json_add(json, evidence_to_json(&t->names[i], context)) && complete;
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
now_to_json(enum cx_now now)
{
    struct cx_json *json;

    if (now == CX_NOW_UNKNOWN) {
        return cx_json_new_null();
    }
    json = cx_json_new_object();
    return cx_json_whole(json, cx_json_set_text(json, "state", cx_now_word(now)));
}

static struct cx_json *
remedies_to_json(const struct cx_triaged *t, const struct cx_triage_options *options)
{
    struct cx_json *json = cx_json_new_object();
    bool counts = t->status == CX_STATUS_VALID && !t->short_lived;
    bool complete = true;

    for (unsigned i = 0; i < CX_REMEDIES; i++) {
        bool known = i != CX_REMEDY_RECHECK || options->recheck != NULL;

        complete =
            cx_json_set(json, cx_remedy_word((enum cx_remedy)i),
                        known ? cx_json_new_bool(counts && t->revoke[i]) : cx_json_new_null()) &&
            complete;
    }
    return cx_json_whole(json, complete);
}

static bool
set_identity(struct cx_json *json, const struct cx_certificate *c)
{
    const struct cx_issued *i = &c->issued;

    return cx_json_set(
               json, "certificate",
               hex_to_json(c->has_certificate, (cx_span){ c->certificate.b, CX_HASH_SIZE })) &&
           cx_json_set(json, "precertificate",
                       hex_to_json(c->has_precertificate,
                                   (cx_span){ c->precertificate.b, CX_HASH_SIZE })) &&
           cx_json_set(json, "serial", hex_to_json(i->serial.n != 0, i->serial)) &&
           set_outside(json, "issuer", i->issuer) && set_outside(json, "subject", i->subject) &&
           cx_json_set_moment(json, "not_before", i->not_before) &&
           cx_json_set_moment(json, "not_after", i->not_after) &&
           set_outside(json, "type", i->type);
}

static bool
set_class(struct cx_json *json, const struct cx_triaged *t)
{
    return cx_json_set_moment(json, "signed", t->signed_at) &&
           cx_json_set_text(json, "clock", cx_signing_clock_word(t->clock)) &&
           cx_json_set_text(json, "class", cx_triage_class_word(t->class)) &&
           cx_json_set_text(json, "grade",
                            t->grade != CX_GRADE_UNSET ? cx_grade_word(t->grade) : NULL) &&
           cx_json_set_text(json, "process", cx_process_word(t->process)) &&
           cx_json_set(json, "reasons", cx_reasons_to_json(t->reasons)) &&
           cx_json_set_text(json, "verdict",
                            t->verdict != CX_VERDICT_UNSET ? cx_verdict_word(t->verdict) : NULL);
}

static bool
set_consequences(struct cx_json *json, const struct cx_triaged *t,
                 const struct cx_triage_options *options)
{
    const struct cx_issued *i = &t->certificate.issued;

    return cx_json_set(json, "now", now_to_json(t->now)) &&
           cx_json_set_text(json, "status", cx_certificate_status_word(t->status)) &&
           cx_json_set_moment(json, "revoked", i->revoked ? i->revoked_at : CX_TIME_NONE) &&
           cx_json_set(json, "revocation_reason",
                       i->revoked && i->reason >= 0 ? cx_json_new_integer(i->reason)
                                                    : cx_json_new_null()) &&
           cx_json_set_moment(json, "aware", t->aware) &&
           cx_json_set_text(json, "duty", cx_duty_word(t->duty.kind)) &&
           cx_json_set_text(json, "rule", t->duty.rule) &&
           cx_json_set_text(json, "also", t->duty.also) &&
           cx_json_set_moment(json, "deadline", t->duty.deadline) &&
           cx_json_set(json, "late", cx_json_new_bool(t->late)) &&
           set_outside(json, "account", i->account) &&
           set_outside(json, "subscriber", i->subscriber) &&
           cx_json_set(json, "remedies", remedies_to_json(t, options));
}

cx_status
cx_row_to_json(const struct cx_triaged *t, const struct cx_row_context *context,
               struct cx_json **ret)
{
    const struct cx_certificate *c = &t->certificate;
    const struct cx_row_lists *lists = context->lists;
    struct cx_json *json = cx_json_new_object();

    json = cx_json_whole(
        json, set_identity(json, c) && set_class(json, t) &&
                  cx_json_set(json, "names", names_to_json(t, context)) &&
                  set_consequences(json, t, context->options) &&
                  set_outside(json, "source",
                              c->input < lists->n ? lists->paths[c->input] : CX_STR("")) &&
                  cx_json_set(json, "line", cx_json_new_integer((int64_t)c->line)));
    if (json == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *ret = json;
    return CX_SUCCESS;
}
