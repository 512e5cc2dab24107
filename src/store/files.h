/* Files and folders, made and removed so that it survives a loss of power. Classes of all: IO, NOMEM. */
#ifndef CX_STORE_FILES_H
#define CX_STORE_FILES_H

#include "base/span.h"
#include "base/status.h"

/* A text of its own; freed with cx_path_free, also by CX_AUTO. Classes: NOMEM. */
cx_status cx_path_make(char **ret, const char *fmt, ...) CX_PRINTF(2, 3) CX_MUST;
void cx_path_free(char **path);

/* Not there, as opposed to: cannot be seen. */
cx_status cx_path_exists(const char *path, bool *ret, struct cx_detail *detail) CX_MUST;
/* What the folder has is durable. */
cx_status cx_folder_sync(const char *path, struct cx_detail *detail) CX_MUST;
/* As cx_folder_sync, of the folder that path is in. */
cx_status cx_folder_sync_above(const char *path, struct cx_detail *detail) CX_MUST;
/* One that is there is well. */
cx_status cx_folder_make(const char *path, struct cx_detail *detail) CX_MUST;
/* A new file, whole or not at all; one that is there is refused. */
cx_status cx_file_make(const char *path, unsigned mode, cx_str octets, struct cx_detail *detail)
    CX_MUST;
/* Gives a file that is whole its name; one that is there is refused. */
cx_status cx_file_name(const char *from, const char *to, struct cx_detail *detail) CX_MUST;
/* One that is not there is well. */
cx_status cx_file_remove(const char *path, struct cx_detail *detail) CX_MUST;

/* For writing to a descriptor: all of it, wherever the system pauses. */
cx_status cx_fd_write_at(int fd, const char *path, cx_str octets, uint64_t at,
                         struct cx_detail *detail) CX_MUST;
void cx_fd_close(int *fd);

#endif
