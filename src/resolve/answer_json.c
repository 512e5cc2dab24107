#include "resolve/answer_json.h"

#include "resolve/proof_json.h"

/* More than any DNS message can hold; a longer list is not evidence of one. */
#define RECORDS_MAX CX_MESSAGE_MAX
#define VALUE_MAX   CX_MESSAGE_MAX
#define TAG_MAX     255
/* Far above what any resolver tries; keeps the number printable in every report. */
#define ATTEMPTS_MAX 1000
/* An IPv6 address with a scope and a port is shorter. */
#define EXCHANGE_SERVER_MAX 100

static bool
printable(cx_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* False for anything but pairs of hexadecimal digits. */
static bool
hex_octets(cx_str hex, uint8_t *to)
{
    for (size_t i = 0; i < hex.n / 2; i++) {
        int high = cx_ascii_hex((uint8_t)hex.p[2 * i]);
        int low = cx_ascii_hex((uint8_t)hex.p[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        to[i] = (uint8_t)(high * 16 + low);
    }
    return hex.n % 2 == 0;
}

/* What is being read, for the messages: the record's place in its array. */
struct place {
    size_t at;
    enum cx_code code;
    struct cx_detail *detail;
};

/* A text that is given either as it is or, under plain_hex, in hexadecimal. */
static cx_status
octets_of(const struct cx_json *record, const char *const member[2], const struct place *place,
          struct cx_arena *arena, cx_span *ret)
{
    const struct cx_json *plain = cx_json_get(record, member[0]);
    const struct cx_json *hex = cx_json_get(record, member[1]);
    cx_str text;
    uint8_t *to;

    if ((plain == NULL) == (hex == NULL)) {
        return cx_fail(place->detail, place->code,
                       "records[%zu]: exactly one of \"%s\" and \"%s\" is needed", place->at,
                       member[0], member[1]);
    }
    if (!cx_json_string(plain != NULL ? plain : hex, &text)) {
        return cx_fail(place->detail, place->code, "records[%zu].%s: a string is needed", place->at,
                       member[plain != NULL ? 0 : 1]);
    }
    if (plain != NULL && !printable(cx_span_of_str(text))) {
        return cx_fail(place->detail, place->code,
                       "records[%zu].%s: not printable ASCII; give it as \"%s\"", place->at,
                       member[0], member[1]);
    }
    if (plain != NULL) {
        return cx_arena_copy(arena, cx_span_of_str(text), ret);
    }
    to = cx_arena_get(arena, text.n / 2 + 1, 1);
    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (!hex_octets(text, to)) {
        return cx_fail(place->detail, place->code,
                       "records[%zu].%s: pairs of hexadecimal digits are needed", place->at,
                       member[1]);
    }
    *ret = (cx_span){ to, text.n / 2 };
    return CX_SUCCESS;
}

static cx_status
record_of(const struct cx_json *json, const struct place *place, struct cx_arena *arena,
          struct cx_caa *ret)
{
    static const char *const members[] = { "flags", "tag", "tag_hex", "value", "value_hex", NULL };
    static const char *const tag_members[] = { "tag", "tag_hex" };
    static const char *const value_members[] = { "value", "value_hex" };
    struct cx_caa caa;
    int64_t flags;

    CX_TRY(cx_json_only(json, "records[]", members, place->code, place->detail));
    if (!cx_json_integer(cx_json_get(json, "flags"), &flags) || flags < 0 || flags > 255) {
        return cx_fail(place->detail, place->code,
                       "records[%zu].flags: an integer from 0 to 255 is needed", place->at);
    }
    caa.flags = (uint8_t)flags;
    CX_TRY(octets_of(json, tag_members, place, arena, &caa.tag));
    CX_TRY(octets_of(json, value_members, place, arena, &caa.value));
    if (caa.tag.n == 0 || caa.tag.n > TAG_MAX) {
        return cx_fail(place->detail, place->code, "records[%zu].tag: 1 to %d octets are needed",
                       place->at, TAG_MAX);
    }
    if (caa.value.n > VALUE_MAX) {
        return cx_fail(place->detail, place->code, "records[%zu].value: longer than %d octets",
                       place->at, VALUE_MAX);
    }
    *ret = caa;
    return CX_SUCCESS;
}

cx_status
cx_records_from_json(const struct cx_json *array, enum cx_code code, struct cx_arena *arena,
                     struct cx_caa_set *ret, struct cx_detail *detail)
{
    size_t n = cx_json_size(array);
    struct cx_caa *records;

    if (cx_json_kind_of(array) != CX_JSON_ARRAY || n > RECORDS_MAX) {
        return cx_fail(detail, code, "records: an array of at most %d records is needed",
                       RECORDS_MAX);
    }
    records = cx_arena_get(arena, n + 1, sizeof(*records));
    if (records == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        struct place place = { i, code, detail };

        CX_TRY(record_of(cx_json_at(array, i), &place, arena, &records[i]));
    }
    *ret = (struct cx_caa_set){ records, n };
    return CX_SUCCESS;
}

cx_status
cx_name_from_json(const struct cx_json *json, const char *member, struct cx_arena *arena,
                  cx_span *ret, struct cx_detail *detail)
{
    struct cx_detail inner = { .rule = NULL };
    struct cx_name name;
    cx_str text;

    if (!cx_json_string(json, &text)) {
        return cx_fail(detail, CX_E_ANSWERS, "%s: a name (string) is needed", member);
    }
    if (!printable(cx_span_of_str(text)) || memchr(text.p, ' ', text.n) != NULL) {
        return cx_fail(detail, CX_E_ANSWERS,
                       "%s: not printable ASCII without blanks; write other octets as \\DDD",
                       member);
    }
    if (!cx_ok(cx_name_from_text(text, &name, &inner))) {
        return cx_fail(detail, CX_E_ANSWERS, "%s: \"%.*s\" is no domain name: %s", member,
                       (int)(text.n < 80 ? text.n : 80), text.p, inner.text);
    }
    return cx_arena_copy(arena, cx_name_span(&name), ret);
}

static cx_status
read_type(const struct cx_json *json, struct cx_answer *answer, struct cx_detail *detail)
{
    cx_str word;

    answer->type = CX_TYPE_CAA;
    if (json == NULL) {
        return CX_SUCCESS;
    }
    if (cx_json_string(json, &word) && cx_str_equal(word, CX_STR("DNAME"))) {
        answer->type = CX_TYPE_DNAME;
    } else if (!cx_json_string(json, &word) || !cx_str_equal(word, CX_STR("CAA"))) {
        return cx_fail(detail, CX_E_ANSWERS, "type: \"CAA\" or \"DNAME\" is needed");
    }
    return CX_SUCCESS;
}

static cx_status
read_words(const struct cx_json *json, struct cx_answer *answer, struct cx_detail *detail)
{
    const struct cx_json *dnssec = cx_json_get(json, "dnssec");
    cx_str word = { NULL, 0 };

    if (cx_json_string(cx_json_get(json, "outcome"), &word)) {
        answer->outcome = cx_outcome_of_word(word);
    }
    if (answer->outcome == CX_OUTCOME_UNSET) {
        return cx_fail(detail, CX_E_ANSWERS,
                       "outcome: one of records nodata nxdomain timeout servfail refused truncated "
                       "malformed loop bogus indeterminate deadline error is needed");
    }
    if (dnssec != NULL &&
        (!cx_json_string(dnssec, &word) || !cx_dnssec_of_word(word, &answer->dnssec))) {
        return cx_fail(detail, CX_E_ANSWERS,
                       "dnssec: one of secure insecure bogus indeterminate is needed");
    }
    return CX_SUCCESS;
}

/* Of a malformed answer a closed set of words, since the judge depends on it; else free text. */
static cx_status
read_detail(const struct cx_json *json, struct cx_arena *arena, struct cx_answer *answer,
            struct cx_detail *detail)
{
    cx_str text;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    if (!cx_json_string(json, &text)) {
        return cx_fail(detail, CX_E_ANSWERS, "detail: a string is needed");
    }
    if (answer->outcome != CX_OUTCOME_MALFORMED) {
        return cx_arena_text(arena, text, &answer->why);
    }
    answer->malformed = cx_malformed_of_word(text);
    if (answer->malformed == CX_MALFORMED_UNSET) {
        return cx_fail(detail, CX_E_ANSWERS,
                       "detail: with outcome malformed one of message rdata owner is needed");
    }
    return CX_SUCCESS;
}

static cx_status
read_numbers(const struct cx_json *json, struct cx_answer *answer, struct cx_detail *detail)
{
    const struct cx_json *ttl = cx_json_get(json, "ttl");
    const struct cx_json *attempts = cx_json_get(json, "attempts");
    const struct cx_json *time = cx_json_get(json, "time");
    int64_t number = 1;
    cx_str text;

    if (attempts != NULL &&
        (!cx_json_integer(attempts, &number) || number < 1 || number > ATTEMPTS_MAX)) {
        return cx_fail(detail, CX_E_ANSWERS, "attempts: an integer from 1 to %d is needed",
                       ATTEMPTS_MAX);
    }
    answer->attempts = (uint32_t)number;
    if (ttl != NULL) {
        if (!cx_json_integer(ttl, &number) || number < 0 || number > UINT32_MAX) {
            return cx_fail(detail, CX_E_ANSWERS, "ttl: an integer from 0 to 4294967295 is needed");
        }
        answer->ttl = (uint32_t)number;
        answer->has_ttl = true;
    }
    answer->time = CX_TIME_NONE;
    if (time != NULL &&
        (!cx_json_string(time, &text) || !cx_ok(cx_time_parse(text, &answer->time)))) {
        return cx_fail(detail, CX_E_ANSWERS, "time: a time such as 2026-11-22T12:00:00Z is needed");
    }
    return CX_SUCCESS;
}

static bool
in_chain(const struct cx_answer *answer, cx_span name)
{
    bool found = cx_span_equal(name, answer->name);

    for (size_t i = 0; i < answer->n_aliases && !found; i++) {
        found = cx_span_equal(name, answer->aliases[i]);
    }
    return found;
}

static cx_status
read_aliases(const struct cx_json *json, struct cx_arena *arena, struct cx_answer *answer,
             struct cx_detail *detail)
{
    size_t n = cx_json_size(json);
    cx_span *aliases;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    if (cx_json_kind_of(json) != CX_JSON_ARRAY || n > CX_VISITED_MAX) {
        return cx_fail(detail, CX_E_ANSWERS, "aliases: an array of at most %d names is needed",
                       CX_VISITED_MAX);
    }
    aliases = cx_arena_get(arena, n + 1, sizeof(*aliases));
    if (aliases == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(cx_name_from_json(cx_json_at(json, i), "aliases", arena, &aliases[i], detail));
    }
    answer->aliases = n == 0 ? NULL : aliases;
    for (; answer->n_aliases < n; answer->n_aliases++) {
        /* A chain that returns is outcome loop: with any other it is no evidence of anything. */
        if (answer->type == CX_TYPE_CAA && answer->outcome != CX_OUTCOME_LOOP &&
            in_chain(answer, aliases[answer->n_aliases])) {
            return cx_fail(detail, CX_E_ANSWERS,
                           "aliases: the chain returns to a name; that is outcome loop");
        }
    }
    return CX_SUCCESS;
}

/* Where the records are if nothing is said: the end of the alias chain. */
static cx_span
chain_end(const struct cx_answer *answer)
{
    bool followed = answer->type == CX_TYPE_CAA && answer->n_aliases != 0;

    return followed ? answer->aliases[answer->n_aliases - 1] : answer->name;
}

static cx_status
read_set(const struct cx_json *json, struct cx_arena *arena, struct cx_answer *answer,
         struct cx_detail *detail)
{
    const struct cx_json *records = cx_json_get(json, "records");
    const struct cx_json *at = cx_json_get(json, "records_at");
    struct cx_caa_set set = { NULL, 0 };

    if (records != NULL) {
        CX_TRY(cx_records_from_json(records, CX_E_ANSWERS, arena, &set, detail));
    }
    answer->records = set.n == 0 ? NULL : set.v;
    answer->n_records = set.n;
    answer->records_at = chain_end(answer);
    if (at == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_name_from_json(at, "records_at", arena, &answer->records_at, detail));
    if (set.n == 0) {
        return cx_fail(detail, CX_E_ANSWERS, "records_at: there are no records");
    }
    if (!in_chain(answer, answer->records_at)) { /* R-TREE-15: records elsewhere are no answer */
        return cx_fail(detail, CX_E_ANSWERS,
                       "records_at: neither the name asked nor one of its aliases");
    }
    return CX_SUCCESS;
}

static cx_status
exchange_of(const struct cx_json *json, struct cx_arena *arena, struct cx_exchange *ret,
            struct cx_detail *detail)
{
    static const char *const members[] = { "server", "transport", "after", "rcode", "ms", NULL };
    const struct cx_json *rcode = cx_json_get(json, "rcode");
    struct cx_exchange exchange = { .replied = rcode != NULL };
    const struct cx_json *after = cx_json_get(json, "after");
    int64_t number = 0, ms = 0, since = 0;
    cx_str server, transport;

    CX_TRY(cx_json_only(json, "exchanges[]", members, CX_E_ANSWERS, detail));
    if (!cx_json_string(cx_json_get(json, "server"), &server) ||
        !printable(cx_span_of_str(server)) || server.n > EXCHANGE_SERVER_MAX ||
        !cx_json_string(cx_json_get(json, "transport"), &transport)) {
        return cx_fail(detail, CX_E_ANSWERS, "exchanges: \"server\" and \"transport\" are needed");
    }
    exchange.tcp = cx_str_equal(transport, CX_STR("tcp"));
    if (!exchange.tcp && !cx_str_equal(transport, CX_STR("udp"))) {
        return cx_fail(detail, CX_E_ANSWERS, "exchanges[].transport: \"udp\" or \"tcp\" is needed");
    }
    if (after != NULL && (!cx_json_integer(after, &since) || since < 0 || since > UINT32_MAX)) {
        return cx_fail(detail, CX_E_ANSWERS, "exchanges[].after: milliseconds are needed");
    }
    if ((rcode == NULL) != (cx_json_get(json, "ms") == NULL) ||
        (rcode != NULL && (!cx_json_integer(rcode, &number) || number < 0 || number > 15)) ||
        (rcode != NULL &&
         (!cx_json_integer(cx_json_get(json, "ms"), &ms) || ms < 0 || ms > UINT32_MAX))) {
        return cx_fail(detail, CX_E_ANSWERS,
                       "exchanges: \"rcode\" (0 to 15) and \"ms\" are given together, or neither");
    }
    exchange.rcode = (uint8_t)number;
    exchange.after = (uint32_t)since;
    exchange.ms = (uint32_t)ms;
    CX_TRY(cx_arena_text(arena, server, &exchange.server));
    *ret = exchange;
    return CX_SUCCESS;
}

static cx_status
read_exchanges(const struct cx_json *json, struct cx_arena *arena, struct cx_answer *answer,
               struct cx_detail *detail)
{
    size_t n = cx_json_size(json);
    struct cx_exchange *exchanges;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    if (cx_json_kind_of(json) != CX_JSON_ARRAY || n > CX_EXCHANGES_MAX) {
        return cx_fail(detail, CX_E_ANSWERS, "exchanges: an array of at most %d is needed",
                       CX_EXCHANGES_MAX);
    }
    exchanges = cx_arena_get(arena, n + 1, sizeof(*exchanges));
    if (exchanges == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(exchange_of(cx_json_at(json, i), arena, &exchanges[i], detail));
    }
    answer->exchanges = n == 0 ? NULL : exchanges;
    answer->n_exchanges = n;
    return CX_SUCCESS;
}

static cx_status
check_outcome(const struct cx_answer *answer, struct cx_detail *detail)
{
    bool positive = answer->outcome == CX_OUTCOME_RECORDS;

    if (answer->type == CX_TYPE_DNAME) {
        if (answer->n_records != 0) {
            return cx_fail(detail, CX_E_ANSWERS, "records: not for type DNAME");
        }
        if (answer->n_aliases != (positive ? 1 : 0)) {
            return cx_fail(detail, CX_E_ANSWERS,
                           positive ? "aliases: exactly one, the DNAME's target, is needed"
                                    : "aliases: for type DNAME only with outcome records");
        }
        return CX_SUCCESS;
    }
    if (positive && answer->n_records == 0) {
        return cx_fail(detail, CX_E_ANSWERS, "records: needed with outcome records");
    }
    if (!positive && answer->n_records != 0) {
        return cx_fail(detail, CX_E_ANSWERS, "records: only with outcome records");
    }
    return CX_SUCCESS;
}

cx_status
cx_answer_from_json(const struct cx_json *json, struct cx_arena *arena, struct cx_answer *ret,
                    struct cx_detail *detail)
{
    static const char *const members[] = { "name",   "type",       "outcome", "detail",
                                           "dnssec", "ttl",        "aliases", "attempts",
                                           "time",   "records_at", "records", "exchanges",
                                           "proved", "cut",        "control", NULL };
    struct cx_answer answer = { .type = 0 };

    CX_TRY(cx_json_only(json, "answer", members, CX_E_ANSWERS, detail));
    CX_TRY(cx_name_from_json(cx_json_get(json, "name"), "name", arena, &answer.name, detail));
    CX_TRY(read_type(cx_json_get(json, "type"), &answer, detail));
    CX_TRY(read_words(json, &answer, detail));
    CX_TRY(read_detail(cx_json_get(json, "detail"), arena, &answer, detail));
    CX_TRY(read_numbers(json, &answer, detail));
    CX_TRY(read_aliases(cx_json_get(json, "aliases"), arena, &answer, detail));
    CX_TRY(read_set(json, arena, &answer, detail));
    CX_TRY(read_exchanges(cx_json_get(json, "exchanges"), arena, &answer, detail));
    CX_TRY(cx_proof_from_json(json, arena, &answer, detail));
    CX_TRY(check_outcome(&answer, detail));
    *ret = answer;
    return CX_SUCCESS;
}

/* Text that may hold anything: as it is if it is UTF-8, else escaped. */
static struct cx_json *
any_text(cx_str text)
{
    struct cx_json *json = cx_json_new_string(text);

    return json != NULL ? json : cx_json_new_escaped(cx_span_of_str(text));
}

struct cx_json *
cx_name_to_json(cx_span name)
{
    char text[CX_NAME_TEXT_MAX];

    cx_name_text(name, text);
    return cx_json_new_text(text);
}

static bool
set_octets(struct cx_json *object, const char *const member[2], cx_span octets)
{
    struct cx_buf buf;
    bool done;

    if (printable(octets)) {
        return cx_json_set(object, member[0], cx_json_new_string(cx_str_of_span(octets)));
    }
    cx_buf_init(&buf, 2 * (size_t)CX_MESSAGE_MAX);
    cx_buf_put_hex(&buf, octets);
    done = cx_buf_ok(&buf) && cx_json_set(object, member[1], cx_json_new_string(cx_buf_str(&buf)));
    cx_buf_done(&buf);
    return done;
}

struct cx_json *
cx_caa_to_json(const struct cx_caa *caa)
{
    static const char *const tag_members[] = { "tag", "tag_hex" };
    static const char *const value_members[] = { "value", "value_hex" };
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(json, cx_json_set(json, "flags", cx_json_new_integer(caa->flags)) &&
                                   set_octets(json, tag_members, caa->tag) &&
                                   set_octets(json, value_members, caa->value));
}

static bool
set_aliases(struct cx_json *object, const struct cx_answer *answer)
{
    struct cx_json *array = cx_json_new_array();
    bool done = true;

    for (size_t i = 0; i < answer->n_aliases && done; i++) {
        done = cx_json_add(array, cx_name_to_json(answer->aliases[i]));
    }
    return cx_json_set(object, "aliases", array) && done;
}

static bool
set_records(struct cx_json *object, const struct cx_answer *answer)
{
    struct cx_json *array = cx_json_new_array();
    bool done = true;

    for (size_t i = 0; i < answer->n_records && done; i++) {
        done = cx_json_add(array, cx_caa_to_json(&answer->records[i]));
    }
    return cx_json_set(object, "records", array) && done;
}

static struct cx_json *
exchange_json(const struct cx_exchange *exchange)
{
    struct cx_json *json = cx_json_new_object();
    cx_str transport = exchange->tcp ? CX_STR("tcp") : CX_STR("udp");

    return cx_json_whole(json,
                         cx_json_set(json, "server", any_text(exchange->server)) &&
                             cx_json_set(json, "transport", cx_json_new_string(transport)) &&
                             (exchange->after == 0 ||
                              cx_json_set(json, "after", cx_json_new_integer(exchange->after))) &&
                             (!exchange->replied ||
                              (cx_json_set(json, "rcode", cx_json_new_integer(exchange->rcode)) &&
                               cx_json_set(json, "ms", cx_json_new_integer(exchange->ms)))));
}

static bool
set_exchanges(struct cx_json *object, const struct cx_answer *answer)
{
    struct cx_json *array = cx_json_new_array();
    bool done = true;

    for (size_t i = 0; i < answer->n_exchanges && done; i++) {
        done = cx_json_add(array, exchange_json(&answer->exchanges[i]));
    }
    return cx_json_set(object, "exchanges", array) && done;
}

static bool
set_outcome(struct cx_json *object, const struct cx_answer *answer)
{
    cx_str why = answer->why;

    if (answer->outcome == CX_OUTCOME_MALFORMED) {
        why = cx_str_of(cx_malformed_word(answer->malformed));
    }
    return (answer->type == CX_TYPE_CAA ||
            cx_json_set(object, "type", cx_json_new_string(CX_STR("DNAME")))) &&
           cx_json_set(object, "outcome", cx_json_new_text(cx_outcome_word(answer->outcome))) &&
           (why.n == 0 || cx_json_set(object, "detail", any_text(why))) &&
           cx_json_set(object, "dnssec", cx_json_new_text(cx_dnssec_word(answer->dnssec)));
}

static bool
set_numbers(struct cx_json *object, const struct cx_answer *answer)
{
    char time[CX_TIME_TEXT];

    if (answer->time != CX_TIME_NONE) {
        cx_time_format(answer->time, time);
    }
    return (answer->attempts == 1 ||
            cx_json_set(object, "attempts", cx_json_new_integer(answer->attempts))) &&
           (answer->time == CX_TIME_NONE || cx_json_set(object, "time", cx_json_new_text(time)));
}

static struct cx_json *
make_json(const struct cx_answer *answer)
{
    struct cx_json *json = cx_json_new_object();
    bool elsewhere =
        answer->n_records != 0 && !cx_span_equal(answer->records_at, chain_end(answer));

    return cx_json_whole(
        json,
        cx_json_set(json, "name", cx_name_to_json(answer->name)) && set_outcome(json, answer) &&
            (!answer->has_ttl || cx_json_set(json, "ttl", cx_json_new_integer(answer->ttl))) &&
            (answer->n_aliases == 0 || set_aliases(json, answer)) && set_numbers(json, answer) &&
            (!elsewhere || cx_json_set(json, "records_at", cx_name_to_json(answer->records_at))) &&
            (answer->n_records == 0 || set_records(json, answer)) &&
            (answer->n_exchanges == 0 || set_exchanges(json, answer)) &&
            cx_proof_to_json(answer, json));
}

struct cx_json *
cx_answer_to_json(const struct cx_answer *answer)
{
    struct cx_answer_memo *memo = answer->memo;

    if (memo == NULL || !memo->keeps_json) {
        return make_json(answer);
    }
    memo->json = memo->json != NULL ? memo->json : make_json(answer);
    return memo->json != NULL ? cx_json_share(memo->json) : NULL;
}
