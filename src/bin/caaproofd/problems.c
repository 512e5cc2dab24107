#include "bin/caaproofd/problems.h"

#define X(name, type, status, title, meaning)                                                      \
    const struct problem problem_##name = { status, "/problems/" type, title };
#include "bin/caaproofd/problems.def"
#undef X

struct cx_json *
problem_json(const struct problem *problem, const char *text)
{
    struct cx_json *o = cx_json_new_object();
    bool ok = cx_json_set_text(o, "type", problem->type) &&
              cx_json_set_text(o, "title", problem->title) &&
              cx_json_set_number(o, "status", problem->status);

    if (ok && text[0] != '\0') {
        ok = cx_json_set(o, "detail", cx_json_new_outside(cx_str_of(text)));
    }
    return cx_json_whole(o, ok);
}
