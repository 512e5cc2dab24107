#include "sign.h"

#include "forge.h"

#include <stdio.h>

#define DAY 86400

/* More than validators forgive: libunbound, for one, accepts a day unless told otherwise. */
#define SKEW (3 * (time_t)DAY)

static bool
complain(const struct lab_zone *zone, const char *what)
{
    fprintf(stderr, "labgen: %s: %s\n", zone->name, what);
    return false;
}

static ldns_key *
new_key(const struct lab_zone *zone)
{
    ldns_key *key = ldns_key_new_frm_algorithm(LDNS_SIGN_ECDSAP256SHA256, 0);

    if (key != NULL) {
        ldns_key_set_flags(key, LDNS_KEY_ZONE_KEY | LDNS_KEY_SEP_KEY);
        ldns_key_set_pubkey_owner(key, ldns_rdf_clone(zone->origin));
    }
    return key;
}

static ldns_rr *
dnskey_of(const struct lab_zone *zone, const ldns_key *key)
{
    ldns_rr *dnskey = ldns_key2rr(key);

    if (dnskey != NULL) {
        ldns_rr_set_ttl(dnskey, zone->ttl);
    }
    return dnskey;
}

/* As the root does for months before a new key takes over. */
static bool
make_standby(struct lab_zone *zone)
{
    ldns_key *key = new_key(zone);

    zone->standby = key == NULL ? NULL : dnskey_of(zone, key);
    ldns_key_deep_free(key);
    return zone->standby != NULL ? ldns_rr_list_push_rr(zone->records, ldns_rr_clone(zone->standby))
                                 : complain(zone, "cannot make a standby key");
}

bool
lab_sign_make_key(struct lab_zone *zone)
{
    ldns_key *key;

    if (!lab_zone_has_ds(zone)) {
        return true;
    }
    key = new_key(zone);
    if (key == NULL || !ldns_key_list_push_key(zone->keys, key)) {
        return complain(zone, "cannot make a key");
    }
    zone->dnskey = dnskey_of(zone, key);
    if (zone->dnskey == NULL) {
        return complain(zone, "cannot make a DNSKEY");
    }
    ldns_key_set_keytag(key, ldns_calc_keytag(zone->dnskey));
    return ldns_rr_list_push_rr(zone->records, ldns_rr_clone(zone->dnskey)) &&
           (!zone->has_standby || make_standby(zone));
}

/* A DS of a key that the zone does not use. */
static ldns_rr *
wrong_ds(const struct lab_zone *zone)
{
    ldns_key *key = new_key(zone);
    ldns_rr *dnskey = key == NULL ? NULL : dnskey_of(zone, key);
    ldns_rr *ds = dnskey == NULL ? NULL : ldns_key_rr2ds(dnskey, LDNS_SHA256);

    ldns_rr_free(dnskey);
    ldns_key_deep_free(key);
    return ds;
}

/* Fields 1 and 2 of a DS: algorithm of the key, of the digest. */
static void
make_foreign(ldns_rr *ds, size_t field)
{
    static const uint8_t foreign = LDNS_PRIVATEDNS; /* 253, which is no digest either */
    ldns_rdf_type type = ldns_rdf_get_type(ldns_rr_rdf(ds, field));

    ldns_rdf_deep_free(ldns_rr_set_rdf(ds, ldns_rdf_new_frm_data(type, 1, &foreign), field));
}

static ldns_rr *
ds_of(const struct lab_zone *zone)
{
    ldns_rr *ds;

    if (zone->mode == LAB_WRONG_DS) {
        return wrong_ds(zone);
    }
    ds = ldns_key_rr2ds(zone->dnskey, LDNS_SHA256);
    if (ds != NULL && (zone->mode == LAB_FOREIGN_DS || zone->mode == LAB_FOREIGN_DIGEST)) {
        make_foreign(ds, zone->mode == LAB_FOREIGN_DS ? 1 : 2);
    }
    return ds;
}

bool
lab_sign_delegate(struct lab_zone *parent, const struct lab_zone *child)
{
    ldns_rr *ds;

    if (!lab_zone_has_ds(child)) {
        bool hidden = parent->denial == LAB_NSEC3_OPTOUT && parent->mode != LAB_UNSIGNED;

        return lab_zone_add_servers(child, hidden ? parent->unsigned_records : parent->records);
    }
    ds = ds_of(child);
    if (ds == NULL) {
        return complain(child, "cannot make a DS");
    }
    ldns_rr_set_ttl(ds, child->ttl);
    return ldns_rr_list_push_rr(parent->records, ds) &&
           lab_zone_add_servers(child, parent->records);
}

static void
set_validity(const struct lab_zone *zone, time_t now)
{
    ldns_key *key = ldns_key_list_key(zone->keys, 0);
    time_t inception = now - DAY;
    time_t expiration = now + 30 * (time_t)DAY;

    if (zone->mode == LAB_EXPIRED) {
        inception = now - 30 * (time_t)DAY;
        expiration = now - SKEW;
    } else if (zone->mode == LAB_FUTURE) {
        inception = now + SKEW;
    }
    ldns_key_set_inception(key, (uint32_t)inception);
    ldns_key_set_expiration(key, (uint32_t)expiration);
}

static int
replace_signatures(ldns_rr *rr, void *unused)
{
    (void)rr;
    (void)unused;
    return LDNS_SIGNATURE_REMOVE_ADD_NEW;
}

static ldns_status
sign_records(const struct lab_zone *zone, ldns_dnssec_zone *tree)
{
    uint8_t flags = zone->denial == LAB_NSEC3_OPTOUT ? LDNS_NSEC3_VARS_OPTOUT_MASK : 0;
    ldns_status status = LDNS_STATUS_OK;

    /* ldns keeps sets in sorted lists: last record first, or large sets take quadratic time. */
    ldns_rr_list_sort(zone->records);
    for (size_t i = ldns_rr_list_rr_count(zone->records); status == LDNS_STATUS_OK && i-- > 0;) {
        status = ldns_dnssec_zone_add_rr(tree, ldns_rr_list_rr(zone->records, i));
    }
    if (status == LDNS_STATUS_OK) {
        status = ldns_dnssec_zone_add_empty_nonterminals(tree);
    }
    if (status != LDNS_STATUS_OK) {
        return status;
    }
    if (zone->denial == LAB_NSEC) {
        return ldns_dnssec_zone_sign_flg(tree, zone->signatures, zone->keys, replace_signatures,
                                         NULL, 0);
    }
    return ldns_dnssec_zone_sign_nsec3_flg(tree, zone->signatures, zone->keys, replace_signatures,
                                           NULL, LDNS_SHA1, flags, 0, 0, NULL, 0);
}

bool
lab_sign_zone(struct lab_zone *zone, time_t now)
{
    ldns_dnssec_zone *tree;
    ldns_status status;

    if (zone->mode == LAB_UNSIGNED || zone->mode == LAB_MISSING) {
        return true;
    }
    tree = ldns_dnssec_zone_new();
    if (tree == NULL) {
        return complain(zone, "out of memory");
    }
    set_validity(zone, now);
    status = sign_records(zone, tree);
    ldns_dnssec_zone_free(tree);
    if (status != LDNS_STATUS_OK) {
        return complain(zone, ldns_get_errorstr_by_id(status));
    }
    return lab_forge_zone(zone);
}
