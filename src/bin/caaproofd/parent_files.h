/* What the parent opens for the roles: the configuration, secrets and listening sockets, each as a descriptor that any number of
 * processes can be given. */
#ifndef CAAPROOFD_PARENT_FILES_H
#define CAAPROOFD_PARENT_FILES_H

#include "bin/caaproofd/config.h"
#include "bin/caaproofd/control.h"

struct given_file {
    enum control kind; /* CONTROL_CONFIG, CONTROL_SECRET, CONTROL_LISTENER */
    uint32_t number;
    int fd;
};

struct files {
    struct given_file *all;
    size_t n;
};

/* Classes: IO, USAGE (a file that cannot be read, an address that cannot be listened on), CRYPTO (a certificate, key or root that the
 * front could not use), NOMEM. */
cx_status files_open(const struct config *config, struct files *ret, struct cx_detail *detail)
    CX_MUST;
/* The same without listening sockets; nothing is left open after a failure. */
cx_status files_read(const struct config *config, struct files *ret, struct cx_detail *detail)
    CX_MUST;
/* read takes the place of what files holds, but for the listening sockets, which stay; it is empty then. Both are as they were if memory
 * is exhausted. */
bool files_replace(struct files *files, struct files *read);
/* Nobody can connect any more; who has, and was not accepted, is let go. Unix sockets are removed. */
void files_stop_listening(struct files *files);
/* Unix sockets are removed with it. */
void files_close(struct files *files);

#endif
