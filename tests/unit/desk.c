#include "desk.h"

#include "build.h"
#include "main.h"

#include <stdio.h>
#include <string.h>

void
desk_open(struct desk *d, const char *signed_at)
{
    *d = (struct desk){ .signed_at = time_of(signed_at) };
    scratch_make(d->folder);
    cx_arena_init(&d->arena, (size_t)64 << 20);
    d->own[0] = (struct cx_own){ .name = CX_STR("ca.example.net"),
                                 .from = CX_TIME_NONE,
                                 .until = CX_TIME_MAX };
    d->policy = cx_policy_default();
    d->policy.own = d->own;
    d->policy.n_own = 1;
    d->policy.exceptions.precertificate = true;
    d->policy.accounturi_from = d->policy.validationmethods_from = time_of("2027-03-15");
    d->options = (struct cx_triage_options){
        .purpose = CX_PURPOSE_TLS,
        .profile = CX_PROFILE_TLS_BR,
        .policy = &d->policy,
        .proof = CX_GRADE_C,
        .aware = time_of("2026-05-01T00:00:00Z"),
        .now = time_of("2026-05-01T00:00:00Z"),
    };
}

void
desk_end_run(struct desk *d)
{
    cx_triage_close(d->triage);
    cx_archive_close(d->archive);
    cx_certificates_close(d->certificates);
    d->triage = NULL;
    d->archive = NULL;
    d->certificates = NULL;
    d->t = NULL;
}

void
desk_close(struct desk *d)
{
    desk_end_run(d);
    cx_arena_done(&d->arena);
    scratch_remove(d->folder);
}

/* ---- observations */

static cx_span
kept_name(struct desk *d, const char *text)
{
    struct cx_name name = name_of(text);
    cx_span ret;

    assert_true(cx_ok(cx_arena_copy(&d->arena, cx_name_span(&name), &ret)));
    return ret;
}

struct cx_observation *
desk_seen_by(struct desk *d, unsigned source, int64_t seconds, const char *name)
{
    struct desk_seen *seen = &d->seen[d->n_seen];

    assert_true(d->n_seen < DESK_OBSERVATIONS && source < DESK_SOURCES);
    d->n_seen++;
    *seen = (struct desk_seen){
        .source = source,
        .line = d->n_seen,
        .o = {
            .observed = CX_OBSERVED_ANSWER,
            .grade = CX_GRADE_B,
            .clock = CX_CLOCK_ASKED,
            .time_ms = (d->signed_at + seconds) * 1000,
            .precision_ms = 1,
            .name = kept_name(d, name),
            .outcome = CX_OUTCOME_NODATA,
            .dnssec = CX_DNSSEC_INSECURE,
        },
    };
    return &seen->o;
}

struct cx_observation *
desk_seen(struct desk *d, int64_t seconds, const char *name)
{
    return desk_seen_by(d, 0, seconds, name);
}

struct cx_observation *
desk_check(struct desk *d, int64_t seconds, const char *name, enum cx_form form)
{
    struct cx_observation *o = desk_seen(d, seconds, name);

    o->observed = CX_OBSERVED_CHECK;
    o->form = form;
    o->grade = CX_GRADE_C;
    o->clock = CX_CLOCK_LOGGED;
    return o;
}

void
desk_set(struct desk *d, struct cx_observation *o, uint32_t ttl, const char *records)
{
    struct cx_caa *v = cx_arena_get(&d->arena, 8, sizeof(*v));
    size_t n = 0;

    assert_non_null(v);
    while (*records != '\0') {
        size_t length = strcspn(records, "|");
        cx_str text;
        const char *tag;
        const char *value;

        assert_true(cx_ok(cx_arena_text(&d->arena, (cx_str){ records, length }, &text)));
        assert_true(n < 8);
        tag = strchr(text.p, ' ') + 1;
        value = strchr(tag, ' ') + 1;
        v[n].flags = text.p[0] == '1' ? 128 : 0;
        v[n].tag = (cx_span){ (const uint8_t *)tag, (size_t)(value - 1 - tag) };
        v[n++].value = bytes_of(value);
        records += length + (records[length] == '|' ? 1 : 0);
    }
    o->outcome = CX_OUTCOME_RECORDS;
    o->has_ttl = true;
    o->ttl = ttl;
    o->records = v;
    o->n_records = n;
}

void
desk_alias(struct desk *d, struct cx_observation *o, const char *target)
{
    cx_span *alias = cx_arena_get(&d->arena, 1, sizeof(*alias));

    assert_non_null(alias);
    *alias = kept_name(d, target);
    o->aliases = alias;
    o->n_aliases = 1;
}

void
desk_seen_empty(struct desk *d, int64_t seconds, const char *name)
{
    while (name != NULL) {
        const char *dot = strchr(name, '.');

        (void)desk_seen(d, seconds, name);
        name = dot != NULL ? dot + 1 : NULL;
    }
}

/* ---- certificates */

struct cx_issued *
desk_certificate(struct desk *d, const char *names)
{
    struct cx_issued *issued = &d->issued[d->n_issued];
    cx_str *v = cx_arena_get(&d->arena, 128, sizeof(*v));
    uint8_t *serial = cx_arena_get(&d->arena, 1, 1);
    size_t n = 0;

    assert_true(d->n_issued < DESK_CERTIFICATES && v != NULL && serial != NULL);
    *serial = (uint8_t)++d->n_issued;
    for (const char *p = names; *p != '\0';) {
        size_t length = strcspn(p, " ");

        assert_true(n < 128);
        assert_true(cx_ok(cx_arena_text(&d->arena, (cx_str){ p, length }, &v[n++])));
        p += length + (p[length] == ' ' ? 1 : 0);
    }
    *issued = (struct cx_issued){
        .kind = CX_ISSUED_FINAL,
        .serial = { serial, 1 },
        .issuer = CX_STR("CN=CA of the desk"),
        .not_before = d->signed_at,
        .not_after = time_of("2027-01-01T00:00:00Z"),
        .names = v,
        .n_names = n,
        .signed_at = d->signed_at,
        .revoked_at = CX_TIME_NONE,
        .reason = -1,
        .aware = CX_TIME_NONE,
    };
    return issued;
}

/* ---- running */

static cx_status
import_source(struct desk *d, struct cx_archive *archive, unsigned source, const size_t *order,
              struct cx_detail *detail)
{
    struct cx_archive_source s = {
        .path = CX_STR("desk"),
        .format = CX_STR("boulder"),
        .digest = { { (uint8_t)(source + 1) } },
        .validated = d->validated[source],
    };
    bool is_new;

    CX_TRY(cx_archive_begin(archive, &s, &is_new, detail));
    for (size_t i = 0; i < d->n_seen && is_new; i++) {
        const struct desk_seen *seen = &d->seen[order != NULL ? order[i] : i];
        const struct cx_archive_record record = {
            .fate = CX_FATE_OBSERVED, .line = seen->line, .v = &seen->o, .n = 1
        };

        if (seen->source == source) {
            CX_TRY(cx_archive_add(archive, &record, detail));
        }
    }
    return is_new ? cx_archive_end(archive, detail) : CX_SUCCESS;
}

cx_status
desk_import(struct desk *d, const char *path, const size_t *order, struct cx_detail *detail)
{
    struct cx_archive *archive = NULL;
    cx_status s = cx_archive_open_for_import(path, &archive, detail);
    unsigned first = order != NULL ? (unsigned)(order[0] % DESK_SOURCES) : 0;

    for (unsigned i = 0; i < DESK_SOURCES && cx_ok(s); i++) {
        s = import_source(d, archive, (first + i) % DESK_SOURCES, order, detail);
    }
    if (cx_ok(s)) {
        s = cx_archive_finish(archive, detail);
    }
    cx_archive_close(archive);
    return s;
}

cx_status
desk_list(struct desk *d, const char *path, struct cx_detail *detail)
{
    struct cx_certificates_maker *maker = NULL;
    struct cx_certificate_counts counts;
    cx_status s = cx_certificates_make(path, &maker, detail);

    for (size_t i = 0; i < d->n_issued && cx_ok(s); i++) {
        s = cx_certificates_add(maker, &d->issued[i], 0, i + 1, detail);
    }
    if (cx_ok(s)) {
        s = cx_certificates_finish(maker, &counts, detail);
    }
    cx_certificates_free(maker);
    return s;
}

void
desk_run(struct desk *d)
{
    char archive[SCRATCH_PATH];
    char list[SCRATCH_PATH];
    struct cx_detail detail = { .text = "" };

    desk_end_run(d);
    scratch_join(archive, d->folder, "archive");
    scratch_join(list, d->folder, "certificates");
    if (scratch_exists(archive)) {
        scratch_remove(archive);
    }
    SCRATCH_OK(desk_import(d, archive, NULL, &detail));
    SCRATCH_OK(desk_list(d, list, &detail));
    SCRATCH_OK(cx_archive_open(archive, &d->archive, &detail));
    SCRATCH_OK(cx_certificates_open(list, &d->certificates, &detail));
    SCRATCH_OK(cx_triage_open(d->certificates, d->archive, &d->options, NULL, 0, &d->triage));
    assert_non_null(desk_next(d));
}

const struct cx_triaged *
desk_next(struct desk *d)
{
    struct cx_detail detail = { .text = "" };

    SCRATCH_OK(cx_triage_next(d->triage, &d->t, &detail));
    return d->t;
}

const char *
desk_text(struct desk *d)
{
    size_t n = (size_t)snprintf(d->text, sizeof(d->text), "%s", cx_triage_class_word(d->t->class));

    for (size_t i = 0; i < d->t->n_names && n < sizeof(d->text); i++) {
        n += (size_t)snprintf(d->text + n, sizeof(d->text) - n, " %s",
                              cx_name_state_word(d->t->names[i].evidence->state));
    }
    return d->text;
}
