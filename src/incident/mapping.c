#include "incident/mapping.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "incident/archive_formats.h"
#include "incident/caa_text.h"
#include "resolve/answer_json.h"

#include <regex.h>
#include <stdio.h>

enum field {
    FIELD_TIME = 0,
    FIELD_NAME,
    FIELD_RECORDS,
    FIELD_RESULT,
    FIELD_OUTCOME,
    FIELD_TTL,
    FIELD_FOUND_AT,
    FIELD_ACCOUNT,
    FIELD_METHOD,
    FIELD_PERSPECTIVE,
    FIELD_RESOLVER,
    FIELD_REQUEST,
    FIELDS,
};

static const char *const field_words[FIELDS + 1] = {
    "time",    "name",   "records",     "result",   "outcome", "ttl", "found_at",
    "account", "method", "perspective", "resolver", "request", NULL,
};

/* Behind the columns of the fields: the one that "only" looks at. */
#define ONLY FIELDS
_Static_assert(ONLY < CX_ROW_COLUMNS, "room for the column of \"only\"");

/* Groups of an expression, others than those of fields among them. */
#define GROUPS_MAX 32

struct cx_mapping {
    enum cx_mapping_kind kind;
    enum cx_observed observed;
    enum cx_observed_clock clock;
    cx_str places[FIELDS]; /* column or path; empty: the archive does not have it */
    char separator;        /* of records */
    bool empty_is_nodata;
    const struct cx_json *results;
    const struct cx_json *outcomes;
    cx_str
        only; /* column or path whose value must be one of wanted; empty: all records are about CAA */
    const struct cx_json *wanted;
    bool has_regex;
    regex_t regex;
    size_t groups[FIELDS]; /* 0: none */
};

/* What a record has for each field. */
struct texts {
    cx_str v[FIELDS];
    const struct cx_json *records; /* as an array */
    bool has_records;              /* there is such a member, cell or group, maybe an empty one */
};

/* ---- reading the mapping */

static cx_status
wrong(const char *what, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_USAGE, "mapping: %s", what);
}

static cx_status
read_word(const struct cx_json *json, const char *member, const char *const *words, int *ret,
          struct cx_detail *detail)
{
    const struct cx_json *value = cx_json_get(json, member);
    cx_str word = { NULL, 0 };

    if (value == NULL) {
        return CX_SUCCESS;
    }
    for (int i = 0; words[i] != NULL && cx_json_string(value, &word); i++) {
        if (cx_str_equal(word, cx_str_of(words[i]))) {
            *ret = i + 1;
            return CX_SUCCESS;
        }
    }
    return cx_fail(detail, CX_E_USAGE, "mapping: %s: \"%.*s\" is not known (docs/archives.md)",
                   member, (int)(word.n < 40 ? word.n : 40), word.n == 0 ? "" : word.p);
}

static cx_status
read_kinds(const struct cx_json *json, struct cx_mapping *m, struct cx_detail *detail)
{
    static const char *const kinds[] = { "csv", "ndjson", "text", NULL };
    static const char *const observed[] = { "answer", "check", NULL };
    static const char *const clocks[] = { "asked", "answered", "logged", "indexed", NULL };
    int kind = 0, what = CX_OBSERVED_CHECK, clock = CX_CLOCK_LOGGED;

    CX_TRY(read_word(json, "format", kinds, &kind, detail));
    CX_TRY(read_word(json, "observed", observed, &what, detail));
    CX_TRY(read_word(json, "clock", clocks, &clock, detail));
    if (kind == 0) {
        return wrong("format: one of csv ndjson text is needed", detail);
    }
    m->kind = (enum cx_mapping_kind)kind;
    m->observed = (enum cx_observed)what;
    m->clock = (enum cx_observed_clock)clock;
    return CX_SUCCESS;
}

static cx_status
read_places(const struct cx_json *json, struct cx_mapping *m, struct cx_detail *detail)
{
    const struct cx_json *fields = cx_json_get(json, "fields");

    if ((m->kind == CX_MAPPING_TEXT) != (fields == NULL)) {
        return wrong("fields: needed for csv and ndjson, and not for text", detail);
    }
    if (fields == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_json_only(fields, "mapping: fields", field_words, CX_E_USAGE, detail));
    for (size_t i = 0; i < FIELDS; i++) {
        const struct cx_json *place = cx_json_get(fields, field_words[i]);

        if (place != NULL && (!cx_json_string(place, &m->places[i]) || m->places[i].n == 0)) {
            return wrong("fields: names of columns or members are needed", detail);
        }
    }
    return CX_SUCCESS;
}

static bool
listed(const struct cx_json *list, cx_str word)
{
    cx_str other;

    for (size_t i = 0; i < cx_json_size(list); i++) {
        if (cx_json_string(cx_json_at(list, i), &other) &&
            cx_span_equal_fold(cx_span_of_str(word), cx_span_of_str(other))) {
            return true;
        }
    }
    return false;
}

/* Lists of words by what they mean; every member must be a list of texts, and no word mean two things. */
static cx_status
check_words(const struct cx_json *json, const char *what, struct cx_detail *detail)
{
    cx_str names[16], word;
    size_t n = json == NULL ? 0 : cx_json_members(json, names, CX_COUNT(names));

    if (json != NULL && (cx_json_kind_of(json) != CX_JSON_OBJECT || n > CX_COUNT(names))) {
        return cx_fail(detail, CX_E_USAGE, "mapping: %s: an object with lists is needed", what);
    }
    for (size_t i = 0; i < n; i++) {
        const struct cx_json *list = cx_json_get_str(json, names[i]);

        for (size_t k = 0; k < cx_json_size(list); k++) {
            if (!cx_json_string(cx_json_at(list, k), &word)) {
                return cx_fail(detail, CX_E_USAGE, "mapping: %s: lists of texts are needed", what);
            }
            for (size_t before = 0; before < i; before++) {
                if (listed(cx_json_get_str(json, names[before]), word)) {
                    return cx_fail(detail, CX_E_USAGE,
                                   "mapping: %s: \"%.*s\" is listed twice, with two meanings", what,
                                   (int)(word.n < 60 ? word.n : 60), word.p);
                }
            }
        }
        if (cx_json_size(list) == 0) {
            return cx_fail(detail, CX_E_USAGE, "mapping: %s: a list that has words is needed",
                           what);
        }
    }
    return CX_SUCCESS;
}

static cx_status
read_meanings(const struct cx_json *json, struct cx_mapping *m, struct cx_detail *detail)
{
    static const char *const claims[] = { "permits", "denies", "fails", NULL };
    cx_str names[16];
    size_t n;

    m->results = cx_json_get(json, "results");
    m->outcomes = cx_json_get(json, "outcomes");
    CX_TRY(check_words(m->results, "results", detail));
    CX_TRY(check_words(m->outcomes, "outcomes", detail));
    if (m->results != NULL) {
        CX_TRY(cx_json_only(m->results, "mapping: results", claims, CX_E_USAGE, detail));
    }
    n = cx_json_members(m->outcomes, names, CX_COUNT(names));
    for (size_t i = 0; i < n; i++) {
        if (cx_outcome_of_word(names[i]) == CX_OUTCOME_UNSET) {
            return wrong("outcomes: the words of docs/json.md are needed, as nodata", detail);
        }
    }
    return CX_SUCCESS;
}

static cx_status
read_only(const struct cx_json *json, struct cx_mapping *m, struct cx_detail *detail)
{
    const struct cx_json *only = cx_json_get(json, "only");

    if (only == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(check_words(only, "only", detail));
    if (m->kind == CX_MAPPING_TEXT || cx_json_members(only, &m->only, 1) != 1 || m->only.n == 0) {
        return wrong("only: one column or member with its words, and not for text", detail);
    }
    m->wanted = cx_json_get_str(only, m->only);
    return CX_SUCCESS;
}

static cx_status
read_set_form(const struct cx_json *json, struct cx_mapping *m, struct cx_detail *detail)
{
    static const char *const empty[] = { "nodata", "unknown", NULL };
    const struct cx_json *separator = cx_json_get(json, "separator");
    cx_str text;
    int meaning = 2;

    CX_TRY(read_word(json, "empty_records", empty, &meaning, detail));
    m->empty_is_nodata = meaning == 1;
    m->separator = '\n';
    if (separator != NULL) {
        if (!cx_json_string(separator, &text) || text.n != 1 || text.p[0] == '"') {
            return wrong("separator: one character is needed", detail);
        }
        m->separator = text.p[0];
    }
    return CX_SUCCESS;
}

/* ---- regular expressions */

/* "?<name>" behind a parenthesis, which POSIX does not know. */
static cx_status
take_group(cx_str text, size_t *at, size_t group, struct cx_mapping *m, struct cx_detail *detail)
{
    cx_str name = cx_text_from(text, *at + 2);

    name.n = cx_text_find(name, CX_STR(">"));
    *at += 2 + name.n + 1;
    for (size_t i = 0; i < FIELDS; i++) {
        if (cx_str_equal(name, cx_str_of(field_words[i])) && m->groups[i] == 0) {
            m->groups[i] = group;
            return CX_SUCCESS;
        }
    }
    return cx_fail(detail, CX_E_USAGE, "mapping: regex: group \"%.*s\" is not known, or twice",
                   (int)(name.n < 40 ? name.n : 40), name.n == 0 ? "" : name.p);
}

/* Octets of a bracket expression, in which parentheses are characters. */
static size_t
bracket_end(cx_str text, size_t at)
{
    size_t end = at + 1;

    end += end < text.n && text.p[end] == '^' ? 1 : 0;
    end += end < text.n && text.p[end] == ']' ? 1 : 0;
    while (end < text.n && text.p[end] != ']') {
        if (text.p[end] == '[' && end + 1 < text.n && text.p[end + 1] == ':') {
            end += 2;
            while (end < text.n && text.p[end] != ']') {
                end++;
            }
        }
        end += end < text.n ? 1 : 0;
    }
    return end < text.n ? end + 1 : text.n;
}

/* The expression as POSIX has it, and which group is which field. */
static cx_status
plain_regex(cx_str text, struct cx_mapping *m, struct cx_buf *plain, struct cx_detail *detail)
{
    size_t at = 0, groups = 0;

    while (at < text.n) {
        size_t n = text.p[at] == '\\' ? 2 : text.p[at] == '[' ? bracket_end(text, at) - at : 1;
        bool group = text.p[at] == '(';

        n = n < text.n - at ? n : text.n - at;
        cx_buf_put(plain, (cx_str){ text.p + at, n });
        at += n;
        groups += group ? 1 : 0;
        if (group && cx_text_begins(cx_text_from(text, at), CX_STR("?<"))) {
            CX_TRY(take_group(text, &at, groups, m, detail));
        }
    }
    cx_buf_putc(plain, '\0');
    if (groups >= GROUPS_MAX) {
        return wrong("regex: too many groups", detail);
    }
    return cx_buf_status(plain);
}

static cx_status
compile(struct cx_mapping *m, const char *plain, struct cx_detail *detail)
{
    char why[100];
    int code = regcomp(&m->regex, plain, REG_EXTENDED);

    if (code == REG_ESPACE) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (code != 0) {
        (void)regerror(code, &m->regex, why, sizeof(why));
        return cx_fail(detail, CX_E_USAGE, "mapping: regex: %s", why);
    }
    m->has_regex = true;
    return CX_SUCCESS;
}

static cx_status
read_regex(const struct cx_json *json, struct cx_mapping *m, struct cx_detail *detail)
{
    const struct cx_json *regex = cx_json_get(json, "regex");
    CX_AUTO(cx_buf_done) struct cx_buf plain;
    cx_str text;

    cx_buf_init(&plain, CX_ARCHIVE_REGEX_MAX);
    if ((m->kind == CX_MAPPING_TEXT) != cx_json_string(regex, &text)) {
        return wrong("regex: a text, needed for text and only there", detail);
    }
    if (m->kind != CX_MAPPING_TEXT) {
        return CX_SUCCESS;
    }
    if (memchr(text.p, '\0', text.n) != NULL) {
        return wrong("regex: has a NUL", detail);
    }
    CX_TRY(plain_regex(text, m, &plain, detail));
    return compile(m, plain.p, detail);
}

static bool
has(const struct cx_mapping *m, enum field field)
{
    return m->places[field].n != 0 || m->groups[field] != 0;
}

static cx_status
read_mapping(const struct cx_json *json, struct cx_mapping *m, struct cx_detail *detail)
{
    static const char *const members[] = { "format",  "observed", "clock",     "fields",
                                           "results", "outcomes", "separator", "empty_records",
                                           "only",    "regex",    NULL };

    CX_TRY(cx_json_only(json, "mapping", members, CX_E_USAGE, detail));
    CX_TRY(read_kinds(json, m, detail));
    CX_TRY(read_places(json, m, detail));
    CX_TRY(read_meanings(json, m, detail));
    CX_TRY(read_only(json, m, detail));
    CX_TRY(read_set_form(json, m, detail));
    CX_TRY(read_regex(json, m, detail));
    if (!has(m, FIELD_TIME) || !has(m, FIELD_NAME)) {
        return wrong("time and name are needed", detail);
    }
    if (has(m, FIELD_RESULT) != (m->results != NULL) ||
        has(m, FIELD_OUTCOME) != (m->outcomes != NULL)) {
        return wrong("result needs results, outcome needs outcomes, and the other way round",
                     detail);
    }
    return CX_SUCCESS;
}

static void
mapping_cleanup(struct cx_mapping **mapping)
{
    cx_mapping_free(*mapping);
}

cx_status
cx_mapping_of(const struct cx_json *json, struct cx_mapping **ret, struct cx_detail *detail)
{
    CX_AUTO(mapping_cleanup) struct cx_mapping *mapping = cx_alloc(1, sizeof(*mapping));

    if (mapping == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(read_mapping(json, mapping, detail));
    *ret = CX_STEAL(mapping);
    return CX_SUCCESS;
}

void
cx_mapping_free(struct cx_mapping *mapping)
{
    if (mapping != NULL && mapping->has_regex) {
        regfree(&mapping->regex);
    }
    cx_free(mapping);
}

enum cx_mapping_kind
cx_mapping_kind_of(const struct cx_mapping *mapping)
{
    return mapping == NULL ? CX_MAPPING_UNSET : mapping->kind;
}

/* ---- what a record says */

/* The member whose list has the word; false if none has. */
static bool
meaning_of(const struct cx_json *meanings, cx_str word, cx_str *ret)
{
    cx_str names[16];
    size_t n = cx_json_members(meanings, names, CX_COUNT(names));

    for (size_t i = 0; i < n; i++) {
        if (listed(cx_json_get_str(meanings, names[i]), word)) {
            *ret = names[i];
            return true;
        }
    }
    return false;
}

static cx_status
not_explained(const char *what, cx_str word, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_ARCHIVE, "%s \"%.*s\" is not in the mapping", what,
                   (int)(word.n < 60 ? word.n : 60), word.n == 0 ? "" : word.p);
}

static cx_status
take_words(const struct cx_mapping *m, const struct texts *t, struct cx_observation *o,
           struct cx_detail *detail)
{
    cx_str meaning;

    if (has(m, FIELD_RESULT)) {
        if (!meaning_of(m->results, t->v[FIELD_RESULT], &meaning)) {
            return not_explained("result", t->v[FIELD_RESULT], detail);
        }
        o->claim = meaning.p[0] == 'p'   ? CX_CLAIM_PERMITS
                   : meaning.p[0] == 'd' ? CX_CLAIM_DENIES
                                         : CX_CLAIM_FAILS;
    }
    if (has(m, FIELD_OUTCOME)) {
        if (!meaning_of(m->outcomes, t->v[FIELD_OUTCOME], &meaning)) {
            return not_explained("outcome", t->v[FIELD_OUTCOME], detail);
        }
        o->outcome = cx_outcome_of_word(meaning);
    }
    return CX_SUCCESS;
}

/* Up to the separator outside of quotes; *at moves behind it. */
static cx_str
next_record(cx_str text, char separator, size_t *at)
{
    size_t from = *at;
    bool quoted = false;

    while (*at < text.n && (quoted || text.p[*at] != separator)) {
        bool escaped = quoted && text.p[*at] == '\\' && *at + 1 < text.n;

        quoted = quoted != (text.p[*at] == '"');
        *at += escaped ? 2 : 1;
    }
    *at += *at < text.n ? 1 : 0;
    return (cx_str){ text.p + from, *at - from };
}

static cx_str
trimmed(cx_str text, char separator)
{
    while (text.n != 0 && (text.p[text.n - 1] == separator || text.p[text.n - 1] == ' ' ||
                           text.p[text.n - 1] == '\r')) {
        text.n--;
    }
    while (text.n != 0 && text.p[0] == ' ') {
        text = cx_text_from(text, 1);
    }
    return text;
}

static cx_status
add_record(struct cx_excerpt *excerpt, cx_str text, struct cx_caa_list *list,
           struct cx_detail *detail)
{
    struct cx_caa caa;

    CX_TRY(cx_caa_of_text(text, &excerpt->arena, &caa, detail));
    return cx_caa_list_add(list, &caa, &excerpt->arena, detail);
}

static cx_status
records_of_text(struct cx_excerpt *excerpt, cx_str text, struct cx_caa_list *list,
                struct cx_detail *detail)
{
    char separator = excerpt->mapping->separator;

    for (size_t at = 0; at < text.n;) {
        cx_str one = trimmed(next_record(text, separator, &at), separator);

        if (one.n != 0) {
            CX_TRY(add_record(excerpt, one, list, detail));
        }
    }
    return CX_SUCCESS;
}

/* Texts, or objects as in docs/json.md. */
static cx_status
records_of_array(struct cx_excerpt *excerpt, const struct cx_json *array, struct cx_caa_list *list,
                 struct cx_detail *detail)
{
    struct cx_caa_set set = { NULL, 0 };
    cx_str text;

    if (cx_json_kind_of(cx_json_at(array, 0)) == CX_JSON_OBJECT) {
        CX_TRY(cx_records_from_json(array, CX_E_ARCHIVE, &excerpt->arena, &set, detail));
        for (size_t i = 0; i < set.n; i++) {
            CX_TRY(cx_caa_list_add(list, &set.v[i], &excerpt->arena, detail));
        }
        return CX_SUCCESS;
    }
    for (size_t i = 0; i < cx_json_size(array); i++) {
        if (!cx_json_string(cx_json_at(array, i), &text)) {
            return cx_fail(detail, CX_E_ARCHIVE, "records: texts or objects are needed");
        }
        CX_TRY(add_record(excerpt, text, list, detail));
    }
    return CX_SUCCESS;
}

/* Says "no record" only where the mapping says that an empty set means it. */
static cx_status
take_records(struct cx_excerpt *excerpt, const struct texts *t, struct cx_observation *o,
             struct cx_detail *detail)
{
    const struct cx_mapping *m = excerpt->mapping;
    struct cx_caa_list list = { NULL, 0, 0 };
    cx_str text = t->v[FIELD_RECORDS];
    const struct cx_json *array = t->records;

    if (array == NULL && text.n != 0 && text.p[0] == '[') {
        CX_TRY(cx_excerpt_json(excerpt, text, &array, detail));
    }
    if (array != NULL) {
        CX_TRY(records_of_array(excerpt, array, &list, detail));
    } else {
        CX_TRY(records_of_text(excerpt, text, &list, detail));
    }
    if (list.n != 0 && o->outcome != CX_OUTCOME_UNSET && o->outcome != CX_OUTCOME_RECORDS) {
        return cx_fail(detail, CX_E_ARCHIVE, "has records, and an outcome that says otherwise");
    }
    cx_caa_list_to(&list, o);
    if (list.n == 0 && o->outcome == CX_OUTCOME_RECORDS) {
        o->outcome = CX_OUTCOME_UNSET; /* there are some, but which is not said */
    } else if (list.n == 0 && t->has_records && m->empty_is_nodata &&
               o->outcome == CX_OUTCOME_UNSET && o->claim != CX_CLAIM_FAILS &&
               o->claim != CX_CLAIM_DENIES) { /* no record denies nothing */
        o->outcome = CX_OUTCOME_NODATA;
    }
    return CX_SUCCESS;
}

static cx_status
take_ttl(cx_str text, struct cx_observation *o, struct cx_detail *detail)
{
    uint64_t value = 0;

    if (text.n == 0) {
        return CX_SUCCESS;
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || value > UINT32_MAX) {
            return cx_fail(detail, CX_E_ARCHIVE, "ttl \"%.*s\": seconds are needed",
                           (int)(text.n < 40 ? text.n : 40), text.p);
        }
        value = value * 10 + (uint64_t)(text.p[i] - '0');
    }
    if (value > UINT32_MAX) {
        return cx_fail(detail, CX_E_ARCHIVE, "ttl: more than 4294967295 seconds");
    }
    o->ttl = (uint32_t)value;
    o->has_ttl = true;
    return CX_SUCCESS;
}

/* C: what DNS gave, as text. D: a conclusion; also all that an expression cut out of a line, since nobody can see from here whether
 * that was all of it. E: nothing but that it was asked. */
static enum cx_grade
grade_of(const struct cx_mapping *m, const struct cx_observation *o)
{
    bool answer = o->outcome == CX_OUTCOME_RECORDS ||
                  (m->observed == CX_OBSERVED_ANSWER && !cx_outcome_is_failure(o->outcome));

    if (o->outcome == CX_OUTCOME_UNSET && o->claim == CX_CLAIM_NONE) {
        return CX_GRADE_E;
    }
    return answer && m->kind != CX_MAPPING_TEXT ? CX_GRADE_C : CX_GRADE_D;
}

static cx_status
take(struct cx_excerpt *excerpt, const struct texts *t, struct cx_detail *detail)
{
    const struct cx_mapping *m = excerpt->mapping;
    struct cx_observation *o;

    CX_TRY(cx_excerpt_add(excerpt, &o, detail));
    o->observed = m->observed;
    CX_TRY(cx_excerpt_count(excerpt, t->v[FIELD_TIME], m->clock, o, detail));
    CX_TRY(cx_excerpt_name(excerpt, t->v[FIELD_NAME], o, detail));
    CX_TRY(take_words(m, t, o, detail));
    CX_TRY(take_records(excerpt, t, o, detail));
    CX_TRY(take_ttl(t->v[FIELD_TTL], o, detail));
    if (t->v[FIELD_FOUND_AT].n != 0) {
        CX_TRY(cx_excerpt_domain(excerpt, t->v[FIELD_FOUND_AT], &o->found_at, detail));
    }
    o->account = t->v[FIELD_ACCOUNT];
    o->method = t->v[FIELD_METHOD];
    o->perspective = t->v[FIELD_PERSPECTIVE];
    o->resolver = t->v[FIELD_RESOLVER];
    o->request = t->v[FIELD_REQUEST];
    o->grade = grade_of(m, o);
    return CX_SUCCESS;
}

/* ---- lines, objects, rows */

cx_status
cx_mapping_line(struct cx_excerpt *excerpt, cx_str line, struct cx_detail *detail)
{
    const struct cx_mapping *m = excerpt->mapping;
    struct texts texts = { .records = NULL };
    regmatch_t found[GROUPS_MAX];
    cx_str text;
    int code;

    if (line.n > CX_ARCHIVE_REGEX_MAX) {
        return cx_fail(detail, CX_E_LIMIT,
                       "longer than the %d octets that an expression is tried on",
                       CX_ARCHIVE_REGEX_MAX);
    }
    if (line.n != 0 && memchr(line.p, '\0', line.n) != NULL) {
        return cx_fail(detail, CX_E_ARCHIVE, "a line with a NUL");
    }
    CX_TRY(cx_arena_text(&excerpt->arena, line, &text)); /* with the NUL that regexec wants */
    code = regexec(&m->regex, text.p, GROUPS_MAX, found, 0);
    if (code != 0) {
        return code == REG_NOMATCH ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < FIELDS; i++) {
        const regmatch_t *group = &found[m->groups[i]];

        if (m->groups[i] != 0 && group->rm_so >= 0) {
            texts.v[i] = (cx_str){ text.p + group->rm_so, (size_t)(group->rm_eo - group->rm_so) };
            texts.has_records = texts.has_records || i == FIELD_RECORDS;
        }
    }
    return take(excerpt, &texts, detail);
}

/* "a.b.c"; a member that is called so as it is goes first. */
static const struct cx_json *
value_at(const struct cx_json *value, cx_str path)
{
    const struct cx_json *member = cx_json_get_str(value, path);

    while (member == NULL && value != NULL && path.n != 0) {
        cx_str first = { path.p, cx_text_find(path, CX_STR(".")) };

        value = cx_json_get_str(value, first);
        if (first.n == path.n) {
            return value;
        }
        path = cx_text_from(path, first.n + 1);
        member = cx_json_get_str(value, path);
    }
    return member;
}

/* A member that is missing or null says nothing; an empty array or text says that there is no record. */
static cx_status
records_of_member(const struct cx_json *member, struct texts *ret, struct cx_detail *detail)
{
    enum cx_json_kind kind = cx_json_kind_of(member);

    ret->records = kind == CX_JSON_ARRAY ? member : NULL;
    ret->has_records = kind == CX_JSON_ARRAY || kind == CX_JSON_STRING;
    return ret->has_records || member == NULL || kind == CX_JSON_NULL
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_ARCHIVE, "records: an array or a text is needed");
}

static cx_status
texts_of_value(struct cx_excerpt *excerpt, const struct cx_json *value, struct texts *ret,
               struct cx_detail *detail)
{
    const struct cx_mapping *m = excerpt->mapping;

    for (size_t i = 0; i < FIELDS; i++) {
        const struct cx_json *member = m->places[i].n == 0 ? NULL : value_at(value, m->places[i]);
        bool flag = false;

        if (cx_json_bool(member, &flag)) {
            ret->v[i] = flag ? CX_STR("true") : CX_STR("false");
        }
        if (i == FIELD_RECORDS) {
            CX_TRY(records_of_member(member, ret, detail));
        }
        CX_TRY(cx_excerpt_text(excerpt, member, &ret->v[i]));
    }
    return CX_SUCCESS;
}

/* A time with a fraction, as a number. */
static cx_status
time_of_value(struct cx_excerpt *excerpt, const struct cx_json *value, struct texts *texts)
{
    const struct cx_json *member = value_at(value, excerpt->mapping->places[FIELD_TIME]);
    double seconds;
    char text[40];
    int n;

    if (cx_json_kind_of(member) != CX_JSON_REAL || !cx_json_number(member, &seconds) ||
        !(seconds > 0 && seconds < 1e12)) {
        return CX_SUCCESS;
    }
    n = snprintf(text, sizeof(text), "%.3f", seconds);
    return cx_arena_text(&excerpt->arena, (cx_str){ text, (size_t)n }, &texts->v[FIELD_TIME]);
}

cx_status
cx_mapping_value(struct cx_excerpt *excerpt, const struct cx_json *value, struct cx_detail *detail)
{
    const struct cx_mapping *m = excerpt->mapping;
    struct texts texts = { .records = NULL };
    cx_str kind = { NULL, 0 };

    if (cx_json_kind_of(value) != CX_JSON_OBJECT) {
        return cx_fail(detail, CX_E_ARCHIVE, "not an object");
    }
    if (m->only.n != 0) {
        CX_TRY(cx_excerpt_text(excerpt, value_at(value, m->only), &kind));
        if (!listed(m->wanted, kind)) {
            return CX_SUCCESS;
        }
    }
    CX_TRY(texts_of_value(excerpt, value, &texts, detail));
    CX_TRY(time_of_value(excerpt, value, &texts));
    return take(excerpt, &texts, detail);
}

static cx_status
find_column(const struct cx_csv_row *header, cx_str name, size_t *ret, struct cx_detail *detail)
{
    char text[256];
    const char *const names[] = { text, NULL };

    *ret = header->n;
    if (name.n == 0) {
        return CX_SUCCESS;
    }
    if (name.n < sizeof(text)) {
        memcpy(text, name.p, name.n);
        text[name.n] = '\0';
        *ret = cx_csv_column(header, names);
    }
    return *ret != header->n
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_USAGE, "mapping: the first row has no column \"%.*s\"",
                         (int)(name.n < 60 ? name.n : 60), name.p);
}

cx_status
cx_mapping_head(struct cx_excerpt *excerpt, const struct cx_csv_row *header, size_t *columns,
                struct cx_detail *detail)
{
    const struct cx_mapping *m = excerpt->mapping;

    for (size_t i = 0; i < FIELDS; i++) {
        CX_TRY(find_column(header, m->places[i], &columns[i], detail));
    }
    return find_column(header, m->only, &columns[ONLY], detail);
}

cx_status
cx_mapping_row(struct cx_excerpt *excerpt, const struct cx_csv_row *row, const size_t *columns,
               struct cx_detail *detail)
{
    const struct cx_mapping *m = excerpt->mapping;
    struct texts texts = { .records = NULL };

    if (m->only.n != 0 && !listed(m->wanted, row->v[columns[ONLY]])) {
        return CX_SUCCESS;
    }
    for (size_t i = 0; i < FIELDS; i++) {
        if (columns[i] < row->n) {
            texts.v[i] = row->v[columns[i]];
        }
    }
    texts.has_records = columns[FIELD_RECORDS] < row->n;
    return take(excerpt, &texts, detail);
}
