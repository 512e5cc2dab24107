#include "bin/caaproofd/parent_reload.h"

#include "base/limits.h"

/* Faults are lines. */
static void
log_faults(const struct logging *logging, const struct config_faults *faults)
{
    size_t at = 0;
    cx_str line;

    while (cx_str_line(cx_buf_str(&faults->text), &at, &line)) {
        logging_text(logging, CONFIG_LEVEL_ERR, "parent", line);
    }
}

static cx_status
tell_changes(const struct logging *logging, const struct config *running,
             const struct config *written)
{
    CX_AUTO(cx_buf_done) struct cx_buf restart = { .max = CX_CONFIG_FAULTS_OCTETS_MAX };
    CX_AUTO(cx_buf_done) struct cx_buf reload = { .max = CX_CONFIG_FAULTS_OCTETS_MAX };

    CX_TRY(config_changes(running, written, &restart, &reload));
    if (reload.n != 0) {
        logging_line(logging, CONFIG_LEVEL_NOTICE, "parent", "changed: %.*s", (int)reload.n,
                     reload.p);
    }
    if (restart.n != 0) {
        logging_line(logging, CONFIG_LEVEL_WARNING, "parent",
                     "takes effect at the next start: %.*s", (int)restart.n, restart.p);
    }
    return CX_SUCCESS;
}

static cx_status
read_config(const char *path, const struct config *running, const struct logging *logging,
            struct config **ret, struct config_faults *faults)
{
    const struct config_files real = config_files_real();
    struct config *written = NULL;
    cx_status s = config_load(path, &written, faults);

    s = cx_ok(s) ? config_merge(running, written, &real, ret, faults) : s;
    s = cx_ok(s) ? tell_changes(logging, running, written) : s;
    config_free(written);
    return s;
}

bool
reload_prepare(const char *path, const struct config *running, const struct logging *logging,
               struct reload *ret)
{
    struct config_faults faults;
    struct cx_detail detail = { .text = "" };
    struct reload new = { .config = NULL };
    cx_status s;

    config_faults_init(&faults);
    s = read_config(path, running, logging, &new.config, &faults);
    log_faults(logging, &faults);
    config_faults_done(&faults);
    s = cx_ok(s) ? files_read(new.config, &new.files, &detail) : s;
    if (cx_ok(s)) {
        *ret = new;
        return true;
    }
    logging_line(logging, CONFIG_LEVEL_ERR, "parent", "not reloaded, all stays as it was: %s",
                 detail.text[0] != '\0' ? detail.text : cx_status_text(s));
    reload_done(&new);
    return false;
}

bool
reload_apply(struct reload *reload, struct config **config, struct files *files)
{
    if (!files_replace(files, &reload->files)) {
        return false;
    }
    config_free(*config);
    *config = CX_STEAL(reload->config);
    return true;
}

void
reload_done(struct reload *reload)
{
    files_close(&reload->files);
    config_free(reload->config);
    *reload = (struct reload){ .config = NULL };
}
