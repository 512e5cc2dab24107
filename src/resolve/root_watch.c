#include "resolve/root_watch.h"

#include "dns/caa.h"

void
cx_root_watch_renew(struct cx_root_watch *watch)
{
    watch->due = true;
}

void
cx_root_watch_done(struct cx_root_watch *watch)
{
    cx_waiter_cancel(&watch->waiter);
    cx_material_unref(watch->waiter.got);
    watch->waiter.got = NULL;
}

/* Those that hold now. */
static size_t
list_anchors(const struct cx_anchors *anchors, struct cx_root_anchor ret[CX_ANCHORS_MAX])
{
    cx_time now = cx_time_now();
    size_t n = 0;

    for (size_t i = 0; i < anchors->n; i++) {
        if (cx_anchor_holds(&anchors->all[i], now)) {
            ret[n++] = anchors->all[i].data;
        }
    }
    return n;
}

static void
raise_difference(struct cx_root_watch *watch, const struct cx_root_difference *d, const char *name)
{
    switch (d->what) {
    case CX_ROOT_KEY_UNKNOWN:
        cx_alarms_raise(watch->alarms, CX_ALARM_ROOT,
                        "the root announces key %u, which %s does not have: bring the file up to"
                        " date before that key takes over",
                        d->tag, name);
        return;
    case CX_ROOT_KEY_GONE:
        cx_alarms_raise(watch->alarms, CX_ALARM_ROOT,
                        "key %u of %s is no longer in the root's set, or not yet: if the root gave"
                        " it up, take it out of the file",
                        d->tag, name);
        return;
    case CX_ROOT_KEY_REVOKED:
        cx_alarms_raise(watch->alarms, CX_ALARM_ROOT,
                        "the root has revoked key %u of %s: take it out of the file", d->tag, name);
        return;
    case CX_ROOT_KEY_UNSET:
        return;
    }
}

static void
compare(struct cx_root_watch *watch, cx_span octets, const char *name)
{
    struct cx_root_anchor anchors[CX_ANCHORS_MAX];
    struct cx_root_difference differences[2 * CX_ANCHORS_MAX];
    size_t n = list_anchors(&watch->file->anchors, anchors), n_differences = 0;

    if (!cx_ok(cx_root_keys_compare(octets, anchors, n, differences, &n_differences))) {
        cx_alarms_raise(watch->alarms, CX_ALARM_ROOT,
                        "the root's keys cannot be compared with %s: see by other means that the"
                        " file is up to date",
                        name);
        return;
    }
    for (size_t i = 0; i < n_differences; i++) {
        raise_difference(watch, &differences[i], name);
    }
}

static void
look_at(struct cx_root_watch *watch, const struct cx_proof_message *message)
{
    char name[CX_ALARM_PATH_TEXT];

    if (message->dnssec == CX_DNSSEC_INDETERMINATE) {
        return;
    }
    cx_anchor_file_name(watch->file, name);
    cx_alarms_begin(watch->alarms, CX_ALARM_ROOT);
    if (message->dnssec == CX_DNSSEC_SECURE) {
        compare(watch, message->octets, name);
    } else {
        cx_alarms_raise(watch->alarms, CX_ALARM_ROOT,
                        "none of the anchors of %s validates the root's keys: every check will"
                        " fail; bring the file up to date, or set the clock right",
                        name);
    }
    cx_alarms_end(watch->alarms, CX_ALARM_ROOT);
}

static void
take(struct cx_root_watch *watch, struct cx_material *material)
{
    if (material != NULL) {
        look_at(watch, &material->message);
        cx_material_unref(material);
    }
}

static void
wake(void *ctx)
{
    ((struct cx_root_watch *)ctx)->woken = true;
}

void
cx_root_watch_step(struct cx_root_watch *watch)
{
    static const uint8_t root[] = { 0 };
    const struct cx_question question = { { root, sizeof(root) }, CX_TYPE_DNSKEY };

    if (watch->woken) {
        watch->woken = false;
        take(watch, CX_STEAL(watch->waiter.got));
    }
    if (watch->due && watch->waiter.at == NULL) {
        watch->due = false;
        watch->waiter.wake = wake;
        watch->waiter.ctx = watch;
        take(watch, cx_materials_get(watch->materials, &question, &watch->waiter));
    }
}
