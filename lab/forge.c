#include "forge.h"

#include <stdio.h>

/* Types that a bitmap of the lab can have. */
#define TYPES_MAX 300

static bool
complain(const struct lab_zone *zone, const char *what)
{
    fprintf(stderr, "labgen: %s: forgery: %s\n", zone->name, what);
    return false;
}

static ldns_rr_type
denial_type(const struct lab_zone *zone)
{
    return zone->denial == LAB_NSEC ? LDNS_RR_TYPE_NSEC : LDNS_RR_TYPE_NSEC3;
}

/* Owner of the denial about a name; a new one. */
static ldns_rdf *
denial_owner(const struct lab_zone *zone, const ldns_rdf *name)
{
    ldns_rdf *owner;

    if (zone->denial == LAB_NSEC) {
        return ldns_rdf_clone(name);
    }
    owner = ldns_nsec3_hash_name(name, LDNS_SHA1, 0, 0, NULL); /* as sign.c has them made */
    if (owner != NULL && ldns_dname_cat(owner, zone->origin) != LDNS_STATUS_OK) {
        ldns_rdf_deep_free(owner);
        return NULL;
    }
    return owner;
}

static bool
is_denial(const struct lab_zone *zone, const ldns_rr *rr, const ldns_rdf *owner)
{
    return ldns_rr_get_type(rr) == denial_type(zone) &&
           ldns_dname_compare(ldns_rr_owner(rr), owner) == 0;
}

static bool
is_signature(const struct lab_zone *zone, const ldns_rr *rr, const ldns_rdf *owner)
{
    return ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG &&
           ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) == denial_type(zone) &&
           ldns_dname_compare(ldns_rr_owner(rr), owner) == 0;
}

/* Takes the denial and its signature out of the zone; NULL if there is none. */
static ldns_rr *
take_denial(struct lab_zone *zone, const ldns_rdf *owner)
{
    ldns_rr_list *all = zone->signatures;
    ldns_rr *denial = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < ldns_rr_list_rr_count(all); i++) {
        ldns_rr *rr = ldns_rr_list_rr(all, i);

        if (is_signature(zone, rr, owner)) {
            ldns_rr_free(rr);
        } else if (denial == NULL && is_denial(zone, rr, owner)) {
            denial = rr;
        } else {
            (void)ldns_rr_list_set_rr(all, rr, kept++);
        }
    }
    ldns_rr_list_set_rr_count(all, kept);
    return denial;
}

static bool
add_types(ldns_rr *denial, const struct lab_forgery *forgery)
{
    ldns_rr_type types[TYPES_MAX + LAB_FORGED_TYPES_MAX];
    size_t bitmap_at = ldns_rr_rd_count(denial) - 1;
    const ldns_rdf *before = ldns_rr_rdf(denial, bitmap_at);
    ldns_rdf *after;
    size_t n = 0;

    for (unsigned type = 1; type < TYPES_MAX; type++) {
        if (ldns_nsec_bitmap_covers_type(before, (ldns_rr_type)type)) {
            types[n++] = (ldns_rr_type)type;
        }
    }
    for (size_t i = 0; i < forgery->types_len; i++) {
        types[n++] = forgery->types[i];
    }
    after = ldns_dnssec_create_nsec_bitmap(types, n, ldns_rr_get_type(denial));
    if (after == NULL) {
        return false;
    }
    ldns_rdf_deep_free(ldns_rr_set_rdf(denial, after, bitmap_at));
    return true;
}

/* Puts the denial back, with a signature of what it says now. */
static bool
sign_again(struct lab_zone *zone, ldns_rr *denial)
{
    ldns_rr_list *set = ldns_rr_list_new();
    ldns_rr_list *signatures = NULL;
    bool ok = set != NULL && ldns_rr_list_push_rr(set, denial);

    if (ok) {
        signatures = ldns_sign_public(set, zone->keys);
        ok = signatures != NULL && ldns_rr_list_rr_count(signatures) != 0 &&
             ldns_rr_list_cat(zone->signatures, signatures);
    }
    ldns_rr_list_free(signatures);
    ldns_rr_list_free(set);
    return ldns_rr_list_push_rr(zone->signatures, denial) && ok;
}

static bool
forge(struct lab_zone *zone, const struct lab_forgery *forgery)
{
    ldns_rdf *owner = denial_owner(zone, forgery->owner);
    ldns_rr *denial = owner == NULL ? NULL : take_denial(zone, owner);

    ldns_rdf_deep_free(owner);
    if (denial == NULL) {
        return complain(zone, "of a name without denial");
    }
    if (forgery->drop) {
        ldns_rr_free(denial);
        return true;
    }
    if (!add_types(denial, forgery)) {
        ldns_rr_free(denial);
        return complain(zone, "cannot make the bitmap");
    }
    return sign_again(zone, denial) || complain(zone, "cannot sign");
}

bool
lab_forge_zone(struct lab_zone *zone)
{
    bool ok = true;

    for (size_t i = 0; ok && i < zone->forgeries_len; i++) {
        ok = forge(zone, &zone->forgeries[i]);
    }
    return ok;
}
