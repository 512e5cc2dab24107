/* The table of keys (options.def) as data, for the files that read, check and print a configuration. */
#ifndef CAAPROOFD_CONFIG_OPTION_H
#define CAAPROOFD_CONFIG_OPTION_H

#include "bin/caaproofd/config.h"
#include "bin/caaproofd/config_yaml.h"

enum config_kind {
    CONFIG_KIND_UNSET = 0,
    CONFIG_KIND_TEXT,         /* cx_str */
    CONFIG_KIND_NAME,         /* cx_str: letters, digits, - _ . and not "all" */
    CONFIG_KIND_PATH,         /* cx_str: absolute */
    CONFIG_KIND_ADDRESS,      /* struct config_address */
    CONFIG_KIND_BOOL,         /* bool */
    CONFIG_KIND_WORD,         /* an enum that numbers the words of form from 1 */
    CONFIG_KIND_WORDS,        /* unsigned: bits, in the order of the words of form */
    CONFIG_KIND_COUNT,        /* uint64_t, as are the next three */
    CONFIG_KIND_SIZE,         /* octets: 16MiB */
    CONFIG_KIND_SECONDS,      /* 15min */
    CONFIG_KIND_MILLISECONDS, /* 30s */
    CONFIG_KIND_DIGEST,       /* const struct cx_hash *, NULL if not given */
    CONFIG_KIND_TEXTS,        /* const cx_str * and n_: a list, or one text */
    CONFIG_KIND_REQUEST,      /* const struct cx_json * */
    CONFIG_KIND_MAP,          /* const struct of section form *, NULL if not given */
    CONFIG_KIND_LIST,         /* the same, and n_ */
};

struct config_option {
    const char *section;
    const char *key;
    const char *form;
    const char *usual; /* NULL: optional; empty: required */
    enum config_kind kind;
    bool reload;
    size_t at;   /* in the section's struct */
    size_t at_n; /* of kinds that have a number */
};

/* One kind of map. */
struct config_section {
    const char *name;
    size_t size;
    const struct config_option *options;
    size_t n;
};

/* Its rows stand together in options.def. */
struct config_section config_section_named(const char *name);

/* Maps in maps and lists, as deep as options.def goes: a caller's certificate is in the third. Walked with a stack of that size. */
#define CONFIG_LEVELS_MAX 4

/* One configuration being read. */
struct config_reading {
    const struct config_input *input;
    struct config_faults *faults;
    struct cx_arena *arena;
    struct config *config;
};

/* A dotted path to a key, for faults and changes. */
#define CONFIG_PATH_TEXT 160
void config_path(char ret[CONFIG_PATH_TEXT], const char *above, const char *key);

void config_fault(struct config_reading *r, struct config_place place, const char *fmt, ...)
    CX_PRINTF(3, 4);

/* ---- config_value.c */

/* A value of a kind that is neither map nor list, to its place in to. Classes: USAGE (it is not what form says; to is untouched),
 * NOMEM. */
cx_status config_value_read(const struct config_option *option, const struct cx_json *json,
                            struct cx_arena *arena, void *to) CX_MUST;
/* What an optional key has that was not given. */
void config_value_none(const struct config_option *option, void *to);
/* The value as YAML on one line, appended; false: there is none. */
bool config_value_print(const struct config_option *option, const void *from, struct cx_buf *buf)
    CX_MUST;
void config_value_expected(const struct config_option *option, struct cx_buf *buf);
/* Text from outside, in quotes, escaped and cut. */
void config_value_quote(cx_str text, struct cx_buf *buf);
void config_value_found(const struct cx_json *json, struct cx_buf *buf);
/* A value of any kind as YAML on one line, appended. */
void config_value_put(const struct cx_json *json, struct cx_buf *buf);

/* ---- config_check.c: what one key alone cannot say */

/* Of a section without faults, which may be changed here. node and path are where it stands. Classes: NOMEM, INTERNAL; what is wrong
 * becomes a fault. */
cx_status config_check(struct config_reading *r, const struct config_section *section,
                       const struct config_node *node, const char *path, void *of) CX_MUST;

/* Where a section that is checked stands. */
struct config_site {
    struct config_reading *r;
    const struct config_node *node;
    const char *path;
};

/* Of that key, or of the section if it was not given. */
struct config_place config_site_key(const struct config_site *site, const char *key);

/* config_authority.c: its files, and its request as the engine takes it. */
cx_status config_check_authority(const struct config_site *site, void *of) CX_MUST;

/* A fault for each member of the map that is none of known (NULL-terminated); path is empty for the whole file. */
void config_check_known(struct config_reading *r, const struct config_node *map, const char *path,
                        const char *const *known);

#endif
