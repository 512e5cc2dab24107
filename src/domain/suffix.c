#include "domain/suffix.h"

#include "dns/name.h"

#include <libpsl.h>

unsigned
cx_public_suffix_labels(cx_span wire_name)
{
    const psl_ctx_t *list = psl_builtin();
    char text[CX_NAME_TEXT_MAX];
    const char *suffix;
    unsigned labels = 1;

    /* The list holds host names only; a dot inside a label would be taken for a boundary. */
    if (list == NULL || cx_name_is_root(wire_name) || !cx_name_is_ldh(wire_name, true)) {
        return 1;
    }
    cx_name_text(wire_name, text);
    suffix = psl_unregistrable_domain(list, text);
    for (const char *p = suffix != NULL ? suffix : ""; *p != '\0'; p++) {
        labels += *p == '.' ? 1 : 0;
    }
    return labels;
}

const char *
cx_public_suffix_version(void)
{
    const char *sha1 = psl_builtin_sha1sum();

    return sha1 != NULL && *sha1 != '\0' ? sha1 : "none";
}
