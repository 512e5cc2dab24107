/* The configuration read again, with its files, while all still runs by the old one.
 * I1: what is not wholly good changes nothing, and the log says what is wrong with it.
 * I2: listening sockets stay what they are, so that whoever connects meanwhile waits and is served. */
#ifndef CAAPROOFD_PARENT_RELOAD_H
#define CAAPROOFD_PARENT_RELOAD_H

#include "bin/caaproofd/logging.h"
#include "bin/caaproofd/parent_files.h"

struct reload {
    struct config *config; /* NULL: nothing is prepared */
    struct files files;    /* all but listening sockets */
};

/* Everything that may fail. What needs a restart is named in the log and stays. False: I1, and ret is empty. */
bool reload_prepare(const char *path, const struct config *running, const struct logging *logging,
                    struct reload *ret);
/* What is prepared takes the place of config and files, whose users have ended. False: there is no memory, and all is as it was. */
bool reload_apply(struct reload *reload, struct config **config, struct files *files);
void reload_done(struct reload *reload);

#endif
