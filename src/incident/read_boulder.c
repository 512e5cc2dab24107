/* Audit lines of Boulder, from its first to today's: tests/unit/test_incident_boulder.c has one of each shape. */
#include "base/limits.h"
#include "incident/archive_formats.h"
#include "incident/caa_text.h"
#include "incident/crc.h"

static const cx_str audit = CX_STR_INIT("[AUDIT] ");
static const cx_str checked = CX_STR_INIT("Checked CAA records ");
static const cx_str checked_for = CX_STR_INIT("Checked CAA records for ");
static const cx_str checked_json = CX_STR_INIT("Checked CAA records JSON=");
static const cx_str checked_pairs = CX_STR_INIT("msg=\"Checked CAA records\"");
static const cx_str result_json = CX_STR_INIT("CAA check result JSON=");
/* What the RA says about checks that it reused; the checks have lines of their own. */
static const cx_str finalization = CX_STR_INIT("FinalizationCaaCheck JSON=");

bool
cx_boulder_knows(cx_str line)
{
    return cx_text_has(line, checked) || cx_text_has(line, checked_pairs) ||
           cx_text_has(line, result_json) || cx_text_has(line, finalization);
}

/* ---- the frame */

static bool
is_base64url(cx_str word)
{
    size_t i = 0;

    while (i < word.n &&
           (cx_ascii_alnum((uint8_t)word.p[i]) || word.p[i] == '-' || word.p[i] == '_')) {
        i++;
    }
    return i == word.n;
}

static cx_str
word_before(cx_str line, size_t end)
{
    size_t from;

    while (end > 0 && line.p[end - 1] == ' ') {
        end--;
    }
    from = end;
    while (from > 0 && line.p[from - 1] != ' ') {
        from--;
    }
    return (cx_str){ line.p + from, end - from };
}

/* The word in front of [AUDIT] is a checksum of all from there on, if it has the length of one: names of programs there are
 * longer ("boulder-va"), or end in a colon. */
static cx_status
check_sum(cx_str line, struct cx_detail *detail)
{
    size_t at = cx_text_find(line, audit);
    cx_str word = word_before(line, at == line.n ? 0 : at);
    cx_span text = cx_span_of_str(cx_text_from(line, at));

    if (at == line.n || (word.n != CX_CRC_TEXT && word.n != CX_CRC_TEXT_OLD) ||
        !is_base64url(word)) {
        return CX_SUCCESS;
    }
    return cx_crc_is(cx_crc32(text), word)
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_ARCHIVE,
                         "the checksum %.*s is not that of the line: it was changed or cut",
                         (int)word.n, word.p);
}

static bool
is_host(cx_str word)
{
    size_t i = 0;

    while (i < word.n && (cx_ascii_alnum((uint8_t)word.p[i]) || word.p[i] == '-' ||
                          word.p[i] == '_' || word.p[i] == '.')) {
        i++;
    }
    return i == word.n && word.n != 0;
}

/* What is in front of the text: time, and the machine, which is the word behind it. */
static cx_status
read_frame(struct cx_excerpt *excerpt, cx_str frame, struct cx_observation *o,
           struct cx_detail *detail)
{
    static const cx_str key = CX_STR_INIT("time=");
    size_t at = 0;
    cx_str word;

    frame = cx_text_from(frame, cx_text_begins(frame, key) ? key.n : 0);
    frame.n = cx_text_find(frame, audit);
    CX_TRY(cx_excerpt_time(excerpt, frame, CX_CLOCK_LOGGED, o, &at, detail));
    word = at == 0 ? (cx_str){ NULL, 0 } : cx_word_next(frame, &at);
    if (is_host(word)) {
        o->perspective = word;
    }
    return CX_SUCCESS;
}

/* ---- what the shapes have in common */

struct said {
    cx_str name;
    cx_str found_at; /* empty: not said */
    bool present, valid;
    cx_str response;         /* in dig's form; may be empty */
    struct cx_caa_list list; /* Records= of 2018 to 2020 */
};

static cx_status
take_response(struct cx_excerpt *excerpt, const struct said *said, struct cx_observation *o,
              struct cx_detail *detail)
{
    cx_span asked = { NULL, 0 };

    cx_caa_list_to(&said->list, o);
    if (said->response.n != 0) {
        CX_TRY(cx_dig_read(said->response, &excerpt->arena, o, &asked, detail));
    }
    if (said->found_at.n != 0) {
        CX_TRY(cx_excerpt_domain(excerpt, said->found_at, &o->found_at, detail));
        if (asked.n != 0 && !cx_span_equal(asked, o->found_at)) {
            return cx_fail(detail, CX_E_ARCHIVE,
                           "foundAt is not the name that the response is for");
        }
    } else if (asked.n != 0) {
        o->found_at = asked;
    } else if (o->found_at.n != 0 && !cx_name_within(o->name, o->found_at)) {
        o->found_at = (cx_span){ NULL, 0 }; /* owner of records that an alias led to */
    }
    if (o->found_at.n != 0 && !cx_name_within(o->name, o->found_at)) {
        return cx_fail(detail, CX_E_ARCHIVE,
                       "the records were found at a name that is not in the "
                       "line of the name checked");
    }
    return CX_SUCCESS;
}

/* A set that was logged is an answer (C). That there is none is a conclusion, whose answers were not logged (D). */
static cx_status
take(struct cx_excerpt *excerpt, const struct said *said, struct cx_observation *o,
     struct cx_detail *detail)
{
    CX_TRY(cx_excerpt_name(excerpt, said->name, o, detail));
    CX_TRY(take_response(excerpt, said, o, detail));
    o->claim = said->valid ? CX_CLAIM_PERMITS : CX_CLAIM_DENIES;
    if (!said->present && o->outcome == CX_OUTCOME_RECORDS) {
        return cx_fail(detail, CX_E_ARCHIVE, "says that no CAA record is present, and has some");
    }
    if (!said->present &&
        (!said->valid || (o->outcome != CX_OUTCOME_UNSET && cx_outcome_is_failure(o->outcome)))) {
        return cx_fail(detail, CX_E_ARCHIVE,
                       "says that no CAA record is present, and that it forbids or failed");
    }
    if (said->present && (o->outcome == CX_OUTCOME_NODATA || o->outcome == CX_OUTCOME_NXDOMAIN)) {
        return cx_fail(detail, CX_E_ARCHIVE, "says that a CAA record is present, and has none");
    }
    o->grade = o->outcome == CX_OUTCOME_RECORDS ? CX_GRADE_C : CX_GRADE_D;
    if (!said->present) {
        o->outcome = CX_OUTCOME_NODATA;
        o->found_at = (cx_span){ NULL, 0 };
    }
    return CX_SUCCESS;
}

/* at: where the text begins. */
static cx_status
begin(struct cx_excerpt *excerpt, cx_str line, size_t at, struct cx_observation **ret,
      struct cx_detail *detail)
{
    CX_TRY(check_sum(line, detail));
    CX_TRY(cx_excerpt_add(excerpt, ret, detail));
    (*ret)->observed = CX_OBSERVED_CHECK;
    return read_frame(excerpt, (cx_str){ line.p, at }, *ret, detail);
}

static bool
boolean(cx_str word, bool *ret)
{
    *ret = cx_str_equal(word, CX_STR("true"));
    return *ret || cx_str_equal(word, CX_STR("false"));
}

/* "unknown", or nothing. */
static cx_str
known(cx_str word)
{
    return cx_str_equal(word, CX_STR("unknown")) ? (cx_str){ NULL, 0 } : word;
}

/* ---- 2015 to 2026: "for NAME, [Present: true, ...]" */

struct brackets {
    struct said said;
    bool has_present, has_valid;
    cx_str account, method;
};

/* Up to "," or "]". */
static cx_str
value_at(cx_str line, size_t *at)
{
    size_t from = *at;

    while (*at < line.n && line.p[*at] != ',' && line.p[*at] != ']') {
        (*at)++;
    }
    return (cx_str){ line.p + from, *at - from };
}

/* One "key: value"; false for one that no version of Boulder has, or a value that it cannot have. */
static cx_status
read_pair(cx_str line, size_t *at, struct brackets *b, struct cx_arena *arena,
          struct cx_detail *detail)
{
    cx_str rest = cx_text_from(line, *at), key = { rest.p, cx_text_find(rest, CX_STR(": ")) };
    bool good = true;

    *at += key.n == rest.n ? key.n : key.n + 2;
    if (cx_str_equal(key, CX_STR("Present"))) {
        good = b->has_present = boolean(value_at(line, at), &b->said.present);
    } else if (cx_str_equal(key, CX_STR("Valid for issuance"))) {
        good = b->has_valid = boolean(value_at(line, at), &b->said.valid);
    } else if (cx_str_equal(key, CX_STR("Account ID"))) {
        b->account = known(value_at(line, at));
    } else if (cx_str_equal(key, CX_STR("Challenge"))) {
        b->method = known(value_at(line, at));
    } else if (cx_str_equal(key, CX_STR("Found at"))) {
        return cx_text_unquote(line, at, arena, &b->said.found_at, detail);
    } else {
        good = false;
    }
    return good ? CX_SUCCESS
                : cx_fail(detail, CX_E_ARCHIVE, "\"%.*s\" between the brackets is not known",
                          (int)(rest.n < 40 ? rest.n : 40), rest.n == 0 ? "" : rest.p);
}

static cx_status
read_brackets(cx_str line, size_t *at, struct brackets *b, struct cx_arena *arena,
              struct cx_detail *detail)
{
    do {
        *at += *at < line.n && line.p[*at] == ' ' ? 1 : 0;
        CX_TRY(read_pair(line, at, b, arena, detail));
    } while (*at < line.n && line.p[(*at)++] == ',');
    if (line.p[*at - 1] != ']') {
        return cx_fail(detail, CX_E_ARCHIVE, "the brackets do not end: the line was cut");
    }
    if (!b->has_present || !b->has_valid) {
        return cx_fail(detail, CX_E_ARCHIVE, "\"Present\" and \"Valid for issuance\" are needed");
    }
    return CX_SUCCESS;
}

/* JSON writes what is no UTF-8 as U+FFFD: then the octets are lost. */
static bool
is_whole(cx_str text)
{
    return !cx_text_has(text, CX_STR("\xef\xbf\xbd"));
}

/* {"Hdr":{"Name",...,"Ttl"},"Flag","Tag","Value"} */
static cx_status
read_rr(struct cx_excerpt *excerpt, const struct cx_json *rr, struct brackets *b,
        struct cx_observation *o, struct cx_detail *detail)
{
    const struct cx_json *header = cx_json_get(rr, "Hdr");
    int64_t flags = 0, ttl = 0;
    cx_str owner, tag, value;
    cx_span at;

    if (!cx_json_string(cx_json_get(header, "Name"), &owner) ||
        !cx_json_integer(cx_json_get(header, "Ttl"), &ttl) || ttl < 0 || ttl > UINT32_MAX ||
        !cx_json_integer(cx_json_get(rr, "Flag"), &flags) || flags < 0 || flags > 255 ||
        !cx_json_string(cx_json_get(rr, "Tag"), &tag) || tag.n == 0 || tag.n > 255 ||
        !cx_json_string(cx_json_get(rr, "Value"), &value) || !is_whole(tag) || !is_whole(value)) {
        return cx_fail(detail, CX_E_ARCHIVE, "Records=: not a CAA record with all of its octets");
    }
    o->ttl = !o->has_ttl || ttl < o->ttl ? (uint32_t)ttl : o->ttl;
    o->has_ttl = true;
    CX_TRY(cx_excerpt_domain(excerpt, owner, &at, detail));
    if (o->found_at.n != 0 && !cx_span_equal(at, o->found_at)) {
        return cx_fail(detail, CX_E_ARCHIVE, "Records=: CAA records of two names");
    }
    o->found_at = at;
    return cx_caa_list_add(&b->said.list,
                           &(struct cx_caa){ .flags = (uint8_t)flags,
                                             .tag = cx_span_of_str(tag),
                                             .value = cx_span_of_str(value) },
                           &excerpt->arena, detail);
}

static cx_status
read_records(struct cx_excerpt *excerpt, cx_str text, struct brackets *b, struct cx_observation *o,
             struct cx_detail *detail)
{
    const struct cx_json *array;

    CX_TRY(cx_excerpt_json(excerpt, text, &array, detail));
    if (cx_json_kind_of(array) != CX_JSON_ARRAY && cx_json_kind_of(array) != CX_JSON_NULL) {
        return cx_fail(detail, CX_E_ARCHIVE, "Records=: an array or null is needed");
    }
    for (size_t i = 0; i < cx_json_size(array); i++) {
        CX_TRY(read_rr(excerpt, cx_json_at(array, i), b, o, detail));
    }
    return CX_SUCCESS;
}

/* What comes behind the brackets. */
static cx_status
read_tail(struct cx_excerpt *excerpt, cx_str line, size_t at, struct brackets *b,
          struct cx_observation *o, struct cx_detail *detail)
{
    static const cx_str records = CX_STR_INIT(" Records="), response = CX_STR_INIT(" Response=");
    cx_str tail = cx_text_from(line, at);

    if (cx_text_begins(tail, records)) {
        return read_records(excerpt, cx_text_from(tail, records.n), b, o, detail);
    }
    if (cx_text_begins(tail, response)) {
        at += response.n;
        CX_TRY(cx_text_unquote(line, &at, &excerpt->arena, &b->said.response, detail));
        tail = cx_text_from(line, at);
    }
    return tail.n == 0
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_ARCHIVE, "something that is not known is behind the line");
}

/* The name, and what old versions have between it and the brackets. */
static cx_status
read_for(cx_str text, size_t *at, struct brackets *b, struct cx_detail *detail)
{
    static const cx_str id = CX_STR_INIT("registration ID ");
    size_t from = *at;
    cx_str between;

    while (*at < text.n && text.p[*at] != ',' && text.p[*at] != ' ') {
        (*at)++;
    }
    b->said.name = (cx_str){ text.p + from, *at - from };
    between = cx_text_from(text, *at);
    between.n = cx_text_find(between, CX_STR("["));
    *at += between.n;
    while (between.n != 0 && (between.p[0] == ',' || between.p[0] == ' ')) {
        between = cx_text_from(between, 1);
    }
    if (cx_text_begins(between, id)) {
        size_t word = id.n;

        b->account = cx_word_next(between, &word);
    } else if (between.n != 0 && !cx_text_begins(between, CX_STR("using GPDNS,"))) {
        return cx_fail(detail, CX_E_ARCHIVE, "something that is not known is behind the name");
    }
    if (*at >= text.n) {
        return cx_fail(detail, CX_E_ARCHIVE, "no brackets behind the name: the line was cut");
    }
    (*at)++;
    return CX_SUCCESS;
}

static cx_status
read_text(struct cx_excerpt *excerpt, cx_str line, size_t at, struct cx_detail *detail)
{
    struct brackets b = { .said = { .present = false } };
    struct cx_observation *o;

    CX_TRY(begin(excerpt, line, at, &o, detail));
    at += checked_for.n;
    CX_TRY(read_for(line, &at, &b, detail));
    CX_TRY(read_brackets(line, &at, &b, &excerpt->arena, detail));
    CX_TRY(read_tail(excerpt, line, at, &b, o, detail));
    o->account = b.account;
    o->method = b.method;
    return take(excerpt, &b.said, o, detail);
}

/* ---- since 2026: JSON */

static cx_status
read_json(struct cx_excerpt *excerpt, cx_str line, size_t at, struct cx_detail *detail)
{
    const struct cx_json *json;
    struct cx_observation *o;
    struct said said = { .present = false };

    CX_TRY(begin(excerpt, line, at, &o, detail));
    CX_TRY(cx_excerpt_json(excerpt, cx_text_from(line, at + checked_json.n), &json, detail));
    if (!cx_json_string(cx_json_get(json, "identifier"), &said.name) ||
        !cx_json_bool(cx_json_get(json, "present"), &said.present) ||
        !cx_json_bool(cx_json_get(json, "valid"), &said.valid)) {
        return cx_fail(detail, CX_E_ARCHIVE, "identifier, present and valid are needed");
    }
    (void)cx_json_string(cx_json_get(json, "foundAt"), &said.found_at);
    (void)cx_json_string(cx_json_get(json, "response"), &said.response);
    (void)cx_json_string(cx_json_get(json, "challenge"), &o->method);
    CX_TRY(cx_excerpt_text(excerpt, cx_json_get(json, "requester"), &o->account));
    return take(excerpt, &said, o, detail);
}

/* The conclusion of all perspectives. */
static cx_status
read_result(struct cx_excerpt *excerpt, cx_str line, size_t at, struct cx_detail *detail)
{
    const struct cx_json *json, *identifier, *error;
    struct cx_observation *o;
    cx_str type = { NULL, 0 }, name = { NULL, 0 };

    CX_TRY(begin(excerpt, line, at, &o, detail));
    CX_TRY(cx_excerpt_json(excerpt, cx_text_from(line, at + result_json.n), &json, detail));
    identifier = cx_json_get(json, "Identifier");
    if (!cx_json_string(cx_json_get(identifier, "value"), &name) ||
        !cx_json_string(cx_json_get(identifier, "type"), &type)) {
        return cx_fail(detail, CX_E_ARCHIVE, "Identifier with type and value is needed");
    }
    if (!cx_str_equal(type, CX_STR("dns"))) {
        excerpt->n = 0; /* an address has no CAA */
        return CX_SUCCESS;
    }
    error = cx_json_get(json, "Error");
    (void)cx_json_string(cx_json_get(error, "type"), &type);
    o->grade = CX_GRADE_D;
    o->claim = CX_CLAIM_FAILS;
    if (cx_json_get(json, "InternalError") == NULL && error == NULL) {
        o->claim = CX_CLAIM_PERMITS;
    } else if (type.n >= 3 && cx_str_equal(cx_text_from(type, type.n - 3), CX_STR("caa"))) {
        o->claim = CX_CLAIM_DENIES;
    }
    CX_TRY(cx_excerpt_text(excerpt, cx_json_get(json, "AuthzID"), &o->request));
    CX_TRY(cx_excerpt_text(excerpt, cx_json_get(json, "Requester"), &o->account));
    return cx_excerpt_name(excerpt, name, o, detail);
}

/* ---- June to July 2026: key=value */

struct pairs {
    struct said said;
    cx_str idents;
    bool has_present, has_valid;
};

static cx_status
take_pair(cx_str key, cx_str value, struct pairs *p, struct cx_observation *o,
          struct cx_detail *detail)
{
    bool good = true;

    if (cx_str_equal(key, CX_STR("present"))) {
        good = p->has_present = boolean(value, &p->said.present);
    } else if (cx_str_equal(key, CX_STR("valid"))) {
        good = p->has_valid = boolean(value, &p->said.valid);
    } else if (cx_str_equal(key, CX_STR("foundAt"))) {
        p->said.found_at = value;
    } else if (cx_str_equal(key, CX_STR("response"))) {
        p->said.response = value;
    } else if (cx_str_equal(key, CX_STR("idents"))) {
        p->idents = value;
    } else if (cx_str_equal(key, CX_STR("acct"))) {
        o->account = value;
    } else if (cx_str_equal(key, CX_STR("authz"))) {
        o->request = value;
    } else if (cx_str_equal(key, CX_STR("method"))) {
        o->method = value;
    } /* others say nothing about CAA */
    return good ? CX_SUCCESS
                : cx_fail(detail, CX_E_ARCHIVE, "%.*s: true or false is needed", (int)key.n, key.p);
}

/* "[{Type:dns Value:N}]", one exactly. */
static cx_status
name_of_idents(cx_str idents, cx_str *ret, struct cx_detail *detail)
{
    static const cx_str front = CX_STR_INIT("[{Type:dns Value:"), end = CX_STR_INIT("}]");

    if (!cx_text_begins(idents, front) || cx_text_find(idents, end) != idents.n - end.n) {
        return cx_fail(detail, CX_E_ARCHIVE, "idents: one name of type dns is needed");
    }
    *ret = (cx_str){ idents.p + front.n, idents.n - front.n - end.n };
    return CX_SUCCESS;
}

static cx_status
read_pairs(struct cx_excerpt *excerpt, cx_str line, size_t at, struct cx_detail *detail)
{
    struct pairs p = { .has_present = false };
    struct cx_observation *o;

    CX_TRY(begin(excerpt, line, at, &o, detail));
    at += checked_pairs.n;
    while (at < line.n) {
        cx_str rest, key, value;

        while (at < line.n && line.p[at] == ' ') {
            at++;
        }
        rest = cx_text_from(line, at);
        key = (cx_str){ rest.p, cx_text_find(rest, CX_STR("=")) };
        at += key.n + (key.n < rest.n ? 1 : 0);
        if (at < line.n && line.p[at] == '"') {
            CX_TRY(cx_text_unquote(line, &at, &excerpt->arena, &value, detail));
        } else {
            value =
                at < line.n && line.p[at] == ' ' ? (cx_str){ NULL, 0 } : cx_word_next(line, &at);
        }
        CX_TRY(take_pair(key, value, &p, o, detail));
    }
    if (!p.has_present || !p.has_valid) {
        return cx_fail(detail, CX_E_ARCHIVE, "present and valid are needed: the line was cut");
    }
    CX_TRY(name_of_idents(p.idents, &p.said.name, detail));
    return take(excerpt, &p.said, o, detail);
}

/* ---- the format */

cx_status
cx_boulder_line(struct cx_excerpt *excerpt, cx_str line, struct cx_detail *detail)
{
    static const struct {
        const cx_str *mark;
        cx_status (*read)(struct cx_excerpt *excerpt, cx_str line, size_t at,
                          struct cx_detail *detail);
    } shapes[] = {
        { &checked_json, read_json },
        { &checked_for, read_text },
        { &result_json, read_result },
        { &checked_pairs, read_pairs },
    };

    for (size_t i = 0; i < CX_COUNT(shapes); i++) {
        size_t at = cx_text_find(line, *shapes[i].mark);

        if (at != line.n) {
            return shapes[i].read(excerpt, line, at, detail);
        }
    }
    return cx_text_has(line, checked)
               ? cx_fail(detail, CX_E_ARCHIVE, "a shape that is not known, or the line was cut")
               : CX_SUCCESS;
}

static bool
looks_like(cx_span head)
{
    return cx_line_archive_look_like(head, cx_boulder_knows);
}

static cx_status
open(const struct cx_archive_options *options, struct cx_input *input, void **ret,
     struct cx_detail *detail)
{
    return cx_line_archive_open(options, input, cx_boulder_line, ret, detail);
}

const struct cx_archive_format cx_archive_boulder = {
    .name = "boulder",
    .about = "audit lines of Boulder",
    .looks_like = looks_like,
    .open = open,
    .next = cx_line_archive_next,
    .close = cx_line_archive_close,
};
