/* labgen: makes the lab's zones from text files, signs them, writes what its servers need. */
#include "publish.h"
#include "sign.h"
#include "zone.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct lab {
    struct lab_zone *zones[LAB_ZONES_MAX]; /* parents before children, the root first */
    size_t zones_len;
};

static int
is_zone_file(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".zone") == 0;
}

static bool
read_zone(struct lab *lab, const char *dir, const char *file)
{
    char *path = NULL;

    if (lab->zones_len == LAB_ZONES_MAX) {
        fprintf(stderr, "labgen: more than %d zones\n", LAB_ZONES_MAX);
        return false;
    }
    if (asprintf(&path, "%s/%s", dir, file) < 0) {
        return false;
    }
    lab->zones[lab->zones_len] = lab_zone_read(path);
    free(path);
    if (lab->zones[lab->zones_len] == NULL) {
        return false;
    }
    lab->zones_len++;
    return true;
}

static int
compare_zones(const void *left, const void *right)
{
    const struct lab_zone *a = *(const struct lab_zone *const *)left;
    const struct lab_zone *b = *(const struct lab_zone *const *)right;
    int labels = ldns_dname_label_count(a->origin) - ldns_dname_label_count(b->origin);

    return labels != 0 ? labels : strcmp(a->name, b->name);
}

static bool
read_zones(struct lab *lab, const char *dir)
{
    struct dirent **entries = NULL;
    int entries_len = scandir(dir, &entries, is_zone_file, alphasort);
    bool ok = entries_len >= 0;

    if (!ok) {
        fprintf(stderr, "labgen: %s: %s\n", dir, strerror(errno));
    }
    for (int i = 0; i < entries_len; i++) {
        ok = ok && read_zone(lab, dir, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (!ok) {
        return false;
    }
    qsort(lab->zones, lab->zones_len, sizeof lab->zones[0], compare_zones);
    if (lab->zones_len == 0 || strcmp(lab->zones[0]->name, ".") != 0 ||
        lab->zones[0]->mode != LAB_SIGNED) {
        fprintf(stderr, "labgen: %s: no signed root.zone\n", dir);
        return false;
    }
    return true;
}

/* The nearest zone above; the root at the least. */
static struct lab_zone *
parent_of(const struct lab *lab, size_t child)
{
    for (size_t i = child; i-- > 0;) {
        if (ldns_dname_is_subdomain(lab->zones[child]->origin, lab->zones[i]->origin)) {
            return lab->zones[i];
        }
    }
    return lab->zones[0];
}

static bool
sign_zones(struct lab *lab)
{
    time_t now = time(NULL);
    bool ok = true;

    for (size_t i = 0; ok && i < lab->zones_len; i++) {
        ok = lab_sign_make_key(lab->zones[i]);
    }
    for (size_t i = 1; ok && i < lab->zones_len; i++) {
        ok = lab_sign_delegate(parent_of(lab, i), lab->zones[i]);
    }
    for (size_t i = 0; ok && i < lab->zones_len; i++) {
        ok = lab_sign_zone(lab->zones[i], now);
    }
    return ok;
}

int
main(int argc, char **argv)
{
    struct lab lab = { .zones_len = 0 };
    bool ok;

    if (argc != 3) {
        fprintf(stderr, "usage: labgen ZONES OUTDIR\n");
        return EX_USAGE;
    }
    ok = read_zones(&lab, argv[1]) && sign_zones(&lab) &&
         lab_publish(argv[2], lab.zones, lab.zones_len);
    for (size_t i = 0; i < lab.zones_len; i++) {
        lab_zone_free(lab.zones[i]);
    }
    return ok ? EXIT_SUCCESS : EX_SOFTWARE;
}
