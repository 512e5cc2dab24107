/* Paths of the public log: "/v1/log/SHARD/checkpoint" and "/v1/log/SHARD/tile/..." (docs/formats/log.md). */
#ifndef CAAPROOFD_TILE_PATH_H
#define CAAPROOFD_TILE_PATH_H

#include "bin/caaproofd/ops.h"

/* False for anything but such a path. */
bool tile_of_path(cx_str path, struct op_tile *ret);

#endif
