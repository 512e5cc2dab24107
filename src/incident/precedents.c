#include "incident/precedents.h"

static const struct cx_precedent table[] = {
#include "incident/precedents.inc"
};

const struct cx_precedent *
cx_precedent_next(const struct cx_precedent *after, cx_str root_cause)
{
    size_t i = after == NULL ? 0 : (size_t)(after - table) + 1;

    while (i < CX_COUNT(table) && root_cause.n != 0 &&
           !cx_str_equal(table[i].root_cause, root_cause)) {
        i++;
    }
    return i < CX_COUNT(table) ? &table[i] : NULL;
}

static struct cx_json *
json_of(const struct cx_precedent *p)
{
    struct cx_json *json = cx_json_new_object();
    bool ok = cx_json_set(json, "id", cx_json_new_string(p->id));

    ok = cx_json_set(json, "date", cx_json_new_string(p->date)) && ok;
    ok = cx_json_set(json, "ca", cx_json_new_string(p->ca)) && ok;
    ok = cx_json_set(json, "reference", cx_json_new_string(p->reference)) && ok;
    ok = cx_json_set(json, "class", cx_json_new_string(p->root_cause)) && ok;
    ok = cx_json_set(json, "what", cx_json_new_string(p->what)) && ok;
    ok = cx_json_set(json, "remedy", cx_json_new_string(p->remedy)) && ok;
    ok = cx_json_set(json, "reaction", cx_json_new_string(p->reaction)) && ok;
    ok = cx_json_set(json, "verified", cx_json_new_bool(p->verified)) && ok;
    return cx_json_whole(json, ok);
}

struct cx_json *
cx_precedents_json(cx_str root_cause)
{
    struct cx_json *array = cx_json_new_array();
    bool ok = array != NULL;

    for (const struct cx_precedent *p = cx_precedent_next(NULL, root_cause); p != NULL;
         p = cx_precedent_next(p, root_cause)) {
        ok = cx_json_add(array, json_of(p)) && ok;
    }
    return cx_json_whole(array, ok);
}
