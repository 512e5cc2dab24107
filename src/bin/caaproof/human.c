#include "bin/caaproof/human.h"

#include "base/buf.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"
#include "engine/advice.h"

#include <inttypes.h>

/* Records of a large set that are shown. */
#define RECORDS_SHOWN 12

static void
put_record(FILE *out, const struct cx_caa *caa)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
    cx_caa_text(caa, &buf);
    if (cx_buf_ok(&buf)) {
        fprintf(out, "      %.*s\n", (int)buf.n, buf.p);
    }
    cx_buf_done(&buf);
}

static void
put_records(FILE *out, const struct cx_answer *answer)
{
    size_t shown = answer->n_records < RECORDS_SHOWN ? answer->n_records : RECORDS_SHOWN;

    for (size_t i = 0; i < shown; i++) {
        put_record(out, &answer->records[i]);
    }
    if (answer->n_records > shown) {
        fprintf(out, "      and %zu more\n", answer->n_records - shown);
    }
}

static void
put_aliases(FILE *out, const struct cx_answer *answer)
{
    char name[CX_NAME_TEXT_MAX];

    for (size_t i = 0; i < answer->n_aliases; i++) {
        cx_name_text(answer->aliases[i], name);
        fprintf(out, "      -> %s\n", name);
    }
}

/* Servers that were asked, each once. */
static void
put_servers(FILE *out, const struct cx_answer *answer)
{
    fprintf(out, "      tried %" PRIu32 " times", answer->attempts);
    for (size_t i = 0; i < answer->n_exchanges; i++) {
        size_t k = 0;

        while (k < i && !cx_str_equal(answer->exchanges[k].server, answer->exchanges[i].server)) {
            k++;
        }
        if (k == i) {
            fputs(i == 0 ? ": " : ", ", out);
            output_escaped(out, cx_span_of_str(answer->exchanges[i].server));
        }
    }
    fputc('\n', out);
}

static const char *
cut_words(cx_str cut)
{
    return cx_str_equal(cut, CX_STR("opt-out"))       ? "its parent's signed chain leaves it out"
           : cx_str_equal(cut, CX_STR("unsupported")) ? "nobody can verify its kind of DS"
                                                      : "delegated without DS";
}

/* R-FAIL-3: whether the failure lies where failures may be excused. */
static void
put_cut(FILE *out, const struct cx_answer *answer)
{
    char name[CX_NAME_TEXT_MAX];

    if (answer->cut.n == 0) {
        return;
    }
    cx_name_text(answer->cut_at, name);
    if (answer->dnssec == CX_DNSSEC_INSECURE) {
        fprintf(out, "      %s is proved to be unsigned: %s\n", name, cut_words(answer->cut));
    } else if (cx_str_equal(answer->cut, CX_STR("signed"))) {
        fprintf(out, "      %s is signed\n", name);
    }
}

/* What may have to be known of a failure to excuse it. */
static void
put_failure(FILE *out, const struct cx_answer *answer)
{
    char name[CX_NAME_TEXT_MAX];

    if (answer->attempts > 1) {
        put_servers(out, answer);
    }
    put_cut(out, answer);
    for (size_t i = 0; i < answer->n_control; i++) {
        cx_name_text(answer->control[i]->name, name);
        fprintf(out, "      meanwhile %s was answered\n", name);
    }
}

static void
put_answer(FILE *out, const struct cx_answer *answer, int width)
{
    char name[CX_NAME_TEXT_MAX], words[64];
    bool failed = cx_outcome_is_failure(answer->outcome);
    enum paint paint = failed                                  ? PAINT_BAD
                       : answer->outcome == CX_OUTCOME_RECORDS ? PAINT_BOLD
                                                               : PAINT_FAINT;

    cx_name_text(answer->name, name);
    cx_answer_words(answer, words, sizeof(words));
    fprintf(out, "  %-*s  %s%-18s%s  %s", width, name, paint_on(out, paint), words, paint_off(out),
            cx_dnssec_word(answer->dnssec));
    if (answer->has_ttl && answer->outcome == CX_OUTCOME_RECORDS) {
        fprintf(out, ", ttl %u s", answer->ttl);
    }
    fputc('\n', out);
    put_aliases(out, answer);
    if (answer->why.n != 0) {
        fputs("      ", out);
        output_escaped(out, cx_span_of_str(answer->why));
        fputc('\n', out);
    }
    if (failed) {
        put_failure(out, answer);
    }
    put_records(out, answer);
}

static int
width_of(const struct cx_finding *f)
{
    char name[CX_NAME_TEXT_MAX];
    size_t width = 12;

    for (size_t i = 0; i < f->n_seen; i++) {
        cx_name_text(f->seen[i]->name, name);
        width = strlen(name) > width ? strlen(name) : width;
    }
    return width > 60 ? 60 : (int)width;
}

static void
put_notes(FILE *out, const struct cx_finding *f)
{
    for (size_t i = 0; i < f->notes.n; i++) {
        const struct cx_note *note = &f->notes.v[i];
        struct cx_buf buf;

        cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
        cx_buf_put_escaped(&buf, note->detail);
        fprintf(out, "  note: %s%s%.*s%s\n", cx_note_sentence(note->code),
                note->detail.n != 0 ? " (" : "", (int)(buf.n < 200 ? buf.n : 200),
                buf.n == 0 ? "" : buf.p, note->detail.n != 0 ? ")" : "");
        cx_buf_done(&buf);
    }
}

static void
put_rules(FILE *out, const struct cx_rules *rules)
{
    for (unsigned i = 0; i < CX_RULE_COUNT; i++) {
        enum cx_rule rule = (enum cx_rule)i;

        if (cx_rules_have(rules, rule)) {
            fprintf(out, "    %s%-10s%s %s (%s)\n", paint_on(out, PAINT_FAINT), cx_rule_id(rule),
                    paint_off(out), cx_rule_sentence(rule), cx_rule_source(rule));
        }
    }
}

/* The line that would make a denied name pass: what an administrator wants to copy. */
static void
put_cure(FILE *out, const struct cx_request_name *name, const struct cx_finding *f)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
    if (cx_put_cure(name, f, &buf) && cx_buf_ok(&buf)) {
        fprintf(out, "  to permit it, publish:  %.*s\n", (int)buf.n, buf.p);
    }
    cx_buf_done(&buf);
}

static void
put_finding(FILE *out, const struct cx_check *check, size_t i, bool explain)
{
    const struct cx_finding *f = &check->findings[i];
    const struct cx_request_name *name = &check->request.names[i];
    char until[CX_TIME_TEXT];
    int width = width_of(f);

    fprintf(out, "%s%s%s  ", paint_on(out, paint_of(f->verdict)), cx_verdict_word(f->verdict),
            paint_off(out));
    output_escaped(out, cx_span_of_str(name->given)); /* a mailbox may hold anything */
    fputc('\n', out);
    for (size_t k = 0; k < f->n_seen; k++) {
        put_answer(out, f->seen[k], width);
    }
    fprintf(out, "  because %s\n", cx_reason_sentence(f->reason));
    for (size_t k = 0; k < f->n_readings; k++) {
        fprintf(out, "    %-9s if %s\n", cx_verdict_word(f->readings[k].verdict),
                f->readings[k].reading);
    }
    put_notes(out, f);
    put_cure(out, name, f);
    if (f->valid_until != CX_TIME_NONE && !f->hypothetical) {
        cx_time_format(f->valid_until, until);
        fprintf(out, "  sign no later than %s\n", until);
    }
    if (explain) {
        fprintf(out, "  rules applied, %s of %s:\n", name->c->epoch->id,
                cx_profile_word(name->c->epoch->profile));
        put_rules(out, &f->rules);
    }
}

/* ---- corroboration */

static void
put_remote(FILE *out, const struct cx_corroborated *c, const struct cx_remote_result *r)
{
    fputs("    ", out);
    output_escaped(out, cx_span_of_str(r->code));
    fprintf(out, "%s%s  %s", r->region == CX_REGION_UNSET ? "" : " ", cx_region_word(r->region),
            cx_remote_reason_sentence(r->reason));
    if (&c->remotes[r->same_as] != r) {
        fputs("; counts as one with ", out);
        output_escaped(out, cx_span_of_str(c->remotes[r->same_as].code));
    }
    fputc('\n', out);
}

static void
put_remotes(FILE *out, const struct cx_check *check, bool explain)
{
    for (size_t i = 0; i < check->request.n_names; i++) {
        const struct cx_corroborated *c = &check->corroborated[i];

        if (c->is.kind == CX_CORROBORATION_NONE || (c->lacks == NULL && !explain)) {
            continue;
        }
        fputs("  ", out);
        output_escaped(out, cx_span_of_str(check->request.names[i].given));
        fprintf(out, "  %" PRIu64 "/%" PRIu64, c->is.n_agreed, c->is.n_used);
        if (c->fault.n != 0) {
            fputs(": ", out);
            output_escaped(out, cx_span_of_str(c->fault));
        }
        fputc('\n', out);
        for (size_t k = 0; k < c->n_remotes; k++) {
            put_remote(out, c, &c->remotes[k]);
        }
    }
}

/* Whether a permit could rest on it: of a verdict that permits nothing there is nothing to say. */
static void
put_corroboration(FILE *out, const struct cx_check *check, bool explain)
{
    const struct cx_corroborated *k = &check->corroboration;

    if (!cx_verdict_positive(check->conclusion.verdict) ||
        (!k->needed && k->is.kind == CX_CORROBORATION_NONE)) {
        return;
    }
    if (k->is.kind == CX_CORROBORATION_NONE) {
        fputs("primary-only: no permit can rest on this until remote perspectives corroborate it\n",
              out);
        return;
    }
    fprintf(out, "%scorroborated by %" PRIu64 " of %" PRIu64 " remote perspectives",
            k->lacks == NULL ? "" : "not enough: ", k->is.n_agreed, k->is.n_used);
    for (size_t i = 0; i < k->is.n_regions; i++) {
        fprintf(out, "%s%.*s", i == 0 ? ", in " : ", ", (int)k->is.regions[i].n,
                k->is.regions[i].p);
    }
    fprintf(out, "%s%s\n", k->lacks == NULL ? "" : "; ", k->lacks == NULL ? "" : k->lacks);
    put_remotes(out, check, explain);
}

void
human_check(FILE *out, const struct cx_check *check, bool explain)
{
    const struct cx_conclusion *k = &check->conclusion;

    for (size_t i = 0; i < check->request.n_names; i++) {
        put_finding(out, check, i, explain);
        fputc('\n', out);
    }
    if (check->request.n_names > 1 || k->verdict != check->findings[0].verdict) {
        fprintf(out, "%s%s%s  certificate: %s\n", paint_on(out, paint_of(k->verdict)),
                cx_verdict_word(k->verdict), paint_off(out), cx_reason_sentence(k->reason));
        if (explain) {
            put_rules(out, &k->rules);
        }
    }
    put_corroboration(out, check, explain);
}
