#include "bin/caaproof/permit_show.h"

#include "base/limits.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"
#include "evidence/permit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct shown {
    struct cx_record record;
    struct cx_checkpoint checkpoint;
    uint64_t index;
};

static bool
is_wildcard(const struct cx_record_name *name)
{
    return name->kind == CX_RECORD_NAME_WILDCARD || name->kind == CX_RECORD_NAME_ONION_WILDCARD;
}

/* "@d.test" is a mailbox at d.test: permits have no local part. */
static const char *
prefix_of(const struct cx_record_name *name)
{
    return is_wildcard(name) ? "*." : name->kind == CX_RECORD_NAME_MAILBOX ? "@" : "";
}

static const struct cx_record_validation *
validation_of(const struct cx_record *record, const struct cx_record_name *name)
{
    static const struct cx_record_validation none = { .n_accounts = 0 };

    return name->validation == CX_RECORD_NONE ? &none : &record->validations[name->validation];
}

static const char *
corroboration_word(enum cx_corroboration_kind kind)
{
    switch (kind) {
    case CX_CORROBORATION_EXTERNAL:
        return "external";
    case CX_CORROBORATION_OWN:
        return "own";
    case CX_CORROBORATION_NONE:
        break;
    }
    return "none";
}

/* ---- for people */

static void
print_text(const char *what, cx_str text)
{
    printf("  %-12s ", what);
    output_plain(stdout, text);
    putchar('\n');
}

static void
print_time(const char *what, cx_time t)
{
    char text[CX_TIME_TEXT];

    if (t != CX_TIME_NONE) {
        cx_time_format(t, text);
        print_text(what, cx_str_of(text));
    }
}

static void
print_hash(const char *what, const struct cx_hash *hash)
{
    char text[CX_HASH_TEXT];

    cx_hash_text(hash, text);
    print_text(what, cx_str_of(text));
}

static void
print_texts(const char *what, const cx_str *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        printf("%s", i == 0 ? what : ", ");
        output_plain(stdout, texts[i]);
    }
}

static void
print_names(const struct cx_record *record)
{
    for (size_t i = 0; i < record->n_names; i++) {
        const struct cx_record_name *name = &record->names[i];
        const struct cx_record_finding *f = &record->findings[i];
        const struct cx_record_validation *v = validation_of(record, name);

        printf("  %s%s%s ", paint_on(stdout, paint_of(f->verdict)), cx_verdict_word(f->verdict),
               paint_off(stdout));
        printf("%s", prefix_of(name));
        output_plain(stdout, name->text);
        printf(" (");
        output_plain(stdout, f->reason);
        putchar(')');
        print_texts(", account ", v->accounts, v->n_accounts);
        print_texts(", method ", v->methods, v->n_methods);
        putchar('\n');
    }
}

static void
print_corroboration(const struct cx_corroboration *c)
{
    if (c->kind == CX_CORROBORATION_NONE) {
        print_text("corroborated", CX_STR("by nobody"));
        return;
    }
    printf("  corroborated %" PRIu64 "/%" PRIu64, c->n_agreed, c->n_used);
    print_texts(" from ", c->regions, c->n_regions);
    printf(" (%s)\n", corroboration_word(c->kind));
}

static void
print_head(const struct shown *shown)
{
    const struct cx_record *r = &shown->record;

    for (size_t i = 0; i < r->n_cases; i++) {
        printf("  %-12s %s, %s ", "for", cx_purpose_word(r->cases[i].purpose),
               cx_profile_word(r->cases[i].profile));
        output_plain(stdout, r->cases[i].epoch);
        putchar('\n');
    }
    if (r->has_authority) {
        print_hash("authority", &r->authority);
    } else {
        print_text("authority", CX_STR("none: it permits nothing"));
    }
    print_hash("own", &r->own);
    if (r->request.n != 0) {
        print_text("request", r->request);
    }
    print_time("logged", (cx_time)(r->time_ms / 1000));
    print_time("expires", r->conclusion.expires);
    if (r->conclusion.expires == CX_TIME_NONE) {
        print_text("expires", CX_STR("at once: it permits nothing"));
    }
    if (r->conclusion.hypothetical) {
        print_text("hypothetical", CX_STR("answers of another time: it permits nothing"));
    }
}

static void
print(const struct shown *shown)
{
    const struct cx_record *r = &shown->record;

    printf("%snot verified%s: what this permit says of itself\n", paint_on(stdout, PAINT_DOUBT),
           paint_off(stdout));
    printf("  %-12s %s (", "verdict", cx_verdict_word(r->conclusion.verdict));
    output_plain(stdout, r->conclusion.reason);
    printf(")\n");
    print_names(r);
    print_head(shown);
    print_corroboration(&r->corroboration);
    printf("  %-12s entry %" PRIu64 " of ", "log", shown->index);
    output_plain(stdout, shown->checkpoint.origin);
    printf(", a tree of %" PRIu64 "\n", shown->checkpoint.size);
}

/* ---- JSON */

static struct cx_json *
json_time(cx_time t)
{
    char text[CX_TIME_TEXT];

    cx_time_format(t, text);
    return t == CX_TIME_NONE ? cx_json_new_null() : cx_json_new_text(text);
}

static struct cx_json *
json_hash(const struct cx_hash *hash)
{
    char text[CX_HASH_TEXT];

    cx_hash_text(hash, text);
    return cx_json_new_text(text);
}

static struct cx_json *
json_texts(const cx_str *texts, size_t n)
{
    struct cx_json *array = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; i < n; i++) {
        ok = cx_json_add(array, cx_json_new_string(texts[i])) && ok;
    }
    return cx_json_whole(array, ok);
}

static struct cx_json *
json_name(const struct cx_record *record, size_t i)
{
    const struct cx_record_name *name = &record->names[i];
    const struct cx_record_finding *f = &record->findings[i];
    const struct cx_record_validation *v = validation_of(record, name);
    struct cx_json *json = cx_json_new_object();
    struct cx_buf text;
    bool ok;

    cx_buf_init(&text, CX_RECORD_MAX);
    cx_buf_puts(&text, prefix_of(name));
    cx_buf_put(&text, name->text);
    ok = cx_buf_ok(&text) && cx_json_set(json, "name", cx_json_new_string(cx_buf_str(&text)));
    cx_buf_done(&text);
    ok = cx_json_set(json, "verdict", cx_json_new_text(cx_verdict_word(f->verdict))) && ok;
    ok = cx_json_set(json, "reason", cx_json_new_string(f->reason)) && ok;
    ok = cx_json_set(json, "valid_until", json_time(f->valid_until)) && ok;
    ok = cx_json_set(json, "account_uri", json_texts(v->accounts, v->n_accounts)) && ok;
    ok = cx_json_set(json, "method", json_texts(v->methods, v->n_methods)) && ok;
    return cx_json_whole(json, ok);
}

static struct cx_json *
json_names(const struct cx_record *record)
{
    struct cx_json *array = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; i < record->n_names; i++) {
        ok = cx_json_add(array, json_name(record, i)) && ok;
    }
    return cx_json_whole(array, ok);
}

static struct cx_json *
json_cases(const struct cx_record *record)
{
    struct cx_json *array = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; i < record->n_cases; i++) {
        const struct cx_record_case *c = &record->cases[i];
        struct cx_json *json = cx_json_new_object();

        ok = cx_json_set(json, "purpose", cx_json_new_text(cx_purpose_word(c->purpose))) && ok;
        ok = cx_json_set(json, "profile", cx_json_new_text(cx_profile_word(c->profile))) && ok;
        ok = cx_json_set(json, "epoch", cx_json_new_string(c->epoch)) && ok;
        ok = cx_json_add(array, json) && ok;
    }
    return cx_json_whole(array, ok);
}

static struct cx_json *
json_corroboration(const struct cx_corroboration *c)
{
    struct cx_json *json;
    bool ok;

    if (c->kind == CX_CORROBORATION_NONE) {
        return cx_json_new_null();
    }
    json = cx_json_new_object();
    ok = cx_json_set(json, "kind", cx_json_new_text(corroboration_word(c->kind)));
    ok = cx_json_set(json, "object", json_hash(&c->object)) && ok;
    ok = cx_json_set(json, "used", cx_json_new_integer((int64_t)(c->n_used & INT64_MAX))) && ok;
    ok = cx_json_set(json, "agreed", cx_json_new_integer((int64_t)(c->n_agreed & INT64_MAX))) && ok;
    ok = cx_json_set(json, "regions", json_texts(c->regions, c->n_regions)) && ok;
    return cx_json_whole(json, ok);
}

static struct cx_json *
json_log(const struct shown *shown)
{
    struct cx_json *json = cx_json_new_object();
    bool ok = cx_json_set(json, "origin", cx_json_new_string(shown->checkpoint.origin));

    ok = cx_json_set(json, "size", cx_json_new_integer((int64_t)shown->checkpoint.size)) && ok;
    ok = cx_json_set(json, "index", cx_json_new_integer((int64_t)shown->index)) && ok;
    return cx_json_whole(json, ok);
}

static bool
set_record(struct cx_json *json, const struct cx_record *r)
{
    const struct cx_record_conclusion *k = &r->conclusion;
    bool ok = cx_json_set(json, "verdict", cx_json_new_text(cx_verdict_word(k->verdict)));

    ok = cx_json_set(json, "reason", cx_json_new_string(k->reason)) && ok;
    ok = cx_json_set(json, "names", json_names(r)) && ok;
    ok = cx_json_set(json, "cases", json_cases(r)) && ok;
    ok = cx_json_set(json, "authority",
                     r->has_authority ? json_hash(&r->authority) : cx_json_new_null()) &&
         ok;
    ok = cx_json_set(json, "own", json_hash(&r->own)) && ok;
    ok = cx_json_set(json, "context", json_hash(&r->context)) && ok;
    ok = cx_json_set(json, "request",
                     r->request.n != 0 ? cx_json_new_string(r->request) : cx_json_new_null()) &&
         ok;
    ok = cx_json_set(json, "date", json_time(r->date)) && ok;
    ok = cx_json_set(json, "logged", json_time((cx_time)(r->time_ms / 1000))) && ok;
    ok =
        cx_json_set(json, "deadline",
                    json_time(r->has_deadline ? (cx_time)(r->deadline_ms / 1000) : CX_TIME_NONE)) &&
        ok;
    ok = cx_json_set(json, "valid_until", json_time(k->valid_until)) && ok;
    ok = cx_json_set(json, "expires", json_time(k->expires)) && ok;
    ok = cx_json_set(json, "hypothetical", cx_json_new_bool(k->hypothetical)) && ok;
    return cx_json_set(json, "corroboration", json_corroboration(&r->corroboration)) && ok;
}

static cx_status
print_json(const struct shown *shown)
{
    struct cx_json *json = cx_json_new_object();
    bool ok = cx_json_set(json, "schema", cx_json_new_integer(1));
    cx_status s;

    ok = cx_json_set(json, "verified", cx_json_new_bool(false)) && ok;
    ok = set_record(json, &shown->record) && ok;
    ok = cx_json_set(json, "log", json_log(shown)) && ok;
    json = cx_json_whole(json, ok);
    s = output_json(json);
    cx_json_free(json);
    return s;
}

/* ---- */

static cx_status
read_permit(const char *path, struct cx_buf *file, struct cx_arena *arena, struct shown *ret,
            struct cx_detail *detail)
{
    struct cx_detail inner = { .text = "" };
    enum cx_permit_fault fault;
    cx_status s;

    CX_TRY(input_file(path, file, detail));
    s = cx_permit_read(cx_span_of_str(cx_buf_str(file)), arena, &ret->record, &ret->checkpoint,
                       &ret->index, &fault, &inner);
    if (s.code == CX_E_PERMIT) { /* not refused, but not readable */
        return cx_fail(detail, CX_E_PROOF, "%s: %s", path, inner.text);
    }
    return s;
}

int
permit_show_file(const char *path, bool json)
{
    struct cx_detail detail = { .text = "" };
    struct cx_arena arena;
    struct cx_buf file;
    struct shown shown;
    cx_status s;

    cx_arena_init(&arena, CX_PERMIT_SCRATCH);
    cx_buf_init(&file, 2 * CX_PROOF_OCTETS_MAX);
    s = read_permit(path, &file, &arena, &shown, &detail);
    if (cx_ok(s) && json) {
        s = print_json(&shown);
    } else if (cx_ok(s)) {
        print(&shown);
    }
    cx_buf_done(&file);
    cx_arena_done(&arena);
    return cx_ok(s) ? exit_with_output(EXIT_SUCCESS) : exit_with(s, &detail);
}
