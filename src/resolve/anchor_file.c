#include "resolve/anchor_file.h"

#include <string.h>

cx_status
cx_anchor_file_open(const char *path, struct cx_alarms *alarms, struct cx_anchor_file *ret,
                    struct cx_detail *detail)
{
    CX_TRY(cx_anchors_read(path, &ret->anchors, detail));
    ret->path = path;
    ret->alarms = alarms;
    return CX_SUCCESS;
}

void
cx_anchor_file_done(struct cx_anchor_file *file)
{
    cx_anchors_done(&file->anchors);
}

void
cx_anchor_file_name(const struct cx_anchor_file *file, char ret[CX_ALARM_PATH_TEXT])
{
    cx_alarm_path(file->anchors.path, ret);
}

static bool
same_moment(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The time of the last change of any kind as well: a file may be written over with its old times. */
static bool
same_version(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           same_moment(a->st_mtim, b->st_mtim) && same_moment(a->st_ctim, b->st_ctim);
}

static bool
any_holds(const struct cx_anchors *anchors, cx_time now)
{
    for (size_t i = 0; i < anchors->n; i++) {
        if (cx_anchor_holds(&anchors->all[i], now)) {
            return true;
        }
    }
    return false;
}

/* Names the version in force by the file's own time: processes read it at different moments, and say the same. */
static void
raise_unreadable(struct cx_anchor_file *file, const char *why)
{
    char name[CX_ALARM_PATH_TEXT], time[CX_TIME_TEXT];

    cx_anchor_file_name(file, name);
    cx_time_format(file->anchors.version.st_mtim.tv_sec, time);
    cx_alarms_raise(
        file->alarms, CX_ALARM_FILE,
        "%s: cannot be read any more: %.90s; the anchors of its version of %s stay in force", name,
        why, time);
}

/* Without the name of the file in front, which the sentence has already. */
static const char *
why_of(const struct cx_anchor_file *file, const struct cx_detail *detail)
{
    size_t n = strlen(file->anchors.path);
    bool named = strncmp(detail->text, file->anchors.path, n) == 0 &&
                 strncmp(detail->text + n, ": ", 2) == 0;

    return detail->text + (named ? n + 2 : 0);
}

/* What could not be used is tried again before the next context, changed or not. */
static void
read_again(struct cx_anchor_file *file, cx_time now)
{
    struct cx_detail detail = { .text = "" };
    struct cx_anchors anchors;
    cx_status s = cx_anchors_read(file->path, &anchors, &detail);

    if (!cx_ok(s)) {
        raise_unreadable(file, detail.text[0] != '\0' ? why_of(file, &detail) : cx_status_text(s));
        return;
    }
    if (!any_holds(&anchors, now)) {
        cx_anchors_done(&anchors);
        raise_unreadable(file, "none of its anchors holds now");
        return;
    }
    cx_anchors_done(&file->anchors);
    file->anchors = anchors;
}

void
cx_anchor_file_refresh(struct cx_anchor_file *file, cx_time now)
{
    struct stat version;
    int error;

    if (!S_ISREG(file->anchors.version.st_mode)) {
        return; /* a pipe: read once */
    }
    error = cx_anchors_stat(file->path, &version);
    cx_alarms_begin(file->alarms, CX_ALARM_FILE);
    if (error != 0) {
        raise_unreadable(file, strerror(error));
    } else if (!S_ISREG(version.st_mode)) {
        raise_unreadable(file, "no regular file");
    } else if (!same_version(&version, &file->anchors.version)) {
        read_again(file, now);
    }
    cx_alarms_end(file->alarms, CX_ALARM_FILE);
}
