/* What a record or an object says, as JSON of the test vectors (docs/formats/record.md, "Vectors"). From the struct, not
 * from its octets. Values are owned by the caller; helpers abort when out of memory. */
#ifndef CX_TESTS_EVIDENCE_SAY_H
#define CX_TESTS_EVIDENCE_SAY_H

#include "base/json.h"
#include "evidence/answer_object.h"
#include "evidence/chain.h"
#include "evidence/context.h"
#include "evidence/event.h"
#include "evidence/record.h"
#include "evidence/start.h"
#include "mpic/perspective.h"
#include "mpic/supplied.h"

struct cx_json *say_record(const struct cx_record *record);
struct cx_json *say_answer(const struct cx_answer_object *object);
/* policy: its octets. */
struct cx_json *say_context(const struct cx_context *context, cx_span policy);
struct cx_json *say_perspectives(const struct cx_perspectives *list);
struct cx_json *say_supplied(const struct cx_supplied *supplied);

struct cx_json *say_begin(const struct cx_begin *begin);
struct cx_json *say_seal(const struct cx_seal *seal);
struct cx_json *say_start(const struct cx_start *start);
struct cx_json *say_event(const struct cx_event *event);

struct cx_json *say_hex(cx_span octets);
struct cx_json *say_text(cx_str text);
void say_put(struct cx_json *object, const char *member, struct cx_json *value);
void say_add(struct cx_json *array, struct cx_json *value);

#endif
