#include "bin/caaproofd/config_option.h"

/* Defaults and changes of options.def. */
#define OPTIONAL NULL
#define EXAMPLE  NULL
#define REQUIRED ""
#define RELOAD   true
#define RESTART  false

/* Where the number of a member is, by kind. */
#define N_TEXT(section, member)         0
#define N_NAME(section, member)         0
#define N_PATH(section, member)         0
#define N_ADDRESS(section, member)      0
#define N_BOOL(section, member)         0
#define N_WORD(section, member)         0
#define N_WORDS(section, member)        0
#define N_COUNT(section, member)        0
#define N_SIZE(section, member)         0
#define N_SECONDS(section, member)      0
#define N_MILLISECONDS(section, member) 0
#define N_DIGEST(section, member)       0
#define N_REQUEST(section, member)      0
#define N_MAP(section, member)          0
#define N_TEXTS(section, member)        offsetof(struct section, n_##member)
#define N_LIST(section, member)         offsetof(struct section, n_##member)

static const struct config_option options[] = {
#define X(section, member, key, kind, form, usual, example, change, doc)                           \
    { #section,                                                                                    \
      key,                                                                                         \
      form,                                                                                        \
      usual,                                                                                       \
      CONFIG_KIND_##kind,                                                                          \
      change,                                                                                      \
      offsetof(struct section, member),                                                            \
      N_##kind(section, member) },
#include "bin/caaproofd/options.def"
#undef X
};

static const struct {
    const char *name;
    size_t size;
} sizes[] = {
#define SECTION(name)                                                                              \
    {                                                                                              \
#        name, sizeof(struct name)                                                                 \
    }
    SECTION(config),          SECTION(config_deadline),  SECTION(config_log),
    SECTION(config_listen),   SECTION(config_tls),       SECTION(config_limits),
    SECTION(config_resolver), SECTION(config_authority), SECTION(config_caller),
    SECTION(config_identity), SECTION(config_canary),    SECTION(config_canary_name),
    SECTION(config_witness),  SECTION(config_timestamp), SECTION(config_courier),
#undef SECTION
};

struct config_section
config_section_named(const char *name)
{
    struct config_section section = { .name = name };

    for (size_t i = 0; i < CX_COUNT(sizes); i++) {
        if (strcmp(sizes[i].name, name) == 0) {
            section.size = sizes[i].size;
        }
    }
    for (size_t i = 0; i < CX_COUNT(options); i++) {
        if (strcmp(options[i].section, name) == 0) {
            section.options = section.n == 0 ? &options[i] : section.options;
            section.n++;
        }
    }
    return section;
}
