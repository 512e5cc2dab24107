#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproofd/config_option.h"

static const void *
section_at(const struct config_option *option, const void *from)
{
    const void *section;

    memcpy(&section, (const uint8_t *)from + option->at, sizeof(section));
    return section;
}

static size_t
entries_of(const struct config_option *option, const void *from)
{
    size_t n;

    memcpy(&n, (const uint8_t *)from + option->at_n, sizeof(n));
    return n;
}

/* ---- printing */

/* A map that is being printed, or one entry after the other of a list. */
struct printed {
    struct config_section section;
    size_t next; /* option, of section */
    const uint8_t *from;
    unsigned indent;
    size_t entries; /* of a list, this one and those that follow; of a map 0 */
};

struct printing {
    struct printed v[CONFIG_LEVELS_MAX];
    size_t n;
    struct cx_buf *buf;
};

static void
descend(struct printing *p, const struct config_option *option, const void *from, unsigned indent)
{
    bool list = option->kind == CONFIG_KIND_LIST;

    if (p->n == CONFIG_LEVELS_MAX) {
        cx_buf_fail(p->buf, CX_E_INTERNAL);
        return;
    }
    p->v[p->n++] = (struct printed){
        .section = config_section_named(option->form),
        .from = section_at(option, from),
        .indent = indent + (list ? 4 : 2),
        .entries = list ? entries_of(option, from) : 0,
    };
}

/* One key; of a map or list only its name, and what is in it comes next. Nothing if it has no value. dash: it is the
 * first of an entry, where a key is always. */
static void
print_option(struct printing *p, const struct config_option *option, const void *from,
             unsigned indent, bool dash)
{
    bool list = option->kind == CONFIG_KIND_LIST, section = list || option->kind == CONFIG_KIND_MAP;
    struct cx_buf *buf = p->buf;
    size_t before = buf->n;

    if (section && (section_at(option, from) == NULL || (list && entries_of(option, from) == 0))) {
        return;
    }
    cx_buf_printf(buf, "%*s%s%s:", (int)(dash ? indent - 2 : indent), "", dash ? "- " : "",
                  option->key);
    if (section) {
        cx_buf_putc(buf, '\n');
        descend(p, option, from, indent);
        return;
    }
    cx_buf_putc(buf, ' ');
    if (config_value_print(option, from, buf)) {
        cx_buf_putc(buf, '\n');
    } else if (cx_buf_ok(buf)) {
        buf->n = before; /* the key is taken back */
    }
}

static void
print_levels(struct printing *p)
{
    while (p->n != 0 && cx_buf_ok(p->buf)) {
        struct printed *level = &p->v[p->n - 1];

        if (level->next < level->section.n) {
            size_t i = level->next++;

            print_option(p, &level->section.options[i], level->from, level->indent,
                         level->entries != 0 && i == 0);
        } else if (level->entries > 1) {
            level->entries--;
            level->from += level->section.size;
            level->next = 0;
        } else {
            p->n--;
        }
    }
}

cx_status
config_print(const struct config *config, struct cx_buf *buf)
{
    struct printing p = {
        .v = { { .section = config_section_named("config"), .from = (const uint8_t *)config } },
        .n = 1,
        .buf = buf,
    };

    print_levels(&p);
    return cx_buf_status(buf);
}

cx_status
config_print_resolved(const struct config *config, struct cx_buf *buf)
{
    struct config_authority *resolved = cx_alloc(config->n_authorities + 1, sizeof(*resolved));
    struct config copy = *config;
    cx_status s;

    if (resolved == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < config->n_authorities; i++) {
        resolved[i] = config->authorities[i];
        resolved[i].key_given = resolved[i].key;
        resolved[i].request_given = resolved[i].request;
        resolved[i].key_file = resolved[i].own_file = (cx_str){ NULL, 0 };
    }
    copy.authorities = resolved;
    s = config_print(&copy, buf);
    cx_free(resolved);
    return s;
}

/* ---- changes: what is printed otherwise has changed */

struct compared {
    struct config_section section;
    size_t next;
    const void *before;
    const void *after;
    char path[CONFIG_PATH_TEXT];
};

struct comparison {
    struct compared v[CONFIG_LEVELS_MAX];
    size_t n;
    struct cx_buf *restart;
    struct cx_buf *reload;
};

/* One option with all that is in it. */
static void
print_whole(const struct config_option *option, const void *from, struct cx_buf *buf)
{
    struct printing p = {
        .v = { { .section = { .options = option, .n = 1 }, .from = from } },
        .n = 1,
        .buf = buf,
    };

    cx_buf_init(buf, CX_CONFIG_PRINTED_MAX);
    print_levels(&p);
}

static void
compare_option(struct comparison *c, const struct config_option *option, const char *path,
               const void *before, const void *after)
{
    struct cx_buf *list = option->reload ? c->reload : c->restart;
    CX_AUTO(cx_buf_done) struct cx_buf one;
    CX_AUTO(cx_buf_done) struct cx_buf other;

    print_whole(option, before, &one);
    print_whole(option, after, &other);
    if (!cx_buf_ok(&one) || !cx_buf_ok(&other)) {
        cx_buf_fail(list, cx_buf_ok(&one) ? other.why : one.why);
    } else if (!cx_str_equal(cx_buf_str(&one), cx_buf_str(&other))) {
        cx_buf_printf(list, "%s%s", list->n == 0 ? "" : ", ", path);
    }
}

/* A map that both have is compared key by key. */
static void
compare_next(struct comparison *c, struct compared *level)
{
    const struct config_option *option = &level->section.options[level->next++];
    bool map = option->kind == CONFIG_KIND_MAP && c->n < CONFIG_LEVELS_MAX &&
               section_at(option, level->before) != NULL &&
               section_at(option, level->after) != NULL;
    char path[CONFIG_PATH_TEXT];

    config_path(path, level->path, option->key);
    if (map) {
        struct compared *below = &c->v[c->n++];

        *below = (struct compared){ .section = config_section_named(option->form),
                                    .before = section_at(option, level->before),
                                    .after = section_at(option, level->after) };
        memcpy(below->path, path, sizeof(path));
    } else {
        compare_option(c, option, path, level->before, level->after);
    }
}

cx_status
config_changes(const struct config *before, const struct config *after, struct cx_buf *restart,
               struct cx_buf *reload)
{
    struct comparison c = {
        .v = { { .section = config_section_named("config"), .before = before, .after = after } },
        .n = 1,
        .restart = restart,
        .reload = reload,
    };

    while (c.n != 0) {
        struct compared *level = &c.v[c.n - 1];

        if (level->next < level->section.n) {
            compare_next(&c, level);
        } else {
            c.n--;
        }
    }
    CX_TRY(cx_buf_status(restart));
    return cx_buf_status(reload);
}
