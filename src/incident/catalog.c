#include "incident/catalog.h"

#include "base/file.h"
#include "base/limits.h"

void
cx_catalog_init(struct cx_catalog *catalog)
{
    *catalog = (struct cx_catalog){ .sources = NULL };
    cx_arena_init(&catalog->arena, CX_CATALOG_MAX);
}

void
cx_catalog_done(struct cx_catalog *catalog)
{
    cx_arena_done(&catalog->arena);
}

cx_status
cx_catalog_add(struct cx_catalog *catalog, const struct cx_archive_source *source,
               struct cx_detail *detail)
{
    struct cx_archive_source *copy;

    if (catalog->n_sources == CX_ARCHIVE_SOURCES_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "the archive has %d inputs already; begin another",
                       CX_ARCHIVE_SOURCES_MAX);
    }
    catalog->sources = cx_arena_widen(&catalog->arena, catalog->sources, catalog->n_sources,
                                      &catalog->room, sizeof(*catalog->sources));
    if (catalog->sources == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    copy = &catalog->sources[catalog->n_sources];
    *copy = *source;
    CX_TRY(cx_arena_text(&catalog->arena, source->path, &copy->path));
    CX_TRY(cx_arena_text(&catalog->arena, source->format, &copy->format));
    catalog->n_sources++;
    return CX_SUCCESS;
}

/* ---- writing */

static struct cx_json *
source_to_json(const struct cx_archive_source *s)
{
    struct cx_json *json = cx_json_new_object();
    char digest[CX_HASH_TEXT];
    char reading[CX_HASH_TEXT];

    cx_hash_text(&s->digest, digest);
    cx_hash_text(&s->reading, reading);
    return cx_json_whole(
        json, cx_json_set(json, "path", cx_json_new_string(s->path)) &&
                  cx_json_set(json, "format", cx_json_new_string(s->format)) &&
                  cx_json_set(json, "sha256", cx_json_new_text(digest)) &&
                  cx_json_set(json, "reading", cx_json_new_text(reading)) &&
                  cx_json_set(json, "tamper_evident", cx_json_new_bool(s->tamper_evident)) &&
                  cx_json_set(json, "validated", cx_json_new_bool(s->validated)) &&
                  cx_json_set(json, "ended", cx_json_new_bool(s->ended)) &&
                  cx_json_set_number(json, "records", s->records) &&
                  cx_json_set_number(json, "observed", s->observed) &&
                  cx_json_set_number(json, "rejected", s->rejected) &&
                  cx_json_set_number(json, "ignored", s->ignored) &&
                  cx_json_set_number(json, "observations", s->observations) &&
                  cx_json_set(json, "first_ms", cx_json_new_integer(s->first_ms)) &&
                  cx_json_set(json, "last_ms", cx_json_new_integer(s->last_ms)));
}

static struct cx_json *
sources_to_json(const struct cx_catalog *catalog)
{
    struct cx_json *json = cx_json_new_array();
    bool complete = true;

    for (size_t i = 0; i < catalog->n_sources; i++) {
        complete = cx_json_add(json, source_to_json(&catalog->sources[i])) && complete;
    }
    return cx_json_whole(json, complete);
}

static struct cx_json *
to_json(const struct cx_catalog *c)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(json, cx_json_set_number(json, "schema", CX_ARCHIVE_SCHEMA) &&
                                   cx_json_set_number(json, "contents", c->contents) &&
                                   cx_json_set_number(json, "rejects", c->rejects) &&
                                   cx_json_set_number(json, "entries", c->entries) &&
                                   cx_json_set_number(json, "generation", c->generation) &&
                                   cx_json_set_number(json, "first_run", c->first_run) &&
                                   cx_json_set_number(json, "next_run", c->next_run) &&
                                   cx_json_set(json, "sources", sources_to_json(c)));
}

cx_status
cx_catalog_write(const struct cx_catalog *catalog, const char *path, struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = to_json(catalog);
    struct cx_buf text;
    cx_status s;

    cx_buf_init(&text, CX_CATALOG_MAX);
    s = cx_json_write_pretty(json, &text);
    if (cx_ok(s)) {
        s = cx_file_write(path, cx_buf_str(&text), detail);
    }
    cx_buf_done(&text);
    return s;
}

/* ---- reading */

static bool
get_number(const struct cx_json *json, const char *member, uint64_t *ret)
{
    int64_t value;

    if (!cx_json_integer(cx_json_get(json, member), &value) || value < 0) {
        return false;
    }
    *ret = (uint64_t)value;
    return true;
}

static bool
source_of_json(const struct cx_json *json, struct cx_archive_source *s)
{
    cx_str digest;
    cx_str reading;

    return cx_json_string(cx_json_get(json, "path"), &s->path) &&
           cx_json_string(cx_json_get(json, "format"), &s->format) &&
           cx_json_string(cx_json_get(json, "sha256"), &digest) &&
           cx_hash_of_text(digest, &s->digest) &&
           cx_json_string(cx_json_get(json, "reading"), &reading) &&
           cx_hash_of_text(reading, &s->reading) &&
           cx_json_bool(cx_json_get(json, "tamper_evident"), &s->tamper_evident) &&
           cx_json_bool(cx_json_get(json, "validated"), &s->validated) &&
           cx_json_bool(cx_json_get(json, "ended"), &s->ended) &&
           get_number(json, "records", &s->records) && get_number(json, "observed", &s->observed) &&
           get_number(json, "rejected", &s->rejected) && get_number(json, "ignored", &s->ignored) &&
           get_number(json, "observations", &s->observations) &&
           cx_json_integer(cx_json_get(json, "first_ms"), &s->first_ms) &&
           cx_json_integer(cx_json_get(json, "last_ms"), &s->last_ms);
}

static cx_status
check_schema(const char *path, const struct cx_json *json, struct cx_detail *detail)
{
    uint64_t schema;

    if (!get_number(json, "schema", &schema)) {
        return cx_fail(detail, CX_E_STORE, "%s: not the catalog of an archive", path);
    }
    if (schema < CX_ARCHIVE_SCHEMA) {
        return cx_fail(detail, CX_E_STORE,
                       "%s: the archive was made by an older version, which read some inputs "
                       "otherwise; import them again, into a new archive",
                       path);
    }
    return schema == CX_ARCHIVE_SCHEMA
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_STORE, "%s: the archive was made by a newer version", path);
}

static bool
of_json(const struct cx_json *json, struct cx_catalog *c)
{
    return get_number(json, "contents", &c->contents) && get_number(json, "rejects", &c->rejects) &&
           get_number(json, "entries", &c->entries) &&
           get_number(json, "generation", &c->generation) &&
           get_number(json, "first_run", &c->first_run) &&
           get_number(json, "next_run", &c->next_run) && c->first_run <= c->next_run;
}

cx_status
cx_catalog_read(const char *path, struct cx_catalog *ret, struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;
    const struct cx_json *sources;
    struct cx_buf text;
    cx_status s;

    cx_buf_init(&text, CX_CATALOG_MAX);
    s = cx_file_read(path, &text, detail);
    if (cx_ok(s) && !cx_ok(cx_json_parse(cx_buf_str(&text), &json, NULL))) {
        s = cx_fail(detail, CX_E_STORE, "%s: not the catalog of an archive", path);
    }
    cx_buf_done(&text);
    CX_TRY(s);
    CX_TRY(check_schema(path, json, detail));
    s = of_json(json, ret) ? CX_SUCCESS
                           : cx_fail(detail, CX_E_STORE, "%s: the catalog is broken", path);
    CX_TRY(s);
    sources = cx_json_get(json, "sources");
    for (size_t i = 0; i < cx_json_size(sources); i++) {
        struct cx_archive_source source;

        if (!source_of_json(cx_json_at(sources, i), &source)) {
            return cx_fail(detail, CX_E_STORE, "%s: input %zu is broken", path, i);
        }
        CX_TRY(cx_catalog_add(ret, &source, detail));
    }
    return CX_SUCCESS;
}
