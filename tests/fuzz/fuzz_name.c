/* Names from text and from messages, and back. */
#include "dns/name.h"
#include "fuzz.h"

static void
check_well_formed(const struct cx_name *name)
{
    size_t at = 0;
    unsigned labels = 0;

    while (name->wire[at] != 0) {
        MUST(name->wire[at] <= CX_LABEL_MAX);
        at += (size_t)name->wire[at] + 1;
        MUST(at < name->n);
        labels++;
    }
    MUST(at + 1 == name->n);
    MUST(labels < CX_LABELS_MAX && labels == cx_name_labels(cx_name_span(name)));
    for (size_t i = 0; i < name->n; i++) {
        MUST(name->wire[i] < 'A' || name->wire[i] > 'Z'); /* I2; a length is never that large */
    }
}

static void
check_round_trip(const struct cx_name *name)
{
    char text[CX_NAME_TEXT_MAX];
    struct cx_name back;
    size_t end;

    check_well_formed(name);
    cx_name_text(cx_name_span(name), text);
    MUST(cx_ok(cx_name_from_text(cx_str_of(text), &back, NULL)));
    MUST(cx_span_equal(cx_name_span(name), cx_name_span(&back)));
    MUST(cx_ok(cx_name_from_message(cx_name_span(name), 0, &back, &end)));
    MUST(end == name->n && cx_span_equal(cx_name_span(name), cx_name_span(&back)));
}

static void
check_relations(const struct cx_name *name)
{
    cx_span self = cx_name_span(name), parent = cx_name_parent(self);
    struct cx_name star, moved;

    MUST(cx_name_within(self, self) && cx_name_within(self, parent));
    MUST(cx_name_is_root(self) || !cx_name_within(parent, self));
    if (cx_name_wildcard_of(self, &star)) {
        check_well_formed(&star);
        MUST(cx_span_equal(cx_name_parent(cx_name_span(&star)), self));
        MUST(cx_name_substitute(cx_name_span(&star), self, parent, &moved));
        check_well_formed(&moved);
    }
    MUST(!cx_name_substitute(self, self, parent, &moved));
    MUST(!cx_name_is_ldh(self, false) || cx_name_is_ldh(self, true));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cx_name name;
    cx_span octets = { data, size };
    size_t end;

    if (cx_ok(cx_name_from_text(cx_str_of_span(octets), &name, NULL))) {
        check_round_trip(&name);
        check_relations(&name);
    }
    for (size_t at = 0; at < size && at < 64; at++) {
        if (cx_ok(cx_name_from_message(octets, at, &name, &end))) {
            MUST(end > at && end <= size);
            check_round_trip(&name);
            check_relations(&name);
        }
    }
    return 0;
}
