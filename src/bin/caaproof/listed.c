#include "bin/caaproof/listed.h"

#include "store/files.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

cx_status
listed_open(struct cx_lists *lists, struct cx_certificate_counts *ret_counts,
            struct cx_certificates **ret, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    char folder[] = "/tmp/caaproof-lists.XXXXXX";
    cx_status s;

    if (mkdtemp(folder) == NULL) {
        return cx_fail(detail, CX_E_IO, "%s: cannot be made: %s", folder, strerror(errno));
    }
    s = cx_path_make(&path, "%s/certificates", folder);
    if (cx_ok(s)) {
        lists->certificates = path;
        s = cx_lists_read(lists, ret_counts, detail);
        lists->certificates = NULL;
    }
    if (cx_ok(s)) {
        s = cx_certificates_open(path, ret, detail);
    }
    if (path != NULL) {
        (void)unlink(path); /* what is open stays readable */
    }
    (void)rmdir(folder);
    return s;
}
