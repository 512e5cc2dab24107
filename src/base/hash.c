#include "base/hash.h"

#include <sys/random.h>

bool
cx_hash_key(uint64_t *ret)
{
    uint64_t key;

    if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
        return false;
    }
    *ret = key;
    return true;
}
