/* The file of trust anchors while a source is open: read again when it has changed.
 * I1: there are always anchors: a file that cannot be read, or of which none holds now, leaves those in force that are
 * there, and is an alarm. */
#ifndef CX_RESOLVE_ANCHOR_FILE_H
#define CX_RESOLVE_ANCHOR_FILE_H

#include "resolve/alarm.h"
#include "resolve/anchor.h"

struct cx_anchor_file {
    const char *path; /* borrowed; NULL: Debian's */
    struct cx_anchors anchors;
    struct cx_alarms *alarms; /* borrowed */
};

/* Classes: those of cx_anchors_read. */
cx_status cx_anchor_file_open(const char *path, struct cx_alarms *alarms,
                              struct cx_anchor_file *ret, struct cx_detail *detail) CX_MUST;
/* Accepts a zeroed struct. */
void cx_anchor_file_done(struct cx_anchor_file *file);

/* Looks at the file; before a context is opened. Texts and data of the anchors that were in force are gone after it. */
void cx_anchor_file_refresh(struct cx_anchor_file *file, cx_time now);
/* Where those in force are from, to be shown. */
void cx_anchor_file_name(const struct cx_anchor_file *file, char ret[CX_ALARM_PATH_TEXT]);

#endif
