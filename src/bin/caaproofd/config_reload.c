/* A file that is read again: what takes effect only at the next start stays as it is. */
#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproofd/config_option.h"

/* Room for copies of the maps in which single keys stay. */
#define MAPS_MAX 16

static size_t
size_of(enum config_kind kind)
{
    switch (kind) {
    case CONFIG_KIND_TEXT:
    case CONFIG_KIND_NAME:
    case CONFIG_KIND_PATH:
        return sizeof(cx_str);
    case CONFIG_KIND_ADDRESS:
        return sizeof(struct config_address);
    case CONFIG_KIND_BOOL:
        return sizeof(bool);
    case CONFIG_KIND_WORD:
    case CONFIG_KIND_WORDS:
        return sizeof(unsigned);
    case CONFIG_KIND_COUNT:
    case CONFIG_KIND_SIZE:
    case CONFIG_KIND_SECONDS:
    case CONFIG_KIND_MILLISECONDS:
        return sizeof(uint64_t);
    case CONFIG_KIND_DIGEST:
    case CONFIG_KIND_TEXTS:
    case CONFIG_KIND_REQUEST:
    case CONFIG_KIND_MAP:
    case CONFIG_KIND_LIST:
        return sizeof(void *);
    case CONFIG_KIND_UNSET:
        break;
    }
    return 0;
}

static void
keep_option(const struct config_option *option, const void *before, void *merged)
{
    memcpy((uint8_t *)merged + option->at, (const uint8_t *)before + option->at,
           size_of(option->kind));
    if (option->kind == CONFIG_KIND_TEXTS || option->kind == CONFIG_KIND_LIST) {
        memcpy((uint8_t *)merged + option->at_n, (const uint8_t *)before + option->at_n,
               sizeof(size_t));
    }
}

static void
keep_section(const struct config_section *section, const void *before, void *merged)
{
    for (size_t i = 0; i < section->n; i++) {
        if (!section->options[i].reload) {
            keep_option(&section->options[i], before, merged);
        }
    }
}

/* A map that both have gets a copy, in which its own keys that must stay do. */
static cx_status
keep_map(const struct config_option *option, const void *before, struct config *merged,
         void **ret_copy)
{
    struct config_section section = config_section_named(option->form);
    const void *old, *new;

    memcpy(&old, (const uint8_t *)before + option->at, sizeof(old));
    memcpy(&new, (const uint8_t *)merged + option->at, sizeof(new));
    if (old == NULL || new == NULL) {
        return CX_SUCCESS;
    }
    *ret_copy = cx_alloc(1, section.size);
    if (*ret_copy == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(*ret_copy, new, section.size);
    keep_section(&section, old, *ret_copy);
    memcpy((uint8_t *)merged + option->at, ret_copy, sizeof(*ret_copy));
    return CX_SUCCESS;
}

static cx_status
print_merged(const struct config *before, const struct config *after, struct cx_buf *buf)
{
    struct config_section top = config_section_named("config");
    struct config merged = *after;
    void *copies[MAPS_MAX] = { NULL };
    cx_status s = CX_SUCCESS;

    keep_section(&top, before, &merged);
    for (size_t i = 0, n = 0; cx_ok(s) && i < top.n; i++) {
        if (top.options[i].kind == CONFIG_KIND_MAP && top.options[i].reload) {
            s = n < MAPS_MAX ? keep_map(&top.options[i], before, &merged, &copies[n++])
                             : (cx_status){ CX_E_INTERNAL };
        }
    }
    s = cx_ok(s) ? config_print(&merged, buf) : s;
    for (size_t i = 0; i < MAPS_MAX; i++) {
        cx_free(copies[i]);
    }
    return s;
}

/* Read from its text, so that what stays and what is new are checked together. */
cx_status
config_merge(const struct config *before, const struct config *after,
             const struct config_files *files, struct config **ret, struct config_faults *faults)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = CX_CONFIG_PRINTED_MAX };
    struct config_input input = {
        .name = "with what takes effect only at the next start as it was",
        .now = cx_time_now(),
        .files = *files,
    };

    CX_TRY(print_merged(before, after, &text));
    input.text = cx_buf_str(&text);
    return config_read(&input, ret, faults);
}
