/* What a permit says, for people and as JSON (docs/json.md, "Permits"). */
#ifndef CAAPROOF_PERMIT_SHOW_H
#define CAAPROOF_PERMIT_SHOW_H

#include <stdbool.h>

/* Prints the permit in the file ("-": standard input), which nobody has verified; returns the exit code. */
int permit_show_file(const char *path, bool json);

#endif
